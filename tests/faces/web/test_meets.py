"""What a card of the inbox says of two things: never that one meets another without a clash."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.browser

NOW_MS = 1_795_300_000_000
MINUTE_MS = 60_000

SAYS_JS = """async ({state, notice, now}) => {
    const meets = await import("/js/meets.js");
    const desk = await import("/js/desk.js");
    const { whyLate } = await import("/js/lateness.js");
    const about = desk.aboutOf(state, notice);
    const phase = meets.theirPhase(state, notice, about, now);
    const box = document.createElement("p");
    box.append(...meets.ownName(state, notice, about).flat(9).filter(Boolean));
    return {
        what: box.textContent,
        theirs: phase && meets.theirLine(about, phase).textContent,
        why: whyLate(state, notice),
        inForce: desk.isInForce(state, notice, now),
        pressing: desk.noticeOrder(state, notice, now)[2] - now,
    };
}"""


def thing(name: str, party: str, kind: str, begins_min: int, ends_min: int) -> dict[str, Any]:
    """An intent as the page holds it, with a window in minutes from now."""
    return {
        "id": name,
        "party": party,
        "kind": kind,
        "placeName": name,
        "startMs": NOW_MS + begins_min * MINUTE_MS,
        "endMs": NOW_MS + ends_min * MINUTE_MS,
        "volumes": [{"middle": [7.5, 47.05], "circleM": 3000}],
    }


STATE: dict[str, Any] = {
    "session": {"party": "south"},
    "parties": {
        "south": {"id": "south", "name": "Southern force"},
        "north": {"id": "north", "name": "Northern force"},
    },
    "intents": {
        "convoy": thing("convoy", "south", "movement", 2, 60),
        "firing": thing("firing", "south", "hazard", 14, 60),
        "range": thing("range", "north", "hazard", -4, 45),
    },
    "shared": {},
    "zones": {},
    "hazards": {},
    "warnings": {},
}


def notice(subject: str, *clashes: dict[str, Any], **other: Any) -> dict[str, Any]:
    """A notice to south about what it told itself."""
    own = STATE["intents"][subject]
    return {
        "id": "n1",
        "number": 1,
        "sender": "south",
        "subject": {"type": "intent", "id": subject, "version": 1},
        "particulars": {"startMs": own["startMs"], "endMs": own["endMs"]},
        "clashes": list(clashes),
        "late": False,
        "leadS": 820,
        "under": [],
        "escalation": {"overdue": False, "atMs": NOW_MS + 103 * MINUTE_MS},
        **other,
    }


def clash(other: str | None, party: str | None = None) -> dict[str, Any]:
    named = None if other is None else {"type": "intent", "id": other}
    return {"other": named, "otherParty": party, "kind": "hazard"}


def told_late(minimum_s: int, title: str | None) -> dict[str, Any]:
    under = {"minimum_lead_s": minimum_s, "late": True, "title": title}
    return {"late": True, "under": [under]}


def says(console: Any, window: Callable[[], Any], *asked: dict[str, Any]) -> list[dict[str, Any]]:
    page = window().page
    page.goto(console.url)
    found: list[dict[str, Any]] = []
    for each in asked:
        state = copy.deepcopy(STATE) | each.pop("state", {})
        found.append(page.evaluate(SAYS_JS, {"state": state, "notice": each, "now": NOW_MS}))
    return found


def test_a_hazard_told_late_meets_nothing_where_nothing_clashes(
    console: Any, window: Callable[[], Any]
) -> None:
    late, alone = says(
        console,
        window,
        notice("firing", **told_late(10_800, "River line")),
        notice("firing"),
    )
    assert late["what"] == "Your own firing was told late"
    assert late["why"] == "told 13 min 40 s before it begins, agreed are 3 h 00 min (River line)"
    assert late["theirs"] is None
    assert "meets " not in alone["what"].replace("that it meets.", "")
    assert alone["what"].endswith("No information. No information is not clearance.")
    assert alone["why"] == ""


def test_what_is_not_shown_has_no_owner_and_no_mark(
    console: Any, window: Callable[[], Any]
) -> None:
    hidden, known = says(
        console, window, notice("firing", clash(None)), notice("firing", clash(None, "north"))
    )
    assert hidden["what"] == "Your own firing meets something that is not shown to you"
    assert known["what"].endswith("something that is not shown to you of Northern force")
    assert hidden["theirs"] is None


def test_the_window_of_what_it_meets_stands_beside_ones_own_and_whether_it_is_in_force(
    console: Any, window: Callable[[], Any]
) -> None:
    soon = {"intents": STATE["intents"] | {"range": thing("range", "north", "hazard", 5, 45)}}
    running, coming = says(
        console,
        window,
        notice("convoy", clash("range", "north")),
        notice("convoy", clash("range", "north"), state=soon),
    )
    assert running["what"] == "Your own convoy meets range of Northern force"
    assert running["theirs"].startswith("theirs: about 47.050° N 7.500° E, 3,000\u00a0m")
    assert "round it · " in running["theirs"]
    assert "IN FORCE NOW" in running["theirs"]
    assert running["inForce"]
    assert "IN FORCE" not in coming["theirs"]
    assert not coming["inForce"]
    assert coming["pressing"] == 2 * MINUTE_MS  # the convoy begins before any step is due


def test_of_what_is_shown_in_part_no_lead_is_told(console: Any, window: Callable[[], Any]) -> None:
    part, begun, by_rules = says(
        console,
        window,
        notice("firing", leadS=0, **told_late(10_800, None)),
        notice("firing", leadS=-30, **told_late(3600, None)),
        notice(
            "firing",
            late=True,
            state={
                "warnings": {"w-late-n1": {"rule": "rules/minimum-lead/1", "gap": {"timeS": -80}}}
            },
        ),
    )
    assert part["why"] == "agreed are 3 h 00 min"
    assert begun["why"] == "told when it had begun, agreed are 60 min 00 s"
    assert by_rules["why"] == "told 13 min 40 s before it begins, the rules ask for 15 min 00 s"


LINES_JS = """async ({state, notice, steps, stop, now}) => {
    const { headline } = await import("/js/shell.js");
    const { missingText } = await import("/js/inbox.js");
    const { readStops, stopLine } = await import("/js/stopsread.js");
    return {
        headline: headline(state, notice),
        missing: missingText({ ...steps, passed: new Set(steps.passed) }),
        stops: readStops({ ...state, stops: Object.fromEntries(stop.map((s) => [s.id, s])) }, now)
            .map((each) => each.id),
        line: stopLine(state, stop[0]).map((each) => each?.textContent ?? each ?? "").join(""),
    };
}"""


def test_what_is_announced_of_ones_own_meets_nothing_without_a_clash_either(
    console: Any, window: Callable[[], Any]
) -> None:
    page = window().page
    page.goto(console.url)
    stop = {"id": "s1", "form": "stop", "sender": "north", "text": "shots", "sentMs": NOW_MS}
    read = [{"party": "south", "afterS": 6}]
    stops = [
        stop | {"reads": read},
        stop | {"id": "unread", "reads": [{"party": "lake", "afterS": 1}]},
        stop | {"id": "old", "reads": read, "sentMs": NOW_MS - 25 * 60 * MINUTE_MS},
        stop | {"id": "own", "sender": "south", "reads": [], "sentMs": NOW_MS - MINUTE_MS},
    ]
    found = page.evaluate(
        LINES_JS,
        {
            "state": STATE,
            "notice": notice("firing", **told_late(3600, None)),
            "steps": {"unpassed": ["p3"], "unloaded": ["p1", "p2", "p3"], "passed": ["p1", "p2"]},
            "stop": stops,
            "now": NOW_MS,
        },
    )
    assert found["headline"] == "your own intent was told late"
    assert found["missing"] == ["Not reached: p3", "Passed down, not loaded yet: p1, p2"]
    assert found["stops"] == ["s1", "own"]
    assert re.fullmatch(
        r"STOP from Northern force \d\d:\d\d:\d\dZ, : shots", found["line"].replace("\u25b2", "")
    )


FORMS_JS = """async ({notice}) => {
    const { answerForm } = await import("/js/answer.js");
    const { provisionsOf } = await import("/js/terms.js");
    const { stateWord } = await import("/js/map.js");
    const form = (verb, unread) => answerForm({ notice, verb, units: [], unread }).textContent;
    const line = (title) => ({ id: "l", type: "line", title, points: [[0, 0], [0, 1000000000]] });
    const terms = (title) => ({ provisions: [line(title)] });
    const shown = { state: "proposed", version: 2, replaces: 1, changes: [
        { id: "l", change: "changed", fields: [] }] };
    const [, table] = provisionsOf({
        shown, terms: terms("New"), before: terms("Old"), marks: false });
    const asked = (verb) => form(verb, true).includes("not read back");
    return {
        unread: ["PASSED-DOWN", "READ-BACK"].map(asked),
        read: form("PASSED-DOWN", false).includes("not read back"),
        titles: [...table.querySelectorAll("th del, th ins")].map((each) => each.textContent),
        states: ["Accepted", "Activated"].map(stateWord),
    };
}"""


def test_forms_and_labels_say_what_is_so(console: Any, window: Callable[[], Any]) -> None:
    page = window().page
    page.goto(console.url)
    given = notice("firing") | {"units": ["p1"], "changes": []}
    assert page.evaluate(FORMS_JS, {"notice": given}) == {
        "unread": [True, False],
        "read": False,
        "titles": ["Old", "New"],
        "states": ["recorded", "Activated"],
    }


SOON_JS = """async ({state, notices, now}) => {
    const { comingSoon } = await import("/js/comingsoon.js");
    const given = Object.fromEntries(notices.map((each) => [each.id, each]));
    return comingSoon({ ...state, notices: given }, now)
        .map(({ id, phase, party, late }) => [id, phase, party, late]);
}"""


def test_a_hazard_that_begins_within_the_hour_is_on_every_view_until_it_is_answered(
    console: Any, window: Callable[[], Any]
) -> None:
    page = window().page
    page.goto(console.url)
    waits = {"open": True, "answers": []}
    state = STATE | {
        "intents": STATE["intents"] | {"later": thing("later", "north", "hazard", 70, 90)}
    }
    notices = [
        notice("convoy", clash("range", "north"), **waits, late=True),
        notice("convoy", clash("later", "north"), **waits) | {"id": "later"},
        notice("firing", **waits) | {"id": "own"},  # meets nothing
        notice("convoy", clash("range", "north"), open=True, answers=[{"verb": "RECEIVED"}])
        | {"id": "answered"},
        notice("convoy", clash("range", "north"), **waits, withdrawal=True) | {"id": "gone"},
        notice("firing", clash(None), **waits) | {"id": "hidden"},
    ]
    found = page.evaluate(SOON_JS, {"state": state, "notices": notices, "now": NOW_MS})
    assert found == [
        ["n1", "ends", "north", True],
        ["hidden", "begins", "south", False],
    ]
