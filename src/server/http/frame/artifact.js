// Becomes the document that the page around this frame sends, and tells it when somebody presses Escape there.
(() => {
  const page = parent;
  if (page === self) return;
  const take = ({ source, data }) => {
    if (source !== page || typeof data?.html !== "string") return;
    removeEventListener("message", take);
    document.open();
    document.write(data.html);
    document.close();
    // A new document has none of the old one's listeners.
    addEventListener("keydown", ({ key, defaultPrevented }) => key === "Escape" && !defaultPrevented && page.postMessage({ liao: "escape" }, "*"));
  };
  addEventListener("message", take);
  page.postMessage({ liao: "ready" }, "*");
})();
