"""`labs list` and `labs progress`: which labs there are, and how far the learner is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labs_cli import places
from labs_cli.catalog import Lab, all_labs
from labs_cli.screen import count, note, points, say, say_json, table

if TYPE_CHECKING:
    from prodml.lab.records import Record, Standing

LIST_COLUMNS = (">number", "slug", "title", ">minutes", ">points", ">yours")
PROGRESS_COLUMNS = ("lab", "exercise", ">points", ">yours", ">attempts", "latest (UTC)", "visible checks")


def list_labs(*, as_json: bool) -> None:
    """Show every lab: number, slug, title, minutes, points, and the learner's own points."""
    records = _records()
    rows = [_entry(lab, records) for lab in all_labs()]
    if as_json:
        say_json(rows)
        return
    shown = [
        (
            f"{r['number']:02}",
            r["slug"],
            r["title"],
            r["minutes"],
            points(r["points"]),
            points(r["your_points"]),
        )
        for r in rows
    ]
    table(LIST_COLUMNS, shown)
    say("\nYours are the points of visible checks that passed in your notebooks; hidden ones decide.")


def show_progress() -> None:
    """Show, for every lab that was begun, each exercise: its points, attempts and state."""
    records = _records()
    begun = [lab for lab in all_labs() if any(r.lab == lab.slug for r in records)]
    if not begun:
        say(f"Nothing is recorded in {places.workspace_path()} yet. Begin with `labs start`.")
        return
    table(PROGRESS_COLUMNS, [row for lab in begun for row in _progress_rows(lab, records)])
    entries = [_entry(lab, records) for lab in begun]
    yours, all_points = (sum(e[key] for e in entries) for key in ("your_points", "points"))
    predictions = count(len({(r.lab, r.name) for r in records if r.kind == "predicted"}), "prediction")
    say(f"\n{points(yours)} of {points(all_points)} points in {count(len(begun), 'lab')}, {predictions} made.")


def _records() -> Sequence[Record]:
    from prodml.lab.records import read_counted

    folder: Path = places.workspace_path()
    records, damaged = read_counted(folder)
    if damaged:
        note(f"{folder}: {count(damaged, 'damaged line')} in the progress file, left out")
    return records


def _entry(lab: Lab, records: Sequence[Record]) -> dict[str, Any]:
    yours = sum(worth for worth, state in _exercises(lab, records).values() if state and state.passed)
    return {
        "number": lab.number,
        "slug": lab.slug,
        "title": lab.title,
        "minutes": lab.minutes,
        "points": lab.points,
        "your_points": float(yours),
    }


def _progress_rows(lab: Lab, records: Sequence[Record]) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for name, (worth, state) in _exercises(lab, records).items():
        if state is None:
            rows.append((lab.slug, name, points(worth), points(0), 0, "–", "not tried"))
        else:
            yours, said = (worth, "passed") if state.passed else (0, "not yet")
            latest = state.last[:16].replace("T", " ")
            rows.append((lab.slug, name, points(worth), points(yours), state.attempts, latest, said))
    return rows


def _exercises(lab: Lab, records: Sequence[Record]) -> dict[str, tuple[float, Standing | None]]:
    """Exercise → its points and where the learner stands with it, in the notebook's order."""
    from prodml.lab.labfile import read_lab
    from prodml.lab.records import standing

    stands = standing(records, lab.slug)
    return {name: (worth, stands.get(name)) for name, worth in read_lab(lab.slug).points.items()}
