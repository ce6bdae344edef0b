// Dictation: a recording with a level meter, made into text by the server, or else by the browser itself, and put where the caret is.
import { ability, button, words } from "./answer.js";

const CROSS = "m6.500 6.500 11 11m0-11-11 11";
const CHECK = "m5 12.500 4.500 4.500L19 7.500";
/** Louder than this is heard: a quiet room stays below. */
const QUIET = 0.008;
/** Milliseconds between two bars of the meter. */
const TICK = 60;
const TYPES = ["audio/webm;codecs=opus", "audio/ogg;codecs=opus", "audio/mp4"];
const MEGABYTE = 1024 * 1024;

const filled = (sentence, n) => sentence.replace("{n}", n);

/** What stands over the composer's row, from the press to the end. */
const open = (host) => {
  const bar = document.createElement("div");
  bar.className = "voice-bar";
  bar.setAttribute("role", "group");
  bar.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    host.end();
  });
  host.append(bar);
  return bar;
};

const spoken = (text) => {
  const status = document.createElement("span");
  status.setAttribute("role", "status");
  status.textContent = text;
  return status;
};

/** Why a microphone cannot be had. */
const refusal = ({ name }) =>
  ({ NotAllowedError: words.denied, SecurityError: words.denied, NotFoundError: words.missing, OverconstrainedError: words.missing })[name] ??
  words.busy;

/** Why the server made no text. */
const reason = async (answer) => {
  const { code, errors } = await answer.json().catch(() => ({}));
  if (code === "invalid" && errors?.some(({ field }) => field === "model")) return words.unable;
  const known = { upstream: words.provider, unavailable: words.crowded, unverified: words.unverified, unauthenticated: words.signed_out };
  if (code === "too_large") return filled(words.large, 25);
  return known[code] ?? words.failed;
};

/** Puts the text where the caret is; a space where words would touch. */
const insert = (host, text) => {
  const area = host.closest("form").querySelector("textarea");
  const { value } = area;
  // One that was never touched has its caret at the beginning, which nobody chose.
  const untouched = area.selectionEnd === 0 && document.activeElement !== area && !host.touched;
  const [from, to] = untouched ? [value.length, value.length] : [area.selectionStart, area.selectionEnd];
  const touches = (left, right) => /[\p{L}\p{N}.,;:!?)\]]/u.test(left) && /[\p{L}\p{N}([]/u.test(right) && !/\p{sc=Han}|\p{sc=Hira}|\p{sc=Kana}/u.test(left + right);
  const before = from > 0 && touches(value[from - 1], text[0]) ? " " : "";
  const after = to < value.length && touches(text.at(-1), value[to]) ? " " : "";
  area.setRangeText(before + text + after, from, to, "end");
  // As if it had been typed: the draft is kept, the field grows.
  area.dispatchEvent(new Event("input", { bubbles: true }));
  area.focus();
};

/** Shows the level as bars from right to left. */
const meter = (stream, canvas) => {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 1024;
  context.createMediaStreamSource(stream).connect(analyser);
  context.resume();
  const samples = new Float32Array(analyser.fftSize);
  const levels = [];
  const seen = { peak: 0 };
  const pen = canvas.getContext("2d");
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    const level = Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
    seen.peak = Math.max(seen.peak, level);
    const scale = devicePixelRatio || 1;
    const [width, height] = [canvas.clientWidth * scale, canvas.clientHeight * scale];
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    const step = 4 * scale;
    levels.push(level);
    levels.splice(0, levels.length - Math.floor(width / step));
    pen.clearRect(0, 0, width, height);
    pen.fillStyle = getComputedStyle(canvas).color;
    levels.forEach((one, at) => {
      // The root: quiet speech is to be seen too.
      const tall = Math.max(2 * scale, Math.min(1, Math.sqrt(one) * 1.6) * height);
      pen.fillRect(width - (levels.length - at) * step, (height - tall) / 2, 2 * scale, tall);
    });
  }, TICK);
  const close = () => {
    clearInterval(timer);
    if (context.state !== "closed") context.close();
  };
  return { seen, close };
};

/** Says why there is no text. `again`: what can be tried once more. */
const trouble = (host, bar, sentence, again) => {
  const text = document.createElement("span");
  text.setAttribute("role", "alert");
  bar.replaceChildren(text);
  // Filled when it is there: that is what is read out.
  text.textContent = sentence;
  if (again) {
    const retry = Object.assign(document.createElement("button"), { type: "button", className: "button small", textContent: words.again });
    retry.addEventListener("click", again);
    bar.append(retry);
  }
  const close = button("icon-button", words.close, CROSS);
  close.addEventListener("click", host.end);
  bar.append(close);
  (bar.querySelector(".button") ?? close).focus();
};

/** Shows that something goes on, with a way out and one to its end. */
const going = (host, bar, label, middle, done) => {
  const [cancel, finish] = [button("icon-button", words.cancel, CROSS), button("icon-button voice-done", words.done, CHECK)];
  cancel.addEventListener("click", host.end);
  finish.addEventListener("click", done);
  const clock = Object.assign(document.createElement("span"), { className: "voice-clock", role: "timer" });
  const begun = performance.now();
  const tick = () => {
    const seconds = Math.floor((performance.now() - begun) / 1000);
    clock.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  };
  tick();
  const timer = setInterval(tick, 500);
  const status = spoken(label);
  status.className = "visually-hidden";
  bar.setAttribute("aria-label", label);
  bar.replaceChildren(cancel, middle, clock, finish, status);
  finish.focus();
  return () => clearInterval(timer);
};

/** Has the server make text of the recording. */
const transcribe = async (host, bar, blob, limit) => {
  const stop = new AbortController();
  host.closing.push(() => stop.abort());
  const cancel = button("icon-button", words.cancel, CROSS);
  cancel.addEventListener("click", host.end);
  bar.replaceChildren(spoken(words.working), cancel);
  cancel.focus();
  const again = () => transcribe(host, bar, blob, limit);
  const form = new FormData();
  form.set("file", blob, "recording");
  try {
    const answer = await fetch("/api/llm/transcriptions/", { method: "POST", headers: { Accept: "application/json" }, body: form, signal: stop.signal });
    if (!answer.ok) return trouble(host, bar, await reason(answer), again);
    const { text } = await answer.json();
    if (!text) return trouble(host, bar, words.silence);
    insert(host, text);
    if (limit) return trouble(host, bar, limit);
    host.end();
    host.closest("form").querySelector("textarea").focus();
    host.tell(words.inserted);
  } catch (cause) {
    if (cause.name !== "AbortError") trouble(host, bar, words.offline, again);
  }
};

/** Records until somebody is done, or it is long enough. */
const record = async (host, bar, able) => {
  if (!navigator.mediaDevices) return trouble(host, bar, words.insecure);
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true } });
  } catch (cause) {
    return trouble(host, bar, refusal(cause), () => begin(host, bar));
  }
  const release = () => stream.getTracks().forEach((track) => track.stop());
  // It was given up while the browser asked.
  if (!bar.isConnected) return release();
  const recorder = new MediaRecorder(stream, { mimeType: TYPES.find((type) => MediaRecorder.isTypeSupported(type)), audioBitsPerSecond: 32_000 });
  const canvas = document.createElement("canvas");
  canvas.setAttribute("aria-hidden", "true");
  const level = meter(stream, canvas);
  const pieces = [];
  let [size, wanted, limit] = [0, false, undefined];
  const done = () => {
    wanted = true;
    if (recorder.state !== "inactive") recorder.stop();
  };
  const still = going(host, bar, words.recording, canvas, done);
  const late = setTimeout(() => {
    limit = filled(words.long, Math.round(able.max_seconds / 60));
    done();
  }, able.max_seconds * 1000);
  const close = () => {
    clearTimeout(late);
    still();
    level.close();
    if (recorder.state !== "inactive") recorder.stop();
    release();
  };
  host.closing.push(close);
  recorder.addEventListener("dataavailable", ({ data }) => {
    pieces.push(data);
    size += data.size;
    if (size > able.max_bytes) done();
  });
  recorder.addEventListener("stop", () => {
    // Nobody wants it, or the microphone went away by itself: what was said until then counts.
    if (!wanted && !bar.isConnected) return;
    close();
    if (size > able.max_bytes) return trouble(host, bar, filled(words.large, Math.floor(able.max_bytes / MEGABYTE)));
    if (level.seen.peak < QUIET) return trouble(host, bar, words.silence, () => begin(host, bar));
    transcribe(host, bar, new Blob(pieces, { type: recorder.mimeType }), limit);
  });
  recorder.start(1000);
};

/** Has the browser itself listen. */
const listen = (host, bar, Recognition) => {
  const heard = document.createElement("span");
  heard.className = "voice-heard";
  const recognition = Object.assign(new Recognition(), { lang: document.documentElement.lang, continuous: true, interimResults: true });
  let [text, failure] = ["", undefined];
  const still = going(host, bar, words.listening, heard, () => recognition.stop());
  host.closing.push(() => {
    still();
    recognition.abort();
  });
  recognition.addEventListener("result", ({ results }) => {
    const all = [...results];
    const joined = (some) => some.map((result) => result[0].transcript).join("");
    text = joined(all.filter((result) => result.isFinal)).trim();
    heard.textContent = joined(all);
  });
  recognition.addEventListener("error", ({ error }) => {
    const known = { "not-allowed": words.denied, "service-not-allowed": words.denied, "audio-capture": words.missing, "no-speech": words.silence, network: words.offline };
    failure = known[error] ?? words.failed;
  });
  recognition.addEventListener("end", () => {
    if (!bar.isConnected) return;
    still();
    if (!text) return trouble(host, bar, failure ?? words.silence, () => begin(host, bar));
    host.end();
    insert(host, text);
    host.tell(words.inserted);
  });
  recognition.start();
};

/** By the server's model, else by the browser, else not at all. */
const begin = async (host, bar) => {
  bar.replaceChildren(spoken(" "));
  let able;
  try {
    able = await ability();
  } catch (answer) {
    return trouble(host, bar, answer.status === 401 ? words.signed_out : words.offline, () => begin(host, bar));
  }
  if (!bar.isConnected) return;
  if (able.transcription) return record(host, bar, able);
  const Recognition = window.SpeechRecognition ?? window.webkitSpeechRecognition;
  if (Recognition) return listen(host, bar, Recognition);
  trouble(host, bar, words.unable);
};

/** The button was pressed. */
export const press = (host) => {
  if (host.closing) return;
  host.touched ||= host.closest("form").querySelector("textarea").matches(":focus");
  host.closing = [];
  const bar = open(host);
  host.end = () => {
    const { closing } = host;
    host.closing = undefined;
    bar.remove();
    closing?.forEach((close) => close());
    host.querySelector("button")?.focus();
  };
  /** A word for who does not see that it is over. */
  host.tell = (text) => {
    host.querySelector(".voice-note")?.remove();
    const note = spoken("");
    note.className = "voice-note visually-hidden";
    host.append(note);
    note.textContent = text;
    setTimeout(() => note.remove(), 10_000);
  };
  begin(host, bar);
};
