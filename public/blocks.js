// What stands in an answer can be taken along: a table as CSV or Markdown, code as a file, a formula as its source, a selection as a
// quotation in the next question. The tools come to the block that the pointer or the focus is in; an answer that nobody touches has none.
// Diagrams are drawn where somebody comes to see them, and pages and pictures open beside the chat: by scripts that are fetched then.
(() => {
  const words = JSON.parse(document.querySelector("script[data-blocks]").dataset.blocks);
  const BLOCKS = ".prose figure.code, .prose .table-wrap, .prose math[display=block]";
  const LONG = 30; // lines, from which on code can be folded
  const EXTENSIONS = {
    bash: "sh", c: "c", "c#": "cs", "c++": "cpp", cpp: "cpp", csharp: "cs", css: "css", csv: "csv", diff: "diff", dockerfile: "Dockerfile", go: "go",
    haskell: "hs", html: "html", java: "java", javascript: "js", js: "js", json: "json", jsx: "jsx", julia: "jl", kotlin: "kt", latex: "tex", lua: "lua",
    makefile: "mk", markdown: "md", md: "md", mermaid: "mmd", perl: "pl", php: "php", python: "py", py: "py", r: "r", ruby: "rb", rust: "rs", rs: "rs", scala: "scala",
    sh: "sh", shell: "sh", sql: "sql", svg: "svg", swift: "swift", toml: "toml", ts: "ts", tsx: "tsx", typescript: "ts", xml: "xml", yaml: "yml", yml: "yml", zig: "zig",
  };

  const copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // A page without a secure connection, or a browser that does not allow it.
      const area = Object.assign(document.createElement("textarea"), { value: text });
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
  };

  const button = (label, press) => {
    const made = Object.assign(document.createElement("button"), { type: "button", textContent: label });
    made.addEventListener("click", () => press(made));
    return made;
  };

  const copying = (label, text) =>
    button(label, async (made) => {
      await copy(text());
      made.textContent = words.copied;
      setTimeout(() => (made.textContent = label), 1500);
    });

  // --- tables

  /** What a cell says, with its formulas as they are written. */
  const said = (cell) => {
    const whole = cell.cloneNode(true);
    for (const formula of whole.querySelectorAll("math")) formula.replaceWith(`$${formula.getAttribute("alttext") ?? formula.textContent}$`);
    for (const end of whole.querySelectorAll("br")) end.replaceWith("\n");
    return whole.textContent.trim();
  };

  /** The rows of a table; a long one goes on in the blocks that follow, under the same head. */
  const rows = (wrap) => {
    const of = (one) => [...one.querySelectorAll("tr")].map((row) => [...row.cells].map(said));
    const head = (one) => one?.querySelector(":scope > .table-wrap > table > thead")?.textContent;
    let first = wrap.closest(".b");
    const same = head(first);
    if (same === undefined) return of(wrap); // in a list or a quotation
    while (head(first.previousElementSibling) === same) first = first.previousElementSibling;
    const all = of(first.querySelector(".table-wrap"));
    for (let next = first.nextElementSibling; head(next) === same; next = next.nextElementSibling) all.push(...of(next.querySelector(".table-wrap")).slice(1));
    return all;
  };

  /** RFC 4180. */
  const csv = (table) => table.map((row) => row.map((cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(",")).join("\r\n");

  const markdown = (wrap) => {
    const marks = { "al-left": ":--", "al-center": ":-:", "al-right": "--:" };
    const line = (cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll("\n", "<br>")).join(" | ")} |`;
    const [head, ...rest] = rows(wrap);
    const ruler = [...wrap.querySelectorAll("thead th")].map((cell) => marks[cell.className] ?? "---");
    return [line(head), `| ${ruler.join(" | ")} |`, ...rest.map(line)].join("\n");
  };

  // --- code

  const save = (blob, name) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  };

  const text = (figure) => new Blob([figure.querySelector("code").textContent], { type: "text/plain;charset=utf-8" });
  const download = (figure) => {
    const language = figure.querySelector(".lang").textContent.toLowerCase();
    save(text(figure), `code.${EXTENSIONS[language] ?? "txt"}`);
  };

  const toggle = (label, figure, name) => {
    const made = button(label, () => made.setAttribute("aria-pressed", String(figure.classList.toggle(name))));
    made.setAttribute("aria-pressed", String(figure.classList.contains(name)));
    return made;
  };

  // --- the tools of the block that somebody is at

  let at; // { block, bar }

  const bar = (...buttons) => {
    const made = document.createElement("div");
    made.className = "block-tools";
    made.setAttribute("role", "toolbar");
    made.setAttribute("aria-label", words.tools);
    made.append(...buttons);
    return made;
  };

  /** What is still being written is the renderer's; code that is written and not yet closed, too. */
  const unfinished = (block) => {
    const open = block.closest(".answer.running")?.querySelectorAll(".blocks.prose > .b:last-child") ?? [];
    return [...open].some((one) => one.contains(block));
  };

  const show = (block) => {
    if (at?.block === block) return;
    hide();
    if (unfinished(block) || block.matches(".drawn")) return;
    if (block.matches("figure")) {
      const lines = block.querySelector("code").textContent.split("\n").length - 1;
      const folding = lines > LONG || block.classList.contains("folded") ? [toggle(words.fold, block, "folded")] : [];
      const tools = bar(...folding, toggle(words.wrap, block, "wrapped"), button(words.download, () => download(block)));
      block.querySelector("figcaption .copy").before(tools);
      at = { block, bar: tools };
      return;
    }
    const tools = block.matches(".table-wrap")
      ? bar(copying(words.csv, () => csv(rows(block))), copying(words.markdown, () => markdown(block)))
      : bar(copying(words.source, () => block.getAttribute("alttext") ?? ""));
    block.after(tools);
    at = { block, bar: tools };
  };

  const hide = () => {
    at?.bar.remove();
    at = undefined;
  };

  const come = ({ target }) => {
    if (!(target instanceof Element) || at?.bar.contains(target)) return;
    const block = target.closest(BLOCKS);
    if (block) show(block);
    else if (at && !at.bar.contains(document.activeElement) && !at.block.contains(document.activeElement)) hide();
  };
  // Where the pointer went, not what went below it: an answer that grows scrolls past a pointer that rests.
  let last;
  const moved = (event) => {
    const here = `${event.screenX} ${event.screenY}`;
    if (here !== last) come(event);
    last = here;
  };
  document.addEventListener("pointermove", moved, { passive: true });
  document.addEventListener("pointerdown", moved, { passive: true });
  document.addEventListener("focusin", come);
  document.addEventListener("keydown", ({ key }) => key === "Escape" && hide());

  // --- diagrams, and what opens beside the chat

  const DRAWN = ".answer > .blocks code[class='language-mermaid' i]";
  const OPENED = ".answer > .blocks code:is([class='language-html' i], [class='language-htm' i], [class='language-svg' i])";
  const given = { words, button, copying, save };
  const known = new WeakSet();

  /** The figure of this code, if it is a new one. HTML that was kept and put back has in it what had been added to it. */
  const fresh = (code) => {
    const figure = code.closest("figure");
    if (known.has(figure)) return undefined;
    known.add(figure);
    for (const part of figure.querySelectorAll(".figure-tools, .diagram, .diagram-fault, .block-tools")) part.remove();
    figure.classList.remove("drawn", "as-source");
    return figure;
  };

  const near = new IntersectionObserver((seen) => {
    for (const { isIntersecting, target } of seen) {
      if (!isIntersecting) continue;
      near.unobserve(target);
      // Without a connection it stays what it is, until something changes.
      import("/diagram.js").then(({ draw }) => draw(target, given), () => known.delete(target));
    }
  });

  const opener = (figure) => {
    const made = button(words.artifact.open, () => import("/artifact.js").then(({ open }) => open(figure, given)));
    made.className = "figure-tools opener";
    made.setAttribute("aria-haspopup", "dialog");
    return made;
  };

  let due;
  const look = () => {
    due = undefined;
    for (const figure of [...document.querySelectorAll(OPENED)].map(fresh)) figure?.querySelector(".copy").before(opener(figure));
    const drawn = [...document.querySelectorAll(DRAWN)].filter((code) => !unfinished(code));
    for (const figure of drawn.map(fresh)) if (figure) near.observe(figure);
  };
  new MutationObserver(() => (due ??= setTimeout(look, 250))).observe(document.documentElement, { subtree: true, childList: true, attributeFilter: ["aria-busy"] });
  look();

  // --- quoting

  const quoting = button(words.quote, () => {
    const area = document.querySelector("#composer textarea[name=text]");
    const lines = getSelection().toString().trim().split(/\r?\n/);
    const quoted = lines.map((line) => (line ? `> ${line}` : ">")).join("\n");
    const before = area.value.trimEnd();
    area.value = `${before ? `${before}\n\n` : ""}${quoted}\n\n`;
    area.dispatchEvent(new Event("input", { bubbles: true }));
    getSelection().removeAllRanges();
    quoting.remove();
    area.focus();
    area.setSelectionRange(area.value.length, area.value.length);
  });
  quoting.className = "quote-selection button small";
  // The press would end the selection before the click is there.
  quoting.addEventListener("pointerdown", (event) => event.preventDefault());

  const offer = () => {
    const chosen = getSelection();
    const inside = (node) => (node instanceof Element ? node : node?.parentElement)?.closest(".answer .prose, .question");
    const place = !chosen.isCollapsed && chosen.toString().trim() && inside(chosen.anchorNode);
    if (!place || inside(chosen.focusNode) !== place || place.querySelector("textarea") || !document.querySelector("#composer textarea[name=text]")) return quoting.remove();
    const box = chosen.getRangeAt(0).getBoundingClientRect();
    document.body.append(quoting);
    const [left, top] = [Math.min(box.right, innerWidth - quoting.offsetWidth - 8), Math.min(box.bottom + 6, innerHeight - quoting.offsetHeight - 8)];
    Object.assign(quoting.style, { left: `${Math.max(8, left)}px`, top: `${Math.max(8, top)}px` });
  };
  let waiting;
  document.addEventListener("selectionchange", () => {
    clearTimeout(waiting);
    waiting = setTimeout(offer, 150);
  });
  document.addEventListener("scroll", () => quoting.isConnected && offer(), { passive: true, capture: true });
})();
