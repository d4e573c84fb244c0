"""Every fence: how it is switched off alone, which probe then gets through, or which other fence still stops it.

    python tests/autograder/sandbox/fence_tries/table.py

prints the table of docs/fences.md.
"""

from __future__ import annotations

from dataclasses import dataclass

NOBODY = "no sandbox is entered: "


@dataclass(frozen=True)
class Row:
    """A fence.

    Attributes:
        fence: its name. probe: what tries it, of probes.py or probe_limits.py.
        off: Python that switches it off, run before a sandbox is prepared. It may change `fences` (a dict), and modules
            of the sandbox. other: what still stops the probe; empty if nothing does, and it gets through. both: Python
            that switches that off too, and it gets through.
        bubblewrap: (off, other) where they differ there; None where this is no fence of its own there.
        root: it matters only where the grader runs as root.
    """

    fence: str
    probe: str
    off: str
    other: str = ""
    both: str = ""
    bubblewrap: tuple[str, str] | None = ("", "")
    root: bool = False

    def by(self, way: str) -> tuple[str, str]:
        """`off` and `other` in that way."""
        differs = way == "bubblewrap" and self.bubblewrap and self.bubblewrap[0]
        return self.bubblewrap if differs and self.bubblewrap else (self.off, self.other)


def namespace(name: str) -> str:
    """Its own namespace of this kind switched off."""
    return f"enter.ALL &= ~linux.{name}"


def kept(name: str) -> str:
    """The same, told to bubblewrap."""
    return f"bubblewrap.NAMESPACES = tuple(n for n in bubblewrap.NAMESPACES if n != {name!r})"


NO_ROOT = (
    "import encodings.idna  # Python may lie where only root can read it\n"
    "enter.root.build = lambda seen, fences: linux.mount('proc', '/proc', 'proc')\n"
    "enter.root.BOX = '/tmp'"
)
HOST_PROC = (
    "mount = linux.mount\n"
    "linux.mount = lambda a, b, c='', *rest, **more: "
    "mount('/proc', b, flags=linux.BIND | linux.REC) if c == 'proc' else mount(a, b, c, *rest, **more)"
)
NO_LAST_MOUNT = (
    "mount = linux.mount\n"
    "linux.mount = lambda a, b, *rest, **more: "
    "None if more.get('flags', 0) & linux.RDONLY else mount(a, b, *rest, **more)"
)
NO_CLONE3 = (
    "add = pyseccomp.SyscallFilter.add_rule\n"
    "pyseccomp.SyscallFilter.add_rule = "
    "lambda self, action, name, *rest: None if name == 'clone3' else add(self, action, name, *rest)"
)
ANY_PROCESSOR = (
    "put = pyseccomp.SyscallFilter.set_attr\n"
    "pyseccomp.SyscallFilter.set_attr = lambda self, name, value: put(self, name, pyseccomp.ALLOW)"
)
NO_HEAD = "seccomp._unknown_calls_fail = lambda: b''"
KEEP_RIGHTS = "linux.drop_capabilities = lambda: None"


def unlimited(name: str) -> str:
    """A limit of the kernel's that is not set."""
    return (
        "set_limits = enter.limits\n"
        "enter.limits = bubblewrap.limits = "
        f"lambda f: {{k: v for k, v in set_limits(f).items() if k != resource.{name}}}"
    )


WRITE_SHOWN = (
    "options = bubblewrap.options\n"
    "bubblewrap.options = lambda p: ['--bind' if o == '--ro-bind' else o for o in options(p)]"
)
UNASKED = "bubblewrap sees to it unasked"
REFUSES = NOBODY + "bubblewrap refuses"

ROWS = [
    Row("private root", "read a file outside", NO_ROOT, bubblewrap=None),
    Row("private root", "read a file through /proc", NO_ROOT, bubblewrap=None),
    Row("what is seen is read-only", "write what is only to be read", "linux.read_only = lambda path: None",
        bubblewrap=(WRITE_SHOWN, "")),
    Row("the root is read-only", "write beside /box", NO_LAST_MOUNT, bubblewrap=("without('--remount-ro', '/')", "")),
    Row("a /proc of its own", "see another process", HOST_PROC, bubblewrap=None),
    Row("namespace of processes", "signal another process", namespace("NEWPID"),
        NOBODY + "it could have no /proc of its own", HOST_PROC, (kept("pid"), REFUSES)),
    Row("a session of its own", "signal what keeps the sandbox", "enter.os.setsid = lambda: None",
        bubblewrap=("without('--new-session')", "")),
    Row("namespace of networks", "reach a server outside", namespace("NEWNET") + "\nlinux.loopback_up = lambda: None",
        bubblewrap=(kept("net"), "")),
    Row("namespace of IPC", "see the machine's message queues", namespace("NEWIPC"), bubblewrap=(kept("ipc"), "")),
    Row("namespace of names", "read the machine's name", namespace("NEWUTS"),
        NOBODY + "the machine's name cannot be changed", "enter.socket.sethostname = lambda name: None",
        (kept("uts"), REFUSES)),
    Row("namespace of control groups", "see the machine's control groups", namespace("NEWCGROUP"),
        bubblewrap=(kept("cgroup"), "")),
    Row("namespace of users", "have capabilities", namespace("NEWUSER"), NOBODY + "the kernel then allows no other",
        bubblewrap=(kept("user"), UNASKED)),
    Row("no root inside", "be root", "fences['inside'] = 0"),
    Row("no root outside", "be root of the machine", "enter._become = lambda uid: None", root=True),
    Row("an environment of its own", "read the grader's environment", "os.environ['A_SECRET'] = 'x'"),
    Row("no capabilities", "have capabilities", KEEP_RIGHTS, bubblewrap=("without('--cap-drop', 'ALL')", UNASKED)),
    Row("no new privileges", "gain rights by a program", "linux.no_new_privileges = lambda: None",
        NOBODY + "the filter of calls cannot be put up", KEEP_RIGHTS, None),
    Row("denied calls", "make a denied call", "fences['denied'] = ()"),
    Row("no namespaces by clone", "make a namespace by clone", "seccomp.NAMESPACES = ()"),
    Row("no clone3", "make a process by clone3", NO_CLONE3),
    Row("no calls that the filter does not know", "make a call newer than the filter", NO_HEAD),
    Row("no calls in another numbering", "make a call in another numbering", NO_HEAD, "no calls of another processor"),
    Row("no calls of another processor", "make a call of 32 bits", ANY_PROCESSOR),
    Row("families of sockets", "open an odd socket", "fences['families'] += ('AF_NETLINK',)"),
    Row("nothing typed into terminals", "type into a terminal", "seccomp.TERMINAL_INPUT = ()"),
    Row("no core dumps", "leave a core dump", unlimited("RLIMIT_CORE")),
    Row("no locked memory", "lock memory", unlimited("RLIMIT_MEMLOCK")),
    Row("no message queues", "make a message queue", unlimited("RLIMIT_MSGQUEUE"), "denied calls", "fences['denied'] = ()"),
    Row("open_files", "open too many files", "fences['open_files'] *= 4"),
    Row("file_size", "write too large a file", "fences['file_size'] *= 4"),
    Row("box", "write too much", "fences['box'] *= 4"),
    Row("processes, held by the kernel", "start too many threads", unlimited("RLIMIT_NPROC"),
        "processes, held by the watch", "members.threads = lambda inside: 0"),
    Row("processes, held by the watch", "start too many threads", "members.threads = lambda inside: 0",
        "processes, held by the kernel", unlimited("RLIMIT_NPROC")),
    Row("memory", "use too much memory", "fences['memory'] = 1 << 40"),
    Row("memory, with what is written", "use too much memory by files", "members.written = lambda first, places: 0"),
    Row("cpu_seconds", "use too much CPU time", "members.cpu_seconds = lambda inside: 0"),
]  # fmt: skip

# Denied calls for which the kernel itself asks for rights that nobody has in a sandbox: the filter is the second fence.
RIGHTS = [
    "mount",
    "umount2",
    "pivot_root",
    "chroot",
    "setns",
    "move_mount",
    "fsopen",
    "fsconfig",
    "fsmount",
    "fspick",
    "mount_setattr",
    "open_by_handle_at",
    "init_module",
    "finit_module",
    "delete_module",
    "kexec_load",
    "kexec_file_load",
    "swapon",
    "swapoff",
    "reboot",
    "acct",
    "quotactl",
    "quotactl_fd",
    "syslog",
    "settimeofday",
    "clock_settime",
    "clock_adjtime",
    "adjtimex",
    "fanotify_init",
    "vhangup",
    "lookup_dcookie",
    "sethostname",
    "setdomainname",
]
# The same where a machine is set so.
SETTINGS = ["bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "io_uring_enter", "io_uring_register"]


def table() -> str:
    """Markdown."""
    lines = ["| fence | so that a submission cannot | with this fence alone off | by bubblewrap |", "|---|---|---|---|"]
    for row in ROWS:
        there = "part of it" if row.bubblewrap is None else _outcome(row.by("bubblewrap")[1])
        lines.append(f"| {row.fence} | {row.probe} | {_outcome(row.other)} | {there} |")
    return "\n".join(lines)


def _outcome(other: str) -> str:
    if other.startswith(NOBODY):
        return other
    return f"still stopped by: {other}" if other else "gets through"


if __name__ == "__main__":
    print(table())
