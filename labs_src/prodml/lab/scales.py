"""The values that a prediction may have: on a linear or logarithmic scale, or a few to choose from."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from numbers import Integral, Real
from typing import Any

from prodml.errors import UsageError
from prodml.lab.output import number

Range = Sequence[Any]  # (lowest, highest), (lowest, highest, step), (lowest, highest, "log"), or a list of numbers

STEPS = 200  # of a scale without a step of its own, about
MOST = 2000  # steps of whole numbers, before they become round ones
FINEST = 10_000  # steps that an author may ask for
WIDE = 100  # highest / lowest from which on choices are compared by their factor
FORMS = 'Give (lowest, highest), (lowest, highest, step), (lowest, highest, "log"), or a list of numbers or of words.'


@dataclass(frozen=True)
class Scale:
    """What a slider can say.

    Attributes:
        values: numbers, the lowest first; or words, as the author gave them.
        texts: each value as people read it; no two are alike.
        logarithmic: whether values are compared by their factor, not by their difference.
        words: the scale in words, such as "from 0 to 100".
    """

    values: tuple[float | str, ...]
    texts: tuple[str, ...]
    logarithmic: bool
    words: str


def scale_of(prediction: str, label: str, given: Range) -> Scale:
    """The scale that an author's range means.

    Args:
        given: `(lowest, highest)`: whole numbers if both are ints (beyond 2,000 of them in round steps), else
            steps of at most 1/200 of the range; `(lowest, highest, step)`; `(lowest, highest, "log")`: about 200
            values, each the same factor above the one before, to three digits (whole numbers if both are ints);
            or a list of numbers or of words, the only values that can be chosen (logarithmic if they are numbers
            above 0 that span a factor of 100).

    Raises:
        UsageError: it is none of these.
    """
    place = f"predict({prediction!r}): the range of {label!r} is {given!r}."
    if isinstance(given, list):
        return _choices(place, given)
    if not isinstance(given, tuple) or len(given) not in (2, 3) or not _numbers(given[:2]):
        raise UsageError(place, FORMS)
    low, high = map(_plain, given[:2])
    if not low < high:
        raise UsageError(place, "Give the lowest value first, and a higher one after it.")
    if len(given) == 2:
        return _linear(low, high, _step(low, high), "")
    if given[2] == "log":
        if low <= 0:
            raise UsageError(place, "A logarithmic scale has no 0: give a lowest value above it.")
        return logarithmic(low, high)
    if not _numbers(given[2:]):
        raise UsageError(place, FORMS)
    step = _plain(given[2])
    if not 0 < step <= high - low or (high - low) / step > FINEST:
        raise UsageError(place, f"Give a step above 0 that makes 1 to {FINEST:,} steps of the range.")
    if abs((high - low) / step - round((high - low) / step)) > 1e-6:
        raise UsageError(place, f"Steps of {step:g} do not lead from {low:g} to {high:g}: change one of the three.")
    return _linear(low, high, step, f" in steps of {step:g}")


def logarithmic(low: float, high: float) -> Scale:
    """About 200 values from `low`, above 0, each the same factor above the one before; whole if both ends are."""
    between = (float(f"{low * (high / low) ** (i / STEPS):.3g}") for i in range(1, STEPS))
    if isinstance(low, int) and isinstance(high, int):
        between = (round(x) for x in between)
    return _scale([low, *(x for x in between if low < x < high), high], None, True, f"{_ends(low, high)}, logarithmic")


def _numbers(given: Iterable[Any]) -> bool:
    return all(isinstance(x, Real) and not isinstance(x, bool) and math.isfinite(x) for x in given)


def _plain(x: Any) -> float:
    """As Python's own number, which JSON can hold."""
    return int(x) if isinstance(x, Integral) else float(x)


def _step(low: float, high: float) -> float:
    if isinstance(low, int) and isinstance(high, int):
        return 1 if high - low <= MOST else int(_round_down(2 * (high - low) / MOST))
    return _round_down((high - low) / STEPS)


def _round_down(x: float) -> float:
    """The largest of 1, 2 and 5 times a power of ten that is not above `x`."""
    power = math.floor(math.log10(x) + 1e-9)
    digit = next(d for d in (5, 2, 1) if d * 10.0**power <= x * (1 + 1e-9))
    return float(f"{digit}e{power}")


def _linear(low: float, high: float, step: float, words: str) -> Scale:
    whole = all(isinstance(x, int) for x in (low, high, step))
    decimals = 0 if whole else max(_decimals(low), _decimals(step))
    count = math.floor((high - low) / step + 1e-6)
    values = [low + i * step if whole else round(low + i * step, decimals) for i in range(count + 1)]
    return _scale([*(v for v in values if v < high), high], decimals, False, f"{_ends(low, high)}{words}")


def _choices(place: str, given: list[Any]) -> Scale:
    if len(given) > 1 and all(isinstance(x, str) and x.strip() for x in given) and len(set(given)) == len(given):
        return Scale(tuple(given), tuple(given), False, f"one of {', '.join(given)}")
    if not _numbers(given) or len(set(given)) < 2:
        raise UsageError(place, FORMS)
    values = sorted(map(_plain, given))
    wide = values[0] > 0 and values[-1] >= WIDE * values[0]
    return _scale(values, None, wide, f"one of {', '.join(f'{v:,}' for v in dict.fromkeys(values))}")


def _scale(values: list[float], decimals: int | None, logarithmic: bool, words: str) -> Scale:
    values = list(dict.fromkeys(values))
    texts = [number(v) if decimals is None else f"{v + 0:,.{decimals}f}" for v in values]
    if len(set(texts)) < len(values):  # three digits do not tell these apart
        texts = [f"{v:,}" for v in values]
    return Scale(tuple(values), tuple(texts), logarithmic, words)


def _ends(low: float, high: float) -> str:
    return f"from {number(low)} to {number(high)}"


def _decimals(x: float) -> int:
    exponent = Decimal(repr(x)).normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
