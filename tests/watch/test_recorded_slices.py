"""Slices of two recorded days: the same events, in the same order, as where each area is looked at
by itself.
"""

import dataclasses
import functools
import math
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from wideberth.faces.feeds.files import batches, read_positions
from wideberth.faces.feeds.samples import sample_path
from wideberth.space.altitude import altitude
from wideberth.space.prepared import prepare
from wideberth.space.time import MINUTE_US, SECOND_US, parse_rfc3339
from wideberth.space.volume import Volume4D, circle, polygon
from wideberth.watch import engine
from wideberth.watch.area_index import NOBODY, Met
from wideberth.watch.engine import Watch
from wideberth.watch.observations import Updated
from wideberth.watch.settings import FeedSettings, TrackSettings, WatchSettings
from wideberth.watch.zones import Entries, entries

TICK_US = 10 * SECOND_US
SETTINGS = WatchSettings(
    tracks=TrackSettings(
        default_feed=FeedSettings(
            silence_after_us=2 * MINUTE_US, horizontal_error_m=100.0, vertical_error_m=15.0
        )
    )
)
DAYS = {
    "switzerland": ("collections/switzerland.json.gz", "2018-08-01T12:00:00Z", 2),
    "calfire": ("firefighting/calfire.json.gz", "2020-09-09T20:00:00Z", 8),
}


class EachByItself:
    """The index of all areas as one would first write it."""

    def __init__(self):
        self.areas = {}

    def put(self, key, volumes, *, exempt=NOBODY):
        self.areas.pop(key, None)
        self.areas[key] = tuple(volumes), exempt

    def remove(self, key):
        self.areas.pop(key, None)

    def entries(self, movers, **look):
        keys, area, row, found = tuple(self.areas), [], [], []
        for number, key in enumerate(keys):
            volumes, exempt = self.areas[key]
            each = entries(volumes, movers, **look)
            rows = np.flatnonzero(np.isfinite(each.entry_s) & (movers.owner != exempt))
            area.append(np.full(len(rows), number))
            row.append(rows)
            found.append([getattr(each, one.name)[rows] for one in dataclasses.fields(Entries)])
        if not keys:
            nothing = entries((), movers, **look)
            none = np.zeros(0, np.int64)
            cut = [getattr(nothing, one.name)[none] for one in dataclasses.fields(Entries)]
            return Met((), none, none, Entries(*cut))
        columns = [np.concatenate(column) for column in zip(*found, strict=True)]
        return Met(keys, np.concatenate(area), np.concatenate(row), Entries(*columns))


class TooSmall(EachByItself):
    """A fault: an area's first volume alone counts, and half of the look-ahead."""

    def entries(self, movers, *, look_ahead_s, **look):
        self.areas = {key: (made[:1], exempt) for key, (made, exempt) in self.areas.items()}
        return super().entries(movers, look_ahead_s=look_ahead_s / 2, **look)


@functools.cache
def positions_of(day):
    name, start, minutes = DAYS[day]
    path = sample_path(name)
    if path is None:
        pytest.skip("the package traffic is not installed (pip install --no-deps traffic==2.13)")
    whole, _ = read_positions(Path(path), feed="adsb", feed_party="desk", owner_of=owner_of)
    times = [parse_rfc3339(start), parse_rfc3339(start) + minutes * MINUTE_US]
    first, last = np.searchsorted(whole.time_us, times).tolist()
    return whole.rows(first, last)


def owner_of(track_id, _callsign):
    return f"party-{sum(map(ord, track_id)) % 5}"


def volume(rng, place, start_us, end_us):
    radius_m = float(rng.uniform(500, 15_000))
    footprint = circle(*place, radius_m)
    if rng.random() < 0.7:
        bearing = np.sort(rng.uniform(0, 2 * math.pi, 12))
        away = rng.uniform(0.4, 1.0, 12) * radius_m / 111_000
        east = away * np.sin(bearing) / math.cos(math.radians(place[0]))
        ring = zip(place[0] + away * np.cos(bearing), place[1] + east, strict=True)
        footprint = polygon([(float(latitude), float(longitude)) for latitude, longitude in ring])
    lower = round(rng.uniform(0, 6000))
    reference = "W84" if rng.random() < 0.5 else "STD"
    return prepare(
        Volume4D(
            footprint,
            altitude(lower, "M", reference),
            altitude(lower + round(rng.uniform(500, 6000)), "M", reference),
            start_us + round(rng.uniform(-120, 30)) * SECOND_US,
            end_us - round(rng.uniform(0, 60)) * SECOND_US,
        )
    )


def events_of(day, index, monkeypatch):
    """What a watch with such an index says, areas coming, changing and going meanwhile."""
    monkeypatch.setattr(engine, "AreaIndex", index)
    positions, rng = positions_of(day), np.random.default_rng(11)
    watch, told = Watch(SETTINGS), []
    start_us, end_us = int(positions.time_us[0]), int(positions.time_us[-1])
    places = np.column_stack([positions.latitude_deg, positions.longitude_deg])
    for turn, (now_us, part) in enumerate(batches(positions, TICK_US)):
        for number in range(turn * 7, turn * 7 + 20) if turn < 6 else range(turn, turn + 1):
            place = tuple(map(float, places[rng.integers(len(places))] + rng.normal(0, 0.05, 2)))
            volumes = [volume(rng, place, start_us, end_us) for _ in range(rng.integers(1, 4))]
            some = str(number % 60)
            if rng.random() < 0.1:
                told += watch.remove_zone(some, now_us) + watch.remove_intent(some, now_us)
            elif rng.random() < 0.6:
                exempt = [f"party-{k}" for k in range(rng.integers(0, 3))]
                watch.put_zone(some, volumes, name=f"Zone {some}", exempt=exempt)
            else:
                owner = f"party-{rng.integers(5)}"
                watch.put_intent(some, volumes, name=f"Intent {some}", owner=owner)
        watch.observe(part, now_us)
        told += watch.tick(now_us)
    return told


@pytest.mark.parametrize("day", DAYS)
def test_a_recorded_slice_gives_the_events_of_each_area_by_itself(day, monkeypatch):
    index = engine.AreaIndex
    told = events_of(day, index, monkeypatch)
    assert told == events_of(day, EachByItself, monkeypatch)
    counted = Counter(
        (str(each.warning.key.kind), type(each).__name__)
        for each in told
        if not isinstance(each, Updated)
    )
    assert counted["incursion", "Raised"] > 20
    assert counted["incursion", "Cleared"] > 0
    wrong = events_of(day, TooSmall, monkeypatch)
    assert told != wrong
