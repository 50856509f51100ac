"""Flights of ASTM F3411 become positions, each once; what is not real or not reported does not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feed_pieces import NOW_US
from wideberth.faces.feeds.remoteid import RemoteIdDecoder
from wideberth.space.time import SECOND_US, parse_rfc3339

POSITION = {
    "lat": 47.45, "lng": 8.55, "alt": 520.5, "pressure_altitude": 471.0, "accuracy_h": "HA3m",
    "accuracy_v": "VA3m",
}  # fmt: skip
STATE = {
    "timestamp": {"value": "2026-05-01T07:59:59.500Z", "format": "RFC3339"},
    "timestamp_accuracy": 0.1, "position": POSITION, "track": 271.0, "speed": 12.5,
    "vertical_speed": -1.5, "speed_accuracy": "SA1mps",
}  # fmt: skip
FLIGHT = {"id": "a3423981-a0a2-4c82-b8f1-0a4f0bd0bb9e", "current_state": STATE}


def answer(*flights: Any, **more: Any) -> bytes:
    return json.dumps({"timestamp": STATE["timestamp"], "flights": list(flights), **more}).encode()


def test_a_flight_of_22a_is_read_once() -> None:
    decoder = RemoteIdDecoder(owner="alpha")
    (report,) = decoder.feed(answer(FLIGHT), NOW_US).reports
    assert (report.track_id, report.owner) == (FLIGHT["id"], "alpha")
    assert report.time_us == parse_rfc3339("2026-05-01T07:59:59.500Z")
    assert (report.latitude_deg, report.longitude_deg) == (47.45, 8.55)
    assert (report.altitude_w84_m, report.altitude_std_m) == (520.5, 471)
    assert report.accuracy_m == 3
    assert (report.course_deg, report.ground_speed_m_s) == (271, 12.5)
    assert report.vertical_rate_m_s == -1.5
    assert decoder.feed(answer(FLIGHT), NOW_US + SECOND_US).reports == []


def test_a_flight_of_19_has_its_time_as_text() -> None:
    flight = {**FLIGHT, "current_state": {**STATE, "timestamp": "2026-05-01T07:59:58Z"}}
    (report,) = RemoteIdDecoder().feed(answer(flight), NOW_US).reports
    assert report.time_us == NOW_US - 2 * SECOND_US


def test_numbers_that_mean_not_known_are_not_known() -> None:
    position = {
        **POSITION, "alt": -1000, "pressure_altitude": -1000, "accuracy_h": "HAUnknown"
    }  # fmt: skip
    state = {**STATE, "position": position, "track": 361, "speed": 255, "vertical_speed": 63}
    (report,) = RemoteIdDecoder().feed(answer({**FLIGHT, "current_state": state}), NOW_US).reports
    assert (report.altitude_w84_m, report.altitude_std_m) == (None, None)
    assert report.accuracy_m is None
    assert report.course_deg is None
    assert report.ground_speed_m_s is None
    assert report.vertical_rate_m_s is None


def test_what_a_display_provider_shows_has_the_time_of_its_arrival() -> None:
    decoder = RemoteIdDecoder()
    shown = {"id": "x", "most_recent_position": {"lat": 1.0, "lng": 2.0, "alt": 3.0}}
    document = json.dumps({"flights": [shown], "clusters": [{"corners": []}]}).encode()
    decoded = decoder.feed(document, NOW_US)
    assert [each.time_us for each in decoded.reports] == [NOW_US]
    assert (decoded.messages, decoded.ignored) == (2, 1)
    assert decoder.feed(document, NOW_US + SECOND_US).reports == []
    shown["most_recent_position"]["lat"] = 1.1
    moved = decoder.feed(json.dumps({"flights": [shown]}).encode(), NOW_US + SECOND_US)
    assert [each.time_us for each in moved.reports] == [NOW_US + SECOND_US]


@pytest.mark.parametrize(
    "flight",
    [
        {**FLIGHT, "simulated": True},
        {**FLIGHT, "current_state": {**STATE, "position": {**POSITION, "extrapolated": True}}},
        {"id": "no state"},
    ],
)
def test_what_is_not_real_or_not_reported_is_left_out(flight: dict[str, Any]) -> None:
    decoded = RemoteIdDecoder().feed(answer(flight), NOW_US)
    assert (decoded.reports, decoded.ignored, dict(decoded.malformed)) == ([], 1, {})


def test_an_exercise_may_take_flights_that_are_simulated_and_nothing_extrapolated() -> None:
    simulated = {**FLIGHT, "simulated": True}
    (report,) = RemoteIdDecoder(simulated=True).feed(answer(simulated), NOW_US).reports
    assert report.track_id == FLIGHT["id"]
    guessed = {**STATE, "position": {**POSITION, "extrapolated": True}}
    document = answer({**simulated, "current_state": guessed})
    assert RemoteIdDecoder(simulated=True).feed(document, NOW_US).reports == []


@pytest.mark.parametrize(
    ("document", "rule"),
    [
        (b"<html>", "json"),
        (b"{}", "not-flights"),
        (answer({"current_state": STATE}), "no-id"),
        (answer({**FLIGHT, "current_state": []}), None),
        (answer({**FLIGHT, "current_state": 7}), "no-record"),
        (answer({**FLIGHT, "current_state": {**STATE, "timestamp": "noon"}}), "time"),
        (
            answer({**FLIGHT, "current_state": {**STATE, "position": {"lat": 91, "lng": 0}}}),
            "position-range",
        ),
    ],
)
def test_what_cannot_be_read_is_counted(document: bytes, rule: str | None) -> None:
    decoded = RemoteIdDecoder().feed(document, NOW_US)
    assert dict(decoded.malformed) == ({rule: 1} if rule else {})
    assert decoded.reports == []


VALUE = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=9)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)
FLIGHTS = st.fixed_dictionaries(
    {"id": VALUE},
    optional={
        "current_state": st.fixed_dictionaries({}, optional=dict.fromkeys(STATE, VALUE)) | VALUE,
        "most_recent_position": VALUE,
        "simulated": VALUE,
    },
)


@given(
    st.one_of(st.binary(), st.lists(FLIGHTS | VALUE, max_size=4).map(lambda all_: answer(*all_)))
)
def test_no_document_makes_it_raise(data: bytes) -> None:
    RemoteIdDecoder().feed(data, NOW_US)
