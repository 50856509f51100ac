// Places as the reader prefers to have them: degrees with decimals (DD), degrees, minutes and seconds
// (DMS), or a square of the military grid (MGRS). For the eye and the telephone: the exact place is
// the server's. DD and DMS are rounded to about a metre (DMS to three); an MGRS reference is cut off,
// never rounded, for it names the square of a metre in which the place is.
// The same grid as the node's own (space/projection.py, space/grids.py); a test holds them together.
// Sources: Karney, Transverse Mercator with an accuracy of a few nanometers, 2011; NGA.SIG.0012;
// NGA.STND.0037.

import { h } from "./text.js";
import { t } from "./words.js";

export const FORMS = { DD: t("degrees"), DMS: t("degrees, minutes, seconds"), MGRS: t("military grid") };
const KEPT = "wideberth.coordinates"; // in this browser alone

const RAD = Math.PI / 180;
const A_M = 6378137; // WGS84, semi-major axis
const F = 1 / 298.257223563; // WGS84, flattening
const N = F / (2 - F);
const E = Math.sqrt(F * (2 - F));
const [K0_UTM, K0_UPS] = [0.9996, 0.994];
const [EASTING_M, NORTHING_M, UPS_M] = [500_000, 10_000_000, 2_000_000]; // false ones: UTM, UTM south, UPS
const A1_M = (A_M / (1 + N)) * (1 + N ** 2 / 4 + N ** 4 / 64 + N ** 6 / 256); // Karney 2011, equation 14
const ALPHA = [ // equation 35
  [1 / 2, -2 / 3, 5 / 16, 41 / 180, -127 / 288, 7891 / 37800],
  [13 / 48, -3 / 5, 557 / 1440, 281 / 630, -1983433 / 1935360],
  [61 / 240, -103 / 140, 15061 / 26880, 167603 / 181440],
  [49561 / 161280, -179 / 168, 6601661 / 7257600],
  [34729 / 80640, -3418889 / 1995840],
  [212378941 / 319334400],
].map((row, order) => row.reduce((sum, c, power) => sum + c * N ** (order + 1 + power), 0));
const UPS_C = Math.sqrt((1 + E) ** (1 + E) * (1 - E) ** (1 - E));

const BANDS = "CDEFGHJKLMNPQRSTUVWX"; // 8 degrees each from 80 S, X 12
const LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ";
const ROWS = "ABCDEFGHJKLMNPQRSTUV";
const COLUMNS = ["ABCDEFGH", "JKLMNPQR", "STUVWXYZ"]; // zones 1, 2, 3, and so on again
// Polar squares: their columns' letters, the first column and the first row [100 km].
const POLAR = { A: ["JKLPQRSTUXYZ", 8, 8], B: ["ABCFGHJKLPQR", 20, 8], Y: ["RSTUXYZ", 13, 13], Z: ["ABCFGHJ", 20, 13] };
const SQUARE_M = 100_000;

/** A longitude as -180 to 180 [deg]; the antimeridian is west, as the node has it. */
const around = (longitude) => ((((longitude + 180) % 360) + 360) % 360) - 180;

/** Tangents: the conformal latitude's from the geographic's. Karney 2011, equations 7 to 9. */
function conformal(tau) {
  const sigma = Math.sinh(E * Math.atanh((E * tau) / Math.hypot(1, tau)));
  return tau * Math.hypot(1, sigma) - sigma * Math.hypot(1, tau);
}

/** Easting and northing in a zone of UTM [m]. */
function toUtm(latitude, longitude, zone) {
  const east = around(longitude - (zone * 6 - 183)) * RAD;
  const tau = conformal(Math.tan(latitude * RAD));
  const xi = Math.atan2(tau, Math.cos(east));
  const eta = Math.asinh(Math.sin(east) / Math.hypot(tau, Math.cos(east)));
  let [x, y] = [eta, xi];
  ALPHA.forEach((alpha, index) => {
    const twice = 2 * (index + 1);
    y += alpha * Math.sin(twice * xi) * Math.cosh(twice * eta);
    x += alpha * Math.cos(twice * xi) * Math.sinh(twice * eta);
  });
  return [EASTING_M + K0_UTM * A1_M * x, K0_UTM * A1_M * y + (latitude < 0 ? NORTHING_M : 0)];
}

/** Easting and northing around a pole [m]. */
function toUps(latitude, longitude) {
  const south = latitude < 0;
  const towards = Math.abs(latitude);
  if (towards >= 90) return [UPS_M, UPS_M];
  const tau = conformal(Math.tan(towards * RAD));
  const rho = (2 * A_M * K0_UPS) / (Math.hypot(1, tau) + tau) / UPS_C;
  const away = south ? Math.cos(longitude * RAD) : -Math.cos(longitude * RAD);
  return [UPS_M + rho * Math.sin(longitude * RAD), UPS_M + rho * away];
}

/** The UTM zone of a place, with Norway's (32V) and Svalbard's (31X, 33X, 35X, 37X). */
function zoneOf(latitude, longitude) {
  if (latitude >= 56 && latitude < 64 && longitude >= 3 && longitude < 12) return 32;
  if (latitude >= 72 && longitude >= 0 && longitude < 42) return 31 + 2 * ((longitude >= 9) + (longitude >= 21) + (longitude >= 33));
  return Math.min(60, Math.floor((longitude + 180) / 6) + 1);
}

const five = (metres) => String(Math.floor(metres % SQUARE_M)).padStart(5, "0");

/** The square of a metre in which a place is. */
function mgrs(longitude, latitude) {
  if (latitude < -80 || latitude >= 84) {
    const [easting, northing] = toUps(latitude, longitude);
    const letter = (latitude < 0 ? "AB" : "YZ")[Number(easting >= UPS_M)];
    const [columns, firstColumn, firstRow] = POLAR[letter];
    return `${letter} ${columns[Math.floor(easting / SQUARE_M) - firstColumn]}${LETTERS[Math.floor(northing / SQUARE_M) - firstRow]} ${five(easting)} ${five(northing)}`;
  }
  const zone = zoneOf(latitude, longitude);
  let [easting, northing] = toUtm(latitude, longitude, zone);
  if (latitude < 0) northing = Math.min(northing, NORTHING_M - 1e-6); // 10,000 km is the equator, which is north
  const column = COLUMNS[(zone - 1) % 3][Math.floor(easting / SQUARE_M) - 1];
  const row = ROWS[(Math.floor(northing / SQUARE_M) + (zone % 2 ? 0 : 5)) % 20];
  return `${zone}${BANDS[Math.min(19, Math.floor((latitude + 80) / 8))]} ${column}${row} ${five(easting)} ${five(northing)}`;
}

function decimal(value, plus, minus) {
  return `${Math.abs(value).toFixed(5)}° ${value < 0 && Math.abs(value) >= 5e-6 ? minus : plus}`;
}

function sexagesimal(value, digits, plus, minus) {
  const tenths = Math.round(Math.abs(value) * 36000); // a tenth of a second; so 59.96" is the next minute
  const degrees = String(Math.floor(tenths / 36000)).padStart(digits, "0");
  const minutes = String(Math.floor(tenths / 600) % 60).padStart(2, "0");
  const seconds = ((tenths % 600) / 10).toFixed(1).padStart(4, "0");
  return `${degrees}°${minutes}′${seconds}″${value < 0 && tenths ? minus : plus}`;
}

/** A place [longitude, latitude] in words of a form: DD, DMS or MGRS. "place not known" of none. */
export function placeText([longitude, latitude], form = chosen()) {
  if (!Number.isFinite(longitude) || !Number.isFinite(latitude) || Math.abs(latitude) > 90) return t("place not known");
  const east = around(longitude);
  if (form === "MGRS") return mgrs(east, latitude);
  if (form === "DMS") return `${sexagesimal(latitude, 2, "N", "S")} ${sexagesimal(east, 3, "E", "W")}`;
  return `${decimal(latitude, "N", "S")} ${decimal(east, "E", "W")}`;
}

const listeners = new Set();

/** The form that this reader prefers. */
export function chosen() {
  const kept = localStorage.getItem(KEPT);
  return Object.hasOwn(FORMS, kept ?? "") ? kept : "DD";
}

/** Have a form from now on, in this browser. */
export function choose(form) {
  localStorage.setItem(KEPT, form);
  for (const listener of listeners) listener();
}

/** Told whenever another form is chosen. Gives back how to stop. */
export function onChosen(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Where the pointer is on a map, or else the map's middle, in the form that is chosen here.
 * at(place, of) says what is pointed at; remove() ends it. */
export function readOut() {
  const of = h("span", { class: "dim" });
  const text = h("output", { class: "num", dir: "ltr" });
  const select = h("select", { "aria-label": t("Coordinates as") }, Object.entries(FORMS).map(([form, words]) => h("option", { value: form, title: t(words) }, form)));
  let last = [NaN, NaN];
  const write = () => { select.value = chosen(); text.textContent = placeText(last); };
  select.addEventListener("change", () => choose(select.value));
  const remove = onChosen(write);
  write();
  return {
    node: h("p", { class: "read-out" }, of, text, select),
    at: (place, words) => { last = place; of.textContent = words; text.textContent = placeText(place); },
    remove,
  };
}
