// Controls, made from what a card says of a property or an action. Each shows what is known, and what was asked for as asked for.

import { command, useOutcome } from "../core/command.js";
import { value as shown } from "../core/format.js";
import { isLive } from "../core/store.js";
import { maybe, t } from "../core/texts.js";
import { Button, html, Toggle, useEffect, useRef, useState } from "../core/ui.js";
import { Ask, isAsked } from "./ask.js";
import { InputSheet } from "./form.js";
import { called } from "./kinds.js";

const AFTER_MS = 700; // steps that follow each other are one command

/** `[send, sheet]`: `send(wanted)` begins the command, after a question where harm is possible; `sheet` is to be drawn. */
export function useCommand(card, name, affordance, action = false) {
  const [asked, ask] = useState(null);
  const begin = (wanted) => { command(card.id, name, wanted, { action }); };
  const send = (wanted) => (isAsked(affordance) ? ask({ wanted }) : begin(wanted));
  const sheet = asked && html`<${Ask} card=${card} name=${name} affordance=${affordance} wanted=${asked.wanted} action=${action}
    onYes=${() => begin(asked.wanted)} onClose=${() => ask(null)} />`;
  return [send, sheet];
}

const cannot = (card) => !isLive() || Boolean(card.suspended);
const labelOf = (card, name, property, alone) => (alone ? card.title : `${card.title}: ${called(name, property, card)}`);

export function Switch({ card, name, alone = false }) {
  const property = card.properties[name];
  const outcome = useOutcome(card.id, name);
  const [send, sheet] = useCommand(card, name, property);
  return html`<${Toggle} on=${property.value} label=${labelOf(card, name, property, alone)} disabled=${cannot(card)} pending=${outcome?.is === "pending"} onChange=${send} />${sheet}`;
}

const limits = (property) => ({ min: property.minimum ?? 0, max: property.maximum ?? 100 });

export function Slider({ card, name }) {
  const property = card.properties[name];
  const outcome = useOutcome(card.id, name);
  const [dragged, drag] = useState(null);
  const [send, sheet] = useCommand(card, name, property);
  const { min, max } = limits(property);
  const wanted = dragged ?? (outcome?.is === "pending" ? outcome.wanted : null);
  const at = wanted ?? property.value ?? min;
  const let_go = (event) => { drag(null); send(Number(event.target.value)); };
  return html`<label class=${`slider ${wanted === null ? "" : "wanted"}`}><span class="slider-text"><span>${called(name, property, card)}</span>
      <output>${wanted === null ? shown(property.value, property) : `→ ${shown(wanted, property)}`}</output></span>
    <input type="range" min=${min} max=${max} step=${property.multipleOf ?? stepOf(min, max)} value=${at} disabled=${cannot(card)}
      aria-label=${labelOf(card, name, property, false)} aria-valuetext=${shown(at, property)}
      onInput=${(event) => drag(Number(event.target.value))} onChange=${let_go} /></label>${sheet}`;
}

const stepOf = (min, max) => { const range = max - min; return range > 1000 ? 50 : range >= 50 ? 1 : range / 100; };

/** − value +: some taps in a row are sent as one. */
export function Steps({ card, name }) {
  const property = card.properties[name];
  const outcome = useOutcome(card.id, name);
  const [wished, wish] = useState(null);
  const timer = useRef(0);
  const [send, sheet] = useCommand(card, name, property);
  useEffect(() => () => clearTimeout(timer.current), []);
  const { min, max } = limits(property);
  const step = property.multipleOf ?? 0.5;
  const wanted = wished ?? (outcome?.is === "pending" ? outcome.wanted : null);
  const by = (count) => {
    const next = Math.min(max, Math.max(min, Math.round(((wanted ?? property.value ?? min) + count * step) / step) * step));
    wish(next);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => { wish(null); send(next); }, AFTER_MS);
  };
  const label = labelOf(card, name, property, false);
  const off = cannot(card) || typeof property.value !== "number";
  return html`<div class="steps" role="group" aria-label=${label}>
    <${Button} disabled=${off || (wanted ?? property.value) <= min} aria-label=${t("control.less", { what: label })} onClick=${() => by(-1)}>−<//>
    <output class=${wanted === null ? "" : "wanted"} aria-live="polite">${wanted === null ? shown(property.value, property) : `→ ${shown(wanted, property)}`}</output>
    <${Button} disabled=${off || (wanted ?? property.value) >= max} aria-label=${t("control.more", { what: label })} onClick=${() => by(1)}>+<//>
  </div>${sheet}`;
}

export const wordFor = (word) => maybe(`word.${word}`, String(word).replaceAll("_", " "));

export function Choice({ card, name }) {
  const property = card.properties[name];
  const outcome = useOutcome(card.id, name);
  const [send, sheet] = useCommand(card, name, property);
  const at = outcome?.is === "pending" ? outcome.wanted : property.value;
  const options = property.enum ?? [];
  return html`<label class="choice"><span>${called(name, property, card)}</span><select disabled=${cannot(card)} aria-label=${labelOf(card, name, property, false)}
      aria-busy=${outcome?.is === "pending" ? "true" : undefined} value=${at ?? ""} onChange=${(event) => send(options[event.target.selectedIndex - (options.includes(at) ? 0 : 1)])}>
    ${!options.includes(at) && html`<option value="">${shown(at, property)}</option>`}
    ${options.map((option) => html`<option key=${option} value=${option}>${wordFor(option)}</option>`)}</select></label>${sheet}`;
}

const SIGNS = { open: "▲", stop: "■", close: "▼", play: "▶", pause: "❚❚", next: "⏭", previous: "⏮" };

/** One action as a button; what needs an input opens a sheet for it. `sign`: as a picture where there is one. */
export function Action({ card, name, sign = false }) {
  const action = card.actions[name];
  const outcome = useOutcome(card.id, name);
  const [filling, fill] = useState(false);
  const [send, sheet] = useCommand(card, name, action, true);
  const label = called(name, action, card);
  const picture = sign ? SIGNS[(action.capability ?? "").split(".")[1]] : undefined;
  const needs = action.input && !(action.input.type === "object" && !(action.input.required ?? []).length && !Object.keys(action.input.properties ?? {}).length);
  return html`<${Button} kind=${picture ? "sign" : ""} disabled=${cannot(card)} busy=${outcome?.is === "pending"} aria-label=${`${card.title}: ${label}`}
      onClick=${() => (needs ? fill(true) : send(undefined))}>${picture ? html`<span aria-hidden="true">${picture}</span>` : label}<//>
    ${filling && html`<${InputSheet} title=${`${card.title}: ${label}`} schema=${action.input} yes=${label} onSend=${send} onClose=${() => fill(false)} />`}${sheet}`;
}

const FEW_STEPS = 60; // in a range: more are for a slider

/** What a property is set with: "switch", "choice", "steps", "slider" or "form". */
export function setterOf(property) {
  if (property.type === "boolean") return "switch";
  if (property.enum) return "choice";
  const isNumber = property.type === "number" || property.type === "integer";
  if (!isNumber || property.minimum === undefined || property.maximum === undefined) return "form";
  return property.multipleOf && (property.maximum - property.minimum) / property.multipleOf <= FEW_STEPS ? "steps" : "slider";
}

/** Whatever fits a property that can be set: for a Thing's page. Objects and free texts are filled in a sheet. */
export function Setter({ card, name }) {
  const property = card.properties[name];
  const [filling, fill] = useState(false);
  const [send, sheet] = useCommand(card, name, property);
  const Fitting = { switch: Switch, choice: Choice, steps: Steps, slider: Slider }[setterOf(property)];
  if (Fitting) return html`<${Fitting} card=${card} name=${name} />`;
  const label = called(name, property, card);
  return html`<${Button} disabled=${cannot(card)} aria-label=${t("control.set", { what: `${card.title}: ${label}` })} onClick=${() => fill(true)}>${t("control.set_it")}<//>
    ${filling && html`<${InputSheet} title=${`${card.title}: ${label}`} schema=${property} first=${property.value} yes=${t("control.set_it")} onSend=${send} onClose=${() => fill(false)} />`}${sheet}`;
}
