"""The page's part about kept positions: the segments in the bundle, and a line for each track and
minute within the windows of its incidents.
"""

from __future__ import annotations

from typing import Any, Dict, List, Tuple

from wideberth.evidence.alone.columns import incident_windows
from wideberth.evidence.alone.kept import (
    KEPT_SENTENCE,
    kept_minutes,
    kept_name,
    kept_nearness,
    kept_words,
)
from wideberth.evidence.alone.markup import entry_link, mono_html, shown, shown_time, table_html
from wideberth.evidence.alone.words import Clocks, measured_clock

__all__ = ["position_sections"]

_MOST_POSITIONS = 2_000
_LONGEST = 60  # minutes without a position that are named one by one
_OF_A_MINUTE = 60_000_000  # microseconds


def position_sections(segments: List[Any], entries: List[Any]) -> List[str]:
    """Pieces of the page; none for a bundle without segments and without an entry that names one
    of the window of an incident.
    """
    windows = incident_windows(entries)
    rows: List[Tuple[str, str]] = []
    inside = {each.entry: each for each in segments}
    for entry in entries:
        body = entry.value["body"]
        if body["type"] != "SegmentRecorded":
            continue
        segment = inside.get(entry.position)
        if segment is not None:
            words = "%d positions of the feed %s of %s, from %s to %s, in %s<br>%s" % (
                len(segment.positions),
                shown(segment.feed),
                shown(segment.feed_party),
                shown_time(body["start_us"]),
                shown_time(body["end_us"]),
                mono_html(segment.file),
                mono_html(segment.sha256),
            )
        elif _touches_one(body, windows):
            words = "its positions are not in this bundle: no longer kept, or left out"
        else:
            continue
        rows.append((entry_link(entry.position, "Entry %d" % entry.position), words))
    if not rows:
        return []
    return [
        "<h2>Positions that were kept</h2>",
        f"<p>{shown(KEPT_SENTENCE)} They stand beside this page as they were kept, and each file "
        "of them gives the digest that its entry holds: of a Parquet file it is its SHA-256. Of "
        "each track the last in each minute is printed, within the windows above. Within a minute "
        "the lines stand by name, which says nothing of which was first.</p>",
        table_html(rows),
        *_position_lines(segments, windows, entries),
    ]


def _touches_one(body: Dict[str, Any], windows: List[Tuple[int, int]]) -> bool:
    times = (body.get("start_us"), body.get("end_us"))
    if any(type(each) is not int for each in times):
        return False
    return any(begin <= body["end_us"] and body["start_us"] <= end for begin, end in windows)


def _position_lines(
    segments: List[Any], windows: List[Tuple[int, int]], entries: List[Any]
) -> List[str]:
    last: Dict[Tuple[int, str], Any] = {}
    for segment in segments:
        for each in segment.positions:
            if any(begin <= each.time_us <= end for begin, end in windows):
                key = (each.time_us // _OF_A_MINUTE, kept_name(each.feed_party, each.track))
                if key not in last or last[key].time_us <= each.time_us:
                    last[key] = each
    chosen_keys = sorted(last)
    clocks: Clocks = {}
    for entry in entries:
        measured_clock(entry.value, clocks)
    near = kept_nearness(entries)
    parts: List[str] = []
    for minute in kept_minutes((last[key] for key in chosen_keys[:_MOST_POSITIONS]), _LONGEST):
        parts.append('<p class="minute">%s</p>' % shown_time(minute.minute * _OF_A_MINUTE))
        for each in minute.positions:
            said = near.get((kept_name(each.feed_party, each.track), minute.minute), ())
            words = kept_words(each, clocks.get(each.feed_party), said)
            parts.append('<p class="line">%s</p>' % shown(words))
        parts += [
            '<p class="line fact">no position kept of %s</p>' % shown(name)
            for name in minute.none_kept
        ]
    more = len(chosen_keys) - _MOST_POSITIONS
    if more > 0:
        parts.append('<p class="gap">%d lines more, of what is in these files</p>' % more)
    return parts
