"""Folds the record's write-ahead log into its file beside a node, so that no command waits for it.

Several processes of a folder may do so. One that cannot (a disk that is full, a file that is gone)
says so once and goes on trying; whoever appends folds the log in then, once it is long.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self, TypeVar

from wideberth.errors import RecordError
from wideberth.record.writeahead import FOLDED_FROM, WriteAhead

__all__ = ["LogFolding"]

T = TypeVar("T")

_LOOK_S = 0.5
_SOON_S = 0.05  # where something was appended meanwhile: the log begins anew when all is folded in
_MOST_TIMES = 5
_log = logging.getLogger("wideberth.logfolding")


class LogFolding:
    """Beside a node. Use as an async context, while its record is open."""

    def __init__(self, folder: Path, *, look_s: float = _LOOK_S) -> None:
        self._folder = folder
        self._look_s = look_s
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="wideberth-fold-log")
        self._writeahead: WriteAhead | None = None
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Fold from now on."""
        self._task = asyncio.create_task(self._run(), name="wideberth-fold-log")
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop; the last connection to the record folds in what is left."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._writeahead is not None:
            await self._in_thread(self._writeahead.close)
        self._thread.shutdown()

    async def look(self) -> None:
        """Fold in what waits, if it is enough. Raises RecordError."""
        if await self._in_thread(self._waiting) < FOLDED_FROM:
            return
        for _ in range(_MOST_TIMES):
            left = await self._in_thread(self._fold)
            if not 0 < left < FOLDED_FROM:
                return
            await asyncio.sleep(_SOON_S)

    def _waiting(self) -> int:
        if self._writeahead is None:
            self._writeahead = WriteAhead(self._folder)
        return self._writeahead.waiting()

    def _fold(self) -> int:
        assert self._writeahead is not None
        return self._writeahead.fold(at_least=1)

    async def _run(self) -> None:
        failed = False
        while True:
            await asyncio.sleep(self._look_s)
            try:
                await self.look()
            except RecordError as error:
                if not failed:
                    _log.warning("the record's log is not folded in beside appends: %s", error)
                failed = True
            except Exception:  # noqa: BLE001  # the top of a task: it is logged, and goes on
                if not failed:
                    _log.exception("the record's log is not folded in beside appends")
                failed = True
            else:
                failed = False

    async def _in_thread(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, call)
