"""readsb as the real sender: it hears aircraft, and all three of its outputs bring the same tracks.

Skipped, saying so, where WIDEBERTH_READSB does not name its program. It is built outside of the
project from github.com/wiedehopf/readsb, with ``make`` and the packages libzstd-dev, zlib1g-dev and
libncurses-dev; a GPL program that is talked to over sockets, of which nothing enters the project.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from modes_frames import airborne, beast, call_sign, velocity
from wideberth.faces.feeds.kinds import decoder_of, source_of
from wideberth.faces.feeds.running import Pacing, RunningFeed
from wideberth.feedtable import FeedTable
from wideberth.service import now_us
from wideberth.watch.feedlink import FeedLink
from wideberth.watch.reports import PositionReport

READSB = os.environ.get("WIDEBERTH_READSB", "")
ADDRESS, START = 0x4B1816, (47.4500, 8.5500)


def free_ports(count: int) -> list[int]:
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in held]
    for each in held:
        each.close()
    return ports


async def fly(port: int) -> None:
    """An aircraft eastward at 300 kn, heard by readsb."""
    for _ in range(100):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            break
        except OSError:
            await asyncio.sleep(0.1)
    else:
        raise TimeoutError("readsb did not start")
    try:
        for number in range(400):
            east_deg = number * 0.1 * 300 * 1852 / 3600 / 75_300  # of a degree here
            place = (START[0], START[1] + east_deg)
            frames = beast(airborne(ADDRESS, place, 30_000, number % 2))
            frames += beast(velocity(ADDRESS, 300, 0, 640)) + beast(call_sign(ADDRESS, "SWR12"))
            writer.write(frames)
            await asyncio.sleep(0.1)
    finally:
        writer.close()


@pytest.mark.slow
@pytest.mark.skipif(not READSB, reason="WIDEBERTH_READSB does not name a readsb")
async def test_three_outputs_of_readsb_bring_one_aircraft(tmp_path: Path) -> None:
    heard, sbs_port, beast_port = free_ports(3)
    program = await asyncio.create_subprocess_exec(
        READSB, "--net-only", "--quiet", "--net-bind-address", "127.0.0.1",
        "--net-bi-port", str(heard), "--net-sbs-port", str(sbs_port),
        "--net-bo-port", str(beast_port), "--net-ro-port", "0", "--net-ri-port", "0",
        "--write-json", str(tmp_path), "--write-json-every", "0.5", "--net-ro-interval", "0.1",
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    got: dict[str, list[PositionReport]] = {"sbs": [], "beast": [], "readsb": []}
    tables = [
        FeedTable("sbs", "sbs", f"tcp://127.0.0.1:{sbs_port}"),
        FeedTable("beast", "beast", f"tcp://127.0.0.1:{beast_port}"),
        FeedTable("readsb", "readsb", "file:aircraft.json"),
    ]
    tasks = [asyncio.create_task(fly(heard))]
    threads = ThreadPoolExecutor(2)
    links: list[FeedLink] = []

    def taking(name: str):
        async def take(reports: Sequence[PositionReport]) -> None:
            got[name] += reports

        return take

    try:
        for table in tables:
            link = FeedLink(table.name, None, table.kind, "connecting", now_us())
            links.append(link)
            feed = RunningFeed(
                link, source_of(table, tmp_path), decoder_of(table), taking(table.name),
                now_us=now_us, threads=threads, pacing=Pacing(first_wait_s=0.2),
            )  # fmt: skip
            tasks.append(asyncio.create_task(feed.run()))
        async with asyncio.timeout(40):
            while not all(len(each) >= 5 and each[-1].callsign for each in got.values()):  # noqa: ASYNC110 - counts, with no event behind them
                await asyncio.sleep(0.2)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        program.terminate()
        await program.wait()
        threads.shutdown()
    for link in links:
        assert not link.malformed, (link.name, link.malformed, link.sample)
    for name, reports in got.items():
        last = reports[-1]
        assert (last.track_id, last.callsign) == ("4b1816", "SWR12"), name
        assert last.latitude_deg == pytest.approx(START[0], abs=1e-3), name
        assert START[1] <= last.longitude_deg < START[1] + 0.2, name
        assert last.altitude_std_m == pytest.approx(30_000 * 0.3048), name
        assert last.ground_speed_m_s == pytest.approx(300 * 1852 / 3600, rel=0.01), name
        assert last.course_deg == pytest.approx(90, abs=0.5), name
        assert abs(last.time_us - now_us()) < 10_000_000, name
