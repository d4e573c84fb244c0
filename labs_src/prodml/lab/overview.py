"""`progress()`: where the learner stands in the lab of this kernel."""

from __future__ import annotations

from prodml.grading import grading
from prodml.lab import records
from prodml.lab.output import number, show, text_of
from prodml.lab.session import current_lab
from prodml.lab.workspace import find_workspace

HEAD = ("exercise", "points", "visible checks", "attempts")
Row = tuple[str, ...]


def progress() -> None:
    """Show the lab's exercises: points, whether the visible checks pass, how often they were tried, which are core."""
    if grading():
        return
    lab = current_lab()
    standing = records.standing(records.read(find_workspace()), lab.slug)
    parted = len(lab.core) < len(lab.points)
    head = (*HEAD, "part") if parted else HEAD
    rows: list[Row] = []
    for name in lab.points or standing:
        tried = standing.get(name)
        state = "… not tried" if tried is None else "✓ passed" if tried.passed else "✗ not yet"
        row = (name, number(lab.points.get(name, "?")), state, str(tried.attempts if tried else 0))
        rows.append((*row, "core" if name in lab.core else "deeper") if parted else row)
    title = lab.title or "No lab is open: run its first cell."
    if parted and lab.core_minutes and lab.minutes:
        title += f" (core {lab.core_minutes} minutes, all {lab.minutes})"
    show(_text(title, head, rows), _html(title, head, rows))


def _text(title: str, head: Row, rows: list[Row]) -> str:
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    lines = ["  ".join(x.ljust(w) for x, w in zip(row, widths, strict=True)) for row in (head, *rows)]
    return "\n".join([title, *(line.rstrip() for line in lines)])


def _html(title: str, head: Row, rows: list[Row]) -> str:
    left = 'style="text-align:left"'
    heads = "".join(f'<th scope="col" {left}>{h}</th>' for h in head)
    body = "".join(
        f'<tr><th scope="row" {left}>{text_of(name)}</th>'
        + "".join(f"<td {left}>{text_of(x)}</td>" for x in others)
        + "</tr>"
        for name, *others in rows
    )
    caption = f"<caption {left}>{text_of(title)}</caption>"
    return f"<table>{caption}<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"
