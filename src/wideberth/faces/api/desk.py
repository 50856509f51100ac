"""What handlers share: the node, the index kept beside its picture, the caches; and one request.

:class:`Desk` is made once for an app; :class:`Call` once for each request that passed the door.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from wideberth.analysing import Analysing
from wideberth.backlogs import Backlogs
from wideberth.beside import Beside
from wideberth.clock import ExerciseClock
from wideberth.faces.api.areas import AreasAsked
from wideberth.faces.api.auth import Said as SignedSaid
from wideberth.faces.api.carriers import Carrier, Said
from wideberth.faces.api.deliveries import Given
from wideberth.faces.api.http import Route
from wideberth.faces.api.publickept import PublicPages
from wideberth.faces.api.readiness import Readiness
from wideberth.faces.api.rebuilt import Rebuilt
from wideberth.faces.api.standing import Standing
from wideberth.faces.api.together import Together
from wideberth.faces.api.views import IntentBytes
from wideberth.live import Live
from wideberth.model.ids import PartyId
from wideberth.model.parties import Author
from wideberth.outbound import Outbound
from wideberth.picture.picture import Picture
from wideberth.service import Service
from wideberth.tokens import TokenVerifier
from wideberth.urgent import Urgent
from wideberth.witnessing import Witnessing

__all__ = ["Call", "Desk", "NodeLike", "SaidLately"]

_SAID_BYTES = 300  # of an event that is kept, besides its data


class NodeLike(Protocol):
    """What the face needs of a node (:mod:`wideberth.node`); it is also its async context."""

    @property
    def service(self) -> Service:
        """The loop."""
        ...

    @property
    def verifier(self) -> TokenVerifier:
        """Who may speak for a party."""
        ...

    @property
    def contacts(self) -> Mapping[str, Any]:
        """Contact reference to public details."""
        ...

    @property
    def origin(self) -> str:
        """The record's name."""
        ...

    @property
    def vkey(self) -> str:
        """The record's public key."""
        ...

    @property
    def beside(self) -> Beside:
        """The host's other spaces."""
        ...

    @property
    def host_name(self) -> str:
        """Who runs this node."""
        ...

    @property
    def exercise_clock(self) -> ExerciseClock | None:
        """The clock of an exercise; None: the real one."""
        ...

    @property
    def witnessing(self) -> Witnessing:
        """Who cosigns the record's heads."""
        ...

    @property
    def urgent(self) -> Urgent:
        """What leaves first and is recorded after."""
        ...

    @property
    def outbound(self) -> Outbound:
        """Who tells those without a stream, and knows the codes by which they answer."""
        ...

    @property
    def analysing(self) -> Analysing:
        """Who holds each party's flights against the limits in time."""
        ...

    @property
    def backlogs(self) -> Backlogs:
        """How much lies where, unread."""
        ...

    @property
    def stopping(self) -> asyncio.Event:
        """Set when the node is about to stop, before its connections close: streams end then."""
        ...

    async def __aenter__(self) -> Any: ...
    async def __aexit__(self, *exc: object) -> Any: ...


class SaidLately:
    """Events as they went out, by reader and position, for a second: names beside the record may
    change. Bounded in bytes; what is older than that second goes first.

    What one party is told is no other's: their streams may say different things of one entry.
    """

    def __init__(self, most_bytes: int = 16_777_216, life_s: float = 1.0) -> None:
        self._kept: OrderedDict[tuple[PartyId, int], tuple[float, Said]] = OrderedDict()
        self._most_bytes = most_bytes
        self._life_s = life_s
        self.bytes = 0
        """Of what is kept."""

    def get(self, party: PartyId, position: int) -> Said | None:
        """What the party was told of it less than a second ago."""
        kept = self._kept.get((party, position))
        return None if kept is None or kept[0] < time.monotonic() else kept[1]

    def keep(self, party: PartyId, position: int, said: Said) -> None:
        """Keep what the party is told of it now."""
        now_s = time.monotonic()
        self._drop((party, position))
        self._kept[party, position] = now_s + self._life_s, said
        self.bytes += _size(said)
        while self._kept:  # in the order in which they were kept
            oldest, (until_s, _) = next(iter(self._kept.items()))
            if until_s >= now_s and self.bytes <= self._most_bytes:
                break
            self._drop(oldest)

    def _drop(self, of: tuple[PartyId, int]) -> None:
        kept = self._kept.pop(of, None)
        if kept is not None:
            self.bytes -= _size(kept[1])


def _size(said: Said) -> int:
    return len(said.data) + _SAID_BYTES


@dataclass(slots=True)
class Desk:
    """What lives as long as the app."""

    node: NodeLike
    live: Live
    rebuilt: Rebuilt = field(default_factory=Rebuilt)
    intent_bytes: IntentBytes = field(default_factory=IntentBytes)
    said: SaidLately = field(default_factory=SaidLately)
    areas: AreasAsked = field(default_factory=AreasAsked)
    together: Together = field(default_factory=Together)
    given: Given = field(default_factory=Given)
    public: PublicPages = field(default_factory=PublicPages)
    standing: Standing = field(default_factory=Standing)
    readiness: Readiness = field(init=False)

    def __post_init__(self) -> None:
        """What rests on the others."""
        folder: Path | None = getattr(self.node, "folder", None)
        self.readiness = Readiness(self.node.service, folder)

    @property
    def service(self) -> Service:
        """The loop."""
        return self.node.service

    @property
    def urgent(self) -> Urgent:
        """What leaves first and is recorded after."""
        return self.node.urgent

    @property
    def outbound(self) -> Outbound:
        """Who tells those without a stream."""
        return self.node.outbound

    @property
    def picture(self) -> Picture:
        """What is durable, folded. It goes on changing between two awaits."""
        return self.node.service.picture

    @property
    def contacts(self) -> Mapping[str, Any]:
        """Contact reference to public details."""
        return self.node.contacts


@dataclass(slots=True)
class Call:
    """One request. query, body: decoded; said: the signed statement in the place of the body;
    carrier: of a stream.
    """

    desk: Desk
    route: Route
    author: Author
    path: dict[str, str]
    headers: dict[bytes, bytes]
    query: Any
    body: Any = None
    said: SignedSaid | None = None
    carrier: Carrier | None = None

    @property
    def party(self) -> PartyId:
        """Who reads."""
        return self.author.party

    @property
    def picture(self) -> Picture:
        """What is durable, folded."""
        return self.desk.picture
