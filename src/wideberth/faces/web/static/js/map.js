// The map: a sketch of what the lists say. Positions are drawn where they were reported, as dots;
// nothing is drawn between two of them, and nothing moves on by itself.

import * as maplibre from "../vendor/maplibre-gl/maplibre-gl.mjs";
import { COLOURS, partyColour } from "./colours.js";
import { bounds, graticule } from "./geo.js";
import { intentName } from "./dom.js";
import { intentsShown, serverNow } from "./state.js";
import { age, h, plain } from "./text.js";

maplibre.setWorkerUrl(new URL("../vendor/maplibre-gl/maplibre-gl-worker.mjs", import.meta.url).href);

const ATLAS = new URL("../vendor/world-atlas/", import.meta.url).href;
const FONT = ["sans-serif"];
const EMPTY = { type: "FeatureCollection", features: [] };
const ICON = 44; // pixels of an icon, drawn at twice its size
const BAD = "#ff9a76";
const halo = { "text-halo-color": "#0b141a", "text-halo-width": 1.6 };
const SOURCES = ["net", "zones", "intents", "labels", "trails", "ties", "tracks"];

const STATES = { // lines of an intent's edge, by its state: [dashes, width]
  Accepted: [[3, 2.5], 1.4],
  Activated: [[1, 0], 1.9],
  Nonconforming: [[1, 1], 3.2],
  Contingent: [[5, 1, 1, 1], 3.2],
};

const isLine = ["==", ["get", "rule"], "line"]; // of an agreement's text
const line = (state) => ({
  id: `intent-${state}`, type: "line", source: "intents",
  filter: ["==", ["get", "state"], state],
  paint: {
    "line-color": ["get", "colour"], "line-width": STATES[state][1],
    "line-dasharray": STATES[state][0], "line-opacity": ["case", ["get", "on"], 1, 0.85],
  },
});

const STYLE = {
  version: 8,
  sources: {
    land: { type: "geojson", data: `${ATLAS}land.geojson` },
    borders: { type: "geojson", data: `${ATLAS}borders.geojson` },
    countries: { type: "geojson", data: `${ATLAS}countries.geojson` },
    ...Object.fromEntries(SOURCES.map((name) => [name, { type: "geojson", data: EMPTY }])),
  },
  layers: [
    { id: "sea", type: "background", paint: { "background-color": "#0b1a24" } },
    { id: "land", type: "fill", source: "land", paint: { "fill-color": "#161d22" } },
    { id: "borders", type: "line", source: "borders", paint: { "line-color": "#4a5a66", "line-width": 1, "line-dasharray": [4, 2] } },
    { id: "net", type: "line", source: "net", paint: { "line-color": "#25313a", "line-width": 0.8 } },
    {
      id: "net-names", type: "symbol", source: "net",
      layout: { "text-field": ["get", "name"], "text-font": FONT, "text-size": 10, "symbol-placement": "line", "symbol-spacing": 420, "text-offset": [0, -0.6] },
      paint: { "text-color": "#5d7180" },
    },
    {
      id: "countries", type: "symbol", source: "countries", maxzoom: 6,
      layout: { "text-field": ["get", "name"], "text-font": FONT, "text-size": 12 },
      paint: { "text-color": "#6f8290", ...halo },
    },
    { id: "zone-fill", type: "fill", source: "zones", filter: ["==", ["get", "rule"], "keep-out"], paint: { "fill-pattern": "hatch", "fill-opacity": 0.55 } },
    { id: "zone-notice", type: "fill", source: "zones", filter: ["all", ["!=", ["get", "rule"], "keep-out"], ["!", isLine]], paint: { "fill-color": "#c9d4dc", "fill-opacity": 0.025 } },
    { id: "zone-line", type: "line", source: "zones", filter: ["==", ["get", "rule"], "keep-out"], paint: { "line-color": "#c9d4dc", "line-width": 2 } },
    { id: "zone-line-notice", type: "line", source: "zones", filter: ["all", ["!=", ["get", "rule"], "keep-out"], ["!", isLine]], paint: { "line-color": "#c9d4dc", "line-width": 1.4, "line-dasharray": [6, 4] } },
    { id: "agreed-line", type: "line", source: "zones", filter: isLine, paint: { "line-color": "#6cc0f0", "line-width": 2.6 } },
    { id: "intent-fill", type: "fill", source: "intents", paint: { "fill-color": ["get", "colour"], "fill-opacity": ["case", ["get", "on"], 0.26, 0.1] } },
    { id: "intent-hazard", type: "fill", source: "intents", filter: ["==", ["get", "kind"], "hazard"], paint: { "fill-pattern": "hatch-hazard" } },
    ...Object.keys(STATES).map(line),
    {
      id: "trails", type: "circle", source: "trails",
      paint: { "circle-radius": 1.9, "circle-color": ["get", "colour"], "circle-opacity": ["get", "seen"] },
    },
    { id: "ties", type: "line", source: "ties", paint: { "line-color": ["get", "colour"], "line-width": 2, "line-dasharray": [1.5, 1.5] } },
    {
      id: "tracks", type: "symbol", source: "tracks",
      layout: {
        "icon-image": ["get", "icon"], "icon-size": ["case", ["get", "on"], 1.15, 0.9], "icon-rotate": ["get", "course"],
        "icon-rotation-alignment": "map", "icon-allow-overlap": true, "icon-ignore-placement": true,
      },
    },
    {
      id: "labels", type: "symbol", source: "labels",
      layout: {
        "text-field": ["get", "name"], "text-font": FONT, "text-size": ["get", "size"], "text-max-width": 22,
        "text-variable-anchor": ["bottom", "top", "bottom-left", "bottom-right", "left", "right"], "text-radial-offset": 0.45, "text-justify": "auto", "symbol-sort-key": ["get", "order"],
      },
      paint: { "text-color": ["get", "colour"], ...halo },
    },
    {
      id: "tracks-names", type: "symbol", source: "tracks",
      layout: {
        "text-field": ["get", "name"], "text-font": FONT, "text-size": 11.5, "text-justify": "auto",
        "text-variable-anchor": ["left", "right", "top-left", "bottom-left", "top-right", "bottom-right"], "text-radial-offset": 1.3, "text-allow-overlap": false, "text-optional": true,
      },
      paint: { "text-color": ["get", "colour"], ...halo },
    },
  ],
};

/** A state as it stands on the map, where no sentence beside it says what it does not mean. */
export const stateWord = (state) => (state === "Accepted" ? "recorded" : state);

/** Draws the state, and says which thing was picked. */
export class ConsoleMap {
  /** nothing: says so when nothing stands in the view; by default the picture's own words.
   * follows: until somebody moves the map, a zone that is new comes into view.
   */
  constructor(container, actions, { nothing = document.getElementById("nothing"), follows = true } = {}) {
    this.hint = nothing;
    this.follows = follows;
    this.moved = false;
    this.ready = false;
    this.state = null;
    this.fitted = ""; // what the view was chosen for
    this.last = {};
    this.map = new maplibre.Map({
      container, style: STYLE, center: [0, 20], zoom: 1.4, maxPitch: 0, dragRotate: false,
      attributionControl: false, fadeDuration: 0, maxZoom: 15, localIdeographFontFamily: "sans-serif",
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.addControl(new maplibre.NavigationControl({ showCompass: false }), "top-right");
    this.map.addControl(new maplibre.ScaleControl({ unit: "nautical", maxWidth: 120 }), "bottom-right");
    this.map.addControl(new maplibre.ScaleControl({ unit: "metric", maxWidth: 120 }), "bottom-right");
    for (const [name, draw] of Object.entries(icons())) this.map.addImage(name, draw, { pixelRatio: 2 });
    this.map.on("load", () => { this.ready = true; this.net(); if (this.state) this.draw(); });
    for (const name of ["dragstart", "zoomstart"]) this.map.on(name, (event) => { this.moved ||= Boolean(event.originalEvent); });
    this.map.on("moveend", () => { this.net(); this.nothing(); });
    for (const layer of ["tracks", "intent-fill", "zone-line", "zone-line-notice"]) {
      this.map.on("click", layer, (event) => {
        if (event.originalEvent.taken) return;
        event.originalEvent.taken = true;
        actions.select(event.features[0].properties.id);
      });
    }
    legend();
  }

  update(state) {
    const before = this.state;
    this.state = state;
    if (!this.ready) return;
    const second = Math.floor(state.browserMs / 1000);
    const same = before && second === this.second && ["intents", "shared", "zones", "warnings", "tracks", "selected", "parties"].every((name) => before[name] === state[name]);
    if (!same) { this.second = second; this.draw(); }
  }

  /** The next place that is clicked, [longitude, latitude]; the page says meanwhile that it waits. */
  pick() {
    const hint = document.getElementById("pick");
    hint.hidden = false;
    this.map.getCanvas().classList.add("picking");
    return new Promise((resolve) => this.map.once("click", (event) => {
      hint.hidden = true;
      this.map.getCanvas().classList.remove("picking");
      event.originalEvent.taken = true;
      resolve([event.lngLat.wrap().lng, event.lngLat.lat]);
    }));
  }

  remove() {
    this.map.remove();
  }

  /** Bring a thing into view if it is not there. */
  show(what, state) {
    const points = this.pointsOf(what, state);
    const view = bounds(points);
    if (!view || !this.ready) return;
    const now = this.map.getBounds();
    this.moved = true;
    if (points.every((point) => now.contains(point))) return;
    this.map.fitBounds(view, { padding: 60, maxZoom: 11, duration: 0 });
  }

  pointsOf(what, state) {
    const area = state.intents[what] ?? state.shared[what] ?? state.zones[what];
    if (area) return area.volumes.flatMap((volume) => volume.rings.flat());
    if (state.tracks[what]) return [state.tracks[what].place];
    const warning = state.warnings[what];
    return warning ? warning.objects.filter((o) => o.fix).map((o) => o.fix.place) : [];
  }

  set(name, features) {
    const text = JSON.stringify(features);
    if (this.last[name] === text) return;
    this.last[name] = text;
    this.map.getSource(name).setData({ type: "FeatureCollection", features });
  }

  draw() {
    const { state } = this;
    const now = serverNow(state);
    const labels = [];
    this.set("zones", areas(state, Object.values(state.zones), (zone) => ({ rule: zone.rule, colour: "#c9d4dc" })));
    this.set("intents", areas(state, intentsShown(state).filter((each) => each.state !== "Ended"), (intent) => ({
      state: intent.state, kind: intent.kind, colour: COLOURS[partyColour(intent.party)],
    })));
    for (const zone of Object.values(state.zones)) {
      const [word] = [zone.text]; // of an agreement's text: what it says itself
      const rule = zone.rule === "keep-out" ? "KEEP OUT" : `NOTICE ${zone.noticeMinutes || ""} min`;
      for (const volume of zone.volumes) {
        if (volume.label) labels.push(label(volume.label, word ?? `${plain(zone.name, 60)}\n${rule}${zone.unilateral ? " · UNILATERAL" : ""}`, "#dfe7ec", 11, 2));
      }
    }
    for (const intent of intentsShown(state)) {
      for (const volume of intent.volumes.slice(0, 1)) {
        if (volume.label) labels.push(label(volume.label, `${plain(intentName(state, intent), 28)}\n${intent.kind} · ${stateWord(intent.state)}${intent.part ? " · in part" : ""}`, COLOURS[partyColour(intent.party)], 11, 1));
      }
    }
    const ties = Object.values(state.warnings).flatMap((warning) => tie(state, warning));
    for (const { geometry, properties } of ties) {
      const [[lon1, lat1], [lon2, lat2]] = geometry.coordinates;
      labels.push(label([(lon1 + lon2) / 2, (lat1 + lat2) / 2], properties.name, BAD, 11.5, 0));
    }
    this.set("labels", labels);
    const all = Object.values(state.tracks);
    this.set("trails", all.flatMap((track) => track.trail.slice(0, -1).map((fix, i, trail) => ({
      type: "Feature", geometry: { type: "Point", coordinates: fix.place },
      properties: { colour: COLOURS[partyColour(track.party)], seen: Math.round(100 * (0.15 + (0.65 * (i + 1)) / trail.length)) / 100 },
    }))));
    this.set("tracks", all.map((track) => trackFeature(track, now, state.selected === track.id)));
    this.set("ties", ties);
    if (state.loaded.zones && state.loaded.intents) this.fit();
    this.nothing();
  }

  /** The first view: the zones, or else the intents. */
  fit() {
    const { state } = this;
    const zones = Object.keys(state.zones).sort().join(" ");
    if (this.fitted && (!this.follows || this.moved || !zones || this.fitted === zones)) return;
    const areasThere = zones ? Object.values(state.zones) : intentsShown(state);
    const view = bounds(areasThere.flatMap((area) => area.volumes.flatMap((volume) => volume.rings.flat()))) ?? bounds(Object.values(state.tracks).map((track) => track.place));
    if (!view) return;
    this.fitted = zones || "intents";
    this.map.fitBounds(view, { padding: { top: 56, bottom: 76, left: 30, right: 30 }, maxZoom: 11, duration: 0 });
  }

  /** Bring these points into view, and leave it there: what is drawn later does not move it. */
  frame(points) {
    const view = bounds(points);
    if (!view) return;
    this.fitted = "framed";
    this.map.fitBounds(view, { padding: { top: 56, bottom: 76, left: 30, right: 30 }, maxZoom: 11, duration: 0 });
  }

  net() {
    const view = this.map.getBounds();
    if (!this.ready) return;
    const corners = [[view.getWest(), Math.max(-85, view.getSouth())], [view.getEast(), Math.min(85, view.getNorth())]];
    this.set("net", graticule(corners).map(({ line: points, name }) => ({
      type: "Feature", geometry: { type: "LineString", coordinates: points }, properties: { name },
    })));
  }

  /** Say so when nothing is told or seen in this view: it must not read as empty, hence safe. */
  nothing() {
    const { state } = this;
    if (!state) return;
    const view = this.map.getBounds();
    const [w, s, e, n] = [view.getWest(), view.getSouth(), view.getEast(), view.getNorth()];
    const inside = ([lon, lat]) => [-360, 0, 360].some((turn) => lon + turn >= w && lon + turn <= e) && lat >= s && lat <= n;
    const touches = (ring) => {
      const box = bounds(ring);
      return box && box[0][1] <= n && box[1][1] >= s && [-360, 0, 360].some((turn) => box[0][0] + turn <= e && box[1][0] + turn >= w);
    };
    const some = Object.values(state.tracks).some((track) => inside(track.place)) ||
      [...intentsShown(state), ...Object.values(state.zones)].some((area) => area.volumes.some((volume) => volume.rings.some(touches)));
    this.hint.hidden = some;
  }
}

function areas(state, things, properties) {
  return things.flatMap((thing) => thing.volumes.map((volume) => ({
    type: "Feature",
    geometry: volume.isLine ? { type: "LineString", coordinates: volume.rings[0] } : { type: "Polygon", coordinates: volume.rings },
    properties: { id: thing.id, on: state.selected === thing.id, ...properties(thing) },
  })));
}

const label = (place, name, colour, size, order) => ({
  type: "Feature", geometry: { type: "Point", coordinates: place }, properties: { name, colour, size, order },
});

function trackFeature(track, now, on) {
  const live = track.state === "live";
  const colour = COLOURS[partyColour(track.party)];
  const height = Number.isFinite(track.altitudeM) ? `${Math.round(track.altitudeM)} m / ${Math.round(track.altitudeM / 0.3048)} ft` : "height ?";
  const old = age(now - track.timeMs);
  const name = plain(track.callSign ?? track.track, 24);
  const hasCourse = Number.isFinite(track.courseDeg);
  return {
    type: "Feature",
    geometry: { type: "Point", coordinates: track.place },
    properties: {
      id: track.id, on, colour: live ? colour : BAD,
      course: live && hasCourse ? track.courseDeg : 0,
      icon: `${live ? (hasCourse ? "arrow" : "dot") : "silent"}-${partyColour(track.party)}`,
      name: live ? `${name}  ${old}\n${height}` : `${name} ${track.state.toUpperCase()} ${old}\nlast known`,
    },
  };
}

/** A dotted line between the two positions that a warning rests on, as they were reported. */
function tie(state, warning) {
  const places = warning.objects.map((object) => object.fix?.place ?? null).filter(Boolean);
  if (places.length < 2) return [];
  return [{
    type: "Feature", geometry: { type: "LineString", coordinates: places.slice(0, 2) },
    properties: { colour: BAD, name: `${warning.kind}${Number.isFinite(warning.gap.horizontalM) ? ` ${Math.round(warning.gap.horizontalM)} m` : ""}`, id: warning.id, on: state.selected === warning.id },
  }];
}

/** Icons by canvas: an arrow that has a course, a dot that has none, a broken ring gone silent. */
function icons() {
  const made = {};
  COLOURS.forEach((colour, index) => {
    made[`arrow-${index}`] = paint((c) => {
      c.beginPath(); c.moveTo(22, 3); c.lineTo(36, 39); c.lineTo(22, 31); c.lineTo(8, 39); c.closePath();
      c.fillStyle = colour; c.strokeStyle = "#0b141a"; c.lineWidth = 3; c.stroke(); c.fill();
    });
    made[`dot-${index}`] = paint((c) => {
      c.beginPath(); c.arc(22, 22, 11, 0, 7); c.fillStyle = colour; c.strokeStyle = "#0b141a"; c.lineWidth = 3; c.stroke(); c.fill();
    });
    made[`silent-${index}`] = paint((c) => {
      c.setLineDash([6, 4]); c.lineWidth = 3; c.strokeStyle = colour;
      c.beginPath(); c.arc(22, 22, 16, 0, 7); c.stroke();
      c.setLineDash([]); c.fillStyle = BAD; c.font = "bold 22px sans-serif"; c.textAlign = "center"; c.textBaseline = "middle"; c.fillText("?", 22, 23);
    });
  });
  made.hatch = paint((c) => stripes(c, "#c9d4dc26", 1.4), 24);
  made["hatch-hazard"] = paint((c) => stripes(c, "#ff9a7688", 3), 24);
  return made;
}

function stripes(c, colour, width) {
  c.strokeStyle = colour; c.lineWidth = width;
  for (let x = -24; x <= 48; x += 12) { c.beginPath(); c.moveTo(x, 24); c.lineTo(x + 24, 0); c.stroke(); }
}

function paint(draw, size = ICON) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const context = canvas.getContext("2d");
  draw(context);
  return context.getImageData(0, 0, size, size);
}

function legend() {
  const entry = (text, draw) => {
    const canvas = h("canvas", { width: 52, height: 28, "aria-hidden": "true" });
    const c = canvas.getContext("2d");
    c.strokeStyle = c.fillStyle = "#d7dee4";
    c.lineWidth = 3;
    draw(c);
    return h("li", {}, canvas, text);
  };
  const stroke = (dashes, width = 3) => (c) => { c.setLineDash(dashes); c.lineWidth = width; c.beginPath(); c.moveTo(2, 14); c.lineTo(50, 14); c.stroke(); };
  document.getElementById("legend").replaceChildren(
    entry("aircraft, as last reported", (c) => { c.beginPath(); c.moveTo(26, 2); c.lineTo(36, 26); c.lineTo(26, 20); c.lineTo(16, 26); c.fill(); }),
    entry("silent: last known, not clear", (c) => { c.strokeStyle = c.fillStyle = BAD; c.setLineDash([5, 4]); c.beginPath(); c.arc(26, 14, 11, 0, 7); c.stroke(); c.font = "bold 16px sans-serif"; c.fillText("?", 21, 20); }),
    entry("reported positions", (c) => [6, 19, 32, 45].forEach((x, i) => { c.globalAlpha = 0.3 + i * 0.2; c.beginPath(); c.arc(x, 14, 4, 0, 7); c.fill(); })),
    entry("intent Accepted", stroke([7, 6])),
    entry("intent Activated", stroke([])),
    entry("Nonconforming, Contingent", stroke([4, 4], 7)),
    entry("zone: keep out", (c) => { c.strokeRect(3, 3, 46, 22); c.lineWidth = 1.4; for (let x = 6; x < 60; x += 8) { c.beginPath(); c.moveTo(x, 3); c.lineTo(x - 18, 25); c.stroke(); } }),
    entry("zone: notice", stroke([11, 7], 2)),
    entry("warning between two", (c) => { c.strokeStyle = BAD; stroke([4, 4], 4)(c); }),
  );
}
