"""Which standing warnings are of the same things, brought by several feeds, for one reader.

Each feed has its own track, and a warning rests on tracks: an aircraft that two feeds bring is
warned of twice, and only what raised a warning can clear it. The record keeps both. A reader is
told which of the warnings that it is shown are one to it, and may show them as one: it stands while
any of them does.

*What is one*: warnings of one kind, whose objects are pairwise the same: of an area its id, of a
track its identity (:mod:`wideberth.watch.identity`), while all of the tracks agree in place,
heights and party (:func:`wideberth.watch.fusion.agree`). Where that cannot be told of each two of
them, all stay apart.

Asked of nothing but what the reader is shown: warnings that are addressed to it, all of whose
objects it is shown whole. Of an object that it is not shown, not even that it is the same as
another's is said. So it says nothing that the reader could not work out of its own list.

The index is rebuilt from the picture; it says what may be one to anybody, and is told to nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import combinations

from wideberth.model.ids import PartyId, WarningId
from wideberth.model.warnings import StandingWarning, WarningObject
from wideberth.picture.picture import Picture
from wideberth.warned import TrackOpen, warned
from wideberth.watch.agreeing import MOST_TOGETHER
from wideberth.watch.identity import identity_of
from wideberth.watch.recorded import track_named

__all__ = ["AreOne", "SameWarnings", "one_with", "raised_first"]

AreOne = Callable[[WarningObject, WarningObject], bool]
"""Whether two tracks of one identity agree now."""

_Name = tuple[str, str, str]
_Key = tuple[str, tuple[_Name, ...]]


class SameWarnings:
    """The standing warnings by what they are of."""

    def __init__(self) -> None:
        self._key_of: dict[WarningId, _Key] = {}
        self._of: dict[_Key, dict[WarningId, None]] = {}

    def __len__(self) -> int:
        return len(self._key_of)

    def note(self, warning: StandingWarning) -> None:
        """It stands."""
        self.forget(warning.id)
        key = self._key_of[warning.id] = _key(warning)
        self._of.setdefault(key, {})[warning.id] = None

    def forget(self, warning_id: WarningId) -> None:
        """It stands no longer."""
        key = self._key_of.pop(warning_id, None)
        if key is not None:
            del self._of[key][warning_id]
            if not self._of[key]:
                del self._of[key]

    def like(self, warning: StandingWarning) -> tuple[WarningId, ...]:
        """The others whose objects have the same names."""
        key = self._key_of.get(warning.id) or _key(warning)
        return tuple(each for each in self._of.get(key, ()) if each != warning.id)


def one_with(
    warning: StandingWarning,
    like: Iterable[WarningId],
    reader: PartyId,
    picture: Picture,
    *,
    track_open: TrackOpen,
    are_one: AreOne,
) -> tuple[WarningId, ...]:
    """Of the warnings that are like this one, those that the reader is shown to be one with it; the
    one raised first is first. warning: need not stand any more. The same for each of those.
    """

    def is_shown(each: StandingWarning) -> bool:
        sides = warned(each, reader, picture, track_open).sides
        return reader in each.parties and all(side.shown for side in sides)

    standing = [other for each in like if (other := picture.warnings.get(each)) is not None]
    found = [each for each in standing if each.id != warning.id and is_shown(each)]
    if not found or len(found) >= MOST_TOGETHER or not is_shown(warning):
        return ()
    if not all(_are_one(*two, are_one) for two in combinations((warning, *found), 2)):
        return ()
    return tuple(each.id for each in sorted(found, key=raised_first))


def raised_first(warning: StandingWarning) -> tuple[int, str]:
    """A key to sort by. Of those that are one, the first is shown, and the others with it."""
    return warning.raised_us, warning.id


def _are_one(warning: StandingWarning, other: StandingWarning, are_one: AreOne) -> bool:
    if _key(warning) != _key(other) or len(set(_key(warning)[1])) != len(warning.objects):
        return False  # of two objects of one name nobody can say which is which
    pairs = zip(_by_name(warning), _by_name(other), strict=True)
    return all(one.type != "track" or are_one(one, two) for one, two in pairs)


def _by_name(warning: StandingWarning) -> list[WarningObject]:
    return sorted(warning.objects, key=_name)


def _key(warning: StandingWarning) -> _Key:
    return warning.kind.value, tuple(sorted(map(_name, warning.objects)))


def _name(each: WarningObject) -> _Name:
    if each.type != "track":
        return each.type, "", each.id
    feed_party, track_id = track_named(each.id)
    return each.type, *identity_of(feed_party or None, track_id)
