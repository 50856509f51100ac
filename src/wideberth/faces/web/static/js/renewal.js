// A session ends while somebody is in the middle of something: nothing that was typed is lost. The
// views stay as they are, hidden behind a dialog that asks for the next token of the same party, and
// go on where they were. Whoever signs out instead loses what is typed, and is told so.

import { at, setText } from "./dom.js";
import { claims } from "./credential.js";
import { clearFault } from "./fields.js";
import { duration, h, plain } from "./text.js";
import { phrase, t } from "./words.js";

const SOON_MS = 600000; // so long before its end the next token can be given at leisure

export class Renewal {
  /** renewed(token, session) goes on with it; leave() signs out. */
  constructor({ renewed, leave }) {
    this.renewed = renewed;
    this.leave = leave;
    Object.assign(this, { party: null, forced: false });
    this.dialog = at("renewal");
    this.button = at("renew");
    this.button.addEventListener("click", () => this.#open(t("Your session goes on with the next token. Nothing that is typed is lost.")));
    this.dialog.addEventListener("cancel", (event) => { if (this.forced) event.preventDefault(); });
    this.dialog.addEventListener("close", () => { if (this.forced) this.dialog.showModal(); });
  }

  get isOver() { return this.forced; }

  /** The session is over: nothing is shown until the next token is given. why: in words. */
  over(why) {
    if (this.forced) return;
    this.forced = true;
    this.#open(`${why} ${t("What you typed is kept.")}`);
  }

  /** Say when it ends, once that is soon. session: of the state, or null. */
  update(session) {
    this.party = session?.party ?? null;
    const leftMs = (session?.expiresMs ?? NaN) - Date.now();
    this.button.hidden = !(leftMs < SOON_MS) || this.forced;
    if (!this.button.hidden) setText(this.button, leftMs > 0 ? t("Session ends in {left}", { left: duration(Math.ceil(leftMs / 60000) * 60) }) : t("Session over"));
  }

  reset() {
    this.forced = false;
    this.button.hidden = true;
    if (this.dialog.open) this.dialog.close();
  }

  #open(why) {
    const fault = h("p", { class: "fault", role: "alert" });
    const token = h("textarea", { id: "renewal-token", rows: "5", autocomplete: "off", spellcheck: "false", required: true });
    const form = h("form", { class: "answer", novalidate: true },
      h("h2", { id: "h-renewal" }, t("Sign in again")), h("p", {}, plain(why, 600)),
      this.forced ? h("p", { class: "missing" }, phrase("STOP cannot be sent from here until then. Use the telephone.")) : null,
      h("p", { class: "field" }, h("label", { for: "renewal-token" }, t("Next token of {party}", { party: this.party ?? "" })), token), fault,
      h("p", { class: "line" }, h("button", { type: "submit", class: "do" }, t("Go on")),
        this.forced
          ? h("button", { type: "button", class: "quiet", onclick: () => this.leave() }, t("Sign out: what is typed is lost"))
          : h("button", { type: "button", class: "quiet", onclick: () => this.dialog.close() }, t("Leave it"))));
    token.addEventListener("keydown", (event) => { // a token is one line, which may be shown on several
      if (event.key !== "Enter" || event.isComposing) return;
      event.preventDefault();
      form.requestSubmit();
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      clearFault(fault);
      const given = token.value.trim();
      const session = claims(given);
      if (!session) { setText(fault, t("This is no token: it has to have three parts with dots between.")); return; }
      if (session.party !== this.party) { setText(fault, t("This token is of {other}. What is typed here is of {party}: give a token of {party}, or sign out first.", { other: plain(session.party, 60), party: plain(this.party, 60) })); return; }
      if (session.expiresMs <= Date.now()) { setText(fault, t("This token is over, too.")); return; }
      this.forced = false;
      this.dialog.close();
      this.renewed(given, session);
    });
    this.dialog.replaceChildren(form);
    if (!this.dialog.open) this.dialog.showModal();
    token.focus();
  }
}
