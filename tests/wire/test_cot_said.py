"""What a node says to TAK clients, and what it hears from them."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strategies import volumes
from wideberth.errors import InvalidValue
from wideberth.model.ids import IntentId, Ovn, PartyId, ZoneId
from wideberth.model.intents import (
    Intent,
    IntentKind,
    IntentState,
    Provenance,
    Source,
    Visibility,
    VisibilityLevel,
)
from wideberth.model.notices import NEITHER_PERMISSION_NOR_GUARANTEE
from wideberth.model.stops import Area, Form, Identified, Stop
from wideberth.model.zones import Zone, ZoneRule
from wideberth.space.altitude import Altitude, AltitudeReference
from wideberth.space.volume import Circle, Polygon, Volume4D
from wideberth.watch.cotreports import domain_of, report_of, track_id_of
from wideberth.wire import cotheard, cotsaid
from wideberth.wire.cot import UNKNOWN_M, CotEvent, Element, attribute, child, text_of
from wideberth.wire.cotheard import stop_in
from wideberth.wire.cotproto import decode_message, encode_message
from wideberth.wire.cotsaid import (
    TrackSaid,
    WarningSaid,
    chat,
    gone,
    intent_events,
    losses_of,
    stop_events,
    track_event,
    warning_event,
    zone_events,
)
from wideberth.wire.cotshapes import LOSSES, OWN, middle_of, volume_in
from wideberth.wire.cotxml import decode_xml, encode_xml

NOW_US = 1_795_298_400_000_000  # 2026-11-21T22:00:00Z
SQUARE = Polygon(
    (
        (47_000_000_000, 8_000_000_000),
        (47_000_000_000, 8_500_000_000),
        (47_500_000_001, 8_500_000_000),
    )
)
ROUND = Circle(47_000_000_000, 8_000_000_000, 1_234_567)
LOW = Altitude(1_001, AltitudeReference.W84)
HIGH = Altitude(914_400, AltitudeReference.AGL)
FIRST = Volume4D(SQUARE, LOW, HIGH, NOW_US + 1, NOW_US + 3_600_000_001)
SECOND = Volume4D(ROUND, HIGH, HIGH, NOW_US, NOW_US + 7_200_000_000)


def intent(*volumes_: Volume4D, **more: Any) -> Intent:
    made = Intent(
        id=IntentId("i1"),
        party=PartyId("alpha"),
        kind=IntentKind.HAZARD,
        priority=0,
        state=IntentState.ACTIVATED,
        version=3,
        ovn=Ovn("o"),
        volumes=volumes_ or (FIRST, SECOND),
        visibility=Visibility(VisibilityLevel.OPEN),
        provenance=Provenance(Source.GPS),
        told_us=NOW_US,
        lead_us=0,
        call_sign="RANGE 7",
        cautions=("address-derived",),
    )
    return msgspec.structs.replace(made, **more)


def zone(**more: Any) -> Zone:
    made = Zone(
        ZoneId("z1"), PartyId("bravo"), "north\nbank", ZoneRule.KEEP_OUT, (FIRST,), 1, NOW_US
    )
    return msgspec.structs.replace(made, **more)


def remarks(event: CotEvent) -> str:
    return text_of(child(event, "remarks"))


def a_track(**more: Any) -> TrackSaid:
    made = TrackSaid(
        feed_party="alpha",
        track="x",
        time_us=NOW_US,
        latitude_deg=0.0,
        longitude_deg=0.0,
        uncertainty_m=0.0,
    )
    return msgspec.structs.replace(made, **more)


def every_event(*, exercise: bool = False) -> list[CotEvent]:
    stop = Stop("stop-1", Form.STOP, PartyId("alpha"), Identified.UNVERIFIED, NOW_US, "at the ford")
    track = a_track(track="t-1", latitude_deg=47.0, longitude_deg=8.0, uncertainty_m=24.477)
    warning = WarningSaid(
        id="w1",
        kind="separation",
        level=2,
        raised_us=NOW_US,
        updated_us=NOW_US,
        place=(47.0, 8.0, 100.0),
        words=("yours: ALPHA 1",),
    )
    return [
        *intent_events(intent(), now_us=NOW_US, exercise=exercise).values(),
        *zone_events(zone(), now_us=NOW_US, exercise=exercise).values(),
        track_event(track, now_us=NOW_US, exercise=exercise),
        warning_event(warning, now_us=NOW_US, exercise=exercise),
        *stop_events(
            msgspec.structs.replace(stop, area=Area(47_000_000_000, 8_000_000_000, 500_000)),
            exercise=exercise,
        ),
        chat("c1", "hello", now_us=NOW_US, exercise=exercise),
        gone("u", now_us=NOW_US),
    ]


@settings(max_examples=40)
@given(volumes())
def test_a_volume_that_is_drawn_is_read_back_exactly(volume: Volume4D) -> None:
    now_us = volume.start_us
    told = intent(volume, told_us=now_us)
    (event,) = intent_events(told, now_us=now_us, exercise=False).values()
    assert volume_in(event) == volume
    for read in (decode_xml(encode_xml(event)), decode_message(encode_message(event))):
        assert isinstance(read, CotEvent)
        assert volume_in(read) == volume


@settings(max_examples=40)
@given(volumes())
def test_a_drawing_is_shown_no_shorter_than_what_it_draws(volume: Volume4D) -> None:
    (event,) = intent_events(intent(volume), now_us=volume.start_us, exercise=False).values()
    assert event.start_ms * 1000 <= volume.start_us
    assert event.stale_ms * 1000 >= volume.end_us


@pytest.mark.parametrize("way", [(encode_xml, decode_xml), (encode_message, decode_message)])
def test_everything_that_is_said_goes_both_ways_of_writing(way: Any) -> None:
    encode, decode = way
    for event in every_event():
        read = decode(encode(event))
        assert isinstance(read, CotEvent)
        assert sorted(read.detail, key=repr) == sorted(event.detail, key=repr)


def test_each_event_carries_id_version_expiry_status_and_the_sentence() -> None:
    first, second = intent_events(intent(), now_us=NOW_US, exercise=False).values()
    (area,) = zone_events(zone(), now_us=NOW_US, exercise=False).values()
    for event, name in ((first, "i1"), (second, "i1"), (area, "z1")):
        own = child(event, OWN)
        assert attribute(own, "id") == name
        assert attribute(own, "state") in ("Activated", "declared")
        assert attribute(own, "end") is not None
        assert attribute(own, "not_permission") == NEITHER_PERMISSION_NOR_GUARANTEE
        assert NEITHER_PERMISSION_NOR_GUARANTEE in remarks(event)
        assert f"id {name}" in remarks(event)
        assert "expires 2026-11-2" in remarks(event)
    assert "version 3, volume 1 of 2" in remarks(first)
    assert "version 3, volume 2 of 2" in remarks(second)
    assert "state Activated" in remarks(first)
    assert "north bank" in remarks(area)
    assert (first.type, second.type) == ("u-d-f", "u-d-c-c")
    assert (first.hae_m, second.hae_m) == (1.001, UNKNOWN_M)


def test_what_is_lost_is_named() -> None:
    for event in every_event()[:4]:
        assert set(losses_of(event)) <= set(LOSSES.values())
        assert losses_of(event)
    with pytest.raises(InvalidValue):
        losses_of(gone("u", now_us=NOW_US))


def test_what_is_over_is_not_drawn() -> None:
    events = intent_events(intent(), now_us=FIRST.end_us + 1, exercise=False)
    assert list(events) == ["wideberth.intent.i1.1"]


def test_an_exercise_says_so_in_the_label_and_at_both_ends_of_the_words() -> None:
    for event in every_event(exercise=True)[:-1]:
        words = remarks(event)
        if event.type == "b-t-f":
            assert attribute(child(event, "__chat"), "senderCallsign") == "EXERCISE wideberth"
            continue
        assert words.startswith("EXERCISE. ")
        assert words.endswith(" EXERCISE.")
        assert str(attribute(child(event, "contact"), "callsign")).startswith("EXERCISE ")


def test_no_track_has_an_affiliation_whatever_was_sent() -> None:
    sent = event_of("a-h-A-M-F", uid="x")
    report = report_of(sent)
    assert report is not None
    assert "a-h" not in msgspec.json.encode(report).decode()
    said = next(each for each in every_event() if each.type.startswith("a-"))
    assert said.type == "a-u"
    track = a_track(domain=domain_of(sent), silent=True, speed_m_s=1.5, course_deg=90.0)
    event = track_event(track, now_us=NOW_US, exercise=False)
    assert event.type == "a-u-A"
    assert "SILENT" in remarks(event)
    assert "IMPLAUSIBLE" not in remarks(event)
    assert dict(child(event, "track").attributes) == {"course": "90.0", "speed": "1.5"}  # type: ignore[union-attr]


def test_a_track_says_that_it_cannot_be_and_what_its_feeds_disagree_in() -> None:
    track = a_track(implausible="speed-impossible", conflicts=("position", "call sign"))
    event = track_event(track, now_us=NOW_US, exercise=False)
    assert "IMPLAUSIBLE: speed-impossible. FEEDS DISAGREE: position, call sign" in remarks(event)
    assert dict(child(event, OWN).attributes)["implausible"] == "speed-impossible"  # type: ignore[union-attr]


def test_a_label_over_the_antimeridian_stands_there() -> None:
    ring = Polygon(
        (
            (0, 179_000_000_000),
            (0, -179_000_000_000),
            (1_000_000_000, -179_000_000_000),
            (1_000_000_000, 179_000_000_000),
        )
    )
    latitude_deg, longitude_deg = middle_of(ring)
    assert latitude_deg == pytest.approx(0.5)
    assert abs(longitude_deg) == pytest.approx(180)


def event_of(kind: str, *, uid: str = "u", detail: tuple[Element, ...] = (), **more: Any) -> Any:
    made = CotEvent(
        uid=uid,
        type=kind,
        how="m-g",
        time_ms=NOW_US // 1000,
        start_ms=NOW_US // 1000,
        stale_ms=NOW_US // 1000,
        latitude_deg=47.0,
        longitude_deg=8.0,
        detail=detail,
    )
    return msgspec.structs.replace(made, **more)


def message(words: str) -> CotEvent:
    link = Element("link", (("uid", "ANDROID-1"),))
    return event_of("b-t-f", detail=(link, Element("remarks", (), (words,))))


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("STOP", "STOP"),
        (" stop! ", "stop!"),
        ("Stop", "Stop"),
        ("STOP shelling\nat the bridge", "STOP shelling at the bridge"),
        ("STOP: 40 people", "STOP: 40 people"),
        ("STOP " + "x" * 300, ("STOP " + "x" * 300)[:200]),
        ("Stop by later", None),
        ("STOPPED", None),
        ("do not STOP", None),
        ("", None),
    ],
)
def test_a_message_is_a_stop_by_its_first_word(words: str, text: str | None) -> None:
    heard = stop_in(message(words), emergency_is_stop=False)
    assert (None if heard is None else heard.text) == text
    assert heard is None or heard.area is None


def test_the_emergency_button_is_a_stop_only_where_the_node_says_so() -> None:
    detail = (Element("emergency", (("type", "911 Alert"),), ("ALPHA",)),)
    pressed = event_of("b-a-o-tbl", detail=detail, ce_m=2_000.0)
    assert stop_in(pressed, emergency_is_stop=False) is None
    heard = stop_in(pressed, emergency_is_stop=True)
    assert heard is not None
    assert heard.text == "emergency: 911 Alert"
    assert heard.area == Area(47_000_000_000, 8_000_000_000, 2_000_000)
    near = stop_in(msgspec.structs.replace(pressed, ce_m=UNKNOWN_M), emergency_is_stop=True)
    assert near is not None
    assert near.area == Area(47_000_000_000, 8_000_000_000, 1_000_000)
    nowhere = msgspec.structs.replace(pressed, latitude_deg=0.0, longitude_deg=0.0)
    lost = stop_in(nowhere, emergency_is_stop=True)
    assert lost is not None
    assert lost.area is None


def test_to_take_an_emergency_back_is_no_stop_and_takes_none_back() -> None:
    cancel = (Element("emergency", (("cancel", "true"),)),)
    for event in (event_of("b-a-o-can"), event_of("b-a-o-tbl", detail=cancel)):
        assert cotheard.is_cancelled_emergency(event)
        assert stop_in(event, emergency_is_stop=True) is None


def test_the_wish_for_protobuf_is_answered() -> None:
    for version, good in (("1", True), ("2", False)):
        request = Element("TakRequest", (("version", version),))
        asked = event_of("t-x-takp-q", detail=(Element("TakControl", (), (request,)),))
        assert cotheard.asks_for_protobuf(asked)
        taken, answer = cotheard.takes_protobuf(asked, now_ms=1)
        assert taken is good
        assert f'status="{str(good).lower()}"'.encode() in encode_xml(answer)
    assert b'<TakProtocolSupport version="1"/>' in encode_xml(cotheard.offer_of_protobuf(now_ms=1))
    assert cotheard.is_ping(event_of("t-x-c-t"))
    assert cotheard.pong(now_ms=1).type == "t-x-c-t-r"
    assert cotheard.sender_of(message("x")) == "ANDROID-1"


def test_a_position_is_a_report_with_what_it_says() -> None:
    detail = (
        Element("contact", (("callsign", "ALPHA\n1"),)),
        Element("track", (("course", "90"), ("speed", "12.5"))),
    )
    report = report_of(event_of("a-f-A", detail=detail, hae_m=500.0, ce_m=10.0), owner="alpha")
    assert report is not None
    assert report.callsign == "ALPHA 1"
    assert (report.ground_speed_m_s, report.course_deg) == (12.5, 90.0)
    assert report.accuracy_m == pytest.approx(24.477)
    assert (report.altitude_w84_m, report.owner, report.time_us) == (500.0, "alpha", NOW_US)


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(event_of("u-d-f"), id="a drawing"),
        pytest.param(event_of("a-u-A", uid=f"{cotsaid.PREFIX}track.a.b"), id="an echo"),
        pytest.param(event_of("a-f-G", latitude_deg=0.0, longitude_deg=0.0), id="no position"),
    ],
)
def test_what_reports_no_position_gives_no_report(event: CotEvent) -> None:
    assert report_of(event) is None


def test_what_is_not_known_is_not_said() -> None:
    detail = (Element("track", (("course", "nan"), ("speed", "x"))),)
    report = report_of(event_of("a-u-X", detail=detail, ce_m=0.0))
    assert report is not None
    said = (report.ground_speed_m_s, report.course_deg, report.accuracy_m, report.altitude_w84_m)
    assert said == (None, None, None, None)
    assert domain_of(event_of("a-u-X")) is None
    assert domain_of(event_of("a-u")) is None


@given(st.text(max_size=200))
def test_any_uid_names_a_track(uid: str) -> None:
    name = track_id_of(uid.encode("utf-8", "replace").decode())
    assert 0 < len(name) <= 128
