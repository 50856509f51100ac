"""The wire structs of what goes out of agreements, of what is asked under them, of red lines."""

from __future__ import annotations

from typing import Literal

from wideberth.faces.api.told import ChangeOut, ObjectOut, Out
from wideberth.model.agreements import Act, AgreementState, LegalKind, Terms
from wideberth.model.consents import Verdict
from wideberth.wire.asked import VolumeWire

Change = Literal[
    "proposed", "accept", "decline", "sign", "suspend", "resume", "end", "declare-condition",
    "lift-condition", "report-met", "effective", "lapse", "reminder-14", "reminder-7",
    "reminder-1", "expiry", "condition", "publish", "unpublish",
]  # fmt: skip
"""``proposed``, an act, or a time that was reached."""


class ProvisionChangeOut(Out, frozen=True, kw_only=True):
    """What a version does with a provision. id: empty for what stands above them all."""

    id: str
    change: Literal["added", "removed", "changed"]
    fields: list[ChangeOut] = []


class AgreementTold(Out, frozen=True, kw_only=True):
    """The answer to a proposal. text: the one canonical text; digest: its SHA-256, to be signed."""

    agreement: str
    version: int
    digest: str
    text: str
    changes: list[ProvisionChangeOut]
    position: int
    time: str


class AgreementActed(Out, frozen=True, kw_only=True):
    """The answer to an act on a version. state: after it."""

    agreement: str
    version: int
    act: Act
    state: AgreementState
    provisions: list[str]
    position: int
    time: str


class SignatureOut(Out, frozen=True, kw_only=True):
    """Who signed which digest. sheet: of a mirror, whose sheet it stands on."""

    party: str
    digest: str
    time: str
    sheet: str | None = None


class WantedOut(Out, frozen=True, kw_only=True):
    """Whose signature is missing, and on whose sheet."""

    party: str
    sheet: str | None = None


class AcceptedOut(Out, frozen=True, kw_only=True):
    """What a party accepted so far; nothing else is."""

    party: str
    provisions: list[str]


class SuspensionOut(Out, frozen=True, kw_only=True, omit_defaults=False):
    """What does not apply (none named: all of it), since when, by whom and why. STOP: whether it
    stays usable, which it does unless the agreement excludes it in so many words.
    """

    by: str
    since: str
    reason: str
    provisions: list[str]
    stop_usable: bool


class ConditionOut(Out, frozen=True, kw_only=True):
    """A declared condition: who has reported that it met it, and who had not in time."""

    provision: str
    by: str
    since: str
    due: str
    met: list[str] = []
    failed: list[str] = []


class AreaOut(Out, frozen=True, kw_only=True):
    """Where a provision holds. rule: as clashes cite it."""

    rule: str
    provision: str
    bound: list[str]
    volumes: list[VolumeWire]


class AgreementOut(Out, frozen=True, kw_only=True):
    """A version and where it stands. unsigned: whose signatures are missing. own_draft: of your
    party alone. text, terms: of one that was asked for by itself.
    """

    agreement: str
    version: int
    state: AgreementState
    kind: LegalKind
    title: str
    party: str
    parties: list[str]
    digest: str
    effective: str
    expires: str
    proposed: str
    answer_by: str
    neutral: str | None = None
    replaces: int = 0
    changes: list[ProvisionChangeOut] = []
    accepted: list[AcceptedOut] = []
    signatures: list[SignatureOut] = []
    unsigned: list[WantedOut] = []
    suspension: SuspensionOut | None = None
    conditions: list[ConditionOut] = []
    closed_by: str | None = None
    closed: str | None = None
    reason: str = ""
    terms: Terms | None = None
    text: str | None = None
    areas: list[AreaOut] = []


class AgreementsPage(Out, frozen=True, kw_only=True, omit_defaults=False):
    """Versions that concern you, by agreement and version. next: null at the end."""

    agreements: list[AgreementOut]
    next: str | None


class DraftOut(Out, frozen=True, kw_only=True):
    """A text that only your party sees."""

    agreement: str
    revision: int
    terms: Terms


class DraftTold(Out, frozen=True, kw_only=True):
    """The answer to keeping a draft."""

    draft: DraftOut
    position: int
    time: str


class DraftsPage(Out, frozen=True, kw_only=True, omit_defaults=False):
    """Your party's drafts."""

    drafts: list[DraftOut]
    next: str | None


class ConsentOut(Out, frozen=True, kw_only=True):
    """Something that was asked. verdict: left out until the party entitled answers; sentence: then
    what that means.
    """

    id: str
    agreement: str
    version: int
    provision: str
    party: str
    words: str
    asked: str
    entitled: list[str]
    answer_by: str | None = None
    overdue: bool = False
    intent: str | None = None
    verdict: Verdict | None = None
    by: str | None = None
    answered: str | None = None
    reason: str = ""
    sentence: str | None = None


class ConsentTold(Out, frozen=True, kw_only=True):
    """The answer to asking."""

    consent: ConsentOut
    position: int
    time: str


class ConsentAnsweredOut(Out, frozen=True, kw_only=True):
    """The answer to answering."""

    consent: str
    verdict: Verdict
    position: int
    time: str


class ConsentsPage(Out, frozen=True, kw_only=True, omit_defaults=False):
    """What was asked under agreements of yours, by id."""

    consents: list[ConsentOut]
    next: str | None


class ApproachOut(Out, frozen=True, kw_only=True):
    """What comes up to a red line of yours. Nobody else is told, and nothing is recorded.

    track: one that you see and that flies; party: whose it is.
    """

    red_line: str
    about: ObjectOut | None = None
    party: str | None = None
    why: str
    track: str | None = None
    feed_party: str | None = None


class RedLineOut(Out, frozen=True, kw_only=True):
    """A red line of yours."""

    id: str
    name: str
    volumes: list[VolumeWire] = []
    kinds: list[str] = []
    least_lead_s: int | None = None
    least_distance_m: int | None = None
    longest_s: int | None = None


class RedLineTold(Out, frozen=True, kw_only=True):
    """The answer to setting a red line."""

    red_line: RedLineOut
    position: int
    time: str


class RedLinesOut(Out, frozen=True, kw_only=True, omit_defaults=False):
    """Your red lines, and what now comes up to them: proposals, and intents that you may see."""

    red_lines: list[RedLineOut]
    approaches: list[ApproachOut]


class TemplateOut(Out, frozen=True, kw_only=True):
    """A template: where its numbers come from, and a text to edit before it is proposed."""

    name: str
    title: str
    source: str
    kind: LegalKind
    note: str
    terms: Terms | None = None


class TemplatesOut(Out, frozen=True, kw_only=True, omit_defaults=False):
    """The templates that come with the program."""

    templates: list[TemplateOut]


class AgreementEvent(Out, frozen=True, kw_only=True):
    """Something became of a version that concerns you. change: ``proposed``, an act, or a time that
    was reached. red_lines: of yours that a proposal comes up to; nobody else is told.
    """

    agreement: str
    version: int
    change: Change
    position: int
    time: str
    state: AgreementState | None = None
    party: str | None = None
    digest: str | None = None
    replaces: int = 0
    changes: list[ProvisionChangeOut] = []
    provisions: list[str] = []
    failed: list[str] = []
    reason: str = ""
    red_lines: list[ApproachOut] = []


class CountContestedOut(Out, frozen=True, kw_only=True):
    """Your reason beside an item of a count is in the record."""

    agreement: str
    version: int
    item: str
    position: int
    time: str


class CountContestedEvent(Out, frozen=True, kw_only=True):
    """A party of an agreement contests an item of a count under it. The item stays counted."""

    agreement: str
    version: int
    item: str
    party: str
    reason: str
    position: int
    time: str


class DraftEvent(Out, frozen=True, kw_only=True):
    """Your party kept a draft."""

    draft: DraftOut
    position: int
    time: str


class ConsentEvent(Out, frozen=True, kw_only=True):
    """Something was asked under an agreement of yours, or answered."""

    consent: str
    position: int
    time: str
    asked: ConsentOut | None = None
    verdict: Verdict | None = None
    by: str | None = None
    reason: str = ""


class RedLineEvent(Out, frozen=True, kw_only=True):
    """A red line of yours was set, or removed."""

    red_line: str
    change: Literal["set", "removed"]
    position: int
    time: str
