"""Who plays in the demo, how quickly each answers, and who tells what and when.

Real roles under invented names. The two parties whose aircraft never flew say so in their names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from wideberth.faces.cli._demo.flights import Area
from wideberth.space.time import format_rfc3339, parse_rfc3339

__all__ = ["CAST", "INVENTED", "Manners", "Role", "circle", "instant", "polygon", "volumes_of"]

INVENTED = "(invented for this demo)"


@dataclass(frozen=True)
class Manners:
    """How a party answers a notice, in seconds after it was issued.

    received_s, read_back_s: of these verbs; None: never. misreads: its first read-back is wrong,
    and put right a minute later. passed_down_s, loaded_s: for each unit; a unit that is not named
    in loaded_s never loads. busy_until: the party answers nothing before this clock. leaves: kinds
    of notices that it leaves to whoever sits at the console.
    """

    received_s: float
    read_back_s: float | None = None
    misreads: bool = False
    passed_down_s: dict[str, float] | None = None
    loaded_s: dict[str, float] | None = None
    busy_until: str | None = None
    leaves_withdrawals: bool = False


@dataclass(frozen=True)
class Role:
    """One party of the demo. system: where its units load what they are told."""

    party: str
    name: str
    contact: str
    units: tuple[str, ...]
    system: str
    manners: Manners


CAST = (
    Role(
        party="air-attack",
        name="Air Attack Desk (invented name)",
        contact="air desk, Valley Fire",
        units=("AA460", "air-desk"),
        system="desk-map",
        manners=Manners(
            received_s=120,
            read_back_s=240,
            passed_down_s={"air-desk": 300, "AA460": 420},
            loaded_s={"air-desk": 480, "AA460": 780},
            leaves_withdrawals=True,
        ),
    ),
    Role(
        party="tankers",
        name="Tanker Base Desk (invented name)",
        contact="tanker base, Ramona",
        units=("T71", "N427DF"),
        system="cockpit-tablet",
        manners=Manners(
            received_s=180,
            read_back_s=300,
            misreads=True,
            passed_down_s={"T71": 480, "N427DF": 540},
            loaded_s={"T71": 660},  # N427DF never loads: somebody has not been reached
        ),
    ),
    Role(
        party="helicopters",
        name="Helicopter Desk (invented name)",
        contact="helicopter desk",
        units=("N345WN",),
        system="cockpit-tablet",
        manners=Manners(received_s=45),
    ),
    Role(
        party="rescue",
        name=f"Mountain Rescue {INVENTED}",
        contact="rescue coordination",
        units=("RESCUE-1",),
        system="cockpit-tablet",
        manners=Manners(
            received_s=60,
            read_back_s=120,
            passed_down_s={"RESCUE-1": 180},
            loaded_s={"RESCUE-1": 300},
        ),
    ),
    Role(
        party="newsroom",
        name=f"News Drone Desk {INVENTED}",
        contact="picture desk",
        units=("DRONE-1",),
        system="drone-controller",
        manners=Manners(
            received_s=30,
            read_back_s=60,
            passed_down_s={"DRONE-1": 90},
            loaded_s={"DRONE-1": 120},
            busy_until="01:22",  # the one that is slow to answer
        ),
    ),
)


def instant(clock: str) -> str:
    """RFC 3339 of a clock time of the day that is played."""
    return format_rfc3339(parse_rfc3339(f"2020-09-09T{clock}:00Z"))


def circle(
    middle: tuple[float, float],
    radius_m: float,
    heights_m: tuple[float, float],
    clock: tuple[str, str],
) -> dict[str, object]:
    """A volume as the API takes it. middle: longitude, latitude."""
    footprint = {"type": "Point", "coordinates": list(middle), "radius_m": radius_m}
    return _volume(footprint, heights_m, clock)


def polygon(
    ring: tuple[tuple[float, float], ...], heights_m: tuple[float, float], clock: tuple[str, str]
) -> dict[str, object]:
    """A volume as the API takes it. ring: closed, longitude, latitude."""
    footprint = {"type": "Polygon", "coordinates": [[list(point) for point in ring]]}
    return _volume(footprint, heights_m, clock)


def volumes_of(areas: tuple[Area, ...], clock: tuple[str, str]) -> list[dict[str, object]]:
    """Working areas as volumes."""
    return [polygon(area.ring_deg, (area.lower_m, area.upper_m), clock) for area in areas]


def _volume(
    footprint: Mapping[str, object], heights_m: tuple[float, float], clock: tuple[str, str]
) -> dict[str, object]:
    lower, upper = ({"value": each, "units": "M", "reference": "W84"} for each in heights_m)
    return {
        "footprint": footprint,
        "lower": lower,
        "upper": upper,
        "start": instant(clock[0]),
        "end": instant(clock[1]),
    }
