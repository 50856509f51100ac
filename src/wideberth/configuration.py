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
    require,
    require_within,
    us_of,
    variable_of,
)
from wideberth.model.ids import PartyId, require_party_id
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
from wideberth.rulestable import RulesTable, checked_rules
from wideberth.snapshots import SnapshotTable
from wideberth.space.time import DAY_US, MAX_US, MINUTE_US, SECOND_US, parse_rfc3339
from wideberth.tokens import MAX_LIFE_S, PartyCertificate, TrustedIssuer
from wideberth.watch.archive import ArchiveSettings
from wideberth.watch.settings import (
    FeedSettings,
    PairSettings,
    TrackSettings,
    WarningSettings,
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
    "load_configuration",
    "party_certificates",
    "require_loopback_or_auth",
    "trusted_issuers",
    "watch_settings",
]

CONFIGURATION_FILE = "wideberth.toml"
_PASSPHRASE = "record.passphrase"  # noqa: S105 - the name of a setting


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
    raise_count, raise_window: so many of so many looks must see what is warned of. clear_after_s,
    clear_factor: for how long, and by which factor beyond the limits, it must be over.
    silence_of_all: whether the silence of any track is warned of.
    """

    tick_s: float = 1.0
    show_every_s: float = 1.0
    silence_after_s: float = FeedSettings().silence_after_us / SECOND_US
    horizontal_m: float = PairSettings().horizontal_m
    vertical_m: float = PairSettings().vertical_m
    look_ahead_s: float = PairSettings().look_ahead_us / SECOND_US
    well_clear: Literal["off", WellClearName] = "off"
    by_distance: bool = PairSettings().by_distance
    raise_count: int = WarningSettings().raise_count
    raise_window: int = WarningSettings().raise_window
    clear_after_s: float = WarningSettings().hold_us / SECOND_US
    clear_factor: float = WarningSettings().clear_factor
    silence_of_all: bool = WatchSettings().silence_of_all

    def settings(self) -> WatchSettings:
        """What the watch is told. Raises InvalidValue."""
        for name in ("tick_s", "show_every_s"):
            if not 0.05 <= getattr(self, name) <= 60:
                raise InvalidValue(name, "tick", getattr(self, name), "give 0.05 to 60 seconds")
        feed = FeedSettings(silence_after_us=us_of(self.silence_after_s, "silence_after_s"))
        look_ahead_us = us_of(self.look_ahead_s, "look_ahead_s")
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
            warnings=WarningSettings(
                raise_count=self.raise_count,
                raise_window=self.raise_window,
                hold_us=us_of(self.clear_after_s, "clear_after_s"),
                clear_factor=self.clear_factor,
            ),
            zone_look_ahead_us=look_ahead_us,
            silence_of_all=self.silence_of_all,
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
    rules: RulesTable | None = None
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
        for index, each in enumerate(self.feed):
            if each.simulated and not self.space.exercise:
                advice = "only an exercise takes what is simulated"
                raise InvalidValue(f"feed.{index}.simulated", "exercise-only", "true", advice)


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
        ("rules", lambda: checked_rules(found.rules)),
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


def _sources(each: IssuerSettings, folder: Path, *, refresh_s: float) -> tuple[JwksSource, ...]:
    if each.jwks is None:
        return ()
    where = each.jwks if "://" in each.jwks else str(folder / each.jwks)
    return (JwksSource(where, refresh_s=refresh_s),)
