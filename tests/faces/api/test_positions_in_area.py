"""A stream of positions in an area: what is passed over in bulk is in no area, and of the others
those alone are judged that moved.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wideberth.faces.api import filters, positions
from wideberth.faces.api.areas import Area, Slab, area_of_box, area_of_footprint
from wideberth.faces.api.filters import maybe_in, track_is_in
from wideberth.faces.api.positions import Moved, Positions
from wideberth.faces.api.tracks import are_in
from wideberth.live import ShownTracks
from wideberth.model.ids import PartyId
from wideberth.picture.picture import Picture
from wideberth.space.time import SECOND_US
from wideberth.space.volume import circle, polygon
from wideberth.watch.fusion import FusedTrack
from wideberth.watch.reports import PositionReport, ReportBatch
from wideberth.watch.rows import Columns
from wideberth.watch.things import Things
from wideberth.watch.tracks import TrackRow, TrackTable

NOW_US = 1_600_000_000 * SECOND_US
PICTURE = Picture()
PLACES = st.tuples(
    st.sampled_from([-90.0, -89.99, -0.3, 0.0, 46.9, 47.0, 47.1, 47.3, 89.9]),
    st.sampled_from([-180.0, -179.95, -0.2, 0.0, 7.0, 7.1, 7.4, 179.9, 180.0]),
)
HEIGHTS = st.sampled_from([None, -8000.0, 99.0, 100.5, 500.0, 100_000.0])
SLABS = st.sampled_from([Slab(), Slab(lower_mm=100_000), Slab(upper_mm=400_000)])
AREAS: list[Callable[[Slab], Area]] = [
    lambda slab: Area((), slab),
    lambda slab: area_of_box((46.9, 6.9, 47.1, 7.1), slab, PICTURE),
    lambda slab: area_of_box((-10.0, 179.9, 10.0, -179.9), slab, PICTURE),
    lambda slab: area_of_box((89.0, -180.0, 90.0, 180.0), slab, PICTURE),
    lambda slab: area_of_box((-90.0, 0.0, 90.0, 20.0), slab, PICTURE),
    lambda slab: area_of_footprint(circle(47.0, 7.0, 4_000), slab, PICTURE),
    lambda slab: area_of_footprint(polygon([(47, 7), (47, 8), (48, 8)]), slab, PICTURE),
]


def columns_of(*reports: PositionReport) -> Columns:
    table = TrackTable()
    table.update(ReportBatch.of(reports, feed="f", feed_party="alpha"), NOW_US)
    return Columns(table, table.slots(), NOW_US)


def left_out_wrongly(
    columns: Columns, area: Area, maybe: Callable[[Columns, Area], Any] = maybe_in
) -> list[int]:
    found = maybe(columns, area)
    rows = [columns.row(k) for k in range(len(columns))]
    return [k for k, row in enumerate(rows) if track_is_in(row, area, PICTURE) and not found[k]]


@settings(deadline=None, max_examples=60)
@given(
    st.lists(PLACES, min_size=1, max_size=9),
    st.sampled_from([(46.9, 6.9, 47.0, 7.1), (-1.0, 179.9, 90.0, -179.9), (89.95, 1.0, 90.0, 2.0)]),
)
def test_positions_in_a_box_are_told_all_at_once_as_one_by_one(
    places: list[tuple[float, float]], box: tuple[float, float, float, float]
) -> None:
    south, west, north, east = box

    def is_in(latitude: float, longitude: float) -> bool:
        if not south <= latitude <= north:
            return False
        if abs(latitude) == 90:
            return True  # every longitude is this point
        if west <= east:
            return west <= longitude <= east
        return longitude >= west or longitude <= east

    columns = columns_of(
        *(PositionReport(str(k), NOW_US, *place, None) for k, place in enumerate(places))
    )
    found = are_in(columns, box).tolist()
    assert found == [is_in(*each) for each in zip(*columns_deg(columns), strict=True)]


def columns_deg(columns: Columns) -> tuple[list[float], list[float]]:
    return columns.latitude_deg.tolist(), columns.longitude_deg.tolist()


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(PLACES, HEIGHTS, st.sampled_from([1.0, 9e3, 9e5])), min_size=1, max_size=9),
    st.sampled_from(AREAS),
    SLABS,
)
def test_nothing_is_passed_over_that_is_in_the_area(told: Any, area: Any, slab: Slab) -> None:
    columns = columns_of(
        *(
            PositionReport(str(k), NOW_US, *place, height, accuracy_m=accuracy_m)
            for k, (place, height, accuracy_m) in enumerate(told)
        )
    )
    assert left_out_wrongly(columns, area(slab)) == []


@settings(deadline=None, max_examples=100)
@given(PLACES, HEIGHTS, st.sampled_from(AREAS), SLABS)
def test_what_is_in_the_box_is_in_the_area_that_is_made_of_it(
    place: tuple[float, float], height: float | None, area: Any, slab: Slab
) -> None:
    (row,) = rows_in(PositionReport("a", NOW_US, *place, height, accuracy_m=1.0))
    whole = area(slab)
    if filters._is_in_box(row, whole):
        assert track_is_in(row, replace(whole, box=None), PICTURE)


def test_the_check_finds_a_box_that_is_taken_for_larger() -> None:
    (row,) = rows_in(PositionReport("a", NOW_US, 47.0, 8.0))
    whole = AREAS[1](Slab())
    planted = replace(whole, box=(46.0, 7.0, 48.0, 9.0))
    assert filters._is_in_box(row, planted)
    assert not track_is_in(row, replace(whole, box=None), PICTURE)


def rows_in(*reports: PositionReport) -> list[TrackRow]:
    columns = columns_of(*reports)
    return [columns.row(k) for k in range(len(columns))]


def test_the_check_finds_bounds_that_leave_out_how_sure_a_position_is() -> None:
    def surely(columns: Columns, area: Area) -> Any:
        exact = SimpleNamespace(
            latitude_deg=columns.latitude_deg,
            longitude_deg=columns.longitude_deg,
            altitude_w84_m=columns.altitude_w84_m,
            uncertainty_m=np.zeros(len(columns)),
        )
        return maybe_in(MeasuredColumns(exact), area)

    class MeasuredColumns:
        def __init__(self, of: Any) -> None:
            self.__dict__.update(vars(of))

        def __len__(self) -> int:
            return len(self.latitude_deg)  # type: ignore[attr-defined]

    columns = columns_of(PositionReport("a", NOW_US, 47.1, 7.0, accuracy_m=9e3))
    area = AREAS[5](Slab())
    assert left_out_wrongly(columns, area) == []
    assert left_out_wrongly(columns, area, surely) == [0]


def test_what_is_far_away_is_passed_over() -> None:
    columns = columns_of(*(PositionReport(str(k), NOW_US, 40.0 + k, 7.0) for k in range(15)))
    assert np.flatnonzero(maybe_in(columns, AREAS[5](Slab()))).tolist() == [7]


@pytest.mark.parametrize("area", ["circle=47,7,4000", None])
async def test_of_what_moved_alone_it_is_asked_whether_it_is_in_the_area(
    monkeypatch: pytest.MonkeyPatch, area: str | None
) -> None:
    asked: list[str] = []

    def counted(row: Any, *rest: Any) -> bool:
        asked.append(row.key.track_id)
        return track_is_in(row, *rest)

    monkeypatch.setattr(positions, "track_is_in", counted)
    line = a_line(monkeypatch, is_everywhere=area is None)

    async def told(*places: tuple[str, float, float]) -> set[str]:
        asked.clear()
        return names(await line.moved(shown_at(*places)))

    everything = area is None
    assert await told(("in", 47.0, 9), ("out", 48.0, 9)) == {"in", *(["out"] if everything else [])}
    assert asked == ([] if everything else ["in"]), "the other is passed over in bulk"
    assert await told(("in", 47.0, 9), ("out", 48.0, 9)) == set()
    assert asked == []
    assert "in" in await told(("in", 48.0, 5), ("out", 48.0, 9))  # it left: told once more
    assert await told(("in", 48.0, 5), ("out", 48.0, 9)) == set()
    assert await told(("in", 48.0, 3), ("out", 48.0, 9)) == ({"in"} if everything else set())


async def test_a_stream_that_missed_looks_is_told_of_what_left_the_area_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    quick, slow = (a_line(monkeypatch, is_everywhere=False) for _ in range(2))
    first = shown_at(("in", 47.0, 9), ("stays", 47.0, 9))
    assert names(await quick.moved(first)) == names(await slow.moved(first)) == {"in", "stays"}
    assert quick._told is slow._told, "it is worked out once"
    left = shown_at(("in", 48.0, 5), ("stays", 47.0, 9))
    assert names(await quick.moved(left)) == {"in"}
    later = shown_at(("in", 48.0, 5), ("stays", 47.0, 4))
    assert names(await quick.moved(later)) == {"stays"}
    assert names(await slow.moved(later)) == {"in", "stays"}
    assert quick._told is slow._told


def a_line(monkeypatch: pytest.MonkeyPatch, *, is_everywhere: bool) -> Positions:
    area = None if is_everywhere else AREAS[5](Slab())
    monkeypatch.setattr(positions, "wanted_of", lambda *_: filters.Wanted(area=area))
    return Positions(PartyId("alpha"), None, lambda: PICTURE)


def shown_at(*places: tuple[str, float, float]) -> ShownTracks:
    """Tracks by name, latitude and age in seconds; as the table gives them."""
    columns = columns_of(
        *(
            PositionReport(name, NOW_US - round(ago_s * SECOND_US), latitude, 7.0)
            for name, latitude, ago_s in places
        )
    )
    things = Things(columns)

    async def seen(is_seen: Any, **more: Any) -> list[FusedTrack]:
        return things.seen(things.groups(is_seen), **more)

    return ShownTracks(seen, lambda *_: True)


def names(moved: Moved) -> set[str]:
    return {msgspec.json.decode(each)["track"] for each in moved.words}
