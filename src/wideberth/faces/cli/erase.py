"""``wideberth erase``: delete what the record says of an object, and keep every proof."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wideberth.errors import InvalidValue
from wideberth.faces.cli._host import FolderOption, complain, complaints, on_node
from wideberth.model.keeping import Ground

if TYPE_CHECKING:
    from wideberth.model.entries import Entry
    from wideberth.node import Node
    from wideberth.service import Applied

__all__ = ["command"]

_PAGE = 1_000


def command(
    objects: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ID]...", help="Intents, zones, notices or warnings, by id."),
    ] = None,
    folder: FolderOption = Path("wideberth-data"),
    ground: Annotated[
        Ground | None, typer.Option(help="What asks for it; it stands in the record.")
    ] = None,
    reference: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Which clause, article or agreement.")
    ] = None,
    by: Annotated[
        str | None, typer.Option(metavar="OFFICE", help="Who ordered it: an office, no name.")
    ] = None,
    due: Annotated[
        bool, typer.Option("--due", help="What is due by [retention] in the settings.")
    ] = False,
) -> None:
    """Erase objects that have left the picture: their entries, and the notices that told of them.

    Leaves and proofs stay, and an entry says what was erased and why. What parties were told, and
    backups, are out of reach. Works beside a running node.
    """
    with complaints():
        if bool(objects) is due:
            raise InvalidValue("ID", "one-of", objects, "give ids, or --due")

    async def act(node: Node) -> list[Applied]:
        from wideberth import erasure
        from wideberth.service import now_us

        table = node.configuration.retention
        names = list(objects or ())
        if due:
            picture = await node.service.current()
            entries = _entries(node)
            names = erasure.due(picture, entries, table, now_us=now_us())
        why = reference or (table.reference if due else "")
        who = by or (table.by if due else "")
        basis = ground or (table.ground if due else None)
        if names and (basis is None or not why or not who):
            raise InvalidValue(
                "--ground, --reference, --by", "missing", None, "say why, and who ordered it"
            )
        complain(f"{len(names)} objects")
        if not names or basis is None:
            return []
        return await erasure.erase(
            node.service,
            node.folder,
            names,
            ground=basis,
            reference=why,
            by=who,
            vault=node.vault,
        )

    done = on_node(folder, act, must_exist=True)
    for each in done:
        print(f"erased   {_count(each)} entries, says entry {each.position}")
    if not done:
        print("erased   nothing")


def _count(done: Applied) -> int:
    from wideberth.model.keeping import EntriesErased

    body = done.entries[0].body
    return len(body.entries) if isinstance(body, EntriesErased) else 0


def _entries(node: Node) -> Iterator[Entry]:
    from wideberth.model.entries import decode_entry
    from wideberth.record.sqlite import SqliteRecord

    with SqliteRecord(node.folder, vault=node.vault) as record:
        position = 0
        while rows := record.read(position, _PAGE):
            for row in rows:
                if row.erased_by is None:
                    yield decode_entry(row.envelope, position=row.position)
            position += len(rows)
