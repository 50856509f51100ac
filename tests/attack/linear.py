"""A checker of linearizability, for several processes on one record.

The record is the total order of everything that was applied. So no search is needed: each operation
must have one point between its call and its answer, in the order of the record, where the
sequential model gives exactly the answer that came. What was applied has its position as its point,
a read the size that it saw, a refusal or a repeated answer the earliest size that justifies it.
Taking the earliest never spoils a later one, so a single pass over the calls decides.

The model knows slots: intents of different parties never share one. It uses nothing of the rules.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from typing import Literal

import msgspec

Verb = Literal["take", "amend", "end", "read"]


class Done(msgspec.Struct, frozen=True, tag=True):
    """Applied. digest: of the bytes of its entries; ovn: the new one; repeated: a second answer."""

    position: int
    count: int
    digest: str
    ovn: str
    repeated: bool = False


class No(msgspec.Struct, frozen=True, tag=True):
    """Refused, and by which intents."""

    rule: str
    with_intents: tuple[str, ...] = ()


class Seen(msgspec.Struct, frozen=True, tag=True):
    """What a read saw: how much of the record, and the intents of its slot with their OVNs."""

    size: int
    standing: tuple[tuple[str, str], ...]


class Unknown(msgspec.Struct, frozen=True, tag=True):
    """No answer: it may have been applied, or not. is_nothing: it certainly was not."""

    why: str
    is_nothing: bool = False


class Op(msgspec.Struct, frozen=True):
    """One call. Times of one monotonic clock of the machine; ovn: the one that was sent."""

    process: int
    verb: Verb
    slot: int
    party: str
    intent: str
    ovn: str
    request: str
    invoked_ns: int
    answered_ns: int
    answer: Done | No | Seen | Unknown


class Step(msgspec.Struct, frozen=True):
    """One command as the record has it. ovn: the one it made."""

    position: int
    count: int
    verb: Verb
    party: str
    intent: str
    ovn: str
    request: str
    digest: str

    @property
    def end(self) -> int:
        return self.position + self.count


class NotLinearizable(AssertionError):
    """An answer that no order explains."""


State = dict[str, tuple[str, str]]  # intent to party and OVN


def slot_of(intent: str) -> int:
    """The slot that an intent's id names."""
    return int(intent.partition("x")[0].removeprefix("s"))


def expected(op: Op | Step, state: State, *, ovn: str) -> No | None:
    """What the sequential model answers to a write where this state stands; None: applied."""
    if op.verb == "take":
        if op.intent in state:
            return No("intent-id-taken")
        others = tuple(sorted(each for each in state if state[each][0] != op.party))
        return No("conflict", others) if others else None
    if op.intent not in state:
        return No("no-such-intent")
    if state[op.intent][0] != op.party:
        return No("not-yours")
    return No("ovn-stale") if state[op.intent][1] != ovn else None


class Model:
    """Every state of every slot that the record went through."""

    def __init__(self, steps: Sequence[Step], begin: int) -> None:
        self._sizes: dict[int, list[int]] = {}
        self._states: dict[int, list[State]] = {}
        self._begin = begin
        self.ovns: set[str] = set()
        last = begin
        for step in steps:
            if step.position != last:
                raise NotLinearizable(f"the record leaves {last} to {step.position} unexplained")
            last = step.end
            self._apply(step)
        self.end = last

    def at(self, slot: int, size: int) -> tuple[int, State, int | None]:
        """From which size on, the state, and up to which size (exclusive), around a size."""
        sizes = self._sizes.get(slot, [self._begin])
        states = self._states.get(slot, [{}])
        index = bisect_right(sizes, size) - 1
        until = sizes[index + 1] if index + 1 < len(sizes) else None
        return sizes[index], states[index], until

    def _apply(self, step: Step) -> None:
        slot = slot_of(step.intent)
        sizes = self._sizes.setdefault(slot, [self._begin])
        states = self._states.setdefault(slot, [{}])
        before = states[-1]
        ovn = before[step.intent][1] if step.verb != "take" and step.intent in before else ""
        refusal = expected(step, before, ovn=ovn)
        if refusal is not None:
            raise NotLinearizable(f"{step} stands, where the model refuses it: {refusal}")
        if step.ovn in self.ovns:
            raise NotLinearizable(f"OVN {step.ovn} was given twice")
        self.ovns.add(step.ovn)
        after = dict(before)
        if step.verb == "end":
            del after[step.intent]
        else:
            after[step.intent] = (step.party, step.ovn)
        sizes.append(step.end)
        states.append(after)


class Verdict(msgspec.Struct, frozen=True):
    """What was checked, by kind of answer."""

    applied: int
    repeated: int
    refused: int
    reads: int
    unanswered: int


def check(ops: Sequence[Op], steps: Sequence[Step], *, begin: int) -> Verdict:
    """Raise NotLinearizable for the first answer that nothing explains.

    steps: the record from position begin on, in order.
    """
    model = Model(steps, begin)
    by_request: dict[tuple[str, str], Step] = {}
    for step in steps:
        if by_request.setdefault((step.party, step.request), step) is not step:
            raise NotLinearizable(f"request {step.request} of {step.party} was executed twice")
    _check_origins(ops, by_request)
    answered = sorted((op for op in ops if not isinstance(op.answer, Unknown)), key=_answered_ns)
    points: dict[int, int] = {}
    floor, finished = begin, 0
    for op in sorted(ops, key=lambda each: each.invoked_ns):
        while finished < len(answered) and answered[finished].answered_ns < op.invoked_ns:
            floor = max(floor, points[id(answered[finished])])
            finished += 1
        points[id(op)] = _point(op, floor, model, by_request.get((op.party, op.request)))
    kinds = Counter(
        "repeated" if isinstance(op.answer, Done) and op.answer.repeated else type(op.answer)
        for op in ops
    )
    return Verdict(kinds[Done], kinds["repeated"], kinds[No], kinds[Seen], kinds[Unknown])


def _answered_ns(op: Op) -> int:
    return op.answered_ns


def _point(op: Op, floor: int, model: Model, step: Step | None) -> int:
    """The earliest size at which the answer is right, not before floor."""
    match op.answer:
        case Done(repeated=repeated):
            return _point_of_done(op, op.answer, floor, step, is_repeated=repeated)
        case Seen(size, standing):
            if not floor <= size <= model.end:
                raise NotLinearizable(f"a read saw {size} entries, {floor} had been answered: {op}")
            _, state, _ = model.at(op.slot, size)
            if dict(standing) != {each: ovn for each, (_, ovn) in state.items()}:
                raise NotLinearizable(f"a read saw what never stood at {size}: {op}, {state}")
            return size
        case No():
            return _point_of_no(op, op.answer, floor, model, step)
        case Unknown(is_nothing=is_nothing):
            if step is not None and is_nothing:
                raise NotLinearizable(f"told that nothing happened, and it did: {op}, {step}")
            if step is not None and step.position < floor:
                raise NotLinearizable(f"applied before it was asked for: {op}, {step}")
            return floor
    raise AssertionError(op.answer)


def _point_of_done(op: Op, done: Done, floor: int, step: Step | None, *, is_repeated: bool) -> int:
    if step is None or step.position != done.position:
        raise NotLinearizable(f"answered, and the record has {step}: {op}")
    if (step.count, step.digest, step.ovn) != (done.count, done.digest, done.ovn):
        raise NotLinearizable(f"the record has other bytes than the answer: {op}, {step}")
    if (step.verb, step.intent) != (op.verb, op.intent):
        raise NotLinearizable(f"another command was applied: {op}, {step}")
    if is_repeated:
        return max(floor, step.end)
    if step.position < floor:
        raise NotLinearizable(
            f"position {step.position} is before what was answered: {floor}, {op}"
        )
    return step.end


def _point_of_no(op: Op, answer: No, floor: int, model: Model, step: Step | None) -> int:
    size: int | None = floor
    while size is not None and size <= model.end:
        if step is not None and size > step.position:
            break  # from here on the answer would be the first one again
        _, state, until = model.at(op.slot, size)
        wanted = expected(op, state, ovn=op.ovn)
        if wanted == msgspec.structs.replace(
            answer, with_intents=tuple(sorted(answer.with_intents))
        ):
            return size
        size = until
    raise NotLinearizable(f"refused, and nothing from {floor} on justifies it: {op}")


def _check_origins(ops: Sequence[Op], by_request: dict[tuple[str, str], Step]) -> None:
    """Whatever stands was asked for, and given as a first answer to at most one caller."""
    asked = {(op.party, op.request) for op in ops if op.verb != "read"}
    for where, step in by_request.items():
        if where not in asked:
            raise NotLinearizable(f"nobody asked for {step}")
    first = Counter(
        (op.party, op.request)
        for op in ops
        if isinstance(op.answer, Done) and not op.answer.repeated
    )
    for where, count in first.items():
        if count > 1:
            raise NotLinearizable(f"{count} callers were told that they were the first: {where}")
