"""What is due: the heap beside an obvious reference, and that nothing of it has to be kept."""

from __future__ import annotations

import heapq

from hypothesis import given
from hypothesis import strategies as st

from scenes import MINUTE_US, Scene, details
from wideberth.model.deadlines import DeadlineKind
from wideberth.model.intents import IntentKind
from wideberth.picture.deadlines import gather, next_due_us, pending, take_due
from wideberth.picture.dueheap import DueHeap
from wideberth.picture.snapshot import dump, load

STEPS = st.lists(st.none() | st.tuples(st.integers(0, 20), st.text("abc", max_size=3)))


@given(STEPS, st.lists(st.tuples(st.integers(0, 20), st.text("abc", max_size=3))))
def test_a_heap_gives_what_an_ordered_list_gives(
    steps: list[tuple[int, str] | None], begun: list[tuple[int, str]]
) -> None:
    heap, reference = DueHeap(), list(begun)
    for step in begun:
        heap.push(*step)
    heapq.heapify(reference)
    for step in steps:
        if step is not None:
            heap.push(*step)
            heapq.heappush(reference, step)
        elif reference:
            assert heap.pop() == heapq.heappop(reference)
        assert heap.first() == (reference[0] if reference else None)
        assert len(heap) == len(reference)
    assert [heap.pop() for _ in range(len(heap))] == sorted(reference)


def clashing(*, pairs: int = 1) -> Scene:
    """So many clashes of a hazard with a flight: a prompt notice to each side."""
    scene = Scene("alpha", "bravo")
    for _ in range(pairs):
        scene.tell("alpha", details())
        scene.pass_time(1)
        scene.tell("bravo", details(kind=IntentKind.HAZARD))
    return scene


def test_what_is_due_is_found_again_from_the_tables() -> None:
    scene = clashing(pairs=3)
    first_us = next_due_us(scene.picture)
    heaps = pending(scene.picture)
    scene.tell("bravo", details())  # pushed onto what was made
    again = load(dump(scene.picture))
    later_us = scene.now_us + 24 * 60 * MINUTE_US
    assert next_due_us(again) == first_us == next_due_us(scene.picture)
    assert take_due(again, later_us, limit=99) == take_due(scene.picture, later_us, limit=99)
    assert take_due(scene.picture, later_us, limit=99) == []
    assert heaps is scene.picture.due


def test_due_in_the_order_of_its_times_and_no_more_than_asked_for() -> None:
    scene = clashing(pairs=3)
    later_us = scene.now_us + 60 * MINUTE_US
    all_of_it = take_due(load(dump(scene.picture)), later_us, limit=99)
    assert len(all_of_it) == len(scene.picture.notices) > 4
    some = take_due(scene.picture, later_us, limit=2)
    assert some == all_of_it[:2]
    issued = [scene.picture.notices[each.subject].notice.issued_us for each in all_of_it]
    assert issued == sorted(issued)


def test_a_heap_of_what_is_over_is_made_anew() -> None:
    scene = clashing()
    heap = next(iter(pending(scene.picture).values()))
    standing = len(heap)
    for count in range(10_000):
        heap.push(2**61, f"gone{count}")
    take_due(scene.picture, 0, limit=1)
    assert len(next(iter(pending(scene.picture).values()))) == standing


def test_what_is_due_is_found_a_part_at_a_time_and_what_changes_meanwhile_counts() -> None:
    scene = clashing(pairs=3)
    later_us = scene.now_us + 24 * 60 * MINUTE_US
    again = load(dump(scene.picture))
    all_of_it = take_due(load(dump(scene.picture)), later_us, limit=99)
    parts = 0
    while not gather(again, limit=2):
        parts += 1
    assert parts >= len(again.notices) // 2
    assert take_due(again, later_us, limit=99) == all_of_it

    assert not gather(scene.picture, limit=2)
    gone = scene.open_notices("alpha")[-1]
    scene.load(gone)  # not looked at yet, and over
    scene.tell("bravo", details())  # new
    wanted = take_due(load(dump(scene.picture)), later_us, limit=99)
    assert gone.id not in {each.subject for each in wanted}
    assert len(wanted) > len(all_of_it) - 1
    while not gather(scene.picture, limit=1):
        pass
    assert take_due(scene.picture, later_us, limit=99) == wanted


def test_much_that_is_over_is_passed_over_a_part_at_a_time() -> None:
    scene = clashing()
    heap = pending(scene.picture)[DeadlineKind.ESCALATION]
    for count in range(4_000):
        heap.push(count, f"gone{count}")
    later_us = scene.now_us + 24 * 60 * MINUTE_US
    found = [take_due(scene.picture, later_us, limit=10) for _ in range(3)]
    assert found[0] == []
    of_notices = {each.subject for each in found[1] if each.kind is DeadlineKind.ESCALATION}
    assert of_notices == set(scene.picture.notices)
