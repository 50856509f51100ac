"""A small world for tests of the rules: a picture, a clock that is a number, ids that count."""

from __future__ import annotations

from itertools import count

import msgspec

from wideberth.decisions.decide import decide
from wideberth.decisions.outcome import Accepted, Context, Repeated
from wideberth.model.commands import (
    AcknowledgeNotice,
    AdoptRules,
    AmendIntent,
    ChangeIntentState,
    Command,
    IntentDetails,
    OpenSpace,
    RegisterParty,
    Request,
    SubmitIntent,
)
from wideberth.model.entries import Body, Entry, NoticeIssued, decode_entry, encode_entry
from wideberth.model.ids import IntentId, Ovn, PartyId
from wideberth.model.intents import (
    Intent,
    IntentKind,
    Provenance,
    Source,
    Step,
    Visibility,
    VisibilityLevel,
)
from wideberth.model.notices import Notice, Verb
from wideberth.model.parties import SYSTEM, Author, How, Role
from wideberth.model.receipts import difference_digest
from wideberth.model.refusals import Refusal
from wideberth.model.settings import DEFAULT_RULES, Rules
from wideberth.picture.fold import fold, fold_all
from wideberth.picture.picture import Picture
from wideberth.service import entries_of
from wideberth.space.altitude import Altitude, AltitudeReference
from wideberth.space.time import HOUR_US, MINUTE_US
from wideberth.space.volume import NANODEGREES, Circle, Volume4D

START_US = 1_800_000_000_000_000  # 2027-01-15T08:00:00Z
UNGUARDED = msgspec.structs.replace(DEFAULT_RULES, assess_sharing=False)
"""The default rules for scenes about something else than whom an owner assessed."""
OPEN = Visibility(VisibilityLevel.OPEN)
HIDDEN = Visibility(VisibilityLevel.ON_CONFLICT)


def named(*parties: str) -> Visibility:
    return Visibility(VisibilityLevel.NAMED, tuple(PartyId(party) for party in parties))


def author(party: str, *, how: How = How.ATTESTED, roles: tuple[Role, ...] = tuple(Role)) -> Author:
    return Author(PartyId(party), how, "desk", roles)


def signer(party: str) -> Author:
    """Somebody whose answers count as signed, without the chain of a real key."""
    return Author(PartyId(party), How.SYSTEM, "desk", tuple(Role))


def volume(
    latitude_deg: float = 47.0,
    longitude_deg: float = 8.0,
    *,
    radius_m: int = 500,
    lower_m: int = 0,
    upper_m: int = 100,
    from_min: int = 60,
    until_min: int = 120,
    reference: AltitudeReference = AltitudeReference.W84,
) -> Volume4D:
    """A circle, by default of 500 m, up to 100 m, an hour from the start for an hour."""
    return Volume4D(
        Circle(
            round(latitude_deg * NANODEGREES), round(longitude_deg * NANODEGREES), radius_m * 1000
        ),
        Altitude(lower_m * 1000, reference),
        Altitude(upper_m * 1000, reference),
        START_US + from_min * MINUTE_US,
        START_US + until_min * MINUTE_US,
    )


def details(
    *volumes: Volume4D,
    kind: IntentKind = IntentKind.FLIGHT,
    visibility: Visibility = OPEN,
    source: Source = Source.PLANNED,
    **more: object,
) -> IntentDetails:
    count_given = {"count": 3} if kind is IntentKind.MOVEMENT else {}
    if kind is IntentKind.MOVEMENT and len(volumes) < 2:
        volumes = legs(volumes[0] if volumes else volume())
    accuracy_mm = 0 if kind is IntentKind.FLIGHT else 10_000
    given = {
        "kind": kind,
        "volumes": volumes or (volume(),),
        "visibility": visibility,
        "provenance": Provenance(source, accuracy_mm),
        **count_given,
        **more,
    }
    return IntentDetails(**given)  # type: ignore[arg-type]  # fields by name, from the test


def legs(whole: Volume4D) -> tuple[Volume4D, Volume4D]:
    """A way with two legs through one place, one after the other."""
    middle_us = (whole.start_us + whole.end_us) // 2
    return (
        msgspec.structs.replace(whole, end_us=middle_us),
        msgspec.structs.replace(whole, start_us=middle_us),
    )


class Scene:
    """A space with parties. Every accepted command is folded and its entries are kept."""

    def __init__(self, *parties: str, rules: Rules = UNGUARDED, neutral: str = "") -> None:
        self.picture = Picture()
        self.entries: list[Entry] = []
        self.now_us = START_US
        self._ids = count(1)
        self.accept(OpenSpace("test.example/space", "test host", rules))
        for party in parties:
            self.accept(
                RegisterParty(
                    PartyId(party), party.title(), units=("u1", "u2"), contact=f"desk:{party}"
                )
            )
        if neutral:
            self.accept(RegisterParty(PartyId(neutral), neutral.title(), neutral=True))

    def new_id(self) -> str:
        return f"id{next(self._ids)}"

    def pass_time(self, minutes: float) -> None:
        self.now_us += round(minutes * MINUTE_US)

    def try_(
        self,
        command: Command,
        by: Author = SYSTEM,
        *,
        key: str | None = None,
        fingerprint: str = "",
    ) -> tuple[Body, ...] | Refusal | Repeated:
        """The bodies of the entries, folded already; or the refusal."""
        request = Request(by, command, key, fingerprint)
        decision = decide(self.picture, request, Context(self.now_us, self.new_id))
        if not isinstance(decision, Accepted):
            return decision
        made = entries_of(request, decision.bodies, self.now_us)
        for entry in made:
            again = decode_entry(encode_entry(entry), position=self.picture.size)
            assert again == entry, "an entry survives its own bytes"
            fold(self.picture, again)
            self.entries.append(again)
        return decision.bodies

    def accept(self, command: Command, by: Author = SYSTEM) -> tuple[Body, ...]:
        outcome = self.try_(command, by)
        assert isinstance(outcome, tuple), outcome
        return outcome

    def refuse(self, command: Command, by: Author = SYSTEM) -> Refusal:
        before = self.picture.digest()
        outcome = self.try_(command, by)
        assert isinstance(outcome, Refusal), outcome
        assert self.picture.digest() == before, "a refusal changes nothing"
        return outcome

    def tell(
        self, party: str, told: IntentDetails | None = None, *, intent: str = "", **more: object
    ) -> Intent:
        intent_id = IntentId(intent or self.new_id())
        self.accept(SubmitIntent(intent_id, told or details(), **more), author(party))  # type: ignore[arg-type]
        return self.intent(intent_id)

    def amend(self, intent: Intent, told: IntentDetails) -> Intent:
        meant = msgspec.structs.replace(told, confirmed=True)  # however far it was moved
        self.accept(AmendIntent(intent.id, intent.ovn, meant), author(intent.party))
        return self.intent(intent.id)

    def step(self, intent: Intent, step: Step) -> tuple[Body, ...]:
        return self.accept(ChangeIntentState(intent.id, intent.ovn, step), author(intent.party))

    def intent(self, intent_id: str) -> Intent:
        return self.picture.intents[IntentId(intent_id)]

    def notices(self, party: str, *, since: int = 0) -> list[Notice]:
        """All notices ever issued to the party, in order, by the entries from since on."""
        return [
            entry.body.notice
            for entry in self.entries[since:]
            if isinstance(entry.body, NoticeIssued) and entry.body.notice.recipient == party
        ]

    def open_notices(self, party: str) -> list[Notice]:
        return [
            standing.notice
            for standing in (self.picture.notices[each] for each in self.picture.notices)
            if standing.notice.recipient == party
        ]

    def load(self, notice: Notice) -> None:
        """Have every unit of the list load the notice."""
        for unit in notice.units or ("u1",):
            self.accept(
                AcknowledgeNotice(
                    notice.id,
                    Verb.LOADED,
                    unit=unit,
                    system="mission computer",
                    difference=difference_digest(notice),
                ),
                signer(notice.recipient),
            )

    def adopt(self, rules: Rules) -> None:
        self.accept(AdoptRules(rules))

    def replayed(self) -> Picture:
        return fold_all(Picture(), self.entries)


def ovn(text: str) -> Ovn:
    return Ovn(text)


__all__ = [
    "HIDDEN",
    "HOUR_US",
    "MINUTE_US",
    "OPEN",
    "START_US",
    "UNGUARDED",
    "Scene",
    "author",
    "details",
    "legs",
    "named",
    "ovn",
    "signer",
    "volume",
]
