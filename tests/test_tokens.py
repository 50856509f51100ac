"""Tokens: every way in which one can prove nothing, and the few in which it proves something."""

from __future__ import annotations

import asyncio
import hmac
import json
import threading
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from wideberth.errors import InvalidValue, RecordUnavailable
from wideberth.jwks import JwksSource, keys_of_jwks, keys_of_pem
from wideberth.model.ids import PartyId
from wideberth.model.parties import How, Role
from wideberth.space.time import SECOND_US, format_rfc3339
from wideberth.tokens import (
    REFUSALS,
    TOLERANCE_S,
    Issuer,
    PartyCertificate,
    TokenRefused,
    TokenVerifier,
    TrustedIssuer,
)

NOW_S = 1_800_000_000
ISSUER = "https://id.example"
AUDIENCE = "test.example/space"
RSA = RSAKey.generate_key(2048, {"kid": "rsa"})
RSA_OTHER = RSAKey.generate_key(2048, {"kid": "rsa"})
EC = ECKey.generate_key("P-256", {"kid": "ec"})
OKP = OKPKey.generate_key("Ed25519", {"kid": "okp"})
KEYS = {"RS256": RSA, "ES256": EC, "Ed25519": OKP, "EdDSA": OKP}


def public(*keys: Any) -> bytes:
    return json.dumps({"keys": [key.as_dict(private=False) for key in keys]}).encode()


TRUSTED = TrustedIssuer(ISSUER, AUDIENCE, keys=keys_of_jwks(public(RSA, EC, OKP), source="test"))


class Clock:
    now_s: float = NOW_S

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def verifier(clock: Clock) -> TokenVerifier:
    return TokenVerifier([TRUSTED], clock_s=clock)


def claims(**changed: Any) -> dict[str, Any]:
    whole = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "somebody@id.example",
        "party": "alpha",
        "scope": "openid wideberth.watch wideberth.tell",
        "iat": NOW_S,
        "exp": NOW_S + 600,
        **changed,
    }
    return {name: value for name, value in whole.items() if value is not None}


def token(key: Any = OKP, algorithm: str = "Ed25519", *, header: Any = None, **changed: Any) -> str:
    kid = getattr(key, "kid", None)
    head = {"alg": algorithm, **({"kid": kid} if kid else {}), **(header or {})}
    if algorithm == "EdDSA":  # joserfc warns when it signs with the old name
        signed = token(key, "Ed25519", **changed).split(".")[1]
        first = b64(json.dumps(head).encode())
        private = key.private_key
        assert isinstance(private, Ed25519PrivateKey)
        return f"{first}.{signed}.{b64(private.sign(f'{first}.{signed}'.encode()))}"
    return jwt.encode(head, claims(**changed), key, algorithms=[algorithm])


def b64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def code(verifier: TokenVerifier, text: str) -> str:
    with pytest.raises(TokenRefused) as refused:
        verifier.verify(text)
    assert refused.value.code in REFUSALS
    return refused.value.code


@pytest.mark.parametrize("algorithm", KEYS)
def test_a_good_token_says_who_speaks(verifier: TokenVerifier, algorithm: str) -> None:
    author = verifier.verify(token(KEYS[algorithm], algorithm))
    assert (author.party, author.how) == ("alpha", How.ATTESTED)
    assert author.roles == (Role.WATCH, Role.TELL)


def test_no_name_of_a_person_leaves_the_token(verifier: TokenVerifier) -> None:
    one, again = verifier.verify(token()), verifier.verify(token(jti="2"))
    other = verifier.verify(token(sub="other@id.example"))
    assert "somebody" not in repr(one)
    assert one.subject == again.subject != other.subject


@pytest.mark.parametrize(
    ("changed", "wanted"),
    [
        pytest.param({"exp": NOW_S - TOLERANCE_S}, "expired", id="expired, tolerance included"),
        pytest.param({"exp": NOW_S - TOLERANCE_S + 1}, None, id="expired, within tolerance"),
        pytest.param({"exp": None}, "life-too-long", id="never expires"),
        pytest.param({"exp": NOW_S + 24 * 3600}, None, id="a day"),
        pytest.param({"exp": NOW_S + 24 * 3600 + 1}, "life-too-long", id="over a day"),
        pytest.param(
            {"iat": None, "exp": NOW_S + 90_000}, "life-too-long", id="over a day, without iat"
        ),
        pytest.param({"iat": None}, None, id="without iat"),
        pytest.param({"nbf": NOW_S + TOLERANCE_S}, None, id="not yet, within tolerance"),
        pytest.param({"nbf": NOW_S + TOLERANCE_S + 1}, "not-yet-valid", id="not yet"),
        pytest.param({"iat": NOW_S + 60}, "not-yet-valid", id="issued in the future"),
        pytest.param({"exp": "tomorrow"}, "token-malformed", id="exp is text"),
        pytest.param({"exp": True}, "token-malformed", id="exp is a truth"),
        pytest.param({"exp": 10**400}, "token-malformed", id="exp is no double"),
        pytest.param({"exp": float("nan")}, "token-malformed", id="exp is nan"),
        pytest.param({"aud": "other"}, "audience-wrong", id="another audience"),
        pytest.param({"aud": None}, "audience-wrong", id="no audience"),
        pytest.param({"aud": ["other", AUDIENCE]}, None, id="one of two audiences"),
        pytest.param({"aud": {AUDIENCE: 1}}, "audience-wrong", id="audience is an object"),
        pytest.param({"iss": "https://other.example"}, "issuer-unknown", id="another issuer"),
        pytest.param({"iss": None}, "issuer-unknown", id="no issuer"),
        pytest.param({"iss": [ISSUER]}, "issuer-unknown", id="issuer is a list"),
        pytest.param({"scope": None}, "scope-missing", id="no scope"),
        pytest.param({"scope": "openid email"}, "scope-missing", id="only others' scopes"),
        pytest.param({"scope": ["wideberth.tell"]}, "scope-missing", id="scope is a list"),
        pytest.param({"scope": "wideberth.everything"}, "scope-missing", id="no such scope"),
        pytest.param({"party": None}, "party-claim", id="no party, and sub is none"),
        pytest.param({"party": None, "sub": "alpha"}, None, id="sub is the party"),
        pytest.param({"party": "Alpha Air"}, "party-claim", id="party is no id"),
        pytest.param({"party": 7}, "party-claim", id="party is a number"),
        pytest.param({"party": "wideberth"}, "party-claim", id="the mechanism itself"),
        pytest.param({"sub": None}, "party-claim", id="no sub"),
    ],
)
def test_each_claim_is_checked(
    verifier: TokenVerifier, changed: dict[str, Any], wanted: str | None
) -> None:
    text = token(**changed)
    if wanted is None:
        assert verifier.verify(text).party == "alpha"
    else:
        assert code(verifier, text) == wanted


def test_the_wrong_key_is_found(verifier: TokenVerifier) -> None:
    assert code(verifier, token(RSA_OTHER, "RS256")) == "signature-wrong"
    forged = OKPKey.generate_key("Ed25519", {"kid": "okp"})
    assert code(verifier, token(forged)) == "signature-wrong"


def test_a_changed_payload_is_found(verifier: TokenVerifier) -> None:
    head, _, signature = token().split(".")
    other = token(party="bravo").split(".")[1]
    assert code(verifier, f"{head}.{other}.{signature}") == "signature-wrong"


def test_none_is_no_algorithm(verifier: TokenVerifier) -> None:
    payload = token().split(".")[1]
    for name in ("none", "None", "NONE", "", None, 7, ["none"]):
        head = b64(json.dumps({"alg": name, "kid": "okp"}).encode())
        assert code(verifier, f"{head}.{payload}.") == "algorithm-not-allowed"
    assert code(verifier, f"{b64(b'{}')}.{payload}.") in {
        "algorithm-not-allowed",
        "token-malformed",
    }


def test_a_public_key_is_no_shared_secret(verifier: TokenVerifier) -> None:
    """RS256 taken for HS256: whoever knows the public key could sign."""
    head, payload = b64(b'{"alg":"HS256","kid":"rsa"}'), token().split(".")[1]
    pem = RSA.as_pem(private=False)
    for secret in (pem, pem.strip(), RSA.as_der(private=False)):
        mac = b64(hmac.digest(secret, f"{head}.{payload}".encode(), "sha256"))
        assert code(verifier, f"{head}.{payload}.{mac}") == "algorithm-not-allowed"


def test_a_key_verifies_its_own_algorithm_only(verifier: TokenVerifier) -> None:
    head = b64(b'{"alg":"ES256","kid":"rsa"}')
    _, payload, signature = token(RSA, "RS256").split(".")
    assert code(verifier, f"{head}.{payload}.{signature}") == "key-unknown"


def test_an_unknown_kid_is_not_tried_with_other_keys(verifier: TokenVerifier) -> None:
    assert code(verifier, token(header={"kid": "elsewhere"})) == "key-unknown"


def test_without_a_kid_every_fitting_key_is_tried() -> None:
    keys = keys_of_jwks(public(OKPKey.generate_key("Ed25519", {"kid": "a"}), OKP), source="test")
    both = TokenVerifier([TrustedIssuer(ISSUER, AUDIENCE, keys=keys)], clock_s=Clock())
    bare = OKPKey.import_key({k: v for k, v in OKP.as_dict(private=True).items() if k != "kid"})
    assert both.verify(jwt.encode({"alg": "Ed25519"}, claims(), bare, ["Ed25519"])).party == "alpha"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("a.b", id="two parts"),
        pytest.param("a.b.c.d.e", id="five parts"),
        pytest.param("é.b.c", id="not ascii"),
        pytest.param("x" * 8_193, id="huge"),
        pytest.param(f"{'a' * 1_000_000}.b.c", id="a megabyte"),
        pytest.param(f"{b64(b'[1]')}.e30.e30", id="header is a list"),
        pytest.param(f"{b64(b'[' * 900)}.e30.e30", id="header is deep"),
        pytest.param("..", id="only dots"),
    ],
)
def test_what_is_no_token_is_told_so(verifier: TokenVerifier, text: str) -> None:
    assert code(verifier, text) in {"token-malformed", "algorithm-not-allowed"}


def test_a_deep_payload_is_told_so(verifier: TokenVerifier) -> None:
    head = b64(b'{"alg":"Ed25519"}')
    for payload in (b"[" * 5_000, b'{"a":' * 1_000, b"[1]", b"7", b"null", b"\xff"):
        assert code(verifier, f"{head}.{b64(payload)}.AA") == "token-malformed"


def test_a_critical_header_that_is_not_understood_is_refused(verifier: TokenVerifier) -> None:
    head, payload, signature = token().split(".")
    critical = b64(b'{"alg":"Ed25519","kid":"okp","crit":["x"],"x":1}')
    assert code(verifier, f"{critical}.{payload}.{signature}") in {
        "token-malformed",
        "signature-wrong",
    }
    assert head


@given(st.text(max_size=200) | st.binary(max_size=200).map(b64))
def test_any_text_is_refused_and_nothing_else(text: str) -> None:
    plain = TokenVerifier([TRUSTED], clock_s=Clock())
    for each in (text, f"{text}.{text}.{text}", f"{token().rsplit('.', 1)[0]}.{text}"):
        assert code(plain, each)


def test_a_remembered_token_expires_too(verifier: TokenVerifier, clock: Clock) -> None:
    text = token()
    assert verifier.verify(text) is verifier.verify(text), "the second time from memory"
    clock.now_s = NOW_S + 600 + TOLERANCE_S - 1
    verifier.verify(text)
    clock.now_s += 1
    assert code(verifier, text) == "expired"


def test_a_remembered_token_is_checked_again_when_the_clock_goes_back(
    verifier: TokenVerifier, clock: Clock
) -> None:
    text = token(nbf=NOW_S)
    verifier.verify(text)
    clock.now_s = NOW_S - TOLERANCE_S - 1
    assert code(verifier, text) == "not-yet-valid"


def test_only_so_many_tokens_are_remembered(
    verifier: TokenVerifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wideberth.tokens._CACHED", 3)
    for index in range(10):
        verifier.verify(token(jti=str(index)))
    assert len(verifier._cache) == 3


def test_an_issuer_speaks_only_for_the_parties_it_was_given() -> None:
    narrow = TrustedIssuer(
        ISSUER, AUDIENCE, keys=TRUSTED.keys, parties=frozenset({PartyId("bravo")})
    )
    verifier = TokenVerifier([narrow], clock_s=Clock())
    assert code(verifier, token()) == "party-claim"
    assert verifier.verify(token(party="bravo")).party == "bravo"


def test_the_claim_that_names_the_party_can_be_configured() -> None:
    named = TrustedIssuer(ISSUER, AUDIENCE, keys=TRUSTED.keys, claim="org")
    verifier = TokenVerifier([named], clock_s=Clock())
    assert verifier.verify(token(org="bravo")).party == "bravo"
    assert code(verifier, token()) == "party-claim"


# The built-in issuer.


def test_the_built_in_issuer_makes_tokens_that_count(tmp_path: Path) -> None:
    path = tmp_path / "issuer.pem"
    issuer = Issuer.make(path, origin=AUDIENCE)
    assert path.stat().st_mode & 0o777 == 0o600
    text = issuer.mint(PartyId("alpha"), [Role.SIGN, Role.WATCH], life_s=60, now_s=NOW_S)
    again = Issuer.load(path, origin=AUDIENCE)
    verifier = TokenVerifier([again.trusted], clock_s=Clock())
    assert verifier.verify(text).roles == (Role.WATCH, Role.SIGN)
    with pytest.raises(RecordUnavailable):
        Issuer.make(path, origin=AUDIENCE)
    with pytest.raises(InvalidValue):
        issuer.mint(PartyId("alpha"), [Role.SIGN], life_s=24 * 3600 + 1)
    with pytest.raises(InvalidValue):
        issuer.mint(PartyId("alpha"), [], life_s=60)


def test_an_issuer_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "issuer.pem"
    Issuer.make(path, origin=AUDIENCE)
    path.chmod(0o644)
    with pytest.raises(InvalidValue, match="chmod 600"):
        Issuer.load(path, origin=AUDIENCE)
    path.chmod(0o600)
    path.write_text("-----BEGIN PRIVATE KEY-----\nsecret\n")
    with pytest.raises(InvalidValue) as refused:
        Issuer.load(path, origin=AUDIENCE)
    assert "secret" not in str(refused.value)


def test_a_token_of_one_node_is_none_of_another() -> None:
    one, two = (Issuer(Ed25519PrivateKey.generate(), origin=name) for name in ("a", "b"))
    text = one.mint(PartyId("alpha"), [Role.WATCH], life_s=60, now_s=NOW_S)
    assert code(TokenVerifier([two.trusted], clock_s=Clock()), text) == "issuer-unknown"


# Keys from files.


def test_keys_come_from_pem_files(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    for algorithm, key in KEYS.items():
        path.write_bytes(key.as_pem(private=False))
        trusted = TrustedIssuer(ISSUER, AUDIENCE, keys=keys_of_pem(path))
        text = token(key, algorithm)
        assert TokenVerifier([trusted], clock_s=Clock()).verify(text).party == "alpha"


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        pytest.param(RSA.as_pem(private=True), "private-key", id="a private key"),
        pytest.param(b"", "public-key", id="nothing"),
        pytest.param(b"-----BEGIN PUBLIC KEY-----\nAA==\n", "public-key", id="broken"),
        pytest.param(ECKey.generate_key("P-384").as_pem(private=False), "key-type", id="P-384"),
        pytest.param(OKPKey.generate_key("X25519").as_pem(private=False), "key-type", id="X25519"),
    ],
)
def test_other_pem_files_are_refused(tmp_path: Path, data: bytes, rule: str) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(data)
    with pytest.raises(InvalidValue) as refused:
        keys_of_pem(path)
    assert refused.value.rule == rule


def test_only_public_signing_keys_are_taken_from_a_jwks() -> None:
    secret = OctKey.import_key(b"0" * 32).as_dict(private=True)
    private = OKP.as_dict(private=True)
    to_encrypt = {**EC.as_dict(private=False), "use": "enc"}
    strange = {"kty": "AKP", "alg": "ML-DSA-44"}
    usable = EC.as_dict(private=False)
    many = [secret, private, to_encrypt, strange, None, 7, usable]
    keys = keys_of_jwks(json.dumps({"keys": many}).encode(), source="test")
    assert [key.kid for key in keys] == ["ec"]
    for none in (
        b"{}",
        b"[]",
        b"7",
        b"\xff",
        b'{"keys":7}',
        json.dumps({"keys": [secret]}).encode(),
    ):
        with pytest.raises(InvalidValue):
            keys_of_jwks(none, source="test")


def test_a_jwks_url_is_https_or_of_this_machine() -> None:
    for url in ("https://id.example/jwks", "http://127.0.0.1:1/jwks", "http://localhost/j"):
        assert JwksSource(url).where == url
    for url in ("http://id.example/jwks", "ftp://id.example", "http://127.0.0.1.example/"):
        with pytest.raises(InvalidValue):
            JwksSource(url)


# A JWKS that changes, over real HTTP.


class Published:
    """A JWKS server on loopback whose answer can be changed."""

    def __init__(self) -> None:
        self.body: bytes = public(OKP)
        self.status = 200
        self.asked = 0
        published = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                published.asked += 1
                self.send_response(published.status)
                self.end_headers()
                self.wfile.write(published.body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/jwks.json"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def published() -> Iterator[Published]:
    server = Published()
    yield server
    server.close()


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110 - what is waited for tells nobody
            await asyncio.sleep(0.01)


async def test_a_changed_jwks_is_fetched_when_a_token_names_a_new_key(
    published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wideberth.jwks.ASK_AGAIN_S", 0.05)
    source = JwksSource(published.url)
    issuer = TrustedIssuer(ISSUER, AUDIENCE, sources=(source,))
    async with TokenVerifier([issuer], clock_s=Clock()) as verifier:
        assert code(verifier, token()) == "keys-unavailable", "a start waits for nobody"
        await until(lambda: bool(source.keys))
        assert verifier.verify(token()).party == "alpha"
        published.body = public(EC)
        assert code(verifier, token(EC, "ES256")) == "key-unknown"
        await until(lambda: [key.kid for key in source.keys] == ["ec"])
        assert verifier.verify(token(EC, "ES256")).party == "alpha"
        await asyncio.sleep(0)
        assert code(verifier, token()) == "key-unknown", "also the remembered token of the old key"
        asked = published.asked
        for _ in range(50):
            code(verifier, token())
        await asyncio.sleep(0.15)
        assert published.asked - asked <= 6, "unknown keys do not make it ask each time"


@pytest.mark.parametrize(
    ("status", "body"),
    [
        pytest.param(500, b"", id="an error"),
        pytest.param(200, b"<html>", id="no JSON"),
        pytest.param(302, b"", id="elsewhere"),
        pytest.param(200, b'{"keys":[]}', id="no key"),
        pytest.param(200, b" " * 1_100_000, id="too large"),
    ],
)
async def test_a_failing_jwks_keeps_its_last_good_keys(
    published: Published, status: int, body: bytes
) -> None:
    source = JwksSource(published.url)
    async with httpx.AsyncClient() as client:
        assert await source.refresh(client)
        published.status, published.body = status, body
        assert not await source.refresh(client)
        assert [key.kid for key in source.keys] == ["okp"]
        assert source.problem is not None
        published.status, published.body = 200, public(EC)
        assert await source.refresh(client)
        assert source.problem is None
        published.close()
        assert not await source.refresh(client)
        assert [key.kid for key in source.keys] == ["ec"]


async def test_a_failing_jwks_is_asked_later_and_later() -> None:
    source = JwksSource("/nowhere/jwks.json")
    pauses: list[float] = []
    async with httpx.AsyncClient() as client:
        for _ in range(12):
            await source.refresh(client)
            pauses.append(source._pause_s())
    assert pauses == sorted(pauses)
    assert pauses[0] < 10 < pauses[-1] == 300


async def test_a_jwks_file_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "jwks.json"
    path.write_bytes(public(OKP))
    source = JwksSource(str(path))
    async with httpx.AsyncClient() as client:
        await source.refresh(client)
        path.write_bytes(public(EC, RSA))
        await source.refresh(client)
    assert [key.kid for key in source.keys] == ["ec", "rsa"]


def test_a_subjects_pseudonym_cannot_be_guessed_and_stays_the_same_in_its_folder(
    tmp_path: Path,
) -> None:
    made = Issuer.make(tmp_path / "issuer.pem", origin="a")
    text = made.mint(PartyId("alpha"), (Role.WATCH,), life_s=60, subject="ann@alpha.example")

    def pseudonym(issuer: Issuer) -> str:
        verifier = TokenVerifier([made.trusted], secret=issuer.pseudonym_secret)
        return verifier.verify(text).subject

    guess = sha256(f"{made.name}\nann@alpha.example".encode()).hexdigest()[:16]
    assert pseudonym(made) != f"sub-{guess}"
    assert pseudonym(made) == pseudonym(Issuer.load(tmp_path / "issuer.pem", origin="a"))
    other = Issuer.make(tmp_path / "other.pem", origin="a")
    assert pseudonym(made) != pseudonym(other)
    assert TokenVerifier([made.trusted]).verify(text).subject != f"sub-{guess}"


# Bound to a client certificate.


class Shown(NamedTuple):
    sha256: bytes
    subject: str


ALPHAS = Shown(b"a" * 32, "CN=alpha")
BRAVOS = Shown(b"b" * 32, "CN=bravo")
STRANGERS = Shown(b"s" * 32, "CN=stranger")


def bound_to(shown: Shown) -> dict[str, str]:
    return {"x5t#S256": b64(shown.sha256)}


def test_a_bound_token_counts_over_its_connection_only(verifier: TokenVerifier) -> None:
    signed = token(cnf=bound_to(ALPHAS))
    for _ in range(2):  # the second time it is remembered
        assert verifier.verify(signed, ALPHAS).party == "alpha"
        for shown, code in ((None, "certificate-missing"), (BRAVOS, "certificate-wrong")):
            with pytest.raises(TokenRefused, match=code):
                verifier.verify(signed, shown)


@pytest.mark.parametrize(
    ("confirmation", "code"),
    [
        pytest.param({"jkt": "x"}, "binding-unknown", id="a proof of possession"),
        pytest.param({"x5t#S256": b64(b"a" * 32), "jkt": "x"}, "binding-unknown", id="two"),
        pytest.param({}, "binding-unknown", id="none"),
        pytest.param("x", "binding-unknown", id="text"),
        pytest.param({"x5t#S256": b64(b"a" * 31)}, "token-malformed", id="too short"),
        pytest.param({"x5t#S256": 7}, "token-malformed", id="a number"),
    ],
)
def test_a_binding_that_cannot_be_checked_is_not_overlooked(
    verifier: TokenVerifier, confirmation: Any, code: str
) -> None:
    for shown in (None, ALPHAS):
        with pytest.raises(TokenRefused, match=code):
            verifier.verify(token(cnf=confirmation), shown)


@pytest.mark.parametrize(
    ("party", "shown", "code"),
    [
        pytest.param("alpha", ALPHAS, None, id="its own"),
        pytest.param("alpha", None, "certificate-missing", id="none"),
        pytest.param("alpha", BRAVOS, "certificate-wrong", id="another's"),
        pytest.param("alpha", STRANGERS, "certificate-wrong", id="nobody's"),
        pytest.param("bravo", BRAVOS, None, id="its own, by digest"),
        pytest.param("bravo", Shown(b"x" * 32, "CN=bravo"), "certificate-wrong", id="by name only"),
        pytest.param("charlie", None, None, id="who has none agreed"),
        pytest.param("charlie", STRANGERS, None, id="who has none agreed, with one"),
        pytest.param("charlie", ALPHAS, "certificate-wrong", id="over another's connection"),
    ],
)
def test_a_party_speaks_over_connections_of_its_own(
    clock: Clock, party: str, shown: Shown | None, code: str | None
) -> None:
    verifier = TokenVerifier(
        [TRUSTED],
        clock_s=clock,
        certificates=[
            PartyCertificate(PartyId("alpha"), subject="CN=alpha"),
            PartyCertificate(PartyId("bravo"), sha256=BRAVOS.sha256),
        ],
    )
    signed = token(party=party)
    if code is None:
        assert verifier.verify(signed, shown).party == party
        return
    with pytest.raises(TokenRefused, match=code):
        verifier.verify(signed, shown)


@pytest.mark.parametrize(
    ("ago_s", "words"), [(200, "3 min ago"), (45, "45 s ago"), (7300, "2 h ago"), (9e11, "before")]
)
def test_a_token_that_expired_says_when_and_where_a_new_one_comes_from(
    verifier: TokenVerifier, ago_s: float, words: str
) -> None:
    with pytest.raises(TokenRefused) as refused:
        verifier.verify(token(exp=NOW_S - ago_s))
    assert refused.value.code == "expired"
    assert words in refused.value.advice
    if ago_s < 1e6:
        ended = format_rfc3339(int(NOW_S - ago_s) * SECOND_US)
        assert f"it expired at {ended}" in refused.value.advice
    assert "wideberth token PARTY" in refused.value.advice
