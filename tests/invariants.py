"""The invariants of the loop under random commands, against a slow, obvious reference.

The reference keeps intents in a list, measures circles with geographiclib and walks through all
entries again for every question; it shares no code with the rules but the words.
test_invariants.py runs the machine on the rules alone, attack/test_two_services.py through services
that crash.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec
from geographiclib.geodesic import Geodesic
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
)

from scenes import HIDDEN, OPEN, Scene, author, details, named, signer, volume
from wideberth.model.commands import (
    AcknowledgeNotice,
    AmendIntent,
    ChangeIntentState,
    ReleaseNotice,
    SubmitIntent,
)
from wideberth.model.entries import NoticeAcknowledged, NoticeIssued, NoticeReleased
from wideberth.model.ids import IntentId, NoticeId, Ovn
from wideberth.model.intents import (
    Intent,
    IntentKind,
    Source,
    Step,
    Visibility,
    VisibilityLevel,
)
from wideberth.model.notices import Notice, Verb
from wideberth.model.receipts import difference_digest
from wideberth.model.refusals import Refusal, RefusalKind
from wideberth.model.settings import Effect, PairRule, Rules
from wideberth.space.volume import NANODEGREES, Circle, Separation, Volume4D

PARTIES = ("north", "south", "east")
SEPARATION = Separation(200_000, 0, 0)
RULES = Rules(
    version="inv",
    pairs=(
        PairRule((IntentKind.FLIGHT, IntentKind.FLIGHT), Effect.REFUSE, SEPARATION),
        PairRule((IntentKind.PRESENCE, IntentKind.PRESENCE), Effect.NONE),
    ),
)

kinds = st.sampled_from([IntentKind.FLIGHT] * 3 + [IntentKind.HAZARD, IntentKind.PRESENCE])
# Circles of 500 m on a line: 1,112 m apart is 112 m between them, 1,223 m is 223 m, 1,000 m touch.
places = st.sampled_from([47.0, 47.0 + 1000 / 111_190, 47.01, 47.011, 47.02])
volumes = st.builds(
    lambda place, lower, from_min: volume(
        place, lower_m=lower, upper_m=lower + 50, from_min=from_min, until_min=from_min + 30
    ),
    places,
    st.sampled_from([0, 50, 51]),
    st.sampled_from([60, 90, 91]),
)
visibilities = st.sampled_from([OPEN, OPEN, HIDDEN, named("south"), named("lake"), named()])


def _fitting(kind: IntentKind, visibility: Visibility) -> Visibility:
    """A visibility that the kind may have."""
    is_named = visibility.level is VisibilityLevel.NAMED
    if kind is IntentKind.PRESENCE and not is_named:
        return named("south", "lake")
    if kind is IntentKind.HAZARD and is_named:
        return HIDDEN
    return visibility


@st.composite
def tellings(draw: st.DrawFn) -> object:
    kind = draw(kinds)
    visibility = _fitting(kind, draw(visibilities))
    return details(
        *draw(st.lists(volumes, min_size=1, max_size=2)),
        kind=kind,
        visibility=visibility,
        priority=draw(st.sampled_from([0, 0, 5])),
        source=Source.GPS,
    )


def reference_gap_m(first: Volume4D, second: Volume4D) -> float:
    """Metres between two circles on the ellipsoid; infinite where apart in height or time."""
    if first.end_us < second.start_us or second.end_us < first.start_us:
        return float("inf")
    if first.upper.value_mm < second.lower.value_mm or second.upper.value_mm < first.lower.value_mm:
        return float("inf")
    one, other = first.footprint, second.footprint
    assert isinstance(one, Circle)
    assert isinstance(other, Circle)
    apart = Geodesic.WGS84.Inverse(
        one.latitude_nd / NANODEGREES,
        one.longitude_nd / NANODEGREES,
        other.latitude_nd / NANODEGREES,
        other.longitude_nd / NANODEGREES,
    )["s12"]
    return max(0.0, apart - (one.radius_mm + other.radius_mm) / 1000)


def reference_clash(first: Intent, second: Intent) -> bool:
    """Whether the rules call these two a clash."""
    if first.party == second.party or first.kind == second.kind == IntentKind.PRESENCE:
        return False
    both_flights = first.kind == second.kind == IntentKind.FLIGHT
    limit_m = SEPARATION.horizontal_mm / 1000 if both_flights else 0.0
    return any(
        reference_gap_m(one, other) <= limit_m for one in first.volumes for other in second.volumes
    )


def reference_may_meet_on_grid(first: Intent, second: Intent) -> bool:
    """Whether the cells of two can meet of which one is hidden from the other: both lie within a
    cell, 50 m and five minutes (tests/disclosure looks at it exactly).
    """
    if all(reference_sees(one, two.party) for one, two in ((first, second), (second, first))):
        return False
    return first.party != second.party and any(
        reference_gap_m(_grown(one), other) <= 2 * 1_600
        for one in first.volumes
        for other in second.volumes
    )


def _grown(volume: Volume4D) -> Volume4D:
    lower, upper = volume.lower, volume.upper
    return msgspec.structs.replace(
        volume,
        lower=msgspec.structs.replace(lower, value_mm=lower.value_mm - 50_000),
        upper=msgspec.structs.replace(upper, value_mm=upper.value_mm + 50_000),
        start_us=volume.start_us - 300_000_000,
        end_us=volume.end_us + 300_000_000,
    )


def reference_sees(intent: Intent, party: str) -> bool:
    return (
        intent.party == party
        or intent.visibility.level is VisibilityLevel.OPEN
        or party in intent.visibility.parties
    )


@dataclass
class OpenInReference:
    notice: Notice
    loaded: set[str]
    attested: bool = False
    released: set[str] = field(default_factory=set)


def reference_open(scene: Scene) -> set[str]:
    """The open list, found by walking through every entry again."""
    known: dict[str, OpenInReference] = {}
    closed: set[str] = set()

    def close(notice_id: str) -> None:
        if notice_id in closed:
            return
        closed.add(notice_id)
        for earlier in known[notice_id].notice.supersedes:
            close(earlier)

    for entry in scene.entries:
        match entry.body:
            case NoticeIssued(notice):
                known[notice.id] = OpenInReference(notice, set())
            case NoticeAcknowledged(answer):
                if answer.verb is Verb.LOADED:
                    known[answer.notice].attested |= answer.attested
                    if answer.unit is not None:
                        known[answer.notice].loaded.add(answer.unit)
                touched = answer.notice
            case NoticeReleased(notice=released):
                known[released].released.add(entry.body.by.party)
                touched = released
            case _:
                continue
        if isinstance(entry.body, NoticeIssued):
            continue
        one = known[touched]
        everybody = one.loaded >= set(one.notice.units) if one.notice.units else bool(one.loaded)
        if (everybody or one.attested) and one.released >= set(one.notice.held_by):
            close(touched)
    return set(known) - closed


class Loop(RuleBasedStateMachine):
    """Random commands from random parties."""

    told = Bundle("told")

    def __init__(self) -> None:
        super().__init__()
        self.scene = self.make_scene()
        self.standing: dict[str, Intent] = {}
        self.secrets: dict[str, list[Intent]] = {}

    def make_scene(self) -> Scene:
        return Scene(*PARTIES, rules=RULES, neutral="lake")

    def expected(self, new: Intent, key: tuple[Ovn, ...]) -> bool:
        """Whether the reference would refuse the intent."""
        return any(
            reference_clash(new, other)
            and new.kind == other.kind == IntentKind.FLIGHT
            and reference_sees(other, new.party)
            and new.priority <= other.priority
            and other.ovn not in key
            for other in self.standing.values()
            if other.id != new.id
        )

    def key(self, party: str, *, knows: bool) -> tuple[Ovn, ...]:
        if not knows:
            return ()
        return tuple(other.ovn for other in self.standing.values() if reference_sees(other, party))

    def _settle(self, before: str, outcome: object, shadow: Intent, key: tuple[Ovn, ...]) -> bool:
        refused = isinstance(outcome, Refusal)
        if refused and outcome.kind is not RefusalKind.CONFLICT:
            assert outcome.rule in {"nothing-changed", "kind-changed", "budget-spent"}, outcome
        else:
            assert refused == self.expected(shadow, key), (outcome, shadow)
        if refused:
            assert self.scene.picture.digest() == before, "a refusal changes nothing"
            for other in outcome.with_intents:
                assert reference_sees(self.standing[other], shadow.party)
        return not refused

    @rule(target=told, party=st.sampled_from(PARTIES), told_now=tellings(), knows=st.booleans())
    def tell(self, party: str, told_now: object, knows: bool) -> object:
        key = self.key(party, knows=knows)
        intent_id = IntentId(f"secret{self.scene.new_id()}x")
        before = self.scene.picture.digest()
        first = len(self.scene.entries)
        outcome = self.scene.try_(SubmitIntent(intent_id, told_now, key), author(party))  # type: ignore[arg-type]
        shadow = self._shadow(intent_id, party, told_now)
        if not self._settle(before, outcome, shadow, key):
            return multiple()
        stands = self.scene.intent(intent_id)
        self._check_telling(stands, first)
        self.standing[intent_id] = stands
        self.secrets[intent_id] = [stands]
        return intent_id

    @rule(intent_id=told, told_now=tellings(), knows=st.booleans())
    def amend(self, intent_id: str, told_now: object, knows: bool) -> None:
        standing = self.standing.get(intent_id)
        if standing is None:
            return
        told_now = msgspec.structs.replace(
            told_now,  # type: ignore[type-var]
            kind=standing.kind,
            visibility=_fitting(standing.kind, told_now.visibility),  # type: ignore[attr-defined]
            confirmed=True,  # what is moved far is asked about: that is tested elsewhere
        )
        key = self.key(standing.party, knows=knows)
        before = self.scene.picture.digest()
        first = len(self.scene.entries)
        outcome = self.scene.try_(
            AmendIntent(standing.id, standing.ovn, told_now, key),  # type: ignore[arg-type]
            author(standing.party),
        )
        if self._settle(before, outcome, self._shadow(intent_id, standing.party, told_now), key):
            self._check_withdrawn(standing, self.scene.intent(intent_id), first)
            self.standing[intent_id] = self.scene.intent(intent_id)
            self.secrets[intent_id].append(self.standing[intent_id])
            self._check_telling(self.standing[intent_id], first)

    @rule(intent_id=consumes(told), step=st.sampled_from(list(Step)))
    def step(self, intent_id: str, step: Step) -> None:
        standing = self.standing.get(intent_id)
        if standing is None:
            return
        outcome = self.scene.try_(
            ChangeIntentState(standing.id, standing.ovn, step), author(standing.party)
        )
        if isinstance(outcome, Refusal):
            return
        if step is Step.END:
            del self.standing[intent_id]
        else:
            self.standing[intent_id] = self.scene.intent(intent_id)

    @rule(
        data=st.data(),
        verb=st.sampled_from([Verb.RECEIVED, Verb.LOADED, Verb.LOADED, Verb.PASSED_DOWN]),
        attested=st.booleans(),
    )
    def answer(self, data: st.DataObject, verb: Verb, attested: bool) -> None:
        waiting = sorted(self.scene.picture.notices)
        if not waiting:
            return
        notice = self.scene.picture.notices[data.draw(st.sampled_from(waiting))].notice
        unit = data.draw(st.sampled_from(["u1", "u2"]))
        fields: dict[str, object] = {}
        if verb is Verb.LOADED:
            fields = {"attested": True} if attested else {"unit": unit, "system": "s"}
        elif verb is Verb.PASSED_DOWN:
            fields = {"unit": unit}
        if fields:
            fields["difference"] = difference_digest(notice)
        self.scene.accept(
            AcknowledgeNotice(notice.id, verb, **fields),  # type: ignore[arg-type]
            signer(notice.recipient),
        )

    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        held = sorted(
            each
            for each in self.scene.picture.notices
            if self.scene.picture.notices[each].notice.held_by
        )
        if held:
            notice = self.scene.picture.notices[NoticeId(data.draw(st.sampled_from(held)))].notice
            self.scene.accept(ReleaseNotice(notice.id), signer(notice.held_by[0]))

    @rule(minutes=st.sampled_from([1, 31, 200]))
    def time_passes(self, minutes: int) -> None:
        if self.scene.now_us + minutes * 60_000_000 <= volume().start_us:
            self.scene.pass_time(minutes)

    @invariant()
    def replay_gives_the_same_picture(self) -> None:
        assert self.scene.replayed().digest() == self.scene.picture.digest()

    @invariant()
    def every_notice_is_open_or_was_closed_by_its_rule(self) -> None:
        assert set(self.scene.picture.notices) == reference_open(self.scene)

    @invariant()
    def standing_intents_are_those_of_the_reference(self) -> None:
        assert {each: self.scene.intent(each) for each in self.scene.picture.intents} == (
            self.standing
        )

    @invariant()
    def notices_are_numbered_without_a_gap(self) -> None:
        for party in (*PARTIES, "lake"):
            numbers = [notice.number for notice in self.scene.notices(party)]
            assert numbers == list(range(1, len(numbers) + 1))

    @invariant()
    def no_notice_names_what_its_reader_may_not_see(self) -> None:
        for party in (*PARTIES, "lake"):
            received = msgspec.json.encode(self.scene.notices(party)).decode()
            for intent_id, versions in self.secrets.items():
                if not any(reference_sees(version, party) for version in versions):
                    assert intent_id not in received

    @invariant()
    def whoever_is_not_concerned_hears_nothing(self) -> None:
        """A notice names a clash, or follows one that did, or is about something that was seen."""
        told: set[str] = set()
        for party in (*PARTIES, "lake"):
            for notice in self.scene.notices(party):
                seen = notice.subject is not None
                ends = notice.withdrawal and party in told  # of something felt before
                assert notice.clashes or notice.supersedes or seen or ends, notice
                told.add(party)

    def _shadow(self, intent_id: str, party: str, told_now: object) -> Intent:
        """The intent as the reference sees it before it is told."""
        return Intent(
            IntentId(intent_id), party, told_now.kind, told_now.priority, None, 0, Ovn(""),  # type: ignore[attr-defined]
            told_now.volumes, told_now.visibility, told_now.provenance, 0, 0,  # type: ignore[attr-defined]
        )  # fmt: skip

    def _check_withdrawn(self, before: Intent, after: Intent, first: int) -> None:
        """Whoever it concerned before hears of the new version, also where it now sees nothing."""
        for other in self.standing.values():
            if other.id == before.id or not reference_clash(before, other):
                continue
            felt = before.visibility.level is VisibilityLevel.ON_CONFLICT
            if reference_sees(before, other.party) or felt:
                assert self.scene.notices(other.party, since=first), (before, after, other)

    def _check_telling(self, stands: Intent, first: int) -> None:
        """Everybody concerned who may know was told, and nobody else."""
        partners = [
            other
            for other in self.standing.values()
            if other.id != stands.id and reference_clash(stands, other)
        ]
        told_now = {
            party: {
                clash.other.id
                for notice in self.scene.notices(party, since=first)
                for clash in notice.clashes
                if clash.other is not None
            }
            for party in PARTIES
        }
        for other in partners:
            if reference_sees(other, stands.party):
                assert other.id in told_now[stands.party]
            if reference_sees(stands, other.party):
                assert stands.id in told_now[other.party]
            elif stands.visibility.level is VisibilityLevel.ON_CONFLICT:
                assert self.scene.notices(other.party, since=first)
        for party in PARTIES:
            concerned = {stands.party, *(other.party for other in partners)} | {
                other.party
                for other in self.standing.values()
                if other.id != stands.id and reference_may_meet_on_grid(stands, other)
            }
            if party not in concerned:
                assert not told_now[party]
