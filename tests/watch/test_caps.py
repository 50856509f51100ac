"""A flood of tracks at one place fills its own places, and is counted; others are still warned."""

from __future__ import annotations

from wideberth.watch.engine import Watch
from wideberth.watch.observations import Cleared, Lapsed, Raised, Updated, WarningEvent
from wideberth.watch.reports import PositionReport, ReportBatch
from wideberth.watch.settings import PairSettings, WatchSettings
from wideberth.watch.unsaid import Unsaid

SECOND = 1_000_000
START = 1_700_000_000 * SECOND
RULES = WatchSettings(pairs=PairSettings(told_per_track=5, told_per_party=50))


def put(watch: Watch, now_us: int, feed_party: str, *tracks: tuple[str, str, float]) -> None:
    """Tracks at rest on the equator: id, owner, longitude."""
    reports = [
        PositionReport(
            track, now_us, 0.0, longitude, 100.0, ground_speed_m_s=0.0, course_deg=0.0,
            accuracy_m=1.0, owner=owner,
        )
        for track, owner, longitude in tracks
    ]  # fmt: skip
    watch.observe(ReportBatch.of(reports, feed="f", feed_party=feed_party), now_us)


def flood(watch: Watch, now_us: int, longitude: float = 10.0) -> None:
    put(watch, now_us, "crowd", *[(f"m{k}", ("a", "c")[k % 2], longitude) for k in range(200)])


def pairs_of(events: list[WarningEvent]) -> list[set[str]]:
    return [
        {ref.id for ref in event.warning.key.objects}
        for event in events
        if isinstance(event, Raised) and len(event.warning.key.objects) == 2
    ]


def test_a_flood_is_told_up_to_its_cap_and_counted_beyond() -> None:
    watch = Watch(RULES)
    flood(watch, START)
    events = watch.tick(START)
    told = pairs_of(events)
    assert len(told) == 50
    said = [event for event in events if event.warning.seen.rule == "more-pairs"]
    assert [event.warning.seen.objects[0].owner for event in said] == ["a", "c"]
    for event in said:
        assert f"{100 * 100 - 50} more pairs" in event.warning.seen.objects[0].identifying()[1]


def test_the_pair_of_two_others_in_the_middle_of_a_flood_is_told() -> None:
    watch = Watch(RULES)
    flood(watch, START)
    put(watch, START, "north", ("real-1", "n", 10.0001))
    put(watch, START, "south", ("real-2", "s", 10.0002))
    told = pairs_of(watch.tick(START))
    assert {"real-1", "real-2"} in told
    assert len(told) <= 50 * 3


def test_pairs_that_stand_keep_their_places_and_the_count_clears() -> None:
    watch = Watch(RULES)
    flood(watch, START)
    first = pairs_of(watch.tick(START))
    flood(watch, START + SECOND)
    assert pairs_of(watch.tick(START + SECOND)) == []
    assert len([key for key in watch.standing if len(key.objects) == 2]) == len(first)
    late = START + 2 * SECOND
    over: list[WarningEvent] = []
    for k in range(40):
        now_us = late + k * SECOND
        put(watch, now_us, "crowd", *spread())
        over += [event for event in watch.tick(now_us) if isinstance(event, Cleared)]
    assert {event.warning.seen.rule for event in over} >= {"more-pairs"}


def cleared(watch: Watch, seconds: range, *speak: tuple[str, str, float]) -> list[str]:
    """Whose counts are cleared while these tracks speak, and no other."""
    parties: list[str] = []
    for second in seconds:
        now_us = START + second * SECOND
        if speak:
            put(watch, now_us, "crowd", *speak)
        parties += [
            event.warning.key.objects[0].id
            for event in watch.tick(now_us)
            if event.warning.seen.rule == "more-pairs" and isinstance(event, Cleared | Lapsed)
        ]
    return parties


def spread(count: int = 200) -> list[tuple[str, str, float]]:
    return [(f"m{j}", ("a", "c")[j % 2], 10.0 + j / 10) for j in range(count)]


def test_counted_pairs_of_tracks_that_fall_silent_stand_as_last_known() -> None:
    watch = Watch(RULES)
    flood(watch, START)
    watch.tick(START)
    assert cleared(watch, range(1, 200)) == []
    counts = [each for key, each in watch.standing.items() if len(key.objects) == 1]
    assert [
        each.last_known_since_us is None for each in counts if each.seen.rule == "more-pairs"
    ] == [False] * 2


def test_one_silent_track_keeps_the_count_from_clearing_until_it_is_seen_apart() -> None:
    watch = Watch(RULES)
    flood(watch, START)
    watch.tick(START)
    # The others leave, far enough from one another; of one nothing is heard after a minute.
    assert cleared(watch, range(1, 180), *spread(199)) == []
    assert cleared(watch, range(180, 220), *spread()) == ["a", "c"]


def test_a_track_that_was_seen_apart_is_not_waited_for() -> None:
    watch = Watch(RULES)
    flood(watch, START)
    watch.tick(START)
    # Ten go away and are silent then; those that stay are too close all the while.
    stay = [(f"m{k}", ("a", "c")[k % 2], 10.0) for k in range(190)]
    assert cleared(watch, range(1, 40), *stay, *spread()[190:]) == []
    assert cleared(watch, range(40, 140), *stay) == []
    assert cleared(watch, range(140, 180), *spread(190)) == ["a", "c"]


def test_one_partys_events_do_not_stand_before_anothers() -> None:
    watch = Watch(RULES)
    flood(watch, START)
    # An early conflict of two others, less urgent than the flood's.
    put(watch, START, "north", ("real-1", "n", 20.0))
    put(watch, START, "south", ("real-2", "s", 20.016))
    waiting = Unsaid()
    events = watch.tick(START)
    for event in events:
        waiting.put(event)
    real = next(e.warning.id for e in events if "real-1" in repr(e.warning.key))
    assert waiting.in_turn().index(real) < 4


def test_what_waits_of_a_warning_stays_in_order_and_short() -> None:
    watch = Watch()
    put(watch, START, "north", ("a", "n", 10.0))
    put(watch, START, "south", ("b", "s", 10.0))
    waiting = Unsaid()
    events = watch.tick(START)
    for k in range(1, 200):  # they fall silent: worsened once, as last known
        events += watch.tick(START + k * SECOND)
    for event in events:
        if not isinstance(event, Updated):
            waiting.put(event)
    one = events[0].warning.id
    assert waiting.first(one) is events[0]
    waiting.said(events[0])
    left = waiting.first(one)
    assert left is not None
    waiting.said(left)
    assert waiting.first(one) is None
