"""Places written as angles: decimal degrees, degrees and minutes, and seconds, in many spellings.

Latitude stands first where nothing says otherwise (ISO 6709). What the writer left open (no
hemisphere, a decimal comma, the letter O, a sign against a letter) is asked about.
"""

from __future__ import annotations

import itertools
import math
import re
import unicodedata
from collections.abc import Iterable
from fractions import Fraction
from typing import NamedTuple

from wideberth.errors import InvalidValue
from wideberth.space.positions import (
    Choice,
    CoordinateFormat,
    Position,
    Question,
    degrees_text,
    normal_position,
)
from wideberth.space.volume import NANODEGREES

__all__ = ["MAX_CHARACTERS", "compact_text", "normal_text", "parse_angles", "sexagesimal_text"]

MAX_CHARACTERS = 200
_DEGREE_M = 111_700.0  # of latitude, at most; of longitude, at most, over the cosine of latitude

_SAME = {
    **dict.fromkeys("º˚ᵒ", "°"),
    **dict.fromkeys("′’‘´`ʹ＇ʼ‵", "'"),
    **dict.fromkeys("″”“„ʺ〃＂‶", '"'),
    **dict.fromkeys("−–—‐‑‒﹣－", "-"),
    "＋": "+",
    "٫": ".",
    "．": ".",
    **dict.fromkeys("،٬，﹐", ","),
    "；": ";",
    "：": ":",
}
_UNSEEN = frozenset(
    "\u061c\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
)
_WORDS = [
    (re.compile(pattern), with_)
    for pattern, with_ in (
        (r"С\.? ?Ш\.?", "N"),  # северной широты
        (r"Ю\.? ?Ш\.?", "S"),
        (r"В\.? ?Д\.?", "E"),
        (r"З\.? ?Д\.?", "W"),
        (r"LATITUDE ?[:=]?|LAT\b\.? ?[:=]?", "λ"),
        (r"LONGITUDE ?[:=]?|LONG?\b\.? ?[:=]?", "μ"),
        (r"NORTH", "N"),
        (r"SOUTH", "S"),
        (r"EAST", "E"),
        (r"WEST", "W"),
        (r"DEGREES?|DEG\b\.?", "°"),
        (r"MINUTES?|MIN\b\.?", "'"),
        (r"SECONDS?|SEC\b\.?", '"'),
        (r"(?<=\d)D(?=[ \d])", "°"),
        (r"(?<=\d)M(?=[ \d])", "'"),
        (r"(?<=')( ?\d+(?:\.\d+)?)S(?= ?[NSEW]\b)", r'\1"'),
        (r"''", '"'),
    )
]
_TOKEN = re.compile(r"(\d+(?:\.\d+)?|\.\d+)|([°'\":])|([NSEWO])|([+-])|([λμ])|([,;/])|( +)")
_COMMA = re.compile(r"(?<![.\d])(\d+),(\d+)(?![.\d])|(?<=\d),(?=\d)")
_AXIS = {"N": 0, "S": 0, "E": 1, "W": 1, "λ": 0, "μ": 1}
_NAMES = ("latitude", "longitude")
_LETTERS = ("NS", "EW")


class _Token(NamedTuple):
    """kind: number, unit, letter, sign, label, separator or space."""

    kind: str
    text: str


class _Angle(NamedTuple):
    """One angle. axis: 0 latitude, 1 longitude, None unsaid. signed: a letter or sign was there;
    twice: both were. parts: 1 degrees, 2 with minutes, 3 with seconds.
    """

    degrees: Fraction
    unit_deg: Fraction
    axis: int | None
    negative: bool
    signed: bool
    parts: int
    is_compact: bool
    twice: bool


def normal_text(text: str) -> str:
    r"""The text in one spelling: ASCII digits, plain primes, single spaces, capitals.

    Digits of any script are read (F-08); characters that cannot be seen are left out.

    >>> normal_text("48°51′24″ n")
    '48°51\'24" N'
    """
    out: list[str] = []
    for character in text:
        if character in _UNSEEN:
            continue
        if character in _SAME:
            out.append(_SAME[character])
        elif character.isspace():
            out.append(" ")
        elif not character.isascii() and unicodedata.category(character) == "Nd":
            out.append(str(unicodedata.decimal(character)))
        else:
            out.append(character)
    return re.sub(" +", " ", "".join(out)).strip().upper()


def parse_angles(text: str, *, field: str) -> Position | Question:
    """The place that two angles name. Raises InvalidValue where they name none."""
    clean = normal_text(text)
    for pattern, with_ in _WORDS:
        clean = pattern.sub(with_, clean)
    if _has_open_comma(clean):
        return _ask_about_commas(clean, text, field=field)
    return _read(clean, text, field=field)


def sexagesimal_text(latitude_nd: int, longitude_nd: int, *, digits: int, has_seconds: bool) -> str:
    r"""Degrees and minutes, or also seconds, the last of them with so many decimals; rounded.

    >>> sexagesimal_text(48_856_666_667, -1, digits=1, has_seconds=True)
    '48°51\'24.0" N, 0°00\'00.0" W'
    """
    texts: list[str] = []
    for value, letters in ((latitude_nd, "NS"), (longitude_nd, "EW")):
        degrees, minutes, seconds = _split(abs(value), digits, has_seconds=has_seconds)
        tail = f"{minutes:02d}'{seconds}\"" if has_seconds else f"{seconds}'"
        texts.append(f"{degrees}°{tail} {letters[value < 0]}")
    return ", ".join(texts)


def compact_text(latitude_nd: int, longitude_nd: int) -> str:
    """Whole seconds without separators, as a NOTAM or an AIP has them; rounded.

    >>> compact_text(48_856_666_667, 2_351_944_444)
    '485124N0022107E'
    """
    texts: list[str] = []
    for value, letters, width in ((latitude_nd, "NS", 2), (longitude_nd, "EW", 3)):
        degrees, minutes, seconds = _split(abs(value), 0, has_seconds=True)
        texts.append(f"{degrees:0{width}d}{minutes:02d}{seconds}{letters[value < 0]}")
    return "".join(texts)


def _split(value_nd: int, digits: int, *, has_seconds: bool) -> tuple[int, int, str]:
    """Degrees, minutes (0 without seconds) and the last part as text, carried in integers."""
    per_degree = (3600 if has_seconds else 60) * 10**digits
    total = (2 * value_nd * per_degree + NANODEGREES) // (2 * NANODEGREES)
    degrees, rest = divmod(total, per_degree)
    minutes, last = divmod(rest, 60 * 10**digits) if has_seconds else (0, rest)
    whole, part = divmod(last, 10**digits)
    return degrees, minutes, f"{whole:02d}.{part:0{digits}d}" if digits else f"{whole:02d}"


def _has_open_comma(clean: str) -> bool:
    """A comma between two digits, neither of whose numbers has a point: it may be a decimal's."""
    return any(match[1] is not None for match in _COMMA.finditer(clean)) or bool(
        re.search(r"\d,\d+,\d", clean)
    )


def _ask_about_commas(clean: str, text: str, *, field: str) -> Question:
    commas = [match.start() for match in re.finditer(r"(?<=\d),(?=\d)", clean)]
    if len(commas) > 3:
        raise _unreadable(text, field)
    readings: dict[str, Choice] = {}
    for marks in itertools.product(". ", repeat=len(commas)):
        characters = list(clean)
        for place, mark in zip(commas, marks, strict=True):
            characters[place] = mark
        reading = "".join(characters)
        try:
            found = _read(reading, text, field=field)
        except InvalidValue:
            continue
        said = " and ".join(
            f"comma {number} as a {'decimal point' if mark == '.' else 'separator'}"
            for number, mark in enumerate(marks, start=1)
        )
        for choice in _choices_of(found):
            readings.setdefault(choice.text, Choice(choice.text, said))
    return Question(
        field,
        "decimal-comma",
        text,
        "a comma between two digits may be a decimal point or a separator; write decimals with a"
        " point",
        tuple(readings.values()),
    )


def _choices_of(found: Position | Question) -> tuple[Choice, ...]:
    if isinstance(found, Question):
        return found.choices
    return (Choice(degrees_text(found.latitude_nd, found.longitude_nd), ""),)


def _read(clean: str, text: str, *, field: str) -> Position | Question:
    tokens = _tokens(clean, text, field)
    letters = [token.text for token in tokens if token.kind == "letter"]
    if (hyphen := _open_hyphen(clean, letters)) is not None:
        return _ask_about_hyphen(clean, hyphen, text, field=field)
    if "O" in letters:
        return _ask_about_o(clean, text, field=field)
    first, second = _halves(tokens, text, field)
    angles = [_angle(first, 0, text, field), _angle(second, 1, text, field)]
    if angles[0].axis is not None and angles[0].axis == angles[1].axis:
        raise InvalidValue(
            field,
            "same-axis",
            text,
            f"both angles are a {_NAMES[angles[0].axis]}; give one of each",
        )
    if angles[0].axis == 1 or angles[1].axis == 0:
        angles.reverse()
    return _judge(angles, letters, text, field)


def _judge(angles: list[_Angle], letters: list[str], text: str, field: str) -> Position | Question:
    """The two angles, latitude first, as a place, or what has to be asked about them."""
    for angle, name in zip(angles, _NAMES, strict=True):
        if angle.degrees > 360:
            raise InvalidValue(field, name, text, f"there is no such {name}")
    if any(angle.twice for angle in angles):
        return _ask(
            angles, text, field, "sign-and-letter",
            "a sign and a letter say the hemisphere twice; give one of them",
            signs=[(a.negative, not a.negative) if a.twice else (a.negative,) for a in angles],
        )  # fmt: skip
    latitude, longitude = angles
    is_said = [angle.signed for angle in angles]
    is_decimal = all(angle.parts == 1 and not angle.is_compact for angle in angles)
    if (letters and not all(is_said)) or (not any(is_said) and not is_decimal):
        missing = [name for name, said in zip(_NAMES, is_said, strict=True) if not said]
        return _ask(
            angles, text, field, "missing-hemisphere",
            f"the {' and the '.join(missing)} has no hemisphere; add N or S, E or W",
            signs=[(a.negative,) if a.signed else (False, True) for a in angles],
        )  # fmt: skip
    if latitude.degrees > 90:
        if letters or longitude.degrees > 90:
            raise InvalidValue(field, "latitude", text, "a latitude is at most 90 degrees")
        return _ask(
            [longitude, latitude], text, field, "swapped",
            "the first angle is no latitude; the two seem to be swapped: latitude comes first",
            signs=[(longitude.negative,), (latitude.negative,)],
        )  # fmt: skip
    if longitude.degrees > 180:
        turned = longitude._replace(
            degrees=360 - longitude.degrees, negative=not longitude.negative
        )
        return _ask(
            [latitude, turned], text, field, "longitude-over-180",
            "a longitude is at most 180 degrees; one counted on to 360 has to be said otherwise",
            signs=[(latitude.negative,), (turned.negative,)],
        )  # fmt: skip
    return _position(angles, text)


def _position(angles: list[_Angle], text: str) -> Position:
    latitude, longitude = angles
    latitude_nd, longitude_nd = normal_position(*(_nanodegrees(angle) for angle in angles))
    north_m = float(latitude.unit_deg) * _DEGREE_M
    # The cosine of the nearest latitude to the equator that is written like this, or more.
    cosine = math.cos(math.radians(float(latitude.degrees)))
    cosine = min(1.0, cosine + math.radians(float(latitude.unit_deg)))
    east_m = float(longitude.unit_deg) * _DEGREE_M * cosine
    parts = max(angle.parts for angle in angles)
    form = (CoordinateFormat.DEGREES, CoordinateFormat.MINUTES, CoordinateFormat.SECONDS)[parts - 1]
    if any(angle.is_compact for angle in angles):
        form = CoordinateFormat.COMPACT
    within_mm = math.ceil(math.hypot(north_m, east_m) * 1000)
    return Position(text, form, latitude_nd, longitude_nd, within_mm)


def _nanodegrees(angle: _Angle) -> int:
    value = round(angle.degrees * NANODEGREES)
    return -value if angle.negative else value


def _ask(
    angles: list[_Angle],
    text: str,
    field: str,
    rule: str,
    advice: str,
    *,
    signs: list[tuple[bool, ...]],
) -> Question:
    """A question with a choice for every combination of signs that is a place."""
    choices: list[Choice] = []
    for negatives in itertools.product(*signs):
        values = [
            _nanodegrees(angle._replace(negative=negative))
            for angle, negative in zip(angles, negatives, strict=True)
        ]
        if abs(values[0]) > 90 * NANODEGREES or abs(values[1]) > 180 * NANODEGREES:
            continue
        meaning = " and ".join(
            {"N": "north", "S": "south", "E": "east", "W": "west"}[letters[negative]]
            for letters, negative in zip(_LETTERS, negatives, strict=True)
        )
        choices.append(Choice(degrees_text(*normal_position(*values)), meaning))
    return Question(field, rule, text, advice, tuple(choices))


def _open_hyphen(clean: str, letters: list[str]) -> int | None:
    """Where a hyphen between two numbers may be a sign or only part them; None where it is clear.

    With letters it parts degrees from minutes; in ISO 6709 every angle begins with its sign.
    """
    if letters or clean[:1] in "+-":
        return None
    found = list(re.finditer(r"(?<=[\d°'\"])-(?=\d)", clean))
    is_pair = len(found) == 1 and len(re.findall(r"\d+(?:\.\d+)?", clean)) == 2
    return found[0].start() if is_pair else None


def _ask_about_hyphen(clean: str, hyphen: int, text: str, *, field: str) -> Question:
    choices: list[Choice] = []
    for instead, meaning in ((" ", "the hyphen only parts them"), (" -", "the hyphen is a minus")):
        found = _read(clean[:hyphen] + instead + clean[hyphen + 1 :], text, field=field)
        choices += [Choice(choice.text, meaning) for choice in _choices_of(found)]
    return Question(
        field,
        "hyphen",
        text,
        "a hyphen between two numbers may be a minus; write N or S, E or W",
        tuple(choices),
    )


def _ask_about_o(clean: str, text: str, *, field: str) -> Question:
    choices: list[Choice] = []
    for letter, meaning in (("E", "O for Ost, east"), ("W", "O for Ouest or Oeste, west")):
        found = _read(clean.replace("O", letter), text, field=field)
        choices += [Choice(choice.text, meaning) for choice in _choices_of(found)]
    return Question(
        field,
        "letter-o",
        text,
        "O is east in German and west in French and Spanish; write E or W",
        tuple(choices),
    )


def _tokens(clean: str, text: str, field: str) -> list[_Token]:
    kinds = ("number", "unit", "letter", "sign", "label", "separator", "space")
    tokens: list[_Token] = []
    end = 0
    for match in _TOKEN.finditer(clean):
        if match.start() != end:
            raise _unreadable(text, field)
        end = match.end()
        kind = kinds[(match.lastindex or 1) - 1]
        # 48-51-24N: a hyphen right between digits parts them; elsewhere it is a sign.
        if (
            kind == "sign"
            and match[0] == "-"
            and tokens
            and tokens[-1].kind in ("number", "unit")
            and clean[end : end + 1].isdigit()
            and clean[:1] not in "+-"
        ):
            kind = "joint"
        tokens.append(_Token(kind, match[0]))
    if end != len(clean) or not any(token.kind == "number" for token in tokens):
        raise _unreadable(text, field)
    return tokens


def _halves(tokens: list[_Token], text: str, field: str) -> tuple[list[_Token], list[_Token]]:
    """The tokens of the first angle and of the second."""
    separators = [i for i, token in enumerate(tokens) if token.kind == "separator"]
    trailing = {len(tokens) - 1} & set(separators)  # ISO 6709 ends with a solidus
    if trailing:
        return _halves(tokens[:-1], text, field)
    if len(separators) > 1:
        raise InvalidValue(field, "separators", text, "give two angles with one comma between")
    marks = [i for i, token in enumerate(tokens) if token.kind in ("letter", "label")]
    letters = [i for i in marks if tokens[i].kind == "letter"]
    if len(letters) > 2:
        raise InvalidValue(field, "letters", text, "give one of N, S, E, W with each angle")
    cut = _cut(tokens, separators, marks, letters)
    if cut is None:
        raise InvalidValue(
            field, "two-angles", text, "give a latitude and a longitude, with a comma between"
        )
    return tokens[:cut], tokens[cut:]


def _cut(
    tokens: list[_Token], separators: list[int], marks: list[int], letters: list[int]
) -> int | None:
    """Where the second angle begins; None where that cannot be told."""
    if separators:
        return separators[0] + 1
    solid = [i for i, token in enumerate(tokens) if token.kind != "space"]
    labels = [i for i in marks if tokens[i].kind == "label"]
    if len(labels) == 2 or (letters and solid[0] == letters[0]):
        starts = labels if len(labels) == 2 else letters
        return starts[1] if len(starts) == 2 else _even(tokens)
    if letters and letters[0] != solid[-1]:
        return letters[0] + 1
    signs = [i for i, token in enumerate(tokens) if token.kind == "sign"]
    if signs and signs[-1] > solid[0]:
        return signs[-1]
    degrees = [i for i, token in enumerate(tokens) if token.text == "°"]
    if len(degrees) == 2:  # the second begins at the number before its degree sign
        return max(i for i in range(degrees[1]) if tokens[i].kind == "number")
    return _even(tokens)


def _even(tokens: list[_Token]) -> int | None:
    """The middle, where both angles have as many numbers, up to three each."""
    numbers = [i for i, token in enumerate(tokens) if token.kind == "number"]
    return numbers[len(numbers) // 2] if len(numbers) in (2, 4, 6) else None


def _angle(tokens: list[_Token], place: int, text: str, field: str) -> _Angle:
    """One angle. place: 0 for the first, which is the latitude unless a letter says otherwise."""
    solid = [token for token in tokens if token.kind not in ("space", "separator", "joint")]
    letters = [token.text for token in solid if token.kind == "letter"]
    labels = [token.text for token in solid if token.kind == "label"]
    signs = [token.text for token in solid if token.kind == "sign"]
    kinds = [token.kind for token in solid]
    axes = {_AXIS[mark] for mark in (*letters, *labels)}
    is_bad = (
        max(len(letters), len(labels), len(signs)) > 1
        or len(axes) > 1
        or (letters and kinds[-1] != "letter" and kinds[0] != "letter" and not labels)
        or (signs and "number" in kinds[: kinds.index("sign")])
        or "number" not in kinds
    )
    if is_bad:
        raise _unreadable(text, field)
    axis = axes.pop() if axes else None
    numbers = [token.text for token in solid if token.kind == "number"]
    _require_units([token for token in solid if token.kind in ("number", "unit")], text, field)
    degrees, unit_deg, parts, is_compact = _value(
        numbers, place if axis is None else axis, text, field,
        has_mark=bool(letters or signs) and "unit" not in kinds,
    )  # fmt: skip
    negative = (letters[0] in "SW") if letters else "-" in signs
    return _Angle(
        degrees, unit_deg, axis, negative, bool(letters or signs), parts, is_compact,
        twice=bool(letters and signs),
    )  # fmt: skip


def _require_units(tokens: Iterable[_Token], text: str, field: str) -> None:
    """Degrees, minutes, seconds come in this order, each after its number, or not at all."""
    place = -1
    for token in tokens:
        if token.kind == "number":
            place += 1
        elif token.text == ":":
            if place > 1:
                raise _unreadable(text, field)
        elif place < 0 or token.text != "°'\""[min(place, 2)]:
            raise InvalidValue(
                field, "units", text, "write degrees, minutes and seconds in this order: 48°51'24\""
            )


def _value(
    numbers: list[str], axis: int, text: str, field: str, *, has_mark: bool
) -> tuple[Fraction, Fraction, int, bool]:
    """Degrees, the worth of the last digit in degrees, how many parts, and whether run together."""
    if any(len(number) > 20 for number in numbers) or len(numbers) > 3:
        raise _unreadable(text, field)
    whole = len(numbers[0].partition(".")[0])
    is_compact = False
    if len(numbers) == 1 and whole > 3:
        numbers = _apart(numbers[0], axis, text, field, has_mark=has_mark)
        is_compact = True
    for number in numbers[:-1]:
        if "." in number:
            raise InvalidValue(
                field, "fraction", text, "only the last part of an angle may have decimals; put a"
                " comma between latitude and longitude",
            )  # fmt: skip
    for number, name in zip(numbers[1:], ("minutes", "seconds"), strict=False):
        if Fraction(number) >= 60:
            raise InvalidValue(field, name, text, f"there are less than 60 {name}; {number} came")
    degrees = sum(
        (Fraction(number) / 60**power for power, number in enumerate(numbers)), start=Fraction(0)
    )
    decimals = len(numbers[-1].partition(".")[2])
    return degrees, Fraction(1, 10**decimals * 60 ** (len(numbers) - 1)), len(numbers), is_compact


def _apart(number: str, axis: int, text: str, field: str, *, has_mark: bool) -> list[str]:
    """DDMM, DDMMSS (latitude) or DDDMM, DDDMMSS (longitude), with decimals, in its parts."""
    whole, point, decimals = number.partition(".")
    width = 2 + axis
    if len(whole) not in (width + 2, width + 4) or not has_mark:
        name = _NAMES[axis]
        raise InvalidValue(
            field,
            "digits",
            text,
            f"digits of a {name} run together are {'D' * width}MM or {'D' * width}MMSS, with a"
            " letter; add leading zeros, or spaces between",
        )
    parts = [whole[:width], *(whole[i : i + 2] for i in range(width, len(whole), 2))]
    parts[-1] += point + decimals
    return parts


def _unreadable(text: str, field: str) -> InvalidValue:
    return InvalidValue(
        field,
        "coordinates",
        text,
        "this is no place that can be read; give degrees like 48.8567 N, 2.3519 E, or"
        " 48°51'24\" N 2°21'07\" E, 485124N0022107E, MGRS, UTM or GEOREF",
    )
