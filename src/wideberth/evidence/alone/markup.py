"""Values as text of a page: nothing in them is markup, and nothing in them goes unseen.

It uses integers only and no table of the running Python's, and so gives the same bytes everywhere.
"""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from html import escape
from typing import Any

__all__ = ["entry_link", "mono_html", "shown", "shown_time", "table_html"]

_UNSEEN = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\xa0\xad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f"
    "\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff"
    "\uffa0\ufff0-\ufffc\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_EPOCH = datetime(1970, 1, 1)


def shown(value: Any) -> str:
    """A value as text of the page. What cannot be seen, or turns text round, is spelled out."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return escape(_UNSEEN.sub(lambda match: f"[U+{ord(match[0]):04X}]", text))


def shown_time(time_us: Any) -> str:
    """A time in UTC, or what stands in its place."""
    if type(time_us) is not int or not -(10**17) < time_us < 25 * 10**16:
        return shown(time_us)
    text = (_EPOCH + timedelta(microseconds=time_us)).isoformat(" ")
    return shown(text + " UTC")


def entry_link(position: int, words: str) -> str:
    """Words that lead to an entry on the page."""
    return '<a href="#e%d">%s</a>' % (position, shown(words))


def table_html(rows: list[tuple[str, str]]) -> str:
    """Rows of markup as a table; nothing for none."""
    if not rows:
        return ""
    body = "".join("<tr><th>{}</th><td>{}</td></tr>\n".format(*row) for row in rows)
    return f"<table>\n{body}</table>"


def mono_html(text: str) -> str:
    """Figures that are read letter by letter."""
    return f'<span class="mono">{shown(text)}</span>'
