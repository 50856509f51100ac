"""STOP, OUR-ERROR and DOUBT as they are answered."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from wideberth.faces.api.told.base import Out
from wideberth.faces.api.told.clashes import ContactOut
from wideberth.model.ladders import Post
from wideberth.model.stops import Form, Identified


class StopAreaOut(Out, frozen=True, kw_only=True, omit_defaults=False):
    """Everything within radius_m of a point (WGS84 degrees)."""

    latitude: float
    longitude: float
    radius_m: float


class StopReadOut(Out, frozen=True, kw_only=True, omit_defaults=False):
    """That a person at a party has read a STOP: at which posts, and so long after it was sent, as
    the record has it.
    """

    party: str
    posts: list[Post]
    after_s: float
    in_time: bool


class StopReadingOut(Out, frozen=True, kw_only=True, omit_defaults=False):
    """Who has read a STOP, by what people said; delivery counts for nothing. A receiver is shown
    its own word alone; the sender and a neutral all of them: first_s: to the first one; unread:
    parties at which nobody has. next, at: who is told next where nobody has read it, and when;
    next None with a time: all of them once more. read_within_s: by when it should be read.
    """

    read_within_s: float
    reads: list[StopReadOut]
    first_s: float | None = None
    unread: list[str] | None = None
    next: Post | None = None
    at: str | None = None
    sentence: str


class StopOut(Out, frozen=True, kw_only=True):
    """A STOP, or one of its kin, as it was told. intent: only where you may see it. doubts: why the
    sender is unverified. recorded: whether it is in the record yet, at position; what is sent
    again once it is, is the same by its id. count: which one of its place it is; posts: who at
    each party is told at the same time; reading: once it is in the record. unit: the convoy or
    post of the sender's that told it; directly: whether you agreed that it may. units: of your
    own, to which it goes at the same time, as agreed.
    """

    id: str
    form: Form
    sender: str
    identified: Identified
    sent: str
    text: str = ""
    intent: str | None = None
    zone: str | None = None
    area: StopAreaOut | None = None
    doubts: str | None = None
    contact: ContactOut | None = None
    recorded: bool = msgspec.field(name="recorded")
    position: int | None = None
    count: int
    posts: list[Post]
    unit: str | None = None
    directly: bool | None = None
    units: list[str] = []
    reading: StopReadingOut | None = None


class StopReadTold(Out, frozen=True, kw_only=True, omit_defaults=False):
    """Your word that a person has read a STOP is in the record."""

    stop: str
    post: Post
    after_s: float
    in_time: bool
    sentence: str
    position: int
    time: str


class StopsPage(Out, frozen=True, kw_only=True, omit_defaults=False):
    """STOPs of the last day in the order of their ids."""

    stops: list[StopOut]
    next: str | None


class StopSent(Out, frozen=True, kw_only=True):
    """What became of a STOP. sent_to: on so many other parties' streams of this node, of so many
    parties; None: it was sent before, under the same key. kept: on disk, so that a crash does not
    keep it from the record. recorded: in the record, at position.
    """

    id: str
    identified: Identified
    sent: str
    sent_to: int | None
    of: int
    kept: bool
    recorded: bool
    doubts: str | None = None
    position: int | None = None


class RequestOut(Out, frozen=True, kw_only=True, omit_defaults=False):
    """What became of a request. state: ``applied``, in the record, with the answer; ``sent``, a
    STOP or an answer that left and waits for the record, with what is known of it; ``refused``, an
    answer that was taken while the record took none, and that the rules refused when it was to be
    recorded. position: null while it is not in the record. time: when it was decided, or taken.
    """

    state: Literal["applied", "sent", "refused"]
    position: int | None
    time: str
    answer: Any
