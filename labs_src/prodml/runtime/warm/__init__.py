"""Warm kernels: forked from a parent that has imported what labs need, ready in a fraction of a second.

    provisioner ──(socket)── parent ──fork── kernel ──fork── spare ──fork── cluster processes

- `provisioner`: what jupyter_client calls to start the kernel `prodml`; cold starts where there is no parent.
- `places`: which parent a kernel may be forked from, and where its socket is.
- `parent`: the parent; `kernel`: what a fork of it does to become a kernel; `spare`: processes for a notebook.
- `forker`: what parent and spare have in common; `process`: the other side's handle of a forked process.
- `extension`: lets JupyterLab start the parent before the first lab is opened.
"""

from prodml.runtime.warm.process import Process, WarmError
from prodml.runtime.warm.spare import Spare, spare

__all__ = ["Process", "Spare", "WarmError", "spare"]
