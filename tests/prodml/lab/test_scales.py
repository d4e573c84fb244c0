"""Does a scale hold the values that people would say, and does an author learn what is wrong with a range?"""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from prodml.errors import UsageError
from prodml.lab.scales import Scale, scale_of


def _scale(given: Any) -> Scale:
    return scale_of("cost", "x", given)


@pytest.mark.parametrize(
    ("given", "values", "texts"),
    [
        ((0, 4), [0, 1, 2, 3, 4], "0 1 2 3 4"),
        ((-1, 1), [-1, 0, 1], "-1 0 1"),
        ((0, 10, 5), [0, 5, 10], "0 5 10"),
        ((0.09, 0.1, 0.0025), [0.09, 0.0925, 0.095, 0.0975, 0.1], "0.0900 0.0925 0.0950 0.0975 0.1000"),
        ((-0.5, 0.5, 0.5), [-0.5, 0.0, 0.5], "-0.5 0.0 0.5"),
        ((1, 4, "log"), [1, 2, 3, 4], "1 2 3 4"),
        ([1000, 1, 1, 0.5], [0.5, 1, 1000], "0.5 1 1,000"),
    ],
)
def test_values_and_how_they_read(given: Any, values: list[float], texts: str) -> None:
    scale = _scale(given)
    assert (list(scale.values), list(scale.texts)) == (values, texts.split())


@pytest.mark.parametrize(
    ("given", "step"), [((0.0, 1.0), 0.005), ((0.5, 20.0), 0.05), ((0, 5.0), 0.02), ((0.0, 3e-6), 1e-8)]
)
def test_a_linear_scale_has_round_steps_of_at_most_a_two_hundredth(given: Any, step: float) -> None:
    values = _scale(given).values
    assert [b - a for a, b in pairwise(values)] == pytest.approx([step] * (len(values) - 1))
    assert (values[0], values[-1]) == given
    assert step <= (given[1] - given[0]) / 200 * (1 + 1e-9)


def test_whole_numbers_are_all_there_up_to_two_thousand() -> None:
    assert len(_scale((0, 2000)).values) == 2001
    assert _scale((0, 10_000)).values[:3] == (0, 10, 20)


@pytest.mark.parametrize("given", [(0.01, 100.0, "log"), (1e-6, 1.0, "log"), (2, 30_000, "log")])
def test_a_logarithmic_scale_goes_on_by_one_factor(given: Any) -> None:
    scale = _scale(given)
    factor = (given[1] / given[0]) ** (1 / 200)
    fine = [b / a for a, b in pairwise(scale.values) if a > 300 or not isinstance(a, int)]
    assert fine == pytest.approx([factor] * len(fine), rel=0.02)
    assert (scale.values[0], scale.values[-1]) == given[:2]
    assert scale.logarithmic


@pytest.mark.parametrize(
    "given", [(0, 2000), (0.5, 20.0), (0.123456, 99.99, "log"), (0, 1, 0.0001), [0.12345, 0.12346, 7]]
)
def test_no_two_values_read_alike(given: Any) -> None:
    """Else a slider could not tell them apart."""
    scale = _scale(given)
    assert len(set(scale.texts)) == len(scale.texts) == len(scale.values)
    assert list(scale.values) == sorted(set(scale.values))


@pytest.mark.parametrize(
    "given", [(np.int64(0), np.int64(9)), (np.float32(0), np.float64(1)), [np.int64(1), np.float64(2)]]
)
def test_values_are_pythons_own(given: Any) -> None:
    json.dumps(_scale(given).values)


def test_choices_far_apart_are_compared_by_their_factor() -> None:
    assert _scale([1, 10, 100]).logarithmic
    assert not _scale([1, 2, 64]).logarithmic
    assert not _scale([0, 1, 100]).logarithmic
    assert not _scale((1, 1000)).logarithmic


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ((0, 100), "from 0 to 100"),
        ((0, 1, 0.25), "from 0 to 1 in steps of 0.25"),
        ((1, 1000, "log"), "from 1 to 1,000, logarithmic"),
        ([1, 2, 4000], "one of 1, 2, 4,000"),
        (["reads", "nothing"], "one of reads, nothing"),
    ],
)
def test_in_words(given: Any, words: str) -> None:
    assert _scale(given).words == words


@pytest.mark.parametrize(
    ("given", "fix"),
    [
        ((3,), "Give .lowest, highest"),
        (("a", "b"), "Give .lowest, highest"),
        ((True, 3), "Give .lowest, highest"),
        ((0, float("inf")), "Give .lowest, highest"),
        ((0, 1, "lin"), "Give .lowest, highest"),
        ((0, 1, 2, 3), "Give .lowest, highest"),
        (7, "Give .lowest, highest"),
        ([1], "Give .lowest, highest"),
        (["a", "a"], "Give .lowest, highest"),
        (["a", 1], "Give .lowest, highest"),
        (["a", " "], "Give .lowest, highest"),
        ([2, 2], "Give .lowest, highest"),
        ([1, "2"], "Give .lowest, highest"),
        ((3, 3), "lowest value first"),
        ((5, 1), "lowest value first"),
        ((0, 10, "log"), "no 0"),
        ((-1, 10, "log"), "no 0"),
        ((0, 10, 0), "a step above 0"),
        ((0, 10, -1), "a step above 0"),
        ((0, 1, 2), "a step above 0"),
        ((0, 1, 1e-6), "10,000 steps"),
        ((0, 10, 3), "do not lead from 0 to 10"),
    ],
)
def test_what_is_no_range_is_named_with_its_fix(given: Any, fix: str) -> None:
    with pytest.raises(UsageError, match=rf"predict\('cost'\): the range of 'x' is (?s:.*)\n.*{fix}"):
        _scale(given)
