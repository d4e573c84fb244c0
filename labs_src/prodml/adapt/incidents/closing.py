"""What is said when an incident is closed by hand: part by part, what was right, and what the truth is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from prodml.adapt.incidents.evidence import Truth
from prodml.adapt.incidents.families import FAMILIES
from prodml.adapt.incidents.scoring import marks, score
from prodml.adapt.incidents.seen import best_view
from prodml.lab.output import markdown_of, show, text_of

UNKNOWN = "do not know: hand over"
LEFT = "style='text-align:left;padding-right:1em'"


def closed(diagnosis: Mapping[str, Any], truth: Truth) -> tuple[str, str]:
    """The verdict as text and as HTML.

    Args:
        diagnosis: "cause" (`UNKNOWN` too), "where", "since" and "action"; "severity" too, if it was asked for.
    """
    right = marks(diagnosis, truth)
    if "severity" in diagnosis:
        right["severity"] = diagnosis["severity"] == truth.severity
    rows = [(part, _said(diagnosis.get(part)), _said(getattr(truth, part)), right[part]) for part in right]
    handed = diagnosis.get("cause") == UNKNOWN
    owner = FAMILIES[truth.cause].owner or "whoever runs the hosts and the flights"
    head = f"{100 * score(diagnosis, truth):.0f} of 100 points."
    if handed:
        head += f" You handed it over, and named no wrong cause. The right address: {owner}."
    tail = FAMILIES[truth.cause].story
    if not all(right.values()):
        look_at, split_by, seen = best_view(truth)
        split = "" if split_by == "all" else f", split by `{split_by}`"
        tail += f" To be seen at `{look_at}`{split}: {seen}.{' A hard fault: it may be faint.' if truth.hard else ''}"
    if truth.cause != "nothing":
        tail += f" Of 100 flights since, {truth.wrong_alerts:g} were alerted wrongly, or wrongly not."
    text = "; ".join(f"{part}: {said}, {'right' if ok else f'in truth {true}'}" for part, said, true, ok in rows)
    cells = "".join(
        f"<tr><th scope='row' {LEFT}>{part}</th><td {LEFT}>{text_of(said)}</td><td {LEFT}>{text_of(true)}</td>"
        f"<td {LEFT}>{'✓ right' if ok else '✗'}</td></tr>"
        for part, said, true, ok in rows
    )
    names = "".join(f"<th scope='col' {LEFT}>{n}</th>" for n in ("part", "you said", "truth", "mark"))
    table = f"<table><thead><tr>{names}</tr></thead><tbody>{cells}</tbody></table>"
    markup = f"<p><b>{text_of(head)}</b> {markdown_of(tail)}</p>{table}"
    return f"{head} {text}. {tail}", markup


def tell(diagnosis: Mapping[str, Any], truth: Truth) -> None:
    """Show the verdict."""
    show(*closed(diagnosis, truth))


def _said(x: Any) -> str:
    return "none" if x is None else x.strftime("%-d %B %H:%M UTC") if hasattr(x, "strftime") else str(x)
