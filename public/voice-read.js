// Reading an answer aloud: by the server's model where there is one, else by the browser's voice. Code is left out.
import { ability, words } from "./answer.js";

/** Most characters that are read in one piece: browsers give up on longer ones, and of a model's the next is fetched meanwhile. */
const PIECE = { browser: 200, server: 500 };
const PARTS = "p, li, h1, h2, h3, h4, h5, h6, tr, dt, dd, blockquote, .b";

let current;

/** The answer's words, a line for each of its parts. */
const lines = (host) => {
  const blocks = host.closest(".answer").querySelector(":scope > .blocks").cloneNode(true); // not those of its reasoning
  blocks.querySelectorAll("figure, pre, svg, button, annotation, hr").forEach((part) => part.remove());
  blocks.querySelectorAll("td, th").forEach((cell) => cell.append(", "));
  blocks.querySelectorAll(PARTS).forEach((part) => {
    part.prepend("\n");
    part.append("\n");
  });
  blocks.querySelectorAll("br").forEach((line) => line.replaceWith("\n"));
  return blocks.textContent.split("\n").map((line) => line.replace(/\s+/g, " ").trim().replace(/,$/, "")).filter((line) => /[\p{L}\p{N}]/u.test(line));
};

/** The language of a text, by its script; of Latin ones the page's, or the browser's. */
const language = (text) => {
  const scripts = [["ja", /[\p{sc=Hira}\p{sc=Kana}]/u], ["zh-CN", /\p{sc=Han}/u], ["ko", /\p{sc=Hangul}/u], ["ru", /\p{sc=Cyrl}/u], ["ar", /\p{sc=Arab}/u], ["he", /\p{sc=Hebr}/u], ["hi", /\p{sc=Deva}/u], ["th", /\p{sc=Thai}/u], ["el", /\p{sc=Grek}/u]];
  const count = (pattern) => text.match(new RegExp(pattern.source, "gu"))?.length ?? 0;
  // One of these characters says as much as a short word.
  const latin = (text.match(/\p{sc=Latn}+/gu)?.length ?? 0);
  const found = scripts.find(([, pattern]) => count(pattern) > latin);
  if (found) return found[0];
  const own = [document.documentElement.lang, ...navigator.languages].find((tag) => !/^(zh|ja|ko|ru|ar|he|hi|th|el)\b/.test(tag));
  return own ?? "en";
};

/** Lines in pieces of whole sentences. */
const pieces = (all, most) =>
  all.flatMap((line) => {
    const lang = language(line);
    const sentences = window.Intl?.Segmenter ? [...new Intl.Segmenter(lang, { granularity: "sentence" }).segment(line)].map(({ segment }) => segment) : [line];
    const short = sentences.flatMap((one) => one.match(new RegExp(`.{1,${most}}(?=\\s|$)|.{1,${most}}`, "gsu")) ?? []);
    return short.reduce((made, one) => {
      const last = made.at(-1);
      if (last && last.text.length + one.length <= most) last.text += one;
      else made.push({ text: one, lang });
      return made;
    }, []);
  });

/** The same for a model, which reads several lines and languages at once. */
const longer = (all) =>
  pieces(all, PIECE.server).reduce((made, { text }) => {
    const last = made.at(-1);
    if (last && last.length + text.length < PIECE.server) made[made.length - 1] = `${last}\n${text}`;
    else made.push(text);
    return made;
  }, []);

/** The browser's voices, which some of them load late. */
const voices = async () => {
  const now = speechSynthesis.getVoices();
  if (now.length > 0) return now;
  await new Promise((ready) => {
    speechSynthesis.addEventListener?.("voiceschanged", ready, { once: true });
    setTimeout(ready, 400);
  });
  return speechSynthesis.getVoices();
};

/** A voice that speaks this language: of this country, and of this machine, where there is one. */
const voice = (all, lang) => {
  const plain = (tag) => tag.toLowerCase().replace("_", "-");
  const primary = plain(lang).split("-")[0];
  const fits = all.filter((one) => plain(one.lang).split("-")[0] === primary);
  const worth = (one) => (plain(one.lang) === plain(lang) ? 2 : 0) + (one.localService ? 1 : 0);
  return fits.sort((a, b) => worth(b) - worth(a))[0];
};

const byBrowser = async (all, reading) => {
  const known = await voices();
  for (const { text, lang } of pieces(all, PIECE.browser)) {
    if (reading.over) return;
    const utterance = Object.assign(new SpeechSynthesisUtterance(text.trim()), { lang });
    const own = voice(known, lang);
    if (own) utterance.voice = own;
    await new Promise((done, failed) => {
      utterance.onend = done;
      utterance.onerror = ({ error }) => (["canceled", "interrupted"].includes(error) ? done() : failed(error));
      speechSynthesis.speak(utterance);
    });
  }
};

const byServer = async (rest, reading) => {
  const fetched = async (input) => {
    const headers = { "Content-Type": "application/json" };
    const answer = await fetch("/api/llm/speech/", { method: "POST", headers, body: JSON.stringify({ input }), signal: reading.stop.signal });
    if (!answer.ok) throw answer;
    return answer.blob();
  };
  let next = fetched(rest[0]);
  for (let at = 0; at < rest.length && !reading.over; at += 1) {
    const sound = await next;
    if (at + 1 < rest.length) {
      next = fetched(rest[at + 1]);
      // Whoever waits for it hears of it.
      next.catch(() => {});
    }
    if (reading.over) return;
    const url = URL.createObjectURL(sound);
    const audio = (reading.audio = new Audio(url));
    await new Promise((done, failed) => {
      audio.onended = audio.onpause = done;
      audio.onerror = failed;
      audio.play().catch(failed);
    }).finally(() => URL.revokeObjectURL(url));
    reading.at = at + 1;
  }
};

/** Shows whether the answer is being read. */
const show = (host, on) => {
  const button = host.querySelector("button");
  const label = on ? words.stop : words.read;
  button.classList.toggle("reading", on);
  Object.assign(button, { title: label, ariaLabel: label, ariaPressed: String(on) });
};

const tell = (host, sentence) => {
  host.querySelector(".voice-note")?.remove();
  const note = Object.assign(document.createElement("span"), { className: "voice-note", role: "alert" });
  host.append(note);
  note.textContent = sentence;
  setTimeout(() => note.remove(), 8_000);
};

const begin = async (host) => {
  const reading = { over: false, stop: new AbortController() };
  current = { host, reading };
  host.end = () => {
    if (reading.over) return;
    reading.over = true;
    reading.stop.abort();
    reading.audio?.pause();
    window.speechSynthesis?.cancel();
    if (current?.reading === reading) current = undefined;
    show(host, false);
  };
  show(host, true);
  const all = lines(host);
  if (all.length === 0) {
    host.end();
    return tell(host, words.nothing);
  }
  const able = await ability().catch(() => ({}));
  if (reading.over) return;
  try {
    let left = all;
    if (able.speech) {
      const rest = longer(all);
      try {
        await byServer(rest, reading);
        left = [];
      } catch (cause) {
        if (reading.over) return;
        // The browser goes on where the model failed.
        left = rest.slice(reading.at ?? 0).flatMap((text) => text.split("\n"));
      }
    }
    if (left.length > 0 && !reading.over) {
      if (!window.speechSynthesis) throw new Error("no voice");
      await byBrowser(left, reading);
    }
  } catch {
    if (!reading.over) tell(host, words.mute);
  }
  host.end();
};

/** The button was pressed: it reads, or stops. One answer is read at a time. */
export const press = (host) => {
  const own = current?.host === host;
  current?.host.end();
  if (!own) begin(host);
};
