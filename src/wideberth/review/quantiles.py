"""Quantiles that leave nobody out: what has not come yet is longer than all that has."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["NINETY_PER_CENT", "quantile_us"]

NINETY_PER_CENT = 90


def quantile_us(lengths_us: Sequence[int | None], per_cent: int) -> int | None:
    """The least length within which so many per cent of all stayed; None: fewer did, or there is
    none at all. lengths_us: None where there is no end yet.

    >>> quantile_us([3, None, 1], 50), quantile_us([3, None, 1], 90), quantile_us([], 50)
    (3, None, None)
    """
    rank = -(-per_cent * len(lengths_us) // 100)  # rounded up
    ended = sorted(each for each in lengths_us if each is not None)
    return ended[rank - 1] if 1 <= rank <= len(ended) else None
