"""What a party's own flights come to, as its notice, its reads and its page have it."""

from __future__ import annotations

from typing import Any

from wideberth.faces.api import told
from wideberth.model.conformance import Analysed, ConformanceTold, FlightsSummed
from wideberth.space.time import HOUR_US, SECOND_US, format_rfc3339

__all__ = ["analysis_seen", "conformance_told", "flights_members"]


def flights_members(said: FlightsSummed) -> dict[str, Any]:
    """The members of what flights come to."""
    known_us = said.known_us
    return {
        "from_": format_rfc3339(said.from_us),
        "to": format_rfc3339(said.to_us),
        "flights": said.flights,
        "flight_hours": (known_us + said.unknown_us) / HOUR_US,
        "inside_s": said.inside_us / SECOND_US,
        "outside_s": said.outside_us / SECOND_US,
        "unknown_s": said.unknown_us / SECOND_US,
        "share_inside": said.inside_us / known_us if known_us else None,
        "excursions": said.excursions,
        "excursions_per_hour": said.excursions * HOUR_US / known_us if known_us else None,
        "longest_excursion_s": said.longest_us / SECOND_US,
        "beyond": list(said.beyond),
        "enough": said.is_enough,
        "limits": told.ConformanceLimitsOut(
            share_inside=said.least_inside_millionths / 1_000_000,
            longest_excursion_s=said.limit_us / SECOND_US,
            excursions_per_hour=said.per_hour_thousandths / 1_000,
            flight_hours=said.enough_us / HOUR_US,
        ),
    }


def conformance_told(said: ConformanceTold) -> told.ConformanceToldOut:
    """What a notice tells of the reader's own flights."""
    return told.ConformanceToldOut(**flights_members(said.summed), late=said.late)


def analysis_seen(last: Analysed) -> told.AnalysisOut:
    """The newest analysis of the reader's own flights."""
    return told.AnalysisOut(
        **flights_members(last.said.summed),
        number=last.said.number,
        analysed=format_rfc3339(last.time_us),
        due=format_rfc3339(last.said.due_us),
        late=last.said.late,
        notice=last.said.notice,
    )
