// What this person was told: the last of it when the app opens, then each as it comes. The newest of each matter is enough.

import { useEffect, useState } from "../vendor/preact-htm.js";
import { get, post } from "./api.js";

const MOST = 400; // as many as the gateway remembers

/** `open`: the newest first, as `/notices` has them, without those that are over; `unread` of them. `error`: why the last request
 * gave nothing. */
export const notices = { open: [], unread: 0, loaded: false, error: null };

const watchers = new Set();
let timer = 0;

/** The same, and the component is drawn again when it changes. */
export function useNotices() {
  const [, tell] = useState(0);
  useEffect(() => {
    watchers.add(tell);
    return () => watchers.delete(tell);
  }, []);
  return notices;
}

function put(open) {
  const now = Date.now();
  notices.open = open.filter((one) => !(one.until && Date.parse(one.until) < now)).slice(0, MOST);
  notices.unread = notices.open.filter((one) => !one.read).length;
  clearTimeout(timer);
  const next = Math.min(...notices.open.filter((one) => one.until).map((one) => Date.parse(one.until) - now));
  if (Number.isFinite(next)) timer = setTimeout(() => put(notices.open), Math.min(next + 50, 3_600_000));
  for (const tell of [...watchers]) tell((count) => count + 1);
}

export async function load() {
  try {
    const { notices: found } = await get(`/notices?limit=${MOST}`);
    Object.assign(notices, { loaded: true, error: null });
    put(found.filter((one) => !one.over));
  } catch (error) {
    notices.error = error;
    put(notices.open);
  }
}

function heard(event) {
  const rest = notices.open.filter((one) => one.notice !== event.notice && !(event.tag && one.tag === event.tag));
  const { notice, kind, title, text, words, urgency, ref, tag, execution, plan, at } = event;
  const named = { thing: event.thing || null, name: event.name || null };
  put([{ notice, kind, title, text, words, urgency, ref, tag, execution, plan, at, ...named, over: false, read: false }, ...rest]);
}

let begun = false;

/** `on(kind, hear)` is the live stream's. Loads what there is, and again whenever something may have been missed. */
export function start(on) {
  if (!begun) {
    on("notice", heard);
    on("fresh", load);
  }
  begun = true;
  return load();
}

/** These were read, on every phone of this person. */
export async function markRead(ids) {
  const read = new Set(ids);
  if (!notices.open.some((one) => read.has(one.notice) && !one.read)) return;
  put(notices.open.map((one) => (read.has(one.notice) ? { ...one, read: true } : one)));
  await post("/notices/read", { notices: [...read].slice(0, MOST) });
}

export async function markAllRead() {
  put(notices.open.map((one) => ({ ...one, read: true })));
  await post("/notices/read", { all: true });
}
