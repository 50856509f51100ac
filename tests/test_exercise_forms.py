"""Each form in which something of an exercise leaves says so, and none of a real space does (X-03).

The forms are found in the code: every function that makes what goes out, every answer over HTTP,
every command. One that is not known here makes a test fail, and so does one without the mark.
"""

from __future__ import annotations

import importlib
import inspect
import io
import json
import pkgutil
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from nacl.signing import SigningKey

import wideberth
from api_world import a_world
from delivery_servers import a_receiver
from evidence_world import START_US, entry
from test_beside import written
from wideberth.delivery.called import call_message
from wideberth.delivery.drilled import drill_message
from wideberth.delivery.incidents import Waiting, waiting_message
from wideberth.delivery.mail import MailServer, mail_of
from wideberth.delivery.messages import (
    MOST_SHORT,
    Message,
    WayToAnswer,
    in_each,
    notice_message,
    stop_message,
)
from wideberth.delivery.phrases import PHRASES
from wideberth.delivery.warned import Change, Lengths, SideTold, warning_message
from wideberth.delivery.webhook import Webhooks
from wideberth.evidence.alone import program
from wideberth.evidence.bundle import Selection, make_bundle
from wideberth.evidence.material import from_record
from wideberth.faces.api import public_page, reply_page
from wideberth.faces.api.routes import ROUTES
from wideberth.faces.cli.app import COMMANDS, _command
from wideberth.model.drills import Drill as DrillMessage
from wideberth.model.drills import DrillSent
from wideberth.model.entries import Body, PartyRegistered, SpaceOpened, encode_entry
from wideberth.model.exercises import EXERCISE_HEADER, EXERCISE_WORD
from wideberth.model.ids import DrillId, IncidentId, NoticeId, PartyId, QuestionId, WarningId
from wideberth.model.ladders import NeutralCalled
from wideberth.model.notices import Notice, ObjectRef, ObjectType, Particulars, Urgency
from wideberth.model.parties import Party
from wideberth.model.settings import DEFAULT_RULES
from wideberth.model.stops import Form, Identified, Stop
from wideberth.model.warnings import StandingWarning, WarningKind
from wideberth.record.keys import OriginKey
from wideberth.record.memory import MemoryRecord
from wideberth.space.coordinates import CoordinateFormat
from wideberth.space.timetext import TimeFormat
from wideberth.wire import cap, cotsaid, notam, publicfeed, publicmap
from wideberth.wire.cot import CotEvent
from wideberth.wire.cotxml import encode_xml
from wire import test_cot_said as tak
from wire.test_public import publication, withdrawal

REAL = "[space]\n"
DRILL = "[space]\nexercise = true\n"
ALPHA, BRAVO = PartyId("alpha"), PartyId("bravo")
NOTICE = Notice(
    NoticeId("n1"),
    7,
    BRAVO,
    ALPHA,
    Urgency.IMMEDIATE,
    START_US,
    ObjectRef(ObjectType.INTENT, "i1", 3),
    particulars=Particulars(
        47_000_000_000, 7_500_000_000, START_US, START_US + 3_600_000_000, 0, 120_000
    ),
)
WARNING = StandingWarning(
    WarningId("w1"), WarningKind.INCURSION, "r1", (), (ALPHA,), START_US, START_US
)
CALLED = NeutralCalled(PartyId("charlie"), NoticeId("n1"), BRAVO, Urgency.PROMPT, START_US)
DRILL_SENT = DrillMessage(DrillSent(DrillId("d1"), BRAVO, "AB1234", START_US), START_US)
STOP = Stop("stop-1", Form.STOP, ALPHA, Identified.SIGNED, START_US, "words " * 60)


# What goes out as a message: each of its texts, in each language, begins and ends with the word.


def a_notice(language: str, *, exercise: bool) -> Message:
    return notice_message(
        NOTICE,
        WayToAnswer("7K3M-Q9XT-4F00", "https://desk.example/a", "desk"),
        exercise=exercise,
        places=CoordinateFormat.DEGREES,
        times=TimeFormat.RFC3339,
        language=language,
    )


def a_stop(language: str, *, exercise: bool) -> Message:
    places = CoordinateFormat.DEGREES
    return stop_message(
        STOP, recipient="bravo", exercise=exercise, places=places, language=language
    )


def a_call(language: str, *, exercise: bool) -> Message:
    return call_message(CALLED, exercise=exercise, times=TimeFormat.RFC3339, language=language)


def a_warning(language: str, *, exercise: bool) -> Message:
    return warning_message(
        WARNING,
        change=Change.RAISED,
        recipient="alpha",
        sides=(SideTold("track", None, ("fast", "grey")),),
        lengths=Lengths(1, 2, 3, 4),
        exercise=exercise,
        times=TimeFormat.RFC3339,
        language=language,
    )


def in_all_languages(_language: str, *, exercise: bool) -> Message:
    return in_each(("fr", "en", "ar"), ("ru",), partial(a_notice, exercise=exercise))


def a_drill(language: str, *, exercise: bool) -> Message:
    answer = WayToAnswer("7K3M-Q9XT-4F00", "https://desk.example/a", None)
    return drill_message(
        DRILL_SENT.sent, answer, exercise=exercise, times=TimeFormat.RFC3339, language=language
    )


def a_question(language: str, *, exercise: bool) -> Message:
    waiting = Waiting(
        *("i/q/1", "question", IncidentId("i"), "A title", PartyId("bravo"), PartyId("alpha"), 0),
        question=QuestionId("q"),
        due_us=START_US,
    )
    return waiting_message(waiting, exercise=exercise, times=TimeFormat.RFC3339, language=language)


MESSAGES: dict[str, Callable[..., Message]] = {
    "delivery.messages.notice_message": a_notice,
    "delivery.messages.stop_message": a_stop,
    "delivery.called.call_message": a_call,
    "delivery.drilled.drill_message": a_drill,
    "delivery.incidents.waiting_message": a_question,
    "delivery.warned.warning_message": a_warning,
    "delivery.messages.in_each": in_all_languages,
}
"""By the function that makes it: how it is made here."""


def on_tak(said: Callable[..., Any]) -> Callable[[bool], bytes]:
    """What TAK clients are sent, as they read it; of several events, of each."""

    def made(of: bool) -> bytes:
        found = said(exercise=of)
        events: list[CotEvent] = (
            [found]
            if isinstance(found, CotEvent)
            else list(found.values() if isinstance(found, dict) else found)
        )
        assert all((EXERCISE_WORD.encode() in encode_xml(each)) is of for each in events)
        return b"".join(map(encode_xml, events))

    return made


TRACK = cotsaid.TrackSaid(
    feed_party="alpha",
    track="t",
    time_us=tak.NOW_US,
    latitude_deg=47.0,
    longitude_deg=8.0,
    uncertainty_m=9.0,
)
ALERT = cotsaid.WarningSaid(
    id="w", kind="conflict", level=1, raised_us=0, updated_us=0, place=None, words=("x",)
)

DOCUMENTS: dict[str, Callable[[bool], str | bytes]] = {
    "wire.cotsaid.intent_events": on_tak(
        partial(cotsaid.intent_events, tak.intent(), now_us=tak.NOW_US)
    ),
    "wire.cotsaid.zone_events": on_tak(partial(cotsaid.zone_events, tak.zone(), now_us=tak.NOW_US)),
    "wire.cotsaid.track_event": on_tak(partial(cotsaid.track_event, TRACK, now_us=tak.NOW_US)),
    "wire.cotsaid.warning_event": on_tak(partial(cotsaid.warning_event, ALERT, now_us=tak.NOW_US)),
    "wire.cotsaid.stop_events": on_tak(partial(cotsaid.stop_events, STOP)),
    "wire.cotsaid.chat": on_tak(partial(cotsaid.chat, "u", "words", now_us=tak.NOW_US)),
    "wire.cap.alert": lambda of: cap.alert(publication(), exercise=of),
    "wire.cap.cancel": lambda of: cap.cancel(withdrawal(), exercise=of),
    "wire.notam.notam": lambda of: notam.notam(publication(), exercise=of),
    "wire.notam.notam_cancel": lambda of: notam.notam_cancel(withdrawal(), exercise=of),
    "wire.publicfeed.feed": lambda of: publicfeed.feed(
        [publication()], [withdrawal()], origin="o", exercise=of
    ),
    "wire.publicmap.collection": lambda of: json.dumps(
        publicmap.collection([publication()], exercise=of)
    ),
    "faces.api.public_page.page": lambda of: public_page.page(
        [publication()], [withdrawal()], exercise=of
    ),
    "faces.api.reply_page.page": lambda of: (
        reply_page.page(NOTICE, exercise=of, now_us=START_US).body
    ),
    "faces.api.reply_page.thanks": lambda of: (
        reply_page.thanks(NOTICE, "RECEIVED", exercise=of).body
    ),
    "faces.api.reply_page.drill_page": lambda of: (
        reply_page.drill_page(DRILL_SENT, exercise=of, now_us=START_US).body
    ),
    "faces.api.reply_page.drill_thanks": lambda of: (
        reply_page.drill_thanks(DRILL_SENT, "RECEIVED", exercise=of).body
    ),
}
"""By the function that makes it: what is published, shown or drawn."""


def makers() -> Iterator[str]:
    """Every function of the code that makes an outward form: told whether it is an exercise, or
    making a message. What is private is a part of one of these.
    """
    for found in pkgutil.walk_packages(wideberth.__path__, "wideberth."):
        package = found.name.removeprefix("wideberth.")
        if not package.startswith(("delivery.", "wire.", "faces.api.")):
            continue
        module = importlib.import_module(found.name)
        for name, each in vars(module).items():
            if name.startswith("_") or getattr(each, "__module__", "") != found.name:
                continue
            if inspect.isfunction(each):
                signature = inspect.signature(each)
                makes = signature.return_annotation == "Message"
                if makes or ("exercise" in signature.parameters and name not in PARTS):
                    yield f"{package}.{name}"


PARTS = frozenset({"ending"})
"""Public functions that make a part of a form, and no form."""


def test_every_form_that_the_code_makes_is_looked_at_here() -> None:
    assert set(makers()) == set(MESSAGES) | set(DOCUMENTS)


def unmarked(made: Message, word: str) -> list[str]:
    """Texts of the message that do not begin and end with the word."""
    texts = {"subject": made.subject, "short": made.short, "full": made.full.strip()}
    return [
        name
        for name, text in texts.items()
        if not text.startswith(word) or (name != "subject" and not text.endswith(word))
    ]


@pytest.mark.requirement("X-03")
@pytest.mark.parametrize("language", PHRASES)
@pytest.mark.parametrize("make", MESSAGES.values(), ids=MESSAGES)
def test_a_message_begins_and_ends_with_the_word_in_its_language(
    make: Callable[..., Message], language: str
) -> None:
    made = make(language, exercise=True)
    shown = "fr" if make is in_all_languages else language
    word = PHRASES[shown]["exercise"]
    if make is in_all_languages:
        assert made.full.startswith(word)
        parts = made.full.split("-" * 40)
        words = [PHRASES[each]["exercise"] for each in ("fr", "en", "ar", "fr")]
        for part, own in zip(parts, words, strict=True):
            assert part.strip().startswith(own)
            assert part.strip().endswith(own)
    else:
        assert unmarked(made, word) == []
    assert made.exercise
    assert len(made.short) <= MOST_SHORT
    real = make(language, exercise=False)
    assert not real.exercise
    for text in (real.subject, real.short, real.full):
        assert PHRASES[language]["exercise"] not in text


@pytest.mark.requirement("X-03")
@pytest.mark.parametrize("make", DOCUMENTS.values(), ids=DOCUMENTS)
def test_what_is_published_shown_or_drawn_has_the_mark(
    make: Callable[[bool], str | bytes],
) -> None:
    def text(of: bool) -> str:
        made = make(of)
        return made if isinstance(made, str) else made.decode()

    assert EXERCISE_WORD in text(True)
    assert EXERCISE_WORD not in text(False)


@pytest.mark.parametrize(
    "name",
    ["faces.api.public_page.page", "faces.api.reply_page.page", "faces.api.reply_page.drill_page"],
)
def test_a_page_keeps_its_band_in_sight_and_prints_it_on_each_sheet(name: str) -> None:
    made = DOCUMENTS[name](True)
    assert isinstance(made, bytes)
    page = made.decode()
    assert "<title>EXERCISE: " in page
    assert '<div class="ex" role="note">EXERCISE' in page
    assert ".ex{position:fixed;" in page
    assert "@media print" in page
    assert "@page{" in page


def test_cap_says_exercise_in_its_status_and_in_what_is_read_out() -> None:
    made = cap.alert(publication(), exercise=True).decode()
    assert "<status>Exercise</status>" in made
    assert "<headline>EXERCISE. " in made
    assert " EXERCISE.</description>" in made


def test_a_form_without_the_mark_is_found() -> None:
    """Planted: a message whose short text lost its last word, and one whose subject is bare."""
    made = a_notice("en", exercise=True)
    cut = msgspec.structs.replace(made, short=made.short.removesuffix(" EXERCISE"))
    bare = msgspec.structs.replace(made, subject=made.subject.removeprefix("EXERCISE "))
    assert unmarked(cut, "EXERCISE") == ["short"]
    assert unmarked(bare, "EXERCISE") == ["subject"]


def test_a_form_that_is_not_known_here_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted: a new function that makes a message, and says nothing of exercises."""
    module = importlib.import_module("wideberth.delivery.called")

    def new_message(text: str) -> Message:
        return Message("m", 0, Urgency.ROUTINE, text, text, text)

    new_message.__module__ = module.__name__
    monkeypatch.setattr(module, "new_message", new_message, raising=False)
    assert set(makers()) - set(MESSAGES) - set(DOCUMENTS) == {"delivery.called.new_message"}


# On the wire.


def test_a_mail_says_so_in_its_subject_its_body_and_a_header() -> None:
    server = MailServer("127.0.0.1", 25, "node@space.example", "none")
    for exercise in (True, False):
        sent = mail_of(a_notice("en", exercise=exercise), "desk@b.example", server, now_us=START_US)
        assert str(sent["Subject"]).startswith(EXERCISE_WORD) is exercise
        assert sent["Wideberth-Exercise"] == (EXERCISE_WORD if exercise else None)
        assert all(
            (EXERCISE_WORD in str(part.get_content())) is exercise
            for part in sent.walk()
            if not part.is_multipart()
        )


async def test_a_webhook_says_so_in_a_header_beside_its_body() -> None:
    async with a_receiver() as receiver:
        hooks = Webhooks(SigningKey.generate(), "k", private=True)
        for exercise in (True, False):
            body = msgspec.json.encode({"exercise": exercise, "items": []})
            await hooks.post(receiver.url, body, delivery="d", exercise=exercise)
        await hooks.close()
    first, second = (headers for headers, _ in receiver.came)
    assert first[EXERCISE_HEADER] == EXERCISE_WORD
    assert EXERCISE_HEADER not in second


@pytest.mark.requirement("X-03")
@pytest.mark.parametrize("settings", [DRILL, REAL])
async def test_each_answer_over_http_says_so_in_a_header(tmp_path: Path, settings: str) -> None:
    """Each row of the table, with a credential and without, whatever is answered."""
    wanted = EXERCISE_WORD if settings is DRILL else None
    async with a_world(written(tmp_path, settings)) as world:
        for route in ROUTES:
            if route.kind == "stream":
                continue  # by the same way out; below
            path = route.full_path
            for name in route.names:
                path = path.replace(f"{{{name}}}", "x").replace(f"{{{name}...}}", "x")
            for party in ("alpha", None):
                async with world.http(party) as client:
                    answer = await client.request(route.method, path)
                assert answer.headers.get(EXERCISE_HEADER) == wanted, (route.path, party)
                kind = answer.headers.get("content-type", "")
                told = answer.text
                if answer.status_code == 200 and path.startswith("/public") and party is None:
                    has = EXERCISE_WORD in told or '"exercise":true' in told.replace(" ", "")
                    assert has is (wanted is not None), (route.path, kind)
        async with world.http() as client:
            for path in ("/api/v1/openapi.json", "/api/v1/none", "/api/v1/stream"):
                answer = await client.get(path)
                assert answer.headers.get(EXERCISE_HEADER) == wanted, path


# What leaves as a file.


def a_bundle(origin: str, *, exercise: bool) -> bytes:
    record = MemoryRecord(OriginKey(origin, bytes(range(32))), random_bytes=bytes)
    bodies: tuple[Body, ...] = (
        SpaceOpened(origin, "host", DEFAULT_RULES, exercise),
        PartyRegistered(Party(ALPHA, "Alpha", (), None)),
    )
    envelopes = [encode_entry(entry(at, body)) for at, body in enumerate(bodies)]
    record.append(envelopes, 0, time_us=START_US)
    material = from_record(record, record.checkpoint())
    return make_bundle(material, Selection(), made_for="alpha", may_show=lambda _: True)


@pytest.mark.requirement("X-03")
def test_evidence_says_so_on_its_page_and_where_it_is_verified(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for origin, exercise in (("exercise.test.example/e", True), ("test.example/e", False)):
        path = tmp_path / "bundle.zip"
        path.write_bytes(a_bundle(origin, exercise=exercise))
        with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as held:
            page = held.read("index.html").decode()
            head = held.read("checkpoint.txt").decode()
        assert ("<title>EXERCISE: " in page) is exercise
        assert ('<div class="ex">EXERCISE' in page) is exercise
        assert head.startswith("exercise.") is exercise
        assert program.main([str(path)]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert (lines[0].startswith(EXERCISE_WORD), lines[-1] == EXERCISE_WORD) == (
            exercise,
            exercise,
        )


def commands() -> Iterator[tuple[str, Any]]:
    for name in COMMANDS:
        command = _command(name)
        below: dict[str, Any] = getattr(command, "commands", {})
        if not below:
            yield name, command
        for each, inner in below.items():
            yield f"{name} {each}", inner


@pytest.mark.requirement("X-03")
def test_each_command_says_so_of_a_folder_that_it_is_given(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever the command does: what it is given is looked at before it runs."""
    from typer.testing import CliRunner

    from wideberth.faces.cli.app import app

    folders: dict[str, bool] = {}
    for kind, settings in (("drill", DRILL), ("real", REAL)):
        data = written(tmp_path / kind, settings) / "wideberth-data"
        done = CliRunner().invoke(app, ["party", "add", "alpha", "--folder", str(data)])
        assert done.exit_code == 0, done.output
        folders[str(data)] = kind == "drill"
    for name, command in commands():
        for folder, exercise in folders.items():
            command.callback = None
            command.invoke(SimpleNamespace(params={"folder": Path(folder), "more": 1}))
            assert (EXERCISE_WORD in capsys.readouterr().err) is exercise, name


async def test_an_exercise_from_before_names_said_so_is_opened_and_shown_as_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from wideberth import node
    from wideberth.decisions import parties
    from wideberth.faces.cli._host import say_exercise_of

    (tmp_path / "wideberth.toml").write_text('[space]\norigin = "old.example"\nexercise = true\n')
    for module in (node, parties):
        monkeypatch.setattr(module, "fits_kind", lambda *_, **__: True)
    async with node.Node.open(tmp_path) as opened:
        assert opened.is_exercise
    monkeypatch.undo()
    async with node.Node.open(tmp_path) as opened:
        assert (opened.origin, opened.is_exercise) == ("old.example", True)
    say_exercise_of(tmp_path)
    assert EXERCISE_WORD in capsys.readouterr().err
