"""The peers of `bench_query` and `bench_pairs`, each on the same volumes.

All of them work on longitude and latitude as if on a plane, and on circles as polygons of 32
corners; ours works on the ellipsoid. `same_pairs` holds that the answers differ only by that.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apsw
import numpy as np
import psycopg
import rtree
import shapely

from wideberth.space import Circle, Gap, PreparedVolumes, Volume4D

CORNERS = 32
METRES_PER_DEGREE = 111_195.0
# What a 32-gon of 600 m falls short of its circle, 2.9 m, and what a plane does to a kilometre
# and to a mean degree (0.56 % of 600 m).
PLANE_ERROR_M = 7.0
EARTH_M = 6_378_137.0


class Flat:
    """Volumes as planar geometries and arrays of bounds."""

    def __init__(self, volumes: list[Volume4D]) -> None:
        self.geometry = _geometries(volumes)
        self.bounds = shapely.bounds(self.geometry)
        self.start = np.array([volume.start_us for volume in volumes])
        self.end = np.array([volume.end_us for volume in volumes])
        self.lower = np.array([volume.lower.value_mm for volume in volumes])
        self.upper = np.array([volume.upper.value_mm for volume in volumes])
        self.wkb = shapely.to_wkb(self.geometry)

    def overlap(self, i: Any, other: Flat, j: Any) -> Any:
        """Do these touch in time and height? Arrays of indices, or numbers."""
        return (
            (self.start[i] <= other.end[j])
            & (other.start[j] <= self.end[i])
            & (self.lower[i] <= other.upper[j])
            & (other.lower[j] <= self.upper[i])
        )


def _geometries(volumes: list[Volume4D]) -> Any:
    turn = np.arange(CORNERS) * (2 * np.pi / CORNERS)
    rings: list[Any] = []
    for volume in volumes:
        shape = volume.footprint
        if isinstance(shape, Circle):
            latitude, longitude = shape.latitude_nd / 1e9, shape.longitude_nd / 1e9
            reach = shape.radius_mm / 1000 / METRES_PER_DEGREE
            stretch = np.cos(np.radians(latitude))
            rings.append(
                np.column_stack(
                    (longitude + reach * np.sin(turn) / stretch, latitude + reach * np.cos(turn))
                )
            )
        else:
            rings.append(np.array(shape.vertices)[:, ::-1] / 1e9)
    geometries = np.empty(len(rings), object)
    for size in {len(ring) for ring in rings}:
        chosen = [i for i, ring in enumerate(rings) if len(ring) == size]
        geometries[chosen] = shapely.polygons(np.array([rings[i] for i in chosen]))
    return geometries


# --- shapely ------------------------------------------------------------------------------------


class ShapelyTree:
    """A static STRtree; time and height filtered with NumPy first, then the exact predicate."""

    def __init__(self, flat: Flat) -> None:
        self.flat = flat
        self.tree = shapely.STRtree(flat.geometry)

    def query(self, asked: Flat, k: int) -> list[int]:
        """Positions of what intersects the k-th."""
        found = self.tree.query(asked.geometry[k])
        found = found[self.flat.overlap(found, asked, k)]
        if not found.size:
            return []
        return found[shapely.intersects(self.flat.geometry[found], asked.geometry[k])].tolist()


def shapely_pairs(flat: Flat) -> set[tuple[int, int]]:
    """All pairs, the tree's building included."""
    i, j = shapely.STRtree(flat.geometry).query(flat.geometry)
    keep = i < j
    i, j = i[keep], j[keep]
    keep = flat.overlap(i, flat, j)
    i, j = i[keep], j[keep]
    keep = shapely.intersects(flat.geometry[i], flat.geometry[j])
    return set(zip(i[keep].tolist(), j[keep].tolist(), strict=True))


# --- rtree --------------------------------------------------------------------------------------


class LibSpatialIndex:
    """rtree: boxes of longitude, latitude and time; height and the predicate on what it finds."""

    def __init__(self, flat: Flat) -> None:
        self.flat = flat
        properties = rtree.index.Property(dimension=3)
        boxes = self._boxes(flat)
        self.index = rtree.index.Index(
            ((i, tuple(box), None) for i, box in enumerate(boxes.tolist())),
            properties=properties,
            interleaved=True,
        )

    @staticmethod
    def _boxes(flat: Flat) -> Any:
        start, end = flat.start / 1e6 - 1.7e9, flat.end / 1e6 - 1.7e9
        b = flat.bounds
        return np.column_stack((b[:, 0], b[:, 1], start, b[:, 2], b[:, 3], end))

    def boxes(self, asked: Flat) -> list[tuple[float, ...]]:
        """The boxes to ask with."""
        return [tuple(box) for box in self._boxes(asked).tolist()]

    def query(self, asked: Flat, k: int, box: tuple[float, ...]) -> list[int]:
        """Positions of what intersects the k-th, whose box is given."""
        found = np.fromiter(self.index.intersection(box), np.int64)
        found = found[self.flat.overlap(found, asked, k)]
        if not found.size:
            return []
        return found[shapely.intersects(self.flat.geometry[found], asked.geometry[k])].tolist()


# --- SQLite's R*Tree ----------------------------------------------------------------------------


class SqliteRTree:
    """apsw, in memory: boxes on the unit sphere, height and time; no seam, no pole.

    Candidates only: what else a pair needs is left out.
    """

    INSERT = "INSERT INTO v VALUES(?,?,?,?,?,?,?,?,?,?,?)"
    QUERY = (
        "SELECT id FROM v WHERE x1>=? AND x0<=? AND y1>=? AND y0<=? AND z1>=? AND z0<=?"
        " AND a1>=? AND a0<=? AND t1>=? AND t0<=?"
    )

    def __init__(self, prepared: PreparedVolumes) -> None:
        self.connection = apsw.Connection(":memory:")
        self.connection.execute(
            "CREATE VIRTUAL TABLE v USING rtree(id,x0,x1,y0,y1,z0,z1,a0,a1,t0,t1)"
        )
        rows = [(i, *box) for i, box in enumerate(self.boxes(prepared))]
        with self.connection:
            self.connection.executemany(self.INSERT, rows)

    @staticmethod
    def boxes(prepared: PreparedVolumes) -> list[tuple[float, ...]]:
        """Least and most of x, y, z, height and time."""
        rows = prepared.arrays.rows
        columns: list[Any] = []
        for axis in "xyz":
            middle = rows[axis].astype(np.float64)
            columns += [(middle - rows["reach_m"]) / EARTH_M, (middle + rows["reach_m"]) / EARTH_M]
        columns += [rows["lower_w84_mm"] / 1000, rows["upper_w84_mm"] / 1000]
        columns += [rows["start_us"] / 1e6 - 1.788e9, rows["end_us"] / 1e6 - 1.788e9]
        return [tuple(box) for box in np.column_stack(columns).tolist()]

    def query(self, box: tuple[float, ...]) -> list[int]:
        """Ids of the boxes that touch a box."""
        cursor: Any = self.connection.execute(self.QUERY, box)
        return [row[0] for row in cursor.fetchall()]

    def change(self, slot: int, box: tuple[float, ...]) -> None:
        """Take a box out and put it in again."""
        self.connection.execute("DELETE FROM v WHERE id=?", (slot,))
        self.connection.execute(self.INSERT, (slot, *box))


# --- PostGIS ------------------------------------------------------------------------------------


@contextmanager
def postgis() -> Iterator[str | None]:
    """How to connect: WIDEBERTH_BENCH_POSTGIS, or a throw-away cluster on loopback; or None."""
    given = os.environ.get("WIDEBERTH_BENCH_POSTGIS")
    if given:
        yield given
        return
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not places or not list(Path("/usr/share/postgresql").glob("*/extension/postgis.control")):
        print("PostGIS: not installed (apt-get install postgresql-15-postgis-3); left out")
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="wideberth-bench-") as folder:
        data = Path(folder) / "data"
        # A server refuses to run as root.
        become = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        if become:
            shutil.chown(folder, "postgres")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        control = [*become, str(places[-1] / "pg_ctl"), "-D", str(data), "-s", "-w"]
        quiet: dict[str, Any] = {"cwd": folder, "stdout": subprocess.DEVNULL}
        subprocess.run([*control, "initdb", "-o", "-A trust -U bench -E UTF8"], check=True, **quiet)
        options = (
            f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='{folder}'"
            " -c shared_buffers=512MB -c work_mem=256MB -c maintenance_work_mem=256MB -c fsync=off"
        )
        log = str(Path(folder) / "log")
        subprocess.run([*control, "-l", log, "-o", options, "start"], check=True, **quiet)
        try:
            yield f"host=127.0.0.1 port={port} user=bench dbname=postgres"
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], check=True, **quiet)


class PostGis:
    """One table, GiST over geometry, time and height together."""

    QUERY = (
        "SELECT id FROM v WHERE g && %s::geometry AND t && %s::int8range AND a && %s::int8range"
        " AND ST_Intersects(g, %s::geometry)"
    )
    PAIRS = (
        "SELECT a.id, b.id FROM v a JOIN v b ON a.g && b.g AND a.t && b.t AND a.a && b.a"
        " AND a.id < b.id AND ST_Intersects(a.g, b.g)"
    )

    def __init__(self, connection_string: str, flat: Flat) -> None:
        self.connection = psycopg.connect(connection_string, autocommit=True)
        execute = self.connection.execute
        execute("CREATE EXTENSION IF NOT EXISTS postgis")
        execute("DROP TABLE IF EXISTS v")
        execute("CREATE TABLE v(id int, g geometry, t int8range, a int8range)")
        with self.connection.cursor().copy("COPY v FROM STDIN") as copy:
            for i, wkb in enumerate(flat.wkb):
                copy.write_row((i, wkb.hex(), *self._ranges(flat, i)))
        execute("CREATE INDEX ON v USING gist(g, t, a)")
        execute("VACUUM ANALYZE v")

    @staticmethod
    def _ranges(flat: Flat, i: int) -> tuple[str, str]:
        return f"[{flat.start[i]},{flat.end[i]}]", f"[{flat.lower[i]},{flat.upper[i]}]"

    def arguments(self, asked: Flat, k: int) -> tuple[str, str, str, str]:
        """What the prepared statement is asked with."""
        wkb = asked.wkb[k].hex()
        return (wkb, *self._ranges(asked, k), wkb)

    def query(self, arguments: tuple[str, str, str, str]) -> list[int]:
        """Ids of what intersects."""
        cursor = self.connection.execute(self.QUERY, arguments, prepare=True)
        return [row[0] for row in cursor.fetchall()]

    def pairs(self) -> set[tuple[int, int]]:
        """All pairs, by a self join."""
        return set(self.connection.execute(self.PAIRS).fetchall())


# --- the same answers ---------------------------------------------------------------------------


def same_pairs(
    ours: Iterable[tuple[int, int, Gap]],
    theirs: set[tuple[int, int]],
    one: Flat,
    two: Flat,
) -> str:
    """A line that says how the answers differ. Raises where the plane does not explain it."""
    found = {(i, j) for i, j, _ in ours}
    for i, j in found ^ theirs:
        # How deep they overlap, or how far they are apart, both on the plane.
        grown = shapely.buffer(one.geometry[i], PLANE_ERROR_M / METRES_PER_DEGREE * 1.5)
        shrunk = shapely.buffer(one.geometry[i], -PLANE_ERROR_M / METRES_PER_DEGREE * 1.5)
        near = shapely.intersects(grown, two.geometry[j])
        deep = shapely.intersects(shrunk, two.geometry[j])
        assert near if (i, j) in found else not deep, f"the pair {i}, {j} is not a matter of metres"
    return (
        f"{len(found)} pairs; {len(found - theirs)} that a 32-gon or the plane misses by metres,"
        f" {len(theirs - found)} that only the plane finds"
    )
