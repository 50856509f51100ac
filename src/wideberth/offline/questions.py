"""What a node would ask about the places in a plan (F-04), asked of whoever checks the files.

A question changes no answer: the conflicts are those of the places as they are written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from wideberth.errors import InvalidValue
from wideberth.model.intents import IntentKind
from wideberth.model.surfaces import CONTRARY, contrary_surface_of
from wideberth.offline.features import Feature
from wideberth.offline.problems import Problem
from wideberth.space.coast import surface_under
from wideberth.space.positions import degrees_text
from wideberth.space.volume import NANODEGREES, Circle, Footprint

if TYPE_CHECKING:
    from wideberth.space.positions import Bounds

__all__ = ["questions_of"]

_NAMED_MM = 5_000_000  # as a node has it by default


def questions_of(features: Sequence[Feature], *, area: Bounds | None = None) -> tuple[Problem, ...]:
    """What there is to ask, in reading order: a feature wholly outside of the area, where one is
    given; a ship on land, people on open water; an intent far from the presence that has the same
    place name.
    """
    found = [*_outside(features, area), *_on_a_contrary_surface(features), *_far(features)]
    order = {id(feature): number for number, feature in enumerate(features)}
    found.sort(key=lambda pair: order[id(pair[0])])
    return tuple(
        Problem.of_error(
            question,
            source=feature.source,
            index=feature.index,
            feature_id=feature.id,
            intent=feature.intent,
        )
        for feature, question in found
    )


_Asked = Iterator[tuple[Feature, InvalidValue]]


def _on_a_contrary_surface(features: Sequence[Feature]) -> _Asked:
    for feature in features:
        contrary = contrary_surface_of(feature.kind, feature.actor)
        if contrary is not None and surface_under(feature.volume.footprint) is contrary:
            rule, said = CONTRARY[contrary]
            yield feature, _question(feature, rule, said)


def _outside(features: Sequence[Feature], area: Bounds | None) -> _Asked:
    if area is None:
        return
    from wideberth.decisions.places import OUTSIDE_AREA, is_outside
    from wideberth.model.settings import Area

    whole = Area(*(round(side * NANODEGREES) for side in area))
    for feature in features:
        if is_outside(whole, feature.volume.footprint):
            yield feature, _question(feature, OUTSIDE_AREA, "this lies outside of the area given")


def _far(features: Sequence[Feature]) -> _Asked:
    named = [feature for feature in features if feature.place_name is not None]
    if not any(feature.kind is IntentKind.PRESENCE for feature in named):
        return
    from wideberth.decisions.places import are_far
    from wideberth.decisions.surroundings import FAR_FROM_NAMED
    from wideberth.picture.names import key

    sites: dict[str, list[Feature]] = {}
    told: dict[tuple[str, str], list[Feature]] = {}
    for feature in named:
        name = key(feature.place_name or "")
        told.setdefault((feature.intent, name), []).append(feature)
        if feature.kind is IntentKind.PRESENCE:
            sites.setdefault(name, []).append(feature)
    for (intent, name), several in told.items():
        others = [each for each in sites.get(name, ()) if each.intent != intent]
        volumes = [each.volume for each in several]
        if others and are_far(volumes, [each.volume for each in others], _NAMED_MM):
            said = (
                f"this is over {_NAMED_MM / 1_000_000:g} km from the presence"
                f' "{others[0].intent}", which has the same place name'
            )
            yield several[0], _question(several[0], FAR_FROM_NAMED, said)


def _question(feature: Feature, rule: str, said: str) -> InvalidValue:
    return InvalidValue("geometry", rule, _written(feature.volume.footprint), said)


def _written(footprint: Footprint) -> str:
    if isinstance(footprint, Circle):
        return degrees_text(footprint.latitude_nd, footprint.longitude_nd)
    return degrees_text(*footprint.vertices[0])
