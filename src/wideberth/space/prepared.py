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
    rows: Any = np.zeros(count, kernels.ROW)
    shapes: Any = np.zeros(count, kernels.SHAPE)
    positions, starts, radii_m = _footprints(volumes)
    bad, points, blocks = kernels.build(positions, starts, radii_m, rows, shapes)
    if bad >= 0:
        _refuse(volumes, bad)
    arrays = Shapes(rows, shapes, points, blocks)
    _settle_wide(arrays, volumes)
    rows["bucket"] = -1
    if count == 1:
        volume = volumes[0]
        row = rows[0]
        row["start_us"] = volume.start_us
        row["end_us"] = volume.end_us
    else:
        rows["start_us"] = [volume.start_us for volume in volumes]
        rows["end_us"] = [volume.end_us for volume in volumes]
    _set_heights(volumes, altitude_model, rows)
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


def _set_heights(volumes: Sequence[Volume4D], altitude_model: AltitudeModel, rows: Any) -> None:
    lower: list[int] = []
    upper: list[int] = []
    lower_w84: list[int] = []
    upper_w84: list[int] = []
    references: list[int] = []
    for volume in volumes:
        low, high = volume.lower, volume.upper
        lower.append(low.value_mm)
        upper.append(high.value_mm)
        bits = _CODES[low.reference] | _CODES[high.reference] << 2
        if low.reference is AltitudeReference.W84 and high.reference is AltitudeReference.W84:
            lower_w84.append(low.value_mm)
            upper_w84.append(high.value_mm)
            references.append(bits | 48)
            continue
        for limit, band, into, known in (
            (low, Band.LOWER, lower_w84, 16),
            (high, Band.UPPER, upper_w84, 32),
        ):
            value_mm = altitude_model.limit_w84_mm(volume.footprint, limit, band)
            if value_mm is None:
                into.append(0)
            else:
                into.append(max(-_WIDEST_INT32, min(_WIDEST_INT32, value_mm)))
                bits |= known
        references.append(bits)
    rows["lower_mm"] = lower
    rows["upper_mm"] = upper
    rows["lower_w84_mm"] = lower_w84
    rows["upper_w84_mm"] = upper_w84
    rows["references"] = references
