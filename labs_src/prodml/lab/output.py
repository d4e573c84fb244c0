"""Showing things: rich in a notebook, as text everywhere else. What comes from a learner is escaped here."""

from __future__ import annotations

import contextlib
import html
import math
import re
import sys
from typing import Any

HIDDEN = "\x00"  # stands for a code span while the stars around it are looked at


def show(text: str, markup: str) -> None:
    """Display `markup` (HTML), with `text` where HTML cannot be shown; outside of a notebook print the text."""
    if not in_notebook():
        print(text)
        return
    from IPython.display import display

    display({"text/plain": text, "text/html": markup}, raw=True)


def in_notebook() -> bool:
    """Whether a Jupyter kernel runs this: not a terminal, not a plain interpreter."""
    if "IPython" not in sys.modules:
        return False
    from IPython import get_ipython

    return getattr(get_ipython(), "kernel", None) is not None


def shorten(error: BaseException, said: str) -> None:
    """Have IPython show one line in place of a traceback. The exception itself stays what it is."""
    line = f"{type(error).__name__}: {said}"
    with contextlib.suppress(Exception):  # a learner's own class may refuse the attribute
        error._render_traceback_ = lambda: [line]  # type: ignore[attr-defined]


def text_of(x: Any) -> str:
    """`x` as HTML text: nothing in it is markup."""
    return html.escape(str(x)).replace("\n", "<br>")


def markdown_of(text: str) -> str:
    """A paragraph of Markdown as HTML: code spans, bold and emphasis; everything else is escaped.

    Stars are emphasis only where words begin and end: `2 * 3 * 4`, `x**2` and `f(*args, **options)` stay.
    """
    parts = re.split(r"`([^`\n]+)`", text.replace(HIDDEN, ""))  # every second one is a code span
    spans = iter(f"<code>{text_of(part)}</code>" for part in parts[1::2])
    rest = _emphasis(text_of(HIDDEN.join(parts[::2])))
    return re.sub(HIDDEN, lambda _: next(spans), rest)


def number(x: Any) -> str:
    """A number for people: whole ones in full, others to three digits; what is no number as it is."""
    if isinstance(x, bool | str | None):
        return str(x)
    try:
        n = float(x)
    except (TypeError, ValueError):
        return str(x)
    if not math.isfinite(n):
        return str(n)
    if n.is_integer() or abs(n) >= 100:
        return f"{n + 0:,.0f}"
    return f"{n:.3g}"


def _emphasis(markup: str) -> str:
    markup = re.sub(r"(?<![\w*\x00])\*\*(?=[^\s*])(.+?)(?<=[^\s*])\*\*(?![\w*\x00])", r"<b>\1</b>", markup)
    return re.sub(r"(?<![\w*\x00])\*(?=[^\s*])([^*]+?)(?<=[^\s*])\*(?![\w*\x00])", r"<i>\1</i>", markup)
