"""The labs that can be worked on: the built learner notebooks and what they say of themselves."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from labs_cli.errors import BadNotebook, NotFound
from labs_cli.names import match
from labs_cli.notebook import lab_metadata, read_notebook


@dataclass(frozen=True)
class Lab:
    """A lab as built. `release` changes with every change of its source; `minutes` are a learner's for all of it."""

    slug: str
    number: int
    title: str
    minutes: int
    core_minutes: int
    points: float
    release: str
    folder: Path

    @property
    def short(self) -> str:
        """The number as people write it: "02"."""
        return f"{self.number:02}"

    @property
    def notebook(self) -> Path:
        return self.folder / f"{self.slug}.ipynb"


def all_labs() -> list[Lab]:
    """Every built lab, in the order of their numbers.

    Raises:
        NotFound: there is none.
        BadNotebook: one of them is damaged.
    """
    from prodml.paths import notebooks_dir

    folder = notebooks_dir()
    labs = [_lab(path) for path in sorted(folder.glob("*")) if (path / f"{path.name}.ipynb").is_file()]
    if not labs:
        raise NotFound(f"{folder} holds no built lab", "run `labs build` in the project's checkout")
    return labs


def find_lab(wanted: str) -> Lab:
    """The lab with this number, name or part of a name.

    Raises:
        NotFound, BadNotebook: see `all_labs` and `match`.
    """
    labs = {lab.slug: lab for lab in all_labs()}
    return labs[match(wanted, labs)]


def _lab(folder: Path) -> Lab:
    path = folder / f"{folder.name}.ipynb"
    meta = lab_metadata(read_notebook(path).content)
    try:
        return Lab(
            slug=folder.name,
            number=int(meta["number"]),
            title=str(meta["title"]),
            minutes=int(meta["minutes"]),
            core_minutes=int(meta.get("core_minutes", meta["minutes"])),
            points=float(meta["points"]),
            release=str(meta["release"]),
            folder=folder,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise BadNotebook(f"{path}: its lab metadata is incomplete ({error})", "run `labs build`") from None
