"""The record: appends beside the disk's own sync rate and a bare table, proofs, the audit.

`BENCH_RECORD_ENTRIES=1000000` for proofs among a million; 200,000 entries otherwise.
`BENCH_FOLDER=/path` to measure another disk than that of the temporary folder.
"""

from __future__ import annotations

import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import apsw
import msgspec
from nacl.signing import SigningKey

from wideberth.model.envelope import Statement, sign_statement, verify_statement
from wideberth.model.ids import KeyId, PartyId
from wideberth.record.keys import OriginKey
from wideberth.record.sqlite import SqliteRecord
from wideberth.record.verify import verify_folder, verify_receipt

ENVELOPE_BYTES = 1_500  # a signed intent of a few vertices
BATCHES = (1, 10, 50, 200)
SECONDS_PER_BATCH = 2.0
PROOFS = 3_000
KEY = OriginKey("bench.example/log", bytes(range(32)))


def main() -> None:
    """Measure, and print a line for each figure."""
    entries = int(os.environ.get("BENCH_RECORD_ENTRIES", "200000"))
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_FOLDER")) as name:
        folder = Path(name)
        measure_appends(folder)
        measure_proofs(folder / "proofs", entries)
    measure_statements()


def measure_appends(folder: Path) -> None:
    """Durable appends a second at each batch size, with what the disk gives at that size."""
    print(f"appends of {ENVELOPE_BYTES:,} bytes, each commit synced")
    print(f"{'batch':>6} {'record':>11} {'bare table':>11} {'raw file':>11} {'p50':>8} {'p99':>8}")
    for batch in BATCHES:
        envelopes = [random.Random(i).randbytes(ENVELOPE_BYTES) for i in range(batch)]
        with SqliteRecord(folder / f"record{batch}", key=KEY) as record:
            position = 0

            def append() -> None:
                nonlocal position
                position = record.append(envelopes, position, time_us=1).size  # noqa: B023

            ours_s = timed_for(append, SECONDS_PER_BATCH)
        bare_s = timed_for(bare_append(folder / f"bare{batch}.sqlite3", envelopes), 1.0)
        raw_s = timed_for(raw_append(folder / f"raw{batch}", b"".join(envelopes)), 1.0)
        print(
            f"{batch:>6}"
            + "".join(f" {rate(batch, taken):>9,.0f}/s" for taken in (ours_s, bare_s, raw_s))
            + f" {percentile(ours_s, 50) * 1e3:>5.2f} ms {percentile(ours_s, 99) * 1e3:>5.2f} ms"
            + f"   record / bare table {rate(batch, ours_s) / rate(batch, bare_s):.2f}"
        )


def bare_append(path: Path, envelopes: list[bytes]) -> Callable[[], None]:
    """The peer: the same bytes into one table of the same SQLite; no tree, head or signature."""
    db = apsw.Connection(str(path))
    db.execute("PRAGMA page_size=8192; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL")
    db.execute("CREATE TABLE entry (position INTEGER PRIMARY KEY, envelope BLOB)")

    def append() -> None:
        with db:
            db.executemany("INSERT INTO entry (envelope) VALUES (?)", ((e,) for e in envelopes))

    return append


def raw_append(path: Path, data: bytes) -> Callable[[], None]:
    """The disk's own rate: the same bytes to the end of a file, then fdatasync."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def append() -> None:
        os.write(descriptor, data)
        os.fdatasync(descriptor)

    return append


def measure_proofs(folder: Path, entries: int) -> None:
    """Proofs, receipts and the audit of a record of so many small entries."""
    with SqliteRecord(folder, key=KEY) as record:
        began_s = time.perf_counter()
        while (size := record.head().size) < entries:
            count = min(500, entries - size)
            record.append([b"%0200d" % i for i in range(size, size + count)], size, time_us=1)
        built_s = time.perf_counter() - began_s
    print(f"\n{entries:,} entries of 200 bytes, appended at {entries / built_s:,.0f}/s")
    with SqliteRecord(folder) as reader:
        places = random.Random(1)

        def any_of() -> int:
            return places.randrange(entries)

        shows("head", timed(reader.head, PROOFS))
        shows("inclusion proof", timed(lambda: reader.inclusion_proof(any_of(), entries), PROOFS))
        shows(
            "consistency proof",
            timed(lambda: reader.consistency_proof(1 + any_of(), entries), PROOFS),
        )
        shows("receipt", timed(lambda: reader.receipt(any_of()), PROOFS))
        row = reader.read(entries // 3, 1)[0]
        receipt = reader.receipt(row.position)
        checks = timed(
            lambda: verify_receipt(receipt, envelope=row.envelope, salt=row.salt, vkey=reader.vkey),
            PROOFS,
        )
        shows(f"verify a receipt ({len(receipt):,} bytes)", checks)
    began_s = time.perf_counter()
    verify_folder(folder, vkey=KEY.vkey)
    print(
        f"  audit of the whole record  {entries / (time.perf_counter() - began_s):,.0f} entries/s"
    )


def measure_statements() -> None:
    """Signing and verifying statements, one thread."""
    signing_key = SigningKey(bytes(32))
    statement = Statement(
        origin=KEY.origin,
        party=PartyId("relief"),
        key_id=KeyId("k"),
        party_seq=1,
        prev=None,
        type="SubmitIntent",
        request="r",
        body=msgspec.Raw(msgspec.json.encode({"text": "x" * (ENVELOPE_BYTES - 300)})),
    )
    compact = sign_statement(statement, signing_key)
    public_key = bytes(signing_key.verify_key)
    print(f"\nstatements of {len(compact):,} characters")
    shows("sign", timed(lambda: sign_statement(statement, signing_key), PROOFS))
    shows("verify", timed(lambda: verify_statement(compact, public_key), PROOFS))


def timed(action: Callable[[], object], times: int) -> list[float]:
    """Seconds of each of so many runs."""
    taken_s: list[float] = []
    for _ in range(times):
        began_s = time.perf_counter()
        action()
        taken_s.append(time.perf_counter() - began_s)
    return taken_s


def timed_for(action: Callable[[], None], total_s: float) -> list[float]:
    """Seconds of each run, as many as go into total_s, after a few to warm up."""
    timed(action, 5)
    taken_s: list[float] = []
    while sum(taken_s) < total_s:
        taken_s += timed(action, 20)
    return taken_s


def rate(batch: int, taken_s: list[float]) -> float:
    """Entries a second."""
    return batch * len(taken_s) / sum(taken_s)


def percentile(taken_s: list[float], percent: int) -> float:
    """The percentile of a list of seconds."""
    return statistics.quantiles(taken_s, n=100)[percent - 1]


def shows(name: str, taken_s: list[float]) -> None:
    """Print median, p99 and rate."""
    print(
        f"  {name:<32} p50 {percentile(taken_s, 50) * 1e6:>7.1f} us"
        f"  p99 {percentile(taken_s, 99) * 1e6:>7.1f} us  {rate(1, taken_s):>9,.0f}/s"
    )


if __name__ == "__main__":
    main()
