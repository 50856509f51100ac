"""What tables of the picture hold that is said in no entry as it is: worked out of several."""

from __future__ import annotations

import msgspec

from wideberth.model.ids import PartyId, UnitToken
from wideberth.model.notices import Acknowledgement, Notice, Verb
from wideberth.model.settings import DEFAULT_RULES, Rules

__all__ = ["OpenNotice", "Outcome", "SnapshotMark", "SpaceFacts"]


class SpaceFacts(msgspec.Struct, frozen=True):
    """What holds for the space as a whole."""

    origin: str = ""
    host: str = ""
    rules: Rules = DEFAULT_RULES
    exercise: bool = False


class OpenNotice(msgspec.Struct, frozen=True, gc=False):
    """A notice on the open list and the answers to it so far.

    loaded: units that have LOADED it. attested: a role of the recipient stands for all of them.
    understood: a read-back within tolerance came after the last one that was off (N-08); misread:
    the last one was off. An answer that repeats one word for word is not kept twice.
    """

    notice: Notice
    answers: tuple[Acknowledgement, ...] = ()
    loaded: frozenset[UnitToken] = frozenset()
    attested: bool = False
    understood: bool = False
    misread: bool = False

    def answered(self, answer: Acknowledgement) -> OpenNotice:
        """The same with one more answer."""
        read = answer.verb is Verb.READ_BACK
        loads = answer.verb is Verb.LOADED
        repeats = bool(self.answers) and any(
            _says_the_same(answer, before) for before in self.answers[-8:]
        )
        return OpenNotice(
            self.notice,
            self.answers if repeats else (*self.answers, answer),
            self.loaded | {answer.unit} if loads and answer.unit is not None else self.loaded,
            self.attested or (loads and answer.attested),
            not answer.differences if read else self.understood,
            bool(answer.differences) if read else self.misread,
        )

    def released(self, holder: PartyId) -> OpenNotice:
        """The same without waiting for this holder's word."""
        left = tuple(each for each in self.notice.held_by if each != holder)
        return msgspec.structs.replace(
            self, notice=msgspec.structs.replace(self.notice, held_by=left)
        )

    @property
    def is_loaded(self) -> bool:
        """Whether every unit of the list has it loaded, or a role attested that."""
        units = self.notice.units
        return self.attested or (self.loaded.issuperset(units) if units else bool(self.loaded))

    @property
    def loaded_units(self) -> frozenset[UnitToken]:
        """Units of the distribution list that have it loaded; all of them where a role attested."""
        return frozenset(self.notice.units) if self.attested else self.loaded


def _says_the_same(answer: Acknowledgement, before: Acknowledgement) -> bool:
    if answer.verb is not before.verb or answer.unit != before.unit:
        return False
    return answer == msgspec.structs.replace(before, time_us=answer.time_us)


class Outcome(msgspec.Struct, frozen=True, gc=False):
    """What became of a request: where its entries stand. fingerprint: of what the client sent."""

    position: int
    entries: int
    fingerprint: str
    time_us: int


class SnapshotMark(msgspec.Struct, frozen=True, gc=False):
    """What the record says of a snapshot: the picture's digest and the file's SHA-256, in hex."""

    digest: str
    sha256: str
