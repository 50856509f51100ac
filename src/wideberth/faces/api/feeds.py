"""How feeds stand: to whose they are in full, to whom they were opened without what is read."""

from __future__ import annotations

from wideberth.faces.api import told
from wideberth.faces.api.desk import Call
from wideberth.faces.api.pages import after_cursor
from wideberth.faces.api.reported import FIELD_OF_COLUMN
from wideberth.space.time import format_rfc3339
from wideberth.watch.feedlink import FeedLink
from wideberth.watch.taken import VALUE_RULES
from wideberth.wire import asked

__all__ = ["list_feeds"]


async def list_feeds(call: Call) -> told.FeedsPage:
    """The feeds of the party, and those that it may see the tracks of."""
    query: asked.PageQuery = call.query
    live = call.desk.live
    shown = [each for each in live.links if live.is_feed_visible(each.party, each.name, call.party)]
    rest = after_cursor(shown, query.cursor, _cursor_of)
    page = rest[: query.limit]
    return told.FeedsPage(
        feeds=[_out(each, call, is_own=each.party == call.party) for each in page],
        next=_cursor_of(page[-1]) if len(rest) > len(page) else None,
    )


def _cursor_of(link: FeedLink) -> str:
    return f"{link.party or ''}/{link.name}"


def _out(link: FeedLink, call: Call, *, is_own: bool) -> told.FeedLinkOut:
    sample, dropped = link.sample, link.dropped_last
    keeping = call.desk.live.keeping
    damaged = 0 if keeping is None else keeping.damaged[link.party, link.name]
    return told.FeedLinkOut(
        feed=link.name,
        feed_party=link.party or "",
        state=link.phase,
        since=format_rfc3339(link.since_us),
        last_position=_time(link.position_us),
        kind=link.kind if is_own else None,
        last_heard=_time(link.heard_us) if is_own else None,
        retry_at=_time(link.retry_at_us) if is_own else None,
        why=link.why if is_own else None,
        counts=_counts(link, damaged) if is_own else None,
        malformed=told.MalformedOut(
            rule=sample.rule, sample=sample.text, time=format_rfc3339(sample.came_us)
        )
        if is_own and sample is not None
        else None,
        dropped=told.DroppedLastOut(
            track=dropped.track_id,
            field=FIELD_OF_COLUMN[dropped.column],
            rule=VALUE_RULES[dropped.column],
            value=dropped.value,
        )
        if is_own and dropped is not None
        else None,
    )


def _counts(link: FeedLink, damaged: int) -> told.FeedCounts:
    return told.FeedCounts(
        messages=link.messages,
        ignored=link.ignored,
        unread=link.unread,
        malformed=dict(link.malformed),
        positions=link.taken,
        refused=dict(link.refused),
        not_newer=dict(link.not_newer),
        dropped={FIELD_OF_COLUMN[column]: count for column, count in link.dropped.items()},
        left_out=link.left_out,
        flooded_bytes=link.flooded_bytes,
        not_kept=link.not_kept,
        damaged=damaged,
        failures=link.failures,
    )


def _time(time_us: int | None) -> str | None:
    return None if time_us is None else format_rfc3339(time_us)
