"""What was sent and is not recorded yet, in ``unrecorded.jsonl`` beside the record.

Lines are only added, each on disk before :meth:`Aside.keep` returns; once all of them are in the
record, the file is emptied. What a crash leaves is read at the next start: a last line that was cut
off counts for nothing, its sender was told nothing. Several processes may share the file: whoever
writes or empties it holds its lock.

Sealed at rest like the record: each line is then the base64 of sealed bytes.
"""

from __future__ import annotations

import fcntl
import os
from base64 import b64decode, b64encode
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from wideberth.errors import RecordUnavailable, system_reason
from wideberth.model.commands import AcknowledgeNotice, Request
from wideberth.model.parties import Author
from wideberth.model.stops import TellStop
from wideberth.record.datakey import opened, sealed
from wideberth.record.vault import Vault

__all__ = ["ASIDE_FILE", "REFUSED_FILE", "Aside", "Kept"]

ASIDE_FILE = "unrecorded.jsonl"
REFUSED_FILE = "unrecorded-refused.jsonl"
"""Answers that the rules refused when they were to be recorded, a line each: nothing is dropped."""


class Kept(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One thing that was sent: as the request that records it. origin: the record's name then;
    taken_us: when. The other members are those of :class:`~wideberth.model.commands.Request`.
    """

    id: str
    origin: str
    taken_us: int
    author: Author
    command: TellStop | AcknowledgeNotice
    key: str
    fingerprint: str = ""
    said: str | None = None
    seq: int = 0
    previous: str = ""
    digest: str = ""

    @property
    def request(self) -> Request:
        """As it was asked."""
        return Request(
            self.author,
            self.command,
            self.key,
            self.fingerprint,
            self.said,
            self.seq,
            self.previous,
            self.digest,
        )


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Kept)


class Aside:
    """The file of a folder. vault: what it is sealed with at rest. Calls wait for the disk."""

    def __init__(self, folder: Path, *, vault: Vault | None = None) -> None:
        self._folder = folder
        self._vault = vault
        self._path = folder / ASIDE_FILE

    def keep(self, kept: Kept) -> None:
        """Add it; on disk when this returns. Raises RecordUnavailable: then it is not there."""
        self._add(self._path, kept)

    def refuse(self, kept: Kept) -> None:
        """Put it with those that the rules refused. Raises RecordUnavailable."""
        self._add(self._folder / REFUSED_FILE, kept)

    def read(self) -> list[Kept]:
        """What is there, in order; a line that is none is left out. Raises RecordUnavailable."""
        return self._read(self._path)

    def refused(self) -> list[Kept]:
        """What the rules refused, in order. Raises RecordUnavailable."""
        return self._read(self._folder / REFUSED_FILE)

    def _read(self, path: Path) -> list[Kept]:
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise RecordUnavailable(f"{path}: {system_reason(error)}") from error
        return [kept for line in data.split(b"\n") if (kept := self._kept(line)) is not None]

    def empty(self, is_recorded: Callable[[Kept], bool]) -> bool:
        """Empty the file if all in it is recorded, by what others added too. Gives whether it did.

        Raises RecordUnavailable.
        """
        if not self._path.exists():
            return True
        with self._locked(self._path) as descriptor:
            if not all(is_recorded(each) for each in self.read()):
                return False
            os.ftruncate(descriptor, 0)  # nothing that a full disk can refuse
        return True

    def stamp(self) -> tuple[int, int]:
        """Changes when the file does: its size, and when it was written."""
        try:
            about = self._path.stat()
        except OSError:
            return (0, 0)
        return (about.st_size, about.st_mtime_ns)

    def _add(self, path: Path, kept: Kept) -> None:
        data = _encoder.encode(kept)
        if self._vault is not None:
            data = b64encode(sealed(data, self._vault, place=ASIDE_FILE))
        with self._locked(path) as descriptor:
            end = os.lseek(descriptor, 0, os.SEEK_END)
            # A line of its own, also after one that was cut off.
            line = b"\n" + data + b"\n"
            try:
                left = memoryview(line)
                while left:
                    left = left[os.write(descriptor, left) :]
                os.fsync(descriptor)
            except OSError:
                os.ftruncate(descriptor, end)
                raise

    @contextmanager
    def _locked(self, path: Path) -> Generator[int]:
        """The open file, while nobody else writes it."""
        try:
            is_new = not path.exists()
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                yield descriptor
            finally:
                os.close(descriptor)
            if is_new:
                folder = os.open(path.parent, os.O_RDONLY)
                try:
                    os.fsync(folder)
                finally:
                    os.close(folder)
        except OSError as error:
            raise RecordUnavailable(f"{path}: {system_reason(error)}") from error

    def _kept(self, line: bytes) -> Kept | None:
        if not line:
            return None
        try:
            if line.startswith(b"{"):  # in plain, perhaps from before the folder was sealed
                return _decoder.decode(line)
            data = b64decode(line, validate=True)
            return _decoder.decode(opened(data, self._vault, place=ASIDE_FILE))
        except (msgspec.DecodeError, ValueError):
            return None
