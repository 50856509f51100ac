"""What the face keeps beside the picture: whose open notices and whose subscriptions. Made of the
picture when the face starts, and kept up by each entry after that.
"""

from __future__ import annotations

from collections.abc import Sequence

from wideberth.model.entries import (
    Entry,
    NoticeAcknowledged,
    NoticeIssued,
    NoticeReleased,
    SubscriptionClosed,
    SubscriptionOpened,
)
from wideberth.model.ids import NoticeId, PartyId, SubscriptionId
from wideberth.model.notices import Notice
from wideberth.picture.picture import Picture

__all__ = ["Rebuilt"]


class Rebuilt:
    """An index over the picture. Owned by the event loop's thread."""

    def __init__(self) -> None:
        self.size = 0
        self._subscriptions: dict[PartyId, dict[SubscriptionId, None]] = {}
        self._open: dict[PartyId, dict[NoticeId, None]] = {}
        self._notices: dict[NoticeId, Notice] = {}

    def catch_up(self, picture: Picture) -> None:
        """Begin with what stands in the picture."""
        self._subscriptions, self._open, self._notices = {}, {}, {}
        for subscription_id in picture.subscriptions:
            self._subscribe(picture.subscriptions[subscription_id].party, subscription_id)
        for notice_id in picture.notices:
            self._issue(picture.notices[notice_id].notice)
        self.size = picture.size

    def listen(self, start: int, entries: Sequence[Entry]) -> None:
        """Take in entries, the first at position start: a fold listener of the service."""
        if start != self.size:
            return  # before the first catch_up, which has them from the picture
        for entry in entries:
            self._note(entry)

    def subscriptions_of(self, party: PartyId) -> list[SubscriptionId]:
        """The party's subscriptions that were not closed, in the order opened."""
        return list(self._subscriptions.get(party, ()))

    def open_notices_of(self, party: PartyId) -> list[NoticeId]:
        """Open notices that the party received, sent, or holds open, in the order issued."""
        return list(self._open.get(party, ()))

    def _note(self, entry: Entry) -> None:
        match entry.body:
            case SubscriptionOpened(subscription=subscription):
                self._subscribe(subscription.party, subscription.id)
            case SubscriptionClosed(subscription=subscription_id, party=party):
                self._subscriptions.get(party, {}).pop(subscription_id, None)
            case NoticeIssued(notice=notice):
                self._issue(notice)
            case NoticeAcknowledged(closes=closes):
                self._close(closes)
            case NoticeReleased(notice=notice_id, by=by, closes=closes):
                self._release(notice_id, by.party)
                self._close(closes)
            case _:
                pass
        self.size += 1

    def _subscribe(self, party: PartyId, subscription_id: SubscriptionId) -> None:
        self._subscriptions.setdefault(party, {})[subscription_id] = None

    def _issue(self, notice: Notice) -> None:
        self._notices[notice.id] = notice
        for party in _concerned(notice):
            self._open.setdefault(party, {})[notice.id] = None

    def _release(self, notice_id: NoticeId, holder: PartyId) -> None:
        """Whoever no longer holds a notice open has nothing to do with it any more."""
        notice = self._notices.get(notice_id)
        if notice is not None and holder not in (notice.recipient, notice.sender):
            self._open.get(holder, {}).pop(notice_id, None)

    def _close(self, notices: Sequence[NoticeId]) -> None:
        for notice_id in notices:
            notice = self._notices.pop(notice_id, None)
            for party in () if notice is None else _concerned(notice):
                self._open[party].pop(notice_id, None)


def _concerned(notice: Notice) -> set[PartyId]:
    """Who received it, sent it, or may hold it open."""
    parties = {notice.recipient, *notice.held_by}
    return parties if notice.sender is None else parties | {notice.sender}
