"""What is published, what was withdrawn, and what of it the public may read now.

The rules keep what is published in line with what was agreed, entry by entry. What is read asks
again: whatever the record says, nothing is shown whose provision is not in force at that moment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from wideberth.model.agreements import Terms
from wideberth.model.entries import Entry
from wideberth.model.ids import AgreementId, PartyId
from wideberth.model.provisions import Publish
from wideberth.model.publications import (
    Publication,
    PublicationMade,
    PublicationWithdrawn,
    Withdrawal,
)
from wideberth.picture.picture import NEVER_US, Picture
from wideberth.space.time import DAY_US, HOUR_US

__all__ = [
    "CANCEL_LIFE_US",
    "FOLDS",
    "MAX_WITHDRAWALS",
    "expiries",
    "forget",
    "provision_of",
    "same_until_us",
    "shown",
    "withdrawals_shown",
]

CANCEL_LIFE_US = 30 * DAY_US
"""So long at most a withdrawal is told: whoever asks less often asks what stands."""
MAX_WITHDRAWALS = 1_000
"""So many withdrawals are told, the newest; a zone may be declared and withdrawn at will."""
_GRACE_US = HOUR_US


def provision_of(picture: Picture, publication: Publication) -> tuple[Terms, Publish] | None:
    """The provision that it is published by, where that applies as it stands; else None.

    An area has to apply as well: a suspension may name it alone.
    """
    kind, _, name = publication.source.partition("/")
    for agreement, provision in picture.agreed.publishes.get(publication.agreement, ()):
        if (agreement.version, provision.id) == (publication.version, publication.provision):
            area = name.partition("/")[0]
            applies = kind == "zone" or agreement.applies(area)
            return (agreement.terms, provision) if applies else None
    return None


def shown(picture: Picture, now_us: int) -> list[Publication]:
    """What the public may read now: by sender, the last message first."""
    found = (picture.publications[each] for each in picture.publications)
    return sorted(
        (each for each in found if _is_shown(picture, each, now_us)),
        key=lambda each: (each.sender, -each.message.number),
    )


def _is_shown(picture: Picture, publication: Publication, now_us: int) -> bool:
    found = provision_of(picture, publication)
    if found is None:
        return False
    terms, provision = found
    if not provision.is_at(now_us) or publication.content.end_us < now_us:
        return False
    return terms.effective_us <= now_us < terms.expires_us


def withdrawals_shown(picture: Picture, now_us: int) -> list[Withdrawal]:
    """The withdrawals that are told now: by sender, the last first."""
    found = (picture.withdrawals[each] for each in picture.withdrawals)
    return sorted(
        (each for each in found if now_us <= each.until_us),
        key=lambda each: (each.sender, -each.message.number),
    )


def same_until_us(picture: Picture, now_us: int) -> int:
    """Until when what is shown stays the same, where no entry comes: the first time after now that
    something of it begins or is over. NEVER_US where there is none.
    """
    times_us = {picture.withdrawals[each].until_us + 1 for each in picture.withdrawals}
    times_us |= {picture.publications[each].content.end_us + 1 for each in picture.publications}
    for provisions in picture.agreed.publishes.values():
        for agreement, provision in provisions:
            times_us |= {agreement.terms.effective_us, agreement.terms.expires_us}
            times_us |= {each for each in (provision.from_us, provision.until_us) if each}
    return min((each for each in times_us if each > now_us), default=NEVER_US)


def forget(picture: Picture, name: str) -> None:
    """Let leave what is over at the picture's time. name: as :func:`expiries` has it."""
    agreement, provision, source = name.split("\n")
    if not agreement:
        picture.withdrawals.pop((provision, int(source)), None)
        return
    key = (AgreementId(agreement), provision, source)
    standing = picture.publications.get(key)
    if standing is not None and standing.content.end_us + _GRACE_US < picture.time_us:
        picture.publications.pop(key, None)


def expiries(
    publications: Iterable[Publication], withdrawals: Iterable[Withdrawal]
) -> list[tuple[int, str, str]]:
    """When each leaves the picture: time, table, name."""
    return [
        *(
            (each.content.end_us + _GRACE_US, "publication", "\n".join(each.key))
            for each in publications
        ),
        *(
            (each.until_us + _GRACE_US, "publication", f"\n{each.sender}\n{each.message.number}")
            for each in withdrawals
        ),
    ]


def _made(picture: Picture, body: PublicationMade, _entry: Entry, position: int) -> None:
    publication = body.publication
    picture.publications[publication.key] = publication
    if not body.carried_on:
        picture.public_numbers[publication.sender] = publication.message.number
    _note(picture, publication, [], body.concerned, position)


def _withdrawn(picture: Picture, body: PublicationWithdrawn, _entry: Entry, position: int) -> None:
    withdrawal = body.withdrawal
    picture.publications.pop((body.agreement, body.provision, body.source), None)
    picture.withdrawals[withdrawal.sender, withdrawal.message.number] = withdrawal
    picture.public_numbers[withdrawal.sender] = withdrawal.message.number
    names = list(picture.withdrawals)
    for name in names[: max(0, len(names) - MAX_WITHDRAWALS)]:
        picture.withdrawals.pop(name, None)
    _note(picture, None, [withdrawal], body.concerned, position)


def _note(
    picture: Picture,
    publication: Publication | None,
    withdrawals: list[Withdrawal],
    concerned: tuple[PartyId, ...],
    position: int,
) -> None:
    publications = [] if publication is None else [publication]
    for expiry in expiries(publications, withdrawals):
        picture.expire_at(*expiry)
    if picture.history is not None:
        for party in concerned:
            picture.history.note_stream(party, position)


FOLDS: dict[type, Callable[[Picture, Any, Entry, int], None]] = {
    PublicationMade: _made,
    PublicationWithdrawn: _withdrawn,
}
