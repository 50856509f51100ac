"""The help of every command says all that its source says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from wideberth.faces.cli.app import COMMANDS, app

BRACKETS = re.compile(r"\[(?:default: )?[a-z]+")


def commands() -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command and sub-command, by the words that call it."""
    group: Any = typer.main.get_command(app)
    for name in COMMANDS:
        command = group.get_command(None, name)
        yield (name,), command
        for below, inner in getattr(command, "commands", {}).items():
            yield (name, below), inner


def printed(words: tuple[str, ...]) -> str:
    """The help, without the frame and the breaks of its lines."""
    shown = CliRunner().invoke(app, [*words, "--help"], env={"COLUMNS": "200"})
    assert shown.exit_code == 0, shown.output
    return " ".join(re.sub(r"[│╭╮╰╯─]", " ", shown.output).split())


def written(command: Any) -> list[str]:
    """The texts of a command and its options that hold a bracket."""
    texts = [getattr(each, "help", None) or "" for each in (command, *command.params)]
    return [text for text in texts if "[" in text]


def test_some_texts_hold_brackets() -> None:
    assert sum(len(written(command)) for _words, command in commands()) >= 6


@pytest.mark.parametrize("words", [words for words, _command in commands()], ids=" ".join)
def test_no_bracket_is_lost(words: tuple[str, ...]) -> None:
    command = dict(commands())[words]
    shown = printed(words)
    for text in written(command):
        for found in BRACKETS.findall(text):
            assert found in shown, f"{found!r} of {text!r}"


def test_names_of_tables_and_defaults_are_printed() -> None:
    assert "What is due by [retention] in the settings." in printed(("erase",))
    assert "[default: watch, acknowledge, tell]" in printed(("token",))
    assert "Set seal and its key in [record] of the settings" in printed(("seal",))


def test_a_variable_names_the_node_only_of_commands_that_read_no_folder() -> None:
    """Set for one command, it must not change which record another tells of."""
    found: dict[bool, set[str]] = {True: set(), False: set()}
    for words, command in commands():
        options = {name: each for each in command.params for name in each.opts}
        if "--url" in options:
            taken = options["--url"].envvar == "WIDEBERTH_URL"
            assert taken != ("--folder" in options), words
            found[taken].add(words[0])
    assert found == {
        True: {"conformance", "contest", "drill", "feed", "incident", "picture", "sealed"},
        False: {"disclose", "drill", "evidence", "mail-in", "report", "timeline"},
    }
