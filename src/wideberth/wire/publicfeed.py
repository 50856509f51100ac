"""What is published as an Atom feed (RFC 4287): an entry for each message that is told now."""

from __future__ import annotations

from hashlib import sha256
from xml.etree import ElementTree as ET

from wideberth.model.exercises import EXERCISE_WORD
from wideberth.model.publications import (
    NO_CLEARANCE,
    Content,
    Message,
    Publication,
    Withdrawal,
)
from wideberth.wire.publicwords import (
    NOT_AN_AUTHORITY,
    WITHDRAWN,
    event_of,
    identifier,
    one_line,
    sentences,
    utc,
)

__all__ = ["CAP_TYPE", "feed"]

CAP_TYPE = "application/cap+xml"
_ATOM = "http://www.w3.org/2005/Atom"


def feed(
    publications: list[Publication],
    withdrawals: list[Withdrawal],
    *,
    origin: str,
    exercise: bool,
) -> bytes:
    """The feed, the last message first. origin: of the record; only a digest of it is told."""
    root = ET.Element("feed", {"xmlns": _ATOM})
    title = "Closures and stand-offs"
    _put(root, "id", _urn(f"wideberth public {origin}"))
    mark = f"{EXERCISE_WORD}: " if exercise else ""
    _put(root, "title", f"{mark}{title}")
    _put(root, "subtitle", f"{NOT_AN_AUTHORITY} {NO_CLEARANCE}")
    sent = [each.message.sent_us for each in (*publications, *withdrawals)]
    _put(root, "updated", utc(max(sent, default=0)))
    ET.SubElement(root, "link", {"rel": "self", "href": "/public/feed.atom"})
    said = [
        *((each.sender, each.message, each.content) for each in publications),
        *((each.sender, each.message, None) for each in withdrawals),
    ]
    said.sort(key=lambda each: (-each[1].sent_us, each[0], -each[1].number))
    for sender, message, content in said:
        _entry(root, sender, message, content, mark=mark)
    ET.indent(root)
    text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _entry(
    root: ET.Element, sender: str, message: Message, content: Content | None, *, mark: str
) -> None:
    name = identifier(sender, message)
    entry = ET.SubElement(root, "entry")
    _put(entry, "id", _urn(f"wideberth public {name} {message.sent_us}"))
    if content is None:
        title, text = f"Withdrawn ({name})", f"{WITHDRAWN} {NO_CLEARANCE}"
    else:
        title = f"{event_of(content)}: {one_line(content.area)} ({name})"
        text = " ".join(sentences(content))
    _put(entry, "title", f"{mark}{title}")
    _put(entry, "updated", utc(message.sent_us))
    _put(ET.SubElement(entry, "author"), "name", sender)
    _put(entry, "summary", f"{mark}{text}")
    link = {"rel": "alternate", "type": CAP_TYPE, "href": f"/public/alerts/{name}"}
    ET.SubElement(entry, "link", link)


def _put(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = text


def _urn(name: str) -> str:
    """A UUID of version 8 (RFC 9562, 5.8) that says the same of the same name, always."""
    digits = sha256(name.encode()).hexdigest()
    variant = "89ab"[int(digits[16], 16) % 4]
    parts = (digits[:8], digits[8:12], f"8{digits[13:16]}", variant + digits[17:20], digits[20:32])
    return f"urn:uuid:{'-'.join(parts)}"
