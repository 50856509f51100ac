"""The rules of a space as text: ``[rules]`` of a settings file or a file of its own, and back.

Lengths stand in metres and times in seconds in the file, and in millimetres and microseconds in
the model.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from wideberth.errors import InvalidValue
from wideberth.layered import MOST_M, Layers, mm_of, read_toml, us_of
from wideberth.model.intents import IntentKind
from wideberth.model.loads import LoadRule
from wideberth.model.notices import Urgency
from wideberth.model.questions import QuestionTimes
from wideberth.model.settings import (
    DEFAULT_RULES,
    Area,
    Effect,
    KindLimit,
    PairRule,
    Plausible,
    ReadBackTolerance,
    Rules,
)
from wideberth.space.time import DAY_US, SECOND_US
from wideberth.space.vertical import TerrainBound
from wideberth.space.volume import NANODEGREES, Separation

__all__ = ["RulesTable", "checked_rules", "format_rules", "load_rules", "rules_of"]


class _Apart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    horizontal_m: float = 0.0
    vertical_m: float = 0.0
    time_s: float = 0.0

    def separation(self) -> Separation:
        return Separation(
            mm_of(self.horizontal_m, "horizontal_m"),
            mm_of(self.vertical_m, "vertical_m"),
            us_of(self.time_s, "time_s"),
        )


class _Pair(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kinds: tuple[IntentKind, IntentKind]
    effect: Effect = Effect.WARN
    separation: _Apart = _Apart()
    urgency: Urgency = Urgency.PROMPT
    higher_priority_passes: bool = True
    key_proves: bool = True

    def rule(self) -> PairRule:
        return PairRule(
            self.kinds,
            self.effect,
            self.separation.separation(),
            self.urgency,
            self.higher_priority_passes,
            self.key_proves,
        )


class _Limit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kind: IntentKind
    minimum_lead_s: float = 0.0
    horizon_s: float = KindLimit(IntentKind.FLIGHT).horizon_us / SECOND_US
    longest_s: float = KindLimit(IntentKind.FLIGHT).longest_us / SECOND_US

    def limit(self) -> KindLimit:
        return KindLimit(
            self.kind,
            minimum_lead_us=us_of(self.minimum_lead_s, "minimum_lead_s"),
            horizon_us=us_of(self.horizon_s, "horizon_s"),
            longest_us=us_of(self.longest_s, "longest_s"),
        )


class _Terrain(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    lowest_msl_m: float
    highest_msl_m: float


class _ReadBack(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    horizontal_m: float = ReadBackTolerance().horizontal_mm / 1000
    vertical_m: float = ReadBackTolerance().vertical_mm / 1000
    time_s: float = ReadBackTolerance().time_us / SECOND_US


class _Area(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    south: float
    west: float
    north: float
    east: float

    def area(self) -> Area:
        for name, most in (("south", 90), ("west", 180), ("north", 90), ("east", 180)):
            value = getattr(self, name)
            if not abs(value) <= most:
                raise InvalidValue(f"area.{name}", "degrees", value, f"give -{most} to {most}")
        if self.north <= self.south or self.east == self.west:
            raise InvalidValue(
                "area", "empty-area", str(self), "give a north over the south, and a width"
            )
        sides = (self.south, self.west, self.north, self.east)
        return Area(*(round(side * NANODEGREES) for side in sides))


class _Plausible(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    moved_km: float = DEFAULT_RULES.plausible.moved_mm / 1_000_000
    site_moved_km: float = DEFAULT_RULES.plausible.site_moved_mm / 1_000_000
    named_km: float = DEFAULT_RULES.plausible.named_mm / 1_000_000
    coast: bool = DEFAULT_RULES.plausible.coast

    def plausible(self) -> Plausible:
        return Plausible(
            moved_mm=mm_of(self.moved_km * 1000, "plausible.moved_km"),
            site_moved_mm=mm_of(self.site_moved_km * 1000, "plausible.site_moved_km"),
            named_mm=mm_of(self.named_km * 1000, "plausible.named_km"),
            coast=self.coast,
        )


class _Clocks(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    step_s: float = DEFAULT_RULES.clock_step_us / SECOND_US
    every_s: float = DEFAULT_RULES.clock_every_us / SECOND_US
    cap_s: float = DEFAULT_RULES.clock_cap_us / SECOND_US
    limit_s: float = DEFAULT_RULES.clock_limit_us / SECOND_US


class _Questions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    answer_days: float = DEFAULT_RULES.questions.answer_us / DAY_US
    urgent_days: float = DEFAULT_RULES.questions.urgent_us / DAY_US
    receipt_days: float = DEFAULT_RULES.questions.receipt_us / DAY_US

    def times(self) -> QuestionTimes:
        for name in self.__struct_fields__:
            days = getattr(self, name)
            if not 0.01 <= days <= 366:
                raise InvalidValue(f"questions.{name}", "days", days, "give 0.01 to 366 days")
        return QuestionTimes(
            answer_us=round(self.answer_days * DAY_US),
            urgent_us=round(self.urgent_days * DAY_US),
            receipt_us=round(self.receipt_days * DAY_US),
        )


class RulesTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[rules]``. pairs and limits not given here are those of the default rules.

    terrain: metres above mean sea level.
    """

    version: str
    default: Effect = DEFAULT_RULES.default
    separation: _Apart = _Apart()
    same_party: bool = DEFAULT_RULES.same_party
    assess_sharing: bool = DEFAULT_RULES.assess_sharing
    sites_a_day: int = DEFAULT_RULES.sites_a_day
    seal_texts: bool = DEFAULT_RULES.seal_texts
    need_to_know: bool = DEFAULT_RULES.need_to_know
    read_back_test_days: int = DEFAULT_RULES.read_back_test_us // DAY_US
    pairs: tuple[_Pair, ...] = ()
    limits: tuple[_Limit, ...] = ()
    terrain: _Terrain | None = None
    pressure_error_m: float | None = None
    cell_deg: float = DEFAULT_RULES.cell_nd / NANODEGREES
    check_budget: int = DEFAULT_RULES.check_budget
    withdrawn_touches: int = DEFAULT_RULES.withdrawn_touches
    check_largest_m: float = DEFAULT_RULES.check_largest_mm / 1000
    read_back: _ReadBack = _ReadBack()
    area: _Area | None = None
    plausible: _Plausible = _Plausible()
    clocks: _Clocks = _Clocks()
    questions: _Questions = _Questions()
    load: LoadRule = LoadRule()


def load_rules(path: Path) -> Rules:
    """The rules in a file: its ``[rules]`` table, or the file itself. Raises InvalidValue."""
    raw = read_toml(path)
    layers = Layers(path.name, {"rules": raw.get("rules", raw)})
    return rules_of(layers.converted(_RulesFile).rules, path)


class _RulesFile(msgspec.Struct, frozen=True):
    rules: RulesTable


def rules_of(settings: RulesTable | None, path: Path) -> Rules:
    """The rules that the settings ask for; the default ones for None. Raises InvalidValue."""
    try:
        return checked_rules(settings)
    except InvalidValue as error:
        raise Layers(path.name).refused(error, "rules") from None


def checked_rules(settings: RulesTable | None) -> Rules:
    """What :func:`rules_of` gives. Raises InvalidValue naming the key within the table."""
    if settings is None:
        return DEFAULT_RULES
    rules = _rules(settings)
    _check_people_are_spared(rules)
    return rules


def format_rules(rules: Rules) -> str:
    """The rules as TOML that :func:`load_rules` reads back to the same rules, the default ones too.

    >>> format_rules(DEFAULT_RULES).splitlines()[:2]
    ['[rules]', 'version = "default-2"']
    """
    lines = [
        "[rules]",
        f"version = {_text(rules.version)}",
        f"default = {_text(rules.default)}",
        f"separation = {_format_apart(rules.separation)}",
        f"same_party = {str(rules.same_party).lower()}",
        f"assess_sharing = {str(rules.assess_sharing).lower()}",
        f"sites_a_day = {rules.sites_a_day}",
        f"seal_texts = {str(rules.seal_texts).lower()}",
        f"need_to_know = {str(rules.need_to_know).lower()}",
        f"read_back_test_days = {rules.read_back_test_us // DAY_US}",
    ]
    if rules.terrain is not None:
        lowest, highest = rules.terrain.lowest_msl_mm / 1000, rules.terrain.highest_msl_mm / 1000
        lines.append(f"terrain = {{ lowest_msl_m = {lowest}, highest_msl_m = {highest} }}")
    if rules.area is not None:
        sides = zip(("south", "west", "north", "east"), rules.area.bounds, strict=True)
        lines.append(f"area = {{ {', '.join(f'{name} = {side}' for name, side in sides)} }}")
    far = rules.plausible
    lines.append(
        f"plausible = {{ moved_km = {far.moved_mm / 1_000_000},"
        f" site_moved_km = {far.site_moved_mm / 1_000_000},"
        f" named_km = {far.named_mm / 1_000_000}, coast = {str(far.coast).lower()} }}"
    )
    if rules.pressure_error_mm is not None:
        lines.append(f"pressure_error_m = {rules.pressure_error_mm / 1000}")
    off = rules.read_back
    lines += [
        f"cell_deg = {rules.cell_nd / NANODEGREES}",
        f"check_budget = {rules.check_budget}",
        f"withdrawn_touches = {rules.withdrawn_touches}",
        f"check_largest_m = {rules.check_largest_mm / 1000}",
        f"read_back = {{ horizontal_m = {off.horizontal_mm / 1000},"
        f" vertical_m = {off.vertical_mm / 1000}, time_s = {off.time_us / SECOND_US} }}",
        f"clocks = {{ step_s = {rules.clock_step_us / SECOND_US},"
        f" every_s = {rules.clock_every_us / SECOND_US},"
        f" cap_s = {rules.clock_cap_us / SECOND_US},"
        f" limit_s = {rules.clock_limit_us / SECOND_US} }}",
        f"questions = {{ answer_days = {rules.questions.answer_us / DAY_US},"
        f" urgent_days = {rules.questions.urgent_us / DAY_US},"
        f" receipt_days = {rules.questions.receipt_us / DAY_US} }}",
        f"load = {{ percent = {rules.load.percent}, weeks = {rules.load.weeks},"
        f" least = {rules.load.least} }}",
    ]
    for pair in rules.pairs:
        lines += [
            "",
            "[[rules.pairs]]",
            f"kinds = [{_text(pair.kinds[0])}, {_text(pair.kinds[1])}]",
            f"effect = {_text(pair.effect)}",
            f"separation = {_format_apart(pair.separation)}",
            f"urgency = {_text(pair.urgency)}",
            f"higher_priority_passes = {str(pair.higher_priority_passes).lower()}",
            f"key_proves = {str(pair.key_proves).lower()}",
        ]
    for limit in rules.limits:
        lines += [
            "",
            "[[rules.limits]]",
            f"kind = {_text(limit.kind)}",
            f"minimum_lead_s = {limit.minimum_lead_us / SECOND_US}",
            f"horizon_s = {limit.horizon_us / SECOND_US}",
            f"longest_s = {limit.longest_us / SECOND_US}",
        ]
    return "\n".join(lines) + "\n"


def _rules(settings: RulesTable) -> Rules:
    terrain = None
    if settings.terrain is not None:
        terrain = TerrainBound(
            mm_of(settings.terrain.lowest_msl_m, "terrain.lowest_msl_m", least_m=-MOST_M),
            mm_of(settings.terrain.highest_msl_m, "terrain.highest_msl_m", least_m=-MOST_M),
        )
    if not settings.version.strip() or len(settings.version) > 64:
        raise InvalidValue("version", "version", settings.version, "give 1 to 64 characters")
    if not 0 < settings.cell_deg <= 10:
        raise InvalidValue("cell_deg", "cell", settings.cell_deg, "give over 0, up to 10 degrees")
    if settings.withdrawn_touches < 1:
        raise InvalidValue(
            "withdrawn_touches", "touches", settings.withdrawn_touches, "give 1 or more"
        )
    if settings.sites_a_day < 1:
        raise InvalidValue("sites_a_day", "sites", settings.sites_a_day, "give 1 or more")
    if settings.check_budget < 0:
        raise InvalidValue("check_budget", "budget", settings.check_budget, "give 0 or more")
    error_m, off, clocks = settings.pressure_error_m, settings.read_back, settings.clocks
    if not 0.001 <= clocks.step_s <= 60:
        raise InvalidValue("clocks.step_s", "step", clocks.step_s, "give 0.001 to 60 seconds")
    if not 0 <= clocks.cap_s <= 3600:
        raise InvalidValue("clocks.cap_s", "cap", clocks.cap_s, "give 0 to 3600 seconds")
    return Rules(
        version=settings.version,
        pairs=_pairs(tuple(pair.rule() for pair in settings.pairs)),
        default=settings.default,
        assess_sharing=settings.assess_sharing,
        sites_a_day=settings.sites_a_day,
        seal_texts=settings.seal_texts,
        need_to_know=settings.need_to_know,
        read_back_test_us=settings.read_back_test_days * DAY_US,
        separation=settings.separation.separation(),
        same_party=settings.same_party,
        limits=_limits(tuple(limit.limit() for limit in settings.limits)),
        terrain=terrain,
        pressure_error_mm=None if error_m is None else mm_of(error_m, "pressure_error_m"),
        cell_nd=round(settings.cell_deg * NANODEGREES),
        check_budget=settings.check_budget,
        withdrawn_touches=settings.withdrawn_touches,
        check_largest_mm=mm_of(settings.check_largest_m, "check_largest_m"),
        read_back=ReadBackTolerance(
            horizontal_mm=mm_of(off.horizontal_m, "read_back.horizontal_m"),
            vertical_mm=mm_of(off.vertical_m, "read_back.vertical_m"),
            time_us=us_of(off.time_s, "read_back.time_s"),
        ),
        area=None if settings.area is None else settings.area.area(),
        plausible=settings.plausible.plausible(),
        clock_step_us=us_of(clocks.step_s, "clocks.step_s"),
        clock_every_us=us_of(clocks.every_s, "clocks.every_s"),
        clock_cap_us=us_of(clocks.cap_s, "clocks.cap_s"),
        clock_limit_us=us_of(clocks.limit_s, "clocks.limit_s"),
        questions=settings.questions.times(),
        load=settings.load,
    )


def _pairs(own: tuple[PairRule, ...]) -> tuple[PairRule, ...]:
    """The own ones, then the default ones for the pairs of kinds that they leave open."""
    said = {frozenset(each.kinds) for each in own}
    return (*own, *(each for each in DEFAULT_RULES.pairs if frozenset(each.kinds) not in said))


def _limits(own: tuple[KindLimit, ...]) -> tuple[KindLimit, ...]:
    """The own ones, then the default ones for the kinds that they leave open."""
    said = {each.kind for each in own}
    return (*own, *(each for each in DEFAULT_RULES.limits if each.kind not in said))


def _check_people_are_spared(rules: Rules) -> None:
    """A hazard on people is told at once, whatever else a space agrees on."""
    pair = rules.pair(IntentKind.HAZARD, IntentKind.PRESENCE)
    if pair.effect is Effect.NONE or pair.urgency is not Urgency.IMMEDIATE:
        raise InvalidValue(
            "pairs",
            "hazard-on-presence",
            [pair.effect.value, pair.urgency.value],
            'a hazard on a presence has an effect other than "none" and urgency "immediate"',
        )


def _text(text: str) -> str:
    return msgspec.json.encode(str(text)).decode()  # a TOML basic string escapes as JSON does


def _format_apart(apart: Separation) -> str:
    return (
        f"{{ horizontal_m = {apart.horizontal_mm / 1000}, vertical_m = {apart.vertical_mm / 1000},"
        f" time_s = {apart.time_us / SECOND_US} }}"
    )
