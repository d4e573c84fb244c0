"""Is a lab's source read cell by cell, with the lines that an author looks for?"""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.authoring.source import read_source
from autograder.errors import AuthorErrors


def test_cells_know_their_kind_name_and_line(lab_dir: Path, lab_text: str) -> None:
    lab = read_source(lab_dir)
    check = lab.of_kind("check")[0]
    assert (check.name, check.points) == ("double", 3.0)
    assert lab_text.splitlines()[check.line - 1] == 'with check("double"):'
    assert lab_text.splitlines()[check.line_of("changes its argument") - 1].endswith(
        '"Your function changes its argument."'
    )
    assert lab.exports == {"double", "Counter"}
    assert lab.points == 5
    assert lab.meta["title"] == "A small lab"


def test_release_follows_the_text(lab_dir: Path) -> None:
    before = read_source(lab_dir).release
    (lab_dir / "lab.py").write_text((lab_dir / "lab.py").read_text() + "# %% [markdown]\n# The end.\n")
    assert read_source(lab_dir).release != before


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('kind="setup"', 'kind="prepare"', "of kind 'prepare'"),
        ('# %% kind="explore"', "# %%", "of kind None"),
        ("#   lab:", "#   lap:", "no front matter"),
        ("# # 90", "# %% [markdown] 90 %%\n# %%", "of kind None"),
        ("#     minutes: {", "#     minutes: [{", "cannot read the file"),
    ],
)
def test_what_cannot_be_read_is_named_with_file_and_line(
    lab_dir: Path, lab_text: str, old: str, new: str, says: str
) -> None:
    (lab_dir / "lab.py").write_text(lab_text.replace(old, new, 1))
    with pytest.raises(AuthorErrors, match=says) as caught:
        read_source(lab_dir)
    (error,) = caught.value.errors
    assert error.path == lab_dir / "lab.py"
    assert error.fix


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(AuthorErrors, match=r"lab\.py:1: the file is missing"):
        read_source(tmp_path)
