"""Tracks that come, go, are silent and are under intents of their own, in plays that are drawn."""

from hypothesis import strategies as st

from flights import at
from wideberth.space.altitude import altitude
from wideberth.space.prepared import prepare
from wideberth.space.time import SECOND_US
from wideberth.space.volume import Volume4D, circle
from wideberth.watch.reports import PositionReport, ReportBatch
from wideberth.watch.settings import FeedSettings, TrackSettings, WarningSettings, WatchSettings
from wideberth.watch.tracks import TrackKey

SETTINGS = WatchSettings(
    tracks=TrackSettings(
        default_feed=FeedSettings(silence_after_us=20 * SECOND_US, clock_error_us=2 * SECOND_US),
        forget_after_us=90 * SECOND_US,
        max_tracks=4,
    ),
    # A condition that is not seen counts neither for nor against one that is not yet raised.
    warnings=WarningSettings(raise_count=2, raise_window=3, hold_us=3 * SECOND_US),
)


PLACES = [(47.0, 8.0), (47.0, 8.02), (47.03, 8.0), (0.0, 179.999)]
NAMES = ["a", "b", "c"]
OWNERS = ["x", "y"]


@st.composite
def volumes(draw):
    place = draw(st.sampled_from(PLACES))
    reference = draw(st.sampled_from(["W84", "W84", "STD"]))
    start_s = draw(st.sampled_from([-100, 30, 60]))
    return prepare(
        Volume4D(
            circle(*place, draw(st.sampled_from([800.0, 1_600.0]))),
            altitude(0, "M", "W84"),
            altitude(500, "M", reference),
            at(start_s),
            at(start_s + draw(st.sampled_from([60, 300]))),
        )
    )


PUT = st.tuples(
    st.just("put"),
    st.sampled_from(["one", "two", "three"]),
    st.lists(volumes(), min_size=1, max_size=2),
    st.sampled_from(OWNERS),
    st.none() | st.frozensets(st.sampled_from(NAMES)),
    st.none() | st.booleans(),
)
HEAR = st.tuples(
    st.just("hear"),
    st.sampled_from(["radio", "net"]),
    st.lists(
        st.tuples(
            st.sampled_from(NAMES),
            st.sampled_from([*OWNERS, None]),
            st.sampled_from(PLACES),
            st.sampled_from([0.0, 0.0, 0.008]),
            st.sampled_from([None, 100.0, 100.0, 600.0]),
            st.sampled_from([None, None, 100.0]),
            st.sampled_from([0, 0, 9, 30]),
        ),
        min_size=1,
        max_size=4,
    ),
)
REMOVE = st.tuples(st.just("remove"), st.sampled_from(["one", "two", "three"]))
END = st.tuples(st.just("end"), st.sampled_from(["radio", "net"]), st.sampled_from(NAMES))
WAIT = st.tuples(st.just("wait"), st.sampled_from([5, 30, 100]))
PLAYS = st.lists(PUT | HEAR | HEAR | HEAR | REMOVE | END | WAIT, min_size=4, max_size=24)


def play(watch, steps, see=lambda watch, now_us: None):
    """The events of each look, and in what each track was last. see: called after each look."""
    told, seconds = [], 0
    for kind, *said in steps:
        seconds += 1
        events = []
        if kind == "put":
            name, shapes, owner, ids, entry = said
            watch.put_intent(
                name, shapes, name=name, owner=owner, track_ids=ids, require_entry=entry
            )
        elif kind in ("remove", "end"):
            # No look: what has its place at the next one may be another.
            if kind == "remove":
                told.append((watch.remove_intent(said[0], at(seconds)), {}))
            else:
                watch.table.remove(TrackKey("desk", *said))
            continue
        elif kind == "wait":
            seconds += said[0]
        else:
            feed, rows = said
            batch = ReportBatch.of(
                [
                    PositionReport(
                        name,
                        at(seconds),
                        lat + off,
                        lon,
                        high,
                        std,
                        owner=owner,
                        accuracy_m=5.0,
                        altitude_time_us=at(seconds - behind_s),
                    )
                    for name, owner, (lat, lon), off, high, std, behind_s in rows
                ],
                feed=feed,
                feed_party="desk",
            )
            watch.observe(batch, at(seconds))
        for _ in range(2):
            seconds += 1
            events += watch.tick(at(seconds))
            see(watch, at(seconds))
        slots = watch.table.slots().tolist()
        keys = [watch.table.key(slot) for slot in slots]
        told.append((events, {key: watch.own_intents.last_in(key) for key in keys}))
    return told


def box(place, *, reference="W84"):
    upper = altitude(500, "M", reference)
    return prepare(
        Volume4D(circle(*place, 800.0), altitude(0, "M", "W84"), upper, at(-100), at(500))
    )


def here(name, place, *, owner="x", high=100.0, feed="radio", behind_s=0):
    return ("hear", feed, [(name, owner, place, 0.0, high, None, behind_s)])


A, B, C, _ = PLACES


A, B, C, _ = PLACES
OPEN = ("put", "one", [box(A)], "x", None, None)
