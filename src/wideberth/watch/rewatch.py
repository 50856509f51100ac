"""A window watched again: the positions that were kept and the entries of a record, told to a watch
in the order in which they came, by the times at which they came.

The watch, what it is told of intents, zones and agreements, and to whom its warnings go are the
code of the node; only the clock is another. Nothing is recorded and nobody is told. What comes out
is what this program would have said: of other settings, or of a newer program, not what was said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Generic, TypeVar

from wideberth.model.entries import Entry
from wideberth.model.ids import PartyId
from wideberth.model.warnings import StandingWarning
from wideberth.picture.fold import fold
from wideberth.picture.picture import Picture
from wideberth.watch.engine import Watch
from wideberth.watch.instep import InStep
from wideberth.watch.observations import Cleared, Lapsed, Updated, WarningEvent
from wideberth.watch.recorded import addressed, parties_of
from wideberth.watch.reports import ReportBatch
from wideberth.watch.settings import WatchSettings
from wideberth.watch.taken import UpdateReport

__all__ = ["Rewatched", "Said", "rewatched"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Said:
    """One event of the watch, and the parties that it would have been told to."""

    event: WarningEvent
    parties: tuple[PartyId, ...]


@dataclass(frozen=True, slots=True)
class Rewatched:
    """One look. entries: those folded before it, since the look before, with their positions in
    the record; said: what came of it; taken: what became of each batch; tracks: how many are held;
    live: how many of them speak.
    """

    time_us: int
    entries: tuple[tuple[int, Entry], ...]
    said: tuple[Said, ...]
    taken: tuple[UpdateReport, ...]
    tracks: int
    live: int


@dataclass(slots=True)
class _Recorded:
    """The warnings as a node would have recorded them, by their ids."""

    standing: dict[str, StandingWarning] = field(default_factory=dict[str, StandingWarning])

    def said(self, event: WarningEvent, picture: Picture) -> Said:
        before = self.standing.get(event.warning.id)
        parties = parties_of(event, picture, before)
        if isinstance(event, Cleared | Lapsed):
            self.standing.pop(event.warning.id, None)
        elif (
            before is None
            or not isinstance(event, Updated)
            or set(parties) > set(before.parties)  # somebody learns of it only now
        ):
            form = addressed(event, picture, before)
            if form is not None:
                self.standing[event.warning.id] = form
        return Said(event, parties)


def rewatched(
    picture: Picture,
    entries: Iterable[Entry],
    heard: Iterable[tuple[int, ReportBatch]],
    *,
    settings: WatchSettings,
    begin_us: int,
    end_us: int,
    every_us: int,
) -> Iterator[Rewatched]:
    """The looks from begin_us on and before end_us, one in every_us, on the host's clock.

    picture: as it stood before the first of the entries; it is folded on here. entries: in their
    order; those of before begin_us are folded first. heard: the batches with when they came, in
    that order. A look sees what came up to its time, that moment included.
    """
    watch = Watch(settings)
    in_step = InStep(watch)
    recorded = _Recorded()
    coming, arriving = _Ahead(entries), _Ahead(heard)
    for entry in coming.up_to(begin_us - 1, _entry_us):
        fold(picture, entry)
    in_step.take_over(picture)
    for now_us in range(begin_us, end_us, every_us):
        folded: list[tuple[int, Entry]] = []
        for entry in coming.up_to(now_us, _entry_us):
            folded.append((picture.size, entry))
            fold(picture, entry)
            in_step.note(entry.body)
        taken = tuple(
            watch.observe(batch, came_us) for came_us, batch in arriving.up_to(now_us, _came_us)
        )
        events = [event for change in in_step.changes(picture, now_us) for event in change()]
        events += watch.tick(now_us)
        said = tuple(recorded.said(event, picture) for event in events)
        slots = watch.table.slots()
        silent = int(watch.table.silent(slots, now_us).sum())
        yield Rewatched(now_us, tuple(folded), said, taken, len(slots), len(slots) - silent)


def _entry_us(entry: Entry) -> int:
    return entry.time_us


def _came_us(item: tuple[int, ReportBatch]) -> int:
    return item[0]


class _Ahead(Generic[T]):
    """Items in the order of their times, read as far as a time and one item beyond."""

    def __init__(self, items: Iterable[T]) -> None:
        self._items = iter(items)
        self._next: list[T] = []

    def up_to(self, time_us: int, time_of: Callable[[T], int]) -> Iterator[T]:
        """What is next, until something is later than time_us; that waits for the next call."""
        waiting, self._next = self._next, []
        for item in chain(waiting, self._items):
            if time_of(item) > time_us:
                self._next = [item]
                return
            yield item
