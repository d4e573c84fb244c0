"""Is a solution or a hidden test found where a learner could read it?"""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.authoring.build import build_lab
from autograder.errors import AuthorErrors

LEAKS = {
    "solution in a hint": ("# 2. An array can", "# 2. `doubled = np.asarray(x, dtype=float) * factor`. An array can", "solution of 'double'"),
    "solution in the text": ("# # 90 · A small lab", "# doubled = np.asarray(x, dtype=float) * factor", "solution of 'double'"),
    "hidden test in explore": ("print(table)", "secret = hidden_rng().normal(size=5)", "hidden tests of 'double'"),
    "marker misspelt": ("HIDDEN TESTS", "HIDDEN TEST", "BEGIN HIDDEN is left"),
}  # fmt: skip


@pytest.mark.parametrize("name", LEAKS)
def test_leak_is_an_error_with_file_and_line(lab_dir: Path, lab_text: str, name: str) -> None:
    old, new, says = LEAKS[name]
    assert old in lab_text
    (lab_dir / "lab.py").write_text(lab_text.replace(old, new, 2 if "HIDDEN" in old else 1))
    with pytest.raises(AuthorErrors, match=says) as caught:
        build_lab(lab_dir)
    assert all(f"{lab_dir / 'lab.py'}:" in str(error) for error in caught.value.errors)
