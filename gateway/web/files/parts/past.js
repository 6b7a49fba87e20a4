// The past of one property: fetched for a period, drawn, told, and kept fresh while one looks.

import { get, segment } from "../core/api.js";
import { useData } from "../core/data.js";
import { when } from "../core/format.js";
import { useLive } from "../core/live.js";
import { t } from "../core/texts.js";
import { Empty, html, Loaded, useEffect, useRef } from "../core/ui.js";
import { boundsOf, queryOf } from "./period.js";
import { Plot } from "./plot.js";
import { summed, Table } from "./plot_words.js";

const FRESH_MS = 5_000; // while reports come, a plot is asked for so often at the most
const LEAST_POINTS = 200;
const MOST_POINTS = 1_000;

const points = () => Math.round(Math.min(MOST_POINTS, Math.max(LEAST_POINTS, Math.min(innerWidth, 960))));
export const pathOf = (thing, name) => `/history/${segment(thing)}/${segment(name)}`;

let turn = Promise.resolve();
/** One after the other: the gateway draws for everybody on one core. */
function inTurn(path) {
  const mine = turn.then(() => get(path));
  turn = mine.catch(() => undefined);
  return mine;
}

/** As `useData`, of the history of a property; of none where `thing` is null. */
export function usePast(thing, name, period, compare = "") {
  const past = useData(thing === null ? null : `${pathOf(thing, name)}?${queryOf(period, compare)}&points=${points()}`, [], inTurn);
  const timer = useRef(0);
  useEffect(() => () => clearTimeout(timer.current), []);
  useLive(["property"], (event) => {
    if (event.thing !== thing || event.name !== name || !period.name || timer.current) return;
    timer.current = setTimeout(() => { timer.current = 0; past.reload(); }, FRESH_MS);
  });
  return past;
}

const isNothing = (error) => error?.status === 404;

/** `property`: its card; `label`: what it is called. */
export function Past({ thing, name, property, label, period, compare = "", onRange }) {
  const past = usePast(thing, name, period, compare);
  if (past.data === undefined && isNothing(past.error)) return html`<${Empty}>${t("plot.not_kept")}<//>`;
  return html`<div><${Loaded} from=${past}>${(data) => html`<${Drawn} data=${data} property=${property} label=${label} period=${period} onRange=${onRange} />`}<//>
    <p><a href=${`${pathOf(thing, name)}?${queryOf(period)}&format=csv`} download>${t("plot.csv")}</a></p></div>`;
}

/** What came is one object until other data comes: a plot is made anew only then. */
function shaped(data, property, label) {
  if (!data.shaped) {
    const shape = { ...property, unit: data.unit ?? property?.unit };
    Object.defineProperty(data, "shaped", { value: { series: [{ ...data, shape, label }], compare: data.compare ? { ...data.compare, type: data.type, unit: data.unit, shape, label } : null, ends: { from: data.from, to: data.to } } });
  }
  return data.shaped;
}

function Drawn({ data, property, label, period, onRange }) {
  const { series, compare } = shaped(data, property, label);
  const { from, to } = data.from ? data : boundsOf(period);
  const [first] = series;
  const sentence = summed(first, to);
  return html`<${Plot} series=${series} compare=${compare} from=${from} to=${to} label=${t("plot.label", { what: label })} onRange=${onRange} />
    <p class="plot-sum">${sentence}${compare && html`<br /><span class="soft">${t("plot.before")}: ${summed(compare, to)}</span>`}</p>
    ${(first.unusual ?? []).length > 0 && html`<ul class="marks">${first.unusual.slice(-5).reverse().map((one) => html`<li key=${one.at}><span class="unusual">${when(one.at)}</span> ${one.reason}</li>`)}</ul>`}
    <${Table} series=${first} label=${label} />`;
}
