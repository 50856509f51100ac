"""Random plays: a visible course of things, and two hidden ones that charlie may not tell apart."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from disclosure.plays import READER, START_US, Step, box_in_cells, volume
from wideberth.space.time import DAY_US, SECOND_US, format_rfc3339, parse_rfc3339

OTHERS = ("alpha", "bravo")
ROWS = st.integers(0, 2)
INSET = st.tuples(*[st.sampled_from([0.07, 0.31, 0.5, 0.77, 0.93])] * 4)
SEEN = "4b1816"  # an ICAO address: one thing, whoever brings it
FAR = {"latitude": 47.605, "longitude": 8.005}  # where charlie's own hidden intents and tracks are


class Play:
    """Two courses of one play. shapes: what charlie asks about at the end."""

    def __init__(self, first: list[Step], second: list[Step], shapes: list[dict[str, Any]]) -> None:
        self.first = first
        self.second = second
        self.shapes = shapes

    def __repr__(self) -> str:
        """The steps without what was told: whole plays are too long to read."""
        courses = (self.first, self.second)
        words = [[f"{each.party} {each.what}" for each in steps] for steps in courses]
        return f"Play({words[0]}, {words[1]})"


@st.composite
def cells(draw: st.DrawFn) -> dict[str, Any]:
    """Which cells and steps a volume touches."""
    return {
        "row": draw(ROWS), "column": draw(ROWS), "rows": draw(st.integers(1, 2)),
        "columns": draw(st.integers(1, 2)), "step": draw(st.integers(0, 2)),
        "steps": draw(st.integers(1, 2)), "when": draw(st.integers(12, 14)),
        "times": draw(st.integers(1, 3)),
    }  # fmt: skip


@st.composite
def boxes(draw: st.DrawFn) -> dict[str, Any]:
    """A volume where the others are."""
    touched = draw(cells())
    inset, within = draw(INSET), draw(INSET)
    return box_in_cells(
        touched.pop("row"), touched.pop("column"), touched.pop("rows"), touched.pop("columns"),
        inset, within=within, **touched,
    )  # fmt: skip


def body(*volumes: dict[str, Any], level: str = "open", **more: Any) -> dict[str, Any]:
    """An intent on the wire."""
    visibility = {"level": level, "parties": more.pop("parties", [])}
    given = {"kind": "flight", "volumes": list(volumes), "visibility": visibility, **more}
    if given["kind"] != "flight":
        given["provenance"] = {"source": "gps", "accuracy_m": 5}
    if given["kind"] == "movement":
        given["count"] = 3
        # Two legs through one place: the second begins a second later.
        later = [{**each, "end": _later(each["end"])} for each in volumes]
        given["volumes"] = [*volumes, *later]
    return given


def _later(text: str) -> str:
    return format_rfc3339(parse_rfc3339(text, field="end") + SECOND_US)


@st.composite
def pacts(draw: st.DrawFn, title: str) -> dict[str, Any]:
    """What the two others agree without charlie."""
    owner, other = draw(st.permutations(OTHERS))
    provisions = [
        {"type": "between", "id": "apart", "horizontal_m": draw(st.integers(1, 5000)),
         "vertical_m": 10},
        {"type": "liveness", "id": "calls", "every_s": draw(st.integers(60, 3600))},
        {"type": "acknowledgement", "id": "soon", "urgency": "prompt",
         "within_s": draw(st.integers(1, 3600))},
        {"type": "disclosure", "id": "part", "party": owner, "to": other, "fields": ["volumes"],
         "cell_nd": draw(st.integers(1, 10)) * 10_000_000},
    ]  # fmt: skip
    return {
        "title": title,
        "kind": "SEPARATION",
        "parties": list(OTHERS),
        "effective_us": START_US,
        "expires_us": START_US + 60 * DAY_US,
        "provisions": draw(st.lists(st.sampled_from(provisions), min_size=1, max_size=4,
                                    unique_by=lambda each: str(each["id"]))),
    }  # fmt: skip


@st.composite
def hidden_steps(draw: st.DrawFn, tag: str) -> list[Step]:
    """What the others do unseen: intents named to none or to each other, of all kinds, changed and
    ended; dry runs, subscriptions, answers, tracks on closed feeds.
    """
    steps: list[Step] = []
    for number in range(draw(st.integers(0, 3))):
        party = draw(st.sampled_from(OTHERS))
        name = f"{tag}{number}"
        kind = draw(st.sampled_from(["flight", "flight", "presence", "movement"]))
        named = draw(st.sampled_from([[], list(OTHERS)]))
        more = {"call_sign": f"SECRET{tag}{number}", "priority": draw(st.integers(0, 9))}
        told = [
            body(draw(boxes()), level="named", parties=named, kind=kind, **more) for _ in range(2)
        ]
        given = {"name": name}
        steps.append(Step("tell", party, {**given, "body": told[0]}, hidden=True))
        what = draw(
            st.sampled_from(
                [
                    "",
                    "amend",
                    "end",
                    "check",
                    "subscribe",
                    "answer",
                    "track",
                    "agree",
                    "line",
                    "doubt",
                    "fly",
                ]
            )
        )
        if what == "amend":
            steps.append(Step("amend", party, {**given, "body": told[1]}, hidden=True))
        elif what == "end":
            steps.append(Step("step", party, {**given, "step": "end"}, hidden=True))
        elif what == "check":
            asked = body(draw(boxes()))
            steps.append(Step("check", party, {"body": asked}, hidden=True))
        elif what == "subscribe":
            steps.append(
                Step("subscribe", party, {"name": f"s{name}", "volume": draw(boxes())}, hidden=True)
            )
        elif what == "agree":
            agreed = {"name": f"a{name}", "terms": draw(pacts(f"SECRET-{name}"))}
            steps.append(Step("propose", party, agreed, hidden=True))
            if draw(st.booleans()):
                act = draw(st.sampled_from(["suspend", "end"]))
                steps.append(Step("agree", party, {"name": f"a{name}", "act": act}, hidden=True))
        elif what == "doubt":
            (other,) = (each for each in OTHERS if each != party)
            steps.append(Step("doubt", other, given, hidden=True))
        elif what == "line":
            steps.append(
                Step("red_line", party, {"name": f"r{name}", "volume": draw(boxes())}, hidden=True)
            )
        elif what == "fly":
            outside = {"outside_s": draw(st.sampled_from([0, 20_000]))}
            steps.append(Step("fly", party, outside, hidden=True))
        elif what == "answer":
            verb = draw(st.sampled_from(["RECEIVED", "LOADED"]))
            steps.append(Step("answer", party, {"verb": verb}, hidden=True))
        elif what == "track":
            track = draw(st.sampled_from([f"SECRET-{name}", SEEN]))  # or what is seen, elsewhere
            report = {
                "track": track, "latitude": 10.0, "longitude": 10.0, "altitude_m": 50,
                "call_sign": f"SECRET{name}",
            }  # fmt: skip
            steps.append(Step("track", party, {"feed": "closed", "reports": [report]}, hidden=True))
    return steps


@st.composite
def felt_pair(draw: st.DrawFn, number: int) -> tuple[Step, Step]:
    """A telling on conflict, twice: in the same cells, and otherwise as different as can be."""
    touched = draw(cells())
    party = draw(st.sampled_from(OTHERS))
    kind = draw(st.sampled_from(["flight", "hazard"]))
    sides: list[Step] = []
    for side in ("x", "y"):
        given = dict(touched)
        box = box_in_cells(
            given.pop("row"), given.pop("column"), given.pop("rows"), given.pop("columns"),
            draw(INSET), within=draw(INSET), **given,
        )  # fmt: skip
        told = body(
            box,
            level="on-conflict",
            kind=kind,
            call_sign=f"SECRET{side}{number}",
            priority=draw(st.integers(0, 9)),
        )
        sides.append(Step("tell", party, {"name": f"f{number}", "body": told}))
    return sides[0], sides[1]


@st.composite
def visible_step(draw: st.DrawFn, number: int) -> Step:  # noqa: C901, PLR0911, PLR0912  # a table
    """Something that charlie does, or that the others do before its eyes."""
    party = draw(st.sampled_from([READER, READER, *OTHERS]))
    name = f"v{number}"
    before = f"v{draw(st.integers(0, max(0, number - 1)))}"
    what = draw(
        st.sampled_from(
            ["tell", "tell", "tell", "hide", "amend", "step", "zone", "unzone", "subscribe",
             "unsubscribe", "check", "answer", "release", "track", "look", "feed", "key", "doubt",
             "doubt", "avoid"]
        )
    )  # fmt: skip
    verb = draw(st.sampled_from(["RECEIVED", "LOADED"]))
    report = {
        "track": SEEN, "latitude": FAR["latitude"], "longitude": FAR["longitude"],
        "altitude_m": 50,
    }  # fmt: skip
    match what:
        case "tell":
            kind = draw(st.sampled_from(["flight", "hazard"]))
            return Step("tell", party, {"name": name, "body": body(draw(boxes()), kind=kind)})
        case "hide":
            told = body(volume(**FAR), level="on-conflict")
            return Step("tell", READER, {"name": name, "body": told})
        case "amend":
            told = body(draw(boxes()), call_sign=f"new{number}")
            return Step("amend", party, {"name": before, "body": told})
        case "step":
            step = draw(st.sampled_from(["activate", "end", "declare-nonconforming"]))
            return Step("step", party, {"name": before, "step": step})
        case "zone":
            place = draw(st.one_of(boxes(), st.just(volume(**FAR, start_s=0))))
            return Step("zone", party, {"name": f"z{number}", "body": {"volumes": [place]}})
        case "unzone":
            return Step("unzone", party, {"name": f"z{draw(st.integers(0, number))}"})
        case "subscribe":
            return Step("subscribe", party, {"name": f"s{number}", "volume": draw(boxes())})
        case "unsubscribe":
            return Step("unsubscribe", party, {"name": f"s{draw(st.integers(0, number))}"})
        case "check":
            return Step("check", READER, {"body": body(draw(boxes()))})
        case "answer":
            return Step("answer", party, {"verb": verb})
        case "release":
            return Step("release", party)
        case "track":
            return Step("track", party, {"feed": "own", "reports": [{**report, "party": party}]})
        case "doubt":
            about = draw(st.sampled_from([before, before, f"z{number}", ""]))
            return Step("doubt", party if about else READER, {"name": about})
        case "avoid":
            return Step("avoid", READER, {"name": before, "volume": draw(boxes())})
        case "look":
            return Step("look", READER)
        case "feed":
            shown_to = draw(st.sampled_from(["all", "owner", [READER]]))
            return Step("feed", party, {"feed": "own", "shown_to": shown_to})
        case _:
            return Step("enrol", party, {"key_id": f"k{number}"})


@st.composite
def plays(draw: st.DrawFn) -> Play:
    """Two courses that differ only in what charlie may not see."""
    first: list[Step] = [Step("enrol", party) for party in (*OTHERS, READER)]
    second = list(first)
    for number in range(draw(st.integers(2, 9))):
        first += draw(hidden_steps(f"p{number}n"))
        second += draw(hidden_steps(f"q{number}n"))
        if draw(st.integers(0, 2)) == 0:
            one, other = draw(felt_pair(number))
        else:
            one = other = draw(visible_step(number))
        first.append(one)
        second.append(other)
    shapes = [draw(boxes()), draw(boxes()), volume(radius_m=9000, end_s=9000)]
    return Play(first, second, shapes)
