"""Which warnings are one to a reader: those that it could itself tell to be one, and no others."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import combinations
from typing import Any

import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from wideberth.model.ids import PartyId, WarningId
from wideberth.model.warnings import StandingWarning, TrackFix, WarningKind, WarningObject
from wideberth.picture.picture import Picture
from wideberth.samewarnings import SameWarnings, one_with

ALPHA, BRAVO = PartyId("alpha"), PartyId("bravo")
FEEDS = ("alpha/own", "bravo/open", "charlie/radar", "charlie/closed")
IDS = ("4b1816", "4b1817", "drone-1")
Open = frozenset[str]


def track(feed: str, track_id: str, place: int = 0) -> WarningObject:
    """place: those of one place agree."""
    feed_party, _, name = feed.partition("/")
    fix = TrackFix(place, 0, 0)
    return WarningObject("track", f"{feed_party}/{track_id}", None, (track_id,), fix, name)


def of(
    number: int,
    *objects: WarningObject,
    kind: WarningKind = WarningKind.SEPARATION,
    parties: tuple[PartyId, ...] = (ALPHA,),
) -> StandingWarning:
    return StandingWarning(WarningId(f"w{number}"), kind, "r", objects, parties, number, number)


TRACKS = st.builds(track, st.sampled_from(FEEDS), st.sampled_from(IDS), st.integers(0, 1))
OBJECTS = TRACKS | st.just(WarningObject("zone", "z1", BRAVO))
WARNINGS = st.lists(
    st.tuples(
        st.lists(OBJECTS, min_size=1, max_size=2),
        st.sampled_from((WarningKind.SEPARATION, WarningKind.INCURSION)),
        st.sampled_from(((ALPHA,), (BRAVO,), (ALPHA, BRAVO))),
    ),
    max_size=6,
).map(lambda rows: [of(k, *o, kind=kind, parties=to) for k, (o, kind, to) in enumerate(rows)])
OPEN = st.frozensets(st.sampled_from(FEEDS))


def agree(one: WarningObject, other: WarningObject) -> bool:
    assert one.fix is not None
    assert other.fix is not None
    return one.fix.latitude_nd == other.fix.latitude_nd


def is_open(shown: Open) -> Callable[[str, str | None, str, PartyId], bool]:
    return lambda feed_party, feed, _track, _reader: f"{feed_party}/{feed}" in shown


def told(
    warnings: Iterable[StandingWarning], shown: Open, *, make: type[SameWarnings] = SameWarnings
) -> dict[str, tuple[str, ...]]:
    """What alpha is told of each of its warnings."""
    picture, index = Picture(), make()
    for each in warnings:
        picture.warnings[each.id] = each
        index.note(each)
    return {
        each.id: one_with(
            each, index.like(each), ALPHA, picture, track_open=is_open(shown), are_one=agree
        )
        for each in warnings
        if ALPHA in each.parties
    }


def slowly(warnings: list[StandingWarning], shown: Open) -> dict[str, tuple[str, ...]]:
    """The same, of the list that alpha is given, cut down to what it is shown whole."""

    def name(each: WarningObject) -> Any:
        if each.type != "track":
            return each.type, each.id
        feed_party, _, track_id = each.id.partition("/")
        return track_id if track_id.startswith("4b") else (feed_party, track_id)

    def is_whole(each: WarningObject) -> bool:
        return each.type != "track" or f"{each.id.partition('/')[0]}/{each.feed}" in shown

    def names(warning: StandingWarning) -> set[Any]:
        return {name(each) for each in warning.objects}

    own = [each for each in warnings if ALPHA in each.parties]
    whole = [each for each in own if all(map(is_whole, each.objects))]
    found: dict[str, tuple[str, ...]] = {each.id: () for each in own}
    for one in whole:
        alike = [
            each
            for each in whole
            if each.kind is one.kind
            and names(each) == names(one)
            and len(each.objects) == len(one.objects) == len(names(one))
        ]
        agreeing = all(
            agree(a, b)
            for first, second in combinations(alike, 2)
            for a in first.objects
            for b in second.objects
            if a.type == b.type == "track" and name(a) == name(b)
        )
        if agreeing:
            found[one.id] = tuple(each.id for each in alike if each is not one)
    return found


TWO_FEEDS = [
    of(0, track("alpha/own", "drone-1"), track("bravo/open", "4b1816")),
    of(1, track("alpha/own", "drone-1"), track("charlie/radar", "4b1816")),
]


@given(WARNINGS, OPEN)
@example(warnings=TWO_FEEDS, shown=frozenset(FEEDS))
def test_they_are_those_that_the_reader_could_tell_by_its_own_list(
    warnings: list[StandingWarning], shown: Open
) -> None:
    assert told(warnings, shown) == slowly(warnings, shown)


@given(WARNINGS, OPEN)
@example(warnings=TWO_FEEDS, shown=frozenset(FEEDS[:2]))
def test_what_the_reader_is_not_shown_whole_changes_nothing(
    warnings: list[StandingWarning], shown: Open
) -> None:
    def is_seen(each: StandingWarning) -> bool:
        tracks = [side for side in each.objects if side.type == "track"]
        return ALPHA in each.parties and all(
            f"{side.id.partition('/')[0]}/{side.feed}" in shown for side in tracks
        )

    seen = [each for each in warnings if is_seen(each)]
    less = told(seen, shown)
    assert {name: found for name, found in told(warnings, shown).items() if name in less} == less
    hidden = {each.id for each in warnings} - less.keys()
    assert not any(found for name, found in told(warnings, shown).items() if name in hidden)


@given(WARNINGS, OPEN)
def test_what_is_one_is_so_from_each_side(warnings: list[StandingWarning], shown: Open) -> None:
    found = told(warnings, shown)
    for name, others in found.items():
        for each in others:
            assert {*found[each], each} == {*others, name}


def test_two_feeds_of_one_aircraft_are_one_to_who_sees_both() -> None:
    assert told(TWO_FEEDS, frozenset(FEEDS)) == {"w0": ("w1",), "w1": ("w0",)}
    assert told(TWO_FEEDS, frozenset(FEEDS[:2])) == {"w0": (), "w1": ()}


def test_the_check_finds_who_is_told_what_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wideberth.samewarnings.warned", lambda *_: _Nothing())

    @settings(phases=[Phase.explicit])
    @example(warnings=TWO_FEEDS, shown=frozenset(FEEDS[:2]))
    @given(WARNINGS, OPEN)
    def check(warnings: list[StandingWarning], shown: Open) -> None:
        assert told(warnings, shown) == slowly(warnings, shown)

    with pytest.raises(AssertionError):
        check()


class _Nothing:
    sides = ()


def test_an_index_forgets_what_is_over_and_keeps_nothing() -> None:
    index = SameWarnings()
    for each in TWO_FEEDS:
        index.note(each)
        index.note(each)  # worsened
    assert index.like(TWO_FEEDS[0]) == ("w1",)
    for each in TWO_FEEDS:
        index.forget(each.id)
        index.forget(each.id)
    assert len(index) == 0
    assert index._of == {}
