from __future__ import annotations

import pytest

from scenes import Scene, author
from wideberth.model.commands import RecordSnapshot
from wideberth.model.entries import SnapshotRecorded
from wideberth.model.refusals import Refusal
from wideberth.picture.standing import SnapshotMark

DIGEST, OTHER, FILE = "a" * 64, "b" * 64, "c" * 64


def test_a_snapshot_is_recorded_and_known_by_its_size() -> None:
    scene = Scene("north")
    assert scene.accept(RecordSnapshot(2, DIGEST, FILE)) == (SnapshotRecorded(2, DIGEST, FILE),)
    assert scene.replayed().snapshots == {2: SnapshotMark(DIGEST, FILE)}


@pytest.mark.parametrize(
    ("command", "rule"),
    [
        pytest.param(RecordSnapshot(0, DIGEST, FILE), "snapshot-size", id="of nothing"),
        pytest.param(RecordSnapshot(4, DIGEST, FILE), "snapshot-size", id="beyond the record"),
        pytest.param(RecordSnapshot(2, "A" * 64, FILE), "sha256", id="no digest"),
        pytest.param(RecordSnapshot(2, DIGEST, FILE + "0"), "sha256", id="no file digest"),
        pytest.param(RecordSnapshot(1, OTHER, FILE), "snapshot-differs", id="another picture"),
        pytest.param(RecordSnapshot(1, DIGEST, FILE), "already-recorded", id="nothing new"),
    ],
)
def test_a_snapshot_that_cannot_be_is_refused(command: RecordSnapshot, rule: str) -> None:
    scene = Scene("north")
    scene.accept(RecordSnapshot(1, DIGEST, FILE))
    assert scene.refuse(command).rule == rule


def test_a_snapshot_made_again_in_another_file_takes_the_place_of_the_first() -> None:
    scene = Scene("north")
    scene.accept(RecordSnapshot(2, DIGEST, FILE))
    scene.accept(RecordSnapshot(2, DIGEST, OTHER))
    assert scene.picture.snapshots == {2: SnapshotMark(DIGEST, OTHER)}


def test_no_party_records_a_snapshot() -> None:
    scene = Scene("north")
    refusal = scene.try_(RecordSnapshot(2, DIGEST, FILE), author("north"))
    assert isinstance(refusal, Refusal)
    assert refusal.rule == "host-only"
