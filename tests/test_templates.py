from __future__ import annotations

import msgspec
import pytest
from pyproj import Geod

from agreements_scene import agreed, scene
from scenes import START_US, details, volume
from wideberth.decisions.agreement_areas import areas_of
from wideberth.decisions.agreement_terms import require_terms
from wideberth.errors import InvalidValue
from wideberth.model.agreements import LegalKind, Terms
from wideberth.model.ids import AgreementId
from wideberth.model.intents import ActorClass, IntentKind, Under
from wideberth.model.provisions import (
    AgreedZone,
    Consent,
    LeadTime,
    Line,
    LineBuffer,
    Liveness,
    MovingBuffer,
    Publish,
    Response,
    SeparationTable,
)
from wideberth.model.zones import ZoneRule
from wideberth.space.time import DAY_US
from wideberth.templates import TEMPLATES, filled

NAUTICAL_MILE_M = 1852
HOUR_S = 3600


def terms(name: str) -> Terms:
    template = TEMPLATES[name]
    parties = ("north", "south", *(("desk",) if template.neutral else ()))
    return filled(
        template, parties=parties, effective_us=START_US, expires_us=START_US + 90 * DAY_US
    )


def one(name: str, kind: type, of: str = "") -> object:
    (found,) = (
        each for each in terms(name).provisions if isinstance(each, kind) and of in ("", each.id)
    )
    return found


def test_each_template_can_be_proposed_as_it_is() -> None:
    assert len(TEMPLATES) == 8
    world = scene()
    for name in TEMPLATES:
        text = terms(name)
        require_terms(world.picture, text, now_us=START_US)
        areas_of(AgreementId("x"), 1, text)
        assert msgspec.json.decode(msgspec.json.encode(text), type=Terms) == text


def test_parties_that_are_missing_are_blanks_and_too_few_are_named_so() -> None:
    text = filled(TEMPLATES["black-sea"], parties=["alpha"], effective_us=0, expires_us=1)
    assert (text.parties, text.neutral) == (("alpha", "party-2"), "party-3")
    with pytest.raises(InvalidValue) as found:
        filled(TEMPLATES["black-sea"], parties=["Not A Party"], effective_us=0, expires_us=1)
    assert found.value.field == "parties.0"


@pytest.mark.requirement("Z-03")
def test_korea_2018_has_its_published_distances() -> None:
    table = one("korea-2018", SeparationTable)
    assert isinstance(table, SeparationTable)
    found = {(row.actor.value, row.line): row.distance_m for row in table.rows}
    assert found == {
        ("fixed", "line-east"): 40_000, ("fixed", "line-west"): 20_000,
        ("rotary", "line-east"): 10_000, ("rotary", "line-west"): 10_000,
        ("uav", "line-east"): 15_000, ("uav", "line-west"): 10_000,
        ("balloon", "line-east"): 25_000, ("balloon", "line-west"): 25_000,
        ("artillery", "line-east"): 5_000, ("artillery", "line-west"): 5_000,
    }  # fmt: skip
    lead = one("korea-2018", LeadTime)
    assert isinstance(lead, LeadTime)
    assert {each.reason for each in lead.exceptions} == {
        "fire-fighting", "rescue", "medevac", "weather", "farming",
    }  # fmt: skip
    assert isinstance(one("korea-2018", Liveness), Liveness)


@pytest.mark.requirement("Z-12")
def test_korea_2018_holds_five_steps_on_land_and_sea_and_four_in_the_air_as_text() -> None:
    ground, air = (
        one("korea-2018", Response, f"response-{where}") for where in ("ground-sea", "air")
    )
    assert isinstance(ground, Response)
    assert isinstance(air, Response)
    assert (len(ground.steps), len(air.steps)) == (5, 4)


@pytest.mark.requirement("Z-12")
def test_no_software_selects_a_step() -> None:
    """What is enforced is the same with the steps and without them."""
    text = terms("korea-2018")
    kept = tuple(each for each in text.provisions if not isinstance(each, Response))
    ends = []
    for provisions in (text.provisions, kept):
        world = scene()
        agreed(world, *provisions)
        world.tell("north", details(volume(38.1, 127.9), under=Under(ActorClass.FIXED)))
        ends.append([
            sorted(clash.rule for clash in notice.clashes) for notice in world.notices("south")
        ])  # fmt: skip
    assert ends[0] == ends[1]


@pytest.mark.requirement("Z-03")
@pytest.mark.parametrize(
    ("actor", "east_km", "west_km"),
    [("fixed", 40, 20), ("rotary", 10, 10), ("uav", 15, 10), ("balloon", 25, 25)],
)
def test_korea_2018_as_it_is_enforced(actor: str, east_km: int, west_km: int) -> None:
    """North of the middle of each part of the line, just within and 3 % beyond its distance."""
    world = scene()
    agreed(world, *terms("korea-2018").provisions)
    lines = {each.id: each for each in terms("korea-2018").provisions if isinstance(each, Line)}
    for line, far_km in (("line-east", east_km), ("line-west", west_km)):
        for share, inside in ((0.97, True), (1.03, False)):
            latitude, longitude = _off(lines[line], far_km * share)
            if actor == "fixed" and line == "line-west" and not inside:
                continue  # the eastern part's 40 km may reach to there
            told = world.tell(
                "north",
                details(volume(latitude, longitude, radius_m=1), under=Under(ActorClass(actor))),
            )
            rules = {
                clash.rule
                for notice in world.notices("south")
                if notice.subject is not None and notice.subject.id == told.id
                for clash in notice.clashes
            }
            assert bool(rules) is inside, (line, share, rules)


def _off(line: Line, km: float) -> tuple[float, float]:
    """The place so far left of the middle of a line's first leg: latitude and longitude."""
    (south, west), (north, east) = ((a / 1e9, b / 1e9) for a, b in line.points[:2])
    geod = Geod(ellps="WGS84")
    azimuth, _, length = geod.inv(west, south, east, north)
    longitude, latitude, back = geod.fwd(west, south, azimuth, length / 2)
    longitude, latitude, _ = geod.fwd(longitude, latitude, back + 90, km * 1000)
    return float(latitude), float(longitude)


@pytest.mark.requirement("Z-03")
def test_india_pakistan_1991_has_its_published_distances() -> None:
    table = one("india-pakistan-1991", SeparationTable)
    assert isinstance(table, SeparationTable)
    armed = {row.distance_m for row in table.rows if row.armed}
    unarmed = {row.distance_m for row in table.rows if row.armed is False}
    assert (armed, unarmed) == ({10_000}, {1_000})


@pytest.mark.requirement("Z-03")
@pytest.mark.parametrize(
    ("armed", "km", "inside"),
    [(True, 9.5, True), (True, 10.5, False), (False, 0.9, True), (False, 1.1, False),
     (None, 9.5, True)],
)  # fmt: skip
def test_india_pakistan_1991_as_it_is_enforced(armed: bool | None, km: float, inside: bool) -> None:
    world = scene()
    agreed(world, *terms("india-pakistan-1991").provisions)
    border = one("india-pakistan-1991", Line)
    assert isinstance(border, Line)
    latitude, longitude = _off(border, km)
    place = volume(latitude, longitude, radius_m=1)
    world.tell("north", details(place, under=Under(ActorClass.FIXED, armed)))
    hits = [clash for notice in world.notices("south") for clash in notice.clashes]
    assert bool(hits) is inside


def test_black_sea_has_its_published_numbers() -> None:
    text = terms("black-sea")
    assert (text.kind, text.neutral) == (LegalKind.CONSENT, "desk")
    buffer = one("black-sea", MovingBuffer)
    assert isinstance(buffer, MovingBuffer)
    assert buffer.radius_m == 10 * NAUTICAL_MILE_M
    lead = one("black-sea", LeadTime)
    assert isinstance(lead, LeadTime)
    assert (lead.kind, lead.minimum_s) == (IntentKind.MOVEMENT, 44 * HOUR_S)
    plan = one("black-sea", Consent)
    assert isinstance(plan, Consent)
    assert plan.answer_within_s == 4 * HOUR_S  # in by 12:00, answered by 16:00


def test_the_fire_traffic_area_has_its_two_rings() -> None:
    rings = {
        each.id: (each.footprint.radius_mm, each.rule.value)  # type: ignore[union-attr]  # circles
        for each in terms("fire-traffic-area").provisions
        if isinstance(each, AgreedZone)
    }
    assert rings == {
        "initial-contact": (12 * NAUTICAL_MILE_M * 1000, "notice"),
        "no-communication": (7 * NAUTICAL_MILE_M * 1000, "keep-out"),
    }


@pytest.mark.requirement("Z-07")
def test_humanitarian_notification_asks_48_hours_and_24_in_an_emergency() -> None:
    text = terms("humanitarian-notification")
    assert text.kind is LegalKind.NOTIFY
    leads = [each for each in text.provisions if isinstance(each, LeadTime)]
    assert {each.kind for each in leads} == {IntentKind.MOVEMENT, IntentKind.PRESENCE}
    for each in leads:
        assert each.minimum_for(None) == 48 * HOUR_S
        assert each.minimum_for("emergency") == 24 * HOUR_S


@pytest.mark.parametrize("km", [5, 60])
def test_stand_offs_from_a_line(km: int) -> None:
    buffer = one(f"stand-off-{km}-km", LineBuffer)
    assert isinstance(buffer, LineBuffer)
    assert (buffer.width_m, buffer.side.value) == (km * 1000, "both")


def test_closures_told_in_public_are_coarse_and_name_nobody() -> None:
    found = one("public-closures", Publish)
    assert isinstance(found, Publish)
    assert terms("public-closures").kind is LegalKind.NOTIFY
    assert found.rules == (ZoneRule.KEEP_OUT, ZoneRule.STAND_OFF)
    assert (found.cell_nd, found.time_step_s) == (100_000_000, 600)
    assert (found.fields, found.provisions, found.of) == ((), (), ())
