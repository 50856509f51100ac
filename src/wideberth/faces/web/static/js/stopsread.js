// The STOPs of the last day that stand no longer above every view, since somebody here has read them or
// put them away: folded, in the inbox. Each leads to an incident that could be opened of it.

import { aged, partyName, rows, setText, swatch } from "./dom.js";
import { h, plain, utc } from "./text.js";
import { phrase, t } from "./words.js";

const DAY_MS = 86400000;

/** Of whom a STOP is, when, and its words. */
export const stopLine = (state, stop) => [
  h("b", {}, stop.form.toUpperCase()), " from ", swatch(stop.sender), h("b", {}, plain(partyName(state, stop.sender), 60)),
  stop.identified === "unverified" ? h("span", { class: "tag strong" }, phrase("UNVERIFIED")) : null,
  h("span", { class: "num" }, ` ${utc(stop.sentMs)}, `), aged("ago", stop.sentMs), ": ",
  stop.text ? plain(stop.text, 200) : t("nothing more was said"),
];

/** Those of the last day that the reader's party sent, or that a person there has read, the newest first. */
export function readStops(state, now) {
  const own = state.session?.party;
  return Object.values(state.stops)
    .filter((stop) => now - stop.sentMs <= DAY_MS && (stop.sender === own || stop.reads.some((read) => read.party === own)))
    .sort((a, b) => b.sentMs - a.sentMs);
}

export class ReadStops {
  constructor(root, context) {
    this.context = context;
    this.line = h("summary", {});
    this.list = h("div", { class: "cards", id: "stops-read" });
    this.box = h("details", { class: "small" }, this.line, this.list);
    root.replaceChildren(this.box);
  }

  update(state, now) {
    const stops = readStops(state, now);
    this.box.hidden = !stops.length;
    setText(this.line, phrase("STOPs of the last day that were read here, or sent from here: {count}", { count: stops.length }));
    rows(this.list, stops.map((stop) => ({ key: stop.id, shows: [stop, partyName(state, stop.sender)], make: () => this.#row(state, stop) })), "");
  }

  #row(state, stop) {
    const own = stop.reads.find((read) => read.party === state.session?.party);
    return h("article", { class: "card" },
      h("p", {}, stopLine(state, stop)),
      own ? h("p", { class: "dim" }, t("Read here after {duration}.", { duration: `${Math.round(own.afterS)} s` })) : null,
      h("p", {}, h("button", { type: "button", class: "quiet", "data-focus": `o${stop.id}`, onclick: () => this.context.actions.openOf(stop.id) }, t("Open an incident of it …"))));
  }
}
