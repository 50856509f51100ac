"""Gathering what a timeline is made of: entries of its window, and what bears on it from before.

Of a long record little is read: the window is found by its times, what was said before of the same
objects by the index over the record, and how clocks and channels stood by an index of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from wideberth.evidence.scope import Scope, Seen, selected, sought
from wideberth.faces.api.desk import Desk
from wideberth.faces.api.standing import Standing
from wideberth.faces.api.timeline_part import as_seen
from wideberth.model.agreements import AgreementState
from wideberth.model.entries import decode_entry
from wideberth.model.ids import PartyId
from wideberth.service import Service

__all__ = ["MOST_ENTRIES", "Gathered", "gathered"]

MOST_ENTRIES = 4_000
"""Entries of a window that are looked at for one timeline."""

_MOST_BEFORE = 2_000  # entries from before the window
_MOST_OBJECTS = 500
_PAGE = 200
_SETTLED = frozenset({AgreementState.DECLINED, AgreementState.LAPSED, AgreementState.COUNTERED})


@dataclass(frozen=True, slots=True)
class Gathered:
    """entries: those that bear on the scope, as the reader sees them. more_from_us: the window was
    too long; ask again from there.
    """

    entries: list[Seen]
    more_from_us: int | None = None


async def gathered(desk: Desk, standing: Standing, scope: Scope, party: PartyId) -> Gathered:
    """What a timeline for the party is made of."""
    service = desk.service
    size = service.picture.size
    begin = await _first_from(service, scope.begin_us, 0, size)
    end = await _first_from(service, scope.end_us, begin, size)
    until = min(end, begin + MOST_ENTRIES)
    window = await _seen(desk, range(begin, until), party)
    more_from_us = None
    if until < end:
        more_from_us = await _time_at(service, until, end)
    known = {each.position: each for each in window}
    # Pure, and too long for the loop where there is much: others go on meanwhile.
    objects = await asyncio.to_thread(sought, window, scope)
    before = await _positions_before(desk, standing, begin, objects)
    for each in await _seen(desk, before, party):
        known[each.position] = each
    objects = await asyncio.to_thread(sought, list(known.values()), scope)
    again = [each for each in _of_objects(desk, objects, begin) if each not in known]
    for each in await _seen(desk, again[-_MOST_BEFORE:], party):
        known[each.position] = each
    entries = [known[position] for position in sorted(known)]
    return Gathered(await asyncio.to_thread(selected, entries, scope), more_from_us)


async def _positions_before(
    desk: Desk, standing: Standing, begin: int, objects: Iterable[str]
) -> list[int]:
    """Entries before the window: about the same objects, and how things stood."""
    agreements = desk.picture.agreements
    concerned = {
        each.id
        for each in (agreements[key] for key in list(agreements))
        if each.state not in _SETTLED
    }
    found = set(_of_objects(desk, [*objects, *concerned], begin))
    found.update(await standing.before(desk.service, begin))
    return sorted(found)[-_MOST_BEFORE:]


def _of_objects(desk: Desk, objects: Iterable[str], begin: int) -> list[int]:
    """Positions before begin of entries about these objects."""
    history = desk.picture.history
    if history is None:
        return []
    found: set[int] = set()
    for name in sorted(objects)[:_MOST_OBJECTS]:
        found.update(each for each in history.positions(name) if each < begin)
    return sorted(found)


async def _seen(desk: Desk, positions: Iterable[int], party: PartyId) -> list[Seen]:
    """The entries at these positions, as far as the party sees them."""
    wanted = sorted(positions)
    found: list[Seen] = []
    at = 0
    while at < len(wanted):
        last = at
        while last + 1 < len(wanted) and wanted[last + 1] - wanted[at] < _PAGE:
            last += 1
        some = set(wanted[at : last + 1])
        rows = await desk.service.rows(wanted[at], wanted[last] - wanted[at] + 1)
        for row in rows:
            if row.position not in some or row.erased_by is not None:
                continue
            entry = decode_entry(row.envelope, position=row.position)
            told = _is_told(desk, party, row.position)
            seen = await as_seen(desk, row, entry, party, is_told=told)
            if seen is not None:
                found.append(seen)
        at = last + 1
    return found


def _is_told(desk: Desk, party: PartyId, position: int) -> bool:
    """Whether the entry is on the party's stream."""
    history = desk.picture.history
    if history is None:
        return False
    number = history.stream_number(party, position)
    return [each for _, each in history.stream(party, number - 1, 1)] == [position]


async def _first_from(service: Service, time_us: int, low: int, high: int) -> int:
    """The first position whose entry is at time_us or later; high where none is."""
    while low < high:
        middle = (low + high) // 2
        at_us = await _time_at(service, middle, high)
        if at_us is None or at_us >= time_us:
            high = middle
        else:
            low = middle + 1
    return low


async def _time_at(service: Service, position: int, end: int) -> int | None:
    """The time of the entry at a position, or of the next one that was not erased before end."""
    while position < end:
        for row in await service.rows(position, min(8, end - position)):
            if row.erased_by is None:
                return decode_entry(row.envelope, position=row.position).time_us
            position = row.position + 1
    return None
