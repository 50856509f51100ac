"""The errors of wideberth, in one tree.

::

    WideberthError
    ├── InvalidValue            a field breaks a rule: names the field, the rule and the value
    │   ├── NotComparable       two altitudes whose references cannot be compared here
    │   └── Unclear             a value that could mean several things: names each, and asks
    ├── RecordError
    │   ├── PositionTaken       somebody else appended first; fold what came in and decide again
    │   ├── BehindWitness       a witness holds a head that this record does not have
    │   ├── RecordRestored      a backup was put back, and nobody said that nothing is missing
    │   ├── RecordCorrupt       what is on disk is not what was signed; names the first bad index
    │   └── RecordUnavailable   the disk is full or failing; nothing was written
    ├── Misbehaviour            a log contradicts what it signed; the evidence is kept in a file
    ├── Overloaded              the queue of commands is full; says when to come back
    │   └── ClockOff            this node's clock cannot be trusted, so nothing is decided by it
    └── NewerEntry              an entry of a later version than this program knows

A refusal by a rule is not an error: it is a value, :class:`wideberth.model.refusals.Refusal`.
Text is made from the fields, so that a face can translate or mask it.
"""

from __future__ import annotations

import errno

__all__ = [
    "BehindWitness",
    "ClockOff",
    "InvalidValue",
    "Misbehaviour",
    "NewerEntry",
    "NotComparable",
    "Overloaded",
    "PositionTaken",
    "RecordCorrupt",
    "RecordError",
    "RecordRestored",
    "RecordUnavailable",
    "Unclear",
    "WideberthError",
    "system_reason",
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


class BehindWitness(RecordError):
    """A witness holds a head that this log signed, and the record does not have it.

    witness: its name. witnessed, own: the sizes in entries. is_fork: the record is as long, but its
    tree of that size is another; otherwise entries were lost (an older copy was restored, say).
    """

    def __init__(self, witness: str, witnessed: int, own: int, *, is_fork: bool) -> None:
        self.witness = witness
        self.witnessed = witnessed
        self.own = own
        self.is_fork = is_fork
        found = (
            f"another tree of {witnessed} entries than the first {witnessed} of {own} here"
            if is_fork
            else f"a head of {witnessed} entries, and here are {own}"
        )
        super().__init__(f"witness {witness} holds {found}; nothing more is decided on this record")


class RecordRestored(RecordError):
    """The record was restored from a backup, and may lack what was answered after it was made.

    To decide on it would sign another history under the same name. own: its size in entries.
    """

    def __init__(self, own: int) -> None:
        self.own = own
        super().__init__(
            f"this record was restored from a backup of {own} entries and decides nothing until its"
            " host opens a new epoch (wideberth epoch); reading goes on"
        )


class RecordUnavailable(RecordError):
    """The store refused the write (disk full, input/output error). Nothing was written."""


class Misbehaviour(WideberthError):
    """A log contradicts what it signed. kind: ``fork`` or ``rollback``; path: the evidence."""

    def __init__(self, origin: str, kind: str, path: str) -> None:
        self.origin = origin
        self.kind = kind
        self.path = path
        found = "signed two trees" if kind == "fork" else "serves less than it once signed"
        super().__init__(f"{kind.upper()}: {origin} {found}; both notes are in {path}")


class Overloaded(WideberthError):
    """Too much is waiting. retry_after_s: when to come back."""

    def __init__(self, retry_after_s: int) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(f"the queue of commands is full; try again in {retry_after_s} s")


class ClockOff(Overloaded):
    """This node's clock is further from others' than is agreed. Nothing was decided.

    off_us: how far it is ahead at least, microseconds; negative: behind. witnesses: by whose
    clocks; empty: by the record's last entry.
    """

    def __init__(self, off_us: int, witnesses: tuple[str, ...] = ()) -> None:
        super().__init__(5)
        self.off_us = off_us
        self.witnesses = witnesses
        way = "behind" if off_us < 0 else "ahead of"
        whose = f"the clock of {', '.join(witnesses)}" if witnesses else "the record's last entry"
        self.args = (
            f"this node's clock is at least {abs(off_us) / 1_000_000:.1f} s {way} {whose};"
            " nothing is decided until it is set right",
        )


class NewerEntry(WideberthError):
    """The record holds an entry of a version that this program does not know."""

    def __init__(self, position: int, version: object) -> None:
        self.position = position
        self.version = version
        super().__init__(f"entry {position} has version {version!r}, newer than this program")


_IN_WORDS = {
    errno.ENOENT: "it, or a folder on the way to it, is not there",
    errno.EEXIST: "something of this name is there already; give another name",
    errno.EACCES: "this user may not read or write there",
    errno.EPERM: "this user may not do that there",
    errno.ENOTDIR: "a part of this path is no folder",
    errno.EISDIR: "this is a folder, and a file is wanted",
    errno.EROFS: "the file system can only be read",
    errno.ENOSPC: "the disk is full",
    errno.EADDRINUSE: "another program listens there; stop it, or take another port",
    errno.EADDRNOTAVAIL: "this machine has no such address",
}


def system_reason(error: OSError) -> str:
    """Why the system did not do it, in words that say what to look at.

    >>> system_reason(FileNotFoundError(errno.ENOENT, "No such file or directory"))
    'it, or a folder on the way to it, is not there'
    """
    if error.errno is not None and error.errno < 0:  # of getaddrinfo(3), on Linux
        return f"this name has no address ({error.strerror})"
    return _IN_WORDS.get(error.errno or 0) or error.strerror or type(error).__name__


def _shortened(value: object, *, limit: int = 200) -> str:
    """A value as a line of text that is never long and never fails, whatever a sender gave."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # an integer of thousands of digits; deep nesting
        text = f"a {type(value).__name__} too large to show"
    return text if len(text) <= limit else text[: limit - 1] + "…"
