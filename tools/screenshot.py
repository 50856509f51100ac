"""Takes the pictures of the manual from the running demo: ``make screenshot``.

Runs ``wideberth demo`` as anybody would, opens the console of two parties in chromium, waits for
the moments below on the clock of the day that is played, and writes docs/images/*.png.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

IMAGES = Path(__file__).parent.parent / "docs" / "images"
SHOTS = (  # picture, whose console, which view, when on the clock of the day that is played
    ("console.png", "air-attack", "picture", "00:58:30"),
    ("console-rescue.png", "rescue", "picture", "01:04:30"),
    ("inbox.png", "air-attack", "inbox", "01:14:00"),
)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
]
SPEED = "30"  # a minute lasts two seconds: a busy machine does not miss it
START_WITHIN_S = 240
MAX_BYTES = 600_000


def main() -> int:
    """Take them all; gives the exit code."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        print("chromium is missing. On Debian: apt-get install chromium", file=sys.stderr)
        return 2
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        consoles = Path(folder, "consoles")
        wideberth = str(Path(sys.executable).with_name("wideberth"))
        wanted = ["--no-browser", "--port", "0", "--console-file", str(consoles)]
        wanted += ["--speed", SPEED]
        demo = subprocess.Popen([wideberth, "demo", *wanted])
        try:
            addresses = wait_for(consoles, demo)
            browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
            pages = [  # before the first moment comes: a map takes a while to be drawn
                opened(browser, addresses[party].replace("#", f"#/{view}&"))
                for _, party, view, _ in SHOTS
            ]
            for page, (name, _, _, clock) in zip(pages, SHOTS, strict=True):
                take(page, IMAGES / name, clock)
            browser.close()
        finally:
            demo.send_signal(signal.SIGINT)
            demo.wait(30)
    return 0


def wait_for(consoles: Path, demo: subprocess.Popen[bytes]) -> dict[str, str]:
    """The consoles' addresses by party, once the demo has written them."""
    for _ in range(START_WITHIN_S * 10):
        if consoles.exists() and (text := consoles.read_text(encoding="utf-8")).endswith("\n"):
            return dict(line.split("\t") for line in text.splitlines())
        if demo.poll() is not None:
            break
        time.sleep(0.1)
    raise SystemExit("the demo did not start")


def opened(browser: Browser, address: str) -> Page:
    """A console in a window of its own: tokens are kept by tab."""
    page = browser.new_context(viewport={"width": 1600, "height": 980}).new_page()
    page.goto(address)
    return page


def take(page: Page, path: Path, clock: str) -> None:
    """Wait for a time on the page's own clock, and write the picture."""
    page.wait_for_function(
        "clock => document.querySelector('#clocks strong')?.textContent >= clock",
        arg=f"{clock}Z",
        timeout=180_000,
        polling=50,
    )
    page.screenshot(path=path)
    size = path.stat().st_size
    print(f"{path}: {size} bytes", file=sys.stderr)
    if size > MAX_BYTES:
        raise SystemExit(f"{path} is over {MAX_BYTES} bytes")


if __name__ == "__main__":
    sys.exit(main())
