"""Nobody learns of an account, a question or evidence beyond what its party decided.

Lives of an incident are played twice: whole, and without all that a reader was not shown. What the
reader sees, its stream and what it reads of the record must be the same, but for the ids.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from incident_hands import INCIDENT, at, lodging
from scenes import Scene, author, signer
from wideberth.faces.api import incidents_seen
from wideberth.model.accounts import Account, Audience, GiveAccount
from wideberth.model.commands import Command
from wideberth.model.entries import encode_entry
from wideberth.model.ids import EvidenceId, PartyId, QuestionId, ResultId
from wideberth.model.incidents import NameParties, NameSubjects, OpenIncident
from wideberth.model.inquiries import ReceiptResult, TransmitResult
from wideberth.model.lodged import CheckEvidence, DiscloseEvidence, LodgeEvidence
from wideberth.model.questions import AskQuestion, QuestionStep, StepQuestion
from wideberth.picture.deadlines import take_due
from wideberth.picture.incidents import incident_of
from wideberth.picture.visibility import is_readable

PARTIES = ("alpha", "bravo", "charlie", "delta")
ID = re.compile(r"\bid\d+\b")


@dataclass(frozen=True)
class Op:
    """One thing that somebody does. to: whom it names; of: which earlier thing it is about, by its
    place among those of its kind.
    """

    kind: str
    by: str
    to: tuple[str, ...] = ()
    audience: Audience = Audience.NAMED
    of: int = 0
    minutes: int = 0


names = st.sampled_from(PARTIES)
several = st.lists(names, unique=True, max_size=3).map(tuple)
ops = st.builds(
    Op,
    st.sampled_from(
        ["account", "account", "account", "ask", "step", "lodge", "disclose", "check", "result",
         "receipt", "name", "subject"]
    ),
    names,
    several,
    st.sampled_from(list(Audience)),
    st.integers(0, 3),
    st.sampled_from([0, 5, 3 * 24 * 60]),
)  # fmt: skip
lives = st.lists(ops, min_size=1, max_size=14)


@dataclass
class Known:
    """The slow reference: who is named, and who may know of each thing."""

    members: list[str] = field(default_factory=lambda: ["alpha", "bravo", "charlie"])
    readers: dict[tuple[str, int], set[str]] = field(default_factory=dict)


def audience(known: Known, op: Op) -> set[str]:
    if op.audience is Audience.ALL:
        return {op.by, *known.members}
    return {op.by, *op.to} if op.audience is Audience.NAMED else {op.by}


@dataclass
class Made:
    """Ids that the run gave, by kind and the place of the op that made them."""

    ids: dict[int, Any] = field(default_factory=dict)


def command_of(op: Op, place: int, target: Any) -> Command | None:  # noqa: PLR0911 - one a kind
    """What the op asks for. target: what the run knows of the thing that it is about."""
    parties = tuple(map(PartyId, op.to)) if op.audience is Audience.NAMED else ()
    named = tuple(map(PartyId, op.to))
    match op.kind:
        case "account":
            claims = at(40 + place, 8.0, minute=place)
            return GiveAccount(INCIDENT, op.audience, parties, claims, f"words {place}")
        case "ask" if op.to:
            return AskQuestion(
                INCIDENT, named[0], f"words {place}", op.of % 2 == 0, op.audience,
                parties,
            )  # fmt: skip
        case "step":
            kinds = (QuestionStep.ANSWER, QuestionStep.ASK_AGAIN, QuestionStep.CALL_MEETING)
            kind = kinds[len(op.to) % 3]
            return StepQuestion(INCIDENT, QuestionId(target), kind, f"words {place}")
        case "lodge":
            line = lodging(f"content {place}".encode(), line=f"words {place}")
            return LodgeEvidence(INCIDENT, line, op.audience, parties)
        case "disclose":
            return DiscloseEvidence(INCIDENT, EvidenceId(target), named)
        case "check":
            return CheckEvidence(INCIDENT, EvidenceId(target), bool(op.to))
        case "result":
            return TransmitResult(INCIDENT, named, f"words {place}")
        case "receipt":
            name, digest = target if isinstance(target, tuple) else (target, "0" * 64)
            return ReceiptResult(INCIDENT, ResultId(name), digest)
        case "name" if op.to:
            return NameParties(INCIDENT, named[:1])
        case "subject":
            return NameSubjects(INCIDENT, (f"subject-{place}",))
        case _:
            return None


MAKES = {"ask": "step", "lodge": "check", "result": "receipt"}
ABOUT = {"step": "ask", "disclose": "lodge", "check": "lodge", "receipt": "result"}


def target_of(life: list[Op], place: int) -> int | None:
    """The place of the op that an op is about: the of-th of its kind before it."""
    op = life[place]
    earlier = [each for each in range(place) if life[each].kind == ABOUT.get(op.kind)]
    return earlier[op.of % len(earlier)] if earlier else None


def play(life: list[Op], left_out: set[int]) -> tuple[Scene, set[int]]:
    """The life without these ops, at the same times; and which of the others were taken."""
    scene, made, taken = Scene(*PARTIES), Made(), set[int]()
    scene.accept(
        OpenIncident(
            INCIDENT, "The morning", scene.now_us, scene.now_us, (PartyId("bravo"),),
            (PartyId("charlie"),),
        ),
        author("alpha"),
    )  # fmt: skip
    for place, op in enumerate(life):
        scene.pass_time(1 + op.minutes)
        for passed in take_due(scene.picture, scene.now_us, limit=100):
            scene.accept(passed)
        if place in left_out:
            continue
        about = target_of(life, place)
        target = made.ids.get(about, "never") if about is not None else "never"
        if op.kind == "disclose" and isinstance(target, tuple):
            continue
        command = command_of(op, place, target)
        outcome = None if command is None else scene.try_(command, signer(op.by))
        if isinstance(outcome, tuple):
            taken.add(place)
            body: Any = outcome[0]
            if op.kind in MAKES:
                made.ids[place] = (
                    (body.result.id, body.result.digest)
                    if op.kind == "result"
                    else body.question
                    if op.kind == "ask"
                    else body.evidence
                )
    return scene, taken


def hidden_from(life: list[Op], taken: set[int], reader: str) -> set[int]:
    """The ops of which the reader may know nothing, by the words of the rules alone."""
    known, disclosed = Known(), set[int]()
    for place, op in enumerate(life):
        about = target_of(life, place)
        if place not in taken:
            may = {op.by}  # a refusal is its asker's
        elif op.kind == "name":
            known.members += [each for each in op.to[:1] if each not in known.members]
            may = set(known.members)
        elif op.kind in ("account", "lodge"):
            may = audience(known, op)
        elif op.kind == "ask":
            may = audience(known, op) | {op.to[0]}
        elif op.kind == "step":
            assert about is not None
            may = known.readers["ask", about]
        elif op.kind == "disclose":
            assert about is not None
            may = {op.by, *op.to}
            disclosed |= {about} if reader in op.to else set()
        elif op.kind == "check":
            assert about is not None
            may = {op.by, life[about].by}
        elif op.kind == "result":
            may = {op.by, *op.to}
        elif op.kind == "receipt":
            assert about is not None
            may = {op.by, life[about].by}
        else:
            may = {op.by}
        known.readers[op.kind, place] = may
    return {
        place
        for (_, place), may in known.readers.items()
        if reader not in may and place not in disclosed
    }


def seen_by(scene: Scene, reader: str) -> str:
    """All that the reader has of it, with ids in the order in which they are met."""
    party = PartyId(reader)
    incident = incident_of(scene.picture, INCIDENT, party)
    seen: list[Any] = []
    if incident is not None:
        seen.append(incidents_seen.incident_out(incident, party))
        seen.append(
            [
                incidents_seen.numbered_out(each)
                for each in incidents_seen.accounts_numbered(incident, party)
            ]
        )
    history = scene.picture.history
    assert history is not None
    stream = [at for _, at in history.stream(party, 0, len(scene.entries))]
    seen.append([incidents_seen._change(scene.entries[each].body) for each in stream])
    seen.append(
        [
            encode_entry(msgspec.structs.replace(each, time_us=0)).decode()
            for each in scene.entries[5:]
            if is_readable(scene.picture, each, party)
        ]
    )
    numbers: dict[str, str] = {}
    text = msgspec.json.encode(seen).decode()
    return ID.sub(lambda found: numbers.setdefault(found[0], f"#{len(numbers)}"), text)


def check(life: list[Op]) -> None:
    whole, taken = play(life, set())
    for reader in PARTIES:
        hidden = hidden_from(life, taken, reader)
        # Who is named decides what "all" means: it is known to all who are named.
        hidden -= {each for each in hidden if life[each].kind == "name" and each in taken}
        without, _ = play(life, hidden)
        assert seen_by(whole, reader) == seen_by(without, reader), (reader, sorted(hidden))


SETTINGS = settings(
    max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)


@SETTINGS
@given(lives)
def test_what_a_reader_was_not_shown_leaves_no_trace(life: list[Op]) -> None:
    check(life)


def _every_account(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Account, "is_shown_to", lambda self, party: True)


def _differences_of_all(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(incidents_seen, "latest_shown_to", lambda incident, reader: incident.accounts)


def _all_questions(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(incidents_seen, "questions_shown_to", lambda incident, reader: incident.questions)


def _all_evidence(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(incidents_seen, "evidence_shown_to", lambda incident, reader: incident.evidence)


def _all_results(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(incidents_seen, "results_shown_to", lambda incident, reader: incident.results)


@pytest.mark.parametrize(
    "plant",
    [_every_account, _differences_of_all, _all_questions, _all_evidence, _all_results],
)
def test_a_planted_leak_is_found(
    plant: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)

    @settings(SETTINGS, phases=[Phase.generate], max_examples=200)
    @given(lives)
    def run(life: list[Op]) -> None:
        check(life)

    with pytest.raises(AssertionError):
        run()
