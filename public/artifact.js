// What a model made that is more than text: pages and pictures (HTML, SVG), in a panel beside the chat, on a phone over it: as they look, as they are
// written, and what changed from one version to the next. They run in a frame that has no origin and no network (`/frame/artifact`).
//
// A version is a block of an answer. What it is a version of is said by its language and the name that its fence gives; where there is none, its own
// <title>; where there is none either, its place among the nameless blocks of its language in its message.
const FRAME = "/frame/artifact";
const KINDS = { html: "html", htm: "html", svg: "svg" };
const CODE = Object.keys(KINDS).map((name) => `[class="language-${name}" i]`);
/** Where a title is looked for, in characters. */
const HEAD = 20_000;
/** Pages of older messages that are looked through by themselves. */
const PAGES = 20;
/** Above this many differences what stands between equal beginnings and ends is another text. */
const DEEP = 1500;
/** Unchanged lines that are shown around what changed. */
const AROUND = 3;
/** Below this there is no room for two. */
const narrow = matchMedia("(max-width: 68rem)");
const VIEWS = ["preview", "code", "changes"];
const ICONS = {
  older: "M14.500 6l-6 6 6 6",
  newer: "M9.500 6l6 6-6 6",
  reload: "M19 5.500v4.500h-4.500M18.600 10a7 7 0 1 0 .4 4",
  close: "M6.500 6.500l11 11M17.500 6.500l-11 11",
};

// --- what there is

const plain = (html) => Object.assign(document.createElement("textarea"), { innerHTML: html }).value.trim();

const described = (code, article, at) => {
  const text = code.textContent;
  const title = plain(text.slice(0, HEAD).match(/<title\b[^>]*>([^<]+)<\/title/i)?.[1] ?? "");
  const last = article.matches(".running") ? article.querySelector(":scope > .blocks > .b:last-child") : null;
  const { name = "" } = code.closest("figure").dataset;
  return { id: `${article.id} ${at}`, kind: KINDS[code.className.slice(9).toLowerCase()], text, title, name, code, open: Boolean(last?.contains(code)) };
};
/** The messages of a page that hold something, with what they hold, in order. */
const rowsOf = (page) => {
  const rows = new Map();
  for (const code of page.querySelectorAll(`article.answer > .blocks code:is(${CODE})`)) {
    const article = code.closest("article");
    const made = rows.get(article.id) ?? [];
    made.push(described(code, article, made.length));
    rows.set(article.id, made);
  }
  return [...rows].map(([id, made]) => ({ id, made }));
};
const here = () => rowsOf(document).flatMap(({ made }) => made);

/** The versions of everything, by what they are versions of. */
const grouped = (rows) => {
  const groups = new Map();
  for (const { made } of rows) {
    const nameless = {};
    for (const one of made) {
      const place = () => (nameless[one.kind] = (nameless[one.kind] ?? 0) + 1);
      const key = `${one.kind} ${one.name ? `name ${one.name}` : one.title ? `title ${one.title}` : place()}`;
      groups.set(key, [...(groups.get(key) ?? []), one]);
    }
  }
  return [...groups.values()];
};

/** Messages that are not on the page, and those that are, in order. `newest`: what was looked up begins at the conversation's end. */
const merged = (past, shown, newest) => {
  const at = new Set(shown.map(({ id }) => id));
  if (!newest) return [...past.filter(({ id }) => !at.has(id)), ...shown];
  const known = new Set(past.map(({ id }) => id));
  const [before, after] = [[], []];
  let met = false;
  for (const row of shown) {
    if (known.has(row.id)) met = true;
    else (met ? after : before).push(row);
  }
  return [...before, ...past, ...after];
};

const fetchPage = async (url) => {
  const answer = await fetch(url, { headers: { Accept: "text/html" } });
  if (!answer.ok) throw new Error(`${answer.status}`);
  return new DOMParser().parseFromString(await answer.text(), "text/html");
};
const earlier = (page) => page.querySelector('.log > a.earlier[href^="?before="], .shared-earlier > a')?.getAttribute("href");

// --- what changed

/** The way from one list to the other by the fewest steps (Myers 1986), as [what, line]; undefined where it would be too long. */
const steps = (a, b) => {
  const most = Math.min(a.length + b.length, DEEP);
  const zero = most + 1;
  const far = new Int32Array(2 * most + 3);
  const trace = [];
  const down = (at, k, d) => k === -d || (k !== d && at[zero + k - 1] < at[zero + k + 1]);
  const arrived = () => {
    for (let d = 0; d <= most; d += 1) {
      trace.push(far.slice());
      for (let k = -d; k <= d; k += 2) {
        let x = down(far, k, d) ? far[zero + k + 1] : far[zero + k - 1] + 1;
        while (x < a.length && x - k < b.length && a[x] === b[x - k]) x += 1;
        far[zero + k] = x;
        if (x >= a.length && x - k >= b.length) return true;
      }
    }
    return false;
  };
  if (!arrived()) return undefined;
  const way = [];
  let [x, y] = [a.length, b.length];
  for (let d = trace.length - 1; d >= 0; d -= 1) {
    const k = x - y;
    const isDown = down(trace[d], k, d);
    const from = d === 0 ? 0 : trace[d][zero + (isDown ? k + 1 : k - 1)];
    const fromY = d === 0 ? 0 : from - (isDown ? k + 1 : k - 1);
    for (; x > from && y > fromY; y -= 1) way.push(["same", a[(x -= 1)]]);
    if (d === 0) break;
    if (isDown) way.push(["added", b[(y -= 1)]]);
    else way.push(["removed", a[(x -= 1)]]);
  }
  return way.reverse();
};

export const compare = (before, after) => {
  const [a, b] = [before, after].map((text) => text.replace(/\n$/, "").split("\n"));
  const shorter = Math.min(a.length, b.length);
  let start = 0;
  while (start < shorter && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < shorter - start && a.at(-1 - end) === b.at(-1 - end)) end += 1;
  const [x, y] = [a.slice(start, a.length - end), b.slice(start, b.length - end)];
  const between = steps(x, y) ?? [...x.map((line) => ["removed", line]), ...y.map((line) => ["added", line])];
  const same = (line) => ["same", line];
  return [...a.slice(0, start).map(same), ...between, ...a.slice(a.length - end).map(same)];
};

// --- the panel

const make = (name, fields = {}, children = []) => {
  const { role, ...rest } = fields;
  const made = Object.assign(document.createElement(name), rest);
  if (role) made.setAttribute("role", role);
  made.append(...children);
  return made;
};

const iconButton = (label, path, press) => {
  const made = make("button", { type: "button", className: "icon-button", title: label, ariaLabel: label });
  made.innerHTML = `<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d="${path}"/></svg>`;
  made.addEventListener("click", press);
  return made;
};

class Panel {
  constructor({ words, copying, save }) {
    this.words = words.artifact;
    const { words: own } = this;
    this.title = make("h2", { id: "artifact-title" });
    this.older = iconButton(own.older, ICONS.older, () => this.step(-1));
    this.newer = iconButton(own.newer, ICONS.newer, () => this.step(1));
    this.select = make("select", { ariaLabel: own.version });
    this.select.addEventListener("change", () => this.choose(this.versions[this.select.selectedIndex]));
    this.chooser = make("div", { className: "artifact-versions" }, [this.older, this.select, this.newer]);
    const close = iconButton(own.close, ICONS.close, () => this.close());
    this.tabs = VIEWS.map((view) => make("button", { type: "button", role: "tab", id: `artifact-tab-${view}`, textContent: own[view] }));
    this.panes = VIEWS.map((view) => make("div", { role: "tabpanel", id: `artifact-${view}`, className: `artifact-pane ${view}` }));
    for (const [n, tab] of this.tabs.entries()) {
      tab.setAttribute("aria-controls", this.panes[n].id);
      this.panes[n].setAttribute("aria-labelledby", tab.id);
      tab.addEventListener("click", () => this.show(VIEWS[n], true));
    }
    const list = make("div", { role: "tablist", className: "artifact-tabs", ariaLabel: own.views }, this.tabs);
    list.addEventListener("keydown", (event) => this.walk(event));
    this.reloading = iconButton(own.reload, ICONS.reload, () => this.reload());
    const copy = copying(own.copy, () => this.version.text);
    const download = make("button", { type: "button", textContent: words.download });
    download.addEventListener("click", () => save(new Blob([this.version.text], { type: "text/plain;charset=utf-8" }), this.fileName()));
    for (const made of [copy, download]) made.className = "button quiet small";
    this.back = make("button", { type: "button", className: "button quiet small", textContent: own.back, hidden: true });
    this.back.addEventListener("click", () => this.lookBack());
    this.dialog = make("dialog", { className: "artifact" }, [
      make("header", {}, [this.title, close]),
      make("div", { className: "artifact-row" }, [this.chooser, this.back, make("div", { className: "artifact-actions" }, [this.reloading, copy, download])]),
      list,
      ...this.panes,
    ]);
    this.dialog.setAttribute("aria-labelledby", "artifact-title");
    this.dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      this.close();
    });
    document.body.append(this.dialog);
    this.watch();
  }

  /** What the page and the frame say. */
  watch() {
    addEventListener("keydown", (event) => {
      const near = this.dialog.contains(document.activeElement) || document.activeElement === document.body;
      if (event.key === "Escape" && !event.defaultPrevented && this.isOpen && near) this.close();
    });
    addEventListener("message", ({ source, data }) => {
      if (!this.frame || source !== this.frame.contentWindow) return;
      // A frame without an origin has no name to send to. What is sent is what it is made for.
      if (data?.liao === "ready") source.postMessage({ html: this.document() }, "*");
      else if (data?.liao === "escape" && document.activeElement === this.frame) this.close();
    });
    narrow.addEventListener("change", () => this.isOpen && this.place());
    let due;
    const update = () => {
      due = undefined;
      this.update();
    };
    const changes = new MutationObserver(() => (due ??= setTimeout(update, 150)));
    this.listen = () => changes.observe(document.getElementById("liao"), { subtree: true, childList: true, characterData: true, attributeFilter: ["aria-busy"] });
    this.ignore = () => {
      changes.disconnect();
      clearTimeout(due);
      due = undefined;
    };
  }

  get isOpen() {
    return this.dialog.open;
  }

  /** Beside the chat, or over it. */
  place() {
    const over = narrow.matches;
    const focused = document.activeElement;
    if (this.dialog.open) this.dialog.close();
    if (over) this.dialog.showModal();
    else this.dialog.show();
    document.body.classList.toggle("beside", !over);
    if (this.dialog.contains(focused)) focused.focus();
  }

  open(figure) {
    const wanted = here().find(({ code }) => figure.contains(code));
    if (!wanted) return;
    Object.assign(this, { opened: wanted.id, chosen: wanted.id, path: location.pathname, past: [], newest: false, next: undefined, view: wanted.open ? "code" : "preview", asked: false });
    this.frame?.remove();
    this.frame = undefined;
    this.place();
    this.update();
    this.tabs[VIEWS.indexOf(this.view)].focus();
    this.ignore();
    this.listen();
    this.lookBack();
  }

  close() {
    if (!this.isOpen) return;
    this.ignore();
    this.dialog.close();
    document.body.classList.remove("beside");
    this.frame?.remove();
    this.frame = undefined;
    this.looking = undefined;
    // The page may have written the answer anew since.
    const code = here().find(({ id }) => id === this.opened)?.code;
    (code?.closest("figure").querySelector(".opener") ?? document.querySelector("#composer textarea"))?.focus();
  }

  /** Looks for versions in messages that are not on the page: some pages of them, then more when somebody asks. */
  async lookBack() {
    const mine = (this.looking = {});
    this.back.hidden = true;
    try {
      if (this.next === undefined) {
        // Where older messages are on the page, the newest may not be.
        this.newest = Boolean(document.querySelector('.log > a.earlier[href="?"]'));
        const page = this.newest ? await fetchPage(this.path) : document;
        if (this.looking !== mine) return;
        if (this.newest) this.past = rowsOf(page);
        this.next = earlier(page);
      }
      for (let n = 0; n < PAGES && this.next; n += 1) {
        const page = await fetchPage(new URL(this.next, new URL(this.path, location.origin)));
        if (this.looking !== mine) return;
        this.past.unshift(...rowsOf(page));
        this.next = earlier(page);
        this.update();
      }
    } catch {
      // They are asked for again by the button.
    }
    if (this.looking !== mine) return;
    this.back.hidden = !this.next;
    this.update();
  }

  /** Brings the panel up to date with the conversation. */
  update() {
    if (!this.isOpen) return;
    if (location.pathname !== this.path) return this.close();
    const groups = grouped(merged(this.past, rowsOf(document), this.newest));
    const group = groups.find((versions) => versions.some(({ id }) => id === this.chosen));
    // Another branch is shown.
    if (!group) return this.close();
    const before = this.versions;
    const wasNewest = before && before.at(-1).id === this.chosen && before.some(({ id }) => group.some((one) => one.id === id));
    if (wasNewest && group.at(-1).id !== this.chosen && group.some(({ id }) => id === this.chosen)) {
      // Who looks at the newest goes on to the next, as it is written.
      [this.chosen, this.asked] = [group.at(-1).id, false];
    }
    this.versions = group;
    const was = this.version;
    this.version = group.find(({ id }) => id === this.chosen);
    if (!this.asked && was?.id === this.version.id && was.open && !this.version.open) this.view = "preview";
    else if (!this.asked && this.version.open) this.view = "code";
    this.draw();
  }

  choose(version) {
    this.chosen = version.id;
    this.update();
  }

  step(by) {
    const next = this.versions[this.versions.indexOf(this.version) + by];
    if (next) this.choose(next);
  }

  show(view, asked) {
    [this.view, this.asked] = [view, asked];
    this.draw();
  }

  walk(event) {
    const at = VIEWS.indexOf(this.view);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: VIEWS.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const view = VIEWS[(to + VIEWS.length) % VIEWS.length];
    this.show(view, true);
    this.tabs[VIEWS.indexOf(view)].focus();
  }

  draw() {
    const { version, versions, words } = this;
    const name = version.name || version.title || (version.kind === "svg" ? words.picture : words.page);
    if (this.title.textContent !== name) this.title.textContent = name;
    const at = versions.indexOf(version);
    const labels = versions.map((_, n) => words.number.replace("{n}", n + 1).replace("{all}", versions.length));
    if ([...this.select.options].map(({ text }) => text).join() !== labels.join()) this.select.replaceChildren(...labels.map((label) => new Option(label)));
    this.select.selectedIndex = at;
    this.chooser.hidden = versions.length === 1;
    [this.older.disabled, this.newer.disabled] = [at === 0, at === versions.length - 1];
    for (const [n, tab] of this.tabs.entries()) {
      const on = VIEWS[n] === this.view;
      tab.setAttribute("aria-selected", String(on));
      tab.tabIndex = on ? 0 : -1;
      this.panes[n].hidden = !on;
    }
    this.reloading.hidden = this.view !== "preview" || version.open;
    this[`${this.view}Pane`](this.panes[VIEWS.indexOf(this.view)]);
  }

  note(pane, words) {
    if (pane.textContent !== words || pane.children.length !== 1) pane.replaceChildren(make("p", { className: "hint", textContent: words }));
  }

  previewPane(pane) {
    const { version } = this;
    if (version.open) {
      this.frame = undefined;
      return this.note(pane, this.words.waiting);
    }
    if (this.frame && this.framed === version.text) return;
    this.framed = version.text;
    this.frame = make("iframe", { title: `${this.words.preview}: ${this.title.textContent}`, referrerPolicy: "no-referrer" });
    this.frame.setAttribute("sandbox", "allow-scripts");
    this.frame.src = FRAME;
    pane.replaceChildren(this.frame);
  }

  reload() {
    this.frame = undefined;
    this.draw();
  }

  /** What the frame becomes. */
  document() {
    const text = this.framed;
    if (this.version.kind === "svg") {
      const style = "html,body{height:100%;margin:0;background:white}body{display:grid;place-items:center}svg{max-width:100%;max-height:100%}";
      return `<!DOCTYPE html><meta charset="utf-8"><style>${style}</style>${text}`;
    }
    return /^\s*<!doctype/i.test(text) ? text : `<!DOCTYPE html>${text}`;
  }

  codePane(pane) {
    const { code, text } = this.version;
    if (!pane.firstChild) pane.append(make("pre", { tabIndex: 0 }, [make("code")]));
    const [pre, shown] = [pane.firstChild, pane.querySelector("code")];
    if (this.coded === this.version.id && shown.textContent === text) return;
    const atEnd = this.coded === this.version.id && pre.scrollHeight - pre.clientHeight - pre.scrollTop < 8;
    this.coded = this.version.id;
    shown.replaceChildren(...[...code.childNodes].map((node) => document.importNode(node, true)));
    if (atEnd || (this.version.open && !pre.scrollTop)) pre.scrollTop = pre.scrollHeight;
  }

  changesPane(pane) {
    const { version, versions, words } = this;
    const before = versions[versions.indexOf(version) - 1];
    if (!before) return this.note(pane, words.first);
    if (version.open) return this.note(pane, words.waiting);
    if (before.text === version.text) return this.note(pane, words.equal);
    const key = `${before.id} ${version.id}`;
    if (pane.firstChild?.dataset.of === key) return;
    const lines = compare(before.text, version.text);
    const near = lines.map((_, at) => lines.slice(Math.max(0, at - AROUND), at + AROUND + 1).some(([what]) => what !== "same"));
    const pre = make("pre", { tabIndex: 0 });
    pre.dataset.of = key;
    for (let at = 0; at < lines.length; at += 1) {
      const [what, line] = lines[at];
      if (!near[at]) {
        const next = near.indexOf(true, at);
        const count = (next < 0 ? lines.length : next) - at;
        pre.append(make("span", { className: "gap", textContent: `⋯ ${words.unchanged.replace("{n}", count)}\n` }));
        at += count - 1;
        continue;
      }
      const [name, sign] = { same: ["span", " "], added: ["ins", "+"], removed: ["del", "−"] }[what];
      pre.append(make(name, { textContent: `${sign} ${line}\n` }));
    }
    pane.replaceChildren(pre);
  }

  fileName() {
    const { name, title, kind } = this.version;
    const file = name.split("/").at(-1);
    if (/\.\w+$/.test(file)) return file;
    const words = (name || title).replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "").slice(0, 60).toLowerCase();
    return `${words || (kind === "svg" ? "picture" : "page")}.${kind}`;
  }
}

let panel;
/** Opens what stands in this figure. */
export const open = (figure, given) => (panel ??= new Panel(given)).open(figure);
