"""What a check of `labs doctor` says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """What a check of the machine found.

    Attributes:
        detail: what was found.
        fix: what to do; empty where nothing is wrong.
        blocks: whether a lab cannot run because of it.
    """

    detail: str
    fix: str = ""
    blocks: bool = True

    @property
    def state(self) -> str:
        if not self.fix:
            return "PASS"
        return "FAIL" if self.blocks else "NOTE"
