from __future__ import annotations

import msgspec
import pytest

from agreements_scene import (
    DESK,
    NORTH,
    PACT,
    SOUTH,
    act,
    agreed,
    pass_due,
    propose,
    scene,
    sign,
    terms,
    version,
)
from scenes import START_US, author, signer
from wideberth.model.agreements import (
    Act,
    AgreementState,
    DraftAgreement,
    LegalKind,
    Moment,
    ProposeAgreement,
    Terms,
    canonical_text,
    digest_of,
)
from wideberth.model.deadlines import DeadlineKind, DeadlinePassed
from wideberth.model.entries import AgreementMoment
from wideberth.model.ids import AgreementId, PartyId
from wideberth.model.intents import IntentKind
from wideberth.model.provisions import (
    Between,
    Condition,
    Consent,
    Duty,
    LeadTime,
    Line,
    LineBuffer,
    Wording,
)
from wideberth.model.refusals import Refusal
from wideberth.picture.agreement_times import coming
from wideberth.picture.snapshot import dump, load
from wideberth.picture.visibility import is_readable
from wideberth.space.time import DAY_US, HOUR_US, MINUTE_US

A = Wording(id="a", words="first")
B = Wording(id="b", words="second")
C = Wording(id="c", words="third")


def refusal(outcome: object) -> Refusal:
    assert isinstance(outcome, Refusal), outcome
    return outcome


@pytest.mark.requirement("Z-01")
def test_nothing_is_in_force_before_all_signed_the_same_digest() -> None:
    world = scene()
    body = propose(world, terms())
    assert version(world).state is AgreementState.PROPOSED
    sign(world, body, "north")
    assert version(world).state is AgreementState.PROPOSED
    assert not world.picture.agreed.of
    other = digest_of(PACT, 2, body.terms)
    no = refusal(world.try_(act(1, Act.SIGN, digest=other), signer("south")))
    assert (no.rule, no.field) == ("digest", "digest")
    sign(world, body, "south")
    assert version(world).state is AgreementState.IN_FORCE
    assert {each.digest for each in version(world).signatures} == {body.digest}


@pytest.mark.requirement("Z-01")
def test_every_change_of_a_text_gives_another_digest() -> None:
    text = terms(A, Between(id="d", horizontal_m=1000, vertical_m=100))
    changed = [
        msgspec.structs.replace(text, title="Other"),
        msgspec.structs.replace(text, expires_us=text.expires_us + 1),
        msgspec.structs.replace(text, provisions=text.provisions[:1]),
        msgspec.structs.replace(text, provisions=text.provisions[::-1]),
        msgspec.structs.replace(text, parties=text.parties[::-1]),
        terms(A, Between(id="d", horizontal_m=1000, vertical_m=101)),
    ]
    digests = {digest_of(PACT, 1, each) for each in (text, *changed)}
    assert len(digests) == len(changed) + 1
    assert digest_of(PACT, 2, text) != digest_of(PACT, 1, text)
    assert digest_of(AgreementId("other"), 1, text) != digest_of(PACT, 1, text)


def test_the_text_is_canonical_whatever_the_order_it_came_in() -> None:
    text = terms(A, B)
    shuffled = dict(reversed(list(msgspec.to_builtins(text).items())))
    again = msgspec.convert(shuffled, Terms)
    assert canonical_text(PACT, 1, again) == canonical_text(PACT, 1, text)
    assert b" " not in canonical_text(PACT, 1, terms(A, title="x")).replace(b"We", b"")[:20]


def test_a_token_signs_nothing() -> None:
    world = scene()
    command = ProposeAgreement(PACT, world.now_us + DAY_US, terms())
    assert refusal(world.try_(command, author("north"))).rule == "signature-required"
    body = propose(world, terms())
    for each in (Act.SIGN, Act.ACCEPT, Act.DECLINE):
        digest = body.digest if each is Act.SIGN else None
        no = refusal(world.try_(act(1, each, digest=digest), author("south")))
        assert no.rule == "signature-required"


@pytest.mark.requirement("Z-02")
def test_two_parties_sign_with_a_neutral_what_is_proved_one_text() -> None:
    world = scene()
    body = propose(world, terms(neutral=DESK))
    wrong = act(1, Act.SIGN, digest=body.digest, sheet=NORTH)
    assert refusal(world.try_(wrong, signer("south"))).rule == "sheet"
    assert (
        refusal(world.try_(act(1, Act.SIGN, digest=body.digest), signer("south"))).rule == "sheet"
    )
    for who, sheet in (("north", NORTH), ("south", SOUTH), ("desk", NORTH)):
        world.accept(act(1, Act.SIGN, digest=body.digest, sheet=sheet), signer(who))
        assert version(world).state is AgreementState.PROPOSED
    world.accept(act(1, Act.SIGN, digest=body.digest, sheet=SOUTH), signer("desk"))
    standing = version(world)
    assert standing.state is AgreementState.IN_FORCE
    sheets = {
        each.sheet: {one.digest for one in standing.signatures if one.sheet == each.sheet}
        for each in standing.signatures
    }
    assert sheets == {NORTH: {body.digest}, SOUTH: {body.digest}}
    assert {one.party for one in standing.signatures if one.sheet == NORTH} == {NORTH, DESK}


def test_only_a_neutral_of_the_space_mirrors() -> None:
    world = scene()
    command = ProposeAgreement(PACT, world.now_us + DAY_US, terms(neutral=PartyId("west")))
    assert refusal(world.try_(command, signer("north"))).field == "terms.neutral"


@pytest.mark.requirement("Z-13")
def test_to_accept_some_provisions_accepts_no_other() -> None:
    world = scene()
    propose(world, terms(A, B, C))
    world.accept(act(1, Act.ACCEPT, provisions=("a", "c")), signer("south"))
    standing = version(world)
    assert standing.accepted == ((SOUTH, ("a", "c")),)
    assert standing.state is AgreementState.PROPOSED
    countered = propose(
        world, terms(A, Wording(id="b", words="otherwise"), C), by="south", replaces=1
    )
    assert version(world).state is AgreementState.COUNTERED
    assert version(world, 2).accepted == ()
    assert [(each.id, each.change) for each in countered.changes] == [("b", "changed")]


@pytest.mark.requirement("Z-13")
def test_all_accepted_is_still_not_in_force() -> None:
    world = scene()
    propose(world, terms(A, B))
    world.accept(act(1, Act.ACCEPT), signer("south"))
    world.accept(act(1, Act.ACCEPT), signer("north"))
    assert dict(version(world).accepted) == {NORTH: ("a", "b"), SOUTH: ("a", "b")}
    assert version(world).state is AgreementState.PROPOSED
    assert not world.picture.agreed.of


def test_a_counter_says_what_it_changes_provision_by_provision() -> None:
    world = scene()
    propose(world, terms(A, B))
    body = propose(
        world,
        terms(C, Wording(id="b", words="other"), title="New"),
        by="south",
        replaces=1,
    )
    assert [(each.id, each.change) for each in body.changes] == [
        ("", "changed"), ("c", "added"), ("b", "changed"), ("a", "removed"),
    ]  # fmt: skip
    title = body.changes[0].fields[0]
    assert (title.field, title.before, title.after) == ("title", "Keeping apart", "New")
    words = body.changes[2].fields[0]
    assert (words.field, words.before, words.after) == ("words", "second", "other")


def test_a_counter_to_what_is_not_the_newest_is_refused() -> None:
    world = scene()
    propose(world, terms(A))
    propose(world, terms(B), by="south", replaces=1)
    command = ProposeAgreement(PACT, world.now_us + DAY_US, terms(C), 1)
    assert refusal(world.try_(command, signer("north"))).rule == "version-stale"


def test_a_version_is_never_edited() -> None:
    world = scene()
    body = propose(world, terms(A))
    propose(world, terms(B), by="south", replaces=1)
    assert (version(world).terms, version(world).digest) == (body.terms, body.digest)
    assert refusal(world.try_(act(1, Act.SIGN, digest=body.digest), signer("south"))).rule == (
        "no-such-transition"
    )


def test_declined_and_lapsed_are_over() -> None:
    world = scene()
    body = propose(world, terms(A))
    world.accept(act(1, Act.DECLINE, reason="no"), signer("south"))
    assert version(world).state is AgreementState.DECLINED
    assert refusal(world.try_(act(1, Act.SIGN, digest=body.digest), signer("north"))).rule == (
        "no-such-transition"
    )
    propose(world, terms(B), replaces=1)
    pass_due(world, 2)
    assert version(world, 2).state is AgreementState.LAPSED


def test_a_draft_is_seen_by_its_author_alone() -> None:
    world = scene()
    world.accept(DraftAgreement(PACT, terms(A)), author("north"))
    entry = world.entries[-1]
    assert is_readable(world.picture, entry, NORTH)
    assert not any(
        is_readable(world.picture, entry, PartyId(each)) for each in ("south", "west", "desk")
    )
    history = world.picture.history
    assert history is not None
    assert [history.stream_end(each) for each in (NORTH, SOUTH)] == [1, 0]
    world.accept(DraftAgreement(PACT, terms(A, B)), author("north"))
    assert world.picture.drafts[NORTH, PACT].revision == 2
    propose(world, terms(A, B))
    assert (NORTH, PACT) not in world.picture.drafts


def test_others_see_nothing_of_an_agreement() -> None:
    world = scene()
    before = len(world.entries)
    agreed(world, A)
    assert not any(
        is_readable(world.picture, each, PartyId("west")) for each in world.entries[before:]
    )
    assert world.notices("west") == []
    no = refusal(world.try_(act(1, Act.END), signer("west")))
    never = refusal(world.try_(act(9, Act.END), signer("west")))
    assert no == never


@pytest.mark.requirement("Z-05")
@pytest.mark.parametrize(("days", "is_taken"), [(120, True), (121, False), (0, False)])
def test_no_agreement_lasts_longer_than_120_days(days: int, is_taken: bool) -> None:
    world = scene()
    text = terms(expires_us=START_US + days * DAY_US)
    outcome = world.try_(ProposeAgreement(PACT, START_US + HOUR_US, text), signer("north"))
    if is_taken:
        assert not isinstance(outcome, Refusal)
    else:
        assert refusal(outcome).field == "terms.expires_us"


@pytest.mark.requirement("Z-05")
def test_reminders_come_14_7_and_1_days_before_and_then_it_expires() -> None:
    world = scene()
    agreement = agreed(world, A)
    seen: list[tuple[Moment, int]] = []
    while (following := coming(version(world))) is not None:
        seen.append((following.moment, (agreement.terms.expires_us - following.due_us) // DAY_US))
        pass_due(world)
    assert seen == [
        (Moment.REMINDER_14, 14), (Moment.REMINDER_7, 7), (Moment.REMINDER_1, 1),
        (Moment.EXPIRY, 0),
    ]  # fmt: skip
    assert version(world).state is AgreementState.EXPIRED
    assert not world.picture.agreed.of
    assert len(world.notices("south")) == len(world.notices("north")) == 5  # with coming into force


def test_a_time_passes_once() -> None:
    world = scene()
    agreed(world, A)
    pass_due(world)
    again = DeadlinePassed(DeadlineKind.AGREEMENT, "pact/1", 1)
    assert refusal(world.try_(again)).rule == "deadline-done"
    early = DeadlinePassed(DeadlineKind.AGREEMENT, "pact/1", 2)
    assert refusal(world.try_(early)).rule == "deadline-not-yet"


def test_what_begins_later_is_signed_first_and_comes_into_force_at_its_time() -> None:
    world = scene()
    body = propose(world, terms(A, effective_us=START_US + 2 * DAY_US))
    sign(world, body)
    assert version(world).state is AgreementState.SIGNED
    assert not world.picture.agreed.of
    pass_due(world)
    assert world.now_us == START_US + 2 * DAY_US
    assert version(world).state is AgreementState.IN_FORCE


def test_a_renewal_takes_the_place_of_the_version_before_when_it_comes_into_force() -> None:
    world = scene()
    agreed(world, A)
    body = propose(world, terms(A, B, expires_us=START_US + 100 * DAY_US), by="south", replaces=1)
    assert version(world).state is AgreementState.IN_FORCE
    sign(world, body)
    assert version(world).state is AgreementState.SUPERSEDED
    assert version(world, 2).state is AgreementState.IN_FORCE
    assert [each.version for each in world.picture.agreed.of[NORTH]] == [2]


def test_of_two_renewals_signed_for_later_each_takes_the_place_of_all_before_it() -> None:
    world = scene()
    agreed(world, A)
    for number, days in ((1, 2), (2, 3)):
        text = terms(A, Wording(id="b", words=f"{days}"), effective_us=START_US + days * DAY_US)
        sign(world, propose(world, text, replaces=number))
    states = ["in-force", "signed", "signed"]
    for number in (2, 3):
        assert [version(world, each).state.value for each in (1, 2, 3)] == states
        pass_due(world, number)
        states[number - 2 : number] = ["superseded", "in-force"]
    assert [version(world, each).state.value for each in (1, 2, 3)] == states


def test_a_renewal_at_once_takes_the_place_of_one_signed_for_later_too() -> None:
    world = scene()
    agreed(world, A)
    sign(world, propose(world, terms(B, effective_us=START_US + DAY_US), replaces=1))
    sign(world, propose(world, terms(C), replaces=2))
    states = [version(world, each).state.value for each in (1, 2, 3)]
    assert states == ["superseded", "superseded", "in-force"]
    assert [each.version for each in world.picture.agreed.of[NORTH]] == [3]


def test_a_lapsed_renewal_leaves_what_is_in_force() -> None:
    world = scene()
    agreed(world, A)
    propose(world, terms(A, B), by="south", replaces=1)
    pass_due(world, 2)
    assert version(world).state is AgreementState.IN_FORCE
    third = propose(world, terms(A, C), replaces=1)
    sign(world, third)
    assert version(world, 3).state is AgreementState.IN_FORCE
    assert version(world).state is AgreementState.SUPERSEDED


@pytest.mark.requirement("D-11")
def test_a_suspension_says_since_when_by_whom_and_of_what_and_the_state_stays_visible() -> None:
    world = scene()
    agreed(world, A, Between(id="apart", horizontal_m=10_000, vertical_m=1000))
    no = refusal(world.try_(act(1, Act.SUSPEND), signer("south")))
    assert no.field == "reason"
    token = act(1, Act.SUSPEND, reason="exercise")
    assert refusal(world.try_(token, author("south"))).rule == "signature-required"
    world.pass_time(30)
    world.accept(act(1, Act.SUSPEND, reason="exercise", provisions=("apart",)), signer("south"))
    standing = version(world)
    assert standing.state is AgreementState.SUSPENDED
    suspension = standing.suspension
    assert suspension is not None
    assert (suspension.by, suspension.since_us) == (SOUTH, START_US + 30 * MINUTE_US)
    assert standing.terms == terms(A, Between(id="apart", horizontal_m=10_000, vertical_m=1000))
    assert standing.applies("a")
    assert not standing.applies("apart")
    assert not world.picture.agreed.pairs
    assert refusal(world.try_(act(1, Act.RESUME), signer("north"))).rule == "not-yours"
    world.accept(act(1, Act.RESUME), signer("south"))
    assert world.picture.agreed.pairs[NORTH]


def test_a_party_ends_it_with_a_word_to_the_others() -> None:
    world = scene()
    agreed(world, A)
    world.accept(act(1, Act.END, reason="over"), signer("south"))
    assert version(world).state is AgreementState.ENDED
    assert version(world).closed_by == SOUTH
    assert world.notices("north")[-1].sender == SOUTH
    assert refusal(world.try_(act(1, Act.RESUME), signer("south"))).rule == "no-such-transition"


CONDITION = Condition(
    id="fl320",
    words="Weapons are used above FL320.",
    duty=Duty.CLOSE,
    within_s=600,
    parties=(SOUTH,),
)


@pytest.mark.requirement("Z-11")
def test_who_has_not_closed_in_time_after_a_declared_condition_is_reported() -> None:
    world = scene()
    agreed(world, CONDITION)
    world.accept(act(1, Act.DECLARE_CONDITION, provisions=("fl320",)), signer("north"))
    following = coming(version(world))
    assert following is not None
    assert (following.moment, following.due_us - world.now_us) == (Moment.CONDITION, 600_000_000)
    pass_due(world)
    (declared,) = version(world).conditions
    assert declared.failed == (SOUTH,)
    moment = next(
        each.body for each in reversed(world.entries) if isinstance(each.body, AgreementMoment)
    )
    assert moment.failed == (SOUTH,)
    assert world.notices("north")[-1].urgency == world.notices("south")[-1].urgency == "immediate"


@pytest.mark.requirement("Z-11")
def test_who_reports_that_it_closed_in_time_is_not_reported() -> None:
    world = scene()
    agreed(world, CONDITION)
    world.accept(act(1, Act.DECLARE_CONDITION, provisions=("fl320",)), signer("north"))
    world.accept(act(1, Act.REPORT_MET, provisions=("fl320",)), signer("south"))
    following = coming(version(world))
    assert following is not None
    assert following.moment is Moment.REMINDER_14
    world.accept(act(1, Act.LIFT_CONDITION, provisions=("fl320",)), signer("north"))
    assert version(world).conditions == ()


LINE = Line(
    id="line", points=((37_900_000_000, 126_600_000_000), (38_300_000_000, 127_500_000_000))
)


@pytest.mark.parametrize(
    ("text", "field"),
    [
        pytest.param(terms(A, A), "provisions.1.id", id="one id twice"),
        pytest.param(terms(parties=(NORTH, NORTH)), "parties", id="one party"),
        pytest.param(terms(parties=(NORTH, PartyId("nobody"))), "parties.1", id="no such party"),
        pytest.param(
            terms(LineBuffer(id="b", line="line", width_m=1)), "provisions.0.line", id="no line"
        ),
        pytest.param(
            terms(LINE, LineBuffer(id="b", line="line", width_m=200_001)),
            "provisions.1.width_m", id="too wide",
        ),
        pytest.param(
            terms(LINE, LineBuffer(id="b", line="line", width_m=1, notice_s=60)),
            "provisions.1.rule, terms.provisions.1.notice_s", id="notice of a keep-out",
        ),
        pytest.param(
            terms(Consent(id="c", words="entry", entitled=(NORTH,))),
            "provisions.0.type", id="consent in another kind",
        ),
        pytest.param(
            terms(Between(id="b", horizontal_m=1, vertical_m=1), kind=LegalKind.NOTIFY),
            "provisions.0.type", id="distances in a notification",
        ),
        pytest.param(
            terms(LeadTime(id="l", kind=IntentKind.FLIGHT, minimum_s=1),
                  msgspec.structs.replace(CONDITION, parties=(PartyId("west"),))),
            "provisions.1.parties.0", id="a duty of somebody else",
        ),
        pytest.param(
            terms(Line(id="l", points=((0, 0), (0, 0))), LineBuffer(id="b", line="l", width_m=5,
                  side="left")),  # type: ignore[arg-type]
            "provisions.1.points.1", id="a line without length",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_text_is_named(text: Terms, field: str) -> None:
    world = scene()
    outcome = world.try_(ProposeAgreement(PACT, START_US + HOUR_US, text), signer("north"))
    assert refusal(outcome).field == f"terms.{field}"


def test_agreements_survive_a_snapshot_and_a_replay() -> None:
    world = scene()
    agreed(
        world,
        LINE,
        LineBuffer(id="b", line="line", width_m=5_000),
        Between(id="apart", horizontal_m=1000, vertical_m=100),
    )
    propose(world, terms(A), by="south", replaces=1)
    world.accept(DraftAgreement(AgreementId("other"), terms(B)), author("north"))
    again = load(dump(world.picture))
    assert again.digest() == world.picture.digest() == world.replayed().digest()
    assert again.agreed == world.picture.agreed
    assert again.area("agreement/pact/1/b") == world.picture.area("agreement/pact/1/b")


def test_settled_versions_leave_the_picture_in_the_end() -> None:
    world = scene()
    agreed(world, A)
    world.accept(act(1, Act.END), signer("north"))
    world.pass_time(minutes=(90 + 121) * 24 * 60)
    text = terms(A, effective_us=world.now_us, expires_us=world.now_us + DAY_US)
    world.accept(DraftAgreement(AgreementId("other"), text), author("north"))
    assert (PACT, 1) not in world.picture.agreements
