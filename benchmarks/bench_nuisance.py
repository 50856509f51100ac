"""How often the watch warns without need on a recorded day, how early, and what that hangs on.

Switzerland, 2018-08-01: 842 airliners in cruise. One setting is changed at a time. A look every 5 s
of recorded time. Each setting sees the day twice:

* *as flown*: air traffic control kept all of them apart, so that every warning is one too many by
  the limits that it is held to. What counts is how many there are in an hour of flight.
* *squeezed*: all heights and climb rates divided by four, so that aircraft one or more levels apart
  are too close. What counts is whether each loss, seen in hindsight by `benchmarks/losses.py`, was
  warned of, and how long before; and how many of the warnings came true.

The flights are read as files from the package `traffic` and are not part of the project.
"""

from __future__ import annotations

import dataclasses
import time
from collections import Counter
from dataclasses import dataclass, field

import msgspec
import numpy as np

from benchmarks.losses import Day, Loss, flight_hours, losses, near
from benchmarks.nuisance_chart import Point, draw
from wideberth.faces.feeds.files import batches, read_positions
from wideberth.faces.feeds.samples import sample_path
from wideberth.model.warnings import WarningKind
from wideberth.space.time import MINUTE_US, SECOND_US
from wideberth.watch.engine import Watch
from wideberth.watch.judging import VOLUMES
from wideberth.watch.observations import (
    Cleared,
    Lapsed,
    ObjectRef,
    Raised,
    WarningEvent,
    WarningKey,
    Worsened,
)
from wideberth.watch.reports import ReportBatch
from wideberth.watch.settings import (
    FeedSettings,
    PairSettings,
    TrackSettings,
    WarningSettings,
    WatchSettings,
)

LOOK_US = 5 * SECOND_US
AGAIN_US = 2 * MINUTE_US
LAPSE_US = 10 * MINUTE_US
NAUTICAL_MILE_M = 1852.0
FOOT_M = 0.3048
SQUEEZE = 4.0
WIDEST = (5 * NAUTICAL_MILE_M, 1000 * FOOT_M + 0.1)  # of the limits below
YARDSTICK = (NAUTICAL_MILE_M, 300 * FOOT_M)  # a loss by all of the settings but one
PAIRS = frozenset((WarningKind.CONFLICT, WarningKind.SEPARATION))

TRACKS = TrackSettings(
    default_feed=FeedSettings(
        silence_after_us=MINUTE_US, horizontal_error_m=100.0, vertical_error_m=15.0
    )
)
SURE = TrackSettings(
    default_feed=FeedSettings(
        silence_after_us=MINUTE_US,
        horizontal_error_m=0.0,
        vertical_error_m=0.0,
        clock_error_us=0,
    ),
    widening_m_s=0.0,
    vertical_widening_m_s=0.0,
)
BASE = WatchSettings(
    tracks=TRACKS,
    pairs=PairSettings(
        horizontal_m=3 * NAUTICAL_MILE_M, vertical_m=700 * FOOT_M, look_ahead_us=2 * MINUTE_US
    ),
    # What stands as last known is not counted; kept for a day, it costs time at each look.
    warnings=WarningSettings(lapse_after_us=LAPSE_US),
)

BASE_NAMES = {
    "look-ahead": "120 s",
    "horizontal": "3 NM",
    "vertical": "700 ft",
    "well clear": "by distance",
    "hysteresis": "15 s, x 1.2",
    "uncertainty": "allowed for",
}


@dataclass(frozen=True)
class Setting:
    """One row. group: what is changed; value: to what, for the chart."""

    group: str
    name: str
    watch: WatchSettings

    @property
    def limits(self) -> tuple[float, float]:
        """What counts as a loss by this setting."""
        pairs = self.watch.pairs
        if pairs.by_distance or pairs.well_clear is None:
            return pairs.horizontal_m, pairs.vertical_m
        volume = VOLUMES[pairs.well_clear]
        return volume.dthr_m, volume.zthr_m


def settings() -> list[Setting]:
    """The base, and each change of it."""
    made = [Setting("base", "3 NM, 700 ft, 120 s", BASE)]

    def pairs(group: str, name: str, **change: object) -> None:
        changed = msgspec.structs.replace(BASE.pairs, **change)
        made.append(Setting(group, name, msgspec.structs.replace(BASE, pairs=changed)))

    def warnings(name: str, **change: object) -> None:
        changed = msgspec.structs.replace(BASE.warnings, **change)
        watch = msgspec.structs.replace(BASE, warnings=changed)
        made.append(Setting("hysteresis", name, watch))

    for ahead_s in (30, 60, 180, 300):
        pairs("look-ahead", f"{ahead_s} s", look_ahead_us=ahead_s * SECOND_US)
    for miles in (1, 2, 5):
        pairs("horizontal", f"{miles} NM", horizontal_m=miles * NAUTICAL_MILE_M)
    for feet in (300, 500, 1000):
        pairs("vertical", f"{feet} ft", vertical_m=feet * FOOT_M)
    for volume in VOLUMES:
        pairs("well clear", volume, well_clear=volume, by_distance=False)
    warnings("none", hold_us=0, clear_factor=1.0)
    warnings("30 s, x 1.5", hold_us=30 * SECOND_US, clear_factor=1.5)
    warnings("raised at 2 of 3 looks", raise_count=2, raise_window=3)
    made.append(Setting("uncertainty", "none", msgspec.structs.replace(BASE, tracks=SURE)))
    return made


@dataclass
class Seen:
    """What a day came to. stood_s: of pair warnings, by kind; spans: when something stood of a
    pair, begin and end.
    """

    raised: Counter[str] = field(default_factory=Counter[str])
    again: int = 0
    stood_s: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    spans: dict[tuple[str, str], list[tuple[int, int]]] = field(
        default_factory=dict[tuple[str, str], list[tuple[int, int]]]
    )
    _since_us: dict[WarningKey, int] = field(default_factory=dict[WarningKey, int])
    _ended_us: dict[tuple[ObjectRef, ...], int] = field(
        default_factory=dict[tuple[ObjectRef, ...], int]
    )

    def take(self, event: WarningEvent, now_us: int) -> None:
        """One event of the watch, in order."""
        key = event.warning.key
        match event:
            case Raised():
                self.raised[str(key.kind)] += 1
                is_new = event.warning.seen.supersedes is None
                ended_us = self._ended_us.get(key.objects)
                if key.kind in PAIRS and is_new and ended_us is not None:
                    self.again += now_us - ended_us <= AGAIN_US
                self._since_us[key] = now_us
            case Cleared() | Lapsed():
                self._end(key, now_us)
                if not (isinstance(event, Lapsed) and event.reason == "superseded"):
                    self._ended_us[key.objects] = now_us
            case Worsened(reason="last-known"):
                self._end(key, now_us)  # nothing speaks of it any more
            case _:
                self._since_us.setdefault(key, now_us)  # spoken of anew

    def finish(self, now_us: int) -> None:
        """The day is over."""
        for key in list(self._since_us):
            self._end(key, now_us)

    def _end(self, key: WarningKey, now_us: int) -> None:
        since_us = self._since_us.pop(key, None)
        if since_us is None:
            return
        self.stood_s.setdefault(str(key.kind), []).append((now_us - since_us) / SECOND_US)
        if key.kind in PAIRS and len(key.objects) == 2:
            pair = key.objects[0].id, key.objects[1].id
            self.spans.setdefault(pair, []).append((since_us, now_us))


def watch_day(positions: ReportBatch, watch_settings: WatchSettings) -> Seen:
    """A day through a watch, look by look."""
    watch, seen = Watch(watch_settings), Seen()
    by_end = dict(batches(positions, LOOK_US))
    ends = sorted(by_end)
    for now_us in range(ends[0], ends[-1] + LOOK_US, LOOK_US):
        part = by_end.get(now_us)
        if part is not None:
            watch.observe(part, now_us)
        for event in watch.tick(now_us):
            seen.take(event, now_us)
    seen.finish(ends[-1])
    return seen


def merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans of a pair in one piece where one warning took another's place."""
    made: list[tuple[int, int]] = []
    for begin_us, end_us in sorted(spans):
        if made and begin_us <= made[-1][1]:
            made[-1] = made[-1][0], max(made[-1][1], end_us)
        else:
            made.append((begin_us, end_us))
    return made


@dataclass(frozen=True)
class Early:
    """Losses, and how many seconds before each a warning stood (below 0: after it had begun).
    missed: never during it.
    """

    losses: int
    missed: int
    late: int
    lead_s: list[float]

    def lead(self, percent: float) -> float:
        """So many of a hundred losses had at most this much warning."""
        return float(np.percentile(self.lead_s, percent)) if self.lead_s else float("nan")


def early(seen: Seen, found: list[Loss], *, known_us: int) -> Early:
    """How early the losses were warned of; only those whose two aircraft had both been heard for
    known_us before (nobody can be warned of who has not been heard of).
    """
    told = {pair: merged(spans) for pair, spans in seen.spans.items()}
    lead_s: list[float] = []
    missed = 0
    counted = [each for each in found if each.known_us >= known_us]
    for loss in counted:
        begin_us = min(
            (
                begin_us
                for begin_us, end_us in told.get(loss.pair, ())
                if end_us >= loss.begin_us and begin_us <= loss.end_us + LOOK_US
            ),
            default=None,
        )
        if begin_us is None:
            missed += 1
        else:
            lead_s.append((loss.begin_us - begin_us) / SECOND_US)
    return Early(len(counted), missed, sum(each < 0 for each in lead_s), lead_s)


def came_true(seen: Seen, found: list[Loss]) -> tuple[int, int]:
    """Warnings of pairs, as whole spans, and how many of them a loss belonged to."""
    of_pair: dict[tuple[str, str], list[Loss]] = {}
    for loss in found:
        of_pair.setdefault(loss.pair, []).append(loss)
    spans = [(pair, span) for pair, own in seen.spans.items() for span in merged(own)]
    true = sum(
        any(
            loss.begin_us <= end_us + LOOK_US and begin_us <= loss.end_us + LOOK_US
            for loss in of_pair.get(pair, ())
        )
        for pair, (begin_us, end_us) in spans
    )
    return len(spans), true


def squeezed(positions: ReportBatch) -> ReportBatch:
    """The day with levels a quarter as far apart."""
    return dataclasses.replace(
        positions,
        altitude_std_m=positions.altitude_std_m / SQUEEZE,
        vertical_rate_m_s=positions.vertical_rate_m_s / SQUEEZE,
    )


@dataclass(frozen=True)
class Row:
    """One setting's figures. per_hour: warnings of pairs for each flight hour, as flown."""

    setting: Setting
    hours: float
    flown: Seen
    squeezed: Seen
    flown_losses: int
    own: Early
    yardstick: Early
    spans: int
    true: int

    @property
    def per_hour(self) -> dict[str, float]:
        """By kind."""
        return {kind: count / self.hours for kind, count in sorted(self.flown.raised.items())}


def measure(setting: Setting, flown: ReportBatch, hours: float, days: tuple[Day, Day]) -> Row:
    """Both days by one setting."""
    horizontal_m, vertical_m = setting.limits
    as_flown = watch_day(flown, setting.watch)
    close = watch_day(squeezed(flown), setting.watch)
    own = losses(days[1], horizontal_m=horizontal_m, vertical_m=vertical_m)
    hard = losses(days[1], horizontal_m=YARDSTICK[0], vertical_m=YARDSTICK[1])
    known_us = 2 * MINUTE_US
    spans, true = came_true(close, own)
    return Row(
        setting,
        hours,
        as_flown,
        close,
        len(losses(days[0], horizontal_m=horizontal_m, vertical_m=vertical_m)),
        early(close, own, known_us=known_us),
        early(close, hard, known_us=known_us),
        spans,
        true,
    )


def show(rows: list[Row]) -> None:
    """The tables."""
    print("\nas flown: warnings raised in a flight hour; how long they stood; how often again")
    print(
        f"  {'':30}{'conflict':>10}{'separation':>12}{'implausible':>12}{'silence':>9}"
        f"{'stood s, p50':>14}{'p90':>6}{'again':>7}{'losses':>8}"
    )
    for row in rows:
        kinds = ("conflict", "separation", "implausible", "silence")
        rates = [row.per_hour.get(kind, 0.0) for kind in kinds]
        stood = row.flown.stood_s.get("conflict", [0.0])
        p50, p90 = np.percentile(stood, [50, 90])
        print(
            f"  {row.setting.group + ': ' + row.setting.name:30}{rates[0]:>10.3f}{rates[1]:>12.3f}"
            f"{rates[2]:>12.3f}{rates[3]:>9.3f}{p50:>14.0f}{p90:>6.0f}"
            f"{row.flown.again:>7}{row.flown_losses:>8}"
        )
    print("\nsqueezed: losses by the setting's own limits, and by 1 NM and 300 ft; s of warning")
    print(
        f"  {'':30}{'losses':>8}{'missed':>8}{'late':>6}{'p50':>6}{'p10':>6}{'least':>7}"
        f"{'1 NM':>7}{'missed':>8}{'late':>6}{'p50':>6}{'p10':>6}"
        f"{'warned':>8}{'true':>7}{'again':>7}"
    )
    for row in rows:
        own, hard = row.own, row.yardstick
        least = min(own.lead_s, default=float("nan"))
        print(
            f"  {row.setting.group + ': ' + row.setting.name:30}"
            f"{own.losses:>8}{own.missed:>8}{own.late:>6}{own.lead(50):>6.0f}{own.lead(10):>6.0f}"
            f"{least:>7.0f}{hard.losses:>7}{hard.missed:>8}{hard.late:>6}"
            f"{hard.lead(50):>6.0f}{hard.lead(10):>6.0f}"
            f"{row.spans:>8}{row.true / max(row.spans, 1):>7.0%}{row.squeezed.again:>7}"
        )


def main() -> None:
    """All settings, the tables and the chart."""
    path = sample_path("collections/switzerland.json.gz")
    if path is None:
        print("the recorded flights are not here: pip install --no-deps traffic==2.13")
        return
    flown, _ = read_positions(path, feed="adsb")
    hours = flight_hours(flown)
    began = time.perf_counter()
    days = (
        near(flown, horizontal_m=WIDEST[0], vertical_m=WIDEST[1]),
        near(squeezed(flown), horizontal_m=WIDEST[0], vertical_m=WIDEST[1]),
    )
    print(f"{len(flown)} positions, {hours:.1f} flight hours, a look every {LOOK_US / 1e6:g} s")
    print(f"the reference measured both days in {time.perf_counter() - began:.0f} s")
    rows: list[Row] = []
    for each in settings():
        rows.append(measure(each, flown, hours, days))
        print(f"  measured {each.group}: {each.name}", flush=True)
    show(rows)
    draw(BASE_NAMES, [point(each) for each in rows])


def point(row: Row) -> Point:
    """A row as it is drawn."""
    own, setting = row.own, row.setting
    conflicts = row.per_hour.get("conflict", 0.0)
    return Point(setting.group, setting.name, conflicts, (own.lead(10), own.lead(50), own.lead(90)))


if __name__ == "__main__":
    main()
