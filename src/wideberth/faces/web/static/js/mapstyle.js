// What the map is made of: its sources and its layers, from the sea up. Tracks are a layer of their
// own (tracklayer.js), which is put in below the labels.

import { BAD } from "./marks.js";

const ATLAS = new URL("../vendor/world-atlas/", import.meta.url).href;
const FONT = ["sans-serif"];
export const EMPTY_DATA = { type: "FeatureCollection", features: [] };
const halo = { "text-halo-color": "#0b141a", "text-halo-width": 1.6 };
const SOURCES = ["net", "buffers", "zones", "intents", "drawn", "around", "labels", "ties", "ends", "names"];

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

export const STYLE = {
  version: 8,
  sources: {
    land: { type: "geojson", data: `${ATLAS}land.geojson` },
    borders: { type: "geojson", data: `${ATLAS}borders.geojson` },
    countries: { type: "geojson", data: `${ATLAS}countries.geojson` },
    ...Object.fromEntries(SOURCES.map((name) => [name, { type: "geojson", data: EMPTY_DATA }])),
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
    { id: "buffers", type: "line", source: "buffers", paint: { "line-color": "#6cc0f0", "line-width": ["case", ["get", "line"], 2.6, 1.4], "line-dasharray": [7, 2, 1.5, 2] } },
    { id: "zone-fill", type: "fill", source: "zones", filter: ["==", ["get", "rule"], "keep-out"], paint: { "fill-pattern": "hatch", "fill-opacity": 0.55 } },
    { id: "zone-notice", type: "fill", source: "zones", filter: ["all", ["!=", ["get", "rule"], "keep-out"], ["!", isLine]], paint: { "fill-color": "#c9d4dc", "fill-opacity": 0.025 } },
    { id: "zone-line", type: "line", source: "zones", filter: ["==", ["get", "rule"], "keep-out"], paint: { "line-color": "#c9d4dc", "line-width": 2 } },
    { id: "zone-line-notice", type: "line", source: "zones", filter: ["all", ["!=", ["get", "rule"], "keep-out"], ["!", isLine]], paint: { "line-color": "#c9d4dc", "line-width": 1.4, "line-dasharray": [6, 4] } },
    { id: "agreed-line", type: "line", source: "zones", filter: isLine, paint: { "line-color": "#6cc0f0", "line-width": 2.6 } },
    { id: "intent-fill", type: "fill", source: "intents", paint: { "fill-color": ["get", "colour"], "fill-opacity": ["case", ["get", "on"], 0.26, 0.1] } },
    { id: "intent-hazard", type: "fill", source: "intents", filter: ["==", ["get", "kind"], "hazard"], paint: { "fill-pattern": "hatch-hazard" } },
    { id: "intent-movement", type: "fill", source: "intents", filter: ["==", ["get", "kind"], "movement"], paint: { "fill-pattern": "hatch-movement" } },
    { id: "intent-presence", type: "fill", source: "intents", filter: ["==", ["get", "kind"], "presence"], paint: { "fill-pattern": "hatch-presence" } },
    ...Object.keys(STATES).map(line),
    { id: "ties", type: "line", source: "ties", paint: { "line-color": ["get", "colour"], "line-width": ["case", ["get", "on"], 4, 2.4], "line-dasharray": [1.5, 1.5] } },
    { id: "ends", type: "circle", source: "ends", paint: { "circle-radius": 13, "circle-opacity": 0, "circle-stroke-color": BAD, "circle-stroke-width": ["case", ["get", "on"], 3, 1.6] } },
    { id: "around", type: "line", source: "around", paint: { "line-color": ["get", "colour"], "line-width": 1.3, "line-dasharray": [1, 2] } },
    { id: "drawn", type: "line", source: "drawn", paint: { "line-color": "#f3f6f8", "line-width": 2, "line-dasharray": [4, 1.5] } },
    { id: "drawn-ends", type: "circle", source: "drawn", filter: ["==", ["geometry-type"], "Point"], paint: { "circle-radius": 4, "circle-color": "#f3f6f8" } },
    {
      id: "labels", type: "symbol", source: "labels",
      layout: {
        "text-field": ["get", "name"], "text-font": FONT, "text-size": ["get", "size"], "text-max-width": 22,
        "text-variable-anchor": ["bottom", "top", "bottom-left", "bottom-right", "left", "right"], "text-radial-offset": 0.45, "text-justify": "auto", "symbol-sort-key": ["get", "order"],
      },
      paint: { "text-color": ["get", "colour"], ...halo },
    },
    {
      id: "names", type: "symbol", source: "names",
      layout: {
        "text-field": ["get", "name"], "text-font": FONT, "text-size": 11.5, "text-justify": "auto",
        "text-variable-anchor": ["left", "right", "top-left", "bottom-left", "top-right", "bottom-right"], "text-radial-offset": 1.3, "text-allow-overlap": false, "text-optional": true,
      },
      paint: { "text-color": ["get", "colour"], ...halo },
    },
  ],
};

export const TRACKS_BELOW = "ends"; // the layer above that of tracks
