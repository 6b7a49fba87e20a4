// The first run: devices come into the house with one tap, and the lamp is tried out.

import { post } from "../core/api.js";
import { command } from "../core/command.js";
import { useData } from "../core/data.js";
import { isLive, useThing, useThings } from "../core/store.js";
import { t } from "../core/texts.js";
import { Button, Card, Empty, Failed, html, Loaded, Toggle, useState } from "../core/ui.js";
import { guesses, isHarmless, partsText, titleOf } from "./candidate.js";
import { isSwitch } from "./kinds.js";
import { Outcome } from "./outcome.js";

const MOST_AT_ONCE = 50; // adopted by one tap; the rest is in the inbox

/** Those that ask for nothing and of which all is known. */
const ready = (one) => !one.thing && !one.asks && one.components.length > 0 && guesses(one).length === 0;
const hasLamp = (one) => one.components.some((part) => part.kind === "light");

export const isLamp = (card) => card.kind === "light" && Object.values(card.properties).some((one) => one.writes && isSwitch(one));

/** Step 1. `onDone` when there is a lamp. */
export function Find({ onDone }) {
  const found = useData("/inbox", ["discovery", "thing"]);
  const lamps = useThings().filter(isLamp);
  const [left, setLeft] = useState(new Set());
  const [state, setState] = useState({ busy: false, done: 0, errors: [] });
  const toggle = (key) => { const next = new Set(left); if (!next.delete(key)) next.add(key); setLeft(next); };
  const adopt = async (chosen) => {
    const errors = [];
    let done = 0;
    for (const one of chosen) {
      setState({ busy: true, done, errors });
      try { await post(`${one.href}/adopt`, { title: titleOf(one), room: one.room, open: isHarmless(one), announced: one.announced }); done += 1; } catch (problem) { errors.push(`${titleOf(one)}: ${problem.message}`); }
    }
    setState({ busy: false, done, errors });
    if (done) onDone();
  };
  return html`<${Loaded} from=${found}>${(all) => {
    const offered = all.filter(ready).sort((a, b) => hasLamp(b) - hasLamp(a)).slice(0, MOST_AT_ONCE);
    const chosen = offered.filter((one) => !left.has(one.href));
    const more = all.filter((one) => !one.thing).length - offered.length;
    return html`<p>${t(offered.length ? "first.found" : lamps.length ? "first.have" : "first.looking")}</p>
      ${offered.length > 0 && html`<div class="buttons"><${Button} kind="primary large" busy=${state.busy} disabled=${!chosen.length || !isLive()} onClick=${() => adopt(chosen)}>${state.busy ? t("first.adopting", { done: state.done, of: chosen.length }) : t("first.adopt", { count: chosen.length })}<//></div>
        <div class="list">${offered.map((one) => html`<label class="row check-row" key=${one.href}><span class="row-text"><span class="row-title">${titleOf(one)}</span><span class="row-sub">${[one.room, partsText(one.components)].filter(Boolean).join(" · ")}</span></span>
          <input type="checkbox" checked=${!left.has(one.href)} disabled=${state.busy} onChange=${() => toggle(one.href)} /></label>`)}</div><p class="soft">${t("first.harmless")}</p>`}
      ${more > 0 && html`<p><a href="#/inbox">${t("first.more", { count: more })}</a></p>`}
      ${state.errors.map((text) => html`<${Failed} key=${text} error=${{ message: text }} />`)}
      ${lamps.length > 0 && html`<${Button} kind=${offered.length ? "" : "primary large"} onClick=${onDone}>${t("first.next")}<//>`}
      ${!offered.length && !lamps.length && html`<p><a class="button" href="#/inbox">${t("first.search")}</a></p>`}`;
  }}<//>`;
}

/** Step 2. */
export function Try({ lamp, onLamp, onDone }) {
  const lamps = useThings().filter(isLamp);
  const chosen = lamps.find((card) => card.id === lamp) ?? lamps.find((card) => !card.out_of_reach && Object.values(card.properties).some((one) => isSwitch(one) && one.value === false)) ?? lamps[0];
  if (!chosen) return html`<${Empty}>${t("first.no_lamp")}<//>`;
  return html`<p>${t("first.try")}</p>
    ${lamps.length > 1 && html`<select aria-label=${t("first.which_lamp")} value=${chosen.id} onChange=${(event) => onLamp(event.target.value)}>${lamps.map((card) => html`<option key=${card.id} value=${card.id}>${[card.title, card.room].filter(Boolean).join(" · ")}</option>`)}</select>`}
    <${Lamp} id=${chosen.id} />
    <${Button} kind="primary large" onClick=${() => { onLamp(chosen.id); onDone(); }}>${t("first.next")}<//>`;
}

function Lamp({ id }) {
  const card = useThing(id);
  const [name, property] = Object.entries(card.properties).find(([, one]) => one.writes && isSwitch(one));
  const press = (on) => command(id, name, on);
  return html`<${Card} tone=${property.value ? "accent" : ""}><div class="first-lamp"><strong>${card.title}</strong>
    <${Toggle} on=${property.value} label=${card.title} disabled=${!isLive()} onChange=${press} /></div><${Outcome} thing=${id} names=${[name]} /><//>`;
}
