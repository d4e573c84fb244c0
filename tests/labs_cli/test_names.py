"""Is the lab found that a person means, and never another one?"""

from __future__ import annotations

import pytest

from labs_cli.errors import NotFound
from labs_cli.names import match, number

NAMES = ["00_start_here", "02_drift_monitors", "11_parallel_pipelines", "22_drift", "plain"]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("02", "02_drift_monitors"),
        ("2", "02_drift_monitors"),
        ("0", "00_start_here"),
        ("22_drift", "22_drift"),
        ("Monitors", "02_drift_monitors"),
        ("parallel", "11_parallel_pipelines"),
        ("plain", "plain"),
    ],
)
def test_number_name_or_part(wanted: str, found: str) -> None:
    assert match(wanted, NAMES) == found


def test_an_ambiguous_part_names_what_it_may_be() -> None:
    with pytest.raises(NotFound) as error:
        match("drift", NAMES)
    assert "may be any of: 02_drift_monitors, 22_drift" in error.value.problem


@pytest.mark.parametrize("wanted", ["7", "1", "nothing", "", "../02_drift_monitors"])
def test_an_unknown_one_names_all(wanted: str) -> None:
    with pytest.raises(NotFound) as error:
        match(wanted, NAMES)
    assert all(name in error.value.fix for name in NAMES)


def test_the_number_is_what_the_name_begins_with() -> None:
    assert [number(n) for n in ("02_x", "11", "plain")] == [2, 11, None]
