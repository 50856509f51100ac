"""Who may ask what: roles, and the chain of signed statements."""

from __future__ import annotations

from wideberth.decisions.outcome import refused
from wideberth.model.commands import Request
from wideberth.model.ids import KeyId
from wideberth.model.parties import How, Role
from wideberth.model.refusals import Refusal, RefusalKind
from wideberth.picture.picture import Picture

__all__ = ["ANY_ROLE", "refuse_authority"]

ANY_ROLE = tuple(Role)
"""What takes one role, whichever: nothing stands before a STOP."""


def refuse_authority(
    picture: Picture, request: Request, role: Role | tuple[Role, ...] | None
) -> Refusal | None:
    """Why the author may not ask this, or None where it may.

    role: what the command needs, one of them; None: only the mechanism or its host asks it.
    """
    author = request.author
    if author.how is How.SYSTEM:
        return None
    if role is None:
        return refused(
            RefusalKind.FORBIDDEN, "host-only", "only the host's own command line does this"
        )
    if author.party not in picture.parties:
        return refused(RefusalKind.FORBIDDEN, "party-unknown", "register the party before it acts")
    wanted = role if isinstance(role, tuple) else (role,)
    if not (author.may(wanted[0]) or any(map(author.may, wanted[1:]))):
        return refused(
            RefusalKind.FORBIDDEN,
            "role-missing",
            f"use a credential with the role {' or '.join(wanted)}",
            field="role",
            value=", ".join(author.roles),
        )
    return _refuse_chain(picture, request) if author.how is How.SIGNED else None


def _refuse_chain(picture: Picture, request: Request) -> Refusal | None:
    """Each key's statements form a chain, so that none can be left out or put in later."""
    key = picture.keys.get((request.author.party, KeyId(request.author.subject)))
    if key is None:
        return refused(
            RefusalKind.FORBIDDEN, "key-not-in-force", "sign with a key that is enrolled"
        )
    if request.seq != key.last_seq + 1:
        return refused(
            RefusalKind.STALE,
            "statement-out-of-turn",
            f"this key's next statement is number {key.last_seq + 1}",
            field="party_seq",
            value=str(request.seq),
        )
    if request.previous != key.last_digest:
        return refused(
            RefusalKind.STALE,
            "statement-chain-broken",
            "name the digest of this key's last statement in prev",
            field="prev",
            value=request.previous,
        )
    return None
