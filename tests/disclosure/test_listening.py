"""What streams say, moment by moment, with every filter: nothing of it hangs on what is hidden.

A filter asks a question about places and times; whoever may open many streams may ask many. So a
course of things is played twice, with hidden things elsewhere within what their reader may know
(the cells of a closed track and of a hidden intent, the steps of lengths and heights) and more of
them; on each stream the same has to come, in the same order, at the same moment, with the same
numbers, the same counts of what was missed, and the same after each resumption.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest

from api_world import World
from disclosure.asking import named, plain
from disclosure.plays import READER, Run, Step, a_run, box_in_cells, volume
from disclosure.strategies import body
from stream_lines import Line, Seen, SocketLine
from wideberth.faces.api import filters, lines
from wideberth.faces.api.areas import touches
from wideberth.live import Live
from wideberth.model.ids import PartyId
from wideberth.model.warnings import StandingWarning
from wideberth.space.prepared import prepare
from wideberth.space.volume import Separation

OWN = (47.005, 8.005)
CLOSED = ((47.0021, 8.0012, 20.0), (47.0081, 8.0079, 95.0))
"""Where alpha's closed track is in each course: one cell, and within 500 m of the reader's own."""
NOT_YOURS = ((47.0722, 8.0723, 60.0), (47.0767, 8.0769, 90.0))
"""Where a track that was the reader's is in each course, once it is that no more."""
SITES = ((47.1, 8.1), (47.13, 8.07))
"""Where alpha's site is in each course: of those of others, no place is given here on any day."""
INSET = ((0.1, 0.9, 0.1, 0.9), (0.45, 0.55, 0.35, 0.6))
CARRIERS = (Line, SocketLine)
FILTERS = (
    "",
    "kinds=zone",
    "kinds=warning",
    "kinds=intent,warning-update",
    # around what the reader has itself, and beside it
    "south=47.0049&west=8.0049&north=47.0051&east=8.0051",
    "south=47.0049&west=8.0049&north=47.0051&east=8.0051&kinds=warning-update",
    # around the one place and around the other, of whatever is hidden; and between them
    "circle=47.0021,8.0012,20",
    "circle=47.0081,8.0079,20",
    "circle=47.0722,8.0723,20",
    "circle=47.0767,8.0769,20&kinds=warning-update",
    "polygon=47.06,8.06;47.06,8.075;47.075,8.075;47.075,8.06",
    "south=46.9&west=7.9&north=47.0745&east=8.2",
    "south=47.03&west=8.03&north=47.0312&east=8.0312",
    "circle=47.1,8.1,900",
    "upper_m=40",
    "lower_m=80&upper_m=97",
)


def track(feed: str, name: str, place: tuple[float, ...], party: str | None) -> dict[str, Any]:
    report: dict[str, Any] = {
        "track": name, "latitude": place[0], "longitude": place[1],
        "altitude_m": place[2] if len(place) > 2 else 50.0,
        "ground_speed_m_s": 0, "track_deg": 0, "vertical_rate_m_s": 0, "accuracy_m": 1,
    }  # fmt: skip
    if party is not None:
        report["party"] = party
    return {"feed": feed, "reports": [report]}


def positions(course: int, *, yours: bool) -> list[Step]:
    """All tracks once more, and a look at them."""
    was = (47.0751, 8.0751, 75.0)
    steps = [
        Step("track", READER, track("own", "c1", (*OWN, 50.0), READER)),
        Step("track", "alpha", track("closed", "SECRET-A", CLOSED[course], "alpha"), hidden=True),
        Step("track", "bravo", track("shut", "SECRET-B", (47.0745, 8.0745, 70.0), "bravo")),
    ]
    if yours:
        steps.append(Step("track", "alpha", track("leased", "w1", was, READER)))
    else:
        steps.append(Step("track", "alpha", track("leased", "w1", NOT_YOURS[course], "alpha")))
    if course == 0:  # what two others are warned of, far away
        steps += [
            Step("track", "alpha", track("closed", "SECRET-1", (10.0, 10.0), "alpha"), hidden=True),
            Step("track", "bravo", track("shut", "SECRET-2", (10.0, 10.0), "bravo"), hidden=True),
        ]
    return [*steps, Step("look", READER)]


def moments(course: int) -> list[list[Step] | str]:
    """What happens, or what the listeners do: "stall", "flow", "cut", "resume"."""
    place = volume(47.004, 8.004)
    felt = box_in_cells(
        3, 3, 2, 2, INSET[course], step=0, steps=2, when=0, times=30, within=INSET[course]
    )
    site = body(
        volume(*SITES[course], radius_m=100), kind="presence", level="named", parties=[READER]
    )
    inside = volume(47.0405, 8.0405, radius_m=900, start_s=-600, end_s=8000)
    return [
        [Step("feed", READER, {"feed": "own", "shown_to": "owner"})],
        positions(course, yours=True),
        positions(course, yours=True),
        "stall",
        positions(course, yours=True),
        positions(course, yours=True),
        positions(course, yours=True),
        "flow",
        # what is told to others alone, in the first course
        [
            Step("tell", "bravo", {"name": "n1", "body": body(place, level="named")}, hidden=True),
            Step("check", "bravo", {"body": body(place)}, hidden=True),
        ]
        if course == 0
        else [],
        "cut",
        positions(course, yours=False),
        positions(course, yours=False),
        "resume",
        # alpha's hidden intent, that the reader's own meets
        [
            Step("tell", "alpha", {"name": "f1", "body": body(felt, level="on-conflict")}),
            Step("subscribe", READER, {"name": "s1", "volume": volume(radius_m=30_000)}),
            Step("tell", READER, {"name": "c1", "body": body(inside)}),
            Step("step", READER, {"name": "c1", "step": "activate"}),
            Step("track", READER, track("own", "c9", (47.0405, 8.0405, 60.0), READER)),
            Step("look", READER),
        ],
        [Step("tell", "alpha", {"name": "p1", "body": site})],
        [Step("step", "alpha", {"name": "f1", "step": "end"}), Step("look", READER)],
        positions(course, yours=False),
    ]


class Desk:
    """One listener, and what it heard at each moment. What was left out last is said when the line
    ends, or in the place of a heartbeat; none is due here.
    """

    def __init__(self, world: World, query: str, carrier: type[Line], *, moody: bool) -> None:
        self.world, self.query, self.carrier, self.moody = world, query, carrier, moody
        self.heard: list[list[Any]] = []
        self.last = 0
        self.line: Line | None = None
        self.open()

    def open(self) -> None:
        query = f"&{self.query}" if self.query else ""
        self.line = self.carrier(self.world, READER, f"/stream?after={self.last}{query}")

    async def close(self) -> None:
        if self.line is not None:
            await self.line.close()
        self.line = None

    def note(self, moment: int) -> None:
        said: list[Seen] = [] if self.line is None else self.line.events
        for number, name, data in said:
            self.last = number or self.last
            self.heard.append([moment, number, name, plain(data)])
        said.clear()


async def settled(world: World, desks: list[Desk]) -> None:
    """Until all that can hear have heard all there is."""
    history = world.node.service.picture.history
    assert history is not None
    end = history.stream_end(PartyId(READER))
    open_ones = sum(each.line is not None and each.line.flowing.is_set() for each in desks)
    for _ in range(4_000):
        await asyncio.sleep(0.002)
        fronts = world.app.desk.together._fronts.values()
        resting = [one for front in fronts for _, group in front._groups() for one in group]
        if len(resting) >= open_ones and all(
            one.reading.after == end and not one.updates.pending for one in resting
        ):
            return
    raise AssertionError("the listeners did not come to rest")


async def listened(course: int) -> dict[str, list[Any]]:
    """By filter and carrier, what was heard at each moment."""
    # A heartbeat says what was left out so far: on a slow machine one would come in one course.
    with mock.patch.object(lines, "HEARTBEAT_S", 3600.0):
        async with a_run(sites_a_day=0) as run:
            return await _listened(run, course)


async def _listened(run: Run, course: int) -> dict[str, list[Any]]:
    desks = [
        Desk(run.world, query, carrier, moody=moody)
        for query in FILTERS
        for carrier in CARRIERS
        for moody in (False, True)
    ]
    for moment, steps in enumerate(moments(course)):
        if isinstance(steps, list):
            await run.play(steps)
        for desk in desks:
            if desk.moody and isinstance(steps, str):
                match steps:
                    case "stall":
                        assert desk.line is not None
                        desk.line.flowing.clear()
                    case "flow":
                        assert desk.line is not None
                        desk.line.flowing.set()
                    case "cut":
                        await desk.close()
                    case _:
                        desk.open()
        await settled(run.world, desks)
        for desk in desks:
            desk.note(moment)
    run.world.node.stopping.set()
    for desk in desks:
        if desk.line is not None:
            await asyncio.wait_for(desk.line.task, 20)
        desk.note(-1)
    return {
        f"{desk.query} {desk.carrier.__name__}{' that stalls and resumes' * desk.moody}": desk.heard
        for desk in desks
    }


def compare() -> dict[str, list[Any]]:
    """Both courses; gives what was heard in the first."""
    first, second = (asyncio.run(listened(course)) for course in (0, 1))
    for label in first:
        one, other = (named(json.dumps(each[label], indent=0)) for each in (first, second))
        assert "SECRET" not in one
        if one != other:
            pairs = zip(one.splitlines(), other.splitlines(), strict=False)
            parts = next((pair for pair in pairs if pair[0] != pair[1]), ("", "more of it"))
            raise AssertionError(f"{label}: {parts}")
    return first


@pytest.mark.requirement("P-02")
def test_no_filter_tells_of_what_is_hidden() -> None:
    heard = compare()
    whole = heard[" Line"]
    assert [each[1:] for each in heard[" SocketLine"]] == [each[1:] for each in whole]
    assert {"warning", "warning-update", "intent", "notice", "notification"} <= {
        each[2] for each in whole
    }
    stalled = heard[" Line that stalls and resumes"]
    assert any(each[3].get("missed") for each in stalled if each[2] == "warning-update")


def _by_the_true_place(patch: pytest.MonkeyPatch) -> None:
    """A filter goes by where the tracks of a warning are, not by what is shown of them."""

    def is_in(wanted: filters.Wanted, desk: Any, warning: StandingWarning, *_: Any) -> bool:
        places = [filters._spot_of(each.fix) for each in warning.objects if each.fix is not None]
        model = desk.picture.altitude_model
        assert wanted.area is not None
        return touches([prepare(each, model) for each in places], wanted.area, Separation())

    patch.setattr(filters.Wanted, "_is_warning_in", is_in)


def _by_a_place_that_is_not_given(patch: pytest.MonkeyPatch) -> None:
    """A filter goes by the place of a site whose place is not in the event."""

    async def is_in(wanted: filters.Wanted, desk: Any, event: Any, _party: Any) -> bool:
        found = await filters.version_notified(desk, event)
        assert isinstance(found, tuple)
        return wanted._is_intent_in(desk.picture, found[0])

    patch.setattr(filters.Wanted, "_is_notified_in", is_in)


def _whose_it_was(patch: pytest.MonkeyPatch) -> None:
    """Whose thing a track is, is kept from when it was first asked for."""

    def note(live: Any, named: Any) -> None:
        live._named = {**named, **live._named}

    patch.setattr(Live, "_note_named", note)


def _missed_of_all(patch: pytest.MonkeyPatch) -> None:
    """What a slow reader missed is counted over all warnings there are."""
    publish = Live.publish
    counts: dict[int, int] = {}

    def counting(live: Any, warning: StandingWarning) -> None:
        counts[id(live)] = counts.get(id(live), 0) + 1
        publish(live, warning)
        for listener in live._listeners.get(PartyId(READER), ()):
            for name, (each, missed) in list(listener.pending.items()):
                if missed:
                    listener.pending[name] = each, counts[id(live)]

    patch.setattr(Live, "publish", counting)


@pytest.mark.parametrize(
    "plant",
    [_by_the_true_place, _by_a_place_that_is_not_given, _whose_it_was, _missed_of_all],
    ids=lambda each: each.__name__.strip("_"),
)
def test_a_planted_leak_is_found(
    monkeypatch: pytest.MonkeyPatch, plant: Callable[[pytest.MonkeyPatch], None]
) -> None:
    plant(monkeypatch)
    with pytest.raises(AssertionError, match=r"^\S* ?(Line|SocketLine)"):
        compare()
