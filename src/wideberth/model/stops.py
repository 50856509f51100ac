"""STOP and its kin: sent first, recorded as soon as the record can. The fewest fields there are.

A STOP goes to every party of the space. It is never merged with another, and nothing of it is
decided: it is told as it came, marked with how its sender was identified.
"""

from __future__ import annotations

from enum import StrEnum
from hashlib import sha256

import msgspec

from wideberth.model.ids import IntentId, NoticeId, PartyId, UnitToken, ZoneId
from wideberth.model.notices import Particulars, Verb
from wideberth.model.parties import Author

__all__ = [
    "MAX_STOP_TEXT",
    "Area",
    "Form",
    "Identified",
    "RecordAnswer",
    "Stop",
    "StopToUnits",
    "StopTold",
    "TellStop",
    "stop_id",
]

MAX_STOP_TEXT = 200  # characters


class Form(StrEnum):
    """What is said: stop; this was our own error (L-10); I doubt this (L-07)."""

    STOP = "stop"
    OUR_ERROR = "our-error"
    DOUBT = "doubt"


class Identified(StrEnum):
    """How the sender is known. UNVERIFIED: it claims to be this party and did not prove it."""

    SIGNED = "signed"
    ATTESTED = "attested"
    UNVERIFIED = "unverified"


def stop_id(identified: Identified, sender: PartyId, key: str, told: bytes) -> str:
    """The id of a STOP: the same words under the same key are one. told: the bytes that came.

    What is proved of the sender is part of it, so that nobody takes a place with what it cannot
    prove; and of a signed one anybody can work it out from the statement.
    """
    named = f"{identified.value}\n{sender}\n{key}\n".encode()
    return f"stop-{sha256(named + told).hexdigest()[:32]}"


class Area(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """Everything within a radius of a point (WGS84)."""

    latitude_nd: int
    longitude_nd: int
    radius_mm: int


class Stop(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """What was told. intent, zone: the place by id, as the sender gave it; a reader is given it
    only where it may see the object. sent_us: when the node sent it on.
    doubts: why the sender is UNVERIFIED: a code of what its credential lacks.
    """

    id: str
    form: Form
    sender: PartyId
    identified: Identified
    sent_us: int
    text: str = ""
    intent: IntentId | None = None
    zone: ZoneId | None = None
    area: Area | None = None
    doubts: str | None = None


class TellStop(msgspec.Struct, frozen=True, tag=True):
    """Record a STOP that was sent. statement: what its sender signed, verbatim, where it is not
    told under that signature: under a former name of the record, or out of its key's chain.
    unit: the convoy or post of the sender's that tells it, by its token. request: the sender's
    idempotency key, where the mechanism records it.
    """

    stop: Stop
    statement: str | None = None
    unit: UnitToken | None = None
    request: str | None = None


class StopTold(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True, omit_defaults=True
):
    """A STOP was sent to every party of the space, at stop.sent_us. statement, request: see
    TellStop.

    count: which one of its place and form it is, of a day (L-03).
    """

    stop: Stop
    statement: str | None = None
    count: int = 1
    unit: UnitToken | None = None
    request: str | None = None


class StopToUnits(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """A STOP went to these units of a party at the same time, as its sender and it had agreed."""

    stop: str
    party: PartyId
    units: tuple[UnitToken, ...]


class RecordAnswer(msgspec.Struct, frozen=True, tag=True):
    """Record an answer to a notice that was taken while the record took nothing.

    by, time_us: who gave it and when. statement: what was signed, verbatim, under the name that
    the record had then. request: its idempotency key. The other members are those of
    :class:`~wideberth.model.commands.AcknowledgeNotice`.
    """

    by: Author
    time_us: int
    notice: NoticeId
    verb: Verb
    unit: UnitToken | None = None
    system: str | None = None
    reason: str | None = None
    read_back: Particulars | None = None
    attested: bool = False
    statement: str | None = None
    request: str | None = None
    difference: str | None = None
    content: str | None = None
    clock_us: int | None = None
