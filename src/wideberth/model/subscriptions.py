"""Subscriptions: a standing wish to be told of whatever touches a Volume4D."""

from __future__ import annotations

import msgspec

from wideberth.model.ids import PartyId, SubscriptionId
from wideberth.space.volume import Volume4D

__all__ = ["Subscription"]


class Subscription(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A standing wish. number: names the subscription in entries, in 48 bits drawn from its id, so
    that it does not tell how many there are.

    notification_index: of the last notification; counts without gaps (ASTM F3548-21), so that
    whoever misses one can tell.
    """

    id: SubscriptionId
    number: int
    party: PartyId
    volume: Volume4D
    notification_index: int = 0
