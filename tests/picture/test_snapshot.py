"""A picture put into bytes and taken out again goes on as it would have."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from scenes import HIDDEN, START_US, Scene, author, details, named, signer, volume
from wideberth.decisions.decide import decide
from wideberth.decisions.outcome import Context
from wideberth.errors import InvalidValue
from wideberth.model.commands import (
    AcknowledgeNotice,
    CloseSubscription,
    Command,
    DeclareZone,
    OpenSubscription,
    RecordSnapshot,
    Request,
    SubmitIntent,
    WithdrawZone,
)
from wideberth.model.entries import encode_entry
from wideberth.model.ids import IntentId, SubscriptionId, UnitToken, ZoneId
from wideberth.model.intents import IntentKind, Source, Step
from wideberth.model.notices import Verb
from wideberth.model.parties import SYSTEM, Author
from wideberth.model.receipts import difference_digest
from wideberth.model.settings import DEFAULT_RULES
from wideberth.model.zones import ZoneRule
from wideberth.picture import snapshot
from wideberth.picture.fold import fold_all
from wideberth.picture.history import History
from wideberth.picture.picture import Picture
from wideberth.picture.snapshot import SNAPSHOT_VERSION, _Read, dump, load  # pyright: ignore[reportPrivateUsage]
from wideberth.space.altitude import AltitudeReference
from wideberth.space.vertical import TerrainBound
from wideberth.space.volume import Separation, Volume4D

PARTIES = ("north", "south", "agency")
HILLS = TerrainBound(0, 900_000)

places = st.sampled_from([47.0, 47.004, 47.02])
starts = st.sampled_from([60, 100, 300])


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    """A scene in which parties did this and that, hours passing between."""
    scene = Scene(*PARTIES, neutral="lake")
    for number in range(draw(st.integers(3, 14))):
        party = draw(st.sampled_from(PARTIES))
        draw(st.sampled_from(STEPS))(draw, scene, party, number)
        scene.pass_time(draw(st.sampled_from([0, 1, 45, 400, 1500])))
    return scene


def soon(draw: st.DrawFn, scene: Scene, *, radius_m: int = 500) -> Volume4D:
    """A volume some time from now."""
    from_min = round((scene.now_us - START_US) / 60e6) + draw(starts)
    return volume(draw(places), from_min=from_min, until_min=from_min + 90, radius_m=radius_m)


def attempt(scene: Scene, command: Command, by: Author, key: str | None = None) -> None:
    """What the rules refuse changes nothing."""
    scene.try_(command, by, key=key, fingerprint=key or "")


def tell(draw: st.DrawFn, scene: Scene, party: str, number: int) -> None:
    kind = draw(st.sampled_from([*[IntentKind.FLIGHT] * 3, *IntentKind]))
    visibility = named("lake", "south") if kind is IntentKind.PRESENCE else draw(levels)
    if kind is IntentKind.HAZARD and visibility == named("south"):
        visibility = HIDDEN
    told = details(
        soon(draw, scene),
        *([soon(draw, scene)] if draw(st.booleans()) else []),
        kind=kind,
        visibility=visibility,
        source=Source.GPS,
    )
    attempt(scene, SubmitIntent(IntentId(f"i{number}"), told), author(party), f"key-{number % 5}")


levels = st.sampled_from([details().visibility, HIDDEN, named("south")])


def amend(draw: st.DrawFn, scene: Scene, party: str, number: int) -> None:
    own = [each for each in scene.picture.intents if scene.intent(each).party == party]
    if own:
        intent = scene.intent(draw(st.sampled_from(own)))
        if intent.kind is IntentKind.FLIGHT:
            scene.amend(intent, details(soon(draw, scene), priority=number + 1))


def step(draw: st.DrawFn, scene: Scene, party: str, number: int) -> None:
    for intent_id in list(scene.picture.intents)[:1]:
        intent = scene.intent(intent_id)
        if not intent.state.value.startswith("Act"):
            scene.step(intent, Step.ACTIVATE)
        else:
            scene.step(intent, Step.END)


def zone(draw: st.DrawFn, scene: Scene, party: str, number: int) -> None:
    standing = list(scene.picture.zones)
    if standing and draw(st.booleans()):
        version = scene.picture.zones[standing[0]].version
        attempt(scene, WithdrawZone(standing[0], version), author(party))
        return
    area = (soon(draw, scene, radius_m=2000),)
    command = DeclareZone(ZoneId(f"z{number}"), "zone", ZoneRule.KEEP_OUT, area, "why")
    attempt(scene, command, author(party))


def subscribe(draw: st.DrawFn, scene: Scene, party: str, number: int) -> None:
    for each in list(scene.picture.subscriptions)[1:]:
        attempt(scene, CloseSubscription(each), author(party))
    area = soon(draw, scene, radius_m=9000)
    command = OpenSubscription(SubscriptionId(f"s{number}"), area)
    attempt(scene, command, author(party))


def answer(draw: st.DrawFn, scene: Scene, party: str, number: int) -> None:
    for notice in scene.open_notices(party):
        unit = draw(st.sampled_from(["u1", "u2"]))
        verb = draw(st.sampled_from([Verb.RECEIVED, Verb.LOADED]))
        more = {"unit": unit, "system": "mc"} if verb is Verb.LOADED else {}
        more["difference"] = difference_digest(notice)
        attempt(scene, AcknowledgeNotice(notice.id, verb, **more), signer(party))  # type: ignore[arg-type]  # by name


def adopt(draw: st.DrawFn, scene: Scene, party: str, number: int) -> None:
    terrain = draw(st.sampled_from([None, HILLS]))
    scene.adopt(msgspec.structs.replace(DEFAULT_RULES, version=f"v{number}", terrain=terrain))


def mark(draw: st.DrawFn, scene: Scene, party: str, number: int) -> None:
    attempt(scene, RecordSnapshot(scene.picture.size, "0" * 64, "1" * 64), SYSTEM)


STEPS = [tell, tell, tell, amend, step, zone, subscribe, answer, answer, adopt, mark]


def answers(picture: Picture, scene: Scene) -> object:
    """What the rules say to some commands on this picture, and what reads find in it."""
    given: list[object] = []
    for number, (latitude, reference) in enumerate(
        [(47.0, AltitudeReference.W84), (47.004, AltitudeReference.AGL)]
    ):
        from_min = round((scene.now_us - START_US) / 60e6) + 60
        told = details(
            volume(latitude, from_min=from_min, until_min=from_min + 300, reference=reference)
        )
        ids = iter(f"x{number}-{each}" for each in range(1000))
        for key in ("key-1", None):
            request = Request(
                author("south"), SubmitIntent(IntentId(f"x{number}"), told), key, "key-1"
            )
            given.append(decide(picture, request, Context(scene.now_us, ids.__next__)))
    history = picture.history
    assert history is not None
    for party in (*PARTIES, "lake"):
        name = signer(party).party
        given += [history.stream(name, 0, 999), history.notices(name, 0, 999)]
    given += [history.positions(each) for each in (*picture.intents, "i0", "i1", "z2", "nobody")]
    given += [list(picture.tables()[name]) for name in ("intents", "notices", "held", "zones")]
    return given


def differences(scene: Scene, at: int) -> list[str]:
    """The checker: where a picture that went through bytes after so many entries differs."""
    straight = fold_all(Picture(), scene.entries[:at])
    through = load(dump(straight))
    found: list[str] = []
    if through.digest() != straight.digest():
        found.append("the digest at the snapshot")
    if dump(through) != dump(straight):
        found.append("its bytes")
    for picture in (straight, through):
        fold_all(picture, scene.entries[at:])
    if through.digest() != straight.digest():
        found.append("the digest at the end")
    if answers(through, scene) != answers(straight, scene):
        found.append("its answers")
    return found


PROPERTY = (scenes(), st.floats(0, 1))


@settings(max_examples=40)
@given(*PROPERTY)
def test_a_picture_through_bytes_goes_on_as_it_would_have(scene: Scene, share: float) -> None:
    assert differences(scene, round(share * len(scene.entries))) == []


def forgetting(name: str) -> Callable[[_Read, History], Picture]:
    """A planted fault: what is taken out of the bytes lacks one thing."""
    whole = snapshot._picture  # pyright: ignore[reportPrivateUsage]  # what is broken here

    def faulty(form: _Read, history: History) -> Picture:
        picture = whole(form, history)
        thing = getattr(picture, name)
        if name == "intent_space":
            for intent_id in picture.intents:
                thing.discard(intent_id)
        elif name == "widest":
            picture.widest = Separation()
        elif name == "history":
            picture.history = History()
        else:
            thing.clear()
        return picture

    return faulty


@pytest.mark.parametrize(
    "name",
    [
        "expiries",
        "request_ages",
        "history",
        "intent_space",
        "intents",
        "notices",
        "told",
        "requests",
    ],
)
def test_a_planted_loss_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "_picture", forgetting(name))

    @settings(max_examples=300, phases=[Phase.generate], database=None, derandomize=True)
    @given(*PROPERTY)
    def run(scene: Scene, share: float) -> None:
        assert differences(scene, round(share * len(scene.entries))) == []

    with pytest.raises((AssertionError, KeyError)):
        run()


def busy() -> Scene:
    scene = Scene("north", "south", neutral="lake")
    first = scene.tell("north")
    scene.tell("south", details(volume(47.003)))
    scene.amend(first, details(volume(upper_m=180)))
    for notice in scene.open_notices("north"):
        for unit in ("u1", "u2"):
            scene.try_(
                AcknowledgeNotice(
                    notice.id,
                    Verb.LOADED,
                    unit=UnitToken(unit),
                    system="mc",
                    difference=difference_digest(notice),
                ),
                signer("north"),
            )
            break
    return scene


def test_the_bytes_do_not_depend_on_the_hash_seed(tmp_path: Path) -> None:
    scene = busy()
    wanted = dump(scene.picture)
    file = tmp_path / "entries"
    file.write_bytes(b"\n".join(encode_entry(entry) for entry in scene.entries))
    script = (
        "import sys; from wideberth.picture.fold import fold\n"
        "from wideberth.picture.picture import Picture\n"
        "from wideberth.picture.snapshot import dump, load\n"
        "from wideberth.model.entries import decode_entry\n"
        "picture = Picture()\n"
        "for i, line in enumerate(open(sys.argv[1], 'rb').read().split(b'\\n')):\n"
        "    fold(picture, decode_entry(line, position=i))\n"
        "sys.stdout.buffer.write(dump(load(dump(picture))))"
    )
    for seed in ("0", "4242"):
        run = subprocess.run(
            [sys.executable, "-c", script, str(file)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        )
        assert run.stdout == wanted


def test_an_empty_picture_goes_through_bytes() -> None:
    assert load(dump(Picture())).digest() == Picture().digest()


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        pytest.param(lambda data: b"", "snapshot-version", id="nothing"),
        pytest.param(lambda data: b"x" + data, "snapshot-version", id="something else"),
        pytest.param(
            lambda data: data.replace(b"snapshot-1", b"snapshot-2", 1),
            "snapshot-version",
            id="a later version",
        ),
        pytest.param(lambda data: data[:-1], "snapshot", id="cut short"),
        pytest.param(lambda data: data + b"x", "snapshot", id="too long"),
        pytest.param(lambda data: SNAPSHOT_VERSION + b"\x80", "snapshot", id="without members"),
        pytest.param(
            lambda data: data.replace(b"time_us", b"time_xs", 1), "snapshot", id="another member"
        ),
    ],
)
def test_bytes_that_this_version_did_not_write_are_refused(
    change: Callable[[bytes], bytes], rule: str
) -> None:
    with pytest.raises(InvalidValue) as caught:
        load(change(dump(busy().picture)))
    assert caught.value.rule == rule
