"""A heap of due times, 16 bytes each: for a million deadlines that stand at once.

Two flat arrays side by side: when, and of what. What it is of are strings that others hold anyway.
Of one instant, the smaller string comes first, so that the order is the same in any process.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from sys import getsizeof

__all__ = ["DueHeap"]


class DueHeap:
    """A binary heap. Only the first is ever taken out: who takes it sees whether it holds.

    unseen: what may be due and was not looked at yet, the next one last; whoever looks at one takes
    it out, and pushes it where something is due.
    """

    __slots__ = ("_due", "_subjects", "unseen")

    def __init__(self, unseen: Iterable[str] = ()) -> None:
        self._due: array[int] = array("q")
        self._subjects: list[str] = []
        self.unseen = list(unseen)
        self.unseen.reverse()

    def __len__(self) -> int:
        return len(self._subjects)

    @property
    def nbytes(self) -> int:
        """Bytes that the two arrays take; the strings are others'."""
        return getsizeof(self._due) + getsizeof(self._subjects)

    def first(self) -> tuple[int, str] | None:
        """The least: when, and of what; None where there is nothing."""
        return (self._due[0], self._subjects[0]) if self._subjects else None

    def push(self, due_us: int, subject: str) -> None:
        """Put one in. O(log n), and mostly one comparison: what comes later is due later."""
        due, subjects = self._due, self._subjects
        at = len(subjects)
        due.append(due_us)
        subjects.append(subject)
        while at:
            above = (at - 1) >> 1
            other_us = due[above]
            if other_us < due_us or (other_us == due_us and subjects[above] <= subject):
                break
            due[at], subjects[at] = other_us, subjects[above]
            at = above
        due[at], subjects[at] = due_us, subject

    def pop(self) -> tuple[int, str]:
        """Take the least out. O(log n). Raises IndexError where there is nothing."""
        due, subjects = self._due, self._subjects
        due_us, subject = due.pop(), subjects.pop()
        if not subjects:
            return due_us, subject
        least = due[0], subjects[0]
        at, below, count = 0, 1, len(subjects)
        while below < count:
            right = below + 1
            if right < count and (
                due[right] < due[below]
                or (due[right] == due[below] and subjects[right] < subjects[below])
            ):
                below = right
            other_us = due[below]
            if due_us < other_us or (due_us == other_us and subject <= subjects[below]):
                break
            due[at], subjects[at] = other_us, subjects[below]
            at, below = below, 2 * below + 1
        due[at], subjects[at] = due_us, subject
        return least
