from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scenes import HOUR_US, START_US, Scene, author, details, named, signer, volume
from wideberth.decisions.decide import decide
from wideberth.decisions.outcome import Accepted, Context, Repeated
from wideberth.model.commands import OpenSubscription, RegisterParty, Request, SubmitIntent
from wideberth.model.entries import encode_entry
from wideberth.model.ids import IntentId, PartyId, SubscriptionId
from wideberth.model.intents import IntentKind, Source, Step
from wideberth.model.refusals import Refusal
from wideberth.picture.fold import REQUEST_LIFE_US, fold, fold_all
from wideberth.picture.picture import TABLES, Picture
from wideberth.service import entries_of


def busy_scene() -> Scene:
    """A scene with something in every table."""
    scene = Scene("north", "south", "agency", neutral="lake")
    scene.accept(
        OpenSubscription(SubscriptionId("s"), volume(radius_m=9000, until_min=600)), author("lake")
    )
    first = scene.tell("north")
    scene.tell("south", details(volume(47.003)))
    scene.amend(first, details(volume(upper_m=180)))
    presence = details(kind=IntentKind.PRESENCE, visibility=named("lake"), source=Source.GPS)
    scene.tell("agency", presence)
    hazard = scene.tell("south", details(kind=IntentKind.HAZARD))
    scene.load(scene.notices("north")[0])
    scene.step(hazard, Step.ACTIVATE)
    return scene


def test_replay_gives_the_same_picture() -> None:
    scene = busy_scene()
    assert scene.replayed().digest() == scene.picture.digest()


def test_requests_that_will_have_left_need_not_be_folded() -> None:
    scene = busy_scene()
    registration = RegisterParty(PartyId("early"), "Early")
    scene.try_(registration, key="early")
    scene.now_us += REQUEST_LIFE_US + 1
    scene.accept(RegisterParty(PartyId("late"), "Late"))
    quick = Picture()
    quick.requests_from_us = scene.picture.time_us - REQUEST_LIFE_US
    assert fold_all(quick, scene.entries).digest() == scene.picture.digest()
    assert not quick.requests
    plain = fold_all(Picture(), scene.entries[:-1])
    assert list(plain.requests)


def test_the_digest_does_not_depend_on_the_hash_seed(tmp_path: Path) -> None:
    scene = busy_scene()
    file = tmp_path / "entries"
    file.write_bytes(b"\n".join(encode_entry(entry) for entry in scene.entries))
    script = (
        "import sys; from wideberth.picture.fold import fold; "
        "from wideberth.picture.picture import Picture; "
        "from wideberth.model.entries import decode_entry\n"
        "picture = Picture()\n"
        "for i, line in enumerate(open(sys.argv[1], 'rb').read().split(b'\\n')):\n"
        "    fold(picture, decode_entry(line, position=i))\n"
        "print(picture.digest())"
    )
    for seed in ("0", "1", "4242"):
        run = subprocess.run(
            [sys.executable, "-c", script, str(file)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        assert run.stdout.strip() == scene.picture.digest()


def test_the_digest_sees_a_change_of_any_table() -> None:
    """A planted fault: forget one value of each table and the digest differs."""
    scene = busy_scene()
    whole = scene.picture.digest()
    tables = [name for name, value in vars(scene.picture).items() if isinstance(value, dict)]
    assert len(tables) >= 10
    for name in tables:
        picture = scene.replayed()
        table = getattr(picture, name)
        if not table:
            continue
        table.pop(next(iter(table)))
        assert picture.digest() != whole, name


@pytest.mark.parametrize("name", ["_last", "_before", "_streams", "_notices", "_subscribers"])
def test_the_digest_sees_a_change_of_the_history(name: str) -> None:
    """A planted fault: forget one thing of each part of the history and the digest differs."""
    scene = busy_scene()
    picture = scene.replayed()
    part = getattr(picture.history, name)
    if isinstance(part, dict):
        part.pop(next(iter(part)))
    else:
        part.pop()
    assert picture.digest() != scene.picture.digest()


@pytest.mark.parametrize("name", ["_streams", "_notices"])
def test_the_digest_sees_where_an_event_of_a_stream_stands(name: str) -> None:
    scene = busy_scene()
    picture = scene.replayed()
    positions = next(iter(getattr(picture.history, name).values()))
    positions[-1] += 1
    assert picture.digest() != scene.picture.digest()


def test_every_table_is_in_the_digest() -> None:
    picture = Picture()
    tables = {
        name
        for name, value in vars(picture).items()
        if isinstance(value, dict) and not name.startswith("_")  # those follow from the rest
    }
    assert tables == set(TABLES)


def test_an_overlay_leaves_the_picture_alone_and_decides_the_same() -> None:
    scene = busy_scene()
    before = scene.picture.digest()
    overlay = scene.picture.overlay()
    plain = scene.replayed()
    for index in range(5):
        request = Request(
            author("north"), SubmitIntent(IntentId(f"n{index}"), details(volume(47 + index / 500)))
        )
        results = []
        for picture in (overlay, plain):
            ids = iter(f"x{index}-{n}" for n in range(100))
            decision = decide(picture, request, Context(scene.now_us, ids.__next__))
            assert isinstance(decision, Accepted)
            results.append(decision.bodies)
            for entry in entries_of(request, decision.bodies, scene.now_us):
                fold(picture, entry)
        assert results[0] == results[1]
    assert overlay.tables_digest() == plain.tables_digest()
    assert scene.picture.digest() == before


def test_a_request_is_remembered_for_a_day() -> None:
    scene = Scene("north")

    def ask(fingerprint: str = "f") -> object:
        told = details(volume(from_min=60 * 30, until_min=60 * 31))
        return scene.try_(
            SubmitIntent(IntentId(scene.new_id()), told),
            author("north"),
            key="k",
            fingerprint=fingerprint,
        )

    assert isinstance(ask(), tuple)
    again = ask()
    assert isinstance(again, Repeated)
    assert (again.outcome.position, again.outcome.entries) == (2, 1)
    other = ask("g")
    assert isinstance(other, Refusal)
    assert other.rule == "idempotency-key-reused"
    scene.now_us = START_US + 24 * HOUR_US
    scene.tell("north", details(volume(50, from_min=60 * 30, until_min=60 * 31)))
    assert isinstance(ask(), Repeated)
    scene.now_us += 1
    scene.tell("north", details(volume(51, from_min=60 * 30, until_min=60 * 31)))
    assert isinstance(ask(), tuple)


def test_the_same_key_of_two_parties_is_two_requests() -> None:
    scene = Scene("north", "south")
    for party in ("north", "south"):
        command = SubmitIntent(IntentId(party), details())
        assert isinstance(scene.try_(command, author(party), key="k"), tuple)


def test_the_history_can_be_thrown_away_and_rebuilt() -> None:
    scene = busy_scene()
    again = scene.replayed()
    assert scene.picture.history is not None
    assert again.history is not None
    for party in ("north", "south", "lake", "agency"):
        for history in (scene.picture.history, again.history):
            assert [number for number, _ in history.stream(signer(party).party, 0, 99)] == list(
                range(1, history.stream_end(signer(party).party) + 1)
            )
        assert again.history.stream(signer(party).party, 0, 99) == scene.picture.history.stream(
            signer(party).party, 0, 99
        )


def test_an_empty_picture_has_a_digest() -> None:
    assert Picture().digest() == Picture().digest()
