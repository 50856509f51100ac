"""An incident as lines of text: a part for each party, what they wrote in quotes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from wideberth.faces.cli._host import printable

__all__ = ["lines_of", "to_the_second"]

_BELOW_A_SECOND = re.compile(r"\.\d+Z\Z", re.ASCII)


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
        yield from map(printable, _both_claims(each, columns_of(seen)))
    for each in seen["questions"]:
        late = f", overdue since {to_the_second(each['overdue'])}" if each["overdue"] else ""
        yield (
            f"question {each['id']}: {each['asker']} to {each['to']}, {each['state']},"
            f" due {to_the_second(each['due'])}{late}"
        )
        for step in each["said"]:
            said = f"{step['party']}  {step['step']}: {step['words']}"
            yield printable(f"  {to_the_second(step['time'])}  {said}")
    for each in seen["evidence"]:
        yield from map(printable, _evidence(each))
    for each in seen["inquiries"]:
        state = "open" if each["open"] else "receipted"
        yield f"result {each['id']}: {each['party']} to {', '.join(each['to'])}, {state}"
    for each in seen["more"]:
        yield f"more {each} at /incidents/{seen['id']}/{each}"
    yield seen["sentence"]


def columns_of(seen: dict[str, Any]) -> dict[str, Any]:
    """The columns of parties and of observers, by party."""
    return {**seen["accounts"], **seen["observer_accounts"]}


_CLAIMED = {
    "time": "When",
    "place": "Where",
    "identity": "What it was",
    "warned": "Whether warned",
    "rule": "In force",
    "damage": "Damage",
}
"""With which words the row of a claim begins, by the kind of difference."""


def _both_claims(each: dict[str, Any], columns: dict[str, Any]) -> Iterator[str]:
    """What each of the two claims of that in which they differ."""
    for party in each["parties"]:
        column: dict[str, Any] = columns[party]
        account: dict[str, Any] = column.get("account") or {}
        for label, words in _claims(account):
            if label.startswith(_CLAIMED.get(each["kind"], "\0")):
                yield f"  {party}: {words}"


def _account(account: dict[str, Any] | None) -> Iterator[str]:
    if account is None:
        yield "  nothing that is shown to you"
        return
    yield f"  version {account['version']} shown to you, given {to_the_second(account['given'])}"
    for label, words in _claims(account):
        yield printable(f"  {label}: {words}").replace("\n", "\n    ")
    if "words" in account:
        yield printable(f"  \u201c{account['words']}\u201d")


def _claims(account: dict[str, Any]) -> list[tuple[str, str]]:
    """A row for each claim, in the words of a bundle's page."""
    import msgspec

    from wideberth.evidence.alone.incidents import claim_rows
    from wideberth.model.ids import IncidentId
    from wideberth.wire.incidents import AccountIn, account_of

    names = ("when", "where", "identity", "warned", "rule", "damage")
    given = {name: account[name] for name in names if name in account}
    told = account_of(msgspec.convert({**given, "shown_to": "own"}, AccountIn), IncidentId("-"))
    return claim_rows(msgspec.to_builtins(told.claims))


def _evidence(each: dict[str, Any]) -> Iterator[str]:
    yield (
        f"evidence {each['id']}: {each['party']} lodged {to_the_second(each['lodged'])},"
        f" {each['line']}, {each['size_bytes']:,} bytes, SHA-256 {each['sha256']}"
    )
    for given in each["disclosed"]:
        way = "sealed to its keys" if given.get("sealed") else "outside of the space"
        parties = ", ".join(given["parties"])
        yield f"  disclosed to {parties} {to_the_second(given['time'])}, {way}"
    for found in each["checked"]:
        verdict = "it is what was lodged" if found["matches"] else "it is NOT what was lodged"
        yield f"  checked by {found['party']} {to_the_second(found['time'])}: {verdict}"
    if not each["disclosed"]:
        yield "  not disclosed to anybody of whom you know"


def to_the_second(time: str) -> str:
    """A time as the node gives it, without what is below a second."""
    return _BELOW_A_SECOND.sub("Z", time)


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
