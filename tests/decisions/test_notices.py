from __future__ import annotations

import msgspec
import pytest

from scenes import Scene, author, details, named, signer, volume
from wideberth.delivery.reach import reach_of, unreached
from wideberth.model.commands import AcknowledgeNotice, ReleaseNotice
from wideberth.model.entries import NoticeAcknowledged
from wideberth.model.ids import NoticeId, PartyId, UnitToken
from wideberth.model.intents import IntentKind, Source, Step
from wideberth.model.notices import (
    NEITHER_PERMISSION_NOR_GUARANTEE,
    Notice,
    Particulars,
    Verb,
)
from wideberth.model.parties import Role
from wideberth.model.refusals import RefusalKind
from wideberth.space.time import MINUTE_US

U1, U2 = UnitToken("u1"), UnitToken("u2")


@pytest.fixture
def scene() -> Scene:
    scene = Scene("north", "south")
    scene.tell("north")
    scene.tell("south")
    return scene


def _notice(scene: Scene, party: str = "north") -> Notice:
    return scene.notices(party)[-1]


def _answer(scene: Scene, notice: Notice, verb: Verb, **fields: object) -> NoticeAcknowledged:
    command = AcknowledgeNotice(notice.id, verb, **fields)  # type: ignore[arg-type]
    (body,) = scene.accept(command, signer(notice.recipient))
    assert isinstance(body, NoticeAcknowledged)
    return body


def _particulars(notice: Notice) -> Particulars:
    assert notice.particulars is not None
    return notice.particulars


@pytest.mark.requirement("D-01")
def test_the_verbs_are_fixed_and_none_of_them_permits() -> None:
    assert [verb.value for verb in Verb] == [
        "RECEIVED", "READ-BACK", "PASSED-DOWN", "LOADED", "CANNOT-COMPLY", "DISPUTED",
    ]  # fmt: skip
    forbidden = ("approve", "clear", "permit", "authoris", "authoriz", "grant")
    assert not any(word in verb.value.lower() for verb in Verb for word in forbidden)


@pytest.mark.requirement("D-02")
def test_the_sentence_says_neither_permission_nor_guarantee() -> None:
    assert NEITHER_PERMISSION_NOR_GUARANTEE == (
        "This confirms receipt; it is neither permission nor a guarantee,"
        " and lack of notice removes no protection."
    )


def test_received_ends_nothing(scene: Scene) -> None:
    notice = _notice(scene)
    for _ in range(3):
        assert _answer(scene, notice, Verb.RECEIVED).closes == ()
    assert scene.open_notices("north") == [notice]


@pytest.mark.requirement("D-03")
def test_it_closes_when_each_unit_of_the_list_has_loaded_it(scene: Scene) -> None:
    notice = _notice(scene)
    assert notice.units == (U1, U2)
    assert _answer(scene, notice, Verb.LOADED, unit=U1, system="fcs").closes == ()
    assert scene.open_notices("north") == [notice]
    assert _answer(scene, notice, Verb.LOADED, unit=U1, system="fcs").closes == ()
    assert _answer(scene, notice, Verb.LOADED, unit=U2, system="fcs").closes == (notice.id,)
    assert scene.open_notices("north") == []


@pytest.mark.requirement("D-03")
def test_it_closes_when_a_role_attests_that_all_have_loaded_it(scene: Scene) -> None:
    notice = _notice(scene)
    assert _answer(scene, notice, Verb.LOADED, attested=True).closes == (notice.id,)


def test_who_says_the_same_in_many_words_is_stopped_and_what_is_new_is_heard(scene: Scene) -> None:
    notice = _notice(scene)
    many = 200 * (1 + len(notice.units))
    for number in range(many):
        _answer(scene, notice, Verb.DISPUTED, reason=f"reason {number}")
    again = AcknowledgeNotice(notice.id, Verb.DISPUTED, reason="once more")
    refusal = scene.refuse(again, signer("north"))
    assert (refusal.kind, refusal.rule) == (RefusalKind.LIMIT, "answer-count")
    assert _answer(scene, notice, Verb.LOADED, unit=U1, system="s").closes == ()
    assert _answer(scene, notice, Verb.LOADED, unit=U2, system="s").closes == (notice.id,)


def test_only_loaded_can_be_attested(scene: Scene) -> None:
    command = AcknowledgeNotice(_notice(scene).id, Verb.RECEIVED, attested=True)
    assert scene.refuse(command, signer("north")).rule == "attested-is-loaded"


@pytest.mark.parametrize(
    ("verb", "fields", "rule", "field"),
    [
        pytest.param(Verb.PASSED_DOWN, {}, "field-missing", "unit", id="down to whom"),
        pytest.param(Verb.LOADED, {"unit": U1}, "field-missing", "system", id="into what"),
        pytest.param(Verb.READ_BACK, {}, "field-missing", "read_back", id="nothing read"),
        pytest.param(Verb.CANNOT_COMPLY, {}, "field-missing", "reason", id="no reason"),
        pytest.param(Verb.DISPUTED, {}, "field-missing", "reason", id="no dispute"),
        pytest.param(
            Verb.RECEIVED, {"unit": U1}, "field-contradicts-verb", "verb, unit",
            marks=pytest.mark.requirement("N-02"), id="received by a unit",
        ),
        pytest.param(
            Verb.LOADED, {"unit": "u9", "system": "s"}, "unit-not-listed", "unit", id="no such unit"
        ),
    ],
)  # fmt: skip
def test_each_verb_has_its_own_fields(
    scene: Scene, verb: Verb, fields: dict[str, object], rule: str, field: str
) -> None:
    command = AcknowledgeNotice(_notice(scene).id, verb, **fields)  # type: ignore[arg-type]
    refusal = scene.refuse(command, signer("north"))
    assert (refusal.rule, refusal.field) == (rule, field)


@pytest.mark.requirement("N-08")
@pytest.mark.parametrize(
    ("change", "off"),
    [
        pytest.param({}, (), id="as told"),
        pytest.param({"latitude_nd": 890_000}, (), id="99 m off"),
        pytest.param({"latitude_nd": 910_000}, ("area",), id="101 m off"),
        pytest.param({"start_us": MINUTE_US}, (), id="a minute off"),
        pytest.param({"end_us": MINUTE_US + 1}, ("end",), id="more than a minute off"),
        pytest.param({"upper_mm": 30_480}, (), id="100 feet off"),
        pytest.param({"lower_mm": -30_481}, ("lower",), id="more than 100 feet off"),
        pytest.param(
            {"longitude_nd": 2_000_000, "start_us": -2 * MINUTE_US}, ("area", "start"), id="two"
        ),
    ],
)
def test_a_read_back_is_compared_within_the_tolerance(
    scene: Scene, change: dict[str, int], off: tuple[str, ...]
) -> None:
    notice = _notice(scene)
    told = _particulars(notice)
    changed = {name: getattr(told, name) + by for name, by in change.items()}
    body = _answer(
        scene, notice, Verb.READ_BACK, read_back=msgspec.structs.replace(told, **changed)
    )
    assert tuple(each.field for each in body.acknowledgement.differences) == off
    assert scene.picture.notices[notice.id].understood is (not off)


@pytest.mark.requirement("N-08")
def test_a_wrong_read_back_blocks_passing_down_until_it_is_right(scene: Scene) -> None:
    notice = _notice(scene)
    told = _particulars(notice)
    wrong = msgspec.structs.replace(told, latitude_nd=told.latitude_nd + 10_000_000)
    _answer(scene, notice, Verb.READ_BACK, read_back=wrong)
    for fields in ({"unit": U1}, {"unit": U1, "system": "s"}):
        verb = Verb.LOADED if "system" in fields else Verb.PASSED_DOWN
        command = AcknowledgeNotice(notice.id, verb, **fields)  # type: ignore[arg-type]
        assert scene.refuse(command, signer("north")).rule == "read-back-mismatch"
    _answer(scene, notice, Verb.READ_BACK, read_back=told)
    _answer(scene, notice, Verb.PASSED_DOWN, unit=U1)


@pytest.mark.parametrize("verb", [verb for verb in Verb if verb is not Verb.RECEIVED])
def test_a_token_alone_says_received_and_no_more(scene: Scene, verb: Verb) -> None:
    notice = _notice(scene)
    fields: dict[Verb, dict[str, object]] = {
        Verb.READ_BACK: {"read_back": notice.particulars},
        Verb.PASSED_DOWN: {"unit": U1},
        Verb.LOADED: {"unit": U1, "system": "s"},
        Verb.CANNOT_COMPLY: {"reason": "fuel"},
        Verb.DISPUTED: {"reason": "not there"},
    }
    command = AcknowledgeNotice(notice.id, verb, **fields[verb])  # type: ignore[arg-type]
    refusal = scene.refuse(command, author("north"))
    assert (refusal.kind, refusal.rule) == (RefusalKind.FORBIDDEN, "signature-required")
    scene.accept(AcknowledgeNotice(notice.id, Verb.RECEIVED), author("north"))


def test_anothers_notice_is_unknown(scene: Scene) -> None:
    theirs = AcknowledgeNotice(_notice(scene, "south").id, Verb.RECEIVED)
    unknown = AcknowledgeNotice(NoticeId("nothing"), Verb.RECEIVED)
    assert scene.refuse(theirs, author("north")) == scene.refuse(unknown, author("north"))


@pytest.mark.requirement("D-05")
def test_any_holder_of_the_role_acknowledges(scene: Scene) -> None:
    notice = _notice(scene)
    watcher = author("north", roles=(Role.WATCH,))
    assert scene.refuse(AcknowledgeNotice(notice.id, Verb.RECEIVED), watcher).rule == "role-missing"
    officer = author("north", roles=(Role.ACKNOWLEDGE,))
    scene.accept(AcknowledgeNotice(notice.id, Verb.RECEIVED), officer)


def test_a_new_version_replaces_the_notice_and_loading_it_closes_both(scene: Scene) -> None:
    first = _notice(scene)
    standing = next(
        scene.intent(each)
        for each in scene.picture.intents
        if scene.intent(each).party == PartyId("south")
    )
    scene.amend(standing, details(volume(upper_m=150)))
    second = _notice(scene)
    assert second.supersedes == (first.id,)
    assert second.number == 2
    assert {each.id for each in scene.open_notices("north")} == {first.id, second.id}
    scene.load(second)
    assert scene.open_notices("north") == []


@pytest.mark.requirement("N-11")
def test_a_withdrawal_is_delivered_and_acknowledged_like_the_original(scene: Scene) -> None:
    first = _notice(scene)
    scene.load(first)
    standing = next(
        scene.intent(each)
        for each in scene.picture.intents
        if scene.intent(each).party == PartyId("south")
    )
    scene.step(standing, Step.END)
    withdrawal = _notice(scene)
    assert withdrawal.withdrawal
    assert withdrawal.supersedes == (first.id,)
    assert scene.open_notices("north") == [withdrawal]
    scene.load(withdrawal)
    assert scene.open_notices("north") == []


def test_those_who_no_longer_clash_are_told_so(scene: Scene) -> None:
    standing = next(
        scene.intent(each)
        for each in scene.picture.intents
        if scene.intent(each).party == PartyId("south")
    )
    scene.amend(standing, details(volume(48)))
    last = _notice(scene)
    assert last.clashes == ()
    assert last.subject is not None
    assert (last.subject.id, last.subject.version) == (standing.id, 2)


class TestHeldForAPresence:
    @pytest.fixture
    def held(self) -> tuple[Scene, Notice]:
        scene = Scene("agency", "battery")
        scene.tell(
            "agency",
            details(kind=IntentKind.PRESENCE, visibility=named("battery"), source=Source.GPS),
        )
        scene.tell("battery", details(kind=IntentKind.HAZARD))
        return scene, _notice(scene, "battery")

    def test_its_owner_lets_it_close(self, held: tuple[Scene, Notice]) -> None:
        scene, notice = held
        scene.load(notice)
        assert scene.open_notices("battery") == [notice]
        scene.accept(ReleaseNotice(notice.id), signer("agency"))
        assert scene.open_notices("battery") == []

    def test_released_first_it_still_waits_for_the_units(self, held: tuple[Scene, Notice]) -> None:
        scene, notice = held
        scene.accept(ReleaseNotice(notice.id), signer("agency"))
        assert [each.id for each in scene.open_notices("battery")] == [notice.id]
        scene.load(notice)
        assert scene.open_notices("battery") == []

    def test_nobody_else_releases_it(self, held: tuple[Scene, Notice]) -> None:
        scene, notice = held
        assert scene.refuse(ReleaseNotice(notice.id), signer("battery")).kind is RefusalKind.UNKNOWN


@pytest.mark.requirement("D-04")
def test_the_sender_sees_the_furthest_hop_and_the_units_not_reached(scene: Scene) -> None:
    notice = _notice(scene)

    def reach() -> tuple[Verb | None, tuple[str, ...]]:
        (found,) = [
            each
            for each in unreached(
                [scene.picture.notices[one] for one in scene.picture.notices], PartyId("south")
            )
            if each.notice == notice.id
        ]
        return found.furthest, found.waiting

    assert reach() == (None, (U1, U2))
    _answer(scene, notice, Verb.RECEIVED)
    assert reach() == (Verb.RECEIVED, (U1, U2))
    _answer(scene, notice, Verb.PASSED_DOWN, unit=U2)
    _answer(scene, notice, Verb.READ_BACK, read_back=_particulars(notice))
    assert reach() == (Verb.PASSED_DOWN, (U1, U2))
    _answer(scene, notice, Verb.LOADED, unit=U2, system="s")
    assert reach() == (Verb.LOADED, (U1,))
    _answer(scene, notice, Verb.CANNOT_COMPLY, unit=U1, reason="no radio")
    standing = scene.picture.notices[notice.id]
    assert reach_of(standing).exits == (Verb.CANNOT_COMPLY,)


def test_a_wrong_read_back_is_not_a_hop_reached(scene: Scene) -> None:
    notice = _notice(scene)
    told = _particulars(notice)
    wrong = msgspec.structs.replace(told, upper_mm=told.upper_mm + 1_000_000)
    _answer(scene, notice, Verb.READ_BACK, read_back=wrong)
    assert reach_of(scene.picture.notices[notice.id]).furthest is None


def test_numbers_of_a_partys_notices_have_no_gap(scene: Scene) -> None:
    for _ in range(4):
        scene.tell("south")
        scene.tell("north")
    for party in ("north", "south"):
        numbers = [notice.number for notice in scene.notices(party)]
        assert numbers == list(range(1, len(numbers) + 1))
