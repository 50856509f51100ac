"""The commands that keep a record, run as a person runs them, beside a node that serves."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from api_world import flight
from faces.cli.test_host import run, run_process, serving
from wideberth.client import Client, Unreachable
from wideberth.record.notes import parse_note


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few shapes in each of many processes: to load the compiled kernels takes longer."""
    monkeypatch.setenv("WIDEBERTH_KERNELS", "interpreted")


def tell(url: str, token: str) -> int:
    """Tell an intent; the position of its entry."""

    async def ask() -> int:
        async with Client(url, token, attempts=2) as client:
            return (await client.submit_intent(flight()))["position"]

    return asyncio.run(ask())


def token(folder: Path) -> str:
    return run(folder, "token", "alpha").stdout.strip()


def test_a_backup_is_restored_held_and_gone_on_with_by_real_processes(tmp_path: Path) -> None:
    run(tmp_path, "party", "add", "alpha")
    (tmp_path / "pass").write_text("a long passphrase\n")
    with serving(tmp_path) as (url, _):
        tell(url, token(tmp_path))
        backed_up = run_process(tmp_path, "backup", "safe")
        assert "backup   5 entries" in backed_up.stdout
        exported = run(tmp_path, "key", "export", "--to", "log.key", "--passphrase-file", "pass")
        assert "exported" in exported.stdout
        assert tell(url, token(tmp_path)) == 7, "answered after the backup was made"
        seen = asyncio.run(checkpoint(url, token(tmp_path)))
    (tmp_path / "seen").write_text(seen)

    restored = run(tmp_path, "restore", "safe", "--folder", "again/wideberth-data")
    assert "restored 5 entries" in restored.stdout
    again = tmp_path / "again"
    missing = run(again, "party", "list", status=2)
    assert "key import" in missing.stderr
    run(again, "key", "import", "../log.key", "--passphrase-file", "../pass")
    made = token(again)
    with serving(again) as (url, _):
        with pytest.raises(Unreachable, match="503"):
            tell(url, made)
        assert parse_note(asyncio.run(checkpoint(url, made)))
    opened = run_process(again, "epoch", "--reason", "the disk was lost", "--checkpoint", "../seen")
    assert "missing  entries 5 to 8 of the old log" in opened.stdout
    with serving(again) as (url, _):
        assert tell(url, token(again)) == 7
    shown = run(again, "verify", "--checkpoint", "../seen").stdout
    assert "epoch-2" in shown
    assert "verified 8 entries" in shown


async def checkpoint(url: str, token: str) -> str:
    async with Client(url, token) as client:
        return await client.checkpoint()


def test_the_logs_key_is_changed_and_the_old_one_retired(tmp_path: Path) -> None:
    run(tmp_path, "party", "add", "alpha")
    old = run(tmp_path, "key", "show").stdout.split()[0]
    run(tmp_path, "key", "retire", status=2)
    new = run(tmp_path, "key", "rotate").stdout.split()[1].rstrip(",")
    run(tmp_path, "key", "rotate", status=2)
    assert run(tmp_path, "party", "add", "bravo").stdout == "added bravo\n"
    for vkey in (old, new):
        verified = run(tmp_path, "verify", "--vkey", vkey).stdout
        assert "verified 4 entries" in verified
        assert new in verified
    assert old in run(tmp_path, "key", "retire").stdout
    lines = run(tmp_path, "key", "show").stdout.splitlines()
    assert [line.split("  ")[1] for line in lines] == [
        "from size 0 to size 4",
        "from size 3 to now",
    ]
    run(tmp_path, "party", "add", "charlie")
    assert "verified 6 entries" in run(tmp_path, "verify", "--vkey", old).stdout


def test_a_wrong_passphrase_gives_no_key_back(tmp_path: Path) -> None:
    run(tmp_path, "party", "add", "alpha")
    (tmp_path / "pass").write_text("right\n")
    (tmp_path / "other").write_text("wrong\n")
    run(tmp_path, "key", "export", "--to", "log.key", "--passphrase-file", "pass")
    path = tmp_path / "wideberth-data" / "keys" / "origin.key"
    text = path.read_bytes()
    assert text.split(b"+")[-1][:20] not in (tmp_path / "log.key").read_bytes()
    path.unlink()
    refused = run(tmp_path, "key", "import", "log.key", "--passphrase-file", "other", status=2)
    assert "wrong" in refused.stderr
    assert not path.exists()
    run(tmp_path, "key", "import", "log.key", "--passphrase-file", "pass")
    assert path.read_bytes() == text
    run(tmp_path, "party", "add", "bravo")


def test_compacting_beside_a_node_changes_nothing_that_is_read(tmp_path: Path) -> None:
    run(tmp_path, "party", "add", "alpha")
    for index in range(3):
        run(tmp_path, "party", "add", "alpha", "--name", f"Alpha {index}")
    before = run(tmp_path, "replay").stdout
    shown = run(tmp_path, "compact", "--keep", "0", "--shrink").stdout
    assert "compressed 0 entries" in shown
    assert run(tmp_path, "replay").stdout == before
