"""An archive of tracks as the tests keep one: reports of a moment, and what is read again."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

from wideberth.space.time import SECOND_US
from wideberth.watch.archive import ArchiveSettings, TrackArchive
from wideberth.watch.reports import PositionReport, ReportBatch
from wideberth.watch.segments import KeptFix, may_see

NOW_US = 1_800_000_000 * SECOND_US
ALL = ArchiveSettings(every_us=0)


def a_batch(*reports: PositionReport, feed: str = "f", party: str | None = "alpha") -> ReportBatch:
    return ReportBatch.of(reports, feed=feed, feed_party=party)


def report(track: str, at_s: float = 0, owner: str | None = None) -> PositionReport:
    time_us = NOW_US + round(at_s * SECOND_US)
    return PositionReport(
        track, time_us, 47.0 + at_s / 1e4, -179.5, 90.5, accuracy_m=12.25, owner=owner
    )


MADE: list[TrackArchive] = []


def stop_all() -> None:
    """Close every file that a test has left open."""
    while MADE:
        MADE.pop().stop()


def an_archive(folder: Path, settings: ArchiveSettings = ALL, **more: object) -> TrackArchive:
    names = itertools.count()
    mark = len(list((folder / "tracks").glob("*"))) if (folder / "tracks").is_dir() else 0
    made = TrackArchive(folder, settings, make_name=lambda: f"s{mark}-{next(names)}", **more)  # type: ignore[arg-type]  # settings by name
    MADE.append(made)
    return made


def keep(
    archive: TrackArchive, *reports: PositionReport, shown_to: object = "owner", **more: object
) -> int:
    batch = a_batch(*reports, **more)  # type: ignore[arg-type]  # feed and party by name
    rows = range(len(batch))
    return archive.keep(batch, rows, came_us=NOW_US, shown_to=shown_to)  # type: ignore[arg-type]  # as ShownTo


def times_s(archive: TrackArchive, begin_s: float = -1e6, end_s: float = 1e6) -> list[float]:
    begin_us, end_us = (NOW_US + round(each * SECOND_US) for each in (begin_s, end_s))
    found = archive.fixes(begin_us, end_us, lambda _: True)
    return sorted((each.time_us - NOW_US) / SECOND_US for each in found)


def seen_by(reader: str) -> Callable[[KeptFix], bool]:
    return lambda fix: archives_may_see(
        reader, feed_party=fix.feed_party, owner=fix.owner, shown_to=fix.shown_to
    )


archives_may_see = may_see
