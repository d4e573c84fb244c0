"""Is text shown whole, and is nothing in it obeyed?"""

from __future__ import annotations

import json
import sys

import pytest

from labs_cli.screen import clean, core_and_all, core_and_deeper, count, plain_table, points, say_json, table

LONG = "expected " + "1.25, " * 60 + "yours [bold red]is[/] \x1b[2Jgone"


def test_control_characters_are_replaced_and_lines_kept() -> None:
    assert clean("a\x1b[31m\x07b\r\nc\u202ed\te") == "a\ufffd[31m\ufffdb\nc\ufffdd\te".expandtabs(4)


def test_a_plain_table_aligns_columns_and_cuts_nothing_off() -> None:
    lines = plain_table((">n", "name", "message"), [["1", "a\nb", LONG], ["22", "longer", "one\ntwo"]])
    assert lines[0] == " n  name    message"
    assert lines[1] == " 1  a b     " + LONG
    assert lines[2:] == ["22  longer  one", "            two"]


def test_an_empty_table_has_its_headings() -> None:
    assert plain_table(("a", "b"), []) == ["a  b"]


def test_a_table_in_a_terminal_shows_everything_and_obeys_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("TERM", "xterm")
    table(("[b]state", "message"), [("passed", LONG)])
    out = capsys.readouterr().out
    assert "[b]state" in out
    assert out.count("1.25") == 60
    assert "[bold red]is[/]" in " ".join(out.split())
    assert "\x1b[2J" not in out
    assert "\x1b[32m" in out, "passed is green in a terminal"


def test_json_reaches_no_terminal_with_codes(capsys: pytest.CaptureFixture[str]) -> None:
    say_json({"message": "\x1b[2J\u202e"})
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert json.loads(out) == {"message": "\x1b[2J\u202e"}


def test_numbers_are_written_as_people_do() -> None:
    assert [points(x) for x in (4.0, 2.5, 0, None)] == ["4", "2.5", "0", "–"]
    assert [core_and_all(65, 130), core_and_all(10, 10)] == ["65 (130)", "10"]
    assert [core_and_deeper(3, 5), core_and_deeper(5, 5)] == ["3 + 2", "5"]
    assert [count(1, "lab"), count(2, "lab"), count(0, "copy", "copies")] == ["1 lab", "2 labs", "0 copies"]
