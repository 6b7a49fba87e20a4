// What is left to somebody who is let in, asked in plain words; what comes of it is a wish, as the gateway takes it.

import { post } from "../core/api.js";
import { allThings } from "../core/store.js";
import { language, maybe, t } from "../core/texts.js";
import { Failed, Field, html, useEffect, useState } from "../core/ui.js";
import { MayThen } from "./may.js";

const HOUR_S = 3600;
const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const SETTLE_MS = 400; // after the last change, before it is asked what would come of it

export const FIRST = { how: "all", kinds: [], rooms: [], things: [], days: [], brightness: "", warm: "", cool: "", often: "", from: "", to: "", ends: "" };

/** How long an access may be good: seconds, "" for until somebody ends it. */
export const ENDS = [HOUR_S, 24 * HOUR_S, 7 * 24 * HOUR_S, 30 * 24 * HOUR_S];

/** Hours or days, spelled out. */
export function spelled(seconds) {
  const days = seconds >= 2 * 24 * HOUR_S;
  return new Intl.NumberFormat(language, { style: "unit", unit: days ? "day" : "hour", unitDisplay: "long" }).format(days ? seconds / 24 / HOUR_S : seconds / HOUR_S);
}

/** The members of the wish that `at` means. */
export function wishOf(at) {
  const wish = {};
  if (at.rooms.length) wish.rooms = at.rooms;
  if (at.things.length) wish.things = at.things;
  if (at.how === "look") wish.read_only = true;
  if (at.how === "kinds" && at.kinds.length) wish.may = at.kinds.map((kind) => `${kind}.*`);
  if (at.how !== "look") {
    const bounds = {};
    const heat = { ...(at.cool !== "" && { min: Number(at.cool) }), ...(at.warm !== "" && { max: Number(at.warm) }) };
    if (at.brightness !== "") bounds["light.brightness"] = { max: Number(at.brightness) };
    if (Object.keys(heat).length) bounds["thermostat.target"] = heat;
    if (Object.keys(bounds).length) wish.bounds = bounds;
    if (at.often !== "") wish.at_most = `${Math.round(Number(at.often))}/h`;
  }
  if (at.from && at.to) wish.between = [at.from, at.to];
  if (at.days.length && at.days.length < DAYS.length) wish.days = DAYS.filter((day) => at.days.includes(day));
  return wish;
}

const toggled = (list, one) => (list.includes(one) ? list.filter((other) => other !== one) : [...list, one]);

/** Several of several, as boxes to tick; none ticked means all. */
export function Chips({ legend, hint = "", options, chosen, onChange }) {
  return html`<fieldset class="chips"><legend>${legend}</legend>${hint && html`<small>${hint}</small>`}
    <div>${options.map(([key, label]) => html`<label class="chip" key=${key}><input type="checkbox" checked=${chosen.includes(key)} onChange=${() => onChange(toggled(chosen, key))} /> <span>${label}</span></label>`)}</div></fieldset>`;
}

function Limits({ at, change }) {
  const numeric = (name, label, unit, min, max) => html`<${Field} label=${label}><input type="number" inputmode="decimal" min=${min} max=${max} value=${at[name]} placeholder=${unit}
    onInput=${(event) => change({ [name]: event.target.value })} /><//>`;
  return html`<details class="fold"><summary><span>${t("narrow.limits")}</span></summary>
    ${at.how !== "look" && html`<div class="two">${numeric("brightness", t("narrow.brightness"), "%", 1, 100)}${numeric("often", t("narrow.often"), "6", 1, 1000)}
      ${numeric("cool", t("narrow.cool"), "°C", 5, 30)}${numeric("warm", t("narrow.warm"), "°C", 5, 30)}</div>`}
    <div class="two"><${Field} label=${t("narrow.from")}><input type="time" value=${at.from} onInput=${(event) => change({ from: event.target.value })} /><//>
      <${Field} label=${t("narrow.to")}><input type="time" value=${at.to} onInput=${(event) => change({ to: event.target.value })} /><//></div>
    <${Chips} legend=${t("narrow.days")} options=${DAYS.map((day) => [day, maybe(`days.${day}`, day)])} chosen=${at.days} onChange=${(days) => change({ days })} /></details>`;
}

/** The form. `at` as `FIRST`; `onChange(at)`. `ends`: whether the time is asked for. */
export function Narrowing({ at, onChange, ends = true, forever = true }) {
  const cards = allThings();
  const change = (members) => onChange({ ...at, ...members });
  const rooms = [...new Set(cards.map((card) => card.room).filter(Boolean))].sort((a, b) => a.localeCompare(b));
  const kinds = [...new Set(cards.filter((card) => Object.values(card.properties).some((one) => one.writes) || Object.keys(card.actions).length).map((card) => card.kind))].sort();
  const near = cards.filter((card) => !at.rooms.length || at.rooms.includes(card.room)).sort((a, b) => a.title.localeCompare(b.title));
  return html`<div class="narrowing">
    <fieldset class="chips"><legend>${t("narrow.what")}</legend><div>${["all", "kinds", "look"].map((how) => html`<label class="chip" key=${how}>
      <input type="radio" name="how" checked=${at.how === how} onChange=${() => change({ how })} /> <span>${t(`narrow.${how}`)}</span></label>`)}</div></fieldset>
    ${at.how === "kinds" && html`<${Chips} legend=${t("narrow.which")} options=${kinds.map((kind) => [kind, maybe(`kinds.${kind}`, kind)])} chosen=${at.kinds} onChange=${(chosen) => change({ kinds: chosen })} />`}
    <${Chips} legend=${t("narrow.rooms")} hint=${t("narrow.rooms_hint")} options=${rooms.map((room) => [room, room])} chosen=${at.rooms} onChange=${(chosen) => change({ rooms: chosen, things: [] })} />
    <details class="fold"><summary><span>${t("narrow.things")}</span>${at.things.length > 0 && html`<small>${at.things.length}</small>`}</summary>
      <${Chips} legend=${t("narrow.things_only")} options=${near.map((card) => [card.id, card.title])} chosen=${at.things} onChange=${(chosen) => change({ things: chosen })} /></details>
    <${Limits} at=${at} change=${change} />
    ${ends && html`<${Field} label=${t("narrow.ends")}><select value=${at.ends} onChange=${(event) => change({ ends: event.target.value })}>
      ${forever && html`<option value="">${t("narrow.forever")}</option>`}${ENDS.map((seconds) => html`<option key=${seconds} value=${String(seconds)}>${spelled(seconds)}</option>`)}</select><//>`}
  </div>`;
}

/** What would come of `at` for somebody of `role`: `{is, error}`, asked while it is changed. `is.mandate` is the wish as terms. */
export function useTrial(at, role) {
  const [trial, set] = useState({ is: null, error: null });
  const wish = JSON.stringify(wishOf(at));
  useEffect(() => {
    let current = true;
    const timer = setTimeout(() => post("/delegations?dry-run=1", { ...JSON.parse(wish), role, name: "trial" }).then(
      (is) => current && set({ is, error: null }), (error) => current && set({ is: null, error })), SETTLE_MS);
    return () => { current = false; clearTimeout(timer); };
  }, [wish, role]);
  return trial;
}

export function Trial({ trial }) {
  return html`<div aria-live="polite">${trial.error && html`<${Failed} error=${trial.error} />`}
    ${trial.is && html`<${MayThen} effective=${trial.is.effective} />`}
    ${(trial.is?.moot ?? []).map((one) => html`<p class="warn" key=${one}>${one}</p>`)}</div>`;
}
