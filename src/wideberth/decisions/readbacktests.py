"""The rules of the read-back test: who takes it, how it is graded, and what waits for it (X-05).

A key is asked for it where the space's rules say so, or an agreement of its party. A STOP never
is, nor its acknowledgement, and neither is who objects: CANNOT-COMPLY and DISPUTED are heard from
anybody who may acknowledge.
"""

from __future__ import annotations

import re

from wideberth.decisions.outcome import Accepted, Context, Decision, refused
from wideberth.errors import InvalidValue
from wideberth.model.ids import KeyId
from wideberth.model.notices import Verb
from wideberth.model.parties import Author, How
from wideberth.model.readbacktests import (
    MOST_TRIES,
    TEST_LIFE_US,
    TEST_VERSION,
    AnswerReadBackTest,
    BeginReadBackTest,
    ReadBackAnswer,
    ReadBackTestBegun,
    ReadBackTestJudged,
    facts_of,
)
from wideberth.model.refusals import Refusal, RefusalKind
from wideberth.picture.picture import Picture
from wideberth.picture.readbacktests import asked_us, languages_of
from wideberth.space.coordinates import require_position
from wideberth.space.timetext import require_time

__all__ = ["OBJECTIONS", "begin", "grade", "judge", "refuse_untested"]

OBJECTIONS = frozenset({Verb.CANNOT_COMPLY, Verb.DISPUTED})
"""What is heard from a key whose holder was not tested."""

_PLACE_ND = 10_000  # about 1 m: what was shown is to be typed, not something near it
_METRES = re.compile(r"([+-]?\d{1,6})(?:\.0+)?\s*m?", re.IGNORECASE | re.ASCII)


def refuse_untested(
    picture: Picture, author: Author, context: Context, verb: Verb | None = None
) -> Refusal | None:
    """Why a key may not acknowledge yet, or None where it may. verb: None: another answer."""
    if author.how is not How.SIGNED or verb in OBJECTIONS:
        return None
    valid_us = asked_us(picture, author.party)
    if valid_us is None:
        return None
    standing = picture.read_back_tests.get((author.party, KeyId(author.subject)))
    needed = set(languages_of(picture, author.party)[0])
    if (
        standing is not None
        and standing.passed_us is not None
        and standing.passed_us + valid_us > context.now_us
        and needed <= set(standing.languages)
    ):
        return None
    return refused(
        RefusalKind.FORBIDDEN,
        "read-back-test-needed",
        "whoever holds this key first passes the read-back test in "
        + ", ".join(sorted(needed))
        + ": wideberth drill test, or POST /api/v1/read-back-tests;"
        " STOP, CANNOT-COMPLY and DISPUTED never wait for it",
        field="kid",
        value=f"{author.party}/{author.subject}",
    )


def begin(
    picture: Picture, command: BeginReadBackTest, author: Author, context: Context
) -> Decision:
    """A test of the key that signed this; its seed is a fresh id."""
    if author.how is not How.SIGNED:
        return _unsigned()
    standing = picture.read_back_tests.get((author.party, KeyId(author.subject)))
    if standing is not None and len(standing.tried(context.now_us)) >= MOST_TRIES:
        return refused(
            RefusalKind.CONFLICT,
            "read-back-tries",
            f"a key begins {MOST_TRIES} tests a day; try again tomorrow",
        )
    languages, untested = languages_of(picture, author.party)
    begun = ReadBackTestBegun(
        author.party,
        KeyId(author.subject),
        TEST_VERSION,
        languages,
        context.new_id(),
        untested,
    )
    return Accepted((begun,))


def judge(
    picture: Picture, command: AnswerReadBackTest, author: Author, context: Context
) -> Decision:
    """The answers to the test that is under way, graded: it is over by this, whatever they are."""
    if author.how is not How.SIGNED:
        return _unsigned()
    standing = picture.read_back_tests.get((author.party, KeyId(author.subject)))
    begun = None if standing is None else standing.begun
    if standing is None or begun is None or standing.begun_us + TEST_LIFE_US < context.now_us:
        return refused(
            RefusalKind.CONFLICT,
            "no-read-back-test",
            "begin one with this key; it is answered within half an hour",
        )
    if sorted(each.language for each in command.answers) != sorted(begun.languages):
        return refused(
            RefusalKind.INVALID,
            "read-back-languages",
            f"answer once in each of {', '.join(begun.languages)}",
            field="answers",
        )
    wrong = tuple(
        f"{each.language}/{field}" for each in command.answers for field in grade(begun.seed, each)
    )
    judged = ReadBackTestJudged(
        author.party, begun.key_id, begun.test, begun.languages, not wrong, wrong
    )
    return Accepted((judged,))


def grade(seed: str, answer: ReadBackAnswer) -> tuple[str, ...]:
    """The fields of an answer that are wrong; none: all of it is right. Fixed rules, no tolerance
    but how a place, a time or a height may be written.
    """
    facts = facts_of(seed, answer.language)
    right = {
        "identification": answer.identification.strip() == facts.identification,
        "place": _is_place(answer.place, facts.latitude_nd, facts.longitude_nd),
        "begins": _time_us(answer.begins) == facts.start_us,
        "ends": _time_us(answer.ends) == facts.end_us,
        "lowest_m": _metres(answer.lowest_m) == facts.lower_m,
        "highest_m": _metres(answer.highest_m) == facts.upper_m,
        "permission": answer.permission == "no",
        "clear": answer.clear == "no",
    }
    return tuple(field for field, holds in right.items() if not holds)


def _is_place(text: str, latitude_nd: int, longitude_nd: int) -> bool:
    try:
        typed = require_position(text)
    except InvalidValue:
        return False
    return (
        abs(typed.latitude_nd - latitude_nd) <= _PLACE_ND
        and abs(typed.longitude_nd - longitude_nd) <= _PLACE_ND
    )


def _time_us(text: str) -> int | None:
    try:
        return require_time(text).time_us
    except InvalidValue:
        return None


def _metres(text: str) -> int | None:
    found = _METRES.fullmatch(text.strip())
    return None if found is None else int(found[1])


def _unsigned() -> Refusal:
    return refused(
        RefusalKind.FORBIDDEN, "signature-required", "sign it with the key that is to be tested"
    )
