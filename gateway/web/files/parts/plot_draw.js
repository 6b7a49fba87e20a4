// How a plot is drawn, for uPlot: lines with the band between least and most, stretches for on/off and states, gaps, marks.

import { language } from "../core/texts.js";
import { bands, lines } from "./plot_data.js";

const HATCH_PX = 6;
const LEAST_PX = 18; // beside the numbers of an axis
const DIGIT_PX = 7; // of one in 12 px type
const PALETTE = ["--accent", "--good", "--bad", "--warn"];

let loading = null;
/** uPlot and its style, fetched when the first plot is drawn: a classic script that makes one global. */
export function library() {
  loading ??= new Promise((resolve, reject) => {
    const style = Object.assign(document.createElement("link"), { rel: "stylesheet", href: new URL("../vendor/uplot.css", import.meta.url) });
    const script = Object.assign(document.createElement("script"), { src: new URL("../vendor/uplot.js", import.meta.url), onload: () => resolve(window.uPlot) });
    script.onerror = () => { loading = null; script.remove(); reject(new Error("uplot.js")); };
    document.head.append(style, script);
  });
  return loading;
}

export const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
export const colorOf = (index) => PALETTE[index % PALETTE.length];

const faint = (name, percent) => `color-mix(in srgb, ${color(name)} ${percent}%, transparent)`;

function axes(unit, isBands) {
  const style = { stroke: color("--soft"), grid: { stroke: color("--line"), width: 1 }, ticks: { stroke: color("--line") }, font: "12px system-ui", labelFont: "12px system-ui" };
  const at = (options) => new Intl.DateTimeFormat(language, options);
  const clock = at({ hour: "2-digit", minute: "2-digit" });
  const day = at({ day: "numeric", month: "short" });
  const year = at({ month: "short", year: "2-digit" });
  const label = (u, splits, _axis, _space, step) => splits.map((one) => (step >= 28 * 86_400 ? year : step >= 86_400 || new Date(one * 1000).getHours() + new Date(one * 1000).getMinutes() === 0 ? day : clock).format(new Date(one * 1000)));
  const x = { ...style, values: label, space: 70 };
  if (isBands) return [x, { ...style, show: false }];
  const number = new Intl.NumberFormat(language, { maximumSignificantDigits: 4 });
  return [x, { ...style, size: (u, values) => LEAST_PX + DIGIT_PX * Math.max(4, ...(values ?? []).map((one) => one.length)), values: (u, splits) => splits.map((one, index) => number.format(one) + (index === splits.length - 1 && unit ? ` ${unit}` : "")) }];
}

/** Stretches in which nobody saw anything, hatched. */
function gapsDrawn(gaps) {
  return (u) => {
    const { ctx } = u;
    const { left, top, width, height } = u.bbox;
    ctx.save();
    ctx.beginPath();
    for (const [from, to] of gaps) {
      const begin = Math.max(left, u.valToPos(from, "x", true));
      const end = Math.min(left + width, u.valToPos(to, "x", true));
      if (end > begin) ctx.rect(begin, top, end - begin, height);
    }
    ctx.clip();
    ctx.strokeStyle = color("--line");
    ctx.lineWidth = devicePixelRatio;
    ctx.beginPath();
    for (let at = left - height; at < left + width; at += HATCH_PX * devicePixelRatio) { ctx.moveTo(at, top + height); ctx.lineTo(at + height, top); }
    ctx.stroke();
    ctx.restore();
  };
}

function marksDrawn(marks, isBands) {
  return (u) => {
    const { ctx } = u;
    ctx.save();
    ctx.fillStyle = color("--bad");
    for (const one of marks) {
      const x = u.valToPos(one.at, "x", true);
      const y = isBands || one.value > u.scales.y.max || typeof one.value !== "number" ? u.bbox.top + 6 * devicePixelRatio : u.valToPos(one.value, "y", true);
      ctx.beginPath();
      ctx.arc(x, y, 4 * devicePixelRatio, 0, 2 * Math.PI);
      ctx.fill();
    }
    ctx.restore();
  };
}

function bandsDrawn(drawn) {
  return (u) => {
    const { ctx } = u;
    const { left, top, width, height } = u.bbox;
    const row = height / drawn.length;
    ctx.save();
    drawn.forEach(({ stretches, states }, index) => {
      for (const { from, to, state } of stretches) {
        const begin = Math.max(left, u.valToPos(from, "x", true));
        const end = Math.min(left + width, u.valToPos(to, "x", true));
        if (end <= begin) continue;
        ctx.fillStyle = states ? color(colorOf(state)) : color("--accent");
        ctx.globalAlpha = states ? 0.75 : 0.08 + 0.82 * state;
        ctx.fillRect(begin, top + index * row + row * 0.12, Math.max(devicePixelRatio, end - begin), row * 0.76);
      }
    });
    ctx.restore();
  };
}

/** Some air above and below; what stays the same is a line in the middle. */
function roomy(low, high) {
  if (low === null || high === null) return [0, 1];
  const air = (high - low || Math.max(1, Math.abs(high) * 0.1)) * 0.08;
  return high === low ? [low - air * 12, high + air * 12] : [low - air, high + air];
}

/** `[options, data]` for uPlot. `series`: one answer of the history, or several of one unit, each with `label`; `compare`: laid below, pale. */
export function planned(uPlot, { series, compare, from, to, width, height }) {
  const [first] = series;
  const isBands = first.type !== "number";
  const options = {
    width, height, legend: { show: false }, padding: [10, 12, 0, isBands ? 8 : 0],
    cursor: { y: false, drag: { x: true, y: false, setScale: false }, points: { size: 8 } },
    scales: { x: { time: true, min: from, max: to, range: (u, low, high) => [low ?? from, high ?? to] } }, axes: axes(first.unit, isBands),
    hooks: { drawClear: [gapsDrawn(series.length === 1 ? first.gaps ?? [] : [])], draw: [marksDrawn(series.flatMap((one) => one.unusual ?? []), isBands)] },
  };
  if (isBands) {
    const drawn = [...series, ...(compare ? [compare] : [])].map((one) => ({ stretches: bands(one, Math.min(to, Date.now() / 1000 + (one === compare ? 1e9 : 0))), states: one.states }));
    options.hooks.draw.unshift(bandsDrawn(drawn));
    options.scales.y = { range: [0, 1] };
    options.series = [{}, { show: true, stroke: "transparent", points: { show: false } }];
    return [options, [first.t.length ? first.t : [from, to], (first.t.length ? first.t : [from, to]).map(() => 0.5)]];
  }
  options.scales.y = { range: (u, low, high) => roomy(low, high) };
  const tables = [];
  options.series = [{}];
  options.bands = [];
  const add = (one, name, pale) => {
    const paths = one.step === null ? uPlot.paths.stepped({ align: 1 }) : uPlot.paths.linear();
    const edge = { stroke: "transparent", width: 0, points: { show: false }, paths };
    const at = options.series.length;
    tables.push(lines(one, Math.min(to, Date.now() / 1000)));
    options.series.push({ ...edge }, { ...edge }, { stroke: pale ? faint(name, 55) : color(name), width: pale ? 1.5 : 2, dash: pale ? [6, 4] : undefined, paths, points: { show: one.t.length < 2 } },
      { stroke: color("--soft"), width: 2, dash: [2, 3], paths, points: { show: false } });
    if (!pale) options.bands.push({ series: [at + 1, at], fill: faint(name, 18) });
  };
  if (compare) add(compare, "--soft", true);
  series.forEach((one, index) => add(one, colorOf(index), false));
  return [options, uPlot.join(tables, tables.map((table) => table.map(() => 2)))];
}
