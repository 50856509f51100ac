// What stood at a minute of the past, from a timeline of the record: for the replay and for the
// picture's own slider. Nothing is drawn between two minutes.

import { intentOf, trackOf, zoneOf } from "./shape.js";
import { EMPTY } from "./state.js";

export const MINUTE = 60000;

/** Of a timeline: the shapes that stood in the minute from atMs on, and the positions kept in it. */
export function minuteOf(told, atMs) {
  const standing = told.shapes.filter((each) => Date.parse(each.since) < atMs + MINUTE && (!each.until || Date.parse(each.until) > atMs));
  const positions = (told.tracks.minutes ?? []).find((each) => Date.parse(each.minute) === atMs);
  const tracks = (positions?.positions ?? []).map((each) => ({ ...trackOf(each), uncertaintyM: each.uncertainty_m, entry: each.entry, timeMs: Date.parse(each.time) }));
  const areas = (type, make) => Object.fromEntries(standing.filter((each) => each.type === type).map((each) => [each.id, make(each)]));
  return {
    intents: areas("intent", (each) => ({ ...intentOf(each), callSign: each.name })),
    zones: areas("zone", (each) => zoneOf({ ...each, rule: each.kind, unilateral: false })),
    tracks,
    noneKept: positions?.none_kept ?? [],
  };
}

/** A state with what stood at an instant and nothing else; its clock stands still there. */
export const stateAt = (state, atMs, { intents, zones, tracks }) => ({
  ...EMPTY,
  session: state.session,
  parties: state.parties,
  selected: state.selected,
  loaded: { zones: true, intents: true, tracks: true },
  clock: { ...EMPTY.clock, serverMs: atMs, browserMs: 0, rate: 0 },
  browserMs: atMs,
  intents, zones, tracks,
});
