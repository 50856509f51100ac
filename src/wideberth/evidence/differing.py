"""Where the accounts in a bundle differ, by the function that the console's answer is made with."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from wideberth.errors import RecordCorrupt
from wideberth.evidence.alone.differing import ToldDifference, difference_line
from wideberth.model.accounts import Account, AccountGiven
from wideberth.model.entries import decode_entry
from wideberth.picture.differences import differences

__all__ = ["check_differences", "differences_told"]


class _Line(msgspec.Struct, frozen=True):
    position: int
    envelope: str


def differences_told(entries: Iterable[tuple[int, bytes]]) -> bytes:
    """A line for each difference between the last accounts of two parties, of what both claim, in
    the order of their ids. entries: positions and envelopes.
    """
    found: dict[str, dict[str, tuple[int, Account]]] = {}
    for position, envelope in entries:
        body = decode_entry(envelope, position=position).body
        if isinstance(body, AccountGiven):
            found.setdefault(body.incident, {})[body.account.party] = (position, body.account)
    lines: list[bytes] = []
    for incident, accounts in found.items():
        last = [accounts[party][1] for party in sorted(accounts)]
        for each in differences(last):
            apart = each.parted
            told = ToldDifference(
                *(incident, each.kind.value, each.parties),
                (accounts[each.parties[0]][0], accounts[each.parties[1]][0]),
                each.members,
                None if apart is None else (apart.claimed, apart.at_least, apart.at_most),
            )
            lines.append(difference_line(told))
    return b"".join(lines)


def check_differences(files: dict[str, bytes]) -> None:
    """Work out all differences again, distances included. Raises RecordCorrupt."""
    lines = files["entries.jsonl"].split(b"\n")[:-1]
    entries = (msgspec.json.decode(each, type=_Line) for each in lines)
    again = differences_told((each.position, each.envelope.encode()) for each in entries)
    if again != files.get("differences.jsonl", b""):
        raise RecordCorrupt(None, "differences.jsonl does not say how the accounts differ")
