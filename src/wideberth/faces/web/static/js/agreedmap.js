// A text of an agreement on the console's own map: its lines, the strips along them, its areas, and
// where somebody may fire who is not bound. A sketch for the eye: the numbers of the text hold.

import { densePath, rings as ringsOf, strip, top } from "./geo.js";
import { ConsoleMap } from "./map.js";
import { titleOf } from "./provisions.js";
import { EMPTY } from "./state.js";
import { distance, h, plain } from "./text.js";
import { t } from "./words.js";

const NONE = t("None of the places of this text is in this view.");
const SIDES = { both: t("each side"), left: t("left"), right: t("right") };
const degrees = ([latitudeNd, longitudeNd]) => [longitudeNd / 1e9, latitudeNd / 1e9];

/** A footprint as it stands in a text, as it comes on the wire. */
const asOnTheWire = (shape) => (shape.type === "circle"
  ? { type: "Point", coordinates: degrees([shape.latitude_nd, shape.longitude_nd]), radius_m: shape.radius_mm / 1000 }
  : { type: "Polygon", coordinates: [[...shape.vertices, shape.vertices[0]].map(degrees)] });

/** What stands on the map of a text: [{id, rule, text, rings, isLine}]. */
export function placesOf({ provisions = [] }) {
  const lines = new Map(provisions.filter((each) => each.type === "line").map((each) => [each.id, each.points.map(degrees)]));
  const along = (line, widthM, side = "both") => (lines.has(line) ? [strip(lines.get(line), widthM, side)] : []);
  const named = (each) => each.title || `${titleOf(each)} ${each.id}`;
  const drawn = (each) => {
    if (each.type === "line") return [{ rule: "line", text: named(each), rings: [densePath(lines.get(each.id))], isLine: true }];
    if (each.type === "line-buffer") {
      return [{ rule: each.rule ?? "keep-out", text: `${named(each)}\n${distance(each.width_m)}, ${SIDES[each.side ?? "both"]}`, rings: along(each.line, each.width_m, each.side) }];
    }
    if (each.type === "separation-table") {
      return each.rows.map((row) => ({ rule: "stand-off", text: `${row.actor}${row.armed === undefined ? "" : row.armed ? t(", armed") : t(", unarmed")}: ${distance(row.distance_m)}, ${SIDES[row.side ?? "both"]}`, rings: along(row.line, row.distance_m, row.side) }));
    }
    if (each.type === "zone") return [{ rule: each.rule ?? "keep-out", text: named(each), rings: ringsOf(asOnTheWire(each.footprint)) }];
    if (each.type === "coverage") {
      return (each.not_covered ?? []).filter((one) => one.where).map((one) => ({ rule: "notice", text: t("NOT COVERED: {name}", { name: one.name }), rings: ringsOf(asOnTheWire(one.where)) }));
    }
    return [];
  };
  return provisions.flatMap((each) => drawn(each).map((place) => ({ type: each.type, ...place }))).filter((each) => each.rings.length && each.rings.flat(2).every(Number.isFinite)).map((each, index) => ({ id: `place-${index}`, ...each }));
}

/** One map, that its view puts where a text stands; without places in the text it is not there. */
export class AgreedMap {
  constructor() {
    this.box = h("div", { class: "map", role: "region", "aria-label": t("Map of the places of this text. All of it stands in the text, in words.") });
    this.nothing = h("p", { class: "nothing", hidden: true }, NONE);
    this.node = h("figure", { class: "agreed-map", hidden: true }, h("div", { class: "middle" }, this.box, this.nothing),
      h("figcaption", { class: "dim small" }, t("The places of this text, drawn for the eye. What the numbers say holds, and nothing that is drawn here.")));
    this.map = null;
    this.shown = "";
  }

  /** The places of a text. */
  draw(terms) {
    const places = placesOf(terms);
    this.node.hidden = !places.length;
    const text = JSON.stringify(places);
    if (!places.length || text === this.shown) return this.node;
    this.shown = text;
    this.map ??= new ConsoleMap(this.box, { select: () => {} }, { nothing: this.nothing, follows: false });
    const zones = places.map((each) => ({
      id: each.id, party: null, rule: each.rule, text: plain(each.text.replace("\n", " · "), 120),
      volumes: [{ rings: each.rings, isLine: each.isLine, label: each.isLine ? each.rings[0][Math.floor(each.rings[0].length / 2)] : top(each.rings[0]) }],
    }));
    this.map.update({ ...EMPTY, loaded: { zones: true, intents: true }, browserMs: this.turn = (this.turn ?? 0) + 1000, zones: Object.fromEntries(zones.map((each) => [each.id, each])) });
    const points = places.flatMap((each) => each.rings.flat());
    requestAnimationFrame(() => { // once it stands on the page, and has its size
      this.map?.map.resize();
      this.map?.frame(points);
    });
    return this.node;
  }

  remove() {
    this.map?.remove();
    this.map = null;
  }
}
