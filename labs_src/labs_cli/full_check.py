"""`labs check --full`: the hidden tests too, on fresh inputs, for who learns alone; the outcome is recorded."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from labs_cli import places
from labs_cli.catalog import Lab, find_lab
from labs_cli.checking import Work, chosen_variant, find_work, show
from labs_cli.digests import answer_digests
from labs_cli.errors import NotFound
from labs_cli.screen import note, say

if TYPE_CHECKING:
    from autograder.results import SubmissionResult

SEEDS = 1_000_000


def check_fully(wanted: str, notebook: Path | None, seed: int | None) -> int:
    """Show and record what all checks of a notebook say; return the exit code as `labs check` does.

    Args:
        seed: of the hidden tests' inputs; a new one if not given.

    Raises:
        NotFound: the labs' sources, which hold the hidden tests, are not here.
        AutograderError: the judge cannot run here.
    """
    source = _source(find_lab(wanted))
    work = find_work(wanted, notebook)
    seed = secrets.randbelow(SEEDS) if seed is None else seed
    say(f"The hidden tests run too, on inputs drawn with seed {seed}; `--seed {seed}` draws the same again.")
    result = judge_fully(work, source, seed)
    code = show(result, work, hidden=True)
    _record(work, result, seed)
    return code


def judge_fully(work: Work, source: Path, seed: int) -> SubmissionResult:
    """Judge all checks in other processes.

    Raises:
        AutograderError: the judge cannot run here, or the lab's source breaks a rule.
    """
    from autograder.authoring.build import build_lab
    from autograder.authoring.notebooks import to_text
    from autograder.grade import check_notebook

    whole = to_text(build_lab(source).nbgrader_source).encode()
    return check_notebook(
        work.lab.slug,
        whole,
        work.file.data,
        variant=chosen_variant(),
        sandbox=places.sandbox(),
        draw=str(seed).encode(),
    )


def _source(lab: Lab) -> Path:
    folder = places.SOURCES / lab.slug
    if (folder / "lab.py").is_file():
        return folder
    raise NotFound(
        f"the hidden tests of {lab.slug} are not here: Binder and installed packages leave the labs' sources out",
        f"`labs check {lab.short}` runs the visible checks. In a checkout of the project's repository, "
        f"`labs check {lab.short} --full --notebook FILE` runs all on the file that `labs submit {lab.short}` makes",
    )


def _record(work: Work, result: SubmissionResult, seed: int) -> None:
    """Keep the outcome of each exercise that was begun, with a digest of the answer that it is about."""
    from autograder.marking.marker import NOT_DONE
    from autograder.results import Status
    from prodml.lab import records

    if result.status in (Status.REJECTED, Status.GRADER_ERROR):
        return
    answers = answer_digests(work.file)
    for e in result.exercises:
        if e.name in answers and not e.message.startswith(NOT_DONE):
            detail = {"score": e.score, "points": e.max_score, "answer": answers[e.name], "seed": seed}
            try:
                records.append(records.new(work.lab.slug, "checked", e.name, detail), places.workspace())
            except OSError as error:
                note(f"This could not be recorded: {error}")
                return
