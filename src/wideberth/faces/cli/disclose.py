"""``wideberth disclose``: one entry, shown to one party."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wideberth.faces.cli._host import FolderOption, complaints
from wideberth.faces.cli._material import (
    CheckpointOption,
    PolicyOption,
    TokenOption,
    UrlOption,
    may_show_as,
    read_policy,
    the_material,
)
from wideberth.faces.cli.evidence import written

if TYPE_CHECKING:
    from wideberth.evidence.bundle import MayShow
    from wideberth.evidence.material import Material
    from wideberth.model.ids import PartyId

__all__ = ["command"]


def command(  # noqa: PLR0913 - each of them is an option
    position: Annotated[int, typer.Argument(metavar="POSITION", help="The entry.")],
    party: Annotated[str, typer.Option(metavar="PARTY", help="Who shows it.")],
    to: Annotated[str, typer.Option(metavar="PARTY", help="To whom.")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="A new file of mode 0600.")],
    key_id: Annotated[
        str | None, typer.Option("--key-id", metavar="ID", help="Seal it to this key of theirs.")
    ] = None,
    plain: Annotated[
        bool, typer.Option("--plain", help="Do not seal it: whoever has the file reads it.")
    ] = False,
    policy: PolicyOption = None,
    checkpoint: CheckpointOption = None,
    folder: FolderOption = Path("wideberth-data"),
    url: UrlOption = None,
    token: TokenOption = None,
) -> None:
    """Write one entry with its receipt, sealed to the party that it is for.

    It proves that entry and shows nothing of any other. A presence is disclosed by its owner alone.
    `wideberth verify --receipt FILE` checks it.
    """
    from wideberth.evidence.disclosure import disclose, key_in_force, seal
    from wideberth.model.ids import require_party_id

    with complaints():
        discloser = require_party_id(party, field="--party")
        recipient = require_party_id(to, field="--to")
        rule = read_policy(policy)
        with the_material(
            folder, url=url, token=token, checkpoint=checkpoint, rule=rule, party=discloser
        ) as material:
            may_show = _own(discloser)
            _hear(material, position, may_show)
            data = disclose(material, position, may_show=may_show, policy=rule)
            if not plain:
                key = key_in_force(material, recipient, key_id)
                data = seal(data, to=recipient, key=key)
        written(out, data)


def _hear(material: Material, position: int, may_show: MayShow) -> None:
    """Let it hear of the entries before: who may read one hangs on what was agreed by then."""
    from wideberth.model.entries import decode_entry

    for row in material.rows():
        if row.position >= position:
            break
        may_show(decode_entry(row.envelope, position=row.position))


def _own(party: PartyId) -> MayShow:
    """What may be read, and of presences only those of the party itself."""
    from wideberth.model.entries import Entry, IntentAccepted, IntentAmended
    from wideberth.model.intents import IntentKind

    readable = may_show_as(party)

    def may_show(entry: Entry) -> bool:
        body = entry.body
        if isinstance(body, IntentAccepted | IntentAmended):
            intent = body.intent
            if intent.kind is IntentKind.PRESENCE and intent.party != party:
                return False
        return readable(entry)

    return may_show
