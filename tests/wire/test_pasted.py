"""Pasted text becomes drafts, or it is said what was not read; nothing is lost, nothing guessed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from wideberth.errors import InvalidValue
from wideberth.space.coordinates import CoordinateFormat, format_position
from wideberth.space.volume import NANODEGREES
from wideberth.wire.pasted import Reading, places, read

PLACES = st.tuples(st.integers(-79_000, 79_000), st.integers(-179_000, 179_000)).filter(
    lambda place: abs(place[0]) > 20 or abs(place[1]) > 20  # not at 0 N, 0 E, which is asked about
)
"""Latitude, longitude in thousandths of a degree."""

WRITTEN = (
    CoordinateFormat.DEGREES,
    CoordinateFormat.MINUTES,
    CoordinateFormat.SECONDS,
    CoordinateFormat.COMPACT,
    CoordinateFormat.MGRS,
)
NOTAM = """A1234/26 NOTAMN
Q) LFFF/QRTCA/IV/BO/W/000/050/4851N00221E005
A) LFFF B) 2611221000 C) 2611221800{estimate}
{schedule}E) TEMPORARY RESTRICTED AREA {area}
{limits})"""


def notam(area: str, *, limits: str = "F) SFC G) 5000FT AMSL", **other: str) -> Reading:
    return read(NOTAM.format(area=area, limits=limits, **{"estimate": "", "schedule": ""} | other))


def rules(reading: Reading) -> list[str]:
    return [each.rule for each in reading.troubles]


def degrees(reading: Reading) -> list[tuple[float, float]]:
    return [(p.latitude, p.longitude) for draft in reading.drafts for p in draft.places]


@settings(max_examples=60)
@example(wanted=[(48_850, 2_350), (-33_900, 151_200)], form=CoordinateFormat.MGRS)
@given(wanted=st.lists(PLACES, min_size=1, max_size=5), form=st.sampled_from(WRITTEN))
def test_what_is_written_in_a_format_is_read_as_the_same_places_in_order(
    wanted: list[tuple[int, int]], form: CoordinateFormat
) -> None:
    read_as_written(wanted, form)


def read_as_written(wanted: list[tuple[int, int]], form: CoordinateFormat) -> None:
    """Each line against its own place, as circles: no shape stands in the way."""
    step_nd = NANODEGREES // 1000
    lines = [format_position(lat * step_nd, lon * step_nd, form) for lat, lon in wanted]
    reading = read("\n".join(lines), form="coordinates", shape="circle", datum="WGS84")
    assert not reading.troubles
    assert len(reading.drafts) == len(wanted)
    for (latitude, longitude), draft in zip(wanted, reading.drafts, strict=True):
        (place,) = draft.places
        assert place.latitude == pytest.approx(latitude / 1000, abs=2e-4)
        turned = (place.longitude - longitude / 1000 + 180) % 360 - 180
        assert turned == pytest.approx(0, abs=2e-3), (place, longitude)


def test_a_planted_swap_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    right = places.place_of

    def swapped(*given: Any, **named: Any) -> Any:
        found = right(*given, **named)
        if isinstance(found, places.DraftPlace) and abs(found.longitude) < 90:
            return places.DraftPlace(found.latitude, found.longitude)
        return found

    monkeypatch.setattr(places, "place_of", swapped)

    @settings(phases=[Phase.generate], database=None, max_examples=20)
    @given(wanted=st.lists(PLACES, min_size=1, max_size=3), form=st.sampled_from(WRITTEN))
    def planted(wanted: list[tuple[int, int]], form: CoordinateFormat) -> None:
        read_as_written(wanted, form)

    with pytest.raises(AssertionError):
        planted()


LINES = st.one_of(
    st.sampled_from(
        ["48.85, 2.35", "48.9 N 2.4 E", "485124N0022107E", "nowhere", "48,8566 2,3522", "91, 2", ""]
    ),
    st.text(max_size=30),
)


@settings(max_examples=80)
@given(st.lists(LINES, min_size=1, max_size=6))
def test_a_line_that_is_not_read_is_said_and_leaves_no_part_of_an_area(lines: list[str]) -> None:
    text = "\n".join(lines)
    if not text.strip():
        with pytest.raises(InvalidValue, match="empty"):
            read(text, form="coordinates")
        return
    reading = read(text, form="coordinates")
    assert bool(reading.drafts) != bool(reading.troubles)
    number = {n for n, line in enumerate(text.splitlines(), start=1) if line.strip()}
    assert {each.row for each in reading.troubles} <= number | {0}
    for draft in reading.drafts:
        assert draft.row in number


CELLS = st.sampled_from(["48.85", "2.35", "x", "", "500", "120 m AGL", '"', "48,8", "-5", "FL100"])


@settings(max_examples=80)
@given(
    header=st.permutations(["lat", "lon", "radius_m", "upper", "note"]),
    rows=st.lists(st.lists(CELLS, min_size=1, max_size=6), max_size=5),
    mark=st.sampled_from(["\t", ";"]),
)
def test_each_row_of_a_sheet_is_a_draft_or_a_trouble(
    header: list[str], rows: list[list[str]], mark: str
) -> None:
    text = "\n".join(mark.join(row) for row in [header, *rows])
    reading = read(text, form="table")
    if any(each.rule == "csv" for each in reading.troubles):
        return
    said = {each.row for each in reading.drafts} | {each.row for each in reading.troubles}
    if '"' in text:
        return  # a quoted cell may go on over lines
    wanted = {n for n, row in enumerate(rows, start=2) if any(cell.strip() for cell in row)}
    assert wanted <= said


@settings(max_examples=60)
@given(
    st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(["type", "coordinates", "geometry", "properties", "features"]),
                inner | st.sampled_from(["Feature", "Polygon", "Point", "FeatureCollection"]),
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_any_json_is_drafts_or_a_trouble(value: Any) -> None:
    reading = read(json.dumps(value), form="geojson")
    assert reading.drafts or reading.troubles


@settings(max_examples=80)
@example(head="", text="x")
@given(
    head=st.sampled_from(["", "E) ", "Q) ", "B) 2611221000 "]),
    text=st.text(alphabet="QABCDEFG) 0123456789NSEWM.,-RADIUSWITHOF\n/", max_size=120),
)
def test_any_notam_is_drafts_or_a_trouble(head: str, text: str) -> None:
    reading = read(f"{head}{text}x", form="notam")
    assert reading.drafts or reading.troubles


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("48.85, 2.35", "circle"),
        ("48.85, 2.35\n\n48.9 N 2.4 E", "corridor"),
        ("48.85, 2.35\n48.9 N 2.4 E\n485124N0023107E", "polygon"),
        ("485124N0022107E - 490000N0022107E - 490000N0030000E - 485124N0022107E", "polygon"),
        ("48.85 2.35; 48.9 2.4", "corridor"),
        ("31UDQ4825111932", "circle"),
    ],
)
def test_places_are_a_centre_a_line_or_an_area_by_how_many_they_are(text: str, shape: str) -> None:
    (draft,) = read(text, datum="WGS84").drafts
    assert draft.shape == shape


def test_what_could_be_meant_in_two_ways_is_asked_with_choices() -> None:
    reading = read("48,8566 2,3522\n48.9 N 2.4 E")
    (trouble,) = reading.troubles
    assert (trouble.row, trouble.rule, trouble.value) == (1, "decimal-comma", "48,8566 2,3522")
    assert trouble.choices[0][0].startswith("48.856600000")
    assert read("31U DQ 48251 11932").troubles[0].rule == "datum-missing"
    (square,) = read("31U DQ 4825 1193\n48 N 2 E\n48 N 3 E", datum="WGS84").troubles
    assert square.rule == "square-for-a-point"


def test_a_notam_brings_its_area_its_heights_its_window_and_its_schedule() -> None:
    area = "WI 485124N0022107E - 490000N0022107E - 490000N0030000E - 485124N0022107E."
    (draft,) = notam(area, schedule="D) DAILY 1000-1600 ").drafts
    assert (draft.shape, len(draft.places)) == ("polygon", 3)
    assert (draft.start, draft.end) == ("2026-11-22T10:00:00Z", "2026-11-22T18:00:00Z")
    assert draft.times == "DAILY 1000-1600"
    assert draft.lower is not None
    assert draft.upper is not None
    assert (draft.lower.value, draft.lower.reference) == (0.0, "AGL")
    assert (draft.upper.value, draft.upper.units, draft.upper.reference) == (5000.0, "FT", "MSL")
    assert draft.name == "NOTAM A1234/26"


@pytest.mark.parametrize(
    ("area", "radius_m"),
    [
        ("WITHIN 1.5NM RADIUS OF 485124N0022107E", 2778.0),
        ("CIRCLE RADIUS 2KM CENTRED ON 485124N0022107E", 2000.0),
        ("RADIUS OF 500M AROUND 48-51-24N 002-21-07E", 500.0),
        ("WI 5NM OF 4851N00221E", 9260.0),
    ],
)
def test_a_notam_draws_a_circle(area: str, radius_m: float) -> None:
    reading = notam(area)
    assert [(each.shape, each.radius_m) for each in reading.drafts] == [("circle", radius_m)]


def test_a_notam_draws_a_line_and_several_areas() -> None:
    (line,) = notam("2NM EITHER SIDE OF LINE 4851N00221E - 4900N00221E").drafts
    assert (line.shape, line.width_m) == ("corridor", 4 * 1852.0)
    ring = "{0} 4900N00221E 4900N00300E {0}"
    two = notam(f"{ring.format('4851N00221E')} AND {ring.format('4800N00200E')}").drafts
    assert [len(each.places) for each in two] == [3, 3]


@pytest.mark.parametrize(
    ("area", "rule"),
    [
        ("4851N00221E 4900N00221E THEN ALONG RIVER 4900N00300E", "not-drawn"),
        ("4851N00221E THENCE CLOCKWISE ARC TO 4900N00221E 4900N00300E", "not-drawn"),
        ("4851N00221E 4900N00221E 4900N003", "coordinate-left"),
        ("4851N00221E 4900N00221E 9900N00300E", "latitude"),
        ("4851N00221E 4900N00221E", "too-few"),
        ("5NM RADIUS OF 4851N00221E AND 4900N00221E", "radius-of-what"),
        ("4851N00221E 4900N00221E 4900N0", "coordinate-left"),
        ("1NM WIDE 2NM RADIUS 4851N00221E 4900N00221E", "several-lengths"),
    ],
)
def test_an_area_that_cannot_be_drawn_is_not_drawn(area: str, rule: str) -> None:
    reading = notam(area)
    assert (reading.drafts, rules(reading)) == ([], [rule])


def test_what_a_notam_leaves_open_is_left_open_and_said() -> None:
    area = "WI 5NM OF 4851N00221E"
    permanent = read(NOTAM.replace("2611221800", "PERM").format(
        area=area, limits="F) GND G) UNL", estimate="", schedule=""
    ))  # fmt: skip
    (draft,) = permanent.drafts
    assert (draft.end, draft.upper) == (None, None)
    assert rules(permanent) == ["open-ended", "unlimited"]
    assert rules(notam(area, estimate=" EST")) == ["estimated-end"]
    of_q = notam("UAS OPS AT THE AERODROME")
    assert [each.radius_m for each in of_q.drafts] == [5 * 1852.0]
    assert "may be larger" in of_q.notes[0]
    assert rules(read("(W1/26 NOTAMC W2/26\nA) LFFF B) 2611221000\nE) CANCELLED)")) == [
        "notam-cancel"
    ]


def test_geojson_brings_its_shapes_and_what_its_properties_say() -> None:
    line = {"type": "LineString", "coordinates": [[7, 47], [7.1, 47]]}
    said = {
        "width_m": 2000,
        "colour": "red",
        "lower": "GND",
        "call_sign": "CONVOY",
        "kind": "movement",
    }
    upper = {"value": 1000, "units": "M", "reference": "W84"}
    point = {"type": "Point", "coordinates": [7, 47]}
    reading = read(json.dumps({"type": "FeatureCollection", "features": [
        {"type": "Feature", "geometry": line, "properties": said | {"upper": upper}},
        {"type": "Feature", "geometry": point, "properties": {"start": "091000Z SEP 26"}},
        {"type": "Feature", "geometry": {"type": "GeometryCollection"}, "properties": None},
    ]}))  # fmt: skip
    corridor, circle = reading.drafts
    assert (corridor.shape, corridor.width_m, corridor.name) == ("corridor", 2000.0, "CONVOY")
    assert corridor.kind == "movement"
    assert (circle.radius_m, circle.start) == (None, "2026-09-09T10:00:00Z")
    assert [(each.row, each.rule) for each in reading.troubles] == [(3, "geometry-type")]
    assert reading.notes == ["Properties that are not read: colour."]
    crossing = {
        "type": "Polygon",
        "coordinates": [[[7, 47], [7.1, 47.1], [7.1, 47], [7, 47.1], [7, 47]]],
    }
    assert rules(read(json.dumps(crossing))) == ["ring-crosses-itself"]
    assert rules(read('{"type": "Point", "coordinates": [NaN, 1]}')) == ["json"]
    assert rules(read("[" * 100_000)) == ["json"]


def test_rows_of_a_sheet_are_read_by_the_names_of_their_columns() -> None:
    text = "Name\tLat\tLon\tRadius (m)\tUpper\tColour\nA\t48.85\t2.35\t500\t120 m AGL\tred\n"
    reading = read(text + "B\t48.9\tx\t500\t120\tblue\nC\t48.95\t2.4\t-5\t\t")
    (draft,) = reading.drafts
    assert (draft.row, draft.name, draft.radius_m) == (2, "A", 500.0)
    assert [(each.row, each.column, each.rule) for each in reading.troubles] == [
        (3, "Lat", "coordinates"), (3, "Upper", "height-alone"), (4, None, "radius-range"),
    ]  # fmt: skip
    assert reading.notes == ["Columns that are not read: Colour."]
    assert reading.mapping["latitude"] == "Lat"


def test_columns_can_be_said_and_what_rows_are_is_asked() -> None:
    text = "x,y,what\n2.35,48.85,area\n2.4,48.9,area\n2.3,48.95,area"
    assert rules(read(text, form="table")) == ["no-place"]
    columns = {"longitude": "x", "latitude": "y"}
    asked = read(text, form="table", columns=columns)
    assert rules(asked) == ["rows-are-what"]
    assert [text for text, _ in asked.troubles[0].choices] == ["polygon", "corridor", "circle"]
    (area,) = read(text, form="table", columns=columns, shape="polygon").drafts
    assert degrees(read(text, form="table", columns=columns, shape="polygon")) == [
        (48.85, 2.35), (48.9, 2.4), (48.95, 2.3),
    ]  # fmt: skip
    assert area.row == 2
    assert rules(read(text, form="table", columns={"latitude": "q", "longitude": "x"})) == [
        "no-column"
    ]
    broken = text.replace("48.9,", "rubbish,")
    lost = read(broken, form="table", columns=columns, shape="polygon")
    assert (lost.drafts, [each.row for each in lost.troubles]) == ([], [3])


def test_well_known_text_in_a_sheet() -> None:
    text = (
        "wkt,radius_m,upper,upper_units,upper_reference\n"
        '"POLYGON((7 47, 7.1 47, 7.1 47.1, 7 47))",,500,M,W84\nPOINT(7 47),800,,,'
    )
    polygon, point = read(text).drafts
    assert (polygon.shape, len(polygon.places), point.radius_m) == ("polygon", 3, 800.0)
    assert polygon.upper is not None
    assert polygon.upper.value == 500.0
    assert rules(read('wkt,radius_m\n"MULTIPOINT(7 47)",5')) == ["wkt"]
