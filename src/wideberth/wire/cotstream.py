"""CoT events out of a stream of bytes, wherever it was cut.

Both ways of writing may follow each other on one connection: documents that end with ``</event>``,
and 0xBF with a length and a message. What is neither is a fault, and one more for each kilobyte
that it goes on, until the next beginning of an event. What comes out depends on the bytes alone,
never on how they were cut (but for the sample of garbage); what is held is bounded.
"""

from __future__ import annotations

import math

from wideberth.wire.cot import MAX_EVENT_BYTES, CotEvent, Fault, sampled
from wideberth.wire.cotproto import MAGIC, decode_message
from wideberth.wire.cotxml import decode_xml

__all__ = ["CotStream"]

_END = b"</event>"
_BEGINNINGS = (b"<?xml", b"<event")
_LONGEST = max(map(len, _BEGINNINGS))
_GARBAGE_BYTES = 1024
_WHITE = b" \t\r\n\0"  # some senders end an event with a zero


class CotStream:
    """Takes bytes, gives events and faults in their order."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._scanned = 0  # of what is held, without the end of a document
        self._is_lost = False  # until the next beginning
        self._garbage_left: float = math.inf  # before it is a fault once more
        self._is_binary = False  # what came last was a message

    def feed(self, data: bytes) -> list[CotEvent | Fault]:
        """What came to an end with these bytes. Never raises."""
        found: list[CotEvent | Fault] = []
        self._held += data
        while self._take(found):
            pass
        return found

    def _take(self, found: list[CotEvent | Fault]) -> bool:
        """One step; False: more bytes are needed for the next."""
        held = self._held
        if self._is_lost:
            return self._find(found)
        if not self._scanned:
            held[:] = held.lstrip(_WHITE)
        if not held:
            return False
        if held[0] == MAGIC:
            return self._take_message(found)
        beginning = bytes(held[:_LONGEST])
        if any(beginning.startswith(each) for each in _BEGINNINGS):
            return self._take_document(found)
        if any(each.startswith(beginning) for each in _BEGINNINGS):
            return False
        self._garbage_left = _GARBAGE_BYTES
        self._lose(found, Fault("garbage", "stream", sampled(held[:_LONGEST])))
        return True

    def _take_document(self, found: list[CotEvent | Fault]) -> bool:
        held = self._held
        at = held.find(_END, self._scanned, MAX_EVENT_BYTES)
        if at < 0:
            if len(held) >= MAX_EVENT_BYTES:
                self._lose(found, Fault("too-large", "event", sampled(held)))
                return True
            self._scanned = max(1, len(held) - len(_END) + 1)
            return False
        end = at + len(_END)
        found.append(decode_xml(bytes(held[:end])))
        self._drop(end)
        self._is_binary = False
        return True

    def _take_message(self, found: list[CotEvent | Fault]) -> bool:
        held = self._held
        length = shift = 0
        for at in range(1, 5):
            if at >= len(held):
                return False
            length |= (held[at] & 0x7F) << shift
            shift += 7
            if held[at] < 0x80:
                break
        else:
            at = 5
            length = MAX_EVENT_BYTES + 1
        start = at + 1
        if length > MAX_EVENT_BYTES:
            self._lose(found, Fault("too-large", "length", sampled(held[:5])))
            return True
        if len(held) < start + length:
            return False
        event = decode_message(bytes(held[start : start + length]))
        if event is not None:
            found.append(event)
        self._drop(start + length)
        self._is_binary = True
        return True

    def _lose(self, found: list[CotEvent | Fault], fault: Fault) -> None:
        found.append(fault)
        self._drop(1)
        self._is_lost = True

    def _pass(self, count: int, found: list[CotEvent | Fault]) -> None:
        """So many bytes are garbage too."""
        self._garbage_left -= count
        while self._garbage_left <= 0:
            self._garbage_left += _GARBAGE_BYTES
            found.append(Fault("garbage", "stream", sampled(self._held[:_LONGEST])))
        self._drop(count)

    def _find(self, found: list[CotEvent | Fault]) -> bool:
        """Go on to the next beginning. A single byte is one only among messages."""
        held = self._held
        places = [held.find(each) for each in _BEGINNINGS]
        if self._is_binary:
            places.append(held.find(MAGIC))
        places = [each for each in places if each >= 0]
        if places:
            self._pass(min(places), found)
            self._is_lost, self._garbage_left = False, math.inf
            return True
        self._pass(max(0, len(held) - _LONGEST + 1), found)
        return False

    def _drop(self, count: int) -> None:
        del self._held[:count]
        self._scanned = 0
