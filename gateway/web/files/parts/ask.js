// Before something that can do harm is done: what would happen, by a dry run of it.

import { post, put, segment } from "../core/api.js";
import { value as shown } from "../core/format.js";
import { lasts } from "../core/format.js";
import { t } from "../core/texts.js";
import { Button, html, Sheet, useEffect, useState } from "../core/ui.js";
import { called } from "./kinds.js";

export const ASKED_FROM = 2; // hazard: property can come to harm, or somebody come in

/** Whether a person is asked before: not where it only makes things safer. */
export const isAsked = (affordance) => (affordance.hazard ?? 0) >= ASKED_FROM && !affordance.towardSafe;

function dryRun(card, name, wanted, action) {
  const path = `/things/${segment(card.id)}/${action ? "actions" : "properties"}/${segment(name)}?dry-run=1`;
  return (action ? post : put)(path, wanted);
}

function useForeseen(card, name, wanted, action) {
  const [foreseen, set] = useState(null);
  useEffect(() => {
    let current = true;
    dryRun(card, name, wanted, action).then((data) => current && set(data), (problem) => current && set({ problem }));
    return () => { current = false; };
  }, []);
  return foreseen;
}

/** What a command would change, in a sentence. */
function effectOf(card, name, affordance, wanted) {
  const effect = affordance.effect;
  const property = card.properties[effect?.property];
  if (!property) return "";
  const becomes = effect.expected ?? (effect.property === name ? wanted : undefined);
  if (becomes === undefined || becomes === null || typeof becomes === "object") return "";
  return t("ask.becomes", { what: called(effect.property, property, card), now: shown(property.value, property), then: shown(becomes, property), within: lasts(effect.within ?? 0) });
}

/** Asks whether `affordance` (a property's or action's card) is meant. `onYes` begins it. */
export function Ask({ card, name, affordance, wanted, action = false, onYes, onClose }) {
  const foreseen = useForeseen(card, name, wanted, action);
  const label = action ? called(name, affordance, card) : `${called(name, affordance, card)}: ${shown(wanted, affordance)}`;
  const findings = (foreseen?.findings ?? []).filter((one) => one.verdict !== "permit");
  const obstacle = foreseen?.obstacle?.detail ?? foreseen?.obstacle?.says;
  return html`<${Sheet} title=${`${card.title}: ${label}`} onClose=${onClose}>
    <p>${effectOf(card, name, affordance, wanted)}</p>
    <p class="soft">${t(`ask.hazard_${Math.min(affordance.hazard ?? 0, 3)}`)} ${affordance.reversibility && affordance.reversibility !== "reversible" ? t(`ask.${affordance.reversibility}`) : ""}</p>
    <div aria-live="polite">${foreseen?.unchanged && html`<p>${t("ask.unchanged")}</p>`}
      ${foreseen?.verdict === "needs-approval" && html`<p><strong>${t("ask.approval")}</strong></p>`}
      ${foreseen?.verdict === "deny" && html`<p><strong>${t("ask.denied")}</strong></p>`}
      ${findings.length > 0 && html`<ul>${findings.map((one) => html`<li>${one.why || one.rule}${one.seen && html` <small>${one.seen}</small>`}</li>`)}</ul>`}
      ${obstacle && html`<p class="warn">${obstacle}</p>`}</div>
    <div class="buttons"><${Button} kind="primary" disabled=${foreseen?.verdict === "deny"} onClick=${() => { onYes(); onClose(); }}>${label}<//>
      <${Button} onClick=${onClose}>${t("ui.cancel")}<//></div>
  <//>`;
}
