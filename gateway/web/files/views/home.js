// The house by rooms: what is so, and what one does most, at a glance. `#/room/<name>` is one room alone.

import { named } from "../core/format.js";
import { byRoom, useThings } from "../core/store.js";
import { maybe, t } from "../core/texts.js";
import { Empty, html, Page, useEffect, useState } from "../core/ui.js";
import { manages } from "../core/me.js";
import { FirstHint } from "../parts/first_mark.js";
import { Hints } from "../parts/hints.js";
import { RoomHead } from "../parts/room.js";
import { Tile } from "../parts/tile.js";

const AT_ONCE = 8; // tiles of the first picture: as many as a phone shows
const MORE = 40; // further tiles in one go, while nothing else is to be done
const SEARCHED_FROM = 9; // Things: fewer are seen at once

/** How many tiles may be drawn: the first screen at once, the rest while the browser has nothing better to do. */
function useMost(count) {
  const [most, setMost] = useState(AT_ONCE);
  useEffect(() => {
    if (most >= count) return undefined;
    const later = window.requestIdleCallback ?? ((act) => setTimeout(act, 30));
    const cancel = window.cancelIdleCallback ?? clearTimeout;
    const turn = later(() => setMost(most + MORE), { timeout: 400 });
    return () => cancel(turn);
  }, [most, count]);
  return most;
}

const fits = (card, words) => {
  const text = `${card.title} ${card.room} ${maybe(`kind.${card.kind}`, named(card.kind))} ${(card.labels ?? []).join(" ")}`.toLocaleLowerCase();
  return words.every((word) => text.includes(word));
};

function Rooms({ cards, alone }) {
  const most = useMost(cards.length);
  let drawn = 0;
  return html`<div class=${`rooms ${alone ? "alone" : ""}`}>${byRoom(cards).map(([room, members]) => {
    const ids = members.map((card) => card.id);
    const shown = ids.slice(0, Math.max(0, most - drawn));
    drawn += ids.length;
    return shown.length > 0 && html`<section class="section room" key=${room} aria-label=${room || t("room.none")}>
      <${RoomHead} room=${room} ids=${ids} alone=${alone} />
      <div class="grid tiles">${shown.map((id) => html`<${Tile} key=${id} id=${id} />`)}</div></section>`;
  })}</div>`;
}

export default function Home({ params }) {
  const all = useThings();
  const [searched, search] = useState("");
  const [room] = params;
  const here = room === undefined ? all : all.filter((card) => card.room === room);
  const words = searched.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  const cards = words.length ? here.filter((card) => fits(card, words)) : here;
  return html`<${Page} title=${room ?? t("nav.home")} back=${room === undefined ? "" : "#/"}>
    ${room === undefined && html`<${FirstHint} /><${Hints} />`}
    ${here.length >= SEARCHED_FROM && html`<input type="search" class="search" aria-label=${t("home.search")} placeholder=${t("home.search")} value=${searched}
      onInput=${(event) => search(event.target.value)} />`}
    ${words.length > 0 && html`<p role="status" class="soft">${t("home.found", { count: cards.length })}</p>`}
    ${all.length === 0 && html`<${Empty}>${t("home.empty")} ${manages() && html`<a href="#/inbox">${t("home.inbox")}</a>`}<//>`}
    ${all.length > 0 && here.length === 0 && html`<${Empty}>${t("home.empty_room")}<//>`}
    <${Rooms} cards=${cards} alone=${room !== undefined} />
  <//>`;
}
