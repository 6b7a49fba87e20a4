// One use of a Thing in words, as a question or a plan tells of it: what would be done, to what, and what becomes of it.

import { named, value as said } from "../core/format.js";
import { thing } from "../core/store.js";
import { maybe, t } from "../core/texts.js";
import { html } from "../core/ui.js";
import { called } from "./kinds.js";

/** The card's property or action, or what there is of it where this phone does not know it. */
export function affordanceOf(id, name, action, capability = "") {
  const card = thing(id);
  return (action ? card?.actions[name] : card?.properties[name]) ?? { capability };
}

/** What a property or action of that Thing is called. */
export const calledOf = (id, name, action = false, capability = "") => {
  const affordance = affordanceOf(id, name, action, capability);
  const card = thing(id);
  return card && affordance.type !== undefined ? called(name, affordance, card) : maybe(`prop.${affordance.capability ?? ""}`, named(name, affordance));
};

/** A value of that property as text. */
export const valueOf = (id, name, value, unit) => {
  const affordance = affordanceOf(id, name, false);
  return said(value, unit && !affordance.unit ? { ...affordance, unit } : affordance);
};

const inputOf = (value) => (value === null || value === undefined ? "" : typeof value === "object"
  ? Object.entries(value).map(([name, one]) => `${maybe(`field.${name}`, named(name, {}))} ${said(one)}`).join(", ") : said(value));

/** "Front door: unlock", or "Desk lamp: brightness 40 %". */
export function useText(use) {
  const { thing: id, affordance, action, value } = use;
  const capability = use.capability || affordanceOf(id, affordance, action).capability;
  const title = use.title || thing(id)?.title || id;
  const word = calledOf(id, affordance, action, capability);
  if (action) return `${title}: ${word}${inputOf(value) && ` (${inputOf(value)})`}`;
  // "Hallway outlet: off" says it all where the property is whether it is on.
  return (capability ?? "").endsWith(".on") && typeof value === "boolean" ? `${title}: ${valueOf(id, affordance, value)}` : `${title}: ${word} ${valueOf(id, affordance, value)}`;
}

/** What changes: rows for `Facts`. `effects` have {property, now or from, becomes or to, unit}. */
export const effectRows = (id, effects) => (effects ?? []).map((one) => {
  const now = "now" in one ? one.now : one.from;
  const then = "becomes" in one ? one.becomes : one.to;
  return [calledOf(id, one.property), html`<span class="from-to"><span>${now === null || now === undefined ? t("use.unknown") : valueOf(id, one.property, now, one.unit)}</span>${" "}<span aria-label=${t("use.becomes")}>→</span>${" "}<strong>${then === null || then === undefined ? t("use.unknown") : valueOf(id, one.property, then, one.unit)}</strong></span>`];
});

export const hazardText = (hazard) => t(`use.hazard_${Math.min(Math.max(hazard ?? 0, 0), 3)}`);

/** What cannot be taken back of it; null where all can. */
export const undoText = (reversibility) => (reversibility && reversibility !== "reversible" ? maybe(`use.${reversibility}`, reversibility) : null);
