"""What became of what is published, as it is said on the streams of whom the agreement concerns."""

from __future__ import annotations

from typing import Any, Literal

from wideberth.faces.api import publications_told as out
from wideberth.faces.api.desk import Desk
from wideberth.model.ids import PartyId
from wideberth.model.publications import PublicationMade, PublicationWithdrawn
from wideberth.service import StreamEvent
from wideberth.space.time import format_rfc3339

__all__ = ["EVENTS", "VIEWS"]


async def _event(_desk: Desk, event: StreamEvent, _party: PartyId) -> tuple[str, Any]:
    entry = event.entry
    where: dict[str, Any] = {
        "position": event.position,
        "time": format_rfc3339(entry.time_us),
    }
    match entry.body:
        case PublicationMade(publication=publication, carried_on=carried_on):
            change: Literal["published", "updated", "carried-on"] = "published"
            if carried_on:
                change = "carried-on"
            elif publication.earlier:
                change = "updated"
            return "publication", out.PublicationEvent(
                change=change,
                sender=publication.sender,
                number=publication.message.number,
                agreement=publication.agreement,
                version=publication.version,
                provision=publication.provision,
                source=publication.source,
                replaces=[each.number for each in publication.earlier],
                **where,
            )
        case PublicationWithdrawn(withdrawal=withdrawal) as body:
            return "publication", out.PublicationEvent(
                change="withdrawn",
                sender=withdrawal.sender,
                number=withdrawal.message.number,
                agreement=body.agreement,
                version=body.version,
                provision=body.provision,
                source=body.source,
                replaces=[each.number for each in withdrawal.cancels],
                reason=body.reason.value,
                **where,
            )
        case other:
            raise AssertionError(f"no event of a publication: {type(other).__name__}")


VIEWS = {PublicationMade: _event, PublicationWithdrawn: _event}
"""What a stream says, by its entry."""

EVENTS: dict[str, type] = {"publication": out.PublicationEvent}
