"""The life of a warning: raised at once, worsened, cleared late; silence never clears. Pure.

::

                     holds, M of N                        level over its peak
        (nothing) ──────────────────► live ──────────────────────► live  Worsened
                                      │  ▲
             no fresh observation     │  │ holds or near
             Worsened "last-known"    ▼  │
                                   last known ── for lapse_after ──► Lapsed "stale"

        live, clear for hold_us, and every object reported anew since it looked clear ──► Cleared
        an object withdrawn ──► Lapsed "withdrawn"; one in its place ──► Lapsed "superseded"

What is not observed is unknown: a step without an observation for a standing warning can make it
last known and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from types import MappingProxyType

import msgspec

from wideberth.watch.observations import (
    Cleared,
    Lapsed,
    ObjectRef,
    Observation,
    Raised,
    Updated,
    Verdict,
    WarningEvent,
    WarningKey,
    WatchWarning,
    Worsened,
)
from wideberth.watch.settings import WarningSettings

__all__ = ["MakeId", "WarningState", "step", "withdraw"]

MakeId = Callable[[WarningKey, int], str]
"""Gives the id of a warning from its key and the time it is raised."""


class WarningState(msgspec.Struct, frozen=True):
    """The warnings that stand, by key; pending: for a condition that is not yet raised, in which
    of the last steps it held (bit 0 is the last).
    """

    standing: Mapping[WarningKey, WatchWarning] = MappingProxyType({})
    pending: Mapping[WarningKey, int] = MappingProxyType({})


def step(
    state: WarningState,
    observations: Iterable[Observation],
    now_us: int,
    settings: WarningSettings,
    make_id: MakeId,
    passed_over: Collection[str] = (),
) -> tuple[WarningState, list[WarningEvent]]:
    """The state after one look, and what happened: first what is raised, then what lapsed because
    of it, then what stood before; each in the order of the keys.

    observations: at most one for a key; for every standing warning whose objects still speak there
    should be one, of whatever verdict. now_us: must not run backward from step to step.
    passed_over: ids of standing warnings of which this look says the same as the last one
    (:mod:`wideberth.watch.stood`): they stand on as they are, and nothing is said of them.
    """
    seen = {each.key: each for each in observations}
    standing, pending = dict(state.standing), _pending(state, seen, settings)
    events: list[WarningEvent] = []
    raised: list[WatchWarning] = []
    for key in sorted(pending):
        if not pending[key] & 1 or pending[key].bit_count() < settings.raise_count:
            continue
        del pending[key]
        warning = _raised(seen[key], now_us, make_id)
        raised.append(warning)
        events.append(Raised(warning, now_us))
    for warning in raised:
        replaced = standing.pop(warning.seen.supersedes, None) if warning.seen.supersedes else None
        if replaced is not None:
            events.append(Lapsed(replaced, now_us, "superseded", warning.id))
    left = set(passed_over)
    for key in sorted(key for key, warning in standing.items() if warning.id not in left):
        after, event = _later(standing[key], seen.get(key), now_us, settings)
        if event is not None:
            events.append(event)
        if after is None:
            del standing[key]
        else:
            standing[key] = after
    standing.update((warning.key, warning) for warning in raised)
    return WarningState(standing, pending), events


def withdraw(
    state: WarningState, gone: ObjectRef, now_us: int
) -> tuple[WarningState, list[WarningEvent]]:
    """The state after an object was withdrawn: its warnings lapse, since nothing is left that
    could clear them.
    """
    concerned = sorted(key for key in state.standing if gone in key.objects)
    events: list[WarningEvent] = [
        Lapsed(state.standing[key], now_us, "withdrawn") for key in concerned
    ]
    standing = {key: one for key, one in state.standing.items() if gone not in key.objects}
    pending = {key: bits for key, bits in state.pending.items() if gone not in key.objects}
    return WarningState(standing, pending), events


def _pending(
    state: WarningState, seen: Mapping[WarningKey, Observation], settings: WarningSettings
) -> dict[WarningKey, int]:
    window = (1 << settings.raise_window) - 1
    pending = {key: (bits << 1) & window for key, bits in state.pending.items()}
    for key, observation in seen.items():
        if key in state.standing:
            continue
        if observation.verdict is Verdict.HOLDS:
            pending[key] = pending.get(key, 0) | 1
        elif observation.verdict is Verdict.UNKNOWN and key in state.pending:
            pending[key] = state.pending[key]  # not seen: it counts neither for nor against
    return {key: bits for key, bits in pending.items() if bits}


def _raised(observation: Observation, now_us: int, make_id: MakeId) -> WatchWarning:
    return WatchWarning(
        id=make_id(observation.key, now_us),
        key=observation.key,
        raised_us=now_us,
        level=observation.level,
        peak_level=observation.level,
        seen=observation,
        seen_us=now_us,
    )


def _later(
    warning: WatchWarning,
    observation: Observation | None,
    now_us: int,
    settings: WarningSettings,
) -> tuple[WatchWarning | None, WarningEvent | None]:
    """A standing warning after one look; None where it ended."""
    if observation is None or observation.verdict is Verdict.UNKNOWN:
        return _unseen(warning, now_us, settings)
    if observation.verdict is Verdict.CLEAR:
        return _clear(warning, observation, now_us, settings)
    level = observation.level if observation.verdict is Verdict.HOLDS else warning.level
    worse = level > warning.peak_level
    after = msgspec.structs.replace(
        warning,
        level=level,
        peak_level=max(level, warning.peak_level),
        seen=observation,
        seen_us=now_us,
        clear_since_us=None,
        last_known_since_us=None,
    )
    return after, Worsened(after, now_us, "level") if worse else Updated(after, now_us)


def _unseen(
    warning: WatchWarning, now_us: int, settings: WarningSettings
) -> tuple[WatchWarning | None, WarningEvent | None]:
    since_us = warning.last_known_since_us
    if since_us is None:
        after = msgspec.structs.replace(warning, clear_since_us=None, last_known_since_us=now_us)
        return after, Worsened(after, now_us, "last-known")
    if now_us - since_us >= settings.lapse_after_us:
        return None, Lapsed(warning, now_us, "stale")
    return warning, None


def _clear(
    warning: WatchWarning, observation: Observation, now_us: int, settings: WarningSettings
) -> tuple[WatchWarning | None, WarningEvent | None]:
    since_us = now_us if warning.clear_since_us is None else warning.clear_since_us
    # Held long enough, and every object has reported anew since it first looked clear: one old
    # position must not clear a warning just by growing older.
    if now_us - since_us >= settings.hold_us and observation.oldest_us >= since_us:
        return None, Cleared(warning, observation, now_us)
    after = msgspec.structs.replace(warning, clear_since_us=since_us, last_known_since_us=None)
    return after, Updated(after, now_us)
