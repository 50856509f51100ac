"""An amendment's notice shows what is different, and the difference is what is acknowledged."""

from __future__ import annotations

import json
from hashlib import sha256

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenes import HIDDEN, MINUTE_US, UNGUARDED, Scene, details, named, signer, volume
from wideberth.decisions import changed, telling
from wideberth.decisions.changed import MOST_TEXT, told_changes
from wideberth.model.commands import AcknowledgeNotice, DeclareZone
from wideberth.model.ids import PartyId, UnitToken, ZoneId
from wideberth.model.intents import FieldChange, Step, Visibility
from wideberth.model.notices import Notice, Particulars, Verb
from wideberth.model.receipts import content_digest, difference_digest
from wideberth.model.zones import ZoneRule
from wideberth.space.volume import Volume4D

UNIT = UnitToken("u1")


def scene_of(visibility: Visibility | None = None) -> tuple[Scene, Notice]:
    """Bravo stands in the way of alpha's flight; alpha amends it, two fields at once."""
    scene = Scene("alpha", "bravo", "charlie", rules=UNGUARDED)
    scene.tell("bravo", details(volume()), intent="there")
    more = {} if visibility is None else {"visibility": visibility}
    scene.tell("alpha", details(volume(), call_sign="ALFA1", **more), intent="moves")
    (first,) = scene.notices("bravo")
    scene.load(first)  # it is closed, and no longer in the picture
    assert first.id not in scene.picture.notices
    told = details(volume(upper_m=170, until_min=80), call_sign="ALFA2", priority=3, **more)
    scene.amend(scene.intent("moves"), told)
    return scene, scene.notices("bravo")[-1]


def answer(notice: Notice, verb: Verb = Verb.LOADED, **more: object) -> AcknowledgeNotice:
    named: dict[str, object] = {}
    if verb in (Verb.LOADED, Verb.PASSED_DOWN):
        named["unit"] = UNIT
    if verb is Verb.LOADED:
        named["system"] = "fires"
    if verb is Verb.READ_BACK:
        named["read_back"] = notice.particulars
    if verb in (Verb.CANNOT_COMPLY, Verb.DISPUTED):
        named["reason"] = "we are there"
    return AcknowledgeNotice(notice.id, verb, **named, **more)  # type: ignore[arg-type]


@pytest.mark.requirement("N-16")
def test_an_amendment_names_what_it_takes_the_place_of_and_each_field_that_is_different() -> None:
    scene, notice = scene_of()
    (first, _) = scene.notices("bravo")
    assert notice.supersedes == (first.id,)
    found = {each.field: (each.before, each.after) for each in notice.changes}
    assert set(found) == {"priority", "volumes", "call_sign"}
    assert found["call_sign"] == ('"ALFA1"', '"ALFA2"')
    assert found["priority"] == ("0", "3")
    before, after = (json.loads(each)[0] for each in found["volumes"])
    assert after["upper"]["value_mm"] == 170_000
    assert before != after
    assert scene.replayed().digest() == scene.picture.digest()


@pytest.mark.requirement("N-16")
@pytest.mark.parametrize("verb", [Verb.READ_BACK, Verb.PASSED_DOWN, Verb.LOADED])
def test_who_does_not_name_the_difference_has_not_acknowledged_the_amendment(verb: Verb) -> None:
    scene, notice = scene_of()
    refusal = scene.refuse(answer(notice, verb), signer("bravo"))
    assert (refusal.rule, refusal.field) == ("difference-unread", "difference")
    other = sha256(b"another").hexdigest()
    refusal = scene.refuse(answer(notice, verb, difference=other), signer("bravo"))
    assert refusal.rule == "difference-digest"
    # The digest of the new text alone is not that of the difference.
    text = content_digest(notice)
    assert scene.refuse(answer(notice, verb, difference=text), signer("bravo")).rule == (
        "difference-digest"
    )
    scene.accept(answer(notice, verb, difference=difference_digest(notice)), signer("bravo"))


@pytest.mark.parametrize("verb", [Verb.RECEIVED, Verb.CANNOT_COMPLY, Verb.DISPUTED])
def test_who_has_it_or_disagrees_is_heard_without_the_difference(verb: Verb) -> None:
    scene, notice = scene_of()
    scene.accept(answer(notice, verb), signer("bravo"))


def test_a_notice_that_amends_nothing_has_no_difference_to_name() -> None:
    scene = Scene("alpha", "bravo", rules=UNGUARDED)
    scene.tell("bravo", details(volume()), intent="there")
    scene.tell("alpha", details(volume()), intent="moves")
    (notice,) = scene.notices("bravo")
    assert difference_digest(notice) is None
    wrong = answer(notice, difference=sha256(b"").hexdigest())
    assert scene.refuse(wrong, signer("bravo")).rule == "difference-digest"
    scene.accept(answer(notice), signer("bravo"))


def test_of_what_is_hidden_only_what_was_told_of_the_overlap_is_different() -> None:
    _, notice = scene_of(HIDDEN)
    assert notice.subject is None
    fields = {each.field for each in notice.changes}
    assert fields
    assert fields <= set(Particulars.__struct_fields__)
    assert "ALFA" not in repr(notice)


@pytest.mark.parametrize(
    ("was", "now"), [(HIDDEN, named("bravo")), (named("bravo"), HIDDEN), (named(), named("bravo"))]
)
def test_what_was_not_seen_then_or_is_not_seen_now_is_in_no_difference(
    was: Visibility, now: Visibility
) -> None:
    scene = Scene("alpha", "bravo", rules=UNGUARDED)
    scene.tell("bravo", details(volume()), intent="there")
    told = details(volume(), call_sign="ALFA1", priority=1, visibility=was)
    scene.tell("alpha", told, intent="moves")
    told = details(volume(upper_m=170), call_sign="ALFA2", priority=4, visibility=now)
    scene.amend(scene.intent("moves"), told)
    notice = scene.notices("bravo")[-1]
    assert {each.field for each in notice.changes} <= set(Particulars.__struct_fields__)
    assert "ALFA1" not in repr(notice)


def test_the_check_finds_a_difference_that_shows_what_was_hidden(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def leaks(
        whole: tuple[FieldChange, ...], fields: object, before: object, after: object
    ) -> tuple[FieldChange, ...]:
        return whole

    monkeypatch.setattr(telling, "changed_in_part", leaks)
    with pytest.raises(AssertionError):
        test_of_what_is_hidden_only_what_was_told_of_the_overlap_is_different()


def test_a_step_of_what_is_under_way_is_a_difference_and_its_end_is_none() -> None:
    scene = Scene("alpha", "bravo", rules=UNGUARDED)
    scene.tell("bravo", details(volume()), intent="there")
    scene.tell("alpha", details(volume()), intent="moves")
    scene.step(scene.intent("moves"), Step.ACTIVATE)
    scene.step(scene.intent("moves"), Step.DECLARE_CONTINGENT)
    assert scene.notices("bravo")[-1].changes == (
        FieldChange("state", '"Activated"', '"Contingent"'),
    )
    scene.step(scene.intent("moves"), Step.END)
    last = scene.notices("bravo")[-1]
    assert (last.withdrawal, last.changes) == (True, ())


def test_a_new_version_of_a_zone_shows_its_difference() -> None:
    scene = Scene("alpha", "bravo", rules=UNGUARDED)
    scene.tell("bravo", details(volume()), intent="there")
    zone = DeclareZone(
        ZoneId("z"), "Range", ZoneRule.NOTICE, (volume(),), reason="firing", notice_us=MINUTE_US
    )
    by = msgspec.structs.replace(signer("alpha"))
    scene.accept(zone, by)
    again = msgspec.structs.replace(
        zone, name="Range 2", notice_us=5 * MINUTE_US, replaces_version=1
    )
    scene.accept(again, by)
    notice = scene.notices("bravo")[-1]
    assert notice.changes == (
        FieldChange("notice", "1 min", "5 min"),
        FieldChange("name", '"Range"', '"Range 2"'),
    )


@given(st.lists(st.integers(0, 40), min_size=1, max_size=200), st.data())
def test_of_many_volumes_the_difference_is_short_and_names_what_is_another(
    heights: list[int], data: st.DataObject
) -> None:
    scene = Scene("alpha")
    volumes = tuple(volume(upper_m=100 + each) for each in heights)
    before = scene.tell("alpha", details(*volumes), intent="long")
    index = data.draw(st.integers(0, len(volumes) - 1))
    other: Volume4D = volume(upper_m=500)
    new = (*volumes[:index], other, *volumes[index + 1 :])
    after = msgspec.structs.replace(before, volumes=new)
    told = told_changes(before, after)
    assert sum(len(each.before) + len(each.after) for each in told) <= 2 * MOST_TEXT
    if len(changed.intent_changes(before, after)[0].before) > MOST_TEXT:
        assert [each.field for each in told] == [f"volumes.{index}"]
    assert told_changes(before, before) == ()


def test_the_digests_are_of_canonical_json_that_anybody_can_make() -> None:
    _, notice = scene_of()
    content = json.loads(msgspec.json.encode(notice))
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert content_digest(notice) == sha256(text.encode()).hexdigest()
    said = {name: content[name] for name in ("supersedes", "changes", "salt")}
    text = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert difference_digest(notice) == sha256(text.encode()).hexdigest()
    unsalted = msgspec.structs.replace(notice, salt="")  # of an earlier version of the program
    assert content_digest(unsalted) is difference_digest(unsalted) is None
    held = msgspec.structs.replace(notice, held_by=(PartyId("charlie"),))
    assert content_digest(held) == content_digest(notice)
