"""Words for what stands between parties: agreements, consents, calls, ladders, protected sites.

As for every other entry: what it says, whose word it is, and nothing that it does not say.
"""

from __future__ import annotations

from functools import partial
from typing import Any, List, Tuple

from wideberth.evidence.alone.container import is_object
from wideberth.evidence.alone.phrases import (
    duration_words,
    object_words,
    place_words,
    quoted,
    time_words,
    volume_rows,
)

__all__ = ["BETWEEN_WORDS"]

Said = Tuple[str, List[Tuple[str, str]]]
"""A sentence, and rows of (name, text)."""

_NO_ANSWER = "no answer is not consent"
_NOT_CLEAR = "unknown is not clear, and no status is no ALL-CLEAR"
_UNCHANGED = (
    "that a site is no longer listed, or not validated again, takes no protection away:"
    " what the law protects stays protected"
)
_SEEN = "what was seen before cannot be recalled"


def _version(body: dict[str, Any]) -> str:
    return "version {} of the agreement {}".format(body["version"], body["agreement"])


def _in_a_row(parties: list[Any]) -> str:
    return ", ".join(str(each) for each in parties) or "none"


def _terms_rows(terms: dict[str, Any]) -> list[tuple[str, str]]:
    rows = [
        ("Title", quoted(terms["title"])),
        ("Legal kind", terms["kind"]),
        ("Parties", _in_a_row(terms["parties"])),
        (
            "In force",
            "{} to {}".format(time_words(terms["effective_us"]), time_words(terms["expires_us"])),
        ),
    ]
    if terms.get("neutral"):
        rows.append(("Signed through the neutral", terms["neutral"]))
    rows += [("Provision {}".format(each["id"]), _provision(each)) for each in terms["provisions"]]
    return rows


def _provision(provision: dict[str, Any]) -> str:
    """Its kind, then each member in a line, as it stands: whole numbers with their units."""
    lines = [str(provision["type"])]
    lines += [
        "{}: {}".format(name, _plain(provision[name]))
        for name in provision
        if name not in ("type", "id")
    ]
    return "\n".join(lines)


def _plain(value: Any) -> str:
    if is_object(value):
        return "; ".join("{} {}".format(name, _plain(value[name])) for name in value)
    if isinstance(value, list):
        held: list[Any] = value  # type: ignore[assignment]  # of whatever the entry has
        return ", ".join(_plain(each) for each in held[:_MOST_MEMBERS]) + (
            ", and {} more".format(len(held) - _MOST_MEMBERS) if len(held) > _MOST_MEMBERS else ""
        )
    if value is None:
        return "not said"
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


_MOST_MEMBERS = 24  # of a list that are printed


def _changes(changes: list[Any]) -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for each in changes:
        lines = [str(each["change"])]
        lines += [
            "{}: {} to {}".format(field["field"], field["before"], field["after"])
            for field in each.get("fields", [])
        ]
        name = "Provision {}".format(each["id"]) if each["id"] else "Above the provisions"
        rows.append((name + " against the version before", "\n".join(lines)))
    return rows


def _agreement_drafted(body: dict[str, Any]) -> Said:
    draft = body["draft"]
    return "{} kept draft {} of the agreement {} for itself; no other party saw it.".format(
        draft["party"], draft.get("revision", 1), draft["agreement"]
    ), _terms_rows(draft["terms"])


def _agreement_proposed(body: dict[str, Any]) -> Said:
    rows = [
        ("Answer asked by", time_words(body["answer_by_us"])),
        ("SHA-256 of its one text", body["digest"]),
    ]
    if body.get("replaces"):
        rows.append(("In place of", "version {}".format(body["replaces"])))
    return "{} proposed {}. Nothing of it holds before its parties signed the same text.".format(
        body["party"], _version(body)
    ), [*rows, *_changes(body.get("changes", [])), *_terms_rows(body["terms"])]


_ACTS = {
    "accept": "accepted provisions of",
    "decline": "declined",
    "sign": "signed",
    "suspend": "suspended",
    "resume": "resumed",
    "end": "ended",
    "declare-condition": "declared a condition of",
    "lift-condition": "lifted a condition of",
    "report-met": "reported that it met a condition of",
}


def _agreement_stepped(body: dict[str, Any]) -> Said:
    rows = [("State after it", body["state"]), ("Known to", _in_a_row(body["concerned"]))]
    if body.get("provisions"):
        rows.append(("Provisions", _in_a_row(body["provisions"])))
    if body.get("digest"):
        rows.append(("SHA-256 of the text", body["digest"]))
    if body.get("sheet"):
        rows.append(("On the sheet of", body["sheet"]))
    if body.get("reason"):
        rows.append(("Reason", quoted(body["reason"])))
    if body["act"] == "suspend":
        rows.append(("Note", "STOP stays usable while it is suspended"))
    return "{} {} {}.".format(body["party"], _ACTS[body["act"]], _version(body)), rows


_MOMENTS = {
    "effective": "The time from which it holds was reached by",
    "lapse": "Nobody took up in time, and so lapsed,",
    "reminder-14": "In 14 days ends",
    "reminder-7": "In 7 days ends",
    "reminder-1": "In a day ends",
    "expiry": "Its last time was reached by",
    "condition": "The time for a condition was over under",
    "publish": "Something is public from then on by",
    "unpublish": "Something is public no longer by",
}


def _agreement_moment(body: dict[str, Any]) -> Said:
    rows = [("State after it", body["state"]), ("Known to", _in_a_row(body["concerned"]))]
    if body.get("supersedes"):
        given_up = [body["supersedes"], *body.get("supersedes_too", [])]
        rows.append(("In place of", ", ".join(f"version {each}" for each in given_up)))
    if body.get("provision"):
        if body["moment"] == "condition":
            rows.append(("Condition", body["provision"]))
            rows.append(("Not reported met by", _in_a_row(body.get("failed", []))))
        else:
            rows.append(("Provision", body["provision"]))
    for area in body.get("areas", []):
        name = "Area of {}".format(area["provision"])
        rows += [("{}, {}".format(name, each), text) for each, text in volume_rows(area["volumes"])]
    return "{} {}.".format(_MOMENTS[body["moment"]], _version(body)), rows


_NO_CLEARANCE = "what is not listed is not clear: no information is not clearance"


def _public_rows(said: dict[str, Any], body: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        ("Agreed by", "provision {} of {}".format(said["provision"], _version(said))),
        ("Source", said["source"]),
        ("Known to", _in_a_row(body["concerned"])),
    ]


def _numbers(messages: list[Any]) -> str:
    return _in_a_row([each["number"] for each in messages])


def _publication_made(body: dict[str, Any]) -> Said:
    public = body["publication"]
    content = public["content"]
    rows = _public_rows(public, body)
    if public.get("earlier"):
        rows.append(("In place of messages", _numbers(public["earlier"])))
    rows += [
        ("What", content["kind"]),
        ("Agreed by the parties", _plain(content["agreed"])),
        ("Area, in agreed words", quoted(content["area"])),
    ]
    if content.get("cell_nd"):
        rows.append(("Places rounded outward to", "{} nanodegrees".format(content["cell_nd"])))
    if content.get("time_step_s"):
        rows.append(("Times rounded outward to", "{} s".format(content["time_step_s"])))
    for name in ("name", "reason", "parties"):
        if content.get(name):
            rows.append((name.capitalize(), _plain(content[name])))
    rows += volume_rows(content["volumes"])
    rows.append(("Note", _NO_CLEARANCE))
    words = "Published to anybody as message {} of {}, sent {}."
    if body.get("carried_on"):
        words = "What is published as message {} of {}, sent {}, is so by a later version."
    return words.format(
        public["message"]["number"], public["sender"], time_words(public["message"]["sent_us"])
    ), rows


_WITHDRAWN = {
    "agreement": "what was agreed no longer has it",
    "time": "it was agreed until then",
    "source": "the zone or the area is no more",
}


def _publication_withdrawn(body: dict[str, Any]) -> Said:
    withdrawal = body["withdrawal"]
    rows = _public_rows(body, body)
    rows += [
        ("Withdraws messages", _numbers(withdrawal["cancels"])),
        ("Why", _WITHDRAWN[body["reason"]]),
        ("Note", _NO_CLEARANCE),
    ]
    return "Message {} of {}, sent {}, withdrew what was published.".format(
        withdrawal["message"]["number"],
        withdrawal["sender"],
        time_words(withdrawal["message"]["sent_us"]),
    ), rows


def _consent_asked(body: dict[str, Any]) -> Said:
    asked = body["asked"]
    rows = [
        ("In its words", quoted(asked["words"])),
        ("Asked", time_words(asked["asked_us"])),
        ("Who may answer", _in_a_row(asked["entitled"])),
    ]
    if asked.get("answer_by_us"):
        rows.append(("Answer agreed by", time_words(asked["answer_by_us"])))
    if asked.get("intent"):
        rows.append(("About the intent", asked["intent"]))
    rows.append(("Note", _NO_ANSWER))
    return "{} asked for consent ({}) by provision {} of {}.".format(
        asked["party"], asked["id"], asked["provision"], _version(asked)
    ), rows


def _consent_answered(body: dict[str, Any]) -> Said:
    rows = [("Known to", _in_a_row(body["concerned"]))]
    if body.get("reason"):
        rows.append(("Reason", quoted(body["reason"])))
    return "{} answered {} to the request for consent {}.".format(
        body["party"], body["verdict"], body["consent"]
    ), rows


def _red_line_set(body: dict[str, Any]) -> Said:
    line = body["red_line"]
    rows = [("Name", quoted(line["name"]))]
    for name, label in (
        ("least_lead_s", "Least lead time, s"),
        ("least_distance_m", "Least distance, m"),
        ("longest_s", "Longest term, s"),
    ):
        if line.get(name) is not None:
            rows.append((label, str(line[name])))
    return "{} set the red line {}, which it alone reads.".format(
        line["party"], line["id"]
    ), rows + volume_rows(line.get("volumes", []))


def _red_line_removed(body: dict[str, Any]) -> Said:
    return "{} removed its red line {}.".format(body["party"], body["red_line"]), []


def _seal_key_offered(body: dict[str, Any]) -> Said:
    key = body["key"]
    return "Texts for {}/{} are sealed to its seal key number {} from here on.".format(
        key["party"], key["key_id"], key["number"]
    ), [("Public key, X25519", key["public_key"])]


def _text_sealed(body: dict[str, Any]) -> Said:
    text = body["text"]
    to = ["{}/{}".format(each["party"], each["key_id"]) for each in text["recipients"]]
    return "{} sent a sealed text about {} {}, which only those it is sealed to can read.".format(
        text["sender"], text["about"]["type"], text["about"]["id"]
    ), [
        ("Id", body["id"]),
        ("Sealed to", ", ".join(to)),
        ("Signed with the key", text["key_id"]),
        ("Commitment to the words, SHA-256", text["commitment"]),
    ]


def _heartbeat_given(body: dict[str, Any]) -> Said:
    how = "there, but not by all of its means" if body.get("degraded") else "there"
    again = ", heard for the first time or again" if body.get("first") else ""
    return "The desk of {} said that it is {}{}.".format(body["party"], how, again), []


def _heartbeat_missed(body: dict[str, Any]) -> Said:
    sentence = "{} was to be heard and was not: its channel is UNKNOWN.".format(body["party"])
    return sentence, _due(body, "Was to be heard by")


def _due(body: dict[str, Any], label: str) -> list[tuple[str, str]]:
    """When something was due, where its reader is shown that."""
    return [(label, time_words(body["due_us"]))] if "due_us" in body else []


def _call_missed(body: dict[str, Any]) -> Said:
    return "{} was to be heard by {} and was not: its channel is UNKNOWN to {}.".format(
        body["party"], _version(body), _in_a_row(body["concerned"])
    ), [("Was to be heard by", time_words(body["due_us"]))]


def _channel_suspended(body: dict[str, Any]) -> Said:
    rows = [("Scope", quoted(body["scope"])), ("Reason", quoted(body["reason"]))]
    minutes = body.get("for_minutes")
    rows.append(("For", "until it is resumed" if minutes is None else "{} min".format(minutes)))
    rows.append(("Note", "STOP stays usable while it is suspended"))
    return "{} suspended its channel.".format(body["party"]), rows


def _channel_resumed(body: dict[str, Any]) -> Said:
    return "{} ended the suspension of its channel.".format(body["party"]), []


def _channel_reported(body: dict[str, Any]) -> Said:
    return "{} reported the channel of {} as {}. That is the word of {} alone.".format(
        body["party"], body["about"], body["state"], body["party"]
    ), [("Reason", quoted(body["reason"]))]


def _hazard_stated(body: dict[str, Any]) -> Said:
    return "{} said of its hazard {} that it is {}.".format(
        body["party"], body["intent"], body["status"]
    ), []


def _hazard_unheard(body: dict[str, Any]) -> Said:
    why = "its time is over and nobody said that it is clear" if body.get("ended") else "none came"
    return "The status of the hazard {} of {} was due; {}: it is unknown.".format(
        body["intent"], body["party"], why
    ), [*_due(body, "Was due"), ("Note", _NOT_CLEAR)]


def _all_clear(body: dict[str, Any]) -> Said:
    return "ALL-CLEAR: {} said that its hazard {} is over and clear.".format(
        body["party"], body["intent"]
    ), []


def _avoiding_suggested(body: dict[str, Any]) -> Said:
    given = body["suggested"]
    sentence = "{} suggested to {} where to keep for a {} while its hazard {} lasts."
    return sentence.format(
        body["party"],
        _in_a_row(given["to"]) if given["to"] else "whoever was told of it",
        given["kind"],
        body["intent"],
    ), volume_rows(given["volumes"])


def _avoiding_withheld(body: dict[str, Any]) -> Said:
    rows = [("In its way", object_words(each)) for each in body.get("own", [])]
    rows += [("In its way", each["other_kind"]) for each in body.get("clashes", [])]
    if body.get("unchecked"):
        rows.append(("It could not be checked", body["unchecked"]))
    return (
        "A suggestion of {} where to keep while its hazard {} lasts was sent to nobody:"
        " it leads into something, or could not be checked.".format(body["party"], body["intent"])
    ), rows


def _avoiding_told(body: dict[str, Any]) -> Said:
    rows = [("In its way", object_words(each)) for each in body.get("in_the_way", [])]
    if rows:
        sentence = "{} was not shown what {} suggested for the hazard {}: it leads into something."
    else:
        sentence, rows = (
            "{} was shown where {} suggests to keep while the hazard {} lasts.",
            volume_rows(body["volumes"]),
        )
    return sentence.format(body["recipient"], body["party"], body["intent"]), rows


def _shift_taken(body: dict[str, Any]) -> Said:
    return "The post {} of {} was taken over, its open list read.".format(
        body["post"], body["party"]
    ), [("SHA-256 of the open list", body["open_list"])]


def _ceiling_set(body: dict[str, Any]) -> Said:
    whose = "notices to {}".format(body["recipient"])
    sender = body.get("sender")
    whose += " in all" if sender is None else f" from {sender}"
    notices = body.get("notices")
    rows = [("Note", "A ceiling warns. It holds nothing back and refuses nothing.")]
    if notices is None:
        return "{} took its weekly ceiling on {} away.".format(body["party"], whose), rows
    return "{} set a weekly ceiling on {}: {} in seven days.".format(
        body["party"], whose, notices
    ), rows


def _escalated(body: dict[str, Any]) -> Said:
    post = body.get("post")
    rows = [
        ("Step was due", time_words(body["due_us"])),
        ("Come as far as", body.get("furthest") or "nobody has answered"),
    ]
    if post is None:
        return "The notice {} to {} is overdue: its ladder has no further step.".format(
            body["notice"], body["recipient"]
        ), rows
    return "The notice {} to {} went on to the post {}.".format(
        body["notice"], body["recipient"], post
    ), rows


def _neutral_called(body: dict[str, Any]) -> Said:
    rows = [("Asked", time_words(body["issued_us"])), ("Urgency", body["urgency"])]
    for name, label in (("contact", "Contact there"), ("sender", "Whose notice it is")):
        if body.get(name):
            rows.append((label, body[name]))
    rows.append(("About", object_words(body.get("subject"))))
    return "The neutral {} was asked to reach {} about the notice {}.".format(
        body["neutral"], body["recipient"], body["notice"]
    ), rows


def _sharing_assessed(body: dict[str, Any]) -> Said:
    sharing = body["sharing"]
    return "{} assessed what sharing its sites with {} may lead to, and chose: {}.".format(
        sharing["owner"], sharing["recipient"], sharing["disclosure"]
    ), [
        ("Who receives it there", quoted(sharing["receives"])),
        ("To whom it is passed on", quoted(sharing["passes_on"])),
        ("What became of sites listed before", quoted(sharing["history"])),
        ("Assessed", time_words(sharing["assessed_us"])),
    ]


def _sharing_withdrawn(body: dict[str, Any]) -> Said:
    return "{} withdrew what {} was shown: {} sites.".format(
        body["owner"], body["recipient"], body["sites"]
    ), [("Note", _SEEN)]


def _site_stale(body: dict[str, Any]) -> Said:
    site = body["intent"]
    rows = [("Owner reminded", "{} times".format(body["chased"])), ("Note", _UNCHANGED)]
    return "The site {} of {} was not validated again in time: it is STALE.".format(
        site["id"], site["party"]
    ), rows


def _site_challenged(body: dict[str, Any]) -> Said:
    challenge = body["challenge"]
    return "{} challenged the site {} of {}. The site stands.".format(
        challenge["party"], body["site"], body["owner"]
    ), [
        ("In its words", quoted(challenge["statement"])),
        ("Answer asked by", time_words(challenge["answer_by_us"])),
    ]


def _challenge_answered(body: dict[str, Any]) -> Said:
    return "{} answered what {} challenged of its site {}.".format(
        body["owner"], body["party"], body["site"]
    ), [("In its words", quoted(body["statement"]))]


def _harm_reported(body: dict[str, Any]) -> Said:
    harm = body["harm"]
    rows = [
        ("Time of it, as reported", time_words(harm["occurred_us"])),
        ("Place", place_words(harm["latitude_nd"], harm["longitude_nd"])),
        ("In its words", quoted(harm["statement"])),
        ("Named for the site before", _in_a_row(harm.get("told_before", []))),
    ]
    if body.get("freezes"):
        rows.append(("Lists frozen until somebody senior looked", _in_a_row(body["freezes"])))
    return (
        "{} reported harm at the site {} of {}; it says nothing of who caused it.".format(
            harm["by"], harm["site"], harm["owner"]
        ),
        rows,
    )


def _site_reviewed(body: dict[str, Any]) -> Said:
    after = "it is frozen no more" if body["lifts"] else "it stays frozen until others looked too"
    return "Somebody senior of {} looked at the site {} of {}; {}.".format(
        body["party"], body["site"], body["owner"], after
    ), [("In their words", quoted(body["statement"]))]


def _sites_delivered(body: dict[str, Any]) -> Said:
    rows = [("Sites of {}".format(owner), str(count)) for owner, count in body["owners"]]
    if body.get("export"):
        rows.append(("By the export", body["export"]))
    return "{} was given protected sites.".format(body["recipient"]), rows


def _export_requested(body: dict[str, Any]) -> Said:
    export = body["export"]
    return "One person of {} asked for the bulk export {}; a second has to sign.".format(
        export["party"], export["id"]
    ), [
        ("Asked by the credential", export["first"]),
        ("Purpose", quoted(export["purpose"])),
        ("Asked", time_words(export["requested_us"])),
    ]


def _doubt_raised(body: dict[str, Any]) -> Said:
    doubt = body["doubt"]
    rows = [("In its words", quoted(doubt["statement"]) if doubt["statement"] else "none")]
    for name, label in (("notice", "On the notice"), ("stop", "As the STOP")):
        if doubt.get(name):
            rows.append((label, doubt[name]))
    return "DOUBT: {} doubts {} of {}. A doubt is never deleted, nor counted against it.".format(
        doubt["party"], object_words(body["item"]), body["owner"]
    ), rows


def _doubt_answered(body: dict[str, Any]) -> Said:
    if body["state"] == "answered":
        sentence = "{} answered the doubt {} of {} about {}."
    else:
        sentence = "{} said that the doubt {} of {} about {} stays open."
    return sentence.format(
        body["party"], body["doubt"], body["raised_by"], object_words(body["item"])
    ), [("In its words", quoted(body["statement"]))]


def _count_contested(body: dict[str, Any]) -> Said:
    return "{} contests that {} counts, under version {} of the agreement {}.".format(
        body["party"], body["item"], body["version"], body["agreement"]
    ) + " It stays counted, and is shown as contested.", [("In its words", quoted(body["reason"]))]


def _export_countersigned(body: dict[str, Any]) -> Said:
    return "A second person of {} put their name to the bulk export {}.".format(
        body["party"], body["export"]
    ), [
        ("By the credential", body["second"]),
        ("Sites in it", str(len(body["sites"]))),
    ]


def _counted(sentence: str, body: dict[str, Any]) -> Said:
    rows = [("Of {}".format(owner), str(count)) for owner, count in body["owners"]]
    if body.get("told"):
        rows.append(("Told so now", _in_a_row(body["told"])))
    return sentence.format(body["party"]), rows


def _subscribers(body: dict[str, Any]) -> Said:
    return "{} subscriptions were notified of {}.".format(
        len(body["subscriptions"]), object_words(body["subject"])
    ), []


def _segment(body: dict[str, Any]) -> Said:
    return "A piece of the archive of tracks was closed.", [
        ("Name", body["name"]),
        ("SHA-256", body["sha256"]),
        ("From, to", "{} to {}".format(time_words(body["start_us"]), time_words(body["end_us"]))),
        ("Positions", str(body["fixes"])),
    ]


def _snapshot(body: dict[str, Any]) -> Said:
    return "The picture of the first {} entries was put into a file.".format(body["size"]), [
        ("SHA-256 of the picture", body["digest"]),
        ("SHA-256 of the file", body["sha256"]),
    ]


_NO_NOTICE = "a drill is no notice, and an answer to it answers none"


def _drill_sent(body: dict[str, Any]) -> Said:
    by = body.get("sender") or "the host"
    if body.get("agreement"):
        by = "the provision {} of {}".format(body["provision"], _version(body))
    rows = [
        ("Word to be read back", body["word"]),
        ("Answers waited for until", time_words(body["answer_by_us"])),
        ("Units", _in_a_row(body.get("units", []))),
    ]
    return "A drill message, {}, went to {}, by {}: {}.".format(
        body["drill"], body["recipient"], by, _NO_NOTICE
    ), rows


def _drill_taken(body: dict[str, Any]) -> Said:
    return "The {} of {} took the drill {} after {}; no person has it by that.".format(
        body["medium"], body["recipient"], body["drill"], duration_words(body["after_us"])
    ), []


def _drill_answered(body: dict[str, Any]) -> Said:
    rows = [("Unit", body["unit"])] if body.get("unit") else []
    rows += [("Word read back", quoted(body["word"]))] if body.get("word") else []
    rows += [("Relayed by", body["channel"])] if body.get("channel") else []
    return "{} answered {} to the drill {}, {} after it was sent{}: {}.".format(
        body["party"],
        body["verb"],
        body["drill"],
        duration_words(body["after_us"]),
        ", after it was missed" if body.get("late") else "",
        _NO_NOTICE,
    ), rows


def _drill_missed(body: dict[str, Any]) -> Said:
    return "The drill {} to {} was missed: not every hop was reached by {}.".format(
        body["drill"], body["recipient"], time_words(body["due_us"])
    ), [("Not reached", _in_a_row(body["missing"]))]


def _drill_planned(body: dict[str, Any]) -> Said:
    at_us = body.get("at_us")
    rows = [("Drawn moment", time_words(at_us))] if at_us is not None else []
    return "The next drill of the provision {} of the agreement {} is due from {}.".format(
        body["provision"], body["agreement"], time_words(body["start_us"])
    ), rows


def _read_back_test_begun(body: dict[str, Any]) -> Said:
    rows = [("Test", body["test"]), ("Languages", _in_a_row(body["languages"]))]
    rows += [("Not tested", _in_a_row(body["untested"]))] if body.get("untested") else []
    return "A read-back test of the key {} of {} began.".format(body["key_id"], body["party"]), [
        *rows,
        ("Seed of its items", body["seed"]),
    ]


def _read_back_test_judged(body: dict[str, Any]) -> Said:
    rows = [("Test", body["test"]), ("Languages", _in_a_row(body["languages"]))]
    rows += [("Wrong", _in_a_row(body["wrong"]))] if body.get("wrong") else []
    return "The read-back test of the key {} of {} was {}.".format(
        body["key_id"], body["party"], "passed" if body["passed"] else "not passed"
    ), rows


BETWEEN_WORDS: dict[str, Any] = {
    "DrillSent": _drill_sent,
    "DrillTaken": _drill_taken,
    "DrillAnswered": _drill_answered,
    "DrillMissed": _drill_missed,
    "DrillPlanned": _drill_planned,
    "ReadBackTestBegun": _read_back_test_begun,
    "ReadBackTestJudged": _read_back_test_judged,
    "AgreementDrafted": _agreement_drafted,
    "AgreementProposed": _agreement_proposed,
    "AgreementStepped": _agreement_stepped,
    "AgreementMoment": _agreement_moment,
    "ConsentAsked": _consent_asked,
    "ConsentAnswered": _consent_answered,
    "RedLineSet": _red_line_set,
    "SealKeyOffered": _seal_key_offered,
    "TextSealed": _text_sealed,
    "RedLineRemoved": _red_line_removed,
    "HeartbeatGiven": _heartbeat_given,
    "HeartbeatMissed": _heartbeat_missed,
    "CallMissed": _call_missed,
    "PublicationMade": _publication_made,
    "PublicationWithdrawn": _publication_withdrawn,
    "ChannelSuspended": _channel_suspended,
    "ChannelResumed": _channel_resumed,
    "ChannelReported": _channel_reported,
    "HazardStated": _hazard_stated,
    "HazardUnheard": _hazard_unheard,
    "AllClearGiven": _all_clear,
    "ShiftTaken": _shift_taken,
    "CeilingSet": _ceiling_set,
    "NoticeEscalated": _escalated,
    "NeutralCalled": _neutral_called,
    "SharingAssessed": _sharing_assessed,
    "SharingWithdrawn": _sharing_withdrawn,
    "SiteStale": _site_stale,
    "SiteChallenged": _site_challenged,
    "ChallengeAnswered": _challenge_answered,
    "HarmReported": _harm_reported,
    "SiteReviewed": _site_reviewed,
    "SitesDelivered": _sites_delivered,
    "ExportRequested": _export_requested,
    "ExportCountersigned": _export_countersigned,
    "AvoidingSuggested": _avoiding_suggested,
    "AvoidingWithheld": _avoiding_withheld,
    "AvoidingTold": _avoiding_told,
    "CountContested": _count_contested,
    "DoubtRaised": _doubt_raised,
    "DoubtAnswered": _doubt_answered,
    "SubscribersNotified": _subscribers,
    "HiddenChecked": partial(_counted, "{} checked against hidden intents; so many were met."),
    "TouchesWithdrawn": partial(
        _counted, "{} withdrew or moved what had touched hidden intents; so often today."
    ),
    "SegmentRecorded": _segment,
    "SnapshotRecorded": _snapshot,
}
