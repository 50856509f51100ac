// The map on which an intent is drawn: with the mouse, by touch, and by keyboard (the arrows move the
// map below a cross in its middle, Enter sets a place there). Everything on it stands beside it as text.

import { lacking, ringsOf } from "./draft.js";
import { bounds, rings } from "./geo.js";
import { ConsoleMap } from "./map.js";
import { h } from "./text.js";
import { t } from "./words.js";

const EMPTY = { type: "FeatureCollection", features: [] };
const FONT = ["sans-serif"];
const REACH_PX = 14; // how near a finger has to come to a corner
const OWN = "#ffffff";
const MET = "#ff9a76";
const THEIRS = "#c58bff";
const halo = { "text-halo-color": "#0b141a", "text-halo-width": 1.6 };

const LAYERS = [
  { id: "met-fill", type: "fill", source: "met", filter: ["==", ["get", "cell"], true], paint: { "fill-color": MET, "fill-opacity": 0.25 } },
  { id: "met-line", type: "line", source: "met", paint: { "line-color": MET, "line-width": ["case", ["get", "on"], 5, 3], "line-dasharray": [2, 1] } },
  { id: "theirs-line", type: "line", source: "theirs", paint: { "line-color": THEIRS, "line-width": 3, "line-dasharray": [1, 1.5] } },
  { id: "draft-fill", type: "fill", source: "draft", filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": OWN, "fill-opacity": ["case", ["get", "on"], 0.2, 0.1] } },
  { id: "draft-line", type: "line", source: "draft", paint: { "line-color": OWN, "line-width": ["case", ["get", "on"], 2.6, 1.6] } },
  { id: "draft-way", type: "line", source: "way", paint: { "line-color": OWN, "line-width": 1.4, "line-dasharray": [3, 2] } },
  { id: "draft-between", type: "circle", source: "corners", filter: ["==", ["get", "between"], true], paint: { "circle-radius": 4, "circle-color": "#0b141a", "circle-stroke-color": OWN, "circle-stroke-width": 1.2 } },
  { id: "draft-corners", type: "circle", source: "corners", filter: ["==", ["get", "between"], false], paint: { "circle-radius": 6.5, "circle-color": OWN, "circle-stroke-color": "#0b141a", "circle-stroke-width": 2 } },
  { id: "met-names", type: "symbol", source: "met-names", layout: { "text-field": ["get", "name"], "text-font": FONT, "text-size": 12, "text-max-width": 26, "text-allow-overlap": true }, paint: { "text-color": MET, ...halo } },
];

const feature = (type, coordinates, properties = {}) => ({ type: "Feature", geometry: { type, coordinates }, properties });

/** hooks: {place(at), move(index, at), insert(index, at), remove(), finish(), leave()} of the chosen volume. */
export class DrawMap {
  constructor(box, hooks) {
    this.hooks = hooks;
    this.ready = false;
    this.drawing = false;
    this.chosen = null;
    this.wanted = new Map();
    this.frames = null;
    const nothing = h("p", { class: "nothing", hidden: true }, t("No information in this view. No information is not clearance."));
    this.cross = h("div", { class: "cross", hidden: true, "aria-hidden": "true" });
    this.area = h("div", { class: "map", role: "region", "aria-label": t("Map to draw on. What is drawn stands beside it as text, and can be typed there.") });
    box.append(this.area, nothing, this.cross);
    this.console = new ConsoleMap(this.area, { select: () => {} }, { nothing });
    this.map = this.console.map;
    this.map.doubleClickZoom.disable();
    this.map.on("load", () => this.#begin());
    this.map.on("click", (event) => this.#click(event));
    this.map.on("dblclick", () => this.hooks.finish());
    for (const name of ["mousedown", "touchstart"]) this.map.on(name, (event) => this.#grab(event));
    this.area.addEventListener("keydown", (event) => this.#key(event));
    this.area.addEventListener("focusin", () => this.#cross());
    this.area.addEventListener("focusout", () => this.#cross());
  }

  #begin() {
    for (const name of ["met", "theirs", "draft", "way", "corners", "met-names"]) this.map.addSource(name, { type: "geojson", data: EMPTY });
    for (const layer of LAYERS) this.map.addLayer(layer);
    this.ready = true;
    for (const [name, features] of this.wanted) this.#put(name, features);
    if (this.frames) this.frame(this.frames);
  }

  #put(name, features) {
    this.wanted.set(name, features);
    if (this.ready) this.map.getSource(name).setData({ type: "FeatureCollection", features });
  }

  update(state) { this.console.update(state); }
  remove() { this.console.remove(); }
  resize() { this.map.resize(); }

  /** Whether a click sets a place now. */
  draw(on) {
    this.drawing = on;
    this.map.getCanvas().classList.toggle("picking", on);
    this.#cross();
  }

  #cross() { this.cross.hidden = !(this.drawing && this.area.contains(document.activeElement)); }

  /** Where the keyboard draws. */
  focus() { this.map.getCanvas().focus({ preventScroll: true }); }

  /** The volumes; on: the place of the chosen one, whose corners can be taken hold of. */
  show(volumes, on) {
    this.chosen = volumes[on] ?? null;
    this.#put("draft", volumes.flatMap((each, i) => ringsOf(each).map((ring) => feature("Polygon", [ring], { on: i === on }))));
    const line = (this.chosen?.places ?? []).map((each) => each.at);
    const isOpen = this.chosen && (this.chosen.shape === "corridor" || (this.chosen.shape === "polygon" && lacking(this.chosen)));
    this.#put("way", line.length > 1 && isOpen ? [feature("LineString", line)] : []);
    this.#put("corners", [
      ...this.#between(line).map(([index, at]) => feature("Point", at, { between: true, index })),
      ...line.map((at, index) => feature("Point", at, { between: false, index })),
    ]);
  }

  /** Between two corners, where a new one is pulled out. */
  #between(line) {
    if (!this.chosen || this.chosen.shape === "circle" || line.length < 2 || line.length > 200) return [];
    const pairs = line.slice(1).map((at, i) => [i + 1, line[i], at]);
    if (this.chosen.shape === "polygon" && line.length > 2) pairs.push([line.length, line.at(-1), line[0]]);
    return pairs.map(([index, [x1, y1], [x2, y2]]) => [index, [(x1 + x2) / 2, (y1 + y2) / 2]]);
  }

  /** What it touches: [{rings, cells, name, on}]. */
  touched(all) {
    const square = ({ south, west, size }) => [[west, south], [west + size, south], [west + size, south + size], [west, south + size], [west, south]];
    this.#put("met", all.flatMap((each) => [
      ...each.rings.map((ring) => feature("LineString", ring, { on: each.on, cell: false })),
      ...each.cells.map((cell) => feature("Polygon", [square(cell)], { on: each.on, cell: true })),
    ]));
    this.#put("met-names", all.filter((each) => each.rings.length || each.cells.length).map((each) => feature("Point", middleOf(each.rings.flat().length ? each.rings.flat() : each.cells.flatMap(square)), { name: each.name })));
  }

  /** What another party sees of it: footprints on the wire, or null. */
  theirs(volumes) {
    const drawn = (volumes ?? []).flatMap((each) => rings(each.footprint));
    this.#put("theirs", drawn.map((ring) => feature("LineString", ring)));
    if (drawn.length) this.frame(drawn.flat());
  }

  /** Bring these places into view. */
  frame(points) {
    const view = bounds(points);
    if (!view) return;
    this.frames = this.ready ? null : points;
    this.console.moved = true;
    this.map.fitBounds(view, { padding: 110, maxZoom: 13, duration: 0 });
  }

  #click(event) {
    if (!this.drawing || this.#cornerAt(event.point)) return;
    this.hooks.place([event.lngLat.lng, event.lngLat.lat]);
  }

  /** The corner, or the place between two, that a pointer is on. */
  #cornerAt({ x, y }) {
    if (!this.ready) return null;
    const found = this.map.queryRenderedFeatures([[x - REACH_PX, y - REACH_PX], [x + REACH_PX, y + REACH_PX]], { layers: ["draft-corners", "draft-between"] });
    return (found.find((each) => !each.properties.between) ?? found[0])?.properties ?? null;
  }

  #grab(event) {
    if (event.points?.length > 1) return; // two fingers zoom
    const corner = this.#cornerAt(event.point);
    if (!corner) return;
    event.preventDefault(); // the map stays
    let { index } = corner;
    let held = !corner.between;
    const at = (moved) => [moved.lngLat.lng, moved.lngLat.lat];
    const move = (moved) => {
      if (held) this.hooks.move(index, at(moved));
      else { this.hooks.insert(index, at(moved)); held = true; }
    };
    const [moves, ends] = event.type === "touchstart" ? ["touchmove", "touchend"] : ["mousemove", "mouseup"];
    this.map.on(moves, move);
    this.map.once(ends, () => this.map.off(moves, move));
  }

  #key(event) {
    if (!this.drawing) return;
    const act = {
      Enter: () => { const { lng, lat } = this.map.getCenter(); this.hooks.place([lng, lat]); },
      Backspace: () => this.hooks.remove(),
      Escape: () => this.hooks.finish(),
    }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }
}

function middleOf(points) {
  const [[w, s], [e, n]] = bounds(points);
  return [(w + e) / 2, (s + n) / 2];
}
