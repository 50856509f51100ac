"""GPX 1.0 and 1.1: the points of tracks (``trkpt``) with a time, as receivers and telephones write
them. Pure.

A track is called after the feed and the track's name (``walkers:alpha``); where that has signs that
no id may have, by the signs that are left and its number in the file (``walkers:Team-2-1``), and
its call sign is the name in full. Heights in GPX have no reference: they are left out. Routes and
waypoints are no positions. A file that is read again gives what is newer
(:mod:`wideberth.faces.feeds.tables`). A document with a declaration of types is refused whole:
entities could make a small file very large.

Source: topografix.com/GPX/1/1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from xml.parsers import expat

from wideberth.errors import InvalidValue
from wideberth.faces.feeds.decoding import Decoded
from wideberth.faces.feeds.records import text
from wideberth.faces.feeds.tables import NewRows
from wideberth.space.time import parse_rfc3339
from wideberth.watch.reports import PositionReport

__all__ = ["GpxDecoder"]

_MOST_TEXT = 200
_MOST_DEPTH = 64
_MOST_ELEMENTS = 2_000_000  # of a document: it has some four for each point
_LONGEST_NAME = 60
_NOT_IN_IDS = re.compile(r"[^A-Za-z0-9._-]+", re.ASCII)


class _NoGpx(Exception):
    """What is no GPX, and the rule it broke."""


@dataclass(slots=True)
class _Track:
    name: str | None = None
    points: list[tuple[dict[str, str], str | None]] = field(
        default_factory=list[tuple[dict[str, str], str | None]]
    )


class _Reading:
    """Handlers for one document: the tracks with their points, as text."""

    def __init__(self) -> None:
        self.tracks: list[_Track] = []
        self._path: list[str] = []
        self._elements = 0
        self._text = ""
        self._point: dict[str, str] | None = None
        self._time: str | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        tag = name.rpartition(":")[2]
        if not self._path and tag != "gpx":
            raise _NoGpx("not-gpx")
        self._elements += 1
        if len(self._path) >= _MOST_DEPTH or self._elements > _MOST_ELEMENTS:
            raise _NoGpx("xml-size")
        self._path.append(tag)
        self._text = ""
        if tag == "trk":
            self.tracks.append(_Track())
        elif tag == "trkpt":
            self._point, self._time = attributes, None

    def data(self, text: str) -> None:
        """Text within an element."""
        if len(self._text) < _MOST_TEXT:
            self._text += text[:_MOST_TEXT]

    def end(self, _name: str) -> None:
        """An element ends."""
        tag = self._path.pop()
        within = self._path[-1] if self._path else ""
        if tag == "time" and within == "trkpt":
            self._time = self._text.strip()
        elif tag == "name" and within == "trk" and self.tracks:
            self.tracks[-1].name = self._text.strip()
        elif tag == "trkpt" and self._point is not None:
            if self.tracks:
                self.tracks[-1].points.append((self._point, self._time))
            self._point = None
        self._text = ""

    def doctype(self, *_: object) -> None:
        """A declaration of types: refused."""
        raise _NoGpx("xml-doctype")


class GpxDecoder:
    """feed: what tracks are called after. owner: of every thing. Each piece is a document."""

    stamped = True

    def __init__(self, *, feed: str, owner: str | None = None) -> None:
        self._feed = feed
        self._owner = owner
        self._new = NewRows()

    def reset(self) -> None:
        """Documents are whole: nothing is kept of half a one."""

    def feed(self, data: bytes, came_us: int) -> Decoded:  # noqa: ARG002 - points have their times
        """The new points of a document."""
        decoded = Decoded()
        reading = _Reading()
        parser = expat.ParserCreate()
        parser.StartElementHandler = reading.start
        parser.EndElementHandler = reading.end
        parser.CharacterDataHandler = reading.data
        parser.StartDoctypeDeclHandler = reading.doctype
        try:
            parser.Parse(data, True)  # noqa: FBT003 - expat takes it by position: this is all
        except (expat.ExpatError, ValueError, LookupError):
            decoded.refuse("xml", data)
            return decoded
        except _NoGpx as refused:
            decoded.refuse(str(refused), data)
            return decoded
        reports: list[PositionReport] = []
        for number, track in enumerate(reading.tracks, 1):
            called = f"{self._feed}:{_id_of(track.name, number)}", text(track.name, _LONGEST_NAME)
            for attributes, time in track.points:
                report = self._report(called, attributes, time, decoded)
                if report is not None:
                    reports.append(report)
        decoded.messages = len(reports)
        decoded.reports = self._new.of(reports)
        decoded.ignored = len(reports) - len(decoded.reports)
        return decoded

    def _report(
        self,
        called: tuple[str, str | None],
        attributes: dict[str, str],
        time: str | None,
        decoded: Decoded,
    ) -> PositionReport | None:
        """A point; None where it is none, which is counted. called: the track's id and name."""
        sample = repr(attributes).encode("ascii", "replace")
        try:
            place = float(attributes["lat"]), float(attributes["lon"])
        except (KeyError, ValueError):
            decoded.refuse("position", sample)
            return None
        if not (abs(place[0]) <= 90 and abs(place[1]) <= 180):
            decoded.refuse("position-range", sample)
            return None
        try:
            time_us = parse_rfc3339(time or "")
        except InvalidValue:
            decoded.refuse("time", sample)
            return None
        track_id, name = called
        return PositionReport(track_id, time_us, *place, callsign=name, owner=self._owner)


def _id_of(name: str | None, number: int) -> str:
    """What of an id is the track's own.

    >>> _id_of("alpha", 1), _id_of("Team 2", 1), _id_of("Група", 3), _id_of(None, 4)
    ('alpha', 'Team-2-1', '3', '4')
    """
    plain = _NOT_IN_IDS.sub("-", name or "").strip("-._")[:_LONGEST_NAME].strip("-._")
    if not plain:
        return str(number)
    return plain if plain == name else f"{plain}-{number}"
