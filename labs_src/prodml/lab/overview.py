"""`progress()`: where the learner stands in the lab of this kernel."""

from __future__ import annotations

from prodml.grading import grading
from prodml.lab import records
from prodml.lab.output import number, show, text_of
from prodml.lab.session import current_lab
from prodml.lab.workspace import find_workspace

HEAD = ("exercise", "points", "visible checks", "attempts")
Row = tuple[str, str, str, str]


def progress() -> None:
    """Show the lab's exercises: points, whether the visible checks pass, and how often they were tried."""
    if grading():
        return
    lab = current_lab()
    standing = records.standing(records.read(find_workspace()), lab.slug)
    rows = []
    for name in lab.points or standing:
        tried = standing.get(name)
        state = "… not tried" if tried is None else "✓ passed" if tried.passed else "✗ not yet"
        rows.append((name, number(lab.points.get(name, "?")), state, str(tried.attempts if tried else 0)))
    title = lab.title or "No lab is open: run its first cell."
    show(_text(title, rows), _html(title, rows))


def _text(title: str, rows: list[Row]) -> str:
    widths = [max(map(len, column)) for column in zip(HEAD, *rows, strict=True)]
    lines = ["  ".join(x.ljust(w) for x, w in zip(row, widths, strict=True)) for row in (HEAD, *rows)]
    return "\n".join([title, *(line.rstrip() for line in lines)])


def _html(title: str, rows: list[Row]) -> str:
    left = 'style="text-align:left"'
    head = "".join(f'<th scope="col" {left}>{h}</th>' for h in HEAD)
    body = "".join(
        f'<tr><th scope="row" {left}>{text_of(name)}</th>'
        + "".join(f"<td {left}>{text_of(x)}</td>" for x in others)
        + "</tr>"
        for name, *others in rows
    )
    caption = f"<caption {left}>{text_of(title)}</caption>"
    return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
