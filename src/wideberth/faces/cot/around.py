"""What the connections of this face share, and for whom each of them speaks."""

from __future__ import annotations

from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from typing import Protocol

from wideberth.live import Live
from wideberth.model.ids import PartyId
from wideberth.model.intents import Intent, IntentKind, VisibilityLevel
from wideberth.operating import TakTable
from wideberth.picture.limits import limits_on, sees
from wideberth.picture.needs import needs
from wideberth.picture.picture import Picture
from wideberth.service import Service
from wideberth.urgent import Urgent
from wideberth.watch.trackrow import Whose
from wideberth.wire.cot import Fault

__all__ = ["Around", "Audience", "CotCounts", "Everybody", "OneParty", "around_of"]

_MOST_DOMAINS = 100_000


@dataclass(slots=True)
class CotCounts:
    """What was counted since the start. faults: input that is no event, by rule; samples: the last
    of each, as it began, and from whom; dropped: connections that were ended, by reason.
    """

    clients: int = 0
    events_in: Counter[str] = field(default_factory=Counter[str])
    events_out: int = 0
    faults: Counter[str] = field(default_factory=Counter[str])
    samples: dict[str, tuple[str, bytes]] = field(default_factory=dict[str, tuple[str, bytes]])
    dropped: Counter[str] = field(default_factory=Counter[str])
    too_large: int = 0

    def fault(self, fault: Fault, sender: str) -> None:
        """Count one, and keep how it began."""
        self.faults[fault.rule] += 1
        self.samples[fault.rule] = sender, fault.sample


@dataclass(slots=True)
class Around:
    """The node as far as this face needs it. domains: air, ground or water of a track, by feed's
    party and track, as its feed said it here.
    """

    service: Service
    live: Live
    urgent: Urgent
    origin: str
    exercise: bool
    emergency_is_stop: bool = False
    show_every_s: float = 1.0
    counts: CotCounts = field(default_factory=CotCounts)
    domains: OrderedDict[tuple[str, str], str] = field(
        default_factory=OrderedDict[tuple[str, str], str]
    )

    @property
    def picture(self) -> Picture:
        """What is durable, folded."""
        return self.service.picture

    def now_us(self) -> int:
        """The time of decisions."""
        return self.service.context().now_us

    def keep_domain(self, feed_party: str, track: str, domain: str) -> None:
        """Remember where a track moves; the oldest is forgotten where there are too many."""
        self.domains[feed_party, track] = domain
        self.domains.move_to_end((feed_party, track))
        if len(self.domains) > _MOST_DOMAINS:
            self.domains.popitem(last=False)


class NodeLike(Protocol):
    """What this face needs of a node (:mod:`wideberth.node`)."""

    @property
    def service(self) -> Service:
        """The loop."""
        ...

    @property
    def urgent(self) -> Urgent:
        """What leaves first and is recorded after."""
        ...

    @property
    def origin(self) -> str:
        """The record's name."""
        ...


def around_of(
    node: NodeLike, live: Live, table: TakTable, counts: CotCounts | None = None
) -> Around:
    """What connections share, of a node that runs. counts: where to count; None: anew."""
    return Around(
        service=node.service,
        live=live,
        urgent=node.urgent,
        origin=node.origin,
        exercise=node.service.picture.space.exercise,
        emergency_is_stop=table.emergency_is_stop,
        show_every_s=table.show_every_s,
        counts=counts or CotCounts(),
    )


class Audience(Protocol):
    """Who reads. party: None: whoever listens on a network."""

    @property
    def party(self) -> PartyId | None:
        """Whose connection it is."""
        ...

    def is_given(self, intent: Intent) -> bool:
        """Whether it is shown a version of an intent, whole."""
        ...

    def is_shown(self, whose: Whose) -> bool:
        """Whether it is shown a track."""
        ...


@dataclass(frozen=True, slots=True)
class OneParty:
    """A party: it is given what every answer of the API gives it whole, but for sites of others:
    each delivery of one is an entry and has its limit, and that way is the API's.
    """

    around: Around
    party: PartyId

    def is_given(self, intent: Intent) -> bool:
        """By the functions that judge every other answer."""
        if intent.kind is IntentKind.PRESENCE and intent.party != self.party:
            return False
        picture = self.around.picture
        return sees(picture, intent, self.party) and needs(picture, intent, self.party)

    def is_shown(self, whose: Whose) -> bool:
        """By the function that judges every other answer."""
        return self.around.live.is_visible(whose, self.party)


@dataclass(frozen=True, slots=True)
class Everybody:
    """Whoever listens: what its owner opened to all parties without any limit, and no more. Under
    need-to-know nothing is open to all.
    """

    around: Around
    party: None = None

    def is_given(self, intent: Intent) -> bool:
        """Open to all, to each of them whole, and no site."""
        picture = self.around.picture
        if intent.visibility.level is not VisibilityLevel.OPEN:
            return False
        if intent.kind is IntentKind.PRESENCE or picture.space.rules.need_to_know:
            return False
        if not picture.limits.get(intent.party):
            return True
        return not any(limits_on(picture, intent, each) for each in list(picture.parties))

    def is_shown(self, whose: Whose) -> bool:
        """On a feed that was opened to all."""
        return self.around.live.is_open(whose)
