"""The list of what there is to do: every source in one order, and what can be done about each."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.faces.web.desk import enrol, get, now_us, officer, volume, write
from tests.faces.web.test_inbox import a_hazard_over_a_flight, in_order, states
from wideberth.faces.web import STATIC
from wideberth.space.time import MINUTE_US, format_rfc3339

pytestmark = pytest.mark.browser

NOW_MS = 1_795_262_400_000
MINUTE_MS = 60_000
DAY_MS = 86_400_000
FAR = float("inf")
NAN = float("nan")

DUE_JS = """async ({given, now, tested}) => {
    const { due } = await import("/js/due.js");
    const { EMPTY } = await import("/js/state.js");
    const whole = (state) => ({ ...EMPTY, session: { party: "a" }, ...state });
    return given.map((state) => due(whole(state), now, tested).map((item) => item.key));
}"""


def listed(page: Page, given: list[dict[str, Any]], tested: Any = None) -> list[list[str]]:
    return page.evaluate(DUE_JS, {"given": given, "now": NOW_MS, "tested": tested})


def notice(name: str, number: int, **more: Any) -> dict[str, Any]:
    """A notice of a flight that begins in two hours, open and not answered, unless said."""
    start = more.pop("startMs", NOW_MS + 120 * MINUTE_MS)
    return {
        "id": name, "number": number, "open": True, "answers": [], "units": [],
        "urgency": "routine", "clashes": [{"kind": "flight", "other": None}],
        "withdrawal": False, "escalation": None,
        "particulars": {"startMs": start, "endMs": start + 60 * MINUTE_MS},
    } | more  # fmt: skip


def warning(name: str, kind: str, **more: Any) -> dict[str, Any]:
    return {
        "id": name, "kind": kind, "level": 1, "gap": {}, "objects": [], "oneWith": [],
        "lastKnown": False, "raisedMs": NOW_MS - MINUTE_MS, "updatedMs": NOW_MS,
    } | more  # fmt: skip


def by_id(*things: dict[str, Any]) -> dict[str, Any]:
    return {each["id"]: each for each in things}


def in_s(seconds: float) -> dict[str, Any]:
    return {"gap": {"timeS": seconds}}


FORCE = {"clashes": [{"kind": "hazard", "other": None}], "startMs": NOW_MS - MINUTE_MS}
EVERYTHING: dict[str, Any] = {
    "stops": by_id(
        {"id": "read", "sender": "b", "sentMs": 1, "reads": [{"party": "a"}]},
        {"id": "own", "sender": "a", "sentMs": 2, "reads": []},
        {"id": "second", "sender": "b", "sentMs": 4, "reads": [{"party": "c"}]},
        {"id": "first", "sender": "b", "sentMs": 3, "reads": []},
    ),
    "warnings": by_id(
        warning("later", "conflict", **in_s(90)),
        warning("sooner", "incursion", **in_s(30)),
        warning("lost", "separation", **in_s(0)),
        warning("old", "separation", lastKnown=True, level=3, **in_s(0)),
        warning("left", "departure"),
        warning("w-late-told", "late notice"),
        warning("load", "unacknowledged"),
    ),
    "notices": by_id(
        notice("closed", 1, open=False),
        notice("force", 2, **FORCE),
        notice("overdue", 3, escalation={"overdue": True, "atMs": None}),
        notice("step", 4, escalation={"overdue": False, "atMs": NOW_MS + 5 * MINUTE_MS}),
        notice("told", 5),
    ),
    "waits": [
        {"key": "q1", "kind": "question", "dueMs": NOW_MS - DAY_MS, "overdue": True},
        {"key": "q2", "kind": "question", "dueMs": NOW_MS + DAY_MS, "overdue": False},
        {"key": "named", "kind": "named", "dueMs": None, "overdue": False},
    ],
    "proposals": [{"id": "pact", "version": 2, "answerByMs": NOW_MS + 30 * MINUTE_MS}],
    "agreed": [
        {"id": "ends", "expiresMs": NOW_MS + 3 * DAY_MS, "isRenewed": False},
        {"id": "renewed", "expiresMs": NOW_MS + 3 * DAY_MS, "isRenewed": True},
        {"id": "lasts", "expiresMs": NOW_MS + 30 * DAY_MS, "isRenewed": False},
    ],
    "consents": by_id(
        {"id": "mine", "entitled": ["a"], "verdict": None, "overdue": False}
        | {"answerByMs": NOW_MS + 10 * MINUTE_MS},
        {"id": "theirs", "entitled": ["b"], "verdict": None, "overdue": False},
        {"id": "given", "entitled": ["a"], "verdict": "REFUSED", "overdue": False},
    ),
    "intents": {
        "runs": {"id": "runs", "startMs": NOW_MS - 1, "endMs": NOW_MS + 1},
        "comes": {"id": "comes", "startMs": NOW_MS + 15 * MINUTE_MS, "endMs": NOW_MS + DAY_MS},
    },
    "doubts": by_id(
        {"id": "now", "state": "open", "owner": "a", "intent": "runs"},
        {"id": "then", "state": "open", "owner": "a", "intent": "comes"},
        {"id": "past", "state": "answered", "owner": "a", "intent": "runs"},
        {"id": "other", "state": "open", "owner": "b", "intent": "runs"},
    ),
    "sites": by_id(
        {"id": "stale", "isStale": True, "validMs": NOW_MS - DAY_MS // 2, "challenges": []},
        {"id": "soon", "isStale": False, "validMs": NOW_MS + 2 * DAY_MS, "challenges": []},
        {"id": "fresh", "isStale": False, "validMs": NOW_MS + 80 * DAY_MS}
        | {
            "challenges": [
                {"party": "b", "answered": False, "answerByMs": NOW_MS + 20 * MINUTE_MS}
                | {"overdue": False},
                {"party": "c", "answered": True, "answerByMs": NOW_MS, "overdue": False},
            ]
        },
    ),
    "channels": {
        "a": {"state": "UP", "missed": 0, "heardMs": NOW_MS, "callByMs": NOW_MS + 7 * MINUTE_MS},
        "b": {"state": "UP", "missed": 2, "heardMs": NOW_MS, "callByMs": NOW_MS},
    },
    "hazards": by_id(
        {"id": "mine", "party": "a", "state": "active", "nextMs": NOW_MS + 3 * MINUTE_MS}
        | {"startMs": NOW_MS - 1},
        {"id": "unheard", "party": "a", "state": "unknown", "statedMs": NOW_MS - 6 * MINUTE_MS}
        | {"startMs": NOW_MS - 1},
        {"id": "over", "party": "a", "state": "ended, not confirmed clear", "startMs": 1},
        {"id": "theirs", "party": "b", "state": "announced", "startMs": NOW_MS + 40 * MINUTE_MS},
        {"id": "tomorrow", "party": "b", "state": "announced", "startMs": NOW_MS + DAY_MS},
    ),
}
ORDER = [
    "stop first", "stop second",
    "warning lost", "warning sooner", "warning later",
    "force",
    "test",
    "warning old", "warning left",
    "overdue",
    "wait q1", "site stale", "status unheard", "doubt now",
    "status mine", "step", "call", "consent mine", "doubt then", "challenge fresh b",
    "proposal pact/2", "hazard theirs", "told",
    "wait q2", "site soon", "renewal ends",
    "warning load", "status over", "wait named",
]  # fmt: skip


def test_every_source_stands_in_the_one_list_by_urgency(
    console: Any, window: Callable[[], Any]
) -> None:
    page = window().page
    page.goto(console.url)
    tested = {"keyId": "k", "untested": True, "untilMs": None}
    (found,) = listed(page, [EVERYTHING], tested)
    assert found == ORDER
    assert listed(page, [{}]) == [[]]
    missed = {"a": {"state": "UNKNOWN", "missed": 0, "heardMs": 1, "sinceMs": NOW_MS - 1}}
    suspended = {"a": {"state": "SUSPENDED", "missed": 1, "callByMs": NOW_MS, "heardMs": 1}}
    never = {"a": {"state": "UNKNOWN", "missed": 0, "heardMs": NAN, "callByMs": NAN}}
    given = [{"channels": each} for each in (missed, suspended, never)]
    assert listed(page, given) == [["call"], [], []]


def mixed(count: int) -> list[dict[str, Any]]:
    """Random lists of several sources: few different values, so that ties are many."""
    chance = random.Random(23)
    made: list[dict[str, Any]] = []
    for given in states(count, NOW_MS):
        minutes = [chance.choice((-90, -5, 1, 5, 60)) for _ in range(8)]
        made.append(
            given
            | {
                "warnings": by_id(
                    *(
                        warning(
                            f"w{n}",
                            chance.choice(("conflict", "departure", "ceiling")),
                            level=chance.choice((1, 2)),
                            raisedMs=NOW_MS - chance.choice((1, 2)) * MINUTE_MS,
                            **in_s(chance.choice((0, 20, 20, 60))),
                        )
                        for n in range(chance.randrange(5))
                    )
                ),
                "waits": [
                    {"key": str(n), "dueMs": NOW_MS + m * MINUTE_MS, "overdue": m < 0}
                    for n, m in enumerate(minutes[: chance.randrange(5)])
                ],
                "proposals": [
                    {"id": str(n), "version": 1, "answerByMs": NOW_MS + abs(m) * MINUTE_MS}
                    for n, m in enumerate(minutes[4 : 4 + chance.randrange(4)])
                ],
            }
        )
    return made


def reference(state: dict[str, Any]) -> list[str]:
    """Slow and obvious: each thing in its class; the classes one after the other."""
    notices = in_order(state, NOW_MS)
    whole = state["notices"]

    def is_force(name: str) -> bool:
        each = whole[name]
        span = each["particulars"]
        runs = span["startMs"] <= NOW_MS <= span["endMs"]
        return each["clashes"][0]["kind"] == "hazard" and runs and not each["withdrawal"]

    losing = [w for w in state["warnings"].values() if w["kind"] == "conflict"]
    losing.sort(key=lambda w: (w["gap"]["timeS"], -w["level"], -w["raisedMs"], w["id"]))
    standing = [w for w in state["warnings"].values() if w["kind"] == "departure"]
    loads = [w for w in state["warnings"].values() if w["kind"] == "ceiling"]
    for each in (standing, loads):
        each.sort(key=lambda w: (-w["level"], -w["raisedMs"], w["id"]))
    late = [name for name in notices if whole[name]["escalation"]["overdue"]]
    rest = [name for name in notices if not is_force(name) and name not in late]
    overdue = sorted((w["dueMs"], f"wait {w['key']}") for w in state["waits"] if w["overdue"])
    timed: list[tuple[float, float, float, float, str]] = []
    for name in rest:
        span, step = whole[name]["particulars"], whole[name]["escalation"]["atMs"]
        times = [each for each in (step,) if each is not None]
        times += [span["startMs"]] if span["startMs"] > NOW_MS else []
        first = min(times, default=FAR)
        timed.append((first, span["startMs"], -whole[name]["number"], 0, name))
    timed += [(w["dueMs"], 0, 0, 0, f"wait {w['key']}") for w in state["waits"] if not w["overdue"]]
    timed += [(p["answerByMs"], 0, 0, 0, f"proposal {p['id']}/1") for p in state["proposals"]]
    timed += [(FAR, -w["level"], -w["raisedMs"], 0, f"warning {w['id']}") for w in loads]
    return [
        *(f"warning {w['id']}" for w in losing),
        *(name for name in notices if is_force(name)),
        *(f"warning {w['id']}" for w in standing),
        *(name for name in late if not is_force(name)),
        *(name for _, name in overdue),
        *(each[-1] for each in sorted(timed)),
    ]


def test_the_order_of_many_is_that_of_a_slow_reference(
    console: Any, window: Callable[[], Any]
) -> None:
    page = window().page
    page.goto(console.url)
    given = mixed(300)
    assert listed(page, given) == [reference(each) for each in given]


@pytest.mark.parametrize(
    ("sound", "faulty"),
    [
        pytest.param("force === 0 ? IN_FORCE", "force === 0 ? DUE", id="in force is no matter"),
        pytest.param("[OVERDUE, 1, far(atMs)", "[OVERDUE, -2, far(atMs)", id="questions first"),
        pytest.param("order: [LOSS, 0, ms,", "order: [LOSS, 0, -ms,", id="the last loss first"),
        pytest.param("(a.key < b.key ? -1 : 1)", "(a.key < b.key ? 1 : -1)", id="ties turned"),
        pytest.param('["proposal", proposals], ', "", id="a source left out"),
    ],
)
def test_a_planted_order_is_found(
    console: Any, window: Callable[[], Any], sound: str, faulty: str
) -> None:
    page = window().page
    source = (STATIC / "js" / "due.js").read_text()
    assert sound in source
    changed = source.replace(sound, faulty)
    page.route(
        "**/js/due.js", lambda route: route.fulfill(body=changed, content_type="text/javascript")
    )
    page.goto(console.url)
    given = mixed(300)
    assert listed(page, given) != [reference(each) for each in given]


def told_otherwise(page: Page, path: str, change: Callable[[dict[str, Any]], None]) -> None:
    """What the node answers there, changed before the page has it."""

    def tell(route: Route) -> None:
        answer = route.fetch()
        told = answer.json()
        change(told)
        route.fulfill(response=answer, json=told)

    page.route(re.compile(rf"{path}(\?|$)"), tell)


def proposes(told: dict[str, Any]) -> None:
    told["agreements"].append(
        {
            "agreement": "pact", "version": 1, "state": "proposed", "kind": "NOTIFY",
            "title": "Flights over the valley", "party": "bravo", "parties": ["alpha", "bravo"],
            "digest": "0" * 64, "effective": ahead(60), "expires": ahead(60 * 24 * 90),
            "proposed": ahead(-5), "answer_by": ahead(45), "unsigned": [{"party": "alpha"}],
        }
    )  # fmt: skip


def waits_for_a_call(told: dict[str, Any]) -> None:
    for each in told["channels"]:
        if each["party"] == "alpha" and "heard" not in each:
            each["call_by"] = ahead(7)


def ahead(minutes: float) -> str:
    return format_rfc3339(now_us() + round(minutes * MINUTE_US))


def test_what_waits_is_done_from_the_list_in_two_actions(
    console: Any, window: Callable[[], Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A notice, a doubt, a call, a status, a proposal and a question, in one list; with the
    keyboard, and on a phone.
    """
    seen = window()
    page = seen.page
    told_otherwise(page, "/api/v1/agreements", proposes)
    told_otherwise(page, "/api/v1/channels", waits_for_a_call)
    hazard = a_hazard_over_a_flight(console)
    mine = {"kind": "hazard", "place_name": "Range 9", "volumes": [volume(30, 30, start=ahead(4))]}
    provenance = {"source": "planned", "accuracy_m": 10}
    burns = write(console, "alpha", "/intents", mine | {"provenance": provenance})["intent"]
    write(
        console, "bravo", "/doubts", {"intent": burns["id"], "statement": "it was over yesterday"}
    )
    body = {"title": "Near the river", "start": ahead(-30), "end": ahead(0), "parties": ["alpha"]}
    incident = write(console, "bravo", "/incidents", body)["incident"]
    question = {"to": "alpha", "words": "Which way?", "urgent": True, "shown_to": "own"}
    write(console, "bravo", f"/incidents/{incident}/questions", question)

    officer(console, lambda: seen, "alpha")
    enrol(page)
    rows = page.locator("#inbox > article")
    source = "Array.from(document.querySelectorAll('#inbox > article'), (e) => e.dataset.source)"
    expect(rows.first).to_contain_text("HAZARD")
    expect(rows).to_have_count(7)
    assert page.evaluate(source) == [
        None, "doubt", "call", "status", "proposal", "incident", "incident",
    ]  # fmt: skip
    expect(page.locator("#n-inbox")).to_have_text("1 notice open, 6 other things to do")
    expect(rows.nth(2)).to_contain_text(re.compile(r"CALL DUE.*missed after .* · in 6 min"))
    expect(rows.nth(4)).to_contain_text(re.compile(r"Flights over the valley.*in 44 min"))
    shots = tmp_path_factory.mktemp("shots")
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900 if width > 400 else 844})
        page.screenshot(path=str(shots / f"inbox-{width}.png"), full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= width

    doubt = page.locator("[data-source=doubt]")
    expect(doubt).to_contain_text("Range 9, doubted by Party bravo: “it was over yesterday”")
    doubt.get_by_role("button", name="Answer it").focus()
    page.keyboard.press("Enter")
    expect(doubt.get_by_label("Words")).to_be_focused()
    page.keyboard.type("It burns today")
    expect(rows.first).to_contain_text("HAZARD")
    write(console, "bravo", f"/hazards/{hazard['id']}/status", {"status": "active"})
    expect(doubt.get_by_label("Words")).to_have_value("It burns today")  # nothing moved
    doubt.get_by_role("button", name="Sign the answer").click()
    expect(doubt).to_have_count(0)
    (answered,) = get(console, "bravo", "/doubts")["doubts"]
    assert (answered["state"], answered["answer"]) == ("answered", "It burns today")

    page.locator("[data-source=call]").get_by_role("button", name="Call now").click()
    expect(page.locator("[data-source=call]")).to_have_count(0)
    channels = {each["party"]: each for each in get(console, "bravo", "/channels")["channels"]}
    assert channels["alpha"]["state"] == "UP"
    status = page.locator("[data-source=status]")
    expect(status).to_contain_text("Your own Range 9")
    status.get_by_role("button", name="active").click()
    expect(status.locator(".tag", has_text="active")).to_have_count(1)
    stands = {
        each["intent"]: each["state"] for each in get(console, "alpha", "/hazards")["hazards"]
    }
    assert stands[burns["id"]] == "active"
    page.locator("[data-source=incident]").first.get_by_role("link").click()
    expect(page.locator("#incident h3")).to_have_text("Near the river")
    assert not [each for each in seen.said if "Error" in each]
