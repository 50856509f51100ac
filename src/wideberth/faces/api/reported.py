"""Positions as a party sends them, as columns: what the watch takes in."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass

import numpy as np

from wideberth.errors import InvalidValue
from wideberth.faces.api import told
from wideberth.model.ids import (
    PartyId,
    are_tokens,
    require_party_id,
    require_token,
)
from wideberth.space.time import parse_rfc3339
from wideberth.space.times import plain_times_us
from wideberth.watch.reports import NUMBERS, ReportBatch, numbers_of
from wideberth.wire import asked

__all__ = ["FIELD_OF_COLUMN", "Reported", "columns_of"]

FIELD_OF_COLUMN = {
    "altitude_w84_m": "altitude_m",
    "altitude_std_m": "pressure_altitude_m",
    "ground_speed_m_s": "ground_speed_m_s",
    "course_deg": "track_deg",
    "vertical_rate_m_s": "vertical_rate_m_s",
    "accuracy_m": "accuracy_m",
    "callsign": "call_sign",
    "altitude_time_us": "altitude_time",
    "velocity_time_us": "velocity_time",
}
"""What may be left out of a report and may be wrong by itself, as it is called on the wire."""
_NAMED = {each: FIELD_OF_COLUMN[each] for each in NUMBERS}
_MOST_LATITUDE, _MOST_LONGITUDE = 90, 180


@dataclass(slots=True)
class Reported:
    """reports: the good ones, rows: where each stood in the batch; bad: those that are not of the
    form.
    """

    reports: ReportBatch
    rows: Sequence[int]
    bad: list[told.BadReport]


def columns_of(body: asked.TracksIn, party: PartyId, parties: Container[str]) -> Reported:
    """The reports as columns. What is plainly right is seen at once for all; each other is asked by
    itself, which says what is wrong with it. parties: of the space, whose things there may be: the
    table of tracks keeps the names of all that it ever heard of.
    """
    wires = body.reports
    latitude_deg = np.array([wire.latitude for wire in wires])
    longitude_deg = np.array([wire.longitude for wire in wires])
    track_id = [wire.track for wire in wires]
    owner = [wire.party for wire in wires]
    time_us, right = plain_times_us([wire.time for wire in wires])
    right &= (np.abs(latitude_deg) <= _MOST_LATITUDE) & (np.abs(longitude_deg) <= _MOST_LONGITUDE)
    named = {each for each in owner if each is not None}
    if not are_tokens(track_id) or not all(each in parties for each in named):
        right[:] = False
    bad: list[told.BadReport] = []
    rows: Sequence[int] = range(len(wires))
    asked_of: list[int] = np.flatnonzero(~right).tolist()
    for index in asked_of:
        try:
            time_us[index] = _time_of(wires[index], parties)
            right[index] = True
        except InvalidValue as error:
            bad.append(
                told.BadReport(index=index, field=error.field, rule=error.rule, value=error.value)
            )
    reports = ReportBatch(
        feed=body.feed,
        feed_party=party,
        track_id=track_id,
        callsign=[wire.call_sign for wire in wires],
        owner=owner,
        time_us=time_us,
        latitude_deg=latitude_deg,
        longitude_deg=longitude_deg,
        **numbers_of(wires, _NAMED),
        altitude_time_us=None,
        velocity_time_us=None,
        callsign_time_us=None,
    )
    if bad:
        rows = np.flatnonzero(right).tolist()
        reports = reports.only(rows)
    return Reported(reports, rows, bad)


def _time_of(wire: asked.ReportIn, parties: Container[str]) -> int:
    """The time of a report that is of the form. Raises InvalidValue."""
    for name, bound in (("latitude", _MOST_LATITUDE), ("longitude", _MOST_LONGITUDE)):
        value = getattr(wire, name)
        if not abs(value) <= bound:
            raise InvalidValue(name, name, value, f"give a {name} from -{bound} to {bound}")
    if wire.party is not None:
        require_party_id(wire.party)
        if wire.party not in parties:
            raise InvalidValue("party", "no-such-party", wire.party, "name a party of the space")
    require_token(wire.track, field="track")
    return parse_rfc3339(wire.time)
