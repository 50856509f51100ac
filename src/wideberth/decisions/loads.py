"""What the load of a recipient is, as one reader may know it, and what is warned of it (N-15).

The recipient knows of every notice to it. A sender knows of those that it may follow: what is
unread and may be followed now, and what was answered so that the answer reached it.

A week is of seven UTC days: the last seven are today and the six before; the whole weeks of the
past end with yesterday. What was acknowledged in one is how many notices were first answered in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import msgspec

from wideberth.decisions.disclosure import may_hear_answers
from wideberth.model.commands import ClearWarning, RaiseWarning
from wideberth.model.ids import PartyId, WarningId
from wideberth.model.loads import Ceiling, LoadRule
from wideberth.model.warnings import StandingWarning, WarningKind, WarningObject
from wideberth.picture.loads import Lane, Loads, Whole
from wideberth.picture.picture import Picture
from wideberth.space.time import DAY_US

__all__ = [
    "Load",
    "ceiling_warning",
    "counted_by",
    "is_over",
    "kept_from_day",
    "load_warning",
    "method",
    "received",
    "received_from",
    "sent",
    "weigh",
]

WEEK_DAYS = 7


class Load(msgspec.Struct, frozen=True):
    """What one reader knows of a load. issued: in the last seven days; oldest_us: when the oldest
    unread one was issued; acknowledged: in so many whole weeks of the past together.
    """

    issued: int
    unread: int
    oldest_us: int | None
    acknowledged: int
    weeks: int

    @property
    def typical(self) -> float | None:
        """What was acknowledged in a week of the past, in the mean; None: there is no past."""
        return self.acknowledged / self.weeks if self.weeks else None


def method(rule: LoadRule) -> str:
    """How the figures are made, in words that stand beside them."""
    return (
        "Days are UTC days. The last seven days are today and the six before. A notice is unread"
        " until its first answer. A typical week is the mean number of notices first answered in a"
        f" week, over the last {rule.weeks} whole weeks up to yesterday, without those before the"
        f" first of these notices. Warned is of more unread notices than {rule.percent} percent of"
        f" that, and more than {rule.least}. What is immediate, a hazard or an ALL-CLEAR is not"
        " counted. Nothing is held back, put in another order or refused."
    )


def received(loads: Loads, recipient: PartyId, now_us: int, rule: LoadRule) -> Load:
    """The load of a recipient in all, as it knows it itself."""
    whole = loads.whole(recipient) or Whole()
    unread = whole.unread, loads.oldest_us(recipient)
    return _load(whole.issued, whole.answered, unread, now_us, rule)


def received_from(
    loads: Loads, recipient: PartyId, sender: PartyId, now_us: int, rule: LoadRule
) -> Load:
    """What came from one sender, as the recipient knows it."""
    lane = loads.lane(recipient, sender) or Lane()
    return _load(lane.issued, lane.answered, (len(lane.unread), lane.oldest_us), now_us, rule)


def sent(picture: Picture, loads: Loads, recipient: PartyId, sender: PartyId, now_us: int) -> Load:
    """What a sender may know of what it sent to a recipient."""
    lane = loads.lane(recipient, sender) or Lane()
    followed = [
        issued_us
        for notice_id, issued_us in lane.unread.items()
        if (standing := picture.notices.get(notice_id)) is not None
        and may_hear_answers(picture, standing.notice, sender)
    ]
    issued = Counter(lane.issued_followed)
    issued.update(each // DAY_US for each in followed)
    unread = len(followed), min(followed, default=None)
    return _load(issued, lane.answered_followed, unread, now_us, picture.space.rules.load)


def is_over(load: Load, rule: LoadRule) -> bool:
    """Whether so much is unread that it is warned of. In whole numbers: no rounding decides."""
    if load.unread <= rule.least:
        return False
    return load.unread * 100 * max(load.weeks, 1) > rule.percent * load.acknowledged


def kept_from_day(now_us: int, rule: LoadRule) -> int:
    """The first day that is looked at, and one before, while midnight passes."""
    return now_us // DAY_US - WEEK_DAYS * max(rule.weeks, 1) - 1


def load_warning(
    picture: Picture, recipient: PartyId, reader: PartyId
) -> tuple[StandingWarning | None, WarningId]:
    """The warning of a recipient's unread load that stands, to itself or a sender, and the id of
    the next one. Each that is raised has an id of its own: who was told of one is told of the next.
    """
    return _last(picture, f"w-load.{recipient}.{reader}")  # parties' ids have no dots


def ceiling_warning(
    picture: Picture, key: tuple[PartyId, PartyId, str]
) -> tuple[StandingWarning | None, WarningId]:
    """The same of a ceiling that is passed."""
    return _last(picture, "w-ceiling." + ".".join(key))


def _last(picture: Picture, name: str) -> tuple[StandingWarning | None, WarningId]:
    """They are numbered from 1 without a gap; the last one is found in few steps by the index over
    the record, so that it is the same in any process.
    """
    history = picture.history
    assert history is not None, "it is weighed by what is durable"

    def was_raised(number: int) -> bool:
        return bool(history.positions(f"{name}.{number}"))

    beyond = 1
    while was_raised(beyond):
        beyond *= 2
    last = beyond // 2  # 0, or it was raised; beyond was not
    while beyond - last > 1:
        middle = (last + beyond) // 2
        last, beyond = (middle, beyond) if was_raised(middle) else (last, middle)
    return picture.warnings.get(WarningId(f"{name}.{last}")), WarningId(f"{name}.{last + 1}")


def weigh(
    picture: Picture, loads: Loads, pair: tuple[PartyId, PartyId | None], now_us: int
) -> Iterator[RaiseWarning | ClearWarning]:
    """What is to be recorded so that the warnings of a lane stand as they should, each to one
    party: of the recipient's load to it and to this sender, and of each ceiling that it counts to.
    """
    recipient, sender = pair
    if sender == recipient:
        sender = None  # of its own word the recipient alone is told, and as of all others
    rule = picture.space.rules.load
    yield from _weigh_load(
        picture, recipient, recipient, received(loads, recipient, now_us, rule), now_us
    )
    theirs = None
    if sender is not None:
        lane = loads.lane(recipient, sender)
        # Most have so little unread that it is no load, whoever may follow what of it.
        few = lane is None or len(lane.unread) <= rule.least
        theirs = Load(0, 0, None, 0, 0) if few else sent(picture, loads, recipient, sender, now_us)
        yield from _weigh_load(picture, recipient, sender, theirs, now_us)
    for key in dict.fromkeys(((recipient, recipient, ""), (recipient, recipient, sender or ""))):
        yield from _weigh_ceiling(picture, loads, key, now_us)
    if sender is not None:
        yield from _weigh_ceiling(picture, loads, (sender, recipient, sender), now_us)


def _weigh_load(
    picture: Picture, recipient: PartyId, reader: PartyId, load: Load, now_us: int
) -> Iterator[RaiseWarning | ClearWarning]:
    rules = picture.space.rules
    standing, name = load_warning(picture, recipient, reader)
    over = is_over(load, rules.load)
    if over and standing is None:
        whose = f"notices to {recipient}" + f" from {reader}" * (reader != recipient)
        typical = "nothing yet" if load.typical is None else f"{load.typical:.1f}"
        facts = (
            f"{whose}, unread: {load.unread}",
            f"acknowledged in a week of the past: {typical} (mean of {load.weeks} whole weeks)",
        )
        yield RaiseWarning(
            _warning(
                name, WarningKind.UNACKNOWLEDGED, f"rules/load/{rules.version}", recipient, reader,
                facts, now_us,
            )
        )  # fmt: skip
    elif standing is not None and not over:
        yield ClearWarning(msgspec.structs.replace(standing, updated_us=now_us))


def _weigh_ceiling(
    picture: Picture, loads: Loads, key: tuple[PartyId, PartyId, str], now_us: int
) -> Iterator[RaiseWarning | ClearWarning]:
    party, recipient, sender = key
    ceiling = picture.ceilings.get(key)
    standing, name = ceiling_warning(picture, key)
    if ceiling is None and standing is None:
        return
    issued = 0 if ceiling is None else counted_by(picture, loads, ceiling, now_us)
    if ceiling is None or issued <= ceiling.notices:
        if standing is not None:
            yield ClearWarning(msgspec.structs.replace(standing, updated_us=now_us))
        return
    if standing is None:
        whose = f"notices to {recipient}" + f" from {sender}" * bool(sender)
        facts = (f"{whose}, in seven days: {issued}", f"ceiling: {ceiling.notices}")
        rule = f"ceiling/{party}/{recipient}/{sender or 'all'}"
        yield RaiseWarning(
            _warning(name, WarningKind.CEILING, rule, recipient, party, facts, now_us)
        )


def counted_by(picture: Picture, loads: Loads, ceiling: Ceiling, now_us: int) -> int:
    """How many notices of the last seven days count towards a ceiling, as its party knows them."""
    rule = picture.space.rules.load
    if ceiling.party != ceiling.recipient:
        return sent(picture, loads, ceiling.recipient, ceiling.party, now_us).issued
    if ceiling.sender is None:
        return received(loads, ceiling.recipient, now_us, rule).issued
    return received_from(loads, ceiling.recipient, ceiling.sender, now_us, rule).issued


def _warning(
    name: WarningId,
    kind: WarningKind,
    rule: str,
    recipient: PartyId,
    reader: PartyId,
    facts: tuple[str, ...],
    now_us: int,
) -> StandingWarning:
    """To one party, as its own: it says no more than that party may know."""
    return StandingWarning(
        id=name,
        kind=kind,
        rule=rule,
        objects=(WarningObject("load", recipient, reader, facts),),
        parties=(reader,),
        raised_us=now_us,
        updated_us=now_us,
    )


def _load(
    issued: Counter[int],
    answered: Counter[int],
    unread: tuple[int, int | None],
    now_us: int,
    rule: LoadRule,
) -> Load:
    today = now_us // DAY_US
    first = today - WEEK_DAYS * rule.weeks
    days = [day for counts in (issued, answered) for day in counts if first <= day < today]
    # A week counts from the one of the first of these notices on: before it there was no past.
    weeks = -(-(today - min(days)) // WEEK_DAYS) if days else 0
    return Load(
        issued=sum(count for day, count in issued.items() if today - WEEK_DAYS < day <= today),
        unread=unread[0],
        oldest_us=unread[1],
        acknowledged=sum(count for day, count in answered.items() if first <= day < today),
        weeks=weeks,
    )
