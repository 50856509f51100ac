"""Erasing what the record says of an object that has left the picture.

First a snapshot, since no replay can begin before it any more; then the entry that says what is
erased and on which ground; then salt and envelope are deleted, and the older snapshots, which may
show the object. What a crash left between the entry and the deletion is done at the next start
(:func:`finish`). Copies elsewhere (backups, what parties were told) are not reached from here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from wideberth.decisions.keeping import ERASABLE
from wideberth.errors import InvalidValue, RecordCorrupt
from wideberth.layered import require
from wideberth.model.commands import Request
from wideberth.model.entries import (
    ClashesFound,
    Entry,
    IntentAccepted,
    IntentAmended,
    WarningCleared,
    ZoneDeclared,
    decode_entry,
)
from wideberth.model.ids import IntentId, KeyId, NoticeId, WarningId, ZoneId
from wideberth.model.keeping import EntriesErased, Erased, EraseEntries, Ground
from wideberth.model.parties import SYSTEM, How
from wideberth.model.refusals import Refusal
from wideberth.picture.picture import Picture
from wideberth.record.protocol import Record
from wideberth.record.sqlite import SqliteRecord
from wideberth.record.upkeep import Upkeep
from wideberth.record.vault import Vault
from wideberth.service import Applied, Service
from wideberth.snapshots import files, make
from wideberth.space.time import DAY_US
from wideberth.succession import locked

__all__ = ["RetentionTable", "due", "erase", "finish"]

ERASING = "erasing"
"""The fact that an erasure is under way: which positions, and from where on its entry stands."""

_PAGE = 2_000
_AT_ONCE = 2_000  # entries in one erasure


class RetentionTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[retention]``: after how many days ``wideberth erase --due`` erases an object of a kind,
    counted from its end (0: never). ground, reference, by: what the entry says.
    """

    flight: int = 0
    movement: int = 0
    hazard: int = 0
    presence: int = 0
    zone: int = 0
    warning: int = 0
    ground: Ground = Ground.AGREEMENT
    reference: str = ""
    by: str = ""

    def __post_init__(self) -> None:
        """Raises InvalidValue."""
        for name in ("flight", "movement", "hazard", "presence", "zone", "warning"):
            days = getattr(self, name)
            require(name, days, "give 0 to 36500 days", holds=0 <= days <= 36_500)
        given = bool(self.reference.strip() and self.by.strip())
        require(
            "reference",
            self.reference,
            "say on which clause, and by whom",
            holds=given or not any(self.days.values()),
        )

    @property
    def days(self) -> Mapping[str, int]:
        """By kind."""
        return {
            name: getattr(self, name)
            for name in ("flight", "movement", "hazard", "presence", "zone", "warning")
        }


class _UnderWay(msgspec.Struct, frozen=True):
    positions: tuple[int, ...]
    size: int


def due(
    picture: Picture, entries: Iterable[Entry], table: RetentionTable, *, now_us: int
) -> list[str]:
    """The ids of the objects that are due, in the order they were first told.

    entries: every one that is still there, in order. An object that still counts is not due.
    """
    ends: dict[str, int] = {}
    for entry in entries:
        for name, kind, end_us in _ended(entry):
            days = table.days[kind]
            if days:
                ends[name] = end_us + days * DAY_US
    return [
        name for name, until_us in ends.items() if until_us < now_us and not _stands(picture, name)
    ]


async def erase(
    service: Service,
    folder: Path,
    objects: Sequence[str],
    *,
    ground: Ground,
    reference: str,
    by: str,
    vault: Vault | None = None,
) -> list[Applied]:
    """Erase every entry about these objects, and the notices that told of them.

    Gives the entries that say so, one for each 2,000 erased; on return their bytes are gone from
    the node's files. For a process of its own. Raises InvalidValue where an object is unknown or
    still counts, and where the rules refuse it; RecordUnavailable.
    """
    with locked(folder):
        found = await _about(service, objects)
        if not found:
            return []
        if not any(size > max(found) for size in service.picture.snapshots) or _news(service):
            await make(service, folder, vault=vault)
        snapshot = max(service.picture.snapshots, default=0)
        done: list[Applied] = []
        positions = sorted(found)
        for begin in range(0, len(positions), _AT_ONCE):
            some = [found[each] for each in positions[begin : begin + _AT_ONCE]]
            done.append(
                await _erase_some(
                    service, folder, some, _Why(objects, ground, reference, by, snapshot, vault)
                )
            )
        return done


def finish(folder: Path, *, vault: Vault | None = None) -> int:
    """Do what a crash left undone of an erasure; how many entries. Needs the folder's lock."""
    try:
        record = SqliteRecord(folder, vault=vault)
    except RecordCorrupt:
        return 0  # being made by another process this moment; or the opening after this says why
    with record:
        mark = record.fact(ERASING)
        if mark is None:
            return 0
        under_way = msgspec.json.decode(mark, type=_UnderWay)
        told = next(_tellings(record, under_way), None)
    with Upkeep(folder, vault=vault) as upkeep:
        if told is not None:
            position, body = told
            upkeep.erase([each.position for each in body.entries], position)
            _drop_older(folder, body.snapshot)
        upkeep.keep_fact(ERASING, None)
    return len(told[1].entries) if told is not None else 0


class _Why(msgspec.Struct, frozen=True):
    objects: Sequence[str]
    ground: Ground
    reference: str
    by: str
    snapshot: int
    vault: Vault | None


async def _erase_some(service: Service, folder: Path, some: list[Erased], why: _Why) -> Applied:
    positions = [each.position for each in some]
    with Upkeep(folder, vault=why.vault) as upkeep:
        mark = _UnderWay(tuple(positions), service.picture.size)
        upkeep.keep_fact(ERASING, msgspec.json.encode(mark))
        command = EraseEntries(
            tuple(some), tuple(why.objects), why.ground, why.reference, why.by, why.snapshot
        )
        done = await service.submit(Request(SYSTEM, command))
        if isinstance(done, Refusal):
            upkeep.keep_fact(ERASING, None)
            raise InvalidValue(done.field or "request", done.rule, done.value, done.advice)
        upkeep.erase(positions, done.position)
        _drop_older(folder, why.snapshot)
        upkeep.keep_fact(ERASING, None)
    return done


async def _about(service: Service, objects: Sequence[str]) -> dict[int, Erased]:
    """What is to be erased, by position. Raises InvalidValue."""
    picture, found = service.picture, dict[int, Erased]()
    waiting, seen = list(objects), set(objects)
    while waiting:
        name = waiting.pop()
        if _stands(picture, name):
            raise InvalidValue(
                "object", "object-stands", name, "it still counts; erase it when it has left"
            )
        positions = picture.history.positions(name) if picture.history is not None else []
        if not positions and name in objects:
            raise InvalidValue("object", "no-such-object", name, "the record knows no such id")
        for position, entry in zip(positions, await service.entries_at(positions), strict=True):
            if isinstance(entry.body, EntriesErased):
                continue
            kind = type(entry.body).__name__
            if kind in ERASABLE:
                found[position] = _erased(position, kind, entry)
            if isinstance(entry.body, ClashesFound):
                told = [notice for _, notice in entry.body.told or () if notice not in seen]
                waiting += told
                seen.update(told)
    return found


def _erased(position: int, kind: str, entry: Entry) -> Erased:
    if entry.author.how is not How.SIGNED:
        return Erased(position, kind)
    return Erased(
        position, kind, entry.author.party, KeyId(entry.author.subject), entry.said_digest
    )


def _stands(picture: Picture, name: str) -> bool:
    return (
        IntentId(name) in picture.intents
        or IntentId(name) in picture.sites
        or ZoneId(name) in picture.zones
        or NoticeId(name) in picture.notices
        or WarningId(name) in picture.warnings
    )


def _news(service: Service) -> bool:
    """Whether anything happened since the newest snapshot but its own recording."""
    newest = max(service.picture.snapshots, default=0)
    return service.picture.size > newest + 1


def _ended(entry: Entry) -> Iterator[tuple[str, str, int]]:
    """(id, kind, end) of what the entry tells."""
    match entry.body:
        case IntentAccepted(intent=intent) | IntentAmended(intent=intent):
            yield intent.id, intent.kind.value, max(intent.end_us, entry.time_us)
        case ZoneDeclared(zone=zone):
            yield zone.id, "zone", max(zone.end_us, entry.time_us)
        case WarningCleared(warning=warning):
            yield warning.id, "warning", entry.time_us
        case _:
            return


def _tellings(record: Record, under_way: _UnderWay) -> Iterator[tuple[int, EntriesErased]]:
    """The entry that erases these positions, where it came to stand."""
    position = under_way.size
    while rows := record.read(position, _PAGE):
        for row in rows:
            if b'"EntriesErased"' in row.envelope:
                body = decode_entry(row.envelope, position=row.position).body
                if isinstance(body, EntriesErased) and under_way.positions == tuple(
                    each.position for each in body.entries
                ):
                    yield row.position, body
        position += len(rows)


def _drop_older(folder: Path, size: int) -> None:
    """Remove the snapshots before size: what was erased may stand in them."""
    for each, path in files(folder).items():
        if each < size:
            path.unlink(missing_ok=True)
