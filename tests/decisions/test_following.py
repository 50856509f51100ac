"""Whose answers a sender learns of: an answer to a notice must not say what is hidden, or whose."""

from __future__ import annotations

import pytest

from scenes import HIDDEN, OPEN, Scene, author, details, named
from wideberth.model.commands import AcknowledgeNotice
from wideberth.model.entries import NoticeAcknowledged
from wideberth.model.ids import PartyId
from wideberth.model.intents import Step, Visibility
from wideberth.model.notices import Verb


@pytest.mark.parametrize(
    ("visibility", "learns"),
    [
        pytest.param(OPEN, True, id="open"),
        pytest.param(named("bravo"), True, id="named-to-the-sender"),
        pytest.param(HIDDEN, False, id="on-conflict"),
        pytest.param(named("charlie"), False, id="named-to-another"),
    ],
)
def test_a_sender_learns_of_an_answer_only_where_it_sees_what_was_touched(
    visibility: Visibility, learns: bool
) -> None:
    scene = Scene("alpha", "bravo", "charlie")
    scene.tell("alpha", details(visibility=visibility))
    scene.tell("bravo")
    (notice,) = scene.notices("alpha")
    history = scene.picture.history
    assert history is not None
    before = history.stream_end(PartyId("bravo"))
    (answered,) = scene.accept(AcknowledgeNotice(notice.id, Verb.RECEIVED), author("alpha"))
    assert isinstance(answered, NoticeAcknowledged)
    assert answered.sender == ("bravo" if learns else None)
    assert history.stream_end(PartyId("bravo")) == before + learns, "not even an empty event"


def test_a_withdrawal_is_followed_where_the_notice_before_it_was() -> None:
    scene = Scene("alpha", "bravo")
    scene.tell("alpha")
    theirs = scene.tell("bravo")
    scene.step(theirs, Step.END)
    (answered,) = scene.accept(
        AcknowledgeNotice(scene.notices("alpha")[-1].id, Verb.RECEIVED), author("alpha")
    )
    assert isinstance(answered, NoticeAcknowledged)
    assert answered.sender == "bravo"
