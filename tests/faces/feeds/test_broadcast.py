"""Broadcast Remote ID becomes positions; pymavlink is the sender, as a receiver on a bridge is."""

from __future__ import annotations

import io
import math
import struct
import warnings
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feed_pieces import NOW_US
from wideberth.faces.feeds.broadcast import (
    MESSAGE_BYTES,
    Broadcasts,
    accuracy_m,
    basic_id,
    location,
    messages_of_pack,
)
from wideberth.faces.feeds.decoding import BadMessage, Renamed
from wideberth.faces.feeds.mavlink import MavlinkDecoder
from wideberth.space.time import HOUR_US, MINUTE_US, SECOND_US
from wideberth.watch.identity import identity_of
from wideberth.watch.reports import PositionReport

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from pymavlink.dialects.v20 import common as v2

SERIAL = "1596F3A1B2C3D4E5F6A7"
ADDRESS = [2, 0, 0, 0, 0, 1, *[0] * 14]
NO_ADDRESS = [0] * 20


def bridge(system: int = 1) -> Any:
    """pymavlink's writer."""
    return v2.MAVLink(io.BytesIO(), srcSystem=system, srcComponent=236)


def padded(text: bytes, size: int) -> list[int]:
    return list(text.ljust(size, b"\0"))


def said_id(kind: int = 1, content: bytes = SERIAL.encode(), address: Any = ADDRESS) -> bytes:
    sender = bridge()
    message = sender.open_drone_id_basic_id_encode(0, 0, address, kind, 2, padded(content, 20))
    return bytes(message.pack(sender))


def said_place(
    latitude: float = 47.45, longitude: float = 8.55, *, address: Any = ADDRESS, **other: float
) -> bytes:
    told = {
        "status": 2, "course_cdeg": 9050, "speed_cm_s": 1200, "climb_cm_s": -250,
        "pressure_m": 500.5, "geodetic_m": 548.0, "accuracy": 11, "since_hour_s": 12.5,
    } | other  # fmt: skip
    sender = bridge()
    message = sender.open_drone_id_location_encode(
        0, 0, address, int(told["status"]), int(told["course_cdeg"]), int(told["speed_cm_s"]),
        int(told["climb_cm_s"]), round(latitude * 1e7), round(longitude * 1e7), told["pressure_m"],
        told["geodetic_m"], 0, 20.0, int(told["accuracy"]), 4, 4, 3, told["since_hour_s"], 1,
    )  # fmt: skip
    return bytes(message.pack(sender))


def raw_id(kind: int = 1, content: bytes = SERIAL.encode()) -> bytes:
    """A Basic ID message as it goes through the air."""
    return bytes((0x02, kind << 4 | 2)) + content.ljust(20, b"\0") + bytes(3)


def raw_place(
    latitude: float = 47.45,
    longitude: float = 8.55,
    *,
    flags: int = 2 << 4,
    course: int = 90,
    speed: int = 48,
    climb: int = -5,
    pressure: int = 3001,
    geodetic: int = 3096,
    accuracies: int = 0x4B,
    tenths: int = 125,
) -> bytes:
    """A Location/Vector message as it goes through the air, its numbers as they are encoded."""
    return struct.pack(
        "<BBBBbiiHHHBBHBx", 0x12, flags, course, speed, climb, round(latitude * 1e7),
        round(longitude * 1e7), pressure, geodetic, 2040, accuracies, 0x34, tenths, 1,
    )  # fmt: skip


def said_pack(messages: list[bytes], *, each_bytes: int = MESSAGE_BYTES) -> bytes:
    sender = bridge()
    content = padded(b"".join(messages), 225)
    message = sender.open_drone_id_message_pack_encode(
        0, 0, ADDRESS, each_bytes, len(messages), content
    )
    return bytes(message.pack(sender))


def a_decoder() -> MavlinkDecoder:
    return MavlinkDecoder(feed="bridge", owner="alpha")


def check_drone(report: PositionReport) -> None:
    assert (report.track_id, report.owner) == (SERIAL, None), "heard, and nobody's of this feed"
    assert report.time_us == NOW_US + 12_500_000
    assert (report.latitude_deg, report.longitude_deg) == pytest.approx((47.45, 8.55))
    assert (report.altitude_std_m, report.altitude_w84_m) == (500.5, 548)
    assert (report.ground_speed_m_s, report.vertical_rate_m_s) == (12, -2.5)
    assert report.accuracy_m == 3


def test_a_drone_that_a_receiver_heard_is_a_track_of_its_serial_number() -> None:
    decoded = a_decoder().feed(said_id() + said_place(), NOW_US + 13 * SECOND_US)
    assert (decoded.messages, decoded.ignored, decoded.malformed.total()) == (2, 1, 0)
    (report,) = decoded.reports
    check_drone(report)
    assert report.course_deg == 90.5
    assert identity_of("alpha", report.track_id)[0] == "serial"


@pytest.mark.parametrize("turned", [False, True], ids=["who first", "where first"])
def test_a_pack_says_the_same(turned: bool) -> None:
    other = bytes((0x32,)) + bytes(24)  # of a kind that is not read
    messages = [raw_id(), other, raw_place()]
    decoded = a_decoder().feed(
        said_pack(messages[::-1] if turned else messages), NOW_US + 13 * SECOND_US
    )
    (report,) = decoded.reports
    check_drone(report)
    assert report.course_deg == 90


def test_a_place_of_nobody_is_left_out_and_an_id_counts_for_a_minute() -> None:
    decoder = a_decoder()
    assert decoder.feed(said_place(), NOW_US).reports == []
    decoder.feed(said_id(), NOW_US)
    other = [*ADDRESS[:-1], 9]
    assert decoder.feed(said_place(address=other), NOW_US).reports == []
    assert len(decoder.feed(said_place(), NOW_US + MINUTE_US).reports) == 1
    assert decoder.feed(said_place(), NOW_US + MINUTE_US + 1).reports == []


def test_of_several_ids_the_serial_number_counts() -> None:
    decoder = a_decoder()
    decoder.feed(said_id(4, b"\x01" + bytes(range(19))), NOW_US)
    (session,) = decoder.feed(said_place(), NOW_US).reports
    assert session.track_id == "session:01" + bytes(range(19)).hex()
    decoder.feed(said_id(2, b"FIN87astrdge12k8"), NOW_US)
    (registered,) = decoder.feed(said_place(), NOW_US).reports
    assert registered.track_id == "registration:FIN87astrdge12k8"
    decoder.feed(said_id(3, bytes(range(1, 17))), NOW_US)
    (of_utm,) = decoder.feed(said_place(), NOW_US).reports
    assert identity_of(None, of_utm.track_id)[0] == "uuid"
    decoder.feed(said_id(), NOW_US)
    (serial,) = decoder.feed(said_place(), NOW_US).reports
    assert serial.track_id == SERIAL


def test_what_a_vehicle_tells_its_own_transmitter_is_left_out() -> None:
    decoder = a_decoder()
    said = said_id(address=NO_ADDRESS) + said_place(address=NO_ADDRESS)
    assert decoder.feed(said, NOW_US).reports == []
    assert decoder.feed(said_place(), NOW_US).reports == []


def test_what_the_standard_calls_unknown_is_not_known() -> None:
    decoder = a_decoder()
    decoder.feed(said_id(), NOW_US)
    (report,) = decoder.feed(
        said_place(
            course_cdeg=36_100, speed_cm_s=25_500, climb_cm_s=6300, pressure_m=-1000,
            geodetic_m=-1000, accuracy=0, since_hour_s=0xFFFF,
        ),
        NOW_US,
    ).reports  # fmt: skip
    told = (report.course_deg, report.ground_speed_m_s, report.vertical_rate_m_s)
    assert told == (None, None, None)
    assert (report.altitude_std_m, report.altitude_w84_m, report.accuracy_m) == (None, None, None)
    assert report.time_us == NOW_US
    assert decoder.feed(said_place(0, 0), NOW_US).reports == []
    (failed,) = decoder.feed(said_place(status=4), NOW_US).reports
    assert failed.accuracy_m is None, "it says that it does not work"
    (nan,) = decoder.feed(said_place(since_hour_s=math.nan, geodetic_m=math.inf), NOW_US).reports
    assert (nan.time_us, nan.altitude_w84_m) == (NOW_US, None)


def test_the_raw_message_has_its_own_words_for_unknown() -> None:
    heard = location(
        raw_place(course=181, flags=2, speed=255, climb=126, pressure=0, geodetic=0,
                  accuracies=0x40, tenths=0xFFFF)
    )  # fmt: skip
    assert heard is not None
    assert (heard.course_deg, heard.vertical_rate_m_s, heard.since_hour_s) == (None, None, None)
    assert (heard.altitude_std_m, heard.altitude_w84_m, heard.accuracy_m) == (None, None, None)
    assert heard.ground_speed_m_s == 63.75, "255 is a speed in the smaller steps"
    fast = location(raw_place(flags=3, course=179, speed=254))
    assert fast is not None
    assert (fast.course_deg, fast.ground_speed_m_s) == (359, 254.25)
    unknown = location(raw_place(flags=1, speed=255))
    assert unknown is not None
    assert unknown.ground_speed_m_s is None
    assert location(raw_place(0, 0)) is None
    assert [accuracy_m(number) for number in (0, 1, 12, 13, 15)] == [None, 18_520, 1, None, None]


def test_a_place_that_is_none_and_a_pack_that_is_none_are_counted() -> None:
    decoder = a_decoder()
    decoder.feed(said_id(), NOW_US)
    assert decoder.feed(said_place(91, 0), NOW_US).malformed == {"position-range": 1}
    in_itself = bytes((0xF2,)) + bytes(24)
    assert decoder.feed(said_pack([in_itself]), NOW_US).malformed == {"remote-id-pack": 1}
    wrong_size = said_pack([raw_id()], each_bytes=24)
    assert decoder.feed(wrong_size, NOW_US).malformed == {"remote-id-pack": 1}
    assert decoder.feed(said_id(content=b"\xff\x01"), NOW_US).malformed == {"remote-id-text": 1}
    with pytest.raises(BadMessage, match="remote-id-pack"):
        messages_of_pack(MESSAGE_BYTES, 10, bytes(250))


def test_an_id_that_says_nothing_is_none() -> None:
    assert [basic_id(kind, bytes(20)) for kind in range(16)] == [None] * 16


@given(came_s=st.integers(0, 10 * 3600), late_s=st.integers(-1799, 1799))
def test_the_hour_is_that_nearest_to_the_arrival(came_s: int, late_s: int) -> None:
    """Against the true time, which nobody sends."""
    came_us = 400_000 * HOUR_US + came_s * SECOND_US
    true_us = came_us - late_s * SECOND_US
    broadcasts = Broadcasts()
    broadcasts.hear("a", raw_id(), came_us)
    tenths = true_us % HOUR_US // 100_000
    report = broadcasts.hear("a", raw_place(tenths=tenths), came_us)
    assert report is not None
    assert report.time_us == true_us


def test_sources_are_forgotten_and_bounded() -> None:
    broadcasts = Broadcasts(most=10)
    for number in range(11):
        broadcasts.hear(str(number), raw_id(), NOW_US)
    assert broadcasts.hear("0", raw_place(), NOW_US) is None
    assert broadcasts.hear("1", raw_place(), NOW_US) is not None
    assert len(broadcasts) == 10
    broadcasts.hear("later", raw_id(), NOW_US + MINUTE_US + 1)
    assert len(broadcasts) == 1


@given(st.lists(st.binary(min_size=25, max_size=25), max_size=9), st.binary(max_size=20))
def test_whatever_is_sent_raises_nothing_but_what_is_counted(
    messages: list[bytes], address: bytes
) -> None:
    decoder = a_decoder()
    data = said_pack(messages) + said_id(1, b"".join(messages)[:20], padded(address, 20))
    decoded = decoder.feed(data + said_place(), NOW_US)
    assert decoded.messages + decoded.malformed.total() >= 3


def test_a_track_is_called_what_the_settings_say() -> None:
    decoder = Renamed(a_decoder(), {SERIAL: "drone-1"})
    assert not decoder.stamped
    (report,) = decoder.feed(said_id() + said_place(), NOW_US).reports
    assert report.track_id == "drone-1"
    decoder.feed(said_id(2, b"HB-1", [*ADDRESS[:-1], 9]), NOW_US)
    (other,) = decoder.feed(said_place(address=[*ADDRESS[:-1], 9]), NOW_US).reports
    assert other.track_id == "registration:HB-1"
