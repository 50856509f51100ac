"""State vectors as the OpenSky Network's own package reads them: of a document of its form both
make the same.

The network is a service that cannot be reached from a test. WIDEBERTH_PYOPENSKY names a Python that
has its package, in an environment of its own, for it brings much along:
``python3 -m venv sky && sky/bin/pip install pyopensky``. Skipped, saying so, where none is named.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
from typing import Any

import pytest

from wideberth.faces.feeds.opensky import OpenSkyDecoder

PYTHON = os.environ.get("WIDEBERTH_PYOPENSKY", "")
TIME_S = 1_777_622_400
READ = """
import json, pandas, sys
from pyopensky.rest import REST
document = json.load(sys.stdin)
class Here(REST):
    def __init__(self): pass
    def get(self, query, retry=5): return document
found = Here().states()
since = found["last_position"] - pandas.Timestamp(0, tz="UTC")
found["last_position"] = since.dt.total_seconds()
print(found.drop(columns=["timestamp"]).to_json(orient="records"))
"""
PAIRS = {
    "latitude": "latitude_deg", "longitude": "longitude_deg", "altitude": "altitude_std_m",
    "geoaltitude": "altitude_w84_m", "groundspeed": "ground_speed_m_s", "track": "course_deg",
    "vertical_rate": "vertical_rate_m_s",
}  # fmt: skip


def state(chance: random.Random, address: int) -> list[Any]:
    """A state vector with a place, one in five of its values not known."""

    def either(value: float | str) -> Any:
        return None if chance.random() < 0.2 else value

    def within(low: float, high: float) -> Any:
        return either(round(chance.uniform(low, high), 2))

    return [
        f"{address:06x}", either(f"SWR{address % 1000:<5}"), "Switzerland",
        TIME_S - chance.randrange(15), TIME_S, round(chance.uniform(-180, 180), 4),
        round(chance.uniform(-90, 90), 4), within(-100, 13_000), chance.random() < 0.1,
        within(0, 300), within(0, 359.9), within(-20, 20), None, within(-100, 13_000),
        either("1000"), False, chance.randrange(4),
    ]  # fmt: skip


@pytest.mark.slow
@pytest.mark.skipif(not PYTHON, reason="WIDEBERTH_PYOPENSKY names no Python that has pyopensky")
async def test_the_networks_own_package_and_this_program_read_the_same() -> None:
    chance = random.Random(6)
    states = [state(chance, address) for address in range(1, 2_001)]
    document = json.dumps({"time": TIME_S, "states": states}).encode()
    reader = await asyncio.create_subprocess_exec(
        PYTHON, "-c", READ, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await reader.communicate(document)
    read = {each["icao24"]: each for each in json.loads(out)}
    decoded = OpenSkyDecoder().feed(document, 0)
    assert len(decoded.reports) == len(read) == len(states)
    for report in decoded.reports:
        other = read[report.track_id]
        for name, member in PAIRS.items():
            assert getattr(report, member) == pytest.approx(other[name], abs=1e-9), name
        assert report.callsign == ((other["callsign"] or "").strip() or None)
        assert report.time_us == other["last_position"] * 1_000_000
