"""What is agreed and applies now, by party: made anew whenever an agreement changes.

Follows from the table of agreements alone. Most parties have agreed nothing with most others, and
whoever asks for them finds nothing in one look.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from wideberth.model.agreements import Agreement
from wideberth.model.ids import AgreementId, PartyId
from wideberth.model.intents import ActorClass, Intent, IntentKind
from wideberth.model.ladders import Ladder, agreed_ladder
from wideberth.model.notices import Notice
from wideberth.model.provisions import (
    Acknowledging,
    Between,
    Drills,
    Languages,
    LeadTime,
    Liveness,
    MovingBuffer,
    Publish,
    ReadBackTest,
)
from wideberth.space.time import DAY_US, SECOND_US
from wideberth.space.volume import Separation

__all__ = ["NOTHING", "Agreed", "PairTerm", "agreed_of", "rule_id"]


def rule_id(agreement: Agreement, provision: str) -> str:
    """How what rests on a provision cites it (Z-04)."""
    return f"agreement/{agreement.id}/{agreement.version}/{provision}"


@dataclass(frozen=True, slots=True)
class PairTerm:
    """What lies between two parties' intents by one provision. kinds: all where empty.

    round: the classes that are kept clear of, on either side; all where empty. of: whose.
    """

    rule_id: str
    separation: Separation
    refuse: bool
    kinds: frozenset[IntentKind] = frozenset()
    round: frozenset[ActorClass] = frozenset()
    of: frozenset[PartyId] = frozenset()

    def concerns(self, one: Intent, two: Intent) -> bool:
        """Whether it says anything of these two."""
        if self.kinds and not (one.kind in self.kinds and two.kind in self.kinds):
            return False
        return not self.round or self._guards(one) or self._guards(two)

    def _guards(self, intent: Intent) -> bool:
        if self.of and intent.party not in self.of:
            return False
        return not self.round.isdisjoint(intent.actors)


@dataclass(frozen=True, slots=True)
class Agreed:
    """pairs: by party, by other party, what lies between their intents. widest: by party, the
    widest of them. of: by party, the agreements that apply to it; leads, answers: by party, those
    of them that ask for lead time, and for answers in time. calls: what is asked of each party's
    channel, the strictest of an agreement. languages: by party, by other party, in which is told
    between them. publishes: by agreement, what may be told in public. drills: by agreement, what is
    sent for practice. tests: by party, how long a read-back test of its keys holds, the shortest.
    """

    pairs: dict[PartyId, dict[PartyId, tuple[PairTerm, ...]]] = field(
        default_factory=dict[PartyId, dict[PartyId, tuple[PairTerm, ...]]]
    )
    widest: dict[PartyId, Separation] = field(default_factory=dict[PartyId, Separation])
    of: dict[PartyId, tuple[Agreement, ...]] = field(
        default_factory=dict[PartyId, tuple[Agreement, ...]]
    )
    leads: dict[PartyId, tuple[tuple[Agreement, LeadTime], ...]] = field(
        default_factory=dict[PartyId, tuple[tuple[Agreement, LeadTime], ...]]
    )
    answers: dict[PartyId, tuple[tuple[Agreement, Acknowledging], ...]] = field(
        default_factory=dict[PartyId, tuple[tuple[Agreement, Acknowledging], ...]]
    )
    calls: dict[tuple[AgreementId, PartyId], Liveness] = field(
        default_factory=dict[tuple[AgreementId, PartyId], Liveness]
    )
    languages: dict[PartyId, dict[PartyId, tuple[str, ...]]] = field(
        default_factory=dict[PartyId, dict[PartyId, tuple[str, ...]]]
    )
    publishes: dict[AgreementId, tuple[tuple[Agreement, Publish], ...]] = field(
        default_factory=dict[AgreementId, tuple[tuple[Agreement, Publish], ...]]
    )
    drills: dict[AgreementId, tuple[tuple[Agreement, Drills], ...]] = field(
        default_factory=dict[AgreementId, tuple[tuple[Agreement, Drills], ...]]
    )
    tests: dict[PartyId, int] = field(default_factory=dict[PartyId, int])

    def between(self, one: Intent, two: Intent) -> list[PairTerm]:
        """The terms that concern these two, of two parties."""
        terms = self.pairs.get(one.party, {}).get(two.party, ())
        return [term for term in terms if term.concerns(one, two)]

    def ladder(self, notice: Notice) -> Ladder | None:
        """The ladder that was agreed for a notice; None: nothing was.

        What the agreements say that the notice itself rests on comes first; else what was agreed
        between its two sides. Of several, the soonest step to each post.
        """
        answers = self.answers.get(notice.recipient)
        if answers is None:
            return None
        cited = {each.agreement for each in notice.under}
        own = [each for agreement, each in answers if agreement.id in cited]
        wanted = [each for each in own if each.urgency == notice.urgency]
        if not wanted and notice.sender is not None:
            wanted = [
                each
                for agreement, each in answers
                if each.urgency == notice.urgency and notice.sender in agreement.terms.parties
            ]
        return agreed_ladder(notice.urgency, wanted) if wanted else None


NOTHING = Agreed()
"""Before anything was agreed."""


def agreed_of(agreements: Iterable[Agreement]) -> Agreed:
    """What these agreements say where they apply."""
    agreed = Agreed()
    for agreement in sorted(
        (each for each in agreements if each.is_applied), key=lambda each: (each.id, each.version)
    ):
        parties = agreement.terms.parties
        for party in agreement.terms.concerned:
            agreed.of[party] = (*agreed.of.get(party, ()), agreement)
        for provision in agreement.terms.provisions:
            if not agreement.applies(provision.id):
                continue
            _put_asked(agreed, agreement, provision)
            term = _pair_term(agreement, provision)
            if term is not None:
                _put(agreed, parties, term)
    return agreed


def _put_asked(agreed: Agreed, agreement: Agreement, provision: object) -> None:
    """What a provision asks of each party, or of the node."""
    parties = agreement.terms.parties
    match provision:
        case LeadTime():
            for party in parties:
                known = agreed.leads.get(party, ())
                agreed.leads[party] = (*known, (agreement, provision))
        case Acknowledging():
            for party in parties:
                given = agreed.answers.get(party, ())
                agreed.answers[party] = (*given, (agreement, provision))
        case Liveness():
            for party in parties:
                _put_call(agreed, (agreement.id, party), provision)
        case Languages():
            _put_languages(agreed, agreement.terms.concerned, provision.tags)
        case Publish():
            public = agreed.publishes.get(agreement.id, ())
            agreed.publishes[agreement.id] = (*public, (agreement, provision))
        case Drills():
            planned = agreed.drills.get(agreement.id, ())
            agreed.drills[agreement.id] = (*planned, (agreement, provision))
        case ReadBackTest():
            valid_us = provision.valid_days * DAY_US
            for party in parties:
                agreed.tests[party] = min(valid_us, agreed.tests.get(party, valid_us))
        case _:
            pass


def _put_languages(agreed: Agreed, parties: tuple[PartyId, ...], tags: tuple[str, ...]) -> None:
    for one in parties:
        known = agreed.languages.setdefault(one, {})
        for other in parties:
            if other != one:
                known[other] = tuple(dict.fromkeys((*known.get(other, ()), *tags)))


def _put_call(agreed: Agreed, of: tuple[AgreementId, PartyId], asked: Liveness) -> None:
    known = agreed.calls.get(of)
    if known is None or asked.missed_us < known.missed_us:
        agreed.calls[of] = asked


def _pair_term(agreement: Agreement, provision: object) -> PairTerm | None:
    match provision:
        case Between():
            return PairTerm(
                rule_id(agreement, provision.id),
                Separation(
                    provision.horizontal_m * 1000,
                    provision.vertical_m * 1000,
                    provision.time_s * SECOND_US,
                ),
                provision.refuse,
                kinds=frozenset(provision.kinds),
            )
        case MovingBuffer():
            return PairTerm(
                rule_id(agreement, provision.id),
                Separation(provision.radius_m * 1000, provision.vertical_m * 1000),
                refuse=False,
                round=frozenset(provision.round),
                of=frozenset(provision.of),
            )
        case _:
            return None


def _put(agreed: Agreed, parties: tuple[PartyId, ...], term: PairTerm) -> None:
    asked = term.separation
    for one in parties:
        others = agreed.pairs.setdefault(one, {})
        for two in parties:
            if one != two:
                others[two] = (*others.get(two, ()), term)
        known = agreed.widest.get(one, Separation())
        agreed.widest[one] = Separation(
            max(known.horizontal_mm, asked.horizontal_mm),
            max(known.vertical_mm, asked.vertical_mm),
            max(known.time_us, asked.time_us),
        )
