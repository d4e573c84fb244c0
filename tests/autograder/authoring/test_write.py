"""Are learner notebooks written, and found when they are out of date?"""

from __future__ import annotations

from pathlib import Path

from autograder.authoring.write import out_of_date, write_learner


def test_a_written_notebook_is_in_sync_and_is_not_written_twice(lab_dir: Path, tmp_path: Path) -> None:
    notebooks = tmp_path / "notebooks"
    assert out_of_date([lab_dir], notebooks) == [f"90_small: {notebooks / '90_small' / '90_small.ipynb'} is missing"]
    assert write_learner([lab_dir], notebooks) == [notebooks / "90_small" / "90_small.ipynb"]
    assert out_of_date([lab_dir], notebooks) == []
    assert write_learner([lab_dir], notebooks) == []


def test_what_is_out_of_date_is_named(lab_dir: Path, tmp_path: Path) -> None:
    notebooks = tmp_path / "notebooks"
    (path,) = write_learner([lab_dir], notebooks)
    path.write_text(path.read_text().replace("small", "tiny"))
    (notebooks / "91_gone").mkdir()
    one, two = out_of_date([lab_dir], notebooks)
    assert one.startswith("90_small: ")
    assert one.endswith("is out of date")
    assert two.startswith("91_gone: ")
    assert two.endswith("belongs to no lab")
