// A device that was found, in words: what it is, where it was found, what of it was not understood.

import { named } from "../core/format.js";
import { maybe, t } from "../core/texts.js";

export const kindText = (kind) => maybe(`kind.${kind}`, named(kind ?? ""));

/** "light", or "power strip, 4 × outlet": what its parts are. */
export function partsText(components) {
  const counts = new Map();
  for (const one of components) counts.set(one.kind, (counts.get(one.kind) ?? 0) + 1);
  return [...counts].map(([kind, count]) => (count > 1 ? `${count} × ${kindText(kind)}` : kindText(kind))).join(", ");
}

export const madeBy = (one) => [one.manufacturer, one.model].filter(Boolean).join(" ");
export const titleOf = (one) => one.title || madeBy(one) || one.id;

/** Those of its parts of which nobody knows what they are. */
export const guesses = (one) => one.components.filter((part) => !part.certain);

/** The families' names for people, by driver: `GET /discovery`. */
export const familiesOf = (looking) => new Map((looking?.families ?? []).map((family) => [family.name, family.title]));

/** What a code field is called: by what the device asks for. */
export const codeLabel = (asks) => maybe(`inbox.code_${asks.what}`, t("inbox.code"));

const HARMLESS = new Set(["light", "temperature", "humidity", "illuminance", "pressure", "occupancy", "contact", "air", "power", "meter", "battery"]);

/** What can do no harm is proposed for agents and guests, too, as the rules say; all else for owners and adults, until it is opened. */
export const isHarmless = (one) => one.components.length > 0 && one.components.every((part) => part.certain && HARMLESS.has(part.kind));
