"""Can a learner work on lab 02 in a real browser, from `make lab` to a card, progress and a moving plot?"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import ElementHandle, Page, expect

from autograder.authoring.answers import Answer, read_answers
from autograder.authoring.build import Built, build_lab

ROOT = Path(__file__).resolve().parents[2]
SLUG = "02_drift_monitors"
ARTIFACTS = ROOT / "artifacts" / "browser"
CELL = "id => jupyterapp.shell.currentWidget.content.widgets.find(w => w.model.id === id).node"
SOURCE = "id => jupyterapp.shell.currentWidget.content.widgets.find(w => w.model.id === id).model.sharedModel.source"
# How often the kernel has been asked, as of this cell; 0 while it runs.
RUNS = """id => { const model = jupyterapp.shell.currentWidget.content.widgets.find(w => w.model.id === id).model;
    return model.executionState === 'running' ? 0 : model.executionCount ?? 0; }"""

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def lab() -> Built:
    return build_lab(ROOT / "labs_src" / "labs" / SLUG)


@pytest.fixture(scope="module")
def wrong(lab: Built) -> Answer:
    """A wrong answer to the first exercise that the visible part of its check catches."""
    visible = next(c.source for c in lab.learner.cells if c.id == "check-psi")
    answers = read_answers(ROOT / "labs_src" / "labs" / SLUG)
    return next(a for a in answers if a.exercise == "psi" and a.kind == "wrong" and a.expect in visible)


@pytest.fixture
def cell(page: Page) -> Callable[[str], ElementHandle]:
    """`cell(id)`: a cell's element in the page, scrolled into view."""

    def find(name: str) -> ElementHandle:
        element = page.evaluate_handle(CELL, name).as_element()
        element.scroll_into_view_if_needed()
        return element

    return find


@pytest.fixture
def write_and_run(page: Page, cell: Callable[[str], ElementHandle]) -> Callable[[str, str], None]:
    """`write_and_run(id, source)`: replace a cell's text by typing, and run it with Shift+Enter."""

    def act(name: str, source: str) -> None:
        editor = cell(name).query_selector(".cm-content")
        editor.click()
        # Keys pressed before the editor has the focus would act on cells.
        page.wait_for_function("editor => document.activeElement === editor", arg=editor)
        page.keyboard.press("Control+a")
        page.keyboard.insert_text(source)
        page.wait_for_function(f"([id, source]) => ({SOURCE})(id) === source", arg=[name, source])
        with until_run(page, name):
            page.keyboard.press("Shift+Enter")

    return act


@pytest.fixture
def run(page: Page, cell: Callable[[str], ElementHandle]) -> Callable[[str], ElementHandle]:
    """`run(id)`: run a cell as it is, and return its element when the kernel has answered."""

    def act(name: str) -> ElementHandle:
        cell(name).query_selector(".jp-InputPrompt").click()
        with until_run(page, name):
            page.keyboard.press("Control+Enter")
        return cell(name)

    return act


@contextmanager
def until_run(page: Page, name: str) -> Iterator[None]:
    """Wait until the block's action has run the cell."""
    before = page.evaluate(RUNS, name)
    yield
    page.wait_for_function(f"([id, before]) => ({RUNS})(id) > before", arg=[name, before])


def run_all(page: Page, lab: Built) -> None:
    """Run All, until the last cell has run: the command's own promise ends with the first error."""
    last = [c.id for c in lab.learner.cells if c.cell_type == "code"][-1]
    with until_run(page, last):
        page.evaluate("() => { jupyterapp.commands.execute('notebook:run-all-cells').catch(() => null); }")


def keep_picture(page: Page, name: str) -> None:
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=ARTIFACTS / f"{name}.png")


def test_nothing_for_instructors_is_shown(page: Page) -> None:
    """Are nbgrader's panels and its button Validate left out, although it is installed?"""
    assert page.evaluate("() => jupyterapp.listPlugins().filter(id => id.includes('nbgrader'))") == []
    expect(page.get_by_text("Validate")).to_have_count(0)


def test_run_all_reaches_the_end(page: Page, lab: Built, cell) -> None:
    """Does Run All, with nothing solved, run every cell and show a card below every check?"""
    run_all(page, lab)
    checks = [c.id for c in lab.learner.cells if c.metadata.get("lab", {}).get("kind") == "check"]
    for check in checks:
        assert "not done yet" in cell(check).query_selector(".prodml-card").inner_text()
    keep_picture(page, "1_run_all")


def test_a_wrong_answer_is_taught(page: Page, wrong: Answer, write_and_run, run) -> None:
    """Does a wrong answer get the message that names its misconception, and a hint?"""
    write_and_run("exercise-psi", wrong.source)
    check = run("check-psi")
    check.wait_for_selector(".prodml-card >> text=psi: not yet")
    said = check.query_selector(".prodml-card").inner_text()
    assert wrong.expect in said
    assert "Hint 1" in said
    keep_picture(page, "2_wrong_answer")


def test_a_right_answer_passes_and_counts(page: Page, lab: Built, workspace: Path, write_and_run, run) -> None:
    """Does the right answer get a card that says so, and is it kept as progress?"""
    solution = next(c.source for c in lab.reference.cells if c.id == "exercise-psi")
    write_and_run("exercise-psi", solution)
    check = run("check-psi")
    check.wait_for_selector(".prodml-card >> text=psi: passed")
    exercises = len([c for c in lab.learner.cells if c.id.startswith("check-")])
    assert f"1 of {exercises} exercises" in check.query_selector(".prodml-card").inner_text()
    lines = (workspace / ".prodml" / "progress.jsonl").read_text(encoding="utf-8").splitlines()
    assert [r["kind"] for r in map(json.loads, lines) if r["name"] == "psi"][-1] == "passed"
    keep_picture(page, "3_right_answer")


def test_the_explorer_moves_its_plot(page: Page, lab: Built, cell) -> None:
    """Does the plot follow the slider, and does its description?"""
    run_all(page, lab)
    explorer = next(c.id for c in lab.learner.cells if "\nexplorer(" in c.source)
    picture = cell(explorer).query_selector("img")
    before, described = picture.get_attribute("src"), picture.get_attribute("alt")
    cell(explorer).query_selector("[role=slider][aria-label]").focus()
    page.keyboard.press("ArrowRight")
    moved = page.locator(f".jp-Cell img:not([src='{before}'])[alt*='month 8']")
    expect(moved).to_be_visible()
    assert moved.get_attribute("alt") != described
    keep_picture(page, "4_explorer_moved")
