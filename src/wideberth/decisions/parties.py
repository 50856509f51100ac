"""The rules for the space itself, its parties and their keys."""

from __future__ import annotations

from base64 import urlsafe_b64decode

from wideberth.decisions.outcome import Accepted, Context, Decision, invalid, refused
from wideberth.errors import InvalidValue
from wideberth.model.commands import AdoptRules, EnrolKey, OpenSpace, RegisterParty, RevokeKey
from wideberth.model.entries import (
    KeyEnrolled,
    KeyRevoked,
    PartyRegistered,
    RulesAdopted,
    SpaceOpened,
)
from wideberth.model.envelope import verify_possession
from wideberth.model.ids import require_party_id, require_token
from wideberth.model.parties import SYSTEM, Author, Key, Party
from wideberth.model.refusals import RefusalKind
from wideberth.picture.picture import Picture

__all__ = ["adopt_rules", "enrol_key", "open_space", "register_party", "revoke_key"]

MAX_UNITS = 10_000
MAX_NAME = 200


def open_space(picture: Picture, command: OpenSpace, author: Author, context: Context) -> Decision:
    """The first entry of a record; a record is opened once."""
    if picture.size:
        return refused(RefusalKind.CONFLICT, "already-open", "this record has its space")
    return Accepted((SpaceOpened(command.origin, command.host, command.rules, command.exercise),))


def adopt_rules(
    picture: Picture, command: AdoptRules, author: Author, context: Context
) -> Decision:
    """Other rules from here on, under a version of their own."""
    if command.rules.version == picture.space.rules.version:
        return refused(
            RefusalKind.CONFLICT,
            "rules-version-taken",
            "give changed rules a new version",
            field="rules.version",
            value=command.rules.version,
        )
    return Accepted((RulesAdopted(command.rules),))


def register_party(
    picture: Picture, command: RegisterParty, author: Author, context: Context
) -> Decision:
    """A party, or a change of what is known of it."""
    try:
        party = require_party_id(command.party)
        for index, unit in enumerate(command.units):
            require_token(unit, field=f"units.{index}")
        if command.contact is not None:
            require_token(command.contact, field="contact")
    except InvalidValue as error:
        return invalid(error)
    if party == SYSTEM.party:
        return refused(
            RefusalKind.INVALID, "party-id", "this name is the mechanism's own", field="party"
        )
    if not command.name.strip() or len(command.name) > MAX_NAME:
        return refused(
            RefusalKind.INVALID, "name", f"give a name of up to {MAX_NAME} characters", field="name"
        )
    if len(command.units) > MAX_UNITS or len(set(command.units)) != len(command.units):
        return refused(
            RefusalKind.INVALID,
            "units",
            f"give up to {MAX_UNITS} units, each once",
            field="units",
        )
    return Accepted(
        (
            PartyRegistered(
                Party(party, command.name, command.units, command.contact, command.neutral)
            ),
        )
    )


def enrol_key(picture: Picture, command: EnrolKey, author: Author, context: Context) -> Decision:
    """A party's key, with proof that the party holds it; enrolled by the party or the host."""
    if author.party not in (command.party, SYSTEM.party):
        return refused(
            RefusalKind.FORBIDDEN, "not-yours", "a party enrols its own keys", field="party"
        )
    if command.party not in picture.parties:
        return refused(RefusalKind.UNKNOWN, "party-unknown", "register the party first")
    name = (command.party, command.key_id)
    # Never twice: under a revoked id a new chain begins, and its old statements would fit again.
    if name in picture.keys or name in picture.retired_keys:
        return refused(
            RefusalKind.CONFLICT, "key-id-taken", "choose another key id", field="key_id"
        )
    try:
        require_token(command.key_id, field="key_id")
        verify_possession(
            _decode(command.public_key, "public_key"),
            _decode(command.proof, "proof"),
            origin=picture.space.origin,
            kid=f"{command.party}/{command.key_id}",
        )
    except InvalidValue as error:
        return invalid(error)
    key = Key(command.party, command.key_id, command.public_key, command.roles)
    return Accepted((KeyEnrolled(key, command.proof),))


def revoke_key(picture: Picture, command: RevokeKey, author: Author, context: Context) -> Decision:
    """A key out of force from here on; what it signed before stays signed."""
    if author.party not in (command.party, SYSTEM.party):
        return refused(
            RefusalKind.FORBIDDEN, "not-yours", "a party revokes its own keys", field="party"
        )
    if (command.party, command.key_id) not in picture.keys:
        return refused(RefusalKind.UNKNOWN, "no-such-key", "no key in force has this id")
    return Accepted((KeyRevoked(command.party, command.key_id),))


def _decode(text: str, field: str) -> bytes:
    try:
        return urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError as error:
        raise InvalidValue(field, "base64url", text, "give base64url without padding") from error
