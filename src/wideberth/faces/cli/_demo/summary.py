"""What happened, told from the record alone while it is verified entry by entry."""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from wideberth.audit import StatementAudit
from wideberth.model.accounts import Account, AccountGiven
from wideberth.model.entries import (
    Body,
    ClashesFound,
    IntentAccepted,
    IntentAmended,
    IntentStateChanged,
    NoticeAcknowledged,
    NoticeIssued,
    NoticeReleased,
    WarningCleared,
    WarningRaised,
    WarningWorsened,
    ZoneDeclared,
    decode_entry,
)
from wideberth.model.ids import IncidentId, NoticeId
from wideberth.model.incidents import IncidentOpened
from wideberth.model.notices import Acknowledgement, Notice, Verb
from wideberth.model.stop_reads import StopAcknowledged
from wideberth.model.stops import Stop, StopTold
from wideberth.record.verify import Verified, verify_folder
from wideberth.space.time import SECOND_US

__all__ = ["Summary", "lines", "summarise"]

_HOPS = ("nobody answered", Verb.RECEIVED, Verb.READ_BACK, Verb.PASSED_DOWN, Verb.LOADED)


@dataclass
class Summary:
    """Counts of a record, what its notices came to, and what was told to all or accounted for."""

    counts: Counter[str] = field(default_factory=Counter[str])
    warnings: Counter[str] = field(default_factory=Counter[str])
    verbs: Counter[str] = field(default_factory=Counter[str])
    notices: dict[NoticeId, Notice] = field(default_factory=dict[NoticeId, Notice])
    answers: dict[NoticeId, list[Acknowledgement]] = field(
        default_factory=dict[NoticeId, list[Acknowledgement]]
    )
    closed: dict[NoticeId, int] = field(default_factory=dict[NoticeId, int])
    kinds: dict[str, str] = field(default_factory=dict[str, str])
    stops: list[Stop] = field(default_factory=list[Stop])
    stop_reads: list[StopAcknowledged] = field(default_factory=list[StopAcknowledged])
    incidents: list[IncidentOpened] = field(default_factory=list[IncidentOpened])
    accounts: list[tuple[IncidentId, Account]] = field(
        default_factory=list[tuple[IncidentId, Account]]
    )

    def take(self, position: int, envelope: bytes) -> None:
        """Count one entry."""
        entry = decode_entry(envelope, position=position)
        match entry.body:
            case IntentAccepted(intent=intent):
                self.counts["intents"] += 1
                self.kinds[intent.id] = intent.kind.value
            case IntentAmended():
                self.counts["amendments"] += 1
            case IntentStateChanged():
                self.counts["steps"] += 1
            case ZoneDeclared():
                self.counts["zones"] += 1
            case ClashesFound(pairs=pairs):
                self.counts["clashes"] += len(pairs)
            case NoticeIssued(notice=notice):
                self.notices[notice.id] = notice
            case NoticeAcknowledged(acknowledgement=answer, closes=closes):
                self.verbs[answer.verb.value] += 1
                self.answers.setdefault(answer.notice, []).append(answer)
                self.closed.update(dict.fromkeys(closes, entry.time_us))
            case NoticeReleased(closes=closes):
                self.closed.update(dict.fromkeys(closes, entry.time_us))
            case WarningRaised(warning=warning):
                self.warnings[warning.kind.value] += 1
            case WarningWorsened():
                self.counts["worsened"] += 1
            case WarningCleared():
                self.counts["cleared"] += 1
            case _:
                self._take_accounts(entry.body)

    def _take_accounts(self, body: Body) -> None:
        """Keep what was told to all at once, and what is said of an incident."""
        match body:
            case StopTold(stop=stop):
                self.stops.append(stop)
            case StopAcknowledged():
                self.stop_reads.append(body)
            case IncidentOpened():
                self.incidents.append(body)
            case AccountGiven(incident=incident, account=account):
                self.accounts.append((incident, account))
            case _:
                pass

    def first_answers_s(self) -> list[float]:
        """From issue to first answer, of the notices that have one, in seconds of the record."""
        return [
            (self.answers[each][0].time_us - notice.issued_us) / SECOND_US
            for each, notice in self.notices.items()
            if each in self.answers
        ]

    def loaded_s(self) -> list[float]:
        """From issue until everybody had it, of the notices that are closed."""
        return [
            (time_us - self.notices[each].issued_us) / SECOND_US
            for each, time_us in self.closed.items()
        ]

    def unreached(self) -> list[tuple[Notice, str, tuple[str, ...]]]:
        """Open notices: how far each came, and which units have not loaded it."""
        return [
            (notice, self._furthest(each), self._waiting(each))
            for each, notice in self.notices.items()
            if each not in self.closed
        ]

    def reach(self, notice: Notice) -> str:
        """How far a notice came, and who has not loaded it."""
        if notice.id in self.closed:
            return "everybody has it"
        waiting = ", ".join(self._waiting(notice.id)) or "anybody"
        return f"{self._furthest(notice.id)}; open, waiting for {waiting}"

    def _furthest(self, notice: NoticeId) -> str:
        reached = [
            0,
            *(_HOPS.index(a.verb) for a in self.answers.get(notice, ()) if a.verb in _HOPS),
        ]
        return str(_HOPS[max(reached)])

    def _waiting(self, notice: NoticeId) -> tuple[str, ...]:
        loaded = {a.unit for a in self.answers.get(notice, ()) if a.verb is Verb.LOADED}
        return tuple(unit for unit in self.notices[notice].units if unit not in loaded)


def summarise(folder: Path, vkey: str, origin: str) -> tuple[Summary, Verified]:
    """The record of the folder, counted while all of it is verified. Raises RecordCorrupt."""
    summary, audit = Summary(), StatementAudit(origin)

    def check(position: int, envelope: bytes, said: str | None) -> None:
        audit(position, envelope, said)
        summary.take(position, envelope)

    verified = verify_folder(folder, vkey=vkey, statement_checker=check)
    return summary, verified


def lines(summary: Summary, verified: Verified, *, rate: float) -> list[str]:
    """The summary as a person reads it."""
    counts = summary.counts
    told = f"{counts['intents']} intents told, {counts['amendments']} amended, "
    told += f"{counts['zones']} zones, {counts['clashes']} clashes found"
    shown = [
        told,
        f"{len(summary.notices)} notices issued, {len(summary.closed)} closed "
        f"({_counted(summary.verbs)})",
        f"{sum(summary.warnings.values())} warnings raised ({_counted(summary.warnings)}), "
        f"{counts['cleared']} ended",
        _times("first acknowledgement", summary.first_answers_s(), rate),
        _times("loaded by everybody", summary.loaded_s(), rate),
    ]
    open_ones = summary.unreached()
    shown.append(
        f"{len(open_ones)} notices stand open; not reached:" if open_ones else "all reached"
    )
    groups: dict[tuple[str, str, tuple[str, ...]], list[str]] = {}
    for notice, furthest, waiting in open_ones:
        group = (notice.recipient, furthest, waiting)
        groups.setdefault(group, []).append(str(notice.number))
    for (recipient, furthest, waiting), numbers in groups.items():
        shown.append(
            f"   {recipient}, {'notice' if len(numbers) == 1 else 'notices'} {', '.join(numbers)}:"
            f" {furthest}; waiting for {', '.join(waiting) or 'anybody'}"
        )
    root = b64encode(verified.root).decode("ascii")
    shown += [
        f"record verified: {verified.size} entries, {verified.statements} signed statements",
        f"   origin {verified.origin}",
        f"   root   {root}",
    ]
    return shown


def _counted(counter: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counter.most_common()) or "none"


def _times(what: str, seconds: list[float], rate: float) -> str:
    if not seconds:
        return f"{what}: none"
    middle, longest = median(seconds), max(seconds)
    return (
        f"{what}: median {_clock(middle)}, longest {_clock(longest)} on the clock of the day "
        f"({middle / rate:.1f} s and {longest / rate:.1f} s on yours)"
    )


def _clock(seconds: float) -> str:
    return f"{int(seconds // 60)} min {int(seconds % 60):02d} s"
