// The answers to a notice, one small form each. None of them allows anything: each carries the
// sentence that says so. RECEIVED takes the token; all others are signed with this browser's key.

import { changeItems } from "./changes.js";
import { SENTENCE } from "./dom.js";
import { Wrong, clearFault, instantOf, numberOf, placeOf, showFault } from "./fields.js";
import { h, plain } from "./text.js";
import { metres } from "./typed.js";
import { phrase, t } from "./words.js";

export const VERBS = ["RECEIVED", "READ-BACK", "PASSED-DOWN", "LOADED", "CANNOT-COMPLY", "DISPUTED"];

/** Answers that of an amendment acknowledge the difference. */
const LADDER = new Set(["READ-BACK", "PASSED-DOWN", "LOADED"]);

const SAYS = {
  "READ-BACK": t("Type what you heard or read, in your own words and figures. The server compares it with what was told."),
  "PASSED-DOWN": t("The unit was told, and somebody there said so."),
  LOADED: t("The unit has it in the system that it works with."),
  "CANNOT-COMPLY": t("Say why. It ends nothing: the notice stays open and climbs its ladder."),
  DISPUTED: t("Say what is wrong. It ends nothing: the notice stays open and climbs its ladder."),
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
  const send = h("button", { type: "submit", class: "do" }, t("Send {verb}", { verb }));
  const inside = FIELDS[verb](notice, units);
  const form = h("form", { class: "answer", "aria-label": t("{verb} of notice {number}", { verb, number: notice.number }), novalidate: true },
    h("p", { class: "dim" }, SAYS[verb]),
    unread && LADDER.has(verb) && verb !== "READ-BACK" ? h("p", { class: "missing" }, t("It was not read back here.")) : null,
    h("div", { class: "fields" }, inside.nodes),
    LADDER.has(verb) && notice.difference
      ? [h("p", { class: "dim" }, t("This acknowledges what is different from what you were told before:")),
        h("ul", { class: "different" }, changeItems(notice.changes))]
      : null,
    h("p", { class: "sentence" }, phrase(notice.sentence ?? SENTENCE)),
    fault,
    h("p", { class: "line" }, send, h("button", { type: "button", class: "quiet", onclick: close }, t("Leave it"))));
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
      fault.textContent = t("Does not match. {off}. Ask again, and read back again.", { off: off.map(differenceText).join("; ") });
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
  t("{field}: told {told}, read back {back}", { field: plain(difference.field, 40), told: plain(difference.told, 60), back: plain(difference.read_back, 60) });

const FIELDS = {
  "READ-BACK": readBack,
  "PASSED-DOWN": (notice, units) => ({
    nodes: [unitField(notice, units)],
    read: ({ unit }) => ({ unit: needed(unit, t("Name the unit.")) }),
  }),
  LOADED: (notice, units) => ({
    nodes: [
      unitField(notice, units, [["*", t("all of them: I attest it")]]),
      field("system", t("In which system"), { maxlength: 100, placeholder: t("such as fire control") }),
    ],
    read: ({ unit, system }) => {
      const name = system.value.trim();
      if (unit.value === "*") return { attested: true, ...(name ? { system: name } : {}) };
      return { unit: needed(unit, t("Name the unit.")), system: needed(system, t("Name the system in which the unit has it.")) };
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
  if (!notice.units.length) return field("unit", t("Unit"), { maxlength: 64 });
  const order = [...waiting, ...notice.units.filter((unit) => !waiting.includes(unit))];
  return field("unit", t("Unit"), {}, choice([
    ...order.map((unit) => [unit, `${plain(unit, 40)}${waiting.includes(unit) ? "" : ` ${t("(said before)")}`}`]), ...more,
  ]));
}

function reason(notice) {
  const seal = notice.sender ? h("p", { class: "field check" }, h("label", {}, h("input", { type: "checkbox", name: "seal" }), ` ${t("Seal it to {sender}: the host cannot read it", { sender: plain(notice.sender, 60) })}`)) : null;
  return {
    nodes: [field("reason", t("Reason"), { maxlength: 500, class: "long" }), seal],
    read: ({ reason: text, seal: box }) => {
      const reason = needed(text, t("Give the reason."));
      return box?.checked ? { reason, sealTo: notice.sender } : { reason };
    },
  };
}

function readBack(notice) {
  const day = notice.particulars?.startMs ?? notice.issuedMs;
  const unit = () => choice([["m", "m"], ["ft", "ft"]]);
  return {
    nodes: [
      field("latitude", t("Latitude of a point of the area"), { placeholder: t("46.80 or 46 48 00 N") }),
      field("longitude", t("Longitude"), { placeholder: t("7.60 or 7 36 00 E") }),
      field("start", t("Begins, UTC"), { placeholder: t("10:05, or 2026-11-21 10:05") }),
      field("end", t("Ends, UTC"), { placeholder: "11:05" }),
      field("lower", t("Lowest height"), { inputmode: "decimal" }),
      field("upper", t("Highest height"), { inputmode: "decimal" }),
      field("unit", t("Heights are in"), {}, unit()),
      h("p", { class: "dim small" }, t("Heights above the WGS84 ellipsoid, as they were told. A time without a day is on the day of the beginning.")),
    ],
    read: (elements) => {
      const heights = elements.unit.value;
      const [longitude, latitude] = placeOf(elements.latitude, elements.longitude);
      const startMs = instantOf(elements.start, day);
      const endMs = nextDay(instantOf(elements.end, startMs), startMs);
      const height = (input) => { numberOf(input, { least: -Infinity, unit: t("the unit is chosen beside it") }); return metres(input.value, heights); };
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
