"""Receivers' own programs as the real senders: they hear an aircraft, and each of their three
outputs brings the same track.

``dump1090-mutability`` is a package of Debian, found where it is installed; WIDEBERTH_DUMP1090
names another. WIDEBERTH_READSB names a readsb. Each is skipped, saying so, where it is not there.
Both are GPL programs that are talked to over sockets; of them nothing enters the project.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from feed_hands import Taken, free_ports, running
from modes_frames import airborne, beast, call_sign, velocity
from wideberth.feedtable import FeedTable
from wideberth.service import now_us

ADDRESS, START = 0x4B1816, (47.4500, 8.5500)
PROGRAMS = {
    "readsb": (os.environ.get("WIDEBERTH_READSB", ""), "WIDEBERTH_READSB does not name a readsb"),
    "dump1090": (
        shutil.which(os.environ.get("WIDEBERTH_DUMP1090", "dump1090-mutability")),
        "dump1090-mutability is not installed, and WIDEBERTH_DUMP1090 names none",
    ),
}
pytestmark = pytest.mark.slow


@pytest.fixture(params=list(PROGRAMS))
def program(request: pytest.FixtureRequest) -> str:
    path, why = PROGRAMS[request.param]
    if not path:
        pytest.skip(why)
    return path


async def fly(port: int) -> None:
    """An aircraft eastward at 300 kn, heard by the program that listens there."""
    async with asyncio.timeout(30):
        while True:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                break
            await asyncio.sleep(0.1)
    try:
        for number in range(600):
            east_deg = number * 0.1 * 300 * 1852 / 3600 / 75_300  # of a degree here
            place = (START[0], START[1] + east_deg)
            frames = beast(airborne(ADDRESS, place, 30_000, number % 2))
            frames += beast(velocity(ADDRESS, 300, 0, 640)) + beast(call_sign(ADDRESS, "SWR12"))
            writer.write(frames)
            await asyncio.sleep(0.1)
    finally:
        writer.close()


@contextlib.asynccontextmanager
async def hearing(program: str, folder: Path) -> AsyncIterator[tuple[int, int]]:
    """A receiver's program that hears the aircraft; the ports of its SBS and its Beast."""
    heard, sbs_port, beast_port = free_ports(3)
    process = await asyncio.create_subprocess_exec(
        program, "--net-only", "--quiet", "--net-bind-address", "127.0.0.1",
        "--net-bi-port", str(heard), "--net-sbs-port", str(sbs_port),
        "--net-bo-port", str(beast_port), "--net-ro-port", "0", "--net-ri-port", "0",
        "--write-json", str(folder), "--write-json-every", "0.5", "--net-ro-interval", "0.1",
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    flight = asyncio.create_task(fly(heard))
    try:
        yield sbs_port, beast_port
    finally:
        flight.cancel()
        await asyncio.gather(flight, return_exceptions=True)
        process.terminate()
        await process.wait()


async def test_three_outputs_of_a_receiver_bring_one_aircraft(program: str, tmp_path: Path) -> None:
    def has_come(taken: Taken) -> bool:
        return len(taken.reports) >= 5 and taken.reports[-1].callsign is not None

    async with contextlib.AsyncExitStack() as stack:
        sbs_port, beast_port = await stack.enter_async_context(hearing(program, tmp_path))
        for name, address in (
            ("sbs", f"tcp://127.0.0.1:{sbs_port}"),
            ("beast", f"tcp://127.0.0.1:{beast_port}"),
            ("readsb", "file:aircraft.json"),
        ):
            table = FeedTable(name, name, address)
            taken, link = await stack.enter_async_context(running(table, tmp_path))
            await taken.until(lambda taken=taken: has_come(taken))
            last = taken.reports[-1]
            assert not link.malformed, (name, link.malformed, link.sample)
            assert (last.track_id, last.callsign) == ("4b1816", "SWR12"), name
            assert last.latitude_deg == pytest.approx(START[0], abs=1e-3), name
            assert START[1] <= last.longitude_deg < START[1] + 0.2, name
            assert last.altitude_std_m == pytest.approx(30_000 * 0.3048), name
            assert last.ground_speed_m_s == pytest.approx(300 * 1852 / 3600, rel=0.01), name
            assert last.course_deg == pytest.approx(90, abs=0.5), name
            assert last.vertical_rate_m_s == pytest.approx(640 * 0.3048 / 60), name
            assert abs(last.time_us - now_us()) < 10_000_000, name
