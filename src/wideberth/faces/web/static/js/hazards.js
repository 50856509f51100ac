// Hazards that nobody said to be over, with their status. The party of a hazard says it here; a
// missed word reads unknown, never safe.

import { aged, partyName, rows, swatch } from "./dom.js";
import { h, plain, utcDate, utcShort } from "./text.js";

const NONE = "No hazard that you may see stands here. No information is not clearance.";

export class HazardList {
  constructor(box, context, signing) {
    Object.assign(this, { box, context, signing });
    this.said = new Map();
  }

  update(state) {
    const own = state.session?.party;
    const all = Object.values(state.hazards).sort((a, b) => Number(a.party !== own) - Number(b.party !== own) || a.startMs - b.startMs);
    rows(this.box, all.map((hazard) => {
      const intent = state.intents[hazard.id];
      const name = intent?.placeName ?? intent?.callSign ?? hazard.id;
      return {
        key: hazard.id, shows: [hazard, name, partyName(state, hazard.party), this.said.get(hazard.id), this.signing.ready],
        make: () => this.#card(state, hazard, name, hazard.party === own),
      };
    }), state.loaded.hazards ? NONE : "Asking …");
  }

  #card(state, hazard, name, own) {
    const said = this.said.get(hazard.id);
    return h("article", { class: "card" },
      h("p", { class: "line" }, h("b", {}, plain(name, 60)), h("span", { class: "tag strong" }, hazard.state),
        h("span", { class: "age" }, Number.isFinite(hazard.statedMs) ? ["said ", aged("ago", hazard.statedMs)] : "no status was given")),
      h("p", {}, "of ", swatch(hazard.party), plain(partyName(state, hazard.party), 60), h("span", { class: "num" }, ` · ${utcDate(hazard.startMs)} ${utcShort(hazard.startMs)} to ${utcShort(hazard.endMs)}`)),
      own && Number.isFinite(hazard.nextMs) ? h("p", { class: "dim" }, "Its status is due ", aged("within", hazard.nextMs, { class: "num" }), "; a missed one reads unknown.") : null,
      own && state.session.roles.includes("tell") ? h("div", { class: "actions", role: "group", "aria-label": `Status of ${plain(name, 40)}` },
        ["active", "moved", "ended", "unknown"].map((status) => h("button", {
          type: "button", class: "do other", "data-focus": `${status}${hazard.id}`, onclick: () => this.#say(hazard, status),
        }, status))) : null,
      said ? h("p", { class: "fault", role: "alert" }, said) : null);
  }

  async #say(hazard, status) {
    try {
      await this.context.api.post(`/api/v1/hazards/${encodeURIComponent(hazard.id)}/status`, { status }, crypto.randomUUID());
      this.said.delete(hazard.id);
    } catch (error) {
      this.said.set(hazard.id, plain(error.message, 200));
    }
    this.context.refresh("hazards");
  }
}
