"""Kept positions for the commands about the record: read in a folder, or asked of a service."""

from __future__ import annotations

import asyncio
from base64 import b64decode
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wideberth.evidence.material import Material
    from wideberth.evidence.scope import Scope, Seen
    from wideberth.model.ids import PartyId
    from wideberth.watch.archive import TrackArchive
    from wideberth.watch.segments import KeptFix

__all__ = ["archive_of", "latest_us", "lines_of_folder", "lines_of_service", "segment_of_service"]

_NONE = "  No positions were kept in this folder."
_MOST_PARTS = 1_000  # of a timeline that is told in parts


def archive_of(folder: Path) -> TrackArchive | None:
    """The archive of tracks in a node's folder, to be read alone; None where there is none."""
    from wideberth.atrest import vault_of
    from wideberth.service import new_id
    from wideberth.watch.archive import TRACKS_FOLDER, TrackArchive

    if not (folder / TRACKS_FOLDER).is_dir():
        return None
    return TrackArchive(folder, make_name=new_id, vault=vault_of(folder))


def lines_of_folder(
    folder: Path, material: Material, scope: Scope, reader: PartyId, known: Sequence[Seen]
) -> list[str]:
    """Lines of the positions of the scope that the reader could see when they came. known: all
    entries that the reader may see.
    """
    from wideberth.evidence.alone.kept import KEPT_SENTENCE
    from wideberth.evidence.alone.words import Clocks, measured_clock
    from wideberth.evidence.positions import (
        kept_window,
        position_lines,
        positions_in,
        tracks_named,
    )
    from wideberth.evidence.scope import selected
    from wideberth.service import now_us
    from wideberth.trackkeeping import MOST_FIXES, kept_for

    archive = archive_of(folder)
    if archive is None:
        return [_NONE, f"  {KEPT_SENTENCE}"]
    entries = selected(known, scope)
    begin_us, end_us, is_cut = kept_window(scope, latest_us(known, now_us()))
    found = kept_for(archive, reader, begin_us, end_us, limit=MOST_FIXES)
    clocks: Clocks = {}
    for each in known:
        if each.value["time_us"] < scope.end_us:
            measured_clock(each.value, clocks)
    return position_lines(
        positions_in(found, scope, tracks_named(entries)),
        clocks=clocks,
        digests=_digests(material),
        entries=entries,
        is_cut=is_cut or len(found) >= MOST_FIXES,
    )


def latest_us(known: Sequence[Seen], now_us: int) -> int:
    """Until when something can have been kept: now, or later where the clock of an exercise, whose
    record this is, showed another day.
    """
    return max((now_us, *(each.value["time_us"] for each in known)))


def _digests(material: Material) -> dict[str, int | None]:
    """By segment, the entry with its digest: of all of them, as a service tells it."""
    from wideberth.model.entries import SegmentRecorded, decode_entry

    found: dict[str, int | None] = {}
    for row in material.rows():
        if b'"SegmentRecorded"' in row.envelope:
            body = decode_entry(row.envelope, position=row.position).body
            if isinstance(body, SegmentRecorded):
                found[body.name] = row.position
    return found


def lines_of_service(
    url: str, token: str, scope: Scope, entries: Sequence[Seen], *, incident: str | None
) -> list[str]:
    """The same as the service tells it to the party of the token. entries: of the timeline.

    Raises ApiProblem, Unreachable.
    """
    from wideberth.evidence.positions import position_lines
    from wideberth.space.time import SECOND_US

    parts = asyncio.run(_asked(url, token, scope, incident))
    told = [
        each for part in parts for minute in part.get("minutes", ()) for each in minute["positions"]
    ]
    clocks = {
        each["feed_party"]: round(each["clock_error_s"] * SECOND_US)
        for each in told
        if "clock_error_s" in each
    }
    return position_lines(
        [_fix(each) for each in told],
        clocks=clocks,
        digests={each["segment"]: each.get("entry") for each in told},
        entries=entries,
        is_kept=all(each["kept"] for each in parts),
        is_cut=any(each.get("cut", False) for each in parts),
    )


def segment_of_service(url: str, token: str, name: str) -> list[bytes] | None:
    """The pieces of a segment of the party's own feeds, asked of a service; None: it is not kept.

    Raises Unreachable, ApiProblem.
    """
    from wideberth.client import ApiProblem

    try:
        return asyncio.run(_pieces(url, token, name))
    except ApiProblem as problem:
        if problem.status == 404:
            return None
        raise


async def _pieces(url: str, token: str, name: str) -> list[bytes]:
    from wideberth.client import Client

    pieces: list[bytes] = []
    async with Client(url, token) as client:
        while True:
            page = await client.get(f"/tracks/segments/{name}", **{"from": len(pieces)})
            pieces += [b64decode(each) for each in page["pieces"]]
            if page["next"] is None:
                return pieces


async def _asked(url: str, token: str, scope: Scope, incident: str | None) -> list[dict[str, Any]]:
    """The positions of each part of a timeline."""
    from wideberth.client import Client
    from wideberth.space.time import MAX_US, MIN_US, format_rfc3339

    path, query = "/timeline", dict[str, str]()
    if incident is not None:
        path = f"/incidents/{incident}/timeline"
    else:
        query = {"objects": ",".join(scope.subjects), "parties": ",".join(scope.parties)}
    begin = None if scope.begin_us <= MIN_US else format_rfc3339(scope.begin_us)
    end = None if scope.end_us > MAX_US else format_rfc3339(scope.end_us)
    parts: list[dict[str, Any]] = []
    async with Client(url, token) as client:
        for _ in range(_MOST_PARTS):
            answer = await client.get(path, **{**query, "from": begin, "to": end})
            parts.append(answer["tracks"])
            begin = answer["more_from"]
            if begin is None:
                break
    return parts


def _fix(told: dict[str, Any]) -> KeptFix:
    from wideberth.space.time import parse_rfc3339
    from wideberth.watch.segments import KeptFix

    time_us = parse_rfc3339(told["time"], field="time")
    altitude_us = parse_rfc3339(told.get("altitude_time", told["time"]), field="altitude_time")
    altitude_m, accuracy_m = told.get("altitude_m"), told.get("uncertainty_m")
    return KeptFix(
        track=told["track"],
        feed_party=told["feed_party"] or None,
        feed=told["feed"],
        time_us=time_us,
        came_us=time_us,
        latitude_nd=round(told["latitude"] * 1e9),
        longitude_nd=round(told["longitude"] * 1e9),
        altitude_w84_mm=None if altitude_m is None else round(altitude_m * 1000),
        accuracy_mm=None if accuracy_m is None else round(accuracy_m * 1000),
        call_sign=told.get("call_sign"),
        owner=told.get("party"),
        shown_to=(),
        segment=told["segment"],
        altitude_behind_us=time_us - altitude_us or None,
    )
