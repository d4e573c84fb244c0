"""Try each denied call in a sandbox whose filter denies all but that one.

    python allowed_one_by_one.py FILE FOLDER

prints, as JSON, the calls that then do something else than to refuse.
"""

from __future__ import annotations

import dataclasses
import json
import sys

from autograder.sandbox import seccomp, trying
from autograder.sandbox.enter import prepare
from autograder.sandbox.fences import Sandbox, read_fences
from autograder.sandbox.promised import outside

PROBE = "make a denied call"


def main(file: str, folder: str) -> list[str]:
    """Names of the calls that only the filter keeps away."""
    fences = read_fences()
    prepared, calls = prepare(Sandbox(fences, (folder,))), seccomp.numbers(fences)
    found = []
    with outside(fences, calls, file, folder) as promised:
        for name, number in calls.items():
            others = dataclasses.replace(fences, denied=tuple(other for other in fences.denied if other != name))
            one = dataclasses.replace(prepared, program=seccomp.program(others))
            way = trying.Way(one, dataclasses.replace(promised, calls={name: number}), bubblewrap=False)
            if trying.report(way, PROBE)[PROBE] is None:
                found.append(name)
    return found


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
