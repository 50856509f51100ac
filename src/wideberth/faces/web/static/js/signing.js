// The panel of this browser's key: whether answers can be signed here, and how to make it so.

import { field } from "./answer.js";
import { rows } from "./dom.js";
import { Wrong, clearFault, showFault, wordsOf } from "./fields.js";
import { claims } from "./credential.js";
import { h, plain } from "./text.js";
import { t } from "./words.js";

const SIGNED_ROLES = ["acknowledge", "tell", "sign"];

/** Draws into box and keeps itself up to date; changed() after a key was made. */
export class SigningPanel {
  constructor(box, context, changed) {
    this.box = box;
    this.context = context;
    this.changed = changed;
    this.found = null;
    this.fault = "";
    context.signer.panels.add(() => this.look());
    this.look();
  }

  async look() {
    try {
      this.found = await this.context.signer.find();
    } catch (error) {
      this.found = null;
      this.fault = error.message;
    }
    this.draw();
    this.changed();
  }

  /** Bring the panel into view, and the keyboard to it. */
  reach() {
    this.box.scrollIntoView({ block: "center" });
    this.box.querySelector("input, button")?.focus({ preventScroll: true });
  }

  get ready() { return Boolean(this.found?.enrolled); }

  draw() {
    const { found, fault } = this;
    const { session } = this.context;
    rows(this.box, [{
      key: "panel",
      shows: [found?.why, found?.held?.keyId, found?.enrolled, fault],
      make: () => (this.ready ? this.#holds() : this.#lacks(session)),
    }], "");
  }

  #holds() {
    const { key_id: id, roles } = this.found.enrolled;
    return h("p", { class: "dim small" }, t("Answers are signed with the key {id} of this browser, which may: {roles}.", { id: plain(id), roles: roles.join(", ") }));
  }

  #lacks(session) {
    if (this.found?.why) return h("p", { class: "missing" }, t("{why} RECEIVED can be said here, nothing else.", { why: this.found.why }));
    const roles = session.roles.filter((role) => SIGNED_ROLES.includes(role));
    const own = session.roles.includes("administer");
    const fault = h("p", { class: "fault", role: "alert" }, this.fault ? plain(this.fault, 240) : "");
    const token = own ? null : field("token", t("Token of somebody who administers the keys of your party (used once, not kept)"), { class: "long", type: "password" });
    const form = h("form", { class: "answer", "aria-label": t("Key of this browser"), novalidate: true },
      h("p", {}, h("b", {}, `${t("This browser cannot sign yet.")} `),
        t("Every answer but RECEIVED is signed. The key is made here and cannot be taken out of this browser; the node gets the public half.")),
      token, fault,
      h("button", { type: "submit", class: "do" }, t("Make and enrol a key")));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      clearFault(fault);
      try {
        await this.context.signer.enrol(roles, own ? null : administers(form.elements.token, session.party));
        this.fault = "";
      } catch (error) {
        showFault(form, fault, error);
      }
    });
    return form;
  }
}

/** The token of somebody who administers the keys of this party; throws what is wrong with it. */
function administers(input, party) {
  const token = wordsOf(input, t("give it, or ask who administers the keys of your party."));
  const said = claims(token);
  if (!said) throw new Wrong(input, t("This is no token: it has to have three parts with dots between."));
  if (said.party !== party) throw new Wrong(input, t("This token is of {party}, and the key is to be of {party2}. Ask somebody of {party2}.", { party: plain(said.party, 60), party2: plain(party, 60) }));
  if (!said.roles.includes("administer")) throw new Wrong(input, t("This token has no role administer; one that has is made with: {command}", { command: `wideberth token ${plain(party, 60)} --role administer` }));
  return token;
}
