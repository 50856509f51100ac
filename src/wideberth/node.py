"""A node: a folder with a record, its keys and its settings, and the service that runs on them.

::

    wideberth-data/          0700
      wideberth.toml         what may be set (configuration.py); written on the first start
      record.sqlite3         the record
      contacts.json          whom to call, by reference (contacts.py)
      ways.json              by what parties are told (contacts.py)
      delivery.sqlite3       what was sent (outbound.py)
      unrecorded.jsonl       what was sent and is not recorded yet (aside.py)
      snapshots/             0700; pictures for a quick start (snapshots.py)
      tracks/                0700; positions as they were reported (watch/archive.py)
      keys/                  0700
        origin.key           signs the record's checkpoints
        issuer.pem           signs the tokens that ``wideberth token`` makes
        delivery.key         signs webhooks, makes answer codes; made when first needed

Never in it: the signing key of a party. Several processes may open one folder; the record's
position is what keeps them apart, no lock file.
"""

from __future__ import annotations

import asyncio
import gc
import os
import secrets
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Self

from wideberth.analysing import Analysing
from wideberth.atrest import begin_sealed, seal_beside, vault_of
from wideberth.backlogs import Backlogs
from wideberth.backups import RESTORED
from wideberth.beside import Beside
from wideberth.clock import ExerciseClock
from wideberth.configuration import (
    CONFIGURATION_FILE,
    Configuration,
    exercise_clock,
    load_configuration,
    party_certificates,
    trusted_issuers,
)
from wideberth.contacts import Contacts
from wideberth.decisions.parties import ALREADY_OPEN
from wideberth.erasure import finish
from wideberth.errors import InvalidValue, RecordRestored, RecordUnavailable, system_reason
from wideberth.logfolding import LogFolding
from wideberth.lookingagain import LookingAgain
from wideberth.model.commands import Command, OpenSpace, Request
from wideberth.model.exercises import EXERCISE_NAME, fits_kind
from wideberth.model.ids import PartyId
from wideberth.model.nearest import no_such_party
from wideberth.model.parties import SYSTEM, Role
from wideberth.model.refusals import Refusal
from wideberth.model.settings import Rules
from wideberth.outbound import Outbound
from wideberth.record.cosignatures import parse_witness_vkey
from wideberth.record.database import RECORD_FILE
from wideberth.record.keys import OriginKey, write_new
from wideberth.record.sqlite import SqliteRecord
from wideberth.record.vault import Vault
from wideberth.rulestable import rules_of
from wideberth.service import Applied, Service, Settings, now_us
from wideberth.snapshots import restored
from wideberth.succession import ORIGIN_KEY, former_keys, locked, settle
from wideberth.timers import Timers
from wideberth.tokens import Issuer, TokenVerifier
from wideberth.urgent import Urgent
from wideberth.witnessing import Peer, Witnessing

__all__ = ["DEFAULT_FOLDER", "ISSUER_KEY", "ORIGIN_KEY", "Node"]

DEFAULT_FOLDER = Path("wideberth-data")
ISSUER_KEY = Path("keys", "issuer.pem")
_TEMPLATE = """\
# The settings of this wideberth node; docs/reference/configuration.md explains each.
# [space] is written into the record on the first start and must agree with it from then on.

[space]
origin = "{origin}"
# host = "who runs this node, as its parties know them"
# exercise = true  # nothing is real; the origin begins with exercise.

# [auth]
# built_in = true
# [[auth.issuers]]
# issuer = "https://id.example"
# audience = "{origin}"
# jwks = "https://id.example/jwks.json"

# [listen]
# host = "127.0.0.1"
# port = 8470
"""


class Node:
    """A node on its folder; as an async context it runs. Make one with :meth:`open`.

    It may be entered again while it runs; the last one to leave stops it.

    made: what the first start made, in words. notes: what somebody should look at. stopping: set
    when the node is about to stop, before its connections close: streams end then. vault: what
    the folder is sealed with at rest; None: it is not.
    """

    def __init__(  # noqa: PLR0913 - what open puts together, each by its name
        self,
        folder: Path,
        *,
        configuration: Configuration,
        record: SqliteRecord,
        service: Service,
        issuer: Issuer,
        verifier: TokenVerifier,
        rules: Rules,
        vault: Vault | None = None,
        clock_us: Callable[[], int] = now_us,
    ) -> None:
        self.folder = folder
        self.vault = vault
        self.configuration = configuration
        self.service = service
        self.issuer = issuer
        self.verifier = verifier
        self.contacts = Contacts(folder, vault=vault)
        self.origin = record.origin
        self.vkey = record.vkey
        self.exercise_clock: ExerciseClock | None = None
        self.witnessing = Witnessing(
            folder,
            service,
            [
                Peer(parse_witness_vkey(each.vkey), each.url and each.url.rstrip("/"))
                for each in configuration.witnesses
            ],
            beat_s=configuration.witnessing.beat_s,
            clock_us=clock_us,
        )
        self.urgent = Urgent(service, folder, vault=vault)
        self.timers = Timers(service)
        flights = configuration.conformance
        self.analysing = Analysing(service, flights.limits(), flights.times())
        self.outbound = Outbound(
            service,
            folder,
            contacts=self.contacts,
            urgent=self.urgent,
            settings=configuration.delivery,
            vault=vault,
        )
        self.beside = Beside([folder / each for each in configuration.space.beside])
        self.backlogs = Backlogs(service)
        self.made: list[str] = []
        self.notes: list[str] = []
        self.stopping = asyncio.Event()
        self._record = record
        self._rules = rules
        self._stack = AsyncExitStack()
        self._entered = 0
        self._collect_every = gc.get_threshold()

    @classmethod
    def open(
        cls,
        folder: Path = DEFAULT_FOLDER,
        *,
        settings: Settings | None = None,
        clock_us: Callable[[], int] | None = None,
        token_clock_s: Callable[[], float] = time.time,
        must_exist: bool = False,
    ) -> Node:
        """The node in a folder; what is missing there is made, and stands in ``made``.

        clock_us: the time of decisions; None: the one of the settings (an exercise may have its
        own), else the real one. token_clock_s: the time by which tokens expire. Raises
        InvalidValue for settings or keys that are wrong (naming file, key and value),
        RecordUnavailable where something cannot be read or written, or must_exist and there is no
        record, RecordCorrupt where the record is not one.
        """
        if must_exist and not ((folder / ORIGIN_KEY).exists() or (folder / RECORD_FILE).exists()):
            raise RecordUnavailable(
                f"{folder}: no wideberth node is here; name its folder with --folder or"
                " WIDEBERTH_FOLDER, or make one: wideberth serve"
            )
        made: list[str] = []
        _make_folders(folder, made)
        with locked(folder):
            settle(folder)
            configuration = load_configuration(folder / CONFIGURATION_FILE)
            vault = vault_of(folder, configuration.record)
            if (folder / RECORD_FILE).exists():
                finish(folder, vault=vault)
            origin_key = _origin_key(folder, configuration, made)
            if vault is None:
                vault = begin_sealed(folder, origin_key, configuration.record)
            if vault is not None:
                seal_beside(folder, vault)
            origin = origin_key.origin
            issuer = _issuer(folder, origin, configuration.auth.max_life_s, made)
            if not (folder / CONFIGURATION_FILE).exists():
                _write(folder / CONFIGURATION_FILE, _TEMPLATE.format(origin=origin), made)
        clock = exercise_clock(configuration, folder / CONFIGURATION_FILE)
        rules = rules_of(configuration.rules, folder / CONFIGURATION_FILE)
        issuers = trusted_issuers(configuration.auth, folder)
        if configuration.auth.built_in is not False:
            issuers.append(issuer.trusted)
        notes: list[str] = []
        record = SqliteRecord(folder, key=origin_key, also=former_keys(folder), vault=vault)
        try:
            node = cls(
                folder,
                configuration=configuration,
                record=record,
                service=Service(
                    record,
                    settings=settings,
                    clock_us=clock_us or clock or now_us,
                    start=lambda reader: restored(folder, reader, notes, vault=vault),
                ),
                issuer=issuer,
                verifier=TokenVerifier(
                    issuers,
                    clock_s=token_clock_s,
                    secret=issuer.pseudonym_secret,
                    certificates=party_certificates(configuration.auth),
                ),
                rules=rules,
                vault=vault,
                # An exercise may live on another day; its witnesses do not.
                clock_us=clock_us or now_us,
            )
        except BaseException:
            record.close()
            raise
        node.made = made
        node.notes = notes
        notes += [
            f"{CONFIGURATION_FILE}: space.beside: {each} has no record, so no key of it is known"
            for each in configuration.space.beside
            if not (folder / each / RECORD_FILE).exists()
        ]
        node.exercise_clock = clock
        return node

    @property
    def host_name(self) -> str:
        """Who runs this node, as the record has it."""
        return self.service.picture.space.host

    @property
    def is_exercise(self) -> bool:
        """Whether this is an exercise, as the record has it."""
        return self.service.picture.space.exercise

    async def __aenter__(self) -> Self:
        """Fold the record, open the space where it has none, and take commands."""
        self._entered += 1
        if self._entered > 1:
            return self
        self._stack.callback(self._record.close)
        try:
            await self._stack.enter_async_context(self.service)
            self._heed_restoring()
            # Before anything is decided: a witness may know of entries that are not here.
            await self._stack.enter_async_context(self.witnessing)
            self.notes += self.witnessing.notes
            if self.service.picture.size == 0 and self.service.stopped_by is None:
                await self._open_space()
            if self.service.picture.size:
                self._compare()
            await self._stack.enter_async_context(LookingAgain(self.service))
            await self._stack.enter_async_context(self.urgent)
            await self._stack.enter_async_context(self.timers)
            await self._stack.enter_async_context(self.analysing)
            await self._stack.enter_async_context(self.backlogs)
            await self._stack.enter_async_context(LogFolding(self.folder))
            await self._stack.enter_async_context(self.verifier)
        except BaseException:
            await self._stack.aclose()
            raise
        # What was loaded stays: keep it out of every later full collection (pauses count).
        gc.collect()
        gc.freeze()
        # What lives on is frozen data without cycles; looking for some every 700 objects is waste.
        # Nor may many have come since: a look at 100,000 of them took 80 to 140 ms, this takes 6.
        self._collect_every = gc.get_threshold()
        gc.set_threshold(5_000, 60, 20)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop: streams first, then the loop, then the record."""
        self._entered -= 1
        if self._entered:
            return
        self.stopping.set()
        await self._stack.aclose()
        gc.unfreeze()
        gc.set_threshold(*self._collect_every)

    async def command(self, command: Command) -> Applied | Refusal:
        """Ask something as the host, whose command line it is. Raises as Service.submit does."""
        return await self.service.submit(Request(SYSTEM, command))

    def mint(
        self,
        party: PartyId,
        roles: tuple[Role, ...],
        *,
        life_s: int,
        certificate: bytes | None = None,
    ) -> str:
        """A token for a party that the record knows; certificate: as Issuer.mint has it.

        Raises InvalidValue.
        """
        if party not in self.service.picture.parties:
            advice = no_such_party(party, self.service.picture.parties)
            raise InvalidValue(
                "party", "party-unknown", party, f"{advice}. A new one: wideberth party add"
            )
        return self.issuer.mint(party, roles, life_s=life_s, certificate=certificate)

    def _heed_restoring(self) -> None:
        """Decide nothing on a record that was put back, until its host said what is missing."""
        mark = self._record.fact(RESTORED)
        if mark is not None and mark.decode() == self._record.vkey:
            stop = RecordRestored(self._record.head().size)
            self.service.stopped_by = stop
            self.notes.append(str(stop))

    async def _open_space(self) -> None:
        space = self.configuration.space
        done = await self.command(OpenSpace(self.origin, space.host, self._rules, space.exercise))
        if isinstance(done, Refusal) and done.rule != ALREADY_OPEN:
            raise InvalidValue(
                f"{CONFIGURATION_FILE}: space.{done.field}", done.rule, done.value, done.advice
            )
        if isinstance(done, Applied):  # otherwise another process was quicker
            self.made.append(f"the record of {self.origin}, with rules {self._rules.version}")

    def _compare(self) -> None:
        """What the file says and the record does not."""
        space, wanted = self.service.picture.space, self.configuration.space
        for name, said, stands in (
            ("space.host", wanted.host, space.host),
            ("space.exercise", wanted.exercise, space.exercise),
        ):
            if said not in (stands, getattr(Configuration().space, name.split(".")[1])):
                raise InvalidValue(
                    f"{CONFIGURATION_FILE}: {name}",
                    "space-is-open",
                    said,
                    f"the record says {stands!r} since its first entry; a new folder makes a new"
                    " space",
                )
        if self.configuration.rules is not None and self._rules != space.rules:
            self.notes.append(
                f"{CONFIGURATION_FILE} has rules {self._rules.version}; in force are"
                f" {space.rules.version}, until: wideberth rules adopt {CONFIGURATION_FILE}"
            )


def _make_folders(folder: Path, made: list[str]) -> None:
    try:
        for path in (folder, folder / "keys"):
            if not path.is_dir():
                path.mkdir(mode=0o700, parents=True, exist_ok=True)
                made.append(f"{path}{os.sep}")
    except OSError as error:
        raise RecordUnavailable(f"{folder}: {system_reason(error)}") from error


def _origin_key(folder: Path, configuration: Configuration, made: list[str]) -> OriginKey:
    path, wanted = folder / ORIGIN_KEY, configuration.space.origin
    try:
        if path.exists():
            key = OriginKey.load(path)
        elif (folder / RECORD_FILE).exists() and (folder / RECORD_FILE).stat().st_size:
            raise RecordUnavailable(
                f"{path}: the log's key is missing; give it back (wideberth key import), or go on"
                " under another name (wideberth epoch)"
            )
        else:
            key = OriginKey.make(path, _new_name(configuration))
            made.append(f"{path} (signs the record's checkpoints)")
    except InvalidValue as error:
        raise InvalidValue(
            f"{path}: {error.field}", error.rule, error.value, error.advice
        ) from None
    if wanted is not None and key.origin != wanted:
        raise InvalidValue(
            f"{CONFIGURATION_FILE}: space.origin",
            "origin",
            wanted,
            f"the record of this folder is {key.origin}; a new folder makes a new space",
        )
    return key


def _new_name(configuration: Configuration) -> str:
    """What a new record is called: an exercise says so in its name (X-03). Raises InvalidValue."""
    space = configuration.space
    start = EXERCISE_NAME if space.exercise else ""
    name = space.origin or f"{start}wideberth.localhost/{secrets.token_hex(8)}"
    if not fits_kind(name, exercise=space.exercise):
        advice = (
            f"this is an exercise: begin its name with {EXERCISE_NAME}"
            if space.exercise
            else f"only an exercise's name begins with {EXERCISE_NAME}; say exercise = true, or"
            " choose another name"
        )
        raise InvalidValue(f"{CONFIGURATION_FILE}: space.origin", "exercise-name", name, advice)
    return name


def _issuer(folder: Path, origin: str, max_life_s: int, made: list[str]) -> Issuer:
    path = folder / ISSUER_KEY
    if path.exists():
        return Issuer.load(path, origin=origin, max_life_s=max_life_s)
    made.append(f"{path} (signs tokens)")
    return Issuer.make(path, origin=origin, max_life_s=max_life_s)


def _write(path: Path, text: str, made: list[str]) -> None:
    try:
        write_new(path, text.encode())
    except OSError as error:
        raise RecordUnavailable(f"{path}: {system_reason(error)}") from error
    made.append(str(path))
