"""Probes of the filter of system calls. See probes.py."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import mmap
import os
import platform
import signal
from collections.abc import Callable, Mapping

_libc = ctypes.CDLL(None, use_errno=True)
X86 = platform.machine() == "x86_64"
X32 = 0x40000000 + 39  # getpid in another numbering, which a filter that forgets it lets through
NEWER_CALL = 452  # fchmodat2, of Linux 6.6: the first that the filter has no name for
CLONE, CLONE3 = (56 if X86 else 220), 435
NEW_USERS = 0x10000000
TYPE_INTO_TERMINAL = 0x5412
GETPID_OF_32_BITS = bytes.fromhex("b814000000cd80c3")  # mov eax, 20; int 0x80; ret


def call(number: int, *args: int) -> int:
    """A system call by its number.

    Raises:
        OSError: it failed.
    """
    result = int(_libc.syscall(ctypes.c_long(number), *map(ctypes.c_long, args)))
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def not_denied(calls: Mapping[str, int]) -> list[str]:
    """Names of those of `calls` (name → number) that do something else than to refuse, asked for what nobody has."""
    found = []
    for name, number in calls.items():
        try:
            call(number, -1, -1, -1, -1, -1, -1)
            found.append(name)
        except OSError as error:
            if error.errno != errno.EPERM:
                found.append(name)
    return found


def in_a_child(action: Callable[[], object]) -> None:
    """Do it in a process of its own, for the kernel may end that.

    Raises:
        OSError: it did, or the action failed.
    """
    child = os.fork()
    if child == 0:
        try:
            action()
            os._exit(0)
        except BaseException as error:
            os._exit(getattr(error, "errno", None) or 1)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code < 0:
        raise OSError(signal.Signals(-code).name)
    if code > 0:
        raise OSError(code, os.strerror(code))


def namespace_by_clone() -> None:
    """A new process with users of its own."""
    if call(CLONE, NEW_USERS | signal.SIGCHLD, 0, 0, 0, 0) == 0:
        os._exit(0)


def call_of_32_bits() -> None:
    """By the gate that programs of 32 bits use: the same numbers mean other calls there."""
    if not X86:
        raise OSError("this processor has none")
    with mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC) as page:
        page.write(GETPID_OF_32_BITS)
        held = ctypes.c_char.from_buffer(page)
        ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(held))()
        del held


def reached(attempt: Callable[[], object], *answers: int) -> None:
    """An error that only what lies behind the fence gives counts as through."""
    try:
        attempt()
    except OSError as error:
        if error.errno not in answers:
            raise


def type_into_terminal() -> None:
    """Asked of what is none: the answer tells whether the question went through."""
    with open(os.devnull, "rb") as no_terminal:  # noqa: PTH123
        reached(lambda: fcntl.ioctl(no_terminal, TYPE_INTO_TERMINAL, b"x"), errno.ENOTTY)


def clone3() -> None:
    """Ask for a process, wrongly."""
    reached(lambda: call(CLONE3, 0, 0), errno.EINVAL, errno.EFAULT)


def newer_call() -> None:
    """Ask for a change of a file that is not open."""
    reached(lambda: call(NEWER_CALL, -1, 0, 0, 0), errno.EFAULT, errno.EBADF, errno.EINVAL)


def other_numbering() -> None:
    """Ask for one's own number."""
    in_a_child(lambda: call(X32))
