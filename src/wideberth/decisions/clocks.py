"""The rules for clocks: which measurements enter the record, and how far apart two must be (L-12).

A party's clock is measured by itself, against a node (:mod:`wideberth.space.clockskew`). What
stands of it is rounded outward to the agreed step, so that it holds each offset that was measured.
A wider interval is taken at once; a narrower one when it is narrower by more than a step, and when
the last one is as old as agreed: nobody's error is forgotten early, and nobody fills the record.
What follows for what stands already is in :mod:`wideberth.decisions.measuring`.
"""

from __future__ import annotations

from wideberth.model.ids import PartyId
from wideberth.model.settings import Rules
from wideberth.picture.picture import Picture
from wideberth.space.clockskew import Skew
from wideberth.space.volume import Separation

__all__ = ["apart", "is_due", "lengthened", "reaching", "rounded"]

_LONGEST_US = 10**15  # of a separation


def apart(picture: Picture, separation: Separation, first: PartyId, second: PartyId) -> Separation:
    """The separation between what two parties told: their clocks' bounds are added in time, so
    that it is kept whatever their clocks show. As it is where neither clock was measured.
    """
    if not picture.worst_clock_us:
        return separation
    return lengthened(separation, picture.clock_bound_us(first) + picture.clock_bound_us(second))


def reaching(picture: Picture, separation: Separation, party: PartyId) -> Separation:
    """The widest that :func:`apart` gives between the party and any other."""
    if not picture.worst_clock_us:
        return separation
    return lengthened(separation, picture.clock_bound_us(party) + picture.worst_clock_us)


def is_due(picture: Picture, party: PartyId, skew: Skew, *, now_us: int) -> bool:
    """Whether this measurement is to be put into the record.

    While what stands is looked at again because of a clock that got worse, no bound gets narrower:
    what met under the wider ones, and is not looked at yet, would not be told.
    """
    standing, rules = picture.clocks.get(party), picture.space.rules
    if standing is None:
        return True
    low_us, high_us = rounded(skew, rules)
    if picture.clock_looks and max(abs(low_us), abs(high_us)) < standing.bound_us:
        return False
    is_old = now_us - standing.time_us >= rules.clock_every_us
    if low_us < standing.low_us or high_us > standing.high_us:
        # Beyond the cap nothing widens any more, so that it can wait.
        return is_old or standing.bound_us < rules.clock_cap_us
    step_us = rules.clock_step_us
    return is_old and (low_us - standing.low_us > step_us or standing.high_us - high_us > step_us)


def rounded(skew: Skew, rules: Rules) -> tuple[int, int]:
    """What was measured, outward to whole steps: least and greatest offset, microseconds."""
    step_us = rules.clock_step_us
    return skew.low_us // step_us * step_us, -(-skew.high_us // step_us) * step_us


def lengthened(separation: Separation, time_us: int) -> Separation:
    """A separation with so much more time between, microseconds."""
    if not time_us:
        return separation
    return Separation(
        separation.horizontal_mm,
        separation.vertical_mm,
        min(_LONGEST_US, separation.time_us + time_us),
    )
