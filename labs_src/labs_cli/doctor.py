"""`labs doctor`: what this machine can do, and how to mend what it cannot."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from labs_cli.finding import Finding
from labs_cli.screen import say

STATES = ("PASS", "NOTE", "FAIL")


Check = tuple[str, Callable[[], Finding]]


def doctor(checks: Sequence[Check] | None = None) -> int:
    """Run every check and print it as it ends; return the exit code: 1 if a lab cannot run here."""
    findings = [_run(name, check) for name, check in (all_checks() if checks is None else checks)]
    states = Counter(f.state for f in findings)
    say(f"\n{', '.join(f'{states[state]} {state}' for state in STATES)}")
    if states["FAIL"]:
        say("Labs cannot run here until what failed is mended.")
        return 1
    say("Labs can run here.")
    return 0


def all_checks() -> list[Check]:
    """The checks, the quick ones first."""
    from labs_cli import doctor_kernel as kernel
    from labs_cli import doctor_machine as machine
    from labs_cli import doctor_project as project
    from labs_cli import doctor_sandbox as sandbox

    return [
        ("Python", machine.python),
        ("packages", project.packages),
        ("memory", machine.memory),
        ("free disk", machine.disk),
        ("workspace", machine.writable),
        ("loopback port", machine.port),
        ("judge's processes", machine.fork),
        ("sandbox", sandbox.sandbox),
        ("kernel python3", project.kernel),
        ("warm kernel", kernel.warm),
        ("datasets", project.datasets),
        ("notebooks", project.notebooks),
        ("TensorFlow", project.tensorflow),
    ]


def _run(name: str, check: Callable[[], Finding]) -> Finding:
    try:
        finding = check()
    except Exception as error:  # a check that fails in a way nobody thought of is a failed check
        finding = Finding(f"{type(error).__name__}: {error}", "report this: the check itself failed")
    say(f"{finding.state}  {name:<18} {finding.detail}")
    if finding.fix:
        say(f"      {'fix:':<18} {finding.fix}")
    return finding
