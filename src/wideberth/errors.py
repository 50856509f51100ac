"""The errors of wideberth, in one tree.

::

    WideberthError
    ├── InvalidValue            a field breaks a rule: names the field, the rule and the value
    │   ├── NotComparable       two altitudes whose references cannot be compared here
    │   └── Unclear             a value that could mean several things: names each, and asks
    ├── RecordError
    │   ├── PositionTaken       somebody else appended first; fold what came in and decide again
    │   ├── RecordCorrupt       what is on disk is not what was signed; names the first bad index
    │   └── RecordUnavailable   the disk is full or failing; nothing was written
    ├── Overloaded              the queue of commands is full; says when to come back
    └── NewerEntry              an entry of a later version than this program knows

A refusal by a rule is not an error: it is a value, :class:`wideberth.model.refusals.Refusal`.
Text is made from the fields, so that a face can translate or mask it.
"""

from __future__ import annotations

__all__ = [
    "InvalidValue",
    "NewerEntry",
    "NotComparable",
    "Overloaded",
    "PositionTaken",
    "RecordCorrupt",
    "RecordError",
    "RecordUnavailable",
    "Unclear",
    "WideberthError",
]


class WideberthError(Exception):
    """The base of everything that wideberth raises on purpose."""


class InvalidValue(WideberthError, ValueError):
    """A field breaks a rule.

    field: where the value stands, as a dotted path (``volumes.0.start``); two fields that
    contradict each other are both named, separated by a comma. rule: a short stable code
    (``end-before-start``). value: what came. advice: what was wanted and what to do.
    """

    def __init__(self, field: str, rule: str, value: object, advice: str) -> None:
        self.field = field
        self.rule = rule
        self.value = value
        self.advice = advice
        super().__init__(f"{field}: {advice} (rule {rule}, got {_shortened(value)})")

    def within(self, prefix: str) -> InvalidValue:
        """The same error, its field names below prefix: ``lower`` becomes ``volumes.3.lower``."""
        fields = ", ".join(f"{prefix}.{name.strip()}" for name in self.field.split(","))
        return type(self)(fields, self.rule, self.value, self.advice)


class NotComparable(InvalidValue):
    """Two altitudes have different references and nothing here says how they relate."""


class Unclear(InvalidValue):
    """A value could mean several things, and only its sender can say which.

    choices: for each reading the text to send instead, and what it means in words. Empty where
    the sender has to say more than a choice would.
    """

    def __init__(
        self,
        field: str,
        rule: str,
        value: object,
        advice: str,
        choices: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(field, rule, value, advice)
        self.choices = choices

    def within(self, prefix: str) -> Unclear:
        """The same, its field names below prefix."""
        below = super().within(prefix)
        return Unclear(below.field, self.rule, self.value, self.advice, self.choices)


class RecordError(WideberthError):
    """The record could not do what was asked."""


class PositionTaken(RecordError):
    """The expected position is no longer the end of the record. Nothing was written."""

    def __init__(self, expected: int, actual: int) -> None:
        self.expected = expected
        self.actual = actual
        super().__init__(f"expected the record to end at {expected}; it ends at {actual}")


class RecordCorrupt(RecordError):
    """The record does not verify. position: the first bad index, or None where it is the head."""

    def __init__(self, position: int | None, reason: str) -> None:
        self.position = position
        self.reason = reason
        where = "head" if position is None else f"entry {position}"
        super().__init__(f"{where}: {reason}")


class RecordUnavailable(RecordError):
    """The store refused the write (disk full, input/output error). Nothing was written."""


class Overloaded(WideberthError):
    """Too much is waiting. retry_after_s: when to come back."""

    def __init__(self, retry_after_s: int) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(f"the queue of commands is full; try again in {retry_after_s} s")


class NewerEntry(WideberthError):
    """The record holds an entry of a version that this program does not know."""

    def __init__(self, position: int, version: object) -> None:
        self.position = position
        self.version = version
        super().__init__(f"entry {position} has version {version!r}, newer than this program")


def _shortened(value: object, *, limit: int = 200) -> str:
    """A value as a line of text that is never long and never fails, whatever a sender gave."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # an integer of thousands of digits; deep nesting
        text = f"a {type(value).__name__} too large to show"
    return text if len(text) <= limit else text[: limit - 1] + "…"
