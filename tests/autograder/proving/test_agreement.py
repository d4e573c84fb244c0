"""Is a notebook's outcome held against the judge's, up to the figures, also where a kernel ends?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.proving.agreement import Notebook, disagreement


@pytest.mark.parametrize(
    ("error", "judged", "says"),
    [
        (None, "Visible checks passed, a hidden one failed: No.", ""),
        (None, "All checks passed.", ""),
        (None, "50% of the points: half of it", ""),
        (None, "Twice 3 is 6, yours is 5.", "passes in a notebook, but the judge says"),
        ("Twice 3 is 6, yours is 5.", "All checks passed.", "passes in the judge, but in a notebook: Twice"),
        ("Twice 3 is 6, yours is 5.", "Twice 3 is 6, yours is 7.25.", ""),
        ("Twice 3 is 6, yours is 5.", "Twice 3 is 6. Do you add?", "a notebook says: Twice 3 is 6, yours is 5. — and the judge"),
        ("no such key", "Your code raised KeyError: 'no such key'. The check says: Two.", ""),
        ("it ended its own process", "Your code ended its own process", ""),
        ("it ended its own process", "All checks passed.", "passes in the judge"),
    ],
)  # fmt: skip
def test_outcomes_are_compared_without_figures(error: str | None, judged: str, says: str) -> None:
    found = disagreement(error, judged)
    assert found == "" if not says else says in found


@pytest.fixture(scope="module")
def notebook() -> Iterator[Notebook]:
    with Notebook("python3", {"MINE": "yes"}, ["import os\nn = 1"]) as notebook:
        yield notebook


def test_cells_see_the_setup_and_the_variables(notebook: Notebook) -> None:
    assert notebook.run("assert os.environ['MINE'] == 'yes' and n == 1") is None
    assert notebook.run("assert n == 2, f'n is {n}'") == "n is 1"
    assert notebook.run("raise NotImplementedError") == "NotImplementedError"


def test_after_a_kernel_that_ended_there_is_another(notebook: Notebook) -> None:
    assert notebook.run("n = 2") is None
    assert notebook.run("os._exit(3)") == "it ended its own process"
    assert notebook.run("assert n == 1") is None


def test_a_setup_that_fails_is_told(tmp_path: Path) -> None:
    with (
        Notebook("python3", {}, ["1 / 0"]) as broken,
        pytest.raises(RuntimeError, match=r"setup cell failed.*division"),
    ):
        broken.run("pass")
