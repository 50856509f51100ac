"""What decoders remember of things stays bounded, whatever a feed names, and is of the newest."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from sbs_lines import sbs
from wideberth.faces.feeds.aircraft import HeardAircraft
from wideberth.faces.feeds.decoding import Decoder
from wideberth.faces.feeds.opensky import OpenSkyDecoder
from wideberth.faces.feeds.readsb import ReadsbDecoder
from wideberth.faces.feeds.recent import MOST_THINGS, Recent
from wideberth.faces.feeds.remoteid import RemoteIdDecoder
from wideberth.faces.feeds.sbs import SbsDecoder
from wideberth.space.time import MINUTE_US, SECOND_US

NOW_S = 1_777_622_400
NAMES = st.lists(st.sampled_from("abcdef"), max_size=30)


def slowly(names: list[str], most: int) -> dict[str, int]:
    """Of the last that were named, the place of each in the list."""
    newest = {name: index for index, name in enumerate(names)}
    return dict(sorted(newest.items(), key=lambda each: each[1])[-most:])


def noted(names: list[str], make: Callable[[], Recent[int]]) -> dict[str, int]:
    recent = make()
    for index, name in enumerate(names):
        recent.note(name, index, index)
    found = {name: recent.get(name) for name in "abcdef"}
    assert len(recent) == sum(value is not None for value in found.values())
    return {name: value for name, value in found.items() if value is not None}


@given(NAMES)
def test_the_last_that_were_named_are_kept(names: list[str]) -> None:
    assert noted(names, lambda: Recent(3)) == slowly(names, 3)


def test_the_check_finds_one_that_lets_go_of_whoever_was_named_first() -> None:
    class Faulty(Recent[int]):
        def note(self, name: str, value: int, now_us: int) -> None:
            if name in self._noted:
                self._noted[name] = value, now_us  # at its old place
            else:
                super().note(name, value, now_us)

    @settings(phases=[Phase.explicit])
    @example(names=list("abcad"))
    @given(NAMES)
    def check(names: list[str]) -> None:
        assert noted(names, lambda: Faulty(3)) == slowly(names, 3)

    with pytest.raises(AssertionError):
        check()


def test_an_aircraft_without_a_call_sign_counts_for_a_minute_and_one_with_for_ten() -> None:
    heard = HeardAircraft()
    heard.hear("plain", 0)
    heard.hear("named", 0).callsign = "SWR12", 0
    heard.forget(MINUTE_US)
    assert len(heard) == 2
    heard.forget(2 * MINUTE_US + SECOND_US)
    assert len(heard) == 1
    assert heard.hear("named", 3 * MINUTE_US).callsign == ("SWR12", 0)
    heard.forget(14 * MINUTE_US)
    assert len(heard) == 0


def test_a_clock_that_was_set_back_does_not_keep_what_was_said_for_good() -> None:
    heard = HeardAircraft()
    heard.hear("plain", 90 * MINUTE_US)
    heard.forget(90 * MINUTE_US)
    heard.forget(0)
    assert len(heard) == 0


def _sbs(names: range) -> bytes:
    return b"".join(sbs(3, place=(47.0, 8.0)).replace(b"4CA7B6", b"%06X" % name) for name in names)


def _readsb(names: range) -> bytes:
    made = [{"hex": f"{name:06x}", "lat": 47.0, "lon": 8.0, "seen_pos": 1} for name in names]
    return json.dumps({"now": NOW_S, "aircraft": made}).encode()


def _opensky(names: range) -> bytes:
    made: list[Any] = [
        [f"{name:06x}", "", "", NOW_S, NOW_S, 8.0, 47.0, 0, False, 1, 1, 1, None, 0]
        for name in names
    ]
    return json.dumps({"time": NOW_S, "states": made}).encode()


def _remote_id(names: range) -> bytes:
    made = [
        {"id": f"drone-{name}", "current_state": {"position": {"lat": 47.0, "lng": 8.0}}}
        for name in names
    ]
    return json.dumps({"flights": made}).encode()


@pytest.mark.parametrize(
    ("decoder", "holds", "flood"),
    [
        pytest.param(SbsDecoder(), "_heard", _sbs, id="sbs"),
        pytest.param(ReadsbDecoder(), "_given", _readsb, id="readsb"),
        pytest.param(OpenSkyDecoder(), "_given_us", _opensky, id="opensky"),
        pytest.param(RemoteIdDecoder(), "_given", _remote_id, id="remote id"),
    ],
)
def test_whoever_names_more_things_than_fly_does_not_fill_the_memory(
    decoder: Decoder, holds: str, flood: Callable[[range], bytes]
) -> None:
    for start in range(0, MOST_THINGS + 5_000, 5_000):
        decoded = decoder.feed(flood(range(start, start + 5_000)), NOW_S * SECOND_US)
        assert len(decoded.reports) == 5_000, decoded.malformed
    assert len(getattr(decoder, holds)) == MOST_THINGS
