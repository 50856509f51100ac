"""Fetches what the console needs in the browser and puts it under `faces/web/static/vendor`.

MapLibre GL is taken as it stands in its package. The base map is Natural Earth, from the package
`world-atlas`: its TopoJSON becomes plain GeoJSON, cut at the antimeridian and closed at the pole
as a flat map needs it. The packages come through `npm pack`; their versions and digests are
pinned below, so the same files come out each time. Run: make vendor.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import shutil
import subprocess
import tarfile
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import shapely
from shapely import affinity, ops
from shapely.geometry import LineString, MultiLineString, Polygon, box
from shapely.geometry.base import BaseGeometry

VENDOR = Path(__file__).resolve().parent.parent / "src/wideberth/faces/web/static/vendor"

DECIMALS = 3  # 0.001 degree, 110 m: the source's own grid is 0.0036 by 0.0017 degree
MERCATOR_LIMIT_DEG = 89.999  # where the source ends, beyond what a Mercator map shows

Position = tuple[float, float]
Part = TypeVar("Part", bound=BaseGeometry)


@dataclass(frozen=True, slots=True)
class Package:
    """A package of npm. integrity: as npm states it, a SHA-512 of the archive. files: to take."""

    name: str
    version: str
    licence: str
    integrity: str
    files: dict[str, str]


MAPLIBRE = Package(
    "maplibre-gl",
    "6.17.0",
    "BSD-3-Clause",
    "sha512-2chIZwpLGenoUQOcnm9Pk4SLbA8ppNFq8jlpXiq9vcYm3Y1wJ3fc82FL0GLwBaPYJCLzPv/mC46KEupVov75rQ==",
    {
        "dist/maplibre-gl.mjs": "maplibre-gl/maplibre-gl.mjs",
        "dist/maplibre-gl-worker.mjs": "maplibre-gl/maplibre-gl-worker.mjs",
        "dist/maplibre-gl.css": "maplibre-gl/maplibre-gl.css",
        "LICENSE.txt": "maplibre-gl/LICENSE.txt",
    },
)
WORLD_ATLAS = Package(
    "world-atlas",
    "2.0.2",
    "ISC",
    "sha512-IXfV0qwlKXpckz1FhwXVwKRjiIhOnWttOskm5CtxMsjgE/MXAYRHWJqgXOpM8IkcPBoXnyTU5lFHcYa5ChG0LQ==",
    {"LICENSE": "world-atlas/LICENSE"},
)


def main() -> None:
    """Fetches, checks, converts and writes everything anew."""
    with tempfile.TemporaryDirectory() as scratch:
        new = Path(scratch) / "vendor"
        sources: dict[str, str] = {}
        for package in (MAPLIBRE, WORLD_ATLAS):
            archive = fetch(package, Path(scratch))
            for inside, outside in package.files.items():
                write(new / outside, member(archive, inside))
                sources[outside] = f"{package.name}@{package.version}: {inside}"
            if package is WORLD_ATLAS:
                topology = json.loads(member(archive, "countries-50m.json"))
                for name, collection in base_map(topology).items():
                    outside = f"world-atlas/{name}.geojson"
                    write(new / outside, compact(collection))
                    sources[outside] = (
                        f"{package.name}@{package.version}: made from countries-50m.json"
                    )
        write(new / "MANIFEST.json", manifest(new, sources))
        shutil.rmtree(VENDOR, ignore_errors=True)
        shutil.copytree(new, VENDOR)
    for path in sorted(path for path in VENDOR.rglob("*") if path.is_file()):
        print(f"{path.stat().st_size:>10,}  {path.relative_to(VENDOR)}")


def fetch(package: Package, folder: Path) -> Path:
    """The package's archive below folder. Raises SystemExit where its digest is not the pinned."""
    done = subprocess.run(
        [
            "npm",
            "pack",
            "--silent",
            "--pack-destination",
            folder,
            f"{package.name}@{package.version}",
        ],
        cwd=folder,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    archive = folder / done.stdout.split()[-1]
    digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if package.integrity != f"sha512-{digest}":
        raise SystemExit(
            f"{package.name} {package.version}: expected {package.integrity}, got sha512-{digest}"
        )
    return archive


def member(archive: Path, name: str) -> bytes:
    """The bytes of one file of an npm archive, whose files all stand below `package/`."""
    with tarfile.open(archive) as tar:
        file = tar.extractfile(f"package/{name}")
        if file is None:
            raise SystemExit(f"{archive.name} has no file {name}")
        return file.read()


def write(path: Path, content: bytes) -> None:
    """Writes content, making the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def manifest(folder: Path, sources: dict[str, str]) -> bytes:
    """What was taken from where, with the digest of each file, as JSON."""
    packages = [
        {"name": p.name, "version": p.version, "licence": p.licence, "integrity": p.integrity}
        for p in (MAPLIBRE, WORLD_ATLAS)
    ]
    files = [
        {
            "path": path,
            "source": source,
            "sha256": hashlib.sha256((folder / path).read_bytes()).hexdigest(),
        }
        for path, source in sorted(sources.items())
    ]
    content = {"made_by": "tools/vendor_web.py", "packages": packages, "files": files}
    return (json.dumps(content, indent=2) + "\n").encode()


# The base map.


def base_map(topology: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Land, borders between countries, and a point for each country's name, as GeoJSON."""
    arcs = decoded_arcs(topology)
    countries = topology["objects"]["countries"]["geometries"]
    land = [
        piece
        for geometry in topology["objects"]["land"]["geometries"]
        for piece in flat_pieces(rings_of(geometry, arcs))
    ]
    names: list[dict[str, Any]] = []
    for country in countries:
        pieces = list(flat_pieces(rings_of(country, arcs)))
        largest = max(pieces, key=lambda piece: piece.area)
        point = shapely.point_on_surface(largest)
        names.append(
            feature(
                {"type": "Point", "coordinates": rounded((point.x, point.y))},
                name=country["properties"]["name"],
                # On the map a name is shown once its country is wide enough on the screen.
                width_deg=round(largest.bounds[2] - largest.bounds[0], 1),
            )
        )
    return {
        "land": collection(
            feature({"type": "Polygon", "coordinates": rounded_rings(piece)}) for piece in land
        ),
        "borders": collection([feature(multi_line(border_lines(countries, arcs)))]),
        "countries": collection(sorted(names, key=lambda f: f["properties"]["name"])),
    }


def decoded_arcs(topology: dict[str, Any]) -> list[list[Position]]:
    """The arcs of a quantised TopoJSON in degrees. Source: TopoJSON specification 2.1.2, 2.1.3."""
    (scale_x, scale_y) = topology["transform"]["scale"]
    (origin_x, origin_y) = topology["transform"]["translate"]
    decoded: list[list[Position]] = []
    for arc in topology["arcs"]:
        x = y = 0
        line: list[Position] = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            line.append((x * scale_x + origin_x, y * scale_y + origin_y))
        decoded.append(line)
    return decoded


def rings_of(
    geometry: dict[str, Any], arcs: list[list[Position]]
) -> Iterator[list[list[Position]]]:
    """The polygons of a TopoJSON geometry, each a list of closed rings."""
    polygons = {"Polygon": [geometry["arcs"]], "MultiPolygon": geometry["arcs"]}[geometry["type"]]
    for polygon in polygons:
        yield [joined(ring, arcs) for ring in polygon]


def joined(indices: Sequence[int], arcs: list[list[Position]]) -> list[Position]:
    """Arcs end to end; a negative index is the arc `~index` backwards."""
    line: list[Position] = []
    for index in indices:
        arc = arcs[index] if index >= 0 else arcs[~index][::-1]
        line.extend(arc[1:] if line else arc)
    return line


def unwrapped(line: Sequence[Position]) -> list[Position]:
    """The same line with longitudes that go on beyond 180 degrees, so that no step is over 180."""
    turns = 0
    result = [line[0]]
    for (before, _), (longitude, latitude) in itertools.pairwise(line):
        turns += (longitude - before < -180) - (longitude - before > 180)
        result.append((longitude + 360 * turns, latitude))
    return result


def flat_pieces(polygons: Iterator[list[list[Position]]]) -> Iterator[Polygon]:
    """Polygons of the globe as pieces of the flat map, each within -180 to 180 degrees."""
    for rings in polygons:
        outer, *inner = [unwrapped(ring) for ring in rings]
        if abs(outer[-1][0] - outer[0][0]) > 180:
            outer = around_pole(outer)
        whole = shapely.make_valid(Polygon(outer, inner))
        for turn in (-1, 0, 1):
            piece = affinity.translate(whole, xoff=360 * turn).intersection(box(-180, -90, 180, 90))
            yield from parts(piece, Polygon)


def around_pole(ring: list[Position]) -> list[Position]:
    """A ring that runs once around the world, closed along the nearer pole's edge of the map."""
    pole = MERCATOR_LIMIT_DEG if sum(latitude for _, latitude in ring) > 0 else -MERCATOR_LIMIT_DEG
    return [*ring, (ring[-1][0], pole), (ring[0][0], pole), ring[0]]


def border_lines(
    countries: list[dict[str, Any]], arcs: list[list[Position]]
) -> Iterator[LineString]:
    """The arcs that two countries share, in long lines, cut at the antimeridian."""
    users: Counter[int] = Counter()
    for country in countries:
        polygons = [country["arcs"]] if country["type"] == "Polygon" else country["arcs"]
        used = {i if i >= 0 else ~i for polygon in polygons for ring in polygon for i in ring}
        users.update(used)
    shared = [unwrapped(arcs[index]) for index, count in sorted(users.items()) if count > 1]
    merged = ops.linemerge(MultiLineString(shared))
    for turn in (-1, 0, 1):
        piece = affinity.translate(merged, xoff=360 * turn).intersection(box(-180, -90, 180, 90))
        yield from parts(piece, LineString)


def parts(geometry: BaseGeometry, kind: type[Part]) -> Iterator[Part]:
    """The parts of this kind and of some extent; what merely touches the map's edge is dropped."""
    if isinstance(geometry, kind):
        if not geometry.is_empty:
            yield geometry
    else:
        for part in getattr(geometry, "geoms", ()):
            yield from parts(part, kind)


def rounded(position: Sequence[float]) -> list[float]:
    """Longitude and latitude to DECIMALS, whole numbers without their zero."""
    values = [round(value, DECIMALS) for value in position[:2]]
    return [int(value) if value == int(value) else value for value in values]


def rounded_line(positions: Iterable[Sequence[float]]) -> list[list[float]]:
    """Rounded positions; of equal neighbours one stays."""
    line: list[list[float]] = []
    for position in positions:
        here = rounded(position)
        if not line or line[-1] != here:
            line.append(here)
    return line


def rounded_rings(polygon: Polygon) -> list[list[list[float]]]:
    """The rings of a polygon, outer first; a hole that rounding closed is left out."""
    rings = [rounded_line(ring.coords) for ring in (polygon.exterior, *polygon.interiors)]
    return [ring for ring in rings if len(ring) >= 4]


def multi_line(lines: Iterator[LineString]) -> dict[str, Any]:
    """Lines as one geometry."""
    rounded_lines = [rounded_line(line.coords) for line in lines]
    return {
        "type": "MultiLineString",
        "coordinates": [line for line in rounded_lines if len(line) >= 2],
    }


def feature(geometry: dict[str, Any], **properties: str | float) -> dict[str, Any]:
    """A GeoJSON feature."""
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def collection(features: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """A GeoJSON feature collection; a feature whose polygon rounded away is left out."""
    kept = [f for f in features if f["geometry"]["coordinates"]]
    return {"type": "FeatureCollection", "features": kept}


def compact(content: dict[str, Any]) -> bytes:
    """JSON without spaces, one feature on a line, so that a diff says which one changed."""
    lines = ",\n".join(
        json.dumps(f, separators=(",", ":"), ensure_ascii=False) for f in content["features"]
    )
    return f'{{"type":"FeatureCollection","features":[\n{lines}\n]}}\n'.encode()


if __name__ == "__main__":
    main()
