"""Has each party's flights held against the limits in time, as ASTM F3548-21 asks (ACM).

Beside a service, on the event loop. What is due follows from the record, so a start goes on where
the last stop broke off: what was due meanwhile is done at once, and its entry says that it is late.
Several processes of a folder may run this; the second to say it is told that it is done. Each
analysis reads the record anew, so one that could not be recorded is made again with what came
since, and is no older than the entry that holds it.
"""

from __future__ import annotations

import asyncio
import logging
from typing import NamedTuple, Self

from wideberth.errors import WideberthError
from wideberth.model.commands import Request
from wideberth.model.conformance import AnalyseConformance, FlightMeasured, flights_of
from wideberth.model.entries import Entry
from wideberth.model.ids import PartyId
from wideberth.model.parties import SYSTEM
from wideberth.picture.analyses import AnalysisTimes, next_analysis_us
from wideberth.picture.flown import ConformanceLimits, summed
from wideberth.service import Applied, Service
from wideberth.space.time import MINUTE_US

__all__ = ["LOOK_S", "Analysing", "entries_since", "flights_in"]

LOOK_S = 60.0
"""How often it is looked whether an analysis is due."""
_AHEAD = 24  # an analysis is begun when this part of its time is left: an hour of a day
_AGAIN_S = 5.0  # after something stood in the way
_AT_ONCE = 1_000  # entries read together
_PAUSE_EVERY = 500  # parties looked at before others have their turn
_log = logging.getLogger("wideberth.analysing")


class _Looked(NamedTuple):
    """After how many analyses it was looked for flights that none of them saw, where the newest
    flight stood then, and when the first of them was recorded; None: there was none.
    """

    analyses: int
    last: int
    unseen_us: int | None


class Analysing:
    """Beside a service. Use as an async context, inside the service's."""

    def __init__(
        self,
        service: Service,
        limits: ConformanceLimits | None = None,
        times: AnalysisTimes | None = None,
        *,
        look_s: float = LOOK_S,
    ) -> None:
        self._service = service
        self._limits = limits or ConformanceLimits()
        self._times = times or AnalysisTimes()
        self._look_s = look_s
        self._looked: dict[PartyId, _Looked] = {}
        # Since when there is something to tell a party that could not be recorded yet.
        self._found_us: dict[PartyId, int] = {}
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Do what is due, then look once a minute."""
        self._task = asyncio.create_task(self._run(), name="wideberth-analysing")
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop; the next start goes on."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def look(self) -> int:
        """Do the analyses that are due now; gives how many were recorded by it. Raises what stood
        in the way of one of them; the others are done.
        """
        service, done = self._service, 0
        failed: WideberthError | None = None
        for at, party in enumerate(list(service.picture.parties)):
            if at % _PAUSE_EVERY == _PAUSE_EVERY - 1:
                await asyncio.sleep(0)
            due_us = await self.due_us(party)
            ahead_us = self._times.within_us // _AHEAD
            if due_us is None or service.context().now_us < due_us - ahead_us:
                continue
            try:
                done += await self._analyse(party, due_us)
            except WideberthError as error:
                failed = error
        if failed is not None:
            raise failed
        return done

    async def due_us(self, party: PartyId) -> int | None:
        """By when the next analysis of a party's flights has to be done; None: there is nothing to
        analyse.
        """
        return next_analysis_us(
            self._service.picture.analyses.get(party),
            await self._unseen_us(party),
            within_us=self._times.within_us,
            period_us=self._limits.period_us,
        )

    async def _unseen_us(self, party: PartyId) -> int | None:
        """When the first flight of a party was recorded that no analysis saw; None: there is none.
        It is found once after each analysis: what comes later is no first one.
        """
        service = self._service
        history, before = service.picture.history, service.picture.analyses.get(party)
        last = None if history is None else history.last(flights_of(party))
        if history is None or last is None:
            return None
        analyses, seen = (0, 0) if before is None else (before.said.number, before.said.seen)
        known = self._looked.get(party)
        is_new = known is None or known.analyses != analyses
        if known is None or is_new or (known.unseen_us is None and known.last != last):
            unseen = history.positions(flights_of(party))[seen:]
            entries = await service.entries_at(unseen[:1])
            unseen_us = entries[0].time_us if entries else None
            known = self._looked[party] = _Looked(analyses, last, unseen_us)
        return known.unseen_us

    async def _analyse(self, party: PartyId, due_us: int) -> int:
        service = self._service
        picture = service.picture
        last = picture.analyses.get(party)
        now_us = service.context().now_us
        history = picture.history
        assert history is not None, "what is due is in the index"
        positions = history.positions(flights_of(party))
        already = 0 if last is None else last.said.seen
        unseen = [
            entry.body.until_us
            for entry in await _entries(service, positions[already:])
            if isinstance(entry.body, FlightMeasured)
        ]
        # What was recorded since the last analysis is in this one, however late that was.
        from_us = min([min(now_us, due_us) - self._limits.period_us, *unseen])
        flights = await flights_in(service, party, from_us, now_us, positions)
        said = summed(flights, self._limits, from_us=from_us, to_us=now_us)
        (first,) = await service.entries_at(positions[:1])
        # Of one that was erased, when it was: that is no earlier.
        first_us = first.body.until_us if isinstance(first.body, FlightMeasured) else first.time_us
        if said.beyond:
            self._found_us.setdefault(party, now_us)
        else:
            self._found_us.pop(party, None)
        answer = await service.submit(
            Request(
                SYSTEM,
                AnalyseConformance(
                    party=party,
                    number=1 if last is None else last.said.number + 1,
                    summed=said,
                    seen=len(positions),
                    newest_us=max([0 if last is None else last.said.newest_us, *unseen]),
                    due_us=due_us,
                    whole=first_us <= now_us - self._limits.period_us,
                    found_us=self._found_us.get(party, now_us),
                    tell_within_us=self._times.tell_within_us,
                ),
            )
        )
        self._found_us.pop(party, None)
        return isinstance(answer, Applied)

    async def _run(self) -> None:
        while True:
            try:
                await self.look()
            except WideberthError as error:
                _log.debug("an analysis waits: %s", type(error).__name__)
                await asyncio.sleep(_AGAIN_S)
            except Exception:  # noqa: BLE001  # the top of a task: it is logged, and goes on
                _log.exception("flights could not be analysed")
                await asyncio.sleep(_AGAIN_S)
            else:
                await asyncio.sleep(self._look_s)


async def flights_in(
    service: Service,
    party: PartyId,
    from_us: int,
    to_us: int,
    positions: list[int] | None = None,
) -> list[FlightMeasured]:
    """What the flights of a party that ended from from_us until to_us came to. positions: of all
    that were recorded of it, where they are at hand.

    An entry is made at the latest when the flight is over, and by a clock that may be behind that
    of its positions by little.
    """
    return [
        entry.body
        for entry in await entries_since(service, flights_of(party), from_us - MINUTE_US, positions)
        if isinstance(entry.body, FlightMeasured) and from_us <= entry.body.until_us < to_us
    ]


async def entries_since(
    service: Service, object_id: str, from_us: int, positions: list[int] | None = None
) -> list[Entry]:
    """The entries about an object from a time on; times in the record never fall."""
    history = service.picture.history
    if positions is None:
        positions = [] if history is None else history.positions(object_id)
    begin, end = 0, len(positions)
    while begin < end:
        middle = (begin + end) // 2
        (entry,) = await service.entries_at([positions[middle]])
        begin, end = (middle + 1, end) if entry.time_us < from_us else (begin, middle)
    return await _entries(service, positions[begin:])


async def _entries(service: Service, positions: list[int]) -> list[Entry]:
    found: list[Entry] = []
    for start in range(0, len(positions), _AT_ONCE):
        found += await service.entries_at(positions[start : start + _AT_ONCE])
    return found
