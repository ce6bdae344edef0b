// What stands beside messages as elements of their own: speech, <voice-mic> beside the composer and <voice-read> below an answer, whose scripts
// are fetched when somebody wants them; and <rate-answer>, what somebody thinks of an answer. One file: a page from nothing has few requests.
export const words = JSON.parse(document.querySelector("script[data-voice]").dataset.voice);

let asked;
/** What the server can do with speech for this person. */
export const ability = () =>
  (asked ??= fetch("/api/llm/voice/", { headers: { Accept: "application/json" } })
    .then((answer) => (answer.ok ? answer.json() : Promise.reject(answer)))
    .catch((cause) => {
      asked = undefined;
      throw cause;
    }));

/** A button that shows only its icon. */
export const button = (className, label, path) => {
  const made = document.createElement("button");
  Object.assign(made, { type: "button", className, title: label, ariaLabel: label });
  made.innerHTML = `<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d="${path}"/></svg>`;
  return made;
};

/** An element with one button, whose script is loaded when it is pressed. */
const element = (className, label, path, script) =>
  class extends HTMLElement {
    connectedCallback() {
      if (this.firstChild) return;
      this.append(button(className, label, path));
      this.firstChild.addEventListener("click", () => import(script).then(({ press }) => press(this)));
      // The answer is there when the press is.
      this.addEventListener("pointerenter", () => ability().catch(() => {}), { once: true });
    }

    disconnectedCallback() {
      this.end?.();
    }
  };

const MIC = "M12 3.500a2.800 2.800 0 0 1 2.800 2.800v5a2.800 2.800 0 0 1-5.600 0v-5A2.800 2.800 0 0 1 12 3.500ZM5.800 11.300a6.200 6.200 0 0 0 12.400 0M12 17.500v3";
const SPEAKER = "M4.500 9.500v5h3.500l4.500 4v-13l-4.500 4zM15.800 9a4.200 4.200 0 0 1 0 6M18.300 6.500a7.700 7.700 0 0 1 0 11";

customElements.define("voice-mic", element("icon-button", words.dictate, MIC, "/voice-record.js"));
customElements.define("voice-read", element("action", words.read, SPEAKER, "/voice-read.js"));

{
  // What somebody thinks of an answer: <rate-answer> below it, two thumbs, and why if they want to say so. Kept at once, and taken back by
  // the same press.
  const words = JSON.parse(document.querySelector("script[data-blocks]").dataset.blocks).rate;
  const REASONS = ["incorrect", "incomplete", "instructions", "style", "unsafe", "other"];
  const UP = "M7 11v8.500H4.500V11zM7 11l3.800-7a2.200 2.200 0 0 1 2.200 2.200V9.500h5.200a1.800 1.800 0 0 1 1.780 2.080l-1.100 6.400a1.800 1.800 0 0 1-1.780 1.520H7";

  const url = (message) => `/api/llm/messages/${message}/feedback/`;
  const asked = async (address, options) => {
    const answer = await fetch(address, options);
    if (!answer.ok) throw new Error(`${answer.status}`);
    return answer.status === 204 ? undefined : answer.json();
  };

  // What is known, by conversation: asked for once, when the page has nothing else to do.
  const known = new Map();
  const all = async (chat) => {
    const found = new Map();
    for (let after = ""; after !== null; ) {
      const { items, next } = await asked(`/api/llm/sessions/${chat}/feedback/${after && `?after=${after}`}`);
      for (const item of items) found.set(item.message_id, item);
      after = next;
    }
    return found;
  };
  const idle = () => new Promise((go) => (window.requestIdleCallback ?? setTimeout)(go));
  const load = (chat) => {
    if (!known.has(chat)) known.set(chat, idle().then(() => all(chat)).catch(() => (known.delete(chat), new Map())));
    return known.get(chat);
  };
  const chat = () => location.pathname.match(/^\/chat\/([0-9a-f-]{36})$/)?.[1];

  class RateAnswer extends HTMLElement {
    connectedCallback() {
      if (!this.firstChild) this.append(this.thumb("good"), this.thumb("bad"));
      this.paint();
    }

    get message() {
      return this.closest("article")?.id.replace(/^m-/, "");
    }

    thumb(verdict) {
      const made = button(`action thumb ${verdict}`, words[verdict], UP);
      made.addEventListener("click", () => this.press(verdict));
      return made;
    }

    async paint() {
      const [here, message] = [chat(), this.message];
      this.show(undefined);
      const mine = here && (await load(here)).get(message);
      if (this.message === message) this.show(mine);
    }

    show(mine) {
      this.mine = mine;
      for (const thumb of this.querySelectorAll(".thumb")) thumb.ariaPressed = String(Boolean(mine && thumb.classList.contains(mine.verdict)));
    }

    async press(verdict) {
      this.querySelector("form")?.remove();
      if (this.mine?.verdict === verdict) {
        await this.keep(undefined);
      } else if (await this.keep({ verdict })) {
        this.ask(verdict);
      }
    }

    /** Keeps it, or with nothing takes it back; whether that was done. What is shown is what is kept. */
    async keep(said) {
      const [message, before, here] = [this.message, this.mine, chat()];
      this.show(said);
      try {
        const body = said && { method: "PUT", headers: { "Content-Type": "application/json" }, body: JSON.stringify(said) };
        const kept = await asked(url(message), body ?? { method: "DELETE" });
        const found = await load(here);
        if (kept) found.set(message, kept);
        else found.delete(message);
        this.show(kept);
        this.querySelector("[role=alert]")?.remove();
        return true;
      } catch {
        this.show(before);
        const alert = Object.assign(document.createElement("span"), { role: "alert", className: "rate-failed", textContent: words.failed });
        this.querySelector("[role=alert]")?.remove();
        this.append(alert);
        return false;
      }
    }

    /** Why: nobody has to say. */
    ask(verdict) {
      const form = document.createElement("form");
      form.className = "rate-why";
      form.ariaLabel = words.why;
      const reasons = verdict === "bad" ? REASONS : [];
      for (const reason of reasons) {
        const label = document.createElement("label");
        label.append(Object.assign(document.createElement("input"), { type: "radio", name: "reason", value: reason }), words[reason]);
        form.append(label);
      }
      const note = Object.assign(document.createElement("textarea"), { name: "note", rows: 2, maxLength: 2000, placeholder: words.note, ariaLabel: words.note });
      const send = Object.assign(document.createElement("button"), { type: "submit", className: "button small", textContent: words.send });
      const close = Object.assign(document.createElement("button"), { type: "button", className: "button quiet small", textContent: words.close });
      const end = () => {
        form.remove();
        this.querySelector(`.thumb.${verdict}`).focus();
      };
      close.addEventListener("click", end);
      form.addEventListener("keydown", (event) => event.key === "Escape" && end());
      form.addEventListener("submit", async (event) => {
        event.preventDefault();
        const reason = new FormData(form).get("reason");
        if (await this.keep({ verdict, reason, note: note.value })) end();
      });
      form.append(note, send, close);
      if (verdict === "bad") form.append(Object.assign(document.createElement("a"), { href: `/settings/report?chat=${chat()}&message=${this.message}`, textContent: words.report }));
      this.append(form);
      form.querySelector("input, textarea").focus();
    }
  }
  customElements.define("rate-answer", RateAnswer);

  // Another version of an answer stands in the place of the last.
  new MutationObserver((changes) => {
    for (const { target } of changes) target.querySelector?.(":scope rate-answer")?.paint();
  }).observe(document.documentElement, { subtree: true, attributeFilter: ["id"] });
}

// A page that the browser kept may be of somebody who has signed out since. (Shared pages are anybody's.)
addEventListener("pageshow", ({ persisted }) => {
  const kept = persisted || performance.getEntriesByType("navigation")[0]?.type === "back_forward";
  if (kept && document.querySelector(".sidebar")) fetch("/api/users/me/").then(({ status }) => status === 401 && location.reload(), () => {});
});
