"""Can a learner work through every lab in a real browser: predict, answer wrongly and rightly, run all, move an explorer?

Each lab's tests go in the order of a learner, on one page; `make lab` has opened the first of them.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ElementHandle, Page, expect

from autograder.authoring.answers import Answer, read_answers
from autograder.authoring.build import Built, build_lab

ROOT = Path(__file__).resolve().parents[2]
LABS = sorted(path.parent.name for path in (ROOT / "labs_src" / "labs").glob("*/lab.py"))
ARTIFACTS = ROOT / "artifacts" / "browser"
WIDE, NARROW = {"width": 1400, "height": 900}, {"width": 1000, "height": 900}
FIND = "id => jupyterapp.shell.currentWidget.content.widgets.find(w => w.model.id === id)"
CELL = f"id => ({FIND})(id).node"
SOURCE = f"id => ({FIND})(id).model.sharedModel.source"
# How often the kernel has been asked, as of this cell; 0 while it runs.
RUNS = f"""id => {{ const model = ({FIND})(id).model;
    return model.executionState === 'running' ? 0 : model.executionCount ?? 0; }}"""
COMMAND = "async ([name, args]) => { await jupyterapp.commands.execute(name, args); }"
OPENED = (
    """path => { const w = jupyterapp.shell.currentWidget; return w?.context?.path === path && w.context.isReady; }"""
)
READY = """async () => {
    const session = jupyterapp.shell.currentWidget.sessionContext;
    await session.ready; await session.session.kernel.info; }"""
CLOSE = """async () => {
    const open = [...jupyterapp.shell.widgets('main')].filter(w => w.sessionContext);
    for (const w of open) { await w.sessionContext.shutdown(); await w.context.save(); w.close(); } }"""
# Pictures, tables and controls that a learner cannot see whole. A table or code may scroll by itself.
CUT = """() => { const area = document.querySelector('.jp-Notebook').getBoundingClientRect();
    return [...document.querySelectorAll('.jp-OutputArea-output img, .widget-slider, .widget-dropdown, .jp-RenderedMermaid img')]
        .filter(e => e.offsetParent && e.getBoundingClientRect().right > area.right + 1)
        .map(e => `${e.tagName} ${e.className} in ${e.closest('.jp-Cell').dataset.id ?? ''} ${e.alt ?? ''}`); }"""
# axe finds no contrast in JupyterLab at all while its body has no height.
HEIGHT = "body{overflow:visible!important}"

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.timeout(900)]


@pytest.fixture(scope="module", params=LABS)
def lab(request: pytest.FixtureRequest) -> Built:
    return build_lab(ROOT / "labs_src" / "labs" / request.param)


@pytest.fixture(scope="module")
def notebook(page: Page, lab: Built, workspace: Path, environment: dict[str, str]) -> Page:
    """The page, with the lab as `labs start` copies it, and nothing else."""
    slug = lab.source.slug
    labs = Path(sys.executable).with_name("labs")
    subprocess.run([labs, "start", slug], check=True, env=environment, stdout=subprocess.DEVNULL)
    page.set_viewport_size(WIDE)
    page.evaluate(CLOSE)
    path = f"{slug}/{slug}.ipynb"
    page.evaluate(COMMAND, ["docmanager:open", {"path": path}])
    page.wait_for_function(OPENED, arg=path)
    page.evaluate(READY)
    return page


@pytest.fixture
def cell(notebook: Page) -> Callable[[str], ElementHandle]:
    """`cell(id)`: a cell's element in the page, scrolled into view."""

    def find(name: str) -> ElementHandle:
        element = notebook.evaluate_handle(CELL, name).as_element()
        element.scroll_into_view_if_needed()
        return element

    return find


@pytest.fixture
def run(notebook: Page) -> Callable[[str], None]:
    """`run(id)`: run a cell as it is, until the kernel has answered."""

    def act(name: str) -> None:
        with until_run(notebook, name):
            notebook.evaluate(
                f"""id => {{ const content = jupyterapp.shell.currentWidget.content;
                    content.activeCellIndex = content.widgets.indexOf(({FIND})(id)); content.deselectAll();
                    jupyterapp.commands.execute('notebook:run-cell').catch(() => null); }}""",
                name,
            )

    return act


@pytest.fixture
def write_and_run(notebook: Page, cell: Callable[[str], ElementHandle]) -> Callable[[str, str], None]:
    """`write_and_run(id, source)`: replace a cell's text by typing, and run it with Shift+Enter."""

    def act(name: str, source: str) -> None:
        editor = cell(name).query_selector(".cm-content")
        editor.click()
        # Keys pressed before the editor has the focus would act on cells.
        notebook.wait_for_function("editor => document.activeElement === editor", arg=editor)
        notebook.keyboard.press("Control+a")
        notebook.keyboard.insert_text(source)
        notebook.wait_for_function(f"([id, source]) => ({SOURCE})(id) === source", arg=[name, source])
        with until_run(notebook, name):
            notebook.keyboard.press("Shift+Enter")

    return act


@contextmanager
def until_run(page: Page, name: str) -> Iterator[None]:
    """Wait until the block's action has run the cell."""
    before = page.evaluate(RUNS, name)
    yield
    page.wait_for_function(f"([id, before]) => ({RUNS})(id) > before", arg=[name, before])


def code_cells(lab: Built, kind: str) -> list[str]:
    """Ids of the learner's cells of a kind."""
    return [c.id for c in lab.learner.cells if c.metadata.get("lab", {}).get("kind") == kind]


def first_call(lab: Built, function: str) -> str:
    """Id of the first cell that calls a function."""
    return next(
        c.id for c in lab.learner.cells if c.cell_type == "code" and f"{function}(" in c.source.replace("\n", "")
    )


def caught(lab: Built, exercise: str) -> Answer:
    """A wrong answer that the visible part of its check catches, with words that it says as they stand."""
    visible = next(c.source for c in lab.learner.cells if c.id == f"check-{exercise}")
    answers = read_answers(ROOT / "labs_src" / "labs" / lab.source.slug)
    return next(a for a in answers if a.exercise == exercise and a.kind == "wrong" and a.expect in visible)


def keep_picture(page: Page, lab: Built, name: str) -> None:
    folder = ARTIFACTS / lab.source.slug
    folder.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=folder / f"{name}.png")


def test_nothing_for_instructors_is_shown(notebook: Page) -> None:
    """Are nbgrader's panels and its button Validate left out, although it is installed?"""
    assert notebook.evaluate("() => jupyterapp.listPlugins().filter(id => id.includes('nbgrader'))") == []
    expect(notebook.locator(".jp-Toolbar").get_by_text("Validate")).to_have_count(0)


def test_machinery_is_folded(notebook: Page, lab: Built, cell) -> None:
    """Does a folded cell show its first line and nothing else of its source?"""
    shown = f"id => ({FIND})(id).node.querySelector('.cm-content')?.checkVisibility() ?? false"
    folded = [c.id for c in lab.learner.cells if c.metadata.get("jupyter", {}).get("source_hidden")]
    assert set(code_cells(lab, "check")) <= set(folded)
    assert [name for name in folded if notebook.evaluate(shown, name)] == []
    assert notebook.evaluate(shown, f"exercise-{lab.source.core[0]}")
    first = code_cells(lab, "setup")[0]
    placeholder = cell(first).query_selector(".jp-Placeholder-content").inner_text()
    source = next(c.source for c in lab.learner.cells if c.id == first)
    assert placeholder.strip().startswith(source.partition("\n")[0])
    keep_picture(notebook, lab, "1_opened")


def test_a_prediction_is_locked_in(notebook: Page, lab: Built, workspace: Path, run, cell) -> None:
    """Do sliders begin unset, does locking in wait for all of them, and is the prediction kept?"""
    run(code_cells(lab, "setup")[0])
    name = first_call(lab, "predict")
    run(name)
    output = cell(name)
    sliders = output.wait_for_selector(".widget-slider") and output.query_selector_all("[role=slider]")
    button = output.query_selector("button:has-text('Lock in')")
    assert all(slider.get_attribute("aria-valuetext") == "not set" for slider in sliders)
    assert button.is_disabled()
    for slider in sliders:
        slider.focus()
        notebook.keyboard.press("ArrowRight")
        notebook.keyboard.press("ArrowRight")
    output.wait_for_selector("button:enabled:has-text('Lock in')").click()
    output.wait_for_selector("button:has-text('Locked in')")
    keep_picture(notebook, lab, "2_predicted")
    lines = (workspace / ".prodml" / "progress.jsonl").read_text(encoding="utf-8").splitlines()
    assert [r["lab"] for r in map(json.loads, lines) if r["kind"] == "predicted"][-1] == lab.source.slug


def test_a_wrong_answer_is_taught(notebook: Page, lab: Built, write_and_run, run, cell) -> None:
    """Does a wrong answer get the message that names its misconception, and a hint?"""
    for setup in code_cells(lab, "setup"):
        run(setup)
    exercise = lab.source.core[0]
    wrong = caught(lab, exercise)
    write_and_run(f"exercise-{exercise}", wrong.source)
    run(f"check-{exercise}")
    card = cell(f"check-{exercise}").wait_for_selector(f".prodml-card:has-text('{exercise}: not yet')")
    said = " ".join(card.inner_text().split())
    assert " ".join(re.sub("[`*]", "", wrong.expect).split()) in re.sub("[*]", "", said)
    assert "Hint 1" in said
    keep_picture(notebook, lab, "3_wrong_answer")


def test_a_right_answer_passes_and_counts(
    notebook: Page, lab: Built, workspace: Path, write_and_run, run, cell
) -> None:
    """Does the right answer get a card that says so, and is it kept as progress?"""
    exercise = lab.source.core[0]
    solution = next(c.source for c in lab.reference.cells if c.id == f"exercise-{exercise}")
    write_and_run(f"exercise-{exercise}", solution)
    run(f"check-{exercise}")
    card = cell(f"check-{exercise}").wait_for_selector(f".prodml-card:has-text('{exercise}: passed')")
    assert f"1 of {len(lab.source.core)}" in card.inner_text()
    lines = (workspace / ".prodml" / "progress.jsonl").read_text(encoding="utf-8").splitlines()
    kept = [r for r in map(json.loads, lines) if (r["lab"], r["name"]) == (lab.source.slug, exercise)]
    assert kept[-1]["kind"] == "passed"
    keep_picture(notebook, lab, "4_right_answer")


def test_it_runs_to_its_end(notebook: Page, lab: Built, cell) -> None:
    """Does Run All of the solved notebook run every cell without an error, and does the reveal know the prediction?"""
    solutions = {c.id: c.source for c in lab.reference.cells if c.id in code_cells(lab, "exercise")}
    for name, source in solutions.items():
        notebook.evaluate(f"([id, source]) => ({FIND})(id).model.sharedModel.setSource(source)", [name, source])
    last = [c.id for c in lab.learner.cells if c.cell_type == "code"][-1]
    with until_run(notebook, last):
        notebook.evaluate("() => { jupyterapp.commands.execute('notebook:run-all-cells').catch(() => null); }")
    failed = """() => jupyterapp.shell.currentWidget.content.widgets
        .filter(w => w.model.type === 'code' && w.model.outputs.toJSON().some(o => o.output_type === 'error'))
        .map(w => w.model.id)"""
    assert notebook.evaluate(failed) == []
    assert "you said" in cell(first_call(lab, "reveal")).inner_text()
    keep_picture(notebook, lab, "5_revealed")


def test_the_explorer_moves_its_picture(notebook: Page, lab: Built, cell) -> None:
    """Does the picture follow the first control, and is it beside the controls on one screen?"""
    name = first_call(lab, "explorer")
    output = cell(name).query_selector(".jp-Cell-outputWrapper")
    before = output.query_selector("img").get_attribute("src")
    box = output.bounding_box()
    control = output.query_selector("[role=slider], select")
    if control.get_attribute("role"):
        control.focus()
        notebook.keyboard.press("ArrowRight")
    else:
        control.select_option(index=1)
    notebook.wait_for_function(
        f"([id, before]) => ({CELL})(id).querySelector('.jp-Cell-outputWrapper img').src !== before", arg=[name, before]
    )
    keep_picture(notebook, lab, "6_explorer")
    assert box["height"] <= WIDE["height"] - 150, "the explorer and its controls are higher than the screen"


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["1400", "1000"])
def test_nothing_is_cut_off(notebook: Page, lab: Built, size: dict[str, int]) -> None:
    """Are pictures and controls whole at this width?"""
    notebook.set_viewport_size(size)
    notebook.wait_for_function("width => window.innerWidth === width", arg=size["width"])
    notebook.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert notebook.evaluate(CUT) == []
    keep_picture(notebook, lab, f"7_at_{size['width']}")


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_outputs_are_accessible(notebook: Page, lab: Built, theme: str) -> None:
    """Does axe find no serious violation in what the cells have shown, in either theme?"""
    notebook.set_viewport_size(WIDE)
    notebook.evaluate(COMMAND, ["apputils:change-theme", {"theme": f"JupyterLab {theme}"}])
    light = "true" if theme == "Light" else "false"
    notebook.wait_for_function("light => document.body.dataset.jpThemeLight === light", arg=light)
    notebook.add_style_tag(content=HEIGHT)
    options = {"resultTypes": ["violations"], "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
    found = Axe().run(notebook, context=".jp-OutputArea-output", options=options).response
    keep_picture(notebook, lab, f"8_{theme.lower()}")
    serious = [v for v in found["violations"] if v["impact"] in ("serious", "critical")]
    assert [(v["id"], [n["html"][:160] for n in v["nodes"]][:5]) for v in serious] == []
