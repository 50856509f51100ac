"""Backups of a node's folder: made while it serves, checked before they are put back.

A backup is a folder: the record as of one moment, the files beside it, and ``manifest.json``, which
names each file with its SHA-256 and the head that the record had. The keys are left out unless
they are asked for: whoever holds the origin key can write another history.

A backup that is put back may lack what was answered after it was made. So the record is marked as
restored, and a node on it answers reads and decides nothing, until the host opens a new epoch
(:mod:`wideberth.succession`) or had vouched that nothing is missing. To go on under the same name
would sign two records of one log.
"""

# apsw's stub names collections.abc.Buffer, which Python 3.11 does not have:
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path

import apsw
import msgspec

from wideberth.errors import InvalidValue, RecordUnavailable, system_reason
from wideberth.record.database import RECORD_FILE, connect, translated
from wideberth.record.keys import OriginKey, sync_folder, write_new
from wideberth.record.sqlite import SqliteRecord
from wideberth.record.upkeep import Upkeep
from wideberth.record.vault import Vault
from wideberth.record.verify import verify_folder
from wideberth.record.witnessed import ahead

__all__ = ["MANIFEST", "RESTORED", "BackupFile", "Manifest", "backup", "read_manifest", "restore"]

MANIFEST = "manifest.json"
RESTORED = "restored"
"""The fact that marks a record as restored: its value is the key that signed its head then."""

KEYS = "keys"
_PAGES_AT_ONCE = 1_000
_LEFT_OUT = (".half", ".part", ".new", ".lock", ".open")  # .open: positions still coming in


class BackupFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file of a backup. path: below the backup's folder; sha256: hex."""

    path: str
    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a backup holds. checkpoint: the signed head of its record, verbatim.

    made_us: when it was made, microseconds since 1970. has_keys: whether the node's own keys are
    in it.
    """

    wideberth_backup: int
    vkey: str
    size: int
    checkpoint: str
    made_us: int
    has_keys: bool
    files: tuple[BackupFile, ...]


_decoder = msgspec.json.Decoder(Manifest)


def backup(
    folder: Path,
    target: Path,
    *,
    made_us: int,
    with_keys: bool = False,
    on_progress: Callable[[int, int], None] | None = None,
) -> Manifest:
    """Write a backup of a node's folder to target, which must not exist; all of it or nothing.

    The node may go on writing: the record is of one moment, the other files of that moment or
    later. On disk when this returns. Raises RecordUnavailable.
    """
    part = target.with_name(f"{target.name}.part")
    if target.exists():
        raise RecordUnavailable(f"{target}: is there already")
    if target.resolve().is_relative_to(folder.resolve()):
        raise InvalidValue("DEST", "backup-in-folder", str(target), "give a place elsewhere")
    try:
        part.mkdir(mode=0o700, parents=True)
        _copy_record(folder, part / RECORD_FILE, on_progress)
        for path in _beside(folder, with_keys=with_keys):
            _copy(path, part / path.relative_to(folder))
        with SqliteRecord(part) as record:
            manifest = Manifest(
                wideberth_backup=1,
                vkey=record.vkey,
                size=record.head().size,
                checkpoint=record.checkpoint(),
                made_us=made_us,
                has_keys=with_keys,
                files=tuple(_described(part)),
            )
        text = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
        write_new(part / MANIFEST, text + b"\n")
        part.rename(target)
        sync_folder(target.parent)
    except OSError as error:
        shutil.rmtree(part, ignore_errors=True)
        raise RecordUnavailable(f"{error.filename or target}: {system_reason(error)}") from error
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return manifest


def read_manifest(source: Path) -> Manifest:
    """The manifest of a backup, every file held against it. Raises InvalidValue naming the first
    file that is not as it was written, RecordUnavailable where it cannot be read.
    """
    try:
        manifest = _decoder.decode((source / MANIFEST).read_bytes())
        for each in manifest.files:
            path = source / each.path
            if not path.resolve().is_relative_to(source.resolve()):
                raise InvalidValue(MANIFEST, "path", each.path, "give a path within the backup")
            if path.stat().st_size != each.bytes or _digest(path) != each.sha256:
                raise InvalidValue(
                    each.path, "changed", str(path), "this file is not as it was backed up"
                )
    except OSError as error:
        raise RecordUnavailable(f"{error.filename}: {system_reason(error)}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidValue(
            MANIFEST, "backup", str(error), "give what wideberth backup wrote"
        ) from error
    if manifest.wideberth_backup != 1:
        raise InvalidValue(
            MANIFEST, "backup-version", manifest.wideberth_backup, "this program reads version 1"
        )
    return manifest


def restore(
    source: Path,
    folder: Path,
    *,
    key_file: Path | None = None,
    held: Sequence[str] = (),
    is_complete: bool = False,
    vault: Vault | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Manifest:
    """Put a backup into folder, which must be empty or not exist; verified, and all or nothing.

    key_file: the log's key, where it is not in the backup. held: heads that parties or witnesses
    kept. is_complete: the host vouches that nothing was answered after the backup was made;
    otherwise the record is marked as restored. Raises RecordCorrupt, RecordUnavailable,
    InvalidValue: also where it is_complete, and a kept head shows that it is not.
    """
    manifest = read_manifest(source)
    if folder.exists() and any(folder.iterdir()):
        raise RecordUnavailable(f"{folder}: is not empty; restore into a new folder")
    part = folder.with_name(f"{folder.name}.part")
    try:
        part.mkdir(mode=0o700, parents=True)
        for each in manifest.files:
            _copy(source / each.path, part / each.path)
        if key_file is not None:
            _put_key(key_file, part / KEYS / "origin.key", manifest.vkey)
        verify_folder(part, vkey=manifest.vkey, vault=vault, on_progress=on_progress)
        if is_complete:
            _check_complete(part, held)
        else:
            with Upkeep(part, vault=vault) as upkeep:
                upkeep.keep_fact(RESTORED, manifest.vkey.encode())
        if folder.exists():
            folder.rmdir()
        part.rename(folder)
        sync_folder(folder.parent)
    except OSError as error:
        shutil.rmtree(part, ignore_errors=True)
        raise RecordUnavailable(f"{error.filename or folder}: {system_reason(error)}") from error
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return manifest


def _put_key(source: Path, target: Path, vkey: str) -> None:
    _copy(source, target)
    key = OriginKey.load(target)
    if key.vkey != vkey:
        raise InvalidValue("--key", "origin", key.vkey, f"give the key of {vkey}")


def _check_complete(folder: Path, held: Sequence[str]) -> None:
    """No kept head is beyond the record. Raises InvalidValue for the first that is."""
    with SqliteRecord(folder) as record:
        for note in held:
            found = ahead(record, note)
            if found is not None:
                raise InvalidValue(
                    "--complete",
                    "not-complete",
                    found.held.size,
                    f"somebody holds a head of {found.held.size} entries, and here are"
                    f" {found.own_size}; leave --complete out and open an epoch",
                )


def _copy_record(
    folder: Path, target: Path, on_progress: Callable[[int, int], None] | None
) -> None:
    """The record of one moment, as one file without a log beside it."""
    source = connect(folder, to_write=False, busy_timeout_s=10.0)
    os.close(os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        with translated:
            copy = apsw.Connection(str(target))
            try:
                # The read transaction pins the moment: appends go on beside it.
                source.execute("BEGIN; SELECT size FROM head")
                with copy.backup("main", source, "main") as under_way:
                    while not under_way.done:
                        under_way.step(_PAGES_AT_ONCE)
                        if on_progress is not None:
                            total = under_way.page_count
                            on_progress(total - under_way.remaining, total)
                copy.pragma("journal_mode", "delete")
            finally:
                copy.close()
    finally:
        source.close()
    _synced(target)


def _beside(folder: Path, *, with_keys: bool) -> Iterator[Path]:
    """The files of a node's folder but for the record's own."""
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if path.is_symlink() or not path.is_file() or path.name.endswith(_LEFT_OUT):
            continue
        if relative.parts[0] == KEYS and not with_keys:
            continue
        if len(relative.parts) == 1 and path.name.startswith(RECORD_FILE):
            continue
        yield path


def _copy(source: Path, target: Path) -> None:
    """One file, mode 0600, synced; a source that is gone by now (an old snapshot) is left out."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        data = source.open("rb")
    except FileNotFoundError:
        if source.parent.name == "snapshots":
            return
        raise
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with data, os.fdopen(descriptor, "wb") as copy:
        shutil.copyfileobj(data, copy, 1 << 20)
        copy.flush()
        os.fsync(copy.fileno())
    sync_folder(target.parent)


def _synced(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _described(folder: Path) -> Iterator[BackupFile]:
    for path in sorted(folder.rglob("*")):
        # While the copy is looked at, SQLite may have files beside it, which are empty and go.
        if path.is_file() and not path.name.startswith(f"{RECORD_FILE}-"):
            name = path.relative_to(folder).as_posix()
            yield BackupFile(name, path.stat().st_size, _digest(path))


def _digest(path: Path) -> str:
    digest = sha256()
    with path.open("rb") as file:
        while data := file.read(1 << 20):
            digest.update(data)
    return digest.hexdigest()
