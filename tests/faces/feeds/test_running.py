"""Feeds at work, against real sockets: they begin anew, keep out of each other's way, and say how
they stand.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from sbs_lines import a_sender, sbs
from wideberth.faces.feeds.decoding import Decoded
from wideberth.faces.feeds.running import Pacing, RunningFeed, _Waiting
from wideberth.faces.feeds.sbs import SbsDecoder
from wideberth.faces.feeds.sources import FollowedFile, Source, TcpLine, UdpPort, WholeFile
from wideberth.service import now_us
from wideberth.watch.feedlink import FeedLink
from wideberth.watch.reports import PositionReport

QUICK = Pacing(deliver_s=0.01, first_wait_s=0.05, longest_wait_s=0.2)
PLACE = (47.45, 8.55)


class Taken:
    """Where positions go. slow: holds on until it is set."""

    def __init__(self) -> None:
        self.reports: list[PositionReport] = []
        self.go = asyncio.Event()
        self.go.set()

    async def deliver(self, reports: Sequence[PositionReport]) -> None:
        await self.go.wait()
        self.reports += reports


@contextlib.asynccontextmanager
async def running(
    source: Source, taken: Taken, decoder: Any = None, pacing: Pacing = QUICK, name: str = "f"
) -> AsyncIterator[FeedLink]:
    link = FeedLink(name, None, "sbs", "connecting", now_us())
    with ThreadPoolExecutor(2) as threads:
        feed = RunningFeed(
            link,
            source,
            decoder or SbsDecoder(),
            taken.deliver,
            now_us=now_us,
            threads=threads,
            pacing=pacing,
        )
        task = asyncio.create_task(feed.run())
        try:
            yield link
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def until(holds: Callable[[], object], within_s: float = 10) -> None:
    async with asyncio.timeout(within_s):
        while not holds():  # noqa: ASYNC110 - counts, with no event behind them
            await asyncio.sleep(0.01)


async def test_positions_come_over_tcp_and_malformed_lines_are_counted_and_shown() -> None:
    taken = Taken()
    async with (
        a_sender(sbs(3, place=PLACE) + b"rub\x00bish\n") as sender,
        running(TcpLine("127.0.0.1", sender.port), taken) as link,
    ):
        await until(lambda: taken.reports and link.malformed)
        assert link.phase == "connected"
        sender.send(sbs(3, "ABCDEF", place=PLACE))
        await until(lambda: len(taken.reports) == 2)
        assert (link.messages, dict(link.malformed)) == (2, {"not-sbs": 1})
        assert link.sample is not None
        assert (link.sample.rule, link.sample.text) == ("not-sbs", "rub\\x00bish")


async def test_a_line_that_breaks_is_made_anew_and_says_since_when_and_why() -> None:
    taken = Taken()
    async with (
        a_sender(sbs(3, place=PLACE)) as sender,
        running(TcpLine("127.0.0.1", sender.port), taken) as link,
    ):
        await until(lambda: taken.reports)
        up_us = link.since_us
        sender.hang_up()
        await until(lambda: link.phase == "retrying")
        assert link.why == "the other side closed the connection"
        assert link.retry_at_us is not None
        assert link.since_us > up_us
        await until(lambda: sender.connections == 2 and link.phase == "connected")
        assert (link.failures, link.why) == (1, None)


async def test_the_wait_grows_while_nothing_answers_and_is_said() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # and does not listen
        source = TcpLine("127.0.0.1", closed.getsockname()[1])
        async with running(source, Taken()) as link:
            await until(lambda: link.failures >= 3)
            down_us = link.since_us
            await until(lambda: link.failures >= 4)
            assert link.since_us == down_us  # retrying since the first failure
            assert link.why
            assert "127.0.0.1" not in link.why


async def test_a_silent_line_is_broken_off() -> None:
    async with (
        a_sender() as sender,
        running(TcpLine("127.0.0.1", sender.port, idle_s=0.05), Taken()) as link,
    ):
        await until(lambda: sender.connections >= 2)
        assert link.failures >= 1


async def test_datagrams_are_listened_for() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    taken = Taken()
    async with running(UdpPort("127.0.0.1", port), taken, SbsDecoder(whole=True)) as link:
        await until(lambda: link.phase == "listening")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(sbs(3, place=PLACE).rstrip(), ("127.0.0.1", port))
        await until(lambda: taken.reports)


async def test_a_file_is_followed_from_its_end_and_begun_anew_when_it_was(tmp_path: Path) -> None:
    path = tmp_path / "messages"
    path.write_bytes(sbs(3, "000001", place=PLACE))
    taken = Taken()
    async with running(FollowedFile(path), taken) as link:
        await until(lambda: link.phase == "connected")
        with path.open("ab") as file:
            file.write(sbs(3, "000002", place=PLACE))
        await until(lambda: taken.reports)
        path.rename(tmp_path / "messages.1")
        path.write_bytes(sbs(3, "000003", place=PLACE))
        await until(lambda: len(taken.reports) == 2)
        assert [each.track_id for each in taken.reports] == ["000002", "000003"]


async def test_a_document_is_read_each_time_that_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "document"
    path.write_bytes(sbs(3, "000001", place=PLACE))
    taken = Taken()
    async with running(WholeFile(path), taken):
        await until(lambda: taken.reports)
        path.write_bytes(sbs(3, "000002", place=PLACE))
        await until(lambda: len(taken.reports) == 2)


async def test_what_a_source_brought_last_is_handed_on_before_the_feed_ends(tmp_path: Path) -> None:
    path = tmp_path / "messages"
    path.write_bytes(b"".join(sbs(3, f"{k:06X}", place=PLACE) for k in range(5)).rstrip())
    taken = Taken()
    taken.go.clear()
    asyncio.get_running_loop().call_later(0.3, taken.go.set)
    source = FollowedFile(path, from_start=True, once=True)
    async with running(source, taken) as link:
        await until(lambda: len(taken.reports) == 5)
        assert link.phase == "ended"


class Stuck(SbsDecoder):
    """Takes its time over every piece."""

    def feed(self, data: bytes, came_us: int) -> Decoded:
        import time

        time.sleep(0.3)
        return super().feed(data, came_us)


async def test_a_feed_does_not_wait_for_another_that_is_slow_dead_or_handed_on_slowly() -> None:
    slow, held, quick = Taken(), Taken(), Taken()
    held.go.clear()
    async with a_sender(sbs(3, place=PLACE)) as sender, contextlib.AsyncExitStack() as stack:
        source = TcpLine("127.0.0.1", sender.port)
        await stack.enter_async_context(running(source, slow, Stuck()))
        await stack.enter_async_context(running(source, held))
        await stack.enter_async_context(running(TcpLine("127.0.0.1", 1), Taken()))
        await stack.enter_async_context(running(source, quick))
        await until(lambda: quick.reports)
        for number in range(20):
            sender.send(sbs(3, f"00000{number % 10}", place=PLACE))
            await asyncio.sleep(0)
        await until(lambda: len({each.track_id for each in quick.reports}) == 11)
        assert held.reports == []


async def test_a_flood_is_bounded_counted_and_over_when_it_is_over() -> None:
    taken = Taken()
    pacing = Pacing(deliver_s=0.01, most_bytes_s=20_000, burst_s=1, first_wait_s=0.05)
    async with (
        a_sender() as sender,
        running(TcpLine("127.0.0.1", sender.port), taken, pacing=pacing) as link,
    ):
        await until(lambda: sender.connections)
        flood = sbs(3, "000001", place=PLACE) * 10_000
        sender.send(flood)
        await until(lambda: link.flooded_bytes > len(flood) / 2)
        assert link.messages < 1000
        await asyncio.sleep(0.2)
        sender.send(b"\n" + sbs(3, "000002", place=PLACE))
        await until(lambda: any(each.track_id == "000002" for each in taken.reports))
        assert link.phase == "connected"


async def test_what_fails_to_be_handed_on_is_counted_and_the_feed_goes_on() -> None:
    class Failing(Taken):
        async def deliver(self, reports: Sequence[PositionReport]) -> None:
            if not self.reports:
                self.reports += reports
                raise OSError("no")
            self.reports += reports

    taken = Failing()
    async with (
        a_sender(sbs(3, place=PLACE)) as sender,
        running(TcpLine("127.0.0.1", sender.port), taken) as link,
    ):
        await until(lambda: link.refused["not-handed-on"] == 1)
        sender.send(sbs(3, place=PLACE))
        await until(lambda: len(taken.reports) == 2)


def position(track: int, time_us: int) -> PositionReport:
    return PositionReport(f"{track:06}", time_us, *PLACE)


@pytest.mark.parametrize(
    ("stamped", "left"),
    [(True, ["000001@1", "000001@2", "000002@1"]), (False, ["000001@2", "000002@1"])],
)
def test_what_waits_is_the_newest_of_each_moment_or_thing(stamped: bool, left: list[str]) -> None:
    waiting = _Waiting(100, stamped=stamped)
    out = waiting.put([position(1, 1), position(1, 2), position(2, 1), position(2, 1)])
    assert sorted(f"{each.track_id}@{each.time_us}" for each in waiting.take(10)) == left
    assert out == 4 - len(left)


def test_what_waits_is_bounded_to_the_newest_of_each_thing() -> None:
    waiting = _Waiting(3, stamped=True)
    waiting.put([position(track, time) for time in range(3) for track in range(5)])
    kept = waiting.take(10)
    assert len(kept) == 3
    assert {each.time_us for each in kept} == {2}
