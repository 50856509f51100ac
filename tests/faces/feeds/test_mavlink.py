"""MAVLink becomes positions; pymavlink is the real sender."""

from __future__ import annotations

import asyncio
import io
import socket
import warnings
from random import Random
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from feed_pieces import NOW_US, in_pieces
from wideberth.faces.feeds.decoding import Decoded
from wideberth.faces.feeds.mavlink import MavlinkDecoder
from wideberth.faces.feeds.sources import UdpPort
from wideberth.space.time import SECOND_US

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from pymavlink import mavutil
    from pymavlink.dialects.v10 import common as v1
    from pymavlink.dialects.v20 import common as v2

ALL_FLAGS = 1 | 2 | 4 | 8 | 16 | 128


def a_decoder() -> MavlinkDecoder:
    return MavlinkDecoder(feed="drones", owner="alpha")


def link(system: int = 7, dialect: Any = v2) -> Any:
    """pymavlink's writer."""
    return dialect.MAVLink(io.BytesIO(), srcSystem=system, srcComponent=1)


def position(
    latitude: float = 47.45, longitude: float = 8.55, *, system: int = 7, dialect: Any = v2
) -> bytes:
    sender = link(system, dialect)
    return sender.global_position_int_encode(
        1000, round(latitude * 1e7), round(longitude * 1e7), 550_000, 50_000, 300, -400, -150, 9000
    ).pack(sender)


def gps(*, ellipsoid_mm: int = 598_000, h_acc_mm: int = 1500) -> bytes:
    sender = link()
    return sender.gps_raw_int_encode(
        0, 3, 474_500_000, 85_500_000, 550_500, 100, 100, 500, 0, 12, ellipsoid_mm, h_acc_mm
    ).pack(sender)


def vehicle(
    flags: int = ALL_FLAGS, kind: int = 0, address: int = 0x4B1816, age_s: int = 3
) -> bytes:
    sender = link()
    return sender.adsb_vehicle_encode(
        address, 474_600_000, 85_600_000, kind, 3_000_000, 9050, 12_000, -250, b"SWR12", 3, age_s,
        flags, 1000,
    ).pack(sender)  # fmt: skip


def test_a_vehicle_says_where_it_is() -> None:
    (report,) = a_decoder().feed(position(), NOW_US).reports
    assert (report.track_id, report.time_us, report.owner) == ("drones:7", NOW_US, "alpha")
    assert (report.latitude_deg, report.longitude_deg) == pytest.approx((47.45, 8.55))
    assert report.altitude_w84_m is None, "above mean sea level alone"
    assert report.ground_speed_m_s == 5
    assert report.course_deg == pytest.approx(306.8699)
    assert report.vertical_rate_m_s == 1.5


def test_the_height_above_the_ellipsoid_comes_with_what_the_receiver_said_lately() -> None:
    decoder = a_decoder()
    decoder.feed(gps(), NOW_US)
    (report,) = decoder.feed(position(), NOW_US + 5 * SECOND_US).reports
    assert report.altitude_w84_m == pytest.approx(550 + 47.5)
    assert report.accuracy_m == 3
    (later,) = decoder.feed(position(), NOW_US + 5 * SECOND_US + 1).reports
    assert (later.altitude_w84_m, later.accuracy_m) == (None, None)
    decoder.feed(gps(ellipsoid_mm=0, h_acc_mm=0), NOW_US)
    (unsaid,) = decoder.feed(position(), NOW_US).reports
    assert (unsaid.altitude_w84_m, unsaid.accuracy_m) == (None, None)


def test_the_older_version_and_other_messages_are_read() -> None:
    sender = link()
    other = sender.heartbeat_encode(2, 3, 0, 0, 4).pack(sender)
    decoded = a_decoder().feed(other + position(dialect=v1), 0)
    assert (decoded.messages, decoded.ignored, len(decoded.reports)) == (2, 1, 1)


def test_an_aircraft_that_was_heard_is_nobodys_and_as_old_as_it_says() -> None:
    (report,) = a_decoder().feed(vehicle(), NOW_US).reports
    assert (report.track_id, report.callsign, report.owner) == ("4b1816", "SWR12", None)
    assert report.time_us == NOW_US - 3 * SECOND_US
    assert (report.altitude_std_m, report.altitude_w84_m) == (3000, None)
    assert (report.course_deg, report.ground_speed_m_s) == (90.5, 120)
    assert report.vertical_rate_m_s == -2.5
    (geometric,) = a_decoder().feed(vehicle(kind=1), NOW_US).reports
    assert (geometric.altitude_std_m, geometric.altitude_w84_m) == (None, 3000)


@pytest.mark.parametrize("flags", [0, ALL_FLAGS | 64], ids=["no place", "simulated"])
def test_what_was_not_heard_is_left_out(flags: int) -> None:
    decoded = a_decoder().feed(vehicle(flags), 0)
    assert (decoded.reports, decoded.ignored) == ([], 1)


def test_an_exercise_may_take_aircraft_that_are_simulated() -> None:
    decoder = MavlinkDecoder(feed="drones", simulated=True)
    (report,) = decoder.feed(vehicle(ALL_FLAGS | 64), NOW_US).reports
    assert report.track_id == "4b1816"
    assert decoder.feed(vehicle(64), NOW_US).reports == [], "it says no place"


def test_no_fix_is_no_position_and_a_place_that_is_none_is_counted() -> None:
    assert a_decoder().feed(position(0, 0), 0).reports == []
    decoded = a_decoder().feed(position(91, 0), 0)
    assert (decoded.reports, dict(decoded.malformed)) == ([], {"position-range": 1})


def test_a_wrong_checksum_and_noise_are_counted_and_passed_over() -> None:
    wrong = bytearray(position())
    wrong[15] ^= 1
    decoded = a_decoder().feed(bytes(wrong) + position(), 0)
    assert decoded.malformed.total() == 1
    assert len(decoded.reports) == 1
    assert a_decoder().feed(b"noise" + position(), 0).malformed == {"not-mavlink": 1}


def test_half_a_frame_in_a_datagram_is_counted_and_the_next_is_read() -> None:
    decoder = MavlinkDecoder(feed="drones", whole=True)
    decoded = decoder.feed(position() + position()[:20], 0)
    assert (len(decoded.reports), dict(decoded.malformed)) == (1, {"cut-short": 1})
    assert decoded.sample == ("cut-short", position()[:20])
    again = decoder.feed(position(), 0)
    assert (len(again.reports), again.malformed.total()) == (1, 0)
    wrong = bytearray(position())
    wrong[15] ^= 1
    assert decoder.feed(bytes(wrong), 0).malformed == {"checksum": 1}


def test_what_cannot_be_told_from_noise_is_no_message() -> None:
    sender = link()
    other = sender.attitude_encode(1, 0, 0, 0, 0, 0, 0).pack(sender)
    decoded = a_decoder().feed(other, 0)
    assert (decoded.messages, decoded.unread, decoded.malformed.total()) == (0, 1, 0)
    noise = Random(5).randbytes(100_000)
    decoded = a_decoder().feed(noise, 0)
    assert (decoded.messages, decoded.reports) == (0, [])
    assert decoded.malformed.total() > 50
    assert a_decoder().feed(b"x" * 10_000, 0).malformed == {"not-mavlink": 10}


async def test_pymavlink_sends_over_udp() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    pieces = UdpPort("127.0.0.1", port).pieces(lambda: None, lambda _lost: None)
    coming = asyncio.ensure_future(anext(pieces))
    await asyncio.sleep(0.1)
    sender = mavutil.mavlink_connection(f"udpout:127.0.0.1:{port}", source_system=9)
    try:
        sender.mav.global_position_int_send(1, 474_500_000, 85_500_000, 0, 0, 0, 0, 0, 0)
        async with asyncio.timeout(10):
            (report,) = a_decoder().feed(await coming, 0).reports
        assert report.track_id == "drones:9"
    finally:
        sender.close()
        await pieces.aclose()


FRAME = st.one_of(
    st.builds(
        position, st.floats(-100, 100), st.floats(-190, 190), dialect=st.sampled_from([v1, v2])
    ),
    st.builds(vehicle, st.integers(0, 255), st.integers(0, 1), st.integers(0, 2**32 - 1)),
    st.just(gps()),
    st.binary(max_size=20),
    st.sampled_from(
        [b"x" * 1023, b"x" * 1500, b"\xfd", b"\xfe", b"\xfd\x00\x01", b"\xfe\x1c\x00\x00\x00\x21"]
    ),
)
STREAM = st.lists(FRAME, max_size=10).map(b"".join)
CUTS = st.lists(st.integers(0, 400), max_size=8)


@given(STREAM, CUTS)
def test_bytes_cut_anywhere_give_the_same_and_none_raise(data: bytes, cuts: list[int]) -> None:
    assert in_pieces(a_decoder, data, cuts) == in_pieces(a_decoder, data, [])


class Forgetful(MavlinkDecoder):
    def feed(self, data: bytes, came_us: int) -> Decoded:
        self.reset()
        return super().feed(data, came_us)


def test_the_check_finds_a_decoder_that_forgets_half_a_frame() -> None:
    @settings(phases=[Phase.generate], max_examples=200, database=None)
    @given(STREAM, CUTS)
    def check(data: bytes, cuts: list[int]) -> None:
        pieces = in_pieces(lambda: Forgetful(feed="drones"), data, cuts)
        assert pieces == in_pieces(lambda: Forgetful(feed="drones"), data, [])

    with pytest.raises(AssertionError):
        check()
