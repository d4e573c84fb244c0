"""Run a lab's notebooks once each, in a workspace of their own, and let several tests look at the run."""

from __future__ import annotations

import contextlib
import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from autograder.authoring.build import build_lab
from prodml.runtime.memory import PeakMemory
from prodml.runtime.warm.places import find_place
from prodml.runtime.warm.reach import inquire, reach

ROOT = Path(__file__).resolve().parents[2]
LABS = sorted(path.parent for path in (ROOT / "labs_src" / "labs").glob("*/lab.py"))
WARNING = re.compile(r"^(?P<path>\S.*?):\d+: \w*Warning: .*$", re.MULTILINE)
WARM, STOCK = "prodml", "python3"
OURS = ("/prodml/", "/ipykernel_", "<")  # the package, a cell, and text that was compiled


@dataclass(frozen=True)
class Run:
    """One execution from top to bottom.

    Attributes:
        notebook: with its outputs, up to where it stopped.
        failure: what papermill said if it stopped; empty if it came to the end.
        seconds: wall time, with the kernel's start.
        peak_memory: bytes, over the kernel, all that it started, and the parent of a warm one.
    """

    notebook: NotebookNode
    failure: str
    seconds: float
    peak_memory: int

    @property
    def warnings(self) -> list[str]:
        """Python's warnings that prodml or one of the cells caused, as shown."""
        shown = [o.text for c in self.notebook.cells for o in c.get("outputs", []) if o.get("name") == "stderr"]
        return [m.group() for m in WARNING.finditer("\n".join(shown)) if any(mark in m["path"] for mark in OURS)]

    @property
    def errors(self) -> list[tuple[NotebookNode, str]]:
        """Cells that failed, each with its error's name."""
        outputs = [(c, o) for c in self.notebook.cells for o in c.get("outputs", [])]
        return [(cell, output.ename) for cell, output in outputs if output.output_type == "error"]


RunNotebook = Callable[..., Run]


@pytest.fixture(scope="session")
def jupyter(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Variables of papermill's processes: nothing of the user's Jupyter, and no setting of prodml's."""
    folder = tmp_path_factory.mktemp("jupyter")
    env = {name: value for name, value in os.environ.items() if not name.startswith("PRODML_")}
    env |= {"JUPYTER_RUNTIME_DIR": str(folder / "runtime"), "IPYTHONDIR": str(folder / "ipython")}
    return env | {"PRODML_WARM_IDLE": "86400"}  # the parent stays while the stock kernel's turn is long


@pytest.fixture(scope="session")
def warm_parent(jupyter: dict[str, str]) -> Iterator[int]:
    """Process id of the parent that this test process's warm kernels are forked from; ended at the end."""
    python = [sys.executable]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_RUNTIME_DIR", jupyter["JUPYTER_RUNTIME_DIR"])
        connection = reach(find_place(python, jupyter), python, jupyter)
    with connection:
        pid = inquire(connection, {"hold": True})["pid"]
        ending = os.pidfd_open(pid)
        yield pid
        with contextlib.suppress(ProcessLookupError):  # a test may have ended it
            signal.pidfd_send_signal(ending, signal.SIGTERM)
        select.select([ending], [], [], 30)
        os.close(ending)


@pytest.fixture(scope="session")
def run_notebook(
    jupyter: dict[str, str], warm_parent: int, tmp_path_factory: pytest.TempPathFactory
) -> RunNotebook:
    """`run_notebook(notebook, variant=0, kernel="prodml")`: execute it with papermill, as a process of its own."""

    def run(notebook: NotebookNode, variant: int = 0, kernel: str = WARM) -> Run:
        workspace = tmp_path_factory.mktemp("workspace")
        (workspace / ".prodml").mkdir()
        source, result = workspace / "in.ipynb", workspace / "out.ipynb"
        nbformat.write(notebook, source)
        env = jupyter | {"PRODML_WORKSPACE": str(workspace), "PRODML_VARIANT": str(variant)}
        options = ["--cwd", workspace, "--kernel", kernel, "--no-progress-bar", "--log-level", "ERROR"]
        command = [sys.executable, "-m", "papermill", source, result, *options]
        start = time.monotonic()
        process = subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True)
        # A warm kernel is the parent's child, and shares its memory; a stock one is papermill's.
        watched = PeakMemory(warm_parent) if kernel == WARM else PeakMemory(process.pid, itself=False)
        with process, watched as memory:
            _, said = process.communicate()
        seconds = time.monotonic() - start
        failure = said.strip() or f"exit code {process.returncode}" if process.returncode else ""
        assert result.exists(), failure
        return Run(nbformat.read(result, as_version=4), failure, seconds, memory.peak)

    return run


# All tests of a lab go to one of xdist's workers, which runs the notebook once.
@pytest.fixture(
    scope="session", params=[pytest.param(p, id=p.name, marks=pytest.mark.xdist_group(p.name)) for p in LABS]
)
def lab_dir(request: pytest.FixtureRequest) -> Path:
    """Folder of a lab's source; a test that asks for it runs for every lab."""
    return request.param


@pytest.fixture(scope="session")
def reference(lab_dir: Path) -> NotebookNode:
    """The notebook with solutions and hidden tests."""
    return build_lab(lab_dir).reference


@pytest.fixture(scope="session")
def learners(lab_dir: Path) -> NotebookNode:
    """The committed notebook that a learner gets."""
    path = ROOT / "notebooks" / lab_dir.name / f"{lab_dir.name}.ipynb"
    assert path.exists(), f"{path} is missing; run `labs build`"
    return nbformat.read(path, as_version=4)


@pytest.fixture(scope="session", params=[WARM, pytest.param(STOCK, marks=pytest.mark.long)])
def kernel(request: pytest.FixtureRequest) -> str:
    """The kernel's name; the stock one takes longer."""
    return str(request.param)


@pytest.fixture(scope="session")
def reference_run(reference: NotebookNode, run_notebook: RunNotebook, kernel: str) -> Run:
    """The one run of the reference notebook on that kernel."""
    return run_notebook(reference, kernel=kernel)


@pytest.fixture(scope="session")
def learners_run(learners: NotebookNode, run_notebook: RunNotebook) -> Run:
    """The one run of the learner's notebook, with nothing solved."""
    return run_notebook(learners)
