// All that a Thing tells and takes, by its components: value, how well it is known, since when, and how it is set.

import { exactly, lasts, value } from "../core/format.js";
import { maybe, t } from "../core/texts.js";
import { Button, Facts, html, Section, useState } from "../core/ui.js";
import { Action, Setter, setterOf } from "./controls.js";
import { called } from "./kinds.js";
import { Outcome } from "./outcome.js";
import { Told } from "./state.js";

/** Facts about one reading (`?detail=1`), for who wants to know. */
const facts = (one, property) => [
  [t("reading.quality"), t(`quality.${one.quality}`)],
  [t("reading.reason"), one.reason],
  [t("reading.unusual"), one.unusual],
  [t("reading.observed"), one.observed_at && exactly(one.observed_at)],
  [t("reading.evidence"), one.evidence && maybe(`evidence.${one.evidence}`, one.evidence)],
  [t("reading.uncertainty"), typeof one.uncertainty === "number" ? `± ${value(one.uncertainty, property)}${one.uncertainty_estimated ? ` (${t("reading.estimated")})` : ""}` : null],
  [t("reading.every"), one.reports_every && t("reading.about", { time: lasts(one.reports_every.seconds) })],
  [t("reading.quiet"), typeof one.quiet_for === "number" && one.quiet_for >= 1 ? lasts(one.quiet_for) : null],
];

function Line({ card, name, property, known, onPlot }) {
  const [open, setOpen] = useState(false);
  const label = called(name, property, card);
  const as = property.writes ? setterOf(property) : "";
  const speaks = as === "choice" || as === "steps"; // shows the value itself
  const wide = as === "slider";
  return html`<div class=${`line ${wide ? "wide" : ""}`}>
    <div class="line-top"><h3>${label}</h3><span class="line-value">${"quality" in property || !property.writes ? html`<${Told} property=${property} bare=${speaks} />` : ""}</span>
      ${property.writes && !wide && html`<${Setter} card=${card} name=${name} />`}
      <${Button} kind="quiet sign" aria-expanded=${String(open)} aria-label=${t("reading.about_it", { what: label })} onClick=${() => setOpen(!open)}><span aria-hidden="true">${open ? "⌃" : "⌄"}</span><//></div>
    ${property.writes && wide && html`<${Setter} card=${card} name=${name} />`}
    <${Outcome} thing=${card.id} names=${[name]} />
    ${open && html`<div class="line-more">${known ? html`<${Facts} rows=${facts(known, property)} />` : null}
      ${onPlot && html`<${Button} onClick=${() => onPlot(name)}>${t("reading.plot")}<//>`}</div>`}
  </div>`;
}

/** `[component, [[name, property] …]]`: the main one first, those of several properties by themselves, all others together. */
function byComponent(card) {
  const groups = new Map([["", []]]);
  for (const [name, property] of Object.entries(card.properties)) {
    const key = property.component ?? "";
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push([name, property]);
  }
  const own = [...groups].filter(([key, members]) => members.length > 1 || (key === "" && members.length));
  const rest = [...groups].filter(([key, members]) => key !== "" && members.length === 1).flatMap(([, members]) => members);
  return rest.length ? [...own, ["", rest]] : own;
}

/** `detail`: what `/properties?detail=1` gave, or undefined; `onPlot(name)` shows the past of one of `kept`. */
export function States({ card, detail, kept, onPlot }) {
  const groups = byComponent(card);
  const actions = Object.entries(card.actions);
  const plain = actions.filter(([, one]) => !one.absolute);
  const relative = actions.filter(([, one]) => one.absolute);
  const button = ([name]) => html`<${Action} key=${name} card=${card} name=${name} />`;
  return html`<${Section} title=${t("thing.states")}>
    ${plain.length > 0 && html`<div class="buttons">${plain.map(button)}</div><${Outcome} thing=${card.id} names=${plain.map(([name]) => name)} />`}
    ${groups.map(([component, members], index) => html`<div class="list lines" key=${`${component} ${index}`}>
      ${component && html`<p class="lines-head">${maybe(`kind.${component}`, component.replaceAll("_", " "))}</p>`}
      ${members.map(([name, property]) => html`<${Line} key=${name} card=${card} name=${name} property=${property} known=${detail?.[name]} onPlot=${kept.includes(name) ? onPlot : null} />`)}</div>`)}
    ${relative.length > 0 && html`<details><summary>${t("thing.more_actions")}</summary><div class="buttons">${relative.map(button)}</div>
      <${Outcome} thing=${card.id} names=${relative.map(([name]) => name)} /></details>`}
  <//>`;
}
