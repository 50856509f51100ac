"""Where an agreement's provisions hold: worked out once, when it comes into force. Geodesic.

A table's rows and a buffer become strips along their lines (Z-06), a zone its windows by its
schedule. What is worked out here stands in the entry; a fold copies it.
"""

from __future__ import annotations

import msgspec

from wideberth.errors import InvalidValue
from wideberth.model.agreements import AgreedArea, Terms
from wideberth.model.ids import AgreementId
from wideberth.model.provisions import (
    AgreedZone,
    Line,
    LineBuffer,
    SeparationRow,
    SeparationTable,
    Side,
)
from wideberth.model.zones import ZoneRule
from wideberth.space.altitude import Altitude, AltitudeReference
from wideberth.space.schedules import parse_schedule, windows_us
from wideberth.space.shapes import corridor_cover, side_cover
from wideberth.space.time import SECOND_US
from wideberth.space.volume import Footprint, Volume4D

__all__ = ["MAX_AREA_VOLUMES", "areas_of"]

MAX_AREA_VOLUMES = 4_000
"""So many volumes may an agreement's areas have together."""

_FLOOR = Altitude(-8_000_000, AltitudeReference.W84)
_CEILING = Altitude(100_000_000, AltitudeReference.W84)


def areas_of(agreement: AgreementId, version: int, terms: Terms) -> tuple[AgreedArea, ...]:
    """The areas of a version, over its whole term. Raises InvalidValue naming the
    provision for a line or a schedule that gives none, and for too many volumes.
    """
    lines = {each.id: each.points for each in terms.provisions if isinstance(each, Line)}
    window = (terms.effective_us, terms.expires_us)
    found: list[AgreedArea] = []
    for index, provision in enumerate(terms.provisions):
        named = AgreedArea(
            id=f"agreement/{agreement}/{version}/{provision.id}",
            agreement=agreement,
            version=version,
            provision=provision.id,
            rule=ZoneRule.KEEP_OUT,
            volumes=(),
            bound=terms.parties,
        )
        try:
            match provision:
                case SeparationTable():
                    found += [
                        _row(named, number, row, lines[row.line], window)
                        for number, row in enumerate(provision.rows, 1)
                    ]
                case LineBuffer():
                    strips = _strips(lines[provision.line], provision.width_m, provision.side)
                    found.append(_area(named, provision, _at_all_heights(strips, window)))
                case AgreedZone():
                    found.append(_area(named, provision, _zone_volumes(provision, window)))
                case _:
                    pass
        except InvalidValue as error:
            raise error.within(f"provisions.{index}") from error
    if sum(len(area.volumes) for area in found) > MAX_AREA_VOLUMES:
        raise InvalidValue(
            "provisions",
            "volume-count",
            sum(len(area.volumes) for area in found),
            f"lines, rows and windows give up to {MAX_AREA_VOLUMES:,} volumes; say it in fewer",
        )
    return tuple(found)


def _row(
    named: AgreedArea,
    number: int,
    row: SeparationRow,
    points: tuple[tuple[int, int], ...],
    window: tuple[int, int],
) -> AgreedArea:
    strips = _strips(points, row.distance_m, row.side)
    return msgspec.structs.replace(
        named,
        id=f"{named.id}/{number}",
        volumes=_at_all_heights(strips, window),
        bound=row.parties or named.bound,
        actors=(row.actor,),
        armed=row.armed,
    )


def _area(
    named: AgreedArea, provision: LineBuffer | AgreedZone, volumes: tuple[Volume4D, ...]
) -> AgreedArea:
    return msgspec.structs.replace(
        named,
        rule=provision.rule,
        volumes=volumes,
        bound=provision.parties or named.bound,
        notice_us=provision.notice_s * SECOND_US,
        kinds=provision.kinds,
        actors=provision.actors,
    )


def _strips(points: tuple[tuple[int, int], ...], width_m: int, side: Side) -> list[Footprint]:
    if side is Side.BOTH:
        return corridor_cover(points, width_m * 1000)
    return side_cover(points, width_m * 1000, left=side is Side.LEFT)


def _at_all_heights(strips: list[Footprint], window: tuple[int, int]) -> tuple[Volume4D, ...]:
    return tuple(Volume4D(strip, _FLOOR, _CEILING, *window) for strip in strips)


def _zone_volumes(zone: AgreedZone, window: tuple[int, int]) -> tuple[Volume4D, ...]:
    windows = [window]
    if zone.schedule is not None:
        windows = windows_us(parse_schedule(zone.schedule), *window)
    return tuple(Volume4D(zone.footprint, zone.lower, zone.upper, *each) for each in windows)
