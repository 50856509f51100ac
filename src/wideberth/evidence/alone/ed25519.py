"""Ed25519 with one verdict, that of libsodium, whichever library is there.

PyNaCl is libsodium. OpenSSL, behind ``cryptography``, accepts what libsodium refuses: under a key
of low order one signature holds for every message. The checks that it lacks are made here first.
"""

from __future__ import annotations

from importlib.util import find_spec

__all__ = ["LIBRARY", "is_honest_key", "is_low_order", "is_main_subgroup_point", "is_signed_by"]

LIBRARY = next((name for name in ("nacl", "cryptography") if find_spec(name)), None)
"""The library that is used; None where neither is there, and nothing verifies."""

_P = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, _P - 2, _P) % _P
_LOW_ORDER_Y = frozenset(  # RFC 7748 section 6; libsodium's list, without the sign bit
    {
        0,
        1,
        _P - 1,
        _P,
        _P + 1,
        int.from_bytes(
            bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
            "little",
        ),
        int.from_bytes(
            bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
            "little",
        ),
    }
)


def is_signed_by(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether signature (64 bytes) over message is by public_key (32 bytes)."""
    if len(public_key) != 32 or len(signature) != 64:
        return False
    if LIBRARY == "nacl":
        from nacl.bindings import crypto_sign_open
        from nacl.exceptions import CryptoError

        try:
            crypto_sign_open(signature + message, public_key)
        except CryptoError:
            return False
        return True
    if is_low_order(public_key) or is_low_order(signature[:32]) or _y_of(public_key) >= _P:
        return False
    return LIBRARY == "cryptography" and _is_signed_by_openssl(public_key, message, signature)


def is_honest_key(public_key: bytes) -> bool:
    """Whether it is the canonical form of a point of the main subgroup other than its zero."""
    if len(public_key) != 32:
        return False
    if LIBRARY == "nacl":
        from nacl.bindings import crypto_core_ed25519_is_valid_point

        return crypto_core_ed25519_is_valid_point(public_key)
    return is_main_subgroup_point(public_key)


def is_low_order(encoded: bytes) -> bool:
    """Whether an encoded point is one of the few of order 1, 2, 4 and 8."""
    return _y_of(encoded) in _LOW_ORDER_Y


def is_main_subgroup_point(encoded: bytes) -> bool:
    """The same with integers alone. Source: RFC 8032, 5.1.3 and 5.1.4."""
    y = _y_of(encoded)
    if y >= _P or is_low_order(encoded):
        return False
    squared = (y * y - 1) * pow(_D * y * y + 1, _P - 2, _P) % _P
    x = pow(squared, (_P + 3) // 8, _P)
    if (x * x - squared) % _P:
        x = x * pow(2, (_P - 1) // 4, _P) % _P
    if (x * x - squared) % _P:
        return False
    if x & 1 != encoded[31] >> 7:
        x = _P - x
    zero = (0, 1, 1, 0)
    total, point, bits = zero, (x, y, 1, x * y % _P), _ORDER
    while bits:
        if bits & 1:
            total = _added(total, point)
        point = _added(point, point)
        bits >>= 1
    return total[0] % _P == 0 and (total[1] - total[2]) % _P == 0


def _is_signed_by_openssl(public_key: bytes, message: bytes, signature: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _y_of(encoded: bytes) -> int:
    return int.from_bytes(encoded, "little") & (2**255 - 1)


def _added(
    one: tuple[int, int, int, int], two: tuple[int, int, int, int]
) -> tuple[int, int, int, int]:
    """The sum of two points in extended coordinates (X, Y, Z, T). Source: RFC 8032, 5.1.4."""
    a = (one[1] - one[0]) * (two[1] - two[0]) % _P
    b = (one[1] + one[0]) * (two[1] + two[0]) % _P
    c = 2 * one[3] * two[3] * _D % _P
    d = 2 * one[2] * two[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % _P, g * h % _P, f * g % _P, e * h % _P)
