// A plot for eyes, fingers, keys and ears: drag to read values, pinch or press to zoom; arrows move through it; a sentence sums it up.

import { t } from "../core/texts.js";
import { Failed, html, Loading, useEffect, useRef, useState } from "../core/ui.js";
import { library, planned } from "./plot_draw.js";
import { reading } from "./plot_words.js";

const HEIGHT_PX = { line: 220, bands: 110 };
const LEAST_S = 60; // nothing finer than a minute is worth zooming into

/** Fingers on the plot: one reads, two zoom. Calls `onCursor(left)` and `onRange(from, to)`. */
function touched(u, onRange) {
  const over = u.over;
  const fingers = new Map();
  let pinch = null;
  const span = () => { const [a, b] = [...fingers.values()]; return [Math.min(a, b), Math.max(a, b)]; };
  const leftOf = (event) => event.clientX - over.getBoundingClientRect().left;
  over.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "mouse") return;
    fingers.set(event.pointerId, leftOf(event));
    if (fingers.size === 2) { const [low, high] = span(); pinch = { low: u.posToVal(low, "x"), high: u.posToVal(high, "x") }; }
  });
  over.addEventListener("pointermove", (event) => {
    if (!fingers.has(event.pointerId)) return;
    fingers.set(event.pointerId, leftOf(event));
    if (fingers.size === 1) return void u.setCursor({ left: leftOf(event), top: 10 });
    if (!pinch) return;
    const [low, high] = span();
    const perPx = (pinch.high - pinch.low) / Math.max(20, high - low);
    const min = pinch.low - low * perPx;
    u.setScale("x", { min, max: min + over.clientWidth * perPx });
  });
  const gone = (event) => {
    if (fingers.delete(event.pointerId) && pinch && fingers.size < 2) {
      pinch = null;
      onRange(u.scales.x.min, u.scales.x.max);
    }
  };
  for (const kind of ["pointerup", "pointercancel", "pointerleave"]) over.addEventListener(kind, gone);
}

/** `series`: answers of the history with `label`, of one unit; `compare`: the same of an earlier time; `onRange(from, to)` is
 * called with seconds since the epoch when somebody wants to see less or more. */
export function Plot({ series, compare = null, from, to, label, onRange = null }) {
  const box = useRef(null);
  const plot = useRef(null);
  const [at, setAt] = useState(null);
  const [error, setError] = useState(null);
  const [ready, setReady] = useState(false);
  const range = useRef(onRange);
  range.current = onRange;
  const wanted = (low, high) => { if (range.current && high - low >= LEAST_S) range.current(low, high); };
  useEffect(() => {
    let ended = false;
    let follow = null;
    const dark = matchMedia("(prefers-color-scheme: dark)");
    let make = () => undefined;
    library().then((uPlot) => {
      if (ended) return;
      make = () => {
        plot.current?.destroy();
        const kind = series[0].type === "number" ? "line" : "bands";
        const size = { width: Math.max(120, box.current.clientWidth), height: HEIGHT_PX[kind] };
        const [options, data] = planned(uPlot, { series, compare, from, to, ...size });
        options.hooks.setCursor = [(u) => setAt(u.cursor.left >= 0 ? u.posToVal(u.cursor.left, "x") : null)];
        options.hooks.setSelect = [(u) => { if (u.select.width > 8) wanted(u.posToVal(u.select.left, "x"), u.posToVal(u.select.left + u.select.width, "x")); u.setSelect({ left: 0, width: 0 }, false); }];
        options.hooks.ready = [(u) => touched(u, wanted)];
        plot.current = new uPlot(options, data, box.current);
      };
      make();
      setReady(true);
      dark.addEventListener("change", make);
      follow = new ResizeObserver(() => { const width = box.current?.clientWidth; if (width && plot.current && Math.abs(plot.current.width - width) > 1) plot.current.setSize({ width, height: plot.current.height }); });
      follow.observe(box.current);
    }, setError);
    return () => { ended = true; follow?.disconnect(); dark.removeEventListener("change", make); plot.current?.destroy(); plot.current = null; };
  }, [series, compare, from, to]);
  const places = series[0].t;
  const moveBy = (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: 10, PageDown: -10, Home: -Infinity, End: Infinity }[event.key];
    if (!step || !places.length) return;
    event.preventDefault();
    const now = at === null ? places.length - 1 : places.findLastIndex((one) => one <= at);
    const next = places[Math.min(places.length - 1, Math.max(0, (at === null && Math.abs(step) === 1 ? now : now + step)))];
    setAt(next);
    plot.current?.setCursor({ left: plot.current.valToPos(next, "x"), top: 10 });
  };
  const said = at === null ? "" : reading(series, compare, at);
  return html`<div class="plot">
    <${Failed} error=${error} />${!ready && !error && html`<${Loading} />`}
    <div class="plot-box" ref=${box} tabindex="0" role="slider" aria-label=${label} aria-valuemin=${Math.round(from)} aria-valuemax=${Math.round(to)}
      aria-valuenow=${Math.round(at ?? to)} aria-valuetext=${said || t("plot.keys")} onKeyDown=${moveBy}></div>
    <p class="plot-at" aria-hidden="true">${said || html`<span class="soft">${t("plot.hint")}</span>`}</p>
  </div>`;
}
