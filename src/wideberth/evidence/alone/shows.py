"""What the record shows: lines made of entries alone, and the order in which they may be told.

A line stands for one entry, or for a time that another clock than the host's told in one. Nothing
that is not an entry makes a line. No order is claimed between lines of two clocks that are no
further apart than those clocks may be off together (:func:`order_words`): such lines are one group.
"""

from __future__ import annotations

import re
from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Set, Tuple

from wideberth.evidence.alone.container import is_array, is_object
from wideberth.evidence.alone.phrases import duration_words, place_words, quoted
from wideberth.evidence.alone.words import Clocks, entry_words, measured_clock, order_words

__all__ = [
    "HOST_CLOCK",
    "Shown",
    "ShownClock",
    "ShownGroup",
    "ShownLine",
    "brief_facts",
    "clock_words",
    "clocks_between",
    "kind_words",
    "learn_titles",
    "order_certain",
    "proof_words",
    "record_shows",
    "with_titles",
]

HOST_CLOCK = ""
"""The clock by which the record is kept: every other is measured against it."""


class ShownLine(NamedTuple):
    """A line. time_us: as clock told it: the host's, or that party's. error_us: how far that may be
    off from the host's clock; None: nobody measured it. who: whose word it is, "" the mechanism's.
    how: signed, attested, relayed or mechanism. is_part: its reader is shown a part of the entry.
    """

    position: int
    time_us: int
    clock: str
    error_us: Optional[int]
    kind: str
    who: str
    words: str
    facts: Tuple[Tuple[str, str], ...]
    how: str
    is_part: bool = False


class ShownGroup(NamedTuple):
    """Lines whose order among each other is not known where their clocks differ. bound_us: how far
    these clocks may be off together, at most; 0 for lines in a certain order.
    """

    lines: Tuple[ShownLine, ...]
    bound_us: int


class ShownClock(NamedTuple):
    """A party's clock, ahead of the host's by low to high, as an entry says."""

    position: int
    time_us: int
    party: str
    low_us: int
    high_us: int


class Shown(NamedTuple):
    """groups: in their order. unplaced: times that a clock told which nobody had measured. clocks:
    what the entries say of clocks, in order.
    """

    groups: Tuple[ShownGroup, ...]
    unplaced: Tuple[ShownLine, ...]
    clocks: Tuple[ShownClock, ...]


_KINDS = {
    "IntentAccepted": "intent told",
    "IntentAmended": "new version told",
    "IntentStateChanged": "state changed",
    "ZoneDeclared": "zone declared",
    "ZoneWithdrawn": "zone withdrawn",
    "NoticeIssued": "notice sent",
    "NoticeReleased": "notice released",
    "NoticeEscalated": "deadline passed",
    "NeutralCalled": "neutral called",
    "StopTold": "STOP told",
    "StopRepeated": "STOP told again",
    "StopAcknowledged": "STOP read by a person",
    "StopToUnits": "STOP to units",
    "WarningRaised": "warning raised",
    "WarningWorsened": "warning brought up to date",
    "WarningCleared": "warning cleared",
    "HeartbeatGiven": "channel heard",
    "HeartbeatMissed": "deadline passed",
    "ChannelSuspended": "channel suspended",
    "ChannelResumed": "channel resumed",
    "ChannelReported": "channel reported",
    "CallMissed": "deadline passed",
    "HazardStated": "hazard status given",
    "HazardUnheard": "deadline passed",
    "AllClearGiven": "all-clear given",
    "AgreementProposed": "agreement proposed",
    "AgreementStepped": "agreement step",
    "AgreementMoment": "agreement moment",
    "ConsentAsked": "consent asked",
    "ConsentAnswered": "consent answered",
    "AvoidingSuggested": "avoiding suggested",
    "AvoidingTold": "avoiding told",
    "AvoidingWithheld": "avoiding withheld",
    "DoubtRaised": "doubt raised",
    "DoubtAnswered": "doubt answered",
    "HarmReported": "harm reported",
    "SiteStale": "deadline passed",
    "SiteChallenged": "site challenged",
    "ChallengeAnswered": "challenge answered",
    "SiteReviewed": "site reviewed",
    "SitesDelivered": "sites delivered",
    "PublicationMade": "published",
    "PublicationWithdrawn": "publication withdrawn",
    "RedLineSet": "red line set",
    "RedLineRemoved": "red line removed",
    "TextSealed": "sealed text sent",
    "ShiftTaken": "watch taken over",
    "CeilingSet": "ceiling set",
    "ClockMeasured": "clock measured",
    "SegmentRecorded": "positions kept",
    "FlightMeasured": "flight counted",
    "ConformanceAnalysed": "flights analysed",
    "SteppedByTrack": "step by rule",
    "EntriesErased": "entries erased",
    "EpochOpened": "record goes on",
    "RulesAdopted": "rules adopted",
    "KeyRevoked": "key revoked",
    "IncidentOpened": "incident opened",
    "PartiesNamed": "named in an incident",
    "AccountGiven": "account given",
    "QuestionAsked": "question asked",
    "QuestionStepped": "question taken further",
    "QuestionOverdue": "deadline passed",
    "EvidenceLodged": "evidence lodged",
    "EvidenceDisclosed": "evidence disclosed",
    "EvidenceChecked": "evidence checked",
    "ResultTransmitted": "result transmitted",
    "ResultReceipted": "result received",
    "ResultOverdue": "deadline passed",
}
_OF_NO_LINE = frozenset(
    (
        *("SpaceOpened", "PartyRegistered", "KeyEnrolled", "SealKeyOffered", "SnapshotRecorded"),
        *("SubscriptionOpened", "SubscriptionClosed", "SubscribersNotified", "ClashesFound"),
        *("LogKeyChanged", "LogKeyRetired", "HostActed", "LookDue", "AgreementDrafted"),
        *("HiddenChecked", "TouchesWithdrawn", "SharingAssessed", "ExportRequested"),
        *("ExportCountersigned", "SharingWithdrawn", "SubjectsNamed"),
    )
)
"""Entries that keep the record and its parties going, and say nothing of what happened."""
_FORMS = {"stop": "STOP", "our-error": "OUR ERROR", "doubt": "DOUBT"}
_ANSWER_KINDS = {
    "RECEIVED": "notice received",
    "READ-BACK": "notice read back",
    "PASSED-DOWN": "notice passed down",
    "LOADED": "notice loaded",
    "CANNOT-COMPLY": "cannot comply",
    "DISPUTED": "notice disputed",
}


def record_shows(entries: Iterable[Any], window_us: Optional[Tuple[int, int]] = None) -> Shown:
    """The lines of entries in the order of the record; each has position and value, and is_part
    where its reader is shown a part. window_us: what stands before its begin only explains clocks
    and keeps its place before the rest.

    Total: an odd entry is shown as it is. Entries of no line (keys, parties, snapshots) are left
    out; so is a time told by another clock that is not within the window.
    """
    clocks: Clocks = {}
    measured: List[ShownClock] = []
    placed: List[ShownLine] = []
    unplaced: List[ShownLine] = []
    read: Dict[str, bool] = {}
    titles: Dict[str, str] = {}
    whole: Set[str] = set()
    for entry in entries:
        value: Dict[str, Any] = entry.value
        is_part = bool(getattr(entry, "is_part", False))
        measured_clock(value, clocks)
        found = _shown_clock(entry.position, value)
        if found is not None:
            measured.append(found)
        learn_titles(value["body"], titles)
        line = _entry_line(entry.position, value, clocks, is_part=is_part)
        if line is None:
            continue
        line = line._replace(words=with_titles(line.words, value["body"], titles))
        line = _of_part(line, value["body"], whole)
        placed.append(_first_read(line, value["body"], read))
        for other in _other_times(line, value["body"], clocks):
            if window_us is None or window_us[0] <= other.time_us < window_us[1]:
                (unplaced if other.error_us is None else placed).append(other)
    return Shown(tuple(_grouped(placed)), tuple(unplaced), tuple(measured))


def _of_part(line: ShownLine, body: Dict[str, Any], whole: Set[str]) -> ShownLine:
    """The line, which says of a notice whether its reader is shown what it is about, and if not,
    what the notice tells of it. whole: ids of intents that entries before showed.
    """
    intent: Any = body.get("intent")
    notice: Any = body.get("notice")
    if is_object(intent):
        whole.add(str(intent.get("id")))
    subject: Any = notice.get("subject") if is_object(notice) else None
    if body["type"] != "NoticeIssued" or not is_object(subject):
        return line
    if subject.get("type") != "intent" or str(subject.get("id")) in whole:
        return line
    renamed = {"To be read back": "Told of it, to be read back"}
    facts = [(renamed.get(name, name), text) for name, text in line.facts]
    hidden = "something of which no entry here shows the whole, {}"
    return line._replace(
        facts=tuple(
            (name, hidden.format(text) if name == "About" else text) for name, text in facts
        )
    )


_BY_ID = re.compile("(notice|agreement|its intent) ([A-Za-z0-9_-]+)")


def learn_titles(body: Dict[str, Any], titles: Dict[str, str]) -> None:
    """Keep by what people call a thing that an entry names by its id: a notice by its number and
    what it is about, an intent by its call sign, an agreement by its title.
    """
    notice: Any = body.get("notice")
    intent: Any = body.get("intent")
    terms: Any = body.get("terms")
    if body["type"] == "NoticeIssued" and is_object(notice) and notice.get("number"):
        words = "no. {} to {}".format(notice.get("number"), notice.get("recipient"))
        subject: Any = notice.get("subject")
        about = titles.get(str(subject.get("id"))) if is_object(subject) else None
        titles[str(notice.get("id"))] = words + (", {}".format(about) if about else "")
    elif is_object(intent) and isinstance(intent.get("call_sign"), str):
        titles[str(intent.get("id"))] = quoted(intent["call_sign"])
    elif is_object(terms) and isinstance(terms.get("title"), str):
        titles[str(body.get("agreement"))] = quoted(terms["title"])


def with_titles(words: str, body: Dict[str, Any], titles: Dict[str, str]) -> str:
    """A sentence that calls notices and agreements as people do, as far as the entries say how."""
    notice: Any = body.get("notice")
    if body["type"] == "NoticeIssued" and is_object(notice) and notice.get("number"):
        return "{} ({}).".format(words.rstrip("."), titles[str(notice.get("id"))])
    return _BY_ID.sub(lambda match: "{} {}".format(match[1], titles.get(match[2], match[2])), words)


def order_certain(one: ShownLine, two: ShownLine) -> bool:
    """Whether it is known which of two lines was first. The record numbers the host's own."""
    if one.clock == two.clock:
        return one.clock == HOST_CLOCK or one.time_us != two.time_us
    bound_us = None
    if one.error_us is not None and two.error_us is not None:
        bound_us = one.error_us + two.error_us
    return order_words(one.time_us, two.time_us, bound_us)[0] != 0


def brief_facts(line: ShownLine) -> List[Tuple[str, str]]:
    """What an entry names that is told with its line: lead times, changes, differences, reasons."""
    return [
        (name, _FRACTION.sub(r"\1", text))
        for name, text in line.facts
        if name in _BRIEF or name.startswith(("Changed", "Read back otherwise"))
    ]


_FRACTION = re.compile(r"( min \d+)\.\d+(?= s\b)")
"""Of a second, of more than a minute: it stands in the entry."""


def proof_words(line: ShownLine) -> str:
    """How the entry of a line is known to be its author's."""
    if line.how == "signed":
        return "signed by " + line.who
    if line.how == "attested":
        return "attested: the host says that it came from " + line.who
    if line.how == "relayed":
        return "relayed: the host says that it came from " + line.who
    return "by the mechanism, on the host's word"


def clock_words(line: ShownLine) -> str:
    """By which clock a line's time is, and how far that may be off from the host's."""
    if line.clock == HOST_CLOCK:
        return "the host's clock"
    if line.error_us is None:
        return "the clock of {}, which nobody measured".format(line.clock)
    return "the clock of {}, which may be off by {}".format(
        line.clock, duration_words(line.error_us)
    )


def clocks_between(
    clocks: Iterable[ShownClock], parties: Iterable[str]
) -> List[Tuple[str, str, Optional[Tuple[int, int]]]]:
    """Of each two parties, by how much the first's clock is ahead of the second's, from and to, by
    the worst that the entries say of both; None where one of them has no measurement here.
    """
    spans: Dict[str, Tuple[int, int]] = {}
    for each in clocks:
        low_us, high_us = spans.get(each.party, (each.low_us, each.high_us))
        spans[each.party] = (min(low_us, each.low_us), max(high_us, each.high_us))
    names = sorted(set(parties))
    pairs: List[Tuple[str, str, Optional[Tuple[int, int]]]] = []
    for at, one in enumerate(names):
        for two in names[at + 1 :]:
            apart = None
            if one in spans and two in spans:
                apart = (spans[one][0] - spans[two][1], spans[one][1] - spans[two][0])
            pairs.append((one, two, apart))
    return pairs


def _shown_clock(position: int, value: Dict[str, Any]) -> Optional[ShownClock]:
    body = value["body"]
    figures = [body.get("low_us"), body.get("high_us")]
    if (
        body["type"] != "ClockMeasured"
        or not isinstance(body.get("party"), str)
        or any(type(each) is not int for each in figures)
    ):
        return None
    return ShownClock(position, value["time_us"], body["party"], *figures)


def _entry_line(
    position: int, value: Dict[str, Any], clocks: Clocks, *, is_part: bool
) -> Optional[ShownLine]:
    """The line of an entry by the host's clock; None for an entry of no line."""
    body = value["body"]
    kind = _kind_of(body)
    if kind is None:
        return None
    sentence, rows = entry_words(value, clocks)
    how, who = _known_how(value.get("author"))
    is_account = body["type"] == "AccountGiven"  # it stands in its author's column, and only there
    facts = () if is_account else tuple(row for row in rows if row[0] != "Note")
    return ShownLine(
        position, value["time_us"], HOST_CLOCK, 0, kind, who, sentence, facts, how, is_part
    )


def kind_words(body: Dict[str, Any]) -> str:
    """What kind of entry it is, in few words; of one that makes no line, by its type."""
    kind = _kind_of(body)
    if kind in (None, "entry"):
        kind = re.sub("(?<=.)([A-Z])", r" \1", str(body["type"])).lower()
    return str(kind)


def _kind_of(body: Dict[str, Any]) -> Optional[str]:
    if body["type"] in _OF_NO_LINE:
        return None
    kind = _KINDS.get(body["type"], "entry")
    if body["type"] == "NoticeAcknowledged":
        answer: Any = body.get("acknowledgement")
        verb = answer.get("verb") if is_object(answer) else None
        return _ANSWER_KINDS.get(str(verb), "notice answered")
    if body["type"] == "StopTold":
        stop: Any = body.get("stop")
        form = stop.get("form") if is_object(stop) else None
        return _FORMS.get(str(form), "STOP") + " told"
    if body["type"] in ("AgreementStepped", "AgreementMoment"):
        return "agreement: {}".format(body.get("act") or body.get("moment"))
    return kind


def _known_how(author: Any) -> Tuple[str, str]:
    """(how, whose word) of an entry's author."""
    given: Dict[str, Any] = author if is_object(author) else {}
    how = given.get("how")
    if how in ("signed", "attested", "relayed"):
        return how, str(given.get("party", ""))
    return "mechanism", ""


def _first_read(line: ShownLine, body: Dict[str, Any], read: Dict[str, bool]) -> ShownLine:
    """The line, which says so where it is the first that shows a STOP as read by a person."""
    stop = body.get("stop")
    if body["type"] != "StopAcknowledged" or not isinstance(stop, str) or stop in read:
        return line
    read[stop] = True
    return line._replace(kind="STOP first read by a person, of what is shown here")


def _other_times(line: ShownLine, body: Dict[str, Any], clocks: Clocks) -> List[ShownLine]:
    """Lines for the times in an entry that other clocks told, or the host's told at another time:
    when a receiver answered, when a thing was reported where, when a STOP was sent on.
    """
    lines: List[ShownLine] = []

    def tell(time_us: Any, clock: str, kind: str, words: str) -> None:
        if type(time_us) is int and abs(time_us) < 10**17:
            error_us = 0 if clock == HOST_CLOCK else clocks.get(clock)
            told = line._replace(time_us=time_us, clock=clock, error_us=error_us, facts=())
            lines.append(told._replace(kind=kind, words=words))

    answer: Any = body.get("acknowledgement")
    stop: Any = body.get("stop")
    warning: Any = body.get("warning")
    if body["type"] == "NoticeAcknowledged" and is_object(answer):
        recipient = body.get("recipient")
        if isinstance(recipient, str):
            words = line.words.rstrip(".") + ", by its own clock."
            tell(answer.get("clock_us"), recipient, line.kind, words)
    if body["type"] == "StopTold" and is_object(stop) and stop.get("sent_us") != line.time_us:
        words = "What {} told was sent on, before it was recorded.".format(stop.get("sender"))
        tell(stop.get("sent_us"), HOST_CLOCK, _kind_of(body) or "", words)
    if is_object(warning) and is_array(warning.get("objects")):
        for each in warning["objects"]:
            _tell_fix(each, tell)
    return lines


def _tell_fix(side: Any, tell: Any) -> None:
    """The reported position of one side of a warning, by the clock of whose feed brought it."""
    fix: Any = side.get("fix") if is_object(side) else None
    if not is_object(fix) or not isinstance(side.get("id"), str):
        return
    feed = side["id"].partition("/")[0]
    try:
        place = place_words(fix["latitude_nd"], fix["longitude_nd"])
    except (KeyError, TypeError):
        return
    words = "{} was reported at {}; a warning rests on that.".format(side["id"], place)
    tell(fix.get("time_us"), feed or "a public source", "position", words)


_BRIEF = frozenset(
    (
        *("Time from telling to start", "Agreed minimum", "Agreed minimum of that", "Reason"),
        *("After it was sent", "Due", "Nobody had read it at", "About", "Text", "Came by"),
        *("Which report was first", "Units that must know", "Ahead by", "Distance across"),
        *("In height", "State", "In place of", "Held open for", "Unit", "System"),
        "Told of it, to be read back",
    )
)


class _Run:
    """Lines without a certain place among each other, as far as their clocks differ.

    reach_us: by clock, the latest time that its lines may truly mean; last_us: their last time.
    """

    def __init__(self) -> None:
        self.lines: List[ShownLine] = []
        self.reach_us: Dict[str, int] = {}
        self.last_us: Dict[str, int] = {}
        self.worst_us: Dict[str, int] = {}

    def add(self, line: ShownLine) -> None:
        """Take a line in that is no earlier than the others by its figure."""
        error_us = line.error_us or 0
        self.lines.append(line)
        self.reach_us[line.clock] = max(
            self.reach_us.get(line.clock, line.time_us), line.time_us + error_us
        )
        self.last_us[line.clock] = line.time_us
        self.worst_us[line.clock] = max(self.worst_us.get(line.clock, 0), error_us)

    def leaves_open(self, line: ShownLine) -> bool:
        """Whether the order of a later line and one of these is not certain."""
        least_us = line.time_us - (line.error_us or 0)
        return any(
            least_us <= reach_us
            if clock != line.clock
            else clock != HOST_CLOCK and self.last_us[clock] == line.time_us
            for clock, reach_us in self.reach_us.items()
        )

    def group(self) -> ShownGroup:
        """As it is told. The two worst clocks make the bound; of one clock there is none."""
        bound_us = sum(sorted(self.worst_us.values())[-2:]) if len(self.worst_us) > 1 else 0
        return ShownGroup(tuple(self.lines), bound_us)


def _grouped(lines: List[ShownLine]) -> List[ShownGroup]:
    """Runs of lines, each certainly after all of those before it."""
    runs: List[_Run] = []
    reaches_us: List[int] = []  # how far this run and all before it reach
    for line in sorted(lines, key=lambda each: (each.time_us, each.position)):
        least_us = line.time_us - (line.error_us or 0)
        at = first = len(runs)
        while at and reaches_us[at - 1] >= least_us:
            at -= 1
            if runs[at].leaves_open(line):
                first = at
        joined = runs[first] if first < len(runs) else _Run()
        for each in [line for run in runs[first + 1 :] for line in run.lines]:
            joined.add(each)
        joined.add(line)
        del runs[first:], reaches_us[first:]
        runs.append(joined)
        reaches_us.append(max([*joined.reach_us.values(), *reaches_us[-1:]]))
    return [run.group() for run in runs]
