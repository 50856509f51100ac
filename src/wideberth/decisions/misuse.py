"""What guards lists of protected sites against misuse: an assessment before they are shared, the
owner's consent for each recipient and its withdrawal, the record of each delivery, and a second
person for a list in bulk.
"""

from __future__ import annotations

from wideberth.decisions.intents import hide
from wideberth.decisions.outcome import Accepted, Context, Decision, refused
from wideberth.decisions.sites import refuse_words
from wideberth.model.entries import Body, Entry
from wideberth.model.ids import IntentId, PartyId
from wideberth.model.intents import Intent, IntentKind
from wideberth.model.parties import SYSTEM, Author
from wideberth.model.refusals import RefusalKind
from wideberth.model.sites import (
    EXPORT_LIFE_US,
    AssessSharing,
    CountersignExport,
    Disclosure,
    Export,
    ExportCountersigned,
    ExportRequested,
    RecordDelivery,
    RequestExport,
    Sharing,
    SharingAssessed,
    SharingWithdrawn,
    SitesDelivered,
    WithdrawSharing,
)
from wideberth.picture.fold import fold
from wideberth.picture.limits import sees
from wideberth.picture.needs import needs
from wideberth.picture.picture import Picture

__all__ = [
    "assess",
    "countersign",
    "record_delivery",
    "request_export",
    "sites_shown_to",
    "withdraw",
]

MAX_WITHDRAWN = 1_000
"""Sites that one withdrawal takes from a recipient; say it again for more."""


def assess(picture: Picture, command: AssessSharing, author: Author, context: Context) -> Decision:
    """The owner's assessment, and what it chose to disclose; also to renew it (S-03, P-06)."""
    if command.recipient not in picture.parties or command.recipient == author.party:
        return refused(
            RefusalKind.INVALID, "recipient", "name another party of the space",
            field="recipient", value=command.recipient,
        )  # fmt: skip
    for field in ("receives", "passes_on", "history"):
        refusal = refuse_words(getattr(command, field), field)
        if refusal is not None:
            return refusal
    shown = _of_owner_shown_to(picture, author.party, command.recipient)
    if command.disclosure is not Disclosure.EXACT and shown:
        return refused(
            RefusalKind.CONFLICT,
            "exact-stands",
            "it sees sites of yours exactly; withdraw them from it first",
            field="disclosure",
            value=command.disclosure.value,
        )
    frozen = [each for each in picture.sites if _is_frozen(picture, each, author.party)]
    if frozen:
        return refused(
            RefusalKind.CONFLICT,
            "frozen-for-review",
            "harm was repeated at a site of yours; somebody senior looks at it before routine"
            " goes on. Withdrawing needs no review",
            field="sites",
            value=", ".join(sorted(frozen)[:5]),
        )
    return Accepted(
        (
            SharingAssessed(
                Sharing(
                    author.party,
                    command.recipient,
                    command.disclosure,
                    command.receives,
                    command.passes_on,
                    command.history,
                    context.now_us,
                )
            ),
        )
    )


def withdraw(
    picture: Picture, command: WithdrawSharing, author: Author, context: Context
) -> Decision:
    """At once, without a reason: nothing of the owner's is shown to the recipient from here on, and
    it is asked to remove what it has (S-05). What was seen cannot be recalled.
    """
    shown = _of_owner_shown_to(picture, author.party, command.recipient)
    if not shown and (author.party, command.recipient) not in picture.sharings:
        return refused(
            RefusalKind.UNKNOWN, "nothing-shared", "nothing of yours is shown to it",
            field="recipient", value=command.recipient,
        )  # fmt: skip
    taken = shown[:MAX_WITHDRAWN]
    after = picture.overlay()
    bodies: list[Body] = [SharingWithdrawn(author.party, command.recipient, len(taken))]
    for intent in taken:
        for body in hide(after, intent, command.recipient, context):
            fold(after, Entry(1, context.now_us, SYSTEM, body, follows=True))
            bodies.append(body)
    return Accepted(tuple(bodies))


def record_delivery(
    picture: Picture, command: RecordDelivery, author: Author, context: Context
) -> Decision:
    """That sites were given to the author, for their owners to see."""
    return Accepted((SitesDelivered(author.party, command.owners),))


def request_export(
    picture: Picture, command: RequestExport, author: Author, context: Context
) -> Decision:
    """One person asks for the list in bulk (P-08); once a day for a party."""
    refusal = refuse_words(command.purpose, "purpose")
    if refusal is not None:
        return refusal
    for name in picture.exports:
        known = picture.exports[name]
        fresh = known.requested_us > context.now_us - EXPORT_LIFE_US
        if known.party == author.party and fresh:
            return refused(
                RefusalKind.LIMIT,
                "export-limit",
                "one bulk export a day; the last one was asked for less than a day ago",
            )
    return Accepted(
        (
            ExportRequested(
                Export(
                    command.export, author.party, author.subject, command.purpose, context.now_us
                )
            ),
        )
    )


def countersign(
    picture: Picture, command: CountersignExport, author: Author, context: Context
) -> Decision:
    """A second person of the same party puts their name to it; only then is there a list."""
    export = picture.exports.get(command.export)
    if export is None or export.party != author.party:
        return refused(RefusalKind.UNKNOWN, "no-such-export", "no export of this id waits")
    if export.requested_us < context.now_us - EXPORT_LIFE_US:
        return refused(RefusalKind.CONFLICT, "export-over", "it waited for more than a day")
    if export.second is not None:
        return refused(RefusalKind.CONFLICT, "countersigned", "a second person signed already")
    if export.first == author.subject:
        return refused(
            RefusalKind.FORBIDDEN,
            "second-person",
            "somebody else of your party countersigns, with a credential of their own",
        )
    sites = tuple(
        each.id
        for each in sites_shown_to(picture, author.party)
        if not _is_frozen(picture, each.id, each.party)
    )
    owners: dict[PartyId, int] = {}
    for site in sites:
        owner = picture.intents[site].party
        owners[owner] = owners.get(owner, 0) + 1
    signed = ExportCountersigned(export.id, author.party, author.subject, sites)
    if not owners:
        return Accepted((signed,))
    told = SitesDelivered(author.party, tuple(sorted(owners.items())), export.id)
    return Accepted((signed, told))


def sites_shown_to(picture: Picture, reader: PartyId) -> list[Intent]:
    """The presences of others that a reader sees exactly, by id."""
    found = [
        intent
        for intent in (picture.intents[each] for each in list(picture.intents))
        if intent.kind is IntentKind.PRESENCE
        and intent.party != reader
        and sees(picture, intent, reader)
        and needs(picture, intent, reader)
    ]
    return sorted(found, key=lambda each: each.id)


def _of_owner_shown_to(picture: Picture, owner: PartyId, recipient: PartyId) -> list[Intent]:
    found = (picture.intents[each] for each in picture.intents_of(owner))
    return sorted(
        (
            each
            for each in found
            if each.kind is IntentKind.PRESENCE and recipient in each.visibility.parties
        ),
        key=lambda each: each.id,
    )


def _is_frozen(picture: Picture, site: IntentId, owner: PartyId) -> bool:
    known = picture.sites.get(site)
    return known is not None and known.frozen and known.owner == owner
