"""How many notices went to whom, what of them is unread, and what was acknowledged, day by day.

An index beside the picture: in no digest and no snapshot, made again from the record at a start
(:mod:`wideberth.backlogs`). Days are UTC days, counted from 1970. A notice is unread until its
recipient first answers, whatever it says, or it leaves the open list. What is urgent is not here
(:func:`wideberth.model.loads.is_counted`).

Of the answers it is kept apart which reached the sender: of the others it may not know.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from wideberth.model.ids import NoticeId, PartyId
from wideberth.model.notices import Notice
from wideberth.space.time import DAY_US

__all__ = ["Lane", "Loads", "Whole"]


class Lane:
    """From one sender to one recipient. By day: issued, and answered for the first time; of those
    whose first answer reached the sender: issued_followed, by their own day, answered_followed.
    unread: when each was issued, the oldest first.
    """

    __slots__ = ("answered", "answered_followed", "issued", "issued_followed", "unread")

    def __init__(self) -> None:
        self.issued: Counter[int] = Counter()
        self.answered: Counter[int] = Counter()
        self.issued_followed: Counter[int] = Counter()
        self.answered_followed: Counter[int] = Counter()
        self.unread: dict[NoticeId, int] = {}

    @property
    def oldest_us(self) -> int | None:
        """When the oldest that is unread was issued: they come in the order of the record."""
        return next(iter(self.unread.values()), None)

    def forget_before(self, day: int) -> None:
        """Let the days before this one go; what is unread stays."""
        for counts in (self.issued, self.answered, self.issued_followed, self.answered_followed):
            _forget(counts, day)

    @property
    def is_over(self) -> bool:
        """Whether there is nothing left to say."""
        return not (self.issued or self.answered or self.issued_followed or self.unread)


class Whole:
    """All that goes to one recipient: by day issued, and answered for the first time; how many are
    unread.
    """

    __slots__ = ("answered", "issued", "unread")

    def __init__(self) -> None:
        self.issued: Counter[int] = Counter()
        self.answered: Counter[int] = Counter()
        self.unread = 0


class Loads:
    """The lanes. Counts nothing twice; what it does not know of is left alone."""

    def __init__(self) -> None:
        self._to: dict[PartyId, dict[str, Lane]] = {}
        self._from: dict[str, set[PartyId]] = {}
        self._whole: dict[PartyId, Whole] = {}

    def lane(self, recipient: PartyId, sender: PartyId | None) -> Lane | None:
        """The lane from a sender; sender None: of notices that name none."""
        return self._to.get(recipient, {}).get(sender or "")

    def whole(self, recipient: PartyId) -> Whole | None:
        """All that goes to a recipient."""
        return self._whole.get(recipient)

    def oldest_us(self, recipient: PartyId) -> int | None:
        """When the oldest that is unread was issued, of all that goes to a recipient."""
        found = (each.oldest_us for each in self._to.get(recipient, {}).values())
        return min((each for each in found if each is not None), default=None)

    def senders_to(self, recipient: PartyId) -> list[PartyId]:
        """The senders that the recipient was told of, in order."""
        return sorted(PartyId(each) for each in self._to.get(recipient, {}) if each)

    def recipients_of(self, sender: PartyId) -> list[PartyId]:
        """To whom notices of a sender went, in order; it may not know of each."""
        return sorted(self._from.get(sender, ()))

    def pairs(self) -> Iterator[tuple[PartyId, PartyId | None]]:
        """Recipient and sender of each lane."""
        for recipient, lanes in self._to.items():
            for sender in lanes:
                yield recipient, PartyId(sender) if sender else None

    def issue(self, notice: Notice, *, by_day: bool = True) -> None:
        """A notice that counts went out. by_day: or it is known only that it is still unread."""
        sender = notice.sender or ""
        lanes = self._to.setdefault(notice.recipient, {})
        lane = lanes.get(sender)
        if lane is None:
            lane = lanes[sender] = Lane()
            self._from.setdefault(sender, set()).add(notice.recipient)
        whole = self._whole.setdefault(notice.recipient, Whole())
        lane.unread[notice.id] = notice.issued_us
        whole.unread += 1
        if by_day:
            lane.issued[notice.issued_us // DAY_US] += 1
            whole.issued[notice.issued_us // DAY_US] += 1

    def answer(
        self, notice_id: NoticeId, recipient: PartyId, *, reached: PartyId | None, time_us: int
    ) -> dict[PartyId | None, None]:
        """The recipient answered; only the first answer counts. reached: the sender, where it may
        know. Gives the sender (None: the notice names none) if this was the first.
        """
        for sender, lane in self._to.get(recipient, {}).items():
            issued_us = lane.unread.pop(notice_id, None)
            if issued_us is None:
                continue
            lane.answered[time_us // DAY_US] += 1
            self._whole[recipient].answered[time_us // DAY_US] += 1
            self._whole[recipient].unread -= 1
            if reached is not None:
                lane.issued_followed[issued_us // DAY_US] += 1
                lane.answered_followed[time_us // DAY_US] += 1
            return {PartyId(sender) if sender else None: None}
        return {}

    def close(self, notices: Iterable[NoticeId], recipient: PartyId) -> dict[PartyId | None, None]:
        """Notices left the open list; what of them was unread is so no more. Gives their senders,
        each once; None: a notice that names none.
        """
        found: dict[PartyId | None, None] = {}
        for notice_id in notices:
            for sender, lane in self._to.get(recipient, {}).items():
                if lane.unread.pop(notice_id, None) is not None:
                    self._whole[recipient].unread -= 1
                    found[PartyId(sender) if sender else None] = None
                    break
        return found

    def forget_before(self, day: int) -> None:
        """Let the days before this one go, and lanes of which nothing is left."""
        for recipient, lanes in list(self._to.items()):
            for sender, lane in list(lanes.items()):
                lane.forget_before(day)
                if lane.is_over:
                    del lanes[sender]
                    self._from[sender].discard(recipient)
            _forget(self._whole[recipient].issued, day)
            _forget(self._whole[recipient].answered, day)
            if not lanes:
                del self._to[recipient], self._whole[recipient]


def _forget(counts: Counter[int], day: int) -> None:
    for each in [each for each in counts if each < day]:
        del counts[each]
