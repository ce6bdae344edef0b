// Messages that were written while the server could not be reached. They belong to who wrote them, and are asked once: the server knows a
// request by its id, however often it arrives.
const KEY = "liao.outbox";

export const all = () => JSON.parse(localStorage.getItem(KEY) ?? "[]");
const keep = (entries) => (entries.length ? localStorage.setItem(KEY, JSON.stringify(entries)) : localStorage.removeItem(KEY));
const newKey = () => crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;

/** `key`, where it was on its way before: sent again it is the same request; `at`: when it was written. */
export const add = ({ key = newKey(), at = Date.now(), ...entry }) => keep([...all(), { ...entry, key, at }].sort((a, b) => (a.at ?? 0) - (b.at ?? 0)));
const waiting = (user) => all().filter((entry) => entry.user === user && !entry.refused);
/** Whether something waits for this conversation: what is written after it goes behind it. */
export const waits = (user, chat) => waiting(user).some((entry) => entry.chat === chat);
export const remove = (key) => keep(all().filter((entry) => entry.key !== key));
const refuse = (key) => keep(all().map((entry) => (entry.key === key ? { ...entry, refused: true } : entry)));

const post = (url, fields) => {
  const known = Object.entries(fields).filter(([, value]) => value);
  return fetch(url, { method: "POST", headers: { Accept: "application/json" }, body: new URLSearchParams(known) });
};

/** Asks it, or has it wait behind what is being answered. */
const ask = async ({ chat, text, model, key }) => {
  const asked = await post("/rpc/chat/send", { chat_id: chat, text, model, request_id: key });
  if (asked.status !== 409 || !chat) return asked;
  return post("/rpc/queue/add", { chat_id: chat, text, model, request_id: key });
};

/** Refused for what it is: sent again it would be refused again. */
const isRefusal = (status) => [400, 403, 404, 413, 422].includes(status);

const sendAll = async (user, told) => {
  // What is added meanwhile, too.
  for (let entry; (entry = waiting(user)[0]); ) {
    // The line is lost again, or the server is busy: the rest waits, too, in its order.
    const answer = await ask(entry).catch(() => undefined);
    if (!answer) return;
    if (answer.ok) {
      const started = await answer.json().catch(() => undefined);
      remove(entry.key);
      told(entry, started?.chat_id ?? entry.chat);
    } else if (isRefusal(answer.status)) {
      refuse(entry.key);
      told(entry);
    } else return;
  }
};

/** Sends what waits, one window at a time. `told` hears of each: the entry, and the conversation that it went to, absent when it was refused. */
export const send = (user, told) =>
  navigator.locks ? navigator.locks.request(KEY, { ifAvailable: true }, (lock) => lock && sendAll(user, told)) : sendAll(user, told);

/** What waits for a conversation, as a list; empty, if nothing does. */
export const list = (user, chat, words, changed) => {
  const entries = all().filter((entry) => entry.user === user && (entry.chat ?? "") === (chat ?? ""));
  const section = Object.assign(document.createElement("section"), { className: "outbox", hidden: !entries.length });
  section.setAttribute("aria-label", words.waiting);
  for (const { key, text, refused } of entries) {
    const item = section.appendChild(document.createElement("div"));
    const said = item.appendChild(Object.assign(document.createElement("p"), { textContent: text }));
    said.append(Object.assign(document.createElement("small"), { textContent: refused ? words.refused : words.waits }));
    const button = item.appendChild(Object.assign(document.createElement("button"), { type: "button", className: "link", textContent: words.remove }));
    button.addEventListener("click", () => {
      remove(key);
      changed();
    });
  }
  return section;
};
