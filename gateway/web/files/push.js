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

/** In the language of the phone, as far as the app has it. */
async function words() {
  for (const language of [navigator.language.slice(0, 2), "en"]) {
    for (const part of ["later.json", "json"]) { // in the one or the other, as the first page needs it
      try {
        const path = `/app/${VERSION}/texts.${language}.${part}`;
        const answer = await caches.match(path) ?? await fetch(path);
        const found = answer.ok ? (await answer.json()).push : undefined;
        if (found) return found;
      } catch { /* away from the house, and not kept */ }
    }
  }
  return { look: "Look", something: "Something in the house has news for you." };
}

const line = (text, most) => (typeof text === "string" ? text.replace(/\s+/g, " ").slice(0, most) : "");

async function show(event) {
  let told = {};
  try { told = Object(event.data?.json()); } catch { /* not ours: something must be shown all the same, or the browser ends it */ }
  const { look, something } = await words();
  const title = line(told.title, 120);
  const tag = line(told.tag, 200) || "hearth";
  const urgent = told.urgent === true;
  const silent = told.silent === true && !urgent;
  await self.registration.showNotification(title || "Hearth", {
    body: line(told.text, 600) || (title ? "" : something),
    tag, silent, renotify: !silent, requireInteraction: urgent,
    timestamp: Number.isFinite(told.at) ? told.at : Date.now(),
    icon: "/app/icon-192.png", badge: "/app/icon-192.png",
    data: { ref: line(told.ref, 200) },
    actions: [{ action: "look", title: look }],
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
