"""Who is there, and whether a hazard still is: silence never gives more than "unknown"."""

from __future__ import annotations

import pytest

from scenes import HIDDEN, Scene, author, details, signer, volume
from wideberth.decisions.deadlines import DONE
from wideberth.model.channels import ChannelState
from wideberth.model.commands import AcknowledgeNotice
from wideberth.model.entries import Body, NoticeIssued
from wideberth.model.ids import IntentId, PartyId
from wideberth.model.intents import Intent, IntentKind, Step
from wideberth.model.liveness import (
    AllClearGiven,
    GiveAllClear,
    GiveHeartbeat,
    HazardStatus,
    HazardUnheard,
    HazardWatch,
    HeartbeatMissed,
    ReportChannel,
    ResumeChannel,
    StateHazard,
    SuspendChannel,
)
from wideberth.model.notices import Particulars, Verb
from wideberth.picture.deadlines import pending, take_due
from wideberth.picture.liveness import state_of_party
from wideberth.picture.snapshot import dump, load

ALPHA, BRAVO = PartyId("alpha"), PartyId("bravo")


def run(scene: Scene, minutes: float) -> list[tuple[float, Body]]:
    """Let time pass, half a minute at a time; what was said by rule of who is there, and when."""
    pending(scene.picture)
    begun_us, said = scene.now_us, list[tuple[float, Body]]()
    for _ in range(round(minutes * 2)):
        scene.pass_time(0.5)
        for passed in take_due(scene.picture, scene.now_us, limit=99):
            body = scene.accept(passed)[0]
            assert scene.refuse(passed).rule == DONE
            if isinstance(body, HeartbeatMissed | HazardUnheard):
                said.append(((scene.now_us - begun_us) / 60_000_000, body))
    assert scene.picture.digest() == scene.replayed().digest()
    assert load(dump(scene.picture)).digest() == scene.picture.digest()
    return said


def state(scene: Scene, party: PartyId = ALPHA) -> ChannelState:
    return state_of_party(scene.picture, party)


@pytest.mark.requirement("D-07")
class TestHeartbeats:
    def test_a_party_that_was_never_heard_is_unknown_and_never_blank(self) -> None:
        scene = Scene("alpha", "bravo")
        assert state(scene) is ChannelState.UNKNOWN
        assert run(scene, 24 * 60) == []

    def test_a_missed_heartbeat_is_known_within_five_minutes_and_said_once(self) -> None:
        scene = Scene("alpha", "bravo", neutral="cross")
        scene.accept(GiveHeartbeat(), author("alpha"))
        scene.accept(GiveHeartbeat(), author("bravo"))
        assert state(scene) is ChannelState.UP
        run(scene, 6 * 60)
        scene.accept(GiveHeartbeat(), author("bravo"))
        ((after, missed),) = run(scene, 11 * 60)
        assert isinstance(missed, HeartbeatMissed)
        assert missed.party == ALPHA
        assert 6 * 60 < after <= 6 * 60 + 5
        assert (state(scene), state(scene, BRAVO)) == (ChannelState.UNKNOWN, ChannelState.UP)
        history = scene.picture.history
        assert history is not None
        (at,) = [
            at for at, each in enumerate(scene.entries) if isinstance(each.body, HeartbeatMissed)
        ]
        for party in ("alpha", "bravo", "cross"):
            told = [where for _, where in history.stream(PartyId(party), 0, 999)]
            assert at in told, "both sides and the neutral"

    def test_in_operations_it_is_hourly_from_the_moment_they_begin(self) -> None:
        scene = Scene("alpha")
        intent = scene.tell("alpha", details(volume(from_min=0, until_min=600)))
        scene.accept(GiveHeartbeat(), author("alpha"))
        assert run(scene, 30) == []
        scene.step(intent, Step.ACTIVATE)
        ((after, _),) = run(scene, 120)
        assert 30 <= after <= 35

    def test_who_is_heard_again_is_up_again(self) -> None:
        scene = Scene("alpha")
        scene.accept(GiveHeartbeat(), author("alpha"))
        run(scene, 13 * 60)
        scene.accept(GiveHeartbeat(degraded=True), author("alpha"))
        assert state(scene) is ChannelState.DEGRADED
        assert len(run(scene, 13 * 60)) == 1

    @pytest.mark.parametrize("found", [ChannelState.DOWN, ChannelState.REFUSED])
    def test_what_a_counterpart_found_is_its_own_word(self, found: ChannelState) -> None:
        scene = Scene("alpha", "bravo")
        scene.accept(ReportChannel(ALPHA, found, "no answer to three calls"), author("bravo"))
        channel = scene.picture.channels[ALPHA]
        assert (channel.state, channel.by) == (found, BRAVO)
        scene.accept(GiveHeartbeat(), author("alpha"))
        assert state(scene) is ChannelState.UP

    def test_nobody_reports_itself_or_what_only_a_party_says_of_itself(self) -> None:
        scene = Scene("alpha", "bravo")
        own = ReportChannel(ALPHA, ChannelState.DOWN, "")
        assert scene.refuse(own, author("alpha")).rule == "no-such-party"
        for said in (ChannelState.UP, ChannelState.SUSPENDED, ChannelState.UNKNOWN):
            told = ReportChannel(BRAVO, said, "")
            assert scene.refuse(told, author("alpha")).rule == "channel-state"


@pytest.mark.requirement("D-11")
class TestSuspension:
    def test_it_is_signed_and_has_time_and_scope_and_shows_what_stood(self) -> None:
        scene = Scene("alpha", "bravo")
        scene.accept(GiveHeartbeat(), author("alpha"))
        command = SuspendChannel("all but STOP", "political", for_minutes=60)
        assert scene.refuse(command, author("alpha")).rule == "signature-required"
        scene.accept(command, signer("alpha"))
        channel = scene.picture.channels[ALPHA]
        assert (channel.state, channel.before) == (ChannelState.SUSPENDED, ChannelState.UP)
        assert channel.until_us == scene.now_us + 3_600_000_000
        scene.accept(GiveHeartbeat(), author("alpha"))
        assert state(scene) is ChannelState.SUSPENDED, "a heartbeat ends no suspension"
        scene.accept(ReportChannel(ALPHA, ChannelState.DOWN, "no answer"), author("bravo"))
        assert state(scene) is ChannelState.SUSPENDED

    def test_at_its_end_nothing_is_up_of_itself(self) -> None:
        scene = Scene("alpha")
        scene.accept(SuspendChannel("all", "repair", for_minutes=60), signer("alpha"))
        ((after, _),) = run(scene, 120)
        assert 60 < after <= 65
        assert state(scene) is ChannelState.UNKNOWN

    def test_without_an_end_it_stands_until_it_is_resumed(self) -> None:
        scene = Scene("alpha")
        scene.accept(SuspendChannel("all", "repair"), signer("alpha"))
        assert run(scene, 24 * 60) == []
        assert scene.refuse(ResumeChannel(), author("alpha")).rule == "signature-required"
        scene.accept(ResumeChannel(), signer("alpha"))
        assert state(scene) is ChannelState.UP
        assert scene.refuse(ResumeChannel(), signer("alpha")).rule == "not-suspended"


def burning(scene: Scene, **more: object) -> Intent:
    """A hazard of bravo's from 60 to 120 minutes, on a flight of alpha's."""
    scene.tell("alpha", details())
    return scene.tell("bravo", details(kind=IntentKind.HAZARD, **more))  # type: ignore[arg-type]


def watched(scene: Scene, intent: Intent) -> HazardWatch:
    return scene.picture.hazards[intent.id]


@pytest.mark.requirement("L-05")
class TestStatusOfHazards:
    def test_a_missed_beat_is_unknown_and_never_clear(self) -> None:
        scene = Scene("alpha", "bravo")
        hazard = burning(scene)
        said = run(scene, 119)
        assert [after for after, _ in said] == [65]
        assert watched(scene, hazard).status is HazardStatus.UNKNOWN
        assert not watched(scene, hazard).over

    def test_a_beat_that_is_kept_keeps_it_known(self) -> None:
        scene = Scene("alpha", "bravo")
        hazard = burning(scene)
        run(scene, 60)
        for _ in range(10):
            scene.accept(StateHazard(hazard.id, HazardStatus.ACTIVE), author("bravo"))
            assert run(scene, 4.5) == []
        assert watched(scene, hazard).status is HazardStatus.ACTIVE

    def test_to_activate_it_is_a_word_of_it(self) -> None:
        scene = Scene("alpha", "bravo")
        hazard = burning(scene)
        run(scene, 62)
        scene.step(hazard, Step.ACTIVATE)
        ((after, _),) = run(scene, 10)
        assert after == 5

    def test_both_sides_are_told_and_only_who_sees_it(self) -> None:
        scene = Scene("alpha", "bravo", "charlie")
        hazard = burning(scene)
        assert watched(scene, hazard).informed == (BRAVO, ALPHA)
        hidden = Scene("alpha", "bravo")
        assert watched(hidden, burning(hidden, visibility=HIDDEN)).informed == (BRAVO,)

    def test_only_its_own_party_says_how_it_stands(self) -> None:
        scene = Scene("alpha", "bravo")
        hazard = burning(scene)
        command = StateHazard(hazard.id, HazardStatus.ENDED)
        assert scene.refuse(command, author("alpha")).rule == "no-such-hazard"
        unknown = StateHazard(IntentId("none"), HazardStatus.ACTIVE)
        assert scene.refuse(unknown, author("bravo")).rule == "no-such-hazard"

    @pytest.mark.requirement("N-18")
    def test_at_its_end_it_is_ended_by_time_and_not_clear(self) -> None:
        scene = Scene("alpha", "bravo")
        hazard = burning(scene)
        said = run(scene, 130)
        assert [(after, body.ended) for after, body in said if isinstance(body, HazardUnheard)] == [
            (65, False),
            (120, True),
        ]
        run(scene, 3 * 24 * 60)
        scene.accept(GiveHeartbeat(), author("alpha"))
        assert hazard.id not in scene.picture.intents
        watch = watched(scene, hazard)
        assert (watch.over, watch.by_time, watch.status) == (True, True, HazardStatus.UNKNOWN)


@pytest.mark.requirement("N-18")
class TestAllClear:
    def test_it_is_signed_and_goes_to_who_was_told_and_is_read_back(self) -> None:
        scene = Scene("alpha", "bravo", "charlie")
        hazard = burning(scene)
        command = GiveAllClear(hazard.id)
        assert scene.refuse(command, signer("bravo")).rule == "hazard-stands"
        scene.step(hazard, Step.END)
        assert watched(scene, hazard).over
        assert scene.refuse(command, author("bravo")).rule == "signature-required"
        assert scene.refuse(command, signer("alpha")).rule == "no-such-hazard"
        said, issued = scene.accept(command, signer("bravo"))
        assert isinstance(said, AllClearGiven)
        assert isinstance(issued, NoticeIssued)
        notice = issued.notice
        assert (notice.recipient, notice.sender, notice.all_clear) == (ALPHA, BRAVO, True)
        assert notice.particulars is not None
        off = Particulars(0, 0, 0, 0, 0, 0)
        scene.accept(AcknowledgeNotice(notice.id, Verb.READ_BACK, read_back=off), signer("alpha"))
        loaded = AcknowledgeNotice(notice.id, Verb.LOADED, unit=notice.units[0], system="desk")
        assert scene.refuse(loaded, signer("alpha")).rule == "read-back-mismatch"
        right = AcknowledgeNotice(notice.id, Verb.READ_BACK, read_back=notice.particulars)
        scene.accept(right, signer("alpha"))
        scene.load(notice)
        assert hazard.id not in scene.picture.hazards
        assert scene.refuse(command, signer("bravo")).rule == "no-such-hazard"

    def test_a_hazard_that_ended_by_time_can_still_be_cleared(self) -> None:
        scene = Scene("alpha", "bravo")
        hazard = burning(scene)
        run(scene, 3 * 24 * 60)
        _, issued = scene.accept(GiveAllClear(hazard.id), signer("bravo"))
        assert isinstance(issued, NoticeIssued)
