"""Has what stands of a party looked at again, piece by piece, after its clock was measured worse.

The looks that are not at their end are in the picture, so a start goes on where the last stop
broke off, and any process of a folder may do the next piece: the second is told that it is done.
One piece waits in the queue at a time, behind whatever came before it
(:mod:`wideberth.decisions.measuring`).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Self

from wideberth.errors import Overloaded, RecordError
from wideberth.model.clocks import LookAgain, LookDue
from wideberth.model.commands import Request
from wideberth.model.entries import Entry
from wideberth.model.parties import SYSTEM
from wideberth.model.refusals import Refusal
from wideberth.service import Service

__all__ = ["LookingAgain"]

_AGAIN_S = 1.0  # after something stood in the way
_log = logging.getLogger("wideberth.lookingagain")


class LookingAgain:
    """Beside a service. Use as an async context, inside the service's."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._due = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Go on with what the record says is not at its end."""
        self._due.set()
        self._service.fold_listeners.append(self._listen)
        self._task = asyncio.create_task(self._go_on(), name="wideberth-lookingagain")
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop; the next start goes on."""
        self._service.fold_listeners.remove(self._listen)
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _listen(self, _start: int, entries: Sequence[Entry]) -> None:
        if any(isinstance(entry.body, LookDue) for entry in entries):
            self._due.set()

    async def _go_on(self) -> None:
        while True:
            await self._due.wait()
            self._due.clear()
            try:
                await self._finish()
            except (Overloaded, RecordError) as error:
                _log.warning("what a measured clock widened waits to be looked at: %s", error)
            except Exception:  # noqa: BLE001  # the top of a task: it is logged, and goes on
                _log.exception("what a measured clock widened could not be looked at")
            else:
                continue
            await asyncio.sleep(_AGAIN_S)
            self._due.set()

    async def _finish(self) -> None:
        picture = self._service.picture
        while looks := list(picture.clock_looks):
            for party in looks:
                look = picture.clock_looks.get(party)
                if look is None:
                    continue
                answer = await self._service.submit(Request(SYSTEM, LookAgain(party, look.after)))
                if isinstance(answer, Refusal) and picture.clock_looks.get(party) == look:
                    _log.error("a piece of what %s told could not be looked at: %s", party, answer)
                    await asyncio.sleep(_AGAIN_S)
                await asyncio.sleep(0)  # otherwise, another process was quicker
