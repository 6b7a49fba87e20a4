// Keeps the app itself (its pages and scripts, never the house's data), so that it opens without the gateway and says since when.

const VERSION = "{{version}}";
const FILES = {{files}};
const CACHE = `hearth ${VERSION}`;

importScripts(`/app/${VERSION}/told.js`, `/app/${VERSION}/push.js`);

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(["/", "/manifest.webmanifest", "/app/icon.svg",
    ...FILES.map((name) => `/app/${VERSION}/${name}`)])).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(caches.keys().then((names) => Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name))))
    .then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { pathname, origin } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  if (request.mode === "navigate" && pathname === "/") {
    event.respondWith(fetch(request).catch(() => caches.match("/")));
  } else if (pathname.startsWith("/app/") || pathname === "/manifest.webmanifest") {
    event.respondWith(caches.match(request).then((kept) => kept ?? fetch(request)));
  }
});
