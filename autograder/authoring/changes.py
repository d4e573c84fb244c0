"""An answer written as a change of another: comment lines that say which lines go, which come and which stay.

    # - return float(np.sum((c - r) * np.log(c / r)))
    # + return float(np.sum(c * np.log(c / r)))

`# -` goes, `# +` comes, `#` and three blanks stays and says where. Lines are matched without their indentation; what
comes gets the indentation of the lines that it stands for. Any other line ends a change; the next begins another.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass

LINE = re.compile(r"^# ([-+ ])(?: (.*))?$")
GOES, COMES, STAYS = "-", "+", " "


class Mismatch(ValueError):
    """Raised when a change does not fit: `problem` and `fix` say why, `line` counts from the text's first line."""

    def __init__(self, line: int, problem: str, fix: str) -> None:
        super().__init__(problem)
        self.line, self.problem, self.fix = line, problem, fix


@dataclass(frozen=True)
class Change:
    """Lines of one place: (mark, text) as written. `line` counts from the text's first line, from 0."""

    line: int
    lines: tuple[tuple[str, str], ...]

    @property
    def old(self) -> list[str]:
        return [text for mark, text in self.lines if mark != COMES]


def read_changes(text: str) -> list[Change]:
    """The changes in a cell's comment lines.

    Raises:
        Mismatch: a line is code, or there is no change.
    """
    changes: list[Change] = []
    lines: list[tuple[str, str]] = []
    start = 0
    for number, line in enumerate([*text.splitlines(), ""]):
        found = LINE.match(line)
        if found and (lines or found[1] != STAYS or (found[2] or "").strip()):
            start = start if lines else number
            lines.append((found[1], found[2] or ""))
            continue
        if line.strip() and not line.startswith("#"):
            raise Mismatch(number, "a change holds comments only", "write `# + code`, or the whole cell without `of`")
        if any(mark != STAYS for mark, _ in lines):
            changes.append(Change(start, tuple(lines)))
        lines = []
    if not changes:
        raise Mismatch(0, "no line begins with `# - ` or `# + `", "say which lines go and which come")
    return changes


def apply_change(source: str, change: Change) -> str:
    """`source` with one change made.

    Raises:
        Mismatch: its lines do not stand in `source`, or stand there twice.
    """
    lines, wanted = source.splitlines(), [text.strip() for text in change.old]
    if not wanted:
        raise Mismatch(change.line, "a change that only adds", "say where: give a line that stays, as `#   line`")
    bare = [line.strip() for line in lines]
    places = [n for n in range(len(bare) - len(wanted) + 1) if bare[n : n + len(wanted)] == wanted]
    if len(places) != 1:
        raise _misplaced(change, wanted, bare, len(places))
    first = places[0]
    shift = _indent(lines[first]) - _indent(change.old[0])
    made, position = [], first
    for mark, text in change.lines:
        if mark == COMES:
            made.append(" " * max(0, shift + _indent(text)) + text.strip() if text.strip() else "")
        else:
            made += [lines[position]] if mark == STAYS else []
            position += 1
    return "\n".join([*lines[:first], *made, *lines[position:]]) + "\n"


def apply_changes(source: str, changes: Iterable[Change]) -> str:
    """`source` with all changes made, one after the other.

    Raises:
        Mismatch: see `apply_change`.
    """
    for change in changes:
        source = apply_change(source, change)
    return source


def write_changes(old: str, new: str, around: int = 0) -> str:
    """The comment lines that make `new` of `old`, with `around` lines that stay on both sides of each change."""
    before, after = old.splitlines(), new.splitlines()
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    parts = []
    for group in matcher.get_grouped_opcodes(around):
        lines: list[tuple[str, str]] = []
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                lines += [(STAYS, text) for text in before[i1:i2]]
            else:
                lines += [(GOES, text) for text in before[i1:i2]] + [(COMES, text) for text in after[j1:j2]]
        margin = min((_indent(text) for _, text in lines if text.strip()), default=0)
        parts.append("\n".join(f"# {mark} {text[margin:]}".rstrip() for mark, text in lines))
    return "\n#\n".join(parts)


def _misplaced(change: Change, wanted: list[str], bare: list[str], count: int) -> Mismatch:
    if count > 1:
        fix = "give lines that stay around them, as `#   line`"
        return Mismatch(change.line, f"the lines stand there {count} times: {wanted[0]!r} …", fix)
    missing = next((text for text in wanted if text not in bare), wanted[0])
    near = difflib.get_close_matches(missing, bare, 1, cutoff=0.0)
    where = f"the nearest line is {near[0]!r}" if near and missing not in bare else "they do not follow on each other"
    return Mismatch(change.line, f"not found: {missing!r}", f"{where}; write the lines as they stand there")


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip(" "))
