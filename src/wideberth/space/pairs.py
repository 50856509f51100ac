"""All pairs of volumes that are too close, offline, in bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from wideberth.space._jit import KERNELS, LITTLE_PIECES, LITTLE_VOLUMES
from wideberth.space.overlap import settle
from wideberth.space.prepared import PreparedVolume, PreparedVolumes, Shapes
from wideberth.space.volume import Gap, Separation

__all__ = ["all_pairs"]

_TOUCHING = Separation()
_OVERLAP = Gap(0, 0, 0)
_LEAST_SIDE_M = 2048.0
_LINES = 16_384  # pairs held at once
_ROWS_AT_ONCE = 8_192
_RUN = 64  # rows of one cell that are taken together


@cache
def _kernels() -> Any:
    from wideberth.space import _sweep

    return _sweep


def all_pairs(
    volumes: Sequence[PreparedVolume],
    separation: Separation = _TOUCHING,
    *,
    groups: NDArray[np.int64] | None = None,
    progress: Callable[[float], None] | None = None,
) -> Iterator[tuple[int, int, Gap]]:
    """Every pair (i, j, gap) of volumes that are too close, i < j, each once, in no set order.

    groups: (n,) whole numbers from 0; pairs within one group (one intent's volumes) are passed
    over. progress: called with the share that is done, from 0 to 1. Memory: 72 bytes a volume
    beside what :func:`~wideberth.space.prepared.prepare_many` made, which is used as it is, and
    16,384 pairs; single prepared volumes are copied first.
    Raises NotComparable where a pair is too close but for heights that cannot be compared, and
    ValueError where groups has another length than volumes.
    """
    count = len(volumes)
    if groups is not None and len(groups) != count:
        raise ValueError(f"groups has {len(groups)} numbers for {count} volumes")
    if count < 2:
        return
    arrays = _gather(volumes)
    if count > LITTLE_VOLUMES or len(arrays.points) > LITTLE_PIECES:
        KERNELS.compile()
    kernels = _kernels()
    side_m = max(_LEAST_SIDE_M, min(separation.horizontal_mm / 1000, 1e7))
    sorted_rows = np.empty(count, arrays.rows.dtype)
    begins: Any = np.empty((1 << max(4, (count - 1).bit_length())) + 1, np.int64)
    reaches = np.empty(kernels.LEVELS)
    windows = np.empty(kernels.LEVELS, np.int64)
    by_start = np.argsort(np.ascontiguousarray(arrays.rows["start_us"]))
    kernels.file_rows(arrays.rows, by_start, side_m, begins, sorted_rows, reaches, windows)
    chosen = np.empty(0, np.int64) if groups is None else np.asarray(groups, np.int64)
    lines = np.empty((_LINES, 6), np.int64)
    here = 0
    run = _RUN
    while here < count:
        last = min(count, here + _ROWS_AT_ONCE)
        found, after = kernels.sweep(
            sorted_rows, begins, side_m, reaches, windows,
            arrays.shapes, arrays.points, arrays.blocks, chosen,
            separation.horizontal_mm, separation.vertical_mm, separation.time_us,
            here, last, run, lines,
        )  # fmt: skip
        if after == here:  # one run has more pairs than there is room for: one volume, then more
            if run == 1:
                lines = np.empty((2 * len(lines), 6), np.int64)
            run = 1
            continue
        here = after
        run = _RUN
        yield from _pairs(lines[:found], volumes, separation)
        if progress is not None:
            progress(here / count)


def _pairs(
    lines: NDArray[np.int64], volumes: Sequence[PreparedVolume], separation: Separation
) -> Iterator[tuple[int, int, Gap]]:
    """The sweep's lines as pairs with gaps. Most overlap in everything: those cost little."""
    gaps: list[Gap | None] = [_OVERLAP] * len(lines)
    unsettled = False
    told = (lines[:, 2] - 1) | lines[:, 3] | lines[:, 4] | lines[:, 5]
    for at in np.flatnonzero(told).tolist():
        line: list[int] = lines[at].tolist()
        i, j, code, horizontal_mm, vertical_mm, time_us = line
        if code == 1:
            gaps[at] = Gap(horizontal_mm, vertical_mm, time_us)
            continue
        unsettled = True
        gaps[at] = settle(
            volumes[i], volumes[j], separation, (code, horizontal_mm, vertical_mm, time_us)
        )
    pairs = zip(lines[:, 0].tolist(), lines[:, 1].tolist(), gaps, strict=True)
    if unsettled:  # some of them turned out to be clear
        pairs = (pair for pair in pairs if pair[2] is not None)
    return cast("Iterator[tuple[int, int, Gap]]", pairs)


def _gather(volumes: Sequence[PreparedVolume]) -> Shapes:
    """The volumes' arrays as one, in their order."""
    if isinstance(volumes, PreparedVolumes):
        return volumes.arrays
    bases: dict[int, int] = {}
    parts: list[Shapes] = []
    rows = 0
    order: Any = np.empty(len(volumes), np.int64)
    for position, prepared in enumerate(volumes):
        arrays = prepared.arrays
        base = bases.get(id(arrays))
        if base is None:
            base = bases[id(arrays)] = rows
            rows += len(arrays.rows)
            parts.append(arrays)
        order[position] = base + prepared.index
    shapes: Any = np.concatenate([part.shapes for part in parts])
    for name, sizes in (
        ("first", [len(part.points) for part in parts]),
        ("block", [len(part.blocks) for part in parts]),
    ):
        starts = np.cumsum([0, *sizes[:-1]])
        shapes[name] += np.repeat(starts, [len(part.rows) for part in parts])
    return Shapes(
        np.concatenate([part.rows for part in parts])[order],
        shapes[order],
        np.concatenate([part.points for part in parts]),
        np.concatenate([part.blocks for part in parts]),
    )
