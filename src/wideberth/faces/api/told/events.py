"""The events of the stream."""

from __future__ import annotations

from typing import Literal

from wideberth.faces.api.told.base import Out
from wideberth.faces.api.told.clashes import ChangeOut, ContactOut, ObjectOut
from wideberth.faces.api.told.intents import IntentOut
from wideberth.faces.api.told.notices import AcknowledgementOut, NoticeOut
from wideberth.faces.api.told.shared import SharedIntentOut
from wideberth.faces.api.told.stops import StopOut
from wideberth.faces.api.told.watched import TrackOut, WarningOut
from wideberth.faces.api.told.watchkeeping import AvoidingOut, HazardState
from wideberth.faces.api.told.zones import ZoneOut
from wideberth.model.channels import ChannelState
from wideberth.model.keeping import HostAction
from wideberth.model.ladders import Post
from wideberth.model.notices import Urgency, Verb

ChannelChange = Literal["heard", "missed", "suspended", "resumed", "reported"]
HazardChange = Literal[
    "stated", "missed", "ended-by-time", "all-clear", "avoiding-suggested", "avoiding-withheld"
]
IntentChange = Literal["told", "amended", "stepped"]
WarningChange = Literal["raised", "worsened", "cleared", "updated"]


class StopEvent(Out, frozen=True, kw_only=True):
    """Event ``stop``: without a number as it is sent, and with one once it is recorded."""

    stop: StopOut


class StopUnitsEvent(Out, frozen=True, kw_only=True):
    """Event ``stop-units``: a STOP went to these units of yours at the same time, as agreed."""

    stop: str
    units: list[str]
    position: int
    time: str


class StopReadEvent(Out, frozen=True, kw_only=True):
    """Event ``stop-read``: a person at a party has read a STOP; to both sides and the neutrals."""

    stop: str
    party: str
    post: Post
    after_s: float
    in_time: bool
    position: int
    time: str


class StopRepeatedEvent(Out, frozen=True, kw_only=True):
    """Event ``stop-repeated``: nobody at these parties has read a STOP, and it is told to them
    again. parties: yourself; to its sender and a neutral all of them. post: who is told besides
    those of before; left out: all of them once more. carry: you are asked to reach the parties.
    """

    stop: StopOut
    step: int
    due: str
    parties: list[str]
    post: Post | None = None
    carry: bool = False
    sentence: str
    position: int
    time: str


class NoticeEvent(Out, frozen=True, kw_only=True, omit_defaults=False):
    """Event ``notice``: a notice to you was issued."""

    notice: NoticeOut
    position: int
    time: str


class AcknowledgementEvent(Out, frozen=True, kw_only=True):
    """Event ``acknowledgement``: a notice to you or from you was answered, or one that was held
    open was released. closed: which left the open list with it, as far as they are yours.
    recorded: false where the record takes nothing now; then it has no number, position and time.
    """

    notice: str
    closed: list[str]
    sentence: str
    position: int | None = None
    time: str | None = None
    recipient: str | None = None
    acknowledgement: AcknowledgementOut | None = None
    released_by: str | None = None
    recorded: bool = True


class ChannelEvent(Out, frozen=True, kw_only=True):
    """Event ``channel``: what is known of a party's channel has changed, or you were heard."""

    party: str
    change: ChannelChange
    position: int
    time: str
    state: ChannelState
    by: str | None = None
    reason: str | None = None
    scope: str | None = None
    for_minutes: int | None = None
    agreement: str | None = None
    version: int | None = None


class HazardEvent(Out, frozen=True, kw_only=True):
    """Event ``hazard``: its party gave its status, or gave none; ALL-CLEAR comes as a notice."""

    intent: str
    party: str
    change: HazardChange
    position: int
    time: str
    state: HazardState | None = None
    avoiding: AvoidingOut | None = None


class ShiftEvent(Out, frozen=True, kw_only=True):
    """Event ``shift``: a post of your party was taken over."""

    post: Post
    position: int
    time: str


class EscalationEvent(Out, frozen=True, kw_only=True):
    """Event ``escalation``: a notice to you or from you was not answered as agreed. post: who is
    told there now; left out where it was answered and is overdue, as it is not loaded.
    furthest: how far it had come. Silence is no consent.
    """

    notice: str
    recipient: str
    step: int
    due: str
    sentence: str
    position: int
    time: str
    post: Post | None = None
    furthest: Verb | None = None


class CalledEvent(Out, frozen=True, kw_only=True):
    """Event ``called``, to a neutral: reach this party, which does not answer a notice. contact:
    whom to call. subject, sender: where you see what the notice is about.
    """

    notice: str
    recipient: str
    urgency: Urgency
    issued: str
    sentence: str
    position: int
    time: str
    contact: ContactOut | None = None
    subject: ObjectOut | None = None
    sender: str | None = None


class IntentEvent(Out, frozen=True, kw_only=True):
    """Event ``intent``: a version of an intent of yours stands in the record."""

    intent: IntentOut
    change: IntentChange
    position: int
    time: str
    changes: list[ChangeOut] = []


class ZoneEvent(Out, frozen=True, kw_only=True):
    """Event ``zone``: a zone of yours was declared or withdrawn."""

    id: str
    change: Literal["declared", "withdrawn"]
    position: int
    time: str
    zone: ZoneOut | None = None


class NotificationOut(Out, frozen=True, kw_only=True, omit_defaults=False):
    """One of your subscriptions, and the number of this notification of it: no gaps, from 1."""

    subscription: str
    notification_index: int


class NotificationEvent(Out, frozen=True, kw_only=True):
    """Event ``notification``: an intent changed that one of your subscriptions touches."""

    subscriptions: list[NotificationOut]
    change: IntentChange
    id: str
    version: int
    position: int
    time: str
    intent: IntentOut | None = None
    shared: SharedIntentOut | None = None


class WarningEvent(Out, frozen=True, kw_only=True):
    """Event ``warning``: a warning that concerns you. Event ``warning-update``: how it goes on;
    missed: how many updates before this one were left out because you read too slowly.
    """

    warning: WarningOut
    change: WarningChange
    position: int | None = None
    time: str | None = None
    missed: int = 0


class ErasedEvent(Out, frozen=True, kw_only=True, omit_defaults=False):
    """Event ``erased``: what happened here was erased since. ground: agreement, standard or law;
    reference: which clause; erased_by: the office that ordered it.
    """

    erased_by: str
    ground: str
    reference: str


class HostActedEvent(Out, frozen=True, kw_only=True):
    """Event ``host-acted``: what the host of the node did that concerns you. party: you, or left
    out where it concerns all.
    """

    action: HostAction
    party: str | None = None
    what: str = ""
    position: int
    time: str


class CheckEvent(Out, frozen=True, kw_only=True, omit_defaults=False):
    """Event ``check``: dry runs met intents that you hide, so many times, on this day (UTC)."""

    met: int
    day: str


class WithdrawnTouchesEvent(Out, frozen=True, kw_only=True):
    """Event ``withdrawn-touches``: somebody told intents or zones that touched what you hide, and
    withdrew them or moved them away, so many times by now on this day (UTC). contact: whom to call.
    """

    count: int
    day: str
    contact: ContactOut | None = None


class TracksEvent(Out, frozen=True, kw_only=True):
    """Event ``tracks`` of the stream of tracks: the newest position of each track that moved since
    the last event. missed: how many looks were left out because you read too slowly.
    """

    tracks: list[TrackOut]
    missed: int = 0


class GapEvent(Out, frozen=True, kw_only=True):
    """Event ``gap``: you resume after number after, and your stream ends at number last: events
    that you were given are in the record no more, as where it was restored from an older copy.
    Read how things stand; the stream goes on after last.
    """

    after: int
    last: int


class LeftOutEvent(Out, frozen=True, kw_only=True):
    """Event ``left-out``: of the events from number first to number last you asked for none. Its
    number is last: the stream goes on after it.
    """

    first: int
    last: int
