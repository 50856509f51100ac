"""The console with 10,000 tracks, each with a new position every second: script per frame, long
tasks and frames, in a real chromium.

A node serves the console, in a process of its own; all that the page asks is the node's, but for
the positions, which are made up here in the node's own wire form: both cores are the browser's.
Script is told from chromium's own trace of the page's main thread: what is entered through the
console's modules, and all of it, MapLibre's included, between one frame and the next.
Of script the processor time is told, so that others on the machine do not count; of a task also
its own. The goals: own script of 16 ms a frame at most, no own task above 50 ms. Frames a second
are said with the renderer's name: without a graphics card chromium draws in software, on the same
cores, and on a busy machine frames are so few that script a frame says little: see the tasks.

`BENCH_TRACKS=10000`, `BENCH_SECONDS=20`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import msgspec
import uvicorn
from playwright.sync_api import Page, sync_playwright

from wideberth.faces.api import create_app, told
from wideberth.faces.web import static_app
from wideberth.model.commands import RegisterParty
from wideberth.model.ids import PartyId
from wideberth.model.parties import Role
from wideberth.node import Node
from wideberth.space.time import format_rfc3339

TRACKS = int(os.environ.get("BENCH_TRACKS", "10000"))
SECONDS = float(os.environ.get("BENCH_SECONDS", "20"))
PARTIES = ("alpha", "bravo", "charlie", "delta")
SPREAD_DEG = 3.0
PAGE = 500
FRAME_MS, TASK_MS = 16.0, 50.0  # the goals
ARGUMENTS = [
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
    "--disable-component-update",
]
CATEGORIES = [
    "-*",
    "devtools.timeline",
    "toplevel",
    "v8.execute",
    "disabled-by-default-devtools.timeline",
    "__metadata",
]
SCRIPT = {"FunctionCall", "EvaluateScript", "RunMicrotasks", "v8.evaluateModule"}
FRAMES_JS = """() => {
    window.frames_ = [];
    const turn = (at) => { window.frames_.push(at); requestAnimationFrame(turn); };
    requestAnimationFrame(turn);
}"""
RENDERER_JS = """() => {
    const gl = document.createElement("canvas").getContext("webgl2");
    const info = gl?.getExtension("WEBGL_debug_renderer_info");
    return info ? gl.getParameter(info.UNMASKED_RENDERER_WEBGL) : "not said";
}"""


class Traffic:
    """Made-up things that fly straight on, as the node tells of them."""

    def __init__(self, count: int) -> None:
        made = random.Random(7)
        self.lines = [
            (
                f"T{index:05d}",
                10 + made.uniform(-SPREAD_DEG, SPREAD_DEG),
                20 + made.uniform(-SPREAD_DEG, SPREAD_DEG),
                made.uniform(0, 360),
                made.uniform(30, 240),
                made.uniform(100, 12_000),
            )
            for index in range(count)
        ]
        self.begun_s = time.time()

    def at(self, time_s: float) -> list[bytes]:
        """Each of them, in words."""
        return [msgspec.json.encode(self._one(index, time_s)) for index in range(len(self.lines))]

    def _one(self, index: int, time_s: float) -> told.TrackOut:
        name, latitude, longitude, course, speed, height = self.lines[index]
        gone_deg = speed * (time_s - self.begun_s) / 111_195
        north = gone_deg * math.cos(math.radians(course))
        east = gone_deg * math.sin(math.radians(course)) / math.cos(math.radians(latitude))
        return told.TrackOut(
            track=name,
            feed="radar",
            feed_party="alpha",
            latitude=latitude + north,
            longitude=longitude + east,
            time=format_rfc3339(int(time_s * 1e6)),
            state="live",
            uncertainty_m=30.0,
            call_sign=f"CALL{index:05d}",
            party=PARTIES[index % len(PARTIES)],
            altitude_m=round(height, 1),
            ground_speed_m_s=round(speed, 1),
            track_deg=round(course, 1),
            vertical_rate_m_s=0.0,
            velocity_source="reported",
        )


class InFront:
    """An ASGI app before the node's that answers for the positions."""

    def __init__(self, app: Any, traffic: Traffic) -> None:
        self.app, self.traffic = app, traffic

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One request."""
        path = scope.get("path")
        if path == "/api/v1/tracks/stream":
            await self._stream(send)
        elif path == "/api/v1/tracks":
            await self._page(scope, send)
        else:
            await self.app(scope, receive, send)

    async def _page(self, scope: Any, send: Any) -> None:
        query = dict(each.split("=") for each in scope["query_string"].decode().split("&"))
        first = int(query.get("cursor", "0"))
        words = self.traffic.at(time.time())[first : first + PAGE]
        more = first + PAGE
        following = f'"{more}"' if more < len(self.traffic.lines) else "null"
        body = b'{"tracks":[%s],"next":%s}' % (b",".join(words), following.encode())
        kind = (b"content-type", b"application/json")
        await send({"type": "http.response.start", "status": 200, "headers": [kind]})
        await send({"type": "http.response.body", "body": body})

    async def _stream(self, send: Any) -> None:
        kind = (b"content-type", b"text/event-stream")
        await send({"type": "http.response.start", "status": 200, "headers": [kind]})
        with contextlib.suppress(OSError, asyncio.CancelledError):
            while True:
                due_s = time.monotonic() + 1
                words = await asyncio.to_thread(self.traffic.at, time.time())
                body = b'event: tracks\ndata: {"tracks":[%s],"missed":0}\n\n' % b",".join(words)
                await send({"type": "http.response.body", "body": body, "more_body": True})
                await asyncio.sleep(max(0.0, due_s - time.monotonic()))


async def serve(folder: Path, told_in: Path) -> None:
    """The node and what stands in front of it; its address and a token are written to a file."""
    origin = '[space]\norigin = "exercise.bench.example/console"\nhost = "bench"\nexercise = true\n'
    (folder / "wideberth.toml").write_text(origin, encoding="utf-8")
    async with Node.open(folder) as node:
        for party in PARTIES:
            await node.command(RegisterParty(PartyId(party), party.title()))
        app = InFront(create_app(node, fallback=static_app()), Traffic(TRACKS))
        config = uvicorn.Config(app, port=0, lifespan="on", log_level="error")
        server = uvicorn.Server(config)
        running = asyncio.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.05)
        port = server.servers[0].sockets[0].getsockname()[1]
        token = node.mint(PartyId("alpha"), (Role.WATCH,), life_s=3600)
        words = json.dumps({"url": f"http://127.0.0.1:{port}", "token": token}) + "\n"
        await asyncio.to_thread(told_in.write_text, words)
        await running


@contextlib.contextmanager
def serving() -> Iterator[dict[str, str]]:
    """The address and a token of a node in a process of its own."""
    with tempfile.TemporaryDirectory() as name:
        told_in = Path(name) / "told"
        process = subprocess.Popen([sys.executable, __file__, name, str(told_in)])
        try:
            until_s = time.monotonic() + 120
            while not (told_in.exists() and told_in.read_text().endswith("\n")):
                if process.poll() is not None or time.monotonic() > until_s:
                    raise RuntimeError("the server did not start")
                time.sleep(0.1)
            yield json.loads(told_in.read_text())
        finally:
            process.kill()
            process.wait()


@dataclass(slots=True)
class Measured:
    """Milliseconds of the main thread: script per frame, own and all of it, and own per task."""

    own: list[float] = field(default_factory=list[float])
    all: list[float] = field(default_factory=list[float])
    tasks: list[float] = field(default_factory=list[float])


def measured(events: list[dict[str, Any]], url: str) -> Measured:
    """From chromium's trace."""
    by_thread: dict[tuple[int, int], list[dict[str, Any]]] = defaultdict(list)
    for event in events:
        if event.get("ph") == "X":
            by_thread[event["pid"], event["tid"]].append(event)
    names = {
        (each["pid"], each["tid"]): each["args"]["name"]
        for each in events
        if each.get("name") == "thread_name"
    }

    def frames_of(thread: tuple[int, int]) -> list[float]:
        return sorted(e["ts"] for e in by_thread[thread] if e["name"] == "FireAnimationFrame")

    mains = [thread for thread in by_thread if names.get(thread) == "CrRendererMain"]
    thread = max(mains, key=lambda each: len(frames_of(each)))
    begins = sorted(e["ts"] for e in by_thread[thread] if e["name"] == "FireAnimationFrame")
    found = Measured([0.0] * (len(begins) - 1), [0.0] * (len(begins) - 1))
    ends = -1.0
    scripts = sorted(
        (e for e in by_thread[thread] if e["name"] in SCRIPT),
        key=lambda each: (each["ts"], -each["dur"]),
    )
    for event in scripts:
        if event["ts"] < ends:  # within another
            continue
        ends = event["ts"] + event["dur"]
        frame = bisect_right(begins, event["ts"]) - 1
        if not 0 <= frame < len(found.all):
            continue
        took_ms = _used_ms(event)
        found.all[frame] += took_ms
        if _is_own(event, url):
            found.own[frame] += took_ms
    outer = [e for e in scripts if e["ts"] >= begins[0]]
    starts = [e["ts"] for e in outer]
    for task in by_thread[thread]:
        if not task["name"].endswith("RunTask") or task["ts"] < begins[0]:
            continue
        first = bisect_left(starts, task["ts"])
        last = bisect_right(starts, task["ts"] + task["dur"])
        own = sum(_used_ms(e) for e in _outermost(outer[first:last]) if _is_own(e, url))
        if own:
            found.tasks.append(own)
    return found


def _used_ms(event: dict[str, Any]) -> float:
    """Processor time of the thread; where chromium does not say it, how long it took."""
    return event.get("tdur", event["dur"]) / 1000


def _outermost(events: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Those that are not within another."""
    ends = -1.0
    for event in events:
        if event["ts"] >= ends:
            ends = event["ts"] + event["dur"]
            yield event


def _is_own(event: dict[str, Any], url: str) -> bool:
    """Whether it was entered through a module of the console; what has no address is its own."""
    where = event.get("args", {}).get("data", {}).get("url", "")
    return where.startswith(f"{url}/js/") or (event["name"] == "RunMicrotasks" and not where)


def percentile(values: list[float], share: float) -> float:
    """Nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)]


def shown(values: list[float]) -> str:
    """In words."""
    p50, p99 = percentile(values, 0.5), percentile(values, 0.99)
    return f"p50 {p50:.1f}, p99 {p99:.1f}, worst {max(values):.1f} ms"


def trace(page: Page, doing: str, url: str, work: Any) -> None:
    """Trace the page while something is done, and print."""
    browser = page.context.browser
    assert browser is not None
    page.evaluate("window.frames_.length = 0")
    begun_s = time.monotonic()
    browser.start_tracing(page=page, categories=CATEGORIES)
    work()
    took_s = time.monotonic() - begun_s
    count = page.evaluate("window.frames_.length")
    events = json.loads(browser.stop_tracing())["traceEvents"]
    found = measured(events, url)
    over = sum(each > FRAME_MS for each in found.own)
    print(
        f"{doing}: own script a frame {shown(found.own)} (goal {FRAME_MS:.0f} ms), above it"
        f" {over} of {len(found.own)}; with MapLibre's {shown(found.all)}\n"
        f"  own script a task {shown(found.tasks)}; above {TASK_MS:.0f} ms:"
        f" {sum(each > TASK_MS for each in found.tasks)} of {len(found.tasks)} (goal 0)\n"
        f"  {count / took_s:.1f} frames a second over {took_s:.0f} s",
        flush=True,
    )
    kept = os.environ.get("BENCH_TRACE")
    if kept:
        Path(f"{kept}-{doing.partition(' ')[0]}.json").write_text(
            json.dumps({"traceEvents": events})
        )


def main() -> None:
    """Measure, and print a line for each figure."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        raise RuntimeError("chromium is missing. On Debian: apt-get install chromium")
    with serving() as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.goto(f"{server['url']}/#/picture&token={server['token']}")
        page.wait_for_function(
            "(count) => document.getElementById('n-tracks').textContent.startsWith(count)",
            arg=str(TRACKS),
            timeout=120_000,
        )
        page.evaluate(FRAMES_JS)
        page.wait_for_timeout(8_000)  # what is compiled and tiled once
        load = os.getloadavg()[0]
        print(
            f"{TRACKS:,} tracks at 1 Hz; renderer {page.evaluate(RENDERER_JS)};"
            f" chromium {browser.version}; load of the machine before {load:.1f}"
        )
        trace(page, "still", server["url"], lambda: page.wait_for_timeout(SECONDS * 1000))

        def pan() -> None:
            box = page.locator("#map canvas").first.bounding_box()
            assert box is not None
            x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
            until_s = time.monotonic() + SECONDS / 2
            while time.monotonic() < until_s:
                page.mouse.move(x, y)
                page.mouse.down()
                for step in range(20):
                    page.mouse.move(x + 8 * step * random.choice((-1, 1)), y + 3 * step)
                    page.wait_for_timeout(30)
                page.mouse.up()
                page.mouse.wheel(0, random.choice((-120, 120)))

        trace(page, "moved by the mouse", server["url"], pan)
        print(f"  load of the machine {os.getloadavg()[0]:.1f} (on {os.cpu_count()} cores)")
        if os.environ.get("BENCH_SHOT"):
            page.screenshot(path=os.environ["BENCH_SHOT"])
        browser.close()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), Path(sys.argv[2])))
