"""``wideberth replay FOLDER --from --to``: a window of a folder, watched again at any speed."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from wideberth.errors import InvalidValue
from wideberth.faces.cli._host import complain, printable

if TYPE_CHECKING:
    from wideberth.configuration import Configuration
    from wideberth.model.entries import Entry, WarningRaised
    from wideberth.picture.picture import Picture
    from wideberth.watch.observations import ObjectRef, Observation
    from wideberth.watch.rewatch import Rewatched, Said
    from wideberth.watch.settings import WatchSettings

__all__ = ["Window", "rewatch"]

_BEFORE_US = 600_000_000  # looked at first, so that the window begins with tracks that are known
_NEAR_US = 60_000_000  # a warning that was raised so much sooner or later is the same one
_HOUR_US = 3_600_000_000


@dataclass(frozen=True, slots=True)
class Window:
    """What to watch again. speed: seconds of the window in one of ours; None: as fast as it goes.
    settings: a configuration whose [watch] and [[feed]] are used in the place of the folder's.
    """

    begin_us: int
    end_us: int
    speed: float | None
    settings: Path | None


Seen = tuple[int, str, tuple[str, ...]]
"""A warning that was raised: when, of what kind, of which objects."""


@dataclass(slots=True)
class _Counts:
    """What a window came to. recorded: each with the position of its entry."""

    taken: Counter[str] = field(default_factory=Counter[str])
    raised: list[Seen] = field(default_factory=list[Seen])
    recorded: list[tuple[int, Seen]] = field(default_factory=list[tuple[int, Seen]])
    flown_us: int = 0
    looks: int = 0


def rewatch(folder: Path, picture: Picture, entries: Iterable[Entry], window: Window) -> None:
    """Prints each warning as it would be raised, worsened and cleared, then what it came to beside
    what the record holds. picture: as it stood before the entries.

    Raises InvalidValue naming the option.
    """
    from wideberth.faces.cli._positions import archive_of
    from wideberth.space.time import SECOND_US, format_rfc3339
    from wideberth.watch.rewatch import rewatched

    archive = archive_of(folder)
    if archive is None:
        raise InvalidValue(
            "SOURCE", "positions-kept", str(folder), "keep positions: [tracks] keep = true"
        )
    configuration, settings = _settings_of(window.settings or folder)
    # An exercise's clock may run faster than the node looks.
    rate = 1.0 if configuration.clock is None else configuration.clock.rate
    every_us = max(1, round(configuration.watch.tick_s * rate * SECOND_US))
    first_us = window.begin_us - _BEFORE_US
    looks = rewatched(
        picture,
        entries,
        archive.heard(first_us - _HOUR_US, window.end_us),
        settings=settings,
        begin_us=first_us,
        end_us=window.end_us,
        every_us=every_us,
    )
    print(f"from     {format_rfc3339(window.begin_us)}")
    print(f"to       {format_rfc3339(window.end_us)}")
    standing: dict[str, Said] = {}
    counts = _Counts()
    pace = _Pace(window.speed)
    for look in looks:
        if look.time_us < window.begin_us:
            _stand(standing, look)
            continue
        if not counts.looks:
            for said in standing.values():
                print(_line(window.begin_us, "stands", said))
        pace.wait(look.time_us - window.begin_us)
        _count(counts, look, every_us)
        for said in look.said:
            word = _WORDS.get(type(said.event).__name__)
            if word is not None:
                print(_line(look.time_us, word, said), flush=window.speed is not None)
    _summary(counts, configuration)


_WORDS = {"Raised": "raised", "Worsened": "worsened", "Cleared": "cleared", "Lapsed": "lapsed"}


def _settings_of(given: Path) -> tuple[Configuration, WatchSettings]:
    """The configuration of a folder, or in a file. Raises InvalidValue."""
    from wideberth.configuration import (
        CONFIGURATION_FILE,
        effective_configuration,
        watch_settings,
    )

    path = given / CONFIGURATION_FILE if given.is_dir() else given
    if not given.is_dir() and not given.is_file():
        raise InvalidValue("--settings", "file", str(given), "give a configuration file")
    configuration = effective_configuration(path, os.environ).configuration
    return configuration, watch_settings(configuration, path)


def _stand(standing: dict[str, Said], look: Rewatched) -> None:
    for said in look.said:
        if type(said.event).__name__ in ("Cleared", "Lapsed"):
            standing.pop(said.event.warning.id, None)
        else:
            standing[said.event.warning.id] = said


def _count(counts: _Counts, look: Rewatched, every_us: int) -> None:
    from wideberth.model.entries import WarningRaised
    from wideberth.watch.observations import Raised
    from wideberth.watch.recorded import WATCHED

    counts.looks += 1
    counts.flown_us += look.live * every_us
    for report in look.taken:
        counts.taken.update(report.counts)
    for said in look.said:
        if isinstance(said.event, Raised):
            key = said.event.warning.key
            names = tuple(sorted(map(_name, key.objects)))
            counts.raised.append((look.time_us, key.kind.value, names))
    for position, entry in look.entries:
        if isinstance(entry.body, WarningRaised) and entry.body.warning.kind in WATCHED:
            counts.recorded.append((position, _recorded(entry.body)))


def _recorded(body: WarningRaised) -> Seen:
    warning = body.warning
    names = tuple(sorted(f"{each.type} {each.id}" for each in warning.objects))
    return warning.raised_us, warning.kind.value, names


def _name(ref: ObjectRef) -> str:
    from wideberth.watch.recorded import track_name

    return f"{ref.kind} {track_name(ref) if ref.kind == 'track' else ref.id}"


def _line(time_us: int, word: str, said: Said) -> str:
    from wideberth.space.time import format_rfc3339

    observation = said.event.warning.seen
    names = " and ".join(
        f"{each.ref.kind} {', '.join(each.identifying())}" for each in observation.objects
    )
    told = ", ".join(said.parties) or "nobody"
    kind = said.event.warning.key.kind.value
    margin = _margin(observation)
    return printable(f"{format_rfc3339(time_us)}  {word:8}  {kind:11}  {names}{margin}  -> {told}")


def _margin(observation: Observation) -> str:
    margin = observation.margin
    parts: list[str] = []
    if margin.horizontal_mm is not None:
        parts.append(f"{margin.horizontal_mm / 1000:,.0f} m across")
    if margin.vertical_mm is not None:
        parts.append(f"{margin.vertical_mm / 1000:,.0f} m in height")
    if margin.time_us:
        parts.append(f"in {margin.time_us / 1e6:.0f} s")
    return f": {', '.join(parts)}" if parts else ""


def _summary(counts: _Counts, configuration: Configuration) -> None:
    from wideberth.space.time import format_rfc3339

    print()
    for name, count in sorted(counts.taken.items()):
        if count or name == "taken":
            print(f"{count:8}  positions {name}")
    hours = counts.flown_us / _HOUR_US
    print(f"{counts.looks:8}  looks")
    print(f"{hours:8.2f}  hours of tracks that spoke")
    for kind, count in sorted(Counter(each[1] for each in counts.raised).items()):
        rate = f", {count / hours:.2f} in an hour of a track" if hours else ""
        print(f"{count:8}  {kind} raised{rate}")
    print(f"{len(counts.recorded):8}  raised in the record in this window")
    missing = _not_among(counts.recorded, counts.raised)
    both = len(counts.recorded) - len(missing)
    print(f"{both:8}  of them raised here too, within a minute")
    for position, (raised_us, kind, names) in missing:
        what = printable(" and ".join(names))
        print(f"          not here: entry {position}, {format_rfc3339(raised_us)}, {kind}: {what}")
    print(f"{len(counts.raised) - both:8}  raised here and not in the record")
    complain(
        "note: watched again from what was kept: of one track at most one position in"
        f" {configuration.tracks.every_s:g} s, and looks at other moments than the node's"
    )


def _not_among(recorded: list[tuple[int, Seen]], raised: list[Seen]) -> list[tuple[int, Seen]]:
    """The recorded ones without one of their own among those raised here."""
    free, missing = list(raised), list[tuple[int, Seen]]()
    for position, seen in recorded:
        for each in free:
            if each[1:] == seen[1:] and abs(each[0] - seen[0]) <= _NEAR_US:
                free.remove(each)
                break
        else:
            missing.append((position, seen))
    return missing


class _Pace:
    """Waits, so that a window goes by at its speed; None: never."""

    def __init__(self, speed: float | None) -> None:
        self._speed = speed
        self._began_s = time.monotonic()

    def wait(self, elapsed_us: int) -> None:
        """Until so much of the window may have gone by."""
        if self._speed is not None:
            due_s = self._began_s + elapsed_us / 1e6 / self._speed
            time.sleep(max(0.0, due_s - time.monotonic()))
