"""SBS lines become positions; what cannot be read is counted, and never stops anything."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from sbs_lines import sbs
from wideberth.faces.feeds.sbs import SbsDecoder
from wideberth.space.time import MINUTE_US, SECOND_US, parse_rfc3339
from wideberth.watch.reports import PositionReport

NOW_US = parse_rfc3339("2026-05-01T08:00:00Z")
PLACE = (47.45, 8.55)


def test_a_place_is_joined_with_what_the_aircraft_said_just_before() -> None:
    decoder = SbsDecoder()
    decoder.feed(sbs(1, callsign="SWR12  ") + sbs(4, speed="420", track="90.5", climb="-640"), 10)
    (report,) = decoder.feed(sbs(3, altitude="37000", place=PLACE), 20).reports
    assert (report.track_id, report.callsign, report.time_us) == ("4ca7b6", "SWR12", 20)
    assert (report.latitude_deg, report.longitude_deg) == PLACE
    assert report.altitude_std_m == pytest.approx(11277.6)
    assert report.altitude_w84_m is None
    assert report.ground_speed_m_s == pytest.approx(216.0667, abs=1e-3)
    assert report.course_deg == 90.5
    assert report.vertical_rate_m_s == pytest.approx(-3.2512)


def test_what_is_joined_keeps_when_it_was_said() -> None:
    decoder = SbsDecoder()
    decoder.feed(sbs(1, callsign="SWR12"), NOW_US)
    decoder.feed(sbs(5, altitude="36900"), NOW_US + 6 * SECOND_US)
    decoder.feed(sbs(4, speed="420", track="90", climb="640"), NOW_US + 7 * SECOND_US)
    decoder.feed(sbs(4, speed="421", track="91"), NOW_US + 8 * SECOND_US)
    (joined,) = decoder.feed(sbs(3, place=PLACE), NOW_US + 10 * SECOND_US).reports
    assert joined.callsign_time_us == NOW_US
    assert joined.altitude_time_us == NOW_US + 6 * SECOND_US
    assert joined.velocity_time_us == NOW_US + 7 * SECOND_US  # of what it says the oldest: a climb
    (own,) = decoder.feed(sbs(3, altitude="37000", place=PLACE), NOW_US + 20 * SECOND_US).reports
    assert own.altitude_time_us == own.time_us
    assert own.velocity_time_us is None
    (other,) = decoder.feed(sbs(3, "4CA7B7", place=PLACE), NOW_US).reports
    assert (other.altitude_time_us, other.callsign_time_us) == (None, None)


def test_the_times_of_what_is_joined_are_by_the_receivers_clock_where_its_zone_is_named() -> None:
    decoder = SbsDecoder(zone=ZoneInfo("Europe/Zurich"))
    decoder.feed(sbs(4, speed="420", track="90", at="2026/05/01,10:00:00.250"), 7)
    line = sbs(3, altitude="37000", place=PLACE, at="2026/05/01,10:00:03.250")
    (report,) = decoder.feed(line, 8).reports
    assert report.time_us == report.altitude_time_us == NOW_US + 3_250_000
    assert report.velocity_time_us == NOW_US + 250_000


def test_a_velocity_older_than_five_seconds_is_not_joined_and_a_call_sign_is() -> None:
    decoder = SbsDecoder()
    decoder.feed(sbs(1, callsign="SWR12") + sbs(4, speed="420", track="90"), NOW_US)
    (at_edge,) = decoder.feed(sbs(3, place=PLACE), NOW_US + 5 * SECOND_US).reports
    assert at_edge.course_deg == 90
    (later,) = decoder.feed(sbs(3, place=PLACE), NOW_US + 5 * SECOND_US + 1).reports
    assert (later.course_deg, later.callsign) == (None, "SWR12")
    (much_later,) = decoder.feed(sbs(3, place=PLACE), NOW_US + 11 * MINUTE_US).reports
    assert much_later.callsign is None


def test_a_height_above_the_ellipsoid_is_told_apart_from_a_pressure_altitude() -> None:
    (report,) = SbsDecoder().feed(sbs(3, altitude="1000H", place=PLACE), 0).reports
    assert report.altitude_w84_m == pytest.approx(304.8)
    assert report.altitude_std_m is None


def test_the_time_of_arrival_counts_unless_the_zone_of_the_receiver_is_named() -> None:
    line = sbs(3, place=PLACE, at="2026/05/01,10:00:00.250")
    assert SbsDecoder().feed(line, 7).reports[0].time_us == 7
    zoned = SbsDecoder(zone=ZoneInfo("Europe/Zurich"))
    assert zoned.feed(line, 7).reports[0].time_us == NOW_US + 250_000
    assert (SbsDecoder().stamped, zoned.stamped) == (False, True)
    bad = zoned.feed(sbs(3, place=PLACE, at="2026/13/01,10:00:00"), 7)
    assert (bad.reports, dict(bad.malformed)) == ([], {"time": 1})


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        (b"hello\n", "not-sbs"),
        (b"MSG,3,1,1,4CA7B6\n", "fields"),
        (b"MSG,9" + b"," * 17 + b"\n", "fields"),
        (b"MSG," + b"," * 17 + b"\n", "fields"),
        (b"MSG,34" + b"," * 17 + b"\n", "fields"),
        (sbs(3, "4CA7", place=PLACE), "aircraft-id"),
        (sbs(3, place=(91.0, 8.0)), "position-range"),
        (sbs(3, place=(47.0, 180.5)), "position-range"),
        (sbs(3, altitude="NaN", place=PLACE), "altitude"),
        (sbs(4, speed="1e9", track="1"), "ground_speed_m_s"),
        (sbs(3, callsign="\u00e4", place=PLACE), "not-ascii"),
        (b"MSG," + b"3" * 3000 + b"\n", "line-too-long"),
    ],
)
def test_a_line_that_cannot_be_read_is_counted_with_a_sample(line: bytes, rule: str) -> None:
    decoder = SbsDecoder()
    decoded = decoder.feed(line + sbs(3, place=PLACE), 0)
    assert dict(decoded.malformed) == {rule: 1}
    assert decoded.sample == (rule, line.rstrip(b"\r\n")[:200])
    assert len(decoded.reports) == 1  # and the next line is read


def test_lines_of_other_kinds_are_read_and_say_nothing_of_a_position() -> None:
    line = b"STA,,5,179,400AE7,10103,2008/11/28,14:58:51.153,2008/11/28,14:58:51.153,RM\r\n"
    decoded = SbsDecoder().feed(line + b"\r\n", 0)
    assert (decoded.messages, decoded.ignored, dict(decoded.malformed)) == (1, 1, {})


def test_a_datagram_ends_its_last_line_and_a_cut_line_is_forgotten() -> None:
    line = sbs(3, place=PLACE).rstrip()
    assert len(SbsDecoder(whole=True).feed(line, 0).reports) == 1
    stream = SbsDecoder()
    assert stream.feed(line, 0).reports == []
    stream.reset()
    assert len(stream.feed(sbs(3, place=PLACE), 0).reports) == 1


ADDRESS = st.sampled_from(["4CA7B6", "~2A3F00", "abcdef", "xyz"])
NUMBER = st.one_of(st.just(""), st.integers(-10, 60_000).map(str), st.just("x"))
LINE = st.builds(
    sbs,
    st.integers(1, 8),
    ADDRESS,
    callsign=st.sampled_from(["", "SWR12", "@@@"]),
    altitude=NUMBER,
    speed=NUMBER,
    track=NUMBER,
    climb=NUMBER,
    place=st.one_of(st.none(), st.tuples(st.floats(-95, 95), st.floats(-185, 185))),
)
STREAM = st.lists(st.one_of(LINE, st.binary(max_size=40), st.just(b"x" * 2500)), max_size=12).map(
    b"".join
)


def read(data: bytes, cuts: list[int], decoder_of: type[SbsDecoder] = SbsDecoder) -> object:
    """Everything that comes of a stream in pieces."""
    decoder = decoder_of()
    at = sorted(min(cut, len(data)) for cut in cuts)
    reports: list[PositionReport] = []
    counts: list[object] = [0, 0, {}]
    malformed: dict[str, int] = {}
    sample = None
    for start, stop in zip([0, *at], [*at, len(data)], strict=True):
        decoded = decoder.feed(data[start:stop], NOW_US)
        reports += decoded.reports
        counts[0] += decoded.messages  # type: ignore[operator]
        counts[1] += decoded.ignored  # type: ignore[operator]
        for rule, count in decoded.malformed.items():
            malformed[rule] = malformed.get(rule, 0) + count
        sample = decoded.sample or sample
    return reports, counts, malformed, sample


@given(STREAM, st.lists(st.integers(0, 3000), max_size=8))
def test_bytes_cut_anywhere_give_the_same_and_none_raise(data: bytes, cuts: list[int]) -> None:
    assert read(data, cuts) == read(data, [])


class Forgetful(SbsDecoder):
    """Forgets half a line at each piece."""

    def feed(self, data: bytes, came_us: int) -> object:  # type: ignore[override]
        self.reset()
        return super().feed(data, came_us)


def test_the_check_finds_a_decoder_that_forgets_half_a_line() -> None:
    @settings(phases=[Phase.generate], max_examples=200, database=None)
    @given(STREAM, st.lists(st.integers(0, 3000), max_size=8))
    def check(data: bytes, cuts: list[int]) -> None:
        assert read(data, cuts, Forgetful) == read(data, [], Forgetful)

    with pytest.raises(AssertionError):
        check()
