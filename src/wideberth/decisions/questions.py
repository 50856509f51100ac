"""The rules for questions about an incident: asked, answered, asked again, a meeting called (I-05).

Asker and asked take the steps; who else may read a question was the asker's to decide. A time that
passes makes a question overdue, and nothing else: no answer is made of silence.
"""

from __future__ import annotations

from wideberth.decisions.incidents_opened import (
    audience_of,
    named_besides,
    refuse_many,
    refuse_unsigned,
    refuse_words,
    taking_part,
)
from wideberth.decisions.outcome import Accepted, Context, Decision, refused
from wideberth.model.deadlines import Due
from wideberth.model.entries import Body
from wideberth.model.ids import IncidentId, PartyId, QuestionId
from wideberth.model.incidents import Incident
from wideberth.model.parties import Author
from wideberth.model.questions import (
    MAX_QUESTION_WORDS,
    QUESTION_STEPS,
    AskQuestion,
    Question,
    QuestionAsked,
    QuestionOverdue,
    QuestionState,
    QuestionStep,
    QuestionStepped,
    StepQuestion,
)
from wideberth.model.refusals import Refusal, RefusalKind
from wideberth.picture.picture import Picture

__all__ = ["MAX_SAID", "ask_question", "question_passed", "step_question"]

MAX_SAID = 100
"""Steps of one question. The next one is asked as a question of its own."""


def ask_question(
    picture: Picture, command: AskQuestion, author: Author, context: Context
) -> Decision:
    """A question to another who is named in the incident."""
    incident = taking_part(picture, command.incident, author.party)
    if isinstance(incident, Refusal):
        return incident
    if command.to == author.party or incident.member(command.to) is None:
        named = named_besides(incident, author.party, command.to)
        return refused(
            RefusalKind.INVALID, "not-named", f"ask another who is named in the incident; {named}",
            field="to", value=command.to,
        )  # fmt: skip
    shown_to = audience_of(incident, author.party, command.audience, command.parties)
    refusal = (
        (shown_to if isinstance(shown_to, Refusal) else None)
        or refuse_words(command.words, MAX_QUESTION_WORDS, "words")
        or refuse_many((each.asker for each in incident.questions), author.party, "questions")
    )
    if refusal is not None:
        return refusal
    assert not isinstance(shown_to, Refusal), "it was looked at"
    return Accepted(
        (
            QuestionAsked(
                incident=incident.id,
                question=QuestionId(context.new_id()),
                party=author.party,
                to=command.to,
                urgent=command.urgent,
                words=command.words,
                audience=command.audience,
                shown_to=tuple(each for each in shown_to if each != command.to),
                due_us=_due_us(picture, context, urgent=command.urgent),
            ),
        )
    )


def step_question(
    picture: Picture, command: StepQuestion, author: Author, context: Context
) -> Decision:
    """A step with a question: an answer of the party asked, or what follows."""
    found = _own(picture, command, author.party)
    if isinstance(found, Refusal):
        return found
    incident, question = found
    step = command.step
    state = QUESTION_STEPS.get((question.state, step))
    refusal = (
        _refuse_side(question, step, author)
        or (refuse_unsigned(author, "the answer") if step is QuestionStep.ANSWER else None)
        or (_refuse_state(question, step) if state is None else None)
        or _refuse_early(question, step)
        or refuse_words(command.words, MAX_QUESTION_WORDS, "words")
    )
    if refusal is not None:
        return refusal
    if len(question.said) >= MAX_SAID:
        return refused(RefusalKind.LIMIT, "said-count", f"{MAX_SAID} steps; ask it anew")
    assert state is not None, "it was looked at"
    is_again = step is QuestionStep.ASK_AGAIN
    return Accepted(
        (
            QuestionStepped(
                incident=incident.id,
                question=question.id,
                party=author.party,
                step=step,
                words=command.words,
                state=state,
                due_us=_due_us(picture, context, urgent=question.urgent)
                if is_again
                else question.due_us,
                concerned=question.concerned,
            ),
        )
    )


def question_passed(
    picture: Picture, incident: IncidentId, question: QuestionId, due: Due
) -> tuple[Body, ...]:
    """The time for an answer passed."""
    standing = picture.incidents[incident].question(question)
    assert standing is not None, "it is due"
    return (QuestionOverdue(incident, question, standing.to, due.step, standing.concerned),)


def _own(
    picture: Picture, command: StepQuestion, party: PartyId
) -> tuple[Incident, Question] | Refusal:
    incident = taking_part(picture, command.incident, party)
    if isinstance(incident, Refusal):
        return incident
    question = incident.question(command.question)
    if question is None or party not in question.concerned:
        return refused(
            RefusalKind.UNKNOWN, "no-such-question", "no question of this id is shown to you",
            field="question", value=command.question,
        )  # fmt: skip
    return incident, question


def _refuse_side(question: Question, step: QuestionStep, author: Author) -> Refusal | None:
    sides = {
        QuestionStep.ASK: (),
        QuestionStep.ANSWER: (question.to,),
        QuestionStep.ASK_AGAIN: (question.asker,),
        QuestionStep.CALL_MEETING: (question.asker, question.to),
    }[step]
    if author.party in sides or step is QuestionStep.ASK:  # a second asking has no transition
        return None
    return refused(
        RefusalKind.FORBIDDEN, "not-yours", f"{' or '.join(sides)} may do this",
        field="step", value=step.value,
    )  # fmt: skip


def _refuse_state(question: Question, step: QuestionStep) -> Refusal:
    return refused(
        RefusalKind.CONFLICT, "no-such-transition", f"the question is {question.state.value}",
        field="step", value=step.value,
    )  # fmt: skip


def _refuse_early(question: Question, step: QuestionStep) -> Refusal | None:
    """Asking again before the time is over would move the time."""
    if step is not QuestionStep.ASK_AGAIN or question.state is QuestionState.ANSWERED:
        return None
    if question.overdue_us is not None:
        return None
    return refused(
        RefusalKind.CONFLICT, "not-overdue", "the time for the answer is not over", field="step"
    )


def _due_us(picture: Picture, context: Context, *, urgent: bool) -> int:
    times = picture.space.rules.questions
    return context.now_us + (times.urgent_us if urgent else times.answer_us)
