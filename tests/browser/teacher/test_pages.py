"""Does nothing of a submission run in a teacher's browser: in formgrader, as it is installed, in feedback?"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from attack_samples import shown
from nbgrader.api import Gradebook

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.timeout(600)]

NAME, PLAIN = "92_target", "hw"
VISIBLE = "document.querySelectorAll('#notebook :is(img, svg, iframe, object, embed, script)').length"
# Each runs out of its own address: as a script's text, and as HTML.
ADDRESSES = [f'manage_students/x";{shown.RUN};"', f'manage_students/<img src="x:" onerror="{shown.RUN}">',
             f'manage_submissions/x";{shown.RUN};"', f'gradebook/x/y";{shown.RUN};"']  # fmt: skip
Visitor = Callable[[str], Any]


@pytest.fixture(scope="module")
def feedback(course: Path, run: Callable[..., None]) -> Callable[[str], str]:
    """`feedback(student)`: the address of nbgrader's page for that student."""
    run("nbgrader", "generate_feedback", NAME)
    return lambda student: (course / "feedback" / student / NAME / f"{NAME}.html").as_uri()


@pytest.fixture(params=["formgrader", "feedback"])
def address(request: pytest.FixtureRequest, served: Any, feedback: Callable[[str], str]) -> Callable[[str], str]:
    return (lambda student: served.submission(student, NAME)) if request.param == "formgrader" else feedback


def follow_links(seen: Any) -> None:
    """Click on each link that stays in the page."""
    seen.page.evaluate(
        """() => { for (const link of document.querySelectorAll('#notebook a')) {
            if (!/^(https?:|#|mailto:)/.test(link.getAttribute('href') ?? '#')) link.click(); } }"""
    )
    seen.page.wait_for_timeout(500)  # what runs late, such as an image's error


def test_a_submission_is_text(visit: Visitor, address: Callable[[str], str]) -> None:
    seen = visit(address("mallory"))
    follow_links(seen)
    assert seen.canary is None
    assert "Shown as it was written" in seen.page.inner_text("#notebook")
    assert f"<script>{shown.RUN}</script>" in seen.page.inner_text("#notebook")
    assert not [url for url in seen.asked if "canary" in url]
    assert seen.page.evaluate(VISIBLE) == 0


def test_as_it_was_handed_in_it_would_run(visit: Visitor, address: Callable[[str], str]) -> None:
    """Would the test above see it?"""
    seen = visit(address("control"))
    follow_links(seen)
    assert seen.canary == "ran"
    assert [url for url in seen.asked if "canary" in url]


@pytest.mark.parametrize("path", ADDRESSES)
def test_formgrader_runs_no_address(visit: Visitor, served: Any, unguarded: Any, path: str) -> None:
    """To which any page, also a learner's text, may have a link."""
    rest = f"/formgrader/{quote(path, safe='/%')}"
    guarded, control = visit(f"{served.root}{rest}"), visit(f"{unguarded.root}{rest}")
    control.page.wait_for_function("window.canary")
    assert guarded.canary is None
    assert "404" in guarded.page.inner_text("body")


def test_formgrader_serves_no_file_of_another_folder(visit: Visitor, served: Any, unguarded: Any, course: Path) -> None:
    """A page that was handed in beside the notebook."""
    (course / "submitted" / "mallory" / NAME / "page.html").write_text(f"<script>{shown.RUN}</script>")
    rest = f"..%2f..%2f..%2fsubmitted/mallory/{NAME}/page.html"
    assert visit(served.submission("mallory", NAME) + rest).canary is None
    assert visit(unguarded.submission("mallory", NAME) + rest).canary == "ran"


def test_formgrader_runs_no_name_of_a_person(visit: Visitor, served: Any, unguarded: Any) -> None:
    seen = visit(served.submission("bob", PLAIN))
    assert seen.canary is None
    assert "onerror" in seen.page.text_content(".live-notebook .name-shown")
    control = visit(unguarded.submission("bob", PLAIN))
    control.page.wait_for_function("window.canary")


def test_formgrader_runs_no_name_of_a_folder(visit: Visitor, served: Any, unguarded: Any) -> None:
    """A button whose address is none of the server's fails, and says so with the name as HTML."""
    rest = f"/formgrader/manage_submissions/{PLAIN}"
    control = visit(f"{unguarded.root}{rest}").page
    control.locator("tr", has_text="#").locator(".generate-feedback a").click()
    control.wait_for_function("window.canary")
    page = visit(f"{served.root}{rest}").page
    page.wait_for_selector(".autograde a")
    students = set(page.locator("#main-table .student-id").all_inner_texts())
    assert students == {"ada", "bob", "mallory", "control", "zoe"}


@pytest.mark.parametrize(("student", "given"), [("mallory", None), ("control", 3)])
def test_points_by_hand_go_to_their_own_cell(
    visit: Visitor, served: Any, course: Path, student: str, given: float | None
) -> None:
    """Not to one whose id is a heading of the learner's, before which the page would have looked no further."""
    page = visit(served.submission(student, PLAIN)).page
    page.wait_for_function("formgrader.grades?.loaded && formgrader.comments?.loaded")
    page.fill("input#essay", "4")
    page.press("input#essay", "Tab")
    page.wait_for_function("jQuery.active === 0")  # all that leaving the field has sent is answered
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        assert gradebook.find_grade("essay", PLAIN, PLAIN, student).manual_score == 4
        assert gradebook.find_grade("test_one", PLAIN, PLAIN, student).manual_score == given
