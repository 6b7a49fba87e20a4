// A simple plan made by a person: which Things, what, when.

import { post } from "../core/api.js";
import { named } from "../core/format.js";
import { thing, useThings } from "../core/store.js";
import { maybe, t } from "../core/texts.js";
import { Button, Failed, Field, html, useState } from "../core/ui.js";
import { called } from "./kinds.js";

const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const LONGEST_TITLE = 60;

/** What can be done with all of these: `[{key, capability, action, label, schema, names: {thing: affordance}}]`. */
function offered(cards) {
  const found = new Map();
  for (const card of cards) {
    const writable = Object.entries(card.properties).filter(([, one]) => one.writes).map(([name, one]) => [name, one, false]);
    const simple = Object.entries(card.actions).filter(([, one]) => !one.input).map(([name, one]) => [name, one, true]);
    for (const [name, one, action] of [...writable, ...simple]) {
      const key = `${action ? "do" : "set"} ${one.capability || name}`;
      if (!found.has(key)) found.set(key, { key, action, schema: one, label: called(name, one, card) || named(name, one), names: {} });
      found.get(key).names[card.id] ??= name;
    }
  }
  return [...found.values()].filter((one) => Object.keys(one.names).length === cards.length && one.schema.type !== "object");
}

function ValueField({ schema, value, onChange }) {
  if (schema.type === "boolean") return html`<div class="buttons" role="group" aria-label=${t("plans.value")}>${[true, false].map((is) => html`<${Button} key=${is} kind=${value === is ? "chosen" : ""} aria-pressed=${String(value === is)}
    onClick=${() => onChange(is)}>${maybe(`state.${schema.capability}.${is}`, t(is ? "state.on" : "state.off"))}<//>`)}</div>`;
  if (schema.enum) return html`<${Field} label=${t("plans.value")}><select value=${value ?? ""} onChange=${(event) => onChange(event.target.value || undefined)}><option value="">–</option>${schema.enum.map((one) => html`<option key=${one} value=${one}>${maybe(`word.${one}`, String(one))}</option>`)}</select><//>`;
  const isNumber = schema.type === "number" || schema.type === "integer";
  return html`<${Field} label=${t("plans.value")} hint=${schema.minimum !== undefined ? `${schema.minimum} – ${schema.maximum} ${schema.unit ?? ""}` : schema.unit ?? ""}><input type=${isNumber ? "number" : "text"} min=${schema.minimum} max=${schema.maximum} step=${schema.multipleOf ?? "any"}
    value=${value ?? ""} onInput=${(event) => onChange(event.target.value === "" ? undefined : isNumber ? Number(event.target.value) : event.target.value)} /><//>`;
}

/** Titles of the Things, by room: a room is chosen with one tap. */
function Which({ cards, chosen, onChange }) {
  const rooms = [...new Set(cards.map((card) => card.room))].sort((a, b) => (a === "") - (b === "") || a.localeCompare(b));
  const toggle = (ids, is) => onChange(is ? [...new Set([...chosen, ...ids])] : chosen.filter((id) => !ids.includes(id)));
  return html`<div class="which">${rooms.map((room) => {
    const members = cards.filter((card) => card.room === room).sort((a, b) => a.title.localeCompare(b.title));
    const all = members.every((card) => chosen.includes(card.id));
    return html`<details key=${room} open=${rooms.length < 3 || members.some((card) => chosen.includes(card.id))}><summary>${room || t("room.none")}${" "}<small>${members.filter((card) => chosen.includes(card.id)).length || ""}</small></summary>
      ${members.length > 1 && html`<label class="check"><input type="checkbox" checked=${all} onChange=${(event) => toggle(members.map((card) => card.id), event.target.checked)} /> <em>${t("plans.all_of", { room: room || t("room.none") })}</em></label>`}
      ${members.map((card) => html`<label class="check" key=${card.id}><input type="checkbox" checked=${chosen.includes(card.id)} onChange=${(event) => toggle([card.id], event.target.checked)} /> ${card.title}</label>`)}</details>`;
  })}</div>`;
}

function When({ at, onChange }) {
  const day = (one) => (at.days.includes(one) ? at.days.filter((other) => other !== one) : [...at.days, one]);
  return html`<div class="buttons" role="group" aria-label=${t("plans.when")}>${["now", "at", "daily"].map((kind) => html`<${Button} key=${kind} kind=${at.kind === kind ? "chosen" : ""} aria-pressed=${String(at.kind === kind)} onClick=${() => onChange({ ...at, kind })}>${t(`plans.when_${kind}`)}<//>`)}</div>
    ${at.kind === "at" && html`<${Field} label=${t("plans.date")}><input type="datetime-local" required value=${at.date} onInput=${(event) => onChange({ ...at, date: event.target.value })} /><//>`}
    ${at.kind === "daily" && html`<${Field} label=${t("plans.time")}><input type="time" required value=${at.time} onInput=${(event) => onChange({ ...at, time: event.target.value })} /><//>
      <div class="buttons days" role="group" aria-label=${t("plans.days")}>${DAYS.map((one) => html`<${Button} key=${one} kind=${at.days.includes(one) ? "chosen" : ""} aria-pressed=${String(at.days.includes(one))} onClick=${() => onChange({ ...at, days: day(one) })}>${t(`plans.day_${one}`)}<//>`)}</div><small>${t("plans.days_hint")}</small>`}`;
}

function scheduleOf(at) {
  if (at.kind === "at") return { at: new Date(at.date).toISOString() };
  if (at.kind === "daily") return { daily: at.time, ...(at.days.length && at.days.length < 7 ? { days: DAYS.filter((one) => at.days.includes(one)) } : {}) };
  return null;
}

/** "Desk lamp, Ceiling light: brightness": what a plan is called where nobody says. */
const usual = (use, things) => `${things.slice(0, 3).map((id) => thing(id)?.title ?? id).join(", ")}${things.length > 3 ? " …" : ""}: ${use.label}`.slice(0, LONGEST_TITLE);

/** The form. `onPrepared` gets what `POST /plans` answered; what was filled in stays in `made`. */
export function Maker({ made, onChange, onPrepared }) {
  const usable = useThings().filter((card) => Object.values(card.properties).some((one) => one.writes) || Object.keys(card.actions).length);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(null);
  const { things, what, value, at, title } = made;
  const set = (changes) => onChange({ ...made, ...changes });
  const uses = offered(usable.filter((card) => things.includes(card.id)));
  const use = things.length ? uses.find((one) => one.key === what) : undefined;
  const ready = use && (use.action || value !== undefined) && (at.kind !== "at" || at.date) && (at.kind !== "daily" || at.time);
  const prepare = async (event) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    const steps = things.map((thing) => ({ thing, after: [], ...(use.action ? { action: use.names[thing] } : { property: use.names[thing], value }) }));
    const schedule = scheduleOf(at);
    try { onPrepared(await post("/plans", { title: title.trim() || usual(use, things), steps, ...(schedule ? { schedule } : {}) })); } catch (problem) { setError(problem); setBusy(false); }
  };
  return html`<form onSubmit=${prepare}>
    <h2>${t("plans.which")}</h2><${Which} cards=${usable} chosen=${things} onChange=${(ids) => set({ things: ids })} />
    <h2>${t("plans.what")}</h2>
    ${!things.length ? html`<p class="soft">${t("plans.which_first")}</p>` : !uses.length ? html`<p class="warn">${t("plans.nothing_in_common")}</p>`
      : html`<select aria-label=${t("plans.what")} value=${use?.key ?? ""} onChange=${(event) => set({ what: event.target.value, value: undefined })}><option value="">–</option>${uses.map((one) => html`<option key=${one.key} value=${one.key}>${one.label}</option>`)}</select>`}
    ${use && !use.action && html`<${ValueField} schema=${use.schema} value=${value} onChange=${(is) => set({ value: is })} />`}
    <h2>${t("plans.when")}</h2><${When} at=${at} onChange=${(is) => set({ at: is })} />
    <${Field} label=${t("plans.name")} hint=${t("plans.name_hint")}><input maxlength=${LONGEST_TITLE} value=${title} onInput=${(event) => set({ title: event.target.value })} /><//>
    <${Failed} error=${error} />${(error?.mistakes ?? []).map((one) => html`<p class="warn" key=${JSON.stringify(one)}>${one.detail ?? one.text ?? ""}</p>`)}
    <div class="buttons"><button type="submit" class="button primary" disabled=${!ready || busy} aria-busy=${busy ? "true" : undefined}>${t("plans.prepare")}</button></div>
  </form>`;
}

export const blank = () => ({ things: [], what: "", value: undefined, at: { kind: "now", date: "", time: "", days: [] }, title: "" });
