"""What is known of a party's clock: the command that measures it, the entries, and what stands."""

from __future__ import annotations

import msgspec

from wideberth.model.ids import PartyId

__all__ = ["ClockMeasured", "DueLook", "LookAgain", "LookDue", "MeasureClock", "MeasuredClock"]


class MeasureClock(msgspec.Struct, frozen=True, tag=True):
    """Put into the record how far the author's clock is ahead of the record's, microseconds:
    somewhere from low to high (:class:`wideberth.space.clockskew.Skew`).
    """

    low_us: int
    high_us: int


class ClockMeasured(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """From here on the party's times count as off by up to this much: its clock is ahead of the
    record's by low to high, microseconds, rounded outward to the agreed step.
    """

    party: PartyId
    low_us: int
    high_us: int


class LookAgain(msgspec.Struct, frozen=True, tag=True):
    """Look on at what stands of a party whose clock was measured worse, from where the last look
    ended (after, :class:`DueLook`).
    """

    party: PartyId
    after: str


class LookDue(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """What stands of a party was looked at again, up to here, and clashes that are new were told.

    before_us: the bound under which it was decided. since_us: what was told later was decided
    under the new one. after: the last object that was looked at, in order of ``intent/<id>`` and
    ``zone/<id>``; done: nothing comes after it.
    """

    party: PartyId
    before_us: int
    since_us: int
    after: str
    done: bool


class DueLook(msgspec.Struct, frozen=True, gc=False):
    """A look at what stands of a party that is not at its end yet; as in :class:`LookDue`."""

    before_us: int
    since_us: int
    after: str


class MeasuredClock(msgspec.Struct, frozen=True, gc=False):
    """What stands of a party's clock. time_us: when it was put into the record."""

    low_us: int
    high_us: int
    time_us: int

    @property
    def bound_us(self) -> int:
        """How far a time that the party tells may be off, at most."""
        return max(abs(self.low_us), abs(self.high_us))
