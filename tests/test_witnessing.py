"""A node and its witnesses, joined in memory: heads out, cosignatures in, what they remember."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from wideberth.configuration import load_configuration
from wideberth.errors import BehindWitness, ClockOff, InvalidValue
from wideberth.faces.witness import WitnessApp
from wideberth.model.commands import RegisterParty
from wideberth.model.ids import PartyId
from wideberth.node import Node
from wideberth.record.cosignatures import WitnessKey, merged
from wideberth.record.keys import OriginKey
from wideberth.record.memory import MemoryRecord
from wideberth.record.notes import parse_checkpoint, parse_note
from wideberth.record.policy import parse_policy
from wideberth.record.protocol import Record
from wideberth.record.sqlite import SqliteRecord
from wideberth.record.witness import Submission, Witness, format_submission
from wideberth.space.time import SECOND_US
from wideberth.witnessclocks import steady_us
from wideberth.witnessing import HELD_FILE, Peer, Witnessing

LOG = OriginKey("space.example/log", bytes(range(32)))
W = [WitnessKey(f"witness.example/w{i}", bytes([i + 1]) * 32) for i in range(2)]
NOW_S = 1_700_000_000


class Loop:
    """What Witnessing needs of a service."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.stopped_by: Exception | None = None
        self.clock_off: ClockOff | None = None

    async def reading(self, ask: Callable[[Record], Any]) -> Any:
        return ask(self.record)


class Place:
    """A record, two witnesses that serve, and the network between: by host name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "record"
        self.record = SqliteRecord(self.folder, key=LOG)
        self.loop = Loop(self.record)
        self.witnesses = [
            Witness(folder / f"w{i}", key=each, logs=[LOG.verifier]) for i, each in enumerate(W)
        ]
        self.down: set[str] = set()
        self.asked: list[str] = []
        self.ahead_s = {"w0": 0.0, "w1": 0.0}

    def peers(self) -> list[Peer]:
        return [Peer(each.verifier, f"http://w{i}") for i, each in enumerate(W)]

    def witnessing(self, peers: list[Peer] | None = None, **more: Any) -> Witnessing:
        given = self.peers() if peers is None else peers
        return Witnessing(
            self.folder,
            self.loop,
            given,
            transport=httpx.MockTransport(self.answer),
            **({"clock_us": lambda: NOW_S * SECOND_US} | more),
        )

    async def answer(self, request: httpx.Request) -> httpx.Response:
        host = request.url.host
        self.asked.append(f"{request.method} {host}")
        if host in self.down:
            raise httpx.ConnectError("down", request=request)
        app = WitnessApp(
            self.witnesses[int(host[1:])], clock_s=lambda: int(NOW_S + self.ahead_s[host])
        )
        transport = httpx.ASGITransport(app)
        body = await request.aread()
        async with httpx.AsyncClient(transport=transport, base_url="http://w") as client:
            found = await client.request(request.method, request.url.path, content=body)
        kind = found.headers["content-type"]
        return httpx.Response(
            found.status_code, content=found.content, headers={"content-type": kind}
        )

    def grow(self, count: int = 1) -> None:
        size = self.record.head().size
        self.record.append([b"%d" % (size + i) for i in range(count)], size, time_us=1)

    def names(self) -> set[str]:
        return {each.name for each in parse_note(self.record.checkpoint()).signatures[1:]}

    def close(self) -> None:
        for each in (self.record, *self.witnesses):
            each.close()


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path)
    made.grow(3)
    yield made
    made.close()


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.005)


def other_log(count: int) -> MemoryRecord:
    """The log's twin: the same key, another history."""
    record = MemoryRecord(LOG)
    record.append([b"other %d" % i for i in range(count)], 0, time_us=1)
    return record


def cosign(witness: Witness, record: Record, *, old: int = 0) -> None:
    note = record.checkpoint()
    proof = record.consistency_proof(old, record.head().size)
    body = format_submission(Submission(old, tuple(proof), note)).encode()
    assert witness.add_checkpoint(body, now_s=NOW_S).status == 200


async def test_every_head_comes_back_cosigned_by_all(place: Place) -> None:
    async with place.witnessing(beat_s=0.01):
        for _ in range(3):
            await until(lambda: place.names() == {W[0].verifier.name, W[1].verifier.name})
            place.grow(2)
    lines = "".join(f"witness w{i} {each.vkey}\n" for i, each in enumerate(W))
    policy = parse_policy(f"log {LOG.vkey}\n{lines}group g all w0 w1\nquorum g\n".encode())
    assert policy.require(place.record.checkpoint(witnesses=2)).witnesses == ("w0", "w1")


async def test_a_witness_that_is_down_delays_nobody_and_catches_up(place: Place) -> None:
    place.down.add("w1")
    async with place.witnessing(beat_s=0.01) as witnessing:
        assert any("w1 was not heard" in note for note in witnessing.notes)
        await until(lambda: place.names() == {W[0].verifier.name})
        place.grow(4)
        await until(lambda: place.names() == {W[0].verifier.name})
        place.down.clear()
        await until(lambda: len(place.names()) == 2)
    assert place.loop.stopped_by is None


async def test_a_witness_that_knows_more_than_the_table_is_asked_from_its_size(
    place: Place,
) -> None:
    """Cosignatures may be lost: the witness's 409 says where to go on."""
    cosign(place.witnesses[0], place.record)
    place.grow(2)
    async with place.witnessing(beat_s=0.01):
        await until(lambda: len(place.names()) == 2)
    assert place.witnesses[0].seen(LOG.origin) is not None


@pytest.mark.requirement("L-12")
@pytest.mark.parametrize("ahead_s", [-3600.0, -7.0, 7.0, 3600.0])
async def test_a_clock_far_from_a_witness_stops_deciding_until_it_is_set(
    place: Place, ahead_s: float
) -> None:
    set_us = 0
    place.ahead_s["w0"] = ahead_s
    only = [place.peers()[0]]
    start_us = NOW_S * SECOND_US - steady_us()
    async with place.witnessing(
        only, beat_s=0.01, clock_us=lambda: start_us + steady_us() + set_us
    ) as witnessing:
        await until(lambda: place.loop.clock_off)
        off = place.loop.clock_off
        assert off is not None
        assert off.witnesses == (W[0].verifier.name,)
        assert 0 < abs(off.off_us) <= abs(ahead_s) * SECOND_US
        assert (off.off_us < 0) == (ahead_s > 0)
        place.down.add("w0")
        set_us = round(ahead_s * SECOND_US)
        await until(lambda: not place.loop.clock_off)  # without a word of the witness
        place.down.clear()
        assert not witnessing.clocks.is_off(W[0].verifier.name)
    assert place.loop.stopped_by is None


@pytest.mark.requirement("L-12")
async def test_a_witness_that_was_wrong_itself_lets_the_node_go_on(place: Place) -> None:
    """Asked again on each beat, though there is no new head; its times never run backwards, so
    this one is behind.
    """
    place.ahead_s["w0"] = -60.0
    async with place.witnessing([place.peers()[0]], beat_s=0.01):
        await until(lambda: place.loop.clock_off)
        place.ahead_s["w0"] = 0.0
        await until(lambda: not place.loop.clock_off)


@pytest.mark.requirement("L-12")
async def test_a_head_that_is_cosigned_already_is_handed_out_once_more_for_the_time(
    place: Place,
) -> None:
    only = [place.peers()[0]]
    async with place.witnessing(only, beat_s=0.01):
        await until(lambda: place.names() == {W[0].verifier.name})
    place.asked.clear()
    async with place.witnessing(only, beat_s=0.01) as witnessing:
        await until(lambda: witnessing.clocks.knows(W[0].verifier.name))
        await asyncio.sleep(0.1)
    assert place.asked.count("POST w0") == 1


async def test_a_witness_that_comes_by_itself_shows_a_clock_that_is_behind(place: Place) -> None:
    peer = Peer(W[0].verifier)
    note = place.record.checkpoint()
    text = parse_note(note).text
    async with place.witnessing([peer]) as witnessing:
        for time_s, off in ((NOW_S - 3600, False), (NOW_S + 7, True), (NOW_S - 1000, True)):
            await witnessing.take(merged(note, [W[0].cosign(text, time_s=time_s)]))
            assert (place.loop.clock_off is not None) == off


async def test_nothing_is_asked_again_that_is_known(place: Place) -> None:
    async with place.witnessing(beat_s=0.01):
        await until(lambda: len(place.names()) == 2)
        place.asked.clear()
        await asyncio.sleep(0.1)
        assert place.asked == []


async def test_the_head_of_a_beat_is_the_same_for_all(place: Place) -> None:
    witnessing = place.witnessing(beat_s=3600)
    first = await witnessing.to_cosign()
    place.grow()
    assert await witnessing.to_cosign() == first
    quick = place.witnessing(beat_s=0.0)
    assert await quick.to_cosign() != first


async def test_at_start_a_witness_that_is_ahead_ends_all_deciding(place: Place) -> None:
    """The record was put back to an older copy; the witness remembers."""
    longer = MemoryRecord(LOG)
    longer.append([b"%d" % i for i in range(9)], 0, time_us=1)
    cosign(place.witnesses[1], longer)
    async with place.witnessing(beat_s=0.01) as witnessing:
        error = place.loop.stopped_by
        assert isinstance(error, BehindWitness)
        assert (error.witnessed, error.own, error.is_fork) == (9, 3, False)
        assert "a head of 9 entries, and here are 3" in str(error)
        assert str(error) in witnessing.notes


async def test_at_start_a_witness_with_another_tree_ends_all_deciding(place: Place) -> None:
    cosign(place.witnesses[0], other_log(2))
    async with place.witnessing(beat_s=0.01):
        error = place.loop.stopped_by
        assert isinstance(error, BehindWitness)
        assert (error.witnessed, error.own, error.is_fork) == (2, 3, True)


async def test_a_witness_that_was_silent_at_start_is_heeded_later(place: Place) -> None:
    cosign(place.witnesses[1], other_log(9))
    place.down.add("w1")
    async with place.witnessing(beat_s=0.01):
        assert place.loop.stopped_by is None
        place.down.clear()
        await until(lambda: place.loop.stopped_by)
    assert isinstance(place.loop.stopped_by, BehindWitness)


async def test_a_number_alone_stops_nobody(place: Place) -> None:
    """A lying witness says 409 with a large size, and shows no head that the log signed."""

    def lying(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            twin = MemoryRecord(OriginKey(LOG.origin, bytes([9]) * 32))
            return httpx.Response(200, text=twin.checkpoint())
        return httpx.Response(409, text="999\n", headers={"content-type": "text/x.tlog.size"})

    witnessing = Witnessing(
        place.folder,
        place.loop,
        place.peers()[:1],
        beat_s=0.01,
        transport=httpx.MockTransport(lying),
    )
    async with witnessing:
        await asyncio.sleep(0.1)
    assert place.loop.stopped_by is None


@pytest.mark.parametrize("status", [200, 400, 403, 404, 409, 422, 500])
async def test_no_answer_of_a_witness_does_harm(place: Place, status: int) -> None:
    answers = iter(["", "x" * 200_000, "\N{EM DASH} w AAAABBBB\n", "3\n", "-1\n", "\x00"] * 9)

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(status, text=next(answers, ""))

    witnessing = Witnessing(
        place.folder,
        place.loop,
        place.peers(),
        beat_s=0.001,
        transport=httpx.MockTransport(answer),
    )
    async with witnessing:
        await asyncio.sleep(0.05)
    assert place.loop.stopped_by is None
    assert place.names() == set()


async def test_a_fault_in_asking_one_witness_leaves_the_others(
    place: Place, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    submit = Witnessing._submit

    async def faulty(self: Witnessing, peer: Peer, *rest: Any) -> Any:
        if peer.key == W[0].verifier:
            raise KeyError("a fault of this program")
        return await submit(self, peer, *rest)

    monkeypatch.setattr(Witnessing, "_submit", faulty)
    async with place.witnessing(beat_s=0.01):
        await until(lambda: place.names() == {W[1].verifier.name})
        monkeypatch.undo()
        await until(lambda: len(place.names()) == 2)
    assert "could not be handed a head" in caplog.text


async def test_what_is_handed_in_is_kept_and_what_contradicts_is_heeded(place: Place) -> None:
    async with place.witnessing([Peer(each.verifier) for each in W]) as witnessing:
        note = place.record.checkpoint()
        cosignature = W[0].cosign(parse_note(note).text, time_s=NOW_S)
        assert await witnessing.take(merged(note, [cosignature])) == (cosignature,)
        assert place.names() == {W[0].verifier.name}
        assert await witnessing.take(note) == ()
        with pytest.raises(InvalidValue, match="signature does not verify"):
            await witnessing.take(note.replace("\n3\n", "\n4\n"))
        with pytest.raises(BehindWitness, match="another tree of 3"):
            await witnessing.take(other_log(3).checkpoint())
    assert isinstance(place.loop.stopped_by, BehindWitness)
    assert place.asked == []  # none has a url


async def test_what_was_held_against_a_record_is_heeded_at_the_next_start(place: Place) -> None:
    """Until the record has that head: the right copy was put back, say."""
    peers = [Peer(each.verifier) for each in W]
    longer = MemoryRecord(LOG)
    longer.append([b"%d" % i for i in range(5)], 0, time_us=1)
    async with place.witnessing(peers) as witnessing:
        with pytest.raises(BehindWitness):
            await witnessing.take(longer.checkpoint())
    for _ in range(2):
        place.loop.stopped_by = None
        async with place.witnessing(peers):
            assert isinstance(place.loop.stopped_by, BehindWitness)
    assert (place.folder / HELD_FILE).read_text() == longer.checkpoint()
    back = SqliteRecord(place.folder / "back", key=LOG, random_bytes=bytes)
    back.append([b"%d" % i for i in range(5)], 0, time_us=1)
    place.loop.record, place.loop.stopped_by = back, None
    (place.folder / HELD_FILE).write_text(back.checkpoint())
    async with place.witnessing(peers):
        assert place.loop.stopped_by is None
    assert not (place.folder / HELD_FILE).exists()
    (place.folder / HELD_FILE).write_text("nonsense")
    async with place.witnessing(peers) as witnessing:
        assert place.loop.stopped_by is None
        assert "left alone" in witnessing.notes[0]
    back.close()


async def test_without_witnesses_nothing_happens(place: Place) -> None:
    async with place.witnessing([]) as witnessing:
        assert parse_checkpoint(parse_note(await witnessing.to_cosign()).text).size == 3
        assert await witnessing.take(place.record.checkpoint()) == ()


async def test_a_node_whose_record_was_lost_does_not_open_a_second_one(tmp_path: Path) -> None:
    """The key is there, the entries are not: opening the space again would fork the log."""
    folder = tmp_path / "node"
    async with Node.open(folder) as node:
        log = OriginKey.load(folder / "keys" / "origin.key")
        note = await node.service.reading(lambda record: record.checkpoint())
    witness = Witness(tmp_path / "w", key=W[0], logs=[log.verifier])
    assert witness.add_checkpoint(f"old 0\n\n{note}".encode(), now_s=NOW_S).status == 200
    for name in ("record.sqlite3", "record.sqlite3-wal", "record.sqlite3-shm"):
        (folder / name).unlink(missing_ok=True)
    later = Node.open(folder)
    later.witnessing = Witnessing(
        folder,
        later.service,
        [Peer(W[0].verifier, "http://w")],
        transport=httpx.ASGITransport(WitnessApp(witness)),
    )
    async with later:
        assert later.service.picture.size == 0
        assert any("holds a head of 1 entries" in each for each in later.notes)
        with pytest.raises(BehindWitness):
            await later.command(RegisterParty(PartyId("alpha"), "Alpha", (), "desk"))
    witness.close()


@pytest.mark.parametrize(
    ("table", "wanted"),
    [
        pytest.param('vkey = "nonsense"', "vkey", id="no key"),
        pytest.param(f'vkey = "{LOG.vkey}"', "0x04", id="a log's key"),
        pytest.param(f'vkey = "{W[0].vkey}"\nurl = "ftp://w"', "url", id="another scheme"),
        pytest.param(f'vkey = "{W[0].vkey}"\nurl = "https://w?x"', "url", id="a query"),
        pytest.param(f'vkey = "{W[0].vkey}"\nport = 1', "port", id="an unknown member"),
        pytest.param(f'vkey = "{W[0].vkey}"\nurl = "http://[::1"', "url", id="half a url"),
    ],
)
def test_bad_witnesses_are_refused_by_name(tmp_path: Path, table: str, wanted: str) -> None:
    path = tmp_path / "wideberth.toml"
    path.write_text(f"[[witnesses]]\n{table}\n")
    with pytest.raises(InvalidValue) as caught:
        load_configuration(path)
    assert "witnesses" in caught.value.field
    assert wanted in str(caught.value)


def test_a_witness_is_named_once_and_there_are_not_too_many(tmp_path: Path) -> None:
    """A head with more lines than a note may have could not be read by anybody."""
    path = tmp_path / "wideberth.toml"
    one = f'[[witnesses]]\nvkey = "{W[0].vkey}"\n'
    path.write_text(one + one)
    with pytest.raises(InvalidValue, match=r"witnesses\.1\.vkey: name a witness once"):
        load_configuration(path)
    many = [WitnessKey(f"w{i}", bytes([i]) * 32).vkey for i in range(61)]
    path.write_text("".join(f'[[witnesses]]\nvkey = "{each}"\n' for each in many))
    with pytest.raises(InvalidValue, match="60 at most"):
        load_configuration(path)


def test_witnesses_and_beat_are_read(tmp_path: Path) -> None:
    path = tmp_path / "wideberth.toml"
    path.write_text(
        f'[witnessing]\nbeat_s = 2\n[[witnesses]]\nvkey = "{W[0].vkey}"\nurl = "https://w/a/"\n'
    )
    found = load_configuration(path)
    assert (found.witnessing.beat_s, found.witnesses[0].url) == (2, "https://w/a/")
    path.write_text("[witnessing]\nbeat_s = 0\n")
    with pytest.raises(InvalidValue, match="beat_s"):
        load_configuration(path)
