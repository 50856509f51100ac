"""Every kind of entry has words of its own on the page, and they say whose word it is."""

from __future__ import annotations

import typing
from typing import Any

import msgspec
import pytest

from wideberth.evidence.alone import words
from wideberth.evidence.alone.words import entry_words
from wideberth.model import (
    accounts,
    avoiding,
    calls,
    consents,
    counting,
    doubts,
    drills,
    incidents,
    inquiries,
    liveness,
    loads,
    lodged,
    publications,
    questions,
    readbacktests,
    redlines,
    sealed,
    shifts,
    sites,
)
from wideberth.model import agreements as a
from wideberth.model import ladders as steps
from wideberth.model.channels import ChannelState, Medium
from wideberth.model.conformance import (
    ConformanceAnalysed,
    FlightMeasured,
    FlightsSummed,
    SteppedByTrack,
)
from wideberth.model.doubts import DoubtId
from wideberth.model.entries import (
    Body,
    ClashesFound,
    HiddenChecked,
    SegmentRecorded,
    SnapshotRecorded,
    SubscribersNotified,
    TouchesWithdrawn,
)
from wideberth.model.ids import (
    AccountId,
    AgreementId,
    ConsentId,
    DrillId,
    EvidenceId,
    IncidentId,
    IntentId,
    KeyId,
    NoticeId,
    Ovn,
    PartyId,
    QuestionId,
    RedLineId,
    ResultId,
    UnitToken,
)
from wideberth.model.intents import (
    FieldChange,
    Intent,
    IntentKind,
    IntentState,
    Provenance,
    Source,
    Step,
    Visibility,
    VisibilityLevel,
)
from wideberth.model.notices import ObjectRef, ObjectType, Urgency, Verb
from wideberth.model.provisions import Between, LeadTime
from wideberth.model.stop_reads import StopRepeated
from wideberth.model.stops import StopToUnits
from wideberth.model.zones import ZoneRule
from wideberth.space import Altitude, AltitudeReference, Circle, Volume4D

ALPHA, BRAVO, NEUTRAL = PartyId("alpha"), PartyId("bravo"), PartyId("crane")
AGREEMENT, INTENT, NOTICE = AgreementId("a1"), IntentId("i1"), NoticeId("n1")
BOTH = (ALPHA, BRAVO)
D1, KEY = DrillId("d1"), KeyId("k1")
PLACE = Volume4D(
    Circle(38_500_000_000, -122_000_000_000, 5_000_000),
    Altitude(0, AltitudeReference.W84),
    Altitude(600_000, AltitudeReference.W84),
    1_600_000_000_000_000,
    1_600_003_600_000_000,
)
TERMS = a.Terms(
    title="Keep \u201capart\u201d",
    kind=a.LegalKind.SEPARATION,
    parties=BOTH,
    effective_us=0,
    expires_us=1_000_000,
    provisions=(
        Between(id="apart", horizontal_m=50, vertical_m=10, time_s=60),
        LeadTime(id="lead", kind=IntentKind.FLIGHT, minimum_s=1800),
    ),
    neutral=NEUTRAL,
)
SITE = Intent(
    id=INTENT,
    party=ALPHA,
    kind=IntentKind.PRESENCE,
    priority=0,
    state=IntentState.ACCEPTED,
    version=1,
    ovn=Ovn("ovn-000000000000000001"),
    volumes=(PLACE,),
    visibility=Visibility(VisibilityLevel.NAMED, (BRAVO,)),
    provenance=Provenance(Source.GPS),
    told_us=0,
    lead_us=0,
)
ABOUT = ObjectRef(ObjectType.INTENT, INTENT, 1)
AREA = a.AgreedArea("a1/1/apart", AGREEMENT, 1, "apart", ZoneRule.NOTICE, (PLACE,), BOTH)
MESSAGE = publications.Message(2, 5)
PUBLICATION = publications.Publication(
    sender="fire-desk",
    message=publications.Message(3, 6),
    content=publications.Content(
        kind=publications.PublicKind.CLOSURE,
        agreed=False,
        area="the north bank",
        volumes=(PLACE,),
        cell_nd=10_000_000,
        reason="burn",
    ),
    agreement=AGREEMENT,
    version=1,
    provision="public",
    source="zone/z1",
    earlier=(MESSAGE,),
)
CHANGE = a.ProvisionChange("apart", "changed", (FieldChange("horizontal_m", "60000", "5000"),))
CHALLENGE = sites.Challenge(BRAVO, "no such roof", 1, 2)
HARM = sites.Harm("h1", INTENT, ALPHA, ALPHA, 5, 1, 2, "a wall fell", (BRAVO,))
EXPORT = sites.Export("e1", BRAVO, "key-1", "move a convoy", 5)

INCIDENT, QUESTION, RESULT = IncidentId("inc1"), QuestionId("q1"), ResultId("r1")
CLAIMS = accounts.Claims(
    when=accounts.TimeClaim(1_600_000_000_000_000, 60_000_000),
    where=accounts.PlaceClaim(
        accounts.Point(38_500_000_000, -122_000_000_000),
        50_000,
        Altitude(600_000, AltitudeReference.MSL),
        30_000,
    ),
    identity=accounts.IdentityClaim(call_sign="RED 7", intent=INTENT),
    warned=accounts.WarnedClaim(warned=True, notice=NOTICE),
    rule=accounts.RuleClaim(AGREEMENT, 2, "apart"),
    damage=accounts.DamageClaim((accounts.DamageItem(accounts.DamageOf.OBJECTS, 1, "a truck"),)),
)
LODGING = lodged.Lodging("f" * 64, 9, "image/jpeg", "a photo")

SAID: tuple[tuple[msgspec.Struct, tuple[str, ...]], ...] = (
    (a.AgreementDrafted(a.Draft(AGREEMENT, ALPHA, TERMS)), ("no other party saw it",)),
    (
        a.AgreementProposed(AGREEMENT, 2, BRAVO, TERMS, "f" * 64, 9, 1, (CHANGE,)),
        ("bravo proposed version 2", "60000 to 5000", "f" * 64, "horizontal_m: 50", "signed"),
    ),
    (
        a.AgreementStepped(AGREEMENT, 1, ALPHA, a.Act.SUSPEND, a.AgreementState.SUSPENDED, BOTH),
        ("alpha suspended version 1", "STOP stays usable"),
    ),
    (
        a.AgreementMoment(
            AGREEMENT, 1, a.Moment.EFFECTIVE, a.AgreementState.IN_FORCE, BOTH, (AREA,)
        ),
        ("was reached by version 1", "Area of apart"),
    ),
    (
        a.AgreementMoment(
            AGREEMENT, 1, a.Moment.UNPUBLISH, a.AgreementState.IN_FORCE, BOTH, provision="public"
        ),
        ("Something is public no longer by version 1",),
    ),
    (
        publications.PublicationMade(PUBLICATION, BOTH),
        ("message 3 of fire-desk", "provision public", "the north bank", "10000000 nanodegrees"),
    ),
    (
        publications.PublicationWithdrawn(
            withdrawal=publications.Withdrawal(
                sender="fire-desk", message=MESSAGE, cancels=(MESSAGE,), until_us=9
            ),
            agreement=AGREEMENT,
            version=1,
            provision="public",
            source="zone/z1",
            reason=publications.Withdrawn.TIME,
            concerned=BOTH,
        ),
        ("Message 2 of fire-desk", "it was agreed until then", "no information is not clearance"),
    ),
    (
        drills.DrillSent(D1, BRAVO, "AB1234", 60_000_000, ("u1",), None, AGREEMENT, 2, "d", BOTH),
        ("drill message, d1, went to bravo", "version 2", "AB1234", "u1", "no notice"),
    ),
    (drills.DrillTaken(D1, BRAVO, Medium.MAIL, 2_000_000), ("mail of bravo took", "no person")),
    (
        drills.DrillAnswered(D1, BRAVO, Verb.LOADED, 60_000_000, UnitToken("u1"), late=True),
        ("bravo answered LOADED", "after it was missed", "u1", "answers none"),
    ),
    (
        drills.DrillAnswered(D1, BRAVO, Verb.READ_BACK, 1_000_000, word="AB1234"),
        ("READ-BACK", "AB1234"),
    ),
    (drills.DrillMissed(D1, BRAVO, 0, ("READ-BACK",)), ("was missed", "READ-BACK")),
    (drills.DrillPlanned(AGREEMENT, "d", 1, 0, 5_000_000), ("next drill", "Drawn moment")),
    (
        readbacktests.ReadBackTestBegun(ALPHA, KEY, "read-back-1", ("en", "fr"), "seed-1", ("ru",)),
        ("read-back test of the key k1 of alpha began", "en, fr", "ru", "seed-1"),
    ),
    (
        readbacktests.ReadBackTestJudged(ALPHA, KEY, "t", ("en",), False, ("en/place",)),
        ("not passed", "en/place"),
    ),
    (readbacktests.ReadBackTestJudged(ALPHA, KEY, "t", ("en",), True), ("was passed",)),
    (
        counting.CountContested(AGREEMENT, 1, "counted/incursion/7", ALPHA, "a drill", BOTH),
        ("alpha contests that counted/incursion/7 counts", "stays counted", "a drill"),
    ),
    (
        consents.ConsentAsked(
            consents.Asked(
                ConsentId("c1"), AGREEMENT, 1, "cross", ALPHA, "at noon", 1, (BRAVO,), BOTH
            )
        ),
        ("alpha asked for consent", "no answer is not consent", "at noon"),
    ),
    (
        consents.ConsentAnswered(ConsentId("c1"), BRAVO, consents.Verdict.REFUSED, BOTH, "fog"),
        ("bravo answered REFUSED", "fog"),
    ),
    (
        redlines.RedLineSet(redlines.RedLine(RedLineId("r1"), ALPHA, "the river", (PLACE,))),
        ("which it alone reads", "the river"),
    ),
    (
        sealed.SealKeyOffered(sealed.SealKey(ALPHA, KeyId("desk"), 2, "AAAA", "BBBB")),
        ("Texts for alpha/desk are sealed to its seal key number 2", "AAAA"),
    ),
    (
        sealed.TextSealed(
            "sealed-1",
            sealed.SealedText(
                ALPHA,
                KeyId("desk"),
                sealed.About(sealed.AboutType.INTENT, INTENT),
                "a" * 64,
                (sealed.SealedFor(BRAVO, KeyId("post"), 1, "CCCC"),),
                "DDDD",
                "EEEE",
            ),
        ),
        ("a sealed text about intent i1", "Sealed to: bravo/post", "a" * 64),
    ),
    (redlines.RedLineRemoved(RedLineId("r1"), ALPHA), ("alpha removed its red line r1",)),
    (liveness.HeartbeatGiven(ALPHA, degraded=True), ("not by all of its means",)),
    (liveness.HeartbeatMissed(ALPHA, 1, 5), ("alpha was to be heard and was not", "UNKNOWN")),
    (calls.CallMissed(AGREEMENT, 1, ALPHA, 1, 5, BOTH), ("UNKNOWN to alpha, bravo",)),
    (liveness.ChannelSuspended(ALPHA, "routine", "storm"), ("STOP stays usable", "storm")),
    (liveness.ChannelResumed(ALPHA), ("alpha ended the suspension",)),
    (
        liveness.ChannelReported(ALPHA, BRAVO, ChannelState.DOWN, "no tone"),
        ("That is the word of alpha alone", "no tone"),
    ),
    (liveness.HazardStated(ALPHA, INTENT, liveness.HazardStatus.MOVED), ("is moved",)),
    (
        liveness.HazardUnheard(ALPHA, INTENT, 1, 5, ended=True),
        ("nobody said that it is clear", "unknown is not clear"),
    ),
    (liveness.AllClearGiven(ALPHA, INTENT), ("ALL-CLEAR: alpha said",)),
    (
        loads.CeilingSet(BRAVO, BRAVO, ALPHA, 40),
        ("bravo set a weekly ceiling on notices to bravo from alpha: 40", "holds nothing back"),
    ),
    (loads.CeilingSet(BRAVO, BRAVO), ("took its weekly ceiling on notices to bravo in all away",)),
    (shifts.ShiftTaken(ALPHA, steps.Post.DUTY, "a" * 64), ("its open list read", "a" * 64)),
    (
        steps.NoticeEscalated(NOTICE, BRAVO, 1, 5, steps.Post.SENIOR, Verb.RECEIVED),
        ("went on to the post senior", "RECEIVED"),
    ),
    (
        steps.NeutralCalled(NEUTRAL, NOTICE, BRAVO, Urgency.IMMEDIATE, 5, "desk 2"),
        ("neutral crane was asked to reach bravo", "desk 2", "may not see"),
    ),
    (
        sites.SharingAssessed(
            sites.Sharing(ALPHA, BRAVO, sites.Disclosure.COARSE, "air desk", "none", "one hit", 5)
        ),
        ("alpha assessed", "coarse", "one hit"),
    ),
    (sites.SharingWithdrawn(ALPHA, BRAVO, 4), ("4 sites", "cannot be recalled")),
    (sites.SiteStale(SITE, 2), ("STALE", "stays protected")),
    (
        sites.SiteChallenged(INTENT, ALPHA, CHALLENGE, BOTH),
        ("bravo challenged", "The site stands", "no such roof"),
    ),
    (sites.ChallengeAnswered(INTENT, ALPHA, BRAVO, "seen today", BOTH), ("seen today",)),
    (
        sites.HarmReported(HARM, (INTENT,), BOTH),
        ("nothing of who caused it", "a wall fell", "Named for the site before"),
    ),
    (
        sites.SiteReviewed(INTENT, ALPHA, ALPHA, "looked", lifts=True, concerned=BOTH),
        ("frozen no more", "looked"),
    ),
    (sites.SitesDelivered(BRAVO, ((ALPHA, 7),), "e1"), ("bravo was given", "Sites of alpha")),
    (sites.ExportRequested(EXPORT), ("a second has to sign", "move a convoy")),
    (sites.ExportCountersigned("e1", BRAVO, "key-2", (INTENT,)), ("second person", "key-2")),
    (
        avoiding.AvoidingSuggested(
            ALPHA, INTENT, avoiding.Suggested("flight", (PLACE,), (BRAVO,), 5)
        ),
        ("alpha suggested to bravo where to keep for a flight", "its hazard"),
    ),
    (
        avoiding.AvoidingWithheld(ALPHA, INTENT, "flight", (PLACE,), own=(ABOUT,)),
        ("sent to nobody", "In its way"),
    ),
    (avoiding.AvoidingTold(ALPHA, BRAVO, INTENT, "flight", (PLACE,)), ("bravo was shown",)),
    (
        avoiding.AvoidingTold(ALPHA, BRAVO, INTENT, "flight", (), (ABOUT,)),
        ("bravo was not shown", "In its way"),
    ),
    (
        doubts.DoubtRaised(ABOUT, ALPHA, 9, doubts.Doubt(DoubtId("d1"), BRAVO, "it moved", 5)),
        ("DOUBT: bravo doubts", "never deleted", "it moved"),
    ),
    (
        doubts.DoubtAnswered(
            ABOUT, DoubtId("d1"), ALPHA, BRAVO, doubts.DoubtState.ACCEPTED_OPEN, "we look"
        ),
        ("stays open", "we look"),
    ),
    (
        incidents.IncidentOpened(
            INCIDENT, ALPHA, incidents.Column.PARTY, "The river", 5, 9, (BRAVO,), (NEUTRAL,)
        ),
        ("alpha opened the incident inc1", "\u201cThe river\u201d", "Observers named: crane"),
    ),
    (
        incidents.PartiesNamed(INCIDENT, ALPHA, (NEUTRAL,), (), BOTH, "The river", 5, 9),
        ("alpha named others", "Parties named: crane", "Named before: alpha, bravo"),
    ),
    (incidents.SubjectsNamed(INCIDENT, ALPHA, ("i1", "n1")), ("is about", "i1, n1")),
    (
        accounts.AccountGiven(
            INCIDENT,
            accounts.Account(
                AccountId("acc1"), ALPHA, 5, accounts.Audience.NAMED, (BRAVO,), CLAIMS, "So.", "en"
            ),
        ),
        (
            *("alpha gave its account", "those whom it named: bravo", "give or take 1 min"),
            *("38.5 N, 122 W, give or take 50 m; 600 m above mean sea level", "intent i1"),
            *("call sign \u201cRED 7\u201d", "Whether warned, as it says: yes, the notice n1"),
            *("the agreement a1, version 2", "objects: 1, \u201ca truck\u201d", "(language en)"),
        ),
    ),
    (
        accounts.AccountGiven(
            INCIDENT,
            accounts.Account(
                AccountId("acc1"),
                ALPHA,
                5,
                accounts.Audience.OWN,
                claims=accounts.Claims(
                    where=accounts.PlaceClaim(PLACE.footprint),
                    rule=accounts.RuleClaim(),
                    damage=accounts.DamageClaim(()),
                ),
            ),
        ),
        ("nobody yet", "within 5000 m", "as it says: no agreement", "as it says: none"),
    ),
    (
        questions.QuestionAsked(
            *(INCIDENT, QUESTION, ALPHA, BRAVO, True, "Where?", accounts.Audience.OWN, (), 9)
        ),
        ("alpha asked bravo a question", "\u201cWhere?\u201d", "urgent by its asker: yes"),
    ),
    (
        questions.QuestionStepped(
            INCIDENT,
            QUESTION,
            ALPHA,
            questions.QuestionStep.ASK_AGAIN,
            "Once more",
            questions.QuestionState.ASKED_AGAIN,
            9,
            BOTH,
        ),
        ("alpha asked again the question q1", "Answer asked by", "Once more"),
    ),
    (
        questions.QuestionOverdue(INCIDENT, QUESTION, BRAVO, 2, BOTH),
        ("the answer of bravo", "2 times", "no answer says nothing"),
    ),
    (
        lodged.EvidenceLodged(
            INCIDENT, EvidenceId("e1"), ALPHA, LODGING, accounts.Audience.ALL, (BRAVO,)
        ),
        ("alpha lodged the digest", "f" * 64, "9 bytes, image/jpeg", "not in the record"),
    ),
    (
        lodged.EvidenceDisclosed(INCIDENT, EvidenceId("e1"), ALPHA, (BRAVO,), LODGING, 5),
        ("says that it disclosed", "Disclosed to: bravo", "outside of the space"),
    ),
    (
        lodged.EvidenceChecked(INCIDENT, EvidenceId("e1"), BRAVO, ALPHA, matches=False),
        ("bravo says", "does not have the digest that alpha lodged"),
    ),
    (
        inquiries.ResultTransmitted(
            INCIDENT,
            inquiries.InquiryResult(
                RESULT, ALPHA, (BRAVO,), "We looked.", "a" * 64, 5, 9, "b" * 64
            ),
        ),
        ("alpha transmitted a result", "To: bravo", "We looked.", "a" * 64, "b" * 64),
    ),
    (
        inquiries.ResultReceipted(INCIDENT, RESULT, BRAVO, "a" * 64, ALPHA),
        ("bravo received the result r1 of alpha", "says nothing about what is in it"),
    ),
    (
        inquiries.ResultOverdue(INCIDENT, RESULT, BRAVO, ALPHA),
        ("the receipt of bravo for the result r1 of alpha",),
    ),
    (SubscribersNotified(ABOUT, 1, (3, 4)), ("2 subscriptions",)),
    (HiddenChecked(ALPHA, ((BRAVO, 2),)), ("alpha checked", "Of bravo")),
    (TouchesWithdrawn(ALPHA, ((BRAVO, 2),), (BRAVO,)), ("so often today", "Told so now")),
    (
        StopRepeated("stop-1", ALPHA, 1, 3_000_000, (BRAVO,), steps.Post.NEUTRAL, (NEUTRAL,)),
        ("told again", "Repetition: 2", "the post neutral", "bravo", "crane"),
    ),
    (StopToUnits("stop-1", BRAVO, (UnitToken("u1"), UnitToken("u2"))), ("of bravo", "u1, u2")),
    (SegmentRecorded("s1", "b" * 64, 1, 2, 3), ("archive of tracks", "b" * 64)),
    (
        FlightMeasured(
            ALPHA,
            IntentId("i1"),
            "drone",
            "f",
            0,
            0,
            9_000_000,
            6_000_000,
            2_000_000,
            1_000_000,
            1,
            2_000_000,
        ),
        ("a track of alpha kept to its intent i1", "Excursions: 1", "drone"),
    ),
    (
        ConformanceAnalysed(
            ALPHA,
            3,
            FlightsSummed(
                0,
                9_000_000,
                2,
                800_000_000,
                200_000_000,
                1_000_000,
                4,
                12_000_000,
                ("inside", "longest"),
                950_000,
                10_000_000,
                18_000,
                36_000_000_000,
            ),
            5,
            8_000_000,
            7_000_000,
            True,
            NoticeId("n9"),
            5,
        ),
        (
            "flights of alpha were held",
            "number 3",
            "at least 95%",
            "at most 18 a flight hour",
            "an excursion longer than set",
            "no: it is late",
            "Told by the notice: n9",
        ),
    ),
    (
        SteppedByTrack(
            ALPHA, IntentId("i1"), Step.ACTIVATE, "track-outside/1", "drone", "f", None, 1, 2
        ),
        ("the step activate by rule", "track-outside/1", "Outside since: inside"),
    ),
    (SnapshotRecorded(10, "c" * 64, "d" * 64), ("first 10 entries", "c" * 64)),
)


def told(body: msgspec.Struct) -> tuple[str, list[tuple[str, str]]]:
    value: dict[str, Any] = {"body": msgspec.json.decode(msgspec.json.encode(body))}
    return entry_words(value)


@pytest.mark.parametrize(
    ("body", "wanted"), [pytest.param(*each, id=type(each[0]).__name__) for each in SAID]
)
def test_an_entry_says_what_it_holds(body: msgspec.Struct, wanted: tuple[str, ...]) -> None:
    sentence, rows = told(body)
    assert "word for word" not in sentence, rows
    text = "\n".join([sentence, *(f"{name}: {said}" for name, said in rows)])
    for each in wanted:
        assert each in text


def test_no_kind_of_entry_is_shown_raw() -> None:
    kinds = {each.__name__ for each in typing.get_args(Body)}
    # What clashes with what is shown to nobody as it is: each party learns by its own notice.
    assert kinds - set(words._WORDS) == {ClashesFound.__name__}


def test_a_free_text_cannot_close_its_quotes() -> None:
    body = consents.ConsentAnswered(
        ConsentId("c1"), BRAVO, consents.Verdict.APPROVED, BOTH, "yes\u201d; alpha said \u201cno"
    )
    _, rows = told(body)
    assert ("Reason", "\u201cyes[U+201D]; alpha said [U+201C]no\u201d") in rows


def test_a_planted_kind_without_words_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(words._WORDS, "SiteStale")
    with pytest.raises(AssertionError):
        test_an_entry_says_what_it_holds(sites.SiteStale(SITE, 2), ("STALE",))
    with pytest.raises(AssertionError):
        test_no_kind_of_entry_is_shown_raw()
