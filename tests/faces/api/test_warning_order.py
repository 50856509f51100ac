"""Standing warnings by time to loss: what is too close now, what will be soonest, then the rest."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from api_world import World, a_world
from wideberth.model.commands import RaiseWarning, Request
from wideberth.model.ids import PartyId, WarningId
from wideberth.model.parties import SYSTEM
from wideberth.model.warnings import StandingWarning, WarningKind, WarningObject, by_time_to_loss
from wideberth.space.time import SECOND_US

NOW_US = 1_800_000_000 * SECOND_US
LOST = ("conflict", "separation", "incursion")


def a_warning(
    name: str, kind: WarningKind, time_s: int | None, *, level: int = 1, **more: Any
) -> StandingWarning:
    return StandingWarning(
        id=WarningId(name),
        kind=kind,
        rule="watch/r/1",
        objects=(WarningObject("track", f"alpha/{name}", PartyId("alpha"), ("a", "b")),),
        parties=(PartyId("alpha"),),
        raised_us=NOW_US,
        updated_us=NOW_US,
        time_us=None if time_s is None else time_s * SECOND_US,
        level=level,
        **more,
    )


warnings = st.lists(
    st.builds(
        a_warning,
        st.uuids().map(str),
        st.sampled_from([WarningKind(each) for each in (*LOST, "silence", "departure")]),
        st.one_of(st.none(), st.integers(0, 90)),
        level=st.integers(1, 4),
        last_known=st.booleans(),
    ),
    max_size=12,
)


def in_order(standing: list[StandingWarning], key: Callable[[StandingWarning], Any]) -> None:
    def seconds(each: StandingWarning) -> float:
        if each.kind.value not in LOST or each.last_known or each.time_us is None:
            return float("inf")
        return each.time_us / SECOND_US

    ordered = sorted(standing, key=key)
    for before, after in itertools.pairwise(ordered):
        assert seconds(before) <= seconds(after)
        if seconds(before) == seconds(after):
            assert before.level >= after.level


@pytest.mark.requirement("L-06")
@given(warnings)
def test_the_order_is_of_time_to_loss_then_of_level(standing: list[StandingWarning]) -> None:
    in_order(standing, by_time_to_loss)


@pytest.mark.parametrize(
    "fault",
    [
        lambda each: (-each.level, by_time_to_loss(each)),  # the gravest first, however late
        lambda each: by_time_to_loss(replace(each, last_known=False)),  # as if it were still known
    ],
)
def test_the_order_that_is_asked_for_finds_others(fault: Callable[[StandingWarning], Any]) -> None:
    soon, grave, stale = (
        a_warning("a", WarningKind.CONFLICT, 10),
        a_warning("b", WarningKind.CONFLICT, 60, level=3),
        a_warning("c", WarningKind.CONFLICT, 5, last_known=True),
    )
    with pytest.raises(AssertionError):
        in_order([soon, grave, stale], fault)


async def raised(world: World, *standing: StandingWarning) -> None:
    for each in standing:
        await world.node.service.submit(Request(SYSTEM, RaiseWarning(each)))


async def test_the_nearest_come_first_where_that_is_asked_for(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        await raised(
            world,
            a_warning("a", WarningKind.SILENCE, 0, level=4),
            a_warning("b", WarningKind.CONFLICT, 40),
            a_warning("c", WarningKind.INCURSION, 20, level=3),
            a_warning("d", WarningKind.SEPARATION, 0),
        )

        async def told(query: str) -> Any:
            return (await world.ask("alpha", "GET", f"/warnings{query}")).json()

        page = await told("?order=time-to-loss")
        assert [each["id"] for each in page["warnings"]] == ["d", "c", "b", "a"]
        nearest = await told("?order=time-to-loss&limit=2")
        assert [each["id"] for each in nearest["warnings"]] == ["d", "c"]
        assert nearest["next"] is None
        assert [each["id"] for each in (await told(""))["warnings"]] == ["a", "b", "c", "d"]
        refused = await told("?order=time-to-loss&cursor=d")
        assert (refused["status"], refused["field"]) == (400, "cursor")
        assert (await told("?order=level"))["field"] == "order"
