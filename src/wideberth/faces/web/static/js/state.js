// The one state of the page, and how it changes. Pure: no clock, no network, no document.
// Everything here is what the server said, or when it said it; reduce() decides nothing about
// safety, and nothing that the server still holds is dropped because it is old.

import { channelOf, consentOf, doubtOf, hazardOf, reachOf, siteOf, stopOf } from "./desk.js";
import { answerOf, backlogOf, drillOf, feedOf, intentOf, noticeOf, partOf, warningOf, zoneOf } from "./shape.js";

const TRAIL = 40; // reported positions kept for drawing, per track
const STORY = 60; // lines of the stream kept

export const EMPTY = Object.freeze({
  session: null, // {party, roles, expiresMs, fault}
  space: null,
  clock: { serverMs: NaN, browserMs: NaN, rate: 1, simulated: false },
  browserMs: 0,
  contactMs: NaN,
  offline: false, // the browser says that it has no line
  streams: { events: { state: "off" }, tracks: { state: "off" } },
  lastId: null,
  parties: {},
  intents: {},
  shared: {}, // intent id: what is shown of another's in part
  called: {}, // intent id: what it is called by, also once it is over or not shown any more
  zones: {},
  notices: {},
  warnings: {},
  tracks: {},
  feeds: {}, // feed party/feed: how its line stands
  channels: {}, // party id: what is known of its channel
  hazards: {}, // intent id: how it stands; nobody said that it is clear
  stops: {}, // STOP id: as told, recorded or not
  drills: {}, // drill id: drill messages that are not answered yet; none of them is a notice
  tests: null, // whether the party's keys are asked for a read-back test, and how each stands
  reach: {}, // notice id: how far it has come, also of notices to others
  told: {}, // notice id: as reach had it last, of notices to others, also when it has left the list
  replies: {}, // notice id: the answers that came by the stream, for notices to others
  closed: {}, // notice id: when it left the open list, as the stream said
  complete: {},
  loaded: {},
  restsOn: null,
  checkpoint: null,
  agreed: [], // agreements in force of this party: {id, version, title, parties, provisions}
  proposals: [], // agreements that wait for this party's signature or another answer
  consents: {}, // consent id: what was asked under agreements of the kind CONSENT
  doubts: {}, // doubt id: about what is this party's, or raised by it, or beside what it sees
  sites: {}, // site id: this party's own protected sites, also stale ones
  waits: [], // what waits in incidents for this party (waiting.js)
  said: {}, // party id: when it last said something of an incident, an agreement or the like
  backlog: null, // how much lies unread, by the server's own count
  missed: 0,
  gone: null, // {first, last}: numbers of events that were heard here and are not in the record any more
  story: [],
  asked: {}, // notice id: "asking" | {fault} for RECEIVED
  selected: null,
});

const byId = (items) => Object.fromEntries(items.map((item) => [item.id, item]));

/** What kind of thing each event of the party's stream makes worth asking for again. */
export const STALE_AFTER = {
  notice: ["notices", "intents", "shared", "hazards", "reach", "backlog"],
  acknowledgement: ["notices", "reach", "channels", "backlog"],
  ceiling: ["backlog"],
  escalation: ["notices", "reach"],
  channel: ["channels"],
  hazard: ["hazards", "notices"],
  incident: ["waits"],
  agreement: ["agreed"],
  consent: ["consents"],
  site: ["sites"],
  stop: ["stops"],
  "stop-read": ["stops"],
  "stop-repeated": ["stops"],
  doubt: ["notices", "doubts"],
  drill: ["drills"],
  intent: ["intents", "notices", "hazards", "reach"],
  zone: ["zones", "notices"],
  notification: ["intents"],
  warning: ["warnings", "backlog"],
  "warning-update": ["warnings"],
  check: [],
};

const REDUCERS = {
  "signed-in": (state, { session }) => ({ ...state, session }),
  "signed-out": (state, { fault }) => ({ ...EMPTY, space: state.space, browserMs: state.browserMs, offline: state.offline, session: fault ? { fault } : null }),
  tick: (state, { browserMs }) => ({ ...state, browserMs }),
  line: (state, { offline }) => ({ ...state, offline }),
  contact: (state, { browserMs }) => ({ ...state, contactMs: browserMs }),
  space: (state, { space, browserMs }) => ({ ...state, space, clock: clockOf(state.clock, space, browserMs) }),
  parties: (state, { items }) => ({ ...state, parties: byId(items) }),
  intents: (state, { items, complete, restsOn }) => ({
    ...list(called(state, items), "intents", items.map(intentOf), complete), restsOn,
  }),
  shared: (state, { items, complete }) => list(called(state, items), "shared", items.map(partOf), complete),
  zones: (state, { items, complete }) => list(state, "zones", items.map(zoneOf), complete),
  notices: (state, { items, complete }) => list(state, "notices", items.map(noticeOf), complete),
  warnings: (state, { items, complete }) => list(state, "warnings", items.map(warningOf), complete),
  feeds: (state, { items }) => list(state, "feeds", items.map(feedOf), true),
  channels: (state, { items }) => list(state, "channels", items.map(channelOf), true),
  hazards: (state, { items }) => list(state, "hazards", items.map(hazardOf), true),
  // One that was told by the stream is kept until the list has it: it may be sent before it is recorded.
  stops: (state, { items }) => ({
    ...state,
    stops: { ...state.stops, ...byId(items.map(stopOf)) },
    loaded: { ...state.loaded, stops: true },
  }),
  drills: (state, { items }) => list(state, "drills", items.map(drillOf), true),
  tests: (state, { tests }) => ({ ...state, tests }),
  reach: (state, { items }) => {
    const now = list(state, "reach", items.map(reachOf), true);
    const others = Object.values(now.reach).filter((row) => row.role !== "recipient");
    return { ...now, told: { ...state.told, ...byId(others) } };
  },
  tracks: (state, { tracks }) => {
    const kept = { ...state.tracks };
    for (const track of tracks) put(kept, track);
    return { ...state, tracks: kept, loaded: { ...state.loaded, tracks: true } };
  },
  // ids: of every track that the server holds. One that it holds no longer stays here as last known:
  // that it is forgotten does not mean that it is gone.
  held: (state, { ids }) => {
    const held = new Set(ids);
    const lost = Object.keys(state.tracks).filter((id) => !held.has(id) && state.tracks[id].state !== "lost");
    const loaded = state.loaded.tracks ? state.loaded : { ...state.loaded, tracks: true };
    if (!lost.length) return loaded === state.loaded ? state : { ...state, loaded };
    const kept = { ...state.tracks };
    for (const id of lost) kept[id] = { ...kept[id], state: "lost" };
    return { ...state, tracks: kept, loaded };
  },
  backlog: (state, { backlog }) => ({ ...state, backlog: backlogOf(backlog) }),
  consents: (state, { items }) => list(state, "consents", items.map(consentOf), true),
  doubts: (state, { items }) => list(state, "doubts", items.map(doubtOf), true),
  sites: (state, { items }) => list(state, "sites", items.map(siteOf), true),
  agreed: (state, { items, proposals, said }) => ({ ...state, agreed: items, proposals, said: later(state.said, said), loaded: { ...state.loaded, agreed: true } }),
  waits: (state, { items, said }) => ({
    ...state, waits: items, said: later(state.said, said), loaded: { ...state.loaded, waits: true },
  }),
  missed: (state, { count }) => ({ ...state, missed: state.missed + count }),
  checkpoint: (state, { text }) => ({ ...state, checkpoint: checkpointOf(text) ?? state.checkpoint }),
  stream: (state, { name, is, why, browserMs }) => ({
    ...state,
    streams: { ...state.streams, [name]: { state: is, why: why ?? null, cut: is !== "live" && (is === "cut" || Boolean(state.streams[name].cut)), sinceMs: browserMs } },
  }),
  // Numbered without a gap: what has a number that was seen is not taken twice.
  event: (state, { id, event, data }) => {
    // The record was restored from an older copy: numbers that were given before come anew.
    if (event === "gap") return { ...state, lastId: data.last, gone: { first: data.last + 1, last: data.after } };
    const number = id === null ? null : Number(id);
    if (number !== null && state.lastId !== null && number <= state.lastId) return state;
    const line = { number, event, data };
    return {
      ...heard(state, event, data),
      said: speaker(event, data) && data.time ? later(state.said, { [speaker(event, data)]: Date.parse(data.time) }) : state.said,
      lastId: number ?? state.lastId,
      story: [line, ...state.story].slice(0, STORY),
    };
  },
  asking: (state, { notice }) => ({ ...state, asked: { ...state.asked, [notice]: "asking" } }),
  asked: (state, { notice, fault }) => {
    const asked = { ...state.asked };
    if (fault) asked[notice] = { fault };
    else delete asked[notice];
    return { ...state, asked };
  },
  select: (state, { what }) => ({ ...state, selected: what }),
};

/** Who said what an event tells of, where a party did. */
const speaker = (event, data) => data.by ?? (event === "agreement" ? data.party : null);

/** The later of both times of each party; the same object where nothing is later. */
function later(before, said) {
  const newer = Object.entries(said).filter(([party, ms]) => ms > (before[party] ?? -Infinity));
  return newer.length ? { ...before, ...Object.fromEntries(newer) } : before;
}

/** What an event itself says, before the server is asked again. */
function heard(state, event, data) {
  if (event === "stop" && data.stop) {
    const stop = stopOf(data.stop);
    // Told twice, first as it was sent and again once it is recorded: one by its id.
    const known = state.stops[stop.id];
    const read = known && { reads: known.reads, firstS: known.firstS, unread: known.unread };
    return { ...state, stops: { ...state.stops, [stop.id]: { ...stop, ...read } } };
  }
  if (event !== "acknowledgement") return state;
  const closed = { ...state.closed };
  for (const id of data.closed ?? []) closed[id] = Date.parse(data.time);
  if (!data.acknowledgement || data.recipient === state.session?.party) return { ...state, closed };
  const before = state.replies[data.notice] ?? { recipient: data.recipient ?? null, answers: [] };
  const answer = answerOf(data.acknowledgement);
  const same = (each) => ["verb", "unit", "system", "timeMs"].every((name) => Object.is(each[name], answer[name]));
  if (before.answers.some(same)) return { ...state, closed }; // told twice: as it was sent, and recorded
  const answers = [...before.answers, answer];
  return { ...state, closed, replies: { ...state.replies, [data.notice]: { ...before, answers } } };
}

export function reduce(state, event) {
  const reducer = REDUCERS[event.type];
  if (!reducer) throw new Error(`no such event: ${event.type}`);
  return reducer(state, event);
}

/** What each of these is called by is kept: a notice of it can be named when it is gone. */
function called(state, items) {
  const fresh = items.filter((each) => !state.called[each.id]);
  if (!fresh.length) return state;
  const names = fresh.map(({ id, kind, party, call_sign: callSign = null, place_name: placeName = null }) => [id, { kind, party, callSign, placeName }]);
  return { ...state, called: { ...state.called, ...Object.fromEntries(names) } };
}

function list(state, name, items, complete) {
  return {
    ...state,
    [name]: byId(items),
    complete: { ...state.complete, [name]: complete !== false },
    loaded: { ...state.loaded, [name]: true },
  };
}

/** A newer position joins the trail; an older one never takes the place of a newer one. */
function put(tracks, track) {
  const before = tracks[track.id];
  let trail = track.trail.length ? track.trail : (before?.trail ?? []);
  const last = trail[trail.length - 1];
  if (!last || last.timeMs < track.timeMs) {
    trail = trail.slice(1 - TRAIL);
    trail.push({ place: track.place, timeMs: track.timeMs, altitudeM: track.altitudeM });
  }
  if (before && before.timeMs > track.timeMs) return;
  tracks[track.id] = { ...track, trail };
}

function clockOf(before, space, browserMs) {
  const serverMs = space.time ? Date.parse(space.time) : NaN;
  const rate = Number(space.clock?.rate ?? 1);
  return Number.isFinite(serverMs)
    ? { serverMs, browserMs, rate, simulated: Boolean(space.clock?.simulated) }
    : { ...before, rate };
}

/** The server's time, carried on by the page's own clock from when it was last told. */
export function serverNow(state) {
  const { serverMs, browserMs, rate } = state.clock;
  return Number.isFinite(serverMs) ? serverMs + (state.browserMs - browserMs) * rate : state.browserMs;
}

/** Origin, size and root of a signed checkpoint (C2SP tlog-checkpoint): its first three lines. */
export function checkpointOf(text) {
  const [origin, size, root] = String(text).split("\n");
  return root && /^\d+$/.test(size) ? { origin, size: Number(size), root } : null;
}

const URGENCY = { immediate: 0, prompt: 1, routine: 2 };

/** Every intent of which anything is shown, whole or in part; none is in both. */
export const intentsShown = (state) => [...Object.values(state.intents), ...Object.values(state.shared)];

/** Open ones first, the urgent first among them, then the newest. */
export function orderedNotices(state) {
  return Object.values(state.notices).sort(
    (a, b) =>
      Number(!a.open) - Number(!b.open) ||
      (URGENCY[a.urgency] ?? 3) - (URGENCY[b.urgency] ?? 3) ||
      b.number - a.number,
  );
}

export const LOSSES = new Set(["conflict", "separation", "incursion"]);

/** When the distance of a warning is lost: 0 where it is lost now, Infinity where nobody can say. */
export function lossMs({ kind, gap, lastKnown, updatedMs }) {
  if (!LOSSES.has(kind) || lastKnown || !Number.isFinite(gap.timeS)) return Infinity;
  return gap.timeS > 0 ? updatedMs + 1000 * gap.timeS : 0;
}

/** By time to loss; then the worst level first, then the newest: as GET /warnings orders them. */
export function orderedWarnings(state) {
  const before = (a, b) => (a === b ? 0 : a < b ? -1 : 1);
  return Object.values(state.warnings).sort((a, b) => before(lossMs(a), lossMs(b)) || b.level - a.level || b.raisedMs - a.raisedMs);
}

/** The same, those of one thing that several feeds bring as one: the one raised first, at the worst
 * level of them, with the others in `also`. */
export function shownWarnings(state) {
  const first = (a, b) => a.raisedMs - b.raisedMs || (a.id < b.id ? -1 : 1);
  const also = (warning) => warning.oneWith.map((id) => state.warnings[id]).filter(Boolean).sort(first);
  return orderedWarnings(state).flatMap((warning) => {
    const others = also(warning);
    if (others.length && first(others[0], warning) < 0) return [];
    return [{ ...warning, also: others, level: Math.max(warning.level, ...others.map((each) => each.level)) }];
  });
}

/** When each party was last heard of: what it told, answered or reported, as far as shown here. */
export function lastHeard(state) {
  const heard = {};
  const note = (party, timeMs) => {
    if (party && Number.isFinite(timeMs)) heard[party] = Math.max(heard[party] ?? -Infinity, timeMs);
  };
  for (const intent of Object.values(state.intents)) note(intent.party, intent.toldMs);
  for (const zone of Object.values(state.zones)) note(zone.party, zone.declaredMs);
  for (const track of Object.values(state.tracks)) note(track.feedParty ?? track.party, track.timeMs);
  for (const notice of Object.values(state.notices)) {
    for (const answer of notice.answers) note(answer.party, answer.timeMs);
  }
  for (const { answers } of Object.values(state.replies)) {
    for (const answer of answers) note(answer.party, answer.timeMs);
  }
  for (const channel of Object.values(state.channels)) note(channel.id, channel.heardMs);
  for (const [party, ms] of Object.entries(state.said)) note(party, ms);
  for (const stop of Object.values(state.stops)) {
    if (stop.identified !== "unverified") note(stop.sender, stop.sentMs);
    for (const read of stop.reads) note(read.party, stop.sentMs + 1000 * read.afterS);
  }
  return heard;
}

/** Each feed with its newest position, which is how old what it says is (an answer rests on that),
 * and how its line stands, where that is known. */
export function feedsOf(state) {
  const feeds = {};
  for (const line of Object.values(state.feeds)) {
    feeds[line.id] = { feed: line.feed, count: 0, newestMs: line.newestMs ?? NaN, line };
  }
  for (const { feed, feedParty, timeMs } of Object.values(state.tracks)) {
    const at = (feeds[`${feedParty ?? ""}/${feed}`] ??= { feed, count: 0, newestMs: NaN, line: null });
    at.count += 1;
    if (!(at.newestMs >= timeMs)) at.newestMs = timeMs;
  }
  return feeds;
}

/** How far a notice has come: who received, read back, and how many of its units. */
export function ladderOf(notice) {
  const good = notice.answers.filter((answer) => answer.verb !== "READ-BACK" || !answer.differences.length);
  const units = (verb) => new Set(good.filter((a) => a.verb === verb && a.unit).map((a) => a.unit));
  const wanted = notice.units.length;
  const attested = good.some((a) => a.verb === "LOADED" && a.attested);
  const loaded = attested ? new Set(notice.units) : units("LOADED");
  const passed = new Set([...units("PASSED-DOWN"), ...loaded]);
  return {
    received: good.length > 0,
    readBack: good.some((a) => a.verb === "READ-BACK"),
    misread: notice.answers.some((a) => a.verb === "READ-BACK") &&
      notice.answers.filter((a) => a.verb === "READ-BACK").at(-1).differences.length > 0,
    passed: passed.size,
    loaded: loaded.size,
    wanted,
    attested,
    missing: notice.units.filter((unit) => !loaded.has(unit)),
    exits: notice.answers.filter((a) => a.verb === "CANNOT-COMPLY" || a.verb === "DISPUTED"),
  };
}
