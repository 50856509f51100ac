"""Encryption at rest: what is in a record's file is sealed under a key that is kept elsewhere.

Salt, envelope and bundle are sealed with XChaCha20-Poly1305; where each stands is bound in, so
that none can be put in another's place. Leaves, tree and heads stay readable: they prove, and
tell nothing without salt and envelope.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from nacl.bindings import (
    crypto_aead_xchacha20poly1305_ietf_decrypt,
    crypto_aead_xchacha20poly1305_ietf_encrypt,
    crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
    crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
)
from nacl.exceptions import CryptoError

from wideberth.errors import InvalidValue, RecordCorrupt

__all__ = ["KEY_BYTES", "Vault"]

KEY_BYTES = crypto_aead_xchacha20poly1305_ietf_KEYBYTES  # 32
_NONCE_BYTES = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES  # 24: random ones never meet


class Vault:
    """Seals and opens under one data key. Never printed."""

    __slots__ = ("_key", "_random_bytes")

    def __init__(self, key: bytes, *, random_bytes: Callable[[int], bytes] = os.urandom) -> None:
        """key: 32 random bytes. Raises InvalidValue for another length."""
        if len(key) != KEY_BYTES:
            raise InvalidValue("data key", "length", len(key), f"give {KEY_BYTES} bytes")
        self._key = key
        self._random_bytes = random_bytes

    def seal(self, data: bytes, *, place: str) -> bytes:
        """Nonce and sealed data: 40 bytes longer. place: where it will stand (``entry 7``)."""
        nonce = self._random_bytes(_NONCE_BYTES)
        return nonce + crypto_aead_xchacha20poly1305_ietf_encrypt(
            data, place.encode(), nonce, self._key
        )

    def open(self, sealed: bytes, *, place: str, position: int | None = None) -> bytes:
        """What was sealed for place. Raises RecordCorrupt where it was changed or moved."""
        nonce, rest = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return crypto_aead_xchacha20poly1305_ietf_decrypt(
                rest, place.encode(), nonce, self._key
            )
        except (CryptoError, ValueError, TypeError) as error:
            raise RecordCorrupt(position, f"what is sealed as {place} does not open") from error

    def __repr__(self) -> str:
        return "Vault(kept secret)"
