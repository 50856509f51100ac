"""How a party's own flights kept to their intents, from the record: to that party alone."""

from __future__ import annotations

from wideberth.analysing import entries_since, flights_in
from wideberth.errors import InvalidValue
from wideberth.faces.api import told
from wideberth.faces.api.conformance_seen import analysis_seen, flights_members
from wideberth.faces.api.desk import Call
from wideberth.model.entries import IntentStateChanged
from wideberth.picture.flown import kept, summed
from wideberth.space.time import DAY_US, format_rfc3339, parse_rfc3339
from wideberth.wire import asked

__all__ = ["conformance"]

_LONGEST_US = 92 * DAY_US


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
    flights = await flights_in(service, call.party, from_us, to_us)
    steps: list[IntentStateChanged] = []
    for intent in sorted({each.intent for each in flights}):
        steps += [
            entry.body
            for entry in await entries_since(service, intent, from_us)
            if isinstance(entry.body, IntentStateChanged) and entry.time_us < to_us
        ]
    said = kept(flights, steps, limits)
    due_us = await call.desk.node.analysing.due_us(call.party)
    last = service.picture.analyses.get(call.party)
    return told.ConformanceOut(
        **flights_members(summed(flights, limits, from_us=from_us, to_us=to_us)),
        nonconforming=said.nonconforming,
        contingent=said.contingent,
        analysis=None if last is None else analysis_seen(last),
        next_analysis=None if due_us is None else format_rfc3339(due_us),
    )
