"""A small record with keys, statements and witnesses, always the same; and its evidence."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from nacl.signing import SigningKey

from wideberth.client import PartyKey
from wideberth.evidence.alone.container import canonical_json, packed
from wideberth.evidence.bundle import Selection, make_bundle
from wideberth.evidence.material import Material, from_record
from wideberth.model.entries import (
    ENTRY_VERSION,
    Body,
    Entry,
    IntentAccepted,
    KeyEnrolled,
    NoticeAcknowledged,
    NoticeIssued,
    PartyRegistered,
    SpaceOpened,
    encode_entry,
)
from wideberth.model.envelope import statement_digest
from wideberth.model.ids import IntentId, KeyId, NoticeId, Ovn, PartyId, UnitToken
from wideberth.model.intents import (
    Intent,
    IntentKind,
    IntentState,
    Provenance,
    Source,
    Visibility,
    VisibilityLevel,
)
from wideberth.model.notices import (
    Acknowledgement,
    Clash,
    Notice,
    ObjectRef,
    ObjectType,
    Overlap,
    Urgency,
    Verb,
)
from wideberth.model.parties import SYSTEM, Author, How, Key, Party, Role
from wideberth.model.settings import DEFAULT_RULES
from wideberth.record.cosignatures import WitnessKey, merged
from wideberth.record.keys import OriginKey
from wideberth.record.memory import MemoryRecord
from wideberth.record.notes import parse_note
from wideberth.space.altitude import Altitude, AltitudeReference
from wideberth.space.time import MINUTE_US
from wideberth.space.volume import Circle, Gap, Volume4D

ORIGIN = "test.example/evidence"
START_US = 1_800_000_000_000_000  # 2027-01-15T08:00:00Z
ALPHA, BRAVO = PartyId("alpha"), PartyId("bravo")
LOG = OriginKey(ORIGIN, bytes(range(32)))
OTHER_LOG = OriginKey(ORIGIN, bytes([9]) * 32)
WITNESSES = tuple(
    WitnessKey(f"witness.{name}.example", bytes([40 + i]) * 32)
    for i, name in enumerate(("alpha", "bravo", "neutral"))
)
INTENT = IntentId("intent-7")


def text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def signed_by(party: PartyId) -> Author:
    return Author(party, How.SIGNED, "k1", (Role.TELL, Role.ACKNOWLEDGE))


def entry(minute: float, body: Body, author: Author = SYSTEM, **more: Any) -> Entry:
    return Entry(ENTRY_VERSION, START_US + int(minute * MINUTE_US), author, body, **more)


class Keys:
    """The parties' keys; each says what it is told to, in a chain."""

    def __init__(self) -> None:
        self._keys = {
            party: PartyKey(ORIGIN, party, KeyId("k1"), SigningKey(bytes([seed]) * 32))
            for seed, party in ((1, ALPHA), (2, BRAVO))
        }

    def enrolled(self, party: PartyId, minute: float) -> Entry:
        key = self._keys[party]
        public = Key(party, KeyId("k1"), text(key.public_key), (Role.TELL, Role.ACKNOWLEDGE))
        return entry(minute, KeyEnrolled(public, text(key.proof_of_possession())))

    def said(
        self, party: PartyId, minute: float, command: str, signed: dict[str, Any], body: Body
    ) -> Entry:
        """The entry of a signed command, as the rules make it."""
        key = self._keys[party]
        request = f"{party}-{minute}"
        said = key.sign(command, signed, method="POST", path="/x", request=request)
        key.settle(is_applied=True)
        digest = statement_digest(said)
        author = signed_by(party)
        return entry(minute, body, author, request=request, said=said, said_digest=digest)

    def answered(self, party: PartyId, minute: float, verb: Verb, notice: str) -> Entry:
        signed = {"notice": notice, "verb": verb.value, "unit": "u1", "system": "planner"}
        answer = Acknowledgement(
            NoticeId(notice),
            *(verb, signed_by(party), START_US + int(minute * MINUTE_US)),
            unit=UnitToken("u1"),
            system="planner",
        )
        body = NoticeAcknowledged(answer, party, ALPHA)
        return self.said(party, minute, "AcknowledgeNotice", signed, body)


def intent(
    party: PartyId = ALPHA,
    name: str = INTENT,
    *,
    call_sign: str = "RED <b>7</b>\u202e",
    **more: Any,
) -> Intent:
    place = Circle(47_000_000_000, 8_500_000_000, 500_000)
    heights = (Altitude(0, AltitudeReference.W84), Altitude(121_920, AltitudeReference.MSL))
    start_us = START_US + 60 * MINUTE_US
    given: dict[str, Any] = {
        "visibility": Visibility(VisibilityLevel.OPEN),
        "kind": IntentKind.FLIGHT,
        **more,
    }
    return Intent(
        id=IntentId(name),
        party=party,
        priority=0,
        state=IntentState.ACCEPTED,
        version=1,
        ovn=Ovn("ovn-1"),
        volumes=(Volume4D(place, *heights, start_us, start_us + 30 * MINUTE_US),),
        provenance=Provenance(Source.PLANNED),
        told_us=START_US + 4 * MINUTE_US,
        lead_us=56 * MINUTE_US,
        call_sign=call_sign,
        **given,
    )


def notice() -> Notice:
    overlap = Overlap(START_US + 60 * MINUTE_US, START_US + 90 * MINUTE_US, 0, 120_000)
    subject = ObjectRef(ObjectType.INTENT, INTENT, 1)
    clash = Clash("flight-flight/1", "flight", Gap(0, 0, 0), overlap, None, subject, ALPHA)
    return Notice(
        *(NoticeId("notice-1"), 1, BRAVO, ALPHA, Urgency.ROUTINE, START_US + 4 * MINUTE_US),
        subject=subject,
        clashes=(clash,),
        units=(UnitToken("u1"),),
        lead_us=56 * MINUTE_US,
    )


def entries(keys: Keys | None = None) -> list[Entry]:
    """What happened: 11 entries, of which four are signed and one is attested. keys: who go on
    signing after it.
    """
    keys = keys or Keys()
    told = {
        "kind": "flight",
        "priority": 0,
        "volumes": [
            {
                "footprint": {"type": "Point", "coordinates": [8.5, 47.0], "radius_m": 500.0},
                "lower": {"value": 0, "units": "M", "reference": "W84"},
                "upper": {"value": 400, "units": "FT", "reference": "MSL"},
                "start": "2027-01-15T09:00:00Z",
                "end": "2027-01-15T09:30:00Z",
            }
        ],
        "call_sign": "RED <b>7</b>\u202e",
    }
    received = Acknowledgement(
        NoticeId("notice-1"), Verb.RECEIVED, Author(BRAVO, How.ATTESTED, "desk"), START_US
    )
    return [
        entry(0, SpaceOpened(ORIGIN, "Test Host", DEFAULT_RULES)),
        entry(1, PartyRegistered(Party(ALPHA, "Alpha Air", (UnitToken("u1"),)))),
        entry(1, PartyRegistered(Party(BRAVO, "Bravo Relief", (UnitToken("u1"),)))),
        keys.enrolled(ALPHA, 2),
        keys.enrolled(BRAVO, 3),
        keys.said(ALPHA, 4, "SubmitIntent", told, IntentAccepted(intent(), DEFAULT_RULES.version)),
        entry(4, NoticeIssued(notice()), follows=True),
        entry(5, NoticeAcknowledged(received, BRAVO, ALPHA), received.by),
        keys.answered(BRAVO, 6, Verb.PASSED_DOWN, "notice-1"),
        keys.answered(BRAVO, 7, Verb.LOADED, "notice-1"),
        entry(
            8,
            IntentAccepted(intent(BRAVO, "unsaid"), DEFAULT_RULES.version),
            Author(BRAVO, How.ATTESTED, "desk"),
        ),
    ]


def envelopes(made: list[Entry] | None = None) -> list[bytes]:
    return [encode_entry(each) for each in (entries() if made is None else made)]


def record(given: list[bytes] | None = None, key: OriginKey = LOG) -> MemoryRecord:
    """A record of envelopes; its salts are always the same."""
    made = MemoryRecord(key, random_bytes=lambda count: bytes(i % 251 for i in range(count)))
    made.append(envelopes() if given is None else given, 0, time_us=START_US)
    return made


def cosigned(note: str, *keys: WitnessKey) -> str:
    made = [key.cosign(parse_note(note).text, time_s=START_US // 1_000_000 + 600) for key in keys]
    return merged(note, made)


def policy(quorum: str = "2", log: OriginKey = LOG) -> bytes:
    lines = [f"log {log.vkey}"]
    lines += [f"witness w{i} {key.vkey}" for i, key in enumerate(WITNESSES)]
    lines += [f"group parties {quorum} w0 w1 w2", "quorum parties"]
    return "".join(f"{line}\n" for line in lines).encode()


def material(given: list[bytes] | None = None, key: OriginKey = LOG) -> Material:
    """What is proved, under a head that two of three witnesses cosigned."""
    made = record(given, key)
    return from_record(made, cosigned(made.checkpoint(), *WITNESSES[:2]))


def bundle(
    selection: Selection | None = None,
    *,
    of: Material | None = None,
    may_show: Callable[[Entry], bool] = lambda _: True,
    rule: bytes | None = None,
) -> bytes:
    return make_bundle(
        of or material(),
        selection or Selection(objects=(INTENT,)),
        made_for="alpha",
        may_show=may_show,
        policy=policy() if rule is None else rule,
    )


def redigested(files: dict[str, bytes]) -> bytes:
    """The bundle of changed files with a manifest that is right for them."""
    manifest = json.loads(files["manifest.json"])
    for name in manifest["files"]:
        manifest["files"][name] = sha256(files[name]).hexdigest()
    return packed({**files, "manifest.json": canonical_json(manifest) + b"\n"})
