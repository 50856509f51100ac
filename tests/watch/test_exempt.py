"""A party that becomes exempt from a zone while its track is in it."""

from wideberth.space.altitude import Altitude, AltitudeReference
from wideberth.space.prepared import prepare
from wideberth.space.time import HOUR_US, MINUTE_US, SECOND_US
from wideberth.space.volume import Circle, Volume4D
from wideberth.watch.engine import Watch
from wideberth.watch.observations import Cleared, Raised
from wideberth.watch.reports import PositionReport, ReportBatch

FLOOR, CEILING = (Altitude(mm, AltitudeReference.W84) for mm in (0, 1_000_000))
ZONE = prepare(Volume4D(Circle(0, 0, 5_000_000), FLOOR, CEILING, 0, HOUR_US))


def look(watch: Watch, time_us: int) -> list[object]:
    report = PositionReport(
        "abc", time_us, 0.0, 0.0, 500.0, ground_speed_m_s=1.0, course_deg=0.0, owner="guest"
    )
    watch.observe(ReportBatch.of([report], feed="f"), time_us)
    return list(watch.tick(time_us))


def test_a_warning_of_a_party_that_has_told_meanwhile_ends_while_it_is_inside() -> None:
    watch = Watch()
    watch.put_zone("z", [ZONE], name="ring", owner="desk", rule="notice")
    assert any(isinstance(each, Raised) for each in look(watch, MINUTE_US))
    watch.put_zone("z", [ZONE], name="ring", owner="desk", rule="notice", exempt=["guest"])
    later = [event for k in range(1, 40) for event in look(watch, MINUTE_US + k * SECOND_US)]
    assert any(isinstance(each, Cleared) for each in later)
    assert not watch.standing


def test_the_warning_of_a_party_that_has_not_told_stands_while_it_is_inside() -> None:
    watch = Watch()
    watch.put_zone("z", [ZONE], name="ring", owner="desk", rule="notice")
    for k in range(40):
        look(watch, MINUTE_US + k * SECOND_US)
    assert watch.standing
