"""What deciding takes and gives: the context handed in, the entries or the refusal handed out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from wideberth.errors import InvalidValue, Unclear
from wideberth.model.entries import Body
from wideberth.model.ids import PartyId
from wideberth.model.nearest import no_such_party
from wideberth.model.refusals import Refusal, RefusalKind
from wideberth.picture.standing import Outcome

__all__ = [
    "Accepted",
    "Context",
    "Decision",
    "Repeated",
    "invalid",
    "refused",
    "unknown_party",
]


@dataclass(frozen=True, slots=True)
class Context:
    """What rules may not fetch themselves. now_us: the time; new_id: gives a fresh id each call."""

    now_us: int
    new_id: Callable[[], str]


@dataclass(frozen=True, slots=True)
class Accepted:
    """Yes: the entries to append, in order. The first one carries the request."""

    bodies: tuple[Body, ...]


@dataclass(frozen=True, slots=True)
class Repeated:
    """This request was answered before: the same entries answer it again."""

    outcome: Outcome


Decision = Accepted | Refusal


def refused(kind: RefusalKind, rule: str, advice: str, **more: str | None) -> Refusal:
    """A refusal in one line. more: field and value."""
    return Refusal(kind, rule, advice, field=more.get("field"), value=more.get("value"))


def invalid(error: InvalidValue) -> Refusal:
    """The refusal that an invalid value is."""
    is_unclear = isinstance(error, Unclear)
    return Refusal(
        RefusalKind.UNCLEAR if is_unclear else RefusalKind.INVALID,
        error.rule,
        error.advice,
        field=error.field,
        value=str(error.value),
        choices=error.choices if is_unclear else (),
    )


def unknown_party(party: PartyId, known: Iterable[PartyId]) -> Refusal:
    """The refusal of a party that nobody registered. known: those that were."""
    return refused(
        RefusalKind.UNKNOWN,
        "party-unknown",
        no_such_party(party, known),
        field="party",
        value=party,
    )
