"""The invariants of the loop under random commands (invariants.py), and planted faults.

Each planted fault below breaks one rule, and the machine must find it: a checker counts once it has
failed.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from invariants import Loop
from wideberth.decisions import clashes, intents, notices, telling
from wideberth.decisions.disclosure import Met
from wideberth.model.intents import Intent
from wideberth.model.notices import Clash
from wideberth.picture.standing import OpenNotice
from wideberth.space.volume import Separation

SETTINGS = settings(
    max_examples=60,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.mark.requirement("D-10")
def test_the_invariants_hold_under_random_commands() -> None:
    run_state_machine_as_test(Loop, settings=SETTINGS)


def _never_within(gap: object, separation: Separation) -> bool:
    return gap.horizontal_mm < separation.horizontal_mm  # type: ignore[attr-defined]


def _told_to_all(
    picture: object, reader: str, *, own: object, other: Intent, met: Met
) -> list[Clash]:
    return [
        Clash(
            rule=met.rule_id,
            other_kind=other.kind.value,
            gap=met.meetings[0].gap,
            overlap=met.meetings[0].overlap,
            own=own,  # type: ignore[arg-type]
            other=clashes.intent_ref(other),
            other_party=other.party,
        )
    ]


@pytest.mark.parametrize(
    ("module", "name", "fault"),
    [
        pytest.param(clashes, "_is_within", _never_within, id="touching does not count"),
        pytest.param(telling, "clashes_for", _told_to_all, id="everybody sees everything"),
        pytest.param(intents, "_refuse_clashes", lambda *given: None, id="nobody is refused"),
        pytest.param(
            OpenNotice, "is_loaded", property(lambda standing: True), id="RECEIVED closes"
        ),
        pytest.param(
            notices,
            "_closed_by",
            lambda picture, standing: (standing.notice.id,) if standing.is_loaded else (),
            id="what it replaces stays open",
        ),
    ],
)
def test_a_planted_fault_is_found(
    monkeypatch: pytest.MonkeyPatch, module: object, name: str, fault: Callable[..., object]
) -> None:
    monkeypatch.setattr(module, name, fault)
    with pytest.raises((AssertionError, ExceptionGroup)):
        run_state_machine_as_test(
            Loop,
            settings=settings(
                SETTINGS,
                max_examples=100,
                derandomize=True,
                database=None,
                phases=[Phase.generate],  # it is enough that the fault is found
            ),
        )
