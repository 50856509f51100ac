// What the reader's party told and that stands: changed in the form, or ended, in two actions.

import { intentName, rows } from "./dom.js";
import { dayTime } from "./meets.js";
import { limitText } from "./shape.js";
import { h, plain } from "./text.js";
import { t } from "./words.js";

/** What this form does not hold: an amendment by it would take it away. */
const MORE = ["stand_off", "marking", "evidence", "phase", "phase_text", "under", "state_by_track", "open_ended"];

export const carriesMore = (wire) => MORE.filter((name) => wire[name] && !["none agreed", "none given"].includes(wire[name]) && wire[name].length !== 0 && JSON.stringify(wire[name]) !== "{}");

export class OwnIntents {
  /** change(id), end(id): what the buttons do; the latter gives a promise. */
  constructor(box, context, { change, end, show }) {
    Object.assign(this, { box, context, change, end, show });
    this.asked = null; // whose end is asked about
    this.said = new Map();
    this.busy = new Set();
  }

  update(state) {
    const own = Object.values(state.intents).filter((each) => each.party === state.session?.party && each.state !== "Ended").sort((a, b) => a.startMs - b.startMs || a.id.localeCompare(b.id));
    rows(this.box, own.map((intent) => ({
      key: intent.id,
      shows: [intent.version, intent.state, intent.startMs, intent.endMs, this.asked === intent.id, this.busy.has(intent.id), this.said.get(intent.id)],
      make: () => this.#card(state, intent),
    })), state.loaded.intents ? t("You told nothing that still stands.") : t("Asking …"));
  }

  #card(state, intent) {
    const name = plain(intentName(state, intent), 60);
    const can = state.session.roles.includes("tell");
    const volume = intent.volumes[0];
    return h("article", { class: "card" },
      h("p", { class: "line" }, h("b", {}, name), h("span", { class: "tag" }, intent.kind), h("span", { class: `tag s-${intent.state.toLowerCase()}` }, intent.state), h("span", { class: "dim" }, `v${intent.version} · ${intent.visibility}`)),
      h("p", { class: "num" }, `${dayTime(intent.startMs)} – ${dayTime(intent.endMs)}`, volume ? ` · ${limitText(volume.lower)} – ${limitText(volume.upper)}` : ""),
      can ? (this.asked === intent.id ? this.#confirm(intent, name) : h("div", { class: "actions", role: "group", "aria-label": name },
        h("button", { type: "button", class: "do other", "data-focus": `show${intent.id}`, onclick: () => this.show(intent.id) }, t("On the map")),
        h("button", { type: "button", class: "do other", "data-focus": `change${intent.id}`, disabled: this.busy.has(intent.id), onclick: () => this.#do(intent, () => this.change(intent.id)) }, t("Change it …")),
        h("button", { type: "button", class: "do other", "data-focus": `end${intent.id}`, onclick: () => this.#ask(intent.id) }, t("End it …")))) : null,
      this.said.has(intent.id) ? h("p", { class: "fault", role: "alert" }, this.said.get(intent.id)) : null);
  }

  #confirm(intent, name) {
    return h("div", { class: "answer", role: "group", "aria-label": t("End this: {name}", { name }) },
      h("p", {}, t("It will not go on, or not at all. Whoever was told of it is told that it ended, and takes it out of every unit.")),
      h("p", { class: "line" },
        h("button", { type: "button", class: "do", "data-focus": `end${intent.id}`, disabled: this.busy.has(intent.id), onclick: () => this.#do(intent, () => this.end(intent.id)) }, t("End this intent")),
        h("button", { type: "button", class: "quiet", onclick: () => this.#ask(null) }, t("Leave it"))));
  }

  #ask(id) {
    this.asked = id;
    this.update(this.context.state());
  }

  async #do(intent, act) {
    if (this.busy.has(intent.id)) return;
    this.busy.add(intent.id);
    this.update(this.context.state());
    try {
      await act();
      this.said.delete(intent.id);
      if (this.asked === intent.id) this.asked = null;
    } catch (error) {
      this.said.set(intent.id, error instanceof TypeError ? t("No connection. Try it again.") : plain(error.message, 300));
    } finally {
      this.busy.delete(intent.id);
    }
    this.update(this.context.state());
  }
}
