"""A message to the public as an alert of the Common Alerting Protocol, version 1.2 (OASIS, 2010).

Urgency, severity and certainty are ``Unknown``: a mechanism says what is closed, and judges no
danger. An alert has no altitude: CAP has it in feet above mean sea level, and no height is brought
from one reference to another here, so the area holds at all heights and the text has the limits.
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from wideberth.model.exercises import EXERCISE_WORD
from wideberth.model.publications import NO_CLEARANCE, Content, Message, Publication, Withdrawal
from wideberth.space.volume import Circle, Footprint, Volume4D
from wideberth.wire.publicwords import (
    WITHDRAWN,
    by_window,
    degrees,
    event_of,
    height,
    identifier,
    is_all_heights,
    one_line,
    rounded,
    sentences,
    utc,
)

__all__ = ["NAMESPACE", "alert", "cancel", "cap_time"]

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"


def alert(publication: Publication, *, exercise: bool) -> bytes:
    """What is published: an alert, or the update of earlier ones. UTF-8 with a declaration."""
    kind = "Update" if publication.earlier else "Alert"
    root = _head(
        publication.sender, publication.message, kind, publication.earlier, exercise=exercise
    )
    content = publication.content
    for (start_us, end_us), volumes in by_window(content).items():
        info = _info(root, event_of(content), start_us, end_us)
        _put(info, "senderName", publication.sender)
        headline = f"{event_of(content)}: {one_line(content.area)}"
        _put(info, "headline", _marked(headline, exercise=exercise))
        limits = dict.fromkeys(_limits(each) for each in volumes)
        said = [*sentences(content)[:-1], f"Heights: {'; '.join(limits)}.", NO_CLEARANCE]
        _put(info, "description", _marked(" ".join(said), exercise=exercise))
        for number, words in enumerate(rounded(content), start=1):
            parameter = ET.SubElement(info, "parameter")
            _put(parameter, "valueName", f"coarsening-{number}")
            _put(parameter, "value", words)
        _areas(info, content, volumes)
    return _written(root)


def cancel(withdrawal: Withdrawal, *, exercise: bool) -> bytes:
    """The alert that cancels what was published. It has no area: that is withdrawn."""
    root = _head(
        withdrawal.sender, withdrawal.message, "Cancel", withdrawal.cancels, exercise=exercise
    )
    info = _info(root, "Withdrawal", withdrawal.message.sent_us, withdrawal.until_us)
    _put(info, "senderName", withdrawal.sender)
    _put(info, "headline", _marked("Withdrawn", exercise=exercise))
    _put(info, "description", _marked(f"{WITHDRAWN} {NO_CLEARANCE}", exercise=exercise))
    return _written(root)


def _marked(words: str, *, exercise: bool) -> str:
    """What is read out begins and ends with the word: not every reader shows the status."""
    return f"{EXERCISE_WORD}. {words} {EXERCISE_WORD}." if exercise else words


def cap_time(instant_us: int, *, up: bool = False) -> str:
    """A time as CAP has it: to the second, UTC as ``-00:00``, never ``Z`` (section 3.3.2).

    >>> cap_time(1_500_000), cap_time(1_500_000, up=True)
    ('1970-01-01T00:00:01-00:00', '1970-01-01T00:00:02-00:00')
    """
    return utc(instant_us, up=up).removesuffix("Z") + "-00:00"


def _head(
    sender: str, message: Message, kind: str, earlier: Sequence[Message], *, exercise: bool
) -> ET.Element:
    """The elements of ``alert`` in the order of the schema."""
    root = ET.Element("alert", {"xmlns": NAMESPACE})
    _put(root, "identifier", identifier(sender, message))
    _put(root, "sender", sender)
    _put(root, "sent", cap_time(message.sent_us))
    _put(root, "status", "Exercise" if exercise else "Actual")
    _put(root, "msgType", kind)
    _put(root, "scope", "Public")
    if exercise:
        _put(root, "note", "EXERCISE: nothing of this is real.")
    if earlier:
        named = (
            f"{sender},{identifier(sender, each)},{cap_time(each.sent_us)}" for each in earlier
        )
        _put(root, "references", " ".join(named))
    return root


def _info(root: ET.Element, event: str, onset_us: int, expires_us: int) -> ET.Element:
    info = ET.SubElement(root, "info")
    _put(info, "language", "en")
    _put(info, "category", "Safety")
    _put(info, "event", event)
    for name in ("urgency", "severity", "certainty"):
        _put(info, name, "Unknown")
    _put(info, "onset", cap_time(onset_us))
    _put(info, "expires", cap_time(expires_us, up=True))
    return info


def _areas(info: ET.Element, content: Content, volumes: list[Volume4D]) -> None:
    """An area for each pair of limits, with all that lies between them."""
    found: dict[str, list[Footprint]] = {}
    for volume in volumes:
        found.setdefault(_limits(volume), []).append(volume.footprint)
    for limits, shapes in found.items():
        area = ET.SubElement(info, "area")
        _put(area, "areaDesc", f"{one_line(content.area)}, {limits}")
        for shape in shapes:
            if not isinstance(shape, Circle):
                ring = (*shape.vertices, shape.vertices[0])
                _put(area, "polygon", " ".join(_point(each) for each in ring))
        for shape in shapes:
            if isinstance(shape, Circle):
                # in kilometres, and exact: a millimetre is 1e-6 of one
                radius_km = degrees(shape.radius_mm * 1000)
                middle = _point((shape.latitude_nd, shape.longitude_nd))
                _put(area, "circle", f"{middle} {radius_km}")


def _limits(volume: Volume4D) -> str:
    if is_all_heights(volume):
        return "at all heights"
    return f"from {height(volume.lower)} to {height(volume.upper)}"


def _point(vertex: tuple[int, int]) -> str:
    return f"{degrees(vertex[0])},{degrees(vertex[1])}"


def _put(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = text


def _written(root: ET.Element) -> bytes:
    ET.indent(root)
    text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"
