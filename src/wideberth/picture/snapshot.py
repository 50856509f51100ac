"""A whole picture as bytes, and back, so that a restart need not fold the whole record.

:func:`load` of what :func:`dump` gave is the same picture: the same digest, and it folds on,
answers and lets things leave in the same way. What follows from the tables (the index over volumes,
what expires when) is made again. Bytes that this version did not write are refused; whether they
may be trusted is the caller's to know, by their digest in the record.
"""

from __future__ import annotations

import heapq

import msgspec

from wideberth.errors import InvalidValue
from wideberth.model.agreements import Agreement, Draft
from wideberth.model.calls import Call
from wideberth.model.clocks import DueLook, MeasuredClock
from wideberth.model.conformance import Analysed
from wideberth.model.consents import Asked
from wideberth.model.doubts import Doubted
from wideberth.model.drills import DRILL_LIFE_US, Drill, DrillPlan
from wideberth.model.ids import KeyId, NoticeId, PartyId, SubscriptionId
from wideberth.model.incidents import INCIDENT_LIFE_US, Incident
from wideberth.model.intents import Intent
from wideberth.model.ladders import Escalated, Post
from wideberth.model.limits import Limit
from wideberth.model.liveness import HazardWatch, PartyChannel
from wideberth.model.loads import Ceiling
from wideberth.model.parties import Key, Party
from wideberth.model.publications import Publication, Withdrawal
from wideberth.model.readbacktests import ReadBackStanding
from wideberth.model.redlines import RedLine
from wideberth.model.sealed import SealedMark, SealKey
from wideberth.model.shifts import Shift
from wideberth.model.sites import Delivered, Export, Harm, Sharing, SiteFile
from wideberth.model.stop_reads import StopRead, StopStep
from wideberth.model.stops import Stop
from wideberth.model.subscriptions import Subscription
from wideberth.model.warnings import StandingWarning
from wideberth.model.zones import Zone
from wideberth.picture import publications
from wideberth.picture.agreements import SETTLED_LIFE_US, apply, leaves_us
from wideberth.picture.fold import GRACE_US
from wideberth.picture.history import History
from wideberth.picture.liveness import HAZARD_LIFE_US
from wideberth.picture.picture import Picture
from wideberth.picture.sealed import SEALED_LIFE_US
from wideberth.picture.standing import OpenNotice, Outcome, SnapshotMark, SpaceFacts
from wideberth.picture.stops import STOP_LIFE_US

__all__ = ["SNAPSHOT_VERSION", "dump", "load"]

SNAPSHOT_VERSION = b"wideberth-snapshot-1\n"
"""The first bytes of a snapshot. A change of what is dumped, or how, needs another number."""


class _History(msgspec.Struct, forbid_unknown_fields=True):
    """Positions as 64 bits each, little-endian; see :class:`wideberth.picture.history.History`."""

    last: dict[str, int]
    before: bytes
    streams: dict[PartyId, bytes]
    notices: dict[PartyId, bytes]
    subscribers: dict[int, tuple[SubscriptionId, PartyId, bytes]]


class _Form(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """All that is kept. A table whose values hold their keys is a list of the values; every table
    is in the order of the picture's own. What came later is left out while empty.
    """

    size: int
    time_us: int
    space: SpaceFacts
    asking: tuple[PartyId, str] | None
    parties: list[Party]
    keys: list[Key]
    retired_keys: list[tuple[PartyId, KeyId]]
    intents: list[Intent]
    zones: list[Zone]
    subscriptions: list[Subscription]
    notices: list[msgspec.Raw]
    held: dict[NoticeId, tuple[tuple[str, str], ...]]
    rule_versions: list[str]
    notice_counts: dict[PartyId, int]
    told: dict[str, tuple[tuple[PartyId, NoticeId], ...]]
    warnings: list[StandingWarning]
    requests: list[tuple[PartyId, str, int, int, str, int]]
    check_days: dict[PartyId, tuple[int, int]]
    withdrawn_days: dict[PartyId, tuple[int, dict[PartyId, int]]]
    snapshots: dict[int, SnapshotMark]
    history: _History
    clocks: dict[PartyId, MeasuredClock] = {}
    clock_looks: dict[PartyId, DueLook] = {}
    stops: list[Stop] = []
    escalations: dict[NoticeId, Escalated] = {}
    channels: list[PartyChannel] = []
    hazards: list[HazardWatch] = []
    shifts: list[tuple[PartyId, Post, Shift]] = []
    agreements: list[Agreement] = []
    drafts: list[Draft] = []
    consents: list[Asked] = []
    red_lines: list[RedLine] = []
    sites: list[SiteFile] = []
    sharings: list[Sharing] = []
    harms: list[Harm] = []
    after_notice: list[tuple[PartyId, PartyId, int]] = []
    deliveries: list[tuple[PartyId, PartyId, Delivered]] = []
    exports: list[Export] = []
    calls: list[Call] = []
    limits: dict[PartyId, tuple[Limit, ...]] = {}
    stop_steps: dict[str, StopStep] = {}
    stop_reads: list[tuple[str, PartyId, StopRead]] = []
    publications: list[Publication] = []
    withdrawals: list[Withdrawal] = []
    public_numbers: dict[str, int] = {}
    doubts: list[Doubted] = []
    seal_keys: list[SealKey] = []
    sealed_texts: list[SealedMark] = []
    incidents: list[Incident] = []
    ceilings: list[Ceiling] = []
    drills: list[Drill] = []
    drill_plans: list[DrillPlan] = []
    read_back_tests: list[tuple[PartyId, KeyId, ReadBackStanding]] = []
    analyses: list[Analysed] = []


class _Read(_Form, forbid_unknown_fields=True):
    """The same as it is read."""

    notices: list[OpenNotice]  # pyright: ignore[reportIncompatibleVariableOverride]  # narrower


_decoder = msgspec.msgpack.Decoder(_Read)
_in_order = msgspec.msgpack.Encoder(order="deterministic").encode


def dump(picture: Picture) -> bytes:
    """The picture as bytes: the same bytes for the same picture. Not of an overlay."""
    history = picture.history
    assert history is not None, "an overlay is no picture of its own"
    requests: list[tuple[PartyId, str, int, int, str, int]] = []
    for key in picture.request_ages:
        outcome = picture.requests[key]
        requests.append(
            (*key, outcome.position, outcome.entries, outcome.fingerprint, outcome.time_us)
        )
    form = _Form(
        size=picture.size,
        time_us=picture.time_us,
        space=picture.space,
        asking=picture.asking,
        parties=[picture.parties[each] for each in picture.parties],
        keys=[picture.keys[each] for each in picture.keys],
        retired_keys=list(picture.retired_keys),
        intents=[picture.intents[each] for each in picture.intents],
        zones=[picture.zones[each] for each in picture.zones],
        subscriptions=[picture.subscriptions[each] for each in picture.subscriptions],
        # Units that have it loaded are a set: in order, for the same bytes each time.
        notices=[msgspec.Raw(_in_order(picture.notices[each])) for each in picture.notices],
        held={each: picture.held[each] for each in picture.held},
        rule_versions=list(picture.rule_versions),
        notice_counts={each: picture.notice_counts[each] for each in picture.notice_counts},
        told={each: picture.told[each] for each in picture.told},
        warnings=[picture.warnings[each] for each in picture.warnings],
        requests=requests,
        check_days={each: picture.check_days[each] for each in picture.check_days},
        withdrawn_days={each: picture.withdrawn_days[each] for each in picture.withdrawn_days},
        snapshots={each: picture.snapshots[each] for each in picture.snapshots},
        history=_History(*history.dump()),
        clocks={each: picture.clocks[each] for each in picture.clocks},
        clock_looks={each: picture.clock_looks[each] for each in picture.clock_looks},
        stops=[picture.stops[each] for each in picture.stops],
        escalations={each: picture.escalations[each] for each in picture.escalations},
        channels=[picture.channels[each] for each in picture.channels],
        hazards=[picture.hazards[each] for each in picture.hazards],
        shifts=[(*each, picture.shifts[each]) for each in picture.shifts],
        agreements=[picture.agreements[each] for each in picture.agreements],
        drafts=[picture.drafts[each] for each in picture.drafts],
        consents=[picture.consents[each] for each in picture.consents],
        red_lines=[picture.red_lines[each] for each in picture.red_lines],
        sites=[picture.sites[each] for each in picture.sites],
        sharings=[picture.sharings[each] for each in picture.sharings],
        harms=[picture.harms[each] for each in picture.harms],
        after_notice=[(*each, picture.after_notice[each]) for each in picture.after_notice],
        deliveries=[(*each, picture.deliveries[each]) for each in picture.deliveries],
        exports=[picture.exports[each] for each in picture.exports],
        calls=[picture.calls[each] for each in picture.calls],
        limits={each: picture.limits[each] for each in picture.limits},
        stop_steps={each: picture.stop_steps[each] for each in picture.stop_steps},
        stop_reads=[(*each, picture.stop_reads[each]) for each in picture.stop_reads],
        publications=[picture.publications[each] for each in picture.publications],
        withdrawals=[picture.withdrawals[each] for each in picture.withdrawals],
        public_numbers={each: picture.public_numbers[each] for each in picture.public_numbers},
        doubts=[picture.doubts[each] for each in picture.doubts],
        seal_keys=[picture.seal_keys[each] for each in picture.seal_keys],
        sealed_texts=[picture.sealed_texts[each] for each in picture.sealed_texts],
        incidents=[picture.incidents[each] for each in picture.incidents],
        ceilings=[picture.ceilings[each] for each in picture.ceilings],
        drills=[picture.drills[each] for each in picture.drills],
        drill_plans=[picture.drill_plans[each] for each in picture.drill_plans],
        read_back_tests=[
            (*each, picture.read_back_tests[each]) for each in picture.read_back_tests
        ],
        analyses=[picture.analyses[each] for each in picture.analyses],
    )
    return SNAPSHOT_VERSION + msgspec.msgpack.encode(form)


def load(data: bytes) -> Picture:
    """The picture that was dumped. Raises InvalidValue for bytes of another version or damaged."""
    if not data.startswith(SNAPSHOT_VERSION):
        raise InvalidValue(
            "snapshot",
            "snapshot-version",
            data[: len(SNAPSHOT_VERSION)].decode("ascii", "replace"),
            f"this program reads {SNAPSHOT_VERSION.decode().strip()}",
        )
    try:
        form = _decoder.decode(memoryview(data)[len(SNAPSHOT_VERSION) :])
        history = History.load(
            last=form.history.last,
            before=form.history.before,
            streams=form.history.streams,
            notices=form.history.notices,
            subscribers=form.history.subscribers,
        )
    except (msgspec.MsgspecError, ValueError) as error:
        raise InvalidValue(
            "snapshot", "snapshot", str(error), f"it does not fit this program: {error}"
        ) from error
    return _picture(form, history)


def _put_practice(picture: Picture, form: _Read) -> None:
    picture.analyses = {each.said.party: each for each in form.analyses}
    picture.drills = {each.sent.drill: each for each in form.drills}
    picture.drill_plans = {(each.agreement, each.provision): each for each in form.drill_plans}
    picture.read_back_tests = {(party, key): each for party, key, each in form.read_back_tests}


def _picture(form: _Read, history: History) -> Picture:
    picture = Picture()
    picture.adopt(form.space.rules)
    picture.size = form.size
    picture.time_us = form.time_us
    picture.space = form.space
    picture.asking = form.asking
    picture.parties = {each.id: each for each in form.parties}
    picture.keys = {(each.party, each.key_id): each for each in form.keys}
    picture.retired_keys = dict.fromkeys(form.retired_keys, True)
    picture.limits = form.limits
    for intent in form.intents:
        picture.put_intent(intent)
    for zone in form.zones:
        picture.put_zone(zone)
    for subscription in form.subscriptions:
        picture.subscriptions[subscription.id] = subscription
        picture.subscription_ids[subscription.number] = subscription.id
        picture.subscription_space.put(
            subscription.id, (subscription.volume,), picture.altitude_model
        )
    picture.notices = {each.notice.id: each for each in form.notices}
    picture.held = form.held
    picture.rule_versions = dict.fromkeys(form.rule_versions, True)
    picture.notice_counts = form.notice_counts
    picture.told = form.told
    picture.warnings = {each.id: each for each in form.warnings}
    for party, key, position, entries, fingerprint, time_us in form.requests:
        picture.requests[party, key] = Outcome(position, entries, fingerprint, time_us)
        picture.request_ages.append((party, key))
    picture.check_days = form.check_days
    picture.withdrawn_days = form.withdrawn_days
    picture.snapshots = form.snapshots
    for party, clock in form.clocks.items():
        picture.put_clock(party, clock)
    picture.clock_looks = form.clock_looks
    picture.stops = {each.id: each for each in form.stops}
    for agreement in form.agreements:
        apply(picture, agreement, None)
    picture.drafts = {(each.party, each.agreement): each for each in form.drafts}
    picture.consents = {each.id: each for each in form.consents}
    picture.red_lines = {(each.party, each.id): each for each in form.red_lines}
    picture.sites = {each.site: each for each in form.sites}
    picture.sharings = {(each.owner, each.recipient): each for each in form.sharings}
    picture.harms = {each.id: each for each in form.harms}
    picture.after_notice = {(owner, to): count for owner, to, count in form.after_notice}
    picture.deliveries = {(owner, to): most for owner, to, most in form.deliveries}
    picture.exports = {each.id: each for each in form.exports}
    picture.calls = {(each.agreement, each.party): each for each in form.calls}
    picture.stop_steps = form.stop_steps
    picture.stop_reads = {(stop, party): read for stop, party, read in form.stop_reads}
    picture.publications = {each.key: each for each in form.publications}
    picture.withdrawals = {(each.sender, each.message.number): each for each in form.withdrawals}
    picture.public_numbers = form.public_numbers
    picture.doubts = {each.item.id: each for each in form.doubts}
    picture.doubt_items = {doubt.id: each.item.id for each in form.doubts for doubt in each.doubts}
    picture.seal_keys = {(each.party, each.key_id): each for each in form.seal_keys}
    picture.sealed_texts = {each.id: each for each in form.sealed_texts}
    picture.incidents = {each.id: each for each in form.incidents}
    picture.ceilings = {each.key: each for each in form.ceilings}
    _put_practice(picture, form)
    picture.escalations = form.escalations
    picture.channels = {each.party: each for each in form.channels}
    picture.hazards = {each.intent: each for each in form.hazards}
    picture.shifts = {(party, post): shift for party, post, shift in form.shifts}
    picture.history = history
    picture.expiries = [
        *((each.end_us + GRACE_US, "intent", each.id) for each in form.intents),
        *((each.end_us + GRACE_US, "zone", each.id) for each in form.zones),
        *((each.volume.end_us + GRACE_US, "subscription", each.id) for each in form.subscriptions),
        *((each.sent_us + STOP_LIFE_US, "stop", each.id) for each in form.stops),
        *((each.end_us + HAZARD_LIFE_US, "hazard", each.intent) for each in form.hazards),
        *((each.leaves_us, "doubts", each.item.id) for each in form.doubts),
        *((leaves_us(each), "agreement", f"{each.id}/{each.version}") for each in form.agreements),
        *((each.time_us + SEALED_LIFE_US, "sealed", each.id) for each in form.sealed_texts),
        *((each.touched_us + INCIDENT_LIFE_US, "incident", each.id) for each in form.incidents),
        *((each.sent_us + DRILL_LIFE_US, "drill", each.sent.drill) for each in form.drills),
        *((each.asked_us + SETTLED_LIFE_US, "consent", each.id) for each in form.consents),
        *publications.expiries(form.publications, form.withdrawals),
    ]
    heapq.heapify(picture.expiries)
    picture.leave_after(form.time_us)  # at the next entry it is looked at anew
    return picture
