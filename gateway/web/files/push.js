// What the service worker does with notices that reach it while the app is closed. A notification says that something is so and
// leads to the page about it; nothing is answered in it, for a lock screen is nobody's own.

const LEADS = [
  [/^\/approvals\/([\w.~:-]+)$/, "/#/approvals/"],
  [/^\/plans\/([\w.~:-]+)$/, "/#/plans/"],
  [/^\/things\/([\w.~:-]+)$/, "/#/thing/"],
  [/^\/agents(?:\/|$)()/, "/#/people"],
];
const MOST_SHOWN = 20; // the system's list is not the app's: older ones are found there

/** The page about what a notice names. A word of the gateway's, but it came over others' computers: it leads into the app alone. */
function leadsTo(ref) {
  for (const [form, page] of LEADS) {
    const found = form.exec(typeof ref === "string" ? ref : "");
    if (found) return page + (found[1] ? encodeURIComponent(found[1]) : "");
  }
  return "/#/notices";
}

const SPARE = { push: { look: "Look", something: "Something in the house has news for you." } };

/** `{t, maybe}` as the app has them, in the language of the phone as far as the app knows it. */
async function texts() {
  for (const language of [navigator.language.slice(0, 2), "en"]) {
    const found = {};
    for (const part of ["json", "later.json"]) {
      try {
        const path = `/app/${VERSION}/texts.${language}.${part}`;
        const answer = await caches.match(path) ?? await fetch(path);
        if (answer.ok) Object.assign(found, await answer.json());
      } catch { /* away from the house, and not kept */ }
    }
    if (found.push) return reader(found, language);
  }
  return reader(SPARE, "en");
}

function reader(book, language) {
  const own = (part, name) => (part !== null && typeof part === "object" && Object.hasOwn(part, name) ? part[name] : undefined);
  const find = (key) => key.split(".").reduce(own, book);
  const plural = new Intl.PluralRules(language);
  const t = (key, members = {}) => {
    const found = find(key) ?? key;
    const text = typeof found === "object" ? found[plural.select(members.count ?? 0)] ?? found.other : found;
    return String(text).replace(/\{(\w+)\}/g, (whole, name) => (name in members ? String(members[name]) : whole));
  };
  return { t, maybe: (key, otherwise = "") => (typeof find(key) === "string" ? find(key) : otherwise) };
}

/** Title and text. What is hidden is told without either. */
function sentences(told, t, maybe) {
  if (told.hidden === true) return { title: "Hearth", text: maybe(`told.hidden.${told.urgent ? "urgent" : "news"}`) };
  try {
    return self.toldIn(told, t, maybe);
  } catch { /* parts that are none */
    return told;
  }
}

const line = (text, most) => (typeof text === "string" ? text.replace(/\s+/g, " ").slice(0, most) : "");

async function show(event) {
  let told = {};
  try { told = Object(event.data?.json()); } catch { /* not ours: something must be shown all the same, or the browser ends it */ }
  const { t, maybe } = await texts();
  const said = sentences(told, t, maybe);
  const title = line(said.title, 120);
  const tag = line(told.tag, 200) || "hearth";
  const urgent = told.urgent === true;
  const silent = told.silent === true && !urgent;
  await self.registration.showNotification(title || "Hearth", {
    body: line(said.text, 600) || (title ? "" : t("push.something")),
    tag, silent, renotify: !silent, requireInteraction: urgent,
    timestamp: Number.isFinite(told.at) ? told.at : Date.now(),
    icon: "/app/icon-192.png", badge: "/app/icon-192.png",
    data: { ref: line(told.ref, 200) },
    actions: [{ action: "look", title: t("push.look") }],
  });
  const shown = await self.registration.getNotifications();
  for (const old of shown.sort((a, b) => a.timestamp - b.timestamp).slice(0, -MOST_SHOWN)) old.close();
  await self.navigator.setAppBadge?.(Math.min(shown.length, MOST_SHOWN)).catch(() => undefined);
}

async function open(notification) {
  notification.close();
  await self.navigator.clearAppBadge?.().catch(() => undefined);
  const url = leadsTo(notification.data?.ref);
  const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  for (const client of windows) {
    try {
      await client.focus();
      await client.navigate(url);
      return;
    } catch { /* a window that may not be led, or is going: another one */ }
  }
  await self.clients.openWindow(url);
}

/** The browser has given up the old subscription. What it was made with is asked for anew: that may have changed, too. */
async function subscribeAnew() {
  const answer = await fetch("/push", { credentials: "same-origin", cache: "no-store" });
  if (!answer.ok) return;
  const { key } = await answer.json();
  const made = await self.registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  await fetch("/push/subscriptions", {
    method: "POST", credentials: "same-origin", headers: { "Content-Type": "application/json" }, body: JSON.stringify(made),
  });
}

self.addEventListener("push", (event) => event.waitUntil(show(event)));
self.addEventListener("notificationclick", (event) => event.waitUntil(open(event.notification)));
self.addEventListener("pushsubscriptionchange", (event) => event.waitUntil(subscribeAnew()));
