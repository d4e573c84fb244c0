"""Grading on Dask: two workers in two processes against one, beside the pool of processes that is the default.

    python benchmarks/grading_dask.py [--students 100] [--only numpy tensorflow]

`cluster` runs beforehand, behind TLS; `labs grade` is timed from its start to its end, gradebook included. `local` is
`--scheduler local`, which starts a cluster of its own. Memory is what one worker of the cluster and all that it has
started hold at the peak, proportionally (`prodml.runtime.memory`).
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

from grading import MAKE, Taken, labs_grade
from running_dask import as_variables, start_dask

from prodml.runtime.memory import PeakMemory

WAYS = ("pool", "local", "cluster")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--students", type=int, default=100, help="submissions")
    parser.add_argument("--only", nargs="*", choices=list(MAKE), default=["numpy", "tensorflow"], help="which")
    options = parser.parse_args()
    heads = "".join(f"{head:>12}" for head in ("1 worker, s", "2 workers, s", "ratio", "first of 2", "MB a worker"))
    print(f"{'':12}{'':10}{heads}")
    for kind in options.only:
        with tempfile.TemporaryDirectory() as folder:
            name = MAKE[kind](Path(folder), options.students)
            for way in WAYS:
                (one, _), (two, held) = (graded(way, Path(folder), name, workers) for workers in (1, 2))
                figures = f"{one.total:12.1f}{two.total:12.1f}{one.total / two.total:11.2f}×{two.first:12.1f}"
                print(f"{kind:12}{way:10}{figures}" + (f"{held / 1e6:12.0f}" if held else ""), flush=True)


def graded(way: str, course: Path, name: str, workers: int) -> tuple[Taken, int]:
    """What `labs grade` took, and the bytes of one worker of a cluster that ran before."""
    local = ["--scheduler", "local"] if way == "local" else []
    if way != "cluster":
        return labs_grade(course, name, "--force", "--workers", str(workers), *local), 0
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:  # workers may still be ending
        running = start_dask(Path(folder), workers)
        os.environ.update(as_variables(running.tls))
        try:
            with PeakMemory(running.workers[0].pid) as held:
                taken = labs_grade(course, name, "--force", "--scheduler", running.address)
            return taken, held.peak
        finally:
            running.end()


if __name__ == "__main__":
    main()
