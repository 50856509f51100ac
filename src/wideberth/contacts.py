"""Whom to call: the store beside the record, ``contacts.json``.

Names of people and telephone numbers never enter an entry; an entry has a reference, and this
file, readable by its owner only, says what it stands for. It can be changed and emptied; the record
cannot.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from wideberth.errors import InvalidValue, RecordUnavailable
from wideberth.model.ids import require_token
from wideberth.record.datakey import opened, sealed
from wideberth.record.keys import sync_folder
from wideberth.record.vault import Vault

__all__ = ["CONTACTS_FILE", "Contact", "Contacts"]

CONTACTS_FILE = "contacts.json"
MAX_TEXT = 200


class Contact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom to call. label: a desk or role; channels: how, the first one first."""

    label: str
    channels: tuple[str, ...] = ()


_decoder = msgspec.json.Decoder(dict[str, Contact])


class Contacts(Mapping[str, Contact]):
    """Contacts by reference, as they stand in the file now; others may write it meanwhile.

    vault: the file is sealed at rest under it.
    """

    def __init__(self, folder: Path, *, vault: Vault | None = None) -> None:
        self._vault = vault
        self._folder = folder
        self._path = folder / CONTACTS_FILE
        self._stamp: tuple[int, int, int] | None = None
        self._read: dict[str, Contact] = {}

    def __getitem__(self, reference: str) -> Contact:
        return self._current()[reference]

    def __iter__(self) -> Iterator[str]:
        return iter(self._current())

    def __len__(self) -> int:
        return len(self._current())

    def put(self, reference: str, contact: Contact) -> None:
        """Keep the contact under the reference; on disk when this returns, whole or not at all.

        Raises InvalidValue for empty or long texts, RecordUnavailable when it cannot be written.
        """
        require_token(reference, field="contact")
        for text in (contact.label, *contact.channels):
            if not text.strip() or len(text) > MAX_TEXT:
                raise InvalidValue(
                    "contact", "text", text, f"give a label and channels of 1 to {MAX_TEXT} letters"
                )
        try:
            self._put(reference, contact)
        except OSError as error:
            raise RecordUnavailable(f"{self._path}: {error.strerror}") from error

    def _put(self, reference: str, contact: Contact) -> None:
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)  # one writer at a time, in any process
            contacts = {**self._current(), reference: contact}
            new = self._path.with_suffix(".new")
            data = msgspec.json.format(msgspec.json.encode(contacts, order="sorted"))
            descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(sealed(data + b"\n", self._vault, place=CONTACTS_FILE))
                file.flush()
                os.fsync(descriptor)
            new.replace(self._path)
            sync_folder(self._folder)
        finally:
            os.close(folder)

    def _current(self) -> dict[str, Contact]:
        try:
            status = self._path.stat()
        except FileNotFoundError:
            self._stamp, self._read = None, {}
            return self._read
        stamp = (status.st_mtime_ns, status.st_ino, status.st_size)
        if stamp != self._stamp:
            try:
                data = opened(self._path.read_bytes(), self._vault, place=CONTACTS_FILE)
                self._read = _decoder.decode(data)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise InvalidValue(
                    CONTACTS_FILE, "contacts", str(self._path), f"repair or remove it: {error}"
                ) from error
            self._stamp = stamp
        return self._read
