"""Differences between accounts: how far two claims are apart, and never who is right (I-03)."""

from __future__ import annotations

import msgspec
import pytest
from geographiclib.geodesic import Geodesic
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from wideberth.model.accounts import (
    Account,
    Audience,
    Claims,
    DamageClaim,
    DamageItem,
    DamageOf,
    IdentityClaim,
    PlaceClaim,
    Point,
    RuleClaim,
    TimeClaim,
    WarnedClaim,
)
from wideberth.model.ids import AccountId, AgreementId, IntentId, NoticeId, PartyId
from wideberth.picture.differences import Difference, DifferenceKind, differences
from wideberth.space.altitude import Altitude, AltitudeReference
from wideberth.space.apart import HALF_ROUND_MM, Apart, apart
from wideberth.space.time import MINUTE_US
from wideberth.space.volume import NANODEGREES, Circle, polygon

K = DifferenceKind


def account(party: str, **claims: object) -> Account:
    return Account(
        AccountId(f"of-{party}"),
        PartyId(party),
        5,
        Audience.ALL,
        claims=Claims(**claims),  # type: ignore[arg-type]
    )


def point(
    latitude_deg: float, longitude_deg: float, error_m: float = 0, **more: object
) -> PlaceClaim:
    place = Point(round(latitude_deg * NANODEGREES), round(longitude_deg * NANODEGREES))
    return PlaceClaim(place, round(error_m * 1000), **more)  # type: ignore[arg-type]


def between(one: dict[str, object], other: dict[str, object]) -> list[Difference]:
    return list(differences([account("alpha", **one), account("bravo", **other)]))


def geodesic_m(one: tuple[float, float], other: tuple[float, float]) -> float:
    """By another implementation: Karney's, through GeographicLib."""
    return Geodesic.WGS84.Inverse(*one, *other)["s12"]


places = st.tuples(st.floats(-89, 89, allow_nan=False), st.floats(-179.9, 179.9, allow_nan=False))


@pytest.mark.requirement("I-03")
def test_each_type_of_difference_is_listed_with_both_claims() -> None:
    east, west = point(47.0, 8.0, 500), point(47.0, 8.1, 1000)
    hurt = DamageItem(DamageOf.PEOPLE, 2, "hurt")
    found = between(
        {
            "when": TimeClaim(0, MINUTE_US),
            "where": msgspec.structs.replace(
                east, altitude=Altitude(900_000, AltitudeReference.MSL), altitude_error_mm=1000
            ),
            "identity": IdentityClaim(aircraft="A-1", call_sign="RED"),
            "warned": WarnedClaim(warned=True, notice=NoticeId("n1"), time_us=0),
            "rule": RuleClaim(AgreementId("a1"), 1),
            "damage": DamageClaim(()),
        },
        {
            "when": TimeClaim(10 * MINUTE_US, 2 * MINUTE_US),
            "where": msgspec.structs.replace(
                west, altitude=Altitude(600_000, AltitudeReference.MSL)
            ),
            "identity": IdentityClaim(aircraft="A-2", intent=IntentId("i1")),
            "warned": WarnedClaim(warned=False),
            "rule": RuleClaim(AgreementId("a1"), 2, "apart"),
            "damage": DamageClaim((hurt,)),
        },
    )
    assert [each.kind for each in found] == list(DifferenceKind)
    by_kind = {each.kind: each for each in found}
    time, place, height = (by_kind[each].parted for each in (K.TIME, K.PLACE, K.HEIGHT))
    assert time is not None
    assert [each / MINUTE_US for each in (time.claimed, time.at_least, time.at_most)] == [10, 7, 13]
    assert place is not None
    wanted_m = geodesic_m((47.0, 8.0), (47.0, 8.1))
    assert place.claimed == pytest.approx(wanted_m * 1000, abs=12)
    assert place.at_least == pytest.approx((wanted_m - 1500) * 1000, abs=30)
    assert place.at_most == pytest.approx((wanted_m + 1500) * 1000, abs=30)
    assert height is not None
    assert (height.claimed, height.at_least, height.at_most) == (300_000, 299_000, 301_000)
    assert by_kind[K.IDENTITY].members == ("aircraft",)
    assert by_kind[K.WARNED].members == ("warned",)
    assert by_kind[K.RULE].members == ("version",)
    assert by_kind[K.DAMAGE].members == ("items",)
    assert all(each.parties == ("alpha", "bravo") for each in found)


def test_of_what_one_of_them_does_not_claim_there_is_no_difference() -> None:
    whole = {
        "when": TimeClaim(0),
        "where": point(1, 2),
        "identity": IdentityClaim(unit="u"),
        "warned": WarnedClaim(warned=True),
        "rule": RuleClaim(),
        "damage": DamageClaim(()),
    }
    assert between(whole, {}) == between({}, whole) == between(whole, whole) == []


def test_claims_that_can_both_be_so_say_so() -> None:
    (found,) = between({"where": point(47, 8, 10_000)}, {"where": point(47, 8.1, 0)})
    assert found.is_within_errors
    (found,) = between({"where": point(47, 8, 1_000)}, {"where": point(47, 8.1, 0)})
    assert not found.is_within_errors


def test_heights_over_different_references_are_not_compared() -> None:
    one = point(47, 8, altitude=Altitude(0, AltitudeReference.AGL))
    other = point(47, 8, altitude=Altitude(900_000, AltitudeReference.MSL))
    (found,) = between({"where": one}, {"where": other})
    assert (found.kind, found.members, found.parted) == (K.HEIGHT, ("altitude.reference",), None)


def test_that_no_agreement_was_in_force_differs_from_that_one_was() -> None:
    (found,) = between({"rule": RuleClaim()}, {"rule": RuleClaim(AgreementId("a1"))})
    assert (found.kind, found.members) == (K.RULE, ("agreement",))


def test_the_order_of_items_of_damage_is_no_difference() -> None:
    one, other = (DamageItem(DamageOf.OBJECTS, count, "trucks") for count in (1, 2))
    assert (
        between({"damage": DamageClaim((one, other))}, {"damage": DamageClaim((other, one))}) == []
    )


def test_pairs_come_in_the_order_of_the_accounts() -> None:
    three = [
        account(each, when=TimeClaim(at)) for at, each in enumerate(("alpha", "bravo", "crane"))
    ]
    assert [each.parties for each in differences(three)] == [
        ("alpha", "bravo"), ("alpha", "crane"), ("bravo", "crane"),
    ]  # fmt: skip


@given(one=places, other=places, errors=st.tuples(st.floats(0, 1e6), st.floats(0, 1e6)))
@example(one=(0.0, 179.9), other=(0.0, -179.9), errors=(0.0, 0.0))
@example(one=(88.9, 0.0), other=(88.9, 179.0), errors=(1.0, 0.0))
@example(one=(0.0, 0.0), other=(0.0, 179.5), errors=(0.0, 0.0))
def test_no_two_points_are_nearer_or_farther_than_is_said(
    one: tuple[float, float], other: tuple[float, float], errors: tuple[float, float]
) -> None:
    claims = [point(*place, error) for place, error in zip((one, other), errors, strict=True)]
    found = between({"where": claims[0]}, {"where": claims[1]})
    wanted_m = geodesic_m(one, other)
    if not found:
        assert wanted_m < 0.001
        return
    parted = found[0].parted
    assert parted is not None
    total_m = sum(round(error * 1000) for error in errors) / 1000
    assert parted.at_least / 1000 <= max(0, wanted_m - total_m) + 0.001
    assert parted.at_most / 1000 >= min(wanted_m + total_m, HALF_ROUND_MM / 1000) - 0.001
    if wanted_m < 9_000_000:
        assert parted.claimed / 1000 == pytest.approx(wanted_m, abs=0.012)
        assert parted.at_most - parted.at_least <= 2 * total_m * 1000 + 100


@given(
    center=st.tuples(st.floats(-80, 80), st.floats(-179, 179)),
    side=st.floats(0.001, 3),
    inside=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    there=st.tuples(st.floats(-80, 80), st.floats(-179, 179)),
    radius=st.integers(1, 100_000),
)
def test_every_point_of_two_areas_is_within_what_is_said(
    center: tuple[float, float],
    side: float,
    inside: tuple[float, float],
    there: tuple[float, float],
    radius: int,
) -> None:
    south, west = center
    corners = [(0, 0), (0, 1), (1, 1), (1, 0)]
    shape = polygon((south + side * up, west + side * right) for up, right in corners)
    found = apart(shape, Circle(*(round(each * NANODEGREES) for each in there), radius * 1000))
    # A corner, and a point of a side that runs along a meridian, are of the area for certain.
    for mine in ((south, west), (south + side * inside[0], west)):
        for bearing in (0.0, 120.0, 360 * inside[1]):
            edge = Geodesic.WGS84.Direct(*there, bearing, radius)
            length_m = geodesic_m(mine, (edge["lat2"], edge["lon2"]))
            assert found.at_least_mm(0) / 1000 <= length_m + 0.01
            assert found.at_most_mm(0) / 1000 >= length_m - 0.01


def test_points_more_than_a_quarter_round_apart_have_their_own_distance() -> None:
    for longitude in (85.0, 100.0, 170.0):
        (found,) = between({"where": point(0.0, 0.0)}, {"where": point(0.0, longitude)})
        assert found.parted is not None
        wanted_m = geodesic_m((0.0, 0.0), (0.0, longitude))
        assert found.parted.claimed / 1000 == pytest.approx(wanted_m, abs=0.1)


def test_planted_errors_that_do_not_count_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Apart, "at_least_mm", lambda self, _error_mm: self.nearest_mm)

    @settings(phases=[Phase.generate], database=None)
    @given(one=places, other=places, errors=st.tuples(st.floats(0, 1e6), st.floats(0, 1e6)))
    def run(
        one: tuple[float, float], other: tuple[float, float], errors: tuple[float, float]
    ) -> None:
        test_no_two_points_are_nearer_or_farther_than_is_said.hypothesis.inner_test(  # type: ignore[attr-defined]
            one, other, errors
        )

    with pytest.raises(AssertionError):
        run()
