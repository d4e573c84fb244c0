"""What the commands print: tables in a terminal, plain text everywhere else."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any

STYLES = {
    "PASS": "green",
    "passed": "green",
    "fully checked": "green",
    "ok": "green",
    "graded": "green",
    "NOTE": "yellow",
    "FAIL": "bold red",
    "failed": "bold red",
    "failed the full check": "bold red",
    "NOT OK": "bold red",
    "grader_error": "bold red",
}


def clean(text: object) -> str:
    """Text that a terminal shows as it is: no control characters, so no terminal codes."""
    spaced = str(text).replace("\r\n", "\n").expandtabs(4)
    return "".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in spaced)


def say(text: object = "") -> None:
    """Print to stdout."""
    print(clean(text), flush=True)


def note(text: object) -> None:
    """Print to stderr: progress, warnings and errors."""
    print(clean(text), file=sys.stderr, flush=True)


def say_error(problem: str, fix: str) -> None:
    """The one form of an error."""
    note(f"error: {problem}")
    if fix:
        note(f"fix: {fix}")


def say_json(data: Any) -> None:
    """Print JSON; what is not ASCII is written as escapes, so no terminal can be reached by it."""
    print(json.dumps(data, indent=2))


def count(n: int, one: str, many: str = "") -> str:
    """`count(2, "answer")` is "2 answers"."""
    return f"{n} {one if n == 1 else many or one + 's'}"


def points(x: float | None) -> str:
    """Points as people write them: 4, 2.5, or a dash where there are none."""
    return "–" if x is None else f"{x:g}"


def core_and_all(core: float, all_of_it: float) -> str:
    """Minutes of a lab's core and of all of it: 65 (130), or 120 where the core is all."""
    return points(core) if core == all_of_it else f"{points(core)} ({points(all_of_it)})"


def core_and_deeper(core: int, all_of_them: int) -> str:
    """How many exercises the core has and how many the deeper sections: 3 + 2, or 5 where there are none."""
    return str(core) if core == all_of_them else f"{core} + {all_of_them - core}"


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table. The last column may hold long text and several lines; nothing is cut off.

    Args:
        columns: headings; one that begins with `>` is aligned right.
        rows: one value per column.
    """
    texts = [[clean(value) for value in row] for row in rows]
    if sys.stdout.isatty():
        _rich_table(columns, texts)
    else:
        for line in plain_table(columns, texts):
            print(line)


def plain_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A table's lines: columns two spaces apart, further lines of the last column below its first."""
    heads = [c.removeprefix(">") for c in columns]
    flat = [[*(" ".join(v.split("\n")) for v in row[:-1]), row[-1]] for row in [heads, *rows]]
    widths = [max(len(row[i]) for row in flat) for i in range(len(columns) - 1)]
    lines = []
    for row in flat:
        first = "".join(
            (v.rjust(w) if c.startswith(">") else v.ljust(w)) + "  "
            for v, w, c in zip(row[:-1], widths, columns[:-1], strict=True)
        )
        head, *more = row[-1].split("\n")
        lines += [(first + head).rstrip(), *((" " * len(first) + line).rstrip() for line in more)]
    return lines


def _rich_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        shown.add_column(
            Text(column.removeprefix(">")),
            justify="right" if column.startswith(">") else "left",
            overflow="fold",
        )
    for row in rows:
        shown.add_row(*(Text(value, style=STYLES.get(value, "")) for value in row))
    Console().print(shown)
