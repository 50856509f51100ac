"""InterUSS's mock USS as the real sender of network Remote ID, of both editions of F3411.

Skipped, saying so, where WIDEBERTH_MOCK_USS does not name one that runs: the URLs, divided by
commas, of service providers (``ridsp``) and display providers (``riddp``) of one edition, which
share a DSS. WIDEBERTH_MOCK_USS_TOKENS is the URL that gives their tokens (OAuth 2.0, client
credentials; any name and secret). Flights are put in over the providers' own interface for tests;
all of them say that they are simulated. Nothing of that program is in this project.
"""

from __future__ import annotations

import datetime as dt
import os
import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from feed_hands import running, until
from wideberth.faces.feeds.credentials import ClientCredentials
from wideberth.feedtable import FeedTable
from wideberth.service import now_us

URLS = [each for each in os.environ.get("WIDEBERTH_MOCK_USS", "").split(",") if each]
TOKENS = os.environ.get("WIDEBERTH_MOCK_USS_TOKENS", "")
READ_19, READ_22A = "dss.read.identification_service_areas", "rid.display_provider"
PLACE = (47.402, 8.502)
VIEW = "47.399,8.499,47.405,8.505"  # 0.8 km: each flight is shown, in both editions

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not URLS, reason="WIDEBERTH_MOCK_USS names no mock USS that runs"),
]


@dataclass(frozen=True)
class Providers:
    """flights: URL and scope of what service providers answer. displays: URLs of what shows it.
    injection: where flights are put in.
    """

    flights: tuple[tuple[str, str], ...]
    displays: tuple[str, ...]
    injection: str


async def found(client: httpx.AsyncClient) -> Providers:
    """What the URLs are, as each says itself."""
    hosts = {url: (await client.get(f"{url}/status")).text for url in URLS}
    services = [url for url, said in hosts.items() if "ridsp" in said]
    assert services, hosts
    flights = [(f"{url}/mock/ridsp/v1/uss/flights?view={VIEW}", READ_19) for url in services]
    flights += [(f"{url}/mock/ridsp/v2/uss/flights?view={VIEW}", READ_22A) for url in services]
    return Providers(
        # Each has one edition, and knows nothing of the other's path; this one it refuses.
        tuple([each for each in flights if (await client.get(each[0])).status_code != 404]),
        tuple(
            f"{url}/riddp/observation/display_data?view={VIEW}"
            for url, said in hosts.items()
            if "riddp" in said
        ),
        f"{services[0]}/ridsp/injection/tests/",
    )


def flight(number: int, **told: Any) -> dict[str, Any]:
    """Two minutes of a flight that is at one place, as the interface for tests takes it."""
    now = dt.datetime.now(dt.UTC)
    place = {"lat": PLACE[0] + number * 0.001, "lng": PLACE[1], "alt": 540.5, "accuracy_h": "HA3m"}
    state = {
        "timestamp_accuracy": 0.1, "operational_status": "Airborne", "track": 271.0, "speed": 12.5,
        "speed_accuracy": "SA1mps", "vertical_speed": -1.5,
        "position": {**place, "accuracy_v": "VA3m", "pressure_altitude": 471.0},
    } | told  # fmt: skip
    seconds = [now + dt.timedelta(seconds=each) for each in range(-5, 120)]
    details = {"id": str(uuid.uuid4()), "serial_number": f"1596F3A1B2C3D4E5F6A{number}"}
    return {
        "injection_id": str(uuid.uuid4()),
        "aircraft_type": "Helicopter",
        "telemetry": [{**state, "timestamp": each.isoformat()} for each in seconds],
        "details_responses": [
            {"effective_after": (now - dt.timedelta(minutes=1)).isoformat(), "details": details}
        ],
    }


async def put_in(client: httpx.AsyncClient, url: str, flights: list[dict[str, Any]]) -> list[str]:
    """Have a service provider serve these; their ids."""
    audience = urlsplit(url).hostname
    credential = ClientCredentials(TOKENS, "test", "test", "rid.inject_test_data", audience)
    answer = await client.put(
        f"{url}{uuid.uuid4()}",
        json={"requested_flights": flights},
        headers=await credential.header(client),
    )
    assert answer.status_code == 200, answer.text
    return [each["details_responses"][0]["details"]["id"] for each in flights]


def feed(url: str, scope: str, *, simulated: bool) -> FeedTable:
    return FeedTable(
        "rid", "remote-id", url, every_s=0.5, simulated=simulated, token_url=TOKENS,
        client_id="test", client_secret="test", scope=scope, audience=urlsplit(url).hostname,
    )  # fmt: skip


async def test_flights_of_a_mock_uss_are_read_from_its_providers_and_its_display() -> None:
    async with httpx.AsyncClient(timeout=30) as client:
        providers = await found(client)
        unsaid = {"track": 361.0, "speed": 255.0, "vertical_speed": 63.0}
        known, unknown = await put_in(client, providers.injection, [flight(0), flight(1, **unsaid)])
    asked = [(url, scope, True) for url, scope in providers.flights]
    asked += [(url, READ_19, False) for url in providers.displays]
    for url, scope, is_provider in asked:
        async with running(feed(url, scope, simulated=is_provider)) as (taken, link):
            report, other = await taken.of(known), await taken.of(unknown)
            await taken.until(lambda: len({each.time_us for each in taken.reports}) >= 3)
            assert not link.malformed, (url, link.malformed, link.sample)
            assert (report.latitude_deg, report.longitude_deg) == PLACE, url
            assert (report.altitude_w84_m, report.accuracy_m) == (540.5, 3), url
            assert (report.course_deg, report.vertical_rate_m_s) == (271, -1.5), url
            assert report.ground_speed_m_s == 12.5, url
            # The display does not pass the pressure altitude on.
            assert report.altitude_std_m == (471 if is_provider else None), url
            assert abs(report.time_us - now_us()) < 20_000_000, url
            assert (other.course_deg, other.vertical_rate_m_s) == (None, None), url
            assert other.ground_speed_m_s is None, url
    for url, scope in providers.flights:
        async with running(feed(url, scope, simulated=False)) as (taken, link):
            await until(lambda: link.ignored >= 4)
            assert taken.reports == [], "a flight that is simulated, outside an exercise"


async def test_an_area_that_is_too_large_is_refused_and_said_so() -> None:
    async with httpx.AsyncClient(timeout=30) as client:
        providers = await found(client)
    for url, scope in providers.flights:
        wide = feed(url.replace(VIEW, "47.4,8.4,47.5,8.6"), scope, simulated=True)
        async with running(wide) as (_, link):
            await until(lambda: link.why is not None)
            assert (link.phase, link.why) == ("retrying", "HTTP status 413")
