"""Questions between parties to an incident, and the days within which they are to be answered.

Source of the procedure and its times: an agreement of the border-area family of 1997, under which
a party in doubt may question, the other answers within 7 days, 2 where it is urgent, and the first
may ask again or call a meeting. That nobody answered says nothing about the answer.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from wideberth.model.accounts import Audience
from wideberth.model.ids import IncidentId, PartyId, QuestionId
from wideberth.space.time import DAY_US

__all__ = [
    "MAX_QUESTION_WORDS",
    "QUESTION_STEPS",
    "AskQuestion",
    "Question",
    "QuestionAsked",
    "QuestionOverdue",
    "QuestionState",
    "QuestionStep",
    "QuestionStepped",
    "QuestionTimes",
    "Said",
    "StepQuestion",
]

MAX_QUESTION_WORDS = 4_000  # characters


class QuestionTimes(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, gc=False
):
    """Within what a question is to be answered, and the result of an inquiry receipted."""

    answer_us: int = 7 * DAY_US
    urgent_us: int = 2 * DAY_US
    receipt_us: int = 7 * DAY_US


class QuestionState(StrEnum):
    """Where a question stands. Whether it is overdue stands beside that."""

    ASKED = "asked"
    ANSWERED = "answered"
    ASKED_AGAIN = "asked-again"
    MEETING_CALLED = "meeting-called"


class QuestionStep(StrEnum):
    """What is done with a question."""

    ASK = "ask"
    ANSWER = "answer"
    ASK_AGAIN = "ask-again"
    CALL_MEETING = "call-meeting"


_Q, _S = QuestionState, QuestionStep

QUESTION_STEPS: dict[tuple[QuestionState, QuestionStep], QuestionState] = {
    (_Q.ASKED, _S.ANSWER): _Q.ANSWERED,
    (_Q.ASKED, _S.ASK_AGAIN): _Q.ASKED_AGAIN,  # once it is overdue
    (_Q.ASKED, _S.CALL_MEETING): _Q.MEETING_CALLED,
    (_Q.ANSWERED, _S.ASK_AGAIN): _Q.ASKED_AGAIN,
    (_Q.ANSWERED, _S.CALL_MEETING): _Q.MEETING_CALLED,
    (_Q.ASKED_AGAIN, _S.ANSWER): _Q.ANSWERED,
    (_Q.ASKED_AGAIN, _S.ASK_AGAIN): _Q.ASKED_AGAIN,  # once it is overdue
    (_Q.ASKED_AGAIN, _S.CALL_MEETING): _Q.MEETING_CALLED,
    (_Q.MEETING_CALLED, _S.ANSWER): _Q.ANSWERED,
}
"""By state and step, the state after it. What is not here is refused."""


class Said(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One step of a question, in its party's own words."""

    step: QuestionStep
    party: PartyId
    words: str
    time_us: int


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A question and all that was said of it. shown_to: who may read it beside asker and asked,
    as the asker decided. asks: so often it was asked; due_us: when the last time passes;
    overdue_us: since when it is overdue, until it is answered or asked again.
    """

    id: QuestionId
    asker: PartyId
    to: PartyId
    urgent: bool
    state: QuestionState
    asks: int
    due_us: int
    said: tuple[Said, ...]
    shown_to: tuple[PartyId, ...] = ()
    overdue_us: int | None = None

    @property
    def concerned(self) -> tuple[PartyId, ...]:
        """Who may read it."""
        return tuple(dict.fromkeys((self.asker, self.to, *self.shown_to)))

    @property
    def waits(self) -> bool:
        """Whether an answer is awaited within its time."""
        return self.state in (QuestionState.ASKED, QuestionState.ASKED_AGAIN)


class QuestionAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """A party asked another. shown_to: see Question."""

    incident: IncidentId
    question: QuestionId
    party: PartyId
    to: PartyId
    urgent: bool
    words: str
    audience: Audience
    shown_to: tuple[PartyId, ...]
    due_us: int


class QuestionStepped(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """It was answered, asked again, or a meeting was called. due_us: of what is awaited now."""

    incident: IncidentId
    question: QuestionId
    party: PartyId
    step: QuestionStep
    words: str
    state: QuestionState
    due_us: int
    concerned: tuple[PartyId, ...]


class QuestionOverdue(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """The time for the answer passed. asks: which time it was asked."""

    incident: IncidentId
    question: QuestionId
    to: PartyId
    asks: int
    concerned: tuple[PartyId, ...]


class AskQuestion(msgspec.Struct, frozen=True, tag=True):
    """Ask a party that is named in the incident. audience, parties: who else may read it."""

    incident: IncidentId
    to: PartyId
    words: str
    urgent: bool = False
    audience: Audience = Audience.OWN
    parties: tuple[PartyId, ...] = ()


class StepQuestion(msgspec.Struct, frozen=True, tag=True):
    """Answer it, ask again, or call a meeting."""

    incident: IncidentId
    question: QuestionId
    step: QuestionStep
    words: str
