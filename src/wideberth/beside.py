"""The other spaces that a host keeps beside this one: a key of the real one signs in no exercise.

A statement names the record that it was signed for, so no node takes one for another space. That a
party enrols *the same key* in a real space and in an exercise, only somebody who sees both records
can tell: a node whose settings name the other folders (``[space] beside``) looks there before it
enrols a key. It sees folders of this machine and nothing else; between two hosts nobody can.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from wideberth.atrest import vault_of
from wideberth.errors import InvalidValue, RecordUnavailable
from wideberth.model.entries import KeyEnrolled, SpaceOpened, decode_entry
from wideberth.record.database import RECORD_FILE
from wideberth.record.sqlite import SqliteRecord

__all__ = ["Beside", "KeysOf", "keys_of", "shared_keys"]

_PAGE = 2_000
_MARKS = (b'"KeyEnrolled"', b'"SpaceOpened"')  # what an entry of these types has in its bytes


@dataclass(slots=True)
class KeysOf:
    """What the record of a folder says of its keys, as far as it was read.

    keys: public key (base64url) to party and key id, also of those that were revoked.
    """

    origin: str = ""
    exercise: bool = False
    read: int = 0
    keys: dict[str, str] = field(default_factory=dict[str, str])


def keys_of(folder: Path, known: KeysOf | None = None) -> KeysOf:
    """The keys that were ever enrolled in the space of a folder. known: what an earlier look found.

    Reads the record to its end: not on the loop's thread. Raises RecordUnavailable, RecordCorrupt,
    and InvalidValue where the folder is sealed and no key is at hand.
    """
    found = known or KeysOf()
    record = SqliteRecord(folder, vault=vault_of(folder))
    try:
        found.origin = record.origin
        while rows := record.read(found.read, _PAGE):
            for row in rows:
                if any(mark in row.envelope for mark in _MARKS):
                    _note(found, row.envelope, row.position)
            found.read += len(rows)
    finally:
        record.close()
    return found


def _note(found: KeysOf, envelope: bytes, position: int) -> None:
    body = decode_entry(envelope, position=position).body
    if isinstance(body, SpaceOpened):
        found.exercise = body.exercise
    elif isinstance(body, KeyEnrolled):
        found.keys[body.key.public_key] = f"{body.key.party}/{body.key.key_id}"


def shared_keys(spaces: Iterable[KeysOf]) -> list[tuple[str, str, str, str]]:
    """Keys of an exercise that a real space has as well: (exercise, name there, real, name there).

    Sorted, and empty where the kinds keep apart.
    """
    spaces = list(spaces)
    return sorted(
        (drill.origin, drill.keys[key], real.origin, real.keys[key])
        for drill in spaces
        if drill.exercise
        for real in spaces
        if not real.exercise
        for key in drill.keys.keys() & real.keys.keys()
    )


class Beside:
    """The folders that the settings name; what was read of them is kept and read on."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = tuple(folders)
        self._known: dict[Path, KeysOf] = {}
        self._one_at_a_time = asyncio.Lock()

    async def refuse(self, public_key: str, *, exercise: bool) -> None:
        """Refuse a key that a space of the other kind has, or had. exercise: of this one's kind.

        A folder without a record has no keys. Raises InvalidValue naming the key there and its
        space; RecordUnavailable where a record cannot be read: nothing is enrolled unseen.
        """
        async with self._one_at_a_time:
            for folder in self._folders:
                if not (folder / RECORD_FILE).exists():
                    continue
                known = self._known.get(folder)
                try:
                    found = await asyncio.to_thread(keys_of, folder, known)
                except InvalidValue as error:  # of the host's settings there, not of the caller
                    raise RecordUnavailable(f"{folder}: {error}") from error
                self._known[folder] = found
                name = found.keys.get(public_key)
                if name is not None and found.exercise is not exercise:
                    other = "an exercise" if found.exercise else "a real space"
                    raise InvalidValue(
                        "public_key",
                        "key-of-another-kind",
                        public_key,
                        f"this is {name} of {found.origin}, {other}; make a key of its own for"
                        f" {'the exercise' if exercise else 'the real space'}",
                    )
