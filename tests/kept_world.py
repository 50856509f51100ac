"""Kept positions of an incident, in segments that entries bind, and bundles of them."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

import evidence_world as world
from evidence_world import ALPHA, BRAVO
from wideberth.evidence.alone.container import unpacked
from wideberth.evidence.bundle import Selection, make_bundle
from wideberth.evidence.incident import incident_positions
from wideberth.evidence.material import Material, seen_entries
from wideberth.evidence.verifier import verifier_source
from wideberth.model.entries import Entry, SegmentRecorded
from wideberth.model.ids import IncidentId, PartyId
from wideberth.model.incidents import Column, IncidentOpened
from wideberth.model.parties import Author, How
from wideberth.space.time import MINUTE_US, SECOND_US
from wideberth.watch.segments import Chunk, Opened, digest_of, encoded
from wideberth.watch.segments import packed as packed_frame

INCIDENT = IncidentId("incident-9")
BEGIN_US = world.START_US + 4 * MINUTE_US
END_US = world.START_US + 8 * MINUTE_US
NOT_SAID = -(2**63)
AT = len(world.entries()) + 1  # where the entry of the segment stands


def column(values: list[int]) -> bytes:
    return np.array(values, "<i8").tobytes()


def chunk(*rows: tuple[str, int, int, int], accuracy_mm: int = 10_000) -> Chunk:
    """Rows of (track, time, latitude, height); at longitude 7.5."""
    tracks, times, latitudes, heights = map(list, zip(*rows, strict=True))
    return Chunk(
        came_us=max(times),
        shown_to="owner",
        track=tuple(tracks),
        call_sign=(None,) * len(rows),
        owner=("bravo",) * len(rows),
        time_us=column(times),
        latitude_nd=column(latitudes),
        longitude_nd=column([7_500_000_000] * len(rows)),
        altitude_w84_mm=column(heights),
        accuracy_mm=column([accuracy_mm] * len(rows)),
    )


def frames(party: str | None = ALPHA, *, name: str = "seg-1", latitude: int = 47) -> list[bytes]:
    """Two tracks over three minutes; one position is before the incident, and one has no height."""
    at = latitude * 10**9
    rows = [
        ("a", BEGIN_US - SECOND_US, at, 100_000),
        ("a", BEGIN_US + 10 * SECOND_US, at + 1, 320_500),
        ("a", BEGIN_US + 20 * SECOND_US, at + 2, 320_500),
        ("b", BEGIN_US + 30 * SECOND_US, at + 3, NOT_SAID),
    ]
    later = ("a", BEGIN_US + 130 * SECOND_US, at + 4, 330_000)
    opened = Opened(1, name, party, "radar", BEGIN_US, b"\7" * 16)
    return [packed_frame(encoded(each)) for each in (opened, chunk(*rows), chunk(later))]


def recorded(
    made: list[bytes], party: PartyId | None = ALPHA, *, minute: float = 30, **more: Any
) -> Entry:
    given: dict[str, Any] = {
        "name": "seg-1",
        "sha256": digest_of(made),
        "start_us": BEGIN_US - SECOND_US,
        "end_us": BEGIN_US + 130 * SECOND_US,
        "fixes": 5,
        "party": party,
    }
    return world.entry(minute, SegmentRecorded(**{**given, **more}))


def happened(*segments: Entry) -> list[Entry]:
    """An incident, and segments of its window that were recorded long after it."""
    opened = IncidentOpened(
        *(INCIDENT, ALPHA, Column.PARTY, "Something", BEGIN_US, END_US, (BRAVO,))
    )
    return [
        *world.entries(),
        world.entry(20, opened, Author(ALPHA, How.ATTESTED, "desk")),
        *segments,
    ]


def bundle(entries: list[Entry], kept: dict[str, list[bytes]]) -> bytes:
    made = world.material(world.envelopes(entries))
    material = Material(made.note, made.vkey, made.checkpoint, made.rows, made.proof, kept.get)
    positions = incident_positions(seen_entries(material, lambda _: True), INCIDENT)
    asked = Selection(positions, about=f"incident {INCIDENT}", with_tracks=True)
    return make_bundle(
        material, asked, made_for="alpha", may_show=lambda _: True, policy=world.policy()
    )


def alone() -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "verify"}
    exec(compile(verifier_source(), "verify.py", "exec"), names)
    return names


def text_of(data: bytes) -> str:
    html = unpacked(data)["index.html"].decode()
    return re.sub("<[^>]*>", "", html.split(">Positions that were kept</h2>")[1].split("<h2")[0])
