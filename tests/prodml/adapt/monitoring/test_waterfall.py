"""Does a waterfall end where its costs lead, and does it say in words what it draws?"""

from __future__ import annotations

import pytest

from prodml.adapt.monitoring import waterfall
from prodml.adapt.monitoring.waterfall import Way, show_waterfall, signed

WAY = Way(2.0, {"data": 1.0, "pipelines": -0.5, "feedback": 6.5}, {"feedback": 2.0})


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, str]]:
    """(figure, alt text) of what is shown."""
    pictures: list[tuple[object, str]] = []
    monkeypatch.setattr(waterfall.plots, "show", lambda fig, *, alt: pictures.append((fig, alt)))
    return pictures


def test_it_ends_online():
    """Is the end offline and all costs, and do the words hold each step, its sign and its spread?"""
    assert WAY.online == 9
    assert WAY.words == "offline 2.0, data +1.0, pipelines −0.5, feedback +6.5 ± 2.0, online 9.0 minutes"
    assert (signed(-0.5), signed(-0.04)) == ("−0.5", "+0.0")


def test_bars_float(shown):
    """Does each bar begin where the one before ended?"""
    show_waterfall("A title", {"July": WAY})
    ((fig, alt),) = shown
    bars = [(bar.get_y(), bar.get_height()) for bar in fig.axes[0].patches]
    assert bars == [(0, 2), (2, 1), (3, -0.5), (2.5, 6.5), (0, 9)]
    assert [t.get_text() for t in fig.axes[0].get_xticklabels()] == ["offline", *WAY.cost, "online"]
    assert alt == f"Waterfall of the error. July: {WAY.words}."


def test_two_stand_side_by_side(shown):
    """Do two ways stand apart, each under its name?"""
    show_waterfall("A title", {"before": WAY, "after": Way(2.0, {"data": 1.0})})
    ((fig, alt),) = shown
    centres = [bar.get_x() + bar.get_width() / 2 for bar in fig.axes[0].patches]
    assert centres == pytest.approx([0, 1, 2, 3, 4, 5.5, 6.5, 7.5])
    assert {"before", "after"} <= {t.get_text() for t in fig.axes[0].texts}
    assert f"before: {WAY.words}" in alt
    assert "after: offline 2.0, data +1.0, online 3.0 minutes." in alt
