"""Whose open notices: the index beside a slow look at all of them, in a picture and an overlay."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from scenes import Scene, details
from wideberth.model.ids import NoticeId, PartyId
from wideberth.model.intents import IntentKind
from wideberth.picture.fold import fold
from wideberth.picture.picture import Picture
from wideberth.picture.snapshot import dump, load
from wideberth.picture.standing import OpenNotice

PARTIES = ("alpha", "bravo", "charlie", "nobody")


def slowly(picture: Picture, party: str) -> list[OpenNotice]:
    """What notices_to has to give."""
    every = [picture.notices[each] for each in picture.notices]
    own = [each for each in every if each.notice.recipient == party]
    return sorted(own, key=lambda each: each.notice.number)


def look(picture: Picture) -> None:
    for party in PARTIES:
        assert picture.notices_to(PartyId(party)) == slowly(picture, party)


@given(st.lists(st.sampled_from(["tell", "tell", "load", "look"]), max_size=12), st.integers())
def test_whose_open_notices_is_what_a_look_at_all_of_them_gives(
    steps: list[str], seed: int
) -> None:
    chance, scene = random.Random(seed), Scene("alpha", "bravo", "charlie")
    for step in steps:
        kind = chance.choice((IntentKind.FLIGHT, IntentKind.HAZARD))
        if step == "tell":
            scene.tell(chance.choice(PARTIES[:3]), details(kind=kind))
        elif step == "load" and scene.picture.notices:
            named = chance.choice(sorted(scene.picture.notices))
            scene.load(scene.picture.notices[NoticeId(named)].notice)
        elif step == "look":
            look(scene.picture)
    look(scene.picture)


def test_an_overlay_sees_its_own_notices_and_leaves_those_below_alone() -> None:
    scene = Scene("alpha", "bravo")
    scene.tell("alpha", details())
    scene.tell("bravo", details())
    look(scene.picture)
    below = load(dump(scene.picture))
    before = below.notices_to(PartyId("alpha"))
    overlay, said = below.overlay(), len(scene.entries)
    scene.tell("bravo", details())
    scene.load(before[0].notice)
    for entry in scene.entries[said:]:
        fold(overlay, entry)
    look(overlay)
    assert overlay.notices_to(PartyId("alpha")) == scene.picture.notices_to(PartyId("alpha"))
    assert below.notices_to(PartyId("alpha")) == before
