// Speech: two buttons, <voice-mic> beside a message and <voice-read> below an answer. What they do is fetched when somebody wants it.
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
