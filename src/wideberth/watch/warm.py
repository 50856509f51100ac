"""Whether the kernels of the watch are compiled on this machine, and doing it.

See :mod:`wideberth.space.warm`, whose kernels the watch calls too: warm both up.
"""

from __future__ import annotations

import math

import numpy as np

from wideberth.space.altitude import Altitude, AltitudeReference
from wideberth.space.prepared import prepare
from wideberth.space.volume import Circle, Volume4D
from wideberth.watch._crowds import Bounds
from wideberth.watch._legs import follow
from wideberth.watch._taking import spaced
from wideberth.watch.area_index import AreaIndex
from wideberth.watch.caps import within
from wideberth.watch.closest import KERNELS, Limits, candidates, too_close
from wideberth.watch.look import Look
from wideberth.watch.movers import Movers
from wideberth.watch.neighbours import Neighbours
from wideberth.watch.observations import ObjectRef
from wideberth.watch.reports import PositionReport, ReportBatch
from wideberth.watch.settings import WatchSettings
from wideberth.watch.stood import Known, Stood
from wideberth.watch.tracks import TrackTable
from wideberth.watch.wellclear import PHASE_I, violation
from wideberth.watch.zones import watched

__all__ = ["NEEDED", "is_warm", "warm_up"]


NEEDED = (
    "paths._starts",
    "capsules.lay",
    "capsules._sizes",
    "capsules._faces",
    "capsules._file",
    "capsules._sorted",
    "_sweep.boxed",
    "_sweep._swept",
    "_sweep.meet",
    "_sweep.meet_in_crowds",
    "_neighbours.middles",
    "_neighbours.file_middles",
    "_neighbours.unfile_middles",
    "_neighbours.beside",
    "_neighbours.may_meet",
    "_approach.approach",
    "wellclear._widened",
    "_met.enter",
    "_inside.inside",
    "_firsts.firsts",
    "_laying.lay",
    "_laying.file_all",
    "_filing.unfile",
    "_filing.level_all",
    "_legs.follow",
    "_taking.take",
    "_taking.spaced",
    "_places.given",
)
"""The kernels that Python calls, and with them all others: ``module.function``."""


def is_warm() -> bool:
    """Are all kernels compiled and kept on this machine (or never to be compiled)?"""
    return KERNELS.is_interpreted or KERNELS.are_compiled(NEEDED)


def warm_up() -> None:
    """Compile and keep, or load, the kernels of the watch. Takes seconds; blocks."""
    if KERNELS.is_interpreted:
        return
    two = np.zeros(2)
    movers = Movers.of(
        latitude_deg=np.array([0.0, 0.001]),
        longitude_deg=two,
        speed_m_s=two + 10.0,
        course_deg=np.array([0.0, 180.0]),
        age_s=two,
        altitude_w84_m=two,
        altitude_std_m=two + np.nan,
        climb_m_s=two,
        horizontal_error_m=two,
        vertical_error_m=two,
        owner=np.array([-1, -1]),
        identity=np.array([0, 1]),
    )
    limits = Limits(horizontal_m=1_000.0, vertical_m=100.0, look_ahead_s=60.0)
    too_close(movers, limits)
    candidates(movers, limits, bounds=Bounds(pairs=0, per_mover=0))
    _look()
    floor, ceiling = (Altitude(mm, AltitudeReference.W84) for mm in (0, 1_000))
    index = AreaIndex()
    index.put(
        ObjectRef("zone", ""),
        [watched(prepare(Volume4D(Circle(0, 0, 1_000), floor, ceiling, 0, 1)))],
    )
    index.entries(movers, now_us=0, look_ahead_s=1.0, clock_error_s=two)
    whole = np.zeros(2, np.int64)
    index.inside(movers, time_us=whole, clock_error_us=whole)
    index.remove(ObjectRef("zone", ""))
    points = np.zeros((2, 3))
    whole_ends = whole + 2
    follow(points, points, points, two, whole, whole_ends, points, points, two, 60.0, 2)
    seen = np.zeros((2, 3))
    violation(PHASE_I, seen, seen, 60.0, horizontal_error_m=two, vertical_error_m=two)
    spaced(whole, whole, whole, 0)


def _look() -> None:
    """As two looks of which the second finds what is near what changed."""
    table, settings = TrackTable(), WatchSettings()
    neighbours = Neighbours(table, most_changed=math.inf)
    for now_us, count in ((1, 4), (2, 1)):
        reports = [PositionReport(f"t{k}", now_us, k / 1000, 0.0, 10.0) for k in range(count)]
        table.update(ReportBatch.of(reports, feed="", feed_party=""), now_us)
        look = Look.at(table, now_us)
        judged = neighbours.judged(look, settings.pairs)
        stood = Stood.at(look, {}, None, settings.warnings, Known())
        within(look, judged.pairs, stood, settings)
