"""How many pairs of tracks are warned of one by one; the others are counted, never left out unsaid.

A pair takes a place of each of its tracks and of each of its feeds' parties. It is left out only
where neither track, or neither party, has a place left: so whoever floods a place fills its own
places, and a pair of two others keeps theirs. Pairs that stand keep their places; the others come
by urgency. Of a crowd, some pairs are not even looked at (:mod:`wideberth.watch._crowds`); they are
among those left out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wideberth.watch._places import given
from wideberth.watch.closest import Pairs, among
from wideberth.watch.counted import LeftOut, count_key
from wideberth.watch.look import Look
from wideberth.watch.observations import WarningKey
from wideberth.watch.settings import WatchSettings
from wideberth.watch.stood import Stood

__all__ = ["left_out", "within"]

Ints = NDArray[np.int64]


def within(look: Look, hits: Pairs, stood: Stood, settings: WatchSettings) -> NDArray[np.bool_]:
    """Which of the pairs are warned of one by one."""
    stands = among(hits.first * len(look.slots) + hits.second, stood.code)
    order = np.lexsort((hits.second, hits.first, hits.now_horizontal_m, hits.loss_s, ~stands))
    feed = look.table.feed_party_codes(look.slots)
    rules = settings.pairs
    return given(
        order, hits.first, hits.second, stands, feed, rules.told_per_track, rules.told_per_party
    )


def left_out(
    look: Look, hits: Pairs, kept: NDArray[np.bool_], passed_over: Ints | None
) -> dict[WarningKey, LeftOut]:
    """For each party with tracks among the pairs that are not warned of: how many there are, at
    least. passed_over: how many of each row were not looked at; None: none.
    """
    one, other = hits.first[~kept], hits.second[~kept]
    if not len(one) and passed_over is None:
        return {}
    owner, count = look.owner, len(look.slots)
    times = np.bincount(np.concatenate((one, other)), minlength=count)
    if passed_over is not None:
        times += passed_over
    rows = np.flatnonzero((times > 0) & (owner >= 0))
    # Whose, and which: its own tracks, and those of others that they are too close to.
    apart = owner[one] != owner[other]
    met = [
        owner[mine[is_told]] * count + theirs[is_told]
        for mine, theirs in ((one, other), (other, one))
        for is_told in [apart & (owner[mine] >= 0)]
    ]
    pairs = np.unique(np.concatenate((owner[rows] * count + rows, *met)))
    return {
        count_key(look.table.party(code)): LeftOut(
            int(times[rows][owner[rows] == code].sum()), pairs[pairs // count == code] % count
        )
        for code in np.unique(owner[rows]).tolist()
    }
