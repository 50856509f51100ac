"""An incident's bundle: columns side by side, what the record shows, and two bundles compared."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner

import evidence_world as world
from evidence_world import ALPHA, BRAVO
from wideberth.errors import InvalidValue, RecordCorrupt
from wideberth.evidence.alone import columns
from wideberth.evidence.alone.container import unpacked
from wideberth.evidence.alone.program import checked_bundle
from wideberth.evidence.bundle import Selection, chosen, make_bundle
from wideberth.evidence.check import verify_bundle
from wideberth.evidence.comparing import Relation, compare_bundles
from wideberth.evidence.incident import incident_positions, incident_scope, withheld_among
from wideberth.evidence.material import Material, from_record, seen_entries
from wideberth.faces.cli.app import app
from wideberth.model.accounts import (
    Account,
    AccountGiven,
    Audience,
    Claims,
    TimeClaim,
    WarnedClaim,
)
from wideberth.model.entries import Entry, SpaceOpened
from wideberth.model.ids import AccountId, EvidenceId, IncidentId, PartyId
from wideberth.model.incidents import Column, IncidentOpened, SubjectsNamed
from wideberth.model.lodged import EvidenceDisclosed, EvidenceLodged, Lodging
from wideberth.model.parties import Author, How
from wideberth.model.settings import DEFAULT_RULES
from wideberth.record.notes import parse_vkey
from wideberth.record.splits import format_evidence, verify_evidence
from wideberth.space.time import MINUTE_US, format_rfc3339

INCIDENT = IncidentId("incident-9")
START_US = world.START_US


def account(
    keys: world.Keys,
    minute: float,
    party: PartyId,
    words: str,
    *,
    warned: bool,
    when_min: float = 6,
    name: str = "",
    audience: Audience = Audience.ALL,
) -> Entry:
    when_us = START_US + int(when_min * MINUTE_US)
    given = Account(
        id=AccountId(name or f"account-{party}"),
        party=party,
        given_us=START_US + int(minute * MINUTE_US),
        audience=audience,
        shown_to=(ALPHA, BRAVO) if audience is Audience.ALL else (),
        claims=Claims(when=TimeClaim(when_us), warned=WarnedClaim(warned)),
        words=words,
    )
    signed = {
        "incident": INCIDENT,
        "shown_to": audience.value,
        "when": {"time": format_rfc3339(when_us)},
        "warned": {"warned": warned},
        "words": words,
    }
    return keys.said(party, minute, "GiveAccount", signed, AccountGiven(INCIDENT, given))


def happened(bravo: str = "Nobody told us.", *, warned: bool = False) -> list[Entry]:
    """An intent, a notice, its answers; an incident about it; each party's account, one twice."""
    keys = world.Keys()
    window_us = (START_US + 4 * MINUTE_US, START_US + 8 * MINUTE_US)
    opened = IncidentOpened(
        *(INCIDENT, ALPHA, Column.PARTY, "At <b>eight</b>", *window_us, (BRAVO,)),
        observers=(PartyId("charlie"),),
    )
    by_alpha = Author(ALPHA, How.ATTESTED, "desk")
    return [
        *world.entries(keys),
        world.entry(20, opened, by_alpha),
        world.entry(21, SubjectsNamed(INCIDENT, ALPHA, ("intent-7",)), by_alpha),
        account(keys, 22, ALPHA, "We told them <i>early</i>.", warned=True, name="first"),
        account(keys, 23, BRAVO, bravo, warned=warned, when_min=7),
        account(keys, 24, ALPHA, "We told them at four.", warned=True, name="second"),
    ]


def of(entries: list[Entry], **more: Any) -> Material:
    return world.material(world.envelopes(entries), **more)


def bundle(material: Material, **more: Any) -> bytes:
    may_show = more.pop("may_show", lambda _: True)
    positions = incident_positions(seen_entries(material, may_show), INCIDENT)
    asked = Selection(positions, about=f"incident {INCIDENT}")
    return make_bundle(
        material, asked, made_for="alpha", may_show=may_show, policy=world.policy(**more)
    )


def page(data: bytes) -> str:
    return unpacked(data)["index.html"].decode()


def cells(html: str) -> list[list[str]]:
    """The table of columns, as text."""
    (table,) = re.findall(r'<div class="columns"><table>(.*?)</table></div>', html, re.DOTALL)
    return [
        [
            re.sub("<[^>]*>", " ", each).strip()
            for each in re.findall(r"<t[hd](?: [^>]*)?>(.*?)</t[hd]>", row, re.DOTALL)
        ]
        for row in table.split("\n")
    ]


@pytest.mark.requirement("R-05")
def test_the_page_has_a_column_for_each_party_and_what_the_record_shows() -> None:
    data = bundle(of(happened()))
    assert verify_bundle(data, policy=world.policy()).asked == f"incident {INCIDENT}"
    html = page(data)
    head, none, *rows = cells(html)
    assert head == ["", "alpha  party", "bravo  party", "charlie  observer"]
    assert none == ["", "", "", "no account in this bundle"]
    told = {row[0]: row[1:] for row in rows}
    assert told["Whether warned, as it says"] == ["yes", "no", ""]
    assert told["In its own words"] == ["We told them at four.", "Nobody told us.", ""]
    assert told["Entry"] == ["15", "14", ""]
    shows = html.split(">What the record shows</h2>")[1].split(">What this bundle is</h2>")[0]
    assert len(re.findall(r'\[<a href="#e\d+">entry \d+</a>; ', shows)) >= 6
    assert "Time from telling to start: 56 min" in shows
    assert ".columns td{" in html
    assert "notice sent</strong>: The mechanism issued a notice to bravo" in shows
    for words in ("We told them", "Nobody told us"):
        assert words not in shows, "no account is in what the record shows"
    assert "At <b>" not in html
    assert "At &lt;b&gt;eight" in html


def test_the_page_begins_with_the_incident_and_leads_to_each_part_and_entry() -> None:
    html = page(bundle(of(happened())))
    assert "<h1>At &lt;b&gt;eight&lt;/b&gt;</h1>" in html
    assert "<title>At &lt;b&gt;eight&lt;/b&gt;</title>" in html
    names = re.findall(r'<h2 id="part\d+">(.*?)</h2>', html)
    assert names[:4] == [
        "What each party says",
        "Where the accounts differ",
        "What the record shows",
        "What this bundle is",
    ]
    assert re.findall(r'<li><a href="#part\d+">(.*?)</a></li>', html) == names
    targets = set(re.findall(r' id="([^"]+)"', html))
    led_to = re.findall(r'href="#([^"]+)"', html)
    assert len(led_to) > 20
    assert set(led_to) <= targets
    assert len(targets) == len(re.findall(r' id="', html)), "each is there once"
    assert "Of every acknowledgement in it: This confirms receipt" in html


def test_a_planted_account_among_what_the_record_shows_is_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = columns._line_html
    monkeypatch.setattr(columns, "_line_html", lambda line: real(line) + "Nobody told us.")
    with pytest.raises(AssertionError, match="no account is in"):
        test_the_page_has_a_column_for_each_party_and_what_the_record_shows()


def test_what_bears_on_an_incident_is_in_its_bundle() -> None:
    entries = [*happened(), world.entry(30, world.entries()[10].body)]
    material = of(entries)
    seen = list(seen_entries(material, lambda _: True))
    scope = incident_scope(seen, INCIDENT)
    assert (scope.parties, scope.subjects) == ((ALPHA, BRAVO, "charlie"), ("intent-7",))
    assert scope.end_us - scope.begin_us == 4 * MINUTE_US + 1
    found = incident_positions(seen, INCIDENT)
    assert {5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15} <= set(found)
    assert 16 not in found, "after the window, and about something else"
    with pytest.raises(InvalidValue, match="wideberth incident list shows its own") as caught:
        incident_positions(seen, "other")
    assert caught.value.rule == "no-such-incident"


def lodging(minute: float, name: str) -> Entry:
    """A digest that alpha lodged and tells nobody of."""
    what = Lodging("0" * 64, 10, "image/jpeg", "a photograph")
    by_alpha = Author(ALPHA, How.ATTESTED, "desk")
    body = EvidenceLodged(INCIDENT, EvidenceId(name), ALPHA, what, Audience.OWN, ())
    return world.entry(minute, body, by_alpha)


def test_what_its_author_shows_to_nobody_is_found_but_not_what_was_disclosed_since() -> None:
    keys = world.Keys()
    entries = happened()[:13]  # 12: what alpha says that it is about
    entries += [
        world.entry(22, entries[3].body),  # not of the incident
        account(keys, 23, ALPHA, "For us alone.", warned=True, audience=Audience.OWN),
        account(keys, 24, BRAVO, "For all.", warned=True),
        lodging(25, "kept"),
        lodging(26, "shown"),
        world.entry(
            27,
            EvidenceDisclosed(
                *(INCIDENT, EvidenceId("shown"), ALPHA, (BRAVO,)),
                lodging=Lodging("0" * 64, 10, "image/jpeg", "a photograph"),
                lodged_us=START_US + 26 * MINUTE_US,
            ),
        ),
    ]
    material = of(entries)
    seen = list(seen_entries(material, lambda _: True))
    selection = Selection(incident_positions(seen, INCIDENT))
    found = withheld_among(material, selection, lambda _: True)
    assert [each.position for each in found] == [12, 14, 16]
    assert not withheld_among(material, Selection((0, 17)), lambda _: True)
    out = msgspec.structs.replace(selection, leave_out=frozenset({12, 14, 16}))
    rows = chosen(material.rows(), out, lambda _: True)
    assert {row.position for row in rows}.isdisjoint({12, 14, 16})
    assert {15, 17, 18} <= {row.position for row in rows}


def test_what_was_said_in_another_incident_is_not_in_its_bundle() -> None:
    other = IncidentOpened(
        *(IncidentId("incident-8"), ALPHA, Column.PARTY, "Another"),
        *(START_US + 4 * MINUTE_US, START_US + 8 * MINUTE_US, (BRAVO,)),
    )
    entries = [*happened()[:6], world.entry(5, other), *happened()[6:]]
    html = page(bundle(of(entries)))
    assert "At &lt;b&gt;eight" in html
    assert "Another" not in html
    assert html.count(">What each party says</h2>") == 1


def test_who_is_not_shown_the_incident_gets_no_bundle_of_it() -> None:
    with pytest.raises(InvalidValue, match="no-such-incident"):
        bundle(of(happened()), may_show=lambda entry: not isinstance(entry.body, IncidentOpened))


def test_a_changed_column_does_not_verify() -> None:
    files = unpacked(bundle(of(happened())))
    files["index.html"] = files["index.html"].replace(b"Nobody told us.", b"They told us.  ")
    with pytest.raises(RecordCorrupt, match=r"index\.html"):
        verify_bundle(world.redigested(files), policy=world.policy())


def test_a_bundle_about_no_incident_has_no_columns() -> None:
    assert "What each party says" not in page(world.bundle())


def compared(a: bytes, b: bytes) -> Any:
    return compare_bundles(a, b, policy=world.policy())


def test_two_bundles_of_the_same_entries_are_the_same() -> None:
    data = bundle(of(happened()))
    found = compared(data, data)
    assert (found.relation, found.differing, found.heads_compared) == (Relation.SAME, 0, True)


def test_an_account_that_the_others_bundle_lacks_is_named() -> None:
    entries = happened()
    whole = bundle(of(entries))
    older = compared(whole, bundle(of(entries[:15])))
    assert older.relation is Relation.DIFFERENT
    assert older.first.position == 15
    assert older.first.in_a.startswith("alpha gave its account second")
    assert (older.first.in_b, older.heads_compared) == (None, False)
    assert older.first.why == "B was made when the record had 15 entries"
    hidden = bundle(
        of(entries),
        may_show=lambda entry: (
            not (isinstance(entry.body, AccountGiven) and entry.body.account.party == BRAVO)
        ),
    )
    found = compared(hidden, whole)
    assert (found.first.position, found.first.in_a, found.differing) == (14, None, 1)
    assert "not asked for there, or not shown" in found.first.why


def forked() -> list[Entry]:
    """The same but for what bravo says."""
    return happened("They told us late.", warned=True)


def test_logs_that_forked_are_found_by_their_heads_and_the_first_entry_is_named() -> None:
    a, b = bundle(of(happened())), bundle(of(forked()))
    found = compared(a, b)
    assert found.relation is Relation.FORK
    assert found.first.position == 14
    assert "forked" in found.first.why
    verify_evidence(format_evidence(found.fork), keys=[parse_vkey(world.LOG.vkey)])


def test_a_fork_between_heads_of_two_sizes_is_found_by_an_entry() -> None:
    found = compared(bundle(of(happened())), bundle(of(forked()[:15])))
    assert found.relation is Relation.FORK
    assert (found.first.position, found.fork, found.heads_compared) == (14, None, False)


def test_bundles_of_two_logs_are_not_compared() -> None:
    name = "test.example/other"
    log = type(world.LOG)(name, bytes([7]) * 32)
    opening = world.entry(0, SpaceOpened(name, "Other Host", DEFAULT_RULES))
    other = from_record(world.record(world.envelopes([opening]), log))
    bundles = [
        make_bundle(each, Selection(), made_for="alpha", may_show=lambda _: True)
        for each in (from_record(world.record()), other)
    ]
    with pytest.raises(InvalidValue, match="two-logs"):
        compare_bundles(*bundles)


@pytest.mark.parametrize(
    ("b", "status", "said"),
    [
        pytest.param(happened, 0, "both bundles hold the same entries", id="same"),
        pytest.param(lambda: happened()[:15], 1, "first difference: entry 15", id="older"),
        pytest.param(
            lambda: happened()[:15],
            1,
            "13 entries are the same in both; 1 are not, or not in both",
            id="how many are the same",
        ),
        pytest.param(lambda: happened()[:15], 1, "B lacks: ", id="what the older one lacks"),
        pytest.param(
            lambda: happened()[:15], 1, "  account given: 1\n    entry 15: ", id="by kind"
        ),
        pytest.param(forked, 1, "FORK", id="fork"),
    ],
)
def test_the_command_names_the_first_difference(
    tmp_path: Path, b: Any, status: int, said: str
) -> None:
    (tmp_path / "a.zip").write_bytes(bundle(of(happened())))
    (tmp_path / "b.zip").write_bytes(bundle(of(b())))
    (tmp_path / "policy").write_bytes(world.policy())
    arguments = [str(tmp_path / each) for each in ("a.zip", "b.zip")]
    given = ["--policy", str(tmp_path / "policy"), "--out", str(tmp_path / "split.txt")]
    done = CliRunner().invoke(app, ["compare", *arguments, *given])
    assert done.exit_code == status, done.output
    assert said in done.output
    assert (tmp_path / "split.txt").exists() == (said == "FORK")


def test_which_of_two_does_not_hold_is_said(tmp_path: Path) -> None:
    data = bundle(of(happened()))
    (tmp_path / "a.zip").write_bytes(data)
    (tmp_path / "b.zip").write_bytes(data[:400] + bytes([data[400] ^ 1]) + data[401:])
    arguments = [str(tmp_path / each) for each in ("a.zip", "b.zip")]
    done = CliRunner().invoke(app, ["compare", *arguments])
    assert done.exit_code == 1
    assert f"this is of {tmp_path / 'b.zip'}" in done.output
    there = CliRunner().invoke(app, ["compare", arguments[0], str(tmp_path / "c.zip")])
    assert there.exit_code == 2
    assert "it, or a folder on the way to it, is not there" in there.output
    assert "c.zip" in there.output


def test_a_bundle_whose_name_is_mistyped_is_asked_about(tmp_path: Path) -> None:
    (tmp_path / "incident.zip").write_bytes(b"")
    done = CliRunner().invoke(app, ["verify", str(tmp_path / "incedent.zip")])
    assert done.exit_code == 2
    assert f"did you mean {tmp_path / 'incident.zip'}?" in done.output


def test_two_bundles_need_no_key_to_be_compared(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(bundle(of(happened())))
    done = CliRunner().invoke(app, ["compare", str(tmp_path / "a.zip"), str(tmp_path / "a.zip")])
    assert done.exit_code == 0, done.output
    assert "judged under the keys that the bundles name themselves" in done.output


def test_a_bundle_and_a_head_are_not_compared(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(bundle(of(happened())))
    (tmp_path / "b.txt").write_text("a checkpoint")
    arguments = [str(tmp_path / each) for each in ("a.zip", "b.txt")]
    done = CliRunner().invoke(app, ["compare", *arguments, "--log", world.LOG.vkey])
    assert done.exit_code == 2
    assert "two-bundles" in done.output


def test_the_stand_alone_verifier_writes_the_same_columns() -> None:
    data = bundle(of(happened()))
    assert [each.position for each in checked_bundle(data, world.policy()).entries]
