"""Can every reader see the colours, and tell them apart, in the light theme and in the dark one?

Contrast: WCAG 2.1. Filters: the W3C's Filter Effects, as browsers apply them to sRGB values. Colour blindness: Machado,
Oliveira and Fernandes (2009), severity 1. Distances: CIE 1976, ΔE*ab.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import combinations

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from prodml.lab import plots

NAMES = ("BLACK", "GREY", "BLUE", "SKY", "GREEN", "RED", "ORANGE", "YELLOW", "PURPLE")
TEXTS = ("INK", "BLACK", "BLUE", "GREY", "RED", "YELLOW")
EDGES = ("BLUE", "RED", "GREY")  # of cards and bars, which no filter changes
WHITE, DARK = np.ones(3), np.array(to_rgb("#111111"))  # JupyterLab's grounds
ROTATED = np.array([[-0.574, 1.43, 0.144], [0.426, 0.43, 0.144], [0.426, 1.43, -0.856]])  # hue-rotate(180deg)
DEUTERANOPIA = np.array([
    [0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881],
])  # fmt: skip
PROTANOPIA = np.array([
    [0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998],
])  # fmt: skip
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def light(colour: np.ndarray) -> np.ndarray:
    return colour


def dark(colour: np.ndarray) -> np.ndarray:
    """As the rule in `plots.THEMED` shows it."""
    rule = re.search(r"filter:invert\(([0-9.]+)\) hue-rotate\(180deg\)", plots.THEMED)
    assert rule
    amount = float(rule[1])
    return np.clip(ROTATED @ (amount + (1 - 2 * amount) * colour), 0, 1)


def linear(colour: np.ndarray) -> np.ndarray:
    return np.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4)


def contrast(one: np.ndarray, other: np.ndarray) -> float:
    darker, lighter = sorted(float(linear(c) @ XYZ[1]) for c in (one, other))
    return (lighter + 0.05) / (darker + 0.05)


def lab(colour: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """L*a*b* of a colour, as seen through a matrix of colour blindness."""
    xyz = XYZ @ np.clip(seen @ linear(colour), 0, 1) / np.array([0.9505, 1, 1.089])
    x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def rgb(name: str) -> np.ndarray:
    return np.array(to_rgb(getattr(plots, name)))


def test_white_becomes_the_dark_ground() -> None:
    assert dark(WHITE) == pytest.approx(DARK, abs=0.002)


@pytest.mark.parametrize("name", NAMES)
def test_a_colour_stands_out_on_both_grounds(name: str) -> None:
    assert contrast(rgb(name), WHITE) >= 3
    assert contrast(dark(rgb(name)), DARK) >= 3


@pytest.mark.parametrize("name", TEXTS)
def test_text_can_be_read_on_both_grounds(name: str) -> None:
    assert contrast(rgb(name), WHITE) >= 4.5
    assert contrast(dark(rgb(name)), DARK) >= 4.5


@pytest.mark.parametrize("name", EDGES)
def test_an_edge_without_a_filter_stands_out_too(name: str) -> None:
    assert contrast(rgb(name), DARK) >= 3


@pytest.mark.parametrize("ground", [light, dark])
@pytest.mark.parametrize(
    ("seen", "least"),
    [(np.eye(3), 16), (DEUTERANOPIA, 11), (PROTANOPIA, 11)],
    ids=["all", "deuteranopia", "protanopia"],
)
def test_no_two_colours_look_alike(ground: Callable[[np.ndarray], np.ndarray], seen: np.ndarray, least: float) -> None:
    """Twice the distance (about 5) at which two patches beside each other are plainly of two colours."""
    for one, other in combinations(NAMES, 2):
        apart = np.linalg.norm(lab(ground(rgb(one)), seen) - lab(ground(rgb(other)), seen))
        assert apart > least, (one, other)


@pytest.mark.parametrize("name", [n for n in NAMES if n not in ("BLACK", "GREY")])
def test_a_hue_keeps_its_name_in_the_dark_theme(name: str) -> None:
    """Is the red of the text still red? Okabe and Ito's yellow is the standard for what is dark here."""

    def hue(colour: np.ndarray) -> float:
        _, a, b = lab(colour, np.eye(3))
        return float(np.degrees(np.arctan2(b, a)))

    turned = abs(hue(dark(rgb(name))) - hue(rgb(name))) % 360
    assert min(turned, 360 - turned) < 20
