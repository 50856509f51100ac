// The panel of this browser's key: whether answers can be signed here, and how to make it so.

import { field } from "./answer.js";
import { rows } from "./dom.js";
import { h, plain } from "./text.js";

const SIGNED_ROLES = ["acknowledge", "tell", "sign"];

/** Draws into box and keeps itself up to date; changed() after a key was made. */
export class SigningPanel {
  constructor(box, context, changed) {
    Object.assign(this, { box, context, changed });
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
    return h("p", { class: "dim small" }, `Answers are signed with the key ${plain(id)} of this browser, which may: ${roles.join(", ")}.`);
  }

  #lacks(session) {
    if (this.found?.why) return h("p", { class: "missing" }, `${this.found.why} RECEIVED can be said here, nothing else.`);
    const roles = session.roles.filter((role) => SIGNED_ROLES.includes(role));
    const own = session.roles.includes("administer");
    const fault = h("p", { class: "fault", role: "alert" }, this.fault ? plain(this.fault, 240) : "");
    const token = own ? null : field("token", "Token of somebody who administers the keys of your party (used once, not kept)", { class: "long", type: "password" });
    const form = h("form", { class: "answer", "aria-label": "Key of this browser" },
      h("p", {}, h("b", {}, "This browser cannot sign yet. "),
        "Every answer but RECEIVED is signed. The key is made here and cannot be taken out of this browser; the node gets the public half."),
      token, fault,
      h("button", { type: "submit", class: "do" }, "Make and enrol a key"));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      try {
        await this.context.signer.enrol(roles, own ? null : form.elements.token.value.trim());
        this.fault = "";
      } catch (error) {
        fault.textContent = plain(error.message, 240);
      }
    });
    return form;
  }
}
