"""What was read of a pasted text: drafts of volumes, and what was not read."""

from __future__ import annotations

from typing import Literal

from wideberth.faces.api.told.base import Out
from wideberth.faces.api.told.problems import ChoiceOut
from wideberth.wire.asked import AltitudeWire


class DraftPlaceOut(Out, frozen=True, kw_only=True):
    """A place of a draft, degrees in WGS84. text, datum: as it came, where it came as text.
    within_m: how far the farthest corner of the square lies that the text names; 0: a point.
    """

    longitude: float
    latitude: float
    text: str | None = None
    datum: str | None = None
    within_m: float = 0.0


class DraftOut(Out, frozen=True, kw_only=True):
    """A volume as far as the text says it; what is left out is to be filled in. row: the line, the
    feature or the message that it comes from, from 1. times: item D) of a NOTAM. words: of the text
    that are no geometry.
    """

    row: int
    shape: Literal["polygon", "circle", "corridor"]
    places: list[DraftPlaceOut]
    radius_m: float | None = None
    width_m: float | None = None
    lower: AltitudeWire | None = None
    upper: AltitudeWire | None = None
    start: str | None = None
    end: str | None = None
    times: str | None = None
    kind: str | None = None
    name: str | None = None
    words: str | None = None


class TroubleOut(Out, frozen=True, kw_only=True):
    """What was not read. row: as of a draft, 0: of the whole text. column: of a sheet. choices: for
    each reading what to give instead.
    """

    row: int
    field: str
    rule: str
    value: str
    detail: str
    column: str | None = None
    choices: list[ChoiceOut] = []


class PastedOut(Out, frozen=True, kw_only=True, omit_defaults=False):
    """What was read. columns: the header of a sheet; mapping: for each thing the column that it was
    read from; fields: what a column can be. Nothing was told, and nothing is kept.
    """

    form: Literal["coordinates", "notam", "geojson", "table"]
    drafts: list[DraftOut]
    troubles: list[TroubleOut]
    notes: list[str]
    columns: list[str]
    mapping: dict[str, str]
    fields: list[str]
