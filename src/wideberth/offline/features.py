"""One feature: what a sender wrote about one volume, read strictly and never guessed.

The readers of each format (:mod:`~wideberth.offline.geojson`, :mod:`~wideberth.offline.table`)
bring a :class:`Statement`; the rules about its fields stand here once. Every broken rule of a
feature is found, not only the first.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar

import msgspec

from wideberth.errors import InvalidValue
from wideberth.model.intents import ActorClass, IntentKind
from wideberth.offline.problems import described
from wideberth.offline.shapes import Placed, instant_us, scheduled
from wideberth.space.altitude import Altitude, altitude
from wideberth.space.time import parse_rfc3339
from wideberth.space.volume import Circle, Footprint, Volume4D

__all__ = [
    "MISSING",
    "Feature",
    "Findings",
    "Place",
    "Statement",
    "errors_in",
    "features_of",
    "safe",
    "shaped_features_of",
]

MAX_NAME_CHARACTERS = 256
MAX_PRIORITY = 2**31 - 1  # ASTM F3548-21 OpenAPI, Priority: a 32-bit integer

_ANYWHERE = Circle(0, 0, 1)  # stands in for a bad geometry while the other fields are judged

T = TypeVar("T")


class _Missing:
    """The type of MISSING."""

    def __repr__(self) -> str:
        return "nothing"


MISSING = _Missing()
"""A field that is not there. JSON null means the same."""


class Feature(msgspec.Struct, frozen=True):
    """One volume of one intent, as a file said it.

    source: the file; index: the feature in it, from 0 (the parts of a MultiPolygon share one).
    intent: the intent's id; is_named: whether the file gave it, or the place stands for it.
    party, kind, priority, actor, place_name: None where the feature does not say. declaration: JSON
    text of the shape as the file has it, where the volume is a part of what covers it.
    """

    source: str
    index: int
    id: str | None
    intent: str
    is_named: bool
    party: str | None
    kind: IntentKind | None
    priority: int | None
    volume: Volume4D
    declaration: str | None = None
    actor: ActorClass | None = None
    place_name: str | None = None


class Statement(msgspec.Struct, frozen=True):
    """The fields of one feature as they came, MISSING where they did not.

    lower and upper: (value, units, reference), or an InvalidValue that says why not.
    """

    intent: object
    party: object
    kind: object
    priority: object
    lower: tuple[object, object, object] | InvalidValue
    upper: tuple[object, object, object] | InvalidValue
    start: object
    end: object
    actor: object = MISSING
    place_name: object = MISSING


class Place(msgspec.Struct, frozen=True):
    """Where a feature stands. index: from 0; id: its own, where it has one."""

    source: str
    index: int
    id: str | None = None


def features_of(
    statement: Statement, footprints: list[Footprint], *, place: Place
) -> list[Feature]:
    """The features of one good statement: one for each footprint.

    Raises InvalidValue for the first broken rule; :func:`errors_in` then finds all of them.
    """
    name = _name(statement.intent, field="intent")
    party = _name(statement.party, field="party")
    kind = _kind(statement.kind)
    priority = _priority(statement.priority)
    lower = _altitude(statement.lower, field="lower")
    upper = _altitude(statement.upper, field="upper")
    start_us = _time(statement.start, field="start")
    end_us = _time(statement.end, field="end")
    actor = _actor(statement.actor)
    place_name = _name(statement.place_name, field="place_name")
    return [
        Feature(
            source=place.source,
            index=place.index,
            id=place.id,
            intent=name if name is not None else f"{place.source}#{place.index}",
            is_named=name is not None,
            party=party,
            kind=kind,
            priority=priority,
            volume=Volume4D(footprint, lower, upper, start_us, end_us),
            actor=actor,
            place_name=place_name,
        )
        for footprint in footprints
    ]


def shaped_features_of(
    statement: Statement,
    placed: list[Placed],
    properties: dict[str, Any],
    *,
    place: Place,
    declaration: str | None,
) -> list[Feature]:
    """The same for what covers a declared shape, in each window of its schedule.

    Raises InvalidValue as :func:`features_of` does, and for schedule and times that do not fit.
    """
    (base,) = features_of(statement, [_ANYWHERE], place=place)
    whole = base.volume
    parts = scheduled(placed, properties, whole.start_us, whole.end_us)
    return [
        msgspec.structs.replace(
            base,
            volume=Volume4D(
                part.footprint,
                whole.lower,
                whole.upper,
                *(part.window_us or (whole.start_us, whole.end_us)),
            ),
            declaration=declaration,
        )
        for part in parts
    ]


def errors_in(statement: Statement) -> list[InvalidValue]:
    """Every rule that the fields of a statement break, its geometry aside."""
    findings = Findings()
    findings.of(lambda: _name(statement.intent, field="intent"))
    findings.of(lambda: _name(statement.party, field="party"))
    findings.of(lambda: _kind(statement.kind))
    findings.of(lambda: _priority(statement.priority))
    findings.of(lambda: _actor(statement.actor))
    findings.of(lambda: _name(statement.place_name, field="place_name"))
    lower = findings.of(lambda: _altitude(statement.lower, field="lower"))
    upper = findings.of(lambda: _altitude(statement.upper, field="upper"))
    start_us = findings.of(lambda: _time(statement.start, field="start"))
    end_us = findings.of(lambda: _time(statement.end, field="end"))
    if lower and upper and start_us is not None and end_us is not None:
        findings.of(lambda: Volume4D(_ANYWHERE, lower, upper, start_us, end_us))
    return findings.errors


class Findings:
    """The broken rules of one feature. A reader that fails gives None; the rest is still read."""

    def __init__(self) -> None:
        self.errors: list[InvalidValue] = []

    def of(self, read: Callable[[], T]) -> T | None:
        """What read gives; None, and the error noted, where it raises InvalidValue."""
        try:
            return read()
        except InvalidValue as error:
            self.errors.append(error)
            return None


def safe(value: object) -> object:
    """The value if an error can carry it; a short description of one that is large or nested."""
    is_small = value is None or isinstance(value, bool | float)
    if is_small or (isinstance(value, str) and len(value) <= 1000):
        return value
    if isinstance(value, int) and abs(value) < 10**40:
        return value
    return described(value)


def _name(value: object, *, field: str) -> str | None:
    if value is MISSING or value is None:
        return None
    if not isinstance(value, str):
        raise InvalidValue(
            field,
            "text",
            safe(value),
            'give text, in quotes (7 and "7" are not taken for the same name)',
        )
    if not value or value != value.strip():
        raise InvalidValue(
            field, "name", safe(value), "give a name without space around it, or leave it out"
        )
    if len(value) > MAX_NAME_CHARACTERS:
        raise InvalidValue(
            field, "name-length", safe(value), f"give at most {MAX_NAME_CHARACTERS} characters"
        )
    if not (value.isascii() and value.isprintable()) and any(
        unicodedata.category(character) in {"Cc", "Cs"} for character in value
    ):
        raise InvalidValue(
            field, "name-characters", safe(value), "give a name without control characters"
        )
    return value


def _kind(value: object) -> IntentKind | None:
    return _one_of(value, _KINDS, field="kind", rule="intent-kind")


def _actor(value: object) -> ActorClass | None:
    return _one_of(value, _ACTORS, field="actor", rule="actor")


def _one_of(value: object, known: dict[str, T], *, field: str, rule: str) -> T | None:
    if value is MISSING or value is None:
        return None
    if not isinstance(value, str) or value not in known:
        raise InvalidValue(field, rule, safe(value), f"give one of {', '.join(known)}")
    return known[value]


_KINDS = {kind.value: kind for kind in IntentKind}
_ACTORS = {actor.value: actor for actor in ActorClass}


def _priority(value: object) -> int | None:
    if value is MISSING or value is None:
        return None
    if (
        isinstance(value, bool)
        or not isinstance(value, int)
        or not -MAX_PRIORITY <= value <= MAX_PRIORITY
    ):
        raise InvalidValue(
            "priority",
            "priority",
            safe(value),
            f"give a whole number from -{MAX_PRIORITY} to {MAX_PRIORITY}",
        )
    return value


def _altitude(stated: tuple[object, object, object] | InvalidValue, *, field: str) -> Altitude:
    if isinstance(stated, InvalidValue):
        raise stated
    value, units, reference = stated
    for name, part in (("value", value), ("units", units), ("reference", reference)):
        if part is MISSING:
            raise InvalidValue(f"{field}.{name}", "missing", part, "give it; it is never assumed")
    if isinstance(value, int) and abs(value) > 10**12:
        value = 1e13 if value > 0 else -1e13  # out of range in any unit
    try:
        return _remembered_altitude(safe(value), safe(units), safe(reference))
    except InvalidValue as error:
        raise error.within(field) from None


@lru_cache(maxsize=8192, typed=True)  # typed: 1 is a number here, and True is not
def _remembered_altitude(value: object, units: object, reference: object) -> Altitude:
    return altitude(value, units, reference)


@lru_cache(maxsize=8192)
def _remembered_time(text: str, field: str) -> int:
    try:
        return parse_rfc3339(text, field=field)
    except InvalidValue as error:
        plain = error
    try:
        return instant_us(text, field=field)
    except InvalidValue as error:  # what no format reads is told in the words of RFC 3339
        raise (plain if error.rule == "time" else error) from None


def _time(value: object, *, field: str) -> int:
    if value is MISSING or value is None:
        raise InvalidValue(
            field, "missing", value, "give a time with its offset, like 2026-09-09T18:00:00Z"
        )
    if isinstance(value, str) and len(value) < 64:
        return _remembered_time(value, field)
    return parse_rfc3339(safe(value), field=field)
