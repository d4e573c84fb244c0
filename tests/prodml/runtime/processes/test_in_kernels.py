"""Does a group in a notebook end in whatever way its kernel does?"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ENTER = """
port, other = free_ports(2)
group = Group({"s": Program("programs:serve", [port], ready=accepts(port)),
               "d": Program("programs:deaf", [other], ready=accepts(other))})
group.__enter__()
print(group["s"].pid, group["d"].pid, group._place.janitor)
"""
ENDS = {
    "left": lambda kernel: kernel.run("group.__exit__(None, None, None)"),
    "exit": lambda kernel: kernel.client.execute("exit()"),
    "restart": lambda kernel: kernel.restart(),
    "restart now": lambda kernel: kernel.restart(now=True),
    "killed": lambda kernel: os.kill(kernel.pid, signal.SIGKILL),
}


def folders(programs: Path) -> list[Path]:
    """Those of groups; jupyter_client has files of its own there."""
    return list((programs / "temporary").glob("prodml-group-*"))


@pytest.mark.parametrize("how", ENDS)
def test_nothing_left(kernel: Any, programs: Path, over: Callable[[int], bool], how: str) -> None:
    """Are processes and folder gone, whatever ends the kernel?"""
    ran = kernel.run(ENTER)
    pidfds = [os.pidfd_open(int(word)) for word in ran.text.split()]
    assert len(pidfds) == 3, ran.reply
    assert len(folders(programs)) == 1
    ENDS[how](kernel)
    assert all(over(pidfd) for pidfd in pidfds)
    assert not folders(programs)


@pytest.mark.parametrize("error", ["interrupt", "exception"])
def test_left_by_an_error(kernel: Any, programs: Path, error: str) -> None:
    """Does an interrupt of the cell, or its exception, end the block and all that is in it?"""

    def interrupt(message: dict[str, Any]) -> None:
        if message["msg_type"] == "stream" and error == "interrupt":
            kernel.manager.interrupt_kernel()

    then = "group['s'].wait()" if error == "interrupt" else "1 / 0"
    source = f"""
with Group({{"s": Program("time:sleep", [600])}}) as group:
    print(group["s"].forked, flush=True)
    {then}
"""
    ran = kernel.run(source, on=interrupt)
    assert ran.reply["ename"] == ("KeyboardInterrupt" if error == "interrupt" else "ZeroDivisionError")
    assert kernel.run("print(group['s'].poll())").text == "-15\n"
    assert not folders(programs)


def test_a_failing_process(kernel: Any) -> None:
    """Is the log's end in the error?"""
    ran = kernel.run("with Group({'bad': Program('programs:fail', ready=lambda: False)}): pass")
    assert ran.reply["ename"] == "GroupError"
    assert "ValueError: as asked for" in ran.reply["evalue"]


def test_restart_and_widget(kernel: Any) -> None:
    """Does a server come back on its port, and does the widget show it, escaped, until the end?"""
    ran = kernel.run(f"{ENTER}\ngroup.show()")
    assert {"application/vnd.jupyter.widget-view+json", "text/plain"} <= ran.data
    ran = kernel.run("group['s'].kill(); group['s'].wait(); group.restart('s'); print(accepts(port)(), group.log('s'))")
    assert ran.text.startswith("True serves")
    ran = kernel.run("live = group._live[0]; group.__exit__(None, None, None); print(live._widget.value)")
    assert "serves &lt;b&gt;&amp;&lt;/b&gt;" in ran.text
    assert "ended with the block" in ran.text
    assert "killed by SIGKILL" in ran.text
