"""Is a lab proved by its answers, and found wanting where a check is too weak?"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from autograder.errors import AuthorErrors, CourseError, GraderFault
from autograder.marking.marker import Marker
from autograder.proving.machine_made import TRICKS
from autograder.proving.sheet import repeat_reference, verify_lab
from autograder.results import AnswerResult, SubmissionResult

PART = """\
    if got[0] == 3.0:
        given.credit(0.5, "you add instead of multiplying")
"""


def bad(results: list[AnswerResult]) -> dict[str, str]:
    return {r.answer: r.message for r in results if not r.ok}


def test_every_answer_of_a_good_lab_is_as_it_should_be(small_lab: Path) -> None:
    seen: list[AnswerResult] = []
    results = verify_lab(small_lab, on_result=seen.append)
    assert bad(results) == {}
    counts = {"reference": 2, "stub": 2, "wrong": 6, "right": 4, "machine": 2 * len(TRICKS)}
    assert Counter(r.kind for r in results) == counts
    assert seen == results


def test_a_wrong_answer_that_passes_or_gets_another_message_is_found(lab_dir: Path) -> None:
    sheet = lab_dir / "answers.py"
    text = sheet.read_text().replace("    return x + 2\n", "    return x + x\n")
    sheet.write_text(text.replace('expect="negative numbers among them"', 'expect="another sentence"'))
    found = bad(verify_lab(lab_dir))
    assert set(found) == {"adds", "absolute"}
    assert found["adds"].startswith(f"{sheet}:2: expected the message 'add instead of multiplying', but got 3 of 3")
    assert (
        "but got 0 of 3: Visible checks passed, a hidden one failed: Your result is wrong for other arrays"
        in found["absolute"]
    )


@pytest.mark.parametrize(
    ("earns", "says"),
    [(" earns=0.5", None), ("", "but got 1.5 of 3"), (" earns=0.25", "and 0.75 points, but got 1.5 of 3")],
)
def test_a_wrong_answer_earns_the_part_that_its_sheet_says(
    lab_dir: Path, lab_text: str, earns: str, says: str | None
) -> None:
    cut, end = lab_text.index("    ### BEGIN HIDDEN TESTS"), lab_text.index("    ### END HIDDEN TESTS\n")
    text = lab_text[:cut] + PART + lab_text[end:].partition("\n")[2]
    text = text.replace('with check("double"):', 'with check("double") as given:')
    (lab_dir / "lab.py").write_text(text.replace("assert got.tolist() == [2.0, 8.0]", "assert got[0] in (2.0, 3.0)"))
    sheet = lab_dir / "answers.py"
    sheet.write_text(sheet.read_text().replace(' name="adds"', ' name="adds"' + earns))
    found = bad(verify_lab(lab_dir))
    assert {"absolute", "shorter"} <= set(found)  # without hidden tests, nothing finds them
    assert ("adds" not in found) if says is None else says in found["adds"]


def test_a_right_answer_that_fails_is_found(lab_dir: Path) -> None:
    sheet = lab_dir / "answers.py"
    sheet.write_text(sheet.read_text().replace("    return x + x", "    return x + x + 1e-3"))
    found = bad(verify_lab(lab_dir))
    assert set(found) == {"sum"}
    assert "expected all points, but got 0 of 3" in found["sum"]


def test_a_stub_that_already_passes_is_found_with_file_and_line(lab_dir: Path, lab_text: str) -> None:
    lenient = lab_text.replace(
        "    counter = Counter()\n", '    assert Counter is not None, "There."\n    counter = Counter()\n'
    )
    lenient = lenient.replace("        counter.add()\n", "        pass\n").replace("value(counter.total(), int)", "3")
    cut = lenient.index("    ### BEGIN HIDDEN TESTS\n    first, second")
    end = lenient.index('# %% [markdown] kind="hints" name="count"')
    (lab_dir / "lab.py").write_text(lenient[:cut] + "\n" + lenient[end:])
    stubs = [r for r in verify_lab(lab_dir) if r.kind == "stub" and not r.ok]
    assert [r.exercise for r in stubs] == ["count"]
    assert f"{lab_dir / 'lab.py'}:" in stubs[0].message
    assert "but got 2 of 2" in stubs[0].message


def test_a_check_whose_assertions_depend_on_the_draw_is_refused(lab_dir: Path, lab_text: str) -> None:
    text = lab_text.replace(
        '    assert np.array_equal(secret, kept), "Your function changes its argument."\n',
        '    for number in answer[answer > 0]:\n        assert number > 0, "Positive."\n',
    )
    (lab_dir / "lab.py").write_text(text)
    with pytest.raises(CourseError, match=r"check of double, line \d+: the assert ran \[.*\] times, by the seed"):
        verify_lab(lab_dir)


def test_a_reference_that_fails_its_own_check_is_refused(lab_dir: Path, lab_text: str) -> None:
    (lab_dir / "lab.py").write_text(lab_text.replace("* factor", "* 3"))
    with pytest.raises(CourseError, match="the reference solution fails"):
        verify_lab(lab_dir)


def test_a_lab_without_answers_is_refused(lab_dir: Path) -> None:
    (lab_dir / "answers.py").write_text("")
    with pytest.raises(AuthorErrors, match="has 0 wrong answers"):
        verify_lab(lab_dir)


def test_each_repetition_has_another_variant_and_other_hidden_inputs(lab_dir: Path, lab_text: str) -> None:
    """Is a check found out that fails an honest answer for one variant, or for some draws?"""
    unfair = lab_text.replace("np.allclose(answer, 2 * kept)", "np.allclose(answer, 2 * kept) and variant() != 3")
    draw = "not 0.27 < hidden_rng().random() < 0.5"  # holds for the five seeds that the counts are found with
    (lab_dir / "lab.py").write_text(unfair.replace("value(second.total(), int) == 0", draw))
    seen: list[AnswerResult] = []
    results = repeat_reference(lab_dir, range(12), on_result=seen.append)
    failed = {name: [r for r in results if r.exercise == name and not r.ok] for name in ("double", "count")}
    assert seen == results
    assert Counter(r.exercise for r in results) == {"double": 12, "count": 12}
    assert [r.answer for r in failed["double"]] == ["reference, variant 3"]
    assert (
        "but got 0 of 3: Visible checks passed, a hidden one failed: Your result is wrong for other arrays"
        in failed["double"][0].message
    )
    assert 0 < len(failed["count"]) < 12
    assert {r.message for r in failed["count"]} == {
        "expected all points, but got 0 of 2: Visible checks passed, a hidden one failed: Two counters share their count."
    }


def test_an_answer_that_hidden_inputs_decide_is_judged_in_each_draw(lab_dir: Path, lab_text: str) -> None:
    """Is a verdict found out that depends on the draw, and what is visible judged once?"""
    draw = "not 0.27 < hidden_rng().random() < 0.5"  # holds for the five seeds that the counts are found with
    (lab_dir / "lab.py").write_text(lab_text.replace("value(second.total(), int) == 0", draw))
    results = verify_lab(lab_dir, draws=12)
    times = Counter((r.kind, r.exercise, r.answer.split(",")[0]) for r in results)
    assert times[("reference", "double", "reference")] == times[("right", "double", "sum")] == 12
    assert times[("wrong", "double", "adds")] == times[("stub", "double", "stub")] == 1
    assert times[("wrong", "double", "absolute")] == 12
    failed = {r.answer for r in results if not r.ok}
    assert 0 < sum(answer.startswith("reference, draw ") for answer in failed) < 12
    assert {r.exercise for r in results if not r.ok} == {"count"}


def test_a_repetition_that_cannot_be_judged_is_no_success(lab_dir: Path, lab_text: str) -> None:
    """Is a setup that fails for a variant an error, not a run without failures?"""
    broken = lab_text.replace("factor = 2 + 0 * variant()", "factor = 2 + 0 // (1 - variant())")
    (lab_dir / "lab.py").write_text(broken)
    with pytest.raises(GraderFault, match=r"90_small, variant 1: .*ZeroDivisionError"):
        repeat_reference(lab_dir, range(3))


def test_answers_to_different_exercises_share_a_run(small_lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, runs = Marker.mark, []

    def mark(self: Marker, student: str, notebook: bytes, **options: Any) -> SubmissionResult:
        runs.append(options.get("only"))
        return real(self, student, notebook, **options)

    monkeypatch.setattr(Marker, "mark", mark)
    assert bad(verify_lab(small_lab)) == {}
    groups = 5 + len(TRICKS)  # answers of each exercise, and those made by machine
    assert runs == [None, None, *[["double", "count"]] * groups]


def test_an_answer_that_ends_its_process_costs_no_other_anything(
    lab_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Is each of the run judged again, alone?"""
    real, alone = Marker.mark, []

    def mark(self: Marker, student: str, notebook: bytes, **options: Any) -> SubmissionResult:
        alone.extend(options["only"] if len(options.get("only") or []) == 1 else [])
        return real(self, student, notebook, **options)

    monkeypatch.setattr(Marker, "mark", mark)
    sheet = lab_dir / "answers.py"
    sheet.write_text(sheet.read_text().replace("    return x + 2\n", "    import os\n    os._exit(3)\n"))
    found = bad(verify_lab(lab_dir))
    assert set(found) == {"adds"}
    assert "your code ended its own process" in found["adds"]
    assert sorted(alone) == ["count", "double"]
