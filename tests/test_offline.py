"""Files are read strictly, every bad feature is named, and the answer is that of the obvious way.

Invariant of the readers: whatever the bytes, a Plan or BadInput; no other exception, ever.
"""

from __future__ import annotations

import copy
import io
import itertools
import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import wideberth
from wideberth.errors import InvalidValue
from wideberth.offline import BadInput, Conflict, Incomparable, check, load
from wideberth.offline.features import Feature
from wideberth.offline.problems import described, shown
from wideberth.offline.table import COLUMNS
from wideberth.space.altitude import Altitude, AltitudeReference
from wideberth.space.overlap import conflict
from wideberth.space.prepared import prepare
from wideberth.space.vertical import AltitudeModel
from wideberth.space.volume import Circle, Gap, Polygon, Separation, Volume4D

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
SQUARE = [[7.0, 46.0], [7.1, 46.0], [7.1, 46.1], [7.0, 46.1], [7.0, 46.0]]


class Named(io.BytesIO):
    def __init__(self, content: bytes, name: str) -> None:
        super().__init__(content)
        self.name = name


def feature(**changes: Any) -> dict[str, Any]:
    """A good feature; changes: properties, geometry and id; None takes a member away."""
    geometry = changes.pop("geometry", {"type": "Polygon", "coordinates": [SQUARE]})
    made: dict[str, Any] = {"type": "Feature", "geometry": copy.deepcopy(geometry)}
    if "id" in changes:
        made["id"] = changes.pop("id")
    properties = {
        "intent": "a",
        "party": "north",
        "kind": "flight",
        "priority": 1,
        "lower": {"value": 0, "units": "M", "reference": "W84"},
        "upper": {"value": 120, "units": "M", "reference": "W84"},
        "start": "2026-01-01T10:00:00Z",
        "end": "2026-01-01T11:00:00Z",
    } | changes
    made["properties"] = {name: value for name, value in properties.items() if value is not None}
    return made


def collection(*features: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features)}


def geojson(*features: Any, name: str = "plan.geojson") -> Named:
    return Named(json.dumps(collection(*features)).encode(), name)


def table(*rows: dict[str, str], name: str = "plan.csv") -> Named:
    lines = [",".join(COLUMNS)]
    lines += [",".join(f'"{row.get(column, "")}"' for column in COLUMNS) for row in rows]
    return Named("\r\n".join(lines).encode(), name)


def row(**changes: str) -> dict[str, str]:
    return {
        "wkt": "POLYGON ((7 46, 7.1 46, 7.1 46.1, 7 46.1, 7 46))",
        "intent": "a",
        "party": "north",
        "kind": "flight",
        "priority": "1",
        "lower": "0",
        "lower_units": "M",
        "lower_reference": "W84",
        "upper": "120",
        "upper_units": "M",
        "upper_reference": "W84",
        "start": "2026-01-01T10:00:00Z",
        "end": "2026-01-01T11:00:00Z",
    } | changes


def problems(*files: Any) -> list[tuple[int | None, str, str]]:
    """(index, field, rule) of each problem of the files."""
    with pytest.raises(BadInput) as caught:
        load(*files)
    for problem in caught.value.problems:
        assert is_safe(str(problem))
        assert problem.value
        assert problem.advice
    return [(problem.index, problem.field, problem.rule) for problem in caught.value.problems]


# What is read.


def test_a_polygon_is_read_longitude_first() -> None:
    (read,) = load(geojson(feature(id="f1"))).features
    assert isinstance(read.volume.footprint, Polygon)
    assert read.volume.footprint.vertices[1] == (46_000_000_000, 7_100_000_000)
    assert (read.intent, read.party, read.kind, read.priority) == ("a", "north", "flight", 1)
    assert (read.source, read.index, read.id) == ("plan.geojson", 0, "f1")


def test_a_point_with_a_radius_is_a_circle() -> None:
    point = {"type": "Point", "coordinates": [7.5, 46.5]}
    (read,) = load(geojson(feature(geometry=point, radius_m=250))).features
    assert read.volume.footprint == Circle(46_500_000_000, 7_500_000_000, 250_000)


def test_feet_and_reference_are_kept() -> None:
    upper = {"value": 400, "units": "FT", "reference": "AGL"}
    lower = {"value": 0, "units": "FT", "reference": "AGL"}
    (read,) = load(geojson(feature(lower=lower, upper=upper))).features
    assert read.volume.upper == Altitude(121_920, AltitudeReference.AGL)


def test_the_parts_of_a_multipolygon_are_volumes_of_one_intent() -> None:
    other = [[x + 1, y] for x, y in SQUARE]
    several = {"type": "MultiPolygon", "coordinates": [[SQUARE], [other]]}
    plan = load(geojson(feature(geometry=several), feature(geometry=several, intent="b")))
    assert [read.index for read in plan.features] == [0, 0, 1, 1]
    result = check(plan)
    assert (result.checked, len(result.conflicts)) == (2, 1)
    assert result.conflicts[0].volume_pairs == 2


def test_a_table_says_the_same_as_geojson() -> None:
    (from_table,) = load(table(row())).features
    (from_geojson,) = load(geojson(feature())).features
    assert from_table.volume == from_geojson.volume
    assert from_table.kind == from_geojson.kind
    assert from_table.priority == from_geojson.priority


def test_a_table_has_circles_and_multipolygons() -> None:
    rows = (
        row(wkt="POINT (7.5 46.5)", radius_m="250"),
        row(wkt="multipolygon (((0 0, 1 0, 1 1, 0 0)), ((5 5, 6 5, 6 6, 5 5)))", intent="b"),
    )
    read = load(table(*rows)).features
    assert read[0].volume.footprint == Circle(46_500_000_000, 7_500_000_000, 250_000)
    assert [one.intent for one in read] == ["a", "b", "b"]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "byte order mark"])
@pytest.mark.parametrize("ends", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
def test_line_ends_and_byte_order_marks_change_nothing(mark: bytes, ends: bytes) -> None:
    text = json.dumps(collection(feature()), indent=1).encode().replace(b"\n", ends)
    assert len(load(Named(mark + text, "x")).features) == 1
    content = table(row()).getvalue().replace(b"\r\n", ends)
    assert len(load(Named(mark + content, "x")).features) == 1


def test_a_feature_without_an_intent_is_its_own() -> None:
    plan = load(geojson(feature(intent=None), feature(intent=None)))
    assert [read.intent for read in plan.features] == ["plan.geojson#0", "plan.geojson#1"]
    result = check(plan)
    assert [(found.a, found.b) for found in result.conflicts] == [
        ("plan.geojson#0", "plan.geojson#1")
    ]
    assert result.rests_on.without_id == 2


def test_what_is_not_read_is_said() -> None:
    tall = [[x, y, 5.0] for x, y in SQUARE]
    geometry = {"type": "Polygon", "coordinates": [tall]}
    plan = load(geojson(feature(geometry=geometry, color="red")))
    assert len(plan.notes) == 2
    assert "third coordinate" in plan.notes[0]
    assert "color" in plan.notes[1]


def test_an_edge_over_the_antimeridian_is_said() -> None:
    ring = [[179.9, 0], [-179.9, 0], [-179.9, 0.1], [179.9, 0]]
    plan = load(geojson(feature(geometry={"type": "Polygon", "coordinates": [ring]})))
    assert "antimeridian" in plan.notes[0]


def test_a_ring_may_close_at_the_other_spelling_of_the_antimeridian() -> None:
    ring = [[180, 0], [-179, 0], [-179, 1], [-180, 0]]
    assert load(geojson(feature(geometry={"type": "Polygon", "coordinates": [ring]}))).features


# What is refused, and by which name.

HOLE = {"type": "Polygon", "coordinates": [SQUARE, SQUARE]}
OPEN = {"type": "Polygon", "coordinates": [SQUARE[:-1]]}
BOW = {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}
FAR = {"type": "Polygon", "coordinates": [[[0, 0], [181, 0], [1, 1], [0, 0]]]}
POINT = {"type": "Point", "coordinates": [7, 46]}
LINE = {"type": "LineString", "coordinates": SQUARE}
COORDINATES = "geometry.coordinates"


@pytest.mark.parametrize(
    ("bad", "field", "rule"),
    [
        pytest.param(feature(lower=None), "lower", "missing", id="no lower"),
        pytest.param(feature(upper=120), "upper", "altitude", id="a bare number"),
        pytest.param(feature(upper={"value": 1, "units": "M"}), "upper.reference", "missing"),
        pytest.param(
            feature(upper={"value": 1, "units": "m", "reference": "W84"}), "upper.units", "units"
        ),
        pytest.param(
            feature(upper={"value": 1, "units": "M", "reference": "QNH"}),
            "upper.reference",
            "altitude-reference",
        ),
        pytest.param(
            feature(upper={"value": "1", "units": "M", "reference": "W84"}),
            "upper.value",
            "number",
            id="a number in quotes",
        ),
        pytest.param(
            feature(upper={"value": True, "units": "M", "reference": "W84"}),
            "upper.value",
            "number",
        ),
        pytest.param(
            feature(upper={"value": 10**400, "units": "M", "reference": "W84"}),
            "upper.value",
            "altitude-range",
            id="a huge integer",
        ),
        pytest.param(
            feature(upper={"value": 1, "units": ["M"], "reference": {}}), "upper.units", "units"
        ),
        pytest.param(
            feature(upper={"value": -1, "units": "M", "reference": "W84"}),
            "lower, upper",
            "upper-below-lower",
        ),
        pytest.param(feature(start=None), "start", "missing", id="no start"),
        pytest.param(feature(start="2026-01-01T10:00:00"), "start", "zone-missing", id="no offset"),
        pytest.param(feature(start=1767261600), "start", "rfc3339", id="seconds"),
        pytest.param(feature(end="2026-01-01T09:00:00Z"), "start, end", "end-before-start"),
        pytest.param(feature(kind="Flight"), "kind", "intent-kind"),
        pytest.param(feature(kind=["flight"]), "kind", "intent-kind"),
        pytest.param(feature(priority="1"), "priority", "priority"),
        pytest.param(feature(priority=1.5), "priority", "priority"),
        pytest.param(feature(priority=2**31), "priority", "priority"),
        pytest.param(feature(intent=7), "intent", "text"),
        pytest.param(feature(intent=""), "intent", "name"),
        pytest.param(feature(intent=" a"), "intent", "name"),
        pytest.param(feature(intent="a" * 257), "intent", "name-length"),
        pytest.param(feature(intent="a\x1b[2J"), "intent", "name-characters"),
        pytest.param(feature(intent="\ud800"), "intent", "name-characters", id="half a pair"),
        pytest.param(feature(party={}), "party", "text"),
        pytest.param(feature(id=[]), "id", "feature-id"),
        pytest.param(feature(geometry=None), "geometry", "object"),
        pytest.param(feature(geometry={}), "geometry.type", "geometry-type"),
        pytest.param(feature(geometry={"type": []}), "geometry.type", "geometry-type"),
        pytest.param(feature(geometry=LINE), "geometry.type", "geometry-type"),
        pytest.param(feature(geometry=HOLE), f"{COORDINATES}.1", "hole"),
        pytest.param(feature(geometry=OPEN), f"{COORDINATES}.0", "ring-open"),
        pytest.param(
            feature(geometry=BOW), f"{COORDINATES}.0.2, {COORDINATES}.0.0", "ring-crosses-itself"
        ),
        pytest.param(feature(geometry=FAR), f"{COORDINATES}.0.1", "longitude"),
        pytest.param(
            feature(geometry={"type": "Polygon", "coordinates": []}), COORDINATES, "empty"
        ),
        pytest.param(
            feature(geometry={"type": "MultiPolygon", "coordinates": []}), COORDINATES, "empty"
        ),
        pytest.param(
            feature(geometry={"type": "MultiPolygon", "coordinates": [[SQUARE], [SQUARE[:-1]]]}),
            f"{COORDINATES}.1.0",
            "ring-open",
        ),
        pytest.param(
            feature(geometry={"type": "Polygon", "coordinates": [[[0, "0"]]]}),
            f"{COORDINATES}.0.0.1",
            "number",
        ),
        pytest.param(
            feature(geometry={"type": "Polygon", "coordinates": [[[0, 0, 0, 0]]]}),
            f"{COORDINATES}.0.0",
            "position",
        ),
        pytest.param(
            feature(geometry={"type": "Polygon", "coordinates": [[[0, math.nan]]]}),
            f"{COORDINATES}.0.0.1",
            "number",
            id="NaN",
        ),
        pytest.param(
            feature(geometry={"type": "Polygon", "coordinates": [[[math.inf, 0]]]}),
            f"{COORDINATES}.0.0.0",
            "number",
            id="Infinity",
        ),
        pytest.param(feature(geometry=POINT), "radius_m", "missing"),
        pytest.param(feature(geometry=POINT, radius_m=0), "radius_m", "radius-range"),
        pytest.param(feature(geometry=POINT, radius_m="5"), "radius_m", "number"),
        pytest.param(feature(radius_m=5), "radius_m, geometry.type", "radius-without-point"),
        pytest.param({"type": "Feature", "geometry": None}, "properties", "object"),
        pytest.param(feature() | {"type": "feature"}, "type", "feature-type"),
        pytest.param([], "feature", "object"),
    ],
)
def test_a_bad_feature_is_named_and_its_neighbours_are_not(bad: Any, field: str, rule: str) -> None:
    assert problems(geojson(feature(), bad, feature())) == [(1, field, rule)]


def test_every_broken_rule_of_a_feature_is_named() -> None:
    bad = feature(kind="plane", start="noon", geometry=LINE)
    assert [field for _, field, _ in problems(geojson(bad))] == ["geometry.type", "kind", "start"]


def test_a_member_given_twice_is_refused() -> None:
    text = json.dumps(collection(feature(), feature()))
    twice = text.replace('"value": 120', '"value": 120, "value": 9000', 1)
    assert problems(Named(twice.encode(), "x")) == [(0, "upper.value", "given-twice")]
    twice = text.replace('"party": "north"', '"party": "north", "party": "south"', 1)
    assert problems(Named(twice.encode(), "x")) == [(0, "properties.party", "given-twice")]


@pytest.mark.parametrize(
    ("changes", "field", "rule"),
    [
        pytest.param({"wkt": ""}, "wkt", "missing"),
        pytest.param({"wkt": "POLYGON"}, "wkt", "geometry-type"),
        pytest.param({"wkt": "POLYGON ((7 46, 7.1 46"}, "wkt", "wkt"),
        pytest.param({"wkt": "POLYGON EMPTY"}, "wkt", "geometry-type"),
        pytest.param({"wkt": "SRID=4326;POINT (7 46)"}, "wkt", "geometry-type"),
        pytest.param({"wkt": "GEOMETRYCOLLECTION (" * 100_000}, "wkt", "geometry-type", id="deep"),
        pytest.param({"wkt": "POINT (7 46)"}, "radius_m", "missing"),
        pytest.param({"wkt": "POINT (7 1e400)", "radius_m": "1"}, "wkt.1", "number"),
        pytest.param({"wkt": "POINT (7 46)", "radius_m": "nan"}, "radius_m", "number"),
        pytest.param({"radius_m": "5"}, "radius_m, wkt", "radius-without-point"),
        pytest.param({"lower": "1_000"}, "lower", "number"),
        pytest.param({"lower": "1,5"}, "lower", "number", id="decimal comma"),
        pytest.param({"lower": "٣"}, "lower", "number", id="another script's digit"),
        pytest.param({"lower": ""}, "lower.value", "missing"),
        pytest.param({"lower_units": ""}, "lower.units", "missing"),
        pytest.param({"priority": "high"}, "priority", "priority"),
        pytest.param({"kind": "drone"}, "kind", "intent-kind"),
    ],
)
def test_a_bad_row_is_named(changes: dict[str, str], field: str, rule: str) -> None:
    assert problems(table(row(), row(**changes))) == [(1, field, rule)]


def test_a_row_of_another_length_is_named_with_its_line() -> None:
    content = table(row()).getvalue() + b"\r\n1,2,3"
    with pytest.raises(BadInput) as caught:
        load(Named(content, "x"))
    (problem,) = caught.value.problems
    assert (problem.index, problem.line, problem.rule) == (1, 3, "row-length")


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        pytest.param(b"", "empty"),
        pytest.param(b" \n\t", "empty"),
        pytest.param(b"\xff\xfe\x00\x01", "utf-8"),
        pytest.param(json.dumps(collection()).encode("utf-16"), "utf-8", id="utf-16"),
        pytest.param(b"\x00\x01\x02", "columns", id="binary"),
        pytest.param(b"hello", "columns"),
        pytest.param(b"wkt;lower;upper\n", "columns", id="semicolons"),
        pytest.param(",".join((*COLUMNS, "wkt")).encode(), "given-twice"),
        pytest.param(",".join(COLUMNS).encode() + b'\n"a', "csv", id="an open quote"),
        pytest.param(b"{", "json"),
        pytest.param(b"[" * 200_000, "json-depth"),
        pytest.param(b'{"a":' * 200_000, "json-depth"),
        pytest.param(b'{"type": ' + b"1" * 5000 + b"}", "json-number"),
        pytest.param(b"{}", "root-type"),
        pytest.param(b"[]", "root-type"),
        pytest.param(json.dumps(feature()).encode(), "root-type", id="a feature alone"),
        pytest.param(b'{"type": "FeatureCollection"}', "list"),
        pytest.param(b'{"type": "FeatureCollection", "features": {}}', "list"),
        pytest.param(
            b'{"type": "FeatureCollection", "features": [], "features": []}', "given-twice"
        ),
        pytest.param(
            b'{"type": "FeatureCollection", "features": [],'
            b' "crs": {"properties": {"name": "urn:ogc:def:crs:EPSG::2056"}}}',
            "crs",
        ),
    ],
)
def test_a_bad_file_is_named_also_with_skip_bad(content: bytes, rule: str) -> None:
    for skip_bad in (False, True):
        with pytest.raises(BadInput) as caught:
            load(Named(content, "x"), skip_bad=skip_bad)
        assert [(p.index, p.rule) for p in caught.value.problems] == [(None, rule)]


def test_crs84_by_its_name_is_no_other_system() -> None:
    named = {"properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
    text = json.dumps(collection(feature()) | {"crs": named})
    assert load(Named(text.encode(), "x")).features


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert problems(tmp_path / "nothing.geojson") == [(None, "file", "unreadable")]
    assert problems(tmp_path) == [(None, "file", "unreadable")]
    assert problems("a\0b") == [(None, "file", "unreadable")]


def test_a_file_over_the_limit_is_not_read() -> None:
    with pytest.raises(BadInput) as caught:
        load(geojson(feature()), max_bytes=100)
    assert caught.value.problems[0].rule == "file-size"


def test_an_empty_collection_is_a_plan_of_nothing() -> None:
    result = check(geojson())
    assert (result.checked, result.conflicts, result.rests_on.start_us) == (0, (), None)


# Contradictions.


@pytest.mark.parametrize(
    ("field", "other"), [("party", "south"), ("kind", "hazard"), ("priority", 2)]
)
def test_features_of_one_intent_must_agree(field: str, other: Any) -> None:
    file = geojson(feature(), feature(**{field: other}), feature(**{field: None}))
    assert problems(file) == [(1, f"intent, {field}", "contradiction")]


def test_one_intent_in_two_files_needs_one_party_in_both() -> None:
    same = geojson(feature(), name="1"), geojson(feature(), name="2")
    assert check(*same).checked == 1
    different = geojson(feature(), name="1"), geojson(feature(party="south"), name="2")
    assert problems(*different) == [(0, "intent, party", "contradiction")]
    for one, two in itertools.product((None, "north"), repeat=2):
        files = geojson(feature(party=one), name="1"), geojson(feature(party=two), name="2")
        if one and two:
            assert check(*files).checked == 1
        else:
            assert problems(*files) == [(0, "intent, party", "intent-in-two-files")]


def test_a_file_given_twice_is_refused() -> None:
    assert problems(geojson(feature()), geojson(feature())) == [(None, "file", "given-twice")]


def test_an_id_cannot_pass_for_a_feature_without_one() -> None:
    file = geojson(feature(intent=None), feature(intent="plan.geojson#0"))
    assert problems(file) == [(1, "intent", "intent-name")]


# Going on without the bad ones.


def test_skip_bad_goes_on_and_says_without_what() -> None:
    file = geojson(feature(), feature(kind="x", intent="b"), feature(intent="c"))
    plan = load(file, skip_bad=True)
    assert [read.intent for read in plan.features] == ["a", "c"]
    assert [(p.index, p.intent, p.field) for p in plan.skipped] == [(1, "b", "kind")]


def test_skip_bad_with_nothing_left_is_bad_input() -> None:
    with pytest.raises(BadInput) as caught:
        load(geojson(feature(kind="x")), skip_bad=True)
    assert caught.value.problems[-1].rule == "nothing-left"


# The answer.


def volume(**changes: Any) -> Volume4D:
    file = geojson(feature(**changes))
    return load(file).features[0].volume


def test_touching_is_conflict_in_every_dimension() -> None:
    w84 = {"units": "M", "reference": "W84"}
    on_top = volume(lower={"value": 120} | w84, upper={"value": 300} | w84)
    after = volume(start="2026-01-01T11:00:00Z", end="2026-01-01T12:00:00Z")
    for other in (on_top, after):
        (found,) = check({"a": [volume()], "b": [other]}).conflicts
        assert found.gap == Gap(0, 0, 0)


def test_within_the_separation_what_lies_between_is_told() -> None:
    w84 = {"units": "M", "reference": "W84"}
    other = volume(
        lower={"value": 150} | w84,
        upper={"value": 300} | w84,
        start="2026-01-01T11:01:00Z",
        end="2026-01-01T12:00:00Z",
    )
    assert check({"a": [volume()], "b": [other]}, separation=(0, 29.999, 60)).conflicts == ()
    assert check({"a": [volume()], "b": [other]}, separation=(0, 30, 59.999)).conflicts == ()
    (found,) = check({"a": [volume()], "b": [other]}, separation=(0, 30, 60)).conflicts
    assert (found.vertical_m, found.time_s, found.horizontal_m) == (30, 60, 0)
    assert (found.lower_mm, found.upper_mm) == (120_000, 150_000)
    assert found.end_us - found.start_us == 60_000_000


def test_the_common_reference_is_kept_and_several_become_w84() -> None:
    def band(low: int, high: int, reference: str) -> Volume4D:
        limit = {"units": "M", "reference": reference}
        return volume(lower={"value": low} | limit, upper={"value": high} | limit)

    (found,) = check({"a": [band(0, 100, "MSL")], "b": [band(50, 200, "MSL")]}).conflicts
    assert (found.lower_mm, found.upper_mm, found.reference) == (50_000, 100_000, "MSL")
    (found,) = check({"a": [band(0, 500, "MSL")], "b": [band(100, 200, "W84")]}).conflicts
    assert (found.lower_mm, found.upper_mm, found.reference) == (100_000, 200_000, "W84")
    mixed = {"a": [band(0, 10, "AGL"), band(0, 9, "W84")], "b": [band(0, 10, "AGL")]}
    with pytest.raises(Incomparable) as caught:
        check(mixed)
    assert "terrain" in str(caught.value)
    (found,) = check(mixed, terrain_m=(-100, 500)).conflicts
    assert (found.volume_pairs, found.reference) == (2, "W84")


def test_incomparable_features_are_all_named_with_whom() -> None:
    agl = {"value": 10, "units": "M", "reference": "AGL"}
    low = feature(intent="low", lower=agl, upper=agl)
    files = geojson(feature(), low, feature(intent="c"), low | {"id": "again"})
    for skip_bad in (False, True):
        with pytest.raises(Incomparable) as caught:
            check(files, skip_bad=skip_bad)
        files.seek(0)
        named = [(p.index, p.field, p.rule) for p in caught.value.problems]
        assert [index for index, _, _ in named] == [1, 2, 3]
        assert {rule for _, _, rule in named} == {"altitude-not-comparable"}


def test_agl_alone_needs_no_terrain() -> None:
    agl = {"value": 10, "units": "M", "reference": "AGL"}
    far = {"type": "Point", "coordinates": [20, 20]}
    files = geojson(
        feature(intent="x", lower=agl, upper=agl),
        feature(intent="y", lower=agl, upper=agl),
        feature(intent="far", geometry=far, radius_m=5),
    )
    assert [(found.a, found.b) for found in check(files).conflicts] == [("x", "y")]


@pytest.mark.parametrize(
    "bad",
    [
        {"separation": (-1, 0, 0)},
        {"separation": (math.nan, 0, 0)},
        {"terrain_m": (500, 100)},
        {"terrain_m": (math.inf, 100)},
        {"pressure_error_m": -1},
        {"pressure_error_m": math.nan},
    ],
)
def test_bad_settings_are_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue):
        check({}, **bad)


def test_the_package_itself_offers_the_same() -> None:
    assert wideberth.check is check
    assert wideberth.load is load
    assert {"check", "load", "Separation"} <= set(dir(wideberth))
    with pytest.raises(AttributeError):
        _ = wideberth.nonsense  # pyright: ignore[reportAttributeAccessIssue]  # that is the test


def test_progress_is_told_for_both_stages() -> None:
    seen: list[str] = []
    check(
        EXAMPLES / "two-intents.geojson", progress=lambda stage, done: seen.append(f"{stage}{done}")
    )
    assert seen[0].startswith("reading")
    assert seen[-1] == "comparing1.0"


# Against the slow, obvious way.

STEP_DEG = 0.01


@st.composite
def plans(draw: st.DrawFn) -> dict[str, list[Volume4D]]:
    """A few intents of a few boxes and circles on a small grid near 180 E, where much touches."""

    def box() -> Volume4D:
        x, y = draw(st.integers(-3, 3)), draw(st.integers(-3, 3))
        low, t = draw(st.integers(0, 3)), draw(st.integers(0, 3))
        reference = draw(st.sampled_from(["W84", "MSL"]))
        west, east = (((180 + STEP_DEG * k) + 180) % 360 - 180 for k in (x, x + 1))
        south, north = STEP_DEG * y, STEP_DEG * (y + 1)
        footprint = (
            Circle(round(south * 1e9), round(west * 1e9), 600_000)
            if draw(st.booleans())
            else wideberth.polygon([(south, west), (south, east), (north, east), (north, west)])
        )
        limits = [Altitude(k * 50_000, AltitudeReference(reference)) for k in (low, low + 1)]
        return Volume4D(footprint, limits[0], limits[1], t * 10**9, (t + 1) * 10**9)

    names = draw(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=5, unique=True))
    return {name: [box() for _ in range(draw(st.integers(1, 3)))] for name in names}


def obvious(plan: dict[str, list[Volume4D]], separation: Separation) -> dict[Any, Any]:
    """Every pair of volumes of every pair of intents, one after the other."""
    found = {}
    for a, b in itertools.combinations(sorted(plan), 2):
        pairs = [
            (v, w, gap)
            for v in plan[a]
            for w in plan[b]
            if (
                gap := conflict(
                    prepare(v, AltitudeModel()), prepare(w, AltitudeModel()), separation
                )
            )
        ]
        if pairs:
            edges = [
                sorted((max(v.start_us, w.start_us), min(v.end_us, w.end_us))) for v, w, _ in pairs
            ]
            found[a, b] = (
                min(start for start, _ in edges),
                max(end for _, end in edges),
                min(gap.horizontal_mm for _, _, gap in pairs),
                min(gap.vertical_mm for _, _, gap in pairs),
                min(gap.time_us for _, _, gap in pairs),
                len(pairs),
            )
    return found


def require_agreement(conflicts: tuple[Conflict, ...], expected: dict[Any, Any]) -> None:
    told = {
        (c.a, c.b): (
            c.start_us,
            c.end_us,
            c.gap.horizontal_mm,
            c.gap.vertical_mm,
            c.gap.time_us,
            c.volume_pairs,
        )
        for c in conflicts
    }
    assert told == expected
    assert list(told) == sorted(told)
    assert all(a < b for a, b in told)


SEPARATIONS = st.builds(
    Separation,
    st.sampled_from([0, 500_000, 2_000_000]),
    st.sampled_from([0, 60_000]),
    st.sampled_from([0, 10**9]),
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(plans(), SEPARATIONS)
def test_the_answer_is_that_of_the_obvious_way(
    plan: dict[str, list[Volume4D]], separation: Separation
) -> None:
    require_agreement(check(plan, separation=separation).conflicts, obvious(plan, separation))


def test_the_comparison_with_the_obvious_way_can_fail() -> None:
    result = check({"a": [volume()], "b": [volume()], "c": [volume()]})
    plan = {name: [volume()] for name in "abc"}
    expected = obvious(plan, Separation())
    require_agreement(result.conflicts, expected)
    first, *rest = result.conflicts
    wrong = Conflict("c", "a", 0, 0, 0, 0, first.reference, first.gap, 1)
    for planted in (tuple(rest), (wrong, *rest), (*rest, first)):
        with pytest.raises(AssertionError):
            require_agreement(planted, expected)


# Any bytes at all.

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(10**300, 10**310)
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["Feature", "Polygon", "Point", "W84", "FT", "2026-01-01T00:00:00Z"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["type", "value", "coordinates", "geometry"]) | st.text(max_size=4),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


@st.composite
def spoiled_collections(draw: st.DrawFn) -> bytes:
    """A good collection in which some member, anywhere, is replaced by any JSON."""
    root = collection(feature(), feature(intent="b"), feature(geometry=POINT, radius_m=5))
    for _ in range(draw(st.integers(0, 2))):
        place: Any = root
        while True:
            keys = sorted(place) if isinstance(place, dict) else list(range(len(place)))
            key = draw(st.sampled_from(keys))
            inner = place[key]
            if not isinstance(inner, dict | list) or not inner or draw(st.integers(0, 3)) == 0:
                place[key] = draw(JSON)
                break
            place = inner
    return json.dumps(root).encode()


@st.composite
def spoiled_tables(draw: st.DrawFn) -> bytes:
    cells = row()
    column = draw(st.sampled_from(COLUMNS))
    value = draw(
        st.text(max_size=20)
        | st.sampled_from(["POLYGON ((0 0, 0 0, 0 0, 0 0))", "POINT (nan nan)", "POINT Z (1 2 3)"])
    )
    return table(row(), cells | {column: value.replace('"', '""')}).getvalue()


def read_anything(content: bytes) -> None:
    """The invariant on top of this file, for one content."""
    for skip_bad in (False, True):
        try:
            plan = load(Named(content, "x"), skip_bad=skip_bad)
        except BadInput as error:
            told = error.problems
        else:
            told = plan.skipped or None
            assert skip_bad or not told
            assert all(isinstance(read, Feature) for read in plan.features)
        if told is not None:
            assert told
            assert all(is_safe(str(problem)) for problem in told)


@settings(max_examples=150)
@given(
    st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode(errors="replace"))
)
@example(b"[" * 100_000)
def test_any_bytes_are_a_plan_or_bad_input(content: bytes) -> None:
    read_anything(content)


@settings(max_examples=250, suppress_health_check=[HealthCheck.too_slow])
@given(spoiled_collections() | spoiled_tables())
def test_a_spoiled_file_is_a_plan_or_bad_input(content: bytes) -> None:
    read_anything(content)


@settings(max_examples=100)
@given(st.text() | st.lists(st.text()) | st.integers() | st.floats(), st.text())
def test_what_is_shown_is_always_safe_on_a_terminal(value: Any, text: str) -> None:
    for made in (described(value), shown(text)):
        assert is_safe(made)


def is_safe(text: str) -> bool:
    """Whether a terminal shows the text and obeys nothing in it."""
    controls = any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or 0xD800 <= ord(c) < 0xE000 for c in text)
    return not controls and not set(text) & set("\u202e\u2066\u2028")
