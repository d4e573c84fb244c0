"""How the processes of a group are: as text, as HTML, and as a widget that keeps itself up to date."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from prodml.lab.output import in_notebook, text_of

EVERY = 0.5  # seconds between two looks
WIDTH = 90  # characters of a log's last line
STOPPED = "killed by SIGTERM"  # so only a group ends a process; buttons and `kill` send SIGKILL
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


Button = Callable[[], Any]


def show(look: Callable[[], list[Row]], buttons: Mapping[str, Button] | None = None) -> Live | None:
    """Display a table: one that stays up to date in a notebook; elsewhere print it.

    Args:
        look: how the processes are now.
        buttons: what stands on a button below the table → what it does. JupyterLab 4.4 and later send clicks to a
            subshell, which acts while a cell runs; elsewhere they wait until it has ended.
    """
    if not in_notebook():
        print(as_text(look()))
        return None
    import ipywidgets as widgets
    from IPython.display import display

    rows = look()
    table, said = widgets.HTML(as_html(rows)), widgets.HTML()
    live = Live(table, look)
    row = widgets.HBox([_button(name, do, live, said) for name, do in (buttons or {}).items()])
    row.layout.flex_flow = "row wrap"
    shown = widgets.VBox([table, row, said]) if buttons else table
    live.controls = row.children
    display({**shown._repr_mimebundle_(), "text/plain": as_text(rows)}, raw=True)
    return live


def _button(name: str, do: Button, live: Live, said: Any) -> Any:
    import ipywidgets as widgets

    def clicked(_: Any) -> None:
        try:
            do()
            said.value = text_of(f"Done: {name}.")
        except Exception as error:  # in a callback nobody else would show it
            said.value = text_of(f"{name}: {error}")
        live.update()

    button = widgets.Button(description=name)
    button.on_click(clicked)
    # ipykernel 7.4 hands a click to the shell that has made the button, busy or not, instead of the one asked for.
    vars(button.comm).pop("_reply_subshell_id", None)
    return button


class Live:
    """Keeps a widget up to date in a thread, until `end`.

    Attributes:
        controls: buttons, which are switched off at the end.
    """

    def __init__(self, widget: Any, look: Callable[[], list[Row]], every: float = EVERY) -> None:
        self._widget = widget
        self._look = look
        self._every = every
        self.controls: Sequence[Any] = ()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="group-table", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Show how it ended, and stop. Who was there to the end has ended with the block: that is no accident."""
        self._ended.set()
        self._thread.join()
        rows = [replace(row, state="ended with the block") if row.state == STOPPED else row for row in self._look()]
        self._widget.value = as_html(rows)
        for control in self.controls:
            control.disabled = True

    def _run(self) -> None:
        while not self._ended.wait(self._every):
            self.update()

    def update(self) -> None:
        """Look now."""
        self._widget.value = as_html(self._look())
