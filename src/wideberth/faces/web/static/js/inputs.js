// One member of a text of an agreement as an input: how it is shown, and how what was typed becomes
// the value that is signed. What was not touched comes back exactly as it was.

import { choice } from "./answer.js";
import { Wrong, degreesOf, nameOf, numberOf, wholeOf } from "./fields.js";
import { h } from "./text.js";
import { t } from "./words.js";

const UNITS = { m: t("metres"), s: t("as 48 h, 30 min or 90 s"), mm: t("metres"), nd: t("degrees") };
const ACTORS = ["fixed", "rotary", "uav", "balloon", "ship", "ground", "artillery", "jamming"];
const KINDS = ["flight", "movement", "hazard", "presence"];
const CHOICES = {
  actor: ACTORS, kind: KINDS, side: ["both", "left", "right"], rule: ["keep-out", "notice"], duty: ["widen", "close"],
  urgency: ["routine", "prompt", "immediate"], reference: ["W84", "MSL", "STD", "AGL"],
};
const RUNGS = ["duty", "alternate", "senior", "neutral", "political"];
const SKIPPED = new Set(["id", "type"]);

// Left out where it has this value, for one text is written in one way.
const DEFAULTS = { title: "", side: "both", notice_s: 0, time_s: 0, times: 1, answer_within_s: 0, cell_nd: 0, time_step_s: 0, excluded: false, refuse: false };

const isPlaces = (name) => name === "points" || name === "vertices";
const isWords = (value) => Array.isArray(value) && value.every((each) => typeof each === "string");

/** What a person may edit in a provision, as [path, value]. */
export function* leaves(value, path = []) {
  for (const [name, each] of Object.entries(value)) {
    if (SKIPPED.has(name)) continue;
    if (name === "not_covered" && each.some((one) => one.where)) continue; // areas are typed as they are signed
    if (name === "not_covered" || isPlaces(name) || isWords(each) || typeof each !== "object" || each === null) yield [[...path, name], each];
    else yield* leaves(each, [...path, name]);
  }
}

/** The name of a member with its unit. */
export function labelOf(path) {
  const name = path.at(-1);
  if (name === "not_covered") return t("NOT covered, one on each line");
  if (name === "bound" || name === "informed") return t("{name}, one on each line", { name });
  if (isPlaces(name)) return t("{name}: latitude, longitude in degrees, one on each line", { name });
  const found = /^(.*)_(m|s|mm|nd)$/.exec(name);
  const upper = path.length > 1 && /^(lower|upper)$/.test(path.at(-2)) ? `${path.at(-2)} ` : "";
  return found ? `${upper}${found[1].replaceAll("_", " ")}, ${UNITS[found[2]]}` : `${upper}${name.replaceAll("_", " ")}`;
}

const nanodegrees = (input, most) => Math.round(degreesOf(input, most) * 1e9);
const lines = (input) => input.value.split("\n").map((each) => each.trim()).filter(Boolean);

function place(text, input) {
  const parts = text.split(",");
  if (parts.length !== 2) throw new Wrong(input, t("{name}: give latitude, longitude on a line; got “{text}”.", { name: nameOf(input), text: text.slice(0, 60) }));
  // What is wrong in a line is said of the whole field, in which it stands.
  return [90, 180].map((most, i) => nanodegrees({ value: parts[i], labels: input.labels, field: input }, most));
}

/** @type {[string, number][]} */
const SIZES = [["h", 3600], ["min", 60], ["s", 1]];
const SECONDS = { s: 1, sec: 1, min: 60, h: 3600, d: 86400, day: 86400, days: 86400 };

/** Seconds in words that spanOf reads back: "48 h", "1 h 30 min". */
export function spanText(seconds) {
  if (!seconds) return "0 s";
  const parts = [];
  let rest = seconds;
  for (const [unit, size] of SIZES) {
    if (rest >= size) parts.push(`${Math.floor(rest / size)} ${unit}`);
    rest %= size;
  }
  return parts.join(" ");
}

/** Seconds of "48 h", "1 h 30 min", "2 days", "90 s". */
function spanOf(input) {
  const text = input.value.trim().toLowerCase();
  const parts = [...text.matchAll(/(\d+)\s*([a-z]+)/g)];
  const read = parts.map(([all]) => all).join(" ").replace(/\s+/g, "");
  if (/^\d+$/.test(text) && text !== "0") throw new Wrong(input, t("{name}: say of what, such as {text} h, {text} min or {text} s.", { name: nameOf(input), text }));
  if (text === "0") return 0;
  if (!parts.length || read !== text.replace(/\s+/g, "") || parts.some(([, , unit]) => !(unit in SECONDS))) throw new Wrong(input, t("{name}: give a time such as 48 h, 30 min, 90 s or 2 days.", { name: nameOf(input) }));
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * SECONDS[unit], 0);
}

const degreesText = (nd) => String(nd / 1e9);

/** {text, read(input), input}: how a member is shown, what was typed means, and where it is typed. */
export function inputOf(path, value, { parties, lineIds }) {
  const name = path.at(-1);
  const area = (rows) => h("textarea", { rows, class: "long", spellcheck: "false" });
  const line = () => h("input", { type: "text", autocomplete: "off", spellcheck: "false" });
  if (isPlaces(name)) {
    const text = value.map((each) => each.map(degreesText).join(", ")).join("\n");
    return { text, read: (typed) => lines(typed).map((each) => place(each, typed)), input: area(Math.min(8, value.length + 1)) };
  }
  if (name === "not_covered") {
    return { text: value.map((each) => each.name).join("\n"), read: (typed) => lines(typed).map((each) => ({ name: each })), input: area(Math.min(6, value.length + 1)) };
  }
  if (isWords(value)) return { text: value.join("\n"), read: lines, input: area(Math.min(6, value.length + 1)) };
  if (typeof value === "boolean") return among([["true", "yes"], ["false", "no"]], String(value), (typed) => typed.value === "true");
  if (typeof value === "number") {
    if (name === "latitude_nd" || name === "longitude_nd") {
      const most = name === "latitude_nd" ? 90 : 180;
      return { text: degreesText(value), read: (typed) => nanodegrees(typed, most), input: line() };
    }
    if (name.endsWith("_nd")) return { text: degreesText(value), read: (typed) => nanodegrees(typed, 180), input: line() };
    if (name.endsWith("_mm")) return { text: String(value / 1000), read: (typed) => Math.round(numberOf(typed, { least: -Infinity, unit: t("it is in metres") }) * 1000), input: line() };
    if (name.endsWith("_s")) return { text: spanText(value), read: spanOf, input: line() };
    return { text: String(value), read: (typed) => wholeOf(typed), input: line() };
  }
  const options = name === "to" ? (RUNGS.includes(value) ? RUNGS : parties) : name === "party" ? parties : name === "line" ? lineIds : CHOICES[name];
  if (options?.includes(value)) return among(options.map((each) => [each, each]), value, (typed) => typed.value);
  return { text: value, read: (typed) => typed.value.trim(), input: value.length > 40 ? area(2) : name === "title" || name === "words" ? h("input", { type: "text", autocomplete: "off", class: "long" }) : line() };
}

function among(options, text, read) {
  return { text, read, input: choice(options) };
}

/** Put a value into its place; what has its default, and a list without anything in it, is left out. */
export function put(value, path, made) {
  const inner = path.slice(0, -1).reduce((at, name) => at[name], value);
  const name = path.at(-1);
  const isRung = name === "after_s" || name === "minimum_s";
  const none = Array.isArray(made) && !made.length && !isPlaces(name);
  if (none || (!isRung && name in DEFAULTS && DEFAULTS[name] === made)) delete inner[name];
  else inner[name] = made;
}
