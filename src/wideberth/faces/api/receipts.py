"""The receipts of a notice: each answer with what it is of, both clocks and the signature (R-02).

Its recipient reads them all, and its sender those that it was told of when they came: who may
follow a notice was settled then, and stands in the entry.
"""

from __future__ import annotations

from wideberth.faces.api import told, views
from wideberth.faces.api.desk import Call
from wideberth.faces.api.http import Route
from wideberth.faces.api.problems import HttpProblem
from wideberth.model.entries import NoticeAcknowledged
from wideberth.model.ids import NoticeId
from wideberth.model.parties import Role

__all__ = ["ROUTES"]


async def list_receipts(call: Call) -> told.ReceiptsOut:
    """The receipts of one notice, the oldest first."""
    notice_id = NoticeId(call.path["notice"])
    history = call.picture.history
    positions = history.positions(notice_id) if history is not None else []
    found: list[told.ReceiptOut] = []
    recipient: str | None = None
    for position, entry in zip(
        positions, await call.desk.service.entries_at(positions), strict=True
    ):
        body = entry.body
        if not isinstance(body, NoticeAcknowledged) or body.acknowledgement.notice != notice_id:
            continue
        if call.party not in (body.recipient, body.sender):
            continue
        recipient = body.recipient
        found.append(
            told.ReceiptOut(
                position=position,
                answer=views.acknowledgement(body.acknowledgement),
                said=entry.said or body.statement,
            )
        )
    if recipient is None:
        raise HttpProblem(404, "no-such-notice", "no receipt of a notice of this id is yours")
    return told.ReceiptsOut(notice=notice_id, recipient=recipient, receipts=found)


ROUTES = (
    Route(
        "GET",
        "/notices/{notice}/receipts",
        list_receipts,
        "The receipts of a notice to you, or of one that you sent and may follow",
        told.ReceiptsOut,
        role=Role.WATCH,
    ),
)
