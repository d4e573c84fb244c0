"""300 submissions over three labs, with a teacher's own commands, up to formgrader in a browser."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from playwright.sync_api import expect, sync_playwright
from sample_class import LABS, differences, run_class
from sample_courses import student_id
from urllib3 import PoolManager, Retry

BIN = Path(sys.executable).parent
STUDENTS, NUMBERS = 100, ("02", "06", "11")


@pytest.mark.long
@pytest.mark.browser
@pytest.mark.xdist_group("browser")
@pytest.mark.timeout(5400)
def test_a_class_of_three_labs(tmp_path: Path, chromium: str) -> None:
    """Released, handed in, graded, given feedback, exported and looked at; each score is the deserved one."""
    course, labs = tmp_path / "course", [lab for n in NUMBERS for lab in LABS.glob(f"{n}_*")]
    for command, seconds in run_class(course, STUDENTS, labs):
        print(f"{seconds:8.1f} s  {command}")
    assert differences(course) == []
    rows = (course / "grades.csv").read_text().splitlines()
    assert len(rows) == 1 + STUDENTS * len(labs)
    for lab in labs:
        assert len(list((course / "feedback").glob(f"*/{lab.name}/{lab.name}.html"))) == STUDENTS
    with served(course) as root, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        page.context.request.get(f"{root}/login?token=teacher")
        for lab in labs:
            with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
                number = gradebook.find_submission_notebook(lab.name, lab.name, student_id(3)).id
            page.goto(f"{root}/formgrader/manage_submissions/{lab.name}")
            expect(page.locator("#main-table .student-id")).to_have_count(STUDENTS, timeout=60_000)
            page.goto(f"{root}/formgrader/submissions/{number}/")
            expect(page.get_by_text("0 of ").first).to_be_visible(timeout=60_000)  # the wrong answer's verdict
        browser.close()


@contextmanager
def served(course: Path) -> Iterator[str]:
    """JupyterLab's server in the course's folder, as `jupyter lab` starts it; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "PRODML", "PYTEST"))}
    env = own | {"PATH": f"{BIN}{os.pathsep}{own['PATH']}", "JUPYTER_CONFIG_DIR": str(course.parent / "config")}
    options = [f"--ServerApp.port={port}", "--ServerApp.token=teacher", "--no-browser", "--allow-root"]
    server = subprocess.Popen(
        [BIN / "jupyter-server", *options], cwd=course, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        root = f"http://127.0.0.1:{port}"
        PoolManager(retries=Retry(connect=60, backoff_factor=0.1)).request("GET", f"{root}/api?token=teacher")
        yield root
    finally:
        server.terminate()
        server.wait(60)
