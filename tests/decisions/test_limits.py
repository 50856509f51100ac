"""What an agreement lets a party see of another's intents: never more than was shown, coarsely and
in part, from then on, and whatever becomes of the agreement (P-02, P-03).
"""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from agreements_scene import NORTH, PACT, SOUTH, act, agreed, propose, scene, sign, terms
from scenes import HIDDEN, OPEN, START_US, Scene, author, details, named, signer, volume
from wideberth.decisions.checks import DryRun, dry_run
from wideberth.decisions.outcome import Context
from wideberth.model.agreements import Act
from wideberth.model.entries import IntentAccepted, IntentAmended
from wideberth.model.ids import IntentId, PartyId
from wideberth.model.intents import IntentKind, Step
from wideberth.model.liveness import GiveAllClear
from wideberth.model.provisions import Disclosure, LeadTime, Shared
from wideberth.picture import snapshot
from wideberth.picture.limits import part_for, sees
from wideberth.picture.visibility import is_readable
from wideberth.space.overlap import is_conflict
from wideberth.space.time import DAY_US, HOUR_US
from wideberth.space.volume import NANODEGREES, Circle, Polygon

WEST = PartyId("west")
CELL_ND = NANODEGREES // 10


def profile(*fields: Shared, name: str = "profile", **more: Any) -> Disclosure:
    """What south is shown of what north tells."""
    given = {"cell_nd": CELL_ND, "time_step_s": 3600, **more}
    return Disclosure(id=name, party=NORTH, to=SOUTH, fields=fields, **given)


PLACE_AND_TIME = profile(Shared.VOLUMES, Shared.TIMES)


def entry_of(world: Scene, intent: str) -> Any:
    return next(
        each
        for each in reversed(world.entries)
        if isinstance(each.body, IntentAccepted | IntentAmended) and each.body.intent.id == intent
    )


@pytest.mark.requirement("P-03")
def test_under_a_profile_the_other_party_sees_a_part_and_everybody_else_what_was_shown() -> None:
    world = scene()
    agreed(world, PLACE_AND_TIME)
    flight = world.tell("north", details(call_sign="N1"))
    assert not sees(world.picture, flight, SOUTH)
    assert sees(world.picture, flight, WEST)
    assert sees(world.picture, flight, NORTH)
    part = part_for(world.picture, flight, SOUTH)
    assert part is not None
    assert part.fields == {Shared.VOLUMES, Shared.TIMES}
    assert (part.cell_nd, part.time_step_us) == (CELL_ND, HOUR_US)
    assert part_for(world.picture, flight, WEST) is None
    entry = entry_of(world, flight.id)
    readers = [
        p for p in ("north", "south", "west") if is_readable(world.picture, entry, PartyId(p))
    ]
    assert readers == ["north", "west"]


PLACES = st.tuples(st.integers(-80_000, 80_000), st.integers(-179_000, 179_000))


@given(PLACES, st.integers(1, 5_000), st.integers(0, 2_000), st.integers(0, 600))
def test_the_part_holds_the_whole_and_is_made_of_whole_cells_and_steps(
    place: tuple[int, int], radius_m: int, lower_m: int, from_min: int
) -> None:
    world = scene()
    agreed(world, PLACE_AND_TIME)
    whole = volume(
        place[0] / 1000, place[1] / 1000, radius_m=radius_m, lower_m=lower_m,
        upper_m=lower_m + 50, from_min=from_min, until_min=from_min + 7,
    )  # fmt: skip
    told = world.tell("north", details(whole))
    part = part_for(world.picture, told, SOUTH)
    assert part is not None
    (shown,) = part.intent.volumes
    assert shown.start_us <= whole.start_us < whole.end_us <= shown.end_us
    assert shown.start_us % HOUR_US == 0
    assert (shown.end_us + 1) % HOUR_US == 0
    assert shown.lower.value_mm <= whole.lower.value_mm
    assert shown.upper.value_mm >= whole.upper.value_mm
    shape = shown.footprint
    if isinstance(shape, Polygon):
        assert all(each % CELL_ND == 0 for vertex in shape.vertices for each in vertex)
    else:
        assert shape.latitude_nd % CELL_ND == shape.longitude_nd % CELL_ND == 0
    # Points all round the edge, and the middle.
    for bearing in range(0, 360, 45):
        edge = _beside(whole.footprint, bearing)
        point = volume(*edge, radius_m=1, lower_m=lower_m, upper_m=lower_m + 50,
                       from_min=from_min, until_min=from_min + 7)  # fmt: skip
        one, other = world.picture.prepared((point, shown))
        assert is_conflict(one, other)


def _beside(shape: object, bearing_deg: int) -> tuple[float, float]:
    assert isinstance(shape, Circle)
    longitude, latitude, _ = Geod(ellps="WGS84").fwd(
        shape.longitude_nd / NANODEGREES,
        shape.latitude_nd / NANODEGREES,
        bearing_deg,
        shape.radius_mm / 1000,
    )
    return latitude, longitude


def test_a_profile_shows_nobody_more() -> None:
    world = scene()
    agreed(world, PLACE_AND_TIME)
    for visibility in (HIDDEN, named("west")):
        told = world.tell("north", details(visibility=visibility))
        assert part_for(world.picture, told, SOUTH) is None
        assert not sees(world.picture, told, SOUTH)


def test_a_profile_that_asks_for_all_of_it_limits_nothing() -> None:
    world = scene()
    agreed(world, profile(*Shared, cell_nd=0, time_step_s=0, whole_list=True))
    assert sees(world.picture, world.tell("north"), SOUTH)


def test_it_is_of_what_is_told_from_then_on_and_of_nothing_before() -> None:
    world = scene()
    before = world.tell("north")
    world.pass_time(1)
    agreed(world, PLACE_AND_TIME)
    world.pass_time(1)
    assert sees(world.picture, before, SOUTH)
    amended = world.amend(before, details(volume(48.0)))
    assert not sees(world.picture, amended, SOUTH)
    assert not is_readable(world.picture, entry_of(world, before.id), SOUTH)


@pytest.mark.parametrize("over", ["suspended", "ended", "expired"])
def test_whatever_becomes_of_it_nothing_told_under_it_is_opened(over: str) -> None:
    world = scene()
    agreed(world, PLACE_AND_TIME)
    told = world.tell("north")
    if over == "suspended":
        world.accept(act(1, Act.SUSPEND, reason="talks"), signer("south"))
        during = world.tell("north")
        assert not sees(world.picture, during, SOUTH)
    elif over == "ended":
        world.accept(act(1, Act.END, reason="over"), signer("south"))
    else:
        later = propose(world, terms(profile(*Shared, cell_nd=0, time_step_s=0)), replaces=1)
        world.pass_time(1)
        sign(world, later)
    assert not sees(world.picture, told, SOUTH)
    assert not is_readable(world.picture, entry_of(world, told.id), SOUTH)
    world.pass_time(1)
    if over == "ended":
        after = world.tell("north")
        assert sees(world.picture, after, SOUTH)
        amended = world.amend(told, details(volume(48.0)))
        assert sees(world.picture, amended, SOUTH)
        assert not is_readable(world.picture, entry_of(world, told.id), SOUTH), "it quotes before"
    loaded = snapshot.load(snapshot.dump(world.picture))
    assert loaded.digest() == world.picture.digest() == world.replayed().digest()
    assert not sees(loaded, told, SOUTH)


def test_of_two_profiles_the_narrower_of_each_holds() -> None:
    world = scene()
    agreed(
        world,
        profile(Shared.VOLUMES, Shared.CALL_SIGN, cell_nd=0, time_step_s=60),
        profile(Shared.VOLUMES, Shared.TIMES, name="other", time_step_s=0),
    )
    part = part_for(world.picture, world.tell("north"), SOUTH)
    assert part is not None
    assert part.fields == {Shared.VOLUMES}
    assert (part.cell_nd, part.time_step_us) == (CELL_ND, 60_000_000)


def test_a_clash_is_told_in_cells_of_the_agreed_grid_as_of_what_is_hidden() -> None:
    world = scene()
    agreed(world, PLACE_AND_TIME)
    world.tell("south")
    told = world.tell("north")
    (notice,) = [each for each in world.open_notices("south") if each.clashes]
    (clash,) = notice.clashes
    assert clash.other is None
    assert clash.gap.horizontal_mm == 0
    assert clash.overlap.cells
    assert notice.subject is not None, "which of the shown ones it is about is known"
    assert notice.subject.id == told.id
    assert (notice.lead_us, notice.late) == (0, False)


def test_a_dry_run_tells_no_more_than_telling_would_and_is_counted() -> None:
    world = scene()
    agreed(world, PLACE_AND_TIME)
    world.tell("north")
    found = dry_run(world.picture, details(), author("south"), Context(world.now_us, world.new_id))
    assert isinstance(found, DryRun)
    assert found.owners == ((NORTH, 1),)
    assert all(each.other is None and each.overlap.cells for each in found.clashes)


def test_a_lead_time_is_told_without_saying_when_it_starts() -> None:
    world = scene()
    lead = LeadTime(id="lead", kind=IntentKind.HAZARD, minimum_s=7_200)
    agreed(world, profile(Shared.VOLUMES), lead)
    hazard = world.tell("north", details(kind=IntentKind.HAZARD))
    (notice,) = [
        each
        for each in world.open_notices("south")
        if each.subject is not None and each.subject.id == hazard.id
    ]
    (reliance,) = notice.under
    assert (reliance.minimum_lead_us, reliance.late) == (0, False)
    assert notice.particulars is None, "neither when nor, beyond the cell, where"


@pytest.mark.parametrize(
    ("begins_us", "minimum_s", "more", "is_late"),
    [
        pytest.param(2 * HOUR_US, 10_800, {}, True, id="all of the hour shown is too soon"),
        pytest.param(2 * HOUR_US, 10_799, {}, False, id="its last second would be in time"),
        pytest.param(3 * HOUR_US - 1, 10_800, {}, True, id="wherever in the hour it begins"),
        pytest.param(2 * HOUR_US, 7_200, {}, False, id="in time"),
        pytest.param(2 * HOUR_US, 10_800, {"delay_s": 60}, False, id="its times come later"),
        pytest.param(2 * HOUR_US, 7_201, {"time_step_s": 0}, True, id="times as they are"),
        pytest.param(
            2 * HOUR_US, 7_200, {"time_step_s": 0}, False, id="times as they are, in time"
        ),
    ],
)
def test_that_it_is_late_is_told_where_the_times_that_are_shown_leave_no_doubt(
    begins_us: int, minimum_s: int, more: dict[str, Any], is_late: bool
) -> None:
    world = scene()
    lead = LeadTime(id="lead", kind=IntentKind.HAZARD, minimum_s=minimum_s)
    agreed(world, profile(Shared.VOLUMES, Shared.TIMES, **more), lead)
    world.now_us = world.now_us // HOUR_US * HOUR_US + HOUR_US
    start_us = world.now_us + begins_us
    window = msgspec.structs.replace(volume(), start_us=start_us, end_us=start_us + HOUR_US)
    hazard = world.tell("north", details(window, kind=IntentKind.HAZARD))
    notices = [each for each in world.open_notices("south") if each.subject is not None]
    (notice,) = [each for each in notices if each.subject and each.subject.id == hazard.id]
    (reliance,) = notice.under
    assert (notice.late, reliance.late) == (is_late, is_late)
    assert reliance.minimum_lead_us == (minimum_s * 1_000_000 if is_late else 0)
    assert notice.lead_us == 0, "how long before would tell when it starts"
    assert not [each for each in world.picture.warnings if each.endswith(notice.id)]


def test_all_clear_reads_back_nothing_that_was_not_shown() -> None:
    world = scene()
    lead = LeadTime(id="lead", kind=IntentKind.HAZARD, minimum_s=60)
    agreed(world, profile(Shared.VOLUMES), lead)
    hazard = world.tell("north", details(kind=IntentKind.HAZARD))
    world.step(hazard, Step.END)
    world.accept(GiveAllClear(hazard.id), signer("north"))
    (clear,) = [each for each in world.open_notices("south") if each.all_clear]
    assert clear.particulars is None


def test_a_withdrawn_one_is_told_as_withdrawn_to_who_saw_a_part_of_it() -> None:
    world = scene()
    agreed(world, PLACE_AND_TIME)
    world.tell("south")
    told = world.tell("north")
    world.step(told, Step.END)
    last = world.notices("south")[-1]
    assert last.withdrawal
    assert last.subject is not None


def test_an_amendment_is_never_told_as_withdrawn_to_who_still_sees_a_part() -> None:
    """No false clear: it moved away from south's own, and stands."""
    world = scene()
    agreed(world, PLACE_AND_TIME)
    world.tell("south")
    told = world.tell("north")
    world.amend(told, details(volume(50.0)))
    last = world.notices("south")[-1]
    assert not last.withdrawal
    assert last.subject is not None
    assert last.subject.version == 2


@given(st.data())
def test_what_lies_within_one_cell_and_step_reads_the_same_to_the_other_party(data: Any) -> None:
    """Two runs that differ in what is withheld give the other party the same part."""

    def run(latitude_mdeg: int, minute: int, call_sign: str, radius_m: int) -> list[object]:
        world = scene()
        agreed(world, PLACE_AND_TIME)
        own = world.tell("south", details(volume(47.05, 8.05, radius_m=9_000)), intent="own")
        told = details(
            volume(47.0 + latitude_mdeg / 1000, 8.05, radius_m=radius_m,
                   from_min=60 + minute, until_min=90 + minute),
            call_sign=call_sign,
        )  # fmt: skip
        world.tell("north", told, intent="theirs")
        part = part_for(world.picture, world.intent("theirs"), SOUTH)
        assert part is not None
        return [own.id, part.intent.volumes]

    def draw() -> list[object]:
        return run(
            data.draw(st.integers(45, 55)),
            data.draw(st.integers(0, 20)),
            data.draw(st.sampled_from(["A", "B"])),
            data.draw(st.integers(1, 400)),
        )

    assert draw() == draw()


def test_open_is_what_it_was_where_nothing_was_agreed() -> None:
    world = scene()
    told = world.tell("north", details(visibility=OPEN))
    assert not list(world.picture.limits)
    assert sees(world.picture, told, SOUTH)
    assert not world.picture.hides(world.picture.intents[IntentId(told.id)])
    assert START_US < told.end_us < START_US + DAY_US
    assert PACT not in {each for each, _ in world.picture.agreements}
