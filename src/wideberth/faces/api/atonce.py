"""What usually needs no waiting, done at once: without a task of its own, or one that is woken."""

from __future__ import annotations

from collections.abc import Coroutine, Generator
from typing import Any

__all__ = ["Left", "at_once"]


def at_once(work: Coroutine[Any, Any, None]) -> Left | None:
    """Begin it here and now. None: it is done; else what is left of it, for some task to await.

    Nothing in it may ask which task it runs in before it waits: it may go on in another one.
    """
    try:
        waits_for = work.send(None)
    except StopIteration:
        return None
    except Exception as error:  # noqa: BLE001  # belongs to whoever awaits what is left
        return Left(work, error)
    return Left(work, waits_for)


class Left:
    """The rest of something begun. Await it once, or close it."""

    __slots__ = ("_waits_for", "_work")

    def __init__(self, work: Coroutine[Any, Any, None], waits_for: Any) -> None:
        """waits_for: what the work gave to wait for; an exception: how it ended."""
        self._work = work
        self._waits_for = waits_for

    def close(self) -> None:
        """It is not done."""
        self._work.close()

    def __await__(self) -> Generator[Any, Any, None]:
        """What the task that runs the work would do, for whichever task this is."""
        work, waits_for = self._work, self._waits_for
        if isinstance(waits_for, Exception):
            raise waits_for
        while True:
            try:
                sent = yield waits_for
            except BaseException as error:  # noqa: BLE001  # a cancellation is the work's own affair
                go_on, given = work.throw, error
            else:
                go_on, given = work.send, sent
            try:
                waits_for = go_on(given)
            except StopIteration:
                return
