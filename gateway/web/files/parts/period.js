// From when until when: chosen by its length, by going back and forth, or by a finger on the plot.

import { when } from "../core/format.js";
import { t } from "../core/texts.js";
import { Button, html } from "../core/ui.js";

export const PERIODS = { "1h": 3_600, "24h": 86_400, "7d": 7 * 86_400, "30d": 30 * 86_400, "1y": 365 * 86_400 };

/** What is compared with: the same time of the day before, of the week before … */
const BEFORE = { "1h": ["1d", "1w"], "24h": ["1d", "1w"], "7d": ["1w"], "30d": ["30d"], "1y": ["1y"] };

/** A period: `{name}` counts back from now; `{from, to}` in seconds since the epoch stays where it is. */
export const usual = { name: "24h" };
export const lengthOf = (period) => (period.name ? PERIODS[period.name] : period.to - period.from);
export const boundsOf = (period, now = Date.now() / 1000) => (period.name ? { from: now - PERIODS[period.name], to: now } : period);

export function comparisons(period) {
  const length = lengthOf(period);
  const name = period.name ?? Object.keys(PERIODS).find((one) => PERIODS[one] >= length) ?? "1y";
  return BEFORE[name];
}

/** As words of a query of the history. */
export function queryOf(period, compare = "") {
  const span = period.name ? `from=-${period.name}` : `from=${period.from.toFixed(0)}&to=${period.to.toFixed(0)}`;
  return compare ? `${span}&compare=-${compare}` : span;
}

const MOST_S = 10 * 365 * 86_400;

function by(period, zoom, shift) {
  const { from, to } = boundsOf(period);
  const length = Math.min(MOST_S, Math.max(120, (to - from) * zoom));
  const middle = (from + to) / 2 + shift * (to - from);
  const end = Math.min(Date.now() / 1000, middle + length / 2);
  return { from: end - length, to: end };
}

export function Period({ period, onChange, compare, onCompare }) {
  const { from, to } = boundsOf(period);
  return html`<div class="period">
    <div class="chips" role="group" aria-label=${t("period.length")}>${Object.keys(PERIODS).map((name) => html`<${Button} key=${name} kind=${period.name === name ? "chosen" : ""}
      aria-pressed=${String(period.name === name)} onClick=${() => onChange({ name })}>${t(`period.${name}`)}<//>`)}</div>
    <div class="chips" role="group" aria-label=${t("period.move")}>
      <${Button} kind="sign" aria-label=${t("period.earlier")} onClick=${() => onChange(by(period, 1, -0.75))}>‹<//>
      <${Button} kind="sign" aria-label=${t("period.later")} disabled=${Boolean(period.name)} onClick=${() => onChange(by(period, 1, 0.75))}>›<//>
      <${Button} kind="sign" aria-label=${t("period.closer")} onClick=${() => onChange(by(period, 0.5, 0))}>+<//>
      <${Button} kind="sign" aria-label=${t("period.further")} onClick=${() => onChange(by(period, 2, 0))}>−<//>
      ${onCompare && html`<select aria-label=${t("period.compare")} value=${compare} onChange=${(event) => onCompare(event.target.value)}>
        <option value="">${t("period.alone")}</option>${comparisons(period).map((one) => html`<option key=${one} value=${one}>${t(`period.before_${one}`)}</option>`)}</select>`}</div>
    ${!period.name && html`<p class="soft">${when(from)} – ${when(to)}</p>`}
  </div>`;
}
