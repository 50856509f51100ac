// Words and numbers as a person reads them. Text from others reaches the page as text only:
// every node is made here or with textContent, and nothing is ever parsed as HTML.

import { direction, language, number, placed, sourceOf, t } from "./words.js";

export const FEET_M = 0.3048;
const N = "\u00a0"; // between a number and its unit, so that no line breaks there

/** An element with attributes, classes and children; a string child is text, whatever it holds.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag @param {Record<string, any>} [attributes] @param {...any} children
 * @returns {HTMLElementTagNameMap[T]} */
export function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "class") node.className = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  // Typed Latin letters and figures run from left to right in a page from right to left, too.
  if (direction() === "rtl" && (tag === "input" || tag === "textarea") && !node.hasAttribute("dir")) node.dir = "auto";
  for (const child of children.flat(2)) {
    if (child === undefined || child === null || child === false) continue;
    node.append(child instanceof Node ? child : worded(node, child));
  }
  return node;
}

/** A text as it is put into a node; of a translation the English is the node's tooltip. */
function worded(node, child) {
  const source = sourceOf(child);
  if (source && !node.title) node.title = source;
  return placed(plain(child, language() === "en" ? 300 : 900)); // a translation with its English is longer
}

const MARKS = /[\p{Cc}\p{Zl}\p{Zp}]|(?![\u2068\u2069])\p{Cf}/gu;

/** Text of strangers on one line: without control characters or marks that turn the line around. Marks
 * that keep a piece of text to itself (U+2068, U+2069) stay where each that is opened is closed. */
export function plain(value, longest = 300) {
  const text = String(value ?? "").replace(MARKS, "\u00b7");
  const cut = text.length > longest ? `${text.slice(0, longest)}…` : text;
  let open = 0;
  for (const mark of cut.match(/[\u2068\u2069]/g) ?? []) {
    open += mark === "\u2068" ? 1 : -1;
    if (open < 0) return cut.replace(/[\u2068\u2069]/g, "\u00b7");
  }
  if (open > 0 && cut === text) return cut.replace(/[\u2068\u2069]/g, "\u00b7");
  return cut + "\u2069".repeat(open);
}

/** A free text of somebody: the words, or that they are sealed, and where they are opened. */
export function wordsOf(value, longest = 200) {
  return /^sealed-[0-9a-f]{64}$/.test(value ?? "") ? t("sealed words {value}…, opened under Sealed", { value: value.slice(7, 15) }) : plain(value, longest);
}


/** Metres as metres and feet. */
export function metresAndFeet(metres) {
  if (!Number.isFinite(metres)) return t("not known");
  return `${number(metres)}${N}m${N}/${N}${number(metres / FEET_M)}${N}ft`;
}

/** That the server was restored from an older copy of the record. */
export function goneText({ first, last }) {
  return t("The server went back to an older record: events {first} to {last} of yours are not in it any more. Ask the others what they hold.", { first, last });
}

/** A gap between two things, with what it is a gap of. 0 in all three is an overlap. */
export function gapText({ horizontalM, verticalM, timeS, edgeM }) {
  const parts = [];
  if (Number.isFinite(edgeM) && edgeM > 0) parts.push(`${t("to the edge")}${N}${placed(distance(edgeM))}`);
  if (Number.isFinite(horizontalM)) parts.push(`${t("across")}${N}${placed(distance(horizontalM))}`);
  if (Number.isFinite(verticalM)) parts.push(`${t("height")}${N}${placed(metresAndFeet(verticalM))}`);
  if (Number.isFinite(timeS)) parts.push(`${t("time")}${N}${placed(duration(timeS))}`);
  return parts.length ? parts.join(" · ") : t("gap not known");
}

/** Metres over the ground, in metres or kilometres and nautical miles. */
export function distance(metres) {
  if (!Number.isFinite(metres)) return t("not known");
  if (Math.abs(metres) < 10000) return metresAndFeet(metres);
  return `${(metres / 1000).toFixed(1)}${N}km${N}/${N}${(metres / 1852).toFixed(1)}${N}nm`;
}

/** Seconds as s, min, h. */
export function duration(seconds) {
  if (!Number.isFinite(seconds)) return t("not known");
  const sign = seconds < 0 ? "−" : "";
  const s = Math.round(Math.abs(seconds));
  if (s < 90) return `${sign}${s}${N}s`;
  if (s < 5400) return `${sign}${Math.floor(s / 60)} min ${String(s % 60).padStart(2, "0")} s`;
  if (s < 172800) return `${sign}${Math.floor(s / 3600)} h ${String(Math.floor((s % 3600) / 60)).padStart(2, "0")} min`;
  return `${sign}${Math.floor(s / 86400)} d`;
}

/** How old: coarser than a duration, since it is read at a glance. */
export function age(milliseconds) {
  if (!Number.isFinite(milliseconds)) return t("never");
  const s = Math.max(0, Math.round(milliseconds / 1000));
  if (s < 100) return `${s} s`;
  if (s < 6000) return `${Math.round(s / 60)} min`;
  if (s < 172800) return `${Math.round(s / 3600)} h`;
  return `${Math.round(s / 86400)} d`;
}

/** 13:05:09Z of an instant in milliseconds. */
export function utc(ms) {
  return Number.isFinite(ms) ? `${new Date(ms).toISOString().slice(11, 19)}Z` : "--:--:--Z";
}

/** 13:05Z. */
export function utcShort(ms) {
  return Number.isFinite(ms) ? `${new Date(ms).toISOString().slice(11, 16)}Z` : "--:--Z";
}

/** 2020-09-09. */
export function utcDate(ms) {
  return Number.isFinite(ms) ? new Date(ms).toISOString().slice(0, 10) : "----------";
}

/** The reader's own time of day, with its distance from UTC. */
export function local(ms) {
  if (!Number.isFinite(ms)) return "";
  const when = new Date(ms);
  const minutes = -when.getTimezoneOffset();
  const sign = minutes < 0 ? "−" : "+";
  const hours = String(Math.floor(Math.abs(minutes) / 60)).padStart(2, "0");
  const rest = String(Math.abs(minutes) % 60).padStart(2, "0");
  const two = (n) => String(n).padStart(2, "0");
  return `${two(when.getHours())}:${two(when.getMinutes())}:${two(when.getSeconds())} UTC${sign}${hours}:${rest}`;
}

/** What the store beside the record has of whom to call, or only its reference. */
export function contactText(contact) {
  const details = contact.details;
  if (!details) return contact.reference;
  const channels = (details.channels ?? []).map((each) => (typeof each === "string" ? each : Object.values(each).join(" ")));
  return [details.label, ...channels].filter(Boolean).join(", ") || contact.reference;
}
