"""The rules for subscriptions, and which of them a change of an intent touches."""

from __future__ import annotations

from collections.abc import Collection
from hashlib import sha256

from wideberth.decisions.clashes import intent_ref
from wideberth.decisions.outcome import Accepted, Context, Decision, invalid, refused
from wideberth.errors import InvalidValue
from wideberth.model.commands import CloseSubscription, OpenSubscription
from wideberth.model.entries import (
    Body,
    SubscribersNotified,
    SubscriptionClosed,
    SubscriptionOpened,
)
from wideberth.model.ids import PartyId, SubscriptionId
from wideberth.model.intents import Intent, VisibilityLevel
from wideberth.model.parties import Author
from wideberth.model.refusals import RefusalKind
from wideberth.model.subscriptions import Subscription
from wideberth.picture.limits import part_for, sees
from wideberth.picture.picture import Picture
from wideberth.picture.tables import values_of
from wideberth.space.prepared import PreparedVolume
from wideberth.space.time import format_rfc3339
from wideberth.space.volume import Separation

__all__ = ["close_subscription", "notified", "open_subscription"]

_TOUCHING = Separation()


def notified(
    picture: Picture,
    intent: Intent,
    prepared: list[PreparedVolume],
    *,
    back: int,
    before: Intent | None = None,
) -> list[Body]:
    """The entry that counts a notification on each subscription that the change touches, if any.

    prepared: its volumes, before and after. back: how many entries lie between it and the change.
    Only subscribers that see the intent are told of it, and those that saw the version before:
    for them it is gone.
    """
    touched: Collection[SubscriptionId]
    if len(prepared) == 1:  # a subscription is one volume: each is found once
        touched = picture.subscription_space.touched(prepared[0], _TOUCHING)
    else:
        touched = {
            each
            for volume in prepared
            for each in picture.subscription_space.touched(volume, _TOUCHING)
        }
    if not touched:
        return []
    subscriptions = values_of(picture.subscriptions, touched)
    versions = (intent,) if before is None else (intent, before)
    if picture.limits.get(intent.party):
        numbers = [
            each.number
            for each in subscriptions
            if each.party != intent.party and _learns(picture, each.party, versions)
        ]
    elif any(each.visibility.level is VisibilityLevel.OPEN for each in versions):
        numbers = [each.number for each in subscriptions if each.party != intent.party]
    else:
        parties = {each.party for each in subscriptions} - {intent.party}
        seen = {party for party in parties if any(each.is_shown_to(party) for each in versions)}
        numbers = [each.number for each in subscriptions if each.party in seen]
    if not numbers:
        return []
    return [SubscribersNotified(intent_ref(intent), back, tuple(sorted(numbers)))]


def _learns(picture: Picture, party: PartyId, versions: tuple[Intent, ...]) -> bool:
    """Whether a party sees one of these versions, or a part of it without delay."""
    for each in versions:
        part = part_for(picture, each, party)
        if sees(picture, each, party) or (part is not None and part.is_listed(each.told_us)):
            return True
    return False


def open_subscription(
    picture: Picture, command: OpenSubscription, author: Author, context: Context
) -> Decision:
    """A subscription from here on."""
    if picture.subscriptions.get(command.subscription) is not None:
        return refused(
            RefusalKind.CONFLICT, "subscription-id-taken", "choose another id", field="subscription"
        )
    try:
        picture.altitude_model.require_comparable(command.volume)
    except InvalidValue as error:
        return invalid(error.within("volume"))
    if command.volume.end_us < context.now_us:
        return refused(
            RefusalKind.INVALID,
            "already-over",
            "give an end that is still to come",
            field="volume.end",
            value=format_rfc3339(command.volume.end_us),
        )
    number = int(sha256(command.subscription.encode()).hexdigest()[:12], 16)
    if number in picture.subscription_ids:
        return refused(
            RefusalKind.CONFLICT, "subscription-id-taken", "choose another id", field="subscription"
        )
    return Accepted(
        (
            SubscriptionOpened(
                Subscription(command.subscription, number, author.party, command.volume)
            ),
        )
    )


def close_subscription(
    picture: Picture, command: CloseSubscription, author: Author, context: Context
) -> Decision:
    """The subscription's end. Another's subscription is unknown here."""
    standing = picture.subscriptions.get(command.subscription)
    if standing is None or standing.party != author.party:
        return refused(
            RefusalKind.UNKNOWN, "no-such-subscription", "no subscription of yours has this id"
        )
    return Accepted((SubscriptionClosed(standing.id, standing.party),))
