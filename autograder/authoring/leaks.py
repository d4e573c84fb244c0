"""Does a solution or a hidden test stand in the learner's notebook?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from nbformat import NotebookNode

from autograder.authoring.source import LabSource
from autograder.errors import AuthorError

REGION = re.compile(r"### BEGIN (SOLUTION|HIDDEN TESTS)\n(.*?)### END \1", re.DOTALL)
LONG = 24  # characters: a shorter line is no secret
ORDINARY = ("import ", "from ", "def ", "return ", "for ", "with ", "h = hidden_rng()", "#")


def leaks(lab: LabSource, learner: NotebookNode) -> Iterator[AuthorError]:
    """The lines of solutions and hidden tests that a learner can read, and markers that were left."""
    shown = [cell.source for cell in learner.cells]
    everything = "\n".join(shown) + "\n" + "\n".join(h for hints in learner.metadata.lab.hints.values() for h in hints)
    for marker in ("BEGIN SOLUTION", "END SOLUTION", "BEGIN HIDDEN", "END HIDDEN"):
        for cell, text in zip(lab.shown, shown, strict=True):
            if marker in text:
                problem = f"the marker {marker} is left in the learner's notebook"
                yield AuthorError(lab.path, cell.line_of(marker), problem, "close the region, on lines of its own")
    for cell in lab.of_kind("exercise", "check"):
        visible = {line.strip() for line in REGION.sub("", cell.source).splitlines()}  # written to be seen
        for region in REGION.finditer(cell.source):
            for text in {line.strip() for line in region.group(2).splitlines()} - visible:
                if len(text) >= LONG and not text.startswith(ORDINARY) and text in everything:
                    problem = f"a line of the {region.group(1).lower()} of {cell.name!r} leaks: {text[:60]}"
                    yield AuthorError(lab.path, cell.line_of(text), problem, "word the other place differently")
