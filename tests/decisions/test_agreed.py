from __future__ import annotations

import msgspec
import pytest
from pyproj import Geod

from agreements_scene import (
    PACT,
    SOUTH,
    act,
    agreed,
    propose,
    scene,
    sign,
    terms,
)
from scenes import HIDDEN, Scene, author, details, named, signer, volume
from wideberth.decisions.checks import DryRun, dry_run
from wideberth.decisions.outcome import Context
from wideberth.model.agreements import Act, LegalKind
from wideberth.model.commands import DeclareZone, SubmitIntent
from wideberth.model.ids import AgreementId, IntentId, UnitToken, ZoneId
from wideberth.model.intents import ActorClass, Citation, IntentKind, Under
from wideberth.model.notices import Notice, Reliance, Urgency
from wideberth.model.provisions import (
    AgreedZone,
    Between,
    Coverage,
    Distribution,
    Exception_,
    LeadTime,
    Line,
    LineBuffer,
    MovingBuffer,
    SeparationRow,
    SeparationTable,
    Side,
    Uncovered,
)
from wideberth.model.refusals import Refusal
from wideberth.model.zones import ZoneRule
from wideberth.space.altitude import Altitude, AltitudeReference
from wideberth.space.geodesic import distance_m
from wideberth.space.volume import NANODEGREES, Circle

ALONG = Line(id="line", points=((47_000_000_000, 7_000_000_000), (47_000_000_000, 9_000_000_000)))
"""From west to east along 47 degrees north: north of it is left."""

GROUND = Altitude(0, AltitudeReference.W84)
HIGH = Altitude(10_000_000, AltitudeReference.W84)


def at(metres_north: float) -> float:
    """The latitude so far north of the line at 8 degrees east, where it runs highest."""
    return 47.0 + metres_north / 111_180


def under(actor: ActorClass, **more: object) -> Under:
    return Under(actor, **more)  # type: ignore[arg-type]  # fields by name, from the test


def cites(world: Scene, party: str) -> set[str]:
    """Rules of agreements that the party's notices of intents cite."""
    return {
        clash.rule
        for notice in world.notices(party)
        for clash in notice.clashes
        if clash.rule.startswith("agreement/")
    }


def of_intents(world: Scene, party: str) -> list[Notice]:
    return [
        each
        for each in world.notices(party)
        if each.subject is None or each.subject.type == "intent"
    ]


TABLE = SeparationTable(
    id="distances",
    rows=(
        SeparationRow(actor=ActorClass.FIXED, line="line", distance_m=40_000),
        SeparationRow(actor=ActorClass.ROTARY, line="line", distance_m=10_000),
        SeparationRow(actor=ActorClass.UAV, line="line", distance_m=15_000, side=Side.LEFT),
    ),
)


@pytest.mark.requirement("Z-03", "Z-04")
@pytest.mark.parametrize(
    ("actor", "north_m", "row"),
    [
        (ActorClass.FIXED, 39_000, 1),
        (ActorClass.FIXED, 45_000, None),
        (ActorClass.FIXED, -36_000, 1),
        (ActorClass.ROTARY, 8_000, 2),
        (ActorClass.ROTARY, 13_000, None),
        (ActorClass.UAV, 14_000, 3),
        (ActorClass.UAV, -4_000, None),
        (ActorClass.BALLOON, 1_000, None),
    ],
)
def test_each_class_of_actors_keeps_its_own_distance_on_its_side(
    actor: ActorClass, north_m: int, row: int | None
) -> None:
    world = scene()
    agreed(world, ALONG, TABLE)
    place = volume(at(north_m), 8.0, radius_m=100)
    world.tell("north", details(place, under=under(actor)))
    wanted = set() if row is None else {f"agreement/pact/1/distances/{row}"}
    assert cites(world, "north") == cites(world, "south") == wanted


def test_an_intent_that_does_not_say_what_it_is_counts_as_any() -> None:
    world = scene()
    agreed(world, ALONG, TABLE)
    world.tell("north", details(volume(at(1_000), 8.0, radius_m=100)))
    assert cites(world, "south") == {f"agreement/pact/1/distances/{row}" for row in (1, 2, 3)}
    assert cites(world, "west") == set()


def test_who_is_no_party_is_not_asked_and_not_told() -> None:
    world = scene()
    agreed(world, ALONG, TABLE)
    world.tell("west", details(volume(at(1_000), 8.0, radius_m=100)))
    assert not any(of_intents(world, each) for each in ("north", "south", "west"))


@pytest.mark.requirement("Z-06")
@pytest.mark.parametrize("side", list(Side))
def test_a_buffer_is_geodesic_and_on_its_side(side: Side) -> None:
    world = scene()
    agreed(world, ALONG, LineBuffer(id="strip", line="line", width_m=5_000, side=side))
    middle = _middle_of_the_line()
    assert middle > 47.003, "a geodesic along a parallel runs poleward of it"
    for metres in (-5_500, -4_500, 4_500, 5_500):
        place = volume(middle + metres / 111_180, 8.0, radius_m=1)
        told = world.tell("north", details(place))
        inside = abs(metres) < 5_000 and side in (
            Side.BOTH,
            Side.LEFT if metres > 0 else Side.RIGHT,
        )
        hit = any(
            each.subject is not None and each.subject.id == told.id
            for each in of_intents(world, "south")
        )
        assert hit is inside, (side, metres)


def _middle_of_the_line() -> float:
    ((_, latitude),) = Geod(ellps="WGS84").npts(7, 47, 9, 47, 1)
    return float(latitude)


@pytest.mark.requirement("Z-06")
def test_a_moving_buffer_goes_with_the_vessel() -> None:
    world = scene()
    agreed(world, MovingBuffer(id="ships", round=(ActorClass.SHIP,), radius_m=18_520, of=(SOUTH,)))
    ship = under(ActorClass.SHIP)
    world.tell(
        "south",
        details(
            volume(47.0, 8.0, until_min=90), kind=IntentKind.MOVEMENT, under=ship, confirmed=True
        ),
    )
    world.tell("north", details(volume(47.1, 8.0, until_min=90)))  # 11 km away
    assert cites(world, "north") == cites(world, "south") == {"agreement/pact/1/ships"}
    world.tell("north", details(volume(47.3, 8.0, until_min=90)))  # 33 km away
    assert len(of_intents(world, "north")) == 1
    world.tell("west", details(volume(46.9, 8.0, until_min=90)))
    assert not of_intents(world, "west")


def test_a_moving_buffer_is_not_round_others_vessels() -> None:
    world = scene()
    agreed(world, MovingBuffer(id="ships", round=(ActorClass.SHIP,), radius_m=18_520, of=(SOUTH,)))
    ship = under(ActorClass.SHIP)
    world.tell("north", details(kind=IntentKind.MOVEMENT, under=ship, confirmed=True))
    world.tell("south", details(volume(47.1, 8.0)))
    assert cites(world, "north") == set()


APART = Between(id="apart", horizontal_m=20_000, vertical_m=2_000)


@pytest.mark.requirement("Z-04")
def test_separation_between_the_parties_widens_what_clashes_and_cites_the_version() -> None:
    world = scene()
    world.tell("west", details(volume(47.05, 8.0)))
    agreed(world, APART)
    world.tell("south", details(volume(47.0, 8.0)))
    world.tell("north", details(volume(47.1, 8.0)))
    assert cites(world, "north") == cites(world, "south") == {"agreement/pact/1/apart"}
    assert not of_intents(world, "west")
    notice = of_intents(world, "south")[0]
    assert Reliance(PACT, 1, "apart") in notice.under


def test_what_was_agreed_may_refuse_the_later_one() -> None:
    world = scene()
    agreed(world, msgspec.structs.replace(APART, refuse=True))
    first = world.tell("south", details(volume(47.0, 8.0)))
    outcome = world.try_(
        SubmitIntent(IntentId("second"), details(volume(47.1, 8.0))), author("north")
    )
    assert isinstance(outcome, Refusal)
    assert (outcome.rule, outcome.with_intents) == ("agreement/pact/1/apart", (first.id,))
    world.accept(
        SubmitIntent(IntentId("second"), details(volume(47.1, 8.0)), key=(first.ovn,)),
        author("north"),
    )


def test_hidden_intents_are_felt_under_an_agreement_and_never_refuse() -> None:
    world = scene()
    agreed(world, msgspec.structs.replace(APART, refuse=True))
    world.tell("south", details(volume(47.0, 8.0), visibility=HIDDEN))
    world.tell("north", details(volume(47.1, 8.0)))
    (notice,) = of_intents(world, "north")
    assert notice.clashes[0].rule == "agreement/pact/1/apart"
    assert notice.clashes[0].other is None
    assert notice.clashes[0].gap.horizontal_mm == 0


def test_a_suspended_agreement_is_not_enforced() -> None:
    world = scene()
    agreed(world, APART, ALONG, TABLE)
    world.accept(act(1, Act.SUSPEND, reason="x", provisions=("apart",)), signer("south"))
    world.tell("south", details(volume(40.0, 8.0)))
    world.tell("north", details(volume(40.1, 8.0)))
    assert cites(world, "north") == set()
    world.tell("north", details(volume(at(100), 8.0)))
    assert cites(world, "north"), "what was not suspended still holds"
    world.accept(act(1, Act.RESUME), signer("south"))
    world.tell("north", details(volume(40.1, 8.0)))
    assert "agreement/pact/1/apart" in cites(world, "north")


ZONE = AgreedZone(
    id="fire",
    footprint=Circle(47 * NANODEGREES, 8 * NANODEGREES, 12_964_000),
    lower=GROUND,
    upper=HIGH,
    schedule="DAILY 0800-1000",
)


@pytest.mark.parametrize(("from_min", "meets"), [(30, True), (150, False), (24 * 60 + 30, True)])
def test_an_agreed_zone_holds_by_its_schedule(from_min: int, meets: bool) -> None:
    world = scene()  # at 08:00 UTC
    agreed(world, ZONE)
    world.tell("north", details(volume(from_min=from_min, until_min=from_min + 20)))
    assert bool(cites(world, "south")) is meets


@pytest.mark.requirement("Z-09")
def test_an_agreed_zone_is_not_unilateral_and_one_partys_own_is_labelled() -> None:
    world = scene()
    agreed(world, ZONE)
    world.tell("north", details(volume(from_min=30, until_min=50)))
    (own,) = (each for each in of_intents(world, "north")[0].clashes)
    assert own.other_kind == "agreed keep-out area"
    assert not own.unilateral
    world.accept(
        DeclareZone(ZoneId("z"), "own", ZoneRule.KEEP_OUT, (volume(45.0, 8.0),), "withheld"),
        author("south"),
    )
    world.tell("north", details(volume(45.0, 8.0)))
    (clash,) = of_intents(world, "north")[-1].clashes
    assert clash.unilateral
    assert world.picture.zones[ZoneId("z")].unilateral
    assert all(not each.startswith("agreement/") for each in world.picture.zones)


def test_who_stands_there_already_is_told_when_it_comes_into_force() -> None:
    world = scene()
    one = world.tell("north", details(volume(47.0, 8.0, from_min=30, until_min=50)))
    world.tell("south", details(volume(47.1, 8.0, from_min=30, until_min=50)))
    hidden = world.tell(
        "north", details(volume(47.0, 8.01, from_min=30, until_min=50), visibility=named("west"))
    )
    agreed(world, ZONE, APART)
    for party in ("north", "south"):
        notice = world.notices(party)[-1]
        assert notice.subject is not None
        assert notice.subject.type == "agreement"
        rules = {clash.rule for clash in notice.clashes}
        assert rules == {"agreement/pact/1/fire", "agreement/pact/1/apart"}
    to_south = world.notices("south")[-1]
    others = {clash.other.id for clash in to_south.clashes if clash.other is not None}
    assert one.id in others
    assert hidden.id not in msgspec.json.encode(to_south).decode()
    assert not world.notices("west")


LEAD = LeadTime(
    id="lead",
    kind=IntentKind.HAZARD,
    minimum_s=3 * 86_400,
    exceptions=(Exception_("fire-fighting", 1800), Exception_("rescue", 0)),
)


@pytest.mark.requirement("Z-07")
@pytest.mark.parametrize(
    ("reason", "hours", "late"),
    [
        (None, 71, True),
        (None, 72, False),
        ("fire-fighting", 1, False),
        ("fire-fighting", 0.4, True),
        ("rescue", 0, False),
        ("sightseeing", 71, True),
    ],
)
def test_lead_times_and_exceptions_with_their_own(
    reason: str | None, hours: float, late: bool
) -> None:
    world = scene()
    agreed(world, LEAD, kind=LegalKind.NOTIFY)
    start = round(hours * 60)
    place = volume(from_min=start, until_min=start + 60)
    world.tell("north", details(place, kind=IntentKind.HAZARD, under=Under(reason=reason)))
    (notice,) = of_intents(world, "south")
    (reliance,) = notice.under
    assert (reliance.provision, reliance.version, reliance.late) == ("lead", 1, late)
    assert len(of_intents(world, "north")) == late
    assert notice.urgency is (Urgency.PROMPT if late else Urgency.ROUTINE)
    assert not of_intents(world, "west")


def test_what_the_other_party_may_not_see_is_not_told_for_its_lead_time() -> None:
    world = scene()
    agreed(world, LEAD, kind=LegalKind.NOTIFY)
    world.tell("north", details(kind=IntentKind.HAZARD, visibility=HIDDEN))
    assert not of_intents(world, "south")


@pytest.mark.requirement("Z-04")
def test_citing_a_superseded_version_is_flagged_to_both() -> None:
    world = scene()
    agreed(world, LEAD, kind=LegalKind.NOTIFY)
    body = propose(world, terms(LEAD, APART, kind=LegalKind.SEPARATION), by="south", replaces=1)
    sign(world, body)
    world.tell("north", details(under=Under(cites=(Citation(PACT, 2),))))
    assert not of_intents(world, "south")
    world.tell("north", details(under=Under(cites=(Citation(PACT, 1),))))
    for party in ("north", "south"):
        (notice,) = of_intents(world, party)
        assert notice.under == (Reliance(PACT, 2, cited=1),)


def test_nobody_cites_what_it_cannot_read() -> None:
    world = scene()
    agreed(world, LEAD, kind=LegalKind.NOTIFY)
    answers = []
    for name in ("pact", "nothing"):
        cited = Under(cites=(Citation(AgreementId(name), 1),))
        outcome = world.try_(SubmitIntent(IntentId("x"), details(under=cited)), author("west"))
        assert isinstance(outcome, Refusal)
        answers.append(msgspec.structs.replace(outcome, value=None))
    assert answers[0] == answers[1]


@pytest.mark.requirement("Z-10")
def test_each_notice_names_who_may_fire_there_and_is_not_bound() -> None:
    world = scene()
    agreed(
        world,
        APART,
        Coverage(
            id="cover",
            party=SOUTH,
            bound=("air force",),
            informed=("coast guard",),
            not_covered=(
                Uncovered("militia"),
                Uncovered("air defence east", Circle(47 * NANODEGREES, 8 * NANODEGREES, 5_000_000)),
                Uncovered("navy", Circle(10 * NANODEGREES, 8 * NANODEGREES, 5_000_000)),
            ),
        ),
    )
    world.tell("south", details(volume(47.0, 8.0)))
    world.tell("north", details(volume(47.01, 8.0)))
    for party in ("north", "south"):
        (notice,) = of_intents(world, party)
        assert notice.uncovered == ("south: militia", "south: air defence east")


@pytest.mark.requirement("D-04")
def test_a_notice_under_an_agreement_goes_to_the_units_that_were_agreed() -> None:
    world = scene()
    tokens = (UnitToken("t-7"), UnitToken("t-9"))
    agreed(world, APART, Distribution(id="list", party=SOUTH, units=tokens))
    world.tell("south", details(volume(47.0, 8.0)))
    world.tell("north", details(volume(47.01, 8.0)))
    assert of_intents(world, "south")[0].units == ("u1", "u2", "t-7", "t-9")
    assert of_intents(world, "north")[0].units == ("u1", "u2")


def test_a_dry_run_shows_the_agreed_areas_that_telling_would() -> None:
    world = scene()
    agreed(world, ALONG, TABLE)
    asked = details(volume(at(100), 8.0), under=under(ActorClass.ROTARY))
    run = dry_run(world.picture, asked, author("north"), Context(world.now_us, world.new_id))
    assert isinstance(run, DryRun)
    assert {each.rule for each in run.clashes} == {"agreement/pact/1/distances/2"}


def test_a_later_version_and_an_end_are_told_like_any_other() -> None:
    world = scene()
    agreed(world, ALONG, TABLE)
    intent = world.tell("north", details(volume(at(100), 8.0), under=under(ActorClass.ROTARY)))
    world.amend(intent, details(volume(40.0, 8.0), under=under(ActorClass.ROTARY)))
    last = of_intents(world, "south")[-1]
    assert last.supersedes
    assert last.clashes == ()


def test_distances_agree_with_an_independent_reckoning() -> None:
    """A table against the plain distance to the line: nothing within is missed, nothing further
    than two per cent beyond is caught.
    """
    world = scene()
    agreed(world, ALONG, TABLE)
    middle = _middle_of_the_line()
    for step in range(-45, 46, 5):
        latitude = middle + step / 111.18
        told = world.tell(
            "north", details(volume(latitude, 8.0, radius_m=1), under=under(ActorClass.FIXED))
        )
        off_m = distance_m(latitude, 8.0, middle, 8.0)
        hit = any(
            each.subject is not None and each.subject.id == told.id
            for each in of_intents(world, "south")
        )
        if off_m < 39_900:
            assert hit, step
        elif off_m > 40_900:
            assert not hit, step
