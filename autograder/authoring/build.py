"""Build a lab: read its source, hold it against the rules, make its three notebooks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from autograder.authoring import notebooks
from autograder.authoring.leaks import leaks
from autograder.authoring.reading_rules import hard_to_read
from autograder.authoring.rules import broken_rules
from autograder.authoring.source import LabSource, read_source
from autograder.authoring.stubs import bad_stubs
from autograder.errors import AuthorErrors


@dataclass(frozen=True)
class Built:
    """A lab's notebooks."""

    source: LabSource
    learner: NotebookNode
    nbgrader_source: NotebookNode
    reference: NotebookNode


def build_lab(lab_dir: Path) -> Built:
    """Build the lab in `lab_dir`.

    Raises:
        AuthorErrors: every mistake, with file, line and fix.
    """
    lab = read_source(lab_dir)
    if errors := broken_rules(lab) or hard_to_read(lab):
        raise AuthorErrors(errors)
    learner = notebooks.learner(lab)
    if errors := [*bad_stubs(lab, learner), *leaks(lab, learner)]:
        raise AuthorErrors(errors)
    return Built(lab, learner, notebooks.nbgrader_source(lab), notebooks.reference(lab))
