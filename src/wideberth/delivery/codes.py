"""The code that answers one notice for one party: made of the node's secret, told to nobody else.

Fifty bits and two check characters, in the alphabet of Crockford's base 32: a slip of one
character, or two that changed places, is found without a look at any list.
"""

from __future__ import annotations

import hmac
from hashlib import sha256

from wideberth.errors import InvalidValue
from wideberth.model.ids import NoticeId, PartyId

__all__ = ["code_digest", "code_of", "parse_code"]

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})
_BODY, _CHECK = 10, 2
_PRIME = 1021  # the largest below 32 * 32: every slip of one character changes the remainder


def code_of(secret: bytes, origin: str, party: PartyId, notice: NoticeId) -> str:
    """The code by which the party answers the notice: always the same, so that what is sent twice
    says the same.
    """
    drawn = hmac.digest(secret, f"answer\n{origin}\n{party}\n{notice}".encode(), "sha256")
    number = int.from_bytes(drawn[:8], "big") >> (64 - 5 * _BODY)
    text = _text(number, _BODY) + _text(number % _PRIME, _CHECK)
    return "-".join((text[:4], text[4:8], text[8:]))


def parse_code(text: str) -> str:
    """The code as :func:`code_of` writes it. Raises InvalidValue for what no code is."""
    plain = text.upper().translate(_READ_AS)
    if len(plain) == _BODY + _CHECK and all(letter in _ALPHABET for letter in plain):
        if _number(plain[:_BODY]) % _PRIME == _number(plain[_BODY:]):
            return "-".join((plain[:4], plain[4:8], plain[8:]))
        rule, advice = "code-check", "look again: a character of it is off"
    else:
        rule, advice = "code-form", "give the 12 letters and digits of the code"
    raise InvalidValue("code", rule, text[:40], advice)


def code_digest(code: str) -> str:
    """What is kept of a code, so that a list of them gives none away."""
    return sha256(f"wideberth/answer-code\n{code}".encode()).hexdigest()


def _text(number: int, letters: int) -> str:
    return "".join(_ALPHABET[number >> 5 * at & 31] for at in reversed(range(letters)))


def _number(text: str) -> int:
    number = 0
    for letter in text:
        number = number * 32 + _ALPHABET.index(letter)
    return number
