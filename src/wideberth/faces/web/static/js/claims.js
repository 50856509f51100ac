// What an account claims, in the figures that its author gave: nothing is added, rounded away or
// put into other words. What is left out is said to be left out, and nothing is made of it.

import { distance, duration, h, plain } from "./text.js";
import { phrase, t } from "./words.js";

/** The claims of an account, in the order in which each column has them. */
export const CLAIMS = [
  ["when", t("When")], ["where", t("Where")], ["height", t("Height")], ["identity", t("What it was")],
  ["warned", phrase("Warning")], ["rule", t("Rule in force")], ["damage", t("Damage")],
];

/** The claim that each kind of difference is between. */
const OF_KIND = { time: "when", place: "where", height: "height", identity: "identity", warned: "warned", rule: "rule", damage: "damage" };
const REFERENCES = { W84: t("above the WGS84 ellipsoid"), MSL: t("above mean sea level"), STD: t("pressure altitude"), AGL: t("above the ground") };

export const stamp = (text) => plain(String(text).replace("T", " "), 40);
/** A moment of the record, to its second; the entry has all of it. */
export const moment = (text) => stamp(String(text).replace(/\.\d+/, ""));
/** @type {(value: number, letters: string) => string} */
const degree = (value, [plus, minus]) => `${Math.abs(value).toFixed(5)}° ${value < 0 ? minus : plus}`;
export const placeText = ([longitude, latitude]) => `${degree(latitude, "NS")} ${degree(longitude, "EW")}`;

/** A footprint, in words. */
export function areaText(area) {
  if (area.type === "Point") return t("within {distance} of {place}", { distance: distance(area.radius_m), place: placeText(area.coordinates) });
  const ring = area.coordinates[0];
  return t("an area with {count} corners, the first at {place}", { count: ring.length - 1, place: placeText(ring[0]) });
}

const named = (pairs) => pairs.filter(([, value]) => value !== undefined && value !== null).map(([name, value]) => `${name} ${plain(value)}`).join(", ");

const SAYS = {
  when: ({ when }) => when && stamp(when.time),
  where: ({ where }) => where && (where.point ? placeText(where.point) : areaText(where.area)),
  height: ({ where }) => where?.altitude && `${where.altitude.value} ${where.altitude.units.toLowerCase()} ${REFERENCES[where.altitude.reference]}`,
  identity: ({ identity: i }) => i && named([["aircraft", i.aircraft], ["unit", i.unit], [t("call sign"), i.call_sign], [t("told as"), i.intent]]),
  warned: ({ warned: w }) => w && [w.warned ? phrase("there was a warning") : t("there was none"), named([["notice", w.notice]]), w.time && t("at {stamp}", { stamp: stamp(w.time) })].filter(Boolean).join(", "),
  rule: ({ rule: r }) => r && (r.agreement ? named([["agreement", r.agreement], ["version", r.version], ["provision", r.provision]]) : t("no agreement was in force")),
  damage: ({ damage }) => damage && (damage.map((each) => `${each.of} ${each.count}: ${plain(each.words)}`).join("; ") || "none"),
};

const ERRORS = {
  when: ({ when }) => (when.error_s ? `±\u00a0${duration(when.error_s)}` : ""),
  where: ({ where }) => (where.error_m ? `±\u00a0${distance(where.error_m)}` : ""),
  height: ({ where }) => (where.altitude_error_m ? `±\u00a0${distance(where.altitude_error_m)}` : ""),
};

/** What an account says under one of CLAIMS, with the error that it states: a node. */
export function claimOf(account, name) {
  const said = SAYS[name](account);
  if (!said) return h("span", { class: "dim" }, t("does not say"));
  if (!ERRORS[name]) return h("span", {}, plain(said, Infinity));
  return h("span", {}, h("span", { class: "num" }, said), " ", h("span", { class: "dim" }, ERRORS[name](account) || t("no error stated")));
}

export const claimOfKind = (account, kind) => claimOf(account, OF_KIND[kind]);
export const titleOfKind = (kind) => CLAIMS.find(([name]) => name === OF_KIND[kind])[1];
