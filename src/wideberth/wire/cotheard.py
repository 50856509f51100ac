"""What a TAK client says that is more than a position: STOP, a ping, the wish for protobuf.

STOP is a message in the chat that is the word alone, in whatever case, or begins with it in
capitals (``STOP shelling at the bridge``). The button for an emergency says that its owner is in
need, not that others are to stop: it is a STOP only where the settings of the node say so. Nothing
that TAK has means ALL-CLEAR or acknowledges anything here.
"""

from __future__ import annotations

import re

import msgspec

from wideberth.model.stops import MAX_STOP_TEXT, Area
from wideberth.space.volume import NANODEGREES
from wideberth.wire.cot import UNKNOWN_M, CotEvent, Element, attribute, child, text_of
from wideberth.wire.cotsaid import PREFIX
from wideberth.wire.publicwords import one_line

__all__ = [
    "EMERGENCY_RADIUS_M",
    "StopHeard",
    "asks_for_protobuf",
    "is_cancelled_emergency",
    "is_echo",
    "is_emergency",
    "is_ping",
    "offer_of_protobuf",
    "pong",
    "sender_of",
    "stop_in",
    "takes_protobuf",
]

EMERGENCY_RADIUS_M = 1_000.0
"""Around the position of an emergency, where that is a STOP: at least so far."""

_ALONE = re.compile(r"[\W_]*stop[\W_]*", re.IGNORECASE)
_FIRST = re.compile(r"STOP\b")
_EMERGENCIES = frozenset({"b-a-o-tbl", "b-a-o-pan", "b-a-o-opn"})  # 911, ring the bell, in contact


class StopHeard(msgspec.Struct, frozen=True):
    """A STOP as it was said. area: None: everywhere."""

    text: str
    area: Area | None = None


def stop_in(event: CotEvent, *, emergency_is_stop: bool) -> StopHeard | None:
    """The STOP that an event is; None: it is none."""
    if event.type == "b-t-f":
        words = one_line(text_of(child(event, "remarks")))
        if _ALONE.fullmatch(words) or _FIRST.match(words):
            return StopHeard(words[:MAX_STOP_TEXT])
        return None
    if not emergency_is_stop or not is_emergency(event):
        return None
    words = one_line(f"emergency: {attribute(child(event, 'emergency'), 'type') or event.type}")
    said = one_line(text_of(child(event, "remarks")))
    return StopHeard(f"{words}. {said}".strip(". ")[:MAX_STOP_TEXT], _around(event))


def is_emergency(event: CotEvent) -> bool:
    """Whether it is the button for an emergency, pressed."""
    cancelled = attribute(child(event, "emergency"), "cancel") == "true"
    return event.type in _EMERGENCIES and not cancelled


def is_cancelled_emergency(event: CotEvent) -> bool:
    """Whether it takes an emergency back. That takes no STOP back, and clears nothing."""
    cancelled = attribute(child(event, "emergency"), "cancel") == "true"
    return event.type == "b-a-o-can" or (event.type in _EMERGENCIES and cancelled)


def _around(event: CotEvent) -> Area | None:
    """Where it was pressed; a client without a position says 0, 0."""
    if event.latitude_deg == 0.0 and event.longitude_deg == 0.0:
        return None
    far_m = event.ce_m if 0 <= event.ce_m < min(UNKNOWN_M, 1e6) else 0.0
    radius_mm = round(max(far_m, EMERGENCY_RADIUS_M) * 1000)
    longitude_nd = round(event.longitude_deg * NANODEGREES)
    if longitude_nd == 180 * NANODEGREES:
        longitude_nd = -longitude_nd
    return Area(round(event.latitude_deg * NANODEGREES), longitude_nd, radius_mm)


def sender_of(event: CotEvent) -> str:
    """The uid of the client that said it: a message in the chat names it in its link."""
    return attribute(child(event, "link"), "uid") or event.uid


def is_echo(event: CotEvent) -> bool:
    """Whether it is something that a node said."""
    return event.uid.startswith(PREFIX) or event.uid.startswith(f"GeoChat.{PREFIX}")


def is_ping(event: CotEvent) -> bool:
    """Whether a client asks if the connection lives."""
    return event.type == "t-x-c-t"


def pong(*, now_ms: int) -> CotEvent:
    """The answer to a ping."""
    return _control("t-x-c-t-r", f"{PREFIX}pong", (), now_ms)


def offer_of_protobuf(*, now_ms: int) -> CotEvent:
    """What a server says first: it speaks version 1 of the protocol as well."""
    offered = Element("TakProtocolSupport", (("version", "1"),))
    return _control("t-x-takp-v", "protouid", (Element("TakControl", (), (offered,)),), now_ms)


def asks_for_protobuf(event: CotEvent) -> bool:
    """Whether a client asks for another way of writing."""
    return event.type == "t-x-takp-q"


def takes_protobuf(event: CotEvent, *, now_ms: int) -> tuple[bool, CotEvent]:
    """Whether what a client asks for is version 1, and the answer: the last event before it."""
    control = child(event, "TakControl")
    request = None if control is None else child(control, "TakRequest")
    good = attribute(request, "version") == "1"
    response = Element("TakResponse", (("status", "true" if good else "false"),))
    detail = (Element("TakControl", (), (response,)),)
    return good, _control("t-x-takp-r", "protouid", detail, now_ms)


def _control(kind: str, uid: str, detail: tuple[Element, ...], now_ms: int) -> CotEvent:
    return CotEvent(
        uid=uid,
        type=kind,
        how="m-g",
        time_ms=now_ms,
        start_ms=now_ms,
        stale_ms=now_ms + 60_000,
        latitude_deg=0.0,
        longitude_deg=0.0,
        detail=detail,
    )
