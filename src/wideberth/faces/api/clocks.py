"""The clock: a party measures how far its own is from the node's, and is told (L-12).

What is measured goes into the record where the rules want it (:mod:`wideberth.decisions.clocks`).
"""

from __future__ import annotations

from wideberth.decisions.clocks import is_due
from wideberth.errors import InvalidValue
from wideberth.faces.api import told
from wideberth.faces.api.desk import Call
from wideberth.model.clocks import MeasureClock
from wideberth.model.commands import Request
from wideberth.model.ids import PartyId
from wideberth.model.parties import Role
from wideberth.picture.picture import Picture
from wideberth.space.clockskew import Exchange, Skew, measured
from wideberth.space.time import SECOND_US, format_rfc3339, parse_rfc3339
from wideberth.wire import asked

__all__ = ["exchange", "warning_of"]

_EXCHANGES = 3
"""So many exchanges have to agree before what they say widens anything: one that a network held up
would widen its party's times by the delay."""


def warning_of(picture: Picture, party: PartyId) -> str | None:
    """What each answer says to a party whose clock may be off by more than is agreed."""
    clock, limit_us = picture.clocks.get(party), picture.space.rules.clock_limit_us
    if clock is None or clock.bound_us <= limit_us:
        return None
    low_s, high_s = clock.low_us / SECOND_US, clock.high_us / SECOND_US
    return (
        f"yours is ahead by {low_s:g} to {high_s:g} s; up to {limit_us / SECOND_US:g} s is agreed"
    )


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
    if skew is not None and len(exchanges) >= _EXCHANGES:
        await _record(call, skew, received_us)
    standing = call.picture.clocks.get(call.party)
    return told.StampsOut(
        received=format_rfc3339(received_us),
        answered=format_rfc3339(call.desk.service.context().now_us),
        clock=None if skew is None else _skew(skew),
        recorded=None if standing is None else _skew(Skew(standing.low_us, standing.high_us)),
        widened_by_s=call.picture.clock_bound_us(call.party) / SECOND_US,
        warning=warning_of(call.picture, call.party),
    )


async def _record(call: Call, skew: Skew, now_us: int) -> None:
    """Let what was measured count, where it is due and the asker tells times."""
    if call.author.may(Role.TELL) and is_due(call.picture, call.party, skew, now_us=now_us):
        # A refusal: another measurement came first, and the answer says which one stands.
        await call.desk.service.submit(
            Request(call.author, MeasureClock(skew.low_us, skew.high_us))
        )


def _skew(skew: Skew) -> told.SkewOut:
    return told.SkewOut(
        ahead_least_s=skew.low_us / SECOND_US,
        ahead_most_s=skew.high_us / SECOND_US,
        bound_s=skew.bound_us / SECOND_US,
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
