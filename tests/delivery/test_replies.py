"""What somebody writes back: read for certain, or not at all; an automaton says nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wideberth.delivery.codes import code_of
from wideberth.delivery.replies import Automatic, read_mail, read_words
from wideberth.errors import InvalidValue
from wideberth.model.ids import NoticeId, PartyId
from wideberth.model.notices import Particulars, Verb

CODE = code_of(b"s" * 32, "o", PartyId("bravo"), NoticeId("n1"))
OTHER = code_of(b"s" * 32, "o", PartyId("bravo"), NoticeId("n2"))


def mail(text: str, *fields: str, subject: str = f"Re: Notice 7 (prompt) [{CODE}]") -> bytes:
    head = ["From: Desk <desk@bravo.example>", "To: answers@a.example", f"Subject: {subject}"]
    return "\r\n".join([*head, *fields, "", text]).encode()


@pytest.mark.parametrize(
    ("text", "verb", "words"),
    [
        ("RECEIVED", Verb.RECEIVED, None),
        ("received.", Verb.RECEIVED, None),
        ("\n\n  Received  \n\nOn Monday the node wrote:\n> DISPUTED", Verb.RECEIVED, None),
        ("CANNOT-COMPLY: no crew\n> RECEIVED", Verb.CANNOT_COMPLY, "no crew"),
        ("Cannot comply, no crew", Verb.CANNOT_COMPLY, "no crew"),
        ("DISPUTED we are not there", Verb.DISPUTED, "we are not there"),
        ("STOP we are still there", None, "we are still there"),
    ],
)
def test_the_first_line_counts_and_quotes_do_not(text, verb, words) -> None:
    reply = read_mail(mail(text))
    assert (reply.code, reply.verb, reply.words or None) == (CODE, verb, words)


@pytest.mark.parametrize(
    "field",
    [
        "Auto-Submitted: auto-replied",
        "Auto-Submitted: auto-generated; owner=x",
        "Precedence: bulk",
        "X-Autoreply: yes",
        "X-Auto-Response-Suppress: All",
        "List-Id: <desks.bravo.example>",
        "Return-Path: <>",
        'Content-Type: multipart/report; report-type=disposition-notification; boundary="x"',
    ],
)
def test_an_automaton_acknowledges_nothing(field: str) -> None:
    with pytest.raises(Automatic):
        read_mail(mail("RECEIVED", field))


@pytest.mark.parametrize(
    "subject", ["Automatic reply: Notice", "Out of office", "Abwesenheitsnotiz", "Undeliverable: x"]
)
def test_an_absence_acknowledges_nothing(subject: str) -> None:
    with pytest.raises(Automatic):
        read_mail(mail("RECEIVED", subject=f"{subject} [{CODE}]"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "> RECEIVED",
        "I have received it",
        "RECEIVED but we do not agree",
        "OK",
        "DISPUTED",
        "NOT RECEIVED",
        "RECEIVEDX",
        "-----Original Message-----\nRECEIVED",
        "READ-BACK ok",
    ],
)
def test_what_is_not_certain_is_not_taken(text: str) -> None:
    with pytest.raises(InvalidValue):
        read_mail(mail(text))


def test_the_code_is_found_in_the_address_and_two_are_too_many() -> None:
    plain = mail("RECEIVED", f"Delivered-To: answers+{CODE}@a.example", subject="Re: Notice")
    assert read_mail(plain).code == CODE
    for more in ("RECEIVED", f"RECEIVED {OTHER}"):
        with pytest.raises(InvalidValue):
            read_mail(mail(more, f"Cc: x+{OTHER}@a.example"))
    with pytest.raises(InvalidValue):
        read_mail(mail("RECEIVED", subject="no code"))


def test_a_read_back_is_read_as_people_write_it() -> None:
    words = "READ-BACK 47.0 N 7.5 E; 2026-11-21T08:00Z; 2026-11-21T09:00:00Z; 0 m; 120.5"
    reply = read_words(words, CODE)
    assert reply.read_back == Particulars(
        47 * 10**9, 7_500_000_000, 1_795_248_000_000_000, 1_795_251_600_000_000, 0, 120_500
    )


@given(st.binary(max_size=400))
def test_no_bytes_break_the_reading(data: bytes) -> None:
    try:
        read_mail(b"Subject: [" + CODE.encode() + b"]\r\n" + data)
    except (Automatic, InvalidValue):
        return


@given(st.text(max_size=200))
def test_no_words_break_the_reading(text: str) -> None:
    try:
        read_words(text, CODE)
    except InvalidValue:
        return
