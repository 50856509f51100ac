"""What became of each notice of a record, said slowly from its entries alone.

Written from the words of what closes a notice and of D-06, without the picture: whoever folds
wrongly is found out by it. Raises AssertionError, naming the notice, for what may not be.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from wideberth.model.entries import (
    Entry,
    IntentAccepted,
    NoticeAcknowledged,
    NoticeIssued,
    NoticeReleased,
)
from wideberth.model.ids import NoticeId
from wideberth.model.ladders import DEFAULT_LADDERS, NoticeEscalated
from wideberth.model.notices import Notice, Verb

__all__ = ["ENDS", "ends_of", "require_delivered", "require_told_once", "still_open"]

ENDS = ("loaded", "attested", "withdrawn", "escalated", "overdue")
_LADDERS = {ladder.urgency: ladder for ladder in DEFAULT_LADDERS}


def ends_of(entries: Sequence[Entry]) -> Counter[str]:
    """How many notices ended in which way; each is in exactly one of ENDS. The record goes on until
    every ladder is over: what is open then was told at its top, or is overdue.
    """
    issued: dict[NoticeId, Notice] = {}
    answers: dict[NoticeId, list[NoticeAcknowledged]] = {}
    steps: dict[NoticeId, list[NoticeEscalated]] = {}
    released: dict[NoticeId, set[str]] = {}
    closed: dict[NoticeId, NoticeId] = {}  # by which notice
    last: dict[str, int] = {}
    for entry in entries:
        match entry.body:
            case NoticeIssued(notice=notice):
                assert notice.id not in issued, f"issued twice: {notice.id}"
                before = last.get(notice.recipient, 0)
                assert notice.number == before + 1, f"{notice.recipient} misses one: {notice.id}"
                last[notice.recipient] = notice.number
                issued[notice.id] = notice
            case NoticeEscalated() as step:
                assert step.notice in issued, f"a step of no notice: {step.notice}"
                assert step.notice not in closed, f"a step after it closed: {step.notice}"
                assert entry.time_us >= step.due_us, f"a step too early: {step.notice}"
                steps.setdefault(step.notice, []).append(step)
            case NoticeAcknowledged(acknowledgement=answer, closes=closes) as said:
                assert answer.notice in issued, f"an answer to no notice: {answer.notice}"
                assert answer.notice not in closed, f"an answer after it closed: {answer.notice}"
                answers.setdefault(answer.notice, []).append(said)
                _close(closed, closes, answer.notice)
            case NoticeReleased(notice=notice_id, by=by, closes=closes):
                released.setdefault(notice_id, set()).add(by.party)
                _close(closed, closes, notice_id)
            case _:
                pass
    counted: Counter[str] = Counter(dict.fromkeys(ENDS, 0))
    for notice_id in issued:
        told = [step.step for step in steps.get(notice_id, ())]
        assert told == sorted(set(told)), f"steps twice, or out of order: {notice_id} {told}"
        if notice_id not in closed:
            posts = [step.post for step in steps.get(notice_id, ())]
            top = _LADDERS[issued[notice_id].urgency].rungs[-1].post
            is_seen = posts[-1:] in ([None], [top])
            assert is_seen, f"ran out of sight: {notice_id} {posts}"
            counted["overdue" if posts[-1] is None else "escalated"] += 1
            continue
        by = closed[notice_id]
        _require_in_line(notice_id, by, issued)
        held = set(issued[by].held_by) - released.get(by, set())
        assert not held, f"closed while held by {held}: {notice_id}"
        way = _loaded_how(issued[by], answers.get(by, []))
        counted["withdrawn" if issued[by].withdrawal else way] += 1
    assert sum(counted.values()) == len(issued)
    return counted


def still_open(entries: Sequence[Entry]) -> set[NoticeId]:
    """The notices that nothing closed."""
    found: set[NoticeId] = set()
    for entry in entries:
        if isinstance(entry.body, NoticeIssued):
            found.add(entry.body.notice.id)
        elif isinstance(entry.body, NoticeAcknowledged | NoticeReleased):
            found.difference_update(entry.body.closes)
    return found


def _close(closed: dict[NoticeId, NoticeId], closes: Iterable[NoticeId], by: NoticeId) -> None:
    for notice_id in closes:
        assert notice_id not in closed, f"closed twice: {notice_id}"
        closed[notice_id] = by


def _require_in_line(notice_id: NoticeId, by: NoticeId, issued: dict[NoticeId, Notice]) -> None:
    """What closed it is itself, or one that took its place, at however many removes."""
    line, waiting = set[NoticeId](), [by]
    while waiting:
        at = waiting.pop()
        if at not in line:
            line.add(at)
            waiting += issued[at].supersedes
    assert notice_id in line, f"closed by a stranger: {notice_id} by {by}"


def _loaded_how(notice: Notice, said: list[NoticeAcknowledged]) -> str:
    loads = [each.acknowledgement for each in said if each.acknowledgement.verb is Verb.LOADED]
    if any(each.attested for each in loads):
        return "attested"
    units = {each.unit for each in loads}
    assert units, f"closed, and nobody has loaded it: {notice.id}"
    assert units.issuperset(notice.units), f"closed, and a unit has not loaded it: {notice.id}"
    return "loaded"


def require_told_once(entries: Sequence[Entry], answered: dict[str, str]) -> None:
    """Each request of the load that was answered stands once, as the intent that was answered.

    answered: by idempotency key.
    """
    stands: Counter[str] = Counter()
    for entry in entries:
        if isinstance(entry.body, IntentAccepted) and entry.request is not None:
            stands[entry.request] += 1
            told = answered.get(entry.request)
            assert told in (None, entry.body.intent.id), f"answered otherwise: {entry.request}"
    twice = [request for request, count in stands.items() if count > 1]
    assert not twice, f"executed twice: {twice}"
    lost = [request for request in answered if request not in stands]
    assert not lost, f"answered and lost: {lost}"


def require_delivered(
    items: Sequence[dict[str, Any]], issued: Sequence[Notice], still_open: set[NoticeId]
) -> int:
    """What one recipient's receiver took, doubles and all: each open notice is there, in order, and
    a double says the same. Gives how many doubles there were.
    """
    first: dict[str, tuple[int, str]] = {}
    for item in items:
        says = item["version"], item["code"]
        assert first.setdefault(item["id"], says) == says, f"another double: {item['id']}"
    numbers = {notice.id: notice.number for notice in issued}
    strange = [each for each in first if each not in numbers]
    assert not strange, f"delivered to the wrong one: {strange[:3]}"
    order = [numbers[NoticeId(each)] for each in first]
    assert order == sorted(order), "delivered out of order"
    missing = [each for each in numbers if each in still_open and each not in first]
    assert not missing, f"open and never delivered: {missing[:3]} of {len(missing)}"
    return len(items) - len(first)
