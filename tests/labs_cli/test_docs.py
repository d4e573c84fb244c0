"""Do README.md's tables say what the labs teach, and is every topic of a written lab taught?"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from autograder.authoring.source import LabSource, read_source
from labs_cli import places
from labs_cli.docs import badge, docs, fill_in, lab_table, repository, topic_table, topics
from labs_cli.errors import Refused
from labs_cli.proofs import proof_table

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def real_labs(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests are about the labs of this checkout."""
    monkeypatch.setattr(places, "SOURCES", CHECKOUT / "labs_src" / "labs")


@pytest.fixture
def labs(real_labs: None) -> list[LabSource]:
    return [read_source(folder) for folder in places.lab_dirs()]


def test_every_topic_of_a_written_lab_is_taught_and_no_other_is_claimed(labs: list[LabSource]) -> None:
    outline = topics()
    for lab in labs:
        planned = {topic for topic, number in outline.items() if number == lab.slug[:2]}
        assert set(lab.meta["covers"]) == planned, lab.slug
        assert all(lab.meta["covers"].values()), lab.slug


def test_every_exercise_serves_a_topic(labs: list[LabSource]) -> None:
    for lab in labs:
        taught = {name for names in lab.meta["covers"].values() for name in names}
        if lab.meta["covers"]:
            assert {c.name for c in lab.of_kind("exercise")} <= taught, lab.slug


def test_tables_have_a_row_per_lab_and_topic(labs: list[LabSource]) -> None:
    assert lab_table(labs).count("\n") == 1 + len(labs)
    table = topic_table(labs, {"adapt.monitor-inputs": "02", "late.topic": "40", "other.topic": "41"})
    assert "| adapt.monitor-inputs | 02 |" in table
    assert "2 more topics with labs to come: 40, 41." in table


def test_minutes_and_exercises_of_core_and_deeper_sections_are_shown(labs: list[LabSource]) -> None:
    first = labs[0]
    names = [c.name for c in labs[1].of_kind("exercise")]
    core = replace(labs[1], meta=labs[1].meta | {"minutes": {"core": 65, "all": 130}, "core": names[:3]})
    assert f"| 65 (130) | 3 + {len(names) - 3} | {core.points:g} |" in lab_table([core])
    whole = replace(first, meta=first.meta | {"minutes": {"core": 10, "all": 10}})
    assert "| 10 | 1 | 3 |" in lab_table([whole])


def test_a_part_replaces_what_stood_in_its_place_and_nothing_else() -> None:
    text = "a\n<!-- labs: made by `labs docs` -->\nold\n<!-- labs: end -->\nz"
    assert fill_in(text, {"labs": "new"}) == text.replace("old", "new")
    with pytest.raises(Refused, match="no place for 'topics'"):
        fill_in(text, {"topics": "new"})


def test_the_repository_is_one_setting(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.prodml]\nrepository = "ada/labs"\n')
    assert "mybinder.org/v2/gh/ada/labs/main?urlpath=" in badge(repository(tmp_path))


def test_an_edited_page_is_found_and_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "docs").mkdir()
    for name in ("README.md", "docs/checks.md", "pyproject.toml"):
        (tmp_path / name).write_text((CHECKOUT / name).read_text())
    monkeypatch.setattr(places, "CHECKOUT", tmp_path)
    assert docs(check=True) == 0
    for name, old, new in (
        ("README.md", "Start here](notebooks", "Begin](notebooks"),
        ("docs/checks.md", "| 00 |", "| 0 |"),
    ):
        page = tmp_path / name
        page.write_text(page.read_text().replace(old, new))
        assert docs(check=True) == 1
        assert f"out of date: {name}\n" in capsys.readouterr().err
        assert docs(check=False) == 0


def test_the_table_of_proofs_counts_what_each_lab_has(tmp_path: Path) -> None:
    lab = places.lab_dirs()[0]
    head, _, first, last = proof_table([lab]).splitlines()
    assert head.startswith("| lab | exercises | right | wrong | machine | mutants |")
    assert first.replace("| 00 |", "| all |") == last
    sheet, counts = (lab / "answers.py").read_text(), [int(n) for n in first.strip("| ").split(" | ")]
    assert counts[1:4] == [1, sheet.count('answer="right"'), sheet.count('answer="wrong"')]
    assert counts[5] == sum(counts[6:]) > 0
