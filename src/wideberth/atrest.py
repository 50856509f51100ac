"""Encryption at rest: from the settings of a node to what seals and opens its folder.

The record holds its data key, wrapped (:mod:`wideberth.record.datakey`); ``[record]`` names what
unwraps it. Whoever opens a folder asks here. A wrong key is refused before anything is read, so
that it is never taken for damage.
"""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Callable
from pathlib import Path

from wideberth.configuration import CONFIGURATION_FILE, RecordTable, load_configuration
from wideberth.contacts import CONTACTS_FILE, WAYS_FILE
from wideberth.errors import InvalidValue, RecordCorrupt
from wideberth.layered import variable_of
from wideberth.record.database import RECORD_FILE
from wideberth.record.datakey import DATA_KEY, SEALING, load_key_file, seal_file
from wideberth.record.keys import OriginKey
from wideberth.record.sqlite import SqliteRecord
from wideberth.record.upkeep import Upkeep
from wideberth.record.vault import KEY_BYTES, Vault
from wideberth.record.wrapping import unwrap, wrap, wrap_under_key
from wideberth.snapshots import seal_files
from wideberth.watch.segmentfolder import seal_tracks

__all__ = ["begin_sealed", "seal_beside", "seal_folder", "vault_of"]

PASSPHRASE = variable_of("record.passphrase")
_KEY_FILE = f"{CONFIGURATION_FILE}: record.key_file"
_SEAL = f"{CONFIGURATION_FILE}: record.seal"


def vault_of(
    folder: Path, table: RecordTable | None = None, *, is_needed: bool = True
) -> Vault | None:
    """What opens the record of a folder; None where it is not sealed, or not there yet.

    table: its settings; None: read where the record is sealed. is_needed: False: None also where
    it is sealed and no key is at hand. Raises InvalidValue naming the setting: sealed and no key,
    the wrong key, or to be sealed and not.
    """
    wrapped, size = _state(folder)
    if wrapped is None:
        if table is not None and table.seal and size:
            raise InvalidValue(
                _SEAL, "not-sealed", "true", "this record is in plain; stop it and: wideberth seal"
            )
        return None
    if table is None:
        table = load_configuration(folder / CONFIGURATION_FILE).record
    if not table.seal:
        if not is_needed:
            return None
        raise InvalidValue(
            _SEAL,
            "record-sealed",
            "false",
            "this record is sealed at rest; set it to true and name its key",
        )
    if not is_needed and not _is_at_hand(folder, table):
        return None
    return Vault(_opened(wrapped, folder, table))


def begin_sealed(folder: Path, key: OriginKey, table: RecordTable) -> Vault | None:
    """A new data key for a folder that holds no entry yet, where the settings ask for one.

    The record is made. The caller holds the folder's lock. Raises InvalidValue.
    """
    if not table.seal:
        return None
    data_key, wrapped = _drawn(folder, table)
    SqliteRecord(folder, key=key).close()
    with Upkeep(folder) as upkeep:
        upkeep.keep_fact(DATA_KEY, wrapped)
    return Vault(data_key)


def seal_folder(
    folder: Path, table: RecordTable, *, on_progress: Callable[[int, int], None] | None = None
) -> None:
    """Seal a folder that is in plain; nothing may serve it. The caller holds its lock.

    Where it was begun and cut off it is gone on with. Raises InvalidValue, RecordUnavailable.
    """
    wrapped, _ = _state(folder)
    if wrapped is None:
        data_key, wrapped = _drawn(folder, table)
        with Upkeep(folder) as upkeep:
            upkeep.seal(Vault(data_key), wrapped, on_progress=on_progress)
        vault = Vault(data_key)
    else:
        vault = Vault(_opened(wrapped, folder, table))
    seal_beside(folder, vault)


def seal_beside(folder: Path, vault: Vault) -> None:
    """Finish what was cut off: the record's file, and files beside it that stand there in plain.

    The caller holds the folder's lock. Raises RecordUnavailable.
    """
    with SqliteRecord(folder) as record:
        is_cut_off = record.fact(SEALING) is not None
    if is_cut_off:
        with Upkeep(folder, vault=vault) as upkeep:
            upkeep.finish_sealing()
    seal_files(folder, vault)
    seal_tracks(folder, vault)
    for name in (CONTACTS_FILE, WAYS_FILE):
        if (folder / name).exists():
            seal_file(folder / name, vault, place=name)


def _state(folder: Path) -> tuple[bytes | None, int]:
    """The wrapped data key, and how many entries there are."""
    path = folder / RECORD_FILE
    if not path.exists() or not path.stat().st_size:
        return None, 0
    try:
        record = SqliteRecord(folder)
    except RecordCorrupt:
        return None, 0  # being made by another process this moment; or the opening after says why
    with record:
        return record.fact(DATA_KEY), record.head().size


def _is_at_hand(folder: Path, table: RecordTable) -> bool:
    if table.key_file is not None:
        return (folder / table.key_file).exists()
    return table.passphrase is not None


def _drawn(folder: Path, table: RecordTable) -> tuple[bytes, bytes]:
    """A new data key, as it is and wrapped."""
    data_key = os.urandom(KEY_BYTES)
    if table.key_file is not None:
        return data_key, wrap_under_key(data_key, _key(folder, table.key_file))
    return data_key, wrap(data_key, _passphrase(table, is_new=True))


def _opened(wrapped: bytes, folder: Path, table: RecordTable) -> bytes:
    key = None if table.key_file is None else _key(folder, table.key_file)
    passphrase = None if key is not None else _passphrase(table)
    try:
        return unwrap(wrapped, passphrase=passphrase, key=key)
    except InvalidValue as error:
        where = PASSPHRASE if key is None else _KEY_FILE
        advice = "it does not open this record" if error.rule == "wrong" else error.advice
        raise InvalidValue(where, error.rule, error.value, advice) from error


def _key(folder: Path, name: str) -> bytes:
    path = folder / name
    if path.resolve().is_relative_to(folder.resolve()):
        raise InvalidValue(
            _KEY_FILE, "key-in-folder", name, "keep it outside of the folder that it opens"
        )
    return load_key_file(path, field=_KEY_FILE)


def _passphrase(table: RecordTable, *, is_new: bool = False) -> str:
    """From its variable, or asked for where somebody is there."""
    if table.passphrase is not None:
        return table.passphrase
    if not sys.stdin.isatty():
        raise InvalidValue(
            _KEY_FILE, "missing", None, f"name a key file, or give the passphrase in {PASSPHRASE}"
        )
    given = getpass.getpass("Passphrase of the record: ")
    if is_new and getpass.getpass("Again: ") != given:
        raise InvalidValue(PASSPHRASE, "not-the-same", "(kept secret)", "give it twice alike")
    # The processes that are started from here, for snapshots, have nobody to ask.
    os.environ[PASSPHRASE] = given
    return given
