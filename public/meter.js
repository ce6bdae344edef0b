// How good a new password is, on pages that load no other script: the server is asked while one types.
(() => {
  const PAUSE = 300;
  for (const box of document.querySelectorAll("[data-meter]")) {
    const form = box.closest("form");
    const field = form.querySelector("input[autocomplete=new-password]");
    const [meter, name, why] = box.children;
    const scores = box.dataset.scores.split("|");
    let timer;

    const ask = async () => {
      const asked = new URLSearchParams({ password: field.value });
      for (const known of ["email", "name"]) if (form.elements[known]?.value) asked.set(known, form.elements[known].value);
      const answer = await fetch(box.dataset.meter, { method: "POST", headers: { Accept: "application/json" }, body: asked });
      if (!answer.ok || asked.get("password") !== field.value) return;
      const { score, weakness } = await answer.json();
      meter.value = score;
      name.textContent = scores[score];
      why.textContent = weakness ? box.dataset[weakness] : "";
      box.hidden = false;
    };

    field?.addEventListener("input", () => {
      clearTimeout(timer);
      if (!field.value) box.hidden = true;
      else timer = setTimeout(() => ask().catch(() => {}), PAUSE);
    });
  }
})();
