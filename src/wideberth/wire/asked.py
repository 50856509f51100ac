"""The wire structs of what comes in: bodies and query strings of the native API.

Strict: an unknown member is refused, a number is no text. Times are RFC 3339 text, lengths metres,
angles degrees (WGS84). Nothing is computed here; :mod:`wideberth.wire.meaning` makes the model's
values of these. OpenAPI is made from them.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from wideberth.model.channels import ChannelState
from wideberth.model.intents import IntentKind, Source, Step, Under, VisibilityLevel
from wideberth.model.ladders import Post
from wideberth.model.liveness import HazardStatus
from wideberth.model.notices import Verb
from wideberth.model.parties import Role
from wideberth.model.stated import Stated, Status
from wideberth.model.stops import Form
from wideberth.model.zones import ZoneRule

Text = Annotated[str, msgspec.Meta(max_length=2000)]
"""Free words in a request; longer ones belong in a document that a reference names."""

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Digest = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
"""SHA-256 in lower-case hexadecimal."""

Number = Annotated[int, msgspec.Meta(ge=-(2**53), le=2**53)]
Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]


class In(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What comes in: strict."""


class PolygonFootprint(In, frozen=True, kw_only=True, tag_field="type", tag="Polygon"):
    """A GeoJSON polygon (RFC 7946): one closed ring of [longitude, latitude], edges geodesic."""

    coordinates: list[list[tuple[float, float]]]


class PointFootprint(In, frozen=True, kw_only=True, tag_field="type", tag="Point"):
    """A circle: everything within radius_m of [longitude, latitude]; exact, never a polygon."""

    coordinates: tuple[float, float]
    radius_m: float


class AltitudeWire(In, frozen=True, kw_only=True):
    """A height, its units and what it is measured from."""

    value: float
    units: Literal["M", "FT"]
    reference: Literal["W84", "MSL", "STD", "AGL"]


class VolumeWire(In, frozen=True, kw_only=True):
    """A footprint, a band of heights and a time window, all closed: touching counts."""

    footprint: PolygonFootprint | PointFootprint
    lower: AltitudeWire
    upper: AltitudeWire
    start: str
    end: str


class TextPlace(In, frozen=True, kw_only=True, omit_defaults=True):
    """A place as text: degrees in many spellings, MGRS, UTM, UPS, GEOREF. What it leaves open is
    asked about with status 422. datum: MGRS, UTM and UPS need it said. accepted: what was asked
    about before and is meant so (``null-island``).
    """

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    datum: Name | None = None
    accepted: Annotated[list[str], msgspec.Meta(max_length=8)] = []


Place = tuple[float, float] | TextPlace
"""[longitude, latitude] in degrees (RFC 7946), or text."""


class CircleFootprint(
    In, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="Circle"
):
    """Everything within radius_m of a place."""

    center: Place
    radius_m: float


class AreaFootprint(
    In, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="Area"
):
    """A polygon by its corners, the first not repeated; edges geodesic."""

    vertices: Annotated[list[Place], msgspec.Meta(min_length=3, max_length=10_001)]


class LegIn(In, frozen=True, kw_only=True, omit_defaults=True):
    """What is different on one leg: heights, and when."""

    lower: AltitudeWire | None = None
    upper: AltitudeWire | None = None
    start: str | None = None
    end: str | None = None


class PaceIn(In, frozen=True, kw_only=True, omit_defaults=True):
    """When a corridor is travelled: departure and speed, each the least and the most."""

    departure: tuple[str, str]
    speed_m_s: tuple[float, float]


class CorridorFootprint(
    In, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="Corridor"
):
    """Everything within half of width_m of a line of geodesic legs. legs: one for each, or none."""

    points: Annotated[list[Place], msgspec.Meta(min_length=2, max_length=201)]
    width_m: float
    legs: Annotated[list[LegIn], msgspec.Meta(max_length=200)] = []
    pace: PaceIn | None = None


class SectorFootprint(
    In, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="Sector"
):
    """Between two radii and, clockwise, two true azimuths; equal azimuths are all round."""

    center: Place
    radius_m: float
    inner_radius_m: float = 0
    from_deg: float = 0
    to_deg: float = 360


class FixIn(In, frozen=True, kw_only=True, omit_defaults=True):
    """Where a mover will be, when; lower and upper for the leg that begins here."""

    place: Place
    time: str
    lower: AltitudeWire | None = None
    upper: AltitudeWire | None = None


class MovingFootprint(
    In, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="Moving"
):
    """Everything within radius_m of a mover that goes from fix to fix, up to tolerance_s early or
    late.
    """

    fixes: Annotated[list[FixIn], msgspec.Meta(min_length=2, max_length=201)]
    radius_m: float
    tolerance_s: Annotated[float, msgspec.Meta(ge=0, le=1e6)] = 0


class ScheduleIn(In, frozen=True, kw_only=True, omit_defaults=True):
    """When within start and end it holds, as a NOTAM's item D) says it: ``MON-FRI 0800-1600``.
    zone: whose clock these times are on, by IANA name.
    """

    times: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
    zone: Name = "UTC"


class VolumeIn(In, frozen=True, kw_only=True, omit_defaults=True):
    """A shape, a band of heights and a time window. A corridor, a mover, a ring and a schedule
    become several volumes that cover what was declared.

    start, end: RFC 3339, a military date-time group, a NOTAM group, or local time with its zone.
    clock_bound_s: how far the clock that they are kept by may be off; the window is widened by it.
    """

    footprint: (
        PolygonFootprint
        | PointFootprint
        | CircleFootprint
        | AreaFootprint
        | CorridorFootprint
        | SectorFootprint
        | MovingFootprint
    )
    lower: AltitudeWire
    upper: AltitudeWire
    start: str
    end: str
    schedule: ScheduleIn | None = None
    clock_bound_s: Annotated[float, msgspec.Meta(ge=0, le=86_400)] = 0


class VisibilityIn(In, frozen=True, kw_only=True):
    """Who sees an intent. parties: those who see all of it, whatever the level."""

    level: VisibilityLevel
    parties: Annotated[list[str], msgspec.Meta(max_length=1000)] = []


class ProvenanceIn(In, frozen=True, kw_only=True):
    """Where the coordinates come from and how good they are; checked_by is a role, not a name."""

    source: Source
    accuracy_m: Annotated[float, msgspec.Meta(ge=0, le=1e7)] = 0
    captured: str | None = None
    checked_by: Name | None = None


class IntentIn(In, frozen=True, kw_only=True):
    """What a party says that it will do. key: the OVNs of intents that it knows of. confirmed: it
    is meant as it is, also what lies outside of the space's area or was moved far. under: what it
    says with regard to agreements. state_by_track: of a flight, that its state follows the tracks
    of its party's own feeds: Nonconforming while one is outside, then Contingent.
    """

    kind: IntentKind
    volumes: list[VolumeIn]
    priority: Number = 0
    visibility: VisibilityIn | None = None
    provenance: ProvenanceIn | None = None
    count: Number | None = None
    call_sign: Name | None = None
    place_name: Name | None = None
    stated: Stated | None = None
    status: Status | None = None
    confirmed: bool = False
    key: Annotated[list[str], msgspec.Meta(max_length=10_000)] = []
    under: Under | None = None
    state_by_track: bool = False


class SubmitIntentIn(IntentIn, frozen=True, kw_only=True):
    """A new intent. activated: it is under way already."""

    activated: bool = False


class AmendIntentIn(IntentIn, frozen=True, kw_only=True):
    """A new version of an intent. ovn: of the version that it replaces."""

    ovn: Name


class ChangeStateIn(In, frozen=True, kw_only=True):
    """One step with an intent. ovn: of the version that it is taken on."""

    ovn: Name
    step: Step


class CheckIn(IntentIn, frozen=True, kw_only=True):
    """A dry run. replaces: the intent of which this would be a new version. hidden: whether to
    test against hidden intents, which is recorded, counted, and shown to their owners as a count.
    """

    replaces: Name | None = None
    hidden: bool = True
    activated: bool = False


class PasteIn(In, frozen=True, kw_only=True):
    """Text to be read as drafts of volumes. form: left out: as it looks. shape: what places without
    a radius or a width are. columns: of a sheet, for each thing the name of its column; left out:
    by their names. datum: of MGRS, UTM and UPS that name none.
    """

    text: Annotated[str, msgspec.Meta(max_length=200_000)]
    form: Literal["coordinates", "notam", "geojson", "table"] | None = None
    shape: Literal["polygon", "circle", "corridor"] | None = None
    columns: Annotated[dict[str, str], msgspec.Meta(max_length=40)] | None = None
    datum: Name | None = None


class QueryIn(In, frozen=True, kw_only=True):
    """An exact question in four dimensions."""

    volume: VolumeIn
    kinds: list[IntentKind] = []
    limit: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 100
    cursor: str | None = None


class ZoneIn(In, frozen=True, kw_only=True):
    """A standing area with a rule. notice_minutes: what a notice zone asks for. confirmed: it is
    meant as it is, also what lies outside of the space's area or was moved far.
    """

    name: Name
    rule: ZoneRule
    volumes: Annotated[list[VolumeIn], msgspec.Meta(max_length=200)]
    reason: Text = "withheld"
    notice_minutes: Annotated[int, msgspec.Meta(ge=0, le=100_000)] = 0
    kinds: list[IntentKind] = []
    confirmed: bool = False


class ZoneAgainIn(ZoneIn, frozen=True, kw_only=True):
    """A new version of a zone. replaces_version: the version that it replaces."""

    replaces_version: Annotated[int, msgspec.Meta(ge=1, le=2**53)]


class SubscriptionIn(In, frozen=True, kw_only=True):
    """A standing wish to be told of whatever touches a volume."""

    volume: VolumeIn


class ReadBackIn(In, frozen=True, kw_only=True):
    """The particulars as the reader understood them; heights above the WGS84 ellipsoid."""

    latitude: float
    longitude: float
    start: str
    end: str
    lower_m: float
    upper_m: float


class AcknowledgeIn(In, frozen=True, kw_only=True):
    """One answer to a notice. attested: a role stands for all units. difference: the digest of the
    difference that you acknowledge; content: the digest of the notice as you read it; clock: when
    you answer, by your own clock.
    """

    verb: Verb
    unit: Name | None = None
    system: Name | None = None
    reason: Text | None = None
    read_back: ReadBackIn | None = None
    attested: bool = False
    difference: Digest | None = None
    content: Digest | None = None
    clock: str | None = None


class ReadStopIn(In, frozen=True, kw_only=True):
    """Somebody has read a STOP. by: a person; no program says so. post: whose place it is."""

    by: Literal["person"]
    post: Post = Post.DUTY


class StopAreaIn(In, frozen=True, kw_only=True):
    """Everything within radius_m of a point (WGS84 degrees)."""

    latitude: Annotated[float, msgspec.Meta(ge=-90, le=90)]
    longitude: Annotated[float, msgspec.Meta(ge=-180, le=180)]
    radius_m: Annotated[float, msgspec.Meta(ge=0, le=20_100_000)]


class StopIn(In, frozen=True, kw_only=True):
    """A STOP, or one of its kin. All may be left out. text: what is wrong, who is there, how to
    call back. intent, zone: the place by its id, given on to those who may see it. unit: the
    convoy or post of yours that tells it, by its token.
    """

    form: Form = Form.STOP
    text: Annotated[str, msgspec.Meta(max_length=200)] = ""
    intent: Name | None = None
    zone: Name | None = None
    area: StopAreaIn | None = None
    unit: Name | None = None


class KeyIn(In, frozen=True, kw_only=True):
    """A party's public key (Ed25519, base64url) and the signature that proves possession."""

    key_id: Name
    public_key: Name
    roles: Annotated[list[Role], msgspec.Meta(min_length=1, max_length=16)]
    proof: Name


class ReportIn(In, frozen=True, kw_only=True, omit_defaults=True):
    """One position, as reported. altitude_m: above the WGS84 ellipsoid. pressure_altitude_m: what
    an altimeter set to 1013.25 hPa shows; it is compared with its like alone.

    altitude_time: when the heights were said, where that is another moment than time;
    velocity_time: ground speed, track and vertical rate; call_sign_time: the call sign.
    """

    track: Name
    latitude: float
    longitude: float
    time: str
    call_sign: Name | None = None
    party: Name | None = None
    altitude_m: float | None = None
    pressure_altitude_m: float | None = None
    ground_speed_m_s: float | None = None
    track_deg: float | None = None
    vertical_rate_m_s: float | None = None
    accuracy_m: float | None = None
    altitude_time: str | None = None
    velocity_time: str | None = None
    call_sign_time: str | None = None


class TracksIn(In, frozen=True, kw_only=True, omit_defaults=True):
    """Positions of one feed, up to 10,000 at once."""

    feed: Name
    reports: Annotated[list[ReportIn], msgspec.Meta(max_length=10_000)]


class FeedIn(In, frozen=True, kw_only=True):
    """Who sees a feed's tracks besides its party and each thing's own party."""

    shown_to: Literal["owner", "all"] | Annotated[list[str], msgspec.Meta(max_length=1000)]


class ExchangeIn(In, frozen=True, kw_only=True):
    """One exchange of stamps. sent, back: by the asker's clock; received, answered: by the
    node's.
    """

    sent: str
    received: str
    answered: str
    back: str


class ClockIn(In, frozen=True, kw_only=True):
    """A question to the node's clock. exchanges: earlier ones, of which the answer makes the offset
    of the asker's clock.
    """

    exchanges: Annotated[list[ExchangeIn], msgspec.Meta(max_length=16)] = []


class HeartbeatIn(In, frozen=True, kw_only=True):
    """The desk is there; degraded: not by all of its means."""

    degraded: bool = False


class SuspendIn(In, frozen=True, kw_only=True):
    """A channel is suspended: what of it, why, and for how long (left out: until it is resumed)."""

    scope: Text
    reason: Text
    for_minutes: Annotated[int, msgspec.Meta(ge=1, le=525_600)] | None = None


class ReportChannelIn(In, frozen=True, kw_only=True):
    """What you found of another party's channel: DOWN, or REFUSED."""

    state: ChannelState
    reason: Text


class HazardStatusIn(In, frozen=True, kw_only=True):
    """The status of a hazard of yours."""

    status: HazardStatus


class AvoidingIn(In, frozen=True, kw_only=True):
    """Where you suggest to keep while a hazard of yours lasts. to: of those who were told of it;
    all of them where it is left out.
    """

    volumes: list[VolumeIn]
    kind: Literal["flight", "movement"] = "flight"
    to: Annotated[list[Name], msgspec.Meta(max_length=1000)] = []


class TakeShiftIn(In, frozen=True, kw_only=True):
    """A post is taken over. open_list: the digest of the open list that was read."""

    post: Post
    open_list: Name


class CeilingIn(In, frozen=True, kw_only=True):
    """How many notices in seven days go to a recipient before you are warned; nothing is held back
    for it. Name your own party as the recipient (sender: of one sender; left out: in all), or as
    the sender. notices: left out: the ceiling is taken away.
    """

    recipient: Name
    sender: Name | None = None
    notices: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] | None = None


RelayedVerb = Literal["RECEIVED", "READ-BACK", "CANNOT-COMPLY", "DISPUTED", "STOP"]
"""What can be answered by mail, code or link."""

Words = Annotated[str, msgspec.Meta(max_length=500)]


class CodeAnswerIn(In, frozen=True, kw_only=True):
    """An answer by the code of a message. words: the reason, or the words of a STOP."""

    code: Annotated[str, msgspec.Meta(max_length=40)]
    verb: RelayedVerb
    words: Words | None = None
    read_back: ReadBackIn | None = None


class LinkAnswerIn(In, frozen=True, kw_only=True):
    """An answer by the link of a message, also as its page's form sends it. place, begin, end,
    lowest_m, highest_m: what is read back, in words.
    """

    verb: RelayedVerb
    words: Words | None = None
    place: Words | None = None
    begin: Words | None = None
    end: Words | None = None
    lowest_m: Words | None = None
    highest_m: Words | None = None


class TypedIn(In, frozen=True, kw_only=True):
    """What a counterpart answered by telephone, as the desk that heard it types it (R-07). desk: a
    post, never a person's name. difference: the digest of the difference that was read out and
    acknowledged. language: a BCP 47 tag. audio_sha256: of the recording, where the
    parties agreed on one.
    """

    verb: Literal["RECEIVED", "READ-BACK", "CANNOT-COMPLY", "DISPUTED"]
    started: str
    ended: str
    desk: Name
    language: Annotated[str, msgspec.Meta(pattern="^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}$")]
    identified: Literal["called-back", "pass-phrase", "recognised", "claimed"]
    interpreter: bool = False
    reason: Text | None = None
    read_back: ReadBackIn | None = None
    audio_sha256: Digest | None = None
    difference: Digest | None = None


class EmptyIn(In, frozen=True, kw_only=True):
    """Nothing needs to be said."""


class Nothing(In, frozen=True, kw_only=True):
    """No parameters."""


class PageQuery(In, frozen=True, kw_only=True):
    """A page. limit: up to 1,000."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 100
    cursor: str | None = None


class WarningsQuery(PageQuery, frozen=True, kw_only=True):
    """What stands. order: by id, page by page; or by time-to-loss, one page of the nearest."""

    order: Literal["id", "time-to-loss"] = "id"


class HeldQuery(PageQuery, frozen=True, kw_only=True):
    """What you hold in force. with: only what is yours or this party's and both of you see."""

    with_: str | None = msgspec.field(name="with", default=None)


_Latitude = Annotated[float, msgspec.Meta(ge=-90, le=90)] | None
_Longitude = Annotated[float, msgspec.Meta(ge=-180, le=180)] | None


class BoxQuery(PageQuery, frozen=True, kw_only=True):
    """A box in degrees, all four sides or none; across the antimeridian where west > east."""

    south: _Latitude = None
    west: _Longitude = None
    north: _Latitude = None
    east: _Longitude = None


class SegmentQuery(In, frozen=True, kw_only=True):
    """From which piece on, the first is 0."""

    from_: Annotated[int, msgspec.Meta(ge=0)] = msgspec.field(name="from", default=0)


class AreaQuery(BoxQuery, frozen=True, kw_only=True):
    """A box, a time window and a band of heights above the WGS84 ellipsoid; all of it optional."""

    from_: str | None = msgspec.field(name="from", default=None)
    to: str | None = None
    lower_m: float | None = None
    upper_m: float | None = None
    kind: IntentKind | None = None
    party: str | None = None


class PeriodQuery(In, frozen=True, kw_only=True):
    """A period, from and before. Left out: the seven days until now."""

    from_: str | None = msgspec.field(name="from", default=None)
    to: str | None = None


class AfterQuery(In, frozen=True, kw_only=True):
    """A page of numbered things."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 100
    after: Count = 0


class NoticesQuery(AfterQuery, frozen=True, kw_only=True):
    """Notices by number."""

    state: Literal["open", "all"] = "all"


class VersionQuery(In, frozen=True, kw_only=True):
    """Which version is meant."""

    version: Count


class ListenQuery(In, frozen=True, kw_only=True):
    """An area: a box in degrees (all four sides; across the antimeridian where west > east), or a
    circle ``latitude,longitude,radius in metres``, or a polygon ``latitude,longitude;...``; and a
    band of heights above the WGS84 ellipsoid. Left out: everywhere.
    """

    south: _Latitude = None
    west: _Longitude = None
    north: _Latitude = None
    east: _Longitude = None
    circle: str | None = None
    polygon: str | None = None
    lower_m: float | None = None
    upper_m: float | None = None


class StreamQuery(ListenQuery, frozen=True, kw_only=True):
    """Where a stream goes on, and what of it is wanted. The header Last-Event-ID says the same as
    after and wins. kinds: names of events with commas between; left out: all.
    """

    after: Count = 0
    kinds: str | None = None


class EntriesQuery(In, frozen=True, kw_only=True):
    """Entries from a position on. party: for whom they are wanted; another than the reader is
    refused, so that nothing made of them is labelled as another's.
    """

    from_: Count = msgspec.field(name="from", default=0)
    limit: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 100
    party: str | None = None


Witnesses = Annotated[int, msgspec.Meta(ge=0, le=60)]


class CheckpointQuery(In, frozen=True, kw_only=True):
    """Which head: the newest; of a beat, the one that witnesses are asked for; or the newest that
    at least so many witnesses have cosigned.
    """

    beat: bool = False
    witnesses: Witnesses = 0


class ReceiptQuery(In, frozen=True, kw_only=True):
    """Under which head: the newest, or the newest that so many witnesses have cosigned."""

    witnesses: Witnesses = 0


class CosignaturesIn(In, frozen=True, kw_only=True):
    """A head of this record with its signature and the witness's: a C2SP checkpoint."""

    note: Annotated[str, msgspec.Meta(min_length=1, max_length=100_000)]


class ConsistencyQuery(In, frozen=True, kw_only=True):
    """Two sizes of the record."""

    old: Count
    new: Count
