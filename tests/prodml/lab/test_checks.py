"""Does a check show the right card, keep the right record, and fail the way nbgrader needs?"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from nbformat import NotebookNode

from prodml.lab import records
from prodml.lab.records import Standing, read, standing

Cell = Callable[[str], None]
WRONG = "with check('psi'):\n    got = psi(3)\n    assert got == 0, f'PSI 0, yours {got}. Shares, not counts.'"


def _standing(lab: Path) -> Standing | None:
    return standing(read(lab), "02_small").get("psi")


def test_a_pass_says_no_more_than_it_knows(lab: Path, cell: Cell, capsys: pytest.CaptureFixture[str]) -> None:
    cell("with check('psi'):\n    assert True")
    assert capsys.readouterr().out.splitlines() == [
        "✓ psi: passed",
        "  Visible checks passed; hidden ones decide when graded.",
        "  1 of 2 exercises of this lab pass.",
    ]
    found = _standing(lab)
    assert found is not None
    assert found.passed


def test_a_part_of_the_points_is_told_with_its_reason(
    lab: Path, cell: Cell, capsys: pytest.CaptureFixture[str]
) -> None:
    cell(
        "import numpy as np\nwith check('psi') as given:\n    given.credit(np.float64(0.5), 'half is right')\n    given.credit(0.9, 'more')\n    given.credit(7, 'all')"
    )
    assert capsys.readouterr().out.splitlines()[:2] == ["◐ psi: passed in part", "  50% of the points: half is right"]
    found = _standing(lab)
    assert found is not None
    assert found.passed


@pytest.mark.parametrize("fraction", ["0", "-1", "float('nan')", "float('inf')"])
def test_no_points_are_no_pass(lab: Path, cell: Cell, capsys: pytest.CaptureFixture[str], fraction: str) -> None:
    cell(f"with check('psi') as given:\n    given.credit({fraction}, 'nothing is right')")
    assert capsys.readouterr().out.splitlines()[:2] == ["✗ psi: not yet", "  nothing is right"]
    assert [(r.kind, r.detail["message"]) for r in read(lab)] == [("failed", "nothing is right")]


def test_a_fraction_is_a_number(lab: Path, cell: Cell) -> None:
    with pytest.raises(AssertionError, match="expected a value of type float"):
        cell("with check('psi') as given:\n    given.credit(True, 'words')")


def test_a_failure_shows_message_line_and_hint(lab: Path, cell: Cell, capsys: pytest.CaptureFixture[str]) -> None:
    cell("def psi(x): return 7")
    with pytest.raises(AssertionError, match=r"PSI 0, yours 7\. Shares, not counts\."):
        cell(WRONG)
    assert capsys.readouterr().out.splitlines() == [
        "✗ psi: not yet",
        "  PSI 0, yours 7. Shares, not counts.",
        "  Line 3 of this cell:",
        "    assert got == 0",
        "  Hint 1 of 3: Look at `len`.",
    ]
    assert [r.detail for r in read(lab)] == [{"message": "PSI 0, yours 7. Shares, not counts.", "answer": ""}]


def test_each_failure_earns_the_next_hint(lab: Path, cell: Cell, capsys: pytest.CaptureFixture[str]) -> None:
    cell("def psi(x): return 7")
    for _ in range(4):
        with pytest.raises(AssertionError):
            cell(WRONG)
    assert re.findall(r"Hint (\d) of 3", capsys.readouterr().out) == list("112123123")


def test_the_same_answer_again_costs_no_hint(kernel: Callable[..., list[NotebookNode]]) -> None:
    first, second = "def psi(x): return 7", "def psi(x): return 8"
    cells = kernel(first, WRONG, WRONG, first + "  # the same", WRONG, second, WRONG, first, WRONG)
    said = [c.outputs[0].data["text/plain"] for c in cells if c.source == WRONG]
    assert [re.findall(r"Hint (\d) of 3", text) for text in said] == [["1"], ["1"], ["1"], ["1", "2"], ["1", "2"]]


def test_a_misspelt_word_costs_no_hint_and_is_kept(lab: Path, cell: Cell, capsys: pytest.CaptureFixture[str]) -> None:
    for answer in ("return 7", "return lenght", "return x.reel", "import maths"):
        cell(f"def psi(x): {answer}")
        with pytest.raises((AssertionError, NameError, AttributeError, ImportError)):
            cell(WRONG)
    assert re.findall(r"Hint (\d) of 3", capsys.readouterr().out) == ["1"] * 4
    assert [r.detail.get("slip", False) for r in read(lab)] == [False, True, True, True]
    found = _standing(lab)
    assert found is not None
    assert (found.passed, found.attempts, found.failures) == (False, 4, 1)


def test_before_the_first_wrong_answer_one_hint_is_offered(
    lab: Path, cell: Cell, capsys: pytest.CaptureFixture[str]
) -> None:
    cell("def psi(x): return lenght")
    with pytest.raises(NameError):
        cell(WRONG)
    assert "  Hint 1 of 3: Look at `len`." in capsys.readouterr().out


def test_a_raise_names_the_case_that_was_tried(lab: Path, cell: Cell, capsys: pytest.CaptureFixture[str]) -> None:
    cell("def psi(x): return 1 / (x - 50)")
    with pytest.raises(ZeroDivisionError):
        cell("with check('psi'):\n    for rows in (10, 50):\n        assert psi(rows) < 0")
    out = capsys.readouterr().out
    assert "  That was while the check tried `psi(rows)`, with `rows = 50`." in out


def test_a_pass_counts_the_core(lab: Path, cell: Cell, capsys: pytest.CaptureFixture[str]) -> None:
    path = lab.parent / "notebooks" / "02_small" / "02_small.ipynb"
    path.write_text(path.read_text(encoding="utf-8").replace('"number": 2', '"core": ["rule"], "number": 2'))
    cell("with check('psi'): pass")
    cell("with check('rule'): pass")
    assert [line for line in capsys.readouterr().out.splitlines() if "core" in line] == [
        "  0 of 1 exercises of the core pass, 1 of 2 in all.",
        "  1 of 1 exercises of the core pass, 2 of 2 in all.",
    ]


def test_a_stub_is_calmly_not_done_and_no_attempt(lab: Path, cell: Cell, capsys: pytest.CaptureFixture[str]) -> None:
    cell("def psi(x): raise NotImplementedError")
    with pytest.raises(NotImplementedError):
        cell(WRONG)
    out = capsys.readouterr().out
    assert out.startswith("… psi: not done yet")
    assert "  Stuck before the first line? Hint 1 of 3: Look at `len`.\n" in out
    assert "Hint 2" not in out
    assert _standing(lab) is None


def test_a_cell_that_was_not_run_is_no_attempt(lab: Path, cell: Cell, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(NameError):
        cell(WRONG)
    assert "`psi` is not defined" in capsys.readouterr().out
    assert _standing(lab) is None


@pytest.mark.parametrize("raised", ["KeyError('x')", "SystemExit(0)"])
def test_an_exception_of_the_learners_is_a_failure(
    lab: Path, cell: Cell, capsys: pytest.CaptureFixture[str], raised: str
) -> None:
    cell(f"def psi(x): raise {raised}")
    with pytest.raises((KeyError, SystemExit)):
        cell(WRONG)
    assert "    psi, line 1: def psi(x): raise" in capsys.readouterr().out
    found = _standing(lab)
    assert found is not None
    assert not found.passed


def test_an_interrupt_is_none(lab: Path, cell: Cell, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(KeyboardInterrupt):
        cell("with check('psi'):\n    raise KeyboardInterrupt")
    assert (capsys.readouterr().out, read(lab)) == ("", [])


def test_a_value_of_another_type_is_said_so(lab: Path, cell: Cell, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(AssertionError, match="yours is of type NoneType"):
        cell("with check('psi'):\n    assert value(None, float) == 1")
    assert "expected a value of type float, but yours is of type NoneType" in capsys.readouterr().out


def test_a_later_failure_counts(lab: Path, cell: Cell) -> None:
    cell("with check('psi'): pass")
    with pytest.raises(AssertionError):
        cell("with check('psi'): assert False")
    found = _standing(lab)
    assert found is not None
    assert (found.passed, found.attempts) == (False, 2)


def test_long_values_are_cut(lab: Path, cell: Cell, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(AssertionError):
        cell("with check('psi'): assert False, 'x' * 100_000")
    assert len(capsys.readouterr().out) < 5000
    assert len(read(lab)[0].detail["message"]) < 5000


def test_a_full_disk_does_not_fail_a_check(
    lab: Path, cell: Cell, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(record: records.Record) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(records, "append", full)
    cell("with check('psi'): pass")
    assert "could not be saved: No space left on device" in capsys.readouterr().out


def test_grading_shows_and_records_nothing(
    lab: Path, cell: Cell, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRODML_GRADING", "1")
    cell("with check('psi'): pass")
    with pytest.raises(AssertionError):
        cell("with check('psi'): assert False")
    assert (capsys.readouterr().out, read(lab)) == ("", [])


def test_without_a_lab_it_still_works(
    no_workspace: Path, cell: Cell, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("prodml.lab.session._slug", "")
    cell("with check('psi'): pass")
    assert capsys.readouterr().out.startswith("✓ psi: passed")


def test_in_a_kernel_the_cell_fails_with_a_card_and_one_line(kernel: Callable[..., list[NotebookNode]]) -> None:
    """Does a failed check leave an error output, as nbgrader needs, but no wall of text?"""
    cells = kernel(
        "def psi(x): return '<script>alert(1)</script>'",
        WRONG,
        "def psi(x): raise NotImplementedError",
        WRONG,
        "def psi(x): return 1 / 0",
        WRONG,
        "def psi(x): return 0",
        WRONG,
    )
    assert [o.output_type for o in cells[-1].outputs] == ["display_data"]
    failed = [(c.outputs[0].data, c.outputs[1]) for c in (cells[2], cells[4], cells[6])]
    assert [error.output_type for _, error in failed] == ["error"] * 3
    assert [error.ename for _, error in failed] == ["AssertionError", "NotImplementedError", "ZeroDivisionError"]
    assert [error.traceback for _, error in failed] == [
        ["AssertionError: see the card above"],
        ["NotImplementedError: the exercise is not done yet"],
        ["ZeroDivisionError: see the card above"],
    ]
    assert "yours <script>" in failed[0][1].evalue  # plain text, for nbgrader's reports
    assert "<script" not in failed[0][0]["text/html"]
    assert "assert got == 0" in failed[0][0]["text/html"]
    assert "psi, line 1: def psi(x): return 1 / 0" in failed[2][0]["text/plain"]
    assert "Full traceback" in failed[2][0]["text/html"]
