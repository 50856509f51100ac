"""What another party sees of an intent under a disclosure profile."""

from __future__ import annotations

from typing import Literal

from wideberth.faces.api.told.base import Out
from wideberth.faces.api.told.intents import ProvenanceOut, RestsOn
from wideberth.model.intents import IntentKind, IntentState
from wideberth.model.provisions import Shared
from wideberth.model.stated import NoticeKind
from wideberth.wire.asked import AltitudeWire, PointFootprint, PolygonFootprint


class SharedVolumeOut(Out, frozen=True, kw_only=True):
    """A volume of which a part is shown. start, end: left out where times are not shown."""

    footprint: PolygonFootprint | PointFootprint
    lower: AltitudeWire
    upper: AltitudeWire
    start: str | None = None
    end: str | None = None


class CoarsenedOut(Out, frozen=True, kw_only=True, omit_defaults=False):
    """How coarsely an intent is shown (P-03); 0: exactly. words: the same as a sentence."""

    cell_deg: float
    height_step_m: float
    time_step_s: float
    words: str


class SharedUnderOut(Out, frozen=True, kw_only=True):
    """A provision of a version of an agreement."""

    agreement: str
    version: int
    provision: str


class SharedIntentOut(Out, frozen=True, kw_only=True):
    """What you are shown of an intent, as was agreed; it is not the whole. withheld: fields that
    are not shown. under: by which provisions.
    """

    id: str
    party: str
    kind: IntentKind
    state: IntentState
    version: int
    notice_kind: NoticeKind
    coarsened: CoarsenedOut
    withheld: list[Shared]
    under: list[SharedUnderOut]
    volumes: list[SharedVolumeOut] = []
    start: str | None = None
    end: str | None = None
    priority: int | None = None
    provenance: ProvenanceOut | None = None
    count: int | None = None
    call_sign: str | None = None
    place_name: str | None = None


class SharedPage(Out, frozen=True, kw_only=True, omit_defaults=False):
    """A page of intents of which you are shown a part, by id. next: cursor of the next page."""

    shared: list[SharedIntentOut]
    next: str | None
    rests_on: RestsOn


class SeenByOut(Out, frozen=True, kw_only=True):
    """What one other party will be shown. bytes: the body that its GET of the intent is answered
    with, byte by byte; left out where it has none. only: it is given that only where it touches
    what the party subscribed to (``declared``), or where the party needs it by the rule of the
    space (``needed``). delay_s: how long after it is told.
    """

    party: str
    sees: Literal["whole", "part", "on-conflict", "nothing"]
    bytes: str | None = None
    only: Literal["declared", "needed"] | None = None
    delay_s: float = 0.0


class PreviewOut(Out, frozen=True, kw_only=True, omit_defaults=False):
    """What each other party of the space will be shown. id and ovn are made when it is told, and
    stand here as ``id`` and ``ovn``. note: what is not in the preview.
    """

    seen_by: list[SeenByOut]
    note: str
