"""Calls into Linux that Python does not offer. Each raises OSError that says what failed."""

from __future__ import annotations

import ctypes
import fcntl
import os
import platform
import socket
import struct

NEWNS, NEWUTS, NEWIPC, NEWUSER = 0x20000, 0x4000000, 0x8000000, 0x10000000
NEWPID, NEWNET, NEWCGROUP = 0x20000000, 0x40000000, 0x2000000
RDONLY, NOSUID, NODEV, NOEXEC, REMOUNT, BIND, REC, PRIVATE = 1, 2, 4, 8, 32, 4096, 16384, 1 << 18
DETACH = 2  # of umount2
AT_FDCWD, AT_RECURSIVE = -100, 0x8000
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 1, 4, 22, 24, 38
SECCOMP_MODE_FILTER = 2
CAPABILITY_VERSION = 0x20080522
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1
PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
MOUNT_SETATTR, OPENAT2 = 442, 437  # the same everywhere
RESOLVE_NO_MAGICLINKS, RESOLVE_NO_SYMLINKS, RESOLVE_BENEATH = 2, 4, 8

_libc = ctypes.CDLL(None, use_errno=True)


def _checked(result: int, what: str) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def prctl(option: int, value: int, what: str) -> None:
    """One of the calls with a single number."""
    _checked(_libc.prctl(option, value, 0, 0, 0), what)


def unshare(flags: int) -> None:
    """New namespaces for this process, or for its next children where it is PIDs."""
    _checked(_libc.unshare(flags), "new namespaces")


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    """mount(2)."""
    given = [x.encode() if x else None for x in (source, target, kind, options)]
    result = _libc.mount(given[0], given[1], given[2], ctypes.c_ulong(flags), given[3])
    _checked(result, f"mount {target}")


def read_only(path: str) -> None:
    """A whole tree of mounts read-only, without set-uid programs and devices. Flags are added, none is taken away."""
    attributes = struct.pack("QQQQ", RDONLY | NOSUID | NODEV, 0, 0, 0)
    result = _libc.syscall(MOUNT_SETATTR, AT_FDCWD, path.encode(), AT_RECURSIVE, attributes, len(attributes))
    _checked(result, f"make {path} read-only")


def change_root(folder: str) -> None:
    """`folder` becomes /, and what was / is gone."""
    os.chdir(folder)
    _checked(_libc.syscall(PIVOT_ROOT[platform.machine()], b".", b"."), "change the root")
    _checked(_libc.umount2(b".", DETACH), "let the old root go")
    os.chdir("/")


def loopback_up() -> None:
    """127.0.0.1 works in a network namespace of its own."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        name = b"lo".ljust(16, b"\0")
        (flags,) = struct.unpack_from("h", fcntl.ioctl(sock, SIOCGIFFLAGS, name + bytes(24)), 16)
        fcntl.ioctl(sock, SIOCSIFFLAGS, name + struct.pack("h", flags | IFF_UP) + bytes(22))


def drop_capabilities() -> None:
    """None now, and none ever after."""
    for number in range(64):
        if _libc.prctl(PR_CAPBSET_DROP, number, 0, 0, 0) != 0:
            break  # the kernel knows no more
    header, none = struct.pack("Ii", CAPABILITY_VERSION, 0), bytes(24)
    _checked(_libc.capset(header, none), "drop capabilities")


def no_new_privileges() -> None:
    """No program that is started gives any, whatever its file says."""
    prctl(PR_SET_NO_NEW_PRIVS, 1, "no new privileges")


def open_beneath(folder: int, path: str, flags: int) -> int:
    """Open what lies at `path` below an open folder: no link on the way, of whatever kind, and no way out of it."""
    how = struct.pack("QQQ", flags | os.O_CLOEXEC, 0, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS)
    result = int(_libc.syscall(OPENAT2, folder, os.fsencode(path), how, len(how)))
    _checked(result, f"open {path}")
    return result


def new_message_queue() -> int:
    """A System V message queue of this user's; its number."""
    number = int(_libc.msgget(0, 0o600))
    _checked(number, "make a message queue")
    return number


def remove_message_queue(number: int) -> None:
    """Remove it."""
    _checked(_libc.msgctl(number, 0, None), "remove a message queue")


def seccomp(program: bytes) -> None:
    """Apply a filter of system calls to this process, for good. It must have one thread and no new privileges."""
    code = ctypes.create_string_buffer(program, len(program))
    filter_program = struct.pack("HxxxxxxQ", len(program) // 8, ctypes.addressof(code))
    _checked(_libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.c_char_p(filter_program), 0, 0), "seccomp")
