// One Thing on the home page: what is known of it, and what is done with it most. Drawn again when that Thing changes, alone.

import { link } from "../core/route.js";
import { useThing } from "../core/store.js";
import { t } from "../core/texts.js";
import { html } from "../core/ui.js";
import { Action, Choice, Slider, Steps, Switch } from "./controls.js";
import { alarming, called, controlsOf, lowOf, tellingOf } from "./kinds.js";
import { Outcome } from "./outcome.js";
import { isDoubtful, Told, useMinutes } from "./state.js";

/** What is wrong with it, in short; null for nothing. */
function Trouble({ card }) {
  const low = lowOf(card);
  const said = [];
  if (card.suspended) said.push(["bad", t("thing.suspended")]);
  if (card.out_of_reach) said.push(["bad", t("thing.out_of_reach")]);
  if (card.waits) said.push(["accent", t("thing.waits")]);
  if (card.uncertain) said.push(["warn", t("thing.uncertain")]);
  if (low.length) said.push(["warn", t("thing.low")]);
  if (!said.length) return null;
  return html`<p class="troubles">${said.map(([tone, text]) => html`<span key=${text} class=${`badge ${tone}`}>${text}</span>`)}
    ${card.out_of_reach && html`<small class="clipped">${card.out_of_reach}</small>`}</p>`;
}

const isOn = (controls) => controls.switches.length > 0 && controls.switches[0].value === true && !isDoubtful(controls.switches[0]);

export function Tile({ id }) {
  const card = useThing(id);
  useMinutes();
  if (!card) return null;
  const controls = controlsOf(card);
  const telling = tellingOf(card);
  const [first, ...others] = telling;
  const single = controls.switches.length === 1 ? controls.switches[0] : null;
  const danger = Object.values(card.properties).some(alarming);
  const names = [...controls.switches, ...controls.sliders, ...controls.steps, ...controls.choices, ...controls.buttons].map((one) => one.name);
  const tone = `${danger ? "bad" : ""} ${isOn(controls) ? "is-on" : ""} ${card.out_of_reach || card.suspended ? "is-away" : ""}`;
  return html`<article class=${`card tile ${tone}`}>
    <div class="tile-top"><h3><a href=${link("thing", card.id)}>${card.title}</a></h3>
      ${single && html`<${Switch} card=${card} name=${single.name} alone=${true} />`}</div>
    ${single && html`<${Told} property=${single} />`}
    ${first && html`<div class="tellings"><${Told} property=${first} large=${!single} label=${single ? called(first.name, first, card) : ""} />
      ${others.map((one) => html`<${Told} key=${one.name} property=${one} label=${labelled(one, telling, card)} brief=${Boolean(card.out_of_reach)} />`)}</div>`}
    ${controls.switches.length > 1 && controls.switches.map((one) => html`<div class="tile-top" key=${one.name}><${Told} property=${one} label=${called(one.name, one, card)} />
      <${Switch} card=${card} name=${one.name} /></div>`)}
    ${controls.sliders.map((one) => html`<${Slider} key=${one.name} card=${card} name=${one.name} />`)}
    ${controls.steps.map((one) => html`<${Steps} key=${one.name} card=${card} name=${one.name} />`)}
    ${controls.choices.map((one) => html`<${Choice} key=${one.name} card=${card} name=${one.name} />`)}
    ${controls.buttons.length > 0 && html`<div class="tile-buttons">${controls.buttons.map((one) => html`<${Action} key=${one.name} card=${card} name=${one.name} sign=${controls.buttons.length > 2} />`)}</div>`}
    <${Trouble} card=${card} />
    <${Outcome} thing=${card.id} names=${names} />
  </article>`;
}

const SPEAK = new Set(["°C", "%", "lx", "W", "kWh", "hPa"]); // units by which everybody knows what it is

/** A number with such a unit speaks for itself beside another; a word, an on/off or "ppm" needs its name. */
const labelled = (one, others, card) => (one.type === "number" && SPEAK.has(one.unit) && others.filter((other) => other.unit === one.unit).length < 2 ? "" : called(one.name, one, card));
