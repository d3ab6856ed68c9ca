// The door without a network: what the page is made of is kept (KEPT, VERSION: put before this by the server) and
// answered from here first. Lists and reads are the page's own affair.
// A new version is kept beside the old one, and used from the first opening of the page with nothing left to send.
const CACHE = `door-${VERSION}`;

self.addEventListener("install", (event) => event.waitUntil(keep().then(() => self.skipWaiting())));
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  const { pathname, origin } = new URL(event.request.url);
  const isPage = pathname === "/door/scan";
  const isShell = origin === location.origin && (isPage || pathname === "/door/reader.js" || pathname.startsWith("/static/"));
  if (event.request.method === "GET" && isShell) event.respondWith(answer(event.request, isPage));
});

async function keep() {
  const cache = await caches.open(CACHE);
  await cache.addAll(KEPT.map((address) => new Request(address, { cache: "no-cache" })));
}

async function answer(request, isPage) {
  const cache = await caches.open(await versionInUse(isPage));
  return (await cache.match(request, { ignoreSearch: isPage, ignoreVary: true })) ?? fetch(request);
}

async function versionInUse(isPage) {
  const older = (await caches.keys()).filter((name) => name.startsWith("door-") && name !== CACHE);
  if (!older.length) return CACHE;
  if (!isPage || (await waiting())) return older[0];
  await Promise.all(older.map((name) => caches.delete(name)));
  return CACHE;
}

// How many reads wait to be sent.
function waiting() {
  return new Promise((resolve) => {
    const asked = indexedDB.open("door");
    asked.onupgradeneeded = () => asked.transaction.abort(); // the page makes it
    asked.onerror = () => resolve(0);
    asked.onsuccess = () => {
      const db = asked.result;
      const counted = db.transaction("queue").objectStore("queue").count();
      counted.onsuccess = () => {
        db.close();
        resolve(counted.result);
      };
    };
  });
}
