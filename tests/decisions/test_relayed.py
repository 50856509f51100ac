"""Answers by mail, code, link or telephone: what they may say, and what they never do."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wideberth.decisions.notices import acknowledge
from wideberth.decisions.outcome import Accepted, Context
from wideberth.model.channels import (
    RELAYED_VERBS,
    AnswerChannel,
    ChannelState,
    Evidence,
    Identification,
    VoiceCall,
    state_of,
)
from wideberth.model.commands import AcknowledgeNotice
from wideberth.model.entries import NoticeAcknowledged
from wideberth.model.ids import NoticeId, PartyId, UnitToken
from wideberth.model.notices import Acknowledgement, Notice, Particulars, Urgency, Verb
from wideberth.model.parties import Author, How, Role
from wideberth.model.refusals import Refusal
from wideberth.picture.picture import Picture
from wideberth.picture.standing import OpenNotice

BRAVO = PartyId("bravo")
PLACE = Particulars(47_000_000_000, 7_500_000_000, 10, 20, 0, 120_000)
NOTICE = Notice(
    NoticeId("n1"), 1, BRAVO, None, Urgency.PROMPT, 5, particulars=PLACE, units=(UnitToken("u1"),)
)
RELAYED = Author(BRAVO, How.RELAYED, "mail", (Role.ACKNOWLEDGE,))
CALL = VoiceCall(50, 60, PartyId("alpha"), "duty", "en", interpreter=True)
EXTRA = {
    Verb.READ_BACK: {"read_back": PLACE},
    Verb.PASSED_DOWN: {"unit": UnitToken("u1")},
    Verb.LOADED: {"unit": UnitToken("u1"), "system": "plan"},
    Verb.CANNOT_COMPLY: {"reason": "no"},
    Verb.DISPUTED: {"reason": "no"},
}


def picture() -> Picture:
    made = Picture()
    made.notices[NOTICE.id] = OpenNotice(NOTICE)
    return made


def answer(verb: Verb, author: Author = RELAYED, **more: object) -> Accepted | Refusal:
    said = {"channel": AnswerChannel.MAIL, "identified": Identification.HELD_CODE, **more}
    command = AcknowledgeNotice(NOTICE.id, verb, **{**EXTRA.get(verb, {}), **said})
    return acknowledge(picture(), command, author, Context(100, lambda: "id"))


@pytest.mark.requirement("D-01")
@pytest.mark.requirement("D-03")
@given(st.sampled_from(Verb), st.sampled_from(AnswerChannel), st.sampled_from(Identification))
def test_a_relayed_answer_is_recorded_with_its_channel_and_closes_nothing(
    verb: Verb, channel: AnswerChannel, identified: Identification
) -> None:
    call = CALL if channel is AnswerChannel.VOICE else None
    done = answer(verb, channel=channel, identified=identified, call=call)
    if verb.value not in RELAYED_VERBS:
        assert isinstance(done, Refusal)
        assert done.rule == "signature-required"
        return
    assert isinstance(done, Accepted)
    (body,) = done.bodies
    assert isinstance(body, NoticeAcknowledged)
    assert (body.closes, body.acknowledgement.by) == ((), RELAYED)
    assert (body.acknowledgement.channel, body.acknowledgement.identified) == (channel, identified)


def test_loaded_for_all_units_is_not_relayed_either() -> None:
    done = answer(Verb.LOADED, unit=None, system=None, attested=True)
    assert isinstance(done, Refusal)
    assert done.rule == "signature-required"


@pytest.mark.parametrize("how", [How.SIGNED, How.ATTESTED, How.SYSTEM])
def test_only_a_relayed_answer_says_a_channel(how: How) -> None:
    author = Author(BRAVO, how, "desk", (Role.ACKNOWLEDGE,))
    done = answer(Verb.RECEIVED, author)
    assert isinstance(done, Refusal)
    assert done.rule == "relayed-how"


def test_a_relayed_answer_says_how_its_giver_is_known() -> None:
    for missing in ({"channel": None}, {"identified": None}, {"call": CALL}):
        done = answer(Verb.RECEIVED, **missing)
        assert isinstance(done, Refusal)
        assert done.rule == "relayed-how"


@pytest.mark.requirement("R-07")
@pytest.mark.parametrize(
    ("started", "ended", "rule"),
    [(50, 49, "call-order"), (50, 101, "call-future"), (-(10**12), 60, "call-length")],
)
def test_a_call_that_cannot_have_been_is_refused(started: int, ended: int, rule: str) -> None:
    call = msgspec.structs.replace(CALL, started_us=started, ended_us=ended)
    done = answer(Verb.RECEIVED, channel=AnswerChannel.VOICE, call=call)
    assert isinstance(done, Refusal)
    assert done.rule == rule


def test_an_answer_that_was_not_relayed_has_the_bytes_that_it_had_before() -> None:
    author = Author(BRAVO, How.SIGNED, "desk")
    plain = Acknowledgement(NOTICE.id, Verb.RECEIVED, author, 7)
    assert msgspec.json.encode(plain) == (
        b'{"notice":"n1","verb":"RECEIVED",'
        b'"by":{"party":"bravo","how":"signed","subject":"desk"},"time_us":7}'
    )


@pytest.mark.parametrize(
    ("evidence", "state"),
    [
        (Evidence(), ChannelState.UNKNOWN),
        (Evidence(last_success_us=1, last_try_us=1), ChannelState.UP),
        (Evidence(1, 2, failures=1), ChannelState.DEGRADED),
        (Evidence(None, 2, failures=3), ChannelState.DOWN),
        (Evidence(1, 2, failures=1, refused=True), ChannelState.REFUSED),
        (Evidence(1, 2, suspended=True), ChannelState.SUSPENDED),
    ],
)
def test_a_channel_always_has_a_state(evidence: Evidence, state: ChannelState) -> None:
    assert state_of(evidence) is state
