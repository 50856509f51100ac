"""The budget of hidden touches: how often a day a party may learn of a hidden intent unseen.

Whoever tells an intent that the hidden one's owner can learn of is seen doing so. A dry run is not,
nor is an intent that is named to others only: each such touch is an entry that the owner sees, and
is counted here. What is told, touches and is withdrawn again is counted too: nobody is kept from
it, but after so many in a day the owner is told in plain words that somebody tries places.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from wideberth.decisions.clashes import IntentClash
from wideberth.decisions.outcome import Context, refused
from wideberth.model.entries import Body, TouchesWithdrawn
from wideberth.model.ids import PartyId
from wideberth.model.intents import Intent, IntentKind, VisibilityLevel
from wideberth.model.refusals import Refusal, RefusalKind
from wideberth.picture.fold import day_of
from wideberth.picture.limits import sees
from wideberth.picture.picture import Picture

__all__ = ["left_today", "refuse_silent_touches", "silent_touches", "withdrawn_touches"]


def left_today(picture: Picture, party: PartyId, now_us: int) -> int:
    """How many hidden touches the party's budget still allows on the UTC day of now_us."""
    spent_on = picture.check_days.get(party)
    spent = spent_on[1] if spent_on is not None and spent_on[0] == day_of(now_us) else 0
    return max(0, picture.space.rules.check_budget - spent)


def silent_touches(
    picture: Picture, intent: Intent, clashes: list[IntentClash]
) -> tuple[tuple[PartyId, int], ...]:
    """Owners of hidden intents that the author learns of while they cannot learn of its own."""
    met: dict[PartyId, int] = {}
    for clash in clashes:
        other = clash.other
        learns = other.is_felt_by(intent.party) and not sees(picture, other, intent.party)
        if learns and not intent.is_felt_by(other.party):
            met[other.party] = met.get(other.party, 0) + 1
    return tuple(sorted(met.items()))


def withdrawn_touches(
    picture: Picture, party: PartyId, touched: Iterable[Intent], context: Context
) -> list[Body]:
    """The entry that counts hidden intents which the party no longer touches, now that it withdrew
    or moved what touched them; none where it saw them all, or could not learn of them.
    """
    met = Counter(
        each.party for each in touched if each.is_felt_by(party) and not sees(picture, each, party)
    )
    if not met:
        return []
    last = picture.withdrawn_days.get(party)
    today = last[1] if last is not None and last[0] == day_of(context.now_us) else {}
    limit = picture.space.rules.withdrawn_touches
    counts = {owner: today.get(owner, 0) + met[owner] for owner in sorted(met)}
    told = tuple(each for each in counts if counts[each] // limit > today.get(each, 0) // limit)
    return [TouchesWithdrawn(party, tuple(counts.items()), told)]


def refuse_silent_touches(picture: Picture, intent: Intent, context: Context) -> Refusal | None:
    """Why an intent that others cannot learn of is not taken today, or None where it is.

    With nothing left it is refused whether it touches something or not: the answer tells nothing.
    While something is left it is taken however much it touches, and all of that is counted: a
    refusal that hung on how much would tell it for nothing.
    """
    if intent.visibility.level is not VisibilityLevel.NAMED or intent.kind is IntentKind.PRESENCE:
        return None  # people to be spared are never refused; what they touch is still counted
    if left_today(picture, intent.party, context.now_us):
        return None
    return refused(
        RefusalKind.LIMIT,
        "budget-spent",
        "too many hidden intents were touched today by intents that their owners cannot learn of;"
        " tell this one on conflict or open",
        field="visibility",
        value=intent.visibility.level.value,
    )
