"""The tracks of a look as the kernels read them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wideberth.watch.paths import Floats, starts

# Columns are many, and go by name.
# ruff: noqa: PLR0913

__all__ = ["Movers"]

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Movers:
    """The tracks as the kernels read them, each an array of n. Built by :meth:`of`.

    position_ecef_m, tangent, normal: (n, 3) at the last reported position. radius_m: of the path.
    speed_m_s: 0 where unknown. age_s: of the position, at now. altitude_*_m: at the last report,
    NaN where unknown. climb_m_s: 0 where unknown. horizontal_error_m, vertical_error_m: at now.
    owner, identity: codes; two of one identity are one thing told twice and never a pair; two of
    one owner of 0 or more are a pair only if asked for. feed: whose feed brings it, 0 and up, as
    few as there are (:mod:`wideberth.watch._crowds`).
    """

    position_ecef_m: Floats
    tangent: Floats
    normal: Floats
    radius_m: Floats
    speed_m_s: Floats
    age_s: Floats
    altitude_w84_m: Floats
    altitude_std_m: Floats
    climb_m_s: Floats
    horizontal_error_m: Floats
    vertical_error_m: Floats
    owner: Ints
    identity: Ints
    feed: Ints

    def __len__(self) -> int:
        return len(self.speed_m_s)

    def take(self, rows: NDArray[np.int64]) -> Movers:
        """Some of them, in the order of rows."""
        return Movers(**{name: getattr(self, name)[rows] for name in _COLUMNS})

    def and_those_of(self, others: Movers) -> Movers:
        """These, and others behind them."""
        pairs = {name: (getattr(self, name), getattr(others, name)) for name in _COLUMNS}
        return Movers(**{name: np.concatenate(pair) for name, pair in pairs.items()})

    @classmethod
    def of(
        cls,
        *,
        latitude_deg: Floats,
        longitude_deg: Floats,
        speed_m_s: Floats,
        course_deg: Floats,
        age_s: Floats,
        altitude_w84_m: Floats,
        altitude_std_m: Floats,
        climb_m_s: Floats,
        horizontal_error_m: Floats,
        vertical_error_m: Floats,
        owner: Ints,
        identity: Ints,
        feed: Ints | None = None,
    ) -> Movers:
        """Movers from columns; NaN where speed, course, altitude or climb is unknown. feed: None
        where one brings all.
        """
        known = np.isfinite(speed_m_s) & np.isfinite(course_deg)
        course = np.where(known, course_deg, 0.0)
        position, tangents, normals, radius_m = starts(latitude_deg, longitude_deg, course)
        return cls(
            position_ecef_m=position,
            tangent=tangents,
            normal=normals,
            radius_m=radius_m,
            speed_m_s=np.where(known, speed_m_s, 0.0),
            age_s=age_s,
            altitude_w84_m=altitude_w84_m,
            altitude_std_m=altitude_std_m,
            climb_m_s=np.nan_to_num(climb_m_s, nan=0.0),
            horizontal_error_m=horizontal_error_m,
            vertical_error_m=vertical_error_m,
            owner=owner,
            identity=identity,
            feed=np.zeros(len(age_s), np.int64) if feed is None else feed,
        )


_COLUMNS = tuple(Movers.__dataclass_fields__)
