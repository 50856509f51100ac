"""The wire structs of what goes out about drill messages and read-back tests."""

from __future__ import annotations

from typing import Literal

from wideberth.faces.api.told.base import Out
from wideberth.model.notices import Verb


class DrillHopOut(Out, frozen=True, kw_only=True):
    """A hop that was reached, so long after the drill was sent. hop: a verb, or ``TAKEN``: a way of
    the recipient's took it, and no person yet. by: the medium, or the channel of a relayed answer.
    late: it came after the drill was missed.
    """

    hop: str
    time: str
    after_s: float
    unit: str | None = None
    by: str | None = None
    late: bool = False


class DrillOut(Out, frozen=True, kw_only=True):
    """A drill message: no notice, and nothing follows from it. word: to be read back, shown to its
    recipient alone. missing: hops that are not reached. agreement: under which it was sent; sender:
    who sent it by hand, left out: the host.
    """

    id: str
    state: Literal["waiting", "answered", "missed"]
    recipient: str
    sent: str
    answer_by: str
    hops: list[DrillHopOut]
    missing: list[str]
    units: list[str]
    word: str | None = None
    sender: str | None = None
    agreement: str | None = None
    version: int | None = None
    provision: str | None = None
    missed: str | None = None


class DrillsPage(Out, frozen=True, kw_only=True, omit_defaults=False):
    """Drills of the last months to you, from you, or under an agreement of yours, the newest first.
    next: cursor of the next page. sentence: what a drill is not.
    """

    drills: list[DrillOut]
    next: str | None
    sentence: str


class DrillTold(Out, frozen=True, kw_only=True, omit_defaults=False):
    """A drill was sent, or one of its hops is in the record."""

    drill: DrillOut
    sentence: str
    position: int
    time: str


class DrillEvent(Out, frozen=True, kw_only=True):
    """What became of a drill message: no notice. word, units, answer_by: of one that was sent to
    you. after_s: since it was sent.
    """

    drill: str
    change: Literal["sent", "answered", "missed"]
    recipient: str
    position: int
    time: str
    word: str | None = None
    units: list[str] = []
    answer_by: str | None = None
    verb: Verb | None = None
    unit: str | None = None
    after_s: float | None = None
    late: bool = False
    ends: bool = False
    missing: list[str] = []


class ReadBackItemOut(Out, frozen=True, kw_only=True):
    """What is read in one language. All of it is invented."""

    language: str
    text: str


class ReadBackTestOut(Out, frozen=True, kw_only=True, omit_defaults=False):
    """A test that is under way. until: its end. untested: agreed languages without items."""

    test: str
    key_id: str
    items: list[ReadBackItemOut]
    untested: list[str]
    until: str
    position: int
    time: str


class ReadBackJudgedOut(Out, frozen=True, kw_only=True, omit_defaults=False):
    """How a test went. wrong: ``language/field``; valid_until: None: nobody asks for one."""

    test: str
    key_id: str
    languages: list[str]
    passed: bool
    wrong: list[str]
    valid_until: str | None
    position: int
    time: str


class ReadBackKeyOut(Out, frozen=True, kw_only=True):
    """What stands of one of your keys. may_acknowledge: as far as the test goes. tries_left: how
    many tests it may still begin within these 24 hours; next_try: when it may again, where none is.
    """

    key_id: str
    may_acknowledge: bool
    passed: str | None = None
    valid_until: str | None = None
    test: str | None = None
    languages: list[str] = []
    tries_left: int
    next_try: str | None = None


class ReadBackKeys(Out, frozen=True, kw_only=True, omit_defaults=False):
    """Whether your keys are asked for a passed test, in which languages, and how each stands."""

    needed: bool
    valid_days: float | None
    languages: list[str]
    keys: list[ReadBackKeyOut]
