"""Write learner notebooks, or say which are out of date."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from autograder.authoring.build import build_lab
from autograder.authoring.notebooks import to_text


def write_learner(lab_dirs: Iterable[Path], notebooks: Path) -> list[Path]:
    """Write `notebooks/SLUG/SLUG.ipynb` for each lab; return the files whose bytes changed.

    Raises:
        AuthorErrors: a lab breaks a rule; the labs before it are written.
    """
    changed = []
    for lab_dir in lab_dirs:
        path, text = _wanted(lab_dir, notebooks)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            changed.append(path)
    return changed


def out_of_date(lab_dirs: Iterable[Path], notebooks: Path) -> list[str]:
    """One sentence per lab whose learner notebook is not what its source makes, and per notebook without a lab.

    Raises:
        AuthorErrors: a lab breaks a rule.
    """
    found, known = [], set()
    for lab_dir in lab_dirs:
        path, text = _wanted(lab_dir, notebooks)
        known.add(path.parent.name)
        if not path.exists():
            found.append(f"{lab_dir.name}: {path} is missing")
        elif path.read_text(encoding="utf-8") != text:
            found.append(f"{lab_dir.name}: {path} is out of date")
    others = [p for p in sorted(notebooks.glob("*")) if p.is_dir() and p.name not in known]
    return found + [f"{p.name}: {p} belongs to no lab" for p in others]


def _wanted(lab_dir: Path, notebooks: Path) -> tuple[Path, str]:
    built = build_lab(lab_dir)
    slug = built.source.slug
    return notebooks / slug / f"{slug}.ipynb", to_text(built.learner)
