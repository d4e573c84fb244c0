"""Do building and verifying say what they did, and fail when something is not proved?"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autograder.proving import sheet
from autograder.proving.machine_made import TRICKS

MADE = len(TRICKS)
Labs = Callable[..., Any]
KEYS = ["lab", "exercise", "answer", "kind", "ok", "score", "max_score", "message", "seconds", "unchanged"]


def test_build_writes_and_check_compares(labs: Labs, source: Path, tmp_path: Path) -> None:
    assert labs("build", "--check").code == 1
    assert "1 notebook changed" in labs("build").out
    built = tmp_path / "notebooks" / "90_twice" / "90_twice.ipynb"
    before = built.read_bytes()
    assert "0 notebooks changed" in labs("build").out
    assert labs("build", "--check").code == 0
    (source / "lab.py").write_text((source / "lab.py").read_text().replace("Twice x, a number", "Two times x"))
    ran = labs("build", "--check")
    assert ran.code == 1
    assert "90_twice" in ran.err
    assert "labs build" in ran.err
    assert built.read_bytes() == before


def test_an_authors_mistake_is_shown_with_its_place(labs: Labs, source: Path) -> None:
    (source / "lab.py").write_text((source / "lab.py").read_text().replace(" points=3", ""))
    ran = labs("build")
    assert ran.code == 1
    assert f"error: {source / 'lab.py'}:" in ran.err
    assert "fix: " in ran.err
    assert "Traceback" not in ran.err


def test_verify_judges_every_answer(labs: Labs, source: Path) -> None:
    ran = labs("verify", "90")
    assert ran.code == 0
    assert f"{12 + MADE} answers judged (1 reference, 2 right, 3 wrong, 1 stub, {MADE} machine, 5 notebook)" in ran.out
    assert "all as they should be" in ran.out


def test_verify_judges_in_several_draws(labs: Labs, source: Path) -> None:
    """Do the reference, right answers and the two wrong ones that hidden inputs decide come once per draw?"""
    ran = labs("verify", "90", "--draws", "3")
    assert ran.code == 0
    assert f"(3 reference, 6 right, 7 wrong, 1 stub, {MADE} machine, 5 notebook)" in ran.out
    assert "reference, draw 2" in ran.out


def test_verify_in_json_has_its_documented_keys(labs: Labs, source: Path) -> None:
    ran = labs("verify", "--json")
    results = json.loads(ran.out)
    assert ran.code == 0
    assert all(list(result) == KEYS for result in results)
    assert Counter(r["kind"] for r in results) == {
        "reference": 1,
        "right": 2,
        "wrong": 3,
        "stub": 1,
        "machine": MADE,
        "notebook": 5,
    }
    assert f"{12 + MADE} answers judged" in ran.err


def test_an_answer_that_is_not_as_its_sheet_says_fails(labs: Labs, source: Path) -> None:
    sheet = source / "answers.py"
    sheet.write_text(sheet.read_text().replace("return x + x", "return x + x + 1"))
    ran = labs("verify", "90", "--json")
    assert ran.code == 1
    assert [r["answer"] for r in json.loads(ran.out) if not r["ok"]] == ["sum"]
    assert "1 NOT as they should be" in ran.err


def test_a_lab_that_cannot_be_verified_stops_no_other(labs: Labs, source: Path) -> None:
    broken = source.with_name("80_broken")
    broken.mkdir()
    (broken / "lab.py").write_text("x = 1\n")
    ran = labs("verify", "--json")
    assert ran.code == 1
    assert "80_broken" in ran.err
    assert "1 lab could not be verified" in ran.err
    assert {r["lab"] for r in json.loads(ran.out)} == {"90_twice"}


def test_a_lab_that_has_not_changed_is_not_judged_again(
    labs: Labs, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Except in CI, and when asked to?"""
    monkeypatch.delenv("CI", raising=False)
    first = labs("verify", "90", "--json")
    again = labs("verify", "90", "--json")
    assert [r["unchanged"] for r in json.loads(first.out)] == [False] * (12 + MADE)
    assert json.loads(again.out) == [{**r, "unchanged": True} for r in json.loads(first.out)]
    assert "5 notebook) before, unchanged since" in again.err
    assert not any(r["unchanged"] for r in json.loads(labs("verify", "90", "--json", "--force").out))
    assert not any(r["unchanged"] for r in json.loads(labs("verify", "90", "--json", "--variant", "1").out))
    monkeypatch.setenv("CI", "true")
    assert not any(r["unchanged"] for r in json.loads(labs("verify", "90", "--json").out))
    monkeypatch.delenv("CI")
    sheet = source / "answers.py"
    sheet.write_text(sheet.read_text() + "\n")
    assert not any(r["unchanged"] for r in json.loads(labs("verify", "90", "--json").out))


def test_what_is_not_as_it_should_be_is_judged_each_time(
    labs: Labs, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CI", raising=False)
    sheet = source / "answers.py"
    sheet.write_text(sheet.read_text().replace("return x + x", "return x + x + 1"))
    for _ in range(2):
        ran = labs("verify", "90", "--json")
        assert ran.code == 1
        assert not any(r["unchanged"] for r in json.loads(ran.out))


def test_nothing_judged_proves_nothing(labs: Labs, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet, "verify_lab", lambda *_, **__: [])
    ran = labs("verify", "90")
    assert ran.code == 1
    assert "no answer was judged" in ran.err


def test_sentences_that_no_answer_breaks_are_listed(labs: Labs, source: Path) -> None:
    ran = labs("verify", "90")
    line = next(n for n, text in enumerate((source / "lab.py").read_text().splitlines(), 1) if "Twice x" in text)
    assert f"{source / 'lab.py'}:{line}: double: no wrong answer breaks: Twice x, a number." in ran.out
    sheet = source / "answers.py"
    sheet.write_text(sheet.read_text().replace('name="adds"', 'name="adds" breaks="Twice x"'))
    assert "no wrong answer breaks" not in labs("verify", "90").out


def test_a_notebook_that_says_otherwise_is_found(labs: Labs, source: Path) -> None:
    sheet = source / "answers.py"
    other = 'import sys\n\ndef double(x):\n    return x + x + ("ipykernel" in sys.modules)'
    sheet.write_text(sheet.read_text().replace("def double(x):\n    return x + x", other))
    ran = labs("verify", "90", "--json")
    (found,) = [r for r in json.loads(ran.out) if not r["ok"]]
    assert ran.code == 1
    assert (found["kind"], found["answer"]) == ("notebook", "sum")
    assert "the visible check passes in the judge, but in a notebook: Twice 3 is 6, yours is 7.0" in found["message"]


def test_mutants_are_listed_with_their_lines(labs: Labs, source: Path) -> None:
    ran = labs("verify", "90", "--mutants", "--json")
    (row,) = json.loads(ran.out)
    assert (ran.code, row["exercise"], row["survived"]) == (0, "double", [])
    assert row["mutants"] == row["killed"] > 0
    lab = source / "lab.py"
    lab.write_text(lab.read_text().replace("return 2 * x", "return 2 * x + 0 * x * 7"))
    ran = labs("verify", "90", "--mutants")
    assert ran.code == 1
    line = next(n for n, text in enumerate(lab.read_text().splitlines(), 1) if "0 * x * 7" in text)
    assert f"{lab}:{line}  constant\n        - return 2 * x + 0 * x * 7\n        + return 2 * x + 0 * x * 8" in ran.out
    assert "fix: an assertion that teaches" in ran.err


def test_mutants_of_a_broken_lab_prove_nothing(labs: Labs, source: Path) -> None:
    (source / "lab.py").write_text("x = 1\n")
    ran = labs("verify", "--mutants")
    assert ran.code == 1
    assert "0 cell markers" in ran.err


@pytest.mark.parametrize("command", [["build"], ["verify"], ["release", "90", "--course", "c"]])
def test_without_sources_there_is_a_clear_error(labs: Labs, command: list[str]) -> None:
    ran = labs(*command)
    assert ran.code == 1
    assert "needs the labs' sources" in ran.err
