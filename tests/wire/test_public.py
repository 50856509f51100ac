"""What is published, as CAP alerts, NOTAM-like text, an Atom feed and GeoJSON."""

from __future__ import annotations

import json
import math
import re
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree as ET

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cap_checker import CAP, require_cap
from public_play import public, text
from wideberth.decisions.agreement_areas import areas_of
from wideberth.model.agreements import AgreedArea
from wideberth.model.ids import AgreementId, PartyId
from wideberth.model.publications import (
    NO_CLEARANCE,
    Content,
    Message,
    Publication,
    PublicKind,
    Withdrawal,
)
from wideberth.space.altitude import Altitude, AltitudeReference
from wideberth.space.geodesic import distance_m
from wideberth.space.time import DAY_US, MAX_US, MIN_US
from wideberth.space.volume import Circle, Polygon, Volume4D
from wideberth.wire.cap import alert, cancel, cap_time
from wideberth.wire.notam import notam, notam_cancel, notam_number
from wideberth.wire.publicfeed import feed
from wideberth.wire.publicmap import collection, ring_around
from wideberth.wire.publicwords import degrees, one_line, place, utc

SENT_US = 1_800_000_000_123_456  # 2027-01-15T08:00:00.123456Z
PACT = AgreementId("pact")
SQUARE = Polygon(
    (
        (47_000_000_000, 8_000_000_000),
        (47_000_000_000, 8_500_000_000),
        (47_500_000_001, 8_500_000_000),
    )
)
LOW = Altitude(0, AltitudeReference.AGL)
HIGH = Altitude(914_400, AltitudeReference.W84)
VOLUME = Volume4D(SQUARE, LOW, HIGH, SENT_US, SENT_US + 3_600_000_001)
AND_FORMER = (Message(1, SENT_US - DAY_US), Message(3, SENT_US - 5))


def publication(*volumes: Volume4D, earlier: Any = (), **more: Any) -> Publication:
    given_ = {"kind": PublicKind.CLOSURE, "agreed": False, "area": "the north bank", **more}
    return Publication(
        sender="fire-desk",
        message=Message(7, SENT_US),
        content=Content(volumes=volumes or (VOLUME,), **given_),
        agreement=PACT,
        version=1,
        provision="public",
        source="zone/z1",
        earlier=earlier,
    )


def withdrawal() -> Withdrawal:
    return Withdrawal(
        sender="fire-desk",
        message=Message(8, SENT_US),
        cancels=AND_FORMER,
        until_us=SENT_US + DAY_US,
    )


texts = st.text(max_size=40) | st.sampled_from(["]]><x>&", "C) x\nD) y", "\x00\x0b\u202e", "ÄÖ ß"])
altitudes = st.builds(
    Altitude,
    st.integers(-8_000_000, 100_000_000),
    st.sampled_from(list(AltitudeReference)),
)
circles = st.builds(
    Circle,
    st.integers(-90_000_000_000, 90_000_000_000),
    st.integers(-180_000_000_000, 179_999_999_999),
    st.integers(1, 20_000_000_000),
)


@st.composite
def volumes(draw: st.DrawFn) -> Volume4D:
    start_us, end_us = sorted(
        (draw(st.integers(MIN_US, MAX_US)), draw(st.integers(MIN_US, MAX_US)))
    )
    lower, upper = draw(altitudes), draw(altitudes)
    if lower.reference == upper.reference and lower.value_mm > upper.value_mm:
        lower, upper = upper, lower
    shape = draw(circles | st.just(SQUARE))
    return Volume4D(shape, lower, upper, start_us, end_us)


publications = st.builds(
    lambda held, text_, name, reason, parties, cell, step, agreed, former: publication(
        *held,
        area=f"a{text_}",
        name=name,
        reason=reason,
        parties=tuple(PartyId(each) for each in parties),
        cell_nd=cell,
        time_step_s=step,
        agreed=agreed,
        kind=PublicKind.STAND_OFF if agreed else PublicKind.CLOSURE,
        earlier=AND_FORMER if former else (),
    ),
    st.lists(volumes(), min_size=1, max_size=4),
    texts,
    texts,
    texts,
    st.lists(st.sampled_from(["north", "south"]), max_size=2),
    st.sampled_from([0, 1, 100_000_000]),
    st.sampled_from([0, 60]),
    st.booleans(),
    st.booleans(),
)
SETTINGS = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))  # type: ignore[arg-type]


@SETTINGS
@given(publications, st.booleans())
def test_whatever_is_published_is_valid_cap(given_: Publication, exercise: bool) -> None:
    root = require_cap(alert(given_, exercise=exercise))
    assert root.findtext(f"{CAP}status") == ("Exercise" if exercise else "Actual")
    assert root.findtext(f"{CAP}msgType") == ("Update" if given_.earlier else "Alert")
    whole = "".join(root.itertext())
    assert NO_CLEARANCE in whole
    windows = {(each.start_us, each.end_us) for each in given_.content.volumes}
    assert len(root.findall(f"{CAP}info")) == len(windows)
    shapes = sum(len(root.findall(f".//{CAP}{name}")) for name in ("polygon", "circle"))
    assert shapes == len(given_.content.volumes)


def test_a_withdrawal_is_a_cancel_that_names_all_that_it_withdraws_and_no_place() -> None:
    root = require_cap(cancel(withdrawal(), exercise=False))
    assert root.findtext(f"{CAP}msgType") == "Cancel"
    assert root.findtext(f"{CAP}references") == (
        "fire-desk,fire-desk-1,2027-01-14T08:00:00-00:00"
        " fire-desk,fire-desk-3,2027-01-15T08:00:00-00:00"
    )
    assert root.find(f".//{CAP}area") is None


def test_an_alert_as_it_is_written() -> None:
    root = require_cap(alert(publication(), exercise=False))
    (info,) = root.findall(f"{CAP}info")
    assert root.findtext(f"{CAP}identifier") == "fire-desk-7"
    assert info.findtext(f"{CAP}onset") == "2027-01-15T08:00:00-00:00"
    assert info.findtext(f"{CAP}expires") == "2027-01-15T09:00:01-00:00", "never before its end"
    assert info.findtext(f"{CAP}area/{CAP}polygon") == "47,8 47,8.5 47.500000001,8.5 47,8"
    assert info.find(f"{CAP}area/{CAP}altitude") is None
    limits = "from 0 m above ground to 914.4 m above the WGS84 ellipsoid"
    assert info.findtext(f"{CAP}area/{CAP}areaDesc") == f"the north bank, {limits}"
    assert "UNILATERAL / NOT AGREED" in (info.findtext(f"{CAP}description") or "")
    near = msgspec.structs.replace(VOLUME, footprint=Circle(-1, 8_000_000_000, 1_500))
    root = require_cap(alert(publication(near, agreed=True), exercise=False))
    assert root.findtext(f".//{CAP}circle") == "-0.000000001,8 0.0015"
    assert "NOT AGREED" not in "".join(root.itertext())


BROKEN = [
    pytest.param("-00:00</sent>", "Z</sent>", id="a time in Z"),
    pytest.param("Actual", "actual", id="a value that is not in the list"),
    pytest.param("<scope>Public</scope>", "", id="a missing element"),
    pytest.param("<sender>fire-desk", "<sender>fire desk", id="a space in the sender"),
    pytest.param("47.500000001,8.5 47,8<", "47.500000001,8.5<", id="a ring that is open"),
    pytest.param("47.500000001,8.5", "8.5,470", id="longitude first"),
    pytest.param("<urgency>Unknown</urgency>", "", id="no urgency"),
    pytest.param("msgType>Alert", "msgType>Update", id="an update of nothing"),
    pytest.param("cap:1.2", "cap:1.1", id="another version"),
    pytest.param("<areaDesc>", "<ceiling>1</ceiling><areaDesc>", id="out of order"),
    pytest.param("</info>", "<else>1</else></info>", id="something else"),
]


@pytest.mark.parametrize(("was", "becomes"), BROKEN)
def test_the_checker_finds_what_is_wrong(was: str, becomes: str) -> None:
    good = alert(publication(), exercise=False).decode()
    assert was in good
    with pytest.raises(AssertionError):
        require_cap(good.replace(was, becomes).encode())


_LINE = re.compile(r"\(W\d{4,}/\d\d NOTAM(N|R W\d{4,}/\d\d)\n?", re.ASCII)


@SETTINGS
@given(publications, st.booleans())
def test_a_notam_like_text_has_its_fields_in_order_whatever_parties_wrote(
    given_: Publication, exercise: bool
) -> None:
    lines = notam(given_, exercise=exercise).split("\n")
    assert lines.pop() == ""
    assert (lines[0] == "EXERCISE EXERCISE EXERCISE") is exercise
    assert (lines[-1] == "EXERCISE EXERCISE EXERCISE") is exercise
    lines = lines[1:-1] if exercise else lines
    assert lines[0] == "NOTAM-LIKE TEXT, NOT ISSUED BY AN AERONAUTICAL AUTHORITY"
    assert _LINE.fullmatch(lines[2])
    windows = {(each.start_us, each.end_us) for each in given_.content.volumes}
    heads = [line[:2] for line in lines[3:]]
    assert heads == ["A)", "B)", *(["D)"] if len(windows) > 1 else []), "E)", "F)"]
    assert re.fullmatch(r"B\) \d{10} C\) \d{10}", lines[4], re.ASCII)
    assert NO_CLEARANCE.upper() in lines[-2]
    assert " G) " in lines[-1]
    assert lines[-1].endswith(")")


def test_a_notam_like_text_as_it_is_written() -> None:
    given_ = publication(earlier=AND_FORMER, reason="burn")
    assert notam(given_, exercise=False).splitlines() == [
        "NOTAM-LIKE TEXT, NOT ISSUED BY AN AERONAUTICAL AUTHORITY",
        "FROM fire-desk, MESSAGE fire-desk-7",
        "(W0007/27 NOTAMR W0003/27",
        "A) THE NORTH BANK",
        "B) 2701150800 C) 2701150901",
        "E) INSIDE THE GEODESICS THROUGH 47, 8; 47, 8.5; 47.500000001, 8.5"
        " (LATITUDE, LONGITUDE IN DEGREES, WGS84), 0 M ABOVE GROUND TO"
        " 914.4 M ABOVE THE WGS84 ELLIPSOID. CLOSURE: THE NORTH BANK."
        " UNILATERAL / NOT AGREED: DECLARED BY ONE PARTY ALONE. REASON: BURN."
        " PUBLISHED BY PARTIES OF A DECONFLICTION MECHANISM UNDER THEIR AGREEMENT; NOT ISSUED BY"
        " AN AUTHORITY, AND NO PERMISSION OR ORDER TO ANYBODY. " + NO_CLEARANCE.upper(),
        "F) 0 M ABOVE GROUND G) 914.4 M ABOVE THE WGS84 ELLIPSOID)",
    ]
    assert notam_cancel(withdrawal(), exercise=False).splitlines()[2:5] == [
        "(W0008/27 NOTAMC W0003/27",
        "A) AS IN THE MESSAGE CANCELLED",
        "B) 2701150800",
    ]


def test_limits_of_two_references_are_read_in_the_text() -> None:
    mixed = msgspec.structs.replace(VOLUME, lower=Altitude(5, AltitudeReference.MSL))
    assert "F) SEE E G) 914.4 M" in notam(publication(VOLUME, mixed), exercise=False)
    strip: AgreedArea = areas_of(PACT, 1, text(PACT, SENT_US, public()))[-1]
    assert notam(publication(*strip.volumes), exercise=False).endswith("F) SFC G) UNL)\n")


def test_what_parties_wrote_is_one_line_and_shows() -> None:
    assert one_line("a\u2028b\x00\u200bc\td") == "a bc d"
    assert notam_number(Message(12345, SENT_US)) == "W12345/27"
    assert cap_time(MAX_US, up=True) == "9999-12-31T23:59:59-00:00"
    assert utc(-1, up=True) == "1970-01-01T00:00:00Z"
    assert utc(-1) == "1969-12-31T23:59:59Z"
    assert degrees(-90_000_000_000) == "-90"
    assert place(Circle(0, 0, 1_000_500)) == "within 1000.5 m of 0, 0"


@SETTINGS
@given(st.lists(publications, max_size=3), st.booleans())
def test_the_feed_is_an_atom_feed(given_: list[Publication], exercise: bool) -> None:
    atom = "{http://www.w3.org/2005/Atom}"
    root = ET.fromstring(feed(given_, [withdrawal()], origin="o", exercise=exercise))
    assert root.tag == f"{atom}feed"
    for name in ("id", "title", "updated"):
        assert root.findtext(f"{atom}{name}")
    entries = root.findall(f"{atom}entry")
    assert len(entries) == len(given_) + 1
    for entry in entries:
        for name in ("id", "title", "updated", "summary"):
            assert entry.findtext(f"{atom}{name}"), name
        assert entry.findtext(f"{atom}author/{atom}name") == "fire-desk"
        link = entry.find(f"{atom}link")
        assert link is not None
        assert link.get("href", "").startswith("/public/alerts/fire-desk-")


@SETTINGS
@given(circles)
def test_a_ring_on_the_map_holds_its_circle(circle: Circle) -> None:
    """Its corners and what lies on its straight edges is further out than the circle."""
    ring = ring_around(circle)
    if ring is None:
        return
    for one, two in zip(ring, [*ring[1:], ring[0]], strict=True):
        for part in (0.0, 0.5):
            longitude, latitude = (a + (b - a) * part for a, b in zip(one, two, strict=True))
            far_m = distance_m(
                circle.latitude_nd / 1e9, circle.longitude_nd / 1e9, latitude, longitude
            )
            assert far_m >= circle.radius_mm / 1000
            assert far_m <= circle.radius_mm / 1000 * 1.01 + 0.001


def test_a_map_of_what_is_published() -> None:
    over = Polygon(((0, 179_000_000_000), (0, -179_000_000_000), (1_000_000_000, -179_000_000_000)))
    far = msgspec.structs.replace(VOLUME, footprint=over)
    polar = msgspec.structs.replace(VOLUME, footprint=Circle(89_000_000_000, 0, 1_000_000))
    round_ = msgspec.structs.replace(VOLUME, footprint=Circle(47_000_000_000, 0, 1_000_000))
    made = json.loads(
        msgspec.json.encode(collection([publication(far, polar, round_)], exercise=True))
    )
    assert made["exercise"] is True
    assert made["sentence"] == NO_CLEARANCE
    first, second, third = made["features"]
    assert first["geometry"]["coordinates"] == [[[179, 0], [181, 0], [181, 1], [179, 0]]]
    assert second["geometry"] == {"type": "Point", "coordinates": [0, 89]}
    assert second["properties"]["radius_m"] == 1000
    assert third["geometry"]["type"] == "Polygon"
    (ring,) = third["geometry"]["coordinates"]
    assert ring[0] == ring[-1]
    area = sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring))
    assert area > 0, "counter-clockwise"
    assert math.isclose(third["properties"]["radius_m"], 1000)
