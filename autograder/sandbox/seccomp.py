"""The filter of system calls, made by libseccomp from the names in `fences.toml`; as bytes that a process can apply."""

from __future__ import annotations

import errno
import os
import socket
import struct

import pyseccomp  # type: ignore[import-untyped]

from autograder.sandbox.fences import Fences

NEWEST = 451  # the highest number that every libseccomp since 2.5.4 has a name for
ENOSYS = pyseccomp.ERRNO(errno.ENOSYS)
EPERM = pyseccomp.ERRNO(errno.EPERM)
NAMESPACES = (0x80, 0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000)
MOST_FAMILIES = 46  # AF_MAX
TERMINAL_INPUT = (0x5412, 0x541C)  # TIOCSTI and TIOCLINUX put words into a terminal's mouth
INSTRUCTION = struct.Struct("=HBBI")
LOAD_NUMBER, AT_LEAST, RETURN = (0x20, 0, 0, 0), 0x35, 0x06


def program(fences: Fences) -> bytes:
    """The filter as BPF.

    Raises:
        OSError, ValueError: libseccomp does not know what the fences name.
    """
    made = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    made.set_attr(pyseccomp.Attr.ACT_BADARCH, pyseccomp.KILL_PROCESS)  # such a call would hang the process
    for name in numbers(fences):
        made.add_rule(EPERM, name)
    made.add_rule(ENOSYS, "clone3")  # its flags are out of sight; libraries then use clone
    for flag in NAMESPACES:
        made.add_rule(EPERM, "clone", pyseccomp.Arg(0, pyseccomp.MASKED_EQ, flag, flag))
    for family in set(range(MOST_FAMILIES)) - {int(getattr(socket, name)) for name in fences.families}:
        # EOPNOTSUPP: libzmq aborts on EAFNOSUPPORT
        made.add_rule(pyseccomp.ERRNO(errno.EOPNOTSUPP), "socket", pyseccomp.Arg(0, pyseccomp.EQ, family))
    made.add_rule(pyseccomp.ERRNO(errno.EOPNOTSUPP), "socket", pyseccomp.Arg(0, pyseccomp.GE, MOST_FAMILIES))
    for request in TERMINAL_INPUT:
        made.add_rule(EPERM, "ioctl", pyseccomp.Arg(1, pyseccomp.MASKED_EQ, 0xFFFFFFFF, request))
    return _unknown_calls_fail() + _bytes(made)


def numbers(fences: Fences) -> dict[str, int]:
    """Each denied call that this kind of machine has → its number."""
    found = {name: pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name) for name in fences.denied}
    return {name: number for name, number in found.items() if number >= 0}


def _unknown_calls_fail() -> bytes:
    """What is newer than the names above does not exist; every library then does without."""
    head = [LOAD_NUMBER, (AT_LEAST, 0, 1, NEWEST + 1), (RETURN, 0, 0, ENOSYS)]
    return b"".join(INSTRUCTION.pack(*instruction) for instruction in head)


def _bytes(made: pyseccomp.SyscallFilter) -> bytes:
    read, write = os.pipe()
    with os.fdopen(read, "rb") as out, os.fdopen(write, "wb") as into:
        made.export_bpf(into)
        into.close()
        return out.read()
