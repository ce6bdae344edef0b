// Questions that may come next: they arrive a moment after an answer, and the composer sends them where it is alive. Without this script
// they are a plain form that comes with the page.
(() => {
  const WAITS = [2000, 3000, 5000, 8000, 15000];

  document.addEventListener("submit", (event) => {
    const composer = document.getElementById("composer");
    const area = composer?.querySelector("textarea[name=text]");
    // What somebody is writing is not taken away from them: the plain form leaves it where it is.
    if (!event.target.matches?.("form.follow-ups") || !event.submitter || !area || area.value.trim()) return;
    event.preventDefault();
    area.value = event.submitter.value;
    area.dispatchEvent(new Event("input", { bubbles: true }));
    composer.requestSubmit();
  });

  const show = (answer, questions) => {
    const form = document.createElement("form");
    form.className = "follow-ups";
    form.method = "post";
    form.enctype = "multipart/form-data";
    form.action = "/chat/";
    const chat = document.createElement("input");
    [chat.type, chat.name, chat.value] = ["hidden", "chat_id", location.pathname.split("/")[2]];
    form.append(chat);
    for (const question of questions) {
      const button = document.createElement("button");
      [button.name, button.value, button.textContent, button.className] = ["text", question, question, "button quiet small"];
      form.append(button);
    }
    const block = document.createElement("div");
    block.className = "b";
    block.append(form);
    answer.querySelector(":scope > .blocks.prose")?.append(block); // not that of its reasoning
  };

  const wait = async (answer) => {
    for (const pause of WAITS) {
      await new Promise((done) => setTimeout(done, pause));
      const gone = !answer.isConnected || answer.getAttribute("aria-busy") === "true" || answer.querySelector(".follow-ups");
      if (gone || document.querySelector("article.answer:last-of-type") !== answer) return;
      const asked = new URLSearchParams({ message_id: answer.id.replace(/^m-/, "") });
      const said = await fetch("/rpc/suggestion/follow_ups", { method: "POST", headers: { Accept: "application/json" }, body: asked });
      if (!said.ok) return;
      const questions = await said.json();
      if (questions.length) return show(answer, questions);
    }
  };

  new MutationObserver((changes) => {
    for (const { target, oldValue } of changes) {
      const done = target.matches("article.answer") && oldValue === "true" && target.getAttribute("aria-busy") === "false";
      if (done) wait(target).catch(() => {});
    }
  }).observe(document.documentElement, { subtree: true, attributeFilter: ["aria-busy"], attributeOldValue: true });
})();
