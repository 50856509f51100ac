"""Who sees an intent whole, who a part of it as was agreed, and who none of it (P-02).

What was agreed is looked up by owner: most owners have agreed no such thing, and that is one look.
A limit is never forgotten: the record of what was told under it is read for as long as it lasts.
"""

from __future__ import annotations

import msgspec

from wideberth.model.agreements import Agreement
from wideberth.model.entries import Entry, IntentAmended
from wideberth.model.ids import PartyId
from wideberth.model.intents import Intent, is_shown
from wideberth.model.limits import Limit, Part
from wideberth.model.provisions import Disclosure, Shared
from wideberth.picture.cells import coarsened
from wideberth.picture.picture import Picture
from wideberth.space.time import SECOND_US

__all__ = [
    "follow_limits",
    "is_listed",
    "is_shown_in_part",
    "limits_on",
    "part_for",
    "reads_amendment",
    "rounded_for",
    "sees",
]

_ALL = frozenset(Shared)


def sees(picture: Picture, intent: Intent, reader: PartyId) -> bool:
    """Whether the reader sees this version of an intent whole."""
    if not intent.is_shown_to(reader):
        return False
    return reader == intent.party or not limits_on(picture, intent, reader)


def limits_on(picture: Picture, intent: Intent, reader: PartyId) -> tuple[Limit, ...]:
    """What was agreed that this reader sees of this version; empty: nothing was."""
    agreed = picture.limits.get(intent.party)
    if not agreed:
        return ()
    return tuple(each for each in agreed if each.reader == reader and each.is_of(intent.told_us))


def part_for(picture: Picture, intent: Intent, reader: PartyId) -> Part | None:
    """What the reader is shown of a version that it does not see whole; None: it sees it whole, or
    is shown nothing of it.
    """
    if reader == intent.party or not intent.is_shown_to(reader):
        return None
    limits = limits_on(picture, intent, reader)
    if not limits:
        return None
    fields = _ALL.intersection(*(each.fields for each in limits))
    cell_nd = max(each.cell_nd for each in limits)
    step_us = max(each.time_step_us for each in limits)
    step_mm = picture.space.rules.cell_height_mm if cell_nd else 0
    volumes = tuple(
        coarsened(volume, cell_nd=cell_nd, step_mm=step_mm, step_us=step_us)
        for volume in intent.volumes
    )
    return Part(msgspec.structs.replace(intent, volumes=volumes), fields, limits)


def is_shown_in_part(picture: Picture, reader: PartyId, *, owner: PartyId | None = None) -> bool:
    """Whether of something that others, or this owner, told the reader is shown a part."""
    owners = picture.limits if owner is None else (owner,)
    return any(each.reader == reader for one in owners for each in picture.limits.get(one) or ())


def is_listed(picture: Picture, intent: Intent, reader: PartyId, now_us: int) -> bool:
    """Whether lists hold a version for a reader by now, if it is shown any of it."""
    part = part_for(picture, intent, reader)
    return part is None or part.is_listed(now_us)


def rounded_for(
    picture: Picture, owner: PartyId, reader: PartyId, window_us: tuple[int, int]
) -> tuple[int, int] | None:
    """A time from start to end of something of an owner's, as a reader may learn it that was told
    of it; None: it may not. When it was told is not known here: whatever limit there was counts.
    """
    agreed = [each for each in picture.limits.get(owner) or () if each.reader == reader]
    if any(Shared.TIMES not in each.fields for each in agreed):
        return None
    step_us = max((each.time_step_us for each in agreed), default=0)
    if not step_us:
        return window_us
    start_us, end_us = window_us
    return start_us // step_us * step_us, (end_us // step_us + 1) * step_us - 1


def reads_amendment(picture: Picture, entry: Entry, body: IntentAmended, reader: PartyId) -> bool:
    """Whether the reader saw both versions whole: the difference quotes the one before, of which
    it is not known here when it was told.
    """
    intent = body.intent
    if not (intent.is_shown_to(reader) and is_shown(body.was, intent.party, reader)):
        return False
    agreed = picture.limits.get(intent.party) or ()
    return reader == intent.party or not any(
        each.reader == reader and each.from_us <= entry.time_us for each in agreed
    )


def follow_limits(picture: Picture, agreement: Agreement) -> None:
    """A version stands as it does now: its limits begin, or end. A suspension ends none of them."""
    if agreement.is_settled:
        _end(picture, agreement)
    elif agreement.is_applied:
        _begin(picture, agreement)


def _begin(picture: Picture, agreement: Agreement) -> None:
    for given in agreement.terms.provisions:
        if not isinstance(given, Disclosure) or not _limits(given):
            continue
        known = picture.limits.get(given.party) or ()
        if any(_is_from(each, agreement) and each.provision == given.id for each in known):
            continue
        limit = Limit(
            reader=given.to,
            agreement=agreement.id,
            version=agreement.version,
            provision=given.id,
            from_us=picture.time_us,
            fields=given.fields,
            cell_nd=given.cell_nd,
            time_step_us=given.time_step_s * SECOND_US,
            delay_us=given.delay_s * SECOND_US,
            declared_only=not given.whole_list,
        )
        picture.limits[given.party] = (*known, limit)
        picture.feel_again(given.party)


def _end(picture: Picture, agreement: Agreement) -> None:
    owners = {each.party for each in agreement.terms.provisions if isinstance(each, Disclosure)}
    for owner in sorted(owners):
        known = picture.limits.get(owner)
        if known:
            picture.limits[owner] = tuple(
                msgspec.structs.replace(each, until_us=picture.time_us)
                if _is_from(each, agreement) and not each.until_us
                else each
                for each in known
            )


def _is_from(limit: Limit, agreement: Agreement) -> bool:
    return (limit.agreement, limit.version) == (agreement.id, agreement.version)


def _limits(given: Disclosure) -> bool:
    """Whether it asks for less than all of it."""
    exact = not (given.cell_nd or given.time_step_s or given.delay_s)
    return not (exact and given.whole_list and frozenset(given.fields) == _ALL)
