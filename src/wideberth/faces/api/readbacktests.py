"""The read-back test over the API: begun, read, answered; and which keys passed it (X-05)."""

from __future__ import annotations

import msgspec

from wideberth.decisions.readbacktests import refuse_untested
from wideberth.delivery.readback import item_text
from wideberth.faces.api.desk import Call, Desk
from wideberth.faces.api.http import Route
from wideberth.faces.api.told import drills as out
from wideberth.model.commands import Command
from wideberth.model.ids import PartyId
from wideberth.model.parties import Author, How, Role
from wideberth.model.readbacktests import (
    MOST_TRIES,
    TEST_LIFE_US,
    AnswerReadBackTest,
    BeginReadBackTest,
    ReadBackAnswer,
    ReadBackStanding,
    ReadBackTestBegun,
    ReadBackTestJudged,
    facts_of,
)
from wideberth.picture.readbacktests import asked_us, languages_of
from wideberth.service import Applied
from wideberth.space.time import DAY_US, format_rfc3339
from wideberth.wire import asked as common
from wideberth.wire import drills as asked

__all__ = ["ANSWERS", "ROUTES"]


async def begin(_call: Call) -> Command:
    """A test of the key that signs."""
    return BeginReadBackTest()


async def answer(call: Call) -> Command:
    """The answers to it."""
    body: asked.ReadBackAnswersIn = call.body
    return AnswerReadBackTest(
        tuple(ReadBackAnswer(**msgspec.structs.asdict(each)) for each in body.answers)
    )


async def list_keys(call: Call) -> out.ReadBackKeys:
    """How each of the party's keys stands."""
    picture, party = call.picture, call.party
    valid_us = asked_us(picture, party)
    context = call.desk.service.context()
    keys: list[out.ReadBackKeyOut] = []
    for name in picture.keys:
        if name[0] != party or Role.ACKNOWLEDGE not in picture.keys[name].roles:
            continue
        author = Author(party, How.SIGNED, name[1], picture.keys[name].roles)
        standing = picture.read_back_tests.get(name) or ReadBackStanding()
        passed_us = standing.passed_us
        until_us = None if passed_us is None or valid_us is None else passed_us + valid_us
        tried = standing.tried(context.now_us)
        tries_left = MOST_TRIES - len(tried)
        keys.append(
            out.ReadBackKeyOut(
                key_id=name[1],
                may_acknowledge=refuse_untested(picture, author, context) is None,
                passed=None if passed_us is None else format_rfc3339(passed_us),
                valid_until=None if until_us is None else format_rfc3339(until_us),
                test=standing.test or None,
                languages=list(standing.languages),
                tries_left=tries_left,
                next_try=None if tries_left > 0 else format_rfc3339(tried[-MOST_TRIES] + DAY_US),
            )
        )
    return out.ReadBackKeys(
        needed=valid_us is not None,
        valid_days=None if valid_us is None else valid_us / DAY_US,
        languages=list(languages_of(picture, party)[0]),
        keys=keys,
    )


async def _begun(_desk: Desk, applied: Applied, _party: PartyId) -> out.ReadBackTestOut:
    entry = applied.entries[0]
    assert isinstance(entry.body, ReadBackTestBegun)
    body = entry.body
    return out.ReadBackTestOut(
        test=body.test,
        key_id=body.key_id,
        items=[
            out.ReadBackItemOut(
                language=each, text=item_text(facts_of(body.seed, each), language=each)
            )
            for each in body.languages
        ],
        untested=list(body.untested),
        until=format_rfc3339(entry.time_us + TEST_LIFE_US),
        position=applied.position,
        time=format_rfc3339(entry.time_us),
    )


async def _judged(desk: Desk, applied: Applied, party: PartyId) -> out.ReadBackJudgedOut:
    entry = applied.entries[0]
    assert isinstance(entry.body, ReadBackTestJudged)
    body, valid_us = entry.body, asked_us(desk.picture, party)
    until_us = None if valid_us is None or not body.passed else entry.time_us + valid_us
    return out.ReadBackJudgedOut(
        test=body.test,
        key_id=body.key_id,
        languages=list(body.languages),
        passed=body.passed,
        wrong=list(body.wrong),
        valid_until=None if until_us is None else format_rfc3339(until_us),
        position=applied.position,
        time=format_rfc3339(entry.time_us),
    )


ANSWERS = {ReadBackTestBegun: _begun, ReadBackTestJudged: _judged}

ROUTES = (
    Route(
        "GET",
        "/read-back-tests",
        list_keys,
        "Whether your keys need a passed read-back test, and how each stands",
        out.ReadBackKeys,
        role=Role.WATCH,
    ),
    Route(
        "POST",
        "/read-back-tests",
        begin,
        "Begin the read-back test of the key that signs this",
        out.ReadBackTestOut,
        kind="write",
        status=201,
        body=common.EmptyIn,
        command="BeginReadBackTest",
        role=Role.ACKNOWLEDGE,
    ),
    Route(
        "POST",
        "/read-back-tests/answers",
        answer,
        "Answer the read-back test of the key that signs this",
        out.ReadBackJudgedOut,
        kind="write",
        body=asked.ReadBackAnswersIn,
        command="AnswerReadBackTest",
        role=Role.ACKNOWLEDGE,
    ),
)
"""The rows of the table of the API that are told of here."""
