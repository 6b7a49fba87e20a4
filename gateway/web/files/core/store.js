// The Things, as the gateway last told of them: cards (`/things?view=cards`), and each change as it comes. Whoever shows one is
// told of that one, at most once in each frame of the screen.

import { useEffect, useState } from "../vendor/preact-htm.js";
import { get, pages, segment } from "./api.js";
import { on, state } from "./live.js";
import { kept, keep } from "./offline.js";

const cards = new Map();
const watchers = new Map(); // by id; "" for the list
const dirty = new Set();
let frame = 0;
let asked = new Set();
let asking = 0;
let meanwhile = null; // what was told while all of it was asked for: it may be newer than the answer

/** `at`: when all of it was last asked for; `kept`: it is what this phone remembers, not what the gateway said; `error`. */
export const things = { at: 0, kept: false, error: null, loaded: false };

const turns = new Map(); // by id: how often it was marked
let loads = 0;

function mark(id) {
  turns.set(id, (turns.get(id) ?? 0) + 1);
  dirty.add(id);
  if (frame) return;
  frame = document.hidden ? setTimeout(flush, 50) : requestAnimationFrame(flush);
}

function flush() {
  frame = 0;
  const changed = [...dirty];
  dirty.clear();
  for (const id of changed) for (const tell of [...(watchers.get(id) ?? [])]) tell((count) => count + 1);
}

function useWatch(id) {
  const [, tell] = useState(0);
  const seen = `${loads} ${turns.get(id)}`;
  useEffect(() => {
    if (!watchers.has(id)) watchers.set(id, new Set());
    watchers.get(id).add(tell);
    if (seen !== `${loads} ${turns.get(id)}`) tell((count) => count + 1); // it changed before anybody watched
    return () => watchers.get(id).delete(tell);
  }, [id]);
}

export const thing = (id) => cards.get(id);
export const allThings = () => [...cards.values()];

/** One card, or undefined. The component is drawn again when it changes. */
export function useThing(id) {
  useWatch(id);
  return cards.get(id);
}

/** All cards. The component is drawn again when Things come, go, or are called otherwise; not when a value changes. */
export function useThings() {
  useWatch("");
  return allThings();
}

export async function load() {
  meanwhile = meanwhile ?? [];
  try {
    const found = await pages("/things?view=cards");
    cards.clear();
    loads += 1;
    for (const card of found) cards.set(card.id, card);
    Object.assign(things, { at: Date.now(), kept: false, error: null, loaded: true });
    const told = meanwhile ?? [];
    meanwhile = null;
    for (const event of told) if (!isOlder(event)) changed(event);
    for (const id of watchers.keys()) mark(id);
    keep("things", { at: things.at, cards: found });
  } catch (error) {
    meanwhile = null;
    things.error = error;
    if (!things.loaded) await remember();
    mark("");
  }
}

async function remember() {
  const before = await kept("things");
  if (!before) return;
  for (const card of before.cards) cards.set(card.id, card);
  loads += 1;
  Object.assign(things, { at: before.at, kept: true, loaded: true });
  for (const id of watchers.keys()) mark(id);
}

const isOlder = (event) => Date.parse(event.at) / 1000 < (cards.get(event.thing)?.properties[event.name]?.at ?? 0) - 0.002;

function changed(event) {
  meanwhile?.push(event);
  const card = cards.get(event.thing);
  const property = card?.properties[event.name];
  if (!property) return;
  const fresh = { ...property, value: event.value, quality: event.quality, at: Date.parse(event.at) / 1000 };
  for (const name of ["unusual", "reason"]) fresh[name] = event[name]; // what is not told is over
  cards.set(card.id, { ...card, properties: { ...card.properties, [event.name]: fresh } });
  mark(card.id);
}

function otherwise(event) {
  asked.add(event.thing);
  clearTimeout(asking);
  asking = setTimeout(fetchAsked, 120);
}

async function fetchAsked() {
  const ids = asked;
  asked = new Set();
  if (ids.size > 6) return load();
  for (const id of ids) {
    try {
      cards.set(id, await get(`/things/${segment(id)}?view=cards`));
    } catch (error) {
      if (error.status === 404) cards.delete(id);
    }
    mark(id);
    mark("");
  }
}

/** Rooms with their Things, both by name; Things of no room come last, under "". */
const order = new Intl.Collator(undefined, { numeric: true }).compare; // "Room 2" stands before "Room 10"

export function byRoom(cards_) {
  const rooms = new Map();
  for (const card of cards_) {
    if (!rooms.has(card.room)) rooms.set(card.room, []);
    rooms.get(card.room).push(card);
  }
  const sorted = [...rooms].sort(([a], [b]) => (a === "") - (b === "") || order(a, b));
  for (const [, members] of sorted) members.sort((a, b) => order(a.title, b.title));
  return sorted;
}

function start() {
  on("property", changed);
  on("thing", otherwise);
  on("rules", () => load());
  on("fresh", () => { if (things.loaded) load(); });
  on("state", () => mark(""));
  addEventListener("pagehide", () => { if (things.loaded && !things.kept) keep("things", { at: Date.now(), cards: allThings() }); });
}

/** Once the Things are known, or remembered. The stream is open before they are asked for, so that nothing is told in between;
 * where it does not open soon they are asked for without it. */
export function begin() {
  return new Promise((resolve) => {
    const first = async () => { end(); clearTimeout(late); await load(); resolve(); };
    const end = on("fresh", first);
    const late = setTimeout(first, 1_500);
    start();
  });
}

/** Whether what is shown can be acted on now. */
export const isLive = () => state.is !== "offline" && !things.kept;
