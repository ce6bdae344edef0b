// Chats that are kept on this device, to be read without a connection: copies of the page without its scripts and without anything to press, in
// a cache that `sw.js` answers from. They belong to one person, and go with their session.
const PAGES = "liao-pages";
const OWNER = "liao.owner";
/** What other scripts and the WASM keep of somebody's writing begins with these. */
const OWN = ["liao.draft", "liao.outbox", OWNER];
const LIST = "/offline";
const INDEX = "/offline.json";
/** Most chats, most messages of each, and most characters of a copy. */
const CHATS = 30;
const MESSAGES = 60;
const SIZE = 2_000_000;
const DAYS = 7;

/** Nothing but our own script runs in a copy, whatever is written in it. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Forgets what is kept here, unless it is this person's. */
export const wipe = async (but) => {
  if (but && localStorage.getItem(OWNER) === but) return;
  // Before there was an owner, whose it was is not known: it stays for who is here.
  const others = !but || localStorage.getItem(OWNER);
  for (const key of others ? Object.keys(localStorage) : []) if (OWN.some((own) => key.startsWith(own))) localStorage.removeItem(key);
  await globalThis.caches?.delete(PAGES);
  if (but) localStorage.setItem(OWNER, but);
};

const element = (page, name, fields = {}, children = []) => {
  const { role, label, ...rest } = fields;
  const made = Object.assign(page.createElement(name), rest);
  if (role) made.setAttribute("role", role);
  if (label) made.setAttribute("aria-label", label);
  made.append(...children);
  return made;
};

/** A document like this page, with nothing in it yet. */
const blank = (title, data) => {
  const page = document.implementation.createHTMLDocument(title);
  const here = document.documentElement;
  for (const { name, value } of here.attributes) page.documentElement.setAttribute(name, value);
  const take = 'meta[charset], meta[name="viewport"], meta[name="color-scheme"], meta[name="theme-color"], link[rel="stylesheet"], link[rel="icon"]';
  for (const part of document.head.querySelectorAll(take)) page.head.append(page.importNode(part, true));
  const script = element(page, "script", { type: "module", src: "/offline.js" });
  script.dataset.kept = JSON.stringify(data);
  page.head.append(script);
  return page;
};

const composer = (page, words) => {
  const area = element(page, "textarea", { name: "text", rows: 2, placeholder: words.write, label: words.message, required: true });
  const send = element(page, "button", { type: "submit", className: "button seal-button", textContent: words.send });
  const form = element(page, "form", { id: "composer", className: "composer" }, [area, element(page, "div", { className: "composer-row" }, [element(page, "span", { className: "spacer" }), send])]);
  return element(page, "div", { className: "dock" }, [element(page, "div", { id: "outbox" }), form]);
};

/** The messages as they stand, without what can be done with them, and without what has to be fetched. */
const messages = (page, log, words) => {
  const copy = element(page, "div", { className: "log", role: "log", label: words.messages });
  const last = [...log.children].filter((child) => child.matches("article")).slice(-MESSAGES);
  for (const message of last) copy.append(page.importNode(message, true));
  const gone = "script, style, noscript, template, form, button, input, select, textarea, iframe, object, embed, video, audio, link, .actions, .needs-script, [popover]";
  for (const part of copy.querySelectorAll(gone)) part.remove();
  for (const part of copy.querySelectorAll("*")) {
    for (const { name } of [...part.attributes]) if (name.startsWith("on")) part.removeAttribute(name);
  }
  for (const picture of copy.querySelectorAll("img")) {
    if (!picture.src.startsWith("data:")) picture.replaceWith(element(page, "em", { textContent: `[${picture.alt || words.picture}]` }));
  }
  return copy;
};

const written = (page) => `<!DOCTYPE html>\n${page.documentElement.outerHTML}`;
const stored = (html, at) =>
  new Response(html, { headers: { "Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": POLICY, "Referrer-Policy": "same-origin", "X-Kept": String(at) } });

/** The page that is shown where there is no copy: what there is. */
const listOf = (items, user, words) => {
  const page = blank(`${words.offline_title} · Liao`, { user, words });
  const links = items.map(({ id, title }) => element(page, "li", {}, [element(page, "a", { href: `/chat/${id}`, textContent: title || words.untitled })]));
  const again = element(page, "a", { href: "/", className: "button quiet", textContent: words.again });
  const main = element(page, "main", { id: "main", className: "page" }, [
    element(page, "div", { className: "scroll" }, [
      element(page, "div", { className: "sheet" }, [
        element(page, "h1", { textContent: words.offline_title }),
        element(page, "p", { className: "lead", textContent: items.length ? words.offline_lead : words.offline_none }),
        element(page, "ul", { className: "offline-list" }, links),
        element(page, "p", {}, [again]),
      ]),
    ]),
    composer(page, words),
  ]);
  page.body.className = "offline";
  page.body.append(main);
  return written(page);
};

const pageOf = (id, title, log, user, words, at) => {
  const page = blank(`${title} · Liao`, { user, chat: id, words });
  const time = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" }).format(at);
  const main = element(page, "main", { id: "main", className: "page" }, [
    element(page, "p", { className: "offline-bar", role: "status", textContent: words.offline.replace("{time}", time) }),
    element(page, "div", { className: "chat" }, [
      element(page, "header", { className: "chat-header" }, [
        element(page, "h1", { textContent: title }),
        element(page, "a", { href: LIST, className: "button quiet small", textContent: words.list }),
      ]),
      element(page, "div", { className: "scroll" }, [messages(page, log, words)]),
      composer(page, words),
    ]),
  ]);
  page.body.className = "offline";
  page.body.append(main);
  return written(page);
};

/** Keeps the chat that is on the page, when nothing is being written in it, and the list of those that are kept. */
export const keepChat = async (user, words) => {
  if (!globalThis.caches || localStorage.getItem(OWNER) !== user) return;
  const pages = await caches.open(PAGES);
  const known = await (await pages.match(INDEX))?.json();
  let items = known?.user === user ? known.items : [];
  const now = Date.now();
  const old = ({ at }) => now - at > DAYS * 86_400_000;
  for (const { id } of items.filter(old)) await pages.delete(`/chat/${id}`);
  items = items.filter((item) => !old(item));

  const id = location.pathname.match(/^\/chat\/([0-9a-f-]{36})$/)?.[1];
  const log = document.querySelector(".chat .log");
  const whole = id && log?.querySelector("article") && !log.querySelector('[aria-busy="true"]') && !location.search;
  if (whole) {
    const title = document.querySelector(".chat-header h1")?.textContent.trim() || words.untitled;
    const html = pageOf(id, title, log, user, words, now);
    // Somebody may have signed out meanwhile.
    if (html.length > SIZE || localStorage.getItem(OWNER) !== user) return;
    await pages.put(`/chat/${id}`, stored(html, now));
    items = [{ id, title, at: now }, ...items.filter((item) => item.id !== id)];
  }
  for (const { id: gone } of items.splice(CHATS)) await pages.delete(`/chat/${gone}`);
  await pages.put(INDEX, new Response(JSON.stringify({ user, items })));
  await pages.put(LIST, stored(listOf(items, user, words), now));
};

/** Forgets the copy of a chat that is gone; something happened to it, on whichever device. */
export const lookAfter = async (id, user, words) => {
  const pages = await globalThis.caches?.open(PAGES);
  const known = await (await pages?.match(INDEX))?.json();
  if (known?.user !== user || !known.items.some((item) => item.id === id)) return;
  const answer = await fetch(`/api/llm/sessions/${id}/`);
  if (answer.status !== 404) return;
  const items = known.items.filter((item) => item.id !== id);
  await pages.delete(`/chat/${id}`);
  await pages.put(INDEX, new Response(JSON.stringify({ user, items })));
  await pages.put(LIST, stored(listOf(items, user, words), Date.now()));
};
