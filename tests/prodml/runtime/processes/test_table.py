"""Is the table readable, escaped and up to date?"""

from __future__ import annotations

import re
import threading

from prodml.runtime.processes import table
from prodml.runtime.processes.table import Live, Row, as_html, as_text, last_line

EVIL = Row("<i>n</i>", 7, "running", 12.34, "<script>alert(1)</script>")


def test_html() -> None:
    """Is everything escaped, and has each row and column a head?"""
    markup = as_html([EVIL])
    assert "<script" not in markup
    assert "<i>" not in markup
    assert "&lt;script&gt;" in markup
    assert markup.count('scope="col"') == 5
    assert markup.count('scope="row"') == 1
    assert "<caption>" in markup


def test_text() -> None:
    """Do the columns stand below each other?"""
    head, row = as_text([EVIL]).splitlines()
    assert head.index("pid") == row.index("7")
    assert head.index("memory") == row.index("12")


def test_last_line() -> None:
    """Are empty lines passed over, terminal codes made harmless, long lines cut?"""
    assert last_line("a\n\x1b[31mred\x1b[0m\n \n") == "·[31mred·[0m"
    assert last_line("") == ""
    assert last_line("x" * 200) == "x" * 89 + "…"


def test_live() -> None:
    """Does the widget change by itself, and tell who ended with the block from who was killed before?"""
    looked = threading.Event()
    states = ["running", "killed by SIGKILL", "exit status 1"]

    class Widget:
        value = ""

    def look() -> list[Row]:
        looked.set()
        return [Row(name, 7, state, 1, "") for name, state in zip("abc", states, strict=True)]

    widget = Widget()
    live = Live(widget, look, every=0.001)
    assert looked.wait(30)
    states[0] = "killed by SIGTERM"
    live.end()
    assert re.findall(r">([a-z ]*(?:ended|killed|exit)[^<]*)<", widget.value) == ["ended with the block", *states[1:]]


def test_buttons() -> None:
    """Does a click do its work, say so, say what failed, and is a button off at the end?"""
    from ipywidgets import HTML

    done: list[str] = []
    said = HTML()
    live = Live(HTML(), lambda: [EVIL], every=600)

    def fail() -> None:
        raise ValueError("<b>no</b>")

    good = table._button("Kill s", lambda: done.append("s"), live, said)
    bad = table._button("Restart s", fail, live, said)
    live.controls = [good, bad]
    good.click()
    assert done == ["s"]
    assert said.value == "Done: Kill s."
    bad.click()
    assert "&lt;b&gt;no" in said.value
    live.end()
    assert good.disabled
    assert bad.disabled
