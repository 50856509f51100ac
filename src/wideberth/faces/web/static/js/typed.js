// What a person typed as it was heard: a place, a height, a time. Read strictly: what is not
// understood is asked again and never guessed.

const SIGN = { N: 1, S: -1, E: 1, W: -1 };
const NUMBER = /^[+-]?\d+([.,]\d+)?$/;

/** Degrees of "46.8", "46.8 N", "46 48 N", "46° 48' 00.5\" N"; null where it is none. */
export function degrees(text, most) {
  const clean = String(text).trim().toUpperCase().replace(/[°º'’′"”″]/g, " ").replace(/\s+/g, " ").trim();
  const side = /[NSEW]/.exec(clean)?.[0] ?? null;
  if (side && (most === 90) !== "NS".includes(side)) return null;
  const parts = clean.replace(/[NSEW]/, " ").trim().split(" ");
  if (/[NSEW]/.test(parts.join(" ")) || parts.length > 3 || !parts.every((part) => NUMBER.test(part))) return null;
  const [whole, minutes = 0, seconds = 0] = parts.map((part) => Number(part.replace(",", ".")));
  if (parts.length > 1 && (!Number.isInteger(whole) || minutes < 0 || minutes >= 60 || seconds < 0 || seconds >= 60)) return null;
  if (parts.length === 3 && !Number.isInteger(minutes)) return null;
  const negative = parts[0].startsWith("-");
  if (side && negative) return null;
  const size = Math.abs(whole) + minutes / 60 + seconds / 3600;
  const value = (side ? SIGN[side] : negative ? -1 : 1) * size;
  return Math.abs(value) <= most ? value : null;
}

/** Metres of a number with a unit, "m" or "ft"; null where it is none. */
export function metres(text, unit) {
  const clean = String(text).trim().replace(/\s+/g, "");
  if (!NUMBER.test(clean)) return null;
  const value = Number(clean.replace(",", "."));
  return unit === "ft" ? value * 0.3048 : value;
}

/** An instant in ms of "2026-11-21 10:05", "10:05" or "1005" on a day given in ms, in UTC. */
export function instant(text, dayMs) {
  const clean = String(text).trim().toUpperCase().replace(/Z$|\s*UTC$/, "").trim();
  const found = /^(?:(\d{4}-\d{2}-\d{2})[T ]+)?(\d{2}):?(\d{2})(?::(\d{2}))?$/.exec(clean);
  if (!found) return null;
  const [, day, hour, minute, second = "00"] = found;
  const date = day ?? new Date(dayMs).toISOString().slice(0, 10);
  const value = Date.parse(`${date}T${hour}:${minute}:${second}Z`);
  return Number.isFinite(value) && new Date(value).toISOString().startsWith(date) ? value : null;
}
