"""What a hostile reading of the rules found: each case failed before it was mended."""

from __future__ import annotations

import msgspec
import pytest

from scenes import HIDDEN, OPEN, Scene, author, details, named, signer, volume
from wideberth.decisions.checks import DryRun, dry_run
from wideberth.decisions.outcome import Context
from wideberth.errors import NewerEntry, RecordCorrupt
from wideberth.model.commands import (
    AcknowledgeNotice,
    AdoptRules,
    DeclareZone,
    RecordCheck,
    ReleaseNotice,
    SubmitIntent,
    WithdrawZone,
)
from wideberth.model.entries import (
    HiddenChecked,
    IntentAmended,
    PartyRegistered,
    decode_entry,
    encode_entry,
)
from wideberth.model.ids import IntentId, PartyId, ZoneId
from wideberth.model.intents import Intent, IntentKind, Source, Step
from wideberth.model.notices import Verb
from wideberth.model.settings import DEFAULT_RULES, Effect, PairRule, Rules
from wideberth.model.zones import ZoneRule
from wideberth.picture.visibility import is_readable
from wideberth.space.altitude import AltitudeReference
from wideberth.space.vertical import TerrainBound

STRICT = Rules(
    version="strict", pairs=(PairRule((IntentKind.FLIGHT, IntentKind.FLIGHT), Effect.REFUSE),)
)


def _presence(*parties: str) -> object:
    return details(kind=IntentKind.PRESENCE, visibility=named(*parties), source=Source.GPS)


def _hazard(*volumes: object) -> object:
    return details(*volumes, kind=IntentKind.HAZARD)  # type: ignore[arg-type]


class TestDisclosure:
    def test_an_amendment_is_readable_only_where_the_version_before_was_seen(self) -> None:
        scene = Scene("north", "south", "east")
        secret = scene.tell("north", details(visibility=named("south"), call_sign="SECRET"))
        scene.amend(secret, details(volume(48), visibility=OPEN))
        (amended,) = [each for each in scene.entries if isinstance(each.body, IntentAmended)]
        assert is_readable(scene.picture, amended, PartyId("south"))
        assert not is_readable(scene.picture, amended, PartyId("east"))

    def test_the_owners_of_what_a_dry_run_met_are_told_to_nobody(self) -> None:
        scene = Scene("north", "south")
        scene.tell("north", details(visibility=HIDDEN))
        scene.accept(RecordCheck(((PartyId("north"), 1),)), author("south"))
        (entry,) = [each for each in scene.entries if isinstance(each.body, HiddenChecked)]
        assert not any(
            is_readable(scene.picture, entry, PartyId(each)) for each in ("north", "south")
        )

    def test_units_of_a_party_are_readable_by_it_alone(self) -> None:
        scene = Scene("north", "south")
        (entry,) = [
            each
            for each in scene.entries
            if isinstance(each.body, PartyRegistered) and each.body.party.id == "north"
        ]
        assert is_readable(scene.picture, entry, PartyId("north"))
        assert not is_readable(scene.picture, entry, PartyId("south"))

    def test_a_hidden_intent_that_moved_away_is_told_of_once_more_and_then_never(self) -> None:
        scene = Scene("north", "south")
        scene.tell("south")
        hidden = scene.tell("north", details(visibility=HIDDEN))
        hidden = scene.amend(hidden, details(volume(48), visibility=HIDDEN))
        assert [each.withdrawal for each in scene.notices("south")] == [False, True]
        hidden = scene.amend(hidden, details(volume(49), visibility=HIDDEN))
        scene.step(hidden, Step.END)
        assert len(scene.notices("south")) == 2

    def test_whoever_may_no_longer_see_an_intent_learns_that_it_is_withdrawn(self) -> None:
        scene = Scene("north", "south")
        scene.tell("south")
        intent = scene.tell("north", details(visibility=named("south")))
        scene.amend(intent, details(visibility=named()))
        last = scene.notices("south")[-1]
        assert last.withdrawal
        assert last.clashes == ()
        assert last.subject is not None
        assert last.subject.id == intent.id

    def test_nothing_is_written_where_nobody_may_be_told(self) -> None:
        sizes = []
        for place in (47.0, 12.0):
            scene = Scene("agency", "probe")
            scene.tell("agency", _presence())  # type: ignore[arg-type]
            before = len(scene.entries)
            scene.tell("probe", details(volume(place), visibility=named()))
            sizes.append(len(scene.entries) - before)
        assert sizes == [1, 1]

    def test_no_entry_says_how_many_follow_it(self) -> None:
        scene = Scene("north", "south")
        scene.tell("north", intent="a")
        first = [each for each in scene.entries if not each.follows][-1]
        assert b"follows" not in encode_entry(first)
        assert b'"entries"' not in encode_entry(first)

    def test_a_silent_probe_of_hidden_intents_is_counted_and_seen(self) -> None:
        rules = msgspec.structs.replace(DEFAULT_RULES, version="b", check_budget=2)
        scene = Scene("north", "probe", rules=rules)
        scene.tell("north", details(visibility=HIDDEN))
        for number in range(2):
            scene.tell("probe", details(visibility=named()), intent=f"p{number}")
        owners = [each.body for each in scene.entries if isinstance(each.body, HiddenChecked)]
        assert [each.owners for each in owners] == [((PartyId("north"), 1),)] * 2
        for place in (47.0, 12.0):
            silent = details(volume(place), visibility=named())
            refusal = scene.refuse(SubmitIntent(IntentId("p"), silent), author("probe"))
            assert refusal.rule == "budget-spent"
        scene.tell("probe", details(visibility=OPEN))

    @pytest.mark.parametrize(
        "near",
        [
            pytest.param(volume(lower_m=120, upper_m=150), id="above"),
            pytest.param(volume(from_min=126, until_min=150), id="later"),
        ],
    )
    def test_what_only_comes_near_tells_no_edge_of_what_is_hidden(self, near: object) -> None:
        from wideberth.space.volume import Separation

        rule = PairRule(
            (IntentKind.FLIGHT, IntentKind.FLIGHT),
            separation=Separation(0, 50_000, 10 * 60_000_000),
        )
        scene = Scene("north", "south", rules=Rules(version="near", pairs=(rule,)))
        scene.tell("north", details(visibility=HIDDEN))
        intent = scene.tell("south", details(near))  # type: ignore[arg-type]
        overlap = scene.notices("south")[0].clashes[0].overlap
        own = intent.volumes[0]
        if own.lower.value_mm:
            assert (overlap.lower_mm, overlap.upper_mm) == (120_000, 150_000)
        else:
            assert (overlap.start_us, overlap.end_us) == (own.start_us, own.end_us)

    def test_each_place_where_a_hidden_intent_is_met_is_told(self) -> None:
        scene = Scene("north", "south")
        legs = (volume(47.0, from_min=60, until_min=70), volume(47.5, from_min=80, until_min=90))
        scene.tell("north", details(*legs, visibility=HIDDEN))
        scene.tell("south", details(volume(47.0), volume(47.5)))
        clashes = scene.notices("south")[0].clashes
        assert len(clashes) == 2
        assert {each.overlap.cells[0].south_nd // 10**8 for each in clashes} == {469, 475} or (
            len({each.overlap.cells for each in clashes}) == 2
        )


class TestWhoIsTold:
    def _zone(self, scene: Scene, **more: object) -> None:
        given = {
            "zone": ZoneId("z"),
            "name": "Z",
            "rule": ZoneRule.KEEP_OUT,
            "volumes": (volume(radius_m=5000, from_min=0, until_min=600),),
            "reason": "r",
            **more,
        }
        scene.accept(DeclareZone(**given), author("desk"))  # type: ignore[arg-type]

    def test_the_zones_owner_when_an_intent_moves_out(self) -> None:
        scene = Scene("north", "desk")
        intent = scene.tell("north")
        self._zone(scene)
        scene.amend(intent, details(volume(48)))
        assert scene.notices("desk")[-1].clashes == ()
        assert len(scene.notices("desk")) == 2

    def test_who_told_an_intent_into_a_zone_when_that_is_withdrawn(self) -> None:
        scene = Scene("north", "desk")
        self._zone(scene)
        scene.tell("north")
        scene.accept(WithdrawZone(ZoneId("z"), 1), author("desk"))
        assert scene.notices("north")[-1].withdrawal

    def test_the_neutral_when_a_hazard_leaves_a_presence(self) -> None:
        scene = Scene("agency", "battery", neutral="lake")
        hazard = scene.tell("battery", _hazard())  # type: ignore[arg-type]
        scene.tell("agency", _presence("lake", "battery"))  # type: ignore[arg-type]
        scene.amend(hazard, _hazard(volume(48)))  # type: ignore[arg-type]
        assert len(scene.notices("lake")) == 2

    def test_those_who_were_told_of_a_hazard_when_it_goes_live(self) -> None:
        scene = Scene("north", "battery")
        scene.tell("north")
        hazard = scene.tell("battery", _hazard())  # type: ignore[arg-type]
        scene.step(hazard, Step.ACTIVATE)
        assert len(scene.notices("north")) == 2

    def test_a_hazard_cannot_be_kept_from_those_it_endangers(self) -> None:
        scene = Scene("battery")
        told = details(kind=IntentKind.HAZARD, visibility=named())
        refusal = scene.refuse(SubmitIntent(IntentId("h"), told), author("battery"))
        assert (refusal.rule, refusal.field) == ("hazard-is-felt", "kind, visibility")

    def test_nobody_of_what_was_only_shared_in_the_past(self) -> None:
        scene = Scene("north", "south", rules=STRICT)
        scene.tell("north", details(volume(from_min=-60, until_min=10)))
        scene.pass_time(20)
        scene.tell("south", details(volume(from_min=-60, until_min=60)))
        assert scene.notices("north") == []


class TestClosing:
    def _battery_hazard(self, scene: Scene) -> Intent:
        return next(
            scene.intent(each)
            for each in scene.picture.intents
            if scene.intent(each).kind is IntentKind.HAZARD
        )

    def test_ones_own_warning_is_replaced_when_one_moves_away(self) -> None:
        scene = Scene("north", "south")
        scene.tell("north")
        intent = scene.tell("south")
        scene.amend(intent, details(volume(48)))
        first, last = scene.notices("south")
        assert last.supersedes == (first.id,)
        scene.load(last)
        assert scene.open_notices("south") == []

    @pytest.mark.parametrize("presence_first", [True, False])
    @pytest.mark.parametrize("way", ["amend", "end"])
    def test_a_hold_ends_with_the_hazard(self, presence_first: bool, way: str) -> None:
        scene = Scene("agency", "battery")
        tellings = [("agency", _presence("battery")), ("battery", _hazard())]
        for party, told in tellings if presence_first else reversed(tellings):
            scene.tell(party, told)  # type: ignore[arg-type]
        hazard = self._battery_hazard(scene)
        assert scene.notices("battery")[0].held_by == ("agency",)
        if way == "amend":
            scene.amend(hazard, _hazard(volume(48)))  # type: ignore[arg-type]
        else:
            scene.step(hazard, Step.END)
        scene.load(scene.notices("battery")[-1])
        assert scene.open_notices("battery") == []

    def test_a_hold_outlives_that_its_owner_hides_the_presence(self) -> None:
        from wideberth.model.commands import AmendIntent

        scene = Scene("agency", "battery", "north")
        presence = scene.tell("agency", _presence("battery"))  # type: ignore[arg-type]
        hazard = scene.tell("battery", _hazard())  # type: ignore[arg-type]
        scene.accept(
            AmendIntent(presence.id, presence.ovn, _presence()),  # type: ignore[arg-type]
            author("agency"),
        )
        scene.tell("north", details(volume(47.3)))
        scene.amend(hazard, _hazard(volume(), volume(47.3)))  # type: ignore[arg-type]
        for notice in scene.open_notices("battery"):
            scene.load(notice)
        held = [each for each in scene.open_notices("battery") if each.held_by]
        assert held, "hazard and presence still overlap"
        for notice in held:
            scene.accept(ReleaseNotice(notice.id), signer("agency"))
        assert not [each for each in scene.open_notices("battery") if each.held_by]

    def test_each_owner_of_a_presence_has_to_let_it_close(self) -> None:
        scene = Scene("agency", "clinic", "battery")
        scene.tell("agency", _presence("battery"))  # type: ignore[arg-type]
        scene.tell("clinic", _presence("battery"))  # type: ignore[arg-type]
        scene.tell("battery", _hazard())  # type: ignore[arg-type]
        (notice,) = scene.notices("battery")
        assert notice.held_by == ("agency", "clinic")
        scene.load(notice)
        scene.accept(ReleaseNotice(notice.id), signer("clinic"))
        assert scene.open_notices("battery")
        scene.accept(ReleaseNotice(notice.id), signer("agency"))
        assert scene.open_notices("battery") == []

    def test_a_token_alone_releases_nothing(self) -> None:
        scene = Scene("agency", "battery")
        scene.tell("agency", _presence("battery"))  # type: ignore[arg-type]
        scene.tell("battery", _hazard())  # type: ignore[arg-type]
        command = ReleaseNotice(scene.notices("battery")[0].id)
        assert scene.refuse(command, author("agency")).rule == "signature-required"

    def test_a_long_chain_of_versions_is_answered(self) -> None:
        scene = Scene("north", "south")
        scene.tell("south")
        intent = scene.tell("north")
        for number in range(600):
            intent = scene.amend(intent, details(volume(upper_m=100 + number % 2 + 1)))
        scene.load(scene.notices("south")[-1])
        assert scene.open_notices("south") == []

    def test_an_answer_said_again_is_kept_once(self) -> None:
        scene = Scene("north", "south")
        scene.tell("north")
        scene.tell("south")
        (notice,) = scene.notices("north")
        for _ in range(5):
            scene.accept(AcknowledgeNotice(notice.id, Verb.RECEIVED), author("north"))
        assert len(scene.picture.notices[notice.id].answers) == 1


class TestDryRun:
    def _check(self, scene: Scene) -> DryRun:
        outcome = dry_run(
            scene.picture, details(), author("south"), Context(scene.now_us, scene.new_id)
        )
        assert isinstance(outcome, DryRun)
        return outcome

    def _scene(self, budget: int) -> Scene:
        rules = msgspec.structs.replace(DEFAULT_RULES, version="b", check_budget=budget)
        return Scene("north", "south", rules=rules)

    def test_what_is_visible_is_shown_whatever_the_budget(self) -> None:
        scene = self._scene(1)
        for name in ("a1", "a2"):
            scene.tell("north", details(visibility=HIDDEN), intent=name)
        shown = scene.tell("north", intent="b")
        dry = self._check(scene)
        assert shown.id in {each.other.id for each in dry.clashes if each.other is not None}
        assert (dry.hidden.done, dry.hidden.reason) == (False, "budget-spent")

    def test_two_dry_runs_at_once_cannot_spend_the_same_budget(self) -> None:
        scene = self._scene(1)
        scene.tell("north", details(visibility=HIDDEN))
        first, second = self._check(scene), self._check(scene)
        scene.accept(RecordCheck(first.owners), author("south"))
        refusal = scene.refuse(RecordCheck(second.owners), author("south"))
        assert refusal.rule == "budget-spent"


def test_one_command_cannot_hold_up_all_others() -> None:
    scene = Scene("north", "south")
    many = [volume(47 + number * 1e-6) for number in range(100)]
    for number in range(3):
        scene.tell("north", details(*many), intent=f"n{number}")
    refusal = scene.refuse(SubmitIntent(IntentId("s"), details(*many)), author("south"))
    assert refusal.rule == "too-complex"
    scene.step(scene.intent("n2"), Step.END)
    refusal = scene.refuse(
        SubmitIntent(IntentId("s"), details(*many, *many, *many[:1])), author("south")
    )
    assert refusal.rule == "volume-count"


class TestRules:
    def test_rules_that_could_not_compare_what_stands_are_refused(self) -> None:
        with_terrain = msgspec.structs.replace(
            DEFAULT_RULES, version="t", terrain=TerrainBound(0, 100_000)
        )
        scene = Scene("north", rules=with_terrain)
        intent = scene.tell("north", details(volume(reference=AltitudeReference.AGL)))
        without = msgspec.structs.replace(DEFAULT_RULES, version="u")
        assert scene.refuse(AdoptRules(without)).rule == "heights-incomparable"
        scene.step(intent, Step.END)
        scene.adopt(without)

    def test_other_terrain_is_in_force_for_what_stands_already(self) -> None:
        low = msgspec.structs.replace(DEFAULT_RULES, version="l", terrain=TerrainBound(0, 1))
        high = msgspec.structs.replace(
            DEFAULT_RULES, version="h", terrain=TerrainBound(0, 2_000_000)
        )
        scene = Scene("north", "south", rules=low)
        scene.tell("north", details(volume(reference=AltitudeReference.AGL)))
        scene.adopt(high)
        scene.tell("south", details(volume(lower_m=1500, upper_m=1600)))
        assert len(scene.notices("north")) == 1

    @pytest.mark.parametrize("field", ["cell_nd", "check_budget", "cell_time_us"])
    def test_rules_without_sense_are_refused(self, field: str) -> None:
        scene = Scene("north")
        bad = msgspec.structs.replace(DEFAULT_RULES, version="x", **{field: -1})
        assert scene.refuse(AdoptRules(bad)).field == f"rules.{field}"

    def test_a_version_of_the_rules_is_used_once(self) -> None:
        scene = Scene("north")
        other = msgspec.structs.replace(DEFAULT_RULES, version="x")
        scene.adopt(other)
        assert scene.refuse(AdoptRules(DEFAULT_RULES)).rule == "rules-version-taken"


def test_an_entry_with_a_field_that_this_program_does_not_know_is_newer() -> None:
    scene = Scene("north")
    scene.tell("north")
    envelope = encode_entry(scene.entries[-1])
    for changed in (
        envelope.replace(b'{"v":1,', b'{"v":1,"escalation":5,', 1),
        envelope.replace(b'"priority":0', b'"priority":0,"deadline_us":5', 1),
    ):
        assert changed != envelope
        with pytest.raises(NewerEntry):
            decode_entry(changed, position=3)
    with pytest.raises(RecordCorrupt):
        decode_entry(b'{"v":1,', position=3)
