"""Which steps an intent takes by its tracks: second by second, against the rule said plainly."""

from types import SimpleNamespace

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wideberth.model.ids import IntentId, PartyId
from wideberth.model.intents import TRANSITIONS, IntentState
from wideberth.space.time import SECOND_US
from wideberth.watch import staterule
from wideberth.watch.conformance import Outside
from wideberth.watch.staterule import StateRule
from wideberth.watch.tracks import TrackKey

T0 = 1_600_000_000


class Standing(msgspec.Struct, frozen=True):
    """What of an intent the rule reads."""

    state: IntentState
    by_track_us: int | None = None
    state_by_track: bool = True
    id: IntentId = IntentId("i")
    party: PartyId = PartyId("alpha")
    ovn: str = "o"


def run(spans):
    """The state after each second. spans: (where, seconds), where each track reports or is None:
    in, out or silent.
    """
    rule, intent = StateRule(), Standing(IntentState.ACTIVATED)
    rule._ids = {intent.id}
    now, since, last, states = T0, None, None, []
    for where, seconds in spans:
        for _ in range(seconds):
            now += 1
            if where is not None:
                last = (now, where == "in")
                since = None if where == "in" else now if since is None else since
            flying = []
            if last is not None:
                key = TrackKey("alpha", "f", "t")
                since_us = None if since is None else since * SECOND_US
                flying = [Outside(key, "i", last[0] * SECOND_US, last[1], since_us)]
                # Another party's word for a thing of alpha's, which is always out.
                flying.append(Outside(TrackKey("bravo", "f", "t"), "i", now * SECOND_US, False, 1))
            picture = SimpleNamespace(intents={intent.id: intent})
            for step in rule.steps(picture, flying, now * SECOND_US):
                state = TRANSITIONS[intent.state, step.step]
                by_us = now * SECOND_US if state is IntentState.NONCONFORMING else None
                intent = msgspec.structs.replace(intent, state=state, by_track_us=by_us)
            states.append(intent.state.value)
    return states


def plainly(spans):
    """The same, said again."""
    state, states = "Activated", []
    reports, became = [], None
    for where, seconds in spans:
        for _ in range(seconds):
            now = len(states) + 1
            if where is not None:
                reports.append((now, where))
            out = []
            for each in reversed(reports):
                if each[1] == "in":
                    break
                out.append(each[0])
            if state == "Activated" and out and out[0] - out[-1] >= 5:
                state, became = "Nonconforming", now
            elif state == "Nonconforming":
                if now - became >= 60:
                    state = "Contingent"
                elif reports and reports[-1][1] == "in" and reports[-1][0] > became:
                    state = "Activated"
            states.append(state)
    return states


def check(spans):
    assert run(spans) == plainly(spans)


SPANS = st.lists(
    st.tuples(st.sampled_from(["in", "out", None]), st.sampled_from([1, 4, 5, 6, 20, 59, 60, 61])),
    max_size=8,
)
BACK_IN_TIME = [("in", 3), ("out", 40), ("in", 5)]
TOO_LATE = [("in", 3), ("out", 66), ("in", 20)]
SILENT = [("in", 3), ("out", 6), (None, 70)]


@given(SPANS)
@example(BACK_IN_TIME)
@example(TOO_LATE)
@example(SILENT)
def test_the_steps_are_those_of_the_rule(spans):
    check(spans)


def test_what_the_examples_come_to():
    assert run(BACK_IN_TIME)[7:9] == ["Activated", "Nonconforming"]
    assert [run(each)[-1] for each in (BACK_IN_TIME, TOO_LATE, SILENT)] == [
        "Activated", "Contingent", "Contingent",
    ]  # fmt: skip


def never_contingent(rule, intent, own, now_us, *, step=StateRule._step):
    since_us = intent.by_track_us
    return step(rule, intent, own, now_us if since_us is None else min(now_us, since_us + 1))


def silence_returns(rule, intent, own, now_us, *, step=StateRule._step):
    quiet = [each for each in own if each.time_us < now_us]
    if intent.state is IntentState.NONCONFORMING and quiet:
        own = [msgspec.structs.replace(each, is_inside=True, time_us=now_us) for each in own]
    return step(rule, intent, own, now_us)


@pytest.mark.parametrize(
    ("fault", "spans"),
    [(never_contingent, TOO_LATE), (silence_returns, SILENT)],
    ids=["it is never Contingent", "silence is a return"],
)
def test_the_comparison_finds(monkeypatch, fault, spans):
    monkeypatch.setattr(StateRule, "_step", fault)
    with pytest.raises(AssertionError):
        check(spans)


def test_settings_are_refused_where_they_are_negative():
    for name in staterule.StateSettings.__struct_fields__:
        with pytest.raises(ValueError, match="give 0 or more"):
            staterule.StateSettings(**{name: -1})
