"""The rules for the life of an agreement: drafting, proposing, countering, and each party's acts.

No version is ever edited. Nothing is in force before all have signed one digest (Z-01), and to
accept some provisions accepts no other (Z-13).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from wideberth.decisions.agreement_areas import areas_of
from wideberth.decisions.agreement_terms import differences, require_terms
from wideberth.decisions.agreement_times import come_into_force
from wideberth.decisions.agreement_told import announce
from wideberth.decisions.outcome import Accepted, Context, Decision, invalid, refused
from wideberth.errors import InvalidValue
from wideberth.model.agreements import (
    Act,
    Agreement,
    AgreementDrafted,
    AgreementProposed,
    AgreementState,
    AgreementStepped,
    Draft,
    DraftAgreement,
    ProposeAgreement,
    StepAgreement,
    digest_of,
)
from wideberth.model.entries import Body
from wideberth.model.ids import AgreementId, PartyId
from wideberth.model.notices import Urgency
from wideberth.model.parties import Author, How
from wideberth.model.provisions import Condition
from wideberth.model.refusals import Refusal, RefusalKind
from wideberth.picture.agreement_times import owing
from wideberth.picture.picture import Picture
from wideberth.space.time import DAY_US, MINUTE_US, format_rfc3339

__all__ = [
    "MAX_OPEN",
    "TRANSITIONS",
    "draft",
    "propose",
    "refuse_unsigned",
    "step",
    "wanted_sheets",
]

MAX_OPEN = 200
"""Drafts, and proposals that were not answered, that one party may have."""

LONGEST_ANSWER_US = 60 * DAY_US
SHORTEST_ANSWER_US = 10 * MINUTE_US

_S = AgreementState
_STAND = (_S.SIGNED, _S.IN_FORCE, _S.SUSPENDED)

TRANSITIONS: dict[tuple[AgreementState, Act], AgreementState] = {
    (_S.PROPOSED, Act.ACCEPT): _S.PROPOSED,
    (_S.PROPOSED, Act.DECLINE): _S.DECLINED,
    (_S.PROPOSED, Act.SIGN): _S.PROPOSED,  # the last signature makes it signed
    (_S.SIGNED, Act.END): _S.ENDED,
    (_S.IN_FORCE, Act.SUSPEND): _S.SUSPENDED,
    (_S.IN_FORCE, Act.END): _S.ENDED,
    (_S.IN_FORCE, Act.DECLARE_CONDITION): _S.IN_FORCE,
    (_S.IN_FORCE, Act.LIFT_CONDITION): _S.IN_FORCE,
    (_S.IN_FORCE, Act.REPORT_MET): _S.IN_FORCE,
    (_S.SUSPENDED, Act.RESUME): _S.IN_FORCE,
    (_S.SUSPENDED, Act.END): _S.ENDED,
    (_S.SUSPENDED, Act.REPORT_MET): _S.SUSPENDED,
}
"""(state, act): next state. A pair that is not here is refused. What time brings about is in
:mod:`wideberth.decisions.agreement_times`.
"""


def draft(picture: Picture, command: DraftAgreement, author: Author, context: Context) -> Decision:
    """A text that the author's party alone sees; it is checked as a proposal would be."""
    standing = picture.drafts.get((author.party, command.agreement))
    refusal = _refuse_terms(picture, command.agreement, command.terms, author, context)
    if refusal is None and standing is None:
        refusal = _refuse_many(picture, author.party)
    if refusal is not None:
        return refusal
    revision = 1 if standing is None else standing.revision + 1
    kept = Draft(command.agreement, author.party, command.terms, revision)
    return Accepted((AgreementDrafted(kept),))


def propose(
    picture: Picture, command: ProposeAgreement, author: Author, context: Context
) -> Decision:
    """A version: the first one, a counter-proposal, or a renewal of one that stands."""
    refusal = refuse_unsigned("a proposal", author)
    if refusal is not None:
        return refusal
    latest = latest_version(picture, command.agreement)
    replaced = picture.agreements.get((command.agreement, command.replaces))
    refusal = (
        _refuse_replaced(latest, replaced, command, author)
        or _refuse_terms(picture, command.agreement, command.terms, author, context)
        or _refuse_answer_by(command, context)
        or _refuse_many(picture, author.party)
    )
    if refusal is not None:
        return refusal
    version = 1 if latest is None else latest.version + 1
    changes = () if replaced is None else differences(replaced.terms, command.terms)
    if replaced is not None and not changes:
        return refused(RefusalKind.INVALID, "nothing-changed", "change something, or sign it")
    return Accepted(
        (
            AgreementProposed(
                agreement=command.agreement,
                version=version,
                party=author.party,
                terms=command.terms,
                digest=digest_of(command.agreement, version, command.terms),
                answer_by_us=command.answer_by_us,
                replaces=command.replaces,
                changes=changes,
            ),
        )
    )


def step(picture: Picture, command: StepAgreement, author: Author, context: Context) -> Decision:
    """One act of a party on a version, by the table of legal transitions."""
    refusal = refuse_unsigned(command.act.value, author)
    if refusal is not None:
        return refusal
    standing = visible(picture, command.agreement, command.version, author.party)
    if isinstance(standing, Refusal):
        return standing
    state = TRANSITIONS.get((standing.state, command.act))
    if state is None:
        return refused(
            RefusalKind.CONFLICT,
            "no-such-transition",
            f"an agreement that is {standing.state.value} takes no {command.act.value}",
            field="act",
            value=command.act.value,
        )
    refusal = _refuse_members(command) or _CHECKS[command.act](standing, command, author, context)
    if refusal is not None:
        return refusal
    provisions = command.provisions
    if command.act is Act.ACCEPT and not provisions:
        provisions = tuple(each.id for each in standing.terms.provisions)
    stepped = AgreementStepped(
        agreement=standing.id,
        version=standing.version,
        party=author.party,
        act=command.act,
        state=state,
        concerned=standing.terms.concerned,
        provisions=provisions,
        digest=command.digest,
        sheet=command.sheet,
        reason=command.reason,
    )
    more: list[Body] = []
    if command.act is Act.SIGN:
        left = wanted_sheets(standing) - {(author.party, command.sheet)}
        if not left:
            stepped = msgspec.structs.replace(stepped, state=_S.SIGNED)
            if standing.terms.effective_us <= context.now_us:
                more = come_into_force(picture, standing, context)
    elif command.act in _TOLD:
        more = announce(picture, context, standing, by=author.party, urgency=Urgency.PROMPT)
    return Accepted((stepped, *more))


_TOLD = frozenset({Act.SUSPEND, Act.RESUME, Act.END, Act.DECLARE_CONDITION, Act.LIFT_CONDITION})
"""Acts that change what applies: told in a notice, which stays open until the units have it."""


def wanted_sheets(agreement: Agreement) -> set[tuple[PartyId, PartyId | None]]:
    """(who, on whose sheet) still has to sign. In a mirror each party signs a sheet of its own with
    the neutral, and no party signs another's (Z-02).
    """
    terms = agreement.terms
    wanted: set[tuple[PartyId, PartyId | None]] = set()
    for party in terms.parties:
        if terms.neutral is None:
            wanted.add((party, None))
        else:
            wanted |= {(party, party), (terms.neutral, party)}
    return wanted - {(each.party, each.sheet) for each in agreement.signatures}


def latest_version(picture: Picture, agreement: AgreementId) -> Agreement | None:
    """The newest version there is of an agreement."""
    version, found = 1, None
    # An older version may have left already: the newest is looked for among those that are there.
    for name, number in picture.agreements:
        if name == agreement and number >= version:
            version, found = number, picture.agreements[name, number]
    return found


def visible(
    picture: Picture, agreement: AgreementId, version: int, party: PartyId
) -> Agreement | Refusal:
    """The version, for whom it concerns; for others it is as unknown as what never was."""
    standing = picture.agreements.get((agreement, version))
    if standing is None or party not in standing.terms.concerned:
        return refused(
            RefusalKind.UNKNOWN, "no-such-agreement", "no version of yours has this number"
        )
    return standing


def refuse_unsigned(words: str, author: Author) -> Refusal | None:
    """What binds a party is signed with its own key; a token says too little."""
    if author.how is not How.ATTESTED:
        return None
    return refused(
        RefusalKind.FORBIDDEN,
        "signature-required",
        f"sign {words} with a key of this party",
        field="how",
        value=author.how.value,
    )


def _refuse_terms(
    picture: Picture, agreement: AgreementId, terms: Any, author: Author, context: Context
) -> Refusal | None:
    if author.party not in terms.concerned:
        return refused(
            RefusalKind.FORBIDDEN,
            "not-yours",
            "propose what your party is a party of, or carries as the neutral",
            field="terms.parties",
        )
    try:
        require_terms(picture, terms, now_us=context.now_us)
        areas_of(agreement, 1, terms)  # what it would make, once in force, is checked now
    except InvalidValue as error:
        return invalid(error.within("terms"))
    return None


def _refuse_replaced(
    latest: Agreement | None, replaced: Agreement | None, command: ProposeAgreement, author: Author
) -> Refusal | None:
    concerned = latest is not None and author.party in latest.terms.concerned
    if latest is not None and not concerned:
        return refused(
            RefusalKind.CONFLICT, "agreement-id-taken", "choose another id", field="agreement"
        )
    if (latest.version if latest is not None else 0) != command.replaces and not (
        replaced is not None
        and replaced.state in _STAND
        and latest is not None
        and latest.is_settled
    ):
        standing = latest.version if latest is not None else 0
        return refused(
            RefusalKind.STALE,
            "version-stale",
            f"version {standing} is the newest" if standing else "no version was proposed yet",
            field="replaces",
            value=str(command.replaces),
        )
    if replaced is not None and set(replaced.terms.parties) != set(command.terms.parties):
        return refused(
            RefusalKind.INVALID,
            "parties-changed",
            "between other parties it is another agreement; propose a new one",
            field="terms.parties",
        )
    return None


def _refuse_answer_by(command: ProposeAgreement, context: Context) -> Refusal | None:
    by_us, now_us = command.answer_by_us, context.now_us
    last_us = min(now_us + LONGEST_ANSWER_US, command.terms.expires_us)
    if now_us + SHORTEST_ANSWER_US <= by_us <= last_us:
        return None
    return refused(
        RefusalKind.INVALID,
        "answer-by",
        "give 10 minutes to 60 days for an answer, within the agreement's own term",
        field="answer_by",
        value=format_rfc3339(by_us) if 0 < by_us < 10**17 else str(by_us),
    )


def _refuse_many(picture: Picture, party: PartyId) -> Refusal | None:
    drafts = sum(1 for owner, _ in picture.drafts if owner == party)
    open_ = sum(
        1
        for each in picture.agreements
        if picture.agreements[each].party == party and picture.agreements[each].state is _S.PROPOSED
    )
    if drafts + open_ < MAX_OPEN:
        return None
    return refused(
        RefusalKind.LIMIT,
        "agreement-count",
        f"{MAX_OPEN} drafts and open proposals are kept for a party; let some lapse",
    )


_MEMBERS: dict[Act, frozenset[str]] = {
    Act.ACCEPT: frozenset({"provisions"}),
    Act.DECLINE: frozenset({"reason"}),
    Act.SIGN: frozenset({"digest", "sheet"}),
    Act.SUSPEND: frozenset({"provisions", "reason"}),
    Act.RESUME: frozenset({"reason"}),
    Act.END: frozenset({"reason"}),
    Act.DECLARE_CONDITION: frozenset({"provisions", "reason"}),
    Act.LIFT_CONDITION: frozenset({"provisions", "reason"}),
    Act.REPORT_MET: frozenset({"provisions", "reason"}),
}


def _refuse_members(command: StepAgreement) -> Refusal | None:
    """Each act has its own members: none may contradict it."""
    for name in ("provisions", "digest", "sheet", "reason"):
        if getattr(command, name) and name not in _MEMBERS[command.act]:
            return refused(
                RefusalKind.INVALID,
                "field-contradicts-act",
                f"leave {name} out of {command.act.value}",
                field=name,
            )
    if len(command.reason) > 2000 or len(command.provisions) > 200:
        return refused(RefusalKind.INVALID, "too-long", "say it in fewer words", field="reason")
    return None


def _named(agreement: Agreement, command: StepAgreement) -> Refusal | None:
    known = {each.id for each in agreement.terms.provisions}
    for index, name in enumerate(command.provisions):
        if name not in known:
            return _no_provision(f"provisions.{index}", name)
    return None


def _no_provision(field: str, name: str) -> Refusal:
    return refused(
        RefusalKind.INVALID,
        "no-such-provision",
        "name provisions of this version",
        field=field,
        value=name,
    )


def _party_only(agreement: Agreement, author: Author) -> Refusal | None:
    if author.party in agreement.terms.parties:
        return None
    return refused(
        RefusalKind.FORBIDDEN, "not-a-party", "only its parties do this; a neutral carries it"
    )


def _check_answer(
    agreement: Agreement, command: StepAgreement, author: Author, _context: Context
) -> Refusal | None:
    return _party_only(agreement, author) or _named(agreement, command)


def _check_sign(
    agreement: Agreement, command: StepAgreement, author: Author, _context: Context
) -> Refusal | None:
    if command.digest != agreement.digest:
        return refused(
            RefusalKind.CONFLICT,
            "digest",
            "sign the digest of this version's canonical text, and no other",
            field="digest",
            value=command.digest,
        )
    if (author.party, command.sheet) in wanted_sheets(agreement):
        return None
    signed = any(
        (each.party, each.sheet) == (author.party, command.sheet) for each in agreement.signatures
    )
    if signed:
        return refused(RefusalKind.CONFLICT, "signed-already", "this signature stands already")
    return refused(
        RefusalKind.INVALID,
        "sheet",
        "a party signs its own sheet, the neutral each party's; without a neutral there are none",
        field="sheet",
        value=command.sheet,
    )


def _check_suspend(
    agreement: Agreement, command: StepAgreement, author: Author, _context: Context
) -> Refusal | None:
    refusal = _check_answer(agreement, command, author, _context)
    if refusal is None and not command.reason:
        return refused(
            RefusalKind.INVALID, "reason-missing", "say why it is suspended (D-11)", field="reason"
        )
    return refusal


def _check_resume(
    agreement: Agreement, _command: StepAgreement, author: Author, _context: Context
) -> Refusal | None:
    if agreement.suspension is not None and agreement.suspension.by == author.party:
        return None
    return refused(RefusalKind.FORBIDDEN, "not-yours", "who suspended it resumes it")


def _check_end(
    agreement: Agreement, _command: StepAgreement, author: Author, _context: Context
) -> Refusal | None:
    return _party_only(agreement, author)


def _check_condition(
    agreement: Agreement, command: StepAgreement, author: Author, _context: Context
) -> Refusal | None:
    refusal = _party_only(agreement, author)
    if refusal is not None:
        return refusal
    if len(command.provisions) != 1:
        return refused(
            RefusalKind.INVALID, "one-condition", "name one condition", field="provisions"
        )
    name = command.provisions[0]
    provision = next((each for each in agreement.terms.provisions if each.id == name), None)
    if not isinstance(provision, Condition):
        return _no_provision("provisions.0", name)
    standing = next((each for each in agreement.conditions if each.provision == name), None)
    if (standing is None) is not (command.act is Act.DECLARE_CONDITION):
        words = "nobody declared this condition" if standing is None else "it is declared already"
        return refused(RefusalKind.CONFLICT, "condition", words, field="provisions.0", value=name)
    if command.act is Act.LIFT_CONDITION and standing is not None and standing.by != author.party:
        return refused(RefusalKind.FORBIDDEN, "not-yours", "who declared it lifts it")
    if command.act is Act.REPORT_MET and author.party not in owing(agreement, name):
        return refused(
            RefusalKind.CONFLICT, "not-asked", "your party has no duty left by this condition"
        )
    return None


_CHECKS: dict[Act, Callable[[Agreement, StepAgreement, Author, Context], Refusal | None]] = {
    Act.ACCEPT: _check_answer,
    Act.DECLINE: _check_answer,
    Act.SIGN: _check_sign,
    Act.SUSPEND: _check_suspend,
    Act.RESUME: _check_resume,
    Act.END: _check_end,
    Act.DECLARE_CONDITION: _check_condition,
    Act.LIFT_CONDITION: _check_condition,
    Act.REPORT_MET: _check_condition,
}
