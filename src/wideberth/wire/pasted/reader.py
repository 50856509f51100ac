"""One door for what was pasted: tells the forms apart, unless somebody says which it is."""

from __future__ import annotations

import re

from wideberth.errors import InvalidValue
from wideberth.wire.pasted.drafts import Form, Reading, Shape
from wideberth.wire.pasted.geojson import read_geojson
from wideberth.wire.pasted.notams import read_notams
from wideberth.wire.pasted.places import read_coordinates
from wideberth.wire.pasted.rows import is_table, read_rows

__all__ = ["form_of", "read"]

_NOTAM = re.compile(r"(?<![A-Z])[QE]\)\s.*|(?<![A-Z])B\)\s*\d{10}", re.DOTALL)


def form_of(text: str) -> Form:
    """In which form a text is, by how it looks."""
    if text.lstrip()[:1] in ("{", "["):
        return "geojson"
    if _NOTAM.search(text):
        return "notam"
    return "table" if is_table(text) else "coordinates"


def read(
    text: str,
    *,
    form: Form | None = None,
    shape: Shape | None = None,
    columns: dict[str, str] | None = None,
    datum: str | None = None,
) -> Reading:
    """What was pasted, as drafts. form: None: as it looks. shape: what places without a radius or
    width are. columns: for each thing of a sheet the column that it stands in; None: by their
    names. datum: of MGRS, UTM and UPS that name none. Raises InvalidValue for an empty text.
    """
    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise InvalidValue("text", "empty", "", "paste coordinates, a NOTAM, GeoJSON or rows")
    match form or form_of(text):
        case "geojson":
            return read_geojson(text)
        case "notam":
            return read_notams(text)
        case "table":
            return read_rows(text, shape=shape, columns=columns, datum=datum)
        case "coordinates":
            return read_coordinates(text, shape=shape, datum=datum)
