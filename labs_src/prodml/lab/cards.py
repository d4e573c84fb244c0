"""The card below a check: what a learner reads, as HTML and as text.

Nothing is told by colour alone, and colours follow JupyterLab's theme. Styles are inline, because a notebook
that is opened again keeps only those. A heading is a role and no <h3>, to stay out of the table of contents.
"""

from __future__ import annotations

from dataclasses import dataclass

from prodml.lab.output import markdown_of, text_of

COLOUR = "color:var(--jp-content-font-color1, inherit)"
CODE = (
    "margin:.2em 0 .4em;padding:.4em .6em;white-space:pre-wrap;background:var(--jp-layout-color2, #eee);"
    f"font-family:var(--jp-code-font-family, monospace);{COLOUR}"
)
PARAGRAPH = "margin:.4em 0"


@dataclass(frozen=True)
class Card:
    """What a card says, from top to bottom.

    Attributes:
        edge: its edge's colour.
        title: with a sign that tells the outcome without colour.
        says: a paragraph; Markdown's code spans and emphasis.
        tried: what the check tried when the learner's code raised: a call, then "name = value" of the loops
            around it; or nothing. Plain text.
        label, code: lines of code and what they are, or "".
        hints: (summary, the author's Markdown), each opened by a click.
        details: (summary, plain text), opened by a click; not in the text form.
        foot: a last, smaller line, or "".
    """

    edge: str
    title: str
    says: str
    label: str = ""
    code: str = ""
    hints: tuple[tuple[str, str], ...] = ()
    details: tuple[str, str] | None = None
    foot: str = ""
    tried: tuple[str, ...] = ()


def text_card(card: Card) -> str:
    """The card as plain text."""
    lines = [card.title, f"  {card.says}"]
    if card.tried:
        lines.append(f"  {_tried([f'`{part}`' for part in card.tried])}")
    if card.code:
        lines += [f"  {card.label}", *(f"    {line}" for line in card.code.splitlines())]
    lines += [f"  {summary}: {text}" for summary, text in card.hints]
    if card.foot:
        lines.append(f"  {card.foot}")
    return "\n".join(lines)


def html_card(card: Card) -> str:
    """The card as HTML. All is escaped; Markdown of messages and hints, and a hint's mathematics, are rendered."""
    parts = [
        f'<p role="heading" aria-level="3" style="margin:0;font-weight:bold">{text_of(card.title)}</p>',
        f'<p style="{PARAGRAPH}">{markdown_of(card.says)}</p>',
    ]
    if card.tried:
        tried = _tried([f"<code>{text_of(part)}</code>" for part in card.tried])
        parts.append(f'<p style="{PARAGRAPH}">{tried}</p>')
    if card.code:
        parts.append(f'<p style="margin:0">{text_of(card.label)}</p><pre style="{CODE}">{text_of(card.code)}</pre>')
    for summary, text in card.hints:
        hint = f'<p class="mathjax_process" style="{PARAGRAPH}">{markdown_of(text)}</p>'
        parts.append(_folded(summary, hint))
    if card.details:
        summary, text = card.details
        parts.append(_folded(summary, f'<pre style="{CODE}">{text_of(text)}</pre>'))
    if card.foot:
        parts.append(f'<p style="margin:.4em 0 0;font-size:90%">{text_of(card.foot)}</p>')
    style = f"border-left:5px solid {card.edge};padding:.3em .9em;margin:.2em 0;{COLOUR}"
    # mathjax_ignore: a learner's "$5 or $6" is no formula
    return f'<div class="prodml-card mathjax_ignore" role="status" style="{style}">{"".join(parts)}</div>'


def _tried(parts: list[str]) -> str:
    loops = f", with {', '.join(parts[1:])}" if parts[1:] else ""
    return f"That was while the check tried {parts[0]}{loops}."


def _folded(summary: str, markup: str) -> str:
    clickable = f'<summary style="cursor:pointer">{text_of(summary)}</summary>'
    return f'<details style="{PARAGRAPH}">{clickable}{markup}</details>'
