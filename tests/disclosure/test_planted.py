"""Leaks planted one by one: each must be found, by the comparison of two courses or by the
reference. A checker counts once it has failed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest

from disclosure import asking
from disclosure.drama import drama
from disclosure.plays import READER
from disclosure.test_interference import compare
from disclosure.test_reference import looked_at
from wideberth.decisions import checks, clashes, disclosure, intents, telling
from wideberth.faces.api import filters, http, problems, records, timeline_part, views
from wideberth.faces.api import intents as api_intents
from wideberth.faces.api import notices as api_notices
from wideberth.faces.api.routes import ROUTES
from wideberth.live import Live
from wideberth.model.conformance import ConformanceAnalysed
from wideberth.model.entries import HiddenChecked, IntentAccepted
from wideberth.model.intents import Intent, VisibilityLevel
from wideberth.model.refusals import Refusal, RefusalKind
from wideberth.picture import fold as folds
from wideberth.picture import visibility
from wideberth.watch.fusion import fused

Plant = Callable[[pytest.MonkeyPatch], None]


def _all_intents(patch: pytest.MonkeyPatch) -> None:
    """A list filters by nothing."""
    find = api_intents.find

    async def found(picture: Any, area: Any, reader: Any, **more: Any) -> Any:
        patch.setattr(Intent, "is_shown_to", lambda intent, party: True)
        try:
            return await find(picture, area, reader, **more)
        finally:
            patch.setattr(Intent, "is_shown_to", shown)

    shown = Intent.is_shown_to
    patch.setattr(api_intents, "find", found)


def _says_that_it_is_hidden(patch: pytest.MonkeyPatch) -> None:
    """What is hidden is refused with another status than what is not there."""

    async def get_intent(call: Any) -> Any:
        intent = call.picture.intents.get(call.path["intent"])
        if intent is not None and not intent.is_shown_to(call.party):
            raise problems.HttpProblem(403, "hidden", "this intent is not shown to you")
        return await before(call)

    before = api_intents.get_intent
    _route(patch, "GET", "/intents/{intent}", get_intent)


def _names_the_owner_in_a_refusal(patch: pytest.MonkeyPatch) -> None:
    own = intents._own_intent

    def owned(picture: Any, intent_id: Any, party: Any, ovn: Any) -> Any:
        standing = picture.intents.get(intent_id)
        if standing is not None and not standing.is_shown_to(party):
            return Refusal(RefusalKind.UNKNOWN, "no-such-intent", f"ask {standing.party}")
        return own(picture, intent_id, party, ovn)

    patch.setattr(intents, "_own_intent", owned)
    patch.setattr(asking, "ONE_IN", 1)  # it shows in the routes that change an intent alone


def _counts_hidden_ones(patch: pytest.MonkeyPatch) -> None:
    """A page says how many intents there are in all."""
    before = views.rests_on

    def rests_on(parties: Any, position: int, time_us: int) -> Any:
        made = before(parties, position, time_us)
        return msgspec.structs.replace(made, note=f"of {position} entries")

    patch.setattr(views, "rests_on", rests_on)


def _an_etag_of_the_whole(patch: pytest.MonkeyPatch) -> None:
    """A header that changes with what others do."""
    from wideberth.faces.api import app

    before = http.answer_json

    def answer_json(value: Any, status: int = 200, headers: Any = ()) -> Any:
        return before(value, status, [*headers, (b"etag", b'"%d"' % len(_ENTRIES))])

    _count_entries(patch)
    patch.setattr(app, "answer_json", answer_json)


_ENTRIES: list[object] = []


def _count_entries(patch: pytest.MonkeyPatch) -> None:
    _ENTRIES.clear()
    before = folds._FOLDS[IntentAccepted]

    def accepted(picture: Any, body: Any, entry: Any, position: int) -> None:
        if not picture.is_overlay:
            _ENTRIES.append(body)
        before(picture, body, entry, position)

    patch.setitem(folds._FOLDS, IntentAccepted, accepted)


def _a_stream_of_all_intents(patch: pytest.MonkeyPatch) -> None:
    """Whoever is registered has an event for every intent."""
    before = folds._FOLDS[IntentAccepted]

    def accepted(picture: Any, body: Any, entry: Any, position: int) -> None:
        before(picture, body, entry, position)
        if body.intent.party != READER and picture.history is not None:
            picture.history.note_stream(READER, position)

    patch.setitem(folds._FOLDS, IntentAccepted, accepted)


def _a_receipt_of_anything(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(records, "is_readable", lambda picture, entry, party: True)


def _timeline_shows_all(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(timeline_part, "is_readable", lambda picture, entry, party: True)


def _evidence_is_readable(patch: pytest.MonkeyPatch) -> None:
    from wideberth.model.entries import ClashesFound

    patch.setitem(visibility._READABLE, ClashesFound, lambda body, party: True)


def _checks_are_readable(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(visibility._READABLE, HiddenChecked, lambda body, party: True)


def _analyses_are_open(patch: pytest.MonkeyPatch) -> None:
    """Anybody reads how the flights of another kept to their intents."""
    patch.setitem(visibility._READABLE, ConformanceAnalysed, lambda body, party: True)


def _agreements_are_readable(patch: pytest.MonkeyPatch) -> None:
    from wideberth.model.agreements import AgreementProposed

    patch.setitem(visibility._READABLE, AgreementProposed, lambda body, party: True)


def _red_lines_are_readable(patch: pytest.MonkeyPatch) -> None:
    from wideberth.model.redlines import RedLineSet

    patch.setitem(visibility._READABLE, RedLineSet, lambda body, party: True)


def _a_stop_names_its_place_to_all(patch: pytest.MonkeyPatch) -> None:
    from wideberth.faces.api import stops_seen

    before = stops_seen._stop

    def named(*given: Any, **more: Any) -> Any:
        return before(*given, **{**more, "is_intent_shown": True})

    patch.setattr(stops_seen, "_stop", named)


def _a_notice_names_the_hidden_party(patch: pytest.MonkeyPatch) -> None:
    before = disclosure.clashes_for

    def clashes_for(picture: Any, reader: Any, *, own: Any, other: Any, met: Any) -> Any:
        told = before(picture, reader, own=own, other=other, met=met)
        return [msgspec.structs.replace(each, other=clashes.intent_ref(other)) for each in told]

    patch.setattr(telling, "clashes_for", clashes_for)


def _exact_overlap(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        disclosure,
        "hidden_overlap",
        lambda picture, meeting: meeting.overlap,
    )


def _exact_in_a_dry_run(patch: pytest.MonkeyPatch) -> None:
    """The dry run alone tells the distance."""
    before = disclosure.clashes_for

    def clashes_for(picture: Any, reader: Any, *, own: Any, other: Any, met: Any) -> Any:
        told = before(picture, reader, own=own, other=other, met=met)
        gap = met.meetings[0].overlap
        return [
            msgspec.structs.replace(each, overlap=gap if each.other is None else each.overlap)
            for each in told
        ]

    patch.setattr(checks, "clashes_for", clashes_for)


def _everybody_follows(patch: pytest.MonkeyPatch) -> None:
    """A sender follows all that it sent: the answers to it tell that something hidden is near."""
    from wideberth.decisions import notices

    patch.setattr(notices, "may_hear_answers", lambda picture, notice, sender: True)
    patch.setattr(api_notices, "may_follow", lambda picture, notice, sender: True)


def _a_change_quotes_what_was_hidden(patch: pytest.MonkeyPatch) -> None:
    """Subscribers hear of what they do not see."""
    from wideberth.decisions import subscriptions

    def notified(picture: Any, intent: Any, prepared: Any, *, back: int, before: Any = None) -> Any:
        shown = msgspec.structs.replace(
            intent, visibility=msgspec.structs.replace(
                intent.visibility, level=VisibilityLevel.OPEN
            )
        )  # fmt: skip
        return subscriptions.notified(picture, shown, prepared, back=back, before=before)

    patch.setattr(intents, "notified", notified)


def _a_list_of_all_doubts(patch: pytest.MonkeyPatch) -> None:
    """Whoever asks has the doubts about everything."""
    from wideberth.faces.api import doubts_seen

    patch.setattr(doubts_seen, "sees_item", lambda picture, item, party: True)


def _a_suggestion_finds_what_is_named_to_others(patch: pytest.MonkeyPatch) -> None:
    """It is withheld for whatever stands there, and says what."""
    from wideberth.decisions import avoiding

    def dangers(picture: Any, would_be: Any) -> Any:
        return tuple(
            clashes.intent_ref(picture.intents[each])
            for volume in picture.prepared(would_be.volumes)
            for each in picture.intent_space.touched(volume, avoiding._TOUCHING)
        )

    patch.setattr(avoiding, "_own_dangers", dangers)


def _units_are_shown(patch: pytest.MonkeyPatch) -> None:
    before = views.party

    def party(shown: Any, keys: Any, reader: Any, contacts: Any) -> Any:
        return before(shown, keys, shown.id, contacts)

    patch.setattr(views, "party", party)


def _cells_that_hang_on_the_edge(patch: pytest.MonkeyPatch) -> None:
    """Whether two meet is decided exactly again."""
    patch.setattr(clashes, "_felt_meetings", lambda *_: iter(()))


def _numbers_of_all(patch: pytest.MonkeyPatch) -> None:
    """Notices are numbered over all parties."""
    before = telling._notice

    def notice(picture: Any, *rest: Any) -> Any:
        made = before(picture, *rest)
        total = sum(picture.notice_counts[each] for each in picture.notice_counts)
        return msgspec.structs.replace(made, number=total + 1)

    patch.setattr(telling, "_notice", notice)


def _tracks_are_one_whoever_sees_them(patch: pytest.MonkeyPatch) -> None:
    """Feeds are fused first, and then the reader is shown what it sees a part of."""

    async def page(live: Live, seen: Any, *, most: int, **_: Any) -> Any:
        rows = await live.rows()
        return [each for each in fused(rows) if any(seen(row.whose) for row in each.rows)][:most]

    patch.setattr(Live, "page_of_things", page)


def _a_filter_goes_by_what_others_do(patch: pytest.MonkeyPatch) -> None:
    """What a stream of an area leaves out hangs on how many intents there are."""
    before = filters.Wanted.hears

    async def hears(wanted: Any, desk: Any, *rest: Any) -> bool:
        if wanted.area is not None and len(list(desk.picture.intents)) % 2:
            return False
        return await before(wanted, desk, *rest)

    patch.setattr(filters.Wanted, "hears", hears)


def _route(patch: pytest.MonkeyPatch, method: str, path: str, handler: Any) -> None:
    """Another handler in a row of the route table, which is frozen, until the test is over."""
    (row,) = (each for each in ROUTES if (each.method, each.path) == (method, path))
    _REPLACED.append((row, row.handler))
    object.__setattr__(row, "handler", handler)


_REPLACED: list[tuple[http.Route, Any]] = []


@pytest.fixture(autouse=True)
def _put_back() -> Iterator[None]:
    yield
    while _REPLACED:
        row, handler = _REPLACED.pop()
        object.__setattr__(row, "handler", handler)


PLANTS: list[Plant] = [
    _all_intents,
    _says_that_it_is_hidden,
    _names_the_owner_in_a_refusal,
    _counts_hidden_ones,
    _an_etag_of_the_whole,
    _a_stream_of_all_intents,
    _a_receipt_of_anything,
    _evidence_is_readable,
    _analyses_are_open,
    _timeline_shows_all,
    _checks_are_readable,
    _agreements_are_readable,
    _red_lines_are_readable,
    _a_stop_names_its_place_to_all,
    _a_notice_names_the_hidden_party,
    _exact_overlap,
    _exact_in_a_dry_run,
    _everybody_follows,
    _a_change_quotes_what_was_hidden,
    _a_list_of_all_doubts,
    _a_suggestion_finds_what_is_named_to_others,
    _units_are_shown,
    _cells_that_hang_on_the_edge,
    _numbers_of_all,
    _tracks_are_one_whoever_sees_them,
    _a_filter_goes_by_what_others_do,
]


@pytest.mark.parametrize("plant", PLANTS, ids=[each.__name__.strip("_") for each in PLANTS])
def test_a_planted_leak_is_found(monkeypatch: pytest.MonkeyPatch, plant: Plant) -> None:
    plant(monkeypatch)
    with pytest.raises(AssertionError) as found:
        _look_and_compare()
    assert "this is our fault" not in str(found.value), "the plant leaks, and breaks nothing"


def _look_and_compare() -> None:
    play = drama()
    asyncio.run(looked_at(play.first, play.shapes))
    compare(play)
