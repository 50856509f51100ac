"""Flights that go straight on, areas and times for tests of the watch."""

import pyproj

from wideberth.space.altitude import altitude
from wideberth.space.prepared import prepare
from wideberth.space.time import SECOND_US
from wideberth.space.volume import Volume4D, circle
from wideberth.watch.observations import Updated
from wideberth.watch.reports import PositionReport

GEOD = pyproj.Geod(ellps="WGS84")
T0_US = 1_600_000_000 * SECOND_US


def at(seconds):
    return T0_US + round(seconds * SECOND_US)


class Flight:
    """One thing that flies straight on from a place, reported when asked."""

    def __init__(self, name, latitude, longitude, speed=0.0, course=0.0, **more):
        self.name, self.start, self.speed, self.course = name, (longitude, latitude), speed, course
        self.more = {"altitude_w84_m": 500.0, "owner": f"party-{name}"} | more

    def report(self, seconds, **changed):
        longitude, latitude, back = GEOD.fwd(*self.start, self.course, self.speed * seconds)
        # Straight on is not one course: beyond a pole it leads away from it.
        course = (back + 180.0) % 360.0 if self.speed and seconds else self.course
        fields = {"ground_speed_m_s": self.speed, "course_deg": course} | self.more | changed
        return PositionReport(self.name, at(seconds), latitude, longitude, **fields)


def said(events):
    """(event, kind) of what would be recorded."""
    return [
        (type(event).__name__, str(event.warning.key.kind))
        for event in events
        if not isinstance(event, Updated)
    ]


def area(latitude, longitude, radius_m, *, upper=1000, start_s=-3600, end_s=7200):
    return [
        prepare(
            Volume4D(
                circle(latitude, longitude, radius_m),
                altitude(0, "M", "W84"),
                altitude(upper, "M", "W84"),
                at(start_s),
                at(end_s),
            )
        )
    ]
