"""The tracks of the table as rows to be shown: the columns are copied all at once, and each row is
made of them when somebody asks for it, wherever that is.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wideberth.space.time import SECOND_US
from wideberth.watch.paths import Floats
from wideberth.watch.trackrow import SOURCES, TrackKey, TrackRow, Whose
from wideberth.watch.tracks import IMPLAUSIBLE_RULES, TrackTable

__all__ = ["Columns", "rows_of"]


class Columns:
    """The tracks in some slots of a table at a moment, numbered in the order of the slots: a copy,
    which goes on saying the same whatever becomes of the table, and in any thread.

    latitude_deg, longitude_deg, uncertainty_m (as in a row), altitude_w84_m (NaN: unknown),
    identity_code: of all, in arrays.
    """

    def __init__(self, table: TrackTable, slots: NDArray[np.int64], now_us: int) -> None:
        """Raises KeyError where a slot is free."""
        self._names = table.names(slots)
        self._time_us = table.time_us[slots]
        self.latitude_deg: Floats = table.latitude_deg[slots]
        self.longitude_deg: Floats = table.longitude_deg[slots]
        self.altitude_w84_m: Floats = table.altitude_w84_m[slots]
        self._altitude_std_m: Floats = table.altitude_std_m[slots]
        self._ground_speed_m_s: Floats = table.ground_speed_m_s[slots]
        self._course_deg: Floats = table.course_deg[slots]
        self._vertical_rate_m_s: Floats = table.vertical_rate_m_s[slots]
        self._altitude_us = self._time_us - table.altitude_behind_us[slots]
        self._velocity_us = self._time_us - table.velocity_behind_us[slots]
        self._source = table.velocity_source[slots]
        self.uncertainty_m: Floats = table.horizontal_error_m(slots, now_us)
        self._silent = table.silent(slots, now_us)
        self._implausible = table.implausible_rule[slots]
        self._accuracy_m: Floats = table.accuracy_m[slots]
        self._vertical_error_m: Floats = table.vertical_error_m(slots)
        self._clock_error_s: Floats = table.clock_error_us(slots) / SECOND_US
        self.identity_code: NDArray[np.int64] = table.identity_code[slots]

    def __len__(self) -> int:
        return len(self._names.track_id)

    def key(self, k: int) -> TrackKey:
        """The key of a track."""
        party, feed = self._names.feeds[self._names.feed_number.item(k)]
        return TrackKey(party, feed, self._names.track_id[k])

    def callsign(self, k: int) -> str | None:
        """The call sign of a track, None where none was said."""
        return self._names.callsign[k]

    def whose(self, k: int) -> Whose:
        """What decides who sees a track."""
        names = self._names
        party, feed = names.feeds[names.feed_number.item(k)]
        return Whose(party, feed, names.owners.get(names.owner_code.item(k)))

    def groups(self) -> tuple[list[Whose], NDArray[np.int64]]:
        """Those that decide alike who sees a track, each once, and the number of each track's."""
        names = self._names
        count = max(names.owners, default=0) + 2
        codes = names.feed_number.astype(np.int64) * count + np.maximum(names.owner_code, -1) + 1
        _, first, group = np.unique(codes, return_index=True, return_inverse=True)
        return [self.whose(k) for k in first.tolist()], group

    def row(self, k: int) -> TrackRow:
        """A track as it was held."""
        callsign = self._names.callsign[k]
        whose = self.whose(k)
        w84_m, std_m = _said(self.altitude_w84_m, k), _said(self._altitude_std_m, k)
        speed_m_s, climb_m_s = _said(self._ground_speed_m_s, k), _said(self._vertical_rate_m_s, k)
        return TrackRow(
            key=TrackKey(whose.feed_party, whose.feed, self._names.track_id[k]),
            callsign=callsign,
            owner=whose.owner,
            time_us=self._time_us.item(k),
            latitude_deg=self.latitude_deg.item(k),
            longitude_deg=self.longitude_deg.item(k),
            altitude_w84_m=w84_m,
            altitude_std_m=std_m,
            ground_speed_m_s=speed_m_s,
            course_deg=_said(self._course_deg, k),
            vertical_rate_m_s=climb_m_s,
            velocity_source=SOURCES[self._source.item(k)],
            uncertainty_m=self.uncertainty_m.item(k),
            state="silent" if self._silent.item(k) else "live",
            implausible=IMPLAUSIBLE_RULES[self._implausible.item(k)] or None,
            accuracy_m=self._accuracy_m.item(k),
            vertical_error_m=self._vertical_error_m.item(k),
            clock_error_s=self._clock_error_s.item(k),
            callsign_us=None if callsign is None else self._names.callsign_us.item(k),
            altitude_us=_if_any(w84_m, std_m, then=self._altitude_us.item(k)),
            velocity_us=_if_any(speed_m_s, climb_m_s, then=self._velocity_us.item(k)),
        )


def rows_of(table: TrackTable, slots: NDArray[np.int64], now_us: int) -> list[TrackRow]:
    """Tracks as they are held, in the order of their slots. Raises KeyError where one is free."""
    columns = Columns(table, slots, now_us)
    return [columns.row(k) for k in range(len(columns))]


def _if_any(*values: float | None, then: int) -> int | None:
    """When values were said; None where none was."""
    return then if any(each is not None for each in values) else None


def _said(column: Floats, k: int) -> float | None:
    """A number of a column, None for NaN."""
    value: float = column.item(k)
    return None if value != value else value  # noqa: PLR0124  # NaN alone is not itself
