"""A real ``wideberth serve`` in a process of its own, with parties and tokens, on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from wideberth.model.commands import RegisterParty
from wideberth.model.ids import PartyId
from wideberth.model.parties import Role
from wideberth.node import Node

__all__ = ["raise_descriptors", "serving"]

_READY_WITHIN_S = 120.0


def raise_descriptors(count: int) -> None:
    """Let this process, and those that it starts, open so many files. Raises RuntimeError."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < count:
        raise RuntimeError(f"{count:,} descriptors are needed and {hard:,} are allowed: ulimit -Hn")
    resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))


@contextlib.contextmanager
def serving(
    folder: Path, parties: Sequence[str], settings: str, *, cores: set[int] | None = None
) -> Iterator[dict[str, Any]]:
    """The port, pid and tokens (by party, for an hour) of a server. settings: wideberth.toml."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "wideberth.toml").write_text(settings, encoding="utf-8")
    tokens = asyncio.run(_furnished(folder, parties))
    ready = folder / "ready"
    options = ["--folder", str(folder), "--port", "0", "--ready-file", str(ready)]
    profile = os.environ.get("BENCH_PROFILE")  # a file that cProfile writes
    under = ["-m", "cProfile", "-o", profile] if profile else []
    program = str(Path(sys.executable).with_name("wideberth"))
    process = subprocess.Popen(
        [sys.executable, *under, program, "serve", *options],
        stdout=subprocess.DEVNULL,
    )
    try:
        if cores is not None:
            os.sched_setaffinity(process.pid, cores)
        until_s = time.monotonic() + _READY_WITHIN_S
        while not (ready.exists() and ready.read_text(encoding="utf-8").endswith("\n")):
            if process.poll() is not None or time.monotonic() > until_s:
                raise RuntimeError("the server did not start")
            time.sleep(0.05)
        port = int(ready.read_text(encoding="utf-8").strip().rpartition(":")[2])
        yield {"port": port, "pid": process.pid, "tokens": tokens}
    finally:
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(20)
        process.kill()
        process.wait()


async def _furnished(folder: Path, parties: Sequence[str]) -> dict[str, str]:
    async with Node.open(folder) as node:
        for party in parties:
            await node.command(RegisterParty(PartyId(party), party.title()))
        return {each: node.mint(PartyId(each), tuple(Role), life_s=3600) for each in parties}
