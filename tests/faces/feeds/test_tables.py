"""Files of positions as feeds: rows and points are given once, and broken times do no harm."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wideberth.faces.feeds.gpx import GpxDecoder
from wideberth.faces.feeds.samples import sample_path
from wideberth.faces.feeds.tables import TableDecoder
from wideberth.space.time import DAY_US, SECOND_US, parse_rfc3339
from wideberth.watch.reports import PositionReport, ReportBatch
from wideberth.watch.settings import TrackSettings
from wideberth.watch.tracks import TrackKey, TrackTable

HEADER = "timestamp,icao24,callsign,latitude,longitude,altitude,geoaltitude\n"
ROW = "2026-05-01T08:00:0{0}Z,4B1816,SWR12,47.4{0},8.55,37000,37500\n"


def test_a_growing_table_gives_each_row_once() -> None:
    decoder = TableDecoder("csv", owner="alpha")
    first = decoder.feed((HEADER + ROW.format(0) + ROW.format(1)).encode(), 0)
    assert [each.latitude_deg for each in first.reports] == [47.40, 47.41]
    assert (first.reports[0].track_id, first.reports[0].owner) == ("4b1816", "alpha")
    assert first.reports[0].altitude_w84_m == pytest.approx(11_430)
    text = HEADER + ROW.format(0) + ROW.format(1) + ROW.format(2) + "yesterday,x,,1,1,,\n"
    second = decoder.feed(text.encode(), 0)
    assert [each.latitude_deg for each in second.reports] == [47.42]
    assert (second.messages, second.ignored, dict(second.malformed)) == (3, 2, {"no-time": 1})
    assert second.sample == ("no-time", b"row 3")


def test_rows_of_traffic_are_read_packed_too() -> None:
    rows = [{"timestamp": 1_777_622_400_000, "icao24": "4b1816", "latitude": 1, "longitude": 2}]
    packed = gzip.compress(json.dumps(rows).encode())
    assert len(TableDecoder("json").feed(packed, 0).reports) == 1
    assert TableDecoder("json").feed(packed[:-9], 0).malformed == {"gzip": 1}
    assert TableDecoder("json").feed(b"{", 0).malformed == {"json": 1}


@pytest.mark.skipif(sample_path("noisy/noisy_time_issue.json.gz") is None, reason="no samples")
def test_a_recording_with_broken_times_is_taken_by_the_stated_rules() -> None:
    path = sample_path("noisy/noisy_time_issue.json.gz")
    assert path is not None
    rows: Any = json.loads(gzip.decompress(path.read_bytes()))
    decoder = TableDecoder("json")
    in_order = decoder.feed(path.read_bytes(), 0)
    assert in_order.messages == len(in_order.reports)
    assert in_order.messages + in_order.malformed.total() == len(rows)
    reports = in_order.reports[2500:3500]  # where its clock breaks most
    alone = TrackTable(TrackSettings(forget_after_us=40 * DAY_US))
    doubted = 0
    for each in reports:
        alone.update(ReportBatch.of([each], feed="f"), each.time_us)
        assert int(alone.time_us[0]) == each.time_us  # held as reported, believed or not
        assert float(alone.latitude_deg[0]) == each.latitude_deg
        doubted += int(alone.implausible_rule[0] != 0)
    assert 50 < doubted < 100  # the jumps that its broken clock makes, and a few after each
    # As a receiver would hand them on: some of them late, some twice, one from the future.
    shuffled = [*reports[::2], *reports[1::2], reports[-1]]
    now_us = reports[-1].time_us
    future = PositionReport(reports[0].track_id, now_us + DAY_US, 1.0, 2.0)
    table = TrackTable(TrackSettings(forget_after_us=40 * DAY_US))
    counts: Counter[str] = Counter()
    for start in range(0, len(shuffled), 100):
        batch = ReportBatch.of([*shuffled[start : start + 100], future], feed="f")
        counts += table.update(batch, now_us).counts
    batches = -(-len(shuffled) // 100)
    assert counts["refused"] == batches  # the one from the future, each time
    assert counts["late"] > len(reports) // 3
    assert counts["repeated"] + counts["contradictory"] >= 1
    assert counts.total() == len(shuffled) + batches
    slot = table.slot_of(TrackKey(None, "f", reports[-1].track_id))
    assert slot is not None
    assert int(table.time_us[slot]) == now_us  # what is held is the newest that is not ahead


GPX = """<?xml version="1.0"?><gpx xmlns="http://www.topografix.com/GPX/1/1" version="1.1"
 creator="x"><metadata><time>2026-05-01T00:00:00Z</time></metadata><wpt lat="1" lon="1"/>
 <trk><name>Team 2</name><trkseg>{}</trkseg></trk></gpx>"""
POINT = '<trkpt lat="{}" lon="8.55"><ele>500</ele><time>2026-05-01T08:00:0{}Z</time></trkpt>'


def test_points_of_a_gpx_file_are_given_once_and_have_no_height() -> None:
    decoder = GpxDecoder(feed="walkers", owner="relief")
    (report,) = decoder.feed(GPX.format(POINT.format(47.45, 1)).encode(), 0).reports
    assert (report.track_id, report.callsign) == ("walkers:Team-2-1", "Team 2")
    assert report.owner == "relief"
    assert report.time_us == parse_rfc3339("2026-05-01T08:00:01Z")
    assert (report.latitude_deg, report.longitude_deg) == (47.45, 8.55)
    assert (report.altitude_w84_m, report.altitude_std_m) == (None, None)
    again = decoder.feed(GPX.format(POINT.format(47.45, 1) + POINT.format(47.46, 2)).encode(), 0)
    assert [each.time_us - report.time_us for each in again.reports] == [SECOND_US]


@pytest.mark.parametrize(
    ("document", "rule"),
    [
        ("<gpx>", "xml"),
        ("<kml/>", "not-gpx"),
        ('<!DOCTYPE gpx [<!ENTITY a "b">]><gpx>&a;</gpx>', "xml-doctype"),
        ("<gpx>" + "<a>" * 64, "xml-size"),
        (
            GPX.format('<trkpt lat="x" lon="8"><time>2026-05-01T08:00:00Z</time></trkpt>'),
            "position",
        ),
        (GPX.format(POINT.format(91, 1)), "position-range"),
        (GPX.format('<trkpt lat="1" lon="8"/>'), "time"),
    ],
)
def test_what_is_no_gpx_or_no_point_is_counted(document: str, rule: str) -> None:
    decoded = GpxDecoder(feed="f").feed(document.encode(), 0)
    assert (decoded.reports, dict(decoded.malformed)) == ([], {rule: 1})


PART = st.sampled_from(
    ["<gpx>", "</gpx>", "<trk>", "</trk>", "<name>", "</name>", POINT, "<trkpt>", "</trkpt>",
     "\x00", '<?xml version="1.0" encoding="x"?>', "<time>", "</time>", "é", "<gpx xmlns:a='b'>"]
)  # fmt: skip


DOCUMENT = st.lists(PART, max_size=9).map(lambda parts: "".join(parts).encode())


@given(st.one_of(st.binary(), DOCUMENT))
def test_no_document_makes_gpx_raise(data: bytes) -> None:
    GpxDecoder(feed="f").feed(data, 0)


@given(st.binary(), st.sampled_from(["json", "csv"]))
def test_no_document_makes_a_table_raise(data: bytes, form: Any) -> None:
    TableDecoder(form).feed(data, 0)
