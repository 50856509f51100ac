"""How the reader's own flights kept to their intents, beside what the standard asks for."""

from __future__ import annotations

import msgspec

from wideberth.model.conformance import FlightMeasured
from wideberth.model.entries import IntentStateChanged
from wideberth.model.intents import IntentState
from wideberth.picture.flown import ConformanceLimits, Kept, kept
from wideberth.review.cells import (
    HERE,
    THEN,
    Cell,
    Column,
    Section,
    Table,
    amount,
    count,
    instant,
    span,
    words,
)
from wideberth.review.facts import Facts
from wideberth.review.period import Period
from wideberth.space.time import HOUR_US, SECOND_US

__all__ = ["ALL", "Flights", "flights_of", "section"]

ALL = "all own flights"
_LIMITS = ConformanceLimits()


class Flights(msgspec.Struct, frozen=True):
    """The flights, or parts of them, that ended in a period, each with its entry, and the steps
    that their intents took in it.
    """

    parts: tuple[tuple[int, FlightMeasured], ...]
    steps: tuple[tuple[int, IntentStateChanged], ...]

    @property
    def kept(self) -> Kept:
        """What they come to."""
        return kept((each for _, each in self.parts), (each for _, each in self.steps))

    @property
    def at(self) -> list[int]:
        """The entries of the flights."""
        return [position for position, _ in self.parts]


def flights_of(facts: Facts, period: Period) -> Flights:
    """The reader's own flights of a period. A step counts where a flight under its intent does."""
    parts = tuple(
        (position, body)
        for position, _, body in facts.of(FlightMeasured)
        if body.party == facts.reader and body.until_us in period
    )
    intents = {body.intent for _, body in parts}
    steps = tuple(
        (position, body)
        for position, time_us, body in facts.of(IntentStateChanged)
        if time_us in period and body.intent in intents
    )
    return Flights(parts, steps)


def section(facts: Facts, period: Period) -> Section:
    """Time inside, excursions and states in both periods; each flight that left its intent."""
    both = ((HERE, flights_of(facts, period)), (THEN, flights_of(facts, period.previous)))
    outside = [each for each in both[0][1].parts if each[1].excursions or each[1].outside_us]
    return Section(
        "flights",
        f"How flights of {facts.reader} kept to their intents",
        notes=(
            "Of tracks that the party's own feeds brought, and of no others. A flight that went on"
            " for hours stands in parts. Silence, a height that does not compare and an implausible"
            " position are not known: they count neither as inside nor as outside.",
            f"ASTM F3548-21 asks for {_LIMITS.least_inside:.0%} of the time inside, excursions of"
            f" {_LIMITS.longest_us // SECOND_US} s at most and {_LIMITS.per_hour:g} of them in a"
            f" flight hour at most, over {_LIMITS.enough_us // HOUR_US} hours or more: less says"
            " little. What a node was set to hold flights against stands in no entry.",
        ),
        tables=(
            Table(
                "flights-time",
                "Time inside and outside",
                (
                    Column("who", "Flights"),
                    Column("period", "Period"),
                    Column("flights", "Counted"),
                    Column("flown", "Flown", "us"),
                    Column("inside", "Inside", "us"),
                    Column("outside", "Outside", "us"),
                    Column("unknown", "Not known", "us"),
                    Column("share", "Inside, of what is known", "ppm"),
                ),
                tuple((words(ALL), words(name), *_times(flights)) for name, flights in both),
            ),
            Table(
                "flights-excursions",
                "Excursions, and states",
                (
                    Column("who", "Flights"),
                    Column("period", "Period"),
                    Column("excursions", "Excursions"),
                    Column("hourly", "In a flight hour", "thousandths"),
                    Column("longest", "Longest", "us"),
                    Column("nonconforming", "Nonconforming"),
                    Column("contingent", "Contingent"),
                ),
                tuple((words(ALL), words(name), *_excursions(flights)) for name, flights in both),
            ),
            Table(
                "flights-outside",
                "Flights of the period that left their intent",
                (
                    Column("until", "Ended", "us"),
                    Column("intent", "Intent"),
                    Column("track", "Track"),
                    Column("inside", "Inside", "us"),
                    Column("outside", "Outside", "us"),
                    Column("excursions", "Excursions"),
                    Column("longest", "Longest", "us"),
                ),
                tuple(
                    (
                        instant(body.until_us, (position,)),
                        words(body.intent, (position,)),
                        words(f"{body.track} ({body.feed})", (position,)),
                        span(body.inside_us, (position,)),
                        span(body.outside_us, (position,)),
                        amount(body.excursions, (position,)),
                        span(body.longest_us, (position,)),
                    )
                    for position, body in outside
                ),
            ),
        ),
        nothing="No flight was counted: nothing is known of how any kept to its intent.",
    )


def _times(flights: Flights) -> tuple[Cell, ...]:
    said, at = flights.kept, flights.at
    return (
        amount(said.flights, at),
        *(
            span(length_us, at)
            for length_us in (said.flown_us, said.inside_us, said.outside_us, said.unknown_us)
        ),
        _share(said, at),
    )


def _share(said: Kept, at: list[int]) -> Cell:
    if not said.known_us:
        return words("not known", at)
    ppm = said.inside_us * 1_000_000 // said.known_us
    return Cell(f"{ppm // 10_000}.{ppm % 10_000 // 100:02} %", ppm, tuple(sorted(set(at))))


def _excursions(flights: Flights) -> tuple[Cell, ...]:
    said, at = flights.kept, flights.at
    return (
        amount(said.excursions, at),
        _hourly(said, at),
        span(said.longest_us, at),
        *(
            count([position for position, step in flights.steps if _became(step, state)])
            for state in (IntentState.NONCONFORMING, IntentState.CONTINGENT)
        ),
    )


def _became(step: IntentStateChanged, state: IntentState) -> bool:
    return step.state is state is not step.before


def _hourly(said: Kept, at: list[int]) -> Cell:
    """Excursions in an hour that is known, in thousandths, rounded up."""
    if not said.known_us:
        return words("not known", at)
    thousandths = -(-said.excursions * 1_000 * HOUR_US // said.known_us)
    return Cell(f"{thousandths / 1_000:.1f}", thousandths, tuple(sorted(set(at))))
