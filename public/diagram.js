// Diagrams in Mermaid's language. They are drawn one after the other in a frame that has no origin and no network (`/frame/diagram`), and come onto
// the page as pictures: whatever is written in one, no script of it runs here, and a hundred of them are a hundred pictures and not a hundred frames.
const FRAME = "/frame/diagram";
const LIBRARY = "/mermaid.js";
/** How long one may take, how long the library may be on its way, and how long the frame waits for the next. */
const PATIENCE = 20_000;
const LOADING = 120_000;
const IDLE = 60_000;
/** Largest side of a diagram, and of a picture of it, and most of the latter's pixels. */
const SIDE = 30_000;
const PIXELS = 8192;
const AREA = 24_000_000;
const CLOSEST = 8;
const FARTHEST = 0.25;

const within = (value, least, most) => Math.min(Math.max(value, least), most);

const isDark = () => {
  const { theme } = document.documentElement.dataset;
  return theme === "dark" || (theme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
};

// --- the frame that draws

let library;
const fetched = () =>
  (library ??= fetch(LIBRARY)
    .then((answer) => (answer.ok ? answer.text() : Promise.reject(new Error(`${answer.status}`))))
    .catch((cause) => {
      library = undefined;
      throw cause;
    }));

let drawer; // { frame, ready, waiting, loaded }
let rest;
let count = 0;

const end = () => {
  drawer?.frame.remove();
  for (const { failed } of drawer?.waiting.values() ?? []) failed(new Error("unavailable"));
  drawer = undefined;
};

const begin = () => {
  const frame = Object.assign(document.createElement("iframe"), { className: "drawer", src: FRAME, title: "Mermaid", tabIndex: -1 });
  frame.setAttribute("sandbox", "allow-scripts");
  frame.setAttribute("aria-hidden", "true");
  drawer = { frame, waiting: new Map() };
  const made = drawer;
  made.ready = new Promise((done, failed) => (made.loaded = (good) => (good ? done() : failed(new Error("unavailable")))));
  document.body.append(frame);
  return made;
};

// Only the frame that is waited for is listened to, and only what was asked of it.
addEventListener("message", async ({ source, data }) => {
  const here = drawer;
  if (!here || source !== here.frame.contentWindow) return;
  if (data?.liao === "ready") {
    const text = await fetched().catch(() => undefined);
    // To whoever is there: a frame without an origin cannot be named. What is sent is public.
    if (text) source.postMessage({ library: text }, "*");
    else here.loaded(false);
  } else if (data?.liao === "loaded" || data?.liao === "failed") here.loaded(data.liao === "loaded");
  else if (here.waiting.has(data?.id)) {
    const { done, failed } = here.waiting.get(data.id);
    here.waiting.delete(data.id);
    if (data.liao === "drawn" && typeof data.svg === "string") done(data.svg);
    else failed(new Error("fault"));
  }
});

/** The SVG that Mermaid makes of a source. The error is a `fault` of the source, or else it is not to be had now. */
const drawn = async (text, dark) => {
  clearTimeout(rest);
  const here = drawer ?? begin();
  // What hangs, hangs alone: the next one gets a new frame.
  const stop = () => here === drawer && (here.loaded(false), end());
  let timer = setTimeout(stop, LOADING);
  try {
    await here.ready;
    clearTimeout(timer);
    timer = setTimeout(stop, PATIENCE);
    const id = (count += 1);
    const answer = new Promise((done, failed) => here.waiting.set(id, { done, failed }));
    here.frame.contentWindow.postMessage({ id, text, dark, font: getComputedStyle(document.body).fontFamily }, "*");
    return await answer;
  } catch (cause) {
    if (cause.message !== "fault" && here === drawer) end();
    throw cause;
  } finally {
    clearTimeout(timer);
    clearTimeout(rest);
    rest = setTimeout(() => drawer?.waiting.size === 0 && end(), IDLE);
  }
};

let turn = Promise.resolve();
/** One at a time, so that the patience is for each. */
const queued = (text, dark) => {
  const answer = turn.then(() => drawn(text, dark));
  turn = answer.catch(() => {});
  return answer;
};

/** A picture of what came out of the frame: parsed, so that it is SVG and nothing else, with a size. Pictures run no scripts and load nothing. */
const picture = (text, dark) => {
  const svg = new DOMParser().parseFromString(text, "text/html").querySelector("svg");
  const [, , width, height] = (svg?.getAttribute("viewBox") ?? "").split(/[\s,]+/).map((length) => Math.ceil(length));
  if (!(width > 0 && height > 0 && width <= SIDE && height <= SIDE)) throw new Error("fault");
  // They stand in a file, too, which is opened elsewhere.
  for (const part of svg.querySelectorAll('script, iframe, object, embed, switch > foreignObject, image:not([href^="data:"])')) part.remove();
  for (const part of [svg, ...svg.querySelectorAll("*")]) {
    for (const { name, value } of [...part.attributes]) if (name.startsWith("on") || /^\s*javascript:/i.test(value)) part.removeAttribute(name);
  }
  svg.setAttribute("width", width);
  svg.setAttribute("height", height);
  svg.style.maxWidth = "";
  const shown = new XMLSerializer().serializeToString(svg);
  svg.style.background = dark ? "#131211" : "#fdfcf9";
  const title = svg.querySelector(":scope > title")?.textContent.trim();
  return { title, width, height, url: `data:image/svg+xml;charset=utf-8,${encodeURIComponent(shown)}`, file: new XMLSerializer().serializeToString(svg), dark };
};

// --- on the page

/** Changes a figure without moving what is read: what is below it stays where it is when the figure is above, and the end stays the end. */
const steadily = (figure, change) => {
  const scroller = figure.closest(".scroll");
  if (!scroller) return change();
  const atEnd = scroller.scrollHeight - scroller.clientHeight - scroller.scrollTop < 8;
  const above = figure.getBoundingClientRect().top < scroller.getBoundingClientRect().top;
  const before = figure.offsetHeight;
  change();
  if (atEnd) scroller.scrollTop = scroller.scrollHeight;
  else if (above) scroller.scrollTop += figure.offsetHeight - before;
};

const complain = (figure, words) => {
  figure.querySelector(".diagram-fault")?.remove();
  const said = Object.assign(document.createElement("p"), { className: "diagram-fault", textContent: words });
  said.setAttribute("role", "status");
  figure.querySelector("figcaption").after(said);
};

/** What is drawn on the page, to be drawn anew in other colours: the figure, its image, its picture. */
const all = new Set();

const fileName = ({ title }) => (title ?? "").replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "").slice(0, 60).toLowerCase() || "diagram";

const savePng = async (one, { words, save }) => {
  const { picture: of, image } = one;
  const scale = Math.min(2, PIXELS / of.width, PIXELS / of.height, Math.sqrt(AREA / (of.width * of.height)));
  const canvas = Object.assign(document.createElement("canvas"), { width: Math.ceil(of.width * scale), height: Math.ceil(of.height * scale) });
  const pen = canvas.getContext("2d");
  pen.fillStyle = of.dark ? "#131211" : "#fdfcf9";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  try {
    pen.drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
    save(blob, `${fileName(of)}.png`);
  } catch {
    complain(one.figure, words.diagram.failed);
  }
};

/** Where the picture is looked at: it scrolls, and is made larger and smaller around the pointer, or the middle. */
const viewOf = (one) => {
  const view = document.createElement("div");
  view.className = "diagram";
  view.tabIndex = 0;
  let size = 1;
  const zoom = (wanted, x = view.clientWidth / 2, y = view.clientHeight / 2) => {
    const next = within(wanted, FARTHEST, CLOSEST);
    const by = next / size;
    const [left, top] = [(view.scrollLeft + x) * by - x, (view.scrollTop + y) * by - y];
    size = next;
    const fit = Math.min(one.picture.width, view.clientWidth);
    one.image.style.width = size === 1 ? "" : `${fit * size}px`;
    one.image.style.maxWidth = size === 1 ? "" : "none";
    view.scrollTo(left, top);
  };
  view.addEventListener(
    "wheel",
    (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const { left, top } = view.getBoundingClientRect();
      zoom(size * 2 ** (-event.deltaY / 300), event.clientX - left, event.clientY - top);
    },
    { passive: false },
  );
  view.addEventListener("keydown", (event) => {
    const wanted = { "+": size * 1.25, "=": size * 1.25, "-": size / 1.25, 0: 1 }[event.key];
    if (!wanted || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    zoom(wanted);
  });
  // A finger scrolls by itself.
  view.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "mouse" || event.button !== 0) return;
    const { scrollLeft, scrollTop } = view;
    const move = ({ clientX, clientY }) => view.scrollTo(scrollLeft + event.clientX - clientX, scrollTop + event.clientY - clientY);
    view.setPointerCapture(event.pointerId);
    view.addEventListener("pointermove", move);
    view.addEventListener("lostpointercapture", () => view.removeEventListener("pointermove", move), { once: true });
  });
  return { view, closer: () => zoom(size * 1.25), farther: () => zoom(size / 1.25), whole: () => zoom(1) };
};

const toolsOf = (one, { closer, farther, whole }, given) => {
  const { words, button, copying, save } = given;
  const tools = document.createElement("div");
  tools.className = "figure-tools";
  tools.setAttribute("role", "group");
  tools.setAttribute("aria-label", words.diagram.tools);
  const named = (label, name, press) => {
    const made = button(label, press);
    Object.assign(made, { ariaLabel: name, title: name });
    return made;
  };
  const source = button(words.diagram.source, () => {
    const on = one.figure.classList.toggle("as-source");
    source.setAttribute("aria-pressed", String(on));
    for (const sight of sights) sight.hidden = on;
  });
  source.setAttribute("aria-pressed", "false");
  const sights = [named("−", words.diagram.farther, farther), named("+", words.diagram.closer, closer), named("1:1", words.diagram.whole, whole)];
  tools.append(source, ...sights);
  tools.append(named("SVG", words.diagram.svg, () => save(new Blob([one.picture.file], { type: "image/svg+xml" }), `${fileName(one.picture)}.svg`)));
  tools.append(named("PNG", words.diagram.png, () => savePng(one, given)));
  // A page that is only read has no button of its own for it.
  if (one.figure.closest(".shared")) tools.append(copying(words.diagram.copy, () => one.text));
  return tools;
};

const put = (one, words) => {
  const { image, picture: of } = one;
  Object.assign(image, { src: of.url, alt: of.title || words.diagram.name, width: of.width, height: of.height, draggable: false });
};

/** Draws the diagram whose source stands in this figure. */
export const draw = async (figure, given) => {
  const text = figure.querySelector("code").textContent;
  if (!text.trim()) return;
  const { words } = given;
  const dark = isDark();
  const one = { figure, text, image: document.createElement("img") };
  try {
    one.picture = picture(await queued(text, dark), dark);
  } catch (cause) {
    steadily(figure, () => complain(figure, cause.message === "fault" ? words.diagram.fault : words.diagram.unavailable));
    return;
  }
  put(one, words);
  const sight = viewOf(one);
  sight.view.append(one.image);
  sight.view.setAttribute("role", "group");
  sight.view.ariaLabel = one.image.alt;
  await one.image.decode().catch(() => {});
  steadily(figure, () => {
    figure.querySelector("figcaption .copy").before(toolsOf(one, sight, given));
    figure.querySelector("figcaption").after(sight.view);
    figure.classList.add("drawn");
  });
  one.words = words;
  all.add(one);
  // The colours may have changed meanwhile.
  if (isDark() !== dark) repaint();
};

const repaint = async () => {
  for (const one of all) {
    const dark = isDark();
    if (!one.figure.isConnected) all.delete(one);
    else if (one.picture.dark !== dark) {
      const text = await queued(one.text, dark).catch(() => undefined);
      if (text === undefined) continue;
      one.picture = picture(text, dark);
      put(one, one.words);
    }
  }
};
new MutationObserver(repaint).observe(document.documentElement, { attributeFilter: ["data-theme"] });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
