// A command, and what is known of it: a control never shows more than that.

import { useEffect, useState } from "../vendor/preact-htm.js";
import { get, request, segment } from "./api.js";

const FIRST_S = 2; // for the first answer: by then most have ended, and who waits for a person should read so
const LOOK_MS = 1_000; // between two looks at what takes longer
const LOOKS = 90; // a garage door takes a minute
const SHOWN_MS = 6_000; // how long the end of a command stands beside its control
const running = new Map(); // by "thing/name": {is, wanted, result, at}
const watchers = new Map();

const key = (thing, name) => `${thing}/${name}`;

function become(which, state) {
  if (state) running.set(which, state); else running.delete(which);
  for (const tell of [...(watchers.get(which) ?? [])]) tell((count) => count + 1);
}

/** What the last command to this affordance came to: null, or `{is, wanted, problem, reason}` with `is` one of "pending",
 * "confirmed" (seen), "acknowledged" (the device took it), "unconfirmed", "failed", "refused", "waits" (for a person; `approval`). */
export function useOutcome(thing, name) {
  const [, tell] = useState(0);
  const which = key(thing, name);
  useEffect(() => {
    if (!watchers.has(which)) watchers.set(which, new Set());
    watchers.get(which).add(tell);
    return () => watchers.get(which).delete(tell);
  }, [which]);
  return running.get(which) ?? null;
}

const ended = { confirmed: "confirmed", acknowledged: "acknowledged", unconfirmed: "unconfirmed", in_doubt: "unconfirmed", refused: "refused" };

/** Writes a property, or starts an action (`{action: true}`), and waits for what becomes of it; never throws. */
export async function command(thing, name, value, { action = false, purpose = "" } = {}) {
  const which = key(thing, name);
  const mine = { is: "pending", wanted: value, at: Date.now() };
  become(which, mine);
  const state = { ...mine, ...(await carried(thing, name, value, action, purpose)), at: Date.now() };
  if (running.get(which) !== mine) return state; // a newer one is under way
  become(which, state);
  if (state.is !== "waits") setTimeout(() => { if (running.get(which) === state) become(which, null); }, SHOWN_MS);
  return state;
}

/** What becomes of a command that takes longer. */
async function followed(execution) {
  for (let look = 0; look < LOOKS; look += 1) {
    await new Promise((done) => setTimeout(done, LOOK_MS));
    const is = await get(`/executions/${segment(execution)}`);
    if (is.waits_for && !is.outcome) return { is: "waits", execution };
    if (is.outcome) return { is: ended[is.outcome] ?? "failed", reason: is.reason ?? "", problem: is.error ?? (is.detail ? { detail: is.detail } : undefined), execution };
  }
  return { is: "unconfirmed", execution };
}

async function carried(thing, name, value, action, purpose) {
  const path = `/things/${segment(thing)}/${action ? "actions" : "properties"}/${segment(name)}`;
  // Not randomUUID: that is for secure contexts alone.
  const once = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const headers = { "Idempotency-Key": `"${once}"`, Prefer: `respond-async, wait=${FIRST_S}` };
  if (purpose) headers["Hearth-Purpose"] = encodeURIComponent(purpose);
  try {
    const { headers: said, data } = await request(action ? "POST" : "PUT", path, value === undefined ? undefined : value, headers);
    const execution = said.get("Hearth-Execution");
    if (said.get("Hearth-Waits-For")) return { is: "waits", execution };
    const outcome = said.get("Hearth-Outcome");
    if (!outcome && execution) return await followed(execution);
    return { is: ended[outcome] ?? "pending", reason: said.get("Hearth-Reason") ?? "", execution, output: data };
  } catch (problem) {
    if (problem.status === 504) return { is: "unconfirmed", problem };
    return { is: problem.status === 403 || problem.status === 409 ? "refused" : "failed", problem };
  }
}
