"""The rules for the space itself, its parties and their keys."""

from __future__ import annotations

from base64 import urlsafe_b64decode

from wideberth.decisions.outcome import Accepted, Context, Decision, invalid, refused, unknown_party
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
from wideberth.model.exercises import EXERCISE_NAME, fits_kind
from wideberth.model.ids import require_party_id, require_token
from wideberth.model.parties import SYSTEM, Author, How, Key, Party
from wideberth.model.refusals import Refusal, RefusalKind
from wideberth.model.settings import Rules
from wideberth.picture.picture import Picture
from wideberth.space.vertical import AltitudeModel

__all__ = ["ALREADY_OPEN", "adopt_rules", "enrol_key", "open_space", "register_party", "revoke_key"]

ALREADY_OPEN = "already-open"
"""The rule by which a record is opened once."""

MIN_CELL_ND = 100_000  # about 11 m: a smaller cell would hide nothing
MAX_UNITS = 10_000
MAX_NAME = 200


def open_space(picture: Picture, command: OpenSpace, author: Author, context: Context) -> Decision:
    """The first entry of a record; a record is opened once."""
    if picture.size:
        return refused(RefusalKind.CONFLICT, ALREADY_OPEN, "this record has its space")
    if not fits_kind(command.origin, exercise=command.exercise):
        return refused(
            RefusalKind.INVALID,
            "exercise-name",
            f"begin an exercise's name with {EXERCISE_NAME}, and no other's",
            field="origin",
            value=command.origin,
        )
    opened = SpaceOpened(command.origin, command.host, command.rules, command.exercise)
    return _refuse_rules(picture, command.rules) or Accepted((opened,))


def adopt_rules(
    picture: Picture, command: AdoptRules, author: Author, context: Context
) -> Decision:
    """Other rules from here on, under a version of their own."""
    if command.rules.version in picture.rule_versions:
        return refused(
            RefusalKind.CONFLICT,
            "rules-version-taken",
            "give changed rules a new version",
            field="rules.version",
            value=command.rules.version,
        )
    return _refuse_rules(picture, command.rules) or Accepted((RulesAdopted(command.rules),))


def _refuse_rules(picture: Picture, rules: Rules) -> Refusal | None:
    """Why these rules cannot be in force here, or None where they can."""
    for name, lowest in (
        ("cell_nd", MIN_CELL_ND),
        ("cell_height_mm", 1),
        ("cell_time_us", 1),
        ("check_budget", 0),
        ("withdrawn_touches", 1),
        ("check_largest_mm", 0),
        ("read_back_test_us", 0),
    ):
        if getattr(rules, name) < lowest:
            return refused(
                RefusalKind.INVALID,
                "rules-range",
                f"give {lowest} or more",
                field=f"rules.{name}",
                value=str(getattr(rules, name)),
            )
    if not rules.version.strip():
        return refused(
            RefusalKind.INVALID, "rules-version", "give a version", field="rules.version"
        )
    model = AltitudeModel(terrain=rules.terrain, pressure_error_mm=rules.pressure_error_mm)
    standing = (
        *(picture.intents[each].volumes for each in picture.intents),
        *(picture.zones[each].volumes for each in picture.zones),
        *((picture.subscriptions[each].volume,) for each in picture.subscriptions),
    )
    try:
        for volumes in standing:
            for volume in volumes:
                model.require_comparable(volume)
    except InvalidValue as error:
        return refused(
            RefusalKind.CONFLICT,
            "heights-incomparable",
            f"something stands whose heights these rules could not compare: {error.advice}",
            field="rules.terrain, rules.pressure_error_mm",
        )
    return None


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
        return unknown_party(command.party, picture.parties)
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
    if author.how is not How.SYSTEM and not set(command.roles) <= set(author.roles):
        return refused(
            RefusalKind.FORBIDDEN,
            "roles-beyond-own",
            "a credential gives a key no role that it does not carry itself",
            field="roles",
            value=", ".join(command.roles),
        )
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
