"""What somebody sees who sits down with the record afterwards: who was told what and when, what
was told to all at once, each incident's columns, the pack for the review, and a bundle for each
side that proves its part.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from wideberth.evidence.bundle import Selection, make_bundle
from wideberth.evidence.check import verify_bundle
from wideberth.evidence.material import from_record
from wideberth.faces.cli._demo.summary import Summary
from wideberth.faces.cli._host import opened
from wideberth.faces.cli._material import may_show_as
from wideberth.faces.cli.report import packed, report_of
from wideberth.model.ids import PartyId
from wideberth.model.notices import Notice
from wideberth.record.keys import write_new
from wideberth.review.period import period
from wideberth.space.time import MINUTE_US, SECOND_US, format_rfc3339

__all__ = ["bundles", "columns", "packs", "who_was_told"]


def who_was_told(summary: Summary, parties: Iterable[str]) -> Iterator[str]:
    """By party, each notice to it: when, of what, how long before, how far it came; and each STOP,
    with who has read it.
    """
    yield "Who was told what, and when"
    for party in parties:
        notices = [each for each in summary.notices.values() if each.recipient == party]
        if not notices:
            yield f"  {party:<6} no notice"
        for notice in notices:
            yield f"  {party:<6} {_clock(notice.issued_us)}  {_words(notice, summary)}"
    for stop in summary.stops:
        yield f"  all    {_clock(stop.sent_us)}  STOP of {stop.sender}"
        for read in summary.stop_reads:
            if read.stop == stop.id:
                after_min = read.after_us / MINUTE_US
                yield f"         read by {read.party} ({read.post.value}) {after_min:.0f} min later"


def columns(summary: Summary) -> Iterator[str]:
    """Each incident with its columns, side by side and unjudged."""
    for incident in summary.incidents:
        yield f"Incident: {incident.title}"
        named = dict.fromkeys((incident.party, *incident.parties, *incident.observers))
        for party in named:
            given = [
                account
                for of, account in summary.accounts
                if of == incident.incident and account.party == party
            ]
            words = "; ".join(
                f"{_clock(each.given_us)} for {', '.join(each.shown_to) or 'itself'}: {each.words}"
                for each in given
            )
            role = " (observer)" if party in incident.observers else ""
            yield f"  {party}{role}: {words or 'no account'}"


def bundles(folder: Path, vkey: str, parties: Iterable[str]) -> Iterator[tuple[Path, str]]:
    """A bundle for each of these parties, of all that it may pass on: made, verified, kept beside
    the record; and what it is. Raises RecordCorrupt where one does not verify.
    """
    for party in parties:
        reader = PartyId(party)
        with opened(folder) as record:
            data = make_bundle(
                from_record(record), Selection(), made_for=reader, may_show=may_show_as(reader)
            )
        verified = verify_bundle(data, vkey=vkey)
        path = folder / f"evidence-{party}.zip"
        write_new(path, data)
        yield (
            path,
            f"evidence for {party}: {len(verified.positions)} entries,"
            f" {verified.statements} signed, verified",
        )


def packs(
    folder: Path, parties: Iterable[str], begin_us: int, end_us: int
) -> Iterator[tuple[Path, str]]:
    """The pack of each of these parties for the review of a period, kept beside the record: each
    file, and what it is. Raises InvalidValue without Typst.
    """
    asked = period(begin_us, end_us)
    for party in parties:
        with opened(folder) as record:
            report = report_of(from_record(record), PartyId(party), asked)
        where = folder / f"review-{party}"
        where.mkdir(mode=0o700, exist_ok=True)
        for name, data in packed(report).items():
            path = where / name
            write_new(path, data)
            yield path, f"review for {party}, {path.suffix.removeprefix('.').upper()}"


def _clock(time_us: int) -> str:
    return format_rfc3339(time_us)[11:16] + "Z"


def _words(notice: Notice, summary: Summary) -> str:
    return f"{_what(notice, summary)}; {summary.reach(notice)}"


def _what(notice: Notice, summary: Summary) -> str:
    subject = notice.subject
    if notice.conformance is not None:
        return "its own flights, beyond the limits"
    if subject is None:
        return "something that it may not see"
    kind = summary.kinds.get(subject.id, subject.type.value)
    of = (
        "" if notice.sender is None or notice.sender == notice.recipient else f" of {notice.sender}"
    )
    if notice.all_clear:
        return f"ALL-CLEAR: {kind}{of}"
    if notice.withdrawal:
        return f"over: {kind}{of}"
    before = f": {notice.lead_us / SECOND_US:.0f} s before" if notice.lead_us else ""
    late = f", LATE{before}" if notice.late else ""
    meets = ", in part where its own people are" if notice.clashes else ""
    return f"{kind}{of}{late}{meets}"
