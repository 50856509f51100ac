"""``wideberth held``: do two parties hold the same?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from wideberth.errors import InvalidValue
from wideberth.faces.cli._host import NO, complaints

__all__ = ["command"]


def command(
    first: Annotated[Path, typer.Argument(metavar="A", help="What one holds: GET /held, saved.")],
    second: Annotated[Path, typer.Argument(metavar="B", help="What the other holds.")],
) -> None:
    """Compare two lists of what is held in force, offline: equal, or the exact ids that differ.

    Exit code 0: they are equal. 1: they differ. 2: bad input.
    """
    with complaints():
        ours, theirs = _read(first), _read(second)
    differing = sorted(
        name for name in {*ours, *theirs} if ours.get(name, 0) != theirs.get(name, 0)
    )
    for name in differing:
        print(f"{name}: {_version(ours, name)} in {first}, {_version(theirs, name)} in {second}")
    if differing:
        raise typer.Exit(NO)
    print(f"equal: {len(ours)} held in both")


def _version(held: dict[str, int], name: str) -> str:
    return f"version {held[name]}" if name in held else "nothing"


def _read(path: Path) -> dict[str, int]:
    """Type and id to version. Raises InvalidValue for anything but a whole list."""
    import msgspec

    try:
        page: Any = msgspec.json.decode(path.read_bytes())
        held = {f"{each['type']}/{each['id']}": int(each["version"]) for each in page["held"]}
        count = int(page["count"])
    except (OSError, msgspec.DecodeError, KeyError, TypeError, ValueError) as error:
        raise InvalidValue(
            str(path), "held-list", str(error), "save the answer of GET /api/v1/held"
        ) from error
    if len(held) != count:
        raise InvalidValue(
            str(path), "whole-list", len(held), f"it is a page of {count}; ask with a higher limit"
        )
    return held
