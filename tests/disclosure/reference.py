"""What a party may see, written slowly from the words of the design, section 5, and from the plain
list of entries alone. It shares no code with the rules, the picture or the face but the entries.

* Visibility of an intent: ``open`` to all, ``named`` to those named, ``on-conflict``: others learn
  only that something clashes with theirs, which kind, the part on the agreed grid, whom to call.
* Notices are told to their recipient; whoever sent one may follow it only where it sees the
  object of the recipient's for which it was issued; the owner of a presence follows what it holds.
* Zones, rules, the names and keys of parties are everybody's. Subscriptions, requests and
  distribution lists are their owner's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

import msgspec

from wideberth.model import entries as e
from wideberth.model.intents import Intent, IntentKind, IntentState, VisibilityLevel
from wideberth.model.notices import Notice

_NUMBER = re.compile(r"(?<![\w.+/=-])-?\d+(?:\.\d+)?(?![\w+/=]|\.\d)")
_BEAT_US = 5 * 60 * 1_000_000  # L-05: from one status of a hazard to the next
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)  # noqa: UP017  # as the words have it


@dataclass
class Known:
    """texts: words that the party may read somewhere; the rest: what lists have to hold."""

    texts: set[str] = field(default_factory=set)
    intents: set[str] = field(default_factory=set)
    notices: list[str] = field(default_factory=list)
    followed: set[str] = field(default_factory=set)
    readable: set[int] = field(default_factory=set)
    events: int = 0


def sees(intent: Intent, party: str) -> bool:
    """Whether the party sees the whole intent."""
    if intent.party == party or intent.visibility.level is VisibilityLevel.OPEN:
        return True
    return party in intent.visibility.parties


def words(value: Any) -> Iterator[str]:
    """Every word and number by which something of a value could be recognised."""
    for name, each in _leaves("", msgspec.to_builtins(value)):
        if isinstance(each, str):
            if len(each) > 5:
                yield each
        elif isinstance(each, int) and not isinstance(each, bool):
            yield from _number(name, each)


def _number(name: str, value: int) -> Iterator[str]:
    """A number as it stands in the record, and as the API writes it."""
    if name.endswith("_us"):
        yield str(value)
        yield when(value)
    elif name.endswith("_nd") or name == "vertices":
        yield str(value)
        yield repr(value / 1_000_000_000)
    elif name.endswith("_mm"):
        yield str(value)
        yield repr(value / 1000)


def when(time_us: int) -> str:
    """An instant as the API writes it."""
    text = (_EPOCH + timedelta(microseconds=time_us)).isoformat().replace("+00:00", "Z")
    return re.sub(r"(\.\d*?)0+Z$", r"\1Z", text)


def _leaves(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _leaves(key, each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _leaves(name, each)
    else:
        yield name, value


def secrets(entries: list[e.Entry]) -> set[str]:
    """Every word that stands anywhere in the record and means something of its own."""
    found: set[str] = set()
    for entry in entries:
        match entry.body:
            case e.IntentAccepted(intent=intent) | e.IntentAmended(intent=intent):
                found.update(_of_intent(intent))
            case e.IntentStateChanged(ovn=ovn):
                found.add(ovn)
            case e.NoticeIssued(notice=notice):
                found.add(notice.id)
            case e.SubscriptionOpened(subscription=subscription):
                found.add(subscription.id)
            case e.PartyRegistered(party=party):
                found.update(party.units)
            case _:
                pass
        if entry.request is not None:
            found.add(entry.request)
    return {each for each in found if _tells_something(each)}


def _of_intent(intent: Intent) -> set[str]:
    found = {intent.id, intent.ovn, *words(intent.volumes)}
    return found | {each for each in (intent.call_sign, intent.place_name) if each is not None}


def _tells_something(word: str) -> bool:
    """Not a line of the grid (0.01 degrees, 50 m, five minutes), and not a small number: whoever
    feels an intent is told such, and many things have them.
    """
    if re.fullmatch(r"-?\d+(\.\d+)?", word):
        value = float(word)
        is_degrees = "." in word and abs(value * 100 - round(value * 100)) < 1e-9
        return len(word) > 4 and not is_degrees and value % 50 != 0
    return re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d[05]:00Z", word) is None


def known(entries: list[e.Entry], party: str) -> Known:  # noqa: C901, PLR0912, PLR0915  # a table
    """What the party may know after these entries."""
    may = Known()
    last: dict[str, Intent] = {}
    seen: set[str] = set()  # intents of which it saw a version
    notices: dict[str, Notice] = {}
    mine: set[int] = set()  # numbers of its subscriptions
    open_notices: set[str] = set()
    channels: dict[str, str] = {}
    neutrals: set[str] = set()
    hazards: dict[str, set[str]] = {}  # who was told of it by a notice that named it
    for position, entry in enumerate(entries):
        body = entry.body
        readable = False
        event = False
        match body:
            case e.SpaceOpened() | e.RulesAdopted() | e.KeyEnrolled() | e.KeyRevoked():
                readable = True
            case e.ZoneDeclared(zone=zone):
                readable, event = True, zone.party == party
            case e.ZoneWithdrawn():
                readable, event = True, body.party == party
            case e.PartyRegistered():
                readable = body.party.id == party
                if body.party.neutral:
                    neutrals.add(body.party.id)
            case e.IntentAccepted(intent=intent) | e.IntentAmended(intent=intent):
                before = last.get(intent.id)
                last[intent.id] = intent
                if sees(intent, party):
                    may.texts |= _of_intent(intent)
                    seen.add(intent.id)
                    # an amendment quotes the version before
                    readable = before is None or sees(before, party)
                event = intent.party == party
                if event and intent.kind is IntentKind.HAZARD:  # when its first status is due
                    may.texts.add(when(intent.start_us + _BEAT_US))
            case e.IntentStateChanged(intent=intent_id):
                stepped = msgspec.structs.replace(
                    last[intent_id], state=body.state, version=body.version, ovn=body.ovn
                )
                last[intent_id] = stepped
                if sees(stepped, party):
                    may.texts.add(body.ovn)
                readable = event = body.party == party
            case e.SubscriptionOpened(subscription=subscription):
                readable = subscription.party == party
                if readable:
                    may.texts |= {subscription.id, *words(subscription.volume)}
                    mine.add(subscription.number)
            case e.SubscriptionClosed():
                readable = body.party == party
            case e.SubscribersNotified(subject=subject, subscriptions=numbers):
                event = subject.id in seen and bool(mine & set(numbers))
                assert subject.id in seen or not mine & set(numbers), "told of what it never saw"
            case e.NoticeIssued(notice=notice):
                notices[notice.id] = notice
                open_notices.add(notice.id)
                if notice.subject is not None:
                    hazards.setdefault(notice.subject.id, set()).add(notice.recipient)
                readable = event = notice.recipient == party
                if readable:
                    may.notices.append(notice.id)
                    _check_notice(notice, party, last, seen)
                if readable or party in notice.held_by or _follows(notice, party, last, notices):
                    may.texts.add(notice.id)
            case e.NoticeAcknowledged():
                notice = notices[body.acknowledgement.notice]
                as_sender = body.sender == party and _follows(notice, party, last, notices)
                assert body.sender != party or as_sender, "an answer that it may not follow"
                readable = event = body.recipient == party or as_sender
                open_notices -= set(body.closes)
                if as_sender:
                    may.texts |= {notice.id, *body.closes}
                    may.texts |= set(words(body.acknowledgement))
            case e.NoticeEscalated():
                notice = notices[body.notice]
                as_sender = body.sender == party and _follows(notice, party, last, notices)
                assert body.sender != party or as_sender, "a step that it may not follow"
                readable = event = body.recipient == party or as_sender
            case (
                e.HeartbeatGiven()
                | e.HeartbeatMissed()
                | e.ChannelSuspended()
                | e.ChannelResumed()
                | e.ChannelReported()
            ):
                readable = body.party == party
                event = _heard(channels, neutrals, body, party)
            case e.HazardStated() | e.HazardUnheard() | e.AllClearGiven():
                readable = body.party == party
                told = party in hazards.get(body.intent, ()) and sees(last[body.intent], party)
                event = readable or (told and not isinstance(body, e.AllClearGiven))
                if event:
                    may.texts.add(body.intent)
            case e.ShiftTaken():
                readable = event = body.party == party
            case e.CeilingSet():
                readable = event = party in (body.party, body.recipient, body.sender)
            case e.StopToUnits():
                readable = event = body.party == party
            case e.StopAcknowledged():
                readable = party in (body.party, body.sender)
                event = readable or party in neutrals
            case e.StopRepeated():
                event = party in (body.sender, *body.neutrals, *body.parties)
            case e.AvoidingSuggested() | e.AvoidingWithheld():
                readable = event = body.party == party
            case e.AvoidingTold():
                readable = event = body.recipient == party
            case e.DoubtRaised(doubt=doubt):
                readable = body.owner == party or (doubt.party == party and not doubt.hidden)
                event = party in (body.owner, doubt.party) or (
                    party in hazards.get(body.item.id, ())
                    and (body.item.type == "zone" or sees(last[body.item.id], party))
                )
            case e.DoubtAnswered():
                readable = body.party == party or (body.raised_by == party and not body.hidden)
                event = party in (body.party, body.raised_by) or (
                    party in hazards.get(body.item.id, ())
                    and (body.item.type == "zone" or sees(last[body.item.id], party))
                )
            case e.NeutralCalled():
                readable = event = body.neutral == party
                if readable and body.subject is not None and body.subject.type == "intent":
                    assert sees(last[body.subject.id], party), "the neutral is told what is hidden"
            case e.NoticeReleased():
                readable = event = party in (body.recipient, body.by.party)
                open_notices -= set(body.closes)
            case e.WarningRaised() | e.WarningWorsened() | e.WarningCleared():
                event = party in body.warning.parties
                readable = body.warning.parties == (party,) and all(
                    each.type == "zone" or each.party == party for each in body.warning.objects
                )
            case e.FlightMeasured() | e.SteppedByTrack() | e.ConformanceAnalysed():
                readable = body.party == party
            case e.HiddenChecked():
                event = any(owner == party for owner, _ in body.owners)
            case e.SharingAssessed():
                readable = event = body.sharing.owner == party
            case e.SharingWithdrawn():
                readable = event = body.owner == party
            case e.SitesDelivered():
                readable = body.recipient == party
                event = any(owner == party for owner, _ in body.owners)
            case e.SiteStale():
                readable = sees(body.intent, party)
                event = readable if body.chased == 1 else body.intent.party == party
            case e.SiteChallenged():
                readable = party in (body.owner, body.challenge.party)
                event = party in body.concerned
            case e.ChallengeAnswered() | e.SiteReviewed():
                readable = party in (body.owner, body.party)
                event = party in body.concerned
            case e.HarmReported():
                readable = party == body.harm.owner  # it names who was told before
                event = party in body.concerned
            case e.ExportRequested():
                readable = event = body.export.party == party
            case e.ExportCountersigned():
                readable = event = body.party == party
            case e.AgreementDrafted():
                readable = event = body.draft.party == party
            case e.AgreementProposed():
                readable = event = party in body.terms.concerned
            case e.DrillSent() | e.DrillTaken():
                readable = body.recipient == party
                event = readable and isinstance(body, e.DrillSent)
            case e.DrillAnswered() | e.DrillMissed():
                readable = event = party in body.seen_by
            case e.DrillPlanned():
                pass
            case e.ReadBackTestBegun() | e.ReadBackTestJudged():
                readable = body.party == party
            case e.AgreementStepped() | e.AgreementMoment() | e.CallMissed() | e.CountContested():
                readable = event = party in body.concerned
            case e.PublicationMade() | e.PublicationWithdrawn():
                readable = event = party in body.concerned
            case e.SealKeyOffered():
                readable = True
            case e.TextSealed():
                readable = event = party in (body.text.sender, *body.text.parties)
            case e.RedLineSet():
                readable = event = body.red_line.party == party
            case e.RedLineRemoved():
                readable = event = body.party == party
            case e.StopTold():
                event = True  # it goes to everybody, its place to those who see it
                readable = body.stop.intent is None or body.stop.sender == party
                if body.stop.intent is not None and not sees(last[body.stop.intent], party):
                    assert body.stop.intent not in may.texts, "the place of a STOP is hidden"
            case e.TouchesWithdrawn():
                event = party in body.told
            case _:
                pass  # everything else is the mechanism's own
        if readable:
            may.readable.add(position)
            may.texts |= set(words(entry))
        if entry.author.party == party and entry.request is not None:
            may.texts.add(entry.request)
        may.events += event
    may.intents = {
        intent.id
        for intent in last.values()
        if intent.state is not IntentState.ENDED and sees(intent, party)
    }
    may.followed = {
        each
        for each in open_notices
        if notices[each].recipient == party
        or party in notices[each].held_by
        or (notices[each].sender == party and _follows(notices[each], party, last, notices))
    }
    may.texts |= may.followed
    for each in may.followed:
        if notices[each].sender == party:  # which units were not reached: opaque tokens (D-04)
            may.texts.update(notices[each].units)
    return may


def _heard(channels: dict[str, str], neutrals: set[str], body: Any, party: str) -> bool:
    """Whether a party has an event of what became of a channel: its own; a change, where it takes
    part in heartbeats or is a neutral; what it reported itself.
    """
    about = body.about if isinstance(body, e.ChannelReported) else body.party
    before = channels.get(about, "")
    match body:
        case e.HeartbeatGiven():
            after = "DEGRADED" if body.degraded else "UP"
            after = before if before == "SUSPENDED" else after
        case e.HeartbeatMissed():
            after = "UNKNOWN"
        case e.ChannelSuspended():
            after = "SUSPENDED"
        case e.ChannelResumed():
            after = "UP"
        case _:
            after = before if before == "SUSPENDED" else body.state.value
    channels[about] = after
    quiet = isinstance(body, e.HeartbeatGiven) and before == after
    sides = {about} if quiet else {about, *channels, *neutrals}
    return party in (sides | {body.party} if isinstance(body, e.ChannelReported) else sides)


def _follows(
    notice: Notice, party: str, last: dict[str, Intent], notices: dict[str, Notice]
) -> bool:
    """Whether its sender sees an object of the recipient's for which it, or one before it that it
    takes the place of, was issued.
    """
    if notice.sender != party:
        return False
    if notice.removal:
        return True
    waiting, done = [notice], set[str]()
    while waiting:
        each = waiting.pop()
        done.add(each.id)
        for clash in each.clashes:
            if clash.own is None:
                continue
            if clash.own.type == "zone" or sees(last[clash.own.id], party):
                return True
        waiting += [notices[one] for one in each.supersedes if one not in done]
    return False


def _check_notice(notice: Notice, party: str, last: dict[str, Intent], seen: set[str]) -> None:
    """A notice names nothing that its recipient has not seen, and says of what it feels no more
    than lies on the grid.
    """
    for clash in notice.clashes:
        if clash.other is not None:
            if clash.other.type == "intent":
                assert clash.other.id in seen, "a notice names what is hidden"
            continue
        assert clash.other_party is None, "a notice names the party of what is hidden"
        assert (clash.gap.horizontal_mm, clash.gap.vertical_mm, clash.gap.time_us) == (0, 0, 0)
        own = set() if clash.own is None else set(words(last.get(clash.own.id)))
        overlap = clash.overlap
        for cell in overlap.cells:
            assert cell.south_nd % 10_000_000 == cell.west_nd % 10_000_000 == 0
        for value_us in (overlap.start_us, overlap.end_us):
            is_own = clash.own is None or clash.own.type == "zone" or str(value_us) in own
            assert value_us % 300_000_000 == 0 or is_own, "a time off the grid"
        for value_mm in (overlap.lower_mm, overlap.upper_mm):
            is_own = clash.own is None or clash.own.type == "zone" or str(value_mm) in own
            assert value_mm % 50_000 == 0 or is_own, "a height off the grid"
    if notice.subject is not None and notice.subject.type == "intent":
        assert notice.subject.id in seen, "the subject of a notice is hidden"
    else:
        assert notice.subject is not None or notice.sender is None, "a hidden subject has no sender"
    if notice.subject is None:
        assert (notice.lead_us, notice.late) == (0, False)


def said_too_much(
    entries: list[e.Entry], party: str, texts: Iterable[str], own: Iterable[Any]
) -> set[str]:
    """Words of the record that stand in the texts and that the party may not know. own: what the
    party said or asked itself.
    """
    may = known(entries, party).texts | set(_plain_words(own))
    text = "\n".join(texts)
    numbers = set(_NUMBER.findall(text))
    return {
        word
        for word in secrets(entries) - may
        if (word in numbers if re.fullmatch(r"-?\d+(\.\d+)?", word) else word in text)
    }


def _plain_words(values: Iterable[Any]) -> Iterator[str]:
    for value in values:
        text = json.dumps(value)
        yield from _NUMBER.findall(text)
        yield from re.findall(r'"([^"]*)"', text)
