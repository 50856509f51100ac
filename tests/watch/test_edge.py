"""A warning of an incursion says how far the track is from the edge of the area."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from flights import GEOD, Flight, area, at
from wideberth.model.ids import IntentId, PartyId
from wideberth.model.warnings import StandingWarning
from wideberth.picture.picture import Picture
from wideberth.space.time import SECOND_US
from wideberth.warned import warned
from wideberth.watch import conditions
from wideberth.watch.engine import Watch
from wideberth.watch.observations import Raised
from wideberth.watch.recorded import recorded_form
from wideberth.watch.reports import ReportBatch
from wideberth.watch.settings import WatchSettings

SETTINGS = WatchSettings(zone_look_ahead_us=120 * SECOND_US)
RADIUS_M = 2_000.0


def incursion(away_m: float, bearing_deg: float, *, age_s: int = 0) -> StandingWarning:
    """The warning of a track that goes to the middle of a round zone at 100 m/s."""
    longitude, latitude, back_deg = GEOD.fwd(8.0, 47.0, bearing_deg, away_m)
    flight = Flight("a", latitude, longitude, 100.0, back_deg % 360)
    watch = Watch(SETTINGS)
    watch.put_zone("ring", area(47.0, 8.0, RADIUS_M), name="Ring")
    watch.observe(ReportBatch.of([flight.report(0)], feed="radio", feed_party="desk"), at(0))
    (event,) = watch.tick(at(age_s))
    assert isinstance(event, Raised)
    return recorded_form(event)


def require_edge(away_m: float, bearing_deg: float, age_s: int) -> None:
    edge_mm = incursion(away_m, bearing_deg, age_s=age_s).edge_mm
    assert edge_mm is not None
    # 4 mm of the distance, and what the path may be off (paths.path_error_m) where it was followed.
    allowed_m = 0.006 + 0.1 * age_s
    assert edge_mm / 1000 == pytest.approx(
        max(0.0, away_m - 100.0 * age_s - RADIUS_M), abs=allowed_m
    )


@given(st.floats(0, 12_000), st.floats(0, 360), st.integers(0, 5))
@example(away_m=0.0, bearing_deg=0.0, age_s=0)
@example(away_m=2_000.0, bearing_deg=90.0, age_s=0)
@example(away_m=9_000.0, bearing_deg=45.0, age_s=5)
def test_the_distance_is_that_to_the_edge_from_where_the_track_is_now(
    away_m: float, bearing_deg: float, age_s: int
) -> None:
    require_edge(away_m, bearing_deg, age_s)


def test_the_check_finds_the_distance_at_the_moment_of_entry(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = conditions._incursion

    def then(*args: Any) -> Any:
        told = real(*args)
        margin = msgspec.structs.replace(told.margin, now_horizontal_mm=told.margin.horizontal_mm)
        return msgspec.structs.replace(told, margin=margin)

    monkeypatch.setattr(conditions, "_incursion", then)

    @settings(phases=[Phase.explicit])
    @example(away_m=9_000.0, bearing_deg=45.0, age_s=0)
    @given(st.floats(0, 12_000), st.floats(0, 360), st.integers(0, 5))
    def check(away_m: float, bearing_deg: float, age_s: int) -> None:
        require_edge(away_m, bearing_deg, age_s)

    with pytest.raises(AssertionError):
        check()


def test_of_an_intent_that_is_not_shown_no_distance_is_told() -> None:
    found = incursion(5_000.0, 0.0)
    reader = PartyId("party-a")
    track, zone = found.objects
    own = msgspec.structs.replace(track, party=reader)
    hidden = msgspec.structs.replace(zone, type="intent", id=IntentId("secret"))
    shown = msgspec.structs.replace(found, objects=(own, zone))
    kept = msgspec.structs.replace(found, objects=(own, hidden))
    told = [warned(each, reader, Picture(), lambda *_: False).edge_mm for each in (shown, kept)]
    assert told == [found.edge_mm, None]


def test_of_a_track_that_is_not_shown_the_distance_is_told_in_steps() -> None:
    found = incursion(4_900.0, 0.0)
    told = warned(found, PartyId("party-b"), Picture(), lambda *_: False)
    assert found.edge_mm is not None
    assert told.edge_mm == found.edge_mm // 500_000 * 500_000 == 2_500_000
