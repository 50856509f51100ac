"""Takes the picture of the drills for the manual: ``make screenshot``.

Starts a node as anybody would, opens the console of two parties in chromium, has one miss a drill
message and the other begin to answer one, and writes docs/images/drills.png.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Locator, Page, expect, sync_playwright

from agreement_screenshot import SETTINGS, opened, run, served, token
from screenshot import ARGUMENTS, IMAGES, MAX_BYTES

PICTURE = IMAGES / "drills.png"
PARTIES = ("north", "south")
UNIT = "crew"
ONE_MINUTE_MS = 60_000


def main() -> int:
    """Take it; gives the exit code."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        print("chromium is missing. On Debian: apt-get install chromium", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name, "node")
        folder.mkdir()
        settings = f'{SETTINGS}\n[rules]\nversion = "picture-1"\nread_back_test_days = 365\n'
        (folder / "wideberth.toml").write_text(settings, encoding="utf-8")
        for party in PARTIES:
            named = ("--name", f"Party {party.title()}", "--unit", UNIT)
            run("party", "add", party, *named, "--folder", str(folder))
        tokens = {party: token(party, folder) for party in PARTIES}
        with served(folder) as url:
            browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
            north, south = (
                opened(browser, f"{url}/#/drills&token={tokens[party]}", "drills")
                for party in PARTIES
            )
            drilled(north, south, folder)
            north.screenshot(path=PICTURE)
            browser.close()
    size = PICTURE.stat().st_size
    print(f"{PICTURE}: {size} bytes", file=sys.stderr)
    return 0 if size <= MAX_BYTES else 1


def drilled(north: Page, south: Page, folder: Path) -> None:
    """South misses a hop of North's drill; North is half through one of the host's."""
    north.get_by_label("To", exact=True).select_option(label="Party South")
    north.get_by_label(re.compile("^Answers are waited for")).fill("1")
    north.get_by_role("button", name="Send the drill message").click()
    south.locator("#drills-waiting .drill").get_by_role("button", name="RECEIVED").click()
    missed = north.locator("#drills .drill", has_text="MISSED")
    expect(missed).to_be_visible(timeout=3 * ONE_MINUTE_MS)
    run("drill", "send", "north", "--within", "30m", "--folder", str(folder))
    own = north.locator("#drills-waiting .drill").first
    own.get_by_role("button", name="RECEIVED").click()
    expect(own.locator(".hops .done")).to_have_count(1)
    read_back(own)
    north.wait_for_timeout(1000)


def read_back(card: Locator) -> None:
    """Open the form of the next hop."""
    card.get_by_role("button", name="READ-BACK").click()
    expect(card.get_by_label("Word")).to_be_visible()


if __name__ == "__main__":
    sys.exit(main())
