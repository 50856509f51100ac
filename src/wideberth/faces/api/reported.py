"""Positions as a party sends them, as columns: what the watch takes in."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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
_TIMES = {
    **{each: FIELD_OF_COLUMN[each] for each in ("altitude_time_us", "velocity_time_us")},
    "callsign_time_us": "call_sign_time",  # dated, and never taken as not said
}
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
    value_times = {each: _plain_times(wires, name, right) for each, name in _TIMES.items()}
    right &= (np.abs(latitude_deg) <= _MOST_LATITUDE) & (np.abs(longitude_deg) <= _MOST_LONGITUDE)
    named = {each for each in owner if each is not None}
    if not are_tokens(track_id) or not all(each in parties for each in named):
        right[:] = False
    bad: list[told.BadReport] = []
    rows: Sequence[int] = range(len(wires))
    asked_of: list[int] = np.flatnonzero(~right).tolist()
    for index in asked_of:
        try:
            times_us = _times_of(wires[index], parties)
        except InvalidValue as error:
            bad.append(
                told.BadReport(index=index, field=error.field, rule=error.rule, value=error.value)
            )
            continue
        right[index] = True
        time_us[index] = times_us["time_us"]
        for name, column in value_times.items():
            if column is not None:
                column[index] = times_us[name]
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
        altitude_time_us=value_times["altitude_time_us"],
        velocity_time_us=value_times["velocity_time_us"],
        callsign_time_us=value_times["callsign_time_us"],
    )
    if bad:
        rows = np.flatnonzero(right).tolist()
        reports = reports.only(rows)
    return Reported(reports, rows, bad)


def _plain_times(
    wires: Sequence[asked.ReportIn], name: str, right: NDArray[np.bool_]
) -> NDArray[np.int64] | None:
    """When a value of each was said; None where all were with their positions. right: unset where
    that is not plain.
    """
    said: list[str | None] = [getattr(wire, name) for wire in wires]
    if said.count(None) == len(said):
        return None
    texts = [wire.time if each is None else each for wire, each in zip(wires, said, strict=True)]
    times_us, are_plain = plain_times_us(texts)
    right &= are_plain
    return times_us


def _times_of(wire: asked.ReportIn, parties: Container[str]) -> dict[str, int]:
    """The times of a report that is of the form, by their columns. Raises InvalidValue."""
    for name, bound in (("latitude", _MOST_LATITUDE), ("longitude", _MOST_LONGITUDE)):
        value = getattr(wire, name)
        if not abs(value) <= bound:
            raise InvalidValue(name, name, value, f"give a {name} from -{bound} to {bound}")
    if wire.party is not None:
        require_party_id(wire.party)
        if wire.party not in parties:
            raise InvalidValue("party", "no-such-party", wire.party, "name a party of the space")
    require_token(wire.track, field="track")
    times_us = {"time_us": parse_rfc3339(wire.time)}
    for column, name in _TIMES.items():
        said: str | None = getattr(wire, name)
        times_us[column] = times_us["time_us"] if said is None else parse_rfc3339(said, field=name)
    return times_us
