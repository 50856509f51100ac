"""The read-back test: before a key acknowledges, its holder shows that it reads a notice (X-05).

A test is made of a seed that was drawn when it began: for each language one message with a place,
times, heights and a number, and two questions about what a message is not. It is graded by fixed
rules, and the record says which test, in which languages, and whether it was passed: never by whom
but by the key.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Literal

import msgspec

from wideberth.model.ids import KeyId, PartyId
from wideberth.space.time import DAY_US, MINUTE_US

__all__ = [
    "LANGUAGES",
    "MOST_TRIES",
    "TEST_LIFE_US",
    "TEST_VERSION",
    "AnswerReadBackTest",
    "BeginReadBackTest",
    "ReadBackAnswer",
    "ReadBackFacts",
    "ReadBackStanding",
    "ReadBackTestBegun",
    "ReadBackTestJudged",
    "facts_of",
]

TEST_VERSION = "read-back-1"
"""Which test: other items or other grading are another version, and this one is not changed."""
LANGUAGES = ("en", "fr", "es", "ar")
"""In which there are items: those that messages are written in (a test compares)."""
TEST_LIFE_US = 30 * MINUTE_US
"""How long after it began a test is answered."""
MOST_TRIES = 5
"""So many tests of a key may begin within a day: nobody passes by trying."""


class ReadBackFacts(msgspec.Struct, frozen=True):
    """What one item says. Nothing of it is anywhere: it is invented, and drawn for this test."""

    identification: str
    latitude_nd: int
    longitude_nd: int
    start_us: int
    end_us: int
    lower_m: int
    upper_m: int


class ReadBackAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was typed about the item in one language, as text. permission: whether the message is a
    permission; clear: whether no message means that it is clear.
    """

    language: str
    identification: str
    place: str
    begins: str
    ends: str
    lowest_m: str
    highest_m: str
    permission: Literal["yes", "no"]
    clear: Literal["yes", "no"]


class BeginReadBackTest(msgspec.Struct, frozen=True, tag=True):
    """Begin a test of the key that signs this."""


class AnswerReadBackTest(msgspec.Struct, frozen=True, tag=True):
    """Answer the test of the key that signs this: an item for each language."""

    answers: tuple[ReadBackAnswer, ...]


class ReadBackTestBegun(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True, omit_defaults=True
):
    """A test of a key began. seed: what its items are made of. untested: agreed languages in which
    there are no items.
    """

    party: PartyId
    key_id: KeyId
    test: str
    languages: tuple[str, ...]
    seed: str
    untested: tuple[str, ...] = ()


class ReadBackTestJudged(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True, omit_defaults=True
):
    """A test of a key was passed or not. wrong: the answers that were, as ``language/field``."""

    party: PartyId
    key_id: KeyId
    test: str
    languages: tuple[str, ...]
    passed: bool
    wrong: tuple[str, ...] = ()


class ReadBackStanding(msgspec.Struct, frozen=True):
    """What stands of a key's tests. begun: the one that is under way; tries: times of the last
    beginnings; passed_us: of the last one that was passed, in languages; None: none was.
    """

    begun: ReadBackTestBegun | None = None
    begun_us: int = 0
    tries: tuple[int, ...] = ()
    passed_us: int | None = None
    languages: tuple[str, ...] = ()
    test: str = ""

    def tried(self, now_us: int) -> tuple[int, ...]:
        """When each test began that still counts against the day's tries, the oldest first."""
        return tuple(each for each in self.tries if each > now_us - DAY_US)


def facts_of(seed: str, language: str) -> ReadBackFacts:
    """The item of a language in the test of a seed: the same for the same two.

    >>> facts_of("a", "en") == facts_of("a", "en") != facts_of("a", "fr")
    True
    """
    digest = sha256(f"{TEST_VERSION}\n{seed}\n{language}".encode()).digest()

    def take(index: int, low: int, high: int) -> int:
        """A whole number from low to high."""
        part = int.from_bytes(digest[4 * index : 4 * index + 4], "big")
        return low + part % (high - low + 1)

    minutes = take(3, 0, 24 * 60 - 1)
    start_us = take(2, 20_000, 29_999) * DAY_US + minutes * MINUTE_US
    lower_m = 10 * take(5, 0, 200)
    return ReadBackFacts(
        identification=f"{take(6, 1000, 9999)}",
        latitude_nd=take(0, -80_000, 80_000) * 1_000_000,
        longitude_nd=take(1, -179_000, 179_000) * 1_000_000,
        start_us=start_us,
        end_us=start_us + take(4, 10, 600) * MINUTE_US,
        lower_m=lower_m,
        upper_m=lower_m + 10 * take(7, 1, 300),
    )
