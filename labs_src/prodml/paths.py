"""Where the project's folders are: in a checkout, in an installed wheel, or where a variable says."""

from __future__ import annotations

import os
from pathlib import Path

from prodml.errors import NotFound

PACKAGE = Path(__file__).resolve().parent
CHECKOUT = PACKAGE.parents[1]  # labs_src/prodml/ lies two levels below it


def datasets_dir() -> Path:
    """The folder that holds a folder per dataset (`PRODML_DATASETS` names another).

    Raises:
        NotFound: it is in none of the places.
    """
    return _folder("datasets", "PRODML_DATASETS")


def notebooks_dir() -> Path:
    """The folder that holds a folder per learner notebook (`PRODML_NOTEBOOKS` names another).

    Raises:
        NotFound: it is in none of the places.
    """
    return _folder("notebooks", "PRODML_NOTEBOOKS")


def _folder(name: str, variable: str) -> Path:
    chosen = os.environ.get(variable)
    if chosen:
        folder = Path(chosen).expanduser().resolve()
        if folder.is_dir():
            return folder
        raise NotFound(
            f"{variable} names {folder}, which is not a folder.",
            f"Set {variable} to the project's {name}/ folder, or unset it.",
        )
    # The wheel's copy first: it exists in an installed package only, never in a checkout.
    places = [PACKAGE / f"_{name}", CHECKOUT / name]
    for place in places:
        if place.is_dir():
            return place
    looked = " and ".join(str(place) for place in places)
    raise NotFound(
        f"The folder {name}/ was not found; looked for {looked}.",
        f"Run from a complete checkout, or set {variable} to the folder.",
    )
