"""Incidents: something that happened, and what each party says of it, side by side.

An incident has one column for each party and for each observer. Nothing here, and nothing that is
made of it, merges two columns, says who is right, or holds a word of severity, intent or fault
(I-01, I-04). Only those who are named in it know that it exists.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from wideberth.model.accounts import Account
from wideberth.model.ids import EvidenceId, IncidentId, PartyId, QuestionId, ResultId
from wideberth.model.inquiries import InquiryResult
from wideberth.model.lodged import Lodged
from wideberth.model.questions import Question
from wideberth.space.time import DAY_US
from wideberth.space.volume import Circle, Polygon

__all__ = [
    "INCIDENT_LIFE_US",
    "MAX_INCIDENTS",
    "MAX_ITEMS",
    "MAX_MEMBERS",
    "MAX_SUBJECTS",
    "MAX_TITLE",
    "Column",
    "Incident",
    "IncidentOpened",
    "Member",
    "NameParties",
    "NameSubjects",
    "OpenIncident",
    "PartiesNamed",
    "Subject",
    "SubjectsNamed",
]

INCIDENT_LIFE_US = 10 * 365 * DAY_US
"""How long an incident stays in the picture after the last that was said of it. In the record it
stays for ever."""

MAX_TITLE = 200  # characters
MAX_MEMBERS = 50  # parties and observers of one incident: 1,225 pairs of accounts
MAX_SUBJECTS = 500  # that one party names in one incident
MAX_INCIDENTS = 1_000  # opened by one party in 30 days
MAX_ITEMS = 500  # accounts, questions, evidence and results of one party in one incident


class Column(StrEnum):
    """Whether somebody stands in an incident as a party to it, or observes."""

    PARTY = "party"
    OBSERVER = "observer"


class Member(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """Who is named in an incident, by whom, since when."""

    party: PartyId
    column: Column
    by: PartyId
    since_us: int


class Subject(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """An intent, zone, warning, notice or STOP that a party says the incident is about. Others
    learn of it only where they may read of that object themselves.
    """

    party: PartyId
    id: str


class Incident(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """An incident as it stands. start_us, end_us: the window, closed. members: in the order named.
    accounts: all versions of all parties, in the order given. touched_us: when it was last spoken
    of.
    """

    id: IncidentId
    title: str
    start_us: int
    end_us: int
    opened_by: PartyId
    opened_us: int
    touched_us: int
    members: tuple[Member, ...]
    area: Circle | Polygon | None = None
    subjects: tuple[Subject, ...] = ()
    accounts: tuple[Account, ...] = ()
    questions: tuple[Question, ...] = ()
    evidence: tuple[Lodged, ...] = ()
    results: tuple[InquiryResult, ...] = ()

    @property
    def parties(self) -> tuple[PartyId, ...]:
        """All who are named in it, of both columns."""
        return tuple(each.party for each in self.members)

    def member(self, party: PartyId) -> Member | None:
        """How a party is named in it."""
        return next((each for each in self.members if each.party == party), None)

    def question(self, question: QuestionId) -> Question | None:
        """One of its questions."""
        return next((each for each in self.questions if each.id == question), None)

    def lodged(self, evidence: EvidenceId) -> Lodged | None:
        """One piece of the evidence lodged."""
        return next((each for each in self.evidence if each.id == evidence), None)

    def result(self, result: ResultId) -> InquiryResult | None:
        """One of the results transmitted."""
        return next((each for each in self.results if each.id == result), None)


class IncidentOpened(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True, omit_defaults=True
):
    """A party opened an incident. column: its own; parties, observers: the others named."""

    incident: IncidentId
    party: PartyId
    column: Column
    title: str
    start_us: int
    end_us: int
    parties: tuple[PartyId, ...]
    observers: tuple[PartyId, ...] = ()
    area: Circle | Polygon | None = None


class PartiesNamed(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True, omit_defaults=True
):
    """Others were named in it. concerned: who was named before. title to area: as it was opened,
    for those who are new.
    """

    incident: IncidentId
    party: PartyId
    parties: tuple[PartyId, ...]
    observers: tuple[PartyId, ...]
    concerned: tuple[PartyId, ...]
    title: str
    start_us: int
    end_us: int
    area: Circle | Polygon | None = None


class SubjectsNamed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """A party said what objects it is about. Only that party reads this entry."""

    incident: IncidentId
    party: PartyId
    subjects: tuple[str, ...]


class OpenIncident(msgspec.Struct, frozen=True, tag=True):
    """Open an incident. observes: whether the opener's own column is an observer's."""

    incident: IncidentId
    title: str
    start_us: int
    end_us: int
    parties: tuple[PartyId, ...]
    observers: tuple[PartyId, ...] = ()
    area: Circle | Polygon | None = None
    observes: bool = False


class NameParties(msgspec.Struct, frozen=True, tag=True):
    """Name others in it, or make a party of an observer."""

    incident: IncidentId
    parties: tuple[PartyId, ...] = ()
    observers: tuple[PartyId, ...] = ()


class NameSubjects(msgspec.Struct, frozen=True, tag=True):
    """Say which objects it is about. Nothing is said of whether they exist."""

    incident: IncidentId
    subjects: tuple[str, ...]
