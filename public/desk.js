// What stands around the composer: messages that wait for the answer's end, what is being written on other devices; what is new in other
// conversations; and the look of the pages, at once. The server writes the HTML and keeps all of it; without this script the same are plain forms.
(() => {
  const chat = () => location.pathname.match(/^\/chat\/([0-9a-f-]{36})$/)?.[1];
  /** The conversation that is looked at: its page, or its answers side by side. */
  const seen = () => chat() ?? document.querySelector(".compare")?.dataset.chat;
  const composer = () => document.getElementById("composer");
  const area = () => composer()?.querySelector("textarea[name=text]");
  const running = () => Boolean(document.querySelector("#stop-run > input")?.getAttribute("value"));
  const asked = async (url, options) => {
    const answer = await fetch(url, options);
    if (!answer.ok) throw new Error(`${answer.status}`);
    return answer;
  };
  /** Hydration is done: the copy buttons have their label. */
  const alive = () => document.body.style.getPropertyValue("--copy-label") !== "";
  /** Browsers let so many bytes go on their way when the page goes. */
  const KEEPALIVE = 60000;
  const post = (url, fields) => {
    const body = new URLSearchParams(fields);
    return asked(url, { method: "POST", headers: { Accept: "application/json" }, body, keepalive: `${body}`.length < KEEPALIVE });
  };
  /** Puts a text into the composer as if it had been typed. */
  const write = (text) => {
    const field = area();
    if (!field) return;
    field.value = text;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };

  // The queue.
  class QueueList extends HTMLElement {
    /** What the server writes; the element itself is the page's. */
    get inner() {
      return this.firstElementChild;
    }

    async refresh() {
      const here = chat();
      if (!here) return;
      const answer = await asked(`/chat/${here}/queue`).catch(() => undefined);
      const html = await answer?.text();
      // What is being edited is not taken away.
      if (html === undefined || chat() !== here || this.contains(document.activeElement?.closest?.("textarea"))) return;
      const held = this.place(document.activeElement);
      this.inner.innerHTML = html;
      if (held) (this.find(held) ?? this.querySelector("button, summary") ?? area())?.focus();
    }

    /** Which button has the focus, to find it again in the new list. */
    place(element) {
      const form = this.contains(element) && element.closest("form");
      return form && [form.getAttribute("action"), form.elements.queued_id?.value];
    }

    find([action, id]) {
      const same = (form) => form.getAttribute("action") === action && form.elements.queued_id?.value === id;
      return [...this.querySelectorAll("form")].find(same)?.querySelector("button");
    }

    get count() {
      return this.querySelectorAll("li").length;
    }

    fail() {
      this.querySelector("[role=alert]")?.remove();
      const words = Object.assign(document.createElement("p"), { className: "queue-failed", textContent: this.querySelector("[data-failed]")?.dataset.failed ?? "" });
      words.setAttribute("role", "alert");
      this.inner.prepend(words);
    }
  }
  customElements.define("queue-list", QueueList);
  const list = () => document.querySelector("queue-list");

  /** A question that had waited is being answered: the page, which knows nothing of it, is told to look. */
  const look = () => {
    if (!running()) document.getElementById("stop-run")?.dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }));
  };

  const act = async (form) => {
    const place = list();
    try {
      await post(form.action, new FormData(form));
      await place.refresh();
      look();
    } catch {
      await place.refresh();
      place.fail();
    }
  };

  /** Where a message is remembered whose fate is not known, by who sent it: this, or the page. Sent again, it is the same request. */
  const unsure = (id) => `liao.draft.${id}.unsure`;
  // One after the other, so that they wait in the order in which they were written.
  let adding = Promise.resolve();
  const add = async (fields, at) => {
    const { chat_id: here, text, model, request_id: key } = fields;
    // What waits for the connection goes first.
    let lost = Boolean(localStorage.getItem("liao.outbox"));
    try {
      if (!lost) {
        await post("/rpc/queue/add", fields);
        await list()?.refresh();
        return look();
      }
    } catch (cause) {
      lost = cause instanceof TypeError;
    }
    // The line went, and whether the message arrived is not known: it waits with what was written without one, as the same request.
    const told = new CustomEvent("liao:unsent", { detail: { chat: here, text, model, key, at }, cancelable: true });
    if (lost && !dispatchEvent(told)) return;
    // It comes back, in front of what was typed since.
    localStorage.setItem(unsure(here), `${lost}\n${key}\n\n${text}`);
    if (chat() === here) write([text, area()?.value].filter(Boolean).join("\n\n"));
    list()?.fail();
  };
  const wait = (text) => {
    const here = chat();
    const model = new FormData(composer()).get("model") ?? "";
    const [, known, files, ...lines] = localStorage.getItem(unsure(here))?.split("\n") ?? [];
    const request_id = !files && lines.join("\n") === text && known ? known : (crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`);
    localStorage.removeItem(unsure(here));
    write("");
    const at = Date.now();
    adding = adding.then(() => add({ chat_id: here, text, model, request_id }, at)).catch(() => {});
  };

  document.addEventListener(
    "submit",
    (event) => {
      const form = event.target;
      if (form.closest?.("queue-list")) {
        event.preventDefault();
        act(form);
      } else if (form.id === "composer" && running() && chat()) {
        const text = area().value;
        // Files wait with the composer: they go with a message when the answer is complete.
        if (!text.trim() || form.querySelector(".tray li")) return;
        event.preventDefault();
        event.stopImmediatePropagation();
        wait(text);
      } else if (form.id === "composer") {
        setTimeout(sync, 0);
      }
    },
    true,
  );

  // Whether a question of another device may be missing here, whether the line was lost meanwhile, when an answer ended here, and when one was
  // said to begin.
  let [missed, stale, ended, began] = [false, false, 0, 0];
  /** What is said to begin so shortly before an answer's end is the next one: this page has not heard of the end yet. */
  const CLOSE = 500;

  // When an answer ends the list is another. What left it is on the page, or so quickly answered that the page does not know of it.
  const move = async () => {
    const before = list()?.count;
    await list()?.refresh();
    if (list()?.count < before) look();
  };
  new MutationObserver((changes) => {
    const over = ({ target, oldValue }) => target.matches("article.answer") && oldValue === "true" && target.getAttribute("aria-busy") === "false";
    if (!changes.some(over)) return;
    ended = Date.now();
    missed = ended - began < CLOSE;
    read();
    move();
    catchUp();
  }).observe(document.documentElement, { subtree: true, attributeFilter: ["aria-busy"], attributeOldValue: true });

  // Drafts. What was kept last is remembered with the draft that the page itself keeps; whoever types is never written over.
  const PAUSE = 1000;
  let [typed, timer] = [0, undefined];
  const known = (id) => JSON.parse(localStorage.getItem(`liao.draft.${id}.kept`) ?? "null");
  const know = (id, draft) => localStorage.setItem(`liao.draft.${id}.kept`, JSON.stringify(draft));
  /** What stands in the composer, or will when the page is alive. */
  const standing = (id) => area()?.value || localStorage.getItem(`liao.draft.${id}`) || "";
  const url = (id) => `/api/llm/sessions/${id}/draft/`;

  /** Keeps what stands in the composer, if that is something else than what is kept. */
  const keep = async () => {
    const id = chat();
    if (!id || !area()) return;
    const text = standing(id);
    if (text === (known(id)?.text ?? "")) return;
    const body = JSON.stringify({ text });
    const options = { method: "PUT", headers: { "Content-Type": "application/json" }, body, keepalive: body.length * 3 < KEEPALIVE };
    know(id, await (await asked(url(id), options)).json());
  };
  // One after the other, so that the last one is the last.
  let turn = Promise.resolve();
  const sync = () => {
    clearTimeout(timer);
    turn = turn.then(keep).catch(() => {});
  };

  /** Takes what another device wrote, unless something was typed here that is not kept yet. */
  const take = async () => {
    const [id, before] = [chat(), typed];
    if (!id || !area()) return;
    const [here, last] = [standing(id), known(id)];
    const own = here !== (last?.text ?? "");
    if (own && here) return sync();
    const draft = await asked(url(id)).then((answer) => answer.json()).catch(() => undefined);
    const newer = draft?.updated_at && (!last || Date.parse(draft.updated_at) > Date.parse(last.updated_at));
    if (chat() !== id || typed !== before || !area() || standing(id) !== here) return;
    if (!newer) return own && sync();
    know(id, draft);
    if (draft.text !== here) write(draft.text);
    clearTimeout(timer);
  };

  document.addEventListener("input", (event) => {
    if (event.target !== area()) return;
    typed += 1;
    clearTimeout(timer);
    timer = setTimeout(sync, PAUSE);
  });
  addEventListener("pagehide", () => keep().catch(() => {}));
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return sync();
    list()?.refresh();
    take();
  });

  // A conversation comes onto the page with its composer.
  let shown = [];
  const arrive = () => {
    // A page of administrators: nobody else fetches what it takes.
    if (location.pathname === "/admin/logs" && !customElements.get("log-tail")) import("/tail.js");
    const [field, here] = [area(), chat()];
    if (field === shown[0] && here === shown[1]) return;
    shown = [field, here];
    if (!field || !here) return;
    if (list()?.inner && !list().inner.firstElementChild) list().refresh();
    (window.requestIdleCallback ?? setTimeout)(() => take().catch(() => {}));
  };
  new MutationObserver(arrive).observe(document.documentElement, { subtree: true, childList: true });
  arrive();

  // Rows of chats and folders can be moved: what it takes comes when somebody is near one.
  const near = ({ target }) => target.closest?.(".sidebar .chats, .shelf-list") && import("/arrange.js").catch(() => {});
  for (const kind of ["pointerover", "focusin"]) document.addEventListener(kind, near);

  // A temporary chat begins: Alt, Shift and T, wherever that is on the keyboard and whatever it writes.
  document.addEventListener("keydown", (event) => {
    if (event.code !== "KeyT" || !event.altKey || !event.shiftKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    location.assign("/temporary");
  });

  // What everybody is told: dismissed without leaving the page, and looked at again when somebody comes back after a while.
  const AWAY = 300000;
  let told = Date.now();
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.closest?.("#notices")) return;
    event.preventDefault();
    try {
      await post(form.action, new FormData(form));
      form.closest(".notice").remove();
      document.getElementById("main")?.focus();
    } catch {
      form.submit();
    }
  });
  document.addEventListener("visibilitychange", async () => {
    if (document.hidden || Date.now() - told < AWAY) return;
    told = Date.now();
    const html = await asked("/notices").then((answer) => answer.text()).catch(() => undefined);
    if (html !== undefined) document.getElementById("notices").innerHTML = html;
  });

  // What is new. The title counts the conversations with an answer that nobody has looked at; the one that is on the page is looked at.
  const row = () => document.querySelector(`.chat-row > a[href="/chat/${seen()}"]`)?.parentElement;
  const unread = () => document.getElementById("unread");
  const retitle = () => {
    if (!unread()) return;
    const here = !document.hidden && row()?.querySelector(".unread") ? 1 : 0;
    const [count, bare] = [Number(unread().value) - here, document.title.replace(/^\(\d+\) /, "")];
    const wanted = count > 0 ? `(${count}) ${bare}` : bare;
    if (document.title !== wanted) document.title = wanted;
  };
  new MutationObserver(retitle).observe(document.head, { subtree: true, childList: true, characterData: true });
  new MutationObserver(retitle).observe(document.documentElement, { subtree: true, attributeFilter: ["value", "aria-current"] });
  const read = () => {
    if (seen() && !document.hidden) asked(`/api/llm/sessions/${seen()}/read/`, { method: "PUT" }).catch(() => {});
  };

  // A question that another device asks in this conversation comes onto the page with its answer, unless something is on its way here.
  const SETTLED = 1500;
  const catchUp = () => {
    const busy = running() || document.querySelector('#composer [type=submit][aria-busy="true"]');
    if (!(missed || stale) || busy || document.hidden) return;
    // The page itself looks for what follows its own answer.
    const rest = ended + SETTLED - Date.now();
    if (rest > 0) return setTimeout(catchUp, rest);
    [missed, stale] = [false, false];
    look();
  };
  let opened = false;
  addEventListener("message", ({ source, data }) => {
    if (source !== window) return;
    // What happened while the line was lost was not told, and what was written was not kept.
    if (data?.type === "hello" && opened) {
      stale = true;
      catchUp();
      list()?.refresh();
      sync();
    }
    opened ||= data?.type === "hello";
    if (data?.type !== "chats") return;
    const here = data.news.filter(({ chat: id }) => id === chat()).map(({ what }) => what);
    if (here.includes("began")) [missed, began] = [true, Date.now()];
    // Of its own answer's end the page knows.
    if (here.includes("ended")) missed ||= Date.now() - ended > SETTLED;
    catchUp();
  });
  document.addEventListener("visibilitychange", () => {
    retitle();
    catchUp();
    if (row()?.querySelector(".unread")) read();
  });

  // The look: a choice holds at once, here and in the other windows, and is kept.
  const NAMES = { contrast: "contrast", text_size: "textSize", density: "density", code_theme: "codeTheme", chat_width: "chatWidth" };
  const DEFAULTS = new Set(["system", "medium", "normal", "ink"]);
  const windows = new BroadcastChannel("liao.look");
  const show = (fields) => {
    const { dataset } = document.documentElement;
    for (const [name, attribute] of Object.entries(NAMES)) {
      const value = fields[name];
      // Normal contrast is a choice: the system may ask for more.
      const unset = name === "contrast" ? value === "system" : DEFAULTS.has(value);
      if (value && unset) delete dataset[attribute];
      else if (value) dataset[attribute] = value;
    }
    if (fields.theme !== undefined) {
      const chosen = fields.theme || document.cookie.match(/(?:^|; )theme=(?:new-)?(\w+)/)?.[1] || "system";
      // The menu's own choice shows which one holds, where there is one.
      const button = document.querySelector(`button[name=theme][value=${chosen}]`);
      if (fields.theme && button && button.ariaPressed !== "true") button.click();
      dataset.theme = chosen;
    }
  };
  windows.onmessage = ({ data }) => show(data);
  document.addEventListener("change", async (event) => {
    const form = event.target.closest?.("form[data-look]");
    if (!form) return;
    const fields = Object.fromEntries(new FormData(form));
    show(fields);
    windows.postMessage({ ...fields, theme: undefined });
    form.querySelector("[role=alert]")?.remove();
    try {
      await post(form.action, fields);
    } catch {
      const words = Object.assign(document.createElement("p"), { className: "queue-failed", textContent: form.dataset.failed });
      words.setAttribute("role", "alert");
      form.append(words);
    }
  });

  // A chosen theme: from the press on it is in the cookie, as one that the account has not heard of yet, and so goes before the account's. Whatever
  // becomes of the page, or of the line, the next page shows it and tells the account.
  const unheard = () => document.cookie.match(/(?:^|; )theme=new-(\w+)/)?.[1];
  const remember = (theme) => (document.cookie = `theme=new-${theme}; Path=/; Max-Age=31536000; SameSite=Lax`);
  let [telling, meanwhile] = [false, undefined];
  const tell = async () => {
    const theme = unheard();
    if (telling || !theme || !document.querySelector("script[data-live]")) return;
    telling = true;
    await post("/rpc/preference/theme", { theme }).catch(() => {});
    telling = false;
    if (!meanwhile) return;
    // The answer's cookie was about the one before.
    remember(meanwhile);
    meanwhile = undefined;
    tell();
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("button[name=theme]");
    if (!button) return;
    remember(button.value);
    // Until the page is alive the form itself is sent.
    if (telling) meanwhile = button.value;
    else if (alive()) tell();
  });
  addEventListener("online", tell);
  tell();

  // The rest can wait until the page is alive, and a while longer, unless the page shows something of it.
  const rest = () => import("/live.js").catch(() => {});
  const [LOOK, LATER, LAST] = [500, 3000, 15000];
  const begun = Date.now();
  const hold = () => {
    const ready = alive() || Date.now() - begun > LAST;
    setTimeout(ready ? rest : hold, ready ? LATER : LOOK);
  };
  addEventListener("load", () => (document.querySelector("[data-notify]") ? rest() : hold()));
})();
