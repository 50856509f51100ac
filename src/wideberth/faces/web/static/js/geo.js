// Shapes for drawing. What is drawn decides nothing: the server's verdicts are exact, this is a sketch.

const EARTH_M = 6371008.8; // mean radius, IUGG
const RAD = Math.PI / 180;

/** Metres in a degree of latitude. */
export const DEGREE_M = EARTH_M * RAD;

/** Metres between two places [longitude, latitude] in degrees, on a sphere (haversine). */
export function apartM([lon1, lat1], [lon2, lat2]) {
  const half = (angle) => Math.sin((angle * RAD) / 2) ** 2;
  const a = half(lat2 - lat1) + Math.cos(lat1 * RAD) * Math.cos(lat2 * RAD) * half(lon2 - lon1);
  return 2 * EARTH_M * Math.asin(Math.min(1, Math.sqrt(a)));
}

/** The place at a distance in metres from another, by a bearing in radians from north.
 * @param {number[]} place @param {number} bearing @param {number} lengthM */
function ahead([longitude, latitude], bearing, lengthM) {
  const angle = lengthM / EARTH_M;
  const lat = latitude * RAD;
  const lat2 = Math.asin(
    Math.sin(lat) * Math.cos(angle) + Math.cos(lat) * Math.sin(angle) * Math.cos(bearing),
  );
  const turn = Math.atan2(
    Math.sin(bearing) * Math.sin(angle) * Math.cos(lat),
    Math.cos(angle) - Math.sin(lat) * Math.sin(lat2),
  );
  return [longitude + turn / RAD, lat2 / RAD];
}

/** A ring of points at a distance around a centre, longitudes continuous. */
export function circle(centre, radiusM, points = 96) {
  return Array.from({ length: points + 1 }, (_, i) => ahead(centre, (2 * Math.PI * i) / points, radiusM));
}

/** The bearing from one place to another, in radians from north.
 * @param {number[]} from @param {number[]} to */
function bearingTo([lon1, lat1], [lon2, lat2]) {
  const [a, b, turn] = [lat1 * RAD, lat2 * RAD, (lon2 - lon1) * RAD];
  return Math.atan2(Math.sin(turn) * Math.cos(b), Math.cos(a) * Math.sin(b) - Math.sin(a) * Math.cos(b) * Math.cos(turn));
}

const ARC = 12; // pieces of what is round at an end of a line

/** A ring round what lies within a width of a line: on both sides of it, with round ends, or on the
 * left or right of whoever goes from its first point to its last, with a quarter of a circle there. */
export function strip(line, widthM, side = "both") {
  const path = densePath(line);
  if (path.length < 2) return circle(path[0], widthM);
  const way = (i) => (i + 1 < path.length ? bearingTo(path[i], path[i + 1]) : bearingTo(path[i], path[i - 1]) + Math.PI);
  const beside = (quarter) => path.flatMap((point, i) => [...(i ? [ahead(point, way(i - 1) + quarter, widthM)] : []), ahead(point, way(i) + quarter, widthM)]);
  const [QUARTER, end] = [Math.PI / 2, path.length - 1];
  const arc = (at, from, to) => Array.from({ length: ARC + 1 }, (_, i) => ahead(path[at], way(at) + from + ((to - from) * i) / ARC, widthM));
  const [left, right] = [() => beside(-QUARTER), () => beside(QUARTER).reverse()];
  const ring = {
    left: () => [...arc(0, -2 * QUARTER, -QUARTER), ...left(), ...arc(end, -QUARTER, 0), ...[...path].reverse()],
    right: () => [...path, ...arc(end, 0, QUARTER), ...right(), ...arc(0, QUARTER, 2 * QUARTER)],
    both: () => [...left(), ...arc(end, -QUARTER, QUARTER), ...right(), ...arc(0, QUARTER, 3 * QUARTER)],
  }[side]();
  return [...ring, ring[0]];
}

const toVector = ([lon, lat]) => [
  Math.cos(lat * RAD) * Math.cos(lon * RAD),
  Math.cos(lat * RAD) * Math.sin(lon * RAD),
  Math.sin(lat * RAD),
];

/** A ring with points along its long edges, since an edge is a geodesic and the map's is not. */
export function dense(ring, stepDegrees = 0.5) {
  const out = densePath(ring, stepDegrees);
  if (out.length) out[out.length - 1] = out[0];
  return out;
}

/** The same of a line that does not close. */
export function densePath(ring, stepDegrees = 0.5) {
  const out = [];
  for (let i = 0; i + 1 < ring.length; i += 1) {
    const [a, b] = [toVector(ring[i]), toVector(ring[i + 1])];
    const dot = Math.min(1, Math.max(-1, a[0] * b[0] + a[1] * b[1] + a[2] * b[2]));
    const angle = Math.acos(dot);
    const pieces = Math.max(1, Math.ceil(angle / RAD / stepDegrees));
    for (let k = 0; k < pieces; k += 1) {
      const t = k / pieces;
      if (k === 0 || angle < 1e-9) { out.push(follow(out, ring[i])); continue; }
      const [p, q] = [Math.sin((1 - t) * angle) / Math.sin(angle), Math.sin(t * angle) / Math.sin(angle)];
      const v = a.map((each, axis) => p * each + q * b[axis]);
      out.push(follow(out, [Math.atan2(v[1], v[0]) / RAD, Math.asin(Math.max(-1, Math.min(1, v[2]))) / RAD]));
    }
  }
  if (ring.length) out.push(follow(out, ring.at(-1)));
  return out;
}

/** The same place with a longitude next to the point before it: no jump across the antimeridian. */
function follow(before, [lon, lat]) {
  if (!before.length) return [lon, lat];
  const last = before[before.length - 1][0];
  let near = lon;
  while (near - last > 180) near -= 360;
  while (near - last < -180) near += 360;
  return [near, lat];
}

/** The rings of a footprint as it comes on the wire. */
export function rings(footprint) {
  if (!footprint) return [];
  if (footprint.type === "Point") return [circle(footprint.coordinates, footprint.radius_m ?? footprint.radiusM ?? 0)];
  return (footprint.coordinates ?? []).slice(0, 1).map((ring) => dense(ring));
}

/** The middle of a ring's extent: good enough for a label. */
export function middle(ring) {
  const lons = ring.map((p) => p[0]);
  const lats = ring.map((p) => p[1]);
  return [(Math.min(...lons) + Math.max(...lons)) / 2, (Math.min(...lats) + Math.max(...lats)) / 2];
}

/** Of the points near the top of a ring the one nearest its middle: there a label reads as belonging
 * to the line, and does not stick out at a side.
 */
export function top(ring) {
  const lats = ring.map((point) => point[1]);
  const [highest, lowest] = [Math.max(...lats), Math.min(...lats)];
  const [centre] = middle(ring);
  const near = ring.filter((point) => highest - point[1] <= 0.05 * (highest - lowest));
  return near.reduce((best, point) => (Math.abs(point[0] - centre) < Math.abs(best[0] - centre) ? point : best), near[0]);
}

/** West, south, east, north of many points; null of none. */
export function bounds(points) {
  if (!points.length) return null;
  let [w, s, e, n] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [lon, lat] of points) {
    w = Math.min(w, lon); e = Math.max(e, lon); s = Math.min(s, lat); n = Math.max(n, lat);
  }
  return [[w, s], [e, n]];
}

/** Lines of a net of degrees around a view, at a step that suits it, and their names.
 * @param {number[][]} corners */
export function graticule([[west, south], [east, north]]) {
  const span = Math.max(east - west, north - south);
  const step = [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30].find((each) => span / each <= 8) ?? 30;
  const lines = [];
  const from = (value) => Math.floor(value / step) * step;
  const name = (value, plus, minus) => `${Math.abs(value).toFixed(step < 0.1 ? 2 : step < 1 ? 2 : 0)}°${value < 0 ? minus : plus}`;
  for (let lon = from(west) - step; lon <= east + step; lon += step) {
    const shown = ((lon + 540) % 360) - 180;
    lines.push({ line: [[lon, Math.max(-85, south - step)], [lon, Math.min(85, north + step)]], name: name(shown, "E", "W") });
  }
  for (let lat = from(south) - step; lat <= north + step; lat += step) {
    if (Math.abs(lat) <= 85) lines.push({ line: [[west - step, lat], [east + step, lat]], name: name(lat, "N", "S") });
  }
  return lines;
}

/** A place [longitude, latitude] next to another: no jump across the antimeridian. */
const beside = ([lon], [toLon, toLat]) => [toLon - 360 * Math.round((toLon - lon) / 360), toLat];

/** Whether a ring of places holds a place; flat, for a sketch. */
export function holds(ring, place) {
  const [x, y] = beside(ring[0], place);
  let inside = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i, i += 1) {
    const [[x1, y1], [x2, y2]] = [ring[i], ring[j]];
    if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) inside = !inside;
  }
  return inside;
}

/** A line as places with what lies behind each of them in metres: [{place, alongM}], count of them. */
export function stations(line, count = 240) {
  /** @type {any[]} */
  const path = densePath(line, 0.2);
  const ends = [0];
  for (let i = 1; i < path.length; i += 1) ends.push(ends[i - 1] + apartM(path[i - 1], path[i]));
  const whole = ends.at(-1);
  let part = 1;
  return Array.from({ length: count }, (_, i) => {
    const alongM = (whole * i) / (count - 1);
    while (part < path.length - 1 && ends[part] < alongM) part += 1;
    const length = ends[part] - ends[part - 1];
    const share = length > 0 ? Math.min(1, (alongM - ends[part - 1]) / length) : 0;
    const [a, b] = [path[part - 1], path[part]];
    return { place: [a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])], alongM };
  });
}

/** Where along a line a ring holds it: [[from, to], ...] in metres, of its stations. */
export function spans(line, ring) {
  const found = [];
  let from = null;
  line.forEach(({ place, alongM }, i) => {
    const inside = holds(ring, place);
    if (inside && from === null) from = i ? (line[i - 1].alongM + alongM) / 2 : alongM;
    if (!inside && from !== null) { found.push([from, (line[i - 1].alongM + alongM) / 2]); from = null; }
  });
  if (from !== null) found.push([from, line.at(-1).alongM]);
  return found;
}

/** How far a place is from a line and where along it, in metres; null where it is farther than withinM. */
export function besideLine(line, place, withinM) {
  const degrees = withinM / DEGREE_M;
  let [best, least] = [null, withinM];
  for (const station of line) {
    if (Math.abs(station.place[1] - place[1]) > degrees) continue;
    const apart = apartM(station.place, place);
    if (apart <= least) [best, least] = [station, apart];
  }
  return best && { alongM: best.alongM, offM: least };
}
