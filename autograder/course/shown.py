"""What a learner wrote, as text that a page or a terminal of a teacher shows and never runs.

Formgrader and nbgrader's feedback render notebooks as nbconvert does: HTML in a Markdown cell is part of the page.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable
from typing import Any

from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from autograder.plain_text import plain

CHARACTERS = 20_000  # of one cell: what is longer is cut, for pages that a browser can show
CUT = "… {more} more characters are not shown here; they are in the submitted file."
AS_WRITTEN = (
    "Shown as it was written: it holds HTML, an image, a diagram, a link or a heading that would do more in a page "
    "than be read.\n\n"
)
SAFE_LINKS = ("http://", "https://", "mailto:", "#")
PAGE_IDS = frozenset({"notebook", "notebook-container", "statusmessage", "toc", "top"})
HEADING_ID = re.compile(r'\bid="([^"]*)"')
# Macros with which a formula in MathJax makes links, loads extensions or changes other formulas.
MACROS = re.compile(
    r"\\(href|url|class|cssId|style|require|unicode|bbox|mmlToken|includegraphics|html\w*|data|texttip|Tip|"
    r"[gex]?def|(re)?newcommand|providecommand|newenvironment|let|futurelet|DeclareMathOperator)(?![a-zA-Z])"
)


class _Unsafe(Exception):
    """Raised where Markdown makes something of a page that is more than text."""


def code(source: str) -> str:
    """A cell of code, cut where it is too long to be shown."""
    text = plain(source)
    if len(text) <= CHARACTERS:
        return text
    return f"{text[:CHARACTERS]}\n# " + CUT.format(more=len(text) - CHARACTERS)


def markdown(source: str, taken: Container[str] = ()) -> str:
    """A cell of Markdown: as it is where it makes nothing but text, formulas and links; else verbatim.

    Args:
        taken: ids of elements of the page, which a heading may not have.
    """
    text = plain(source)
    if len(text) > CHARACTERS:
        return verbatim(f"{text[:CHARACTERS]}\n" + CUT.format(more=len(text) - CHARACTERS))
    return text if _is_text(text, taken) else AS_WRITTEN + verbatim(text)


def verbatim(text: str) -> str:
    """Markdown that shows `text` as it is, whatever stands in it."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{plain(text)}\n{fence}"


def ids_of_page(grade_ids: Iterable[str]) -> frozenset[str]:
    """Ids that formgrader and feedback give to elements.

    Formgrader takes the first element of an id for the field of that cell's points: behind a heading of the same id a
    teacher's points would go nowhere, or to another cell.
    """
    forms = ("{}", "{}-comment", "comment-{}", "{}_extra_credit")
    return PAGE_IDS | {form.format(name) for name in grade_ids for form in forms}


def _is_text(text: str, taken: Container[str]) -> bool:
    if MACROS.search(text):
        return False
    try:
        MarkdownWithMath(renderer=_OnlyText(taken)).render(text)
    except Exception:  # _Unsafe, or whatever else a page of formgrader would stumble over
        return False
    return True


class _OnlyText(IPythonRenderer):  # type: ignore[misc]
    """Renders as formgrader does, and refuses all that is not text."""

    def __init__(self, taken: Container[str]) -> None:
        super().__init__(escape=False)
        self._taken = taken

    def heading(self, text: str, level: int, **attrs: Any) -> str:
        html = str(super().heading(text, level, **attrs))
        if any(found in self._taken for found in HEADING_ID.findall(html)):
            raise _Unsafe
        return html

    def block_html(self, html: str) -> str:
        raise _Unsafe

    def inline_html(self, html: str) -> str:
        raise _Unsafe

    def block_mermaidjs(self, code: str) -> str:
        raise _Unsafe

    def image(self, text: str, url: str, title: str | None = None) -> str:
        raise _Unsafe

    def link(self, text: str, url: str, title: str | None = None) -> str:
        if not url.lower().startswith(SAFE_LINKS):
            raise _Unsafe
        return str(super().link(text, url, title))
