"""A stream of positions in an area: what is passed over in bulk is in no area, and of the others
those alone are judged that moved.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wideberth.faces.api import filters, stream
from wideberth.faces.api.areas import Area, Slab, area_of_box, area_of_footprint
from wideberth.faces.api.filters import maybe_in, track_is_in
from wideberth.faces.api.stream import _Positions
from wideberth.live import ShownTracks
from wideberth.picture.picture import Picture
from wideberth.space.time import SECOND_US
from wideberth.space.volume import circle, polygon
from wideberth.watch.fusion import FusedTrack, fused
from wideberth.watch.reports import PositionReport, ReportBatch
from wideberth.watch.rows import Columns
from wideberth.watch.tracks import TrackTable

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

    monkeypatch.setattr(stream, "track_is_in", counted)
    monkeypatch.setattr(
        stream, "wanted_of", lambda *_: filters.Wanted(area=area and AREAS[5](Slab()))
    )
    call: Any = SimpleNamespace(picture=PICTURE, party="alpha", query=None)
    positions = _Positions(call)

    async def told(*places: tuple[str, float, float]) -> set[str]:
        asked.clear()
        columns = columns_of(
            *(
                PositionReport(name, NOW_US - round(ago_s * SECOND_US), latitude, 7.0)
                for name, latitude, ago_s in places
            )
        )
        held = fused(columns.row(k) for k in range(len(columns)))

        async def seen(*_: Any, **_more: Any) -> list[FusedTrack]:
            return held

        moved = await positions.moved(ShownTracks(seen, lambda *_: True))
        return {msgspec.json.decode(each)["track"] for each in moved}

    everything = area is None
    assert await told(("in", 47.0, 9), ("out", 48.0, 9)) == {"in", *(["out"] if everything else [])}
    assert await told(("in", 47.0, 9), ("out", 48.0, 9)) == set()
    assert asked == ([] if everything else ["out"])
    assert "in" in await told(("in", 48.0, 5), ("out", 48.0, 9))  # it left: told once more
    assert await told(("in", 48.0, 5), ("out", 48.0, 9)) == set()
    assert await told(("in", 48.0, 3), ("out", 48.0, 9)) == ({"in"} if everything else set())
