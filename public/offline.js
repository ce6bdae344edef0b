// A copy of a chat that is shown without a connection: what is written on it waits on this device, and the page itself comes as soon as the
// server answers.
import * as outbox from "/outbox.js";

const { user, chat, words } = JSON.parse(document.querySelector("script[data-kept]").dataset.kept);
const form = document.getElementById("composer");
const area = form.querySelector("textarea");
const draft = chat ? `liao.draft.${chat}` : "liao.draft";

const show = () => document.getElementById("outbox").replaceChildren(outbox.list(user, chat, words, show));
area.value = localStorage.getItem(draft) ?? "";
area.addEventListener("input", () => localStorage.setItem(draft, area.value));
form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (!area.value.trim()) return;
  outbox.add({ user, chat, text: area.value });
  area.value = "";
  localStorage.removeItem(draft);
  show();
});
show();
const scroller = document.querySelector(".chat .scroll");
if (scroller) scroller.scrollTop = scroller.scrollHeight;

// Browsers know of networks, not of servers.
const AGAIN = 15000;
const look = async () => {
  const answer = await fetch("/healthz", { cache: "no-store" }).catch(() => undefined);
  if (answer?.ok) location.assign(chat ? location.pathname : "/");
};
addEventListener("online", look);
setInterval(look, AGAIN);
