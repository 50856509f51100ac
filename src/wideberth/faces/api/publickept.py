"""Answers to the public as they were made last: made anew once another message stands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

__all__ = ["PublicPages", "etag_of"]


@dataclass(slots=True)
class PublicPages:
    """The answers as they were made last, by path: made anew once another message stands."""

    _kept: dict[str, tuple[tuple[Any, ...], bytes, bytes]] = field(
        default_factory=dict[str, tuple[tuple[Any, ...], bytes, bytes]]
    )

    def get(
        self, path: str, key: tuple[Any, ...], make: Callable[[], bytes]
    ) -> tuple[bytes, bytes]:
        """Body and ETag."""
        kept = self._kept.get(path)
        if kept is None or kept[0] != key:
            body = make()
            kept = self._kept[path] = (key, body, etag_of(body))
        return kept[1], kept[2]


def etag_of(body: bytes) -> bytes:
    """A strong validator of these bytes (RFC 9110, 8.8.3)."""
    return b'"%b"' % sha256(body).hexdigest()[:32].encode()
