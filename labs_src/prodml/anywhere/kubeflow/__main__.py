"""The command `python -m prodml.anywhere.kubeflow`: send a compiled pipeline, print the run's page."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from prodml.anywhere.kubeflow.arguments import read_arguments
from prodml.anywhere.kubeflow.errors import TOKEN, KubeflowError
from prodml.anywhere.kubeflow.sending import submit


def main(argv: Sequence[str] | None = None) -> int:
    """The command; returns its exit status."""
    options = _parser().parse_args(argv)
    try:
        values = read_arguments(options.arguments)
        run = submit(options.host, options.pipeline, values, namespace=options.namespace, name=options.name)
    except KubeflowError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"Run {run.run_id}: {run.url}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m prodml.anywhere.kubeflow", description="Send a compiled pipeline to a server."
    )
    parser.add_argument("pipeline", type=Path, help="YAML file from kfp's compiler")
    parser.add_argument("--host", required=True, metavar="URL", help="the server, as http://localhost:3000")
    parser.add_argument("--arguments", type=Path, metavar="FILE", help="JSON object: values of its parameters")
    parser.add_argument("--namespace", help="on a server with several users: whose run it is")
    parser.add_argument("--name", help="how the run is called")
    parser.epilog = f"A token is read from the environment variable {TOKEN}."
    return parser


if __name__ == "__main__":
    sys.exit(main())
