"""The reference names every command, option, setting and code there is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
import typer

from wideberth.configuration import Configuration
from wideberth.faces.cli.app import COMMANDS, app
from wideberth.tokens import REFUSALS, SCOPES

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference"
OWN_PAGE = {"check", "demo"}  # documented elsewhere


def documented(page: str) -> set[str]:
    """Everything that stands in code quotes."""
    text = (REFERENCE / page).read_text(encoding="utf-8")
    return set(re.findall(r"`([^`\n]+)`", text))


def options_of(command: Any, path: str) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for parameter in command.params:
        names = [*parameter.opts, *parameter.secondary_opts]
        found |= {(path, name) for name in names if name.startswith("--")}
    for name, below in getattr(command, "commands", {}).items():
        found |= {(f"{path} {name}", "")} | options_of(below, f"{path} {name}")
    return found - {(path, "--help")}


def test_every_command_and_option_is_documented() -> None:
    group: Any = typer.main.get_command(app)
    text = " ".join(documented("cli.md"))
    for name in set(COMMANDS) - OWN_PAGE:
        assert f"wideberth {name}" in text
        for path, option in options_of(group.get_command(None, name), f"wideberth {name}"):
            assert path in text, path
            assert not option or re.search(rf"{option}(?![\w-])", text), f"{path} {option}"


def test_the_list_of_commands_has_each_in_the_order_of_the_help() -> None:
    text = (REFERENCE / "cli.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| \[`([a-z-]+)`\]\(([^)]*)\) \|", text, re.MULTILINE)
    assert tuple(name for name, _link in rows) == COMMANDS
    for name, link in rows:
        assert not link.startswith("#") or f"## `{link[1:].replace('-', ' ', 1)}`" in text, name


def settings_of(kind: Any) -> set[str]:
    """The names of all members, tables within tables included."""
    found: set[str] = set()
    for field in msgspec.structs.fields(kind):
        found.add(field.name)
        for inner in (field.type, *get_args(field.type)):
            if isinstance(inner, type) and issubclass(inner, msgspec.Struct):
                found |= settings_of(inner)
    return found


def test_every_setting_is_documented() -> None:
    text = " ".join(documented("configuration.md"))
    missing = {name for name in settings_of(Configuration) if not re.search(rf"\b{name}\b", text)}
    assert missing == set()


@pytest.mark.parametrize("names", [REFUSALS, SCOPES], ids=["refusals", "scopes"])
def test_every_code_of_a_token_is_documented(names: dict[str, object]) -> None:
    assert set(names) <= documented("configuration.md")
