"""Fold: entries into the picture. Total, pure, never refuses; refusing is the rules' work.

What a fold needs of geometry it copies from the entry; only the index over live volumes, which can
be rebuilt, is derived from it. The same functions fold into a picture and into an overlay of it.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from wideberth.model.clocks import ClockMeasured, DueLook, LookDue, MeasuredClock
from wideberth.model.conformance import FlightMeasured, SteppedByTrack, flights_of
from wideberth.model.deadlines import DeadlineKind
from wideberth.model.entries import (
    ClashesFound,
    Entry,
    HiddenChecked,
    IntentAccepted,
    IntentAmended,
    IntentStateChanged,
    KeyEnrolled,
    KeyRevoked,
    NoticeAcknowledged,
    NoticeIssued,
    NoticeReleased,
    PartyRegistered,
    RulesAdopted,
    SegmentRecorded,
    SnapshotRecorded,
    SpaceOpened,
    SubscribersNotified,
    SubscriptionClosed,
    SubscriptionOpened,
    TouchesWithdrawn,
    WarningCleared,
    WarningRaised,
    WarningWorsened,
    ZoneDeclared,
    ZoneWithdrawn,
)
from wideberth.model.ids import (
    AgreementId,
    ConsentId,
    IntentId,
    KeyId,
    NoticeId,
    PartyId,
    SubscriptionId,
    ZoneId,
)
from wideberth.model.intents import Intent, IntentKind, IntentState, Step
from wideberth.model.parties import How
from wideberth.picture import (
    agreements,
    analyses,
    calls,
    ceilings,
    doubts,
    drills,
    incidents,
    keeping,
    ladders,
    liveness,
    publications,
    readbacktests,
    stops,
)
from wideberth.picture import sealed as sealed_texts
from wideberth.picture.picture import NEVER_US, REQUEST_LIFE_US, Picture
from wideberth.picture.sites import FOLDS as SITE_FOLDS
from wideberth.picture.sites import keep_site, note_site, put_site, site_of
from wideberth.picture.standing import Outcome, SnapshotMark, SpaceFacts
from wideberth.space.time import DAY_US, HOUR_US

__all__ = ["GRACE_US", "REQUEST_LIFE_US", "day_of", "fold", "fold_all"]

GRACE_US = HOUR_US
"""How long an object stays in the picture after its last window, for late positions and notices."""


def fold_all(picture: Picture, entries: Iterable[Entry]) -> Picture:
    """Fold entries in order, the first at position picture.size. Returns the same picture."""
    for entry in entries:
        fold(picture, entry)
    return picture


def fold(picture: Picture, entry: Entry) -> None:
    """Fold the entry at position picture.size."""
    position = picture.size
    picture.time_us = entry.time_us
    if not entry.follows:
        _fold_request(picture, entry, position)
    elif picture.asking is not None:
        _fold_following(picture, picture.asking)
    if entry.said is not None:
        _fold_chain(picture, entry)
    _FOLDS[type(entry.body)](picture, entry.body, entry, position)
    picture.size = position + 1
    if entry.time_us > picture.leaves_us and not picture.is_overlay:
        _let_leave(picture)


def day_of(time_us: int) -> int:
    """The UTC day that a time is in, counted from 1970."""
    return time_us // DAY_US


def _fold_following(picture: Picture, asking: tuple[PartyId, str]) -> None:
    """One entry more of the request that is under way."""
    outcome = picture.requests.get(asking)
    if outcome is not None:
        picture.requests[asking] = Outcome(
            outcome.position, outcome.entries + 1, outcome.fingerprint, outcome.time_us
        )


def _fold_request(picture: Picture, entry: Entry, position: int) -> None:
    picture.asking = None
    if entry.request is None or entry.time_us < picture.requests_from_us:
        return
    key = picture.asking = (entry.author.party, entry.request)
    if not picture.is_overlay and key not in picture.requests:
        if not picture.request_ages:  # otherwise an older one is looked for already
            picture.leave_after(entry.time_us + REQUEST_LIFE_US)
        picture.request_ages.append(key)
    picture.requests[key] = Outcome(position, 1, entry.fingerprint or "", entry.time_us)


def _fold_chain(picture: Picture, entry: Entry) -> None:
    key = picture.keys.get((entry.author.party, KeyId(entry.author.subject)))
    if key is not None and entry.author.how is How.SIGNED:
        picture.keys[key.party, key.key_id] = msgspec.structs.replace(
            key, last_seq=key.last_seq + 1, last_digest=entry.said_digest or ""
        )


def _let_leave(picture: Picture) -> None:
    """Take out what can no longer matter at the picture's time."""
    while picture.expiries and picture.expiries[0][0] < picture.time_us:
        _, table, object_id = heapq.heappop(picture.expiries)
        if table == "intent":
            intent = picture.intents.get(IntentId(object_id))
            if intent is not None and intent.end_us + GRACE_US < picture.time_us:
                if intent.kind is IntentKind.PRESENCE:
                    keep_site(picture, intent)
                picture.drop_intent(IntentId(object_id))
        elif table == "zone":
            zone = picture.zones.get(ZoneId(object_id))
            if zone is not None and zone.end_us + GRACE_US < picture.time_us:
                picture.drop_zone(ZoneId(object_id))
        elif table == "hazard":
            hazard = picture.hazards.get(IntentId(object_id))
            if hazard is not None and hazard.end_us + liveness.HAZARD_LIFE_US < picture.time_us:
                picture.hazards.pop(IntentId(object_id), None)
        elif table in _FORGETS:
            _FORGETS[table](picture, object_id)
        else:
            subscription = picture.subscriptions.get(SubscriptionId(object_id))
            if subscription is not None and subscription.volume.end_us + GRACE_US < picture.time_us:
                _drop_subscription(picture, SubscriptionId(object_id))
    ages = picture.request_ages
    while ages and picture.requests[ages[0]].time_us + REQUEST_LIFE_US < picture.time_us:
        picture.requests.pop(ages.popleft(), None)
    picture.leaves_us = min(
        picture.expiries[0][0] if picture.expiries else NEVER_US,
        picture.requests[ages[0]].time_us + REQUEST_LIFE_US if ages else NEVER_US,
    )


def _forget_agreement(picture: Picture, object_id: str) -> None:
    name, _, version = object_id.partition("/")
    picture.agreements.pop((AgreementId(name), int(version)), None)


def _forget_consent(picture: Picture, object_id: str) -> None:
    picture.consents.pop(ConsentId(object_id), None)


_FORGETS: dict[str, Callable[[Picture, str], None]] = {
    "stop": stops.forget_stop,
    "agreement": _forget_agreement,
    "consent": _forget_consent,
    "publication": publications.forget,
    "doubts": doubts.forget_doubts,
    "sealed": sealed_texts.forget,
    "incident": incidents.forget_incident,
    "drill": drills.forget_drill,
}


def _note(picture: Picture, object_id: str, position: int) -> None:
    if picture.history is not None:
        picture.history.note_object(object_id, position)


def _note_to(picture: Picture, object_id: str, party: PartyId, position: int) -> None:
    """Of the object, and an event on the party's stream."""
    history = picture.history
    if history is not None:
        history.note_object(object_id, position)
        history.note_stream(party, position)


def _streams(picture: Picture, parties: Iterable[PartyId | None], position: int) -> None:
    """Each of the parties once."""
    history = picture.history
    if history is not None:
        noted: list[PartyId] = []
        for party in parties:
            if party is not None and party not in noted:
                history.note_stream(party, position)
                noted.append(party)


def _space_opened(picture: Picture, body: SpaceOpened, entry: Entry, position: int) -> None:
    picture.space = SpaceFacts(body.origin, body.host, body.rules, body.exercise)
    picture.adopt(body.rules)


def _rules_adopted(picture: Picture, body: RulesAdopted, entry: Entry, position: int) -> None:
    picture.adopt(body.rules)


def _party_registered(picture: Picture, body: PartyRegistered, entry: Entry, position: int) -> None:
    picture.parties[body.party.id] = body.party


def _key_enrolled(picture: Picture, body: KeyEnrolled, entry: Entry, position: int) -> None:
    picture.keys[body.key.party, body.key.key_id] = body.key


def _key_revoked(picture: Picture, body: KeyRevoked, entry: Entry, position: int) -> None:
    picture.keys.pop((body.party, body.key_id), None)
    picture.retired_keys[body.party, body.key_id] = True
    picture.seal_keys.pop((body.party, body.key_id), None)  # nobody else vouches for it


def _intent_accepted(picture: Picture, body: IntentAccepted, entry: Entry, position: int) -> None:
    _put_intent(picture, body.intent, position)


def _intent_amended(picture: Picture, body: IntentAmended, entry: Entry, position: int) -> None:
    _put_intent(picture, body.intent, position)


def _put_intent(picture: Picture, intent: Intent, position: int) -> None:
    if intent.kind is IntentKind.PRESENCE:
        put_site(picture, intent, site_of(picture, intent.id))
    picture.put_intent(intent)
    picture.expire_at(intent.end_us + GRACE_US, "intent", intent.id)
    if intent.kind is IntentKind.PRESENCE:
        note_site(picture, intent)
    liveness.hazard_put(picture, intent, picture.time_us)
    _note_to(picture, intent.id, intent.party, position)


def _intent_state_changed(
    picture: Picture, body: IntentStateChanged, entry: Entry, position: int
) -> None:
    _note_to(picture, body.intent, body.party, position)
    if body.state is IntentState.ENDED:
        picture.sites.pop(body.intent, None)
    intent = picture.intents.get(body.intent)
    if intent is None:
        return
    if body.state is IntentState.ENDED:
        liveness.hazard_ended(picture, body.intent, entry.time_us)
        picture.drop_intent(body.intent)
        return
    picture.intents[body.intent] = msgspec.structs.replace(
        intent, state=body.state, version=body.version, ovn=body.ovn, by_track_us=None
    )
    if body.state is IntentState.ACTIVATED:
        liveness.hazard_stepped(picture, body.intent, body.state, entry.time_us)
        if picture.due is not None and body.party in picture.channels:
            due = liveness.heartbeat_due(picture, body.party)  # sooner now
            picture.note_due(DeadlineKind.HEARTBEAT, body.party, due)


def _clashes_found(picture: Picture, body: ClashesFound, entry: Entry, position: int) -> None:
    subject = body.about.id
    stands = IntentId(subject) in picture.intents or ZoneId(subject) in picture.zones
    if body.told and stands:
        picture.told[subject] = body.told
    elif body.told is not None:
        picture.told.pop(subject, None)
    _note(picture, body.about.id, position)


def _zone_declared(picture: Picture, body: ZoneDeclared, entry: Entry, position: int) -> None:
    zone = body.zone
    picture.put_zone(zone)
    picture.expire_at(zone.end_us + GRACE_US, "zone", zone.id)
    _note_to(picture, zone.id, zone.party, position)


def _zone_withdrawn(picture: Picture, body: ZoneWithdrawn, entry: Entry, position: int) -> None:
    picture.drop_zone(body.zone)
    _note_to(picture, body.zone, body.party, position)


def _subscription_opened(
    picture: Picture, body: SubscriptionOpened, entry: Entry, position: int
) -> None:
    subscription = body.subscription
    picture.subscriptions[subscription.id] = subscription
    picture.subscription_ids[subscription.number] = subscription.id
    if picture.history is not None:
        picture.history.note_subscription(subscription.number, subscription.id, subscription.party)
    picture.subscription_space.put(subscription.id, (subscription.volume,), picture.altitude_model)
    picture.expire_at(subscription.volume.end_us + GRACE_US, "subscription", subscription.id)


def _subscription_closed(
    picture: Picture, body: SubscriptionClosed, entry: Entry, position: int
) -> None:
    _drop_subscription(picture, body.subscription)


def _drop_subscription(picture: Picture, subscription_id: SubscriptionId) -> None:
    subscription = picture.subscriptions.pop(subscription_id, None)
    if subscription is not None:
        picture.subscription_ids.pop(subscription.number, None)
    picture.subscription_space.discard(subscription_id)


def _subscribers_notified(
    picture: Picture, body: SubscribersNotified, entry: Entry, position: int
) -> None:
    if picture.history is not None:
        picture.history.note_notification(body.subscriptions, position)


def _notice_issued(picture: Picture, body: NoticeIssued, entry: Entry, position: int) -> None:
    notice = body.notice
    picture.put_notice(notice)
    picture.notice_counts[notice.recipient] = notice.number
    if notice.held_by:
        picture.held[notice.id] = tuple(
            (clash.own.id, clash.other.id)
            for clash in notice.clashes
            if clash.own is not None and clash.other is not None
        )
    if picture.due is not None:
        first = ladders.escalation_due(picture, notice.id)
        picture.note_due(DeadlineKind.ESCALATION, notice.id, first)
    liveness.hazard_notice(picture, notice)
    _note_to(picture, notice.id, notice.recipient, position)
    if picture.history is not None:
        picture.history.note_notice(notice.recipient, position)


def _notice_acknowledged(
    picture: Picture, body: NoticeAcknowledged, entry: Entry, position: int
) -> None:
    answer = body.acknowledgement
    if body.request is not None:
        picture.remember(answer.by.party, body.request, position)
    standing = picture.notices.get(answer.notice)
    if standing is not None:
        picture.notices[answer.notice] = standing.answered(answer)
    _note(picture, answer.notice, position)
    _streams(picture, (body.recipient, body.sender), position)
    _close(picture, body.closes)


def _notice_released(picture: Picture, body: NoticeReleased, entry: Entry, position: int) -> None:
    _note(picture, body.notice, position)
    _streams(picture, (body.recipient, body.by.party), position)
    standing = picture.notices.get(body.notice)
    if standing is not None:
        picture.notices[body.notice] = standing.released(body.by.party)
    _close(picture, body.closes)


def _close(picture: Picture, notices: Iterable[NoticeId]) -> None:
    for notice_id in notices:
        picture.drop_notice(notice_id)
        picture.held.pop(notice_id, None)
        picture.escalations.pop(notice_id, None)


def _warning_stands(
    picture: Picture, body: WarningRaised | WarningWorsened, entry: Entry, position: int
) -> None:
    picture.warnings[body.warning.id] = body.warning
    _note(picture, body.warning.id, position)
    _streams(picture, body.warning.parties, position)


def _warning_cleared(picture: Picture, body: WarningCleared, entry: Entry, position: int) -> None:
    picture.warnings.pop(body.warning.id, None)
    _note(picture, body.warning.id, position)
    _streams(picture, body.warning.parties, position)


def _hidden_checked(picture: Picture, body: HiddenChecked, entry: Entry, position: int) -> None:
    day = day_of(entry.time_us)
    met = sum(count for _, count in body.owners)
    last = picture.check_days.get(body.party)
    before = last[1] if last is not None and last[0] == day else 0
    picture.check_days[body.party] = (day, before + met)
    _streams(picture, (owner for owner, _ in body.owners), position)


def _touches_withdrawn(
    picture: Picture, body: TouchesWithdrawn, entry: Entry, position: int
) -> None:
    day = day_of(entry.time_us)
    last = picture.withdrawn_days.get(body.party)
    before = last[1] if last is not None and last[0] == day else {}
    picture.withdrawn_days[body.party] = (day, before | dict(body.owners))
    _streams(picture, body.told, position)


def _segment_recorded(picture: Picture, body: SegmentRecorded, entry: Entry, position: int) -> None:
    _note(picture, body.name, position)


def _flight_measured(picture: Picture, body: FlightMeasured, entry: Entry, position: int) -> None:
    _note(picture, flights_of(body.party), position)


def _stepped_by_track(picture: Picture, body: SteppedByTrack, entry: Entry, position: int) -> None:
    _note(picture, body.intent, position)
    intent = picture.intents.get(body.intent)
    if intent is not None and body.step is Step.DECLARE_NONCONFORMING:
        picture.intents[body.intent] = msgspec.structs.replace(intent, by_track_us=entry.time_us)


def _snapshot_recorded(
    picture: Picture, body: SnapshotRecorded, entry: Entry, position: int
) -> None:
    picture.snapshots[body.size] = SnapshotMark(body.digest, body.sha256)


def _clock_measured(picture: Picture, body: ClockMeasured, entry: Entry, position: int) -> None:
    picture.put_clock(body.party, MeasuredClock(body.low_us, body.high_us, entry.time_us))


def _look_due(picture: Picture, body: LookDue, entry: Entry, position: int) -> None:
    if body.done:
        picture.clock_looks.pop(body.party, None)
    else:
        picture.clock_looks[body.party] = DueLook(body.before_us, body.since_us, body.after)


_FOLDS: dict[type, Callable[[Picture, Any, Entry, int], None]] = {
    SpaceOpened: _space_opened,
    RulesAdopted: _rules_adopted,
    PartyRegistered: _party_registered,
    KeyEnrolled: _key_enrolled,
    KeyRevoked: _key_revoked,
    IntentAccepted: _intent_accepted,
    IntentAmended: _intent_amended,
    IntentStateChanged: _intent_state_changed,
    ClashesFound: _clashes_found,
    ZoneDeclared: _zone_declared,
    ZoneWithdrawn: _zone_withdrawn,
    SubscriptionOpened: _subscription_opened,
    SubscriptionClosed: _subscription_closed,
    SubscribersNotified: _subscribers_notified,
    NoticeIssued: _notice_issued,
    NoticeAcknowledged: _notice_acknowledged,
    NoticeReleased: _notice_released,
    WarningRaised: _warning_stands,
    WarningWorsened: _warning_stands,
    WarningCleared: _warning_cleared,
    HiddenChecked: _hidden_checked,
    TouchesWithdrawn: _touches_withdrawn,
    SegmentRecorded: _segment_recorded,
    FlightMeasured: _flight_measured,
    SteppedByTrack: _stepped_by_track,
    SnapshotRecorded: _snapshot_recorded,
    ClockMeasured: _clock_measured,
    LookDue: _look_due,
    **keeping.FOLDS,
    **stops.FOLDS,
    **ladders.FOLDS,
    **liveness.FOLDS,
    **agreements.FOLDS,
    **calls.FOLDS,
    **analyses.FOLDS,
    **publications.FOLDS,
    **doubts.FOLDS,
    **sealed_texts.FOLDS,
    **ceilings.FOLDS,
    **drills.FOLDS,
    **readbacktests.FOLDS,
    **SITE_FOLDS,
    **incidents.FOLDS,
}
