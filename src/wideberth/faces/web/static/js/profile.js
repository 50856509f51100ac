// The side view: heights against the distance along a line, or against time. A sketch of what the
// lists say: volumes from floor to ceiling, tracks with how well they are known. What has no height
// above the ellipsoid stands over all heights, broken, with a question mark.

import { COLOURS, partyColour } from "./colours.js";
import { intentName, rows, setText } from "./dom.js";
import { besideLine, bounds, holds, spans, stations } from "./geo.js";
import { limitM } from "./heights.js";
import { BAD } from "./marks.js";
import { intentsShown, serverNow } from "./state.js";
import { FEET_M, distance, h, metresAndFeet, plain, utcShort } from "./text.js";
import { t } from "./words.js";

const ASIDE_M = [1000, 5000, 20000];
const [BEFORE_MS, AFTER_MS] = [15 * 60000, 120 * 60000]; // of the view against time
const MOST_TRACKS = 200;
const PAD = { left: 132, right: 14, top: 10, bottom: 26 };
const NEUTRAL = "#c9d4dc";

const svg = (tag, attributes = {}, ...children) => {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  node.append(...children);
  return node;
};

/** The way through an intent: its volumes one after another, or one of them along its length. */
export function wayThrough(area) {
  if (area.volumes.length > 1) {
    const middles = [...area.volumes].sort((a, b) => a.startMs - b.startMs).map((volume) => volume.middle).filter(Boolean);
    if (middles.length > 1) return middles;
  }
  const ring = area.volumes[0]?.rings[0] ?? [];
  if (ring.length < 2) return null;
  let [best, most] = [[ring[0], ring[1]], -1];
  const step = Math.max(1, Math.floor(ring.length / 48));
  for (let i = 0; i < ring.length; i += step) {
    for (let j = i + step; j < ring.length; j += step) {
      const apart = Math.hypot((ring[i][0] - ring[j][0]) * Math.cos((ring[i][1] * Math.PI) / 180), ring[i][1] - ring[j][1]);
      if (apart > most) [best, most] = [[ring[i], ring[j]], apart];
    }
  }
  return best;
}

const named = (state) => new Set(Object.values(state.warnings).flatMap((warning) => warning.objects.map((object) => object.id)));
const areasOf = (state) => [
  ...intentsShown(state).filter((each) => each.state !== "Ended").map((each) => ({ area: each, name: intentName(state, each), kind: each.kind, state: each.state, colour: COLOURS[partyColour(each.party)] })),
  ...Object.values(state.zones).map((each) => ({ area: each, name: each.name, kind: each.rule === "keep-out" ? "KEEP OUT" : "NOTICE", state: "zone", colour: NEUTRAL })),
];

/** What lies along a line: {across: [from, to] in metres, items}. An item is a box {from, to, lowM, highM} or
 * a track {at, altitudeM, aroundM}; shows: which tracks are shown. */
export function alongLine(state, line, asideM, shows = () => true) {
  const path = stations(line);
  const warned = named(state);
  const boxes = areasOf(state).flatMap(({ area, ...rest }) => area.volumes.flatMap((volume) => volume.rings.flatMap((ring) =>
    spans(path, ring).map(([from, to]) => ({ ...rest, id: area.id, warned: warned.has(area.id), from, to, lowM: limitM(volume.lower), highM: limitM(volume.upper), volume })))));
  const tracks = Object.values(state.tracks).filter(shows).flatMap((track) => {
    const found = besideLine(path, track.place, asideM);
    return found ? [{ track, at: found.alongM, offM: found.offM, altitudeM: track.altitudeM, aroundM: track.uncertaintyM, warned: warned.has(track.track) }] : [];
  });
  tracks.sort((a, b) => Number(b.warned) - Number(a.warned) || a.offM - b.offM);
  return { across: [0, path.at(-1).alongM], boxes, tracks: tracks.slice(0, MOST_TRACKS), more: Math.max(0, tracks.length - MOST_TRACKS) };
}

/** What is over a thing's ground from a while ago to a while from now: itself, and what else is there. */
export function againstTime(state, id) {
  const now = serverNow(state);
  const track = state.tracks[id];
  const area = state.intents[id] ?? state.shared[id] ?? state.zones[id];
  if (!track && !area) return null;
  const across = [now - BEFORE_MS, now + AFTER_MS];
  if (area) {
    const ends = area.volumes.flatMap((volume) => [volume.startMs, volume.endMs]).filter(Number.isFinite);
    if (ends.length && area.kind) [across[0], across[1]] = [Math.min(now, ...ends) - 60000, Math.max(now, ...ends) + 60000];
  }
  const rings = area ? area.volumes.flatMap((volume) => volume.rings) : [];
  const meets = (ring) => (track ? holds(ring, track.place) : rings.some((own) => own === ring || overlap(own, ring)));
  const warned = named(state);
  const boxes = areasOf(state).flatMap(({ area: each, ...rest }) => each.volumes.filter((volume) => volume.rings.some(meets)).map((volume) => ({
    ...rest, id: each.id, warned: warned.has(each.id), volume, lowM: limitM(volume.lower), highM: limitM(volume.upper),
    from: Math.max(across[0], Number.isFinite(volume.startMs) ? volume.startMs : across[0]), to: Math.min(across[1], Number.isFinite(volume.endMs) ? volume.endMs : across[1]),
  })).filter((box) => box.to > box.from));
  const fixes = track ? [...track.trail, { timeMs: track.timeMs, altitudeM: track.altitudeM }] : [];
  const tracks = fixes.filter((fix) => fix.timeMs >= across[0]).map((fix) => ({ track, at: fix.timeMs, altitudeM: fix.altitudeM, aroundM: NaN, offM: 0, warned: warned.has(track.track) }));
  return { across, boxes, tracks, more: 0, now };
}

/** Whether two rings have ground in common, as far as a corner of one in the other shows. */
function overlap(a, b) {
  const [p, q] = [bounds(a), bounds(b)];
  if (p[0][1] > q[1][1] || q[0][1] > p[1][1]) return false;
  return a.some((point) => holds(b, point)) || b.some((point) => holds(a, point));
}

/** The panel below the map. map: the ConsoleMap, on which a line is drawn. */
export class Profile {
  constructor(map, changed) {
    Object.assign(this, { map, changed, line: null, of: null, drawing: false });
    this.mode = h("select", { "aria-label": t("Heights against"), onchange: () => changed() },
      h("option", { value: "along" }, t("distance along a line")), h("option", { value: "time" }, t("time, where the picked thing is")));
    this.aside = h("select", { "aria-label": t("Tracks up to"), onchange: () => changed() }, ASIDE_M.map((metres) => h("option", { value: metres }, distance(metres))));
    this.aside.value = "5000";
    this.draw = h("button", { type: "button", class: "quiet", "aria-pressed": "false", onclick: () => this.#draw() }, t("Draw a line"));
    this.middle = h("button", { type: "button", class: "quiet", onclick: () => this.#add(map.middle()) }, t("Add the middle of the map"));
    this.thing = h("button", { type: "button", class: "quiet", onclick: () => { this.of = "picked"; this.line = null; changed(); } }, t("Along the picked intent"));
    this.says = h("p", { class: "says", role: "status" });
    this.chart = h("div", { class: "chart" });
    this.items = h("div", { class: "list" });
    this.close = h("button", { type: "button", class: "quiet", "aria-label": t("Close the side view"), onclick: () => this.toggle(false) }, "×");
    this.node = h("section", { class: "profile", id: "profile", "aria-label": t("Side view"), hidden: true },
      h("div", { class: "line" }, h("b", {}, t("Side view")), this.mode, this.draw, this.middle, this.thing, h("label", { class: "dim" }, `${t("tracks up to")} `, this.aside), this.close),
      this.says, this.chart, h("details", { class: "log" }, h("summary", {}, t("The same as a list")), this.items));
    this.button = h("button", { type: "button", class: "quiet", "aria-expanded": "false", "aria-controls": "profile", onclick: () => this.toggle(this.node.hidden) }, t("Side view"));
  }

  toggle(open) {
    this.node.hidden = !open;
    this.button.setAttribute("aria-expanded", String(open));
    if (!open) { this.drawing = false; this.map.drawn([]); this.button.focus(); }
    this.changed();
  }

  async #draw() {
    if (this.drawing) { this.#stop(); return; }
    Object.assign(this, { drawing: true, line: [], of: "line" });
    this.draw.setAttribute("aria-pressed", "true");
    setText(this.draw, t("End the line"));
    while (this.drawing) {
      const place = await this.map.pick(t("Click the points of the line; “End the line” when it is whole."));
      if (this.drawing) this.#add(place);
    }
  }

  #stop() {
    this.drawing = false;
    this.map.unpick();
    this.draw.setAttribute("aria-pressed", "false");
    setText(this.draw, t("Draw a line"));
    this.changed();
  }

  #add(place) {
    if (this.of !== "line") this.line = [];
    this.of = "line";
    this.line = [...(this.line ?? []), place];
    this.changed();
  }

  /** shows: which tracks are shown; band: the heights that are shown, or null. */
  update(state, shows, band) {
    if (this.node.hidden) return;
    const isTime = this.mode.value === "time";
    for (const node of [this.draw, this.middle, this.thing, this.aside.parentNode]) node.hidden = isTime;
    const picked = state.intents[state.selected] ?? state.shared[state.selected] ?? state.zones[state.selected];
    this.thing.disabled = !picked;
    const line = this.of === "picked" ? (picked ? wayThrough(picked) : null) : this.line;
    this.map.drawn(isTime ? [] : line ?? []);
    const found = isTime ? againstTime(state, state.selected) : line?.length > 1 ? alongLine(state, line, Number(this.aside.value), shows ?? undefined) : null;
    if (!found) {
      setText(this.says, isTime ? t("Pick a track, an intent or a zone.") : t("Draw a line on the map, add the map's middle twice, or pick an intent and press “Along the picked intent”."));
      this.chart.replaceChildren();
      rows(this.items, [], "");
      return;
    }
    const none = !found.boxes.length && !found.tracks.length;
    const words = none ? t("No information here. No information is not clearance.") : t("Heights in metres and feet above the WGS84 ellipsoid. For the eye: the verdicts are the server's.");
    setText(this.says, found.more ? `${words} ${t("{count} more tracks are not drawn.", { count: found.more })}` : words);
    this.chart.replaceChildren(picture(found, isTime, band, Math.max(320, this.chart.clientWidth || 600)));
    const ends = (from, to) => (isTime ? `${utcShort(from)}–${utcShort(to)}` : `${distance(from)} – ${distance(to)}`);
    rows(this.items, [
      ...found.boxes.map((box, i) => ({ key: `b${i}`, shows: [box.name, box.from, box.to, box.lowM, box.highM, box.state], make: () => h("p", { class: "row" }, h("b", {}, plain(box.name, 40)), h("span", { class: "dim" }, `${box.kind} · ${box.state}`), h("span", { class: "num" }, `${ends(box.from, box.to)}: ${heightText(box.lowM)} – ${heightText(box.highM)}`)) })),
      ...(isTime ? [] : found.tracks).map((each) => ({ key: `t${each.track.id}`, shows: [each.at, each.altitudeM, each.aroundM], make: () => h("p", { class: "row" }, h("b", {}, plain(each.track.callSign ?? each.track.track, 24)), h("span", { class: "num" }, `${distance(each.at)}, ${t("{gap} beside the line", { gap: distance(each.offM) })}: ${heightText(each.altitudeM)}, ±${distance(each.aroundM)}`)) })),
    ], "");
  }
}

const heightText = (metres) => (Number.isFinite(metres) ? metresAndFeet(metres) : t("height not known"));

/** Steps of an axis of heights: about five. */
function steps(lowM, highM) {
  const step = [50, 100, 200, 250, 500, 1000, 2000, 2500, 5000, 10000].find((each) => (highM - lowM) / each <= 5) ?? 20000;
  const found = [];
  for (let at = Math.ceil(lowM / step) * step; at <= highM; at += step) found.push(at);
  return found;
}

function picture({ across, boxes, tracks, now }, isTime, band, width) {
  const height = 190;
  const known = [...boxes.flatMap((box) => [box.lowM, box.highM]), ...tracks.map((each) => each.altitudeM)].filter(Number.isFinite);
  const [low, high] = band && Number.isFinite(band.fromM) && Number.isFinite(band.toM) ? [band.fromM, band.toM] : [Math.min(0, ...known), Math.max(300, ...known) * 1.08];
  const [right, bottom] = [width - PAD.right, height - PAD.bottom];
  const x = (value) => PAD.left + ((value - across[0]) / (across[1] - across[0] || 1)) * (right - PAD.left);
  const y = (metres) => Math.max(PAD.top, Math.min(bottom, bottom - ((metres - low) / (high - low || 1)) * (bottom - PAD.top)));
  const text = (value, at, attributes = {}) => svg("text", { x: at[0], y: at[1], fill: "#d7dee4", "font-size": 11, "font-family": "monospace", ...attributes }, value);
  const marks = (each) => `${each.warned ? "▲ " : ""}`;
  const dashes = { Accepted: "6 4", Nonconforming: "2 2", Contingent: "8 2 2 2", zone: "10 3" };
  const inner = [
    ...steps(low, high).flatMap((metres) => [
      svg("line", { x1: PAD.left, x2: right, y1: y(metres), y2: y(metres), stroke: "#2a3640" }),
      text(`${metres.toLocaleString("en")} m/${Math.round(metres / FEET_M).toLocaleString("en")} ft`, [PAD.left - 6, y(metres) + 4], { "text-anchor": "end", fill: "#94a3af", "font-size": 10 }),
    ]),
    ...Array.from({ length: 4 }, (_, i) => across[0] + ((across[1] - across[0]) * i) / 3).map((at, i) => text(isTime ? utcShort(at) : distance(at), [x(at), height - 8], { "text-anchor": ["start", "middle", "middle", "end"][i], fill: "#94a3af", "font-size": 10 })),
    ...boxes.map((box) => {
      const unknown = !Number.isFinite(box.lowM) || !Number.isFinite(box.highM);
      const [top, foot] = [Number.isFinite(box.highM) ? y(box.highM) : PAD.top, Number.isFinite(box.lowM) ? y(box.lowM) : bottom];
      const [from, to] = [x(box.from), x(box.to)];
      return svg("g", {},
        svg("rect", { x: from, y: top, width: Math.max(1, to - from), height: Math.max(1, foot - top), fill: box.colour, "fill-opacity": unknown ? 0.05 : box.state === "zone" ? 0.1 : 0.18, stroke: box.warned ? BAD : box.colour, "stroke-width": box.warned ? 2.4 : 1.4, "stroke-dasharray": unknown ? "1 5" : dashes[box.state] ?? "none" }),
        text(`${marks(box)}${plain(box.name, 24)} · ${box.kind}${unknown ? " ?" : ""}`, [Math.max(PAD.left, from) + 4, Math.min(foot - 3, top + 12)]));
    }),
    ...(isTime && now ? [svg("line", { x1: x(now), x2: x(now), y1: PAD.top, y2: bottom, stroke: "#f3f6f8", "stroke-width": 1.5 }), text(t("now"), [x(now) + 4, PAD.top + 9])] : []),
    ...tracks.map((each, i) => {
      const unknown = !Number.isFinite(each.altitudeM);
      const colour = each.warned ? BAD : COLOURS[partyColour(each.track.party)];
      const [cx, cy] = [x(each.at), unknown ? PAD.top + 6 : y(each.altitudeM)];
      const around = Number.isFinite(each.aroundM) ? Math.abs(x(across[0] + each.aroundM) - x(across[0])) : 0;
      const last = !isTime || i === tracks.length - 1;
      return svg("g", {},
        ...(around > 3 ? [svg("line", { x1: Math.max(PAD.left, cx - around), x2: Math.min(right, cx + around), y1: cy, y2: cy, stroke: colour, "stroke-width": 1.2, "stroke-dasharray": "2 2" })] : []),
        svg("circle", { cx, cy, r: last ? 4 : 2, fill: unknown ? "none" : colour, stroke: colour }),
        ...(last ? [text(`${marks(each)}${plain(each.track.callSign ?? each.track.track, 16)}${unknown ? " ?" : ""}`, [Math.min(cx + 6, right - 70), cy - 5], { fill: colour })] : []));
    }),
  ];
  return svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": t("Side view; the same stands below as a list") }, ...inner);
}
