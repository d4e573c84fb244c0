"""Limits of a judgement, as data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """What one submission may use. Seconds are wall time."""

    cell_seconds: float = 60.0  # one cell of the learner
    call_seconds: float = 30.0  # one call of a check into the learner's code
    check_seconds: float = 120.0  # one check cell, one pass
    setup_seconds: float = 120.0  # all setup cells in the base process
    examine_seconds: float = 60.0  # one call of an examiner, on what the learner's code made
    examine_memory: int = 2 << 30  # bytes of address space that it may add
    written_files: int = 200  # what the learner's code writes for one examination
    written_bytes: int = 16 << 20
    submission_seconds: float = 600.0  # the whole submission
    restarts: int = 3  # how often a learner's process is replaced after a crash or a time-out
    submission_bytes: int = 20 << 20
    cells: int = 2000
    message_characters: int = 500
    threads: int = 256  # a learner's calls into facades under way at once


LIMITS = Limits()

# Variables of the caller's environment that processes of the judge may see; all others are dropped.
PASSED_ON = (
    "LANG",
    "LC_ALL",
    "TZ",
    "OPENBLAS_CORETYPE",
    "OPENBLAS_L2_SIZE",
    "PRODML_DATASETS",
)

# One thread per numeric library: an OpenMP pool does not survive a fork, and two cores are all there is.
FIXED = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MPLBACKEND": "agg",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "PRODML_GRADING": "1",
    "PATH": "/usr/bin:/bin",
}
