// From the wire to what the page shows: one place that knows the members of the API's answers.
// Nothing is worked out here that the server did not say; a member that is not there stays unknown.

import { middle, rings, top } from "./geo.js";

const ms = (text) => (text ? Date.parse(text) : NaN);
const number = (value) => (value === null || value === undefined ? NaN : Number(value));

/** A gap in metres, metres and seconds, whichever way its members are named. */
export function gapOf(wire) {
  const gap = wire?.gap ?? wire ?? {};
  return {
    horizontalM: number(gap.horizontal_m),
    verticalM: number(gap.vertical_m),
    timeS: number(gap.time_s),
    edgeM: number(gap.edge_m),
  };
}

export function limitText(limit) {
  if (!limit) return "?";
  return `${Math.round(limit.value).toLocaleString("en")} ${limit.units === "FT" ? "ft" : "m"} ${limit.reference}`;
}

export function volumeOf(wire) {
  const drawn = rings(wire.footprint);
  return {
    rings: drawn,
    label: drawn.length ? top(drawn[0]) : null,
    middle: drawn.length ? middle(drawn[0]) : null,
    circleM: wire.footprint?.type === "Point" ? number(wire.footprint.radius_m) : NaN,
    lower: wire.lower,
    upper: wire.upper,
    startMs: ms(wire.start),
    endMs: ms(wire.end),
  };
}

export function intentOf(wire) {
  return {
    id: wire.id,
    party: wire.party,
    kind: wire.kind,
    noticeKind: wire.notice_kind ?? null,
    state: wire.state,
    version: wire.version,
    callSign: wire.call_sign ?? null,
    placeName: wire.place_name ?? null,
    priority: wire.priority ?? 0,
    late: Boolean(wire.late),
    leadS: number(wire.lead_s),
    cautions: wire.cautions ?? [],
    visibility: wire.visibility?.level ?? "open",
    source: wire.provenance?.source ?? null,
    startMs: ms(wire.start),
    endMs: ms(wire.end),
    toldMs: ms(wire.told),
    volumes: (wire.volumes ?? []).map(volumeOf),
  };
}

/** What is shown of an intent in part, as was agreed: coarse, with fields left out. */
export function partOf(wire) {
  return { ...intentOf(wire), part: { words: wire.coarsened?.words ?? null, withheld: wire.withheld ?? [] } };
}

export function zoneOf(wire) {
  return {
    id: wire.id,
    party: wire.party,
    name: wire.name,
    rule: wire.rule,
    reason: wire.reason,
    noticeMinutes: number(wire.notice_minutes),
    unilateral: wire.unilateral !== false,
    version: wire.version,
    declaredMs: ms(wire.declared),
    volumes: (wire.volumes ?? []).map(volumeOf),
  };
}

/** What is to be read back. Heights in metres above the WGS84 ellipsoid. */
function particularsOf(wire) {
  return wire ? {
    latitude: number(wire.latitude), longitude: number(wire.longitude),
    startMs: ms(wire.start), endMs: ms(wire.end),
    lowerM: number(wire.lower_m), upperM: number(wire.upper_m),
  } : null;
}

export function escalationOf(wire) {
  return wire ? {
    posts: wire.posts ?? [], sinceMs: ms(wire.since), overdue: Boolean(wire.overdue),
    next: wire.next ?? null, atMs: ms(wire.at),
  } : null;
}

export function answerOf(wire) {
  const by = wire.by ?? {};
  return {
    verb: wire.verb,
    unit: wire.unit ?? null,
    system: wire.system ?? null,
    reason: wire.reason ?? null,
    timeMs: ms(wire.time),
    how: by.how ?? wire.how ?? null,
    party: by.party ?? null,
    attested: Boolean(wire.attested),
    differences: wire.differences ?? [],
    recorded: wire.recorded ?? true,
  };
}

/** What a notice tells the reader of its own flights. */
function conformanceOf(wire) {
  return {
    startMs: ms(wire.from), endMs: ms(wire.to), flights: wire.flights, hours: number(wire.flight_hours),
    share: number(wire.share_inside), longestS: number(wire.longest_excursion_s), hourly: number(wire.excursions_per_hour),
    beyond: wire.beyond ?? [], late: Boolean(wire.late), enough: Boolean(wire.enough),
    limits: { share: number(wire.limits.share_inside), longestS: number(wire.limits.longest_excursion_s), hourly: number(wire.limits.excursions_per_hour), hours: number(wire.limits.flight_hours) },
  };
}

export function noticeOf(wire) {
  return {
    id: wire.id,
    number: wire.number,
    sender: wire.sender ?? null,
    recipient: wire.recipient ?? null,
    urgency: wire.urgency ?? "routine",
    issuedMs: ms(wire.issued),
    subject: wire.subject ?? null,
    agreement: wire.agreement ? {
      title: wire.agreement.title, state: wire.agreement.state,
      startMs: ms(wire.agreement.effective), endMs: ms(wire.agreement.expires),
    } : null,
    clashes: (wire.clashes ?? []).map((clash) => ({
      rule: clash.rule,
      kind: clash.other_kind,
      own: clash.own ?? null,
      other: clash.other ?? null,
      otherParty: clash.other_party ?? null,
      contact: clash.contact ?? null,
      gap: gapOf(clash),
      startMs: ms(clash.overlap?.start),
      endMs: ms(clash.overlap?.end),
    })),
    units: wire.units ?? [],
    late: Boolean(wire.late),
    leadS: number(wire.lead_s),
    withdrawal: Boolean(wire.withdrawal),
    heldBy: [].concat(wire.held_by ?? []), // one party or several
    supersedes: wire.supersedes ?? [],
    changes: wire.changes ?? [],
    difference: wire.difference ?? null,
    content: wire.content ?? null,
    answers: (wire.answers ?? wire.ladder?.answers ?? []).map(answerOf),
    open: wire.open ?? wire.state !== "closed",
    moreClashes: wire.more_clashes ?? 0,
    particulars: particularsOf(wire.particulars),
    allClear: Boolean(wire.all_clear),
    conformance: wire.conformance ? conformanceOf(wire.conformance) : null,
    protection: wire.protection ?? null,
    under: wire.under ?? [],
    uncovered: wire.uncovered ?? [],
    doubts: wire.doubts ?? [],
    escalation: escalationOf(wire.escalation),
    sentence: wire.sentence ?? null,
  };
}

export function warningOf(wire) {
  return {
    id: wire.id,
    kind: wire.kind,
    rule: wire.rule,
    level: wire.level ?? 1,
    lastKnown: Boolean(wire.last_known),
    raisedMs: ms(wire.raised),
    updatedMs: ms(wire.updated),
    parties: wire.parties ?? [],
    gap: gapOf(wire),
    uncertaintyM: number(wire.uncertainty_m),
    oneWith: wire.one_with ?? [],
    objects: (wire.objects ?? []).map((object) => ({
      type: object.type,
      id: object.id,
      party: object.party ?? null,
      feedParty: object.feed_party ?? null,
      facts: object.facts ?? [],
      fix: object.fix
        ? {
            place: [number(object.fix.longitude), number(object.fix.latitude)],
            timeMs: ms(object.fix.time),
            altitudeM: number(object.fix.altitude_m ?? object.fix.altitude_w84_m),
          }
        : null,
    })),
  };
}

export function fixOf(wire) {
  return {
    place: [number(wire.longitude), number(wire.latitude)],
    timeMs: ms(wire.time),
    altitudeM: number(wire.altitude_m),
  };
}

/** When heights and velocity were said; NaN: with the position. */
function otherTimesOf(wire) {
  return { heightMs: ms(wire.altitude_time), velocityMs: ms(wire.velocity_time) };
}

/** How a feed stands: its line, its newest position, and of one's own what could not be read. */
export function feedOf(wire) {
  const sum = (counts) => Object.values(counts ?? {}).reduce((total, count) => total + count, 0);
  return {
    id: `${wire.feed_party ?? ""}/${wire.feed}`,
    feed: wire.feed ?? "",
    up: ["told", "connected", "listening"].includes(wire.state),
    state: wire.state ?? "",
    sinceMs: ms(wire.since),
    newestMs: ms(wire.last_position),
    why: wire.why ?? "",
    unreadable: sum(wire.counts?.malformed),
    dropped: sum(wire.counts?.dropped),
    flooded: (wire.counts?.flooded_bytes ?? 0) > 0,
  };
}

export function trackOf(wire) {
  return {
    id: `${wire.feed_party ?? ""}/${wire.track}`,
    track: wire.track,
    feed: wire.feed ?? "",
    feedParty: wire.feed_party ?? null,
    callSign: wire.call_sign ?? null,
    party: wire.party ?? null,
    ...fixOf(wire),
    pressureM: number(wire.pressure_altitude_m),
    uncertaintyM: number(wire.uncertainty_m),
    implausible: wire.implausible ?? null,
    speedMS: number(wire.ground_speed_m_s),
    courseDeg: number(wire.track_deg),
    climbMS: number(wire.vertical_rate_m_s),
    ...otherTimesOf(wire),
    state: wire.state ?? (wire.silent ? "silent" : "live"),
    trail: (wire.trail ?? []).map(fixOf),
    sources: (wire.sources ?? []).map((each) => ({
      feed: each.feed, feedParty: each.feed_party, callSign: each.call_sign ?? null, used: each.used ?? [], pressureM: number(each.pressure_altitude_m),
      party: each.party ?? null, speedMS: number(each.ground_speed_m_s), courseDeg: number(each.track_deg), signMs: each.call_sign_time === each.time ? NaN : ms(each.call_sign_time), ...otherTimesOf(each), ...fixOf(each),
    })),
    conflicts: wire.conflicts ?? [],
  };
}

/** How much lies unread between this party and others. */
export function backlogOf(wire) {
  return {
    own: loadOf(wire.own),
    counterparts: (wire.counterparts ?? []).map((each) => ({
      party: each.party, received: loadOf(each.received), sent: loadOf(each.sent),
    })),
    method: wire.method ?? "",
  };
}

function loadOf(wire) {
  if (!wire) return null;
  return {
    notices: wire.notices, unread: wire.unread, over: wire.over, passed: wire.passed,
    oldestMs: wire.oldest_unread ? Date.parse(wire.oldest_unread) : NaN,
    ceiling: wire.ceiling ?? null, week: wire.typical_week ?? null,
  };
}

/** A drill message, which is no notice. */
export function drillOf(wire) {
  return {
    id: wire.id, state: wire.state, recipient: wire.recipient, word: wire.word ?? null, units: wire.units, missing: wire.missing,
    sentMs: ms(wire.sent), dueMs: ms(wire.answer_by), missedMs: ms(wire.missed),
    by: wire.sender ?? null, agreement: wire.agreement ?? null, provision: wire.provision ?? null,
    hops: wire.hops.map((hop) => ({ hop: hop.hop, unit: hop.unit ?? null, afterS: hop.after_s, timeMs: ms(hop.time), by: hop.by ?? null, late: Boolean(hop.late) })),
  };
}
