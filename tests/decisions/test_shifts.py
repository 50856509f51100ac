"""A post is taken over with the open list read, and what a party holds can be compared."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenes import HIDDEN, OPEN, Scene, author, details, named, volume
from wideberth.model.commands import AcknowledgeNotice
from wideberth.model.ids import PartyId
from wideberth.model.ladders import Post
from wideberth.model.notices import ObjectRef, Verb
from wideberth.model.parties import Role
from wideberth.model.shifts import TakeShift
from wideberth.picture.openlist import digest_of_held, digest_of_open, held

ALPHA, BRAVO = PartyId("alpha"), PartyId("bravo")


def read(scene: Scene, party: PartyId = ALPHA) -> str:
    return digest_of_open(scene.picture.notices_to(party))


@pytest.mark.requirement("S-12")
class TestShifts:
    def test_a_post_is_taken_with_the_list_as_it_stands(self) -> None:
        scene = Scene("alpha", "bravo")
        before = read(scene)
        scene.accept(TakeShift(Post.DUTY, before), author("alpha"))
        scene.tell("alpha", details())
        scene.tell("bravo", details())
        stale = TakeShift(Post.DUTY, before)
        assert scene.refuse(stale, author("alpha")).rule == "open-list-changed"
        scene.pass_time(480)
        scene.accept(TakeShift(Post.DUTY, read(scene)), author("alpha"))
        shift = scene.picture.shifts[ALPHA, Post.DUTY]
        assert (shift.subject, shift.since_us) == ("desk", scene.now_us)

    def test_an_answer_changes_the_list(self) -> None:
        scene = Scene("alpha", "bravo")
        scene.tell("alpha", details())
        scene.tell("bravo", details())
        before = read(scene)
        (notice,) = scene.open_notices("alpha")
        scene.accept(AcknowledgeNotice(notice.id, Verb.RECEIVED), author("alpha"))
        assert read(scene) != before

    def test_a_credential_without_the_role_takes_no_post(self) -> None:
        scene = Scene("alpha")
        watching = author("alpha", roles=(Role.WATCH,))
        assert scene.refuse(TakeShift(Post.DUTY, read(scene)), watching).rule == "role-missing"

    def test_the_neutral_is_no_post_of_a_party(self) -> None:
        scene = Scene("alpha")
        assert scene.refuse(TakeShift(Post.NEUTRAL, read(scene)), author("alpha")).rule == "post"


def list_of(scene: Scene, party: PartyId, shared_with: PartyId | None = None) -> list[ObjectRef]:
    picture = scene.picture
    intents = [picture.intents[each] for each in picture.intents]
    zones = [picture.zones[each] for each in picture.zones]
    return held(intents, zones, party, shared_with=shared_with)


VISIBLE = st.sampled_from([OPEN, HIDDEN, named("alpha"), named("bravo"), named("alpha", "bravo")])


@pytest.mark.requirement("D-08")
@given(
    st.lists(st.tuples(st.sampled_from(["alpha", "bravo", "charlie"]), VISIBLE), max_size=8),
)
def test_two_parties_get_one_list_of_what_they_share_and_no_more_than_each_sees(
    told: list[tuple[str, object]],
) -> None:
    scene = Scene("alpha", "bravo", "charlie")
    for place, (party, visibility) in enumerate(told):
        scene.tell(party, details(volume(40.0 + place, 8.0), visibility=visibility))  # type: ignore[arg-type]
    ours, theirs = list_of(scene, ALPHA, BRAVO), list_of(scene, BRAVO, ALPHA)
    assert ours == theirs
    assert digest_of_held(ours) == digest_of_held(theirs)
    for party, shared in ((ALPHA, ours), (BRAVO, theirs)):
        alone = list_of(scene, party)
        assert {each.id for each in shared} <= {each.id for each in alone}
        seen = {
            each.id
            for each in map(scene.intent, scene.picture.intents)
            if each.party == party or each.visibility == OPEN or party in each.visibility.parties
        }
        assert {each.id for each in alone} == seen


def test_another_version_is_another_list() -> None:
    scene = Scene("alpha", "bravo")
    intent = scene.tell("alpha", details())
    before = digest_of_held(list_of(scene, BRAVO))
    scene.amend(intent, details(priority=1))
    assert digest_of_held(list_of(scene, BRAVO)) != before
