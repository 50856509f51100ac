"""The format of a case: a TOML file, checked strictly (docs/reference/cases.md).

Parties, places and geometry are invented, and the file says so; what follows the public reports is
the structure: who told whom what, how long before, and what never arrived.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from wideberth.errors import InvalidValue, system_reason
from wideberth.model.ladders import Post
from wideberth.space.time import parse_rfc3339

__all__ = [
    "Account",
    "Case",
    "CasePlace",
    "Channel",
    "Criterion",
    "Happening",
    "Member",
    "Movement",
    "Source",
    "Step",
    "case_files",
    "load_case",
    "time_us",
]

Name = Annotated[str, msgspec.Meta(pattern=r"\A[a-z][a-z0-9-]{0,39}\Z")]
Words = Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
Moment = Annotated[str, msgspec.Meta(pattern=r"\A(\d{4}-\d\d-\d\d )?\d\d:\d\d(:\d\d)?\Z")]
Asked = Annotated[str, msgspec.Meta(pattern=r"\A(GET|POST|PUT|DELETE) /\S*\Z")]
Json = dict[str, Any]


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of a case: strict."""


class Source(_Part, frozen=True, kw_only=True):
    """A public report. disputed: what it says is disputed by a party."""

    name: Words
    url: Words
    disputed: bool = False


class Channel(_Part, frozen=True, kw_only=True):
    """A way to a post of a party: a receiver on this machine, while the case is played."""

    post: Post = Post.DUTY
    medium: Literal["webhook"] = "webhook"
    answers: bool = True


class Member(_Part, frozen=True, kw_only=True):
    """A party. role: what it is in the case, in words; units: who must know, by token."""

    id: Name
    name: Words
    role: Words
    units: list[Name] = []
    contact: Words
    neutral: bool = False
    channels: list[Channel] = []


class Account(_Part, frozen=True, kw_only=True):
    """What one side says happened, which a step gives as its account: ``{accounts.amber}`` in its
    body. Accounts stand side by side; nothing here judges them.
    """

    party: Name
    says: Words


class CasePlace(_Part, frozen=True, kw_only=True):
    """An invented place. footprint: as the API takes it; heights: metres above the WGS84
    ellipsoid.
    """

    footprint: Json
    heights_m: tuple[float, float] = (0.0, 100.0)


class Movement(_Part, frozen=True, kw_only=True):
    """Positions that a party's feed reports, every so many seconds, straight from point to point:
    (time, longitude, latitude, height in metres above the WGS84 ellipsoid).
    """

    by: Name
    feed: Name
    track: Name
    points: Annotated[list[tuple[Moment, float, float, float]], msgspec.Meta(min_length=2)]
    every_s: Annotated[int, msgspec.Meta(ge=1, le=600)] = 10
    call_sign: str | None = None
    party: Name | None = None


class Happening(_Part, frozen=True, kw_only=True):
    """What happens by itself, as everybody's account has it: no party tells it to the mechanism, so
    that nobody is shown it.
    """

    at: Moment
    says: Words


class Step(_Part, frozen=True, kw_only=True):
    """What a party does: one request. says: the same in words.

    ask: method and path; body: as the API takes it. answers: in place of ask, the thing that is
    kept by this name: the party's newest open notice of it is answered with the body. agrees: the
    parties that sign what is proposed. amends: told again, with these members of the body changed.
    keep: the name under which the answer is kept. refused: by which rule the node has to refuse it.
    signed: whether the party's key signs it, where the API takes that. channel: ``up`` or
    ``down``, from now on, of the party's receiver at the post.
    """

    at: Moment
    by: Name
    says: Words
    ask: Asked | None = None
    answers: Name | None = None
    agrees: list[Name] = []
    amends: Name | None = None
    body: Json = {}
    keep: Name | None = None
    refused: Words | None = None
    signed: bool = True
    channel: Literal["up", "down"] | None = None
    post: Post = Post.DUTY


class Criterion(_Part, frozen=True, kw_only=True):
    """What a party has to be shown at a time. words: the same in words; ``{found.x}`` in them is
    member x of what was found.

    see: the path that it reads; ``received``: what came over its channel at post; ``{name}``: what
    a step was answered. in_: where in
    the answer the list is. some, none: what one, or no, item has to match; count: how many items
    match some (or are there at all); holds: what the answer itself has to match.
    """

    at: Moment
    party: Name
    words: Words
    see: Words
    in_: str | None = msgspec.field(name="in", default=None)
    some: Json | None = None
    none: Json | None = None
    count: int | None = None
    holds: Json | None = None
    post: Post = Post.DUTY
    asks: list[str] = []


class Case(_Part, frozen=True, kw_only=True):
    """A case. day: of the times that name none. structure: what follows the public reports;
    invented: what does not. asks: requirements that it shows. node: settings of the node beside
    those of the space, as in its wideberth.toml. tracks: positions of moving things.
    """

    id: Annotated[str, msgspec.Meta(pattern=r"\A[A-Z][A-Z0-9-]{1,19}\Z")]
    title: Words
    day: date
    begins: Moment
    structure: Words
    invented: Words
    sources: Annotated[list[Source], msgspec.Meta(min_length=1)]
    accounts: list[Account] = []
    asks: list[str] = []
    node: str = ""
    parties: Annotated[list[Member], msgspec.Meta(min_length=2, max_length=20)]
    places: dict[Name, CasePlace] = {}
    tracks: list[Movement] = []
    happens: list[Happening] = []
    steps: Annotated[list[Step], msgspec.Meta(min_length=1)]
    shows: Annotated[list[Criterion], msgspec.Meta(min_length=1)]

    def __post_init__(self) -> None:
        """Raises InvalidValue for parties that are not there and times out of order."""
        known = {each.id for each in self.parties}
        for where, name in self._names():
            if name not in known:
                raise InvalidValue(where, "party-unknown", name, "name one of [[parties]]")
        given = [each.party for each in self.accounts]
        for index, party in enumerate(given):
            if party in given[:index]:
                raise InvalidValue(
                    f"accounts.{index}.party", "one-account", party, "say it in one account"
                )
        if "accounts" in {step.keep for step in self.steps}:
            raise InvalidValue("steps", "keep-taken", "accounts", "keep it by another name")
        begins_us = time_us(self.begins, self.day)
        for name, rows in (
            ("happens", self.happens),
            ("steps", self.steps),
            ("shows", self.shows),
        ):
            times = [begins_us, *(time_us(each.at, self.day) for each in rows)]
            for index, (before_us, after_us) in enumerate(pairwise(times)):
                if after_us < before_us:
                    raise InvalidValue(
                        f"{name}.{index}.at", "order", rows[index].at, "write them in order of time"
                    )
        for index, step in enumerate(self.steps):
            deeds = [step.ask, step.answers, step.amends, step.channel, step.agrees or None]
            if sum(each is not None for each in deeds) != 1:
                raise InvalidValue(
                    f"steps.{index}",
                    "one-deed",
                    step.says,
                    "give one of ask, answers, amends, agrees, channel",
                )

    def _names(self) -> Iterator[tuple[str, str]]:
        for index, account in enumerate(self.accounts):
            yield f"accounts.{index}.party", account.party
        for index, track in enumerate(self.tracks):
            yield f"tracks.{index}.by", track.by
        for index, step in enumerate(self.steps):
            yield f"steps.{index}.by", step.by
            for name in step.agrees:
                yield f"steps.{index}.agrees", name
        for index, shown in enumerate(self.shows):
            yield f"shows.{index}.party", shown.party


def time_us(moment: str, day: date) -> int:
    """Microseconds since 1970 of a time of a case; UTC. Raises InvalidValue.

    >>> time_us("00:01", date(1970, 1, 1)), time_us("1970-01-02 00:00:01", date(1970, 1, 1))
    (60000000, 86401000000)
    """
    if re.match(r"\d{4}-", moment):
        on, _, clock = moment.partition(" ")
    else:
        on, clock = day.isoformat(), moment
    return parse_rfc3339(f"{on}T{clock if clock.count(':') > 1 else clock + ':00'}Z", field="at")


def load_case(path: Path) -> Case:
    """The case of a file. Raises InvalidValue, naming the member that is wrong."""
    try:
        return msgspec.toml.decode(path.read_bytes(), type=Case)
    except OSError as error:
        raise InvalidValue("case", "unreadable", str(path), system_reason(error)) from None
    except InvalidValue as error:
        raise InvalidValue(
            f"{path.name}: {error.field}", error.rule, error.value, error.advice
        ) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        cause = error.__cause__
        if isinstance(cause, InvalidValue):
            raise InvalidValue(
                f"{path.name}: {cause.field}", cause.rule, cause.value, cause.advice
            ) from None
        raise InvalidValue("case", "format", str(path), str(error)) from None


def case_files(folder: Path) -> list[Path]:
    """The files of cases in a folder, by name."""
    return sorted(folder.glob("*.toml"))
