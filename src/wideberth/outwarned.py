"""Warnings to those without a stream: at once, over the first way of a duty desk that takes one.

A warning is of now: beside the lanes of notices, and never behind them. Of each that stands a desk
is told once for each level that it reaches, and once that it no longer stands, if it was told of
it at all; what was not taken in time gives way to what is newer. What went out stands in the state
of deliveries; what stands is told after a restart, each level once.

Owned by the event loop's thread.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from wideberth.contacts import Way
from wideberth.delivery.lanes import BackOff, Outcome, Tried
from wideberth.delivery.messages import Message, in_each
from wideberth.delivery.phrases import spoken
from wideberth.delivery.warned import Change, Lengths, SideTold, warning_message
from wideberth.errors import RecordUnavailable
from wideberth.model.channels import Medium
from wideberth.model.entries import Body, WarningCleared, WarningRaised, WarningWorsened
from wideberth.model.ids import PartyId, WarningId
from wideberth.model.warnings import StandingWarning
from wideberth.picture.picture import Picture
from wideberth.service import Service
from wideberth.space.time import MINUTE_US, SECOND_US
from wideberth.space.volume import NANODEGREES
from wideberth.warned import Side, TrackOpen, Warned, no_track_open, warned

__all__ = ["Sender", "WarningsOut", "agreed_languages"]

_LIFE_US = 30 * MINUTE_US  # of a warning that no way takes; what stands is on the page
_LOOK_S = 1.0
_WARNED = "warned"  # the way under which the state keeps what was told of warnings
_log = logging.getLogger(__name__)


class Sender(Protocol):
    """Who sends, and keeps what was sent."""

    def duty_ways(self, party: PartyId) -> tuple[Way, ...]:
        """The ways of a duty desk that are not suspended, in the agreed order."""
        ...

    async def send(
        self, way: Way, party: PartyId, message: Message, item: dict[str, object]
    ) -> Tried:
        """One attempt, by anything but a stream."""
        ...

    async def streamed(self, party: PartyId, position: int) -> Tried:
        """Whether a stream took the entry."""
        ...

    async def is_sent(self, name: str, party: PartyId, way: str) -> bool:
        """Whether it was kept as sent over this way. Raises RecordUnavailable."""
        ...

    async def keep_sent(self, name: str, party: PartyId, way: str) -> None:
        """Keep that it was sent. Raises RecordUnavailable."""
        ...


@dataclass(frozen=True, slots=True)
class _Item:
    warning: StandingWarning
    change: Change
    position: int

    @property
    def name(self) -> str:
        """What tells this word of a warning from its others."""
        level = "over" if self.change is Change.CLEARED else str(self.warning.level)
        return f"{self.warning.id}/{level}"


class WarningsOut:
    """Beside what sends. draw: from 0 up to 1, to spread retries. track_open: which tracks of
    others are open to whom; none is until somebody says so.
    """

    def __init__(
        self, service: Service, sender: Sender, back_off: BackOff, draw: Callable[[], float]
    ) -> None:
        self._service = service
        self._sender = sender
        self._back_off = back_off
        self._draw = draw
        self.track_open: TrackOpen = no_track_open
        self.one_with: Callable[[StandingWarning, PartyId], Sequence[str]] = _none
        """The other standing warnings that are one with it to a party, as another feed has it."""
        self.know: Callable[[Iterable[StandingWarning]], Awaitable[None]] = _nothing_known
        """Has at hand what these two know of a warning's tracks."""
        self._latest: dict[tuple[WarningId, PartyId], _Item] = {}
        self._tasks: dict[tuple[WarningId, PartyId], asyncio.Task[None]] = {}
        self._newer: dict[tuple[WarningId, PartyId], asyncio.Event] = {}

    def note(self, body: Body, position: int) -> None:
        """Tell of an entry, where it is of a warning."""
        match body:
            case WarningRaised():
                self._tell(_Item(body.warning, Change.RAISED, position))
            case WarningWorsened():
                self._tell(_Item(body.warning, Change.WORSENED, position))
            case WarningCleared():
                self._tell(_Item(body.warning, Change.CLEARED, position))
            case _:
                pass

    def go_on(self) -> None:
        """Tell of what stands, where that was not told before."""
        picture = self._service.picture
        for name in list(picture.warnings):
            self._tell(_Item(picture.warnings[name], Change.RAISED, picture.size - 1))

    async def stop(self) -> None:
        """End what is under way; what was not taken is told when it starts again."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for each in (self._latest, self._tasks, self._newer):
            each.clear()

    def _tell(self, item: _Item) -> None:
        for party in item.warning.parties:
            if not self._sender.duty_ways(party):
                continue
            key = (item.warning.id, party)
            self._latest[key] = item
            if key in self._tasks:
                self._newer[key].set()
                continue
            self._newer[key] = asyncio.Event()
            self._tasks[key] = asyncio.create_task(self._go(key))

    async def _go(self, key: tuple[WarningId, PartyId]) -> None:
        try:
            while True:
                try:
                    await self._send_on(key)
                except RecordUnavailable as error:
                    _log.warning("a warning to %s waits: %s", key[1], error)
                    await asyncio.sleep(_LOOK_S)
                else:
                    break
        except Exception:  # noqa: BLE001  # the top of a task: it is logged
            _log.exception("a warning to %s could not be sent", key[1])
        finally:
            for each in (self._latest, self._tasks, self._newer):
                each.pop(key, None)

    async def _send_on(self, key: tuple[WarningId, PartyId]) -> None:
        """The latest word, until a way takes it, all refuse it, or it is too old."""
        warning_id, party = key
        failures, attempted = 0, await self._sender.is_sent(warning_id, party, _WARNED)
        while (item := self._latest.get(key)) is not None:
            self._newer[key].clear()
            is_news = attempted or item.change is not Change.CLEARED
            if not is_news or await self._sender.is_sent(item.name, party, _WARNED):
                self._done(key, item)
                continue
            attempted = True
            if await self._over_ways(party, item) is not Outcome.FAILED:
                await self._sender.keep_sent(item.name, party, _WARNED)
                await self._sender.keep_sent(warning_id, party, _WARNED)
                failures = 0
                self._done(key, item)
                continue
            failures += 1
            if item.warning.updated_us + _LIFE_US < self._service.context().now_us:
                _log.warning("no way to %s took a warning", party)
                self._done(key, item)
                continue
            with contextlib.suppress(TimeoutError):
                wait_us = self._back_off.wait_us(failures, self._draw())
                await asyncio.wait_for(self._newer[key].wait(), wait_us / SECOND_US)

    def _done(self, key: tuple[WarningId, PartyId], item: _Item) -> None:
        if self._latest.get(key) is item:
            del self._latest[key]

    async def _over_ways(self, party: PartyId, item: _Item) -> Outcome:
        """Over the ways in their order: the first that takes it."""
        refused = True
        for way in self._sender.duty_ways(party):
            if way.medium is Medium.STREAM:
                tried = await self._sender.streamed(party, item.position)
            else:
                await self.know((item.warning,))
                tried = await self._out(way, party, item)
            if tried.outcome is Outcome.TAKEN:
                return Outcome.TAKEN
            refused = refused and tried.outcome is Outcome.REFUSED
        return Outcome.REFUSED if refused else Outcome.FAILED

    def _out(self, way: Way, party: PartyId, item: _Item) -> Awaitable[Tried]:
        picture = self._service.picture
        known = warned(item.warning, party, picture, self.track_open)
        others = [each.party for each in known.sides if each.party not in (None, party)]
        one_with = tuple(self.one_with(item.warning, party))
        languages, missing = spoken(agreed_languages(picture, party, others), way.language)

        def in_one(language: str) -> Message:
            return warning_message(
                item.warning,
                change=item.change,
                recipient=party,
                sides=[_told(each) for each in known.sides],
                lengths=_lengths(known),
                exercise=picture.space.exercise,
                times=way.times,
                language=language,
                one_with=one_with,
            )

        message = in_each(languages, missing, in_one)
        said: dict[str, object] = {
            "kind": "warning",
            "id": message.id,
            "version": message.version,
            "change": item.change,
            "warning": item.warning.kind,
            "sides": [_told(each) for each in known.sides],
            "text": message.full,
        }
        if one_with:
            said["one_with"] = one_with
        return self._sender.send(way, party, message, said)


def _none(_warning: StandingWarning, _party: PartyId) -> Sequence[str]:
    """Where nobody says which are one: none are."""
    return ()


def agreed_languages(
    picture: Picture, reader: PartyId, others: Sequence[PartyId | None]
) -> tuple[str, ...]:
    """The languages agreed between a reader and those whom it may know to be concerned; the pair's
    first one first (L-06).
    """
    known = picture.agreed.languages.get(reader, {})
    tags = [tag for other in others if other is not None for tag in known.get(other, ())]
    return tuple(dict.fromkeys(tags))


def _told(side: Side) -> SideTold:
    where = None
    if side.cell is not None:
        cell = (side.cell.south_nd, side.cell.west_nd, side.cell.size_nd)
        south, west, size = (each / NANODEGREES for each in cell)
        where = f"{south:g}, {west:g} + {size:g}°"
    return SideTold(side.type, side.party, side.facts, where)


def _lengths(known: Warned) -> Lengths:
    return Lengths(
        known.horizontal_mm,
        known.vertical_mm,
        known.time_us,
        known.uncertainty_mm,
        edge_mm=known.edge_mm,
    )


async def _nothing_known(_warnings: Iterable[StandingWarning]) -> None:
    """Where nobody knows of tracks."""
