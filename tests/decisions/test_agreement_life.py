"""An agreement's life against a reference; and the reference finds what is planted."""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from agreement_life import AgreementLife
from wideberth.decisions import agreement_times, agreements
from wideberth.model.agreements import Act
from wideberth.model.ids import PartyId

EXAMPLES = int(os.environ.get("WIDEBERTH_AGREEMENT_LIVES", "40"))


def live(examples: int, **more: Any) -> None:
    run_state_machine_as_test(
        AgreementLife,
        settings=settings(
            max_examples=examples,
            stateful_step_count=30,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            **more,
        ),
    )


@pytest.mark.requirement("Z-01")
@pytest.mark.requirement("Z-13")
def test_an_agreement_lives_as_the_reference_says() -> None:
    live(EXAMPLES)


def one_signature_is_enough(patch: pytest.MonkeyPatch) -> None:
    wanted = agreements.wanted_sheets
    patch.setattr(
        agreements,
        "wanted_sheets",
        lambda given: {each for each in wanted(given) if each[0] == PartyId("north")},
    )


def anybody_resumes(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(agreements._CHECKS, Act.RESUME, lambda *_: None)


def any_digest_is_signed(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(agreements._CHECKS, Act.SIGN, lambda *_: None)


def a_renewal_leaves_what_it_renews(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(agreement_times, "_STAND", ())


def part_of_it_is_all_of_it(patch: pytest.MonkeyPatch) -> None:
    stepped = agreements.AgreementStepped

    def whole(**given: Any) -> Any:
        if given["act"] is Act.ACCEPT:
            given["provisions"] = ("apart", "words", "stop")
        return stepped(**given)

    patch.setattr(agreements, "AgreementStepped", whole)


@pytest.mark.requirement("Z-01")
@pytest.mark.requirement("Z-13")
@pytest.mark.parametrize(
    "plant",
    [
        one_signature_is_enough,
        anybody_resumes,
        any_digest_is_signed,
        a_renewal_leaves_what_it_renews,
        part_of_it_is_all_of_it,
    ],
)
def test_a_planted_fault_is_found(plant: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    with pytest.raises(AssertionError):
        live(200, phases=[Phase.generate], derandomize=True)
