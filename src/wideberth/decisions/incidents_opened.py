"""The rules for opening an incident, for naming who is in it, and what it is about.

Nobody joins by itself: who is not named does not learn that the incident is there, and opens its
own. Whoever is a party to it, or opened it, may name others, so that no side alone decides who is
heard. Nobody can be taken out again. Whether what somebody names as a subject exists is not said.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from wideberth.decisions.outcome import Accepted, Context, Decision, invalid, refused
from wideberth.errors import InvalidValue
from wideberth.model.accounts import MAX_CORNERS, Audience
from wideberth.model.ids import IncidentId, PartyId
from wideberth.model.incidents import (
    MAX_INCIDENTS,
    MAX_ITEMS,
    MAX_MEMBERS,
    MAX_SUBJECTS,
    MAX_TITLE,
    Column,
    Incident,
    IncidentOpened,
    NameParties,
    NameSubjects,
    OpenIncident,
    PartiesNamed,
    SubjectsNamed,
)
from wideberth.model.nearest import names_here, no_such_party
from wideberth.model.parties import Author, How
from wideberth.model.refusals import Refusal, RefusalKind
from wideberth.picture.incidents import incident_of
from wideberth.picture.picture import Picture
from wideberth.space.apart import checked
from wideberth.space.time import DAY_US, MAX_US, MIN_US
from wideberth.space.volume import Footprint, Polygon

__all__ = [
    "audience_of",
    "name_parties",
    "name_subjects",
    "named_besides",
    "open_incident",
    "refuse_footprint",
    "refuse_many",
    "refuse_unsigned",
    "refuse_words",
    "taking_part",
]

LONGEST_US = 366 * DAY_US  # the window of an incident
_COUNTED_US = 30 * DAY_US  # over which MAX_INCIDENTS are counted


def open_incident(
    picture: Picture, command: OpenIncident, author: Author, context: Context
) -> Decision:
    """An incident with a column for each party and observer that is named."""
    opened = (picture.incidents[each] for each in picture.incidents)
    since_us = context.now_us - _COUNTED_US
    recent = [each for each in opened if each.opened_by == author.party]
    refusal = (
        refuse_words(command.title, MAX_TITLE, "title")
        or _refuse_window(command, context)
        or _refuse_area(command)
        or _refuse_names(picture, command.parties, "parties", author.party)
        or _refuse_names(picture, command.observers, "observers", author.party)
        or _refuse_both(command.parties, command.observers)
    )
    if refusal is not None:
        return refusal
    if sum(each.opened_us > since_us for each in recent) >= MAX_INCIDENTS:
        return refused(
            RefusalKind.LIMIT, "incident-count", f"you opened {MAX_INCIDENTS:,} in the last 30 days"
        )
    return Accepted(
        (
            IncidentOpened(
                incident=command.incident,
                party=author.party,
                column=Column.OBSERVER if command.observes else Column.PARTY,
                title=command.title,
                start_us=command.start_us,
                end_us=command.end_us,
                parties=command.parties,
                observers=command.observers,
                area=command.area,
            ),
        )
    )


def name_parties(
    picture: Picture, command: NameParties, author: Author, _context: Context
) -> Decision:
    """Others are named in it, or an observer becomes a party to it."""
    incident = taking_part(picture, command.incident, author.party)
    if isinstance(incident, Refusal):
        return incident
    own = incident.member(author.party)
    assert own is not None, "it takes part"
    if own.column is not Column.PARTY and incident.opened_by != author.party:
        return refused(
            RefusalKind.FORBIDDEN, "not-a-party", "a party to the incident, or its opener, names"
        )
    refusal = (
        _refuse_names(picture, command.parties, "parties", None)
        or _refuse_names(picture, command.observers, "observers", None)
        or _refuse_both(command.parties, command.observers)
    )
    if refusal is not None:
        return refusal
    columns = {each.party: each.column for each in incident.members}
    for field, names, known in (
        ("parties", command.parties, (Column.PARTY,)),
        ("observers", command.observers, tuple(Column)),
    ):
        for index, party in enumerate(names):
            if columns.get(party) in known:
                return refused(
                    RefusalKind.CONFLICT, "named-already", "this party has its column already",
                    field=f"{field}.{index}", value=party,
                )  # fmt: skip
    named = {*command.parties, *command.observers}
    if not named:
        return refused(RefusalKind.INVALID, "nobody-named", "name a party", field="parties")
    if len(named | set(columns)) > MAX_MEMBERS:
        return refused(RefusalKind.LIMIT, "member-count", f"name up to {MAX_MEMBERS} in all")
    return Accepted(
        (
            PartiesNamed(
                incident=incident.id,
                party=author.party,
                parties=command.parties,
                observers=command.observers,
                concerned=incident.parties,
                title=incident.title,
                start_us=incident.start_us,
                end_us=incident.end_us,
                area=incident.area,
            ),
        )
    )


def name_subjects(
    picture: Picture, command: NameSubjects, author: Author, _context: Context
) -> Decision:
    """What it is about, by ids, as the party says it; only once each."""
    incident = taking_part(picture, command.incident, author.party)
    if isinstance(incident, Refusal):
        return incident
    own = {each.id for each in incident.subjects if each.party == author.party}
    for index, each in enumerate(command.subjects):
        if not 1 <= len(each) <= 200 or not each.isprintable() or " " in each:
            return refused(
                RefusalKind.INVALID, "subject", "give the id of an object",
                field=f"subjects.{index}", value=each[:200],
            )  # fmt: skip
    new = tuple(each for each in dict.fromkeys(command.subjects) if each not in own)
    if not new or len(new) != len(command.subjects):
        return refused(
            RefusalKind.CONFLICT, "named-already", "name each once, and what you did not name yet",
            field="subjects",
        )  # fmt: skip
    if len(own) + len(new) > MAX_SUBJECTS:
        return refused(RefusalKind.LIMIT, "subject-count", f"name up to {MAX_SUBJECTS} in all")
    return Accepted((SubjectsNamed(incident.id, author.party, command.subjects),))


def taking_part(picture: Picture, incident: IncidentId, party: PartyId) -> Incident | Refusal:
    """The incident, if the party is named in it; to all others it is as if there were none."""
    found = incident_of(picture, incident, party)
    if found is not None:
        return found
    return refused(
        RefusalKind.UNKNOWN, "no-such-incident", "no incident of this id names your party",
        field="incident", value=incident,
    )  # fmt: skip


def audience_of(
    incident: Incident,
    author: PartyId,
    audience: Audience,
    parties: Sequence[PartyId],
    *,
    field: str = "parties",
) -> tuple[PartyId, ...] | Refusal:
    """Whom something of the author's is shown to: settled now, for good."""
    if audience is not Audience.NAMED:
        if parties:
            return refused(
                RefusalKind.INVALID, "audience", "name parties only to show it to those you name",
                field=field,
            )  # fmt: skip
        others = tuple(each for each in incident.parties if each != author)
        return others if audience is Audience.ALL else ()
    if not parties:
        return refused(RefusalKind.INVALID, "audience", "name whom you show it to", field=field)
    return _members(incident, author, parties, field)


def named_besides(incident: Incident, author: PartyId, given: str) -> str:
    """The nearest to a name of those who are named besides its author, and all of them; each of
    them is shown all.
    """
    return names_here(given, (each for each in incident.parties if each != author), "Named besides")


def _members(
    incident: Incident, author: PartyId, parties: Sequence[PartyId], field: str
) -> tuple[PartyId, ...] | Refusal:
    for index, party in enumerate(parties):
        if party == author or incident.member(party) is None or party in parties[:index]:
            return refused(
                RefusalKind.INVALID,
                "not-named",
                f"name others who are named in the incident, each once;"
                f" {named_besides(incident, author, party)}",
                field=f"{field}.{index}",
                value=party,
            )
    return tuple(parties)


def refuse_unsigned(author: Author, what: str) -> Refusal | None:
    """What stands for a party in an incident is signed by its own key; a token says too little."""
    if author.how not in (How.ATTESTED, How.RELAYED):
        return None
    return refused(
        RefusalKind.FORBIDDEN,
        "signature-required",
        f"sign {what} with a key of this party",
        field="how",
        value=author.how.value,
    )


def refuse_words(words: str, most: int, field: str) -> Refusal | None:
    """Words that say nothing, or too much at once."""
    if words.strip() and len(words) <= most:
        return None
    return refused(
        RefusalKind.INVALID, "words", f"say it in up to {most:,} characters", field=field
    )


def refuse_footprint(footprint: Footprint, field: str) -> Refusal | None:
    """A shape to which no distance can be worked out."""
    try:
        checked(footprint)
    except InvalidValue as error:
        return invalid(error.within(field))
    return None


def refuse_many(items: Iterable[PartyId], party: PartyId, what: str) -> Refusal | None:
    """Too many of a party's own in one incident; those of others are not counted."""
    if sum(each == party for each in items) < MAX_ITEMS:
        return None
    return refused(RefusalKind.LIMIT, "item-count", f"your party has {MAX_ITEMS} {what} here")


def _refuse_window(command: OpenIncident, context: Context) -> Refusal | None:
    if not MIN_US <= command.start_us <= command.end_us <= MAX_US:
        return refused(
            RefusalKind.INVALID, "end-before-start", "give an end after the start", field="end"
        )
    if command.start_us > context.now_us:
        return refused(
            RefusalKind.INVALID, "not-yet", "an incident has begun; give the time at which it did",
            field="start",
        )  # fmt: skip
    if command.end_us - command.start_us > LONGEST_US:
        return refused(
            RefusalKind.INVALID, "window-length", "give a window of up to 366 days", field="end"
        )
    return None


def _refuse_area(command: OpenIncident) -> Refusal | None:
    if command.area is None:
        return None
    if isinstance(command.area, Polygon) and len(command.area.vertices) > MAX_CORNERS:
        return refused(
            RefusalKind.INVALID, "corner-count", f"give up to {MAX_CORNERS} corners", field="area"
        )
    return refuse_footprint(command.area, "area")


def _refuse_names(
    picture: Picture, names: Sequence[PartyId], field: str, author: PartyId | None
) -> Refusal | None:
    if len(names) >= MAX_MEMBERS:
        return refused(
            RefusalKind.INVALID, "member-count", f"name up to {MAX_MEMBERS}", field=field
        )
    for index, party in enumerate(names):
        if party not in picture.parties:
            return refused(
                RefusalKind.UNKNOWN, "no-such-party", no_such_party(party, picture.parties),
                field=f"{field}.{index}", value=party,
            )  # fmt: skip
        if party == author or party in names[:index]:
            return refused(
                RefusalKind.INVALID, "named-twice", "name the others, each once",
                field=f"{field}.{index}", value=party,
            )  # fmt: skip
    return None


def _refuse_both(parties: Sequence[PartyId], observers: Sequence[PartyId]) -> Refusal | None:
    both = next((each for each in observers if each in parties), None)
    if both is not None:
        return refused(
            RefusalKind.INVALID, "named-twice", "a party, or an observer", field="observers",
            value=both,
        )  # fmt: skip
    if len(parties) + len(observers) >= MAX_MEMBERS:
        return refused(
            RefusalKind.INVALID, "member-count", f"name up to {MAX_MEMBERS} in all", field="parties"
        )
    return None
