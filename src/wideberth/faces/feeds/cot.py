"""Cursor on Target as a feed: what TAK clients, servers and gateways send, XML or protobuf. Pure.

Its positions are taken, with the sender's times. Everything else in it says nothing here: a STOP
counts only over a connection whose certificate is bound to a party (``faces/cot``), and whether the
sender takes a thing for friend or foe is not read.
"""

from __future__ import annotations

import re

import msgspec

from wideberth.faces.feeds.aircraft import aircraft_id
from wideberth.faces.feeds.decoding import Decoded
from wideberth.watch.cotreports import report_of
from wideberth.watch.reports import PositionReport
from wideberth.wire.cot import CotEvent, Fault
from wideberth.wire.cotproto import decode_datagram
from wideberth.wire.cotstream import CotStream

__all__ = ["CotDecoder"]

_AIRCRAFT = re.compile(r"ICAO[-.]([0-9A-Fa-f]{6})", re.ASCII)  # as gateways name what has Mode S


class CotDecoder:
    """owner: of every thing. datagrams: each piece is one event."""

    def __init__(self, *, owner: str | None = None, datagrams: bool = False) -> None:
        self._owner = owner
        self._datagrams = datagrams
        self._stream = CotStream()

    @property
    def stamped(self) -> bool:
        """The times are the sender's."""
        return True

    def reset(self) -> None:
        """Forget half an event."""
        self._stream = CotStream()

    def feed(self, data: bytes, came_us: int) -> Decoded:  # noqa: ARG002 - the times are its own
        """The positions of the events that data completes."""
        decoded = Decoded()
        if self._datagrams:
            event = decode_datagram(data)
            found = [] if event is None else [event]
        else:
            found = self._stream.feed(data)
        for each in found:
            if isinstance(each, Fault):
                decoded.refuse(each.rule, each.sample)
                continue
            decoded.take(self._report(each))
        return decoded

    def _report(self, event: CotEvent) -> PositionReport | None:
        report = report_of(event, owner=self._owner)
        named = _AIRCRAFT.fullmatch(event.uid)
        if report is None or named is None:
            return report
        name = aircraft_id(named[1])
        assert name is not None, "six digits are one"
        return msgspec.structs.replace(report, track_id=name)
