"""Positions from the archive within a timeline, by minute, as far as its reader could see them."""

from __future__ import annotations

from typing import NamedTuple

from wideberth.evidence.alone.kept import KEPT_SENTENCE, kept_minutes
from wideberth.evidence.positions import kept_window, positions_in
from wideberth.evidence.scope import Scope
from wideberth.faces.api import timeline_told as out
from wideberth.faces.api.desk import Desk
from wideberth.model.ids import PartyId
from wideberth.space.time import MINUTE_US, SECOND_US, format_rfc3339
from wideberth.trackkeeping import MOST_FIXES
from wideberth.watch.segments import KeptFix

__all__ = ["Positions", "positions_kept", "tracks_out"]


class Positions(NamedTuple):
    """fixes: the last of each track in each minute, by time. kept: whether any are, on this node;
    cut: whether there are more.
    """

    fixes: list[KeptFix]
    kept: bool
    cut: bool
    clocks: dict[str, int]
    entries: dict[str, int | None]


async def positions_kept(
    desk: Desk, scope: Scope, party: PartyId, named: frozenset[str]
) -> Positions:
    """Kept positions of the scope. named: tracks that are in whatever area they were, as
    ``feed party/id``.
    """
    keeping = desk.live.keeping
    if keeping is None:
        return Positions([], kept=False, cut=False, clocks={}, entries={})
    begin_us, end_us, is_cut = kept_window(scope, desk.service.context().now_us)
    found = await keeping.kept(begin_us, end_us, party, limit=MOST_FIXES)
    fixes = positions_in(found, scope, named)
    picture = desk.picture
    feeds = {each.feed_party for each in fixes if each.feed_party is not None}
    known = {name: picture.clocks.get(PartyId(name)) for name in feeds}
    return Positions(
        fixes,
        kept=True,
        cut=len(found) >= MOST_FIXES or is_cut,
        clocks={name: clock.bound_us for name, clock in known.items() if clock is not None},
        entries={each.segment: keeping.entry_of(each.segment) for each in fixes},
    )


def tracks_out(positions: Positions) -> out.TracksKeptOut:
    """As the wire has it."""
    told = [
        out.MinuteOut(
            minute=format_rfc3339(each.minute * MINUTE_US),
            positions=[_fix_out(fix, positions) for fix in each.positions],
            none_kept=list(each.none_kept),
        )
        for each in kept_minutes(positions.fixes)
    ]
    return out.TracksKeptOut(
        kept=positions.kept, sentence=KEPT_SENTENCE, cut=positions.cut, minutes=told
    )


def _other_time(value: object, said_us: int, fix: KeptFix) -> str | None:
    """When a value was said, where it was and at another moment than the position's."""
    return None if value is None or said_us == fix.time_us else format_rfc3339(said_us)


def _fix_out(fix: KeptFix, positions: Positions) -> out.KeptFixOut:
    clock_us = positions.clocks.get(fix.feed_party or "")
    return out.KeptFixOut(
        track=fix.track,
        feed=fix.feed,
        feed_party=fix.feed_party or "",
        time=format_rfc3339(fix.time_us),
        latitude=fix.latitude_nd / 1e9,
        longitude=fix.longitude_nd / 1e9,
        altitude_m=None if fix.altitude_w84_mm is None else fix.altitude_w84_mm / 1000,
        altitude_time=_other_time(fix.altitude_w84_mm, fix.altitude_us, fix),
        uncertainty_m=None if fix.accuracy_mm is None else fix.accuracy_mm / 1000,
        clock_error_s=None if clock_us is None else clock_us / SECOND_US,
        call_sign=fix.call_sign,
        call_sign_time=_other_time(fix.call_sign, fix.call_sign_us, fix),
        party=fix.owner,
        segment=fix.segment,
        entry=positions.entries.get(fix.segment),
    )
