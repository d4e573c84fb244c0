"""`labs start`: put a lab into the learner's workspace, and open it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from labs_cli import places
from labs_cli.catalog import Lab, all_labs, find_lab
from labs_cli.copies import Copy, copies, make_copy
from labs_cli.screen import note, say
from prodml.lab.workspace import PRIVATE

# Settings of JupyterLab for learners: code wraps, and nbgrader's panels, which are for
# whoever makes and marks assignments, are off.
LEARNERS_JUPYTER = Path(__file__).resolve().with_name("jupyter")
LOG = "jupyter.log"  # of JupyterLab; in the workspace's private folder


def start(wanted: str | None, *, fresh: bool, open_it: bool) -> None:
    """Copy a lab into the workspace, unless it is there; say where it is, or open it.

    Args:
        wanted: number, name or part of a name; None for the first lab.
        fresh: put a new copy beside the old ones.
        open_it: run JupyterLab on it.
    """
    lab = find_lab(wanted) if wanted is not None else all_labs()[0]
    workspace = places.workspace()
    there = copies(workspace, lab)
    if there and not fresh:
        copy = there[-1]
        say(f"{lab.short} · {lab.title} is already in your workspace; nothing was changed.")
        _compare(copy, lab)
    else:
        copy = make_copy(workspace, lab)
        say(f"{lab.short} · {lab.title} was copied into your workspace.")
    say(f"  notebook: {copy.notebook}")
    if open_it:
        open_jupyter(workspace, copy.notebook)
        return
    say(f"Open it with `labs start {lab.short} --open`, or in a JupyterLab that runs in {workspace}.")
    say(f"See how far you are with `labs check {lab.short}`.")


def _compare(copy: Copy, lab: Lab) -> None:
    if copy.release is None:
        note(f"{copy.notebook} cannot be read as a notebook.")
        note(f"`labs start {lab.short} --fresh` puts a new copy beside it.")
    elif copy.release != lab.release:
        note(
            f"The lab has changed since this copy was made. Your work stays as it is; "
            f"`labs start {lab.short} --fresh` puts the new one beside it."
        )


def open_jupyter(workspace: Path, notebook: Path) -> None:
    """Run JupyterLab with the workspace as its root until it ends or is ended; print the lab's address.

    Raises:
        ServerEnded: it does not start, or ends by itself and not well.
    """
    from labs_cli.serving import serve

    log = workspace / PRIVATE / LOG
    say(f"  log:      {log}")
    say("JupyterLab starts …")
    env = os.environ | {
        "PRODML_WORKSPACE": str(workspace),
        "PATH": _with_first(Path(sys.executable).parent, "PATH"),  # so that `!labs` and a kernel's tools are the lab's
        "JUPYTER_CONFIG_PATH": _with_first(LEARNERS_JUPYTER, "JUPYTER_CONFIG_PATH"),
    }
    # In the workspace: nbgrader's extension takes the current folder for the course, and warns outside of the root.
    serve(jupyter_command(workspace, notebook), env, workspace, log, _say_address)
    say("JupyterLab has ended.")


def _say_address(address: str) -> None:
    say(f"  address:  {address}")
    say("Ctrl+C ends it.")


def jupyter_command(workspace: Path, notebook: Path) -> list[str]:
    """What starts JupyterLab on a notebook. JUPYTER_PORT and JUPYTER_TOKEN are JupyterLab's own variables."""
    place = notebook.relative_to(workspace).as_posix()
    command = [
        sys.executable,
        "-m",
        "labs_cli.lab_server",
        f"--ServerApp.root_dir={workspace}",
        f"--LabApp.default_url=/lab/tree/{place}",
    ]
    if os.environ.get("BROWSER") == "none":
        command.append("--no-browser")
    if os.geteuid() == 0:
        command.append("--allow-root")  # JupyterLab refuses root; in a container there is often nobody else
    return command


def _with_first(folder: Path, variable: str) -> str:
    """A search path of the environment, with that folder in front."""
    return os.pathsep.join([str(folder), os.environ.get(variable, "")]).rstrip(os.pathsep)
