"""The rules for a STOP that was told: who has read it, and its repetition (L-02, L-03)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from wideberth.decisions.outcome import Accepted, Context, Decision, refused
from wideberth.model.deadlines import Due
from wideberth.model.entries import Body
from wideberth.model.ids import PartyId
from wideberth.model.ladders import Post
from wideberth.model.parties import Author
from wideberth.model.refusals import RefusalKind
from wideberth.model.stop_reads import (
    STOP_RUNGS,
    AcknowledgeStop,
    StopAcknowledged,
    StopRepeated,
)
from wideberth.model.stops import Area, Identified, Stop
from wideberth.picture.picture import Picture
from wideberth.picture.stops import unread_by
from wideberth.space.geodesic import distance_m
from wideberth.space.volume import NANODEGREES

__all__ = ["acknowledge", "count_of", "repeat"]

_LEAST_DEGREE_MM = 110_570_000  # of latitude, WGS84: at the equator, where it is shortest


def acknowledge(
    picture: Picture, command: AcknowledgeStop, author: Author, context: Context
) -> Decision:
    """A person has read a STOP. Each post of a party says so once."""
    stop = picture.stops.get(command.stop)
    if stop is None:
        return refused(
            RefusalKind.UNKNOWN,
            "no-such-stop",
            "name a STOP of the last day that is in the record",
            field="stop",
            value=command.stop,
        )
    if stop.sender == author.party:
        return refused(
            RefusalKind.CONFLICT,
            "own-stop",
            "it is measured when others have read it",
            field="stop",
            value=command.stop,
        )
    if command.post is Post.NEUTRAL:
        return refused(
            RefusalKind.INVALID,
            "post",
            "the neutral is a party of its own; name a post of yours",
            field="post",
            value=command.post.value,
        )
    read = picture.stop_reads.get((stop.id, author.party))
    if read is not None and command.post in read.posts:
        return refused(
            RefusalKind.CONFLICT,
            "already-read",
            "this post said before that it has read it",
            field="post",
            value=command.post.value,
        )
    after_us = max(0, context.now_us - stop.sent_us)
    return Accepted((StopAcknowledged(stop.id, author.party, command.post, stop.sender, after_us),))


def repeat(picture: Picture, subject: str, due: Due, _context: Context) -> tuple[Body, ...]:
    """The next rung of a STOP, for the parties at which nobody has read it."""
    stop = picture.stops[subject]
    post = STOP_RUNGS[due.step][1]
    unread = unread_by(picture, stop)
    neutrals = tuple(_neutrals(picture, stop)) if post is Post.NEUTRAL else ()
    return (StopRepeated(stop.id, stop.sender, due.step, due.due_us, unread, post, neutrals),)


def _neutrals(picture: Picture, stop: Stop) -> Iterator[PartyId]:
    for name in sorted(picture.parties):
        if picture.parties[name].neutral and name != stop.sender:
            yield name


def count_of(stop: Stop, earlier: Iterable[Stop]) -> int:
    """Which STOP of its form and place this is, from 1. earlier: those told before, of a day.

    Of one that names an intent, or no place, only the sender's own count: a count must not tell
    that others named what a reader may not see. An UNVERIFIED one raises none that is verified.
    """
    return 1 + sum(_is_same(stop, each) for each in earlier)


def _is_same(stop: Stop, before: Stop) -> bool:
    if before.form is not stop.form or before.id == stop.id:
        return False
    proved = before.identified is not Identified.UNVERIFIED
    if not proved and stop.identified is not Identified.UNVERIFIED:
        return False
    if stop.zone is not None or before.zone is not None:
        return stop.zone == before.zone
    if stop.intent is not None or before.intent is not None:
        return stop.intent == before.intent and stop.sender == before.sender
    if stop.area is None or before.area is None:
        return stop.area is before.area and stop.sender == before.sender
    return _touch(stop.area, before.area)


def _touch(one: Area, two: Area) -> bool:
    """Whether two circles share a point; touching counts."""
    reach_mm = one.radius_mm + two.radius_mm
    apart_nd = abs(one.latitude_nd - two.latitude_nd)
    if apart_nd * _LEAST_DEGREE_MM > reach_mm * NANODEGREES:
        return False
    metres = distance_m(
        one.latitude_nd / NANODEGREES,
        one.longitude_nd / NANODEGREES,
        two.latitude_nd / NANODEGREES,
        two.longitude_nd / NANODEGREES,
    )
    return metres * 1000 <= reach_mm
