"""A day in minutes: an event loop whose clock stands still while something is done, and jumps to
the next thing that is due when nothing is. What runs on it is the real code, and its order is the
same each time.

Calls for a thread are done at once, in the loop's own: no time passes meanwhile. So what threads
may do to each other is not tried here.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class _Jumping(selectors.DefaultSelector):
    """Never waits: what it was to wait for, the clock has jumped over."""

    def __init__(self) -> None:
        super().__init__()
        self.jumped_s = 0.0

    def select(self, timeout: float | None = None) -> Any:
        found = super().select(0)
        if found:
            return found
        if timeout is None:
            raise RuntimeError("nothing is due any more, and nobody is left to wake the loop")
        self.jumped_s += max(0.0, timeout)
        return found


class CompressedLoop(asyncio.SelectorEventLoop):
    """Its time is seconds since it was made, of the clock that jumps."""

    def __init__(self) -> None:
        self._jumping = _Jumping()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.jumped_s

    def run_in_executor(  # type: ignore[override]  # a future that is done is one too
        self, executor: Any, func: Callable[..., T], *args: Any
    ) -> asyncio.Future[T]:
        del executor
        future: asyncio.Future[T] = self.create_future()
        try:
            future.set_result(func(*args))
        except BaseException as error:  # noqa: BLE001  # as an executor does: to whoever awaits it
            future.set_exception(error)
        return future


def run_compressed(make: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run it on such a loop."""
    with asyncio.Runner(loop_factory=CompressedLoop) as runner:
        return runner.run(make())
