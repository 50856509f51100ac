"""Takes the picture of an agreement for the manual: ``make screenshot``.

Starts a node as anybody would, opens the console of two parties in chromium, has one propose a
template and the other counter it, and writes docs/images/agreement.png.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from screenshot import ARGUMENTS, IMAGES, MAX_BYTES, START_WITHIN_S

PICTURE = IMAGES / "agreement.png"
PARTIES = ("north", "south")
ROLES = ("watch", "acknowledge", "tell", "sign", "administer")
SETTINGS = (
    '[space]\norigin = "exercise.console.example/space"\nhost = "the host"\nexercise = true\n'
)
OPEN_SEA = "-48.0, -119.0\n-48.4, -117.0"  # where no land and nobody's border is
WIDEBERTH = str(Path(sys.executable).with_name("wideberth"))


def main() -> int:
    """Take it; gives the exit code."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        print("chromium is missing. On Debian: apt-get install chromium", file=sys.stderr)
        return 2
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name, "node")
        folder.mkdir()
        (folder / "wideberth.toml").write_text(SETTINGS, encoding="utf-8")
        for party in PARTIES:
            run("party", "add", party, "--name", f"Party {party.title()}", "--folder", str(folder))
        tokens = {party: token(party, folder) for party in PARTIES}
        with served(folder) as url:
            browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
            pages = {party: opened(browser, f"{url}/#/agreements&token={tokens[party]}")
                     for party in PARTIES}  # fmt: skip
            negotiate(pages["north"], pages["south"])
            pages["north"].screenshot(path=PICTURE)
            browser.close()
    size = PICTURE.stat().st_size
    print(f"{PICTURE}: {size} bytes", file=sys.stderr)
    return 0 if size <= MAX_BYTES else 1


def run(*words: str) -> str:
    """What a command prints."""
    done = subprocess.run([WIDEBERTH, *words], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def token(party: str, folder: Path) -> str:
    """A token for everything that a party does in the console."""
    roles = [word for role in ROLES for word in ("--role", role)]
    return run("token", party, *roles, "--folder", str(folder))


@contextmanager
def served(folder: Path) -> Generator[str]:
    """The URL of a node that serves the folder meanwhile."""
    ready = folder / "ready"
    words = ["serve", "--port", "0", "--folder", str(folder), "--ready-file", str(ready)]
    node = subprocess.Popen([WIDEBERTH, *words], stdout=subprocess.DEVNULL, env=os.environ)
    try:
        for _ in range(START_WITHIN_S * 10):
            if ready.exists() and (url := ready.read_text(encoding="utf-8").strip()):
                yield url.rstrip("/")
                return
            if node.poll() is not None:
                break
            time.sleep(0.1)
        raise SystemExit("the node did not start")
    finally:
        node.send_signal(signal.SIGINT)
        node.wait(30)


def opened(browser: Browser, address: str, view: str = "agreements") -> Page:
    """A view in a window of its own, with a key to sign."""
    page = browser.new_context(viewport={"width": 1280, "height": 960}).new_page()
    page.set_default_timeout(60_000)
    expect.set_options(timeout=60_000)
    page.goto(address)
    page.get_by_role("button", name="Make and enrol a key").click()
    expect(page.locator(f"#view-{view} .signing")).to_contain_text("key browser-")
    return page


def negotiate(north: Page, south: Page) -> None:
    """North proposes the text of India and Pakistan, South counters it, North signs."""
    north.get_by_role("button", name="New, from a template").click()
    north.get_by_label("Party South").check()
    north.locator("[data-template=india-pakistan-1991]").click()
    north.get_by_label("title", exact=True).first.fill("The border, invented")
    north.get_by_label(re.compile("^points")).fill(OPEN_SEA)
    north.get_by_role("button", name="Propose to the others").click()
    south.locator("#agreements .row").click()
    south.get_by_role("button", name="Counter …").click()
    form = south.get_by_role("form", name="Propose version 2")
    form.get_by_label("distance, metres").first.fill("15000")
    form.get_by_role("button", name="Propose version 2").click()
    expect(north.locator("#agreement .provisions .differs")).to_have_count(1)
    north.get_by_role("button", name="Sign …").click()
    signing = north.get_by_role("form", name="Sign this text")
    signing.get_by_role("button", name="Sign this text").click()
    expect(north.locator(".signatures .done")).to_have_count(1)
    north.locator("#agreements .row").blur()
    north.wait_for_timeout(1000)


if __name__ == "__main__":
    sys.exit(main())
