"""Positions from the archive within a timeline, by minute, as far as its reader could see them."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from wideberth.evidence.scope import Area, Scope
from wideberth.faces.api import timeline_told as out
from wideberth.faces.api.desk import Desk
from wideberth.model.ids import PartyId
from wideberth.space.time import MINUTE_US, SECOND_US, format_rfc3339
from wideberth.trackkeeping import MOST_FIXES
from wideberth.watch.observations import ObjectRef
from wideberth.watch.recorded import track_name
from wideberth.watch.segments import KeptFix

__all__ = ["NO_POSITIONS", "Positions", "position_lines", "positions_kept", "tracks_out"]

NO_POSITIONS = (
    "Positions are what feeds reported, not entries. Where none is kept, or none that you could"
    " see, that does not say that nothing was there."
)
_MOST_MINUTES = 1_440


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
    end_us = min(scope.end_us, desk.service.context().now_us + MINUTE_US)
    begin_us = max(scope.begin_us, end_us - _MOST_MINUTES * MINUTE_US)
    found = await keeping.kept(begin_us, end_us, party, limit=MOST_FIXES)
    area = Area(scope.area)
    last: dict[tuple[int, str | None, str], KeptFix] = {}
    for each in found:
        owners = {each.feed_party, each.owner}
        if not scope.is_everything and _name(each) not in named and scope.area is None:
            if owners.isdisjoint(scope.parties):
                continue
        elif scope.area is not None and _name(each) not in named:
            place = {"latitude_nd": each.latitude_nd, "longitude_nd": each.longitude_nd}
            if not area.touches(place):
                continue
        last[each.time_us // MINUTE_US, each.feed_party, each.track] = each
    fixes = sorted(last.values(), key=lambda each: (each.time_us, each.track))
    picture = desk.picture
    feeds = {each.feed_party for each in fixes if each.feed_party is not None}
    known = {name: picture.clocks.get(PartyId(name)) for name in feeds}
    return Positions(
        fixes,
        kept=True,
        cut=len(found) >= MOST_FIXES or begin_us > scope.begin_us > end_us - 3650 * 86_400_000_000,
        clocks={name: clock.bound_us for name, clock in known.items() if clock is not None},
        entries={each.segment: keeping.entry_of(each.segment) for each in fixes},
    )


def tracks_out(positions: Positions) -> out.TracksKeptOut:
    """As the wire has it."""
    minutes: dict[int, list[KeptFix]] = defaultdict(list)
    spans: dict[str, tuple[int, int]] = {}
    for each in positions.fixes:
        minute = each.time_us // MINUTE_US
        minutes[minute].append(each)
        first, _ = spans.get(_name(each), (minute, minute))
        spans[_name(each)] = (first, minute)
    told: list[out.MinuteOut] = []
    for minute in range(min(minutes), max(minutes) + 1) if minutes else ():
        there = {_name(each) for each in minutes.get(minute, ())}
        missing = sorted(
            name
            for name, (first, last) in spans.items()
            if first < minute < last and name not in there
        )
        if there or missing:
            told.append(
                out.MinuteOut(
                    minute=format_rfc3339(minute * MINUTE_US),
                    positions=[_fix_out(each, positions) for each in minutes.get(minute, ())],
                    none_kept=missing,
                )
            )
    return out.TracksKeptOut(
        kept=positions.kept, sentence=NO_POSITIONS, cut=positions.cut, minutes=told
    )


def position_lines(positions: Positions) -> list[str]:
    """Positions as lines of text, and where none are kept."""
    if not positions.kept:
        return ["  This node keeps no positions.", f"  {NO_POSITIONS}"]
    lines = [f"  {NO_POSITIONS}"]
    for minute in tracks_out(positions).minutes:
        lines.append(f"  {minute.minute[:10]} {minute.minute[11:16]} UTC")
        for each in minute.positions:
            error = "" if each.uncertainty_m is None else f", give or take {each.uncertainty_m:g} m"
            clock = (
                "nobody measured its clock"
                if each.clock_error_s is None
                else f"its clock may be off by {each.clock_error_s:g} s"
            )
            proof = (
                "its file is still open"
                if each.entry is None
                else f"the digest of its file is entry {each.entry}"
            )
            lines.append(
                f"    {each.time[11:]} {each.feed_party}/{each.track} at {each.latitude:.6f},"
                f" {each.longitude:.6f}{error} [feed {each.feed} of {each.feed_party}: {clock};"
                f" {proof}]"
            )
        lines += [f"    no position kept of {name}" for name in minute.none_kept]
    if positions.cut:
        lines.append("  There are more; ask for a shorter time.")
    return lines


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
        uncertainty_m=None if fix.accuracy_mm is None else fix.accuracy_mm / 1000,
        clock_error_s=None if clock_us is None else clock_us / SECOND_US,
        call_sign=fix.call_sign,
        party=fix.owner,
        segment=fix.segment,
        entry=positions.entries.get(fix.segment),
    )


def _name(fix: KeptFix) -> str:
    return track_name(ObjectRef("track", fix.track, fix.feed_party or ""))
