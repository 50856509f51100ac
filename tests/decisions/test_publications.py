"""What is published is what was agreed to be, and no more: against a slow, obvious reference."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from agreements_scene import NORTH, PACT, SOUTH
from public_play import (
    PAIRS,
    WEST,
    a_world,
    agree,
    allowed,
    declare,
    one_step,
    pass_time,
    public,
    step,
    text,
    withdraw,
)
from scenes import HIDDEN, Scene, details, named, signer
from wideberth.decisions import publications as rules
from wideberth.model.agreements import (
    Act,
    Agreement,
    AgreementProposed,
    AgreementState,
    ProposeAgreement,
    StepAgreement,
)
from wideberth.model.entries import Entry
from wideberth.model.intents import IntentKind, Source
from wideberth.model.provisions import Publish, PublishedField
from wideberth.model.publications import (
    Publication,
    PublicationMade,
    PublicationWithdrawn,
    PublicKind,
    Withdrawn,
)
from wideberth.model.refusals import Refusal
from wideberth.model.zones import Zone, ZoneRule
from wideberth.picture import publications as folded
from wideberth.picture.publications import shown, withdrawals_shown
from wideberth.picture.snapshot import dump, load
from wideberth.picture.visibility import is_readable
from wideberth.space.overlap import horizontal_gap_mm
from wideberth.space.prepared import prepare
from wideberth.space.time import DAY_US, HOUR_US

ALL_CHECKS = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example)
ACCORD = next(each for each in PAIRS if each != PACT)


def said(world: Scene, since: int) -> list[PublicationMade | PublicationWithdrawn]:
    """The entries of publications from since on."""
    found = (entry.body for entry in world.entries[since:])
    return [each for each in found if isinstance(each, PublicationMade | PublicationWithdrawn)]


def only(world: Scene) -> Publication:
    (found,) = shown(world.picture, world.now_us)
    return found


def check(world: Scene) -> None:
    """What the public may read is what the reference allows, no more and no less, and as agreed."""
    wanted = allowed(world.entries, world.now_us)
    seen = {each.key: each for each in shown(world.picture, world.now_us)}
    assert seen.keys() == wanted.keys()
    standing = {
        key: each
        for key in world.picture.publications
        if (each := world.picture.publications[key]).content.end_us >= world.now_us
    }
    assert seen == standing, "the record itself is in line, with nothing left to be hidden"
    for key, (provision, source) in wanted.items():
        check_content(seen[key], provision, source)


def check_content(publication: Publication, provision: Publish, source: object) -> None:
    """Nothing but what the provision names, and no place or time finer than it says."""
    content = publication.content
    assert publication.sender == provision.sender
    assert content.area == provision.area
    assert (content.cell_nd, content.time_step_s) == (provision.cell_nd, provision.time_step_s)
    if not isinstance(source, Zone):
        assert content.agreed
        return
    assert not content.agreed
    open_ = set(provision.fields)
    assert content.name == (source.name if PublishedField.NAME in open_ else "")
    assert content.reason == (source.reason if PublishedField.REASON in open_ else "")
    assert content.parties == ((source.party,) if PublishedField.PARTIES in open_ else ())
    is_stand_off = source.rule is ZoneRule.STAND_OFF
    assert content.kind is (PublicKind.STAND_OFF if is_stand_off else PublicKind.CLOSURE)
    ((ours, theirs),) = zip(content.volumes, source.volumes, strict=True)
    step_us = provision.time_step_s * 1_000_000
    assert ours.start_us <= theirs.start_us
    assert ours.end_us >= theirs.end_us
    assert (ours.lower, ours.upper) == (theirs.lower, theirs.upper)
    if not provision.cell_nd:
        assert ours.footprint == theirs.footprint
    if step_us:
        assert ours.start_us % step_us == 0
        assert (ours.end_us + 1) % step_us == 0
    else:
        assert (ours.start_us, ours.end_us) == (theirs.start_us, theirs.end_us)


@given(st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=ALL_CHECKS)
def test_what_is_public_is_what_the_provisions_in_force_allow(data: st.DataObject) -> None:
    play(data)


def play(data: st.DataObject) -> Scene:
    world = a_world()
    for _ in range(data.draw(st.integers(3, 16))):
        before = world.now_us
        one_step(data.draw, world)
        assert world.now_us >= before
        check(world)
    check_messages(world)
    assert world.replayed().digest() == world.picture.digest()
    restored = load(dump(world.picture))
    assert restored.digest() == world.picture.digest()
    assert shown(restored, world.now_us) == shown(world.picture, world.now_us)
    return world


def check_messages(world: Scene) -> None:
    """Numbers of a sender have no gap, none comes twice, and each message is replaced at most once;
    an entry is read by whom the agreement concerns.
    """
    last: dict[str, int] = {}
    replaced: set[tuple[str, int]] = set()
    for entry in world.entries:
        body = entry.body
        if isinstance(body, PublicationMade):
            sender, message = body.publication.sender, body.publication.message
            earlier, parties = body.publication.earlier, PAIRS[body.publication.agreement]
            if body.carried_on:
                assert message.number <= last[sender]
                continue
        elif isinstance(body, PublicationWithdrawn):
            sender, message = body.withdrawal.sender, body.withdrawal.message
            earlier, parties = body.withdrawal.cancels, PAIRS[body.agreement]
        else:
            continue
        assert message.number == last.get(sender, 0) + 1
        last[sender] = message.number
        assert (sender, earlier[-1].number) not in replaced if earlier else True
        if earlier:
            replaced.add((sender, earlier[-1].number))
        readers = {each for each in (NORTH, SOUTH, WEST) if is_readable(world.picture, entry, each)}
        assert readers == set(parties)


def _ignoring_suspension(monkeypatch: pytest.MonkeyPatch) -> None:
    def applies(self: Agreement, _provision: str) -> bool:
        return self.state in (AgreementState.IN_FORCE, AgreementState.SUSPENDED)

    monkeypatch.setattr(Agreement, "applies", applies)
    monkeypatch.setattr(Agreement, "is_applied", property(lambda self: Agreement.applies(self, "")))


def _ignoring_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Publish, "is_at", lambda _self, _time_us: True)


def _ignoring_whose(monkeypatch: pytest.MonkeyPatch) -> None:
    true = rules._of_zone  # pyright: ignore[reportPrivateUsage]

    def of_zone(agreement: Agreement, provision: Publish, zone: Zone) -> Any:
        mine = msgspec.structs.replace(zone, party=agreement.terms.parties[0])
        return true(agreement, provision, mine)

    monkeypatch.setattr(rules, "_of_zone", of_zone)


def _forgetting_zones(monkeypatch: pytest.MonkeyPatch) -> None:
    """An agreement in force publishes the zones declared after it, and forgets those before."""
    monkeypatch.setattr(rules, "_zones", lambda *_: iter(()))


@pytest.mark.parametrize(
    "plant", [_ignoring_suspension, _ignoring_time, _ignoring_whose, _forgetting_zones]
)
def test_the_reference_finds_a_planted_fault(plant: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)

    @given(st.data())
    @settings(
        phases=[Phase.generate],
        max_examples=300,
        database=None,
        deadline=None,
        derandomize=True,
        suppress_health_check=ALL_CHECKS,
    )
    def faulty(data: st.DataObject) -> None:
        play(data)

    with pytest.raises(AssertionError):
        faulty()


def test_the_life_of_a_publication() -> None:
    """In force, declared, published, amended, suspended, cancelled, resumed, ended."""
    world = a_world()
    declare(world, "z1", "north", rule=ZoneRule.KEEP_OUT, minutes=6000)
    assert shown(world.picture, world.now_us) == [], "nothing was agreed"
    proposed = text(PACT, world.now_us, public())
    assert agree(world, PACT, proposed) == 1
    assert only(world).message.number == 1
    declare(world, "z1", "north", rule=ZoneRule.KEEP_OUT, minutes=7000)
    amended = only(world)
    assert amended.message.number == 2
    assert [each.number for each in amended.earlier] == [1]
    assert (amended.agreement, amended.version, amended.provision) == (PACT, 1, "public")
    since = len(world.entries)
    step(world, PACT, Act.SUSPEND, SOUTH)
    assert shown(world.picture, world.now_us) == []
    (withdrawn,) = said(world, since)
    assert isinstance(withdrawn, PublicationWithdrawn)
    assert withdrawn.reason is Withdrawn.AGREEMENT
    assert [each.number for each in withdrawn.withdrawal.cancels] == [1, 2]
    (told,) = withdrawals_shown(world.picture, world.now_us)
    assert told.message.number == 3
    step(world, PACT, Act.RESUME, SOUTH)
    resumed = only(world)
    assert resumed.message.number == 4
    assert resumed.earlier == (), "what was cancelled is not updated"
    step(world, PACT, Act.END, NORTH)
    assert shown(world.picture, world.now_us) == []
    assert [each.message.number for each in withdrawals_shown(world.picture, world.now_us)] == [
        5,
        3,
    ]


def test_one_signature_publishes_nothing() -> None:

    world = a_world()
    declare(world, "z1", "north", rule=ZoneRule.KEEP_OUT, minutes=600)
    terms = text(PACT, world.now_us, public())
    (body,) = world.accept(ProposeAgreement(PACT, world.now_us + HOUR_US, terms), signer("north"))
    assert isinstance(body, AgreementProposed)
    world.accept(StepAgreement(PACT, 1, Act.SIGN, digest=body.digest), signer("north"))
    assert not world.picture.publications
    world.accept(StepAgreement(PACT, 1, Act.SIGN, digest=body.digest), signer("south"))
    assert only(world).source == "zone/z1"


def test_a_renewal_carries_on_without_a_new_message() -> None:
    world = a_world()
    declare(world, "z1", "south", rule=ZoneRule.STAND_OFF, minutes=6000)
    agree(world, PACT, text(PACT, world.now_us, public()))
    world.pass_time(60)
    since = len(world.entries)
    assert agree(world, PACT, text(PACT, world.now_us, public()), replaces=1) == 2
    (carried,) = said(world, since)
    assert isinstance(carried, PublicationMade)
    assert (carried.publication.version, carried.publication.message.number) == (2, 1)
    assert only(world) == carried.publication


def test_a_change_that_the_public_does_not_read_writes_nothing() -> None:
    world = a_world()
    agree(world, PACT, text(PACT, world.now_us, public(cell_nd=1_000_000_000, time_step_s=86_400)))
    declare(world, "z1", "south", rule=ZoneRule.KEEP_OUT, minutes=60, place=47.3)
    since = len(world.entries)
    declare(world, "z1", "south", rule=ZoneRule.KEEP_OUT, minutes=90, place=47.4)
    assert said(world, since) == []
    assert only(world).message.number == 1


def test_what_is_rounded_holds_what_it_is_of() -> None:
    world = a_world()
    agree(world, PACT, text(PACT, world.now_us, public(cell_nd=100_000_000, time_step_s=3600)))
    for place in (47.0, 47.05, -33.333, 71.0):
        declare(world, "z1", "south", rule=ZoneRule.KEEP_OUT, minutes=61, place=place)
        zone = world.picture.zones[next(iter(world.picture.zones))]
        whole, exact = prepare(only(world).content.volumes[0]), prepare(zone.volumes[0])
        assert horizontal_gap_mm(whole, exact) == 0
        withdraw(world, "z1", "south")


def test_times_of_a_provision_begin_and_end_what_is_public() -> None:
    world = a_world()
    declare(world, "z1", "north", rule=ZoneRule.KEEP_OUT, minutes=60_000)
    window = {"from_us": world.now_us + HOUR_US, "until_us": world.now_us + DAY_US}
    agree(world, PACT, text(PACT, world.now_us, public(**window)))
    pass_time(world, 59)
    assert shown(world.picture, world.now_us) == []
    pass_time(world, 1)
    assert only(world).message.number == 1
    before = len(world.notices("south"))
    pass_time(world, 23 * 60)
    assert shown(world.picture, world.now_us) == []
    last = world.entries[-1].body
    assert isinstance(last, PublicationWithdrawn)
    assert last.reason is Withdrawn.TIME
    assert len(world.notices("south")) == before, "all signed it long before"


def test_nothing_is_shown_before_the_deadline_was_passed() -> None:
    """A node that does not decide shows nothing that is not agreed any more."""
    world = a_world()
    declare(world, "z1", "north", rule=ZoneRule.KEEP_OUT, minutes=60_000)
    agree(world, PACT, text(PACT, world.now_us, public(until_us=world.now_us + DAY_US)))
    assert len(shown(world.picture, world.now_us + DAY_US - 1)) == 1
    assert shown(world.picture, world.now_us + DAY_US) == []
    agree(world, ACCORD, text(ACCORD, world.now_us, public(), days=2))
    assert len(shown(world.picture, world.now_us + DAY_US)) == 1
    assert shown(world.picture, world.now_us + 2 * DAY_US) == []


def test_no_protected_site_is_published() -> None:
    """Whatever a provision says: presences and intents are no zones."""

    world = a_world()
    agree(world, PACT, text(PACT, world.now_us, public(fields=tuple(PublishedField))))
    for kind in IntentKind:
        visibility = HIDDEN if kind is IntentKind.HAZARD else named("south")
        world.tell("north", details(kind=kind, visibility=visibility, source=Source.GPS))
    assert not world.picture.publications


REFUSED = [
    pytest.param({"rules": ()}, "nothing-named", id="nothing is named"),
    pytest.param({"rules": (ZoneRule.NOTICE,)}, "not-publishable", id="a notice zone"),
    pytest.param({"rules": (), "of": (NORTH,)}, "nothing-named", id="whose, and no rules"),
    pytest.param(
        {"rules": (), "provisions": ("closed",), "zones": ("z1",)}, "nothing-named", id="no rules"
    ),
    pytest.param({"of": (WEST,)}, "not-a-party", id="zones of somebody else"),
    pytest.param({"provisions": ("river",)}, "not-publishable", id="a line is no area"),
    pytest.param({"provisions": ("gone",)}, "not-publishable", id="no such provision"),
    pytest.param({"provisions": ("closed", "closed")}, "given-twice", id="twice"),
    pytest.param({"rules": (ZoneRule.KEEP_OUT,) * 2}, "given-twice", id="a rule twice"),
    pytest.param({"until_us": 0}, "outside-term", id="it ends before it begins"),
    pytest.param({"from_us": 1 << 61}, "outside-term", id="after the term"),
]


@pytest.mark.parametrize(("given_", "rule"), REFUSED)
def test_a_provision_that_says_too_much_or_nothing_is_refused(
    given_: dict[str, Any], rule: str
) -> None:

    world = a_world()
    terms = text(PACT, world.now_us, public(**given_))
    refusal = world.refuse(ProposeAgreement(PACT, world.now_us + HOUR_US, terms), signer("north"))
    assert isinstance(refusal, Refusal)
    assert refusal.rule == rule


def test_withdrawals_are_told_for_a_while_and_are_few(monkeypatch: pytest.MonkeyPatch) -> None:

    monkeypatch.setattr(folded, "MAX_WITHDRAWALS", 3)
    world = a_world()
    agree(world, PACT, text(PACT, world.now_us, public()))
    for _ in range(5):
        declare(world, "z1", "north", rule=ZoneRule.KEEP_OUT, minutes=600)
        withdraw(world, "z1", "north")
    told = withdrawals_shown(world.picture, world.now_us)
    assert [each.message.number for each in told] == [10, 8, 6]
    world.pass_time(601)
    assert withdrawals_shown(world.picture, world.now_us) == [], "what they cancel is over"
    world.pass_time(60)
    declare(world, "z2", "west", rule=ZoneRule.KEEP_OUT, minutes=60)
    assert list(world.picture.withdrawals) == []


def test_the_entries_are_the_mechanisms_own() -> None:
    world = a_world()
    agree(world, PACT, text(PACT, world.now_us, public()))
    declare(world, "z1", "north", rule=ZoneRule.KEEP_OUT, minutes=600)
    entry: Entry = world.entries[-1]
    assert isinstance(entry.body, PublicationMade)
    assert entry.follows
    assert entry.author.how.value == "system"
