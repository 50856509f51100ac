"""``wideberth sealed``, as two parties use it over a real node, and an outsider afterwards."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api_world import serving
from desks import Desk
from wideberth.client import PartyKey
from wideberth.faces.cli.app import app
from wideberth.model.sealed import fingerprint

WORDS = "Wait at the ford until the medics are through."


@pytest.mark.requirement("P-01")
def test_two_parties_compare_keys_and_confide(tmp_path: Path) -> None:
    with serving(tmp_path) as (url, world):
        alpha, bravo = (
            Desk(tmp_path, url, party, world.tokens[party]) for party in ("alpha", "bravo")
        )
        told = {desk.party: desk.enrol() for desk in (alpha, bravo)}
        assert told["alpha"] == fingerprint(PartyKey.load(alpha.key).public_key)
        assert told["bravo"] in bravo.run_offline("fingerprint")
        assert "key-not-pinned" not in bravo.run("offer")
        refused = alpha.run("send", "party/alpha", "--to", "bravo", words=WORDS, status=2)
        assert "key-not-pinned" in refused
        wrong = alpha.run("pin", "bravo/desk", "--fingerprint", told["alpha"], status=2)
        assert "fingerprint-differs" in wrong
        alpha.run("pin", "bravo/desk", "--fingerprint", told["bravo"])
        bravo.run("pin", "alpha/desk", "--fingerprint", told["alpha"])
        assert "pinned" in alpha.run("keys")
        name = alpha.run("send", "party/alpha", "--to", "bravo", words=f"{WORDS}\n").strip()
        assert name in bravo.run("list", "--about", "party/alpha")
        shown = tmp_path / "opening.json"
        opened = bravo.run("open", name, "--about", "party/alpha", "--opening", str(shown))
        assert opened.splitlines()[0] == WORDS
        assert "sealed-to-another" in alpha.run("open", name, status=2)
        assert WORDS not in json.dumps(alpha.run("list"))
        bundle = tmp_path / "bundle.zip"
        args = ["evidence", "--party", "bravo", "--object", name, "--out", str(bundle)]
        done = CliRunner().invoke(app, [*args, "--folder", str(tmp_path / "none"), *bravo.asks])
        assert done.exit_code == 0, done.output
        # Another key of bravo comes into force: whoever pinned the first is told.
        second = Desk(tmp_path / "second", url, "bravo", world.tokens["bravo"])
        second.key.parent.mkdir()
        out = ["--out", str(second.key), "--party", "bravo", "--id", "second"]
        assert CliRunner().invoke(app, ["sealed", "enrol", *out, *second.asks]).exit_code == 0
        assert "not compared" in alpha.run("keys", status=1)
    check = ["sealed", "check", str(shown), "--evidence", str(bundle)]
    done = CliRunner().invoke(app, check)
    assert done.exit_code == 0, done.output
    assert WORDS in done.stdout
    assert "alpha/desk sealed these words" in done.stdout
    lie = json.loads(shown.read_text()) | {"words": "Go ahead."}
    shown.write_text(json.dumps(lie))
    done = CliRunner().invoke(app, check)
    assert (done.exit_code, "commitment" in done.output) == (2, True)
    shown.write_text(json.dumps(lie | {"id": "sealed-" + "0" * 64}))
    assert "not-in-evidence" in CliRunner().invoke(app, check).output


@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        (["list", "--key", "none", "--url", "http://127.0.0.1:9"], "none: it, or a folder"),
        (["send", "party/a", "--to", "b", "--key", "none"], "missing"),
        (["fingerprint", "--key", "none"], "none"),
        (["check", "none", "--evidence", "none"], "unreadable"),
    ],
)
def test_bad_input_is_named(arguments: list[str], rule: str) -> None:
    done = CliRunner().invoke(app, ["sealed", *arguments], env={"WIDEBERTH_TOKEN": ""})
    assert done.exit_code == 2
    assert rule in done.output


def test_words_cannot_move_the_terminal() -> None:
    from wideberth.faces.cli._host import printable

    assert printable("a\x1b[2Jb\u202ec\n") == "a[U+001B][2Jb[U+202E]c\n"
