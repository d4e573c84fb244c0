"""`labs list` and `labs progress`: which labs there are, and how far the learner is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labs_cli import places
from labs_cli.catalog import Lab, all_labs
from labs_cli.screen import core_and_all, core_and_deeper, count, note, points, say, say_json, table

if TYPE_CHECKING:
    from labs_cli.standings import ExerciseStanding
    from prodml.lab.records import Record

LIST_COLUMNS = (">number", "slug", "title", "minutes", "exercises", "core", ">points", ">yours")
PROGRESS_COLUMNS = ("lab", "exercise", "part", ">points", ">yours", ">attempts", "latest (UTC)", "state")


def list_labs(*, as_json: bool) -> None:
    """Show every lab: its minutes, exercises and points, and how far the learner is."""
    records = _records()
    entries = [_entry(lab, records) for lab in all_labs()]
    if as_json:
        say_json(entries)
        return
    table(LIST_COLUMNS, [_shown(entry) for entry in entries])
    say(
        "\nMinutes of the core (of all); exercises of the core + deeper ones; how many of the core pass."
        "\nYours are the points of visible checks that passed in your notebooks; hidden ones decide, and"
        "\n`labs check LAB --full` runs them."
    )


def show_progress() -> None:
    """Show, for every lab that was begun, each exercise: its points, attempts and state."""
    from labs_cli.standings import standings

    records = _records()
    begun = [lab for lab in all_labs() if any(r.lab == lab.slug for r in records)]
    if not begun:
        say(f"Nothing is recorded in {places.workspace_path()} yet. Begin with `labs start`.")
        return
    stands = {lab.slug: standings(lab, records) for lab in begun}
    table(PROGRESS_COLUMNS, [_progress_row(slug, e) for slug, exercises in stands.items() for e in exercises])
    exercises = [e for found in stands.values() for e in found]
    yours, whole = sum(e.yours for e in exercises), sum(lab.points for lab in begun)
    predictions = count(len({(r.lab, r.name) for r in records if r.kind == "predicted"}), "prediction")
    say(f"\n{points(yours)} of {points(whole)} points in {count(len(begun), 'lab')}, {predictions} made.")
    core = [e.done for e in exercises if e.core]
    passing = f"{sum(core)} of {len(core)} in the core, {sum(e.done for e in exercises)} of {len(exercises)} in all"
    say(f"Exercises that pass: {passing}. Fully checked: {sum(e.fully_checked for e in exercises)}.")


def _records() -> Sequence[Record]:
    from prodml.lab.records import read_counted

    folder: Path = places.workspace_path()
    records, damaged = read_counted(folder)
    if damaged:
        note(f"{folder}: {count(damaged, 'damaged line')} in the progress file, left out")
    return records


def _entry(lab: Lab, records: Sequence[Record]) -> dict[str, Any]:
    from labs_cli.standings import standings

    exercises = standings(lab, records)
    return {
        "number": lab.number,
        "slug": lab.slug,
        "title": lab.title,
        "minutes": lab.minutes,
        "core_minutes": lab.core_minutes,
        "exercises": len(exercises),
        "core_exercises": sum(e.core for e in exercises),
        "core_passed": sum(e.core and e.done for e in exercises),
        "fully_checked": sum(e.fully_checked for e in exercises),
        "points": lab.points,
        "your_points": float(sum(e.yours for e in exercises)),
    }


def _shown(entry: dict[str, Any]) -> tuple[object, ...]:
    core, exercises = entry["core_exercises"], entry["exercises"]
    return (
        f"{entry['number']:02}",
        entry["slug"],
        entry["title"],
        core_and_all(entry["core_minutes"], entry["minutes"]),
        core_and_deeper(core, exercises),
        f"{entry['core_passed']} of {core}",
        points(entry["points"]),
        points(entry["your_points"]),
    )


def _progress_row(slug: str, e: ExerciseStanding) -> tuple[object, ...]:
    attempts, last = (e.visible.attempts, e.visible.last) if e.visible else (0, "–")
    part, latest = "core" if e.core else "deeper", last[:16].replace("T", " ")
    return (slug, e.name, part, points(e.worth), points(e.yours), attempts, latest, e.state)
