"""What the host does stands in the log: every command of the operator, one by one (S-09)."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from wideberth.faces.cli.app import COMMANDS, _command, app
from wideberth.model.entries import Entry, decode_entry
from wideberth.model.ids import PartyId
from wideberth.picture.agreements import fold_agreements
from wideberth.picture.picture import Picture
from wideberth.picture.visibility import is_readable
from wideberth.record.sqlite import SqliteRecord

FOLDER = "wideberth-data"
SETTINGS = '[space]\norigin = "tests.example/operator"\nhost = "The air desk"\n'
RULES = '[rules]\nversion = "second"\n'
TELL = "tel:+15550100"

CHANGES_NOTHING = {
    "check", "compare", "config show", "config check", "convert", "doctor", "held", "party list",
    "channel list", "drill list",
    "rules show", "template list", "template show", "template draft", "verify", "key show",
    "key at-rest",  # makes a file for a folder that is not sealed yet
    "timeline",
    "replay", "export", "evidence", "disclose",  # show what stands, to whoever has the folder
    "report",  # a file of what stands
    "case run", "case list",  # a node of its own for each
    "compact",  # the same entries in less room: every read and proof stays what it is
    "seal",  # the same bytes, encrypted where they lie
    "demo",  # a node of its own
}  # fmt: skip
"""Commands after which everything is as it was."""

NOT_THE_OPERATOR_S = {
    "incident", "sealed", "witness", "contest", "drill test", "drill answer", "feed",
    "conformance", "picture",
}  # fmt: skip
"""Commands of a party, and of a witness, on machines of their own."""

HOLDS_OTHERWISE = {
    # What is set up and run; the space and its host are its first entry, whatever starts it.
    "serve": "SpaceOpened",
    # The answer itself is the entry, with the channel that it came by.
    "mail-in": "NoticeAcknowledged",
    # Tested where they are: tests/test_erasure.py, tests/faces/cli/test_epoch.py.
    "erase": "EntriesErased",
    "drill fault": "KeyEnrolled",  # tests/faces/cli/test_drill.py: of parties of an exercise
    "epoch": "EpochOpened",
}


class Operator:
    """Somebody at the machine of the node."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / FOLDER).mkdir()
        (folder / FOLDER / "wideberth.toml").write_text(SETTINGS)
        (folder / "rules.toml").write_text(RULES)
        (folder / "passphrase").write_text("correct horse\n")
        self.run("party", "add", "alpha")

    def run(self, *arguments: str) -> None:
        with contextlib.chdir(self.folder):
            done = CliRunner().invoke(app, arguments)
        assert done.exit_code == 0, done.output
        assert "not in the record" not in done.output

    def entries(self) -> list[Entry]:
        from wideberth.atrest import vault_of

        with SqliteRecord(self.folder / FOLDER, vault=vault_of(self.folder / FOLDER)) as record:
            rows = record.read(0, 1000)
        return [decode_entry(row.envelope, position=row.position) for row in rows]


def exported(operator: Operator) -> None:
    """A log key that is not in its folder any more, but in a file with a passphrase."""
    key = operator.folder / FOLDER / "keys" / "origin.key"
    operator.run("key", "export", "--to", "log.key", "--passphrase-file", "passphrase")
    key.unlink()


def backed_up(operator: Operator) -> None:
    operator.run("backup", "copy", "--keys")


def reached(operator: Operator) -> None:
    operator.run("channel", "add", "alpha", "mail", "desk@example.org")


def rotated(operator: Operator) -> None:
    operator.run("key", "rotate")


def way_of(operator: Operator) -> str:
    from wideberth.contacts import Way
    from wideberth.model.channels import Medium
    from wideberth.model.ladders import Post

    return Way(Post.DUTY, Medium.MAIL, "desk@example.org").id


Before = Callable[[Operator], None] | None
ACTS: dict[str, tuple[Before, tuple[str, ...], str, str | None]] = {
    "party add": (None, ("bravo", "--contact", "Desk", "--channel", TELL), "PartyRegistered", None),
    "party key": (None, ("alpha", "--out", "a.key"), "KeyEnrolled", None),
    "channel add": (None, ("alpha", "mail", "desk@example.org"), "HostActed", "alpha"),
    "channel remove": (reached, ("alpha", "WAY"), "HostActed", "alpha"),
    "token": (None, ("alpha",), "HostActed", "alpha"),
    "rules adopt": (None, ("rules.toml",), "RulesAdopted", None),
    "snapshot": (None, (), "SnapshotRecorded", None),
    "backup": (None, ("copy",), "HostActed", None),
    "restore": (backed_up, ("copy", "--complete", "--folder", "again"), "HostActed", None),
    "drill send": (None, ("alpha",), "DrillSent", None),
    "key export": (None, ("--to", "log.key", "--passphrase-file", "passphrase"), "HostActed", None),
    "key import": (exported, ("log.key", "--passphrase-file", "passphrase"), "HostActed", None),
    "key rotate": (None, (), "LogKeyChanged", None),
    "key retire": (rotated, (), "LogKeyRetired", None),
}  # fmt: skip
"""By command: what has to be there, its arguments, the entry that it leaves, whom it concerns."""


def all_commands() -> set[str]:
    """Every command with its sub-commands."""
    found: set[str] = set()
    for name in COMMANDS:
        below: dict[str, Any] = getattr(_command(name), "commands", {})
        found |= {f"{name} {each}" for each in below} or {name}
    return found


@pytest.mark.requirement("S-09")
def test_every_command_is_known_to_leave_an_entry_or_to_change_nothing() -> None:
    known = set(ACTS) | CHANGES_NOTHING | set(HOLDS_OTHERWISE)
    others = {
        each for each in all_commands() if {each, each.partition(" ")[0]} & NOT_THE_OPERATOR_S
    }
    assert all_commands() - others == known


@pytest.mark.requirement("S-09")
@pytest.mark.parametrize("command", list(ACTS))
def test_what_the_host_does_is_an_entry(tmp_path: Path, command: str) -> None:
    before, arguments, kind, concerned = ACTS[command]
    operator = Operator(tmp_path)
    if before is not None:
        before(operator)
    size = len(operator.entries()) if command != "restore" else 0
    operator.run(*command.split(), *(way_of(operator) if a == "WAY" else a for a in arguments))
    if command == "restore":
        again = Operator.__new__(Operator)
        again.folder = tmp_path
        (tmp_path / FOLDER).rename(tmp_path / "former")
        (tmp_path / "again").rename(tmp_path / FOLDER)
        operator = again
    left = [entry for entry in operator.entries()[size:] if type(entry.body).__name__ == kind]
    assert left, f"{command} left no {kind}"
    body: Any = left[-1].body
    if kind == "HostActed":
        assert body.party == concerned
        read_by = {PartyId("alpha")} if concerned else {PartyId("alpha"), PartyId("bravo")}
        picture = Picture()
        fold_agreements(picture, left[-1])
        for party in (PartyId("alpha"), PartyId("bravo")):
            assert is_readable(picture, left[-1], party) == (party in read_by)
        # More is said, but nothing that is kept beside the record.
        assert "example.org" not in body.what


def test_a_planted_command_without_an_entry_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from wideberth.faces.cli import token

    async def nothing(*_: object) -> None:
        return None

    monkeypatch.setattr(token, "host_did", nothing)
    with pytest.raises(AssertionError, match="left no HostActed"):
        test_what_the_host_does_is_an_entry(tmp_path, "token")
