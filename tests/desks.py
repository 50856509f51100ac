"""A party's own machine in tests of the command line: its folder of keys, and its token."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from wideberth.faces.cli.app import app


class Desk:
    """One party's machine: its folder of keys, and its token."""

    def __init__(self, folder: Path, url: str, party: str, token: str) -> None:
        self.party = party
        self.key = folder / f"{party}.key"
        self.asks = ["--url", url, "--token", token]

    def run(self, *arguments: str, status: int = 0, words: str | None = None) -> str:
        given = ["--key", str(self.key), *self.asks]
        done = CliRunner().invoke(app, ["sealed", *arguments, *given], input=words)
        assert done.exit_code == status, done.output
        return done.stdout if status == 0 else done.output

    def run_offline(self, *arguments: str) -> str:
        done = CliRunner().invoke(app, ["sealed", *arguments, "--key", str(self.key)])
        assert done.exit_code == 0, done.output
        return done.stdout

    def enrol(self) -> str:
        """The fingerprint that is told on another way."""
        out = ["--out", str(self.key), "--party", self.party, "--id", "desk"]
        done = CliRunner().invoke(app, ["sealed", "enrol", *out, *self.asks])
        assert done.exit_code == 0, done.output
        assert f"enrolled    {self.party}/desk" in done.stdout
        assert self.key.stat().st_mode & 0o777 == 0o600
        return done.stdout.rpartition("fingerprint ")[2].strip()
