"""Make the land outline of the report of ``wideberth check`` from Natural Earth.

``npm pack world-atlas@2.0.2`` brings Natural Earth 1:50m (public domain) as TopoJSON (the package:
ISC). This script writes rings of longitude and latitude in hundredths of a degree (1.1 km), each
ring as one list: first position, then differences. No borders: the report takes no side in one.

Usage: python tools/make_land.py package/land-50m.json > src/wideberth/faces/cli/report/land.json
"""

from __future__ import annotations

import itertools
import json
import sys
from pathlib import Path
from typing import Any

STEPS = 100  # in a degree
SMALLEST = 5  # hundredths of a degree: smaller islands are left out


def main() -> None:
    """Read the TopoJSON named on the command line; write the rings to standard output."""
    topology = json.loads(Path(sys.argv[1]).read_text())
    rings = [
        _ring(topology, arcs)
        for geometry in topology["objects"]["land"]["geometries"]
        for polygon in _polygons(geometry)
        for arcs in polygon
    ]
    kept = [ring for ring in rings if len(ring) >= 4 and _size(ring) >= SMALLEST]
    print(json.dumps([_differences(ring) for ring in kept], separators=(",", ":")))


def _polygons(geometry: dict[str, Any]) -> list[Any]:
    return geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]


def _ring(topology: dict[str, Any], arcs: list[int]) -> list[tuple[int, int]]:
    ring: list[tuple[int, int]] = []
    for arc in arcs:
        points = _arc(topology, arc if arc >= 0 else ~arc)
        for point in points if arc >= 0 else reversed(points):
            if not ring or ring[-1] != point:
                ring.append(point)
    return ring


def _arc(topology: dict[str, Any], index: int) -> list[tuple[int, int]]:
    (scale_x, scale_y), (shift_x, shift_y) = (
        topology["transform"]["scale"],
        topology["transform"]["translate"],
    )
    x = y = 0
    points: list[tuple[int, int]] = []
    for step_x, step_y in topology["arcs"][index]:
        x, y = x + step_x, y + step_y
        longitude_deg, latitude_deg = x * scale_x + shift_x, y * scale_y + shift_y
        points.append((round(longitude_deg * STEPS), round(latitude_deg * STEPS)))
    return points


def _size(ring: list[tuple[int, int]]) -> int:
    return max(
        max(x for x, _ in ring) - min(x for x, _ in ring),
        max(y for _, y in ring) - min(y for _, y in ring),
    )


def _differences(ring: list[tuple[int, int]]) -> list[int]:
    numbers = list(ring[0])
    for (x0, y0), (x1, y1) in itertools.pairwise(ring):
        numbers += (x1 - x0, y1 - y0)
    return numbers


if __name__ == "__main__":
    main()
