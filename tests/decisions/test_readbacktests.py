"""The read-back test: a key acknowledges once its holder passed it; a STOP never waits for it."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey

from agreements_scene import agreed
from scenes import START_US, UNGUARDED, Scene, author, details
from wideberth.decisions.decide import decide
from wideberth.decisions.outcome import Accepted, Context
from wideberth.decisions.readbacktests import grade
from wideberth.delivery.phrases import PHRASES
from wideberth.model.commands import AcknowledgeNotice, Command, EnrolKey, Request
from wideberth.model.entries import decode_entry, encode_entry
from wideberth.model.envelope import sign_possession
from wideberth.model.ids import KeyId, PartyId
from wideberth.model.ladders import Post
from wideberth.model.notices import Notice, Verb
from wideberth.model.parties import SYSTEM, Author, How, Role
from wideberth.model.provisions import Languages, ReadBackTest
from wideberth.model.readbacktests import (
    LANGUAGES,
    MOST_TRIES,
    TEST_VERSION,
    AnswerReadBackTest,
    BeginReadBackTest,
    ReadBackAnswer,
    ReadBackTestBegun,
    ReadBackTestJudged,
    facts_of,
)
from wideberth.model.receipts import difference_digest
from wideberth.model.settings import DEFAULT_RULES, Rules
from wideberth.model.stop_reads import AcknowledgeStop
from wideberth.model.stops import Form, Identified, Stop, TellStop
from wideberth.picture.fold import fold
from wideberth.service import entries_of
from wideberth.space.time import DAY_US, MINUTE_US, format_rfc3339

ASKED = msgspec.structs.replace(
    DEFAULT_RULES, version="tested", assess_sharing=False, read_back_test_us=365 * DAY_US
)


def right(seed: str, language: str, **wrong: str) -> ReadBackAnswer:
    """What somebody types who read the item; but for what is wrong."""
    facts = facts_of(seed, language)
    given_ = {
        "language": language,
        "identification": facts.identification,
        "place": f"{facts.latitude_nd / 1e9:.6f}, {facts.longitude_nd / 1e9:.6f}",
        "begins": format_rfc3339(facts.start_us),
        "ends": format_rfc3339(facts.end_us),
        "lowest_m": f"{facts.lower_m} m",
        "highest_m": str(facts.upper_m),
        "permission": "no",
        "clear": "no",
        **wrong,
    }
    return ReadBackAnswer(**given_)  # type: ignore[arg-type]


def begun(world: Scene, party: str = "south") -> ReadBackTestBegun:
    (body,) = world.accept(BeginReadBackTest(), signer(party))
    assert isinstance(body, ReadBackTestBegun)
    return body


def take(world: Scene, party: str = "south", **wrong: str) -> ReadBackTestJudged:
    test = begun(world, party)
    answers = tuple(right(test.seed, each, **wrong) for each in test.languages)
    (body,) = world.accept(AnswerReadBackTest(answers), signer(party))
    assert isinstance(body, ReadBackTestJudged)
    return body


def notice(world: Scene, to: str = "south") -> Notice:
    world.tell(to, details())
    world.tell("north", details())
    return world.open_notices(to)[-1]


def answer(told: Notice, verb: Verb, **more: object) -> AcknowledgeNotice:
    return AcknowledgeNotice(told.id, verb, difference=difference_digest(told), **more)  # type: ignore[arg-type]


class Signing(Scene):
    """Parties with a key each, by which they sign in a chain."""

    def __init__(self, *parties: str, rules: Rules) -> None:
        super().__init__(*parties, rules=rules)
        for party in parties:
            self.enrol(party)

    def enrol(self, party: str) -> None:
        secret = SigningKey(party.encode().ljust(32, b"."))
        kid = f"{party}/desk"
        proof = sign_possession(secret, origin=self.picture.space.origin, kid=kid)
        public = b64(bytes(secret.verify_key))
        roles = (Role.WATCH, Role.ACKNOWLEDGE, Role.TELL)
        self.accept(EnrolKey(PartyId(party), KeyId("desk"), public, roles, b64(proof)))

    def try_(self, command: Command, by: Author = SYSTEM, **_: Any) -> Any:
        if by.how is not How.SIGNED:
            return super().try_(command, by)
        key = self.picture.keys[by.party, KeyId(by.subject)]
        request = Request(
            by,
            command,
            said="said",
            seq=key.last_seq + 1,
            previous=key.last_digest,
            digest=f"{key.last_seq:064}",
        )
        decision = decide(self.picture, request, Context(self.now_us, self.new_id))
        if not isinstance(decision, Accepted):
            return decision
        for entry in entries_of(request, decision.bodies, self.now_us):
            again = decode_entry(encode_entry(entry), position=self.picture.size)
            assert again == entry
            fold(self.picture, again)
            self.entries.append(again)
        return decision.bodies


def b64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def signer(party: str) -> Author:
    roles = (Role.WATCH, Role.ACKNOWLEDGE, Role.TELL)
    return Author(PartyId(party), How.SIGNED, "desk", roles)


def a_scene() -> Signing:
    return Signing("north", "south", rules=ASKED)


@pytest.mark.requirement("X-05")
def test_a_key_acknowledges_only_after_its_holder_passed_and_until_that_expires() -> None:
    rules = msgspec.structs.replace(ASKED, read_back_test_us=30 * MINUTE_US)
    world = Signing("north", "south", rules=rules)
    told = notice(world)
    refusal = world.refuse(answer(told, Verb.RECEIVED), signer("south"))
    assert refusal.rule == "read-back-test-needed"
    assert "drill test" in refusal.advice
    assert take(world).passed
    world.accept(answer(told, Verb.RECEIVED), signer("south"))
    world.pass_time(29)
    world.accept(answer(told, Verb.PASSED_DOWN, unit="u1"), signer("south"))
    world.pass_time(1)
    again = world.refuse(answer(told, Verb.PASSED_DOWN, unit="u2"), signer("south"))
    assert again.rule == "read-back-test-needed"
    assert world.picture.digest() == world.replayed().digest()


@pytest.mark.requirement("X-05")
def test_in_both_agreed_languages_and_asked_for_by_an_agreement() -> None:
    world = Signing("north", "south", "west", rules=UNGUARDED)
    agreed(world, Languages(id="tongues", tags=("ar", "en-GB", "ru")), ReadBackTest(id="test"))
    told = notice(world)
    assert world.refuse(answer(told, Verb.RECEIVED), signer("south")).rule.startswith("read-back")
    test = begun(world)
    assert (test.languages, test.untested, test.test) == (("ar", "en"), ("ru",), TEST_VERSION)
    one = AnswerReadBackTest((right(test.seed, "en"),))
    assert world.refuse(one, signer("south")).rule == "read-back-languages"
    both = AnswerReadBackTest((right(test.seed, "en"), right(test.seed, "ar")))
    (judged,) = world.accept(both, signer("south"))
    assert isinstance(judged, ReadBackTestJudged)
    assert judged.passed
    world.accept(answer(told, Verb.RECEIVED), signer("south"))
    stranger = world.picture.parties[PartyId("west")]
    assert stranger.id not in world.picture.agreed.tests, "who did not agree is not asked"


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("identification", "0000"),
        ("place", "47.0, 7.5"),
        ("place", "somewhere"),
        ("begins", "tomorrow"),
        ("ends", "2020-01-01T00:00:00Z"),
        ("lowest_m", "1"),
        ("highest_m", "high"),
        ("permission", "yes"),
        ("clear", "yes"),
    ],
)
@pytest.mark.requirement("X-05")
def test_one_wrong_answer_is_not_passed_and_is_named(field: str, typed: str) -> None:
    world = a_scene()
    judged = take(world, **{field: typed})
    assert (judged.passed, judged.wrong) == (False, (f"en/{field}",))
    told = notice(world)
    assert world.refuse(answer(told, Verb.RECEIVED), signer("south")).rule.startswith("read-back")


@given(st.text(max_size=20), st.sampled_from(LANGUAGES))
def test_who_types_what_is_shown_passes_whatever_was_drawn(seed: str, language: str) -> None:
    facts = facts_of(seed, language)
    assert grade(seed, right(seed, language)) == ()
    assert -90 * 10**9 <= facts.latitude_nd <= 90 * 10**9
    assert facts.start_us < facts.end_us
    assert facts.lower_m < facts.upper_m


@pytest.mark.requirement("X-05")
def test_a_stop_and_an_objection_never_wait_for_a_test() -> None:
    world = a_scene()
    told = notice(world)
    world.accept(answer(told, Verb.CANNOT_COMPLY, reason="no"), signer("south"))
    world.accept(answer(told, Verb.DISPUTED, reason="no"), signer("south"))
    stop = Stop("s1", Form.STOP, PartyId("north"), Identified.SIGNED, START_US, "stop")
    world.accept(TellStop(stop))
    outcome = world.try_(AcknowledgeStop("s1", Post.DUTY), signer("south"))
    assert getattr(outcome, "rule", "") != "read-back-test-needed"


def test_a_token_without_a_key_says_received_as_before_and_no_more() -> None:
    world = a_scene()
    told = notice(world)
    world.accept(answer(told, Verb.RECEIVED), author("south"))


def test_nobody_passes_by_trying_and_an_old_test_is_over() -> None:
    world = a_scene()
    for _ in range(MOST_TRIES):
        begun(world)
    assert world.refuse(BeginReadBackTest(), signer("south")).rule == "read-back-tries"
    world.pass_time(31)
    over = AnswerReadBackTest((right("x", "en"),))
    assert world.refuse(over, signer("south")).rule == "no-read-back-test"
    world.pass_time(24 * 60)
    assert take(world).passed
    assert world.refuse(over, signer("south")).rule == "no-read-back-test", "answered once"
    assert world.refuse(BeginReadBackTest(), author("south")).rule == "signature-required"


def test_the_entries_name_a_key_and_no_person_and_no_answer() -> None:
    world = a_scene()
    judged = take(world)
    assert set(judged.__struct_fields__) == {
        "party",
        "key_id",
        "test",
        "languages",
        "passed",
        "wrong",
    }


def test_the_test_has_items_in_each_language_that_messages_are_written_in() -> None:
    assert set(LANGUAGES) == set(PHRASES)
