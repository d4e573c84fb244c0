"""Is an answer that is written as a change read as what it would be, and refused where it does not fit?"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.authoring.answers import read_answers
from autograder.authoring.changes import Mismatch, apply_changes, read_changes, write_changes
from autograder.errors import AuthorErrors

SOURCE = """\
def f(x):
    total = 0
    for v in x:
        if v > 0:
            total += v
    return total

def g(x):
    total = 1
    return total
"""


def changed(text: str) -> str:
    return apply_changes(SOURCE, read_changes(text))


def test_lines_go_and_come_with_the_indentation_of_what_stood_there() -> None:
    text = "# Misconception: all count.\n# - if v > 0:\n# -     total += v\n# + total += v\n# + total *= 1"
    assert "    for v in x:\n        total += v\n        total *= 1\n    return total\n\ndef g" in changed(text)


def test_what_comes_may_be_deeper_or_empty() -> None:
    text = "# - total += v\n# + if v < 9:\n# +     total += v\n# +\n# + x = 1"
    assert "            if v < 9:\n                total += v\n\n            x = 1\n" in changed(text)


def test_lines_that_stay_say_where() -> None:
    assert changed("#   total = 1\n# - return total\n# + return 2").endswith("    total = 1\n    return 2\n")


def test_several_changes_are_made_one_after_the_other() -> None:
    made = changed("# - total = 0\n# + total = 5\n#\n# - total = 1\n# + total = 6")
    assert "total = 5" in made
    assert "total = 6" in made


@pytest.mark.parametrize(
    ("text", "problem", "fix"),
    [
        ("# - totl = 0\n# + total = 5", "not found: 'totl = 0'", "nearest line is 'total = 0'"),
        ("# - return total\n# + return 0", "stand there 2 times", "lines that stay around them"),
        ("# - total = 0\n# - if v > 0:", "not found: 'total = 0'", "do not follow on each other"),
        ("# + total = 5", "only adds", "give a line that stays"),
        ("# Misconception: none.", "no line begins with", "which lines go"),
        ("# - total = 0\nreturn 0", "comments only", "without `of`"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_with_its_nearest_line(text: str, problem: str, fix: str) -> None:
    with pytest.raises(Mismatch, match=r".") as caught:
        changed(text)
    assert problem in caught.value.problem
    assert fix in caught.value.fix


@given(st.lists(st.sampled_from("abcd"), min_size=1, max_size=9), st.lists(st.sampled_from("abcd"), max_size=9))
def test_what_is_written_as_a_change_is_read_back(old: list[str], new: list[str]) -> None:
    before, after = ("".join(f"{x * 3}_{n} = 1\n" for n, x in enumerate(part)) for part in (old, new))
    text = write_changes(before, after, around=1)
    if text:
        assert apply_changes(before, read_changes(text)).strip() == after.strip()


def sheet_with(lab_dir: Path, cell: str) -> Path:
    path = lab_dir / "answers.py"
    path.write_text(f"{path.read_text()}\n\n{cell}")
    return path


def test_a_sheet_holds_changes_of_the_reference_and_of_answers_above(lab_dir: Path) -> None:
    head = '# %% exercise="double" answer="wrong" expect="a long enough text"'
    first = (
        f'{head} name="triples" of="reference"\n# Misconception: three.\n# - return doubled\n# + return doubled * 1.5\n'
    )
    second = (
        f'{head} name="sixfold" of="triples"\n# Misconception: six.\n# - return doubled * 1.5\n# + return doubled * 3\n'
    )
    sheet_with(lab_dir, f"{first}\n{second}")
    answers = {a.name: a for a in read_answers(lab_dir)}
    assert answers["sixfold"].source.startswith("# Misconception: six.\n")
    assert "factor\n    return doubled * 3\n" in answers["sixfold"].source
    assert "SOLUTION" not in answers["sixfold"].source


def test_what_is_the_same_is_one_answer_for_each_change(lab_dir: Path) -> None:
    cell = '# %% exercise="double" answer="same" name="twice" of="reference"\n# Same: a product may be turned round.\n'
    changes = "# - doubled = np.asarray(x, dtype=float) * factor\n# + doubled = factor * np.asarray(x, dtype=float)\n"
    sheet_with(lab_dir, f"{cell}{changes}#\n# - return doubled\n# + return +doubled\n")
    same = [a for a in read_answers(lab_dir) if a.kind == "same"]
    assert [a.name for a in same] == ["twice 1", "twice 2"]
    assert "return +doubled" not in same[0].source


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ('answer="wrong" name="w" of="nobody" expect="a long enough text"\n# Misconception: x.\n# - a\n# + b', "no answer above"),
        ('answer="wrong" name="w" of="reference" expect="a long enough text"\n# Misconception: x.\n# - retur doubled\n# + b', "nearest line is 'return doubled'"),
        ('answer="same" name="w" of="reference"\n# - return doubled\n# + return +doubled', "does not say why"),
    ],
)  # fmt: skip
def test_a_change_that_does_not_fit_is_an_authors_mistake(lab_dir: Path, cell: str, says: str) -> None:
    sheet_with(lab_dir, f'# %% exercise="double" {cell}\n')
    with pytest.raises(AuthorErrors, match=says):
        read_answers(lab_dir)
