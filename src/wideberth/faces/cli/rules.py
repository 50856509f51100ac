"""``wideberth rules``: the rules in force in the space."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wideberth.faces.cli._host import FolderOption, asked, complaints, on_node

if TYPE_CHECKING:
    from wideberth.node import Node

__all__ = ["command"]

command = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Show the rules in force, or adopt others."
)

_FOLDER = Path("wideberth-data")


@command.command()
def show(folder: FolderOption = _FOLDER) -> None:
    """Print the rules in force, as a file that `wideberth rules adopt` reads."""

    async def act(node: Node) -> str:
        from wideberth.rulestable import format_rules

        return format_rules(node.service.picture.space.rules)

    print(on_node(folder, act, must_exist=True), end="")


@command.command()
def adopt(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="TOML with the rules, or with a [rules] table.")
    ],
    folder: FolderOption = _FOLDER,
) -> None:
    """Put other rules in force from now on: an entry of the record that all parties see.

    What was decided before stays as it was decided. Changed rules need a version of their own.
    """
    from wideberth.rulestable import load_rules

    with complaints():
        rules = load_rules(file)

    async def act(node: Node) -> int:
        from wideberth.model.commands import AdoptRules

        return (await asked(node, AdoptRules(rules))).position

    print(f"rules {rules.version} hold from entry {on_node(folder, act, must_exist=True)} on")
