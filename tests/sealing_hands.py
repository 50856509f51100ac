"""Who holds a party's signing key and its seal key, for tests of sealed text."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any

import msgspec

from api_world import World
from wideberth.client import PartyKey
from wideberth.model.sealed import About, SealedText, SealKey
from wideberth.sealed.texts import Opening, Sealer, make_seal_key, open_text, seal_text


@dataclass
class Hand:
    """A signing key that is enrolled, and the private half of its seal key."""

    key: PartyKey
    private: bytes = field(default_factory=lambda: os.urandom(32))

    @property
    def party(self) -> str:
        return self.key.party

    @property
    def sealer(self) -> Sealer:
        key = self.key
        return key.sealer

    def seal_key(self, number: int = 1) -> SealKey:
        return make_seal_key(self.sealer, self.private, number)

    def key_body(self, number: int = 1) -> dict[str, Any]:
        """What POST /seal-keys takes."""
        members = msgspec.to_builtins(self.seal_key(number))
        return {name: value for name, value in members.items() if name != "party"}

    def seals(self, about: About, *to: SealKey, words: str) -> SealedText:
        return seal_text(self.sealer, words, about=about, to=to, random_bytes=os.urandom)

    def opens(self, seen: dict[str, Any], sender: Hand) -> Opening:
        """What GET /sealed-texts/{id} answered, opened."""
        members = {name: value for name, value in seen.items() if name not in ("id", "time")}
        return open_text(
            msgspec.convert(members, SealedText),
            origin=self.key.origin,
            kid=self.sealer.kid,
            private_key=self.private,
            sender_key=sender.key.public_key,
        )


async def a_hand(world: World, party: str, key_id: str = "desk") -> Hand:
    return Hand(await world.key(party, key_id))


def sealed_body(text: SealedText) -> dict[str, Any]:
    """What POST /sealed-texts takes."""
    return {name: value for name, value in msgspec.to_builtins(text).items() if name != "sender"}
