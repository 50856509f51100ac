"""``wideberth epoch`` asks the witnesses, which are programs of their own, what is missing."""

from __future__ import annotations

import shutil
from pathlib import Path

from faces.cli.test_witness import Place, run, running, until, url_in, witness_key


def test_an_epoch_asks_the_witnesses_what_is_missing(tmp_path: Path) -> None:
    """One witness holds a head that the restored record lacks, one does not answer."""
    place = Place(tmp_path)
    key, silent = (witness_key(tmp_path, name) for name in ("w1", "w2"))
    serving = ("witness", "--folder", "w1", "--log", place.key.vkey, "--port", "0")
    with running(tmp_path, "w1", *serving, "--ready-file", "w1.url") as witness:
        url = url_in(tmp_path / "w1.url", witness)
        place.configure((key.vkey, url), (silent.vkey, "http://127.0.0.1:9"))
        made = run(tmp_path, "backup", "safe", "--keys")
        assert "4 entries" in made.stdout, made.output
        assert run(tmp_path, "party", "add", "bravo").exit_code == 0
        with place.node() as node:
            # a head of fewer entries may be cosigned first, if the witness was quick
            until(lambda: place.cosigned_size(node, witnesses=1) == 5)
        shutil.rmtree(place.data)
        assert run(tmp_path, "restore", "safe").exit_code == 0
        opened = run(tmp_path, "epoch", "--reason", "the disk was lost")
        assert opened.exit_code == 0, opened.output
        assert "missing  entries 4 to 4 of the old log" in opened.stdout
        assert "http://127.0.0.1:9 was not heard" in opened.output
        added = run(tmp_path, "party", "add", "charlie")
        assert added.exit_code == 0, added.output
    shown = run(tmp_path, "verify", "--vkey", place.key.vkey)
    assert "verified 6 entries" in shown.stdout, shown.output
    assert "epoch-2" in shown.stdout
