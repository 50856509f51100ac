"""Public keys for tokens: from PEM files, and from JWKS files or URLs that are kept fresh.

A source is read in the background, never while a request waits. What was last read well is kept
when a source fails; it is asked again later and later (back-off), and at once, but not more often
than every ASK_AGAIN_S, when a token names a key that is not known. Symmetric keys and private
halves are never taken: a verifier that holds them could make tokens.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import httpx
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
)
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, OKPKey, RSAKey

from wideberth.errors import InvalidValue, system_reason

__all__ = ["ALGORITHMS", "JwksSource", "TrustedKey", "keys_of_jwks", "keys_of_pem"]

ALGORITHMS = ("RS256", "ES256", "Ed25519", "EdDSA")
"""What a token may be signed with. EdDSA is Ed25519's name before RFC 9864."""

LEAST_RSA_BITS = 2048  # RFC 7518, 3.3
MAX_JWKS_BYTES = 1_048_576
MAX_KEYS = 100  # of one source; more are left out
REFRESH_S = 300.0
ASK_AGAIN_S = 10.0
LONGEST_BACK_OFF_S = 300.0
_FIRST_BACK_OFF_S = 2.0
_TIMEOUT_S = 10.0
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_log = logging.getLogger(__name__)

Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """A public key and the algorithms it may verify: one kind each, so that none is confused.

    kid: its name in a token's header; None for a PEM file, which names none.
    """

    kid: str | None
    algorithms: frozenset[str]
    key: RSAKey | ECKey | OKPKey


def keys_of_pem(path: Path) -> tuple[TrustedKey, ...]:
    """The public key in a PEM file. Raises InvalidValue for anything else, also a private key."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InvalidValue("pem", "unreadable", str(path), system_reason(error)) from None
    if b"PRIVATE KEY" in data:
        raise InvalidValue("pem", "private-key", str(path), "give only the public half of the key")
    try:
        public = load_pem_public_key(data)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise InvalidValue(
            "pem", "public-key", str(path), "give a file that begins with BEGIN PUBLIC KEY"
        ) from error
    spki = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    if isinstance(public, RSAPublicKey):
        return (_trusted(RSAKey.import_key(spki), None, str(path)),)
    if isinstance(public, EllipticCurvePublicKey) and isinstance(public.curve, SECP256R1):
        return (_trusted(ECKey.import_key(spki), None, str(path)),)
    if isinstance(public, Ed25519PublicKey):
        return (_trusted(OKPKey.import_key(spki), None, str(path)),)
    raise InvalidValue("pem", "key-type", str(path), "give an RSA, P-256 or Ed25519 key")


def keys_of_jwks(data: bytes, *, source: str) -> tuple[TrustedKey, ...]:
    """The keys of a JWK set that can verify tokens; others in it are left out (RFC 7517, 5).

    Raises InvalidValue where it is no JWK set, or none of its keys can be used.
    """
    try:
        members: Any = json.loads(data)
        listed: Any = members["keys"]
    except (ValueError, TypeError, KeyError, RecursionError):
        listed = None
    if not isinstance(listed, list):
        raise InvalidValue("jwks", "jwk-set", source, 'give a JWK set: {"keys": [...]}')
    found: list[TrustedKey] = []
    for each in cast("list[Any]", listed)[:MAX_KEYS]:
        with contextlib.suppress(InvalidValue, JoseError, ValueError, TypeError, KeyError):
            found.append(_of_jwk(each, source))
    if not found:
        raise InvalidValue(
            "jwks", "no-usable-key", source, "it has no public RSA, P-256 or Ed25519 signing key"
        )
    return tuple(found)


class JwksSource:
    """A JWK set at a URL or in a file, kept fresh by :meth:`keep_fresh`.

    where: an https URL, an http URL of this machine, or a path. Owned by the event loop's thread.
    """

    def __init__(self, where: str, *, refresh_s: float = REFRESH_S) -> None:
        """Raises InvalidValue for a URL of another kind."""
        try:
            parts = urlsplit(where)
        except ValueError as error:  # half an IPv6 address
            raise InvalidValue("jwks", "url", where, str(error)) from None
        self._is_url = "://" in where
        if self._is_url and not (
            parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
        ):
            raise InvalidValue("jwks", "https", where, "give an https URL, or a file")
        self.where = where
        self.keys: tuple[TrustedKey, ...] = ()
        self.problem: str | None = "not read yet"
        """Why the last reading failed; None where it went well."""
        self._refresh_s = refresh_s
        self._wanted = asyncio.Event()
        self._failures = 0

    def want(self) -> None:
        """Ask again soon: a token named a key that is not here."""
        self._wanted.set()

    async def refresh(self, client: httpx.AsyncClient) -> bool:
        """Read the source now; whether that went well. Keeps the last good keys when it fails."""
        try:
            data = await self._read(client)
            self.keys = await asyncio.to_thread(keys_of_jwks, data, source=self.where)
        except (httpx.HTTPError, OSError, InvalidValue, ValueError) as error:
            self._failures += 1
            self.problem = f"{type(error).__name__}: {error}"
            _log.warning("JWKS %s: %s; its last good keys stay", self.where, self.problem)
            return False
        self._failures = 0
        self.problem = None
        return True

    async def keep_fresh(
        self, on_change: Callable[[], None], *, sleep: Sleep = asyncio.sleep
    ) -> None:
        """Read the source again and again until cancelled. on_change: the keys are not the same."""
        async with httpx.AsyncClient(timeout=_TIMEOUT_S, follow_redirects=False) as client:
            while True:
                before = [each.key.as_dict(private=False) for each in self.keys]
                self._wanted.clear()
                try:
                    await self.refresh(client)
                except Exception:  # noqa: BLE001  # the top of a task: a strange set must not end it
                    _log.exception("JWKS %s: its last good keys stay", self.where)
                if before != [each.key.as_dict(private=False) for each in self.keys]:
                    on_change()
                await sleep(min(ASK_AGAIN_S, self._refresh_s))
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(max(0.0, self._pause_s() - ASK_AGAIN_S)):
                        await self._wanted.wait()

    def _pause_s(self) -> float:
        if not self._failures:
            return self._refresh_s
        return min(LONGEST_BACK_OFF_S, _FIRST_BACK_OFF_S * 2 ** min(self._failures, 10))

    async def _read(self, client: httpx.AsyncClient) -> bytes:
        if not self._is_url:
            return await asyncio.to_thread(Path(self.where).read_bytes)
        data = bytearray()
        async with client.stream("GET", self.where) as response:
            if response.status_code != 200:
                raise ValueError(f"status {response.status_code}")
            async for chunk in response.aiter_bytes():
                data += chunk
                if len(data) > MAX_JWKS_BYTES:
                    raise ValueError(f"larger than {MAX_JWKS_BYTES} bytes")
        return bytes(data)


def select(keys: Sequence[TrustedKey], *, kid: str | None, algorithm: str) -> list[TrustedKey]:
    """The keys that may have signed a token with this header: by name, where both have one."""
    return [
        each
        for each in keys
        if algorithm in each.algorithms and (kid is None or each.kid is None or each.kid == kid)
    ]


def _of_jwk(member: Any, source: str) -> TrustedKey:
    if not isinstance(member, dict):
        raise InvalidValue("jwks", "jwk", source, "a key is a JSON object")
    return _of_members(cast("dict[str, Any]", member), source)


def _of_members(member: dict[str, Any], source: str) -> TrustedKey:
    if member.get("use", "sig") != "sig" or "d" in member:
        raise InvalidValue("jwks", "key-use", source, "not a public signing key")
    operations = member.get("key_ops")
    if operations is not None and "verify" not in operations:
        raise InvalidValue("jwks", "key-use", source, "not a public signing key")
    key = JWKRegistry.import_key(member)
    if not isinstance(key, RSAKey | ECKey | OKPKey):
        raise InvalidValue("jwks", "key-type", source, "a shared secret verifies nothing here")
    trusted = _trusted(key, member.get("kid"), source)
    stated = member.get("alg")
    if stated is None or (stated in ("EdDSA", "Ed25519") and "Ed25519" in trusted.algorithms):
        return trusted
    return TrustedKey(trusted.kid, trusted.algorithms & {stated}, key)


def _trusted(key: RSAKey | ECKey | OKPKey, kid: object, source: str) -> TrustedKey:
    name = kid if isinstance(kid, str) and kid else None
    if isinstance(key, RSAKey):
        if key.public_key.key_size < LEAST_RSA_BITS:
            raise InvalidValue(
                "key", "rsa-bits", source, f"give an RSA key of {LEAST_RSA_BITS} bits or more"
            )
        return TrustedKey(name, frozenset({"RS256"}), key)
    if isinstance(key, ECKey):
        if key.curve_name != "P-256":
            raise InvalidValue("key", "curve", source, "give an elliptic curve key on P-256")
        return TrustedKey(name, frozenset({"ES256"}), key)
    if key.curve_name != "Ed25519":
        raise InvalidValue("key", "curve", source, "give an Ed25519 key")
    return TrustedKey(name, frozenset({"Ed25519", "EdDSA"}), key)
