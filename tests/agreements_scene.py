"""Agreements for tests of the rules: texts, and parties that sign them."""

from __future__ import annotations

from typing import Any

import msgspec

from scenes import START_US, Scene, signer
from wideberth.model.agreements import (
    Act,
    Agreement,
    AgreementProposed,
    LegalKind,
    ProposeAgreement,
    StepAgreement,
    Terms,
)
from wideberth.model.deadlines import DeadlineKind, DeadlinePassed
from wideberth.model.ids import AgreementId, PartyId
from wideberth.model.provisions import Provision, Wording
from wideberth.picture.agreement_times import agreement_due, subject_of
from wideberth.space.time import DAY_US, HOUR_US

PACT = AgreementId("pact")
NORTH, SOUTH, DESK = PartyId("north"), PartyId("south"), PartyId("desk")


def terms(*provisions: Provision, **more: Any) -> Terms:
    """A text between north and south for 90 days from the start."""
    given = {
        "title": "Keeping apart",
        "kind": LegalKind.SEPARATION,
        "parties": (NORTH, SOUTH),
        "effective_us": START_US,
        "expires_us": START_US + 90 * DAY_US,
        "provisions": provisions or (Wording(id="words", words="We keep apart."),),
        **more,
    }
    return Terms(**given)


def scene() -> Scene:
    """North, south and a third party, and a neutral."""
    return Scene("north", "south", "west", neutral="desk")


def propose(
    scene: Scene, text: Terms, *, by: str = "north", replaces: int = 0, hours: int = 24
) -> AgreementProposed:
    command = ProposeAgreement(PACT, scene.now_us + hours * HOUR_US, text, replaces)
    (body,) = scene.accept(command, signer(by))
    assert isinstance(body, AgreementProposed)
    return body


def act(version: int, act: Act, **more: Any) -> StepAgreement:
    return StepAgreement(PACT, version, act, **more)


def sign(scene: Scene, body: AgreementProposed, *parties: str) -> None:
    """Everybody signs; with a neutral, each its own sheet and the neutral all of them."""
    neutral = body.terms.neutral
    for party in parties or body.terms.parties:
        sheet = None if neutral is None else PartyId(party)
        command = act(body.version, Act.SIGN, digest=body.digest, sheet=sheet)
        scene.accept(command, signer(party))
        if neutral is not None:
            scene.accept(command, signer(neutral))


def agreed(scene: Scene, *provisions: Provision, **more: Any) -> Agreement:
    """An agreement in force with these provisions."""
    body = propose(scene, terms(*provisions, **more))
    sign(scene, body)
    return version(scene, body.version)


def version(scene: Scene, number: int = 1) -> Agreement:
    found = scene.picture.agreements[PACT, number]
    assert msgspec.json.decode(msgspec.json.encode(found), type=Agreement) == found
    return found


def pass_due(scene: Scene, number: int = 1) -> None:
    """Let the next time of a version be reached."""
    subject = subject_of(version(scene, number))
    due = agreement_due(scene.picture, subject)
    assert due is not None
    scene.now_us = max(scene.now_us, due.due_us)
    scene.accept(DeadlinePassed(DeadlineKind.AGREEMENT, subject, due.step))
