"""One key of the log after another, and one epoch after another.

A key is changed while the old one is at hand: it signs its successor, both sign heads for a while,
and then the old one is retired. An epoch is opened where the log cannot be gone on with under its
name: its key is lost, or what was restored lacks entries that somebody saw. The entries stay, the
name and the key are new, and the first entry says what is missing.

The record decides, the files follow: the new key is on disk before the record names it, and what a
crash left between is settled at the next start (:func:`settle`). All of it under the folder's lock.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from wideberth.backups import RESTORED
from wideberth.errors import InvalidValue, RecordUnavailable, system_reason
from wideberth.model.commands import Request
from wideberth.model.keeping import (
    ChangeLogKey,
    OpenEpoch,
    RetireLogKey,
    epoch_text,
    key_change_text,
)
from wideberth.model.parties import SYSTEM
from wideberth.model.refusals import Refusal
from wideberth.picture.picture import Picture
from wideberth.record.keys import OriginKey, sync_folder
from wideberth.record.logkeys import signed_text
from wideberth.record.notes import parse_note
from wideberth.record.protocol import Record
from wideberth.record.sqlite import SqliteRecord
from wideberth.record.upkeep import Upkeep
from wideberth.record.vault import Vault
from wideberth.record.witnessed import ahead
from wideberth.service import Applied, Service
from wideberth.snapshots import restored

__all__ = [
    "FORMER_KEYS",
    "NEXT_KEY",
    "ORIGIN_KEY",
    "former_keys",
    "locked",
    "next_origin",
    "open_epoch",
    "retire",
    "rotate",
    "settle",
]

ORIGIN_KEY = Path("keys", "origin.key")
NEXT_KEY = Path("keys", "origin.next.key")
FORMER_KEYS = Path("keys", "former")
_EPOCH = "/epoch-"


@contextmanager
def locked(folder: Path) -> Generator[None]:
    """One process at a time makes or changes the folder's keys; the others wait and find them."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def settle(folder: Path) -> None:
    """Finish what a change of the key left half done. The caller holds the folder's lock."""
    waiting = folder / NEXT_KEY
    if not waiting.exists():
        return
    key = OriginKey.load(waiting)
    with SqliteRecord(folder) as record:
        took_over = record.vkey == key.vkey
    if took_over:
        _take_over(folder, key)
    else:
        waiting.unlink()  # it never signed anything


def former_keys(folder: Path) -> list[OriginKey]:
    """The keys that the folder keeps beside the present one."""
    return [OriginKey.load(path) for path in sorted((folder / FORMER_KEYS).glob("*.key"))]


async def rotate(folder: Path, *, vault: Vault | None = None) -> tuple[str, Applied]:
    """Let a new key sign; the old one goes on signing beside it. Gives the new key's vkey.

    Processes that serve the folder write nothing more until they are started again. Raises
    InvalidValue where the rules refuse it, RecordUnavailable, RecordCorrupt.
    """
    with locked(folder):
        settle(folder)
        old = OriginKey.load(folder / ORIGIN_KEY)
        record = SqliteRecord(folder, key=old, vault=vault)
        try:
            if len([each for each in record.log_keys() if each.until_size is None]) > 1:
                raise InvalidValue(
                    "key", "under-change", record.vkey, "retire the former key first"
                )
            new = OriginKey.make(folder / NEXT_KEY, old.origin)

            def ask(picture: Picture) -> Request:
                text = key_change_text(before=old.vkey, after=new.vkey, size=picture.size)
                change = ChangeLogKey(old.vkey, new.vkey, picture.size, signed_text(old, text))
                return Request(SYSTEM, change)

            done = await _kept(
                folder,
                record,
                ask,
                lambda envelopes, position, time_us: record.change_key(
                    new, envelopes, position, time_us=time_us, is_overlapping=True
                ),
                vault=vault,
            )
        finally:
            record.close()
        _take_over(folder, new)
    return new.vkey, done


async def retire(folder: Path, *, vault: Vault | None = None) -> tuple[str, Applied]:
    """Let the former key sign no more; gives its vkey. Raises as rotate."""
    with locked(folder):
        settle(folder)
        key = OriginKey.load(folder / ORIGIN_KEY)
        record = SqliteRecord(folder, key=key, also=former_keys(folder), vault=vault)
        try:
            former = [
                each.vkey
                for each in record.log_keys()
                if each.until_size is None and each.vkey != record.vkey
            ]
            if not former:
                raise InvalidValue("key", "not-under-change", record.vkey, "one key signs already")
            done = await _kept(
                folder,
                record,
                lambda _: Request(SYSTEM, RetireLogKey(former[0])),
                lambda envelopes, position, time_us: record.end_key(
                    former[0], envelopes, position, time_us=time_us
                ),
                vault=vault,
            )
        finally:
            record.close()
    return former[0], done


async def open_epoch(
    folder: Path,
    *,
    reason: str,
    origin: str | None = None,
    seen: Sequence[str] = (),
    vault: Vault | None = None,
) -> tuple[str, Applied]:
    """Go on under another name and key; gives the new vkey.

    origin: the new name; None: the old one with a number. seen: heads of the old log that parties
    and witnesses hold, as notes; those that this record does not have say what is missing. The old
    key signs the epoch where the folder has it. Nothing may serve the folder meanwhile. Raises as
    rotate, and InvalidValue for a head that the log did not sign.
    """
    with locked(folder):
        settle(folder)
        old = OriginKey.load(folder / ORIGIN_KEY) if (folder / ORIGIN_KEY).exists() else None
        with SqliteRecord(folder) as reader:
            missing = [(note, found) for note in seen if (found := ahead(reader, note)) is not None]
            name = origin or next_origin(reader.origin)
            if name in {each.vkey.partition("+")[0] for each in reader.log_keys()}:
                raise InvalidValue(
                    "origin", "epoch-origin", name, "give the new epoch a name of its own"
                )
            if old is not None and old.vkey != reader.vkey:
                old = None
        new = OriginKey.make(folder / NEXT_KEY, name)
        try:
            record = SqliteRecord(folder, key=new, is_successor=True, vault=vault)
        except BaseException:
            (folder / NEXT_KEY).unlink(missing_ok=True)
            raise
        try:

            def ask(picture: Picture) -> Request:
                note = record.checkpoint()
                text = epoch_text(vkey=new.vkey, checkpoint=parse_note(note).text)
                opening = OpenEpoch(
                    name,
                    new.vkey,
                    note,
                    picture.size,
                    reason,
                    max((found.held.size for _, found in missing), default=picture.size),
                    tuple(note for note, _ in missing),
                    None if old is None else signed_text(old, text),
                )
                return Request(SYSTEM, opening)

            done = await _kept(
                folder,
                record,
                ask,
                lambda envelopes, position, time_us: record.change_key(
                    new, envelopes, position, time_us=time_us, is_overlapping=False
                ),
                vault=vault,
            )
        finally:
            record.close()
        _take_over(folder, new)
        with Upkeep(folder) as upkeep:
            upkeep.keep_fact(RESTORED, None)
    return new.vkey, done


def next_origin(origin: str) -> str:
    """The name of the epoch after this one.

    >>> next_origin("space.example/log"), next_origin("space.example/log/epoch-2")
    ('space.example/log/epoch-2', 'space.example/log/epoch-3')
    """
    base, mark, number = origin.rpartition(_EPOCH)
    if mark and number.isascii() and number.isdigit():
        return f"{base}{_EPOCH}{int(number) + 1}"
    return f"{origin}{_EPOCH}2"


Writer = Callable[[list[bytes], int, int], object]


async def _kept(
    folder: Path,
    record: SqliteRecord,
    ask: Callable[[Picture], Request],
    write: Writer,
    *,
    vault: Vault | None,
) -> Applied:
    """What the record says of its own keeping, decided and written. Raises InvalidValue."""
    notes: list[str] = []

    def start(reader: Record) -> Picture:
        return restored(folder, reader, notes, vault=vault)

    try:
        async with Service(record, start=start) as service:
            done = await service.keep(ask, write)
    except BaseException:
        with SqliteRecord(folder) as reader:
            if not _is_next(folder, reader.vkey):
                (folder / NEXT_KEY).unlink(missing_ok=True)
        raise
    if isinstance(done, Refusal):
        (folder / NEXT_KEY).unlink(missing_ok=True)
        raise InvalidValue(done.field or "request", done.rule, done.value, done.advice)
    return done


def _is_next(folder: Path, vkey: str) -> bool:
    path = folder / NEXT_KEY
    return path.exists() and OriginKey.load(path).vkey == vkey


def _take_over(folder: Path, key: OriginKey) -> None:
    """The new key's file in the place of the old one's, and its name in the settings."""
    current, former = folder / ORIGIN_KEY, folder / FORMER_KEYS
    try:
        former.mkdir(mode=0o700, exist_ok=True)
        if current.exists():
            old = OriginKey.load(current)
            if old.vkey != key.vkey:
                current.replace(former / f"{old.verifier.key_id.hex()}.key")
                sync_folder(former)
        with SqliteRecord(folder) as record:
            names = {each.vkey.partition("+")[0] for each in record.log_keys()}
        for name in names - {key.origin}:
            _rename_in_settings(folder, name, key.origin)
        (folder / NEXT_KEY).replace(current)
        sync_folder(current.parent)
    except OSError as error:
        raise RecordUnavailable(f"{current}: {system_reason(error)}") from error


def _rename_in_settings(folder: Path, before: str, after: str) -> None:
    """``origin = "…"`` in wideberth.toml, where it names the log as it was called before."""
    path = folder / "wideberth.toml"
    if before == after or not path.exists():
        return
    text = path.read_text(encoding="utf-8")
    new = path.with_name(f"{path.name}.new")
    new.write_text(text.replace(f'origin = "{before}"', f'origin = "{after}"'), encoding="utf-8")
    new.chmod(0o600)
    new.replace(path)
