"""What a watch is told: thresholds, ages and bounds. Plain values with their units; no clock."""

from __future__ import annotations

from typing import Literal, get_args

import msgspec

from wideberth.errors import InvalidValue
from wideberth.space.time import DAY_US, HOUR_US, MINUTE_US, SECOND_US

__all__ = [
    "FeedSettings",
    "PairSettings",
    "TrackSettings",
    "WarningSettings",
    "WatchSettings",
    "WellClearName",
]

WellClearName = Literal["phase-1", "phase-2", "non-coop", "buffered-phase-1"]
"""A volume of DO-365B by name (:mod:`wideberth.watch.wellclear`)."""


def _require_positive(name: str, value: float) -> None:
    if not value > 0:
        raise InvalidValue(name, "positive", value, "give a value over 0")


def _require_not_negative(name: str, value: float) -> None:
    if not value >= 0:
        raise InvalidValue(name, "not-negative", value, "give 0 or more")


class FeedSettings(msgspec.Struct, frozen=True):
    """What is known of one feed.

    silence_after_us: a track of it is silent when its last position is older than this.
    clock_error_us: how far its clock may be off; widens every position by its speed times this.
    horizontal_error_m, vertical_error_m: taken where a report states no accuracy. predict: whether
    its tracks are followed along their course; never for people and vehicles on the ground, of whom
    no position is predicted: they are taken to be where they were, ever less surely.
    """

    silence_after_us: int = 60 * SECOND_US
    clock_error_us: int = SECOND_US
    horizontal_error_m: float = 100.0
    vertical_error_m: float = 30.0
    predict: bool = True

    def __post_init__(self) -> None:
        _require_positive("silence_after_us", self.silence_after_us)
        for name in ("clock_error_us", "horizontal_error_m", "vertical_error_m"):
            _require_not_negative(name, getattr(self, name))


class TrackSettings(msgspec.Struct, frozen=True):
    """The rules by which reports become tracks (:mod:`wideberth.watch.tracks`).

    feeds: by name, whoever brings them; own_feeds: by party (None: the host) and name.
    max_future_us: a report further ahead of now is refused. forget_after_us: a track without a
    report for so long leaves the table, and an older report is refused. max_speed_m_s,
    max_climb_m_s: a step that needs more is implausible. plausible_again_after: good reports in a
    row that end it. derive_within_us: a velocity is derived from two positions at least 1 s and at
    most this far apart. widening_m_s, vertical_widening_m_s: how fast a position grows uncertain
    with its age, beyond what its course predicts; unknown_speed_m_s, in place of the first, where
    its course is not known. most_uncertain_m: a track is silent, as if nothing were heard of it,
    while its position may have been off by more when it was taken. trail_length: positions kept per
    track. max_tracks: a report of one more is refused, or takes the place of another of whoever has
    the most.
    """

    feeds: dict[str, FeedSettings] = {}
    own_feeds: dict[tuple[str | None, str], FeedSettings] = {}
    default_feed: FeedSettings = FeedSettings()
    max_future_us: int = 5 * SECOND_US
    forget_after_us: int = HOUR_US
    max_speed_m_s: float = 1000.0
    max_climb_m_s: float = 200.0
    plausible_again_after: int = 3
    derive_within_us: int = MINUTE_US
    widening_m_s: float = 5.0
    vertical_widening_m_s: float = 1.0
    unknown_speed_m_s: float = 50.0
    most_uncertain_m: float = 50_000.0
    trail_length: int = 64
    max_tracks: int = 200_000

    def __post_init__(self) -> None:
        for name in (
            "forget_after_us",
            "max_speed_m_s",
            "max_climb_m_s",
            "most_uncertain_m",
            "trail_length",
            "max_tracks",
        ):
            _require_positive(name, getattr(self, name))
        if self.max_speed_m_s > 1000.0:
            # Paths are predicted to 2,000 km; faster things need another model.
            raise InvalidValue(
                "max_speed_m_s", "speed-range", self.max_speed_m_s, "give up to 1,000 m/s"
            )
        for name in (
            "max_future_us",
            "derive_within_us",
            "plausible_again_after",
            "widening_m_s",
            "vertical_widening_m_s",
            "unknown_speed_m_s",
        ):
            _require_not_negative(name, getattr(self, name))

    def of_feed(self, feed: str, party: str | None = None) -> FeedSettings:
        """The settings of one feed: of this party's, else by its name, else those of all."""
        own = self.own_feeds.get((party, feed)) if self.own_feeds else None
        return own or self.feeds.get(feed, self.default_feed)


class PairSettings(msgspec.Struct, frozen=True):
    """When two tracks are too close: nearer than, or at, both distances at one moment between now
    and look_ahead_us. same_owner: whether two tracks of one party are tested as well (a party
    keeps its own things apart by its own command). pressure_error_m: how far a pressure altitude
    may be from the height above the ellipsoid here; None means that they are not compared.
    told_per_track, told_per_party: pairs that are warned of one by one, for each track and for each
    party that brings tracks in; of those beyond both parties are told how many there are.
    well_clear: the volume of DO-365B that two tracks are to stay out of as well, None for none.
    by_distance: whether both distances are a rule; without them well_clear is the only one.
    """

    horizontal_m: float = 1852.0
    vertical_m: float = 152.4
    look_ahead_us: int = 2 * MINUTE_US
    same_owner: bool = False
    pressure_error_m: float | None = None
    told_per_track: int = 10
    told_per_party: int = 200
    well_clear: WellClearName | None = None
    by_distance: bool = True

    def __post_init__(self) -> None:
        for name in ("horizontal_m", "vertical_m", "look_ahead_us"):
            _require_not_negative(name, getattr(self, name))
        for name in ("told_per_track", "told_per_party"):
            _require_positive(name, getattr(self, name))
        if self.pressure_error_m is not None:
            _require_not_negative("pressure_error_m", self.pressure_error_m)
        if self.well_clear is None:
            if not self.by_distance:
                raise InvalidValue(
                    "by_distance", "no-rule", value=False, advice="give a volume in well_clear"
                )
        elif self.well_clear not in get_args(WellClearName):
            names = ", ".join(get_args(WellClearName))
            raise InvalidValue("well_clear", "volume-name", self.well_clear, f"give one of {names}")
        if self.horizontal_m > 100_000 or self.look_ahead_us > 15 * MINUTE_US:
            raise InvalidValue(
                "horizontal_m, look_ahead_us",
                "look-ahead-range",
                [self.horizontal_m, self.look_ahead_us],
                "give up to 100,000 m and 15 minutes",
            )


class WarningSettings(msgspec.Struct, frozen=True):
    """The life cycle of a warning (:mod:`wideberth.watch.warnings`).

    raise_count of the last raise_window ticks must hold before a warning is raised (1 of 1: at
    once). hold_us: how long the condition must have been false, with margin, before it clears.
    clear_factor: the margin, a factor on distances and look-ahead. urgent_us: the times to go at
    which a predicted warning gets worse. far_m: the distances outside an intent at which a
    departure gets worse. lapse_after_us: a warning that nothing fresh speaks of any more is taken
    off the list after this long, which is a lapse and never a clearance. update_us: how often the
    numbers of a standing warning are put together anew where one of its tracks reported, and
    nothing else changed; idle_update_us: where none did, at least so often.
    """

    raise_count: int = 1
    raise_window: int = 1
    hold_us: int = 15 * SECOND_US
    clear_factor: float = 1.2
    urgent_us: tuple[int, ...] = (60 * SECOND_US, 30 * SECOND_US)
    far_m: tuple[int, ...] = (500, 5000)
    lapse_after_us: int = DAY_US
    update_us: int = SECOND_US
    idle_update_us: int = 5 * SECOND_US

    def __post_init__(self) -> None:
        if not 1 <= self.raise_count <= self.raise_window <= 32:
            raise InvalidValue(
                "raise_count, raise_window",
                "raise-count",
                [self.raise_count, self.raise_window],
                "give 1 <= raise_count <= raise_window <= 32",
            )
        if not 1 <= self.clear_factor <= 2:  # no path is predicted further than 2,000 km
            raise InvalidValue(
                "clear_factor", "clear-factor", self.clear_factor, "give a factor of 1 to 2"
            )
        _require_not_negative("hold_us", self.hold_us)
        _require_not_negative("update_us", self.update_us)
        _require_not_negative("idle_update_us", self.idle_update_us)
        _require_positive("lapse_after_us", self.lapse_after_us)


class WatchSettings(msgspec.Struct, frozen=True):
    """Everything that a watch is told. zone_look_ahead_us: how far ahead an entry is predicted.
    silence_of_all: whether the silence of any track is a warning; otherwise only of a track whose
    party stands in an intent here, or that a standing warning concerns.
    version: of this set of rules; every warning says it.
    """

    tracks: TrackSettings = TrackSettings()
    pairs: PairSettings = PairSettings()
    warnings: WarningSettings = WarningSettings()
    zone_look_ahead_us: int = 2 * MINUTE_US
    silence_of_all: bool = False
    version: str = "1"

    def __post_init__(self) -> None:
        if not 0 <= self.zone_look_ahead_us <= 15 * MINUTE_US:
            raise InvalidValue(
                "zone_look_ahead_us",
                "look-ahead-range",
                self.zone_look_ahead_us,
                "give 0 to 15 minutes",
            )
