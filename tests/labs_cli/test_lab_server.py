"""Does JupyterLab say where it listens, and does its process end when its work has?"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from labs_cli.lab_server import TELL, address, load, tell

ENDLESS = """
import sys, threading
from jupyterlab import labapp
from labs_cli.lab_server import main

def work(arguments):
    threading.Thread(target=threading.Event().wait).start()
    print("done", *arguments[1:])

labapp.main = work
sys.argv = ["labs", "--port=1"]
main()
"""


def server(token: str) -> Any:
    return SimpleNamespace(
        local_url="http://127.0.0.1:8888/lab/tree/a%20b.ipynb?token=...", identity_provider=SimpleNamespace(token=token)
    )


@pytest.mark.parametrize(("token", "end"), [("a b&c", "?token=a+b%26c"), ("", "")])
def test_the_address_has_the_token_whoever_chose_it(token: str, end: str) -> None:
    assert address(server(token)) == f"http://127.0.0.1:8888/lab/tree/a%20b.ipynb{end}"


def test_it_is_told_once_and_no_process_that_is_started_holds_the_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    os.set_inheritable(writer, True)
    monkeypatch.setenv(TELL, str(writer))
    load(server("t"))
    assert TELL not in os.environ
    assert not os.get_inheritable(writer)
    asyncio.run(tell(server("t")))
    with os.fdopen(reader) as end:
        assert end.read() == address(server("t"))
    asyncio.run(tell(server("t")))


def test_a_thread_that_waits_for_work_does_not_keep_the_process() -> None:
    done = subprocess.run([sys.executable, "-c", ENDLESS], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "done --ServerApp.jpserver_extensions=labs_cli.lab_server=True\n")
