"""Kernels: of eight capsules at once, which come within reach of another.

What is gone through stands in columns of float32, and eight of them are held against one in
vectors that are written out here: no compiler finds them in a loop that ends where the sweep does,
and they take a ninth of the time. On a processor with narrower vectors LLVM parts them.
"""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wideberth.watch._jit import KERNELS

# A kernel takes flat arrays, by position.
# ruff: noqa: PLR0913

__all__ = ["COLUMNS", "LANES", "near_of_eight"]

Singles = NDArray[np.float32]

LANES = 8
COLUMNS = 9  # start, step to the end, half width, low and high of the heights
_TINY_M2 = 1e-6  # of two that move alike: no division by zero


def _emitted(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    """The instructions of :func:`near_of_eight`."""
    ir: Any = importlib.import_module("llvmlite.ir")  # it has no types
    single, index = ir.FloatType(), ir.IntType(64)
    lanes = ir.VectorType(single, LANES)
    columns, at, *one = arguments
    array = context.make_array(signature.args[0])(context, builder, columns)
    width = builder.extract_value(array.shape, 1)
    begin = builder.ptrtoint(array.data, index)

    def of(column: int) -> Any:
        place = builder.add(builder.mul(width, ir.Constant(index, column)), at)
        behind = builder.mul(place, ir.Constant(index, 4))
        pointer = builder.inttoptr(builder.add(begin, behind), lanes.as_pointer())
        return builder.load(pointer, align=4)

    def each(value: Any) -> Any:
        first = builder.insert_element(
            ir.Constant(lanes, ir.Undefined), value, ir.Constant(ir.IntType(32), 0)
        )
        to_all = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
        return builder.shuffle_vector(first, ir.Constant(lanes, ir.Undefined), to_all)

    def dot(a: list[Any], b: list[Any]) -> Any:
        x, y, z = (builder.fmul(p, q) for p, q in zip(a, b, strict=True))
        return builder.fadd(builder.fadd(x, y), z)

    def within(value: Any, least: float, most: float) -> Any:
        low, high = ir.Constant(lanes, [least] * LANES), ir.Constant(lanes, [most] * LANES)
        value = builder.select(builder.fcmp_ordered("<", value, low), low, value)
        return builder.select(builder.fcmp_ordered(">", value, high), high, value)

    same = [each(value) for value in one]
    apart = [builder.fsub(of(k), same[k]) for k in range(3)]
    moved = [builder.fsub(of(k), same[k]) for k in range(3, 6)]
    speed2 = builder.fadd(dot(moved, moved), ir.Constant(lanes, [_TINY_M2] * LANES))
    t = within(builder.fdiv(builder.fneg(dot(apart, moved)), speed2), 0.0, 1.0)
    nearest = [builder.fadd(a, builder.fmul(m, t)) for a, m in zip(apart, moved, strict=True)]
    reach = builder.fadd(of(6), same[6])
    is_near = builder.fcmp_ordered("<=", dot(nearest, nearest), builder.fmul(reach, reach))
    is_near = builder.and_(is_near, builder.fcmp_ordered("<=", of(7), same[8]))
    is_near = builder.and_(is_near, builder.fcmp_ordered(">=", of(8), same[7]))
    return builder.zext(builder.bitcast(is_near, ir.IntType(LANES)), index)


@KERNELS.emitted(_emitted)
def near_of_eight(
    columns: Singles,
    at: int,
    x: float,
    y: float,
    z: float,
    step_x: float,
    step_y: float,
    step_z: float,
    half: float,
    low: float,
    high: float,
) -> int:
    """Which of the eight columns (COLUMNS, n) from the one there are within both half widths of
    one at a moment of their ways, and meet its heights: a bit of each, the lowest of the first.
    Those that stand beyond the last that counts are for the caller to leave out.
    """
    eight = columns[:, at : at + LANES]
    one = np.array((x, y, z, step_x, step_y, step_z, half, low, high), np.float32)
    with np.errstate(all="ignore"):  # of what stands beyond the last
        apart, moved = (eight[rows] - one[rows, None] for rows in (slice(0, 3), slice(3, 6)))
        t = np.clip(-(apart * moved).sum(0) / ((moved * moved).sum(0) + _TINY_M2), 0.0, 1.0)
        nearest = apart + moved * t
        is_near = (nearest * nearest).sum(0) <= (eight[6] + one[6]) ** 2
        is_near &= (eight[7] <= one[8]) & (eight[8] >= one[7])
    return sum(1 << lane for lane in np.flatnonzero(is_near).tolist())
