"""Files of recorded tracks: read whole, or refused with a reason, whatever is in them."""

import csv
import gzip
import json
import math
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wideberth.errors import InvalidValue
from wideberth.faces.feeds import files
from wideberth.faces.feeds.files import batches, read_positions
from wideberth.faces.feeds.samples import sample_path
from wideberth.space.time import SECOND_US

ROW = {
    "timestamp": 1599618614000,
    "icao24": "a3bf4f",
    "callsign": "N340WN",
    "latitude": 46.5735587427,
    "longitude": -117.5,
    "altitude": 950.0,
    "geoaltitude": 1150.0,
    "groundspeed": 31.0,
    "track": 109.0,
    "vertical_rate": -576.0,
}


def written(path, document, *, packed=True):
    content = json.dumps(document).encode()
    path.write_bytes(gzip.compress(content) if packed else content)
    return path


def read(tmp_path, document, **more):
    return read_positions(written(tmp_path / "f.json.gz", document), feed="file", **more)


def test_units_become_metres_and_seconds_and_each_height_keeps_its_reference(tmp_path):
    batch, report = read(tmp_path, [ROW], feed_party="desk")
    assert (report.rows, report.taken) == (1, 1)
    assert (batch.track_id, batch.callsign, batch.feed_party) == (["a3bf4f"], ["N340WN"], "desk")
    assert batch.time_us[0] == 1599618614 * SECOND_US
    assert batch.altitude_w84_m[0] == pytest.approx(1150 * 0.3048)
    assert batch.altitude_std_m[0] == pytest.approx(950 * 0.3048)
    assert batch.ground_speed_m_s[0] == pytest.approx(31 * 1852 / 3600)
    assert batch.vertical_rate_m_s[0] == pytest.approx(-576 * 0.3048 / 60)
    assert batch.course_deg[0] == 109.0
    assert math.isnan(batch.accuracy_m[0])


def test_pressure_altitude_never_stands_in_for_a_missing_height_above_the_ellipsoid(tmp_path):
    batch, _ = read(tmp_path, [ROW | {"geoaltitude": None}])
    assert math.isnan(batch.altitude_w84_m[0])
    assert batch.altitude_std_m[0] == pytest.approx(950 * 0.3048)


def test_rows_columns_and_csv_say_the_same(tmp_path):
    rows = [ROW, ROW | {"timestamp": 1599618600000, "callsign": None, "geoaltitude": None}]
    by_index = {name: {str(k): row[name] for k, row in enumerate(rows)} for name in ROW}
    as_lists = {name: [row[name] for row in rows] for name in ROW}
    table = tmp_path / "f.csv"
    with table.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(ROW))
        writer.writeheader()
        writer.writerows(rows)
    told = [read(tmp_path, document)[0] for document in (rows, by_index, as_lists)]
    told.append(read_positions(table, feed="file")[0])
    for batch in told:
        assert batch.time_us.tolist() == [1599618600 * SECOND_US, 1599618614 * SECOND_US]
        assert batch.callsign == [None, "N340WN"]
        np.testing.assert_array_equal(batch.altitude_w84_m, told[0].altitude_w84_m)
        np.testing.assert_array_equal(batch.latitude_deg, told[0].latitude_deg)


def test_a_position_has_the_time_at_which_it_was_received(tmp_path):
    late = ROW | {"last_position": ROW["timestamp"] - 3000}
    after = ROW | {"last_position": ROW["timestamp"] + 3000}
    batch, _ = read(tmp_path, [late])
    assert batch.time_us[0] == 1599618611 * SECOND_US
    batch, _ = read(tmp_path, [after])
    assert batch.time_us[0] == 1599618614 * SECOND_US


def test_bad_rows_are_counted_and_named_and_the_rest_is_taken(tmp_path):
    bad = [
        7,
        ROW | {"icao24": None},
        ROW | {"timestamp": "yesterday"},
        ROW | {"latitude": None},
        ROW | {"longitude": "8"},
        ROW | {"latitude": 91},
        ROW | {"timestamp": True},
        ROW | {"timestamp": 10**30},
    ]
    batch, report = read(tmp_path, [*bad, ROW | {"track": "north", "groundspeed": []}])
    assert len(batch) == report.taken == 1
    assert [(each.row, each.rule) for each in report.bad_rows] == [
        (0, "no-record"),
        (1, "no-id"),
        (2, "no-time"),
        (3, "no-position"),
        (4, "no-position"),
        (5, "position-range"),
        (6, "no-time"),
        (7, "no-time"),
    ]
    assert report.dropped == {"track": 1, "groundspeed": 1}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)
HOSTILE = st.dictionaries(st.sampled_from([*ROW, "last_position", "x"]), JSON)


@settings(deadline=None, max_examples=200)
@given(document=JSON | st.lists(HOSTILE | JSON | st.just(ROW), max_size=6) | HOSTILE)
def test_no_content_makes_the_reader_fail_otherwise_than_with_a_reason(document, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "hostile.json"
    path.write_text(json.dumps(document, ensure_ascii=True), encoding="utf-8")
    with suppress(InvalidValue):
        _assert_whole(*read_positions(path, feed="file"))


def _assert_whole(batch, report):
    assert report.rows == report.taken + sum(report.refused.values())
    assert (np.diff(batch.time_us) >= 0).all()
    assert np.isfinite(batch.latitude_deg).all()


@pytest.mark.parametrize(
    ("name", "content", "rule"),
    [
        ("f.json", b"{", "json"),
        ("f.json", b'"text"', "json-records"),
        ("f.json", b'{"latitude": [1]}', "json-records"),
        ("f.json", b"[" * 100_000, "json"),
        ("f.json.gz", b"no gzip", "gzip"),
        ("f.json.gz", gzip.compress(b"[]" * 999)[:-9], "gzip"),
        ("f.csv", b"a,b\n1,2\n", "csv-header"),
        ("f.csv", b"\xff\xfe", "csv"),
        ("f.csv", b"timestamp\n1\n\xff\xfe\n", "csv"),
        ("f.csv", b"timestamp\n" + b"x" * 200_000, "line-length"),
        ("f.csv", b"timestamp," * 20_000, "line-length"),
        ("f.bin", b"", "file-kind"),
    ],
)
def test_a_file_that_is_none_is_refused_with_the_rule(tmp_path, name, content, rule):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InvalidValue) as caught:
        read_positions(path, feed="file")
    assert caught.value.rule == rule


def test_a_small_gzip_that_unpacks_to_very_much_is_refused(tmp_path):
    path = tmp_path / "bomb.json.gz"
    path.write_bytes(gzip.compress(b" " * 5_000_000))
    with pytest.raises(InvalidValue, match="file-size"):
        read_positions(path, feed="file", max_bytes=1_000_000)


def test_too_many_rows_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "_MAX_ROWS", 2)
    for document in ([ROW] * 3, {"timestamp": [1, 2, 3]}):
        with pytest.raises(InvalidValue, match="row-count"):
            read(tmp_path, document)


def test_csv_is_read_row_by_row_and_of_its_columns_those_that_count(tmp_path, monkeypatch):
    path = tmp_path / "f.csv"
    header = "timestamp,latitude,longitude,icao24,more,latitude\n"
    path.write_text(header + "1000,1,8,a,z,47\n\n2000,1,8,b\n3000,1,8,c,y,48,beyond\n")
    batch, report = read_positions(path, feed="file")
    assert (batch.track_id, batch.latitude_deg.tolist()) == (["a", "c"], [47, 48])
    assert report.refused == {"no-position": 1}
    monkeypatch.setattr(files, "_MAX_ROWS", 2)
    with pytest.raises(InvalidValue, match="row-count"):
        read_positions(path, feed="file")


def test_json_of_more_values_than_can_be_held_is_refused_unread(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "_MAX_VALUES", 30)
    assert read(tmp_path, [ROW])[1].rows == 1
    for document in ([ROW] * 5, [[]] * 20, [{}] * 20):
        with pytest.raises(InvalidValue, match="value-count"):
            read(tmp_path, document)


def test_slices_end_at_multiples_and_hold_every_row_once(tmp_path):
    rows = [ROW | {"timestamp": 1_000_000 + k} for k in (0, 1, 9_999, 10_000, 10_001, 30_000)]
    batch, _ = read(tmp_path, rows)
    slices = list(batches(batch, 10 * SECOND_US))
    assert [(end // SECOND_US, len(part)) for end, part in slices] == [
        (1000, 1),
        (1010, 3),
        (1020, 1),
        (1030, 1),
    ]
    for end, part in slices:
        assert ((part.time_us <= end) & (part.time_us > end - 10 * SECOND_US)).all()
    empty, _ = read(tmp_path, [])
    assert list(batches(empty, SECOND_US)) == []


def test_owners_come_from_the_caller(tmp_path):
    def owner_of(track_id, callsign):
        return "desk" if callsign == "N340WN" else None

    batch, _ = read(tmp_path, [ROW, ROW | {"callsign": "T71"}], owner_of=owner_of)
    assert batch.owner == ["desk", None]


@pytest.mark.parametrize(
    ("name", "tracks", "rows"),
    [("firefighting/calfire.json.gz", 45, 9955), ("noisy/noisy_spoofing.json.gz", 1, 8681)],
)
def test_recorded_flights_are_read_whole(name, tracks, rows):
    path = sample_path(name)
    if path is None:
        pytest.skip("the package traffic is not installed (pip install --no-deps traffic==2.13)")
    batch, report = read_positions(Path(path), feed="recorded")
    assert report.rows == rows
    assert len(set(batch.track_id)) == tracks
    assert report.taken + sum(report.refused.values()) == rows
