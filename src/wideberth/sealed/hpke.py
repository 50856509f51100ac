"""RFC 9180 in base mode, for one message: a key pair of X25519, HKDF-SHA256 and an AEAD.

The text that is sealed here is short (a content key). Pure: whoever seals hands the ephemeral key
in, fresh from the system's random numbers each time. The suite in use is DHKEM(X25519,
HKDF-SHA256), HKDF-SHA256, AES-256-GCM: browsers have all of it, and have no ChaCha20-Poly1305.
"""

from __future__ import annotations

from enum import IntEnum
from hashlib import sha256
from hmac import digest as hmac

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305

from wideberth.errors import InvalidValue

__all__ = ["ENC_BYTES", "Aead", "open_sealed", "public_of", "seal"]

ENC_BYTES = 32  # Nenc of DHKEM(X25519, HKDF-SHA256): RFC 9180, 7.1
_KEM_ID = 0x0020  # DHKEM(X25519, HKDF-SHA256): RFC 9180, 7.1
_KDF_ID = 0x0001  # HKDF-SHA256: RFC 9180, 7.2
_MODE_BASE = b"\x00"  # RFC 9180, 5
_NONCE_BYTES = 12  # Nn of all three AEADs: RFC 9180, 7.3
_KEM_SUITE = b"KEM" + _KEM_ID.to_bytes(2, "big")


class Aead(IntEnum):
    """The identifiers of RFC 9180, 7.3."""

    AES_128_GCM = 1
    AES_256_GCM = 2
    CHACHA20_POLY1305 = 3

    @property
    def key_bytes(self) -> int:
        """Nk."""
        return 16 if self is Aead.AES_128_GCM else 32

    def cipher(self, key: bytes) -> AESGCM | ChaCha20Poly1305:
        """The AEAD with this key."""
        return ChaCha20Poly1305(key) if self is Aead.CHACHA20_POLY1305 else AESGCM(key)


def public_of(private_key: bytes) -> bytes:
    """The public half of an X25519 key; 32 bytes each."""
    return X25519PrivateKey.from_private_bytes(private_key).public_key().public_bytes_raw()


def seal(
    words: bytes,
    public_key: bytes,
    *,
    info: bytes,
    ephemeral: bytes,
    aad: bytes = b"",
    aead: Aead = Aead.AES_256_GCM,
) -> bytes:
    """RFC 9180's enc and ciphertext (6.1, SealBase). ephemeral: 32 random bytes, used once.

    Raises InvalidValue for a public key that gives no secret.
    """
    enc = public_of(ephemeral)
    shared = _shared(ephemeral, public_key, enc, public_key)
    key, nonce = _scheduled(shared, info, aead)
    return enc + aead.cipher(key).encrypt(nonce, words, aad)


def open_sealed(
    sealed: bytes,
    private_key: bytes,
    *,
    info: bytes,
    aad: bytes = b"",
    aead: Aead = Aead.AES_256_GCM,
) -> bytes:
    """What was sealed to this key (RFC 9180, 6.1, OpenBase).

    Raises InvalidValue where it was not.
    """
    enc, ciphertext = sealed[:ENC_BYTES], sealed[ENC_BYTES:]
    try:
        shared = _shared(private_key, enc, enc, public_of(private_key))
        key, nonce = _scheduled(shared, info, aead)
        return aead.cipher(key).decrypt(nonce, ciphertext, aad)
    except (InvalidTag, ValueError):
        raise InvalidValue(
            "wrapped", "sealed-to-another", None, "open it with the key that it was sealed to"
        ) from None


def _shared(private_key: bytes, public_key: bytes, enc: bytes, recipient: bytes) -> bytes:
    """The KEM's shared secret (RFC 9180, 4.1)."""
    try:
        private = X25519PrivateKey.from_private_bytes(private_key)
        dh = private.exchange(X25519PublicKey.from_public_bytes(public_key))
    except ValueError:
        raise InvalidValue(
            "public_key", "x25519-point", None, "make an honest X25519 key pair"
        ) from None
    eae = _extract(_KEM_SUITE, b"", b"eae_prk", dh)
    return _expand(_KEM_SUITE, eae, b"shared_secret", enc + recipient, 32)


def _scheduled(shared: bytes, info: bytes, aead: Aead) -> tuple[bytes, bytes]:
    """Key and nonce of the first message (RFC 9180, 5.1); psk and psk_id are empty."""
    suite = b"HPKE" + b"".join(each.to_bytes(2, "big") for each in (_KEM_ID, _KDF_ID, aead.value))
    context = (
        _MODE_BASE
        + _extract(suite, b"", b"psk_id_hash", b"")
        + _extract(suite, b"", b"info_hash", info)
    )
    secret = _extract(suite, shared, b"secret", b"")
    key = _expand(suite, secret, b"key", context, aead.key_bytes)
    return key, _expand(suite, secret, b"base_nonce", context, _NONCE_BYTES)


def _extract(suite: bytes, salt: bytes, label: bytes, material: bytes) -> bytes:
    """LabeledExtract (RFC 9180, 4) over HKDF-Extract (RFC 5869, 2.2)."""
    return hmac(salt or bytes(32), b"HPKE-v1" + suite + label + material, sha256)


def _expand(suite: bytes, secret: bytes, label: bytes, info: bytes, length: int) -> bytes:
    """LabeledExpand (RFC 9180, 4) over HKDF-Expand (RFC 5869, 2.3), of at most one block."""
    assert length <= 32, "one block of SHA-256 is all that this suite asks for"
    labeled = length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info
    return hmac(secret, labeled + b"\x01", sha256)[:length]
