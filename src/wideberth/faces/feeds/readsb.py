"""``aircraft.json`` of readsb, dump1090 and tar1090, and the like-made answers of the aggregators'
interfaces (``ac`` for ``aircraft``, ``now`` in milliseconds). Pure.

A position was received ``seen_pos`` seconds before ``now``, by the receiver's clock. A document
says the same position again and again until the next one; it is given once. ``alt_geom`` is the
height above the ellipsoid, ``alt_baro`` pressure altitude. The accuracy is that of the navigation
accuracy category ``nac_p`` (95 %); positions by multilateration (``mlat``) or from another's
rebroadcast state none that counts.

When the heights and the velocity were said it does not tell: they are the last before the last
message of any kind, ``seen`` seconds before ``now``, and count as of then, so that what lies
between then and the position is allowed for.

dump1090-mutability, which Debian has, writes older names: ``altitude`` (of pressure, unless it runs
with ``--gnss``), ``speed``, ``vert_rate``, and ``nucp`` for the accuracy.

Source: README-json.md of readsb and of dump1090-mutability; the accuracies: RTCA DO-260B, table of
NACp, and DO-260, table of NUCp.
"""

from __future__ import annotations

from dataclasses import dataclass

from wideberth.faces.feeds.aircraft import aircraft_id, call_sign
from wideberth.faces.feeds.decoding import BadMessage, Decoded
from wideberth.faces.feeds.recent import Recent
from wideberth.faces.feeds.records import (
    as_list,
    as_record,
    document_of,
    member_of,
    number,
    place_of,
    records_of,
    seconds_us,
    text,
    value_of,
)
from wideberth.faces.feeds.units import FEET_PER_MINUTE_M_S, FOOT_M, KNOT_M_S
from wideberth.space.time import MINUTE_US, SECOND_US
from wideberth.watch.reports import PositionReport

__all__ = ["NACP_ACCURACY_M", "NUCP_ACCURACY_M", "ReadsbDecoder"]

NACP_ACCURACY_M = {
    1: 18_520.0, 2: 7_408.0, 3: 3_704.0, 4: 1_852.0, 5: 926.0, 6: 555.6, 7: 185.2, 8: 92.6,
    9: 30.0, 10: 10.0, 11: 3.0,
}  # fmt: skip
"""Estimated position uncertainty, 95 %, metres, by navigation accuracy category for position."""

NUCP_ACCURACY_M = {
    1: 18_520.0, 2: 9_260.0, 3: 1_852.0, 4: 926.0, 5: 463.0, 6: 185.2, 7: 92.6, 8: 10.0, 9: 3.0,
}  # fmt: skip
"""Containment radius, 95 %, metres, by the older navigation uncertainty category for position."""

_MILLISECONDS_FROM = 1e11  # seconds of the year 5138
_SAME_US = SECOND_US  # ``seen_pos`` is rounded to 0.1 s, or to 1 ms
_FORGET_US = 10 * MINUTE_US
_LONGEST_AGO_S = 86_400


@dataclass(frozen=True, slots=True)
class _Given:
    """The last position that was given of an aircraft."""

    time_us: int
    place: tuple[float, float]


class ReadsbDecoder:
    """owner: of every thing. Each piece is a whole document."""

    stamped = True

    def __init__(self, *, owner: str | None = None) -> None:
        self._owner = owner
        self._given = Recent[_Given]()

    def reset(self) -> None:
        """Documents are whole: nothing is kept of half a one."""

    def feed(self, data: bytes, came_us: int) -> Decoded:  # noqa: ARG002 - it has its own time
        """The new positions of a document."""
        decoded = Decoded()
        document = document_of(data, decoded)
        if document is None:
            return decoded
        now = member_of(document, "now")
        now_s = number(now)
        is_ms = now_s is not None and now_s > _MILLISECONDS_FROM
        now_us = seconds_us(number(now, scale=0.001) if is_ms else now)
        aircraft = records_of(document.get("aircraft", document.get("ac")))
        if now_us is None or aircraft is None:
            decoded.refuse("not-aircraft-json", data)
            return decoded
        decoded.take_each(
            aircraft, lambda each: self._report(as_record(value_of(each)), now_us), bytes
        )
        self._given.keep(lambda given, _: abs(now_us - given.time_us) < _FORGET_US)
        return decoded

    def _report(self, record: dict[str, object], now_us: int) -> PositionReport | None:
        """The position of a record; None where it has none, or one that was given. Raises
        BadMessage.
        """
        track_id = aircraft_id(text(record.get("hex")) or "")
        if track_id is None:
            raise BadMessage("aircraft-id")
        place = place_of(record.get("lat"), record.get("lon"))
        if place is None:
            return None
        age_s = number(record.get("seen_pos"))
        if age_s is None or not 0 <= age_s <= _LONGEST_AGO_S:
            raise BadMessage("seen_pos")
        time_us = now_us - round(age_s * SECOND_US)
        given = self._given.get(track_id)
        if given is not None and (
            time_us <= given.time_us
            or (place == given.place and time_us - given.time_us < _SAME_US)
        ):
            return None
        self._given.note(track_id, _Given(time_us, place), now_us)
        seen_s = number(record.get("seen"))
        contact_us = None
        if seen_s is not None and 0 <= seen_s <= _LONGEST_AGO_S:
            contact_us = now_us - round(seen_s * SECOND_US)
        height = record.get("alt_baro", record.get("altitude"))  # or the word "ground"
        climb = record.get("geom_rate", record.get("baro_rate", record.get("vert_rate")))
        return PositionReport(
            track_id,
            time_us,
            *place,
            altitude_w84_m=number(record.get("alt_geom"), scale=FOOT_M),
            altitude_std_m=number(height, scale=FOOT_M),
            ground_speed_m_s=number(record.get("gs", record.get("speed")), scale=KNOT_M_S),
            course_deg=number(record.get("track")),
            vertical_rate_m_s=number(climb, scale=FEET_PER_MINUTE_M_S),
            accuracy_m=_accuracy_m(record),
            callsign=call_sign(text(record.get("flight")) or ""),
            owner=self._owner,
            altitude_time_us=contact_us,
            velocity_time_us=contact_us,
        )


def _accuracy_m(record: dict[str, object]) -> float | None:
    if as_list(record.get("mlat")) or as_list(record.get("tisb")):
        return None
    category = number(record.get("nac_p"))
    if category is not None:
        return NACP_ACCURACY_M.get(int(category))
    category = number(record.get("nucp"))
    return None if category is None else NUCP_ACCURACY_M.get(int(category))
