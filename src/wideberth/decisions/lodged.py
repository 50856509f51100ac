"""The rules for evidence: a digest is lodged first, the content disclosed later, to whom one will.

The content never passes here. Whether it fits the digest is for each recipient to find, and to say.
"""

from __future__ import annotations

from wideberth.decisions.incidents_opened import (
    audience_of,
    refuse_many,
    refuse_unsigned,
    refuse_words,
    taking_part,
)
from wideberth.decisions.outcome import Accepted, Context, Decision, refused
from wideberth.model.accounts import Audience
from wideberth.model.ids import EvidenceId, IncidentId, PartyId
from wideberth.model.incidents import Incident
from wideberth.model.lodged import (
    MAX_LINE,
    CheckEvidence,
    DiscloseEvidence,
    EvidenceChecked,
    EvidenceDisclosed,
    EvidenceLodged,
    Lodged,
    LodgeEvidence,
    is_media_type,
)
from wideberth.model.parties import Author
from wideberth.model.refusals import Refusal, RefusalKind
from wideberth.model.sealed import About, AboutType
from wideberth.picture.picture import Picture

__all__ = ["check", "disclose", "lodge"]

MAX_CHECKED = 100  # by one party, of one piece


def lodge(picture: Picture, command: LodgeEvidence, author: Author, context: Context) -> Decision:
    """A digest of what the party holds."""
    incident = taking_part(picture, command.incident, author.party)
    if isinstance(incident, Refusal):
        return incident
    shown_to = audience_of(incident, author.party, command.audience, command.parties)
    refusal = (
        refuse_unsigned(author, "what you lodge")
        or (shown_to if isinstance(shown_to, Refusal) else None)
        or refuse_words(command.lodging.line, MAX_LINE, "line")
        or refuse_many((each.party for each in incident.evidence), author.party, "pieces")
    )
    if refusal is not None:
        return refusal
    if not is_media_type(command.lodging.media_type):
        return refused(
            RefusalKind.INVALID, "media-type", "give a type like application/pdf, in lower case",
            field="media_type", value=command.lodging.media_type[:200],
        )  # fmt: skip
    if any(
        each.party == author.party and each.lodging.sha256 == command.lodging.sha256
        for each in incident.evidence
    ):
        return refused(
            RefusalKind.CONFLICT, "lodged-already", "this digest of yours is lodged", field="sha256"
        )
    assert not isinstance(shown_to, Refusal), "it was looked at"
    return Accepted(
        (
            EvidenceLodged(
                incident=incident.id,
                evidence=EvidenceId(context.new_id()),
                party=author.party,
                lodging=command.lodging,
                audience=command.audience,
                shown_to=shown_to,
            ),
        )
    )


def disclose(
    picture: Picture, command: DiscloseEvidence, author: Author, _context: Context
) -> Decision:
    """To whom its party disclosed it, and by which sealed text."""
    found = _known(picture, command.incident, command.evidence, author.party)
    if isinstance(found, Refusal):
        return found
    incident, lodged = found
    if lodged.party != author.party:
        return refused(RefusalKind.FORBIDDEN, "not-yours", "the party that lodged it discloses it")
    named = audience_of(incident, author.party, Audience.NAMED, command.parties)
    refusal = (
        refuse_unsigned(author, "the disclosure")
        or (named if isinstance(named, Refusal) else None)
        or _refuse_sealed(picture, command, author.party)
    )
    if refusal is not None:
        return refusal
    again = next((each for each in command.parties if lodged.is_disclosed_to(each)), None)
    if again is not None and command.sealed is None:
        return refused(
            RefusalKind.CONFLICT, "disclosed-already", "it was disclosed to this party",
            field="parties", value=again,
        )  # fmt: skip
    if len(lodged.disclosed) >= MAX_CHECKED:
        return refused(RefusalKind.LIMIT, "disclosure-count", f"{MAX_CHECKED} disclosures of it")
    return Accepted(
        (
            EvidenceDisclosed(
                incident=incident.id,
                evidence=lodged.id,
                party=author.party,
                parties=command.parties,
                lodging=lodged.lodging,
                lodged_us=lodged.lodged_us,
                sealed=command.sealed,
            ),
        )
    )


def check(picture: Picture, command: CheckEvidence, author: Author, _context: Context) -> Decision:
    """What a recipient found; it may look again, and say so again."""
    found = _known(picture, command.incident, command.evidence, author.party)
    if isinstance(found, Refusal):
        return found
    incident, lodged = found
    if not lodged.is_disclosed_to(author.party):
        return refused(RefusalKind.FORBIDDEN, "not-disclosed", "it was not disclosed to your party")
    refusal = refuse_unsigned(author, "what you found")
    if refusal is not None:
        return refusal
    if sum(each.party == author.party for each in lodged.checked) >= MAX_CHECKED:
        return refused(RefusalKind.LIMIT, "check-count", f"you said so {MAX_CHECKED} times")
    return Accepted(
        (EvidenceChecked(incident.id, lodged.id, author.party, lodged.party, command.matches),)
    )


def _known(
    picture: Picture, name: IncidentId, evidence: EvidenceId, party: PartyId
) -> tuple[Incident, Lodged] | Refusal:
    incident = taking_part(picture, name, party)
    if isinstance(incident, Refusal):
        return incident
    lodged = incident.lodged(evidence)
    if lodged is None or not lodged.is_shown_to(party):
        return refused(
            RefusalKind.UNKNOWN, "no-such-evidence", "nothing of this id is shown to you",
            field="evidence", value=evidence,
        )  # fmt: skip
    return incident, lodged


def _refuse_sealed(picture: Picture, command: DiscloseEvidence, party: PartyId) -> Refusal | None:
    """A sealed text that is the party's own, about this incident, and sealed to all of them."""
    if command.sealed is None:
        return None
    mark = picture.sealed_texts.get(command.sealed)
    about = About(AboutType.INCIDENT, command.incident)
    if (
        mark is not None
        and (mark.sender, mark.about) == (party, about)
        and set(command.parties) <= set(mark.parties)
    ):
        return None
    return refused(
        RefusalKind.UNKNOWN,
        "no-such-sealed-text",
        "name a sealed text of your party about this incident, sealed to all of them",
        field="sealed",
        value=command.sealed[:200],
    )
