"""Whom to call, and by what to tell: the stores beside the record, ``contacts.json`` and
``ways.json``.

Names of people and telephone numbers never enter an entry; an entry has a reference, and this
file, readable by its owner only, says what it stands for. It can be changed and emptied; the record
cannot.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

import msgspec

from wideberth.delivery.lanes import WayId
from wideberth.delivery.mail import check_address
from wideberth.delivery.phrases import PHRASES
from wideberth.delivery.push import check_target
from wideberth.delivery.webhook import check_url
from wideberth.errors import InvalidValue, RecordUnavailable, system_reason
from wideberth.model.channels import Medium
from wideberth.model.ids import PartyId, require_token
from wideberth.model.ladders import Post
from wideberth.record.datakey import opened, sealed
from wideberth.record.keys import sync_folder
from wideberth.record.vault import Vault
from wideberth.space.coordinates import CoordinateFormat
from wideberth.space.timetext import TimeFormat

__all__ = ["CONTACTS_FILE", "WAYS_FILE", "Beside", "Contact", "Contacts", "Way", "Ways"]

CONTACTS_FILE = "contacts.json"
WAYS_FILE = "ways.json"
MOST_WAYS = 40
T = TypeVar("T")
MAX_TEXT = 200


class Contact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom to call. label: a desk or role; channels: how, the first one first."""

    label: str
    channels: tuple[str, ...] = ()


class Beside(Mapping[str, T]):
    """A file beside the record, as it stands now; others may write it meanwhile.

    kind: of the whole file; vault: what it is sealed with at rest.
    """

    def __init__(
        self, folder: Path, name: str, kind: type[dict[str, T]], *, vault: Vault | None = None
    ) -> None:
        self._vault = vault
        self._folder = folder
        self._name = name
        self._path = folder / name
        self._decoder = msgspec.json.Decoder(kind)
        self._stamp: tuple[int, int, int] | None = None
        self._read: dict[str, T] = {}

    def __getitem__(self, reference: str) -> T:
        return self._current()[reference]

    def __iter__(self) -> Iterator[str]:
        return iter(self._current())

    def __len__(self) -> int:
        return len(self._current())

    def keep(self, reference: str, thing: T | None) -> None:
        """Keep the thing under the reference, None: no more; on disk when this returns, whole or
        not at all. Raises RecordUnavailable when it cannot be written.
        """
        try:
            self._put(reference, thing)
        except OSError as error:
            raise RecordUnavailable(f"{self._path}: {system_reason(error)}") from error

    def _put(self, reference: str, thing: T | None) -> None:
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)  # one writer at a time, in any process
            things = {each: kept for each, kept in self._current().items() if each != reference}
            if thing is not None:
                things[reference] = thing
            new = self._path.with_suffix(".new")
            data = msgspec.json.format(msgspec.json.encode(things, order="sorted"))
            descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(sealed(data + b"\n", self._vault, place=self._name))
                file.flush()
                os.fsync(descriptor)
            new.replace(self._path)
            sync_folder(self._folder)
        finally:
            os.close(folder)

    def _current(self) -> dict[str, T]:
        try:
            status = self._path.stat()
        except FileNotFoundError:
            self._stamp, self._read = None, {}
            return self._read
        stamp = (status.st_mtime_ns, status.st_ino, status.st_size)
        if stamp != self._stamp:
            try:
                data = opened(self._path.read_bytes(), self._vault, place=self._name)
                self._read = self._decoder.decode(data)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                rule = self._path.stem
                raise InvalidValue(
                    self._name, rule, str(self._path), f"repair or remove it: {error}"
                ) from error
            self._stamp = stamp
        return self._read


class Contacts(Beside[Contact]):
    """Contacts by reference. vault: as in Beside."""

    def __init__(self, folder: Path, *, vault: Vault | None = None) -> None:
        super().__init__(folder, CONTACTS_FILE, dict[str, Contact], vault=vault)

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
        self.keep(reference, contact)


class Way(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One way to reach a post of a party. address: a URL of a webhook, an address of e-mail, a URL
    of apprise; nothing for a stream. places, times: the formats in which it reads them.
    """

    post: Post
    medium: Medium
    address: str = ""
    places: CoordinateFormat = CoordinateFormat.DEGREES
    times: TimeFormat = TimeFormat.RFC3339
    language: str = "en"
    suspended: bool = False

    @property
    def id(self) -> WayId:
        """What it is called where its address must not stand."""
        named = f"{self.post.value} {self.medium.value} {self.address}"
        return WayId(f"{self.medium.value}-{sha256(named.encode()).hexdigest()[:8]}")


class Ways(Beside[tuple[Way, ...]]):
    """By party: its ways, for each post in the agreed order. vault: as in Beside."""

    def __init__(self, folder: Path, *, vault: Vault | None = None) -> None:
        super().__init__(folder, WAYS_FILE, dict[str, tuple[Way, ...]], vault=vault)

    def put(self, party: PartyId, ways: tuple[Way, ...]) -> None:
        """Keep the ways of a party, all of them; none: it has none any more.

        Raises InvalidValue for an address that is none of its medium, RecordUnavailable.
        """
        for way in ways:
            _check_way(way)
        if len(ways) > MOST_WAYS or len({way.id for way in ways}) != len(ways):
            raise InvalidValue(
                "ways", "ways", len(ways), f"give each way once, {MOST_WAYS} for a party at most"
            )
        self.keep(party, ways or None)


def _check_way(way: Way) -> None:
    match way.medium:
        case Medium.STREAM:
            if way.address or way.post is not Post.DUTY:
                raise InvalidValue("address", "stream", way.address, "a stream has no address")
        case Medium.WEBHOOK:
            check_url(way.address)
        case Medium.MAIL:
            check_address(way.address)
        case Medium.PUSH:
            check_target(way.address)
    if way.language not in PHRASES or way.times is TimeFormat.LOCAL:
        raise InvalidValue(
            "language, times", "format", way.language, f"languages are {', '.join(PHRASES)}"
        )
