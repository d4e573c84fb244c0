"""Is an answer sheet read, and refused where it proves too little?"""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.authoring.answers import read_answers
from autograder.errors import AuthorErrors


def test_answers_know_what_they_expect(lab_dir: Path) -> None:
    answers = {a.name: a for a in read_answers(lab_dir)}
    assert len(answers) == 10
    adds = answers["adds"]
    assert (adds.exercise, adds.kind, adds.expect) == ("double", "wrong", "add instead of multiplying")
    assert (lab_dir / "answers.py").read_text().splitlines()[adds.line - 1] == "# Misconception: twice is plus two."


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('exercise="double" answer="right" name="sum"', 'exercise="triple" answer="right" name="sum"', "not in the lab"),
        ('answer="right" name="sum"', 'answer="good" name="sum"', 'answer="right", answer="wrong" or'),
        (' expect="add instead of multiplying"', "", "without the message"),
        ('expect="add instead of multiplying"', 'expect="add"', "without the message"),
        ("# Misconception: twice is plus two.\n", "", "names no misconception"),
        ('name="loop"', 'name="sum"', "two answers of 'double' are named 'sum'"),
        ("def double(x):\n    return x + 2", "def twice(x):\n    return x + 2", "does not bind double"),
        ("    return x + 2", "    return x +", "not Python"),
        ('name="adds"', 'name="adds" earns=1', "no part of the points"),
        ('name="adds"', 'name="adds" earns="half"', "no part of the points"),
        ('answer="right" name="sum"', 'answer="right" name="sum" earns=0.5', "no part of the points"),
        ('answer="right" name="list"', 'answer="wrong" expect="a long enough text" name="list"', "has 1 right answers"),
    ],
)  # fmt: skip
def test_a_weak_answer_sheet_is_refused(lab_dir: Path, old: str, new: str, says: str) -> None:
    path = lab_dir / "answers.py"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(AuthorErrors, match=says):
        read_answers(lab_dir)
