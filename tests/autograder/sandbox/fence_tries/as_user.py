"""Run a command as a user without rights, or where user namespaces are forbidden to Python, or both.

    python as_user.py UID|same allowed|forbidden COMMAND …

Root must be able to read Python and the checkout; the user then can, too. What is forbidden is a call as this Python makes
it, by a filter that all processes inherit: bubblewrap, which asks otherwise, still may. That stands for AppArmor on
Ubuntu 24.04, which tells programs apart by their paths.
"""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

import pyseccomp  # type: ignore[import-untyped]

from autograder.sandbox import linux, root

CHECKOUT = str(Path(__file__).parents[4])


def become(uid: int) -> None:
    """Be this user, with Python and the checkout within reach under their own paths; only this process sees that."""
    seen = root.within_reach(root.Seen({path: path for path in (CHECKOUT, sys.prefix, sys.base_prefix)}, {}))
    for closed in {folder for path in seen.mounts if (folder := _closed(path))}:
        linux.mount("tmpfs", str(closed), "tmpfs", options="mode=755")
    for path, near in seen.mounts.items():
        if not Path(path).exists():
            Path(path).mkdir(parents=True)
            linux.mount(near, path, flags=linux.BIND | linux.REC)
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


def _closed(path: str) -> Path | None:
    """The first folder on the way to `path` that others cannot pass."""
    return next((f for f in reversed(Path(path).parents) if not f.stat().st_mode & 0o001), None)


def forbid() -> None:
    """No user namespace together with one of mounts, for this process and all that it starts."""
    both = linux.NEWUSER | linux.NEWNS
    made = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    made.add_rule(pyseccomp.ERRNO(errno.EPERM), "unshare", pyseccomp.Arg(0, pyseccomp.MASKED_EQ, both, both))
    made.load()


if __name__ == "__main__":
    if sys.argv[1] != "same":
        become(int(sys.argv[1]))
    if sys.argv[2] == "forbidden":
        forbid()
    os.execv(sys.argv[3], sys.argv[3:])
