// What a plot shows, in words: for who listens, and for who wants the number.

import { exactly, lasts, value, when } from "../core/format.js";
import { t } from "../core/texts.js";
import { html, useState } from "../core/ui.js";
import { isNumbers, isWhole, sums } from "./plot_data.js";

const ROWS = 60; // of a table at a time

/** What a series says at one of its places. */
export function told(series, index) {
  const property = series.shape ?? series;
  if (series.state) return series.state[index] === null ? t("plot.nothing") : value(series.states[series.state[index]], property);
  const mean = series.mean[index];
  if (mean === null || mean === undefined) return t("plot.nothing");
  if (series.type === "boolean") return isWhole(mean) ? value(mean === 1, property) : t("plot.part", { percent: Math.round(mean * 100), what: value(true, property) });
  const [low, high] = [series.min[index], series.max[index]];
  return low === high ? value(mean, property) : t("plot.between", { mean: value(mean, property), low: value(low, property), high: value(high, property) });
}

const inGap = (series, at) => (series.gaps ?? []).some(([from, to]) => at >= from && at < to);

function toldAt(series, at) {
  const index = series.t.findLastIndex((one) => one <= at);
  return index < 0 || inGap(series, at) ? t("plot.nothing") : told(series, index);
}

/** The values under the finger. */
export function reading(series, compare, at) {
  const [first] = series;
  const before = compare ? ` (${t("plot.before")}: ${toldAt(compare, at)})` : "";
  const mark = (first.unusual ?? []).find((one) => Math.abs(one.at - at) < (first.step ?? 60));
  const values = series.map((one) => (series.length > 1 ? `${one.label}: ` : "") + toldAt(one, at)).join(", ");
  return `${when(at)}: ${values}${before}${mark ? ` – ${mark.reason}` : ""}`;
}

/** One sentence, or two, that sum a series up. */
export function summed(series, end) {
  const sum = sums(series, end);
  const property = series.shape ?? series;
  if (!sum) return t("plot.empty");
  const gaps = sum.gaps > 60 ? ` ${t("plot.gaps", { time: lasts(sum.gaps) })}` : "";
  const unusual = sum.unusual ? ` ${t("plot.unusual", { count: sum.unusual })}` : "";
  if (isNumbers(series)) {
    return t("plot.sum", { low: value(sum.low, property), high: value(sum.high, property), mean: value(sum.mean, property), last: value(sum.last, property) }) + gaps + unusual;
  }
  const named = (state) => (series.state ? value(series.states[state], property) : value(state === 1, property));
  const parts = [...sum.shares].filter(([, time]) => time >= 1).sort((a, b) => b[1] - a[1]).map(([state, time]) => t("plot.share", { what: named(state), time: lasts(time) }));
  return `${parts.join(", ")}.${gaps}${unusual}`;
}

/** The same as a table, for who does not see the plot: made when it is opened. */
export function Table({ series, label }) {
  const [shown, show] = useState(0);
  const rows = series.t.map((at, index) => [at, told(series, index)]).reverse();
  return html`<details class="plot-table" onToggle=${(event) => show(event.target.open ? Math.max(shown, ROWS) : 0)}><summary>${t("plot.table")}</summary>
    ${shown > 0 && html`<table><caption class="soft">${label}</caption><thead><tr><th scope="col">${t("plot.when")}</th><th scope="col">${t("plot.value")}</th></tr></thead>
      <tbody>${rows.slice(0, shown).map(([at, text]) => html`<tr key=${at}><td>${exactly(at)}</td><td>${text}</td></tr>`)}</tbody></table>
      ${rows.length > shown && html`<button type="button" class="button" onClick=${() => show(shown + ROWS)}>${t("ui.more")}</button>`}`}</details>`;
}
