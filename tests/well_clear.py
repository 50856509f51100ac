"""Well clear by its definition, one moment at a time, in plain numbers: the reference."""

import dataclasses
import math

from wideberth.watch.wellclear import Volume


def not_clear(volume, state, time_s):
    """Whether two are not well clear after time_s. state: s and v of wideberth.watch.wellclear."""
    x, y, z, u, w, climb = state
    x, y, z = x + time_s * u, y + time_s * w, z + time_s * climb
    closing = x * u + y * w
    beside = math.hypot(x, y) <= volume.dthr_m
    if not beside and closing < 0:
        to_go_s = -closing / max(u * u + w * w, 1e-300)  # far below a millimetre a year
        passing_m = math.hypot(x + to_go_s * u, y + to_go_s * w)
        tau_s = (volume.dthr_m**2 - (x * x + y * y)) / closing
        beside = passing_m <= volume.dthr_m and 0 <= tau_s <= volume.tthr_s
    level = abs(z) <= volume.zthr_m or (z * climb < 0 and 0 <= -z / climb <= volume.tcoa_s)
    return beside and level


def scaled(volume, factor):
    """The volume with each threshold times the factor."""
    return Volume(*(factor * each for each in dataclasses.astuple(volume)))
