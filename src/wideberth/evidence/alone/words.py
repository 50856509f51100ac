"""An entry in plain words: one sentence, and rows of what it names. Text, not markup.

A kind of entry that stands here without words of its own is shown as it is. No severity, no blame,
no verdict: only what the entry says.
"""

from __future__ import annotations

import json
from functools import partial
from typing import Any, Dict

from wideberth.evidence.alone.between import BETWEEN_WORDS
from wideberth.evidence.alone.container import is_array, is_object
from wideberth.evidence.alone.flights import FLIGHT_WORDS, flights_rows
from wideberth.evidence.alone.incidents import INCIDENT_WORDS
from wideberth.evidence.alone.phrases import (
    decimal_words,
    duration_words,
    metres_words,
    object_words,
    particulars_words,
    place_words,
    quoted,
    time_words,
    volume_rows,
)

__all__ = ["Clocks", "entry_words", "measured_clock", "order_words"]

_STATES = {"Accepted": "Accepted, which means recorded, and is no permission"}


Clocks = Dict[str, int]
"""By party: how far its clock may be off by its last measurement so far, microseconds."""


def entry_words(
    value: dict[str, Any], clocks: Clocks | None = None
) -> tuple[str, list[tuple[str, str]]]:
    """A sentence and rows (name, text). Total: an odd entry is shown as it is.

    clocks: what is known of parties' clocks where the entry stands.
    """
    body: dict[str, Any] = value["body"]
    words = _WORDS.get(body["type"], _as_it_is)
    try:
        sentence, rows = words(_single_lined(body))
        if body["type"].startswith("Warning"):
            rows += _order_of_reports(body["warning"]["objects"], clocks or {})
        return sentence, rows
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError):
        return _as_it_is(body)


def _single_lined(value: Any) -> Any:
    """The value with no line break in any text: lines of a row are the page's own, never told."""
    if isinstance(value, str):
        return value.replace("\n", "[U+000A]")
    if is_object(value):
        return {name: _single_lined(each) for name, each in value.items()}
    return [_single_lined(each) for each in value] if is_array(value) else value


def measured_clock(value: dict[str, Any], clocks: Clocks) -> None:
    """Take over what an entry says of a party's clock, if it does."""
    body = value["body"]
    party, low_us, high_us = (body.get(name) for name in ("party", "low_us", "high_us"))
    if (
        body["type"] == "ClockMeasured"
        and isinstance(party, str)
        and type(low_us) is int
        and type(high_us) is int
    ):
        clocks[party] = max(abs(low_us), abs(high_us))


def order_words(first_us: int, second_us: int, bound_us: int | None) -> tuple[int, str]:
    """Which of two times told by two clocks was first: -1, 1, or 0 where that is not said; and why.

    bound_us: how far the two clocks may be off together; None: nobody measured that. No order is
    claimed where the times are no further apart than that.
    """
    apart_us = abs(second_us - first_us)
    if bound_us is None:
        return 0, "not said: two clocks, and no measurement of both of them is in this bundle"
    if apart_us <= bound_us:
        return 0, "not said: {} apart, by clocks that may be off by {} together".format(
            duration_words(apart_us), duration_words(bound_us)
        )
    why = "by {}; the clocks may be off by {} together".format(
        duration_words(apart_us), duration_words(bound_us)
    )
    return (-1 if first_us < second_us else 1), why


def _order_of_reports(objects: list[Any], clocks: Clocks) -> list[tuple[str, str]]:
    """Whose reported position was first, of two. Each is by the clock of whose feed brought it."""
    reports = [(each["id"], each["fix"]["time_us"]) for each in objects if each.get("fix")]
    if len(reports) != 2:
        return []
    (one, first_us), (two, second_us) = reports
    feeds = [name.partition("/")[0] for name in (one, two)]
    bound_us = None
    if feeds[0] and feeds[0] == feeds[1]:
        bound_us = 0
    elif feeds[0] in clocks and feeds[1] in clocks:
        bound_us = clocks[feeds[0]] + clocks[feeds[1]]
    order, why = order_words(first_us, second_us, bound_us)
    words = why if not order else "{} before, {}".format(one if order < 0 else two, why)
    return [("Which report was first", words)]


def _clock_measured(body: dict[str, Any]) -> tuple[str, list[tuple[str, str]]]:
    return "The clock of {} was measured against the host's.".format(body["party"]), [
        (
            "Ahead by",
            "{} to {}; times that it tells may be off by up to the larger".format(
                duration_words(body["low_us"]), duration_words(body["high_us"])
            ),
        )
    ]


def _look_due(body: dict[str, Any]) -> tuple[str, list[tuple[str, str]]]:
    what = "all" if body["done"] else "a part"
    return (
        "As the clock of {} was measured worse, {} of what it had told was looked at again.".format(
            body["party"], what
        )
    ), [("Decided before under a bound of", duration_words(body["before_us"]))]


def _as_it_is(body: dict[str, Any]) -> tuple[str, list[tuple[str, str]]]:
    text = json.dumps(body, ensure_ascii=False, indent=1)
    return "An entry of the kind {}, word for word:".format(body["type"]), [
        ("Entry", text[:20_000])
    ]


def _space_opened(body: dict[str, Any]) -> tuple[str, list[tuple[str, str]]]:
    kind = "an exercise space" if body.get("exercise") else "a space"
    return "The record begins: {} named {}, kept by the host {}.".format(
        kind,
        body["origin"],
        quoted(body["host"]),
    ), [("Rules", "version {}".format(body["rules"]["version"]))]


def _rules_adopted(body: dict[str, Any]) -> tuple[str, list[tuple[str, str]]]:
    return "From here on the rules of version {} hold.".format(body["rules"]["version"]), []


def _party_registered(body: dict[str, Any]) -> tuple[str, list[tuple[str, str]]]:
    party = body["party"]
    rows = [("Units that must know", ", ".join(party.get("units", [])) or "none named")]
    if party.get("neutral"):
        rows.append(("Neutral", "carries others' messages"))
    return "The party {} is known as {}.".format(party["id"], quoted(party["name"])), rows


def _key_enrolled(body: dict[str, Any]) -> tuple[str, list[tuple[str, str]]]:
    key = body["key"]
    return (
        "From here on the key {} signs for {}, which proved that it holds the private half.".format(
            key["key_id"], key["party"]
        )
    ), [("Roles", ", ".join(key["roles"]) or "none"), ("Public key", key["public_key"])]


def _key_revoked(body: dict[str, Any]) -> tuple[str, list[tuple[str, str]]]:
    return "From here on the key {} no longer signs for {}.".format(
        body["key_id"], body["party"]
    ), []


def _intent_accepted(body: dict[str, Any]) -> tuple[str, list[tuple[str, str]]]:
    intent = body["intent"]
    return (
        "{} told a new intent of the kind {}, {}{}, and it was recorded.".format(
            intent["party"], intent["kind"], _called(intent), intent["id"]
        )
    ), _intent_rows(intent)


def _intent_amended(body: dict[str, Any]) -> tuple[str, list[tuple[str, str]]]:
    intent = body["intent"]
    changes = [
        ("Changed: {}".format(each["field"]), "from {} to {}".format(each["before"], each["after"]))
        for each in body["changes"]
    ]
    return (
        "{} told version {} of its intent {}{} ({}).".format(
            intent["party"], intent["version"], _called(intent), intent["id"], intent["kind"]
        )
    ), changes + _intent_rows(intent)


def _called(intent: dict[str, Any]) -> str:
    """What people call it, before its id; empty where it was told without a name."""
    names = [intent[name] for name in ("call_sign", "place_name") if intent.get(name)]
    return "".join(quoted(each) + ", " for each in names)


def _intent_rows(intent: dict[str, Any]) -> list[tuple[str, str]]:
    state: str = intent["state"]
    rows = [
        ("State", _STATES.get(state, state)),
        ("Version", str(intent["version"])),
        ("Shown to", _shown_to(intent["visibility"])),
        ("Source of the place", intent["provenance"]["source"]),
    ]
    for name, label in (("call_sign", "Call sign"), ("place_name", "Place, as named")):
        if intent.get(name):
            rows.append((label, intent[name]))
    if intent.get("count") is not None:
        rows.append(("How many", str(intent["count"])))
    if intent.get("cautions"):
        rows.append(("Cautions", ", ".join(intent["cautions"])))
    rows.append(("Told", time_words(intent["told_us"])))
    rows.append(("Time from telling to start", duration_words(intent["lead_us"])))
    if intent.get("minimum_lead_us"):
        rows.append(("Agreed minimum of that", duration_words(intent["minimum_lead_us"])))
    return rows + volume_rows(intent["volumes"])


def _shown_to(visibility: dict[str, Any]) -> str:
    named = ", ".join(visibility.get("parties", []))
    level: str = visibility["level"]
    words = {
        "open": "all parties",
        "named": named or "nobody else",
        "on-conflict": "whoever conflicts with it, in part" + ("; whole to " + named) * bool(named),
    }
    return words.get(level, level)


def _intent_state(body: dict[str, Any]) -> tuple[str, list[tuple[str, str]]]:
    return (
        "{} took its intent {} from the state {} to {}.".format(
            body["party"], body["intent"], body["before"], body["state"]
        )
    ), [("Version", str(body["version"]))]


def _zone_declared(body: dict[str, Any]) -> tuple[str, list[tuple[str, str]]]:
    zone = body["zone"]
    rule: str = zone["rule"]
    asked = {"keep-out": "others are asked to keep out", "notice": "others are asked for notice"}
    rows = [
        ("Rule", asked.get(rule, rule)),
        ("Version", str(zone["version"])),
        ("Declared", "by one party, not agreed" if zone.get("unilateral", True) else "as agreed"),
        ("Reason", zone.get("reason", "withheld")),
    ]
    return "{} declared the zone {} ({}).".format(
        zone["party"], quoted(zone["name"]), zone["id"]
    ), [
        *rows,
        *volume_rows(zone["volumes"]),
    ]


def _zone_withdrawn(body: dict[str, Any]) -> tuple[str, list[tuple[str, str]]]:
    return "{} withdrew version {} of the zone {}.".format(
        body["party"],
        body["version"],
        body["zone"],
    ), []


def _subscription_opened(body: dict[str, Any]) -> tuple[str, list[tuple[str, str]]]:
    wish = body["subscription"]
    return "{} asked to be told of whatever touches a volume ({}).".format(
        wish["party"],
        wish["id"],
    ), volume_rows([wish["volume"]])


def _subscription_closed(body: dict[str, Any]) -> tuple[str, list[tuple[str, str]]]:
    return "{} no longer asks what {} asked.".format(body["party"], body["subscription"]), []


def _notice_issued(body: dict[str, Any]) -> tuple[str, list[tuple[str, str]]]:
    notice = body["notice"]
    sender = notice.get("sender") or "a party that it may not learn of"
    what = "withdrawal" if notice.get("withdrawal") else "notice"
    rows = [
        ("Notice", "{}, number {} to this party".format(notice["id"], notice["number"])),
        ("Issued", time_words(notice["issued_us"])),
        ("About", object_words(notice.get("subject"))),
        ("Units that must know", ", ".join(notice.get("units", [])) or "none named"),
    ]
    if notice.get("lead_us"):  # of what is shown in part, it would tell when that starts
        rows.insert(2, ("Time from telling to start", duration_words(notice["lead_us"])))
    if notice.get("late"):
        rows.append(("Agreed minimum", "told later than the agreed minimum"))
    if notice.get("supersedes"):
        rows.append(("In place of", ", ".join(notice["supersedes"])))
    rows += [
        ("Changed: {}".format(each["field"]), "{} to {}".format(each["before"], each["after"]))
        for each in notice.get("changes", [])
    ]
    if notice.get("held_by"):
        rows.append(("Held open for", ", ".join(notice["held_by"])))
    told = notice.get("particulars")
    if told:
        rows.append(("To be read back", particulars_words(told)))
    rows += [
        ("Clash %d" % number, _clash(clash))
        for number, clash in enumerate(notice.get("clashes", []), start=1)
    ]
    if notice.get("more_clashes"):
        rows.append(("Further clashes", str(notice["more_clashes"])))
    subject = notice.get("subject")
    own = notice.get("conformance")
    if own:
        rows += flights_rows(own["summed"])
        if own["late"]:
            rows.append(("In time", "found or told later than it had to be"))
        about = "its own flights"
    elif subject and subject["type"] == "agreement":
        about = object_words(subject)
        if notice.get("sender"):
            about += ", by a step of {}".format(sender)
    elif notice.get("sender") == notice["recipient"]:
        about = "what it told itself"
    else:
        about = "what {} told".format(sender)
    return "The mechanism issued a {} to {} about {}.".format(
        what,
        notice["recipient"],
        about,
    ), rows


def _clash(clash: dict[str, Any]) -> str:
    gap, part = clash["gap"], clash["overlap"]
    lines = [
        "with {} of {}, by the rule {}".format(
            object_words(clash.get("other")),
            clash.get("other_party") or "another party",
            clash["rule"],
        ),
        "own object: {}; the other is a {}".format(
            object_words(clash["own"]) if clash.get("own") else "none", clash["other_kind"]
        ),
        "between them: {} across, {} in height, {} in time".format(
            metres_words(gap["horizontal_mm"]),
            metres_words(gap["vertical_mm"]),
            duration_words(gap["time_us"]),
        ),
        "shared or too close: {} to {}, {} to {} above the WGS84 ellipsoid".format(
            time_words(part["start_us"]),
            time_words(part["end_us"]),
            metres_words(part["lower_mm"]),
            metres_words(part["upper_mm"]),
        ),
    ]
    if clash.get("contact"):
        lines.append("contact: {}".format(clash["contact"]))
    return "\n".join(lines)


_RELAYED = ("channel", "identified")


_READ = (("content", "Notice as received"), ("difference", "Difference acknowledged"))


def _acknowledged(body: dict[str, Any]) -> tuple[str, list[tuple[str, str]]]:
    answer = body["acknowledgement"]
    rows = [("Answered", time_words(answer["time_us"]))]
    for name, label in (("unit", "Unit"), ("system", "System"), ("reason", "Reason")):
        if answer.get(name):
            rows.append((label, answer[name]))
    if answer.get("clock_us") is not None:
        rows.append(("By the receiver's own clock", time_words(answer["clock_us"])))
    for name, label in _READ:
        if answer.get(name):
            rows.append((label, "SHA-256 {}".format(answer[name])))
    if answer.get("channel"):
        rows.append(("Came by", "{}; its giver is known by: {}".format(*map(answer.get, _RELAYED))))
    call = answer.get("call")
    if call:
        rows.append(
            (
                "Telephone call",
                "{} to {}, language {}, {} interpreter, typed by {} ({})".format(
                    time_words(call["started_us"]),
                    time_words(call["ended_us"]),
                    call["language"],
                    "with an" if call.get("interpreter") else "without an",
                    call["typed_by"],
                    call["desk"],
                ),
            )
        )
    if answer.get("attested"):
        rows.append(("For its units", "a role of the party stands for all of them"))
    if answer.get("read_back"):
        rows.append(("Read back", particulars_words(answer["read_back"])))
    rows += [
        (
            "Read back otherwise: {}".format(each["field"]),
            "told {}, read back {}".format(each["told"], each["read_back"]),
        )
        for each in answer.get("differences", [])
    ]
    if body.get("closes"):
        rows.append(("No longer open", ", ".join(body["closes"])))
    if body.get("statement"):
        rows.append(("Signed", "under a former name of the record; the statement stands beside"))
    rows.append(("Note", "an acknowledgement is neither permission nor guarantee"))
    return "{} answered {} to the notice {}.".format(
        body["recipient"],
        answer["verb"],
        answer["notice"],
    ), rows


def _stop_told(body: dict[str, Any]) -> tuple[str, list[tuple[str, str]]]:
    stop = body["stop"]
    rows = [("Sent", time_words(stop["sent_us"])), ("Id", stop["id"])]
    for name, label in (("text", "Text"), ("intent", "Intent"), ("zone", "Zone")):
        if stop.get(name):
            rows.append((label, stop[name]))
    if stop.get("area"):
        area = stop["area"]
        place = "within {} m of {}".format(
            decimal_words(area["radius_mm"], 3),
            place_words(area["latitude_nd"], area["longitude_nd"]),
        )
        rows.append(("Area", place))
    if body.get("unit"):
        rows.append(("Told by the unit", body["unit"]))
    if body.get("count", 1) > 1:
        rows.append(("Told for this place", str(body["count"]) + " times in a day"))
    if stop["identified"] == "unverified":
        rows.append(("Unverified", "its sender did not prove who it is: " + str(stop["doubts"])))
    if body.get("statement"):
        rows.append(("Signed", "the statement stands in the entry, beside it"))
    return "{} was told to every party in the name of {}.".format(
        {"stop": "STOP", "our-error": "OUR ERROR", "doubt": "DOUBT"}[stop["form"]], stop["sender"]
    ), rows


def _stop_read(body: dict[str, Any]) -> tuple[str, list[tuple[str, str]]]:
    return "{}, at the post {}, has read a STOP of {}.".format(
        body["party"], body["post"], body["sender"]
    ), [("Id", body["stop"]), ("After it was sent", duration_words(body["after_us"]))]


def _stop_repeated(body: dict[str, Any]) -> tuple[str, list[tuple[str, str]]]:
    rows = [
        ("Id", body["stop"]),
        ("Repetition", str(body["step"] + 1)),
        ("Nobody had read it at", ", ".join(body["parties"])),
        ("Due", time_words(body["due_us"])),
    ]
    if body.get("post"):
        rows.append(("Told besides those of before", "the post " + body["post"]))
    if body.get("neutrals"):
        rows.append(("Asked to reach them", ", ".join(body["neutrals"])))
    return "A STOP of {} was told again where nobody had read it.".format(body["sender"]), rows


def _stop_to_units(body: dict[str, Any]) -> tuple[str, list[tuple[str, str]]]:
    return "A STOP went to units of {} at the same time, as agreed.".format(body["party"]), [
        ("Id", body["stop"]),
        ("Units", ", ".join(body["units"])),
    ]


def _released(body: dict[str, Any]) -> tuple[str, list[tuple[str, str]]]:
    return "{} let the notice {} to {} close, which was held open for its presence.".format(
        body["by"]["party"],
        body["notice"],
        body["recipient"],
    ), []


def _warning(what: str, body: dict[str, Any]) -> tuple[str, list[tuple[str, str]]]:
    warning = body["warning"]
    rows = [("By the rule", warning["rule"]), ("Raised", time_words(warning["raised_us"]))]
    for name, label in (("horizontal_mm", "Distance across"), ("vertical_mm", "In height")):
        if warning.get(name) is not None:
            rows.append((label, metres_words(warning[name])))
    for each in warning["objects"]:
        owner = " of {}".format(each["party"]) if each.get("party") else ""
        text = "{}\n{}".format(
            "{} {}{}".format(each["type"], each["id"], owner), "; ".join(each["facts"])
        )
        fix = each.get("fix")
        if fix:
            place = place_words(fix["latitude_nd"], fix["longitude_nd"])
            text += "\nreported at {} at {}".format(place, time_words(fix["time_us"]))
            if type(fix.get("altitude_time_us")) is int:
                text += ", its height at " + time_words(fix["altitude_time_us"])
        rows.append(("Object", text))
    told = ", ".join(warning["parties"])
    return "The mechanism {} a warning of the kind {} ({}) to {}.".format(
        what,
        warning["kind"],
        warning["id"],
        told,
    ), rows


def _epoch_opened(body: dict[str, Any]) -> tuple[str, list[tuple[str, str]]]:
    rows = [("Reason, as given", body["reason"]), ("Key from here on", body["vkey"])]
    rows.append(("Entries of the old record that somebody saw", str(body["missing_until"])))
    rows.append(("The old key", "signed this" if body.get("signature") else "did not sign this"))
    return "From here on the record goes on as {}.".format(body["origin"]), rows


def _entries_erased(body: dict[str, Any]) -> tuple[str, list[tuple[str, str]]]:
    positions = ", ".join(str(each["position"]) for each in body["entries"])
    rows = [("Entries", positions), ("Ground", body["ground"]), ("Reference", body["reference"])]
    sentence = "Entries were erased, as {} ordered. Their fingerprints, and every proof, stay."
    return sentence.format(body["by"]), rows


def _log_key_changed(body: dict[str, Any]) -> tuple[str, list[tuple[str, str]]]:
    rows = [("Key before", body["before"]), ("Key from here on", body["after"])]
    return "From here on another key signs the state of the record.", rows


def _log_key_retired(body: dict[str, Any]) -> tuple[str, list[tuple[str, str]]]:
    return "A former key of the record no longer signs its state.", [("Key", body["vkey"])]


_HOST_DID = {
    "token-made": "made a token",
    "channel-added": "added a way to reach a party",
    "channel-removed": "took out a way to reach a party",
    "backup-begun": "began a backup",
    "backup-restored": "put a backup back",
    "log-key-exported": "wrote the record's key to a file that a passphrase opens",
    "log-key-imported": "gave the record's key back to its folder",
}


def _host_acted(body: dict[str, Any]) -> tuple[str, list[tuple[str, str]]]:
    rows = [("Party", body["party"])] if body.get("party") is not None else []
    rows += [("What", quoted(body["what"]))] if body.get("what") else []
    return "The host {}.".format(_HOST_DID.get(body["action"], body["action"])), rows


_WORDS: dict[str, Any] = {
    "SpaceOpened": _space_opened,
    "RulesAdopted": _rules_adopted,
    "PartyRegistered": _party_registered,
    "KeyEnrolled": _key_enrolled,
    "KeyRevoked": _key_revoked,
    "IntentAccepted": _intent_accepted,
    "IntentAmended": _intent_amended,
    "IntentStateChanged": _intent_state,
    "ZoneDeclared": _zone_declared,
    "ZoneWithdrawn": _zone_withdrawn,
    "SubscriptionOpened": _subscription_opened,
    "SubscriptionClosed": _subscription_closed,
    "EpochOpened": _epoch_opened,
    "EntriesErased": _entries_erased,
    "LogKeyChanged": _log_key_changed,
    "LogKeyRetired": _log_key_retired,
    "HostActed": _host_acted,
    "NoticeIssued": _notice_issued,
    "NoticeAcknowledged": _acknowledged,
    "NoticeReleased": _released,
    "StopTold": _stop_told,
    "StopAcknowledged": _stop_read,
    "StopRepeated": _stop_repeated,
    "StopToUnits": _stop_to_units,
    "ClockMeasured": _clock_measured,
    "LookDue": _look_due,
    "WarningRaised": partial(_warning, "raised"),
    "WarningWorsened": partial(_warning, "brought up to date"),
    "WarningCleared": partial(_warning, "cleared"),
    **BETWEEN_WORDS,
    **FLIGHT_WORDS,
    **INCIDENT_WORDS,
}
