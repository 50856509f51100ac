"""Positions that were kept: of each track the last one in each minute, as lines.

A position is what a feed reported, by the clock of the feed's party. So within a minute the lines
stand by the names of the tracks, which says nothing of which was first; and a line whose clock may
be off beyond the minute, or was not measured, says so.
"""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Tuple

from wideberth.evidence.alone.container import is_array, is_object
from wideberth.evidence.alone.phrases import (
    duration_words,
    height_age_words,
    height_words,
    metres_words,
    place_words,
    time_words,
)

__all__ = [
    "KEPT_SENTENCE",
    "KeptMinute",
    "KeptPosition",
    "kept_minutes",
    "kept_name",
    "kept_nearness",
    "kept_words",
]

KEPT_SENTENCE = (
    "Positions are what feeds reported, not entries. Where none is kept, or none that you could"
    " see, that does not say that nothing was there."
)
_MINUTE = 60_000_000  # microseconds
_DAY = 1_440  # minutes


class KeptPosition(NamedTuple):
    """A position as its feed reported it. altitude_mm: above the WGS84 ellipsoid; accuracy_mm:
    horizontal, 95 %; None: the feed said none. entry: the one with the digest of the file that
    holds it; None: that file is still open. altitude_behind_us: how long before time_us the height
    was said, negative: after it; None: with the position.
    """

    time_us: int
    track: str
    feed_party: str
    feed: str
    latitude_nd: int
    longitude_nd: int
    altitude_mm: Optional[int]
    accuracy_mm: Optional[int]
    entry: Optional[int]
    altitude_behind_us: Optional[int] = None


class KeptMinute(NamedTuple):
    """minute: since 1970. positions: by name of the track. none_kept: names of tracks that have
    positions before and after, and none here.
    """

    minute: int
    positions: Tuple[Any, ...]
    none_kept: Tuple[str, ...]


def kept_name(feed_party: str, track: str) -> str:
    """A track as warnings name it. feed_party: "" of a public source."""
    return f"{feed_party}/{track}"


def kept_minutes(positions: Iterable[Any], longest: int = _DAY) -> List[KeptMinute]:
    """The last position of each track in each minute; each has time_us, feed_party and track.
    Minutes in which there is nothing to say are left out, and what lies between two positions that
    are further apart than longest, in minutes.
    """
    last: Dict[int, Dict[str, Any]] = {}
    for each in sorted(positions, key=lambda each: each.time_us):
        minute, name = each.time_us // _MINUTE, kept_name(each.feed_party or "", each.track)
        last.setdefault(minute, {})[name] = each
    gaps: Dict[int, List[str]] = {}
    for name, minutes in _minutes_by_name(last).items():
        for before, after in zip(minutes, minutes[1:]):  # noqa: RUF007 - pairwise came with 3.10
            for minute in range(before + 1, after) if after - before <= longest else ():
                gaps.setdefault(minute, []).append(name)
    return [
        KeptMinute(
            minute,
            tuple(each for _, each in sorted(last.get(minute, {}).items())),
            tuple(sorted(gaps.get(minute, ()))),
        )
        for minute in sorted({*last, *gaps})
    ]


def _minutes_by_name(last: Dict[int, Dict[str, Any]]) -> Dict[str, List[int]]:
    found: Dict[str, List[int]] = {}
    for minute in sorted(last):
        for name in last[minute]:
            found.setdefault(name, []).append(minute)
    return found


def kept_nearness(entries: Iterable[Any]) -> Dict[Tuple[str, int], List[str]]:
    """By track and minute, what warnings that rest on a position of then say of how near it was.

    Only what an entry says: nothing is worked out here.
    """
    found: Dict[Tuple[str, int], List[str]] = {}
    for entry in entries:
        warning: Any = entry.value["body"].get("warning")
        if not is_object(warning) or not is_array(warning.get("objects")):
            continue
        sides = [each for each in warning["objects"] if is_object(each)]
        distance = _distance_words(warning)
        if distance is None:
            continue
        for each in sides:
            fix: Any = each.get("fix")
            time_us = fix.get("time_us") if is_object(fix) else None
            if each.get("type") != "track" or type(time_us) is not int:
                continue
            others = [
                "{} {}".format(other.get("type"), other.get("id"))
                for other in sides
                if other is not each
            ]
            words = "entry {} warns ({}): {}".format(
                entry.position, warning.get("kind"), distance
            ) + (" of {}".format(" and ".join(others)) if others else "")
            said = found.setdefault((str(each.get("id")), time_us // _MINUTE), [])
            if words not in said:
                said.append(words)
    return found


def _distance_words(warning: Dict[str, Any]) -> Optional[str]:
    parts = [
        "{} {}".format(metres_words(warning[name]), label)
        for name, label in (("horizontal_mm", "across"), ("vertical_mm", "in height"))
        if type(warning.get(name)) is int
    ]
    return "at the nearest foreseen " + " and ".join(parts) if parts else None


def kept_words(position: KeptPosition, error_us: Optional[int], near: Iterable[str] = ()) -> str:
    """The line of a position. error_us: how far the clock of its feed's party may be off; None:
    nobody measured it. near: what :func:`kept_nearness` found of its track and minute.
    """
    height = "no height reported"
    if position.altitude_mm is not None:
        height = height_words({"value_mm": position.altitude_mm, "reference": "W84"})
        height += height_age_words(position.altitude_behind_us or 0)
    accuracy = "its feed states no accuracy"
    if position.accuracy_mm is not None:
        accuracy = "give or take " + metres_words(position.accuracy_mm)
    proof = "its file is still open"
    if position.entry is not None:
        proof = "the digest of its file is entry %d" % position.entry
    words = "{} {} at {}, {}; {} [feed {} of {}: {}; {}]".format(
        time_words(position.time_us)[11:],
        kept_name(position.feed_party, position.track),
        place_words(position.latitude_nd, position.longitude_nd),
        height,
        accuracy,
        position.feed,
        position.feed_party or "a public source",
        _clock_words_of(position.time_us, error_us),
        proof,
    )
    return "; ".join([words, *near])


def _clock_words_of(time_us: int, error_us: Optional[int]) -> str:
    if error_us is None:
        return "nobody measured its clock"
    words = "its clock may be off by " + duration_words(error_us)
    begin_us = time_us // _MINUTE * _MINUTE
    if time_us - error_us < begin_us or time_us + error_us >= begin_us + _MINUTE:
        words += ", so that it may be of another minute"
    return words
