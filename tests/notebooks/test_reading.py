"""Does every lab show what it claims, tell nothing too early, and say before it makes a learner wait?"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

import pytest
from nbformat import NotebookNode

NO_PICTURES = {"00_start_here"}  # ten minutes on how a lab works
PICTURES = 6
MOST_WORDS = 1600
DIAGRAM = "```mermaid"
SLOW = 15.0  # seconds; the rule is five on a quiet machine, and tests run on a busy one
ELSEWHERE = range(9, 22)  # Parts B and C
NOT_READ = re.compile(r"```.*?```|<details>.*?</details>", re.DOTALL)
MEASURED = re.compile(r"(?:measured|formula) (-?[\d,]*\.?\d+(?:e-?\d+)?)(?:[ ]([^\s,]+))?")
SHOWN = ("text/plain", "text/html", "text/markdown", "text/vnd.mermaid")
TAGS = re.compile(r"<(?:style|script)[^>]*>.*?</(?:style|script)>|<[^>]+>", re.DOTALL)


def outputs(cell: NotebookNode) -> Iterator[dict[str, str]]:
    """What a code cell has displayed or printed: MIME type → text."""
    for output in cell.get("outputs", []):
        data = output.get("data") or {"text/plain": output.get("text", "")}
        yield {kind: text for kind, text in data.items() if kind in SHOWN}


def called(cell: NotebookNode, function: str) -> str:
    """The name in `function("name", …)`, or ""."""
    found = re.search(rf"\b{function}\(\s*[\"']([^\"']+)[\"']", cell.source) if cell.cell_type == "code" else None
    return found.group(1) if found else ""


def seen(cell: NotebookNode) -> str:
    """What a learner has read of a cell: text, open code, and what it has shown."""
    open_code = "" if cell.metadata.get("jupyter", {}).get("source_hidden") else cell.source
    shown = [html.unescape(TAGS.sub(" ", part)) for output in outputs(cell) for part in output.values()]
    return "\n".join([open_code, *shown])


def told_early(cells: list[NotebookNode]) -> list[str]:
    """Figures of reveals that stand above their predictions.

    A figure counts if it has three digits or more, or stands there with its unit, and is no end or choice of the
    slider: "7" alone is everywhere, and of "how many of 31 days" the 31 must be said.
    """
    predicted = {called(cell, "predict"): at for at, cell in enumerate(cells)}
    found = []
    for cell in cells:
        name = called(cell, "reveal")
        if not name:
            continue
        asked = "\n".join(o.get("text/plain", "") for o in outputs(cells[predicted[name]]))
        ends = re.findall(r"[\d.]+", asked.replace(",", ""))
        above = "\n".join(seen(c) for c in cells[: predicted[name]]).replace(",", "")
        for output in outputs(cell):
            for figure, unit in MEASURED.findall(output.get("text/plain", "")):
                token = figure.replace(",", "")
                if sum(map(str.isdigit, token.lstrip("0."))) < 3:
                    token = f"{token} {unit}" if unit and token not in ends else ""
                if token and token not in ends and re.search(rf"(?<![\d.]){re.escape(token)}(?![\d.]*\d)", above):
                    found.append(f"{name}: {token}")
    return found


def test_no_figure_of_a_reveal_stands_above_its_prediction(reference_run) -> None:
    """Can a learner not read the answer before the guess, in text, open code or output?"""
    cells = reference_run.notebook.cells
    revealed = [c for c in cells if called(c, "reveal")]
    assert all(any(": measured " in o.get("text/plain", "") or ": formula " in o.get("text/plain", "") for o in outputs(c)) for c in revealed)
    assert told_early(cells) == []


def code(source: str, shown: str = "", **metadata: object) -> NotebookNode:
    output = NotebookNode(output_type="display_data", data=NotebookNode({"text/plain": shown}))
    return NotebookNode(cell_type="code", source=source, outputs=[output], metadata=NotebookNode(metadata))


PREDICTED = code('predict("late", "How many?", {"January": (0, 100)})', "Predict: How many?\n  January: from 0 to 100")
REVEALED = code('reveal("late", {"January": x})', "  January: measured 1,043 flights\n  share: measured 24 %")
TEXT = NotebookNode(cell_type="markdown", metadata=NotebookNode())
EARLY = {
    "in a text": ({**TEXT, "source": "There were 1043 of them."}, ["late: 1043"]),
    "with its unit": ({**TEXT, "source": "That is 24 % of all."}, ["late: 24 %"]),
    "in open code": (code("x = 1043"), ["late: 1043"]),
    "in an output": (code("x", "1,043 rows"), ["late: 1043"]),
    "nowhere": ({**TEXT, "source": "Day 24 of 2013, 10434 rows, 0.1043."}, []),
    "in folded code": (code("x = 1043", jupyter={"source_hidden": True}), []),
}


@pytest.mark.parametrize("place", EARLY)
def test_a_figure_that_is_told_early_is_found(place: str) -> None:
    cell, found = EARLY[place]
    assert told_early([NotebookNode(cell), PREDICTED, REVEALED]) == found
    assert told_early([PREDICTED, NotebookNode(cell), REVEALED]) == []


def test_the_run_draws_enough_pictures(lab_dir, reference_run) -> None:
    """Is there a diagram of the subject at the top, and a picture per claim, each with words for who cannot see it?"""
    cells = reference_run.notebook.cells
    shown = [o for c in cells if c.cell_type == "code" for o in outputs(c)]
    pictures = [tag for o in shown for tag in re.findall(r"<img [^>]*>", o.get("text/html", ""))]
    drawn = len(pictures) + sum("text/vnd.mermaid" in o for o in shown)
    assert all(re.search(r'alt="[^"]{20,}', tag) for tag in pictures)
    assert any(DIAGRAM in c.source for c in cells[:4]), "no diagram in the first four cells"
    assert drawn >= (1 if lab_dir.name in NO_PICTURES else PICTURES)


def opened(notebook: NotebookNode) -> dict[str, int]:
    """Words and lines of code that are open when a learner opens the notebook; of a folded cell, its first line."""
    words, lines, level = 0, 0, 0
    for cell in notebook.cells:
        heading = re.match(r"(#{1,6}) ", cell.source) if cell.cell_type == "markdown" else None
        if heading and len(heading.group(1)) <= level:
            level = 0
        if level:
            continue
        if heading and cell.metadata.get("jp-MarkdownHeadingCollapsed"):
            level = len(heading.group(1))
        if cell.cell_type == "markdown":
            words += len(NOT_READ.sub("", cell.source).split())
        elif cell.metadata.get("jupyter", {}).get("source_hidden"):
            lines += 1
        else:
            lines += sum(1 for line in cell.source.splitlines() if line.strip())
    return {"words": words, "lines": lines}


def test_little_is_open_at_first_sight(lab_dir, learners: NotebookNode, reference_run, report) -> None:
    """Is the core's open text read in some eight minutes, so that most of its hour is left to work?"""
    about = learners.metadata.lab
    shown = [o for c in reference_run.notebook.cells if c.cell_type == "code" for o in outputs(c)]
    drawn = sum("<img " in o.get("text/html", "") or "text/vnd.mermaid" in o for o in shown)
    report("open", lab_dir.name, **opened(learners), pictures=drawn, core=about.core_minutes, all=about.minutes)
    assert opened(learners)["words"] <= MOST_WORDS


def test_slow_cells_say_so_before(reference_run) -> None:
    """Does every cell that takes long announce it and show progress?"""
    seconds = {c.id: c.metadata.get("papermill", {}).get("duration") or 0 for c in reference_run.notebook.cells}
    assert any(seconds.values())
    silent = [
        (c.id, seconds[c.id])
        for c in reference_run.notebook.cells
        if seconds[c.id] > SLOW and not re.search(r"\bslow\b", c.source)
    ]
    assert silent == []


def test_it_ends_in_production(lab_dir, reference: NotebookNode) -> None:
    """Does a lab end with what a team does about it, and with primary sources; and Parts B and C with a table of names?"""
    text = "\n".join(c.source for c in reference.cells if c.cell_type == "markdown").lower()
    assert "## in production" in text
    assert "## primary sources" in text
    if int(lab_dir.name[:2]) in ELSEWHERE:
        assert re.search(r"the same idea elsewhere", text)
        assert all(f"| {name}" in text for name in ("tensorflow", "pytorch", "jax"))
