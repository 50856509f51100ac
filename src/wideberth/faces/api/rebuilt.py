"""What the face keeps beside the picture: whose open notices, whose subscriptions, and where the
notifications of each subscription stand. Rebuilt from the record: throw it away and fold again.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Sequence

from wideberth.model.entries import (
    Entry,
    NoticeAcknowledged,
    NoticeIssued,
    NoticeReleased,
    SubscribersNotified,
    SubscriptionClosed,
    SubscriptionOpened,
    decode_entry,
)
from wideberth.model.ids import NoticeId, PartyId, SubscriptionId
from wideberth.service import Service

__all__ = ["Rebuilt"]

_PAGE = 2_000


class Rebuilt:
    """An index over the entries folded so far. Owned by the event loop's thread."""

    def __init__(self) -> None:
        self.size = 0
        self._notified: dict[int, array[int]] = {}
        self._subscriptions: dict[int, tuple[SubscriptionId, PartyId]] = {}
        self._numbers: dict[PartyId, dict[SubscriptionId, int]] = {}
        self._open: dict[PartyId, dict[NoticeId, None]] = {}
        self._concerned: dict[NoticeId, tuple[PartyId, ...]] = {}

    async def catch_up(self, service: Service) -> None:
        """Fold what the service had folded before this listened to it."""
        while self.size < service.picture.size:
            rows = await service.rows(self.size, min(_PAGE, service.picture.size - self.size))
            for row in rows:
                if row.erased_by is not None:
                    self.size = row.position + 1  # it was about what nobody finds here any more
                elif row.position == self.size:
                    self._note(row.position, decode_entry(row.envelope, position=row.position))

    def listen(self, start: int, entries: Sequence[Entry]) -> None:
        """Take in entries, the first at position start: a fold listener of the service."""
        if start != self.size:
            return  # before the first catch_up; that one reads these too
        for position, entry in enumerate(entries, start):
            self._note(position, entry)

    def notifications_of(
        self, party: PartyId, numbers: Sequence[int], position: int
    ) -> list[tuple[SubscriptionId, int]]:
        """(subscription, index) of the party's own among these subscriptions, as the notification
        at position counted them. Indexes count from 1 without a gap.
        """
        found: list[tuple[SubscriptionId, int]] = []
        for number in numbers:
            known = self._subscriptions.get(number)
            if known is not None and known[1] == party:
                found.append((known[0], bisect_right(self._notified[number], position)))
        return found

    def subscriptions_of(self, party: PartyId) -> list[SubscriptionId]:
        """The party's subscriptions that were not closed, in the order opened."""
        return list(self._numbers.get(party, ()))

    def open_notices_of(self, party: PartyId) -> list[NoticeId]:
        """Open notices that the party received, sent, or holds open, in the order issued."""
        return list(self._open.get(party, ()))

    def _note(self, position: int, entry: Entry) -> None:
        match entry.body:
            case SubscribersNotified(subscriptions=numbers):
                for number in numbers:
                    self._notified.setdefault(number, array("q")).append(position)
            case SubscriptionOpened(subscription=subscription):
                self._subscriptions[subscription.number] = (subscription.id, subscription.party)
                own = self._numbers.setdefault(subscription.party, {})
                own[subscription.id] = subscription.number
            case SubscriptionClosed(subscription=subscription_id, party=party):
                self._numbers.get(party, {}).pop(subscription_id, None)
            case NoticeIssued(notice=notice):
                concerned = dict.fromkeys((notice.recipient, notice.sender, *notice.held_by))
                parties = tuple(party for party in concerned if party is not None)
                self._concerned[notice.id] = parties
                for party in parties:
                    self._open.setdefault(party, {})[notice.id] = None
            case NoticeAcknowledged(closes=closes) | NoticeReleased(closes=closes):
                for notice_id in closes:
                    for party in self._concerned.pop(notice_id, ()):
                        self._open[party].pop(notice_id, None)
            case _:
                pass
        self.size = position + 1
