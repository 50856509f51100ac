"""What was agreed, asked, published and handed over in a period, listed in the record's order."""

from __future__ import annotations

import re
from collections.abc import Callable

from wideberth.model.agreements import AgreementProposed
from wideberth.model.consents import ConsentAnswered, ConsentAsked
from wideberth.model.doubts import DoubtAnswered, DoubtRaised, DoubtState
from wideberth.model.ladders import Post
from wideberth.model.publications import PublicationMade, PublicationWithdrawn
from wideberth.model.shifts import ShiftTaken
from wideberth.model.sites import ChallengeAnswered, SiteChallenged
from wideberth.review import incidents
from wideberth.review.cells import Cell, Column, Section, Table, amount, count, instant, words
from wideberth.review.facts import Facts
from wideberth.review.period import Period
from wideberth.space.volume import NANODEGREES

__all__ = ["changes", "handovers", "published", "questions"]

_ASKED = (
    Column("asked", "Since", "us"),
    Column("by", "By"),
    Column("of", "Of"),
    Column("about", "About"),
    Column("words", "In its words"),
    Column("state", "State"),
)


def _doubts(facts: Facts, end_us: int) -> list[tuple[Cell, ...]]:
    settled: dict[str, DoubtState] = {}
    for _, time_us, body in facts.of(DoubtAnswered):
        if time_us < end_us:
            settled[body.doubt] = body.state
    rows: list[tuple[Cell, ...]] = []
    for position, time_us, body in facts.of(DoubtRaised):
        state = settled.get(body.doubt.id, DoubtState.OPEN)
        if time_us < end_us and state is not DoubtState.ANSWERED:
            rows.append(
                (
                    instant(time_us, (position,)),
                    words(body.doubt.party),
                    words(body.owner),
                    words(f"{body.item.type.value} {body.item.id}"),
                    words(body.doubt.statement),
                    words(state.value),
                )
            )
    return rows


def _challenges(facts: Facts, end_us: int) -> list[tuple[Cell, ...]]:
    answered: dict[tuple[str, str], int] = {}
    for position, time_us, body in facts.of(ChallengeAnswered):
        if time_us < end_us:
            answered[body.site, body.party] = position
    return [
        (
            instant(time_us, (position,)),
            words(body.challenge.party),
            words(body.owner),
            words(f"site {body.site}"),
            words(body.challenge.statement),
            words("overdue" if body.challenge.answer_by_us < end_us else "open"),
        )
        for position, time_us, body in facts.of(SiteChallenged)
        if time_us < end_us and answered.get((body.site, body.challenge.party), -1) < position
    ]


def _consents(facts: Facts, end_us: int) -> list[tuple[Cell, ...]]:
    answered = {body.consent for _, time_us, body in facts.of(ConsentAnswered) if time_us < end_us}
    return [
        (
            instant(time_us, (position,)),
            words(body.asked.party),
            words(", ".join(body.asked.entitled)),
            words(f"{body.asked.agreement} version {body.asked.version}, {body.asked.provision}"),
            words(body.asked.words),
            words("open"),
        )
        for position, time_us, body in facts.of(ConsentAsked)
        if time_us < end_us and body.asked.id not in answered
    ]


_OPEN: tuple[tuple[str, str, Callable[[Facts, int], list[tuple[Cell, ...]]]], ...] = (
    ("doubts", "Doubts", _doubts),
    ("challenges", "Challenges of sites", _challenges),
    ("consents", "Consent that was asked for", _consents),
    ("incident-questions", "Questions in incidents", incidents.questions_open),
    ("results", "Results of inquiries without a receipt", incidents.results_open),
)
"""What may stand without an answer, in the order in which every report lists it."""


def questions(facts: Facts, period: Period) -> Section:
    """What was asked and stood without an answer at the end of the period."""
    here = [find(facts, period.end_us) for _, _, find in _OPEN]
    then = [find(facts, period.begin_us) for _, _, find in _OPEN]
    counted = tuple(
        (words(title), _open(now), _open(before))
        for (_, title, _), now, before in zip(_OPEN, here, then, strict=True)
    )
    return Section(
        "questions",
        "Open questions",
        notes=(
            "What stood without an answer at the end of the period, whenever it was asked."
            " No answer is no consent, and that nobody asked confirms nothing.",
        ),
        tables=(
            Table(
                "open-count",
                "Open at the end",
                (
                    Column("what", "What"),
                    Column("here", "This period"),
                    Column("before", "Previous"),
                ),
                counted,
            ),
            *(
                Table(key, title, _ASKED, tuple(rows))
                for (key, title, _), rows in zip(_OPEN, here, strict=True)
            ),
        ),
    )


def _open(rows: list[tuple[Cell, ...]]) -> Cell:
    return amount(len(rows), [at for row in rows for at in row[0].at])


_PLACE = re.compile(r"\[(-?\d{1,12}),(-?\d{1,12})\]")


def _in_degrees(value: str) -> str:
    """A member of a provision, its places [latitude, longitude] in degrees, not in 1e-9 of them.

    >>> _in_degrees("[[47100000000,-7500000000]]")
    '[47.1 N 7.5 W]'
    """

    def place(match: re.Match[str]) -> str:
        latitude, longitude = (int(each) / NANODEGREES for each in match.groups())
        ns, ew = "NS"[latitude < 0], "EW"[longitude < 0]
        return f"{abs(latitude):.9g} {ns} {abs(longitude):.9g} {ew}"

    return _PLACE.sub(place, value)


def changes(facts: Facts, period: Period) -> Section:
    """Versions of agreements that were proposed, what each changes, where it stood at the end."""
    standing = facts.agreements_at(period.end_us - 1)
    rows: list[tuple[Cell, ...]] = []
    for position, time_us, body in facts.of(AgreementProposed):
        if time_us not in period:
            continue
        found = standing.get((body.agreement, body.version))
        told = [
            f"{each.change} {each.id or 'the heading'}"
            + "".join(
                f"; {one.field}: {_in_degrees(one.before)} to {_in_degrees(one.after)}"
                for one in each.fields
            )
            for each in body.changes
        ]
        rows.append(
            (
                instant(time_us, (position,)),
                words(body.agreement),
                words(str(body.version)),
                words(body.terms.title),
                words(body.party),
                words(". ".join(told) or ("a first version" if not body.replaces else "nothing")),
                words("proposed" if found is None else found.state.value),
            )
        )
    before = [
        position
        for position, time_us, _ in facts.of(AgreementProposed)
        if time_us in period.previous
    ]
    proposed = [
        position for position, time_us, _ in facts.of(AgreementProposed) if time_us in period
    ]
    return Section(
        "changes",
        "Changes proposed to agreements",
        tables=(
            Table(
                "changes",
                "Versions proposed in the period",
                (
                    Column("time", "Proposed", "us"),
                    Column("agreement", "Agreement"),
                    Column("version", "Version"),
                    Column("title", "Title"),
                    Column("by", "By"),
                    Column("changes", "What it changes"),
                    Column("state", "At the end"),
                ),
                tuple(rows),
            ),
            _both("changes-count", "Versions proposed", proposed, before),
        ),
    )


def published(facts: Facts, period: Period) -> Section:
    """What was told in public, and withdrawn, under agreements of the reader's."""
    made, gone = facts.of(PublicationMade), facts.of(PublicationWithdrawn)
    rows = [
        (
            position,
            (
                instant(time_us, (position,)),
                words("published"),
                words(f"{body.publication.sender} {body.publication.message.number}"),
                words(f"{body.publication.agreement} version {body.publication.version}"),
                words(body.publication.content.area),
            ),
        )
        for position, time_us, body in made
        if time_us in period
    ]
    rows += [
        (
            position,
            (
                instant(time_us, (position,)),
                words("withdrawn"),
                words(f"{body.withdrawal.sender} {body.withdrawal.message.number}"),
                words(f"{body.agreement} version {body.version}"),
                words(f"because of: {body.reason.value}"),
            ),
        )
        for position, time_us, body in gone
        if time_us in period
    ]
    both = [each[:2] for each in (*made, *gone)]
    return Section(
        "published",
        "Told in public",
        notes=("No information is not clearance, in public as here.",),
        tables=(
            Table(
                "published",
                "Messages of the period",
                (
                    Column("time", "Time", "us"),
                    Column("what", "What"),
                    Column("message", "Message"),
                    Column("agreement", "Agreement"),
                    Column("words", "Words"),
                ),
                tuple(row for _, row in sorted(rows, key=lambda each: each[0])),
            ),
            _both(
                "published-count",
                "Messages",
                [position for position, time_us in both if time_us in period],
                [position for position, time_us in both if time_us in period.previous],
            ),
        ),
    )


def handovers(facts: Facts, period: Period) -> Section:
    """Hand-overs of the reader's posts, each with the open list read."""
    taken = [each for each in facts.of(ShiftTaken) if each[2].party == facts.reader]
    rows = tuple(
        (
            words(post.value),
            count([at for at, time_us, each in taken if each.post is post and time_us in period]),
            count(
                [
                    at
                    for at, time_us, each in taken
                    if each.post is post and time_us in period.previous
                ]
            ),
        )
        for post in Post
        if post is not Post.NEUTRAL
    )
    return Section(
        "shifts",
        f"Shift hand-overs of {facts.reader}",
        notes=("At each the open list was read, as it stood; nobody is named.",),
        tables=(
            Table(
                "shifts",
                "Hand-overs by post",
                (
                    Column("post", "Post"),
                    Column("here", "This period"),
                    Column("before", "Previous"),
                ),
                rows,
            ),
        ),
    )


def _both(key: str, what: str, here: list[int], then: list[int]) -> Table:
    return Table(
        key,
        "Both periods",
        (Column("what", "What"), Column("here", "This period"), Column("before", "Previous")),
        ((words(what), count(here), count(then)),),
    )
