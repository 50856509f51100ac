"""A weekly ceiling: who sets one, about whom, and that it changes nothing else (N-15)."""

from __future__ import annotations

import pytest

from scenes import Scene, author, details, volume
from wideberth.decisions.ceilings import MAX_CEILINGS
from wideberth.model.entries import Body, Entry, NoticeIssued
from wideberth.model.ids import PartyId
from wideberth.model.loads import MAX_CEILING, Ceiling, CeilingSet, SetCeiling
from wideberth.model.parties import Role
from wideberth.picture.snapshot import dump, load
from wideberth.picture.visibility import is_readable

ALPHA, BRAVO, CHARLIE = PartyId("alpha"), PartyId("bravo"), PartyId("charlie")


def a_scene() -> Scene:
    return Scene("alpha", "bravo", "charlie")


def test_a_recipient_sets_it_for_itself_and_a_sender_for_another() -> None:
    scene = a_scene()
    scene.accept(SetCeiling(BRAVO, None, 40), author("bravo"))
    scene.accept(SetCeiling(BRAVO, ALPHA, 10), author("bravo"))
    scene.accept(SetCeiling(BRAVO, ALPHA, 20), author("alpha"))
    scene.accept(SetCeiling(BRAVO, ALPHA, 15), author("bravo"))
    picture = scene.picture
    assert [picture.ceilings[each] for each in picture.ceilings] == [
        Ceiling(BRAVO, BRAVO, None, 40),
        Ceiling(BRAVO, BRAVO, ALPHA, 15),
        Ceiling(ALPHA, BRAVO, ALPHA, 20),
    ]
    scene.accept(SetCeiling(BRAVO, ALPHA), author("bravo"))
    assert (BRAVO, BRAVO, "alpha") not in picture.ceilings
    assert (ALPHA, BRAVO, "alpha") in picture.ceilings
    assert scene.replayed().digest() == picture.digest()
    assert load(dump(scene.replayed())).digest() == picture.digest()


@pytest.mark.parametrize(
    ("by", "command", "rule"),
    [
        pytest.param("charlie", SetCeiling(BRAVO, ALPHA, 1), "ceiling-whose", id="of two others"),
        pytest.param("charlie", SetCeiling(BRAVO, None, 1), "ceiling-whose", id="of another"),
        pytest.param("bravo", SetCeiling(BRAVO, BRAVO, 1), "ceiling-own", id="of its own word"),
        pytest.param(
            "bravo", SetCeiling(BRAVO, PartyId("nobody"), 1), "party-unknown", id="unknown sender"
        ),
        pytest.param(
            "bravo", SetCeiling(PartyId("nobody"), BRAVO, 1), "party-unknown", id="unknown party"
        ),
        pytest.param("bravo", SetCeiling(BRAVO, None, -1), "ceiling-notices", id="below none"),
        pytest.param(
            "bravo", SetCeiling(BRAVO, None, MAX_CEILING + 1), "ceiling-notices", id="too many"
        ),
        pytest.param("bravo", SetCeiling(BRAVO), "no-such-ceiling", id="none to take away"),
    ],
)
def test_others_and_nonsense_are_refused(by: str, command: SetCeiling, rule: str) -> None:
    assert a_scene().refuse(command, author(by)).rule == rule


def test_it_takes_a_role_that_administers() -> None:
    roles = tuple(role for role in Role if role is not Role.ADMINISTER)
    refused = a_scene().refuse(SetCeiling(BRAVO, None, 1), author("bravo", roles=roles))
    assert refused.rule == "role-missing"


def test_a_party_has_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    assert MAX_CEILINGS == 1_000
    monkeypatch.setattr("wideberth.decisions.ceilings.MAX_CEILINGS", 2)
    scene = a_scene()
    for sender in (None, ALPHA):
        scene.accept(SetCeiling(BRAVO, sender, 1), author("bravo"))
    scene.accept(SetCeiling(BRAVO, ALPHA, 2), author("bravo"))  # in the place of one
    assert scene.refuse(SetCeiling(BRAVO, CHARLIE, 1), author("bravo")).rule == "ceiling-count"
    scene.accept(SetCeiling(BRAVO, ALPHA, 1), author("alpha"))


@pytest.mark.parametrize(
    ("body", "readers"),
    [
        (CeilingSet(BRAVO, BRAVO, None, 4), {BRAVO}),
        (CeilingSet(BRAVO, BRAVO, ALPHA, 4), {ALPHA, BRAVO}),
        (CeilingSet(ALPHA, BRAVO, ALPHA, 4), {ALPHA, BRAVO}),
    ],
)
def test_whoever_it_is_about_sees_it(body: CeilingSet, readers: set[PartyId]) -> None:
    scene = a_scene()
    entry = Entry(v=1, time_us=scene.now_us, author=author(body.party), body=body)
    seen = {each for each in (ALPHA, BRAVO, CHARLIE) if is_readable(scene.picture, entry, each)}
    assert seen == readers == set(body.concerned)


def test_what_is_told_is_decided_as_if_there_were_none() -> None:
    def told(ceilings: tuple[tuple[SetCeiling, str], ...]) -> list[Body]:
        scene = a_scene()
        for command, by in ceilings:
            scene.accept(command, author(by))
        start = len(scene.entries)
        scene.tell("bravo", details(volume()), intent="there")
        for at in range(5):
            scene.tell("alpha", details(volume()), intent=f"f{at}")
        return [entry.body for entry in scene.entries[start:]]

    least = (
        (SetCeiling(BRAVO, None, 0), "bravo"),
        (SetCeiling(BRAVO, ALPHA, 0), "bravo"),
        (SetCeiling(BRAVO, ALPHA, 0), "alpha"),
    )
    with_ceilings, without = told(least), told(())
    assert [type(each) for each in with_ceilings] == [type(each) for each in without]

    def issued(bodies: list[Body]) -> list[tuple[str, int, str]]:
        return [
            (each.notice.recipient, each.notice.number, each.notice.urgency)
            for each in bodies
            if isinstance(each, NoticeIssued)
        ]

    assert issued(with_ceilings) == issued(without)
    assert sum(to == "bravo" for to, _, _ in issued(without)) == 5
