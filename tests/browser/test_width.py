"""Is code read whole, in JupyterLab and in Notebook 7, on a wide window and on a narrow one?"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import ElementHandle, Page
from urllib3 import PoolManager

ARTIFACTS = Path(__file__).resolve().parents[2] / "artifacts" / "browser"
LINES = [f"text = '{'word ' * n}ends'" for n in (21, 60)]  # 118 and 313 characters
FIRST = "# Draws the ring, round by round."
NAME = "wide.ipynb"
SETTING = "lab/api/settings/@jupyterlab/notebook-extension:tracker"
WINDOWS = [(1400, 900), (1000, 900)]
CUT = "editor => editor.scrollWidth > editor.clientWidth"  # so that one has to scroll sideways
ROWS = """editor => [...editor.querySelectorAll('.cm-line')].map(line => Math.round(
    line.getBoundingClientRect().height / parseFloat(getComputedStyle(line).lineHeight)))"""

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.timeout(600)]

Ask = Callable[..., None]
Open = Callable[[str, int, int], Page]


@pytest.fixture(scope="module")
def ask(address: str) -> Ask:
    """`ask(method, path, body)`: a request to the server that must succeed."""
    root, token = address.partition("/lab/tree/")[0], address.partition("token=")[2]

    def act(method: str, path: str, body: object) -> None:
        headers = {"Authorization": f"token {token}"}
        assert PoolManager().request(method, f"{root}/{path}", headers=headers, json=body).status < 300

    return act


@pytest.fixture(scope="module")
def opened(page: Page, address: str, workspace: Path) -> Open:
    """`opened(app, width, height)`: a notebook with long lines and a folded cell; app is `lab/tree` or `notebooks`."""
    folded = new_code_cell(f"{FIRST}\nprint('drawn')", metadata={"jupyter": {"source_hidden": True}})
    metadata = {"kernelspec": {"name": "prodml", "display_name": "prodml", "language": "python"}}
    nbformat.write(new_notebook(cells=[new_code_cell("\n".join(LINES)), folded], metadata=metadata), workspace / NAME)

    def act(app: str, width: int, height: int) -> Page:
        page.set_viewport_size({"width": width, "height": height})
        page.goto(f"{address.partition('/lab/tree/')[0]}/{app}/{NAME}?{address.partition('?')[2]}&reset")
        page.wait_for_selector(f".jp-NotebookPanel:visible .cm-line >> text={LINES[0][:20]}")
        return page

    return act


@pytest.fixture
def not_wrapped(ask: Ask) -> Iterator[None]:
    """A learner who has switched wrapping off in the settings."""
    mine = {"codeCellConfig": {"lineWrap": False}}
    ask("PUT", SETTING, {"raw": json.dumps(mine | {"windowingMode": "none"})})
    yield
    ask("PUT", SETTING, {"raw": json.dumps({"windowingMode": "none"})})


def editor(page: Page) -> ElementHandle:
    return page.wait_for_selector(".jp-NotebookPanel:visible .jp-CodeCell .cm-scroller")


@pytest.mark.parametrize(("width", "height"), WINDOWS)
@pytest.mark.parametrize("app", ["lab/tree", "notebooks"])
def test_long_lines_wrap_and_a_folded_cell_says_what_it_does(opened: Open, app: str, width: int, height: int) -> None:
    """Are lines of 118 and of 313 characters wholly on the screen, and of a folded cell its first line?"""
    page = opened(app, width, height)
    folded = page.wait_for_selector(".jp-NotebookPanel:visible .jp-InputPlaceholder")
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=ARTIFACTS / f"width_{app.partition('/')[0]}_{width}.png")
    assert not editor(page).evaluate(CUT)
    rows = editor(page).evaluate(ROWS)
    assert rows[1] > 1
    assert rows[0] > 1 or width > 1000
    assert FIRST in folded.inner_text()


@pytest.mark.parametrize("app", ["lab/tree", "notebooks"])
def test_ones_own_setting_wins(opened: Open, not_wrapped: None, app: str) -> None:
    page = opened(app, 1000, 900)
    page.wait_for_function(f"editor => ({CUT})(editor) && ({ROWS})(editor).every(n => n === 1)", arg=editor(page))
