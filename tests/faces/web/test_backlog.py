"""What lies unread, and the ceilings on it, above the inbox of a duty desk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.faces.web.desk import get, officer, volume, write

pytestmark = pytest.mark.browser


def test_the_inbox_says_how_much_lies_unread_and_that_a_ceiling_is_passed(
    console: Any, window: Callable[[], Any]
) -> None:
    where = volume(47.0, 8.0)
    write(console, "bravo", "/intents", {"kind": "flight", "volumes": [where]})
    page = officer(console, window, "bravo").page
    own = page.locator("#backlog-own")
    expect(own).to_contain_text("To you: 0 unread; 0 in seven days; no week of the past yet")
    for _ in range(2):
        write(console, "alpha", "/intents", {"kind": "flight", "volumes": [where]})
    expect(own).to_contain_text("To you: 2 unread; 2 in seven days;")
    write(console, "bravo", "/ceilings", {"recipient": "bravo", "notices": 1})
    expect(own).to_contain_text("2 in seven days of at most 1, PASSED")
    own.click()
    others = page.locator("#backlog-others")
    expect(others).to_contain_text("from alpha: 2 unread")
    expect(page.locator("#backlog")).to_contain_text("Nothing is held back")
    first = get(console, "bravo", "/notices")["notices"][0]
    write(console, "bravo", f"/notices/{first['id']}/acknowledgements", {"verb": "RECEIVED"})
    expect(own).to_contain_text("To you: 1 unread; 2 in seven days of at most 1, PASSED")
