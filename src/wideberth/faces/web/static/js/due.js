// What the reader's party has to do now: one list of everything that waits for it, in one order. Pure:
// it says nothing that the state does not hold, and drops nothing that is open.
//
//   1. STOPs that nobody here has read
//   2. warnings by the time to the loss of a distance: lost now first
//   3. notices of hazards in force
//   4. what is overdue, and warnings that stand and name no time
//   5. what is due, by when it is due; what names no time comes last
//
// Notices are among themselves in the order of desk.js. Drill messages are no task of the operation
// (N-19) and are not in it; they stand beside the list.

import { isOwn, kindOf, noticeOrder } from "./desk.js";
import { LOSSES, lossMs, shownWarnings } from "./state.js";

const STOP = 0, LOSS = 1, IN_FORCE = 2, OVERDUE = 3, DUE = 4;
const HOUR_MS = 3600000;
const DAY_MS = 86400000;
const CALL_SOON_MS = HOUR_MS / 2; // a call is listed so long before it is missed
const SOON_MS = HOUR_MS; // a hazard that was answered is listed again so long before it begins
const SITE_SOON_MS = 14 * DAY_MS; // as agreements are renewed, and the read-back test is sat again
const RENEW_MS = 14 * DAY_MS;
const LOADS = new Set(["ceiling", "unacknowledged"]); // of how much lies unread: nothing moves

const far = (ms) => (Number.isFinite(ms) ? ms : Infinity);

/** [{key, source, atMs, isOverdue, order, thing}], the most pressing first. atMs: by when, or NaN.
 * tested: {untested, untilMs} of this browser's key, where it is asked for the read-back test. */
export function due(state, now, tested = null) {
  const items = SOURCES.flatMap(([source, find]) => find(state, now, tested).map((each) => ({ source, isOverdue: each.order[0] === OVERDUE, ...each })));
  return items.sort((a, b) => compare(a.order, b.order) || (a.key < b.key ? -1 : 1));
}

/** Whether an item is not to wait: what makes a sound and stands in the title of the tab. */
export const isUrgent = (item) =>
  item.order[0] < OVERDUE || (item.source === "notice" && item.thing.urgency === "immediate" && !item.thing.answers.length);

function compare(a, b) {
  for (let i = 0; i < a.length; i += 1) if (a[i] !== b[i]) return a[i] < b[i] ? -1 : 1;
  return 0;
}

/** An item that is overdue, or due at a time, or at none. Overdue notices come before it. */
function at(key, thing, atMs, now, isOverdue = atMs <= now) {
  return { key, thing, atMs, order: isOverdue ? [OVERDUE, 1, far(atMs), 0, 0] : [DUE, 1, far(atMs), 0, 0] };
}

const ownOf = (state) => state.session?.party;

function stops(state) {
  const own = ownOf(state);
  return Object.values(state.stops)
    .filter((stop) => stop.sender !== own && !stop.reads.some((read) => read.party === own))
    .map((stop) => ({ key: `stop ${stop.id}`, thing: stop, atMs: stop.sentMs, order: [STOP, 0, stop.sentMs, 0, 0] }));
}

function warnings(state) {
  const open = (id) => state.notices[id]?.open;
  return shownWarnings(state)
    .filter((warning) => !(warning.kind === "late notice" && open(warning.id.replace(/^w-late-/, "")))) // its notice says so
    .map((warning) => {
      const ms = lossMs(warning);
      const item = { key: `warning ${warning.id}`, thing: warning, atMs: ms > 0 ? (Number.isFinite(ms) ? ms : NaN) : warning.updatedMs };
      if (LOSSES.has(warning.kind) && Number.isFinite(ms)) return { ...item, order: [LOSS, 0, ms, -warning.level, -warning.raisedMs] };
      const rank = LOADS.has(warning.kind) || warning.kind === "late notice" ? DUE : OVERDUE;
      return { ...item, order: rank === DUE ? [DUE, 1, Infinity, -warning.level, -warning.raisedMs] : [OVERDUE, -1, 0, -warning.level, -warning.raisedMs] };
    });
}

function notices(state, now) {
  return Object.values(state.notices).filter((notice) => notice.open).map((notice) => {
    const [force, overdue, dueMs, startMs, number] = noticeOrder(state, notice, now);
    const rank = force === 0 ? IN_FORCE : overdue === 0 ? OVERDUE : DUE;
    return { key: notice.id, thing: notice, atMs: Number.isFinite(dueMs) ? dueMs : NaN, order: [rank, overdue, dueMs, startMs, number] };
  });
}

/** Questions, results and being named: as waiting.js found them. */
const incidents = (state, now) => state.waits.map((wait) => at(`wait ${wait.key}`, wait, wait.dueMs, now, wait.overdue));

const proposals = (state, now) => state.proposals.map((each) => at(`proposal ${each.id}/${each.version}`, each, each.answerByMs, now));

/** Agreements in force that end soon, where no newer version was proposed. */
const renewals = (state, now) => state.agreed
  .filter((each) => each.expiresMs - now <= RENEW_MS && each.expiresMs > now && !each.isRenewed)
  .map((each) => at(`renewal ${each.id}`, each, each.expiresMs, now));

const consents = (state, now) => Object.values(state.consents)
  .filter((each) => !each.verdict && each.entitled.includes(ownOf(state)))
  .map((each) => at(`consent ${each.id}`, each, each.answerByMs, now, each.overdue));

/** Doubts about what is the reader's: overdue while that runs, due when it begins. */
function doubts(state, now) {
  return Object.values(state.doubts).filter((doubt) => doubt.state === "open" && doubt.owner === ownOf(state)).map((doubt) => {
    const about = state.intents[doubt.intent];
    const isRunning = Boolean(about) && about.startMs <= now && now <= about.endMs;
    return at(`doubt ${doubt.id}`, doubt, about?.startMs > now ? about.startMs : NaN, now, isRunning);
  });
}

/** The reader's own sites that are stale, or soon will be. */
const sites = (state, now) => Object.values(state.sites)
  .filter((site) => site.isStale || site.validMs - now <= SITE_SOON_MS)
  .map((site) => at(`site ${site.id}`, site, site.validMs, now, site.isStale));

const challenges = (state, now) => Object.values(state.sites).flatMap((site) =>
  site.challenges.filter((each) => !each.answered).map((each) =>
    at(`challenge ${site.id} ${each.party}`, { site, ...each }, each.answerByMs, now, each.overdue)));

/** The reader's own call: missed, or soon to be. While its channel is suspended none is asked for. */
function calls(state, now) {
  const own = state.channels[ownOf(state)];
  if (!own || own.state === "SUSPENDED") return [];
  const isMissed = own.missed > 0 || (own.state === "UNKNOWN" && Number.isFinite(own.heardMs));
  if (!isMissed && !(own.callByMs - now <= CALL_SOON_MS)) return [];
  return [at("call", own, isMissed ? own.sinceMs : own.callByMs, now, isMissed || own.callByMs <= now)];
}

/** The status of the reader's own hazards: due at a fixed beat, and unknown once a beat was missed; and
 * what has ended and nobody said to be clear. */
function statuses(state, now) {
  return Object.values(state.hazards).filter((hazard) => hazard.party === ownOf(state)).flatMap((hazard) => {
    const item = (atMs, isOverdue) => [at(`status ${hazard.id}`, hazard, atMs, now, isOverdue)];
    if (hazard.state.startsWith("ended")) return item(NaN, false);
    if (hazard.state === "unknown") return item(hazard.statedMs, true);
    return hazard.nextMs - now <= SOON_MS ? item(hazard.nextMs) : [];
  });
}

/** Hazards of others that begin within the hour and whose notices are all answered: no notice of them
 * is open, and nobody should be taken by surprise. */
function hazards(state, now) {
  const told = new Set(Object.values(state.notices).filter((notice) => notice.open && !isOwn(state, notice) && kindOf(state, notice) === "HAZARD")
    .flatMap((notice) => [notice.subject?.id, ...notice.clashes.map((clash) => clash.other?.id)]));
  return Object.values(state.hazards)
    .filter((hazard) => hazard.party !== ownOf(state) && hazard.startMs > now && hazard.startMs - now <= SOON_MS && !told.has(hazard.id))
    .map((hazard) => at(`hazard ${hazard.id}`, hazard, hazard.startMs, now));
}

/** The read-back test of this browser's key: asked for before it acknowledges, or soon to run out. */
function test(_state, now, tested) {
  if (!tested) return [];
  const item = at("test", tested, tested.untilMs, now, tested.untested);
  return [tested.untested ? { ...item, order: [OVERDUE, -2, 0, 0, 0] } : item]; // answers wait for it
}

const SOURCES = [
  ["stop", stops], ["warning", warnings], ["notice", notices], ["incident", incidents], ["proposal", proposals], ["renewal", renewals],
  ["consent", consents], ["doubt", doubts], ["site", sites], ["challenge", challenges], ["call", calls], ["status", statuses],
  ["hazard", hazards], ["test", test],
];
