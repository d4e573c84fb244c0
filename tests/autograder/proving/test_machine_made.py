"""Are tricks found where a check looks away, and functions that could be imported as the answer?"""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.authoring.source import read_source
from autograder.proving.importable import public_functions
from autograder.proving.machine_made import TRICKS, machine_made
from autograder.proving.sheet import verify_lab

CHECKED = """    secret = hidden_rng().normal(size=5)
    kept = secret.copy()
    answer = value(double(secret), np.ndarray)
    assert np.allclose(answer, 2 * kept), "Your result is wrong for other arrays, negative numbers among them."
    assert np.array_equal(secret, kept), "Your function changes its argument."
"""
HOLES = {  # hidden part → the tricks that it lets pass
    "nothing new": ('assert len(double(np.array([1.0, 4.0]))) == 2, "Two numbers give two."', set(TRICKS)),
    "the length": ('x = hidden_rng().normal(size=5)\n    assert len(value(double(x), np.ndarray)) == 5, "Five numbers give five."', {"argument", "not_a_number", "infinite", "zeros", "nan", "minus_one", "emptied"}),
    "expected afterwards": ('x = hidden_rng().normal(size=5)\n    got = value(double(x), np.ndarray)\n    assert len(got) == 5 and np.array_equal(got, 2 * x), "Twice."', {"zeros", "minus_one", "emptied"}),
}  # fmt: skip


@pytest.mark.parametrize("hole", HOLES)
def test_a_trick_that_passes_is_found(lab_dir: Path, lab_text: str, hole: str) -> None:
    """With changes allowed, since the judge itself refuses them elsewhere."""
    hidden, passing = HOLES[hole]
    assert CHECKED in lab_text
    text = lab_text.replace(CHECKED, f"    {hidden}\n").replace('check("double"):', 'check("double", changes=True):')
    (lab_dir / "lab.py").write_text(text)
    made = [r for r in verify_lab(lab_dir) if r.kind == "machine" and r.exercise == "double"]
    assert {r.answer for r in made if not r.ok} == passing
    assert all("must get no points, but got 3" in r.message for r in made if not r.ok)


def test_no_trick_passes_where_arguments_must_stay(lab_dir: Path, lab_text: str) -> None:
    text = lab_text.replace(CHECKED, "    " + HOLES["expected afterwards"][0] + "\n")
    (lab_dir / "lab.py").write_text(text)
    made = {r.answer: r for r in verify_lab(lab_dir) if r.kind == "machine" and r.exercise == "double"}
    assert all(r.ok for r in made.values())
    assert "On hidden inputs: Your code changes an argument in place" in made["zeros"].message


@pytest.fixture
def helpers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package `aids` with a subject that a lab works with, and one that it does not."""
    for subject, text in {
        "numbers": "def twice(x):\n    return x * 2\ndef add(a, b): return a + b\ndef _own(x): ...\n",
        "words": "def shout(x): ...",
    }.items():
        folder = tmp_path / "aids" / "part" / subject
        folder.mkdir(parents=True)
        (folder / "tools.py").write_text(text)
        for place in (folder, folder.parent, folder.parent.parent):
            (place / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def test_functions_of_the_labs_subjects_are_answers(lab_dir: Path, lab_text: str, helpers: Path) -> None:
    (lab_dir / "lab.py").write_text(
        lab_text.replace("table = double(", "from aids.part.numbers.tools import add\ntable = double(")
    )
    lab = read_source(lab_dir)
    public = public_functions(lab, ("aids",))
    assert public == {"aids.part.numbers.tools": {"twice": 1, "add": 2}}
    made = [m for m in machine_made(lab, public) if m.name not in TRICKS]
    assert [(m.exercise, m.name) for m in made] == [("double", "double is aids.part.numbers.tools.twice")]
    assert made[0].source.endswith("from aids.part.numbers.tools import twice as double\n")
    assert public_functions(lab, ()) == {}
