"""Whether an entry about an incident says what its party signed: the members of each kind, made of
the statement once more.
"""

from __future__ import annotations

from functools import partial
from hashlib import sha256
from typing import Any, cast

from wideberth.evidence.alone.container import Fault, is_array, is_object
from wideberth.evidence.alone.outlines import height_of, instant_of, outline_of, rounded

__all__ = ["INCIDENT_MADE", "INCIDENT_SAID"]

_OF_ONE: dict[str, Any] = {"incident": None}

INCIDENT_SAID: dict[str, tuple[str, dict[str, Any]]] = {
    "OpenIncident": (
        "IncidentOpened",
        {
            **dict.fromkeys(("title", "start", "end", "parties", "area")),
            "observers": [],
            "observes": False,
        },
    ),
    "NameParties": ("PartiesNamed", {**_OF_ONE, "parties": [], "observers": []}),
    "NameSubjects": ("SubjectsNamed", {**_OF_ONE, "subjects": None}),
    "GiveAccount": (
        "AccountGiven",
        {
            **_OF_ONE,
            **dict.fromkeys(("shown_to", "when", "where", "identity", "warned", "rule", "damage")),
            "words": "",
            "language": None,
        },
    ),
    "AskQuestion": (
        "QuestionAsked",
        {**_OF_ONE, "to": None, "words": None, "urgent": False, "shown_to": "own"},
    ),
    "StepQuestion": (
        "QuestionStepped",
        {**_OF_ONE, **dict.fromkeys(("question", "step", "words"))},
    ),
    "LodgeEvidence": (
        "EvidenceLodged",
        {
            **_OF_ONE,
            **dict.fromkeys(("sha256", "size_bytes", "media_type", "line")),
            "shown_to": "all",
        },
    ),
    "DiscloseEvidence": (
        "EvidenceDisclosed",
        {**_OF_ONE, **dict.fromkeys(("evidence", "parties", "sealed"))},
    ),
    "CheckEvidence": ("EvidenceChecked", {**_OF_ONE, "evidence": None, "matches": None}),
    "TransmitResult": (
        "ResultTransmitted",
        {**_OF_ONE, **dict.fromkeys(("to", "words", "document_sha256", "language"))},
    ),
    "ReceiptResult": ("ResultReceipted", {**_OF_ONE, "result": None, "digest": None}),
}
"""By type of statement: the entry that it brings about, and what it says where a member is left
out."""

_QUESTION_ENDS = {
    "answer": ("answered",),
    "ask-again": ("asked-again",),
    "call-meeting": ("meeting-called",),
}


def _meant(shown_to: Any, given: Any) -> tuple[str, Any]:
    """The audience that was signed, and whom it names; all: whoever the mechanism says."""
    if isinstance(shown_to, str):
        return shown_to, given if shown_to == "all" else []
    return "named", shown_to


def _made_opened(
    said: dict[str, Any], payload: dict[str, Any], value: dict[str, Any]
) -> tuple[Any, dict[str, Any]]:
    given: dict[str, Any] = {"observers": [], "area": None, **value["body"]}
    return given, {
        "incident": given["incident"],
        "party": payload["party"],
        "column": "observer" if said["observes"] is True else "party",
        "title": said["title"],
        "start_us": instant_of(said["start"]),
        "end_us": instant_of(said["end"]),
        "parties": said["parties"],
        "observers": said["observers"],
        "area": None if said["area"] is None else outline_of(said["area"]),
    }


def _made_named(
    said: dict[str, Any], payload: dict[str, Any], value: dict[str, Any]
) -> tuple[Any, dict[str, Any]]:
    given: dict[str, Any] = {"area": None, **value["body"]}
    return given, {
        **{name: given[name] for name in ("concerned", "title", "start_us", "end_us", "area")},
        **{name: said[name] for name in ("incident", "parties", "observers")},
        "party": payload["party"],
    }


def _made_subjects(
    said: dict[str, Any], payload: dict[str, Any], value: dict[str, Any]
) -> tuple[Any, dict[str, Any]]:
    return value["body"], {**said, "party": payload["party"]}


_NOT_GIVEN: dict[str, Any] = {"shown_to": [], "claims": {}, "words": "", "language": None}
_NOT_CLAIMED: dict[str, dict[str, Any]] = {
    "when": {"error_us": 0},
    "where": {"error_mm": 0, "altitude": None, "altitude_error_mm": 0},
    "identity": dict.fromkeys(("aircraft", "unit", "call_sign", "intent")),
    "warned": dict.fromkeys(("notice", "time_us")),
    "rule": dict.fromkeys(("agreement", "version", "provision")),
    "damage": {},
}


def _made_account(
    said: dict[str, Any], payload: dict[str, Any], value: dict[str, Any]
) -> tuple[Any, dict[str, Any]]:
    body = value["body"]
    account: dict[str, Any] = {**_NOT_GIVEN, **_thing(body.get("account"))}
    came = _thing(account["claims"])
    account["claims"] = {
        name: None if came.get(name) is None else {**unsaid, **_thing(came[name])}
        for name, unsaid in _NOT_CLAIMED.items()
    }
    account["claims"].update({name: came[name] for name in set(came) - set(_NOT_CLAIMED)})
    audience, shown_to = _meant(said["shown_to"], account["shown_to"])
    claimed = {
        name: None if said[name] is None else make(said[name])
        for name, make in _CLAIMS_MADE.items()
    }
    return {**body, "account": account}, {
        "incident": said["incident"],
        "account": {
            "id": account.get("id"),
            "party": payload["party"],
            "given_us": value["time_us"],
            "audience": audience,
            "shown_to": shown_to,
            "claims": claimed,
            "words": said["words"],
            "language": said["language"],
        },
    }


def _thing(value: Any) -> dict[str, Any]:
    if not is_object(value):
        raise Fault(None, "the entry has not the members of its kind")
    return value


def _claimed_when(said: dict[str, Any]) -> dict[str, Any]:
    return {
        "time_us": instant_of(said["time"]),
        "error_us": rounded(said.get("error_s", 0), 1000000),
    }


def _claimed_where(said: dict[str, Any]) -> dict[str, Any]:
    point, height = said.get("point"), said.get("altitude")
    place: Any
    if point is None:
        place = outline_of(said["area"])
    else:
        circle = _thing(outline_of({"type": "Point", "coordinates": point, "radius_m": 1}))
        place = {name: circle[name] for name in ("latitude_nd", "longitude_nd")}
        place["type"] = "point"
    return {
        "place": place,
        "error_mm": rounded(said.get("error_m", 0), 1000),
        "altitude": None if height is None else height_of(height),
        "altitude_error_mm": rounded(said.get("altitude_error_m", 0), 1000),
    }


def _claimed_names(kind: str, said: dict[str, Any]) -> dict[str, Any]:
    return {name: said.get(name) for name in _NOT_CLAIMED[kind]}


def _claimed_warned(said: dict[str, Any]) -> dict[str, Any]:
    time = said.get("time")
    return {
        "warned": said["warned"],
        "notice": said.get("notice"),
        "time_us": None if time is None else instant_of(time),
    }


def _claimed_damage(said: Any) -> dict[str, Any]:
    items = cast("list[dict[str, Any]]", said if is_array(said) else [])
    return {"items": [{name: each[name] for name in ("of", "count", "words")} for each in items]}


_CLAIMS_MADE: dict[str, Any] = {
    "when": _claimed_when,
    "where": _claimed_where,
    "identity": partial(_claimed_names, "identity"),
    "warned": _claimed_warned,
    "rule": partial(_claimed_names, "rule"),
    "damage": _claimed_damage,
}


def _made_question(
    said: dict[str, Any], payload: dict[str, Any], value: dict[str, Any]
) -> tuple[Any, dict[str, Any]]:
    given = value["body"]
    audience, shown_to = _meant(said["shown_to"], given["shown_to"])
    if audience == "named":
        shown_to = [each for each in shown_to if each != said["to"]]
    return given, {
        **{name: said[name] for name in ("incident", "to", "urgent", "words")},
        **{name: given[name] for name in ("question", "due_us")},
        "party": payload["party"],
        "audience": audience,
        "shown_to": shown_to,
    }


def _made_step(
    said: dict[str, Any], payload: dict[str, Any], value: dict[str, Any]
) -> tuple[Any, dict[str, Any]]:
    given, ends = value["body"], _QUESTION_ENDS.get(str(said["step"]), ("",))
    return given, {
        **said,
        **{name: given[name] for name in ("due_us", "concerned")},
        "party": payload["party"],
        "state": given["state"] if given["state"] in ends else ends[0],
    }


def _made_lodged(
    said: dict[str, Any], payload: dict[str, Any], value: dict[str, Any]
) -> tuple[Any, dict[str, Any]]:
    given = value["body"]
    audience, shown_to = _meant(said["shown_to"], given["shown_to"])
    lodging = {name: said[name] for name in ("sha256", "size_bytes", "media_type", "line")}
    return given, {
        "incident": said["incident"],
        "evidence": given["evidence"],
        "party": payload["party"],
        "lodging": lodging,
        "audience": audience,
        "shown_to": shown_to,
    }


def _made_disclosed(
    said: dict[str, Any], payload: dict[str, Any], value: dict[str, Any]
) -> tuple[Any, dict[str, Any]]:
    given: dict[str, Any] = {"sealed": None, **value["body"]}
    rest = {name: given[name] for name in ("lodging", "lodged_us")}
    return given, {**said, **rest, "party": payload["party"]}


def _made_checked(
    said: dict[str, Any], payload: dict[str, Any], value: dict[str, Any]
) -> tuple[Any, dict[str, Any]]:
    given = value["body"]
    return given, {**said, "party": payload["party"], "owner": given["owner"]}


def _made_result(
    said: dict[str, Any], payload: dict[str, Any], value: dict[str, Any]
) -> tuple[Any, dict[str, Any]]:
    body = value["body"]
    unsaid: dict[str, Any] = {
        **dict.fromkeys(("document_sha256", "language")),
        "receipts": [],
        "overdue": [],
    }
    result: dict[str, Any] = {**unsaid, **_thing(body.get("result"))}
    words = sha256(said["words"].encode("utf-8")).hexdigest()
    lines = ("wideberth inquiry result v1", said["incident"], payload["party"], words)
    text = "".join("{}\n".format(each) for each in (*lines, said["document_sha256"] or "-"))
    return {**body, "result": result}, {
        "incident": said["incident"],
        "result": {
            **unsaid,
            **{name: said[name] for name in ("to", "words", "document_sha256", "language")},
            **{name: result[name] for name in ("id", "receipt_by_us")},
            "party": payload["party"],
            "sent_us": value["time_us"],
            "digest": sha256(text.encode("utf-8")).hexdigest(),
        },
    }


def _made_receipt(
    said: dict[str, Any], payload: dict[str, Any], value: dict[str, Any]
) -> tuple[Any, dict[str, Any]]:
    given = value["body"]
    return given, {**said, "party": payload["party"], "sender": given["sender"]}


INCIDENT_MADE: dict[str, Any] = {
    "IncidentOpened": _made_opened,
    "PartiesNamed": _made_named,
    "SubjectsNamed": _made_subjects,
    "AccountGiven": _made_account,
    "QuestionAsked": _made_question,
    "QuestionStepped": _made_step,
    "EvidenceLodged": _made_lodged,
    "EvidenceDisclosed": _made_disclosed,
    "EvidenceChecked": _made_checked,
    "ResultTransmitted": _made_result,
    "ResultReceipted": _made_receipt,
}
"""By kind of entry: its body with nothing left out, and the body that the statement gives."""
