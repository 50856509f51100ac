"""What stands under which name: zones by theirs, agreed areas by the titles of their provisions,
presences by the names of their places.

Follows from the tables of all three, and can be made of them again at any time.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Set as AbstractSet

__all__ = ["Names", "key"]


def key(name: str) -> str:
    """A name as names are compared: no matter the case, the width of letters and of spaces."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


class Names:
    """By name, the type of what has it, and its id. A name in a layer may have left: whoever asks
    looks at what stands.
    """

    def __init__(self) -> None:
        self._ids: dict[str, set[tuple[type, str]]] = {}

    def put(self, type_: type, object_id: str, name: str | None, was: str | None) -> None:
        """Let an object stand under a name, or under none, and no more under the one that was."""
        if was is not None and was != name:
            left = self._ids.get(key(was))
            if left is not None:
                left.discard((type_, object_id))
                if not left:
                    del self._ids[key(was)]
        if name is not None:
            self._ids.setdefault(key(name), set()).add((type_, object_id))

    def of(self, name: str) -> AbstractSet[tuple[type, str]]:
        """What was put under a name that went through :func:`key`. Not to be kept."""
        return self._ids.get(name) or frozenset()
