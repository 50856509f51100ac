"""Agreements: drafting, proposing, countering, each party's acts, and what each may read of it."""

from __future__ import annotations

import msgspec

from wideberth.decisions.agreements import latest_version
from wideberth.decisions.redlines import Track, tracks_at
from wideberth.faces.api import agreements_told as out
from wideberth.faces.api.agreements_seen import (
    agreement_seen,
    approaches_seen,
    consent_seen,
    draft_seen,
    red_line_seen,
    track_approach_seen,
)
from wideberth.faces.api.codec import Malformed
from wideberth.faces.api.desk import Call
from wideberth.faces.api.http import encode
from wideberth.faces.api.pages import Page
from wideberth.faces.api.problems import HttpProblem
from wideberth.faces.api.views import as_of_us
from wideberth.model.agreements import DraftAgreement, Terms
from wideberth.model.commands import Command
from wideberth.model.consents import AskConsent
from wideberth.model.ids import AgreementId, ConsentId, PartyId, RedLineId, require_token
from wideberth.model.redlines import RemoveRedLine
from wideberth.space.time import DAY_US, parse_rfc3339
from wideberth.templates import TEMPLATES, Template, filled
from wideberth.wire import agreements as asked
from wideberth.wire import meaning

__all__ = [
    "answer",
    "ask",
    "counter",
    "draft",
    "draft_again",
    "get_agreement",
    "get_template",
    "list_agreements",
    "list_consents",
    "list_drafts",
    "list_red_lines",
    "list_templates",
    "propose",
    "remove_red_line",
    "set_red_line",
    "step",
]


async def draft(call: Call) -> Command:
    """A draft, under an id that the service makes."""
    body: asked.DraftIn = call.body
    return DraftAgreement(AgreementId(call.desk.service.context().new_id()), body.terms)


async def draft_again(call: Call) -> Command:
    """Another revision of a draft."""
    body: asked.DraftIn = call.body
    return DraftAgreement(_own_draft(call, call.path["agreement"], "agreement"), body.terms)


def _own_draft(call: Call, given: str, field: str) -> AgreementId:
    name = AgreementId(require_token(given, field=field))
    if (call.party, name) not in call.picture.drafts:
        raise HttpProblem(404, "no-such-draft", "no draft of yours has this id")
    return name


async def propose(call: Call) -> Command:
    """A new agreement, under the id of the draft that it was, or under one made here."""
    _require_canonical(call)
    query: asked.ProposalQuery = call.query
    if query.draft is None:
        name = AgreementId(call.desk.service.context().new_id())
    else:
        # What is tried again after a cut line finds its draft gone: it was proposed.
        standing = call.picture.agreements.get((AgreementId(query.draft), 1))
        if standing is not None and standing.party == call.party:
            name = standing.id
        else:
            name = _own_draft(call, query.draft, "draft")
    return meaning.proposal_of(call.body, name, 0)


async def counter(call: Call) -> Command:
    """Another version of an agreement."""
    _require_canonical(call)
    body: asked.AgreementAgainIn = call.body
    return meaning.proposal_of(body, AgreementId(call.path["agreement"]), body.replaces)


def _require_canonical(call: Call) -> None:
    """What is signed is the text itself: written in the one way that the record has it."""
    if call.said is None:
        return
    stated = msgspec.json.decode(bytes(call.said.statement.body))["terms"]
    terms: Terms = call.body.terms
    if stated != msgspec.json.decode(msgspec.json.encode(terms)):
        raise Malformed(
            "terms",
            "not-canonical",
            None,
            "leave out each member that has its default value; what is signed is written one way",
        )


async def step(call: Call) -> Command:
    """What the party does with a version."""
    return meaning.step_of(call.body, AgreementId(call.path["agreement"]))


async def list_agreements(call: Call) -> out.AgreementsPage:
    """Versions that concern the reader, by agreement and version."""
    query: asked.AgreementsQuery = call.query
    picture = call.picture
    own = sorted(
        name
        for name in picture.agreements
        if call.party in picture.agreements[name].terms.concerned
        and query.agreement in (None, name[0])
    )
    after = [each for each in own if query.cursor is None or _cursor(each) > query.cursor]
    page = Page().take_all(
        after[: query.limit],
        lambda name: encode(agreement_seen(picture.agreements[name], whole=False)),
    )
    last = after[len(page) - 1] if len(after) > len(page) else None
    return out.AgreementsPage(agreements=page.things, next=None if last is None else _cursor(last))


def _cursor(name: tuple[AgreementId, int]) -> str:
    return f"{name[0]}/{name[1]:09}"


async def get_agreement(call: Call) -> out.AgreementOut:
    """One version whole, the newest where none is named."""
    query: asked.VersionOfQuery = call.query
    name, picture = AgreementId(call.path["agreement"]), call.picture
    if query.version is None:
        found = latest_version(picture, name)
    else:
        found = picture.agreements.get((name, query.version))
    if found is None or call.party not in found.terms.concerned:
        raise HttpProblem(404, "no-such-agreement", "no version of yours has this number")
    return agreement_seen(found, whole=True)


async def list_drafts(call: Call) -> out.DraftsPage:
    """The reader's own drafts, by id."""
    query = call.query
    drafts = call.picture.drafts
    own = sorted(
        name
        for party, name in drafts
        if party == call.party and (query.cursor is None or name > query.cursor)
    )
    page = Page().take_all(
        own[: query.limit], lambda name: encode(draft_seen(drafts[call.party, name]))
    )
    return out.DraftsPage(
        drafts=page.things, next=own[len(page) - 1] if len(own) > len(page) else None
    )


async def ask(call: Call) -> Command:
    """Something that is asked for under an agreement."""
    body: asked.AskIn = call.body
    fresh = ConsentId(call.desk.service.context().new_id())
    command: AskConsent = meaning.asking_of(body, AgreementId(call.path["agreement"]), fresh)
    return command


async def answer(call: Call) -> Command:
    """The answer of the party entitled."""
    return meaning.consent_of(call.body, ConsentId(call.path["consent"]))


async def list_consents(call: Call) -> out.ConsentsPage:
    """What was asked under agreements of the reader's, by id."""
    query = call.query
    consents, now_us = call.picture.consents, as_of_us(call.desk.service)
    own = sorted(
        name
        for name in consents
        if call.party in consents[name].concerned and (query.cursor is None or name > query.cursor)
    )
    page = Page().take_all(
        own[: query.limit], lambda name: encode(consent_seen(consents[name], now_us))
    )
    return out.ConsentsPage(
        consents=page.things, next=own[len(page) - 1] if len(own) > len(page) else None
    )


async def set_red_line(call: Call) -> Command:
    """A red line of the reader's own."""
    name = RedLineId(require_token(call.path["red_line"], field="red_line"))
    return meaning.red_line_of(call.body, name, call.party)


async def remove_red_line(call: Call) -> Command:
    """A red line's end."""
    return RemoveRedLine(RedLineId(call.path["red_line"]))


async def list_red_lines(call: Call) -> out.RedLinesOut:
    """The reader's own red lines, and what comes up to them now."""
    lines = call.picture.red_lines
    tracks = await _flying(call) if any(party == call.party for party, _ in lines) else []
    own = sorted(name for party, name in lines if party == call.party)
    return out.RedLinesOut(
        red_lines=[red_line_seen(lines[call.party, name]) for name in own],
        approaches=[
            *approaches_seen(call.picture, call.party),
            *map(track_approach_seen, tracks_at(call.picture, call.party, tracks)),
        ][:1000],
    )


async def _flying(call: Call) -> list[Track]:
    """The live tracks that the reader sees."""
    live = call.desk.live
    return [
        Track(
            feed_party=None if row.key.feed_party is None else PartyId(row.key.feed_party),
            track=row.key.track_id,
            party=None if row.owner is None else PartyId(row.owner),
            latitude_deg=row.latitude_deg,
            longitude_deg=row.longitude_deg,
            altitude_w84_m=row.altitude_w84_m,
            time_us=row.time_us,
            ground_speed_m_s=row.ground_speed_m_s,
            pressure_altitude=row.altitude_std_m is not None,
        )
        for row in await live.rows(lambda whose: live.is_visible(whose, call.party))
    ]


async def list_templates(_call: Call) -> out.TemplatesOut:
    """The templates, without their texts."""
    return out.TemplatesOut(templates=[_template(each) for each in TEMPLATES.values()])


async def get_template(call: Call) -> out.TemplateOut:
    """A template, filled in for these parties and this term."""
    query: asked.TemplateQuery = call.query
    template = TEMPLATES.get(call.path["template"])
    if template is None:
        raise HttpProblem(404, "no-such-template", "GET /templates lists them")
    now_us = as_of_us(call.desk.service)
    effective_us = now_us
    if query.effective is not None:
        effective_us = parse_rfc3339(query.effective, field="effective")
    parties = [call.party] if query.parties is None else query.parties.split(",")
    terms = filled(
        template,
        parties=parties,
        effective_us=effective_us,
        expires_us=effective_us + query.days * DAY_US,
    )
    return _template(template, terms)


def _template(template: Template, terms: Terms | None = None) -> out.TemplateOut:
    return out.TemplateOut(
        name=template.name,
        title=template.title,
        source=template.source,
        kind=template.kind,
        note=template.note,
        terms=terms,
    )
