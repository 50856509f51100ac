"""Recordings with false places and broken times: doubted, and nothing is cleared by them."""

from pathlib import Path

import numpy as np
import pytest

from wideberth.faces.feeds.files import batches, read_positions
from wideberth.faces.feeds.samples import sample_path
from wideberth.space.altitude import altitude
from wideberth.space.prepared import prepare
from wideberth.space.time import SECOND_US
from wideberth.space.volume import Volume4D, circle
from wideberth.watch.engine import Watch
from wideberth.watch.observations import Cleared, Raised
from wideberth.watch.reports import ReportBatch
from wideberth.watch.settings import TrackSettings, WatchSettings

DAY_US = 86_400 * SECOND_US


def slice_of(name, first, last):
    path = sample_path(name)
    if path is None:
        pytest.skip("the package traffic is not installed (pip install --no-deps traffic==2.13)")
    whole, _ = read_positions(
        Path(path), feed="adsb", feed_party="desk", owner_of=lambda *_: "desk"
    )
    return whole.rows(first, last)


def looked_at(batches_of, here, start_us, end_us, settings=None):
    """The events, each with whether the track was doubted at that look."""
    watch, told = Watch(settings), []
    around = Volume4D(
        circle(*here, 15_000),
        altitude(0, "M", "W84"),
        altitude(20_000, "M", "W84"),
        start_us - DAY_US,
        end_us + DAY_US,
    )
    watch.put_zone("z", [prepare(around)], name="Zone", owner="other")
    for now_us, part in batches_of:
        watch.observe(part, now_us)
        events = watch.tick(now_us)
        doubted = bool((watch.table.implausible_left[watch.table.slots()] > 0).any())
        told += [(each, doubted) for each in events]
    return watch, told


def test_a_spoofed_place_is_implausible_and_clears_nothing():
    part = slice_of("noisy/noisy_spoofing.json.gz", 5600, 5656)
    # The jump of 31 km is that of row 5653. After it nothing plausible comes: the aircraft is gone.
    here = float(part.latitude_deg[0]), float(part.longitude_deg[0])
    jumped = slice_of("noisy/noisy_spoofing.json.gz", 5653, 5654)
    away_m = np.hypot(
        (jumped.latitude_deg[0] - part.latitude_deg[52]) * 111_200,
        (jumped.longitude_deg[0] - part.longitude_deg[52]) * 80_000,
    )
    assert away_m > 25_000
    turns = list(batches(part, SECOND_US))
    end_us = turns[-1][0]
    # It is seen for two minutes more where it jumped to, each place as impossible as the first.
    spoofed = [
        (
            end_us + k * SECOND_US,
            ReportBatch(
                **{
                    **vars(jumped),
                    "time_us": np.array([end_us + k * SECOND_US]),
                    "latitude_deg": jumped.latitude_deg + (k % 2),
                }
            ),
        )
        for k in range(1, 120)
    ]
    _, told = looked_at(turns + spoofed, here, turns[0][0], end_us)
    raised = {str(each.warning.key.kind) for each, _ in told if isinstance(each, Raised)}
    assert {"implausible", "incursion"} <= raised
    assert not [each for each, _ in told if isinstance(each, Cleared)]


def test_broken_times_are_doubted_and_nothing_is_cleared_while_they_are():
    part = slice_of("noisy/noisy_time_issue.json.gz", 2500, 3100)
    start_us, end_us = int(part.time_us[0]), int(part.time_us[-1])
    here = float(part.latitude_deg[0]), float(part.longitude_deg[0])
    settings = WatchSettings(tracks=TrackSettings(forget_after_us=40 * DAY_US))
    _, told = looked_at(batches(part, SECOND_US), here, start_us, end_us, settings)
    raised = [str(each.warning.key.kind) for each, _ in told if isinstance(each, Raised)]
    assert "implausible" in raised
    assert not [each for each, doubted in told if doubted and isinstance(each, Cleared)]
