"""What parties told and what the mechanism says, as CoT events for TAK clients.

Each event carries id, version, state and expiry and the sentence that it is no permission, in its
remarks and in an element of its own. A track is of unknown affiliation, always: who is a friend is
no word of this program. What an event loses is in :data:`wideberth.wire.cotshapes.LOSSES`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from wideberth.errors import InvalidValue
from wideberth.model.exercises import EXERCISE_WORD
from wideberth.model.intents import Intent
from wideberth.model.notices import NEITHER_PERMISSION_NOR_GUARANTEE
from wideberth.model.publications import NO_CLEARANCE
from wideberth.model.stops import Identified, Stop
from wideberth.model.zones import Zone
from wideberth.space.time import HOUR_US, SECOND_US
from wideberth.space.volume import NANODEGREES, Volume4D
from wideberth.wire.cot import UNKNOWN_M, CotEvent, Element, require_event
from wideberth.wire.cotshapes import (
    LOSSES,
    OWN,
    drawn,
    extent,
    hae_m,
    middle_of,
    stale_ms,
)
from wideberth.wire.publicwords import height, is_all_heights, one_line, utc

__all__ = [
    "PREFIX",
    "SIGMAS_95",
    "STOP_SHOWN_US",
    "TRACK_STALE_US",
    "TrackSaid",
    "WarningSaid",
    "chat",
    "gone",
    "intent_events",
    "losses_of",
    "stop_events",
    "track_event",
    "warning_event",
    "zone_events",
]

PREFIX = "wideberth."
"""How the uid of everything begins that a node says; what comes back under it is an echo."""
STOP_SHOWN_US = HOUR_US
"""How long a STOP stands on a map."""
SIGMAS_95 = 2.4477
"""So many times one sigma is the radius of 95 % of a round normal distribution."""
TRACK_STALE_US = 30 * SECOND_US
_HOW = "m-r"  # relayed by a machine
_DRAWN_LOSSES = ("edges", "heights", "times", "one-event-each", "priority", "notices")
_EVERYBODY = "All Chat Rooms"
_NAME = "wideberth"


class TrackSaid(msgspec.Struct, frozen=True, kw_only=True):
    """A track as its reader may see it. domain: ``A``, ``G``, ``S`` or ``U`` where it is known.

    Units as in :class:`CotEvent`; None: not known. uncertainty_m: 95 %. implausible: the rule that
    what is reported of it breaks. conflicts: of which values its feeds contradict each other.
    """

    feed_party: str
    track: str
    time_us: int
    latitude_deg: float
    longitude_deg: float
    uncertainty_m: float
    hae_m: float | None = None
    speed_m_s: float | None = None
    course_deg: float | None = None
    call_sign: str | None = None
    party: str | None = None
    silent: bool = False
    implausible: str | None = None
    conflicts: tuple[str, ...] = ()
    domain: str | None = None


class WarningSaid(msgspec.Struct, frozen=True, kw_only=True):
    """A warning as its reader may know it. place: latitude, longitude and how far around, metres;
    None: none that it may know. words: what it is about, in order.
    """

    id: str
    kind: str
    level: int
    raised_us: int
    updated_us: int
    place: tuple[float, float, float] | None
    words: tuple[str, ...]
    last_known: bool = False


class _About(msgspec.Struct, frozen=True, kw_only=True):
    """What an event says of its object: a label, facts in words, attributes of its element."""

    label: str
    facts: tuple[str, ...]
    own: tuple[tuple[str, str], ...]
    exercise: bool


class _Place(msgspec.Struct, frozen=True):
    latitude_deg: float
    longitude_deg: float
    hae_m: float = UNKNOWN_M
    ce_m: float = UNKNOWN_M


def intent_events(intent: Intent, *, now_us: int, exercise: bool) -> dict[str, CotEvent]:
    """An event for each volume of an intent, by uid."""
    kind = one_line(intent.call_sign or intent.place_name or intent.kind.value)
    facts = [f"{intent.kind.value} of {intent.party}", f"state {intent.state.value}"]
    if intent.call_sign:
        facts.append(f"call sign {one_line(intent.call_sign)}")
    if intent.place_name:
        facts.append(f"place {one_line(intent.place_name)}")
    if intent.count is not None:
        facts.append(f"count {intent.count}")
    facts += [f"caution: {one_line(each)}" for each in intent.cautions]
    about = _About(
        label=f"{kind} ({intent.party})",
        facts=tuple(facts),
        own=(
            ("id", intent.id),
            ("kind", intent.kind.value),
            ("object", "intent"),
            ("party", intent.party),
            ("state", intent.state.value),
            ("version", str(intent.version)),
        ),
        exercise=exercise,
    )
    uid = f"{PREFIX}intent.{intent.id}"
    found = _drawings(uid, intent.volumes, about, told_us=intent.told_us, now_us=now_us)
    return {event.uid: event for event in found}


def zone_events(zone: Zone, *, now_us: int, exercise: bool) -> dict[str, CotEvent]:
    """An event for each volume of a zone, by uid."""
    name = one_line(zone.name)
    facts = [f"zone of {zone.party}", f"name {name}", f"rule {zone.rule.value}"]
    if zone.notice_us:
        facts.append(f"asks for {zone.notice_us // SECOND_US} s of notice")
    if zone.unilateral:
        facts.append("declared by one party alone, not agreed")
    facts.append(f"reason: {one_line(zone.reason)}")
    about = _About(
        label=f"{name}: {zone.rule.value} ({zone.party})",
        facts=tuple(facts),
        own=(
            ("id", zone.id),
            ("kind", zone.rule.value),
            ("object", "zone"),
            ("party", zone.party),
            ("state", "declared"),
            ("version", str(zone.version)),
        ),
        exercise=exercise,
    )
    uid = f"{PREFIX}zone.{zone.id}"
    told_us = zone.declared_us
    found = _drawings(uid, zone.volumes, about, told_us=told_us, now_us=now_us, zone=True)
    return {event.uid: event for event in found}


def _drawings(
    uid: str,
    volumes: tuple[Volume4D, ...],
    about: _About,
    *,
    told_us: int,
    now_us: int,
    zone: bool = False,
) -> Iterable[CotEvent]:
    said = dict(about.own)
    for number, volume in enumerate(volumes):
        if volume.end_us < now_us:
            continue
        kind, shape = drawn(volume, zone=zone)
        end = utc(volume.end_us, up=True)
        facts = (
            *about.facts,
            _heights(volume),
            f"from {utc(volume.start_us)} to {end}",
            f"id {said['id']}",
            f"version {said['version']}, volume {number + 1} of {len(volumes)}",
            f"expires {end}",
        )
        own = (*about.own, *extent(volume), ("lost", " ".join(_DRAWN_LOSSES)))
        yield _event(
            f"{uid}.{number}",
            kind,
            msgspec.structs.replace(about, facts=facts, own=own),
            place=_Place(*middle_of(volume.footprint), hae_m(volume)),
            times_us=(told_us, volume.start_us, volume.end_us),
            more=shape,
        )


def _heights(volume: Volume4D) -> str:
    if is_all_heights(volume):
        return "at all heights"
    return f"{height(volume.lower)} to {height(volume.upper)}"


def track_event(track: TrackSaid, *, now_us: int, exercise: bool) -> CotEvent:
    """A track as a point of unknown affiliation."""
    said = [f"track {track.track} of the feed of {track.feed_party}"]
    if track.party:
        said.append(f"of {track.party}")
    if track.silent:
        said.append("SILENT: no position since the time of this one")
    if track.implausible:
        said.append(f"IMPLAUSIBLE: {track.implausible}")
    if track.conflicts:
        said.append(f"FEEDS DISAGREE: {', '.join(track.conflicts)}")
    more: list[Element] = []
    if track.speed_m_s is not None and track.course_deg is not None:
        velocity = (("course", repr(track.course_deg)), ("speed", repr(track.speed_m_s)))
        more.append(Element("track", velocity))
    about = _About(
        label=track.call_sign or track.track,
        facts=tuple(said),
        own=(
            ("id", track.track),
            ("lost", "affiliation"),
            ("object", "track"),
            ("party", track.party or ""),
            ("state", "silent" if track.silent else "live"),
            *((("implausible", track.implausible),) if track.implausible else ()),
        ),
        exercise=exercise,
    )
    # CoT has one sigma of two dimensions; 95 % of the positions are within 2.45 of it
    ce_m = track.uncertainty_m / SIGMAS_95
    hae_m = UNKNOWN_M if track.hae_m is None else track.hae_m
    return _event(
        f"{PREFIX}track.{track.feed_party}.{track.track}",
        f"a-u-{track.domain}" if track.domain else "a-u",
        about,
        place=_Place(track.latitude_deg, track.longitude_deg, hae_m, ce_m),
        times_us=(track.time_us, track.time_us, max(track.time_us, now_us) + TRACK_STALE_US),
        more=more,
    )


def warning_event(warning: WarningSaid, *, now_us: int, exercise: bool) -> CotEvent:
    """A warning as an alert. It stands until it is cleared; it says nothing to do."""
    place = warning.place
    said = [f"WARNING: {warning.kind}", *warning.words, f"level {warning.level}"]
    if warning.last_known:
        said.append("as last known")
    if place is None:
        said.append("no place that you may see")
    about = _About(
        label=f"WARNING {warning.kind}",
        facts=tuple(said),
        own=(
            ("id", warning.id),
            ("kind", warning.kind),
            ("object", "warning"),
            ("state", "last known" if warning.last_known else "standing"),
        ),
        exercise=exercise,
    )
    at = _Place(0.0, 0.0) if place is None else _Place(*place[:2], UNKNOWN_M, place[2])
    return _event(
        f"{PREFIX}warning.{warning.id}",
        "b-a-g",
        about,
        place=at,
        times_us=(warning.updated_us, warning.raised_us, now_us + HOUR_US),
    )


def stop_events(stop: Stop, *, exercise: bool) -> list[CotEvent]:
    """A STOP: a message to everybody in the chat, and its place where it has one."""
    known = {
        Identified.SIGNED: "signed",
        Identified.ATTESTED: "attested",
        Identified.UNVERIFIED: "UNVERIFIED: its sender did not prove who it is",
    }[stop.identified]
    said = [f"{stop.form.value.upper()} from {stop.sender} ({known})"]
    if stop.text:
        said.append(one_line(stop.text))
    if stop.zone is not None:
        said.append(f"zone {stop.zone}")
    area = stop.area
    if area is not None:
        latitude, longitude = area.latitude_nd / NANODEGREES, area.longitude_nd / NANODEGREES
        said.append(f"within {area.radius_mm / 1000:g} m of {latitude}, {longitude}")
    words = _marked(f"{'. '.join(said)}. id {stop.id}", exercise=exercise)
    events = [chat(f"{PREFIX}{stop.id}", words, now_us=stop.sent_us, exercise=exercise)]
    if area is not None:
        radius = f"{area.radius_mm / 1000}"
        ellipse = Element("ellipse", (("angle", "360"), ("major", radius), ("minor", radius)))
        about = _About(
            label=f"{stop.form.value.upper()} ({stop.sender})",
            facts=tuple(said),
            own=(("id", stop.id), ("kind", stop.form.value), ("object", "stop")),
            exercise=exercise,
        )
        shape = Element("shape", (), (ellipse,))
        event = _event(
            f"{PREFIX}{stop.id}.area",
            "u-d-c-c",
            about,
            place=_Place(area.latitude_nd / NANODEGREES, area.longitude_nd / NANODEGREES),
            times_us=(stop.sent_us, stop.sent_us, stop.sent_us + STOP_SHOWN_US),
            more=(shape, Element("strokeColor", (("value", "-65536"),))),
        )
        events.append(event)
    return events


def chat(uid: str, words: str, *, now_us: int, exercise: bool, to: str | None = None) -> CotEvent:
    """A message in the chat. to: the uid of the one client that it is for; None: to all rooms."""
    room = to or _EVERYBODY
    sender = f"{PREFIX}node"
    times_us = (now_us, now_us, now_us + STOP_SHOWN_US)
    ids = (("id", room), ("uid0", sender), ("uid1", room))
    said = (
        ("chatroom", room),
        ("groupOwner", "false"),
        ("id", room),
        ("messageId", uid),
        ("parent", "RootContactGroup"),
        ("senderCallsign", f"{EXERCISE_WORD} {_NAME}" if exercise else _NAME),
    )
    remarks = (("source", sender), ("time", utc(now_us)), ("to", room))
    return require_event(
        CotEvent(
            uid=f"GeoChat.{sender}.{room}.{uid}",
            type="b-t-f",
            how=_HOW,
            **_times(times_us),
            latitude_deg=0.0,
            longitude_deg=0.0,
            detail=(
                Element("__chat", said, (Element("chatgrp", ids),)),
                Element("link", (("relation", "p-p"), ("type", "a-u-G"), ("uid", sender))),
                Element("remarks", remarks, (words,)),
            ),
        )
    )


def gone(uid: str, *, now_us: int) -> CotEvent:
    """What was shown under this uid stands no more, or not for this reader. It says nothing of
    what is there now.
    """
    link = Element("link", (("relation", "p-p"), ("type", "none"), ("uid", uid)))
    return CotEvent(
        uid=f"{uid}.gone",
        type="t-x-d-d",
        how=_HOW,
        **_times((now_us, now_us, now_us + 20 * SECOND_US)),
        latitude_deg=0.0,
        longitude_deg=0.0,
        detail=(link, Element("__forcedelete")),
    )


def _event(
    uid: str,
    kind: str,
    about: _About,
    *,
    place: _Place,
    times_us: tuple[int, int, int],
    more: Iterable[Element] = (),
) -> CotEvent:
    words = ". ".join([*about.facts, NEITHER_PERMISSION_NOR_GUARANTEE, NO_CLEARANCE])
    exercise = str(about.exercise).lower()
    sentences = (("exercise", exercise), ("not_permission", NEITHER_PERMISSION_NOR_GUARANTEE))
    label = f"{EXERCISE_WORD} {about.label}" if about.exercise else about.label
    event = CotEvent(
        uid=uid,
        type=kind,
        how=_HOW,
        **_times(times_us),
        latitude_deg=place.latitude_deg,
        longitude_deg=place.longitude_deg,
        hae_m=place.hae_m,
        ce_m=place.ce_m,
        detail=(
            Element("contact", (("callsign", one_line(label) or uid),)),
            *more,
            Element("remarks", (), (_marked(words, exercise=about.exercise),)),
            Element(OWN, tuple(sorted((*about.own, *sentences)))),
        ),
    )
    return require_event(event)


def _times(times_us: tuple[int, int, int]) -> dict[str, Any]:
    time_us, start_us, end_us = times_us
    return {
        "time_ms": time_us // 1000,
        "start_ms": start_us // 1000,
        "stale_ms": stale_ms(end_us),
    }


def _marked(words: str, *, exercise: bool) -> str:
    """What is read out begins and ends with the word."""
    return f"{EXERCISE_WORD}. {words} {EXERCISE_WORD}." if exercise else words


def losses_of(event: CotEvent) -> list[str]:
    """In words, what an event that a node made has lost of what was told (F-09)."""
    for each in event.detail:
        if each.name == OWN:
            codes = dict(each.attributes).get("lost", "").split()
            return [LOSSES[code] for code in codes]
    raise InvalidValue("detail", "no-own-element", event.uid, "give an event of a node")
