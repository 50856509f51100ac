"""The watch over two recorded days, headless: how much it took in, what it warned of, how long.

Switzerland, 2018-08-01: 842 flights, pressure altitudes. CAL FIRE, 2020-09-09: the busiest day of
45 fire-fighting aircraft. A tick every 10 s of recorded time; the reports of those 10 s before it.
Figures, not a race: no peer reads these files and watches them.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from wideberth.faces.feeds.files import batches, read_positions
from wideberth.faces.feeds.samples import sample_path
from wideberth.space.time import MINUTE_US, SECOND_US, format_rfc3339, parse_rfc3339
from wideberth.watch.engine import Watch
from wideberth.watch.observations import Raised, Updated
from wideberth.watch.reports import ReportBatch
from wideberth.watch.settings import FeedSettings, PairSettings, TrackSettings, WatchSettings

TICK_US = 10 * SECOND_US
NAUTICAL_MILE_M = 1852.0
FOOT_M = 0.3048

SWITZERLAND = WatchSettings(
    tracks=TrackSettings(
        default_feed=FeedSettings(
            silence_after_us=MINUTE_US, horizontal_error_m=100.0, vertical_error_m=15.0
        )
    ),
    pairs=PairSettings(
        # Levels are 1,000 ft apart; the allowance for both heights comes on top of this.
        horizontal_m=3 * NAUTICAL_MILE_M,
        vertical_m=700 * FOOT_M,
        look_ahead_us=2 * MINUTE_US,
    ),
)
CALFIRE = WatchSettings(
    tracks=TrackSettings(
        # A position every 28 s in the middle, 5 % over 4 minutes: silence has to fit the data.
        default_feed=FeedSettings(
            silence_after_us=5 * MINUTE_US, horizontal_error_m=100.0, vertical_error_m=30.0
        ),
        widening_m_s=2.0,
    ),
    pairs=PairSettings(
        horizontal_m=0.5 * NAUTICAL_MILE_M, vertical_m=500 * FOOT_M, look_ahead_us=MINUTE_US
    ),
)


@dataclass
class Day:
    """What a day came to."""

    counts: Counter[str] = field(default_factory=Counter[str])
    raised: Counter[str] = field(default_factory=Counter[str])
    recorded: Counter[str] = field(default_factory=Counter[str])
    updates: int = 0
    ticks: int = 0
    most_live: int = 0
    observe_s: float = 0.0
    cpu_s: float = 0.0
    tick_s: list[float] = field(default_factory=list[float])


def watch_day(positions: ReportBatch, settings: WatchSettings) -> tuple[Day, Watch]:
    """Runs the positions through a watch, tick by tick, and counts."""
    day, watch = Day(), Watch(settings)
    slices = list(batches(positions, TICK_US))
    by_end = dict(slices)
    cpu_before_s = time.process_time()
    for now_us in range(slices[0][0], slices[-1][0] + TICK_US, TICK_US):
        began = time.perf_counter()
        part = by_end.get(now_us)
        if part is not None:
            day.counts.update(watch.observe(part, now_us).counts)
        observed = time.perf_counter()
        events = watch.tick(now_us)
        day.tick_s.append(time.perf_counter() - observed)
        day.observe_s += observed - began
        day.ticks += 1
        for event in events:
            if isinstance(event, Updated):
                day.updates += 1
                continue
            day.recorded[type(event).__name__] += 1
            if isinstance(event, Raised):
                day.raised[str(event.warning.key.kind)] += 1
        slots = watch.table.slots()
        live = len(slots) - int(watch.table.silent(slots, now_us).sum())
        day.most_live = max(day.most_live, live)
    day.cpu_s = time.process_time() - cpu_before_s
    return day, watch


def show(title: str, positions: ReportBatch, day: Day, watch: Watch, read_s: float) -> None:
    """Prints one day."""
    tick_ms = np.array(day.tick_s) * 1000
    span_s = (int(positions.time_us[-1]) - int(positions.time_us[0])) / SECOND_US
    took_s = day.observe_s + sum(day.tick_s)
    standing = watch.standing.values()
    kinds = Counter(str(warning.key.kind) for warning in standing)
    print(f"{title}: {len(positions)} positions of {len(set(positions.track_id))} tracks")
    print(
        f"  {format_rfc3339(int(positions.time_us[0]))} to"
        f" {format_rfc3339(int(positions.time_us[-1]))}, at most {day.most_live} tracks at once"
    )
    print(f"  reports    {dict(+day.counts)}")
    print(f"  raised     {dict(sorted(day.raised.items()))}")
    print(f"  recorded   {dict(sorted(day.recorded.items()))}; updates to streams {day.updates}")
    print(f"  at the end {len(standing)} stand as last known {dict(sorted(kinds.items()))}")
    print(
        f"  {day.ticks} ticks in {took_s:.2f} s, {day.cpu_s:.2f} s of it CPU"
        f" ({span_s / took_s:,.0f} times real time):"
        f" read {read_s:.2f} s, take in {day.observe_s:.2f} s"
        f" ({len(positions) / day.observe_s:,.0f} positions/s)"
    )
    p50, p99 = np.percentile(tick_ms, [50, 99])
    print(f"  tick p50 {p50:.2f} ms, p99 {p99:.2f} ms, max {tick_ms.max():.2f} ms")


def day_of(positions: ReportBatch, start: str, end: str) -> ReportBatch:
    """The positions from start up to end."""
    first, last = np.searchsorted(
        positions.time_us, [parse_rfc3339(start), parse_rfc3339(end)]
    ).tolist()
    return positions.rows(first, last)


def main() -> None:
    """Both days."""
    days = (
        ("Switzerland", "collections/switzerland.json.gz", SWITZERLAND, None),
        (
            "CAL FIRE",
            "firefighting/calfire.json.gz",
            CALFIRE,
            # 9 September by the clock of California (UTC-7).
            ("2020-09-09T00:00:00-07:00", "2020-09-10T00:00:00-07:00"),
        ),
    )
    for title, name, settings, window in days:
        path = sample_path(name)
        if path is None:
            print("the recorded flights are not here: pip install --no-deps traffic==2.13")
            return
        began = time.perf_counter()
        positions, _ = read_positions(path, feed="adsb")
        read_s = time.perf_counter() - began
        if window is not None:
            positions = day_of(positions, *window)
        watch_day(positions.rows(0, min(500, len(positions))), settings)  # compiles the kernels
        day, watch = watch_day(positions, settings)
        show(title, positions, day, watch, read_s)


if __name__ == "__main__":
    main()
