"""The tracks of the table as rows to be shown, many at once: column by column."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wideberth.space.time import SECOND_US
from wideberth.watch.paths import Floats
from wideberth.watch.trackrow import SOURCES, TrackRow
from wideberth.watch.tracks import IMPLAUSIBLE_RULES, TrackTable

__all__ = ["rows_of"]


def rows_of(table: TrackTable, slots: NDArray[np.int64], now_us: int) -> list[TrackRow]:
    """Tracks as they are held, in the order of their slots. Raises KeyError where one is free."""
    time_us: list[int] = table.time_us[slots].tolist()
    latitude_deg = _listed(table.latitude_deg[slots])
    longitude_deg = _listed(table.longitude_deg[slots])
    altitude_w84_m = _said(table.altitude_w84_m[slots])
    altitude_std_m = _said(table.altitude_std_m[slots])
    ground_speed_m_s = _said(table.ground_speed_m_s[slots])
    course_deg = _said(table.course_deg[slots])
    vertical_rate_m_s = _said(table.vertical_rate_m_s[slots])
    source: list[int] = table.velocity_source[slots].tolist()
    uncertainty_m = _listed(table.horizontal_error_m(slots, now_us))
    silent: list[bool] = table.silent(slots, now_us).tolist()
    implausible: list[int] = table.implausible_rule[slots].tolist()
    accuracy_m = _listed(table.accuracy_m[slots])
    vertical_error_m = _listed(table.vertical_error_m(slots))
    clock_error_s = _listed(table.clock_error_us(slots) / SECOND_US)
    numbers: list[int] = slots.tolist()
    return [
        TrackRow(
            key=table.key(slot),
            callsign=table.callsign(slot),
            owner=table.owner(slot),
            time_us=time_us[k],
            latitude_deg=latitude_deg[k],
            longitude_deg=longitude_deg[k],
            altitude_w84_m=altitude_w84_m[k],
            altitude_std_m=altitude_std_m[k],
            ground_speed_m_s=ground_speed_m_s[k],
            course_deg=course_deg[k],
            vertical_rate_m_s=vertical_rate_m_s[k],
            velocity_source=SOURCES[source[k]],
            uncertainty_m=uncertainty_m[k],
            state="silent" if silent[k] else "live",
            implausible=IMPLAUSIBLE_RULES[implausible[k]] or None,
            accuracy_m=accuracy_m[k],
            vertical_error_m=vertical_error_m[k],
            clock_error_s=clock_error_s[k],
            callsign_us=table.callsign_us(slot),
        )
        for k, slot in enumerate(numbers)
    ]


def _listed(column: Floats) -> list[float]:
    return column.tolist()


def _said(column: Floats) -> list[float | None]:
    """The numbers of a column, None for NaN."""
    said: NDArray[np.object_] = column.astype(object)
    said[np.isnan(column)] = None
    return said.tolist()
