"""Zones and subscriptions as they are answered."""

from __future__ import annotations

import msgspec

from wideberth.faces.api.told.base import Out
from wideberth.faces.api.told.clashes import ClashOut
from wideberth.faces.api.told.doubts import DoubtOut
from wideberth.faces.api.told.intents import RestsOn
from wideberth.model.intents import IntentKind
from wideberth.model.stated import NoticeKind
from wideberth.model.zones import ZoneRule
from wideberth.wire.asked import VolumeWire


class ZoneOut(Out, frozen=True, kw_only=True):
    """One version of a zone. unilateral: declared by one party, not agreed; label says so."""

    id: str
    party: str
    name: str
    rule: ZoneRule
    volumes: list[VolumeWire]
    version: int
    declared: str
    reason: str
    unilateral: bool
    label: str | None = None
    notice_minutes: float = 0
    kinds: list[IntentKind] = []
    declaration: msgspec.Raw | None = None
    notice_kind: NoticeKind
    doubts: list[DoubtOut] = []


class ZoneTold(Out, frozen=True, kw_only=True):
    """The answer to declaring a zone."""

    zone: ZoneOut
    clashes: list[ClashOut]
    notices: list[str]
    position: int
    time: str


class ZonesPage(Out, frozen=True, kw_only=True, omit_defaults=False):
    """A page of zones."""

    zones: list[ZoneOut]
    next: str | None
    rests_on: RestsOn


class Withdrawn(Out, frozen=True, kw_only=True, omit_defaults=False):
    """Something of yours no longer stands."""

    id: str
    position: int
    time: str


class SubscriptionOut(Out, frozen=True, kw_only=True, omit_defaults=False):
    """A standing wish. notification_index: of its last notification; counts without gaps."""

    id: str
    volume: VolumeWire
    notification_index: int


class SubscriptionTold(Out, frozen=True, kw_only=True, omit_defaults=False):
    """The answer to opening a subscription."""

    subscription: SubscriptionOut
    position: int
    time: str


class SubscriptionsPage(Out, frozen=True, kw_only=True, omit_defaults=False):
    """Your subscriptions."""

    subscriptions: list[SubscriptionOut]
    next: str | None
