"""How many pairs of tracks are warned of one by one; the others are counted, never left out unsaid.

A pair takes a place of each of its tracks and of each of its feeds' parties. It is left out only
where neither track, or neither party, has a place left: so whoever floods a place fills its own
places, and a pair of two others keeps theirs. Pairs that stand keep their places; the others come
by urgency.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

import numba
import numpy as np
from numpy.typing import NDArray

from wideberth.watch.closest import Pairs
from wideberth.watch.look import Look
from wideberth.watch.observations import (
    Margin,
    ObjectRef,
    Observation,
    PartyFacts,
    Uncertainty,
    Verdict,
    WarningKey,
    WarningKind,
)
from wideberth.watch.settings import WatchSettings
from wideberth.watch.stood import Stood

# numba has no types of its own: what its decorator returns is unknown to the checker.
# pyright: reportUntypedFunctionDecorator=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

__all__ = ["RULE", "left_out", "more_pairs", "within"]

RULE = "more-pairs"

Ints = NDArray[np.int64]


def within(look: Look, hits: Pairs, stood: Stood, settings: WatchSettings) -> NDArray[np.bool_]:
    """Which of the pairs are warned of one by one."""
    stands = np.isin(hits.first * len(look.slots) + hits.second, stood.code)
    order = np.lexsort((hits.second, hits.first, hits.now_horizontal_m, hits.loss_s, ~stands))
    feed = look.table.feed_party_codes(look.slots)
    rules = settings.pairs
    return _within(
        order, hits.first, hits.second, stands, feed, rules.told_per_track, rules.told_per_party
    )


def left_out(
    look: Look,
    hits: Pairs,
    kept: NDArray[np.bool_],
    standing: Collection[WarningKey],
    settings: WatchSettings,
) -> list[Observation]:
    """For each party with tracks among the pairs that are not warned of: how many there are."""
    counts: Counter[str] = Counter()
    rows, times = np.unique(
        np.concatenate((hits.first[~kept], hits.second[~kept])), return_counts=True
    )
    owners = look.owner[rows]
    for code in np.unique(owners[owners >= 0]).tolist():
        counts[look.table.party(code)] = int(times[owners == code].sum())
    stood = {
        key.objects[0].id
        for key in standing
        if key.kind is WarningKind.CONFLICT and [each.kind for each in key.objects] == ["party"]
    }
    return [
        more_pairs(look, settings, owner, counts[owner]) for owner in sorted(stood | set(counts))
    ]


def more_pairs(look: Look, settings: WatchSettings, owner: str, count: int) -> Observation:
    """That so many pairs with a party's tracks are not warned of one by one."""
    ref = ObjectRef("party", owner)
    return Observation(
        key=WarningKey(WarningKind.CONFLICT, (ref,)),
        verdict=Verdict.HOLDS if count else Verdict.CLEAR,
        level=len(str(count)),  # tens, hundreds: each is worse
        rule=RULE,
        rule_version=settings.version,
        margin=Margin(),
        uncertainty=Uncertainty(0, None, 0),
        objects=(PartyFacts(ref, owner, count),),
        oldest_us=look.now_us,
        predicted=True,
    )


@numba.njit(cache=True)
def _within(
    order: Ints,
    first: Ints,
    second: Ints,
    stands: NDArray[np.bool_],
    feed: Ints,
    per_track: int,
    per_party: int,
) -> NDArray[np.bool_]:
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
