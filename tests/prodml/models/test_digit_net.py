"""Does the network in NumPy learn, from the seed alone, and is its step that of the cross-entropy?"""

from __future__ import annotations

from prodml.models.digit_net import accuracy_after, digit_rows


def test_rows_are_images() -> None:
    """5,000 rows between 0 and 1, all ten classes among them."""
    images, targets = digit_rows()
    assert images.shape == (5000, 784)
    assert images.min() == 0
    assert images.max() == 1
    assert set(targets) == set(range(10))


def test_it_learns() -> None:
    """One epoch is far better than chance, the same seed gives the same figure, and a rate of 0 learns nothing."""
    learned = accuracy_after(32, lambda step: 0.1, seed=0, epochs=1)
    assert learned > 0.75
    assert accuracy_after(32, lambda step: 0.1, seed=0, epochs=1) == learned
    assert accuracy_after(32, lambda step: 0.0, seed=0, epochs=1) < 0.3


def test_steps_are_counted() -> None:
    """The rate is asked once per step, the smaller last one of an epoch among them."""
    asked: list[int] = []

    def rate(step: int) -> float:
        asked.append(step)
        return 0.1

    accuracy_after(1024, rate, seed=0, epochs=2)
    assert asked == list(range(8))
