"""The model's values as wire structs: units, names and text. What may be seen is decided before.

Intents are encoded once for each version and kept as bytes, since reads show the same ones again
and again; the cache can be thrown away at any time.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Any, Literal

import msgspec

from wideberth.faces.api import told
from wideberth.faces.api.conformance_seen import conformance_told
from wideberth.model.agreements import Agreement
from wideberth.model.channels import VoiceCall
from wideberth.model.ids import AgreementId, Ovn, PartyId
from wideberth.model.intents import FieldChange, Intent, IntentKind, notice_kind_of
from wideberth.model.keeping import EntriesErased
from wideberth.model.notices import (
    NEITHER_PERMISSION_NOR_GUARANTEE,
    Acknowledgement,
    Clash,
    Notice,
    ObjectRef,
    ObjectType,
    Particulars,
    Reliance,
    Verb,
)
from wideberth.model.parties import Author, Key, Party
from wideberth.model.receipts import content_digest, difference_digest
from wideberth.model.sealed import SealKey
from wideberth.model.sites import PROTECTION_UNCHANGED
from wideberth.model.stated import Stated
from wideberth.model.subscriptions import Subscription
from wideberth.model.warnings import TrackFix
from wideberth.model.zones import Zone
from wideberth.picture.picture import Picture
from wideberth.service import Service
from wideberth.space.altitude import Altitude
from wideberth.space.time import MINUTE_US, SECOND_US, format_rfc3339
from wideberth.space.volume import NANODEGREES, Circle, Footprint, Volume4D
from wideberth.wire import asked

__all__ = [
    "IntentBytes",
    "acknowledgement",
    "altitude",
    "as_of_us",
    "changes",
    "checked_intent",
    "clashes",
    "contact",
    "erased",
    "fix",
    "footprint",
    "intent",
    "key",
    "notice_members",
    "object_ref",
    "party",
    "rests_on",
    "seal_key",
    "subscription",
    "volume",
    "zone",
]

Contacts = Mapping[str, Any]
"""Contact reference to its public details: the store beside the record."""

_KEPT_BYTES = 64 * 1024 * 1024
_encoder = msgspec.json.Encoder()


class IntentBytes:
    """JSON of versions of intents, by OVN: each is made once, and the last asked for are kept, up
    to so many bytes. Holds bytes only.
    """

    def __init__(self, kept_bytes: int = _KEPT_BYTES) -> None:
        self._kept: OrderedDict[Ovn, bytes] = OrderedDict()
        self._room_bytes = kept_bytes

    def __call__(self, shown: Intent) -> Any:
        """The version as JSON that can stand within other JSON."""
        return msgspec.Raw(self.json(shown))

    def json(self, shown: Intent) -> bytes:
        """The version as JSON."""
        data = self._kept.get(shown.ovn)
        if data is not None:
            self._kept.move_to_end(shown.ovn)
            return data
        data = self._kept[shown.ovn] = _encoder.encode(intent(shown))
        self._room_bytes -= len(data)
        while self._room_bytes < 0:
            _, oldest = self._kept.popitem(last=False)
            self._room_bytes += len(oldest)
        return data


def volume(shape: Volume4D) -> asked.VolumeWire:
    """A volume; heights in the units and reference in which they are kept, metres."""
    return asked.VolumeWire(
        footprint=footprint(shape.footprint),
        lower=altitude(shape.lower),
        upper=altitude(shape.upper),
        start=format_rfc3339(shape.start_us),
        end=format_rfc3339(shape.end_us),
    )


def intent(shown: Intent) -> told.IntentOut:
    """A version of an intent, whole."""
    provenance = shown.provenance
    captured_us = provenance.captured_us
    return told.IntentOut(
        id=shown.id,
        party=shown.party,
        kind=shown.kind,
        state=shown.state,
        version=shown.version,
        ovn=shown.ovn,
        priority=shown.priority,
        volumes=[volume(each) for each in shown.volumes],
        visibility=told.VisibilityOut(
            level=shown.visibility.level, parties=list(shown.visibility.parties)
        ),
        provenance=told.ProvenanceOut(
            source=provenance.source,
            accuracy_m=provenance.accuracy_mm / 1000,
            captured=None if captured_us is None else format_rfc3339(captured_us),
            checked_by=provenance.checked_by,
        ),
        told=format_rfc3339(shown.told_us),
        start=format_rfc3339(shown.start_us),
        end=format_rfc3339(shown.end_us),
        lead_s=shown.lead_us / SECOND_US,
        minimum_lead_s=shown.minimum_lead_us / SECOND_US,
        late=shown.late,
        count=shown.count,
        call_sign=shown.call_sign,
        place_name=shown.place_name,
        cautions=list(shown.cautions),
        declaration=_raw(shown.declaration),
        notice_kind=notice_kind_of(shown.kind),
        **_stated(shown),
        under=shown.under,
        state_by_track=shown.state_by_track,
    )


_NOTHING_STATED = Stated()


def _stated(shown: Intent) -> dict[str, Any]:
    """What its kind states beside where and when; what is missing is said (N-12, N-14)."""
    if shown.kind is IntentKind.FLIGHT and shown.stated is None:
        return {}
    stated = shown.stated or _NOTHING_STATED
    members: dict[str, Any] = {
        "stand_off": list(stated.stand_off) or "none agreed",
        "open_ended": stated.open_ended,
    }
    if shown.kind in (IntentKind.PRESENCE, IntentKind.MOVEMENT):
        members["marking"] = list(stated.marking) or "none given"
        members["evidence"] = stated.evidence
    if stated.phase is not None:
        members |= {"phase": stated.phase, "phase_text": stated.phase_text}
    return members


def checked_intent(would_be: Intent) -> told.CheckedIntent:
    """What an intent would be, told now."""
    return told.CheckedIntent(
        kind=would_be.kind,
        start=format_rfc3339(would_be.start_us),
        end=format_rfc3339(would_be.end_us),
        lead_s=would_be.lead_us / SECOND_US,
        minimum_lead_s=would_be.minimum_lead_us / SECOND_US,
        late=would_be.late,
        cautions=list(would_be.cautions),
    )


def changes(differences: Iterable[FieldChange]) -> list[told.ChangeOut]:
    """An amendment, field by field (N-16)."""
    return [
        told.ChangeOut(field=each.field, before=each.before, after=each.after)
        for each in differences
    ]


def zone(shown: Zone) -> told.ZoneOut:
    """A version of a zone."""
    return told.ZoneOut(
        id=shown.id,
        party=shown.party,
        name=shown.name,
        rule=shown.rule,
        volumes=[volume(each) for each in shown.volumes],
        version=shown.version,
        declared=format_rfc3339(shown.declared_us),
        reason=shown.reason,
        unilateral=shown.unilateral,
        label=_UNILATERAL if shown.unilateral else None,
        notice_minutes=shown.notice_us / MINUTE_US,
        kinds=list(shown.kinds),
        declaration=_raw(shown.declaration),
        notice_kind=shown.notice_kind,
    )


_UNILATERAL = "UNILATERAL / NOT AGREED"
"""What stands on everything of one party's own zone (Z-09)."""


def _raw(text: str | None) -> msgspec.Raw | None:
    """The declaration as it was recorded, byte by byte."""
    return None if text is None else msgspec.Raw(text.encode())


def subscription(shown: Subscription, index: int) -> told.SubscriptionOut:
    """A subscription of the reader's; index: of its last notification."""
    return told.SubscriptionOut(
        id=shown.id,
        volume=volume(shown.volume),
        notification_index=index,
    )


def object_ref(reference: ObjectRef | None) -> told.ObjectOut | None:
    """A version of an object, where there is one to name."""
    if reference is None:
        return None
    kind: Literal["intent", "zone", "agreement"] = reference.type.value
    return told.ObjectOut(type=kind, id=reference.id, version=reference.version)


def contact(reference: str | None, contacts: Contacts) -> told.ContactOut | None:
    """Whom to call."""
    if reference is None:
        return None
    return told.ContactOut(reference=reference, details=contacts.get(reference))


def erased(body: object) -> told.ErasedEvent:
    """That an entry was erased, in the place of what it told."""
    assert isinstance(body, EntriesErased), "that is what stands in the place of an erased one"
    return told.ErasedEvent(erased_by=body.by, ground=body.ground.value, reference=body.reference)


def clashes(seen: Iterable[Clash], contacts: Contacts) -> list[told.ClashOut]:
    """Clashes, already cut down to what their reader may see."""
    return [_clash(each, contacts) for each in seen]


def acknowledgement(answer: Acknowledgement) -> told.AcknowledgementOut:
    """An answer to a notice, with the sentence that goes with every one (D-02)."""
    read_back = answer.read_back
    return told.AcknowledgementOut(
        notice=answer.notice,
        verb=answer.verb,
        by=author(answer.by),
        time=format_rfc3339(answer.time_us),
        sentence=NEITHER_PERMISSION_NOR_GUARANTEE,
        unit=answer.unit,
        system=answer.system,
        reason=answer.reason,
        read_back=None if read_back is None else _particulars(read_back),
        differences=[
            told.DifferenceOut(field=each.field, told=each.told, read_back=each.read_back)
            for each in answer.differences
        ],
        attested=answer.attested,
        channel=answer.channel,
        identified=answer.identified,
        call=None if answer.call is None else _call(answer.call),
        difference=answer.difference,
        content=answer.content,
        clock=None if answer.clock_us is None else format_rfc3339(answer.clock_us),
    )


def _call(call: VoiceCall) -> told.CallOut:
    return told.CallOut(
        started=format_rfc3339(call.started_us),
        ended=format_rfc3339(call.ended_us),
        typed_by=call.typed_by,
        desk=call.desk,
        language=call.language,
        interpreter=call.interpreter,
        audio_sha256=call.audio_sha256,
    )


def author(said_by: Author) -> told.AuthorOut:
    """Who says it, as others see it: the party, never the credential's subject."""
    return told.AuthorOut(party=said_by.party, how=said_by.how)


def understood(answer: Acknowledgement) -> bool | None:
    """Of a read-back, whether it was within tolerance; None for other answers."""
    return not answer.differences if answer.verb is Verb.READ_BACK else None


def reliances(
    picture: Picture, reader: PartyId, under: Iterable[Reliance]
) -> list[told.RelianceOut]:
    """Which versions of agreements something rests on, with their titles as the reader has them."""
    return [
        told.RelianceOut(
            agreement=each.agreement,
            version=each.version,
            title=_title(_agreement(picture, reader, each.agreement, each.version)),
            provision=each.provision,
            minimum_lead_s=each.minimum_lead_us / SECOND_US if each.minimum_lead_us else 0,
            late=each.late,
            cited=each.cited,
        )
        for each in under
    ]


def notice_members(notice: Notice, contacts: Contacts, picture: Picture) -> dict[str, Any]:
    """The members of a notice's view that do not change with its answers."""
    particulars = notice.particulars
    subject = notice.subject
    about = None
    if subject is not None and subject.type is ObjectType.AGREEMENT:
        about = _agreement(picture, notice.recipient, subject.id, subject.version)
    return {
        "id": notice.id,
        "number": notice.number,
        "urgency": notice.urgency,
        "issued": format_rfc3339(notice.issued_us),
        "clashes": clashes(notice.clashes, contacts),
        "sentence": NEITHER_PERMISSION_NOR_GUARANTEE,
        "sender": notice.sender,
        "subject": object_ref(subject),
        "agreement": None if about is None else _named(about),
        "particulars": None if particulars is None else _particulars(particulars),
        "units": list(notice.units),
        "late": notice.late,
        "lead_s": notice.lead_us / SECOND_US,
        "supersedes": list(notice.supersedes),
        "held_by": list(notice.held_by),
        "more_clashes": notice.more_clashes,
        "withdrawal": notice.withdrawal,
        "protection": PROTECTION_UNCHANGED if notice.withdrawal else None,
        "all_clear": notice.all_clear,
        "under": reliances(picture, notice.recipient, notice.under),
        "uncovered": list(notice.uncovered),
        "changes": changes(notice.changes),
        "difference": difference_digest(notice),
        "content": content_digest(notice),
        "salt": notice.salt or None,
        "conformance": notice.conformance and conformance_told(notice.conformance),
    }


def _agreement(picture: Picture, reader: PartyId, name: str, version: int) -> Agreement | None:
    """A version that the reader is a side of, or its neutral; None where it is not, or settled long
    ago.
    """
    found = picture.agreements.get((AgreementId(name), version))
    return found if found is not None and reader in found.terms.concerned else None


def _title(agreement: Agreement | None) -> str | None:
    return None if agreement is None else agreement.terms.title


def _named(agreement: Agreement) -> told.AgreementNamedOut:
    return told.AgreementNamedOut(
        title=agreement.terms.title,
        state=agreement.state,
        effective=format_rfc3339(agreement.terms.effective_us),
        expires=format_rfc3339(agreement.terms.expires_us),
    )


def fix(reported: TrackFix | None) -> told.FixOut | None:
    """A position that a warning rests on."""
    if reported is None:
        return None
    altitude_mm, altitude_us = reported.altitude_w84_mm, reported.altitude_time_us
    return told.FixOut(
        latitude=reported.latitude_nd / NANODEGREES,
        longitude=reported.longitude_nd / NANODEGREES,
        time=format_rfc3339(reported.time_us),
        altitude_m=None if altitude_mm is None else altitude_mm / 1000,
        altitude_time=None if altitude_us is None else format_rfc3339(altitude_us),
    )


def key(shown: Key, *, own: bool, sealed_to: SealKey | None = None) -> told.KeyOut:
    """A public key; where its chain ends is for its own party, which continues it."""
    return told.KeyOut(
        key_id=shown.key_id,
        public_key=shown.public_key,
        roles=list(shown.roles),
        last_seq=shown.last_seq if own else None,
        last_digest=shown.last_digest if own else None,
        seal_key=None if sealed_to is None else seal_key(sealed_to),
    )


def seal_key(shown: SealKey) -> told.SealKeyOut:
    """A seal key, with the signature that vouches for it."""
    return told.SealKeyOut(
        number=shown.number, public_key=shown.public_key, signature=shown.signature
    )


def party(
    shown: Party,
    keys: Iterable[tuple[Key, SealKey | None]],
    reader: PartyId,
    contacts: Contacts,
) -> told.PartyOut:
    """A party; its distribution list is for itself."""
    own = shown.id == reader
    return told.PartyOut(
        id=shown.id,
        name=shown.name,
        neutral=shown.neutral,
        contact=contact(shown.contact, contacts),
        units=list(shown.units) if own else None,
        keys=[key(each, own=own, sealed_to=sealed_to) for each, sealed_to in keys],
    )


def as_of_us(service: Service) -> int:
    """The time of which an answer speaks: now. When the last entry was written would tell when
    somebody else did something; a node that no longer follows the record says how far it came.
    """
    return service.picture.time_us if service.stopped_by else service.context().now_us


def rests_on(parties: Iterable[str], position: int, time_us: int) -> told.RestsOn:
    """What an answer rests on."""
    return told.RestsOn(
        parties_telling=sorted(set(parties)), position=position, time=format_rfc3339(time_us)
    )


def footprint(shape: Footprint) -> asked.PolygonFootprint | asked.PointFootprint:
    """A shape on the ground."""
    if isinstance(shape, Circle):
        return asked.PointFootprint(
            coordinates=(shape.longitude_nd / NANODEGREES, shape.latitude_nd / NANODEGREES),
            radius_m=shape.radius_mm / 1000,
        )
    ring = [
        (longitude_nd / NANODEGREES, latitude_nd / NANODEGREES)
        for latitude_nd, longitude_nd in shape.vertices
    ]
    ring.append(ring[0])
    return asked.PolygonFootprint(coordinates=[ring])


def altitude(height: Altitude) -> asked.AltitudeWire:
    """A height, in metres."""
    return asked.AltitudeWire(
        value=height.value_mm / 1000, units="M", reference=height.reference.value
    )


def _clash(seen: Clash, contacts: Contacts) -> told.ClashOut:
    gap, overlap = seen.gap, seen.overlap
    return told.ClashOut(
        rule=seen.rule,
        other_kind=seen.other_kind,
        gap=told.GapOut(
            horizontal_m=gap.horizontal_mm / 1000,
            vertical_m=gap.vertical_mm / 1000,
            time_s=gap.time_us / SECOND_US,
        ),
        overlap=told.OverlapOut(
            start=format_rfc3339(overlap.start_us),
            end=format_rfc3339(overlap.end_us),
            lower_m=overlap.lower_mm / 1000,
            upper_m=overlap.upper_mm / 1000,
            cells=[
                told.CellOut(
                    south=cell.south_nd / NANODEGREES,
                    west=cell.west_nd / NANODEGREES,
                    size=cell.size_nd / NANODEGREES,
                )
                for cell in overlap.cells
            ],
            whole=overlap.whole,
        ),
        own=object_ref(seen.own),
        other=object_ref(seen.other),
        other_party=seen.other_party,
        contact=contact(seen.contact, contacts),
        label=_UNILATERAL if seen.unilateral else None,
    )


def _particulars(particulars: Particulars) -> told.ParticularsOut:
    return told.ParticularsOut(
        latitude=particulars.latitude_nd / NANODEGREES,
        longitude=particulars.longitude_nd / NANODEGREES,
        start=format_rfc3339(particulars.start_us),
        end=format_rfc3339(particulars.end_us),
        lower_m=particulars.lower_mm / 1000,
        upper_m=particulars.upper_mm / 1000,
    )
