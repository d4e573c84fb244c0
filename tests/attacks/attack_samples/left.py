"""What still runs after an attack."""

from __future__ import annotations

import time

import psutil


def left_running(pause: float = 0.5) -> list[list[str]]:
    """Name and command of all that this process has started, once none has ended for `pause` seconds."""
    before, family = None, _family()
    while before != family:
        time.sleep(pause)
        before, family = family, _family()
    return list(family.values())


def _family() -> dict[psutil.Process, list[str]]:
    """Process → name and command, without those that have ended and that nobody has waited for yet."""
    family = {}
    for process in psutil.Process().children(recursive=True):
        try:
            family[process] = [process.name(), *process.cmdline()]
        except psutil.NoSuchProcess:  # also of a zombie, which may become one between the list and the look
            continue
    return family
