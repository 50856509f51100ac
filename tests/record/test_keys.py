"""The origin key's file: written once, private, and never told."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from wideberth.errors import InvalidValue, RecordUnavailable
from wideberth.record.keys import OriginKey


def test_a_made_key_loads_and_signs_the_same(tmp_path: Path) -> None:
    path = tmp_path / "origin.key"
    made = OriginKey.make(path, "space.example/log")
    loaded = OriginKey.load(path)
    assert loaded.vkey == made.vkey
    assert loaded.sign("text\n") == made.sign("text\n")
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_text().startswith("PRIVATE+KEY+space.example/log+")


def test_the_mode_does_not_depend_on_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o377)
    try:
        OriginKey.make(tmp_path / "k", "o")
    finally:
        os.umask(before)
    assert (tmp_path / "k").stat().st_mode & 0o777 == 0o600


def test_the_seed_gives_the_key(tmp_path: Path) -> None:
    made = OriginKey.make(tmp_path / "k", "o", seed=bytes(32))
    assert made.vkey == OriginKey("o", bytes(32)).vkey
    assert OriginKey.make(tmp_path / "k2", "o").vkey != made.vkey


def test_a_secret_with_a_plus_in_its_base64_loads(tmp_path: Path) -> None:
    made = OriginKey.make(tmp_path / "k", "o", seed=bytes(2) + b"\xfb\xef\xbe" * 10)
    assert (tmp_path / "k").read_text().count("+") > 4
    assert OriginKey.load(tmp_path / "k").vkey == made.vkey


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "k"
    first = OriginKey.make(path, "o")
    with pytest.raises(RecordUnavailable, match="is there already"):
        OriginKey.make(path, "o")
    assert OriginKey.load(path).vkey == first.vkey


@pytest.mark.parametrize("origin", ["", "a b", "a+b", "a\nb", "x" * 256])
def test_a_name_that_no_note_can_carry_is_refused(tmp_path: Path, origin: str) -> None:
    with pytest.raises(InvalidValue, match="origin"):
        OriginKey.make(tmp_path / "k", origin)
    assert not (tmp_path / "k").exists()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_key_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    OriginKey.make(tmp_path / "k", "o")
    (tmp_path / "k").chmod(mode)
    with pytest.raises(InvalidValue, match="chmod 600"):
        OriginKey.load(tmp_path / "k")


def test_no_file_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(RecordUnavailable, match="is not there"):
        OriginKey.load(tmp_path / "k")


def test_a_changed_file_is_refused_and_its_secret_not_told(tmp_path: Path) -> None:
    path = tmp_path / "k"
    OriginKey.make(path, "space.example/log")
    text = path.read_text()
    secret = text.strip().split("+", 4)[4]  # base64 may hold a + itself
    changes = {
        text.replace("PRIVATE", "PUBLIC"),
        text.replace("space", "Space"),
        text[:-6],
        text.replace(secret, secret[:-4] + "AAA="),
        text.replace(secret, "B" + secret[1:]),
        "",
        "PRIVATE+KEY",
    }
    for changed in changes:
        path.write_text(changed)
        with pytest.raises(InvalidValue) as caught:
            OriginKey.load(path)
        assert secret[8:] not in str(caught.value)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(InvalidValue):
        OriginKey.load(path)


def test_a_key_shows_its_public_half_only(key: OriginKey) -> None:
    assert repr(key) == f"OriginKey({key.vkey})"
    with pytest.raises(InvalidValue, match="seed"):
        OriginKey("o", bytes(31))
