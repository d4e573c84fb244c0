"""Does a bar never say more than is known?"""

from __future__ import annotations

import re

import pytest

from prodml.lab.progress_bars import Steps, ended, running


def value(markup: str) -> float | None:
    found = re.search(r'max="1" value="([0-9.]+)"', markup)
    return float(found[1]) if found else None


@pytest.mark.parametrize(
    ("elapsed", "steps", "says", "share"),
    [
        (0.0, None, "Trains: takes about 20 s.", 0.0),
        (5.0, None, "Trains: 5 s of about 20 s.", 0.25),
        (20.0, None, "Trains: 20 s of about 20 s.", 0.98),
        (23.4, None, "Trains: 23 s so far, longer than the 20 s expected.", None),
        (0.0, Steps(0, 60), "Trains: takes about 20 s.", 0.0),
        (5.0, Steps(30, 60), "Trains: 5 s of about 20 s. 30 of 60 done.", 0.5),
        (25.0, Steps(60, 60), "Trains: 25 s so far, longer than the 20 s expected. 60 of 60 done.", 0.98),
        (5.0, Steps(3, None), "Trains: 5 s of about 20 s. 3 done.", 0.25),
        (25.0, Steps(3, None), "Trains: 25 s so far, longer than the 20 s expected. 3 done.", None),
        (0.5, Steps(0, 0), "Trains: 0.5 s of about 20 s.", 0.03),
    ],
)
def test_while_it_runs(elapsed: float, steps: Steps | None, says: str, share: float | None) -> None:
    shown = running("Trains", 20, elapsed, steps)
    assert shown["text/plain"] == says
    assert says in shown["text/html"]
    assert value(shown["text/html"]) == (pytest.approx(share, abs=0.006) if share is not None else None)


@pytest.mark.parametrize(
    ("steps", "whole", "says"),
    [
        (None, True, "Trains: took 3 min (about 2 min expected)."),
        (Steps(9, 9), True, "Trains: took 3 min (about 2 min expected)."),
        (None, False, "Trains: stopped after 3 min (about 2 min expected)."),
        (Steps(3, 9), False, "Trains: stopped after 3 min (about 2 min expected). 3 of 9 done."),
    ],
)
def test_afterwards(steps: Steps | None, whole: bool, says: str) -> None:
    shown = ended("Trains", 120, 181, steps, whole=whole)
    assert shown["text/plain"] == says
    assert "<progress" not in shown["text/html"]


def test_the_bar_has_a_name_and_nothing_in_it_is_markup() -> None:
    markup = running('Sorts "a" < b', 20, 1)["text/html"]
    assert '<progress aria-label="Sorts &quot;a&quot; &lt; b"' in markup
    assert "Sorts &quot;a&quot; &lt; b:" in markup
