// Draws diagrams for the page around this frame, one after the other. The page brings the library along, because a frame without an origin has no
// cache of its own.
(() => {
  const page = parent;
  if (page === self) return;
  const tell = (word) => page.postMessage(word, "*");

  const load = (library) =>
    new Promise((done, failed) => {
      const script = document.createElement("script");
      script.src = URL.createObjectURL(new Blob([library], { type: "text/javascript" }));
      script.addEventListener("load", done);
      script.addEventListener("error", failed);
      document.head.append(script);
    });

  const draw = async ({ id, text, dark, font }) => {
    mermaid.initialize({
      startOnLoad: false,
      suppressErrorRendering: true,
      securityLevel: "strict",
      // Words as SVG: a picture of HTML is not one for every program.
      htmlLabels: false,
      flowchart: { htmlLabels: false },
      journey: { textPlacement: "tspan" },
      secure: ["secure", "securityLevel", "startOnLoad", "suppressErrorRendering", "maxTextSize", "maxEdges", "htmlLabels", "textPlacement"],
      theme: dark ? "dark" : "neutral",
      fontFamily: font,
    });
    try {
      const { svg } = await mermaid.render(`diagram-${id}`, text);
      tell({ liao: "drawn", id, svg });
    } catch (cause) {
      tell({ liao: "fault", id, cause: String(cause?.message ?? cause).slice(0, 500) });
    }
  };

  let turn = Promise.resolve();
  addEventListener("message", ({ source, data }) => {
    if (source !== page) return;
    if (typeof data?.library === "string") load(data.library).then(() => tell({ liao: "loaded" }), () => tell({ liao: "failed" }));
    else if (typeof data?.text === "string") turn = turn.then(() => draw(data));
  });
  tell({ liao: "ready" });
})();
