// What a duty desk has to do, from what the server said: in which order, and what comes next. Pure.

import { escalationOf, volumeOf } from "./shape.js";

const ms = (text) => (text ? Date.parse(text) : NaN);
const number = (value) => (value === null || value === undefined ? NaN : Number(value));

export function channelOf(wire) {
  return {
    id: wire.party, state: wire.state, sinceMs: ms(wire.since), heardMs: ms(wire.heard), by: wire.by ?? null,
    reason: wire.reason ?? null, scope: wire.scope ?? null, untilMs: ms(wire.until), before: wire.before ?? null,
    missed: (wire.missed_calls ?? []).length, callByMs: ms(wire.call_by),
  };
}

export function hazardOf(wire) {
  return {
    id: wire.intent, party: wire.party, state: wire.state,
    startMs: ms(wire.start), endMs: ms(wire.end), statedMs: ms(wire.stated), nextMs: ms(wire.next),
    avoiding: wire.avoiding ? avoidingOf(wire.avoiding) : null,
  };
}

/** Where the party of a hazard suggests to keep; inTheWay: what it leads into, and then no volumes. */
function avoidingOf(wire) {
  return {
    kind: wire.kind, sentence: wire.sentence, volumes: (wire.volumes ?? []).map(volumeOf),
    inTheWay: wire.in_the_way ?? [], suggestedMs: ms(wire.suggested), to: wire.to ?? [],
  };
}

export function reachOf(wire) {
  return {
    id: wire.notice, issuedMs: ms(wire.issued), role: wire.role, held: Boolean(wire.held), furthest: wire.furthest ?? null,
    exits: wire.exits ?? [], withdrawal: Boolean(wire.withdrawal), recipient: wire.recipient ?? null,
    waiting: wire.waiting ?? null, subject: wire.subject ?? null, escalation: escalationOf(wire.escalation),
  };
}

export function stopOf(wire) {
  return {
    id: wire.id, form: wire.form, sender: wire.sender, identified: wire.identified, sentMs: ms(wire.sent), text: wire.text ?? "",
    intent: wire.intent ?? null, zone: wire.zone ?? null, area: wire.area ?? null, doubts: wire.doubts ?? null,
    contact: wire.contact ?? null, recorded: wire.recorded !== false,
    reads: (wire.reading?.reads ?? []).map((read) => ({ party: read.party, afterS: number(read.after_s) })),
    firstS: number(wire.reading?.first_s), unread: wire.reading?.unread ?? null,
  };
}

/** What was asked of whom under an agreement of the kind CONSENT. */
export function consentOf(wire) {
  return {
    id: wire.id, agreement: wire.agreement, party: wire.party, words: wire.words, entitled: wire.entitled, verdict: wire.verdict ?? null,
    answerByMs: ms(wire.answer_by), overdue: Boolean(wire.overdue), askedMs: ms(wire.asked),
  };
}

export function doubtOf(wire) {
  return {
    id: wire.id, state: wire.state, statement: wire.statement, raisedMs: ms(wire.raised), party: wire.party ?? null, owner: wire.owner ?? null,
    intent: wire.intent ?? null, zone: wire.zone ?? null,
  };
}

/** A protected site of the reader's own, with the challenges that it answers or answered. */
export function siteOf(wire) {
  return {
    id: wire.id, owner: wire.owner, isStale: wire.state === "STALE", validMs: ms(wire.valid_until), name: wire.intent?.place_name ?? null,
    challenges: (wire.challenges ?? []).map((each) => ({
      party: each.party ?? null, statement: each.statement, answerByMs: ms(each.answer_by), answered: Boolean(each.answered), overdue: Boolean(each.overdue),
    })),
  };
}

const KINDS = {
  HAZARD: "HAZARD", ACTIVITY: "ACTIVITY", MOVEMENT: "MOVEMENT", "PROTECTED-SITE": "PROTECTED SITE", CLOSURE: "CLOSURE",
  "STAND-OFF": "STAND-OFF", "ALL-CLEAR": "ALL-CLEAR", ADMIN: "ADMIN",
  hazard: "HAZARD", flight: "ACTIVITY", movement: "MOVEMENT", presence: "PROTECTED SITE", zone: "ZONE", agreement: "AGREEMENT", conformance: "YOUR FLIGHTS",
};

/** The other thing of a notice as the reader has it: its subject, or what its clashes name. */
export function aboutOf(state, notice) {
  const { subject } = notice;
  const own = state.session?.party;
  const named = (each) => (each?.type === "zone" ? state.zones[each.id] : state.intents[each?.id] ?? state.shared[each?.id]);
  const thing = named(subject);
  if (thing && thing.party !== own) return thing;
  const other = notice.clashes.map((clash) => named(clash.other)).find(Boolean);
  return other ?? thing ?? null;
}

/** Whether a notice is to the reader about what the reader told itself: with whom that meets. */
export const isOwn = (state, notice) =>
  Boolean(notice.sender) && notice.sender === state.session?.party && notice.subject?.type !== "agreement";

/** The kind of a notice in words; of what may not be seen, the kind that its clash names. */
export function kindOf(state, notice) {
  if (notice.allClear) return KINDS["ALL-CLEAR"];
  if (notice.conformance) return KINDS.conformance;
  if (notice.subject?.type === "agreement") return KINDS.agreement;
  const about = aboutOf(state, notice);
  if (about) return about.rule ? (about.rule === "keep-out" ? KINDS.CLOSURE : KINDS.zone) : KINDS[about.noticeKind] ?? KINDS[about.kind] ?? "NOTICE";
  return KINDS[notice.clashes[0]?.kind] ?? "NOTICE";
}

/** The window in which what a notice tells is in effect, as far as the reader is told. */
export function windowOf(state, notice) {
  const { particulars: told } = notice;
  if (told) return { startMs: told.startMs, endMs: told.endMs };
  if (notice.conformance) return { startMs: notice.conformance.startMs, endMs: notice.conformance.endMs };
  if (notice.agreement) return { startMs: notice.agreement.startMs, endMs: notice.agreement.endMs };
  const about = aboutOf(state, notice);
  if (about?.startMs) return { startMs: about.startMs, endMs: about.endMs };
  const starts = notice.clashes.map((clash) => clash.startMs).filter(Number.isFinite);
  const ends = notice.clashes.map((clash) => clash.endMs).filter(Number.isFinite);
  return { startMs: starts.length ? Math.min(...starts) : NaN, endMs: ends.length ? Math.max(...ends) : NaN };
}

/** Whether a notice tells of a hazard whose time has begun and that nobody said to be over. */
export function isInForce(state, notice, now) {
  if (notice.allClear || notice.withdrawal || kindOf(state, notice) !== "HAZARD") return false;
  const about = aboutOf(state, notice);
  // What the reader's own meets is another's: the notice has the window of the reader's own.
  const isTheirs = isOwn(state, notice) && about && about.party !== state.session?.party && about.startMs;
  const { startMs, endMs } = isTheirs ? about : windowOf(state, notice);
  const standing = about ? state.hazards[about.id] : null;
  return startMs <= now && (now <= endMs || Boolean(standing));
}

const far = (value) => (Number.isFinite(value) ? value : Infinity);

/** When the first of it is due: its next step, or its begin if that comes before. */
function dueMs(state, notice, now) {
  const { startMs } = windowOf(state, notice);
  return Math.min(far(notice.escalation?.atMs), startMs > now ? startMs : Infinity);
}

/** By what notices are ordered: hazards in force first, then overdue ones, then by what comes first of
 * the next step and the begin, then by when they take effect. */
export function noticeOrder(state, notice, now) {
  const { startMs } = windowOf(state, notice);
  const overdue = notice.escalation?.overdue ? 0 : 1;
  return [isInForce(state, notice, now) ? 0 : 1, overdue, dueMs(state, notice, now), far(startMs), -notice.number];
}

/** Whether nobody holds the post that a step of a ladder tells: a neutral where the space has none. */
export const isVacant = (state, post) =>
  post === "neutral" && !Object.values(state.parties).some((party) => party.neutral);

/** The steps of a notice to the reader, or to another party, from the answers to it. */
export function stepsOf(answers, units, open) {
  const good = answers.filter((answer) => answer.verb !== "READ-BACK" || !answer.differences.length);
  const lastRead = answers.filter((answer) => answer.verb === "READ-BACK").at(-1);
  const of = (verb) => good.filter((answer) => answer.verb === verb && answer.unit).map((answer) => answer.unit);
  const attested = good.some((answer) => answer.verb === "LOADED" && answer.attested);
  const loaded = new Set(attested && units.length ? units : of("LOADED"));
  const passed = new Set([...of("PASSED-DOWN"), ...loaded]);
  return {
    received: answers.length > 0,
    readBack: Boolean(lastRead) && !lastRead.differences.length,
    misread: lastRead?.differences ?? [],
    passed, loaded, attested,
    unpassed: units.filter((unit) => !passed.has(unit)),
    unloaded: units.filter((unit) => !loaded.has(unit)),
    isLoaded: !open || attested || (units.length ? units.every((unit) => loaded.has(unit)) : loaded.size > 0),
    exits: answers.filter((answer) => answer.verb === "CANNOT-COMPLY" || answer.verb === "DISPUTED"),
  };
}

const WORST = ["DOWN", "REFUSED", "SUSPENDED", "UNKNOWN", "DEGRADED", "UP"];

/** Every other party with the state of its channel, never blank; what needs a telephone first. */
export function counterparts(state) {
  const others = Object.values(state.parties).filter((party) => party.id !== state.session?.party);
  const found = others.map((party) => ({ party, channel: state.channels[party.id] ?? { id: party.id, state: "UNKNOWN", heardMs: NaN, missed: 0 } }));
  const rank = ({ channel }) => WORST.indexOf(channel.state);
  return found.sort((a, b) => rank(a) - rank(b) || a.party.id.localeCompare(b.party.id));
}
