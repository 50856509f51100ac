"""Beast frames become positions, with the library that reads Mode S; noise never stops anything."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from feed_pieces import NOW_US, in_pieces
from modes_frames import airborne, beast, call_sign, sent_on, velocity, with_parity
from wideberth.faces.feeds.beast import BeastDecoder, Frames, mode_s_reader
from wideberth.faces.feeds.decoding import Decoded
from wideberth.faces.feeds.samples import sample_path
from wideberth.space.time import SECOND_US

PLACE = (47.4582, -8.5554)
READ = mode_s_reader()
EVEN, ODD = (beast(airborne(0x4B1816, PLACE, 37_000, odd)) for odd in (0, 1))


def a_decoder() -> BeastDecoder:
    return BeastDecoder(READ)


def test_two_published_messages_give_the_published_place() -> None:
    # Junzi Sun, The 1090 Megahertz Riddle, section 5.3.5: 52.2572, 3.91937 of the even one last.
    even, odd = (
        bytes.fromhex(each)
        for each in ("8D40621D58C382D690C8AC2863A7", "8D40621D58C386435CC412692AD6")
    )
    (report,) = a_decoder().feed(beast(odd) + beast(even), 5).reports
    assert (report.track_id, report.time_us) == ("40621d", 5)
    assert report.latitude_deg == pytest.approx(52.25720, abs=1e-5)
    assert report.longitude_deg == pytest.approx(3.91937, abs=1e-5)
    assert report.altitude_std_m == pytest.approx(11_582.4)


def test_a_place_is_joined_with_what_the_aircraft_said_just_before() -> None:
    decoder = a_decoder()
    said = beast(call_sign(0x4B1816, "SWR12")) + beast(velocity(0x4B1816, 300, -400, -640))
    decoder.feed(said + EVEN, NOW_US)
    (report,) = decoder.feed(ODD, NOW_US + 5 * SECOND_US).reports
    assert (report.callsign, report.owner) == ("SWR12", None)
    assert (report.latitude_deg, report.longitude_deg) == pytest.approx(PLACE, abs=1e-4)
    assert report.altitude_std_m == pytest.approx(11_277.6)
    assert report.ground_speed_m_s == pytest.approx(500 * 1852 / 3600)
    assert report.course_deg == pytest.approx(143.1301, abs=1e-3)
    assert report.vertical_rate_m_s == pytest.approx(-640 * 0.3048 / 60)
    assert (report.velocity_time_us, report.callsign_time_us) == (NOW_US, NOW_US)
    assert report.altitude_time_us is None  # it came with the place
    (later,) = decoder.feed(EVEN, NOW_US + 5 * SECOND_US + 1).reports
    assert (later.course_deg, later.velocity_time_us) == (None, None)


def test_halves_more_than_ten_seconds_apart_make_no_place() -> None:
    decoder = a_decoder()
    assert decoder.feed(EVEN, NOW_US).reports == []
    assert decoder.feed(ODD, NOW_US + 10 * SECOND_US + 1).reports == []
    assert len(decoder.feed(EVEN, NOW_US + 11 * SECOND_US).reports) == 1


def test_the_places_of_a_flight_are_those_that_were_sent() -> None:
    decoder = a_decoder()
    for second in range(60):
        place = (-33.9 + second * 0.002, 179.95 + second * 0.002)
        place = (place[0], (place[1] + 180) % 360 - 180)
        frame = beast(airborne(0x7C1234, place, 5000, second % 2))
        for report in decoder.feed(frame, NOW_US + second * SECOND_US).reports:
            assert report.latitude_deg == pytest.approx(place[0], abs=1e-4)
            assert (report.longitude_deg - place[1] + 180) % 360 - 180 == pytest.approx(0, abs=2e-4)


def test_a_wrong_parity_is_noise_and_what_is_no_frame_is_counted() -> None:
    wrong = bytearray(airborne(0x4B1816, PLACE, 37_000, 0))
    wrong[7] ^= 1
    decoded = a_decoder().feed(b"junk" + beast(bytes(wrong)) + b"\x1a9" + EVEN + ODD, 0)
    assert (decoded.messages, decoded.ignored) == (3, 2)
    assert dict(decoded.malformed) == {"not-beast": 2}
    assert len(decoded.reports) == 1


@pytest.mark.parametrize(
    ("control", "is_flagged", "track_id"),
    [
        pytest.param(0, False, "4b1816", id="no transponder"),
        pytest.param(0, True, "4b1816", id="no transponder: another meaning of the bit"),
        pytest.param(1, False, "non-icao:4b1816", id="no transponder, an anonymous address"),
        pytest.param(2, False, "4b1816", id="seen by radar"),
        pytest.param(2, True, "non-icao:4b1816", id="seen by radar, the number of its track"),
        pytest.param(3, False, None, id="seen by radar, another form"),
        pytest.param(4, False, None, id="management"),
        pytest.param(5, False, "non-icao:4b1816", id="seen by radar, no address of ICAO's"),
        pytest.param(6, False, "4b1816", id="sent on"),
        pytest.param(6, True, "non-icao:4b1816", id="sent on, no address of ICAO's"),
        pytest.param(7, False, None, id="reserved"),
    ],
)
def test_an_address_that_is_not_icaos_is_another_track(
    control: int, is_flagged: bool, track_id: str | None
) -> None:
    bit = {False: None, True: 8}[is_flagged]
    frames = b"".join(
        beast(sent_on(airborne(0x4B1816, PLACE, 37_000, odd), control, flag_bit=bit))
        for odd in (0, 1)
    )
    reports = a_decoder().feed(frames, NOW_US).reports
    assert [each.track_id for each in reports] == ([] if track_id is None else [track_id])


def test_what_an_anonymous_sender_says_is_not_joined_with_the_aircraft_of_that_number() -> None:
    decoder = a_decoder()
    other = sent_on(velocity(0x4B1816, 100, 0, 0), 6, flag_bit=9)
    half = sent_on(airborne(0x4B1816, (10.0, 10.0), 1_000, 0), 1)
    (report,) = decoder.feed(EVEN + beast(other) + beast(half) + ODD, NOW_US).reports
    assert (report.track_id, report.ground_speed_m_s) == ("4b1816", None)
    assert (report.latitude_deg, report.longitude_deg) == pytest.approx(PLACE, abs=1e-4)


def test_a_cut_frame_is_left_out_and_the_next_one_read() -> None:
    frames = Frames()
    into = Decoded()
    found = list(frames.feed(EVEN[:9] + ODD, into))
    assert [kind for kind, _ in found] == [0x33]
    assert dict(into.malformed) == {"not-beast": 1}


@pytest.mark.skipif(sample_path("dump1090/sample_dump1090.bin") is None, reason="no samples")
def test_what_a_receiver_wrote_is_read_whole() -> None:
    path = sample_path("dump1090/sample_dump1090.bin")
    assert path is not None
    decoded = a_decoder().feed(Path(path).read_bytes(), NOW_US)
    assert dict(decoded.malformed) == {}
    assert decoded.messages == 239
    assert len(decoded.reports) == 3  # near Toulouse, at 38,000 ft
    for each in decoded.reports:
        assert (each.track_id, each.altitude_std_m) == ("48520a", pytest.approx(11_582.4))
        assert (each.latitude_deg, each.longitude_deg) == pytest.approx((43.65, 1.23), abs=0.01)


MESSAGE = st.one_of(
    st.builds(airborne, st.just(0x4B1816), st.just(PLACE), st.just(9000), st.integers(0, 1)),
    # Any content with a right parity gets past the first check of the library.
    st.integers(0, 2**83 - 1).map(lambda bits: with_parity(17 << 83 | bits)),
    st.integers(0, 2**88 - 1).map(with_parity),
    st.binary(min_size=7, max_size=7),
    st.binary(min_size=2, max_size=2),
)
STREAM = st.lists(
    st.one_of(
        st.builds(beast, MESSAGE, st.integers(0, 2**48 - 1), st.integers(0, 255)),
        st.binary(max_size=12),
        st.just(b"\x1a"),
    ),
    max_size=12,
).map(b"".join)
CUTS = st.lists(st.integers(0, 300), max_size=8)


@given(STREAM, CUTS)
def test_bytes_cut_anywhere_give_the_same_and_none_raise(data: bytes, cuts: list[int]) -> None:
    assert in_pieces(a_decoder, data, cuts) == in_pieces(a_decoder, data, [])


class Forgetful(BeastDecoder):
    def feed(self, data: bytes, came_us: int) -> Decoded:
        self.reset()
        return super().feed(data, came_us)


def test_the_check_finds_a_decoder_that_forgets_half_a_frame() -> None:
    @settings(phases=[Phase.generate], max_examples=200, database=None)
    @given(STREAM, CUTS)
    def check(data: bytes, cuts: list[int]) -> None:
        pieces = in_pieces(lambda: Forgetful(READ), data, cuts)
        assert pieces == in_pieces(lambda: Forgetful(READ), data, [])

    with pytest.raises(AssertionError):
        check()
