"""Does nothing of a submission run in a teacher's browser: in formgrader, as it is installed, and in feedback?"""

from __future__ import annotations

import copy
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest
from attack_samples import shown
from attack_samples.target import GOOD, LAB, POINTS
from nbgrader.api import Gradebook
from playwright.sync_api import Browser, Page, Route, sync_playwright
from urllib3 import PoolManager, Retry

from autograder.build.build import build_lab
from autograder.course.release import release_lab
from autograder.grade import grade_course

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.timeout(600)]

NAME = "92_target"
BIN = Path(sys.executable).parent
BREAKS_THE_PAGE = {"image of an attachment that is not there", "comment that never ends", "refresh", "base"}
CHANGES = (shown._outputs, shown._attachment, shown._metadata, shown._code, shown._backwards, shown._raw)


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Graded: a hostile submission, and the same once more, whose autograded notebook is then as it was handed in."""
    folder = tmp_path_factory.mktemp("lab") / NAME
    folder.mkdir()
    (folder / "lab.py").write_text(LAB)
    (folder / "answers.py").write_text("")
    course = tmp_path_factory.mktemp("teacher") / "course"
    release_lab(folder, course)
    nb = build_lab(folder).learner
    for cell in nb.cells:
        cell.source = GOOD.get(cell.metadata.get("nbgrader", {}).get("grade_id"), cell.source)
    for name, text in shown.MARKDOWN.items():
        nb.cells.insert(1, nbformat.v4.new_markdown_cell(text[:30_000], id=name.replace(" ", "-").replace(",", "")))
    control = copy.deepcopy(nb)
    for change in CHANGES:
        change(nb)
    for student in ("control", "mallory"):
        handed_in = course / "submitted" / student / NAME
        handed_in.mkdir(parents=True)
        (handed_in / f"{NAME}.ipynb").write_text(nbformat.writes(nb))
    assert {r.score for r in grade_course(course, NAME)} == {sum(POINTS.values())}
    control.cells = [c for c in control.cells if c.id not in {n.replace(" ", "-") for n in BREAKS_THE_PAGE}]
    nbformat.write(control, course / "autograded" / "control" / NAME / f"{NAME}.ipynb")
    subprocess.run([BIN / "nbgrader", "generate_feedback", NAME], cwd=course, env=_environment(course), check=True)
    return course


@pytest.fixture(scope="module")
def formgrader(course: Path) -> Iterator[Callable[[str], str]]:
    """`formgrader(student)`: the address at which a teacher looks at that submission."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = [
        f"--ServerApp.port={port}",
        "--ServerApp.token=teacher",
        "--ServerApp.open_browser=False",
        "--allow-root",
    ]
    server = subprocess.Popen(
        [BIN / "jupyter-server", *options], cwd=course, env=_environment(course), stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        root = f"http://127.0.0.1:{port}"
        PoolManager(retries=Retry(connect=30, backoff_factor=0.1)).request("GET", f"{root}/api?token=teacher")
        with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
            ids = {s: gradebook.find_submission_notebook(NAME, NAME, s).id for s in ("control", "mallory")}
        yield lambda student: f"{root}/formgrader/submissions/{ids[student]}/?token=teacher"
    finally:
        server.terminate()
        server.wait(60)


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # Chromium's own sandbox does not run as root.
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


def _environment(course: Path) -> dict[str, str]:
    own = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "PRODML", "PYTEST"))}
    return own | {"PATH": f"{BIN}{os.pathsep}{own['PATH']}", "JUPYTER_CONFIG_DIR": str(course.parent / "config")}


def _visit(browser: Browser, address: str) -> tuple[Page, list[str]]:
    """The page after all its links were followed in place, and what it asked other machines for."""
    asked: list[str] = []

    def elsewhere(route: Route) -> None:
        url = route.request.url
        if url.startswith(("http://127.0.0.1:", "file:", "data:")):
            route.continue_()
        else:
            asked.append(url)
            route.abort()

    page = browser.new_page()
    page.route("**/*", elsewhere)
    page.goto(address)
    page.wait_for_load_state("load")
    page.evaluate(
        """() => { for (const link of document.querySelectorAll('#notebook a')) {
            if (!/^(https?:|#|mailto:)/.test(link.getAttribute('href') ?? '#')) link.click(); } }"""
    )
    page.wait_for_timeout(500)  # what runs late, such as an image's error
    return page, asked


def _addresses(course: Path, formgrader: Callable[[str], str], student: str) -> dict[str, str]:
    return {
        "formgrader": formgrader(student),
        "feedback": (course / "feedback" / student / NAME / f"{NAME}.html").as_uri(),
    }


@pytest.mark.parametrize("page", ["formgrader", "feedback"])
def test_a_submission_is_text(browser: Browser, course: Path, formgrader: Callable[[str], str], page: str) -> None:
    seen, asked = _visit(browser, _addresses(course, formgrader, "mallory")[page])
    assert seen.evaluate("window.canary") is None
    assert "Shown as it was written" in seen.inner_text("#notebook")
    assert f"<script>{shown.RUN}</script>" in seen.inner_text("#notebook")
    assert not [url for url in asked if "canary" in url]
    assert (
        seen.evaluate("document.querySelectorAll('#notebook :is(img, svg, iframe, object, embed, script)').length") == 0
    )
    seen.close()


@pytest.mark.parametrize("page", ["formgrader", "feedback"])
def test_as_it_was_handed_in_it_would_run(
    browser: Browser, course: Path, formgrader: Callable[[str], str], page: str
) -> None:
    """Would the test above see it?"""
    seen, asked = _visit(browser, _addresses(course, formgrader, "control")[page])
    assert seen.evaluate("window.canary") == "ran"
    assert [url for url in asked if "canary" in url]
    seen.close()
