"""One play with something of everything, in two courses: short enough to play for each fault."""

from __future__ import annotations

from typing import Any

from disclosure.plays import READER, START_US, Step, box_in_cells, volume
from disclosure.strategies import FAR, SEEN, Play, body
from wideberth.space.time import DAY_US

_LOW = (0.1, 0.9, 0.1, 0.9)
_HIGH = (0.4, 0.5, 0.3, 0.2)


def _box(inset: tuple[float, float, float, float], row: int = 0) -> dict[str, Any]:
    return box_in_cells(row, 0, 2, 2, inset, step=1, steps=2, when=12, times=3, within=inset)


def _tell(party: str, name: str, *volumes: Any, hidden: bool = False, **more: Any) -> Step:
    return Step("tell", party, {"name": name, "body": body(*volumes, **more)}, hidden=hidden)


def _terms(course: int) -> dict[str, Any]:
    """What alpha and bravo agree without charlie: other distances, ladders and calls in each."""
    return {
        "title": f"SECRET-PACT{course}",
        "kind": "SEPARATION",
        "parties": ["alpha", "bravo"],
        "effective_us": START_US,
        "expires_us": START_US + 60 * DAY_US,
        "provisions": [
            {"type": "between", "id": "apart", "horizontal_m": 100 * course, "vertical_m": 10},
            {"type": "liveness", "id": "calls", "every_s": 60 * course},
            {
                "type": "acknowledgement", "id": "soon", "urgency": "prompt",
                "within_s": 60 * course,
            },
            {
                "type": "disclosure", "id": "part", "party": "alpha", "to": "bravo",
                "fields": ["volumes"], "cell_nd": 10_000_000 * course,
            },
        ],
    }  # fmt: skip


def _agreed(course: int) -> list[Step]:
    """Agreements, drafts and red lines of the others; in the second course fewer, and others."""
    place = volume(47.004, 8.004, radius_m=1000 * course)
    steps = [
        Step("propose", "alpha", {"name": "pact", "terms": _terms(course)}, hidden=True),
        Step("red_line", "bravo", {"name": "near", "volume": place}, hidden=True),
    ]
    if course == 1:
        steps += [
            Step("draft", "bravo", {"name": "d1", "terms": _terms(3)}, hidden=True),
            Step("red_line", "alpha", {"name": "far", "volume": volume(**FAR)}, hidden=True),
            Step("agree", "bravo", {"name": "pact", "act": "suspend"}, hidden=True),
        ]
    return steps


def _hidden(course: int) -> list[Step]:
    """What alpha and bravo do unseen before charlie acts: in the first course more of it."""
    place = volume(47.004, 8.004, start_s=3600)
    steps = [
        *_agreed(course),
        _tell(
            "alpha",
            "n1",
            place,
            hidden=True,
            level="named",
            call_sign=f"SECRET{course}",
            place_name=f"SECRET-PLACE{course}",
            kind="presence",
            priority=course,
        ),
        Step("check", "bravo", {"body": body(place)}, hidden=True),
        Step("fly", "alpha", {"outside_s": 20_000 * (course - 1)}, hidden=True),
    ]
    if course == 1:
        steps += [
            _tell("bravo", "n2", place, hidden=True, level="named", parties=["alpha"]),
            _tell("alpha", "n3", volume(47.015, 8.015), hidden=True, level="named"),
            Step("subscribe", "alpha", {"name": "s9", "volume": place}, hidden=True),
            Step("answer", "alpha", {"verb": "LOADED"}, hidden=True),
            Step(
                "track",
                "alpha",
                {
                    "feed": "closed",
                    "reports": [
                        {"track": "SECRET-T", "latitude": 10.0, "longitude": 10.0, "altitude_m": 9},
                        # What charlie sees of another feed: elsewhere, and called otherwise.
                        {
                            "track": SEEN,
                            "latitude": 10.1,
                            "longitude": 10.0,
                            "call_sign": "SECRET1",
                        },
                    ],
                },
                hidden=True,
            ),
        ]
    return steps


def _after(course: int) -> list[Step]:
    """What they do unseen after it: answers to what charlie's doings brought them."""
    steps = [Step("answer", "alpha", {"verb": "RECEIVED"}, hidden=True)]
    if course == 1:
        told = body(volume(47.02, 8.02), level="named", call_sign="SECRET-NEW")
        steps += [
            Step("answer", "alpha", {"verb": "LOADED"}, hidden=True),
            Step("amend", "alpha", {"name": "n3", "body": told}, hidden=True),
            Step("step", "bravo", {"name": "n2", "step": "end"}, hidden=True),
            Step("unsubscribe", "alpha", {"name": "s9"}, hidden=True),
        ]
    return steps


def _challenged(course: int) -> list[Step]:
    if course == 2:
        return []
    given = {"name": "p0", "statement": "SECRET-DOUBT"}
    return [
        Step("challenge", "bravo", given, hidden=True),
        Step("doubt", "bravo", {"name": "p0"}, hidden=True),
    ]


def _course(course: int) -> list[Step]:
    inset = _LOW if course == 1 else _HIGH
    felt = body(_box(inset), level="on-conflict", call_sign=f"SECRET-F{course}", priority=course)
    opened = body(volume(47.021, 8.021), call_sign="OPEN")
    return [
        *(Step("enrol", party) for party in ("alpha", "bravo", READER)),
        Step("enrol", READER, {"key_id": "old"}),
        Step("revoke", READER, {"key_id": "old"}),
        *_hidden(course),
        Step("tell", "alpha", {"name": "f1", "body": felt}),
        Step("subscribe", READER, {"name": "s1", "volume": volume(radius_m=5000)}),
        _tell(READER, "c1", volume(47.006, 8.006)),
        # within f1 in one of the courses only, and among its cells in both
        _tell(READER, "c4", volume(47.006, 8.007, radius_m=20)),
        _tell(READER, "c2", volume(**FAR), level="on-conflict"),
        Step("check", READER, {"body": body(volume(47.007, 8.007))}),
        *_after(course),
        _tell("bravo", "b1", volume(47.006, 8.008), kind="hazard"),
        # a site that bravo sees and challenges, in the first course only
        _tell(
            "alpha",
            "p0",
            volume(47.045, 8.02),
            kind="presence",
            level="named",
            parties=["bravo"],
            hidden=True,
        ),
        *_challenged(course),
        # a STOP for what charlie may not see: it learns that somebody stops, and no place
        Step("stop", "bravo", {"name": "p0", "text": "STOP"}),
        # alpha shows its presence to charlie, whose hazard near it is held
        _tell(
            "alpha", "p1", volume(47.035, 8.005), kind="presence", level="named", parties=[READER]
        ),
        _tell(READER, "c3", volume(47.035, 8.005), kind="hazard"),
        # doubts about what it sees, and about what its notices tell of; then a suggestion that
        # leads into what alpha keeps to itself, in the first course only
        Step("doubt", READER, {"name": "b1"}),
        Step("doubt", READER, {"name": ""}),
        Step("doubt", "alpha", {"name": "c3"}),
        Step("avoid", READER, {"name": "c3", "volume": volume(47.02, 8.02)}),
        Step("answer", READER, {"verb": "LOADED"}),
        Step("release", "alpha"),
        Step("answer", "alpha", {"verb": "LOADED"}),
        Step("answer", "bravo", {"verb": "LOADED"}),
        Step("zone", READER, {"name": "z1", "body": {"volumes": [volume(47.01, 8.01)]}}),
        Step("zone", READER, {"name": "z1", "body": {"volumes": [volume(47.012, 8.01)]}}),
        Step("zone", "bravo", {"name": "z2", "body": {"volumes": [volume(**FAR, start_s=0)]}}),
        Step("feed", READER, {"feed": "own", "shown_to": "all"}),
        Step(
            "track",
            READER,
            {
                "feed": "own",
                "reports": [
                    {
                        "track": SEEN,
                        "latitude": FAR["latitude"],
                        "longitude": FAR["longitude"],
                        "altitude_m": 50,
                        "party": READER,
                    }
                ],
            },
        ),
        Step("look", READER),
        Step(
            "amend",
            "bravo",
            {
                "name": "b1",
                "body": {
                    **opened,
                    "kind": "hazard",
                    "provenance": {"source": "gps", "accuracy_m": 5},
                },
            },
        ),
        Step("amend", READER, {"name": "c1", "body": body(volume(47.005, 8.006), priority=3)}),
        Step("step", READER, {"name": "c1", "step": "activate"}),
        *_after(course)[:1],
        Step("step", "bravo", {"name": "b1", "step": "end"}),
        Step("unzone", READER, {"name": "z1"}),
        Step("unsubscribe", READER, {"name": "s1"}),
        Step("step", "alpha", {"name": "f1", "step": "end"}),
    ]


def drama() -> Play:
    """Both courses."""
    return Play(_course(1), _course(2), [volume(47.006, 8.006), volume(radius_m=9000, end_s=9000)])
