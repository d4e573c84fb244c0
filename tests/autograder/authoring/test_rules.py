"""Is every mistake of an author found, with its line and a fix?"""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.authoring.rules import broken_rules
from autograder.authoring.source import read_source

CHECK_DOUBLE = '# %% kind="check" name="double" points=3'

MISTAKES = {
    "no title": ("#     title: A small lab\n", "", "`title` is missing"),
    "two objectives": ("[one, two, three]", "[one, two]", "3 to 5"),
    "covers an unknown exercise": ("[double]", "[triple]", "does not map topics to exercises"),
    "duplicate exercise": ('name="count" exports', 'name="double" exports', "second time"),
    "unusable name": ('name="count"', 'name="a b"', "not usable"),
    "no check": ('kind="check" name="count"', 'kind="check" name="other"', "exercise 'count' has no check"),
    "check of no exercise": ('kind="check" name="count"', 'kind="check" name="other"', "belongs to no exercise"),
    "no hints": ('kind="hints" name="count"', "", "exercise 'count' has no hints"),
    "one hint": ("# 2. An array can be multiplied as a whole.\n", "", "not 2 or 3"),
    "no points": (CHECK_DOUBLE, '# %% kind="check" name="double"', "gives no points"),
    "zero points": ("points=3", "points=0", "gives no points"),
    "no visible assert": ("    assert got.tolist()", "    ### BEGIN HIDDEN TESTS\n    ### END HIDDEN TESTS\n    got.tolist()", "no visible assert"),
    "no message": (', "Two counters share their count."', "", "without a message"),
    "computed hidden message": ('"Your function changes its argument."', 'f"It was {kept}."', "message is computed"),
    "other check's name": ("with check(\"count\")", "with check(\"double\")", "has no `with check(\"count\")"),
    "solution outside": ("factor = 2", "### BEGIN SOLUTION\nfactor = 2", "region of solution in a cell of kind setup"),
    "hidden test in exercise": ("    doubled =", "    ### BEGIN HIDDEN TESTS\n    doubled =", "region of hidden tests"),
    "unclosed solution": ("    return doubled\n    ### END SOLUTION", "    return doubled", "do not match"),
    "no solution": ("    ### BEGIN SOLUTION\n    doubled", "    doubled", "do not match"),
    "two ends": ("    return doubled\n", "    return doubled\n    # END SOLUTION\n    x = 1\n", "do not match"),
    "no exports": (' exports=["double"]', "", "declares no exports"),
    "export not bound": ('exports=["double"]', 'exports=["twice"]', "does not bind it"),
    "export bound elsewhere": ("table = double", "double = double", "is bound here too"),
    "exercise reads another's export": ("    return doubled", "    return doubled + Counter", "reads 'Counter'"),
    "check reads another's export": ("    counter = Counter()", "    counter = Counter(double)", "reads 'double'"),
    "check reads an explore name": ("    counter = Counter()", "    counter = Counter(table)", "reads 'table'"),
    "check binds a setup name": ("    counter = Counter()", "    factor = Counter()", "binds setup's name 'factor'"),
    "explore binds a setup name": ("table = double", "factor = double", "explore binds setup's name 'factor'"),
    "setup reads an export": ("factor = 2", "factor = double(2)", "setup  reads 'double'"),
    "magic in setup": ("import numpy as np", "%matplotlib inline", "not Python"),
}  # fmt: skip


def mistakes_of(lab_dir: Path) -> list[str]:
    return [str(error) for error in broken_rules(read_source(lab_dir))]


def test_the_small_lab_breaks_no_rule(lab_dir: Path) -> None:
    assert mistakes_of(lab_dir) == []


@pytest.mark.parametrize("name", MISTAKES)
def test_mistake_is_found(lab_dir: Path, lab_text: str, name: str) -> None:
    old, new, says = MISTAKES[name]
    assert old in lab_text
    (lab_dir / "lab.py").write_text(lab_text.replace(old, new, 1))
    found = mistakes_of(lab_dir)
    assert any(says in message for message in found), found
    assert all("lab.py:" in message and "fix:" in message for message in found)


def test_the_line_is_the_assertions_own(lab_dir: Path, lab_text: str) -> None:
    (lab_dir / "lab.py").write_text(lab_text.replace(', "Two counters share their count."', ""))
    (error,) = broken_rules(read_source(lab_dir))
    assert "second.total()" in lab_text.splitlines()[error.line - 1]


def test_a_check_that_tests_nothing_of_the_learners_is_found(lab_dir: Path, lab_text: str) -> None:
    cut = lab_text.index("    counter = Counter()")
    end = lab_text.index('# %% [markdown] kind="hints" name="count"')
    (lab_dir / "lab.py").write_text(lab_text[:cut] + '    assert factor == 2, "Two."\n\n' + lab_text[end:])
    assert any("uses none of Counter" in message for message in mistakes_of(lab_dir))


def test_an_exercise_without_a_region_is_found(lab_dir: Path, lab_text: str) -> None:
    text = lab_text.replace("    ### BEGIN SOLUTION\n", "", 1).replace("    ### END SOLUTION\n", "", 1)
    (lab_dir / "lab.py").write_text(text)
    assert any("its stub would pass" in message for message in mistakes_of(lab_dir))
