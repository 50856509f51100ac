"""The frame of the command line. Each sub-command is a module of its own, loaded when it is called.

To add ``wideberth serve``: write ``faces/cli/serve.py`` with a typer function or ``typer.Typer``
(for commands with sub-commands) named ``command``, and add ``"serve"`` to COMMANDS. The first
line of its docstring is the line in ``wideberth --help``. Keep its heavy imports inside the
function, so that ``--help`` stays quick. Print results to standard output and everything else to
standard error.
Exit codes: 0 done; 1 the answer is "no" (conflicts, a record that does not verify); 2 bad input.
"""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

__all__ = ["COMMANDS", "app"]

COMMANDS = (
    "check",
    "convert",
    "serve",
    "feed",
    "picture",
    "conformance",
    "config",
    "doctor",
    "party",
    "channel",
    "mail-in",
    "token",
    "rules",
    "template",
    "verify",
    "compare",
    "held",
    "witness",
    "export",
    "timeline",
    "evidence",
    "report",
    "contest",
    "disclose",
    "sealed",
    "incident",
    "replay",
    "snapshot",
    "compact",
    "seal",
    "erase",
    "backup",
    "restore",
    "drill",
    "epoch",
    "key",
    "case",
    "demo",
)
"""The sub-commands, in the order of the help: module names below wideberth.faces.cli."""

_TAG = re.compile(r"(\[[a-z#/@])")  # what rich takes for markup, and would leave out


class _LateCommands(TyperGroup):
    """A group that imports the module of a command only when it is asked for."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - click gives it
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - click gives it
        if cmd_name not in COMMANDS:
            return None
        return _command(cmd_name)


def _command(name: str) -> Any:
    given = import_module(f"wideberth.faces.cli.{name.replace('-', '_')}").command
    if isinstance(given, typer.Typer):
        command = typer.main.get_command(given)
    else:
        alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        alone.command(name=name)(given)
        command = typer.main.get_command(alone)
    command.name = name
    _plain(command)
    for each in getattr(command, "commands", {"": command}).values():
        _say_of_exercises(each)
    return command


def _say_of_exercises(command: Any) -> None:
    """Have a command say before all else that a folder which it is given is of an exercise (X-03):
    done here, so that no command can leave it out.
    """
    invoke = command.invoke

    def say_first(ctx: Any) -> Any:
        from wideberth.faces.cli._host import say_exercise_of

        for given in ctx.params.values():
            if isinstance(given, Path) and given.is_dir():
                say_exercise_of(given)
        return invoke(ctx)

    command.invoke = say_first


def _plain(command: Any) -> None:
    """Have the help print its brackets: ``[record]`` is the name of a table, no markup of rich."""
    for each in (command, *command.params):
        if getattr(each, "help", None):
            each.help = _TAG.sub(r"\\\1", each.help)
    for below in getattr(command, "commands", {}).values():
        _plain(below)


app = typer.Typer(
    name="wideberth",
    cls=_LateCommands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        print(f"wideberth {version('wideberth')}")
        raise typer.Exit


@app.callback()
def wideberth(
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Deconfliction for parties who share a space but not a command."""
