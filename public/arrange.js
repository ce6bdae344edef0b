// Conversations and folders are put in order: dragged onto a folder, onto what pins them, out of their folder; or with M, which asks where to. One, or
// all that are chosen in a list; what was done is said, and can be undone. `desk.js` fetches this when somebody is near a row. Without it the
// same are forms: "Pin, archive, folder, tags…", the choices below a list, and "Edit" of a folder.
const words = JSON.parse(document.querySelector("script[data-live]")?.dataset.live ?? "{}").words?.arrange ?? {};
const element = (name, fields) => Object.assign(document.createElement(name), fields);
const FOLDER = 'a[href^="/chats?folder="]';
const CHAT = '.chat-row > a[href^="/chat/"], .shelf-row a[data-open][href^="/chat/"]';
const OUT = '.way a[href="/chats"]';

// What the server knows and does.
const JSON_TYPE = { "Content-Type": "application/json" };
const asked = async (url, method = "GET", body = undefined) => {
  const answer = await fetch(url, body ? { method, headers: JSON_TYPE, body: JSON.stringify(body) } : { method });
  if (!answer.ok) throw Object.assign(new Error(`${answer.status}`), { status: answer.status });
  return answer.json();
};
const session = (id) => asked(`/api/llm/sessions/${id}/`);
const folder = (id) => asked(`/api/llm/folders/${id}/`);
const many = (ids, action, folder_id = null) => asked("/api/llm/sessions/bulk/", "POST", { ids, action, folder_id });
/** How many are asked for at a time. */
const ABREAST = 6;
const sessions = async (ids) => {
  const all = [];
  for (let at = 0; at < ids.length; at += ABREAST) all.push(...(await Promise.all(ids.slice(at, at + ABREAST).map(session))));
  return all;
};

// What is moved: `{kind, ids, title}`.
const idIn = (link) => link.getAttribute("href").match(/[0-9a-f-]{36}/)?.[0];
const text = (link) => link.textContent.trim();
/** What is moved when this is: a conversation, a folder, or all that are chosen if this is one of them. */
const thingOf = (target) => {
  const link = target?.closest?.(`${CHAT}, ${FOLDER}`) ?? target?.closest?.(".chat-row, .shelf-row")?.querySelector(`${CHAT}, ${FOLDER}`);
  if (!link) return undefined;
  if (link.matches(FOLDER)) return link.closest(".side-folders, .folders") ? { kind: "folder", ids: [idIn(link)], title: text(link) } : undefined;
  const box = link.closest(".shelf-row")?.querySelector("input[type=checkbox]");
  const chosen = box?.checked ? [...box.form.querySelectorAll("[data-row] input[type=checkbox]:checked")] : [];
  const ids = chosen.length > 1 ? chosen.map((one) => one.value) : [idIn(link)];
  return { kind: "chat", ids, title: ids.length > 1 ? words.many.replace("{n}", ids.length) : text(link), link };
};
/** Whether the row stands among those that are pinned, or says that it is. */
const isPinned = ({ link }) => link?.closest("section")?.querySelector("h2")?.textContent === words.pinned || Boolean(link?.closest(".shelf-row")?.querySelector(".tag"));

// Words at the edge of the page, with a way back.
const STAY = 10000;
const stack = () => {
  const there = document.querySelector(".toasts.live");
  if (there) return there;
  const made = document.body.appendChild(element("div", { className: "toasts live" }));
  made.setAttribute("role", "status");
  return made;
};
const say = (said, undo = undefined, failed = false) => {
  const toast = element("div", { className: failed ? "toast error" : "toast" });
  toast.append(element("span", { textContent: said }));
  if (undo) {
    const back = element("button", { type: "button", className: "link", textContent: words.undo });
    back.addEventListener("click", () => {
      toast.remove();
      undo();
    });
    toast.append(back);
  }
  stack().append(toast);
  setTimeout(() => toast.remove(), STAY);
};
const fail = ({ status }) => say(status === 422 ? words.refused : words.failed, undefined, true);
/** Lists of the page ask again; the one beside it is told by the server. */
const changed = () => {
  document.querySelector(".shelf-form")?.reset();
  document.querySelector(".shelf-list.folders")?.dispatchEvent(new Event("change", { bubbles: true }));
};

/** Puts conversations back to where they were. */
const restored = async (before, deed) => {
  if (deed !== "move") return many(before.map((chat) => chat.id), deed === "pin" ? "unpin" : "pin");
  const places = new Map();
  for (const { id, folder_id } of before) places.set(folder_id, [...(places.get(folder_id) ?? []), id]);
  for (const [place, ids] of places) await many(ids, "move", place);
};
/** The title where something is moved to, in a sentence. */
const filled = (sentence, { title }, { name = "" }) => sentence.replace("{what}", () => title).replace("{where}", () => name ?? "");

const moveChats = async (thing, where) => {
  const differs = { move: (chat) => chat.folder_id !== where.id, pin: (chat) => !chat.pinned, unpin: (chat) => chat.pinned }[where.deed];
  const before = (await sessions(thing.ids)).filter(differs);
  if (before.length === 0) return say(words.same);
  await many(before.map((chat) => chat.id), where.deed, where.id);
  changed();
  const back = () => restored(before, where.deed).then(changed).then(() => say(words.undone), fail);
  say(filled({ move: where.id ? words.moved : words.out, pin: words.was_pinned, unpin: words.was_unpinned }[where.deed], thing, where), back);
};
const moveFolder = async (thing, where) => {
  const [id] = thing.ids;
  const { parent_id: before } = await folder(id);
  if (before === where.id) return say(words.same);
  const place = (parent_id) => asked(`/api/llm/folders/${id}/`, "PATCH", { parent_id }).then(changed);
  await place(where.id);
  say(filled(where.id ? words.moved : words.out, thing, where), () => place(before).then(() => say(words.undone), fail));
};
/** `where`: `{deed: "move" | "pin" | "unpin", id, name}`; of a move, no id is no folder. */
const move = async (thing, where) => {
  try {
    await (thing.kind === "folder" ? moveFolder : moveChats)(thing, where);
  } catch (cause) {
    fail(cause);
  }
};

// Dragging.
let dragged;
let over;
/** Where it would go if it were let go here: the element and the place. */
const placeAt = (target) => {
  const to = target?.closest?.(`${FOLDER}, .side-folders li, .folders .shelf-row, ${OUT}, [data-deed], .chats section`);
  if (!dragged || !to) return undefined;
  if (to.dataset.deed) return { to, deed: to.dataset.deed, id: null };
  if (to.matches(OUT)) return { to, deed: "move", id: null };
  const link = to.matches(FOLDER) ? to : to.querySelector(`:scope > ${FOLDER}, .shelf-name ${FOLDER}`);
  if (link && !(dragged.kind === "folder" && dragged.ids[0] === idIn(link))) return { to, deed: "move", id: idIn(link), name: text(link.closest("li")?.querySelector(FOLDER) ?? link) };
  const pins = dragged.kind === "chat" && to.matches(".chats section") && to.querySelector("h2")?.textContent === words.pinned;
  return pins ? { to, deed: "pin", id: null } : undefined;
};
const mark = (to) => {
  if (over === to) return;
  over?.removeAttribute("data-over");
  over = to;
  over?.setAttribute("data-over", "");
};

/** What is not a folder, as places over the list's end: nothing of the list moves. */
let zones;
const showZones = () => {
  const list = document.querySelector(".sidebar .chats");
  if (!list || list.getClientRects().length === 0) return;
  const { left, width, bottom } = list.getBoundingClientRect();
  zones = document.body.appendChild(element("div", { className: "drop-places" }));
  zones.style.cssText = `left:${left}px;width:${width}px;bottom:${innerHeight - bottom}px`;
  const deeds = dragged.kind === "folder" ? [["move", words.no_folder]] : [isPinned(dragged) ? ["unpin", words.unpin] : ["pin", words.pin], ["move", words.no_folder]];
  for (const [deed, label] of deeds) {
    const zone = zones.appendChild(element("div", { textContent: label }));
    zone.dataset.deed = deed;
  }
};

/** Near the edge of what scrolls it goes on by itself. */
const EDGE = 48;
const STEP = 12;
let pointer;
const scroll = () => {
  if (!dragged) return;
  const list = pointer && document.elementFromPoint(pointer.x, pointer.y)?.closest(".chats, .scroll");
  if (list) {
    const { top, bottom } = list.getBoundingClientRect();
    if (pointer.y < top + EDGE) list.scrollTop -= STEP;
    else if (pointer.y > bottom - EDGE) list.scrollTop += STEP;
  }
  requestAnimationFrame(scroll);
};

const end = () => {
  mark(undefined);
  zones?.remove();
  document.documentElement.removeAttribute("data-dragging");
  [dragged, zones, pointer] = [];
};
document.addEventListener("dragstart", (event) => {
  dragged = event.target.nodeType === 1 ? thingOf(event.target) : undefined;
  if (!dragged || !event.dataTransfer) return;
  event.dataTransfer.effectAllowed = "all";
  event.dataTransfer.setData("application/x-liao", JSON.stringify(dragged.ids));
  const badge = document.body.appendChild(element("div", { className: "drag-badge", textContent: dragged.title }));
  event.dataTransfer.setDragImage(badge, -8, -8);
  // What is changed at once is taken for the end of it.
  setTimeout(() => {
    badge.remove();
    if (!dragged) return;
    document.documentElement.setAttribute("data-dragging", dragged.kind);
    showZones();
    requestAnimationFrame(scroll);
  });
});
const hover = (event) => {
  if (!dragged) return;
  pointer = { x: event.clientX, y: event.clientY };
  const place = placeAt(event.target);
  mark(place?.to);
  if (!place) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = "move";
};
for (const kind of ["dragenter", "dragover"]) document.addEventListener(kind, hover);
document.addEventListener("drop", (event) => {
  const [thing, place] = [dragged, placeAt(event.target)];
  if (!place) return;
  event.preventDefault();
  end();
  move(thing, place);
});
document.addEventListener("dragend", end);

// The same by keys: M on a row.
const ask = async (thing, link) => {
  const all = await asked("/api/llm/folders/").catch((cause) => fail(cause));
  if (!all) return;
  const dialog = document.body.appendChild(element("dialog", { className: "dialog arrange" }));
  const heading = dialog.appendChild(element("h2", { id: "arrange-title", textContent: filled(words.move_to, thing, {}) }));
  dialog.setAttribute("aria-labelledby", heading.id);
  const list = dialog.appendChild(element("ul", { className: "arrange-places" }));
  const offer = (label, where, depth = 0) => {
    const button = element("button", { type: "button", className: "menu-item", textContent: label });
    button.style.setProperty("--depth", depth);
    button.addEventListener("click", () => {
      dialog.close();
      move(thing, where);
    });
    list.appendChild(element("li", {})).append(button);
  };
  if (thing.kind === "chat") offer(isPinned(thing) ? words.unpin : words.pin, { deed: isPinned(thing) ? "unpin" : "pin", id: null });
  offer(words.no_folder, { deed: "move", id: null });
  for (const { id, name, depth } of all.items) if (id !== thing.ids[0]) offer(name, { deed: "move", id, name }, depth);
  const close = dialog.appendChild(element("form", { method: "dialog", className: "panel-actions" }));
  close.append(element("button", { type: "submit", className: "button", textContent: words.cancel }));
  dialog.addEventListener("keydown", (event) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const buttons = [...dialog.querySelectorAll("button")];
    buttons[(buttons.indexOf(document.activeElement) + by + buttons.length) % buttons.length].focus();
  });
  dialog.addEventListener("close", () => {
    dialog.remove();
    // The row may be another element by now.
    (link.isConnected ? link : document.querySelector(`a[href="${CSS.escape(link.getAttribute("href"))}"]`))?.focus();
  });
  dialog.showModal();
};
document.addEventListener("keydown", (event) => {
  const plain = !event.ctrlKey && !event.metaKey && !event.altKey && !event.shiftKey && !event.repeat;
  const row = document.activeElement?.closest?.(`${CHAT}, ${FOLDER}, .shelf-row`);
  if (event.key.toLowerCase() !== "m" || !plain || !row || document.querySelector("dialog:modal") || event.target.matches?.("input:not([type=checkbox]), textarea, select")) return;
  const thing = thingOf(row);
  if (!thing) return;
  event.preventDefault();
  ask(thing, document.activeElement);
});
