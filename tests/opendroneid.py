"""The reference library of Remote ID by broadcast (opendroneid-core-c), spoken to as the shared
library that WIDEBERTH_OPENDRONEID names: what it encodes, and what it reads in a message.

It is built outside of the project, whose structures stand here as its header has them. The vectors
of tests/data/remoteid are made with it: ``python tests/opendroneid.py`` writes them anew.
"""

from __future__ import annotations

import ctypes
import json
import os
import random
from pathlib import Path
from typing import Any

VECTORS = Path(__file__).parent / "data" / "remoteid" / "messages.json"
MESSAGE_BYTES, PACKED = 25, 228


def struct(name: str, **members: Any) -> type[ctypes.Structure]:
    return type(name, (ctypes.Structure,), {"_fields_": list(members.items())})


_enum, _float, _double = ctypes.c_int, ctypes.c_float, ctypes.c_double
_u8, _u16, _u32 = ctypes.c_uint8, ctypes.c_uint16, ctypes.c_uint32
BasicId = struct("BasicId", UAType=_enum, IDType=_enum, UASID=ctypes.c_uint8 * 21)
Location = struct(
    "Location", Status=_enum, Direction=_float, SpeedHorizontal=_float, SpeedVertical=_float,
    Latitude=_double, Longitude=_double, AltitudeBaro=_float, AltitudeGeo=_float,
    HeightType=_enum, Height=_float, HorizAccuracy=_enum, VertAccuracy=_enum, BaroAccuracy=_enum,
    SpeedAccuracy=_enum, TSAccuracy=_enum, TimeStamp=_float,
)  # fmt: skip
Auth = struct(
    "Auth", DataPage=_u8, AuthType=_enum, LastPageIndex=_u8, Length=_u8, Timestamp=_u32,
    AuthData=_u8 * 24,
)  # fmt: skip
SelfId = struct("SelfId", DescType=_enum, Desc=_u8 * 24)
System = struct(
    "System", OperatorLocationType=_enum, ClassificationType=_enum, OperatorLatitude=_double,
    OperatorLongitude=_double, AreaCount=_u16, AreaRadius=_u16, AreaCeiling=_float,
    AreaFloor=_float, CategoryEU=_enum, ClassEU=_enum, OperatorAltitudeGeo=_float, Timestamp=_u32,
)  # fmt: skip
OperatorId = struct("OperatorId", OperatorIdType=_enum, OperatorId=_u8 * 21)
Pack = struct(
    "Pack", SingleMessageSize=_u8, MsgPackSize=_u8, Messages=(_u8 * MESSAGE_BYTES) * 9
)  # fmt: skip


class Library:
    """path: the shared library."""

    def __init__(self, path: str) -> None:
        self._calls = ctypes.CDLL(path)
        self._calls.decodeHorizontalAccuracy.restype = ctypes.c_float

    def encoded(self, kind: str, said: ctypes.Structure) -> bytes:
        """The 25 bytes of a message of a kind, as its functions are called. Raises ValueError for
        what it does not encode.
        """
        out = ctypes.create_string_buffer(MESSAGE_BYTES)
        if self._calls[f"encode{kind}Message"](out, ctypes.byref(said)):
            raise ValueError(kind)
        return out.raw

    def location(self, message: bytes) -> Any:
        """What it reads in a Location message."""
        found = Location()
        if self._calls.decodeLocationMessage(ctypes.byref(found), message):
            raise ValueError("Location")
        return found

    def accuracy_m(self, number: int) -> float:
        """What it takes the number of an accuracy for."""
        return self._calls.decodeHorizontalAccuracy(number)

    def basic_id(self, message: bytes) -> Any:
        """What it reads in a Basic ID message."""
        found = BasicId()
        if self._calls.decodeBasicIDMessage(ctypes.byref(found), message):
            raise ValueError("BasicID")
        return found

    def packed(self, messages: list[bytes]) -> bytes:
        """A pack as it goes through the air, header of 3 bytes included."""
        said = Pack(SingleMessageSize=MESSAGE_BYTES, MsgPackSize=len(messages))
        for index, each in enumerate(messages):
            said.Messages[index][:] = list(each)
        out = ctypes.create_string_buffer(PACKED)
        if self._calls.encodeMessagePack(out, ctypes.byref(said)):
            raise ValueError("pack")
        return out.raw


def library() -> Library | None:
    """The one that is named; None where none is."""
    path = os.environ.get("WIDEBERTH_OPENDRONEID")
    return Library(path) if path else None


def a_location(chance: random.Random) -> Any:
    """A location as an aircraft may say it, one in five of its values not known."""

    def either(unknown: float, low: float, high: float) -> float:
        return unknown if chance.random() < 0.2 else chance.uniform(low, high)

    place = (chance.uniform(-90, 90), chance.uniform(-180, 180))
    north, east = (0.0, 0.0) if chance.random() < 0.1 else place
    return Location(
        Status=chance.randrange(5), Direction=either(361, 0, 359.4),
        SpeedHorizontal=either(255, 0, 254.25), SpeedVertical=either(63, -62, 62),
        Latitude=north, Longitude=east, AltitudeBaro=either(-1000, -999, 31_767),
        AltitudeGeo=either(-1000, -999, 31_767), HeightType=chance.randrange(2),
        Height=either(-1000, -999, 31_767), HorizAccuracy=chance.randrange(13),
        VertAccuracy=chance.randrange(7), BaroAccuracy=chance.randrange(7),
        SpeedAccuracy=chance.randrange(5), TSAccuracy=chance.randrange(16),
        TimeStamp=either(0xFFFF, 0, 3600),
    )  # fmt: skip


def an_id(chance: random.Random) -> Any:
    """An id of any kind, printed or of any bytes."""
    kind = chance.randrange(5)
    content = bytearray(21)
    if kind in {1, 2}:
        for at in range(chance.randrange(21)):
            content[at] = chance.choice(b"0123456789ABCDEFGHJKLMNPQRSTUVWXYZ")
    elif kind:
        content[:20] = chance.randbytes(20)
    return BasicId(UAType=chance.randrange(16), IDType=kind, UASID=(_u8 * 21)(*content))


def others(chance: random.Random) -> dict[str, ctypes.Structure]:
    """A message of each of the kinds that are passed over, by what its functions are called."""
    text = (_u8 * 24)(*chance.randbytes(23), 0)
    return {
        "Auth": Auth(DataPage=chance.randrange(1, 5), AuthType=1, AuthData=text),
        "SelfID": SelfId(DescType=0, Desc=text),
        "System": System(
            ClassificationType=1, OperatorLatitude=chance.uniform(-90, 90),
            OperatorLongitude=chance.uniform(-180, 180), AreaCount=1, AreaCeiling=500.0,
            AreaFloor=-1000.0, OperatorAltitudeGeo=540.0, Timestamp=chance.randrange(1 << 32),
        ),
        "OperatorID": OperatorId(OperatorId=(_u8 * 21)(*chance.randbytes(20), 0)),
    }  # fmt: skip


def read(known: Library, message: bytes) -> dict[str, float]:
    """The values of a location that count here, as the library reads them."""
    found = known.location(message)
    names = (
        "Status", "Direction", "SpeedHorizontal", "SpeedVertical", "Latitude", "Longitude",
        "AltitudeBaro", "AltitudeGeo", "HorizAccuracy", "TimeStamp",
    )  # fmt: skip
    values = {name: getattr(found, name) for name in names}
    return values | {"accuracy_m": known.accuracy_m(found.HorizAccuracy)}


def locations(known: Library, chance: random.Random, count: int) -> list[dict[str, Any]]:
    """So many messages of places, and what the library reads in each."""
    messages = [known.encoded("Location", a_location(chance)) for _ in range(count)]
    return [{"message": each.hex(), "read": read(known, each)} for each in messages]


def ids(known: Library, chance: random.Random, count: int) -> list[dict[str, Any]]:
    """So many messages of ids, and what the library reads in each."""
    messages = [known.encoded("BasicID", an_id(chance)) for _ in range(count)]
    found = [known.basic_id(each) for each in messages]
    return [
        {"message": message.hex(), "kind": each.IDType, "id": bytes(each.UASID)[:20].hex()}
        for message, each in zip(messages, found, strict=True)
    ]


def packs(known: Library, chance: random.Random, count: int) -> list[dict[str, Any]]:
    """So many packs of a place, two ids and one message of each other kind, in any order."""
    made = []
    for _ in range(count):
        (place,), names = locations(known, chance, 1), ids(known, chance, 2)
        messages = [bytes.fromhex(each["message"]) for each in (place, *names)]
        messages += [known.encoded(kind, each) for kind, each in others(chance).items()]
        chance.shuffle(messages)
        made.append({"pack": known.packed(messages).hex(), "place": place, "ids": names})
    return made


def everything(known: Library, seed: int, count: int) -> dict[str, list[dict[str, Any]]]:
    """Messages of a seed, and what the library reads in them."""
    chance = random.Random(seed)
    return {
        "locations": locations(known, chance, count),
        "ids": ids(known, chance, count),
        "packs": packs(known, chance, count // 8),
    }


if __name__ == "__main__":
    named = library()
    if named is None:
        raise SystemExit("name the shared library in WIDEBERTH_OPENDRONEID")
    parts = [
        f'"{name}": [\n' + ",\n".join(json.dumps(each) for each in found) + "\n]"
        for name, found in everything(named, 20_261_122, 120).items()
    ]
    VECTORS.write_text("{\n" + ",\n".join(parts) + "\n}\n")
