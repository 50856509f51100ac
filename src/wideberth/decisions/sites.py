"""The rules for protected sites: validated again or stale, challenged and answered, harmed, and
looked at by somebody senior. Nothing here removes a site: only its owner does.
"""

from __future__ import annotations

from collections.abc import Iterator

from wideberth.decisions.outcome import Accepted, Context, Decision, refused
from wideberth.decisions.telling import particulars_of
from wideberth.model.deadlines import Due
from wideberth.model.entries import Body
from wideberth.model.ids import IntentId, PartyId
from wideberth.model.intents import Intent
from wideberth.model.parties import Author
from wideberth.model.refusals import Refusal, RefusalKind
from wideberth.model.sites import (
    ANSWER_CHALLENGE_US,
    HARM_NEAR_MM,
    HARM_WITHIN_US,
    HARMS_THAT_FREEZE,
    AnswerChallenge,
    Challenge,
    ChallengeAnswered,
    ChallengeSite,
    Harm,
    HarmReported,
    ReportHarm,
    ReviewSite,
    SiteChallenged,
    SiteReviewed,
    SiteStale,
)
from wideberth.picture.needs import needs
from wideberth.picture.picture import Picture
from wideberth.picture.sites import site_of
from wideberth.space.geodesic import distance_m
from wideberth.space.volume import NANODEGREES

__all__ = ["answer", "challenge", "go_stale", "refuse_words", "report_harm", "review"]

MAX_CHALLENGES = 100  # of one site that stand at once
MAX_HARMS = 10_000  # reports of the last 30 days in all


def go_stale(picture: Picture, subject: str, due: Due, context: Context) -> tuple[Body, ...]:
    """A site's validation ran out: all who see it learn that, and its owner is asked again."""
    site = site_of(picture, IntentId(subject))
    assert site is not None, "what is due has a site"
    return (SiteStale(site, due.step + 1),)


def challenge(
    picture: Picture, command: ChallengeSite, author: Author, context: Context
) -> Decision:
    """A recipient's word against an entry. It stands beside the entry, and removes nothing."""
    site = _seen(picture, command.site, author)
    if isinstance(site, Refusal):
        return site
    if site.party == author.party:
        return refused(RefusalKind.FORBIDDEN, "your-own", "change or end what is yours instead")
    refusal = refuse_words(command.statement, "statement")
    if refusal is not None:
        return refusal
    known = picture.sites.get(site.id)
    standing = known.challenges if known is not None else ()
    if any(each.party == author.party and each.answer is None for each in standing):
        return refused(
            RefusalKind.CONFLICT, "challenge-stands", "yours stands, and waits for its answer"
        )
    if len(standing) >= MAX_CHALLENGES:
        return refused(RefusalKind.LIMIT, "challenge-count", f"{MAX_CHALLENGES} stand already")
    made = Challenge(
        author.party, command.statement, context.now_us, context.now_us + ANSWER_CHALLENGE_US
    )
    return Accepted((SiteChallenged(site.id, site.party, made, _concerned(picture, site)),))


def answer(
    picture: Picture, command: AnswerChallenge, author: Author, context: Context
) -> Decision:
    """The owner's word on a challenge. Both stay visible."""
    site = _seen(picture, command.site, author)
    if isinstance(site, Refusal):
        return site
    if site.party != author.party:
        return refused(RefusalKind.FORBIDDEN, "not-yours", "the owner of a site answers")
    refusal = refuse_words(command.statement, "statement")
    if refusal is not None:
        return refusal
    known = picture.sites.get(site.id)
    standing = known.challenges if known is not None else ()
    if not any(each.party == command.party and each.answer is None for each in standing):
        return refused(
            RefusalKind.UNKNOWN, "no-such-challenge", "no challenge of this party waits",
            field="party", value=command.party,
        )  # fmt: skip
    return Accepted(
        (
            ChallengeAnswered(
                site.id, site.party, command.party, command.statement, _concerned(picture, site)
            ),
        )
    )


def report_harm(
    picture: Picture, command: ReportHarm, author: Author, context: Context
) -> Decision:
    """Harm at a site, as its owner or one who sees it reports. Repeated near one place, it ends the
    routine there until somebody senior has looked (S-08).
    """
    site = _seen(picture, command.site, author)
    if isinstance(site, Refusal):
        return site
    refusal = refuse_words(command.statement, "statement")
    if refusal is not None:
        return refusal
    if not context.now_us - HARM_WITHIN_US <= command.occurred_us <= context.now_us:
        return refused(
            RefusalKind.INVALID, "harm-time", "give a time within the last 30 days",
            field="occurred",
        )  # fmt: skip
    if sum(1 for _ in picture.harms) >= MAX_HARMS:
        return refused(RefusalKind.LIMIT, "harm-count", f"{MAX_HARMS} reports in 30 days")
    place = particulars_of(picture, site)
    told = tuple(
        each
        for each in site.visibility.parties
        if each != site.party and site.told_us < command.occurred_us
    )
    harm = Harm(
        context.new_id(),
        site.id,
        site.party,
        author.party,
        command.occurred_us,
        place.latitude_nd,
        place.longitude_nd,
        command.statement,
        told,
    )
    freezes = tuple(sorted(_frozen_by(picture, harm, context.now_us)))
    return Accepted((HarmReported(harm, freezes, _concerned(picture, site)),))


def review(picture: Picture, command: ReviewSite, author: Author, context: Context) -> Decision:
    """Somebody senior, at the owner's or at a holder's, looked. Routine goes on once the owner's
    and, where others see the site, one of theirs have.
    """
    site = _seen(picture, command.site, author)
    if isinstance(site, Refusal):
        return site
    refusal = refuse_words(command.statement, "statement")
    if refusal is not None:
        return refusal
    known = picture.sites.get(site.id)
    if known is None or not known.frozen:
        return refused(RefusalKind.CONFLICT, "not-frozen", "nothing waits here for a review")
    by = {party for party, _, _ in known.reviews} | {author.party}
    others = set(_concerned(picture, site)) - {site.party}
    lifts = site.party in by and (not others or bool(by & others))
    return Accepted(
        (
            SiteReviewed(
                site.id,
                site.party,
                author.party,
                command.statement,
                lifts,
                _concerned(picture, site),
            ),
        )
    )


def refuse_words(text: str, field: str) -> Refusal | None:
    """Refuse what says nothing or too much."""
    if text.strip() and len(text) <= 2000:
        return None
    return refused(RefusalKind.INVALID, "words", "say it in up to 2,000 characters", field=field)


def _seen(picture: Picture, site_id: IntentId, author: Author) -> Intent | Refusal:
    site = site_of(picture, site_id)
    shown = site is not None and site.is_shown_to(author.party)  # whole, or in part
    if site is None or not (shown and needs(picture, site, author.party)):
        return refused(RefusalKind.UNKNOWN, "no-such-site", "no site of this id is shown to you")
    return site


def _concerned(picture: Picture, site: Intent) -> tuple[PartyId, ...]:
    """Its owner, and who sees it."""
    named = (
        each
        for each in site.visibility.parties
        if each in picture.parties and needs(picture, site, each)
    )
    return tuple(dict.fromkeys((site.party, *named)))


def _frozen_by(picture: Picture, harm: Harm, now_us: int) -> Iterator[IntentId]:
    """The harmed site, and others of the owner near it that were harmed, once harm is repeated."""
    near = {harm.site}
    count = 1
    for name in picture.harms:
        other = picture.harms[name]
        if other.owner != harm.owner or now_us - other.occurred_us > HARM_WITHIN_US:
            continue
        if other.id != harm.id and _apart_mm(harm, other) <= HARM_NEAR_MM:
            near.add(other.site)
            count += 1
    if count >= HARMS_THAT_FREEZE:
        yield from near


def _apart_mm(one: Harm, other: Harm) -> float:
    return 1000 * distance_m(
        one.latitude_nd / NANODEGREES,
        one.longitude_nd / NANODEGREES,
        other.latitude_nd / NANODEGREES,
        other.longitude_nd / NANODEGREES,
    )
