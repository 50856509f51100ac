"""An area as it is given on the command line: ``south,west,north,east`` in degrees."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wideberth.errors import InvalidValue

if TYPE_CHECKING:
    from wideberth.space.positions import Bounds

__all__ = ["bounds_of"]

_BOUNDS = re.compile(r"(-?\d+(?:\.\d+)?),(-?\d+(?:\.\d+)?),(-?\d+(?:\.\d+)?),(-?\d+(?:\.\d+)?)")


def bounds_of(text: str | None) -> Bounds | None:
    """The area of an option ``--area``. Raises InvalidValue for what is none."""
    from wideberth.space.positions import Bounds

    if text is None:
        return None
    match = _BOUNDS.fullmatch(text)
    bounds = Bounds(*(float(part) for part in match.groups())) if match else None
    if bounds is None or not (
        -90 <= bounds.south <= bounds.north <= 90 and max(abs(bounds.west), abs(bounds.east)) <= 180
    ):
        raise InvalidValue(
            "--area", "box", text, "give south,west,north,east in degrees, like 33,35,38,43"
        )
    return bounds
