"""Subscriptions: a standing wish to be told of whatever touches a Volume4D."""

from __future__ import annotations

import msgspec

from wideberth.model.ids import PartyId, SubscriptionId
from wideberth.space.volume import Volume4D

__all__ = ["Subscription"]


class Subscription(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A standing wish. number: names the subscription in entries, in 48 bits drawn from its id, so
    that it does not tell how many there are.

    notification_index: 0, as it was opened. Notifications are counted by
    :meth:`wideberth.picture.history.History.notification_index`.
    """

    id: SubscriptionId
    number: int
    party: PartyId
    volume: Volume4D
    notification_index: int = 0
