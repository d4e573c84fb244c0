"""Check of the sandbox: can other people's submissions be graded here? Every fence is tried from inside."""

from __future__ import annotations

from pathlib import Path

from labs_cli.finding import Finding

SLOWER = (
    "bubblewrap puts them up, for this Python may not: no process is forked warm, and grading is slower. "
    "To allow it to Python: docs/fences.md."
)
OWN = "One's own notebook can be checked without."
OR_BUBBLEWRAP = "Or, slower: allow them for bubblewrap, by the profile bwrap-userns-restrict of apparmor-profiles."
APPARMOR = """/etc/apparmor.d/prodml-labs:
        abi <abi/4.0>,
        profile prodml-labs {python} flags=(unconfined) {{ userns, }}
      then `sudo apparmor_parser -r /etc/apparmor.d/prodml-labs`"""


def sandbox() -> Finding:
    """Whether `labs grade` can fence submissions in, and what to do where it cannot."""
    from autograder.sandbox.trial import try_sandbox

    trial = try_sandbox()
    if trial.usable:
        slower = f" {SLOWER}" if trial.bubblewrap else ""
        return Finding(f"all {len(trial.passed)} fences hold: submissions of others can be graded.{slower}")
    return Finding(f"submissions of others cannot be graded: {trial.why}", f"{_fix(trial.problem)} {OWN}", blocks=False)


def _fix(problem: str) -> str:
    import sys

    if not problem:
        return "report this: a fence did not hold."
    if sys.platform != "linux":
        return "use Linux: a machine, a virtual machine or WSL2."
    if "libseccomp" in problem:
        return "install libseccomp: `apt-get install libseccomp2`."
    if _setting("kernel/apparmor_restrict_unprivileged_userns") == "1":
        python = Path(sys.executable).resolve()
        allow = APPARMOR.format(python=python)
        return f"AppArmor forbids user namespaces. Allow them for this Python, in {allow}. {OR_BUBBLEWRAP}"
    if _setting("kernel/unprivileged_userns_clone") == "0":
        return "allow user namespaces: `sudo sysctl kernel.unprivileged_userns_clone=1`."
    if _setting("user/max_user_namespaces") == "0":
        return "allow user namespaces: `sudo sysctl user.max_user_namespaces=10000`."
    return "a container forbids namespaces: grade on the machine itself, or give the container that right."


def _setting(name: str) -> str:
    try:
        return Path("/proc/sys", name).read_text().strip()
    except OSError:
        return ""
