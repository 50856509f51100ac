"""Tracks: positions come in by the batch and are read as far as their feed lets them be seen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Literal

import numpy as np

from wideberth.errors import InvalidValue
from wideberth.faces.api import codec, told, views
from wideberth.faces.api.desk import Call
from wideberth.faces.api.pages import MOST_PAGE_BYTES
from wideberth.faces.api.problems import HttpProblem
from wideberth.faces.api.reported import FIELD_OF_COLUMN, columns_of
from wideberth.model.ids import PartyId, require_party_id, require_token
from wideberth.model.nearest import no_such_party
from wideberth.space.time import format_rfc3339
from wideberth.watch.feedlink import MOST_TOLD
from wideberth.watch.fusion import FusedTrack
from wideberth.watch.rows import Columns
from wideberth.watch.taken import VALUE_RULES, RowRule
from wideberth.watch.things import Mask, cursor_of
from wideberth.watch.tracks import TrackRow
from wideberth.wire import asked

__all__ = [
    "FIELD_OF_RULE",
    "are_in",
    "kept_segment",
    "list_tracks",
    "report_tracks",
    "show_feed",
    "track_out",
]

_SHOWN_BAD = 100
_AT_ONCE = 1_000  # reports that take a millisecond: more are read in a thread, so that nobody waits
_WRITTEN_WITHIN_S = 1.0  # what is answered is in its file, unless the disk is slower than this
_POLE_DEG = 90 - 1e-7
_VELOCITY_SOURCE: dict[str, told.VelocitySource] = {
    "reported": "reported",
    "derived": "derived",
    "unknown": "unknown",
}
FIELD_OF_RULE: dict[RowRule, str] = {
    "track-id": "track",
    "position": "latitude, longitude",
    "time-range": "time",
    "time-ahead": "time",
    "time-old": "time",
    "table-full": "track",  # there is no room for that one; nothing that it says is wrong
}
_SAID: dict[str, Callable[[asked.ReportIn], object]] = {
    "track": lambda wire: wire.track,
    "latitude, longitude": lambda wire: [wire.latitude, wire.longitude],
    "time": lambda wire: wire.time,
}


async def report_tracks(call: Call) -> told.TracksTaken:
    """Take in a batch. Bad reports are named and left out; the others count, but for values that
    cannot be, which are named too.
    """
    body: asked.TracksIn = call.body
    require_token(body.feed, field="feed")
    _take_feed(call, body.feed)
    count = len(body.reports)
    if count <= _AT_ONCE:
        batch = columns_of(body, call.party, call.picture.parties)
    else:
        batch = await asyncio.to_thread(columns_of, body, call.party, call.picture.parties)
    taken = await call.desk.live.take(batch.reports, written_within_s=_WRITTEN_WITHIN_S)
    for row in taken.bad_rows:
        index, named = batch.rows[row.index], FIELD_OF_RULE[row.rule]
        value = _SAID[named](body.reports[index])
        batch.bad.append(told.BadReport(index=index, field=named, rule=row.rule, value=value))
    refused = count - len(batch.reports) + taken.counts["refused"]
    return told.TracksTaken(
        accepted=count - refused,
        refused=sorted(batch.bad, key=lambda each: each.index)[:_SHOWN_BAD],
        refused_count=refused,
        dropped=sorted(
            (
                told.DroppedOut(
                    index=batch.rows[each.index],
                    field=FIELD_OF_COLUMN[each.column],
                    rule=VALUE_RULES[each.column],
                    value=each.value,
                )
                for each in taken.dropped_values
            ),
            key=lambda each: each.index,
        ),
        dropped_count=taken.dropped.total(),
    )


def _take_feed(call: Call, feed: str) -> None:
    """Note that the party tells of this feed. Raises InvalidValue where it tells of too many."""
    links, now_us = call.desk.live.links, call.desk.service.context().now_us
    if not links.has_room(call.party, feed, now_us):
        raise InvalidValue(
            "feed",
            "feed-count",
            feed,
            f"your party tells of {MOST_TOLD} feeds already; tell of this under one of their names,"
            " or when one of them has said nothing for an hour",
        )
    links.of(call.party, feed, now_us)


async def show_feed(call: Call) -> told.FeedOut:
    """Let a feed of the party's be seen by others, or by nobody else any more."""
    body: asked.FeedIn = call.body
    feed = require_token(call.path["feed"], field="feed")
    shown_to = body.shown_to
    if shown_to != "owner" and not call.desk.live.may_open(call.party, feed):
        advice = f"your party has opened {MOST_TOLD} feeds; close one of them first"
        raise InvalidValue("feed", "feed-count", feed, advice)
    if isinstance(shown_to, list):
        parties = [
            _known_party(call, each, field=f"shown_to.{index}")
            for index, each in enumerate(shown_to)
        ]
        call.desk.live.show_feed(call.party, feed, frozenset(parties))
    else:
        call.desk.live.show_feed(call.party, feed, shown_to)
    return told.FeedOut(feed=feed, shown_to=shown_to)


def _known_party(call: Call, text: str, *, field: str) -> PartyId:
    """A party of the space. Raises InvalidValue: a name that nobody has opens the feed to nobody,
    and to whoever is given that name later.
    """
    party = require_party_id(text, field=field)
    if party not in call.picture.parties:
        advice = no_such_party(party, call.picture.parties)
        raise InvalidValue(field, "no-such-party", text, advice)
    return party


async def kept_segment(call: Call) -> told.SegmentOut:
    """A part of a segment of the positions kept of a feed of the party's, as they were kept."""
    query: asked.SegmentQuery = call.query
    name = require_token(call.path["segment"], field="segment")
    keeping = call.desk.live.keeping
    pieces = (
        None
        if keeping is None
        else await keeping.segment(name, call.party, first=query.from_, most_bytes=MOST_PAGE_BYTES)
    )
    entry = None if keeping is None else keeping.entry_of(name)
    if pieces is None or entry is None:
        words = "no segment of this name is kept of a feed of yours"
        raise HttpProblem(404, "no-such-segment", words)
    has_more = len(pieces) > 1 and sum(map(len, pieces)) > MOST_PAGE_BYTES
    shown = pieces[:-1] if has_more else pieces
    more = query.from_ + len(shown)
    return told.SegmentOut(segment=name, entry=entry, pieces=shown, next=more if has_more else None)


async def list_tracks(call: Call) -> told.TracksPage:
    """The last reported position of each track that the reader may see, in a box if so asked."""
    query: asked.BoxQuery = call.query
    box = codec.box_of(query)
    live = call.desk.live
    found = await live.page_of_things(
        lambda whose: live.is_visible(whose, call.party),
        after=query.cursor,
        most=query.limit + 1,
        where=None if box is None else lambda columns: are_in(columns, box),
    )
    page = found[: query.limit]
    picture = call.picture
    return told.TracksPage(
        tracks=[track_out(each) for each in page],
        next=cursor_of(page[-1].key) if len(found) > len(page) else None,
        rests_on=views.rests_on(
            {
                row.key.feed_party
                for each in page
                for row in each.rows
                if row.key.feed_party is not None
            },
            picture.size,
            views.as_of_us(call.desk.service),
        ),
    )


def track_out(thing: FusedTrack) -> told.TrackOut:
    """A thing as the wire has it."""
    row = thing.position
    velocity, climb = thing.used.get("velocity"), thing.used.get("vertical rate")
    height, pressure = thing.used.get("altitude"), thing.used.get("pressure altitude")
    named, owned = thing.used.get("call sign"), thing.used.get("party")
    of_height, of_motion = height or pressure, velocity or climb
    return told.TrackOut(
        track=thing.key.track_id,
        feed=thing.key.feed,
        feed_party=thing.key.feed_party or "",
        latitude=row.latitude_deg,
        longitude=row.longitude_deg,
        time=format_rfc3339(row.time_us),
        state=_state(thing.state),
        uncertainty_m=round(thing.uncertainty_m, 1),
        call_sign=None if named is None else named.callsign,
        party=None if owned is None else owned.owner,
        altitude_m=None if height is None else height.altitude_w84_m,
        pressure_altitude_m=None if pressure is None else pressure.altitude_std_m,
        ground_speed_m_s=None if velocity is None else velocity.ground_speed_m_s,
        track_deg=None if velocity is None else velocity.course_deg,
        vertical_rate_m_s=None if climb is None else climb.vertical_rate_m_s,
        velocity_source=_VELOCITY_SOURCE[(velocity or row).velocity_source],
        altitude_time=None if of_height is None else _other_time(of_height.altitude_us, row),
        velocity_time=None if of_motion is None else _other_time(of_motion.velocity_us, row),
        implausible=thing.implausible,
        sources=[_source_out(each, thing) for each in thing.rows] if len(thing.rows) > 1 else [],
        conflicts=list(thing.conflicts),
    )


def _source_out(row: TrackRow, thing: FusedTrack) -> told.TrackSourceOut:
    said_us = row.callsign_us
    return told.TrackSourceOut(
        track=row.key.track_id,
        feed=row.key.feed,
        feed_party=row.key.feed_party or "",
        latitude=row.latitude_deg,
        longitude=row.longitude_deg,
        time=format_rfc3339(row.time_us),
        state=_state(row.state),
        uncertainty_m=round(row.uncertainty_m, 1),
        accuracy_m=row.accuracy_m,
        used=[name for name, source in thing.used.items() if source is row],
        call_sign=row.callsign,
        call_sign_time=None if said_us is None else format_rfc3339(said_us),
        party=row.owner,
        altitude_m=row.altitude_w84_m,
        pressure_altitude_m=row.altitude_std_m,
        ground_speed_m_s=row.ground_speed_m_s,
        track_deg=row.course_deg,
        vertical_rate_m_s=row.vertical_rate_m_s,
        altitude_time=_other_time(row.altitude_us, row),
        velocity_time=_other_time(row.velocity_us, row),
        implausible=row.implausible,
    )


def _other_time(said_us: int | None, position: TrackRow) -> str | None:
    """When a value was said; None where that is the position's moment."""
    if said_us is None or said_us == position.time_us:
        return None
    return format_rfc3339(said_us)


def _state(state: str) -> Literal["live", "silent"]:
    return "silent" if state == "silent" else "live"


def are_in(columns: Columns, box: codec.Box) -> Mask:
    """Which positions are in a box, its sides included."""
    south, west, north, east = box
    latitude_deg, longitude_deg = columns.latitude_deg, columns.longitude_deg
    from_west, to_east = longitude_deg >= west, longitude_deg <= east
    across = from_west & to_east if west <= east else from_west | to_east
    across |= np.abs(latitude_deg) >= _POLE_DEG  # every longitude is this point
    return (latitude_deg >= south) & (latitude_deg <= north) & across
