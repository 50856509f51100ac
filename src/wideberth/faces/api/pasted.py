"""Pasted text as drafts of volumes: nothing is told, kept or compared."""

from __future__ import annotations

from wideberth.errors import InvalidValue
from wideberth.faces.api import told
from wideberth.faces.api.desk import Call
from wideberth.faces.api.http import Route
from wideberth.model.parties import Role
from wideberth.wire import asked
from wideberth.wire.pasted import Draft, Trouble, read
from wideberth.wire.pasted.rows import FIELDS

__all__ = ["ROUTES"]

_MOST_LINES = 5_000


async def read_pasted(call: Call) -> told.PastedOut:
    """Coordinates, NOTAM text, GeoJSON or rows of a sheet, as drafts to be looked at."""
    body: asked.PasteIn = call.body
    lines = body.text.count("\n") + 1
    if lines > _MOST_LINES:
        raise InvalidValue("text", "line-count", lines, f"paste up to {_MOST_LINES:,} lines")
    found = read(
        body.text, form=body.form, shape=body.shape, columns=body.columns, datum=body.datum
    )
    return told.PastedOut(
        form=found.form,
        drafts=[_draft(each) for each in found.drafts],
        troubles=[_trouble(each) for each in found.troubles],
        notes=found.notes,
        columns=found.columns,
        mapping=found.mapping,
        fields=list(FIELDS),
    )


def _draft(draft: Draft) -> told.DraftOut:
    return told.DraftOut(
        row=draft.row,
        shape=draft.shape,
        places=[
            told.DraftPlaceOut(
                longitude=each.longitude,
                latitude=each.latitude,
                text=each.text,
                datum=each.datum,
                within_m=each.within_m,
            )
            for each in draft.places
        ],
        radius_m=draft.radius_m,
        width_m=draft.width_m,
        lower=draft.lower,
        upper=draft.upper,
        start=draft.start,
        end=draft.end,
        times=draft.times,
        kind=draft.kind,
        name=draft.name,
        words=draft.words,
    )


def _trouble(trouble: Trouble) -> told.TroubleOut:
    return told.TroubleOut(
        row=trouble.row,
        field=trouble.field,
        rule=trouble.rule,
        value=trouble.value,
        detail=trouble.detail,
        column=trouble.column,
        choices=[told.ChoiceOut(text=text, meaning=meaning) for text, meaning in trouble.choices],
    )


ROUTES = (
    Route(
        "POST",
        "/intents/read",
        read_pasted,
        "Read coordinates, a NOTAM, GeoJSON or rows of a sheet as drafts of volumes",
        told.PastedOut,
        body=asked.PasteIn,
        role=Role.WATCH,
    ),
)
"""The rows of the table of the API that are told of here."""
