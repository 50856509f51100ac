"""Days made up at random, for the figures of a review: by the real rules, from one seed."""

from __future__ import annotations

from random import Random
from typing import Any

import msgspec

from incident_hands import account, lodging, opening
from scenes import START_US, Scene, author, details, named, signer, volume
from wideberth.model.accounts import Audience
from wideberth.model.agreements import Act, AgreementProposed, LegalKind, ProposeAgreement, Terms
from wideberth.model.agreements import StepAgreement as Step_
from wideberth.model.channels import ChannelState
from wideberth.model.commands import (
    AcknowledgeNotice,
    ChangeIntentState,
    DeclareZone,
    RaiseWarning,
    RegisterParty,
    SubmitIntent,
)
from wideberth.model.conformance import FlightMeasured, MeasureFlight
from wideberth.model.counting import ContestCount, item_name
from wideberth.model.doubts import AnswerDoubt, DoubtId, DoubtState, RaiseDoubt
from wideberth.model.drills import HOPS, AnswerDrill, SendDrill
from wideberth.model.ids import AgreementId, IntentId, PartyId, WarningId, ZoneId
from wideberth.model.incidents import NameParties
from wideberth.model.inquiries import ReceiptResult, TransmitResult
from wideberth.model.intents import IntentKind, Step
from wideberth.model.ladders import Post
from wideberth.model.liveness import GiveHeartbeat, ReportChannel, ResumeChannel, SuspendChannel
from wideberth.model.lodged import LodgeEvidence
from wideberth.model.notices import Notice, Verb
from wideberth.model.provisions import (
    Acknowledging,
    Between,
    Counted,
    CountedThing,
    Counting,
    LadderStep,
    LeadTime,
    Liveness,
    Rung,
)
from wideberth.model.questions import AskQuestion, QuestionStep, StepQuestion
from wideberth.model.receipts import difference_digest
from wideberth.model.shifts import TakeShift
from wideberth.model.sites import ChallengeSite, ReportHarm
from wideberth.model.stated import Stated
from wideberth.model.stop_reads import AcknowledgeStop
from wideberth.model.stops import Form, Identified, Stop, TellStop
from wideberth.model.warnings import StandingWarning, TrackFix, WarningKind, WarningObject
from wideberth.model.zones import ZoneRule
from wideberth.picture.deadlines import take_due
from wideberth.picture.openlist import digest_of_open
from wideberth.space.time import DAY_US, HOUR_US, MINUTE_US

PARTIES = ("alpha", "bravo", "charlie")
NAMES = {
    "alpha": "Красный крыло",
    "bravo": "هيئة الإغاثة",
    "charlie": "Charlie Air",
}
PACT = AgreementId("pact")
DAY_MIN = 24 * 60


class Days:
    """A scene in which parties do things at random; who does what hangs on the seed alone."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.flights = Random(f"flights {seed}")  # apart, so that the rest stays as it was
        self.scene = Scene(*PARTIES, neutral="crane")
        for party in PARTIES:
            known = self.scene.picture.parties[PartyId(party)]
            self.scene.accept(
                RegisterParty(known.id, NAMES[party], units=known.units, contact=known.contact)
            )
        self.sites: list[str] = []
        self.version = 0

    def run(self, steps: int, *, pause_min: float = 40.0) -> Scene:
        """So many steps, each after a pause; whatever is refused did not happen."""
        self.agree()
        deeds = (
            *(self.tell,) * 6,
            *(self.answer,) * 9,
            *(self.stop, self.read_stop, self.read_stop, self.beat, self.beat, self.suspend),
            *(self.doubt, self.warn, self.warn, self.warn, self.site, self.harm, self.challenge),
            *(
                self.shift,
                self.report,
                self.contest,
                self.contest,
                self.contest,
                self.zone,
                self.renew,
                self.end,
                *(self.incident,) * 6,
                *(self.drill,) * 4,
            ),
        )
        for _ in range(steps):
            self.scene.pass_time(self.random.expovariate(1 / pause_min))
            self.pass_due()
            self.random.choice(deeds)()
            if self.flights.random() < 0.15:
                self.fly()
        return self.scene

    def pass_due(self) -> None:
        for due in take_due(self.scene.picture, self.scene.now_us, limit=1000):
            self.scene.try_(due)

    def agree(self) -> None:
        seconds = self.random.choice((0, 600, 7200))
        terms = Terms(
            title="Keeping apart",
            kind=LegalKind.SEPARATION,
            parties=(PartyId("alpha"), PartyId("bravo")),
            effective_us=self.scene.now_us,
            expires_us=self.scene.now_us + 100 * DAY_US,
            provisions=(
                Between(id="apart", horizontal_m=5_000 + 100 * self.version, vertical_m=300),
                LeadTime(id="lead", kind=IntentKind.HAZARD, minimum_s=3 * 3600),
                Acknowledging(
                    id="answers",
                    urgency="prompt",
                    within_s=600,
                    ladder=(LadderStep(1800, Rung.SENIOR),),
                ),
                Liveness(id="calls", every_s=6 * 3600),
                Counting(
                    id="counted",
                    counts=(
                        CountedThing(Counted.LATE_NOTICE),
                        CountedThing(Counted.INCURSION, seconds),
                        CountedThing(Counted.UNACKNOWLEDGED, 600),
                    ),
                ),
            ),
        )
        answer_by_us = self.scene.now_us + DAY_US
        made = self.scene.try_(
            ProposeAgreement(PACT, answer_by_us, terms, self.version), signer("alpha")
        )
        if not isinstance(made, tuple):
            return
        (proposed,) = made
        assert isinstance(proposed, AgreementProposed)
        if self.version and self.random.random() < 0.5:
            return  # it stays a proposal
        self.version = proposed.version
        for party in ("alpha", "bravo"):
            sign = Step_(PACT, self.version, Act.SIGN, digest=proposed.digest)
            self.scene.try_(sign, signer(party))

    def renew(self) -> None:
        if self.random.random() < 0.3:
            self.agree()

    def party(self) -> str:
        return self.random.choice(PARTIES)

    def place(self) -> dict[str, Any]:
        begin = int((self.scene.now_us - START_US) / MINUTE_US) + self.random.choice(
            (-5, 2, 20, 90, 300, 1200)
        )
        return {
            "latitude_deg": 47.0 + self.random.random() * 0.15,
            "longitude_deg": 8.0 + self.random.random() * 0.2,
            "radius_m": self.random.choice((400, 2000, 6000)),
            "from_min": begin,
            "until_min": begin + self.random.choice((30, 120, 700)),
        }

    def tell(self) -> None:
        kind = self.random.choice((IntentKind.FLIGHT, IntentKind.HAZARD, IntentKind.MOVEMENT))
        told = details(volume(**self.place()), kind=kind)
        name = IntentId(self.scene.new_id())
        self.scene.try_(SubmitIntent(name, told), author(self.party()))

    def end(self) -> None:
        standing = sorted(self.scene.picture.intents)
        if standing:
            intent = self.scene.picture.intents[self.random.choice(standing)]
            self.scene.try_(
                ChangeIntentState(intent.id, intent.ovn, Step.END), author(intent.party)
            )

    def zone(self) -> None:
        declared = DeclareZone(
            ZoneId(self.scene.new_id()),
            "the bridge",
            self.random.choice((ZoneRule.KEEP_OUT, ZoneRule.STAND_OFF)),
            (volume(**self.place()),),
            "works",
        )
        self.scene.try_(declared, author(self.party()))

    def answer(self) -> None:
        """Mostly the newest notices, a step or more at a time, and not always in order."""
        standing = sorted(
            (self.scene.picture.notices[each].notice for each in self.scene.picture.notices),
            key=lambda each: (-each.issued_us, each.id),
        )
        if not standing:
            return
        notice = standing[min(len(standing) - 1, int(self.random.expovariate(1 / 3)))]
        usual = (Verb.RECEIVED, Verb.READ_BACK, Verb.PASSED_DOWN, Verb.LOADED, Verb.LOADED)
        first = self.random.choice((0, 0, 1, 3))
        verbs = usual[first : first + self.random.randrange(1, 6)]
        if self.random.random() < 0.1:
            verbs = (self.random.choice((Verb.CANNOT_COMPLY, Verb.DISPUTED)),)
        for verb in verbs:
            self.scene.pass_time(self.random.expovariate(1 / 4))
            self.say(notice, verb)

    def say(self, notice: Notice, verb: Verb) -> None:
        is_off = verb is Verb.READ_BACK and self.random.random() < 0.2
        read = notice.particulars if verb is Verb.READ_BACK else None
        if is_off and read is not None:
            read = msgspec.structs.replace(read, latitude_nd=read.latitude_nd + 500_000_000)
        self.scene.try_(
            AcknowledgeNotice(
                notice.id,
                verb,
                unit=self.random.choice(notice.units or ("u1",)) if verb is Verb.LOADED else None,
                system="plotter" if verb is Verb.LOADED else None,
                reason="no fuel" if verb in (Verb.CANNOT_COMPLY, Verb.DISPUTED) else None,
                read_back=read,
                attested=verb is Verb.LOADED and self.random.random() < 0.2,
                difference=difference_digest(notice),
            ),
            signer(notice.recipient),
        )

    def stop(self) -> None:
        party = self.party()
        stop = Stop(
            self.scene.new_id(),
            self.random.choice((Form.STOP, Form.OUR_ERROR)),
            PartyId(party),
            self.random.choice((Identified.SIGNED, Identified.ATTESTED, Identified.UNVERIFIED)),
            self.scene.now_us,
            "Convoy <i>under</i> fire at the bridge",
        )
        self.scene.try_(TellStop(stop))
        if self.random.random() < 0.7:
            self.scene.pass_time(self.random.expovariate(1 / 1.2))
            self.read_stop()

    def read_stop(self) -> None:
        known = sorted(self.scene.picture.stops)
        if known:
            self.scene.try_(
                AcknowledgeStop(self.random.choice(known), Post.DUTY), author(self.party())
            )

    def beat(self) -> None:
        self.scene.try_(GiveHeartbeat(self.random.random() < 0.2), author(self.party()))

    def suspend(self) -> None:
        minutes = self.random.choice((None, 30, 600))
        command = (
            ResumeChannel()
            if self.random.random() < 0.5
            else SuspendChannel("routine", "storm", minutes)
        )
        self.scene.try_(command, signer(self.party()))

    def report(self) -> None:
        of, about = self.random.sample(PARTIES, 2)
        self.scene.try_(ReportChannel(PartyId(about), ChannelState.DOWN, "no tone"), author(of))

    def doubt(self) -> None:
        doubts = sorted(self.scene.picture.doubt_items)
        if doubts and self.random.random() < 0.5:
            name = DoubtId(self.random.choice(doubts))
            state = self.random.choice((DoubtState.ANSWERED, DoubtState.ACCEPTED_OPEN))
            self.scene.try_(AnswerDoubt(name, state, "looked"), signer(self.party()))
            return
        standing = sorted(self.scene.picture.intents)
        if standing:
            name = IntentId(self.random.choice(standing))
            self.scene.try_(RaiseDoubt("it moved", intent=name), author(self.party()))

    def warn(self) -> None:
        of, towards = self.random.sample(PARTIES, 2)
        at = self.scene.now_us
        fix = TrackFix(47_000_000_000, 8_000_000_000, at)
        zone = self.random.choice(("z1", "z2"))
        kind = self.random.choice(
            (WarningKind.INCURSION, WarningKind.INCURSION, WarningKind.SEPARATION)
        )
        other = (
            WarningObject("zone", zone, PartyId(towards), ("the zone", zone))
            if kind is WarningKind.INCURSION
            else WarningObject("track", f"{towards}/t9", PartyId(towards), ("jet", "t9"), fix)
        )
        for _ in range(self.random.randrange(1, 4)):
            warning = StandingWarning(
                WarningId(self.scene.new_id()),
                kind,
                "watch/incursion/1",
                (WarningObject("track", f"{of}/t1", PartyId(of), ("jet", "t1"), fix), other),
                (PartyId(of), PartyId(towards)),
                at,
                at,
            )
            self.scene.try_(RaiseWarning(warning))
            self.scene.pass_time(self.random.choice((1, 9, 100)))

    def site(self) -> None:
        if self.sites and self.random.random() < 0.4:
            return
        name = f"site{len(self.sites)}"
        begin = int((self.scene.now_us - START_US) / MINUTE_US) + 1
        place = volume(
            47.0 + self.random.random(),
            from_min=begin,
            until_min=begin + self.random.choice((1, 3, 80)) * DAY_MIN,
        )
        shown = named(*self.random.sample(PARTIES[1:], self.random.randrange(1, 3)))
        told = details(place, kind=IntentKind.PRESENCE, visibility=shown, stated=Stated())
        if isinstance(self.scene.try_(SubmitIntent(IntentId(name), told), author("alpha")), tuple):
            self.sites.append(name)

    def harm(self) -> None:
        if self.sites:
            site = IntentId(self.random.choice(self.sites))
            harm = ReportHarm(site, self.scene.now_us - HOUR_US // 2, "a wall fell")
            self.scene.try_(harm, author("alpha"))

    def challenge(self) -> None:
        if self.sites:
            site = IntentId(self.random.choice(self.sites))
            self.scene.try_(ChallengeSite(site, "no such roof"), author("bravo"))

    def shift(self) -> None:
        party = PartyId(self.party())
        digest = digest_of_open(self.scene.picture.notices_to(party))
        post = self.random.choice((Post.DUTY, Post.SENIOR))
        self.scene.try_(TakeShift(post, digest), author(party))

    def drill(self) -> None:
        """Send one, or answer one that stands, a step or two."""
        known = sorted(self.scene.picture.drills)
        if not known or self.random.random() < 0.4:
            by, other = self.random.sample(PARTIES, 2)
            self.scene.try_(SendDrill(PartyId(other), 3600), author(by))
            known = sorted(self.scene.picture.drills)
        for _ in range(self.random.randrange(1, 5)):
            drill = self.scene.picture.drills[self.random.choice(known[-3:])]
            verb = self.random.choice(HOPS)
            units = drill.sent.units  # none where nothing is agreed between the two
            if verb is Verb.LOADED and not units:
                continue
            unit = self.random.choice(units) if verb is Verb.LOADED else None
            word = drill.sent.word if verb is Verb.READ_BACK else None
            self.scene.pass_time(self.random.expovariate(1 / 6))
            told = AnswerDrill(drill.sent.drill, verb, unit, word)
            self.scene.try_(told, signer(drill.sent.recipient))

    def fly(self) -> None:
        """A part of a flight of a party's own, and a step of its intent."""
        standing = sorted(self.scene.picture.intents)
        if not standing:
            return
        intent = self.scene.picture.intents[self.flights.choice(standing)]
        spent_us = [self.flights.randrange(40 * MINUTE_US) for _ in range(3)]
        if self.flights.random() < 0.5:
            spent_us[1:] = [0, 0]
        excursions = self.flights.randrange(4) if spent_us[1] else 0
        until_us = self.scene.now_us
        began_us = until_us - sum(spent_us)
        self.scene.accept(
            MeasureFlight(
                FlightMeasured(
                    intent.party, intent.id, self.flights.choice("ab"), "radar",
                    began_us, began_us, until_us, *spent_us,
                    excursions, self.flights.randrange(spent_us[1]) if excursions else 0,
                )
            )
        )  # fmt: skip
        step = self.flights.choice(
            (Step.ACTIVATE, Step.DECLARE_NONCONFORMING, Step.DECLARE_CONTINGENT)
        )
        self.scene.try_(ChangeIntentState(intent.id, intent.ovn, step), author(intent.party))

    def incident(self) -> None:
        """Open one, name somebody, or say something in one."""
        picture = self.scene.picture
        known = sorted(picture.incidents)
        if not known or self.random.random() < 0.15:
            by, other = self.random.sample(PARTIES, 2)
            watching = [each for each in PARTIES if each not in (by, other)]
            observers = tuple(watching) if self.random.random() < 0.4 else ()
            opening_ = opening(other, observers=observers, name=self.scene.new_id())
            self.scene.try_(opening_, author(by))
            return
        incident = picture.incidents[self.random.choice(known)]
        by, other = self.random.sample(PARTIES, 2)
        shown = self.random.choice(((), (other,)))
        deed = self.random.randrange(7)
        if deed == 0:
            self.scene.try_(NameParties(incident.id, parties=(PartyId(other),)), author(by))
        elif deed == 1:
            self.scene.try_(account(*shown, incident=incident.id), signer(by))
        elif deed == 2:
            given = Audience.NAMED if shown else Audience.ALL
            named_ = tuple(map(PartyId, shown))
            self.scene.try_(LodgeEvidence(incident.id, lodging(), given, named_), signer(by))
        elif deed == 3:
            sent = TransmitResult(incident.id, (PartyId(other),), "We looked.")
            self.scene.try_(sent, signer(by))
        elif deed == 4 and incident.results:
            result = self.random.choice(incident.results)
            receipt = ReceiptResult(incident.id, result.id, result.digest)
            self.scene.try_(receipt, signer(self.random.choice(result.to)))
        elif incident.questions and self.random.random() < 0.6:
            question = self.random.choice(incident.questions)
            step = self.random.choice(list(QuestionStep)[1:])
            who = question.to if step is QuestionStep.ANSWER else question.asker
            told = StepQuestion(incident.id, question.id, step, "By the river.")
            self.scene.try_(told, signer(who))
        else:
            asked = AskQuestion(incident.id, PartyId(other), "Where?", self.random.random() < 0.5)
            self.scene.try_(asked, author(by))

    def contest(self) -> None:
        """Of what may count: mostly an item, sometimes none."""
        kinds = {
            "WarningRaised": Counted.INCURSION,
            "NoticeIssued": Counted.LATE_NOTICE,
            "NoticeEscalated": Counted.UNACKNOWLEDGED,
        }
        known = [
            item_name("counted", kinds[type(entry.body).__name__], position)
            for position, entry in enumerate(self.scene.entries)
            if type(entry.body).__name__ in kinds and getattr(entry.body, "step", 0) == 0
        ]
        if known:
            command = ContestCount(
                PACT, max(1, self.version), self.random.choice(known), "it was a drill"
            )
            self.scene.try_(command, author(self.random.choice(("alpha", "bravo"))))
