"""Does every learner's notebook run to its end with nothing solved, and does every check say so?"""

from __future__ import annotations

from nbformat import NotebookNode

RAISES = "raises-exception"


def kind(cell: NotebookNode) -> str:
    return cell.metadata.get("lab", {}).get("kind", "")


def test_runs_to_its_end(learners_run) -> None:
    """Does Run All reach the last cell?"""
    # papermill stops at a cell without the tag, and at the end it reports tagged ones too: what ran is what counts.
    code = [cell for cell in learners_run.notebook.cells if cell.cell_type == "code" and cell.source]
    assert [cell.id for cell in code if not cell.execution_count] == [], learners_run.failure


def test_every_check_fails_with_the_stubs_error(learners_run) -> None:
    """Does no check pass, or fail in another way, before its exercise is done?"""
    checks = [cell.id for cell in learners_run.notebook.cells if kind(cell) == "check"]
    failed = [(cell.id, error) for cell, error in learners_run.errors if kind(cell) == "check"]
    assert checks
    assert failed == [(check, "NotImplementedError") for check in checks]


def test_nothing_else_fails_but_marked_cells(learners_run) -> None:
    """Does only an explore cell that needs an unsolved exercise fail, marked and with the stub's error?"""
    others = [(c, error) for c, error in learners_run.errors if kind(c) != "check"]
    odd = [
        (cell.id, error)
        for cell, error in others
        if (kind(cell), error) != ("explore", "NotImplementedError") or RAISES not in cell.metadata.get("tags", [])
    ]
    assert odd == []
