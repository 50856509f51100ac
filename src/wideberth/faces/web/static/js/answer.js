// The answers to a notice, one small form each. None of them allows anything: each carries the
// sentence that says so. RECEIVED takes the token; all others are signed with this browser's key.

import { changeItems } from "./changes.js";
import { SENTENCE } from "./dom.js";
import { Wrong, clearFault, instantOf, numberOf, placeOf, showFault } from "./fields.js";
import { h, plain } from "./text.js";
import { metres } from "./typed.js";

export const VERBS = ["RECEIVED", "READ-BACK", "PASSED-DOWN", "LOADED", "CANNOT-COMPLY", "DISPUTED"];

/** Answers that of an amendment acknowledge the difference. */
const LADDER = new Set(["READ-BACK", "PASSED-DOWN", "LOADED"]);

const SAYS = {
  "READ-BACK": "Type what you heard or read, in your own words and figures. The server compares it with what was told.",
  "PASSED-DOWN": "The unit was told, and somebody there said so.",
  LOADED: "The unit has it in the system that it works with.",
  "CANNOT-COMPLY": "Say why. It ends nothing: the notice stays open and climbs its ladder.",
  DISPUTED: "Say what is wrong. It ends nothing: the notice stays open and climbs its ladder.",
};

let fields = 0;

/** A labelled input; name is what it is asked for under. */
export function field(name, label, attributes = {}, input = null) {
  fields += 1;
  const id = `f${fields}-${name}`;
  const control = input ?? h("input", { type: "text", autocomplete: "off", spellcheck: "false", ...attributes });
  control.id = id;
  control.name = name;
  control.dataset.focus = id;
  return h("p", { class: "field" }, h("label", { for: id }, label), control);
}

export const choice = (options) =>
  h("select", {}, options.map(([value, label]) => h("option", { value }, label)));

/** The form for a verb. unread: it can be read back, and was not. say(body) sends it; close() takes the form away. */
export function answerForm({ notice, verb, units, unread = false, say, close }) {
  const fault = h("p", { class: "fault", role: "alert" });
  const send = h("button", { type: "submit", class: "do" }, `Send ${verb}`);
  const inside = FIELDS[verb](notice, units);
  const form = h("form", { class: "answer", "aria-label": `${verb} of notice ${notice.number}`, novalidate: true },
    h("p", { class: "dim" }, SAYS[verb]),
    unread && LADDER.has(verb) && verb !== "READ-BACK" ? h("p", { class: "missing" }, "It was not read back here.") : null,
    h("div", { class: "fields" }, inside.nodes),
    LADDER.has(verb) && notice.difference
      ? [h("p", { class: "dim" }, "This acknowledges what is different from what you were told before:"),
        h("ul", { class: "different" }, changeItems(notice.changes))]
      : null,
    h("p", { class: "sentence" }, notice.sentence ?? SENTENCE),
    fault,
    h("p", { class: "line" }, send, h("button", { type: "button", class: "quiet", onclick: close }, "Leave it")));
  form.addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    clearFault(fault);
    try {
      const body = inside.read(form.elements);
      send.disabled = true;
      const answer = await say({ verb, ...body });
      const off = answer.differences ?? [];
      if (!off.length) { close(); return; }
      fault.textContent = `Does not match. ${off.map(differenceText).join("; ")}. Ask again, and read back again.`;
      fault.scrollIntoView({ block: "nearest" });
    } catch (error) {
      showFault(form, fault, error, PATHS);
    }
    send.disabled = false;
  });
  return form;
}

/** What the server names in an answer, as a field. */
const PATHS = [
  [/read_back\.latitude/, "latitude"], [/read_back\.longitude/, "longitude"], [/read_back\.start/, "start"], [/read_back\.end/, "end"],
  [/read_back\.lower_m/, "lower"], [/read_back\.upper_m/, "upper"],
];

export const differenceText = (difference) =>
  plain(`${difference.field}: told ${difference.told}, read back ${difference.read_back}`, 120);

const FIELDS = {
  "READ-BACK": readBack,
  "PASSED-DOWN": (notice, units) => ({
    nodes: [unitField(notice, units)],
    read: ({ unit }) => ({ unit: needed(unit, "Name the unit.") }),
  }),
  LOADED: (notice, units) => ({
    nodes: [
      unitField(notice, units, [["*", "all of them: I attest it"]]),
      field("system", "In which system", { maxlength: 100, placeholder: "such as fire control" }),
    ],
    read: ({ unit, system }) => {
      const name = system.value.trim();
      if (unit.value === "*") return { attested: true, ...(name ? { system: name } : {}) };
      return { unit: needed(unit, "Name the unit."), system: needed(system, "Name the system in which the unit has it.") };
    },
  }),
  "CANNOT-COMPLY": reason,
  DISPUTED: reason,
};

function needed(input, ask) {
  if (!input.value.trim()) throw new Wrong(input, ask);
  return input.value.trim();
}

function unitField(notice, waiting, more = []) {
  if (!notice.units.length) return field("unit", "Unit", { maxlength: 64 });
  const order = [...waiting, ...notice.units.filter((unit) => !waiting.includes(unit))];
  return field("unit", "Unit", {}, choice([
    ...order.map((unit) => [unit, `${plain(unit, 40)}${waiting.includes(unit) ? "" : " (said before)"}`]), ...more,
  ]));
}

function reason(notice) {
  const seal = notice.sender ? h("p", { class: "field check" }, h("label", {}, h("input", { type: "checkbox", name: "seal" }), ` Seal it to ${plain(notice.sender, 60)}: the host cannot read it`)) : null;
  return {
    nodes: [field("reason", "Reason", { maxlength: 500, class: "long" }), seal],
    read: ({ reason: text, seal: box }) => {
      const reason = needed(text, "Give the reason.");
      return box?.checked ? { reason, sealTo: notice.sender } : { reason };
    },
  };
}

function readBack(notice) {
  const day = notice.particulars?.startMs ?? notice.issuedMs;
  const unit = () => choice([["m", "m"], ["ft", "ft"]]);
  return {
    nodes: [
      field("latitude", "Latitude of a point of the area", { placeholder: "46.80 or 46 48 00 N" }),
      field("longitude", "Longitude", { placeholder: "7.60 or 7 36 00 E" }),
      field("start", "Begins, UTC", { placeholder: "10:05, or 2026-11-21 10:05" }),
      field("end", "Ends, UTC", { placeholder: "11:05" }),
      field("lower", "Lowest height", { inputmode: "decimal" }),
      field("upper", "Highest height", { inputmode: "decimal" }),
      field("unit", "Heights are in", {}, unit()),
      h("p", { class: "dim small" }, "Heights above the WGS84 ellipsoid, as they were told. A time without a day is on the day of the beginning."),
    ],
    read: (elements) => {
      const heights = elements.unit.value;
      const [longitude, latitude] = placeOf(elements.latitude, elements.longitude);
      const startMs = instantOf(elements.start, day);
      const endMs = nextDay(instantOf(elements.end, startMs), startMs);
      const height = (input) => { numberOf(input, { least: -Infinity, unit: "the unit is chosen beside it" }); return metres(input.value, heights); };
      const rfc = (ms) => new Date(ms).toISOString();
      return {
        read_back: {
          latitude, longitude, start: rfc(startMs), end: rfc(endMs), lower_m: height(elements.lower), upper_m: height(elements.upper),
        },
      };
    },
  };
}

/** An end by the clock alone that is before the beginning is of the day after. */
const nextDay = (endMs, startMs) => (endMs < startMs ? endMs + 86400000 : endMs);
