"""The picture: all entries folded together, the state at one position of the record.

It holds what can still matter: live and future intents, zones and subscriptions, open notices,
standing warnings, idempotency keys of the last 24 h. The rest leaves by rule and is found through
the index over the record (:mod:`wideberth.picture.history`).
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Set as AbstractSet
from hashlib import sha256
from operator import itemgetter
from typing import Any

import msgspec

from wideberth.model.agreements import AgreedArea, Agreement, Draft
from wideberth.model.calls import Call
from wideberth.model.clocks import DueLook, MeasuredClock
from wideberth.model.conformance import Analysed
from wideberth.model.consents import Asked
from wideberth.model.deadlines import DeadlineKind, Due
from wideberth.model.doubts import Doubted, DoubtId
from wideberth.model.drills import Drill, DrillPlan
from wideberth.model.ids import (
    AgreementId,
    ConsentId,
    DrillId,
    IncidentId,
    IntentId,
    KeyId,
    NoticeId,
    PartyId,
    RedLineId,
    SubscriptionId,
    WarningId,
    ZoneId,
)
from wideberth.model.incidents import Incident
from wideberth.model.intents import Intent, IntentKind, VisibilityLevel
from wideberth.model.ladders import Escalated, Post
from wideberth.model.limits import Limit
from wideberth.model.liveness import HazardWatch, PartyChannel
from wideberth.model.loads import Ceiling
from wideberth.model.notices import Notice
from wideberth.model.parties import Key, Party
from wideberth.model.publications import Publication, Withdrawal
from wideberth.model.readbacktests import ReadBackStanding
from wideberth.model.redlines import RedLine
from wideberth.model.sealed import SealedMark, SealKey
from wideberth.model.settings import DEFAULT_RULES, PairRule, Rules
from wideberth.model.shifts import Shift
from wideberth.model.sites import Delivered, Export, Harm, Sharing, SiteFile
from wideberth.model.stop_reads import StopRead, StopStep
from wideberth.model.stops import Stop
from wideberth.model.subscriptions import Subscription
from wideberth.model.warnings import StandingWarning
from wideberth.model.zones import Zone
from wideberth.picture.agreed import NOTHING, Agreed, agreed_of
from wideberth.picture.cells import felt_as
from wideberth.picture.dueheap import DueHeap
from wideberth.picture.history import History
from wideberth.picture.names import Names, key
from wideberth.picture.spatial import Spatial
from wideberth.picture.standing import OpenNotice, Outcome, SnapshotMark, SpaceFacts
from wideberth.picture.tables import Layer, Table
from wideberth.space.prepared import PreparedVolume, prepare
from wideberth.space.time import DAY_US
from wideberth.space.vertical import AltitudeModel
from wideberth.space.volume import Separation, Volume4D

__all__ = [
    "DIGEST_VERSION",
    "NEVER_US",
    "REQUEST_LIFE_US",
    "TABLES",
    "Picture",
]

DIGEST_VERSION = "wideberth-picture-2"


TABLES = (
    "parties",
    "keys",
    "retired_keys",
    "intents",
    "zones",
    "subscriptions",
    "subscription_ids",
    "notices",
    "held",
    "rule_versions",
    "notice_counts",
    "told",
    "warnings",
    "requests",
    "check_days",
    "withdrawn_days",
    "snapshots",
    "clocks",
    "clock_looks",
    "stops",
    "escalations",
    "channels",
    "hazards",
    "shifts",
    "agreements",
    "drafts",
    "consents",
    "red_lines",
    "sites",
    "sharings",
    "harms",
    "after_notice",
    "deliveries",
    "exports",
    "calls",
    "limits",
    "stop_steps",
    "stop_reads",
    "publications",
    "withdrawals",
    "public_numbers",
    "doubts",
    "doubt_items",
    "seal_keys",
    "sealed_texts",
    "incidents",
    "ceilings",
    "drills",
    "drill_plans",
    "read_back_tests",
    "analyses",
)
"""The tables of a picture, in the order of its canonical form."""

_LATER = frozenset(
    {
        "clocks",
        "clock_looks",
        "stops",
        "escalations",
        "channels",
        "hazards",
        "shifts",
        "agreements",
        "drafts",
        "consents",
        "red_lines",
        "sites",
        "sharings",
        "harms",
        "after_notice",
        "deliveries",
        "exports",
        "calls",
        "limits",
        "stop_steps",
        "stop_reads",
        "publications",
        "withdrawals",
        "public_numbers",
        "doubts",
        "doubt_items",
        "seal_keys",
        "sealed_texts",
        "incidents",
        "ceilings",
        "drills",
        "drill_plans",
        "read_back_tests",
        "analyses",
    }
)
"""Tables that came later: left out of the canonical form while empty, so that the digests in older
records stay what they are."""


REQUEST_LIFE_US = DAY_US
"""How long an idempotency key is remembered."""

NEVER_US = 1 << 62
"""Later than any time there is."""


class Picture:
    """The tables. Made empty; changed by :func:`wideberth.picture.fold.fold` alone.

    size: entries folded so far, so the next one stands at position size. time_us: of the last one.
    """

    def __init__(self, below: Picture | None = None) -> None:  # noqa: PLR0915 - a table a line
        self._below = below
        self.is_overlay: bool = below is not None
        """Whether this is a layer over another picture, for deciding one batch."""
        self.size: int = below.size if below else 0
        self.time_us: int = below.time_us if below else 0
        self.space: SpaceFacts = below.space if below else SpaceFacts()
        self.asking: tuple[PartyId, str] | None = below.asking if below else None
        """The request whose entries are being folded, for those that follow."""
        self.altitude_model: AltitudeModel = below.altitude_model if below else AltitudeModel()
        self.widest: Separation = below.widest if below else DEFAULT_RULES.widest
        self._pair_rules: dict[tuple[IntentKind, IntentKind], tuple[PairRule, str]] = (
            below._pair_rules if below else {}  # noqa: SLF001  # its own kind
        )
        self.parties: Table[PartyId, Party] = Layer(below.parties) if below else {}
        self.keys: Table[tuple[PartyId, KeyId], Key] = Layer(below.keys) if below else {}
        self.retired_keys: Table[tuple[PartyId, KeyId], bool] = (
            Layer(below.retired_keys) if below else {}
        )
        self.intents: Table[IntentId, Intent] = Layer(below.intents) if below else {}
        self.zones: Table[ZoneId, Zone] = Layer(below.zones) if below else {}
        self.subscriptions: Table[SubscriptionId, Subscription] = (
            Layer(below.subscriptions) if below else {}
        )
        self.subscription_ids: Table[int, SubscriptionId] = (
            Layer(below.subscription_ids) if below else {}
        )
        self.notices: Table[NoticeId, OpenNotice] = Layer(below.notices) if below else {}
        self.held: Table[NoticeId, tuple[tuple[str, str], ...]] = Layer(below.held) if below else {}
        self.rule_versions: Table[str, bool] = Layer(below.rule_versions) if below else {}
        self.notice_counts: Table[PartyId, int] = Layer(below.notice_counts) if below else {}
        self.told: Table[str, tuple[tuple[PartyId, NoticeId], ...]] = (
            Layer(below.told) if below else {}
        )
        self.warnings: Table[WarningId, StandingWarning] = Layer(below.warnings) if below else {}
        self.requests: Table[tuple[PartyId, str], Outcome] = Layer(below.requests) if below else {}
        self.check_days: Table[PartyId, tuple[int, int]] = Layer(below.check_days) if below else {}
        self.withdrawn_days: Table[PartyId, tuple[int, dict[PartyId, int]]] = (
            Layer(below.withdrawn_days) if below else {}
        )
        self.snapshots: Table[int, SnapshotMark] = Layer(below.snapshots) if below else {}
        """By size: the snapshots that the record knows of."""
        self.clocks: Table[PartyId, MeasuredClock] = Layer(below.clocks) if below else {}
        self.worst_clock_us: int = below.worst_clock_us if below else 0
        """The largest of all clock_bound_us."""
        self.clock_looks: Table[PartyId, DueLook] = Layer(below.clock_looks) if below else {}
        """Parties whose clock was measured worse, while what stands of them is looked at again."""
        self.stops: Table[str, Stop] = Layer(below.stops) if below else {}
        """STOPs of the last day and their kin, by id, in the order recorded."""
        self.stop_steps: Table[str, StopStep] = Layer(below.stop_steps) if below else {}
        """What stands of those that are no longer as they were told first."""
        self.stop_reads: Table[tuple[str, PartyId], StopRead] = (
            Layer(below.stop_reads) if below else {}
        )
        """By STOP and party: that a person there has read it."""
        self.doubts: Table[str, Doubted] = Layer(below.doubts) if below else {}
        """By what they are about: the doubts that were raised."""
        self.doubt_items: Table[DoubtId, str] = Layer(below.doubt_items) if below else {}
        self.agreements: Table[tuple[AgreementId, int], Agreement] = (
            Layer(below.agreements) if below else {}
        )
        """By id and version: every version that was proposed and has not left."""
        self.drafts: Table[tuple[PartyId, AgreementId], Draft] = (
            Layer(below.drafts) if below else {}
        )
        self.consents: Table[ConsentId, Asked] = Layer(below.consents) if below else {}
        self.red_lines: Table[tuple[PartyId, RedLineId], RedLine] = (
            Layer(below.red_lines) if below else {}
        )
        self.sites: Table[IntentId, SiteFile] = Layer(below.sites) if below else {}
        """What was said of protected sites beside their own versions."""
        self.sharings: Table[tuple[PartyId, PartyId], Sharing] = (
            Layer(below.sharings) if below else {}
        )
        """By owner and recipient: what was assessed and chosen."""
        self.harms: Table[str, Harm] = Layer(below.harms) if below else {}
        """Reports of harm of the last 30 days and a little more, by id."""
        self.after_notice: Table[tuple[PartyId, PartyId], int] = (
            Layer(below.after_notice) if below else {}
        )
        """By owner and recipient: reports of harm after the recipient was named."""
        self.deliveries: Table[tuple[PartyId, PartyId], Delivered] = (
            Layer(below.deliveries) if below else {}
        )
        self.exports: Table[str, Export] = Layer(below.exports) if below else {}
        self.calls: Table[tuple[AgreementId, PartyId], Call] = Layer(below.calls) if below else {}
        """What stands of agreed calls, while they are waited for."""
        self.drills: Table[DrillId, Drill] = Layer(below.drills) if below else {}
        """Drill messages of the last months, and how they went."""
        self.drill_plans: Table[tuple[AgreementId, str], DrillPlan] = (
            Layer(below.drill_plans) if below else {}
        )
        """By agreement and provision: when the next is due."""
        self.read_back_tests: Table[tuple[PartyId, KeyId], ReadBackStanding] = (
            Layer(below.read_back_tests) if below else {}
        )
        self.analyses: Table[PartyId, Analysed] = Layer(below.analyses) if below else {}
        """Of each party's own flights, the newest."""
        self.limits: Table[PartyId, tuple[Limit, ...]] = Layer(below.limits) if below else {}
        """By owner: what others see of its intents, as was agreed."""
        self.publications: Table[tuple[AgreementId, str, str], Publication] = (
            Layer(below.publications) if below else {}
        )
        """By agreement, provision and source: what is published."""
        self.withdrawals: Table[tuple[str, int], Withdrawal] = (
            Layer(below.withdrawals) if below else {}
        )
        """By sender and number, in the order recorded: what was published and is no more."""
        self.public_numbers: Table[str, int] = Layer(below.public_numbers) if below else {}
        """By sender: the number of its last message to the public."""
        self.seal_keys: Table[tuple[PartyId, KeyId], SealKey] = (
            Layer(below.seal_keys) if below else {}
        )
        """By signing key: to what texts for it are sealed."""
        self.sealed_texts: Table[str, SealedMark] = Layer(below.sealed_texts) if below else {}
        self.incidents: Table[IncidentId, Incident] = Layer(below.incidents) if below else {}
        self.ceilings: Table[tuple[PartyId, PartyId, str], Ceiling] = (
            Layer(below.ceilings) if below else {}
        )
        """By who set it, recipient and sender ("" for all of them)."""
        self.agreed: Agreed = below.agreed if below else NOTHING
        """What applies of the agreements, by party. Follows from the table of them."""
        self._areas: Table[str, AgreedArea] = (
            Layer(below._areas) if below else {}  # noqa: SLF001  # its own kind
        )
        self.agreed_space: Spatial[str] = Spatial(below.agreed_space if below else None)
        self.escalations: Table[NoticeId, Escalated] = Layer(below.escalations) if below else {}
        """What stands of the ladders of open notices of which a step was taken."""
        self.channels: Table[PartyId, PartyChannel] = Layer(below.channels) if below else {}
        """What is known of parties' channels; of one that was never heard, nothing."""
        self.hazards: Table[IntentId, HazardWatch] = Layer(below.hazards) if below else {}
        """Hazards that nobody said to be clear, over or not."""
        self.shifts: Table[tuple[PartyId, Post], Shift] = Layer(below.shifts) if below else {}
        self.due: dict[DeadlineKind, DueHeap] | None = None
        """What is due when, by kind; None until somebody asks, and wherever what is due has changed
        as a whole (:mod:`~wideberth.picture.deadlines`)."""
        self._intents_of: dict[PartyId, set[IntentId]] | None = None
        self._names: Names | None = Names() if below else None
        self._notices_to: dict[PartyId, set[NoticeId]] | None = None
        self.intent_space: Spatial[IntentId] = Spatial(below.intent_space if below else None)
        self.zone_space: Spatial[ZoneId] = Spatial(below.zone_space if below else None)
        self.subscription_space: Spatial[SubscriptionId] = Spatial(
            below.subscription_space if below else None
        )
        self._felt_space: Spatial[IntentId] | None = Spatial(below.felt_space) if below else None
        self.history: History | None = None if below else History()
        self.expiries: list[tuple[int, str, str]] = []
        self.leaves_us = NEVER_US
        """Nothing leaves before the record's time is past this."""
        self.requests_from_us: int = below.requests_from_us if below else -NEVER_US
        """Requests before this time are not remembered: set for a fold of which it is known that
        they will have left at its end, by how late the last entry is."""
        self.request_ages: deque[tuple[PartyId, str]] = deque()
        """The keys of requests, the oldest first."""

    @property
    def felt_space(self) -> Spatial[IntentId]:
        """Intents that others feel on conflict, each volume as they feel it: as whole cells
        (:mod:`wideberth.picture.cells`). Made of the intents when it is first asked for.
        """
        if self._felt_space is None:
            self._felt_space = Spatial()
            for intent_id in list(self.intents):
                self._feel(self._felt_space, self.intents[intent_id])
        return self._felt_space

    @property
    def has_felt(self) -> bool:
        """Whether there is anything in felt_space."""
        if len(self.felt_space):
            return True
        return self._below is not None and self._below.has_felt

    def put_intent(self, intent: Intent) -> None:
        """Let a version of an intent stand in the place of the one before."""
        if self._names is not None and intent.kind is IntentKind.PRESENCE:
            before = self.intents.get(intent.id)
            was = None if before is None else before.place_name
            self._names.put(Intent, intent.id, intent.place_name, was)
        self.intents[intent.id] = intent
        if self._intents_of is not None:
            self._intents_of.setdefault(intent.party, set()).add(intent.id)
        self.intent_space.put(intent.id, intent.volumes, self.altitude_model)
        if self._felt_space is not None:
            self._feel(self._felt_space, intent)

    def drop_intent(self, intent_id: IntentId) -> None:
        """Let an intent stand no more; nothing happens where it does not."""
        gone = self.intents.pop(intent_id, None)
        if self._intents_of is not None and gone is not None:
            self._intents_of[gone.party].discard(intent_id)
        if self._names is not None and gone is not None and gone.kind is IntentKind.PRESENCE:
            self._names.put(Intent, intent_id, None, gone.place_name)
        self.told.pop(intent_id, None)
        self.intent_space.discard(intent_id)
        if self._felt_space is not None:
            self._felt_space.discard(intent_id)

    def put_zone(self, zone: Zone) -> None:
        """Let a version of a zone stand in the place of the one before."""
        if self._names is not None:
            before = self.zones.get(zone.id)
            self._names.put(Zone, zone.id, zone.name, None if before is None else before.name)
        self.zones[zone.id] = zone
        self.zone_space.put(zone.id, zone.volumes, self.altitude_model)

    def drop_zone(self, zone_id: ZoneId) -> None:
        """Let a zone stand no more; nothing happens where it does not."""
        gone = self.zones.pop(zone_id, None)
        if self._names is not None and gone is not None:
            self._names.put(Zone, zone_id, None, gone.name)
        self.told.pop(zone_id, None)
        self.zone_space.discard(zone_id)

    def named(self, name: str) -> list[Zone | AgreedArea | Intent]:
        """The zones, agreed areas and presences that stand under a name, as names are compared
        (:func:`~wideberth.picture.names.key`), by id. Whoever asks may not see each of them.
        """
        wanted = key(name)
        found: list[Zone | AgreedArea | Intent] = []
        for type_, object_id in sorted(self._named(wanted), key=itemgetter(1)):
            if type_ is Zone:
                zone = self.zones.get(ZoneId(object_id))
                if zone is not None and key(zone.name) == wanted:
                    found.append(zone)
            elif type_ is Intent:
                intent = self.intents.get(IntentId(object_id))
                if intent is not None and key(intent.place_name or "") == wanted:
                    found.append(intent)
            elif (area := self._areas.get(object_id)) is not None:
                found.append(area)
        return found

    def _named(self, name: str) -> AbstractSet[tuple[type, str]]:
        """What may stand under a name: of a layer, what was written in it and what is below."""
        if self._names is None:
            self._names = Names()
            for zone_id in self.zones:
                self._names.put(Zone, zone_id, self.zones[zone_id].name, None)
            for intent_id in self.intents:
                intent = self.intents[intent_id]
                if intent.kind is IntentKind.PRESENCE:
                    self._names.put(Intent, intent_id, intent.place_name, None)
            for area_id in self._areas:
                self._names.put(AgreedArea, area_id, self._title(self._areas[area_id]), None)
        own = self._names.of(name)
        return own if self._below is None else own | self._below._named(name)  # noqa: SLF001

    def _title(self, area: AgreedArea) -> str | None:
        terms = self.agreements[area.agreement, area.version].terms
        return next(each.title or None for each in terms.provisions if each.id == area.provision)

    def _feel(self, space: Spatial[IntentId], intent: Intent) -> None:
        if self.hides(intent):
            rules = self.space.rules
            felt = tuple(felt_as(volume, rules) for volume in intent.volumes)
            space.put(intent.id, felt, self.altitude_model)
        else:
            space.discard(intent.id)

    def hides(self, intent: Intent) -> bool:
        """Whether anybody may feel an intent without seeing it whole."""
        if intent.visibility.level is VisibilityLevel.ON_CONFLICT:
            return True
        agreed = self.limits.get(intent.party)
        return bool(agreed) and any(each.is_of(intent.told_us) for each in agreed or ())

    def feel_again(self, party: PartyId) -> None:
        """Let the party's intents be felt as what was agreed now has it."""
        if self._felt_space is not None:
            for intent_id in sorted(self.intents_of(party)):
                self._feel(self._felt_space, self.intents[intent_id])

    def area(self, area_id: str) -> AgreedArea:
        """An agreed area that is in agreed_space, by the rule that clashes with it cite."""
        return self._areas[area_id]

    def file_agreed(self, agreement: Agreement, before: Agreement | None) -> None:
        """Let what a version says be enforced as it stands now, and no longer as it stood before.
        Most steps of a version that is not in force change nothing here.
        """
        was_applied = before is not None and before.is_applied
        if not was_applied and not agreement.is_applied:
            return
        self.agreed = agreed_of([self.agreements[each] for each in self.agreements])
        for area in before.areas if before is not None else ():
            self._areas.pop(area.id, None)
            self.agreed_space.discard(area.id)
        for area in agreement.areas:
            if agreement.applies(area.provision):
                self._areas[area.id] = area
                if self._names is not None:
                    self._names.put(AgreedArea, area.id, self._title(area), None)
                self.agreed_space.put(area.id, area.volumes, self.altitude_model)

    def clock_bound_us(self, party: PartyId) -> int:
        """How far a time that the party tells may be off by what was measured of its clock, up to
        the agreed cap; 0 where nothing was measured.
        """
        clock = self.clocks.get(party)
        return 0 if clock is None else min(clock.bound_us, self.space.rules.clock_cap_us)

    def decided_clock_us(self, party: PartyId) -> int:
        """The bound under which everything that stands of the party was decided at least: the one
        before, while a wider one is being looked at.
        """
        look = self.clock_looks.get(party)
        return self.clock_bound_us(party) if look is None else look.before_us

    def intents_of(self, party: PartyId) -> AbstractSet[IntentId]:
        """The ids of the party's intents that stand. Not to be kept. Made of the intents when it
        is first asked for.
        """
        if self._below is not None:
            return self._layered_intents_of(self._below.intents_of(party), party)
        if self._intents_of is None:
            self._intents_of = {}
            for intent_id in self.intents:
                owner = self.intents[intent_id].party
                self._intents_of.setdefault(owner, set()).add(intent_id)
        return self._intents_of.get(party) or frozenset()

    def _layered_intents_of(
        self, below: AbstractSet[IntentId], party: PartyId
    ) -> AbstractSet[IntentId]:
        table = self.intents
        if not isinstance(table, Layer) or table.is_clear:
            return below
        found = set(below)
        for intent_id in table.written:
            intent = table.get(intent_id)
            if intent is not None and intent.party == party:
                found.add(intent_id)
            else:
                found.discard(intent_id)
        return found

    def put_notice(self, notice: Notice) -> None:
        """Let a notice be open, and nobody have answered it."""
        self.notices[notice.id] = OpenNotice(notice)
        if self._notices_to is not None:
            self._notices_to.setdefault(notice.recipient, set()).add(notice.id)

    def drop_notice(self, notice_id: NoticeId) -> None:
        """Let a notice be closed; nothing happens where it is."""
        gone = self.notices.pop(notice_id, None)
        if self._notices_to is not None and gone is not None:
            self._notices_to[gone.notice.recipient].discard(notice_id)

    def notices_to(self, party: PartyId) -> list[OpenNotice]:
        """Open notices to a party, in the order of their numbers. Made of all that are open when it
        is first asked for.
        """
        below = self._below
        found = {each.notice.id: each for each in below.notices_to(party)} if below else {}
        if below is None:
            if self._notices_to is None:
                self._notices_to = {}
                for notice_id in self.notices:
                    recipient = self.notices[notice_id].notice.recipient
                    self._notices_to.setdefault(recipient, set()).add(notice_id)
            found = {each: self.notices[each] for each in self._notices_to.get(party, ())}
        for notice_id in self.notices.written if isinstance(self.notices, Layer) else ():
            standing = self.notices.get(notice_id)
            if standing is not None and standing.notice.recipient == party:
                found[notice_id] = standing
            else:
                found.pop(notice_id, None)
        return sorted(found.values(), key=lambda standing: standing.notice.number)

    def put_clock(self, party: PartyId, clock: MeasuredClock) -> None:
        """Let another measurement of a party's clock stand."""
        self.clocks[party] = clock
        self._find_worst_clock()

    def _find_worst_clock(self) -> None:
        self.worst_clock_us = max((self.clock_bound_us(each) for each in self.clocks), default=0)

    def overlay(self) -> Picture:
        """A layer over this picture. Folding into it leaves this one alone."""
        return Picture(self)

    def adopt(self, rules: Rules) -> None:
        """Put rules in force, and the way heights compare under them."""
        self.space = msgspec.structs.replace(self.space, rules=rules)
        self._felt_space = None  # the agreed cells may be others
        self.due = None  # other ladders may hold
        self._pair_rules = {}
        self.rule_versions[rules.version] = True
        self.widest = rules.widest
        self._find_worst_clock()
        before = self.altitude_model
        self.altitude_model = AltitudeModel(
            terrain=rules.terrain, pressure_error_mm=rules.pressure_error_mm
        )
        if self.altitude_model != before:
            self._file_again()

    def _file_again(self) -> None:
        """File everything again under another way of comparing heights."""
        model = self.altitude_model
        for intent_id in list(self.intents):
            self.intent_space.put(intent_id, self.intents[intent_id].volumes, model)
        for zone_id in list(self.zones):
            self.zone_space.put(zone_id, self.zones[zone_id].volumes, model)
        for area_id in list(self._areas):
            self.agreed_space.put(area_id, self._areas[area_id].volumes, model)
        for subscription_id in list(self.subscriptions):
            volume = self.subscriptions[subscription_id].volume
            self.subscription_space.put(subscription_id, (volume,), model)

    def pair_rule(self, first: IntentKind, second: IntentKind) -> tuple[PairRule, str]:
        """The rule in force between two kinds, in either order, and its id: looked up once."""
        found = self._pair_rules.get((first, second))
        if found is None:
            rules = self.space.rules
            rule = rules.pair(first, second)
            rule_id = f"{rules.version}/{rule.kinds[0].value}-{rule.kinds[1].value}"
            found = self._pair_rules[first, second] = rule, rule_id
        return found

    def prepared(self, volumes: tuple[Volume4D, ...]) -> list[PreparedVolume]:
        """Volumes made ready for the geometry, under this picture's way of comparing heights."""
        return [prepare(volume, self.altitude_model) for volume in volumes]

    def file(self) -> None:
        """File now what lies where, so that nobody who asks first has to wait for it."""
        for space in (
            self.intent_space,
            self.zone_space,
            self.subscription_space,
            self.agreed_space,
        ):
            space.file()
        self.felt_space.file()

    def remember(self, party: PartyId, key: str, position: int) -> None:
        """Keep that the entry at position is what became of a party's request, where the entry
        itself is under another name, and nothing is known under this key.
        """
        if self.time_us < self.requests_from_us or (party, key) in self.requests:
            return
        if not self.is_overlay:
            if not self.request_ages:  # otherwise an older one is looked for already
                self.leave_after(self.time_us + REQUEST_LIFE_US)
            self.request_ages.append((party, key))
        self.requests[party, key] = Outcome(position, 1, "", self.time_us)

    def note_due(self, kind: DeadlineKind, subject: str, due: Due | None) -> None:
        """Something is due; nothing happens in an overlay, or where nobody has asked yet."""
        if self.due is not None and due is not None:
            self.due[kind].push(due.due_us, subject)

    def expire_at(self, end_us: int, table: str, object_id: str) -> None:
        """Let an object leave the picture once the record's time is past end_us."""
        if not self.is_overlay:
            heapq.heappush(self.expiries, (end_us, table, object_id))
            self.leave_after(end_us)

    def leave_after(self, time_us: int) -> None:
        """Have a look at what leaves once the record's time is past time_us."""
        self.leaves_us = min(self.leaves_us, time_us)

    def tables(self) -> dict[str, Table[Any, Any]]:
        """Every table that is folded, by name. What is not here follows from these."""
        return {name: getattr(self, name) for name in TABLES}

    def digest(self) -> str:
        """SHA-256, in hexadecimal, of the versioned canonical form of all that is held.

        Equal wherever the same entries were folded. An overlay has no history of its own, so its
        digest is of the tables alone: compare those by :meth:`tables_digest`.
        """
        digest = sha256(bytes.fromhex(self.tables_digest()))
        if self.history is not None:
            digest.update(self.history.digest())
        return digest.hexdigest()

    def tables_digest(self) -> str:
        """SHA-256, in hexadecimal, of the canonical form of the tables, without the history.

        Each table is a line with its name and one for each row, [key, value] in JSON with sets and
        objects in order, sorted by the key's own JSON.
        """
        digest = sha256()
        encode = msgspec.json.Encoder(order="deterministic").encode
        facts = [DIGEST_VERSION, self.size, self.time_us, self.space, self.asking]
        digest.update(encode(facts))
        for name, table in self.tables().items():
            keys = {encode(key): key for key in table}
            if not keys and name in _LATER:
                continue
            digest.update(f"\n{name}\n".encode())
            for line in sorted(keys):
                digest.update(b"%b %b\n" % (line, encode(table[keys[line]])))
        return digest.hexdigest()
