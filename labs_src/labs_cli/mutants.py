"""`labs verify --mutants`: which changes of a lab's solutions no check notices."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labs_cli import places
from labs_cli.authoring import find_source
from labs_cli.screen import count, note, say, say_error, say_json

if TYPE_CHECKING:
    from autograder.proving.survivors import Verdicts


def verify_mutants(wanted: str | None, *, force: bool, as_json: bool) -> int:
    """Judge the mutants of one lab, or of all; return the exit code: 1 if one gets all points and is not explained."""
    from autograder.errors import AutograderError
    from autograder.proving.survivors import judge_mutants

    say_it = note if as_json else say
    rows: list[dict[str, Any]] = []
    broken = 0
    for lab in [find_source(wanted)] if wanted is not None else places.lab_dirs():
        with _progress(lab.name) as on_verdicts:
            try:
                verdicts = judge_mutants(lab, force=force, sandbox=places.sandbox(), on_verdicts=on_verdicts)
            except AutograderError as error:
                broken += 1
                say_error(error.problem, error.fix)
                continue
        _show(lab, verdicts, say_it)
        rows += [_row(lab.name, v) for v in verdicts]
    if as_json:
        say_json(rows)
    survivors = sum(len(row["survived"]) for row in rows)
    mutants, killed, same = (sum(row[k] for row in rows) for k in ("mutants", "killed", "same"))
    say_it(f"{count(mutants, 'mutant')}: {killed} killed, {same} the same function, {survivors} survived.")
    if survivors:
        note("fix: an assertion that teaches; or, for what is the same function, an answer of the kind `same`")
    return 1 if broken or survivors or not mutants else 0


@contextmanager
def _progress(lab: str) -> Iterator[Callable[[int, int], None]]:
    """A bar in a terminal; nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda done, of: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(f"{lab}: mutants", total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)


def _show(lab: Path, verdicts: list[Verdicts], say_it: Callable[[object], None]) -> None:
    for v in verdicts:
        counts = f"{v.mutants} mutants  {v.killed} killed  {v.same} same  {len(v.survived)} survived"
        say_it(f"{lab.name}  {v.exercise}  {counts}")
        for survivor in v.survived:
            say_it(f"    {lab / 'lab.py'}:{survivor.line}  {survivor.operator}")
            for line in survivor.diff.splitlines():
                say_it(f"        {line}")


def _row(lab: str, verdicts: Verdicts) -> dict[str, Any]:
    survived = [{"operator": s.operator, "line": s.line, "diff": s.diff} for s in verdicts.survived]
    counts = {"mutants": verdicts.mutants, "killed": verdicts.killed, "same": verdicts.same}
    return {"lab": lab, "exercise": verdicts.exercise, **counts, "survived": survived}
