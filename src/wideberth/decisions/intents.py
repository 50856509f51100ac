"""The rules for intents: telling one, amending it, taking steps with it."""

from __future__ import annotations

from typing import Any

import msgspec

from wideberth.decisions.agreed import draft_agreed, refuse_citations
from wideberth.decisions.budget import (
    refuse_silent_touches,
    silent_touches,
    withdrawn_touches,
)
from wideberth.decisions.changed import intent_changes, told_changes
from wideberth.decisions.clashes import (
    IntentClash,
    ZoneClash,
    intent_clashes,
    intent_ref,
    zone_clashes,
)
from wideberth.decisions.clocks import apart
from wideberth.decisions.doubts import refuse_confirming
from wideberth.decisions.outcome import Accepted, Context, Decision, invalid, refused
from wideberth.decisions.places import how_far_unasked_mm, in_one, moved, outside
from wideberth.decisions.stated import refuse_unassessed, require_stated
from wideberth.decisions.subscriptions import notified
from wideberth.decisions.surroundings import contrary_surface, far_from_named, is_told_of
from wideberth.decisions.telling import (
    Drafts,
    Subject,
    draft_intent,
    particulars_of,
    tell,
)
from wideberth.errors import InvalidValue, Unclear
from wideberth.model.commands import AmendIntent, ChangeIntentState, IntentDetails, SubmitIntent
from wideberth.model.entries import (
    Body,
    HiddenChecked,
    IntentAccepted,
    IntentAmended,
    IntentStateChanged,
)
from wideberth.model.ids import IntentId, NoticeId, Ovn, PartyId
from wideberth.model.intents import (
    MAX_VOLUMES,
    TRANSITIONS,
    ActorClass,
    Intent,
    IntentKind,
    IntentState,
    Source,
    Step,
    Under,
    VisibilityLevel,
)
from wideberth.model.parties import Author
from wideberth.model.refusals import Refusal, RefusalKind
from wideberth.model.settings import Effect, KindLimit
from wideberth.picture.limits import part_for, sees
from wideberth.picture.picture import Picture
from wideberth.picture.sites import site_of
from wideberth.space.overlap import is_conflict
from wideberth.space.time import SECOND_US, format_rfc3339
from wideberth.space.vertical import AltitudeModel
from wideberth.space.volume import Polygon, Separation

__all__ = ["amend", "change_state", "hide", "intent_as_told", "submit"]

MAX_VERTICES_IN_ALL = 10_000  # ASTM F3548-21 OiMaxVertices


def submit(picture: Picture, command: SubmitIntent, author: Author, context: Context) -> Decision:
    """A new intent: accepted with its clashes told, or refused with the reason."""
    if picture.intents.get(command.intent) is not None:
        return refused(RefusalKind.CONFLICT, "intent-id-taken", "choose another id", field="intent")
    state = IntentState.ACTIVATED if command.activated else IntentState.ACCEPTED
    told = intent_as_told(
        picture, command.intent, author.party, command.details, context, version=1, state=state
    )
    if isinstance(told, Refusal):
        return told
    return _tell(picture, context, told, key=command.key, before=None)


def amend(picture: Picture, command: AmendIntent, author: Author, context: Context) -> Decision:
    """A new version of an intent, with the difference field by field (N-16)."""
    standing = _own_intent(picture, command.intent, author.party, command.ovn)
    if isinstance(standing, Refusal):
        return standing
    if command.details.kind is not standing.kind:
        return refused(
            RefusalKind.INVALID,
            "kind-changed",
            f"end this {standing.kind.value} and tell a new intent",
            field="kind",
            value=command.details.kind.value,
        )
    told = intent_as_told(
        picture,
        command.intent,
        author.party,
        command.details,
        context,
        version=standing.version + 1,
        state=standing.state,
    )
    if isinstance(told, Refusal):
        return told
    if not intent_changes(standing, told):
        return refused(RefusalKind.INVALID, "nothing-changed", "change something, or send nothing")
    return _tell(picture, context, told, key=command.key, before=standing)


def change_state(
    picture: Picture, command: ChangeIntentState, author: Author, context: Context
) -> Decision:
    """One step with an intent, by the table of legal transitions."""
    standing = _own_intent(picture, command.intent, author.party, command.ovn)
    if isinstance(standing, Refusal):
        return standing
    state = TRANSITIONS.get((standing.state, command.step))
    if state is None:
        return refused(
            RefusalKind.CONFLICT,
            "no-such-transition",
            f"an intent that is {standing.state.value} cannot take the step {command.step.value}",
            field="step",
            value=command.step.value,
        )
    stepped = msgspec.structs.replace(
        standing, state=state, version=standing.version + 1, ovn=Ovn(context.new_id())
    )
    changed = IntentStateChanged(
        standing.id, standing.party, command.step, standing.state, state, stepped.version,
        stepped.ovn,
    )  # fmt: skip
    stands = standing.id in picture.intents  # or it is a site whose window is over
    prepared = list(picture.intent_space.views(standing.id)) if stands else []
    telling: list[Body] = []
    counted: list[Body] = []
    if command.step is not Step.ACTIVATE or standing.kind is IntentKind.HAZARD:
        clashes = intent_clashes(picture, stepped, prepared, now_us=context.now_us, at_most=None)
        zones = zone_clashes(picture, stepped, prepared, now_us=context.now_us)
        telling = _telling(
            picture,
            context,
            stepped,
            _Touched(clashes, zones),
            before=standing,
            moved=False,
            withdrawal=command.step is Step.END,
        )
        if command.step is Step.END:
            touched = [clash.other for clash in clashes]
            counted = withdrawn_touches(picture, standing.party, touched, context)
    notes = notified(picture, stepped, prepared, back=1 + len(telling))
    return Accepted((changed, *telling, *notes, *counted))


def intent_as_told(
    picture: Picture,
    intent_id: IntentId,
    party: PartyId,
    details: IntentDetails,
    context: Context,
    *,
    version: int,
    state: IntentState,
) -> Intent | Refusal:
    """The intent that these details make now, or why they do not make one."""
    limit = picture.space.rules.limit(details.kind)
    try:
        _require_details(picture.altitude_model, details)
        _require_flight(details)
        if details.stated is not None or details.status is not None:
            require_stated(picture, intent_id, details, context.now_us)
        cautions = _cautions(picture, intent_id, party, details)
    except InvalidValue as error:
        return invalid(error)
    lead_us = _lead_us(picture, intent_id, party, details, context)
    told = Intent(
        id=intent_id,
        party=party,
        kind=details.kind,
        priority=details.priority,
        state=state,
        version=version,
        ovn=Ovn(context.new_id()),
        volumes=details.volumes,
        visibility=details.visibility,
        provenance=details.provenance,
        told_us=context.now_us,
        lead_us=lead_us,
        minimum_lead_us=limit.minimum_lead_us,
        late=lead_us < limit.minimum_lead_us,
        count=details.count,
        call_sign=details.call_sign,
        place_name=details.place_name,
        cautions=cautions,
        declaration=details.declaration,
        under=details.under,
        stated=details.stated,
        state_by_track=details.state_by_track,
    )
    return _refuse_times(told, limit, context.now_us) or refuse_citations(picture, told) or told


def _lead_us(
    picture: Picture, intent_id: IntentId, party: PartyId, details: IntentDetails, context: Context
) -> int:
    """From telling to start, in microseconds (N-04).

    A version that changes nothing of where, when, to whom and under what it is told, as the phases
    of a movement do, was told when that was: else each phase of a convoy on its way would be late.
    """
    standing = picture.intents.get(intent_id)
    if (
        standing is not None
        and standing.party == party
        and standing.volumes == details.volumes
        and standing.visibility == details.visibility
        and standing.under == details.under
    ):
        return standing.lead_us
    return min(volume.start_us for volume in details.volumes) - context.now_us


def _cautions(
    picture: Picture, intent_id: IntentId, party: PartyId, details: IntentDetails
) -> tuple[str, ...]:
    """What whoever reads the intent is warned of. Raises Unclear for what has to be confirmed."""
    standing = picture.intents.get(intent_id)
    if standing is not None and standing.party != party:
        standing = None  # a question about what another told would say where it is
    cautions = ("address-derived",) if details.provenance.source is Source.ADDRESS else ()
    named = far_from_named(picture, intent_id, party, details)
    far = None if standing is None else _moved(picture, standing, details)
    if not details.confirmed:
        beyond, *others = _questions(picture, standing, details, named and named[0])
        question = in_one((beyond, far, *others))
        if question is not None:
            raise question
        if standing is None:
            return cautions
    found = [outside(picture, details.volumes), far]
    if named is not None and is_told_of(picture, named[1], details, party):
        found.append(named[0])
    found.append(contrary_surface(picture, details))
    return (*cautions, *(each.rule for each in found if each is not None))


def _questions(
    picture: Picture, standing: Intent | None, details: IntentDetails, named: Unclear | None
) -> tuple[Unclear | None, ...]:
    """What has to be confirmed of where it is, whatever stood where the version before did. What
    was confirmed of that one is not asked again.
    """
    if standing is None:
        return outside(picture, details.volumes), named, contrary_surface(picture, details)
    stood = standing.volumes
    is_same_place = (details.place_name, details.volumes) == (standing.place_name, stood)
    is_same_actor = _actor(details.under) == _actor(standing.under)
    return (
        outside(picture, details.volumes, standing=stood),
        None if is_same_place else named,
        contrary_surface(picture, details, standing=stood if is_same_actor else ()),
    )


def _moved(picture: Picture, standing: Intent, details: IntentDetails) -> Unclear | None:
    same_name = details.place_name == standing.place_name is not None
    limit_mm = how_far_unasked_mm(picture.space.rules.plausible, details.kind, same_name=same_name)
    return moved(details.volumes, standing.volumes, limit_mm)


def _actor(under: Under | None) -> ActorClass | None:
    return None if under is None else under.actor


def _require_details(altitude_model: AltitudeModel, details: IntentDetails) -> None:
    """Raise InvalidValue for what contradicts itself or is missing."""
    if not details.volumes:
        if details.place_name is not None:
            raise InvalidValue(
                "place_name, volumes",
                "place-name-alone",
                details.place_name,
                "a place name is never the area; give its geometry as well (N-06)",
            )
        raise InvalidValue("volumes", "no-volume", [], "give at least one volume")
    if len(details.volumes) > MAX_VOLUMES:
        raise InvalidValue(
            "volumes", "volume-count", len(details.volumes), f"give up to {MAX_VOLUMES} volumes"
        )
    vertices = 0
    for index, volume in enumerate(details.volumes):
        try:
            altitude_model.require_comparable(volume)
        except InvalidValue as error:
            raise error.within(f"volumes.{index}") from error
        shape = volume.footprint
        vertices += len(shape.vertices) if isinstance(shape, Polygon) else 1
    if vertices > MAX_VERTICES_IN_ALL:
        raise InvalidValue(
            "volumes", "vertex-count", vertices, f"give up to {MAX_VERTICES_IN_ALL} vertices in all"
        )
    if (
        details.kind is IntentKind.PRESENCE
        and details.visibility.level is not VisibilityLevel.NAMED
    ):
        raise InvalidValue(
            "kind, visibility",
            "presence-is-named",
            [details.kind.value, details.visibility.level.value],
            "a presence is shown to the parties that you name and to nobody else",
        )
    if details.kind is IntentKind.HAZARD and details.visibility.level is VisibilityLevel.NAMED:
        raise InvalidValue(
            "kind, visibility",
            "hazard-is-felt",
            [details.kind.value, details.visibility.level.value],
            "whoever a hazard endangers must learn of it; make it open, or told on conflict",
        )
    if details.kind is IntentKind.MOVEMENT and details.count is None:
        raise InvalidValue(
            "count", "movement-count", None, "say how many vehicles or craft move (N-03)"
        )
    if details.kind is IntentKind.MOVEMENT:
        _require_route(details)
    if details.count is not None and not 1 <= details.count <= 100_000:
        raise InvalidValue("count", "count-range", details.count, "give 1 to 100,000")
    if not 0 <= details.priority <= 1000:
        raise InvalidValue("priority", "priority-range", details.priority, "give 0 to 1000")
    if (
        details.kind is not IntentKind.FLIGHT
        and details.provenance.source is Source.PLANNED
        and details.provenance.accuracy_mm == 0
    ):
        raise InvalidValue(
            "provenance.accuracy_m",
            "accuracy-missing",
            0,
            f"say how accurate the coordinates of this {details.kind.value} are (N-05)",
        )


def _require_flight(details: IntentDetails) -> None:
    """Raise InvalidValue for what only a flight can want."""
    if details.state_by_track and details.kind is not IntentKind.FLIGHT:
        raise InvalidValue(
            "state_by_track",
            "flights-only",
            details.state_by_track,
            f"only a flight's state follows its tracks; this is a {details.kind.value}",
        )


def _require_route(details: IntentDetails) -> None:
    """Raise InvalidValue for a movement that says no way, or not when it is on each leg (N-03).

    A way is a corridor or a path with times, as declared; or two legs or more, each with its own
    volume and window. A place where something is all the time is a presence.
    """
    if details.declaration is not None:
        declared = msgspec.json.decode(details.declaration, type=list[dict[str, Any]])
        if any(each["footprint"]["type"] in _WAYS for each in declared):
            return
    if len(details.volumes) < 2:
        raise InvalidValue(
            "volumes", "movement-route", len(details.volumes),
            "give a volume for each leg, or declare a corridor; what stays is a presence (N-03)",
        )  # fmt: skip
    if len({(each.start_us, each.end_us) for each in details.volumes}) < 2:
        raise InvalidValue(
            "volumes", "movement-leg-times", len(details.volumes),
            "give each leg its own window of time (N-03)",
        )  # fmt: skip


_WAYS = frozenset({"Corridor", "Moving"})
"""Declared footprints that are a way with its times."""


def _refuse_times(intent: Intent, limit: KindLimit, now_us: int) -> Refusal | None:
    for index, volume in enumerate(intent.volumes):
        if volume.end_us < now_us:
            now = format_rfc3339(now_us)
            end = format_rfc3339(volume.end_us)
            return refused(
                RefusalKind.INVALID,
                "already-over",
                f"this window ended before now ({now}); tell what is still to come",
                field=f"volumes.{index}.end",
                value=end,
            )
    if intent.end_us - intent.start_us > limit.longest_us:
        return refused(
            RefusalKind.INVALID,
            "too-long",
            f"a {intent.kind.value} lasts up to {limit.longest_us // SECOND_US} s;"
            " tell a shorter one and renew it",
            field="volumes",
            value=f"{(intent.end_us - intent.start_us) // SECOND_US} s",
        )
    if intent.start_us > now_us + limit.horizon_us:
        return refused(
            RefusalKind.INVALID,
            "too-far-ahead",
            f"a {intent.kind.value} is told up to {limit.horizon_us // SECOND_US} s ahead",
            field="volumes",
            value=format_rfc3339(intent.start_us),
        )
    return None


def _own_intent(
    picture: Picture, intent_id: IntentId, party: PartyId, ovn: Ovn
) -> Intent | Refusal:
    standing = picture.intents.get(intent_id) or site_of(picture, intent_id)
    if standing is None or not standing.is_shown_to(party):
        return refused(RefusalKind.UNKNOWN, "no-such-intent", "no intent of this id stands")
    if standing.party != party:
        return refused(
            RefusalKind.FORBIDDEN, "not-yours", "only the party that told an intent changes it"
        )
    if standing.ovn != ovn:
        return refused(
            RefusalKind.STALE,
            "ovn-stale",
            f"version {standing.version} stands; read it and send its OVN",
            field="ovn",
            value=ovn,
        )
    return standing


def _tell(
    picture: Picture,
    context: Context,
    intent: Intent,
    *,
    key: tuple[Ovn, ...],
    before: Intent | None,
) -> Decision:
    prepared = picture.prepared(intent.volumes)
    try:
        clashes = intent_clashes(picture, intent, prepared, now_us=context.now_us)
    except InvalidValue as error:
        return invalid(error)
    refusal = _refuse_clashes(picture, intent, clashes, key) or refuse_silent_touches(
        picture, intent, context
    )
    if intent.kind is IntentKind.PRESENCE:
        refusal = refusal or refuse_unassessed(picture, intent, before)
    if before is not None:
        refusal = refusal or refuse_confirming(picture, intent, before)
    if refusal is not None:
        return refusal
    zones = zone_clashes(picture, intent, prepared, now_us=context.now_us)
    rules = picture.space.rules.version
    first: Body = IntentAccepted(intent, rules)
    if before is not None:
        changes = intent_changes(before, intent)
        first = IntentAmended(intent, before.visibility, changes, rules)
        prepared = [*prepared, *picture.prepared(before.volumes)]
    telling = _telling(picture, context, intent, _Touched(clashes, zones), before=before)
    notes = notified(picture, intent, prepared, back=1 + len(telling), before=before)
    met = silent_touches(picture, intent, clashes)
    counted: list[Body] = [HiddenChecked(intent.party, met)] if met else []
    if before is not None:
        counted += _moved_away(picture, before, clashes, context)
    return Accepted((first, *telling, *notes, *counted))


def _moved_away(
    picture: Picture, before: Intent, clashes: list[IntentClash], context: Context
) -> list[Body]:
    """What counts the hidden intents that the version before touched and the new one does not."""
    if not picture.has_felt:
        return []
    still = {clash.other.id for clash in clashes}
    prepared = picture.prepared(before.volumes)
    earlier = intent_clashes(picture, before, prepared, now_us=context.now_us, at_most=None)
    left = [clash.other for clash in earlier if clash.other.id not in still]
    return withdrawn_touches(picture, before.party, left, context)


class _Touched(msgspec.Struct, frozen=True):
    """What a version of an intent touches."""

    clashes: list[IntentClash]
    zones: list[ZoneClash]


def _telling(
    picture: Picture,
    context: Context,
    intent: Intent,
    touched: _Touched,
    *,
    before: Intent | None,
    moved: bool = True,
    withdrawal: bool = False,
) -> list[Body]:
    """Tell whoever the version concerns, and whoever the version before concerned.

    moved: whether it may touch, or be seen by, others than the version before.
    """
    agreed = picture.agreed.of.get(intent.party)
    if (
        not touched.clashes
        and not touched.zones
        and agreed is None
        and (before is None or not moved)
    ):
        told = picture.told.get(intent.id)
        if not told and not _may_be_held(intent):
            return []  # most intents, by far
    earlier: Drafts = Drafts()
    if before is not None and moved:
        prepared = picture.prepared(before.volumes)
        earlier = draft_intent(
            picture,
            before,
            intent_clashes(picture, before, prepared, now_us=context.now_us, at_most=None),
            zone_clashes(picture, before, prepared, now_us=context.now_us),
        )
        if agreed is not None:
            draft_agreed(picture, earlier, before, [], now_us=context.now_us)
    losing = _losing(picture, intent, before, withdrawal=withdrawal)
    subject = Subject(
        intent_ref(intent),
        intent.party,
        shown=lambda party: sees(picture, intent, party),
        shown_before=lambda party: sees(picture, before or intent, party),
        partly=lambda party: part_for(picture, intent, party),
        particulars=particulars_of(picture, intent),
        late=intent.late,
        lead_us=intent.lead_us,
        minimum_lead_us=intent.minimum_lead_us,
        name=intent.call_sign or intent.place_name,
        withdrawal=withdrawal,
        removed_from=losing,
        changes=() if before is None or withdrawal else told_changes(before, intent),
        partly_before=lambda party: part_for(picture, before or intent, party),
    )
    still = set[IntentId]() if withdrawal else {clash.other.id for clash in touched.clashes}
    released = _holds_that_are_over(picture, intent, still)
    drafts = draft_intent(picture, intent, touched.clashes, touched.zones)
    pairs = [
        *(clash.pair for clash in touched.clashes),
        *(clash.pair for clash in touched.zones),
    ]
    if agreed is not None:
        pairs += draft_agreed(picture, drafts, intent, touched.clashes, now_us=context.now_us)
    return tell(
        picture,
        context,
        subject,
        drafts,
        pairs=pairs,
        also={*earlier, *released, *losing},
        instead_of=released,
        earlier=earlier,
    )


def hide(
    picture: Picture, standing: Intent, recipient: PartyId, context: Context
) -> tuple[Body, ...]:
    """The standing intent from here on without this party among those who see it, whatever the
    rules say of its clashes: nothing stands before a withdrawal.
    """
    left = tuple(each for each in standing.visibility.parties if each != recipient)
    hidden = msgspec.structs.replace(
        standing,
        version=standing.version + 1,
        ovn=Ovn(context.new_id()),
        visibility=msgspec.structs.replace(standing.visibility, parties=left),
    )
    prepared = picture.prepared(hidden.volumes)
    clashes = intent_clashes(picture, hidden, prepared, now_us=context.now_us, at_most=None)
    zones = zone_clashes(picture, hidden, prepared, now_us=context.now_us)
    telling = _telling(picture, context, hidden, _Touched(clashes, zones), before=standing)
    notes = notified(picture, hidden, prepared, back=1 + len(telling), before=standing)
    changes = intent_changes(standing, hidden)
    rules = picture.space.rules.version
    return (IntentAmended(hidden, standing.visibility, changes, rules), *telling, *notes)


def _losing(
    picture: Picture, intent: Intent, before: Intent | None, *, withdrawal: bool
) -> frozenset[PartyId]:
    """Who saw a presence and does not any more, or is to take it off its list: each is told, and
    followed until it confirms (N-11), whether anything of it clashed or not.
    """
    if before is None or intent.kind is not IntentKind.PRESENCE:
        return frozenset()
    saw = frozenset(each for each in before.visibility.parties if each in picture.parties)
    still = () if withdrawal else intent.visibility.parties
    return saw - {intent.party, *still}


def _may_be_held(intent: Intent) -> bool:
    """Whether a notice about it may be held: only those between hazards and presences are."""
    return intent.kind in (IntentKind.HAZARD, IntentKind.PRESENCE)


def _holds_that_are_over(
    picture: Picture, intent: Intent, still: set[IntentId]
) -> dict[PartyId, tuple[NoticeId, ...]]:
    """Held notices, by recipient, of which no hazard touches its presence any more now that the
    intent touches only these others: the new version's notice takes their place.
    """
    over: dict[PartyId, tuple[NoticeId, ...]] = {}
    if not _may_be_held(intent):
        return over
    for notice_id in picture.held:
        pairs = picture.held[notice_id]
        if not any(intent.id in pair for pair in pairs):
            continue
        if any(_still_touch(picture, intent, still, pair) for pair in pairs):
            continue
        recipient = picture.notices[notice_id].notice.recipient
        over[recipient] = (*over.get(recipient, ()), notice_id)
    return over


def _still_touch(
    picture: Picture, intent: Intent, still: set[IntentId], pair: tuple[str, str]
) -> bool:
    if intent.id in pair:
        return any(other in pair for other in still)
    first, second = (picture.intents.get(IntentId(each)) for each in pair)
    if first is None or second is None:
        return False
    separation = apart(picture, Separation(), first.party, second.party)
    return any(
        is_conflict(one, other, separation)
        for one in picture.intent_space.views(first.id)
        for other in picture.intent_space.views(second.id)
    )


def _refuse_clashes(
    picture: Picture, intent: Intent, clashes: list[IntentClash], key: tuple[Ovn, ...]
) -> Refusal | None:
    """Safety: a rule that forbids two intents to stand together refuses the later one, unless its
    author proved that it knew. A hidden intent warns and never refuses: a no would disclose it.
    """
    known = set(key)
    in_the_way = [
        clash
        for clash in clashes
        if clash.rule.effect is Effect.REFUSE
        and clash.truly
        and sees(picture, clash.other, intent.party)
        and not (clash.rule.higher_priority_passes and intent.priority > clash.other.priority)
        and not (clash.rule.key_proves and clash.other.ovn in known)
    ]
    if not in_the_way:
        return None
    return Refusal(
        RefusalKind.CONFLICT,
        in_the_way[0].rule_id,
        "the rules in force forbid this beside the intents named; change the volumes, or show"
        " that you know of them by their OVNs in key where the rule allows it",
        with_intents=tuple(clash.other.id for clash in in_the_way),
        from_us=min(clash.overlap.start_us for clash in in_the_way),
        until_us=max(clash.overlap.end_us for clash in in_the_way),
    )
