"""The dry run: what would this intent touch, and how near. Shows nothing that telling it would not.

Against intents that the asker may see it is free. Against hidden ones (``on-conflict``) it tells
only where cells of the agreed grid are shared, only for volumes under the agreed size, each such
touch an entry that its owner sees and counted against a daily budget. A no is of whole cells as
well: so it cannot be used to find out where within its cells a hidden volume lies.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from wideberth.decisions.agreed import agreed_clashes_of, late_under
from wideberth.decisions.budget import left_today
from wideberth.decisions.clashes import (
    intent_clashes,
    intent_ref,
    shares_cells,
    zone_clashes,
)
from wideberth.decisions.disclosure import Met, clashes_for, zone_clash_for_teller
from wideberth.decisions.intents import intent_as_told
from wideberth.decisions.outcome import Accepted, Context, Decision, invalid, refused
from wideberth.errors import InvalidValue
from wideberth.model.commands import IntentDetails, RecordCheck
from wideberth.model.entries import HiddenChecked
from wideberth.model.ids import IntentId, PartyId
from wideberth.model.intents import Intent, IntentState
from wideberth.model.notices import Clash, Reliance
from wideberth.model.parties import Author
from wideberth.model.refusals import Refusal, RefusalKind
from wideberth.picture.limits import sees
from wideberth.picture.picture import Picture
from wideberth.space.volume import Circle, Volume4D

__all__ = ["DryRun", "HiddenTest", "dry_run", "look", "record_check"]


class HiddenTest(msgspec.Struct, frozen=True):
    """Whether hidden intents were tested, and if not, why: ``too-large``, ``budget-spent``,
    ``not-asked``. left_today: how many touches the budget still allows.
    """

    done: bool
    reason: str
    left_today: int


@dataclass(frozen=True, slots=True)
class DryRun:
    """The answer to a dry run. owners: whose hidden intents it met, so many each; to be recorded
    before the answer leaves, and never part of it. late_under: what agreements ask for that it
    would be told too late for.
    """

    intent: Intent
    clashes: tuple[Clash, ...]
    hidden: HiddenTest
    owners: tuple[tuple[PartyId, int], ...]
    late_under: tuple[Reliance, ...] = ()


def dry_run(
    picture: Picture,
    details: IntentDetails,
    author: Author,
    context: Context,
    *,
    replaces: IntentId | None = None,
    ask_hidden: bool = True,
) -> DryRun | Refusal:
    """What the intent would touch, as the author may see it, the nearest first.

    replaces: the intent that this would be a new version of: it is left out of the test.
    """
    intent_id = replaces or IntentId(context.new_id())
    told = intent_as_told(
        picture,
        intent_id,
        author.party,
        details,
        context,
        version=1,
        state=IntentState.ACCEPTED,
    )
    if isinstance(told, Refusal):
        return told
    try:
        return look(picture, told, context, ask_hidden=ask_hidden)
    except InvalidValue as error:
        return invalid(error)


def look(picture: Picture, told: Intent, context: Context, *, ask_hidden: bool = True) -> DryRun:
    """What an intent that is not told touches, as its party may see it, the nearest first.

    Raises InvalidValue for what is too complex to be compared at once.
    """
    party = told.party
    prepared = picture.prepared(told.volumes)
    hidden = _may_test_hidden(picture, told, context, ask_hidden=ask_hidden)
    reference = intent_ref(told)
    shown: list[Clash] = []
    met: dict[PartyId, int] = {}
    cut = False
    for clash in intent_clashes(picture, told, prepared, now_us=context.now_us):
        other = clash.other
        meetings = clash.meetings
        if not sees(picture, other, party):
            if not hidden.done or not other.is_felt_by(party):
                continue
            meetings = tuple(each for each in meetings if shares_cells(picture, each))
            if not meetings:
                continue
            if sum(met.values()) >= hidden.left_today:
                cut = True
                continue
            met[other.party] = met.get(other.party, 0) + 1
        shown += clashes_for(
            picture,
            party,
            own=reference,
            other=other,
            met=Met(clash.rule_id, meetings),
        )
    if cut:
        hidden = HiddenTest(done=False, reason="budget-spent", left_today=hidden.left_today)
    shown += [
        zone_clash_for_teller(clash, reference)
        for clash in zone_clashes(picture, told, prepared, now_us=context.now_us)
    ]
    shown += agreed_clashes_of(picture, told, now_us=context.now_us)
    shown.sort(key=lambda each: (each.gap.horizontal_mm, each.gap.vertical_mm, each.gap.time_us))
    late = tuple(late_under(picture, told))
    return DryRun(told, tuple(shown), hidden, tuple(sorted(met.items())), late)


def record_check(
    picture: Picture, command: RecordCheck, author: Author, context: Context
) -> Decision:
    """The entry by which owners see that their hidden intents were met by a dry run.

    Refused where the budget does not allow so many (others may have spent it meanwhile): then the
    dry run is to be made again without them.
    """
    asked = sum(count for _, count in command.owners)
    if asked > left_today(picture, author.party, context.now_us):
        return refused(
            RefusalKind.LIMIT, "budget-spent", "ask without the hidden ones, or tomorrow"
        )
    return Accepted((HiddenChecked(author.party, command.owners),))


def _may_test_hidden(
    picture: Picture, told: Intent, context: Context, *, ask_hidden: bool
) -> HiddenTest:
    rules = picture.space.rules
    left = left_today(picture, told.party, context.now_us)
    if not ask_hidden:
        return HiddenTest(done=False, reason="not-asked", left_today=left)
    if any(_width_mm(volume) > rules.check_largest_mm for volume in told.volumes):
        return HiddenTest(done=False, reason="too-large", left_today=left)
    if not left:
        return HiddenTest(done=False, reason="budget-spent", left_today=0)
    return HiddenTest(done=True, reason="", left_today=left)


def _width_mm(volume: Volume4D) -> int:
    """An upper bound of how wide a footprint is, good enough for a limit: never too small."""
    shape = volume.footprint
    if isinstance(shape, Circle):
        return 2 * shape.radius_mm
    latitudes = [vertex[0] for vertex in shape.vertices]
    longitudes = [vertex[1] for vertex in shape.vertices]
    # a nanodegree is at most 0.11170 mm (of latitude, at a pole)
    return round(
        0.1117 * (max(latitudes) - min(latitudes)) + 0.1117 * (max(longitudes) - min(longitudes))
    )
