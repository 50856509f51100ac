"""Signatures of webhooks: RFC 9421 and RFC 9530, and what each change of a byte does."""

from __future__ import annotations

import pytest
from nacl.signing import SigningKey

from wideberth.delivery.signing import content_digest, signed_headers, verify_signed
from wideberth.errors import InvalidValue

KEY = SigningKey(bytes(range(32)))
KEYS = {"delivery-1": bytes(KEY.verify_key)}
URL, BODY = "https://desk.example/hook?a=1", b'{"items":[]}'


def signed(**more: str) -> dict[str, str]:
    made = signed_headers(URL, BODY, key=KEY, keyid="delivery-1", created_s=1000, delivery="d-1")
    return {**made, **more}


def verified(url: str = URL, body: bytes = BODY, now_s: int = 1000, **more: str) -> str:
    return verify_signed(url, signed(**more), body, keys=KEYS, now_s=now_s)


def test_the_digest_is_what_sha256sum_prints_in_base64() -> None:
    assert content_digest(b'{"hello": "world"}') == (
        "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:"
    )


def test_what_is_signed_verifies() -> None:
    assert verified() == "d-1"


@pytest.mark.parametrize(
    "change",
    [
        {"url": "https://desk.example/other"},
        {"url": "https://evil.example/hook?a=1"},
        {"body": b'{"items":[1]}'},
        {"now_s": 1301},
        {"now_s": 699},
        {"wideberth-delivery": "d-2"},
        {"content-type": "text/plain"},
        {"signature": "wideberth=:AAAA:"},
        {"signature-input": 'wideberth=("@method");created=1000;keyid="delivery-1";alg="ed25519"'},
        {"signature-input": signed()["signature-input"].replace("1000", "1001")},
        {"signature-input": signed()["signature-input"].replace("delivery-1", "delivery-2")},
    ],
)
def test_any_change_is_found(change) -> None:
    with pytest.raises(InvalidValue):
        verified(**change)
