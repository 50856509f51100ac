"""Positions taken in as columns, against each read by itself."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from wideberth.errors import InvalidValue
from wideberth.faces.api import codec, reported, told
from wideberth.faces.api.reported import columns_of
from wideberth.model.ids import PartyId, require_party_id, require_token
from wideberth.space.time import format_rfc3339, parse_rfc3339
from wideberth.watch.reports import PositionReport, ReportBatch
from wideberth.wire import asked

NORTH = PartyId("north")
PARTIES = frozenset(("north", "south"))
SEARCH = settings(phases=[Phase.generate], max_examples=500, deadline=None, database=None)


def read_alone(wire: asked.ReportIn) -> PositionReport:
    for name, bound in (("latitude", 90), ("longitude", 180)):
        value = getattr(wire, name)
        if not abs(value) <= bound:
            raise InvalidValue(name, name, value, f"give a {name} from -{bound} to {bound}")
    owner = None if wire.party is None else require_party_id(wire.party)
    if owner is not None and owner not in PARTIES:
        raise InvalidValue("party", "no-such-party", owner, "name a party of the space")
    return PositionReport(
        track_id=require_token(wire.track, field="track"),
        time_us=parse_rfc3339(wire.time),
        latitude_deg=wire.latitude,
        longitude_deg=wire.longitude,
        altitude_w84_m=wire.altitude_m,
        altitude_std_m=wire.pressure_altitude_m,
        ground_speed_m_s=wire.ground_speed_m_s,
        course_deg=wire.track_deg,
        vertical_rate_m_s=wire.vertical_rate_m_s,
        accuracy_m=wire.accuracy_m,
        callsign=wire.call_sign,
        owner=owner,
        altitude_time_us=time_alone(wire, "altitude_time"),
        velocity_time_us=time_alone(wire, "velocity_time"),
        callsign_time_us=time_alone(wire, "call_sign_time"),
    )


def time_alone(wire: asked.ReportIn, name: str) -> int | None:
    said = getattr(wire, name)
    return None if said is None else parse_rfc3339(said, field=name)


def one_by_one(body: asked.TracksIn) -> tuple[ReportBatch, list[int], list[told.BadReport]]:
    reports: list[PositionReport] = []
    rows: list[int] = []
    bad: list[told.BadReport] = []
    for index, wire in enumerate(body.reports):
        try:
            reports.append(read_alone(wire))
            rows.append(index)
        except InvalidValue as error:
            bad.append(
                told.BadReport(index=index, field=error.field, rule=error.rule, value=error.value)
            )
    return ReportBatch.of(reports, feed=body.feed, feed_party=NORTH), rows, bad


def as_said(batch: ReportBatch) -> dict[str, Any]:
    """Each column as plain values, which compare also where they are NaN."""
    columns = {each.name: getattr(batch, each.name) for each in fields(batch)}
    for name in ("altitude_time_us", "velocity_time_us", "callsign_time_us"):
        if columns[name] is None:
            columns[name] = batch.time_us
    return {
        name: [str(value) for value in column.tolist()]
        if isinstance(column, np.ndarray)
        else column
        for name, column in columns.items()
    }


def differs(body: asked.TracksIn) -> bool:
    found = columns_of(body, NORTH, PARTIES)
    batch, rows, bad = one_by_one(body)
    return (as_said(found.reports), list(found.rows), found.bad) != (as_said(batch), rows, bad)


some = st.none() | st.floats(-1e6, 1e6)
tracks = st.sampled_from(["a", "t1", "4ca7b6", "a.b", "x" * 128]) | st.sampled_from(
    ["a\nb", "-a", "a-", "é", " ", "x" * 129, "a\n", "١"]
)
times = st.integers(0, 4_000_000_000_000_000).map(format_rfc3339) | st.sampled_from(
    ["2026-09-09T18:00:00Z", "2026-09-09t18:00:00+02:00", "2026-02-30T18:00:00Z", "now", ""]
)
wires = st.builds(
    asked.ReportIn,
    track=tracks,
    latitude=st.floats(-91, 91) | st.sampled_from([90.0, -90.0, 90.00001]),
    longitude=st.floats(-181, 181) | st.sampled_from([180.0, -180.0, -180.00001]),
    time=times,
    call_sign=st.none() | st.sampled_from(["BAW12", "é", ""]),
    party=st.sampled_from([None, None, "south", "north", "west", "South", ""]),
    altitude_m=some,
    pressure_altitude_m=some,
    ground_speed_m_s=some,
    track_deg=some,
    vertical_rate_m_s=some,
    accuracy_m=some,
    altitude_time=st.none() | times,
    velocity_time=st.none() | times,
    call_sign_time=st.none() | times,
)
bodies = st.builds(asked.TracksIn, feed=st.just("own"), reports=st.lists(wires, max_size=5))


@settings(deadline=None, max_examples=150)
@given(bodies)
def test_columns_hold_what_each_report_says_and_name_each_bad_one(body: asked.TracksIn) -> None:
    assert not differs(body)


def test_a_name_of_two_lines_that_passes_as_two_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    wire = asked.ReportIn(track="a\nb", latitude=47.0, longitude=7.0, time=format_rfc3339(0))
    body = asked.TracksIn(feed="own", reports=[wire])
    assert not differs(body)
    monkeypatch.setattr(reported, "are_tokens", lambda texts: all(map(require_lines, texts)))
    assert differs(body)


def test_a_value_that_counts_as_of_its_position_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    wire = asked.ReportIn(
        track="a",
        latitude=47.0,
        longitude=7.0,
        time=format_rfc3339(9),
        altitude_time=format_rfc3339(4),
    )
    body = asked.TracksIn(feed="own", reports=[wire])
    assert not differs(body)
    monkeypatch.setattr(reported, "_plain_times", lambda *_: None)
    assert differs(body)


def require_lines(text: str) -> bool:
    try:
        return all(require_token(line, field="track") for line in text.split("\n"))
    except InvalidValue:
        return False


members = st.lists(
    st.sampled_from([
        '"call_sign":"BAW12"', '"call_sign":null', '"party":"south"', '"party": "party"',
        '"altitude_m":12', '"altitude_m":12.5', '"accuracy_m" : 3', '"accuracy_m":null',
        '"track":"t"', '"call_sign":"a, b: {c}"', '"call_sign":"\\u0041"',
    ]),
    max_size=4,
)  # fmt: skip
MUST = '"track":"a","latitude":47,"longitude":8.5,"time":"2026-09-09T18:00:00Z"'


def of_members(more: list[str]) -> str:
    return ",".join([MUST, *more])


texts = st.lists(members, min_size=1, max_size=3).map(
    lambda each: '{"feed":"own","reports":[{' + "},{".join(map(of_members, each)) + "}]}"
)


def says_something_twice(text: str) -> bool:
    found: list[bool] = []

    def seen(pairs: list[tuple[str, Any]]) -> None:
        found.append(len({name for name, _ in pairs}) < len(pairs))

    json.loads(text, object_pairs_hook=seen)
    return any(found)


def is_refused(text: str) -> bool:
    try:
        codec.decode_body(codec.body_decoder(asked.TracksIn), text.encode())
    except codec.Malformed as error:
        return error.rule == "given-twice"
    return False


@settings(deadline=None, max_examples=200)
@given(texts)
def test_a_member_that_stands_twice_is_refused_wherever_it_is(text: str) -> None:
    assert is_refused(text) == says_something_twice(text)


def test_counting_what_is_written_with_its_defaults_is_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Planted: a member that was dropped is made up for by one that nobody said."""
    real = codec._quotes_of

    def planted(said: object) -> int:
        if not isinstance(said, asked.TracksIn):
            return real(said)
        return real(said) + 2 * sum(each.accuracy_m is None for each in said.reports)

    monkeypatch.setattr(codec, "_quotes_of", planted)
    find(texts, lambda text: is_refused(text) != says_something_twice(text), settings=SEARCH)


class Adds(msgspec.Struct):
    said: str = ""


class Holds(msgspec.Struct, omit_defaults=True):
    of: list[Adds] = []


def test_a_type_that_writes_what_did_not_come_is_not_counted_by_itself() -> None:
    assert codec._is_written_as_read(asked.TracksIn)
    assert not codec._is_written_as_read(Adds)
    assert not codec._is_written_as_read(Holds)
