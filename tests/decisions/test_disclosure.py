from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenes import HIDDEN, OPEN, Scene, details, named, volume
from wideberth.decisions.disclosure import MAX_CELLS
from wideberth.model.intents import Step
from wideberth.model.notices import Clash, Notice
from wideberth.model.settings import Effect, PairRule, Rules
from wideberth.space.overlap import covers
from wideberth.space.prepared import prepare
from wideberth.space.volume import NANODEGREES, Gap, Separation


def _only_clash(notice: Notice) -> Clash:
    (clash,) = notice.clashes
    return clash


def test_of_a_hidden_intent_others_learn_kind_overlap_and_whom_to_call() -> None:
    scene = Scene("north", "south")
    hidden = scene.tell("north", details(volume(47.004), visibility=HIDDEN, call_sign="SECRET"))
    scene.tell("south")
    notice = scene.notices("south")[0]
    clash = _only_clash(notice)
    assert (clash.other, clash.other_party) == (None, None)
    assert (clash.other_kind, clash.contact) == ("flight", "desk:north")
    assert clash.overlap.cells
    told = msgspec.json.encode(notice).decode()
    for secret in (hidden.id, hidden.ovn, "SECRET", "47004"):
        assert f'"{secret}"' not in told
        assert secret not in told or secret.startswith("id")


def test_a_hidden_subject_gives_its_other_clash_partner_no_id_and_no_lead_time() -> None:
    scene = Scene("north", "south")
    scene.tell("south")
    scene.tell("north", details(visibility=HIDDEN))
    notice = scene.notices("south")[0]
    assert (notice.subject, notice.sender) == (None, None)
    assert (notice.lead_us, notice.late) == (0, False)
    assert _only_clash(notice).own is not None


def test_a_hidden_intent_that_only_comes_near_tells_no_distance() -> None:
    rule = PairRule(("flight", "flight"), separation=Separation(500_000, 0, 0))  # type: ignore[arg-type]
    scene = Scene("north", "south", rules=Rules(version="near", pairs=(rule,)))
    scene.tell("north", details(volume(47.01), visibility=HIDDEN))
    scene.tell("south")
    clash = _only_clash(scene.notices("south")[0])
    assert clash.gap == Gap(0, 0, 0)
    its_own_view = _only_clash(scene.notices("north")[0])
    assert its_own_view.gap.horizontal_mm > 100_000, "the other one is open"


def test_a_named_intent_tells_others_nothing_at_all() -> None:
    scene = Scene("north", "south", "east")
    scene.tell("north", details(visibility=named("east")))
    scene.tell("south")
    assert scene.notices("south") == []
    assert len(scene.notices("north")) == 1, "its owner sees what is open"
    scene.tell("east")
    (notice,) = scene.notices("east")
    assert all(clash.other is not None for clash in notice.clashes)
    assert len(notice.clashes) == 2


def test_a_hidden_withdrawal_reaches_those_who_were_told() -> None:
    scene = Scene("north", "south", "east")
    scene.tell("south")
    hidden = scene.tell("north", details(visibility=HIDDEN))
    scene.step(hidden, Step.END)
    first, last = scene.notices("south")
    assert last.withdrawal
    assert last.supersedes == (first.id,)
    assert last.subject is None
    assert scene.notices("east") == []


@settings(max_examples=30)
@given(
    north_m=st.integers(-900, 900),
    east_m=st.integers(-900, 900),
    radius_m=st.integers(100, 3000),
    at=st.sampled_from([(47.0, 8.0), (-33.4, 151.2), (0.0, 0.0), (78.2, 15.6)]),
)
def test_the_cells_told_cover_all_of_the_true_overlap(
    north_m: int, east_m: int, radius_m: int, at: tuple[float, float]
) -> None:
    latitude, longitude = at
    own = volume(latitude, longitude, radius_m=800)
    other = volume(latitude + north_m / 111_000, longitude + east_m / 60_000, radius_m=radius_m)
    scene = Scene("north", "south")
    scene.tell("north", details(other, visibility=HIDDEN))
    scene.tell("south", details(own))
    if not scene.notices("south"):
        return
    overlap = _only_clash(scene.notices("south")[0]).overlap
    assert 0 < len(overlap.cells) <= MAX_CELLS
    steps = [step / 40 for step in range(-40, 41)]
    points = [(latitude + a * 0.008, longitude + b * 0.04) for a in steps for b in steps]
    latitudes, longitudes = zip(*points, strict=True)
    heights = [50.0] * len(points)
    times = [own.start_us] * len(points)
    in_both = [
        bool(x and y)
        for x, y in zip(
            covers(prepare(own), latitudes, longitudes, heights, times),
            covers(prepare(other), latitudes, longitudes, heights, times),
            strict=True,
        )
    ]
    for (point_latitude, point_longitude), shared in zip(points, in_both, strict=True):
        if shared:
            assert any(
                cell.south_nd - 5
                <= point_latitude * NANODEGREES
                <= cell.south_nd + cell.size_nd + 5
                and cell.west_nd - 5
                <= point_longitude * NANODEGREES
                <= cell.west_nd + cell.size_nd + 5
                for cell in overlap.cells
            )


@pytest.mark.parametrize(
    "place",
    [
        pytest.param((89.9, 10.0), id="by the pole"),
        pytest.param((10.0, 179.9999), id="on the antimeridian"),
        pytest.param((10.0, -180.0), id="on the antimeridian, from the east"),
    ],
)
def test_where_the_grid_has_no_cells_the_own_volume_is_all_that_is_told(
    place: tuple[float, float],
) -> None:
    scene = Scene("north", "south")
    scene.tell("north", details(volume(*place), visibility=HIDDEN))
    scene.tell("south", details(volume(*place)))
    overlap = _only_clash(scene.notices("south")[0]).overlap
    assert overlap.whole
    assert overlap.cells == ()


def test_two_worlds_that_differ_only_in_what_is_hidden_look_the_same() -> None:
    """What the third party gets is the same to the byte, whatever north hides from it."""
    told: list[bytes] = []
    for visibility, place in ((named("south"), 47.0), (named("south"), 47.002), (None, 0.0)):
        scene = Scene("north", "south", "east", rules=_strict())
        if visibility is not None:
            scene.tell("north", details(volume(place), visibility=visibility), intent="x")
        before = len(scene.entries)
        scene.tell("east", details(visibility=OPEN), intent="mine")
        told.append(msgspec.json.encode(scene.notices("east", since=before)))
    assert told[0] == told[1] == told[2] == b"[]"


def _strict() -> Rules:
    return Rules(version="strict", pairs=(PairRule(("flight", "flight"), Effect.REFUSE),))  # type: ignore[arg-type]
