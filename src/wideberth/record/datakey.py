"""The data key of a record that is sealed at rest, and the files beside it that it seals.

The data key is drawn once. It is kept wrapped, as a fact of the record's file (:data:`DATA_KEY`),
so that it goes wherever the record goes and no copy is without it. What unwraps it is kept
elsewhere: a key file outside of the folder, or a passphrase. Who has a record without either reads
leaves, tree and heads.
"""

from __future__ import annotations

import os
import stat
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from pathlib import Path

from wideberth.errors import InvalidValue, RecordCorrupt, RecordUnavailable, system_reason
from wideberth.record.keys import sync_folder, write_new
from wideberth.record.vault import KEY_BYTES, Vault

__all__ = ["DATA_KEY", "SEALING", "load_key_file", "make_key_file", "opened", "seal_file", "sealed"]

DATA_KEY = "data-key"
"""The fact that a record is sealed at rest: its value is the data key, wrapped."""

SEALING = "sealing"
"""The fact that a record was sealed, and that its file may still hold what stood there before."""

_MAGIC = b"wideberth-sealed-1\n"
_PREFIX = "AT-REST+KEY+"


def make_key_file(path: Path) -> None:
    """A new key, on disk at path with mode 0600 when this returns. Raises RecordUnavailable."""
    line = f"{_PREFIX}{b64encode(os.urandom(KEY_BYTES)).decode()}\n"
    try:
        write_new(path, line.encode())
        sync_folder(path.parent)
    except OSError as error:
        raise RecordUnavailable(f"{path}: {system_reason(error)}") from error


def load_key_file(path: Path, *, field: str) -> bytes:
    """The 32 bytes of a key file. field: the setting that names it, for the error.

    Raises InvalidValue where it cannot be read, others than its owner may read it, or it is not
    what make_key_file wrote. Nothing of its text goes into an error.
    """
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = system_reason(error) if isinstance(error, OSError) else "not a key file"
        raise InvalidValue(field, "unreadable", str(path), why or "cannot be read") from None
    if os.name == "posix" and mode & 0o077:
        raise InvalidValue(field, "mode", oct(mode), f"run: chmod 600 {path}")
    try:
        key = b64decode(text.removeprefix(_PREFIX).removesuffix("\n"), validate=True)
    except (Base64Error, ValueError):
        key = b""
    if not text.startswith(_PREFIX) or len(key) != KEY_BYTES:
        raise InvalidValue(field, "key-file", str(path), "give what `wideberth key at-rest` wrote")
    return key


def sealed(data: bytes, vault: Vault | None, *, place: str) -> bytes:
    """What goes into a file beside the record; the data itself where nothing is sealed."""
    return data if vault is None else _MAGIC + vault.seal(data, place=place)


def opened(data: bytes, vault: Vault | None, *, place: str) -> bytes:
    """What a file beside the record holds, sealed or not (yet). Raises InvalidValue."""
    if not data.startswith(_MAGIC):
        return data
    if vault is None:
        raise InvalidValue("[record] seal", "record-sealed", None, "it is sealed; give its key")
    try:
        return vault.open(data[len(_MAGIC) :], place=place)
    except RecordCorrupt as error:
        raise InvalidValue(place, "sealed", None, "it was changed, or sealed elsewhere") from error


def seal_file(path: Path, vault: Vault, *, place: str) -> bool:
    """Seal a file that stands there in plain; False where it is sealed. All of it or nothing.

    Raises RecordUnavailable.
    """
    new = path.with_name(f"{path.name}.new")
    try:
        data = path.read_bytes()
        if data.startswith(_MAGIC):
            return False
        new.unlink(missing_ok=True)
        write_new(new, sealed(data, vault, place=place))
        new.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise RecordUnavailable(f"{path}: {system_reason(error)}") from error
    return True
