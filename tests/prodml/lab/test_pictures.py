"""Does everything that a call shows get into one output?"""

from __future__ import annotations

from collections.abc import Callable

from nbformat import NotebookNode

CALL = """
import sys
from IPython.display import Image, Pretty, display
from prodml.lab.pictures import drawn

def busy(x):
    print("printed <b>")
    print("a warning", file=sys.stderr)
    display(Pretty(f"displayed & {x}"))
    display(Image(b"\\x89PNG...", format="png"))
    return {"returned": x}

def updates(x):
    place = display("first", display_id=True)
    display("second")
    place.update(f"first, {x} times")

print(drawn(updates, {"x": 2})["text/plain"])
out = drawn(busy, {"x": 3})
print(out["text/plain"]); print(out["text/html"])
"""


def test_printed_displayed_and_returned(kernel: Callable[..., list[NotebookNode]]) -> None:
    outputs = kernel(CALL)[1].outputs
    out = "".join(o.text for o in outputs if o.get("name") == "stdout")
    assert "".join(o.text for o in outputs if o.get("name") == "stderr") == "a warning\n"
    assert "'first, 2 times'\n'second'\n" in out
    for text in ("printed <b>\n", "displayed & 3\n", "{'returned': 3}\n"):
        assert text in out
    assert "<pre>printed &lt;b&gt;</pre><pre>displayed &amp; 3</pre><img src=" in out
    assert "<pre>{&#x27;returned&#x27;: 3}</pre>" in out
    assert "base64,iVBORy4uLg==" in out  # of the bytes above
    assert {o.output_type for o in outputs} == {"stream"}  # nothing was shown past it


MEANWHILE = """
import threading
from IPython import get_ipython
from IPython.display import display
from prodml.lab.pictures import drawn

drawing, done = threading.Event(), threading.Event()

def slow():
    drawing.set()
    done.wait(10)
    print("printed"), display("displayed")

drawings = []
thread = threading.Thread(target=lambda: drawings.append(drawn(slow, {})))
thread.start()
drawing.wait(10)
shell = get_ipython()
shell.set_parent(shell.get_parent())  # what a kernel does with each message that comes
print("another's print"), display("another's display")
done.set()
thread.join()
print(drawings)
"""


def test_another_thread_is_served_meanwhile(kernel: Callable[..., list[NotebookNode]]) -> None:
    """Are a message, a print and a display of another thread served while something draws, and kept out of it?"""
    outputs = kernel(MEANWHILE)[1].outputs
    assert [o.data["text/plain"] for o in outputs if o.output_type == "display_data"] == ['"another\'s display"']
    out = "".join(o.text for o in outputs if o.get("name") == "stdout")
    assert out.startswith("another's print\n[{'text/plain': \"printed\\n'displayed'\"")
