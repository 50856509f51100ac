"""What an analysis of flights brings about: once, to its party alone, within that party."""

from __future__ import annotations

import msgspec
import pytest

from scenes import START_US, Scene
from wideberth.decisions.analysed import DONE
from wideberth.model.conformance import AnalyseConformance, ConformanceAnalysed, FlightsSummed
from wideberth.model.entries import NoticeIssued
from wideberth.model.ids import PartyId
from wideberth.model.ladders import NeutralCalled, NoticeEscalated, Post
from wideberth.model.refusals import RefusalKind
from wideberth.picture.analyses import next_analysis_us
from wideberth.picture.deadlines import take_due
from wideberth.picture.visibility import is_readable
from wideberth.space.time import DAY_US, HOUR_US

ENOUGH_US = 10 * HOUR_US


def analysis(
    number: int = 1,
    *beyond: str,
    party: str = "north",
    known_us: int = ENOUGH_US,
    now_us: int = START_US,
    seen: int = 1,
    whole: bool = False,
    found_us: int | None = None,
) -> AnalyseConformance:
    summed = FlightsSummed(
        now_us - 7 * DAY_US, now_us, seen, known_us, 0, 0, 0, 0, beyond, 950_000, 10_000_000,
        18_000, ENOUGH_US,
    )  # fmt: skip
    return AnalyseConformance(
        PartyId(party), number, summed, seen, now_us, now_us + HOUR_US, whole,
        now_us if found_us is None else found_us, 6 * HOUR_US,
    )  # fmt: skip


def test_within_the_limits_there_is_nothing_to_tell() -> None:
    scene = Scene("north", "south")
    (said,) = scene.accept(analysis())
    assert isinstance(said, ConformanceAnalysed)
    assert (said.notice, said.late) == (None, False)
    assert scene.refuse(analysis()).rule == DONE
    assert scene.refuse(analysis(3)).rule == DONE
    unknown = scene.refuse(analysis(party="nobody"))
    assert unknown.kind is RefusalKind.UNKNOWN


@pytest.mark.parametrize(
    ("known_us", "whole", "tells"),
    [
        pytest.param(ENOUGH_US, False, True, id="enough hours"),
        pytest.param(ENOUGH_US - 1, False, False, id="too few hours"),
        pytest.param(1, True, True, id="the whole period"),
    ],
)
def test_it_takes_the_hours_or_the_whole_period(known_us: int, whole: bool, tells: bool) -> None:
    scene = Scene("north")
    bodies = scene.accept(analysis(1, "inside", known_us=known_us, whole=whole))
    assert [type(each) for each in bodies] == [ConformanceAnalysed, NoticeIssued][: 1 + tells]


def test_nobody_else_reads_any_of_it() -> None:
    scene = Scene("north", "south", neutral="lake")
    before = len(scene.entries)
    scene.accept(analysis(1, "inside"))
    for entry in scene.entries[before:]:
        assert is_readable(scene.picture, entry, PartyId("north"))
        for other in ("south", "lake"):
            assert not is_readable(scene.picture, entry, PartyId(other))
    history = scene.picture.history
    assert history is not None
    for other in ("south", "lake"):
        assert history.stream_end(PartyId(other)) == 0


def test_its_ladder_stays_within_the_party() -> None:
    scene = Scene("north", "south", neutral="lake")
    scene.accept(analysis(1, "inside"))
    scene.now_us += 3 * DAY_US
    steps: list[NoticeEscalated] = []
    while due := take_due(scene.picture, scene.now_us, limit=1):
        bodies = scene.accept(due[0])
        assert not any(isinstance(each, NeutralCalled) for each in bodies)
        steps += [each for each in bodies if isinstance(each, NoticeEscalated)]
        scene.now_us += HOUR_US
    assert [each.post for each in steps] == [Post.ALTERNATE, Post.SENIOR]


def test_it_is_told_again_for_a_flight_more_or_a_limit_more() -> None:
    scene = Scene("north")
    first = scene.accept(analysis(1, "inside"))[0].notice
    assert [each.notice for each in scene.accept(analysis(2, "inside"))] == [first]
    more, notice = scene.accept(analysis(3, "inside", "longest"))
    assert notice.notice.supersedes == (first,)
    assert more.notice == notice.notice.id
    again, _ = scene.accept(analysis(4, "inside", seen=2))
    assert scene.accept(analysis(5, seen=3))[0].notice is None
    after = scene.accept(analysis(6, "inside", seen=3))
    assert len(after) == 2
    assert after[1].notice.supersedes == ()
    assert again.told_seen == 2


def test_what_is_late_says_so() -> None:
    scene = Scene("north")
    late = msgspec.structs.replace(analysis(1, "inside"), due_us=START_US - 1)
    said, notice = scene.accept(late)
    assert (said.late, said.told_late, notice.notice.conformance.late) == (True, False, True)
    held = analysis(2, "inside", seen=2, found_us=START_US - 6 * HOUR_US - 1)
    said, notice = scene.accept(held)
    assert (said.late, said.told_late, notice.notice.conformance.late) == (False, True, True)


@pytest.mark.parametrize(
    ("newest_us", "unseen_us", "due_us"),
    [
        pytest.param(18, None, 124, id="of the period at its end"),
        pytest.param(17, None, 124, id="at its edge"),
        pytest.param(16, None, None, id="out of it"),
        pytest.param(16, 123, 124, id="another before it"),
        pytest.param(16, 124, 148, id="another after it"),
        pytest.param(17, 150, 124, id="missed"),
    ],
)
def test_when_the_next_is_due(newest_us: int, unseen_us: int | None, due_us: int | None) -> None:
    scene = Scene("north")
    said = scene.accept(analysis())[0]
    last = scene.picture.analyses[PartyId("north")]
    said = msgspec.structs.replace(said, newest_us=newest_us)
    last = msgspec.structs.replace(last, said=said, time_us=100)
    assert next_analysis_us(last, unseen_us, within_us=24, period_us=107) == due_us
    assert next_analysis_us(None, unseen_us, within_us=24, period_us=107) == (
        None if unseen_us is None else unseen_us + 24
    )
