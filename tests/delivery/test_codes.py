"""Codes that answer a notice: a slip is found, a code is one notice's and one party's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wideberth.delivery.codes import code_of, parse_code
from wideberth.errors import InvalidValue
from wideberth.model.ids import NoticeId, PartyId

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
names = st.text("abcdef0123456789", min_size=1, max_size=12)


def made(party: str = "bravo", notice: str = "n1", secret: bytes = b"s" * 32) -> str:
    return code_of(secret, "space.example", PartyId(party), NoticeId(notice))


@given(names, names, st.sampled_from(["lower", "upper", "title"]), st.sampled_from(["-", " ", ""]))
def test_a_code_is_read_as_people_write_it(party, notice, case, joint) -> None:
    code = made(party, notice)
    written = getattr(code, case)().replace("-", joint).replace("0", "o").replace("1", "l")
    assert parse_code(written) == code


@given(names, st.integers(0, 11), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_found(notice, at, letter) -> None:
    plain = made(notice=notice).replace("-", "")
    if plain[at] == letter:
        return
    with pytest.raises(InvalidValue):
        parse_code(plain[:at] + letter + plain[at + 1 :])


@given(names, st.integers(0, 8))
def test_two_neighbours_that_changed_places_are_found(notice, at) -> None:
    plain = made(notice=notice).replace("-", "")
    if plain[at] == plain[at + 1]:
        return
    swapped = plain[:at] + plain[at + 1] + plain[at] + plain[at + 2 :]
    with pytest.raises(InvalidValue):
        parse_code(swapped)


def test_codes_differ_by_party_notice_and_secret() -> None:
    codes = {
        made(party, notice, secret)
        for party in ("alpha", "bravo")
        for notice in ("n1", "n2")
        for secret in (b"a" * 32, b"b" * 32)
    }
    assert len(codes) == 8
    assert made() == made()
