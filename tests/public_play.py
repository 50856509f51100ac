"""Random plays of what may be published, and a slow reference that reads the record alone.

The reference is written from docs/how-to/publish.md: it walks through all entries from the first
one for every question, keeps dictionaries and shares no code with the rules or the picture.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from agreements_scene import NORTH, SOUTH, scene
from scenes import START_US, Scene, author, signer, volume
from wideberth.model.agreements import (
    Act,
    AgreementMoment,
    AgreementProposed,
    AgreementStepped,
    LegalKind,
    ProposeAgreement,
    StepAgreement,
    Terms,
)
from wideberth.model.commands import DeclareZone, WithdrawZone
from wideberth.model.deadlines import DeadlineKind, DeadlinePassed
from wideberth.model.entries import Entry, ZoneDeclared, ZoneWithdrawn
from wideberth.model.ids import AgreementId, PartyId, ZoneId
from wideberth.model.intents import ActorClass
from wideberth.model.provisions import AgreedZone, Line, Publish, PublishedField, SeparationRow
from wideberth.model.provisions import SeparationTable as Table
from wideberth.model.zones import Zone, ZoneRule
from wideberth.picture.agreement_times import agreement_due
from wideberth.space.altitude import Altitude, AltitudeReference
from wideberth.space.time import DAY_US, HOUR_US, MINUTE_US
from wideberth.space.volume import Circle

WEST = PartyId("west")
PAIRS = {AgreementId("pact"): (NORTH, SOUTH), AgreementId("accord"): (NORTH, WEST)}
NAMES = ("z1", "z2", "z3")
CLOSED = AgreedZone(
    id="closed",
    title="The closed bank",
    footprint=Circle(47_000_000_000, 8_000_000_000, 3_000_000),
    lower=Altitude(0, AltitudeReference.W84),
    upper=Altitude(900_000, AltitudeReference.W84),
)
RIVER = Line(id="river", points=((47_000_000_000, 8_000_000_000), (47_050_000_000, 8_000_000_000)))
TABLE = Table(
    id="apart", rows=(SeparationRow(actor=ActorClass.ARTILLERY, line="river", distance_m=5_000),)
)


def public(**more: Any) -> Publish:
    """The provision, by default for closures and stand-offs of both, for the whole term."""
    given = {
        "id": "public",
        "sender": "fire-desk",
        "area": "the north bank",
        "rules": (ZoneRule.KEEP_OUT, ZoneRule.STAND_OFF),
        **more,
    }
    return Publish(**given)


def text(agreement: AgreementId, now_us: int, *provisions: Any, days: int = 90) -> Terms:
    return Terms(
        title="What we publish",
        kind=LegalKind.SEPARATION,
        parties=PAIRS[agreement],
        effective_us=now_us,
        expires_us=now_us + days * DAY_US,
        provisions=(RIVER, CLOSED, TABLE, *provisions),
    )


def agree(world: Scene, agreement: AgreementId, terms: Terms, replaces: int = 0) -> int:
    """Propose and sign by all; gives the version, 0 where it was not taken."""
    proposed = world.try_(
        ProposeAgreement(agreement, world.now_us + 20 * MINUTE_US, terms, replaces),
        signer(terms.parties[0]),
    )
    if not isinstance(proposed, tuple):
        return 0
    (body,) = proposed
    assert isinstance(body, AgreementProposed)
    for party in terms.parties:
        command = StepAgreement(agreement, body.version, Act.SIGN, digest=body.digest)
        world.accept(command, signer(party))
    return body.version


def declare(
    world: Scene, zone: str, party: str, *, rule: ZoneRule, minutes: int, place: float = 47.0
) -> bool:
    """Declare a zone from now on, or its next version; whether it was taken."""
    standing = world.picture.zones.get(ZoneId(zone))
    begin_min = round((world.now_us - START_US) / MINUTE_US)
    command = DeclareZone(
        ZoneId(zone),
        name=f"{party}'s secret camp",
        rule=rule,
        volumes=(volume(place, from_min=begin_min, until_min=begin_min + minutes),),
        reason="withheld",
        notice_us=30 * MINUTE_US if rule is ZoneRule.NOTICE else 0,
        replaces_version=0 if standing is None else standing.version,
        confirmed=True,
    )
    return isinstance(world.try_(command, author(party)), tuple)


def withdraw(world: Scene, zone: str, party: str) -> None:
    standing = world.picture.zones.get(ZoneId(zone))
    world.try_(
        WithdrawZone(ZoneId(zone), 1 if standing is None else standing.version), author(party)
    )


def step(world: Scene, agreement: AgreementId, act: Act, by: PartyId, *named: str) -> bool:
    """Act on the newest version; whether it was taken."""
    versions = [version for name, version in world.picture.agreements if name == agreement]
    reason = "" if act is Act.RESUME else "why"
    command = StepAgreement(agreement, max(versions, default=1), act, named, reason=reason)
    return isinstance(world.try_(command, signer(by)), tuple)


def pass_time(world: Scene, minutes: int) -> None:
    """Let time pass, and what is due by then, in its order."""
    world.now_us += minutes * MINUTE_US
    while True:
        due = [
            (found.due_us, f"{name}/{version}", found.step)
            for name, version in world.picture.agreements
            if (found := agreement_due(world.picture, f"{name}/{version}")) is not None
            and found.due_us <= world.now_us
        ]
        if not due:
            return
        _, subject, number = min(due)
        world.accept(DeadlinePassed(DeadlineKind.AGREEMENT, subject, number))


@dataclass
class Known:
    """What the record says, read from its first entry on."""

    zones: dict[str, Zone] = field(default_factory=dict[str, Zone])
    terms: dict[tuple[AgreementId, int], Terms] = field(
        default_factory=dict[tuple[AgreementId, int], Terms]
    )
    states: dict[tuple[str, int], str] = field(default_factory=dict[tuple[str, int], str])
    signed: dict[tuple[str, int], set[str]] = field(default_factory=dict[tuple[str, int], set[str]])
    suspended: dict[tuple[str, int], tuple[str, ...]] = field(
        default_factory=dict[tuple[str, int], tuple[str, ...]]
    )


def read(entries: list[Entry]) -> Known:
    known = Known()
    for entry in entries:
        body = entry.body
        if isinstance(body, ZoneDeclared):
            known.zones[body.zone.id] = body.zone
        elif isinstance(body, ZoneWithdrawn):
            del known.zones[body.zone]
        elif isinstance(body, AgreementProposed):
            known.terms[body.agreement, body.version] = body.terms
            known.states[body.agreement, body.version] = "proposed"
        elif isinstance(body, AgreementStepped):
            key = body.agreement, body.version
            known.states[key] = body.state.value
            if body.act is Act.SIGN:
                known.signed.setdefault(key, set()).add(body.party)
            if body.act is Act.SUSPEND:
                known.suspended[key] = body.provisions
        elif isinstance(body, AgreementMoment):
            known.states[body.agreement, body.version] = body.state.value
            for version in (body.supersedes, *body.supersedes_too):
                if version:
                    known.states[body.agreement, version] = "superseded"
    return known


def holds(known: Known, key: tuple[AgreementId, int], provision: str) -> bool:
    """Whether a provision of a version is signed by all and in force."""
    if known.signed.get(key, set()) != set(known.terms[key].parties):
        return False
    if known.states[key] == "suspended":
        return bool(known.suspended[key]) and provision not in known.suspended[key]
    return known.states[key] == "in-force"


def allowed(
    entries: list[Entry], now_us: int
) -> dict[tuple[AgreementId, str, str], tuple[Publish, Any]]:
    """By agreement, provision and source: all that may be public now, with the zone or provision
    that it is of. What is over is left out.
    """
    known = read(entries)
    found: dict[tuple[AgreementId, str, str], tuple[Publish, Any]] = {}
    for key, terms in known.terms.items():
        if not terms.effective_us <= now_us < terms.expires_us:
            continue
        for each in terms.provisions:
            if not isinstance(each, Publish) or not holds(known, key, each.id):
                continue
            if each.from_us is not None and now_us < each.from_us:
                continue
            if each.until_us is not None and now_us >= each.until_us:
                continue
            if "closed" in each.provisions and holds(known, key, "closed"):
                found[key[0], each.id, "area/closed"] = (each, CLOSED)
            if "apart" in each.provisions and holds(known, key, "apart"):
                found[key[0], each.id, "area/apart/1"] = (each, TABLE)
            for zone in known.zones.values():
                mine = zone.party in (each.of or terms.parties)
                if each.zones and zone.id not in each.zones:
                    mine = False
                step_us = each.time_step_s * 1_000_000
                end_us = zone.end_us if not step_us else (zone.end_us // step_us + 1) * step_us - 1
                if mine and zone.rule in each.rules and end_us >= now_us:
                    found[key[0], each.id, f"zone/{zone.id}"] = (each, zone)
    return found


rules = st.sampled_from(list(ZoneRule))
provisions = st.builds(
    public,
    sender=st.sampled_from(["fire-desk", "fire-desk", "range"]),
    rules=st.sampled_from([(ZoneRule.KEEP_OUT,), (ZoneRule.KEEP_OUT, ZoneRule.STAND_OFF)]),
    provisions=st.sampled_from([(), ("closed",), ("closed", "apart")]),
    zones=st.sampled_from([(), (), ("z1",)]),
    of=st.sampled_from([(), (), (NORTH,)]),
    fields=st.sampled_from([(), tuple(PublishedField)]),
    cell_nd=st.sampled_from([0, 0, 100_000_000]),
    time_step_s=st.sampled_from([0, 0, 3600]),
)
STEPS = (
    "declare",
    "declare",
    "declare",
    "withdraw",
    "agree",
    "agree",
    "suspend",
    "resume",
    "end",
    "time",
    "time",
)


def one_step(draw: Any, world: Scene) -> None:
    """Somebody does something, or time passes."""
    agreement = draw(st.sampled_from(sorted(PAIRS)))
    party = draw(st.sampled_from(PAIRS[agreement]))
    zone = draw(st.sampled_from(NAMES))
    match draw(st.sampled_from(STEPS)):
        case "declare":
            minutes, place = (
                draw(st.sampled_from([30, 600, 5000])),
                draw(st.sampled_from([47.0, 47.001, 48.0])),
            )
            declare(world, zone, party, rule=draw(rules), minutes=minutes, place=place)
        case "withdraw":
            withdraw(world, zone, party)
        case "agree":
            given = draw(provisions)
            window = draw(
                st.sampled_from([(None, None), (None, None), (2, 30), (None, 5), (4, None)])
            )
            from_us, until_us = (
                None if each is None else world.now_us + each * HOUR_US for each in window
            )
            given = public(
                **{
                    **{f: getattr(given, f) for f in given.__struct_fields__},
                    "from_us": from_us,
                    "until_us": until_us,
                }
            )
            versions = [version for name, version in world.picture.agreements if name == agreement]
            days = draw(st.sampled_from([1, 90]))
            agree(
                world,
                agreement,
                text(agreement, world.now_us, given, days=days),
                max(versions, default=0),
            )
        case "suspend":
            named = draw(st.sampled_from([(), (), ("public",), ("closed",), ("river",)]))
            step(world, agreement, Act.SUSPEND, party, *named)
        case "resume":
            step(world, agreement, Act.RESUME, party)
        case "end":
            step(world, agreement, Act.END, party)
        case _:
            pass_time(world, draw(st.sampled_from([0, 10, 90, 300, 2000])))


def a_world() -> Scene:
    return scene()
