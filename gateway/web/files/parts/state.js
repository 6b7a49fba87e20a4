// A state as it is known: its value, how well it is known, and since when where that matters.

import { ago, value } from "../core/format.js";
import { maybe, t } from "../core/texts.js";
import { html, useEffect, useState } from "../core/ui.js";
import { alarming } from "./kinds.js";

const TICK_MS = 30_000;
export const OLD_S = 3_600; // a value that is older has its age beside it

const minutes = new Set();
setInterval(() => { for (const tell of [...minutes]) tell((count) => count + 1); }, TICK_MS);

/** Draws again twice a minute, all at once. */
export function useMinutes() {
  const [, tell] = useState(0);
  useEffect(() => { minutes.add(tell); return () => minutes.delete(tell); }, []);
}

/** Whether it is less than good: then it is greyed, and says why. */
export const isDoubtful = (property) => property.quality !== undefined && property.quality !== "good";

/** What is to be said of a property besides its value: [] for what is fresh and good. */
export function remarks(property) {
  const said = [];
  if (property.quality === undefined) return [t("quality.unknown")];
  if (isDoubtful(property)) said.push(t(`quality.${property.quality}`));
  if (property.unusual) said.push(t("quality.unusual"));
  if (property.at && (isDoubtful(property) || Date.now() / 1000 - property.at > OLD_S)) said.push(ago(property.at));
  return said;
}

const toneOf = (property) => (alarming(property) ? "alarming" : property.unusual ? "unusual" : isDoubtful(property) ? "doubtful" : "");

const isColor = (shown) => typeof shown?.hue === "number" && typeof shown?.saturation === "number";

/** A value as text, also one of several members: "hue 30 °, saturation 40 %". */
export function textOf(shown, property) {
  if (shown === null || typeof shown !== "object" || Array.isArray(shown)) return value(shown, property);
  return Object.entries(shown).map(([name, one]) => `${maybe(`field.${name}`, name.replaceAll("_", " "))} ${value(one, property.properties?.[name])}`).join(", ");
}

/** The value of a property, toned by how well it is known; a colour with a swatch of it. */
export const Value = ({ property, large = false }) => html`<span class=${`value ${large ? "large" : ""} ${toneOf(property)}`}>
  ${isColor(property.value) && html`<span class="swatch" aria-hidden="true" style=${{ background: `hsl(${property.value.hue} ${property.value.saturation}% 60%)` }}></span>`}${textOf(property.value, property)}</span>`;

/** A value with what is to be said of it; `bare`: without the value, which a control shows; `brief`: another says it already. */
export function Told({ property, label = "", large = false, bare = false, brief = false }) {
  const said = brief && !property.unusual ? [] : remarks(property);
  return html`<span class="told">${label && html`<span class="told-label">${label}</span>`}${!bare && html`<${Value} property=${property} large=${large} />`}
    ${said.length > 0 && html`<small class=${property.unusual ? "unusual" : ""} title=${typeof property.unusual === "string" ? property.unusual : undefined}>${said.join(" · ")}</small>`}</span>`;
}
