// A place that lies far from where it was expected, in words: asked about once, as a wrong date is,
// and never refused. What is measured here decides nothing; a rough distance is enough to ask.

import { placeText } from "./claims.js";
import { apartM, rings } from "./geo.js";
import { distance } from "./text.js";
import { t } from "./words.js";

const FAR_M = 50_000; // beyond the edge of an area
const FAR_OFF_M = 500_000; // from all that is known here

/** Whether a place lies in a ring of [longitude, latitude], by counting the edges east of it. */
function isInside([lon, lat], ring) {
  let inside = false;
  for (let i = 0; i + 1 < ring.length; i += 1) {
    const [[x1, y1], [x2, y2]] = [ring[i], ring[i + 1]];
    if (y1 > lat !== y2 > lat && lon < x1 + ((lat - y1) / (y2 - y1)) * (x2 - x1)) inside = !inside;
  }
  return inside;
}

/** Metres from a place to an area as it comes on the wire: 0 inside. */
export function beyondM(place, area) {
  if (area.type === "Point") return Math.max(0, apartM(place, area.coordinates) - (area.radius_m ?? 0));
  const [ring] = rings(area);
  const [longitude, latitude] = place;
  if (!ring?.length || [0, 360, -360].some((turn) => isInside([longitude + turn, latitude], ring))) return 0;
  return ring.reduce((least, point) => Math.min(least, apartM(place, point)), Infinity);
}

const turned = ([longitude, latitude]) => (Math.abs(longitude) <= 90 ? [latitude, longitude] : null);

/** What of a place lies far beyond an area, in words; null where it does not, or no area is known. */
export function farFromArea(label, place, area) {
  if (!place || !area) return null;
  const awayM = beyondM(place, area);
  if (awayM <= FAR_M) return null;
  const other = turned(place);
  const swapped = other && beyondM(other, area) <= FAR_M ? t("; are latitude and longitude swapped? The other way round it lies there") : "";
  return t("{label} {place} is {distance} from the area of the incident{swapped}", { label, place: placeText(place), distance: distance(awayM), swapped });
}

/** The places that a reader has here: lines and areas of its agreements, what it told and declared. */
export function placesOf(state) {
  const own = state.session?.party;
  const lines = state.agreed.flatMap(({ provisions = [] }) => provisions).flatMap((each) => [
    ...(each.points ?? []).map(([latitude, longitude]) => [longitude / 1e9, latitude / 1e9]),
    ...(each.footprint?.latitude_nd === undefined ? [] : [[each.footprint.longitude_nd / 1e9, each.footprint.latitude_nd / 1e9]]),
    ...(each.footprint?.vertices ?? []).map(([latitude, longitude]) => [longitude / 1e9, latitude / 1e9]),
  ]);
  const told = [...Object.values(state.intents), ...Object.values(state.zones)].filter((each) => each.party === own);
  return [...lines, ...told.flatMap((each) => each.volumes.map((volume) => volume.middle)).filter(Boolean)];
}

/** How far a place lies from all that is known here, in words; null where it does not lie far. */
export function farFromAll(place, known) {
  const nearestM = (from) => known.reduce((least, each) => Math.min(least, apartM(from, each)), Infinity);
  const awayM = nearestM(place);
  if (!known.length || awayM <= FAR_OFF_M) return null;
  const other = turned(place);
  const swapped = other && nearestM(other) <= FAR_M ? ` ${t("Are latitude and longitude swapped? The other way round it is near.")}` : "";
  return t("It is {distance} from the nearest place of your agreements and of what you told.{swapped}", { distance: distance(awayM), swapped });
}
