"""Entries of protected sites that are stale, and harm that followed notice, for their owner."""

from __future__ import annotations

from wideberth.model.entries import IntentStateChanged
from wideberth.model.intents import Intent, IntentState
from wideberth.model.sites import (
    AFTER_NOTICE_METHOD,
    PROTECTION_UNCHANGED,
    HarmReported,
    SiteStale,
)
from wideberth.review.cells import Column, Section, Table, amount, count, instant, words
from wideberth.review.facts import Facts
from wideberth.review.period import Period

__all__ = ["harm", "stale", "stale_at"]


def stale_at(facts: Facts, end_us: int) -> list[tuple[Intent, tuple[int, ...]]]:
    """Sites that the record calls stale at a time, by id, each with the entries that say so since
    it was told last.
    """
    ended = {
        body.intent
        for _, time_us, body in facts.of(IntentStateChanged)
        if time_us < end_us and body.state is IntentState.ENDED
    }
    told: dict[str, int] = {
        site: max((each.position for each in tellings if each.time_us < end_us), default=-1)
        for site, tellings in facts.presences.items()
    }
    marked: dict[str, tuple[Intent, list[int]]] = {}
    for position, time_us, body in facts.of(SiteStale):
        name = body.intent.id
        if time_us < end_us and name not in ended and position > told.get(name, -1):
            marked.setdefault(name, (body.intent, []))[1].append(position)
    return [(marked[name][0], tuple(marked[name][1])) for name in sorted(marked)]


def stale(facts: Facts, period: Period) -> Section:
    """What was stale at the end of the period, and how many at the end of the one before."""
    here, then = stale_at(facts, period.end_us), stale_at(facts, period.begin_us)
    rows = tuple(
        (
            words(site.id, at),
            words(site.party),
            words(site.place_name or "–"),
            instant(site.told_us, at),
            count(at),
        )
        for site, at in here
    )
    return Section(
        "stale",
        "Stale entries",
        notes=(
            "A site is stale once its owner did not tell it again in time; its owner is reminded."
            f" {PROTECTION_UNCHANGED}",
        ),
        tables=(
            Table(
                "stale",
                "Stale at the end of the period",
                (
                    Column("site", "Site"),
                    Column("owner", "Owner"),
                    Column("place", "Place"),
                    Column("told", "Told last", "us"),
                    Column("marked", "Said to be stale"),
                ),
                rows,
            ),
            Table(
                "stale-count",
                "Both periods",
                (
                    Column("what", "Sites stale at the end"),
                    Column("here", "This period"),
                    Column("before", "Previous"),
                ),
                (
                    (
                        words("all"),
                        amount(len(here), [position for _, at in here for position in at]),
                        amount(len(then), [position for _, at in then for position in at]),
                    ),
                ),
            ),
        ),
    )


def harm(facts: Facts, period: Period) -> Section:
    """Harm at the reader's own sites after others had been told of them, by recipient (S-04)."""
    own = [
        (position, time_us, body.harm)
        for position, time_us, body in facts.of(HarmReported)
        if body.harm.owner == facts.reader and time_us < period.end_us
    ]
    recipients = sorted({party for _, _, each in own for party in each.told_before})

    def told(party: str, within: Period | None) -> list[int]:
        return [
            position
            for position, time_us, each in own
            if party in each.told_before and (within is None or time_us in within)
        ]

    rows = tuple(
        (
            words(party),
            count(told(party, period)),
            count(told(party, period.previous)),
            count(told(party, None)),
        )
        for party in recipients
    )
    return Section(
        "harm",
        f"Harm at sites of {facts.reader} after notice, by recipient",
        notes=(
            AFTER_NOTICE_METHOD,
            "Only the owner of the sites reads this. It says nothing of who caused what.",
        ),
        tables=(
            Table(
                "harm",
                "Reports of harm at a site that the recipient had been told of",
                (
                    Column("recipient", "Recipient"),
                    Column("here", "This period"),
                    Column("before", "Previous"),
                    Column("ever", "All until the end"),
                ),
                rows,
                empty="no harm was reported at a site that anybody had been told of",
            ),
        ),
    )
