"""By what right warnings end on the soak's day: slow, obvious, and from what came in alone.

A warning is cleared only after each of its tracks was heard of, without a silence, for as long as
the hold; and not while the reference (`attack.soak_reference`) asked for it. What is taken off the
list without that is said to be last known, and lapses for one of three reasons.
"""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from attack.soak_reference import Wanted
from wideberth.model.entries import Entry, WarningCleared, WarningRaised, WarningWorsened
from wideberth.model.warnings import StandingWarning, WarningObject
from wideberth.watch.recorded import WATCHED
from wideberth.watch.settings import WatchSettings

Track = tuple[str, str]
"""The feed of a track, and its name in the record."""


@dataclass
class Endings:
    """What ended. beat_us: between two looks; is_there: whether an area is still declared; counts:
    by the right by which they ended.
    """

    settings: WatchSettings
    beat_us: int
    is_there: Callable[[WarningObject], bool]
    counts: Counter[str] = field(default_factory=Counter[str])
    faults: list[str] = field(default_factory=list[str])
    _heard: dict[Track, deque[int]] = field(default_factory=dict[Track, "deque[int]"])
    _asked_us: dict[Wanted, int] = field(default_factory=dict[Wanted, int])
    _last_known_us: dict[str, int] = field(default_factory=dict[str, int])
    _lapsed: list[StandingWarning] = field(default_factory=list[StandingWarning])
    _raised: list[StandingWarning] = field(default_factory=list[StandingWarning])

    def take(self, party: str | None, feed: str, said: Iterable[tuple[str, int]]) -> None:
        """A feed's positions that were taken: ids and times."""
        for track_id, time_us in said:
            self._heard.setdefault((feed, f"{party or ''}/{track_id}"), deque()).append(time_us)

    def ask(self, must: Iterable[Wanted], now_us: int) -> None:
        """What must stand now, and what is too long ago to matter."""
        self._asked_us.update(dict.fromkeys(must, now_us))
        hold_us, silent_us = self._hold_us, self._silent_us
        old = [each for each, us in self._asked_us.items() if us < now_us - hold_us]
        for each in old:
            del self._asked_us[each]
        since_us = now_us - hold_us - silent_us - 4 * self.beat_us
        for track, times_us in list(self._heard.items()):
            while times_us and times_us[0] < since_us:
                times_us.popleft()
            if not times_us:
                del self._heard[track]
        self._settle()

    def listen(self, _start: int, entries: Sequence[Entry]) -> None:
        """Entries of the record."""
        for entry in entries:
            match entry.body:
                case WarningRaised(warning=warning):
                    self._raised.append(warning)
                case WarningWorsened(warning=warning) if warning.last_known:
                    self._last_known_us.setdefault(warning.id, warning.updated_us)
                case WarningWorsened(warning=warning):
                    self._last_known_us.pop(warning.id, None)
                case WarningCleared(warning=warning) if warning.kind in WATCHED:
                    if warning.last_known:
                        self._lapsed.append(warning)
                    else:
                        self._cleared(warning)
                case _:
                    pass

    @property
    def _hold_us(self) -> int:
        return self.settings.warnings.hold_us

    @property
    def _silent_us(self) -> int:
        return self.settings.tracks.default_feed.silence_after_us

    def _cleared(self, warning: StandingWarning) -> None:
        """It was seen to be over."""
        self.counts["seen to be over"] += 1
        self._last_known_us.pop(warning.id, None)
        now_us, held_us = warning.updated_us, warning.updated_us - self._hold_us
        if now_us - warning.raised_us < self._hold_us:
            self._fault(warning, "had not stood for as long as the hold")
        for track in (each for each in warning.objects if each.type == "track"):
            heard_us = sorted(self._heard.get((track.feed or "", track.id), ()))
            # A look comes once in a beat, and what was said comes in within another.
            most_us = self._silent_us + 2 * self.beat_us
            for one_us, other_us in pairwise([-math.inf, *heard_us, now_us]):
                if other_us > held_us + self.beat_us and other_us - one_us > most_us:
                    self._fault(warning, f"and {track.id} by {track.feed} had been silent")
                    break
        names = frozenset(each.id for each in warning.objects)
        for (kinds, asked), asked_us in self._asked_us.items():
            is_it = asked == names and warning.kind.value in kinds.split("|")
            if is_it and asked_us > held_us + 2 * self.beat_us:
                self._fault(warning, "and held within the hold")

    def _settle(self) -> None:
        """Of the last look, what ended without being seen to."""
        for warning in self._lapsed:
            self.counts[self._why(warning)] += 1
            self._last_known_us.pop(warning.id, None)
        self._lapsed.clear()
        self._raised.clear()

    def _why(self, warning: StandingWarning) -> str:
        since_us = self._last_known_us.get(warning.id, warning.updated_us)
        lapse_us = self.settings.warnings.lapse_after_us
        if warning.updated_us - since_us >= lapse_us:
            return "stale"
        areas = [each for each in warning.objects if each.type in ("zone", "intent")]
        if not all(map(self.is_there, areas)):
            return "withdrawn"
        if any(_tracks(each) == _tracks(warning) for each in self._raised if each.id != warning.id):
            return "superseded"
        self._fault(warning, "for no reason, and was not seen to be over")
        return "no reason"

    def _fault(self, warning: StandingWarning, why: str) -> None:
        names = ", ".join(each.id for each in warning.objects)
        self.faults.append(f"{warning.kind.value} of {names} ended, {why}")


def _tracks(warning: StandingWarning) -> set[tuple[str, str | None]]:
    return {(each.id, each.feed) for each in warning.objects if each.type == "track"}
