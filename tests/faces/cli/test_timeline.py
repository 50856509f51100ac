"""``wideberth timeline``: what one party may read, minute by minute, with its entries."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from api_world import World, a_world, flight, moment, serving, square
from wideberth.evidence.alone.container import unpacked
from wideberth.evidence.alone.kept import (
    KeptPosition,
    kept_minutes,
    kept_nearness,
    kept_words,
)
from wideberth.evidence.scope import Seen
from wideberth.evidence.timeline import offset_of
from wideberth.faces.cli._positions import latest_us
from wideberth.faces.cli.app import app
from wideberth.space.time import MINUTE_US, SECOND_US, format_rfc3339
from wideberth.trackkeeping import TrackKeeping
from wideberth.watch.archive import ArchiveSettings, TrackArchive


async def happened(folder: Path) -> str:
    """Alpha tells an intent to all, and one to bravo alone; both touch charlie's. Gives the id of
    an incident of alpha's and bravo's about it.
    """
    async with a_world(folder) as world:
        await world.told("charlie")
        await world.told("alpha", square(), call_sign="SEEN-1")
        seen = {"visibility": {"level": "named", "parties": ["bravo"]}}
        answer = await world.ask("alpha", "POST", "/intents", flight(call_sign="HIDDEN-2", **seen))
        assert answer.status_code == 201, answer.text
        body = {"title": "Something", "start": moment(-120), "end": moment(0), "parties": ["bravo"]}
        opened = await world.ask("alpha", "POST", "/incidents", body)
        assert opened.status_code == 201, opened.text
        incident = json.loads(opened.text)["incident"]
        named = {"subjects": ["an-intent-of-mine"]}
        answer = await world.ask("alpha", "POST", f"/incidents/{incident}/subjects", named)
        assert answer.status_code < 300, answer.text
        return incident


def timeline(folder: Path, *arguments: str, status: int = 0) -> str:
    with contextlib.chdir(folder.parent):
        done = CliRunner().invoke(app, ["timeline", "--folder", str(folder), *arguments])
    assert done.exit_code == status, done.output
    return done.output


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("timeline")
    return folder / "wideberth-data", asyncio.run(happened(folder))


@pytest.fixture
def folder(made: tuple[Path, str]) -> Path:
    return made[0]


def test_an_incident_is_told_and_proved_to_those_whom_it_names(made: tuple[Path, str]) -> None:
    folder, incident = made
    text = timeline(folder, "--party", "bravo", "--incident", incident)
    assert "notice sent" not in text, "bravo has told nothing that clashes"
    assert text.count("intent told: ") == 2, "charlie is not in it, and not near by"
    assert "no-such-incident" in timeline(
        folder, "--party", "charlie", "--incident", incident, status=2
    )
    both = ("--incident", incident, "--object", "x")
    assert "one-of" in timeline(folder, "--party", "bravo", *both, status=2)
    out = folder.parent / "bundle.zip"
    arguments = ["evidence", "--folder", str(folder), "--party", "bravo", "--out", str(out)]
    done = CliRunner().invoke(app, [*arguments, "--incident", incident])
    assert done.exit_code == 0, done.output
    done = CliRunner().invoke(app, ["verify", str(out)])
    assert done.exit_code == 0, done.output
    page = unpacked(out.read_bytes())["index.html"].decode()
    assert "What each party says" in page
    assert "What the record shows" in page


def test_what_a_party_shows_to_nobody_stays_out_of_a_bundle_unless_asked_for(
    made: tuple[Path, str], tmp_path: Path
) -> None:
    folder, incident = made
    asked = ["evidence", "--folder", str(folder), "--party", "alpha", "--incident", incident]
    told = CliRunner().invoke(app, [*asked, "--out", str(tmp_path / "told.zip")])
    assert told.exit_code == 0, told.output
    assert "left out 1 entry that alpha shows to nobody else; --withheld takes all in" in (
        told.output
    )
    files = unpacked((tmp_path / "told.zip").read_bytes())
    assert b"an-intent-of-mine" not in b"".join(files.values())
    assert b"without what alpha shows to nobody else" in files["manifest.json"]
    assert b"own archive" not in files["index.html"]
    kept = CliRunner().invoke(app, [*asked, "--withheld", "--out", str(tmp_path / "kept.zip")])
    assert kept.exit_code == 0, kept.output
    assert "holds what alpha shows to nobody else, and discloses it" in kept.output
    assert re.search(r"  entry \d+: alpha said what objects the incident", kept.output)
    files = unpacked((tmp_path / "kept.zip").read_bytes())
    assert b"an-intent-of-mine" in files["entries.jsonl"]
    assert b"with what alpha shows to nobody else" in files["manifest.json"]
    assert re.search(rb"A party's own archive: <a [^>]*>entry \d+</a>", files["index.html"])
    for name in ("told.zip", "kept.zip"):
        done = CliRunner().invoke(app, ["verify", str(tmp_path / name)])
        assert done.exit_code == 0, done.output
    others = [each if each != "alpha" else "bravo" for each in asked]
    done = CliRunner().invoke(app, [*others, "--out", str(tmp_path / "bravo.zip")])
    assert "left out" not in done.output, "of another's nothing is said, not how many either"


@pytest.mark.requirement("I-02")
def test_a_party_is_shown_its_own_entries_and_those_told_to_it(folder: Path) -> None:
    text = timeline(folder, "--party", "charlie", "--offset", "+02:00")
    assert text.count("intent told: ") == 2
    assert "notice sent: The mechanism issued a notice to charlie" in text
    assert "Time from telling to start" in text
    assert "attested: the host says that it came from alpha" in text
    assert "+02:00)" in text
    everything = timeline(folder, "--party", "bravo")
    assert everything.count("intent told: ") == 3, "bravo was named"


def test_a_window_without_entries_says_so(folder: Path) -> None:
    text = timeline(folder, "--party", "charlie", "--to", "2001-01-01T00:00:00Z")
    assert "No entry that its reader may see bears on this." in text


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--party", "charlie", "--offset", "2"), "--offset"),
        (("--party", "charlie", "--from", "soon"), "--from"),
        (("--party", "nobody at all"), "--party"),
        (
            ("--party", "bravo", "--from", "2027-01-01T00:00:00Z", "--to", "2026-01-01T00:00:00Z"),
            "from, to",
        ),
    ],
)
def test_bad_input_is_named(folder: Path, arguments: tuple[str, ...], named: str) -> None:
    assert named in timeline(folder, *arguments, status=2)


def test_an_offset_may_be_west() -> None:
    assert str(offset_of("-03:30", field="x")) == "UTC-03:30"


def reports_of(world: World) -> list[dict[str, Any]]:
    """One track of alpha's own, one that is bravo's, of the minute before this one and of it."""
    now_us = world.node.service.context().now_us // MINUTE_US * MINUTE_US
    place = {"latitude": 47.0, "longitude": 7.5, "altitude_m": 320.5, "accuracy_m": 10.0}
    return [
        {"track": "own", "time": format_rfc3339(now_us - 70 * SECOND_US), **place},
        {"track": "own", "time": format_rfc3339(now_us - 65 * SECOND_US), **place},
        {
            "track": "own",
            "time": format_rfc3339(now_us - SECOND_US),
            "altitude_time": format_rfc3339(now_us - 5 * SECOND_US),
            **place,
        },
        {
            "track": "theirs",
            "time": format_rfc3339(now_us - 2 * SECOND_US),
            "latitude": -47.25,
            "longitude": 7.5,
            "party": "bravo",
        },
    ]


def positions_of(text: str) -> list[str]:
    """The lines about positions, without the sentence on top."""
    return text.split("Positions that were kept\n")[1].splitlines()[1:]


def test_kept_positions_follow_as_text_to_those_who_could_see_them(tmp_path: Path) -> None:
    with serving(tmp_path) as (url, world):
        archive = TrackArchive(
            world.node.folder, ArchiveSettings(every_us=0), make_name=lambda: "s1"
        )
        world.app.desk.live.keeping = TrackKeeping(world.node.service, archive)
        answer = httpx.post(
            f"{url}/api/v1/tracks",
            json={"feed": "radar", "reports": reports_of(world)},
            headers={"Authorization": f"Bearer {world.tokens['alpha']}"},
        )
        assert answer.status_code == 200, answer.text
        folder = world.node.folder
        own = positions_of(timeline(folder, "--party", "alpha"))
        assert len([each for each in own if each.endswith(" UTC")]) == 2
        told = [each for each in own if " at " in each]
        assert len(told) == 3, "the last of each track in each minute"
        assert "alpha/own at 47 N, 7.5 E, 320.5 m above the WGS84 ellipsoid" in told[0]
        assert "give or take 10 m [feed radar of alpha: nobody measured its clock" in told[0]
        assert "at 47.25 S, 7.5 E, no height reported; its feed states no accuracy" in told[2]
        assert "alpha/own" in told[1], "by name within a minute, which is no order in time"
        theirs = positions_of(timeline(folder, "--party", "bravo"))
        assert [each for each in theirs if " at " in each] == [told[2]]
        assert positions_of(timeline(folder, "--party", "charlie")) == []
        by_url = ("--party", "alpha", "--url", url, "--token", world.tokens["alpha"])
        assert positions_of(timeline(folder, *by_url)) == own
        window = ("--to", "2001-01-01T00:00:00Z")
        assert positions_of(timeline(folder, "--party", "alpha", *window)) == []


def test_a_folder_without_positions_says_so(folder: Path) -> None:
    assert "No positions were kept in this folder." in timeline(folder, "--party", "alpha")


def a_position(name: str, at_s: float, feed_party: str = "alpha", **more: Any) -> KeptPosition:
    at_us = 1_000 * MINUTE_US + int(at_s * SECOND_US)
    given = KeptPosition(at_us, name, feed_party, "radar", 47 * 10**9, 0, None, None, None)
    return given._replace(**more)


def test_no_order_is_told_within_a_minute_and_a_clock_that_may_mean_another_says_so() -> None:
    (minute,) = kept_minutes([a_position("b", 1), a_position("a", 50), a_position("b", 40)])
    assert [(each.track, each.time_us % MINUTE_US) for each in minute.positions] == [
        ("a", 50 * SECOND_US),
        ("b", 40 * SECOND_US),
    ]
    assert "another minute" not in kept_words(a_position("a", 30), 30 * SECOND_US - 1)
    for at_s, error_s in ((30, 30), (59, 1), (0, 1e-6), (1, 1.5)):
        words = kept_words(a_position("a", at_s), int(error_s * SECOND_US))
        assert "so that it may be of another minute" in words


@pytest.mark.parametrize(
    ("behind_us", "said"),
    [
        (None, "320.5 m above the WGS84 ellipsoid; its"),
        (0, "320.5 m above the WGS84 ellipsoid; its"),
        (5_000_000, "320.5 m above the WGS84 ellipsoid (said 5 s before the position); its"),
        (-61_500_000, "ellipsoid (said 1 min 1.5 s after the position); its"),
    ],
)
def test_a_height_of_another_moment_than_its_position_says_so(
    behind_us: int | None, said: str
) -> None:
    high = a_position("a", 30, altitude_mm=320_500, altitude_behind_us=behind_us)
    assert said in kept_words(high, 0)
    assert "the position)" not in kept_words(high._replace(altitude_mm=None), 0)


def test_minutes_without_a_position_between_two_are_named() -> None:
    minutes = kept_minutes([a_position("a", 0), a_position("a", 200), a_position("b", 70)])
    assert [(each.minute - 1_000, each.none_kept) for each in minutes] == [
        (0, ()),
        (1, ("alpha/a",)),
        (2, ("alpha/a",)),
        (3, ()),
    ]


def test_a_warning_says_with_the_position_how_near_it_was() -> None:
    fix = {"latitude_nd": 0, "longitude_nd": 0, "time_us": 1_000 * MINUTE_US + 5}
    sides = [
        {"type": "track", "id": "alpha/a", "fix": fix},
        {"type": "intent", "id": "intent-7"},
    ]
    warning = {"kind": "separation", "objects": sides, "horizontal_mm": 830_500}
    entry = Seen(17, {"body": {"type": "WarningRaised", "warning": warning}})
    again = Seen(18, {"body": {"type": "WarningRaised", "warning": {"objects": sides}}})
    near = kept_nearness([entry, again])
    assert near == {
        ("alpha/a", 1_000): [
            "entry 17 warns (separation): at the nearest foreseen 830.5 m across of intent intent-7"
        ]
    }
    words = kept_words(a_position("a", 5), 0, near["alpha/a", 1_000])
    assert words.endswith("830.5 m across of intent intent-7")


def test_positions_of_an_exercise_on_a_later_day_were_kept_until_its_newest_entry() -> None:
    entry = Seen(0, {"time_us": 2_000})
    assert latest_us([entry], 1_000) == 2_000
    assert latest_us([entry], 3_000) == 3_000
    assert latest_us([], 1_000) == 1_000
