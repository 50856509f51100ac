"""Entries of other versions: older ones are brought up step by step, newer ones stop the reader."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from wideberth.errors import NewerEntry, RecordCorrupt
from wideberth.model import entries
from wideberth.model.entries import (
    ENTRY_VERSION,
    Entry,
    KeyRevoked,
    Upcaster,
    decode_entry,
    encode_entry,
)
from wideberth.model.ids import KeyId, PartyId
from wideberth.model.parties import SYSTEM

NOW = Entry(ENTRY_VERSION, 5, SYSTEM, KeyRevoked(PartyId("alpha"), KeyId("k1")))


def older(version: int, **members: Any) -> bytes:
    """The same entry as a version that called the revoked key otherwise."""
    body = {"type": "KeyRevoked", "party": "alpha", **members}
    author = msgspec.to_builtins(SYSTEM)
    return msgspec.json.encode({"v": version, "time_us": 5, "author": author, "body": body})


def renamed(before: str, after: str) -> Upcaster:
    def step(entry: dict[str, Any]) -> dict[str, Any]:
        body = dict(entry["body"])
        body[after] = body.pop(before)
        return {**entry, "body": body}

    return step


STEPS = {-1: renamed("name", "key"), 0: renamed("key", "key_id")}


@pytest.mark.parametrize(
    "envelope",
    [
        pytest.param(encode_entry(NOW), id="this version"),
        pytest.param(older(0, key="k1"), id="one before"),
        pytest.param(older(-1, name="k1"), id="two before"),
    ],
)
def test_an_older_entry_is_brought_up_step_by_step(envelope: bytes) -> None:
    assert decode_entry(envelope, position=3, upcasters=STEPS) == NOW


def test_an_older_entry_that_looks_like_a_new_one_takes_its_steps_too() -> None:
    def corrected(entry: dict[str, Any]) -> dict[str, Any]:
        return {**entry, "time_us": entry["time_us"] * 1000}

    same_members = older(0, key_id="k1")
    assert decode_entry(same_members, position=3, upcasters={0: corrected}).time_us == 5000


@pytest.mark.parametrize(
    ("envelope", "steps"),
    [
        pytest.param(older(ENTRY_VERSION + 1, key_id="k1"), STEPS, id="a newer version"),
        pytest.param(older(ENTRY_VERSION, key_id="k1", why="x"), STEPS, id="a newer member"),
        pytest.param(older(0, key="k1"), {}, id="a version without a step"),
        pytest.param(older(0, key="k1"), {0: renamed("key", "kid")}, id="a step that fails"),
        pytest.param(b'{"v":"x"}', STEPS, id="no version"),
    ],
)
def test_what_this_program_does_not_know_stops_it(
    envelope: bytes, steps: dict[int, Upcaster]
) -> None:
    with pytest.raises(NewerEntry, match="entry 3"):
        decode_entry(envelope, position=3, upcasters=steps)


def test_what_is_no_json_is_corrupt() -> None:
    with pytest.raises(RecordCorrupt, match="entry 3"):
        decode_entry(b"\x00", position=3)


def test_every_version_since_the_first_has_its_step() -> None:
    assert set(entries.UPCASTERS) == set(range(1, ENTRY_VERSION))
