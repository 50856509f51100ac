// What is being written: volumes with their places, as they are drawn, typed or read. Pure: no page,
// no server. What is drawn is a sketch; how near a thing is, the server says.

import { circle, dense, strip } from "./geo.js";
import { t } from "./words.js";

/** Drawn places are told to a tenth of a metre, so that what is read out is what was told. */
const DIGITS = 6;

export const SHAPES = ["polygon", "circle", "corridor"];
/** How many places a shape has at least, and at most. */
const FEWEST = { polygon: 3, circle: 1, corridor: 2 };
const MOST = { polygon: 2000, circle: 1, corridor: 201 };

const rounded = (degrees) => Number(degrees.toFixed(DIGITS));
const wrapped = (longitude) => ((((longitude + 180) % 360) + 360) % 360) - 180;

/** A place that was drawn: [longitude, latitude]. */
export const drawn = ([longitude, latitude]) => ({ at: [rounded(wrapped(longitude)), rounded(latitude)], text: null, datum: null });

/** A new volume without a place. */
export const volume = (shape) => ({ shape, places: [], radiusM: NaN, widthM: shape === "corridor" ? 1000 : NaN, lower: null, upper: null, start: null, end: null, times: null, name: null, words: null, row: null });

/** A volume of what the server read. */
export const volumeOf = (draft) => ({
  ...volume(draft.shape),
  places: draft.places.map((each) => ({ at: [each.longitude, each.latitude], text: each.text ?? null, datum: each.datum ?? null })),
  radiusM: draft.radius_m ?? NaN,
  widthM: draft.width_m ?? NaN,
  lower: draft.lower ?? null, upper: draft.upper ?? null, start: draft.start ?? null, end: draft.end ?? null,
  times: draft.times ?? null, name: draft.name ?? null, words: draft.words ?? null, row: draft.row,
});

/** A volume as it was told; a place that was told as text has no `at` yet. null where this form does
 * not hold it (a sector, a mover, legs). */
export function volumeTold(wire) {
  const { footprint: shape, lower, upper, start, end } = wire;
  const place = (each) => (Array.isArray(each) ? { at: each, text: null, datum: null } : { at: null, text: each.text, datum: each.datum ?? null });
  const made = {
    Polygon: () => ({ ...volume("polygon"), places: shape.coordinates[0].slice(0, -1).map(place) }),
    Point: () => ({ ...volume("circle"), places: [place(shape.coordinates)], radiusM: shape.radius_m }),
    Area: () => ({ ...volume("polygon"), places: shape.vertices.map(place) }),
    Circle: () => ({ ...volume("circle"), places: [place(shape.center)], radiusM: shape.radius_m }),
    Corridor: () => (shape.legs?.length || shape.pace ? null : { ...volume("corridor"), places: shape.points.map(place), widthM: shape.width_m }),
  }[shape.type]?.();
  if (!made || wire.clock_bound_s || (wire.schedule && wire.schedule.zone && wire.schedule.zone !== "UTC")) return null;
  return { ...made, lower, upper, start, end, times: wire.schedule?.times ?? null };
}

/** The same with a place at its end; of a circle its centre. */
export function withPlace(of, at) {
  const place = drawn(at);
  const twice = of.places.at(-1)?.at.every((each, i) => each === place.at[i]); // a double click
  if (twice || of.places.length >= MOST[of.shape]) return of;
  return { ...of, places: [...of.places, place] };
}

/** The same with a place put elsewhere: it was drawn then, and its text says it no more. */
export const moved = (of, index, at) => ({ ...of, places: of.places.map((each, i) => (i === index ? drawn(at) : each)) });
export const inserted = (of, index, at) => ({ ...of, places: [...of.places.slice(0, index), drawn(at), ...of.places.slice(index)] });
export const without = (of, index) => ({ ...of, places: of.places.filter((_, i) => i !== index) });

/** What it lacks to be a shape, in words; null where it is one. */
export function lacking(of) {
  const fewest = FEWEST[of.shape];
  if (of.places.length < fewest) {
    return of.shape === "polygon" ? t("it has {count} of at least 3 corners", { count: of.places.length })
      : of.shape === "corridor" ? t("it has {count} of at least 2 points", { count: of.places.length })
      : t("it has no centre");
  }
  if (of.shape === "circle" && !(of.radiusM > 0)) return t("give its radius");
  if (of.shape === "corridor" && !(of.widthM > 0)) return t("give its width");
  return null;
}

const placeWire = ({ at, text, datum }) => (text ? { text, ...(datum ? { datum } : {}) } : at);

/** Its shape on the wire: texts as they came, so that a square stays a square. */
export function footprintOf(of) {
  const places = of.places.map(placeWire);
  if (of.shape === "circle") return { type: "Circle", center: places[0], radius_m: of.radiusM };
  if (of.shape === "corridor") return { type: "Corridor", points: places, width_m: of.widthM };
  return { type: "Area", vertices: places };
}

/** The volume on the wire; common: {lower, upper, start, end} where it says none of its own. */
export const wireOf = (of, common) => ({
  footprint: footprintOf(of),
  lower: of.lower ?? common.lower, upper: of.upper ?? common.upper,
  start: of.start ?? common.start, end: of.end ?? common.end,
  ...(of.times ? { schedule: { times: of.times } } : {}),
});

/** Rings to be drawn: of a corridor one for each leg, as the server takes it. */
export function ringsOf(of) {
  const line = of.places.map((each) => each.at);
  if (of.shape === "circle") return line.length && of.radiusM > 0 ? [circle(line[0], of.radiusM)] : [];
  if (of.shape === "corridor") return of.widthM > 0 ? line.slice(1).map((at, i) => strip([line[i], at], of.widthM / 2)) : [];
  return line.length > 2 ? [dense([...line, line[0]])] : [];
}

/** The places that it takes on the map, drawn or not. */
export function extentOf(of) {
  const rings = ringsOf(of).flat();
  return rings.length ? rings : of.places.map((place) => place.at);
}

/** What it is, in a line. */
export function nameOf(of, index) {
  const shape = { polygon: t("area"), circle: t("circle"), corridor: t("corridor") }[of.shape];
  return `${index + 1} · ${shape}${of.name ? ` · ${of.name}` : ""}`;
}
