"""How much one answer holds: a page ends at so many bytes as well as at so many things.

An intent may have 10,000 vertices, and a page a thousand intents: whoever tells them and asks for
them all would have a node hold gigabytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import msgspec

__all__ = ["MOST_PAGE_BYTES", "Page"]

MOST_PAGE_BYTES = 4 * 1024 * 1024
"""Of the things in one answer. One that is larger has a page of its own."""

T = TypeVar("T")


class Page:
    """Things of one answer as JSON, until it is full."""

    __slots__ = ("_room_bytes", "things")

    def __init__(self) -> None:
        self.things: list[Any] = []
        """As JSON that stands within other JSON."""
        self._room_bytes = MOST_PAGE_BYTES

    def take(self, json: bytes) -> bool:
        """Take one more, unless it does not fit; the first always does."""
        self._room_bytes -= len(json)
        if self._room_bytes < 0 and self.things:
            return False
        self.things.append(msgspec.Raw(json))
        return True

    def take_all(self, shown: Iterable[T], json: Callable[[T], bytes]) -> Page:
        """Take as many as fit, from the first on."""
        for each in shown:
            if not self.take(json(each)):
                break
        return self

    def __len__(self) -> int:
        return len(self.things)
