"""What agreements in force do to an intent: areas, lead times, citations, coverage.

Distances between intents are found with all other clashes (:mod:`wideberth.decisions.clashes`).
Whatever is told here cites the version of the agreement that it rests on (Z-04).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from wideberth.decisions.agreement_told import announce
from wideberth.decisions.clashes import IntentClash, Meeting, in_area, intent_clashes, intent_ref
from wideberth.decisions.clocks import reaching
from wideberth.decisions.disclosure import Met, clashes_for
from wideberth.decisions.outcome import Context, refused
from wideberth.decisions.telling import Drafts
from wideberth.model.agreements import AgreedArea, Agreement, AgreementState
from wideberth.model.entries import Body, ClashPair
from wideberth.model.ids import AgreementId, IntentId, PartyId
from wideberth.model.intents import Intent
from wideberth.model.limits import Part
from wideberth.model.notices import Clash, ObjectRef, ObjectType, Reliance, Urgency
from wideberth.model.provisions import Coverage, Shared
from wideberth.model.refusals import Refusal, RefusalKind
from wideberth.model.zones import ZoneRule
from wideberth.picture.agreements import apply
from wideberth.picture.cells import felt_as, reach
from wideberth.picture.limits import part_for, sees
from wideberth.picture.needs import needs
from wideberth.picture.picture import Picture
from wideberth.space.altitude import Altitude, AltitudeReference
from wideberth.space.overlap import is_conflict
from wideberth.space.prepared import PreparedVolume, prepare
from wideberth.space.time import SECOND_US
from wideberth.space.volume import Separation, Volume4D

__all__ = [
    "agreed_clashes_of",
    "concerns",
    "draft_agreed",
    "late_under",
    "refuse_citations",
    "standing_under",
]

_TOUCHING = Separation()
_FLOOR = Altitude(-8_000_000, AltitudeReference.W84)
_CEILING = Altitude(100_000_000, AltitudeReference.W84)
MAX_LOOKED_AT = 5_000
"""So many standing intents of the party that has fewest are looked at for distances when an
agreement comes into force; the rest when they are next told."""


def refuse_citations(picture: Picture, intent: Intent) -> Refusal | None:
    """Only versions that its party can read are cited; others are as unknown as what never was."""
    for index, cited in enumerate(intent.under.cites if intent.under is not None else ()):
        known = picture.agreements.get((cited.agreement, cited.version))
        if known is None or intent.party not in known.terms.concerned:
            return refused(
                RefusalKind.INVALID,
                "no-such-agreement",
                "cite versions of agreements of your party",
                field=f"under.cites.{index}",
                value=f"{cited.agreement}, version {cited.version}",
            )
    return None


def draft_agreed(
    picture: Picture,
    drafts: Drafts,
    intent: Intent,
    clashes: Iterable[IntentClash],
    *,
    now_us: int,
) -> list[ClashPair]:
    """Add to what is told of a version of an intent all that agreements ask for; the evidence."""
    pairs: list[ClashPair] = []
    reference = intent_ref(intent)
    for area, by_reader in _areas_met(picture, intent, now_us):
        about = _ref(area)
        reliance = Reliance(area.agreement, area.version, area.provision)
        closest = min((each for met in by_reader.values() for each in met), key=_nearness)
        urgency = _urgency(area, intent)
        pairs.append(ClashPair(about, closest.gap, area.id))
        drafts.add(intent.party, [_for_teller(area, closest, reference)], urgency)
        drafts.rely(intent.party, reliance, urgency)
        for reader, meetings in by_reader.items():
            mirrored = Met(area.id, tuple(meetings), turned=True)
            seen = clashes_for(picture, reader, own=about, other=intent, met=mirrored)
            # Whether a hidden intent came in time would tell when it starts.
            told = urgency if sees(picture, intent, reader) else Urgency.PROMPT
            drafts.add(reader, seen, told)
            if seen:
                drafts.rely(reader, reliance, told)
    for clash in clashes:
        reliance = _reliance_of(clash.rule_id)
        if reliance is not None:
            for party in (intent.party, clash.other.party):
                if party in drafts:
                    drafts.rely(party, reliance, clash.rule.urgency)
    _draft_leads(picture, drafts, intent)
    _draft_citations(picture, drafts, intent)
    _draft_coverage(picture, drafts, intent)
    return pairs


def agreed_clashes_of(picture: Picture, intent: Intent, *, now_us: int) -> list[Clash]:
    """The agreed areas that an intent touches, as its own party sees them: for a dry run."""
    reference = intent_ref(intent)
    return [
        _for_teller(area, min((each for met in found.values() for each in met), key=_nearness),
                    reference)
        for area, found in _areas_met(picture, intent, now_us)
    ]  # fmt: skip


def standing_under(
    picture: Picture, context: Context, agreement: Agreement, areas: tuple[AgreedArea, ...]
) -> list[Body]:
    """The notices that a version is in force, with what stands where it says not to."""
    applied = msgspec.structs.replace(agreement, state=AgreementState.IN_FORCE, areas=areas)
    after = picture.overlay()
    apply(after, applied, agreement)
    clashes: dict[PartyId, list[Clash]] = {}
    standing: dict[IntentId, None] = {}
    near = reach(picture.space.rules, reaching(picture, _TOUCHING, agreement.party))
    for area in areas:
        for volume in picture.prepared(area.volumes):
            for space in (picture.intent_space, picture.felt_space):
                standing.update(dict.fromkeys(space.touched(volume, near)))
    for intent_id in sorted(standing):
        intent = picture.intents.get(intent_id)
        if intent is None or intent.party not in agreement.terms.parties:
            continue
        for area, by_reader in _areas_met(after, intent, context.now_us, of=agreement):
            closest = min((each for met in by_reader.values() for each in met), key=_nearness)
            own = _for_teller(area, closest, intent_ref(intent))
            clashes.setdefault(intent.party, []).append(own)
            for reader, meetings in by_reader.items():
                mirrored = Met(area.id, tuple(meetings), turned=True)
                seen = clashes_for(picture, reader, own=_ref(area), other=intent, met=mirrored)
                clashes.setdefault(reader, []).extend(seen)
    _add_pairs(after, agreement, clashes, context.now_us)
    urgency = Urgency.PROMPT if clashes else Urgency.ROUTINE
    return announce(picture, context, applied, by=None, urgency=urgency, clashes=clashes)


def _add_pairs(
    picture: Picture, agreement: Agreement, clashes: dict[PartyId, list[Clash]], now_us: int
) -> None:
    """What of the parties' standing intents is nearer to each other than was agreed."""
    cites = f"agreement/{agreement.id}/{agreement.version}/"
    parties = [each for each in agreement.terms.parties if each in picture.agreed.pairs]
    done: set[frozenset[str]] = set()
    # Each pair has one side among all parties but the one that has most.
    parties.sort(key=lambda party: (len(picture.intents_of(party)), party))
    for party in parties[:-1]:
        for intent_id in sorted(picture.intents_of(party))[:MAX_LOOKED_AT]:
            intent = picture.intents[intent_id]
            views = list(picture.intent_space.views(intent_id))
            for clash in intent_clashes(picture, intent, views, now_us=now_us, at_most=None):
                pair = frozenset((intent.id, clash.other.id))
                if not clash.rule_id.startswith(cites) or pair in done:
                    continue
                done.add(pair)
                other = clash.other
                met = Met(clash.rule_id, clash.meetings)
                mirrored = Met(clash.rule_id, clash.meetings, turned=True)
                mine = clashes_for(picture, party, own=intent_ref(intent), other=other, met=met)
                theirs = clashes_for(
                    picture, other.party, own=intent_ref(other), other=intent, met=mirrored
                )
                clashes.setdefault(party, []).extend(mine)
                clashes.setdefault(other.party, []).extend(theirs)


def _areas_met(
    picture: Picture, intent: Intent, now_us: int, *, of: Agreement | None = None
) -> list[tuple[AgreedArea, dict[PartyId, list[Meeting]]]]:
    """Agreed areas that an intent of a party bound there touches: by each other party of the
    agreement, where, as that one may learn it. of: of this version only.
    """
    if intent.party not in picture.agreed.of:
        return []
    rules = picture.space.rules
    near = reaching(picture, _TOUCHING, intent.party)
    hides = picture.hides(intent)
    if hides:
        near = reach(rules, near)
    met: dict[str, dict[PartyId, list[Meeting]]] = {}
    for volume in picture.prepared(intent.volumes):
        asked = volume
        if hides:
            asked = prepare(felt_as(volume.volume, rules), volume.altitude_model)
        for area_id, ordinal, _ in picture.agreed_space.conflicts(asked, near):
            area = picture.area(area_id)
            if not concerns(area, intent) or (of is not None and area.agreement != of.id):
                continue
            where = prepare(area.volumes[ordinal], picture.altitude_model)
            agreement = picture.agreements[area.agreement, area.version]
            for reader in agreement.terms.concerned:
                if reader == intent.party:
                    continue
                meeting = in_area(picture, intent, (volume, where), reader, now_us)
                if meeting is not None:
                    met.setdefault(area_id, {}).setdefault(reader, []).append(meeting)
    return [(picture.area(area_id), met[area_id]) for area_id in sorted(met)]


def concerns(area: AgreedArea, intent: Intent) -> bool:
    """Whether the area asks anything of it. What an intent does not say counts as any."""
    if intent.party not in area.bound or (area.kinds and intent.kind not in area.kinds):
        return False
    if area.actors and intent.actors.isdisjoint(area.actors):
        return False
    return area.armed is None or intent.armed is None or intent.armed is area.armed


def _ref(area: AgreedArea) -> ObjectRef:
    return ObjectRef(ObjectType.AGREEMENT, area.agreement, area.version)


def _urgency(area: AgreedArea, intent: Intent) -> Urgency:
    in_time = area.rule is ZoneRule.NOTICE and intent.lead_us >= area.notice_us
    return Urgency.ROUTINE if in_time else Urgency.PROMPT


def _for_teller(area: AgreedArea, closest: Meeting, own: ObjectRef) -> Clash:
    return Clash(
        rule=area.id,
        other_kind=f"agreed {area.rule.value} area",
        gap=closest.gap,
        overlap=closest.overlap,
        own=own,
        other=_ref(area),
    )


def _nearness(meeting: Meeting) -> tuple[int, int, int]:
    return (meeting.gap.horizontal_mm, meeting.gap.vertical_mm, meeting.gap.time_us)


def _reliance_of(rule_id: str) -> Reliance | None:
    """What a rule's id cites, where it is an agreement's."""
    parts = rule_id.split("/")
    if parts[0] != "agreement":
        return None
    return Reliance(AgreementId(parts[1]), int(parts[2]), parts[3])


def late_under(picture: Picture, intent: Intent) -> list[Reliance]:
    """What agreements ask for that the intent is told too late for."""
    return [reliance for _, reliance in _leads(picture, intent) if reliance.late]


def _leads(picture: Picture, intent: Intent) -> Iterator[tuple[Agreement, Reliance]]:
    """Each agreed lead time that the intent comes under, and whether it is told in time."""
    reason = None if intent.under is None else intent.under.reason
    for agreement, lead in picture.agreed.leads.get(intent.party, ()):
        if lead.kind is not intent.kind:
            continue
        if lead.actors and intent.actors.isdisjoint(lead.actors):
            continue
        minimum_us = lead.minimum_for(reason) * SECOND_US
        late = intent.lead_us < minimum_us
        yield agreement, Reliance(agreement.id, agreement.version, lead.id, minimum_us, late)


def _draft_leads(picture: Picture, drafts: Drafts, intent: Intent) -> None:
    """Tell the other parties of each intent that was to be told in time, and whether it was."""
    for agreement, reliance in _leads(picture, intent):
        late, minimum_us = reliance.late, reliance.minimum_lead_us
        urgency = Urgency.PROMPT if late else Urgency.ROUTINE
        for party in agreement.terms.concerned:
            if party == intent.party:
                if late:
                    drafts.rely(party, reliance, urgency)
            elif not needs(picture, intent, party):
                continue  # where nothing of its own is met, and it declared nothing there
            elif sees(picture, intent, party):
                drafts.rely(party, reliance, urgency)
            elif intent.is_shown_to(party):
                # To who sees a part of it: whether it came in time would tell when it starts. Only
                # what the times that it is shown leave no doubt of is told.
                part = part_for(picture, intent, party)
                seen = Reliance(agreement.id, agreement.version, reliance.provision)
                if part is not None and _is_late_as_seen(part, minimum_us):
                    seen = reliance
                drafts.rely(party, seen, Urgency.PROMPT)


def _is_late_as_seen(part: Part, minimum_us: int) -> bool:
    """Whether each start that the reader cannot tell from the true one comes too soon: then it is
    late, and the reader knows that from what it is shown. Nothing else of the lead is told.
    """
    if Shared.TIMES not in part.fields or any(each.delay_us for each in part.limits):
        return False
    latest_us = part.intent.start_us + max(part.time_step_us - 1, 0)
    return latest_us - part.intent.told_us < minimum_us


def _draft_citations(picture: Picture, drafts: Drafts, intent: Intent) -> None:
    """Flag to both sides a version that is cited and does not apply (Z-04)."""
    for cited in intent.under.cites if intent.under is not None else ():
        known = picture.agreements.get((cited.agreement, cited.version))
        if known is None or known.state in (AgreementState.IN_FORCE, AgreementState.SUSPENDED):
            continue
        version = next(
            (
                each.version
                for each in picture.agreed.of.get(intent.party, ())
                if each.id == cited.agreement
            ),
            cited.version,
        )
        reliance = Reliance(cited.agreement, version, cited=cited.version)
        for party in known.terms.concerned:
            if intent.is_shown_to(party):
                drafts.rely(party, reliance, Urgency.PROMPT)


def _draft_coverage(picture: Picture, drafts: Drafts, intent: Intent) -> None:
    """Name in each notice who may fire there and is not bound (Z-10)."""
    prepared: list[PreparedVolume] | None = None
    for agreement in picture.agreed.of.get(intent.party, ()):
        for provision in agreement.terms.provisions:
            if not isinstance(provision, Coverage) or not agreement.applies(provision.id):
                continue
            for each in provision.not_covered:
                inside = each.where is None
                if each.where is not None:
                    if prepared is None:
                        prepared = picture.prepared(intent.volumes)
                    window = (intent.start_us, intent.end_us)
                    there = prepare(
                        Volume4D(each.where, _FLOOR, _CEILING, *window), picture.altitude_model
                    )
                    inside = any(is_conflict(one, there, _TOUCHING) for one in prepared)
                for party in agreement.terms.concerned if inside else ():
                    # Of a hidden intent, whether it touches a place would tell where it is.
                    if party in drafts and (each.where is None or sees(picture, intent, party)):
                        drafts[party].uncovered[f"{provision.party}: {each.name}"] = None
