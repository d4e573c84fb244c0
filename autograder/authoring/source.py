"""Read a lab's source: `lab.py` in jupytext's percent format, cell by cell with line numbers."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import jupytext
from nbformat import NotebookNode

from autograder.errors import AuthorError, AuthorErrors

KINDS = ("setup", "exercise", "check", "explore")
MARKER = re.compile(r"^# %%(?!%)")
HEADING = re.compile(r"^(#{1,6}) ")


@dataclass(frozen=True)
class SourceCell:
    """One cell as written.

    Attributes:
        kind: of KINDS for code; `text` or `hints` for markdown.
        line: line in the file where the cell's text begins.
        options: what stands behind the cell's marker, such as name, exports and points.
        deeper: it belongs to a section that a learner may skip; that section's heading among it.
    """

    kind: str
    source: str
    line: int
    options: dict[str, Any] = field(default_factory=dict)
    deeper: bool = False

    @property
    def name(self) -> str:
        return str(self.options.get("name", ""))

    @property
    def exports(self) -> tuple[str, ...]:
        return tuple(self.options.get("exports", ()))

    @property
    def points(self) -> float:
        return float(self.options.get("points", 0))

    @property
    def is_code(self) -> bool:
        return self.kind in KINDS

    @property
    def heading(self) -> int:
        """The level of the heading that the cell begins with; 0 if it begins with none."""
        found = HEADING.match(self.source) if self.kind == "text" else None
        return len(found.group(1)) if found else 0

    def line_of(self, pattern: str) -> int:
        """Line in the file of the first line that holds `pattern`, else the cell's first."""
        for number, text in enumerate(self.source.splitlines()):
            if pattern in text:
                return self.line + number
        return self.line


@dataclass(frozen=True)
class LabSource:
    """A lab as written. `meta` is its front matter; `release` identifies this text of it."""

    path: Path
    slug: str
    meta: dict[str, Any]
    cells: tuple[SourceCell, ...]
    release: str

    def of_kind(self, *kinds: str) -> list[SourceCell]:
        return [c for c in self.cells if c.kind in kinds]

    @property
    def shown(self) -> list[SourceCell]:
        """The cells that stand in its notebooks. Hints do not: they come with a check's card."""
        return [c for c in self.cells if c.kind != "hints"]

    @property
    def minutes(self) -> int:
        """A learner's minutes for all of it."""
        return int(self.meta["minutes"]["all"])

    @property
    def core_minutes(self) -> int:
        """A learner's minutes without the deeper sections."""
        return int(self.meta["minutes"]["core"])

    @property
    def core(self) -> list[str]:
        """The exercises of the core; all if the front matter names none."""
        named = self.meta.get("core")
        return list(named) if isinstance(named, list) else [c.name for c in self.of_kind("exercise")]

    @property
    def exports(self) -> frozenset[str]:
        return frozenset(e for c in self.of_kind("exercise") for e in c.exports)

    @property
    def points(self) -> float:
        return sum(c.points for c in self.of_kind("check"))


def read_source(lab_dir: Path) -> LabSource:
    """Read `lab_dir/lab.py`.

    Raises:
        AuthorErrors: there is no such file, its front matter is no YAML, or a cell's marker cannot be read.
    """
    path = lab_dir / "lab.py"
    nb, lines = read_percent(path)
    cells = _in_sections([_cell(path, c, line) for c, line in zip(nb.cells, lines, strict=True)])
    meta = nb.metadata.get("lab")
    if not isinstance(meta, dict):
        fix = "begin the file with `# ---`, `# jupyter:`, `#   lab:` and the fields of ARCHITECTURE.md"
        raise AuthorErrors([AuthorError(path, 1, "the lab has no front matter", fix)])
    release = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    return LabSource(path, lab_dir.name, _plain(meta), cells, release)


def read_percent(path: Path) -> tuple[NotebookNode, list[int]]:
    """A percent file as a notebook, and the line where each cell's text begins.

    Raises:
        AuthorErrors: see `read_source`.
    """
    if not path.is_file():
        raise AuthorErrors([AuthorError(path, 1, "the file is missing", "write it as ARCHITECTURE.md describes")])
    text = path.read_text(encoding="utf-8")
    try:
        nb = jupytext.reads(text, fmt="py:percent")
    except Exception as error:  # YAML and jupytext raise many kinds
        problem = f"jupytext cannot read the file: {error}"
        raise AuthorErrors([AuthorError(path, 1, problem, "mend the front matter or the cell marker")]) from error
    lines = [n for n, line in enumerate(text.splitlines(), 1) if MARKER.match(line)]
    if len(lines) != len(nb.cells):
        problem = f"{len(lines)} cell markers, but jupytext reads {len(nb.cells)} cells"
        fix = "put a marker before the first cell, and no line that begins with `# %%` into a string"
        raise AuthorErrors([AuthorError(path, lines[0] if lines else 1, problem, fix)])
    return nb, [n + 1 for n in lines]


def _cell(path: Path, cell: NotebookNode, line: int) -> SourceCell:
    options = {k: v for k, v in _plain(cell.metadata).items() if not k.startswith("lines_to_")}
    kind = options.pop("kind", None)
    if cell.cell_type == "markdown" and kind in (None, "hints"):
        return SourceCell(kind or "text", cell.source, line, options)
    if cell.cell_type == "code" and kind in KINDS:
        return SourceCell(str(kind), cell.source, line, options)
    fix = f'write `# %% kind="…"` with one of {", ".join(KINDS)} for code, `# %% [markdown]` for text'
    raise AuthorErrors([AuthorError(path, line - 1, f"a {cell.cell_type} cell of kind {kind!r}", fix)])


def _in_sections(cells: list[SourceCell]) -> tuple[SourceCell, ...]:
    """Mark what stands under a heading with the option `deeper`, until the next of its level or a higher one."""
    marked, level = [], 0
    for cell in cells:
        if cell.heading and cell.heading <= level:
            level = 0
        if cell.heading and not level and "deeper" in cell.options:
            level = cell.heading
        marked.append(replace(cell, deeper=bool(level)))
    return tuple(marked)


def _plain(x: Any) -> Any:
    """NotebookNodes as plain dicts."""
    if isinstance(x, dict):
        return {str(k): _plain(v) for k, v in x.items()}
    return [_plain(v) for v in x] if isinstance(x, list) else x
