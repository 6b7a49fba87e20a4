// What somebody can do now, in words, by room.

import { segment } from "../core/api.js";
import { useData } from "../core/data.js";
import { named } from "../core/format.js";
import { link } from "../core/route.js";
import { thing } from "../core/store.js";
import { maybe, t } from "../core/texts.js";
import { Badge, Empty, html, Loaded } from "../core/ui.js";
import { listed } from "./rule_words.js";

const byRoom = (found) => [...groups(found)];
function groups(found) {
  const rooms = new Map();
  for (const one of found) rooms.set(one.room, [...(rooms.get(one.room) ?? []), one]);
  return rooms;
}

function nameOf(use, card) {
  const own = (use.action ? card?.actions : card?.properties)?.[use.name];
  return maybe(`prop.${use.capability}`, own ? named(use.name, own) : use.name.replaceAll("_", " "));
}

const wordsOf = (uses, card) => listed([...new Set(uses.map((use) => nameOf(use, card)))]);

function Line({ one }) {
  const card = thing(one.id);
  const free = one.uses.filter((use) => use.verdict === "permit");
  const asks = one.uses.filter((use) => use.verdict === "needs-approval");
  return html`<li class="item"><a href=${link("thing", one.id)}>${one.title}</a>
    ${free.length > 0 && html`<span>${t("may.uses", { what: wordsOf(free, card) })}</span>`}
    ${asks.length > 0 && html`<span><${Badge} tone="warn">${t("may.asks")}<//> ${wordsOf(asks, card)}</span>`}
    ${!one.uses.length && html`<small>${t(one.sees.length ? "may.sees" : "may.nothing")}</small>`}</li>`;
}

/** `things` of `/policies/explain`. What only can be read stands in one line a room. */
export function May({ things }) {
  const seen = things.filter((one) => one.uses.length || one.sees.length);
  if (!seen.length) return html`<${Empty}>${t("may.none")}<//>`;
  return byRoom(seen).map(([room, members]) => {
    const used = members.filter((one) => one.uses.length);
    const read = members.filter((one) => !one.uses.length);
    return html`<details class="fold" key=${room}><summary><span>${room || t("may.no_room")}</span>
        <small>${[used.length > 0 && t("may.count", { count: used.length }), read.length > 0 && t("may.count_read", { count: read.length })].filter(Boolean).join(", ")}</small></summary>
      <ul class="list plain">${used.map((one) => html`<${Line} key=${one.id} one=${one} />`)}
        ${read.length > 0 && html`<li class="item"><small>${t("may.reads", { what: listed(read.map((one) => one.title)) })}</small></li>`}</ul></details>`;
  });
}

/** What `principal` can do now. */
export function MayNow({ principal }) {
  const explained = useData(`/policies/explain?principal=${segment(principal)}`, ["rules", "thing", "house"]);
  return html`<${Loaded} from=${explained}>${(data) => html`<${May} things=${data.things} />`}<//>`;
}

/** What would be handed on: `effective` of a dry run, whose uses are sentences of the gateway. */
export function MayThen({ effective }) {
  if (!effective.things.length) return html`<p class="warn">${t("may.would_none")}</p>`;
  const used = effective.things.filter((one) => one.uses.length);
  return html`<details class="fold"><summary><span>${used.length ? t("may.would", { count: used.length }) : t("may.would_look")}</span><small>${effective.things.length > used.length ? t("may.would_read", { count: effective.things.length - used.length }) : ""}</small></summary>
    <ul class="list plain">${effective.things.map((one) => html`<li class="item" key=${one.id}><strong>${one.title}</strong> <small>${one.room}</small>
      ${one.uses.length > 0 && html`<small>${one.uses.join("; ")}</small>`}</li>`)}
      ${effective.more > 0 && html`<li class="item"><small>${t("may.and_more", { count: effective.more })}</small></li>`}</ul></details>`;
}
