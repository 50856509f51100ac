"""What happens in the demo, and when, by the clock of the day that is played.

The air attack desk, the tankers and the helicopters tell where their real aircraft were to work
(areas derived from where they then flew, see :mod:`._demo.flights`). The rescue helicopter and the
news drone are invented; each tells its own intent and knows nothing of the other.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from wideberth.faces.cli._demo.cast import circle, polygon, volumes_of
from wideberth.faces.cli._demo.desk import Desk, Json
from wideberth.faces.cli._demo.flights import Flights
from wideberth.space.time import parse_rfc3339

__all__ = ["NAUTICAL_MILE_M", "Step", "script"]

NAUTICAL_MILE_M = 1852.0
_INVENTED = "invented for this demo"
_RESCUE_RING = (
    (-116.800, 32.775),
    (-116.755, 32.775),
    (-116.755, 32.805),
    (-116.800, 32.805),
    (-116.800, 32.775),
)
_RESCUE_RING_AWAY = (
    (-116.850, 32.765),
    (-116.792, 32.765),
    (-116.792, 32.805),
    (-116.850, 32.805),
    (-116.850, 32.765),
)


@dataclass(frozen=True)
class Step:
    """Something that a party does at a time of the day that is played."""

    time_us: int
    act: Callable[[], Awaitable[None]]


def script(flights: Flights, desks: Mapping[str, Desk]) -> list[Step]:
    """All steps, in the order of time."""
    air, tankers = desks["air-attack"], desks["tankers"]
    steps = [
        _step("00:25", lambda: _declare_rings(air, flights)),
        _step("00:26", lambda: air.tell("work", _air_attack(flights))),
        _step("00:26", lambda: tankers.tell("T71", _tanker(flights, "T71"))),
        _step("00:27", lambda: tankers.tell("N427DF", _tanker(flights, "N427DF"))),
        _step("00:27", lambda: desks["helicopters"].tell("work", _helicopter(flights))),
        _step("00:42", lambda: desks["newsroom"].tell("drone", _drone())),
        _step("00:57", lambda: desks["rescue"].tell("rescue", _rescue(_RESCUE_RING, 1000.0))),
        _step("01:11", lambda: desks["rescue"].tell("rescue", _rescue(_RESCUE_RING_AWAY, 700.0))),
        _step("01:28", lambda: desks["newsroom"].end("drone")),
        _step("01:26", lambda: desks["rescue"].end("rescue")),
    ]
    return sorted(steps, key=lambda step: step.time_us)


def _step(clock: str, act: Callable[[], Awaitable[None]]) -> Step:
    return Step(parse_rfc3339(f"2020-09-09T{clock}:00Z"), act)


async def _declare_rings(air: Desk, flights: Flights) -> None:
    """A Fire Traffic Area: first contact before 12 nautical miles, none without it within 7.

    Both are notice zones: whoever has told what it does there is in contact, and anybody else who
    goes in, or is about to, is warned of and warned.
    """
    middle = flights.middle("AA460")
    for name, rule, miles, minutes in (
        ("Fire Traffic Area, 12 nm", "contact before entering", 12, 15),
        ("Fire Traffic Area, 7 nm", "no crossing without contact", 7, 30),
    ):
        volume = circle(middle, miles * NAUTICAL_MILE_M, (0.0, 3500.0), ("00:00", "03:00"))
        await air.declare(
            {
                "name": f"{name}: {rule}",
                "rule": "notice",
                "notice_minutes": minutes,
                "volumes": [volume],
                "reason": "wildfire",
            }
        )


def _intent(call_sign: str, place: str, volumes: list[Json], *, activated: bool) -> Json:
    return {
        "kind": "flight",
        "volumes": volumes,
        "visibility": {"level": "open"},
        "provenance": {"source": "planned", "accuracy_m": 50},
        "count": 1,
        "call_sign": call_sign,
        "place_name": place,
        "activated": activated,
    }


def _air_attack(flights: Flights) -> Json:
    area = flights.area("AA460", at_fire=True, spread=10.0)
    volumes = volumes_of((area,), ("00:32", "02:15"))
    return _intent("AA460", "Valley Fire", volumes, activated=True)


def _tanker(flights: Flights, call_sign: str) -> Json:
    areas = (flights.area(call_sign, at_fire=True), flights.area(call_sign, at_fire=False))
    volumes = volumes_of(areas, ("00:32", "02:00"))
    return _intent(call_sign, "Valley Fire and Ramona", volumes, activated=True)


def _helicopter(flights: Flights) -> Json:
    areas = (flights.area("N345WN", at_fire=False),)
    volumes = volumes_of(areas, ("00:32", "02:15"))
    return _intent("N345WN", "Southern Washington", volumes, activated=True)


def _drone() -> Json:
    volume = circle((-116.764, 32.795), 1200.0, (500.0, 780.0), ("01:00", "01:40"))
    return _intent("DRONE1-INVENTED", f"Alpine ({_INVENTED})", [volume], activated=True)


def _rescue(ring: tuple[tuple[float, float], ...], upper_m: float) -> Json:
    volume = polygon(ring, (450.0, upper_m), ("00:57", "01:40"))
    return _intent("RESCUE1-INVENTED", f"Alpine ({_INVENTED})", [volume], activated=True)
