"""How a prediction and its measurement look side by side: on one scale per unit, and how far off each was."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from prodml.errors import UsageError
from prodml.lab.output import markdown_of, number, text_of
from prodml.lab.plots import BLUE, GREY

NONE_MADE = "You made no prediction here."
NOTHING = "—"
CELL = "padding:.2em .8em .2em 0;text-align:left;vertical-align:top"
WIDTH = 12  # of the whole scale, in em
LEAST = 0.2  # of a bar that is not 0, in em


@dataclass(frozen=True)
class Row:
    """One number of a reveal.

    Attributes:
        said: what was predicted, a number or a word, or None.
        found: what was measured, or computed if it is a `formula`'s.
        logarithmic: whether its unit's scale is.
    """

    label: str
    said: float | str | None
    found: Any
    unit: str
    formula: bool
    logarithmic: bool


def rows_of(
    name: str,
    measured: Mapping[str, Any],
    made: Mapping[str, float | str],
    unit: str | Mapping[str, str],
    formula: Collection[str],
    logarithmic: Collection[str],
) -> list[Row]:
    """The rows of the reveal `name`; a unit's scale is logarithmic if one of its labels was predicted so.

    Raises:
        UsageError: `unit` or `formula` names a label that `measured` has not.
    """
    formula = (formula,) if isinstance(formula, str) else formula
    for what, labels in (("unit", () if isinstance(unit, str) else unit), ("formula", formula)):
        if unknown := [label for label in labels if label not in measured]:
            raise UsageError(f"reveal({name!r}): {what} names {unknown[0]!r}.", f"Its labels are {list(measured)}.")
    units = {label: unit if isinstance(unit, str) else unit.get(label, "") for label in measured}
    by_factor = {units[label] for label in logarithmic if label in measured}
    return [
        Row(label, made.get(label), x, units[label], label in formula, units[label] in by_factor)
        for label, x in measured.items()
    ]


def text_reveal(rows: Iterable[Row], text: str) -> str:
    """As plain text."""
    lines, none_made = [], True
    for row in rows:
        said = f"you said {_with_unit(row.said, row.unit)}, " if row.said is not None else ""
        off = f", {_off(row)}" if row.said is not None else ""
        found = f"{'formula' if row.formula else 'measured'} {_with_unit(row.found, row.unit)}"
        lines.append(f"  {row.label}: {said}{found}{off}")
        none_made = none_made and row.said is None
    return "\n".join([*lines, *([NONE_MADE] if none_made else []), *([text] if text else [])])


def html_reveal(rows: Collection[Row], text: str) -> str:
    """As a table; where there is a prediction, with bars, those of a unit to one scale."""
    made = any(row.said is not None for row in rows)
    heads = ["", *(["you said"] if made else [])]
    heads += ["measured"] if not all(row.formula for row in rows) else []
    heads += ["formula"] if any(row.formula for row in rows) else []
    heads += ["off by"] if made else []
    head = "".join(f'<th scope="col" style="{CELL}">{h}</th>' if h else "<td></td>" for h in heads)
    scales = {unit: _Axis(unit, [r for r in rows if r.unit == unit]) for unit in dict.fromkeys(r.unit for r in rows)}
    body = "".join(_row(row, heads, scales[row.unit]) for row in rows)
    notes = [s.words for s in scales.values() if s.words] if made else [NONE_MADE]
    after = "".join(f'<p style="margin:.3em 0">{text_of(note)}</p>' for note in notes)
    after += f'<p style="margin:.3em 0">{markdown_of(text)}</p>' if text else ""
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f'<div class="mathjax_ignore">{table}</div>{after}'


class _Axis:
    """Where numbers stand on the one scale of a unit, in em from its left end.

    A linear one holds 0. A logarithmic one begins at the power of ten below its smallest number, and has no place
    for what is not above 0.
    """

    def __init__(self, unit: str, rows: Collection[Row]) -> None:
        self.logarithmic = any(row.logarithmic for row in rows)
        numbers = [n for row in rows for n in (_number(row.said), _number(row.found)) if n is not None]
        self.low, self.high, self.words = min([0.0, *numbers]), max([0.0, *numbers]), ""
        above = [n for n in numbers if n > 0]
        if self.logarithmic and above:
            self.low, self.high = math.ceil(math.log10(min(above))) - 1, math.log10(max(above))
            ends = f"{number(10.0**self.low)} to {_with_unit(max(above), unit)}"
            self.words = f"Bars on a logarithmic scale, from {ends}."

    def bar(self, x: Any) -> tuple[float, float]:
        """Where the bar of `x` begins and how long it is; no length for what has no place here."""
        n = _number(x)
        if n is None or n == 0 or (self.logarithmic and n < 0):
            return 0.0, 0.0
        em = WIDTH / (self.high - self.low)
        if self.logarithmic:
            return 0.0, max(LEAST, em * (math.log10(n) - self.low))
        length = max(LEAST, em * abs(n))
        zero = em * (0.0 - self.low)
        return (zero, length) if n > 0 else (max(0.0, zero - length), length)


def _row(row: Row, heads: Collection[str], axis: _Axis) -> str:
    made = "you said" in heads
    found = _cell(row.found, row.unit, axis if made else None, BLUE)
    by_head = {
        "you said": _cell(row.said, row.unit, axis, GREY) if row.said is not None else NOTHING,
        "measured": NOTHING if row.formula else found,
        "formula": found if row.formula else NOTHING,
        "off by": text_of(_off(row)),
    }
    cells = "".join(f'<td style="{CELL}">{by_head[h]}</td>' for h in heads if h)
    return f'<tr><th scope="row" style="{CELL}">{text_of(row.label)}</th>{cells}</tr>'


def _cell(x: Any, unit: str, axis: _Axis | None, colour: str) -> str:
    said = text_of(_with_unit(x, unit))
    if axis is None:
        return said
    begin, length = axis.bar(x)
    place = f"margin:.2em 0 0 {begin:.2f}em;width:{length:.2f}em"
    return f'<div style="width:{WIDTH}em">{said}<div style="height:.5em;{place};background:{colour}"></div></div>'


def _off(row: Row) -> str:
    """How far off the prediction was: a factor on a logarithmic scale, else a difference; of words, whether it was."""
    if isinstance(row.said, str):
        return "nothing: right" if row.said == row.found else "another one"
    said, found = _number(row.said), _number(row.found)
    if said is None or found is None:
        return NOTHING
    way = "too high" if said > found else "too low"
    if said == found:
        return "nothing"
    if row.logarithmic and said > 0 and found > 0:
        factor = max(said / found, found / said)
        return f"×{f'{factor:.2f}' if factor < 2 else f'{factor:.2g}' if factor < 100 else number(factor)} {way}"
    unit = "percentage points" if row.unit == "%" else row.unit
    return f"{_with_unit(float(f'{abs(said - found):.3g}'), unit)} {way}"


def _with_unit(x: Any, unit: str) -> str:
    return number(x) if _number(x) is None else f"{number(x)} {unit}".strip()


def _number(x: Any) -> float | None:
    """`x` as a finite number, or None."""
    if isinstance(x, bool | str | None):
        return None
    try:
        n = float(x)
    except (TypeError, ValueError):
        return None
    return n if math.isfinite(n) else None
