"""Mail against a real SMTP server, and what the text of a message says."""

from __future__ import annotations

import ssl
from email import message_from_bytes
from email.policy import default

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import certificates
from delivery_servers import a_mail_server
from wideberth.delivery.lanes import Outcome
from wideberth.delivery.mail import MailServer, check_address, send_mail
from wideberth.delivery.messages import MOST_SHORT, WayToAnswer, notice_message, stop_message
from wideberth.delivery.phrases import PHRASES
from wideberth.errors import InvalidValue
from wideberth.model.conformance import ConformanceTold, FlightsSummed
from wideberth.model.ids import NoticeId, PartyId
from wideberth.model.notices import (
    NEITHER_PERMISSION_NOR_GUARANTEE,
    Notice,
    ObjectRef,
    ObjectType,
    Particulars,
    Urgency,
)
from wideberth.model.stops import Form, Identified, Stop
from wideberth.space.coordinates import CoordinateFormat
from wideberth.space.timetext import TimeFormat

NOTICE = Notice(
    NoticeId("n1"),
    7,
    PartyId("bravo"),
    PartyId("alpha"),
    Urgency.IMMEDIATE,
    1_790_000_000_000_000,
    ObjectRef(ObjectType.INTENT, "i1", 3),
    particulars=Particulars(
        47_000_000_000, 7_500_000_000, 1_790_000_030_000_000, 1_790_003_630_000_000, 0, 120_000
    ),
)
ANSWER = WayToAnswer("7K3M-Q9XT-4F", "https://desk.example/api/v1/answers/abc", "alpha watch")


def message(notice: Notice = NOTICE, **more):
    given_ = {
        "exercise": False,
        "places": CoordinateFormat.MGRS,
        "times": TimeFormat.DTG,
        **more,
    }
    return notice_message(notice, ANSWER, **given_)


@pytest.mark.requirement("D-02")
def test_a_message_says_what_is_to_be_done_and_what_it_is_not() -> None:
    made = message()
    for words in (
        "n1",
        "version 3",
        "32T",
        "47.000000, 7.500000",
        ANSWER.code,
        "https://desk.example/api/v1/answers/abc",
        "alpha watch",
        "READ-BACK",
        "0 m to 120 m",
        NEITHER_PERMISSION_NOR_GUARANTEE,
    ):
        assert words in made.full
    assert made.code in made.short
    assert (made.id, made.version) == ("n1", 3)


@pytest.mark.parametrize("language", PHRASES)
def test_a_message_of_own_flights_says_what_they_did_not_keep_to(language: str) -> None:
    summed = FlightsSummed(
        1_790_000_000_000_000, 1_790_604_800_000_000, 12, 35_000_000_000, 5_000_000_000, 0, 300,
        12_000_000, ("inside", "per-hour"), 950_000, 10_000_000, 18_000, 36_000_000_000,
    )  # fmt: skip
    own = msgspec.structs.replace(
        NOTICE, sender=None, subject=None, particulars=None, urgency=Urgency.ROUTINE,
        conformance=ConformanceTold(summed, late=True),
    )  # fmt: skip
    made, say = message(own, language=language), PHRASES[language]
    for words in (
        say["own-flights"],
        f"{say['flights-inside']}: 87.50% (>= 95%)",
        f"{say['flights-per-hour']}: 27.0 (<= 18)",
        say["flights-late"],
        NEITHER_PERMISSION_NOR_GUARANTEE,
    ):
        assert words in made.full
    assert say["flights-longest"] not in made.full


def test_an_exercise_says_so_before_anything_else() -> None:
    made = message(exercise=True)
    assert all(text.startswith("EXERCISE") for text in (made.full, made.short, made.subject))
    stop = Stop("stop-1", Form.STOP, PartyId("alpha"), Identified.SIGNED, 1, "words")
    told = stop_message(stop, recipient="bravo", exercise=True, places=CoordinateFormat.DEGREES)
    assert all(text.startswith("EXERCISE STOP") for text in (told.full, told.short, told.subject))


@given(st.sampled_from(CoordinateFormat), st.integers(-90, 90), st.integers(-180, 180))
def test_a_short_text_is_short_wherever_it_is(places, latitude, longitude) -> None:
    told = msgspec.structs.replace(
        NOTICE.particulars, latitude_nd=latitude * 10**9, longitude_nd=longitude * 10**9
    )
    made = notice_message(
        msgspec.structs.replace(NOTICE, particulars=told),
        ANSWER,
        exercise=True,
        places=places,
        times=TimeFormat.RFC3339,
    )
    assert len(made.short) <= MOST_SHORT
    assert made.short.endswith(f"{ANSWER.code} EXERCISE")


def test_figures_of_ones_own_are_not_mistaken_for_the_others() -> None:
    own = msgspec.structs.replace(NOTICE, sender=NOTICE.recipient, late=True)
    said = message(own).full
    assert "This is your own: place, times and heights are those that you told." in said
    assert "You told it later than agreed." in said
    assert "your own" not in message().full


async def test_a_mail_arrives_and_is_the_same_when_it_is_sent_again() -> None:
    with a_mail_server() as (box, port):
        server = MailServer(
            "127.0.0.1", port, "node@space.example", "none", reply_to="answers@space.example"
        )
        for _ in range(2):
            tried = await send_mail(message(), "desk@bravo.example", server, now_us=10**15)
            assert tried.outcome is Outcome.TAKEN
    first, second = (message_from_bytes(each, policy=default) for each in box.mails)
    assert first["Message-ID"] == second["Message-ID"]
    assert first["Wideberth-Id"] == "n1"
    assert first["Reply-To"] == f"answers+{ANSWER.code}@space.example"
    assert first["Auto-Submitted"] == "auto-generated"
    assert NEITHER_PERMISSION_NOR_GUARANTEE in first.get_content().replace("\n", " ")


@pytest.mark.parametrize(
    ("rcpt", "data", "outcome", "why"),
    [
        ("550 no such desk", "250 OK", Outcome.REFUSED, "smtp-550"),
        ("451 later", "250 OK", Outcome.FAILED, "smtp-451"),
        ("250 OK", "554 not taken", Outcome.REFUSED, "smtp-554"),
        ("250 OK", "452 full", Outcome.FAILED, "smtp-452"),
    ],
)
async def test_what_a_mail_server_says_is_told_apart(rcpt, data, outcome, why) -> None:
    with a_mail_server() as (box, port):
        box.rcpt, box.data = [rcpt], [data]
        server = MailServer("127.0.0.1", port, "node@space.example", "none")
        tried = await send_mail(message(), "desk@bravo.example", server, now_us=10**15)
    assert (tried.outcome, tried.why) == (outcome, why)


async def test_without_tls_nothing_goes_where_tls_is_asked_for() -> None:
    with a_mail_server() as (box, port):
        server = MailServer("127.0.0.1", port, "node@space.example", "starttls")
        tried = await send_mail(message(), "desk@bravo.example", server, now_us=10**15)
    assert (tried.outcome, box.mails) == (Outcome.FAILED, [])


async def test_a_server_that_is_not_there_is_tried_later() -> None:
    server = MailServer("127.0.0.1", 9, "node@space.example", "none", within_s=2)
    tried = await send_mail(message(), "desk@bravo.example", server, now_us=10**15)
    assert tried.outcome is Outcome.FAILED


@pytest.mark.parametrize(
    "address", ["", "desk", "a b@c.example", "a@b.example\nBcc: x@y.example", "<a@b.example>"]
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(InvalidValue):
        check_address(address)


@pytest.mark.parametrize("tls", ["starttls", "tls"])
async def test_a_mail_goes_over_tls_to_a_server_whose_certificate_counts(tmp_path, tls) -> None:
    made = certificates.make(tmp_path, "mail", "mail")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*made.pair)
    more = {"ssl_context": context} if tls == "tls" else {"tls_context": context}
    with a_mail_server(**more) as (box, port):
        server = MailServer("127.0.0.1", port, "node@space.example", tls, within_s=5)
        strange = await send_mail(message(), "desk@bravo.example", server, now_us=10**15)
        assert (strange.outcome, strange.why) == (Outcome.FAILED, "SSLCertVerificationError")
        known = msgspec.structs.replace(server, ca_file=str(made.pem))
        tried = await send_mail(message(), "desk@bravo.example", known, now_us=10**15)
        assert (tried.outcome, len(box.mails)) == (Outcome.TAKEN, 1)
