"""What the text of an agreement must hold, and how two texts differ, provision by provision."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from wideberth.errors import InvalidValue
from wideberth.model.agreements import LONGEST_TERM_US, LegalKind, ProvisionChange, Terms
from wideberth.model.ids import PartyId
from wideberth.model.intents import FieldChange
from wideberth.model.nearest import no_such_party
from wideberth.model.provisions import (
    Acknowledging,
    AgreedZone,
    Between,
    Condition,
    Consent,
    Counting,
    Coverage,
    Disclosure,
    Distribution,
    Drills,
    LeadTime,
    Line,
    LineBuffer,
    MovingBuffer,
    Provision,
    Publish,
    SeparationTable,
)
from wideberth.model.zones import ZoneRule
from wideberth.picture.picture import Picture
from wideberth.space.rings import require_simple
from wideberth.space.schedules import parse_schedule
from wideberth.space.time import DAY_US, MAX_US, MIN_US, SECOND_US, format_rfc3339
from wideberth.space.volume import Footprint, Polygon

__all__ = ["differences", "require_terms"]

MAX_VERTICES_IN_ALL = 10_000

_KEEPS_APART = (SeparationTable, LineBuffer, MovingBuffer, Between)


def require_terms(picture: Picture, terms: Terms, *, now_us: int) -> None:
    """Raise InvalidValue naming the first field that is missing, wrong or contradicts another."""
    _require_parties(picture, terms)
    _require_term(terms, now_us)
    known: dict[str, Provision] = {}
    for index, provision in enumerate(terms.provisions):
        if provision.id in known:
            raise InvalidValue(
                f"provisions.{index}.id", "given-twice", provision.id, "give each its own id"
            )
        known[provision.id] = provision
    vertices = 0
    for index, provision in enumerate(terms.provisions):
        try:
            vertices += _require_provision(picture, terms, known, provision)
        except InvalidValue as error:
            raise error.within(f"provisions.{index}") from error
    if vertices > MAX_VERTICES_IN_ALL:
        raise InvalidValue(
            "provisions",
            "vertex-count",
            vertices,
            f"give up to {MAX_VERTICES_IN_ALL:,} points in all",
        )


def _require_parties(picture: Picture, terms: Terms) -> None:
    if len(set(terms.parties)) != len(terms.parties):
        raise InvalidValue("parties", "given-twice", list(terms.parties), "name each party once")
    for index, party in enumerate(terms.parties):
        if party not in picture.parties:
            raise InvalidValue(
                f"parties.{index}",
                "party-unknown",
                party,
                no_such_party(party, picture.parties),
            )
    if terms.neutral is None:
        return
    neutral = picture.parties.get(terms.neutral)
    if neutral is None or not neutral.neutral or terms.neutral in terms.parties:
        raise InvalidValue(
            "neutral", "neutral", terms.neutral, "name a neutral of this space, not a party to it"
        )


def _require_term(terms: Terms, now_us: int) -> None:
    effective_us, expires_us = terms.effective_us, terms.expires_us
    for name, instant_us in (("effective_us", effective_us), ("expires_us", expires_us)):
        if not MIN_US <= instant_us <= MAX_US:
            raise InvalidValue(name, "time-range", instant_us, "give a time from 1900 to 9999")
    if expires_us <= max(effective_us, now_us):
        raise InvalidValue(
            "expires_us",
            "already-over",
            format_rfc3339(expires_us),
            "give an expiry that is still to come, after the agreement's beginning (Z-05)",
        )
    if expires_us - max(effective_us, now_us) > LONGEST_TERM_US:
        raise InvalidValue(
            "expires_us",
            "too-long",
            format_rfc3339(expires_us),
            f"an agreement lasts up to {LONGEST_TERM_US // DAY_US} days; renew it then (Z-05)",
        )


def _require_provision(
    picture: Picture, terms: Terms, known: dict[str, Provision], provision: Provision
) -> int:
    """Raise InvalidValue for what is wrong in it; how many points of places it holds."""
    _require_kind(terms, provision)
    check = _CHECKS.get(type(provision))
    if check is not None:
        check(picture, terms, known, provision)
    return sum(_count(shape) for shape in _shapes(provision)) + (
        len(provision.points) if isinstance(provision, Line) else 0
    )


def _require_kind(terms: Terms, provision: Provision) -> None:
    if isinstance(provision, Consent) and terms.kind is not LegalKind.CONSENT:
        raise InvalidValue(
            "type",
            "other-kind",
            terms.kind.value,
            "only an agreement of the kind CONSENT knows of asking and answering",
        )
    if isinstance(provision, _KEEPS_APART) and terms.kind is LegalKind.NOTIFY:
        raise InvalidValue(
            "type",
            "other-kind",
            terms.kind.value,
            "distances and buffers belong into an agreement of the kind SEPARATION or CONSENT",
        )
    if (
        isinstance(provision, AgreedZone)
        and provision.rule is ZoneRule.KEEP_OUT
        and terms.kind is LegalKind.NOTIFY
    ):
        raise InvalidValue(
            "rule", "other-kind", provision.rule.value, "under NOTIFY a zone asks for notice only"
        )


def _require_party(terms: Terms, party: PartyId, field: str) -> None:
    if party not in terms.parties:
        raise InvalidValue(field, "not-a-party", party, "name a party of this agreement")


def _require_parties_of(terms: Terms, parties: Iterable[PartyId], field: str) -> None:
    for index, party in enumerate(parties):
        _require_party(terms, party, f"{field}.{index}")


def _require_line(known: dict[str, Provision], name: str, field: str) -> None:
    if not isinstance(known.get(name), Line):
        raise InvalidValue(field, "no-such-line", name, "name a line of this agreement")


def _require_notice(rule: ZoneRule, notice_s: int) -> None:
    if (rule is ZoneRule.NOTICE) != (notice_s > 0):
        raise InvalidValue(
            "rule, notice_s",
            "notice-contradicts-rule",
            [rule.value, notice_s],
            "a notice area needs notice_s over 0; a keep-out area has none",
        )


def _table(_: Picture, terms: Terms, known: dict[str, Provision], given: SeparationTable) -> None:
    for index, row in enumerate(given.rows):
        _require_line(known, row.line, f"rows.{index}.line")
        _require_parties_of(terms, row.parties, f"rows.{index}.parties")
        _require_width(row.distance_m, f"rows.{index}.distance_m")


def _buffer(_: Picture, terms: Terms, known: dict[str, Provision], given: LineBuffer) -> None:
    _require_line(known, given.line, "line")
    _require_parties_of(terms, given.parties, "parties")
    _require_notice(given.rule, given.notice_s)
    _require_width(given.width_m, "width_m")


def _require_width(width_m: int, field: str) -> None:
    if width_m > 200_000:
        raise InvalidValue(field, "width-range", width_m, "give up to 200 km from a line")


def _moving(_: Picture, terms: Terms, _known: dict[str, Provision], given: MovingBuffer) -> None:
    _require_parties_of(terms, given.of, "of")
    _require_width(given.radius_m, "radius_m")


def _between(_: Picture, _terms: Terms, _known: dict[str, Provision], given: Between) -> None:
    if given.horizontal_m:
        _require_width(given.horizontal_m, "horizontal_m")


def _zone(picture: Picture, terms: Terms, _known: dict[str, Provision], given: AgreedZone) -> None:
    _require_parties_of(terms, given.parties, "parties")
    _require_notice(given.rule, given.notice_s)
    lower, upper = given.lower, given.upper
    if lower.reference == upper.reference and upper.value_mm < lower.value_mm:
        raise InvalidValue(
            "lower, upper",
            "upper-below-lower",
            [lower.value_mm, upper.value_mm],
            "give an upper limit above the lower",
        )
    if given.schedule is not None:
        parse_schedule(given.schedule)
    _require_shape(given.footprint, "footprint")


def _lead(_: Picture, _terms: Terms, _known: dict[str, Provision], given: LeadTime) -> None:
    reasons = [each.reason for each in given.exceptions]
    if len(set(reasons)) != len(reasons):
        raise InvalidValue("exceptions", "given-twice", reasons, "give each reason once")


def _answers(_: Picture, _terms: Terms, _known: dict[str, Provision], given: Acknowledging) -> None:
    posts = [each.to.value for each in given.ladder]
    times = [each.after_s for each in given.ladder]
    if len(set(posts)) != len(posts):
        raise InvalidValue("ladder", "given-twice", posts, "name each post once")
    if times != sorted(times):
        raise InvalidValue("ladder", "not-in-order", times, "give the steps in order of time")


def _distribution(
    _: Picture, terms: Terms, _known: dict[str, Provision], given: Distribution
) -> None:
    _require_party(terms, given.party, "party")


def _coverage(_: Picture, terms: Terms, _known: dict[str, Provision], given: Coverage) -> None:
    _require_party(terms, given.party, "party")
    for index, each in enumerate(given.not_covered):
        if each.where is not None:
            _require_shape(each.where, f"not_covered.{index}.where")


def _condition(_: Picture, terms: Terms, known: dict[str, Provision], given: Condition) -> None:
    _require_parties_of(terms, given.parties, "parties")
    if given.of is not None and given.of not in known:
        raise InvalidValue("of", "no-such-provision", given.of, "name a provision of this one")


def _disclosure(_: Picture, terms: Terms, _known: dict[str, Provision], given: Disclosure) -> None:
    _require_party(terms, given.party, "party")
    _require_party(terms, given.to, "to")
    if given.party == given.to:
        raise InvalidValue("to", "to-itself", given.to, "name the counterpart")


def _consent(_: Picture, terms: Terms, _known: dict[str, Provision], given: Consent) -> None:
    _require_parties_of(terms, given.entitled, "entitled")


def _counting(_: Picture, terms: Terms, _known: dict[str, Provision], given: Counting) -> None:
    _require_once(tuple(each.what.value for each in given.counts), "counts")
    _require_parties_of(terms, given.of, "of")


def _drills(_: Picture, terms: Terms, _known: dict[str, Provision], given: Drills) -> None:
    _require_parties_of(terms, given.of, "of")
    if given.at_s + given.window_s + given.answer_within_s > 2 * DAY_US // SECOND_US:
        raise InvalidValue(
            "window_s", "window", given.window_s, "end the window by the end of the next day"
        )


_PUBLISHABLE = (AgreedZone, LineBuffer, SeparationTable)


def _publish(_: Picture, terms: Terms, known: dict[str, Provision], given: Publish) -> None:
    if not (given.provisions or given.rules):
        raise InvalidValue(
            "provisions, rules", "nothing-named", [], "name what may be published, or which zones"
        )
    if not any(each.isalnum() for each in given.area):
        raise InvalidValue("area", "no-words", given.area, "say in words where it is")
    _require_once(given.provisions, "provisions")
    for index, name in enumerate(given.provisions):
        named = known.get(name)
        if not isinstance(named, _PUBLISHABLE) or (
            not isinstance(named, SeparationTable) and named.rule is ZoneRule.NOTICE
        ):
            raise InvalidValue(
                f"provisions.{index}",
                "not-publishable",
                name,
                "name areas, strips or tables of this agreement that are kept out of",
            )
    _require_once(given.rules, "rules")
    if ZoneRule.NOTICE in given.rules:
        raise InvalidValue(
            "rules", "not-publishable", list(given.rules), "only closures and stand-offs are public"
        )
    _require_once(given.fields, "fields")
    _require_parties_of(terms, given.of, "of")
    if (given.of or given.zones) and not given.rules:
        raise InvalidValue("rules", "nothing-named", [], "say which rules these zones may have")
    begins_us = terms.effective_us if given.from_us is None else given.from_us
    ends_us = terms.expires_us if given.until_us is None else given.until_us
    if not terms.effective_us <= begins_us < ends_us <= terms.expires_us:
        raise InvalidValue(
            "from_us, until_us",
            "outside-term",
            [given.from_us, given.until_us],
            "give a beginning and a later end within the agreement's term",
        )


def _require_once(names: tuple[str, ...], field: str) -> None:
    if len(set(names)) != len(names):
        raise InvalidValue(field, "given-twice", list(names), "name each once")


_CHECKS: dict[type, Callable[[Picture, Terms, dict[str, Provision], Any], None]] = {
    SeparationTable: _table,
    LineBuffer: _buffer,
    MovingBuffer: _moving,
    Between: _between,
    AgreedZone: _zone,
    LeadTime: _lead,
    Acknowledging: _answers,
    Distribution: _distribution,
    Coverage: _coverage,
    Condition: _condition,
    Disclosure: _disclosure,
    Consent: _consent,
    Publish: _publish,
    Counting: _counting,
    Drills: _drills,
}


def _require_shape(shape: Footprint, field: str) -> None:
    if isinstance(shape, Polygon):
        try:
            require_simple(shape)
        except InvalidValue as error:
            raise error.within(field) from error


def _shapes(provision: Provision) -> list[Footprint]:
    match provision:
        case AgreedZone():
            return [provision.footprint]
        case Coverage():
            return [each.where for each in provision.not_covered if each.where is not None]
        case _:
            return []


def _count(shape: Footprint) -> int:
    return len(shape.vertices) if isinstance(shape, Polygon) else 1


def differences(before: Terms, after: Terms) -> tuple[ProvisionChange, ...]:
    """What the later text changes: what stands above the provisions first, then each provision in
    the later one's order, then those that are gone. Empty where nothing is different.
    """
    changes: list[ProvisionChange] = []
    above = _fields(before, after, leaving=("provisions",))
    if above:
        changes.append(ProvisionChange("", "changed", above))
    known = {each.id: each for each in before.provisions}
    for provision in after.provisions:
        standing = known.pop(provision.id, None)
        if standing is None:
            changes.append(ProvisionChange(provision.id, "added", _whole(provision, added=True)))
        elif standing != provision:
            changes.append(ProvisionChange(provision.id, "changed", _fields(standing, provision)))
    changes += [
        ProvisionChange(name, "removed", _whole(gone, added=False)) for name, gone in known.items()
    ]
    return tuple(changes)


def _whole(provision: Provision, *, added: bool) -> tuple[FieldChange, ...]:
    return tuple(
        FieldChange(name, "" if added else words, words if added else "")
        for name, words in _words(provision).items()
        if name != "id"
    )


def _fields(before: Any, after: Any, *, leaving: tuple[str, ...] = ()) -> tuple[FieldChange, ...]:
    ours, theirs = _words(before), _words(after)
    return tuple(
        FieldChange(name, ours.get(name, ""), theirs.get(name, ""))
        for name in dict.fromkeys((*ours, *theirs))
        if name not in leaving and ours.get(name) != theirs.get(name)
    )


def _words(value: Any) -> dict[str, str]:
    """Each member as it is read: times as RFC 3339, the rest as text or as JSON."""
    members: dict[str, Any] = msgspec.to_builtins(value)
    return {
        name.removesuffix("_us") if name.endswith("_us") else name: (
            format_rfc3339(each)
            if name.endswith("_us")
            else each
            if isinstance(each, str)
            else msgspec.json.encode(each).decode()
        )
        for name, each in members.items()
    }
