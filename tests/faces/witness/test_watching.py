"""A witness that comes by itself, and a log that behaves, forks, rolls back or lies."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec
import pytest

from wideberth.errors import InvalidValue, Misbehaviour
from wideberth.faces.witness import Watcher
from wideberth.logclient import LogClient
from wideberth.record.cosignatures import WitnessKey
from wideberth.record.keys import OriginKey
from wideberth.record.memory import MemoryRecord
from wideberth.record.notes import parse_checkpoint, parse_note, parse_signature_line
from wideberth.record.splits import parse_evidence, verify_evidence
from wideberth.record.tiles import parse_tile_path
from wideberth.record.witness import Witness, evidence_file

LOG = OriginKey("space.example/log", bytes(range(32)))
KEY = WitnessKey("witness.example/w1", bytes([1]) * 32)
NOW_S = 1_700_000_000


def a_record(count: int, *, other_from: int | None = None) -> MemoryRecord:
    record = MemoryRecord(LOG, random_bytes=bytes)
    words = [
        b"other %d" % i if other_from is not None and i >= other_from else b"%d" % i
        for i in range(count)
    ]
    record.append(words, 0, time_us=1)
    return record


class Node:
    """What a watcher asks of a node. beat: the head of a beat, where it is not the newest."""

    def __init__(self, record: MemoryRecord) -> None:
        self.record = record
        self.beat: str | None = None
        self.handed: list[str] = []
        self.down = False
        self.spoils_tiles = False
        self.refuses = 0

    def grow(self, count: int = 1) -> None:
        size = self.record.head().size
        self.record.append([b"%d" % (size + i) for i in range(count)], size, time_us=1)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if self.down:
            raise httpx.ConnectError("down", request=request)
        assert request.headers["authorization"] == "Bearer token"
        path = request.url.path.removeprefix("/api/v1/record")
        if path == "/checkpoint":
            is_beat = request.url.params.get("beat") == "true"
            note = self.beat if is_beat and self.beat else self.record.checkpoint()
            return httpx.Response(200, text=note)
        if path == "/cosignatures":
            if self.refuses:
                self.refuses -= 1
                return httpx.Response(503)
            self.handed.append(msgspec.json.decode(request.content)["note"])
            return httpx.Response(200, json={})
        data = self.record.tile(parse_tile_path(path.removeprefix("/tile/")))
        return httpx.Response(200, content=data[::-1] if self.spoils_tiles else data)


@pytest.fixture
def witness(tmp_path: Path) -> Iterator[Witness]:
    with Witness(tmp_path, key=KEY, logs=[LOG.verifier]) as made:
        yield made


@pytest.fixture
def node() -> Node:
    return Node(a_record(5))


@pytest.fixture
def watcher(witness: Witness, node: Node) -> Watcher:
    client = LogClient("http://node/", token=lambda: "token", transport=httpx.MockTransport(node))
    return Watcher(witness, client, keys=[LOG.verifier])


def sizes(notes: list[str]) -> list[int]:
    return [parse_checkpoint(parse_note(note).text).size for note in notes]


def test_each_new_head_is_cosigned_and_handed_in(watcher: Watcher, node: Node) -> None:
    for count in (0, 1, 300):
        if count:
            node.grow(count)
        assert watcher.look(now_s=NOW_S).is_new
        assert not watcher.look(now_s=NOW_S).is_new
    assert sizes(node.handed) == [5, 6, 306]
    for note in node.handed:
        line = parse_signature_line(note.splitlines()[-1])
        assert (line.name, line.key_id) == (KEY.verifier.name, KEY.verifier.key_id)


def test_the_head_of_the_beat_is_what_is_cosigned(watcher: Watcher, node: Node) -> None:
    node.beat = node.record.checkpoint()
    node.grow(3)
    watcher.look(now_s=NOW_S)
    assert sizes(node.handed) == [5]


def test_a_beat_that_is_older_than_what_was_cosigned_is_no_roll_back(
    watcher: Watcher, node: Node
) -> None:
    """Two processes on one record have beats of their own."""
    old = node.record.checkpoint()
    node.grow(3)
    watcher.look(now_s=NOW_S)
    node.beat = old
    assert not watcher.look(now_s=NOW_S).is_new
    node.grow(1)
    assert watcher.look(now_s=NOW_S).is_new
    assert sizes(node.handed) == [8, 9]


def test_what_could_not_be_handed_in_is_handed_in_later(
    watcher: Watcher, node: Node, witness: Witness
) -> None:
    node.refuses = 1
    with pytest.raises(InvalidValue, match="503"):
        watcher.look(now_s=NOW_S)
    assert witness.seen(LOG.origin) is not None  # cosigned and stored
    assert watcher.look(now_s=NOW_S).is_new
    assert sizes(node.handed) == [5]


@pytest.mark.parametrize("old", [5, 8])  # 8: a power of two, of which a proof binds nothing
def test_a_fork_is_evidence_that_a_third_can_check(
    watcher: Watcher, node: Node, witness: Witness, old: int
) -> None:
    node.grow(old - 5) if old > 5 else None
    watcher.look(now_s=NOW_S)
    node.record = a_record(11, other_from=3)
    with pytest.raises(Misbehaviour, match="FORK") as caught:
        watcher.look(now_s=NOW_S)
    text = Path(caught.value.path).read_text()
    found = verify_evidence(text, keys=[LOG.verifier])
    assert (found.smaller.size, found.larger.size) == (old, 11)
    assert witness.evidence(LOG.origin) == text
    assert sizes(node.handed) == [old, old]  # the second time to show what it holds
    node.record = a_record(12)
    with pytest.raises(Misbehaviour):  # also once the honest history is back
        watcher.look(now_s=NOW_S)


def test_another_tree_of_the_same_size_is_a_fork(watcher: Watcher, node: Node) -> None:
    watcher.look(now_s=NOW_S)
    node.record = a_record(5, other_from=3)
    with pytest.raises(Misbehaviour, match="FORK") as caught:
        watcher.look(now_s=NOW_S)
    text = Path(caught.value.path).read_text()
    assert verify_evidence(text, keys=[LOG.verifier]).smaller.size == 5


def test_a_roll_back_is_kept_and_shown(watcher: Watcher, node: Node, witness: Witness) -> None:
    watcher.look(now_s=NOW_S)
    node.record = a_record(3)
    with pytest.raises(Misbehaviour, match="ROLLBACK") as caught:
        watcher.look(now_s=NOW_S)
    path = Path(caught.value.path)
    assert path.name == evidence_file(LOG.origin, kind="rollback")
    both = parse_evidence(path.read_text())
    assert sizes([both.smaller, both.larger]) == [3, 5]
    assert sizes(node.handed) == [5, 5]
    node.record = a_record(7)  # the right copy was put back
    assert watcher.look(now_s=NOW_S).is_new


def test_after_a_roll_back_another_history_is_not_cosigned(watcher: Watcher, node: Node) -> None:
    watcher.look(now_s=NOW_S)
    node.record = a_record(9, other_from=3)
    with pytest.raises(Misbehaviour, match="FORK"):
        watcher.look(now_s=NOW_S)


def test_a_log_that_does_not_answer_is_no_evidence(
    watcher: Watcher, node: Node, witness: Witness
) -> None:
    watcher.look(now_s=NOW_S)
    node.down = True
    with pytest.raises(httpx.HTTPError):
        watcher.look(now_s=NOW_S)
    node.down, node.spoils_tiles = False, True
    node.grow(3)
    with pytest.raises(InvalidValue, match="does not lead"):
        watcher.look(now_s=NOW_S)
    assert witness.evidence(LOG.origin) is None
    node.spoils_tiles = False
    assert watcher.look(now_s=NOW_S).is_new


def test_a_head_that_the_log_did_not_sign_is_no_evidence(
    watcher: Watcher, node: Node, witness: Witness
) -> None:
    watcher.look(now_s=NOW_S)
    twin = OriginKey(LOG.origin, bytes([9]) * 32)
    node.record = MemoryRecord(twin)
    with pytest.raises(InvalidValue, match="unsigned"):
        watcher.look(now_s=NOW_S)
    assert witness.evidence(LOG.origin) is None


def test_an_answer_that_is_too_large_is_refused(witness: Witness) -> None:
    def endless(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=b"x" * 2_000_000)

    client = LogClient("http://node", transport=httpx.MockTransport(endless))
    with pytest.raises(InvalidValue, match="too large"):
        Watcher(witness, client, keys=[LOG.verifier]).look(now_s=NOW_S)
