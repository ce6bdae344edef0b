// Passkeys: the browser's half of their ceremonies. A form with data-passkey posts by itself once an authenticator has answered.
(() => {
  // An address of numbers has no passkeys.
  if (!window.PublicKeyCredential || /^[\d.]+$|:/.test(location.hostname)) return;
  // The style shows the forms now.
  document.documentElement.dataset.passkeys = "";

  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const written = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

  /** Asks the server for a ceremony. */
  const begin = async (form) => {
    const email = form.dataset.passkey === "get" && document.querySelector("input[name=email]")?.value.trim();
    const answer = await fetch(form.dataset.begin, {
      method: "POST",
      headers: { Accept: "application/json" },
      body: new URLSearchParams(email ? { email } : {}),
    });
    const body = await answer.json();
    if (!answer.ok) throw body;
    return body;
  };

  /** The options with their bytes as bytes. */
  const read = (options) => {
    const key = options.publicKey;
    key.challenge = bytes(key.challenge);
    if (key.user) key.user.id = bytes(key.user.id);
    for (const list of [key.allowCredentials, key.excludeCredentials]) for (const one of list ?? []) one.id = bytes(one.id);
    return { publicKey: key };
  };

  /** The answer as JSON. */
  const json = ({ id, rawId, type, response }) => {
    const said = { clientDataJSON: written(response.clientDataJSON) };
    for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (response[name]) said[name] = written(response[name]);
    }
    return JSON.stringify({ id, rawId: written(rawId), type, response: said });
  };

  let waiting;

  /** Has an authenticator answer, and posts the form. */
  const run = async (form, more = {}) => {
    waiting?.abort();
    waiting = new AbortController();
    const { ticket, options } = await begin(form);
    const asked = { ...read(options), ...more, signal: waiting.signal };
    const credential = await navigator.credentials[form.dataset.passkey](asked);
    form.elements.ticket.value = ticket;
    form.elements.credential.value = json(credential);
    form.submit();
  };

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches?.("form[data-passkey]")) return;
    event.preventDefault();
    const alert = form.querySelector("[role=alert]");
    alert.hidden = true;
    run(form).catch((error) => {
      if (error.code === "step_up") location.assign(`/confirm?next=${location.pathname}`);
      else alert.hidden = false;
    });
  });

  // The browser offers passkeys where the address is typed. Nobody asked, so nobody is told when it does not work.
  const auto = document.querySelector("form[data-auto]");
  if (auto) {
    Promise.resolve(PublicKeyCredential.isConditionalMediationAvailable?.())
      .then((can) => can && run(auto, { mediation: "conditional" }))
      .catch(() => {});
  }
})();
