"""``wideberth timeline``: minute by minute, what the record shows to one party."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wideberth.errors import InvalidValue
from wideberth.faces.cli._host import FolderOption, complaints
from wideberth.faces.cli._material import (
    CheckpointOption,
    FromOption,
    IncidentOption,
    ObjectOption,
    PolicyOption,
    TokenOption,
    ToOption,
    UrlOption,
    may_show_as,
    read_policy,
    the_material,
    window_of,
)
from wideberth.faces.cli._positions import lines_of_folder, lines_of_service

if TYPE_CHECKING:
    from wideberth.evidence.scope import Scope, Seen

__all__ = ["command"]


def command(  # noqa: PLR0913 - each of them is an option
    party: Annotated[str, typer.Option(metavar="PARTY", help="To whom it is shown.")],
    incident: IncidentOption = None,
    from_time: FromOption = None,
    to_time: ToOption = None,
    subject: ObjectOption = None,
    with_party: Annotated[
        list[str] | None,
        typer.Option("--with", metavar="PARTY", help="What this party is in; repeat it."),
    ] = None,
    offset: Annotated[
        str | None,
        typer.Option(metavar="+HH:MM", help="Print local time at this offset beside UTC."),
    ] = None,
    policy: PolicyOption = None,
    checkpoint: CheckpointOption = None,
    folder: FolderOption = Path("wideberth-data"),
    url: UrlOption = None,
    token: TokenOption = None,
) -> None:
    """Tell minute by minute what the record shows: entries that the party may read, no more.

    Where two clocks may be off by more than what lies between two lines, no order is claimed. Each
    line names its entry; `wideberth evidence --position N` proves it. Positions that were kept, and
    that the party could see when they came, follow: of each track the last in each minute.
    """
    from wideberth.evidence.alone.shows import record_shows
    from wideberth.evidence.material import seen_entries
    from wideberth.evidence.scope import Scope, selected
    from wideberth.evidence.timeline import offset_of, timeline_text
    from wideberth.model.ids import require_party_id

    with complaints():
        reader = require_party_id(party, field="--party")
        scope = Scope(
            *window_of(from_time, to_time),
            parties=tuple(require_party_id(each, field="--with") for each in with_party or ()),
            subjects=tuple(subject or ()),
        )
        local = None if offset is None else offset_of(offset, field="--offset")
        rule = read_policy(policy)
        with the_material(
            folder, url=url, token=token, checkpoint=checkpoint, rule=rule, party=reader
        ) as material:
            known = list(seen_entries(material, may_show_as(reader)))
            if incident is not None:
                scope = _of(incident, known, scope)
            entries = selected(known, scope)
            shown = record_shows(entries, (scope.begin_us, scope.end_us))
            if url is not None and token is not None:
                tracks = lines_of_service(url, token, scope, entries, incident=incident)
            else:
                tracks = lines_of_folder(folder, material, scope, reader, known)
        text = timeline_text(shown, scope, parties=scope.parties, tracks=tracks, offset=local)
        sys.stdout.write(text)


def _of(incident: str, known: list[Seen], asked: Scope) -> Scope:
    """The incident's scope, within the times that were asked for. Raises InvalidValue."""
    import msgspec

    from wideberth.evidence.incident import incident_scope

    if asked.subjects or asked.parties:
        given = "an incident names its own objects and parties"
        raise InvalidValue("--incident", "one-of", incident, given)
    whole = incident_scope(known, incident)
    return msgspec.structs.replace(
        whole,
        begin_us=max(whole.begin_us, asked.begin_us),
        end_us=min(whole.end_us, asked.end_us),
    )
