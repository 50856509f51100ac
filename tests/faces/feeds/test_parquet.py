"""Files of positions as Parquet: the columns of recorded flights, and those of the archive."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wideberth.errors import InvalidValue
from wideberth.faces.feeds import parquet
from wideberth.faces.feeds.tables import TableDecoder

TIME_MS = 1_777_622_400_000
ROW = {
    "timestamp": TIME_MS, "icao24": "4B1816", "callsign": "SWR12 ", "latitude": 47.4,
    "longitude": 8.55, "altitude": 37_000.0, "geoaltitude": 37_500.0, "groundspeed": 450.0,
    "track": 90.0, "vertical_rate": -64.0,
}  # fmt: skip


def packed(columns: dict[str, Any], **how: Any) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out, **how)
    return out.getvalue()


def test_the_columns_of_recorded_flights_give_what_the_same_rows_give_as_json() -> None:
    rows = [{**ROW, "timestamp": TIME_MS + k * 1000, "latitude": 47.4 + k / 1000} for k in range(5)]
    rows[1]["callsign"] = rows[2]["geoaltitude"] = None
    rows[3]["latitude"] = 91.0
    data = packed({name: [row[name] for row in rows] for name in ROW})
    expected = TableDecoder("json", owner="alpha").feed(json.dumps(rows).encode(), 0)
    found = TableDecoder("parquet", owner="alpha").feed(data, 0)
    assert (found.messages, found.malformed) == (expected.messages, expected.malformed)
    assert found.reports == expected.reports
    assert len(found.reports) == 4


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_times_of_pandas_are_read_whatever_their_unit(unit: str) -> None:
    when = datetime(2026, 5, 1, 8, 0, 0, 250_000, tzinfo=UTC)
    columns = {name: [value] for name, value in ROW.items()}
    columns["timestamp"] = pa.array([when], pa.timestamp(unit, tz="UTC"))
    report = TableDecoder("parquet").feed(packed(columns), 0).reports[0]
    assert report.time_us == TIME_MS * 1000 + 250_000


def test_what_the_archive_keeps_is_read_with_its_accuracy() -> None:
    data = packed(
        {
            "track": ["walkers:alpha", None],
            "feed_party": ["north", "north"],
            "time_us": [TIME_MS * 1000 + 7, TIME_MS * 1000],
            "latitude_nd": [47_400_000_001, 1],
            "longitude_nd": [8_550_000_000, 1],
            "altitude_w84_mm": [400_500, None],
            "accuracy_mm": [3_000, None],
            "call_sign": ["ALPHA", None],
            "owner": ["south", None],
        }
    )
    found = TableDecoder("parquet").feed(data, 0)
    assert found.malformed == {"no-id": 1}
    (report,) = found.reports
    assert (report.track_id, report.callsign, report.owner) == ("walkers:alpha", "ALPHA", None)
    assert report.time_us == TIME_MS * 1000 + 7
    assert report.latitude_deg == pytest.approx(47.400000001, abs=1e-12)
    assert report.altitude_w84_m == pytest.approx(400.5)
    assert report.accuracy_m == pytest.approx(3.0)


def test_a_column_of_another_type_counts_as_not_there() -> None:
    columns: dict[str, Any] = {name: [value] for name, value in ROW.items()}
    columns |= {"altitude": [["a", "b"]], "callsign": [5], "track": ["north"]}
    found = TableDecoder("parquet").feed(packed(columns), 0).reports[0]
    assert (found.altitude_std_m, found.callsign, found.course_deg) == (None, None, None)
    columns["icao24"] = [5]
    assert TableDecoder("parquet").feed(packed(columns), 0).malformed == {"no-id": 1}


def test_more_rows_or_bytes_than_may_be_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    many = {name: [value] * 2_001 for name, value in ROW.items()}
    monkeypatch.setattr(parquet, "MOST_ROWS", 2_000)
    assert TableDecoder("parquet").feed(packed(many), 0).malformed == {"row-count": 1}
    monkeypatch.setattr(parquet, "MOST_ROWS", 500_000)
    monkeypatch.setattr(parquet, "_MOST_BYTES", 100_000)
    # A long text that stands often is small in the file.
    large = {**many, "callsign": ["x" * 200_000] * 2_001}
    data = packed(large, compression="zstd")
    assert len(data) < 20_000
    assert TableDecoder("parquet").feed(data, 0).malformed == {"file-size": 1}


def test_a_file_that_says_too_much_of_itself_is_refused_unread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = b"PAR1" + bytes(100) + (100).to_bytes(4, "little") + b"PAR1"
    assert TableDecoder("parquet").feed(whole, 0).malformed == {"parquet": 1}
    monkeypatch.setattr(parquet, "_MOST_FOOTER_BYTES", 99)
    assert TableDecoder("parquet").feed(whole, 0).malformed == {"footer-size": 1}


def test_a_text_that_stands_often_is_cut_once() -> None:
    columns = {name: [value] * 3 for name, value in ROW.items()}
    columns["callsign"] = ["x" * 5_000] * 3
    found = TableDecoder("parquet").feed(packed(columns), 0)
    assert {len(each.callsign or "") for each in found.reports} == {64}


@given(st.data())
def test_damage_never_raises(data: st.DataObject) -> None:
    whole = packed({name: [value] * 3 for name, value in ROW.items()})
    at = data.draw(st.integers(0, len(whole) - 1))
    broken = whole[:at] + data.draw(st.binary(min_size=1, max_size=8)) + whole[at + 1 :]
    cut = data.draw(st.booleans())
    decoder = TableDecoder("parquet")
    decoder.feed(whole[:at] if cut else broken, 0)


def test_what_is_no_such_file_is_counted() -> None:
    decoder = TableDecoder("parquet")
    assert decoder.feed(b"PAR1 nonsense PAR1", 0).malformed == {"parquet": 1}
    assert decoder.feed(packed({"when": [1]}), 0).malformed == {"parquet-columns": 1}


def test_without_the_library_the_kind_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(parquet, "import_module", absent)
    with pytest.raises(InvalidValue, match="wideberth\\[parquet\\]"):
        TableDecoder("parquet")
