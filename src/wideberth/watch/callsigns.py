"""The call signs of tracks, by slot: in a column of bytes, since nearly all are short and ASCII. A
string of its own would take five times the room.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["CallSigns"]

_SHORT = 8  # characters: what ADS-B can say


class CallSigns:
    """A call sign or None for each slot; none is empty, and none ends in a null character."""

    def __init__(self, capacity: int) -> None:
        self._short = np.zeros(capacity, f"S{_SHORT}")  # b"": none, or not a short one
        self._other: dict[int, str] = {}

    def __getitem__(self, slot: int) -> str | None:
        short: bytes = self._short[slot]
        return short.decode("ascii") if short else self._other.get(slot)

    def __setitem__(self, slot: int, callsign: str | None) -> None:
        self._other.pop(slot, None)
        self._short[slot] = b""
        if callsign is not None and len(callsign) <= _SHORT and callsign.isascii():
            self._short[slot] = callsign.encode("ascii")
        elif callsign is not None:
            self._other[slot] = callsign

    def copied(self, slots: NDArray[np.int64]) -> CallSigns:
        """Those of these slots, numbered in their order."""
        made = CallSigns(0)
        made._short = self._short[slots]
        if self._other:
            numbered = enumerate(slots.tolist())
            made._other = {k: self._other[slot] for k, slot in numbered if slot in self._other}
        return made

    def are(self, slots: NDArray[np.int64], callsigns: Sequence[str]) -> NDArray[np.bool_]:
        """Which of these call signs, "" for none, are surely those of the slots: so long as all of
        them can be printed, each that is short and ASCII.
        """
        if not "".join(callsigns).isprintable():  # a null at its end would not be seen
            return np.zeros(len(callsigns), np.bool_)
        asked = np.array(callsigns, np.str_)
        return self._short[slots].astype(f"U{_SHORT}") == asked

    def extend(self, more: int) -> None:
        """Room for so many slots more, without call signs."""
        self._short = np.concatenate([self._short, np.zeros(more, self._short.dtype)])
