"""Snapshot files: ``snapshots/`` in the node's folder, written beside the loop, trusted by record.

A file is the picture of the first so many entries, as bytes
(:mod:`wideberth.picture.snapshot`). It counts only where a ``SnapshotRecorded`` entry of the record
names its size and the SHA-256 of those bytes; whatever else lies there is passed over, and that is
said. Beside a record that is sealed at rest a file is sealed too. All of it
can be thrown away: a start then folds the record from its first entry.

A snapshot is made by a process of its own (``wideberth snapshot``); a node that serves starts one
now and then (:func:`keep`), so that its loop never waits for it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator
from hashlib import sha256
from pathlib import Path

import msgspec

from wideberth.errors import InvalidValue, RecordUnavailable, WideberthError, system_reason
from wideberth.layered import require
from wideberth.model.commands import RecordSnapshot, Request
from wideberth.model.entries import SnapshotRecorded, decode_entry
from wideberth.model.parties import SYSTEM
from wideberth.model.refusals import Refusal
from wideberth.picture.picture import Picture
from wideberth.picture.snapshot import dump, load
from wideberth.record.datakey import opened, seal_file, sealed
from wideberth.record.keys import sync_folder, write_new
from wideberth.record.protocol import Record
from wideberth.record.vault import Vault
from wideberth.service import Service

__all__ = [
    "KEPT",
    "SNAPSHOTS",
    "Checker",
    "SnapshotTable",
    "files",
    "is_due",
    "keep",
    "keeping",
    "make",
    "prune",
    "restored",
    "run_snapshot",
    "seal_files",
    "write",
]

SNAPSHOTS = Path("snapshots")
"""The folder of the files, in the node's."""

KEPT = 2
"""So many are kept: the newest, and the one before in case the newest is damaged."""

LOOK_S = 5.0  # how often it is asked whether one is due
_SUFFIX = ".snapshot"
_PAGE = 5_000
_TYPE = b'"SnapshotRecorded"'
_log = logging.getLogger("wideberth.snapshots")


class SnapshotTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[snapshot]``: when a node that serves has a snapshot made.

    every_entries: after so many new ones (0: never for that). every_h: after so many hours, where
    anything is new (0: never for that). pause_s: at least so long from one to the next.
    """

    every_entries: int = 200_000
    every_h: float = 24.0
    pause_s: float = 600.0

    def __post_init__(self) -> None:
        """Raises InvalidValue."""
        for name, most in (("every_entries", 10**12), ("every_h", 1e6), ("pause_s", 1e9)):
            value = getattr(self, name)
            require(name, value, f"give 0 to {most:.0f}", holds=0 <= value <= most)


def files(folder: Path) -> dict[int, Path]:
    """The snapshot files of a node's folder by size, the newest first."""
    found: dict[int, Path] = {}
    for path in (folder / SNAPSHOTS).glob(f"*{_SUFFIX}"):
        if path.stem.isascii() and path.stem.isdigit():
            found[int(path.stem)] = path
    return dict(sorted(found.items(), reverse=True))


def write(folder: Path, picture: Picture, *, vault: Vault | None = None) -> RecordSnapshot:
    """Write the picture's snapshot: on disk when this returns; the command that records it.

    vault: seals it. Under a temporary name first, so that a crash leaves no half of one. Raises
    RecordUnavailable.
    """
    data = dump(picture)
    place = folder / SNAPSHOTS
    try:
        place.mkdir(mode=0o700, exist_ok=True)
        half = place / f"{os.getpid()}.half"
        half.unlink(missing_ok=True)
        write_new(half, sealed(data, vault, place=_place(picture.size)))
        half.rename(place / f"{picture.size:012d}{_SUFFIX}")
        sync_folder(place)
        sync_folder(folder)
    except OSError as error:
        raise RecordUnavailable(f"{place}: {system_reason(error)}") from error
    return RecordSnapshot(picture.size, picture.digest(), sha256(data).hexdigest())


def restored(
    folder: Path, record: Record, notes: list[str], *, vault: Vault | None = None
) -> Picture:
    """The picture of the newest snapshot that may be trusted; an empty one where there is none.

    notes: takes in words what was passed over, and why. vault: opens what is sealed at rest.
    """
    size_of_record = record.head().size
    for size, path in files(folder).items():
        try:
            if size > size_of_record:
                notes.append(f"{path} is not used: the record has {size_of_record} entries")
                continue
            return _trusted(_plain(path, size, vault), record, size)
        except InvalidValue as error:
            notes.append(f"{path} is not used: {error.advice}")
        except OSError as error:
            notes.append(f"{path} is not used: {system_reason(error)}")
    return Picture()


def _place(size: int) -> str:
    return f"snapshot {size}"


def _plain(path: Path, size: int, vault: Vault | None) -> bytes:
    """What a snapshot's file holds. Raises InvalidValue, OSError."""
    return opened(path.read_bytes(), vault, place=_place(size))


def seal_files(folder: Path, vault: Vault) -> int:
    """Seal the snapshots of the folder that stand there in plain; how many. The caller holds the
    folder's lock. Raises RecordUnavailable.
    """
    count = 0
    for size, path in files(folder).items():
        count += seal_file(path, vault, place=_place(size))
    return count


def _trusted(data: bytes, record: Record, size: int) -> Picture:
    digest = sha256(data).hexdigest()
    if not any(each.sha256 == digest for each in _recorded(record, size)):
        raise InvalidValue("sha256", "unknown", digest, "the record does not name it")
    picture = load(data)
    if picture.size != size:
        raise InvalidValue("size", "size", picture.size, f"it is of {picture.size} entries")
    return picture


def _recorded(record: Record, size: int) -> Iterator[SnapshotRecorded]:
    """What the record says of snapshots of this size; such an entry stands at or beyond it."""
    position = size
    while rows := record.read(position, _PAGE):
        for row in rows:
            if _TYPE in row.envelope:
                body = decode_entry(row.envelope, position=row.position).body
                if isinstance(body, SnapshotRecorded) and body.size == size:
                    yield body
        position += len(rows)


class Checker:
    """Compares recorded snapshots with a fold from position 0: hand it the picture at each size.

    wrong: those whose digest is not the picture's; checked: how many were compared.
    """

    def __init__(self, recorded: Iterable[SnapshotRecorded]) -> None:
        self._wanted: dict[int, list[SnapshotRecorded]] = {}
        for each in recorded:
            self._wanted.setdefault(each.size, []).append(each)
        self.wrong: list[SnapshotRecorded] = []
        self.checked = 0

    def __call__(self, picture: Picture) -> None:
        """Look at the picture, if a snapshot of its size was recorded."""
        here = self._wanted.get(picture.size)
        if here is not None:
            digest = picture.digest()
            self.wrong += [each for each in here if each.digest != digest]
            self.checked += len(here)


def prune(folder: Path, picture: Picture, *, vault: Vault | None = None) -> list[Path]:
    """Remove what the record names and is older than the newest KEPT; what was removed.

    What the record does not name is left for somebody to look at. Halves of dead writers go too.
    """
    removed: list[Path] = []
    kept = 0
    with contextlib.suppress(FileNotFoundError):  # another process was quicker
        for size, path in files(folder).items():
            mark = picture.snapshots.get(size)
            if mark is None or not _is_of(path, size, mark.sha256, vault):
                continue
            kept += 1
            if kept > KEPT:
                path.unlink()
                removed.append(path)
        for half in (folder / SNAPSHOTS).glob("*.half"):
            if time.time() - half.stat().st_mtime > 3600:
                half.unlink()
    return removed


def _is_of(path: Path, size: int, digest: str, vault: Vault | None) -> bool:
    """Whether the file is the one that the record names."""
    try:
        return sha256(_plain(path, size, vault)).hexdigest() == digest
    except InvalidValue:
        return False


async def make(
    service: Service, folder: Path, *, vault: Vault | None = None
) -> RecordSnapshot | None:
    """Write a snapshot of the service's picture, record it and remove older ones.

    None where nothing happened since the last one. For a process of its own: the loop stands still
    meanwhile. Raises RecordUnavailable, and InvalidValue where the record refuses it.
    """
    picture = service.picture
    if not _news(picture):
        return None
    command = write(folder, picture, vault=vault)
    done = await service.submit(Request(SYSTEM, command))
    if isinstance(done, Refusal) and done.rule != "already-recorded":
        raise InvalidValue(done.field or "snapshot", done.rule, done.value, done.advice)
    prune(folder, service.picture, vault=vault)
    return command


def _news(picture: Picture) -> int:
    """Entries since the newest recorded snapshot, without that of its recording."""
    newest = max(picture.snapshots, default=0)
    return picture.size - newest - (1 if newest else 0)


def is_due(picture: Picture, table: SnapshotTable, *, since_s: float) -> bool:
    """Whether it is time for another one. since_s: how long ago the last one was begun."""
    news = _news(picture)
    if news <= 0 or since_s < table.pause_s:
        return False
    return bool(
        (table.every_entries and news >= table.every_entries)
        or (table.every_h and since_s >= table.every_h * 3600)
    )


async def keep(
    service: Service,
    table: SnapshotTable,
    start: Callable[[], Awaitable[str | None]],
    *,
    look_s: float | None = None,
    clock_s: Callable[[], float] = time.monotonic,
) -> None:
    """Have snapshots made for ever. start: makes one, and gives what went wrong, or None."""
    begun_s = clock_s() - table.pause_s  # where much was folded at the start, one comes at once
    while True:
        await asyncio.sleep(LOOK_S if look_s is None else look_s)
        now_s = clock_s()
        if not is_due(service.picture, table, since_s=now_s - begun_s):
            continue
        begun_s = now_s
        try:
            wrong = await start()
        except (OSError, WideberthError) as error:
            wrong = str(error)
        if wrong is not None:
            _log.warning("no snapshot was made: %s", wrong)


@contextlib.asynccontextmanager
async def keeping(service: Service, table: SnapshotTable, folder: Path) -> AsyncGenerator[None]:
    """While inside, snapshots are made as the table says; one under way at the end is dropped."""
    if not table.every_entries and not table.every_h:
        yield
        return
    task = asyncio.create_task(keep(service, table, lambda: run_snapshot(folder)))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def run_snapshot(folder: Path) -> str | None:
    """``wideberth snapshot`` in a process of its own, at low priority; what went wrong, or None."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "import os; os.nice(10); from wideberth.faces.cli import main; main()",
        "snapshot",
        "--folder",
        str(folder),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        _, said = await process.communicate()
    except asyncio.CancelledError:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()
        raise
    if process.returncode == 0:
        return None
    return said.decode("utf-8", "replace").strip() or f"exit code {process.returncode}"
