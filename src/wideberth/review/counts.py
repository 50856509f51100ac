"""What an agreed rule counts (I-08): by the rule in force at each item, and both ways of counting.

An item is an episode: what begins within the agreed time of the last one before it, of the same
parties and the same object, counts with that as one. Nothing is counted that no rule in force said.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from wideberth.model.agreements import Agreement
from wideberth.model.counting import CountContested, item_name
from wideberth.model.ids import PartyId
from wideberth.model.ladders import NoticeEscalated
from wideberth.model.provisions import Counted, CountedThing, Counting
from wideberth.review.cells import (
    HERE,
    THEN,
    Cell,
    Column,
    Section,
    Table,
    amount,
    instant,
    shown_span,
    words,
)
from wideberth.review.facts import Facts
from wideberth.review.period import Period
from wideberth.space.time import SECOND_US

__all__ = ["METHOD", "Item", "items_of", "section"]

METHOD = {
    Counted.SEPARATION: "warnings that two of theirs came nearer than was agreed or set",
    Counted.INCURSION: "warnings that a track of one was in a zone of the other, or came up to it",
    Counted.DEPARTURE: "warnings that a track of one left its own intent",
    Counted.LATE_NOTICE: "notices between them that were told later than this agreement asks for;"
    " counted where its recipient reads it",
    Counted.UNACKNOWLEDGED: "notices between them whose ladder went on with nobody having answered"
    " at all",
}
"""How each thing that may be agreed to count is found in the entries, in words."""


class _Event(msgspec.Struct, frozen=True):
    """Something that may count, before any rule is asked. object: an episode is of one object."""

    position: int
    time_us: int
    what: Counted
    of: PartyId | None
    towards: PartyId | None
    object: str
    agreement: tuple[str, int] | None = None


class Item(msgspec.Struct, frozen=True):
    """One counted item: an episode. name: as it is contested; at: its entries, in order."""

    name: str
    agreement: str
    version: int
    provision: str
    what: Counted
    of: PartyId
    towards: PartyId | None
    begin_us: int
    at: tuple[int, ...]


def items_of(facts: Facts, end_us: int) -> list[Item]:
    """All items until a time, in the order of their first entry."""
    open_: dict[tuple[Any, ...], tuple[int, list[int], Item]] = {}
    found: list[tuple[list[int], Item]] = []
    for event in sorted(_events(facts), key=lambda each: each.position):
        if event.time_us >= end_us:
            break
        for agreement, rule, thing in _rules(facts, event):
            assert event.of is not None
            key = (
                agreement.id, rule.id, thing.what,
                event.of, event.towards, event.object,
            )  # fmt: skip
            last = open_.get(key)
            within_us = thing.episode_s * SECOND_US
            if last is not None and within_us and event.time_us - last[0] <= within_us:
                last[1].append(event.position)
                open_[key] = (event.time_us, *last[1:])
                continue
            item = Item(
                name=item_name(rule.id, thing.what, event.position),
                agreement=agreement.id,
                version=agreement.version,
                provision=rule.id,
                what=thing.what,
                of=event.of,
                towards=event.towards,
                begin_us=event.time_us,
                at=(),
            )
            at = [event.position]
            open_[key] = (event.time_us, at, item)
            found.append((at, item))
    return [msgspec.structs.replace(item, at=tuple(at)) for at, item in found]


def _events(facts: Facts) -> Iterator[_Event]:
    kinds = {each.value: each for each in Counted}
    for each in facts.warned:
        if each.kind in kinds:
            yield _Event(
                each.position, each.time_us, kinds[each.kind], each.of, each.towards, each.object
            )
    for notice in facts.notices:
        for reliance in notice.under:
            if reliance.late:
                yield _Event(
                    notice.position,
                    notice.time_us,
                    Counted.LATE_NOTICE,
                    notice.sender,
                    notice.recipient,
                    notice.subject or notice.id,
                    (reliance.agreement, reliance.version),
                )
    seen: set[str] = set()
    for position, time_us, body in facts.of(NoticeEscalated):
        if body.furthest is None and body.notice not in seen:
            seen.add(body.notice)
            yield _Event(
                position, time_us, Counted.UNACKNOWLEDGED, body.recipient, body.sender, body.notice
            )


def _rules(facts: Facts, event: _Event) -> Iterator[tuple[Agreement, Counting, CountedThing]]:
    """The agreed rules that count an event, by agreement and provision."""
    if event.of in (None, event.towards) or (
        event.towards is None and event.what is not Counted.DEPARTURE
    ):
        return
    standing = facts.agreements_at(event.time_us)
    for key in sorted(standing):
        agreement: Agreement = standing[key]
        parties = agreement.terms.parties
        if not agreement.is_applied or event.of not in parties:
            continue
        if event.towards is not None and event.towards not in parties:
            continue
        if event.agreement is not None and event.agreement != key:
            continue
        for provision in agreement.terms.provisions:
            if not isinstance(provision, Counting) or not agreement.applies(provision.id):
                continue
            if provision.of and event.of not in provision.of:
                continue
            for thing in provision.counts:
                if thing.what is event.what:
                    yield agreement, provision, thing


def section(facts: Facts, period: Period) -> Section:
    """The method in words, each item with its entries, and the counts in both ways."""
    items = items_of(facts, period.end_us)
    here = [each for each in items if each.begin_us in period]
    then = [each for each in items if each.begin_us in period.previous]
    contests = _contests(facts)
    rules = _method(facts, period)
    unknown = [
        each.position
        for each in facts.warned
        if each.time_us in period
        and each.towards is None
        and each.kind in ("separation", "incursion")
    ]
    notes = [
        "Counted by the rule that was in force at each item, and by no other. Items are listed in"
        " the order of the record and pairs by name. A contested item is shown as counted and as"
        " contested, whenever it was contested, and in both ways of counting.",
    ]
    if not rules:
        notes = ["No rule for counting was agreed that held in this period, so nothing is counted."]
    tables = (
        Table(
            "method",
            "How it is counted",
            (
                Column("agreement", "Agreement"),
                Column("provision", "Provision"),
                Column("what", "What counts"),
                Column("method", "How"),
                Column("episode", "As one episode", "us"),
            ),
            tuple(rules),
            empty="no agreed rule",
        ),
        Table(
            "pairs",
            "Counted, by pair",
            (
                Column("agreement", "Agreement"),
                Column("of", "Of"),
                Column("towards", "Towards"),
                Column("what", "What"),
                Column("period", "Period"),
                Column("counted", "Counted"),
                Column("contested", "Of these contested"),
                Column("without", "Without these"),
            ),
            tuple(_pairs(here, then, contests)),
        ),
        Table(
            "items",
            "Each counted item",
            (
                Column("item", "Item"),
                Column("agreement", "Agreement"),
                Column("begin", "Began", "us"),
                Column("what", "What"),
                Column("of", "Of"),
                Column("towards", "Towards"),
                Column("entries", "Entries"),
                Column("contested", "Contested"),
            ),
            tuple(_item_row(each, contests) for each in here),
        ),
        Table(
            "not-shown",
            "Not counted, since the other side is not shown",
            (Column("what", "What"), Column("warnings", "Warnings")),
            ((words("warnings of the period"), amount(len(unknown), unknown)),) if unknown else (),
        ),
    )
    return Section(
        "counts", "Counted by the agreed rule", tuple(notes), tables, nothing=" ".join(notes)
    )


_Contests = dict[tuple[str, str], list[tuple[int, CountContested]]]


def _contests(facts: Facts) -> _Contests:
    """By agreement and item: the last word of each party that contests it, by party."""
    last: dict[tuple[str, str, str], tuple[int, CountContested]] = {}
    for position, _, body in facts.of(CountContested):
        last[body.agreement, body.item, body.party] = (position, body)
    found: _Contests = {}
    for agreement, item, party in sorted(last):
        found.setdefault((agreement, item), []).append(last[agreement, item, party])
    return found


def _method(facts: Facts, period: Period) -> list[tuple[Cell, ...]]:
    """Each rule that was in force at some time of the period or at its beginning."""
    known: dict[tuple[str, int, str], tuple[Agreement, Counting]] = {}
    times = [period.begin_us, *(at for at, _ in facts.versions if at in period)]
    for time_us in times:
        for key, agreement in facts.agreements_at(time_us).items():
            for provision in agreement.terms.provisions:
                if (
                    isinstance(provision, Counting)
                    and agreement.is_applied
                    and agreement.applies(provision.id)
                ):
                    known[key[0], key[1], provision.id] = (agreement, provision)
    rows: list[tuple[Cell, ...]] = []
    for name in sorted(known):
        agreement, provision = known[name]
        whose = ", ".join(sorted(provision.of)) or "all parties"
        for thing in provision.counts:
            episode_us = thing.episode_s * SECOND_US
            rows.append(
                (
                    words(f"{agreement.id} version {agreement.version}"),
                    words(provision.id),
                    words(thing.what.value),
                    words(f"{METHOD[thing.what]}. Whose: {whose}"),
                    Cell(
                        f"within {shown_span(episode_us)} of the last one"
                        if episode_us
                        else "each counts",
                        episode_us,
                    ),
                )
            )
    return rows


def _pairs(here: list[Item], then: list[Item], contests: _Contests) -> Iterator[tuple[Cell, ...]]:
    keys = sorted(
        {(each.agreement, each.of, each.towards or "", each.what.value) for each in (*here, *then)}
    )
    for key in keys:
        agreement, of, towards, what = key
        for name, items in ((HERE, here), (THEN, then)):
            yield (
                words(agreement),
                words(of),
                words(towards or "–"),
                words(what),
                words(name),
                *_both_ways([each for each in items if _key(each) == key], contests),
            )


def _key(item: Item) -> tuple[str, str, str, str]:
    return (item.agreement, item.of, item.towards or "", item.what.value)


def _both_ways(items: list[Item], contests: _Contests) -> tuple[Cell, Cell, Cell]:
    contested = [each for each in items if (each.agreement, each.name) in contests]
    left = [each for each in items if (each.agreement, each.name) not in contests]
    said = [at for each in contested for at, _ in contests[each.agreement, each.name]]
    return (
        amount(len(items), [at for each in items for at in each.at]),
        amount(len(contested), [*said, *(at for each in contested for at in each.at)]),
        amount(len(left), [at for each in left for at in each.at]),
    )


def _item_row(item: Item, contests: _Contests) -> tuple[Cell, ...]:
    said = contests.get((item.agreement, item.name), [])
    text = "; ".join(f"by {body.party}: {body.reason}" for _, body in said) or "–"
    return (
        words(item.name, item.at),
        words(f"{item.agreement} version {item.version}"),
        instant(item.begin_us, item.at[:1]),
        words(item.what.value),
        words(item.of),
        words(item.towards or "–"),
        amount(len(item.at), item.at),
        words(text, [at for at, _ in said]),
    )
