"""An incident as lines of text: a part for each party, what they wrote in quotes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from wideberth.faces.cli._host import printable

__all__ = ["lines_of"]


def lines_of(seen: dict[str, Any]) -> Iterator[str]:
    """Its lines, as GET /incidents/{incident} gave it."""
    yield printable(f"{seen['title']}  ({seen['start']} to {seen['end']})")
    for columns in (seen["accounts"], seen["observer_accounts"]):
        for party, column in columns.items():
            yield ""
            yield f"{party}, {column['column']}"
            yield from _account(column.get("account"))
    yield ""
    for each in seen["differences"]:
        yield printable(_difference(each))
    for each in seen["questions"]:
        late = f", overdue since {each['overdue']}" if each["overdue"] else ""
        yield (
            f"question {each['id']}: {each['asker']} to {each['to']}, {each['state']},"
            f" due {each['due']}{late}"
        )
        for step in each["said"]:
            yield printable(f"  {step['time']}  {step['party']}  {step['step']}: {step['words']}")
    for each in seen["evidence"]:
        yield printable(
            f"evidence {each['id']}: {each['party']} lodged {each['lodged']}, {each['line']},"
            f" SHA-256 {each['sha256']}"
        )
    for each in seen["inquiries"]:
        state = "open" if each["open"] else "receipted"
        yield f"result {each['id']}: {each['party']} to {', '.join(each['to'])}, {state}"
    for each in seen["more"]:
        yield f"more {each} at /incidents/{seen['id']}/{each}"
    yield seen["sentence"]


def _account(account: dict[str, Any] | None) -> Iterator[str]:
    if account is None:
        yield "  nothing that is shown to you"
        return
    yield f"  version {account['version']} shown to you, given {account['given']}"
    for name in ("when", "where", "identity", "warned", "rule", "damage"):
        if name in account:
            yield printable(f"  {name}: {_plain(account[name])}")
    if "words" in account:
        yield printable(f"  \u201c{account['words']}\u201d")


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_plain(each)}" for name, each in value.items())  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, list):
        return "; ".join(map(_plain, value)) or "none"  # pyright: ignore[reportUnknownArgumentType]
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _difference(each: dict[str, Any]) -> str:
    one, other = each["parties"]
    words = f"difference of {each['kind']} between {one} and {other}"
    for unit in ("metres", "minutes"):
        if unit in each:
            apart = each[unit]
            words += (
                f": {apart['claimed']:,.1f} {unit} as claimed,"
                f" {apart['at_least']:,.1f} at least, {apart['at_most']:,.1f} at most"
            )
    return words
