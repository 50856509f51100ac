// Where the accounts of an incident say that it was, drawn to one scale with the errors that they
// state. A sketch beside the figures: it merges nothing, and says of no place that it is the right one.

import { claimOf } from "./claims.js";
import { COLOURS, partyColour } from "./colours.js";
import { partyName } from "./dom.js";
import { circle, DEGREE_M } from "./geo.js";
import { distance, h, plain } from "./text.js";
import { t } from "./words.js";

const [WIDTH, HEIGHT, MARGIN] = [360, 220, 34];
const LINE = 14; // of a label
const WIDEST_M = 2e6; // beyond, a flat drawing would mislead

function svg(tag, attributes, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  node.append(...children);
  return node;
}

/** The ring of an account's place: of its error, of the circle or of the area that it claims. */
function ringOf({ point, area, error_m: errorM }) {
  if (point) return errorM ? circle(point, errorM) : [point];
  return area.type === "Point" ? circle(area.coordinates, area.radius_m) : area.coordinates[0];
}

/** The largest of 1, 2 and 5 times a power of ten that is no more than this. */
function round125(most) {
  const power = 10 ** Math.floor(Math.log10(most));
  return [5, 2, 1].find((each) => each * power <= most) * power;
}

/** The accounts' places, where two of them have one; else null. columns: in their order. */
export function sketchOf(columns, state) {
  const claims = columns.filter((each) => each.account?.where).map(({ party, account }) => ({ party, account, ring: ringOf(account.where), middle: account.where.point }));
  if (claims.length < 2) return null;
  const [east0, north0] = claims[0].ring[0];
  const flat = ([east, north]) => [(((east - east0 + 540) % 360) - 180) * Math.cos((north0 * Math.PI) / 180) * DEGREE_M, (north - north0) * DEGREE_M];
  const rings = claims.map(({ ring }) => ring.map(flat));
  const [xs, ys] = [0, 1].map((axis) => rings.flat().map((each) => each[axis]));
  const [west, east, south, north] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const span = Math.max(east - west, north - south);
  if (!(span > 0 && span < WIDEST_M)) return null;
  const scale = Math.min((WIDTH - 2 * MARGIN) / (east - west || 1), (HEIGHT - 2 * MARGIN) / (north - south || 1));
  /** @type {(place: number[]) => number[]} */
  const at = ([x, y]) => [WIDTH / 2 + (x - (west + east) / 2) * scale, HEIGHT / 2 - (y - (south + north) / 2) * scale];
  const labels = [];
  const drawn = claims.flatMap(({ party, middle }, i) => {
    const colour = COLOURS[partyColour(party)];
    const points = rings[i].map(at);
    const [x, y] = middle ? at(flat(middle)) : points[0];
    const left = x > WIDTH / 2;
    let line = y - 6;
    while (labels.some((each) => Math.abs(each - line) < LINE)) line += LINE;
    labels.push(line);
    return [
      points.length > 1 ? svg("polygon", { points: points.map((each) => each.map((value) => value.toFixed(1)).join()).join(" "), fill: "none", stroke: colour, "stroke-dasharray": i ? "5 3" : "none" }) : null,
      middle ? svg("circle", { cx: x.toFixed(1), cy: y.toFixed(1), r: 3.5, fill: colour }) : null,
      svg("text", { x: (left ? x - 7 : x + 7).toFixed(1), y: line.toFixed(1), "text-anchor": left ? "end" : "start", fill: colour, "font-size": 12 }, plain(partyName(state, party), 28)),
    ].filter(Boolean);
  });
  const bar = round125((WIDTH / 3) / scale);
  const says = claims.map(({ party, account }) => `${plain(partyName(state, party), 60)}: ${claimOf(account, "where").textContent}`).join("; ");
  return h("figure", { class: "sketch" },
    svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": t("Where each says that it was, north up. {says}", { says }) },
      ...drawn,
      svg("path", { d: `M10 ${HEIGHT - 14}v4h${(bar * scale).toFixed(1)}v-4`, fill: "none", stroke: "currentColor" }),
      svg("text", { x: 10, y: HEIGHT - 18, "font-size": 11, fill: "currentColor" }, distance(bar))),
    h("figcaption", { class: "dim small" }, t("Where each says that it was, with the errors that they state; north is up. Nothing here says which of them is so.")));
}
