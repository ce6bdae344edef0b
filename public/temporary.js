// A temporary chat. This page alone holds what is said: in a variable, nowhere else. A question takes it along, and the answer comes in the
// response, as blocks of HTML and as the text that they are made of. When the page goes the answer stops: nobody could read it later.
(() => {
  const words = JSON.parse(document.querySelector("script[data-words]").dataset.words);
  const find = (selector, within = document) => within.querySelector(selector);
  const [form, log, scroller, stop, keep] = ["#composer", ".temporary .log", ".temporary .scroll", "#temporary-stop", "#temporary-keep"].map((one) => find(one));
  const area = find("textarea", form);
  const send = find("[type=submit]", form);
  const model = find("select[name=model]");
  const made = (id) => document.getElementById(id).content.firstElementChild.cloneNode(true);
  const say = (text) => (document.getElementById("temporary-said").textContent = text);

  /** What was said, oldest first. A page that was made without this script brings it along. */
  const said = JSON.parse(find("[name=history]", form)?.value || "[]");
  /** How to end the answer that is being written. */
  let running;

  // --- the page

  // Only who scrolls up leaves the end: an event may come when there is more below already.
  let [atEnd, top] = [true, 0];
  scroller.addEventListener("scroll", () => {
    const now = scroller.scrollTop;
    if (scroller.scrollHeight - now - scroller.clientHeight < 40) atEnd = true;
    else if (now < top) atEnd = false;
    top = now;
  });
  const follow = () => atEnd && (scroller.scrollTop = scroller.scrollHeight);
  follow();

  const refuse = (text) => {
    const place = document.getElementById("temporary-refused");
    place.replaceChildren();
    if (!text) return;
    const alert = Object.assign(document.createElement("div"), { className: "alert" });
    alert.setAttribute("role", "alert");
    alert.append(Object.assign(document.createElement("span"), { textContent: text }));
    place.append(alert);
  };

  const busy = (abort) => {
    running = abort;
    [send.hidden, stop.hidden, keep.hidden] = [Boolean(abort), !abort, Boolean(abort) || !said.length];
  };

  /** What could not be asked comes back, in front of what was typed since. */
  const giveBack = (text) => {
    area.value = area.value.trim() ? `${text}\n\n${area.value}` : text;
    area.focus();
  };

  const copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const field = Object.assign(document.createElement("textarea"), { value: text });
      document.body.append(field);
      field.select();
      document.execCommand("copy");
      field.remove();
    }
  };

  // --- an answer

  /** Blocks that patches change: closed ones are never touched again, and the page is changed once a frame. */
  const blocks = (root) => {
    let [at, html, dirty] = [0, "", false];
    const element = (n) => {
      while (root.children.length <= n) root.append(Object.assign(document.createElement("div"), { className: "b" }));
      return root.children[n];
    };
    const paint = () => {
      if (dirty) element(at).innerHTML = html;
      dirty = false;
    };
    const apply = (patch) => {
      if (patch.b !== at) {
        paint();
        [at, html] = [patch.b, ""];
      }
      if (patch.html !== undefined) [html, dirty] = [html.slice(0, patch.at) + patch.html, true];
      if (patch.append === undefined) return;
      paint();
      const code = find("code", element(at)) ?? element(at);
      find(".tail", code)?.remove();
      code.insertAdjacentHTML("beforeend", patch.append + (patch.tail ?? ""));
    };
    return { apply, paint };
  };

  /** An answer on the page, and what its events do. */
  const answer = (again) => {
    const article = made("temporary-answer");
    const thought = find(".reasoning", article);
    const sides = { r: blocks(find(".blocks", thought)), c: blocks(find(":scope > .blocks", article)) };
    const [status, notices] = [find(".status", article), find(".notices", article)];
    let [queue, painting, text, ended] = [[], false, "", false];
    const paint = () => {
      painting = false;
      for (const piece of queue.splice(0)) {
        if (piece.r) thought.hidden = false;
        if (piece.c) {
          article.classList.remove("empty");
          find(".passes", notices)?.remove();
          find("summary", thought).textContent = words.reasoning;
        }
        for (const side of ["r", "c"]) for (const patch of piece[side] ?? []) sides[side].apply(patch);
      }
      sides.r.paint();
      sides.c.paint();
      follow();
    };
    const close = (why, failed, details) => {
      paint();
      ended = true;
      article.classList.remove("running");
      article.setAttribute("aria-busy", "false");
      find(".passes", notices)?.remove();
      find("summary", thought).textContent = words.reasoning;
      if (text) say(words.finished);
      if (!why) return follow();
      status.hidden = false;
      status.classList.toggle("failed", failed);
      find("span", status).textContent = why;
      if (failed) status.setAttribute("role", "alert");
      if (details) {
        find(".words", status).hidden = false;
        find(".words p", status).textContent = details;
      }
      find("[data-again]", status).hidden = !failed;
      follow();
    };
    find("[data-again]", status).addEventListener("click", () => again(article, text));
    find("[data-take]", article).addEventListener("click", async ({ currentTarget: button }) => {
      await copy(text);
      button.title = words.copied;
      button.setAttribute("aria-label", words.copied);
      say(words.copied);
    });
    const on = {
      start: ({ model: id }) => (find(".model", article).textContent = id),
      notice: (notice) => {
        find(".passes", notices)?.remove();
        const line = Object.assign(document.createElement("p"), { className: notice.passes ? "notice passes" : "notice", textContent: notice.text });
        notices.append(line);
        on.start(notice);
      },
      patch: (piece) => {
        text += piece.t;
        queue.push(piece);
        if (!painting) requestAnimationFrame(paint);
        painting = true;
      },
      end: (end) => {
        find(".model", article).textContent = [end.model, end.used].filter(Boolean).join(" · ");
        close(end.text, end.status === "failed", end.words);
      },
    };
    return { article, on, close, text: () => text, ended: () => ended };
  };

  /** The events of a response, one after the other. */
  const events = async function* (body) {
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const frames = (rest + value).split("\n\n");
      rest = frames.pop();
      for (const frame of frames) {
        const field = (name) => frame.match(new RegExp(`^${name}: (.*)$`, "m"))?.[1];
        if (field("event")) yield [field("event"), JSON.parse(field("data"))];
      }
    }
  };

  /** Asks, and writes the answer below the question. What could not be asked stands in the field again. */
  const ask = async (text, question) => {
    const abort = new AbortController();
    const shown = answer((article, partial) => retry(article, question, text, partial));
    busy(abort);
    refuse();
    const body = JSON.stringify({ message: text, history: said, model: model?.value || null });
    try {
      const options = { method: "POST", headers: { "Content-Type": "application/json", Accept: "text/event-stream" }, body, cache: "no-store", signal: abort.signal };
      const response = await fetch("/temporary", options);
      if (!response.ok) {
        const problem = await response.json().catch(() => ({}));
        if (response.status === 401) location.assign("/login?next=/temporary");
        question.remove();
        giveBack(text);
        return refuse(problem.message ?? (response.status === 413 ? words.too_long : words.problem));
      }
      log.append(shown.article);
      follow();
      for await (const [name, data] of events(response.body)) shown.on[name]?.(data);
      if (!shown.ended()) shown.close(words.interrupted, false);
    } catch {
      if (abort.signal.aborted) shown.close(words.stopped, false);
      else if (shown.article.isConnected) shown.close(words.interrupted, false);
      else {
        question.remove();
        giveBack(text);
        refuse(words.offline);
      }
    } finally {
      settle(text, shown);
    }
  };

  /** What was said with this answer is said. A question without an answer is not: it can be asked again. */
  const settle = (text, shown) => {
    if (shown.text().trim()) said.push({ role: "user", content: text }, { role: "assistant", content: shown.text() });
    else if (shown.article.isConnected && find("[data-again]", shown.article).hidden) giveBack(text);
    busy();
    if (document.activeElement === document.body) area.focus();
  };

  /** The same question once more, in place of an answer that failed. */
  const retry = (article, question, text, partial) => {
    // Of a turn further up nothing can be taken back.
    if (running || article !== log.lastElementChild) return;
    if (partial.trim()) said.splice(-2);
    article.remove();
    ask(text, question);
  };

  // --- what is pressed

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = area.value;
    if (!text.trim() || running) return;
    find(".temporary-promise")?.remove();
    log.hidden = false;
    const question = made("temporary-question");
    find(".bubble", question).textContent = text;
    log.append(question);
    area.value = "";
    atEnd = true;
    ask(text, question);
  });
  stop.addEventListener("click", () => running?.abort());
  keep.addEventListener("click", async (event) => {
    event.preventDefault();
    keep.disabled = true;
    try {
      const body = JSON.stringify({ message: "", history: said });
      const response = await fetch("/temporary/keep", { method: "POST", headers: { "Content-Type": "application/json" }, body, cache: "no-store" });
      const answer = await response.json();
      if (response.ok) return location.assign(answer.path);
      refuse(answer.message ?? words.problem);
    } catch {
      refuse(words.offline);
    } finally {
      keep.disabled = false;
    }
  });

  const enter = Boolean(find("[data-enter]", form));
  area.addEventListener("keydown", (event) => {
    const command = event.ctrlKey || event.metaKey;
    if (event.key !== "Enter" || event.isComposing || event.shiftKey || (!enter && !command)) return;
    event.preventDefault();
    form.requestSubmit();
  });
  document.addEventListener("keydown", (event) => {
    const command = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
    const again = event.code === "KeyT" && event.altKey && event.shiftKey && !event.ctrlKey && !event.metaKey;
    if (!again && !(command && event.key.toLowerCase() === "j")) return;
    event.preventDefault();
    location.assign(again ? "/temporary" : "/");
  });
  document.addEventListener("click", async ({ target }) => {
    const button = target.closest?.(".copy[data-copy]");
    if (!button) return;
    await copy(find("code", button.closest("figure"))?.textContent ?? "");
    button.dataset.copied = words.copied;
    setTimeout(() => delete button.dataset.copied, 2000);
  });
  // The renderer knows no language, so the style sheet writes the label.
  document.body.style.setProperty("--copy-label", JSON.stringify(words.copy));

  // Whoever leaves by mistake is asked, while something would be lost that was not read yet.
  addEventListener("beforeunload", (event) => {
    if (running || area.value.trim()) event.preventDefault();
  });
  busy();
})();
