"""What an incident's evidence and timeline are about, found in entries that a reader may see."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from wideberth.errors import InvalidValue
from wideberth.evidence.alone.columns import withheld_positions
from wideberth.evidence.bundle import MayShow, Selection, chosen
from wideberth.evidence.material import Material
from wideberth.evidence.scope import Scope, Seen, selected
from wideberth.evidence.segments import segments_within
from wideberth.model.ids import PartyId
from wideberth.space.time import MAX_US
from wideberth.space.volume import Circle, Polygon

__all__ = ["incident_positions", "incident_scope", "withheld_among"]

_OPENED = ("IncidentOpened", "PartiesNamed")


def incident_scope(entries: Iterable[Seen], incident: str) -> Scope:
    """Its window, area, parties, and the objects that the reader knows it to be about.

    Raises InvalidValue where no entry that the reader may see opened it, or named the reader in it.
    """
    opened: dict[str, Any] | None = None
    parties: dict[str, None] = {}
    subjects: dict[str, None] = {}
    for each in entries:
        body = each.value["body"]
        if body.get("incident") != incident:
            continue
        if body["type"] in _OPENED:
            opened = opened or body
            named = (body["party"], *body["parties"], *body.get("observers", ()))
            parties.update(dict.fromkeys((*body.get("concerned", ()), *named)))
        elif body["type"] == "SubjectsNamed":
            subjects.update(dict.fromkeys(body["subjects"]))
    if opened is None:
        advice = "no incident of this id names this party; wideberth incident list shows its own"
        raise InvalidValue("incident", "no-such-incident", incident, advice)
    area = opened.get("area")
    return Scope(
        opened["start_us"],
        min(MAX_US, opened["end_us"]) + 1,  # its window is closed
        area=None if area is None else msgspec.convert(area, Circle | Polygon),
        parties=tuple(map(PartyId, parties)),
        subjects=tuple(subjects),
    )


def incident_positions(entries: Iterable[Seen], incident: str) -> tuple[int, ...]:
    """The entries of its evidence: all that was said in it, and what bears on it in the record and
    is of no other incident.
    """
    known = list(entries)
    scope = incident_scope(known, incident)
    found = {each.position for each in selected(known, scope)}
    found |= segments_within(known, scope)
    of = {each.position: each.value["body"].get("incident", incident) for each in known}
    found |= {each.position for each in known if each.value["body"].get("incident") == incident}
    return tuple(sorted(each for each in found if of[each] == incident))


def withheld_among(material: Material, selection: Selection, may_show: MayShow) -> list[Seen]:
    """Of the entries that a selection finds, those that their author shows to nobody else.

    may_show: a fresh one, as for a bundle of the selection. Raises InvalidValue as that does.
    """
    of_incidents = [
        Seen(row.position, msgspec.json.decode(row.envelope))
        for row in material.rows()
        if b'"incident":' in row.envelope
    ]
    kept = set(withheld_positions(of_incidents))
    if kept:
        kept &= {row.position for row in chosen(material.rows(), selection, may_show)}
    return [each for each in of_incidents if each.position in kept]
