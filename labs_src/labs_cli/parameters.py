"""Arguments and options that several commands of `labs` share."""

from __future__ import annotations

import typer

LAB = typer.Argument(metavar="LAB", help="Number, name or part of a name of a lab.", show_default=False)
LABS = typer.Argument(metavar="LAB...", help="Numbers, names or parts of names of labs.", show_default=False)
COURSE = typer.Option("--course", metavar="DIR", help="Folder of the nbgrader course.", show_default=False)
NOTEBOOK = typer.Option(
    "--notebook",
    metavar="FILE",
    help="This notebook, not the newest copy in the workspace.",
    show_default=False,
)
JSON = typer.Option("--json", help="Print JSON on stdout and everything else on stderr.")
