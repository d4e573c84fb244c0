"""What this machine offers a lab: `environment()` shows it as a table, each shortage with its fix."""

from __future__ import annotations

import math
import os
import platform
import sys
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from prodml.grading import grading
from prodml.lab import records
from prodml.lab.output import show, text_of
from prodml.lab.workspace import find_workspace

PYTHON = (3, 11)
MEMORY_BYTES = 2e9  # what a kernel, JupyterLab and the largest lab's processes need together
CORES = 2
TENSORFLOW = ("tensorflow-cpu", "tensorflow")  # the same package under its two names on PyPI
CGROUP = Path("/sys/fs/cgroup")  # limits of the container that we may be in


@dataclass(frozen=True)
class Fact:
    """One thing about this machine.

    Attributes:
        found: what is there.
        fix: what to do about it; empty if nothing.
    """

    name: str
    found: str
    fix: str = ""


def environment() -> None:
    """Show what a lab finds here: Python, TensorFlow, cores, memory, and where your work is kept."""
    if grading():
        return
    facts = environment_facts()
    width = max(len(f.name) for f in facts)
    text = "\n".join(f"{f.name:{width}}  {f.found}{f' — {f.fix}' if f.fix else ''}" for f in facts)
    cell = 'style="text-align:left;padding:.15em .8em"'
    rows = "".join(
        f'<tr><th scope="row" {cell}>{text_of(f.name)}</th><td {cell}>{text_of(f.found)}'
        f"{f'<br><b>{text_of(f.fix)}</b>' if f.fix else ''}</td></tr>"
        for f in facts
    )
    show(text, f'<table class="mathjax_ignore"><tbody>{rows}</tbody></table>')


def environment_facts() -> list[Fact]:
    """What `environment` shows, in its order. No package is imported to find it out."""
    return [_python(), _tensorflow(), _cores(), _memory(), *_your_work(find_workspace())]


def usable_cores() -> int:
    """Processor cores that this process may use: those it may run on, and no more than its container's share."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = (float(part) for part in (CGROUP / "cpu.max").read_text().split())
    except (OSError, ValueError):  # no such file, or "max": no limit
        return allowed
    return min(allowed, max(1, math.ceil(quota / period)))


def usable_memory() -> float:
    """Bytes of memory that this machine has, or that its container may use."""
    found = [float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))]
    for path in (CGROUP / "memory.max", CGROUP / "memory" / "memory.limit_in_bytes"):
        try:
            found.append(float(path.read_text()))
        except (OSError, ValueError):
            continue
    return min(found)


def _python() -> Fact:
    wanted = ".".join(map(str, PYTHON))
    fix = "" if sys.version_info[:2] == PYTHON else f"The labs are made for Python {wanted}: run `make lab`."
    return Fact("Python", platform.python_version(), fix)


def _tensorflow() -> Fact:
    for package in TENSORFLOW:
        try:
            return Fact("TensorFlow", metadata.version(package))
        except metadata.PackageNotFoundError:
            continue
    return Fact("TensorFlow", "not installed", "Later labs need it: run `make lab`.")


def _cores() -> Fact:
    count = usable_cores()
    fix = "" if count >= CORES else f"The labs were measured on {CORES}; here they take longer."
    return Fact("processor cores", str(count), fix)


def _memory() -> Fact:
    amount = usable_memory()
    needed = f"{MEMORY_BYTES / 1e9:g} GB"
    fix = f"Some labs need {needed}: give the container or machine more." if amount < MEMORY_BYTES else ""
    return Fact("memory", f"{amount / 1e9:.1f} GB", fix)


def _your_work(workspace: Path | None) -> list[Fact]:
    if workspace is None:
        fix = "Run `labs start`: it makes a workspace that keeps your work."
        return [Fact("workspace", "none", fix), Fact("progress", "kept until this kernel ends")]
    count = len(records.read(workspace))
    path = records.records_path(workspace)
    so_far = {0: "nothing recorded yet", 1: "1 record"}.get(count, f"{count:,} records")
    return [Fact("workspace", _short(workspace)), Fact("progress", f"{_short(path)} ({so_far})")]


def _short(path: Path) -> str:
    """A path as people read it: from their home folder on."""
    home = Path.home()
    return f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path)
