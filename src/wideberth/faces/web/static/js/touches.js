// What a draft would touch, as the server says: each with its gap in metres, feet and seconds. What
// the answer does not cover is said with it; an empty answer never reads as clear.

import { NO_INFORMATION, aged, partyName, swatch } from "./dom.js";
import { dayTime } from "./meets.js";
import { gapOf } from "./shape.js";
import { contactText, distance, duration, h, metresAndFeet, plain } from "./text.js";
import { phrase, t, tn } from "./words.js";

/** Of two things: that they overlap, or how far apart they are, across, in height and in time. */
export function gapWords(gap) {
  if (gap.horizontalM === 0 && gap.verticalM === 0 && gap.timeS === 0) return t("OVERLAPS");
  const across = gap.horizontalM > 0 ? t("across {gap}", { gap: distance(gap.horizontalM) }) : t("across: no gap");
  const height = gap.verticalM > 0 ? t("height {gap}", { gap: metresAndFeet(gap.verticalM) }) : t("height: no gap");
  const seconds = `${Math.round(gap.timeS).toLocaleString("en")} s`;
  const time = gap.timeS > 0 ? t("time {gap}", { gap: gap.timeS < 90 ? seconds : `${duration(gap.timeS)} (${seconds})` }) : t("time: no gap");
  return [across, height, time].join(" · ");
}

/** What a clash is with, as it is called here. */
export function otherName(state, clash) {
  const id = clash.other?.id;
  const thing = state.intents[id] ?? state.shared[id] ?? state.zones[id];
  return plain(thing?.callSign ?? thing?.placeName ?? thing?.name ?? (id ? `${clash.other_kind} ${id.slice(0, 8)}` : t("something that is not shown to you")), 60);
}

/** The list of them. select(clash): its row was picked. */
export function touchList(state, clashes, select) {
  return h("ol", { class: "touches" }, clashes.map((clash) => {
    const gap = gapOf(clash);
    const cells = clash.overlap.cells?.length ?? 0;
    return h("li", {},
      h("button", { type: "button", class: "link", onclick: () => select(clash) }, otherName(state, clash)),
      h("span", { class: "dim" }, " ", plain(clash.other_kind, 30), " · ", swatch(clash.other_party), clash.other_party ? plain(partyName(state, clash.other_party), 40) : t("whose is not shown")),
      clash.label ? h("span", { class: "tag strong" }, plain(clash.label, 40)) : null,
      h("b", { class: gap.horizontalM === 0 && gap.verticalM === 0 && gap.timeS === 0 ? "num missing" : "num" }, gapWords(gap)),
      h("span", { class: "num dim" }, `${dayTime(Date.parse(clash.overlap.start))} – ${dayTime(Date.parse(clash.overlap.end))} · ${metresAndFeet(clash.overlap.lower_m)} – ${metresAndFeet(clash.overlap.upper_m)} (WGS84)`),
      clash.overlap.whole ? h("span", { class: "dim" }, t("Where in it is not told: all of yours is named.")) : null,
      cells && !clash.other ? h("span", { class: "dim" }, tn(cells, "It shares {count} cell of the agreed grid with yours; no more of it is told.", "It shares {count} cells of the agreed grid with yours; no more of it is told.")) : null,
      clash.contact ? h("span", { class: "dim" }, t("Call: {whom}", { whom: plain(contactText(clash.contact), 120) })) : null);
  }));
}

/** What a dry run that tested no hidden ones does and does not say. */
export function coverage(answer, atMs) {
  return h("p", { class: "dim small" },
    t("Against what is open to you, at entry {position} of the record, asked", { position: answer.rests_on.position }), " ", aged("ago", atMs, { class: "num" }), ". ",
    t("What others keep hidden, or told nobody, is not in it."), " ", phrase("No information is not clearance."));
}

/** What touching nothing says, and what not. */
export const noneTouched = () => h("p", { class: "none" }, t("It touches nothing that is open to you."), " ", NO_INFORMATION);

const REASONS = {
  "too-large": () => t("Not tested: it is larger than what may be tested against hidden ones."),
  "budget-spent": () => t("Not tested, or not all: the budget of today is spent."),
  "not-asked": () => t("Hidden ones are not tested while you draw."),
};

/** What the explicit test of hidden ones said. */
export function hiddenWords(state, answer, atMs, select) {
  const { hidden, clashes } = answer;
  const met = clashes.filter((clash) => !clash.other);
  if (!hidden.done) return h("p", { class: "missing" }, (REASONS[hidden.reason] ?? (() => plain(hidden.reason)))(), " ", left(hidden));
  return h("div", {},
    h("p", {}, h("b", {}, met.length ? tn(met.length, "Hidden intents are met by {count} part of yours.", "Hidden intents are met by {count} parts of yours.") : t("It meets no hidden intent that you could learn of.")), " ",
      met.length ? t("Their owners see how many were met, and that it was you.") : "", " ", h("span", { class: "dim" }, left(hidden), " ", t("Asked"), " ", aged("ago", atMs), ". ", phrase("No information is not clearance."))),
    met.length ? touchList(state, met, select) : null);
}

export const left = (hidden) => tn(hidden.left_today, "{count} touch of hidden ones is left today.", "{count} touches of hidden ones are left today.");
