"""What a decoder remembers of each thing, while that counts, and of a bounded number of them. Pure.

A feed may name as many things as it likes, and need not mean any of them. So whatever is kept by
the name of a thing is kept here: one thing more takes the place of the one that was noted longest
ago.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

__all__ = ["MOST_THINGS", "Recent"]

V = TypeVar("V")

MOST_THINGS = 20_000  # all aircraft that are in the air at a time, as public networks count them


class Recent(Generic[V]):
    """Values by the name of a thing, each with when it was noted (any clock, microseconds). most:
    how many, at most.
    """

    def __init__(self, most: int = MOST_THINGS) -> None:
        self._most = most
        self._noted: dict[str, tuple[V, int]] = {}  # the one noted longest ago first

    def __len__(self) -> int:
        return len(self._noted)

    def get(self, name: str) -> V | None:
        """The value that was noted last; None where there is none."""
        held = self._noted.get(name)
        return None if held is None else held[0]

    def note(self, name: str, value: V, now_us: int) -> None:
        """Keep this value, in the place of what was noted before."""
        if self._noted.pop(name, None) is None and len(self._noted) >= self._most:
            del self._noted[next(iter(self._noted))]
        self._noted[name] = value, now_us

    def keep(self, is_kept: Callable[[V, int], bool]) -> None:
        """Forget all others; asked of each value and when it was noted."""
        self._noted = {k: v for k, v in self._noted.items() if is_kept(*v)}
