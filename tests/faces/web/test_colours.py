"""The colours of parties stay apart for colour-blind eyes, and stand out from the map at night."""

from __future__ import annotations

import itertools
import math
import re

import numpy as np
import pytest
from numpy.typing import NDArray

from wideberth.faces.web import STATIC

Floats = NDArray[np.float64]

LEAST_APART = 12.0  # CIEDE2000; what is below 10 is hard to tell at a glance on small marks
LEAST_CONTRAST = 4.5  # WCAG 2.2, 1.4.3
GROUNDS = ("#0b1a24", "#161d22")  # the sea and the land of the map
# Machado, Oliveira and Fernandes, A physiologically-based model for simulation of color vision
# deficiency, 2009: severity 1.0, on linear RGB.
EYES: dict[str, list[list[float]]] = {
    "usual": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    "protan": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deutan": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritan": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
_TO_XYZ = [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]  # fmt: skip  # noqa: E501
_WHITE = (0.95047, 1.0, 1.08883)  # D65
OKABE_ITO = ("#6cc0f0", "#f0a830", "#35c79a", "#e58fc4", "#f0e442", "#e07b45", "#b8b8c8")


def shipped() -> list[str]:
    """The colours of parties, and that of what is wrong."""
    listed = re.search(r"COLOURS = \[([^\]]*)\]", (STATIC / "js/colours.js").read_text())
    bad = re.search(r'BAD = "(#\w{6})"', (STATIC / "js/marks.js").read_text())
    assert listed is not None
    assert bad is not None
    return [*re.findall(r"#[0-9a-f]{6}", listed[1]), bad[1]]


def linear(colour: str) -> Floats:
    """Linear RGB of sRGB."""
    value = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def lab(rgb: Floats) -> tuple[float, float, float]:
    """CIELAB of linear RGB."""
    scaled = np.array(_TO_XYZ) @ np.clip(rgb, 0, 1) / np.array(_WHITE)
    f = np.where(scaled > 216 / 24389, np.cbrt(scaled), (24389 / 27 * scaled + 16) / 116)
    return float(116 * f[1] - 16), float(500 * (f[0] - f[1])), float(200 * (f[1] - f[2]))


def apart(one: tuple[float, float, float], two: tuple[float, float, float]) -> float:
    """CIEDE2000 (Sharma, Wu and Dalal, 2005, equations 2 to 22)."""
    (l1, a1, b1), (l2, a2, b2) = one, two
    mean7 = ((math.hypot(a1, b1) + math.hypot(a2, b2)) / 2) ** 7
    stretch = 1 + 0.5 * (1 - math.sqrt(mean7 / (mean7 + 25**7)))
    a1, a2 = stretch * a1, stretch * a2
    c1, c2 = math.hypot(a1, b1), math.hypot(a2, b2)
    h1, h2 = (math.degrees(math.atan2(b, a)) % 360 for b, a in ((b1, a1), (b2, a2)))
    turn = 0.0 if c1 * c2 == 0 else (h2 - h1 + 180) % 360 - 180
    dh = 2 * math.sqrt(c1 * c2) * math.sin(math.radians(turn / 2))
    if c1 * c2 == 0:
        hue = h1 + h2
    elif abs(h1 - h2) <= 180:
        hue = (h1 + h2) / 2
    else:
        hue = (h1 + h2 + (360 if h1 + h2 < 360 else -360)) / 2
    lightness, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    t = 1 - 0.17 * _cos(hue - 30) + 0.24 * _cos(2 * hue) + 0.32 * _cos(3 * hue + 6)
    t -= 0.20 * _cos(4 * hue - 63)
    rotation = 60 * math.exp(-(((hue - 275) / 25) ** 2))
    rt = -2 * math.sqrt(chroma**7 / (chroma**7 + 25**7)) * math.sin(math.radians(rotation))
    sl = 1 + 0.015 * (lightness - 50) ** 2 / math.sqrt(20 + (lightness - 50) ** 2)
    sc, sh = 1 + 0.045 * chroma, 1 + 0.015 * chroma * t
    dl, dc, dh = (l2 - l1) / sl, (c2 - c1) / sc, dh / sh
    return math.sqrt(dl**2 + dc**2 + dh**2 + rt * dc * dh)


def _cos(degrees: float) -> float:
    return math.cos(math.radians(degrees))


def least_apart(colours: tuple[str, ...] | list[str], eye: str) -> float:
    """The least distance of two of them, as an eye sees them."""
    seen = [lab(np.array(EYES[eye]) @ linear(each)) for each in colours]
    return min(apart(one, two) for one, two in itertools.combinations(seen, 2))


@pytest.mark.parametrize(
    ("one", "two", "expected"),
    [  # Sharma, Wu and Dalal, table 1: pairs 1, 9 and 17
        ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
        ((50.0, 2.4900, -0.0010), (50.0, -2.4900, 0.0009), 7.1792),
        ((50.0, 2.5000, 0.0000), (73.0, 25.0000, -18.0000), 27.1492),
    ],
)
def test_distances_are_those_of_the_paper(
    one: tuple[float, float, float], two: tuple[float, float, float], expected: float
) -> None:
    assert apart(one, two) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("eye", EYES)
def test_no_two_colours_of_marks_look_alike(eye: str) -> None:
    assert least_apart(shipped(), eye) >= LEAST_APART


@pytest.mark.parametrize("ground", GROUNDS)
def test_each_colour_stands_out_from_the_map(ground: str) -> None:
    def luminance(colour: str) -> float:
        return float(np.array(_TO_XYZ[1]) @ linear(colour))

    for colour in shipped():
        assert (luminance(colour) + 0.05) / (luminance(ground) + 0.05) >= LEAST_CONTRAST, colour


def test_the_swatches_of_the_lists_have_the_same_colours() -> None:
    style = (STATIC / "css/console.css").read_text()
    assert re.findall(r"\.c\d \{ background: (#[0-9a-f]{6})", style) == shipped()[:-1]


def test_colours_that_some_eyes_do_not_tell_apart_are_found() -> None:
    """The console's colours until version 0.1: pink and grey are one to a deuteranope."""
    assert least_apart(OKABE_ITO, "deutan") < 4
