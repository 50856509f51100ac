"""STOP and answers under faults: restored from a backup, killed, a disk that takes nothing."""

from __future__ import annotations

import asyncio
import contextlib
import json
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from pathlib import Path
from typing import Any

import apsw
import httpx
import msgspec
import pytest

from api_world import World, a_world, flight, square
from doc_pages import PROJECT
from stream_lines import Line, Seen
from wideberth.aside import ASIDE_FILE, REFUSED_FILE, Aside, Kept
from wideberth.audit import StatementAudit
from wideberth.backups import backup, restore
from wideberth.client import PartyKey
from wideberth.errors import InvalidValue
from wideberth.model.entries import Entry, NoticeAcknowledged, decode_entry, encode_entry
from wideberth.model.ids import PartyId
from wideberth.model.parties import Author, How
from wideberth.model.stops import Form, Identified, Stop, StopTold, TellStop
from wideberth.record.sqlite import SqliteRecord
from wideberth.record.vault import KEY_BYTES, Vault
from wideberth.record.verify import verify_folder
from wideberth.succession import ORIGIN_KEY, open_epoch

FOLDER = "wideberth-data"
SAYS = {"text": "people at the bridge"}


def entries(folder: Path) -> list[Entry]:
    with SqliteRecord(folder) as record:
        return [decode_entry(row.envelope, position=row.position) for row in record.read(0, 10_000)]


def stops_in(folder: Path) -> list[StopTold]:
    return [each.body for each in entries(folder) if isinstance(each.body, StopTold)]


def answers_in(folder: Path) -> list[NoticeAcknowledged]:
    return [each.body for each in entries(folder) if isinstance(each.body, NoticeAcknowledged)]


def verified(folder: Path) -> None:
    with SqliteRecord(folder) as record:
        audit = StatementAudit(record.first_origin)
    verify_folder(folder, statement_checker=audit, erased_checker=audit.erased)


async def until(is_so: Callable[[], bool], within_s: float = 30) -> None:
    async with asyncio.timeout(within_s):
        while not is_so():  # noqa: ASYNC110 - another process or a thread does it
            await asyncio.sleep(0.05)


def named(events: list[Seen], name: str) -> list[tuple[int | None, Any]]:
    return [(number, data) for number, kind, data in events if kind == name]


@pytest.fixture
def restored(tmp_path: Path) -> Path:
    """A folder restored from a backup in which bravo has two open notices, with alpha's clashes.
    Beside it, ``bravo.key`` and the tokens' old node.
    """

    async def play() -> None:
        async with a_world(tmp_path) as world:
            key = await world.key("bravo")
            key.save(tmp_path / "bravo.key")
            await world.told("bravo", square(47.0, 7.5))
            await world.told("alpha", square(47.0, 7.5))
            backup(world.node.folder, tmp_path / "backup", made_us=5)
            await world.told("alpha", square(10))

    asyncio.run(play())
    again = tmp_path / "again" / FOLDER
    again.parent.mkdir()
    restore(tmp_path / "backup", again, key_file=tmp_path / FOLDER / ORIGIN_KEY)
    return again


async def open_notice(world: World, party: str) -> dict[str, Any]:
    page = (await world.ask(party, "GET", "/notices?state=open")).json()
    return page["notices"][0]


def through_an_epoch(restored: Path, tmp_path: Path) -> None:
    """A STOP and two answers on a restored node, a restart, the epoch, two more restarts."""
    key = PartyKey.load(tmp_path / "bravo.key")
    size = len(entries(restored))
    sent: dict[str, Any] = {}

    async def before() -> None:
        async with a_world(restored.parent) as world:
            line = Line(world, "alpha", "/stream")
            await asyncio.sleep(0.05)
            assert (await world.ask("alpha", "POST", "/intents", flight())).status_code == 503
            stop = await world.ask("bravo", "POST", "/stop", SAYS)
            sent["stop"] = stop.json()
            assert (sent["stop"]["recorded"], sent["stop"]["kept"]) == (False, True)
            notice = await open_notice(world, "bravo")
            path = f"/notices/{notice['id']}/acknowledgements"
            got = await world.ask("bravo", "POST", path, {"verb": "RECEIVED"})
            assert (got.status_code, got.json()["recorded"], got.json()["kept"]) == (
                202,
                False,
                True,
            )
            unsigned = {"verb": "LOADED", "unit": "bravo-1", "system": "plotter"}
            refused = await world.ask("bravo", "POST", path, unsigned)
            assert refused.status_code == 403, "the rules hold there too"
            async with world.client("bravo", key) as bravo:
                signed = await bravo.acknowledge(notice, "LOADED", unit="bravo-1", system="plotter")
            assert signed["recorded"] is False
            events = await line.until(lambda seen: len(named(seen, "acknowledgement")) == 2)
            verbs = [
                each["acknowledgement"]["verb"] for _, each in named(events, "acknowledgement")
            ]
            assert verbs == ["RECEIVED", "LOADED"]
            assert {number for number, _ in named(events, "acknowledgement")} == {None}
            assert all(not each["recorded"] for _, each in named(events, "acknowledgement"))
            assert named(events, "stop")[0][1]["stop"]["id"] == sent["stop"]["id"]
            await line.close()

    async def again() -> None:
        async with a_world(restored.parent) as world:  # restarted: what waits is shown again
            line = Line(world, "alpha", "/stream")
            await line.until(lambda seen: len(named(seen, "acknowledgement")) == 2)
            await line.close()
            assert len(world.node.urgent.waiting) == 3

    async def after() -> None:
        async with a_world(restored.parent) as world:
            await until(lambda: not world.node.urgent.waiting)
            assert [each.stop.id for each in stops_in(restored)] == [sent["stop"]["id"]]
            received, loaded = answers_in(restored)
            assert loaded.acknowledgement.by.how is How.SIGNED
            assert loaded.statement is not None
            assert received.statement is None
            assert await world.ask("bravo", "GET", "/notices?state=open")
            await until(lambda: not (restored / ASIDE_FILE).stat().st_size)

    asyncio.run(before())
    asyncio.run(again())
    assert len(entries(restored)) == size
    asyncio.run(open_epoch(restored, reason="disk lost"))
    asyncio.run(after())
    asyncio.run(after())  # once, however often it starts
    assert not (restored / REFUSED_FILE).exists()
    verified(restored)


@pytest.mark.requirement("D-11")
def test_a_restored_node_takes_stop_and_answers_and_records_them_in_the_epoch(
    restored: Path, tmp_path: Path
) -> None:
    through_an_epoch(restored, tmp_path)


def test_what_became_of_what_waits_is_told_from_the_first_moment_to_the_last(
    restored: Path,
) -> None:
    """By its key: sent, then in the record under the mechanism's name; of an answer also where the
    rules refuse it when it is to be recorded. The inbox shows what waits."""
    keys = {name: {"Idempotency-Key": name} for name in ("my-stop", "my-answer", "my-other")}

    async def before() -> None:
        async with a_world(restored.parent) as world:
            stop = await world.ask("bravo", "POST", "/stop", SAYS, headers=keys["my-stop"])
            assert stop.json()["recorded"] is False
            first = await open_notice(world, "bravo")
            path = f"/notices/{first['id']}/acknowledgements"
            for name in ("my-answer", "my-other"):
                await world.ask("bravo", "POST", path, {"verb": "RECEIVED"}, headers=keys[name])
            await asked(world)
            shown = await open_notice(world, "bravo")
            assert [each["recorded"] for each in shown["answers"]] == [False, False]
            stranger = await world.ask("alpha", "GET", "/requests/my-stop")
            assert stranger.status_code == 404
            kept = Aside(restored).read()
            gone = msgspec.structs.replace(kept[-1].command, notice="gone")
            refused = msgspec.structs.replace(
                kept[-1], id="answer-gone", key="my-gone", command=gone
            )
            Aside(restored).keep(refused)

    async def asked(world: World) -> None:
        for name, member in (("my-stop", "sent_to"), ("my-answer", "acknowledgement")):
            became = (await world.ask("bravo", "GET", f"/requests/{name}")).json()
            assert (became["state"], became["position"]) == ("sent", None)
            assert became["answer"]["recorded"] is False
            assert became["answer"]["kept"] is True
            assert member in became["answer"]

    async def again() -> None:
        async with a_world(restored.parent) as world:
            await asked(world)

    async def after() -> None:
        async with a_world(restored.parent) as world:
            await until(lambda: not world.node.urgent.waiting)
            for name in keys:
                became = (await world.ask("bravo", "GET", f"/requests/{name}")).json()
                assert became["state"] == "applied"
                assert became["answer"].get("recorded", True) is True
            lost = (await world.ask("bravo", "GET", "/requests/my-gone")).json()
            assert (lost["state"], lost["position"], lost["answer"]) == ("refused", None, None)
            shown = await open_notice(world, "bravo")
            assert all(each.get("recorded", True) for each in shown["answers"])
            nothing = await world.ask("bravo", "GET", "/requests/never-sent")
            assert nothing.status_code == 404

    asyncio.run(before())
    asyncio.run(again())
    asyncio.run(open_epoch(restored, reason="disk lost"))
    asyncio.run(after())
    asyncio.run(after())
    verified(restored)


def test_an_answer_under_the_old_name_is_not_told_twice(restored: Path, tmp_path: Path) -> None:
    through_an_epoch(restored, tmp_path)
    with SqliteRecord(restored) as record:
        audit = StatementAudit(record.first_origin)
    told = entries(restored)
    with SqliteRecord(restored) as record:
        rows = record.read(0, 10_000)
    for row, entry in zip(rows, told, strict=True):
        audit(row.position, row.envelope, entry.said)
    again = next(
        each for each in told if isinstance(each.body, NoticeAcknowledged) and each.body.statement
    )
    later = msgspec.structs.replace(again, time_us=told[-1].time_us)
    with pytest.raises(InvalidValue, match="told-again"):
        audit(len(rows), encode_entry(later), None)


def server(folder: Path) -> tuple[subprocess.Popen[str], str, dict[str, str]]:
    process = subprocess.Popen(
        [sys.executable, str(PROJECT / "tests" / "attack" / "stop_server.py"), str(folder)],
        stdout=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": str(PROJECT / "tests"), "PATH": "/usr/bin:/bin"},
    )
    assert process.stdout is not None
    said = json.loads(process.stdout.readline())
    return process, f"http://127.0.0.1:{said['port']}/api/v1", said["tokens"]


@contextlib.asynccontextmanager
async def served(folder: Path) -> AsyncGenerator[tuple[subprocess.Popen[str], str, dict[str, str]]]:
    process, url, tokens = await asyncio.to_thread(server, folder)
    try:
        yield process, url, tokens
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


async def next_stop(url: str, token: str, ready: asyncio.Event) -> dict[str, Any]:
    """The first event ``stop`` of a party's stream."""
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        httpx.AsyncClient(timeout=30) as client,
        client.stream("GET", f"{url}/stream", headers=headers) as answer,
    ):
        is_stop = False
        async for line in answer.aiter_lines():
            ready.set()
            if line.startswith("event:"):
                is_stop = line == "event: stop"
            elif line.startswith("data: ") and is_stop:
                return json.loads(line[6:])["stop"]
    raise AssertionError("the stream ended")


async def say(url: str, token: str, **more: Any) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "first"}
    async with httpx.AsyncClient(timeout=30) as client:
        answer = await client.post(f"{url}/stop", json={**SAYS, **more}, headers=headers)
    assert answer.status_code == 202, answer.text
    return answer.json()


async def test_killed_between_sending_and_recording_it_is_recorded_once(tmp_path: Path) -> None:
    folder = tmp_path / FOLDER
    async with served(folder) as (process, url, tokens):
        holding = apsw.Connection(str(folder / "record.sqlite3"))
        holding.execute("BEGIN IMMEDIATE")
        ready = asyncio.Event()
        watching = asyncio.create_task(next_stop(url, tokens["bravo"], ready))
        await ready.wait()
        told = await say(url, tokens["alpha"])
        assert (told["recorded"], told["kept"], told["sent_to"]) == (False, True, 1)
        assert (await watching)["id"] == told["id"]
        process.send_signal(signal.SIGKILL)
        process.wait()
        holding.execute("ROLLBACK")
        holding.close()
    assert stops_in(folder) == []
    for _ in range(2):
        async with served(folder) as (_, url, tokens):
            await until(lambda: len(stops_in(folder)) == 1)
            again = await say(url, tokens["alpha"])
            assert (again["id"], again["sent_to"], again["recorded"]) == (told["id"], None, True)
    assert [each.stop.id for each in stops_in(folder)] == [told["id"]]
    verified(folder)


async def test_killed_after_recording_and_before_the_file_was_emptied(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        told = (await world.ask("alpha", "POST", "/stop", SAYS)).json()
        folder, origin = world.node.folder, world.node.origin
        await until(lambda: not (folder / ASIDE_FILE).stat().st_size)
    (told_there,) = stops_in(folder)
    author = Author(PartyId("alpha"), How.ATTESTED, "sub", ())
    kept = Kept(told["id"], origin, 5, author, TellStop(told_there.stop), "another-key")
    Aside(folder).keep(kept)
    async with a_world(tmp_path) as world:
        await until(lambda: not (folder / ASIDE_FILE).stat().st_size)
    assert len(stops_in(folder)) == 1


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="needs Linux")
async def test_a_full_disk_does_not_hold_it(tmp_path: Path) -> None:
    """No file of the node's process may grow by one byte."""
    folder = tmp_path / FOLDER
    async with served(folder) as (process, url, tokens):
        ready = asyncio.Event()
        watching = asyncio.create_task(next_stop(url, tokens["bravo"], ready))
        await ready.wait()
        whole = resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
        headers = {"Authorization": f"Bearer {tokens['alpha']}"}
        async with httpx.AsyncClient(timeout=30) as client:
            held = await client.post(f"{url}/intents", json=flight(), headers=headers)
        assert held.status_code == 503
        told = await say(url, tokens["alpha"])
        assert (told["recorded"], told["kept"], told["sent_to"]) == (False, False, 1)
        assert (await watching)["recorded"] is False
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, whole)
        await until(lambda: len(stops_in(folder)) == 1)
        again = await say(url, tokens["alpha"])
        assert (again["id"], again["recorded"], again["kept"]) == (told["id"], True, True)
    assert len(stops_in(folder)) == 1
    verified(folder)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, of a few megabytes. Skips where none can be mounted."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(place)]
    has_mount = shutil.which("mount") is not None
    if not has_mount or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


async def test_it_is_on_the_other_stream_within_a_second_with_a_full_disk(
    small_disk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = small_disk / FOLDER
    async with served(folder) as (_, url, tokens):
        ready = asyncio.Event()
        watching = asyncio.create_task(next_stop(url, tokens["bravo"], ready))
        await ready.wait()
        filler = small_disk / "filler"
        with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            for size in (65_536, 512, 1):
                with contextlib.suppress(OSError):
                    while file.write(bytes(size)):
                        pass
        headers = {"Authorization": f"Bearer {tokens['alpha']}"}
        async with httpx.AsyncClient(timeout=30) as client:
            held = await client.post(f"{url}/intents", json=flight(), headers=headers)
        assert held.status_code == 503, "the disk is full"
        sent_s = time.perf_counter()
        saying = asyncio.create_task(say(url, tokens["alpha"]))
        seen = await watching
        after_s = time.perf_counter() - sent_s
        told = await saying
        with capsys.disabled():
            sys.stdout.write(f"\nSTOP, disk full: on the other stream in {after_s * 1000:.0f} ms\n")
        assert seen["id"] == told["id"]
        assert (told["recorded"], told["sent_to"]) == (False, 1)
        assert after_s < 1, "the bound that is promised"
        filler.unlink()
        await until(lambda: len(stops_in(folder)) == 1)
    assert len(stops_in(folder)) == 1
    verified(folder)


def a_kept(name: str) -> Kept:
    stop = Stop(name, Form.STOP, PartyId("alpha"), Identified.ATTESTED, 5, "words")
    author = Author(PartyId("alpha"), How.ATTESTED, "sub", ())
    return Kept(name, "a.example/log", 5, author, TellStop(stop), name)


@pytest.mark.parametrize("vault", [None, Vault(bytes(KEY_BYTES))], ids=["in plain", "sealed"])
def test_the_file_survives_a_line_that_was_cut_off_anywhere(
    tmp_path: Path, vault: Vault | None
) -> None:
    aside = Aside(tmp_path, vault=vault)
    aside.keep(a_kept("one"))
    whole = (tmp_path / ASIDE_FILE).read_bytes()
    assert (b"words" in whole) is (vault is None)
    aside.keep(a_kept("two"))
    both = (tmp_path / ASIDE_FILE).read_bytes()
    for cut in range(len(whole), len(both)):
        (tmp_path / ASIDE_FILE).write_bytes(both[:cut])
        aside.keep(a_kept("three"))
        names = [each.id for each in aside.read()]
        assert names in (["one", "three"], ["one", "two", "three"])
    assert not aside.empty(lambda kept: kept.id != "three")
    assert aside.empty(lambda _: True)
    assert aside.read() == []
