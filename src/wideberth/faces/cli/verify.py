"""``wideberth verify``: whether a record is what it claims to be."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from wideberth.errors import WideberthError
from wideberth.faces.cli._host import complain, complaints, opened, progress_bar

__all__ = ["command"]


def command(
    folder: Annotated[
        Path, typer.Argument(metavar="[FOLDER]", help="The folder of the record.")
    ] = Path("wideberth-data"),
    vkey: Annotated[
        str | None,
        typer.Option(metavar="KEY", help="The record's public key, as its parties know it."),
    ] = None,
    checkpoint: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="A checkpoint that somebody kept; repeat it."),
    ] = None,
) -> None:
    """Compute the whole record again: entries, tree, checkpoint and every signed statement.

    Exit code 0: it verifies. 1: it does not, and the first bad entry is named. 2: bad input.
    """
    from base64 import b64encode

    from wideberth.audit import StatementAudit
    from wideberth.errors import InvalidValue
    from wideberth.record.notes import parse_vkey
    from wideberth.record.verify import verify_folder
    from wideberth.space.time import format_rfc3339

    with complaints():
        origin = parse_vkey(vkey).name if vkey is not None else ""
        # Where the record cannot say its own name, verify_folder tells why.
        with suppress(WideberthError), opened(folder) as record:
            origin = record.first_origin
        try:
            held = [path.read_text(encoding="utf-8") for path in checkpoint or ()]
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidValue("--checkpoint", "unreadable", str(error), "give a file") from None
        audit = StatementAudit(origin)
        with progress_bar("verifying") as bar:
            found = verify_folder(
                folder,
                vkey=vkey,
                held=held,
                statement_checker=audit,
                erased_checker=audit.erased,
                on_progress=bar,
            )
    print(f"verified {found.size} entries of {found.origin}")
    print(f"root     {b64encode(found.root).decode('ascii')}")
    print(f"key      {found.vkey}")
    print(f"signed   {found.statements} statements, each under the key in force at its entry")
    for each in found.erasures:
        print(
            f"erased   {each.count} entries, by entry {each.by},"
            f" on the ground of {each.ground}: {each.reference}"
        )
    if found.size:
        print(f"newest   {format_rfc3339(found.time_us)}")
    if not found.is_key_given:
        complain("note: checked under the key that the record names itself; give --vkey to be sure")
