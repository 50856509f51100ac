"""Keys of other parties that somebody compared: a file of the party's own.

A node says which keys are in force, and a node that lies can say anything. So a party pins each
signing key of the others once, by a fingerprint that it was told on another way; from then on
another key under that name is refused, whoever hands it out. What is sealed goes to keys that a
pinned key signed, and to no other.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from wideberth.errors import InvalidValue, RecordUnavailable, system_reason
from wideberth.model.envelope import check_public_key
from wideberth.model.ids import KeyId, PartyId
from wideberth.model.sealed import SealKey, decoded, encoded, fingerprint, verify_seal_key
from wideberth.record.keys import sync_folder, write_new

__all__ = ["Pins"]


class _Pinned(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A pinned key. seal_number: the largest number of a seal key of it that was seen."""

    public_key: str
    seal_number: int = 0


_Kept = dict[str, dict[str, _Pinned]]  # by the space's origin, then by party/key-id


class Pins:
    """The pins of one party, for any number of spaces. path None: only in memory."""

    def __init__(self, path: Path | None = None) -> None:
        """Raises InvalidValue for a file that is none, or that others can write."""
        self._path = path
        self._kept: _Kept = {}
        if path is None or not path.exists():
            return
        try:
            if path.stat().st_mode & 0o022:
                raise InvalidValue("pins", "mode", str(path), f"run: chmod 600 {path}")
            self._kept = msgspec.json.decode(path.read_bytes(), type=_Kept)
        except OSError as error:
            raise RecordUnavailable(f"{path}: {system_reason(error)}") from error
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise InvalidValue("pins", "pins", str(path), f"repair it: {error}") from error

    def pin(
        self, origin: str, party: PartyId, key_id: KeyId, public_key: bytes, *, compared: str
    ) -> None:
        """Pin a key (32 bytes); on disk when this returns. compared: the fingerprint that was told
        on another way, spaces and capitals as one likes.

        Raises InvalidValue where it is of another key, or another key is pinned under that name.
        """
        check_public_key(public_key)
        wanted = "".join(compared.split()).lower()
        if wanted != fingerprint(public_key).replace(" ", ""):
            raise InvalidValue(
                "fingerprint",
                "fingerprint-differs",
                fingerprint(public_key),
                "this is not the key whose fingerprint you were told; ask its party again, and do"
                " not use it",
            )
        name = f"{party}/{key_id}"
        before = self._kept.get(origin, {}).get(name)
        if before is not None:
            self.require(origin, party, key_id, public_key)
            return
        self._keep(origin, name, _Pinned(encoded(public_key)))

    def forget(self, origin: str, party: PartyId, key_id: KeyId) -> None:
        """Take a pin out, as when its party says that the key is out of force."""
        keys = {
            name: pin
            for name, pin in self._kept.get(origin, {}).items()
            if name != f"{party}/{key_id}"
        }
        self._write({**self._kept, origin: keys})

    def names(self, origin: str) -> tuple[str, ...]:
        """``party/key-id`` of every pin in a space, in order."""
        return tuple(sorted(self._kept.get(origin, {})))

    def public_key(self, origin: str, party: PartyId, key_id: KeyId) -> bytes:
        """The pinned key, 32 bytes. Raises InvalidValue where none is pinned."""
        pinned = self._kept.get(origin, {}).get(f"{party}/{key_id}")
        if pinned is None:
            raise InvalidValue(
                "key",
                "key-not-pinned",
                f"{party}/{key_id}",
                "compare its fingerprint with its party on another way, then: wideberth sealed pin",
            )
        return decoded(pinned.public_key, "public_key")

    def require(self, origin: str, party: PartyId, key_id: KeyId, public_key: bytes) -> None:
        """Refuse a key that is not the pinned one. Raises InvalidValue."""
        if self.public_key(origin, party, key_id) != public_key:
            raise InvalidValue(
                "key",
                "key-swapped",
                f"{party}/{key_id}: {fingerprint(public_key)}",
                "another key is pinned under this name; whoever hands this one out is not the"
                " party: call it",
            )

    def require_seal_key(self, origin: str, key: SealKey) -> None:
        """Refuse a seal key that its pinned signing key did not sign, or one older than was seen.

        Raises InvalidValue. The number is on disk when this returns.
        """
        name = f"{key.party}/{key.key_id}"
        verify_seal_key(key, self.public_key(origin, key.party, key.key_id), origin=origin)
        pinned = self._kept[origin][name]
        if key.number < pinned.seal_number:
            raise InvalidValue(
                "number",
                "seal-key-older",
                key.number,
                f"number {pinned.seal_number} of {name} was seen; an older one was brought back",
            )
        if key.number > pinned.seal_number:
            self._keep(origin, name, _Pinned(pinned.public_key, key.number))

    def _keep(self, origin: str, name: str, pinned: _Pinned) -> None:
        self._write({**self._kept, origin: {**self._kept.get(origin, {}), name: pinned}})

    def _write(self, kept: _Kept) -> None:
        self._kept = kept
        if self._path is None:
            return
        new = self._path.with_name(f"{self._path.name}.new")
        try:
            new.unlink(missing_ok=True)
            data = msgspec.json.format(msgspec.json.encode(kept, order="sorted"))
            write_new(new, data + b"\n")
            new.replace(self._path)
            sync_folder(self._path.parent)
        except OSError as error:
            raise RecordUnavailable(f"{self._path}: {system_reason(error)}") from error
