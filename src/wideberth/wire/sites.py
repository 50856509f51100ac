"""The wire structs of what comes in about protected sites."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from wideberth.model.sites import Disclosure
from wideberth.wire.asked import In, PageQuery

__all__ = ["AssessIn", "ExportIn", "HarmIn", "SitesQuery", "StatementIn"]

Words = Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]


class AssessIn(In, frozen=True, kw_only=True):
    """A misuse assessment for one recipient: who gets the sites there, to whom they are passed on,
    what became of sites that were listed before; and how much is disclosed.
    """

    disclosure: Disclosure
    receives: Words
    passes_on: Words
    history: Words


class StatementIn(In, frozen=True, kw_only=True):
    """What a party says, in its own words."""

    statement: Words


class HarmIn(StatementIn, frozen=True, kw_only=True):
    """Harm at a site, and when."""

    occurred: str


class SitesQuery(PageQuery, frozen=True, kw_only=True):
    """Protected sites. whose: all, or your own alone, of which nobody is given anything."""

    whose: Literal["all", "own"] = "all"


class ExportIn(In, frozen=True, kw_only=True):
    """What a list in bulk is for."""

    purpose: Words
