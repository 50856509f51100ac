"""``wideberth case``: incidents of public reports, played again, and judged minute by minute."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wideberth.faces.cli._host import BAD_INPUT, NO, complain, complaints

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wideberth.cases.case import Case
    from wideberth.cases.run import Line

__all__ = ["command"]

command = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="List and play cases: what the mechanism would have shown to whom at each minute.",
)

_FOLDER = Path("examples", "cases")
_BORDER = "border"  # the case that comes with the program, for the demo plays it too


@command.command("list")
def list_(
    folder: Annotated[
        Path | None,
        typer.Argument(
            metavar="FOLDER", help="Where the files are. [default: examples/cases, and the border]"
        ),
    ] = None,
) -> None:
    """Print each case of a folder: its id, how much it asks for, its title and its file."""
    from wideberth.cases.case import case_files, load_case
    from wideberth.faces.cli._demo import BORDER

    files = {path: str(path) for path in case_files(_FOLDER if folder is None else folder)}
    if folder is None:
        files[BORDER] = _BORDER
    if not files:
        complain(f"wideberth: {folder}: no case is here; name the folder with the .toml files")
        raise typer.Exit(BAD_INPUT)
    with complaints():
        for path, name in files.items():
            case = load_case(path)
            print(f"{case.id:8} {_asked(case):3} criteria  {case.title}  ({name})")


@command.command()
def run(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="Cases to play, or border."),
    ],
    minutes: Annotated[
        bool,
        typer.Option("--minutes/--no-minutes", help="Print the minute table, or totals alone."),
    ] = True,
    party: Annotated[
        str | None, typer.Option(metavar="PARTY", help="Only what this party does and is shown.")
    ] = None,
    shown: Annotated[
        bool, typer.Option("--shown", help="Only what parties are shown, not what they do.")
    ] = False,
    about: Annotated[
        bool,
        typer.Option("--about/--no-about", help="Print what is invented, sources and accounts."),
    ] = True,
    folder: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Keep the records here. [default: they are deleted]"),
    ] = None,
) -> None:
    """Play cases on a node of this machine, and say what each party was shown at each minute.

    Exit code 1 where a criterion of a case failed.
    """
    from wideberth.cases.case import load_case
    from wideberth.faces.cli._cases import failed, played
    from wideberth.faces.cli._demo import BORDER

    wrong = 0
    with complaints():
        for case in [load_case(BORDER if str(each) == _BORDER else each) for each in files]:
            if party is not None and party not in {each.id for each in case.parties}:
                known = ", ".join(each.id for each in case.parties)
                complain(f"wideberth: --party: {party} is not in {case.id}, which has {known}")
                raise typer.Exit(BAD_INPUT)
            print(f"{case.id}  {case.title}")
            if about:
                _print_about(case)
            lines = played(case, folder)
            if minutes:
                _print_table(
                    line
                    for line in lines
                    if (party is None or line.party == party) and (line.is_shown or not shown)
                )
            wrong_here = failed(lines)
            for line in wrong_here:
                print(f"  FAILED: {line.words}\n    found: {line.found}")
            asked = sum(line.passed is not None for line in lines)
            print(f"{case.id}: {asked - len(wrong_here)} of {asked} criteria passed\n")
            wrong += len(wrong_here)
    if wrong:
        raise typer.Exit(NO)


def _asked(case: Case) -> int:
    return len(case.shows) + sum(step.refused is not None for step in case.steps)


def _print_about(case: Case) -> None:
    print(f"  Follows the public reports: {case.structure}")
    print(f"  Invented: {case.invented}")
    for source in case.sources:
        disputed = "  [disputed]" if source.disputed else ""
        print(f"  Source: {source.name}  {source.url}{disputed}")
    for account in case.accounts:
        print(f"  {account.party} says: {account.says}")


def _print_table(lines: Iterable[Line]) -> None:
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from wideberth.faces.cli._cases import table_row

    table = Table(box=SIMPLE, pad_edge=False)
    for name in ("time (UTC)", "party", "what it did or was shown", "criterion"):
        table.add_column(name, no_wrap=name != "what it did or was shown")
    for line in lines:
        table.add_row(*(Text(each) for each in table_row(line)))
    Console(highlight=False).print(table)
