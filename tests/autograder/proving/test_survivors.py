"""Are mutants judged, stored, skipped while nothing changes, and matched with what the sheet calls the same?"""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.authoring.answers import read_answers
from autograder.authoring.source import read_source
from autograder.errors import AutograderError
from autograder.proving.survivors import STORED, Verdicts, exercise_keys, judge_mutants, read_stored

SAME = (
    '\n\n# %% exercise="double" answer="same" name="turned" of="reference"\n# Same: the factor is 2 in every variant.\n'
)
HOLE = (
    '    assert np.allclose(answer, 2 * kept), "Your result is wrong for other arrays, negative numbers among them."\n'
)


def by_exercise(verdicts: list[Verdicts]) -> dict[str, Verdicts]:
    return {v.exercise: v for v in verdicts}


def test_a_check_that_holds_kills_every_mutant_but_what_is_the_same(lab_dir: Path) -> None:
    told: list[tuple[int, int]] = []
    verdicts = by_exercise(judge_mutants(lab_dir, on_verdicts=lambda done, of: told.append((done, of))))
    assert [s.diff.rpartition("+ ")[2] for s in verdicts["double"].survived] == ["doubled = np.asarray(x) * factor"]
    assert verdicts["count"].mutants == verdicts["count"].killed > 0
    assert told[-1] == (sum(v.mutants for v in verdicts.values()),) * 2


def test_a_hole_is_shown_with_the_line_of_the_lab(lab_dir: Path, lab_text: str) -> None:
    text = lab_text.replace(
        "    doubled = np.asarray(x, dtype=float) * factor\n    return doubled\n",
        "    return np.asarray(x) * 2 + 0.0 * x**3\n",
    )
    (lab_dir / "lab.py").write_text(
        text.replace(HOLE, '    assert len(answer) == 5, "Your result has another length."\n')
    )
    (survivor,) = [
        s for s in by_exercise(judge_mutants(lab_dir))["double"].survived if "x**4" in s.diff or "** 4" in s.diff
    ]
    assert survivor.operator == "constant"
    assert "x**3" in text.splitlines()[survivor.line - 1]


def test_what_has_not_changed_is_not_judged_again(lab_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = judge_mutants(lab_dir)
    assert read_stored(lab_dir) == first
    asked: list[tuple[int, int]] = []
    assert judge_mutants(lab_dir, on_verdicts=lambda *told: asked.append(told)) == first
    assert not asked
    lab = lab_dir / "lab.py"
    lab.write_text(lab.read_text().replace("self.calls = self.calls + 1", "self.calls += 1"))
    changed = by_exercise(judge_mutants(lab_dir, on_verdicts=lambda *told: asked.append(told)))
    assert {n for _, n in asked} == {changed["count"].mutants}
    assert changed["double"] == by_exercise(first)["double"]
    judge_mutants(lab_dir, force=True, on_verdicts=lambda *told: asked.append(told))
    assert asked[-1][1] == sum(v.mutants for v in changed.values())


def test_what_the_sheet_calls_the_same_is_not_judged_here(lab_dir: Path) -> None:
    sheet = lab_dir / "answers.py"
    sheet.write_text(
        sheet.read_text()
        + SAME
        + "# - doubled = np.asarray(x, dtype=float) * factor\n# + doubled = np.asarray(x) * factor\n"
    )
    double = by_exercise(judge_mutants(lab_dir))["double"]
    assert (double.same, double.killed, double.survived) == (1, double.mutants - 1, ())


def test_another_solution_check_setup_or_sheet_is_another_key(lab_dir: Path, lab_text: str) -> None:
    def keys(old: str = "", new: str = "", sheet: str = "") -> dict[str, str]:
        (lab_dir / "lab.py").write_text(lab_text.replace(old, new) if old else lab_text)
        (lab_dir / "answers.py").write_text(answers + sheet)
        return exercise_keys(read_source(lab_dir), read_answers(lab_dir))

    answers = (lab_dir / "answers.py").read_text()
    before = keys()
    assert keys(sheet="\n") == before
    assert keys("A small lab", "A little lab") == before
    same = SAME + "# - return doubled\n# + return +doubled\n"
    for changed in (keys("* factor", "* 2"), keys(HOLE, HOLE.replace("other", "some")), keys(sheet=same)):
        assert changed["double"] != before["double"]
        assert changed["count"] == before["count"]
    assert set(keys("2 + 0 * variant()", "2").values()).isdisjoint(before.values())


def test_a_file_that_holds_something_else_is_named(lab_dir: Path) -> None:
    (lab_dir / STORED).write_text('[{"exercise": "double"}]')
    with pytest.raises(AutograderError, match=rf"{STORED}.*no verdicts"):
        read_stored(lab_dir)
