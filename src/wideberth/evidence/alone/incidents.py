"""Words for incidents: each party's own account, questions, evidence lodged, results of inquiries.

An account is told as its author's, claim by claim and in its own words; none is weighed, joined
with another, or put into other words.
"""

from __future__ import annotations

from typing import Any, List, Tuple

from wideberth.evidence.alone.phrases import (
    duration_words,
    footprint_words,
    height_words,
    metres_words,
    place_words,
    quoted,
    time_words,
)

__all__ = ["INCIDENT_WORDS", "claim_rows"]

Told = Tuple[str, List[Tuple[str, str]]]
"""A sentence, and rows of (name, text)."""


def _names(parties: list[Any]) -> str:
    return ", ".join(str(each) for each in parties) or "nobody"


def _happened(body: dict[str, Any]) -> list[tuple[str, str]]:
    """When and where, as whoever opened it wrote."""
    rows = [
        ("Title, as its opener wrote it", quoted(body["title"])),
        (
            "Window",
            "{} to {}".format(time_words(body["start_us"]), time_words(body["end_us"])),
        ),
    ]
    if body.get("area"):
        rows.append(("Area", footprint_words(body["area"])))
    return rows


def _incident_opened(body: dict[str, Any]) -> Told:
    rows = _happened(body)
    rows.append(("Column of the opener", body["column"]))
    rows.append(("Parties named", _names(body["parties"])))
    rows.append(("Observers named", _names(body.get("observers", []))))
    return "{} opened the incident {}.".format(body["party"], body["incident"]), rows


def _parties_named(body: dict[str, Any]) -> Told:
    rows = [
        ("Parties named", _names(body["parties"])),
        ("Observers named", _names(body["observers"])),
        ("Named before", _names(body["concerned"])),
    ]
    return "{} named others in the incident {}.".format(body["party"], body["incident"]), (
        rows + _happened(body)
    )


def _subjects_named(body: dict[str, Any]) -> Told:
    return "{} said what objects the incident {} is about.".format(
        body["party"], body["incident"]
    ), [("Objects, by id", _names(body["subjects"]))]


_AUDIENCES = {
    "all": "all who were named in the incident then",
    "named": "those whom it named",
    "own": "nobody yet",
}


def _shown(audience: str, shown_to: list[Any]) -> tuple[str, str]:
    who = ": " + _names(shown_to) if shown_to else ""
    return "Shown to", _AUDIENCES.get(audience, audience) + who


def _account_given(body: dict[str, Any]) -> Told:
    account = body["account"]
    rows = [_shown(account["audience"], account.get("shown_to", []))]
    rows += claim_rows(account.get("claims", {}))
    if account.get("words"):
        language = account.get("language")
        label = "In its own words" + (" (language {})".format(language) if language else "")
        rows.append((label, quoted(account["words"])))
    return "{} gave its account {} of the incident {}.".format(
        account["party"], account["id"], body["incident"]
    ), rows


def claim_rows(claims: dict[str, Any]) -> list[tuple[str, str]]:
    """A row for each claim that an account makes; what it does not claim has none."""
    rows: list[tuple[str, str]] = []
    for name, label, words in _CLAIMS:
        if claims.get(name) is not None:
            rows.append((label, words(claims[name])))
    return rows


def _when(claim: dict[str, Any]) -> str:
    error_us = claim.get("error_us", 0)
    within = ", give or take {}".format(duration_words(error_us)) if error_us else ""
    return time_words(claim["time_us"]) + " by its own clock" + within


def _where(claim: dict[str, Any]) -> str:
    place = claim["place"]
    if place["type"] == "point":
        words = place_words(place["latitude_nd"], place["longitude_nd"])
    else:
        words = footprint_words(place)
    if claim.get("error_mm"):
        words += ", give or take {}".format(metres_words(claim["error_mm"]))
    if claim.get("altitude"):
        words += "; " + height_words(claim["altitude"])
        if claim.get("altitude_error_mm"):
            words += ", give or take {}".format(metres_words(claim["altitude_error_mm"]))
    return words


def _identity(claim: dict[str, Any]) -> str:
    named = (("aircraft", "aircraft"), ("unit", "unit"), ("call_sign", "call sign"))
    parts = [f"{label} {quoted(claim[name])}" for name, label in named if claim.get(name)]
    if claim.get("intent"):
        parts.append("intent {}".format(claim["intent"]))
    return "; ".join(parts)


def _warned_words(claim: dict[str, Any]) -> str:
    words = "yes" if claim["warned"] else "no"
    if claim.get("notice"):
        words += ", the notice {}".format(claim["notice"])
    if claim.get("time_us") is not None:
        words += ", at {}".format(time_words(claim["time_us"]))
    return words


def _rule_words(claim: dict[str, Any]) -> str:
    if claim.get("agreement") is None:
        return "no agreement"
    words = "the agreement {}".format(claim["agreement"])
    if claim.get("version") is not None:
        words += ", version {}".format(claim["version"])
    if claim.get("provision"):
        words += ", provision {}".format(quoted(claim["provision"]))
    return words


def _damage_words(claim: dict[str, Any]) -> str:
    lines = [
        "{}: {}, {}".format(each["of"], each["count"], quoted(each["words"]))
        for each in claim["items"]
    ]
    return "\n".join(lines) or "none"


_CLAIMS = (
    ("when", "When, as it says", _when),
    ("where", "Where, as it says", _where),
    ("identity", "What it was, as it says", _identity),
    ("warned", "Whether warned, as it says", _warned_words),
    ("rule", "In force, as it says", _rule_words),
    ("damage", "Damage, as it says", _damage_words),
)


def _question_asked(body: dict[str, Any]) -> Told:
    rows = [
        ("Question", quoted(body["words"])),
        ("Answer asked by", time_words(body["due_us"])),
        ("Marked as urgent by its asker", "yes" if body["urgent"] else "no"),
        _shown(body["audience"], body["shown_to"]),
    ]
    return "{} asked {} a question ({}) about the incident {}.".format(
        body["party"], body["to"], body["question"], body["incident"]
    ), rows


_QUESTION_STEPS = {
    "answer": "answered",
    "ask-again": "asked again",
    "call-meeting": "called a meeting about",
}


def _question_stepped(body: dict[str, Any]) -> Told:
    rows = [("Words", quoted(body["words"])), ("State after it", body["state"])]
    if body["step"] == "ask-again":
        rows.append(("Answer asked by", time_words(body["due_us"])))
    rows.append(("Known to", _names(body["concerned"])))
    return "{} {} the question {} about the incident {}.".format(
        body["party"], _QUESTION_STEPS[body["step"]], body["question"], body["incident"]
    ), rows


def _question_overdue(body: dict[str, Any]) -> Told:
    return "The time for the answer of {} to the question {} passed without one.".format(
        body["to"], body["question"]
    ), [
        ("Incident", body["incident"]),
        ("Asked", "{} times".format(body["asks"])),
        ("Note", "no answer says nothing about what the answer is"),
    ]


def _lodging_rows(lodging: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        ("SHA-256 of salt and content", lodging["sha256"]),
        ("Content", "{} bytes, {}".format(lodging["size_bytes"], lodging["media_type"])),
        ("In a line of its party's", quoted(lodging["line"])),
    ]


def _evidence_lodged(body: dict[str, Any]) -> Told:
    return "{} lodged the digest of evidence ({}) about the incident {}.".format(
        body["party"], body["evidence"], body["incident"]
    ), [
        *_lodging_rows(body["lodging"]),
        _shown(body["audience"], body["shown_to"]),
        ("Note", "the content is not in the record; once it is shown, the digest can be compared"),
    ]


def _evidence_disclosed(body: dict[str, Any]) -> Told:
    way = "outside of the space"
    if body.get("sealed"):
        way = "by the sealed text {}".format(body["sealed"])
    return "{} says that it disclosed the evidence {} about the incident {}.".format(
        body["party"], body["evidence"], body["incident"]
    ), [
        ("Disclosed to", _names(body["parties"])),
        ("How", way),
        ("Lodged", time_words(body["lodged_us"])),
        *_lodging_rows(body["lodging"]),
    ]


def _evidence_checked(body: dict[str, Any]) -> Told:
    found = "has" if body["matches"] else "does not have"
    return "{} says that what it was given {} the digest that {} lodged.".format(
        body["party"], found, body["owner"]
    ), [("Evidence", body["evidence"]), ("Incident", body["incident"])]


def _result_transmitted(body: dict[str, Any]) -> Told:
    result = body["result"]
    language = result.get("language")
    rows = [
        ("To", _names(result["to"])),
        (
            "In its own words" + (" (language {})".format(language) if language else ""),
            quoted(result["words"]),
        ),
        ("Digest", result["digest"]),
        ("Receipt asked by", time_words(result["receipt_by_us"])),
    ]
    if result.get("document_sha256"):
        rows.insert(2, ("SHA-256 of a document beside it", result["document_sha256"]))
    return "{} transmitted a result ({}) of its inquiry into the incident {}.".format(
        result["party"], result["id"], body["incident"]
    ), rows


def _result_receipted(body: dict[str, Any]) -> Told:
    return "{} received the result {} of {}; that says nothing about what is in it.".format(
        body["party"], body["result"], body["sender"]
    ), [("Digest of what it received", body["digest"]), ("Incident", body["incident"])]


def _result_overdue(body: dict[str, Any]) -> Told:
    return "The time for the receipt of {} for the result {} of {} passed without one.".format(
        body["party"], body["result"], body["sender"]
    ), [("Incident", body["incident"])]


INCIDENT_WORDS: dict[str, Any] = {
    "IncidentOpened": _incident_opened,
    "PartiesNamed": _parties_named,
    "SubjectsNamed": _subjects_named,
    "AccountGiven": _account_given,
    "QuestionAsked": _question_asked,
    "QuestionStepped": _question_stepped,
    "QuestionOverdue": _question_overdue,
    "EvidenceLodged": _evidence_lodged,
    "EvidenceDisclosed": _evidence_disclosed,
    "EvidenceChecked": _evidence_checked,
    "ResultTransmitted": _result_transmitted,
    "ResultReceipted": _result_receipted,
    "ResultOverdue": _result_overdue,
}
