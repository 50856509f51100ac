"""D-01, mechanically: approving, refusing, clearing and permitting exist for consents alone."""

from __future__ import annotations

import importlib
import pkgutil
import re
from enum import StrEnum

import pytest

from wideberth import model
from wideberth.faces.api.events import EVENTS
from wideberth.faces.api.routes import ROUTES
from wideberth.model.consents import Verdict
from wideberth.model.provisions import Provision
from wideberth.templates import TEMPLATES

WORDS = re.compile(r"approv|permit|refus|\bclear(?:ed|s|ance)?\b|authori[sz]", re.IGNORECASE)
KEPT_APART = {
    "warn": "a clash that is refused is a rule's no to an intent, not a party's answer",
    "all-clear": "the word of the party that declared a hazard (N-18)",
    "all_clear": "the same, in a path",
    "nobody said to be clear": "the list of hazards without an all-clear",
    "REFUSED": "the state of a channel: they hang up (D-07)",
    "refuse": "what a rule does, not a party",
    "cleared": "what becomes of a warning, said by the system",
}
"""Other uses of these words, each with why it answers nothing."""


def sayings() -> list[tuple[str, str]]:
    """(where, word) of all that a party can choose, name or ask for."""
    found = [(f"route {route.method} {route.path}", f"{route.path} {route.summary}")
             for route in ROUTES]  # fmt: skip
    found += [("event", name) for name in EVENTS]
    for module in pkgutil.iter_modules(model.__path__):
        for value in vars(importlib.import_module(f"wideberth.model.{module.name}")).values():
            if isinstance(value, type) and issubclass(value, StrEnum) and value is not StrEnum:
                found += [(f"{value.__module__}.{value.__name__}", each.value) for each in value]
    return found


def offending(found: list[tuple[str, str]]) -> list[tuple[str, str]]:
    own = {(f"{Verdict.__module__}.{Verdict.__name__}", each.value) for each in Verdict}
    left: list[tuple[str, str]] = []
    for where, said in found:
        text = said
        for word in KEPT_APART:
            text = text.replace(word, "").replace(word.upper(), "")
        if WORDS.search(text) and (where, said) not in own:
            left.append((where, said))
    return left


@pytest.mark.requirement("D-01")
def test_only_consents_know_of_approving_and_clearing() -> None:
    assert offending(sayings()) == []


@pytest.mark.requirement("D-01")
def test_a_verb_that_approves_would_be_found() -> None:
    planted = [*sayings(), ("wideberth.model.notices.Verb", "APPROVED")]
    assert offending(planted) == [("wideberth.model.notices.Verb", "APPROVED")]


@pytest.mark.requirement("D-01")
def test_only_templates_of_the_kind_consent_ask() -> None:
    for template in TEMPLATES.values():
        asks = any(each["type"] == "consent" for each in template.provisions)
        assert not asks or template.kind == "CONSENT", template.name
    assert Provision
