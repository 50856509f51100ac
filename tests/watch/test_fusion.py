"""One thing from several feeds: against a slow reference, and each value from the right source."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wideberth.model.warnings import WarningKind
from wideberth.space.time import MINUTE_US, SECOND_US
from wideberth.watch import agreeing, fusion
from wideberth.watch.agreeing import MOST_TOGETHER, identities
from wideberth.watch.engine import Watch
from wideberth.watch.fusion import FusedTrack, agree, conflicts_of, fused
from wideberth.watch.identity import identity_of
from wideberth.watch.observations import Cleared, Raised
from wideberth.watch.reports import PositionReport, ReportBatch
from wideberth.watch.rows import Columns, rows_of
from wideberth.watch.settings import FeedSettings, TrackSettings, WatchSettings
from wideberth.watch.things import Things, cursor_of
from wideberth.watch.tracks import TrackKey, TrackRow, TrackTable

NOW_US = 1_600_000_000 * SECOND_US
ICAO, OTHER = "4b1816", "4ca7b6"
METRE_DEG = 1 / 111_200


def report(track: str = ICAO, at_s: float = 0.0, north_m: float = 0.0, **more: Any) -> Any:
    time_us = NOW_US + round(at_s * SECOND_US)
    return PositionReport(track, time_us, 47.0 + north_m * METRE_DEG, 8.0, **more)


def held(*told: tuple[str | None, str, PositionReport], now_s: float = 0.0) -> list[TrackRow]:
    table = table_of(*told)
    return rows_of(table, table.slots(), NOW_US + round(now_s * SECOND_US))


def table_of(*told: tuple[str | None, str, PositionReport]) -> TrackTable:
    table = TrackTable(TrackSettings(default_feed=FeedSettings(clock_error_us=0)))
    for party, feed, each in told:
        table.update(ReportBatch.of([each], feed=feed, feed_party=party), NOW_US)
    return table


def one(*told: tuple[str | None, str, PositionReport], now_s: float = 0.0) -> FusedTrack:
    (found,) = fused(held(*told, now_s=now_s))
    return found


@pytest.mark.parametrize(
    ("id_", "kind"),
    [
        (ICAO, "icao"), (ICAO.upper(), "icao"), ("non-icao:4b1816", "of north"),
        ("4b18167", "of north"), ("drone-1", "of north"), ("1596F3A1B2C3D4E5F6A7", "serial"),
        ("1596E3A1B2C3D4E5F6A7", "of north"), ("1596F3A1B2C3D4E5F6O7", "of north"),
        ("a6423fb8-3d8b-4f0b-9a55-0b7e3a1f7d10", "uuid"),
    ],
)  # fmt: skip
def test_an_id_that_is_given_out_once_in_the_world_means_the_same_everywhere(
    id_: str, kind: str
) -> None:
    assert identity_of("north", id_)[0] == kind
    assert (identity_of("north", id_) == identity_of("south", id_)) == (kind != "of north")


def test_the_same_aircraft_of_three_feeds_of_two_parties_is_one_with_its_sources() -> None:
    thing = one(
        ("north", "adsb", report(at_s=-2, altitude_w84_m=1000.0, callsign="SWR1", owner="north")),
        ("north", "tak", report(at_s=-1, accuracy_m=20.0)),
        (None, "public", report(ICAO.upper(), at_s=-9, altitude_std_m=990.0)),
    )
    assert thing.key == TrackKey(None, "public", ICAO.upper())
    assert thing.position.feed == "tak"
    assert {name: row.feed for name, row in thing.used.items()} == {
        "position": "tak", "altitude": "adsb", "pressure altitude": "public",
        "call sign": "adsb", "party": "adsb",
    }  # fmt: skip
    assert thing.conflicts == ()
    assert len(thing.rows) == 3


def test_ids_that_are_a_partys_own_word_are_two_things() -> None:
    both = held(("north", "a", report("drone-1")), ("south", "a", report("drone-1")))
    assert len(fused(both)) == 2
    same = held(("north", "a", report("drone-1")), ("north", "b", report("drone-1")))
    assert len(fused(same)) == 1


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (report(at_s=-3, accuracy_m=10.0), report(accuracy_m=500.0)),  # newer, and knows less
        (report(accuracy_m=10.0), report(at_s=-30, accuracy_m=9.0)),  # older, and widened
        (report(at_s=-20, accuracy_m=900.0), report(at_s=-70, accuracy_m=1.0)),  # silent
    ],
    ids=["a claimed worse accuracy does not win", "newer", "silent"],
)
def test_the_position_is_of_the_one_that_is_known_best_now(
    better: PositionReport, worse: PositionReport
) -> None:
    moving = {"ground_speed_m_s": 0.0, "course_deg": 0.0}
    told = [msgspec.structs.replace(each, **moving) for each in (better, worse)]
    for order in (told, told[::-1]):
        names = {id(told[0]): "better", id(told[1]): "worse"}
        thing = one(*(("north", names[id(each)], each) for each in order))
        assert thing.position.feed == "better"


def test_what_cannot_be_is_used_only_where_nothing_else_is() -> None:
    thing = one(
        ("north", "spoofed", report(at_s=-10, accuracy_m=1.0)),
        ("north", "spoofed", report(at_s=-9, north_m=90_000, accuracy_m=1.0)),
        ("south", "sound", report(at_s=-9, accuracy_m=90.0)),
    )
    assert thing.position.feed == "sound"
    assert thing.implausible == "speed-impossible"
    assert thing.conflicts == ("position",)
    assert thing.uncertainty_m > 90_000 - 500


def going(speed_m_s: float, course_deg: float, *, at_s: float = 0, **more: Any) -> PositionReport:
    """One that says how it moves."""
    return report(at_s=at_s, ground_speed_m_s=speed_m_s, course_deg=course_deg, **more)


def test_a_velocity_that_is_derived_contradicts_nothing() -> None:
    rows = held(
        ("north", "a", report(at_s=-10)),
        ("north", "a", report(at_s=0, north_m=600)),
        ("south", "b", going(60.0, 180.0)),
    )
    assert {row.velocity_source for row in rows} == {"derived", "reported"}
    assert "velocity" not in conflicts_of(*rows)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (report(accuracy_m=10.0), report(north_m=19, accuracy_m=10.0), ()),
        (report(accuracy_m=10.0), report(north_m=21, accuracy_m=10.0), ("position",)),
        (report(accuracy_m=0.0), report(at_s=-10, north_m=549, accuracy_m=0.0), ()),
        (report(accuracy_m=0.0), report(at_s=-10, north_m=551, accuracy_m=0.0), ("position",)),
        (report(altitude_w84_m=100.0), report(altitude_w84_m=160.0), ()),
        (report(altitude_w84_m=100.0), report(altitude_w84_m=161.0), ("altitude",)),
        (report(altitude_std_m=100.0), report(altitude_std_m=161.0), ("pressure altitude",)),
        (report(altitude_w84_m=100.0), report(altitude_std_m=900.0), ()),
        (going(60.0, 90.0), going(69.0, 90.0), ()),
        (going(60.0, 90.0), going(110.0, 90.0), ("velocity",)),
        (going(60.0, 90.0), going(60.0, 270.0), ("velocity",)),
        (going(60.0, 356.0), going(60.0, 4.0), ()),
        (going(4.9, 0.0), going(4.9, 180.0), ()),
        (going(60.0, 90.0), going(60.0, 270.0, at_s=-9), ()),  # it may have turned
        (going(60.0, 90.0), report(), ()),
        # Heights and velocities are held against each other by their own times.
        (
            report(altitude_w84_m=100.0, altitude_time_us=NOW_US - 10 * SECOND_US),
            report(altitude_w84_m=250.0),
            (),
        ),
        (
            report(altitude_w84_m=100.0),
            report(at_s=-10, altitude_w84_m=170.0, altitude_time_us=NOW_US),
            ("altitude",),
        ),
        (going(60.0, 90.0, velocity_time_us=NOW_US - 9 * SECOND_US), going(60.0, 270.0), ()),
        (going(60.0, 90.0), going(60.0, 270.0, at_s=-9, velocity_time_us=NOW_US), ("velocity",)),
        (report(callsign="SWR1"), report(callsign="swr 1"), ()),
        (report(callsign="SWR1"), report(callsign="SWR2"), ("call sign",)),
        (report(callsign="SWR1"), report(at_s=-601, callsign="SWR2"), ()),
        (
            report(callsign="SWR1"),
            report(callsign="SWR2", callsign_time_us=NOW_US - 601 * SECOND_US),
            (),
        ),
        (report(owner="north"), report(owner="south"), ("party",)),
    ],
)
def test_what_conflicts_is_shown(
    first: PositionReport, second: PositionReport, expected: tuple[str, ...]
) -> None:
    rows = held(("north", "a", first), ("south", "b", second))
    assert conflicts_of(*rows) == conflicts_of(*rows[::-1]) == expected
    assert fused(rows)[0].conflicts == expected


def test_a_call_sign_joins_what_is_at_one_place_and_nothing_else() -> None:
    named = report("drone-7", callsign="RESCUE 7")
    joined = held(("north", "own", named), (None, "adsb", report(callsign="RESCUE7")))
    assert len(fused(joined)) == 1
    for other in (
        report(callsign="RESCUE7", north_m=900),
        report(callsign="RESCUE8"),
        report("drone-8", callsign="RESCUE7"),  # its party says that it is another
        report(callsign="RESCUE7", owner="south"),
    ):
        party = "north" if other.track_id == "drone-8" else None
        mine = msgspec.structs.replace(named, owner="north")
        assert len(fused(held(("north", "own", mine), (party, "adsb", other)))) == 2
    short = [report("drone-7", callsign="A7"), report(callsign="A7")]
    assert len(fused(held(("north", "own", short[0]), (None, "adsb", short[1])))) == 2


TOLD = st.lists(
    st.tuples(
        st.sampled_from([None, "north", "south"]),
        st.sampled_from(["a", "b"]),
        st.builds(
            report,
            st.sampled_from([ICAO, ICAO.upper(), OTHER, "d1", "d2"]),
            st.sampled_from([0, -1, -5, -61, -70]),
            st.sampled_from([0, 20, 90, 220, 900]),
            accuracy_m=st.sampled_from([None, 0.0, 10.0, 5_000.0]),
            altitude_w84_m=st.sampled_from([None, 100.0, 150.0, 400.0]),
            altitude_std_m=st.sampled_from([None, 100.0, 400.0]),
            ground_speed_m_s=st.sampled_from([None, 0.0, 60.0]),
            course_deg=st.sampled_from([0.0, 180.0]),
            vertical_rate_m_s=st.sampled_from([None, 15.0]),
            callsign=st.sampled_from([None, "SWR1", "SWR2"]),
            owner=st.sampled_from([None, "north", "south"]),
            altitude_time_us=st.sampled_from([None, NOW_US, NOW_US - 8 * SECOND_US]),
            velocity_time_us=st.sampled_from([None, NOW_US - 8 * SECOND_US]),
        ),
    ),
    max_size=7,
)


def slow(rows: list[TrackRow]) -> list[tuple[Any, ...]]:
    """What is one thing, its name, its position's source, its conflicts: as the page says it."""
    groups: list[list[TrackRow]] = []
    for row in rows:
        for group in groups:
            first = group[0].key
            if identity_of(first.feed_party, first.track_id) == identity_of(
                row.key.feed_party, row.key.track_id
            ):
                group.append(row)
                break
        else:
            groups.append([row])
    merged = True
    while merged:
        merged = False
        for sign in ("SWR1", "SWR2"):
            named = [g for g in groups if {r.callsign for r in g} - {None} == {sign}]
            kinds = [identity_of(g[0].key.feed_party, g[0].key.track_id)[0] for g in named]
            everyone = [row for group in named for row in group]
            fits = all(agree(x, y) for x in everyone for y in everyone if x is not y)
            if len(named) > 1 and len(set(kinds)) == len(kinds) and fits:
                groups = [g for g in groups if g not in named] + [everyone]
                merged = True
    found: list[tuple[Any, ...]] = []
    for group in groups:
        best = group[0]
        for row in group[1:]:
            rank = [
                (each.state != "live", each.implausible is not None, each.uncertainty_m,
                 -each.time_us, each.key.feed_party or "", each.key.track_id, each.key.feed)
                for each in (row, best)
            ]  # fmt: skip
            if rank[0] < rank[1]:
                best = row
        conflicts = {
            name for x in group for y in group if x is not y for name in conflicts_of(x, y)
        }
        names = [(r.key.feed_party or "", r.key.track_id, r.key.feed) for r in group]
        found.append((min(names), best.key, frozenset(conflicts), len(group)))
    return sorted(found, key=lambda each: each[0])


def as_slow(found: list[FusedTrack]) -> list[tuple[Any, ...]]:
    return [
        ((f.key.feed_party or "", f.key.track_id, f.key.feed), f.position.key,
         frozenset(f.conflicts), len(f.rows))
        for f in found
    ]  # fmt: skip


@settings(deadline=None, max_examples=150)
@given(TOLD, st.randoms(use_true_random=False))
def test_fusion_is_that_of_the_slow_reference_in_any_order(told: Any, order: Any) -> None:
    rows = held(*told)
    order.shuffle(rows)
    found = fused(rows)
    assert as_slow(found) == slow(rows)
    assert sorted(r.key.feed for f in found for r in f.rows) == sorted(r.key.feed for r in rows)
    for each in found:
        assert each.uncertainty_m >= each.position.uncertainty_m
        assert set(each.used.values()) <= set(each.rows)
        if "position" in each.conflicts:  # it reaches around every claim that is in conflict
            for row in each.rows:
                against = any("position" in conflicts_of(row, o) for o in each.rows if o is not row)
                reach_m = fusion.distance_m(each.position, row) + row.uncertainty_m
                assert not against or each.uncertainty_m >= reach_m - 1e-6


@settings(deadline=None, max_examples=100)
@given(TOLD, st.sets(st.sampled_from([None, "north", "south"])))
def test_a_reader_is_shown_what_there_would_be_if_nothing_else_were_there(
    told: Any, seen: set[str | None]
) -> None:
    table = table_of(*told)
    things = Things(Columns(table, table.slots(), NOW_US))
    alone = held(*(each for each in told if each[0] in seen))
    groups = things.groups(lambda whose: whose.feed_party in seen)
    shown = things.seen(groups)
    assert sorted(shown, key=lambda f: as_slow([f])[0][0]) == fused(alone)
    assert things.rows(groups) == [r for r in held(*told) if r.key.feed_party in seen]


@settings(deadline=None, max_examples=100)
@given(TOLD, st.sets(st.sampled_from([None, "north", "south"])), st.sampled_from([-500.0, 0, 500]))
def test_of_a_place_a_reader_is_shown_the_things_of_which_it_sees_a_track_there(
    told: Any, seen: set[str | None], north_m: float
) -> None:
    table = table_of(*told)
    edge_deg = 47.0 + north_m * METRE_DEG
    things = Things(Columns(table, table.slots(), NOW_US))
    groups = things.groups(lambda whose: whose.feed_party in seen)
    everything = sorted(things.seen(groups), key=lambda f: as_slow([f])[0][0])
    besides = {each.key for each in everything[::2]}
    shown = things.seen(groups, where=lambda c: c.latitude_deg > edge_deg, besides=besides)
    assert sorted(shown, key=lambda f: as_slow([f])[0][0]) == [
        each
        for each in everything
        if each.key in besides or any(row.latitude_deg > edge_deg for row in each.rows)
    ]


def test_rows_are_made_of_those_alone_that_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    row = Columns.row
    monkeypatch.setattr(Columns, "row", lambda self, k: made.append(k) or row(self, k))
    told = [("north", f"n{k}", report(f"n{k}")) for k in range(5)]
    table = table_of(*told, ("south", "s", report("s", 0.0, 900.0)))
    things = Things(Columns(table, table.slots(), NOW_US))
    south = things.groups(lambda whose: whose.feed_party == "south")
    north = things.groups(lambda whose: whose.feed_party == "north")
    assert [len(things.seen(south)) for _ in range(2)] == [1, 1]
    assert made == [5]
    assert things.seen(north, where=lambda c: c.latitude_deg > 47.005) == []
    assert made == [5]
    assert len(things.seen(north)) == len(things.seen(north | south)) - 1 == 5
    assert sorted(made) == [0, 1, 2, 3, 4, 5]  # each once, for all readers


def check_pages(told: Any, seen: set[str | None], most: int, edge_deg: float | None) -> None:
    table = table_of(*told)
    columns = Columns(table, table.slots(), NOW_US)
    things = Things(columns)
    groups = things.groups(lambda whose: whose.feed_party in seen)
    pages: list[FusedTrack] = []
    while page := things.page(
        groups,
        after=cursor_of(pages[-1].key) if pages else None,
        most=most,
        where=None if edge_deg is None else lambda c: c.latitude_deg > edge_deg,
    ):
        assert len(page) <= most
        pages += page
    everything = sorted(Things(columns).seen(groups), key=lambda each: cursor_of(each.key))
    assert pages == [
        each for each in everything if edge_deg is None or each.position.latitude_deg > edge_deg
    ]


@settings(deadline=None, max_examples=60)
@given(
    TOLD,
    st.sets(st.sampled_from([None, "north", "south"])),
    st.integers(1, 3),
    st.sampled_from([None, 47.0, 47.0005]),
)
def test_pages_are_together_what_a_reader_is_shown(
    told: Any, seen: set[str | None], most: int, edge_deg: float | None
) -> None:
    check_pages(told, seen, most, edge_deg)


def test_the_check_finds_pages_that_take_any_of_a_things_positions_for_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = [("north", "a", report()), ("north", "b", report(north_m=900, accuracy_m=5_000.0))]
    check_pages(told, {"north"}, 1, 47.005)
    monkeypatch.setattr(
        Things, "_is_there", lambda self, thing, wanted: any(
            wanted[self._number(row.key)] for row in thing.rows
        ),
    )  # fmt: skip
    with pytest.raises(AssertionError):
        check_pages(told, {"north"}, 1, 47.005)


def test_rows_are_made_of_a_page_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    row = Columns.row
    monkeypatch.setattr(Columns, "row", lambda self, k: made.append(k) or row(self, k))
    table = table_of(*(("north", "f", report(f"n{k}")) for k in (4, 2, 0, 3, 1)))
    things = Things(Columns(table, table.slots(), NOW_US))
    groups = things.groups(lambda whose: True)
    page = things.page(groups, after="north/n1/f", most=2)
    assert [each.key.track_id for each in page] == ["n2", "n3"]
    assert sorted(made) == [1, 3]


def test_the_check_finds_a_fusion_that_takes_what_is_hidden() -> None:
    told = [("north", "a", report()), ("south", "b", report(north_m=900, accuracy_m=1.0))]
    leaking = [each for each in fused(held(*told)) if any(r.key.feed == "a" for r in each.rows)]
    assert leaking != fused(held(told[0]))


def slow_identities(table: TrackTable, slots: Any) -> list[set[int]]:
    rows = rows_of(table, np.array(slots), NOW_US)

    def same(x: TrackRow, y: TrackRow) -> bool:
        names = [identity_of(r.key.feed_party, r.key.track_id) for r in (x, y)]
        return names[0] == names[1]

    groups: dict[Any, set[int]] = {}
    for number, row in enumerate(rows):
        twins = [other for other in rows if other is not row and same(row, other)]
        with_all = all(agree(row, other) for other in twins)
        name = identity_of(row.key.feed_party, row.key.track_id) if with_all else number
        groups.setdefault(name, set()).add(number)
    return sorted(groups.values(), key=min)


def as_groups(numbers: Any) -> list[set[int]]:
    groups: dict[int, set[int]] = {}
    for number, code in enumerate(numbers.tolist()):
        groups.setdefault(code, set()).add(number)
    return sorted(groups.values(), key=min)


def check_identities(told: Any) -> None:
    table = table_of(*told)
    slots = table.slots()
    assert as_groups(identities(table, slots)) == slow_identities(table, slots)


@settings(deadline=None, max_examples=150)
@given(TOLD)
def test_what_is_no_pair_is_what_agrees_one_by_one(told: Any) -> None:
    check_identities(told)


def test_the_reference_finds_an_agreement_that_forgets_the_heights(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """At one place, 20 s apart, one on the ground and one at 9,000 m."""
    told = [
        ("north", "a", report(altitude_w84_m=0.0)),
        ("south", "b", report(at_s=-20.0, altitude_w84_m=9_000.0)),
    ]
    check_identities(told)
    monkeypatch.setattr(agreeing, "CLIMB_M_S", 1e9)
    with pytest.raises(AssertionError):
        check_identities(told)


def test_the_reference_finds_heights_that_are_held_against_each_other_by_the_positions_times(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of one moment and 150 m apart, joined to positions 15 s apart."""
    later = report(at_s=-15.0, altitude_w84_m=250.0, altitude_time_us=NOW_US)
    told = [("north", "a", report(altitude_w84_m=100.0)), ("south", "b", later)]
    check_identities(told)
    monkeypatch.setattr(agreeing, "_altitude_us", lambda table, slots: table.time_us[slots])
    with pytest.raises(AssertionError):
        check_identities(told)


def test_many_that_say_one_identity_are_not_taken_for_one() -> None:
    told = [("north", f"f{k}", report()) for k in range(17)]
    table = table_of(*told)
    assert len(set(identities(table, table.slots()).tolist())) == 17
    table = table_of(*told[:16])
    assert len(set(identities(table, table.slots()).tolist())) == 1


def test_many_feeds_that_say_one_identity_are_shown_one_by_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[None] = []
    real = fusion.conflicts_of
    monkeypatch.setattr(fusion, "conflicts_of", lambda *both: (asked.append(None), real(*both))[1])
    for count, things, pairs in (
        (MOST_TOGETHER, 1, MOST_TOGETHER * (MOST_TOGETHER - 1) // 2),
        (MOST_TOGETHER + 1, MOST_TOGETHER + 1, 0),
    ):
        asked.clear()
        rows = held(*(("alpha", f"f{number}", report()) for number in range(count)))
        assert len(fused(rows)) == things
        assert len(asked) == pairs
    named = [("alpha", f"f{k}", report(callsign="BAW123")) for k in range(MOST_TOGETHER)]
    assert len(fused(held(*named, ("alpha", "own", report("own-7", callsign="BAW123"))))) == 2


def look(watch: Watch, told: Any, at_s: float) -> list[Any]:
    now_us = NOW_US + round(at_s * SECOND_US)
    for party, feed, each in told:
        watch.observe(ReportBatch.of([each], feed=feed, feed_party=party), now_us)
    return watch.tick(now_us)


def test_one_aircraft_told_twice_is_no_pair_and_two_of_one_address_are() -> None:
    calm = {"ground_speed_m_s": 0.0, "course_deg": 0.0, "accuracy_m": 10.0}
    mine = ("north", "own", report(owner="north", **calm))
    assert look(Watch(), [mine, (None, "adsb", report(north_m=9, **calm))], 0) == []
    apart = look(Watch(), [mine, (None, "adsb", report(north_m=900, **calm))], 0)
    assert [type(each) for each in apart] == [Raised]
    both_own = look(Watch(), [mine, ("south", "own", report(owner="south", **calm))], 0)
    assert [type(each) for each in both_own] == [Raised]
    names = [
        ("north", "own", report("7", owner="north", **calm)),
        ("south", "x", report("7", **calm)),
    ]
    assert [type(each) for each in look(Watch(), names, 0)] == [Raised]


def test_what_either_source_raises_is_raised_and_the_other_clears_nothing() -> None:
    calm = {"ground_speed_m_s": 0.0, "course_deg": 0.0, "accuracy_m": 10.0}
    watch = Watch(WatchSettings())
    told: list[Any] = []
    for second in range(0, 120, 5):
        each = [
            ("north", "near", report(at_s=second, owner="north", **calm)),
            ("north", "far", report(at_s=second, north_m=50_000, owner="north", **calm)),
            ("south", "own", report(OTHER, at_s=second, north_m=500, owner="south", **calm)),
        ]
        told += look(watch, each, second)
    kinds = [str(each.warning.key.kind) for each in told if isinstance(each, Raised)]
    assert kinds == ["separation"]
    assert not any(isinstance(each, Cleared) for each in told)


def test_ages_are_bounded_by_the_minute_of_the_agreement() -> None:
    rows = held(("north", "a", report()), ("south", "b", report(at_s=-61)))
    assert not agree(*rows)
    assert agree(*held(("north", "a", report()), ("south", "b", report(at_s=-60))))
    assert agreeing.MOST_GAP_S * SECOND_US == MINUTE_US


def test_a_feed_that_lies_ahead_of_time_does_not_silence_an_honest_one_of_its_party() -> None:
    """One party, one id, two feeds: one is where it says, the other far away and 4 s ahead."""
    watch = Watch(WatchSettings(tracks=TrackSettings(default_feed=FeedSettings())))
    for second in range(30):
        now_us = NOW_US + second * SECOND_US
        for party, feed, each in (
            ("alpha", "honest", report("x", second, altitude_w84_m=500.0)),
            ("alpha", "lying", report("x", second + 4, 111_000.0, altitude_w84_m=500.0)),
            ("bravo", "own", report("y", second, 300.0, altitude_w84_m=500.0)),
        ):
            batch = ReportBatch.of([each], feed=feed, feed_party=party)
            assert not watch.observe(batch, now_us).refused
        watch.tick(now_us)
    (near,) = [key for key in watch.standing if key.kind is WarningKind.SEPARATION]
    assert {(each.feed_party, each.id) for each in near.objects} == {("alpha", "x"), ("bravo", "y")}
