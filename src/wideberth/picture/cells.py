"""The agreed grid: what others feel of a hidden volume, and where two of them meet on it.

A hidden intent is never tested as it is against anything of somebody who may not see it. Its
volumes are rounded out to whole cells on the ground and whole steps in height and time, the other
side's as well, and what is answered, yes or no, is a matter of those cells alone: two hidden
volumes that touch the same cells cannot be told apart. What truly meets meets on the grid too.

Cells on the ground are closed, so a volume on a line touches both sides of it. Steps are whole
numbers of millimetres and microseconds from one multiple to just before the next. Where the grid
has no cells (towards the poles, on the antimeridian, over a quarter of the earth) a volume is felt
as a circle whose middle and radius are rounded.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache

from wideberth.model.notices import Cell
from wideberth.model.settings import Rules
from wideberth.space.altitude import MAX_ALTITUDE_MM, MIN_ALTITUDE_MM, Altitude, AltitudeReference
from wideberth.space.overlap import horizontal_gap_mm, is_conflict
from wideberth.space.prepared import PreparedVolume, prepare
from wideberth.space.time import MAX_US, MIN_US
from wideberth.space.vertical import cap_around
from wideberth.space.volume import NANODEGREES, Circle, Polygon, Separation, Volume4D

__all__ = ["Box", "box_nd", "coarsened", "felt_as", "meet", "reach", "shared_cells"]

Box = tuple[int, int, int, int]
"""South, west, north, east, in nanodegrees."""

_ANY_HEIGHT = Altitude(0, AltitudeReference.W84)
_POLE_ND = 85 * NANODEGREES
_WORLD_ND = 180 * NANODEGREES
_MM_IN_ND = 0.1117  # a nanodegree of latitude at a pole; nowhere is one of either longer
_LEAST_MM_IN_ND = 0.1105  # a nanodegree of latitude at the equator, where it is shortest
_AT_FIRST = 16  # large cells looked at before their parts
_AT_ONCE = 256  # cells of each side looked at where the two need not touch the same one


def felt_as(volume: Volume4D, rules: Rules) -> Volume4D:
    """A volume that holds all cells and steps that this one touches, and is made of them alone."""
    return coarsened(
        volume, cell_nd=rules.cell_nd, step_mm=rules.cell_height_mm, step_us=rules.cell_time_us
    )


def coarsened(volume: Volume4D, *, cell_nd: int, step_mm: int, step_us: int) -> Volume4D:
    """A volume that holds this one, made of whole cells and steps; of a size of 0, as it is."""
    lower, upper = volume.lower, volume.upper
    start_us, end_us = volume.start_us, volume.end_us
    if step_mm:
        lower_mm = max(MIN_ALTITUDE_MM, lower.value_mm // step_mm * step_mm)
        upper_mm = min(MAX_ALTITUDE_MM, (upper.value_mm // step_mm + 1) * step_mm - 1)
        lower, upper = Altitude(lower_mm, lower.reference), Altitude(upper_mm, upper.reference)
    if step_us:
        start_us = max(MIN_US, start_us // step_us * step_us)
        end_us = min(MAX_US, (end_us // step_us + 1) * step_us - 1)
    footprint = _hull(volume, cell_nd) if cell_nd else volume.footprint
    return Volume4D(footprint, lower, upper, start_us, end_us)


def reach(rules: Rules, separation: Separation) -> Separation:
    """How near to what is :func:`felt_as` of one volume another lies, at most, that it meets."""
    return Separation(
        round(separation.horizontal_mm + 4 * _MM_IN_ND * rules.cell_nd)
        if separation.horizontal_mm
        else 0,
        separation.vertical_mm + rules.cell_height_mm if separation.vertical_mm else 0,
        separation.time_us + rules.cell_time_us if separation.time_us else 0,
    )


def meet(
    first: PreparedVolume,
    second: PreparedVolume,
    felt: tuple[PreparedVolume, PreparedVolume],
    rules: Rules,
    separation: Separation,
) -> bool:
    """Whether two volumes meet on the grid, or come as near there as separation.

    felt: the two as :func:`felt_as` has them, prepared. The same for any two volumes that touch
    the same cells and steps, and the same from both sides. Raises NotComparable.
    """
    if not is_conflict(*felt, separation):
        return False
    one, other = box_nd(first.volume), box_nd(second.volume)
    if one is None or other is None:
        return True
    rows, columns = _steps_apart(one, other, rules.cell_nd, separation.horizontal_mm)
    if not rows:
        return _touch_a_cell(first, second, _cells_of(one, other, rules.cell_nd), rules.cell_nd)
    return _come_near(first, second, (one, other), (rows, columns), rules.cell_nd)


def shared_cells(
    own: PreparedVolume, hidden: PreparedVolume, cell_nd: int, at_most: int
) -> tuple[Cell, ...]:
    """Cells that both touch, south to north; none where the grid has none or none are shared.

    Cells double in size until at most so many lie in the box around the own volume: their size
    must not depend on the hidden one, or it would tell its size.
    """
    box, hidden_box = box_nd(own.volume), box_nd(hidden.volume)
    if box is None or hidden_box is None:
        return ()
    while _count(_range(box, cell_nd)) > at_most:
        cell_nd *= 2
    return tuple(
        cell
        for cell in _each(_cells_of(box, hidden_box, cell_nd), cell_nd)
        if _touches(cell, own) and _touches(cell, hidden)
    )


def box_nd(volume: Volume4D) -> Box | None:
    """The box around a footprint away from poles and seam, else None.

    Geodesics bulge polewards of their ends; the grid cell under the bulge is caught by the margin.
    """
    shape = volume.footprint
    match shape:
        case Circle():
            reach_nd = int(shape.radius_mm / 110_000_000 * NANODEGREES) + 1
            south_nd, north_nd = shape.latitude_nd - reach_nd, shape.latitude_nd + reach_nd
            if max(abs(south_nd), abs(north_nd)) > _POLE_ND:
                return None
            polewards = math.radians(max(abs(south_nd), abs(north_nd)) / NANODEGREES)
            wide_nd = int(reach_nd / math.cos(polewards)) + 1
            west_nd, east_nd = shape.longitude_nd - wide_nd, shape.longitude_nd + wide_nd
        case Polygon():
            latitudes = [vertex[0] for vertex in shape.vertices]
            longitudes = [vertex[1] for vertex in shape.vertices]
            west_nd, east_nd = min(longitudes), max(longitudes)
            bulge_nd = (east_nd - west_nd) // 8
            south_nd, north_nd = min(latitudes) - bulge_nd, max(latitudes) + bulge_nd
    if (
        max(abs(south_nd), abs(north_nd)) > _POLE_ND
        or east_nd - west_nd > 90 * NANODEGREES
        or west_nd < -_WORLD_ND
        or east_nd >= _WORLD_ND
    ):
        return None
    return south_nd, west_nd, north_nd, east_nd


_Range = tuple[int, int, int, int]
"""First row, first column, last row, last column of cells."""


def _hull(volume: Volume4D, cell_nd: int) -> Polygon | Circle:
    """A footprint that holds all cells that the volume's touches."""
    box = box_nd(volume)
    if box is not None:
        first_row, first_column, last_row, last_column = _range(box, cell_nd)
        # The sides of a ring are geodesics: they leave the parallel by less than width / 8.
        more = (last_column - first_column + 1) // 8 + 1
        south_nd, north_nd = (first_row - more) * cell_nd, (last_row + 1 + more) * cell_nd
        west_nd, east_nd = first_column * cell_nd, (last_column + 1) * cell_nd
        if max(abs(south_nd), abs(north_nd)) < 89 * NANODEGREES and (
            west_nd >= -_WORLD_ND and east_nd < _WORLD_ND
        ):
            return Polygon(
                (
                    (south_nd, west_nd),
                    (south_nd, east_nd),
                    (north_nd, east_nd),
                    (north_nd, west_nd),
                )
            )
    return _rounded_circle(volume, cell_nd)


def _rounded_circle(volume: Volume4D, cell_nd: int) -> Circle:
    """Middle and radius rounded to the size of a cell, and large enough to hold the footprint."""
    latitude_deg, longitude_deg, angle_deg = cap_around(volume.footprint)
    latitude_nd = round(latitude_deg * NANODEGREES / cell_nd) * cell_nd
    longitude_nd = round(longitude_deg * NANODEGREES / cell_nd) * cell_nd
    side_mm = round(_MM_IN_ND * cell_nd) + 1
    radius_mm = round(angle_deg * NANODEGREES * _MM_IN_ND)
    return Circle(
        max(-90 * NANODEGREES, min(90 * NANODEGREES, latitude_nd)),
        (longitude_nd + _WORLD_ND) % (2 * _WORLD_ND) - _WORLD_ND,
        min((radius_mm // side_mm + 2) * side_mm, 20_000_000_000),
    )


def _range(box: Box, cell_nd: int) -> _Range:
    south_nd, west_nd, north_nd, east_nd = box
    return south_nd // cell_nd, west_nd // cell_nd, north_nd // cell_nd, east_nd // cell_nd


def _cells_of(one: Box, other: Box, cell_nd: int, rows: int = 0, columns: int = 0) -> _Range:
    """The cells of one box that lie within so many rows and columns of the other's."""
    ours, theirs = _range(one, cell_nd), _range(other, cell_nd)
    return (
        max(ours[0], theirs[0] - rows),
        max(ours[1], theirs[1] - columns),
        min(ours[2], theirs[2] + rows),
        min(ours[3], theirs[3] + columns),
    )


def _count(cells: _Range) -> int:
    return max(0, cells[2] - cells[0] + 1) * max(0, cells[3] - cells[1] + 1)


def _each(cells: _Range, cell_nd: int) -> Iterator[Cell]:
    for row in range(cells[0], cells[2] + 1):
        for column in range(cells[1], cells[3] + 1):
            yield Cell(row * cell_nd, column * cell_nd, cell_nd)


def _touch_a_cell(
    first: PreparedVolume, second: PreparedVolume, cells: _Range, cell_nd: int
) -> bool:
    """Whether both touch one of the cells: large ones first, then the parts of those that do."""
    if not _count(cells):
        return False
    size_nd = cell_nd
    while _count(cells) > _AT_FIRST:
        size_nd *= 2
        cells = (cells[0] // 2, cells[1] // 2, cells[2] // 2, cells[3] // 2)
    waiting = list(_each(cells, size_nd))
    while waiting:
        cell = waiting.pop()
        if not (_touches(cell, first) and _touches(cell, second)):
            continue
        if cell.size_nd == cell_nd:
            return True
        half_nd = cell.size_nd // 2
        waiting += [
            Cell(cell.south_nd + north, cell.west_nd + east, half_nd)
            for north in (0, half_nd)
            for east in (0, half_nd)
        ]
    return False


def _steps_apart(one: Box, other: Box, cell_nd: int, apart_mm: int) -> tuple[int, int]:
    """How many rows and columns two cells lie apart that come as near as apart_mm, at most."""
    if not apart_mm:
        return 0, 0
    rows = int(apart_mm / (_LEAST_MM_IN_ND * cell_nd)) + 1
    polewards_nd = max(abs(each) for each in (one[0], one[2], other[0], other[2]))
    # of the cell's own polewards side; no box reaches beyond 85 degrees
    polewards_nd = (polewards_nd // cell_nd + 1) * cell_nd
    narrow = math.cos(math.radians(min(86.0, polewards_nd / NANODEGREES + apart_mm / 1.1e8)))
    return rows, int(apart_mm / (_LEAST_MM_IN_ND * narrow * cell_nd)) + 1


def _come_near(
    first: PreparedVolume,
    second: PreparedVolume,
    boxes: tuple[Box, Box],
    apart: tuple[int, int],
    cell_nd: int,
) -> bool:
    """Whether a cell that the first touches lies so many rows and columns from one of the other's.

    Cells double in size where there were too many to look at: by the boxes, so by cells alone.
    """
    rows, columns = apart
    one, other = boxes
    while (
        _count(_cells_of(one, other, cell_nd, rows, columns)) > _AT_ONCE
        or _count(_cells_of(other, one, cell_nd, rows, columns)) > _AT_ONCE
    ):
        cell_nd, rows, columns = 2 * cell_nd, rows // 2 + 1, columns // 2 + 1
    theirs = [
        (cell.south_nd // cell_nd, cell.west_nd // cell_nd)
        for cell in _each(_cells_of(other, one, cell_nd, rows, columns), cell_nd)
        if _touches(cell, second)
    ]
    return any(
        abs(cell.south_nd // cell_nd - row) <= rows and abs(cell.west_nd // cell_nd - at) <= columns
        for cell in _each(_cells_of(one, other, cell_nd, rows, columns), cell_nd)
        if theirs and _touches(cell, first)
        for row, at in theirs
    )


def _touches(cell: Cell, volume: PreparedVolume) -> bool:
    return horizontal_gap_mm(_cell_volume(cell), volume) == 0


@lru_cache(maxsize=4096)
def _cell_volume(cell: Cell) -> PreparedVolume:
    """The cell as a footprint; only that is looked at."""
    north_nd, east_nd = cell.south_nd + cell.size_nd, cell.west_nd + cell.size_nd
    # A cell that doubled in size may end beyond the map; what lies there is no part of any volume.
    east_nd, west_nd = min(east_nd, _WORLD_ND - 1), max(cell.west_nd, -_WORLD_ND)
    north_nd, south_nd = min(north_nd, 90 * NANODEGREES), max(cell.south_nd, -90 * NANODEGREES)
    corners = ((south_nd, west_nd), (south_nd, east_nd), (north_nd, east_nd), (north_nd, west_nd))
    return prepare(Volume4D(Polygon(corners), _ANY_HEIGHT, _ANY_HEIGHT, 0, 0))
