"""Prove a lab: its reference, right answers, wrong answers and untouched stubs go through the judge."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from pathlib import Path

from nbformat import NotebookNode

from autograder.authoring.answers import Answer, read_answers
from autograder.authoring.build import build_lab
from autograder.authoring.notebooks import to_text
from autograder.authoring.source import LabSource
from autograder.errors import AuthorError, AuthorErrors, GraderFault
from autograder.marking.marker import NOT_DONE, Marker
from autograder.proving.groups import by_exercise, side_by_side, with_sources
from autograder.proving.importable import public_functions
from autograder.proving.machine_made import MachineMade, machine_made
from autograder.results import AnswerResult, ExerciseResult, Status, SubmissionResult
from autograder.runs.stamp import describe, grader_stamp, submission_key
from autograder.sandbox.fences import Sandbox
from autograder.source.read_assignment import read_assignment

OnAnswer = Callable[[AnswerResult], None]


def verify_lab(
    lab_dir: Path,
    *,
    variant: int = 0,
    draws: int = 1,
    sandbox: Sandbox | None = None,
    helpers: Collection[str] = (),
    on_result: OnAnswer | None = None,
) -> list[AnswerResult]:
    """Judge the reference, the stubs, every answer of a lab's answer sheet, and those that are made by machine.

    Args:
        draws: after the first, judge so many times less one again, on other hidden inputs each time, what these can
            decide: the reference, right answers, and wrong ones whose message no visible part holds. Their results
            are named after the draw.
        sandbox: around every answer; None for none.
        helpers: packages of this course's own; no public function of theirs may be an answer (see importable.py).
        on_result: called after each answer.

    Raises:
        AuthorErrors: the lab or its answer sheet breaks a rule.
    """
    built = build_lab(lab_dir)
    judged_ones = [a for a in read_answers(lab_dir) if a.kind != "nothing"]
    name = built.source.slug
    results: list[AnswerResult] = []

    def keep(new: list[AnswerResult]) -> None:
        results.extend(new)
        for result in new:
            if on_result:
                on_result(result)

    source = to_text(built.nbgrader_source).encode()
    with Marker(
        read_assignment(name, source), secret=f"verify {name}".encode(), variant=variant, sandbox=sandbox
    ) as marker:
        for check in marker.assignment.checks.values():
            marker.counts(check)  # a check whose counts depend on the draw is refused here
        keep(_reference(name, marker.mark("reference", source)))
        keep(_stubs(built.source, marker.mark("stub", to_text(built.learner).encode())))
        for draw in range(draws):
            again = f", draw {draw}" if draw else ""
            if draw:
                marker.turn_to(variant, secret=f"verify {name}{again}".encode())
                keep(_reference(name, marker.mark("reference", source), answer=f"reference{again}"))
            for group in side_by_side(by_exercise([a for a in judged_ones if not draw or _is_drawn(marker, a)])):
                judged = _judge_group(marker, built.nbgrader_source, group)
                keep([replace(result, answer=f"{result.answer}{again}") for result in judged])
        made = machine_made(built.source, public_functions(built.source, helpers))
        for together in side_by_side(by_exercise(made)):
            keep(_judge_made(marker, built.nbgrader_source, together))
    if not results or not any(r.kind == "reference" for r in results):
        raise AuthorErrors([AuthorError(lab_dir / "lab.py", 1, "nothing was judged", "write an exercise with a check")])
    return results


def _judge_made(marker: Marker, source: NotebookNode, group: list[MachineMade]) -> list[AnswerResult]:
    """Answers that are made by machine get no points, whatever the message."""

    def run(made: list[MachineMade]) -> SubmissionResult:
        sources = {m.exercise: m.source for m in made}
        return marker.mark("made", with_sources(source, sources), only=list(sources))

    marked = run(group)
    results = [_made_result(marker.assignment.name, m, marked) for m in group]
    if len(group) == 1:
        return results
    again = [marked.status is not Status.GRADED or not result.ok for result in results]
    name = marker.assignment.name
    return [_made_result(name, m, run([m])) if alone else r for m, r, alone in zip(group, results, again, strict=True)]


def _made_result(lab: str, made: MachineMade, result: SubmissionResult) -> AnswerResult:
    e = next(e for e in result.exercises if e.name == made.exercise)
    seconds = round(result.seconds / len(result.exercises), 2)
    said = (
        e.message if not e.score else f"an answer that {made.why} must get no points, but got {e.score:g}: {e.message}"
    )
    return AnswerResult(lab, e.name, made.name, "machine", not e.score, e.score, e.max_score, said, seconds)


def _judge_group(marker: Marker, source: NotebookNode, group: list[Answer]) -> list[AnswerResult]:
    """Judge answers in one run; one that is not as it should be, and all where a process ended, again alone."""

    def run(answers: list[Answer]) -> tuple[Status, list[AnswerResult]]:
        marked = marker.mark(
            "answers", with_sources(source, {a.exercise: a.source for a in answers}), only=[a.exercise for a in answers]
        )
        return marked.status, [_judged(marker.assignment.name, answer, marked) for answer in answers]

    status, results = run(group)
    if len(group) == 1:
        return results
    again = [status is not Status.GRADED or not result.ok for result in results]
    return [run([a])[1][0] if alone else result for a, result, alone in zip(group, results, again, strict=True)]


def verified_key(lab_dir: Path, variant: int, draws: int, sandbox: Sandbox | None) -> str:
    """A hash of all that `verify_lab` depends on."""
    source = to_text(build_lab(lab_dir).nbgrader_source).encode()
    paths = [lab_dir, *map(Path, sandbox.readable if sandbox else ())]
    stamp = grader_stamp(describe(read_assignment(lab_dir.name, source).modules, paths))
    return submission_key(stamp, repr((variant, draws, sandbox)).encode(), b"")


def repeat_reference(
    lab_dir: Path, variants: Iterable[int], *, sandbox: Sandbox | None = None, on_result: OnAnswer | None = None
) -> list[AnswerResult]:
    """Judge the reference once for each variant, each time on other hidden inputs: an honest answer never fails.

    Args:
        sandbox: around every answer; None for none.
        on_result: called after each judgement of an exercise; its `answer` names the variant.

    Raises:
        AuthorErrors: the lab breaks a rule.
        GraderFault: the judge could not judge; that is no verdict on the answer.
    """
    built = build_lab(lab_dir)
    name, source = built.source.slug, to_text(built.nbgrader_source).encode()
    results: list[AnswerResult] = []
    with Marker(read_assignment(name, source), secret=b"", sandbox=sandbox) as marker:
        for variant in variants:
            marker.turn_to(variant, secret=f"repeat {name} {variant}".encode())
            marked = marker.mark("reference", source)
            if marked.status is Status.GRADER_ERROR:
                raise GraderFault(f"{name}, variant {variant}: {marked.message}", "mend the judge or the lab")
            for result in _reference(name, marked, answer=f"reference, variant {variant}"):
                results.append(result)
                if on_result:
                    on_result(result)
    return results


def _reference(lab: str, result: SubmissionResult, answer: str = "reference") -> list[AnswerResult]:
    """The reference must get all points of every exercise."""
    found = []
    for e in result.exercises:
        ok = e.score == e.max_score > 0
        message = e.message if ok else f"expected all points, but got {e.score:g} of {e.max_score:g}: {e.message}"
        found.append(_answer_result(lab, e, "reference", ok, message, result, answer))
    return found


def _stubs(lab: LabSource, result: SubmissionResult) -> list[AnswerResult]:
    """An untouched stub must get no points, and because it is untouched."""
    lines = {c.name: c.line for c in lab.of_kind("check")}
    found = []
    for e in result.exercises:
        ok = e.score == 0 and e.message.startswith(NOT_DONE)
        wanted = "the untouched stub must fail with NotImplementedError before anything else"
        fix = "call the export in the first assert"
        said = f"{lab.path}:{lines[e.name]}: {wanted}, but got {e.score:g} of {e.max_score:g}: {e.message} ({fix})"
        found.append(_answer_result(lab.slug, e, "stub", ok, e.message if ok else said, result))
    return found


def _answer_result(
    lab: str, e: ExerciseResult, kind: str, ok: bool, message: str, result: SubmissionResult, answer: str | None = None
) -> AnswerResult:
    seconds = round(result.seconds / len(result.exercises), 2)
    return AnswerResult(lab, e.name, answer or kind, kind, ok, e.score, e.max_score, message, seconds)


def _judged(lab: str, answer: Answer, result: SubmissionResult) -> AnswerResult:
    e = next((e for e in result.exercises if e.name == answer.exercise), None)
    score, highest, message = (e.score, e.max_score, e.message) if e else (0.0, 0.0, result.message)
    where = f"{answer.path}:{answer.line}"
    if answer.kind != "wrong":
        ok, wanted = e is not None and score == highest > 0, "all points"
    else:
        part = answer.earns * highest
        ok = e is not None and math.isclose(score or 0.0, part, abs_tol=1e-9) and answer.expect in message
        wanted = f"the message {answer.expect!r}" + (f" and {part:g} points" if part else "")
    said = message if ok else f"{where}: expected {wanted}, but got {score:g} of {highest:g}: {message}"
    seconds = round(result.seconds / max(1, len(result.exercises)), 2)
    return AnswerResult(lab, answer.exercise, answer.name, answer.kind, ok, score, highest, said, seconds)


def _is_drawn(marker: Marker, answer: Answer) -> bool:
    """Whether hidden inputs may decide over the answer: visible parts are the same in each draw."""
    visible = [c.visible for c in marker.assignment.checks.values() if c.exercise == answer.exercise]
    return answer.kind != "wrong" or not any(answer.expect in text for text in visible)
