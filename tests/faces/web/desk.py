"""Parties, tokens and words of the tests of the duty desk's pages."""

from __future__ import annotations

import time
from typing import Any

import httpx

from wideberth.model.parties import Role
from wideberth.space.time import HOUR_US, MINUTE_US, format_rfc3339

DESK = (Role.WATCH, Role.ACKNOWLEDGE, Role.TELL, Role.SIGN, Role.ADMINISTER)
"""What a duty officer's token may do in these tests; the last one enrols the browser's key."""


def now_us() -> int:
    return time.time_ns() // 1000


def volume(latitude: float, longitude: float, **given: Any) -> dict[str, Any]:
    """A circle from the ground to 1000 m, from five minutes ago for an hour, unless said."""
    whole: dict[str, Any] = {
        "footprint": {"type": "Point", "coordinates": [longitude, latitude], "radius_m": 5000},
        "lower": {"value": 0, "units": "M", "reference": "W84"},
        "upper": {"value": 1000, "units": "M", "reference": "W84"},
        "start": format_rfc3339(now_us() + 2 * MINUTE_US),
        "end": format_rfc3339(now_us() + HOUR_US),
    }
    return whole | given


def write(console: Any, party: str, path: str, body: Any, method: str = "POST") -> Any:
    """A write by HTTP in the name of a party."""
    token = console.token(party)
    answer = httpx.request(
        method,
        f"{console.url}/api/v1{path}",
        json=body,
        headers={"Authorization": f"Bearer {token}"},
        timeout=60,
    )
    assert answer.status_code < 300, answer.text
    return answer.json()
