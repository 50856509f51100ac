"""Corridors, sectors, movers and schedules in GeoJSON files, and what they conflict with."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from wideberth.faces.cli.app import app
from wideberth.offline import BadInput, check, load

LINE = {"type": "LineString", "coordinates": [[7.0, 47.0], [7.1, 47.0], [7.2, 47.1]]}


def feature(geometry: dict[str, Any], **properties: Any) -> dict[str, Any]:
    limits = {
        name: {"value": value, "units": "M", "reference": "W84"}
        for name, value in (("lower", 0), ("upper", 500))
    }
    window = {"start": "2026-09-09T08:00:00Z", "end": "2026-09-09T10:00:00Z"}
    return {
        "type": "Feature",
        "geometry": geometry,
        "properties": {**limits, **window, **properties},
    }


def point(longitude: float, latitude: float, **properties: Any) -> dict[str, Any]:
    return feature({"type": "Point", "coordinates": [longitude, latitude]}, **properties)


def file(*features: dict[str, Any]) -> io.BytesIO:
    document = {"type": "FeatureCollection", "features": list(features)}
    return io.BytesIO(json.dumps(document).encode())


def problem(*features: dict[str, Any]) -> tuple[str, str]:
    with pytest.raises(BadInput) as bad:
        load(file(*features))
    (found,) = bad.value.problems
    return found.field, found.rule


def test_a_corridor_conflicts_with_what_stands_in_its_width_and_keeps_its_declaration() -> None:
    corridor = feature(LINE, intent="convoy", width_m=2000)
    beside = point(7.05, 47.0085, intent="beside", radius_m=1)  # 945 m off the line
    clear = point(7.05, 47.0095, intent="clear", radius_m=1)  # 1,056 m
    plan = load(file(corridor, beside, clear))
    assert len(plan.features) == 4
    assert plan.features[0].declaration is not None
    assert json.loads(plan.features[0].declaration)["properties"]["width_m"] == 2000
    assert plan.features[2].declaration is None
    pairs = {frozenset((c.a, c.b)) for c in check(plan).conflicts}
    assert pairs == {frozenset(("convoy", "beside"))}


def test_a_sector_is_what_lies_between_its_azimuths() -> None:
    sector = point(7.0, 47.0, intent="range", radius_m=5000, from_deg=80, to_deg=100)
    inside = point(7.04, 47.0, intent="inside", radius_m=1)
    behind = point(6.96, 47.0, intent="behind", radius_m=1)
    pairs = {frozenset((c.a, c.b)) for c in check(load(file(sector, inside, behind))).conflicts}
    assert pairs == {frozenset(("range", "inside"))}


@pytest.mark.requirement("Z-06")
def test_a_mover_conflicts_only_where_it_is_at_that_time() -> None:
    times = ["2026-09-09T08:00:00Z", "090900Z SEP 26", "2026-09-09T10:00:00Z"]
    mover = feature(LINE, intent="vessel", times=times, radius_m=500)
    early, late = (
        point(7.0, 47.0, intent=name, radius_m=1, start=start, end=end)
        for name, start, end in (
            ("early", "2026-09-09T08:00:00Z", "2026-09-09T08:01:00Z"),
            ("late", "2026-09-09T09:30:00Z", "2026-09-09T09:40:00Z"),
        )
    )
    pairs = {frozenset((c.a, c.b)) for c in check(load(file(mover, early, late))).conflicts}
    assert pairs == {frozenset(("vessel", "early"))}


def test_a_schedule_holds_in_its_windows() -> None:
    weekly = point(
        7.0,
        47.0,
        intent="weekly",
        radius_m=500,
        end="2026-09-20T10:00:00Z",
        schedule="THU 0600-0700",
    )
    thursday, friday = (
        point(7.0, 47.0, intent=name, radius_m=1, start=f"{day}T06:30:00Z", end=f"{day}T06:40:00Z")
        for name, day in (("thursday", "2026-09-10"), ("friday", "2026-09-11"))
    )
    plan = load(file(weekly, thursday, friday))
    assert len(plan.features) == 4
    pairs = {frozenset((c.a, c.b)) for c in check(plan).conflicts}
    assert pairs == {frozenset(("weekly", "thursday"))}


@pytest.mark.parametrize(
    ("bad", "field", "rule"),
    [
        (feature(LINE), "geometry.type", "geometry-type"),
        (feature(LINE, width_m=5, times=[]), "width_m, times", "two-shapes"),
        (feature(LINE, width_m=0), "width_m", "width-range"),
        (feature(LINE, width_m="5"), "width_m", "number"),
        (feature(LINE, times=["2026-09-09T08:00:00Z"], radius_m=5), "times", "time-count"),
        (
            feature(LINE, times=[f"2026-09-09T0{h}:00:00Z" for h in (8, 9, 7)], radius_m=5),
            "times.2.time",
            "time-order",
        ),
        (
            feature(LINE, times=[f"2026-09-09T{h}:00:00Z" for h in ("08", "09", "11")], radius_m=5),
            "times, start, end",
            "outside-window",
        ),
        (point(7, 47, radius_m=5, from_deg=0, to_deg=999), "to_deg", "azimuth"),
        (point(7, 47, radius_m=5, schedule="SR-SS"), "schedule", "sun"),
        (point(7, 47, radius_m=5, zone="Asia/Tehran"), "zone, schedule", "zone-alone"),
        (
            point(7, 47, radius_m=5, start="2026-03-29 02:30 Europe/Berlin"),
            "start",
            "no-such-local-time",
        ),
        (point(7, 47, radius_m=5, end="2609091000 EST"), "end", "estimated-end"),
    ],
)
def test_a_bad_shape_is_named_by_field_and_rule(bad: dict[str, Any], field: str, rule: str) -> None:
    assert problem(bad) == (field, rule)


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, result.output


def test_convert_shows_every_format_and_asks_where_it_must() -> None:
    code, output = run("convert", "485124N0022107E")
    assert code == 0
    assert "31U DQ 52463 11724" in output
    code, output = run("convert", "2609091630", "--format", "json")
    assert (code, json.loads(output)["dtg"]) == (0, "091630Z SEP 26")
    code, output = run("convert", "48,8566 2,3522")
    assert code == 1
    assert "48.856600000° N, 2.352200000° E" in output
    code, output = run("convert", "39.2, 35.5", "--area", "33,35,38,43")
    assert code == 1
    assert "swapped" in output
    code, output = run("convert", "39.2, 35.5", "--area", "33,35,38,43", "--accept", "outside-area")
    assert code == 0
    assert run("convert", "nowhere")[0] == 2
    assert run("convert", "1 N 1 E", "--area", "here")[0] == 2
    code, output = run("convert", "--", "-33.9, 151.2")
    assert "33.900000° S" in output


def test_check_reads_shapes_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "plan.geojson"
    path.write_bytes(file(feature(LINE, intent="a", width_m=500), point(7, 47, radius_m=5)).read())
    code, output = run("check", str(path))
    assert code == 1, output
