// What stands for a thing on the map: of a track its party's shape and colour, of a zone and a hazard
// hatching, of an intent's state a line. Never colour alone.

import { COLOURS } from "./colours.js";
import { h } from "./text.js";
import { phrase, t } from "./words.js";

export const BAD = "#ff9a76"; // of what is wrong or not known any more
export const CELL = 36; // pixels of a mark in the atlas, drawn at twice its size
const EDGE = "#0b141a";

/** The shape of each party's marks, by the number of its colour: as the swatches of the lists. */
const SHAPES = [
  (c) => c.rect(9, 9, 18, 18),
  (c) => c.arc(18, 18, 10, 0, 7),
  (c) => path(c, [[18, 6], [30, 28], [6, 28]]),
  (c) => path(c, [[18, 5], [31, 18], [18, 31], [5, 18]]),
  (c) => path(c, [[6, 9], [30, 9], [18, 30]]),
  (c) => c.rect(5, 12.5, 26, 11),
  (c) => c.arc(18, 18, 6, 0, 7),
];

function path(c, points) {
  c.moveTo(...points[0]);
  for (const point of points.slice(1)) c.lineTo(...point);
  c.closePath();
}

/** Marks of tracks in one picture: a column for each colour; above those that are live, below those
 * that are silent or lost, as a broken ring with a question mark. */
export function atlas() {
  const canvas = document.createElement("canvas");
  canvas.width = CELL * COLOURS.length;
  canvas.height = 2 * CELL;
  const c = canvas.getContext("2d");
  COLOURS.forEach((colour, index) => {
    c.setTransform(1, 0, 0, 1, index * CELL, 0);
    c.setLineDash([]);
    c.beginPath(); SHAPES[index](c);
    Object.assign(c, { strokeStyle: EDGE, lineWidth: 5, fillStyle: colour });
    c.stroke(); c.fill();
    c.setTransform(1, 0, 0, 1, index * CELL, CELL);
    Object.assign(c, { strokeStyle: EDGE, lineWidth: 6 });
    c.beginPath(); c.arc(18, 18, 13, 0, 7); c.stroke();
    Object.assign(c, { strokeStyle: colour, lineWidth: 3 });
    c.setLineDash([5.5, 4]);
    c.beginPath(); c.arc(18, 18, 13, 0, 7); c.stroke();
    Object.assign(c, { fillStyle: BAD, font: "bold 20px sans-serif", textAlign: "center", textBaseline: "middle" });
    c.fillText("?", 18, 19);
  });
  return canvas;
}

/** Hatchings of areas, by their names in the style. */
export const hatchings = () => ({
  hatch: paint((c) => stripes(c, "#c9d4dc26", 1.4)),
  "hatch-hazard": paint((c) => stripes(c, "#ff9a7688", 3)),
  "hatch-presence": paint((c) => { c.fillStyle = "#c9d4dc88"; for (const [x, y] of [[6, 6], [18, 18]]) { c.beginPath(); c.arc(x, y, 1.7, 0, 7); c.fill(); } }),
  "hatch-movement": paint((c) => { c.strokeStyle = "#c9d4dc66"; c.lineWidth = 1.6; for (const y of [6, 18]) { c.beginPath(); c.moveTo(2, y + 4); c.lineTo(8, y - 2); c.lineTo(14, y + 4); c.stroke(); } }),
});

function stripes(c, colour, width) {
  c.strokeStyle = colour; c.lineWidth = width;
  for (let x = -24; x <= 48; x += 12) { c.beginPath(); c.moveTo(x, 24); c.lineTo(x + 24, 0); c.stroke(); }
}

function paint(draw) {
  const size = 24;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const context = canvas.getContext("2d");
  draw(context);
  return context.getImageData(0, 0, size, size);
}

/** How to read it, as list items. lookAheadS: seconds of the lines ahead. */
export function legendItems(lookAheadS) {
  const entry = (text, draw) => {
    const canvas = h("canvas", { width: 52, height: 28, "aria-hidden": "true" });
    const c = canvas.getContext("2d");
    c.strokeStyle = c.fillStyle = "#d7dee4";
    c.lineWidth = 3;
    draw(c);
    return h("li", {}, canvas, text);
  };
  const stroke = (dashes, width = 3) => (c) => { c.setLineDash(dashes); c.lineWidth = width; c.beginPath(); c.moveTo(2, 14); c.lineTo(50, 14); c.stroke(); };
  const hatched = (name) => (c) => {
    const tile = document.createElement("canvas");
    tile.width = tile.height = 24;
    tile.getContext("2d").putImageData(hatchings()[name], 0, 0);
    c.fillStyle = c.createPattern(tile, "repeat");
    c.fillRect(2, 2, 48, 24); c.lineWidth = 1.5; c.strokeRect(2, 2, 48, 24);
  };
  return [
    entry(t("track as last reported, shape and colour of its party; the stroke: its course"), (c) => { c.fillRect(8, 7, 14, 14); c.beginPath(); c.moveTo(26, 14); c.lineTo(46, 14); c.stroke(); }),
    entry(t("straight on for {lookAheadS} s, if nothing changes: a sketch, nothing that is known", { lookAheadS }), stroke([5, 5], 1.5)),
    entry(phrase("silent: last known, not clear"), (c) => { c.strokeStyle = c.fillStyle = BAD; c.setLineDash([5, 4]); c.beginPath(); c.arc(26, 14, 11, 0, 7); c.stroke(); c.font = "bold 16px sans-serif"; c.fillText("?", 21, 20); }),
    entry(t("reported positions"), (c) => [6, 19, 32, 45].forEach((x, i) => { c.globalAlpha = 0.3 + i * 0.2; c.beginPath(); c.arc(x, 14, 4, 0, 7); c.fill(); })),
    entry(phrase("within this the picked track, or one of a warning, is known to be"), (c) => { c.setLineDash([2, 3]); c.lineWidth = 1.5; c.beginPath(); c.arc(26, 14, 12, 0, 7); c.stroke(); }),
    entry(t("intent Accepted"), stroke([7, 6])),
    entry(t("intent Activated"), stroke([])),
    entry(t("Nonconforming, Contingent"), stroke([4, 4], 7)),
    entry("hazard", hatched("hatch-hazard")),
    entry("movement", hatched("hatch-movement")),
    entry(t("presence: to be spared"), hatched("hatch-presence")),
    entry(t("zone: keep out"), (c) => { c.strokeRect(3, 3, 46, 22); c.lineWidth = 1.4; for (let x = 6; x < 60; x += 8) { c.beginPath(); c.moveTo(x, 3); c.lineTo(x - 18, 25); c.stroke(); } }),
    entry(t("zone: notice"), stroke([11, 7], 2)),
    entry(t("agreed line or distance"), (c) => { c.strokeStyle = "#6cc0f0"; stroke([14, 4, 3, 4], 3)(c); }),
    entry(phrase("warning between two"), (c) => { c.strokeStyle = BAD; stroke([4, 4], 4)(c); }),
  ];
}
