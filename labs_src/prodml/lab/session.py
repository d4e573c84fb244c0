"""The lab that this kernel works on."""

from __future__ import annotations

import platform
import sys
from pathlib import Path

from prodml.grading import grading
from prodml.lab import records
from prodml.lab.calm import calm_stubs
from prodml.lab.labfile import Lab, read_lab
from prodml.lab.output import in_notebook, show, text_of
from prodml.lab.unfinished import watch_for_unfinished
from prodml.lab.workspace import find_workspace

_slug = ""


def begin(slug: str) -> None:
    """Open a lab: checks and predictions from here on belong to it.

    Shows one line: the lab's title, the versions, and where progress is kept.

    Args:
        slug: the lab's folder name, such as "02_drift_monitors".
    """
    global _slug
    _slug = slug
    if grading():
        return
    if in_notebook():
        calm_stubs()
        watch_for_unfinished()
    if "matplotlib" in sys.modules:  # else `plots` sets it when it first draws
        from prodml.lab.plots import use_style

        use_style()
    lab = read_lab(slug)
    title = " · ".join(x for x in (lab.number, lab.title) if x)
    line = " — ".join((title, _versions(), _place(find_workspace())))
    show(line, f'<p style="margin:0">{text_of(line)}</p>')


def current_lab() -> Lab:
    """The lab that `begin` opened; before that, one without name, exercises and hints."""
    return read_lab(_slug)


def _versions() -> str:
    found = [f"Python {platform.python_version()}"]
    for module, name in (("numpy", "NumPy"), ("tensorflow", "TensorFlow")):
        if module in sys.modules:
            found.append(f"{name} {getattr(sys.modules[module], '__version__', '(version unknown)')}")
    return ", ".join(found)


def _place(workspace: Path | None) -> str:
    if workspace is None:
        return "progress is kept until this kernel ends (`labs start` makes a workspace that keeps it)"
    path = records.records_path(workspace)
    home = Path.home()
    return f"progress is kept in {'~' / path.relative_to(home) if path.is_relative_to(home) else path}"
