"""A volume made ready for the kernels: points on the ellipsoid, balls around them, bands.

:func:`prepare` makes one and remembers it; :func:`prepare_many` makes many at once, in arrays that
all of them share. Everything here can be made again from the Volume4D.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from itertools import chain
from typing import Any, NoReturn, overload

import numpy as np
from numpy.typing import NDArray

from wideberth.errors import InvalidValue
from wideberth.space.altitude import AltitudeReference
from wideberth.space.vertical import AltitudeModel, Band
from wideberth.space.volume import Circle, Polygon, Volume4D

__all__ = ["PreparedVolume", "PreparedVolumes", "Shapes", "prepare", "prepare_many"]

REMEMBERED = 8192  # volumes that prepare() keeps, of up to SMALL_PIECES: 12 kB each
REMEMBERED_LARGE = 32  # of the others, 4 MB each at most
SMALL_PIECES = 512
_CODES = {reference: code for code, reference in enumerate(AltitudeReference)}
_BOTH_W84 = _CODES[AltitudeReference.W84] * 5 | 48  # two bits each, and that both are known
_HEIGHTS = ("lower_mm", "upper_mm", "lower_w84_mm", "upper_w84_mm", "references")
_DEFAULT_MODEL = AltitudeModel()
_WIDEST_INT32 = 2**31 - 1


class Shapes:
    """The arrays of one or many prepared volumes; `wideberth.space._shapes` says what they hold."""

    __slots__ = ("blocks", "points", "rows", "shapes")

    def __init__(
        self,
        rows: Any,
        shapes: Any,
        points: NDArray[np.float64],
        blocks: NDArray[np.float64],
    ) -> None:
        self.rows = rows
        self.shapes = shapes
        self.points = points
        self.blocks = blocks


class PreparedVolume:
    """One volume in arrays: `arrays` at `index`. Make one with :func:`prepare`."""

    __slots__ = ("altitude_model", "arrays", "index", "volume")

    def __init__(
        self, volume: Volume4D, altitude_model: AltitudeModel, arrays: Shapes, index: int
    ) -> None:
        self.volume = volume
        self.altitude_model = altitude_model
        self.arrays = arrays
        self.index = index

    def __repr__(self) -> str:
        return f"PreparedVolume({self.volume!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return prepare, (self.volume, self.altitude_model)


class PreparedVolumes(Sequence[PreparedVolume]):
    """Many prepared volumes in one set of arrays; an item is a view, made when asked for."""

    __slots__ = ("_volumes", "altitude_model", "arrays")

    def __init__(
        self, volumes: Sequence[Volume4D], altitude_model: AltitudeModel, arrays: Shapes
    ) -> None:
        self._volumes = volumes
        self.altitude_model = altitude_model
        self.arrays = arrays

    def __len__(self) -> int:
        return len(self._volumes)

    @overload
    def __getitem__(self, index: int) -> PreparedVolume: ...
    @overload
    def __getitem__(self, index: slice) -> list[PreparedVolume]: ...
    def __getitem__(self, index: int | slice) -> PreparedVolume | list[PreparedVolume]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        position = range(len(self))[index]
        return PreparedVolume(self._volumes[position], self.altitude_model, self.arrays, position)

    def __iter__(self) -> Iterator[PreparedVolume]:
        for position, volume in enumerate(self._volumes):
            yield PreparedVolume(volume, self.altitude_model, self.arrays, position)


def prepare(volume: Volume4D, altitude_model: AltitudeModel = _DEFAULT_MODEL) -> PreparedVolume:
    """The volume ready to be compared. The last 8,192 are remembered; of large ones, the last 32.

    A limit whose reference cannot be brought to the ellipsoid stays as it is: it can be compared
    with limits of the same reference. Raises InvalidValue for a ring with an edge nearly half
    round the earth, or more than ten times round the earth in all.
    """
    return _prepare_small(volume, altitude_model) or _prepare_large(volume, altitude_model)


@lru_cache(maxsize=REMEMBERED)
def _prepare_small(volume: Volume4D, altitude_model: AltitudeModel) -> PreparedVolume | None:
    """None for a volume too large to be remembered among so many."""
    arrays = _arrays_of((volume,), altitude_model)
    if len(arrays.points) > SMALL_PIECES:
        return None
    return PreparedVolume(volume, altitude_model, arrays, 0)


@lru_cache(maxsize=REMEMBERED_LARGE)
def _prepare_large(volume: Volume4D, altitude_model: AltitudeModel) -> PreparedVolume:
    return PreparedVolume(volume, altitude_model, _arrays_of((volume,), altitude_model), 0)


def prepare_many(
    volumes: Sequence[Volume4D], altitude_model: AltitudeModel = _DEFAULT_MODEL
) -> PreparedVolumes:
    """All the volumes in shared arrays, at a fraction of the cost of one by one. Not remembered.

    Raises what :func:`prepare` does, its field below ``volumes.<index>``.
    """
    return PreparedVolumes(volumes, altitude_model, _arrays_of(volumes, altitude_model))


@cache
def _shapes() -> Any:
    from wideberth.space import _shapes as kernels

    return kernels


def _arrays_of(volumes: Sequence[Volume4D], altitude_model: AltitudeModel) -> Shapes:
    kernels = _shapes()
    count = len(volumes)
    rows: Any = _rows(volumes, altitude_model)
    shapes: Any = np.zeros(count, kernels.SHAPE)
    positions, starts, radii_m = _footprints(volumes)
    bad, points, blocks = kernels.build(positions, starts, radii_m, rows, shapes)
    if bad >= 0:
        _refuse(volumes, bad)
    arrays = Shapes(rows, shapes, points, blocks)
    if count != 1 or shapes[0]["wide"]:
        _settle_wide(arrays, volumes)
    return arrays


def _footprints(
    volumes: Sequence[Volume4D],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Positions (n, 2) in nanodegrees, where each footprint's begin (m + 1), radii in m or -1."""
    count = len(volumes)
    if count == 1:
        footprint = volumes[0].footprint
        if isinstance(footprint, Circle):
            return (
                np.array(((footprint.latitude_nd, footprint.longitude_nd),), np.int64),
                np.array((0, 1), np.int64),
                np.array((footprint.radius_mm / 1000,)),
            )
        return (
            np.array(footprint.vertices, np.int64),
            np.array((0, len(footprint.vertices)), np.int64),
            np.array((-1.0,)),
        )
    sizes = [0]
    radii_m: list[float] = []
    positions: list[tuple[tuple[int, int], ...]] = []
    for volume in volumes:
        footprint = volume.footprint
        if isinstance(footprint, Circle):
            radii_m.append(footprint.radius_mm / 1000)
            positions.append(((footprint.latitude_nd, footprint.longitude_nd),))
            sizes.append(1)
        else:
            radii_m.append(-1.0)
            positions.append(footprint.vertices)
            sizes.append(len(footprint.vertices))
    starts = np.cumsum(np.array(sizes, np.int64))
    flat = np.fromiter(
        chain.from_iterable(chain.from_iterable(positions)), np.int64, count=2 * int(starts[-1])
    )
    return flat.reshape(-1, 2), starts, np.array(radii_m)


def _refuse(volumes: Sequence[Volume4D], bad: int) -> NoReturn:
    from wideberth.space.rings import require_buildable

    footprint = volumes[bad].footprint
    try:
        if isinstance(footprint, Polygon):
            require_buildable(footprint)
    except InvalidValue as error:
        raise error.within(
            "footprint" if len(volumes) == 1 else f"volumes.{bad}.footprint"
        ) from None
    raise AssertionError("a footprint that cannot be built has a reason")


def _settle_wide(arrays: Shapes, volumes: Sequence[Volume4D]) -> None:
    """Decide by area on the ellipsoid which side of a ring that may reach round the earth is in."""
    for index in np.flatnonzero(arrays.shapes["wide"]).tolist():
        from wideberth.space.rings import signed_area_m2

        footprint = volumes[index].footprint
        if isinstance(footprint, Polygon):
            _shapes().set_reference_wide(
                arrays.shapes[index],
                arrays.points,
                arrays.blocks,
                # Two equal halves: left is inside. require_simple refuses such a ring.
                signed_area_m2(footprint) >= 0,
            )


def _rows(volumes: Sequence[Volume4D], altitude_model: AltitudeModel) -> Any:
    """The rows of volumes but for their balls, which are the kernel's to fill in; not filed."""
    dtype = _shapes().ROW
    if len(volumes) == 1:  # all at once: each field on its own costs as much as this
        (volume,) = volumes
        heights = _heights(volume, altitude_model)
        return np.array(
            [(volume.start_us, volume.end_us, 0, 0, 0, 0, *heights, 0, -1, 0, 0)], dtype
        )
    rows: Any = np.zeros(len(volumes), dtype)
    rows["bucket"] = -1
    rows["start_us"] = [volume.start_us for volume in volumes]
    rows["end_us"] = [volume.end_us for volume in volumes]
    heights = np.array([_heights(volume, altitude_model) for volume in volumes]).reshape(-1, 5)
    for column, name in enumerate(_HEIGHTS):
        rows[name] = heights[:, column]
    return rows


def _heights(volume: Volume4D, altitude_model: AltitudeModel) -> tuple[int, int, int, int, int]:
    """The limits as given, the band above the ellipsoid, and the bits of the references."""
    low, high = volume.lower, volume.upper
    lower_mm, upper_mm = low.value_mm, high.value_mm
    if low.reference is AltitudeReference.W84 and high.reference is AltitudeReference.W84:
        return lower_mm, upper_mm, lower_mm, upper_mm, _BOTH_W84
    bits = _CODES[low.reference] | _CODES[high.reference] << 2
    band: list[int] = []
    for limit, end, known in ((low, Band.LOWER, 16), (high, Band.UPPER, 32)):
        value_mm = altitude_model.limit_w84_mm(volume.footprint, limit, end)
        if value_mm is None:
            band.append(0)
        else:
            band.append(max(-_WIDEST_INT32, min(_WIDEST_INT32, value_mm)))
            bits |= known
    return lower_mm, upper_mm, band[0], band[1], bits
