"""Broadcast Remote ID as the reference library sends and reads it: its answers are stored, and
where WIDEBERTH_OPENDRONEID names the library it is asked anew.
"""

from __future__ import annotations

import io
import json
import warnings
from typing import Any

import pytest

from feed_pieces import NOW_US
from opendroneid import MESSAGE_BYTES, VECTORS, everything, library
from wideberth.faces.feeds.broadcast import (
    Broadcasts,
    HeardLocation,
    basic_id,
    location,
    messages_of_pack,
)
from wideberth.faces.feeds.decoding import BadMessage
from wideberth.faces.feeds.mavlink import MavlinkDecoder

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from pymavlink.dialects.v20 import common as v2

UNKNOWN = {
    "Direction": 361, "SpeedHorizontal": 255, "SpeedVertical": 63, "AltitudeBaro": -1000,
    "AltitudeGeo": -1000, "TimeStamp": 0xFFFF,
}  # fmt: skip
HAS = {
    "Direction": "course_deg", "SpeedHorizontal": "ground_speed_m_s",
    "SpeedVertical": "vertical_rate_m_s", "AltitudeBaro": "altitude_std_m",
    "AltitudeGeo": "altitude_w84_m", "TimeStamp": "since_hour_s",
}  # fmt: skip


def check_location(found: HeardLocation | None, read: dict[str, float]) -> None:
    if (read["Latitude"], read["Longitude"]) == (0, 0):
        assert found is None
        return
    assert found is not None
    assert (found.latitude_deg, found.longitude_deg) == pytest.approx(
        (read["Latitude"], read["Longitude"]), abs=1e-9
    )
    for name, member in HAS.items():
        expected = None if read[name] == UNKNOWN[name] else pytest.approx(read[name], abs=1e-3)
        assert getattr(found, member) == expected, name
    # To the library an accuracy that is not known is the worst there is, and 4 NM are 7808 m:
    # the standard, and its own header, have 7408.
    known = {0: None, 2: 7408}.get(int(read["HorizAccuracy"]), pytest.approx(read["accuracy_m"]))
    assert found.accuracy_m == known
    assert found.failed == (read["Status"] == 4)


def track_of(row: dict[str, Any]) -> str | None:
    """The id of a track by the library's reading, in words of its own."""
    content = bytes.fromhex(row["id"])
    plain = content.rstrip(b"\0")
    if not plain:
        return None
    if row["kind"] == 3:
        text = content[:16].hex()
        return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
    kinds = {1: "", 2: "registration:", 4: "session:"}
    said = plain.hex() if row["kind"] == 4 else plain.decode("ascii")
    return kinds[row["kind"]] + said if row["kind"] in kinds else None


def check_pack(row: dict[str, Any]) -> None:
    pack = bytes.fromhex(row["pack"])
    heard = Broadcasts()
    found = [
        heard.hear("it", each, NOW_US) for each in messages_of_pack(pack[1], pack[2], pack[3:])
    ]
    reports = [each for each in found if each is not None]
    sender = v2.MAVLink(io.BytesIO(), srcSystem=1, srcComponent=236)
    message = sender.open_drone_id_message_pack_encode(
        0, 0, [2, 0, 0, 0, 0, 1, *[0] * 14], pack[1], pack[2], list(pack[3:])
    )
    decoded = MavlinkDecoder(feed="bridge").feed(bytes(message.pack(sender)), NOW_US)
    assert (decoded.reports, decoded.malformed.total()) == (reports, 0)
    names = {track_of(each) for each in row["ids"]} - {None}
    place = location(bytes.fromhex(row["place"]["message"]))
    assert len(reports) == (place is not None and bool(names))
    if reports and place is not None:
        assert reports[0].track_id in names
        assert reports[0].latitude_deg == place.latitude_deg


def check(rows: dict[str, list[dict[str, Any]]], *, read: Any = location) -> None:
    for row in rows["locations"]:
        check_location(read(bytes.fromhex(row["message"])), row["read"])
    for row in rows["ids"]:
        message = bytes.fromhex(row["message"])
        assert basic_id(message[1] >> 4, message[2:22]) == track_of(row), row
    for row in rows["packs"]:
        check_pack(row)


def stored() -> dict[str, list[dict[str, Any]]]:
    return json.loads(VECTORS.read_text())


def test_the_reference_library_and_this_program_read_the_same() -> None:
    rows = stored()
    assert {name: len(found) for name, found in rows.items()} == {
        "locations": 120, "ids": 120, "packs": 15
    }  # fmt: skip
    check(rows)


def test_the_check_finds_one_that_takes_the_fast_steps_for_slow_ones() -> None:
    def faulty(message: bytes) -> HeardLocation | None:
        return location(message[:1] + bytes([message[1] & ~1]) + message[2:])

    with pytest.raises(AssertionError, match="SpeedHorizontal"):
        check(stored(), read=faulty)


def test_messages_of_the_other_kinds_say_no_position_and_are_not_malformed() -> None:
    kinds = set()
    for row in stored()["packs"]:
        pack = bytes.fromhex(row["pack"])
        for message in messages_of_pack(pack[1], pack[2], pack[3:]):
            kinds.add(message[0] >> 4)
            if message[0] >> 4 > 1:
                assert Broadcasts().hear("it", message, NOW_US) is None
    assert kinds == {0, 1, 2, 3, 4, 5}


def test_a_pack_that_is_cut_short_anywhere_is_refused() -> None:
    pack = bytes.fromhex(stored()["packs"][0]["pack"])
    for end in range(pack[2] * MESSAGE_BYTES):
        with pytest.raises(BadMessage):
            messages_of_pack(pack[1], pack[2], pack[3 : 3 + end])


@pytest.mark.slow
@pytest.mark.skipif(library() is None, reason="WIDEBERTH_OPENDRONEID names no library")
def test_the_library_that_is_named_agrees_on_many_more_messages() -> None:
    known = library()
    assert known is not None
    check(everything(known, 7, 9_000))
