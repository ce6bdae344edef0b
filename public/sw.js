// The service worker. The files of a version come from a cache of their own; pages come from the server, and where that cannot be reached, from
// the copies that `keep.js` made on this device. Nothing else is answered here: not what is asked for by scripts, not the administrators' pages.
// The server writes VERSION and PKG above this text.
const SHELL = `liao-shell-${VERSION}`;
const PAGES = "liao-pages";
/** What a copy needs. */
const STYLE = `${PKG}/liao.css`;
const FILES = ["/offline.js", "/outbox.js", "/favicon.svg"];
/** Pages that may be shown without a connection. */
const SHOWN = /^\/($|chat\/|chats($|\/)|search$|offline$)/;
/** Answers of a proxy whose server is gone. */
const GONE = [502, 503, 504];
const KEPT_MS = 7 * 86400000;
/** While the program is being worked on, the files have no version in their path. */
const fixed = PKG !== "/pkg";

self.addEventListener("install", (event) => {
  const filled = caches.open(SHELL).then((cache) => cache.addAll([STYLE, ...FILES]));
  event.waitUntil(filled.then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(begin());
});

const begin = async () => {
  const others = (await caches.keys()).filter((name) => name.startsWith("liao-shell-") && name !== SHELL);
  // Pages of the version before may still be open.
  await Promise.all(others.slice(0, -1).map((name) => caches.delete(name)));
  await self.registration.navigationPreload?.enable();
  await self.clients.claim();
  for (const page of await self.clients.matchAll()) page.postMessage({ type: "version", pkg: PKG });
};

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  if (request.mode === "navigate") {
    if (pathname === "/login") event.respondWith(login(event));
    else if (SHOWN.test(pathname)) event.respondWith(page(event, pathname));
  } else if (pathname.startsWith("/pkg/") && fixed) event.respondWith(packaged(event, pathname));
  else if (FILES.includes(pathname)) event.respondWith(newest(request));
});

const asked = async (event) => (await event.preloadResponse) ?? fetch(event.request);

/** The sign-in page is for who is not signed in: whoever was is gone, and what was kept for them goes, too. */
const login = async (event) => {
  const answer = await asked(event);
  if (answer.ok) await caches.delete(PAGES);
  return answer;
};

const page = async (event, pathname) => {
  try {
    const answer = pathname === "/offline" ? undefined : await asked(event);
    if (answer && !GONE.includes(answer.status)) return answer;
    return (await kept(pathname)) ?? answer ?? fetch(event.request);
  } catch (lost) {
    const copy = await kept(pathname);
    if (!copy) throw lost;
    return copy;
  }
};

/** The copy of a page, or the list of those that there are. */
const kept = async (pathname) => {
  const pages = await caches.open(PAGES);
  const copy = await pages.match(pathname);
  if (copy && Date.now() - Number(copy.headers.get("X-Kept")) < KEPT_MS) return copy;
  if (copy) await pages.delete(pathname);
  return pathname === "/offline" ? undefined : kept("/offline");
};

/** A file of a version never changes. A copy that was made by another version is shown in this one's style. */
const packaged = async (event, pathname) => {
  const here = await caches.match(event.request, { ignoreVary: true });
  if (here) return here;
  try {
    const answer = await fetch(event.request);
    if (answer.ok && pathname.startsWith(`${PKG}/`)) {
      const copy = answer.clone();
      event.waitUntil(caches.open(SHELL).then((cache) => cache.put(event.request, copy)));
    }
    return answer;
  } catch (lost) {
    const style = pathname.endsWith(".css") && (await caches.match(STYLE, { ignoreVary: true }));
    if (!style) throw lost;
    return style;
  }
};

/** The server's, else what was kept of it. */
const newest = async (request) => {
  try {
    return await fetch(request);
  } catch (lost) {
    const copy = await caches.match(request, { ignoreVary: true });
    if (!copy) throw lost;
    return copy;
  }
};

// An answer has ended while no page was open. A page that is seen says it itself.
self.addEventListener("push", (event) => {
  event.waitUntil(tell(event.data?.json() ?? {}));
});

const tell = async ({ path, title, body, tag }) => {
  const pages = await self.clients.matchAll({ type: "window" });
  if (path && !pages.some((page) => page.visibilityState === "visible")) {
    await self.registration.showNotification(title, { body, tag, icon: "/icon-192.png", data: { path } });
  }
};

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(show(event.notification.data?.path ?? "/"));
});

const show = async (path) => {
  const pages = await self.clients.matchAll({ type: "window" });
  const open = pages.find((page) => new URL(page.url).pathname === path) ?? pages[0];
  if (!open) return self.clients.openWindow(path);
  await open.focus();
  if (new URL(open.url).pathname !== path) open.postMessage({ type: "go", path });
};
