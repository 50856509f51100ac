"""Loss of power, rebuilt: what a disk may hold of files whose writes and syncs were logged.

:class:`PowerVFS` is the system's VFS with a log of every write, truncation, sync, creation and
removal. :func:`after_loss` gives the files as a disk may have them when power went at one point of
the log. What a sync covered is there. Of what came after a file's last sync, each 512-byte sector
is there or not on its own (so pages are torn, and later writes survive earlier ones); so is each
truncation; the file may be longer than its data, with zeros or rubbish there. A name that was made
or removed since the folder was last synced is there or not.

A sector is taken to be old or new, never a mixture (SQLite's "powersafe overwrite").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from random import Random

import apsw

SECTOR_BYTES = 512


@dataclass(frozen=True)
class Event:
    """One line of the log. file: its base name; kinds: create, delete, write, truncate, sync,
    sync-folder, and answered (then size is what the caller was told).
    """

    kind: str
    file: str = ""
    offset: int = 0
    data: bytes = b""
    size: int = 0


class PowerVFS(apsw.VFS):
    """The system's files, and a log of what was done to them."""

    def __init__(self, name: str) -> None:
        self.log: list[Event] = []
        super().__init__(name, "")

    def xOpen(self, name: object, flags: list[int]) -> LoggedFile:  # noqa: N802
        path = Path(name.filename() if isinstance(name, apsw.URIFilename) else str(name))
        if not path.exists():
            self.log.append(Event("create", path.name))
        return LoggedFile(self, name, flags, path.name)

    def xDelete(self, name: str, syncdir: bool) -> None:  # noqa: N802
        super().xDelete(name, syncdir)
        self.log.append(Event("delete", Path(name).name))
        if syncdir:
            self.log.append(Event("sync-folder"))


class LoggedFile(apsw.VFSFile):
    def __init__(self, vfs: PowerVFS, name: object, flags: list[int], file: str) -> None:
        self._log = vfs.log
        self._file = file
        super().__init__("", name, flags)  # type: ignore[arg-type]

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        super().xWrite(data, offset)
        self._log.append(Event("write", self._file, offset, bytes(data)))

    def xTruncate(self, size: int) -> None:  # noqa: N802
        super().xTruncate(size)
        self._log.append(Event("truncate", self._file, size=size))

    def xSync(self, flags: int) -> None:  # noqa: N802
        super().xSync(flags)
        self._log.append(Event("sync", self._file))


@dataclass
class _File:
    durable: bytearray = field(default_factory=bytearray)
    since: list[Event] = field(default_factory=list)

    def sync(self) -> None:
        for event in self.since:
            _apply(self.durable, event)
        self.since.clear()

    def remains(self, random: Random) -> bytes:
        """What a disk may have of it."""
        content, live = bytearray(self.durable), len(self.durable)
        share = random.choice((0.0, 0.1, 0.5, 0.9, 1.0))
        for event in self.since:
            live = event.size if event.kind == "truncate" else max(live, _end(event))
            for piece in _sectors(event):
                if random.random() < share:
                    _apply(content, piece)
        if len(content) < live and random.random() < 0.5:
            missing = live - len(content)
            content += bytes(missing) if random.random() < 0.5 else random.randbytes(missing)
        return bytes(content)


def _end(event: Event) -> int:
    return event.offset + len(event.data)


def _sectors(event: Event) -> list[Event]:
    """A write cut where sectors end; a truncation whole."""
    if event.kind != "write":
        return [event]
    first = event.offset // SECTOR_BYTES
    cuts = range((first + 1) * SECTOR_BYTES, _end(event), SECTOR_BYTES)
    bounds = [event.offset, *cuts, _end(event)]
    return [
        Event("write", event.file, a, event.data[a - event.offset : b - event.offset])
        for a, b in pairwise(bounds)
    ]


def _apply(content: bytearray, event: Event) -> None:
    if event.kind == "truncate":
        if event.size < len(content):
            del content[event.size :]
        else:
            content.extend(bytes(event.size - len(content)))
        return
    if len(content) < event.offset:
        content.extend(bytes(event.offset - len(content)))
    content[event.offset : _end(event)] = event.data


def after_loss(log: Sequence[Event], random: Random) -> dict[str, bytes]:
    """The files that a disk may hold when power is lost at the end of this log."""
    live: dict[str, _File] = {}
    durable: dict[str, _File] = {}
    for event in log:
        match event.kind:
            case "create":
                live[event.file] = _File()
            case "delete":
                live.pop(event.file, None)
            case "write" | "truncate":
                live[event.file].since.append(event)
            case "sync":
                live[event.file].sync()
                if event.file.endswith(("-wal", "-journal")):
                    # With the first sync of a new log or journal SQLite syncs its folder too
                    # (test_system_calls.py sees it do so).
                    durable[event.file] = live[event.file]
            case "sync-folder":
                durable = dict(live)
    found: dict[str, bytes] = {}
    for name in sorted({*live, *durable}):
        file = random.choice([live.get(name), durable.get(name)])
        if file is not None:
            found[name] = file.remains(random)
    return found


def answered(log: Sequence[Event]) -> int:
    """The size of the record that a caller had been told when this log ends."""
    return max((event.size for event in log if event.kind == "answered"), default=0)
