"""Does each way in which a notebook can be damaged have a sentence of its own?"""

from __future__ import annotations

from pathlib import Path

import pytest

from labs_cli.errors import BadNotebook, NotFound
from labs_cli.notebook import lab_metadata, read_notebook


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"),
        (b'{"cells": [\n', "is not complete JSON (line 2"),
        (b'{"cells": "\xff"}', "is not UTF-8 text (byte 11)"),
        (b"[" * 100_000, "nested too deeply"),
        (b"[]", "not a Jupyter notebook of format 4"),
        (b'{"nbformat": 3, "worksheets": []}', "not a Jupyter notebook of format 4"),
        (b'{"nbformat": 4, "cells": {}}', "not a Jupyter notebook of format 4"),
    ],
)
def test_a_damaged_notebook(tmp_path: Path, data: bytes, said: str) -> None:
    path = tmp_path / "a.ipynb"
    path.write_bytes(data)
    with pytest.raises(BadNotebook) as error:
        read_notebook(path)
    assert said in error.value.problem
    assert str(path) in error.value.problem
    assert "--fresh" in error.value.fix


def test_a_missing_notebook(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="does not exist"):
        read_notebook(tmp_path / "a.ipynb")


@pytest.mark.parametrize("content", [{}, {"metadata": None}, {"metadata": {"lab": 3}}])
def test_metadata_of_another_shape_is_empty(content: dict[str, object]) -> None:
    assert lab_metadata(content) == {}
