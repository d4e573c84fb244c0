"""Does a check give the part of its points that its own code says, and can nobody else say it?"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autograder.authoring.build import Built, build_lab
from autograder.authoring.notebooks import to_text
from autograder.errors import AuthorErrors, CourseError
from autograder.judge.credit import NO_NUMBER, Credit
from autograder.judge.errors import NotPlain
from autograder.judge.handles import Handle
from autograder.judge.judging import Verdict
from autograder.judge.limits import Limits
from autograder.judge.messages import TOUCHED
from autograder.marking.credits import credit_words
from autograder.marking.marker import Marker
from autograder.marking.marks import ALL_PASSED, HIDDEN_LESS, VISIBLE_PASSED, Mark, hidden_mark
from autograder.results import ExerciseResult
from autograder.source.assignment import Check
from autograder.source.read_assignment import read_assignment

VISIBLE = "    assert got.tolist() == [2.0, 8.0]"
HIDDEN = "    assert np.array_equal(secret, kept)"
GIVES = """\
    if np.signbit(got).any():
        given.credit(0.5, f"half of it has the wrong sign, as in {got.tolist()}")
"""
GIVES_HIDDEN = """\
    given.credit(1 - 0.75 * np.mean(answer == 0), "some of your results are zero")
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, small_lab: Path) -> Built:
    """The small lab, whose exercise `double` may be answered in part."""
    folder = tmp_path_factory.mktemp("labs") / "90_small"
    folder.mkdir()
    text = (small_lab / "lab.py").read_text().replace('with check("double"):', 'with check("double") as given:')
    text = text.replace("got.tolist() == [2.0, 8.0], f", "np.abs(got).tolist() == [2.0, 8.0], f")
    text = text.replace("    ### BEGIN HIDDEN TESTS\n    secret", GIVES + "    ### BEGIN HIDDEN TESTS\n    secret")
    text = text.replace(
        "assert np.allclose(answer, 2 * kept)", "assert np.allclose(answer[answer != 0], 2 * kept[answer != 0])"
    )
    text = text.replace(HIDDEN, GIVES_HIDDEN + HIDDEN)
    assert text.count("given") == 3
    (folder / "lab.py").write_text(text)
    (folder / "answers.py").write_text("")
    return build_lab(folder)


@pytest.fixture(scope="module")
def marker(built: Built) -> Iterator[Marker]:
    limits = Limits(cell_seconds=10, call_seconds=5, check_seconds=10)
    with Marker(
        read_assignment("90_small", to_text(built.nbgrader_source).encode()), secret=b"test", limits=limits
    ) as marker:
        yield marker


@pytest.fixture
def mark(marker: Marker, built: Built) -> Callable[..., ExerciseResult]:
    def mark(source: str, hidden: bool = True) -> ExerciseResult:
        nb = copy.deepcopy(built.learner)
        for cell in nb.cells:
            if cell.metadata.get("nbgrader", {}).get("grade_id") == "double":
                cell.source = source
        (result,) = marker.mark("ada", to_text(nb).encode(), hidden=hidden, only=["double"]).exercises
        return result

    return mark


def test_a_right_answer_gets_all(mark: Callable[..., ExerciseResult]) -> None:
    result = mark("def double(x): return 2 * x")
    assert (result.score, result.message) == (3, ALL_PASSED)


def test_a_part_of_the_visible_is_given_with_its_reason(mark: Callable[..., ExerciseResult]) -> None:
    source = "def double(x): return np.where(len(x) == 2, [-2.0, 8.0], 0) if len(x) == 2 else 2 * x"
    said = "50% of the points: half of it has the wrong sign, as in [-2.0, 8.0]"
    for hidden in (True, False):
        result = mark(source, hidden)
        assert (result.score, result.message) == (1.5, said)


def test_a_part_of_the_hidden_is_given_in_the_authors_words(mark: Callable[..., ExerciseResult]) -> None:
    result = mark("def double(x): return 2 * x * (1 if len(x) == 2 else 0)")
    assert (result.score, result.message) == (0.75, "25% of the points: some of your results are zero")
    assert mark("def double(x): return 2 * x * (1 if len(x) == 2 else 0)", hidden=False).message == VISIBLE_PASSED


def test_the_least_of_both_parts_counts(mark: Callable[..., ExerciseResult]) -> None:
    result = mark("def double(x): return np.array([-2.0, 8.0]) if len(x) == 2 else np.append(2 * x[:4], 0)")
    assert (result.score, result.message[:30]) == (1.5, "50% of the points: half of it ")


def test_what_fails_after_a_part_was_given_gets_nothing(mark: Callable[..., ExerciseResult]) -> None:
    spoils = "    if len(x) != 2: x[:] = 0\n"
    result = mark(f"def double(x):\n    y = x * 2 * (1 if len(x) == 2 else 0)\n{spoils}    return y")
    assert result.score == 0
    assert result.message == f"Visible checks passed. On hidden inputs: {TOUCHED}"


def test_a_visible_part_that_gives_less_later_shows_nothing_of_it(mark: Callable[..., ExerciseResult]) -> None:
    source = "calls = [0]\ndef double(x):\n    calls[0] += 1\n    return 2 * x * (-1 if calls[0] == 2 else 1)"
    result = mark(source)
    assert (result.score, result.message) == (
        1.5,
        "50% of the points: A visible check gave less when it ran again: your code gives other results then.",
    )


FORGED = {
    "an object that is every number": "class All(float):\n    def __lt__(self, o): return False\n    __gt__ = __eq__ = lambda s, o: True\n    __hash__ = float.__hash__\ndef double(x): return All()",
    "not a number": "def double(x): return x * np.nan",
    "infinite": "def double(x): return 2 * x if len(x) == 2 else x * np.inf",
    "patches the codec's credit": "import autograder.judge.credit as c\nc.Credit.fraction = 1.0\nc.Credit.credit = c.Credit._keep = lambda *a: None\ndef double(x): return x * 0",
    "patches the kernel's credit": "import prodml.lab.checks\nprodml.lab.checks.Check.credit = lambda *a: None\ndef double(x): return x * 0",
    "an array of objects": "def double(x):\n    class Any:\n        def __abs__(self): return 2.0\n        def __eq__(self, o): return True\n    return np.array([Any(), Any()], dtype=object)",
}  # fmt: skip


@pytest.mark.parametrize("name", FORGED)
def test_a_fraction_cannot_be_forged(mark: Callable[..., ExerciseResult], name: str) -> None:
    result = mark(FORGED[name])
    assert (result.score, bool(result.message)) == (0, True), result.message


# ------------------------------------------------------------- the parts by themselves


def test_fractions_are_held_between_nothing_and_all() -> None:
    given = Credit("<check>")
    given.credit(7, "more")
    assert (given.fraction, given.reason) == (1.0, "")
    given.credit(0.5, "half")
    given.credit(0.8, "more again")
    assert (given.fraction, given.reason) == (0.5, "half")
    given.credit(-3, "less than nothing")
    assert (given.fraction, given.reason) == (0.0, "less than nothing")


@pytest.mark.parametrize("x", [float("nan"), float("inf"), float("-inf")])
def test_no_number_gives_nothing(x: float) -> None:
    given = Credit("<check>")
    given.credit(x, "words")
    assert (given.fraction, given.reason) == (0.0, NO_NUMBER)


@pytest.mark.parametrize("x", [Handle(None, 1, "Liar"), True, "1", None, [1.0], 1 + 0j])  # type: ignore[arg-type]
def test_a_fraction_is_a_plain_number(x: object) -> None:
    given = Credit("<check>")
    with pytest.raises(NotPlain):
        given.credit(x, "words")
    assert given.fraction == 1.0


def test_words_are_found_by_the_lines_of_their_call() -> None:
    source = (
        "given.credit(0.5, 'a')\ngiven.credit(\n    x,\n    reason='b',\n)\ngiven.credit(0, f'{x}')\ncredit(1, 'c')"
    )
    assert credit_words(source) == {1: "a", 2: "b", 3: "b", 4: "b", 5: "b", 6: None}


def test_words_that_are_computed_are_not_shown_of_a_hidden_part() -> None:
    """The build refuses them; a notebook that was not built by it may hold them."""
    source = "### BEGIN HIDDEN TESTS\ngiven.credit(0.5, f'{x}')\n### END HIDDEN TESTS"
    check = Check("check_a", "a", "a", source, "", ("f",), 1.0)
    verdict = Verdict("ran", [], "", None, None, 0.0, None, 0.5, "a hidden input", [2])
    assert hidden_mark(check, verdict, Mark(1, ""), True) == Mark(0.5, f"50% of the points: {HIDDEN_LESS}")


def test_a_hidden_reason_that_is_computed_is_refused(lab_dir: Path, lab_text: str) -> None:
    bad = '    given.credit(0.5, f"your answer is {answer}")\n'
    text = lab_text.replace('with check("double"):', 'with check("double") as given:').replace(HIDDEN, bad + HIDDEN)
    (lab_dir / "lab.py").write_text(text)
    with pytest.raises(AuthorErrors, match="a hidden credit whose reason is computed") as caught:
        build_lab(lab_dir)
    assert f"lab.py:{text[: text.index('given.credit')].count(chr(10)) + 1}:" in str(caught.value)


def test_a_reference_that_gets_a_part_is_refused(lab_dir: Path, lab_text: str) -> None:
    part = '    given.credit(0.5, "nobody gets all")\n'
    text = lab_text.replace('with check("double"):', 'with check("double") as given:').replace(HIDDEN, part + HIDDEN)
    (lab_dir / "lab.py").write_text(text)
    source = to_text(build_lab(lab_dir).nbgrader_source).encode()
    with (
        Marker(read_assignment("90_small", source), secret=b"test") as marker,
        pytest.raises(CourseError, match="gets 50% of the points"),
    ):
        marker.counts(marker.assignment.checks["check_double"])
