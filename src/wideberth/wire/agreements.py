"""The wire structs of agreements, of what is asked under them, and of red lines.

The text of an agreement has one form here, in the record and in what is signed: its numbers are
whole, with the unit in the name (metres, seconds, 1e-9 degree, microseconds since 1970).
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from wideberth.model.agreements import Act, Terms
from wideberth.model.consents import Verdict
from wideberth.model.redlines import Watched
from wideberth.wire.asked import In, Name, PageQuery, VolumeIn

__all__ = [
    "AgreementAgainIn",
    "AgreementIn",
    "AgreementsQuery",
    "AskIn",
    "ConsentIn",
    "ContestIn",
    "DraftIn",
    "ProposalQuery",
    "RedLineIn",
    "StepIn",
    "TemplateQuery",
    "VersionOfQuery",
]

Words = Annotated[str, msgspec.Meta(max_length=2000)]
Number = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
Seconds = Annotated[int, msgspec.Meta(ge=0, le=10_000_000)]
Names = Annotated[list[Name], msgspec.Meta(max_length=200)]


class DraftIn(In, frozen=True, kw_only=True):
    """A text that only your party sees."""

    terms: Terms


class AgreementIn(In, frozen=True, kw_only=True):
    """A proposal. answer_by: RFC 3339; it lapses then. terms: without members that have their
    default, so that what is signed is written in one way.
    """

    terms: Terms
    answer_by: str


class AgreementAgainIn(AgreementIn, frozen=True, kw_only=True):
    """A counter-proposal, or a renewal. replaces: the version that it answers or renews."""

    replaces: Number


class StepIn(In, frozen=True, kw_only=True):
    """What your party does with a version. provisions: those accepted or suspended (none: all), or
    the one condition. digest, sheet: of a signature. reason: of a suspension, a refusal, an end.
    """

    version: Number
    act: Act
    provisions: Names = []
    digest: Name | None = None
    sheet: Name | None = None
    reason: Words = ""


class ContestIn(In, frozen=True, kw_only=True):
    """Why an item of a count should not be counted. item: as the report names it."""

    version: Number
    item: Name
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]


class AskIn(In, frozen=True, kw_only=True):
    """Something that an agreement of the kind CONSENT wants asked before it is done."""

    version: Number
    provision: Name
    words: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
    intent: Name | None = None


class ConsentIn(In, frozen=True, kw_only=True):
    """The answer of the party entitled."""

    verdict: Verdict
    reason: Words = ""


class RedLineIn(In, frozen=True, kw_only=True):
    """What you do not want agreed, or told, without noticing. At least one condition.

    volumes, kinds: intents of others and areas proposed that touch these. least_lead_s,
    least_distance_m: of what is proposed; longest_s: its term.
    """

    name: Name
    volumes: Annotated[list[VolumeIn], msgspec.Meta(max_length=50)] = []
    kinds: tuple[Watched, ...] = (Watched.FLIGHT, Watched.HAZARD)
    least_lead_s: Seconds | None = None
    least_distance_m: Seconds | None = None
    longest_s: Seconds | None = None


class AgreementsQuery(PageQuery, frozen=True, kw_only=True):
    """A page of versions. agreement: only those of this one."""

    agreement: Name | None = None


class ProposalQuery(In, frozen=True, kw_only=True):
    """draft: your draft that this is; it is proposed under the draft's id, and the draft goes."""

    draft: Name | None = None


class VersionOfQuery(In, frozen=True, kw_only=True):
    """Which version; the newest where left out."""

    version: Number | None = None


class TemplateQuery(In, frozen=True, kw_only=True):
    """parties: whose agreement it is to be, with commas. effective: RFC 3339; now where left out.
    days: how long it is to last.
    """

    parties: Name | None = None
    effective: str | None = None
    days: Annotated[int, msgspec.Meta(ge=1, le=120)] = 90
