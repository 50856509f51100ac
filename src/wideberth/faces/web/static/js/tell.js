// The view in which a hazard is told: what it would touch is read first, then it is sent.

import { choice, field } from "./answer.js";
import { placeText } from "./claims.js";
import { ProposedTimes, clearFault, endOf, farOutside, instantOf, minuteText, numberOf, placeOf, showFault } from "./fields.js";
import { farFromAll, placesOf } from "./faraway.js";
import { HazardList } from "./hazards.js";
import { NO_INFORMATION } from "./dom.js";
import { SigningPanel } from "./signing.js";
import { duration, h, plain, utc, utcDate, utcShort } from "./text.js";
import { phrase, t } from "./words.js";

const HOUR_MS = 3600000;
const YEAR_MS = 366 * 24 * HOUR_MS;

/** What the server names in a hazard, as a field of the form. */
const PATHS = [
  [/volumes\.\d+\.start/, "start"], [/volumes\.\d+\.end/, "end"], [/radius_m/, "radius"], [/coordinates\.0/, "longitude"], [/footprint|coordinates/, "latitude"],
  [/lower/, "lower"], [/upper|altitude/, "upper"], [/accuracy_m/, "accuracy"], [/provenance/, "source"], [/place_name/, "place_name"],
];

export function mount(root, context) {
  return new Tell(root, context);
}

class Tell {
  constructor(root, context) {
    Object.assign(this, { root, context });
    this.checked = null; // the body that was looked at, as text: only that is sent
    this.key = null;
    this.proposed = new ProposedTimes(context, (nowMs) => ({ start: minuteText(nowMs), end: minuteText(nowMs + HOUR_MS) }));
    const units = () => choice([["m", "m"], ["ft", "ft"]]);
    this.fault = h("p", { class: "fault", role: "alert" });
    this.preview = h("div", { class: "preview", "aria-live": "polite" });
    this.send = h("button", { type: "button", class: "do", disabled: true, onclick: () => this.#tell() }, t("Send it"));
    const signing = h("div", {});
    this.form = h("form", { class: "answer", "aria-label": phrase("Tell of a hazard"), novalidate: true },
      h("div", { class: "fields" },
        field("place_name", t("What and where, in words"), { maxlength: 100, class: "long", placeholder: t("live firing, range 4") }),
        field("latitude", t("Centre, latitude"), { placeholder: t("46.80 or 46 48 00 N") }),
        field("longitude", t("Centre, longitude"), { placeholder: t("7.60 or 7 36 00 E") }),
        h("p", { class: "field" }, h("label", {}, t("or")), h("button", { type: "button", class: "quiet", onclick: () => this.#pick() }, t("Point at it on the map"))),
        field("radius", t("Radius"), { inputmode: "decimal", placeholder: "5000" }), field("radius_unit", t("in"), {}, choice([["m", t("metres")], ["km", t("kilometres")], ["nm", t("nautical miles")]])),
        field("lower", t("Lowest height"), { inputmode: "decimal", value: "0" }), field("upper", t("Highest height"), { inputmode: "decimal" }),
        field("unit", t("Heights are in"), {}, units()),
        field("reference", t("above"), {}, choice([["W84", t("WGS84 ellipsoid")], ["MSL", t("mean sea level")], ["AGL", t("the ground")]])),
        field("start", t("Begins, UTC"), { value: this.proposed.texts.start }), field("end", t("Ends, UTC"), { value: this.proposed.texts.end }),
        field("source", t("The place is from"), {}, choice([["planned", t("the plan")], ["map", t("a map")], ["gps", t("GPS")], ["imagery", t("imagery")], ["relayed", t("somebody who relayed it")], ["address", t("an address")]])),
        field("accuracy", t("good to, in metres"), { inputmode: "decimal", value: "50" }),
        h("p", { class: "field check" }, h("label", {}, h("input", { type: "checkbox", name: "confirmed", "data-focus": "confirmed" }), ` ${t("Checked against its source")}`))),
      this.fault, h("p", { class: "line" }, h("button", { type: "submit", class: "do" }, t("Look at what it touches")), this.send),
      h("p", { class: "sentence" }, phrase("To look tells nobody. To tell of a hazard makes nothing lawful and takes no protection away.")));
    this.form.addEventListener("input", () => this.#stale());
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.#look(); });
    const hazards = h("div", { class: "cards", id: "hazards" });
    root.replaceChildren(h("div", { class: "sheet inbox" },
      h("section", { "aria-labelledby": "h-tell" }, h("h2", { id: "h-tell", tabindex: "-1", "data-first": true }, phrase("Tell of a hazard")), signing, this.form),
      h("section", { "aria-labelledby": "h-preview" }, h("h2", { id: "h-preview" }, t("What it touches")), this.preview,
        h("h2", { id: "h-hazards" }, phrase("Hazards that nobody said to be over")), hazards)));
    this.signing = new SigningPanel(signing, context, () => this.hazards?.update(context.state()));
    this.hazards = new HazardList(hazards, context, this.signing);
    this.#stale();
  }

  update(state) {
    this.proposed.update(state, this.form.elements, this.context.now());
    this.hazards.update(state);
  }

  unmount() {
    this.root.replaceChildren();
  }

  async #pick() {
    const [longitude, latitude] = await this.context.actions.pick();
    this.form.elements.latitude.value = latitude.toFixed(5);
    this.form.elements.longitude.value = longitude.toFixed(5);
    this.#stale();
    this.context.go("tell");
  }

  #stale() {
    this.checked = null;
    this.send.disabled = true;
    this.preview.replaceChildren(h("p", { class: "none" }, t("Look at it first; then it can be sent.")));
  }

  /** The body as typed; throws what is wrong, and where. */
  #read() {
    const { elements } = this.form;
    const height = elements.unit.value;
    const beside = { unit: t("the unit is chosen beside it") };
    const [longitude, latitude] = placeOf(elements.latitude, elements.longitude);
    const radius = numberOf(elements.radius, beside);
    const heights = { ...beside, least: -Infinity };
    const [lower, upper] = [numberOf(elements.lower, heights), numberOf(elements.upper, heights)];
    const startMs = instantOf(elements.start, this.context.now());
    const endMs = endOf(elements.end, startMs);
    const accuracy = numberOf(elements.accuracy, { unit: t("it is in metres") });
    const limit = (value) => ({ value, units: height === "ft" ? "FT" : "M", reference: elements.reference.value });
    const words = elements.place_name.value.trim();
    return {
      kind: "hazard",
      volumes: [{
        footprint: { type: "Point", coordinates: [longitude, latitude], radius_m: radius * { m: 1, km: 1000, nm: 1852 }[elements.radius_unit.value] },
        lower: limit(lower), upper: limit(upper),
        start: new Date(startMs).toISOString(), end: new Date(endMs).toISOString(),
      }],
      provenance: { source: elements.source.value, accuracy_m: accuracy },
      ...(words ? { place_name: words } : {}),
      ...(elements.confirmed.checked ? { confirmed: true } : {}),
    };
  }

  async #look() {
    clearFault(this.fault);
    try {
      const body = this.#read();
      const found = await this.context.api.post("/api/v1/intents/check", body, crypto.randomUUID());
      const [{ start, end }] = body.volumes;
      const far = farOutside([[t("Begins:"), Date.parse(start)], [t("Ends:"), Date.parse(end)]], this.context.now(), this.context.now() + YEAR_MS, [t("now"), t("a year from now")]);
      this.preview.replaceChildren(previewOf(this.context.state(), body, found), far ? h("p", { class: "ask-again missing" }, t("Look at the times again: {far}.", { far })) : "");
      this.checked = body;
      this.key = crypto.randomUUID();
      this.send.disabled = false;
      this.send.focus();
    } catch (error) {
      this.#refused(error);
    }
  }

  async #tell() {
    const body = this.checked;
    if (!body) return;
    this.send.disabled = true;
    clearFault(this.fault);
    try {
      const told = this.signing.ready
        ? await this.context.signer.post("/api/v1/intents", "SubmitIntent", body)
        : await this.context.api.post("/api/v1/intents", body, this.key);
      this.checked = null;
      this.preview.replaceChildren(h("p", { role: "status" }, h("b", {}, t("Told")), ` ${t("at {time}, entry {position} of the record. How far it comes stands in the inbox.", { time: utc(Date.parse(told.time)), position: told.position })}`), ...lateLines(told));
      this.context.refresh("intents", "hazards", "reach", "notices");
    } catch (error) {
      this.#refused(error);
      this.send.disabled = !(error instanceof TypeError);
    }
  }

  #refused(error) {
    showFault(this.form, this.fault, error instanceof TypeError ? new Error("No connection: nothing is known of what became of it. Send it again; it counts once.") : error, PATHS);
  }
}

/** What would be told, and whom it touches, in words. */
function previewOf(state, body, found) {
  const [volume] = body.volumes;
  const [longitude, latitude] = volume.footprint.coordinates;
  const away = farFromAll([longitude, latitude], placesOf(state));
  const name = (clash) => {
    const thing = state.intents[clash.other?.id] ?? state.zones[clash.other?.id];
    return plain(thing?.callSign ?? thing?.placeName ?? thing?.name ?? clash.other?.id ?? t("something that is not shown to you"), 60);
  };
  return h("div", { class: "card" },
    h("p", { class: "line" }, h("b", {}, phrase("HAZARD {place_name}", { place_name: plain(body.place_name ?? "", 60) })), found.intent.late || found.late_under?.length ? h("span", { class: "tag bad" }, t("LATE")) : null,
      (found.intent.cautions ?? []).map((caution) => h("span", { class: "tag strong" }, plain(caution, 60)))),
    h("p", {}, t("Within {radius_m} m of {place}, from {value} to {value2} {units} {reference}.", { radius_m: Math.round(volume.footprint.radius_m).toLocaleString("en"), place: placeText([longitude, latitude]), value: volume.lower.value, value2: volume.upper.value, units: volume.lower.units, reference: volume.lower.reference })),
    away ? h("p", { class: "ask-again missing" }, t("Look at the place again. {away}", { away })) : null,
    h("p", {}, t("From {stamp} to {stamp2}.", { stamp: stamp(volume.start), stamp2: stamp(volume.end) })),
    lateLines(found),
    found.clashes.length ? h("p", {}, h("b", {}, t("It touches {count}:", { count: found.clashes.length }))) : h("p", { class: "none" }, t("It touches nothing that you may see. {NO_INFORMATION}", { NO_INFORMATION })),
    h("ul", { class: "clashes" }, found.clashes.map((clash) => h("li", {}, name(clash),
      h("span", { class: "dim" }, ` ${t("{other_kind} of {other_party}, {time} to {time2}", { other_kind: plain(clash.other_kind, 30), other_party: plain(clash.other_party ?? t("a party that is not shown"), 40), time: utcShort(Date.parse(clash.overlap.start)), time2: utcShort(Date.parse(clash.overlap.end)) })}`)))));
}

/** What agreements ask for that it is told too late for: said before it is sent, and when it is told. */
const lateLines = ({ late_under: under = [] }) => under.map((each) => h("p", { class: "missing" },
  t("Late: {title} asks for {duration} before it begins ({provision}).", { title: plain(each.title ?? t("the agreement {agreement}", { agreement: each.agreement }), 80), duration: duration(each.minimum_lead_s), provision: plain(each.provision ?? "", 40) })));

const stamp = (text) => `${utcDate(Date.parse(text))} ${utcShort(Date.parse(text))}`;
