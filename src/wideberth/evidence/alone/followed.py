"""Whether an entry says what its party signed: every member of it, but for what only the mechanism
can say (ids and numbers that it gives, the version before, whom an answer reaches and closes).
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any, cast

from wideberth.evidence.alone.container import Fault, is_array, is_object
from wideberth.evidence.alone.happened import INCIDENT_MADE, INCIDENT_SAID
from wideberth.evidence.alone.outlines import check_volumes, instant_of, is_same, rounded

__all__ = ["check_followed"]

_INTENT_SAID: dict[str, Any] = {
    "kind": None,
    "volumes": None,
    "priority": 0,
    "visibility": None,
    "provenance": None,
    "count": None,
    "call_sign": None,
    "place_name": None,
    "stated": None,
    "status": None,
    "confirmed": False,
    "key": None,
    "under": None,
    "state_by_track": False,
}
_ZONE_SAID: dict[str, Any] = {
    "name": None,
    "rule": None,
    "volumes": None,
    "reason": "withheld",
    "notice_minutes": 0,
    "kinds": None,
    "confirmed": False,
    "zone": None,
    "replaces_version": 0,
}
_ANSWER_SAID: dict[str, Any] = {
    "notice": None,
    "verb": None,
    "unit": None,
    "system": None,
    "reason": None,
    "read_back": None,
    "attested": False,
    "difference": None,
    "content": None,
    "clock": None,
}
_STOP_SAID: dict[str, Any] = {
    "form": "stop",
    "text": "",
    "intent": None,
    "zone": None,
    "area": None,
    "unit": None,
}
_PROPOSAL_SAID: dict[str, Any] = {
    "terms": None,
    "answer_by": None,
    "replaces": 0,
    "agreement": None,
}
_ACT_SAID: dict[str, Any] = {
    "agreement": None,
    "version": None,
    "act": None,
    "provisions": [],
    "digest": None,
    "sheet": None,
    "reason": "",
}
_ASKING_SAID: dict[str, Any] = {
    "agreement": None,
    "version": None,
    "provision": None,
    "words": None,
    "intent": None,
}
_SAID: dict[str, tuple[str, dict[str, Any]]] = {
    "SubmitIntent": ("IntentAccepted", {**_INTENT_SAID, "activated": False}),
    "AmendIntent": ("IntentAmended", {**_INTENT_SAID, "ovn": None, "intent": None}),
    "ChangeIntentState": ("IntentStateChanged", {"intent": None, "ovn": None, "step": None}),
    "DeclareZone": ("ZoneDeclared", _ZONE_SAID),
    "WithdrawZone": ("ZoneWithdrawn", {"zone": None, "version": None}),
    "OpenSubscription": ("SubscriptionOpened", {"volume": None}),
    "CloseSubscription": ("SubscriptionClosed", {"subscription": None}),
    "AcknowledgeNotice": ("NoticeAcknowledged", _ANSWER_SAID),
    "ReleaseNotice": ("NoticeReleased", {"notice": None}),
    "TellStop": ("StopTold", _STOP_SAID),
    "AcknowledgeStop": ("StopAcknowledged", {"stop": None, "by": None, "post": "duty"}),
    "RaiseDoubt": (
        "DoubtRaised",
        {"statement": None, "intent": None, "zone": None, "notice": None},
    ),
    "AnswerDoubt": ("DoubtAnswered", {"doubt": None, "state": None, "statement": None}),
    "ProposeAgreement": ("AgreementProposed", _PROPOSAL_SAID),
    "StepAgreement": ("AgreementStepped", _ACT_SAID),
    "AnswerDrill": ("DrillAnswered", {"drill": None, "verb": None, "unit": None, "word": None}),
    "BeginReadBackTest": ("ReadBackTestBegun", {}),
    "AnswerReadBackTest": ("ReadBackTestJudged", {"answers": None}),
    "ContestCount": (
        "CountContested",
        {"agreement": None, "version": None, "item": None, "reason": None},
    ),
    "AskConsent": ("ConsentAsked", _ASKING_SAID),
    "AnswerConsent": (
        "ConsentAnswered",
        {"consent": None, "verdict": None, "reason": ""},
    ),
    "GiveHeartbeat": ("HeartbeatGiven", {"degraded": False}),
    "SuspendChannel": ("ChannelSuspended", {"scope": None, "reason": None, "for_minutes": None}),
    "ResumeChannel": ("ChannelResumed", {}),
    "ReportChannel": ("ChannelReported", {"about": None, "state": None, "reason": None}),
    "StateHazard": ("HazardStated", {"intent": None, "status": None}),
    "GiveAllClear": ("AllClearGiven", {"intent": None}),
    "TakeShift": ("ShiftTaken", {"post": None, "open_list": None}),
    "SetCeiling": ("CeilingSet", {"recipient": None, "sender": None, "notices": None}),
    **INCIDENT_SAID,
    "RevokeKey": ("KeyRevoked", {"key_id": None}),
}
"""By type of statement: the entry that it brings about, and what it says where a member is left
out."""

_CONFIRMED = ("outside-area", "moved-far", "far-from-named", "ship-on-land", "ground-on-water")
"""Cautions that were asked about, in the order in which an intent has them."""

_INTENT_UNSAID: dict[str, Any] = {
    "minimum_lead_us": 0,
    "late": False,
    "count": None,
    "call_sign": None,
    "place_name": None,
    "cautions": [],
    "declaration": None,
    "under": None,
    "stated": None,
    "state_by_track": False,
}
_STATED_UNSAID: dict[str, Any] = {
    "stand_off": [],
    "marking": [],
    "evidence": "submitted",
    "phase": None,
    "phase_text": None,
    "open_ended": False,
}
_ZONE_UNSAID: dict[str, Any] = {
    "notice_us": 0,
    "kinds": [],
    "reason": "withheld",
    "unilateral": True,
    "declaration": None,
}
_ANSWER_UNSAID: dict[str, Any] = {
    "unit": None,
    "system": None,
    "reason": None,
    "read_back": None,
    "differences": [],
    "attested": False,
    "difference": None,
    "content": None,
    "clock_us": None,
}
_STOP_UNSAID: dict[str, Any] = {
    "text": "",
    "intent": None,
    "zone": None,
    "area": None,
    "doubts": None,
}
_AFTER_STEP: dict[str, dict[str, str]] = {
    "activate": {"Accepted": "Activated", "Nonconforming": "Activated"},
    "declare-nonconforming": {"Accepted": "Nonconforming", "Activated": "Nonconforming"},
    "declare-contingent": dict.fromkeys(("Accepted", "Activated", "Nonconforming"), "Contingent"),
    "end": dict.fromkeys(("Accepted", "Activated", "Nonconforming", "Contingent"), "Ended"),
}


def check_followed(payload: dict[str, Any], value: dict[str, Any]) -> None:
    """Raise Fault naming the first member of an entry that is not as its statement has it."""
    body = value["body"]
    wanted = _SAID.get(payload["type"])
    if wanted is None or body["type"] != wanted[0]:
        raise Fault(None, "a {} was signed, the entry is {}".format(payload["type"], body["type"]))
    unknown = set(payload["body"]) - set(wanted[1])
    if unknown:
        raise Fault(None, f"its statement has a member that is not known here: {min(unknown)}")
    said = {**wanted[1], **payload["body"]}
    try:
        came, expected = _MADE[wanted[0]](said, payload, value)
        _compare("", came, {"type": wanted[0], **expected})
    except (TypeError, ValueError, KeyError, AttributeError, OverflowError, RecursionError):
        raise Fault(None, "its statement, or its body, has not the form of its kind") from None


def _compare(path: str, came: Any, wanted: Any) -> None:
    if is_same(came, wanted):
        return
    if is_object(came) and is_object(wanted):
        for name in list(wanted) + sorted(set(came) - set(wanted)):
            if name not in came or name not in wanted:
                raise Fault(None, f"the entry has another {path + name} than was signed")
            _compare(path + name + ".", came[name], wanted[name])
    raise Fault(None, "the entry has another {} than was signed".format(path.rstrip(".")))


def _from_intent(
    said: dict[str, Any], payload: dict[str, Any], value: dict[str, Any]
) -> tuple[Any, dict[str, Any]]:
    body, given = value["body"], _filled(value["body"].get("intent"), _INTENT_UNSAID)
    is_new = body["type"] == "IntentAccepted"
    state = "Activated" if said.get("activated") is True else "Accepted"
    check_volumes(_listed(said["volumes"]), given.get("volumes"), given["declaration"])
    starts = [each["start_us"] for each in given["volumes"]]
    lead_us = min(starts, default=0) - value["time_us"]
    least_us = given["minimum_lead_us"]
    provenance = _provenance(said["provenance"])
    cautions = ["address-derived"] if provenance["source"] == "address" else []
    # by the rules of the space and what else stood, which no statement has
    found = _listed(given["cautions"])
    cautions += [each for each in _CONFIRMED if each in found]
    shown = said["visibility"]
    expected = {
        **given,
        "party": payload["party"],
        "kind": said["kind"],
        "priority": said["priority"],
        "visibility": {
            "level": shown.get("level") if is_object(shown) else "open",
            "parties": _each_as_first(shown.get("parties") or []) if is_object(shown) else [],
        },
        "provenance": provenance,
        "told_us": value["time_us"],
        "lead_us": lead_us,
        "late": type(least_us) is int and lead_us < least_us,
        "count": said["count"],
        "call_sign": said["call_sign"],
        "place_name": said["place_name"],
        "cautions": cautions,
        "under": _under(said["under"]),
        "stated": _stated(_said_or_site(said, given)),
        "state_by_track": said["state_by_track"],
    }
    expected = {name: expected.get(name) for name in _INTENT_MEMBERS}
    expected.update({"state": state, "version": 1} if is_new else {"id": said["intent"]})
    recorded = {
        **given,
        "visibility": _filled(given.get("visibility"), {"parties": []}),
        "provenance": _filled(
            given.get("provenance"), {"accuracy_mm": 0, "captured_us": None, "checked_by": None}
        ),
        "under": _under(given["under"]),
        "stated": _stated(given["stated"]),
    }
    rest = ("rules",) if is_new else ("was", "changes", "rules")
    return {**body, "intent": recorded}, {
        "intent": expected,
        **{name: body.get(name) for name in rest},
    }


_INTENT_MEMBERS = (
    *("id", "party", "kind", "priority", "state", "version", "ovn", "volumes", "visibility"),
    *("provenance", "told_us", "lead_us", *_INTENT_UNSAID),
)


def _said_or_site(said: dict[str, Any], given: dict[str, Any]) -> Any:
    """What was said; a presence that says nothing states that much, since sites are followed."""
    if said["stated"] is None and said["kind"] == "presence" and given["stated"] is not None:
        return {}
    return said["stated"]


def _stated(value: Any) -> Any:
    if value is None:
        return None
    stated = _filled(value, _STATED_UNSAID)
    marking = stated["marking"]
    if isinstance(marking, list):
        every = cast("list[Any]", marking)
        stated["marking"] = [_filled(each, {"photos": []}) for each in every]
    return stated


def _under(value: Any) -> Any:
    if value is None:
        return None
    return _filled(value, {"actor": None, "armed": None, "reason": None, "cites": []})


def _provenance(said: Any) -> dict[str, Any]:
    if not is_object(said):
        said = {"source": "planned"}
    captured = said.get("captured")
    return {
        "source": said.get("source"),
        "accuracy_mm": rounded(said.get("accuracy_m", 0), 1000),
        "captured_us": None if captured is None else instant_of(captured),
        "checked_by": said.get("checked_by"),
    }


def _from_step(
    said: dict[str, Any], payload: dict[str, Any], value: dict[str, Any]
) -> tuple[Any, dict[str, Any]]:
    body, step = value["body"], str(said["step"])
    return body, {
        "intent": said["intent"],
        "party": payload["party"],
        "step": step,
        "before": body.get("before"),
        "state": _AFTER_STEP.get(step, {}).get(str(body.get("before"))),
        "version": body.get("version"),
        "ovn": body.get("ovn"),
    }


def _from_zone(
    said: dict[str, Any], payload: dict[str, Any], value: dict[str, Any]
) -> tuple[Any, dict[str, Any]]:
    body, given = value["body"], _filled(value["body"].get("zone"), _ZONE_UNSAID)
    check_volumes(_listed(said["volumes"]), given.get("volumes"), given["declaration"])
    return {**body, "zone": given}, {
        "zone": {
            "id": given.get("id") if said["zone"] is None else said["zone"],
            "party": payload["party"],
            "name": said["name"],
            "rule": said["rule"],
            "volumes": given.get("volumes"),
            "version": said["replaces_version"] + 1,
            "declared_us": value["time_us"],
            "notice_us": said["notice_minutes"] * 60000000,
            "kinds": _each_as_first(said["kinds"] or []),
            "reason": said["reason"],
            "unilateral": True,
            "declaration": given["declaration"],
        }
    }


def _from_withdrawal(
    said: dict[str, Any], payload: dict[str, Any], value: dict[str, Any]
) -> tuple[Any, dict[str, Any]]:
    version = said["version"] + 1
    return value["body"], {"zone": said["zone"], "party": payload["party"], "version": version}


def _from_subscription(
    said: dict[str, Any], payload: dict[str, Any], value: dict[str, Any]
) -> tuple[Any, dict[str, Any]]:
    body, given = value["body"], _filled(value["body"].get("subscription"), {})
    given = {"notification_index": 0, **given}
    check_volumes([said["volume"]], [given.get("volume")], None, is_kept=False)
    named = given.get("id")
    number = int(sha256(str(named).encode("utf-8")).hexdigest()[:12], 16)
    return {**body, "subscription": given}, {
        "subscription": {
            "id": named,
            "number": number,
            "party": payload["party"],
            "volume": given.get("volume"),
            "notification_index": 0,
        }
    }


def _from_closing(
    said: dict[str, Any], payload: dict[str, Any], value: dict[str, Any]
) -> tuple[Any, dict[str, Any]]:
    return value["body"], {"subscription": said["subscription"], "party": payload["party"]}


def _from_answer(
    said: dict[str, Any], payload: dict[str, Any], value: dict[str, Any]
) -> tuple[Any, dict[str, Any]]:
    body, given = value["body"], _filled(value["body"].get("acknowledgement"), _ANSWER_UNSAID)
    recorded: dict[str, Any] = {
        "sender": None,
        "closes": [],
        **body,
        "acknowledgement": {**given, "by": _author(given.get("by"))},
    }
    read_back = _read_back(said["read_back"])
    return recorded, {
        "acknowledgement": {
            "notice": said["notice"],
            "verb": said["verb"],
            "by": _author(value.get("author")),
            "time_us": value["time_us"],
            **{name: said[name] for name in ("unit", "system", "reason", "attested")},
            "read_back": read_back,
            "differences": [] if read_back is None else given["differences"],
            "difference": said["difference"],
            # The mechanism says it where the party did not.
            "content": given["content"] if said["content"] is None else said["content"],
            "clock_us": None if said["clock"] is None else instant_of(said["clock"]),
        },
        "recipient": payload["party"],
        "sender": recorded["sender"],
        "closes": recorded["closes"],
    }


def _read_back(said: Any) -> dict[str, Any] | None:
    if not is_object(said):
        return None
    return {
        "latitude_nd": rounded(said.get("latitude"), 1000000000),
        "longitude_nd": rounded(said.get("longitude"), 1000000000),
        "start_us": instant_of(said.get("start")),
        "end_us": instant_of(said.get("end")),
        "lower_mm": rounded(said.get("lower_m"), 1000),
        "upper_mm": rounded(said.get("upper_m"), 1000),
    }


def _from_release(
    said: dict[str, Any], _payload: dict[str, Any], value: dict[str, Any]
) -> tuple[Any, dict[str, Any]]:
    body: dict[str, Any] = {"closes": [], **value["body"]}
    return {**body, "by": _author(body.get("by"))}, {
        "notice": said["notice"],
        "recipient": body.get("recipient"),
        "by": _author(value.get("author")),
        "closes": body["closes"],
    }


def _from_stop(
    said: dict[str, Any], payload: dict[str, Any], value: dict[str, Any]
) -> tuple[Any, dict[str, Any]]:
    body, given = value["body"], _filled(value["body"].get("stop"), _STOP_UNSAID)
    area: Any = said["area"]
    named = "signed\n{}\n{}\n{}".format(payload["party"], payload["request"], value["said"])
    unsaid: dict[str, Any] = {"statement": None, "request": None, "count": 1, "unit": None}
    body = {**unsaid, **body, "stop": given}
    return body, {
        "statement": None,
        "request": None,
        "count": body["count"],
        "unit": said["unit"],
        "stop": {
            "id": "stop-" + sha256(named.encode("utf-8")).hexdigest()[:32],
            "form": said["form"],
            "sender": payload["party"],
            "identified": "signed",
            "sent_us": given.get("sent_us"),
            **{name: said[name] for name in ("text", "intent", "zone")},
            "area": None
            if area is None
            else {
                "latitude_nd": rounded(area["latitude"], 1000000000),
                "longitude_nd": rounded(area["longitude"], 1000000000),
                "radius_mm": rounded(area["radius_m"], 1000),
            },
            "doubts": None,
        },
    }


def _from_proposal(
    said: dict[str, Any], payload: dict[str, Any], value: dict[str, Any]
) -> tuple[Any, dict[str, Any]]:
    given: dict[str, Any] = {"replaces": 0, "changes": [], **value["body"]}
    named = given["agreement"] if said["agreement"] is None else said["agreement"]
    text: dict[str, Any] = {"agreement": named, "version": given["version"], "terms": said["terms"]}
    # The canonical text: members of each object by name, no spaces, UTF-8.
    spelled = json.dumps(text, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return given, {
        "agreement": named,
        "version": given["version"],
        "party": payload["party"],
        "terms": said["terms"],
        "digest": sha256(spelled.encode("utf-8")).hexdigest(),
        "answer_by_us": instant_of(said["answer_by"]),
        "replaces": said["replaces"],
        "changes": given["changes"],
    }


def _from_act(
    said: dict[str, Any], payload: dict[str, Any], value: dict[str, Any]
) -> tuple[Any, dict[str, Any]]:
    given: dict[str, Any] = {
        "provisions": [],
        "digest": None,
        "sheet": None,
        "reason": "",
        **value["body"],
    }
    named = _each_as_first(said["provisions"])
    if said["act"] == "accept" and not named:
        named = given["provisions"]  # all of the version's
    return given, {
        **{name: said[name] for name in ("agreement", "version", "act")},
        **{name: said[name] for name in ("digest", "sheet", "reason")},
        "party": payload["party"],
        "state": given["state"],
        "concerned": given["concerned"],
        "provisions": named,
    }


def _from_asking(
    said: dict[str, Any], payload: dict[str, Any], value: dict[str, Any]
) -> tuple[Any, dict[str, Any]]:
    unsaid = {
        **dict.fromkeys(("intent", "verdict", "by")),
        **dict.fromkeys(("answer_by_us", "answered_us"), 0),
        "reason": "",
    }
    given = _filled(value["body"].get("asked"), unsaid)
    return {**value["body"], "asked": given}, {
        "asked": {
            **unsaid,
            **{name: said[name] for name in ("agreement", "version", "provision", "words")},
            **{name: given[name] for name in ("id", "entitled", "concerned", "answer_by_us")},
            "intent": said["intent"],
            "party": payload["party"],
            "asked_us": value["time_us"],
        }
    }


def _from_consent(
    said: dict[str, Any], payload: dict[str, Any], value: dict[str, Any]
) -> tuple[Any, dict[str, Any]]:
    given: dict[str, Any] = {"reason": "", **value["body"]}
    return given, {
        "consent": said["consent"],
        "party": payload["party"],
        "verdict": said["verdict"],
        "concerned": given["concerned"],
        "reason": said["reason"],
    }


def _from_doubt(
    said: dict[str, Any], payload: dict[str, Any], value: dict[str, Any]
) -> tuple[Any, dict[str, Any]]:
    given = _filled(value["body"].get("doubt"), _DOUBT_UNSAID)
    item: Any = value["body"].get("item")
    for kind in ("intent", "zone"):
        if said[kind] is not None:
            item = {**_filled(item, {}), "type": kind, "id": said[kind]}
    return {**value["body"], "doubt": given}, {
        "item": item,
        "owner": value["body"].get("owner"),
        "end_us": value["body"].get("end_us"),
        "doubt": {
            **_DOUBT_UNSAID,
            "id": given.get("id"),
            "party": payload["party"],
            "statement": said["statement"],
            "raised_us": value.get("time_us"),
            "notice": said["notice"],
            "hidden": given["hidden"],
        },
    }


_DOUBT_UNSAID: dict[str, Any] = {
    "notice": None,
    "stop": None,
    "state": "open",
    "answer": None,
    "answered_us": None,
    "hidden": False,
}


def _from_revocation(
    said: dict[str, Any], payload: dict[str, Any], value: dict[str, Any]
) -> tuple[Any, dict[str, Any]]:
    return value["body"], {"party": payload["party"], "key_id": said["key_id"]}


def _from_words(
    said: dict[str, Any], payload: dict[str, Any], value: dict[str, Any]
) -> tuple[Any, dict[str, Any]]:
    """An entry that says word for word what was signed. What the record adds is taken as it is."""
    body = {**_WORDS_UNSAID.get(value["body"]["type"], {}), **value["body"]}
    wanted = {"party": payload["party"], **said}
    if body["type"] == "HeartbeatGiven":
        wanted["first"] = body["first"]
    elif body["type"] == "StopAcknowledged":
        del wanted["by"]
        wanted |= {"sender": body["sender"], "after_us": body["after_us"]}
    elif body["type"] == "CountContested":
        wanted["concerned"] = body.get("concerned")
    elif body["type"] in _GRADED:
        wanted = {**body, "party": payload["party"], "key_id": value["author"]["subject"]}
    elif body["type"] == "DrillAnswered":
        decided = ("after_us", "channel", "ends", "late", "seen_by")
        wanted |= {name: body.get(name) for name in decided}
    elif body["type"] == "DoubtAnswered":
        wanted |= {name: body.get(name) for name in ("item", "raised_by", "hidden")}
    return body, wanted


_GRADED = ("ReadBackTestBegun", "ReadBackTestJudged")
"""Entries of the key that signed; what else they say the mechanism draws and grades."""

_WORDS_UNSAID: dict[str, dict[str, Any]] = {
    "DrillAnswered": {
        "unit": None,
        "word": None,
        "channel": None,
        "ends": False,
        "late": False,
        "seen_by": [],
    },
    "HeartbeatGiven": {"degraded": False, "first": False},
    "ChannelSuspended": {"for_minutes": None},
    "DoubtAnswered": {"hidden": False},
    "CeilingSet": {"sender": None, "notices": None},
}


_MADE = {
    "IntentAccepted": _from_intent,
    "IntentAmended": _from_intent,
    "IntentStateChanged": _from_step,
    "ZoneDeclared": _from_zone,
    "ZoneWithdrawn": _from_withdrawal,
    "SubscriptionOpened": _from_subscription,
    "SubscriptionClosed": _from_closing,
    "NoticeAcknowledged": _from_answer,
    "NoticeReleased": _from_release,
    "StopTold": _from_stop,
    "AgreementProposed": _from_proposal,
    "AgreementStepped": _from_act,
    "ConsentAsked": _from_asking,
    "ConsentAnswered": _from_consent,
    "KeyRevoked": _from_revocation,
    "HeartbeatGiven": _from_words,
    "ChannelSuspended": _from_words,
    "ChannelResumed": _from_words,
    "ChannelReported": _from_words,
    "HazardStated": _from_words,
    "AllClearGiven": _from_words,
    "ShiftTaken": _from_words,
    "CeilingSet": _from_words,
    "StopAcknowledged": _from_words,
    "CountContested": _from_words,
    **INCIDENT_MADE,
    "DrillAnswered": _from_words,
    "ReadBackTestBegun": _from_words,
    "ReadBackTestJudged": _from_words,
    "DoubtRaised": _from_doubt,
    "DoubtAnswered": _from_words,
}
"""By kind of entry: its body with nothing left out, and the body that the statement gives."""


def _filled(value: Any, unsaid: dict[str, Any]) -> dict[str, Any]:
    """An object with the members that it leaves out. Raises Fault for no object."""
    if not is_object(value):
        raise Fault(None, "the entry has not the members of its kind")
    return {**unsaid, **value}


def _author(value: Any) -> dict[str, Any]:
    return _filled(value, {"roles": []})


def _listed(value: Any) -> list[Any]:
    if not is_array(value):
        raise Fault(None, "it has no list where one belongs")
    return value


def _each_as_first(values: list[Any]) -> list[Any]:
    """Without what stands there a second time."""
    kept: list[Any] = []
    for each in _listed(values):
        if each not in kept:
            kept.append(each)
    return kept
