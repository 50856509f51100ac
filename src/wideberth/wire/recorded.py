"""What the entry of a signed statement has to be: read from the statement once more, and compared.

The statement is read by the code that read the request (:mod:`wideberth.wire.meaning`), so heights,
times and coordinates are rounded alike and the comparison is exact. An expected body is put
together with every member spelled out: what the statement says, what follows from it, and, taken
from the entry as it stands, what only the mechanism decides (``DECIDED``). A member that is new in
the model is in none of the three, so that an entry which has it does not pass.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Any, cast

import msgspec

from wideberth.decisions.places import MOVED_FAR, OUTSIDE_AREA
from wideberth.decisions.surroundings import FAR_FROM_NAMED
from wideberth.errors import InvalidValue
from wideberth.model.agreements import Act, AgreementProposed, AgreementStepped, digest_of
from wideberth.model.consents import Asked, ConsentAnswered, ConsentAsked
from wideberth.model.counting import CountContested
from wideberth.model.doubts import (
    Doubt,
    DoubtAnswered,
    DoubtId,
    DoubtRaised,
    DoubtState,
)
from wideberth.model.drills import DrillAnswered
from wideberth.model.entries import (
    Body,
    Entry,
    IntentAccepted,
    IntentAmended,
    IntentStateChanged,
    KeyRevoked,
    NoticeAcknowledged,
    NoticeReleased,
    SubscriptionClosed,
    SubscriptionOpened,
    ZoneDeclared,
    ZoneWithdrawn,
)
from wideberth.model.envelope import Statement
from wideberth.model.ids import (
    AgreementId,
    ConsentId,
    IntentId,
    KeyId,
    NoticeId,
    PartyId,
    SubscriptionId,
    UnitToken,
    ZoneId,
)
from wideberth.model.intents import TRANSITIONS, Intent, IntentState, Source
from wideberth.model.liveness import (
    AllClearGiven,
    ChannelReported,
    ChannelResumed,
    ChannelSuspended,
    HazardStated,
    HeartbeatGiven,
)
from wideberth.model.loads import CeilingSet
from wideberth.model.notices import Acknowledgement, ObjectRef, ObjectType
from wideberth.model.readbacktests import ReadBackTestBegun, ReadBackTestJudged
from wideberth.model.settings import Rules
from wideberth.model.shifts import ShiftTaken
from wideberth.model.stop_reads import StopAcknowledged
from wideberth.model.stops import Identified, StopTold, stop_id
from wideberth.model.subscriptions import Subscription
from wideberth.model.surfaces import GROUND_ON_WATER, SHIP_ON_LAND
from wideberth.model.zones import Zone
from wideberth.space.volume import Volume4D
from wideberth.wire import agreements, asked
from wideberth.wire.forms import volumes_in
from wideberth.wire.incidents_recorded import DECIDED as DECIDED_OF_INCIDENTS
from wideberth.wire.incidents_recorded import expected_of_incidents
from wideberth.wire.meaning import (
    details_of,
    instant_us,
    particulars_of,
    proposal_of,
    step_of,
    stop_of,
    volume_of,
    zone_of,
)
from wideberth.wire.statements import spoken

__all__ = ["DECIDED", "require_follows"]

DECIDED: dict[type, frozenset[str]] = {
    IntentAccepted: frozenset({"intent.id", "intent.ovn"}),
    IntentAmended: frozenset({"intent.version", "intent.ovn", "intent.state", "was", "changes"}),
    IntentStateChanged: frozenset({"before", "version", "ovn"}),
    ZoneDeclared: frozenset({"zone.id"}),
    ZoneWithdrawn: frozenset(),
    SubscriptionOpened: frozenset({"subscription.id"}),
    SubscriptionClosed: frozenset(),
    NoticeAcknowledged: frozenset(
        {"acknowledgement.differences", "acknowledgement.content", "sender", "closes"}
    ),
    NoticeReleased: frozenset({"recipient", "closes"}),
    StopTold: frozenset({"stop.sent_us", "count"}),
    StopAcknowledged: frozenset({"sender", "after_us"}),
    DoubtRaised: frozenset({"item", "owner", "end_us", "doubt.id", "doubt.hidden"}),
    DoubtAnswered: frozenset({"item", "raised_by", "hidden"}),
    KeyRevoked: frozenset(),
    HeartbeatGiven: frozenset({"first"}),
    ChannelSuspended: frozenset(),
    ChannelResumed: frozenset(),
    ChannelReported: frozenset(),
    HazardStated: frozenset(),
    AllClearGiven: frozenset(),
    ShiftTaken: frozenset(),
    CeilingSet: frozenset(),
    AgreementProposed: frozenset({"agreement", "version", "changes"}),
    AgreementStepped: frozenset({"state", "concerned", "provisions"}),
    CountContested: frozenset({"concerned"}),
    DrillAnswered: frozenset({"after_us", "ends", "late", "seen_by", "channel"}),
    ReadBackTestBegun: frozenset({"test", "languages", "seed", "untested"}),
    ReadBackTestJudged: frozenset({"test", "languages", "passed", "wrong"}),
    ConsentAsked: frozenset(
        {"asked.id", "asked.entitled", "asked.concerned", "asked.answer_by_us"}
    ),
    ConsentAnswered: frozenset({"concerned"}),
    **DECIDED_OF_INCIDENTS,
}
"""By kind of entry, what no statement says: ids and numbers that the mechanism gives, the version
before, whom an answer reaches and what it closes. All else is compared. The state before a step is
bound by the table of transitions; the id of a zone is signed in its later versions."""

_AS_SAID: dict[type, tuple[str, tuple[str, ...]]] = {
    HeartbeatGiven: ("GiveHeartbeat", ("degraded",)),
    ChannelSuspended: ("SuspendChannel", ("scope", "reason", "for_minutes")),
    ChannelResumed: ("ResumeChannel", ()),
    ChannelReported: ("ReportChannel", ("about", "state", "reason")),
    HazardStated: ("StateHazard", ("intent", "status")),
    AllClearGiven: ("GiveAllClear", ("intent",)),
    ShiftTaken: ("TakeShift", ("post", "open_list")),
    DrillAnswered: ("AnswerDrill", ("drill", "verb", "unit", "word")),
    CountContested: ("ContestCount", ("agreement", "version", "item", "reason")),
    CeilingSet: ("SetCeiling", ("recipient", "sender", "notices")),
    StopAcknowledged: ("AcknowledgeStop", ("stop", "post")),
}
"""Kinds of entry that say word for word what was signed, and by whom: the statement's type and the
members that it says."""

_OF_A_KEY: frozenset[tuple[type, str]] = frozenset(
    {(ReadBackTestBegun, "BeginReadBackTest"), (ReadBackTestJudged, "AnswerReadBackTest")}
)
"""What follows from a statement of the key that it is about, and how it was graded."""

_CONFIRMED = (OUTSIDE_AREA, MOVED_FAR, FAR_FROM_NAMED, SHIP_ON_LAND, GROUND_ON_WATER)
"""Cautions that were asked about, in the order in which an intent has them."""

_WORKED_OUT = (asked.CorridorFootprint, asked.SectorFootprint, asked.MovingFootprint)


def require_follows(statement: Statement, entry: Entry, rules: Rules | None) -> None:
    """Raise InvalidValue naming the first member of the entry that is not as was signed.

    rules: those in force at the entry; None where they are not known, as in a selection: then their
    version, the least lead time, and with it whether it was late, are taken as they stand.
    """
    if (type(entry.body), statement.type) in _OF_A_KEY:
        wanted: Body | None = msgspec.structs.replace(
            entry.body, party=statement.party, key_id=statement.key_id
        )
    else:
        wanted = _expected(statement, spoken(statement), entry, rules)
    if wanted is None:
        raise InvalidValue(
            "said.type", "statement-matches", statement.type, f"gave {type(entry.body).__name__}"
        )
    found = _difference("body", entry.body, wanted)
    if found is not None:
        path, came, signed = found
        raise InvalidValue(
            path, "statement-matches", _shown(came), f"what was signed gives {_shown(signed)!r}"
        )


def _expected(statement: Statement, said: Any, entry: Entry, rules: Rules | None) -> Body | None:  # noqa: PLR0911 - one a kind
    """The body that the statement gives; None for a kind that it never brings about."""
    body, kind, party = entry.body, statement.type, statement.party
    wanted, members = _AS_SAID.get(type(body), ("", ()))
    if kind == wanted:
        return msgspec.structs.replace(
            body, party=party, **{name: getattr(said, name) for name in members}
        )
    match body:
        case IntentAccepted() if kind == "SubmitIntent":
            state = IntentState.ACTIVATED if said.activated else IntentState.ACCEPTED
            fresh = msgspec.structs.replace(body.intent, version=1, state=state)
            intent = _intent(statement, said, fresh, entry, rules)
            return IntentAccepted(intent, body.rules if rules is None else rules.version)
        case IntentAmended() if kind == "AmendIntent":
            named = msgspec.structs.replace(body.intent, id=said.intent)
            intent = _intent(statement, said, named, entry, rules)
            version = body.rules if rules is None else rules.version
            return IntentAmended(intent, body.was, body.changes, version)
        case IntentStateChanged() if kind == "ChangeIntentState":
            state = TRANSITIONS.get((body.before, said.step))
            if state is None:
                raise InvalidValue(
                    "body.before", "no-such-transition", body.before.value, f"step {said.step}"
                )
            return IntentStateChanged(
                *(said.intent, party, said.step, body.before, state, body.version, body.ovn)
            )
        case ZoneDeclared() if kind == "DeclareZone":
            return ZoneDeclared(_zone(statement, said, body.zone, entry))
        case ZoneWithdrawn() if kind == "WithdrawZone":
            return ZoneWithdrawn(said.zone, party, said.version + 1)
        case SubscriptionOpened() if kind == "OpenSubscription":
            given = body.subscription
            number = int(sha256(given.id.encode()).hexdigest()[:12], 16)
            (volume,) = _as_worked_out([said.volume], (volume_of(said.volume),), (given.volume,))
            return SubscriptionOpened(Subscription(given.id, number, party, volume))
        case SubscriptionClosed() if kind == "CloseSubscription":
            return SubscriptionClosed(SubscriptionId(said.subscription), party)
        case NoticeAcknowledged() if kind == "AcknowledgeNotice":
            return NoticeAcknowledged(
                _answer(said, body.acknowledgement, entry), party, body.sender, body.closes
            )
        case NoticeReleased() if kind == "ReleaseNotice":
            return NoticeReleased(NoticeId(said.notice), body.recipient, entry.author, body.closes)
        case StopTold() if kind == "TellStop":
            return StopTold(
                stop_of(
                    said,
                    stop_id=stop_id(
                        Identified.SIGNED, party, statement.request, (entry.said or "").encode()
                    ),
                    sender=party,
                    identified=Identified.SIGNED,
                    sent_us=body.stop.sent_us,
                ),
                count=body.count,
                unit=None if said.unit is None else UnitToken(said.unit),
            )
        case KeyRevoked() if kind == "RevokeKey":
            return KeyRevoked(party, KeyId(said.key_id))
        case _:
            return _expected_of_doubts(statement, said, entry)


def _expected_of_doubts(statement: Statement, said: Any, entry: Entry) -> Body | None:
    body, kind, party = entry.body, statement.type, statement.party
    match body:
        case DoubtRaised() if kind == "RaiseDoubt":
            return _doubt(said, body, party, entry)
        case DoubtAnswered() if kind == "AnswerDoubt":
            return msgspec.structs.replace(
                body,
                doubt=DoubtId(said.doubt),
                party=party,
                state=DoubtState(said.state),
                statement=said.statement,
            )
        case _:
            return _expected_of_agreements(statement, said, entry)


def _expected_of_agreements(statement: Statement, said: Any, entry: Entry) -> Body | None:
    body, kind, party = entry.body, statement.type, statement.party
    match body:
        case AgreementProposed() if kind == "ProposeAgreement":
            again = isinstance(said, agreements.AgreementAgainIn)
            name = AgreementId(cast(Any, said).agreement) if again else body.agreement
            told = proposal_of(said, name, said.replaces if again else 0)
            return AgreementProposed(
                agreement=name,
                version=body.version,
                party=party,
                terms=told.terms,
                digest=digest_of(name, body.version, told.terms),
                answer_by_us=told.answer_by_us,
                replaces=told.replaces,
                changes=body.changes,
            )
        case AgreementStepped() if kind == "StepAgreement":
            return _act(said, body, party)
        case ConsentAsked() if kind == "AskConsent":
            return ConsentAsked(_asked(said, body.asked, party, entry))
        case ConsentAnswered() if kind == "AnswerConsent":
            return ConsentAnswered(
                ConsentId(said.consent), party, said.verdict, body.concerned, said.reason
            )
        case _:
            return expected_of_incidents(kind, said, party, entry)


def _intent(
    statement: Statement, said: asked.IntentIn, given: Intent, entry: Entry, rules: Rules | None
) -> Intent:
    details = details_of(said)
    volumes = _as_worked_out(said.volumes, details.volumes, given.volumes)
    lead_us = min((volume.start_us for volume in volumes), default=0) - entry.time_us
    least_us = given.minimum_lead_us
    if rules is not None:
        least_us = rules.limit(details.kind).minimum_lead_us
    cautions = ("address-derived",) if details.provenance.source is Source.ADDRESS else ()
    # by the rules of the space and what else stood, which no statement has
    confirmed = (each for each in _CONFIRMED if each in given.cautions)
    cautions = (*cautions, *confirmed)
    return Intent(
        id=given.id,
        party=statement.party,
        kind=details.kind,
        priority=details.priority,
        state=given.state,
        version=given.version,
        ovn=given.ovn,
        volumes=volumes,
        visibility=details.visibility,
        provenance=details.provenance,
        told_us=entry.time_us,
        lead_us=lead_us,
        minimum_lead_us=least_us,
        late=lead_us < least_us,
        count=details.count,
        call_sign=details.call_sign,
        place_name=details.place_name,
        cautions=cautions,
        declaration=details.declaration,
        # What was told before sites were followed states nothing.
        stated=None if said.stated is None and given.stated is None else details.stated,
        under=details.under,
        state_by_track=details.state_by_track,
    )


def _doubt(said: Any, given: DoubtRaised, party: PartyId, entry: Entry) -> DoubtRaised:
    """What is doubted is the mechanism's to say, but for an id that was signed."""
    item = given.item
    for kind, named in ((ObjectType.INTENT, said.intent), (ObjectType.ZONE, said.zone)):
        if named is not None:
            item = ObjectRef(kind, named, item.version)
    doubt = Doubt(
        given.doubt.id,
        party,
        said.statement,
        entry.time_us,
        notice=None if said.notice is None else NoticeId(said.notice),
        hidden=given.doubt.hidden,
    )
    return DoubtRaised(item, given.owner, given.end_us, doubt)


def _zone(statement: Statement, said: asked.ZoneIn, given: Zone, entry: Entry) -> Zone:
    again = isinstance(said, asked.ZoneAgainIn)
    zone_id = ZoneId(cast(Any, said).zone) if again else given.id
    told = zone_of(said, zone_id, said.replaces_version if again else 0)
    return Zone(
        id=told.zone,
        party=statement.party,
        name=told.name,
        rule=told.rule,
        volumes=_as_worked_out(said.volumes, told.volumes, given.volumes),
        version=told.replaces_version + 1,
        declared_us=entry.time_us,
        notice_us=told.notice_us,
        kinds=told.kinds,
        reason=told.reason,
        declaration=told.declaration,
    )


def _act(said: Any, given: AgreementStepped, party: PartyId) -> AgreementStepped:
    told = step_of(said, AgreementId(said.agreement))
    provisions = told.provisions
    if told.act is Act.ACCEPT and not provisions:
        provisions = given.provisions  # all of the version's
    return AgreementStepped(
        agreement=told.agreement,
        version=told.version,
        party=party,
        act=told.act,
        state=given.state,
        concerned=given.concerned,
        provisions=provisions,
        digest=told.digest,
        sheet=told.sheet,
        reason=told.reason,
    )


def _asked(said: Any, given: Asked, party: PartyId, entry: Entry) -> Asked:
    return Asked(
        id=given.id,
        agreement=AgreementId(said.agreement),
        version=said.version,
        provision=said.provision,
        party=party,
        words=said.words,
        asked_us=entry.time_us,
        entitled=given.entitled,
        concerned=given.concerned,
        answer_by_us=given.answer_by_us,
        intent=None if said.intent is None else IntentId(said.intent),
    )


def _answer(said: Any, given: Acknowledgement, entry: Entry) -> Acknowledgement:
    read_back = None if said.read_back is None else particulars_of(said.read_back)
    return Acknowledgement(
        notice=NoticeId(said.notice),
        verb=said.verb,
        by=entry.author,
        time_us=entry.time_us,
        unit=None if said.unit is None else UnitToken(said.unit),
        system=said.system,
        reason=said.reason,
        read_back=read_back,
        differences=() if read_back is None else given.differences,
        attested=said.attested,
        difference=said.difference,
        content=given.content if said.content is None else said.content,
        clock_us=instant_us(said.clock, "clock"),
    )


def _as_worked_out(
    wires: list[asked.VolumeIn], wanted: tuple[Volume4D, ...], came: tuple[Volume4D, ...]
) -> tuple[Volume4D, ...]:
    """The expected volumes; of covers that were worked out in floating point, the recorded one
    where no number of it is off by more than 1 (1e-9 degree, mm, microsecond): another computer may
    round the last digit of a sine the other way.
    """
    if came == wanted or len(came) != len(wanted) or not any(map(_is_worked_out, wires)):
        return wanted
    chosen: list[Volume4D] = []
    for wire in wires:
        is_loose = _is_worked_out(wire)
        for _ in volumes_in(wire, "volumes"):
            at = len(chosen)
            chosen.append(came[at] if is_loose and _is_near(came[at], wanted[at]) else wanted[at])
    return tuple(chosen)


def _is_worked_out(wire: asked.VolumeIn) -> bool:
    shape = wire.footprint
    match shape:
        case asked.CircleFootprint():
            return isinstance(shape.center, asked.TextPlace)
        case asked.AreaFootprint():
            return any(isinstance(place, asked.TextPlace) for place in shape.vertices)
        case _:
            return isinstance(shape, _WORKED_OUT)


def _is_near(came: object, wanted: object) -> bool:
    if isinstance(wanted, msgspec.Struct):
        return type(came) is type(wanted) and all(
            _is_near(getattr(came, name), getattr(wanted, name))
            for name in wanted.__struct_fields__
        )
    if isinstance(wanted, tuple):
        others, own = cast("tuple[object, ...]", came), cast("tuple[object, ...]", wanted)
        return len(others) == len(own) and all(map(_is_near, others, own))
    if isinstance(wanted, int) and isinstance(came, int):
        return abs(came - wanted) <= 1
    return came == wanted


def _difference(path: str, came: Any, wanted: Any) -> tuple[str, Any, Any] | None:
    """Where the two differ first: the path, and both values there."""
    if came == wanted:
        return None
    for name, own, other in _members(came, wanted):
        found = _difference(f"{path}.{name}", own, other)
        if found is not None:
            return found
    return path, came, wanted


def _members(came: Any, wanted: Any) -> Iterator[tuple[object, Any, Any]]:
    """The members of two values of one shape, side by side; none where the shapes differ."""
    if isinstance(wanted, msgspec.Struct) and type(came) is type(wanted):
        for name in wanted.__struct_fields__:
            yield name, getattr(came, name), getattr(wanted, name)
    elif isinstance(wanted, tuple) and isinstance(came, tuple):
        own, other = cast("tuple[Any, ...]", came), cast("tuple[Any, ...]", wanted)
        if len(own) == len(other):
            for index, pair in enumerate(zip(own, other, strict=True)):
                yield index, *pair


def _shown(value: Any) -> Any:
    """A value as an error carries it: a part of an entry is named, not printed."""
    if isinstance(value, msgspec.Struct):
        return type(value).__name__
    if isinstance(value, tuple):
        return f"{len(cast('tuple[object, ...]', value))} of them"
    return value
