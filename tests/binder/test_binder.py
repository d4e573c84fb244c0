"""Does the image that Binder would build come up on lab 00, without the solutions?"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
FIRST = "00_start_here"
LABS = sorted(path.parent.name for path in ROOT.glob("notebooks/*/*.ipynb"))

# The first test waits for the environment: about a minute where downloads are near, several elsewhere.
pytestmark = [pytest.mark.xdist_group("binder"), pytest.mark.timeout(1800)]


def test_dockerfile_has_what_we_ask_for(dockerfile) -> None:
    """Are the Python, the Ubuntu packages and the lock ours, and are our steps those that are tested here?"""
    assert "python=3.11" in dockerfile.log
    packages = [line.split("#")[0].strip() for line in (ROOT / "binder" / "apt.txt").read_text().splitlines()]
    installs = " ".join(rest for word, rest in dockerfile.instructions if word == "RUN" and "apt-get install" in rest)
    assert [p for p in packages if p and f" {p} " not in installs] == []
    assert dockerfile.steps == [
        '${KERNEL_PYTHON_PREFIX}/bin/pip install --no-cache-dir -r "binder/requirements.txt"',
        "chmod +x binder/postBuild",
        "./binder/postBuild",
        'chmod +x "${REPO_DIR}/binder/start"',
    ]
    assert dockerfile.start == '"${REPO_DIR}/binder/start"'


def test_environment_is_the_lock(container) -> None:
    """Is each locked package there, and does pip find nothing amiss?"""
    container.run("pip check")
    installed = {
        canonicalize_name(p["name"]): p["version"] for p in json.loads(container.run("pip list --format json"))
    }
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    pinned = dict(line.split(" ")[0].split("==") for line in lines if "==" in line)
    assert len(pinned) > 100
    assert {name: installed.get(name) for name in map(canonicalize_name, pinned)} == pinned


def test_image_holds_no_solutions(container) -> None:
    """Are the labs' sources, the tests and the history gone?"""
    assert (container.home / "labs_src" / "prodml").is_dir()
    assert not [name for name in ("labs_src/labs", "tests", ".git") if (container.home / name).exists()]
    held = container.run("grep -rlE 'BEGIN (SOLUTION|HIDDEN)' --include=*.ipynb . || true")
    assert held == ""


def test_workspace_holds_every_lab(container) -> None:
    """Is each lab's notebook where JupyterLab opens, as it was built?"""
    assert FIRST in LABS
    for lab in LABS:
        built = ROOT / "notebooks" / lab / f"{lab}.ipynb"
        copy = container.home / "workspace" / lab / f"{lab}.ipynb"
        assert copy.read_bytes() == built.read_bytes()


@pytest.mark.parametrize("command", [["jupyter", "lab"], ["jupyter", "notebook"]], ids=" ".join)
def test_server_opens_lab_00(container, command: list[str]) -> None:
    """Is the first lab what a browser gets, and is the workspace the root?"""
    with container.server(command) as server:
        page = server.ask("")
        assert page.status == 200
        assert page.geturl().rstrip("?").endswith(f"/lab/tree/{FIRST}/{FIRST}.ipynb")
        config = re.search(
            r'id="jupyter-config-data" type="application/json">(.*?)</script>', page.data.decode(), re.DOTALL
        )
        assert "@jupyter/nbgrader" in json.loads(config[1])["disabledExtensions"], "its panels are for instructors"
        settings = server.ask("lab/api/settings/@jupyterlab/notebook-extension:tracker").json()
        assert settings["schema"]["properties"]["codeCellConfig"]["default"]["lineWrap"] is True
        assert {entry["name"] for entry in server.ask("api/contents").json()["content"]} >= set(LABS)
        notebook = server.ask(f"api/contents/{FIRST}/{FIRST}.ipynb").json()
        assert notebook["content"]["metadata"]["lab"]["slug"] == FIRST


def test_lab_00_runs(container) -> None:
    """Do its cells run, data and progress included, as a learner's Run All does?"""
    said = container.run(f"binder/start jupyter execute {FIRST}/{FIRST}.ipynb --output=ran")
    ran = json.loads((container.home / "workspace" / FIRST / "ran.ipynb").read_text())
    assert all(cell["execution_count"] for cell in ran["cells"] if cell["cell_type"] == "code"), said
