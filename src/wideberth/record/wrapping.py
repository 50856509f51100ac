"""A secret wrapped for keeping: under a passphrase (Argon2id) or under a key in a file.

The wrapped form is a line of JSON that names how it was made, so that it opens years later. What
it costs to try one passphrase is part of it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from enum import StrEnum

import msgspec
from nacl.exceptions import CryptoError
from nacl.pwhash import argon2id

from wideberth.errors import InvalidValue, RecordCorrupt
from wideberth.record.vault import KEY_BYTES, Vault

__all__ = ["Cost", "Wrapped", "parse_wrapped", "unwrap", "wrap", "wrap_under_key"]

_PLACE = "wrapped secret"
_MAX_MEMORY_BYTES = 2**31  # what a wrapped form may ask of whoever opens it
_MAX_PASSES = 64


class Cost(msgspec.Struct, frozen=True):
    """Of one try at a passphrase. passes over memory_bytes; about a second by default."""

    passes: int = argon2id.OPSLIMIT_MODERATE
    memory_bytes: int = argon2id.MEMLIMIT_MODERATE


class Method(StrEnum):
    """How the wrapping key comes about."""

    ARGON2ID = "argon2id"
    KEY = "key"


class Wrapped(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A wrapped secret. sealed: XChaCha20-Poly1305, nonce first. salt, passes, memory_bytes: of
    Argon2id, where a passphrase opens it.
    """

    wideberth_wrapped: int
    method: Method
    sealed: bytes
    salt: bytes = b""
    passes: int = 0
    memory_bytes: int = 0


_decoder = msgspec.json.Decoder(Wrapped)


def wrap(
    secret: bytes,
    passphrase: str,
    *,
    cost: Cost | None = None,
    random_bytes: Callable[[int], bytes] = os.urandom,
) -> bytes:
    """The secret under a passphrase, a line of JSON. Raises InvalidValue for an empty one."""
    if not passphrase:
        raise InvalidValue("passphrase", "empty", "(kept secret)", "give a passphrase")
    cost = cost or Cost()
    salt = random_bytes(argon2id.SALTBYTES)
    vault = Vault(_stretched(passphrase, salt, cost), random_bytes=random_bytes)
    wrapped = Wrapped(
        1,
        Method.ARGON2ID,
        vault.seal(secret, place=_PLACE),
        salt,
        cost.passes,
        cost.memory_bytes,
    )
    return msgspec.json.encode(wrapped) + b"\n"


def wrap_under_key(
    secret: bytes, key: bytes, *, random_bytes: Callable[[int], bytes] = os.urandom
) -> bytes:
    """The secret under a key of 32 bytes, a line of JSON. Raises InvalidValue."""
    sealed = Vault(key, random_bytes=random_bytes).seal(secret, place=_PLACE)
    return msgspec.json.encode(Wrapped(1, Method.KEY, sealed)) + b"\n"


def parse_wrapped(data: bytes) -> Wrapped:
    """A wrapped secret, not opened. Raises InvalidValue."""
    try:
        wrapped = _decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidValue("wrapped", "wrapped", str(error), "give what wrapped it") from error
    if wrapped.wideberth_wrapped != 1:
        raise InvalidValue(
            "wrapped", "version", wrapped.wideberth_wrapped, "this program reads version 1"
        )
    if not (0 <= wrapped.passes <= _MAX_PASSES and 0 <= wrapped.memory_bytes <= _MAX_MEMORY_BYTES):
        raise InvalidValue("wrapped", "cost", wrapped.passes, "it asks for too much to be opened")
    return wrapped


def unwrap(data: bytes, *, passphrase: str | None = None, key: bytes | None = None) -> bytes:
    """The secret. Raises InvalidValue, also where passphrase or key is the wrong one."""
    wrapped = parse_wrapped(data)
    if wrapped.method is Method.ARGON2ID:
        if passphrase is None:
            raise InvalidValue("passphrase", "missing", None, "this opens with a passphrase")
        cost = Cost(wrapped.passes, wrapped.memory_bytes)
        key = _stretched(passphrase, wrapped.salt, cost)
    elif key is None:
        raise InvalidValue("key", "missing", None, "this opens with a key file")
    try:
        return Vault(key).open(wrapped.sealed, place=_PLACE)
    except RecordCorrupt as error:
        what = "passphrase" if wrapped.method is Method.ARGON2ID else "key"
        raise InvalidValue(what, "wrong", "(kept secret)", "it does not open this") from error


def _stretched(passphrase: str, salt: bytes, cost: Cost) -> bytes:
    try:
        return argon2id.kdf(
            KEY_BYTES,
            passphrase.encode(),
            salt,
            opslimit=cost.passes,
            memlimit=cost.memory_bytes,
        )
    except (CryptoError, ValueError) as error:
        raise InvalidValue("wrapped", "cost", cost.passes, f"Argon2id refuses: {error}") from error
