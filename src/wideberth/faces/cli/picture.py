"""``wideberth picture``: what a party is told of what moves, once.

Each value stands with who says it and how old it is, by the node's clock. Nothing is worked out
here that the node did not say, and an empty list is no clearance.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from wideberth.faces.cli._asking import NodeOption, asking
from wideberth.faces.cli._material import TokenOption

if TYPE_CHECKING:
    from wideberth.client import Client

__all__ = ["command", "words"]

NOTHING = "none told to you: no information is not clearance"
_NO_GAP = {
    "implausible": "what is reported of it cannot be",
    "silence": "unknown where it is, not clear",
}
_SAMPLE = 120  # characters of what could not be read
_LISTS = ("feeds", "tracks", "warnings", "hazards")


def command(url: NodeOption = None, token: TokenOption = None) -> None:
    """Show what moves, as the party is told now: feeds, tracks, warnings and hazards.

    Each with who says it and how old it is; an empty list is no clearance.
    """
    from wideberth.faces.cli._client import all_of
    from wideberth.faces.cli._host import printable

    async def act(client: Client) -> dict[str, Any]:
        said = {name: await all_of(client, name) for name in _LISTS if name != "warnings"}
        said["warnings"] = await _warnings(client)
        return {**said, "time": (await client.space())["time"]}

    for line in words(asking(url, token, act)):
        print(printable(line))


async def _warnings(client: Client) -> list[dict[str, Any]]:
    """By time to loss, page by page."""
    found: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        page = await client.get("/warnings", order="time-to-loss", limit=1000, cursor=cursor)
        found += page["warnings"]
        cursor = page["next"]
        if cursor is None:
            return found


def words(said: dict[str, Any]) -> Iterator[str]:
    """What the node said, line by line. said: its lists by their names, and its time."""
    from wideberth.space.time import parse_rfc3339

    now_us = parse_rfc3339(said["time"], field="time")
    yield said["time"]
    for name, each_in_words in (
        ("warnings", _warning),
        ("tracks", _track),
        ("hazards", _hazard),
        ("feeds", _feed),
    ):
        yield f"{name}: {len(said[name]) or NOTHING}"
        for each in said[name]:
            yield from (f"  {line}" for line in each_in_words(each, now_us))


def _ago(text: str, now_us: int) -> str:
    from wideberth.review.cells import shown_span
    from wideberth.space.time import parse_rfc3339

    return f"{shown_span(max(0, now_us - parse_rfc3339(text, field='time')))} ago"


def _own_age(each: dict[str, Any], member: str, now_us: int) -> str:
    """Of a value that was said at another moment than the position."""
    return f" (said {_ago(each[member], now_us)})" if each.get(member) is not None else ""


def _height(each: dict[str, Any], now_us: int) -> str:
    age = _own_age(each, "altitude_time", now_us)
    if each.get("altitude_m") is not None:
        return f"{each['altitude_m']:.0f} m above the ellipsoid{age}"
    if each.get("pressure_altitude_m") is not None:
        return f"{each['pressure_altitude_m']:.0f} m by pressure{age}"
    return "height not known"


def _feed_of(each: dict[str, Any]) -> str:
    return f"{each['feed']} of {each['feed_party'] or 'the host'}"


def _place(each: dict[str, Any], now_us: int) -> str:
    """Of a track or what one feed says of it: where, how surely, how old."""
    return (
        f"{each['latitude']:.5f}, {each['longitude']:.5f}, {_height(each, now_us)},"
        f" known to {each['uncertainty_m']:.0f} m, {_ago(each['time'], now_us)}"
    )


def _motion(each: dict[str, Any], now_us: int) -> str:
    speed, climb = each.get("ground_speed_m_s"), each.get("vertical_rate_m_s")
    across = "velocity not said" if speed is None else f"{speed:.0f} m/s"
    if each.get("track_deg") is not None:
        across += f" on {each['track_deg']:03.0f}"
    said = across if climb is None else f"{across}, {climb:+.1f} m/s up"
    return said + _own_age(each, "velocity_time", now_us)


def _said(source: dict[str, Any], now_us: int) -> str:
    """What else one feed says, so that it can be seen what feeds contradict each other in."""
    sign = source.get("call_sign")
    named = (
        "no call sign"
        if sign is None
        else f"call sign {sign}, {_ago(source['call_sign_time'], now_us)}"
    )
    whose = f"of {source['party']}" if source.get("party") else "nobody says whose"
    doubt = f"; IMPLAUSIBLE: {source['implausible']}" if source.get("implausible") else ""
    return f"{_motion(source, now_us)}; {named}; {whose}{doubt}"


def _track(each: dict[str, Any], now_us: int) -> Iterator[str]:
    whose = f"of {each['party']}" if each.get("party") else "nobody says whose"
    yield f"{each['track']}, {each.get('call_sign') or 'no call sign'}, {whose}"
    last = "" if each["state"] == "live" else "SILENT, last known: "
    sources = each.get("sources", ())
    yield f"  {last}{_place(each, now_us)}" + ("" if sources else f", by {_feed_of(each)}")
    if not sources:  # else each of them says its own
        yield f"  {_motion(each, now_us)}"
    for source in sources:
        used = ", ".join(source["used"]) or "nothing of it"
        yield f"  by {_feed_of(source)}: {_place(source, now_us)}; used: {used}"
        yield f"    {_said(source, now_us)}"
    if each.get("conflicts"):
        yield f"  FEEDS DISAGREE: {', '.join(each['conflicts'])}"
    if each.get("implausible"):
        yield f"  IMPLAUSIBLE: {each['implausible']}"


def _warning(each: dict[str, Any], now_us: int) -> Iterator[str]:
    known = " LAST KNOWN," if each.get("last_known") else ""
    yield (
        f"{each['kind'].upper()}, level {each['level']},{known}"
        f" raised {_ago(each['raised'], now_us)}: {_gap(each)}"
    )
    for side in each["objects"]:
        yield f"  {_side(side, now_us)}"
    yield f"  by the rule {each['rule']}, known to {each['uncertainty_m']:.0f} m"
    if each.get("one_with"):
        yield f"  one with {len(each['one_with'])} more, of the same things by other feeds"


def _gap(each: dict[str, Any]) -> str:
    parts = (
        ("edge_m", "{:.0f} m to the edge"),
        ("horizontal_m", "{:.0f} m across"),
        ("vertical_m", "{:.0f} m in height"),
        ("time_s", "in {:.0f} s"),
    )
    said = [form.format(each[name]) for name, form in parts if each.get(name) is not None]
    if each["kind"] in _NO_GAP:
        return _NO_GAP[each["kind"]]
    return ", ".join(said) or "gap not told"


def _side(side: dict[str, Any], now_us: int) -> str:
    """One side of a warning, by the facts that tell it apart (L-06)."""
    facts = ", ".join(side.get("facts", ())) or "not shown to you"
    fix = side.get("fix")
    told = "" if fix is None else f", reported {_ago(fix['time'], now_us)}"
    by = f" by {side['feed_party']}" if fix is not None and side.get("feed_party") else ""
    return f"{side['type']}: {facts}{told}{by}"


def _hazard(each: dict[str, Any], now_us: int) -> Iterator[str]:
    stated = f"said {_ago(each['stated'], now_us)}" if each.get("stated") else "no status was given"
    yield f"{each['intent']}, of {each['party']}: {each['state']}, {stated}"
    given = each.get("avoiding")
    if given is None:
        return
    if given.get("in_the_way"):
        named = ", ".join(f"{one['type']} {one['id']}" for one in given["in_the_way"])
        yield f"  where to keep: WITHHELD, it leads into {named}"
    for volume in given.get("volumes", ()):
        yield f"  where to keep, for a {given['kind']}: {_volume(volume)}"
    yield f"  {given['sentence']} It rests on what you may see and on nothing else."


def _volume(volume: dict[str, Any]) -> str:
    shape = volume["footprint"]
    points = list(_points(shape["coordinates"]))
    latitudes, longitudes = [point[1] for point in points], [point[0] for point in points]
    if shape["type"] == "Point":
        where = f"{shape['radius_m']:.0f} m round {latitudes[0]:.5f}, {longitudes[0]:.5f}"
    else:
        where = (
            f"{min(latitudes):.5f} to {max(latitudes):.5f},"
            f" {min(longitudes):.5f} to {max(longitudes):.5f}"
        )
    band = " to ".join(
        f"{limit['value']:g} {limit['units']} {limit['reference']}"
        for limit in (volume["lower"], volume["upper"])
    )
    return f"{where}; {band}; {volume['start']} to {volume['end']}"


def _points(coordinates: Any) -> Iterable[list[float]]:
    """The positions of a GeoJSON geometry, however deep they stand."""
    if isinstance(coordinates[0], int | float):
        yield coordinates
        return
    for each in coordinates:
        yield from _points(each)


def _named(counts: dict[str, int]) -> str:
    return "".join(f" {count} {name}," for name, count in sorted(counts.items()))


def _feed(each: dict[str, Any], now_us: int) -> Iterator[str]:
    newest = each.get("last_position")
    age = f"newest position {_ago(newest, now_us)}" if newest else "no position yet"
    why = (
        f": {each['why']}"
        if each.get("why") and each["state"] in ("retrying", "connecting")
        else ""
    )
    kind = f", {each['kind']}" if each.get("kind") else ""
    since = f"since {_ago(each['since'], now_us)}"
    yield f"{_feed_of(each)}{kind}: {each['state']}{why}, {since}; {age}"
    counts = each.get("counts")
    if counts:
        lost = sum(counts["malformed"].values())
        yield (
            f"  {counts['messages']} messages, {counts['positions']} positions taken,"
            f" {sum(counts['refused'].values())} refused, {lost} malformed,"
            f"{_named(counts['not_newer'])}"
            f" {sum(counts['dropped'].values())} values not taken,"
            f" {counts['flooded_bytes']} bytes thrown away"
        )
    value = each.get("dropped")
    if value:
        yield (
            f"  last value not taken, {value['field']} of {value['track']}, {value['rule']}:"
            f" {str(value['value'])[:_SAMPLE]!r}"
        )
    last = each.get("malformed")
    if last:
        when = _ago(last["time"], now_us)
        yield f"  last malformed, {last['rule']}, {when}: {last['sample'][:_SAMPLE]!r}"
