"""Where two accounts of an incident differ, held against the accounts themselves.

A line of differences.jsonl is one difference between the last accounts of two parties in the
bundle, of what both claim. All but the distance between two places is worked out here again. A
distance between points is held against a sphere, to within 1 %; one between areas is taken as it
stands, where its figures can be so at all. The program wideberth works all of them out again.
"""

from __future__ import annotations

from math import asin, cos, radians, sin, sqrt
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

from wideberth.evidence.alone.container import (
    Fault,
    canonical_json,
    is_array,
    is_object,
    parsed_json,
)

__all__ = ["ToldDifference", "difference_line", "last_accounts", "told_differences"]

_SPHERE_MM = 6_371_008_800  # mean radius of the earth, IUGG
_HALF_ROUND = 20_003_932_000  # mm; no two places are farther apart
_SLACK_MM = 1_000
_FIGURES = 10**18


class ToldDifference(NamedTuple):
    """kind: time, place, height, identity, warned, rule or damage. entries: of both accounts.
    members: of the claim, that are not the same. apart: as claimed, at least and at most with both
    errors, in microseconds or millimetres; None: a figure says nothing of it.
    """

    incident: str
    kind: str
    parties: Tuple[str, str]
    entries: Tuple[int, int]
    members: Tuple[str, ...]
    apart: Optional[Tuple[int, int, int]]


def difference_line(told: ToldDifference) -> bytes:
    """The line of a difference."""
    return canonical_json(dict(zip(told._fields, told))) + b"\n"


def last_accounts(entries: List[Any]) -> Dict[str, Dict[str, Tuple[Any, Dict[str, Any]]]]:
    """By incident and party, the entry and the account that it gave last, of those given."""
    found: Dict[str, Dict[str, Tuple[Any, Dict[str, Any]]]] = {}
    for entry in entries:
        body = entry.value["body"]
        account: Any = body.get("account")
        if (
            body["type"] == "AccountGiven"
            and isinstance(body.get("incident"), str)
            and is_object(account)
            and isinstance(account.get("party"), str)
        ):
            found.setdefault(body["incident"], {})[account["party"]] = (entry, account)
    return found


def told_differences(data: bytes, entries: List[Any]) -> List[ToldDifference]:
    """The differences of differences.jsonl. Raises Fault where one is missing, too much, or not
    what the accounts say.
    """
    found = _worked_out(entries)
    told: List[ToldDifference] = []
    lines = data.split(b"\n")
    if lines.pop() != b"":
        raise Fault(None, "differences.jsonl is cut off")
    for number, line in enumerate(lines, start=1):
        what = "line %d of differences.jsonl" % number
        value: Any = parsed_json(line, what)
        if number > len(found):
            raise Fault(None, what + " names a difference that the accounts have not")
        expected = found[number - 1]
        apart: Any = value.get("apart") if is_object(value) else None
        if expected.kind == "place":
            expected = expected._replace(apart=_judged_apart(apart, expected, entries))
        if difference_line(expected) != line + b"\n":
            raise Fault(expected.entries[0], what + " is not what the accounts say")
        told.append(expected)
    if len(told) < len(found):
        raise Fault(found[len(told)].entries[0], "a difference between accounts is not told")
    return told


def _worked_out(entries: List[Any]) -> List[ToldDifference]:
    """All differences; those of place without a figure."""
    found: List[ToldDifference] = []
    for incident, accounts in last_accounts(entries).items():
        names = sorted(accounts)
        for at, one in enumerate(names):
            for other in names[at + 1 :]:
                first, second = accounts[one], accounts[other]
                for kind, name, compare in COMPARED_CLAIMS:
                    claims = [_claim_of(each[1], name) for each in (first, second)]
                    if claims[0] is None or claims[1] is None:
                        continue
                    try:
                        apart = compare(claims[0], claims[1])
                    except (KeyError, TypeError, AttributeError):
                        raise Fault(second[0].position, "a claim has not its members") from None
                    if apart is not None:
                        found.append(
                            ToldDifference(
                                *(incident, kind, (one, other)),
                                (first[0].position, second[0].position),
                                *apart,
                            )
                        )
    return found


def _claim_of(account: Dict[str, Any], name: str) -> Optional[Dict[str, Any]]:
    claims: Any = account.get("claims")
    claim: Any = claims.get(name) if is_object(claims) else None
    return claim if is_object(claim) else None


_Apart = Optional[Tuple[int, int, int]]
_Compared = Optional[Tuple[Tuple[str, ...], _Apart]]


def _spread(claimed: int, error: int) -> _Apart:
    return claimed, max(0, claimed - error), claimed + error


def _of_time(one: Dict[str, Any], other: Dict[str, Any]) -> _Compared:
    apart = abs(one["time_us"] - other["time_us"])
    return (("time",), _spread(apart, _sum_of("error_us", one, other))) if apart else None


def _of_place(one: Dict[str, Any], other: Dict[str, Any]) -> _Compared:
    return None if one["place"] == other["place"] else (("place",), None)


def _of_height(one: Dict[str, Any], other: Dict[str, Any]) -> _Compared:
    first, second = one.get("altitude"), other.get("altitude")
    if first is None or second is None or first == second:
        return None
    if first["reference"] != second["reference"]:
        return ("altitude.reference",), None
    apart = abs(first["value_mm"] - second["value_mm"])
    return ("altitude",), _spread(apart, _sum_of("altitude_error_mm", one, other))


def _sum_of(name: str, one: Dict[str, Any], other: Dict[str, Any]) -> int:
    return one.get(name, 0) + other.get(name, 0)


def _of_members(*names: str) -> Callable[[Dict[str, Any], Dict[str, Any]], _Compared]:
    """Members that both state and that are not the same."""

    def compare(one: Dict[str, Any], other: Dict[str, Any]) -> _Compared:
        parted = tuple(
            name
            for name in names
            if None not in (one.get(name), other.get(name)) and one[name] != other[name]
        )
        return (parted, None) if parted else None

    return compare


def _of_warned(one: Dict[str, Any], other: Dict[str, Any]) -> _Compared:
    found = _of_members("warned", "notice", "time_us")(one, other)
    if found is None or "time_us" not in found[0]:
        return found
    return found[0], _spread(abs(one["time_us"] - other["time_us"]), 0)


def _of_rule(one: Dict[str, Any], other: Dict[str, Any]) -> _Compared:
    if (one.get("agreement") is None) is not (other.get("agreement") is None):
        return ("agreement",), None
    return _of_members("agreement", "version", "provision")(one, other)


def _of_damage(one: Dict[str, Any], other: Dict[str, Any]) -> _Compared:
    first, second = (
        sorted((each["of"], each["count"], each["words"]) for each in claim["items"])
        for claim in (one, other)
    )
    return None if first == second else (("items",), None)


COMPARED_CLAIMS = (
    ("time", "when", _of_time),
    ("place", "where", _of_place),
    ("height", "where", _of_height),
    ("identity", "identity", _of_members("aircraft", "unit", "call_sign", "intent")),
    ("warned", "warned", _of_warned),
    ("rule", "rule", _of_rule),
    ("damage", "damage", _of_damage),
)


def _judged_apart(apart: Any, told: ToldDifference, entries: List[Any]) -> _Apart:
    """The figures of a distance as they were told. Raises Fault where they cannot be so."""
    fault = Fault(told.entries[0], "two claimed places cannot be so far apart as is told")
    if not is_array(apart) or [type(each) for each in apart] != [int, int, int]:
        raise fault
    claimed, least, most = apart
    accounts = last_accounts(entries)[told.incident]
    claims = [_claim_of(accounts[party][1], "where") or {} for party in told.parties]
    error = sum(each.get("error_mm", 0) for each in claims)
    if not 0 <= least <= claimed <= most <= _HALF_ROUND or error > _FIGURES:
        raise fault
    if least > max(0, claimed - error) or most < min(_HALF_ROUND, claimed + error):
        raise fault
    places: List[Any] = [each.get("place") for each in claims]
    if all(is_object(each) and each.get("type") == "point" for each in places):
        length = _on_a_sphere(*places)
        near = length / 100 + _SLACK_MM
        bounds = (length, max(0, length - error), min(_HALF_ROUND, length + error))
        if any(abs(figure - bound) > near for figure, bound in zip(apart, bounds)):
            raise fault
    return claimed, least, most


def _on_a_sphere(one: Dict[str, Any], other: Dict[str, Any]) -> float:
    """Millimetres between two points, by the haversine; the ellipsoid's is within 0.6 %."""
    lat_a, lon_a, lat_b, lon_b = (
        radians(each[name] / 1e9)
        for each in (one, other)
        for name in ("latitude_nd", "longitude_nd")
    )
    half = sin((lat_b - lat_a) / 2) ** 2
    half += cos(lat_a) * cos(lat_b) * sin((lon_b - lon_a) / 2) ** 2
    return 2 * _SPHERE_MM * asin(min(1.0, sqrt(half)))
