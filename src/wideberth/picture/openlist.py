"""The open list of a party: what a shift hands over, and what a party holds in force, with digests.

A digest is over ids and versions that the party sees anyway, in order, so that two who hold the
same get the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

import msgspec

from wideberth.model.ids import PartyId
from wideberth.model.intents import Intent
from wideberth.model.notices import ObjectRef, ObjectType
from wideberth.model.zones import Zone
from wideberth.picture.standing import OpenNotice

__all__ = ["digest_of_held", "digest_of_open", "held"]


def digest_of_open(notices: Iterable[OpenNotice]) -> str:
    """SHA-256, hexadecimal, of a line for each open notice: number, id, how many answers it has."""
    digest = sha256(b"wideberth open list v1\n")
    for standing in notices:
        notice = standing.notice
        digest.update(f"{notice.number} {notice.id} {len(standing.answers)}\n".encode())
    return digest.hexdigest()


def held(
    intents: Iterable[Intent],
    zones: Iterable[Zone],
    party: PartyId,
    *,
    shared_with: PartyId | None = None,
) -> list[ObjectRef]:
    """What a party holds in force: intents that it sees and zones, each in its version, in order.

    shared_with: only what is of one of the two and seen by the other, so that both get one list.
    """
    found: list[ObjectRef] = []
    for intent in intents:
        if not intent.is_shown_to(party):
            continue
        if shared_with is not None and (
            intent.party not in (party, shared_with) or not intent.is_shown_to(shared_with)
        ):
            continue
        found.append(ObjectRef(ObjectType.INTENT, intent.id, intent.version))
    found += [
        ObjectRef(ObjectType.ZONE, zone.id, zone.version)
        for zone in zones
        if shared_with is None or zone.party in (party, shared_with)
    ]
    return sorted(found, key=lambda each: (each.type.value, each.id))


def digest_of_held(references: Iterable[ObjectRef]) -> str:
    """SHA-256, hexadecimal, of the list: a line of JSON for each."""
    digest = sha256(b"wideberth held list v1\n")
    for each in references:
        digest.update(msgspec.json.encode((each.type, each.id, each.version)) + b"\n")
    return digest.hexdigest()
