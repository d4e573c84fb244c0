"""Do pictures of timelines show their lanes, and say in words what they show?"""

import pytest

from prodml.fast.inputs.drawing import draw, draw_several
from prodml.fast.inputs.simulation import Settings, simulate
from prodml.lab import plots


@pytest.fixture
def shown(monkeypatch):
    """What was shown last: the figure and its words."""
    kept = {}
    monkeypatch.setattr(plots, "show", lambda fig, *, alt: kept.update(fig=fig, alt=alt))
    return kept


def test_drawing_says_in_words_what_it_shows(shown):
    """Does the picture have a row per lane, and an alternative text with lanes, seconds and the trainer's share?"""
    draw(simulate(Settings(readers=3)), "Three readers", until=2.0)
    assert shown["alt"].startswith("Three readers. Timeline with lanes: 3 of read, 1 of transform, 1 of train.")
    assert "training" in shown["alt"]
    (ax,) = shown["fig"].axes
    assert [t.get_text() for t in ax.get_yticklabels()] == ["train", "transform", "", "", "open, read"]
    assert ax.get_xlim() == (0, 2.0)


def test_several_stand_beside_one_another(shown):
    """Does each have its name, its note and its own scale, and is no empty frame left?"""
    timelines = {name: simulate(Settings(readers=n)) for name, n in (("A", 1), ("B", 2), ("C", 3))}
    draw_several(timelines, "Three", until=dict.fromkeys(timelines, 2.0), note={"A": "x", "B": "y", "C": "z"})
    axes = shown["fig"].axes
    assert [ax.get_title(loc="left").partition(" · ")[0] for ax in axes] == ["A", "B", "C"]
    assert " · z · " in axes[2].get_title(loc="left")
    assert {ax.get_xlim() for ax in axes} == {(0.0, 2.0)}
    assert shown["alt"].startswith("Three. A (x): Timeline with lanes: 1 of read")
