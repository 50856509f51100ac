"""Who has read a STOP, from the record, and its repetition while nobody has (L-02, L-03)."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from agreements_scene import act, propose, sign, terms
from scenes import MINUTE_US, START_US, Scene, author, signer
from wideberth.decisions import stop_reads
from wideberth.decisions.deadlines import DONE
from wideberth.decisions.stop_reads import count_of
from wideberth.model.agreements import Act
from wideberth.model.deadlines import DeadlineKind, DeadlinePassed
from wideberth.model.ids import IntentId, PartyId, UnitToken, ZoneId
from wideberth.model.ladders import Post
from wideberth.model.parties import Role
from wideberth.model.provisions import Distribution, StopRight
from wideberth.model.stop_reads import AcknowledgeStop, StopAcknowledged, StopRepeated, posts_told
from wideberth.model.stops import Area, Form, Identified, Stop, StopTold, StopToUnits, TellStop
from wideberth.picture import snapshot
from wideberth.picture.deadlines import take_due
from wideberth.picture.stop_rights import tells_directly
from wideberth.picture.stops import step_of, stop_due
from wideberth.picture.visibility import is_readable
from wideberth.space.time import DAY_US, SECOND_US

HERE = Area(47_000_000_000, 8_000_000_000, 300_000)
LADDER = [(2.0, Post.SENIOR), (5.0, Post.NEUTRAL), (10.0, Post.POLITICAL), (15.0, None)]


def a_scene() -> Scene:
    return Scene("alpha", "bravo", "charlie", neutral="cross")


def say(scene: Scene, sender: str = "alpha", **more: object) -> Stop:
    given = {
        "form": Form.STOP,
        "identified": Identified.ATTESTED,
        "area": HERE,
        "sent_us": scene.now_us,
        **more,
    }
    stop = Stop(id=scene.new_id(), sender=PartyId(sender), **given)  # type: ignore[arg-type]
    scene.accept(TellStop(stop))
    return stop


def read(scene: Scene, stop: Stop, party: str, post: Post = Post.DUTY) -> StopAcknowledged:
    (body,) = scene.accept(AcknowledgeStop(stop.id, post), author(party))
    assert isinstance(body, StopAcknowledged)
    return body


def run(scene: Scene, minutes: float) -> list[tuple[float, StopRepeated]]:
    """Let time pass, half a minute at a time; what was repeated, and when."""
    told: list[tuple[float, StopRepeated]] = []
    for _ in range(round(minutes * 2)):
        scene.pass_time(0.5)
        for passed in take_due(scene.picture, scene.now_us, limit=99):
            told += [
                ((scene.now_us - START_US) / MINUTE_US, body)
                for body in scene.accept(passed)
                if isinstance(body, StopRepeated)
            ]
    return told


def test_the_first_person_to_read_it_is_measured_at_each_party_and_overall() -> None:
    scene = a_scene()
    stop = say(scene)
    assert step_of(scene.picture, stop.id).first_us is None
    scene.now_us += 20 * SECOND_US
    assert read(scene, stop, "bravo").after_us == 20 * SECOND_US
    scene.now_us += 50 * SECOND_US
    read(scene, stop, "charlie", Post.ALTERNATE)
    read(scene, stop, "bravo", Post.SENIOR)
    reads = scene.picture.stop_reads
    assert reads[stop.id, PartyId("bravo")].after_us == 20 * SECOND_US
    assert reads[stop.id, PartyId("bravo")].posts == (Post.DUTY, Post.SENIOR)
    assert reads[stop.id, PartyId("charlie")].after_us == 70 * SECOND_US
    assert step_of(scene.picture, stop.id).first_us == 20 * SECOND_US
    told = [each for each in scene.entries if isinstance(each.body, StopAcknowledged)]
    assert [each.time_us - stop.sent_us for each in told] == [
        each.body.after_us  # type: ignore[union-attr]
        for each in told
    ]
    assert scene.picture.digest() == scene.replayed().digest()


@pytest.mark.parametrize(
    ("party", "change", "rule"),
    [
        pytest.param("alpha", {}, "own-stop", id="its sender"),
        pytest.param("bravo", {"stop": "no-such"}, "no-such-stop", id="no STOP"),
        pytest.param("bravo", {"post": Post.NEUTRAL}, "post", id="a post of nobody's"),
        pytest.param("charlie", {}, "already-read", id="said before"),
    ],
)
def test_what_counts_for_nothing_is_refused(
    party: str, change: dict[str, object], rule: str
) -> None:
    scene = a_scene()
    stop = say(scene)
    read(scene, stop, "charlie")
    given = msgspec.structs.replace(AcknowledgeStop(stop.id, Post.DUTY), **change)
    assert scene.refuse(given, author(party)).rule == rule


def test_only_who_may_acknowledge_says_that_it_was_read() -> None:
    scene = a_scene()
    stop = say(scene)
    for role in Role:
        if role is not Role.ACKNOWLEDGE:
            refusal = scene.refuse(
                AcknowledgeStop(stop.id, Post.DUTY), author("bravo", roles=(role,))
            )
            assert refusal.rule == "role-missing"


def test_it_is_repeated_to_higher_posts_until_its_ladder_ends_once_each() -> None:
    scene = a_scene()
    stop = say(scene)
    told = run(scene, 60)
    assert [(after, each.post) for after, each in told] == LADDER
    assert all(each.parties == ("bravo", "charlie", "cross") for _, each in told)
    assert [each.neutrals for _, each in told] == [(), ("cross",), (), ()]
    assert stop_due(scene.picture, stop.id) is None
    again = DeadlinePassed(DeadlineKind.STOP, stop.id, 1)
    assert scene.refuse(again).rule == DONE
    assert scene.picture.digest() == scene.replayed().digest()


def test_a_party_that_has_read_it_is_left_alone_and_the_others_are_not() -> None:
    scene = a_scene()
    stop = say(scene)
    read(scene, stop, "bravo")
    (_, first), (_, second) = run(scene, 5)
    assert first.parties == second.parties == ("charlie", "cross")
    read(scene, stop, "charlie")
    read(scene, stop, "cross")
    assert run(scene, 60) == []


@pytest.mark.requirement("L-03")
def test_each_repetition_for_a_place_begins_one_level_higher_and_carries_a_count() -> None:
    scene = a_scene()
    stops = [say(scene) for _ in range(6)]
    counts = [each.body.count for each in scene.entries if isinstance(each.body, StopTold)]
    assert counts == [1, 2, 3, 4, 5, 6], "and none is merged with another"
    assert posts_told(1, 0) == (Post.DUTY, Post.ALTERNATE)
    assert posts_told(2, 0) == (Post.DUTY, Post.ALTERNATE, Post.SENIOR)
    assert posts_told(3, 0) == (Post.DUTY, Post.ALTERNATE, Post.SENIOR, Post.NEUTRAL)
    assert posts_told(9, 0)[-1] is Post.POLITICAL
    told = run(scene, 60)
    for level, stop in enumerate(stops):
        first = min(level, 3)
        own = [(after, each.post) for after, each in told if each.stop == stop.id]
        times = [after for after, _ in LADDER[: 4 - first]]
        assert own == list(zip(times, [post for _, post in LADDER[first:]], strict=True))


def test_a_doubt_climbs_nothing() -> None:
    scene = a_scene()
    say(scene, form=Form.DOUBT)
    assert run(scene, 60) == []
    say(scene, form=Form.OUR_ERROR)
    assert len(run(scene, 60)) == 4


NORTH_1_KM = 1_000_000_000_000 // 111_195  # nanodegrees of latitude, about


@pytest.mark.parametrize(
    ("before", "stop", "count"),
    [
        pytest.param({}, {"sender": "bravo"}, 2, id="of another sender"),
        pytest.param({"sent_us": START_US}, {"form": Form.OUR_ERROR}, 1, id="another form"),
        pytest.param(
            {"area": Area(47_000_000_000 + NORTH_1_KM, 8_000_000_000, 690_000)},
            {},
            1,
            id="a circle beside it",
        ),
        pytest.param(
            {"area": Area(47_000_000_000 + NORTH_1_KM, 8_000_000_000, 710_000)},
            {},
            2,
            id="a circle that reaches it",
        ),
        pytest.param(
            {"area": Area(1_000_000_000, 180_000_000_000, 1_000)},
            {"area": Area(1_000_000_000, -180_000_000_000, 1_000)},
            2,
            id="over the antimeridian",
        ),
        pytest.param({"zone": "z"}, {"zone": ZoneId("z"), "area": None}, 2, id="one zone"),
        pytest.param({"zone": "z"}, {"zone": ZoneId("y")}, 1, id="another zone"),
        pytest.param({"intent": "i"}, {"intent": IntentId("i")}, 2, id="one intent"),
        pytest.param(
            {"intent": "i"}, {"intent": IntentId("i"), "sender": "bravo"}, 1, id="by another"
        ),
        pytest.param({"area": None}, {"area": None}, 2, id="nowhere, again"),
        pytest.param({"area": None}, {"area": None, "sender": "bravo"}, 1, id="nowhere, another"),
        pytest.param(
            {"identified": Identified.UNVERIFIED}, {}, 1, id="without proof counts for nothing"
        ),
        pytest.param(
            {}, {"identified": Identified.UNVERIFIED}, 2, id="what was proved counts for all"
        ),
    ],
)
def test_what_is_the_same_place(
    before: dict[str, object], stop: dict[str, object], count: int
) -> None:
    scene = a_scene()
    first = say(scene, **before)  # type: ignore[arg-type]
    second = say(scene, **stop)  # type: ignore[arg-type]
    assert count_of(second, [first]) == count
    assert scene.entries[-1].body.count == count  # type: ignore[union-attr]


def pact(scene: Scene, *, excluded: bool = False, **right: bool) -> None:
    """Alpha and bravo agree on STOP, and on bravo's units."""
    text = terms(
        StopRight(id="stop", words="Who can, acts.", excluded=excluded, **right),
        Distribution(id="units", party=PartyId("bravo"), units=(UnitToken("u7"), UnitToken("u9"))),
        parties=(PartyId("alpha"), PartyId("bravo")),
    )
    sign(scene, propose(scene, text, by="alpha"))


def to_units(scene: Scene, since: int) -> list[tuple[str, tuple[str, ...]]]:
    told = [each.body for each in scene.entries[since:] if isinstance(each.body, StopToUnits)]
    return [(each.party, each.units) for each in told]


@pytest.mark.requirement("L-02")
def test_it_goes_to_the_units_at_once_where_that_was_agreed_and_nowhere_else() -> None:
    scene = a_scene()
    size = len(scene.entries)
    say(scene)
    assert to_units(scene, size) == [], "nothing was agreed"
    pact(scene, to_units=True)
    size = len(scene.entries)
    stop = say(scene)
    assert to_units(scene, size) == [("bravo", ("u7", "u9"))]
    assert dict(step_of(scene.picture, stop.id).to_units) == {"bravo": ("u7", "u9")}
    told, *units = scene.entries[size:]
    assert is_readable(scene.picture, told, PartyId("charlie"))
    parties = map(PartyId, ("alpha", "bravo", "charlie"))
    assert [each for each in parties if is_readable(scene.picture, units[0], each)] == ["bravo"]
    size = len(scene.entries)
    say(scene, "charlie")
    say(scene, "bravo")
    assert to_units(scene, size) == [], "it is between the two, and of bravo's units alone"
    assert scene.picture.digest() == scene.replayed().digest()


@pytest.mark.parametrize("excluded", [False, True])
def test_a_suspended_agreement_still_carries_it_unless_it_says_otherwise(*, excluded: bool) -> None:
    scene = a_scene()
    pact(scene, to_units=True, from_units=True, excluded=excluded)
    pause = act(1, Act.SUSPEND, reason="as announced", provisions=("stop", "units"))
    scene.accept(pause, signer("alpha"))
    size = len(scene.entries)
    say(scene)
    assert bool(to_units(scene, size)) is not excluded
    assert tells_directly(scene.picture, PartyId("alpha"), PartyId("bravo")) is not excluded


def test_it_leaves_after_a_day_with_all_that_stands_of_it() -> None:
    scene = a_scene()
    read(scene, say(scene), "bravo")
    say(scene)
    scene.now_us += DAY_US + MINUTE_US
    say(scene, zone="z")
    picture = scene.picture
    assert (len(picture.stops), len(picture.stop_steps), len(picture.stop_reads)) == (1, 0, 0)
    assert picture.digest() == scene.replayed().digest()


@dataclass
class Said:
    """What a slow reference knows of a STOP."""

    sent_us: int
    count: int
    reads: dict[str, int] = field(default_factory=dict[str, int])
    told: list[tuple[int, Post | None, tuple[str, ...]]] = field(
        default_factory=list[tuple[int, Post | None, tuple[str, ...]]]
    )


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("stop"), st.sampled_from(["alpha", "bravo"])),
        st.tuples(
            st.just("read"), st.integers(0, 3), st.sampled_from(["alpha", "bravo", "charlie"])
        ),
        st.tuples(st.just("pass"), st.integers(1, 6)),
        st.tuples(st.just("restart")),
    ),
    max_size=25,
)


def play(steps: list[tuple[object, ...]]) -> None:
    """Compare with a reference that looks at every minute, across restarts."""
    scene = Scene("alpha", "bravo", "charlie")
    others = {"alpha", "bravo", "charlie"}
    known: dict[str, tuple[str, Said]] = {}
    for step in steps:
        match step:
            case ("stop", str(sender)):
                stop = say(scene, sender)
                known[stop.id] = (sender, Said(scene.now_us, len(known) + 1))
            case ("read", int(which), str(party)) if which < len(known):
                name, (sender, said) = list(known.items())[which]
                if party != sender and party not in said.reads:
                    scene.accept(AcknowledgeStop(name, Post.DUTY), author(party))
                    said.reads[party] = scene.now_us - said.sent_us
            case ("pass", int(minutes)):
                for _ in range(minutes):
                    scene.pass_time(1)
                    for passed in take_due(scene.picture, scene.now_us, limit=99):
                        scene.accept(passed)
                    for sender, said in known.values():
                        _expect(said, scene.now_us, others - {sender})
            case ("restart",):
                scene.picture = snapshot.load(snapshot.dump(scene.picture))
            case _:
                pass
    for name, (_, said) in known.items():
        found = [
            (each.time_us, each.body.post, each.body.parties)
            for each in scene.entries
            if isinstance(each.body, StopRepeated) and each.body.stop == name
        ]
        assert found == said.told
        first = min(said.reads.values(), default=None)
        assert step_of(scene.picture, name).first_us == first
    assert scene.picture.digest() == scene.replayed().digest()


def _expect(said: Said, now_us: int, others: set[str]) -> None:
    posts = [post for _, post in LADDER][min(said.count - 1, 3) :]
    for (after_min, _), post in zip(LADDER, posts, strict=False):
        unread = tuple(sorted(others - said.reads.keys()))
        if now_us == said.sent_us + after_min * MINUTE_US and unread:
            said.told.append((now_us, post, unread))


@given(STEPS)
@settings(max_examples=60, deadline=None)
def test_whatever_is_said_and_restarted_each_step_is_taken_once_at_its_time(
    steps: list[tuple[object, ...]],
) -> None:
    play(steps)


def test_the_check_finds_one_that_is_told_to_who_has_read_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        stop_reads,
        "unread_by",
        lambda picture, stop: tuple(sorted({*picture.parties} - {stop.sender})),
    )

    @given(STEPS)
    @settings(max_examples=300, deadline=None, phases=[Phase.generate], database=None)
    def planted(steps: list[tuple[object, ...]]) -> None:
        play(steps)

    with pytest.raises(AssertionError):
        planted()
