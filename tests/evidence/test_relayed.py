"""What an auditor, and the verifier that stands alone, take of an answer that was relayed."""

from __future__ import annotations

import json

import pytest

from wideberth import audit
from wideberth.errors import InvalidValue
from wideberth.evidence.alone import statements, words
from wideberth.evidence.alone.container import Fault
from wideberth.model.channels import RELAYED_VERBS, AnswerChannel, Identification, VoiceCall
from wideberth.model.entries import Entry, NoticeAcknowledged, encode_entry
from wideberth.model.ids import NoticeId, PartyId
from wideberth.model.notices import Acknowledgement, Verb
from wideberth.model.parties import Author, How


def relayed(verb: Verb) -> Entry:
    author = Author(PartyId("bravo"), How.RELAYED, "voice")
    answer = Acknowledgement(
        NoticeId("n1"),
        verb,
        author,
        7,
        channel=AnswerChannel.VOICE,
        identified=Identification.CALLED_BACK,
        call=VoiceCall(1, 2, PartyId("alpha"), "night-desk", "fr", interpreter=True),
    )
    return Entry(1, 7, author, NoticeAcknowledged(answer, PartyId("bravo"), None, ()))


@pytest.mark.parametrize("verb", Verb)
def test_beyond_what_may_be_relayed_both_find_a_fault(verb: Verb) -> None:
    entry = relayed(verb)
    envelope = encode_entry(entry)
    keys = statements._Keys()
    if verb.value in RELAYED_VERBS:
        audit._check_unsigned(entry)
        statements._understood(1, envelope, b"", keys)
        return
    with pytest.raises(InvalidValue):
        audit._check_unsigned(entry)
    with pytest.raises(Fault):
        statements._understood(1, envelope, b"", keys)


@pytest.mark.requirement("R-07")
def test_the_page_says_how_the_answer_came_and_who_typed_it() -> None:
    body = json.loads(encode_entry(relayed(Verb.RECEIVED)))["body"]
    _, rows = words._acknowledged(body)
    shown = dict(rows)
    assert shown["Came by"] == "voice; its giver is known by: called-back"
    assert "fr, with an interpreter, typed by alpha (night-desk)" in shown["Telephone call"]
