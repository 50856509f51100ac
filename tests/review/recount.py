"""A slow and obvious recount of a review's figures, from the entries as plain JSON.

Written from docs/how-to/review-meeting.md. It shares no code with the figures: each is counted anew
by walking through all entries, once for every question.
"""

from __future__ import annotations

import itertools
import math
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

Key = tuple[str, ...]
Figure = tuple[int | None, frozenset[int]]
"""A number and the positions it rests on."""

KIND = {"flight": "ACTIVITY", "movement": "MOVEMENT", "hazard": "HAZARD"}
KIND |= {"presence": "PROTECTED-SITE"}
LADDER = ["RECEIVED", "READ-BACK", "PASSED-DOWN", "LOADED"]
STEPS = [
    *("RECEIVED", "READ-BACK", "PASSED-DOWN to one unit", "PASSED-DOWN to all units"),
    *("LOADED by one unit", "LOADED by all units"),
]
HERE, THEN = "this period", "previous"


class Recount:
    """entries: (position, time, body as JSON) of what the party reads; warnings: of those that it
    was told of; period: begin and end.
    """

    def __init__(
        self,
        party: str,
        entries: list[tuple[int, int, dict[str, Any]]],
        warnings: list[tuple[int, int, dict[str, Any]]],
        period: tuple[int, int],
    ) -> None:
        self.party, self.entries, self.warnings = party, entries, warnings
        begin, end = period
        self.periods = {HERE: (begin, end), THEN: (begin - (end - begin), begin)}
        self.found: dict[Key, Figure] = {}

    def all(self) -> dict[Key, Figure]:
        self.notices()
        self.answers()
        self.open_list()
        self.open_by_step()
        self.returned()
        self.stale()
        self.stops()
        self.states()
        self.simple()
        self.questions()
        self.incidents()
        self.drills()
        self.flights()
        self.counts()
        return self.found

    def put(self, *key: str, value: int | None, at: Any) -> None:
        self.found[key] = (value, frozenset(at))

    def of(self, kind: str) -> list[tuple[int, int, dict[str, Any]]]:
        return [each for each in self.entries if each[2]["type"] == kind]

    # Notices

    def told(self, name: str) -> list[tuple[int, int, dict[str, Any]]]:
        begin, end = self.periods[name]
        return [
            (position, time, body["notice"])
            for position, time, body in self.of("NoticeIssued")
            if begin <= time < end
        ]

    def kind(self, at: int, notice: dict[str, Any]) -> str:
        if notice.get("all_clear"):
            return "ALL-CLEAR"
        if notice.get("conformance"):
            return "own flights"
        if notice.get("withdrawal"):
            return "withdrawal"
        subject = notice.get("subject")
        if subject is not None and subject["type"] == "agreement":
            return "agreement"
        asked = [] if subject is None else [subject["id"]]
        if notice.get("sender") == notice["recipient"]:  # of its own: what that meets
            clashes = notice.get("clashes", ())
            asked = [each["other"]["id"] for each in clashes if each.get("other")] + asked
        for name in asked:
            known = self.kind_of(at, name)
            if known is not None:
                return known
        others = {clash["other_kind"] for clash in notice.get("clashes", ())}
        return KIND.get(others.pop(), "not shown") if len(others) == 1 else "not shown"

    def kind_of(self, at: int, name: str) -> str | None:
        known = None
        for position, _, body in self.entries:
            if position > at:
                break
            told = body["type"] in ("IntentAccepted", "IntentAmended")
            if told and body["intent"]["id"] == name:
                known = KIND[body["intent"]["kind"]]
            if body["type"] == "ZoneDeclared" and body["zone"]["id"] == name:
                known = "STAND-OFF" if body["zone"]["rule"] == "stand-off" else "CLOSURE"
        return known

    def notices(self) -> None:
        kinds = [*KIND.values(), "CLOSURE", "STAND-OFF", "agreement", "withdrawal"]
        for kind in [*kinds, "ALL-CLEAR", "own flights", "not shown", "all"]:
            leads = {}
            for name, suffix in ((HERE, ""), (THEN, "_before")):
                them = [
                    each for each in self.told(name) if kind in ("all", self.kind(each[0], each[2]))
                ]
                table = ("notices", "notices", kind)
                self.put(*table, f"told{suffix}", value=len(them), at=[e[0] for e in them])
                late = [e[0] for e in them if e[2].get("late")]
                self.put(*table, f"late{suffix}", value=len(late), at=late)
                leads[name] = [
                    (position, notice.get("lead_us", 0))
                    for position, _, notice in them
                    if notice.get("subject") is not None
                    and notice["subject"]["type"] != "agreement"
                    and not notice.get("withdrawal")
                    and not notice.get("all_clear")
                ]
            if kind == "all" or not any(leads.values()):
                continue
            for name, them in leads.items():
                table = ("notices", "leads", kind, name)
                at = [position for position, _ in them]
                begun = [position for position, lead in them if lead <= 0]
                lengths = sorted(lead for _, lead in them)
                self.put(*table, "shown", value=len(them), at=at)
                self.put(*table, "begun", value=len(begun), at=begun)
                self.put(*table, "least", value=lengths[0] if lengths else None, at=at)
                # The longest lead that at least half of them have.
                enough = [
                    each
                    for each in lengths
                    if 2 * len([x for x in lengths if x >= each]) >= len(lengths)
                ]
                self.put(*table, "half", value=max(enough, default=None), at=at)

    # Answers

    def steps(
        self, position: int, issued: int, notice: dict[str, Any], end: int
    ) -> list[tuple[int, int] | None]:
        """By step: how long after, and the entry."""
        answers = []
        for at, time, body in self.of("NoticeAcknowledged"):
            answer = body["acknowledgement"]
            if time >= end or answer["notice"] != notice["id"]:
                continue
            if answer["verb"] == "READ-BACK" and answer.get("differences"):
                continue
            call = answer.get("call")
            if call is not None and call["typed_by"] == notice["sender"]:
                continue
            answers.append((max(0, answer["time_us"] - issued), at, answer))
        found: list[tuple[int, int] | None] = []
        for rung in range(4):
            counts = ["READ-BACK"] if rung == 1 else LADDER[rung:]
            far = [
                (after, at, answer["verb"])
                for after, at, answer in answers
                if answer["verb"] in counts
            ]
            # Of those that came at the same time, the nearest step, then the first entry.
            found.append(
                min(
                    ((after, at) for after, at, _ in far),
                    default=None,
                    key=lambda each: each[0],
                )
            )
        to_all = self.by_all_units(answers, notice, ["PASSED-DOWN", "LOADED"])
        by_all = self.by_all_units(answers, notice, ["LOADED"])
        return [*found[:3], to_all, found[3], by_all]

    def by_all_units(
        self, answers: list[Any], notice: dict[str, Any], verbs: list[str]
    ) -> tuple[int, int] | None:
        heard: set[str] = set()
        for after, at, answer in answers:
            if answer["verb"] in verbs:
                heard |= {answer["unit"]} if answer.get("unit") is not None else set()
                if answer.get("attested") or (heard and set(notice.get("units", ())) <= heard):
                    return (after, at)
        return None

    def closed_elsewhere(self, notice: str, issued: int, end: int) -> tuple[int, int] | None:
        last = None
        for at, time, body in self.of("NoticeAcknowledged"):
            answer = body["acknowledgement"]
            if time < end and notice in body.get("closes", ()) and answer["notice"] != notice:
                last = (max(0, answer["time_us"] - issued), at)
        for at, time, body in self.of("NoticeReleased"):
            if time < end and notice in body.get("closes", ()) and body["notice"] != notice:
                last = (max(0, time - issued), at)
        return last

    def answers(self) -> None:
        names = STEPS
        for name, suffix in ((HERE, "here"), (THEN, "before")):
            end = self.periods[name][1]
            them = self.told(name)
            all_steps = [self.steps(*each, end) for each in them]
            closed = [self.closed_elsewhere(each[2]["id"], each[1], end) for each in them]
            for rung, step in enumerate(names):
                table = ("answers", "latencies", step, name)
                reached = [steps[rung] for steps in all_steps]
                done = [each for each in reached if each is not None]
                positions = [each[0] for each in them]
                self.put(*table, "notices", value=len(them), at=positions)
                self.put(*table, "reached", value=len(done), at=[each[1] for each in done])
                later = [
                    shut[1]
                    for each, shut in zip(reached, closed, strict=True)
                    if each is None and shut is not None
                ]
                self.put(*table, "closed", value=len(later), at=later)
                never = [
                    position
                    for position, each, shut in zip(positions, reached, closed, strict=True)
                    if each is None and shut is None
                ]
                self.put(*table, "none", value=len(never), at=never)
                at = [*positions, *(each[1] for each in done)]
                lengths = sorted([each[0] for each in done] + [math.inf] * (len(them) - len(done)))
                for column, share in (("half", 0.5), ("ninety", 0.9)):
                    within = next(
                        (
                            each
                            for each in lengths
                            if len([x for x in lengths if x <= each]) >= share * len(lengths)
                        ),
                        math.inf,
                    )
                    value = None if within == math.inf else int(within)
                    self.put(*table, column, value=value, at=at)
            for verb in ("CANNOT-COMPLY", "DISPUTED"):
                ids = {each[2]["id"]: each[2]["sender"] for each in them if "sender" in each[2]}
                at = [
                    position
                    for position, time, body in self.of("NoticeAcknowledged")
                    if time < end
                    and body["acknowledgement"]["verb"] == verb
                    and body["acknowledgement"]["notice"] in ids
                ]
                self.put("answers", "exits", verb, suffix, value=len(at), at=at)

    def open_list(self) -> None:
        end = self.periods[HERE][1]
        closed = {
            each
            for kind in ("NoticeAcknowledged", "NoticeReleased")
            for _, time, body in self.of(kind)
            if time < end
            for each in body.get("closes", ())
        }
        for position, time, body in self.of("NoticeIssued"):
            notice = body["notice"]
            if time >= end or notice["id"] in closed:
                continue
            table = ("unreached", "open", str(notice["number"]))
            self.put(*table, "number", value=notice["number"], at=[position])
            self.put(*table, "issued", value=time, at=[position])
            loaded: set[str] = set()
            for _, at, answered in self.of("NoticeAcknowledged"):
                answer = answered["acknowledgement"]
                if at < end and answer["notice"] == notice["id"] and answer["verb"] == "LOADED":
                    loaded |= {answer["unit"]} if answer.get("unit") else set()
                    loaded |= set(notice["units"]) if answer.get("attested") else set()
            left = len(set(notice.get("units", ())) - loaded)
            self.put(*table, "waiting", value=left, at=[position])
            climbed = [
                at
                for at, when, step in self.of("NoticeEscalated")
                if when < end and step["notice"] == notice["id"]
            ]
            self.put(*table, "climbed", value=len(climbed), at=climbed)

    def open_by_step(self) -> None:
        """How many stood open at the end of each period, by how far they had come."""
        names = STEPS
        for name, column in ((HERE, "here"), (THEN, "before")):
            end = self.periods[name][1]
            closed = {
                each
                for kind in ("NoticeAcknowledged", "NoticeReleased")
                for _, time, body in self.of(kind)
                if time < end
                for each in body.get("closes", ())
            }
            rows: dict[str, list[int]] = {each: [] for each in ("nobody answered", *names)}
            for position, time, body in self.of("NoticeIssued"):
                if time < end and body["notice"]["id"] not in closed:
                    come = self.steps(position, time, body["notice"], end)
                    reached = [step for step, each in zip(names, come, strict=True) if each]
                    rows[reached[-1] if reached else "nobody answered"].append(position)
            for step, at in rows.items():
                self.put("unreached", "open-count", step, column, value=len(at), at=at)

    def returned(self) -> None:
        begin, end = self.periods[HERE]
        rows: dict[tuple[str, str], list[int]] = {}
        parties: set[str] = set()
        for position, time, body in self.entries:
            if not begin <= time < end or body.get("sender") != self.party:
                continue
            if body.get("recipient") == self.party:
                continue
            if body["type"] == "NoticeAcknowledged":
                parties.add(body["recipient"])
                verb = body["acknowledgement"]["verb"].lower()
                rows.setdefault((body["recipient"], verb), []).append(position)
            elif body["type"] == "NoticeEscalated":
                parties.add(body["recipient"])
                rows.setdefault((body["recipient"], "steps"), []).append(position)
                if body.get("furthest") is None:
                    rows.setdefault((body["recipient"], "silent"), []).append(position)
        verbs = [each.lower() for each in [*LADDER, "CANNOT-COMPLY", "DISPUTED"]]
        for party in parties:
            for column in [*verbs, "steps", "silent"]:
                at = rows.get((party, column), [])
                self.put("unreached", "returned", party, column, value=len(at), at=at)

    # The rest

    def stale_until(self, end: int) -> dict[str, list[int]]:
        marked: dict[str, list[int]] = {}
        for position, time, body in self.entries:
            if time >= end:
                break
            if body["type"] in ("IntentAccepted", "IntentAmended"):
                marked.pop(body["intent"]["id"], None)
            elif body["type"] == "SiteStale":
                marked.setdefault(body["intent"]["id"], []).append(position)
        for _, time, body in self.of("IntentStateChanged"):
            if time < end and body["state"] == "Ended":
                marked.pop(body["intent"], None)
        return marked

    def stale(self) -> None:
        for name, column in ((HERE, "here"), (THEN, "before")):
            marked = self.stale_until(self.periods[name][1])
            at = [position for each in marked.values() for position in each]
            self.put("stale", "stale-count", "all", column, value=len(marked), at=at)
            if name == HERE:
                for site, positions in marked.items():
                    table = ("stale", "stale", site)
                    told = next(
                        body["intent"]["told_us"]
                        for position, _, body in self.of("SiteStale")
                        if position == positions[0]
                    )
                    self.put(*table, "told", value=told, at=positions)
                    self.put(*table, "marked", value=len(positions), at=positions)

    def stops(self) -> None:
        for name in (HERE, THEN):
            begin, end = self.periods[name]
            told = [each for each in self.of("StopTold") if begin <= each[1] < end]
            for who in (f"of {self.party}", "of anybody known"):
                firsts = []
                for position, _, body in told:
                    reads = [
                        (read["after_us"], at)
                        for at, time, read in self.of("StopAcknowledged")
                        if time < end
                        and read["stop"] == body["stop"]["id"]
                        and (who == "of anybody known" or read["party"] == self.party)
                    ]
                    firsts.append((position, min(reads, default=None)))
                table = ("stops", "first-person", who, name)
                done = [first for _, first in firsts if first is not None]
                positions = [position for position, _ in firsts]
                left = [position for position, first in firsts if first is None]
                quick = [at for after, at in done if after <= 60_000_000]
                self.put(*table, "stops", value=len(told), at=positions)
                self.put(*table, "read", value=len(done), at=[at for _, at in done])
                self.put(*table, "unread", value=len(left), at=left)
                self.put(*table, "within", value=len(quick), at=quick)
                lengths = sorted([after for after, _ in done] + [math.inf] * len(left))
                half = lengths[math.ceil(len(lengths) / 2) - 1] if lengths else math.inf
                at = [*positions, *(at for _, at in done)]
                value = None if half == math.inf else int(half)
                self.put(*table, "half", value=value, at=at)

    def state_at(self, instant: int) -> tuple[str, int | None]:
        """The state of the party's own channel at a time, and the entry that it rests on."""
        heard: tuple[str, int | None] = ("UNKNOWN", None)
        until: float | None = None
        for position, time, body in self.entries:
            if time > instant or body.get("party") != self.party:
                continue
            if until is not None and until <= time:
                until, heard = None, (heard[0], None) if heard[1] is None else heard
            match body["type"]:
                case "HeartbeatGiven":
                    state = "DEGRADED" if body.get("degraded") else "UP"
                    heard = (state, position) if until is None else (state, heard[1])
                case "HeartbeatMissed":
                    heard, until = ("UNKNOWN", position), None
                case "ChannelSuspended":
                    minutes = body.get("for_minutes")
                    until = math.inf if minutes is None else time + minutes * 60_000_000
                    self.suspended_by = position
                case "ChannelResumed":
                    until = None
                    heard = (heard[0], position)
                case _:
                    pass
        if until is not None and until > instant:
            return "SUSPENDED", self.suspended_by
        return heard

    def states(self) -> None:
        """Times alone: the state between one change and the next, asked for in the middle."""
        kinds = ("HeartbeatGiven", "HeartbeatMissed", "ChannelSuspended", "ChannelResumed")
        edges: set[int] = set()
        for _, time, body in self.entries:
            if body["type"] in kinds and body["party"] == self.party:
                edges.add(time)
                if body.get("for_minutes") is not None:
                    edges.add(time + body["for_minutes"] * 60_000_000)
        for name, suffix in ((HERE, ""), (THEN, "_before")):
            begin, end = self.periods[name]
            inner = sorted({begin, end, *(each for each in edges if begin < each < end)})
            lasted = dict.fromkeys(("UP", "DEGRADED", "UNKNOWN", "SUSPENDED"), 0)
            for first, last in itertools.pairwise(inner):
                lasted[self.state_at(first)[0]] += last - first
            for state, length in lasted.items():
                self.found["channels", "states", state, f"lasted{suffix}"] = (length, frozenset())

    def simple(self) -> None:
        """What is counted by its kind and one member."""
        for section, table, kind, member, fixed in (
            ("channels", "calls", "CallMissed", "party", ()),
            (
                "shifts",
                "shifts",
                "ShiftTaken",
                "post",
                ("duty", "alternate", "senior", "political"),
            ),
        ):
            known = self.of(kind)
            for row in fixed or sorted({body[member] for _, _, body in known}):
                for name, column in ((HERE, "here"), (THEN, "before")):
                    begin, end = self.periods[name]
                    at = [p for p, t, b in known if begin <= t < end and b[member] == row]
                    self.put(section, table, row, column, value=len(at), at=at)
        harmed = [
            (position, time, body["harm"])
            for position, time, body in self.of("HarmReported")
            if body["harm"]["owner"] == self.party and time < self.periods[HERE][1]
        ]
        spans = {"here": self.periods[HERE], "before": self.periods[THEN]}
        spans["ever"] = (-(2**62), self.periods[HERE][1])
        for party in {each for _, _, harm in harmed for each in harm.get("told_before", ())}:
            for column, (begin, end) in spans.items():
                at = [
                    position
                    for position, time, harm in harmed
                    if begin <= time < end and party in harm.get("told_before", ())
                ]
                self.put("harm", "harm", party, column, value=len(at), at=at)
        for section, kinds, row in (
            ("changes", ("AgreementProposed",), "Versions proposed"),
            ("published", ("PublicationMade", "PublicationWithdrawn"), "Messages"),
        ):
            for name, column in ((HERE, "here"), (THEN, "before")):
                begin, end = self.periods[name]
                at = [p for p, t, b in self.entries if b["type"] in kinds and begin <= t < end]
                self.put(section, f"{section}-count", row, column, value=len(at), at=at)

    def questions(self) -> None:
        """What stood open at the end of each period, by what it is."""
        for name, column in ((HERE, "here"), (THEN, "before")):
            end = self.periods[name][1]
            past = [each for each in self.entries if each[1] < end]
            rows: dict[str, list[list[int]]] = {
                "Doubts": [],
                "Challenges of sites": [],
                "Consent that was asked for": [],
                "Questions in incidents": [],
                "Results of inquiries without a receipt": [],
            }
            for position, _, body in past:
                row, at = self.asked(past, position, body)
                if row:
                    rows[row] += at
            for row, found in rows.items():
                at = [one for each in found for one in each]
                self.put("questions", "open-count", row, column, value=len(found), at=at)

    def asked(self, past: Any, position: int, body: dict[str, Any]) -> tuple[str, list[list[int]]]:
        """What an entry asks that stands open after all of these, and the entries of each."""

        def said(kind: str, **wanted: Any) -> list[int]:
            return [
                at
                for at, _, one in past
                if one["type"] == kind and all(one[name] == of for name, of in wanted.items())
            ]

        match body["type"]:
            case "DoubtRaised":
                if not said("DoubtAnswered", doubt=body["doubt"]["id"], state="answered"):
                    return "Doubts", [[position]]
            case "SiteChallenged":
                by = body["challenge"]["party"]
                word = said("ChallengeAnswered", site=body["site"], party=by)
                if not [each for each in word if each > position]:
                    return "Challenges of sites", [[position]]
            case "QuestionAsked":
                steps = said("QuestionStepped", question=body["question"])
                overdue = said("QuestionOverdue", question=body["question"])
                answered = said("QuestionStepped", question=body["question"], state="answered")
                last = max([*steps, *overdue], default=-1)
                if last not in answered:
                    again = [
                        at
                        for at in said("QuestionStepped", question=body["question"])
                        if {p: b for p, _, b in past}[at]["step"] == "ask-again"
                    ]
                    return "Questions in incidents", [[position, *again]]
            case "ResultTransmitted":
                result = body["result"]
                return "Results of inquiries without a receipt", [
                    [position]
                    for party in result["to"]
                    if self.party in (party, result["party"])
                    and not said("ResultReceipted", result=result["id"], party=party)
                ]
            case _:
                pass
        return "", []

    def incidents(self) -> None:
        """Which incidents are known, and what each party is seen to have said in them."""
        end = self.periods[HERE][1]
        known: dict[str, list[tuple[int, int, dict[str, Any]]]] = {}
        for each in self.entries:
            told = each[2]["type"] in ("IncidentOpened", "PartiesNamed")
            if told and each[1] < end:
                known.setdefault(each[2]["incident"], []).append(each)
        kinds = {
            "AccountGiven": "accounts",
            "QuestionAsked": "questions",
            "EvidenceLodged": "evidence",
            "ResultTransmitted": "results",
        }
        for name, openings in known.items():
            begin = self.periods[HERE][0]
            said = [
                (position, time, kinds[body["type"]], self.speaker(body))
                for position, time, body in self.entries
                if body["type"] in kinds and body["incident"] == name and time < end
                if body.get("account", {}).get("audience") != "own"
            ]
            parties: set[str] = set()
            for _, _, body in openings:
                parties |= {body["party"], *body["parties"], *body.get("observers", ())}
                parties |= set(body.get("concerned", ()))
            first = openings[0][1]
            if not (begin <= first < end or any(begin <= time < end for _, time, _, _ in said)):
                continue
            for party in parties:
                for column in kinds.values():
                    at = [p for p, _, one, by in said if one == column and by == party]
                    key = ("incidents", "columns", name, party, column)
                    self.put(*key, value=len(at), at=at)
        for name, column in ((HERE, "here"), (THEN, "before")):
            begin, until = self.periods[name]
            at = [each[0][0] for each in known.values() if begin <= each[0][1] < until]
            key = ("incidents", "incidents-count", "Incidents that became known", column)
            self.put(*key, value=len(at), at=at)

    @staticmethod
    def speaker(body: dict[str, Any]) -> str:
        inner = body.get("account") or (body.get("result") if "result" in body else None) or body
        return inner["party"]

    def drills(self) -> None:
        """How many drills of each period reached each step, and how soon."""
        names = ["RECEIVED", "READ-BACK", "PASSED-DOWN", "LOADED by one unit"]
        whole = "all of it, by all units"
        counts = {"RECEIVED": ["RECEIVED"], "READ-BACK": ["READ-BACK"]}
        counts |= {"PASSED-DOWN": ["PASSED-DOWN", "LOADED"], "LOADED by one unit": ["LOADED"]}
        rows: dict[tuple[str, ...], Any] = {}
        for name in (HERE, THEN):
            begin, end = self.periods[name]
            drills: dict[str, list[tuple[int, int, dict[str, Any]]]] = {}
            for each in self.entries:
                kind = each[2]["type"]
                if kind in ("DrillSent", "DrillAnswered", "DrillMissed") and each[1] < end:
                    drills.setdefault(each[2]["drill"], []).append(each)
            mine = []
            for told in drills.values():
                _, time, body = told[0]
                sent = {"DrillSent": time, "DrillMissed": body.get("due_us", 0)}
                sent["DrillAnswered"] = time - body.get("after_us", 0)
                if begin <= sent[body["type"]] < end:
                    mine.append(told)
            for step in [*names, whole]:
                done: list[tuple[int, int]] = []
                left: list[int] = []
                for told in mine:
                    reached = [
                        (body["after_us"], at)
                        for at, _, body in told
                        if body["type"] == "DrillAnswered"
                        and (body.get("ends") if step == whole else body["verb"] in counts[step])
                    ]
                    done += [min(reached)] if reached else []
                    left += [] if reached else [told[0][0]]
                rows[step, name] = (mine, done, left)
        if not any(mine for mine, _, _ in rows.values()):
            return
        for (step, name), (mine, done, left) in rows.items():
            table = ("drills", "drill-steps", step, name)
            firsts = [told[0][0] for told in mine]
            at = [*firsts, *(at for _, at in done)]
            self.put(*table, "drills", value=len(mine), at=firsts)
            self.put(*table, "reached", value=len(done), at=[at for _, at in done])
            self.put(*table, "none", value=len(left), at=left)
            lengths = sorted([after for after, _ in done] + [math.inf] * len(left))
            for column, share in (("half", 50), ("ninety", 90)):
                rank = math.ceil(share * len(lengths) / 100)
                value = lengths[rank - 1] if lengths else math.inf
                self.put(*table, column, value=None if value == math.inf else int(value), at=at)

    def flights(self) -> None:
        """Own flights that ended in each period, added up one by one."""
        for name in (HERE, THEN):
            begin, end = self.periods[name]
            mine = [
                (at, body)
                for at, _, body in self.of("FlightMeasured")
                if body["party"] == self.party and begin <= body["until_us"] < end
            ]
            at = [position for position, _ in mine]
            named = [
                (body["intent"], body["feed"], body["track"], body["began_us"]) for _, body in mine
            ]
            total = dict.fromkeys(("inside", "outside", "unknown"), 0)
            excursions = longest = 0
            for _, body in mine:
                for each in total:
                    total[each] += body[f"{each}_us"]
                excursions += body["excursions"]
                longest = max(longest, body["longest_us"])
            known = total["inside"] + total["outside"]
            table = ("flights", "flights-time", "all own flights", name)
            self.put(*table, "flights", value=len(set(named)), at=at)
            self.put(*table, "flown", value=known + total["unknown"], at=at)
            for each, length in total.items():
                self.put(*table, each, value=length, at=at)
            table = ("flights", "flights-excursions", "all own flights", name)
            self.put(*table, "excursions", value=excursions, at=at)
            self.put(*table, "longest", value=longest, at=at)
            if known:
                share = math.floor(Fraction(total["inside"], known) * 10**6)
                self.put("flights", "flights-time", *table[2:], "share", value=share, at=at)
                hourly = math.ceil(Fraction(excursions * 3600 * 10**9, known))
                self.put(*table, "hourly", value=hourly, at=at)
            for state in ("Nonconforming", "Contingent"):
                became = [
                    position
                    for position, time, body in self.of("IntentStateChanged")
                    if begin <= time < end
                    and body["intent"] in [each[0] for each in named]
                    and body["state"] == state != body["before"]
                ]
                self.put(*table, state.lower(), value=len(became), at=became)
            if name == THEN:
                continue
            for position, body in mine:
                if body["outside_us"] or body["excursions"]:
                    ended = datetime.fromtimestamp(body["until_us"] // 10**6, UTC)
                    track = f"{body['track']} ({body['feed']})"
                    row = (f"{ended:%Y-%m-%dT%H:%M:%SZ}", body["intent"], track)
                    table = ("flights", "flights-outside", *row)
                    self.put(*table, "until", value=body["until_us"], at=[position])
                    for each in ("inside", "outside", "longest"):
                        self.put(*table, each, value=body[f"{each}_us"], at=[position])
                    self.put(*table, "excursions", value=body["excursions"], at=[position])

    # Counting

    def rules_at(self, time: int) -> list[tuple[str, int, dict[str, Any]]]:
        """Versions in force at a time: agreement, number, terms."""
        terms: dict[tuple[str, int], dict[str, Any]] = {}
        state: dict[tuple[str, int], str] = {}
        for _, at, body in self.entries:
            if at > time:
                break
            if body["type"] == "AgreementProposed":
                key = (body["agreement"], body["version"])
                terms[key], state[key] = body["terms"], "proposed"
            elif body["type"] in ("AgreementStepped", "AgreementMoment"):
                state[body["agreement"], body["version"]] = body["state"]
                for gone in (body.get("supersedes", 0), *body.get("supersedes_too", ())):
                    if gone:
                        state[body["agreement"], gone] = "superseded"
        return [(*key, terms[key]) for key in sorted(terms) if state[key] == "in-force"]

    def events(self) -> list[tuple[int, int, str, str | None, str | None, str, Any]]:
        """(position, time, what, of, towards, object, agreement) that may count."""
        found = []
        for position, time, body in self.warnings:
            warning = body["warning"]
            track, other = warning["objects"]
            of = track["party"] if track["party"] == self.party else None
            towards = other["party"] if other["type"] == "zone" else None
            if other["type"] == "track" and other["party"] == self.party:
                towards = self.party
            own = [each["id"] for each in (track, other) if each["party"] == self.party][:1]
            zone = [other["id"]] if other["type"] == "zone" else []
            found.append(
                (position, time, warning["kind"], of, towards, " ".join([*own, *zone]), None)
            )
        for position, time, body in self.of("NoticeIssued"):
            notice = body["notice"]
            for reliance in notice.get("under", ()):
                if reliance.get("late"):
                    subject = notice.get("subject")
                    about = notice["id"] if subject is None else subject["id"]
                    whose = (reliance["agreement"], reliance["version"])
                    sides = (notice.get("sender"), notice["recipient"])
                    found.append((position, time, "late-notice", *sides, about, whose))
        silent: set[str] = set()
        for position, time, body in self.of("NoticeEscalated"):
            if body.get("furthest") is None and body["notice"] not in silent:
                silent.add(body["notice"])
                sides = (body["recipient"], body.get("sender"))
                found.append((position, time, "unacknowledged", *sides, body["notice"], None))
        return sorted(found, key=lambda each: each[0])

    def rules_for(self, event: Any) -> list[tuple[str, str, int]]:
        """Agreement, provision and length of an episode of each rule that counts an event."""
        _, time, what, of, towards, _, whose = event
        if of is None or towards is None or of == towards:
            return []
        return [
            (agreement, provision["id"], thing.get("episode_s", 0) * 1_000_000)
            for agreement, version, terms in self.rules_at(time)
            if {of, towards} <= set(terms["parties"]) and whose in (None, (agreement, version))
            for provision in terms["provisions"]
            if provision["type"] == "counting"
            for thing in provision["counts"]
            if thing["what"] == what
        ]

    def items(self) -> list[dict[str, Any]]:
        """Each episode, in the order of its first entry."""
        items: list[dict[str, Any]] = []
        for event in self.events():
            position, time, what, of, towards, about, _ = event
            if time >= self.periods[HERE][1]:
                continue
            for agreement, provision, episode in self.rules_for(event):
                key = (agreement, provision, what, of, towards, about)
                same = [each for each in items if each["key"] == key]
                if episode and same and time - same[-1]["last"] <= episode:
                    same[-1]["at"].append(position)
                    same[-1]["last"] = time
                else:
                    name = f"{provision}/{what}/{position}"
                    items.append(
                        {"key": key, "at": [position], "begin": time, "last": time, "name": name}
                    )
        return items

    def counts(self) -> None:
        items = self.items()
        contested: dict[tuple[str, str], dict[str, int]] = {}
        for position, _, body in self.of("CountContested"):
            named = contested.setdefault((body["agreement"], body["item"]), {})
            named[body["party"]] = position
        for name in (HERE, THEN):
            begin, end = self.periods[name]
            for key in sorted({each["key"] for each in items}):
                agreement, _, what, of, towards, _ = key
                pair = (agreement, of, towards, what)
                rows = [
                    each
                    for each in items
                    if (each["key"][0], each["key"][3], each["key"][4], each["key"][2]) == pair
                ]
                shown = any(
                    self.periods[one][0] <= each["begin"] < self.periods[one][1]
                    for each in rows
                    for one in (HERE, THEN)
                )
                if not shown:
                    continue
                mine = [each for each in rows if begin <= each["begin"] < end]
                bad = [each for each in mine if (agreement, each["name"]) in contested]
                good = [each for each in mine if (agreement, each["name"]) not in contested]
                said = [at for each in bad for at in contested[agreement, each["name"]].values()]
                table = ("counts", "pairs", agreement, of, towards, what, name)
                for column, those, more in (
                    ("counted", mine, []),
                    ("contested", bad, said),
                    ("without", good, []),
                ):
                    at = [*more, *(one for each in those for one in each["at"])]
                    self.put(*table, column, value=len(those), at=at)
        begin, end = self.periods[HERE]
        for each in items:
            if begin <= each["begin"] < end:
                table = ("counts", "items", each["name"])
                self.put(*table, "begin", value=each["begin"], at=each["at"][:1])
                self.put(*table, "entries", value=len(each["at"]), at=each["at"])
