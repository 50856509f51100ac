"""A CoT event as a position report: what it says of a thing at a point, and no judgement.

Whether the sender thinks of it as friend or foe stands in the second letter of the type, and is
read by nobody here. What cannot be of a report (another type, an echo) gives None.
"""

from __future__ import annotations

import hashlib
import math

from wideberth.errors import InvalidValue
from wideberth.model.ids import require_token
from wideberth.watch.reports import PositionReport
from wideberth.wire.cot import UNKNOWN_M, CotEvent, attribute, child
from wideberth.wire.cotheard import is_echo
from wideberth.wire.cotsaid import SIGMAS_95
from wideberth.wire.publicwords import one_line

__all__ = ["domain_of", "is_position", "is_self", "report_of", "track_id_of"]

_KNOWN_BELOW_M = UNKNOWN_M / 10  # senders write 9999999 with more or fewer nines
_MOST_CALL_SIGN = 64


def is_position(event: CotEvent) -> bool:
    """Whether it is of a thing at a point (an *atom* in the words of CoT), not of a node's own."""
    return event.type.startswith("a-") and not is_echo(event)


def report_of(event: CotEvent, *, owner: str | None = None) -> PositionReport | None:
    """The position that an event reports; None: it reports none.

    owner: the party whose thing it is, where that is known. A place of 0, 0 without an error is
    what clients send that have no position: none. Errors of one sigma become 95 %.
    """
    nowhere = event.latitude_deg == 0.0 and event.longitude_deg == 0.0
    is_known = 0 < event.ce_m < _KNOWN_BELOW_M
    if not is_position(event) or (nowhere and not is_known):
        return None
    velocity, contact = child(event, "track"), child(event, "contact")
    call_sign = one_line(attribute(contact, "callsign") or "")[:_MOST_CALL_SIGN]
    return PositionReport(
        track_id=track_id_of(event.uid),
        time_us=event.time_ms * 1000,
        latitude_deg=event.latitude_deg,
        longitude_deg=event.longitude_deg,
        altitude_w84_m=event.hae_m if abs(event.hae_m) < _KNOWN_BELOW_M else None,
        ground_speed_m_s=_number(attribute(velocity, "speed")),
        course_deg=_number(attribute(velocity, "course")),
        accuracy_m=event.ce_m * SIGMAS_95 if is_known else None,
        callsign=call_sign or None,
        owner=owner,
    )


def track_id_of(uid: str) -> str:
    """The uid, where it may be the name of a track; else a digest of it."""
    try:
        return require_token(uid, field="uid")
    except InvalidValue:
        return f"cot-{hashlib.sha256(uid.encode()).hexdigest()[:32]}"


def domain_of(event: CotEvent) -> str | None:
    """Air, ground, surface of water or under it, as CoT has the letter; None: not said."""
    letters = event.type.split("-")
    return letters[2] if len(letters) > 2 and letters[2] in ("A", "G", "S", "U") else None


def is_self(event: CotEvent) -> bool:
    """Whether a client tells of itself: it says by which program, as each does."""
    return child(event, "takv") is not None


def _number(text: str | None) -> float | None:
    if text is None or len(text) > 40:
        return None
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None
