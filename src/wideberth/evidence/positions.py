"""Kept positions within a timeline: which bear on its scope, and their lines of text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from wideberth.evidence.alone.kept import (
    KEPT_SENTENCE,
    KeptMinute,
    KeptPosition,
    kept_minutes,
    kept_name,
    kept_nearness,
    kept_words,
)
from wideberth.evidence.scope import Area, Scope, Seen
from wideberth.space.time import DAY_US, MINUTE_US, format_rfc3339
from wideberth.watch.segments import KeptFix

__all__ = ["MOST_MINUTES", "kept_window", "position_lines", "positions_in", "tracks_named"]

MOST_MINUTES = 1_440
"""Minutes of positions that are told at once."""


def kept_window(scope: Scope, now_us: int) -> tuple[int, int, bool]:
    """Of which times positions are told: from, before, and whether that leaves some of it out."""
    end_us = min(scope.end_us, now_us + MINUTE_US)
    begin_us = max(scope.begin_us, end_us - MOST_MINUTES * MINUTE_US)
    is_cut = begin_us > scope.begin_us > end_us - 3650 * DAY_US
    return begin_us, end_us, is_cut


def positions_in(found: Iterable[KeptFix], scope: Scope, named: frozenset[str]) -> list[KeptFix]:
    """Those that bear on the scope, of each track the last in each minute. named: tracks that are
    in whatever area they were, as ``feed party/id``.
    """
    area = Area(scope.area)
    last: dict[tuple[int, str | None, str], KeptFix] = {}
    for each in found:
        if _bears(each, scope, named, area):
            key = (each.time_us // MINUTE_US, each.feed_party, each.track)
            if key not in last or last[key].time_us <= each.time_us:
                last[key] = each
    return sorted(last.values(), key=lambda each: (each.time_us, each.track))


def _bears(fix: KeptFix, scope: Scope, named: frozenset[str], area: Area) -> bool:
    if scope.is_everything or kept_name(fix.feed_party or "", fix.track) in named:
        return True
    if scope.area is None:
        return not {fix.feed_party, fix.owner}.isdisjoint(scope.parties)
    place = {"latitude_nd": fix.latitude_nd, "longitude_nd": fix.longitude_nd}
    return bool(area.touches(place))


def tracks_named(entries: Iterable[Seen]) -> frozenset[str]:
    """Tracks that a warning among entries names, as ``feed party/id``."""
    names: set[str] = set()
    for seen in entries:
        body = seen.value["body"]
        if body["type"].startswith("Warning"):
            objects = body["warning"]["objects"]
            names |= {each["id"] for each in objects if each["type"] == "track"}
    return frozenset(names)


def position_lines(
    fixes: Sequence[KeptFix],
    *,
    clocks: Mapping[str, int],
    digests: Mapping[str, int | None],
    entries: Iterable[Seen] = (),
    is_kept: bool = True,
    is_cut: bool = False,
) -> list[str]:
    """Lines of text, a line for each track and minute. clocks: by party, how far it may be off, in
    microseconds; digests: by segment, the entry with its digest. entries: as the reader sees them:
    warnings say how near something was. is_kept: whether any are kept; is_cut: there are more.
    """
    if not is_kept:
        return ["  This node keeps no positions.", f"  {KEPT_SENTENCE}"]
    lines = [f"  {KEPT_SENTENCE}"]
    near = kept_nearness(entries)
    for minute in _minutes(fixes, digests):
        lines.append(f"  {format_rfc3339(minute.minute * MINUTE_US).replace('T', ' ')[:16]} UTC")
        for each in minute.positions:
            said = near.get((kept_name(each.feed_party, each.track), minute.minute), ())
            lines.append("    " + kept_words(each, clocks.get(each.feed_party), said))
        lines += [f"    no position kept of {name}" for name in minute.none_kept]
    if is_cut:
        lines.append("  There are more; ask for a shorter time.")
    return lines


def _minutes(fixes: Sequence[KeptFix], digests: Mapping[str, int | None]) -> list[KeptMinute]:
    return kept_minutes(
        KeptPosition(
            each.time_us,
            each.track,
            each.feed_party or "",
            each.feed,
            each.latitude_nd,
            each.longitude_nd,
            each.altitude_w84_mm,
            each.accuracy_mm,
            digests.get(each.segment),
            each.altitude_behind_us,
        )
        for each in fixes
    )
