"""What to say of a name that nobody here has: the nearest ones, and the list of all."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = ["MOST_LISTED", "names_here", "no_such_party"]

MOST_LISTED = 20
_NEAREST = 3


def no_such_party(named: str, known: Iterable[str]) -> str:
    """Words for a party that is not registered, with those that are.

    >>> no_such_party("kestrl", ["lantern", "kestrel", "harbour"])
    'no party of this space; did you mean kestrel? The parties: harbour, kestrel, lantern'
    >>> no_such_party("kestrel", [])
    'no party of this space; none is registered yet'
    """
    return f"no party of this space; {names_here(named, known, 'The parties')}"


def names_here(named: str, known: Iterable[str], listed_as: str) -> str:
    """The nearest of the known names, and the first of all in order. listed_as: what they are."""
    names = sorted(known)
    if not names:
        return "none is registered yet"
    near = get_close_matches(named.lower(), names, _NEAREST)
    asked = f"did you mean {' or '.join(near)}? " if near else ""
    more = len(names) - MOST_LISTED
    left_out = f" and {more} more" if more > 0 else ""
    return f"{asked}{listed_as}: {', '.join(names[:MOST_LISTED])}{left_out}"
