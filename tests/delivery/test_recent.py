from __future__ import annotations

from scenes import Scene, details, volume
from wideberth.delivery.recent import RecentEntries
from wideberth.space.altitude import Altitude, AltitudeReference
from wideberth.space.volume import Polygon, Volume4D


def test_the_newest_are_kept_and_the_oldest_go() -> None:
    scene = Scene("north")
    for number in range(10):
        scene.tell("north", details(volume(47 + number)))
    recent = RecentEntries(5)
    for position, entry in enumerate(scene.entries):
        recent.keep(position, entry)
    kept = [position for position in range(len(scene.entries)) if recent.get(position) is not None]
    assert kept == list(range(len(scene.entries) - 5, len(scene.entries)))
    assert recent.get(len(scene.entries) - 1) == scene.entries[-1]


def test_what_is_large_weighs_more() -> None:
    ring = Polygon(tuple((47_000_000_000 + n * 1000, 8_000_000_000 + n * n) for n in range(1600)))
    floor, ceiling = (Altitude(each, AltitudeReference.W84) for each in (0, 100_000))
    small = volume()
    large = Volume4D(ring, floor, ceiling, small.start_us, small.end_us)
    scene = Scene("north")
    small_entry = scene.entries[-1]
    intent = scene.tell("north")
    from wideberth.model.entries import IntentAccepted

    accepted = scene.entries[-1]
    assert isinstance(accepted.body, IntentAccepted)
    import msgspec

    heavy = msgspec.structs.replace(
        accepted,
        body=msgspec.structs.replace(
            accepted.body, intent=msgspec.structs.replace(intent, volumes=(large,))
        ),
    )
    recent = RecentEntries(100)
    for position in range(50):
        recent.keep(position, small_entry)
    recent.keep(50, heavy)
    assert recent.get(50) is None, "heavier than all that may be kept"
    assert recent.get(49) is None
    recent.keep(51, small_entry)
    assert recent.get(51) is not None
