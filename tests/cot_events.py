"""Hypothesis strategies for events of Cursor on Target."""

from __future__ import annotations

import msgspec
from hypothesis import strategies as st

from wideberth.wire.cot import MAX_MS, UNKNOWN_M, CotEvent, Element

_TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn"))
    | st.sampled_from("\t\n\r<>&\"' ]"),
    max_size=12,
)
_NAMES = st.sampled_from(("link", "remarks", "contact", "__group", "track", "status", "takv", "x"))
_ATTRIBUTES = st.sampled_from(
    ("callsign", "endpoint", "name", "role", "speed", "course", "battery", "device", "uid", "y:z")
)
_VALUES = (
    _TEXT
    | st.floats(allow_nan=False, allow_infinity=False).map(repr)
    | st.sampled_from(("", "0", "7", "1e3", "1.50", "inf", "007", "4294967296"))
)
_PAIRS = st.dictionaries(_ATTRIBUTES, _VALUES, max_size=3).map(
    lambda said: tuple(sorted(said.items()))
)


def _joined(content: list[Element | str]) -> tuple[Element | str, ...]:
    """Content as it is read: texts side by side are one, and white space beside elements goes."""
    joined: list[Element | str] = []
    for each in content:
        if isinstance(each, str) and joined and isinstance(joined[-1], str):
            joined[-1] += each
        elif each:
            joined.append(each)
    if any(isinstance(each, Element) for each in joined):
        joined = [each for each in joined if not isinstance(each, str) or each.strip()]
    return tuple(joined)


def _elements(inside: st.SearchStrategy[Element]) -> st.SearchStrategy[Element]:
    content = st.lists(_TEXT | inside, max_size=3).map(_joined)
    return st.builds(Element, _NAMES, _PAIRS, content)


ELEMENTS = st.recursive(st.builds(Element, _NAMES, _PAIRS), _elements, max_leaves=4)
# What a client writes of itself, so that the messages of the protocol are met often.
_KNOWN = st.sampled_from(
    (
        Element("contact", (("callsign", "ALPHA 1"), ("endpoint", "*:-1:stcp"))),
        Element("__group", (("name", "Cyan"), ("role", "Team Member"))),
        Element("track", (("course", "270.0"), ("speed", "0.0"))),
        Element("track", (("course", "270"), ("speed", "0.0"))),
        Element("status", (("battery", "87"),)),
        Element("status", (("battery", "0"),)),
        Element("precisionlocation", (("altsrc", "GPS"), ("geopointsrc", "GPS"))),
        Element("takv", (("device", "phone"), ("version", "5.1"))),
        Element("contact", (("callsign", "B"), ("phone", "1"))),
    )
)
_NUMBERS = st.just(UNKNOWN_M) | st.floats(-1e9, 1e9)
_TIMES = st.integers(0, MAX_MS)


def events(*, earliest_ms: int = 0) -> st.SearchStrategy[CotEvent]:
    """Any event that both ways of writing carry; XML alone carries times before 1970."""
    times = st.integers(earliest_ms, MAX_MS)
    return st.builds(
        CotEvent,
        uid=_TEXT.filter(bool),
        type=st.sampled_from(("a-u-A", "b-t-f", "u-d-f", "t-x-c-t")),
        how=st.sampled_from(("", "m-g", "h-e")),
        time_ms=times,
        start_ms=times,
        stale_ms=times,
        latitude_deg=st.floats(-90, 90),
        longitude_deg=st.floats(-180, 180),
        hae_m=_NUMBERS,
        ce_m=_NUMBERS,
        le_m=_NUMBERS,
        access=_TEXT,
        qos=_TEXT,
        opex=_TEXT,
        detail=st.lists(_KNOWN | ELEMENTS, max_size=4).map(tuple),
    )


def by_name(event: CotEvent) -> CotEvent:
    """The event with the elements of each name together, in order, as protobuf keeps them."""
    ordered = tuple(sorted(event.detail, key=lambda each: each.name))
    return msgspec.structs.replace(event, detail=ordered)
