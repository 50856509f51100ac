"""How a party's own flights kept to their intents, from the record: to that party alone."""

from __future__ import annotations

from wideberth.errors import InvalidValue
from wideberth.faces.api import told
from wideberth.faces.api.desk import Call
from wideberth.model.conformance import FlightMeasured, flights_of
from wideberth.model.entries import Entry, IntentStateChanged
from wideberth.picture.flown import ConformanceLimits, Kept, kept
from wideberth.service import Service
from wideberth.space.time import DAY_US, HOUR_US, SECOND_US, format_rfc3339, parse_rfc3339
from wideberth.wire import asked

__all__ = ["conformance"]

_LONGEST_US = 92 * DAY_US
_AT_ONCE = 1_000  # entries read together


async def conformance(call: Call) -> told.ConformanceOut:
    """What the flights that ended in a period come to. Raises InvalidValue."""
    query: asked.PeriodQuery = call.query
    service = call.desk.service
    now_us = service.context().now_us
    to_us = now_us if query.to is None else parse_rfc3339(query.to, field="to")
    limits = call.desk.live.limits
    from_us = to_us - limits.period_us
    if query.from_ is not None:
        from_us = parse_rfc3339(query.from_, field="from")
    if not from_us < to_us <= from_us + _LONGEST_US:
        raise InvalidValue(
            "from, to", "period", query.from_, "end after the start, and give up to 92 days"
        )
    # An entry is made at the latest when the flight is over, and never before its last position.
    flights = [
        entry.body
        for entry in await _since(service, flights_of(call.party), from_us)
        if isinstance(entry.body, FlightMeasured) and from_us <= entry.body.until_us < to_us
    ]
    steps: list[IntentStateChanged] = []
    for intent in sorted({each.intent for each in flights}):
        steps += [
            entry.body
            for entry in await _since(service, intent, from_us)
            if isinstance(entry.body, IntentStateChanged) and entry.time_us < to_us
        ]
    return _out(kept(flights, steps, limits), limits, from_us, to_us)


async def _since(service: Service, object_id: str, from_us: int) -> list[Entry]:
    """The entries about an object from a time on; times in the record never fall."""
    history = service.picture.history
    positions = [] if history is None else history.positions(object_id)
    begin, end = 0, len(positions)
    while begin < end:
        middle = (begin + end) // 2
        (entry,) = await service.entries_at([positions[middle]])
        begin, end = (middle + 1, end) if entry.time_us < from_us else (begin, middle)
    found: list[Entry] = []
    for start in range(begin, len(positions), _AT_ONCE):
        found += await service.entries_at(positions[start : start + _AT_ONCE])
    return found


def _out(said: Kept, limits: ConformanceLimits, from_us: int, to_us: int) -> told.ConformanceOut:
    hours = said.known_us / HOUR_US
    return told.ConformanceOut(
        from_=format_rfc3339(from_us),
        to=format_rfc3339(to_us),
        flights=said.flights,
        flight_hours=said.flown_us / HOUR_US,
        inside_s=said.inside_us / SECOND_US,
        outside_s=said.outside_us / SECOND_US,
        unknown_s=said.unknown_us / SECOND_US,
        share_inside=said.inside_us / said.known_us if said.known_us else None,
        excursions=said.excursions,
        excursions_per_hour=said.excursions / hours if hours else None,
        longest_excursion_s=said.longest_us / SECOND_US,
        nonconforming=said.nonconforming,
        contingent=said.contingent,
        beyond=list(said.beyond),
        enough=said.is_enough,
        limits=told.ConformanceLimitsOut(
            share_inside=limits.least_inside,
            longest_excursion_s=limits.longest_us / SECOND_US,
            excursions_per_hour=limits.per_hour,
            flight_hours=limits.enough_us / HOUR_US,
        ),
    )
