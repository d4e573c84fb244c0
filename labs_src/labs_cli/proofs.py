"""The table of how each lab's checks were tried: answers of its sheet, answers made by machine, mutants."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from labs_cli.authoring import HELPERS


def proof_table(lab_dirs: Iterable[Path]) -> str:
    """Markdown: one row per lab and one for all. Mutants are those of mutants.json, as last judged.

    Raises:
        AuthorErrors: a lab or its sheet breaks a rule.
    """
    from autograder.authoring.answers import read_answers
    from autograder.authoring.source import read_source
    from autograder.proving.importable import public_functions
    from autograder.proving.machine_made import machine_made
    from autograder.proving.survivors import read_stored

    total: Counter[str] = Counter()
    rows = []
    for folder in lab_dirs:
        lab, verdicts = read_source(folder), read_stored(folder)
        counts = Counter(a.kind for a in read_answers(folder))
        counts["exercises"] = len(lab.of_kind("exercise"))
        counts["machine"] = len(machine_made(lab, public_functions(lab, HELPERS)))
        for v in verdicts:
            counts += Counter({"mutants": v.mutants, "killed": v.killed, "same function": v.same})
            counts["survived"] += len(v.survived)
        rows.append(_row(lab.slug.partition("_")[0], counts))
        total += counts
    heads = ("lab", *COLUMNS)
    return "\n".join([_line(heads), "|" + "---|" * len(heads), *rows, _row("all", total)])


COLUMNS = ("exercises", "right", "wrong", "machine", "mutants", "killed", "same function", "survived")


def _row(lab: str, counts: Counter[str]) -> str:
    return _line((lab, *(str(counts[c]) for c in COLUMNS)))


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
