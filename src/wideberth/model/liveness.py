"""Whether a party is there, and whether a hazard still is: what is said, and what silence gives.

Silence never gives more than "unknown" (L-05, L-09): a missed heartbeat does not say that a channel
is up, a missed status does not say that a hazard is over, and its end is not an ALL-CLEAR.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from wideberth.model.avoiding import Suggested
from wideberth.model.channels import ChannelState
from wideberth.model.ids import IntentId, PartyId
from wideberth.model.intents import Visibility, is_shown
from wideberth.model.notices import Particulars
from wideberth.space.time import HOUR_US, MINUTE_US

__all__ = [
    "AllClearGiven",
    "ChannelReported",
    "ChannelResumed",
    "ChannelSuspended",
    "GiveAllClear",
    "GiveHeartbeat",
    "HazardStated",
    "HazardStatus",
    "HazardUnheard",
    "HazardWatch",
    "HeartbeatGiven",
    "HeartbeatMissed",
    "Heartbeats",
    "PartyChannel",
    "ReportChannel",
    "ResumeChannel",
    "StateHazard",
    "SuspendChannel",
]


class Heartbeats(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How often who is there says so (D-07 [P]: twice daily, hourly in operations), and how late
    a heartbeat may be before it is missed. hazard_us: the beat of a live hazard's status (L-05).
    """

    every_us: int = 12 * HOUR_US
    busy_us: int = HOUR_US
    grace_us: int = 2 * MINUTE_US
    hazard_us: int = 5 * MINUTE_US


class HazardStatus(StrEnum):
    """What the party of a hazard says of it. UNKNOWN: it said so, or said nothing."""

    ACTIVE = "active"
    MOVED = "moved"
    ENDED = "ended"
    UNKNOWN = "unknown"


class GiveHeartbeat(msgspec.Struct, frozen=True, tag=True):
    """Say that the author's desk is there; degraded: not by all of its means."""

    degraded: bool = False


class SuspendChannel(msgspec.Struct, frozen=True, tag=True):
    """Suspend the author's channel, by a signed statement (D-11). scope: what of it, in words;
    for_minutes: None: until it is resumed. STOP stays usable.
    """

    scope: str
    reason: str
    for_minutes: int | None = None


class ResumeChannel(msgspec.Struct, frozen=True, tag=True):
    """End the suspension of the author's channel."""


class ReportChannel(msgspec.Struct, frozen=True, tag=True):
    """Say what the author found of another party's channel: down or refused."""

    about: PartyId
    state: ChannelState
    reason: str


class StateHazard(msgspec.Struct, frozen=True, tag=True):
    """Give the status of a hazard of the author's."""

    intent: IntentId
    status: HazardStatus


class GiveAllClear(msgspec.Struct, frozen=True, tag=True):
    """Say, signed, that a hazard of the author's is over and the place clear (N-18)."""

    intent: IntentId


class HeartbeatGiven(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True, omit_defaults=True
):
    """The party's desk is there. first: it is heard for the first time, or again."""

    party: PartyId
    degraded: bool = False
    first: bool = False


class HeartbeatMissed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """The party was to be heard by due_us and was not; or its suspension ended and it is silent."""

    party: PartyId
    step: int
    due_us: int


class ChannelSuspended(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True, omit_defaults=True
):
    """The party suspended its channel. What stood before stays visible."""

    party: PartyId
    scope: str
    reason: str
    for_minutes: int | None = None


class ChannelResumed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """The party's channel is suspended no longer."""

    party: PartyId


class ChannelReported(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """A party says what it found of another's channel. It is one side's word, and shown as such."""

    party: PartyId
    about: PartyId
    state: ChannelState
    reason: str


class HazardStated(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """The party of a hazard gave its status."""

    party: PartyId
    intent: IntentId
    status: HazardStatus


class HazardUnheard(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True, omit_defaults=True
):
    """A hazard's status was due and was not given: it is unknown. ended: its time is over, and
    nobody said that it is clear.
    """

    party: PartyId
    intent: IntentId
    step: int
    due_us: int
    ended: bool = False


class AllClearGiven(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """The party of a hazard says that it is over and clear; notices tell whoever was told of it."""

    party: PartyId
    intent: IntentId


class PartyChannel(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What is known of a party's channel. step: counts what was heard and missed; by: whose word
    it is, None: the mechanism's; before: the state that a suspension found; until_us: its end.
    """

    party: PartyId
    state: ChannelState
    since_us: int
    heard_us: int
    step: int = 0
    by: PartyId | None = None
    reason: str = ""
    scope: str = ""
    until_us: int | None = None
    before: ChannelState | None = None


class HazardWatch(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is known of a hazard that was not said to be clear. status: None: its time has not come,
    and nothing was said. stated_us: the last word; step: counts words and misses; over: its time is
    over, or its party ended it (by_time: the former). told: who was told of it by a notice that
    named it; particulars: what those read back. suggested: where its party suggests to keep.
    """

    intent: IntentId
    party: PartyId
    version: int
    start_us: int
    end_us: int
    visibility: Visibility
    status: HazardStatus | None = None
    stated_us: int = 0
    step: int = 0
    over: bool = False
    by_time: bool = False
    told: tuple[PartyId, ...] = ()
    particulars: Particulars | None = None
    suggested: Suggested | None = None

    def is_shown_to(self, reader: PartyId) -> bool:
        """Whether a party was told of it and sees it, or it is its own."""
        if reader == self.party:
            return True
        return reader in self.told and is_shown(self.visibility, self.party, reader)

    @property
    def informed(self) -> tuple[PartyId, ...]:
        """Its party, and whoever is told what becomes of it."""
        return (self.party, *(each for each in self.told if self.is_shown_to(each)))
