"""``wideberth incident``, as two parties use it over a real node."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
import typer
from typer.testing import CliRunner

from api_world import moment, serving
from desks import Desk
from wideberth.errors import InvalidValue, Unclear
from wideberth.faces.cli import _lodged, incident
from wideberth.faces.cli._far import ask_if_far, far_words
from wideberth.faces.cli.app import app
from wideberth.space.time import MINUTE_US, parse_rfc3339

PHOTO = bytes(range(256)) * 8


class Party(Desk):
    """A desk that speaks of incidents as well."""

    def does(self, *arguments: str, status: int = 0, signed: bool = True) -> str:
        given = [*(["--key", str(self.key)] if signed else []), *self.asks]
        done = CliRunner().invoke(app, ["incident", *arguments, *given])
        assert done.exit_code == status, done.output
        return done.stdout.strip() if status == 0 else done.output


def two(folder: Path, url: str, tokens: dict[str, str]) -> tuple[Party, Party]:
    """Two parties that compared their keys and offered seal keys."""
    alpha, bravo = (Party(folder, url, party, tokens[party]) for party in ("alpha", "bravo"))
    told = {desk.party: desk.enrol() for desk in (alpha, bravo)}
    for desk, other in ((alpha, "bravo"), (bravo, "alpha")):
        desk.run("offer")
        desk.run("pin", f"{other}/desk", "--fingerprint", told[other])
    return alpha, bravo


def test_two_parties_tell_ask_and_answer(tmp_path: Path) -> None:
    with serving(tmp_path) as (url, world):
        alpha, bravo = two(tmp_path, url, world.tokens)
        times = ["--from", moment(-60), "--to", moment(-30)]
        named = ["--party", "bravo", "--observer", "charlie", "--subject", "i1"]
        name = alpha.does("open", "The morning", *times, *named)
        (listed,) = bravo.does("list", signed=False).splitlines()
        assert f"{name}  alpha, bravo; observing: charlie  The morning" in listed
        astray = alpha.does("account", name, "--words", "x", "--shown-to", "bravoo", status=2)
        assert "did you mean bravo? Named besides: bravo, charlie" in " ".join(astray.split())
        where = ["--when", moment(-50), "--point", "47.0,7.5", "--error-m", "50"]
        far = ["--when", "2001-01-01T00:00:00Z", "--words", "East."]
        assert "far-outside" in alpha.does("account", name, *far, status=2)
        assert alpha.does("account", name, *far, "--confirmed")
        alpha.does("account", name, "--words", "East.", *where, "--shown-to", "all")
        claims = tmp_path / "claims.json"
        claims.write_text(json.dumps({"where": {"point": [7.6, 47.0]}, "damage": []}))
        bravo.does("account", name, "--claims", str(claims), "--shown-to", "alpha")
        seen = alpha.does("show", name, signed=False)
        assert "\u201cEast.\u201d" in seen
        assert "47 N, 7.5 E, give or take 50 m\n" in seen, "and no height that nobody told"
        assert f"{moment(-50)[:10]} {moment(-50)[11:19]} UTC by its own clock" in seen
        assert "difference of place between alpha and bravo: 7,60" in seen
        assert "  alpha: 47 N, 7.5 E, give or take 50 m\n  bravo: 47 N, 7.6 E" in seen
        assert "charlie, observer\n  nothing that is shown to you" in seen
        assert alpha.does("name", name, "--party", "charlie") == "named       charlie"
        assert "alpha, bravo, charlie  The morning" in bravo.does("list", signed=False)
        question = alpha.does("ask", name, "bravo", "--words", "Where?", "--urgent")
        bravo.does("answer", name, question, "--words", "By the river.")
        alpha.does("answer", name, question, "--words", "When?", "--again")
        bravo.does("answer", name, question, "--words", "Let us meet.", "--meeting")
        assert "meeting-called" in alpha.does("show", name, signed=False)
        sent = alpha.does("result", name, "--words", "We looked.", "--to", "bravo")
        assert bravo.does("receipt", name, sent) == "We looked."
        assert f"result {sent}: alpha to bravo, receipted" in alpha.does("show", name, signed=False)
        assert "receipted-already" in bravo.does("receipt", name, sent, status=2)


@pytest.mark.parametrize(
    "text", ["47.06,7.53", "47.06 N, 7.53 E", "47\u00b003'36\"N 7\u00b031'48\"E"]
)
def test_a_place_is_read_in_each_of_its_spellings(text: str) -> None:
    assert incident._point(text) == [7.53, 47.06]


def test_a_place_that_leaves_a_question_is_asked_about() -> None:
    with pytest.raises(Unclear, match="decimal"):
        incident._point("47,06 7,53")


CIRCLE = {"type": "Point", "coordinates": [7.5, 47.05], "radius_m": 5000.0}
SQUARE = {
    "type": "Polygon",
    "coordinates": [[[7.4, 47.0], [7.6, 47.0], [7.6, 47.1], [7.4, 47.1], [7.4, 47.0]]],
}
SEEN = {"start": "2026-11-21T22:00:00Z", "end": "2026-11-21T23:00:00Z"}


@pytest.mark.parametrize("area", [CIRCLE, SQUARE], ids=["circle", "polygon"])
@pytest.mark.parametrize(
    ("point", "said"),
    [
        ([7.505, 47.052], None),
        ([7.505, 47.2], None),
        ([47.052, 7.505], "7.505 N, 47.052 E is 5,|km from the incident's area; latitude and long"),
        ([-7.5, 47.05], "47.05 N, 7.5 W is 1,1|km from the incident's area"),
    ],
)
def test_a_place_far_from_an_incident_is_asked_about(
    area: dict[str, Any], point: list[float], said: str | None
) -> None:
    found = list(far_words({**SEEN, "area": area}, {"where": {"point": point}}))
    assert bool(found) is (said is not None), found
    for option, value, words in found:
        assert (option, value) == ("--point", point)
        assert all(part in words for part in str(said).split("|")), words
        assert ("swapped?" in words) is ("latitude" in str(said))


def test_a_time_days_off_is_asked_about_and_an_incident_without_area_has_no_place() -> None:
    body = {"when": {"time": "2026-11-12T22:58:00Z"}, "where": {"point": [47.0, 7.5]}}
    ((option, _, words),) = far_words({**SEEN, "area": None}, body)
    assert (option, words) == (
        "--when",
        "2026-11-12T22:58:00Z is 8 days before the incident begins.",
    )
    near = {"when": {"time": "2026-11-22T10:00:00Z"}}
    assert not list(far_words({**SEEN, "area": None}, near))


def test_where_nobody_can_be_asked_what_is_far_is_refused_and_not_signed() -> None:
    with pytest.raises(InvalidValue, match="give --confirmed too") as caught:
        ask_if_far({**SEEN, "area": CIRCLE}, {"where": {"point": [47.05, 7.5]}})
    assert (caught.value.field, caught.value.rule) == ("--point", "far-outside")


@pytest.mark.parametrize("is_meant", [True, False])
def test_on_a_terminal_it_is_asked(monkeypatch: pytest.MonkeyPatch, is_meant: bool) -> None:
    asked: list[str] = []

    def confirm(words: str, **_: Any) -> bool:
        asked.append(words)
        return is_meant

    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.setattr(typer, "confirm", confirm)
    said = contextlib.nullcontext() if is_meant else pytest.raises(InvalidValue, match="not-meant")
    with said:
        ask_if_far({**SEEN, "area": CIRCLE}, {"where": {"point": [47.05, 7.5]}})
    assert asked[0].endswith("latitude and longitude swapped? Is that meant?")


@pytest.mark.parametrize("size", [100, 20_000])
def test_evidence_is_lodged_disclosed_and_checked(tmp_path: Path, size: int) -> None:
    photo = tmp_path / "photo.jpg"
    photo.write_bytes((PHOTO * 20)[:size])
    is_small = size < 7_000
    with serving(tmp_path) as (url, world):
        alpha, bravo = two(tmp_path, url, world.tokens)
        times = ["--from", moment(-60), "--to", moment(-30)]
        name = alpha.does("open", "The morning", *times, "--party", "bravo")
        of = ["--line", "a photo", "--type", "image/jpeg"]
        item = alpha.does("lodge", name, str(photo), *of)
        assert (tmp_path / "photo.jpg.lodged").stat().st_mode & 0o777 == 0o600
        assert "not-sealed" in bravo.does("check", name, item, status=2)
        again = alpha.does("lodge", name, str(photo), *of, status=2)
        assert "lodged in this incident already, as " in again, "the salt of the first is not lost"
        assert "not disclosed to anybody" in alpha.does("show", name, signed=False)
        alpha.does("disclose", name, item, str(photo), "--to", "bravo")
        got = tmp_path / "got.jpg"
        given = [] if is_small else [str(photo)]
        found = bravo.does("check", name, item, *given, "--tell", "--out", str(got))
        assert found.startswith("matches the digest that alpha lodged")
        assert got.read_bytes() == photo.read_bytes()
        seen = bravo.does("show", name, signed=False)
        assert "disclosed to bravo" in seen
        assert "checked by bravo" in seen
        assert ": it is what was lodged" in seen
        if not is_small:
            assert "the content came another way" in bravo.does("check", name, item, status=2)
        other = tmp_path / "other.jpg"
        other.write_bytes(photo.read_bytes() + b".")
        assert "does NOT match" in bravo.does("check", name, item, str(other), "--tell", status=1)
        photo.write_bytes(other.read_bytes())
        changed = alpha.does("disclose", name, item, str(photo), "--to", "bravo", status=2)
        assert "digest-differs" in changed


def test_a_content_that_nearly_fits_is_sealed_or_left_out_whole() -> None:
    kept = _lodged.Kept(1, "00" * 32)
    fits = [_lodged.sealed_words(kept, bytes(size))[1] for size in range(7_300, 7_500)]
    assert fits == sorted(fits, reverse=True)
    assert {True, False} == set(fits)
    for size, is_whole in zip(range(7_300, 7_500), fits, strict=True):
        words, _ = _lodged.sealed_words(kept, bytes(size))
        assert len(words.encode()) <= 10_000
        assert (_lodged.kept_of(words, "x").data == bytes(size)) is is_whole


def test_what_a_stop_proposes_is_listed_and_opened_with_a_window_around_it(tmp_path: Path) -> None:
    with serving(tmp_path) as (url, world):
        alpha, bravo = two(tmp_path, url, world.tokens)
        told = httpx.post(
            f"{url}/api/v1/stop",
            json={"text": "people here"},
            headers={"Authorization": f"Bearer {world.tokens['bravo']}"},
        )
        assert told.status_code in (200, 202), told.text
        listed = ""
        for _ in range(100):
            listed = alpha.does("proposed", signed=False)
            if listed:
                break
        subject, kind, start, to, end, *parties = listed.split()
        assert (kind, to, parties) == ("STOP", "to", ["with", "bravo"])
        assert parse_rfc3339(end) - parse_rfc3339(start) == 20 * MINUTE_US
        name = alpha.does("open", "--proposal", subject, "--observer", "charlie")
        shown = bravo.does("show", name, signed=False)
        assert f"({start} to {end})" in shown
        assert "charlie, observer" in shown
        assert alpha.does("open", "By the river", "--proposal", subject) != name
        assert "no-such-proposal" in alpha.does("open", "--proposal", "other", status=2)
        assert "TITLE" in alpha.does("open", status=2)


def test_a_salt_of_nothing_on_record_does_not_stay(tmp_path: Path) -> None:
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(PHOTO)
    kept = tmp_path / "photo.jpg.lodged"
    with serving(tmp_path) as (url, world):
        alpha, _ = two(tmp_path, url, world.tokens)
        name = alpha.does(
            "open", "It", "--from", moment(-60), "--to", moment(-30), "--party", "bravo"
        )
        of = ["--line", "a photo"]
        for incident, media_type in ((f"{name}x", "image/jpeg"), (name, "x" * 300)):
            alpha.does("lodge", incident, str(photo), *of, "--type", media_type, status=2)
            assert not kept.exists()
        never = alpha.does("disclose", name, "e1", str(photo), "--to", "bravo", status=2)
        assert "this is not the file that you lodged" in never
        alpha.does("lodge", name, str(photo), *of, "--type", "image/jpeg")
        photo.write_bytes(PHOTO + b".")
        changed = alpha.does("lodge", name, str(photo), *of, "--type", "image/jpeg", status=2)
        assert "keep the salt under another name" in changed
        assert kept.exists()


def test_slips_are_answered_with_what_there_is(tmp_path: Path) -> None:
    with serving(tmp_path) as (url, world):
        alpha, _ = two(tmp_path, url, world.tokens)
        times = ["--from", moment(-60), "--to", moment(-30)]
        name = alpha.does("open", "At the river", *times, "--party", "bravo")
        for slip in (name[:6], "At the river"):
            said = alpha.does("show", slip, signed=False, status=2)
            assert f"did you mean {name}, At the river?" in said
            assert "wideberth incident list" in said
        day = ["--from", "21.11.2026", "--to", moment(-30)]
        assert "wideberth: --from: " in alpha.does("open", "It", *day, status=2)
        unknown = alpha.does("open", "It", *times, "--party", "brovo", status=2)
        assert "parties.0: no party of this space; did you mean bravo?" in unknown
        assert "of --when" in alpha.does("account", name, "--error-s", "5", status=2)
        alpha.does("account", name, "--when", moment(-50), "--error-s", "5", "--shown-to", "all")
        assert "give or take 5 s" in alpha.does("show", name, signed=False)
        pin = alpha.run("pin", "bravo", "--fingerprint", "1", status=2)
        assert "its keys in force: bravo/desk" in pin
