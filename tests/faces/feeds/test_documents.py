"""aircraft.json of readsb and the state vectors of OpenSky become positions, each given once."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wideberth.faces.feeds.decoding import Decoder
from wideberth.faces.feeds.opensky import OpenSkyDecoder
from wideberth.faces.feeds.readsb import ReadsbDecoder
from wideberth.faces.feeds.remoteid import RemoteIdDecoder

NOW_S = 1_777_622_400.0
AIRCRAFT: dict[str, Any] = {
    "hex": "4b1816", "type": "adsb_icao", "flight": "SWR12   ", "alt_baro": 37000,
    "alt_geom": 37500, "gs": 420.0, "track": 90.5, "baro_rate": -640, "lat": 47.45, "lon": 8.55,
    "nac_p": 9, "seen_pos": 1.5, "seen": 0.1, "mlat": [], "tisb": [],
}  # fmt: skip
STATE: list[Any] = [
    "4b1816", "SWR12   ", "Switzerland", 1_777_622_398, 1_777_622_400, 8.55, 47.45, 11277.6, False,
    216.0, 90.5, -3.25, None, 11430.0, "1000", False, 0,
]  # fmt: skip


def readsb(*aircraft: Any, now: float = NOW_S) -> bytes:
    return json.dumps({"now": now, "messages": 1, "aircraft": list(aircraft)}).encode()


def opensky(*states: Any, time: int = int(NOW_S)) -> bytes:
    return json.dumps({"time": time, "states": list(states)}).encode()


def test_a_position_of_readsb_is_as_old_as_it_says() -> None:
    (report,) = ReadsbDecoder(owner="alpha").feed(readsb(AIRCRAFT), 0).reports
    assert (report.track_id, report.callsign, report.owner) == ("4b1816", "SWR12", "alpha")
    assert report.time_us == round((NOW_S - 1.5) * 1e6)
    assert report.altitude_std_m == pytest.approx(11_277.6)
    assert report.altitude_w84_m == pytest.approx(11_430.0)
    assert report.vertical_rate_m_s == pytest.approx(-3.2512)
    assert report.accuracy_m == 30


def test_heights_and_velocities_of_documents_are_of_the_last_message_that_was_heard() -> None:
    (report,) = ReadsbDecoder().feed(readsb(AIRCRAFT), 0).reports
    heard_us = round((NOW_S - 0.1) * 1e6)
    assert report.time_us == heard_us - 1_400_000
    assert (report.altitude_time_us, report.velocity_time_us) == (heard_us, heard_us)
    for seen in (None, -1, "soon", 1e9):  # nothing else than the position's moment is known
        (report,) = ReadsbDecoder().feed(readsb({**AIRCRAFT, "seen": seen}), 0).reports
        assert (report.altitude_time_us, report.velocity_time_us) == (None, None)
    (state,) = OpenSkyDecoder().feed(opensky(STATE), 0).reports
    last_us = state.time_us + 2_000_000
    assert (state.altitude_time_us, state.velocity_time_us) == (last_us, last_us)
    (state,) = OpenSkyDecoder().feed(opensky([*STATE[:4], None, *STATE[5:]]), 0).reports
    assert (state.altitude_time_us, state.velocity_time_us) == (None, None)


def test_a_position_of_readsb_is_given_once_until_there_is_a_new_one() -> None:
    decoder = ReadsbDecoder()
    assert len(decoder.feed(readsb(AIRCRAFT), 0).reports) == 1
    again = {**AIRCRAFT, "seen_pos": 2.45}
    assert decoder.feed(readsb(again, now=NOW_S + 1), 0).reports == []  # rounded, the same
    moved = {**AIRCRAFT, "lat": 47.451, "seen_pos": 0.2}
    assert len(decoder.feed(readsb(moved, now=NOW_S + 1), 0).reports) == 1


def test_an_aircraft_on_the_ground_by_multilateration_or_without_a_place_is_read() -> None:
    ground = {**AIRCRAFT, "alt_baro": "ground", "mlat": ["lat", "lon"]}
    decoded = ReadsbDecoder().feed(readsb(ground, {"hex": "abcdef", "seen": 1}), 0)
    (report,) = decoded.reports
    assert (report.altitude_std_m, report.accuracy_m) == (None, None)
    assert (decoded.messages, decoded.ignored) == (2, 1)


def test_a_document_of_more_values_than_all_that_flies_is_refused_unread() -> None:
    for decoder in (ReadsbDecoder(), OpenSkyDecoder(), RemoteIdDecoder()):
        decoded = decoder.feed(b'{"now":1,"aircraft":[' + b"1," * 2_000_001 + b"1]}", 0)
        assert (dict(decoded.malformed), decoded.messages) == ({"too-many-values": 1}, 0)


def test_a_record_beyond_measure_or_unreadable_is_counted_and_the_others_are_taken() -> None:
    long = json.dumps({"hex": "abcdef", "pad": "x" * 70_000}).encode()
    unreadable = b'{"hex": "\xff"}'
    document = readsb(AIRCRAFT).replace(b'"aircraft": [', b'"aircraft": [' + long + b", ")
    document = document.replace(b'"aircraft": [', b'"aircraft": [' + unreadable + b", ")
    decoded = ReadsbDecoder().feed(document, 0)
    assert [each.track_id for each in decoded.reports] == ["4b1816"]
    assert dict(decoded.malformed) == {"json": 1, "record-too-long": 1}
    assert decoded.sample is not None
    assert decoded.sample[1].startswith(b'{"hex": "abcdef", "pad": "xxx')
    for beyond in (
        b'{"now": ' + b"[" * 70_000,
        b'{"now": "' + b"x" * 70_000 + b'", "aircraft": []}',
    ):
        assert ReadsbDecoder().feed(beyond, 0).malformed.total() == 1


def test_the_older_names_of_dump1090_are_read() -> None:
    older = {
        "hex": "4b1816", "flight": "SWR12   ", "altitude": 37000, "speed": 420, "track": 90,
        "vert_rate": -640, "lat": 47.45, "lon": 8.55, "nucp": 7, "seen_pos": 1.5, "seen": 0.1,
        "mlat": [], "tisb": [],
    }  # fmt: skip
    (report,) = ReadsbDecoder().feed(readsb(older), 0).reports
    (newer,) = ReadsbDecoder().feed(readsb({**AIRCRAFT, "track": 90}), 0).reports
    assert report.altitude_std_m == newer.altitude_std_m
    assert report.ground_speed_m_s == newer.ground_speed_m_s
    assert report.vertical_rate_m_s == newer.vertical_rate_m_s
    assert (report.altitude_w84_m, report.accuracy_m) == (None, 92.6)
    (unknown,) = ReadsbDecoder().feed(readsb({**older, "nucp": 0}), 0).reports
    assert unknown.accuracy_m is None
    (ground,) = ReadsbDecoder().feed(readsb({**older, "altitude": "ground"}), 0).reports
    assert ground.altitude_std_m is None


def test_the_answer_of_an_aggregator_is_read() -> None:
    document = json.dumps({"now": NOW_S * 1000, "ac": [AIRCRAFT], "msg": "No error"}).encode()
    (report,) = ReadsbDecoder().feed(document, 0).reports
    assert report.time_us == round((NOW_S - 1.5) * 1e6)


def test_a_state_of_opensky_is_read_and_given_once() -> None:
    decoder = OpenSkyDecoder()
    (report,) = decoder.feed(opensky(STATE), 0).reports
    assert (report.track_id, report.callsign) == ("4b1816", "SWR12")
    assert report.time_us == 1_777_622_398_000_000
    assert (report.latitude_deg, report.longitude_deg) == (47.45, 8.55)
    assert (report.altitude_std_m, report.altitude_w84_m) == (11277.6, 11430.0)
    assert decoder.feed(opensky(STATE), 0).reports == []
    assert decoder.feed(b'{"time": 1777622401, "states": null}', 0).messages == 0


@pytest.mark.parametrize(
    ("decoder", "document", "rule"),
    [
        (ReadsbDecoder, b"{", "json"),
        (ReadsbDecoder, b"[]", "json-object"),
        (ReadsbDecoder, b"{}", "not-aircraft-json"),
        (ReadsbDecoder, readsb(7), "no-record"),
        (ReadsbDecoder, readsb({**AIRCRAFT, "hex": "xyz"}), "aircraft-id"),
        (ReadsbDecoder, readsb({**AIRCRAFT, "lat": 91}), "position-range"),
        (ReadsbDecoder, readsb({**AIRCRAFT, "lat": None}), "position"),
        (ReadsbDecoder, readsb({**AIRCRAFT, "seen_pos": -1}), "seen_pos"),
        (OpenSkyDecoder, b'{"error": "no"}', "not-states"),
        (OpenSkyDecoder, opensky(STATE[:5]), "fields"),
        (OpenSkyDecoder, opensky(["x", *STATE[1:]]), "aircraft-id"),
        (OpenSkyDecoder, opensky([*STATE[:3], None, *STATE[4:]]), "time"),
    ],
)
def test_what_cannot_be_read_is_counted_with_a_sample(
    decoder: Callable[[], Decoder], document: bytes, rule: str
) -> None:
    decoded = decoder().feed(document, 0)
    assert dict(decoded.malformed) == {rule: 1}
    assert decoded.sample is not None


def test_a_jump_of_the_senders_clock_does_not_silence_an_aircraft_for_long() -> None:
    decoder = ReadsbDecoder()
    decoder.feed(readsb(AIRCRAFT, now=NOW_S + 1e8), 0)
    decoder.feed(readsb(now=NOW_S), 0)
    assert len(decoder.feed(readsb(AIRCRAFT, now=NOW_S + 1), 0).reports) == 1


VALUE = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=9)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)
RECORD = st.fixed_dictionaries({}, optional=dict.fromkeys(AIRCRAFT, VALUE)).map(
    lambda members: {**AIRCRAFT, **members}
)


@given(st.one_of(st.binary(), st.lists(RECORD, max_size=3).map(lambda all_: readsb(*all_))))
def test_no_document_makes_readsb_raise(data: bytes) -> None:
    ReadsbDecoder().feed(data, 0)


@given(
    st.one_of(
        st.binary(),
        st.lists(st.lists(VALUE, max_size=17) | VALUE, max_size=3).map(lambda all_: opensky(*all_)),
    )
)
def test_no_document_makes_opensky_raise(data: bytes) -> None:
    OpenSkyDecoder().feed(data, 0)
