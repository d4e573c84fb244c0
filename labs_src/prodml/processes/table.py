"""How the processes of a group are: as text, as HTML, and as a widget that keeps itself up to date."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from prodml.output import in_notebook, text_of

EVERY = 0.5  # seconds between two looks
WIDTH = 90  # characters of a log's last line
HEADS = ("process", "pid", "state", "memory, MB", "last line of its log")
CELL = 'style="padding: 0.1em 0.8em; text-align: left; font-variant-numeric: tabular-nums"'


@dataclass(frozen=True)
class Row:
    """A process at one moment; `memory` in MB, proportional (PSS), with what it has started."""

    name: str
    pid: int
    state: str
    memory: float
    said: str

    @property
    def cells(self) -> tuple[str, ...]:
        """As texts, in the order of `HEADS`."""
        return (self.name, str(self.pid), self.state, f"{self.memory:.0f}", self.said)


def last_line(log: str) -> str:
    """The last line with something in it, shortened; control characters are replaced."""
    lines = [line for line in log.splitlines() if line.strip()]
    text = "".join(c if c.isprintable() else "·" for c in lines[-1].strip()) if lines else ""
    return text if len(text) <= WIDTH else text[: WIDTH - 1] + "…"


def as_text(rows: Sequence[Row]) -> str:
    """A table in plain text."""
    lines = [HEADS, *(row.cells for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEADS))]
    return "\n".join("  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip() for line in lines)


def as_html(rows: Sequence[Row]) -> str:
    """A table in HTML; what processes have written is escaped."""
    head = "".join(f'<th scope="col" {CELL}>{text}</th>' for text in HEADS)
    body = "".join(f"<tr>{_html_cells(row)}</tr>" for row in rows)
    return f"<table><caption>Processes</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _html_cells(row: Row) -> str:
    name, *others = row.cells
    return f'<th scope="row" {CELL}>{text_of(name)}</th>' + "".join(f"<td {CELL}>{text_of(x)}</td>" for x in others)


def show(look: Callable[[], list[Row]]) -> Live | None:
    """Display a table: one that stays up to date in a notebook; elsewhere print it."""
    if not in_notebook():
        print(as_text(look()))
        return None
    import ipywidgets as widgets
    from IPython.display import display

    rows = look()
    widget = widgets.HTML(as_html(rows))
    display({**widget._repr_mimebundle_(), "text/plain": as_text(rows)}, raw=True)
    return Live(widget, look)


class Live:
    """Keeps a widget up to date in a thread, until `end`."""

    def __init__(self, widget: Any, look: Callable[[], list[Row]], every: float = EVERY) -> None:
        self._widget = widget
        self._look = look
        self._every = every
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="group-table", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Show how it ended, and stop."""
        self._ended.set()
        self._thread.join()
        self._update()

    def _run(self) -> None:
        while not self._ended.wait(self._every):
            self._update()

    def _update(self) -> None:
        self._widget.value = as_html(self._look())
