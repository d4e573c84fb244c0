"""How a prediction and its measurement look side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from prodml.lab.output import markdown_of, number, text_of
from prodml.lab.plots import BLUE, GREY

NONE_MADE = "You made no prediction here."
CELL = "padding:.2em .8em .2em 0;text-align:left;vertical-align:top"
WIDTH = 14  # of the longest bar, in em


def text_reveal(measured: Mapping[str, Any], made: Mapping[str, float], text: str) -> str:
    """As plain text."""
    rows = [
        f"  {label}: {f'you said {number(made[label])}, ' if label in made else ''}measured {number(x)}"
        for label, x in measured.items()
    ]
    return "\n".join([*rows, *([] if made else [NONE_MADE]), *([text] if text else [])])


def html_reveal(measured: Mapping[str, Any], made: Mapping[str, float], text: str) -> str:
    """As a table; where there is a prediction, with bars, those of a row to one scale."""
    heads = ["", "you said", "measured"] if made else ["", "measured"]
    head = "".join(f'<th scope="col" style="{CELL}">{h}</th>' if h else "<td></td>" for h in heads)
    body = "".join(_row(label, x, made.get(label), bool(made)) for label, x in measured.items())
    after = "" if made else f'<p style="margin:.3em 0">{NONE_MADE}</p>'
    after += f'<p style="margin:.3em 0">{markdown_of(text)}</p>' if text else ""
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f'<div class="mathjax_ignore">{table}</div>{after}'


def _row(label: str, x: Any, said: float | None, two: bool) -> str:
    longest = max(_length(x), _length(said))
    cells = [f'<th scope="row" style="{CELL}">{text_of(label)}</th>']
    if two:
        cells.append(f'<td style="{CELL}">{_bar(said, longest, GREY) if said is not None else "—"}</td>')
    cells.append(f'<td style="{CELL}">{_bar(x, longest, BLUE) if two else text_of(number(x))}</td>')
    return f"<tr>{''.join(cells)}</tr>"


def _bar(x: Any, longest: float, colour: str) -> str:
    width = WIDTH * _length(x) / longest if longest else 0
    bar = f'<div style="height:.5em;margin-top:.2em;width:{width:.2f}em;background:{colour}"></div>'
    return f"{text_of(number(x))}{bar}"


def _length(x: Any) -> float:
    """How long a bar of `x` is; 0 for what is no positive, finite number."""
    try:
        n = float(x)
    except (TypeError, ValueError):
        return 0.0
    return n if 0 < n < float("inf") else 0.0
