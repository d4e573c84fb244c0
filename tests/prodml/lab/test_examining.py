"""Is what a learner's code wrote collected with care, and opened by an examiner in the right place?"""

import os
from pathlib import Path

import numpy as np
import pytest

from prodml.errors import ExamineError
from prodml.lab import examining
from prodml.lab.examining import examiner, unpacked, written


@examiner(refusal=("No text.", "Write UTF-8."))
def length(made: bytes) -> int:
    """Characters in UTF-8."""
    return len(made.decode())


def test_written_gives_paths_and_contents(tmp_path):
    """Every file below the folder, by its path? Is the folder gone?"""
    seen = []

    def write(folder):
        seen.append(folder)
        Path(folder, "variables/empty").mkdir(parents=True)
        for name in ("model.pb", "variables/data"):
            Path(folder, name).write_text(name)

    assert written(write) == {"model.pb": b"model.pb", "variables/data": b"variables/data"}
    assert not Path(seen[0]).exists()


@pytest.mark.parametrize("make", [lambda path: path.symlink_to("/etc/passwd"), os.mkfifo])
def test_what_is_no_regular_file_is_refused(make):
    with pytest.raises(ExamineError, match="left odd, which is no regular file"):
        written(lambda folder: make(Path(folder, "odd")))


def test_a_link_to_a_folder_is_refused():
    with pytest.raises(ExamineError, match="no regular file"):
        written(lambda folder: Path(folder, "etc").symlink_to("/etc"))


def test_too_many_files_and_too_many_bytes_are_refused(monkeypatch):
    monkeypatch.setattr(examining, "MOST_FILES", 2)
    monkeypatch.setattr(examining, "MOST_BYTES", 10)

    def write(names, size):
        def call(folder):
            for name in names:
                Path(folder, name).write_bytes(bytes(size))

        return lambda: written(call)

    assert len(write("ab", 5)()) == 2
    with pytest.raises(ExamineError, match="at most 2"):
        write("abc", 1)()
    with pytest.raises(ExamineError, match="more than 10 bytes"):
        write("ab", 6)()


def test_an_examiner_returns_what_its_function_does_or_refuses():
    """Does another exception become the author's sentence, with the cause kept?"""
    assert length("é".encode()) == 1
    with pytest.raises(ExamineError, match=r"No text\.\nWrite UTF-8\.") as refused:
        length(b"\xff")
    assert isinstance(refused.value.__cause__, UnicodeDecodeError)


def test_only_bytes_and_files_are_examined(monkeypatch):
    with pytest.raises(ExamineError, match="of type str"):
        length("text")  # type: ignore[arg-type]
    monkeypatch.setattr(examining, "MOST_BYTES", 3)
    with pytest.raises(ExamineError, match="has 4 bytes; at most 3"):
        length(b"four")


def test_unpacked_files_are_where_they_were(tmp_path):
    with unpacked({"a/b": b"1", "c": b"2"}) as folder:
        assert (folder / "a/b").read_bytes() == b"1"
    assert not folder.exists()


@pytest.mark.parametrize("name", ["../out", "/tmp/out", "a/../../out"])
def test_a_path_that_leads_out_is_refused(name):
    with pytest.raises(ExamineError, match="leads out"), unpacked({name: b""}):
        pass


def test_the_judge_knows_an_examiner_by_its_mark_and_address():
    assert length.__judge__ == "examine"
    assert written.__judge__ == "written"
    module, name = length.address.split(":")
    assert (module, name) == (__name__, "length")


def test_a_fresh_process_gives_the_same(monkeypatch):
    """Arrays there and back, in a process of its own?"""
    from prodml.models.litert import examine

    with pytest.raises(ExamineError, match="LiteRT cannot run"):
        examine(b"TFL3", np.zeros((1, 28, 28, 1)))
