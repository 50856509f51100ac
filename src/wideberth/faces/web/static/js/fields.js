// What is typed in a field, or what is wrong with it and what to do. One mechanism for all forms:
// whoever reads a field throws Wrong; showFault() puts the form's one fault beside that field, in its
// words, scrolled to and focused. A refusal of the server comes to its field by the form's paths.

import { h, plain, utcDate, utcShort } from "./text.js";
import { degrees, instant, metres } from "./typed.js";
import { number, t, tn } from "./words.js";

/** Something wrong in a field. at: its name in the form, or the element. */
export class Wrong extends RangeError {
  constructor(at, message) {
    super(message);
    this.at = at;
  }
}

export const labelOf = (control) => (control.labels?.[0]?.textContent ?? control.getAttribute?.("aria-label") ?? "").trim();
/** What a fault calls a field: its label without how it is typed, which the fault says itself. */
export const nameOf = (control) => labelOf(control).split(/: |, (?:as|one) /)[0];
const wrong = (input, why) => new Wrong(input.field ?? input, `${nameOf(input)}: ${why}`);
const quoted = (input) => `“${plain(input.value.trim(), 40)}”`;

const EXAMPLE = { 90: "46.80, or 46 48 00 N", 180: "7.60, or 7 36 00 E" };
const LIMITS = { 90: t("A latitude is from 90 S to 90 N"), 180: t("A longitude is from 180 W to 180 E") };
const SWAPPED = t("Are latitude and longitude swapped?");

function whyNotDegrees(input, most) {
  const text = input.value.trim().toUpperCase();
  if (!text) return t("give degrees, such as {value}.", { value: EXAMPLE[most] });
  if ((most === 90 ? /[EW]/ : /[NS]/).test(text)) return t("{quoted} has the letter of a {what}. {swapped}", { quoted: quoted(input), what: most === 90 ? t("longitude") : t("latitude"), swapped: SWAPPED });
  if (/^-/.test(text) && /[NSEW]/.test(text)) return t("give a minus sign or a letter, not both.");
  const size = Math.abs(Number(text.replace(/[NSEW°\s]/g, "").replace(",", ".")));
  if (size > most) return t("{limit}; {quoted} is beyond it.{what}", { limit: LIMITS[most], quoted: quoted(input), what: most === 90 && size <= 180 ? ` ${SWAPPED}` : "" });
  if (/^\S+\s+([6-9]\d|\d{3,})/.test(text)) return t("minutes and seconds are below 60.");
  return t("{quoted} is not understood; give degrees, such as {value}.", { quoted: quoted(input), value: EXAMPLE[most] });
}

/** Degrees, as typed in a field. most: 90 of a latitude, 180 of a longitude. */
export function degreesOf(input, most) {
  const found = degrees(input.value, most);
  if (found === null) throw wrong(input, whyNotDegrees(input, most));
  return found;
}

/** [longitude, latitude] of two fields. */
export function placeOf(latitude, longitude) {
  const north = degreesOf(latitude, 90);
  return [degreesOf(longitude, 180), north];
}

/** A number of a length, 0 or more unless least says otherwise. unit: what is added to the advice
 * where a unit was typed with it. */
export function numberOf(input, { least = 0, most = Infinity, unit = t("its unit stands beside it") } = {}) {
  const text = input.value.trim();
  if (!text) throw wrong(input, t("give a number."));
  if (/^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$/.test(text)) throw wrong(input, t("{quoted} can be read in two ways; give it without a comma, such as {text}.", { quoted: quoted(input), text: text.replaceAll(",", "") }));
  const found = metres(text, "m");
  if (found === null) throw wrong(input, /^[+-]?[\d.,]+\s*[a-zµ°%']+$/i.test(text) ? t("{quoted}: give the number alone; {unit}.", { quoted: quoted(input), unit }) : t("{quoted} is not understood; give a number.", { quoted: quoted(input) }));
  if (found < least) throw wrong(input, least === 0 ? t("give 0 or more.") : t("give {least} at least.", { least }));
  if (found > most) throw wrong(input, t("give {most} at most.", { most }));
  return found;
}

/** A whole number, 0 or more. */
export function wholeOf(input, { least = 0, most = 1e15 } = {}) {
  const text = input.value.trim();
  const range = most < 1e15 ? ` ${t("from {least} to {most}", { least, most })}` : "";
  if (!/^\d{1,15}$/.test(text) || Number(text) < least || Number(text) > most) throw wrong(input, t("{what}give a whole number{range}.", { what: text ? `${quoted(input)}: ` : "", range }));
  return Number(text);
}

const MONTHS = [t("January"), t("February"), t("March"), t("April"), t("May"), t("June"), t("July"), t("August"), t("September"), t("October"), t("November"), t("December")];

function whyNotTime(input) {
  const text = input.value.trim();
  const like = t("give a time in UTC, such as 10:05, or with the day, 2026-11-21 10:05.");
  if (!text) return like;
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})/.exec(text) ?? [];
  if (year) {
    if (Number(month) < 1 || Number(month) > 12) return t("there is no month {month}; a day is year-month-day, such as 2026-11-21.", { month });
    const days = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
    if (Number(day) < 1 || Number(day) > days) return t("{month} {year} has {days} days.", { month: MONTHS[Number(month) - 1], year, days });
  }
  const [, hour, minute] = /(?:^|[T ])(\d{2}):?(\d{2})(?::\d{2})?\s*Z?$/i.exec(text) ?? [];
  if (Number(hour) > 23) return t("there is no hour {hour}; {like}", { hour, like });
  if (Number(minute) > 59) return t("there is no minute {minute}; {like}", { minute, like });
  return t("{quoted} is not understood; {like}", { quoted: quoted(input), like });
}

/** An instant in ms; a time without a day is on the day of dayMs. */
export function instantOf(input, dayMs) {
  const found = instant(input.value, dayMs);
  if (found === null) throw wrong(input, whyNotTime(input));
  return found;
}

/** The end of a window; it has to come after the beginning. */
export function endOf(input, startMs) {
  const found = instantOf(input, startMs);
  if (found <= startMs) throw wrong(input, t("this is not after the beginning."));
  return found;
}

/** Words that have to be given. */
export function wordsOf(input, ask) {
  const text = input.value.trim();
  if (!text) throw wrong(input, ask);
  return text;
}

/** What a refusal says, without the words of the program that made it. */
export function refusal(text) {
  const bound = /^Expected `(int|float|str|array|object)`( of length)? (<=|>=|<|>) ([-\d.]+)/.exec(text);
  if (bound) {
    const [, type, length, sign, value] = bound;
    const of = length ? (type === "str" ? ` ${t("characters")}` : ` ${t("of them")}`) : "";
    return t("give {value}{of} {value2}.", { value: Number(value), of, value2: { "<=": t("at most"), ">=": t("at least"), "<": t("at most, and less than that"), ">": t("at least, and more than that") }[sign] });
  }
  const missing = /missing required field `(\w+)`/.exec(text);
  if (missing) return t("{value} is missing; give it.", { value: missing[1].replaceAll("_", " ") });
  return text;
}

/** The field that a refusal names. paths: [pattern of its path, name of the field or element]. */
function refusedAt(form, path, paths) {
  const found = paths.find(([pattern]) => pattern.test(path))?.[1];
  if (found) return found;
  const last = path.split(".").at(-1);
  return form.elements.namedItem(last) ? last : null;
}

const controlOf = (form, at) => {
  if (at instanceof Element) return at;
  const found = at ? form.elements.namedItem(at) : null;
  return found instanceof RadioNodeList ? found[0] : found;
};

/** Take the fault away, back to its place at the foot of the form. */
export function clearFault(fault) {
  fault.textContent = "";
  fault.homeMark?.after(fault);
  fault.wrongControl?.removeAttribute("aria-invalid");
  fault.wrongControl?.removeAttribute("aria-describedby");
  fault.wrongControl = null;
}

let faults = 0;

/** Say what is wrong where it is: beside its field, or at the foot of the form; in view in any case. */
export function showFault(form, fault, error, paths = []) {
  clearFault(fault);
  const path = String(error.details?.field ?? "").split(",")[0].trim();
  const at = error.at ?? (path ? refusedAt(form, path, paths) : null);
  const control = controlOf(form, at);
  const words = error instanceof TypeError ? t("No connection. Try it again.") : refusal(error.message);
  const label = control && !error.at ? labelOf(control) : path.split(".").filter((part) => !/^\d*$/.test(part)).at(-1)?.replaceAll("_", " ");
  fault.textContent = plain(error.at || !label || words.startsWith(label) ? words : `${label}: ${words}`, 400);
  if (!fault.homeMark) {
    fault.homeMark = document.createComment("fault");
    fault.before(fault.homeMark);
  }
  if (!control) { fault.scrollIntoView({ block: "center" }); return; }
  faults += 1;
  fault.id = `fault-${faults}`;
  fault.wrongControl = control;
  control.setAttribute("aria-invalid", "true");
  control.setAttribute("aria-describedby", fault.id);
  const box = control.closest(".field, fieldset");
  (box && form.contains(box) ? box : control.parentNode).append(fault);
  for (let each = control.closest("details"); each; each = each.parentNode.closest("details")) each.open = true;
  control.focus({ preventScroll: true });
  control.scrollIntoView({ block: "center" });
}

const FAR_MS = 12 * 3600000;

/** What of times lies far outside of a window, in words; null where none does. times: [label, ms];
 * edges: what its beginning and its end are called. */
export function farOutside(times, startMs, endMs, edges) {
  const far = times.filter(([, ms]) => Number.isFinite(ms) && (ms < startMs - FAR_MS || ms > endMs + FAR_MS));
  if (!far.length) return null;
  const day = (ms) => new Date(ms).toISOString().slice(0, 16).replace("T", " ");
  const apart = (ms) => {
    const hours = Math.round((ms < startMs ? startMs - ms : ms - endMs) / 3600000);
    return `${hours < 48 ? tn(hours, "{count} hour", "{count} hours") : tn(Math.round(hours / 24), "{count} day", "{count} days", { count: number(Math.round(hours / 24)) })} ${ms < startMs ? t("before {edge}", { edge: edges[0] }) : t("after {edge}", { edge: edges[1] })}`;
  };
  return far.map(([label, ms]) => t("{label} {time} is {apart}", { label, time: `${day(ms)}Z`, apart: apart(ms) })).join("; ");
}

/** Where a form asks whether something unusual is meant. */
export const againNode = () => h("p", { class: "ask-again", role: "alert" });

/** Ask about it beside its field. words: what is unusual, or null; label: of the button that sends it
 * all the same, which Enter in a field does not press. Gives back whether it asked. */
export function askAgain(node, control, words, label) {
  if (!words || node.meant === words) {
    node.remove();
    return false;
  }
  const meant = () => { node.meant = words; control.form.requestSubmit(); };
  node.replaceChildren(h("span", {}, `${t("{words}. Is that meant?", { words })} `), h("button", { type: "button", class: "quiet", onclick: meant }, label));
  control.closest(".field").append(node);
  control.focus({ preventScroll: true });
  control.scrollIntoView({ block: "center" });
  return true;
}

/** 2020-09-09 13:05, as a field of a time is read. */
export const minuteText = (ms) => `${utcDate(ms)} ${utcShort(ms).slice(0, 5)}`;

/** Times in fields, proposed by the browser's clock until the node's is known, and by that from then
 * on; what somebody changed stays. propose: what to write, of an instant, by the field's name. */
export class ProposedTimes {
  constructor(context, propose) {
    Object.assign(this, { propose, isOfNode: ofNode(context.state()), texts: propose(context.now()) });
  }

  /** Once the fields stand in a form; whether any was written anew. */
  update(state, elements, nowMs) {
    if (this.isOfNode || !ofNode(state)) return false;
    this.isOfNode = true;
    const before = this.texts;
    this.texts = this.propose(nowMs);
    const untouched = Object.keys(before).filter((name) => elements[name].value === before[name]);
    for (const name of untouched) elements[name].value = this.texts[name];
    return untouched.length > 0;
  }
}

const ofNode = (state) => Number.isFinite(state?.clock?.serverMs);
