// What this phone is to the gateway: a session in a cookie that scripts cannot read, and a key of its own that never leaves it.
// The key signs what a person answers; its public part went to the gateway when the phone was paired.

const STORE = "keys";
const KEY = "this phone";
const CONTEXT = "hearth approval answer 1\n";

const opened = () => new Promise((resolve, reject) => {
  const asked = indexedDB.open("hearth", 1);
  asked.onupgradeneeded = () => asked.result.createObjectStore(STORE);
  asked.onsuccess = () => resolve(asked.result);
  asked.onerror = () => reject(asked.error);
});

async function inStore(mode, act) {
  const database = await opened();
  try {
    const transaction = database.transaction(STORE, mode);
    const asked = act(transaction.objectStore(STORE));
    return await new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve(asked.result);
      transaction.onabort = transaction.onerror = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}

export const canSign = () => Boolean(globalThis.crypto?.subtle && globalThis.indexedDB);

/** A new key: what signs cannot be read by anybody, this page included. Kept once the gateway has taken its public part. */
export const newKey = () =>
  crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"]);

export async function publicPart(pair) {
  const { kty, crv, x, y } = await crypto.subtle.exportKey("jwk", pair.publicKey);
  return { kty, crv, x, y };
}

export const keepKey = (pair) => inStore("readwrite", (store) => store.put(pair, KEY));
export const keptKey = () => inStore("readonly", (store) => store.get(KEY));

/** Canonical JSON (RFC 8785): members sorted by UTF-16 code units, no spaces, numbers and texts as ECMAScript writes them. */
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const members = Object.keys(value).sort().map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`);
  return `{${members.join(",")}}`;
}

/** `body` with the time and this phone's signature of it; `about` is the id of what is answered. */
export async function signed(about, body) {
  const pair = await keptKey();
  if (!pair) throw new Error("This browser has no key that could sign: pair it with a code that is made at the box.");
  const answer = { ...body, at: new Date().toISOString() };
  const bytes = new TextEncoder().encode(CONTEXT + canonical({ ...answer, approval: about }));
  const raw = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, pair.privateKey, bytes);
  const text = btoa(String.fromCharCode(...new Uint8Array(raw)));
  return { ...answer, signature: text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "") };
}

/** The gateway's answer: `{status, body}`, `body` being null where there is none. */
export async function ask(path, body) {
  const options = body === undefined ? {} : {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  };
  const answer = await fetch(path, { ...options, cache: "no-store", credentials: "same-origin" });
  const text = await answer.text();
  return { status: answer.status, body: text ? JSON.parse(text) : null };
}

/** Whose phone this is; null where the gateway does not know it. */
export async function me() {
  const { status, body } = await ask("/whoami");
  return status === 200 ? body : null;
}

export function why(answer, say = (text) => text) {
  const { title, detail } = answer.body ?? {};
  return [title, detail].filter(Boolean).map((text) => say(text)).join(": ") || `The gateway answered ${answer.status}.`;
}

export const element = (id) => document.getElementById(id);
export const show = (id, visible = true) => { element(id).hidden = !visible; };
export const tell = (text) => { element("status").textContent = text; };

/** Runs what a page does, and says what went wrong where something does. */
export const run = (act) => act().catch((error) => tell(`That did not work: ${error.message}`));

/** A row of a list of facts. Whatever it says is text. */
export function fact(list, name, value) {
  const term = document.createElement("dt");
  const description = document.createElement("dd");
  term.textContent = name;
  description.textContent = value;
  list.append(term, description);
}
