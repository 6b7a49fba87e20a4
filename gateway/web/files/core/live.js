// One stream of events for the whole app, which survives sleep, other networks and the gateway's restarts.
//
// It is read by fetch, not by EventSource: that hides the heartbeats by which a dead connection is told from a quiet house.

import { useEffect } from "../vendor/preact-htm.js";
import { onReach } from "./api.js";

const KINDS = "property,event,action,thing,approval,plan,message,obligation,notice,rules,house,discovery";
const SILENT_MS = 25_000; // the gateway says something every 15 s
const AGAIN_MS = [500, 1_000, 2_000, 4_000, 8_000, 15_000];

const hearers = new Map();
let last = "";
let attempt = 0;
let abort = null;
let heard = 0;
let timer = 0;

/** "connecting", "live", or "offline"; `since` is when it stopped to be live (ms), and `revoked` that this phone was let go. */
export const state = { is: "connecting", since: Date.now(), revoked: false };

/** Calls `hear(event)` for events of this kind: that of the gateway, or "state", "fresh" (anything may have changed). */
export function on(kind, hear) {
  if (!hearers.has(kind)) hearers.set(kind, new Set());
  hearers.get(kind).add(hear);
  return () => hearers.get(kind).delete(hear);
}

const emit = (kind, event) => { for (const hear of [...(hearers.get(kind) ?? [])]) hear(event); };

export function useLive(kinds, hear) {
  useEffect(() => {
    const ends = kinds.map((kind) => on(kind, hear));
    return () => { for (const end of ends) end(); };
  });
}

function become(is) {
  if (state.is === is) return;
  if (state.is === "live") state.since = heard;
  state.is = is;
  emit("state", state);
}

export function start() {
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && (state.is !== "live" || Date.now() - heard > SILENT_MS)) again(0);
  });
  addEventListener("online", () => again(0));
  addEventListener("offline", () => become("offline"));
  onReach((reached) => { if (reached && state.is === "offline") again(0); });
  setInterval(() => { if (state.is === "live" && Date.now() - heard > SILENT_MS) again(0); }, 5_000);
  again(0);
}

export function stop() {
  state.revoked = true;
  clearTimeout(timer);
  abort?.abort();
}

function again(after) {
  clearTimeout(timer);
  const before = abort;
  abort = null; // so that the one that ends does not begin another
  before?.abort();
  if (!state.revoked) timer = setTimeout(listen, after);
}

async function listen() {
  const mine = abort = new AbortController();
  const giveUp = setTimeout(() => mine.abort(), 10_000);
  try {
    const headers = last ? { "Last-Event-ID": last } : {};
    const answer = await fetch(`/events?types=${KINDS}`, { headers, signal: mine.signal, cache: "no-store", credentials: "same-origin" });
    clearTimeout(giveUp);
    if (answer.status === 401) return revoked();
    if (!answer.ok) throw new Error(String(answer.status));
    heard = Date.now();
    attempt = 0;
    const before = state.is;
    become("live");
    if (!last || before === "offline") emit("fresh");
    await read(answer.body.getReader());
  } catch { /* what it was is told by the state */ } finally { clearTimeout(giveUp); }
  if (mine !== abort || state.revoked) return;
  if (attempt > 0 || !navigator.onLine) become("offline"); else if (state.is === "live") become("connecting");
  timer = setTimeout(listen, AGAIN_MS[Math.min(attempt, AGAIN_MS.length - 1)]);
  attempt += 1;
}

function revoked() {
  state.revoked = true;
  emit("revoked");
}

async function read(reader) {
  const decoder = new TextDecoder();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    heard = Date.now();
    const blocks = (rest + decoder.decode(value, { stream: true })).split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) take(block);
  }
}

function take(block) {
  const event = { kind: "message", data: "" };
  for (const line of block.split("\n")) {
    if (line.startsWith("event: ")) event.kind = line.slice(7);
    else if (line.startsWith("id: ")) last = line.slice(4);
    else if (line.startsWith("data: ")) event.data += line.slice(6);
  }
  if (!event.data) return;
  if (event.kind === "missed") return emit("fresh");
  if (event.kind === "revoked") return revoked();
  const data = JSON.parse(event.data);
  emit(event.kind.startsWith("thing_") ? "thing" : event.kind, data);
}
