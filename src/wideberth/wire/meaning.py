"""Wire structs to the model's values: what a request means, worked out once and strictly.

Pure, and below the faces: the API reads requests with it, and the audit reads what was signed
with the very same code. Every error is an InvalidValue that names the field by its dotted path on
the wire (``volumes.0.footprint.coordinates.0.3``), a stable rule, and what came.
"""

from __future__ import annotations

from wideberth.errors import InvalidValue
from wideberth.model.agreements import ProposeAgreement, StepAgreement
from wideberth.model.commands import DeclareZone, IntentDetails
from wideberth.model.consents import AnswerConsent, AskConsent
from wideberth.model.ids import (
    AgreementId,
    ConsentId,
    IntentId,
    PartyId,
    RedLineId,
    ZoneId,
    require_party_id,
)
from wideberth.model.intents import (
    MAX_VOLUMES,
    IntentKind,
    Provenance,
    Source,
    Visibility,
    VisibilityLevel,
)
from wideberth.model.notices import Particulars
from wideberth.model.redlines import RedLine, SetRedLine
from wideberth.model.stated import Stated
from wideberth.model.stops import Area, Identified, Stop
from wideberth.space.time import MINUTE_US, parse_rfc3339
from wideberth.space.volume import NANODEGREES, Volume4D
from wideberth.wire import agreements, asked
from wideberth.wire.forms import declaration_of, require_few_windows, volumes_in

__all__ = [
    "asking_of",
    "consent_of",
    "details_of",
    "instant_us",
    "millimetres",
    "particulars_of",
    "proposal_of",
    "red_line_of",
    "step_of",
    "stop_of",
    "volume_of",
    "volumes_of",
    "zone_of",
]


def details_of(wire: asked.IntentIn) -> IntentDetails:
    """What a party says of an intent. Raises InvalidValue."""
    return IntentDetails(
        kind=wire.kind,
        volumes=volumes_of(wire.volumes),
        declaration=declaration_of(wire.volumes),
        visibility=_visibility(wire),
        provenance=_provenance(wire),
        priority=wire.priority,
        count=wire.count,
        call_sign=wire.call_sign,
        place_name=wire.place_name,
        confirmed=wire.confirmed,
        stated=Stated() if wire.stated is None and _is_site(wire) else wire.stated,
        status=wire.status,
        under=wire.under,
        state_by_track=wire.state_by_track,
    )


def _is_site(wire: asked.IntentIn) -> bool:
    """A presence always states something: by this it is known as a site that can turn stale."""
    return wire.kind is IntentKind.PRESENCE


def volumes_of(wires: list[asked.VolumeIn]) -> tuple[Volume4D, ...]:
    """Volumes, each valid: what covers each of the declared. Raises InvalidValue."""
    require_few_windows(wires)
    volumes: list[Volume4D] = []
    for index, wire in enumerate(wires):
        volumes += volumes_in(wire, f"volumes.{index}")
        if len(volumes) > MAX_VOLUMES:
            raise InvalidValue(
                "volumes",
                "volume-count",
                len(volumes) if len(volumes) == len(wires) else f"over {MAX_VOLUMES}",
                f"give up to {MAX_VOLUMES} volumes; legs and windows count each for one",
            )
    return tuple(volumes)


def volume_of(wire: asked.VolumeIn, field: str = "volume") -> Volume4D:
    """A volume. Raises InvalidValue, its fields below field; also for what needs several."""
    volumes = volumes_in(wire, field)
    if len(volumes) != 1:
        raise InvalidValue(
            f"{field}.footprint",
            "one-volume",
            f"{len(volumes)} volumes",
            "give a single volume here",
        )
    return volumes[0]


def particulars_of(wire: asked.ReadBackIn) -> Particulars:
    """A read-back. Raises InvalidValue."""
    for name, bound in (("latitude", 90), ("longitude", 180)):
        value = getattr(wire, name)
        if not abs(value) <= bound:
            raise InvalidValue(
                f"read_back.{name}", name, value, f"give a {name} from -{bound} to {bound}"
            )
    return Particulars(
        round(wire.latitude * NANODEGREES),
        round(wire.longitude * NANODEGREES),
        parse_rfc3339(wire.start, field="read_back.start"),
        parse_rfc3339(wire.end, field="read_back.end"),
        millimetres(wire.lower_m, "read_back.lower_m"),
        millimetres(wire.upper_m, "read_back.upper_m"),
    )


def instant_us(text: str | None, field: str) -> int | None:
    """A time that may be left out. Raises InvalidValue."""
    return None if text is None else parse_rfc3339(text, field=field)


def millimetres(value_m: float, field: str) -> int:
    """A height in mm, within what a height can be. Raises InvalidValue."""
    if not -8_000 <= value_m <= 100_000:
        raise InvalidValue(
            field, "altitude-range", value_m, "give a height from -8,000 m to 100,000 m"
        )
    return round(value_m * 1000)


def zone_of(wire: asked.ZoneIn, zone: ZoneId, replaces_version: int) -> DeclareZone:
    """What a party declares of a zone. Raises InvalidValue."""
    return DeclareZone(
        zone=zone,
        name=wire.name,
        rule=wire.rule,
        volumes=volumes_of(wire.volumes),
        declaration=declaration_of(wire.volumes),
        reason=wire.reason,
        notice_us=wire.notice_minutes * MINUTE_US,
        kinds=tuple(dict.fromkeys(wire.kinds)),
        replaces_version=replaces_version,
        confirmed=wire.confirmed,
    )


def proposal_of(
    wire: agreements.AgreementIn, agreement: AgreementId, replaces: int
) -> ProposeAgreement:
    """What a party proposes. Raises InvalidValue."""
    answer_by_us = parse_rfc3339(wire.answer_by, field="answer_by")
    return ProposeAgreement(agreement, answer_by_us, wire.terms, replaces)


def step_of(wire: agreements.StepIn, agreement: AgreementId) -> StepAgreement:
    """What a party does with a version. Raises InvalidValue."""
    return StepAgreement(
        agreement=agreement,
        version=wire.version,
        act=wire.act,
        provisions=tuple(dict.fromkeys(wire.provisions)),
        digest=wire.digest,
        sheet=None if wire.sheet is None else require_party_id(wire.sheet, field="sheet"),
        reason=wire.reason,
    )


def asking_of(wire: agreements.AskIn, agreement: AgreementId, consent: ConsentId) -> AskConsent:
    """What a party asks for under a provision."""
    return AskConsent(
        consent=consent,
        agreement=agreement,
        version=wire.version,
        provision=wire.provision,
        words=wire.words,
        intent=None if wire.intent is None else IntentId(wire.intent),
    )


def consent_of(wire: agreements.ConsentIn, consent: ConsentId) -> AnswerConsent:
    """What the party entitled answers."""
    return AnswerConsent(consent, wire.verdict, wire.reason)


def red_line_of(wire: agreements.RedLineIn, name: RedLineId, party: PartyId) -> SetRedLine:
    """What a party watches for itself. Raises InvalidValue."""
    return SetRedLine(
        RedLine(
            id=name,
            party=party,
            name=wire.name,
            volumes=volumes_of(wire.volumes),
            kinds=tuple(dict.fromkeys(wire.kinds)),
            least_lead_s=wire.least_lead_s,
            least_distance_m=wire.least_distance_m,
            longest_s=wire.longest_s,
        )
    )


def stop_of(
    wire: asked.StopIn,
    *,
    stop_id: str,
    sender: PartyId,
    identified: Identified,
    sent_us: int,
    doubts: str | None = None,
) -> Stop:
    """What a party tells with a STOP; nothing of it is held against anything."""
    area = wire.area
    return Stop(
        id=stop_id,
        form=wire.form,
        sender=sender,
        identified=identified,
        sent_us=sent_us,
        text=wire.text,
        intent=None if wire.intent is None else IntentId(wire.intent),
        zone=None if wire.zone is None else ZoneId(wire.zone),
        area=None
        if area is None
        else Area(
            round(area.latitude * NANODEGREES),
            round(area.longitude * NANODEGREES),
            round(area.radius_m * 1000),
        ),
        doubts=doubts,
    )


def _visibility(wire: asked.IntentIn) -> Visibility:
    given = wire.visibility
    if given is None:
        return Visibility(VisibilityLevel.OPEN)
    parties: list[PartyId] = []
    for index, name in enumerate(given.parties):
        parties.append(require_party_id(name, field=f"visibility.parties.{index}"))
    return Visibility(given.level, tuple(dict.fromkeys(parties)))


def _provenance(wire: asked.IntentIn) -> Provenance:
    given = wire.provenance
    if given is None:
        if wire.kind is not IntentKind.FLIGHT:
            raise InvalidValue(
                "provenance",
                "provenance-missing",
                None,
                f"say where the coordinates of this {wire.kind.value} come from (N-05)",
            )
        return Provenance(Source.PLANNED)
    return Provenance(
        given.source,
        round(given.accuracy_m * 1000),
        instant_us(given.captured, "provenance.captured"),
        given.checked_by,
    )
