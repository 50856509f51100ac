"""Channels, hazards, shifts and held lists as they are answered."""

from __future__ import annotations

from typing import Literal

from wideberth.faces.api.told.base import Out
from wideberth.faces.api.told.clashes import ClashOut, ObjectOut
from wideberth.model.avoiding import Unchecked
from wideberth.model.channels import ChannelState
from wideberth.model.ladders import Post
from wideberth.wire.asked import VolumeWire

HazardState = Literal[
    "announced",
    "active",
    "moved",
    "unknown",
    "ended, not confirmed clear",
    "ended by time, not confirmed clear",
]


class SaidOut(Out, frozen=True, kw_only=True):
    """What was said is recorded. kind: of the entry."""

    kind: str
    position: int
    time: str


class ChannelOut(Out, frozen=True, kw_only=True):
    """What is known of a party's channel; UNKNOWN where it was never heard. since: of the state;
    heard: the last heartbeat. by: whose word it is, where it is not the party's own heartbeat or
    its absence. scope, until: of a suspension; before: the state that it found. missed_calls: by
    what you agreed with the party; one that is UP or DEGRADED to others is UNKNOWN to you then.
    call_by: of your own channel alone: by when you are to be heard, or a call of yours is missed.
    """

    party: str
    state: ChannelState
    since: str | None = None
    heard: str | None = None
    by: str | None = None
    reason: str | None = None
    scope: str | None = None
    until: str | None = None
    before: ChannelState | None = None
    missed_calls: list[MissedCallOut] = []
    call_by: str | None = None


class MissedCallOut(Out, frozen=True, kw_only=True):
    """A call that an agreement of yours asks of the party, and that did not come."""

    agreement: str
    version: int
    since: str


class ChannelsPage(Out, frozen=True, kw_only=True, omit_defaults=False):
    """The channels of all parties. sentence: what silence is not."""

    channels: list[ChannelOut]
    sentence: str
    next: str | None


class AvoidingOut(Out, frozen=True, kw_only=True):
    """Where the party of a hazard suggests to keep. volumes: left out where it leads into something
    that you see, which in_the_way names. to: to its party, whom it named; empty where it went to
    whoever was told of the hazard. sentence: what a suggestion is not.
    """

    kind: str
    sentence: str
    volumes: list[VolumeWire] = []
    in_the_way: list[ObjectOut] = []
    suggested: str | None = None
    to: list[str] = []


class AvoidingSaid(Out, frozen=True, kw_only=True, omit_defaults=False):
    """What became of a suggestion. sent: false where it leads into something: then nobody has it.
    to: whom you named; empty where it went to whoever was told of the hazard.
    clashes, own: what stands in its way, of others as you may see it, and of yours. unchecked: why
    it could not be checked against hidden intents, and was not sent for that.
    """

    sent: bool
    to: list[str]
    clashes: list[ClashOut]
    own: list[ObjectOut]
    unchecked: Unchecked | None
    sentence: str
    position: int
    time: str


class HazardOut(Out, frozen=True, kw_only=True):
    """A hazard that nobody said to be clear. start, end: as far as you may know. stated: the
    last word of its party; next: to its party, when it is due to be heard. avoiding: where its
    party suggests to keep, checked once more against what stands as it is read.
    """

    intent: str
    party: str
    state: HazardState
    start: str | None = None
    end: str | None = None
    stated: str | None = None
    next: str | None = None
    avoiding: AvoidingOut | None = None


class HazardsPage(Out, frozen=True, kw_only=True, omit_defaults=False):
    """Hazards of yours, and those that you were told of and see. sentence: what silence is not."""

    hazards: list[HazardOut]
    sentence: str
    next: str | None


class ShiftOut(Out, frozen=True, kw_only=True):
    """Who holds a post: yours: it was taken with your credential. hours: since the hand-over."""

    post: Post
    since: str
    hours: float
    yours: bool = False


class ShiftsOut(Out, frozen=True, kw_only=True, omit_defaults=False):
    """The posts of your party, and the open list that a hand-over has to name by its digest. open:
    notices to you that are open; unanswered: those that nobody answered; oldest: of those open.
    """

    shifts: list[ShiftOut]
    open: int
    unanswered: int
    oldest: str | None
    open_list: str


class HeldOut(Out, frozen=True, kw_only=True, omit_defaults=False):
    """What you hold in force, in order. digest: SHA-256 over all of it, whatever the page; count:
    of all of it. size: entries of the record that it rests on.
    """

    held: list[ObjectOut]
    digest: str
    count: int
    size: int
    next: str | None
