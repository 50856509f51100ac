"""When each track of a feed was kept last: what is kept of one is so far apart in time. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from wideberth.watch._taking import NEVER_US, spaced

__all__ = ["Lately"]

Ints = NDArray[np.int64]


class Lately:
    """When a position of each track of a feed was kept last."""

    def __init__(self) -> None:
        self._place_of: dict[str, int] = {}
        self._last_us = np.zeros(0, np.int64)  # by place

    def spaced(self, names: Sequence[str], times_us: Ints, every_us: int) -> NDArray[np.bool_]:
        """Which of these positions are far enough in time from the one before; that they are kept
        is noted.
        """
        places = np.fromiter(map(self._place_of.get, names, repeat(-1)), np.int64, len(names))
        for k in np.flatnonzero(places < 0).tolist():
            places[k] = self._place_of.setdefault(names[k], len(self._place_of))
        more = len(self._place_of) - len(self._last_us)
        if more > 0:
            air = np.full(more + len(self._place_of) // 4, NEVER_US)
            self._last_us = np.concatenate([self._last_us, air])
        return spaced(places, times_us, self._last_us, every_us)

    def forget(self, until_us: int) -> int:
        """Let go of the tracks of which none was kept since, once they are half of all; gives how
        many are left.
        """
        last_us = self._last_us[: len(self._place_of)]
        stays: NDArray[np.bool_] = last_us > until_us
        if 2 * int(stays.sum()) <= len(last_us):
            names = [name for name, place in self._place_of.items() if stays[place]]
            self._last_us = last_us[[self._place_of[name] for name in names]]
            self._place_of = {name: place for place, name in enumerate(names)}
        return len(self._place_of)
