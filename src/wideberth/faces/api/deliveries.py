"""What guards that protected sites are given away one by one: each delivery is recorded before the
answer leaves, by how many of an owner's sites a recipient was given that day, whichever way it
asked; and past the day's limit they are given by a bulk export alone, which takes two persons.

Which sites they were is held in memory for the day, to count each once, and recorded nowhere.
Notices and dry runs are not limited: nobody is kept from learning what a plan of theirs touches.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from wideberth.faces.api.problems import HttpProblem
from wideberth.model.commands import Request
from wideberth.model.entries import Entry, IntentAccepted, IntentAmended
from wideberth.model.ids import IntentId, PartyId
from wideberth.model.intents import Intent, IntentKind
from wideberth.model.refusals import Refusal
from wideberth.model.sites import RecordDelivery, SiteStale
from wideberth.space.time import DAY_US

if TYPE_CHECKING:
    from wideberth.faces.api.desk import Call

__all__ = ["Given", "deliver", "require_within_limit", "site_in", "within_limit"]


class Given:
    """Which sites were given to whom on one UTC day; lost with the process, and made anew."""

    def __init__(self) -> None:
        self._day = 0
        self._sites: dict[PartyId, dict[PartyId, set[IntentId]]] = {}

    def of(self, recipient: PartyId, day: int) -> dict[PartyId, set[IntentId]]:
        """By owner, the sites that the recipient was given on that day. Not to be kept."""
        if day != self._day:
            self._day, self._sites = day, {}
        return self._sites.setdefault(recipient, {})


def within_limit(call: Call, shown: Iterable[Intent]) -> list[Intent]:
    """Of these, in order, what may be in an answer: all but sites of others beyond the day's limit.
    A site that was given before on that day counts once.
    """
    asked = list(shown)
    if not any(_is_of_others(call, each) for each in asked):
        return asked
    given, day = _given(call), _day(call)
    room = call.picture.space.rules.sites_a_day - sum(
        max(len(sites), _recorded(call, owner, day)) for owner, sites in given.items()
    )
    taken: list[Intent] = []
    new: set[IntentId] = set()
    for each in asked:
        if _is_of_others(call, each) and each.id not in given.get(each.party, ()):
            if each.id not in new and len(new) >= room:
                continue
            new.add(each.id)
        taken.append(each)
    return taken


def require_within_limit(call: Call, shown: Intent) -> None:
    """Raise a problem where one more site of others is beyond the day's limit."""
    if not within_limit(call, (shown,)):
        raise HttpProblem(
            429,
            "sites-limit",
            "so many sites of others were given to your party today; two persons of it ask for a"
            " bulk export, and a dry run says what a plan touches",
        )


async def deliver(call: Call, shown: Iterable[Intent]) -> Refusal | None:
    """Record that sites of others are in an answer: by owner how many on that day, each once. Which
    they are, and where was looked, is recorded nowhere.
    """
    sites = [each for each in shown if _is_of_others(call, each)]
    if not sites:
        return None
    given, day = _given(call), _day(call)
    for each in sites:
        given.setdefault(each.party, set()).add(each.id)
    news = tuple(
        (owner, len(given[owner]))
        for owner in sorted({each.party for each in sites})
        if _recorded(call, owner, day) < len(given[owner])
    )
    if not news:
        return None
    recorded = await call.desk.service.submit(Request(call.author, RecordDelivery(news)))
    return recorded if isinstance(recorded, Refusal) else None


def site_in(entry: Entry) -> Intent | None:
    """The protected site whose place stands in an entry, if one does."""
    match entry.body:
        case (
            IntentAccepted(intent=intent) | IntentAmended(intent=intent) | SiteStale(intent=intent)
        ) if intent.kind is IntentKind.PRESENCE:
            return intent
        case _:
            return None


def _is_of_others(call: Call, intent: Intent) -> bool:
    return intent.kind is IntentKind.PRESENCE and intent.party != call.party


def _day(call: Call) -> int:
    return call.desk.service.context().now_us // DAY_US


def _given(call: Call) -> dict[PartyId, set[IntentId]]:
    return call.desk.given.of(call.party, _day(call))


def _recorded(call: Call, owner: PartyId, day: int) -> int:
    last = call.picture.deliveries.get((owner, call.party))
    return last.most if last is not None and last.day == day else 0
