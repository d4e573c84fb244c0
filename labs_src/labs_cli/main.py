"""The command `labs`, a thin layer over prodml and the autograder. Commands import what they need."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from labs_cli.errors import CliError
from labs_cli.parameters import COURSE, JSON, LAB, LABS, NOTEBOOK
from labs_cli.screen import say_error

# jsonschema, which nbformat imports, does without this package. Its grammar takes more than a second to read.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

app = typer.Typer(
    name="labs",
    help="Work on the labs, hand them in, write them and grade them.",
    epilog="LAB is a number (2), a name (02_drift_monitors) or a part of one (drift).",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line; every known error ends here, without a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal without UTF-8 gets question marks, not a traceback
    try:
        app(args=argv)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        known = _problem_and_fix(error)
        if known is None:
            raise
        say_error(*known)
        sys.exit(1)


def _problem_and_fix(error: Exception) -> tuple[str, str] | None:
    from autograder.errors import AutograderError
    from prodml.errors import ProdmlError

    if isinstance(error, CliError | AutograderError | ProdmlError):
        return error.problem, error.fix
    if isinstance(error, OSError) and error.filename is not None:
        return (
            f"{error.filename}: {error.strerror}",
            "check the path, its permissions and the free disk space",
        )
    return None


@app.command()
def doctor() -> None:
    """Check what this machine can do, each failure with its fix.

    Exit code 1 if a lab cannot run.
    """
    from labs_cli.doctor import doctor

    raise typer.Exit(doctor())


@app.command()
def start(
    lab: Annotated[str | None, LAB] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Put a new copy beside the one that is there.")] = False,
    open_it: Annotated[
        bool, typer.Option("--open/--no-open", help="Run JupyterLab on it. BROWSER=none opens no browser.")
    ] = False,
) -> None:
    """Copy a lab into your workspace; nothing is overwritten.

    Without LAB it is the first one. If the lab has changed since, --fresh puts the new one beside your work.
    """
    from labs_cli.start import start

    start(lab, fresh=fresh, open_it=open_it)


@app.command("list")
def list_labs(as_json: Annotated[bool, JSON] = False) -> None:
    """List the labs with minutes, exercises, points and yours."""
    from labs_cli.listing import list_labs

    list_labs(as_json=as_json)


@app.command()
def progress() -> None:
    """Show each exercise of the labs that you began."""
    from labs_cli.listing import show_progress

    show_progress()


@app.command()
def check(
    lab: Annotated[str, LAB],
    notebook: Annotated[Path | None, NOTEBOOK] = None,
    full: Annotated[bool, typer.Option("--full", help="Run the hidden tests too, on new inputs each time.")] = False,
    seed: Annotated[
        int | None,
        typer.Option("--seed", min=0, metavar="N", help="With --full: the inputs of that run.", show_default=False),
    ] = None,
) -> None:
    """Run the visible checks of your saved notebook, or all.

    They run outside of its kernel, as they do when it is graded. --full needs the labs' sources, so a checkout
    of the project's repository; it is recorded, and `labs progress` shows it until you change the answer.
    Exit code 1 if any fails.
    """
    from labs_cli.checking import check
    from labs_cli.full_check import check_fully

    if seed is not None and not full:
        raise typer.BadParameter("--seed belongs to --full: visible checks have the same inputs each time")
    raise typer.Exit(check_fully(lab, notebook, seed) if full else check(lab, notebook))


@app.command()
def submit(
    lab: Annotated[str, LAB],
    course: Annotated[Path | None, COURSE] = None,
    student: Annotated[
        str | None,
        typer.Option("--student", metavar="ID", help="Your id in the course.", show_default=False),
    ] = None,
    notebook: Annotated[Path | None, NOTEBOOK] = None,
) -> None:
    """Hand in your saved notebook, after its visible checks.

    With --course and --student it goes into the course's submitted/ folder and replaces what you handed in
    before; attempts/ keeps each, and the course decides whether the last or the best counts.
    Without them you get one file to hand in, and its SHA-256. What fails is handed in too.
    """
    from labs_cli.submit import submit

    if (course is None) != (student is None):
        raise typer.BadParameter("--course and --student belong together")
    raise typer.Exit(submit(lab, notebook=notebook, course=course, student=student))


@app.command()
def build(
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit code 1 if any is out of date.")] = False,
) -> None:
    """(authors) Make the learner notebooks from their sources."""
    from labs_cli.authoring import build

    raise typer.Exit(build(check=check))


@app.command()
def docs(
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit code 1 if out of date.")] = False,
) -> None:
    """(authors) Make the tables of README.md from the labs."""
    from labs_cli.docs import docs

    raise typer.Exit(docs(check=check))


@app.command()
def verify(
    lab: Annotated[str | None, LAB] = None,
    variant: Annotated[int, typer.Option("--variant", min=0, metavar="N", help="The labs' variant to judge.")] = 0,
    draws: Annotated[int, typer.Option("--draws", min=1, metavar="N", help="Judge N draws of hidden inputs.")] = 1,
    as_json: Annotated[bool, JSON] = False,
    force: Annotated[bool, typer.Option("--force", help="Judge labs that have not changed since, too.")] = False,
    mutants: Annotated[bool, typer.Option("--mutants", help="Judge changes of the solutions instead.")] = False,
) -> None:
    """(authors) Judge every answer of one lab, or of all.

    A lab in which nothing has changed since all was as it should be is not judged again, except in CI.
    The reference and all right answers must get all points; the stub and every wrong answer must lose them
    with the message that the answer sheet names. Exit code 1 if any does not, or if nothing was judged.
    With --mutants: each solution, changed in one place at a time. Exit code 1 if one of them gets all points.
    """
    from labs_cli.authoring import VerifyOptions, verify
    from labs_cli.mutants import verify_mutants

    if mutants:
        raise typer.Exit(verify_mutants(lab, force=force, as_json=as_json))

    options = VerifyOptions(variant=variant, draws=draws, force=force)
    raise typer.Exit(verify(lab, options, as_json=as_json))


@app.command()
def release(labs: Annotated[list[str], LABS], course: Annotated[Path, COURSE]) -> None:
    """(instructors) Put one lab or several into an nbgrader course.

    Writes source/, release/, nbgrader_config.py and gradebook.db there; makes the course where there is none.
    A lab can be released again: what was made from an earlier release is graded as that one says, until
    course.toml withdraws it.
    """
    from labs_cli.course import release

    raise typer.Exit(release(labs, course))


@app.command()
def extend(
    assignment: Annotated[str, typer.Argument(metavar="ASSIGNMENT", help="Number, name or part of a name.")],
    course: Annotated[Path, COURSE],
    student: Annotated[str, typer.Option("--student", metavar="ID", help="Who gets more time.", show_default=False)],
    days: Annotated[float, typer.Option("--days", metavar="N", min=0, help="So many days.")] = 0,
    hours: Annotated[float, typer.Option("--hours", metavar="N", min=0, help="And so many hours.")] = 0,
) -> None:
    """(instructors) Give one student more time after the due date.

    It takes the place of an extension given before; without days and hours there is none any more. Late
    penalties follow when the assignment is graded next. The due date itself is nbgrader's:
    nbgrader db assignment add ASSIGNMENT --duedate "2026-12-01 23:59 Europe/Berlin"
    """
    from labs_cli.course import extend

    raise typer.Exit(extend(assignment, course, student, days=days, hours=hours))


@app.command()
def grade(
    assignments: Annotated[
        list[str], typer.Argument(metavar="ASSIGNMENT...", help="Numbers, names or parts; `all` for all handed in.")
    ],
    course: Annotated[Path, COURSE],
    student: Annotated[
        str | None,
        typer.Option("--student", metavar="ID", help="Grade this student only.", show_default=False),
    ] = None,
    json_file: Annotated[
        Path | None,
        typer.Option("--json", metavar="FILE", help="Write the results there as JSON.", show_default=False),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers",
            min=1,
            metavar="N",
            help="Judge N submissions side by side; default: cores.",
            show_default=False,
        ),
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(
            "--scheduler",
            metavar="ADDRESS",
            help="Judge on the Dask cluster at tls://HOST:PORT, or on a local one of --workers processes: local.",
            show_default=False,
        ),
    ] = None,
    insecure_scheduler: Annotated[
        bool,
        typer.Option(
            "--insecure-scheduler", help="Take tcp://HOST:PORT, too: hidden tests then cross the network as they are."
        ),
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Judge unchanged submissions again, too.")] = False,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Grade nobody: show what the source's own solution and the blank release get, by test."
        ),
    ] = False,
    trust_submissions: Annotated[
        bool,
        typer.Option(
            "--trust-submissions", help="Where no sandbox is possible: submissions then run with your rights."
        ),
    ] = False,
) -> None:
    """(instructors) Grade submissions into the gradebook.

    A run that was cut short goes on where it was; what has not changed since is not judged again.
    With --dry-run, exit code 1 where the solution does not get all points, or the blank release gets some.
    Exit code 0 when graded, 1 for a fault of the course, 3 if any submission met a fault of the grader.
    """
    from labs_cli.course import GradeOptions, grade

    if workers is not None and scheduler not in (None, "local"):
        raise typer.BadParameter("--workers is for this machine: a cluster judges with the workers that it has")
    options = GradeOptions(
        student=student,
        trust=trust_submissions,
        workers=workers,
        force=force,
        scheduler=scheduler,
        insecure=insecure_scheduler,
        dry_run=dry_run,
    )
    raise typer.Exit(grade(assignments, course, options, json_file=json_file))


if __name__ == "__main__":
    main()
