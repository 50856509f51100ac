"""What one or more files say together: their features, what is wrong with them, and what was noted.

A feature that contradicts an earlier one of the same intent (another party, kind or priority) is
as bad as one that cannot be read. So is an intent whose id stands in two files that do not name
the same party: two senders who both call something "1" must be compared, not taken for one.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

import msgspec

from wideberth.errors import InvalidValue, system_reason
from wideberth.offline.features import Feature
from wideberth.offline.problems import BadInput, Problem, shown
from wideberth.space.warm import choose_kernels

__all__ = ["MAX_FILE_BYTES", "Plan", "Source", "load"]

MAX_FILE_BYTES = 500_000_000
_NAMES_LISTED = 12
_LITTLE_BYTES = 60_000  # of some tens of volumes


class Stream(Protocol):
    """What a binary file and standard input have in common."""

    def read(self, size: int, /) -> bytes:
        """At most size bytes; fewer only at the end."""
        ...


FileLike = str | os.PathLike[str] | Stream
Progress = Callable[[str, float], None]
"""Told what is going on (``reading``, ``comparing``) and how far it is, from 0 to 1."""


class Source(msgspec.Struct, frozen=True):
    """One file: its name as given, its form, size, digest, and the features in it, bad ones too."""

    name: str
    form: str
    size_bytes: int
    sha256: str
    features: int


class Plan(msgspec.Struct, frozen=True):
    """The good features of some files, and what stands beside them.

    skipped: the problems of the features that were left out (skip_bad). notes: sentences about how
    something was read.
    """

    sources: tuple[Source, ...]
    features: tuple[Feature, ...]
    skipped: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()


def load(
    *files: FileLike,
    skip_bad: bool = False,
    max_bytes: int = MAX_FILE_BYTES,
    progress: Progress | None = None,
) -> Plan:
    """The plan in one or more files, GeoJSON or CSV, told apart by their content.

    files: paths, or binary streams, which are called by their ``name``. max_bytes: the most
    that one file may hold. Raises BadInput naming every bad feature; with skip_bad the plan goes
    on without them, and only a file that cannot be read at all is raised.
    """
    reading = _Reading(max_bytes=max_bytes, progress=progress)
    for file in files:
        reading.read(file)
    return reading.plan(skip_bad=skip_bad)


class _Reading:
    """The state of one call of load."""

    def __init__(self, *, max_bytes: int, progress: Progress | None) -> None:
        self._max_bytes = max_bytes
        self._progress = progress
        self._bytes = 0
        self._names: set[str] = set()
        self._sources: list[Source] = []
        self._features: list[Feature] = []
        self._problems: list[Problem] = []
        self._notices: Counter[str] = Counter()
        self._unread: Counter[str] = Counter()

    def read(self, file: FileLike) -> None:
        """Read one file; what is wrong with it is noted."""
        name = _name_of(file)
        if name in self._names:
            error = InvalidValue("file", "given-twice", name, "give each file once")
            self._problems.append(Problem.of_error(error, source=name, index=None))
            return
        self._names.add(name)
        try:
            content = _content(file, max_bytes=self._max_bytes)
            text = _text(content)
        except InvalidValue as error:
            self._problems.append(Problem.of_error(error, source=name, index=None))
            return
        self._bytes += len(content)
        choose_kernels(is_little=self._bytes <= _LITTLE_BYTES)  # before a ring is looked at
        is_json = text.lstrip()[:1] in ("{", "[")
        count = self._read_text(text, name=name, is_json=is_json)
        form = "GeoJSON" if is_json else "CSV"
        digest = hashlib.sha256(content).hexdigest()
        self._sources.append(Source(name, form, len(content), digest, count))

    def _read_text(self, text: str, *, name: str, is_json: bool) -> int:
        from wideberth.offline.geojson import read_geojson
        from wideberth.offline.table import read_table

        def progress(done: float) -> None:
            if self._progress is not None:
                self._progress("reading", done)

        features, problems, count = (read_geojson if is_json else read_table)(
            text, source=name, progress=progress, notices=self._notices, unread=self._unread
        )
        self._features += features
        self._problems += problems
        return count

    def plan(self, *, skip_bad: bool) -> Plan:
        """What was read. Raises BadInput as :func:`load` says."""
        features, contradictions = _without_contradictions(self._features)
        problems = (*self._problems, *contradictions)
        fatal = tuple(problem for problem in problems if problem.index is None)
        if fatal or (problems and not skip_bad):
            raise BadInput(problems)
        if problems and not features:
            nothing = Problem.of_file(
                ", ".join(source.name for source in self._sources),
                rule="nothing-left",
                value=f"{len(problems)} problems",
                advice="every feature is bad, so there is nothing left to check",
            )
            raise BadInput((*problems, nothing))
        return Plan(
            tuple(self._sources), tuple(features), problems, _notes(self._notices, self._unread)
        )


def _name_of(file: FileLike) -> str:
    if isinstance(file, str | os.PathLike):
        return os.fspath(file).encode("utf-8", "backslashreplace").decode()
    name = getattr(file, "name", None)
    return name if isinstance(name, str) else "stream"


def _content(file: FileLike, *, max_bytes: int) -> bytes:
    try:
        if isinstance(file, str | os.PathLike):
            with Path(file).open("rb") as stream:
                content = stream.read(max_bytes + 1)
        else:
            content = file.read(max_bytes + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = system_reason(error) if isinstance(error, OSError) else str(error)
        raise InvalidValue(
            "file", "unreadable", _name_of(file), f"cannot be read: {reason}"
        ) from error
    if len(content) > max_bytes:
        raise InvalidValue(
            "file",
            "file-size",
            f"over {max_bytes} bytes",
            "split it, or allow larger files (--max-mb)",
        )
    if not content.strip():
        raise InvalidValue("file", "empty", f"{len(content)} bytes", "the file is empty")
    return content


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        near = content[error.start : error.start + 8]
        raise InvalidValue(
            "file",
            "utf-8",
            near,
            f"byte {error.start} is not UTF-8 text; save the file as UTF-8",
        ) from None


def _without_contradictions(features: Iterable[Feature]) -> tuple[list[Feature], list[Problem]]:
    kept, problems = _agreeing(features)
    for find in (_in_two_files, _named_like_a_place):
        found = find(kept)
        bad = {id(feature) for feature, _ in found}
        problems += [_problem(feature, error) for feature, error in found]
        kept = [feature for feature in kept if id(feature) not in bad]
    return kept, problems


def _agreeing(features: Iterable[Feature]) -> tuple[list[Feature], list[Problem]]:
    """The features that say of their intent what the ones before them said; and the others."""
    said: dict[tuple[str, str], Feature] = {}
    kept: list[Feature] = []
    problems: list[Problem] = []
    for feature in features:
        error = _contradiction(feature, said) if feature.is_named else None
        if error is None:
            kept.append(feature)
        else:
            problems.append(_problem(feature, error))
    return kept, problems


def _contradiction(feature: Feature, said: dict[tuple[str, str], Feature]) -> InvalidValue | None:
    for field in ("party", "kind", "actor", "priority"):
        value = getattr(feature, field)
        if value is None:
            continue
        before = said.setdefault((feature.intent, field), feature)
        if getattr(before, field) != value:
            return _otherwise(feature, before, field=field)
    return None


def _in_two_files(features: list[Feature]) -> list[tuple[Feature, InvalidValue]]:
    """Features whose intent stands in an earlier file too, where not every file names its party."""
    first: dict[str, Feature] = {}
    sources: dict[str, set[str]] = {}
    with_party: dict[str, set[str]] = {}
    for feature in features:
        if feature.is_named:
            first.setdefault(feature.intent, feature)
            sources.setdefault(feature.intent, set()).add(feature.source)
            if feature.party is not None:
                with_party.setdefault(feature.intent, set()).add(feature.source)
    unsaid = {
        intent
        for intent, names in sources.items()
        if len(names) > 1 and names != with_party.get(intent)
    }
    return [
        (
            feature,
            InvalidValue(
                "intent, party",
                "intent-in-two-files",
                feature.intent,
                f"this intent also stands in {_place(first[feature.intent])}; name the same party"
                " in both where it is one intent, or give it another id where it is not",
            ),
        )
        for feature in features
        if feature.is_named
        and feature.intent in unsaid
        and feature.source != first[feature.intent].source
    ]


def _named_like_a_place(features: list[Feature]) -> list[tuple[Feature, InvalidValue]]:
    """Features with an id that reads like the place of a feature without one."""
    places = {feature.intent for feature in features if not feature.is_named}
    advice = "this is how a feature without an id is named here; give another id"
    return [
        (feature, InvalidValue("intent", "intent-name", feature.intent, advice))
        for feature in features
        if feature.is_named and feature.intent in places
    ]


def _otherwise(feature: Feature, before: Feature, *, field: str) -> InvalidValue:
    there, here = str(getattr(before, field)), str(getattr(feature, field))
    return InvalidValue(
        f"intent, {field}",
        "contradiction",
        here,
        f'intent "{feature.intent}" has {field} "{there}" in {_place(before)}'
        f' and "{here}" here; features of one intent must agree',
    )


def _place(feature: Feature) -> str:
    return f"{feature.source}, feature {feature.index}"


def _problem(feature: Feature, error: InvalidValue) -> Problem:
    return Problem.of_error(
        error,
        source=feature.source,
        index=feature.index,
        feature_id=feature.id,
        intent=feature.intent,
    )


def _notes(notices: Counter[str], unread: Counter[str]) -> tuple[str, ...]:
    notes: list[str] = []
    if notices["third-coordinate"]:
        notes.append(
            "A third coordinate is not read: lower and upper say the altitudes (positions:"
            f" {notices['third-coordinate']})."
        )
    if notices["antimeridian"]:
        notes.append(
            "Edges that span more than 180 degrees of longitude cross the antimeridian, since every"
            f" edge takes the shortest way (polygons: {notices['antimeridian']})."
        )
    if unread:
        names = [shown(name[:60]) for name, _ in unread.most_common(_NAMES_LISTED)]
        more = f" and {len(unread) - len(names)} more" if len(unread) > len(names) else ""
        notes.append(f"Properties that are not read: {', '.join(names)}{more}.")
    return tuple(notes)
