// The map: a sketch of what the lists say. Positions are drawn where they were reported, as dots;
// nothing is drawn between two of them, and nothing moves on by itself.

import * as maplibre from "../vendor/maplibre-gl/maplibre-gl.mjs";
import { COLOURS, partyColour } from "./colours.js";
import { readOut } from "./coordinates.js";
import { bounds, circle, graticule } from "./geo.js";
import { intentName } from "./dom.js";
import { STYLE, TRACKS_BELOW } from "./mapstyle.js";
import { BAD, hatchings } from "./marks.js";
import { intentsShown, lossMs, serverNow, shownWarnings } from "./state.js";
import { age, distance, duration, metresAndFeet, plain } from "./text.js";
import { TrackLayer } from "./tracklayer.js";
import { t } from "./words.js";

maplibre.setWorkerUrl(new URL("../vendor/maplibre-gl/maplibre-gl-worker.mjs", import.meta.url).href);

const MOST_NAMES = 120; // of tracks in a view that have their name beside them
const MOST_TRAILS = 300; // of tracks in a view that have their reported positions behind them
const LEAST_AROUND_M = 1; // what is known better is drawn as its mark alone

/** A state as it stands on the map, where no sentence beside it says what it does not mean. */
export const stateWord = (state) => (state === "Accepted" ? "recorded" : state);

const everything = () => true;

/** Draws the state, and says which thing was picked. */
export class ConsoleMap {
  /** nothing: says so when nothing stands in the view; by default the picture's own words.
   * follows: until somebody moves the map, a zone that is new comes into view.
   * crowd: told how many tracks of the view have no name beside them.
   */
  constructor(container, actions, { nothing = document.getElementById("nothing"), follows = true, crowd = () => {} } = {}) {
    this.hint = nothing;
    this.follows = follows;
    this.crowd = crowd;
    this.moved = false;
    this.ready = false;
    this.state = null;
    this.shows = everything; // of a track: whether a filter lets it be seen
    this.fitted = ""; // what the view was chosen for
    this.last = {};
    this.pixel = null;
    this.map = new maplibre.Map({
      container, style: STYLE, center: [0, 20], zoom: 1.4, maxPitch: 0, dragRotate: false,
      attributionControl: false, fadeDuration: 0, maxZoom: 15, localIdeographFontFamily: "sans-serif",
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.keyboard.disableRotation(); // north stays up: courses are drawn by it
    this.map.addControl(new maplibre.NavigationControl({ showCompass: false }), "top-right");
    this.map.addControl(new maplibre.ScaleControl({ unit: "nautical", maxWidth: 120 }), "bottom-right");
    this.map.addControl(new maplibre.ScaleControl({ unit: "metric", maxWidth: 120 }), "bottom-right");
    for (const [name, image] of Object.entries(hatchings())) this.map.addImage(name, image, { pixelRatio: 2 });
    this.tracks = new TrackLayer();
    this.map.on("load", () => {
      this.map.addLayer(this.tracks, TRACKS_BELOW);
      this.ready = true;
      this.net();
      if (this.state) this.draw(this.state, null);
    });
    for (const name of ["dragstart", "zoomstart"]) this.map.on(name, (event) => { this.moved ||= Boolean(event.originalEvent); });
    this.map.on("moveend", () => { this.net(); this.nothing(); this.beside(); this.#point(this.pixel); });
    this.map.on("click", (event) => {
      if (this.picking) { this.picking(event); return; }
      const found = this.tracks.near(event.lngLat, this.map.getZoom()) ?? this.map.queryRenderedFeatures(event.point, { layers: ["ties", "intent-fill", "zone-line", "zone-line-notice"] })[0]?.properties.id;
      if (found) actions.select(found);
    });
    this.readOut = readOut();
    this.map.on("mousemove", (event) => this.#point(event.point));
    this.map.on("mouseout", () => this.#point(null));
    container.append(this.readOut.node);
    this.#point(null);
  }

  /** pixel: where the pointer is on the map; null where it is elsewhere. */
  #point(pixel) {
    this.pixel = pixel;
    const { lng, lat } = pixel ? this.map.unproject(pixel) : this.map.getCenter();
    this.readOut.at([lng, lat], pixel ? t("pointer") : t("middle of the map"));
  }

  /** shows: of a track, whether it is shown; another function where what it says has changed. */
  update(state, shows = everything) {
    const before = this.state;
    const other = shows !== this.shows;
    Object.assign(this, { state, shows });
    if (this.ready) this.draw(state, before, other);
  }

  /** The next place that is clicked, [longitude, latitude]; the page says meanwhile that it waits. */
  pick(words = t("Click the centre of the hazard.")) {
    this.unpick();
    const hint = document.getElementById("pick");
    hint.textContent = words;
    hint.hidden = false;
    this.map.getCanvas().classList.add("picking");
    return new Promise((resolve) => {
      this.picking = (event) => {
        this.unpick();
        resolve([event.lngLat.wrap().lng, event.lngLat.lat]);
      };
    });
  }

  /** Wait for no place any more. */
  unpick() {
    this.picking = null;
    document.getElementById("pick").hidden = true;
    this.map.getCanvas().classList.remove("picking");
  }

  /** Where its middle is, [longitude, latitude]. */
  middle() {
    const { lng, lat } = this.map.getCenter().wrap();
    return [lng, lat];
  }

  remove() {
    this.readOut.remove();
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

  /** signature: what it is made of, where that is shorter than the features. */
  set(name, features, signature = JSON.stringify(features)) {
    if (this.last[name] === signature) return;
    this.last[name] = signature;
    this.map.getSource(name).setData({ type: "FeatureCollection", features });
  }

  /** What changed since what was drawn before: tracks many times a second, areas seldom. */
  draw(state, before, other = true) {
    const differs = (...names) => !before || names.some((name) => before[name] !== state[name]);
    const coloured = differs("parties", "selected");
    if (other || coloured || differs("tracks")) this.tracks.update(state.tracks, { selected: state.selected, shows: this.shows, all: other || coloured });
    if (coloured || differs("zones", "intents", "shared", "buffers")) this.areas(state);
    const second = Math.floor(state.browserMs / 1000);
    if (other || coloured || second !== this.second || differs("warnings", "zones", "intents", "shared")) {
      this.second = second;
      this.labels(state);
      this.beside();
      this.nothing();
    }
    if (state.loaded.zones && state.loaded.intents) this.fit();
  }

  areas(state) {
    const zones = Object.values(state.zones);
    const intents = intentsShown(state).filter((each) => each.state !== "Ended");
    const zoneColour = () => "#c9d4dc";
    const intentColour = (intent) => COLOURS[partyColour(intent.party)];
    this.set("zones", areas(state, zones, (zone) => ({ rule: zone.rule, colour: zoneColour() })), signed(state, zones, zoneColour));
    this.set("intents", areas(state, intents, (intent) => ({ state: intent.state, kind: intent.kind, colour: intentColour(intent) })), signed(state, intents, intentColour));
    this.set("buffers", (state.buffers ?? []).flatMap(({ rings, isLine }) => rings.map((ring) => ({ type: "Feature", geometry: { type: "LineString", coordinates: ring }, properties: { line: Boolean(isLine) } }))));
  }

  labels(state) {
    const now = serverNow(state);
    const labels = [];
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
    for (const { rings, text, isLine } of state.buffers ?? []) {
      const ring = rings[0];
      labels.push(label(ring[Math.floor(ring.length / (isLine ? 2 : 4))], plain(text.replace("\n", " · "), 80), COLOURS[0], 10.5, 3));
    }
    const ties = shownWarnings(state).flatMap((warning) => tie(state, warning, now));
    for (const { geometry, properties } of ties) {
      const [[lon1, lat1], [lon2, lat2]] = geometry.coordinates;
      labels.push(label([(lon1 + lon2) / 2, (lat1 + lat2) / 2], properties.name, BAD, 11.5, 0));
    }
    this.set("labels", labels);
    this.set("ties", ties);
    this.set("ends", ties.flatMap(({ geometry, properties }) => geometry.coordinates.map((place) => ({ type: "Feature", geometry: { type: "Point", coordinates: place }, properties }))));
  }

  /** What stands beside the marks of tracks: names, reported positions, how well they are known; of
   * as many as can be told apart. */
  beside() {
    const { state } = this;
    if (!state || !this.ready) return;
    const now = serverNow(state);
    const view = this.map.getBounds();
    const inside = this.tracks.within([view.getWest(), view.getSouth(), view.getEast(), view.getNorth()]);
    const warned = new Set(Object.values(state.warnings).flatMap((warning) => warning.objects.map((object) => object.id)));
    const [first, rest] = [[], []]; // those that are picked or warned of, and as many others as can be told apart
    for (const track of inside) {
      if (state.selected === track.id || warned.has(track.track)) first.push(track);
      else if (rest.length < MOST_TRAILS) rest.push(track);
    }
    const some = (most) => [...first, ...rest].slice(0, most);
    this.set("names", some(MOST_NAMES).map((track) => nameOf(track, now)));
    this.tracks.trail(some(MOST_TRAILS));
    this.set("around", first.filter((track) => track.uncertaintyM > LEAST_AROUND_M).slice(0, MOST_NAMES).map((track) => ({
      type: "Feature", geometry: { type: "LineString", coordinates: circle(track.place, track.uncertaintyM, 48) }, properties: { colour: COLOURS[partyColour(track.party)] },
    })));
    this.crowd(Math.max(0, inside.length - MOST_NAMES));
  }

  /** A line that somebody draws, as [[longitude, latitude], ...]. */
  drawn(points) {
    if (!this.ready) return;
    this.set("drawn", [
      ...(points.length > 1 ? [{ type: "Feature", geometry: { type: "LineString", coordinates: points }, properties: {} }] : []),
      ...points.map((point) => ({ type: "Feature", geometry: { type: "Point", coordinates: point }, properties: {} })),
    ]);
  }

  /** The first view: the zones, or else the intents. */
  fit() {
    const { state } = this;
    if (this.fitted && (!this.follows || this.moved)) return;
    const zones = Object.keys(state.zones).sort().join(" ");
    if (this.fitted && (!zones || this.fitted === zones)) return;
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
    if (!state || !this.ready) return;
    const view = this.map.getBounds();
    const [w, s, e, n] = [view.getWest(), view.getSouth(), view.getEast(), view.getNorth()];
    const touches = (ring) => {
      const box = bounds(ring);
      return box && box[0][1] <= n && box[1][1] >= s && [-360, 0, 360].some((turn) => box[0][0] + turn <= e && box[1][0] + turn >= w);
    };
    const some = this.tracks.hasAny([w, s, e, n]) ||
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

/** What areas are drawn from: by their versions where they have any, for their points are many. */
const signed = (state, things, colour) => JSON.stringify(things.map((each) => [
  each.id, each.version ?? each.volumes, each.volumes.map((volume) => [volume.rings.length, volume.rings[0]?.length, volume.rings[0]?.[0], volume.middle]),
  each.state, each.rule, each.kind, colour(each), state.selected === each.id,
]));

const label = (place, name, colour, size, order) => ({
  type: "Feature", geometry: { type: "Point", coordinates: place }, properties: { name, colour, size, order },
});

/** What stands beside a track: its name, how old its position is, and its height. */
function nameOf(track, now) {
  const live = track.state === "live";
  const height = Number.isFinite(track.altitudeM) ? metresAndFeet(track.altitudeM) : Number.isFinite(track.pressureM) ? `${metresAndFeet(track.pressureM)} by pressure` : "height ?";
  const old = age(now - track.timeMs);
  const name = plain(track.callSign ?? track.track, 24);
  return {
    type: "Feature", geometry: { type: "Point", coordinates: track.place },
    properties: {
      id: track.id, colour: live ? COLOURS[partyColour(track.party)] : BAD,
      name: live ? `${name}  ${old}\n${height}` : `${name} ${track.state.toUpperCase()} ${old}\nlast known`,
    },
  };
}

/** A dotted line between the two positions that a warning rests on, as they were reported; with what
 * lies between them, and how long it is until their distance is lost, if they go on as they do. */
function tie(state, warning, now) {
  const places = warning.objects.map((object) => object.fix?.place ?? null).filter(Boolean);
  if (places.length < 2) return [];
  const { horizontalM, verticalM } = warning.gap;
  const loss = lossMs(warning);
  const said = [
    Number.isFinite(horizontalM) ? `across ${distance(horizontalM)}` : null,
    Number.isFinite(verticalM) ? `height ${metresAndFeet(verticalM)}` : null,
    loss === 0 ? "lost now" : Number.isFinite(loss) ? (loss > now ? `in ${duration((loss - now) / 1000)}` : "its time is reached") : null,
  ].filter(Boolean);
  return [{
    type: "Feature", geometry: { type: "LineString", coordinates: places.slice(0, 2) },
    properties: { colour: BAD, name: [`${warning.lastKnown ? "LAST KNOWN " : ""}${warning.kind}`, ...said].join("\n"), id: warning.id, on: state.selected === warning.id },
  }];
}
