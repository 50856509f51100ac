"""RFC 9180 base mode: the published vectors, another implementation, and what must not open."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import hpke as reference
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from wideberth.errors import InvalidValue
from wideberth.sealed.hpke import Aead, open_sealed, public_of, seal

INFO = bytes.fromhex("4f6465206f6e2061204772656369616e2055726e")
WORDS = bytes.fromhex("4265617574792069732074727574682c20747275746820626561757479")
AAD = bytes.fromhex("436f756e742d30")

# RFC 9180, appendix A.1.1 and A.2.1, sequence number 0.
VECTORS = [
    pytest.param(
        Aead.AES_128_GCM,
        "52c4a758a802cd8b936eceea314432798d5baf2d7e9235dc084ab1b9cfa2f736",
        "4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8",
        "3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d",
        "37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431",
        "f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a9"
        "6d8770ac83d07bea87e13c512a",
        id="A.1.1",
    ),
    pytest.param(
        Aead.CHACHA20_POLY1305,
        "f4ec9b33b792c372c1d2c2063507b684ef925b8c75a42dbcbf57d63ccd381600",
        "8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb",
        "4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a",
        "1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a",
        "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db"
        "21993c62ce81883d2dd1b51a28",
        id="A.2.1",
    ),
]


@pytest.mark.parametrize(("aead", "ephemeral", "private", "public", "enc", "ciphertext"), VECTORS)
def test_it_gives_what_the_standard_prints(
    aead: Aead, ephemeral: str, private: str, public: str, enc: str, ciphertext: str
) -> None:
    assert public_of(bytes.fromhex(private)).hex() == public
    sealed = seal(
        WORDS,
        bytes.fromhex(public),
        info=INFO,
        ephemeral=bytes.fromhex(ephemeral),
        aad=AAD,
        aead=aead,
    )
    assert sealed.hex() == enc + ciphertext
    assert open_sealed(sealed, bytes.fromhex(private), info=INFO, aad=AAD, aead=aead) == WORDS


@given(
    words=st.binary(max_size=200),
    info=st.binary(max_size=60),
    seed=st.binary(min_size=32, max_size=32),
)
def test_another_implementation_opens_it_and_the_other_way_round(
    words: bytes, info: bytes, seed: bytes
) -> None:
    suite = reference.Suite(
        reference.KEM.X25519, reference.KDF.HKDF_SHA256, reference.AEAD.AES_256_GCM
    )
    private = X25519PrivateKey.from_private_bytes(seed)
    sealed = seal(words, public_of(seed), info=info, ephemeral=bytes(range(32)))
    assert suite.decrypt(sealed, private, info) == words
    theirs = suite.encrypt(words, X25519PublicKey.from_public_bytes(public_of(seed)), info)
    assert open_sealed(theirs, seed, info=info) == words


@given(at=st.integers(0, 79), bit=st.integers(0, 7))
def test_no_bit_of_it_can_be_changed(at: int, bit: int) -> None:
    private = bytes(range(1, 33))
    sealed = bytearray(seal(bytes(32), public_of(private), info=INFO, ephemeral=bytes(range(32))))
    assert len(sealed) == 80
    sealed[at] ^= 1 << bit
    # Also the topmost bit of enc, which X25519 does not read (RFC 7748, 5): the key is bound to it.
    with pytest.raises(InvalidValue, match=r"sealed-to-another|x25519-point"):
        open_sealed(bytes(sealed), private, info=INFO)


@pytest.mark.parametrize("length", [0, 1, 31, 32, 47])
def test_what_is_cut_short_is_refused(length: int) -> None:
    private = bytes(range(1, 33))
    sealed = seal(bytes(32), public_of(private), info=INFO, ephemeral=bytes(range(32)))
    with pytest.raises(InvalidValue):
        open_sealed(sealed[:length], private, info=INFO)


def test_another_key_and_another_binding_do_not_open_it() -> None:
    private = bytes(range(1, 33))
    sealed = seal(b"words", public_of(private), info=INFO, ephemeral=bytes(range(32)))
    with pytest.raises(InvalidValue, match="sealed-to-another"):
        open_sealed(sealed, bytes(range(2, 34)), info=INFO)
    with pytest.raises(InvalidValue, match="sealed-to-another"):
        open_sealed(sealed, private, info=INFO + b"\n")


@pytest.mark.parametrize("point", [bytes(32), b"\x01" + bytes(31)])
def test_a_point_of_low_order_gets_nothing_sealed(point: bytes) -> None:
    with pytest.raises(InvalidValue, match="x25519-point"):
        seal(b"words", point, info=INFO, ephemeral=bytes(range(32)))
