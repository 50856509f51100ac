"""Where accounts differ, on the page of a bundle: worked out twice, and from the accounts alone."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import evidence_world as world
from evidence_world import ALPHA, BRAVO
from wideberth.errors import RecordCorrupt
from wideberth.evidence.alone import differing
from wideberth.evidence.alone.container import Fault, unpacked
from wideberth.evidence.alone.differing import difference_line, told_differences
from wideberth.evidence.alone.program import checked_contents
from wideberth.evidence.bundle import Selection, make_bundle
from wideberth.evidence.check import check_files, verify_bundle
from wideberth.evidence.differing import differences_told
from wideberth.evidence.incident import incident_positions
from wideberth.evidence.material import seen_entries
from wideberth.evidence.verifier import verifier_source
from wideberth.model.accounts import (
    Account,
    AccountGiven,
    Audience,
    Claims,
    DamageClaim,
    DamageItem,
    DamageOf,
    IdentityClaim,
    PlaceClaim,
    Point,
    RuleClaim,
    TimeClaim,
    WarnedClaim,
)
from wideberth.model.entries import Entry, encode_entry
from wideberth.model.ids import AccountId, AgreementId, IncidentId, IntentId, NoticeId, PartyId
from wideberth.model.incidents import Column, IncidentOpened
from wideberth.model.parties import Author, How
from wideberth.picture.differences import differences
from wideberth.space.altitude import Altitude, AltitudeReference
from wideberth.space.time import MINUTE_US, SECOND_US
from wideberth.space.volume import Circle, Polygon

INCIDENT = IncidentId("incident-9")
AT_US = world.START_US + 6 * MINUTE_US


def given_by(
    keys: world.Keys, party: PartyId, claims: Claims, *, name: str = "", minute: float = 22
) -> Entry:
    account = Account(
        id=AccountId(name or f"account-{party}"),
        party=party,
        given_us=world.START_US + int(minute * MINUTE_US),
        audience=Audience.ALL,
        shown_to=(ALPHA, BRAVO),
        claims=claims,
        words="",
    )
    signed = {"incident": INCIDENT, "shown_to": "all", **SAID[claims]}
    return keys.said(party, minute, "GiveAccount", signed, AccountGiven(INCIDENT, account))


OURS = Claims(
    when=TimeClaim(AT_US, 30 * SECOND_US),
    where=PlaceClaim(Point(47_000_000_000, 7_500_000_000), 500_000),
    identity=IdentityClaim(call_sign="RED 1"),
    warned=WarnedClaim(True),
)
THEIRS = Claims(
    when=TimeClaim(AT_US + 8 * MINUTE_US),
    where=PlaceClaim(Point(47_000_000_000, 7_600_000_000), 100_000),
    identity=IdentityClaim(call_sign="<b>RED</b> 2"),
    warned=WarnedClaim(False),
)
LATER = Claims(warned=WarnedClaim(True))
SAID: dict[Claims, dict[str, Any]] = {
    OURS: {
        "when": {"time": "2027-01-15T08:06:00Z", "error_s": 30},
        "where": {"point": [7.5, 47.0], "error_m": 500},
        "identity": {"call_sign": "RED 1"},
        "warned": {"warned": True},
    },
    THEIRS: {
        "when": {"time": "2027-01-15T08:14:00Z"},
        "where": {"point": [7.6, 47.0], "error_m": 100},
        "identity": {"call_sign": "<b>RED</b> 2"},
        "warned": {"warned": False},
    },
    LATER: {"warned": {"warned": True}},
}


def happened(*later: tuple[PartyId, Claims]) -> list[Entry]:
    keys = world.Keys()
    window_us = (AT_US - MINUTE_US, AT_US + MINUTE_US)
    opened = IncidentOpened(INCIDENT, ALPHA, Column.PARTY, "Something", *window_us, (BRAVO,))
    return [
        *world.entries(keys),
        world.entry(20, opened, Author(ALPHA, How.ATTESTED, "desk")),
        given_by(keys, ALPHA, OURS, minute=22),
        given_by(keys, BRAVO, THEIRS, minute=23),
        *(
            given_by(keys, party, claims, name=f"later-{at}", minute=24 + at)
            for at, (party, claims) in enumerate(later)
        ),
    ]


def bundle(entries: list[Entry]) -> bytes:
    material = world.material(world.envelopes(entries))
    positions = incident_positions(seen_entries(material, lambda _: True), INCIDENT)
    asked = Selection(positions, about=f"incident {INCIDENT}")
    return make_bundle(
        material, asked, made_for="alpha", may_show=lambda _: True, policy=world.policy()
    )


def rows(data: bytes) -> list[str]:
    html = unpacked(data)["index.html"].decode()
    (table,) = re.findall(r'<div class="columns apart"><table>(.*?)</table></div>', html, re.DOTALL)
    return [" ".join(re.sub("<[^>]*>", " ", each).split()) for each in table.split("\n")]


def test_the_page_tells_where_accounts_differ_with_both_entries() -> None:
    first = len(world.entries()) + 1
    data = bundle(happened())
    verify_bundle(data, policy=world.policy())
    names: dict[str, Any] = {"__name__": "verify"}
    exec(compile(verifier_source(), "verify.py", "exec"), names)
    names["checked_bundle"](data, world.policy())
    when, where, what, warned = rows(data)
    assert when.startswith(f"When it was alpha , entry {first} 2027-01-15 08:06:00 UTC by its own")
    assert f"bravo , entry {first + 1} 2027-01-15 08:14:00 UTC by its own clock" in when
    assert when.endswith("8 min apart as claimed; 7 min 30 s at least, 8 min 30 s at most")
    found = re.search(
        r"([\d.]+) m apart as claimed; ([\d.]+) m at least, ([\d.]+) m at most", where
    )
    assert found is not None
    claimed, least, most = map(float, found.groups())
    assert claimed == pytest.approx(7606, abs=5)
    assert (claimed - least, most - claimed) == pytest.approx((600, 600), abs=0.1)
    assert what.endswith("differ in call sign")
    assert "<b>RED" not in unpacked(data)["index.html"].decode()
    assert warned.endswith("differ in whether there was one")


def test_of_each_party_the_last_account_counts_and_what_one_does_not_claim_makes_no_row() -> None:
    data = bundle(happened((BRAVO, LATER)))
    verify_bundle(data, policy=world.policy())
    html = unpacked(data)["index.html"].decode()
    assert "differences.jsonl" not in unpacked(data)
    assert "In nothing that two of them both claim." in html


def test_without_two_accounts_nothing_is_told_of_differences() -> None:
    html = unpacked(bundle(happened()[:-1]))["index.html"].decode()
    assert "Where the accounts differ" not in html


def changed(change: Callable[[list[dict[str, Any]]], object]) -> dict[str, bytes]:
    files = unpacked(bundle(happened()))
    told = [json.loads(each) for each in files["differences.jsonl"].splitlines()]
    change(told)
    lines = (json.dumps(each, ensure_ascii=False, separators=(",", ":")) for each in told)
    files["differences.jsonl"] = "".join(f"{each}\n" for each in lines).encode()
    return files


def put(row: int, member: str, value: Any) -> Callable[[list[dict[str, Any]]], object]:
    return lambda told: told[row].update({member: value})


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(put(0, "apart", [480_000_000, 0, 480_000_000]), id="another time"),
        pytest.param(put(1, "apart", [5_000_000, 4_400_000, 5_600_000]), id="another distance"),
        pytest.param(put(1, "apart", [7_606_000, 7_606_000, 7_606_000]), id="no errors"),
        pytest.param(put(1, "apart", None), id="no distance"),
        pytest.param(put(1, "apart", [7_606_000, 8_000_000, 7_000_000]), id="turned round"),
        pytest.param(put(2, "entries", [1, 2]), id="other entries"),
        pytest.param(put(2, "parties", ["bravo", "alpha"]), id="other parties"),
        pytest.param(put(3, "kind", "damage"), id="another kind"),
        pytest.param(put(3, "members", ["notice"]), id="other members"),
        pytest.param(lambda told: told.pop(), id="one left out"),
        pytest.param(lambda told: told.append(told[-1]), id="one too much"),
        pytest.param(list.reverse, id="other order"),
        pytest.param(lambda told: told[0].update(more=1), id="a member more"),
    ],
)
def test_a_difference_that_the_accounts_have_not_is_found(
    change: Callable[[list[dict[str, Any]]], object],
) -> None:
    files = changed(change)
    told = {"made_for": "alpha", "asked": "x"}
    with pytest.raises(Fault):
        checked_contents(files, told, world.policy())
    with pytest.raises(RecordCorrupt, match=r"differences\.jsonl"):
        check_files(files)


def test_a_distance_that_is_a_little_off_is_found_by_the_program_alone() -> None:
    """What verify.py cannot work out, it says; the program works it out again."""

    def nudge(told: list[dict[str, Any]]) -> None:
        told[1]["apart"] = [each + 1 for each in told[1]["apart"]]

    files = changed(nudge)
    checked_contents(files, {"made_for": "alpha", "asked": "x"}, world.policy())
    with pytest.raises(RecordCorrupt, match=r"differences\.jsonl"):
        check_files(files)


DEGREES = st.integers(-89 * 10**9, 89 * 10**9)
POINTS = st.builds(Point, DEGREES, DEGREES)
CIRCLES = st.builds(Circle, DEGREES, DEGREES, st.integers(1, 10**7))
SQUARES = st.builds(
    lambda lat, lon: Polygon(((lat, lon), (lat, lon + 10**8), (lat + 10**8, lon))), DEGREES, DEGREES
)
WORDS = st.sampled_from(["a", "b"])
MAYBE = st.none() | WORDS
HEIGHTS = st.builds(
    Altitude, st.integers(0, 2000), st.sampled_from([AltitudeReference.W84, AltitudeReference.MSL])
)
CLAIMS = st.builds(
    Claims,
    when=st.none() | st.builds(TimeClaim, st.integers(0, 3), st.integers(0, 2)),
    where=st.none()
    | st.builds(
        PlaceClaim,
        POINTS | CIRCLES | SQUARES,
        st.integers(0, 10**9),
        st.none() | HEIGHTS,
        st.integers(0, 1000),
    ),
    identity=st.none()
    | st.builds(IdentityClaim, WORDS, MAYBE, MAYBE, MAYBE.map(lambda a: a and IntentId(a))),
    warned=st.none()
    | st.builds(
        WarnedClaim,
        st.booleans(),
        MAYBE.map(lambda a: a and NoticeId(a)),
        st.none() | st.integers(0, 2),
    ),
    rule=st.none()
    | st.just(RuleClaim())
    | st.builds(RuleClaim, WORDS.map(AgreementId), st.none() | st.integers(1, 2), MAYBE),
    damage=st.none()
    | st.builds(
        DamageClaim,
        st.lists(
            st.builds(DamageItem, st.sampled_from(DamageOf), st.integers(0, 1), WORDS), max_size=2
        ).map(tuple),
    ),
)


class Proved:
    def __init__(self, position: int, entry: Entry) -> None:
        self.position = position
        self.envelope = encode_entry(entry)
        self.value = json.loads(self.envelope)


def accounts_of(*claims: Claims) -> list[Proved]:
    made: list[Proved] = []
    for at, each in enumerate(claims):
        party = PartyId(f"party-{at}")
        account = Account(AccountId(f"a{at}"), party, 5, Audience.ALL, (), each, "")
        made.append(Proved(10 + at, world.entry(1, AccountGiven(INCIDENT, account))))
    return made


@settings(max_examples=150, deadline=None)
@given(CLAIMS, CLAIMS, CLAIMS)
def test_the_verifier_works_out_what_the_program_does(
    one: Claims, two: Claims, three: Claims
) -> None:
    entries = accounts_of(one, two, three)
    data = differences_told((each.position, each.envelope) for each in entries)
    told = told_differences(data, entries)
    assert b"".join(map(difference_line, told)) == data
    bodies = [msgspec.convert(each.value["body"]["account"], Account) for each in entries]
    assert [each.kind for each in told] == [each.kind.value for each in differences(bodies)]


def test_a_verifier_that_forgets_a_kind_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(differing, "COMPARED_CLAIMS", differing.COMPARED_CLAIMS[1:])
    entries = accounts_of(OURS, THEIRS)
    data = differences_told((each.position, each.envelope) for each in entries)
    with pytest.raises(Fault):
        told_differences(data, entries)
