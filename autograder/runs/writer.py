"""Puts a student's results where nbgrader's tools look, unless they are there."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
from collections.abc import Sequence
from pathlib import Path

from nbgrader.api import Gradebook

from autograder.course.autograded import autograded_path, write_autograded
from autograder.course.gradebook import save_result, submission_ids
from autograder.course.late import LatePenalties
from autograder.course.pictures import find_pictures, put_pictures
from autograder.course.submitted import SECRET
from autograder.files import write_whole
from autograder.marking.intake import Rejected
from autograder.results import Status
from autograder.runs.notebook_run import Judged
from autograder.runs.records import Records


@dataclasses.dataclass
class Writer:
    """The one writer of a run: into the gradebook, `autograded/` and the records of what they have."""

    course: Path
    name: str
    gradebook: Gradebook
    records: Records
    late: LatePenalties

    def __post_init__(self) -> None:
        self._rows = submission_ids(self.gradebook, self.name)
        self._pictures = find_pictures(self.course / "source" / self.name)

    def write(self, judged: Sequence[Judged]) -> list[bool]:
        """Write each notebook of the attempt that counts; whether there was something to write.

        What has no result leaves the gradebook's old points alone.
        """
        with_result = [j for j in judged if j.each.has_id and j.result.status is not Status.NOT_SUBMITTED]
        changed = [j in with_result and self._grade(j) for j in judged]
        if any(changed):
            self.late.assign(self.gradebook, self.name, judged[0].each.student)
        for each, is_new in zip(judged, changed, strict=True):
            if each in with_result and each.result.status is not Status.GRADER_ERROR:
                self._show(each, is_new)
        return changed

    def _grade(self, judged: Judged) -> bool:
        """Give the gradebook a result, unless it has it; what was judged anew always: grades by hand are looked at."""
        student, notebook = judged.each.student, judged.source.assignment.notebook
        judged_now = not judged.result.unchanged and judged.result.status is not Status.REJECTED
        if not judged_now and self.records.written(notebook, student)[0] == self._grades(judged):
            return False
        save_result(self.gradebook, judged.result, judged.each.time)
        self._rows |= submission_ids(self.gradebook, self.name, student)
        return True

    def _show(self, judged: Judged, is_new: bool) -> None:
        """Write the autograded notebook, unless it is there as it must be."""
        student, assignment = judged.each.student, judged.source.assignment
        marks = (self._grades(judged), assignment.digest)
        there = autograded_path(self.course, student, assignment).is_file()
        if there and not is_new and self.records.written(assignment.notebook, student) == marks:
            return
        content: bytes | None = b""
        if judged.digest:
            with contextlib.suppress(Rejected, OSError):
                content = judged.each.read(f"{assignment.notebook}.ipynb")
        stamp = f"{judged.each.time} UTC" if judged.each.time else ""
        folder = write_autograded(self.course, assignment, judged.source.content, content or b"", judged.result, stamp)
        put_pictures(self._pictures, folder)
        if secret := judged.each.secret:
            write_whole(folder / SECRET, secret)
        self.records.mark_written(assignment.notebook, student, *marks)

    def _grades(self, judged: Judged) -> str:
        """A hash of what the gradebook is given, and of the row there that holds it."""
        result = dataclasses.replace(judged.result, unchanged=False, seconds=0.0).to_json()
        told = f"{result} {judged.each.time} {self._rows.get(judged.each.student)}"
        return hashlib.sha256(told.encode()).hexdigest()
