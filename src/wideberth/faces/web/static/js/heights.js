// The filter by height: a band above the WGS84 ellipsoid, and what it leaves out, in numbers. What is
// named in a warning, or picked, is never left out, and neither is what has no known height there: not
// known is not elsewhere.

import { h, FEET_M } from "./text.js";
import { setText } from "./dom.js";
import { t, tn } from "./words.js";

/** A limit in metres above the ellipsoid; NaN where it is told by another reference. */
export const limitM = (limit) => (limit?.reference === "W84" ? limit.value * (limit.units === "FT" ? FEET_M : 1) : NaN);

const volumeIsOut = ({ lower, upper }, { fromM, toM }) => limitM(lower) > toM || limitM(upper) < fromM;

/** Ids that a filter never leaves out. */
function exempt(state) {
  const ids = new Set(Object.values(state.warnings).flatMap((warning) => warning.objects.map((object) => object.id)));
  if (state.selected) ids.add(state.selected);
  return ids;
}

/** The state without what is outside a band {fromM, toM}; which tracks are shown; what is left out, by
 * kind; and how many tracks stay because their height is not known. band: null for all heights. */
export function within(state, band) {
  if (!band) return { state, shows: null, out: null };
  const always = exempt(state);
  const out = { tracks: 0, intents: 0, zones: 0, unknown: 0 };
  const kept = (things, name) => Object.fromEntries(Object.entries(things).filter(([id, thing]) => {
    const isOut = !always.has(id) && thing.volumes.length > 0 && thing.volumes.every((volume) => volumeIsOut(volume, band));
    if (isOut) out[name] += 1;
    return !isOut;
  }));
  const shows = (track) => !Number.isFinite(track.altitudeM) || (track.altitudeM >= band.fromM && track.altitudeM <= band.toM) || always.has(track.id) || always.has(track.track);
  for (const id of Object.keys(state.tracks)) {
    const track = state.tracks[id];
    if (!Number.isFinite(track.altitudeM)) out.unknown += 1;
    else if (!shows(track)) out.tracks += 1;
  }
  return { state: { ...state, intents: kept(state.intents, "intents"), shared: kept(state.shared, "intents"), zones: kept(state.zones, "zones") }, shows, out };
}

/** What a band leaves out, in words. */
export function outText(out) {
  const parts = [
    out.tracks ? tn(out.tracks, "{count} track", "{count} tracks") : null,
    out.intents ? tn(out.intents, "{count} intent", "{count} intents") : null,
    out.zones ? tn(out.zones, "{count} zone", "{count} zones") : null,
  ].filter(Boolean);
  const hidden = parts.length ? t("Not shown: {what}.", { what: parts.join(", ") }) : t("Nothing is left out.");
  const unknown = out.unknown ? ` ${tn(out.unknown, "{count} track of no known height stays.", "{count} tracks of no known height stay.")}` : "";
  return `${hidden}${unknown} ${t("What is in a warning stays.")}`;
}

const USES = ["m", "ft"];

/** The fields of the filter. changed() is called when the band is another. */
export class Heights {
  constructor(changed) {
    this.band = null;
    this.changed = changed;
    const field = (name, label) => h("label", {}, `${label} `, h("input", { name, inputmode: "decimal", size: 6, autocomplete: "off", class: "num" }));
    this.units = h("select", { "aria-label": t("Heights in") }, USES.map((each) => h("option", {}, each)));
    this.says = h("output", { class: "says" });
    this.all = h("button", { type: "button", class: "quiet", hidden: true, onclick: () => this.clear() }, t("All heights"));
    this.node = h("form", { class: "heights", novalidate: true, "aria-label": t("Heights that are shown, above the WGS84 ellipsoid") },
      h("span", { class: "dim" }, t("Heights")), field("from", t("from")), field("to", t("to")), this.units,
      h("span", { class: "dim" }, "WGS84"), this.all, this.says);
    this.node.addEventListener("input", () => this.#read());
    this.node.addEventListener("submit", (event) => event.preventDefault());
  }

  clear() {
    for (const name of ["from", "to"]) this.node.elements[name].value = "";
    this.#read();
    this.node.elements.from.focus();
  }

  #read() {
    const { from, to } = this.node.elements;
    const metres = (input, none) => (input.value.trim() ? Number(input.value.replace(",", "")) * (this.units.value === "ft" ? FEET_M : 1) : none);
    const [fromM, toM] = [metres(from, -Infinity), metres(to, Infinity)];
    const wrong = Number.isNaN(fromM) || Number.isNaN(toM) || fromM > toM;
    for (const input of [from, to]) input.setAttribute("aria-invalid", String(wrong));
    this.wrong = wrong;
    this.band = wrong || (fromM === -Infinity && toM === Infinity) ? null : { fromM, toM };
    this.changed();
  }

  /** out: what the band leaves out now, or null. */
  write(out) {
    this.all.hidden = !out && !this.wrong;
    this.node.classList.toggle("on", Boolean(out));
    setText(this.says, this.wrong ? t("Give numbers, the lower first. All heights are shown.") : out ? outText(out) : "");
  }
}
