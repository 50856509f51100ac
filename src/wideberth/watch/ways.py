"""The ways that intents declare, and what a track that goes along one has before it.

A *way* is a line of points that an intent declares one after the other: the points of a corridor,
the fixes of a mover, or the middles of volumes that follow each other in time. A track is *on* it
while it conforms to the intent, is beside a leg by no more than the declared half width, and its
course leads along that leg and not against it; of several the nearest. It is then predicted to go
on to the leg's end and from there to each next point, at its present speed and climb, no higher and
no lower than the intent's band. To its uncertainty is added how far it is beside the way now, and a
tenth of the way before it, the latter up to the declared half width.

This is a second prediction beside the straight line of :mod:`wideberth.watch.paths`, and takes
nothing off that one.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wideberth.space.geodesic import between, distance_m
from wideberth.space.vertical import cap_around
from wideberth.space.volume import Circle, Volume4D
from wideberth.watch._legs import follow
from wideberth.watch.area_index import AreaIndex
from wideberth.watch.look import Look
from wideberth.watch.movers import Movers
from wideberth.watch.observations import ObjectRef
from wideberth.watch.paths import Floats, along_path_ecef_m, ecef_m, up
from wideberth.watch.zones import WatchedVolume

__all__ = ["WIDEST_M", "Legs", "Way", "Ways", "way_through"]

Ints = NDArray[np.int64]

WIDEST_M = 5_000.0  # half of a width: what is wider says where, and no way through it
_LONGEST_LEG_M = 100_000.0  # longer ones are parted


@dataclass(frozen=True)
class Way:
    """points: (latitude, longitude) in degrees, two or more, in the order of going. half_width_m:
    how far beside the line it may be.
    """

    points: tuple[tuple[float, float], ...]
    half_width_m: float


@dataclass(frozen=True)
class Legs:
    """What tracks have before them on their ways; row k of each is one leg.

    movers: on the leg, each as if it had come along it: age_s is how long ago it was at the leg's
    beginning, and negative. row: the track's in the look. way: an index into ways, the ids of the
    intents. begin_s, end_s: when it is on the leg, seconds from now.
    """

    movers: Movers
    row: Ints
    way: Ints
    ways: tuple[str, ...]
    begin_s: Floats
    end_s: Floats

    def __len__(self) -> int:
        return len(self.row)

    def take(self, rows: Ints) -> Legs:
        """Some of them."""
        return Legs(
            self.movers.take(rows),
            self.row[rows],
            self.way[rows],
            self.ways,
            self.begin_s[rows],
            self.end_s[rows],
        )


def way_through(volumes: Sequence[Volume4D]) -> Way | None:
    """The way through the middles of volumes that follow each other, as wide as the widest of them.
    None where there is one alone, or two begin at once: then nothing says which way it goes.
    """
    ordered = sorted(volumes, key=lambda each: each.start_us)
    if len(ordered) < 2 or len({each.start_us for each in ordered}) < len(ordered):
        return None
    points: list[tuple[float, float]] = []
    half_m = 0.0
    for each in ordered:
        shape = each.footprint
        latitude, longitude, _ = cap_around(shape)
        points.append((latitude, longitude))
        if isinstance(shape, Circle):
            half_m = max(half_m, shape.radius_mm / 1000)
        else:
            for corner in shape.vertices:
                away_m = distance_m(latitude, longitude, corner[0] / 1e9, corner[1] / 1e9)
                half_m = max(half_m, away_m)
        if half_m > WIDEST_M:
            return None
    return Way(tuple(points), half_m)


@dataclass(frozen=True)
class _Laid:
    """A way as the kernel reads it. lower_m, upper_m: the intent's band above the ellipsoid, and as
    pressure altitudes; NaN where not known.
    """

    owner: str
    track_ids: frozenset[str] | None
    call_sign: str
    points_ecef_m: Floats
    normals: Floats
    half_width_m: float
    band_w84_m: tuple[float, float]
    band_std_m: tuple[float, float]


class Ways:
    """The ways of the intents that are under way. Not safe for threads."""

    def __init__(self) -> None:
        self._laid: dict[str, _Laid] = {}
        self._index = AreaIndex()  # the volumes of those intents

    def __len__(self) -> int:
        return len(self._laid)

    def __iter__(self) -> Iterator[str]:
        return iter(self._laid)

    def put(
        self,
        intent_id: str,
        way: Way | None,
        volumes: Sequence[WatchedVolume],
        *,
        owner: str,
        call_sign: str,
        track_ids: frozenset[str] | None,
    ) -> None:
        """Adds the way of an intent, or puts it in the place of the old one. None, or one that is
        too wide to be followed: takes it away. track_ids: of the tracks that go along it; None:
        any of the owner's.
        """
        if way is None or way.half_width_m > WIDEST_M:
            self.remove(intent_id)
            return
        latitude, longitude = _parted(way.points)
        self._laid[intent_id] = _Laid(
            owner=owner,
            track_ids=track_ids,
            call_sign=call_sign,
            points_ecef_m=ecef_m(latitude, longitude),
            normals=up(latitude, longitude),
            half_width_m=way.half_width_m,
            band_w84_m=_hull((each.lower_w84_m, each.upper_w84_m) for each in volumes),
            band_std_m=_hull((each.lower_std_m, each.upper_std_m) for each in volumes),
        )
        self._index.put(ObjectRef("intent", intent_id), volumes)

    def remove(self, intent_id: str) -> None:
        """Takes a way away. Nothing where there is none."""
        if self._laid.pop(intent_id, None) is not None:
            self._index.remove(ObjectRef("intent", intent_id))

    def conforming(self, look: Look) -> list[tuple[int, str]]:
        """Tracks that are in an intent of their own with a way, each with that intent's id. Of
        several that a track is in, those whose call sign is the track's, where there are such.
        """
        if not self._laid:
            return []
        clock_us = np.ceil(look.clock_error_s * 1e6).astype(np.int64)
        refs, number, rows = self._index.inside(
            look.movers, time_us=look.time_us, clock_error_us=clock_us
        )
        of_row: dict[int, list[str]] = {}
        owner = look.owner
        areas: list[int] = number.tolist()
        inside: list[int] = rows.tolist()
        for k, row in zip(areas, inside, strict=True):
            laid: _Laid = self._laid[refs[k].id]
            if int(owner[row]) != look.table.code(laid.owner):
                continue
            track_id = look.table.key(int(look.slots[row])).track_id
            if laid.track_ids is None or track_id in laid.track_ids:
                of_row.setdefault(row, []).append(refs[k].id)
        found: list[tuple[int, str]] = []
        for row in sorted(of_row):
            ids = sorted(of_row[row])
            if len(ids) > 1:
                sign = look.facts(row).callsign
                ids = [each for each in ids if sign and self._laid[each].call_sign == sign] or ids
            found += [(row, each) for each in ids]
        return found

    def legs(self, look: Look, look_ahead_s: float) -> Legs:
        """The legs before each track that conforms and goes along its way, until the look-ahead."""
        conforming = self.conforming(look)
        going = look.table.follows(look.slots) & (look.movers.speed_m_s > 0)
        chosen = [(row, name) for row, name in conforming if going[row]]
        names = tuple(sorted({name for _, name in chosen}))
        number = {name: index for index, name in enumerate(names)}
        rows = np.array([row for row, _ in chosen], np.int64)
        of = np.array([number[name] for _, name in chosen], np.int64)
        laid = [self._laid[name] for name in names]
        ends = np.cumsum([0, *(len(each.points_ecef_m) for each in laid)])
        base = look.movers.take(rows)
        at, direction, normals = _now(base)
        half_m = np.repeat(np.array([each.half_width_m for each in laid]), np.diff(ends))
        call: Any = follow
        room = 64 + 4 * len(rows)
        while True:
            count, *columns = call(
                at, direction, normals, base.speed_m_s, ends[of], ends[of + 1],
                _stacked([each.points_ecef_m for each in laid]),
                _stacked([each.normals for each in laid]),
                half_m, float(look_ahead_s), room,
            )  # fmt: skip
            if count <= room:
                break
            room = count
        which, start, ahead, normal, radius_m, begin_s, end_s, beside_m = (
            each[:count] for each in columns
        )
        base = base.take(which)
        chosen_ways: list[int] = of[which].tolist()
        bands = [(laid[k].band_w84_m, laid[k].band_std_m) for k in chosen_ways]
        w84_m, std_m, climb_m_s, off_m = _heights(base, bands, begin_s, end_s)
        movers = Movers(
            position_ecef_m=start,
            tangent=ahead,
            normal=normal,
            radius_m=radius_m,
            speed_m_s=base.speed_m_s,
            age_s=-begin_s,
            altitude_w84_m=w84_m,
            altitude_std_m=std_m,
            climb_m_s=climb_m_s,
            horizontal_error_m=base.horizontal_error_m + beside_m,
            vertical_error_m=base.vertical_error_m + off_m,
            owner=base.owner,
            identity=base.identity,
            feed=base.feed,
        )
        return Legs(movers, rows[which], of[which], names, begin_s, end_s)


def _stacked(parts: list[Floats]) -> Floats:
    return np.concatenate(parts) if parts else np.empty((0, 3))


def _parted(points: Sequence[tuple[float, float]]) -> tuple[Floats, Floats]:
    """Latitudes and longitudes of the points, with more between those that are far apart."""
    latitude, longitude = [points[0][0]], [points[0][1]]
    for one, two in itertools.pairwise(points):
        for at in (*between(*one, *two, _LONGEST_LEG_M), two):
            latitude.append(at[0])
            longitude.append(at[1])
    return np.array(latitude), np.array(longitude)


def _hull(bands: Iterable[tuple[float, float]]) -> tuple[float, float]:
    lowers, uppers = zip(*bands, strict=True)
    # NaN, not known, of one is not known of all.
    return float(np.min(lowers)), float(np.max(uppers))


def _now(movers: Movers) -> tuple[Floats, Floats, Floats]:
    """Where each is now on its straight path, its direction there, and the normal."""
    run_m = movers.speed_m_s * movers.age_s
    at = along_path_ecef_m(
        movers.position_ecef_m, movers.tangent, movers.normal, movers.radius_m, run_m
    )
    angle = (run_m / movers.radius_m)[:, None]
    sine, cosine = np.sin(angle), np.cos(angle)
    return (
        at,
        cosine * movers.tangent - sine * movers.normal,
        cosine * movers.normal + sine * movers.tangent,
    )


def _heights(
    base: Movers,
    bands: Sequence[tuple[tuple[float, float], tuple[float, float]]],
    begin_s: Floats,
    end_s: Floats,
) -> tuple[Floats, Floats, Floats, Floats]:
    """Heights at the beginning of each leg (above the ellipsoid, by pressure), the climb on it, and
    how far off that straight climb it may be where the climb ends within the leg.
    """
    count = len(base)
    w84_m, std_m = np.full(count, np.nan), np.full(count, np.nan)
    climb_m_s, off_m = np.zeros(count), np.zeros(count)
    for k, ((low_w84, high_w84), (low_std, high_std)) in enumerate(bands):
        rate = float(base.climb_m_s[k])
        rise_m = rate * float(base.age_s[k])
        here_w84, here_std = base.altitude_w84_m[k] + rise_m, base.altitude_std_m[k] + rise_m
        least, most = -math.inf, math.inf  # rise from now
        for here, low, high in ((here_w84, low_w84, high_w84), (here_std, low_std, high_std)):
            if not math.isnan(here):
                least = least if math.isnan(low) else min(low - here, 0.0)
                most = most if math.isnan(high) else max(high - here, 0.0)
                break
        begin, end = float(begin_s[k]), float(end_s[k])
        first = min(max(rate * begin, least), most)
        last = min(max(rate * end, least), most)
        w84_m[k], std_m[k] = here_w84 + first, here_std + first
        span_s = end - begin
        if span_s > 0 and rate:
            climb_m_s[k] = (last - first) / span_s
            level_s = (most if rate > 0 else least) / rate  # when its climb ends
            if begin < level_s < end:
                off_m[k] = abs(last - (first + climb_m_s[k] * (level_s - begin)))
    return w84_m, std_m, climb_m_s, off_m
