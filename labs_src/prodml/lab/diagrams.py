"""`diagram`: a Mermaid diagram of what a run has made, with words for who cannot see it."""

from __future__ import annotations

from prodml.errors import UsageError
from prodml.grading import grading
from prodml.lab.output import in_notebook, show, text_of

# Kinds of diagrams that know accTitle and accDescr, and that JupyterLab draws.
KINDS = ("flowchart", "graph", "sequenceDiagram", "stateDiagram-v2", "classDiagram", "erDiagram")


def diagram(text: str, *, title: str, alt: str) -> None:
    """Show a diagram under its title. Outside of a notebook print both, title and `alt`.

    Args:
        text: Mermaid, its kind (`flowchart LR`) in the first line, without accTitle and accDescr.
        title: what it shows, in a few words.
        alt: what one learns from it, for those who cannot see it, and where diagrams cannot be shown.

    Raises:
        UsageError: `title` or `alt` is empty, or `text` begins with no kind or has words for screen readers of its own.
    """
    title, alt = (" ".join(words.split()) for words in (title, alt))
    if not title or not alt:
        raise UsageError("diagram: title or alt is empty.", "Say in words what the diagram shows.")
    kind, *lines = text.strip().splitlines() or [""]
    if not kind.startswith(KINDS):
        raise UsageError(f"diagram: the first line is {kind!r}.", f"Begin with one of {', '.join(KINDS)}.")
    if "accTitle" in text or "accDescr" in text:
        raise UsageError("diagram: the text has accTitle or accDescr.", "Give title= and alt= instead.")
    if grading():
        return
    if not in_notebook():
        print(f"{title}\n  {alt}")
        return
    from IPython.display import display

    drawn = "\n".join([kind, f"    accTitle: {title}", f"    accDescr: {alt}", *lines])
    show(title, f'<p style="margin:.2em 0"><b>{text_of(title)}</b></p>')
    display({"text/plain": alt, "text/vnd.mermaid": drawn}, raw=True)
