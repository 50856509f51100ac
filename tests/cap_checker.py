"""Whether bytes are an alert of the Common Alerting Protocol 1.2, by the standard's own text.

Written from OASIS CAP-v1.2 (2010), sections 3.2 and 3.4 (the schema): names, order, how often,
lists of values, the form of times, polygons and circles. It shares no code with what writes alerts.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from xml.etree import ElementTree as ET

CAP = "{urn:oasis:names:tc:emergency:cap:1.2}"
_ONE, _MAYBE, _MANY, _SOME = (1, 1), (0, 1), (0, 10**6), (1, 10**6)

ALERT = {
    "identifier": _ONE, "sender": _ONE, "sent": _ONE, "status": _ONE, "msgType": _ONE,
    "source": _MAYBE, "scope": _ONE, "restriction": _MAYBE, "addresses": _MAYBE, "code": _MANY,
    "note": _MAYBE, "references": _MAYBE, "incidents": _MAYBE, "info": _MANY,
}  # fmt: skip
INFO = {
    "language": _MAYBE, "category": _SOME, "event": _ONE, "responseType": _MANY, "urgency": _ONE,
    "severity": _ONE, "certainty": _ONE, "audience": _MAYBE, "eventCode": _MANY,
    "effective": _MAYBE, "onset": _MAYBE, "expires": _MAYBE, "senderName": _MAYBE,
    "headline": _MAYBE, "description": _MAYBE, "instruction": _MAYBE, "web": _MAYBE,
    "contact": _MAYBE, "parameter": _MANY, "resource": _MANY, "area": _MANY,
}  # fmt: skip
AREA = {
    "areaDesc": _ONE, "polygon": _MANY, "circle": _MANY, "geocode": _MANY, "altitude": _MAYBE,
    "ceiling": _MAYBE,
}  # fmt: skip
PAIR = {"valueName": _ONE, "value": _ONE}
VALUES = {
    "status": {"Actual", "Exercise", "System", "Test", "Draft"},
    "msgType": {"Alert", "Update", "Cancel", "Ack", "Error"},
    "scope": {"Public", "Restricted", "Private"},
    "category": {
        "Geo", "Met", "Safety", "Security", "Rescue", "Fire", "Health", "Env", "Transport",
        "Infra", "CBRNE", "Other",
    },
    "urgency": {"Immediate", "Expected", "Future", "Past", "Unknown"},
    "severity": {"Extreme", "Severe", "Moderate", "Minor", "Unknown"},
    "certainty": {"Observed", "Likely", "Possible", "Unlikely", "Unknown"},
}  # fmt: skip
_TIME = r"\d{4}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\d[-+]([01]\d|2[0-3]):[0-5]\d"
_NAME = r"[^\s,<&]+"
_REFERENCE = re.compile(rf"{_NAME},{_NAME},{_TIME}", re.ASCII)


def require_cap(body: bytes) -> ET.Element:
    """The alert. Raises AssertionError that says what is wrong."""
    root = ET.fromstring(body)
    assert root.tag == f"{CAP}alert", root.tag
    parts = _in_order(root, ALERT)
    for name in ("identifier", "sender"):
        assert re.fullmatch(_NAME, _text(parts[name][0])), name
    _time(parts["sent"][0])
    kind = _text(parts["msgType"][0])
    references = [_text(each) for each in parts["references"]]
    if kind in ("Update", "Cancel", "Ack", "Error"):
        assert references, f"{kind} has references"
    for each in references:
        assert all(_REFERENCE.fullmatch(one) for one in each.split()), each
        assert each.split(), "references are named"
    if _text(parts["scope"][0]) == "Restricted":
        assert parts["restriction"]
    if _text(parts["scope"][0]) == "Private":
        assert parts["addresses"]
    for info in parts["info"]:
        _info(info)
    if kind in ("Alert", "Update"):
        assert parts["info"], "an alert says something"
    return root


def _info(info: ET.Element) -> None:
    parts = _in_order(info, INFO)
    assert _text(parts["event"][0])
    times = {
        name: _time(parts[name][0]) for name in ("effective", "onset", "expires") if parts[name]
    }
    if "onset" in times and "expires" in times:
        assert times["onset"] <= times["expires"]
    for each in parts["parameter"]:
        _in_order(each, PAIR)
    for area in parts["area"]:
        held = _in_order(area, AREA)
        assert _text(held["areaDesc"][0])
        for polygon in held["polygon"]:
            points = [_point(each) for each in _text(polygon).split(" ")]
            assert len(points) >= 4, "a polygon has four points or more"
            assert points[0] == points[-1], "the first and the last are the same"
        for circle in held["circle"]:
            middle, radius = _text(circle).split(" ")
            _point(middle)
            assert re.fullmatch(r"\d+(\.\d+)?", radius), radius
            assert float(radius) >= 0
        if held["ceiling"]:
            assert held["altitude"], "a ceiling stands beside an altitude only"


def _in_order(
    parent: ET.Element, allowed: dict[str, tuple[int, int]]
) -> dict[str, list[ET.Element]]:
    """The children by name, each as often as it may be, in the order of the schema."""
    assert not parent.attrib
    found: dict[str, list[ET.Element]] = {name: [] for name in allowed}
    order = list(allowed)
    last = 0
    for child in parent:
        assert child.tag.startswith(CAP), child.tag
        name = child.tag.removeprefix(CAP)
        assert name in allowed, f"no {name} in {parent.tag}"
        assert order.index(name) >= last, f"{name} comes too late"
        last = order.index(name)
        found[name].append(child)
        if name in VALUES:
            assert _text(child) in VALUES[name], (name, child.text)
    for name, (least, most) in allowed.items():
        assert least <= len(found[name]) <= most, f"{len(found[name])} of {name}"
    return found


def _text(element: ET.Element) -> str:
    assert len(element) == 0, f"{element.tag} holds text"
    return element.text or ""


def _time(element: ET.Element) -> Any:
    text = _text(element)
    assert re.fullmatch(_TIME, text, re.ASCII), text
    return datetime.fromisoformat(text)


def _point(text: str) -> tuple[float, float]:
    match = re.fullmatch(r"(-?\d+(?:\.\d+)?),(-?\d+(?:\.\d+)?)", text, re.ASCII)
    assert match, text
    latitude, longitude = float(match[1]), float(match[2])
    assert -90 <= latitude <= 90, text
    assert -180 <= longitude <= 180, text
    return latitude, longitude
