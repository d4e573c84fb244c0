"""Is a prediction asked for, kept, and shown beside the measurement, without ever stopping Run All?"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from nbformat import NotebookNode

from prodml import predict, reveal
from prodml.errors import UsageError
from prodml.lab.records import append, new, read

RANGES = {"50 flights": (0, 100), "1,000 flights": (0.0, 1.0)}
MADE = {"50 flights": 5, "1,000 flights": 0.25}
ASK = f"predict('rule', 'How many?', {RANGES!r})"
WIDGETS = """
import ipywidgets
from ipywidgets.widgets.widget import _instances
widgets = list(_instances.values())
(button,) = [w for w in widgets if isinstance(w, ipywidgets.Button)]
sliders = [w for w in widgets if hasattr(w, "continuous_update")]
(status,) = [w for w in widgets if isinstance(w, ipywidgets.HTML)]
def look():
    print([(s.description, s.value, s.disabled) for s in sliders])
    print(button.description, button.disabled, status.value)
"""


SET = "sliders[0].value = 30\nsliders[1].value = 0.5"
OPEN = "[('50 flights', 'not set', False), ('1,000 flights', 'not set', False)]"


def test_without_widgets_the_question_is_text(lab: Path, capsys: pytest.CaptureFixture[str]) -> None:
    predict("rule", "How many?", RANGES)
    assert capsys.readouterr().out.splitlines() == [
        "Predict: How many?",
        "  50 flights: from 0 to 100",
        "  1,000 flights: from 0 to 1",
    ]


def test_without_a_prediction_the_measurement_is_shown(lab: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reveal("rule", {"50 flights": 43}, text="Noisy.")
    assert capsys.readouterr().out == "  50 flights: measured 43\nYou made no prediction here.\nNoisy.\n"


def test_the_first_prediction_is_shown_by_both(lab: Path, capsys: pytest.CaptureFixture[str]) -> None:
    append(new("02_small", "predicted", "rule", MADE))
    append(new("02_small", "predicted", "rule", {"50 flights": 9, "1,000 flights": 0.5}))
    append(new("02_small", "predicted", "other", {"50 flights": 1, "1,000 flights": 1}))
    append(new("03_other", "predicted", "rule", {"50 flights": 2, "1,000 flights": 2}))
    predict("rule", "How many?", RANGES)
    reveal("rule", {"50 flights": 43, "1,000 flights": 0}, unit={"50 flights": "days"})
    assert capsys.readouterr().out.splitlines() == [
        "You predicted: How many?",
        "  50 flights: 5",
        "  1,000 flights: 0.25",
        "  50 flights: you said 5 days, measured 43 days, 38 days too low",
        "  1,000 flights: you said 0.25, measured 0, 0.25 too high",
    ]


def test_a_prediction_of_another_version_is_asked_anew(lab: Path, capsys: pytest.CaptureFixture[str]) -> None:
    append(new("02_small", "predicted", "rule", {"10 flights": 5}))
    predict("rule", "How many?", RANGES)
    reveal("rule", {"50 flights": 43})
    out = capsys.readouterr().out
    assert out.startswith("Predict:")
    assert "You made no prediction here." in out


def test_a_range_must_be_one(lab: Path) -> None:
    with pytest.raises(UsageError, match=r"predict\('rule'\): the range of 'x' is \(5, 1\)\.\n.*lowest value first"):
        predict("rule", "How many?", {"x": (5, 1)})


def test_a_reveal_says_on_which_scale_was_predicted(lab: Path, capsys: pytest.CaptureFixture[str]) -> None:
    append(new("02_small", "predicted", "cost", {"a": 10, "b": 10}))
    predict("cost", "How long?", {"a": (1, 1000, "log"), "b": (0, 1000)})
    reveal("cost", {"a": 100, "b": 100}, unit={"a": "µs"}, formula=["b"])
    assert capsys.readouterr().out.splitlines()[3:] == [
        "  a: you said 10 µs, measured 100 µs, ×10 too low",
        "  b: you said 10, formula 100, 90 too low",
    ]


def test_grading_shows_nothing(lab: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRODML_GRADING", "1")
    predict("rule", "How many?", RANGES)
    reveal("rule", {"50 flights": 43})
    assert capsys.readouterr().out == ""


def test_in_a_kernel_a_click_locks_it_in(lab: Path, kernel: Callable[..., list[NotebookNode]]) -> None:
    """Does the button keep the sliders' values, and does the cell, run again, show them?"""
    press = f"{SET}\nbutton.click()\nlook()"
    cells = kernel(ASK, WIDGETS, press, ASK, "reveal('rule', {'50 flights': 43, '1,000 flights': 0})")
    question, widgets = cells[1].outputs
    assert "How many?" in question.data["text/html"]
    assert "application/vnd.jupyter.widget-view+json" in widgets.data
    assert "VBox" not in widgets.data["text/plain"]
    assert cells[3].outputs[0].text.splitlines() == [
        "[('50 flights', 30, True), ('1,000 flights', 0.5, True)]",
        "Locked in True ",
    ]
    assert [(r.kind, r.name, r.detail) for r in read(lab)] == [
        ("predicted", "rule", {"50 flights": 30, "1,000 flights": 0.5})
    ]
    assert cells[4].outputs[0].data["text/plain"].splitlines()[:2] == ["You predicted: How many?", "  50 flights: 30"]
    assert "you said 30, measured 43" in cells[5].outputs[0].data["text/plain"]


def test_nothing_is_locked_in_before_all_is_set(lab: Path, kernel: Callable[..., list[NotebookNode]]) -> None:
    """Do sliders begin at no answer, and does the button wait for all of them?"""
    half = "sliders[0].value = 0\nbutton.click()\nlook()"
    cells = kernel(ASK, WIDGETS + "look()", half, "sliders[1].value = 1\nlook()")
    said = [cell.outputs[0].text.splitlines() for cell in cells[2:]]
    assert said[0] == [OPEN, "Lock in True Not set yet: 50 flights; 1,000 flights."]
    assert said[1][1] == "Lock in True Not set yet: 1,000 flights."
    assert said[2][1] == "Lock in False "
    assert read(lab) == []


def test_what_is_locked_in_stays(lab: Path, kernel: Callable[..., list[NotebookNode]]) -> None:
    """Does a second copy of the sliders, opened before, show what was said instead of taking another answer?"""
    elsewhere = f"from prodml.lab.records import append, new\nappend(new('02_small', 'predicted', 'rule', {MADE!r}))"
    cells = kernel(ASK, elsewhere, WIDGETS + SET + "\nbutton.click()\nlook()")
    assert cells[3].outputs[0].text.splitlines() == [
        "[('50 flights', 5, True), ('1,000 flights', 0.25, True)]",
        "Locked in True ",
    ]
    assert [r.detail for r in read(lab)] == [MADE]


def test_what_was_said_on_an_earlier_scale_is_shown(lab: Path, kernel: Callable[..., list[NotebookNode]]) -> None:
    append(new("02_small", "predicted", "rule", {"50 flights": 120, "1,000 flights": 0.1234}))
    cells = kernel(ASK, WIDGETS + "look()\nprint([(s.label, s.options[-1]) for s in sliders])")
    assert cells[2].outputs[0].text.splitlines() == [
        "[('50 flights', 120, True), ('1,000 flights', 0.1234, True)]",
        "Locked in True ",
        "[('120', ('120', 120)), ('0.1234', ('1.000', 1.0))]",
    ]


def test_words_may_be_the_choices(lab: Path, kernel: Callable[..., list[NotebookNode]]) -> None:
    """Is a word locked in, kept and revealed as it stands, in the order that the author gave?"""
    ask = "predict('best', 'Which?', {'A': ['reads', 'nothing', 'maps']})"
    cells = kernel(ask, WIDGETS + "sliders[0].value = 'maps'\nbutton.click()\nlook()", "reveal('best', {'A': 'reads'})")
    assert cells[2].outputs[0].text.splitlines()[0] == "[('A', 'maps', True)]"
    assert [r.detail for r in read(lab)] == [{"A": "maps"}]
    assert "A: you said maps, measured reads, another one" in cells[3].outputs[0].data["text/plain"]


def test_a_full_disk_leaves_it_open(lab: Path, kernel: Callable[..., list[NotebookNode]]) -> None:
    broken = "from prodml.lab import records\ndef full(record): raise OSError('disk full')\nrecords.append = full"
    cells = kernel(broken, ASK, WIDGETS + SET + "\nbutton.click()\nlook()")
    assert cells[3].outputs[0].text.splitlines() == [
        "[('50 flights', 30, False), ('1,000 flights', 0.5, False)]",
        "Lock in False Your prediction could not be saved: disk full",
    ]
