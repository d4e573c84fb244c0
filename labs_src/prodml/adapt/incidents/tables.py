"""What can be chosen, as tables to read before the console: causes by stage, actions, and severities."""

from __future__ import annotations

from collections.abc import Sequence

from prodml.adapt.incidents.families import ACTIONS, FAMILIES, GROUPS, SEVERITIES
from prodml.adapt.incidents.signs import SIGNS
from prodml.lab.output import markdown_of, show, text_of

CELL = "style='text-align:left;vertical-align:top;padding:0.1em 1.2em 0.1em 0'"
WHO = {"high": "wake the component's owner, roll back first", "medium": "today", "low": "a ticket"}


def causes() -> None:
    """Show the sixteen causes, in the order of the stages."""
    ordered = sorted(FAMILIES.values(), key=lambda f: GROUPS.index(f.group))
    _table(("stage", "cause", "what happened"), [(f.group, f"`{f.name}`", f.story) for f in ordered])


def actions() -> None:
    """Show what one can do about a fault, and what the levels of severity mean."""
    rows = [("action", f"`{name}`", words) for name, words in ACTIONS.items()]
    for name, least in SEVERITIES.items():
        limit = f"from {least:g} wrong alerts per 100 flights on" if least else "fewer"
        rows.append(("severity", f"`{name}`", f"{limit}: {WHO[name]}"))
    _table(("", "name", "what it means"), rows)


def signs() -> None:
    """Show the sixteen signs: where each is measured, when it is there, and what it suggests."""
    rows = [
        (f"`{s.name}`", s.there_when, f"`{s.suggests}`", "a mean of many rows" if s.average else "")
        for s in SIGNS.values()
    ]
    _table(("sign", "is there when", "suggests", ""), rows)


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A value that the row above has as well is left out."""
    head = "".join(f"<th scope='col' {CELL}>{text_of(h)}</th>" if h else f"<td {CELL}></td>" for h in heads)
    body, last = [], ""
    for first, *rest in rows:
        cells = [markdown_of(text) for text in ("" if first == last else first, *rest)]
        body.append("<tr>" + "".join(f"<td {CELL}>{cell}</td>" for cell in cells) + "</tr>")
        last = first
    text = "\n".join("  ".join(cell.replace("`", "") for cell in row) for row in rows)
    show(text, f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>")
