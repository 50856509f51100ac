"""Whose tracks the areas of agreements are watched for, and what the watch then says."""

from unittest import mock

import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st
from pyproj import Geod

from agreements_scene import PACT, act, agreed, scene
from scenes import START_US, details, signer, volume
from wideberth.decisions import agreed_tracks
from wideberth.decisions.agreed_tracks import bound_now
from wideberth.model.agreements import Act, LegalKind
from wideberth.model.consents import AnswerConsent, AskConsent, Verdict
from wideberth.model.ids import ConsentId
from wideberth.model.intents import ActorClass, IntentKind, Under
from wideberth.model.provisions import (
    AgreedZone,
    Line,
    LineBuffer,
    MovingBuffer,
    SeparationRow,
    SeparationTable,
    Side,
)
from wideberth.model.zones import ZoneRule
from wideberth.space.time import DAY_US, MINUTE_US, SECOND_US
from wideberth.templates import TEMPLATES, filled
from wideberth.watch.engine import Watch
from wideberth.watch.observations import Raised
from wideberth.watch.reports import PositionReport, ReportBatch
from wideberth.watch.settings import FeedSettings, TrackSettings, WatchSettings

GEOD = Geod(ellps="WGS84")
NAUTICAL_MILE_M = 1852
ALONG = Line(id="line", points=((47_000_000_000, 7_000_000_000), (47_000_000_000, 9_000_000_000)))
EXACT = WatchSettings(
    tracks=TrackSettings(default_feed=FeedSettings(horizontal_error_m=1, vertical_error_m=1))
)


def bound(world):
    """For whom each provision's areas are watched now."""
    return {
        name.split("/", 3)[3]: sorted(parties)
        for name, (_, parties) in bound_now(world.picture, world.now_us).items()
    }


class Looking:
    """A watch that is kept in step with a scene, as the live side of a node keeps one."""

    def __init__(self, world):
        self.world, self.watch, self.has = world, Watch(EXACT), {}

    def events(self, *tracks, seconds=0, height_m=1000.0):
        """What it says when it hears of tracks: name, owner, latitude, longitude, speed, course."""
        now_us = self.world.now_us + seconds * SECOND_US
        found = bound_now(self.world.picture, self.world.now_us)
        events = []
        for name in self.has.keys() - found.keys():
            events += self.watch.remove_zone(name, now_us)
        for name, (area, parties) in found.items():
            if self.has.get(name) != parties:
                volumes = self.world.picture.prepared(area.volumes)
                rule = f"agreed-{area.rule.value}"
                self.watch.put_zone(name, volumes, name=name, bound=parties, rule=rule)
        self.has = {name: parties for name, (_, parties) in found.items()}
        reports = [
            PositionReport(
                name, now_us, latitude, longitude, height_m,
                ground_speed_m_s=speed, course_deg=course, owner=owner,
            )
            for name, owner, latitude, longitude, speed, course in tracks
        ]  # fmt: skip
        self.watch.observe(ReportBatch.of(reports, feed="radar", feed_party="desk"), now_us)
        return events + self.watch.tick(now_us)

    def entering(self, *tracks, **more):
        """(track, area, seconds until it enters) of what is raised."""
        return {
            (
                event.warning.key.objects[0].id,
                event.warning.key.objects[1].id.split("/", 3)[3],
                (event.warning.seen.margin.time_us or 0) // SECOND_US,
            )
            for event in self.events(*tracks, **more)
            if isinstance(event, Raised) and str(event.warning.key.kind) == "incursion"
        }


def middle_of_the_line():
    ((_, latitude),) = GEOD.npts(7, 47, 9, 47, 1)
    return latitude


@pytest.mark.parametrize("side", list(Side))
def test_a_track_in_a_strip_on_one_side_of_a_line_is_told_of(side):
    world = scene()
    agreed(world, ALONG, LineBuffer(id="strip", line="line", width_m=5_000, side=side))
    assert bound(world) == {"strip": ["north", "south"]}
    middle = middle_of_the_line()
    tracks = [
        (f"{owner} {metres}", owner, middle + metres / 111_180, 8.0, 0.0, 0.0)
        for metres in (-5_500, -4_500, 4_500, 5_500)
        for owner in ("north", "west")
    ]
    sides = {Side.LEFT: [4_500], Side.RIGHT: [-4_500], Side.BOTH: [-4_500, 4_500]}[side]
    expected = {(f"north {metres}", "strip", 0) for metres in sides}
    assert Looking(world).entering(*tracks) == expected, "west has agreed nothing"


def test_when_a_track_enters_a_strip_is_told_before():
    world = scene()
    agreed(world, ALONG, LineBuffer(id="strip", line="line", width_m=5_000, side=Side.LEFT))
    place = middle_of_the_line() + 11_000 / 111_180
    ((_, _, seconds),) = Looking(world).entering(("a", "south", place, 8.0, 100.0, 180.0))
    assert 56 <= seconds <= 60, "never late; a cover of the strip is 2 % wider at most"


def test_a_strip_for_a_class_holds_for_who_may_be_of_it():
    world = scene()
    row = SeparationRow(actor=ActorClass.FIXED, line="line", distance_m=10_000, armed=True)
    agreed(world, ALONG, SeparationTable(id="table", rows=(row,)))
    assert bound(world) == {"table/1": ["north", "south"]}, "who tells nothing may be anything"
    now = {"from_min": 0, "until_min": 60}
    world.tell("north", details(volume(48.0, 8.0, **now), under=Under(ActorClass.ROTARY)))
    world.tell("south", details(volume(48.0, 9.0, **now), under=Under(ActorClass.FIXED)))
    world.now_us += 5 * MINUTE_US
    assert bound(world) == {"table/1": ["south"]}
    world.now_us += 2 * 60 * MINUTE_US
    assert bound(world) == {"table/1": ["north", "south"]}, "what was under way is over"


def test_an_area_that_asks_nothing_of_what_moves_is_not_watched():
    world = scene()
    strip = LineBuffer(id="strip", line="line", width_m=5_000, kinds=(IntentKind.HAZARD,))
    agreed(world, ALONG, strip)
    assert bound(world) == {}


def test_a_suspended_or_ended_agreement_is_watched_no_more():
    world = scene()
    agreed(world, ALONG, LineBuffer(id="strip", line="line", width_m=5_000))
    looking = Looking(world)
    track = ("a", "north", middle_of_the_line(), 8.0, 0.0, 0.0)
    assert looking.entering(track) == {("a", "strip", 0)}
    world.accept(act(1, Act.SUSPEND, reason="a storm"), signer("north"))
    assert bound(world) == {}
    assert [type(each).__name__ for each in looking.events(track, seconds=1)][:1] == ["Lapsed"]


def fire_traffic_area():
    """A world with the template in force: north is the air desk, south flies."""
    world = scene()
    text = filled(
        TEMPLATES["fire-traffic-area"],
        parties=("north", "south"),
        effective_us=START_US,
        expires_us=START_US + 90 * DAY_US,
    )
    agreed(world, *text.provisions, kind=LegalKind.CONSENT)
    return world


def ring_place(miles, bearing=90.0):
    longitude, latitude, _ = GEOD.fwd(-121.0, 44.0, bearing, miles * NAUTICAL_MILE_M)
    return latitude, longitude


def flight_in(miles):
    """An intent of a flight that reaches so far out from the middle."""
    metres = round(miles * NAUTICAL_MILE_M)
    return details(volume(44.0, -121.0, radius_m=metres, from_min=0, until_min=60, upper_m=3000))


def test_both_rings_of_a_fire_traffic_area_are_watched():
    world = fire_traffic_area()
    assert bound(world) == {"initial-contact": ["south"], "no-communication": ["south"]}
    inbound = (*ring_place(13.0), 50.0, 270.0)
    looking = Looking(world)
    told = looking.entering(("t", "south", *inbound), ("desk", "north", *inbound))
    ((track, area, seconds),) = told
    assert (track, area) == ("t", "initial-contact"), "the air desk is not bound"
    assert 34 <= seconds <= NAUTICAL_MILE_M / 50, "never late"
    told = looking.entering(("u", "south", *ring_place(7.5), 50.0, 270.0), seconds=1)
    assert {each[:2] for each in told} == {("u", "initial-contact"), ("u", "no-communication")}
    assert sorted(each[2] for each in told) == [0, pytest.approx(NAUTICAL_MILE_M / 2 / 50, abs=2)]


def test_who_told_of_its_flight_may_come_to_the_inner_ring_and_not_into_it():
    world = fire_traffic_area()
    track = ("t", "south", *ring_place(10.0), 0.0, 0.0)
    looking = Looking(world)
    assert looking.entering(track) == {("t", "initial-contact", 0)}
    world.tell("south", flight_in(8.0))
    assert bound(world) == {"no-communication": ["south"]}
    assert looking.entering(track, seconds=1) == set()
    inside = ("t", "south", *ring_place(6.5), 0.0, 0.0)
    assert looking.entering(inside, seconds=60) == {("t", "no-communication", 0)}


@pytest.mark.parametrize("verdict", [None, *Verdict])
def test_only_a_yes_of_the_air_desk_opens_the_inner_ring(verdict):
    world = fire_traffic_area()
    intent = world.tell("south", flight_in(8.0))
    asked = ConsentId("may-i")
    world.accept(
        AskConsent(asked, PACT, 1, "entry", "Tanker 71 to drop", intent.id), signer("south")
    )
    if verdict is not None:
        world.accept(AnswerConsent(asked, verdict, "by radio"), signer("north"))
    is_open = verdict in (Verdict.APPROVED, Verdict.CLEARED)
    assert bound(world) == ({} if is_open else {"no-communication": ["south"]})
    world.now_us += 61 * MINUTE_US
    assert "no-communication" in bound(world), "the intent that it was asked for is over"


FLIGHTS = st.lists(
    st.tuples(
        st.sampled_from([0, 6, 8, 11, 14]),  # miles from the middle; half a mile in size
        st.integers(0, 5).map(lambda each: each * 30),  # minutes until it begins
        st.sampled_from([20, 90]),  # and how long it is
        st.sampled_from(["not asked", "asked", *Verdict]),
    ),
    max_size=3,
)
MINUTES = st.lists(st.integers(0, 60).map(lambda each: each * 5 + 1), min_size=1, max_size=4)


def play_rings(told, minutes):
    """A Fire Traffic Area while flights come and go, against what its two rules say in words."""
    world = fire_traffic_area()
    began_us = world.now_us
    for number, (miles, begin, length, answer) in enumerate(told):
        latitude, longitude = ring_place(miles)
        shape = volume(
            latitude, longitude, radius_m=926, from_min=begin, until_min=begin + length,
            upper_m=3000,
        )  # fmt: skip
        intent = world.tell("south", details(shape))
        if answer != "not asked":
            asked = ConsentId(f"may-i-{number}")
            world.accept(AskConsent(asked, PACT, 1, "entry", "to drop", intent.id), signer("south"))
        if isinstance(answer, Verdict):
            world.accept(AnswerConsent(asked, answer, "by radio"), signer("north"))
    for minute in sorted(minutes):
        world.now_us = max(world.now_us, began_us + minute * MINUTE_US)
        at = (world.now_us - START_US) / MINUTE_US
        now = [each for each in told if each[1] - 3 <= at <= each[1] + each[2]]
        has_told = any(miles <= 12 for miles, *_ in now)
        may_enter = any(
            miles <= 7 and answer in (Verdict.APPROVED, Verdict.CLEARED)
            for miles, _, _, answer in now
        )
        expected = {
            **({} if has_told else {"initial-contact": ["south"]}),
            **({} if may_enter else {"no-communication": ["south"]}),
        }
        assert bound(world) == expected, (told, at)


@settings(max_examples=40, deadline=None)
@given(FLIGHTS, MINUTES)
def test_the_rings_hold_for_who_has_not_told_and_was_not_let_in(told, minutes):
    play_rings(told, minutes)


def whenever(met, _now_us):
    return met.truly


def whatever_was_answered(picture, _agreement):
    asked = (picture.consents[each] for each in picture.consents)
    return {each.intent for each in asked if each.intent is not None}


@pytest.mark.parametrize(
    ("name", "fault"), [("excuses", whenever), ("_consented", whatever_was_answered)]
)
def test_the_play_finds_rings_that_are_open_too_wide(name, fault):
    found = settings(max_examples=500, deadline=None, phases=[Phase.explicit, Phase.generate])(
        example([(0, 60, 20, "asked")], [1, 71])(given(FLIGHTS, MINUTES)(play_rings))
    )
    with mock.patch.object(agreed_tracks, name, fault), pytest.raises(AssertionError):
        found()


def test_a_moving_buffer_has_no_place_of_its_own_to_watch():
    world = scene()
    agreed(world, MovingBuffer(id="ships", round=(ActorClass.SHIP,), radius_m=18_520))
    assert bound(world) == {}


def test_a_zone_of_an_agreement_is_watched_in_its_heights():
    world = scene()
    shape = volume(47.0, 8.0, radius_m=5000, upper_m=900)
    zone = AgreedZone(
        id="zone", rule=ZoneRule.KEEP_OUT, footprint=shape.footprint, lower=shape.lower,
        upper=shape.upper, parties=("south",),
    )  # fmt: skip
    agreed(world, zone)
    assert bound(world) == {"zone": ["south"]}
    looking = Looking(world)
    low, high = ("a", "south", 47.0, 8.0, 0.0, 0.0), ("b", "south", 47.01, 8.0, 0.0, 0.0)
    assert looking.entering(low, height_m=500.0) == {("a", "zone", 0)}
    assert looking.entering(high, seconds=1) == set()
