"""A party's sealed texts over the API: its seal key, what it seals to others, what it opens.

>>> async def tell_in_confidence(client, key, pins):
...     confidant = Correspondence(client, key, pins)
...     return await confidant.send("Call before the bridge.", "intent/i1", to=["bravo"])

Nothing that the node answers is taken on trust: signing keys are those that were pinned, seal keys
are signed by them, and a text was sealed to this very key about what it says. The private halves of
seal keys stand in a file beside the party's signing key; older ones stay, to open older texts.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from wideberth.client import Client, PartyKey
from wideberth.errors import InvalidValue, RecordUnavailable, system_reason
from wideberth.model.ids import KeyId, PartyId, require_party_id
from wideberth.model.sealed import (
    About,
    AboutType,
    SealedText,
    SealKey,
    decoded,
    encoded,
    reference_of,
)
from wideberth.pins import Pins
from wideberth.record.keys import sync_folder, write_new
from wideberth.sealed.texts import Opening, Sealer, make_seal_key, open_text, seal_text

__all__ = ["Correspondence", "SealKeys", "Sent", "about_of"]

T = TypeVar("T")
_PRIVATE_BYTES = 32


class SealKeys:
    """The private halves of a signing key's seal keys, by number. path None: only in memory."""

    def __init__(self, path: Path | None = None) -> None:
        """Raises InvalidValue for a file that is none, or that others can read."""
        self._path = path
        self._kept: dict[int, str] = {}
        if path is None or not path.exists():
            return
        try:
            if path.stat().st_mode & 0o077:
                raise InvalidValue("seal keys", "mode", str(path), f"run: chmod 600 {path}")
            self._kept = msgspec.json.decode(path.read_bytes(), type=dict[int, str])
            for kept in self._kept.values():
                decoded(kept, "seal keys")
        except OSError as error:
            raise RecordUnavailable(f"{path}: {system_reason(error)}") from error
        except (msgspec.DecodeError, UnicodeDecodeError):
            # Nothing of the file goes into an error: it is a secret.
            raise InvalidValue(
                "seal keys", "seal-keys", str(path), "give a file of seal keys"
            ) from None

    @classmethod
    def beside(cls, key: PartyKey) -> SealKeys:
        """Those of a signing key: in the file of its name with ``.seal`` at the end."""
        path = key.path
        return cls(None if path is None else path.with_name(f"{path.name}.seal"))

    def private(self, number: int) -> bytes:
        """The private half of that number. Raises InvalidValue where it is not here."""
        kept = self._kept.get(number)
        if kept is None:
            raise InvalidValue(
                "number", "seal-key-missing", number, "its private half is not in this file"
            )
        return decoded(kept, "seal keys")

    def fresh(self, number: int, random_bytes: Callable[[int], bytes] = os.urandom) -> bytes:
        """A private half for that number, made where there is none; on disk when this returns."""
        if number not in self._kept:
            self._kept = {**self._kept, number: encoded(random_bytes(_PRIVATE_BYTES))}
            self._write()
        return self.private(number)

    def _write(self) -> None:
        if self._path is None:
            return
        new = self._path.with_name(f"{self._path.name}.new")
        try:
            new.unlink(missing_ok=True)
            write_new(new, msgspec.json.encode(self._kept) + b"\n")
            new.replace(self._path)
            sync_folder(self._path.parent)
        except OSError as error:
            raise RecordUnavailable(f"{self._path}: {system_reason(error)}") from error


class Sent(msgspec.Struct, frozen=True):
    """A text that was sent. left_out: ``party/key-id`` of keys that are not pinned here, so that
    nothing was sealed to them; their party has others that are.
    """

    id: str
    left_out: tuple[str, ...]


class Correspondence:
    """What one party's key seals and opens. client: with a token of the party."""

    def __init__(
        self, client: Client, key: PartyKey, pins: Pins, *, seal_keys: SealKeys | None = None
    ) -> None:
        self._client = client
        self._key = key
        self._pins = pins
        self._seal_keys = SealKeys.beside(key) if seal_keys is None else seal_keys

    async def offer(self) -> SealKey:
        """Make a seal key for this signing key and offer it, in place of the one before."""
        own = await self._key_of(self._key.party, self._key.key_id)
        before = own.get("seal_key")
        number = 1 if before is None else int(before["number"]) + 1
        made = make_seal_key(self._sealer, self._seal_keys.fresh(number), number)
        body = msgspec.to_builtins(made)
        del body["party"]
        await self._client.write("POST", "/seal-keys", body)
        return made

    async def send(self, words: str, about: str, *, to: Sequence[str]) -> Sent:
        """Seal words about an object (``type/id``) to the seal keys of these parties.

        Raises InvalidValue for a party of which no key is pinned, or that has no seal key, and
        where the node hands out another key than was pinned.
        """
        keys: list[SealKey] = []
        left_out: list[str] = []
        for name in dict.fromkeys(to):
            keys += await self._seal_keys_of(require_party_id(name, field="to"), left_out)
        text = seal_text(
            self._sealer, words, about=about_of(about), to=keys, random_bytes=os.urandom
        )
        body = msgspec.to_builtins(text)
        del body["sender"]
        answer = await self._client.write("POST", "/sealed-texts", body)
        return Sent(str(answer["id"]), tuple(left_out))

    async def listed(self, about: str | None = None) -> list[dict[str, Any]]:
        """Heads of all that this party sealed or that is sealed to it. about: ``type/id``."""
        wanted = {} if about is None else msgspec.structs.asdict(about_of(about))
        found: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            page = await self._client.get("/sealed-texts", cursor=cursor, **wanted)
            found += page["sealed_texts"]
            cursor = page["next"]
            if cursor is None:
                return found

    async def open(
        self, name: str, *, about: str | None = None, origin: str | None = None
    ) -> tuple[SealedText, Opening]:
        """The words of a sealed text. about: where it was found, where that is known; origin: the
        name that the space had when it was sealed, where it has another now.

        Raises InvalidValue: its sender's key is not pinned, it is not sealed to this key, or it is
        not what the node says that it is.
        """
        seen = await self._client.get(f"/sealed-texts/{name}")
        text = _text_of(seen)
        space = origin or self._key.origin
        if reference_of(space, text) != name:
            raise InvalidValue("id", "another-text", name, "the node gave another text")
        kid = f"{self._key.party}/{self._key.key_id}"
        number = next(
            (each.number for each in text.recipients if f"{each.party}/{each.key_id}" == kid),
            None,
        )
        if number is None:
            raise InvalidValue(
                "recipients", "sealed-to-another", kid, "it is not sealed to this key"
            )
        opening = open_text(
            text,
            origin=space,
            kid=kid,
            private_key=self._seal_keys.private(number),
            sender_key=self._signing_key(text.sender, text.key_id),
            about=None if about is None else about_of(about),
        )
        return text, opening

    @property
    def _sealer(self) -> Sealer:
        return self._key.sealer

    def _signing_key(self, party: PartyId, key_id: KeyId) -> bytes:
        """The key that a text must be signed by: one's own, or the pinned one."""
        if (party, key_id) == (self._key.party, self._key.key_id):
            return self._key.public_key
        return self._pins.public_key(self._key.origin, party, key_id)

    async def _seal_keys_of(self, party: PartyId, left_out: list[str]) -> list[SealKey]:
        """The seal keys of a party, each verified. What is not pinned is left out, and named; what
        is another than the pinned one stops all of it.
        """
        told = await self._client.get(f"/parties/{party}")
        found: list[SealKey] = []
        for each in told.get("keys", ()):
            if each.get("seal_key") is None:
                continue
            key_id = KeyId(str(each["key_id"]))
            key = _strictly({"party": party, "key_id": key_id, **each["seal_key"]}, SealKey)
            if (party, key_id) != (self._key.party, self._key.key_id):
                if f"{party}/{key_id}" not in self._pins.names(self._key.origin):
                    left_out.append(f"{party}/{key_id}")
                    continue
                told_key = decoded(str(each["public_key"]), "public_key")
                self._pins.require(self._key.origin, party, key_id, told_key)
                self._pins.require_seal_key(self._key.origin, key)
            else:
                self._require_own(key)
            found.append(key)
        if not found and left_out:
            self._pins.public_key(self._key.origin, party, KeyId(left_out[-1].partition("/")[2]))
        if not found:
            raise InvalidValue(
                "to", "no-seal-key", party, "this party has no seal key yet; ask it to offer one"
            )
        return found

    def _require_own(self, key: SealKey) -> None:
        mine = make_seal_key(self._sealer, self._seal_keys.private(key.number), key.number)
        if mine != key:
            raise InvalidValue(
                "key", "key-swapped", f"{key.party}/{key.key_id}", "this is not your seal key"
            )

    async def _key_of(self, party: PartyId, key_id: KeyId) -> dict[str, Any]:
        told = await self._client.get(f"/parties/{party}")
        for each in told.get("keys", ()):
            if each["key_id"] == key_id:
                return each
        raise InvalidValue("key", "no-such-key", f"{party}/{key_id}", "it is not in force")


def about_of(text: str) -> About:
    """``type/id`` as an object. Raises InvalidValue.

    >>> about_of("intent/i1")
    About(type=<AboutType.INTENT: 'intent'>, id='i1')
    """
    kind, _, name = text.partition("/")
    if kind not in list(AboutType):
        kinds = ", ".join(AboutType)
        raise InvalidValue("about", "about", text, f"give type/id; a type is one of {kinds}")
    return _strictly({"type": kind, "id": name}, About)


def _text_of(seen: dict[str, Any]) -> SealedText:
    members = {name: seen.get(name) for name in SealedText.__struct_fields__}
    return _strictly(members, SealedText)


def _strictly(members: dict[str, Any], wanted: type[T]) -> T:
    try:
        return msgspec.convert(members, wanted)
    except msgspec.ValidationError as error:
        raise InvalidValue("sealed text", "sealed-form", None, str(error)) from error
