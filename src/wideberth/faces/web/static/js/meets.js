// What a notice says of two things: which of them is the reader's own, what it meets, and when both
// are in effect. Nothing is said to meet anything where the notice names no clash.

import { NO_INFORMATION, aged, goneName, intentName, partyName, swatch } from "./dom.js";
import { distance, gapText, h, metresAndFeet, plain, utcDate, utcShort } from "./text.js";
import { t } from "./words.js";

export const dayTime = (ms) => (Number.isFinite(ms) ? `${utcDate(ms)} ${utcShort(ms)}` : t("not told"));
const angle = (value, plus, minus) => `${Math.abs(value).toFixed(3)}° ${value < 0 ? minus : plus}`;

/** The kind of what a notice tells of, where one of its clashes names it. */
const kindNamed = ({ subject, clashes }) => clashes.find((clash) => clash.other?.id === subject.id)?.kind ?? null;

export const nameOf = (state, about, notice) =>
  (about ? about.name ?? intentName(state, about) : null) ??
  (notice.subject?.type === "agreement" ? t("An agreement") : notice.subject ? goneName(state, notice.subject, kindNamed(notice)) : t("Something that is not shown to you"));

/** What of the reader's own a notice tells of, as the page has it. */
export const ownThing = (state, notice) =>
  state[notice.subject?.type === "zone" ? "zones" : "intents"][notice.subject?.id] ?? null;

/** Where, in short: an angle to about a hundred metres, and the heights that are read back. */
export function whereText(told, about, radiusM = NaN) {
  const round = Number.isFinite(radiusM) ? t(", {distance} round it", { distance: distance(radiusM) }) : "";
  const place = told ? [told.longitude, told.latitude] : about?.volumes?.[0]?.middle;
  if (!place) return t("place not told");
  const heights = told ? ` ${t("· {lower} to {upper} (WGS84)", { lower: metresAndFeet(told.lowerM), upper: metresAndFeet(told.upperM) })}` : "";
  return t("about {place}{round}{heights}", { place: `${angle(place[1], "N", "S")} ${angle(place[0], "E", "W")}`, round, heights });
}

/** Of a circle, its radius in metres. */
export const radiusOf = (about) => (about?.volumes?.length === 1 ? about.volumes[0].circleM : NaN);

/** The reader's own, by name, and then what it meets, where it meets anything. */
export function ownName(state, notice, about) {
  const own = ownThing(state, notice);
  const named = [h("span", { class: "dim" }, `${t("Your own")} `), h("b", {}, plain(nameOf(state, own, notice), 60))];
  if (!notice.clashes.length) return [...named, notice.late ? ` ${t("was told late")}` : [t(": this notice names nothing that it meets."), ` ${NO_INFORMATION}`]];
  const isOther = about && about !== own;
  const party = isOther ? about.party : notice.clashes.find((clash) => clash.otherParty)?.otherParty ?? null;
  return [...named, h("span", { class: "dim" }, ` ${t("meets")} `), party ? swatch(party) : null,
    h("b", {}, plain(isOther ? nameOf(state, about, notice) : t("something that is not shown to you"), 60)),
    party ? [` ${t("of")} `, h("span", {}, plain(partyName(state, party), 60))] : null];
}

/** Where in its window the other's thing is that a notice about the reader's own is about: "begins",
 * "ends", "over"; null where none of it is shown. */
export function theirPhase(state, notice, about, now) {
  if (!about || about === ownThing(state, notice) || !notice.clashes.length || !Number.isFinite(about.startMs)) return null;
  return now < about.startMs ? "begins" : now <= about.endMs ? "ends" : "over";
}

/** Place and window of the other's, and whether it is in force. phase: of theirPhase. */
export const theirLine = (about, phase) => h("p", { class: phase === "ends" ? "num missing" : "num" }, h("b", {}, `${t("theirs:")} `),
  whereText(null, about, radiusOf(about)), ` ${t("· {start} to {end} ·", { start: dayTime(about.startMs), end: dayTime(about.endMs) })} `,
  phase === "ends" ? [h("b", {}, t("IN FORCE NOW")), ", "] : null, aged(phase, phase === "begins" ? about.startMs : about.endMs));

/** What two things share first, or how close they come and when; and how often else. */
export function bothText(notice) {
  const all = [...new Set(notice.clashes.map(meetingText))];
  const more = all.length - 1 + notice.moreClashes;
  return `${all[0]}${more ? t(", and {more} more", { more }) : ""}`;
}

const meetingText = (clash) => {
  const { horizontalM, verticalM, timeS } = clash.gap;
  const gap = horizontalM === 0 && verticalM === 0 && timeS === 0 ? t("overlap") : gapText(clash.gap);
  return t("{gap} · {start} to {end}", { gap, start: dayTime(clash.startMs), end: dayTime(clash.endMs) });
};
