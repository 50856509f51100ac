"""Agreements in force for the benchmarks: pairs of parties over the data set ``city``.

Each holds what real ones do: a distance between the two, a line that neither crosses, a zone with
notice in the city, a lead time with an exception, a ladder of acknowledgement, calls, coverage.
"""

from __future__ import annotations

import secrets

from benchmarks.datasets import CITY_CORNER
from wideberth.decisions import agreements
from wideberth.decisions.outcome import Accepted, Context, Decision
from wideberth.model.agreements import (
    Act,
    AgreementProposed,
    LegalKind,
    ProposeAgreement,
    StepAgreement,
    Terms,
)
from wideberth.model.commands import Request
from wideberth.model.entries import Entry
from wideberth.model.ids import AgreementId, PartyId
from wideberth.model.intents import IntentKind
from wideberth.model.parties import Author, How, Role
from wideberth.model.provisions import (
    Acknowledging,
    AgreedZone,
    Between,
    Coverage,
    Exception_,
    LadderStep,
    LeadTime,
    Line,
    LineBuffer,
    Liveness,
    Provision,
    Rung,
)
from wideberth.model.zones import ZoneRule
from wideberth.picture.fold import fold
from wideberth.picture.picture import Picture
from wideberth.service import entries_of
from wideberth.space import Altitude, AltitudeReference, Circle
from wideberth.space.time import DAY_US, HOUR_US

NANODEGREES = 1_000_000_000


def in_force(picture: Picture, parties: list[PartyId], count: int, now_us: int) -> list[Entry]:
    """Fold so many agreements between neighbours of the list, proposed and signed by both; gives
    their entries. As signed statements decide them, but for the signatures themselves.
    """
    entries: list[Entry] = []
    context = Context(now_us, lambda: secrets.token_hex(11))

    def take(author: Author, command: ProposeAgreement | StepAgreement, decided: Decision) -> Entry:
        assert isinstance(decided, Accepted), decided
        made = entries_of(Request(author, command), decided.bodies, now_us)
        for entry in made:
            fold(picture, entry)
        entries.extend(made)
        return made[0]

    for number in range(count):
        pair = parties[2 * number % len(parties)], parties[(2 * number + 1) % len(parties)]
        authors = [Author(party, How.SIGNED, "bench", tuple(Role)) for party in pair]
        name = AgreementId(f"agreement-{number}")
        terms = Terms(
            title=f"Keeping apart {number}",
            kind=LegalKind.SEPARATION,
            parties=pair,
            effective_us=now_us,
            expires_us=now_us + 90 * DAY_US,
            provisions=provisions(number, pair[0]),
        )
        proposal = ProposeAgreement(name, now_us + HOUR_US, terms, 0)
        decided = agreements.propose(picture, proposal, authors[0], context)
        body = take(authors[0], proposal, decided).body
        assert isinstance(body, AgreementProposed)
        for author in authors:
            signing = StepAgreement(name, body.version, Act.SIGN, digest=body.digest)
            take(author, signing, agreements.step(picture, signing, author, context))
    return entries


def provisions(number: int, first: PartyId) -> tuple[Provision, ...]:
    """What the agreement of this number says."""
    south_nd, west_nd = (round(each * NANODEGREES) for each in CITY_CORNER)
    step_nd = NANODEGREES // 12
    line = tuple(
        (south_nd - NANODEGREES // 2, west_nd + place * step_nd) for place in range(number % 5, 12)
    )
    middle = Circle(
        south_nd + (number + 1) * NANODEGREES // 12, west_nd + NANODEGREES // 2, 3_000_000
    )
    ground, top = (Altitude(each, AltitudeReference.W84) for each in (0, 120_000))
    return (
        Between(id="apart", horizontal_m=50, vertical_m=10, time_s=60),
        Line(id="line", points=line),
        LineBuffer(id="stand-off", line="line", width_m=5_000),
        AgreedZone(
            id="tell-first",
            footprint=middle,
            lower=ground,
            upper=top,
            rule=ZoneRule.NOTICE,
            notice_s=900,
        ),
        LeadTime(
            id="lead",
            kind=IntentKind.FLIGHT,
            minimum_s=1800,
            exceptions=(Exception_(reason="medevac", minimum_s=0),),
        ),
        Acknowledging(
            id="answers",
            urgency="prompt",
            within_s=600,
            ladder=(LadderStep(600, Rung.ALTERNATE), LadderStep(1200, Rung.NEUTRAL)),
        ),
        Liveness(id="calls", every_s=12 * 3600),
        Coverage(id="bound", party=first, bound=("its own flights",)),
    )
