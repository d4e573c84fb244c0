"""Are timelines simulated by the rules of tf.data, and is the change that shortens them most found?"""

import dataclasses

import numpy as np
import pytest

from prodml.fast.inputs.simulation import (
    BUSY,
    CHANGES,
    NOTHING,
    Settings,
    best_change,
    changed,
    simulate,
    unmistakable,
)
from prodml.fast.inputs.timeline import epoch_seconds, most_at_once, training_share

RECORDS, BATCHES = 96, 6
READING, DECODING, TRAINING = 6 * 0.03 + RECORDS * 0.004, RECORDS * 0.004, BATCHES * 0.01  # seconds, by Settings()


def seconds(**changes):
    return epoch_seconds(simulate(Settings(**changes)))


def test_simulated_naive_pipeline_adds_everything_up():
    """Does one thing after the other take the sum of all work?"""
    assert seconds() == pytest.approx(READING + DECODING + TRAINING)
    assert training_share(simulate(Settings())) == pytest.approx(TRAINING / (READING + DECODING + TRAINING))


def test_simulated_prefetch_hides_the_shorter_side():
    """Does a prefetch leave the longer of preparing and training, plus the first or last batch of the other?"""
    assert seconds(ahead=2) == pytest.approx(READING + DECODING + 0.01)
    slow = seconds(ahead=2, train_seconds=0.5)
    first_batch = (READING + DECODING) / BATCHES
    assert slow == pytest.approx(first_batch + BATCHES * 0.5)


def test_simulated_parallel_steps_leave_the_slowest():
    """Does the epoch take about as long as its slowest step?"""
    assert DECODING + TRAINING < seconds(readers=6) < DECODING + TRAINING + 0.06
    assert READING <= seconds(transformers=6, ahead=2) < READING + 0.05
    assert seconds(readers=6, transformers=6, ahead=2) < 0.13


@pytest.mark.parametrize("readers", [1, 4])
@pytest.mark.parametrize("transformers", [1, 4])
@pytest.mark.parametrize("ahead", [0, 2])
def test_simulation_does_all_work_in_no_more_lanes_than_there_are(readers, transformers, ahead):
    """Is every record read and transformed once, every batch trained once, within the settings' lanes?"""
    settings = Settings(readers=readers, transformers=transformers, ahead=ahead, files=5, records=7, batch_size=8)
    table = simulate(settings, np.random.default_rng(1))
    assert table["step"].value_counts().to_dict() == {"read": 35, "transform": 35, "open": 5, "train": 5}
    assert most_at_once(table, "open", "read") <= readers
    assert most_at_once(table, "transform") <= transformers
    assert most_at_once(table, "train") == 1
    last = table.loc[table["step"] == "transform", "end"].max()
    assert table["end"].max() > last  # the last batch is trained after its last record


def test_simulation_without_randomness_repeats():
    """Are two simulations of the same settings the same, and do equal generators give equal timelines?"""
    assert simulate(Settings()).equals(simulate(Settings()))
    a, b = (simulate(Settings(), np.random.default_rng(7)) for _ in range(2))
    assert a.equals(b)
    assert not a.equals(simulate(Settings()))


@pytest.mark.parametrize("answer", [NOTHING, *CHANGES])
def test_unmistakable_cases_are_what_they_say(answer):
    """Is the named change really the one that shortens the simulated epoch most?"""
    rng = np.random.default_rng(3)
    for _ in range(5):
        settings = unmistakable(answer, rng)
        before = epoch_seconds(simulate(settings))
        after = {
            name: epoch_seconds(simulate(dataclasses.replace(settings, **{field: new})))
            for name, (field, new) in CHANGES.items()
        }
        if answer == NOTHING:
            assert training_share(simulate(settings)) > BUSY
        else:
            assert min(after, key=after.get) == answer
            assert before / after[answer] > 1.2


def test_change_already_made_is_no_change():
    """Is a pipeline that has everything told to change nothing?"""
    assert best_change(Settings(readers=4, transformers=4, ahead=2)) == (NOTHING, 1.0, 1.0)


def test_busy_trainer_wants_no_change():
    """Is nothing prescribed where the trainer trains more than 90 % of the epoch, though a step has one lane?"""
    busy = Settings(train_seconds=0.5, ahead=2)
    assert training_share(simulate(busy)) > BUSY
    assert seconds(train_seconds=0.5, ahead=2, transformers=4) < seconds(train_seconds=0.5, ahead=2)
    assert best_change(busy) == (NOTHING, 1.0, 1.0)


@pytest.mark.parametrize("answer", [NOTHING, *CHANGES])
def test_the_change_is_made(answer):
    """Is the epoch with the best change as much shorter as it was said to be?"""
    settings = unmistakable(answer, np.random.default_rng(5))
    name, factor, _ = best_change(settings)
    after = changed(settings, answer)
    if answer == NOTHING:
        assert after == settings
    else:
        assert (name, after != settings) == (answer, True)
        assert epoch_seconds(simulate(settings)) / epoch_seconds(simulate(after)) == pytest.approx(factor)
