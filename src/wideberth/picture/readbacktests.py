"""Which keys passed the read-back test, and of whom it is asked (X-05)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from wideberth.model.entries import Entry
from wideberth.model.ids import PartyId
from wideberth.model.readbacktests import (
    LANGUAGES,
    MOST_TRIES,
    ReadBackStanding,
    ReadBackTestBegun,
    ReadBackTestJudged,
)
from wideberth.picture.picture import Picture
from wideberth.space.time import DAY_US

__all__ = ["FOLDS", "asked_us", "languages_of"]


def asked_us(picture: Picture, party: PartyId) -> int | None:
    """How long a passed test of a party's key holds, by the rules or an agreement: the shorter.

    None: nobody asks for one.
    """
    asked = [picture.agreed.tests.get(party, 0), picture.space.rules.read_back_test_us]
    return min((each for each in asked if each), default=None)


def languages_of(picture: Picture, party: PartyId) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The languages that the party agreed on, as far as there are items in them, and the tags of
    the others. English where none is left.
    """
    known: dict[str, None] = {}
    others: dict[str, None] = {}
    for tags in picture.agreed.languages.get(party, {}).values():
        for tag in tags:
            language = tag.split("-")[0].lower()
            if language in LANGUAGES:
                known[language] = None
            else:
                others[tag] = None
    return tuple(known) or ("en",), tuple(others)


def _begun(picture: Picture, body: ReadBackTestBegun, entry: Entry, _position: int) -> None:
    key = (body.party, body.key_id)
    before = picture.read_back_tests.get(key) or ReadBackStanding()
    tries = (*(each for each in before.tries if each > entry.time_us - DAY_US), entry.time_us)
    picture.read_back_tests[key] = msgspec.structs.replace(
        before, begun=body, begun_us=entry.time_us, tries=tries[-MOST_TRIES:]
    )


def _judged(picture: Picture, body: ReadBackTestJudged, entry: Entry, _position: int) -> None:
    key = (body.party, body.key_id)
    after = msgspec.structs.replace(
        picture.read_back_tests.get(key) or ReadBackStanding(), begun=None
    )
    if body.passed:
        after = msgspec.structs.replace(
            after, passed_us=entry.time_us, languages=body.languages, test=body.test
        )
    picture.read_back_tests[key] = after


FOLDS: dict[type, Callable[[Picture, Any, Entry, int], None]] = {
    ReadBackTestBegun: _begun,
    ReadBackTestJudged: _judged,
}
