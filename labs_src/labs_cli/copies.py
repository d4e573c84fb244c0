"""A learner's copies of a lab: SLUG, then SLUG-2, SLUG-3, … in the workspace."""

from __future__ import annotations

import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from labs_cli.catalog import Lab
from labs_cli.errors import BadNotebook, NotFound
from labs_cli.notebook import lab_metadata, read_notebook


@dataclass(frozen=True)
class Copy:
    """One copy in the workspace. `release` is that of its lab when it was made; None if it cannot be read."""

    folder: Path
    notebook: Path
    release: str | None


def copies(workspace: Path, lab: Lab) -> list[Copy]:
    """The copies of a lab that have a notebook, the first one first."""
    numbered = re.compile(re.escape(lab.slug) + r"(?:-(\d+))?")
    found = []
    for folder in workspace.glob(f"{lab.slug}*"):
        fits = numbered.fullmatch(folder.name)
        notebook = folder / f"{lab.slug}.ipynb"
        if fits and notebook.is_file():
            found.append((int(fits[1] or 1), Copy(folder, notebook, _release(notebook))))
    return [copy for _, copy in sorted(found, key=lambda pair: pair[0])]


def newest_copy(workspace: Path, lab: Lab) -> Copy:
    """The copy with the highest number.

    Raises:
        NotFound: the lab has not been started.
    """
    found = copies(workspace, lab)
    if not found:
        raise NotFound(f"{workspace} holds no copy of {lab.slug}", f"begin with `labs start {lab.short}`")
    return found[-1]


def make_copy(workspace: Path, lab: Lab) -> Copy:
    """Copy the lab under the first name that is free; nothing is overwritten, and no half copy is left."""
    temporary = Path(tempfile.mkdtemp(dir=workspace, prefix=".starting-"))
    try:
        whole = temporary / lab.slug
        # Contents without modes: an installed notebook may be read-only, a learner's copy must not be.
        shutil.copytree(lab.folder, whole, copy_function=shutil.copyfile, ignore=shutil.ignore_patterns(".*"))
        whole.chmod(0o755)
        folder = _put(whole, workspace, lab.slug)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return Copy(folder, folder / f"{lab.slug}.ipynb", lab.release)


def _put(whole: Path, workspace: Path, slug: str) -> Path:
    number = 1
    while True:
        folder = workspace / (slug if number == 1 else f"{slug}-{number}")
        if not folder.exists() and not folder.is_symlink():
            return whole.rename(folder)
        number += 1


def _release(notebook: Path) -> str | None:
    try:
        return str(lab_metadata(read_notebook(notebook).content).get("release", ""))
    except BadNotebook:
        return None
