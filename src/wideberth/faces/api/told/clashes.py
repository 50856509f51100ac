"""Clashes and changes as they are answered."""

from __future__ import annotations

from typing import Any, Literal

from wideberth.faces.api.told.base import Out


class ObjectOut(Out, frozen=True, kw_only=True):
    """One version of an intent, a zone or an agreement."""

    type: Literal["intent", "zone", "agreement"]
    id: str
    version: int


class GapOut(Out, frozen=True, kw_only=True, omit_defaults=False):
    """What lies between two things; 0 where they overlap. Rounded down."""

    horizontal_m: float
    vertical_m: float
    time_s: float


class CellOut(Out, frozen=True, kw_only=True, omit_defaults=False):
    """A cell of the agreed grid, in degrees from its south-west corner."""

    south: float
    west: float
    size: float


class OverlapOut(Out, frozen=True, kw_only=True):
    """The part that is shared. Heights above the WGS84 ellipsoid. cells: rounded out to the agreed
    grid, where the other's geometry may not be seen; whole: only your own volume can be said.
    """

    start: str
    end: str
    lower_m: float
    upper_m: float
    cells: list[CellOut] = []
    whole: bool = False


class ContactOut(Out, frozen=True, kw_only=True):
    """Whom to call. details: what the store beside the record has under the reference."""

    reference: str
    details: Any = None


class ClashOut(Out, frozen=True, kw_only=True):
    """One clash as the reader may see it. other: left out where it may not be seen. label:
    ``UNILATERAL / NOT AGREED``, where the other is one party's own zone.
    """

    rule: str
    other_kind: str
    gap: GapOut
    overlap: OverlapOut
    own: ObjectOut | None = None
    other: ObjectOut | None = None
    other_party: str | None = None
    contact: ContactOut | None = None
    label: str | None = None


class ChangeOut(Out, frozen=True, kw_only=True, omit_defaults=False):
    """One field of an amendment, before and after, in words."""

    field: str
    before: str
    after: str
