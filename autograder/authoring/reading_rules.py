"""The rules of how a lab reads: what is open at first sight, and that its core stands by itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from autograder.authoring.folding import is_folded
from autograder.authoring.names import names_of, without_magics
from autograder.authoring.source import LabSource, SourceCell
from autograder.errors import AuthorError

Errors = Iterator[AuthorError]
WIDTH = 100  # characters of a line of code that a learner reads
CORE_EXERCISES = 3
CORE_MINUTES = 75
SOLUTION = re.compile(r"^ *### BEGIN SOLUTION$.*?^ *### END SOLUTION$", re.MULTILINE | re.DOTALL)
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
MERMAID = re.compile(r"^```mermaid\n(.*?)^```", re.MULTILINE | re.DOTALL)
# The first line of a folded cell is all that is seen of it.
SAYS = re.compile(r"""^(# \S.*[.:?!]|with check\(.*|(predict|reveal)\(["'].*)$""")


def hard_to_read(lab: LabSource) -> list[AuthorError]:
    """Every place where a lab breaks a rule of reading, in the order of its lines."""
    return sorted((error for rule in RULES for error in rule(lab)), key=lambda e: e.line)


def core_is_named(lab: LabSource) -> Errors:
    """The front matter's core: one to three exercises, and exactly those outside of deeper sections."""
    exercises = {c.name: c for c in lab.of_kind("exercise")}
    if not 1 <= len(lab.core) <= CORE_EXERCISES or not set(lab.core) <= set(exercises):
        fix = f"write `core: [exercise, …]` with 1 to {CORE_EXERCISES} of {', '.join(exercises)}"
        yield AuthorError(lab.path, 1, "front matter: `core` does not name the core's exercises", fix)
        return
    if not 0 < lab.core_minutes <= min(CORE_MINUTES, lab.minutes):
        fix = f"write `minutes: {{core: …, all: …}}`, the core's at most {CORE_MINUTES}"
        yield AuthorError(lab.path, 1, "front matter: the core's minutes are too many", fix)
    for cell in exercises.values():
        if cell.deeper and cell.name in lab.core:
            yield _at(lab, cell, f"exercise {cell.name!r} of the core stands in a deeper section", "move it in front")
        elif not cell.deeper and cell.name not in lab.core:
            fix = "put it under a heading with `deeper=MINUTES`, or name it in the front matter's `core`"
            yield _at(lab, cell, f"exercise {cell.name!r} is not of the core, and in no deeper section", fix)


def deeper_sections_begin(lab: LabSource) -> Errors:
    """`deeper` stands at a cell that begins with a heading, and says the section's minutes."""
    for cell in lab.cells:
        minutes = cell.options.get("deeper")
        if "deeper" in cell.options and not (cell.heading and type(minutes) is int and minutes > 0):
            fix = "write `# %% [markdown] deeper=25` above `# ## Heading`"
            yield _at(lab, cell, "`deeper` is no number of minutes at a heading", fix)
        elif "deeper" in cell.options and len([line for line in cell.source.splitlines() if line.strip()]) > 2:
            fix = "leave the heading and one line such as *hard · 20 minutes*; put the rest into a cell below"
            yield _at(lab, cell, "text beside a deeper section's heading, which stays open", fix)


def headings_come_first(lab: LabSource) -> Errors:
    """A heading inside a cell would be folded with the text around it, or end a section unseen."""
    for cell in lab.of_kind("text"):
        for number, line in enumerate(FENCE.sub(_blank, cell.source).splitlines()):
            if number and re.match(r"#{1,6} ", line):
                fix = "begin a cell with it"
                yield AuthorError(lab.path, cell.line + number, "a heading in the middle of a cell", fix)


def core_stands_alone(lab: LabSource) -> Errors:
    """Nothing outside of the deeper sections reads a name that they bind."""
    deeper: set[str] = set()
    for cell in lab.cells:
        if cell.is_code:
            names = names_of(without_magics(cell.source))
            if cell.deeper:
                deeper |= names.bound
            elif taken := sorted(names.needed & deeper):
                fix = "bind it in the core, or give the deeper one another name"
                line = cell.line_of(taken[0])
                yield AuthorError(lab.path, line, f"the core reads {taken[0]!r}, which a deeper section binds", fix)


def folded_cells_say_what_they_do(lab: LabSource) -> Errors:
    """The first line of a folded cell is a sentence, or names its check or prediction."""
    for cell in lab.cells:
        first = cell.source.partition("\n")[0]
        if is_folded(cell) and not SAYS.match(first):
            fix = "begin it with a comment that is a sentence, such as `# Draws the ring, round by round.`"
            yield _at(lab, cell, f"a folded cell whose first line says nothing: {first[:60]}", fix)


def open_lines_fit(lab: LabSource) -> Errors:
    """No line of open code is wider than a narrow window; a solution is not shown."""
    for cell in lab.cells:
        if not cell.is_code or is_folded(cell):
            continue
        for number, line in enumerate(SOLUTION.sub(_blank, cell.source).splitlines()):
            if len(line) > WIDTH:
                problem = f"{len(line)} characters in a line of open code"
                yield AuthorError(lab.path, cell.line + number, problem, f"break it: {WIDTH} fit")


def diagrams_speak(lab: LabSource) -> Errors:
    """A Mermaid diagram has a title and a description, which is what a screen reader gets."""
    for cell in lab.of_kind("text"):
        for match in MERMAID.finditer(cell.source):
            for word in ("accTitle:", "accDescr:"):
                if word not in match.group(1):
                    line = cell.line + cell.source[: match.start()].count("\n")
                    yield AuthorError(lab.path, line, f"a diagram without `{word}`", "say in words what it shows")


RULES: tuple[Callable[[LabSource], Errors], ...] = (
    core_is_named,
    deeper_sections_begin,
    headings_come_first,
    core_stands_alone,
    folded_cells_say_what_they_do,
    open_lines_fit,
    diagrams_speak,
)


def _at(lab: LabSource, cell: SourceCell, problem: str, fix: str) -> AuthorError:
    return AuthorError(lab.path, cell.line, problem, fix)


def _blank(match: re.Match[str]) -> str:
    """As many empty lines, so that the lines after it keep their numbers."""
    return "\n" * match.group().count("\n")
