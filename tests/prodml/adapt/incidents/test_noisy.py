"""Does bisection with a noisy test find what it looks for?"""

import numpy as np
import pytest

from prodml.adapt.incidents import belief_after


def test_first_answer_is_bayes_rule():
    """Is the belief after one answer the table that the lab shows?"""
    belief = belief_after(1, 3, 0, 0.2, np.random.default_rng(0))  # d0 is bad, and the answer is right (0.64 > 0.2)
    assert belief.tolist() == pytest.approx([0.4, 0.4, 0.1, 0.1])


@pytest.mark.parametrize("first", [0, 5, 31])
def test_belief_finds_the_truth(first):
    """Does it end at the first bad deploy, or at none, in nearly all of 40 searches, as probabilities?"""
    beliefs = [belief_after(60, 31, first, 0.2, np.random.default_rng(seed)) for seed in range(40)]
    assert [b.sum() for b in beliefs] == pytest.approx([1.0] * 40)
    assert sum(int(b.argmax()) == first for b in beliefs) >= 38


def test_without_noise_it_halves():
    """Are five answers enough for 31 deploys and none, if all are right?"""
    assert belief_after(5, 31, 12, 0.0, np.random.default_rng(0)).argmax() == 12
