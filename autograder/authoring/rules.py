"""The rules of a lab's source, each a function that yields the places which break it."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Callable, Iterator

from autograder.authoring.names import Names, names_of, without_magics
from autograder.authoring.source import LabSource, SourceCell
from autograder.errors import AuthorError
from autograder.marking.credits import credit_words

Errors = Iterator[AuthorError]
GRADE_ID = re.compile(r"^[A-Za-z0-9_\-]{1,50}$")
HINT = re.compile(r"^\d+\. ", re.MULTILINE)
FIELDS = {"title": str, "question": str, "seconds": int, "objectives": list, "prerequisites": list}


def broken_rules(lab: LabSource) -> list[AuthorError]:
    """Every mistake in a lab, in the order of its lines. Cells that are no Python are reported alone."""
    errors = list(plain_python(lab))
    if not errors:
        errors = [error for rule in RULES for error in rule(lab)]
    return sorted(errors, key=lambda e: e.line)


def plain_python(lab: LabSource) -> Errors:
    for cell in lab.of_kind("setup", "exercise", "check"):
        try:
            names_of(cell.source)
        except SyntaxError as error:
            line = cell.line + (error.lineno or 1) - 1
            yield AuthorError(lab.path, line, f"not Python: {error.msg}", f"a {cell.kind} cell has no magics")


def front_matter(lab: LabSource) -> Errors:
    for name, kind in FIELDS.items():
        if not isinstance(lab.meta.get(name), kind):
            yield AuthorError(lab.path, 1, f"front matter: `{name}` is missing or no {kind.__name__}", "add it")
    if not 3 <= len(lab.meta.get("objectives") or []) <= 5:
        yield AuthorError(lab.path, 1, "front matter: `objectives` has not 3 to 5 entries", "one per exercise")
    minutes = lab.meta.get("minutes")
    if not isinstance(minutes, dict) or set(minutes) != {"core", "all"}:
        yield AuthorError(lab.path, 1, "front matter: `minutes` is missing or no pair", "minutes: {core: 65, all: 130}")
    covers = lab.meta.get("covers")
    known = {c.name for c in lab.of_kind("exercise")} | {"explore"}
    if not isinstance(covers, dict) or not all(isinstance(v, list) and set(v) <= known for v in covers.values()):
        fix = f"write `covers: {{topic: [exercise, …]}}` with names out of {', '.join(sorted(known))}"
        yield AuthorError(lab.path, 1, "front matter: `covers` does not map topics to exercises", fix)


def unique_names(lab: LabSource) -> Errors:
    for kind in ("exercise", "check", "hints"):
        seen: set[str] = set()
        for cell in lab.of_kind(kind):
            if not GRADE_ID.match(cell.name):
                yield _at(lab, cell, f"{kind} {cell.name!r}: the name is not usable", "use letters, digits, _ and -")
            if cell.name in seen:
                yield _at(lab, cell, f"{kind} {cell.name!r} stands here for the second time", "give it another name")
            seen.add(cell.name)


def exercises_have_tests(lab: LabSource) -> Errors:
    exercises, checks, hints = (Counter(c.name for c in lab.of_kind(k)) for k in ("exercise", "check", "hints"))
    for cell in lab.of_kind("exercise"):
        if not checks[cell.name]:
            fix = f'add `# %% kind="check" name="{cell.name}" points=…` with `with check("{cell.name}"):`'
            yield _at(lab, cell, f"exercise {cell.name!r} has no check", fix)
        if not hints[cell.name]:
            yield _at(lab, cell, f"exercise {cell.name!r} has no hints", "add a hints cell with 2 or 3 numbered hints")
    for cell in lab.of_kind("check", "hints"):
        if not exercises[cell.name]:
            yield _at(lab, cell, f"{cell.kind} {cell.name!r} belongs to no exercise", "name it like its exercise")
    for cell in lab.of_kind("hints"):
        if not 2 <= len(HINT.findall(cell.source)) <= 3:
            yield _at(lab, cell, f"hints {cell.name!r} are not 2 or 3", "number them `1. `, `2. `, `3. `")


def checks_give_points(lab: LabSource) -> Errors:
    for cell in lab.of_kind("check"):
        points = cell.options.get("points")
        if not isinstance(points, (int, float)) or isinstance(points, bool) or points <= 0:
            yield _at(lab, cell, f"check {cell.name!r} gives no points", "add `points=4` to its marker")


def checks_assert(lab: LabSource) -> Errors:
    """A visible assert, messages that may be shown, and `with check(name)` around them."""
    for cell in lab.of_kind("check"):
        hidden = _hidden_lines(cell)
        asserts = [n for n in ast.walk(ast.parse(cell.source)) if isinstance(n, ast.Assert)]
        if not any(n.lineno not in hidden for n in asserts):
            yield _at(lab, cell, f"check {cell.name!r} has no visible assert", "add one that teaches")
        for node in asserts:
            line = cell.line + node.lineno - 1
            literal = isinstance(node.msg, ast.Constant) and isinstance(node.msg.value, str)
            if node.msg is None:
                yield AuthorError(lab.path, line, "an assert without a message", "say which misconception it finds")
            elif node.lineno in hidden and not literal:
                fix = "a hidden message is one string literal: it must not carry an input or an answer out"
                yield AuthorError(lab.path, line, "a hidden assert whose message is computed", fix)
        for line in sorted(n for n, words in credit_words(cell.source).items() if n in hidden and words is None):
            fix = 'write `credit(fraction, "one sentence")`: it must not carry an input or an answer out'
            yield AuthorError(lab.path, cell.line + line - 1, "a hidden credit whose reason is computed", fix)
        if not re.search(rf'with check\("{re.escape(cell.name)}"[,)]', cell.source):
            yield _at(lab, cell, f'check {cell.name!r} has no `with check("{cell.name}"):`', "put its asserts inside")


def solution_regions(lab: LabSource) -> Errors:
    for cell in lab.cells:
        for word, owner in (("SOLUTION", "exercise"), ("HIDDEN TESTS", "check")):
            marks = [m.group(1) for m in re.finditer(rf"\b(BEGIN|END) {word}\b", cell.source)]
            if marks and cell.kind != owner:
                line = cell.line_of(f" {word}")
                problem = f"a region of {word.lower()} in a cell of kind {cell.kind}"
                yield AuthorError(lab.path, line, problem, f"it belongs into a cell of kind {owner}")
            elif marks != ["BEGIN", "END"] * (len(marks) // 2):
                line = cell.line_of(f" {word}")
                problem = f"{cell.kind} {cell.name!r}: BEGIN {word} and END {word} do not match"
                yield AuthorError(lab.path, line, problem, "close each region before the next begins")
            elif not marks and owner == "exercise" == cell.kind:
                fix = "put what the learner writes between ### BEGIN SOLUTION and ### END SOLUTION"
                yield _at(lab, cell, f"exercise {cell.name!r} has no solution region: its stub would pass", fix)


def exports_are_bound(lab: LabSource) -> Errors:
    names = _names(lab)
    for cell in lab.of_kind("exercise"):
        if not cell.exports:
            yield _at(lab, cell, f"exercise {cell.name!r} declares no exports", 'add exports=["…"] to its marker')
        for export in sorted(set(cell.exports) - names[cell.line].bound):
            fix = "bind it here, or take it from the list"
            yield _at(lab, cell, f"exercise {cell.name!r} exports {export!r} and does not bind it", fix)
    for cell in [c for c in lab.cells if c.is_code]:
        for name in sorted(names[cell.line].bound & (lab.exports - set(cell.exports))):
            yield _at(lab, cell, f"{name!r} is an exercise's export and is bound here too", "use another name here")
    for cell in lab.of_kind("check"):
        own = {e for c in lab.of_kind("exercise") if c.name == cell.name for e in c.exports}
        if own and not own & names[cell.line].loaded:
            yield _at(lab, cell, f"check {cell.name!r} uses none of {', '.join(sorted(own))}", "test an export")


def names_come_from_setup(lab: LabSource) -> Errors:
    """Setup, exercises and checks stand on setup cells (and a check on its exercise) alone, explore on anything."""
    names = _names(lab)
    setup: set[str] = set()
    for cell in [c for c in lab.cells if c.is_code]:
        own, bound = names[cell.line], names[cell.line].bound
        if cell.kind == "explore":
            if taken := sorted(bound & setup):
                fix = "use another name: a check that comes later reads the setup's"
                yield _at(lab, cell, f"explore binds setup's name {taken[0]!r}", fix)
            continue
        allowed = set(setup)
        if cell.kind == "check":
            allowed |= {e for c in lab.of_kind("exercise") if c.name == cell.name for e in c.exports}
            if taken := sorted(bound & setup):
                yield _at(lab, cell, f"check {cell.name!r} binds setup's name {taken[0]!r}", "use another name")
        for name in sorted(own.needed - allowed):
            line = cell.line_of(name)
            fix = "bind it in a setup cell before, or in prodml: exercises must be reachable one by one"
            yield AuthorError(lab.path, line, f"{cell.kind} {cell.name} reads {name!r}, which no setup cell binds", fix)
        if cell.kind == "setup":
            setup |= bound


RULES: tuple[Callable[[LabSource], Errors], ...] = (
    front_matter,
    unique_names,
    exercises_have_tests,
    checks_give_points,
    checks_assert,
    solution_regions,
    exports_are_bound,
    names_come_from_setup,
)


def _at(lab: LabSource, cell: SourceCell, problem: str, fix: str) -> AuthorError:
    return AuthorError(lab.path, cell.line, problem, fix)


def _names(lab: LabSource) -> dict[int, Names]:
    """Line of a code cell → its names; a cell with magics is read as IPython would."""
    return {c.line: names_of(without_magics(c.source)) for c in lab.cells if c.is_code}


def _hidden_lines(cell: SourceCell) -> set[int]:
    hidden, inside = set(), False
    for number, text in enumerate(cell.source.splitlines(), 1):
        inside = (inside or "### BEGIN HIDDEN TESTS" in text) and "### END HIDDEN TESTS" not in text
        if inside:
            hidden.add(number)
    return hidden
