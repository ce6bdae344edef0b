// New lines of the server's log, above the others of the table. The server writes the rows; without this script the page loads itself again.
customElements.define(
  "log-tail",
  class extends HTMLElement {
    connectedCallback() {
      // The table may come onto the page after this.
      setTimeout(() => this.isConnected && this.follow());
    }

    follow() {
      const body = document.querySelector("#log tbody");
      const said = this.querySelector("[role=status]");
      if (!body) return;
      const newest = body.firstElementChild?.dataset.n ?? "";
      this.source = new EventSource(`${this.dataset.url}${newest && `&after=${newest}`}`);
      let count = 0;
      this.source.addEventListener("rows", ({ data }) => {
        const rows = JSON.parse(data);
        // The newest first.
        body.insertAdjacentHTML("afterbegin", rows.reverse().join(""));
        while (body.children.length > 1000) body.lastElementChild.remove();
        count += rows.length;
        said.textContent = `${said.dataset.words} ${count}`;
      });
    }

    disconnectedCallback() {
      this.source?.close();
    }
  },
);
