"""TAK clients over TLS: who is served, what comes in, STOP, and what nobody can hold up."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import socket
import ssl
from pathlib import Path

import pytest

from api_world import flight, square
from certificates import make
from tak_world import TakWorld, a_tak_world, message, said
from wideberth.errors import InvalidValue
from wideberth.faces.cot import line
from wideberth.faces.cot.shown import gap_words
from wideberth.model.ids import PartyId
from wideberth.model.stops import Identified
from wideberth.model.warnings import WarningKind
from wideberth.operating import OpenOutput
from wideberth.space.time import SECOND_US, format_rfc3339
from wideberth.warned import Warned
from wideberth.wire.cot import CotEvent, Element, attribute, child, text_of
from wideberth.wire.cotproto import decode_datagram
from wideberth.wire.cotshapes import volume_in
from wideberth.wire.cotxml import encode_xml

SELF = (
    Element("contact", (("callsign", "ALPHA 1"), ("endpoint", "*:-1:stcp"))),
    Element("takv", (("device", "phone"), ("version", "5.1"))),
    Element("track", (("course", "90.0"), ("speed", "12.5"))),
)


def words(event: CotEvent) -> str:
    return text_of(child(event, "remarks"))


async def test_a_client_is_shown_intents_and_zones_and_their_end(tak: TakWorld) -> None:
    told = await tak.world.told("alpha", square(), square(48.0), call_sign="A-1")
    intent = told["intent"]
    zone = {"name": "north bank", "rule": "keep-out", "volumes": [square(46.0)]}
    answer = await tak.world.ask("alpha", "POST", "/zones", zone)
    assert answer.status_code == 201, answer.text
    async with tak.client("bravo") as bravo:
        for number in range(2):
            uid = f"wideberth.intent.{intent['id']}.{number}"
            event = await bravo.until(lambda each, uid=uid: each.uid == uid)
            assert volume_in(event) == next(
                each
                for index, each in enumerate(
                    tak.world.node.service.picture.intents[intent["id"]].volumes
                )
                if index == number
            )
        await bravo.until(lambda each: "north bank" in repr(each))
        # a version with one volume less takes the other off the map
        body = flight(square(), call_sign="A-1", ovn=intent["ovn"])
        answer = await tak.world.ask("alpha", "PUT", f"/intents/{intent['id']}", body)
        assert answer.status_code in (200, 201), answer.text
        over = await bravo.until(lambda each: each.type == "t-x-d-d")
        assert over.uid.startswith(f"wideberth.intent.{intent['id']}.1")
        answer = await tak.world.ask("alpha", "DELETE", f"/zones/{answer_id(tak)}?version=1")
        assert answer.status_code in (200, 201), answer.text
        await bravo.until(lambda each: each.type == "t-x-d-d" and ".zone." in each.uid)


def answer_id(tak: TakWorld) -> str:
    (zone,) = list(tak.world.node.service.picture.zones)
    return zone


async def test_a_stop_in_the_chat_goes_to_every_party_and_is_answered(tak: TakWorld) -> None:
    async with tak.client("alpha") as alpha, tak.client("bravo") as bravo:
        await bravo.settled(tak)
        await alpha.say(message("STOP shelling at the bridge"))
        heard = await bravo.until(lambda each: each.type == "b-t-f")
        assert "STOP from alpha (attested)" in words(heard)
        assert "STOP shelling at the bridge" in words(heard)
        answer = await alpha.until(lambda each: "STOP sent" in words(each))
        assert "on the open streams of 1 of 2 other parties" in words(answer)
        assert "recorded as entry" in words(answer)
        assert attribute(child(answer, "__chat"), "id") == "ANDROID-1"
        (name,) = list(tak.world.node.service.picture.stops)
        stop = tak.world.node.service.picture.stops[name]
        assert (stop.sender, stop.identified) == (PartyId("alpha"), Identified.ATTESTED)
        # the same message again, as clients and servers do, is one STOP
        await alpha.say(message("STOP shelling at the bridge"))
        await alpha.until(lambda each: "was sent before" in words(each))
        assert len(list(tak.world.node.service.picture.stops)) == 1


async def test_a_stop_of_the_api_is_on_the_map_at_once(tak: TakWorld) -> None:
    async with tak.client("bravo") as bravo:
        await bravo.settled(tak)
        area = {"latitude": 47.0, "longitude": 7.5, "radius_m": 500}
        body = {"form": "stop", "text": "40 people", "area": area}
        answer = await tak.world.ask("alpha", "POST", "/stop", body)
        assert answer.json()["sent_to"] == 1  # a TAK client is an open stream
        await bravo.until(lambda each: each.type == "b-t-f" and "40 people" in words(each))
        drawn = await bravo.until(lambda each: each.type == "u-d-c-c")
        assert (drawn.latitude_deg, drawn.longitude_deg) == (47.0, 7.5)
        await bravo.settled(tak)
        assert sum(each.type == "b-t-f" for each in bravo.events) == 1


@pytest.mark.parametrize(
    ("event", "answered"),
    [
        pytest.param(message("hello"), "NOT passed on", id="chat"),
        pytest.param(said("b-a-o-tbl"), "NOT passed on", id="emergency"),
        pytest.param(said("b-a-o-can"), "ALL-CLEAR is a signed notice", id="cancel"),
        pytest.param(message("ALL-CLEAR"), "NOT passed on", id="all-clear"),
    ],
)
async def test_what_is_no_stop_reaches_nobody_and_is_answered_so(
    tak: TakWorld, event: CotEvent, answered: str
) -> None:
    size = tak.world.node.service.picture.size
    async with tak.client("alpha") as alpha, tak.client("bravo") as bravo:
        await alpha.say(event)
        await alpha.until(lambda each: answered in words(each))
        await bravo.settled(tak)
        assert not any(each.type == "b-t-f" for each in bravo.events)
    assert tak.world.node.service.picture.size == size


async def test_the_emergency_button_is_a_stop_where_the_node_says_so(tmp_path: Path) -> None:
    async with (
        a_tak_world(tmp_path, emergency_is_stop=True) as tak,
        tak.client("alpha") as alpha,
        tak.client("bravo") as bravo,
    ):
        await alpha.say(said("b-a-o-tbl"))
        await bravo.until(lambda each: "emergency" in words(each))
        await bravo.until(lambda each: each.type == "u-d-c-c")


@pytest.mark.parametrize("protobuf", [False, True])
async def test_a_clients_position_is_a_track_of_its_party(tak: TakWorld, protobuf: bool) -> None:
    async with tak.client("alpha") as alpha, tak.client("alpha") as other:
        await alpha.say(said("a-h-G-U-C", detail=SELF, hae_m=400.0), protobuf=protobuf)
        event = await other.until(lambda each: each.uid == "wideberth.track.alpha.ANDROID-1")
        assert event.type == "a-u-G"  # on the ground, as it said; hostile is no word here
        assert attribute(child(event, "contact"), "callsign") == "ALPHA 1"
        page = (await tak.world.ask("alpha", "GET", "/tracks")).json()["tracks"]
        (track,) = page
        assert (track["track"], track["feed"], track["party"]) == ("ANDROID-1", "tak", "alpha")
        assert (track["altitude_m"], track["ground_speed_m_s"]) == (400.0, 12.5)
        await alpha.settled(tak)
        assert not any("ANDROID-1" in each.uid for each in alpha.events), "it knows where it is"
    assert (await tak.world.ask("bravo", "GET", "/tracks")).json()["tracks"] == []


async def test_protobuf_goes_out_where_a_client_asks_for_it(tak: TakWorld) -> None:
    await tak.world.told("alpha", square(), call_sign="A-1")
    async with tak.client("bravo") as bravo:
        await bravo.until(lambda each: each.type == "t-x-takp-v")
        request = Element("TakRequest", (("version", "1"),))
        control = Element("TakControl", (), (request,))
        await bravo.say(said("t-x-takp-q", detail=(control,)))
        await bravo.until(lambda each: each.type == "t-x-takp-r")
        at = len(bravo.data)
        await bravo.say(said("t-x-c-t"), protobuf=True)
        await bravo.until(lambda each: each.type == "t-x-c-t-r")
        assert bravo.data[at] == 0xBF


async def test_malformed_input_is_counted_and_stops_nothing(tak: TakWorld) -> None:
    counts = tak.face.around.counts
    async with tak.client("alpha") as alpha:
        alpha.writer.write(b"hello <event></event> \xbf\x02\x01\x02")
        await alpha.say(said("t-x-c-t"))
        await alpha.until(lambda each: each.type == "t-x-c-t-r")
    assert counts.faults["garbage"] == 1
    assert counts.faults["structure"] == 1
    assert counts.samples["structure"] == ("alpha", b"<event></event>")


async def is_refused(tak: TakWorld, context: ssl.SSLContext) -> bool:
    """Whether a client is told nothing, not one byte."""
    try:
        port = tak.face.ports["tls"]
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    except OSError:
        return True
    try:
        async with asyncio.timeout(5):
            return await reader.read(1) == b""
    except OSError:
        return True
    finally:
        writer.transport.abort()


async def test_who_shows_no_certificate_that_is_bound_is_told_nothing(
    tak: TakWorld, tmp_path: Path
) -> None:
    other = make(tmp_path, "other-ca", "Other CA")
    forged = make(tmp_path, "forged", "alpha", by=other)
    nobody = make(tmp_path, "nobody", "unregistered", by=tak.authority)
    for shown in (None, forged, tak.clients["stranger"], nobody):
        assert await is_refused(tak, tak.context(shown))
    dropped = tak.face.around.counts.dropped
    assert dropped["certificate-unknown"] == 1
    assert dropped["party-unknown"] == 1


async def shown_by(tak: TakWorld) -> bytes:
    """The digest of the certificate that a new connection is shown."""
    context = tak.context(tak.clients["alpha"])
    port = tak.face.ports["tls"]
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    secured = writer.get_extra_info("ssl_object")
    writer.transport.abort()
    return hashlib.sha256(secured.getpeercert(binary_form=True)).digest()


async def test_certificates_are_read_anew_and_open_connections_stay(tak: TakWorld) -> None:
    async with tak.client("alpha") as alpha:
        await alpha.until(lambda each: each.type == "t-x-takp-v")
        before = await shown_by(tak)
        (tak.folder / "server-ca.pem").replace(tak.folder / "old-ca.pem")
        fresh = make(tak.folder, "server", "127.0.0.1", by=make(tak.folder, "server-ca", "New CA"))
        await tak.face.renew()
        assert await shown_by(tak) == fresh.sha256 != before
        await alpha.say(said("t-x-c-t"))
        await alpha.until(lambda each: each.type == "t-x-c-t-r")
        async with tak.client("bravo") as bravo:
            await bravo.until(lambda each: each.type == "t-x-takp-v")
    (tak.folder / "server.pem").write_text("no certificate")
    with pytest.raises(InvalidValue, match="tls_certificate"):
        await tak.face.renew()
    assert await shown_by(tak) == fresh.sha256, "what cannot be used changes nothing"
    make(tak.folder, "server", "127.0.0.1", by=make(tak.folder, "server-ca", "Newer CA"))
    make(tak.folder, "client-ca", "Client CA")
    await tak.face.renew()
    assert await is_refused(tak, tak.context(tak.clients["alpha"])), "its authority is gone"


async def test_one_party_cannot_take_every_connection(tmp_path: Path) -> None:
    async with a_tak_world(tmp_path, clients=4) as tak:
        async with tak.client("alpha") as alpha:
            await alpha.until(lambda each: each.type == "t-x-takp-v")
            assert await is_refused(tak, tak.context(tak.clients["alpha"]))
            async with tak.client("bravo") as bravo:
                await bravo.until(lambda each: each.type == "t-x-takp-v")
        assert tak.face.around.counts.dropped["too-many"] == 1


async def test_who_is_refused_again_and_again_is_one_line_of_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with a_tak_world(tmp_path, clients=4) as tak:
        async with tak.client("alpha") as alpha:
            await alpha.until(lambda each: each.type == "t-x-takp-v")
            for _ in range(3):
                assert await is_refused(tak, tak.context(tak.clients["alpha"]))
        assert tak.face.around.counts.dropped["too-many"] == 3
    lines = [each.getMessage() for each in caplog.records if each.name == "wideberth.tak"]
    assert len([each for each in lines if "too-many" in each]) == 1


async def test_a_reader_that_takes_nothing_is_cut_off_and_holds_nobody_up(tmp_path: Path) -> None:
    async with a_tak_world(tmp_path, stalled_s=0.5) as tak:
        port = tak.face.ports["tls"]
        raw = socket.socket()
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        await asyncio.to_thread(raw.connect, ("127.0.0.1", port))
        context = tak.context(tak.clients["bravo"])
        reader, writer = await asyncio.open_connection(
            sock=raw, ssl=context, server_hostname="127.0.0.1", limit=1_024
        )
        assert await reader.read(1)  # and no more
        writer.transport.pause_reading()
        now = format_rfc3339(tak.world.node.service.context().now_us)
        reports = [
            {"track": f"t{k}", "latitude": 47, "longitude": k / 100, "time": now}
            for k in range(3_000)
        ]
        await tak.world.ask("alpha", "PUT", "/feeds/own", {"shown_to": "all"})
        for start in range(0, len(reports), 1_000):
            body = {"feed": "own", "reports": reports[start : start + 1_000]}
            assert (await tak.world.ask("alpha", "POST", "/tracks", body)).status_code < 300
        async with asyncio.timeout(60):
            while not tak.face.around.counts.dropped["stalled"]:  # noqa: ASYNC110  # a count
                await asyncio.sleep(0.1)
        async with tak.client("alpha") as alpha:
            await alpha.until(lambda each: "t2999" in each.uid)
        writer.transport.abort()
        raw.close()


async def test_a_flood_is_read_in_turn_and_holds_nobody_up(
    tak: TakWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line, "_IN_BYTES_S", 20_000.0)
    monkeypatch.setattr(line, "_IN_BURST_BYTES", 20_000.0)
    flood = encode_xml(said("u-d-f")) * 4_000
    async with tak.client("alpha") as alpha, tak.client("bravo") as bravo:
        alpha.writer.write(flood)
        await bravo.say(said("t-x-c-t"))
        await bravo.until(lambda each: each.type == "t-x-c-t-r")
        await bravo.settled(tak)
        assert tak.face.around.counts.events_in["other"] < 4_000


async def test_in_plain_goes_what_is_open_to_all_and_no_more(tmp_path: Path) -> None:
    listening = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    listening.bind(("127.0.0.1", 0))
    listening.setblocking(False)
    port = listening.getsockname()[1]
    outputs = (
        OpenOutput(f"udp://127.0.0.1:{port}", protobuf=True, every_s=1),
        OpenOutput("tcp://127.0.0.1:0"),
    )
    async with a_tak_world(tmp_path, open_to=outputs) as tak:
        ask, told = tak.world.ask, tak.world.told
        await told("alpha", square(), call_sign="OPEN-1")
        await told(
            "alpha", square(), call_sign="S-1", visibility={"level": "named", "parties": ["bravo"]}
        )
        await told("alpha", square(), call_sign="S-2", visibility={"level": "on-conflict"})
        await told(
            "alpha",
            square(),
            kind="presence",
            call_sign="S-3",
            visibility={"level": "named", "parties": ["bravo"]},
            provenance={"source": "gps", "accuracy_m": 10},
        )
        now = format_rfc3339(tak.world.node.service.context().now_us)
        for feed, shown_to in (("open", "all"), ("some", ["bravo"]), ("own", "owner")):
            await ask("alpha", "PUT", f"/feeds/{feed}", {"shown_to": shown_to})
            reports = [{"track": f"T-{feed}", "latitude": 47, "longitude": 7.5, "time": now}]
            await ask("alpha", "POST", "/tracks", {"feed": feed, "reports": reports})
        await ask("alpha", "POST", "/stop", {"text": "S-4"})
        reader, writer = await asyncio.open_connection("127.0.0.1", tcp_port(tak))
        over_tcp = bytearray()
        over_udp: list[CotEvent] = []
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(20):
            while b"OPEN-1" not in over_tcp or b"T-open" not in over_tcp:
                over_tcp += await reader.read(65_536)
            while not {"OPEN-1", "T-open"} <= {each for one in over_udp for each in names(one)}:
                event = decode_datagram(await loop.sock_recv(listening, 65_536))
                assert isinstance(event, CotEvent)
                over_udp.append(event)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.5):
                while data := await reader.read(65_536):
                    over_tcp += data
        for secret in ("S-1", "S-2", "S-3", "S-4", "T-some", "T-own"):
            assert secret.encode() not in over_tcp
            assert secret not in repr(over_udp)
        writer.close()
    listening.close()


def names(event: CotEvent) -> set[str]:
    text = repr(event)
    return {each for each in ("OPEN-1", "T-open") if each in text}


def tcp_port(tak: TakWorld) -> int:
    return tak.face.ports["tcp://127.0.0.1:0"]


async def test_what_comes_in_over_plain_tcp_is_not_looked_at(tmp_path: Path) -> None:
    async with a_tak_world(tmp_path, open_to=(OpenOutput("tcp://127.0.0.1:0"),)) as tak:
        size = tak.world.node.service.picture.size
        _, writer = await asyncio.open_connection("127.0.0.1", tcp_port(tak))
        writer.write(encode_xml(message("STOP")) + encode_xml(said("a-f-G", detail=SELF)))
        await writer.drain()
        await asyncio.sleep(0.5)
        writer.close()
        assert tak.world.node.service.picture.size == size
        assert (await tak.world.ask("alpha", "GET", "/tracks")).json()["tracks"] == []


def test_of_what_is_silent_or_cannot_be_no_gap_and_no_time_is_said() -> None:
    known = Warned((), 5_000, 7_000, 9 * SECOND_US, 0, coarse=False, edge_mm=3_000)
    between = ["5 m apart", "3 m to its edge", "7 m in height", "in 9 s"]
    said = {kind: gap_words(kind, known) for kind in WarningKind}
    assert said.pop(WarningKind.SILENCE) == ["unknown where it is, not clear"]
    assert said.pop(WarningKind.IMPLAUSIBLE) == ["what is reported of it cannot be"]
    assert all(each == between for each in said.values())
