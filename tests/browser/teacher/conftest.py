"""A course as a teacher has it, graded by `labs grade`: in a Jupyter server, and in one without our guard of formgrader."""

from __future__ import annotations

import copy
import datetime as dt
import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest
from attack_samples import shown
from attack_samples.target import GOOD, LAB, POINTS
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.api import Gradebook
from playwright.sync_api import Browser, Page, Route, sync_playwright
from urllib3 import PoolManager, Retry

from autograder.authoring.build import build_lab
from autograder.course.gradebook import extend
from autograder.course.release import release_lab
from autograder.grade import grade_course

NAME, PLAIN = "92_target", "hw"
BIN = Path(sys.executable).parent
BREAKS_THE_PAGE = {"image of an attachment that is not there", "comment that never ends", "refresh", "base"}
CHANGES = (shown._outputs, shown._attachment, shown._metadata, shown._code, shown._backwards, shown._raw)
MARKS = {"schema_version": 3, "solution": False, "grade": False, "locked": False, "task": False}
CELLS: list[tuple[str, str, dict[str, Any]]] = [
    ("code", "def mean(values):\n    ### BEGIN SOLUTION\n    return sum(values) / len(values)\n    ### END SOLUTION", {"grade_id": "mean", "solution": True}),
    ("code", "assert mean([1, 2, 3]) == 2", {"grade_id": "test_mean", "grade": True, "locked": True, "points": 2}),
    ("markdown", "The mean moves with every value.", {"grade_id": "essay", "solution": True, "grade": True, "points": 5}),
    ("code", "assert mean([3]) == 3", {"grade_id": "test_one", "grade": True, "locked": True, "points": 3}),
]  # fmt: skip
MEAN = "def mean(values):\n    return sum(values) / len(values)"
HEADING = "# test_one\n\nIt moves."
ODD = f'<img src="x:" onerror="{shown.RUN}">'  # as the name of a folder, and of a person
SUBMITTED, DUE = "2026-03-02 12:00:00", "2026-03-01 12:00:00"  # a day late
ELSEWHERE = re.compile(r"^(?!http://127\.0\.0\.1:|file:|data:)")


@dataclass(frozen=True)
class Served:
    """A server that runs in the course's folder.

    Attributes:
        root: its address.
    """

    course: Path
    root: str

    def submission(self, student: str, assignment: str) -> str:
        """Where formgrader shows it."""
        with Gradebook(f"sqlite:///{self.course / 'gradebook.db'}") as gradebook:
            found = gradebook.find_submission_notebook(assignment, assignment, student)
            return f"{self.root}/formgrader/submissions/{found.id}/"


@pytest.fixture(scope="session")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two assignments, graded. What mallory handed in, control has as it was written, where a teacher looks."""
    lab, course = tmp_path_factory.mktemp("lab") / NAME, tmp_path_factory.mktemp("teacher") / "course"
    lab.mkdir()
    (lab / "lab.py").write_text(LAB)
    (lab / "answers.py").write_text("")
    release_lab(lab, course)
    with (course / "nbgrader_config.py").open("a") as config:
        config.write(f'c.CourseDirectory.course_id = "c"\nc.Exchange.root = {str(course.parent / "exchange")!r}\n')
        config.write('c.LateSubmissionPlugin.penalty_method = "zero"\n')
    (course.parent / "exchange").mkdir(mode=0o777)
    nb, control = _hostile(build_lab(lab).learner)
    _hand_in(course, NAME, mallory=nb, control=nb)
    assert {r.score for r in grade_course(course, NAME, workers=2)} == {sum(POINTS.values())}
    nbformat.write(control, course / "autograded" / "control" / NAME / f"{NAME}.ipynb")
    _plain_assignment(course)
    return course


def _hostile(learner: NotebookNode) -> tuple[NotebookNode, NotebookNode]:
    """Good answers, with all of attack_samples/shown.py; and so much of it as leaves the page a page."""
    for cell in learner.cells:
        cell.source = GOOD.get(cell.metadata.get("nbgrader", {}).get("grade_id"), cell.source)
    for name, text in shown.MARKDOWN.items():
        learner.cells.insert(1, new_markdown_cell(text[:30_000], id=name.replace(" ", "-").replace(",", "")))
    control = copy.deepcopy(learner)
    control.cells = [c for c in control.cells if c.id not in {n.replace(" ", "-") for n in BREAKS_THE_PAGE}]
    for change in CHANGES:
        change(learner)
    return learner, control


def _plain_assignment(course: Path) -> None:
    """One that is none of ours, with an answer that a person grades; zoe's is not graded yet."""
    source = new_notebook()
    for place, (kind, text, marks) in enumerate(CELLS):
        make = new_code_cell if kind == "code" else new_markdown_cell
        source.cells.append(make(text, metadata={"nbgrader": MARKS | marks}, id=f"c{place}"))
    (course / "source" / PLAIN).mkdir()
    nbformat.write(source, course / "source" / PLAIN / f"{PLAIN}.ipynb")
    wrong, heading = "def mean(values):\n    return 0", {"essay": HEADING}
    _hand_in(course, PLAIN, ada=_written(source, mean=MEAN, essay="It moves."), bob=_written(source, mean=wrong),
             mallory=_written(source, mean=wrong, **heading), control=_written(source, mean=wrong, **heading),
             **{ODD: source, f"{ODD}#": source})  # fmt: skip
    grade_course(course, PLAIN, workers=2)
    as_written = course / "autograded" / "control" / PLAIN / f"{PLAIN}.ipynb"
    shown_now = nbformat.read(as_written, as_version=4)
    next(c for c in shown_now.cells if c.metadata.nbgrader.grade_id == "essay").source = HEADING
    nbformat.write(shown_now, as_written)
    _hand_in(course, PLAIN, zoe=_written(source, mean=MEAN))
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        gradebook.update_or_create_assignment(PLAIN, duedate=DUE)
        extend(gradebook, PLAIN, "ada", dt.timedelta(days=2))
        gradebook.update_or_create_student("bob", first_name=ODD, last_name=ODD)


def _written(source: NotebookNode, **cells: str) -> NotebookNode:
    nb = copy.deepcopy(source)
    for cell in nb.cells:
        cell.source = cells.get(cell.metadata.nbgrader.grade_id, cell.source)
    return nb


def _hand_in(course: Path, assignment: str, **notebooks: NotebookNode) -> None:
    for student, nb in notebooks.items():
        folder = course / "submitted" / student / assignment
        folder.mkdir(parents=True)
        nbformat.write(nb, folder / f"{assignment}.ipynb")
        (folder / "timestamp.txt").write_text(f"{SUBMITTED} UTC")
        (folder / "submission_secret.txt").write_text(f"secret of {student}")


@pytest.fixture(scope="session")
def run(course: Path) -> Callable[..., None]:
    """`run("nbgrader", …)`: a command of the environment, in the course's folder."""

    def act(*command: str) -> None:
        subprocess.run([BIN / command[0], *command[1:]], cwd=course, env=_environment(course), check=True)

    return act


@pytest.fixture(scope="session")
def servers(course: Path) -> Iterator[tuple[Served, Served]]:
    """As it is installed, and without our guard."""
    off = course.parent / "unguarded" / "jupyter_server_config.json"
    off.parent.mkdir()
    off.write_text(json.dumps({"ServerApp": {"jpserver_extensions": {"autograder.formgrader_guard": False}}}))
    with ExitStack() as stack, ThreadPoolExecutor() as pool:
        roots = [stack.enter_context(_server(course, config)) for config in ("config", "unguarded")]
        ready = [pool.submit(_await, root) for root in roots]
        served, unguarded = (Served(course, future.result()) for future in ready)
        yield served, unguarded


@pytest.fixture(scope="session")
def served(servers: tuple[Served, Served]) -> Served:
    """The course in a Jupyter server as it is installed."""
    return servers[0]


@pytest.fixture(scope="session")
def unguarded(servers: tuple[Served, Served]) -> Served:
    """The same without our guard: what would nbgrader do?"""
    return servers[1]


@contextmanager
def _server(course: Path, config: str) -> Iterator[str]:
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
        [BIN / "jupyter-server", *options], cwd=course, env=_environment(course, config), stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(60)


def _await(root: str) -> str:
    PoolManager(retries=Retry(connect=30, backoff_factor=0.1)).request("GET", f"{root}/api?token=teacher")
    return root


def _environment(course: Path, config: str = "config") -> dict[str, str]:
    own = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "PRODML", "PYTEST"))}
    return own | {
        "PATH": f"{BIN}{os.pathsep}{own['PATH']}",
        "JUPYTER_CONFIG_DIR": str(course.parent / config),
        "PRODML_WARM": "0",
    }


@pytest.fixture(scope="module")  # Playwright's loop would be in the way of other tests
def browser(chromium: str) -> Iterator[Browser]:
    """Chromium."""
    with sync_playwright() as playwright:
        # Chromium's own sandbox does not run as root.
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@dataclass(frozen=True)
class Visit:
    """A page, and what it asked other machines for; `page.goto` goes on to others."""

    page: Page
    asked: list[str]

    @property
    def canary(self) -> object:
        """What a script has left there; None if none ran."""
        return self.page.evaluate("window.canary")


@pytest.fixture
def visit(browser: Browser, servers: tuple[Served, Served]) -> Iterator[Callable[[str], Visit]]:
    """`visit(address)`: open it as the teacher, who is logged in; nothing comes from other machines."""
    context = browser.new_context()
    context.set_default_timeout(60_000)

    def act(address: str) -> Visit:
        asked: list[str] = []

        def elsewhere(route: Route) -> None:
            asked.append(route.request.url)
            route.abort()

        page = context.new_page()
        page.route(ELSEWHERE, elsewhere)
        page.goto(address)
        page.wait_for_load_state("load")
        return Visit(page, asked)

    for each in servers:
        context.request.get(f"{each.root}/login?token=teacher")
    yield act
    context.close()
