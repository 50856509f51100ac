"""What the streams of a party took, over several processes: nothing counts as taken that none of
them took, however they notice, keep and learn in turn.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from wideberth.delivery.state import DeliveryState
from wideberth.delivery.taken import Taken
from wideberth.model.ids import PartyId

BRAVO = PartyId("bravo")
MOST = 8


@dataclass(frozen=True)
class Took:
    """A stream on a process took all after since up to number, but for those left out."""

    process: int
    since: int
    number: int
    left_out: frozenset[int]


@dataclass(frozen=True)
class Kept:
    """A process keeps what it noted, and learns what others did. fails: what it keeps is not."""

    process: int
    fails: bool = False


def took(process: int, numbers: tuple[int, int], left_out: frozenset[int]) -> Took:
    since, number = sorted(numbers)
    return Took(process, since, number, frozenset(n for n in left_out if since < n <= number))


NUMBERS = st.integers(0, MOST)
PROCESSES = st.integers(0, 1)
STEPS = st.lists(
    st.builds(took, PROCESSES, st.tuples(NUMBERS, NUMBERS), st.frozensets(NUMBERS))
    | st.builds(Kept, PROCESSES, st.booleans()),
    max_size=12,
)
LEFT_OUT_ELSEWHERE = [Took(0, 0, 5, frozenset({3})), Kept(0), Kept(1)]


@dataclass
class Slowly:
    """The events that some stream took, or said by where it began that it has."""

    numbers: set[int] = field(default_factory=set[int])

    def note(self, step: Took) -> None:
        self.numbers.update(range(1, step.since + 1))
        self.numbers.update(set(range(step.since + 1, step.number + 1)) - step.left_out)


def play(steps: list[Took | Kept], make: type[Taken]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        state = DeliveryState(Path(folder))
        try:
            _play(steps, [make(), make()], state)
        finally:
            state.close()


def _play(steps: list[Took | Kept], processes: list[Taken], state: DeliveryState) -> None:
    known = Slowly()
    for time_us, step in enumerate(steps, start=1):
        process = processes[step.process]
        if isinstance(step, Took):
            known.note(step)
            process.note(BRAVO, step.number, time_us, since=step.since, left_out=step.left_out)
        else:
            rows, changes = process.unkept()
            if step.fails:
                process.not_kept(changes)
            else:
                state.keep_streamed(rows, changes)
                process.merge(state.streamed(), state.left_out())
        for each in processes:
            said = {number for number in range(1, MOST + 1) if each.has(BRAVO, number)}
            assert said <= known.numbers, step


@given(STEPS)
@example(steps=LEFT_OUT_ELSEWHERE)
@example(steps=[Took(0, 0, 5, frozenset({3})), Kept(0, fails=True), Kept(1), Kept(0), Kept(1)])
@settings(deadline=None, max_examples=60)
def test_nothing_counts_as_taken_that_no_stream_took(steps: list[Took | Kept]) -> None:
    play(steps, Taken)


def test_the_check_finds_a_process_that_does_not_learn_what_was_left_out() -> None:
    class Faulty(Taken):
        def merge(
            self, streamed: Mapping[str, tuple[int, int]], left_out: Mapping[str, frozenset[int]]
        ) -> None:
            super().merge(streamed, {})

    @given(STEPS)
    @example(steps=LEFT_OUT_ELSEWHERE)
    @settings(phases=[Phase.explicit])
    def check(steps: list[Took | Kept]) -> None:
        play(steps, Faulty)

    with pytest.raises(AssertionError):
        check()


def test_the_check_finds_changes_that_are_lost_when_they_are_not_kept() -> None:
    class Faulty(Taken):
        def not_kept(self, changes: list[tuple[str, int, bool]]) -> None:
            super().not_kept([])

    @given(STEPS)
    @example(steps=[Took(0, 0, 5, frozenset({3})), Kept(0, fails=True), Kept(0), Kept(1)])
    @settings(phases=[Phase.explicit])
    def check(steps: list[Took | Kept]) -> None:
        play(steps, Faulty)

    with pytest.raises(AssertionError):
        check()


def test_what_another_stream_of_the_process_took_counts() -> None:
    taken = Taken()
    assert taken.note(BRAVO, 5, 1, left_out={3})
    assert [taken.has(BRAVO, n) for n in (2, 3, 5, 6)] == [True, False, True, False]
    assert taken.note(BRAVO, 4, 2, since=2)
    assert taken.has(BRAVO, 3)


def test_an_other_process_tells_it_no_more_once_what_was_left_out_was_taken_and_kept(
    tmp_path: Path,
) -> None:
    state = DeliveryState(tmp_path)
    one, other = Taken(), Taken()
    one.note(BRAVO, 5, 1, left_out={3})
    for step in (one, other):
        state.keep_streamed(*step.unkept())
        step.merge(state.streamed(), state.left_out())
    assert not other.has(BRAVO, 3)
    one.note(BRAVO, 5, 2, since=2)
    state.keep_streamed(*one.unkept())
    other.merge(state.streamed(), state.left_out())
    assert other.has(BRAVO, 3)
    state.close()
