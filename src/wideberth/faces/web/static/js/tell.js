// The view in which a hazard is told: what it would touch is read first, then it is sent.

import { choice, field } from "./answer.js";
import { HazardList } from "./hazards.js";
import { NO_INFORMATION } from "./dom.js";
import { SigningPanel } from "./signing.js";
import { h, plain, utc, utcDate, utcShort } from "./text.js";
import { degrees, instant, metres } from "./typed.js";

const HOUR_MS = 3600000;

export function mount(root, context) {
  return new Tell(root, context);
}

class Tell {
  constructor(root, context) {
    Object.assign(this, { root, context });
    this.checked = null; // the body that was looked at, as text: only that is sent
    this.key = null;
    const now = context.now();
    const units = () => choice([["m", "m"], ["ft", "ft"]]);
    this.fault = h("p", { class: "fault", role: "alert" });
    this.preview = h("div", { class: "preview", "aria-live": "polite" });
    this.send = h("button", { type: "button", class: "do", disabled: true, onclick: () => this.#tell() }, "Send it");
    const signing = h("div", {});
    this.form = h("form", { class: "answer", "aria-label": "Tell of a hazard", novalidate: true },
      h("div", { class: "fields" },
        field("place_name", "What and where, in words", { maxlength: 100, class: "long", placeholder: "live firing, range 4" }),
        field("latitude", "Centre, latitude", { placeholder: "46.80 or 46 48 00 N" }),
        field("longitude", "Centre, longitude", { placeholder: "7.60 or 7 36 00 E" }),
        h("p", { class: "field" }, h("label", {}, "or"), h("button", { type: "button", class: "quiet", onclick: () => this.#pick() }, "Point at it on the map")),
        field("radius", "Radius", { inputmode: "decimal", placeholder: "5000" }), field("radius_unit", "in", {}, choice([["m", "metres"], ["km", "kilometres"], ["nm", "nautical miles"]])),
        field("lower", "Lowest height", { inputmode: "decimal", value: "0" }), field("upper", "Highest height", { inputmode: "decimal" }),
        field("unit", "Heights are in", {}, units()),
        field("reference", "above", {}, choice([["W84", "WGS84 ellipsoid"], ["MSL", "mean sea level"], ["AGL", "the ground"]])),
        field("start", "Begins, UTC", { value: `${utcDate(now)} ${utcShort(now).slice(0, 5)}` }), field("end", "Ends, UTC", { value: `${utcDate(now + HOUR_MS)} ${utcShort(now + HOUR_MS).slice(0, 5)}` }),
        field("source", "The place is from", {}, choice([["planned", "the plan"], ["map", "a map"], ["gps", "GPS"], ["imagery", "imagery"], ["relayed", "somebody who relayed it"], ["address", "an address"]])),
        field("accuracy", "good to, in metres", { inputmode: "decimal", value: "50" }),
        h("p", { class: "field check" }, h("label", {}, h("input", { type: "checkbox", name: "confirmed", "data-focus": "confirmed" }), " Checked against its source"))),
      this.fault, h("p", { class: "line" }, h("button", { type: "submit", class: "do" }, "Look at what it touches"), this.send),
      h("p", { class: "sentence" }, "To look tells nobody. To tell of a hazard makes nothing lawful and takes no protection away."));
    this.form.addEventListener("input", () => this.#stale());
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.#look(); });
    const hazards = h("div", { class: "cards", id: "hazards" });
    root.replaceChildren(h("div", { class: "sheet inbox" },
      h("section", { "aria-labelledby": "h-tell" }, h("h2", { id: "h-tell", tabindex: "-1", "data-first": true }, "Tell of a hazard"), signing, this.form),
      h("section", { "aria-labelledby": "h-preview" }, h("h2", { id: "h-preview" }, "What it touches"), this.preview,
        h("h2", { id: "h-hazards" }, "Hazards that nobody said to be over"), hazards)));
    this.signing = new SigningPanel(signing, context, () => this.hazards?.update(context.state()));
    this.hazards = new HazardList(hazards, context, this.signing);
    this.#stale();
  }

  update(state) {
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
    this.preview.replaceChildren(h("p", { class: "none" }, "Look at it first; then it can be sent."));
  }

  /** The body as typed, or what is wrong and where. */
  #read() {
    const { elements } = this.form;
    const height = elements.unit.value;
    const day = this.context.now();
    const startMs = instant(elements.start.value, day);
    const radius = metres(elements.radius.value, "m");
    const found = {
      latitude: degrees(elements.latitude.value, 90), longitude: degrees(elements.longitude.value, 180), radius,
      lower: metres(elements.lower.value, "m"), upper: metres(elements.upper.value, "m"),
      start: startMs, end: instant(elements.end.value, startMs ?? day), accuracy: metres(elements.accuracy.value, "m"),
    };
    for (const [name, value] of Object.entries(found)) {
      if (value === null) return { at: name, wrong: `${elements[name].labels[0].textContent}: "${plain(elements[name].value, 40)}" is not understood.` };
    }
    const limit = (value) => ({ value, units: height === "ft" ? "FT" : "M", reference: elements.reference.value });
    const words = elements.place_name.value.trim();
    return {
      body: {
        kind: "hazard",
        volumes: [{
          footprint: { type: "Point", coordinates: [found.longitude, found.latitude], radius_m: radius * { m: 1, km: 1000, nm: 1852 }[elements.radius_unit.value] },
          lower: limit(found.lower), upper: limit(found.upper),
          start: new Date(found.start).toISOString(), end: new Date(found.end).toISOString(),
        }],
        provenance: { source: elements.source.value, accuracy_m: found.accuracy },
        ...(words ? { place_name: words } : {}),
        ...(elements.confirmed.checked ? { confirmed: true } : {}),
      },
    };
  }

  async #look() {
    this.fault.textContent = "";
    const { body, wrong, at } = this.#read();
    if (wrong) {
      this.fault.textContent = wrong;
      this.form.elements[at]?.focus();
      return;
    }
    try {
      const found = await this.context.api.post("/api/v1/intents/check", body, crypto.randomUUID());
      this.preview.replaceChildren(previewOf(this.context.state(), body, found));
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
    this.fault.textContent = "";
    try {
      const told = this.signing.ready
        ? await this.context.signer.post("/api/v1/intents", "SubmitIntent", body)
        : await this.context.api.post("/api/v1/intents", body, this.key);
      this.checked = null;
      this.preview.replaceChildren(h("p", { role: "status" }, h("b", {}, "Told"), ` at ${utc(Date.parse(told.time))}, entry ${told.position} of the record. How far it comes stands in the inbox.`));
      this.context.refresh("intents", "hazards", "reach", "notices");
    } catch (error) {
      this.#refused(error);
      this.send.disabled = !(error instanceof TypeError);
    }
  }

  #refused(error) {
    this.fault.textContent = plain(error instanceof TypeError ? "No connection: nothing is known of what became of it. Send it again; it counts once." : `${error.details?.field ? `${error.details.field}: ` : ""}${error.message}`, 300);
  }
}

/** What would be told, and whom it touches, in words. */
function previewOf(state, body, found) {
  const [volume] = body.volumes;
  const [longitude, latitude] = volume.footprint.coordinates;
  const name = (clash) => {
    const thing = state.intents[clash.other?.id] ?? state.zones[clash.other?.id];
    return plain(thing?.callSign ?? thing?.placeName ?? thing?.name ?? clash.other?.id ?? "something that is not shown to you", 60);
  };
  return h("div", { class: "card" },
    h("p", { class: "line" }, h("b", {}, `HAZARD ${plain(body.place_name ?? "", 60)}`), found.intent.late ? h("span", { class: "tag bad" }, "LATE") : null,
      (found.intent.cautions ?? []).map((caution) => h("span", { class: "tag strong" }, plain(caution, 60)))),
    h("p", {}, `Within ${Math.round(volume.footprint.radius_m).toLocaleString("en")} m of ${latitude.toFixed(5)}°, ${longitude.toFixed(5)}°, from ${volume.lower.value} to ${volume.upper.value} ${volume.lower.units} ${volume.lower.reference}.`),
    h("p", {}, `From ${stamp(volume.start)} to ${stamp(volume.end)}.`),
    found.clashes.length ? h("p", {}, h("b", {}, `It touches ${found.clashes.length}:`)) : h("p", { class: "none" }, `It touches nothing that you may see. ${NO_INFORMATION}`),
    h("ul", { class: "clashes" }, found.clashes.map((clash) => h("li", {}, name(clash),
      h("span", { class: "dim" }, ` ${plain(clash.other_kind, 30)} of ${plain(clash.other_party ?? "a party that is not shown", 40)}, ${utcShort(Date.parse(clash.overlap.start))} to ${utcShort(Date.parse(clash.overlap.end))}`)))));
}

const stamp = (text) => `${utcDate(Date.parse(text))} ${utcShort(Date.parse(text))}`;
