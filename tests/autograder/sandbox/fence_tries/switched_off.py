"""Try one probe in a sandbox with some fence switched off.

    python switched_off.py WAY PROBE FILE FOLDER < OFF

`OFF` is Python (see table.py). Prints what stopped the probe, or `through`; fails where no sandbox is entered.
"""

from __future__ import annotations

import dataclasses
import os
import resource
import sys

import pyseccomp  # type: ignore[import-untyped]

from autograder.sandbox import bubblewrap, enter, linux, members, root, seccomp, trying
from autograder.sandbox.fences import Fences, Sandbox, read_fences
from autograder.sandbox.probe_limits import GREED
from autograder.sandbox.probes import PROBES, REPORT
from autograder.sandbox.promised import outside
from autograder.sandbox.watch import Watch

SMALL = dataclasses.replace(read_fences(), box=8 << 20, file_size=4 << 20, open_files=32)


def without(*words: str) -> None:
    """bubblewrap is not told these options, which follow each other."""
    options = bubblewrap.options

    def fewer(prepared: enter.Prepared) -> list[str]:
        told = options(prepared)
        at = next(i for i in range(len(told)) if told[i : i + len(words)] == list(words))
        return told[:at] + told[at + len(words) :]

    bubblewrap.options = fewer


def main(way: str, probe: str, file: str, folder: str) -> str:
    """What stopped the probe, or `through`."""
    names = {"bubblewrap": bubblewrap, "enter": enter, "linux": linux, "members": members, "root": root}
    names |= {"seccomp": seccomp, "pyseccomp": pyseccomp, "os": os, "resource": resource, "without": without}
    if probe in GREED:
        promised_fences = trying.with_little(read_fences())
        trying.PATIENCE = 2.0  # what nothing ends would be waited for
    else:
        promised_fences = SMALL
        Watch._too_much = lambda self: None  # type: ignore[method-assign]  # it sees the whole machine without some fences
    fences = {field.name: getattr(promised_fences, field.name) for field in dataclasses.fields(promised_fences)}
    exec(sys.stdin.read(), names | {"fences": fences})
    by_bubblewrap = way == "bubblewrap"
    prepared = enter.prepare(Sandbox(Fences(**fences), (folder,), by_bubblewrap))
    with outside(promised_fences, seccomp.numbers(promised_fences), file, folder) as promised:
        tried = trying.Way(prepared, promised, by_bubblewrap)
        stopped = (
            trying.greed(tried, probe)
            if probe in GREED
            else trying.report(tried, probe if probe in PROBES else REPORT)[probe]
        )
    return "through" if stopped is None else stopped


if __name__ == "__main__":
    print(main(*sys.argv[1:]))
