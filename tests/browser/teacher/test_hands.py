"""Does a teacher's work in formgrader last, and do its buttons do what ours do, on a course that `labs grade` graded?"""

from __future__ import annotations

import csv
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from nbgrader.api import Grade, Gradebook
from playwright.sync_api import Page, expect

from autograder.course.export import CsvExport
from autograder.grade import grade_course
from autograder.results import Status

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.timeout(600)]

NAME = "hw"
COMMENT = "Well said, *ada*."
READY = "formgrader.grades?.loaded && formgrader.comments?.loaded"
Visitor = Callable[[str], Any]


@pytest.fixture
def gradebook(course: Path) -> Any:
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        yield gradebook


def write(page: Page, field: str, text: str) -> None:
    """Type into a field, and leave it, which saves."""
    with page.expect_response(lambda r: r.request.method == "PUT" and r.ok):
        page.fill(field, text)
        page.press(field, "Tab")


def press(page: Page, student: str, button: str) -> str:
    """Press one of a student's buttons; the log that the page then shows."""
    row = page.locator("#main-table tr", has=page.locator(f".student-id:text-is('{student}')"))
    row.locator(f".{button} a").click()
    said = page.locator(".modal.in")
    expect(said.locator(".modal-title")).to_have_text("Success", timeout=60_000)
    log = said.locator("pre").all_inner_texts()
    said.locator(".modal-footer button").click()
    page.wait_for_selector(".modal", state="detached")
    return "".join(log)


def graded(gradebook: Gradebook, cell: str, student: str = "ada") -> Grade:
    return gradebook.find_grade(cell, NAME, NAME, student)


@pytest.fixture(scope="module")
def by_hand(course: Path, served: Any, browser: Any) -> Path:
    """What a teacher gave ada in formgrader; then everything was graded again by `labs grade --force`."""
    context = browser.new_context()
    context.request.get(f"{served.root}/login?token=teacher")
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(served.submission("ada", NAME))
    page.wait_for_function(READY)
    write(page, "input#essay", "4")
    write(page, "input#test_mean_extra_credit", "1.5")
    write(page, "textarea#essay-comment", COMMENT)
    write(page, "input#test_one", "2")
    page.click(".next a")
    page.wait_for_url(lambda url: "ada" not in url and url != served.submission("ada", NAME))
    context.close()
    grade_course(course, NAME, student="ada", workers=1, force=True)
    return course


def test_the_pages_know_the_course(visit: Visitor, served: Any) -> None:
    """Assignments, grading by hand, students: each is a table that is filled."""
    pages = {
        "manage_assignments": {"92_target", "hw"},
        "gradebook": {"92_target", "hw"},
        "gradebook/hw": {"hw"},
        "gradebook/hw/hw": {"Submission #1", "Submission #4"},
        "manage_students": {"ada", "mallory"},
        "manage_students/ada": {"hw"},
        "manage_students/ada/hw": {"hw"},
    }
    seen = visit(f"{served.root}/formgrader")
    for path, words in pages.items():
        seen.page.goto(f"{served.root}/formgrader/{path}")
        for word in words:
            seen.page.wait_for_selector(f"#main-table >> text={word}")


@pytest.mark.usefixtures("by_hand")
def test_what_was_given_by_hand_survives_a_regrade(gradebook: Gradebook) -> None:
    found = {g: graded(gradebook, g) for g in ("test_mean", "essay", "test_one")}
    assert {g: (x.auto_score, x.manual_score, x.extra_credit) for g, x in found.items()} == {
        "test_mean": (2, None, 1.5),
        "essay": (None, 4, None),
        "test_one": (3, 2, None),
    }
    assert gradebook.find_comment("essay", NAME, NAME, "ada").comment == COMMENT
    assert gradebook.find_submission(NAME, "ada").score == 2 + 1.5 + 4 + 2


@pytest.mark.usefixtures("by_hand")
def test_a_score_that_waits_for_review_is_resolved(visit: Visitor, served: Any, gradebook: Gradebook) -> None:
    assert graded(gradebook, "test_one").needs_manual_grade
    page = visit(served.submission("ada", NAME)).page
    page.wait_for_function(READY)
    cell = page.locator(".nbgrader_cell", has=page.locator("input#test_one"))
    with page.expect_response(lambda r: r.request.method == "PUT" and r.ok):
        cell.locator(".mark-graded").click()
    gradebook.db.expire_all()
    assert not graded(gradebook, "test_one").needs_manual_grade
    assert graded(gradebook, "test_one").manual_score == 2


def test_the_buttons_judge_and_give_feedback(by_hand: Path, visit: Visitor, served: Any, gradebook: Gradebook) -> None:
    """Autograde is our judge; feedback has what a teacher gave, and is released; a late penalty is nbgrader's."""
    page = visit(f"{served.root}/formgrader/manage_submissions/{NAME}").page
    page.wait_for_selector(".autograde a")
    press(page, "zoe", "autograde")
    zoe = gradebook.find_submission(NAME, "zoe")
    assert (zoe.score, zoe.late_submission_penalty) == (5, 5)
    said = (by_hand / "autograded" / "zoe" / NAME / f"{NAME}.ipynb").read_text()
    assert "2 of 2 points. All checks passed." in said
    for student in ("ada", "zoe"):
        press(page, student, "generate-feedback")
        press(page, student, "release-feedback")
    pages = {
        s: BeautifulSoup((by_hand / "feedback" / s / NAME / f"{NAME}.html").read_text(), "html.parser")
        for s in ("ada", "zoe")
    }
    texts = {student: " ".join(page.body.get_text().split()) for student, page in pages.items()}
    assert "hw (Score: 9.5 / 10.0)" in texts["ada"]
    assert "Comments: Well said, ada." in texts["ada"]
    assert "Late submission penalty (Score: -5.0)" in texts["zoe"]
    assert len(list((by_hand.parent / "exchange" / "c" / "feedback").glob("*.html"))) == 2


def test_the_table_has_what_was_given(by_hand: Path, gradebook: Gradebook, tmp_path: Path) -> None:
    table = tmp_path / "grades.csv"
    CsvExport(to=str(table), assignment=[NAME]).export(gradebook)
    rows = {row["student_id"]: row for row in csv.DictReader(table.read_text().splitlines())}
    assert float(rows["ada"]["score"]) == 9.5
    assert float(rows["mallory"]["max_score"]) == 10


@pytest.mark.usefixtures("by_hand")
def test_both_may_write_at_once(course: Path, visit: Visitor, served: Any, gradebook: Gradebook) -> None:
    """Scores typed in formgrader while the same submission is graded again: each is saved, and the last one stays."""
    page = visit(served.submission("bob", NAME)).page
    page.wait_for_function(READY)
    with ThreadPoolExecutor(1) as pool:
        run = pool.submit(lambda: [grade_course(course, NAME, student="bob", workers=1, force=True) for _ in range(3)])
        saved = 0
        while not run.done():
            saved += 1
            write(page, "input#essay", str(saved % 5))
        results = run.result()
    assert saved > 1
    assert [r.status for (r,) in results] == [Status.GRADED] * 3
    found = graded(gradebook, "essay", "bob")
    assert (found.auto_score, found.manual_score) == (None, saved % 5)
