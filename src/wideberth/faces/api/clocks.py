"""The clock: a party measures how far its own is from the node's, and is told (L-12)."""

from __future__ import annotations

from wideberth.errors import InvalidValue
from wideberth.faces.api import asked, told
from wideberth.faces.api.desk import Call
from wideberth.space.clockskew import Exchange, measured
from wideberth.space.time import SECOND_US, format_rfc3339, parse_rfc3339

__all__ = ["exchange"]


async def exchange(call: Call) -> told.StampsOut:
    """One exchange of stamps; with earlier ones, what they say of the party's clock."""
    body: asked.ClockIn = call.body
    received_us = call.desk.service.context().now_us
    exchanges = [_exchange(each, f"exchanges.{at}") for at, each in enumerate(body.exchanges)]
    for index, each in enumerate(exchanges):
        if each.answered_us > received_us:
            raise InvalidValue(
                f"exchanges.{index}.answered",
                "in-the-future",
                body.exchanges[index].answered,
                "give the stamps of this node's answers as they came",
            )
    skew = measured(exchanges)
    clock = None
    if skew is not None:
        clock = told.SkewOut(
            ahead_least_s=skew.low_us / SECOND_US,
            ahead_most_s=skew.high_us / SECOND_US,
            bound_s=skew.bound_us / SECOND_US,
        )
    return told.StampsOut(
        received=format_rfc3339(received_us),
        answered=format_rfc3339(call.desk.service.context().now_us),
        clock=clock,
    )


def _exchange(wire: asked.ExchangeIn, field: str) -> Exchange:
    return Exchange(
        *(
            parse_rfc3339(text, field=f"{field}.{name}")
            for name, text in (
                ("sent", wire.sent),
                ("received", wire.received),
                ("answered", wire.answered),
                ("back", wire.back),
            )
        )
    )
