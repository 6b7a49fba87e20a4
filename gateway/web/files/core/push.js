// Whether this phone is called while the app is closed (Web Push), and if it cannot be, why not and what to do.

import { get, post, put, remove } from "./api.js";

const isApple = /iPhone|iPad|iPod/.test(navigator.userAgent) || (navigator.platform === "MacIntel" && navigator.maxTouchPoints > 1);
const isInstalled = () => matchMedia("(display-mode: standalone)").matches || navigator.standalone === true;

/** "" where this browser can be called; else why not: the last part of a text's key, `push.why.…`. */
export function supported() {
  if (!isSecureContext) return "insecure";
  if (!("serviceWorker" in navigator)) return "browser";
  if ("PushManager" in window && "Notification" in window) return "";
  return isApple && !isInstalled() ? "home_screen" : "browser";
}

const worker = async () => (await navigator.serviceWorker.getRegistration("/"))?.pushManager;
const same = (a, b) => a.length === b.length && a.every((byte, place) => byte === b[place]);
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));

/** `{is, why, text, mine}`: `is` "on", "off", or "impossible" with `why` (as of `supported`, or "denied", "no_worker", "house" with
 * the gateway's own `text`); `mine` are the person's browsers as `/push` has them. Throws what the API throws. */
export async function state() {
  const why = supported();
  const { subscriptions: mine, problem, key } = await get("/push");
  if (why) return { is: "impossible", why, mine };
  if (problem) return { is: "impossible", why: "house", text: problem, mine };
  if (Notification.permission === "denied") return { is: "impossible", why: "denied", mine };
  const manager = await worker();
  if (!manager) return { is: "impossible", why: "no_worker", mine };
  const own = await manager.getSubscription();
  const fits = own && same(new Uint8Array(own.options.applicationServerKey ?? []), bytes(key));
  return { is: fits && mine.some((one) => one.this) ? "on" : "off", why: "", mine };
}

/** Asks the person, the browser and the gateway, in this order; to be called from a tap. Gives the new `state`, and throws an
 * `Error` whose `why` is as there, or what the API throws. */
export async function subscribe() {
  const why = supported();
  if (why) throw cannot(why);
  if (await Notification.requestPermission() !== "granted") throw cannot("denied");
  const manager = await worker();
  if (!manager) throw cannot("no_worker");
  const { key, problem } = await get("/push");
  if (problem) throw Object.assign(new Error(problem), { why: "house" });
  await tell(manager, key);
  return state();
}

async function tell(manager, key) {
  const before = await manager.getSubscription();
  if (before && !same(new Uint8Array(before.options.applicationServerKey ?? []), bytes(key))) await before.unsubscribe();
  let made;
  try {
    made = await manager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  } catch {
    throw cannot(Notification.permission === "denied" ? "denied" : "service");
  }
  await post("/push/subscriptions", made.toJSON());
}

/** Of this browser, at the gateway first: then nothing is sent any more, whatever the browser says. */
export async function unsubscribe() {
  const { subscriptions } = await get("/push");
  for (const one of subscriptions.filter((row) => row.this)) await remove(`/push/subscriptions/${one.id}`);
  await (await (await worker())?.getSubscription())?.unsubscribe();
  return state();
}

/** To be called when the app opens: browsers change their subscription, and gateways are restored from a backup, without a word.
 * Never throws, never asks the person. */
export async function keepUp() {
  try {
    if (supported() || Notification.permission !== "granted") return;
    const manager = await worker();
    if (!(await manager?.getSubscription())) return; // it was turned off, or never on
    const { key, problem, subscriptions } = await get("/push");
    const own = await manager.getSubscription();
    const fits = same(new Uint8Array(own.options.applicationServerKey ?? []), bytes(key));
    if (!problem && !(fits && subscriptions.some((one) => one.this))) await tell(manager, key);
    await navigator.clearAppBadge?.();
  } catch { /* the next time */ }
}

/** What this person wants to be called for: `{kinds, urgency, quiet: {from, to} | null, hidden}`. */
export const preferences = () => get("/push/preferences");
export const prefer = (wanted) => put("/push/preferences", wanted);

const cannot = (why) => Object.assign(new Error(why), { why });
