// A room's heading: what it is like there, and switching off what is on.

import { post, segment } from "../core/api.js";
import { value as shown } from "../core/format.js";
import { useLive } from "../core/live.js";
import { isPerson } from "../core/me.js";
import { link } from "../core/route.js";
import { isLive, thing } from "../core/store.js";
import { t } from "../core/texts.js";
import { Button, Failed, html, Loading, Sheet, useEffect, useState } from "../core/ui.js";

const TELLS = new Set(["temperature.temperature", "thermostat.temperature", "humidity.humidity", "light.on", "contact.open", "occupancy.occupied"]);

/** Draws again when something that a summary tells changes in one of these Things. */
function useRoom(ids) {
  const [, tell] = useState(0);
  useLive(["property"], (event) => {
    if (ids.has(event.thing) && TELLS.has(thing(event.thing)?.properties[event.name]?.capability)) tell((count) => count + 1);
  });
}

const of = (cards, capability) => cards.flatMap((card) => Object.values(card.properties).filter((one) => one.capability === capability && one.value !== null && one.value !== undefined));

function summary(cards) {
  const said = [];
  const warm = [...of(cards, "temperature.temperature"), ...of(cards, "thermostat.temperature")].filter((one) => one.quality === "good");
  if (warm.length) said.push(shown(warm[0].value, warm[0]));
  const humid = of(cards, "humidity.humidity").filter((one) => one.quality === "good");
  if (humid.length) said.push(shown(humid[0].value, humid[0]));
  const lit = of(cards, "light.on").filter((one) => one.value === true).length;
  if (lit) said.push(t("room.lights", { count: lit }));
  const open = of(cards, "contact.open").filter((one) => one.value === true).length;
  if (open) said.push(t("room.open", { count: open }));
  if (of(cards, "occupancy.occupied").some((one) => one.value === true)) said.push(t("room.occupied"));
  return said.join(" · ");
}

/** Lights that the caller may switch, and that are on. */
const litIn = (cards) => cards.filter((card) => Object.values(card.properties).some((one) => one.capability === "light.on" && one.writes && one.value === true));

export function RoomHead({ room, ids, alone }) {
  const [asking, ask] = useState(false);
  useRoom(new Set(ids));
  const cards = ids.map(thing).filter(Boolean);
  const lit = litIn(cards);
  return html`<header class="section-head room-head"><div>
      ${!alone && html`<h2>${room ? html`<a href=${link("room", room)}>${room}</a>` : t("room.none")}</h2>`}
      <p class="soft room-sum">${summary(cards)}</p></div>
    ${lit.length > 0 && room && isPerson() && html`<${Button} disabled=${!isLive()} aria-label=${t("room.off_in", { room })} onClick=${() => ask(true)}>${t("room.off")}<//>`}
    ${asking && html`<${AllOff} room=${room} onClose=${() => ask(false)} />`}</header>`;
}

const WANTED = { property: "on", value: false, after: [], on_failure: "continue" };

/** A plan for the room's lights: what it would do, and then does. */
function AllOff({ room, onClose }) {
  const [plan, setPlan] = useState(null);
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);
  const title = t("room.off_in", { room });
  useEffect(() => {
    post("/plans", { title, steps: [{ ...WANTED, select: { capability: "light.on", room } }] }).then(setPlan, setError);
  }, []);
  const commit = async () => {
    setBusy(true);
    try { await post(`/plans/${segment(plan.id)}/commit`, { digest: plan.digest }); onClose(); } catch (problem) { setError(problem); setBusy(false); }
  };
  const changes = (plan?.steps ?? []).filter((step) => step.effects.some((effect) => effect.from !== effect.to));
  return html`<${Sheet} title=${title} onClose=${onClose}>
    ${!plan && !error && html`<${Loading} />`}<${Failed} error=${error} />
    ${plan && html`<p>${changes.length ? t("room.would", { count: changes.length }) : t("room.all_off")}</p>
      <ul>${changes.map((step) => html`<li key=${step.id}>${step.title}: ${shown(true, { capability: "light.on" })} → ${shown(false, { capability: "light.on" })}
        ${step.verdict !== "permit" && html` <small>${step.findings?.find((one) => one.verdict === step.verdict)?.why ?? t("ask.denied")}</small>`}
        ${step.obstacle && html` <small>${step.obstacle.detail}</small>`}</li>`)}</ul>
      <div class="buttons"><${Button} kind="primary" busy=${busy} disabled=${!plan.committable || !changes.length} onClick=${commit}>${t("room.off")}<//>
        <${Button} onClick=${onClose}>${t("ui.cancel")}<//></div>`}
  <//>`;
}
