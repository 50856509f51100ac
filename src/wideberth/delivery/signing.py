"""Signatures of what a webhook is sent: RFC 9421 with Ed25519, over the digest of RFC 9530.

One set of components is signed and asked for, always the same; nothing is negotiated.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from hashlib import sha256
from urllib.parse import urlsplit

from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from wideberth.errors import InvalidValue

__all__ = ["COMPONENTS", "content_digest", "signed_headers", "verify_signed"]

COMPONENTS = ("@method", "@target-uri", "content-digest", "content-type", "wideberth-delivery")
_LABEL = "wideberth"
_INPUT = re.compile(
    r'wideberth=(\((?:"[a-z@-]+" ?)*\);created=(\d{1,12});keyid="([A-Za-z0-9_.:/-]{1,128})"'
    r';alg="ed25519")'
)
_SIGNATURE = re.compile(r"wideberth=:([A-Za-z0-9+/]+={0,2}):")


def content_digest(body: bytes) -> str:
    """The Content-Digest field of a body (RFC 9530)."""
    return f"sha-256=:{b64encode(sha256(body).digest()).decode()}:"


def signed_headers(
    url: str, body: bytes, *, key: SigningKey, keyid: str, created_s: int, delivery: str
) -> dict[str, str]:
    """The header fields of a signed POST of a body to url. delivery: the same when sent again."""
    headers = {
        "content-digest": content_digest(body),
        "content-type": "application/json",
        "wideberth-delivery": delivery,
    }
    names = " ".join(f'"{name}"' for name in COMPONENTS)
    parameters = f'({names});created={created_s};keyid="{keyid}";alg="ed25519"'
    base = _base("POST", url, headers, parameters)
    signature = b64encode(key.sign(base).signature).decode()
    return {
        **headers,
        "signature-input": f"{_LABEL}={parameters}",
        "signature": f"{_LABEL}=:{signature}:",
    }


def verify_signed(
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    keys: Mapping[str, bytes],
    now_s: int,
    within_s: int = 300,
) -> str:
    """Check a POST that came to url; gives the delivery's id. headers: by lower-case name; keys:
    public keys by key id.

    Raises InvalidValue naming the field: a digest that is not the body's, components left out, a
    key that is not known, a time out of bounds, a signature that does not verify.
    """
    given = _INPUT.fullmatch(headers.get("signature-input", ""))
    signature = _SIGNATURE.fullmatch(headers.get("signature", ""))
    if given is None or signature is None:
        raise InvalidValue(
            "Signature-Input, Signature", "rfc9421", None, "sign as the page on webhooks says"
        )
    parameters, created_s, keyid = given[1], int(given[2]), given[3]
    names = tuple(parameters[1 : parameters.index(")")].replace('"', "").split())
    if names != COMPONENTS:
        raise InvalidValue("Signature-Input", "components", names, f"sign {', '.join(COMPONENTS)}")
    if abs(now_s - created_s) > within_s:
        raise InvalidValue("created", "age", created_s, f"send within {within_s} s")
    if headers.get("content-digest") != content_digest(body):
        raise InvalidValue("Content-Digest", "rfc9530", None, "the body is not the one signed")
    if keyid not in keys:
        raise InvalidValue("keyid", "key-unknown", keyid, "fetch the node's keys again")
    try:
        VerifyKey(keys[keyid]).verify(
            _base("POST", url, headers, parameters), b64decode(signature[1], validate=True)
        )
    except (BadSignatureError, ValueError) as error:
        raise InvalidValue("Signature", "signature", keyid, "it does not verify") from error
    return headers["wideberth-delivery"]


def _base(method: str, url: str, headers: Mapping[str, str], parameters: str) -> bytes:
    """The signature base (RFC 9421 section 2.5)."""
    parts = urlsplit(url)
    derived = {"@method": method, "@target-uri": parts._replace(fragment="").geturl()}
    lines = [
        f'"{name}": {derived[name] if name[0] == "@" else headers.get(name, "").strip()}'
        for name in COMPONENTS
    ]
    return "\n".join((*lines, f'"@signature-params": {parameters}')).encode("utf-8")
