"""Sealed words: who opens them, what they are bound to, and how they are shown later."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey

from wideberth.errors import InvalidValue
from wideberth.model.ids import KeyId, PartyId
from wideberth.model.sealed import (
    MAX_BOX_CHARACTERS,
    MAX_WORDS_BYTES,
    About,
    AboutType,
    SealedText,
    SealKey,
    check_seal_key,
    decoded,
    encoded,
    fingerprint,
    is_reference,
    reference_of,
    sealed_message,
    verify_seal_key,
    verify_sealed,
)
from wideberth.sealed.texts import (
    Opening,
    Sealer,
    check_opening,
    make_seal_key,
    open_text,
    seal_text,
)

ORIGIN = "space.example/log"
ABOUT = About(AboutType.INTENT, "intent-1")
WORDS = "Two white vehicles, seven people; call the desk before the bridge."


@dataclass
class Somebody:
    """A party's signing key, and the seal key that goes with it."""

    name: str
    signing: SigningKey = field(default_factory=SigningKey.generate)
    private: bytes = field(default_factory=lambda: os.urandom(32))

    @property
    def sealer(self) -> Sealer:
        return Sealer(ORIGIN, PartyId(self.name), KeyId("k"), self.signing)

    @property
    def public(self) -> bytes:
        return bytes(self.signing.verify_key)

    @property
    def seal_key(self) -> SealKey:
        return make_seal_key(self.sealer, self.private, 1)

    def seals(self, *to: Somebody, words: str = WORDS, about: About = ABOUT) -> SealedText:
        keys = [each.seal_key for each in to]
        return seal_text(self.sealer, words, about=about, to=keys, random_bytes=os.urandom)

    def opens(self, text: SealedText, sender: Somebody, about: About | None = ABOUT) -> Opening:
        return open_text(
            text,
            origin=ORIGIN,
            kid=self.sealer.kid,
            private_key=self.private,
            sender_key=sender.public,
            about=about,
        )


RELIEF, NORTH, SOUTH, HOST = (Somebody(name) for name in ("relief", "north", "south", "host"))


def test_those_it_is_sealed_to_read_it_and_nobody_else() -> None:
    text = RELIEF.seals(NORTH, RELIEF)
    assert NORTH.opens(text, RELIEF).words == RELIEF.opens(text, RELIEF).words == WORDS
    with pytest.raises(InvalidValue, match="sealed-to-another"):
        SOUTH.opens(text, RELIEF)
    with pytest.raises(InvalidValue, match="sealed-to-another"):
        Somebody("north").opens(text, RELIEF)  # of the same name, with another key


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=300))
def test_any_words_come_back_as_they_were(words: str) -> None:
    assert NORTH.opens(RELIEF.seals(NORTH, words=words), RELIEF).words == words


def test_the_host_sees_neither_the_words_nor_their_exact_length() -> None:
    lengths = {len(RELIEF.seals(NORTH, words="x" * each).box) for each in range(1, 224)}
    assert len(lengths) == 1
    longest = RELIEF.seals(NORTH, words="x" * MAX_WORDS_BYTES)
    assert len(longest.box) <= MAX_BOX_CHARACTERS
    assert WORDS.encode() not in msgspec.json.encode(RELIEF.seals(NORTH))
    first, second = RELIEF.seals(NORTH), RELIEF.seals(NORTH)
    assert first.commitment != second.commitment
    assert first.box != second.box


@pytest.mark.parametrize("size", [0, MAX_WORDS_BYTES + 1])
def test_words_have_a_size(size: int) -> None:
    with pytest.raises(InvalidValue, match="size"):
        RELIEF.seals(NORTH, words="x" * size)


CHANGES = {
    "sender": PartyId("north"),
    "key_id": KeyId("k2"),
    "about": About(AboutType.INTENT, "intent-2"),
    "commitment": "0" * 64,
    "recipients": RELIEF.seals(SOUTH).recipients,
    "box": RELIEF.seals(NORTH).box,
    "signature": encoded(bytes(64)),
}


@pytest.mark.parametrize("member", list(CHANGES))
def test_no_member_of_it_can_be_changed(member: str) -> None:
    text = RELIEF.seals(NORTH)
    moved = msgspec.structs.replace(text, **{member: CHANGES[member]})
    with pytest.raises(InvalidValue, match="sealed-unsigned"):
        NORTH.opens(moved, RELIEF, None)
    # Also where whoever changed it signs it anew: the sender's key is pinned.
    with pytest.raises(InvalidValue, match="sealed-unsigned"):
        verify_sealed(signed_by(HOST, moved), RELIEF.public, origin=ORIGIN)


def signed_by(somebody: Somebody, text: SealedText) -> SealedText:
    signature = somebody.signing.sign(sealed_message(ORIGIN, text)).signature
    return msgspec.structs.replace(text, signature=encoded(signature))


def test_a_box_cannot_be_moved_to_another_object() -> None:
    text = RELIEF.seals(NORTH)
    with pytest.raises(InvalidValue, match="sealed-elsewhere"):
        NORTH.opens(text, RELIEF, About(AboutType.INTENT, "intent-2"))
    # Not even by its own sender: the key of the box is bound to the object.
    elsewhere = msgspec.structs.replace(text, about=About(AboutType.INTENT, "intent-2"))
    with pytest.raises(InvalidValue, match="sealed-to-another"):
        NORTH.opens(signed_by(RELIEF, elsewhere), RELIEF, None)


def test_a_box_cannot_be_passed_off_as_one_s_own() -> None:
    text = RELIEF.seals(NORTH)
    stolen = msgspec.structs.replace(text, sender=PartyId("south"))
    with pytest.raises(InvalidValue, match="sealed-to-another"):
        NORTH.opens(signed_by(SOUTH, stolen), SOUTH)


def test_two_recipients_cannot_be_told_different_words() -> None:
    honest = RELIEF.seals(NORTH, SOUTH)
    other = RELIEF.seals(SOUTH, words="Something else.")
    mixed = msgspec.structs.replace(honest, box=other.box)
    with pytest.raises(InvalidValue):
        SOUTH.opens(signed_by(RELIEF, mixed), RELIEF)
    # The commitment decides, also where box and key fit together.
    lying = msgspec.structs.replace(other, commitment=honest.commitment)
    with pytest.raises(InvalidValue):
        SOUTH.opens(signed_by(RELIEF, lying), RELIEF)


def test_an_opening_shows_the_words_to_anybody_and_only_these() -> None:
    text = RELIEF.seals(NORTH)
    opening = NORTH.opens(text, RELIEF)
    check_opening(text, opening, origin=ORIGIN)
    for changed in (
        msgspec.structs.replace(opening, words=f"{WORDS} "),
        msgspec.structs.replace(opening, nonce="00" * 32),
        msgspec.structs.replace(opening, nonce=opening.nonce[:-2], words=WORDS),
        msgspec.structs.replace(opening, nonce="no hex"),
        msgspec.structs.replace(opening, id="sealed-" + "0" * 64),
    ):
        with pytest.raises(InvalidValue, match=r"commitment|another-text"):
            check_opening(text, changed, origin=ORIGIN)
    with pytest.raises(InvalidValue, match="another-text"):
        check_opening(RELIEF.seals(NORTH), opening, origin=ORIGIN)
    with pytest.raises(InvalidValue, match="another-text"):
        check_opening(text, opening, origin="other.example/log")


def test_its_id_is_a_digest_of_all_that_was_signed() -> None:
    text = RELIEF.seals(NORTH)
    assert is_reference(reference_of(ORIGIN, text))
    assert not is_reference("see the sealed text")
    assert reference_of(ORIGIN, text) != reference_of(ORIGIN, RELIEF.seals(NORTH))


def test_a_seal_key_holds_only_with_its_own_signing_key_s_word() -> None:
    key = NORTH.seal_key
    verify_seal_key(key, NORTH.public, origin=ORIGIN)
    # The host puts a key of its own in the place of north's, and signs it with what it has.
    swapped = make_seal_key(
        Sealer(ORIGIN, PartyId("north"), KeyId("k"), HOST.signing), HOST.private, 1
    )
    for forged in (
        swapped,
        msgspec.structs.replace(swapped, signature=key.signature),
        msgspec.structs.replace(key, number=2),
        msgspec.structs.replace(key, key_id=KeyId("k2")),
        msgspec.structs.replace(key, party=PartyId("south")),
    ):
        with pytest.raises(InvalidValue, match="seal-key-unsigned"):
            verify_seal_key(forged, NORTH.public, origin=ORIGIN)
    with pytest.raises(InvalidValue, match="seal-key-unsigned"):
        verify_seal_key(key, NORTH.public, origin="other.example/log")


@pytest.mark.parametrize("point", [bytes(32), b"\x01" + bytes(31)])
def test_a_seal_key_of_low_order_is_refused(point: bytes) -> None:
    with pytest.raises(InvalidValue, match="x25519-point"):
        check_seal_key(point)


@pytest.mark.parametrize("text", ["", "a", "AA==", "A A", "AB"])
def test_base64url_has_one_spelling(text: str) -> None:
    with pytest.raises(InvalidValue, match="base64url"):
        decoded(text, "box")


@given(st.binary(min_size=1, max_size=70))
def test_base64url_there_and_back(data: bytes) -> None:
    assert decoded(encoded(data), "box") == data


def test_a_fingerprint_is_short_enough_to_be_read_out() -> None:
    assert fingerprint(bytes(32)) == "6668 7aad f862 bd77 6c8f c18b 8e9f 8e20 0897 1485"


@pytest.mark.parametrize("name", ["a\nb", "a b", "", "x" * 129])
def test_no_name_in_it_can_make_two_readings_of_one_signature(name: str) -> None:
    data = msgspec.json.encode(RELIEF.seals(NORTH))
    told = msgspec.json.decode(data)
    for where in (told["about"], told["recipients"][0]):
        member = "id" if "id" in where else "key_id"
        kept, where[member] = where[member], name
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(told, SealedText)
        where[member] = kept
    assert msgspec.convert(told, SealedText) == msgspec.json.decode(data, type=SealedText)
