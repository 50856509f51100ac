// The words of an intent: what kind, who sees it, when, how high. Reads what is typed into the body
// that is asked about and sent; what is wrong is thrown with its field.

import { choice, field } from "./answer.js";
import { ProposedTimes, Wrong, endOf, instantOf, minuteText, numberOf, wholeOf } from "./fields.js";
import { lacking, nameOf, wireOf } from "./draft.js";
import { h, local, plain } from "./text.js";
import { t } from "./words.js";

const HOUR_MS = 3600000;
const KINDS = () => [["flight", t("flight: aircraft or drones")], ["movement", t("movement: a convoy, a ship, people under way")], ["hazard", t("hazard: live firing, a launch, a drop, a burn")], ["presence", t("presence: people or a site to be spared")]];
const LEVELS = () => [["open", t("open: every party of the space sees it")], ["on-conflict", t("on conflict: others learn only what they meet")], ["named", t("named: only the parties below see it")]];
const REFERENCES = () => [["AGL", t("the ground")], ["MSL", t("mean sea level")], ["W84", t("WGS84 ellipsoid")], ["STD", t("1013 hPa (flight levels)")]];
const SOURCES = () => [["planned", t("the plan")], ["map", t("a map")], ["gps", "GPS"], ["imagery", t("imagery")], ["relayed", t("somebody who relayed it")], ["address", t("an address")]];

/** What the server names in an intent, as a field of the form. */
export const PATHS = [
  [/start/, "start"], [/end/, "end"], [/radius_m|footprint|coordinates|vertices|center|points|width_m/, "areas"], [/lower/, "lower"], [/upper|altitude/, "upper"],
  [/accuracy_m/, "accuracy"], [/provenance/, "source"], [/place_name/, "place_name"], [/call_sign/, "call_sign"], [/visibility/, "level"], [/priority/, "priority"], [/count/, "count"], [/kind/, "kind"],
];

/** In an hour, for an hour, on full five minutes. */
function proposed(nowMs) {
  const ms = Math.ceil(nowMs / 300000) * 300000;
  return { start: minuteText(ms + HOUR_MS), end: minuteText(ms + 2 * HOUR_MS) };
}

export class IntentForm {
  constructor(context) {
    this.context = context;
    this.proposed = new ProposedTimes(context, proposed);
    this.locals = { start: h("small", { class: "dim num" }), end: h("small", { class: "dim num" }) };
    this.parties = h("fieldset", { class: "parties", hidden: true }, h("legend", {}, t("Who sees all of it")));
    const time = (name, label) => {
      const node = field(name, label, { value: this.proposed.texts[name], dir: "ltr" });
      node.append(this.locals[name]);
      return node;
    };
    this.nodes = [
      h("div", { class: "fields" },
        field("kind", t("Kind"), {}, choice(KINDS())),
        field("level", t("Who sees it"), {}, choice(LEVELS())), this.parties,
        field("call_sign", t("Call sign or name"), { maxlength: 100 }),
        field("place_name", t("What and where, in words"), { maxlength: 100 }),
        time("start", t("Begins, UTC")), time("end", t("Ends, UTC")),
        field("lower", t("Lowest height"), { inputmode: "decimal", value: "0", dir: "ltr" }), field("upper", t("Highest height"), { inputmode: "decimal", dir: "ltr" }),
        field("unit", t("Heights are in"), {}, choice([["m", t("metres")], ["ft", t("feet")]])), field("reference", t("above"), {}, choice(REFERENCES()))),
      h("details", { class: "more" }, h("summary", {}, t("More: priority, number, where the place is from")),
        h("div", { class: "fields" },
          field("priority", t("Priority"), { inputmode: "numeric", value: "0", dir: "ltr" }), field("count", t("How many (aircraft, vehicles, people)"), { inputmode: "numeric", dir: "ltr" }),
          field("source", t("The place is from"), {}, choice(SOURCES())), field("accuracy", t("good to, in metres"), { inputmode: "decimal", value: "50", dir: "ltr" }),
          h("p", { class: "field check" }, h("label", {}, h("input", { type: "checkbox", name: "confirmed", "data-focus": "confirmed" }), " ", t("It is meant as it is: asked about, and checked against its source"))))),
    ];
  }

  /** Of which form the fields are; once they stand in it. */
  within(form) {
    this.form = form;
    form.elements.level.addEventListener("change", () => this.#named());
    this.times();
  }

  get elements() { return this.form.elements; }

  /** The parties that can be named, as the page has them. */
  update(state) {
    if (this.proposed.update(state, this.elements, this.context.now())) this.times();
    const others = Object.values(state.parties).filter((each) => each.id !== state.session?.party).sort((a, b) => a.id.localeCompare(b.id));
    const signature = others.map((each) => `${each.id} ${each.name}`).join("|");
    if (signature !== this.signature) {
      this.signature = signature;
      const ticked = new Set(this.#ticked());
      this.parties.replaceChildren(this.parties.firstChild, ...others.map((each) => {
        const box = h("input", { type: "checkbox", name: "party", value: each.id });
        box.checked = ticked.has(each.id);
        return h("label", {}, box, " ", plain(each.name ?? each.id, 60));
      }));
    }
  }

  #ticked() { return [...this.parties.querySelectorAll("input")].filter((box) => box.checked).map((box) => box.value); }
  #named() { this.parties.hidden = this.elements.level.value === "open"; }

  /** The reader's own time of day beside each time in UTC. */
  times() {
    for (const name of ["start", "end"]) {
      let ms = NaN;
      try { ms = instantOf(this.elements[name], this.context.now()); } catch { /* said when it is read */ }
      this.locals[name].textContent = Number.isFinite(ms) ? t("local {time}", { time: `${dayOf(ms)} ${local(ms)}` }) : "";
    }
  }

  /** The body of these volumes; throws Wrong for what is missing or not understood. */
  read(volumes) {
    const { elements } = this;
    if (!volumes.length) throw new Wrong("areas", t("Draw an area, a circle or a corridor, or paste one."));
    volumes.forEach((each, i) => {
      const why = lacking(each);
      if (why) throw new Wrong("areas", `${nameOf(each, i)}: ${why}.`);
    });
    const common = {};
    if (volumes.some((each) => !each.lower)) common.lower = this.#limit("lower");
    if (volumes.some((each) => !each.upper)) common.upper = this.#limit("upper");
    const startMs = instantOf(elements.start, this.context.now());
    if (volumes.some((each) => !each.start)) common.start = new Date(startMs).toISOString();
    if (volumes.some((each) => !each.end)) common.end = new Date(endOf(elements.end, startMs)).toISOString();
    const words = (name) => elements[name].value.trim();
    const [callSign, placeName, level, parties] = [words("call_sign"), words("place_name"), elements.level.value, this.#ticked()];
    const kind = elements.kind.value;
    return {
      kind, volumes: volumes.map((each) => wireOf(each, common)),
      priority: wholeOf(elements.priority),
      visibility: { level, ...(level !== "open" && parties.length ? { parties } : {}) },
      provenance: { source: elements.source.value, accuracy_m: numberOf(elements.accuracy, { unit: t("it is in metres") }) },
      ...(words("count") ? { count: wholeOf(elements.count) } : {}),
      ...(callSign ? { call_sign: callSign } : {}), ...(placeName ? { place_name: placeName } : {}),
      ...(elements.confirmed.checked ? { confirmed: true } : {}),
    };
  }

  #limit(name) {
    const value = numberOf(this.elements[name], { unit: t("the unit is chosen beside it"), least: -Infinity });
    return { value, units: this.elements.unit.value === "ft" ? "FT" : "M", reference: this.elements.reference.value };
  }

  /** What was read says for all volumes alike goes into the fields, where it can be changed. Gives
   * back the volumes without it. */
  take(volumes) {
    const { elements } = this;
    const same = (name) => {
      const [first] = volumes;
      return first?.[name] && volumes.every((each) => JSON.stringify(each[name]) === JSON.stringify(first[name])) ? first[name] : null;
    };
    const found = { start: same("start"), end: same("end"), lower: same("lower"), upper: same("upper") };
    const cleared = {};
    for (const name of ["start", "end"]) {
      if (!found[name] || Date.parse(found[name]) % 60000) continue;
      elements[name].value = minuteText(Date.parse(found[name]));
      cleared[name] = null;
    }
    const { lower, upper } = found;
    if (lower && upper && (lower.value === 0 || lower.units === upper.units) && lower.reference === upper.reference) {
      elements.lower.value = String(lower.value);
      elements.upper.value = String(upper.value);
      elements.unit.value = upper.units === "FT" ? "ft" : "m";
      elements.reference.value = upper.reference;
      Object.assign(cleared, { lower: null, upper: null });
    }
    const name = same("name");
    if (name) {
      const into = elements.kind.value === "hazard" || elements.kind.value === "presence" ? "place_name" : "call_sign";
      if (!elements[into].value) elements[into].value = name;
    }
    this.times();
    return volumes.map((each) => ({ ...each, ...cleared }));
  }

  /** Fill it with an intent that stands, to be changed. */
  fill(wire) {
    const { elements } = this;
    elements.kind.value = wire.kind;
    elements.level.value = wire.visibility?.level ?? "open";
    elements.call_sign.value = wire.call_sign ?? "";
    elements.place_name.value = wire.place_name ?? "";
    elements.priority.value = String(wire.priority ?? 0);
    elements.count.value = wire.count ?? "";
    elements.source.value = wire.provenance?.source ?? "planned";
    elements.accuracy.value = String(wire.provenance?.accuracy_m ?? 0);
    elements.confirmed.checked = false;
    const named = new Set(wire.visibility?.parties ?? []);
    for (const box of this.parties.querySelectorAll("input")) box.checked = named.has(box.value);
    this.#named();
  }
}

const dayOf = (ms) => {
  const when = new Date(ms);
  const two = (value) => String(value).padStart(2, "0");
  return `${when.getFullYear()}-${two(when.getMonth() + 1)}-${two(when.getDate())}`;
};
