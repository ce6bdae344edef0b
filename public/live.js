// What a page does beside its conversation: it tells of answers that end elsewhere, keeps chats for reading without a connection, sends what was
// written without one, says when a new version is here. It loads when the page is there (`desk.js`); the words come from the server.
import * as outbox from "/outbox.js";
import { keepChat, lookAfter, wipe } from "/keep.js";

const { user, tell, words } = JSON.parse(document.querySelector("script[data-live]")?.dataset.live ?? "{}");
const chatOf = (path) => path.match(/^\/chat\/([0-9a-f-]{36})$/)?.[1];
const chat = () => chatOf(location.pathname);
const seen = () => chat() ?? document.querySelector(".compare")?.dataset.chat;
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const element = (name, fields) => Object.assign(document.createElement(name), fields);

/** Goes to a page of ours, by a link of the page if there is one: the page then stays. */
const go = (path) => {
  const link = document.querySelector(`.chat-row > a[href="${CSS.escape(path)}"]`);
  if (link) link.click();
  else location.assign(path);
};

// Words at the edge of the page.
const stack = document.querySelector(".toasts.live") ?? document.body.appendChild(element("div", { className: "toasts live" }));
stack.setAttribute("role", "status");
const STAY = 10000;
const say = (text, label, act, stay = STAY) => {
  const toast = element("div", { className: "toast" });
  const done = element("button", { type: "button", className: "link", textContent: label });
  const close = element("button", { type: "button", className: "link", textContent: words.close });
  done.addEventListener("click", () => {
    toast.remove();
    act();
  });
  close.addEventListener("click", () => toast.remove());
  toast.append(element("span", { textContent: text }), done, close);
  stack.append(toast);
  if (stay) setTimeout(() => toast.remove(), stay);
};
/** The same with a link, which can be opened in another window. */
const sayOf = (text, path) => {
  const toast = element("div", { className: "toast" });
  const link = element("a", { href: path, className: "link", textContent: words.open });
  link.addEventListener("click", (event) => {
    toast.remove();
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    go(path);
  });
  const close = element("button", { type: "button", className: "link", textContent: words.close });
  close.addEventListener("click", () => toast.remove());
  toast.append(element("span", { textContent: text }), link, close);
  stack.append(toast);
  setTimeout(() => toast.remove(), STAY);
};

// Answers that end in another conversation. The list is asked for when the server tells; what it then marks, nobody has looked at.
const windows = new BroadcastChannel("liao.live");
const toldElsewhere = new Map();
windows.onmessage = ({ data }) => toldElsewhere.set(data.told, Date.now());
const LISTED = 800;
const OTHERS = 500;
const announce = async (id) => {
  await pause(LISTED);
  const row = document.querySelector(`.chat-row:has(> a[href="/chat/${id}"])`);
  if (!row?.querySelector(".unread") || (id === seen() && !document.hidden)) return;
  const title = row.querySelector(".chat-title")?.textContent || words.untitled;
  if (!document.hidden) {
    windows.postMessage({ told: id });
    return sayOf(`${title}: ${words.ready}`, `/chat/${id}`);
  }
  // A window that is seen says it; of those that are not, the device shows one.
  await pause(OTHERS);
  if (Date.now() - (toldElsewhere.get(id) ?? 0) > 2 * LISTED && canNotify() && Notification.permission === "granted") await notify(title, id);
};
const notify = async (title, id) => {
  const options = { body: words.ready, tag: id, icon: "/icon-192.png", lang: document.documentElement.lang, data: { path: `/chat/${id}` } };
  const worker = await navigator.serviceWorker?.getRegistration();
  if (worker?.active) return worker.showNotification(title, options);
  const shown = new Notification(title, options);
  shown.onclick = () => {
    window.focus();
    shown.close();
    go(options.data.path);
  };
};

// Whether this device may show notifications: asked for only when somebody presses the button for it.
const canNotify = () => "Notification" in window && isSecureContext;
const permission = () => {
  const place = document.querySelector("[data-notify]");
  const state = canNotify() ? Notification.permission : "unsupported";
  if (!place || place.dataset.notify === state) return;
  place.dataset.notify = state;
  if (state !== "default") {
    const said = { granted: words.allowed, denied: words.denied, unsupported: words.unsupported }[state];
    return place.replaceChildren(element("p", { className: "hint", textContent: said }));
  }
  const button = element("button", { type: "button", className: "button quiet small", textContent: words.allow });
  button.addEventListener("click", async () => {
    // A device that cannot be subscribed still shows what its page tells it.
    if ((await Notification.requestPermission()) === "granted") subscribe(true).catch(() => {});
    permission();
    document.querySelector("[data-notify]")?.setAttribute("tabindex", "-1");
    document.querySelector("[data-notify]")?.focus();
  });
  place.replaceChildren(button);
};

// The device is told by its browser's push service, too, while no page is open. The server forgets a device with its sign-in, so a page says once a
// window that it is there.
const PUSH = "/api/users/me/push/";
const SAID = "liao.push";
const subscribe = async (wanted) => {
  const worker = await navigator.serviceWorker?.ready;
  if (!worker?.pushManager) return;
  let known = await worker.pushManager.getSubscription();
  if (!known && !wanted) return;
  if (!known) {
    const { key } = await (await fetch(PUSH)).json();
    known = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  }
  const said = `${user} ${known.endpoint}`;
  if (sessionStorage.getItem(SAID) === said) return;
  const { endpoint, keys } = known.toJSON();
  const body = JSON.stringify({ endpoint, keys });
  const answer = await fetch(PUSH, { method: "POST", headers: { "Content-Type": "application/json" }, body });
  if (answer.ok) sessionStorage.setItem(SAID, said);
};

// Messages without a connection. The line counts as lost when it was there and is not.
const composer = () => document.getElementById("composer");
const area = () => composer()?.querySelector("textarea[name=text]");
/** A message is on its way from the composer, and nobody knows yet whether it arrives. */
const sending = () => document.querySelector('#composer [type=submit][aria-busy="true"]');
let connected = false;
const line = () => Boolean(document.querySelector(".account-button .presence"));
const isOffline = () => !navigator.onLine || (connected && !line());
const shown = {};
const showOutbox = () => {
  const place = document.querySelector("queue-list");
  connected ||= line();
  if (!place) return;
  const state = JSON.stringify([chat(), outbox.all()]);
  if (shown.place === place && shown.state === state) return;
  Object.assign(shown, { place, state });
  place.querySelector(".outbox")?.remove();
  place.append(outbox.list(user, chat(), words, showOutbox));
};
const flush = async () => {
  if (!outbox.all().some((entry) => entry.user === user)) return;
  await outbox.send(user, (entry, to) => {
    showOutbox();
    if (to && to !== chat()) sayOf(words.sent, `/chat/${to}`);
    else if (to) look();
  });
};
/** The page, which knows nothing of what was sent from here, is told to look. */
const look = () => {
  const form = document.getElementById("stop-run");
  if (!form?.elements.generation_id.value) form?.dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }));
};
const write = (text) => {
  area().value = text;
  area().dispatchEvent(new Event("input", { bubbles: true }));
};
const wait = (entry) => {
  outbox.add({ user, model: new FormData(composer()).get("model"), ...entry });
  showOutbox();
  if (!isOffline()) flush();
};
addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    if (form.id !== "composer" || !area()?.value.trim() || form.querySelector(".tray li")) return;
    if (chat() && takeBack()) {
      event.preventDefault();
      return event.stopImmediatePropagation();
    }
    if (!isOffline() && !(chat() && outbox.waits(user, chat()))) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    // What is on its way comes back, if it does, before this.
    if (sending()) return;
    const text = area().value;
    write("");
    wait({ chat: chat(), text });
  },
  true,
);
addEventListener("online", flush);
// A message that was on its way when the line went may have arrived, or not. What came back into the composer is sent from here, as the same
// request, so that it is asked once; so is what could not be put behind an answer.
const takeBack = () => {
  const key = `liao.draft.${chat()}.unsure`;
  const [offline, request, files, ...lines] = localStorage.getItem(key)?.split("\n") ?? [];
  const [text, now] = [lines.join("\n"), area()?.value];
  if (offline !== "true" || files || sending() || (now !== text && !now?.startsWith(`${text}\n\n`))) return;
  localStorage.removeItem(key);
  write(now.slice(text.length + 2));
  document.querySelector(".dock > .alert > button")?.click();
  wait({ chat: chat(), text, key: request });
  return true;
};
addEventListener("liao:unsent", (event) => {
  event.preventDefault();
  wait(event.detail);
});
const AGAIN = 30000;
setInterval(flush, AGAIN);

// What is kept on this device, and forgotten with the session.
const QUIET = 2000;
let timer;
const keepSoon = (after = QUIET) => {
  clearTimeout(timer);
  timer = setTimeout(() => (window.requestIdleCallback ?? setTimeout)(() => keepChat(user, words).catch(() => {})), after);
};
document.addEventListener("submit", (event) => {
  if (new URL(event.target.action, location).pathname === "/rpc/auth/logout") wipe();
});

// The service worker, and a version that is newer than this page.
const own = document.querySelector('link[rel="stylesheet"][href^="/pkg/"]')?.getAttribute("href").replace(/\/[^/]*$/, "");
let prompted = false;
const offer = (pkg) => {
  if (prompted || pkg === own) return;
  prompted = true;
  say(words.version, words.reload, () => location.reload(), 0);
};
const HOUR = 3600000;
const register = async () => {
  const worker = await navigator.serviceWorker?.register("/sw.js").catch(() => undefined);
  if (!worker) return;
  let looked = Date.now();
  const look = (pause) => {
    if (Date.now() - looked < pause) return;
    looked = Date.now();
    worker.update().catch(() => {});
  };
  navigator.serviceWorker.addEventListener("message", ({ data }) => {
    if (data.type === "version") offer(data.pkg);
    if (data.type === "go") go(data.path);
  });
  document.addEventListener("visibilitychange", () => look(HOUR));
  // A server that comes back may be a newer one.
  heard.hello = () => look(0);
  await subscribe(false).catch(() => {});
};

const heard = { hello: () => {} };
addEventListener("message", ({ source, data }) => {
  if (source !== window) return;
  if (data?.type === "hello") {
    heard.hello();
    flush();
  }
  if (data?.type !== "chats") return;
  for (const { chat: id, what } of data.news) {
    if (what === "ended" && id && tell) announce(id);
    if (what === "changed" && id) lookAfter(id, user, words).catch(() => {});
  }
});

// The list of chats on a phone: a swipe to the right opens it, one to the left closes it. What scrolls sideways by itself is left alone.
const WIDE = 60;
const QUICK = 600; // by the finger's own times: a busy page hears of it later
/** Whether a finger here moves something sideways. */
const sideways = (at) => at && ((at.scrollWidth > at.clientWidth + 1 && /auto|scroll/.test(getComputedStyle(at).overflowX)) || sideways(at.parentElement));
let from;
addEventListener(
  "touchstart",
  ({ touches, target, timeStamp: at }) => {
    const [{ clientX: x, clientY: y }] = touches;
    const over = document.querySelector("#sidebar:popover-open");
    const own = target.closest?.("pre, table, input, textarea, select, math, svg, .tray, [role=slider]") || (!over && sideways(target));
    from = touches.length === 1 && !own ? { x, y, at } : undefined;
  },
  { passive: true },
);
addEventListener(
  "touchend",
  ({ changedTouches, timeStamp: at }) => {
    const sidebar = document.getElementById("sidebar");
    if (!from || !sidebar?.showPopover || !matchMedia("(max-width: 50rem)").matches) return;
    const [right, down] = [changedTouches[0].clientX - from.x, changedTouches[0].clientY - from.y];
    const swiped = Math.abs(right) >= WIDE && Math.abs(down) < Math.abs(right) / 2 && at - from.at < QUICK;
    from = undefined;
    if (!swiped || getSelection()?.toString()) return;
    const open = sidebar.matches(":popover-open");
    if (right > 0 && !open && !document.querySelector(":popover-open, dialog[open]")) sidebar.showPopover();
    if (right < 0 && open) sidebar.hidePopover();
  },
  { passive: true },
);

if (user) {
  await wipe(user);
  let page;
  const arrive = () => {
    if (chat()) takeBack();
    showOutbox();
    permission();
    if (page === location.pathname) return;
    page = location.pathname;
    keepSoon();
  };
  new MutationObserver(arrive).observe(document.body, { subtree: true, childList: true });
  new MutationObserver(() => keepSoon()).observe(document.body, { subtree: true, attributeFilter: ["aria-busy"] });
  document.addEventListener("visibilitychange", () => document.hidden && keepSoon(0));
  arrive();
  flush();
  register();
}
