"""Are the built labs read as they say of themselves?"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from labs_cli.catalog import all_labs, find_lab
from labs_cli.errors import BadNotebook, NotFound


def test_labs_come_in_the_order_of_their_numbers(tmp_path: Path, add_lab: Callable[..., Path]) -> None:
    for slug in ("11_later", "02_early"):
        add_lab(slug)
    (tmp_path / "notebooks" / "no_lab").mkdir()
    (tmp_path / "notebooks" / "README.md").touch()
    assert [(lab.slug, lab.number, lab.short, lab.points) for lab in all_labs()] == [
        ("02_early", 2, "02", 5.0),
        ("11_later", 11, "11", 5.0),
    ]
    assert find_lab("late").notebook == tmp_path / "notebooks" / "11_later" / "11_later.ipynb"


def test_an_empty_folder_names_the_command_that_fills_it() -> None:
    with pytest.raises(NotFound) as error:
        all_labs()
    assert "labs build" in error.value.fix


def test_without_a_core_all_minutes_are_the_cores(add_lab: Callable[..., Path]) -> None:
    add_lab("00_one", minutes=10)
    add_lab("02_two", minutes=130, core_minutes=65)
    assert [(lab.core_minutes, lab.minutes) for lab in all_labs()] == [(10, 10), (65, 130)]


@pytest.mark.parametrize("change", [{"minutes": None}, {"number": "x"}, {"points": []}, {"core_minutes": ""}])
def test_damaged_metadata_names_the_file(add_lab: Callable[..., Path], change: dict[str, object]) -> None:
    path = add_lab("00_one", **change)
    with pytest.raises(BadNotebook) as error:
        all_labs()
    assert str(path) in error.value.problem
