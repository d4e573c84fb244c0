"""Where the commands find labs' sources, and where a learner works."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from labs_cli.errors import NotFound

if TYPE_CHECKING:
    from autograder.sandbox.fences import Sandbox

HERE = Path(__file__).resolve().parent
SOURCES = HERE.with_name("labs")  # beside the package in a checkout; absent in a wheel and on Binder
CHECKOUT = HERE.parents[1]


def lab_dirs() -> list[Path]:
    """Folders of all labs' sources, in the order of their numbers.

    Raises:
        NotFound: this installation has no sources.
    """
    found = sorted(path.parent for path in SOURCES.glob("*/lab.py"))
    if not found:
        raise NotFound(
            f"this command needs the labs' sources, and there are none in {SOURCES}",
            "run it in a checkout of the project's repository: a wheel and Binder leave the sources out",
        )
    return found


def workspace() -> Path:
    """The learner's workspace, made where there is none, with the folder by which kernels inside know it."""
    from prodml.lab.workspace import PRIVATE

    folder = workspace_path()
    (folder / PRIVATE).mkdir(parents=True, exist_ok=True)
    return folder


def workspace_path() -> Path:
    """Where the workspace is or would be made.

    `PRODML_WORKSPACE` names it; else it is the one around the current folder; else `workspace/` in the
    checkout, or in the current folder where the project is installed as a wheel.
    """
    from prodml.lab.workspace import find_workspace

    found = find_workspace()
    if found is not None:
        return found
    return (CHECKOUT if (CHECKOUT / "pyproject.toml").is_file() else Path.cwd()) / "workspace"


def readable() -> tuple[str, ...]:
    """What a submission may read besides Python and its packages: the data sets."""
    from prodml.paths import datasets_dir

    return (str(datasets_dir()),)


def sandbox() -> Sandbox | None:
    """The sandbox in which notebooks are judged, or None where this machine can make none: enough for one's own."""
    from autograder.sandbox.trial import sandbox_here

    return sandbox_here(readable())
