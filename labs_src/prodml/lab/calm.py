"""A stub that is not done is no accident: its cell ends with one line in place of a traceback."""

from __future__ import annotations

from typing import Any

from prodml.lab.output import shorten

UNFINISHED = "finish the exercise first, then run this cell again"
TRACED = "in user code:"  # begins what TensorFlow makes of an error in a function that it traces


def calm_stubs() -> None:
    """From now on, IPython shows one line for a NotImplementedError that a cell or a placeholder raises."""
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    if shell is not None:
        shell.set_custom_exc((NotImplementedError,), _show)


def _show(shell: Any, kind: type[BaseException], error: BaseException, tb: Any, tb_offset: int | None = None) -> None:
    words = "" if str(error).startswith(TRACED) else str(error)
    if not hasattr(error, "_render_traceback_") and _from_a_cell(tb, shell.user_ns, wordless=not words):
        shorten(error, words or UNFINISHED)
    shell.showtraceback((kind, error, tb), tb_offset=tb_offset)


def _from_a_cell(tb: Any, cells: dict[str, Any], *, wordless: bool) -> bool:
    """Whether the raising frame is a cell's or a placeholder's; a library's own error keeps its traceback.

    Without words it may also be prodml's own: it hands on what a stub has raised in another process.
    """
    while tb.tb_next:
        tb = tb.tb_next
    names = tb.tb_frame.f_globals
    name = str(names.get("__name__"))
    return names is cells or name == "prodml.lab.unfinished" or (wordless and name.startswith("prodml."))
