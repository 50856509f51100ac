"""The attacker: how precisely can a hidden volume's edge be found, by whatever can be asked.

Each way to ask (dry run, an intent told to nobody, an open one, an amendment, a zone) is used as an
oracle: thin volumes, small circles and short windows are moved until the answer changes. The figure
that counts is how far the place of the change is from the true edge, and whether it moves with the
edge at all. `pytest -s` prints what was found.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenes import HIDDEN, MINUTE_US, OPEN, START_US, Scene, author, details, named, volume
from wideberth.decisions.checks import DryRun, dry_run
from wideberth.decisions.outcome import Context
from wideberth.model.commands import (
    ChangeIntentState,
    DeclareZone,
    OpenSubscription,
    RecordCheck,
    SubmitIntent,
    WithdrawZone,
)
from wideberth.model.ids import IntentId, SubscriptionId, ZoneId
from wideberth.model.intents import Step
from wideberth.model.notices import Cell
from wideberth.model.refusals import Refusal
from wideberth.model.settings import DEFAULT_RULES, PairRule, Rules
from wideberth.model.zones import ZoneRule
from wideberth.picture.cells import felt_as, meet
from wideberth.space.altitude import Altitude, AltitudeReference
from wideberth.space.overlap import conflict, horizontal_gap_mm
from wideberth.space.prepared import prepare
from wideberth.space.volume import NANODEGREES, Circle, Polygon, Separation, Volume4D

CELL_ND = DEFAULT_RULES.cell_nd
BUDGET = 10_000  # of the day: the attack must fail by the cells alone
ATTACK = msgspec.structs.replace(DEFAULT_RULES, version="attack", check_budget=BUDGET)


@dataclass(frozen=True)
class Sides:
    """A box: degrees, metres, minutes from the start."""

    south: float = 47.0031
    west: float = 8.0042
    north: float = 47.0257
    east: float = 8.0278
    lower_m: float = 61.0
    upper_m: float = 187.0
    from_min: float = 61.3
    until_min: float = 118.9

    @property
    def volume(self) -> Volume4D:
        south, west, north, east = (
            round(each * NANODEGREES) for each in (self.south, self.west, self.north, self.east)
        )
        return Volume4D(
            Polygon(((south, west), (south, east), (north, east), (north, west))),
            Altitude(round(self.lower_m * 1000), AltitudeReference.W84),
            Altitude(round(self.upper_m * 1000), AltitudeReference.W84),
            START_US + round(self.from_min * MINUTE_US),
            START_US + round(self.until_min * MINUTE_US),
        )


HERE = Sides()
MOVED = Sides(47.0009, 8.0091, 47.0291, 8.0203, 50.5, 199.5, 64.9, 115.1)
"""Another volume in the same cells and steps, its sides elsewhere in them."""

Oracle = Callable[[Volume4D], bytes]
"""Asks with a volume; gives all that the asker is told, without ids that count up."""


class Attacker:
    """A party that may ask in every way. touches: answers that told of something hidden."""

    def __init__(self, hidden: Volume4D, rules: Rules = ATTACK) -> None:
        self.scene = Scene("north", "south", rules=rules)
        self.scene.tell("north", details(hidden, visibility=HIDDEN), intent="hidden")
        self.number = 0

    def _id(self) -> str:
        self.number += 1
        return f"probe{self.number}"

    def _told(self, since: int) -> bytes:
        """What the notices since then say, but for their ids and numbers."""
        clashes = [
            (
                each.urgency,
                [msgspec.structs.replace(clash, own=None, rule="") for clash in each.clashes],
            )
            for each in self.scene.notices("south", since=since)
            if not each.withdrawal
        ]
        return msgspec.json.encode(clashes)

    def dry(self, asked: Volume4D) -> bytes:
        outcome = dry_run(
            self.scene.picture,
            details(asked),
            author("south"),
            Context(self.scene.now_us, self.scene.new_id),
        )
        if isinstance(outcome, Refusal):
            return msgspec.json.encode(outcome)
        assert isinstance(outcome, DryRun)
        if outcome.owners:
            self.scene.accept(RecordCheck(outcome.owners), author("south"))
        return msgspec.json.encode(
            [msgspec.structs.replace(each, own=None) for each in outcome.clashes]
        )

    def _tell(self, asked: Volume4D, visibility: object) -> bytes:
        since, intent = len(self.scene.entries), IntentId(self._id())
        told = details(asked, visibility=visibility)  # type: ignore[arg-type]
        outcome = self.scene.try_(SubmitIntent(intent, told), author("south"))
        if isinstance(outcome, Refusal):
            return msgspec.json.encode(outcome)
        answer = self._told(since)
        standing = self.scene.intent(intent)
        self.scene.accept(ChangeIntentState(intent, standing.ovn, Step.END), author("south"))
        return answer

    def silent(self, asked: Volume4D) -> bytes:
        return self._tell(asked, named())

    def loud(self, asked: Volume4D) -> bytes:
        return self._tell(asked, OPEN)

    def hiding(self, asked: Volume4D) -> bytes:
        return self._tell(asked, HIDDEN)

    def amending(self, asked: Volume4D) -> bytes:
        if self.scene.picture.intents.get(IntentId("mine")) is None:
            self.scene.tell("south", details(volume(-33.0, 100.0)), intent="mine")
        self.number += 1
        away = details(volume(-33.0, 100.0), priority=self.number % 100)
        self.scene.amend(self.scene.intent("mine"), away)
        since = len(self.scene.entries)
        self.scene.amend(self.scene.intent("mine"), details(asked))
        return self._told(since)

    def zone(self, asked: Volume4D) -> bytes:
        since, zone = len(self.scene.entries), ZoneId(self._id())
        self.scene.accept(
            DeclareZone(zone, "z", ZoneRule.NOTICE, (asked,), "r", notice_us=60 * MINUTE_US),
            author("south"),
        )
        answer = self._told(since)
        self.scene.accept(WithdrawZone(zone, 1), author("south"))
        return answer

    def subscription(self, asked: Volume4D) -> bytes:
        """Asks to be told, and has the hidden intent take a step: nothing comes."""
        since, name = len(self.scene.entries), SubscriptionId(self._id())
        self.scene.accept(OpenSubscription(name, asked), author("south"))
        standing = self.scene.intent("hidden")
        self.scene.amend(
            standing, details(*standing.volumes, visibility=HIDDEN, priority=self.number % 100)
        )
        picture = self.scene.picture
        assert picture.history is not None
        index = picture.history.notification_index(picture.subscriptions[name].number)
        return self._told(since) + b"%d" % index


WAYS = ("dry", "silent", "loud", "hiding", "amending", "zone", "subscription")


def thin(**changed: float) -> Volume4D:
    """A sliver in the middle of the hidden box, but for what is changed."""
    middle = {
        "south": 47.015, "west": 8.015, "north": 47.015001, "east": 8.015001, "lower_m": 120.0,
        "upper_m": 120.001, "from_min": 90.0, "until_min": 90.0,
    }  # fmt: skip
    return Sides(**{**middle, **changed}).volume


def at(side: str, value: float) -> Volume4D:
    """A sliver whose near side is at this value."""
    pairs = {
        "north": {"south": value, "north": value + 1e-6},
        "south": {"south": value - 1e-6, "north": value},
        "east": {"west": value, "east": value + 1e-6},
        "west": {"west": value - 1e-6, "east": value},
        "upper_m": {"lower_m": value, "upper_m": value + 0.001},
        "lower_m": {"lower_m": value - 0.001, "upper_m": value},
        "until_min": {"from_min": value, "until_min": value},
        "from_min": {"from_min": value, "until_min": value},
    }
    return thin(**pairs[side])


RANGE = {
    "north": (47.015, 47.09), "south": (47.015, 46.94), "east": (8.015, 8.09),
    "west": (8.015, 7.94), "upper_m": (120.0, 900.0), "lower_m": (120.0, -300.0),
    "until_min": (90.0, 300.0), "from_min": (90.0, 20.0),
}  # fmt: skip
CELLS = {
    "north": 0.01, "south": 0.01, "east": 0.01, "west": 0.01, "upper_m": 50.0, "lower_m": 50.0,
    "until_min": 5.0, "from_min": 5.0,
}  # fmt: skip
UNITS = {"north": ("m", 111_180.0), "south": ("m", 111_180.0), "east": ("m", 75_990.0),
         "west": ("m", 75_990.0), "upper_m": ("m", 1.0), "lower_m": ("m", 1.0),
         "until_min": ("s", 60.0), "from_min": ("s", 60.0)}  # fmt: skip


def bisected(oracle: Oracle, side: str, steps: int) -> tuple[float, list[bytes]]:
    """Where the answer changes from something to nothing, and all that was told on the way."""
    inside, outside = RANGE[side]
    transcript = [oracle(at(side, inside)), oracle(at(side, outside))]
    nothing = transcript[1]
    for _ in range(steps):
        middle = (inside + outside) / 2
        transcript.append(oracle(at(side, middle)))
        if transcript[-1] == nothing:
            outside = middle
        else:
            inside = middle
    return (inside + outside) / 2, transcript


@pytest.mark.requirement("P-05")
@pytest.mark.parametrize("way", [each for each in WAYS if each != "subscription"])
@pytest.mark.parametrize("side", RANGE)
def test_bisection_finds_the_lines_of_the_grid_and_no_edge(way: str, side: str) -> None:
    found: list[float] = []
    told: list[list[bytes]] = []
    for hidden in (HERE, MOVED):
        attacker = Attacker(hidden.volume)
        place, transcript = bisected(getattr(attacker, way), side, 22)
        found.append(place)
        told.append(transcript)
    assert told[0] == told[1], "what is told does not move with the edge"
    assert len(set(told[0])) > 1, "there is something to find"
    cell = CELLS[side]
    lines_off = abs(found[0] / cell - round(found[0] / cell)) * cell
    unit, scale = UNITS[side]
    assert lines_off * scale < 0.1, "the change is at a line of the grid"
    errors = [abs(place - getattr(hidden, side)) * scale
              for place, hidden in zip(found, (HERE, MOVED), strict=True)]  # fmt: skip
    print(f"{way:>9} {side:>9}: off by {errors[0]:.0f} and {errors[1]:.0f} {unit}")  # noqa: T201
    assert max(errors) > 0.05 * cell * scale


def test_a_subscription_tells_nothing_of_what_is_hidden() -> None:
    attacker = Attacker(HERE.volume)
    assert attacker.subscription(HERE.volume) == attacker.subscription(thin(south=46, north=46.1))


@pytest.mark.parametrize("way", ["dry", "silent", "loud", "hiding", "amending", "zone"])
@settings(max_examples=6, deadline=None)
@given(data=st.data())
def test_no_volume_tells_two_hidden_ones_of_the_same_cells_apart(
    way: str, data: st.DataObject
) -> None:
    """Not by its answer, nor by the cells, heights and times that it names."""
    attackers = [Attacker(hidden.volume) for hidden in (HERE, MOVED)]
    for _ in range(6):
        asked = volume(
            data.draw(st.floats(46.99, 47.04)),
            data.draw(st.floats(7.99, 8.04)),
            radius_m=data.draw(st.integers(1, 3000)),
            lower_m=(lower := data.draw(st.integers(0, 260))),
            upper_m=lower + data.draw(st.integers(0, 60)),
            from_min=(start := data.draw(st.integers(50, 130))),
            until_min=start + data.draw(st.integers(0, 20)),
        )
        first, second = (getattr(attacker, way)(asked) for attacker in attackers)
        assert first == second


@pytest.mark.parametrize("way", ["dry", "silent", "loud"])
def test_nor_where_a_separation_is_to_be_kept(way: str) -> None:
    rule = PairRule(("flight", "flight"), separation=Separation(500_000, 30_000, 60_000_000))  # type: ignore[arg-type]
    rules = msgspec.structs.replace(ATTACK, version="s", pairs=(rule,))
    for side in ("north", "upper_m", "until_min"):
        told = [
            bisected(getattr(Attacker(hidden.volume, rules), way), side, 16)[1]
            for hidden in (HERE, MOVED)
        ]
        assert told[0] == told[1], side


@pytest.mark.parametrize("place", [(89.9, 10.0), (10.0, 179.9999), (-88.0, 0.0)])
def test_nor_where_the_grid_has_no_cells(place: tuple[float, float]) -> None:
    latitude, longitude = place
    told: list[list[bytes]] = []
    for radius_m in (300, 700):
        attacker = Attacker(volume(latitude, longitude, radius_m=radius_m, upper_m=49))
        told.append(
            [
                attacker.dry(volume(latitude - metres / 111_000, longitude, radius_m=1, upper_m=49))
                for metres in range(0, 9000, 200)
            ]
        )
    assert told[0] == told[1]
    assert len(set(told[0])) == 2


def test_what_two_shared_only_in_the_past_does_not_time_a_hidden_end() -> None:
    """A window that began long ago is moved over the hidden end as time goes by."""
    told: list[list[bytes]] = []
    for hidden in (HERE, MOVED):
        attacker = Attacker(hidden.volume)
        answers: list[bytes] = []
        for minute in range(112, 124):
            attacker.scene.now_us = START_US + minute * MINUTE_US
            answers.append(attacker.dry(thin(from_min=20.0, until_min=300.0)))
        told.append(answers)
    assert told[0] == told[1]


@pytest.mark.requirement("P-05")
def test_the_budget_bounds_what_is_learned_unseen_in_a_day() -> None:
    budget = 5
    rules = msgspec.structs.replace(ATTACK, version="b", check_budget=budget)
    attacker = Attacker(HERE.volume, rules)
    nothing = attacker.dry(thin(south=46, north=46.1))
    cells: set[Cell] = set()
    touched = 0
    for row in range(-1, 4):
        for column in range(-1, 4):
            asked = thin(
                south=47.005 + row / 100, north=47.006 + row / 100,
                west=8.005 + column / 100, east=8.006 + column / 100,
            )  # fmt: skip
            touched += attacker.dry(asked) != nothing
            told = attacker.silent(asked)
            touched += b'"cells"' in told
    assert touched <= budget
    assert len(cells) <= budget
    told = [each for each in attacker.scene.entries if type(each.body).__name__ == "HiddenChecked"]
    assert sum(count for each in told for _, count in each.body.owners) == touched  # type: ignore[union-attr]


def test_how_much_a_silent_intent_touches_is_no_reason_to_refuse_it() -> None:
    """With one touch left, a refusal of what touches two would tell of two, for nothing."""
    rules = msgspec.structs.replace(ATTACK, version="b", check_budget=1)
    attacker = Attacker(HERE.volume, rules)
    attacker.scene.tell("north", details(HERE.volume, visibility=HIDDEN))
    assert b'"cells"' in attacker.silent(thin())
    assert b"budget-spent" in attacker.silent(thin())
    assert b"budget-spent" in attacker.silent(thin(south=46, north=46.1))


def test_a_hidden_crowd_is_no_reason_to_refuse() -> None:
    """The limit of 20,000 pairs that one command may touch counts what its author sees."""
    scene = Scene("north", "south")
    crowd = [volume(47 + number * 1e-6) for number in range(100)]
    for number in range(2):
        scene.tell("south", details(*crowd), intent=f"s{number}")
    scene.tell("north", details(crowd[0], visibility=named()))
    scene.tell("south", details(*crowd), intent="just as many as may be")
    scene.tell("south", details(volume(48)), intent="one more", activated=False)
    refusal = scene.refuse(SubmitIntent(IntentId("p"), details(*crowd)), author("south"))
    assert refusal.rule == "too-complex"


# -- what the grid promises -------------------------------------------------------------------

shapes = st.builds(
    lambda north_m, east_m, radius_m, lower_m, high_m, start, long: volume(
        47 + north_m / 111_180, 8 + east_m / 75_990, radius_m=radius_m, lower_m=lower_m,
        upper_m=lower_m + high_m, from_min=start, until_min=start + long,
    ),
    st.integers(-4000, 4000), st.integers(-4000, 4000), st.integers(1, 2500),
    st.integers(-20, 160), st.integers(0, 80), st.integers(60, 90), st.integers(0, 12),
)  # fmt: skip


def reference_cells(shape: Volume4D) -> set[tuple[int, int]]:
    """Every cell of the grid that a footprint touches, each looked at."""
    prepared = prepare(shape)
    assert isinstance(shape.footprint, Circle)
    row, column = shape.footprint.latitude_nd // CELL_ND, shape.footprint.longitude_nd // CELL_ND
    return {
        (y, x)
        for y in range(row - 4, row + 5)
        for x in range(column - 5, column + 6)
        if not horizontal_gap_mm(_cell(y, x), prepared)
    }


def _cell(row: int, column: int) -> object:
    south, west = row * CELL_ND, column * CELL_ND
    ring = ((south, west), (south, west + CELL_ND), (south + CELL_ND, west + CELL_ND),
            (south + CELL_ND, west))  # fmt: skip
    level = Altitude(0, AltitudeReference.W84)
    return prepare(Volume4D(Polygon(ring), level, level, 0, 0))


def reference_meets(first: Volume4D, second: Volume4D) -> bool:
    """Whether both touch one cell, one step of height and one step of time."""
    heights = [
        set(range(each.lower.value_mm // 50_000, each.upper.value_mm // 50_000 + 1))
        for each in (first, second)
    ]
    times = [
        set(range(each.start_us // 300_000_000, each.end_us // 300_000_000 + 1))
        for each in (first, second)
    ]
    return bool(
        heights[0] & heights[1]
        and times[0] & times[1]
        and reference_cells(first) & reference_cells(second)
    )


@settings(max_examples=60, deadline=None)
@given(first=shapes, second=shapes)
def test_two_meet_on_the_grid_where_they_touch_the_same_cells(
    first: Volume4D, second: Volume4D
) -> None:
    ours, theirs = prepare(first), prepare(second)
    felt = (prepare(felt_as(first, DEFAULT_RULES)), prepare(felt_as(second, DEFAULT_RULES)))
    met = meet(ours, theirs, felt, DEFAULT_RULES, Separation())
    assert met == reference_meets(first, second)
    assert met == meet(theirs, ours, (felt[1], felt[0]), DEFAULT_RULES, Separation())


@pytest.mark.requirement("L-11")
@settings(max_examples=60, deadline=None)
@given(
    first=shapes,
    second=shapes,
    horizontal_m=st.sampled_from([0, 0, 800]),
    vertical_m=st.sampled_from([0, 30]),
    minutes=st.sampled_from([0, 2]),
    hidden_first=st.booleans(),
)
def test_whatever_truly_clashes_is_told_to_both(
    first: Volume4D,
    second: Volume4D,
    horizontal_m: int,
    vertical_m: int,
    minutes: int,
    hidden_first: bool,
) -> None:
    apart = Separation(horizontal_m * 1000, vertical_m * 1000, minutes * MINUTE_US)
    rules = Rules(version="s", separation=apart)
    scene = Scene("north", "south", rules=rules)
    first_seen, second_seen = (HIDDEN, OPEN) if hidden_first else (OPEN, HIDDEN)
    scene.tell("north", details(first, visibility=first_seen))
    scene.tell("south", details(second, visibility=second_seen))
    if conflict(prepare(first), prepare(second), apart) is not None:
        assert scene.notices("north")
        assert scene.notices("south")
    felt = (prepare(felt_as(first, rules)), prepare(felt_as(second, rules)))
    met = meet(prepare(first), prepare(second), felt, rules, apart)
    assert bool(scene.notices("south")) == met == bool(scene.notices("north"))
