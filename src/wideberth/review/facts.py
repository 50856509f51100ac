"""What the entries that a party reads say, kept by subject for the figures. One walk, in order."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

import msgspec

from wideberth.model.accounts import AccountGiven
from wideberth.model.agreements import (
    AgreementMoment,
    AgreementProposed,
    AgreementStepped,
)
from wideberth.model.calls import CallMissed
from wideberth.model.conformance import FlightMeasured
from wideberth.model.consents import ConsentAnswered, ConsentAsked
from wideberth.model.counting import CountContested
from wideberth.model.doubts import DoubtAnswered, DoubtRaised
from wideberth.model.drills import DrillAnswered, DrillMissed, DrillSent
from wideberth.model.entries import (
    Entry,
    IntentAccepted,
    IntentAmended,
    IntentStateChanged,
    NoticeAcknowledged,
    NoticeIssued,
    NoticeReleased,
    PartyRegistered,
    SpaceOpened,
    WarningRaised,
    ZoneDeclared,
)
from wideberth.model.ids import PartyId
from wideberth.model.incidents import IncidentOpened, PartiesNamed
from wideberth.model.inquiries import ResultReceipted, ResultTransmitted
from wideberth.model.intents import Intent, IntentKind, notice_kind_of
from wideberth.model.ladders import NoticeEscalated
from wideberth.model.liveness import (
    ChannelReported,
    ChannelResumed,
    ChannelSuspended,
    HeartbeatGiven,
    HeartbeatMissed,
)
from wideberth.model.lodged import EvidenceDisclosed, EvidenceLodged
from wideberth.model.notices import Notice, ObjectType, Reliance
from wideberth.model.publications import PublicationMade, PublicationWithdrawn
from wideberth.model.questions import QuestionAsked, QuestionOverdue, QuestionStepped
from wideberth.model.shifts import ShiftTaken
from wideberth.model.sites import ChallengeAnswered, HarmReported, SiteChallenged, SiteStale
from wideberth.model.stop_reads import StopAcknowledged
from wideberth.model.stops import StopTold
from wideberth.picture.agreements import fold_agreements
from wideberth.picture.picture import Picture
from wideberth.space.time import MAX_US
from wideberth.space.volume import Footprint

__all__ = ["KINDS", "Facts", "NoticeFact", "Said", "ShapeFact", "Warned", "told_of_warning"]

T = TypeVar("T")

KINDS = (
    "ACTIVITY",
    "MOVEMENT",
    "HAZARD",
    "PROTECTED-SITE",
    "CLOSURE",
    "STAND-OFF",
    "agreement",
    "withdrawal",
    "ALL-CLEAR",
    "own flights",
    "not shown",
)
"""Kinds of notice, in the order in which every report lists them (N-01, N-11, N-18)."""

_KEPT = (
    NoticeAcknowledged,
    NoticeReleased,
    NoticeEscalated,
    AgreementProposed,
    AgreementStepped,
    AgreementMoment,
    CallMissed,
    ConsentAsked,
    ConsentAnswered,
    CountContested,
    DoubtRaised,
    DoubtAnswered,
    HeartbeatGiven,
    HeartbeatMissed,
    ChannelReported,
    ChannelResumed,
    ChannelSuspended,
    PublicationMade,
    PublicationWithdrawn,
    ShiftTaken,
    SiteChallenged,
    ChallengeAnswered,
    HarmReported,
    SiteStale,
    StopTold,
    StopAcknowledged,
    IntentStateChanged,
    FlightMeasured,
    IncidentOpened,
    PartiesNamed,
    AccountGiven,
    EvidenceLodged,
    EvidenceDisclosed,
    QuestionAsked,
    QuestionStepped,
    QuestionOverdue,
    ResultTransmitted,
    ResultReceipted,
    DrillSent,
    DrillAnswered,
    DrillMissed,
)


class Said(msgspec.Struct, frozen=True, gc=False):
    """An entry whose body a section reads."""

    position: int
    time_us: int
    body: Any


class NoticeFact(msgspec.Struct, frozen=True, gc=False):
    """A notice as its recipient had it. kind: one of KINDS; subject: None where it may not be seen.

    lead_us: how long before its subject began it was told, None where that is not told.
    """

    position: int
    time_us: int
    id: str
    number: int
    recipient: PartyId
    sender: PartyId | None
    kind: str
    subject: str | None
    urgency: str
    lead_us: int | None
    late: bool
    units: tuple[str, ...]
    under: tuple[Reliance, ...]


class ShapeFact(msgspec.Struct, frozen=True, gc=False):
    """A place for the map. kind: of the intent, or ``zone``. id: of what it belongs to."""

    position: int
    time_us: int
    kind: str
    id: str
    footprints: tuple[Footprint, ...]


class Warned(msgspec.Struct, frozen=True, gc=False):
    """A warning as its reader may know it. of: the party whose track or intent it is, towards: the
    party whose zone or intent is met; None: not shown, or nobody's. object: what it is about.
    """

    position: int
    time_us: int
    kind: str
    of: PartyId | None
    towards: PartyId | None
    object: str


@dataclass(slots=True)
class Facts:
    """Everything that was read, by subject, in the order of the record. reader: who reads. now_us:
    when it was read, if that matters: nothing has waited longer.

    listed: of each entry by position: its time, its author's party, how that is known, its type.
    """

    reader: PartyId
    agreed: Picture = field(default_factory=Picture)
    said: dict[type, list[Said]] = field(default_factory=dict[type, list[Said]])
    notices: list[NoticeFact] = field(default_factory=list[NoticeFact])
    shapes: list[ShapeFact] = field(default_factory=list[ShapeFact])
    warned: list[Warned] = field(default_factory=list[Warned])
    listed: dict[int, tuple[int, str, str, str]] = field(
        default_factory=dict[int, tuple[int, str, str, str]]
    )
    presences: dict[str, list[Said]] = field(default_factory=dict[str, list[Said]])
    opened: SpaceOpened | None = None
    name: str = ""
    last_us: int = 0
    now_us: int = MAX_US
    versions: list[tuple[int, dict[Any, Any]]] = field(
        default_factory=list[tuple[int, dict[Any, Any]]]
    )
    _kinds: dict[str, str] = field(default_factory=dict[str, str])

    def take(self, position: int, entry: Entry) -> None:
        """Read one entry that the reader may read whole."""
        body, time_us = entry.body, entry.time_us
        self.last_us = max(self.last_us, time_us)
        self.list_entry(position, entry)
        fold_agreements(self.agreed, entry)
        if isinstance(body, AgreementProposed | AgreementStepped | AgreementMoment):
            standing = {key: self.agreed.agreements[key] for key in self.agreed.agreements}
            self.versions.append((time_us, standing))
        if isinstance(body, _KEPT):
            self.said.setdefault(type(body), []).append(Said(position, time_us, body))
        match body:
            case SpaceOpened():
                self.opened = body
            case PartyRegistered(party=party) if party.id == self.reader:
                self.name = party.name
            case IntentAccepted(intent=intent) | IntentAmended(intent=intent):
                self._intent(position, time_us, intent)
            case ZoneDeclared(zone=zone):
                shapes = tuple(volume.footprint for volume in zone.volumes)
                self.shapes.append(ShapeFact(position, time_us, "zone", zone.id, shapes))
                self._kinds[zone.id] = zone.notice_kind.value
            case NoticeIssued(notice=notice):
                self._notice(position, time_us, notice)
            case _:
                pass

    def list_entry(self, position: int, entry: Entry) -> None:
        """Have an entry in the appendix, should a number rest on it."""
        self.listed[position] = (
            entry.time_us,
            entry.author.party,
            entry.author.how.value,
            type(entry.body).__name__,
        )

    def warn(self, position: int, entry: Entry) -> None:
        """Read as much of a warning as the reader was told on its stream."""
        known = told_of_warning(position, entry, self.reader)
        if known is not None:
            self.last_us = max(self.last_us, entry.time_us)
            self.list_entry(position, entry)
            self.warned.append(known)

    def of(self, kind: type[T]) -> list[tuple[int, int, T]]:
        """(position, time, body) of the entries of a kind, in order."""
        return [
            (each.position, each.time_us, cast(T, each.body)) for each in self.said.get(kind, ())
        ]

    def agreements_at(self, time_us: int) -> dict[Any, Any]:
        """The versions of agreements as they stood at a time, by id and version."""
        found: dict[Any, Any] = {}
        for at_us, standing in self.versions:
            if at_us > time_us:
                break
            found = standing
        return found

    def _intent(self, position: int, time_us: int, intent: Intent) -> None:
        self._kinds[intent.id] = notice_kind_of(intent.kind).value
        if intent.kind is IntentKind.PRESENCE:
            self.presences.setdefault(intent.id, []).append(Said(position, time_us, intent))
        shapes = tuple(volume.footprint for volume in intent.volumes)
        self.shapes.append(ShapeFact(position, time_us, intent.kind.value, intent.id, shapes))

    def _notice(self, position: int, time_us: int, notice: Notice) -> None:
        subject = notice.subject
        is_over = notice.withdrawal or notice.all_clear
        told = subject is not None and subject.type is not ObjectType.AGREEMENT and not is_over
        self.notices.append(
            NoticeFact(
                position=position,
                time_us=time_us,
                id=notice.id,
                number=notice.number,
                recipient=notice.recipient,
                sender=notice.sender,
                kind=self._kind(notice),
                subject=None if subject is None else subject.id,
                urgency=notice.urgency.value,
                lead_us=notice.lead_us if told else None,
                late=notice.late,
                units=notice.units,
                under=notice.under,
            )
        )

    def _met(self, notice: Notice) -> str | None:
        """The kind of what the reader's own meets, of a notice of what it told itself: by that the
        inbox calls it.
        """
        if notice.sender != notice.recipient:
            return None
        met = (each.other.id for each in notice.clashes if each.other is not None)
        return next((self._kinds[each] for each in met if each in self._kinds), None)

    def _kind(self, notice: Notice) -> str:
        if notice.all_clear:
            return "ALL-CLEAR"
        if notice.conformance is not None:
            return "own flights"
        if notice.withdrawal:
            return "withdrawal"
        subject = notice.subject
        if subject is None or subject.type is not ObjectType.AGREEMENT:
            met = self._met(notice)
            if met is not None:
                return met
        if subject is not None:
            if subject.type is ObjectType.AGREEMENT:
                return "agreement"
            if subject.id in self._kinds:
                return self._kinds[subject.id]
        others = {each.other_kind for each in notice.clashes}
        kinds = {each.value: notice_kind_of(each).value for each in IntentKind}
        return kinds.get(others.pop(), "not shown") if len(others) == 1 else "not shown"


def told_of_warning(position: int, entry: Entry, reader: PartyId) -> Warned | None:
    """What a party to whom a warning is addressed may know of it: its own side, and whose zone is
    met, for zones are open to all. None for any other entry, and where it is not addressed to it.
    """
    body = entry.body
    if not isinstance(body, WarningRaised) or reader not in body.warning.parties:
        return None
    tracks = [each for each in body.warning.objects if each.type == "track"]
    others = [each for each in body.warning.objects if each.type != "track"]
    sides = [*tracks, *others]

    def shown(at: int) -> PartyId | None:
        if at >= len(sides):
            return None
        side = sides[at]
        return side.party if side.party == reader or side.type == "zone" else None

    own = next((each.id for each in sides if each.party == reader), "")
    met = next((each.id for each in others if each.type == "zone"), "")
    return Warned(
        position=position,
        time_us=entry.time_us,
        kind=body.warning.kind.value,
        of=shown(0),
        towards=shown(1),
        object=" ".join(each for each in (own, met) if each),
    )
