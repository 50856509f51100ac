"""Tokens: who may speak for a party over HTTP. JWT in, an Author out.

Accepted: a JWS in compact form signed with RS256, ES256 or Ed25519 (also under its old name EdDSA)
by an issuer that the node was told to trust, for this node (``aud``), not expired, living no
longer than agreed, with at least one scope of ``wideberth.*``. A key verifies one kind of
signature only, so that no algorithm can be taken for another; ``none`` is no algorithm.

Clocks may be TOLERANCE_S apart: a token is taken that long after ``exp`` and before ``nbf``.

A token may be bound to a client certificate (RFC 8705, 3.1: ``cnf`` with ``x5t#S256``), and a party
to certificates of its own; then it counts over a connection with such a certificate only.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import math
import os
import secrets
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, Self, cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from joserfc.jws import JWSRegistry

from wideberth.errors import InvalidValue, RecordUnavailable, WideberthError, system_reason
from wideberth.jwks import ALGORITHMS, JwksSource, TrustedKey, select
from wideberth.model.ids import PartyId, require_party_id
from wideberth.model.parties import SYSTEM, Author, How, Role
from wideberth.record.keys import write_new
from wideberth.space.time import MAX_US, MIN_US, SECOND_US, format_rfc3339

__all__ = [
    "MAX_TOKEN_BYTES",
    "REFUSALS",
    "SCOPES",
    "TOLERANCE_S",
    "Issuer",
    "PartyCertificate",
    "ShownCertificate",
    "TokenRefused",
    "TokenVerifier",
    "TrustedIssuer",
]

MAX_TOKEN_BYTES = 8_192
MAX_LIFE_S = 24 * 3600
TOLERANCE_S = 30
_CACHED = 10_000
_SHA256_BYTES = 32
_PROGRAM = "wideberth"
_PSEUDONYMS = b"wideberth: pseudonyms of subjects, version 1"

SCOPES: dict[str, Role] = {f"{_PROGRAM}.{role.value}": role for role in Role}
"""Scope to role: ``wideberth.watch``, ``.acknowledge``, ``.tell``, ``.sign``, ``.administer``."""

REFUSALS: dict[str, str] = {
    "token-malformed": "this is no token: give it whole, in one line, as `wideberth token` prints"
    " it (a JWT: three parts with dots between, up to 8,192 characters)",
    "algorithm-not-allowed": "sign with RS256, ES256 or Ed25519",
    "issuer-unknown": "use a token of an issuer that this node trusts",
    "keys-unavailable": "the issuer's keys could not be fetched yet; try again",
    "key-unknown": "the issuer has no such key; try again if it has just changed its keys",
    "signature-wrong": "the signature is not the issuer's",
    "expired": "get a new one from who hosts the node (wideberth token PARTY)",
    "not-yet-valid": "wait until nbf, or set the clock",
    "life-too-long": "get a token that lives no longer than this node accepts",
    "audience-wrong": "get a token for this node: its aud is the audience that the node states",
    "party-claim": "the token must name one party that its issuer may speak for",
    "scope-missing": "get a token with a scope such as wideberth.watch",
    "binding-unknown": "bind the token to a certificate (x5t#S256), or not at all",
    "certificate-missing": "connect with the client certificate that goes with the token",
    "certificate-wrong": "the connection's certificate does not go with the token",
}
"""Every code a token can be refused with, and what to do about it."""


class TokenRefused(WideberthError):
    """The token proves nothing here. code: a key of REFUSALS; advice: what to do. found: in words,
    what of it is known.
    """

    def __init__(self, code: str, found: str = "") -> None:
        self.code = code
        self.advice = f"{found}; {REFUSALS[code]}" if found else REFUSALS[code]
        super().__init__(f"{code}: {self.advice}")


class ShownCertificate(Protocol):
    """The certificate that a client showed, and an authority that counts vouched for."""

    @property
    def sha256(self) -> bytes:
        """Of its DER bytes."""
        ...

    @property
    def subject(self) -> str:
        """As RFC 4514 writes it."""
        ...


@dataclass(frozen=True, slots=True)
class PartyCertificate:
    """A client certificate of a party: by its subject, or by the digest of its DER bytes."""

    party: PartyId
    subject: str | None = None
    sha256: bytes | None = None

    def is_of(self, shown: ShownCertificate) -> bool:
        """Whether it is the one that was shown."""
        if self.sha256 is not None:
            return hmac.compare_digest(self.sha256, shown.sha256)
        return self.subject == shown.subject


@dataclass(frozen=True, slots=True)
class TrustedIssuer:
    """An issuer and what it is trusted with.

    claim: the claim that names the party; None: ``party``, or ``sub`` where there is none.
    parties: for whom it may speak; empty: for every party of the space.
    """

    issuer: str
    audience: str
    keys: tuple[TrustedKey, ...] = ()
    sources: tuple[JwksSource, ...] = ()
    claim: str | None = None
    parties: frozenset[PartyId] = field(default_factory=frozenset[PartyId])
    max_life_s: int = MAX_LIFE_S

    def all_keys(self) -> Sequence[TrustedKey]:
        """The keys from files, and the last good ones of each source."""
        if not self.sources:
            return self.keys
        return [*self.keys, *(key for source in self.sources for key in source.keys)]


class _Registry(JWSRegistry):
    """The algorithms of tokens, without a warning at each one that says EdDSA for Ed25519."""

    max_header_length = 4_096  # room for x5c, which is not looked at
    max_payload_length = MAX_TOKEN_BYTES

    def __init__(self) -> None:
        super().__init__(algorithms=ALGORITHMS, strict_check_header=False)

    def get_alg(self, name: str) -> Any:
        """The algorithm, of those allowed."""
        if name not in ALGORITHMS:
            raise TokenRefused("algorithm-not-allowed")
        return self.algorithms[name]


_REGISTRY = _Registry()


@dataclass(frozen=True, slots=True)
class _Cached:
    author: Author
    from_s: float
    until_s: float
    bound: bytes | None = None  # SHA-256 of the certificate that it is bound to


class TokenVerifier:
    """Tells from a token who speaks, or why it proves nothing. Owned by the event loop's thread.

    As an async context it keeps the issuers' JWKS fresh in the background. Verified tokens are
    remembered, CACHED at most, each until it expires; all are forgotten when keys change.

    secret: of which the pseudonyms of subjects are made; the folder's, so that they stay the same;
    None: one that nobody has, for as long as this lives. certificates: of the parties that speak
    over connections with a certificate of theirs only.
    """

    def __init__(
        self,
        issuers: Iterable[TrustedIssuer],
        *,
        clock_s: Callable[[], float] = time.time,
        secret: bytes | None = None,
        certificates: Iterable[PartyCertificate] = (),
    ) -> None:
        self._issuers = {each.issuer: each for each in issuers}
        self._clock_s = clock_s
        self._secret = secrets.token_bytes(32) if secret is None else secret
        self._certificates = tuple(certificates)
        self._cache: OrderedDict[str, _Cached] = OrderedDict()
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def sources(self) -> list[JwksSource]:
        """The JWKS that are kept fresh."""
        return [source for each in self._issuers.values() for source in each.sources]

    async def __aenter__(self) -> Self:
        """Start to read the JWKS; does not wait for them."""
        self._tasks = [
            asyncio.create_task(source.keep_fresh(self.forget), name=f"jwks {source.where}")
            for source in self.sources
        ]
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop reading."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    def forget(self) -> None:
        """Verify every token anew: keys have changed."""
        self._cache.clear()

    def verify(self, token: str, shown: ShownCertificate | None = None) -> Author:
        """Who speaks, over a connection with the certificate shown (None: without one).

        Raises TokenRefused. Microseconds for a token seen before; never waits.
        """
        known = self._known(token)
        if known.bound is not None or self._certificates:
            self._check_certificate(known, shown)
        return known.author

    def claimed(self, token: str) -> PartyId:
        """Of which party the token says that it is, neither its signature nor its time looked at.

        Raises TokenRefused where it names no key of an issuer that counts here, or no party that
        this issuer may speak for.
        """
        signed = _parsed(token)
        claims = _claims(signed.payload)
        issuer = self._issuer(claims.get("iss"))
        header = signed.protected
        if not select(issuer.all_keys(), kid=header.get("kid"), algorithm=header["alg"]):
            raise TokenRefused("key-unknown")
        return _party(claims, issuer)

    def remembers(self, token: str) -> bool:
        """Whether the token was verified before, so that verify costs next to nothing."""
        return token in self._cache

    def left_s(self, token: str) -> float:
        """For how many seconds the token still counts here. Raises TokenRefused."""
        return self._known(token).until_s - self._clock_s()

    def _known(self, token: str) -> _Cached:
        now_s = self._clock_s()
        cached = self._cache.get(token)
        if cached is not None:
            if cached.from_s <= now_s < cached.until_s:
                return cached
            del self._cache[token]
        fresh = self._verified(token, now_s)
        self._cache[token] = fresh
        if len(self._cache) > _CACHED:
            self._cache.popitem(last=False)
        return fresh

    def _verified(self, token: str, now_s: float) -> _Cached:
        signed = _parsed(token)
        claims = _claims(signed.payload)
        issuer = self._issuer(claims.get("iss"))
        _check_signature(signed, issuer)
        from_s, until_s = _window(claims, now_s, issuer.max_life_s)
        audience: Any = claims.get("aud")
        if issuer.audience not in (audience if isinstance(audience, list) else [audience]):
            raise TokenRefused("audience-wrong")
        author = Author(
            _party(claims, issuer),
            How.ATTESTED,
            _subject(claims, self._secret),
            _roles(claims.get("scope")),
        )
        return _Cached(author, from_s, until_s, _bound(claims.get("cnf")))

    def _check_certificate(self, known: _Cached, shown: ShownCertificate | None) -> None:
        """Raises TokenRefused unless token, party and connection go together."""
        party = known.author.party
        own = [each for each in self._certificates if each.party == party]
        if shown is None:
            if own or known.bound is not None:
                raise TokenRefused("certificate-missing")
            return
        if known.bound is not None and not hmac.compare_digest(known.bound, shown.sha256):
            raise TokenRefused("certificate-wrong")
        owners = {each.party for each in self._certificates if each.is_of(shown)}
        if (own or owners) and party not in owners:
            raise TokenRefused("certificate-wrong")

    def _issuer(self, name: object) -> TrustedIssuer:
        issuer = self._issuers.get(name) if isinstance(name, str) else None
        if issuer is None:
            raise TokenRefused("issuer-unknown")
        return issuer


class Issuer:
    """The built-in issuer of a node's folder: makes tokens for its parties. Ed25519.

    name: its ``iss``. audience: the ``aud`` of what it makes, the node's origin. max_life_s: what a
    token of it may live at most. pseudonym_secret: of this key and of no use to find it.
    """

    __slots__ = ("_key", "audience", "name", "pseudonym_secret", "trusted")

    def __init__(
        self, private: Ed25519PrivateKey, *, origin: str, max_life_s: int = MAX_LIFE_S
    ) -> None:
        pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        self._key = OKPKey.import_key(pem)
        self.pseudonym_secret = hmac.digest(private.private_bytes_raw(), _PSEUDONYMS, "sha256")
        self.name = f"{_PROGRAM}:{origin}"
        self.audience = origin
        kid = self._key.thumbprint()
        public = OKPKey.import_key(self._key.as_dict(private=False))
        trusted = TrustedKey(kid, frozenset({"Ed25519", "EdDSA"}), public)
        self.trusted = TrustedIssuer(self.name, origin, keys=(trusted,), max_life_s=max_life_s)

    @classmethod
    def make(cls, path: Path, *, origin: str, max_life_s: int = MAX_LIFE_S) -> Issuer:
        """A new key, on disk at path with mode 0600. Raises RecordUnavailable where it exists."""
        private = Ed25519PrivateKey.generate()
        pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        try:
            write_new(path, pem)
        except OSError as error:
            raise RecordUnavailable(f"{path}: {system_reason(error)}") from error
        return cls(private, origin=origin, max_life_s=max_life_s)

    @classmethod
    def load(cls, path: Path, *, origin: str, max_life_s: int = MAX_LIFE_S) -> Issuer:
        """The key of a file that make wrote. Raises RecordUnavailable, InvalidValue."""
        try:
            if os.name == "posix" and path.stat().st_mode & 0o077:
                raise InvalidValue("issuer key", "mode", str(path), f"run: chmod 600 {path}")
            private = load_pem_private_key(path.read_bytes(), password=None)
        except OSError as error:
            raise RecordUnavailable(f"{path}: {system_reason(error)}") from error
        except (ValueError, TypeError) as error:
            if isinstance(error, InvalidValue):
                raise
            raise InvalidValue(
                "issuer key", "key-file", str(path), "not a key file; remove it to make a new one"
            ) from None  # nothing of a secret goes into an error
        if not isinstance(private, Ed25519PrivateKey):
            raise InvalidValue("issuer key", "key-type", str(path), "give an Ed25519 key")
        return cls(private, origin=origin, max_life_s=max_life_s)

    def mint(
        self,
        party: PartyId,
        roles: Iterable[Role],
        *,
        life_s: int,
        subject: str | None = None,
        now_s: float | None = None,
        certificate: bytes | None = None,
    ) -> str:
        """A token for the party with these roles, for life_s seconds from now.

        subject: who or what uses it; the party where None. certificate: the SHA-256 of the DER
        bytes of the client certificate that it is bound to. Raises InvalidValue.
        """
        require_party_id(party)
        granted = [role for role in Role if role in set(roles)]
        if not granted:
            raise InvalidValue("roles", "roles-empty", [], "give at least one role")
        if not 0 < life_s <= self.trusted.max_life_s:
            raise InvalidValue(
                "life",
                "token-life",
                life_s,
                f"give 1 to {self.trusted.max_life_s} seconds ([auth] longest_token_h)",
            )
        issued_s = math.floor(time.time() if now_s is None else now_s)
        claims: dict[str, Any] = {
            "iss": self.name,
            "aud": self.audience,
            "sub": subject or party,
            "party": party,
            "scope": " ".join(f"{_PROGRAM}.{role.value}" for role in granted),
            "iat": issued_s,
            "exp": issued_s + life_s,
            "jti": secrets.token_urlsafe(12),
        }
        if certificate is not None:
            claims["cnf"] = {"x5t#S256": urlsafe_b64encode(certificate).rstrip(b"=").decode()}
        header = {"alg": "Ed25519", "kid": self._key.thumbprint()}
        return jwt.encode(header, claims, self._key, algorithms=["Ed25519"])


def _parsed(token: str) -> jws.CompactSignature:
    if len(token) > MAX_TOKEN_BYTES:
        raise TokenRefused("token-malformed")
    try:
        signed = jws.extract_compact(token.encode("ascii"), registry=_REGISTRY)
        header: Any = signed.protected
        algorithm, kid = header.get("alg"), header.get("kid")
    except (JoseError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise TokenRefused("token-malformed") from error
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise TokenRefused("algorithm-not-allowed")
    if not isinstance(kid, str | None) or header.get("typ", "JWT") not in ("JWT", "at+jwt"):
        raise TokenRefused("token-malformed")
    return signed


def _claims(payload: bytes | None) -> dict[str, Any]:
    try:
        claims: Any = json.loads(payload or b"")
    except (ValueError, RecursionError) as error:
        raise TokenRefused("token-malformed") from error
    if not isinstance(claims, dict):
        raise TokenRefused("token-malformed")
    return cast("dict[str, Any]", claims)


def _check_signature(signed: jws.CompactSignature, issuer: TrustedIssuer) -> None:
    keys = issuer.all_keys()
    header = signed.protected
    candidates = select(keys, kid=header.get("kid"), algorithm=header["alg"])
    if not candidates:
        for source in issuer.sources:
            source.want()
        raise TokenRefused("key-unknown" if keys else "keys-unavailable")
    try:
        if any(jws.validate_compact(signed, each.key, registry=_REGISTRY) for each in candidates):
            return
    except (JoseError, ValueError, TypeError) as error:  # a crit header, or no signature at all
        raise TokenRefused("token-malformed") from error
    raise TokenRefused("signature-wrong")


def _window(claims: dict[str, Any], now_s: float, max_life_s: int) -> tuple[float, float]:
    """From when until when the token counts here, tolerance included."""
    expires_s = _instant(claims, "exp")
    if expires_s is None:
        raise TokenRefused("life-too-long")
    begins_s = _instant(claims, "nbf")
    issued_s = _instant(claims, "iat")
    until_s = expires_s + TOLERANCE_S
    from_s = max(begins_s or 0.0, issued_s or 0.0) - TOLERANCE_S
    if now_s >= until_s:
        raise TokenRefused("expired", _expired(expires_s, now_s))
    if now_s < from_s:
        raise TokenRefused("not-yet-valid")
    life_s = expires_s - (issued_s if issued_s is not None else now_s - TOLERANCE_S)
    if life_s > max_life_s:
        raise TokenRefused("life-too-long")
    return from_s, until_s


def _expired(expires_s: float, now_s: float) -> str:
    expires_us = int(expires_s) * SECOND_US
    if not MIN_US <= expires_us <= MAX_US:
        return "it expired before anything here began"
    span_s = now_s - expires_s
    ago = f"{span_s:.0f} s"
    for name, unit_s in (("d", 86_400), ("h", 3600), ("min", 60)):
        if span_s >= unit_s:
            ago = f"{span_s // unit_s:.0f} {name}"
            break
    return f"it expired at {format_rfc3339(expires_us)}, {ago} ago"


def _instant(claims: dict[str, Any], name: str) -> float | None:
    """A NumericDate (RFC 7519, 2), or None where the claim is absent."""
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TokenRefused("token-malformed")
    if not -1e12 < value < 1e12:  # also keeps nan and numbers too large for a float out
        raise TokenRefused("token-malformed")
    return float(value)


def _party(claims: dict[str, Any], issuer: TrustedIssuer) -> PartyId:
    names = (issuer.claim,) if issuer.claim else ("party", "sub")
    named: Any = next((claims[name] for name in names if claims.get(name) is not None), None)
    try:
        party = require_party_id(named)
    except (InvalidValue, TypeError) as error:
        raise TokenRefused("party-claim") from error
    if party == SYSTEM.party or (issuer.parties and party not in issuer.parties):
        raise TokenRefused("party-claim")
    return party


def _subject(claims: dict[str, Any], secret: bytes) -> str:
    """Who of the party, as a pseudonym: a subject may be a person's name or address, and no such
    thing enters the record. Whoever holds the secret can find it again: HMAC-SHA-256 of iss, a
    newline, sub. Without it nobody can, by trying a list of names either.
    """
    subject = claims.get("sub")
    if not isinstance(subject, str) or not subject:
        raise TokenRefused("party-claim")
    named = f"{claims['iss']}\n{subject}".encode("utf-8", "surrogatepass")
    return f"sub-{hmac.digest(secret, named, 'sha256').hex()[:16]}"


def _bound(confirmation: object) -> bytes | None:
    """The certificate that a token is bound to. One bound in another way counts for nobody here:
    to overlook that would give it to whoever stole it.
    """
    if confirmation is None:
        return None
    if not isinstance(confirmation, dict) or list(cast("Any", confirmation)) != ["x5t#S256"]:
        raise TokenRefused("binding-unknown")
    given: Any = cast("dict[str, Any]", confirmation)["x5t#S256"]
    try:
        digest = urlsafe_b64decode(f"{given}=")
    except ValueError as error:
        raise TokenRefused("token-malformed") from error
    if not isinstance(given, str) or len(digest) != _SHA256_BYTES:
        raise TokenRefused("token-malformed")
    return digest


def _roles(scope: object) -> tuple[Role, ...]:
    granted = {SCOPES[name] for name in str(scope or "").split(" ") if name in SCOPES}
    if not granted or not isinstance(scope, str):
        raise TokenRefused("scope-missing")
    return tuple(role for role in Role if role in granted)
