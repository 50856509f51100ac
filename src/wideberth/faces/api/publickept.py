"""What is public, and the answers made of it, kept until it is no longer the same.

Anybody may ask, as often as an address may, so a request costs a look at what was made before: what
is public is found anew once a message was sent, an agreement changed or a time was reached.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256

from wideberth.model.publications import Publication, Withdrawal
from wideberth.picture.agreed import Agreed
from wideberth.picture.picture import Picture
from wideberth.picture.publications import same_until_us, shown, withdrawals_shown
from wideberth.picture.standing import SpaceFacts
from wideberth.wire.publicwords import identifier

__all__ = ["PublicPages", "Told", "etag_of"]


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """What is published at one moment. changed_us: when the last message of it was sent, 0: there
    is none.
    """

    publications: list[Publication]
    withdrawals: list[Withdrawal]
    exercise: bool
    origin: str
    by_name: dict[str, Publication | Withdrawal]
    changed_us: int


@dataclass(frozen=True, slots=True)
class _Mark:
    """By which it is known that what is public is the same. agreed, space: the very objects.
    sent: how many messages there were.
    """

    agreed: Agreed
    space: SpaceFacts
    sent: int
    from_us: int
    until_us: int

    def holds(self, picture: Picture, now_us: int) -> bool:
        """Whether nothing that matters has changed."""
        return (
            self.agreed is picture.agreed
            and self.space is picture.space
            and self.sent == _sent(picture)
            and self.from_us <= now_us < self.until_us
        )


@dataclass(slots=True)
class PublicPages:
    """One for an app. Used on the event loop alone; bodies are made beside it."""

    _told: tuple[_Mark, Told] | None = None
    _kept: dict[str, tuple[Told, bytes, bytes]] = field(
        default_factory=dict[str, tuple[Told, bytes, bytes]]
    )
    _making: asyncio.Lock = field(default_factory=asyncio.Lock)

    def told(self, picture: Picture, now_us: int) -> Told:
        """What is public now."""
        if self._told is not None and self._told[0].holds(picture, now_us):
            return self._told[1]
        told = _told(picture, now_us)
        until_us = same_until_us(picture, now_us)
        mark = _Mark(picture.agreed, picture.space, _sent(picture), now_us, until_us)
        self._told = (mark, told)
        return told

    async def page(self, path: str, told: Told, make: Callable[[], bytes]) -> tuple[bytes, bytes]:
        """Body and ETag of what is made of it. Whoever asks for it meanwhile waits for the same."""
        kept = self._kept.get(path)
        if kept is None or kept[0] is not told:
            async with self._making:
                kept = self._kept.get(path)
                if kept is None or kept[0] is not told:
                    body = await asyncio.to_thread(make)
                    kept = self._kept[path] = (told, body, etag_of(body))
        return kept[1], kept[2]


def _told(picture: Picture, now_us: int) -> Told:
    publications, withdrawals = shown(picture, now_us), withdrawals_shown(picture, now_us)
    every = (*publications, *withdrawals)
    return Told(
        publications,
        withdrawals,
        picture.space.exercise,
        picture.space.origin,
        {identifier(each.sender, each.message): each for each in every},
        max((each.message.sent_us for each in every), default=0),
    )


def _sent(picture: Picture) -> int:
    return sum(picture.public_numbers[each] for each in picture.public_numbers)


def etag_of(body: bytes) -> bytes:
    """A strong validator of these bytes (RFC 9110, 8.8.3)."""
    return b'"%b"' % sha256(body).hexdigest()[:32].encode()
