"""Does a kernel, warm or stock, obey in a real browser: interrupted, restarted, come back to, clicked while it works?"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import ElementHandle, Page

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.timeout(600)]

CELLS = {
    "pid": "import os\nprint('pid', os.getpid(), 'kept' in globals())",
    "keep": "kept = True\nprint('is kept')",
    "endless": "print('works', flush=True)\nwhile True:\n    pass",
    "group": """from prodml.runtime.processes import Group, Program
with Group({"one": Program("time:sleep", [600])}) as group:
    group.show(buttons=True)
    print("ended with", group["one"].wait(100))""",
}
CELL = "jupyterapp.shell.currentWidget.content.widgets.find(w => w.model.id === id)"
RUN = f"""id => {{ const notebook = jupyterapp.shell.currentWidget.content;
    notebook.activeCellIndex = notebook.widgets.indexOf({CELL});
    notebook.deselectAll();
    jupyterapp.commands.execute('notebook:run-cell').catch(() => null); }}"""
# A kernel turns down cells that it gets before its reply to one that failed: ask it something when it is idle again.
IDLE = "() => jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'idle'"
ANSWERS = "async () => { await jupyterapp.shell.currentWidget.sessionContext.session.kernel.requestKernelInfo(); }"
# JupyterLab asks for a subshell when it meets the first widget; clicks before it is there wait for the cell.
SUBSHELLS = """() => { const comms = [...jupyterapp.shell.currentWidget.sessionContext.session.kernel._comms.values()];
    return comms.length > 0 && comms.every(comm => comm.subshellId); }"""
# A command's own result, a widget, cannot leave the page.
COMMAND = "async ([name, args]) => { await jupyterapp.commands.execute(name, args); }"
READY = """async () => {
    const session = jupyterapp.shell.currentWidget.sessionContext;
    await session.ready; await session.session.kernel.info; }"""


@pytest.fixture(params=["prodml", "python3"])
def opened(request: pytest.FixtureRequest, page: Page, workspace: Path) -> Page:
    """The page, with a notebook on that kernel."""
    path = f"{request.param}.ipynb"
    cells = [new_code_cell(source, id=name) for name, source in CELLS.items()]
    metadata = {"kernelspec": {"name": request.param, "display_name": request.param, "language": "python"}}
    nbformat.write(new_notebook(cells=cells, metadata=metadata), workspace / path)
    open_notebook(page, path)
    return page


def open_notebook(page: Page, path: str) -> None:
    page.wait_for_function("() => window.jupyterapp?.commands?.hasCommand('docmanager:open')")
    page.evaluate(COMMAND, ["docmanager:open", {"path": path}])
    page.wait_for_function(
        "path => { const w = jupyterapp.shell.currentWidget; return w?.context?.path === path && w.context.isReady; }",
        arg=path,
    )
    page.evaluate(READY)


@pytest.fixture
def says(opened: Page) -> Callable[[str, str], str]:
    """`says(id, text)`: what stands below a cell once `text` is in it."""

    def wait(name: str, text: str) -> str:
        output = f"{CELL}.node.querySelector('.jp-Cell-outputWrapper')?.innerText ?? ''"
        opened.wait_for_function(f"([id, text]) => ({output}).includes(text)", arg=[name, text])
        return str(opened.evaluate(f"id => {output}", name))

    return wait


@pytest.fixture
def run(opened: Page, says: Callable[[str, str], str]) -> Callable[[str, str], str]:
    """`run(id, text)`: run a cell anew, and wait until it has said `text`; returns what it has said."""

    def act(name: str, text: str) -> str:
        opened.wait_for_function(IDLE)
        opened.evaluate(ANSWERS)
        opened.evaluate(f"id => {{ {CELL}.model.clearExecution(); }}", name)
        opened.evaluate(RUN, name)
        return says(name, text)

    return act


def test_interrupt_restart_come_back(opened: Page, workspace: Path, run, says) -> None:
    """Is it the same kernel after an interrupt and after the page was loaded anew, and another after a restart?"""
    first = run("pid", "pid")
    assert "False" in first
    run("keep", "is kept")

    run("endless", "works")
    opened.evaluate(COMMAND, ["notebook:interrupt-kernel", {}])
    says("endless", "KeyboardInterrupt")
    assert run("pid", "pid") == first.replace("False", "True")

    opened.evaluate(COMMAND, ["notebook:reconnect-to-kernel", {}])
    opened.evaluate(READY)
    assert run("pid", "pid") == first.replace("False", "True")

    path = opened.evaluate("() => jupyterapp.shell.currentWidget.context.path")
    opened.evaluate(COMMAND, ["docmanager:save", {}])
    opened.reload()
    open_notebook(opened, path)
    assert run("pid", "pid") == first.replace("False", "True")

    opened.evaluate("() => { jupyterapp.commands.execute('notebook:restart-kernel'); }")
    opened.click(".jp-Dialog button.jp-mod-warn")
    opened.wait_for_selector(".jp-Dialog", state="detached")
    opened.evaluate(READY)
    again = run("pid", "pid")
    assert "False" in again
    assert again != first


def test_a_click_while_a_cell_runs(opened: Page, run, says) -> None:
    """Does a button of the processes' table act at once, though the cell that shows it waits for that process?"""
    run("group", "Kill one")
    opened.wait_for_function(SUBSHELLS)
    cell: ElementHandle = opened.evaluate_handle(f"id => {CELL}.node", "group").as_element()
    cell.query_selector("button >> text=Kill one").click()
    assert says("group", "ended with -9")
