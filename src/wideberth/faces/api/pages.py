"""How much one answer holds: a page ends at so many bytes as well as at so many things.

An intent may have 10,000 vertices, and a page a thousand intents: whoever tells them and asks for
them all would have a node hold gigabytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import msgspec

from wideberth.faces.api.problems import HttpProblem

__all__ = ["MOST_PAGE_BYTES", "Page", "after_cursor"]

MOST_PAGE_BYTES = 4 * 1024 * 1024
"""Of the things in one answer. One that is larger has a page of its own."""

T = TypeVar("T")


def after_cursor(shown: Sequence[T], cursor: str | None, name: Callable[[T], str]) -> Sequence[T]:
    """What comes after the thing that the page before ended with, by its name; all without one.

    Raises HttpProblem where nothing that is shown to the reader has this name.
    """
    if cursor is None:
        return shown
    names = [name(each) for each in shown]
    if cursor not in names:
        raise HttpProblem(400, "cursor", "begin with the first page again", field="cursor")
    return shown[names.index(cursor) + 1 :]


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
