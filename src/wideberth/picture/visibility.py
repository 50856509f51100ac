"""Which entries of the record a party may read whole, envelope and all.

Its own words, what was said to it, and what is open to it; never the evidence of who clashes with
whom, which names objects that one side may not see.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wideberth.model.agreements import (
    AgreementDrafted,
    AgreementMoment,
    AgreementProposed,
    AgreementStepped,
)
from wideberth.model.avoiding import AvoidingSuggested, AvoidingTold, AvoidingWithheld
from wideberth.model.calls import CallMissed
from wideberth.model.clocks import ClockMeasured
from wideberth.model.conformance import ConformanceAnalysed, FlightMeasured, SteppedByTrack
from wideberth.model.consents import ConsentAnswered, ConsentAsked
from wideberth.model.counting import CountContested
from wideberth.model.doubts import DoubtAnswered, DoubtRaised
from wideberth.model.drills import DrillAnswered, DrillMissed, DrillSent, DrillTaken
from wideberth.model.entries import (
    Entry,
    IntentAccepted,
    IntentAmended,
    IntentStateChanged,
    KeyEnrolled,
    KeyRevoked,
    NoticeAcknowledged,
    NoticeIssued,
    NoticeReleased,
    PartyRegistered,
    RulesAdopted,
    SegmentRecorded,
    SpaceOpened,
    SubscriptionClosed,
    SubscriptionOpened,
    WarningCleared,
    WarningRaised,
    WarningWorsened,
    ZoneDeclared,
    ZoneWithdrawn,
)
from wideberth.model.ids import PartyId
from wideberth.model.keeping import EpochOpened, HostActed, LogKeyChanged, LogKeyRetired
from wideberth.model.ladders import NeutralCalled, NoticeEscalated
from wideberth.model.liveness import (
    AllClearGiven,
    ChannelReported,
    ChannelResumed,
    ChannelSuspended,
    HazardStated,
    HazardUnheard,
    HeartbeatGiven,
    HeartbeatMissed,
)
from wideberth.model.loads import CeilingSet
from wideberth.model.publications import PublicationMade, PublicationWithdrawn
from wideberth.model.readbacktests import ReadBackTestBegun, ReadBackTestJudged
from wideberth.model.redlines import RedLineRemoved, RedLineSet
from wideberth.model.sealed import SealKeyOffered, TextSealed
from wideberth.model.shifts import ShiftTaken
from wideberth.model.sites import (
    ChallengeAnswered,
    ExportCountersigned,
    ExportRequested,
    HarmReported,
    SharingAssessed,
    SharingWithdrawn,
    SiteChallenged,
    SiteReviewed,
    SitesDelivered,
    SiteStale,
)
from wideberth.model.stop_reads import StopAcknowledged
from wideberth.model.stops import StopTold, StopToUnits
from wideberth.picture.incidents import READERS, reads_incident_entry
from wideberth.picture.limits import reads_amendment, sees
from wideberth.picture.needs import needs
from wideberth.picture.picture import Picture

__all__ = ["is_readable"]


def is_readable(picture: Picture, entry: Entry, party: PartyId) -> bool:
    """Whether the party may read the whole entry. What is not known here is not readable.

    picture: with the agreements that stood at the entry, at least.
    """
    match entry.body:
        case IntentAccepted(intent=intent):
            return sees(picture, intent, party) and needs(picture, intent, party)
        case IntentAmended() as body:
            return reads_amendment(picture, entry, body, party) and needs(
                picture, body.intent, party
            )
        case SiteStale(intent=intent):
            return sees(picture, intent, party) and needs(picture, intent, party)
        case body:
            rule = _READABLE.get(type(body))
            return rule is not None and rule(body, party)


def _by_all(_body: object, _party: PartyId) -> bool:
    return True


def _by_its_party(body: Any, party: PartyId) -> bool:
    return body.party == party


def _by_all_unless_it_names_an_intent(body: StopTold, party: PartyId) -> bool:
    # Not all may know of the intent; they have the rest of it on their streams.
    return body.stop.intent is None or party == body.stop.sender


def _by_the_only_one_warned(body: Any, party: PartyId) -> bool:
    # Each side of a warning sees its own object whole, and the other's only in part.
    return body.warning.told_to() == (party,) and all(
        each.type == "zone" or each.party == party for each in body.warning.objects
    )


_READABLE: dict[type, Callable[[Any, PartyId], bool]] = {
    SpaceOpened: _by_all,
    RulesAdopted: _by_all,
    LogKeyChanged: _by_all,  # under which name and key the record goes on: all rely on it
    LogKeyRetired: _by_all,
    EpochOpened: _by_all,
    HostActed: lambda body, party: body.party in (None, party),
    PartyRegistered: lambda body, party: body.party.id == party,  # it lists its units
    KeyEnrolled: _by_all,
    KeyRevoked: _by_all,
    SealKeyOffered: _by_all,
    ClockMeasured: _by_all,  # whoever compares two times has to know how far they may be off
    TextSealed: lambda body, party: party == body.text.sender or party in body.text.parties,
    ZoneDeclared: _by_all,
    ZoneWithdrawn: _by_all,
    IntentStateChanged: _by_its_party,
    SubscriptionClosed: _by_its_party,
    SegmentRecorded: _by_its_party,
    FlightMeasured: _by_its_party,
    ConformanceAnalysed: _by_its_party,
    SteppedByTrack: _by_its_party,
    SubscriptionOpened: lambda body, party: body.subscription.party == party,
    NoticeIssued: lambda body, party: body.notice.recipient == party,
    NoticeAcknowledged: lambda body, party: party in (body.recipient, body.sender),
    NoticeReleased: lambda body, party: party in (body.recipient, body.by.party),
    AgreementDrafted: lambda body, party: body.draft.party == party,
    AgreementProposed: lambda body, party: party in body.terms.concerned,
    AgreementStepped: lambda body, party: party in body.concerned,
    AgreementMoment: lambda body, party: party in body.concerned,
    ConsentAsked: lambda body, party: party in body.asked.concerned,
    ConsentAnswered: lambda body, party: party in body.concerned,
    DrillSent: lambda body, party: party == body.recipient,  # it has the word to be read back
    DrillTaken: lambda body, party: party == body.recipient,
    DrillAnswered: lambda body, party: party == body.party or party in body.seen_by,
    DrillMissed: lambda body, party: party == body.recipient or party in body.seen_by,
    ReadBackTestBegun: _by_its_party,
    ReadBackTestJudged: _by_its_party,
    CountContested: lambda body, party: party in body.concerned,
    RedLineSet: lambda body, party: body.red_line.party == party,
    RedLineRemoved: _by_its_party,
    SharingAssessed: lambda body, party: body.sharing.owner == party,
    SharingWithdrawn: lambda body, party: body.owner == party,
    SiteChallenged: lambda body, party: party in (body.owner, body.challenge.party),
    ChallengeAnswered: lambda body, party: party in (body.owner, body.party),
    HarmReported: lambda body, party: party == body.harm.owner,  # it names who was told before
    SiteReviewed: lambda body, party: party in (body.owner, body.party),
    SitesDelivered: lambda body, party: party == body.recipient,
    ExportRequested: lambda body, party: party == body.export.party,
    ExportCountersigned: _by_its_party,
    HeartbeatGiven: _by_its_party,
    ChannelSuspended: _by_its_party,
    ChannelResumed: _by_its_party,
    ChannelReported: _by_its_party,
    HazardStated: _by_its_party,
    HazardUnheard: _by_its_party,
    HeartbeatMissed: _by_its_party,
    CallMissed: lambda body, party: party in body.concerned,
    PublicationMade: lambda body, party: party in body.concerned,
    PublicationWithdrawn: lambda body, party: party in body.concerned,
    AllClearGiven: _by_its_party,
    ShiftTaken: _by_its_party,
    CeilingSet: lambda body, party: party in body.concerned,
    NoticeEscalated: lambda body, party: party in (body.recipient, body.sender),
    NeutralCalled: lambda body, party: body.neutral == party,
    StopTold: _by_all_unless_it_names_an_intent,
    StopToUnits: _by_its_party,
    AvoidingSuggested: _by_its_party,
    AvoidingWithheld: _by_its_party,
    AvoidingTold: lambda body, party: party == body.recipient,
    DoubtRaised: lambda body, party: (
        party == body.owner or (party == body.doubt.party and not body.doubt.hidden)
    ),
    DoubtAnswered: lambda body, party: (
        party == body.party or (party == body.raised_by and not body.hidden)
    ),
    StopAcknowledged: lambda body, party: party in (body.party, body.sender),
    WarningRaised: _by_the_only_one_warned,
    WarningWorsened: _by_the_only_one_warned,
    WarningCleared: _by_the_only_one_warned,
    **dict.fromkeys(READERS, reads_incident_entry),
}
