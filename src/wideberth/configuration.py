"""What a node's ``wideberth.toml`` says: its space, whom it trusts, where it listens, its rules.

Lengths stand in metres and times in seconds in the file, and in millimetres and microseconds in
the model. A member that is not known is refused, so that a misspelt one is not silently left out.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from wideberth.clock import ExerciseClock
from wideberth.conformancetable import ConformanceTable
from wideberth.erasure import RetentionTable
from wideberth.errors import InvalidValue
from wideberth.feedtable import FeedTable
from wideberth.jwks import JwksSource, keys_of_pem
from wideberth.layered import (
    Layers,
    Secret,
    layers_of,
    read_toml,
    require,
    require_within,
    variable_of,
)
from wideberth.model.ids import PartyId, require_party_id
from wideberth.model.intents import IntentKind
from wideberth.model.loads import LoadRule
from wideberth.model.notices import Urgency
from wideberth.model.questions import QuestionTimes
from wideberth.model.settings import (
    DEFAULT_RULES,
    Area,
    Effect,
    KindLimit,
    PairRule,
    Plausible,
    ReadBackTolerance,
    Rules,
)
from wideberth.operating import (
    CertificateSettings,
    DeliveryTable,
    LimitsTable,
    Listen,
    LogTable,
    MetricsTable,
    TakTable,
    TraceTable,
    is_loopback,
)
from wideberth.record.cosignatures import parse_witness_vkey
from wideberth.snapshots import SnapshotTable
from wideberth.space.time import DAY_US, MAX_US, MINUTE_US, SECOND_US, parse_rfc3339
from wideberth.space.vertical import TerrainBound
from wideberth.space.volume import NANODEGREES, Separation
from wideberth.tokens import MAX_LIFE_S, PartyCertificate, TrustedIssuer
from wideberth.watch.archive import ArchiveSettings
from wideberth.watch.settings import (
    FeedSettings,
    PairSettings,
    TrackSettings,
    WatchSettings,
    WellClearName,
)

__all__ = [
    "CONFIGURATION_FILE",
    "Auth",
    "ClockSettings",
    "Configuration",
    "Effective",
    "Listen",
    "RecordTable",
    "Space",
    "TracksTable",
    "WatchTable",
    "WitnessSettings",
    "WitnessingTable",
    "effective_configuration",
    "exercise_clock",
    "format_rules",
    "load_configuration",
    "load_rules",
    "party_certificates",
    "require_loopback_or_auth",
    "trusted_issuers",
    "watch_settings",
]

CONFIGURATION_FILE = "wideberth.toml"
_PASSPHRASE = "record.passphrase"  # noqa: S105 - the name of a setting
_MAX_M = 1e9
_MAX_S = 3.2e9  # a century


class Space(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[space]``: what the first start writes into the record. Later it must agree with it.

    origin: the record's name; None: made. host: who runs this node. exercise: nothing is real.
    beside: folders of the host's other spaces; a key of one kind is not enrolled in the other.
    """

    origin: str | None = None
    host: str = "unnamed host"
    exercise: bool = False
    beside: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raises InvalidValue."""
        holds = 0 < len(self.host.strip()) <= 200
        require("host", self.host, "give who runs this node", holds=holds)


class RecordTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[record]``. seal: what the folder holds of parties, places and times is sealed at rest.

    key_file: what opens it, a file outside of the folder; a relative path is below the folder.
    passphrase: instead of that; by its variable only, since the settings lie beside the record.
    """

    seal: bool = False
    key_file: str | None = None
    passphrase: Secret | None = None

    def __post_init__(self) -> None:
        """Raises InvalidValue."""
        holds = self.key_file is None or self.passphrase is None
        require("key_file", self.key_file, "give a key file or a passphrase", holds=holds)


class ClockSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[clock]``, in an exercise only: the day that is played instead of today.

    The clock shows start when the real one shows at (both RFC 3339), and runs rate times as fast
    until it shows until; from there on at the real pace.
    """

    start: str
    at: str
    rate: float = 1.0
    until: str | None = None

    def clock(self) -> ExerciseClock:
        """The clock that the settings ask for. Raises InvalidValue."""
        if not 0 < self.rate <= 1000:
            raise InvalidValue("rate", "rate", self.rate, "give over 0, up to 1000")
        start_us = parse_rfc3339(self.start, field="start")
        until_us = MAX_US if self.until is None else parse_rfc3339(self.until, field="until")
        if until_us < start_us:
            raise InvalidValue("start, until", "order", self.until, "end after the start")
        return ExerciseClock(start_us, parse_rfc3339(self.at, field="at"), self.rate, until_us)


class WatchTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[watch]``: how often it looks, and when it warns; see wideberth.watch.settings.

    show_every_s: how often positions go out on streams, at most.
    silence_after_s: a track without a position for so long is silent. horizontal_m, vertical_m:
    two tracks nearer than both are too close. look_ahead_s: how far ahead that is predicted, and
    so is an entry into a zone. well_clear: the volume of DO-365B that two tracks are to stay out of
    as well, or ``off``. by_distance: whether the distances are a rule beside such a volume.
    """

    tick_s: float = 1.0
    show_every_s: float = 1.0
    silence_after_s: float = FeedSettings().silence_after_us / SECOND_US
    horizontal_m: float = PairSettings().horizontal_m
    vertical_m: float = PairSettings().vertical_m
    look_ahead_s: float = PairSettings().look_ahead_us / SECOND_US
    well_clear: Literal["off", WellClearName] = "off"
    by_distance: bool = PairSettings().by_distance

    def settings(self) -> WatchSettings:
        """What the watch is told. Raises InvalidValue."""
        for name in ("tick_s", "show_every_s"):
            if not 0.05 <= getattr(self, name) <= 60:
                raise InvalidValue(name, "tick", getattr(self, name), "give 0.05 to 60 seconds")
        feed = FeedSettings(silence_after_us=_us(self.silence_after_s, "silence_after_s"))
        look_ahead_us = _us(self.look_ahead_s, "look_ahead_s")
        pairs = PairSettings(
            self.horizontal_m,
            self.vertical_m,
            look_ahead_us,
            well_clear=None if self.well_clear == "off" else self.well_clear,
            by_distance=self.by_distance,
        )
        return WatchSettings(
            tracks=TrackSettings(default_feed=feed),
            pairs=pairs,
            zone_look_ahead_us=look_ahead_us,
        )


class TracksTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[tracks]``: whether positions are kept beside the record, and for how long.

    every_s: of one track of a feed, at most one position in so long is kept. close_minutes: after
    so long a file is closed and its digest put into the record. limit_mb: what is kept of one
    party's feeds, in millions of bytes, the oldest go first; as much again of an incident's window.
    """

    keep: bool = True
    kept_days: float = 30
    every_s: float = 1.0
    close_minutes: float = 10
    limit_mb: float = 1000

    def __post_init__(self) -> None:
        """Raises InvalidValue."""
        require_within(
            self,
            ("kept_days", 0.01, 3660, "days"),
            ("every_s", 0, 3600, "seconds"),
            ("close_minutes", 0.1, 1440, "minutes"),
            ("limit_mb", 1, 1e6, "millions of bytes"),
        )

    def settings(self) -> ArchiveSettings:
        """What the archive is told."""
        return ArchiveSettings(
            kept_us=round(self.kept_days * DAY_US),
            every_us=round(self.every_s * SECOND_US),
            close_us=round(self.close_minutes * MINUTE_US),
            most_bytes=round(self.limit_mb * 1e6),
        )


class IssuerSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One of ``[[auth.issuers]]``. pem, jwks: files, relative to the folder; or an https URL."""

    issuer: str
    audience: str
    pem: tuple[str, ...] = ()
    jwks: str | None = None
    claim: str | None = None
    parties: tuple[str, ...] = ()


class Auth(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[auth]``: whose tokens count. built_in: those made by ``wideberth token``; None: not said.

    longest_token_h: what a token may live at most, in hours. certificates: by which certificates
    parties connect.
    """

    issuers: tuple[IssuerSettings, ...] = ()
    built_in: bool | None = None
    longest_token_h: float = MAX_LIFE_S / 3600
    jwks_refresh_s: float = 300.0
    certificates: tuple[CertificateSettings, ...] = ()

    def __post_init__(self) -> None:
        """Raises InvalidValue."""
        life_h, every_s = self.longest_token_h, self.jwks_refresh_s
        require("longest_token_h", life_h, "give up to 8784 hours", holds=0 < life_h <= 24 * 366)
        require("jwks_refresh_s", every_s, "give 1 to 86,400 seconds", holds=1 <= every_s <= 86_400)
        names = [each.issuer for each in self.issuers]
        for index, name in enumerate(names):
            holds = names.index(name) == index
            require(f"issuers.{index}.issuer", name, "name an issuer once", holds=holds)

    @property
    def is_configured(self) -> bool:
        """Whether somebody decided whose tokens count."""
        return bool(self.issuers) or self.built_in is True

    @property
    def max_life_s(self) -> int:
        """What a token may live at most, in seconds."""
        return int(self.longest_token_h * 3600)


class _Apart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    horizontal_m: float = 0.0
    vertical_m: float = 0.0
    time_s: float = 0.0

    def separation(self) -> Separation:
        return Separation(
            _mm(self.horizontal_m, "horizontal_m"),
            _mm(self.vertical_m, "vertical_m"),
            _us(self.time_s, "time_s"),
        )


class _Pair(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kinds: tuple[IntentKind, IntentKind]
    effect: Effect = Effect.WARN
    separation: _Apart = _Apart()
    urgency: Urgency = Urgency.PROMPT
    higher_priority_passes: bool = True
    key_proves: bool = True

    def rule(self) -> PairRule:
        return PairRule(
            self.kinds,
            self.effect,
            self.separation.separation(),
            self.urgency,
            self.higher_priority_passes,
            self.key_proves,
        )


class _Limit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kind: IntentKind
    minimum_lead_s: float = 0.0
    horizon_s: float = KindLimit(IntentKind.FLIGHT).horizon_us / SECOND_US
    longest_s: float = KindLimit(IntentKind.FLIGHT).longest_us / SECOND_US

    def limit(self) -> KindLimit:
        return KindLimit(
            self.kind,
            minimum_lead_us=_us(self.minimum_lead_s, "minimum_lead_s"),
            horizon_us=_us(self.horizon_s, "horizon_s"),
            longest_us=_us(self.longest_s, "longest_s"),
        )


class _Terrain(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    lowest_msl_m: float
    highest_msl_m: float


class _ReadBack(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    horizontal_m: float = ReadBackTolerance().horizontal_mm / 1000
    vertical_m: float = ReadBackTolerance().vertical_mm / 1000
    time_s: float = ReadBackTolerance().time_us / SECOND_US


class _Area(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    south: float
    west: float
    north: float
    east: float

    def area(self) -> Area:
        for name, most in (("south", 90), ("west", 180), ("north", 90), ("east", 180)):
            value = getattr(self, name)
            if not abs(value) <= most:
                raise InvalidValue(f"area.{name}", "degrees", value, f"give -{most} to {most}")
        if self.north <= self.south or self.east == self.west:
            raise InvalidValue(
                "area", "empty-area", str(self), "give a north over the south, and a width"
            )
        sides = (self.south, self.west, self.north, self.east)
        return Area(*(round(side * NANODEGREES) for side in sides))


class _Plausible(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    moved_km: float = DEFAULT_RULES.plausible.moved_mm / 1_000_000
    site_moved_km: float = DEFAULT_RULES.plausible.site_moved_mm / 1_000_000
    named_km: float = DEFAULT_RULES.plausible.named_mm / 1_000_000
    coast: bool = DEFAULT_RULES.plausible.coast

    def plausible(self) -> Plausible:
        return Plausible(
            moved_mm=_mm(self.moved_km * 1000, "plausible.moved_km"),
            site_moved_mm=_mm(self.site_moved_km * 1000, "plausible.site_moved_km"),
            named_mm=_mm(self.named_km * 1000, "plausible.named_km"),
            coast=self.coast,
        )


class _Clocks(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    step_s: float = DEFAULT_RULES.clock_step_us / SECOND_US
    every_s: float = DEFAULT_RULES.clock_every_us / SECOND_US
    cap_s: float = DEFAULT_RULES.clock_cap_us / SECOND_US
    limit_s: float = DEFAULT_RULES.clock_limit_us / SECOND_US


class _Questions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    answer_days: float = DEFAULT_RULES.questions.answer_us / DAY_US
    urgent_days: float = DEFAULT_RULES.questions.urgent_us / DAY_US
    receipt_days: float = DEFAULT_RULES.questions.receipt_us / DAY_US

    def times(self) -> QuestionTimes:
        for name in self.__struct_fields__:
            days = getattr(self, name)
            if not 0.01 <= days <= 366:
                raise InvalidValue(f"questions.{name}", "days", days, "give 0.01 to 366 days")
        return QuestionTimes(
            answer_us=round(self.answer_days * DAY_US),
            urgent_us=round(self.urgent_days * DAY_US),
            receipt_us=round(self.receipt_days * DAY_US),
        )


class RulesSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[rules]``. pairs and limits not given here are those of the default rules.

    terrain: metres above mean sea level.
    """

    version: str
    default: Effect = DEFAULT_RULES.default
    separation: _Apart = _Apart()
    same_party: bool = DEFAULT_RULES.same_party
    assess_sharing: bool = DEFAULT_RULES.assess_sharing
    sites_a_day: int = DEFAULT_RULES.sites_a_day
    seal_texts: bool = DEFAULT_RULES.seal_texts
    need_to_know: bool = DEFAULT_RULES.need_to_know
    read_back_test_days: int = DEFAULT_RULES.read_back_test_us // DAY_US
    pairs: tuple[_Pair, ...] = ()
    limits: tuple[_Limit, ...] = ()
    terrain: _Terrain | None = None
    pressure_error_m: float | None = None
    cell_deg: float = DEFAULT_RULES.cell_nd / NANODEGREES
    check_budget: int = DEFAULT_RULES.check_budget
    withdrawn_touches: int = DEFAULT_RULES.withdrawn_touches
    check_largest_m: float = DEFAULT_RULES.check_largest_mm / 1000
    read_back: _ReadBack = _ReadBack()
    area: _Area | None = None
    plausible: _Plausible = _Plausible()
    clocks: _Clocks = _Clocks()
    questions: _Questions = _Questions()
    load: LoadRule = LoadRule()


class WitnessSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One of ``[[witnesses]]``. vkey: its key, as ``wideberth witness`` prints it. url: where it
    takes heads; None: it comes for them by itself.
    """

    vkey: str
    url: str | None = None

    def __post_init__(self) -> None:
        """Raises InvalidValue."""
        parse_witness_vkey(self.vkey)
        if self.url is not None:
            require(
                "url", self.url, "give http(s)://host[:port][/prefix]", holds=_is_base_url(self.url)
            )


def _is_base_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:  # half an IPv6 address
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.query


class WitnessingTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[witnessing]``. beat_s: how often at most witnesses are handed a new head."""

    beat_s: float = 5.0

    def __post_init__(self) -> None:
        """Raises InvalidValue."""
        holds = 0.05 <= self.beat_s <= 3600
        require("beat_s", self.beat_s, "give 0.05 to 3600 seconds", holds=holds)


class Configuration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A whole ``wideberth.toml``; every table may be left out.

    To add a table: a struct that checks itself in ``__post_init__``, and one line here. Its
    variables, its place in ``wideberth config`` and its complaints follow from that.
    """

    space: Space = Space()
    auth: Auth = Auth()
    listen: Listen = Listen()
    limits: LimitsTable = LimitsTable()
    metrics: MetricsTable = MetricsTable()
    delivery: DeliveryTable = DeliveryTable()
    tak: TakTable = TakTable()
    log: LogTable = LogTable()
    trace: TraceTable = TraceTable()
    rules: RulesSettings | None = None
    clock: ClockSettings | None = None
    watch: WatchTable = WatchTable()
    conformance: ConformanceTable = ConformanceTable()
    tracks: TracksTable = TracksTable()
    feed: tuple[FeedTable, ...] = ()
    snapshot: SnapshotTable = SnapshotTable()
    retention: RetentionTable = RetentionTable()
    record: RecordTable = RecordTable()
    witnesses: tuple[WitnessSettings, ...] = ()
    witnessing: WitnessingTable = WitnessingTable()

    def __post_init__(self) -> None:
        """Raises InvalidValue."""
        keys = [parse_witness_vkey(each.vkey).public_key for each in self.witnesses]
        require("witnesses", len(keys), "give 60 at most", holds=len(keys) <= 60)
        for index, key in enumerate(keys):
            holds = keys.index(key) == index
            vkey = self.witnesses[index].vkey
            require(f"witnesses.{index}.vkey", vkey, "name a witness once", holds=holds)
        require("feed", len(self.feed), "give 100 at most", holds=len(self.feed) <= 100)
        feeds = [(each.party, each.name) for each in self.feed]
        for index, (_, name) in enumerate(feeds):
            holds = feeds.index(feeds[index]) == index
            require(f"feed.{index}.name", name, "give each feed of a party its name", holds=holds)


@dataclass(frozen=True, slots=True)
class Effective:
    """The settings in force, and the layers that they come from."""

    configuration: Configuration
    layers: Layers


def effective_configuration(path: Path, environ: Mapping[str, str]) -> Effective:
    """What the file and the variables say, checked; the defaults where they say nothing.

    Opens no other file: keys and certificates are read where they are used. Raises InvalidValue
    naming the file and key or the variable, the value and the rule.
    """
    layers = layers_of(path, Configuration, environ)
    found = layers.converted(Configuration)
    if found.record.passphrase is not None and _PASSPHRASE not in layers.variables:
        raise InvalidValue(
            layers.where(_PASSPHRASE),
            "secret-in-file",
            "(kept secret)",
            f"keep it out of the folder that it opens: set {variable_of(_PASSPHRASE)}",
        )
    for key, check in (
        ("clock", lambda: _exercise_clock(found)),
        ("watch", found.watch.settings),
        ("rules", lambda: _checked_rules(found.rules)),
    ):
        try:
            check()
        except InvalidValue as error:
            raise layers.refused(error, key) from None
    return Effective(found, layers)


def require_loopback_or_auth(found: Configuration, address: str, *, where: str) -> None:
    """Refuse another address than this machine's own where nobody said whose tokens count.

    where: what named the address, for the error. Raises InvalidValue.
    """
    if found.auth.is_configured or is_loopback(address):
        return
    raise InvalidValue(
        where,
        "authentication-not-configured",
        address,
        "without [auth] in wideberth.toml a node listens on this machine only (127.0.0.1, ::1);"
        " say there whose tokens count",
    )


def load_configuration(path: Path, environ: Mapping[str, str] | None = None) -> Configuration:
    """The settings in force by a file and the variables (None: this process's), checked.

    Raises InvalidValue as effective_configuration does.
    """
    return effective_configuration(path, os.environ if environ is None else environ).configuration


def exercise_clock(found: Configuration, path: Path) -> ExerciseClock | None:
    """The clock of the exercise; None for the real one. Raises InvalidValue outside an exercise."""
    try:
        return _exercise_clock(found)
    except InvalidValue as error:
        raise Layers(path.name).refused(error, "clock") from None


def _exercise_clock(found: Configuration) -> ExerciseClock | None:
    if found.clock is None:
        return None
    if not found.space.exercise:
        raise InvalidValue("", "exercise-only", found.clock.start, "only an exercise has [clock]")
    return found.clock.clock()


def watch_settings(found: Configuration, path: Path) -> WatchSettings:
    """What the watch is told. Raises InvalidValue naming the file and the key."""
    try:
        watch = found.watch.settings()
    except InvalidValue as error:
        raise Layers(path.name).refused(error, "watch") from None
    default = watch.tracks.default_feed
    own = {(each.party, each.name): each.watched(default) for each in found.feed}
    tracks = msgspec.structs.replace(watch.tracks, own_feeds=own)
    return msgspec.structs.replace(watch, tracks=tracks)


def load_rules(path: Path) -> Rules:
    """The rules in a file: its ``[rules]`` table, or the file itself. Raises InvalidValue."""
    raw = read_toml(path)
    layers = Layers(path.name, {"rules": raw.get("rules", raw)})
    return rules_of(layers.converted(_RulesFile).rules, path)


class _RulesFile(msgspec.Struct, frozen=True):
    rules: RulesSettings


def rules_of(settings: RulesSettings | None, path: Path) -> Rules:
    """The rules that the settings ask for; the default ones for None. Raises InvalidValue."""
    try:
        return _checked_rules(settings)
    except InvalidValue as error:
        raise Layers(path.name).refused(error, "rules") from None


def _checked_rules(settings: RulesSettings | None) -> Rules:
    if settings is None:
        return DEFAULT_RULES
    rules = _rules(settings)
    _check_people_are_spared(rules)
    return rules


def trusted_issuers(
    auth: Auth, folder: Path, *, file: str = CONFIGURATION_FILE
) -> list[TrustedIssuer]:
    """The issuers with their keys from files and the sources of the rest. Raises InvalidValue."""
    trusted: list[TrustedIssuer] = []
    for index, each in enumerate(auth.issuers):
        where = f"{file}: auth.issuers.{index}"
        try:
            keys = tuple(key for name in each.pem for key in keys_of_pem(folder / name))
            sources = _sources(each, folder, refresh_s=auth.jwks_refresh_s)
            parties = frozenset(require_party_id(party, field="parties") for party in each.parties)
        except InvalidValue as error:
            raise error.within(where) from None
        if not keys and not sources:
            raise InvalidValue(where, "issuer-keys", each.issuer, "give pem = [...] or jwks = ...")
        trusted.append(
            TrustedIssuer(
                each.issuer,
                each.audience,
                keys=keys,
                sources=sources,
                claim=each.claim,
                parties=parties,
                max_life_s=auth.max_life_s,
            )
        )
    return trusted


def party_certificates(auth: Auth) -> tuple[PartyCertificate, ...]:
    """By which client certificates parties connect."""
    return tuple(
        PartyCertificate(PartyId(each.party), each.subject, each.digest)
        for each in auth.certificates
    )


def format_rules(rules: Rules) -> str:
    """The rules as TOML that :func:`load_rules` reads back to the same rules, the default ones too.

    >>> format_rules(DEFAULT_RULES).splitlines()[:2]
    ['[rules]', 'version = "default-2"']
    """
    lines = [
        "[rules]",
        f"version = {_text(rules.version)}",
        f"default = {_text(rules.default)}",
        f"separation = {_format_apart(rules.separation)}",
        f"same_party = {str(rules.same_party).lower()}",
        f"assess_sharing = {str(rules.assess_sharing).lower()}",
        f"sites_a_day = {rules.sites_a_day}",
        f"seal_texts = {str(rules.seal_texts).lower()}",
        f"need_to_know = {str(rules.need_to_know).lower()}",
        f"read_back_test_days = {rules.read_back_test_us // DAY_US}",
    ]
    if rules.terrain is not None:
        lowest, highest = rules.terrain.lowest_msl_mm / 1000, rules.terrain.highest_msl_mm / 1000
        lines.append(f"terrain = {{ lowest_msl_m = {lowest}, highest_msl_m = {highest} }}")
    if rules.area is not None:
        sides = zip(("south", "west", "north", "east"), rules.area.bounds, strict=True)
        lines.append(f"area = {{ {', '.join(f'{name} = {side}' for name, side in sides)} }}")
    far = rules.plausible
    lines.append(
        f"plausible = {{ moved_km = {far.moved_mm / 1_000_000},"
        f" site_moved_km = {far.site_moved_mm / 1_000_000},"
        f" named_km = {far.named_mm / 1_000_000}, coast = {str(far.coast).lower()} }}"
    )
    if rules.pressure_error_mm is not None:
        lines.append(f"pressure_error_m = {rules.pressure_error_mm / 1000}")
    off = rules.read_back
    lines += [
        f"cell_deg = {rules.cell_nd / NANODEGREES}",
        f"check_budget = {rules.check_budget}",
        f"withdrawn_touches = {rules.withdrawn_touches}",
        f"check_largest_m = {rules.check_largest_mm / 1000}",
        f"read_back = {{ horizontal_m = {off.horizontal_mm / 1000},"
        f" vertical_m = {off.vertical_mm / 1000}, time_s = {off.time_us / SECOND_US} }}",
        f"clocks = {{ step_s = {rules.clock_step_us / SECOND_US},"
        f" every_s = {rules.clock_every_us / SECOND_US},"
        f" cap_s = {rules.clock_cap_us / SECOND_US},"
        f" limit_s = {rules.clock_limit_us / SECOND_US} }}",
        f"questions = {{ answer_days = {rules.questions.answer_us / DAY_US},"
        f" urgent_days = {rules.questions.urgent_us / DAY_US},"
        f" receipt_days = {rules.questions.receipt_us / DAY_US} }}",
        f"load = {{ percent = {rules.load.percent}, weeks = {rules.load.weeks},"
        f" least = {rules.load.least} }}",
    ]
    for pair in rules.pairs:
        lines += [
            "",
            "[[rules.pairs]]",
            f"kinds = [{_text(pair.kinds[0])}, {_text(pair.kinds[1])}]",
            f"effect = {_text(pair.effect)}",
            f"separation = {_format_apart(pair.separation)}",
            f"urgency = {_text(pair.urgency)}",
            f"higher_priority_passes = {str(pair.higher_priority_passes).lower()}",
            f"key_proves = {str(pair.key_proves).lower()}",
        ]
    for limit in rules.limits:
        lines += [
            "",
            "[[rules.limits]]",
            f"kind = {_text(limit.kind)}",
            f"minimum_lead_s = {limit.minimum_lead_us / SECOND_US}",
            f"horizon_s = {limit.horizon_us / SECOND_US}",
            f"longest_s = {limit.longest_us / SECOND_US}",
        ]
    return "\n".join(lines) + "\n"


def _sources(each: IssuerSettings, folder: Path, *, refresh_s: float) -> tuple[JwksSource, ...]:
    if each.jwks is None:
        return ()
    where = each.jwks if "://" in each.jwks else str(folder / each.jwks)
    return (JwksSource(where, refresh_s=refresh_s),)


def _rules(settings: RulesSettings) -> Rules:
    terrain = None
    if settings.terrain is not None:
        terrain = TerrainBound(
            _mm(settings.terrain.lowest_msl_m, "terrain.lowest_msl_m", least_m=-_MAX_M),
            _mm(settings.terrain.highest_msl_m, "terrain.highest_msl_m", least_m=-_MAX_M),
        )
    if not settings.version.strip() or len(settings.version) > 64:
        raise InvalidValue("version", "version", settings.version, "give 1 to 64 characters")
    if not 0 < settings.cell_deg <= 10:
        raise InvalidValue("cell_deg", "cell", settings.cell_deg, "give over 0, up to 10 degrees")
    if settings.withdrawn_touches < 1:
        raise InvalidValue(
            "withdrawn_touches", "touches", settings.withdrawn_touches, "give 1 or more"
        )
    if settings.sites_a_day < 1:
        raise InvalidValue("sites_a_day", "sites", settings.sites_a_day, "give 1 or more")
    if settings.check_budget < 0:
        raise InvalidValue("check_budget", "budget", settings.check_budget, "give 0 or more")
    error_m, off, clocks = settings.pressure_error_m, settings.read_back, settings.clocks
    if not 0.001 <= clocks.step_s <= 60:
        raise InvalidValue("clocks.step_s", "step", clocks.step_s, "give 0.001 to 60 seconds")
    if not 0 <= clocks.cap_s <= 3600:
        raise InvalidValue("clocks.cap_s", "cap", clocks.cap_s, "give 0 to 3600 seconds")
    return Rules(
        version=settings.version,
        pairs=_pairs(tuple(pair.rule() for pair in settings.pairs)),
        default=settings.default,
        assess_sharing=settings.assess_sharing,
        sites_a_day=settings.sites_a_day,
        seal_texts=settings.seal_texts,
        need_to_know=settings.need_to_know,
        read_back_test_us=settings.read_back_test_days * DAY_US,
        separation=settings.separation.separation(),
        same_party=settings.same_party,
        limits=_limits(tuple(limit.limit() for limit in settings.limits)),
        terrain=terrain,
        pressure_error_mm=None if error_m is None else _mm(error_m, "pressure_error_m"),
        cell_nd=round(settings.cell_deg * NANODEGREES),
        check_budget=settings.check_budget,
        withdrawn_touches=settings.withdrawn_touches,
        check_largest_mm=_mm(settings.check_largest_m, "check_largest_m"),
        read_back=ReadBackTolerance(
            horizontal_mm=_mm(off.horizontal_m, "read_back.horizontal_m"),
            vertical_mm=_mm(off.vertical_m, "read_back.vertical_m"),
            time_us=_us(off.time_s, "read_back.time_s"),
        ),
        area=None if settings.area is None else settings.area.area(),
        plausible=settings.plausible.plausible(),
        clock_step_us=_us(clocks.step_s, "clocks.step_s"),
        clock_every_us=_us(clocks.every_s, "clocks.every_s"),
        clock_cap_us=_us(clocks.cap_s, "clocks.cap_s"),
        clock_limit_us=_us(clocks.limit_s, "clocks.limit_s"),
        questions=settings.questions.times(),
        load=settings.load,
    )


def _pairs(own: tuple[PairRule, ...]) -> tuple[PairRule, ...]:
    """The own ones, then the default ones for the pairs of kinds that they leave open."""
    said = {frozenset(each.kinds) for each in own}
    return (*own, *(each for each in DEFAULT_RULES.pairs if frozenset(each.kinds) not in said))


def _limits(own: tuple[KindLimit, ...]) -> tuple[KindLimit, ...]:
    """The own ones, then the default ones for the kinds that they leave open."""
    said = {each.kind for each in own}
    return (*own, *(each for each in DEFAULT_RULES.limits if each.kind not in said))


def _check_people_are_spared(rules: Rules) -> None:
    """A hazard on people is told at once, whatever else a space agrees on."""
    pair = rules.pair(IntentKind.HAZARD, IntentKind.PRESENCE)
    if pair.effect is Effect.NONE or pair.urgency is not Urgency.IMMEDIATE:
        raise InvalidValue(
            "pairs",
            "hazard-on-presence",
            [pair.effect.value, pair.urgency.value],
            'a hazard on a presence has an effect other than "none" and urgency "immediate"',
        )


def _mm(value_m: float, field: str, *, least_m: float = 0.0) -> int:
    if not least_m <= value_m <= _MAX_M:
        raise InvalidValue(field, "metres", value_m, f"give {least_m:g} to {_MAX_M:g} m")
    return round(value_m * 1000)


def _us(value_s: float, field: str) -> int:
    if not 0 <= value_s <= _MAX_S:
        raise InvalidValue(field, "seconds", value_s, f"give 0 to {_MAX_S:g} s")
    return round(value_s * SECOND_US)


def _text(text: str) -> str:
    return msgspec.json.encode(str(text)).decode()  # a TOML basic string escapes as JSON does


def _format_apart(apart: Separation) -> str:
    return (
        f"{{ horizontal_m = {apart.horizontal_mm / 1000}, vertical_m = {apart.vertical_mm / 1000},"
        f" time_s = {apart.time_us / SECOND_US} }}"
    )
