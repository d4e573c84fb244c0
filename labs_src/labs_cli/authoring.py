"""`labs build` and `labs verify`: for authors, in a checkout."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from labs_cli import places
from labs_cli.names import match
from labs_cli.screen import count, note, points, say, say_error, say_json

if TYPE_CHECKING:
    from autograder.results import AnswerResult


@dataclass(frozen=True)
class VerifyOptions:
    """What `labs verify` was told; see `labs verify --help`."""

    variant: int = 0
    draws: int = 1
    force: bool = False


KINDS = ("reference", "right", "same", "wrong", "stub", "machine", "notebook")
KERNEL = "python3"  # in which answers are compared: a warm one would leave its parent behind
HELPERS = ("prodml",)  # whose functions could be imported in place of an answer


def build(*, check: bool) -> int:
    """Write the learner notebooks, or only say which are out of date; return the exit code."""
    from autograder.authoring.write import out_of_date, write_learner
    from prodml.paths import notebooks_dir

    labs, notebooks = places.lab_dirs(), notebooks_dir()
    if not check:
        written = write_learner(labs, notebooks)
        for path in written:
            say(f"written: {path}")
        say(f"{count(len(labs), 'lab')} built, {count(len(written), 'notebook')} changed.")
        return 0
    messages = out_of_date(labs, notebooks)
    for message in messages:
        note(f"out of date: {message}")
    if messages:
        note("fix: run `labs build` and commit notebooks/; remove the folder of a lab that is gone")
        return 1
    say(f"{count(len(labs), 'lab')}: every notebook is what its source makes.")
    return 0


def find_source(wanted: str) -> Path:
    """The folder of a lab's source.

    Raises:
        NotFound: no such lab, or no sources here.
    """
    labs = {path.name: path for path in places.lab_dirs()}
    return labs[match(wanted, labs)]


def verify(wanted: str | None, options: VerifyOptions, *, as_json: bool) -> int:
    """Judge every answer of one lab, or of all; return the exit code: 1 unless each is as its sheet says."""
    from autograder.errors import AutograderError

    labs = [find_source(wanted)] if wanted is not None else places.lab_dirs()
    progress = note if as_json else say
    results: list[AnswerResult] = []
    broken = 0
    for lab in labs:
        try:
            results += _verified(lab, options, progress)
        except AutograderError as error:
            broken += 1
            say_error(error.problem, error.fix)
    if as_json:
        say_json([r.to_json() for r in results])
    wrong = _summary(results, progress)
    for lab in labs:
        _say_unbroken(lab, progress)
    if broken:
        note(f"{count(broken, 'lab')} could not be verified.")
    if not results:
        note("error: no answer was judged, which proves nothing")
    return 1 if broken or wrong or not results else 0


def _verified(lab: Path, options: VerifyOptions, progress: Callable[[object], None]) -> list[AnswerResult]:
    """The results of a lab: those of an earlier run if nothing has changed since."""
    from autograder.proving.agreement import compare_kernel
    from autograder.proving.sheet import verified_key, verify_lab
    from labs_cli.verified import keep_verified, read_verified

    sandbox = places.sandbox()
    key = verified_key(lab, options.variant, options.draws, sandbox)
    known = None if options.force else read_verified(lab, key)
    if known is not None:
        return known
    results = verify_lab(
        lab,
        variant=options.variant,
        draws=options.draws,
        sandbox=sandbox,
        helpers=HELPERS,
        on_result=lambda r: progress(_line(r)),
    )
    with tempfile.TemporaryDirectory(prefix="labs-") as workspace:
        env = {"PRODML_WORKSPACE": workspace, "PRODML_VARIANT": str(options.variant)}
        results += compare_kernel(lab, results, kernel=KERNEL, env=env, on_result=lambda r: progress(_line(r)))
    keep_verified(lab, key, results)
    return results


def _say_unbroken(lab: Path, say_it: Callable[[object], None]) -> None:
    """List the sentences of a lab's contracts that no wrong answer breaks, and of which its sheet does not say why."""
    from autograder.authoring.answers import read_answers
    from autograder.authoring.source import read_source
    from autograder.errors import AutograderError
    from autograder.proving.unbroken import unbroken

    try:
        found = unbroken(read_source(lab), read_answers(lab))
    except AutograderError:  # told already
        return
    for sentence in found:
        say_it(f"{lab / 'lab.py'}:{sentence.line}: {sentence.exercise}: no wrong answer breaks: {sentence.sentence}")
    if found:
        say_it(f'{lab.name}: {count(len(found), "sentence")} that no answer breaks (`breaks=`, or answer="nothing").')


def _line(result: AnswerResult) -> str:
    state = "ok    " if result.ok else "NOT OK"
    score = f"{points(result.score)}/{points(result.max_score)}"
    what = f"{result.lab}  {result.exercise}  {result.kind}  {result.answer}"
    head = f"{state}  {what}  {score}  {result.seconds:g} s"
    return head if result.ok else f"{head}\n        {result.message}"


def _summary(results: list[AnswerResult], say_it: Callable[[object], None]) -> int:
    """Print counts per lab; return how many answers are not as they should be."""
    for lab in dict.fromkeys(r.lab for r in results):
        mine = [r for r in results if r.lab == lab]
        kinds = Counter(r.kind for r in mine)
        bad = sum(not r.ok for r in mine)
        parts = ", ".join(f"{kinds[kind]} {kind}" for kind in KINDS if kinds[kind])
        verdict = "all as they should be" if not bad else f"{bad} NOT as they should be"
        seconds = sum(r.seconds for r in mine)
        when = "before, unchanged since (--force judges again)" if mine[0].unchanged else f"in {seconds:.0f} s"
        say_it(f"{lab}: {count(len(mine), 'answer')} judged ({parts}) {when}: {verdict}.")
    return sum(not r.ok for r in results)
