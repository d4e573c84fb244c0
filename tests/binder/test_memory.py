"""Do all labs, one after the other in one JupyterLab, fit into the 2 GB that Binder gives?

Nothing caps the memory here, for want of Docker and of a control group that is ours to make: it is measured, over the
server, the parent of its kernels, and all that they start.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from jupyter_client import BlockingKernelClient

from autograder.authoring.build import build_lab
from prodml.runtime.memory import PeakMemory

ROOT = Path(__file__).resolve().parents[2]
LABS = sorted(path.parent for path in (ROOT / "labs_src" / "labs").glob("*/lab.py"))
RUNTIME = ".local/share/jupyter/runtime"  # in a home: Jupyter's files of connections
CELL_SECONDS = 600

pytestmark = [pytest.mark.xdist_group("binder"), pytest.mark.timeout(3600)]


@pytest.mark.long
def test_labs_fit_one_after_the_other(container, limits, report: Callable[..., None]) -> None:
    """Each lab with its solutions, its kernel shut down before the next is opened: does the peak stay below 2 GB?"""
    peaks = {}
    with container.server(["jupyter", "lab"]) as server:
        for lab in LABS:
            with _kernel(container, server, lab.name) as client:
                parent = int(_run(client, "import os; print(os.getppid())"))
                with PeakMemory(server.pid, parent) as memory:
                    for cell in build_lab(lab).reference.cells:
                        if cell.cell_type == "code":
                            _run(client, cell.source)
            peaks[lab.name] = memory.peak
            report("server", lab.name, GB=round(memory.peak / 1e9, 2))
    assert {lab: peak for lab, peak in peaks.items() if not 0 < peak <= limits.machine} == {}


@contextmanager
def _kernel(container, server, lab: str) -> Iterator[BlockingKernelClient]:
    """A client of the kernel that JupyterLab starts when it opens a lab's notebook; shut down at the end."""
    wanted = {"path": f"{lab}/{lab}.ipynb", "name": lab, "type": "notebook", "kernel": {"name": "prodml"}}
    session = server.ask("api/sessions", "POST", wanted).json()
    file = container.home / RUNTIME / f"kernel-{session['kernel']['id']}.json"
    client = BlockingKernelClient(connection_file=str(file))
    client.load_connection_file()
    client.start_channels()
    try:
        client.wait_for_ready(CELL_SECONDS)
        yield client
    finally:
        client.stop_channels()
        server.ask(f"api/sessions/{session['id']}", "DELETE")


def _run(client: BlockingKernelClient, source: str) -> str:
    """Run a cell, which must not fail; returns what it printed."""
    printed = []

    def hook(message: dict) -> None:
        if message["msg_type"] == "stream" and message["content"]["name"] == "stdout":
            printed.append(message["content"]["text"])

    reply = client.execute_interactive(source, timeout=CELL_SECONDS, allow_stdin=False, output_hook=hook)["content"]
    assert reply["status"] == "ok", f"{reply.get('ename')}: {reply.get('evalue')}\n{source}"
    return "".join(printed)
