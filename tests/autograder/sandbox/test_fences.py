"""Are the fences data that an instructor can change, and is a slip in them named?"""

from pathlib import Path

import pytest

from autograder.errors import CourseError
from autograder.sandbox.fences import read_fences, size


def test_the_defaults_are_read() -> None:
    fences = read_fences()
    assert fences.memory == 2 << 30
    assert fences.uid > 0
    assert "ptrace" in fences.denied
    assert fences.files["/etc/passwd"].startswith("learner:")


def test_a_course_changes_single_values(tmp_path: Path) -> None:
    (tmp_path / "fences.toml").write_text('[limits]\nmemory = "3 GiB"\nprocesses = 7\n[files]\n"/etc/motd" = "hi"\n')
    fences, defaults = read_fences(tmp_path), read_fences()
    assert (fences.memory, fences.processes) == (3 << 30, 7)
    assert fences.files["/etc/motd"] == "hi"
    assert (fences.box, fences.denied) == (defaults.box, defaults.denied)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[limits", "is no TOML"),
        ("[limit]\nmemory = 1", r"no table \[limit\]"),
        ("[limits]\nmemroy = 1", r"\[limits\] has no memroy"),
        ('[limits]\nmemory = "2 GB"', "'2 GB' is no size"),
        ("[limits]\nprocesses = 0", "processes is 0"),
        ("[limits]\nprocesses = true", "processes is True"),
        ('[calls]\ndenied = "mount"', "denied must be a list"),
    ],
)
def test_a_slip_is_named_with_its_file(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "fences.toml").write_text(text)
    with pytest.raises(CourseError, match=words) as error:
        read_fences(tmp_path)
    assert str(tmp_path / "fences.toml") in str(error.value)


def test_sizes() -> None:
    assert [size(x) for x in (5, "5", "1 KiB", "2MiB", "3 GiB")] == [5, 5, 1024, 2 << 20, 3 << 30]
