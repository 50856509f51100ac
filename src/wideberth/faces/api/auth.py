"""Who asks: the bearer token of every request, and the signed statement of some writes."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from dataclasses import dataclass

from wideberth.decisions.outcome import refused
from wideberth.errors import InvalidValue
from wideberth.faces.api.problems import HttpProblem
from wideberth.model.envelope import Statement, parse_statement, statement_digest, verify_statement
from wideberth.model.exercises import is_exercise_name
from wideberth.model.ids import PartyId
from wideberth.model.parties import Author, How, Role
from wideberth.model.refusals import Refusal, RefusalKind
from wideberth.picture.picture import Picture
from wideberth.picture.standing import SpaceFacts
from wideberth.tokens import ShownCertificate, TokenVerifier

__all__ = [
    "Said",
    "author_of",
    "claimed_by",
    "is_remembered",
    "left_of_token_s",
    "refuse_reader",
    "said_in",
]

_CHALLENGE = ((b"www-authenticate", b'Bearer realm="wideberth"'),)


@dataclass(frozen=True, slots=True)
class Said:
    """A statement whose signature was checked, and its author."""

    statement: Statement
    author: Author
    compact: str
    digest: str


def author_of(
    header: bytes | None, verifier: TokenVerifier, shown: ShownCertificate | None = None
) -> Author:
    """Whom the Authorization header shows, over a connection with this client certificate.

    Raises HttpProblem (401) or TokenRefused.
    """
    return verifier.verify(_token_in(header), shown)


def claimed_by(header: bytes | None, verifier: TokenVerifier) -> PartyId:
    """Of which party the credential says that it is. Raises HttpProblem (401) or TokenRefused."""
    return verifier.claimed(_token_in(header))


def is_remembered(header: bytes | None, verifier: TokenVerifier) -> bool:
    """Whether a credential came that was verified before. Raises HttpProblem (401)."""
    return verifier.remembers(_token_in(header))


def left_of_token_s(header: bytes | None, verifier: TokenVerifier) -> float:
    """For how long the credential still counts, in seconds. Raises as author_of does."""
    return verifier.left_s(_token_in(header))


def _token_in(header: bytes | None) -> str:
    if header is None:
        raise HttpProblem(
            401,
            "token-missing",
            "send the header Authorization: Bearer TOKEN",
            field="Authorization",
            headers=_CHALLENGE,
        )
    scheme, _, token = header.partition(b" ")
    if scheme.lower() != b"bearer" or not token:
        raise HttpProblem(
            401, "token-scheme", "use the scheme Bearer", field="Authorization", headers=_CHALLENGE
        )
    return token.strip().decode("latin-1")


def refuse_reader(picture: Picture, author: Author, role: Role | None) -> Refusal | None:
    """Why the author may not ask this, or None. role: what it takes; None: any credential."""
    if author.party not in picture.parties:
        return refused(RefusalKind.FORBIDDEN, "party-unknown", "register the party before it acts")
    if role is not None and not author.may(role):
        return refused(
            RefusalKind.FORBIDDEN,
            "role-missing",
            f"use a credential with the role {role.value}",
            field="role",
            value=", ".join(author.roles),
        )
    return None


def said_in(body: bytes, shown: Author, command: str, picture: Picture) -> Said | Refusal:
    """The statement in a body, checked against the key in force and the token that was shown.

    command: the type that the endpoint takes. Raises InvalidValue naming what is wrong with it.
    """
    try:
        compact = body.decode("ascii").strip()
    except UnicodeDecodeError as error:
        raise InvalidValue("said", "compact-jws", "bytes", "give a JWS in compact form") from error
    statement = parse_statement(compact)
    if statement.party != shown.party:
        return refused(
            RefusalKind.FORBIDDEN,
            "another-party",
            "the token and the statement must be of the same party",
            field="party",
            value=statement.party,
        )
    _refuse_other_kind(statement.origin, picture.space)
    key = picture.keys.get((statement.party, statement.key_id))
    if key is None:
        return refused(
            RefusalKind.FORBIDDEN,
            "key-not-in-force",
            "sign with a key that is enrolled",
            field="kid",
            value=statement.kid,
        )
    public_key = key.public_key
    verify_statement(compact, urlsafe_b64decode(public_key + "=" * (-len(public_key) % 4)))
    for name, came, wanted in (
        ("origin", statement.origin, picture.space.origin),
        ("type", statement.type, command),
    ):
        if came != wanted:
            raise InvalidValue(name, f"statement-{name}", came, f"sign for {name} {wanted}")
    author = Author(statement.party, How.SIGNED, statement.key_id, key.roles)
    return Said(statement, author, compact, statement_digest(compact))


def _refuse_other_kind(origin: str, space: SpaceFacts) -> None:
    """Say it first where a statement was signed for an exercise and this is real, or the reverse.

    Raises InvalidValue.
    """
    meant = is_exercise_name(origin)
    if meant is not space.exercise and meant is not is_exercise_name(space.origin):
        was, here = ("an exercise", "real") if meant else ("a real space", "an exercise")
        raise InvalidValue(
            "origin",
            "statement-of-another-kind",
            origin,
            f"this was signed for {was}, and {space.origin} is {here}; nothing was done",
        )
