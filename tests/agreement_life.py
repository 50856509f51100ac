"""The life of an agreement under random acts of random parties, against a slow, obvious reference.

The reference is written from docs/how-to/agree.md: it keeps each version in a dictionary, walks
through all of them for every question and shares no code with the rules. It says whether an act is
taken, and what each version then is; the rules have to say the same.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import msgspec
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from agreements_scene import DESK, NORTH, PACT, SOUTH, scene
from scenes import START_US, author, signer
from wideberth.decisions.agreements import MAX_OPEN
from wideberth.faces.api.agreements_seen import agreement_seen
from wideberth.model.agreements import (
    Act,
    DraftAgreement,
    LegalKind,
    ProposeAgreement,
    StepAgreement,
    Terms,
)
from wideberth.model.deadlines import DeadlineKind, DeadlinePassed
from wideberth.model.ids import PartyId
from wideberth.model.provisions import Between, StopRight, Wording
from wideberth.model.refusals import Refusal
from wideberth.model.stops import Form, Identified, Stop, TellStop
from wideberth.picture.agreement_times import agreement_due
from wideberth.picture.visibility import is_readable
from wideberth.space.time import DAY_US, HOUR_US, MINUTE_US

WEST = PartyId("west")
EVERYBODY = ("north", "south", "west", "desk")
LAST_US = START_US + 110 * DAY_US
"""Nothing leaves the picture before: a settled version stays for 120 days after its term."""

STANDS = ("signed", "in-force", "suspended")
SETTLED = ("countered", "declined", "lapsed", "superseded", "expired", "ended")
TAKES = {
    "proposed": {"accept", "decline", "sign"},
    "signed": {"end"},
    "in-force": {"suspend", "end"},
    "suspended": {"resume", "end"},
}
"""What a version takes of its parties, by its state. Whatever is not here is settled."""


@dataclass
class Version:
    """One version as the reference has it. text: its terms, as JSON with sorted members."""

    text: str
    digest: str
    terms: Terms
    answer_by_us: int
    state: str = "proposed"
    accepted: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    signed: list[tuple[str, str | None]] = field(default_factory=list[tuple[str, str | None]])
    suspended_by: str | None = None
    suspended: list[str] = field(default_factory=list[str])
    reached: list[str] = field(default_factory=list[str])

    @property
    def concerned(self) -> list[str]:
        return [*self.terms.parties, *([self.terms.neutral] if self.terms.neutral else [])]

    def wanted(self) -> list[tuple[str, str | None]]:
        """Who signs, on whose sheet."""
        if self.terms.neutral is None:
            return [(party, None) for party in self.terms.parties]
        own = [(party, party) for party in self.terms.parties]
        return own + [(self.terms.neutral, party) for party in self.terms.parties]

    def next_time(self) -> tuple[int, str] | None:
        """What is reached next, and when."""
        terms = self.terms
        if self.state == "proposed":
            return self.answer_by_us, "lapse"
        if self.state == "signed":
            return terms.effective_us, "effective"
        if self.state not in ("in-force", "suspended"):
            return None
        times = [(terms.expires_us, "expiry")]
        for days in (14, 7, 1):
            due_us, name = terms.expires_us - days * DAY_US, f"reminder-{days}"
            if name not in self.reached and due_us >= terms.effective_us:
                times.append((due_us, name))
        return min(times)

    def holds(self) -> set[str]:
        """The provisions that are enforced."""
        every = {each.id for each in self.terms.provisions}
        if self.state == "in-force":
            return every
        if self.state == "suspended" and self.suspended:
            return every - set(self.suspended)
        return set()


class Reference:
    """All versions of one agreement, by number."""

    def __init__(self) -> None:
        self.versions: dict[int, Version] = {}

    def takes_proposal(
        self, by: str, terms: Terms, *, replaces: int, answer_by_us: int, now_us: int
    ) -> bool:
        newest = max(self.versions, default=0)
        replaced = self.versions.get(replaces)
        if by not in (*terms.parties, terms.neutral):
            return False
        if newest:
            if by not in self.versions[newest].concerned:
                return False
            renews = (
                replaced is not None
                and replaced.state in STANDS
                and self.versions[newest].state in SETTLED
            )
            if replaces != newest and not renews:
                return False
        elif replaces:
            return False
        if replaced is not None and (
            set(replaced.terms.parties) != set(terms.parties) or replaced.text == text_of(terms)
        ):
            return False
        begins_us = max(terms.effective_us, now_us)
        return (
            begins_us < terms.expires_us <= begins_us + 120 * DAY_US
            and now_us + 10 * MINUTE_US <= answer_by_us <= now_us + 60 * DAY_US
            and answer_by_us <= terms.expires_us
        )

    def propose(self, terms: Terms, *, replaces: int, answer_by_us: int) -> None:
        number = max(self.versions, default=0) + 1
        text = text_of(terms)
        whole = f'{{"agreement":"{PACT}","terms":{text},"version":{number}}}'
        digest = sha256(whole.encode()).hexdigest()
        self.versions[number] = Version(text, digest, terms, answer_by_us)
        replaced = self.versions.get(replaces)
        if replaced is not None and replaced.state == "proposed":
            replaced.state = "countered"

    def takes_act(self, by: str, command: StepAgreement) -> bool:
        version = self.versions.get(command.version)
        if version is None or by not in version.concerned:
            return False
        act = command.act.value
        if act not in TAKES.get(version.state, ()):
            return False
        if act == "sign":
            return (
                command.digest == version.digest
                and (by, command.sheet) in version.wanted()
                and (by, command.sheet) not in version.signed
            )
        if act == "resume":
            return by == version.suspended_by
        if by not in version.terms.parties:
            return False
        if act == "suspend" and not command.reason:
            return False
        return set(command.provisions) <= {each.id for each in version.terms.provisions}

    def act(self, by: str, command: StepAgreement, now_us: int) -> None:
        number, version = command.version, self.versions[command.version]
        match command.act.value:
            case "accept":
                named = command.provisions or tuple(each.id for each in version.terms.provisions)
                own = version.accepted.setdefault(by, [])
                own += [name for name in dict.fromkeys(named) if name not in own]
            case "decline":
                version.state = "declined"
            case "sign":
                version.signed.append((by, command.sheet))
                if set(version.signed) == set(version.wanted()):
                    version.state = "signed"
                    if version.terms.effective_us <= now_us:
                        self.come_into_force(number)
            case "suspend":
                version.state, version.suspended_by = "suspended", by
                version.suspended = list(command.provisions)
            case "resume":
                version.state, version.suspended_by, version.suspended = "in-force", None, []
            case _:
                version.state = "ended"

    def come_into_force(self, number: int) -> None:
        """It takes the place of every version before it that stands."""
        for other, version in self.versions.items():
            if other < number and version.state in STANDS:
                version.state = "superseded"
        self.versions[number].state = "in-force"
        self.versions[number].reached.append("effective")

    def next_time(self, now_us: int) -> int | None:
        """The version of which a time is reached first, if by now any is."""
        times = {
            (due[0], number)
            for number, each in self.versions.items()
            if (due := each.next_time()) is not None and due[0] <= now_us
        }
        return min(times)[1] if times else None

    def pass_time(self, number: int) -> None:
        """Let the next time of this version be reached."""
        version = self.versions[number]
        due = version.next_time()
        assert due is not None
        match due[1]:
            case "effective":
                self.come_into_force(number)
            case "lapse" | "expiry":
                version.reached.append(due[1])
                version.state = "lapsed" if due[1] == "lapse" else "expired"
            case reminder:
                version.reached.append(reminder)


def text_of(terms: Terms) -> str:
    """The terms with all members in the order of their names."""
    stated = json.loads(msgspec.json.encode(terms))
    return json.dumps(stated, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


parties = st.sampled_from(("north", "north", "south", "south", "desk", "west"))
numbers = st.integers(0, 9)
sides = st.sampled_from(("north", "south"))
parts = st.lists(st.sampled_from(("apart", "words")), max_size=2, unique=True)
provisions = st.lists(
    st.sampled_from(("apart", "words", "words", "nothing")), max_size=2, unique=True
)


class AgreementLife(RuleBasedStateMachine):
    """One agreement between north and south; the desk is a neutral, west is nobody to it."""

    def __init__(self) -> None:
        super().__init__()
        self.scene = scene()
        self.reference = Reference()
        self.drafts: set[str] = set()
        self.stops = 0

    def _newest(self) -> str:
        versions = self.reference.versions
        return versions[max(versions)].state if versions else ""

    # What a number from 0 to 9 means: mostly the newest version, now and then another or none.
    def _version(self, number: int) -> int:
        newest = max(self.reference.versions, default=0)
        return newest if number < 7 else max(0, newest - (number - 7))

    @rule(
        by=parties,
        number=numbers,
        distance=st.integers(1, 3),
        neutral=st.booleans(),
        begins_h=st.sampled_from((0, 0, 0, 30, 200)),
        term_h=st.sampled_from((24, 400, 1000, 121 * 24, 0)),
        answer_min=st.sampled_from((60 * 24, 60 * 24, 10, 9)),
        excluded=st.booleans(),
        signed=st.sampled_from((True, True, True, False)),
        others=st.sampled_from((False, False, False, True)),
    )
    def propose(
        self,
        *,
        by: str,
        number: int,
        distance: int,
        neutral: bool,
        begins_h: int,
        term_h: int,
        answer_min: int,
        excluded: bool,
        signed: bool,
        others: bool,
    ) -> None:
        now_us = self.scene.now_us
        effective_us = now_us + begins_h * HOUR_US
        terms = Terms(
            title="Keeping apart",
            kind=LegalKind.SEPARATION,
            parties=(NORTH, WEST) if others and self.reference.versions else (NORTH, SOUTH),
            effective_us=effective_us,
            expires_us=effective_us + term_h * HOUR_US,
            provisions=(
                Between(id="apart", horizontal_m=distance * 1000, vertical_m=100),
                Wording(id="words", words="We keep apart."),
                StopRight(id="stop", words="Who can, acts.", excluded=excluded),
            ),
            neutral=DESK if neutral else None,
        )
        replaces, answer_by_us = self._version(number), now_us + answer_min * MINUTE_US
        given = {"replaces": replaces, "answer_by_us": answer_by_us}
        wanted = signed and self.reference.takes_proposal(by, terms, now_us=now_us, **given)
        command = ProposeAgreement(PACT, answer_by_us, terms, replaces)
        if self._try(command, by, signed=signed, wanted=wanted):
            self.reference.propose(terms, **given)
            self.drafts.discard(by)

    @rule(
        by=parties,
        number=numbers,
        act=st.sampled_from(("accept", "decline", "suspend", "suspend", "resume", "end")),
        named=provisions,
        reason=st.sampled_from(("why", "why", "")),
        signed=st.sampled_from((True, True, True, False)),
    )
    def act(
        self, *, by: str, number: int, act: str, named: list[str], reason: str, signed: bool
    ) -> None:
        takes_names, takes_reason = act in ("accept", "suspend"), act != "accept"
        command = StepAgreement(
            PACT,
            self._version(number),
            Act(act),
            tuple(named) if takes_names else (),
            reason=reason if takes_reason else "",
        )
        self._step(by, command, signed=signed)

    @rule(
        by=parties,
        number=numbers,
        sheet=st.sampled_from(("own", "own", "own", None, "north", "south", "desk")),
        is_digest=st.sampled_from((True, True, True, False)),
        signed=st.sampled_from((True, True, True, False)),
    )
    def sign(
        self, *, by: str, number: int, sheet: str | None, is_digest: bool, signed: bool
    ) -> None:
        version = self.reference.versions.get(self._version(number))
        digest = "0" * 64 if version is None or not is_digest else version.digest
        if sheet == "own":
            sheet = by if version is not None and version.terms.neutral else None
        on = None if sheet is None else PartyId(sheet)
        command = StepAgreement(PACT, self._version(number), Act.SIGN, digest=digest, sheet=on)
        self._step(by, command, signed=signed)

    @precondition(lambda self: self._newest() == "proposed")
    @rule()
    def all_sign(self) -> None:
        """What random signatures seldom bring about."""
        newest = max(self.reference.versions)
        version = self.reference.versions[newest]
        for party, sheet in version.wanted():
            on = None if sheet is None else PartyId(sheet)
            command = StepAgreement(PACT, newest, Act.SIGN, digest=version.digest, sheet=on)
            self._step(party, command, signed=True)

    @rule(
        neutral=st.booleans(),
        begins_h=st.sampled_from((0, 0, 30, 200)),
        distance=st.integers(1, 3),
        excluded=st.booleans(),
        signs=st.booleans(),
    )
    def agree(
        self, *, neutral: bool, begins_h: int, distance: int, excluded: bool, signs: bool
    ) -> None:
        """Propose what can be proposed, and sign it: what comes of it is reached more often."""
        self.propose(
            by="north",
            number=0,
            distance=distance,
            neutral=neutral,
            begins_h=begins_h,
            term_h=1000,
            answer_min=60,
            excluded=excluded,
            signed=True,
            others=False,
        )
        if signs and self._newest() == "proposed":
            self.all_sign()

    @precondition(lambda self: self._newest() == "proposed")
    @rule(by=sides, named=parts)
    def accept(self, *, by: str, named: list[str]) -> None:
        self.act(by=by, number=0, act="accept", named=named, reason="", signed=True)

    @precondition(lambda self: self._newest() == "in-force")
    @rule(by=sides, named=parts)
    def suspend(self, *, by: str, named: list[str]) -> None:
        self.act(by=by, number=0, act="suspend", named=named, reason="why", signed=True)

    @precondition(lambda self: self._newest() == "suspended")
    @rule(by=sides)
    def resume(self, *, by: str) -> None:
        self.act(by=by, number=0, act="resume", named=[], reason="", signed=True)

    @rule(by=parties)
    def draft(self, *, by: str) -> None:
        terms = Terms(
            title="A text of ours",
            kind=LegalKind.SEPARATION,
            parties=(NORTH, SOUTH),
            effective_us=self.scene.now_us,
            expires_us=self.scene.now_us + DAY_US,
            provisions=(Wording(id="words", words="To be thought over."),),
        )
        before = len(self.scene.entries)
        if self._try(
            DraftAgreement(PACT, terms), by, signed=False, wanted=by in ("north", "south")
        ):
            self.drafts.add(by)
            for entry in self.scene.entries[before:]:
                readers = {
                    each
                    for each in EVERYBODY
                    if is_readable(self.scene.picture, entry, PartyId(each))
                }
                assert readers == {by}

    @rule(by=st.sampled_from(EVERYBODY))
    def stop(self, *, by: str) -> None:
        """Whatever an agreement says and in whatever state it is, a STOP is taken."""
        self.stops += 1
        stop = Stop(
            id=f"stop-{self.stops}",
            form=Form.STOP,
            sender=PartyId(by),
            sent_us=self.scene.now_us,
            identified=Identified.ATTESTED,
        )
        assert self._try(TellStop(stop), by, signed=False, wanted=True)

    @rule(hours=st.sampled_from((1, 12, 30, 170, 400)))
    def pass_time(self, *, hours: int) -> None:
        world = self.scene
        world.now_us = min(world.now_us + hours * HOUR_US, LAST_US)
        # A deadline that was reached while nobody looked is passed late, in its order.
        while (number := self.reference.next_time(world.now_us)) is not None:
            due = agreement_due(world.picture, f"{PACT}/{number}")
            assert due is not None, "the reference says that a time was reached"
            again = DeadlinePassed(DeadlineKind.AGREEMENT, f"{PACT}/{number}", due.step)
            world.accept(again)
            self.reference.pass_time(number)
            assert isinstance(world.try_(again), Refusal), "a time is reached once"
        for number in self.reference.versions:
            due = agreement_due(world.picture, f"{PACT}/{number}")
            assert due is None or due.due_us > world.now_us

    def _step(self, by: str, command: StepAgreement, *, signed: bool) -> None:
        wanted = signed and self.reference.takes_act(by, command)
        if self._try(command, by, signed=signed, wanted=wanted):
            self.reference.act(by, command, self.scene.now_us)

    def _try(self, command: Any, by: str, *, signed: bool, wanted: bool) -> bool:
        """Whether it was taken, which has to be as the reference says."""
        before = self.scene.picture.digest()
        outcome = self.scene.try_(command, signer(by) if signed else author(by))
        assert isinstance(outcome, tuple) is wanted, (by, command, outcome)
        if not wanted:
            assert isinstance(outcome, Refusal)
            assert self.scene.picture.digest() == before, "a refusal changes nothing"
        return wanted

    @invariant()
    def every_version_is_as_the_reference_says(self) -> None:
        picture = self.scene.picture
        known = {number: picture.agreements[PACT, number] for _, number in picture.agreements}
        assert sorted(known) == sorted(self.reference.versions)
        for number, ours in self.reference.versions.items():
            theirs = known[number]
            assert theirs.state.value == ours.state, number
            assert {name: list(named) for name, named in theirs.accepted} == ours.accepted
            assert [(each.party, each.sheet) for each in theirs.signatures] == ours.signed
            assert list(theirs.reached) == ours.reached
        assert {str(party) for party, _ in picture.drafts} == self.drafts

    @invariant()
    def no_version_was_edited(self) -> None:
        for number, ours in self.reference.versions.items():
            theirs = self.scene.picture.agreements[PACT, number]
            assert text_of(theirs.terms) == ours.text
            assert theirs.digest == ours.digest
            assert {each.digest for each in theirs.signatures} <= {ours.digest}

    @invariant()
    def what_applies_is_signed_by_all_over_one_text_and_has_an_end(self) -> None:
        picture = self.scene.picture
        applied = [each for each in picture.agreed.of.get(NORTH, ()) if each.id == PACT]
        assert len(applied) <= 1, "one version at a time"
        for each in applied:
            ours = self.reference.versions[each.version]
            assert {(one.party, one.sheet) for one in each.signatures} == set(ours.wanted())
            assert each.terms.effective_us <= self.scene.now_us < each.terms.expires_us
        enforced = {term.rule_id for term in picture.agreed.pairs.get(NORTH, {}).get(SOUTH, ())}
        assert enforced == {
            f"agreement/{PACT}/{number}/apart"
            for number, ours in self.reference.versions.items()
            if "apart" in ours.holds()
        }

    @invariant()
    def a_suspension_says_so_and_leaves_stop_usable(self) -> None:
        for number, ours in self.reference.versions.items():
            shown = agreement_seen(self.scene.picture.agreements[PACT, number], whole=True)
            if ours.state != "suspended":
                continue
            assert shown.suspension is not None
            assert shown.suspension.by == ours.suspended_by
            assert shown.suspension.provisions == ours.suspended
            excluded = any(
                isinstance(each, StopRight) and each.excluded for each in ours.terms.provisions
            )
            assert shown.suspension.stop_usable is not excluded
            assert shown.text, "it stays readable"

    def teardown(self) -> None:
        assert len(self.drafts) < MAX_OPEN
        assert self.scene.replayed().digest() == self.scene.picture.digest()
