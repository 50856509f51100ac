"""CoT events as XML and as protobuf, whole, cut and broken."""

from __future__ import annotations

import math
import struct
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from cot_events import by_name, events
from wideberth.errors import InvalidValue
from wideberth.wire import cotproto, cotxml
from wideberth.wire.cot import (
    MAX_DEPTH,
    MAX_EVENT_BYTES,
    MIN_MS,
    UNKNOWN_M,
    CotEvent,
    Element,
    Fault,
    attribute,
    child,
    require_event,
    text_of,
)
from wideberth.wire.cotproto import (
    decode_datagram,
    decode_message,
    encode_datagram,
    encode_framed,
    encode_message,
    varint,
)
from wideberth.wire.cotstream import CotStream
from wideberth.wire.cotxml import decode_xml, encode_xml

POINT = '<point lat="47.5" lon="8.25" hae="500" ce="10" le="9999999.0"/>'
HEAD = 'version="2.0" uid="u" type="a-u-A" how="m-g"'
TIMES = 'time="2026-11-21T22:00:00Z" start="2026-11-21T22:00:00Z" stale="2026-11-21T22:05:00Z"'
PLAIN = CotEvent(
    uid="u",
    type="a-u-A",
    how="m-g",
    time_ms=1_795_298_400_000,
    start_ms=1_795_298_400_000,
    stale_ms=1_795_298_700_000,
    latitude_deg=47.5,
    longitude_deg=8.25,
    hae_m=500.0,
    ce_m=10.0,
)


def document(head: str = HEAD, times: str = TIMES, inside: str = POINT) -> bytes:
    return f"<event {head} {times}>{inside}</event>".encode()


@given(events(earliest_ms=MIN_MS))
def test_an_event_written_as_xml_is_read_as_it_was(event: CotEvent) -> None:
    assert decode_xml(encode_xml(event)) == event


@given(events())
def test_an_event_written_as_protobuf_is_read_as_it_was(event: CotEvent) -> None:
    read = decode_message(encode_message(event))
    assert isinstance(read, CotEvent)
    assert by_name(read) == by_name(event)


@given(events(), st.booleans())
def test_an_event_goes_from_one_way_of_writing_to_the_other_and_back(
    event: CotEvent, protobuf: bool
) -> None:
    read = decode_datagram(encode_datagram(event, protobuf=protobuf))
    assert isinstance(read, CotEvent)
    again = decode_datagram(encode_datagram(read, protobuf=not protobuf))
    assert isinstance(again, CotEvent)
    assert by_name(again) == by_name(event)


@given(st.binary(max_size=400), st.binary(max_size=8))
def test_what_is_no_event_is_a_fault_and_never_an_error(data: bytes, more: bytes) -> None:
    for decode in (decode_xml, decode_message, decode_datagram):
        assert isinstance(decode(data), CotEvent | Fault | None)
    stream = CotStream()
    for piece in (data, more, data):
        assert all(isinstance(each, CotEvent | Fault) for each in stream.feed(piece))


@given(events(), st.data())
def test_an_event_with_a_byte_changed_never_raises(event: CotEvent, data: st.DataObject) -> None:
    for whole in (encode_xml(event), encode_message(event)):
        changed = bytearray(whole)
        at = data.draw(st.integers(0, len(whole) - 1))
        changed[at] = data.draw(st.integers(0, 255))
        for decode in (decode_xml, decode_message):
            assert isinstance(decode(bytes(changed)), CotEvent | Fault | None)


def cut(whole: bytes, at: list[int]) -> list[bytes]:
    places = sorted({0, len(whole), *(each % (len(whole) + 1) for each in at)})
    return [whole[one:two] for one, two in pairwise(places)]


def streamed(pieces: list[bytes]) -> list[Any]:
    stream = CotStream()
    found = [each for piece in pieces for each in stream.feed(piece)]
    return [(each.rule, each.field) if isinstance(each, Fault) else each for each in found]


PIECES = st.lists(
    st.one_of(
        events().map(encode_xml),
        events().map(encode_framed),
        st.sampled_from(
            (
                b"garbage",
                b" \n",
                b"<auth>x</auth>",
                b"<event></event>",
                b"<?xml version='1.0'?>",
                b"\xbf\xff\xff\xff\xff\x01",
                b"\xbf\x02\x01\x02",
                b"\xbf\x00",
                b"</event>",
                b"<ev",
            )
        ),
        st.binary(max_size=20),
        st.integers(900, 2100).map(lambda count: b"x" * count),
    ),
    max_size=6,
)


@given(PIECES, st.lists(st.integers(0, 10_000), max_size=12))
def test_a_stream_gives_the_same_wherever_it_is_cut(parts: list[bytes], at: list[int]) -> None:
    whole = b"".join(parts)
    assert streamed(cut(whole, at)) == streamed([whole])
    assert streamed([whole[each : each + 1] for each in range(len(whole))]) == streamed([whole])


@given(st.lists(st.tuples(events(), st.booleans()), max_size=5))
def test_a_stream_of_good_events_gives_each_of_them(sent: list[tuple[CotEvent, bool]]) -> None:
    whole = b"".join(encode_framed(each) if binary else encode_xml(each) for each, binary in sent)
    found = CotStream().feed(whole)
    read = [by_name(each) for each in found if isinstance(each, CotEvent)]
    assert read == [by_name(each) for each, _ in sent]
    assert len(found) == len(sent)


def test_after_garbage_the_next_event_is_found() -> None:
    found = CotStream().feed(b"hello <auth/>" + document() + b"junk" + encode_xml(PLAIN))
    assert [type(each) for each in found] == [Fault, CotEvent, Fault, CotEvent]


def test_garbage_that_goes_on_is_counted_again_and_again() -> None:
    stream = CotStream()
    found = [each for _ in range(50) for each in stream.feed(b"x" * 200)]
    assert [each.rule for each in found if isinstance(each, Fault)] == ["garbage"] * 10
    assert [type(each) for each in stream.feed(document())] == [CotEvent]
    assert [type(each) for each in stream.feed(b"again")] == [Fault]


def test_after_a_broken_message_the_next_one_is_found() -> None:
    broken = b"\xbf\x03\x12\x01"  # says 3 bytes, and what follows is taken for them
    found = CotStream().feed(broken + encode_framed(PLAIN) * 2 + b"\xbf\xff\xff\xff\x7f")
    assert PLAIN in found
    assert any(isinstance(each, Fault) for each in found)


def test_what_never_ends_is_not_held() -> None:
    stream = CotStream()
    found: list[CotEvent | Fault] = stream.feed(b"<event " + TIMES.encode())
    for _ in range(40):
        found += stream.feed(b"x" * (MAX_EVENT_BYTES // 10))
        assert len(stream._held) <= MAX_EVENT_BYTES * 2
    assert [each.rule for each in found if isinstance(each, Fault)] == ["too-large"]
    assert stream.feed(document()) != []


@pytest.mark.parametrize(
    ("data", "rule", "field"),
    [
        pytest.param(b"", "not-xml", "line 1", id="nothing"),
        pytest.param(b"<event", "not-xml", "line 1", id="cut short"),
        pytest.param(b"<events/>", "structure", "events", id="another root"),
        pytest.param(document(inside=""), "structure", "point", id="no point"),
        pytest.param(document(inside=POINT * 2), "structure", "point", id="two points"),
        pytest.param(
            document(inside=POINT + "<detail/>" * 2), "structure", "detail", id="two details"
        ),
        pytest.param(
            document(inside=POINT + "<detail>x</detail>"), "structure", "detail", id="loose text"
        ),
        pytest.param(document(head='uid="" type="a" how=""'), "missing", "uid", id="no uid"),
        pytest.param(document(head='uid="u" how=""'), "missing", "type", id="no type"),
        pytest.param(document(head='uid="u" type="a b"'), "characters", "type", id="type"),
        pytest.param(document(head=HEAD.replace("2.0", "3.0")), "version", "version", id="version"),
        pytest.param(document(times=TIMES.replace("Z", "")), "time", "time", id="local time"),
        pytest.param(document(times=TIMES.replace("T22:05", "T25:05")), "time", "stale", id="hour"),
        pytest.param(document(times='time="1"'), "time", "time", id="no time"),
        pytest.param(document(inside=POINT.replace("47.5", "nan")), "number", "lat", id="nan"),
        pytest.param(
            document(inside=POINT.replace("47.5", "4_7")), "number", "lat", id="no number"
        ),
        pytest.param(
            document(inside=POINT.replace("47.5", "90.1")), "range", "latitude_deg", id="latitude"
        ),
        pytest.param(
            document(inside=POINT.replace("8.25", "-181")), "range", "longitude_deg", id="longitude"
        ),
        pytest.param(document(inside=POINT.replace("500", "1e13")), "range", "hae_m", id="height"),
        pytest.param(
            b'<!DOCTYPE event [<!ENTITY a "b">]>' + document(), "doctype", "document", id="entity"
        ),
        pytest.param(
            b'<!DOCTYPE event SYSTEM "file:///etc/passwd">' + document(),
            "doctype",
            "document",
            id="external",
        ),
        pytest.param(
            document(head=HEAD.replace('"u"', '"&a;"')), "not-xml", "line 1", id="unknown"
        ),
        pytest.param(
            document(inside=POINT + "<detail>" + "<a>" * 40 + "</a>" * 40 + "</detail>"),
            "too-large",
            "a",
            id="deep",
        ),
        pytest.param(
            document(inside=POINT + "<detail>" + "<a/>" * 20_001 + "</detail>"),
            "too-large",
            "a",
            id="wide",
        ),
        pytest.param(b" " * MAX_EVENT_BYTES + document(), "too-large", "document", id="long"),
        pytest.param(
            '<?xml version="1.0" encoding="UTF-16"?><event/>'.encode("utf-16"),
            "characters",
            "document",
            id="another encoding",
        ),
        pytest.param(
            document().decode().encode("utf-16-le"), "characters", "document", id="unmarked"
        ),
    ],
)
def test_what_breaks_a_rule_is_named(data: bytes, rule: str, field: str) -> None:
    fault = decode_xml(data)
    assert isinstance(fault, Fault)
    assert (fault.rule, fault.field) == (rule, field)
    assert fault.sample == data[:200]


def message(*fields: tuple[int, int, bytes]) -> bytes:
    """A TakMessage with an event of these fields, as they are."""
    inside = b"".join(varint(number << 3 | wire) + data for number, wire, data in fields)
    return b"\x12" + varint(len(inside)) + inside


NAMED = [(5, 2, b"\x01u"), (1, 2, b"\x05a-u-A")]


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        pytest.param(message(*NAMED, (10, 1, struct.pack("<d", math.nan))), "number", id="nan"),
        pytest.param(message(*NAMED, (10, 1, struct.pack("<d", 91))), "range", id="latitude"),
        pytest.param(message(*NAMED, (6, 0, varint(2**63))), "time", id="time"),
        pytest.param(message(*NAMED, (6, 0, b"\xff" * 10)), "not-protobuf", id="varint"),
        pytest.param(message(*NAMED, (9, 0, b"\x01")), "not-protobuf", id="wire type"),
        pytest.param(message(*NAMED, (9, 3, b"")), "not-protobuf", id="group"),
        pytest.param(message(*NAMED, (9, 2, b"\x05m")), "cut-short", id="cut"),
        pytest.param(message(*NAMED, (10, 1, b"\x05m")), "cut-short", id="cut double"),
        pytest.param(message(*NAMED, (9, 2, b"\x01\xff")), "characters", id="not utf-8"),
        pytest.param(message(*NAMED, (9, 2, b"\x01\x01")), "characters", id="control"),
        pytest.param(message(*NAMED, NAMED[0]), "structure", id="twice"),
        pytest.param(message(NAMED[1]), "missing", id="no uid"),
        pytest.param(message(*NAMED, (15, 2, b"\x04\x0a\x02<a")), "not-xml", id="broken detail"),
    ],
)
def test_a_broken_message_is_named(data: bytes, rule: str) -> None:
    fault = decode_message(data)
    assert isinstance(fault, Fault)
    assert fault.rule == rule


def test_what_a_message_does_not_say_is_zero_and_what_is_unknown_is_passed_over() -> None:
    unknown = (99, 2, b"\x03abc"), (98, 5, b"abcd"), (97, 1, b"abcdefgh"), (96, 0, b"\x01")
    event = decode_message(message(*NAMED, *unknown))
    assert isinstance(event, CotEvent)
    assert (event.latitude_deg, event.hae_m, event.stale_ms, event.detail) == (0.0, 0.0, 0, ())
    assert decode_message(b"\x0a\x02\x10\x01") is None  # only what its sender can read
    assert decode_message(b"") is None


def test_a_datagram_says_in_which_way_it_is_written() -> None:
    assert decode_datagram(b"\xbf\x00\xbf" + encode_xml(PLAIN)) == PLAIN
    assert decode_datagram(b"\xbf\x01\xbf" + encode_message(PLAIN)) == PLAIN
    assert decode_datagram(encode_framed(PLAIN)) == PLAIN  # as over a connection
    for cut in (encode_framed(PLAIN)[:-1], b"\xbf", b"\xbf\xff"):
        assert isinstance(decode_datagram(cut), Fault)
    later = decode_datagram(b"\xbf\x02\xbf")
    assert isinstance(later, Fault)
    assert later.rule == "version"


def test_times_are_cut_at_the_start_and_go_up_at_the_end() -> None:
    fine = TIMES.replace(":00Z", ":00.0009Z")
    event = decode_xml(document(times=fine))
    assert isinstance(event, CotEvent)
    assert (event.start_ms % 1000, event.stale_ms % 1000) == (0, 1)


@pytest.mark.parametrize(
    "event",
    [
        msgspec.structs.replace(PLAIN, uid=""),
        msgspec.structs.replace(PLAIN, uid="a\x00"),
        msgspec.structs.replace(PLAIN, type="a\n"),
        msgspec.structs.replace(PLAIN, latitude_deg=math.nan),
        msgspec.structs.replace(PLAIN, hae_m=math.inf),
        msgspec.structs.replace(PLAIN, stale_ms=MIN_MS - 1),
        msgspec.structs.replace(PLAIN, detail=(Element("a b"),)),
        msgspec.structs.replace(PLAIN, detail=(Element("a", (("b=", ""),)),)),
        msgspec.structs.replace(PLAIN, detail=(Element("a", (), ("\ud800",)),)),
    ],
    ids=str,
)
def test_an_event_that_cannot_be_carried_is_refused(event: CotEvent) -> None:
    with pytest.raises(InvalidValue):
        require_event(event)


def test_a_protobuf_has_no_time_before_1970() -> None:
    with pytest.raises(InvalidValue, match="1970"):
        encode_message(msgspec.structs.replace(PLAIN, start_ms=-1))


def test_elements_are_looked_up_by_name() -> None:
    remarks = Element("remarks", (("to", "all"),), ("one", Element("b"), "two"))
    event = msgspec.structs.replace(PLAIN, detail=(remarks,))
    assert text_of(child(event, "remarks")) == "onetwo"
    assert attribute(child(event, "remarks"), "to") == "all"
    assert (attribute(child(event, "x"), "to"), text_of(child(remarks, "x"))) == (None, "")
    assert PLAIN.le_m == UNKNOWN_M
    assert MAX_DEPTH > 3


def falsified(run: Any) -> None:
    with pytest.raises((AssertionError, ExceptionGroup)):
        settings(phases=[Phase.generate], max_examples=300, database=None)(run)()


def test_a_planted_fault_in_the_escaping_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cotxml, "_ESCAPED_VALUE", str.maketrans({"<": "&lt;", '"': "&quot;"}))

    @given(events())
    def check(event: CotEvent) -> None:
        assert decode_xml(encode_xml(event)) == event

    falsified(check)


def test_a_planted_fault_in_the_messages_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    real = cotproto._value_of
    monkeypatch.setattr(
        cotproto, "_value_of", lambda text, kind: 0 if text == "0" else real(text, kind)
    )

    @given(events())
    def check(event: CotEvent) -> None:
        read = decode_message(encode_message(event))
        assert isinstance(read, CotEvent)
        assert by_name(read) == by_name(event)

    falsified(check)
