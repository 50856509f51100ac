"""Whether the kernels are compiled on this machine, what to do where they are not, and doing it.

The first use of a version compiles its kernels, which takes tens of seconds of one core, and keeps
them. Who must answer quickly from the first request on calls :func:`warm_up` before; who has
little to do calls :func:`choose_kernels`, and may not need them at all.
"""

from __future__ import annotations

from wideberth.space._jit import KERNELS
from wideberth.space.altitude import Altitude, AltitudeReference
from wideberth.space.index import VolumeIndex
from wideberth.space.overlap import conflict, covers, distance_to_edge_m, gap
from wideberth.space.pairs import all_pairs
from wideberth.space.prepared import prepare, prepare_many
from wideberth.space.volume import Footprint, Volume4D, circle, polygon

__all__ = ["NEEDED", "choose_kernels", "is_warm", "warm_up"]

_OF_A_CHECK = ("_crossings.inspect_ring", "_shapes.build", "_sweep.file_rows", "_sweep.sweep")
NEEDED = (
    *_OF_A_CHECK,
    "_shapes.set_reference_wide",
    "_verdict.floor_mm",
    "_grid.insert",
    "_grid.query",
    "_grid.rehash",
    "_grid.unfile_row",
    "_entry.distance",
    "_entry.distances",
    "_entry.judge_pair",
    "_entry.other_gaps",
)
"""The kernels that Python calls, and with them all others: ``module.function``."""


def choose_kernels(*, is_little: bool) -> None:
    """Say whether there is only a little to do, before it is begun: some tens of volumes, say.

    That is interpreted, where the kernels are not compiled on this machine yet and none is loaded
    in this process; the answers are the same. Anything more compiles them: said here, or noticed
    on the way. The environment variable WIDEBERTH_KERNELS (compiled or interpreted) overrules this.
    """
    KERNELS.choose(_OF_A_CHECK, is_little=is_little)


def is_warm() -> bool:
    """Are all kernels compiled and kept on this machine (or never to be compiled)?"""
    return KERNELS.is_interpreted or KERNELS.are_compiled(NEEDED)


def warm_up() -> None:
    """Compile and keep, or load, every kernel that a service will call: the geometry's.

    Takes tens of seconds the first time on a machine, then half a second. Blocks; call it before
    an event loop runs, or in a thread.
    """
    KERNELS.compile()
    if KERNELS.is_interpreted:  # somebody said so
        return
    ring = prepare(_volume(polygon([(0.0, 0.0), (0.0, 0.01), (0.01, 0.01), (0.01, 0.0)])))
    disc = prepare(_volume(circle(0.005, 0.005, 100.0)))
    wide = prepare(_volume(polygon([(5.0, 0.0), (5.0, 120.0), (5.0, -120.0)])))  # a hemisphere
    for one in (ring, disc, wide):
        conflict(ring, one)
        gap(disc, one)
        covers(one, [0.005], [0.005], [10.0], [0])
        distance_to_edge_m(one, 0.005, 0.005)
    index = VolumeIndex()
    slots = [index.insert(ring) for _ in range(257)]  # more than there is room for at first
    index.insert(disc)
    index.conflicts(disc)
    index.candidates(ring)
    index.remove(slots[0])
    several = prepare_many([ring.volume, disc.volume])
    list(all_pairs(several))


def _volume(footprint: Footprint) -> Volume4D:
    floor, ceiling = (Altitude(value_mm, AltitudeReference.W84) for value_mm in (0, 100_000))
    return Volume4D(footprint, floor, ceiling, 0, 1)
