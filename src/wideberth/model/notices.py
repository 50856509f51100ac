"""Notices, their ladder, and the sentence that every acknowledgement carries."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from wideberth.model.channels import AnswerChannel, Identification, VoiceCall
from wideberth.model.conformance import ConformanceTold
from wideberth.model.ids import AgreementId, NoticeId, PartyId, UnitToken
from wideberth.model.intents import FieldChange
from wideberth.model.parties import Author
from wideberth.space.volume import Gap

__all__ = [
    "NEITHER_PERMISSION_NOR_GUARANTEE",
    "Acknowledgement",
    "Cell",
    "Clash",
    "Notice",
    "ObjectRef",
    "ObjectType",
    "Overlap",
    "Particulars",
    "ReadBackDifference",
    "Reliance",
    "Urgency",
    "Verb",
]

NEITHER_PERMISSION_NOR_GUARANTEE = (
    "This confirms receipt; it is neither permission nor a guarantee,"
    " and lack of notice removes no protection."
)
"""The sentence of D-02, carried by every acknowledgement in every language and export."""


class Verb(StrEnum):
    """What can be answered to a notice (D-01). None of them approves, clears or permits."""

    RECEIVED = "RECEIVED"
    READ_BACK = "READ-BACK"
    PASSED_DOWN = "PASSED-DOWN"
    LOADED = "LOADED"
    CANNOT_COMPLY = "CANNOT-COMPLY"
    DISPUTED = "DISPUTED"


class Urgency(StrEnum):
    """How soon a notice must reach people, by rule and never by judgement."""

    ROUTINE = "routine"
    PROMPT = "prompt"
    IMMEDIATE = "immediate"


class ObjectType(StrEnum):
    """What a notice can be about."""

    INTENT = "intent"
    ZONE = "zone"
    AGREEMENT = "agreement"


class ObjectRef(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """One version of an intent, a zone or an agreement."""

    type: ObjectType
    id: str
    version: int


class Cell(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """A cell of the agreed grid, nanodegrees: the overlap rounded out, and labelled so (P-03)."""

    south_nd: int
    west_nd: int
    size_nd: int


class Overlap(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False, omit_defaults=True
):
    """The part two volumes share, or lie too close in. Heights in mm above the WGS84 ellipsoid.

    cells: where, for somebody who may not see the other's geometry. whole: the recipient's own
    volume is all that can be said (it is too large or too close to a pole for the grid).
    """

    start_us: int
    end_us: int
    lower_mm: int
    upper_mm: int
    cells: tuple[Cell, ...] = ()
    whole: bool = False


class Clash(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False, omit_defaults=True):
    """One clash as the recipient of a notice may see it.

    own: the recipient's object (None for a neutral). other and other_party: None where they may
    not be seen; then contact says whom to call. gap: what lies between; 0 where they overlap.
    rule: which rule found it, with its version. unilateral: the other is one party's own zone,
    not agreed (Z-09).
    """

    rule: str
    other_kind: str
    gap: Gap
    overlap: Overlap
    own: ObjectRef | None = None
    other: ObjectRef | None = None
    other_party: PartyId | None = None
    contact: str | None = None
    unilateral: bool = False


class Particulars(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """What is read back (N-08): a point of the area, when, and how high.

    Heights in mm above the WGS84 ellipsoid. In a notice: as told; in an answer: as read back.
    """

    latitude_nd: int
    longitude_nd: int
    start_us: int
    end_us: int
    lower_mm: int
    upper_mm: int


class Reliance(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False, omit_defaults=True
):
    """Which version of an agreement a notice rests on (Z-04). provision: which of it.

    minimum_lead_us: what it asks for; late: that the subject was told later. cited: the version
    that its sender relied on, where that one is no longer, or not yet, in force.
    """

    agreement: AgreementId
    version: int
    provision: str | None = None
    minimum_lead_us: int = 0
    late: bool = False
    cited: int | None = None


class Notice(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False, omit_defaults=True):
    """The telling: one version of an object on its way to one party, however many clashes it names.

    number: counts the recipient's notices without a gap. subject: None where the recipient may not
    see it. particulars: what is to be read back. units: who must know, as the distribution list
    stood when it was issued.
    supersedes: the notice of the version before; having this one loaded closes that one too.
    held_by: the owners of presences that a hazard of the recipient touches: it does not close
    before each of them said so. more_clashes: how many there are beyond those named. withdrawal:
    the subject ended, for the recipient at least; what is asked is to take it off the list.
    removal: it is a presence for which its owner had named the recipient, so the owner follows this
    until it is confirmed (N-11).
    all_clear: its party says that the hazard is over, and the place clear (N-18).
    under: the versions of agreements that it rests on. uncovered: who may fire there and is not
    bound by them (Z-10).
    changes: what is different from the notice that this one takes the place of, field by field, as
    far as the recipient was shown it then and is shown it now (N-16).
    conformance: that the recipient's own flights are beyond the limits; told to nobody else.
    salt: random, and known to the recipient alone, so that a digest of the notice tells nobody else
    what is in it; empty in those of an earlier version of the program.
    """

    id: NoticeId
    number: int
    recipient: PartyId
    sender: PartyId | None
    urgency: Urgency
    issued_us: int
    subject: ObjectRef | None = None
    clashes: tuple[Clash, ...] = ()
    particulars: Particulars | None = None
    units: tuple[UnitToken, ...] = ()
    late: bool = False
    lead_us: int = 0
    supersedes: tuple[NoticeId, ...] = ()
    held_by: tuple[PartyId, ...] = ()
    more_clashes: int = 0
    withdrawal: bool = False
    removal: bool = False
    all_clear: bool = False
    under: tuple[Reliance, ...] = ()
    uncovered: tuple[str, ...] = ()
    changes: tuple[FieldChange, ...] = ()
    salt: str = ""
    conformance: ConformanceTold | None = None


class ReadBackDifference(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One field of a read-back that is off by more than the tolerance."""

    field: str
    told: str
    read_back: str


class Acknowledgement(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False, omit_defaults=True
):
    """One answer to a notice. attested: a role of the party stands for all its units.

    channel, identified: of an answer that was relayed: by what it came, and how the one who gave it
    is known; call: of one that was given by telephone.
    difference: the digest of the difference that is acknowledged (N-16). content: the digest of the
    notice as it was received; clock_us: when its giver answered, by that one's own clock (R-02).
    """

    notice: NoticeId
    verb: Verb
    by: Author
    time_us: int
    unit: UnitToken | None = None
    system: str | None = None
    reason: str | None = None
    read_back: Particulars | None = None
    differences: tuple[ReadBackDifference, ...] = ()
    attested: bool = False
    channel: AnswerChannel | None = None
    identified: Identification | None = None
    call: VoiceCall | None = None
    difference: str | None = None
    content: str | None = None
    clock_us: int | None = None
