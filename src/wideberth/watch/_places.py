"""A kernel: which pairs get a place to be warned of one by one (:mod:`wideberth.watch.caps`)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wideberth.watch._jit import kernel as _kernel

# A kernel takes flat arrays, by position.

__all__ = ["given"]

Ints = NDArray[np.int64]


@_kernel
def given(
    order: Ints,
    first: Ints,
    second: Ints,
    stands: NDArray[np.bool_],
    feed: Ints,
    per_track: int,
    per_party: int,
) -> NDArray[np.bool_]:
    """Which pairs get a place, those first in order first. stands: those that get one in any case.
    feed: by row, the number of its feed's party.
    """
    kept = np.zeros(len(order), np.bool_)
    of_track = np.zeros(len(feed), np.int64)
    of_party = np.zeros(feed.max() + 1 if len(feed) else 1, np.int64)
    for k in order:
        a, b = first[k], second[k]
        track = min(of_track[a], of_track[b]) < per_track
        party = min(of_party[feed[a]], of_party[feed[b]]) < per_party
        if stands[k] or (track and party):
            kept[k] = True
            of_track[a] += 1
            of_track[b] += 1
            of_party[feed[a]] += 1
            if feed[a] != feed[b]:
                of_party[feed[b]] += 1
    return kept
